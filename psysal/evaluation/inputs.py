"""Checks of densities and positions that enter the metrics; nothing is repaired.

Place in the pipeline: below the other modules of :mod:`psysal.evaluation`.
"""

import numpy as np
from numpy.typing import ArrayLike

from psysal._typing import Array
from psysal.gaze.fixations import Fixations
from psysal.models.densities import check_density

__all__ = ["check_densities", "check_same_size", "pixel_indexes", "unit_scale", "xy"]


def check_densities(**maps: ArrayLike) -> tuple[Array, Array]:
    """Two densities of one size.

    Parameters
    ----------
    **maps : array_like, (rows, cols)
        Two maps by the names of their arguments, as
        :func:`psysal.models.densities.check_density` takes them.

    Returns
    -------
    first, second : ndarray, (rows, cols), float64
        Each sums to 1.

    Raises
    ------
    ValueError
        Either is no density, or their sizes differ.
    """
    (first, a), (second, b) = ((name, check_density(name, values)) for name, values in maps.items())
    check_same_size(second, b, first, a)
    return a, b


def check_same_size(name: str, array: Array, other: str, expected: Array) -> None:
    """Refuse two maps of different sizes.

    Parameters
    ----------
    name : str
        Name of the argument that is checked.
    array : ndarray
        Its value.
    other : str
        Name of the argument that it is compared with.
    expected : ndarray
        Value of the other, of the size that is expected.

    Raises
    ------
    ValueError
        The sizes differ.
    """
    if array.shape != expected.shape:
        raise ValueError(
            f"{name} must have the size of {other}, {expected.shape}, got {array.shape}; "
            "resize one of them"
        )


def pixel_indexes(name: str, positions: ArrayLike, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Rows and columns of the pixels in which positions lie.

    Parameters
    ----------
    name : str
        Name of the argument.
    positions : array_like, (n, 2)
        x, y in pixels, truncated to whole ones; at least one.
    shape : (int, int)
        Rows and columns of the map.

    Returns
    -------
    rows, columns : ndarray of int, (n,)

    Raises
    ------
    ValueError
        There are no positions, they are no numbers x and y, or some lie off the map.
    """
    points = np.asarray(positions)
    if not points.size:
        raise ValueError(f"{name} must hold at least one position, got none; leave the image out")
    if points.ndim != 2 or points.shape[1] != 2 or points.dtype.kind not in "fiu":
        raise ValueError(
            f"{name} must be numbers x, y of shape (n, 2), got {points.dtype} {points.shape}; "
            "pass one row a fixation"
        )
    x, y = points[:, 0], points[:, 1]
    rows, cols = shape
    inside = (x >= 0) & (x < cols) & (y >= 0) & (y < rows)
    if not inside.all():
        first = points[~inside][0]
        raise ValueError(
            f"{name} must lie on the map of {cols} x {rows} pixels, "
            f"got {np.sum(~inside)} outside, first ({first[0]:g}, {first[1]:g}); "
            "drop and count them before"
        )
    return y.astype(np.intp), x.astype(np.intp)


def unit_scale(values: Array) -> Array:
    """A map times a power of two, so that squares of its values neither overflow nor vanish.

    Parameters
    ----------
    values : ndarray, (rows, cols)
        Finite.

    Returns
    -------
    ndarray, (rows, cols), float64
        From -1 to 1, with the same digits; all zero for zeros.

    Examples
    --------
    >>> unit_scale(np.array([[3e-200, -1e-200]])).round(3)
    array([[ 0.574, -0.191]])
    """
    _, exponent = np.frexp(np.abs(values).max())
    return np.ldexp(values.astype(np.float64), -exponent)


def xy(fixations: Fixations) -> Array:
    """Positions of fixations, as metrics take them.

    Parameters
    ----------
    fixations : Fixations
        A table of n fixations.

    Returns
    -------
    ndarray, (n, 2), float64
        x, y in pixels.
    """
    return np.stack([fixations.x, fixations.y], axis=1)
