"""Densities over pixels, of fixations or of maps.

Place in the pipeline: fixations, maps -> [density] -> metrics.
Enters: positions x, y in pixels, or a map.  Leaves: (rows, cols), not negative, summing to 1.
"""

import numpy as np
from numpy.typing import ArrayLike

from psysal._typing import Array
from psysal.checks import positive_number
from psysal.evaluation.inputs import pixel_indexes
from psysal.mapfile import check_map
from psysal.viewing import Viewing

__all__ = ["density", "gaussians", "map_to_density"]

UNIFORM_SHARE = 0.01
"""Share of the mass that is spread evenly where a map has zeros or negative values."""


def density(
    fixations: ArrayLike, shape: tuple[int, int], *, ppd: float | Viewing, sigma: float = 1.0
) -> Array:
    """Density of fixations: a Gaussian about each, truncated at the border and renormalized.

    Parameters
    ----------
    fixations : array_like, (n, 2)
        x, y in pixels, truncated to whole ones; a Gaussian is centered on its pixel.
    shape : (int, int)
        Rows and columns.
    ppd : float or Viewing
        Pixels per degree of visual angle.
    sigma : float
        Standard deviation in degrees; 1 is about the fovea.

    Returns
    -------
    ndarray, (rows, cols), float64
        Sums to 1.

    References
    ----------
    Le Meur & Baccino (2013), doi:10.3758/s13428-012-0226-9.

    Examples
    --------
    >>> density([[1, 0], [1, 0]], (1, 3), ppd=1).round(2)
    array([[0.27, 0.45, 0.27]])
    """
    viewing = ppd if isinstance(ppd, Viewing) else Viewing(ppd=ppd)
    positive_number("sigma", sigma, unit="of degrees")
    total = gaussians(fixations, shape, sigma * viewing.ppd)
    return total / total.sum()


def gaussians(positions: ArrayLike, shape: tuple[int, int], width: float) -> Array:
    """Sum of Gaussians of height 1 about positions.

    Parameters
    ----------
    positions : array_like, (n, 2)
        x, y in pixels, on the map, truncated to whole ones.
    shape : (int, int)
        Rows and columns of the map.
    width : float
        Standard deviation in pixels.

    Returns
    -------
    ndarray, (rows, cols), float64
        From 0 to at most n.

    Examples
    --------
    >>> gaussians([[1, 0], [1, 0]], (1, 3), 1).round(2)
    array([[1.21, 2.  , 1.21]])
    """
    # A Gaussian is a product: only rows and columns with positions take part.
    (rows, row), (cols, col) = (
        np.unique(index, return_inverse=True)
        for index in pixel_indexes("fixations", positions, shape)
    )
    counts = np.zeros((len(rows), len(cols)))
    np.add.at(counts, (row, col), 1)
    down, across = (
        np.exp(-0.5 * ((np.arange(n)[:, None] - centers) / width) ** 2)
        for n, centers in zip(shape, (rows, cols), strict=True)
    )
    total: Array = down @ counts @ across.T
    return total


def map_to_density(saliency: ArrayLike) -> Array:
    """Density over pixels that a map stands for.

    A map that is positive everywhere is divided by its sum.  Any other is shifted so that its
    lowest value is zero, and 1 % of its mass is spread evenly, as a density that is zero at a
    single fixation has infinite divergence.

    Parameters
    ----------
    saliency : array_like, (rows, cols)
        Finite, in any unit.

    Returns
    -------
    ndarray, (rows, cols), float64
        Positive, sums to 1.

    Examples
    --------
    >>> map_to_density([[1, 3]])
    array([[0.25, 0.75]])
    >>> map_to_density([[0, 1]])
    array([[0.005, 0.995]])
    """
    values = check_map("saliency", saliency).astype(np.float64)
    if (lowest := values.min()) > 0:
        return values / values.sum()
    values -= lowest
    total = values.sum()
    even = 1 / values.size
    if not total:
        return np.full(values.shape, even)
    return (1 - UNIFORM_SHARE) * values / total + UNIFORM_SHARE * even
