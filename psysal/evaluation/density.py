"""Density: fixations, or a map, as a density over pixels.

Place in the pipeline: fixations, maps -> [density] -> metrics.
Enters: positions x, y in pixels, or a map.  Leaves: (rows, cols), not negative, summing to 1.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from psysal.evaluation.checks import check_map, pixels
from psysal.viewing import Viewing

__all__ = ["density", "gaussians", "of_map"]

EVEN = 0.01
"""Share of the mass that is spread evenly where a map would rule places out."""


def density(
    fixations: ArrayLike, shape: tuple[int, int], *, ppd: float | Viewing, sigma: float = 1.0
) -> NDArray[Any]:
    """A Gaussian about every fixation, truncated at the border and renormalized.

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
    if not 0 < sigma < np.inf:
        raise ValueError(f"sigma must be a positive number of degrees, got {sigma!r}")
    found = gaussians(fixations, shape, sigma * viewing.ppd)
    return found / found.sum()


def gaussians(positions: ArrayLike, shape: tuple[int, int], width: float) -> NDArray[Any]:
    """The sum of Gaussians of height 1 and standard deviation ``width`` about positions.

    All in pixels; positions x, y (n, 2) on the map are truncated to whole ones.

    Examples
    --------
    >>> gaussians([[1, 0], [1, 0]], (1, 3), 1).round(2)
    array([[1.21, 2.  , 1.21]])
    """
    # A Gaussian is a product: only rows and columns with positions take part.
    (rows, row), (cols, col) = (
        np.unique(p, return_inverse=True) for p in pixels("fixations", positions, shape)
    )
    counts = np.zeros((len(rows), len(cols)))
    np.add.at(counts, (row, col), 1)
    down, across = (
        np.exp(-0.5 * ((np.arange(n)[:, None] - centers) / width) ** 2)
        for n, centers in zip(shape, (rows, cols), strict=True)
    )
    found: NDArray[Any] = down @ counts @ across.T
    return found


def of_map(saliency: ArrayLike) -> NDArray[Any]:
    """A map taken as a density over pixels.

    A map that is positive everywhere is one already, but for its sum.  Any other would rule
    places out, which no single fixation would forgive: it is shifted so that its least value
    is zero, and of its mass 1 % is spread evenly.

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
    >>> of_map([[1, 3]])
    array([[0.25, 0.75]])
    >>> of_map([[0, 1]])
    array([[0.005, 0.995]])
    """
    values = check_map("saliency", saliency).astype(np.float64)
    if (low := values.min()) > 0:
        return values / values.sum()
    values -= low
    total = values.sum()
    even = 1 / values.size
    return (1 - EVEN) * values / total + EVEN * even if total else np.full(values.shape, even)
