"""Resizing: planes -> smaller or larger ones, as by MATLAB's imresize.

Place in the pipeline: color -> [resize] -> wavelet -> grouping -> ... -> [resize] -> map.
Enters and leaves: planes (rows, cols), in any unit.  Each axis has a small table:
the old samples of every new one, and their weights, which add up to 1.  Sample i of n
stands at i + 1/2 of n; borders mirror and repeat the edge.

``"linear"`` is a triangle, widened where the plane shrinks so that nothing aliases;
``"cubic"`` is the cubic convolution with a = -1/2, widened likewise.

References
----------
Keys (1981), "Cubic convolution interpolation for digital image processing", IEEE
Transactions on Acoustics, Speech, and Signal Processing 29(6),
doi:10.1109/TASSP.1981.1163711.
"""

from functools import lru_cache

import numpy as np

from psysal._typing import Array
from psysal.threads import SERIAL, ThreadPool
from psysal.vision import grouping_kernels

__all__ = ["KINDS", "resize", "resize_rows", "taps"]

BAND_ROWS = 128  # a job


def _linear(x: Array) -> Array:
    return np.maximum(1 - abs(x), 0)


def _cubic(x: Array) -> Array:
    x = abs(x)
    near = (1.5 * x - 2.5) * x**2 + 1
    far = ((2.5 - 0.5 * x) * x - 4) * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0))


_KERNELS = {"linear": (_linear, 1), "cubic": (_cubic, 2)}

KINDS = tuple(_KERNELS)
"""Kinds of interpolation of :func:`resize`."""


@lru_cache(maxsize=64)
def taps(
    length: int, target: int, kind: str, dtype: str = "float64", scale: float | None = None
) -> tuple[Array, Array]:
    """Table of an axis: old samples of every new one, and their weights.

    Parameters
    ----------
    length, target : int
        Numbers of old and of new samples.
    kind : "linear" or "cubic"
    dtype : "float32" or "float64"
        Data type of the weights.
    scale : float, optional
        New samples to an old one, where it is not ``target / length``: MATLAB, asked for a scale,
        makes ``ceil(scale * length)`` samples, and the last may lie beyond the old ones.

    Returns
    -------
    index, weights : ndarray, (target, taps)
        Whole numbers, and ``dtype``; ``taps`` is a multiple of four, filled up with zeros.

    Examples
    --------
    >>> index, weights = taps(2, 4, "linear")
    >>> (weights * (index == 1)).sum(axis=1)
    array([0.  , 0.25, 0.75, 1.  ])
    """
    kernel, radius = _KERNELS[kind]
    scale = target / length if scale is None else scale
    shrink = min(scale, 1)
    center = (np.arange(target)[:, None] + 0.5) / scale - 0.5
    reach = int(np.ceil(radius / shrink))
    place = np.floor(center) + np.arange(1 - reach, reach + 1)
    weights = kernel((center - place) * shrink)
    weights /= weights.sum(axis=1, keepdims=True)
    place = place.astype(np.int32) % np.int32(2 * length)
    index = np.minimum(place, 2 * length - 1 - place)
    more = (0, 0), (0, -len(weights[0]) % 4)
    return np.pad(index, more), np.pad(weights, more).astype(dtype)


def resize(
    planes: Array,
    shape: tuple[int, int],
    kind: str,
    *,
    scale: float | None = None,
    pool: ThreadPool = SERIAL,
) -> Array:
    """Planes at another size.

    Parameters
    ----------
    planes : ndarray, (count, rows, cols), float32 or float64
    shape : (int, int)
        New rows and columns.
    kind : "linear" or "cubic"
    scale : float, optional
        New samples to an old one, of both axes; by default those of ``shape``.
    pool : ThreadPool
        Threads, over planes and bands of rows.

    Returns
    -------
    ndarray, (count, rows, cols)

    Examples
    --------
    >>> resize(np.array([[[0.0, 1.0], [0.0, 3.0]]]), (1, 2), "linear")
    array([[[0., 2.]]])
    """

    def to_rows(planes: Array, rows: int) -> Array:
        return resize_rows(planes, rows, kind, scale=scale, dtype=planes.dtype.name, pool=pool)

    rows, cols = shape
    if planes.shape[1:] == shape and scale is None:
        return planes.copy()
    if rows <= planes.shape[1]:  # the smaller planes are transposed
        return _transpose(to_rows(_transpose(to_rows(planes, rows)), cols))
    return to_rows(_transpose(to_rows(_transpose(planes), cols)), rows)


def resize_rows(
    planes: Array,
    rows: int,
    kind: str,
    *,
    scale: float | None = None,
    dtype: str = "float64",
    pool: ThreadPool = SERIAL,
) -> Array:
    """Planes with another number of rows.

    Parameters
    ----------
    planes : ndarray, (count, old_rows, cols)
        Of any data type of images.
    rows : int
        New rows.
    kind : "linear" or "cubic"
    scale : float, optional
        New rows to an old one; by default ``rows / old_rows``.
    dtype : "float32" or "float64"
        Data type of the result.
    pool : ThreadPool
        Threads, over planes and bands of rows.

    Returns
    -------
    ndarray, (count, rows, cols)

    Examples
    --------
    >>> resize_rows(np.uint8([[[0, 1], [0, 3]]]), 1, "linear")
    array([[[0., 2.]]])
    """
    count, old_rows, cols = planes.shape
    table = taps(old_rows, rows, kind, dtype, scale)
    out = np.empty((count, rows, cols), dtype)
    pool.run(
        grouping_kernels.blend_rows,
        [
            (old.reshape(-1), cols, *table, new.reshape(-1), y, min(y + BAND_ROWS, rows))
            for old, new in zip(planes, out, strict=True)
            for y in range(0, rows, BAND_ROWS)
        ],
    )
    return out


def _transpose(planes: Array) -> Array:
    return np.ascontiguousarray(planes.transpose(0, 2, 1))
