"""Tools to draw displays with: degrees to pixels, checks, regions, colors.

Place in the pipeline: below the other modules of :mod:`psysal.stimuli`.  Lengths enter in
degrees and leave as whole pixels, regions are bool (rows, cols), colors enter along the
opponent axes of the models and leave as sRGB-encoded values in [0, 1].
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.image import MAX_PIXELS
from psysal.srgb import from_linear
from psysal.viewing import check_ppd

__all__ = ["Size", "color", "isoluminant"]

HALF = "half of visual_size"
"""Name, in messages, of a limit that follows from the size of the display."""

Size = float | tuple[float, float]
"""Size in degrees: a number for a square, or (height, width)."""

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""Relative luminance of linear R, G, B (IEC 61966-2-1)."""

SUBSAMPLES = 4
"""Samples a pixel, each way, of smoothed borders."""


def _pair(name: str, size: Any) -> tuple[float, float]:
    """(height, width) in degrees of a number or a pair."""
    try:
        height, width = (float(v) for v in np.broadcast_to(size, 2))
    except (TypeError, ValueError):
        height = width = math.nan
    if not (0 < height < math.inf and 0 < width < math.inf):
        raise ValueError(
            f"{name} must be a positive number of degrees or (height, width), got {size!r}"
        )
    return height, width


def _degrees(height: float, width: float) -> str:
    """A size in words."""
    height, width = round(height, 4), round(width, 4)
    return f"{height} degrees" if height == width else f"{height} x {width} degrees"


@dataclass(frozen=True)
class Canvas:
    """Pixel grid of a display of ``visual_size`` degrees at ``ppd`` pixels per degree.

    >>> Canvas.of((8, 16), 32).shape
    (256, 512)
    """

    visual_size: tuple[float, float]
    ppd: float
    shape: tuple[int, int]

    @classmethod
    def of(cls, visual_size: Size, ppd: float) -> "Canvas":
        """Canvas of checked arguments."""
        checked = check_ppd(ppd)
        if checked is None:
            raise ValueError("ppd must be given, got None; a display has a size in degrees")
        height, width = _pair("visual_size", visual_size)
        shape = round(height * checked), round(width * checked)
        if 0 in shape:
            raise ValueError(
                f"visual_size ({_degrees(height, width)}) is less than a pixel at "
                f"ppd ({checked:g}); enlarge the display or raise ppd"
            )
        if shape[0] * shape[1] > MAX_PIXELS:
            raise ValueError(
                f"visual_size ({_degrees(height, width)}) is more than {MAX_PIXELS:,} pixels at "
                f"ppd ({checked:g}); shrink the display or lower ppd"
            )
        return cls((height, width), checked, shape)

    @property
    def half(self) -> tuple[int, int]:
        """Rows and columns of the left half; the right half may be a column wider."""
        return self.shape[0], self.shape[1] // 2

    def halves(self, plane: Array) -> tuple[Array, Array]:
        """Views of the left and the right half of a plane."""
        middle = self.half[1]
        return plane[:, :middle], plane[:, middle:]

    def blank_masks(self) -> tuple[Array, Array]:
        """Two empty regions, (rows, cols) of bool."""
        return np.zeros(self.shape, bool), np.zeros(self.shape, bool)

    def size(self, name: str, size: Size) -> tuple[int, int]:
        """Rows and columns of a size in degrees, or a ValueError below one pixel."""
        height, width = _pair(name, size)
        rows, cols = round(height * self.ppd), round(width * self.ppd)
        if 0 in (rows, cols):
            raise ValueError(
                f"{name} ({_degrees(height, width)}) is less than a pixel at "
                f"ppd ({self.ppd:g}); enlarge it or raise ppd"
            )
        return rows, cols

    def length(self, name: str, degrees: float) -> int:
        """Pixels of a length in degrees, or a ValueError below one pixel."""
        if np.ndim(degrees):
            raise ValueError(f"{name} must be one number of degrees, got {degrees!r}")
        return self.size(name, degrees)[0]

    def check_fits(
        self,
        name: str,
        pixels: int | tuple[int, int],
        limit: int | tuple[int, int],
        limit_name: str = "visual_size",
    ) -> None:
        """Raise a ValueError unless ``pixels`` are fewer than ``limit``, both ways."""
        small, large = (np.broadcast_to(p, 2) for p in (pixels, limit))
        if (small >= large).any():
            degrees, most = (_degrees(*(p / self.ppd).tolist()) for p in (small, large))
            raise ValueError(
                f"{name} ({degrees}) must be smaller than {limit_name} ({most}); "
                f"shrink the {name.split('_')[0].split()[-1]} or enlarge the display"
            )

    def describe(self) -> str:
        """``visual_size`` in words."""
        return _degrees(*self.visual_size)


def check_intensity(name: str, value: float) -> float:
    """Intensity as a float, or a ValueError unless it lies in [0, 1]."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number <= 1:
        raise ValueError(f"{name} must lie in [0, 1] (sRGB-encoded), got {value!r}")
    return number


def check_pair(name: str, values: tuple[float, float]) -> tuple[float, float]:
    """Two intensities, darker first, because a report holds for one order only."""
    if np.shape(values) != (2,):
        raise ValueError(f"{name} must be two intensities, (darker, lighter), got {values!r}")
    dark, light = (check_intensity(name, value) for value in values)
    if dark >= light:
        raise ValueError(f"{name} must be (darker, lighter), got {values!r}; swap or spread them")
    return dark, light


def check_between(name: str, value: float, around: str, pair: tuple[float, float]) -> float:
    """Intensity strictly between two others; outside them, people report otherwise."""
    value = check_intensity(name, value)
    if not pair[0] < value < pair[1]:
        raise ValueError(f"{name} ({value:g}) must lie between {around} ({pair[0]:g}, {pair[1]:g})")
    return value


def rectangle(area: tuple[int, int], size: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of a rectangle in the middle of an area.

    >>> rectangle((10, 20), (4, 4))
    (slice(3, 7, None), slice(8, 12, None))
    """
    top, left = (area[0] - size[0]) // 2, (area[1] - size[1]) // 2
    return slice(top, top + size[0]), slice(left, left + size[1])


def two_squares(
    canvas: Canvas, target_size: Size, target: Array, left: float | Array, right: float | Array
) -> tuple[Array, tuple[Array, Array]]:
    """Image and masks of two equal targets in the middle of two fields."""
    size = canvas.size("target_size", target_size)
    canvas.check_fits("target_size", size, canvas.half, HALF)
    image, masks = np.empty(canvas.shape + target.shape), canvas.blank_masks()
    for side, background in enumerate((left, right)):
        canvas.halves(image)[side][:] = background
        canvas.halves(masks[side])[side][rectangle(canvas.half, size)] = True
    image[masks[0] | masks[1]] = target
    return image, masks


def pixel_means(samples: Array) -> Array:
    """Mean over each pixel of a plane with SUBSAMPLES samples a pixel, each way."""
    rows, cols = (size // SUBSAMPLES for size in samples.shape)
    return samples.reshape(rows, SUBSAMPLES, cols, SUBSAMPLES).mean((1, 3))


def color(o1: float, o2: float, o3: float) -> Array:
    """sRGB-encoded color at a point of the models' opponent space.

    The inverse of O1 = (R - G)/O3, O2 = (R + G - 2B)/O3, O3 = R + G + B on linear light.

    Parameters
    ----------
    o1, o2 : float
        Red-green and yellow-blue; 0 is grey.
    o3 : float
        Intensity R + G + B in [0, 3].

    Returns
    -------
    ndarray, (3,)
        sRGB-encoded R, G, B in [0, 1].

    Raises
    ------
    ValueError
        No sRGB screen shows that color.

    Examples
    --------
    >>> color(0, 0, 3).round(6).tolist()
    [1.0, 1.0, 1.0]
    """
    blue = o3 * (1 - o2) / 3
    green = (o3 - blue - o3 * o1) / 2
    light = np.array([o3 * o1 + green, green, blue])
    if not ((light >= 0) & (light <= 1)).all():
        raise ValueError(
            f"O1 = {o1:g}, O2 = {o2:g} at R + G + B = {o3:.4g} is no color of an sRGB screen "
            f"(linear R, G, B {light.round(3).tolist()}); lower the luminance or the saturation"
        )
    return from_linear(light)


def isoluminant(o1: float, o2: float, luminance: float) -> Array:
    """sRGB-encoded color at O1 and O2 that has a given relative luminance.

    Parameters
    ----------
    o1, o2 : float
        Red-green and yellow-blue; 0 is grey.
    luminance : float
        Relative luminance, linear, in (0, 1).

    Returns
    -------
    ndarray, (3,)
        sRGB-encoded R, G, B in [0, 1].

    Raises
    ------
    ValueError
        Luminance out of range, or no sRGB screen shows that color.

    Examples
    --------
    >>> isoluminant(0, 0, 0.3).round(3).tolist()
    [0.584, 0.584, 0.584]
    """
    if not 0 < luminance < 1:
        raise ValueError(f"luminance must lie between 0 and 1 (linear light), got {luminance!r}")
    blue = (1 - o2) / 3
    green = (1 - blue - o1) / 2
    return color(o1, o2, luminance / float(LUMINANCE @ [o1 + green, green, blue]))
