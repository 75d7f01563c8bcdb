"""Pictures to explore: a photograph that was dropped on the page, or one that is there.

Place: files, scikit-image's photographs, displays -> [pictures] -> view.
Enters: the bytes of a file and what it was called, or a name of :data:`PHOTOGRAPHS` or
:data:`psysal.stimuli.DISPLAYS`.  Leaves: a :class:`Picture` of at most :data:`SIDE` pixels a
side.  Nothing here opens a path.
"""

import io
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psysal import image
from psysal.stimuli import DISPLAYS

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "PHOTOGRAPHS",
    "SIDE",
    "Picture",
    "named",
    "uploaded",
]

Array = NDArray[Any]

SIDE = 1024
"""Longest side that is worked on, in pixels: that of the MIT sets' photographs."""

MAX_PIXELS = 25_000_000
"""Largest upload by default, in pixels: more than most cameras take."""

MAX_BYTES = 20_000_000
"""Largest upload, in bytes."""

FORMATS = ("BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
"""Pillow's names of the formats that are read; none of them starts another program."""

PHOTOGRAPHS = ("coffee", "astronaut", "chelsea", "rocket")
"""scikit-image's photographs that come with it."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture to explore.

    Attributes
    ----------
    name : str
        What the page calls it.
    pixels : ndarray, (rows, cols) or (rows, cols, 3)
        Checked, as :func:`psysal.image.check_image` gives them.
    code : tuple of str
        Lines of Python that make ``pixels``, the modules they need imported first.
    size : (int, int)
        Rows and columns it came with.
    remark : str
        What is to be known about it, in sentences.
    target : ndarray, (rows, cols), bool, optional
        The target of a search display.
    key : str
        What :func:`named` finds it by; nothing for an upload.
    """

    name: str
    pixels: Array
    code: tuple[str, ...]
    size: tuple[int, int]
    remark: str = ""
    target: Array | None = None
    key: str = ""

    def at(self, positions: Array) -> Array:
        """Positions x, y (n, 2) on the picture as it came -> on ``pixels``."""
        rows, cols = self.pixels.shape[:2]
        return positions * (cols / self.size[1], rows / self.size[0])


def uploaded(name: str, data: bytes, max_pixels: int = MAX_PIXELS) -> Picture:
    """The picture in a file.

    Parameters
    ----------
    name : str
        What it was called; only said again, never opened.
    data : bytes
    max_pixels : int

    Raises
    ------
    ValueError
        It is empty, damaged, too large or no image; the message names it.
    """
    name = PurePath(name.replace("\\", "/")).name or "picture"
    if len(data) > MAX_BYTES:
        raise ValueError(
            f"{name}: has {len(data) / 1e6:.0f} MB, more than the limit of {MAX_BYTES / 1e6:.0f} "
            "MB; shrink it, or save it as a JPEG"
        )
    said: list[str] = []
    pixels = image.read(
        io.BytesIO(data), name=name, max_pixels=max_pixels, formats=FORMATS, on_warning=said.append
    )
    code = ("from psysal import image", f"pixels = image.read({name!r})")
    return _fitted(name, pixels, code, ". ".join(said))


def named(name: str, ppd: float = 32) -> Picture:
    """A photograph of :data:`PHOTOGRAPHS`, or a display of :data:`psysal.stimuli.DISPLAYS`.

    Examples
    --------
    >>> named("white").code[-1]
    'pixels = stimuli.white(ppd=32).image'
    """
    if name in PHOTOGRAPHS:
        import skimage.data

        pixels = getattr(skimage.data, name)()
        code = ("import skimage.data", f"pixels = skimage.data.{name}()")
        found = _fitted(name, pixels, code, "A photograph that comes with scikit-image")
        return replace(found, key=name)
    if name not in DISPLAYS:
        raise ValueError(
            f"picture must be one of {', '.join((*PHOTOGRAPHS, *DISPLAYS))}, got {name!r}"
        )
    display = DISPLAYS[name](ppd=ppd)
    code = ("from psysal import stimuli", f"pixels = stimuli.{name}(ppd={ppd:g}).image")
    target = display.target_masks[0] if display.dimension == "saliency" else None
    remark = f"{display.report} {display.source}"
    size = display.image.shape[:2]
    return Picture(name.replace("_", " "), display.image, code, size, remark, target, name)


def _fitted(name: str, pixels: Array, code: tuple[str, ...], remark: str) -> Picture:
    """A picture that is made smaller where a side is longer than :data:`SIDE`."""
    rows, cols = size = pixels.shape[:2]
    scale = SIDE / max(size)
    if scale < 1:
        import cv2

        small = max(1, round(cols * scale)), max(1, round(rows * scale))
        pixels = np.ascontiguousarray(cv2.resize(pixels, small, interpolation=cv2.INTER_AREA))
        smaller = f"Reduced from {cols} x {rows} to {small[0]} x {small[1]} pixels"
        remark = f"{remark}. {smaller}" if remark else smaller
        line = f"pixels = cv2.resize(pixels, {small}, interpolation=cv2.INTER_AREA)"
        code = ("import cv2", *code, line)
    return Picture(name, pixels, code, size, remark and remark + ".")
