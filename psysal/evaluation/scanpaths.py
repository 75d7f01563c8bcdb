"""Scores of scanpaths: two against each other, or every next fixation against a prediction.

Place in the pipeline: scanpaths -> [scanpaths] -> scores.  Scanpaths enter as positions
(n, 2), x to the right and y down in pixels of one image.  ScanMatch, string edit and MultiMatch say
how alike two scanpaths are, 1 for equal ones.  The scores of the next fixation are those of the
saliency metrics, of one fixation each, where the map may depend on the fixations before: log
likelihood, AUC and NSS as pysaliency defines them for models of scanpaths.

A score has a meaning beside two others: people against other people on the same image, and
against people on other images.

References
----------
Cristino, Mathot, Theeuwes & Gilchrist (2010), doi:10.3758/BRM.42.3.692; Jarodzka, Holmqvist &
Nystrom (2010), doi:10.1145/1743666.1743718; Dewhurst, Nystrom, Jarodzka, Foulsham, Johansson &
Holmqvist (2012), doi:10.3758/s13428-012-0212-2; Foulsham & Underwood (2008), doi:10.1167/8.2.6;
Kuemmerer & Bethge (2021), arXiv:2102.12239 (the next fixation).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from psysal._typing import Array
from psysal.checks import positive_number, whole_number
from psysal.evaluation import kernels, metrics
from psysal.evaluation.inputs import check_density, pixel_indexes

__all__ = [
    "MultiMatch",
    "NextFixations",
    "multi_match",
    "next_fixations",
    "scan_match",
    "string_edit",
]

Shape = tuple[int, int]
Durations = tuple[ArrayLike, ArrayLike]


def scan_match(
    first: ArrayLike,
    second: ArrayLike,
    shape: Shape,
    *,
    bins: Shape = (8, 12),
    threshold: float = 3.5,
    gap: float = 0.0,
    durations: Durations | None = None,
    interval: float = 50.0,
) -> float:
    """Similarity of two scanpaths by ScanMatch: the best alignment of the bins they visit.

    A pair of fixations adds the threshold minus the distance of their bins, a fixation without
    a partner the gap; the sum is divided by the threshold and by the longer length.

    Parameters
    ----------
    first, second : array_like, (n, 2) and (m, 2)
        x, y in pixels, on the image.
    shape : (int, int)
        Rows and columns of the image.
    bins : (int, int)
        Rows and columns of the grid of bins.
    threshold : float
        Distance in bins from which a pair counts against the scanpaths.
    gap : float
        At most 0.
    durations : (array_like, array_like), optional
        Durations of the fixations of both in milliseconds, each of which then stands as often
        as it has intervals, rounded.
    interval : float
        Milliseconds of an interval, where there are durations.

    Returns
    -------
    float
        At most 1, which equal ones have.

    Raises
    ------
    ValueError
        Positions off the image, numbers out of range, or durations shorter than half an interval
        all through a scanpath.

    Notes
    -----
    Defaults are those of the authors' toolbox, which counts no time unless told to.

    Examples
    --------
    >>> scan_match([[5, 5], [95, 5]], [[5, 5], [95, 5]], (60, 100))
    1.0
    >>> round(scan_match([[5, 5], [95, 5]], [[5, 5]], (60, 100)), 2)
    0.5
    """
    positive_number("threshold", threshold, unit="of bins")
    positive_number("interval", interval, unit="of milliseconds")
    if not -np.inf < gap <= 0:
        raise ValueError(f"gap must be a number up to 0, got {gap!r}; 0 is the toolbox's default")
    paths = [
        np.stack(_bins(name, path, shape, bins), axis=1).astype(float)
        for name, path in (("first", first), ("second", second))
    ]
    if durations is not None:
        times = _durations(durations, paths)
        paths = [
            np.repeat(path, np.rint(time / interval).astype(int), axis=0)
            for path, time in zip(paths, times, strict=True)
        ]
        if not all(map(len, paths)):
            raise ValueError(
                f"durations must reach an interval of {interval:g} ms, got a scanpath where none "
                "does; they are in milliseconds"
            )
    a, b = paths
    distance = np.hypot(*(a[:, None] - b[None]).transpose(2, 0, 1))
    return _aligned(threshold - distance, gap) / (threshold * max(len(a), len(b)))


def string_edit(
    first: ArrayLike, second: ArrayLike, shape: Shape, *, bins: Shape = (5, 5)
) -> float:
    """Similarity of two scanpaths by string edit: 1 - edits / longer length.

    A scanpath is the string of the bins it visits; an edit inserts, deletes or replaces one
    (Levenshtein's distance).

    Parameters
    ----------
    first, second : array_like, (n, 2) and (m, 2)
        x, y in pixels, on the image.
    shape : (int, int)
        Rows and columns of the image.
    bins : (int, int)
        Rows and columns of the grid of bins.

    Returns
    -------
    float
        From 0 to 1, which equal strings have.

    Raises
    ------
    ValueError
        Positions off the image, or bins that are no whole numbers.

    Examples
    --------
    >>> string_edit([[5, 5], [95, 5]], [[5, 5], [5, 55]], (60, 100))
    0.5
    """
    a, b = (
        np.ravel_multi_index(_bins(name, path, shape, bins), bins)
        for name, path in (("first", first), ("second", second))
    )
    edits = -_aligned(-(a[:, None] != b[None]).astype(float), -1.0)
    return 1 - edits / max(len(a), len(b))


@dataclass(frozen=True)
class MultiMatch:
    """Similarities of two scanpaths as sequences of saccades, each from 0 to 1.

    Attributes
    ----------
    vector : float
        Of the saccades as vectors, over twice the diagonal of the image.
    direction : float
        Of their directions, over half a turn.
    length : float
        Of their lengths, over the diagonal.
    position : float
        Of the fixations where they begin, over the diagonal.
    duration : float
        Of the durations of these, over the longer of each pair; NaN where they are not known.
    """

    vector: float
    direction: float
    length: float
    position: float
    duration: float


def multi_match(
    first: ArrayLike, second: ArrayLike, shape: Shape, *, durations: Durations | None = None
) -> MultiMatch:
    """Similarities of two scanpaths by MultiMatch, without simplifying them before.

    Saccades are aligned so that the sum of the differences of paired vectors is least; every
    similarity is 1 minus the median difference of the pairs.

    Parameters
    ----------
    first, second : array_like, (n, 2) and (m, 2)
        x, y in pixels, on the image; three fixations at least.
    shape : (int, int)
        Rows and columns of the image.
    durations : (array_like, array_like), optional
        Durations of the fixations of both, in one unit.

    Returns
    -------
    MultiMatch

    Raises
    ------
    ValueError
        Fewer than three fixations, positions off the image, or durations that do not fit.

    Examples
    --------
    >>> path = [[5, 5], [95, 5], [95, 55]]
    >>> multi_match(path, path, (60, 100)).vector
    1.0
    """
    paths = [np.asarray(path, float) for path in (first, second)]
    for name, path in zip(("first", "second"), paths, strict=True):
        pixel_indexes(name, path, shape)
        if len(path) < 3:
            raise ValueError(
                f"{name} must have three fixations at least, got {len(path)}; leave the pair out"
            )
    a, b = (np.diff(path, axis=0) for path in paths)
    cost = np.hypot(*(a[:, None] - b[None]).transpose(2, 0, 1))
    pairs = np.empty((len(a) + len(b), 2), np.int64)
    i, j = pairs[: kernels.cheapest_path(cost, np.empty_like(cost), pairs)].T
    turn = abs(np.arctan2(a[i, 1], a[i, 0]) - np.arctan2(b[j, 1], b[j, 0]))
    diagonal = float(np.hypot(*shape))
    duration = np.nan
    if durations is not None:
        s, t = (each[k] for each, k in zip(_durations(durations, paths), (i, j), strict=True))
        duration = float(1 - np.median(abs(s - t) / np.maximum(s, t)))
    return MultiMatch(
        vector=float(1 - np.median(cost[i, j]) / (2 * diagonal)),
        direction=float(1 - np.median(np.minimum(turn, 2 * np.pi - turn)) / np.pi),
        length=float(1 - np.median(abs(np.hypot(*a[i].T) - np.hypot(*b[j].T))) / diagonal),
        position=float(1 - np.median(np.hypot(*(paths[0][i] - paths[1][j]).T)) / diagonal),
        duration=duration,
    )


@dataclass(frozen=True, eq=False)
class NextFixations:
    """Scores of the predictions of every next fixation of a scanpath.

    Attributes
    ----------
    log_likelihood : ndarray, (fixations,)
        Natural logarithm of the probability of the pixel that was fixated.
    auc : ndarray, (fixations,)
        Share of all pixels that were less likely, ties one half.
    nss : ndarray, (fixations,)
        Density at the pixel, in standard deviations over that of all pixels.
    """

    log_likelihood: Array = field(repr=False)
    auc: Array = field(repr=False)
    nss: Array = field(repr=False)


def next_fixations(
    predict: Callable[[Array, Array], ArrayLike], positions: ArrayLike, *, given: int = 1
) -> NextFixations:
    """Scores of a prediction of each next fixation from those before it.

    Parameters
    ----------
    predict : callable
        Function of x and y of the fixations so far, each (k,), that gives the density of the
        next, (rows, cols), not negative, of any sum; such as one that calls
        :func:`psysal.scanpaths.next_density`.
    positions : array_like, (n, 2)
        x, y in pixels, on the image.
    given : int
        Number of first fixations that are not scored, such as a start.

    Returns
    -------
    NextFixations
        Of n - ``given`` fixations.

    Raises
    ------
    ValueError
        Positions off the image, no fixations to score, or a prediction that is no density.

    Examples
    --------
    >>> even = next_fixations(lambda x, y: np.ones((4, 5)), [[0, 0], [3, 3]])
    >>> round(float(np.exp(-even.log_likelihood[0]))), even.auc.tolist(), even.nss.tolist()
    (20, [0.5], [0.0])
    """
    whole_number("given", given, 0)
    path = np.asarray(positions, float)
    if len(path) <= given:
        raise ValueError(
            f"positions must be more than the {given} that are given, got {len(path)}; "
            "leave the scanpath out"
        )
    scores = np.empty((3, len(path) - given))
    for k in range(given, len(path)):
        density = check_density("the prediction", predict(path[:k, 0], path[:k, 1]))
        here = path[k : k + 1]
        with np.errstate(divide="ignore"):
            likelihood = np.log(density[pixel_indexes("positions", here, density.shape)])[0]
        scores[:, k - given] = likelihood, metrics.auc(density, here), metrics.nss(density, here)
    return NextFixations(*scores)


def _bins(name: str, positions: ArrayLike, shape: Shape, bins: Shape) -> tuple[Array, Array]:
    """Rows and columns of the bins in which positions lie."""
    row, col = pixel_indexes(name, np.asarray(positions), shape)
    down, across = (whole_number("bins", count) for count in bins)
    return row * down // shape[0], col * across // shape[1]


def _durations(durations: Durations, paths: list[Array]) -> list[Array]:
    """Durations of two scanpaths, checked."""
    times = [np.asarray(each, float) for each in durations]
    if [each.shape for each in times] != [(len(path),) for path in paths]:
        raise ValueError(
            f"durations must be one of each fixation, {len(paths[0])} and {len(paths[1])}, got "
            f"{' and '.join(str(each.shape) for each in times)}"
        )
    if not all((each > 0).all() and np.isfinite(each).all() for each in times):
        raise ValueError(
            "durations must be positive and finite, got others; leave durations out if some are "
            "not known"
        )
    return times


def _aligned(similarity: Array, gap: float) -> float:
    rows, cols = similarity.shape
    return float(kernels.align(similarity, gap, np.empty((rows + 1, cols + 1))))
