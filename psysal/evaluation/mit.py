"""MIT metrics: the numbers of the MIT saliency benchmark's MATLAB programs.

Place in the pipeline: ... -> map -> [mit].  This is the profile ``mit``, for comparing
with published tables; :mod:`psysal.evaluation.metrics` is for everything else.
Enters: a saliency map (rows, cols) and a map ``fixated`` that is > 0 on fixated pixels,
or a density; of another size, the saliency map is resized bicubically to it.  Leaves:
a float.

Where it differs from ``exact``: a pixel that is fixated twice counts once; standard
deviations are over N - 1; the areas under the curve of Borji and shuffled stand on 11
thresholds, so that a monotone change of the map changes them; random pixels are drawn.
A constant map, which these programs score NaN, is an error.

References
----------
Bylinskii, Judd, Oliva, Torralba & Durand (2019), "What do different evaluation metrics
tell us about saliency models?", IEEE TPAMI 41(3), doi:10.1109/TPAMI.2018.2815601, and
its programs (github.com/cvzoya/saliency, code_forMetrics).
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from psysal.evaluation.checks import check_map
from psysal.evaluation.transport import distances, flow
from psysal.vision.resize import resize

__all__ = [
    "auc_borji",
    "auc_judd",
    "auc_shuffled",
    "blur",
    "cc",
    "emd",
    "information_gain",
    "kl",
    "nss",
    "similarity",
]

Array = NDArray[Any]
EPS = 2.0**-52
SPLITS = 100
STEP = 0.1
WHOLE = 1_000_000  # units into which emd cuts all mass and the longest distance


def auc_judd(
    saliency: ArrayLike, fixated: ArrayLike, *, jitter: np.random.Generator | None = None
) -> float:
    """Area under the ROC curve with a threshold at every fixated pixel.

    Parameters
    ----------
    saliency, fixated : array_like, (rows, cols)
        A map, and where it was fixated (> 0).
    jitter : numpy.random.Generator, optional
        Adds up to 1e-7 at random to every pixel, which breaks ties.

    Returns
    -------
    float
        About [0, 1]; ties lower it, and can make the curve leave the unit square.

    References
    ----------
    Judd, Ehinger, Durand & Torralba (2009), doi:10.1109/ICCV.2009.5459462.

    Examples
    --------
    >>> auc_judd([[0, 1], [2, 3]], [[0, 0], [0, 1]])
    1.0
    """
    where = _fixated("fixated", fixated)
    values = _sized("saliency", saliency, where.shape)
    if jitter is not None:
        values = values + jitter.random(values.shape) / 1e7
    values = _stretched("saliency", values)
    thresholds = np.sort(values[where])[::-1]
    hits = np.arange(1, len(thresholds) + 1)
    above = values.size - np.searchsorted(np.sort(values, axis=None), thresholds)
    return _area(hits / len(hits), (above - hits) / max(values.size - len(hits), 1))


def auc_borji(
    saliency: ArrayLike,
    fixated: ArrayLike,
    *,
    rng: np.random.Generator | None = None,
    indices: ArrayLike | None = None,
) -> float:
    """Area under the ROC curve against random pixels, as many as are fixated; mean of 100.

    Parameters
    ----------
    saliency, fixated : array_like, (rows, cols)
        A map, and where it was fixated (> 0).
    rng : numpy.random.Generator
        Draws the pixels, with replacement; or
    indices : array_like, (fixated pixels, splits)
        Pixels drawn elsewhere, as MATLAB counts: from 1, down the columns.

    Returns
    -------
    float
        In [0, 1].

    References
    ----------
    Borji, Tavakoli, Sihite & Itti (2013), doi:10.1109/ICCV.2013.118.

    Examples
    --------
    >>> auc_borji([[0, 1], [2, 3]], [[0, 0], [0, 1]], indices=[[1, 2]])
    1.0
    """
    where = _fixated("fixated", fixated)
    values = _stretched("saliency", _sized("saliency", saliency, where.shape))
    if (rng is None) == (indices is None):
        raise ValueError("auc_borji needs either rng or indices; pass one of them")
    if rng is not None:
        indices = rng.integers(1, values.size + 1, (where.sum(), SPLITS))
    return _split_area(values, where, indices)


def auc_shuffled(
    saliency: ArrayLike,
    fixated: ArrayLike,
    others: ArrayLike,
    *,
    rng: np.random.Generator | None = None,
    indices: ArrayLike | None = None,
) -> float:
    """Area under the ROC curve against pixels fixated on other images; mean of 100.

    Parameters
    ----------
    saliency, fixated, others : array_like, (rows, cols)
        A map, where it was fixated (> 0), and where others were: the benchmark takes ten
        random other images together.
    rng : numpy.random.Generator
        Draws as many other pixels as are fixated or there are, without replacement; or
    indices : array_like, (pixels, splits)
        Pixels drawn elsewhere, as MATLAB counts: from 1, down the columns.

    Returns
    -------
    float
        In [0, 1].

    References
    ----------
    Zhang, Tong, Marks, Shan & Cottrell (2008), doi:10.1167/8.7.32.

    Examples
    --------
    >>> auc_shuffled([[0, 1], [2, 3]], [[0, 0], [0, 1]], [[1, 0], [1, 0]], indices=[[1, 2]])
    1.0
    """
    where, elsewhere = _fixated("fixated", fixated), _fixated("others", others)
    if elsewhere.shape != where.shape:
        raise ValueError(
            f"others must have the size of fixated, {where.shape}, got {elsewhere.shape}; "
            "move its fixations to that size"
        )
    values = _stretched("saliency", _sized("saliency", saliency, where.shape))
    if (rng is None) == (indices is None):
        raise ValueError("auc_shuffled needs either rng or indices; pass one of them")
    if rng is not None:
        pool = np.flatnonzero(elsewhere.T) + 1
        count = min(where.sum(), len(pool))
        indices = np.transpose([rng.choice(pool, count, replace=False) for _ in range(SPLITS)])
    return _split_area(values, where, indices)


def nss(saliency: ArrayLike, fixated: ArrayLike) -> float:
    """Normalized scanpath saliency, with the standard deviation over N - 1.

    Parameters
    ----------
    saliency, fixated : array_like, (rows, cols)
        A map, and where it was fixated (> 0).

    Returns
    -------
    float
        Any number; 0 is chance.

    References
    ----------
    Peters, Iyer, Itti & Koch (2005), doi:10.1016/j.visres.2005.03.019.

    Examples
    --------
    >>> nss([[0, 0], [0, 4]], [[0, 0], [0, 1]])
    1.5
    """
    where = _fixated("fixated", fixated)
    values = _varied("saliency", _sized("saliency", saliency, where.shape))
    return float(((values - values.mean()) / values.std(ddof=1))[where].mean())


def cc(saliency: ArrayLike, density: ArrayLike) -> float:
    """Pearson's correlation of a map with a density of fixations.

    Parameters
    ----------
    saliency, density : array_like, (rows, cols)

    Returns
    -------
    float
        In [-1, 1].

    References
    ----------
    Bylinskii et al. (2019), doi:10.1109/TPAMI.2018.2815601.

    Examples
    --------
    >>> round(cc([[1, 2, 3]], [[0, 1, 2]]), 6)
    1.0
    """
    target, values = _pair(saliency, density)
    a, b = _varied("saliency", values), _varied("density", target)
    return float(np.corrcoef(a.reshape(-1), b.reshape(-1))[0, 1])


def similarity(saliency: ArrayLike, density: ArrayLike) -> float:
    """Mass that two maps share, each stretched to [0, 1] and then divided by its sum.

    Parameters
    ----------
    saliency, density : array_like, (rows, cols)

    Returns
    -------
    float
        In [0, 1].

    References
    ----------
    Judd, Durand & Torralba (2012), MIT-CSAIL-TR-2012-001.

    Examples
    --------
    >>> similarity([[1, 2, 3]], [[3, 2, 1]])
    0.3333333333333333
    """
    target, values = _pair(saliency, density)
    a, b = _stretched("saliency", values), _stretched("density", target)
    return float(np.minimum(a / a.sum(), b / b.sum()).sum())


def kl(target: ArrayLike, prediction: ArrayLike) -> float:
    """Kullback-Leibler divergence of a map from the target, in nats, made finite by an epsilon.

    Parameters
    ----------
    target, prediction : array_like, (rows, cols)
        Negative values are set to zero; each is divided by its sum. (The program takes
        the two the other way round.)

    Returns
    -------
    float
        About 0 for equal maps; large where the prediction is zero.

    References
    ----------
    Bylinskii et al. (2019), doi:10.1109/TPAMI.2018.2815601.

    Examples
    --------
    >>> round(kl([[1, 0]], [[1, 1]]), 6)
    0.693147
    """
    q = _share("target", check_map("target", target).astype(np.float64))
    p = _share("prediction", _sized("prediction", prediction, q.shape))
    return float((q * np.log(EPS + q / (p + EPS))).sum())


def information_gain(saliency: ArrayLike, baseline: ArrayLike, fixated: ArrayLike) -> float:
    """Information gain over a baseline in bits per fixated pixel, of maps stretched to [0, 1].

    Parameters
    ----------
    saliency, baseline, fixated : array_like, (rows, cols)
        Two maps, each divided by its sum once it is stretched, and where people looked (> 0).

    Returns
    -------
    float
        Any number; 0 for the baseline itself.

    References
    ----------
    Kümmerer, Wallis & Bethge (2015), doi:10.1073/pnas.1510393112.

    Examples
    --------
    >>> round(information_gain([[0, 1, 3]], [[0, 2, 2]], [[0, 0, 1]]), 6)
    0.584963
    """
    where = _fixated("fixated", fixated)
    p, b = (
        _stretched(name, _sized(name, values, where.shape))
        for name, values in (("saliency", saliency), ("baseline", baseline))
    )
    p, b = p / p.sum(), b / b.sum()
    return float((np.log2(EPS + p[where]) - np.log2(EPS + b[where])).mean())


def emd(saliency: ArrayLike, density: ArrayLike, *, downsize: int = 32) -> float:
    """Earth mover's distance of both maps made smaller, by whole millionths of their mass.

    Parameters
    ----------
    saliency, density : array_like, (rows, cols)
        Each is made smaller bicubically, so that it may turn negative, and is divided by
        its sum.
    downsize : int
        By how much the density is made smaller.

    Returns
    -------
    float
        Mean distance in pixels of the small maps, from 0. Shared mass stays; the rest, and
        distances, are rounded to millionths of all mass and of the longest distance, and
        what is left over by rounding does not move.

    References
    ----------
    Pele & Werman (2009), doi:10.1109/ICCV.2009.5459199, whose program the benchmark calls.

    Examples
    --------
    >>> round(emd([[4, 0, 0]], [[0, 4, 4]], downsize=1), 6)
    1.5
    """
    if isinstance(downsize, bool) or not isinstance(downsize, int) or downsize < 1:
        raise ValueError(f"downsize must be a whole number from 1 on, got {downsize!r}")
    target = check_map("density", density)
    rows, cols = (-(-n // downsize) for n in target.shape)
    p, q = (
        _normalized(name, _sized(name, values, (rows, cols))).reshape(-1)
        for name, values in (("density", target), ("saliency", saliency))
    )
    cost = distances(np.arange(rows), np.arange(cols))
    unit = max(cost.max(), 1) / WHOLE
    give, take = (np.floor(np.maximum(v, 0) * WHOLE + 0.5) for v in (p - q, q - p))
    if not (give.any() and take.any()):
        return 0.0
    steps = np.floor(cost[give > 0][:, take > 0] / unit + 0.5)
    found = flow(steps / WHOLE, give[give > 0], take[take > 0])
    return float((found.round() * steps).sum() * unit / WHOLE)


def blur(fixated: ArrayLike, *, cycles: float = 8.0) -> Array:
    """A density of fixations as the benchmark makes it: low-passed at 8 cycles an image.

    A Gaussian in the frequency domain that falls to one half at ``cycles`` over n, the
    power of two that holds the image's longer side; it is one of
    n / cycles * sqrt(ln 2 / (2 pi^2)) pixels, 24 at n = 1024. What surrounds is zero as
    far as n reaches, and then the image comes again.

    Parameters
    ----------
    fixated : array_like, (rows, cols)
        Counts of fixations, or where they are (> 0).
    cycles : float
        Cut-off frequency.

    Returns
    -------
    ndarray, (rows, cols), float64
        Of any sum; tiny negative values are rounding.

    References
    ----------
    Bylinskii et al. (2019), doi:10.1109/TPAMI.2018.2815601, antonioGaussian.m.

    Examples
    --------
    >>> blur([[0, 0, 0, 0], [0, 0, 1, 0]], cycles=1).round(2)
    array([[0.  , 0.05, 0.12, 0.05],
           [0.01, 0.12, 0.27, 0.12]])
    """
    image = check_map("fixated", fixated).astype(np.float64)
    if not 0 < cycles < np.inf:
        raise ValueError(f"cycles must be a positive number of cycles an image, got {cycles!r}")
    n = 1 << (max(max(image.shape), 2) - 1).bit_length()
    gain = np.exp(-np.log(2) * (np.fft.fftfreq(n, 1 / n) / cycles) ** 2)
    spectrum = np.fft.fft2(image, (n, n)) * gain[:, None] * gain
    return np.ascontiguousarray(np.fft.ifft2(spectrum).real[: image.shape[0], : image.shape[1]])


def _fixated(name: str, values: ArrayLike) -> Array:
    where = check_map(name, values) > 0
    if not where.any():
        raise ValueError(f"{name} must be positive on some pixel, got none; leave the image out")
    return where


def _sized(name: str, values: ArrayLike, shape: tuple[int, ...]) -> Array:
    found = check_map(name, values).astype(np.float64)
    rows, cols = shape
    return found if found.shape == shape else resize(found[None], (rows, cols), "cubic")[0]


def _pair(saliency: ArrayLike, density: ArrayLike) -> tuple[Array, Array]:
    target = check_map("density", density).astype(np.float64)
    return target, _sized("saliency", saliency, target.shape)


def _varied(name: str, values: Array) -> Array:
    if np.ptp(values) == 0:
        raise ValueError(
            f"{name} must not be constant, which this profile scores NaN; "
            "use the exact profile or leave it out"
        )
    return values


def _stretched(name: str, values: Array) -> Array:
    """Values in [0, 1]."""
    values = _varied(name, values)
    return (values - values.min()) / (values.max() - values.min())


def _normalized(name: str, values: Array) -> Array:
    """Divided by the sum."""
    if (total := values.sum()) <= 0:
        raise ValueError(f"{name} must have a positive sum, got {total:.6g}; leave it out")
    return values / total


def _share(name: str, values: Array) -> Array:
    """Clipped, and divided by the sum."""
    return _normalized(name, np.maximum(values, 0))


def _area(hits: Array, alarms: Array) -> float:
    """Trapezoids under a curve from (0, 0) to (1, 1)."""
    return float(np.trapezoid(np.r_[0, hits, 1], np.r_[0, alarms, 1]))


def _split_area(values: Array, where: Array, indices: ArrayLike | None) -> float:
    """Mean area over splits, with thresholds in steps of 0.1."""
    drawn = np.asarray(indices)
    if drawn.ndim != 2 or not drawn.size or drawn.dtype.kind not in "iu":
        raise ValueError(
            f"indices must be whole numbers (pixels, splits), got {drawn.dtype} {drawn.shape}"
        )
    if drawn.min() < 1 or drawn.max() > values.size:
        raise ValueError(
            f"indices must count pixels from 1 to {values.size}, got {drawn.min()} to {drawn.max()}"
        )
    fixated = np.sort(values[where])
    areas = []
    for random in np.sort(values.T.reshape(-1)[drawn.T - 1], axis=1):
        steps = int(max(fixated[-1], random[-1]) / STEP * (1 + EPS)) + 1
        thresholds = np.arange(steps)[::-1] * STEP
        hits, alarms = (1 - np.searchsorted(v, thresholds) / len(v) for v in (fixated, random))
        areas.append(_area(hits, alarms))
    return float(np.mean(areas))
