"""Means over images with intervals, and paired differences between models, like with like.

Place in the pipeline: scores of single images -> [summary] -> one table.

Models are compared on the images that all of them have.  Where these are fewer than half of the
images, which a model may have chosen, each has a mean over its own images and the column
``common`` is false: such means have no order.

Intervals and tests are Student's, over images, corrected for skewness.  In samples of 5 to 700
scores of real models they cover the mean in 93 to 96 of 100
(``benchmarks/measure/interval_coverage.py``), where percentiles of a bootstrap cover it in 82 of
samples of 5.

References
----------
Student (1908), doi:10.2307/2331554; Hall (1992), "On the removal of skewness by transformation",
Journal of the Royal Statistical Society B 54(1), 221-228; Holm (1979), "A simple sequentially
rejective multiple test procedure", Scandinavian Journal of Statistics 6(2), 65-70.
"""

from typing import TYPE_CHECKING

import numpy as np

from psysal._typing import Array
from psysal.checks import one_of
from psysal.optional import require
from psysal.wording import shorten_list

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["INTERVAL", "holm", "left_out_remarks", "student_interval", "summary"]

INTERVAL = (
    "95 %, Student's t over images, corrected for skewness (Hall 1992); "
    "p of paired differences adjusted after Holm (1979)"
)
"""Kind of the intervals and tests, in words."""

LEAST_COMMON = 0.5
"""Least share of the images that models are compared on, of those that any of them has."""

NO_SKEWNESS = 1e-6
NAN = float("nan")


def summary(scores: "DataFrame", reference: str | None = None) -> "DataFrame":
    """Means over the images that all models have, with intervals, and paired differences.

    Parameters
    ----------
    scores : DataFrame
        One row a model, image and metric, as
        :meth:`psysal.evaluation.compare.Comparison.scores` gives them.
    reference : str, optional
        Name of the model that the others are compared with, image by image; by default the
        first.

    Returns
    -------
    DataFrame
        One row a model and metric, in the order of the scores: ``mean``; ``low`` and
        ``high``, its 95 % interval; ``images`` that these are over, and ``left_out``, those
        without a score of this model; ``common``, whether they are the images that all
        models have that have any, else means have no order; ``mean_by_fixation``, the mean over
        the fixations on these images, where the scores tell their number; ``difference`` from
        the reference on the ``pairs``, images that both have and, if ``common``, all models;
        ``difference_low`` and ``difference_high``; ``p`` of no difference, adjusted for the
        number of models compared with the reference by this metric. NaN where there is
        nothing: intervals of fewer than two images, or of infinite scores, and the
        reference's difference from itself.

    Raises
    ------
    ValueError
        The reference is not among the models.
    ImportError
        pandas is not installed.

    Examples
    --------
    >>> import pandas
    >>> scores = pandas.DataFrame({
    ...     "model": ["a"] * 3 + ["b"] * 3, "image": ["cat", "dog", "eel"] * 2, "metric": "auc",
    ...     "value": [0.5, 0.7, 0.9, 0.6, 0.9, float("nan")]})
    >>> summary(scores)[["model", "mean", "images", "left_out", "common", "difference"]].round(2)
      model  mean  images  left_out  common  difference
    0     a  0.60       2         0    True         NaN
    1     b  0.75       2         1    True        0.15
    """
    pandas = require("pandas")
    models = list(dict.fromkeys(scores["model"]))
    reference = models[0] if reference is None else one_of("reference", reference, models)
    rows = []
    metrics = list(dict.fromkeys(scores["metric"]))
    counts = scores.drop_duplicates("image").set_index("image").get("fixations")
    for metric in metrics:
        wide = _wide(scores, metric)
        scored = wide.notna()
        shared = scored.loc[:, scored.any()].all(axis=1)
        common = bool(shared.sum() >= LEAST_COMMON * scored.any(axis=1).sum())
        compared = wide.where(shared, axis=0) if common else wide
        of_metric = []
        for model in [model for model in models if model in wide]:
            values = compared[model].to_numpy()
            differences = values[:0]
            if model != reference and reference in wide:
                with np.errstate(invalid="ignore"):  # infinite scores have no difference
                    differences = values - compared[reference].to_numpy()
            values, differences = (v[~np.isnan(v)] for v in (values, differences))
            row = {"model": model, "metric": metric}
            row |= dict(zip(("mean", "low", "high"), student_interval(values), strict=True))
            row |= {"images": len(values), "left_out": int((~scored[model]).sum())}
            if counts is not None:
                fixations = counts[compared.index[compared[model].notna()]].to_numpy()
                row["mean_by_fixation"] = values @ fixations / (fixations.sum() or NAN)
            row |= {"common": common, "pairs": len(differences)}
            names = ("difference", "difference_low", "difference_high")
            row |= dict(zip(names, student_interval(differences), strict=True))
            of_metric.append(row | {"p": _p_value(differences)})
        adjusted = holm(np.array([row["p"] for row in of_metric]))
        rows += [row | {"p": p} for row, p in zip(of_metric, adjusted.tolist(), strict=True)]
    rows.sort(key=lambda row: (models.index(row["model"]), metrics.index(row["metric"])))
    return pandas.DataFrame(rows)


def left_out_remarks(scores: "DataFrame") -> list[str]:
    """Sentences about images that a summary leaves out, as not all models have them.

    Parameters
    ----------
    scores : DataFrame
        As :func:`summary` takes them.

    Returns
    -------
    list of str
        Empty if every model that has scores has those of all images.

    Raises
    ------
    ImportError
        pandas is not installed.
    """
    remarks: dict[str, list[str]] = {}
    for metric in dict.fromkeys(scores["metric"]):
        scored = _wide(scores, metric).notna()
        scored = scored.loc[scored.any(axis=1), scored.any()]
        shared = scored.all(axis=1)
        if shared.all():
            continue
        lacking = "; ".join(
            f"{model} has no score of {len(names)} ({shorten_list(names)})"
            for model in scored
            if (names := scored.index[~scored[model]].tolist())
        )
        most = f"{shared.sum()} of {len(shared)} images that every model has"
        if shared.sum() >= LEAST_COMMON * len(shared):
            text = f"means and differences are over the {most}: {lacking}"
        else:
            text = (
                f"means are over each model's own images and have no order, as the {most} are too "
                f"few to stand for all: {lacking}; give these models the other maps, leave them "
                "out, or compare on those images alone by subset="
            )
        remarks.setdefault(text, []).append(metric)
    return [f"{', '.join(metrics)}: {text}" for text, metrics in remarks.items()]


def student_interval(values: Array) -> tuple[float, float, float]:
    """Mean of a sample and its 95 % interval by Student's t, corrected for skewness.

    Parameters
    ----------
    values : ndarray, (n,)
        Scores of single images, without NaN.

    Returns
    -------
    mean, low, high : float
        NaN where there is nothing: of no values, and of one or infinite ones no interval.

    Examples
    --------
    >>> [round(value, 3) for value in student_interval(np.array([1.0, 2.0, 3.0]))]
    [2.0, -0.484, 4.484]
    """
    from scipy.special import stdtrit

    if not len(values):
        return NAN, NAN, NAN
    mean = float(values.mean())
    if len(values) < 2 or not np.isfinite(mean):
        return mean, NAN, NAN
    error, skewness = _spread(values)
    low, high = stdtrit(len(values) - 1, [0.025, 0.975]) - skewness / 2
    if abs(skewness) > NO_SKEWNESS:  # the inverse of what p is of
        low, high = (np.cbrt(1 + 3 * skewness * np.array([low, high])) - 1) / skewness
    return mean, float(mean - high * error), float(mean - low * error)


def holm(p: Array) -> Array:
    """Probabilities of several tests, adjusted so that one in twenty families has a false one.

    Parameters
    ----------
    p : ndarray, (n,)
        Probability of each test; NaN where there is none.

    Returns
    -------
    ndarray, (n,)
        At least ``p``, at most 1.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, np.nan, 0.03])).round(3).tolist()
    [0.03, 0.06, nan, 0.06]
    """
    order = np.argsort(p)[: np.sum(~np.isnan(p))]
    steps = np.arange(len(order), 0, -1)
    adjusted = np.full(len(p), NAN)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * steps), 1)
    return adjusted


def _wide(scores: "DataFrame", metric: str) -> "DataFrame":
    """Scores by a metric, images by models."""
    part = scores[scores["metric"] == metric]
    return part.pivot(index="image", columns="model", values="value").sort_index()


def _spread(values: Array) -> tuple[float, float]:
    """Standard error of the mean, exactly 0 of equal values; skewness over three roots of n."""
    away = values - values[0]
    if not away.any():
        return 0.0, 0.0
    away = (away - away.mean()) / away.std()
    root = float(np.sqrt(len(values)))
    return float(values.std(ddof=1) / root), float((away**3).mean() / (3 * root))


def _p_value(differences: Array) -> float:
    """Two-sided probability of a mean as far from 0, as of the interval; NaN without one."""
    from scipy.special import stdtr

    if len(differences) < 2 or not np.isfinite(mean := float(differences.mean())):
        return NAN
    error, skewness = _spread(differences)
    if not error:
        return float(mean == 0)
    t = mean / error
    corrected = t + skewness * t**2 + skewness**2 * t**3 / 3 + skewness / 2
    return float(2 * stdtr(len(differences) - 1, -abs(corrected)))
