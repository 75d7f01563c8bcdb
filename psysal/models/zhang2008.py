"""Saliency using natural statistics (SUN), Zhang, Tong, Marks, Shan & Cottrell (JoV 2008).

    image -> small picture -> independent components -> rarity among photographs -> map

A feature is salient if it is rare in the world, not in this picture: the responses of filters,
whose distributions were learned from photographs, are added up as self-information.

Enters: an image; the longer side of what is seen is 170 pixels, and a smaller one stays as it is.
Leaves: -log of the probability of the responses, in nats, up to a constant, enlarged linearly.

The equations are those of the authors' program; its filters are not, as they may not be passed on:

============ =========================== ========================== ============================
step         paper                       program                    here
============ =========================== ========================== ============================
size         -                           by a scale of the user's   170 pixels, in 8 bits
                                         choice, in 8 bits          (a quarter of 681)
range        -                           divided by the standard    the same
                                         deviation of all values
filters      362 of 11 x 11 RGB, by      those of the paper         362 of 11 x 11 RGB, by
             FastICA of photographs                                 FastICA of four photographs
densities    generalized Gaussian of     those of the paper         fitted to ours, by largest
             each filter                                            likelihood
map          self-information            sum of powers              the same
border       -                           five pixels are missing    the picture is mirrored
small images -                           none below 11 pixels       mirrored
grey image   -                           three equal channels       the same; one stands for three
constant     -                           divides by zero            zeros
============ =========================== ========================== ============================

Where this differs from the authors' program: the filters and their densities were learned here
(``benchmarks/make/learn_basis.py``) from four photographs of scikit-image (astronaut, chelsea,
coffee and rocket), as those of ``Bruce2009``; the border is that of a mirrored picture.

References
----------
Zhang, Tong, Marks, Shan & Cottrell (2008), "SUN: a Bayesian framework for saliency using natural
statistics", Journal of Vision 8(7):32, doi:10.1167/8.7.32.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from psysal._typing import Array
from psysal.models import classical_steps
from psysal.models.base import ClassicalModel, DType
from psysal.threads import SERIAL, ThreadPool
from psysal.vision.resize import resize, resize_rows

__all__ = ["Bank", "Zhang2008", "bank", "information", "small_codes"]

WIDTH = 11  # pixels of a filter
BAND_ROWS = 8  # filtered at once


@dataclass(frozen=True)
class Zhang2008(ClassicalModel):
    """SUN; a callable from an image to its raw map in nats.

    Parameters
    ----------
    size : int
        Pixels of the longer side that is worked on.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(0).normal(128, 3, (96, 128, 3)).astype(np.uint8)
    >>> image[40:52, 80:92] = 200, 60, 60
    >>> raw = Zhang2008()(image)
    >>> bool(raw[38:54, 78:94].max() == raw.max())
    True
    """

    size: int = 170

    def values(self, rows: int, cols: int) -> float:
        return super().values(rows, cols) + 800 * BAND_ROWS * self.size  # of patches and responses

    def _varied_map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        picture = small_codes(pixels, self.size, pool).astype(float)
        if not (deviation := picture.std(ddof=1)):  # what varies is less than a code
            return np.zeros(pixels.shape[:2], dtype)
        found = information((picture / deviation).astype(dtype), pool)
        return resize(found[None], pixels.shape[:2], "linear", pool=pool)[0]


class Bank(NamedTuple):
    """Filters and the densities of their responses to photographs.

    Attributes
    ----------
    filters : ndarray, (362, 363)
        Taps of 11 x 11 pixels of R, G and B, which add up to zero.
    scales, shapes : ndarray, (362,)
        Of the densities, in proportion to exp(-(abs(s) / scale) ** shape).
    """

    filters: Array
    scales: Array
    shapes: Array


@lru_cache(maxsize=2)
def bank(dtype: Any = "float64") -> Bank:
    """Filters that were learned here from photographs of scikit-image.

    Parameters
    ----------
    dtype : "float32" or "float64"

    Returns
    -------
    Bank
    """
    with np.load(Path(__file__).with_name("zhang2008.npz")) as file:
        filters = file["filters"].astype(float).reshape(len(file["filters"]), -1)
        filters -= filters.mean(axis=1, keepdims=True)
        return Bank(*(a.astype(dtype) for a in (filters, file["scales"], file["shapes"])))


def small_codes(pixels: Array, size: int, pool: ThreadPool = SERIAL) -> Array:
    """Picture in 8 bits, reduced to a longer side, rounded after either axis as in MATLAB.

    Parameters
    ----------
    pixels : ndarray, (rows, cols) or (rows, cols, 3)
        As :func:`psysal.image.check_image` gives them.
    size : int
        Pixels of the longer side; a smaller picture stays as it is.
    pool : ThreadPool
        Threads, over bands of rows.

    Returns
    -------
    ndarray, (rows, cols, 3), uint8

    Examples
    --------
    >>> small_codes(np.zeros((50, 100), np.uint8), 20).shape
    (10, 20, 3)
    """
    codes = classical_steps.color_codes(pixels)
    scale = size / max(codes.shape[:2])
    if scale >= 1:
        return codes
    for _ in "rows", "columns":
        rows, cols, _ = codes.shape
        short = int(np.ceil(scale * rows))
        flat = np.ascontiguousarray(codes).reshape(1, rows, -1)
        low = resize_rows(flat, short, "cubic", scale=scale, pool=pool)
        rounded = np.floor(np.clip(low, 0, 255) + 0.5).astype(np.uint8)
        codes = rounded.reshape(short, cols, 3).transpose(1, 0, 2)
    return codes


def information(picture: Array, pool: ThreadPool = SERIAL) -> Array:
    """Self-information of a picture's responses among those of photographs.

    Parameters
    ----------
    picture : ndarray, (rows, cols, 3), float32 or float64
        Of standard deviation 1.
    pool : ThreadPool
        Threads, over bands of rows.

    Returns
    -------
    ndarray, (rows, cols), as ``picture``
        In nats, up to a constant.
    """
    reach = WIDTH // 2
    framed = np.pad(picture, ((reach, reach), (reach, reach), (0, 0)), mode="reflect")
    patches = sliding_window_view(framed, (WIDTH, WIDTH, 3))[:, :, 0]
    out = np.empty(picture.shape[:2], picture.dtype)
    known = bank(picture.dtype)

    def fill(rows: slice) -> None:
        seen = patches[rows].reshape(-1, known.filters.shape[1])
        rare = (abs(seen @ known.filters.T) / known.scales) ** known.shapes
        out[rows] = rare.sum(axis=1).reshape(out[rows].shape)

    pool.run(fill, [(slice(y, y + BAND_ROWS),) for y in range(0, len(picture), BAND_ROWS)])
    return out
