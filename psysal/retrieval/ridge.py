"""Ridge regression of a target on descriptors: the equations of generalized max pooling.

Place in the pipeline: descriptors, target -> [ridge] -> pooling.
Enters: checked descriptors x, (N, D), C-contiguous float32 or float64, and a target w, (N,)
float64.  Leaves: xi, (D,) float64, that minimizes ``|x xi - w|**2 + lam |xi|**2``.

With Phi = x', xi solves D equations (primal) or N (dual), whichever are fewer,

    xi = (Phi Phi' + lam I)**-1 Phi w = Phi (Phi' Phi + lam I)**-1 w

by a Cholesky factor, or by conjugate gradients ("cg"), which form neither matrix.

References
----------
Murray & Perronnin (2014), Generalized max pooling, doi:10.48550/arXiv.1406.0312.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from psysal._typing import Array

__all__ = ["SOLVERS", "ridge"]

Solve = Callable[[Array], Array | None]

SOLVERS = ("primal", "dual", "cg")
"""Ways to solve the equations."""

BLOCK = 2**19  # bytes of descriptors that stay in a core's cache between two products
LARGEST = 2**30  # bytes of the largest matrix that is formed by default
PRODUCTS = 40  # columns that a product of two matrices takes in the time of one with a vector
MOST_STEPS = 75  # of conjugate gradients before Cholesky is used; large products are slow
FIRST_STEPS = 4  # of conjugate gradients, after which their rate of convergence is known
ROUGH = 1e-4  # relative error of conjugate gradients in float32, before refinement
CLOSE = {np.dtype(np.float32): 1e-7, np.dtype(np.float64): 1e-11}  # relative error of a solution


def ridge(x: Array, target: Array, lam: float, solver: str | None = None) -> Array:
    """Coefficients xi of the ridge regression of a target on descriptors.

    Parameters
    ----------
    x : ndarray, (N, D)
        Finite descriptors, C-contiguous float32 or float64.
    target : ndarray, (N,), float64
        Values of x xi that are wanted.
    lam : float
        Positive; strength of the regularization.
    solver : str, optional
        One of :data:`SOLVERS`. By default the fewer equations; gradients if few steps suffice
        or the matrix would exceed 1 GiB.

    Returns
    -------
    ndarray, (D,), float64
        With a relative error of about 1e-10, or 1e-7 if ``x`` is float32.

    Raises
    ------
    numpy.linalg.LinAlgError
        ``lam`` is below the rounding error of the descriptors' energy.

    Examples
    --------
    >>> ridge(np.array([[1.0, 0.0]] * 3 + [[0.0, 1.0]]), np.ones(4), 1.0)
    array([0.75, 0.5 ])
    """
    small = min(x.shape)
    if solver is None and small**2 * x.itemsize > LARGEST:
        solver = "cg"
    if solver is None:
        solver = "dual" if x.shape[0] < x.shape[1] else "primal"
        steps = min(MOST_STEPS, int(small * (1 + small / max(x.shape) / 3) / PRODUCTS))
        # few steps suffice if the mean eigenvalue is well below lam
        if steps > 3 * FIRST_STEPS and float(np.vdot(x, x)) < lam * small / 4:
            quick = _solved(x, target, lam, "cg", steps)
            if quick is not None:
                return quick
    if (solution := _solved(x, target, lam, solver)) is None:
        raise np.linalg.LinAlgError(
            f"lam must not vanish beside the energy of the descriptors, got {lam!r}; "
            "raise it, or L2-normalize the descriptors"
        )
    return solution


def blocks(x: Array, kind: Any) -> Iterator[tuple[slice, Array]]:
    """Blocks of rows that fit into a core's cache, converted to a data type, and their slices."""
    step = max(1, BLOCK // (x.shape[1] * np.dtype(kind).itemsize))
    for start in range(0, len(x), step):
        at = slice(start, start + step)
        yield at, x[at].astype(kind, copy=False)


def weighted_sum(x: Array, weights: Array, kind: Any = np.float64) -> Array:
    """Sum of w_n x_n, Phi w, (D,) float64, with products in a data type."""
    out = np.zeros(x.shape[1])
    weights = weights.astype(kind, copy=False)
    for at, rows in blocks(x, kind):
        out += weights[at] @ rows
    return out


def _products(x: Array, vector: Array) -> Array:
    """Inner product of each x_n with a vector, Phi' v, (N,) float64."""
    return np.concatenate([rows @ vector for _, rows in blocks(x, np.float64)])


def _solved(
    x: Array, target: Array, lam: float, solver: str, steps: int | None = None
) -> Array | None:
    """Vector xi, (D,) float64.

    None if lam is lost in rounding, or if conjugate gradients would take more than ``steps``.
    """
    dual = solver == "dual"

    def residual(solution: Array) -> Array:
        """Residual of the equations, in float64; D equations read the rows once."""
        if dual:
            return target - _products(x, weighted_sum(x, solution)) - lam * solution
        out = -lam * solution
        for at, rows in blocks(x, np.float64):
            out += (target[at] - rows @ solution) @ rows
        return out

    kinds = [x.dtype] if steps or x.dtype == np.float64 else [x.dtype, np.dtype(np.float64)]
    for kind in kinds:
        rough = kind == np.float32
        with np.errstate(all="ignore"):  # beyond float32's range, float64 follows
            if solver == "cg":
                accuracy = ROUGH if rough else CLOSE[x.dtype]
                limit = steps // 2 if steps and rough else steps  # shared by two solutions
                solve = _conjugate_gradients(x, lam, accuracy, kind, limit)
            else:
                accuracy = 1.0
                solve = _factorized(x.astype(kind, copy=False), lam, dual)
            right = target if dual else weighted_sum(x, target, kind)
            solution = _refined(right, residual, solve, accuracy, CLOSE[x.dtype])
        if solution is not None:
            return weighted_sum(x, solution) if dual else solution
    return None


def _refined(
    right: Array, residual: Callable[[Array], Array], solve: Solve, accuracy: float, close: float
) -> Array | None:
    """Solution u of residual(u) = 0 by iterative refinement, from a solver of limited accuracy.

    The solution for ``right`` is corrected by the solution for its residual. The ratio of
    successive corrections estimates the relative error of the solver.
    """
    solution, before = np.zeros(len(right)), math.inf
    while True:
        size = np.linalg.norm(right)
        step = solve(right / size) if size else right
        if step is None or not np.isfinite(step).all():
            return None
        step = size * step.astype(np.float64, copy=False)
        now = float(np.linalg.norm(step))
        if now and not now < before / 2:
            return None
        accuracy = now / before if before < math.inf else accuracy
        solution = solution + step
        if accuracy * now <= close * np.linalg.norm(solution):
            return solution
        right, before = residual(solution), now


def _factorized(x: Array, lam: float, dual: bool) -> Solve:
    """Solver by the Cholesky factor of Phi Phi' + lam I, or of Phi' Phi + lam I if dual."""
    matrix = x @ x.T if dual else x.T @ x
    matrix.flat[:: len(matrix) + 1] += lam
    if not np.isfinite(matrix.diagonal()).all():  # overflow; no element is larger
        return lambda right: None
    try:
        # the transpose of a symmetric matrix is itself, in LAPACK's order
        factor, _ = cho_factor(matrix.T, lower=True, overwrite_a=True, check_finite=False)
    except np.linalg.LinAlgError:
        return lambda right: None
    return lambda right: cho_solve((factor, True), right.astype(x.dtype), check_finite=False)


def _conjugate_gradients(
    x: Array, lam: float, accuracy: float, kind: Any, steps: int | None
) -> Solve:
    """Solver of (Phi Phi' + lam I) u = right by conjugate gradients, in a data type.

    No eigenvalue is below lam, so that |residual| / lam bounds the error. None instead of a
    solution if more than ``steps`` are to be expected.
    """

    def solve(right: Array) -> Array | None:
        nonlocal steps
        solution = np.zeros(len(right), kind)
        residual = direction = right.astype(kind)
        first = size = float(np.linalg.norm(residual))
        for step in range(1, 10 * min(x.shape) + 100):
            image = lam * direction
            for _, rows in blocks(x, kind):
                image += (rows @ direction) @ rows
            length = size * size / (direction @ image)
            solution += length * direction
            residual = residual - length * image
            before, size = size, float(np.linalg.norm(residual))
            goal = accuracy * lam * float(np.linalg.norm(solution))
            if size <= goal:
                steps = None  # converged once, refinements may take any number
                return solution
            if not 0 < goal < math.inf or not size < math.inf:
                return None
            ahead = math.log(first / goal) / max(math.log(first / size), 1e-9)
            if steps and FIRST_STEPS <= step <= steps // 2 and step * ahead > steps:
                return None
            direction = residual + (size / before) ** 2 * direction
        return None

    return solve
