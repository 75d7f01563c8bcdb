"""Stationary transforms of the wavelets of PyWavelets, level by level.

Place in the pipeline: color -> [stationary, under wavelet] -> contrast.  Planes are as large as
the image, and mirror at its borders without repeating the edge.
"""

from functools import lru_cache

import numpy as np

from psysal._typing import Array
from psysal.threads import ThreadPool
from psysal.vision import stationary_kernels

__all__ = ["filter_taps", "stationary_forward", "stationary_level"]

STRIP_ROWS = 128  # a job
ROUNDING = 1e-11  # taps below are 0 but for the digits that PyWavelets has of its filters


def stationary_forward(
    image: Array, levels: int, wavelet: str, pool: ThreadPool
) -> tuple[list[Array], list[Array]]:
    """Planes and residuals of a channel, as :func:`psysal.vision.wavelet.forward` gives them.

    Parameters
    ----------
    image : ndarray, (rows, cols), float32 or float64
        Channel.
    levels : int
    wavelet : str
        Discrete wavelet of PyWavelets.
    pool : ThreadPool
        Threads, over bands of rows.

    Returns
    -------
    planes, residuals : list of ndarray
    """
    image = np.ascontiguousarray(image)
    planes, residuals = [], []
    for level in range(levels):
        details, coarse = np.empty((3, *image.shape), image.dtype), np.empty_like(image)
        stationary_level(image, level, wavelet, details, coarse, pool)
        planes.append(details)
        residuals.append(coarse)
        image = coarse
    return planes, residuals


def stationary_level(
    image: Array, level: int, wavelet: str, planes: Array, coarse: Array, pool: ThreadPool
) -> None:
    """Fill in the details of a level of a stationary transform, and its approximation.

    Parameters
    ----------
    image : ndarray, (rows, cols), float32 or float64
        Channel, or the approximation of the level before.
    level : int
        Number of the level, from 0 here.
    wavelet : str
        Discrete wavelet of PyWavelets.
    planes : ndarray, (3, rows, cols)
        Takes the details.
    coarse : ndarray, (rows, cols)
        Takes the approximation.
    pool : ThreadPool
        Threads, over bands of rows.
    """
    rows, cols = image.shape
    taps = filter_taps(image, level, wavelet)
    fixed = (image.reshape(-1), cols, *taps, planes.reshape(-1), coarse.reshape(-1))
    bands = [(k, min(k + STRIP_ROWS, rows)) for k in range(0, rows, STRIP_ROWS)]
    pool.run(stationary_kernels.details, [(*fixed, *band) for band in bands])


def filter_taps(image: Array, level: int, wavelet: str) -> tuple[Array, Array, Array, Array]:
    """Filter of a level, and the samples that stand beyond the borders.

    Parameters
    ----------
    image : ndarray, (rows, cols), float32 or float64
        Of the size of the planes.
    level : int
        Number of the level, from 0 here.
    wavelet : str
        Discrete wavelet of PyWavelets.

    Returns
    -------
    weights, offsets : ndarray, (taps,)
        Weights that are not 0, from the middle of the symmetric filter on, and their offsets.
    rows, cols : ndarray
        Row or column at each position from minus the greatest offset on.
    """
    weights, offsets = _taps(wavelet, image.dtype.name)
    offsets = offsets << level
    rows, cols = (_mirrored(length, int(offsets[-1])) for length in image.shape)
    return weights, offsets, rows, cols


@lru_cache(maxsize=16)
def _taps(wavelet: str, dtype: str) -> tuple[Array, Array]:
    """P of a wavelet from its middle on: weights that are not 0, and their offsets."""
    import pywt

    bank = pywt.Wavelet(wavelet)
    half = np.convolve(bank.dec_lo, bank.rec_lo)[len(bank.dec_lo) - 1 :] / 2  # it is symmetric
    (offsets,) = np.nonzero(np.abs(half) > ROUNDING)
    return half[offsets].astype(dtype), offsets


@lru_cache(maxsize=64)
def _mirrored(length: int, before: int) -> Array:
    """Sample at each position -before .. length + before - 1."""
    return np.pad(np.arange(length), before, mode="reflect")
