"""Exact metrics of a map against fixations.

Place in the pipeline: ... -> map -> [metrics] -> score.  This is the profile ``exact``: areas
under the curve are counts of all pairs of pixels, no pixels are drawn at random, and maps are
neither resized nor repaired.
Enters: maps (rows, cols); fixations (n, 2) as x to the right and y down, in pixels of the map,
truncated to whole ones; a pixel that is fixated twice counts twice.  Leaves: a float.

Fixations outside the map and NaN are errors: the caller drops and counts such fixations.

References
----------
Bylinskii, Judd, Oliva, Torralba & Durand (2019), "What do different evaluation metrics
tell us about saliency models?", IEEE TPAMI 41(3), doi:10.1109/TPAMI.2018.2815601;
Kümmerer, Wallis & Bethge (2018), "Saliency benchmarking made easy", ECCV,
doi:10.1007/978-3-030-01270-0_47.
"""

import numpy as np
from numpy.typing import ArrayLike

from psysal._typing import Array
from psysal.evaluation import kernels
from psysal.evaluation.inputs import check_densities, check_same_size, pixel_indexes, unit_scale
from psysal.evaluation.transport import cheapest_flow, grid_distances
from psysal.mapfile import check_map
from psysal.models.densities import check_density

__all__ = [
    "auc",
    "cc",
    "emd",
    "information_gain",
    "kl",
    "log_likelihood",
    "nss",
    "shuffled_auc",
    "similarity",
]

GRID = 20
"""Cells along the longer side of the grid on which :func:`emd` moves mass."""
SMALLEST_VARIANCE = 1e-280
"""Least variance whose digits are those of the map's values."""


def _area(positives: Array, negatives: Array) -> float:
    """Area under the ROC curve: share of pairs whose positive is larger, ties one half."""
    pairs = len(positives) * len(negatives)
    if 2 * len(positives) < 2**kernels.STEPS:
        table = np.full(2**kernels.STEPS - 1, np.inf, positives.dtype)
        with np.errstate(over="ignore"):  # nothing finite is above the largest number
            above = np.nextafter(positives, np.inf, dtype=positives.dtype)
        table[: 2 * len(positives)] = np.sort(np.concatenate([positives, above]))
        losses = kernels.ranks(negatives, table)  # 2 for a lost pair, 1 for a tie
    else:
        ascending = np.sort(negatives)
        left, right = (np.searchsorted(ascending, positives, side) for side in ("left", "right"))
        losses = 2 * pairs - int(left.sum()) - int(right.sum())
    return float(1 - losses / (2 * pairs))


def auc(saliency: ArrayLike, fixations: ArrayLike) -> float:
    """Area under the ROC curve: fixations against all pixels of the map.

    The probability that a fixated pixel is more salient than a pixel drawn from the whole map,
    ties counting one half; exact, and the same for every increasing transform of the map.

    Parameters
    ----------
    saliency : array_like, (rows, cols)
        Finite, in any unit.
    fixations : array_like, (n, 2)
        x, y in pixels.

    Returns
    -------
    float
        In [0, 1]; .5 is chance, and the score of a constant map.

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
    return _area(values[pixel_indexes("fixations", fixations, values.shape)], values.reshape(-1))


def shuffled_auc(saliency: ArrayLike, fixations: ArrayLike, others: ArrayLike) -> float:
    """Area under the ROC curve: fixations against those on other images.

    A map of the center bias, which all images share, scores .5.

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
        In [0, 1]; .5 is chance, and the score of a constant map.

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
    return _area(
        values[pixel_indexes("fixations", fixations, values.shape)],
        values[pixel_indexes("others", others, values.shape)],
    )


def nss(saliency: ArrayLike, fixations: ArrayLike) -> float:
    """Normalized scanpath saliency: mean z-score of the map at fixations.

    Parameters
    ----------
    saliency : array_like, (rows, cols)
        Finite, in any unit; its standard deviation is that of all its pixels (over N).
    fixations : array_like, (n, 2)
        x, y in pixels.

    Returns
    -------
    float
        Any number; 0 is chance, and the score of a constant map.

    References
    ----------
    Peters, Iyer, Itti & Koch (2005), doi:10.1016/j.visres.2005.03.019.

    Examples
    --------
    >>> round(nss([[0, 0], [0, 4]], [[1, 1]]), 6)
    1.732051
    """
    values = check_map("saliency", saliency)
    pixels = pixel_indexes("fixations", fixations, values.shape)
    mean, variance = kernels.moments(values, np.empty(values.shape[1]))
    if not SMALLEST_VARIANCE < variance < 1 / SMALLEST_VARIANCE:
        values = unit_scale(values)
        mean, variance = kernels.moments(values, np.empty(values.shape[1]))
    fixated = values[pixels]
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
    check_same_size("density", b, "saliency", a)
    if a.min() == a.max() or b.min() == b.max():
        return 0.0
    a, b = (v - v.mean() for v in (a / abs(a).max(), b))
    a, b = (v / np.linalg.norm(v) for v in (a, b))
    return float(np.clip((a * b).sum(), -1, 1))


def similarity(p: ArrayLike, q: ArrayLike) -> float:
    """Mass that two densities share (SIM in the literature).

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
    p, q = check_densities(p=p, q=q)
    return float(np.minimum(p, q).sum())


def kl(target: ArrayLike, prediction: ArrayLike) -> float:
    """Kullback-Leibler divergence of a prediction from the target, in nats.

    Parameters
    ----------
    target, prediction : array_like, (rows, cols)
        Not negative; each is divided by its sum. The target is the density of fixations.

    Returns
    -------
    float
        From 0, for equal densities; infinite where the prediction is zero and the target is not.

    References
    ----------
    Kullback & Leibler (1951), doi:10.1214/aoms/1177729694.

    Examples
    --------
    >>> kl([[1, 0]], [[1, 1]])
    0.6931471805599453
    """
    from scipy.special import rel_entr

    target, prediction = check_densities(target=target, prediction=prediction)
    return float(rel_entr(target, prediction).sum())


def information_gain(density: ArrayLike, baseline: ArrayLike, fixations: ArrayLike) -> float:
    """Information gain of a density over a baseline, in bits per fixation.

    Parameters
    ----------
    density, baseline : array_like, (rows, cols)
        Not negative; each is divided by its sum. The baseline must be fitted to other images,
        without these fixations.
    fixations : array_like, (n, 2)
        x, y in pixels.

    Returns
    -------
    float
        Any number; 0 for the baseline itself, minus infinity where the density is zero at a
        fixation.

    References
    ----------
    Kümmerer, Wallis & Bethge (2015), doi:10.1073/pnas.1510393112.

    Examples
    --------
    >>> information_gain([[1, 3]], [[1, 1]], [[1, 0]])
    0.5849625007211562
    """
    p, base = check_densities(density=density, baseline=baseline)
    fixated = pixel_indexes("fixations", fixations, p.shape)
    if not base[fixated].all():
        raise ValueError(
            "baseline must be positive at every fixation, got zero; mix it with a uniform density"
        )
    with np.errstate(divide="ignore"):
        return float((np.log2(p[fixated]) - np.log2(base[fixated])).mean())


def log_likelihood(density: ArrayLike, fixations: ArrayLike) -> float:
    """Log-likelihood of fixations under a density, in bits per fixation.

    Parameters
    ----------
    density : array_like, (rows, cols)
        Not negative; it is divided by its sum.
    fixations : array_like, (n, 2)
        x, y in pixels.

    Returns
    -------
    float
        At most 0; minus infinity where the density is zero at a fixation. That of a uniform
        density is minus the logarithm of the number of pixels.

    References
    ----------
    Kümmerer, Wallis & Bethge (2015), doi:10.1073/pnas.1510393112.

    Examples
    --------
    >>> log_likelihood([[1, 3]], [[0, 0]])
    -2.0
    """
    p = check_density("density", density)
    with np.errstate(divide="ignore"):
        return float(np.log2(p[pixel_indexes("fixations", fixations, p.shape)]).mean())


def emd(p: ArrayLike, q: ArrayLike) -> float:
    """Earth mover's distance: mean way of the mass that turns one density into the other.

    Both are summed over the cells of a grid, 20 along the longer side and nearly square
    (pixels, in smaller maps); mass moves straight between centers of cells.

    Parameters
    ----------
    p, q : array_like, (rows, cols)
        Not negative; each is divided by its sum.

    Returns
    -------
    float
        Mean distance in pixels of the map, from 0; divide by ppd for degrees.

    References
    ----------
    Rubner, Tomasi & Guibas (2000), doi:10.1023/A:1026543900054.

    Examples
    --------
    >>> emd([[1, 0, 0]], [[0, 1, 1]])
    1.5
    """
    p, q = check_densities(p=p, q=q)
    edges = [
        np.linspace(0, n, min(n, max(1, round(GRID * n / max(p.shape)))) + 1).astype(int)
        for n in p.shape
    ]
    for axis, starts in enumerate(edges):
        p, q = (np.add.reduceat(v, starts[:-1], axis) for v in (p, q))
    cost = grid_distances(*((e[:-1] + e[1:]) / 2 for e in edges))
    excess = (p - q).reshape(-1)  # distances obey the triangle inequality: shared mass stays
    sources, sinks = excess > 0, excess < 0
    if not (sources.any() and sinks.any()):
        return 0.0
    moved = excess[sources].sum()
    cost = cost[sources][:, sinks]
    scale = len(excess) / moved  # masses about 1 or more, far above the solver's tolerance
    flow = cheapest_flow(cost, scale * excess[sources], -scale * excess[sinks])
    return float((flow * cost).sum() / scale)
