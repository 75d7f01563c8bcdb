"""Exact metrics: a map and where people looked -> one number.

Place in the pipeline: ... -> map -> [metrics].  This is the profile ``exact``: every
pair of pixels counts, nothing is drawn, and nothing is resized or repaired.
Enters: maps (rows, cols), fixations (n, 2) as x to the right and y down, in pixels of
the map, truncated to whole ones; every fixation counts.  Leaves: a float.

A fixation outside the map is an error here: whoever drops it knows why, and counts it.
So is NaN, which must never become a score.

References
----------
Bylinskii, Judd, Oliva, Torralba & Durand (2019), "What do different evaluation metrics
tell us about saliency models?", IEEE TPAMI 41(3), doi:10.1109/TPAMI.2018.2815601;
Kümmerer, Wallis & Bethge (2018), "Saliency benchmarking made easy", ECCV,
doi:10.1007/978-3-030-01270-0_47.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from psysal.evaluation import kernels
from psysal.evaluation.checks import check_density, check_map, pixels, same_size
from psysal.evaluation.transport import distances, flow

__all__ = [
    "auc",
    "cc",
    "emd",
    "information_gain",
    "kl",
    "nss",
    "shuffled_auc",
    "similarity",
]

Array = NDArray[Any]

GRID = 20
"""Cells along the longer side of the grid on which :func:`emd` moves mass."""


def _wins(positives: Array, negatives: Array) -> float:
    """Share of all pairs in which the positive is larger; ties count one half."""
    pairs = len(positives) * len(negatives)
    if 2 * len(positives) < 2**kernels.STEPS:
        table = np.full(2**kernels.STEPS - 1, np.inf, positives.dtype)
        with np.errstate(over="ignore"):  # nothing finite is above the largest number
            above = np.nextafter(positives, np.inf, dtype=positives.dtype)
        table[: 2 * len(positives)] = np.sort(np.concatenate([positives, above]))
        losses = kernels.ranks(negatives, table)  # 2 a pair that is lost, 1 a tie
    else:
        ascending = np.sort(negatives)
        left, right = (np.searchsorted(ascending, positives, side) for side in ("left", "right"))
        losses = 2 * pairs - int(left.sum()) - int(right.sum())
    return float(1 - losses / (2 * pairs))


def auc(saliency: ArrayLike, fixations: ArrayLike) -> float:
    """Area under the ROC curve: fixations against all pixels of the map.

    The chance that a fixated pixel is more salient than any pixel of the map, ties
    counting one half; exact, and the same for every increasing transform of the map.

    Parameters
    ----------
    saliency : array_like, (rows, cols)
        Finite, in any unit.
    fixations : array_like, (n, 2)
        x, y in pixels.

    Returns
    -------
    float
        In [0, 1]; .5 is chance, and what a constant map scores.

    References
    ----------
    Tatler, Baddeley & Gilchrist (2005), doi:10.1016/j.visres.2004.09.017; all pixels as
    negatives as in Kümmerer, Wallis & Bethge (2018), doi:10.1007/978-3-030-01270-0_47.

    Examples
    --------
    >>> auc([[0, 1], [2, 3]], [[1, 1], [0, 1]])
    0.75
    """
    values = check_map("saliency", saliency)
    return _wins(values[pixels("fixations", fixations, values.shape)], values.reshape(-1))


def shuffled_auc(saliency: ArrayLike, fixations: ArrayLike, others: ArrayLike) -> float:
    """Area under the ROC curve: fixations against those on other images.

    What people do on every image, such as looking at its middle, earns nothing.

    Parameters
    ----------
    saliency : array_like, (rows, cols)
        Finite, in any unit.
    fixations : array_like, (n, 2)
        x, y in pixels.
    others : array_like, (m, 2)
        Fixations on other images, rescaled to the size of this one; all are used.

    Returns
    -------
    float
        In [0, 1]; .5 is chance, and what a constant map scores.

    References
    ----------
    Zhang, Tong, Marks, Shan & Cottrell (2008), doi:10.1167/8.7.32; Tatler, Baddeley &
    Gilchrist (2005), doi:10.1016/j.visres.2004.09.017.

    Examples
    --------
    >>> shuffled_auc([[0, 1], [2, 3]], [[1, 1]], [[0, 0], [1, 1]])
    0.75
    """
    values = check_map("saliency", saliency)
    return _wins(
        values[pixels("fixations", fixations, values.shape)],
        values[pixels("others", others, values.shape)],
    )


def nss(saliency: ArrayLike, fixations: ArrayLike) -> float:
    """Normalized scanpath saliency: how many standard deviations fixations are above the mean.

    Parameters
    ----------
    saliency : array_like, (rows, cols)
        Finite, in any unit; its standard deviation is that of all its pixels (over N).
    fixations : array_like, (n, 2)
        x, y in pixels.

    Returns
    -------
    float
        Any number; 0 is chance, and what a constant map scores.

    References
    ----------
    Peters, Iyer, Itti & Koch (2005), doi:10.1016/j.visres.2005.03.019.

    Examples
    --------
    >>> round(nss([[0, 0], [0, 4]], [[1, 1]]), 6)
    1.732051
    """
    values = check_map("saliency", saliency)
    fixated = values[pixels("fixations", fixations, values.shape)]
    mean, variance = kernels.moments(values, np.empty(values.shape[1]))
    return float((fixated.mean(dtype=float) - mean) / np.sqrt(variance)) if variance else 0.0


def cc(saliency: ArrayLike, density: ArrayLike) -> float:
    """Pearson's correlation of a map with a density of fixations.

    Parameters
    ----------
    saliency, density : array_like, (rows, cols)
        The map is finite, in any unit; the density is not negative, of any sum.

    Returns
    -------
    float
        In [-1, 1]; 0 where either is constant.

    References
    ----------
    Bylinskii et al. (2019), doi:10.1109/TPAMI.2018.2815601.

    Examples
    --------
    >>> round(cc([[1, 2, 3]], [[0, 1, 2]]), 6)
    1.0
    """
    a, b = check_map("saliency", saliency).astype(float), check_density("density", density)
    same_size("density", b, "saliency", a)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    a, b = (v - v.mean() for v in (a / abs(a).max(), b))
    a, b = (v / np.linalg.norm(v) for v in (a, b))
    return float(np.clip((a * b).sum(), -1, 1))


def similarity(p: ArrayLike, q: ArrayLike) -> float:
    """Mass that two densities share (the metric elsewhere called SIM).

    Parameters
    ----------
    p, q : array_like, (rows, cols)
        Not negative; each is divided by its sum.

    Returns
    -------
    float
        In [0, 1]; 1 for equal densities.

    References
    ----------
    Judd, Durand & Torralba (2012), MIT-CSAIL-TR-2012-001.

    Examples
    --------
    >>> similarity([[1, 1, 0]], [[0, 1, 1]])
    0.5
    """
    p, q = check_density("p", p), check_density("q", q)
    same_size("q", q, "p", p)
    return float(np.minimum(p, q).sum())


def kl(target: ArrayLike, prediction: ArrayLike) -> float:
    """Kullback-Leibler divergence of a prediction from the target, in nats.

    Parameters
    ----------
    target, prediction : array_like, (rows, cols)
        Not negative; each is divided by its sum. The target is what people did.

    Returns
    -------
    float
        From 0, for equal densities; infinite where the prediction rules out what happened.

    References
    ----------
    Kullback & Leibler (1951), doi:10.1214/aoms/1177729694.

    Examples
    --------
    >>> kl([[1, 0]], [[1, 1]])
    0.6931471805599453
    """
    from scipy.special import rel_entr

    target = check_density("target", target)
    prediction = check_density("prediction", prediction)
    same_size("prediction", prediction, "target", target)
    return float(rel_entr(target, prediction).sum())


def information_gain(density: ArrayLike, baseline: ArrayLike, fixations: ArrayLike) -> float:
    """Information on fixations that a density has over a baseline, in bits per fixation.

    Parameters
    ----------
    density, baseline : array_like, (rows, cols)
        Not negative; each is divided by its sum. The baseline must not have seen these
        fixations: fit it to other images.
    fixations : array_like, (n, 2)
        x, y in pixels.

    Returns
    -------
    float
        Any number; 0 for the baseline itself, minus infinity where the density rules out
        a fixation.

    References
    ----------
    Kümmerer, Wallis & Bethge (2015), doi:10.1073/pnas.1510393112.

    Examples
    --------
    >>> information_gain([[1, 3]], [[1, 1]], [[1, 0]])
    0.5849625007211562
    """
    gain, base = check_density("density", density), check_density("baseline", baseline)
    same_size("baseline", base, "density", gain)
    at = pixels("fixations", fixations, gain.shape)
    if not base[at].all():
        raise ValueError(
            "baseline must be positive at every fixation, got zero; mix it with a uniform density"
        )
    with np.errstate(divide="ignore"):
        return float((np.log2(gain[at]) - np.log2(base[at])).mean())


def emd(p: ArrayLike, q: ArrayLike) -> float:
    """Earth mover's distance: how far the mass of one density moves to make the other.

    Both are summed over the cells of a grid, 20 along the longer side and nearly square
    (pixels, where a map has no more); mass moves straight between centers of cells.

    Parameters
    ----------
    p, q : array_like, (rows, cols)
        Not negative; each is divided by its sum.

    Returns
    -------
    float
        Mean distance in pixels of the map, from 0; over ppd, it is in degrees.

    References
    ----------
    Rubner, Tomasi & Guibas (2000), doi:10.1023/A:1026543900054.

    Examples
    --------
    >>> emd([[1, 0, 0]], [[0, 1, 1]])
    1.5
    """
    p, q = check_density("p", p), check_density("q", q)
    same_size("q", q, "p", p)
    edges = [
        np.linspace(0, n, min(n, max(1, round(GRID * n / max(p.shape)))) + 1).astype(int)
        for n in p.shape
    ]
    for axis, starts in enumerate(edges):
        p, q = (np.add.reduceat(v, starts[:-1], axis) for v in (p, q))
    cost = distances(*((e[:-1] + e[1:]) / 2 for e in edges))
    excess = (p - q).reshape(-1)  # distances obey the triangle inequality: shared mass stays
    much, little = excess > 0, excess < 0
    if not (much.any() and little.any()):
        return 0.0
    moved = excess[much].sum()
    cost = cost[much][:, little]
    scale = len(excess) / moved  # masses about 1 or more, far above the solver's tolerance
    found = flow(cost, scale * excess[much], -scale * excess[little])
    return float((found * cost).sum() / scale)
