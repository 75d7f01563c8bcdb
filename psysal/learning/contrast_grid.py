"""Contrast of the 2011 model on a coarse grid, and the model's map computed from it.

Place in the pipeline: photographs -> color -> wavelet -> contrast -> [contrast_grid] -> refit.
Enters: a photograph and the lengths of the windows.  Leaves: everything of the model that
depends on the photograph but not on contrast sensitivity, (3, levels, cells).

A channel is linear in contrast, so ``U**(s-1) (z1 + z2 + z3)`` is computed once, by the
model's own stages at full size, and stored as means over the cells of a grid; channels on
the grid are exact means.  The map, a root of squares, is computed from these: it is the map
of the means, not the mean of the map's pixels.

References
----------
Murray, Vanrell, Otazu & Parraga (2011), doi:10.1109/CVPR.2011.5995506 (the model).
"""

from functools import lru_cache
from typing import Any

import numpy as np
from scipy.ndimage import correlate1d

from psysal._typing import Array
from psysal.models.murray2011 import Murray2011
from psysal.vision import color, contrast, wavelet
from psysal.vision.csf import ECSF

__all__ = ["grid_planes", "grid_shape", "log_map"]

GRID = 96
"""Cells along the longer side of an image."""

SPLINE = np.array([1, 4, 6, 4, 1]) / 8  # keeps constants where every second sample is zero


def grid_shape(size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of an image's grid, 96 along the longer side; no image is enlarged.

    Parameters
    ----------
    size : (int, int)
        Rows and columns of the image.

    Returns
    -------
    rows, cols : int

    Examples
    --------
    >>> grid_shape((600, 800)), grid_shape((40, 60))
    ((72, 96), (40, 60))
    """
    scale = min(1, GRID / max(size))
    rows, cols = (max(1, round(n * scale)) for n in size)
    return rows, cols


def grid_planes(image: Any, windows: tuple[int, int], shape: tuple[int, int]) -> Array:
    """Contrast ``U**(s-1) (z1 + z2 + z3)`` of an image, as means over the cells of a grid.

    Parameters
    ----------
    image : array, PIL image or path
        As the model takes it.
    windows : (int, int)
        Center and surround on each side, in samples of a level.
    shape : (int, int)
        Rows and columns of the grid.

    Returns
    -------
    ndarray, (3, levels, cells), float32
        By opponent channel and level, the finest first.
    """
    pixels, dtype, _ = Murray2011().check_input(image, "rgb", "float32", 1)
    rows, cols = pixels.shape[:2]
    count = wavelet.level_count(rows, cols)
    sizes = contrast.Windows(*windows)
    planes = np.zeros((3, count, *shape), np.float32)
    for c, channel in enumerate(color.opponent(pixels, dtype=dtype)):
        for s, details in enumerate(wavelet.forward(channel, count)[0]):
            down = _cell_means(rows, shape[0], details.shape[1], s)
            across = _cell_means(cols, shape[1], details.shape[2], s)
            high, wide = down.shape[1], across.shape[1]
            near = details[:, : high + sizes.reach, : wide + sizes.reach]  # all that windows reach
            z = contrast.center_surround(near, sizes)[:, :high, :wide].sum(axis=0)
            planes[c, s] = down @ z @ across.T
    return planes.reshape(3, count, -1)


@lru_cache(maxsize=64)
def _cell_means(length: int, cells: int, samples: int, level: int) -> Array:
    """U**level, then means over cells of the image, along one axis: (cells, samples in use)."""
    edges = np.linspace(0, length, cells + 1)
    at = np.arange(samples << level)
    overlap = np.minimum(edges[1:, None], at + 1) - np.maximum(edges[:-1, None], at)
    matrix = np.maximum(overlap, 0) * (cells / length)
    for times in range(level, 0, -1):
        zoom = np.zeros((samples << times, samples << times - 1))
        zoom[::2] = np.eye(samples << times - 1)
        matrix = matrix @ correlate1d(zoom, SPLINE, axis=0, mode="mirror")
    last = int(np.flatnonzero(matrix.any(axis=0))[-1]) + 1
    return matrix[:, :last].astype(np.float32)


def log_map(planes: Array, model: Murray2011) -> Array:
    """Logarithm of the model's map on the grid times the image's number of pixels.

    Parameters
    ----------
    planes : ndarray, (3, levels, cells)
        :func:`grid_planes` with the model's windows.
    model : Murray2011
        Its contrast sensitivities are used, as they are.

    Returns
    -------
    ndarray, (cells,), of the type of ``planes``
    """
    sensitivity = gains_and_pedestals(model.color, model.intensity, planes.shape[1])
    channels, _ = relative_channels(planes, *sensitivity)
    return np.log((channels**2).sum(axis=0)) / 2


def gains_and_pedestals(chromatic: ECSF, intensity: ECSF, levels: int) -> tuple[Array, Array]:
    """Gain g(s) of the three channels (3, levels), and their pedestal, by number of levels."""
    s, ecsfs = np.arange(1, levels + 1), (chromatic, chromatic, intensity)
    gains = np.array([ecsf.gain(s) for ecsf in ecsfs])
    offsets = np.array([ecsf.offset(s) for ecsf in ecsfs])
    return gains, 1 + 3 * offsets.cumsum(axis=1)


def relative_channels(planes: Array, gains: Array, pedestals: Array) -> tuple[Array, Array]:
    """Channels over their means (3, cells), and the means (3, 1)."""
    count = planes.shape[1]
    weights = gains[:, None, :count].astype(planes.dtype)
    channels = (weights @ planes)[:, 0] + pedestals[:, count - 1, None].astype(planes.dtype)
    means = channels.mean(axis=1, keepdims=True)
    return channels / means, means
