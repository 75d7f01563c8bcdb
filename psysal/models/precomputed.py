"""Maps that somebody else's model made: a folder, a Zarr store or an HDF5 file of them, as a model.

    name of an image -> [file of that name] -> map

Place: beside the models, whose maps :func:`write_predictions` writes in turn.  Leaves:
raw values, as the file has them; of pictures those of the pixels, 0 to 255 or 65535.

A map belongs to the image of the same path below the folder: that of "Action/001.jpg" is
"Action/001.png" or "Action/001.jpg.png", or .jpg, .tiff or .npy likewise.  In HDF5, as
pysaliency writes predictions, and in Zarr it is a dataset (rows, cols) called
"Action/001.jpg" or "Action/001".  Files of pysaliency's ``HDF5SaliencyMapModel`` hold maps,
which are read as they are; so are the log densities in those of its ``HDF5Model``, which AUC
takes, while a metric of densities wants their exponential.  8 bits keep AUC to about three
digits; 16 bits, TIFF, NumPy, HDF5 and Zarr keep more.
"""

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import Any

from numpy.typing import DTypeLike, NDArray

from psysal import files, mapfile
from psysal import image as pictures
from psysal.models.base import float_type
from psysal.optional import require
from psysal.threads import thread_count
from psysal.vision.resize import KINDS, resize

__all__ = ["MAPS", "PrecomputedMaps", "write_predictions"]

Array = NDArray[Any]
Name = str | os.PathLike[str]

MAPS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".npy")
"""What the file of a map ends with."""
HDF5 = (".h5", ".hdf5")
ZARR = ".zarr"


@dataclass(frozen=True)
class PrecomputedMaps:
    """Maps of a folder, a Zarr store or an HDF5 file, by the names of their images.

    Parameters
    ----------
    path : path
        A folder, searched with its subfolders, of maps: PNG, JPEG, TIFF (16 bits and
        floats are kept; color only where the channels are equal) or NumPy's .npy. Or one
        .h5 or .hdf5 file, or a Zarr group, a folder that ends in .zarr, with a dataset
        (rows, cols) for every image.
    resize : "linear" or "cubic", optional
        Makes maps of another size than their images fit, whatever their proportions;
        "cubic" may leave their range. Without it they are an error.

    Raises
    ------
    ValueError
        There is no such folder or file.

    Notes
    -----
    Files are listed once, at the first call, and opened for one map at a time: maps
    that are added later want a new ``PrecomputedMaps``. Threads may share one.

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

    def __post_init__(self) -> None:
        if self.resize not in (None, *KINDS):
            raise ValueError(
                f"resize must be None or one of {', '.join(KINDS)}, got {self.resize!r}"
            )
        path = Path(self.path)
        if not path.is_dir() and not (path.is_file() and path.suffix.lower() in HDF5):
            found = "another file" if path.exists() else "nothing"
            raise ValueError(
                f"{path}: a folder of maps or a file {' or '.join(HDF5)} was expected, "
                f"found {found}; check the path"
            )

    def map_for(self, name: str, shape: tuple[int, int]) -> Array:
        """The map of an image.

        Parameters
        ----------
        name : str
            Of the image: its path below the folder of the images, such as "Action/001.jpg".
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
        return self._fitting(self._only([name]), shape)

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those of the images that have no map."""
        return [name for name in names if not self._candidates(name)]

    @property
    def fingerprint(self) -> str:
        """A digest of the files' names, sizes and times, which changes when a map does.

        The folder is looked at anew every time, but no map is opened.
        """
        path = Path(self.path)
        files = sorted(_files(path)) if path.is_dir() else [path]
        told = [(os.path.relpath(file, path), file.stat()) for file in files]
        text = repr([(name, about.st_size, about.st_mtime_ns) for name, about in told])
        return blake2b(text.encode(), digest_size=8).hexdigest()

    def __call__(
        self,
        image: Any,
        *,
        channel_order: str = "rgb",
        dtype: DTypeLike = "float32",
        threads: int | None = None,
    ) -> Array:
        """The map of a picture in a file, of its size.

        Parameters
        ----------
        image : path
            The end of it is the name of a map, with as many folders as that has.
        channel_order : "rgb" or "bgr"
            As for other models; a map has no channels.
        dtype : "float32" or "float64"
        threads : int, optional
            As for other models.
        """
        if not isinstance(image, (str, os.PathLike)):
            raise TypeError(
                "maps are found by the name of the image: a path was expected, "
                f"got {type(image).__name__}; pass the path, or call map_for(name, shape)"
            )
        kind = float_type(dtype)
        thread_count(threads)
        parts = PurePosixPath(Path(image).as_posix()).parts
        key = self._only(["/".join(parts[i:]) for i in range(len(parts))])
        return self._fitting(key, pictures.size(image)).astype(kind, copy=False)

    # --- names -----------------------------------------------------------

    @cached_property
    def _keys(self) -> Mapping[str, tuple[str, ...]]:
        """Files or datasets by what they say of their image: its name, with suffix or without."""
        path = Path(self.path)
        if _plain(path):
            paths = sorted(file.relative_to(path).as_posix() for file in _files(path))
            named = [(key, _without(key, MAPS)) for key in paths]
        else:
            named = [(key, key) for key in _datasets(path)]
        if not named:
            what = f"maps ({', '.join(MAPS)})" if _plain(path) else "datasets"
            raise ValueError(f"{path}: {what} were expected, found none; check the path")
        found: dict[str, tuple[str, ...]] = {}
        for key, name in named:
            found[name] = (*found.get(name, ()), key)
        return found

    def _candidates(self, name: str) -> list[str]:
        whole, bare = name, _without(name, pictures.SUFFIXES)
        return [key for part in dict.fromkeys([whole, bare]) for key in self._keys.get(part, ())]

    def _only(self, names: list[str]) -> str:
        """The one map that belongs to an image of any of these names."""
        found = [key for name in names for key in self._candidates(name)]
        if len(found) > 1:
            raise ValueError(
                f"{self.path}: one map of {names[-1]} was expected, found {' and '.join(found)}; "
                "remove those that are not meant"
            )
        if not found:
            bare = _without(names[-1], pictures.SUFFIXES)
            expected = f"{bare}{MAPS[0]}" if _plain(Path(self.path)) else bare
            raise ValueError(
                f"{self.path}: a map of {names[-1]} was expected, such as {expected}, found none; "
                "name maps by the paths of their images"
            )
        return found[0]

    # --- values ----------------------------------------------------------

    def _fitting(self, key: str, shape: tuple[int, int]) -> Array:
        path = Path(self.path)
        found = mapfile.read_map(path / key) if _plain(path) else _dataset(path, key)
        if found.shape == tuple(shape):
            return found
        if self.resize is None:
            raise ValueError(
                f"{path}: the map {key} must have the size of its image, {tuple(shape)}, "
                f'got {found.shape}; resize it, or pass resize="linear"'
            )
        return resize(found[None], shape, self.resize)[0]


def _without(name: str, suffixes: Iterable[str]) -> str:
    """A name without its suffix, if it has one of these."""
    stem, suffix = os.path.splitext(name)
    return stem if suffix.lower() in suffixes else name


def _plain(path: Path) -> bool:
    """Whether these are maps in files of their own."""
    return path.is_dir() and path.suffix.lower() != ZARR


def _files(folder: Path) -> Iterator[Path]:
    """Of maps, or all of a Zarr store, without the drafts that a killed writer left."""
    for where, _, names in os.walk(folder):
        for name in names:
            stem, suffix = os.path.splitext(name)
            draft = stem.startswith(".") and stem.endswith(".part")
            if not draft and (suffix.lower() in MAPS or not _plain(folder)):
                yield Path(where, name)


# --- HDF5 and Zarr -----------------------------------------------------------


def _h5py() -> Any:
    return require("h5py")


def _zarr() -> Any:
    return require("zarr")


def _datasets(path: Path) -> list[str]:
    return _opened(path, _zarr_names if path.is_dir() else _hdf5_names)


def _hdf5_names(file: Any) -> list[str]:
    h5py, keys = _h5py(), []

    def visit(key: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            keys.append(key)

    file.visititems(visit)
    return keys


def _zarr_names(group: Any) -> list[str]:
    with warnings.catch_warnings():  # of folders that are no arrays yet: their writer was killed
        warnings.simplefilter("ignore", UserWarning)
        found = group.members(max_depth=None)
    return sorted(key for key, item in found if isinstance(item, _zarr().Array))


def _dataset(path: Path, key: str) -> Array:
    return mapfile.check_map(f"{path}: {key}", _opened(path, lambda store: store[key][...]))


def _opened(path: Path, act: Callable[[Any], Any]) -> Any:
    """What is made of an open file or store, or an error that names it."""
    folder = path.is_dir()
    library = _zarr() if folder else _h5py()
    if not folder:
        with open(path, "rb"):  # tells a file that cannot be opened from one that is damaged
            pass
    try:
        if folder:
            return act(library.open_group(path, mode="r"))
        with library.File(path, "r") as file:
            return act(file)
    except (KeyError, OSError, RuntimeError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path}: maps in {'Zarr' if folder else 'HDF5'} were expected, "
            f"found something damaged or else ({error}); get it anew"
        ) from None


def write_predictions(
    model: Callable[..., Array],
    images: Mapping[str, Name],
    path: Name,
    *,
    overwrite: bool = False,
    note: Callable[[str], None] | None = None,
) -> None:
    """Write a model's maps of pictures to one HDF5 file, which pysaliency reads too.

    Parameters
    ----------
    model : callable
        Path of a picture -> map (rows, cols).
    images : mapping of str to path
        The pictures by name, such as a data set's ``images``.
    path : path
        The file: a dataset (rows, cols) for every name, as pysaliency's
        ``HDF5SaliencyMapModel`` and :class:`PrecomputedMaps` read it. Written whole or not at
        all, one map at a time.
    overwrite : bool
        Replace a file that is there.
    note : callable, optional
        Told the name of every image whose map is done.

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
    h5py = _h5py()
    if not images:
        raise ValueError("images must name at least one picture, got none")
    with files.draft(path, overwrite=overwrite) as new, h5py.File(new, "w") as file:
        for name, picture in images.items():
            file[name] = mapfile.check_map(f"the map of {name}", model(picture))
            if note:
                note(name)
