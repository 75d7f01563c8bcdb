"""Precomputed maps as a model: a folder, a Zarr store or an HDF5 file of maps.

    name of an image -> [file of that name] -> map

Place: beside the models, whose maps :func:`write_predictions` writes.  Leaves: raw values, as
they are in the file; of pictures those of the pixels, 0 to 255 or 65535.

A map belongs to the image of the same path below the folder: that of "Action/001.jpg" is
"Action/001.png" or "Action/001.jpg.png", or .jpg, .tiff or .npy likewise.  In HDF5, as
pysaliency writes predictions, and in Zarr it is a dataset (rows, cols) called
"Action/001.jpg" or "Action/001".  Files of pysaliency's ``HDF5SaliencyMapModel`` hold maps,
those of its ``HDF5Model`` log densities, which are known by their values.  8 bits preserve AUC
to about three digits; 16 bits, TIFF, NumPy, HDF5 and Zarr preserve more.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from psysal import files, mapfile
from psysal import image as pictures
from psysal._typing import Array
from psysal.checks import one_of
from psysal.models.base import float_type
from psysal.models.densities import check_recognized, log_sum, recognized
from psysal.models.map_stores import dataset_shape, datasets, read_dataset
from psysal.optional import require
from psysal.threads import thread_count
from psysal.vision.resize import KINDS, resize

__all__ = ["MAP_SUFFIXES", "PrecomputedMaps", "write_predictions"]

Name = str | os.PathLike[str]

MAP_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".npy")
"""Suffixes of files with one map each."""
VALUES = {"map": "map", "density": "density", "log": "log-density"}
HDF5_SUFFIXES = (".h5", ".hdf5")
ZARR_SUFFIX = ".zarr"


@dataclass(frozen=True)
class PrecomputedMaps:
    """Maps of a folder, a Zarr store or an HDF5 file, by the names of their images.

    Parameters
    ----------
    path : path
        A folder of maps, searched with its subfolders: PNG, JPEG, TIFF (of 16 bits and
        floats too; color only where the channels are equal) or NumPy's .npy. Or one
        .h5 or .hdf5 file, or a Zarr group, a folder that ends in .zarr, with a dataset
        (rows, cols) for every image.
    resize : "linear" or "cubic", optional
        Interpolation of maps that have another size than their images, whatever their
        proportions; "cubic" may leave their range. Without it they are an error.
    names : mapping of str to str, optional
        Names of maps by those of their images, where they differ; other images have no map.
    values : "map", "density" or "log", optional
        Kind of the values: maps of any unit, densities of any sum, or logarithms of densities
        but for a constant. By default they are maps, unless those of the first map are all
        negative: these are log densities, which must sum to 1 after exp.

    Raises
    ------
    ValueError
        There is no such folder or file.

    Notes
    -----
    Files are listed once, at the first call, and opened for one map at a time: maps
    that are added later need a new ``PrecomputedMaps``. Threads may share one.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> with TemporaryDirectory() as folder:
    ...     np.save(Path(folder, "cat.npy"), [[0.0, 3.0]])
    ...     model = PrecomputedMaps(folder)
    ...     model.map_for("cat.jpg", (1, 2)), model.missing(["cat.jpg", "dog.jpg"])
    (array([[0., 3.]]), ['dog.jpg'])
    """

    path: Name
    resize: str | None = None
    names: Mapping[str, str] | None = field(default=None, repr=False, hash=False)
    values: str | None = None

    def __post_init__(self) -> None:
        if self.resize not in (None, *KINDS):
            raise ValueError(
                f"resize must be None or one of {', '.join(KINDS)}, got {self.resize!r}"
            )
        one_of("values", self.values, (None, *VALUES))
        path = Path(self.path)
        if not path.is_dir() and not (path.is_file() and path.suffix.lower() in HDF5_SUFFIXES):
            other = "another file" if path.exists() else "nothing"
            raise ValueError(
                f"{path}: a folder of maps or a file {' or '.join(HDF5_SUFFIXES)} was expected, "
                f"found {other}; check the path"
            )

    def map_for(self, name: str, shape: tuple[int, int]) -> Array:
        """Map of an image.

        Parameters
        ----------
        name : str
            Path of the image below the folder of the images, such as "Action/001.jpg".
        shape : (int, int)
            Rows and columns of the image.

        Returns
        -------
        ndarray, ``shape``, float32 or float64
            The values of the file.

        Raises
        ------
        OSError
            The file cannot be opened.
        ValueError
            There is no map of that name, or two; it is damaged, has another size or
            color, or is not finite. The message names the file.
        ImportError
            h5py, needed for HDF5 files, or zarr for Zarr is not installed.
        """
        return self._read(self._key([name]), shape)

    @cached_property
    def gives(self) -> str:
        """Kind of the values, one of :data:`psysal.models.densities.GIVES`."""
        if self.values is not None:
            return VALUES[self.values]
        for key in chain.from_iterable(self._keys.values()):
            with suppress(ValueError, OSError):  # a damaged map is refused when it is needed
                return recognized(self._load(key))
        return "map"

    def missing(self, names: Iterable[str]) -> list[str]:
        """Images without a map.

        Parameters
        ----------
        names : iterable of str
            Names of images, as :meth:`map_for` takes them.

        Returns
        -------
        list of str
        """
        return [name for name in names if not self._candidates(name)]

    @property
    def listed(self) -> tuple[str, ...]:
        """Names of all maps, of files without their suffix."""
        return tuple(self._keys)

    def size(self, name: str) -> tuple[int, int]:
        """Size of the map of an image, from the head of its file.

        Parameters
        ----------
        name : str
            Name of the image, as :meth:`map_for` takes it.

        Returns
        -------
        rows, columns : int

        Raises
        ------
        ValueError, OSError, ImportError
            As :meth:`map_for` raises them.
        """
        path, key = Path(self.path), self._key([name])
        if not _is_folder_of_files(path):
            shape: tuple[int, ...] = dataset_shape(path, key)
        elif key.lower().endswith(".npy"):
            shape = np.load(path / key, mmap_mode="r", allow_pickle=False).shape
        else:
            shape = pictures.size(path / key)
        rows, cols = (*shape, 1, 1)[:2]
        return rows, cols

    @property
    def fingerprint(self) -> str:
        """Digest of the files' names, sizes and times, which changes when a map does.

        The folder is listed anew every time, but no map is opened.
        """
        path = Path(self.path)
        paths = sorted(_files(path)) if path.is_dir() else [path]
        stats = [(os.path.relpath(file, path), file.stat()) for file in paths]
        text = repr([(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats])
        text += repr(sorted(self.names.items())) if self.names else ""
        return blake2b(text.encode(), digest_size=8).hexdigest()

    def __call__(
        self,
        image: Any,
        *,
        channel_order: str = "rgb",
        dtype: DTypeLike = "float32",
        threads: int | None = None,
    ) -> Array:
        """Map of a picture in a file.

        Parameters
        ----------
        image : path
            File of the picture; its last folders and its name are those of a map.
        channel_order : "rgb" or "bgr"
            As other models take it; a map has no channels.
        dtype : "float32" or "float64"
            Data type of the map.
        threads : int, optional
            As other models take it.

        Returns
        -------
        ndarray, (rows, cols), ``dtype``
            Map of the picture's size.

        Raises
        ------
        TypeError
            ``image`` is no path.
        ValueError, OSError, ImportError
            As :meth:`map_for` raises them.
        """
        if not isinstance(image, (str, os.PathLike)):
            raise TypeError(
                "maps are found by the name of the image: a path was expected, "
                f"got {type(image).__name__}; pass the path, or call map_for(name, shape)"
            )
        kind = float_type(dtype)
        thread_count(threads)
        parts = PurePosixPath(Path(image).as_posix()).parts
        key = self._key(["/".join(parts[i:]) for i in range(len(parts))])
        return self._read(key, pictures.size(image)).astype(kind, copy=False)

    # --- names -----------------------------------------------------------

    @cached_property
    def _keys(self) -> Mapping[str, tuple[str, ...]]:
        """Files or datasets by the names of their images, with suffix or without."""
        path = Path(self.path)
        if _is_folder_of_files(path):
            paths = sorted(file.relative_to(path).as_posix() for file in _files(path))
            named = [(key, _without_suffix(key, MAP_SUFFIXES)) for key in paths]
        else:
            named = [(key, key) for key in datasets(path)]
        if not named:
            in_files = _is_folder_of_files(path)
            expected = f"maps ({', '.join(MAP_SUFFIXES)})" if in_files else "datasets"
            raise ValueError(f"{path}: {expected} were expected, found none; check the path")
        keys: dict[str, tuple[str, ...]] = {}
        for key, name in named:
            keys[name] = (*keys.get(name, ()), key)
        return keys

    def _candidates(self, name: str) -> list[str]:
        if self.names is not None:
            return list(self._keys.get(self.names.get(name, ""), ()))
        names = dict.fromkeys([name, _without_suffix(name, pictures.SUFFIXES)])
        return [key for name in names for key in self._keys.get(name, ())]

    def _key(self, names: list[str]) -> str:
        """Only file or dataset of an image with any of these names."""
        keys = [key for name in names for key in self._candidates(name)]
        if len(keys) > 1:
            raise ValueError(
                f"{self.path}: one map of {names[-1]} was expected, found {' and '.join(keys)}; "
                "remove those that are not meant"
            )
        if not keys:
            bare = _without_suffix(names[-1], pictures.SUFFIXES)
            suffix = MAP_SUFFIXES[0] if _is_folder_of_files(Path(self.path)) else ""
            raise ValueError(
                f"{self.path}: a map of {names[-1]} was expected, such as {bare}{suffix}, "
                "found none; name maps by the paths of their images"
            )
        return keys[0]

    # --- values ----------------------------------------------------------

    def _read(self, key: str, shape: tuple[int, int]) -> Array:
        """Map of a file or dataset at the size of its image."""
        values = self._load(key)
        if self.values is None:
            check_recognized(f"{self.path}: {key}", values, self.gives)
        if values.shape != tuple(shape):
            if self.resize is None:
                raise ValueError(
                    f"{self.path}: the map {key} must have the size of its image, {tuple(shape)}, "
                    f'got {values.shape}; resize it, or pass resize="linear"'
                )
            values = resize(values[None], shape, self.resize)[0]
        elif self.values != "log":
            return values
        return values - log_sum(values) if self.gives == "log-density" else values

    def _load(self, key: str) -> Array:
        """Values of a file or dataset."""
        path = Path(self.path)
        if _is_folder_of_files(path):
            return mapfile.read_map(path / key)
        return read_dataset(path, key)


def _without_suffix(name: str, suffixes: Iterable[str]) -> str:
    """Name without its suffix, if it has one of these."""
    stem, suffix = os.path.splitext(name)
    return stem if suffix.lower() in suffixes else name


def _is_folder_of_files(path: Path) -> bool:
    """True if every map has a file of its own."""
    return path.is_dir() and path.suffix.lower() != ZARR_SUFFIX


def _files(folder: Path) -> Iterator[Path]:
    """Files of maps, or all of a Zarr store, without the drafts of a writer that was killed."""
    any_suffix = not _is_folder_of_files(folder)
    for parent, _, names in os.walk(folder):
        for name in names:
            stem, suffix = os.path.splitext(name)
            is_draft = stem.startswith(".") and stem.endswith(".part")
            if not is_draft and (any_suffix or suffix.lower() in MAP_SUFFIXES):
                yield Path(parent, name)


def write_predictions(
    model: Callable[..., Array],
    images: Mapping[str, Name],
    path: Name,
    *,
    overwrite: bool = False,
    on_result: Callable[[str], None] | None = None,
) -> None:
    """Write a model's maps of pictures to one HDF5 file, which pysaliency reads too.

    Parameters
    ----------
    model : callable
        Function of the path of a picture that gives its map (rows, cols).
    images : mapping of str to path
        Pictures by name, such as a data set's ``images``.
    path : path
        File to write: a dataset (rows, cols) for every name, as pysaliency's
        ``HDF5SaliencyMapModel`` and :class:`PrecomputedMaps` read it. It is written whole or
        not at all, one map at a time.
    overwrite : bool
        Whether a file that is there is replaced.
    on_result : callable, optional
        Called with the name of every image whose map is written.

    Raises
    ------
    FileExistsError
        The file is there and ``overwrite`` is not set.
    ValueError
        A map is not finite or not (rows, cols), or there are no images.
    ImportError
        h5py is not installed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from psysal import Center
    >>> with TemporaryDirectory() as folder:
    ...     picture = Path(folder, "cat.png")
    ...     _ = picture.write_bytes(mapfile.encode(np.zeros((8, 9)), "png"))
    ...     write_predictions(Center(), {"cat.png": picture}, Path(folder, "center.h5"))
    ...     PrecomputedMaps(Path(folder, "center.h5"))(picture).shape
    (8, 9)
    """
    h5py: Any = require("h5py")
    if not images:
        raise ValueError("images must name at least one picture, got none")
    with files.draft(path, overwrite=overwrite) as new, h5py.File(new, "w") as file:
        for name, picture in images.items():
            file[name] = mapfile.check_map(f"the map of {name}", model(picture))
            if on_result:
                on_result(name)
