"""Data sets: the images of a folder and the fixations on them.

Place in the pipeline: folder -> [datasets] -> comparison of maps with fixations.  Some
published sets are known by the name of their folder (``datasets.toml`` of this package);
any other folder describes itself in a ``dataset.toml``::

    images = "photographs/*.png"    # images; their names begin below the fixed part
    fixations = "fixations.csv"     # or .tsv, .mat, .h5; or maps = "folder of binary maps"
    columns = {image = "file"}      # headings of a table, where they differ from psysal's
    first = 1                       # order in a table of a first fixation, by default 0
    ppd = 40                        # pixels per degree of visual angle, if known
    source = "authors, license"
    profile = "convert"             # color profiles, where the experiment showed them converted

Downloads are checked against the checksums of their files; pooch is needed for them
(``pip install "psysal[datasets]"``).
"""

import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.checks import one_of
from psysal.gaze.fixations import Fixations
from psysal.gaze.formats import read_hdf5, read_maps, read_mat, read_table
from psysal.image import PROFILES, color_profile, read, size
from psysal.optional import require
from psysal.viewing import check_ppd
from psysal.wording import shorten_list

__all__ = ["DOWNLOADS", "LAYOUTS", "PAGES", "Dataset", "Download", "Layout", "dataset", "fetch"]


@dataclass(frozen=True)
class Layout:
    """Files in the folder of a data set; the keys of ``dataset.toml``.

    Parameters
    ----------
    images : str
        Pattern of the image files below the folder. An image is named by its path below
        the part of the pattern that has no wildcard.
    fixations : str, optional
        Table, MATLAB or HDF5 file of fixations; or else ``maps``.
    maps : str, optional
        Binary fixation maps, a folder or a MATLAB file.
    columns : mapping of str to str, optional
        Headings of a table, as :func:`psysal.gaze.read_table` takes them.
    first : int
        Order in a table of the first fixation of a scanpath.
    ppd : float, optional
        Pixels per degree of visual angle.
    source : str
        Authors and license.
    profile : "ignore" or "convert"
        Codes of photographs as they are, as most software shows them, or converted from their
        color profiles to sRGB.

    Raises
    ------
    ValueError
        A value of another type, or both or neither of ``fixations`` and ``maps``.
    """

    images: str
    fixations: str | None = None
    maps: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    first: int = 0
    ppd: float | None = None
    source: str = ""
    profile: str = "ignore"

    def __post_init__(self) -> None:
        one_of("profile", self.profile, PROFILES)
        for name, (kind, description) in _TYPES.items():
            if not isinstance(value := getattr(self, name), kind):
                raise ValueError(f"{name} must be {description}, got {value!r}")
        if not all(isinstance(heading, str) for heading in self.columns.values()):
            raise ValueError(f"columns must be named by strings, got {dict(self.columns)}")
        if (self.fixations is None) == (self.maps is None):
            raise ValueError("either fixations or maps must be given, and not both")
        check_ppd(self.ppd)


_TYPES: dict[str, tuple[Any, str]] = {
    "images": (str, "a string"),
    "fixations": (str | None, "a string"),
    "maps": (str | None, "a string"),
    "columns": (Mapping, "a table"),
    "first": (int, "an integer"),
    "source": (str, "a string"),
}


@dataclass(frozen=True)
class Download:
    """A ZIP file at a public address.

    Parameters
    ----------
    url : str
        Address of the file.
    checksum : str
        "md5:..." or "sha256:..." of the file.
    folder : str
        Folder in the file that is the data set.
    """

    url: str
    checksum: str
    folder: str = "."


_KNOWN = tomllib.loads(Path(__file__).with_name("datasets.toml").read_text(encoding="utf-8"))

LAYOUTS: Mapping[str, Layout] = {name: Layout(**known["layout"]) for name, known in _KNOWN.items()}
"""Layouts of published data sets, by the name of their folder in lower case."""

PAGES: Mapping[str, str] = {
    name: known["page"] for name, known in _KNOWN.items() if "page" in known
}
"""Web pages of published data sets."""

DOWNLOADS: dict[str, Download] = {
    name: Download(**known["download"]) for name, known in _KNOWN.items() if "download" in known
}
"""Data sets that :func:`fetch` can download."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and the fixations on them.

    Parameters
    ----------
    name : str
        Name of the data set.
    images : mapping of str to path
        Files by the name of the image, in natural order ("2.jpg" before "10.jpg").
    fixations : Fixations
        Fixations on these images; not every image needs to have some.
    ppd : float, optional
        Pixels per degree of visual angle; None if not known.
    source : str
        Authors and license.
    profile : "ignore" or "convert"
        As of a :class:`Layout`.

    Raises
    ------
    ValueError
        Fixations on images that are not there.
    """

    name: str
    images: Mapping[str, Path] = field(repr=False)
    fixations: Fixations
    ppd: float | None = None
    source: str = ""
    profile: str = "ignore"

    def __post_init__(self) -> None:
        one_of("profile", self.profile, PROFILES)
        check_ppd(self.ppd)
        if missing := [name for name in self.fixations.images if name not in self.images]:
            raise ValueError(
                f"{self.name}: fixations are on images that are not there: "
                f"{shorten_list(missing)}; there are {shorten_list([*self.images]) or 'none'}"
            )

    @cached_property
    def sizes(self) -> dict[str, tuple[int, int]]:
        """(rows, cols) of every image, read from the files when first asked for."""
        return {name: size(path) for name, path in self.images.items()}

    @cached_property
    def color_profiles(self) -> str:
        """Choice for color profiles in words; empty where every photograph is sRGB."""
        count = 0
        for path in self.images.values():
            with suppress(ValueError, OSError):  # of a photograph that nobody may ask for
                count += color_profile(path) is not None
        done = {"ignore": "ignored", "convert": "converted to sRGB"}[self.profile]
        return f"{done}, of {count} of {len(self.images)} photographs" if count else ""

    def read(self, name: str) -> Array:
        """Pixels of an image, as :func:`psysal.image.read` gives them.

        Parameters
        ----------
        name : str
            Name of the image.

        Returns
        -------
        ndarray, (rows, cols) or (rows, cols, 3)
            sRGB, by the color profile of the file if ``profile`` is "convert".
        """
        return read(self.images[name], profile=self.profile)


def dataset(path: str | os.PathLike[str]) -> Dataset:
    """Images and fixations of a folder.

    Parameters
    ----------
    path : str or path
        A folder with a ``dataset.toml``, or named and laid out as one of :data:`LAYOUTS`.
        A bare name without such a folder is looked up in the folder that the environment
        variable PSYSAL_DATA names.

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        There is no such folder, a file is missing or cannot be right, or fixations are on
        images that are not there.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from psysal import mapfile
    >>> with TemporaryDirectory() as folder:
    ...     picture = mapfile.encode(np.zeros((6, 9)), "png8")
    ...     _ = Path(folder, "cat.png").write_bytes(picture)
    ...     _ = Path(folder, "gaze.csv").write_text("image,x,y\\ncat.png,3,4.5\\n")
    ...     layout = 'images = "*.png"\\nfixations = "gaze.csv"\\nppd = 40'
    ...     _ = Path(folder, "dataset.toml").write_text(layout)
    ...     cats = dataset(folder)
    ...     cats.sizes, len(cats.fixations), cats.ppd
    ({'cat.png': (6, 9)}, 1, 40.0)
    """
    folder = _folder(path)
    layout = _layout(folder)
    images = _images(folder, layout.images)
    file = folder / (layout.fixations or layout.maps or "")
    if not file.exists():
        raise ValueError(
            f"{folder}: {file.relative_to(folder).as_posix()} was expected, found "
            f"{_listing(folder)}; {_ADVICE}"
        )
    fixations = read_maps(file) if layout.maps else _read(file, layout)
    fixations = _with_suffixes(fixations, images)
    ppd = check_ppd(layout.ppd)
    return Dataset(folder.name, images, fixations, ppd, layout.source, layout.profile)


_ADVICE = "put it there, or describe the folder in a dataset.toml"


def _folder(path: str | os.PathLike[str]) -> Path:
    """Folder at a path, or of that name in PSYSAL_DATA."""
    folder = Path(path)
    if folder.is_dir():
        return folder.resolve()
    if len(folder.parts) == 1:
        root = os.environ.get("PSYSAL_DATA")
        if root and Path(root, folder).is_dir():
            return Path(root, folder).resolve()
        name = str(folder).lower()
        elsewhere = (
            f", nor in PSYSAL_DATA={root}" if root else "; PSYSAL_DATA names no folder of sets"
        )
        hint = f"; {name} is at {PAGES[name]}" if name in PAGES else ""
        hint = f'; psysal.gaze.fetch("{name}") downloads it' if name in DOWNLOADS else hint
        raise ValueError(
            f"{path}: the folder of a set was expected, found none here{elsewhere}{hint}"
        )
    raise ValueError(f"{path}: the folder of a set was expected, found none; check the path")


def _layout(folder: Path) -> Layout:
    """Layout of a folder, by its ``dataset.toml`` or else by its name."""
    path = folder / "dataset.toml"
    if not path.exists():
        if folder.name.lower() in LAYOUTS:
            return LAYOUTS[folder.name.lower()]
        raise ValueError(
            f"{folder}: a dataset.toml was expected, or a folder called {', '.join(LAYOUTS)}, "
            f"found {_listing(folder)}"
        )
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: TOML was expected, found something else ({error})") from None
    keys = [key.name for key in fields(Layout)]
    if unknown := [key for key in values if key not in keys]:
        raise ValueError(f"{path}: keys must be among {', '.join(keys)}, got {', '.join(unknown)}")
    if "images" not in values:
        raise ValueError(f'{path}: images was expected, such as images = "images/*.jpg"')
    try:
        return Layout(**values)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _images(folder: Path, pattern: str) -> dict[str, Path]:
    """Image files by their path below the part of the pattern that has no wildcard."""
    root = folder.joinpath(*_fixed_parts(pattern))
    try:
        paths = [path for path in folder.glob(pattern) if path.is_file()]
    except (ValueError, NotImplementedError) as error:
        raise ValueError(
            f"{folder}: a pattern below it was expected, got {pattern!r} ({error})"
        ) from None
    if not paths:
        raise ValueError(
            f"{folder}: images {pattern} were expected, found {_listing(folder)}; {_ADVICE}"
        )
    images = {path.relative_to(root).as_posix(): path for path in paths}
    return {name: images[name] for name in sorted(images, key=_natural_order)}


def _fixed_parts(pattern: str) -> list[str]:
    """Folders of a pattern before its first wildcard."""
    parts = pattern.split("/")
    wild = next((i for i, part in enumerate(parts) if set("*?[") & set(part)), len(parts) - 1)
    return parts[:wild]


def _natural_order(name: str) -> list[tuple[int, str]]:
    """Sorting key that has 2.jpg before 10.jpg."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _read(path: Path, layout: Layout) -> Fixations:
    """Fixations of a file, read by its suffix."""
    suffix = path.suffix.lower()
    if suffix == ".mat":
        return read_mat(path)
    if suffix in (".h5", ".hdf5"):
        return read_hdf5(path)
    return read_table(path, columns=layout.columns, first=layout.first)


def _with_suffixes(fixations: Fixations, images: Mapping[str, Path]) -> Fixations:
    """Fixations whose image names without a suffix, as of maps, become those of the images."""
    by_stem: dict[str, list[str]] = {}
    for name in images:
        by_stem.setdefault(name.rpartition(".")[0], []).append(name)
    renamed = {
        name: by_stem[name][0]
        for name in fixations.images
        if name not in images and len(by_stem.get(name, ())) == 1
    }
    if not renamed:
        return fixations
    names, codes = np.unique(fixations.image, return_inverse=True)
    image = np.array([renamed.get(name, name) for name in names.tolist()])[codes]
    columns = {column.name: getattr(fixations, column.name) for column in fields(Fixations)}
    return Fixations(**columns | {"image": image})


def _listing(folder: Path) -> str:
    return shorten_list(sorted(path.name for path in folder.iterdir()), most=6) or "nothing"


def fetch(name: str) -> Path:
    """Download and check a published data set.

    Parameters
    ----------
    name : str
        One of :data:`DOWNLOADS`. It goes below the folder that the environment variable
        PSYSAL_DATA names, whole or not at all; an existing folder of that name is kept as
        it is.

    Returns
    -------
    path
        Its folder, as :func:`dataset` takes it.

    Raises
    ------
    ValueError
        The set has no public address here (the message says who has it), PSYSAL_DATA names
        no folder, or the download failed or is not what was expected.
    ImportError
        pooch is not installed.
    """
    if name not in DOWNLOADS:
        hint = f"get it from {PAGES[name]}" if name in PAGES else "ask its authors"
        raise ValueError(
            f"a set that can be downloaded was expected ({', '.join(DOWNLOADS)}), "
            f"got {name!r}; {hint} and put it into a folder"
        )
    root = os.environ.get("PSYSAL_DATA")
    if not root or not Path(root).is_dir():
        raise ValueError("the environment variable PSYSAL_DATA must name a folder for the set")
    target = Path(root, name)
    if target.exists():
        return target
    pooch = require("pooch")
    download = DOWNLOADS[name]
    with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=root) as draft:
        try:
            pooch.retrieve(
                download.url,
                known_hash=download.checksum,
                fname="set.zip",
                path=draft,
                processor=pooch.Unzip(extract_dir="set"),
            )
        except Exception as error:  # of the network, the checksum or the archive
            raise ValueError(
                f"{name}: could not be downloaded from {download.url} ({error}); try again later"
            ) from None
        unpacked = Path(draft, "set", download.folder)
        if not unpacked.is_dir():
            raise ValueError(f"{name}: a folder {download.folder} was expected in {download.url}")
        os.replace(unpacked, target)
    return target
