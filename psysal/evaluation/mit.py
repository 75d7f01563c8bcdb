"""Metrics with the conventions of the MIT saliency benchmark's MATLAB programs.

Place in the pipeline: ... -> map -> [mit] -> score.  This is the profile ``mit``, for comparing
with published tables; :mod:`psysal.evaluation.metrics` is for everything else.
Enters: a fixation map ``fixated``, > 0 on fixated pixels, or a density of fixations, (rows, cols);
a saliency map, resized bicubically if its size is another.  Leaves: a float.

It differs from ``exact``: a pixel that is fixated twice counts once; standard deviations are over
N - 1; the areas of Borji and shuffled are against random pixels at 11 thresholds, so that monotone
changes of a map change them.  A constant map, which the programs score NaN, is an error.

References
----------
Bylinskii, Judd, Oliva, Torralba & Durand (2019), "What do different evaluation metrics
tell us about saliency models?", IEEE TPAMI 41(3), doi:10.1109/TPAMI.2018.2815601, and
its programs (github.com/cvzoya/saliency, code_forMetrics).
"""

import numpy as np
from numpy.typing import ArrayLike

from psysal._typing import Array
from psysal.checks import positive_number, whole_number
from psysal.evaluation.inputs import unit_scale
from psysal.evaluation.transport import cheapest_flow, grid_distances
from psysal.mapfile import check_map
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

EPS = 2.0**-52  # MATLAB's eps
SPLITS = 100  # random draws over which an area is averaged
STEP = 0.1  # between thresholds
UNITS = 1_000_000  # into which emd cuts all mass and the longest distance


def auc_judd(
    saliency: ArrayLike, fixated: ArrayLike, *, jitter: np.random.Generator | None = None
) -> float:
    """Area under the ROC curve with a threshold at every fixated pixel.

    Parameters
    ----------
    saliency, fixated : array_like, (rows, cols)
        A map, and the fixation map (> 0 on fixated pixels).
    jitter : numpy.random.Generator, optional
        Draws noise of up to 1e-7 that is added to every pixel and breaks ties.

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
    mask = _mask("fixated", fixated)
    values = _resized("saliency", saliency, mask.shape)
    if jitter is not None:
        values = values + jitter.random(values.shape) / 1e7
    values = _stretch("saliency", values)
    thresholds = np.sort(values[mask])[::-1]
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
        A map, and the fixation map (> 0 on fixated pixels).
    rng : numpy.random.Generator, optional
        Draws the pixels, with replacement; or
    indices : array_like, (fixated pixels, splits), optional
        pixels drawn before, as MATLAB counts: from 1, down the columns.

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
    mask = _mask("fixated", fixated)
    _check_draws("auc_borji", rng, indices)
    if rng is not None:
        indices = rng.integers(1, mask.size + 1, (mask.sum(), SPLITS))
    return _split_area(saliency, mask, indices)


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
        A map, the fixation map (> 0 on fixated pixels), and that of other images: the
        benchmark takes ten random ones together.
    rng : numpy.random.Generator, optional
        Draws as many pixels of ``others``, or all of them, without replacement; or
    indices : array_like, (pixels, splits), optional
        pixels drawn before, as MATLAB counts: from 1, down the columns.

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
    mask, other_mask = _mask("fixated", fixated), _mask("others", others)
    if other_mask.shape != mask.shape:
        raise ValueError(
            f"others must have the size of fixated, {mask.shape}, got {other_mask.shape}; "
            "move its fixations to that size"
        )
    _check_draws("auc_shuffled", rng, indices)
    if rng is not None:
        pixels = np.flatnonzero(other_mask.T) + 1
        count = min(mask.sum(), len(pixels))
        indices = np.transpose([rng.choice(pixels, count, replace=False) for _ in range(SPLITS)])
    return _split_area(saliency, mask, indices)


def nss(saliency: ArrayLike, fixated: ArrayLike) -> float:
    """Normalized scanpath saliency, with the standard deviation over N - 1.

    Parameters
    ----------
    saliency, fixated : array_like, (rows, cols)
        A map, and the fixation map (> 0 on fixated pixels).

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
    mask = _mask("fixated", fixated)
    values = _check_varied("saliency", _resized("saliency", saliency, mask.shape))
    return float(((values - values.mean()) / values.std(ddof=1))[mask].mean())


def cc(saliency: ArrayLike, density: ArrayLike) -> float:
    """Pearson's correlation of a map with a density of fixations.

    Parameters
    ----------
    saliency, density : array_like, (rows, cols)
        A map, and the density of fixations.

    Returns
    -------
    float
        In [-1, 1].

    Examples
    --------
    >>> round(cc([[1, 2, 3]], [[0, 1, 2]]), 6)
    1.0
    """
    target = check_map("density", density).astype(np.float64)
    a = _check_varied("saliency", _resized("saliency", saliency, target.shape))
    return float(np.corrcoef(a.reshape(-1), _check_varied("density", target).reshape(-1))[0, 1])


def similarity(saliency: ArrayLike, density: ArrayLike) -> float:
    """Mass that two maps share, each stretched to [0, 1] and then divided by its sum.

    Parameters
    ----------
    saliency, density : array_like, (rows, cols)
        A map, and the density of fixations.

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
    target = check_map("density", density).astype(np.float64)
    a = _stretch("saliency", _resized("saliency", saliency, target.shape))
    b = _stretch("density", target)
    return float(np.minimum(a / a.sum(), b / b.sum()).sum())


def kl(target: ArrayLike, prediction: ArrayLike) -> float:
    """Kullback-Leibler divergence of a map from the target, in nats, made finite by an epsilon.

    Parameters
    ----------
    target, prediction : array_like, (rows, cols)
        Negative values are set to zero; each is divided by its sum.

    Returns
    -------
    float
        About 0 for equal maps; large where the prediction is zero.

    Examples
    --------
    >>> round(kl([[1, 0]], [[1, 1]]), 6)
    0.693147
    """
    q = check_map("target", target).astype(np.float64)
    p = _resized("prediction", prediction, q.shape)
    q = _divide_by_sum("target", np.maximum(q, 0))
    p = _divide_by_sum("prediction", np.maximum(p, 0))
    return float((q * np.log(EPS + q / (p + EPS))).sum())


def information_gain(saliency: ArrayLike, baseline: ArrayLike, fixated: ArrayLike) -> float:
    """Information gain over a baseline in bits per fixated pixel, of maps stretched to [0, 1].

    Parameters
    ----------
    saliency, baseline, fixated : array_like, (rows, cols)
        Two maps, each stretched and divided by its sum, and the fixation map (> 0 on fixated
        pixels).

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
    mask = _mask("fixated", fixated)
    p = _stretch("saliency", _resized("saliency", saliency, mask.shape))
    b = _stretch("baseline", _resized("baseline", baseline, mask.shape))
    p, b = p / p.sum(), b / b.sum()
    return float((np.log2(EPS + p[mask]) - np.log2(EPS + b[mask])).mean())


def emd(saliency: ArrayLike, density: ArrayLike, *, downsize: int = 32) -> float:
    """Earth mover's distance of reduced maps, by whole millionths of their mass.

    Parameters
    ----------
    saliency, density : array_like, (rows, cols)
        Each is reduced bicubically, so that it may turn negative, and is divided by its sum.
    downsize : int
        Factor by which the density is reduced, from 1.

    Returns
    -------
    float
        Mean distance in pixels of the reduced maps, from 0. Mass is rounded to millionths of its
        sum, distances to millionths of the longest; shared mass and what rounding leaves stay.

    References
    ----------
    Pele & Werman (2009), doi:10.1109/ICCV.2009.5459199, whose program the benchmark calls.

    Examples
    --------
    >>> round(emd([[4, 0, 0]], [[0, 4, 4]], downsize=1), 6)
    1.5
    """
    downsize = whole_number("downsize", downsize)
    target = check_map("density", density)
    rows, cols = (-(-n // downsize) for n in target.shape)
    p = _divide_by_sum("density", _resized("density", target, (rows, cols))).reshape(-1)
    q = _divide_by_sum("saliency", _resized("saliency", saliency, (rows, cols))).reshape(-1)
    cost = grid_distances(np.arange(rows), np.arange(cols))
    unit = max(cost.max(), 1) / UNITS
    supply, demand = (np.floor(np.maximum(v, 0) * UNITS + 0.5) for v in (p - q, q - p))
    if not (supply.any() and demand.any()):
        return 0.0
    steps = np.floor(cost[supply > 0][:, demand > 0] / unit + 0.5)
    flow = cheapest_flow(steps / UNITS, supply[supply > 0], demand[demand > 0])
    return float((flow.round() * steps).sum() * unit / UNITS)


def blur(fixated: ArrayLike, *, cycles: float = 8.0) -> Array:
    """Density of fixations as the benchmark makes it: low-passed at 8 cycles an image.

    The image is padded with zeros to n x n pixels, n a power of two, and then periodic. The gain is
    a Gaussian of frequency that is one half at ``cycles`` over n: in space, a Gaussian of
    n / cycles * sqrt(ln 2 / (2 pi^2)) pixels, 24 at n = 1024.

    Parameters
    ----------
    fixated : array_like, (rows, cols)
        Fixation map: 1 on fixated pixels, or counts of fixations.
    cycles : float
        Cut-off frequency in cycles over n pixels.

    Returns
    -------
    ndarray, (rows, cols), float64
        A density of any sum; tiny negative values are rounding.

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
    positive_number("cycles", cycles, unit="of cycles an image")
    n = 1 << (max(max(image.shape), 2) - 1).bit_length()
    gain = np.exp(-np.log(2) * (np.fft.fftfreq(n, 1 / n) / cycles) ** 2)
    spectrum = np.fft.fft2(image, (n, n)) * gain[:, None] * gain
    return np.ascontiguousarray(np.fft.ifft2(spectrum).real[: image.shape[0], : image.shape[1]])


def _mask(name: str, values: ArrayLike) -> Array:
    """True on fixated pixels, of which there must be one."""
    mask = check_map(name, values) > 0
    if not mask.any():
        raise ValueError(f"{name} must be positive on some pixel, got none; leave the image out")
    return mask


def _resized(name: str, values: ArrayLike, shape: tuple[int, ...]) -> Array:
    """A map of the size (rows, cols), in float64."""
    array = check_map(name, values).astype(np.float64)
    rows, cols = shape
    return array if array.shape == shape else resize(array[None], (rows, cols), "cubic")[0]


def _check_varied(name: str, values: Array) -> Array:
    """A map that is not constant, times a power of two, which no score of it depends on."""
    if values.min() == values.max():
        raise ValueError(
            f"{name} must not be constant, which this profile scores NaN; "
            "use the exact profile or leave it out"
        )
    return unit_scale(values)


def _stretch(name: str, values: Array) -> Array:
    """A map stretched to [0, 1]."""
    values = _check_varied(name, values)
    return (values - values.min()) / (values.max() - values.min())


def _divide_by_sum(name: str, values: Array) -> Array:
    """A map divided by its sum, which must be positive."""
    if (total := values.sum()) <= 0:
        raise ValueError(f"{name} must have a positive sum, got {total:.6g}; leave it out")
    return values / total


def _area(hits: Array, alarms: Array) -> float:
    """Area of the trapezoids under a curve from (0, 0) to (1, 1)."""
    return float(np.trapezoid(np.r_[0, hits, 1], np.r_[0, alarms, 1]))


def _check_draws(name: str, rng: np.random.Generator | None, indices: ArrayLike | None) -> None:
    """Refuse both or neither of a generator and pixels drawn before."""
    if (rng is None) == (indices is None):
        raise ValueError(f"{name} needs either rng or indices; pass one of them")


def _split_area(saliency: ArrayLike, mask: Array, indices: ArrayLike | None) -> float:
    """Mean area over splits, with thresholds in steps of 0.1."""
    values = _stretch("saliency", _resized("saliency", saliency, mask.shape))
    draws = np.asarray(indices)
    if draws.ndim != 2 or not draws.size or draws.dtype.kind not in "iu":
        raise ValueError(
            f"indices must be whole numbers (pixels, splits), got {draws.dtype} {draws.shape}"
        )
    if draws.min() < 1 or draws.max() > values.size:
        raise ValueError(
            f"indices must count pixels from 1 to {values.size}, got {draws.min()} to {draws.max()}"
        )
    positives = np.sort(values[mask])
    areas = []
    for negatives in np.sort(values.T.reshape(-1)[draws.T - 1], axis=1):
        steps = int(max(positives[-1], negatives[-1]) / STEP * (1 + EPS)) + 1
        thresholds = np.arange(steps)[::-1] * STEP
        hits, alarms = (1 - np.searchsorted(v, thresholds) / len(v) for v in (positives, negatives))
        areas.append(_area(hits, alarms))
    return float(np.mean(areas))
