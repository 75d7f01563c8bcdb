"""Data sets: the images of a folder and the fixations on them.

Place in the pipeline: folder -> [datasets] -> comparison of maps with fixations.  Some
published sets are known by the name of their folder (:mod:`psysal.gaze.published`);
any other folder describes itself in a ``dataset.toml``::

    images = "photographs/*.png"
    fixations = "fixations.csv"

:mod:`psysal.gaze.layout` has all keys.
"""

import os
import re
import tomllib
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from psysal._typing import Array
from psysal.checks import known_keys, one_of
from psysal.fingerprint import fingerprint
from psysal.gaze.fixations import Fixations
from psysal.gaze.formats import PUBLISHED, read_export, read_hdf5, read_mat, read_table
from psysal.gaze.formats.fixation_maps import read_sized_maps
from psysal.gaze.geometry import Geometry
from psysal.gaze.layout import Layout
from psysal.gaze.names import match_names, rename
from psysal.gaze.placement import on_images
from psysal.gaze.published import DOWNLOADS, LAYOUTS, ORIGINALS, PAGES
from psysal.image import PROFILES, SUFFIXES, color_profile, read, size
from psysal.viewing import check_ppd
from psysal.wording import shorten_list, shorten_name

__all__ = ["Dataset", "dataset"]

JPEG_REDUCED = 100
"""Pixels of the shorter side above which a quarter of a JPEG is enough for its fingerprint."""


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
    trained_on : mapping of str to sequence of str
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
    trained_on: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        one_of("profile", self.profile, PROFILES)
        check_ppd(self.ppd)
        if missing := [name for name in self.fixations.images if name not in self.images]:
            raise ValueError(
                f"{self.name}: fixations are on images that are not there: "
                f"{shorten_list(missing)}; there are {shorten_list([*self.images]) or 'none'}; "
                "add the images, or take their fixations out"
            )

    @cached_property
    def sizes(self) -> dict[str, tuple[int, int]]:
        """(rows, cols) of every image, read from the files when first asked for."""
        return {name: size(path) for name, path in self.images.items()}

    @cached_property
    def fingerprints(self) -> dict[str, str]:
        """Fingerprint of every image that can be read, by its name."""
        prints = {}
        for name, path in self.images.items():
            with suppress(ValueError, OSError):
                prints[name] = fingerprint(_small(path))
        return prints

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


def _small(path: Path) -> Array:
    """Picture of a file for its fingerprint; a JPEG of a quarter of its size, which is quicker."""
    if path.suffix.lower() in (".jpg", ".jpeg") and min(size(path)) > JPEG_REDUCED:
        import cv2

        data = np.frombuffer(path.read_bytes(), np.uint8)
        if (pixels := cv2.imdecode(data, cv2.IMREAD_REDUCED_COLOR_4)) is not None:
            return pixels
    return read(path, profile="ignore")


def dataset(
    path: str | os.PathLike[str], *, on_warning: Callable[[str], None] | None = None
) -> Dataset:
    """Images and fixations of a folder.

    Parameters
    ----------
    path : str or path
        A folder with a ``dataset.toml``, or named and laid out as one of :data:`LAYOUTS`.
        A bare name without such a folder is looked up in the folder that the environment
        variable PSYSAL_DATA names.
    on_warning : callable, optional
        Called with a sentence where fixations may not be what they seem: more than 5 % are
        outside of their images, or orders count from 1. By default these are warnings of
        Python (``UserWarning``).

    Returns
    -------
    Dataset
        Coordinates are in pixels of the images.

    Raises
    ------
    ValueError
        There is no such folder, a file is missing or cannot be right, fixations are on
        images that are not there, or more than half of them are outside of their image.

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
    pattern = layout.fixations or layout.maps or ""
    files = [folder / pattern]
    if not files[0].exists():
        files = sorted(folder.glob(pattern)) if layout.format else []
    if not files:
        raise ValueError(
            f"{folder}: {Path(pattern).as_posix()} was expected, found {_listing(folder)}; "
            f"{_ADVICE}"
        )
    warn = on_warning or (lambda sentence: warnings.warn(sentence, stacklevel=3))
    ppd = check_ppd(layout.ppd)
    about = ppd, layout.source, layout.profile, layout.trained_on
    if layout.maps:
        return Dataset(folder.name, images, _of_maps(files[0], layout, images), *about)
    fixations, geometry = _read(files, layout, warn)
    fixations = rename(fixations, match_names(fixations.images, images))
    if layout.format:
        fixations = _on_known(images, fixations, warn)
    data = Dataset(folder.name, images, fixations, *about)
    sizes = {name: size(images[name]) for name in fixations.images}
    fixations, remark = on_images(
        str(folder / pattern), fixations, sizes, layout.geometry(geometry), ppd=ppd
    )
    if remark:
        warn(remark)
    return replace(data, fixations=fixations)


TABLES = (".csv", ".tsv", ".mat", ".h5", ".hdf5")
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
        if name in DOWNLOADS:
            hint = f'; get it from {DOWNLOADS[name].url}, or pass "{name}" to psysal.gaze.fetch'
        raise ValueError(
            f"{path}: the folder of a set was expected, found none here{elsewhere}{hint}"
        )
    raise ValueError(f"{path}: the folder of a set was expected, found none; check the path")


def _layout(folder: Path) -> Layout:
    """Layout of a folder, by its ``dataset.toml`` or else by its name."""
    path = folder / "dataset.toml"
    if not path.exists():
        if (name := folder.name.lower()) in LAYOUTS:
            original = ORIGINALS.get(name)
            is_original = original is not None and any(folder.glob(original.images))
            return original if original and is_original else LAYOUTS[name]
        raise ValueError(
            f"{folder}: a dataset.toml was expected, or a folder called {', '.join(LAYOUTS)}, "
            f"found {_listing(folder)}; write one, such as\n{_draft(folder)}"
        )
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # TOML's own, of its UTF-8, or nested too deep
        raise ValueError(
            f"{path}: TOML was expected, found something else ({error}); correct it"
        ) from None
    known_keys(path, values, [key.name for key in fields(Layout)])
    if "images" not in values:
        raise ValueError(f'{path}: images was expected, such as images = "images/*.jpg"')
    try:
        return Layout(**values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path}: {shorten_name(str(error), 300, 150)}") from None


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


def _read(
    files: list[Path], layout: Layout, on_warning: Callable[[str], None]
) -> tuple[Fixations, Geometry]:
    """Fixations of files, by the format or else the suffix, and their usual coordinates."""
    if layout.format and layout.format in PUBLISHED:
        return PUBLISHED[layout.format](files, on_warning), Geometry()
    if layout.format:
        return read_export(
            files,
            layout.format,
            columns=layout.columns,
            on_screen=layout.screen is not None,
            on_warning=on_warning,
        )
    path, suffix = files[0], files[0].suffix.lower()
    if suffix == ".mat":
        return read_mat(path), Geometry()
    if suffix in (".h5", ".hdf5"):
        return read_hdf5(path, first=layout.first, on_warning=on_warning), Geometry()
    return (
        read_table(path, columns=layout.columns, first=layout.first, on_warning=on_warning),
        Geometry(),
    )


def _on_known(
    images: Mapping[str, Path], fixations: Fixations, on_warning: Callable[[str], None]
) -> Fixations:
    """Fixations of an export on the images; those on other stimuli, if not all are, are said."""
    others = [name for name in fixations.images if name not in images]
    if not others or len(others) == len(fixations.images):
        return fixations
    known = fixations.on(images)
    on_warning(
        f"{len(fixations) - len(known):,} of {len(fixations):,} fixations were left out, as they "
        f"are on {shorten_list(others)}, which is none of the images"
    )
    return known


def _of_maps(path: Path, layout: Layout, images: Mapping[str, Path]) -> Fixations:
    """Fixations of maps, each of the size of its image or of a screen that showed it."""
    fixations, shapes = read_sized_maps(path)
    means = match_names(shapes, images)
    fixations = rename(fixations, means)
    frames = {image: shapes[name] for name, image in means.items()}
    sizes = {image: size(images[image]) for image in frames}
    other = next((image for image in frames if frames[image] != sizes[image]), None)
    if other is None or any(image not in sizes for image in fixations.images):
        return fixations
    if layout.shown is None:
        (rows, cols), (height, width) = frames[other], sizes[other]
        shown = "stretched" if round(rows * width / cols) == height else "fitted"
        shown = "centered" if rows >= height and cols >= width else shown
        raise ValueError(
            f"{path}: a fixation map of {width} x {height} pixels, the size of {other}, was "
            f"expected, found one of {cols} x {rows}; give maps of the size of their images, or, "
            f"if each map is of a screen on which its image was {shown}, add to dataset.toml:\n"
            f'shown = "{shown}"'
        )
    middles = fixations.replaced(x=fixations.x + 0.5, y=fixations.y + 0.5)
    return layout.geometry().to_pixels(middles, sizes, frames=frames)


def _listing(folder: Path) -> str:
    return shorten_list(sorted(path.name for path in folder.iterdir()), most=6) or "nothing"


def _draft(folder: Path) -> str:
    """First lines of a ``dataset.toml`` for the pictures and the table in a folder."""
    files = [path for pattern in ("*", "*/*") for path in folder.glob(pattern) if path.is_file()]
    patterns = Counter(
        path.relative_to(folder).with_name(f"*{path.suffix}").as_posix()
        for path in files
        if path.suffix.lower() in SUFFIXES
    )
    tables = [path for path in files if path.suffix.lower() in TABLES]
    table = tables[0].relative_to(folder).as_posix() if tables else "fixations.csv"
    images = patterns.most_common(1)[0][0] if patterns else "images/*.jpg"
    return f'images = "{images}"\nfixations = "{table}"'
