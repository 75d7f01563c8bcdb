"""Files are whole or absent, whatever happens while they are written."""

import os

import pytest

from psysal import files


def test_a_file_is_kept_unless_told(tmp_path):
    path = tmp_path / "a.png"
    files.save(path, b"mine")
    with pytest.raises(FileExistsError, match="was kept; overwrite=True replaces it"):
        files.save(path, b"yours")
    assert path.read_bytes() == b"mine"
    files.save(path, b"yours", overwrite=True)
    assert path.read_bytes() == b"yours"
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(b"old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match=r"a.png: could not be written \(No space left on device\)"):
        files.save(path, b"new", overwrite=True)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_drafts_of_a_folder_are_removed_where_they_are_ours(tmp_path):
    for name in (".a.0badcafe.part.png", ".a.12345678.part.png", ".b.0badcafe.part.png", "a.png"):
        (tmp_path / name).write_bytes(b"")
    files.remove_drafts_in(tmp_path, lambda name: name == "a.png")
    assert {path.name for path in tmp_path.iterdir()} == {".b.0badcafe.part.png", "a.png"}
    files.remove_drafts_in(tmp_path / "no folder", lambda name: True)


def test_a_folder_is_made_once_and_never_over_a_file(tmp_path):
    for _ in range(2):
        files.make_folder(tmp_path / "a" / "b")
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"file: could not be made a folder \(File exists\); choose"):
        files.make_folder(tmp_path / "file")


@pytest.mark.parametrize("stem", ["x" * 251, "é" * 125 + "x", "x" * 240])
def test_the_longest_names_are_written_and_their_drafts_found(tmp_path, stem):
    path = tmp_path / f"{stem}.png"
    files.save(path, b"whole")
    assert [place.read_bytes() for place in tmp_path.iterdir()] == [b"whole"]
    other = tmp_path / f"y{stem[1:]}.png"
    for place in (path, other):
        with files.draft(place, overwrite=True) as new:
            new.write_bytes(b"")
            os.link(new, new.with_name(new.name.replace(new.name[-13:-9], "0000")))
    assert len(list(tmp_path.glob(".*"))) == 2
    files.remove_drafts(path)
    files.remove_drafts(path)
    (left,) = tmp_path.glob(".*")
    files.remove_drafts(other)
    assert not left.exists()
