"""Sets of photographs that people looked at: a folder, its pictures and fixations.

Place: folders -> [datasets] -> comparison of models with people.  Some published sets are
known by the name of their folder; any other folder says in a small ``dataset.toml`` what
is where::

    images = "photographs/*.png"    # the pictures; their names begin below the fixed part
    fixations = "fixations.csv"     # or .tsv, .mat, .h5; or maps = "a folder of binary maps"
    columns = {image = "file"}      # what a table calls its columns, where other than here
    first = 1                       # the number a table gives to a first fixation, else 0
    ppd = 40                        # pixels per degree of visual angle, where it is known
    source = "who made it, licence"

Downloads are checked against the sums of their files; pooch is needed for them
(``pip install "psysal[datasets]"``).
"""

import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from psysal import image as pictures
from psysal.gaze.fixations import Fixations, shorten_list
from psysal.gaze.formats import read_hdf5, read_maps, read_mat, read_table
from psysal.optional import require
from psysal.viewing import check_ppd

__all__ = ["DOWNLOADS", "LAYOUTS", "PAGES", "Dataset", "Download", "Layout", "dataset", "fetch"]


@dataclass(frozen=True)
class Layout:
    """What is where in the folder of a set; the keys of ``dataset.toml``.

    Parameters
    ----------
    images : str
        Pattern of the pictures below the folder. An image is named by its path below the
        part of the pattern that has no wildcard.
    fixations : str, optional
        A table, MATLAB or HDF5 file; or else
    maps : str, optional
        binary fixation maps, a folder or a MATLAB file.
    columns : mapping, optional
        As :func:`psysal.gaze.read_table` takes them.
    first : int
        The number that a table gives to the first fixation of a scanpath.
    ppd : float, optional
        Pixels per degree of visual angle.
    source : str
        Who made the set, and its licence.
    """

    images: str
    fixations: str | None = None
    maps: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    first: int = 0
    ppd: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        for name, kind in _KINDS.items():
            value = getattr(self, name)
            if not isinstance(value, kind) and not (value is None and name in _OPTIONAL):
                raise ValueError(f"{name} must be {_KIND_NAMES[name]}, got {value!r}")
        if not all(isinstance(called, str) for called in self.columns.values()):
            raise ValueError(f"columns must be named by strings, got {dict(self.columns)}")
        if (self.fixations is None) == (self.maps is None):
            raise ValueError("either fixations or maps must be given, and not both")
        check_ppd(self.ppd)


_KINDS: dict[str, Any] = {"images": str, "fixations": str, "maps": str, "columns": Mapping}
_KINDS |= {"first": int, "source": str}
_KIND_NAMES = dict.fromkeys(_KINDS, "a string") | {"columns": "a table", "first": "an integer"}
_OPTIONAL = {"fixations", "maps"}

LAYOUTS: Mapping[str, Layout] = {
    "osie": Layout(
        images="images/*.jpg",
        fixations="fixations.mat",
        ppd=24,
        source="OSIE: Xu, Jiang, Wang, Kankanhalli & Zhao 2014, doi:10.1167/14.1.28; MIT licence",
    ),
    "mit1003": Layout(
        images="images/*.jpeg",
        fixations="fixations.mat",
        ppd=35,
        source="MIT1003: Judd, Ehinger, Durand & Torralba 2009, doi:10.1109/ICCV.2009.5459462",
    ),
    "toronto": Layout(
        images="Original Image Set/*.jpg",
        maps="origfixdata.mat",
        ppd=32,
        source="Toronto: Bruce & Tsotsos 2009, doi:10.1167/9.3.5",
    ),
    "cat2000": Layout(
        images="Stimuli/*/*.jpg",
        maps="FIXATIONLOCS",
        ppd=38,
        source="CAT2000: Borji & Itti 2015, arXiv:1505.03581",
    ),
    "kth": Layout(
        images="images/*",
        fixations="fixations.csv",
        ppd=34,
        source="KTH: Kootstra, de Boer & Schomaker 2011, doi:10.1007/s12559-010-9089-5",
    ),
    "interiors": Layout(
        images="images/*.jpg",
        fixations="fixations.csv",
        columns={"order": "fixation"},
        first=1,
        source="Interiors: Bujia et al. 2022, a visual search task; MIT licence",
    ),
}
"""Published sets by the name of their folder.

Toronto and CAT2000 as they are published; the others with their pictures in ``images`` and
their fixations beside it, a struct as OSIE's or a table as psysal writes it. The pixels per
degree are those of the experiments' displays.
"""

PAGES: Mapping[str, str] = {
    "osie": "https://github.com/NUS-VIP/predicting-human-gaze-beyond-pixels",
    "mit1003": "http://people.csail.mit.edu/tjudd/WherePeopleLook/index.html",
    "toronto": "http://www-sop.inria.fr/members/Neil.Bruce/",
    "cat2000": "http://saliency.mit.edu/datasets.html",
}
"""Where their authors tell of them."""


@dataclass(frozen=True)
class Download:
    """A ZIP file at a public address, its checksum, and the folder in it that is the set."""

    url: str
    checksum: str  # "md5:..." or "sha256:..."
    unpack: str = "."


DOWNLOADS: dict[str, Download] = {
    "toronto": Download(
        "http://www-sop.inria.fr/members/Neil.Bruce/eyetrackingdata.zip",
        "md5:38d5c02217060d4d2d1a4649cc632af1",
        "eyetrackingdata/fixdens",
    ),
    "cat2000": Download(
        "http://saliency.mit.edu/trainSet.zip",
        "md5:56ad5c77e6c8f72ed9ef2901628d6e48",
        "trainSet",
    ),
}
"""Sets that :func:`fetch` can get; their addresses and MD5 sums are those of pysaliency."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Photographs and where people looked on them.

    Parameters
    ----------
    name : str
    images : mapping of str to path
        The pictures by name, in the order of their names, numbers by value.
    fixations : Fixations
        Whose images are among these; not every image needs to have some.
    ppd : float, optional
        Pixels per degree of visual angle; None where it is not known.
    source : str
        Who made it, and its licence.

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

    def __post_init__(self) -> None:
        check_ppd(self.ppd)
        if missing := [name for name in self.fixations.images if name not in self.images]:
            raise ValueError(
                f"{self.name}: fixations are on images that are not there: {shorten_list(missing)}; "
                f"there are {shorten_list(list(self.images)) or 'none'}"
            )

    @cached_property
    def sizes(self) -> dict[str, tuple[int, int]]:
        """(rows, cols) of every image, from the heads of the files, when first asked for."""
        return {name: pictures.size(path) for name, path in self.images.items()}


def dataset(path: str | os.PathLike[str]) -> Dataset:
    """The photographs and fixations of a folder.

    Parameters
    ----------
    path : str or path
        A folder; a name that is none is looked up in the folder which the environment
        variable PSYSAL_DATA names. It has a ``dataset.toml``, or is laid out and called
        as one of :data:`LAYOUTS`.

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        There is no such folder, or a file is not where the layout has it, or not what
        it should be, or fixations are on images that are not there.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> with TemporaryDirectory() as folder:
    ...     picture = mapfile.encode(np.zeros((6, 9)), "png8")
    ...     _ = Path(folder, "cat.png").write_bytes(picture)
    ...     _ = Path(folder, "seen.csv").write_text("image,x,y\\ncat.png,3,4.5\\n")
    ...     about = 'images = "*.png"\\nfixations = "seen.csv"\\nppd = 40'
    ...     _ = Path(folder, "dataset.toml").write_text(about)
    ...     cats = dataset(folder)
    ...     cats.sizes, len(cats.fixations), cats.ppd
    ({'cat.png': (6, 9)}, 1, 40.0)
    """
    folder = _folder(path)
    layout = _layout(folder)
    images = _images(folder, layout.images)
    where = folder / (layout.fixations or layout.maps or "")
    if not where.exists():
        raise ValueError(
            f"{folder}: {where.relative_to(folder).as_posix()} was expected, found "
            f"{_listing(folder)}; {_ADVICE}"
        )
    fixations = read_maps(where) if layout.maps else _read(where, layout)
    return Dataset(
        folder.name, images, _named_as(fixations, images), check_ppd(layout.ppd), layout.source
    )


_ADVICE = "put it there, or say in a dataset.toml what is where"


def _folder(path: str | os.PathLike[str]) -> Path:
    folder = Path(path)
    if folder.is_dir():
        return folder.resolve()
    if len(folder.parts) == 1:
        root = os.environ.get("PSYSAL_DATA")
        if root and Path(root, folder).is_dir():
            return Path(root, folder).resolve()
        known = str(folder).lower()
        got = f", nor in PSYSAL_DATA={root}" if root else "; PSYSAL_DATA names no folder of sets"
        page = f"; {known} is at {PAGES[known]}" if known in PAGES else ""
        page = f'; psysal.gaze.fetch("{known}") downloads it' if known in DOWNLOADS else page
        raise ValueError(f"{path}: the folder of a set was expected, found none here{got}{page}")
    raise ValueError(f"{path}: the folder of a set was expected, found none; check the path")


def _layout(folder: Path) -> Layout:
    about = folder / "dataset.toml"
    if not about.exists():
        if folder.name.lower() in LAYOUTS:
            return LAYOUTS[folder.name.lower()]
        raise ValueError(
            f"{folder}: a dataset.toml was expected, or a folder called {', '.join(LAYOUTS)}, "
            f"found {_listing(folder)}"
        )
    try:
        told = tomllib.loads(about.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{about}: TOML was expected, found something else ({error})") from None
    known = [key.name for key in fields(Layout)]
    if wrong := [key for key in told if key not in known]:
        raise ValueError(f"{about}: keys must be among {', '.join(known)}, got {', '.join(wrong)}")
    if "images" not in told:
        raise ValueError(f'{about}: images was expected, such as images = "images/*.jpg"')
    try:
        return Layout(**told)
    except ValueError as error:
        raise ValueError(f"{about}: {error}") from None


def _images(folder: Path, pattern: str) -> dict[str, Path]:
    """Pictures by their path below the part of the pattern that has no wildcard."""
    fixed = [*_until_wildcard(pattern)]
    root = folder.joinpath(*fixed)
    try:
        found = [path for path in folder.glob(pattern) if path.is_file()]
    except (ValueError, NotImplementedError) as error:
        raise ValueError(
            f"{folder}: a pattern below it was expected, got {pattern!r} ({error})"
        ) from None
    if not found:
        raise ValueError(
            f"{folder}: images {pattern} were expected, found {_listing(folder)}; {_ADVICE}"
        )
    named = {path.relative_to(root).as_posix(): path for path in found}
    return {name: named[name] for name in sorted(named, key=_natural)}


def _until_wildcard(pattern: str) -> list[str]:
    parts = pattern.split("/")
    wild = next((i for i, part in enumerate(parts) if set("*?[") & set(part)), len(parts) - 1)
    return parts[:wild]


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts 2.jpg before 10.jpg."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _read(where: Path, layout: Layout) -> Fixations:
    suffix = where.suffix.lower()
    if suffix == ".mat":
        return read_mat(where)
    if suffix in (".h5", ".hdf5"):
        return read_hdf5(where)
    return read_table(where, columns=layout.columns, first=layout.first)


def _named_as(fixations: Fixations, images: Mapping[str, Path]) -> Fixations:
    """Names without a suffix, as maps have them, become those of the pictures."""
    stems: dict[str, list[str]] = {}
    for name in images:
        stems.setdefault(name.rpartition(".")[0], []).append(name)
    new = {
        name: stems[name][0]
        for name in fixations.images
        if name not in images and len(stems.get(name, ())) == 1
    }
    if not new:
        return fixations
    names, codes = np.unique(fixations.image, return_inverse=True)
    image = np.array([new.get(name, name) for name in names.tolist()])[codes]
    rest = {part.name: getattr(fixations, part.name) for part in fields(Fixations)}
    return Fixations(**rest | {"image": image})


def _listing(folder: Path) -> str:
    return shorten_list(sorted(path.name for path in folder.iterdir()), most=6) or "nothing"


def fetch(name: str) -> Path:
    """Download a set, check it, and give its folder, which :func:`dataset` takes.

    Parameters
    ----------
    name : str
        One of :data:`DOWNLOADS`. It goes below the folder which the environment variable
        PSYSAL_DATA names, whole or not at all; a folder of that name that is already
        there is left as it is.

    Raises
    ------
    ValueError
        The set has no public address here (the message says who has it), PSYSAL_DATA names
        no folder, or what came is not what was expected.
    ImportError
        pooch is not installed.
    """
    if name not in DOWNLOADS:
        page = f"get it from {PAGES[name]}" if name in PAGES else "ask its authors"
        raise ValueError(
            f"a set that can be downloaded was expected ({', '.join(DOWNLOADS)}), "
            f"got {name!r}; {page} and put it into a folder"
        )
    root = os.environ.get("PSYSAL_DATA")
    if not root or not Path(root).is_dir():
        raise ValueError("the environment variable PSYSAL_DATA must name a folder for the set")
    target = Path(root, name)
    if target.exists():
        return target
    pooch = require("pooch")
    source = DOWNLOADS[name]
    with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=root) as draft:
        try:
            pooch.retrieve(
                source.url,
                known_hash=source.checksum,
                fname="set.zip",
                path=draft,
                processor=pooch.Unzip(extract_dir="set"),
            )
        except Exception as error:  # of the network, the checksum or the archive
            raise ValueError(
                f"{name}: could not be downloaded from {source.url} ({error}); try again later"
            ) from None
        unpacked = Path(draft, "set", source.unpack)
        if not unpacked.is_dir():
            raise ValueError(f"{name}: a folder {source.unpack} was expected in {source.url}")
        os.replace(unpacked, target)
    return target
