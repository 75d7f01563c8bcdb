"""Ridge regression of a target on descriptors: the equations of generalized max pooling.

Place in the pipeline: descriptors, target -> [ridge] -> pooling.
Enters: checked descriptors x, (N, D), C-contiguous float32 or float64, and a target w, (N,)
float64.  Leaves: xi, (D,) float64, that minimizes ``|x xi - w|**2 + lam |xi|**2``.

With Phi = x', these are the fewer of D equations (primal) and N (dual),

    xi = (Phi Phi' + lam I)**-1 Phi w = Phi (Phi' Phi + lam I)**-1 w

by Cholesky, or by conjugate gradients ("cg"), which form neither matrix.

References
----------
Murray & Perronnin (2014), Generalized max pooling, doi:10.48550/arXiv.1406.0312.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

__all__ = ["SOLVERS", "blocks", "combined", "ridge"]

Array = NDArray[Any]
Solve = Callable[[Array], Array | None]

SOLVERS = ("primal", "dual", "cg")
"""How the equations can be solved."""

BLOCK = 2**19  # bytes of descriptors that stay in a core's cache between two products
LARGEST = 2**30  # bytes of the largest matrix that is formed unasked
PRODUCTS = 40  # multiplications of a matrix by a matrix in the time of one by a vector
DESCENT = 75  # steps of conjugate gradients at most that are tried; large products are slow
PATIENCE = 4  # steps after which conjugate gradients show how fast they are
ROUGH = 1e-4  # relative error of conjugate gradients in float32, to be refined
CLOSE = {np.dtype(np.float32): 1e-7, np.dtype(np.float64): 1e-11}  # relative error of a solution


def ridge(x: Array, target: Array, lam: float, solver: str | None = None) -> Array:
    """The vector xi of checked descriptors, to about 1e-10, or 1e-7 of float32.

    Parameters
    ----------
    x : ndarray, (N, D)
    target : ndarray, (N,), float64
    lam : float
        Positive.
    solver : str, optional
        One of :data:`SOLVERS`. By default the fewer equations; gradients where few steps do,
        and where the matrix would exceed 1 GiB.

    Returns
    -------
    ndarray, (D,), float64

    Raises
    ------
    numpy.linalg.LinAlgError
        ``lam`` is so small beside the descriptors' energy that rounding drowns it.

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
        steps = min(DESCENT, int(small * (1 + small / max(x.shape) / 3) / PRODUCTS))
        # few steps do where the mean eigenvalue is well below lam
        if steps > 3 * PATIENCE and float(np.vdot(x, x)) < lam * small / 4:
            quick = _solved(x, target, lam, "cg", steps)
            if quick is not None:
                return quick
    if (found := _solved(x, target, lam, solver)) is None:
        raise np.linalg.LinAlgError(
            f"lam must not vanish beside the energy of the descriptors, got {lam!r}; "
            "raise it, or L2-normalize the descriptors"
        )
    return found


def blocks(x: Array, kind: Any) -> Iterator[tuple[slice, Array]]:
    """Rows of x that fit into a core's cache, in a type."""
    step = max(1, BLOCK // (x.shape[1] * np.dtype(kind).itemsize))
    for start in range(0, len(x), step):
        at = slice(start, start + step)
        yield at, x[at].astype(kind, copy=False)


def combined(x: Array, weights: Array, kind: Any = np.float64) -> Array:
    """Phi w: the sum of w_n x_n, (D,) float64, with products in a type."""
    out = np.zeros(x.shape[1])
    weights = weights.astype(kind, copy=False)
    for at, rows in blocks(x, kind):
        out += weights[at] @ rows
    return out


def _scores(x: Array, vector: Array) -> Array:
    """Phi' v: how similar each x_n is to a vector, (N,) float64."""
    return np.concatenate([rows @ vector for _, rows in blocks(x, np.float64)])


def _solved(
    x: Array, target: Array, lam: float, solver: str, steps: int | None = None
) -> Array | None:
    """The vector xi, (D,) float64.

    None where rounding has drowned lam, or where conjugate gradients would take more than
    so many steps.
    """
    dual = solver == "dual"

    def left(found: Array) -> Array:
        """What the equations lack, in float64 and with one look at the rows of D equations."""
        if dual:
            return target - _scores(x, combined(x, found)) - lam * found
        out = -lam * found
        for at, rows in blocks(x, np.float64):
            out += (target[at] - rows @ found) @ rows
        return out

    kinds = [x.dtype] if steps or x.dtype == np.float64 else [x.dtype, np.dtype(np.float64)]
    for kind in kinds:
        rough = kind == np.float32
        with np.errstate(all="ignore"):  # beyond float32's range, float64 follows
            if solver == "cg":
                accuracy = ROUGH if rough else CLOSE[x.dtype]
                tried = steps // 2 if steps and rough else steps  # two solutions will do
                solve = _descent(x, lam, accuracy, kind, tried)
            else:
                accuracy = 1.0
                solve = _factorized(x.astype(kind, copy=False), lam, dual)
            right = target if dual else combined(x, target, kind)
            found = _refined(right, left, solve, accuracy, CLOSE[x.dtype])
        if found is not None:
            return combined(x, found) if dual else found
    return None


def _refined(
    right: Array, left: Callable[[Array], Array], solve: Solve, accuracy: float, close: float
) -> Array | None:
    """The u that leaves nothing, left(u) = 0, from a solver with a relative error.

    The solution for ``right`` is corrected by the solution for what it leaves. By how much
    one correction is smaller than the one before is the error of the solver.
    """
    found, before = np.zeros(len(right)), math.inf
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
        found = found + step
        if accuracy * now <= close * np.linalg.norm(found):
            return found
        right, before = left(found), now


def _factorized(x: Array, lam: float, dual: bool) -> Solve:
    """Solves by the Cholesky factor of Phi Phi' + lam I, or of Phi' Phi + lam I."""
    matrix = x @ x.T if dual else x.T @ x
    matrix.flat[:: len(matrix) + 1] += lam
    if not np.isfinite(matrix.diagonal()).all():  # beyond its type; no element is larger
        return lambda right: None
    try:
        # the transpose, which is the same, has the order of LAPACK
        factor, _ = cho_factor(matrix.T, lower=True, overwrite_a=True, check_finite=False)
    except np.linalg.LinAlgError:
        return lambda right: None
    return lambda right: cho_solve((factor, True), right.astype(x.dtype), check_finite=False)


def _descent(x: Array, lam: float, accuracy: float, kind: Any, steps: int | None) -> Solve:
    """Solves (Phi Phi' + lam I) u = right by conjugate gradients, in a type.

    No eigenvalue is below lam, so that |left| / lam bounds the error.
    """

    def solve(right: Array) -> Array | None:
        nonlocal steps
        found = np.zeros(len(right), kind)
        left = towards = right.astype(kind)
        first = size = float(np.linalg.norm(left))
        for step in range(1, 10 * min(x.shape) + 100):
            image = lam * towards
            for _, rows in blocks(x, kind):
                image += (rows @ towards) @ rows
            length = size * size / (towards @ image)
            found += length * towards
            left = left - length * image
            before, size = size, float(np.linalg.norm(left))
            goal = accuracy * lam * float(np.linalg.norm(found))
            if size <= goal:
                steps = None  # who came so far goes on
                return found
            if not 0 < goal < math.inf or not size < math.inf:
                return None
            ahead = math.log(first / goal) / max(math.log(first / size), 1e-9)
            if steps and PATIENCE <= step <= steps // 2 and step * ahead > steps:
                return None
            towards = left + (size / before) ** 2 * towards
        return None

    return solve
