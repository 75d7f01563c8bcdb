"""Parts that every reader of pictures has: the head of a file, and its samples with their meaning.

Place in the pipeline: bytes -> Head (shape, orientation) -> Raster -> [finishing] -> pixels.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from psysal._typing import Array
from psysal.optional import require

__all__ = ["Head", "Raster", "Unsupported", "require_for"]


class Unsupported(ValueError):
    """A sound file of a kind that is not read; says what was found and how to convert it."""


@dataclass(frozen=True)
class Raster:
    """Samples of a picture as its file has them, and what they mean.

    Parameters
    ----------
    samples : ndarray, (rows, cols) or (rows, cols, n)
        Codes of the file, not turned; alpha is the last of the n.
    full : int or None
        Code of full scale; None for floats, whose full scale is 1.
    color : "grey", "rgb" or "cmyk"
        Kind of color, without alpha. Grey is 0 for black; inks are 0 for none.
    alpha : "none", "straight" or "premultiplied"
        Kind of the last sample.
    profile : bytes, mapping or None
        ICC profile, or what the container says in its place: of the keys "gamma" (exponent
        that encodes), "chromaticities" (x and y of white, red, green, blue), "cicp"
        (primaries, transfer, matrix, full range of H.273), "exif" ("R98" or "R03") and
        "transfer_function" (table of TIFF).
    is_linear : bool
        True where samples are proportional to light.
    remarks : list of str
        Sentences on what was left out.
    """

    samples: Array
    full: int | None
    color: str
    alpha: str = "none"
    profile: bytes | Mapping[str, Any] | None = None
    is_linear: bool = False
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Head:
    """Size of a picture, before its samples are decoded.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns as stored.
    load : callable
        Gives the :class:`Raster`.
    orientation : int
        1 to 8, as Exif and TIFF count them.
    profile : callable, optional
        Gives the profile of the :class:`Raster`, where it is known before the samples.
    nbytes : int
        Bytes of its samples, where a pixel may have more than four.
    """

    shape: tuple[int, int]
    load: Callable[[], Raster]
    orientation: int = 1
    profile: Callable[[], bytes | Mapping[str, Any] | None] | None = None
    nbytes: int = 0


def require_for(found: str, package: str = "imagecodecs") -> ModuleType:
    """Package that decodes a kind of picture.

    Parameters
    ----------
    found : str
        Kind of picture, for the message.
    package : str
        Name that imports it.

    Returns
    -------
    module

    Raises
    ------
    Unsupported
        It is not installed; the message has the line that installs it.
    """
    try:
        return require(package)
    except ImportError as error:
        raise Unsupported(f"is {found}; {error}") from None
