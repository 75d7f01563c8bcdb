"""Rarity, distance from the rest, and symmetry within one image.

Place in the pipeline: energy and color on a small grid -> [conspicuity] -> features of a readout.
Enters: planes of one image (planes, rows, cols).  Leaves: planes of the same grid, relative
to the image itself: a place is rare or odd only among the others.

References
----------
Bruce & Tsotsos (2009), doi:10.1167/9.3.5 (rarity as self-information); Rosenholtz (1999),
doi:10.1016/S0042-6989(98)00077-2 (distance from the distribution of features); Kootstra,
de Boer & Schomaker (2011), doi:10.1007/s12559-010-9089-5 (symmetry and fixations).
"""

import numpy as np

from psysal._typing import Array

__all__ = ["distance", "rarity", "symmetry"]

BINS = 24
SMOOTHING = np.array([0.25, 0.5, 0.25])  # of neighboring bins
RIDGE = 1e-2  # of the mean variance, added to every variance
EVEN = 1e-4  # differences that are rounding: a plane that varies by no more is even
LARGEST_OFFSET = 6  # cells of the grid on each side of an axis of symmetry
OFFSET_SIGMA = 3.0  # by which far pairs count less
FLOOR = 1e-2  # of differences, in standard deviations of a plane


def rarity(planes: Array) -> Array:
    """Minus the logarithm of the share of places that have a place's value.

    Parameters
    ----------
    planes : ndarray, (planes, rows, cols)

    Returns
    -------
    ndarray, (planes, rows, cols), float32
        From the smoothed histogram of 24 bins between the least and the largest value of each
        plane, interpolated; in nats. Zero where all places are equal.

    Examples
    --------
    >>> rarity(np.array([[[0.0, 0.0, 0.0, 1.0]]])).round(2)
    array([[[0.98, 0.98, 0.98, 2.08]]], dtype=float32)
    """
    flat = planes.reshape(len(planes), -1).astype(float)
    low = flat.min(1, keepdims=True)
    width = flat.max(1, keepdims=True) - low
    place = (flat - low) / np.where(width > EVEN, width, 1) * (BINS - 1)
    result = np.zeros_like(flat)
    for each, places in zip(result, place, strict=True):
        counts = np.bincount(np.rint(places).astype(int), minlength=BINS)
        shares = np.convolve(counts, SMOOTHING, "same") / counts.sum()
        with np.errstate(divide="ignore"):
            surprise = -np.log(np.maximum(shares, 0.25 / counts.sum()))
        each[:] = np.interp(places, np.arange(BINS), surprise)
    result[width[:, 0] <= EVEN] = 0
    return result.reshape(planes.shape).astype(np.float32)


def distance(planes: Array) -> Array:
    """Mahalanobis distance of every place from the mean of an image.

    Parameters
    ----------
    planes : ndarray, (planes, rows, cols)

    Returns
    -------
    ndarray, (rows, cols), float32
        In standard deviations; zero where all places are equal.

    Examples
    --------
    >>> distance(np.array([[[1.0, 1.0, 1.0, 5.0]]])).round(2)
    array([[0.57, 0.57, 0.57, 1.72]], dtype=float32)
    """
    flat = planes.reshape(len(planes), -1).astype(float)
    flat = flat - flat.mean(1, keepdims=True)
    covariance = flat @ flat.T / flat.shape[1]
    variance = np.trace(covariance) / len(flat)
    covariance += (RIDGE * variance + EVEN**2) * np.eye(len(flat))
    white = np.linalg.inv(np.linalg.cholesky(covariance)) @ flat
    return np.sqrt((white**2).sum(0)).reshape(planes.shape[1:]).astype(np.float32)


def symmetry(planes: Array) -> Array:
    """Mirror symmetry about a vertical and a horizontal axis through every place.

    Parameters
    ----------
    planes : ndarray, (planes, rows, cols)

    Returns
    -------
    ndarray, (2 * planes, rows, cols), float32
        Logarithm of how much the places beside the axis differ from the one on it, over how
        much they differ from one another: large where a pattern has two like halves, 0 on an
        even surface. First those of left and right, then those of above and below.

    Examples
    --------
    >>> stripe = np.array([[[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]]])
    >>> int(symmetry(stripe)[0].argmax())
    3
    """
    spread = planes.std((1, 2), keepdims=True)
    scaled = (planes / np.where(spread > EVEN, spread, 1)).astype(np.float32)
    halves = [_symmetry_of_rows(scaled), _symmetry_of_rows(scaled.swapaxes(1, 2)).swapaxes(1, 2)]
    return np.concatenate(halves)


def _symmetry_of_rows(planes: Array) -> Array:
    """Symmetry of left and right."""
    cols, reach = planes.shape[2], LARGEST_OFFSET
    padded = np.pad(planes, ((0, 0), (0, 0), (reach, reach)), mode="edge")
    between = np.full_like(planes, FLOOR)
    across = np.full_like(planes, FLOOR)
    for offset in range(1, reach + 1):
        weight = np.float32(np.exp(-0.5 * (offset / OFFSET_SIGMA) ** 2))
        left = padded[:, :, reach - offset : reach - offset + cols]
        right = padded[:, :, reach + offset : reach + offset + cols]
        between += weight * abs(left - right)
        across += weight / 2 * (abs(left - planes) + abs(right - planes))
    down = [_average_rows(part) for part in (across, between)]
    result: Array = np.log(down[0] / down[1])
    return result


def _average_rows(planes: Array) -> Array:
    """Means of each row with those above and below, (1, 2, 3, 2, 1) / 9."""
    padded = np.pad(planes, ((0, 0), (2, 2), (0, 0)), mode="edge")
    rows = planes.shape[1]
    total = np.zeros_like(planes)
    for i, weight in enumerate((1, 2, 3, 2, 1)):
        total += np.float32(weight / 9) * padded[:, i : i + rows]
    return total
