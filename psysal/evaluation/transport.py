"""Optimal transport: the cheapest flow of mass between places.

Place in the pipeline: below the earth mover's distances of :mod:`psysal.evaluation`.

References
----------
Rubner, Tomasi & Guibas (2000), doi:10.1023/A:1026543900054.
"""

import numpy as np

from psysal._typing import Array

__all__ = ["cheapest_flow", "grid_distances"]


def grid_distances(y: Array, x: Array) -> Array:
    """Straight distances between all cells of a grid.

    Parameters
    ----------
    y : ndarray, (rows,)
        Positions of the rows.
    x : ndarray, (cols,)
        Positions of the columns, in the same unit.

    Returns
    -------
    ndarray, (rows * cols, rows * cols)
        In the unit of the positions; cells along the rows first.

    Examples
    --------
    >>> grid_distances(np.array([0.0]), np.array([0.0, 2.0]))
    array([[0., 2.],
           [2., 0.]])
    """
    down, across = (m.reshape(-1) for m in np.meshgrid(y, x, indexing="ij"))
    return np.hypot(down[:, None] - down, across[:, None] - across)


def cheapest_flow(cost: Array, supply: Array, demand: Array) -> Array:
    """Cheapest flow of the lesser of two masses, by linear programming.

    Parameters
    ----------
    cost : ndarray, (n, m)
        Cost of moving one unit of mass; best about 1, as the solver's tolerance is 1e-7.
    supply, demand : ndarray, (n,) and (m,)
        Positive masses, best of 1 or more; whole ones make a whole flow.

    Returns
    -------
    ndarray, (n, m)
        Mass that moves from each place of supply to each of demand.

    Raises
    ------
    RuntimeError
        The solver did not converge.

    Examples
    --------
    >>> cheapest_flow(np.array([[1.0, 2.0]]), np.array([3.0]), np.array([2.0, 2.0]))
    array([[2., 1.]])
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, eye_array, kron

    n, m = cost.shape
    leaves = csr_array(kron(eye_array(n), np.ones((1, m))))
    arrives = csr_array(kron(np.ones((1, n)), eye_array(m)))
    sides = [(leaves, supply), (arrives, demand)]
    (all_of, lesser), (at_most, greater) = sorted(sides, key=lambda side: side[1].sum())
    solution = linprog(
        cost.reshape(-1), A_eq=all_of, b_eq=lesser, A_ub=at_most, b_ub=greater, method="highs"
    )
    if not solution.success:
        raise RuntimeError(f"the cheapest flow was not found: {solution.message}")
    return np.asarray(solution.x).reshape(n, m)
