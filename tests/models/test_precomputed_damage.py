"""Maps in HDF5 and Zarr that are damaged, elsewhere, or larger than their file."""

import json
import pickle

import numpy as np
import pytest
from support.damage import altered, damaged, outcome

from psysal import PrecomputedMaps
from psysal.archive import stores

SHAPE = (6, 9)
VALUES = np.arange(54, dtype=np.float32).reshape(SHAPE) + 1


def read(path):
    return PrecomputedMaps(path).map_for("a.jpg", SHAPE)


@pytest.fixture
def hdf5(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "maps.h5", "w") as file:
        file.create_dataset("a", data=VALUES, chunks=True, compression="gzip", fletcher32=True)
    return tmp_path / "maps.h5"


def test_a_damaged_file_is_refused_or_read_rightly(hdf5):
    data, refused = hdf5.read_bytes(), 0
    for what, content in damaged(data, flips=200):
        hdf5.write_bytes(content)
        values, refusal = outcome(read, hdf5)
        refused += refusal is not None
        assert refusal is None or refusal.startswith(f"{hdf5}"), what
        assert refusal or values.shape == SHAPE, what
        assert hdf5.read_bytes() == content, what
    assert refused > 20


def links(file, h5py, folder):
    """Ways to have a dataset "a" that is not in the file, or not of that size."""
    other = folder / "other.h5"
    with h5py.File(other, "w") as there:
        there["a"] = VALUES
    raw = folder / "raw"
    raw.write_bytes(VALUES.tobytes())
    layout = h5py.VirtualLayout(SHAPE, "f4")
    layout[...] = h5py.VirtualSource(other, "a", SHAPE)
    chunked = {"dtype": "f8", "chunks": (100, 100)}
    return {
        "external link": lambda: file.__setitem__("a", h5py.ExternalLink(other, "a")),
        "external folder": lambda: file.__setitem__("day", h5py.ExternalLink(other, "/")),
        "soft link": lambda: file.__setitem__("a", h5py.SoftLink("/b")),
        "external storage": lambda: file.create_dataset(
            "a", SHAPE, "f4", external=[(raw, 0, VALUES.nbytes)]
        ),
        "virtual": lambda: file.create_virtual_dataset("a", layout),
        "never written": lambda: file.create_dataset("a", SHAPE, **{**chunked, "chunks": SHAPE}),
        "huge": lambda: file.create_dataset("a", (10**9, 10**9), **chunked),
        "large": lambda: file.create_dataset("a", (8000, 8000), **chunked),
        "text": lambda: file.create_dataset("a", data=[b"x"] * 9),
        "compound": lambda: file.create_dataset("a", SHAPE, [("x", "f4"), ("y", "f4")]),
        "nothing": lambda: file.create_dataset("a", data=h5py.Empty("f4")),
        "a cube": lambda: file.create_dataset("a", data=np.ones((2, 6, 9))),
        "nan": lambda: file.create_dataset("a", data=VALUES * np.nan),
    }


WAYS = [
    *("external link", "external folder", "soft link", "external storage", "virtual"),
    *("never written", "huge", "large", "text", "compound", "nothing", "a cube", "nan"),
]


@pytest.mark.parametrize("way", WAYS)
def test_only_what_is_in_the_file_is_read(tmp_path, way):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "maps.h5"
    with h5py.File(path, "w") as file:
        file["b"] = VALUES
        links(file, h5py, tmp_path)[way]()
    before = path.read_bytes()
    _, refusal = outcome(read, path)
    assert refusal
    assert str(path) in refusal
    assert path.read_bytes() == before


@pytest.mark.parametrize("to", ["file", "folder"])
def test_maps_are_not_packed_into_another_file_by_a_link(tmp_path, to):
    h5py = pytest.importorskip("h5py")
    path, other, parts = tmp_path / "maps.h5", tmp_path / "other.h5", tmp_path / "parts"
    stem = "a" if to == "file" else "day/a"
    (parts / stem).parent.mkdir(parents=True)
    np.save(parts / f"{stem}.npy", VALUES)
    (parts / f"{stem}.json").write_text("{}")
    with h5py.File(other, "w") as there:
        there.create_group("day")
    with h5py.File(path, "w") as file:
        file[stem.split("/")[0]] = h5py.ExternalLink(other, "/day")
    before = other.read_bytes()
    refused = stores.pack(parts, [stem], path)
    assert "is a link, perhaps to another file" in refused[stem]
    assert other.read_bytes() == before


def test_a_damaged_file_is_not_packed_into_and_left_as_it_was(hdf5, tmp_path):
    np.save(tmp_path / "new.npy", VALUES)
    (tmp_path / "new.json").write_text("{}")
    data = hdf5.read_bytes()
    for what, content in damaged(data, flips=60):
        hdf5.write_bytes(content)
        refused, refusal = outcome(stores.pack, tmp_path, ["new"], hdf5)
        if refusal or refused:
            assert refusal is None or (hdf5.read_bytes() == content), what
        assert sorted(p.name for p in tmp_path.iterdir()) == ["maps.h5", "new.json", "new.npy"]


@pytest.mark.parametrize("content", ["[]", "[" * 10_000, "1", "", "\xff"])
def test_a_damaged_part_is_said(tmp_path, content):
    pytest.importorskip("h5py")
    np.save(tmp_path / "new.npy", VALUES)
    (tmp_path / "new.json").write_text(content, "latin-1")
    refused = stores.pack(tmp_path, ["new"], tmp_path / "maps.h5")
    if content != "[]":
        assert "new: its map could not be read again" in refused["new"]


# --- Zarr --------------------------------------------------------------------


@pytest.fixture
def store(tmp_path):
    """An array as psysal writes it, without attributes."""
    pytest.importorskip("zarr")
    for name, data in stores.zarr_groups("a").items():
        path = tmp_path / "maps.zarr" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    for name, data in stores.zarr_files(VALUES, {}).items():
        path = tmp_path / "maps.zarr" / "a" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "maps.zarr"


@pytest.mark.parametrize("name", ["zarr.json", "a/zarr.json", "a/c/0/0"])
def test_a_damaged_store_is_refused_or_read_rightly(store, name):
    data = (store / name).read_bytes()
    for what, content in damaged(data, flips=60):
        (store / name).write_bytes(content)
        values, refusal = outcome(read, store)
        assert refusal is None or str(store) in refusal, what
        assert refusal or values.shape == SHAPE, what
        if name == "a/c/0/0":
            assert refusal, what


def test_metadata_of_other_values_are_refused_or_read(store):
    path = store / "a" / "zarr.json"
    held = json.loads(path.read_bytes())
    for what, content in altered(held):
        path.write_text(json.dumps(content))
        values, refusal = outcome(read, store)
        assert refusal or values.shape == SHAPE, what


@pytest.mark.parametrize("change", [{"shape": [10**9, 10**9]}, {"shape": [6, 10**8]}])
def test_a_shape_beyond_reason_is_refused_before_it_is_allocated(store, change):
    path = store / "a" / "zarr.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | change))
    with pytest.raises(ValueError, match="has too many values"):
        read(store)


def test_no_program_is_run_by_a_codec(tmp_path):
    """numcodecs' pickle runs what is in a chunk."""
    zarr = pytest.importorskip("zarr")
    store, ran = tmp_path / "maps.zarr", tmp_path / "ran"

    class Program:
        def __reduce__(self):
            return open, (str(ran), "w")

    group = zarr.open_group(store, mode="w", zarr_format=2)
    group.create_array("a", shape=SHAPE, chunks=SHAPE, dtype="f4", compressors=None)[...] = VALUES
    path = store / "a" / ".zarray"
    held = json.loads(path.read_bytes())
    codec, other = {"id": "pickle", "protocol": 5}, {"id": "shuffle", "elementsize": 4}
    (store / "a" / "0.0").write_bytes(pickle.dumps(Program()))
    for change in (
        {"filters": [codec]},
        {"filters": [other, codec]},
        {"compressor": codec},
        {"dtype": "|O", "filters": [codec]},
    ):
        path.write_text(json.dumps(held | change))
        _, refusal = outcome(read, store)
        assert refusal, change
        assert not ran.exists(), change
