"""Many maps in one store: a Zarr group, or an HDF5 file.

    map -> [files of a Zarr array] -> maps.zarr
    map -> NumPy files -> [pack] -> maps.h5

Place: beside the mapping of many photographs, which writes files by their names.  Every map
is a dataset (rows, cols), float32, by its photograph's path, such as "day 1/b" or
"day 1/b.jpg"; how it was made is in its attributes.

Zarr is written by many at once: every array is files of its own, one chunk and then the
metadata, without which there is no array.  HDF5 has one writer, and a file that it left open
is lost: maps are files of their own until the last is done, then packed into a copy of the
file, which takes its place.

Chunks of Zarr are compressed with Blosc (LZ4 after a shuffle of bits) and carry a checksum.
Datasets of HDF5 are as they are: gzip takes longer than the model, one map after the other,
and LZF is h5py's own.  Format: Zarr 3, https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html
"""

import json
import shutil
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from psysal import files, hdf5, mapfile
from psysal._typing import Array
from psysal.checks import parse_json
from psysal.optional import require

__all__ = ["STORES", "pack", "zarr_files", "zarr_groups"]

STORES = {".zarr": "zarr", ".h5": "hdf5", ".hdf5": "hdf5"}
"""Kind of a store by its suffix."""
_META = "zarr.json"


def _folders(stem: str) -> list[str]:
    """Folders above a map, the highest first."""
    parts = stem.split("/")
    return ["/".join(parts[:i]) for i in range(1, len(parts))]


def _both(stem: str, name: str) -> str:
    return (
        f"{stem}: one store cannot hold {name} both as a map and as a folder of maps; "
        "rename the photograph"
    )


def check(stem: str) -> None:
    """A ValueError for a name that HDF5 or Zarr would read as another, or not at all."""
    for part in stem.split("/"):
        if not part.strip(".") or "\0" in part or any("\ud800" <= c <= "\udfff" for c in part):
            raise ValueError(
                f"{stem!r}: parts of the name of a map must be text with more than periods, "
                f"got {part!r}; rename the photograph"
            )


# --- Zarr --------------------------------------------------------------------


def zarr_files(values: Array, metadata: dict[str, Any]) -> dict[str, bytes]:
    """The files of one Zarr array, in the order in which they are to be written.

    Parameters
    ----------
    values : ndarray, (rows, cols)
        The map, which is kept as float32, in one chunk.
    metadata : dict
        The attributes, which say how the map was made; anything that JSON can hold.

    Returns
    -------
    dict of str to bytes
        By name below the array's own folder: the chunk, then the metadata. The names are
        the same for every map, one of zeros too.

    Raises
    ------
    ImportError
        zarr is not installed.
    """
    zarr = require("zarr")
    codecs, files = zarr.codecs, dict[str, Any]()
    array = zarr.create_array(
        zarr.storage.MemoryStore(files),
        shape=values.shape,
        chunks=values.shape,
        dtype="float32",
        compressors=[
            codecs.BloscCodec(cname="lz4", shuffle="bitshuffle"),
            codecs.Crc32cCodec(),
        ],
        fill_value=0,
        attributes=metadata,
        zarr_format=3,
        config={"write_empty_chunks": True},
    )
    array[...] = values
    files[_META] = files.pop(_META)
    return {name: data.to_bytes() for name, data in files.items()}


def zarr_groups(stem: str) -> dict[str, bytes]:
    """The files that make the folders above a Zarr array groups, the root among them.

    Whoever writes an array writes those that are absent. Other bytes under one of these names
    say that the folder is a map already, and these bytes in the array's own "zarr.json" that
    the map is a folder: neither may be written over.

    Parameters
    ----------
    stem : str
        The path of the array below the root, such as "day 1/b".

    Returns
    -------
    dict of str to bytes
        By name below the root, the root's own first; always the same bytes.

    Raises
    ------
    ValueError
        Zarr has no such name: of periods alone, with a backslash, starting with "__", or
        that of its own files.
    ImportError
        zarr is not installed.
    """
    check(stem)
    for part in stem.split("/"):
        if part.startswith("__") or "\\" in part or part == _META:
            raise ValueError(
                f"{stem!r}: a name in Zarr must not start with __, have a backslash or be "
                f"{_META}, got {part!r}; rename the photograph, or write HDF5 or files"
            )
    return {name: _group() for name in [_META, *(f"{f}/{_META}" for f in _folders(stem))]}


@cache
def _group() -> bytes:
    zarr = require("zarr")
    files: dict[str, Any] = {}
    zarr.create_group(zarr.storage.MemoryStore(files), zarr_format=3)
    data: bytes = files[_META].to_bytes()
    return data


# --- HDF5 --------------------------------------------------------------------


def pack(
    parts: str | Path,
    stems: Iterable[str],
    path: str | Path,
    *,
    on_result: Callable[[str], None] = lambda stem: None,
) -> dict[str, str]:
    """Maps in NumPy files -> datasets of one HDF5 file.

    What the file held before stays, but for maps of the same name, which are replaced. It is
    the old file or the new one at any moment, and the parts are left where they are.

    Parameters
    ----------
    parts : path
        A folder with the map STEM.npy, (rows, cols), and STEM.json, how it was made.
    stems : iterable of str
        The names of the maps, such as "day 1/b". pysaliency finds those with the suffix of
        their image alone, "day 1/b.jpg", which no folder is likely to be called.
    path : path
        The file. One map at a time is in memory; on disk there is room wanted for another
        copy of the file.
    on_result : callable, optional
        Called with every name when it is done.

    Returns
    -------
    dict of str to str
        The maps that are not in the file, and why, in a sentence: the part is missing or
        damaged, or the file has a folder of its name. All others are.

    Raises
    ------
    ValueError
        The file is there and is not HDF5; it is left as it was.
    OSError
        The file cannot be written; what was there before is still there.
    ImportError
        h5py is not installed.
    """
    h5py = require("h5py")
    path, refused = Path(path), dict[str, str]()
    with files.draft(path, overwrite=True) as new:
        if path.exists():
            if not h5py.is_hdf5(path):
                raise ValueError(
                    f"{path}: an HDF5 file was expected, found something else; choose another name"
                )
            shutil.copyfile(path, new)
        try:
            with h5py.File(new, "a") as file:
                for stem in stems:
                    try:
                        values, metadata = _part(Path(parts), stem)
                        _check_room(file, stem)
                    except ValueError as error:
                        refused[stem] = str(error)
                    else:
                        _put(file, stem, values, metadata)
                    on_result(stem)
        except (KeyError, OSError, RuntimeError, ValueError) as error:  # h5py's
            if "No space left" in str(error):
                raise OSError(
                    f"{path}: could not be written (the disk is full), and is as it was; make room "
                    "and run it again"
                ) from None
            raise ValueError(
                f"{path}: is damaged, or could not be written ({' '.join(str(error).split())}), "
                "and is as it was; take it away, or choose another name"
            ) from None
    return refused


def _part(parts: Path, stem: str) -> tuple[Array, dict[str, Any]]:
    """Map and metadata; a ValueError where they cannot be read."""
    check(stem)
    try:
        values = mapfile.read_map(parts / f"{stem}.npy")
        return values, dict(parse_json((parts / f"{stem}.json").read_bytes()))
    except (OSError, TypeError, ValueError) as error:
        raise ValueError(
            f"{stem}: its map could not be read again ({error}); map the photograph anew"
        ) from None


def _check_room(file: Any, stem: str) -> None:
    """Refuse a map where the file has a folder, and below one of its maps."""
    h5py = require("h5py")
    for folder in _folders(stem):
        if isinstance(hdf5.find(file, folder), h5py.Dataset):
            raise ValueError(_both(stem, folder))
    if isinstance(hdf5.find(file, stem), h5py.Group):
        raise ValueError(_both(stem, stem))


def _put(file: Any, stem: str, values: Array, metadata: dict[str, Any]) -> None:
    if stem in file:
        del file[stem]
    data = file.create_dataset(stem, data=values.astype(np.float32, copy=False))
    for key, value in metadata.items():
        if value is not None:
            try:
                data.attrs[key] = value
            except (TypeError, ValueError):  # HDF5 has no such type
                data.attrs[key] = json.dumps(value)
