"""Pooling: the local descriptors of an image become one vector.

Place in the pipeline: descriptors, weights -> [pooling] -> vector -> index.
Enters: descriptors, (N, D), one a row, and weights, (N,), at least 0, such as the saliency of
the patches; 1 by default.  Leaves: (D,), in the data type of the descriptors, not normalized;
:func:`power_normalized` usually follows.

Below, x_n is a descriptor, Phi = (x_1 ... x_N) the papers' D x N matrix, K = Phi' Phi.
Frequent descriptors dominate a sum.  Generalized max pooling and the democratic sum equalize
how much each descriptor contributes to the similarity of two images.

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
from numpy.typing import ArrayLike

from psysal._typing import Array
from psysal.retrieval.ridge import SOLVERS, blocks, ridge, weighted_sum

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

SINKHORN_STEPS = 10  # after which the contributions are equal to about 1e-4


class Pooling:
    """Base of all poolings: (N, D) descriptors -> (D,) vector; a callable."""

    def _pooled(self, x: Array, weights: Array) -> Array:
        """Vector (D,) of checked descriptors (N, D) and weights (N,) float64, one positive."""
        raise NotImplementedError

    def __call__(self, descriptors: ArrayLike, weights: ArrayLike | None = None) -> Array:
        """Vector of the descriptors of an image.

        Parameters
        ----------
        descriptors : array_like, (N, D)
            One a row, finite real numbers; D at least 1.
        weights : array_like, (N,), optional
            At least 0; each pooling defines their effect. 1 for all by default.

        Returns
        -------
        ndarray, (D,)
            float32 for descriptors in float32 or float16, computed to that accuracy; float64
            for all others. Zeros without descriptors, as of a flat image, or if all weights
            are 0.

        Raises
        ------
        TypeError
            Descriptors or weights are not real numbers.
        ValueError
            A shape is wrong, a number is not finite, or a weight is negative.
        """
        x, w = _checked(descriptors, weights)
        if not w.any():
            return np.zeros(x.shape[1], x.dtype)
        return self._pooled(x, w).astype(x.dtype, copy=False)


@dataclass(frozen=True)
class Sum(Pooling):
    """Weighted sum, sum_n w_n x_n.

    Examples
    --------
    >>> Sum()([[1.0, 0.0], [1.0, 2.0]], weights=[1, 3])
    array([4., 6.])
    """

    def _pooled(self, x: Array, weights: Array) -> Array:
        return weighted_sum(x, weights)


@dataclass(frozen=True)
class Average(Pooling):
    """Weighted mean, sum_n w_n x_n / sum_n w_n.

    Examples
    --------
    >>> Average()([[1.0, 0.0], [1.0, 2.0]], weights=[1, 3])
    array([1. , 1.5])
    """

    def _pooled(self, x: Array, weights: Array) -> Array:
        return weighted_sum(x, weights / weights.sum())


@dataclass(frozen=True)
class Max(Pooling):
    """Maximum of each element, max_n w_n x_n, over the descriptors of positive weight.

    Examples
    --------
    >>> Max()([[1.0, -4.0], [0.5, -3.0], [9.0, 9.0]], weights=[1, 1, 0])
    array([ 1., -3.])
    """

    def _pooled(self, x: Array, weights: Array) -> Array:
        out = np.full(x.shape[1], -np.inf)
        for at, rows in blocks(x, np.float64):
            active = weights[at] > 0
            weighted = rows[active] * weights[at][active, None]
            np.maximum(out, weighted.max(axis=0, initial=-np.inf), out=out)
        return out


@dataclass(frozen=True)
class PowerSum(Pooling):
    """Weighted sum s, power-normalized: ``sign(s) |s|**alpha``, divided by its L2 norm.

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
        return power_normalized(weighted_sum(x, weights), self.alpha)


@dataclass(frozen=True)
class GeneralizedMax(Pooling):
    """Generalized max pooling: the vector xi with x_n . xi = w_n for all n, regularized.

    Parameters
    ----------
    lam : float
        Positive; strength of the regularization, relative to the energy of the descriptors,
        ``|x_n|**2``. For unit descriptors choose it from 1 to 1000 by cross-validation.
    solver : None, "primal", "dual" or "cg"
        Cholesky factors of D or of N equations, or conjugate gradients, which form no matrix.
        By default the fewer equations; gradients if lam is above most eigenvalues, so that
        few steps suffice, or if the matrix would exceed 1 GiB. All agree to 1e-10. float32 is
        solved in float32 and refined with residuals in float64.

    Raises
    ------
    ValueError
        A parameter is out of range. When called, its subclass ``numpy.linalg.LinAlgError`` if
        ``lam`` is below the rounding error of the descriptors' energy.

    Notes
    -----
    ``xi = argmin |Phi' xi - w|**2 + lam |xi|**2`` (Murray & Perronnin 2014), which is

        (Phi Phi' + lam I)**-1 Phi w    (primal)
        Phi (K + lam I)**-1 w           (dual)

    The paper's w is 1; similarities in proportion to saliency are an extension. A weight of 0
    is the similarity 0: the descriptor is not left out.
    xi is linear in w; for small ``lam`` a regularized maximum (one-hot descriptors, n_k of
    kind k: xi_k = n_k / (n_k + lam)), for large ``lam`` Sum / lam.

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
    """Democratic sum: sum_n l_n x_n, with l_n >= 0 that equalize the contributions to its norm.

    Notes
    -----
    l_n sum_m l_m max(K_nm, 0) = w_n (Jegou & Zisserman 2014, where w is constant;
    contributions in proportion to saliency are an extension). A weight of 0 leaves a
    descriptor out. Solved as in the paper by ten damped steps of Sinkhorn's algorithm:
    s_n = l_n sum_m l_m K_nm, l_n <- l_n (w_n / s_n)**0.5. The vector depends on the directions
    of the descriptors, not on their lengths; a descriptor of zeros adds nothing. Memory is
    that of K, N x N.

    Examples
    --------
    >>> Democratic()([[1.0, 0.0]] * 4 + [[0.0, 1.0]]).round(3)
    array([2., 1.])
    """

    def _pooled(self, x: Array, weights: Array) -> Array:
        active = (weights > 0) & x.any(axis=1)
        units = x[active]
        units /= abs(units).max(axis=1, keepdims=True)  # squares neither over- nor underflow
        units /= np.linalg.norm(units, axis=1, keepdims=True)
        kernel = units @ units.T
        np.maximum(kernel, 0, out=kernel)
        most = weights.max()
        target = weights[active] / most
        share = np.ones(len(target))
        for _ in range(SINKHORN_STEPS):
            contribution = share * (kernel @ share.astype(kernel.dtype))
            share *= np.sqrt(target / contribution)
        return weighted_sum(units, share * math.sqrt(most))


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
"""Classes of poolings by name."""


def power_normalized(vector: ArrayLike, alpha: float = 0.5) -> Array:
    """Signed power of a vector, ``sign(v) |v|**alpha``, divided by its L2 norm.

    Parameters
    ----------
    vector : array_like, (D,)
        Finite real numbers.
    alpha : float
        Exponent, in (0, 1]; with 1, only the length changes.

    Returns
    -------
    ndarray, (D,)
        float32 for float32 and float16, else float64; zeros if ``vector`` is zeros.

    Raises
    ------
    TypeError
        ``vector`` does not hold real numbers.
    ValueError
        ``vector`` has another shape or numbers that are not finite, or ``alpha`` is out of
        range.

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
    normalized: Array = powered / np.linalg.norm(powered)
    return normalized


def _number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _check_alpha(alpha: Any) -> None:
    if not (_number(alpha) and 0 < alpha <= 1):
        raise ValueError(
            f"alpha must be above 0 and at most 1, got {alpha!r}; 0.5 is the square root"
        )


def _numbers(name: str, values: ArrayLike) -> Array:
    """Finite real numbers as a C-contiguous array of float32 or float64."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must be real numbers, got {array.dtype}; convert them")
    kind = np.float32 if array.dtype in (np.float16, np.float32) else np.float64
    array = np.asarray(array, kind, order="C")
    if not math.isfinite(np.vdot(array, array)) and not np.isfinite(array).all():
        raise ValueError(
            f"{name} must be finite, got NaN or infinity at {np.argwhere(~np.isfinite(array))[0]}; "
            "leave it out"
        )
    return array


def _checked(descriptors: ArrayLike, weights: ArrayLike | None) -> tuple[Array, Array]:
    """Descriptors as float32 or float64 and weights as float64, both C-contiguous."""
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
