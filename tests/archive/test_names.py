"""Names of maps on Windows and on disks that ignore case: none leads out, none is another's."""

import ntpath
import os
import posixpath
import unicodedata
from itertools import product
from pathlib import Path, PureWindowsPath

import numpy as np
import pytest
from PIL import Image

import psysal
from psysal import files
from psysal.archive import inputs, names
from psysal.archive.batch import map_all
from psysal.archive.task import MapSettings

PARTS = ("..", ".", "", "a", "C:", "c:x", "\\\\host\\share", "//host/share", "\\", "\\\\?\\C:")
SETTINGS = MapSettings(psysal.Murray2011(), "murray2011")


@pytest.mark.parametrize("separator", ["/", "\\"])
def test_no_name_leads_out_of_the_output_on_windows(separator):
    root = "D:\\maps"
    for parts in product(PARTS, repeat=3):
        path = names.inside(separator.join((*parts, "x.jpg")), windows=True)
        if names.reserved_by_windows(path) is None:
            place = ntpath.normpath(ntpath.join(root, path))
            assert place.startswith(root + "\\" * bool(path)), parts
            assert place == ntpath.normpath(f"{root}/{path}")


def test_no_name_leads_out_of_the_output_on_posix():
    for parts in product(PARTS, repeat=3):
        path = names.inside("/".join((*parts, "x.jpg")), windows=False)
        assert posixpath.normpath(f"/maps/{path}") == f"/maps/{path}"


def test_reserved_names_are_those_of_windows():
    stems = ["con", "PRN", "aux", "NUL", *(f"{port}{n}" for port in ("com", "LPT") for n in "1239")]
    for stem, end in product([*stems, "console", "com10", "a", "xnul"], ["", ".png", ".tar.png"]):
        expected = PureWindowsPath(stem + end)
        is_reserved = getattr(ntpath, "isreserved", lambda path: path.is_reserved())(expected)
        assert (names.reserved_by_windows(f"trip/{stem}{end}") is not None) == is_reserved
    for name in ("a.", "a ", "a:b", "a?.png", "a\x01b", 'a"b', "x\\y"):
        assert names.reserved_by_windows(f"trip/{name}/b.png") == name


def photographs(*paths):
    rng = np.random.default_rng(5)
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(path)


def results(folders=("photos",), output="maps", **options):
    found = {}
    map_all(
        folders, SETTINGS, output, threads=None if "jobs" in options else 1,
        on_result=lambda result: found.update({result.source: result.error}), **options,
    )  # fmt: skip
    return found


@pytest.mark.parametrize("options", [{}, {"overwrite": True}, {"jobs": 1}])
def test_on_a_disk_that_ignores_case_the_second_photograph_is_refused(
    tmp_path, monkeypatch, options
):
    monkeypatch.chdir(tmp_path)
    composed, other = (unicodedata.normalize(form, "é.jpg") for form in ("NFC", "NFD"))
    photographs("1/A.jpg", "2/a.jpg", f"1/{composed}", f"2/{other}")
    monkeypatch.setattr(names, "ignores_case", lambda file: True)
    found = results(["1", "2"], **options)
    errors = [error for error in found.values() if error]
    assert len(errors) == 2
    assert found["1/A.jpg"] is None
    assert found["2/a.jpg"] == (
        "2/a.jpg: its map would be maps/a.png, which on this disk is that of 1/A.jpg; "
        "map them into different folders"
    )
    assert sum(name.endswith(".png") for name in os.listdir("maps")) == 2


def test_here_case_tells_two_photographs_apart(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    photographs("1/A.jpg", "2/a.jpg")
    Path("file.db").touch()
    if names.ignores_case(Path("file.db")):
        pytest.skip("this disk ignores case")
    assert set(results(["1", "2"]).values()) == {None}
    Path("FILE.DB").touch()
    assert not names.ignores_case(Path("file.db"))


def test_a_reserved_name_is_a_sentence_on_windows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    photographs("photos/aux.jpg", "photos/b.jpg")
    monkeypatch.setattr(names, "IS_WINDOWS", True)
    assert results() == {
        "photos/aux.jpg": "photos/aux.jpg: its map would be maps/aux.png, but Windows takes no "
        "'aux.png'; rename it",
        "photos/b.jpg": None,
    }


def test_a_file_that_another_program_has_open_is_a_sentence(tmp_path, monkeypatch):
    def replace(new, path):
        raise PermissionError(13, "Access is denied", str(new), None, str(path))

    place = tmp_path / "a.png"
    place.write_bytes(b"old")
    monkeypatch.setattr(os, "replace", replace)
    sentence = r"a.png: could not be written \(Access is denied\); close the program that has it op"
    for write in (files.write, lambda *args: files.save(*args, overwrite=True)):
        with pytest.raises(OSError, match=sentence):
            write(str(place), b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert place.read_bytes() == b"old"


def test_lists_of_windows_stay_in_the_output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(names.inside, "__defaults__", (True,))
    rows = [r"..\..\a.jpg", r"C:\b.jpg", r"\\host\share\c.jpg", r"x\..\..\..\d.jpg"]
    Path("list.csv").write_text("\n".join(["image", *rows]))
    stems = [source.stem for source in inputs.find(["list.csv"])]
    assert [stem.rpartition("/")[2] for stem in stems] == list("abcd")
    assert not any(".." in stem or ":" in stem or "\\" in stem for stem in stems)
