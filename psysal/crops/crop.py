"""Crops of a photograph that keep what people look at.

    photograph -> reduced -> model -> density of fixations on a grid -> best window -> crop

Place in the pipeline: above the models; the command ``psysal crop`` is :mod:`psysal.archive`'s.

A model of densities, as ``deep``, is taken at its word.  The map of any other says what stands out
and not how often it is looked at: its square is multiplied by the Gaussian of
:class:`psysal.Center`, which keeps more fixations than either alone.

References
----------
Suh, Ling, Bederson & Jacobs (2003), "Automatic thumbnail cropping and its effectiveness",
doi:10.1145/964696.964707 (crops by a saliency map).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.checks import positive_number, whole_number
from psysal.crops.window import Window, best_window, largest_window
from psysal.image import check_image, normalize, shrink
from psysal.models.baselines import Center
from psysal.models.densities import density_of, gives_of
from psysal.models.registry import get_model
from psysal.vision.features import grid_shape

__all__ = ["Crop", "CropSize", "crop", "cut", "fixation_density", "focal_point"]

LONGER_SIDE = 512
"""Pixels of the longer side of the picture that the model maps."""
SHORTER_SIDE = 32
"""Pixels of its shorter side, at least: a panorama is reduced less."""
GRID = 192
"""Longer side of the grid of the density."""


@dataclass(frozen=True)
class CropSize:
    """Size or aspect ratio of a crop.

    Parameters
    ----------
    width, height : int or float
        Pixels of the crop, or the terms of the ratio.
    is_aspect : bool
        True for a ratio: the crop is the window as it is.
    resize : bool
        True for the largest window of the ratio, reduced to the size; False for a window of
        the size itself.

    Raises
    ------
    ValueError
        A size is no whole number, or an aspect no positive one.
    """

    width: float
    height: float
    is_aspect: bool = False
    resize: bool = True

    def __post_init__(self) -> None:
        for name in ("width", "height"):
            value = getattr(self, name)
            if self.is_aspect:
                positive_number(f"the {name} of an aspect", value, hint="16:9 is one")
            else:
                whole_number(f"the {name} of a size", value, hint="400 x 400 is one")

    @property
    def label(self) -> str:
        """Size or ratio in words, as "400 x 300 pixels"."""
        if self.is_aspect:
            return f"{self.width:g}:{self.height:g}"
        return f"{self.width} x {self.height} pixels"

    @property
    def suffix(self) -> str:
        """Size or ratio in the name of a file, as "_400x300" or "_16-9"."""
        if self.is_aspect:
            return f"_{self.width:g}-{self.height:g}"
        return f"_{self.width}x{self.height}"

    def window(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Size of the window in a photograph.

        Parameters
        ----------
        shape : (int, int)
            Rows and columns of the photograph.

        Returns
        -------
        (int, int)
            Rows and columns.

        Raises
        ------
        ValueError
            The crop is larger than the photograph, or narrower than a pixel.
        """
        rows, cols = shape
        if not self.is_aspect and (self.height > rows or self.width > cols):
            raise ValueError(
                f"a crop must be no larger than the photograph of {cols} x {rows} pixels, "
                f"got {self.label}; ask for a smaller one, or for an aspect"
            )
        if self.is_aspect or self.resize:
            return largest_window(shape, (self.width, self.height))
        return int(self.height), int(self.width)


@dataclass(frozen=True, eq=False)
class Crop:
    """Crop of a photograph.

    Attributes
    ----------
    image : ndarray, (rows, cols) or (rows, cols, 3)
        The crop, in the data type and channel order of the photograph.
    box : (int, int, int, int)
        Left, top, right and bottom of its window in pixels of the photograph; right and bottom
        are the first pixels outside, as in PIL.
    confidence : float
        Share of people's fixations that the model expects in the window, 0 to 1. Of a
        model of maps it is the share of the map, times its center bias.
    focal_point : (float, float)
        Place that is looked at most, from the left and from the top, as shares of the
        photograph's width and height.
    """

    image: Array = field(repr=False)
    box: tuple[int, int, int, int]
    confidence: float
    focal_point: tuple[float, float]


def crop(
    image: Any,
    size: tuple[int, int] | None = None,
    *,
    aspect: tuple[float, float] | None = None,
    resize: bool = True,
    model: str | Callable[..., Array] = "deep",
    channel_order: str = "rgb",
    threads: int | None = None,
) -> Crop:
    """Crop of a photograph that keeps most of what people look at.

    Parameters
    ----------
    image, channel_order, threads
        As :func:`psysal.saliency` takes them.
    size : (int, int), optional
        Width and height of the crop in pixels: the largest window of this shape, reduced to it.
    aspect : (float, float), optional
        Width and height of the largest window, such as (16, 9), which is not reduced. One of
        size and aspect is given.
    resize : bool
        False for a window of ``size`` pixels itself, as they are.
    model : str or callable
        As :func:`psysal.saliency` takes it. It maps the photograph reduced to 512 pixels, but
        one with a ``ppd`` the photograph itself.

    Returns
    -------
    Crop

    Raises
    ------
    ValueError, TypeError
        A crop larger than the photograph, which is never enlarged, or narrower than a
        pixel; an image or model that has no meaning here.
    OSError
        The file cannot be opened.

    Notes
    -----
    Windows are scored by the density that they keep, less a tenth of that about their edges: an
    object is kept whole, or left out, where this costs little. The place that is looked at most is
    at no edge, where a window has it so. Ties go to the middle.

    Examples
    --------
    >>> import numpy as np, psysal
    >>> image = np.full((60, 120, 3), 0.5)
    >>> image[20:40, 90:110] = 1, 0, 0
    >>> cut = psysal.crop(image, (40, 40))
    >>> cut.image.shape, cut.box[0] > 30
    ((40, 40, 3), True)
    """
    if (size is None) == (aspect is None):
        raise ValueError(
            f"one of size and aspect must be given, got {'neither' if size is None else 'both'}; "
            "write size=(400, 400) or aspect=(16, 9)"
        )
    given = aspect if size is None else size
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise ValueError(
            f"{'aspect' if size is None else 'size'} must be (width, height), got {given!r}; "
            "write (400, 400) for a size or (16, 9) for an aspect"
        )
    wanted = CropSize(given[0], given[1], is_aspect=size is None, resize=resize)
    pixels = check_image(image, channel_order=channel_order)
    shape = pixels.shape[:2]
    window_size = wanted.window(shape)
    density = fixation_density(pixels, model, threads=threads)
    window = best_window(density, shape, window_size)
    picture = cut(pixels, window, wanted)
    if channel_order == "bgr" and picture.ndim == 3:
        picture = np.ascontiguousarray(picture[:, :, ::-1])
    return Crop(picture, window[:4], window.kept, focal_point(density))


def fixation_density(
    pixels: Array, model: str | Callable[..., Array], *, threads: int | None = None
) -> Array:
    """Density of fixations on a photograph, on a small grid.

    Parameters
    ----------
    pixels : ndarray, (rows, cols) or (rows, cols, 3)
        As :func:`psysal.image.check_image` gives them.
    model : str or callable
        As :func:`crop` takes it.
    threads : int, optional
        Default: every processor.

    Returns
    -------
    ndarray, (grid_rows, grid_cols), float64
        Sums to 1; its longer side is 192, or that of a smaller picture.

    Raises
    ------
    ValueError
        There is no such model, or it cannot map the picture.
    """
    import cv2

    mapped = get_model(model) if isinstance(model, str) else model
    gives = gives_of(mapped)
    shorter, longer = sorted(pixels.shape[:2])
    small = pixels
    if getattr(mapped, "ppd", None) is None:  # else its degrees are those of the photograph
        small = shrink(pixels, max(LONGER_SIDE, SHORTER_SIDE * longer // shorter))
    raw = mapped(small, threads=threads)
    if (small[0] == small[0, 0]).all() and (small == small[0]).all():  # networks see its borders
        raw = np.ones_like(raw)
        gives = "map"
    density = density_of(raw, gives) if gives != "map" else _centered(raw)
    if max(raw.shape) > GRID:
        rows, cols = grid_shape(raw.shape[0], raw.shape[1], GRID)
        density = cv2.resize(density, (cols, rows), interpolation=cv2.INTER_AREA)
    return density / density.sum()


def _centered(raw: Array) -> Array:
    """Square of a map times the Gaussian about the middle; of a constant map, that alone."""
    center = Center()(np.zeros(raw.shape), dtype="float64")
    varied = normalize(raw).astype(float) ** 2
    return center * varied if varied.any() else center


def focal_point(density: Array) -> tuple[float, float]:
    """Highest place of a density, as shares of the width and of the height.

    Parameters
    ----------
    density : ndarray, (rows, cols)

    Returns
    -------
    (float, float)
        From the left and from the top, 0 to 1.

    Examples
    --------
    >>> focal_point(np.array([[0.0, 0.0, 0.0, 1.0]]))
    (0.875, 0.5)
    """
    row, col = np.unravel_index(density.argmax(), density.shape)
    return float((col + 0.5) / density.shape[1]), float((row + 0.5) / density.shape[0])


def cut(pixels: Array, window: Window, size: CropSize) -> Array:
    """Crop of pixels, reduced by averages of areas where its size says so.

    Parameters
    ----------
    pixels : ndarray, (rows, cols) or (rows, cols, channels)
        uint8, uint16 or float; the last of two or four channels is alpha.
    window : Window
        Inside of them.
    size : CropSize
        Size of the crop.

    Returns
    -------
    ndarray, C-contiguous
        In the data type of ``pixels``; no view of them.
    """
    import cv2

    part = pixels[window.top : window.bottom, window.left : window.right]
    if size.is_aspect or part.shape[:2] == (size.height, size.width):
        return part.copy()

    def reduced(plane: Array) -> Array:
        shape = int(size.width), int(size.height)
        small: Array = cv2.resize(np.ascontiguousarray(plane), shape, interpolation=cv2.INTER_AREA)
        return small

    if part.ndim == 2 or part.shape[2] not in (2, 4):
        return reduced(part)
    alpha = part[:, :, -1].astype(np.float32)  # what is not seen must not show in what is
    small_alpha = reduced(alpha)
    seen = np.maximum(small_alpha, np.finfo(np.float32).tiny)
    planes = [reduced(part[:, :, i] * alpha) / seen for i in range(part.shape[2] - 1)]
    planes.append(small_alpha)
    whole = part.dtype.kind == "u"
    return np.dstack([np.rint(plane) if whole else plane for plane in planes]).astype(part.dtype)
