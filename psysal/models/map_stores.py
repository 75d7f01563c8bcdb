"""Datasets of HDF5 files and Zarr stores, which may come from strangers.

Place: file or store, name of a dataset -> [map stores] -> map, for
:class:`~psysal.models.precomputed.PrecomputedMaps`.
"""

import warnings
from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path
from typing import Any

from psysal import hdf5, mapfile
from psysal._typing import Array
from psysal.optional import require

__all__ = ["dataset_shape", "datasets", "read_dataset"]

CODECS = (
    *("bytes", "transpose", "sharding_indexed", "crc32c", "blosc", "gzip", "zstd"),  # of Zarr 3
    *("bz2", "lz4", "lzma", "zlib", "delta", "shuffle"),
)
"""Compression of Zarr that is undone; others, as numcodecs' pickle, may run programs."""


def datasets(path: Path) -> list[str]:
    """Names of the datasets in a file or store.

    Parameters
    ----------
    path : Path
        HDF5 file or Zarr store.

    Returns
    -------
    list of str

    Raises
    ------
    ValueError, OSError, ImportError
        It is damaged or something else, cannot be opened, or a package is not installed.
    """
    return _open(path, _zarr_names if path.is_dir() else _hdf5_names)


def _hdf5_names(file: Any) -> list[str]:
    h5py, keys = require("h5py"), []

    def visit(key: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            keys.append(key)

    file.visititems(visit)
    return keys


def _zarr_names(group: Any) -> list[str]:
    with warnings.catch_warnings():  # of folders that are no arrays yet: their writer was killed
        warnings.simplefilter("ignore", UserWarning)
        members = group.members(max_depth=None)
    return sorted(key for key, item in members if isinstance(item, require("zarr").Array))


def dataset_shape(path: Path, key: str) -> tuple[int, ...]:
    """Shape of a dataset.

    Parameters
    ----------
    path, key
        As :func:`read_dataset` takes them.

    Returns
    -------
    tuple of int

    Raises
    ------
    ValueError, OSError, ImportError
        As :func:`datasets` raises them.
    """
    shape: tuple[int, ...] = _open(path, lambda store: store[key].shape)
    return shape


def read_dataset(path: Path, key: str) -> Array:
    """Map in a dataset of a file or store.

    Parameters
    ----------
    path : Path
        HDF5 file or Zarr store.
    key : str
        Name of the dataset.

    Returns
    -------
    ndarray, (rows, cols)

    Raises
    ------
    ValueError, OSError, ImportError
        As :func:`datasets` raises them; or it is no map, or compressed by a program.
    """
    read = _zarr_values if path.is_dir() else hdf5.read
    return mapfile.check_map(f"{path}: {key}", _open(path, lambda store: read(store, key)))


def _zarr_values(group: Any, key: str) -> Array:
    array = group[key]
    if array.dtype.kind not in "iufb":
        raise ValueError(f"{key} must hold numbers, not {array.dtype}")
    if max(prod(array.shape), prod(array.chunks)) > hdf5.LARGEST:
        raise ValueError(f"{key} of {array.shape} has too many values, or chunks {array.chunks}")
    if others := [name for name in _codecs(array.metadata) if name not in CODECS]:
        raise ValueError(f"{key} is compressed by {others[0]}")
    values: Array = array[...]
    return values


def _codecs(metadata: Any) -> Iterator[str]:
    """Names of an array's codecs, of those inside of shards too."""
    if metadata.zarr_format == 2:
        for codec in (*(metadata.filters or ()), metadata.compressor):
            if codec is not None:
                yield codec.codec_id
        return
    waiting = list(metadata.to_dict()["codecs"])
    while waiting:
        codec = waiting.pop()
        yield codec["name"]
        for key in ("codecs", "index_codecs"):
            waiting += codec.get("configuration", {}).get(key, ())


def _open(path: Path, read: Callable[[Any], Any]) -> Any:
    """Result of a function of the open file or store, or an error that names it."""
    is_zarr = path.is_dir()
    library: Any = require("zarr" if is_zarr else "h5py")
    if not is_zarr:
        with open(path, "rb"):  # a file that cannot be opened is another error than a damaged one
            pass
    try:
        if is_zarr:
            return read(library.open_group(path, mode="r"))
        with library.File(path, "r") as file:
            return read(file)
    except Exception as error:  # both libraries fed with junk raise anything
        raise ValueError(
            f"{path}: maps in {'Zarr' if is_zarr else 'HDF5'} were expected, found something "
            f"damaged or else ({' '.join(str(error).split())[:200]}); get it anew"
        ) from None
