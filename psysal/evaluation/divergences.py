"""Divergences of a predicted density from a target, with their gradients.

Place in the pipeline: logits -> softmax -> density p -> [divergence from g] -> training.
Enters: a target density g, of fixations, and the logits x of p = softmax(x), both (..., n)
with pixels along the last axis; maps are flattened by the caller.  Leaves: the values (...)
in float64 and their gradients with respect to the logits (..., n).

Every gradient is ``dL/dx_i = p_i (d_i - sum_j p_j d_j)`` with ``d = dL/dp``, so it sums to
0: a constant added to the logits changes nothing.  Formulas use log p wherever a small p
would underflow, so that logits of +-1e4 are exact too.  Two divergences have a floor,
:data:`FLOOR`: the target of :func:`reverse_kl` and the divisor of :func:`chi_square`, which
would else be infinite where the target or the prediction is zero.

References
----------
Jetley, Murray & Vig (2016), "End-to-end saliency mapping via probability distribution
prediction", CVPR, doi:10.1109/CVPR.2016.620 (densities as softmax, and the losses);
Cha (2007), "Comprehensive survey on distance/similarity measures between probability
density functions", Int. J. Mathematical Models and Methods in Applied Sciences 1(4);
Gibbs & Su (2002), "On choosing and bounding probability metrics",
doi:10.1111/j.1751-5823.2002.tb00178.x (how they bound one another).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_softmax, logsumexp, softmax, xlogy

from psysal._typing import Array
from psysal.checks import one_of, real_array

__all__ = [
    "DIVERGENCES",
    "FLOOR",
    "bhattacharyya",
    "chi_square",
    "cosine",
    "euclidean",
    "hellinger",
    "jensen_shannon",
    "kl",
    "reverse_kl",
    "symmetric_chi_square",
    "total_variation",
    "value_and_gradient",
]

Pair = tuple[Array, Array]

FLOOR = 1e-12
"""Least density of a pixel in the target of :func:`reverse_kl`; added to divisors in
:func:`chi_square`."""

SUM_TOLERANCE = 1e-5  # of a density in float32


def value_and_gradient(name: str, target: ArrayLike, logits: ArrayLike) -> Pair:
    """Divergence of softmax(logits) from the target, and its gradient.

    Parameters
    ----------
    name : str
        One of :data:`DIVERGENCES`.
    target : array_like, (..., n)
        Densities: not negative, each summing to 1 along the last axis.
    logits : array_like, (..., n)
        Finite, in nats; softmax makes them densities.

    Returns
    -------
    value : ndarray, (...)
        From 0, for equal densities.
    gradient : ndarray, (..., n)
        Gradient of each value with respect to its own logits.

    Raises
    ------
    ValueError
        An unknown name, different shapes, a target that is no density, or NaN.

    Examples
    --------
    >>> value, gradient = value_and_gradient("kl", [1, 0], [0, 0])
    >>> round(float(value), 6), gradient.tolist()
    (0.693147, [-0.5, 0.5])
    """
    return DIVERGENCES[one_of("divergence", name, DIVERGENCES)](target, logits)


def kl(target: ArrayLike, logits: ArrayLike) -> Pair:
    """Kullback-Leibler divergence ``sum g ln(g/p)``, in nats; gradient ``p - g``.

    Up to the entropy of the target it is minus the mean log-likelihood of fixations.

    Parameters
    ----------
    target, logits : array_like, (..., n)
        As :func:`value_and_gradient` takes them.

    Returns
    -------
    value, gradient : ndarray, (...) and (..., n)

    References
    ----------
    Kullback & Leibler (1951), doi:10.1214/aoms/1177729694.

    Examples
    --------
    >>> kl([0.25, 0.75], [0, 0])[1].tolist()
    [0.25, -0.25]
    """
    g, log_p = _check(target, logits)
    return (xlogy(g, g) - g * log_p).sum(-1), np.exp(log_p) - g


def reverse_kl(target: ArrayLike, logits: ArrayLike) -> Pair:
    """Kullback-Leibler divergence of the target from the prediction, ``sum p ln(p/g)``, in nats.

    The gradient is ``p_i (ln(p_i/g_i) - value)``. The target is at least :data:`FLOOR`
    everywhere, ``g = max(g, FLOOR)``: mass where the target is zero costs up to 27.6 nats, so
    blur the target first.

    Parameters
    ----------
    target, logits : array_like, (..., n)
        As :func:`value_and_gradient` takes them.

    Returns
    -------
    value, gradient : ndarray, (...) and (..., n)

    References
    ----------
    Kullback & Leibler (1951), doi:10.1214/aoms/1177729694.

    Examples
    --------
    >>> round(float(reverse_kl([0.25, 0.75], [0, 0])[0]), 6)
    0.143841
    """
    g, log_p = _check(target, logits)
    p, ratio = np.exp(log_p), log_p - np.log(np.maximum(g, FLOOR))
    return (p * ratio).sum(-1), _logit_gradient(p, ratio)


def jensen_shannon(target: ArrayLike, logits: ArrayLike) -> Pair:
    """Jensen-Shannon divergence ``(KL(g, m) + KL(p, m))/2``, ``m = (p + g)/2``, in nats.

    At most ln 2; the gradient has ``d = ln(p/m)/2``.

    Parameters
    ----------
    target, logits : array_like, (..., n)
        As :func:`value_and_gradient` takes them.

    Returns
    -------
    value, gradient : ndarray, (...) and (..., n)

    References
    ----------
    Lin (1991), "Divergence measures based on the Shannon entropy", IEEE Transactions on
    Information Theory 37(1), doi:10.1109/18.61115.

    Examples
    --------
    >>> round(float(jensen_shannon([1, 0], [-1e4, 0])[0]), 6)
    0.693147
    """
    g, log_p = _check(target, logits)
    p, log_m = np.exp(log_p), np.logaddexp(log_p, _log(g)) - np.log(2)
    ratio = log_p - log_m
    return (p * ratio + xlogy(g, g) - g * log_m).sum(-1) / 2, _logit_gradient(p, ratio) / 2


def chi_square(target: ArrayLike, logits: ArrayLike) -> Pair:
    """Pearson's chi-square ``sum (g - p)**2/p``, which is ``sum g**2/p - 1``.

    With e = :data:`FLOOR` it is ``sum (g - p)**2/(p + e)``, so that a pixel where the
    prediction is zero costs at most 1e12, and ``d = (p - g)(p + g + 2e)/(p + e)**2``.

    Parameters
    ----------
    target, logits : array_like, (..., n)
        As :func:`value_and_gradient` takes them.

    Returns
    -------
    value, gradient : ndarray, (...) and (..., n)

    References
    ----------
    Pearson (1900), doi:10.1080/14786440009463897.

    Examples
    --------
    >>> round(float(chi_square([0.25, 0.75], [0, 0])[0]), 6)
    0.25
    """
    g, log_p = _check(target, logits)
    p = np.exp(log_p)
    floored = p + FLOOR
    ratio = (p - g) / floored
    return (ratio * (p - g)).sum(-1), _logit_gradient(p, ratio * (1 + (g + FLOOR) / floored))


def symmetric_chi_square(target: ArrayLike, logits: ArrayLike) -> Pair:
    """Symmetric chi-square ``sum (p - g)**2/(p + g)``.

    At most 2. With ``t = (p - g)/(p + g) = tanh(ln(p/g)/2)``, ``d = t (2 - t)``, which is
    ``(p - g)(p + 3g)/(p + g)**2``.

    Parameters
    ----------
    target, logits : array_like, (..., n)
        As :func:`value_and_gradient` takes them.

    Returns
    -------
    value, gradient : ndarray, (...) and (..., n)

    References
    ----------
    Cha (2007), where it is called squared chi-squared; Topsoe (2000), doi:10.1109/18.850703
    (triangular discrimination).

    Examples
    --------
    >>> round(float(symmetric_chi_square([0.25, 0.75], [0, 0])[0]), 6)
    0.133333
    """
    g, log_p = _check(target, logits)
    p, t = np.exp(log_p), np.tanh((log_p - _log(g)) / 2)
    return ((p - g) * t).sum(-1), _logit_gradient(p, t * (2 - t))


def total_variation(target: ArrayLike, logits: ArrayLike) -> Pair:
    """Total variation ``sum |p - g|/2``, the mass by which the two differ.

    At most 1; ``d = sgn(p - g)/2``, and 0 where both are equal.

    Parameters
    ----------
    target, logits : array_like, (..., n)
        As :func:`value_and_gradient` takes them.

    Returns
    -------
    value, gradient : ndarray, (...) and (..., n)

    References
    ----------
    Gibbs & Su (2002), doi:10.1111/j.1751-5823.2002.tb00178.x.

    Examples
    --------
    >>> float(total_variation([0.25, 0.75], [0, 0])[0])
    0.25
    """
    g, log_p = _check(target, logits)
    p = np.exp(log_p)
    return abs(p - g).sum(-1) / 2, _logit_gradient(p, np.sign(p - g) / 2)


def cosine(target: ArrayLike, logits: ArrayLike) -> Pair:
    """Cosine distance ``1 - p.g/(|p| |g|)``.

    At most 1, as densities are not negative; ``d = ((p.g) p/|p|**2 - g)/(|p| |g|)``.

    Parameters
    ----------
    target, logits : array_like, (..., n)
        As :func:`value_and_gradient` takes them.

    Returns
    -------
    value, gradient : ndarray, (...) and (..., n)

    References
    ----------
    Jetley, Murray & Vig (2016), doi:10.1109/CVPR.2016.620.

    Examples
    --------
    >>> round(float(cosine([0, 1], [0, 0])[0]), 6)
    0.292893
    """
    g, log_p = _check(target, logits)
    p = np.exp(log_p)
    size = np.linalg.norm(p, axis=-1, keepdims=True)
    u, v = p / size, g / np.linalg.norm(g, axis=-1, keepdims=True)
    shared = (u * v).sum(-1, keepdims=True)
    return ((u - v) ** 2).sum(-1) / 2, _logit_gradient(p, (shared * u - v) / size)


def bhattacharyya(target: ArrayLike, logits: ArrayLike) -> Pair:
    """Bhattacharyya distance ``-ln sum sqrt(p g)``, in nats.

    The gradient is half the difference of p and the density in proportion to
    ``sqrt(p g)``.

    Parameters
    ----------
    target, logits : array_like, (..., n)
        As :func:`value_and_gradient` takes them.

    Returns
    -------
    value, gradient : ndarray, (...) and (..., n)

    References
    ----------
    Bhattacharyya (1943), "On a measure of divergence between two statistical populations
    defined by their probability distributions", Bull. Calcutta Math. Soc. 35; the best
    loss in Jetley, Murray & Vig (2016), doi:10.1109/CVPR.2016.620.

    Examples
    --------
    >>> round(float(bhattacharyya([0, 1], [0, 0])[0]), 6)
    0.346574
    """
    g, log_p = _check(target, logits)
    shared = (log_p + _log(g)) / 2
    return -logsumexp(shared, axis=-1), (np.exp(log_p) - softmax(shared, axis=-1)) / 2


def hellinger(target: ArrayLike, logits: ArrayLike) -> Pair:
    """Squared Hellinger distance ``1 - sum sqrt(p g) = sum (sqrt(p) - sqrt(g))**2/2``.

    At most 1; the gradient is ``(p_i sum_j sqrt(p_j g_j) - sqrt(p_i g_i))/2``.

    Parameters
    ----------
    target, logits : array_like, (..., n)
        As :func:`value_and_gradient` takes them.

    Returns
    -------
    value, gradient : ndarray, (...) and (..., n)

    References
    ----------
    Hellinger (1909), doi:10.1515/crll.1909.136.210.

    Examples
    --------
    >>> round(float(hellinger([0, 1], [0, 0])[0]), 6)
    0.292893
    """
    g, log_p = _check(target, logits)
    u, v = np.exp(log_p / 2), np.sqrt(g)
    return ((u - v) ** 2).sum(-1) / 2, u * (u * (u * v).sum(-1, keepdims=True) - v) / 2


def euclidean(target: ArrayLike, logits: ArrayLike) -> Pair:
    """Squared Euclidean distance ``sum (p - g)**2``.

    At most 2; ``d = 2 (p - g)``.

    Parameters
    ----------
    target, logits : array_like, (..., n)
        As :func:`value_and_gradient` takes them.

    Returns
    -------
    value, gradient : ndarray, (...) and (..., n)

    References
    ----------
    Brier (1950), "Verification of forecasts expressed in terms of probability",
    Monthly Weather Review 78(1), as a score of probabilities.

    Examples
    --------
    >>> float(euclidean([0, 1], [0, 0])[0])
    0.5
    """
    g, log_p = _check(target, logits)
    p = np.exp(log_p)
    return ((p - g) ** 2).sum(-1), _logit_gradient(p, 2 * (p - g))


DIVERGENCES: Mapping[str, Callable[[ArrayLike, ArrayLike], Pair]] = MappingProxyType(
    {
        divergence.__name__: divergence
        for divergence in (
            kl,
            reverse_kl,
            jensen_shannon,
            chi_square,
            symmetric_chi_square,
            total_variation,
            cosine,
            bhattacharyya,
            hellinger,
            euclidean,
        )
    }
)
"""Every divergence by its name: ``(target, logits) -> value, gradient``."""


def _logit_gradient(p: Array, d: Array) -> Array:
    """Gradient with respect to the logits, from d, the gradient with respect to p."""
    return p * (d - (p * d).sum(-1, keepdims=True))


def _log(g: Array) -> Array:
    """ln g, minus infinity where the target is 0."""
    with np.errstate(divide="ignore"):
        return np.log(g)


def _check(target: ArrayLike, logits: ArrayLike) -> Pair:
    """The target, summing to 1 in float64, and log softmax of the logits."""
    g, x = _vectors("target", target), _vectors("logits", logits)
    if g.shape != x.shape:
        raise ValueError(
            f"target must have the shape of the logits, {x.shape}, got {g.shape}; "
            "resize or flatten one of them"
        )
    if (lowest := g.min()) < 0:
        raise ValueError(
            f"target must not be negative anywhere, got {lowest:.6g}; pass a density of fixations"
        )
    total = g.sum(-1, keepdims=True)
    worst = total.flat[abs(total - 1).argmax()]
    if abs(worst - 1) > SUM_TOLERANCE:
        raise ValueError(
            f"target must sum to 1 along its last axis, got {worst:.6g}; divide it by its sum"
        )
    return g / total, log_softmax(x, axis=-1)


def _vectors(name: str, values: ArrayLike) -> Array:
    """Finite numbers (..., n), in float64."""
    array = real_array(name, values, hint="repair them").astype(np.float64)
    if not array.ndim or not array.size:
        raise ValueError(
            f"{name} must be (..., n) with pixels along the last axis, got shape {array.shape}"
        )
    return array
