"""Layouts of data sets: the keys of a ``dataset.toml``.

Place in the pipeline: folder -> [layout] -> data set::

    images = "photographs/*.png"    # images; their names begin below the fixed part
    fixations = "fixations.csv"     # or .tsv, .mat, .h5; or maps = "folder of fixation maps"
    format = "tobii"                # of an export, which may be several files: "gaze/*.tsv"
    columns = {image = "file"}      # headings of a table, where they differ from psysal's
    first = 1                       # order in a table of a first fixation, by default 0;
                                    # "each" where orders run on from image to image
    ppd = 40                        # pixels per degree of visual angle, if known
    source = "authors, license"
    profile = "convert"             # color profiles, where the experiment showed them converted
    trained_on = {net = ["mit1003"]}  # sets that networks of other people were trained on

Coordinates are pixels from the top left corner of each image, or what these keys of
:class:`~psysal.gaze.geometry.Geometry` say::

    units = "share"                 # or percent, norm, height, degrees
    origin = "center"               # or bottom left
    y = "up"                        # direction in which y grows
    axes = "yx"                     # x and y are exchanged
    screen = [1920, 1080]           # coordinates are those of a screen of this size,
    shown = "fitted"                # where an image is as large as the screen allows, or
                                    # "stretched" over it; by default in the middle
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import PureWindowsPath
from typing import Any

from psysal.checks import one_of
from psysal.gaze.formats import FORMATS, PUBLISHED
from psysal.gaze.geometry import Geometry
from psysal.image import PROFILES
from psysal.viewing import check_ppd

__all__ = ["Layout", "check_set_names"]


@dataclass(frozen=True)
class Layout:
    """Files in the folder of a data set; the keys of ``dataset.toml``.

    Parameters
    ----------
    images : str
        Pattern of the image files below the folder. An image is named by its path below
        the part of the pattern that has no wildcard.
    fixations : str, optional
        Table, MATLAB or HDF5 file of fixations, or a pattern of exports; or else ``maps``.
    maps : str, optional
        Binary fixation maps, a folder or a MATLAB file.
    format : str, optional
        Program that exported the fixations, one of :data:`psysal.gaze.formats.FORMATS`, or set
        as which they are published, one of :data:`psysal.gaze.formats.PUBLISHED`; by default the
        suffix of the file tells.
    columns : mapping of str to str, optional
        Headings of a table, as :func:`psysal.gaze.read_table` takes them.
    first : int or "each", optional
        Order in a table of the first fixation of a scanpath, or that it is the smallest one
        of each; by default 1 if that is the smallest one in the table, else 0.
    units, origin, y, axes, screen, shown
        Coordinates, as :class:`psysal.gaze.geometry.Geometry` has them; by default pixels
        from the top left corner of the image, or those of the format.
    ppd : float, optional
        Pixels per degree of visual angle.
    source : str
        Authors and license.
    profile : "ignore" or "convert"
        Codes of photographs as they are, as most software shows them, or converted from their
        color profiles to sRGB.
    trained_on : mapping of str to sequence of str
        Names of the sets that networks of other people were trained on, by the name of the
        network in a table.

    Raises
    ------
    ValueError
        A value of another type, a path that leaves the folder, or both or neither of
        ``fixations`` and ``maps``.
    """

    images: str
    fixations: str | None = None
    maps: str | None = None
    format: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    first: int | str | None = None
    units: str | None = None
    origin: str | None = None
    y: str | None = None
    axes: str | None = None
    screen: tuple[int, int] | None = None
    shown: str | None = None
    ppd: float | None = None
    source: str = ""
    profile: str = "ignore"
    trained_on: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, (kind, description) in _TYPES.items():
            if not isinstance(value := getattr(self, name), kind):
                raise ValueError(f"{name} must be {description}, got {value!r}")
        is_count = type(self.first) is int and abs(self.first) < 2**31
        if self.first is not None and not is_count:
            one_of("first", self.first, ("an integer", "each"))
        if not all(isinstance(heading, str) for heading in self.columns.values()):
            raise ValueError(f"columns must be named by strings, got {dict(self.columns)}")
        for name in ("images", "fixations", "maps"):
            if (pattern := getattr(self, name)) and not _is_below(pattern):
                raise ValueError(
                    f"{name} must be below the folder of the set, got {pattern!r}; move the files "
                    "there, or make a link to them there"
                )
        if (self.fixations is None) == (self.maps is None):
            raise ValueError("either fixations or maps must be given, and not both")
        one_of("profile", self.profile, PROFILES)
        one_of("format", self.format, (None, *FORMATS, *PUBLISHED))
        for sets in self.trained_on.values():
            check_set_names("trained_on", sets)
        self.geometry()
        if self.maps and any((self.units, self.origin, self.y, self.axes, self.screen)):
            raise ValueError("units, origin, y, axes and screen are of fixations, not of maps")
        if self.shown and not self.screen and not self.maps:
            raise ValueError(f"shown = {self.shown!r} needs screen = [width, height], got none")
        if self.format == "psychopy" and self.units in ("norm", "height") and not self.screen:
            raise ValueError(
                f"units = {self.units!r} of PsychoPy are those of its window, whose size was "
                "expected, got none; add screen = [width, height] of the window in pixels"
            )
        check_ppd(self.ppd)

    def geometry(self, default: Geometry | None = None) -> Geometry:
        """Coordinates of the fixations, as far as they are stated.

        Parameters
        ----------
        default : Geometry, optional
            What is not stated; by default pixels of the image.

        Returns
        -------
        Geometry
        """
        names = [key.name for key in fields(Geometry)]
        stated = {name: value for name in names if (value := getattr(self, name)) is not None}
        return replace(default or Geometry(), **stated)


def check_set_names(name: object, sets: Any) -> Sequence[str]:
    """Names of data sets that a network is declared to be trained on.

    Parameters
    ----------
    name : object
        Key or file, for the message.
    sets : object
        Value of the declaration.

    Returns
    -------
    sequence of str
        ``sets`` itself.

    Raises
    ------
    ValueError
        It is no list of strings.
    """
    if not isinstance(sets, list | tuple) or not all(isinstance(one, str) for one in sets):
        raise ValueError(
            f'{name}: a list of the names of data sets was expected, such as ["mit1003"], '
            f"got {sets!r}"
        )
    return sets


def _is_below(pattern: str) -> bool:
    """True for a path or pattern that stays in its folder, on any system."""
    windows = PureWindowsPath(pattern)  # knows both slashes
    return not (windows.drive or windows.root or ".." in windows.parts or "\0" in pattern)


_TYPES: dict[str, tuple[Any, str]] = {
    "images": (str, "a string"),
    "fixations": (str | None, "a string"),
    "maps": (str | None, "a string"),
    "columns": (Mapping, "a table"),
    "source": (str, "a string"),
    "trained_on": (Mapping, "a table of lists of data sets, by the names of networks"),
}
