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
from dataclasses import dataclass
from numbers import Real
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from psysal.retrieval.ridge import SOLVERS, blocks, combined, ridge

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

SINKHORN = 10  # steps; they leave the additions equal to about 1e-4


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
        return combined(x, weights)


@dataclass(frozen=True)
class Average(Pooling):
    """sum_n w_n x_n / sum_n w_n.

    Examples
    --------
    >>> Average()([[1.0, 0.0], [1.0, 2.0]], weights=[1, 3])
    array([1. , 1.5])
    """

    def _pooled(self, x: Array, weights: Array) -> Array:
        return combined(x, weights / weights.sum())


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
        for at, rows in blocks(x, np.float64):
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
        return power_normalized(combined(x, weights), self.alpha)


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
        if self.solver not in (None, *SOLVERS):
            raise ValueError(
                f"solver must be None, 'primal', 'dual' or 'cg', got {self.solver!r}; "
                "leave it out to have the fastest"
            )

    def _pooled(self, x: Array, weights: Array) -> Array:
        return ridge(x, weights, float(self.lam), self.solver)


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
        return combined(units, share * math.sqrt(most))


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
