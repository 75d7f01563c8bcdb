"""Stores, in sentences: what went in comes out, by its name, or the refusal says why."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from psysal import PrecomputedMaps, mapfile
from psysal.archive.stores import STORES, pack, zarr_files, zarr_groups
from psysal.archive.task import output_at

ABOUT = {
    "model": "murray2011",
    "version": "0.1.0",
    "ppd": None,
    "raw_range": [0.0315, 12.5],
    "values": "raw = raw_range[0] + ...",
}
ODD = ["day 1/b", "日本/猫 é", "new\nline", ".hidden", "a*?[1]", "%20#", "a::b", "day 1/b.c", "c/0"]


@pytest.fixture
def zarr():
    return pytest.importorskip("zarr")


@pytest.fixture
def h5py():
    return pytest.importorskip("h5py")


@pytest.fixture
def maps(rng):
    """Maps of three sizes by odd names, and one of zeros."""
    found = {stem: rng.random((12, 17 + i), dtype=np.float32) for i, stem in enumerate(ODD)}
    return {**found, "zeros": np.zeros((5, 4), np.float32)}


def write_zarr(root, maps):
    for stem, values in maps.items():
        files = zarr_files(values, ABOUT)
        for name, data in {**zarr_groups(stem), **{f"{stem}/{n}": files[n] for n in files}}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
    return root


def write_parts(parts, maps):
    for stem, values in maps.items():
        file = parts / f"{stem}.npy"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(mapfile.encode(values, "npy"))
        (parts / f"{stem}.json").write_text(json.dumps(ABOUT))
    return parts


def datasets(h5py, path):
    """Every dataset of a file, by h5py alone."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda key, item: found.update(
                {key: item[...]} if isinstance(item, h5py.Dataset) else ()
            )
        )
    return found


def assert_same(found, wanted):
    assert set(found) == set(wanted)
    for stem, values in wanted.items():
        assert found[stem].dtype == np.float32
        np.testing.assert_array_equal(found[stem], values, err_msg=stem)


@pytest.mark.parametrize(
    ("output", "wanted"),
    [
        ("maps.zarr", "zarr"), ("s3://bucket/x/maps.zarr/", "zarr"), ("MAPS.H5", "hdf5"),
        ("in/maps.hdf5", "hdf5"), ("maps", None), ("maps.zarr/in", None), (".zarr", None),
    ],
)  # fmt: skip
def test_a_store_is_known_by_its_suffix(output, wanted):
    assert output_at(output).store == wanted
    assert wanted is None or wanted in STORES.values()


# --- Zarr --------------------------------------------------------------------


def test_the_metadata_of_an_array_comes_last_and_zeros_have_the_same_files(zarr, rng):
    full, zeros = (zarr_files(v, ABOUT) for v in (rng.random((6, 8)), np.zeros((6, 8))))
    assert list(full) == list(zeros) == ["c/0/0", "zarr.json"]
    assert all(isinstance(data, bytes) for data in full.values())
    assert full["zarr.json"] == zeros["zarr.json"]


def test_groups_are_all_folders_above_and_always_the_same_bytes(zarr):
    found = zarr_groups("day 1/in/b")
    assert list(found) == ["zarr.json", "day 1/zarr.json", "day 1/in/zarr.json"]
    assert set(found.values()) == set(zarr_groups("a").values())
    assert list(zarr_groups("a")) == ["zarr.json"]
    assert json.loads(found["zarr.json"])["node_type"] == "group"


def test_zarr_reads_what_went_in(zarr, tmp_path, maps):
    pytest.importorskip("fsspec")
    root = write_zarr(tmp_path / "maps.zarr", maps)
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.put(str(root), "/maps.zarr", recursive=True)
    try:
        for place in (root, "memory://maps.zarr"):
            group = zarr.open_group(place, mode="r")
            members = dict(group.members(max_depth=None))
            arrays = {key: item for key, item in members.items() if isinstance(item, zarr.Array)}
            assert_same({key: array[...] for key, array in arrays.items()}, maps)
            assert set(group) == {stem.split("/")[0] for stem in maps}
            np.testing.assert_array_equal(group["day 1/b"][...], maps["day 1/b"])
            assert dict(group["day 1"]["b"].attrs) == ABOUT
            assert group["day 1/b"].chunks == group["day 1/b"].shape
            assert "猫" in str(group.tree())
    finally:
        memory.rm("/maps.zarr", recursive=True)


def test_the_map_of_a_photograph_takes_less_room_than_its_numbers(zarr):
    from skimage.data import chelsea

    import psysal

    values = psysal.saliency(chelsea())
    assert len(zarr_files(values, ABOUT)["c/0/0"]) < 0.8 * values.nbytes


@pytest.mark.parametrize(
    "stem",
    ["__a", "day/__a/b", "a\\b", "zarr.json", "a/zarr.json/b", "..", "a/../b", "a//b", "/a", ""],
)
def test_names_that_zarr_keeps_or_reads_as_others_are_refused(zarr, stem):
    with pytest.raises(ValueError, match=r"name .* must .* got .*; rename the photograph"):
        zarr_groups(stem)


def test_without_zarr_the_error_has_the_line_that_installs_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr", None)
    (tmp_path / "maps.zarr").mkdir()
    for call in (
        lambda: zarr_files(np.zeros((3, 3)), {}),
        lambda: PrecomputedMaps(tmp_path / "maps.zarr").map_for("a.png", (3, 3)),
    ):
        with pytest.raises(ImportError, match=r'zarr, .* run: .* -m pip install "psysal\[batch\]"'):
            call()


# --- a map and a folder of one name ------------------------------------------


def test_a_file_keeps_its_maps_from_folders_of_their_name_and_its_folders_from_maps(
    tmp_path, rng, h5py
):
    values = {
        stem: rng.random((4, 5), dtype=np.float32) for stem in ("a", "b/in", "a/c/d", "b", "e")
    }
    parts, file = write_parts(tmp_path / "parts", values), tmp_path / "maps.h5"
    assert pack(parts, ["a", "b/in"], file) == {}
    refused = pack(parts, ["a/c/d", "b", "e"], file)
    assert refused["a/c/d"].startswith("a/c/d: one store cannot hold a both as a map and")
    assert refused["b"].startswith("b: one store cannot hold b both as a map and")
    assert_same(datasets(h5py, file), {stem: values[stem] for stem in ("a", "b/in", "e")})


def test_maps_with_the_suffix_of_their_image_are_beside_folders_of_that_name(tmp_path, rng, zarr):
    h5py = pytest.importorskip("h5py")
    maps = {stem: rng.random((4, 5), dtype=np.float32) for stem in ("a.jpg", "a/b.jpg", "a.png")}
    write_zarr(tmp_path / "maps.zarr", maps)
    assert pack(write_parts(tmp_path / "parts", maps), maps, tmp_path / "maps.h5") == {}
    assert_same(datasets(h5py, tmp_path / "maps.h5"), maps)
    for store in ("maps.h5", "maps.zarr"):
        for stem, values in maps.items():
            found = PrecomputedMaps(tmp_path / store).map_for(stem, (4, 5))
            np.testing.assert_array_equal(found, values, err_msg=stem)


# --- HDF5 --------------------------------------------------------------------


def test_h5py_reads_what_went_in_without_a_plugin(tmp_path, maps, h5py):
    maps["__a"] = maps["zeros"] + 1
    parts, done = write_parts(tmp_path / "parts", maps), []
    before = sorted(p.name for p in parts.rglob("*"))
    assert pack(parts, iter(maps), tmp_path / "maps.h5", on_result=done.append) == {}
    assert done == list(maps)
    assert_same(datasets(h5py, tmp_path / "maps.h5"), maps)
    with h5py.File(tmp_path / "maps.h5") as file:
        found = dict(file["day 1/b"].attrs)
        assert file["day 1/b"].compression is None
    assert found.pop("raw_range").tolist() == ABOUT["raw_range"]
    assert found == {key: ABOUT[key] for key in ("model", "version", "values")}
    assert sorted(p.name for p in parts.rglob("*")) == before
    assert {p.name for p in tmp_path.iterdir()} == {"maps.h5", "parts"}


def test_what_hdf5_has_no_type_for_is_kept_as_json(tmp_path, h5py):
    parts = write_parts(tmp_path, {"a": np.ones((2, 2))})
    odd = {"windows": {"inner": 13}, "mixed": [1, "a"], "nul": "a\0b", "ppd": 32.5}
    (parts / "a.json").write_text(json.dumps(odd))
    assert pack(parts, ["a"], tmp_path / "maps.h5") == {}
    with h5py.File(tmp_path / "maps.h5") as file:
        found = dict(file["a"].attrs)
    assert found.pop("ppd") == 32.5
    assert {key: json.loads(text) for key, text in found.items()} == {
        key: odd[key] for key in ("windows", "mixed", "nul")
    }


def test_packing_again_replaces_maps_of_the_same_name_and_keeps_all_else(tmp_path, rng, h5py):
    old = {stem: rng.random((30, 40), dtype=np.float32) for stem in ("a", "in/b", "in/c")}
    file = tmp_path / "maps.h5"
    pack(write_parts(tmp_path / "one", old), old, file)
    with h5py.File(file, "a") as theirs:
        theirs.attrs["title"] = "kept"
        theirs["in/c"].attrs["remark"] = "kept"
    size = file.stat().st_size
    new = {
        "in/b": rng.random((30, 40), dtype=np.float32),
        "a": rng.random((3, 4), dtype=np.float32),
    }
    pack(write_parts(tmp_path / "two", new), new, file)
    assert_same(datasets(h5py, file), {**old, **new})
    with h5py.File(file) as found:
        assert found.attrs["title"] == found["in/c"].attrs["remark"] == "kept"
    assert file.stat().st_size < size + 5000


def test_a_part_that_is_missing_or_damaged_loses_no_other(tmp_path, h5py):
    ones = np.ones((3, 4), np.float32)
    parts = write_parts(tmp_path / "parts", dict.fromkeys(["a", "b", "c", "d", "e"], ones))
    (parts / "a.npy").unlink()
    (parts / "b.npy").write_bytes((parts / "b.npy").read_bytes()[:-3])
    (parts / "c.json").write_text('{"mod')
    write_parts(parts, {"d": ones * np.nan})
    refused = pack(
        parts, ["a", "b", "c", "d", "../e", "e", "e\0x", "e\udcff"], tmp_path / "maps.h5"
    )
    assert set(datasets(h5py, tmp_path / "maps.h5")) == {"e"}
    for stem in "abcd":
        assert refused.pop(stem).startswith(f"{stem}: its map could not be read again (")
    assert set(refused) == {"../e", "e\0x", "e\udcff"}
    assert all("must be text with more than periods" in told for told in refused.values())


def test_a_file_that_is_not_hdf5_is_left_as_it_was(tmp_path, h5py):
    parts = write_parts(tmp_path / "parts", {"a": np.ones((3, 4))})
    (tmp_path / "maps.h5").write_text("my notes")
    with pytest.raises(ValueError, match=r"maps\.h5: an HDF5 file was expected, found something"):
        pack(parts, ["a"], tmp_path / "maps.h5")
    assert (tmp_path / "maps.h5").read_text() == "my notes"
    assert {p.name for p in tmp_path.iterdir()} == {"maps.h5", "parts"}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_killed_in_the_middle_the_old_file_is_whole_and_packing_again_works(tmp_path, rng, h5py):
    old = {stem: rng.random((60, 80), dtype=np.float32) for stem in ("a", "in/b", "in/c")}
    file = tmp_path / "maps.h5"
    pack(write_parts(tmp_path / "old", old), old, file)
    kept = file.read_bytes()
    new = {stem: values + 1 for stem, values in old.items()}
    parts = write_parts(tmp_path / "new", new)
    code = (
        "import os, signal, sys",
        "from psysal.archive.stores import pack",
        "def on_result(stem):",
        "    if stem == 'in/b':",
        "        os.kill(os.getpid(), signal.SIGKILL)",
        "pack(sys.argv[1], ['a', 'in/b', 'in/c'], sys.argv[2], on_result=on_result)",
    )
    run = subprocess.run([sys.executable, "-c", "\n".join(code), parts, file], timeout=120)
    assert run.returncode == -signal.SIGKILL
    assert file.read_bytes() == kept
    assert pack(parts, new, file) == {}
    assert_same(datasets(h5py, file), new)


# --- read as maps of a model --------------------------------------------------


def test_maps_of_both_stores_are_found_by_the_names_of_their_images(tmp_path, maps, zarr, h5py):
    pack(write_parts(tmp_path / "parts", maps), maps, tmp_path / "maps.h5")
    write_zarr(tmp_path / "maps.zarr", maps)
    for store in ("maps.h5", "maps.zarr"):
        model = PrecomputedMaps(tmp_path / store)
        assert model.missing(["day 1/b.jpg", "b.jpg", "zeros.png", "day 1"]) == ["b.jpg", "day 1"]
        for stem, values in maps.items():
            found = model.map_for(f"{stem}.jpg", values.shape)
            assert found.dtype == np.float32
            np.testing.assert_array_equal(found, values, err_msg=stem)
        with pytest.raises(
            ValueError, match=rf"{store}: .* of b\.jpg was expected, such as b, found"
        ):
            model.map_for("b.jpg", (12, 17))
        with pytest.raises(ValueError, match=r"zeros must have the size of its image, \(3, 3\)"):
            model.map_for("zeros.jpg", (3, 3))
    assert PrecomputedMaps(tmp_path / "maps.zarr", "linear").map_for("zeros.jpg", (9, 9)).max() == 0


def test_a_zarr_array_whose_writer_was_killed_is_no_map(tmp_path, maps, zarr):
    root = write_zarr(tmp_path / "maps.zarr", maps)
    (root / "zeros" / "zarr.json").unlink()
    assert PrecomputedMaps(root).missing(["zeros.jpg", "day 1/b.jpg"]) == ["zeros.jpg"]


def test_older_zarr_groups_are_read_too(tmp_path, rng, zarr):
    values = rng.random((6, 7))
    group = zarr.open_group(tmp_path / "maps.zarr", mode="w", zarr_format=2)
    group.create_array("in/a.png", shape=(6, 7), dtype="float64")[...] = values
    model = PrecomputedMaps(tmp_path / "maps.zarr")
    np.testing.assert_array_equal(model.map_for("in/a.png", (6, 7)), values)


def test_a_folder_that_is_no_zarr_group_or_is_damaged_is_an_error_that_names_it(tmp_path, zarr):
    (tmp_path / "a.zarr").mkdir()
    with pytest.raises(ValueError, match=r"a\.zarr: maps in Zarr were expected, found something"):
        PrecomputedMaps(tmp_path / "a.zarr").map_for("a.png", (3, 3))
    root = write_zarr(tmp_path / "b.zarr", {"a": np.ones((3, 3))})
    chunk = root / "a" / "c" / "0" / "0"
    whole = chunk.read_bytes()
    for damaged in (whole[:-9], whole[:-9] + b"\1" + whole[-8:], b""):
        chunk.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"b\.zarr: maps in Zarr were expected, found some"):
            PrecomputedMaps(root).map_for("a.png", (3, 3))
    (tmp_path / "c.zarr").mkdir()
    (tmp_path / "c.zarr" / "zarr.json").write_bytes(zarr_groups("a")["zarr.json"])
    with pytest.raises(ValueError, match="datasets were expected, found none"):
        PrecomputedMaps(tmp_path / "c.zarr").missing(["a.png"])


def test_the_fingerprint_of_a_zarr_store_changes_with_its_maps(tmp_path, maps, zarr):
    root = write_zarr(tmp_path / "maps.zarr", maps)
    model = PrecomputedMaps(root)
    first = model.fingerprint
    assert model.fingerprint == first
    os.utime(root / "zeros" / "c" / "0" / "0", ns=(0, 10**18))
    second = model.fingerprint
    write_zarr(root, {"more": np.ones((3, 3))})
    assert len({first, second, model.fingerprint}) == 3


def test_drafts_and_lists_beside_the_maps_are_no_maps(tmp_path, rng):
    values = rng.random((3, 4))
    np.save(tmp_path / "a.npy", values)
    model = PrecomputedMaps(tmp_path)
    fingerprint = model.fingerprint
    for name in ("a.json", "done.jsonl", "done.db", ".a.0badcafe.part.npy", ".a.0badcafe.part.png"):
        Path(tmp_path, name).write_bytes(b"half")
    assert model.fingerprint == fingerprint
    assert PrecomputedMaps(tmp_path).missing([".a.0badcafe.part.jpg", "a.jpg"]) == [
        ".a.0badcafe.part.jpg"
    ]
