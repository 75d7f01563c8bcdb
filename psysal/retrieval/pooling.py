"""Pooling: the local descriptors of an image become one vector.

Place in the pipeline: image, map -> descriptors, weights -> [pooling] -> vector -> search.
Enters: descriptors, (N, D), a row each, and weights, (N,), not negative, such as the
saliency where each was taken; 1 unless given.  Leaves: (D,), in the type of the
descriptors, not normalized; :func:`power_normalized` follows by custom.

Below, x_n is a descriptor, Phi = (x_1 ... x_N) the papers' D x N matrix, K = Phi' Phi.
Frequent descriptors drown rare ones in a sum; the generalized maximum and the democratic
sum ask that every descriptor be as like the vector as any other.

References
----------
Perronnin, Sanchez & Mensink (2010), doi:10.1007/978-3-642-15561-1_11.
Murray & Perronnin (2014), Generalized max pooling, doi:10.48550/arXiv.1406.0312.
Jegou & Zisserman (2014), Triangulation embedding and democratic aggregation for image
search, https://hal.inria.fr/hal-00977321.
Murray, Jegou, Perronnin & Zisserman (2016), Interferences in match kernels,
doi:10.48550/arXiv.1611.08194.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from numbers import Real
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import cho_factor, cho_solve

__all__ = [
    "POOLINGS",
    "Average",
    "Democratic",
    "GeneralizedMax",
    "Max",
    "Pooling",
    "PowerSum",
    "Sum",
    "power_normalized",
]

Array = NDArray[Any]
Solve = Callable[[Array], Array | None]

BLOCK = 2**19  # bytes of descriptors that stay in a core's cache between two products
LARGEST = 2**30  # bytes of the largest matrix that is formed unasked
PRODUCTS = 40  # multiplications of a matrix by a matrix in the time of one by a vector
DESCENT = 75  # steps of conjugate gradients at most that are tried; large products are slow
PATIENCE = 4  # steps after which conjugate gradients show how fast they are
SINKHORN = 10  # steps; they leave the additions equal to about 1e-4
ROUGH = 1e-4  # relative error of conjugate gradients in float32, to be refined
CLOSE = {np.dtype(np.float32): 1e-7, np.dtype(np.float64): 1e-11}  # relative error of a solution


class Pooling:
    """Descriptors to a vector; :meth:`_pooled` is how."""

    def _pooled(self, x: Array, weights: Array) -> Array:
        """Checked descriptors (N, D) and weights (N,) float64, some positive -> (D,)."""
        raise NotImplementedError

    def __call__(self, descriptors: ArrayLike, weights: ArrayLike | None = None) -> Array:
        """One vector for the descriptors of an image.

        Parameters
        ----------
        descriptors : array_like, (N, D)
            A row each, any real numbers; D at least 1.
        weights : array_like, (N,), optional
            At least 0; what they do is each pooling's own. 1 for all by default.

        Returns
        -------
        ndarray, (D,)
            float32 for descriptors in float32 or float16, computed to that accuracy; float64
            for all others. Without descriptors, as of a flat image, and where all weights
            are 0: zeros, which are like no other image.

        Raises
        ------
        TypeError
            Descriptors or weights that are not real numbers.
        ValueError
            Another shape, NaN or infinite numbers, negative weights.
        """
        x, w = _checked(descriptors, weights)
        if not w.any():
            return np.zeros(x.shape[1], x.dtype)
        return self._pooled(x, w).astype(x.dtype, copy=False)


@dataclass(frozen=True)
class Sum(Pooling):
    """sum_n w_n x_n.

    Examples
    --------
    >>> Sum()([[1.0, 0.0], [1.0, 2.0]], weights=[1, 3])
    array([4., 6.])
    """

    def _pooled(self, x: Array, weights: Array) -> Array:
        return _combined(x, weights)


@dataclass(frozen=True)
class Average(Pooling):
    """sum_n w_n x_n / sum_n w_n.

    Examples
    --------
    >>> Average()([[1.0, 0.0], [1.0, 2.0]], weights=[1, 3])
    array([1. , 1.5])
    """

    def _pooled(self, x: Array, weights: Array) -> Array:
        return _combined(x, weights / weights.sum())


@dataclass(frozen=True)
class Max(Pooling):
    """max_n w_n x_n of each element, over the descriptors of positive weight.

    Examples
    --------
    >>> Max()([[1.0, -4.0], [0.5, -3.0], [9.0, 9.0]], weights=[1, 1, 0])
    array([ 1., -3.])
    """

    def _pooled(self, x: Array, weights: Array) -> Array:
        out = np.full(x.shape[1], -np.inf)
        for at, rows in _blocks(x, np.float64):
            heard = weights[at] > 0
            weighed = rows[heard] * weights[at][heard, None]
            np.maximum(out, weighed.max(axis=0, initial=-np.inf), out=out)
        return out


@dataclass(frozen=True)
class PowerSum(Pooling):
    """The sum s of w_n x_n, :func:`power_normalized`: ``sign(s) |s|**alpha`` over its L2 norm.

    Parameters
    ----------
    alpha : float
        In (0, 1]; 1 is the L2-normalized sum.

    References
    ----------
    Perronnin, Sanchez & Mensink (2010), where ``alpha`` is 0.5.

    Examples
    --------
    >>> PowerSum()([[9.0, 0.0], [0.0, -4.0]], weights=[1, 4])
    array([ 0.6, -0.8])
    """

    alpha: float = 0.5

    def __post_init__(self) -> None:
        _check_alpha(self.alpha)

    def _pooled(self, x: Array, weights: Array) -> Array:
        return power_normalized(_combined(x, weights), self.alpha)


@dataclass(frozen=True)
class GeneralizedMax(Pooling):
    """The vector xi to which every descriptor is equally similar, x_n . xi = w_n, nearly.

    Parameters
    ----------
    lam : float
        Positive; how much equality counts less than a small vector. It is relative to the
        descriptors' energy ``|x_n|**2``; for unit descriptors 1 to 1000, by cross-validation.
    solver : None, "primal", "dual" or "cg"
        Cholesky of D or of N equations, or conjugate gradients, which hold no matrix. By
        default the fewer equations; gradients where lam is above most eigenvalues, so that
        few steps do, and where the matrix would exceed 1 GiB. All agree to 1e-10. float32 is
        solved in float32 and refined with residuals in float64.

    Raises
    ------
    ValueError
        Parameters out of range; or ``numpy.linalg.LinAlgError``, which is one: ``lam`` is so
        small beside the descriptors' energy that rounding drowns it.

    Notes
    -----
    ``xi = argmin |Phi' xi - w|**2 + lam |xi|**2`` (Murray & Perronnin 2014), which is

        (Phi Phi' + lam I)**-1 Phi w    (primal)
        Phi (K + lam I)**-1 w           (dual)

    The paper's w is 1; that descriptors ask for a similarity in proportion to their saliency
    is an extension. A weight of 0 asks for the similarity 0, and does not leave out.
    xi is linear in w, a regularized maximum for small ``lam`` (one-hot descriptors, n_k of
    kind k: xi_k = n_k / (n_k + lam)) and Sum / lam for large.

    Examples
    --------
    >>> GeneralizedMax(lam=1)([[1.0, 0.0]] * 3 + [[0.0, 1.0]])
    array([0.75, 0.5 ])
    """

    lam: float = 1.0
    solver: str | None = None

    def __post_init__(self) -> None:
        if not (_number(self.lam) and 0 < self.lam < math.inf):
            raise ValueError(
                f"lam must be a positive number, got {self.lam!r}; "
                "for unit descriptors 1 to 1000 are usual"
            )
        if self.solver not in (None, "primal", "dual", "cg"):
            raise ValueError(
                f"solver must be None, 'primal', 'dual' or 'cg', got {self.solver!r}; "
                "leave it out to have the fastest"
            )

    def _pooled(self, x: Array, weights: Array) -> Array:
        solver, lam, small = self.solver, float(self.lam), min(x.shape)
        if solver is None and small**2 * x.itemsize > LARGEST:
            solver = "cg"
        if solver is None:
            solver = "dual" if x.shape[0] < x.shape[1] else "primal"
            steps = min(DESCENT, int(small * (1 + small / max(x.shape) / 3) / PRODUCTS))
            # few steps do where the mean eigenvalue is well below lam
            if steps > 3 * PATIENCE and float(np.vdot(x, x)) < lam * small / 4:
                quick = _solved(x, weights, lam, "cg", steps)
                if quick is not None:
                    return quick
        if (found := _solved(x, weights, lam, solver)) is None:
            raise np.linalg.LinAlgError(
                f"lam must not vanish beside the energy of the descriptors, got {lam!r}; "
                "raise it, or L2-normalize the descriptors"
            )
        return found


@dataclass(frozen=True)
class Democratic(Pooling):
    """sum_n l_n x_n, the l_n >= 0 such that every descriptor adds its due to the vector's norm.

    Notes
    -----
    l_n sum_m l_m max(K_nm, 0) = w_n (Jegou & Zisserman 2014, where w is constant; a share
    in proportion to the saliency is an extension). A weight of 0 leaves a descriptor out.
    Solved by ten damped steps of Sinkhorn's algorithm,
    as theirs: s_n = l_n sum_m l_m K_nm,
    l_n <- l_n (w_n / s_n)**0.5. The vector depends on the directions of the descriptors, not
    on their lengths; a descriptor of zeros adds nothing. Takes the memory of K, N x N.

    Examples
    --------
    >>> Democratic()([[1.0, 0.0]] * 4 + [[0.0, 1.0]]).round(3)
    array([2., 1.])
    """

    def _pooled(self, x: Array, weights: Array) -> Array:
        heard = (weights > 0) & x.any(axis=1)
        units = x[heard]
        units /= abs(units).max(axis=1, keepdims=True)  # squares neither over- nor underflow
        units /= np.linalg.norm(units, axis=1, keepdims=True)
        kernel = units @ units.T
        np.maximum(kernel, 0, out=kernel)
        most = weights.max()
        due = weights[heard] / most
        share = np.ones(len(due))
        for _ in range(SINKHORN):
            adds = share * (kernel @ share.astype(kernel.dtype))
            share *= np.sqrt(due / adds)
        return _combined(units, share * math.sqrt(most))


POOLINGS = MappingProxyType(
    {
        "sum": Sum,
        "average": Average,
        "max": Max,
        "power_sum": PowerSum,
        "generalized_max": GeneralizedMax,
        "democratic": Democratic,
    }
)
"""The poolings by name."""


def power_normalized(vector: ArrayLike, alpha: float = 0.5) -> Array:
    """``sign(v) |v|**alpha``, divided by its L2 norm; zeros stay zeros.

    Parameters
    ----------
    vector : array_like, (D,)
    alpha : float
        In (0, 1]; 1 leaves the L2 norm alone.

    Returns
    -------
    ndarray, (D,)
        float32 of float32 and float16, else float64.

    References
    ----------
    Perronnin, Sanchez & Mensink (2010).

    Examples
    --------
    >>> power_normalized([9.0, 0.0, -16.0])
    array([ 0.6,  0. , -0.8])
    """
    _check_alpha(alpha)
    v = _numbers("vector", vector)
    if v.ndim != 1:
        raise ValueError(f"vector must be (D,), got shape {v.shape}; normalize one at a time")
    if not (most := abs(v).max(initial=0)):
        return np.zeros_like(v)
    powered = np.sign(v) * (abs(v) / most) ** alpha
    found: Array = powered / np.linalg.norm(powered)
    return found


def _number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _check_alpha(alpha: Any) -> None:
    if not (_number(alpha) and 0 < alpha <= 1):
        raise ValueError(
            f"alpha must be above 0 and at most 1, got {alpha!r}; 0.5 is the square root"
        )


def _numbers(name: str, values: ArrayLike) -> Array:
    """Finite real numbers as a C-contiguous array of float32 or float64."""
    found = np.asarray(values)
    if found.dtype.kind not in "fiub":
        raise TypeError(f"{name} must be real numbers, got {found.dtype}; convert them")
    kind = np.float32 if found.dtype in (np.float16, np.float32) else np.float64
    found = np.asarray(found, kind, order="C")
    if not math.isfinite(np.vdot(found, found)) and not np.isfinite(found).all():
        raise ValueError(
            f"{name} must be finite, got NaN or infinity at {np.argwhere(~np.isfinite(found))[0]}; "
            "leave it out"
        )
    return found


def _checked(descriptors: ArrayLike, weights: ArrayLike | None) -> tuple[Array, Array]:
    x = _numbers("descriptors", descriptors)
    if x.ndim != 2 or not x.shape[1]:
        raise ValueError(
            f"descriptors must be (N, D), a row each, got shape {x.shape}; "
            "a single one is (1, D), none are (0, D)"
        )
    if weights is None:
        return x, np.ones(len(x))
    w = _numbers("weights", weights).astype(np.float64, copy=False)
    if w.shape != x.shape[:1]:
        raise ValueError(
            f"weights must be one a descriptor, ({len(x)},), got shape {w.shape}; "
            "read the map where the descriptors were taken"
        )
    if w.min(initial=0) < 0:
        raise ValueError(f"weights must not be negative, got {w.min():.6g}; clip them at 0")
    return x, w


def _blocks(x: Array, kind: Any) -> Iterator[tuple[slice, Array]]:
    """Rows of x that fit into a core's cache, in a type."""
    step = max(1, BLOCK // (x.shape[1] * np.dtype(kind).itemsize))
    for start in range(0, len(x), step):
        at = slice(start, start + step)
        yield at, x[at].astype(kind, copy=False)


def _combined(x: Array, weights: Array, kind: Any = np.float64) -> Array:
    """Phi w: the sum of w_n x_n, (D,) float64, with products in a type."""
    out = np.zeros(x.shape[1])
    weights = weights.astype(kind, copy=False)
    for at, rows in _blocks(x, kind):
        out += weights[at] @ rows
    return out


def _scores(x: Array, vector: Array) -> Array:
    """Phi' v: how similar each x_n is to a vector, (N,) float64."""
    return np.concatenate([rows @ vector for _, rows in _blocks(x, np.float64)])


def _solved(
    x: Array, weights: Array, lam: float, solver: str, steps: int | None = None
) -> Array | None:
    """The vector of GeneralizedMax, (D,) float64.

    None where rounding has drowned lam, or where conjugate gradients would take more than
    so many steps.
    """
    dual = solver == "dual"

    def left(found: Array) -> Array:
        """What the equations lack, in float64 and with one look at the rows of D equations."""
        if dual:
            return weights - _scores(x, _combined(x, found)) - lam * found
        out = -lam * found
        for at, rows in _blocks(x, np.float64):
            out += (weights[at] - rows @ found) @ rows
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
            right = weights if dual else _combined(x, weights, kind)
            found = _refined(right, left, solve, accuracy, CLOSE[x.dtype])
        if found is not None:
            return _combined(x, found) if dual else found
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
    """Solves by the Cholesky factor of Phi Phi' + lam I, or of K + lam I."""
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
            for _, rows in _blocks(x, kind):
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
