"""Transport: masses at places, and what it costs to move them -> the cheapest flow.

Place in the pipeline: under the earth mover's distances of :mod:`psysal.evaluation`.

References
----------
Rubner, Tomasi & Guibas (2000), doi:10.1023/A:1026543900054.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["distances", "flow"]

Array = NDArray[Any]


def distances(down: Array, across: Array) -> Array:
    """Straight distances between all cells of a grid, given positions of rows and columns.

    Returns
    -------
    ndarray, (cells, cells)
        In the unit of the positions.

    Examples
    --------
    >>> distances(np.array([0.0]), np.array([0.0, 2.0]))
    array([[0., 2.],
           [2., 0.]])
    """
    y, x = (m.reshape(-1) for m in np.meshgrid(down, across, indexing="ij"))
    return np.hypot(y[:, None] - y, x[:, None] - x)


def flow(cost: Array, give: Array, take: Array) -> Array:
    """The cheapest way to move the lesser of two masses, by linear programming.

    Parameters
    ----------
    cost : ndarray, (n, m)
        Of moving one unit; best about 1, as the solver's tolerance is 1e-7.
    give, take : ndarray, (n,) and (m,)
        Positive masses, best of 1 or more; whole ones make a whole flow.

    Returns
    -------
    ndarray, (n, m)
        What moves from where to where.

    Examples
    --------
    >>> flow(np.array([[1.0, 2.0]]), np.array([3.0]), np.array([2.0, 2.0]))
    array([[2., 1.]])
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, eye_array, kron

    n, m = cost.shape
    leaves = csr_array(kron(eye_array(n), np.ones((1, m))))
    arrives = csr_array(kron(np.ones((1, n)), eye_array(m)))
    sides = [(leaves, give), (arrives, take)]
    (all_of, lesser), (at_most, greater) = sorted(sides, key=lambda side: side[1].sum())
    found = linprog(
        cost.reshape(-1), A_eq=all_of, b_eq=lesser, A_ub=at_most, b_ub=greater, method="highs"
    )
    if not found.success:
        raise RuntimeError(f"the cheapest flow was not found: {found.message}")
    return np.asarray(found.x).reshape(n, m)
