"""Means over images with intervals, and paired differences between models.

Place in the pipeline: scores of single images -> [summary] -> one table.

References
----------
Efron & Tibshirani (1993), "An Introduction to the Bootstrap", ch. 13 (percentile intervals).
"""

from typing import TYPE_CHECKING

import numpy as np

from psysal._typing import Array
from psysal.checks import one_of
from psysal.optional import require

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["summary"]

RESAMPLES = 10_000
CHUNKS = 20  # of resamples, so that few are in memory
SEED = 2011
NAN = float("nan")


def summary(scores: "DataFrame", reference: str | None = None) -> "DataFrame":
    """Means over images with bootstrap intervals, and paired differences.

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
        ``high``, its 95 % interval (percentiles of 10,000 resamples of the images, the seed
        fixed); ``images`` that were scored and ``left_out``; ``difference`` from the
        reference on the images that both have, ``difference_low`` and ``difference_high``.
        ``mean_by_fixation``, the mean over fixations instead of images, where the scores tell
        their number.
        NaN where there is nothing: intervals of fewer than two images, or of infinite
        scores, and the reference's difference from itself.

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
    ...     "model": ["a", "a", "b", "b"], "image": ["cat", "dog"] * 2, "metric": "auc",
    ...     "value": [0.5, 0.7, 0.6, 0.8]})
    >>> summary(scores)[["model", "mean", "low", "high", "difference"]].round(2)
      model  mean  low  high  difference
    0     a   0.6  0.5   0.7         NaN
    1     b   0.7  0.6   0.8         0.1
    """
    pandas = require("pandas")
    models = list(dict.fromkeys(scores["model"]))
    reference = models[0] if reference is None else one_of("reference", reference, models)
    rows = []
    metrics = list(dict.fromkeys(scores["metric"]))
    for metric in metrics:
        part = scores[scores["metric"] == metric]
        wide = part.pivot(index="image", columns="model", values="value").sort_index()
        for model in [model for model in models if model in wide]:
            values = wide[model].to_numpy()
            known = values[~np.isnan(values)]
            row = {"model": model, "metric": metric}
            row |= dict(zip(("mean", "low", "high"), _interval(known), strict=True))
            row |= {"images": len(known), "left_out": len(values) - len(known)}
            differences = values[:0]
            if model != reference and reference in wide:
                with np.errstate(invalid="ignore"):  # infinite scores have no difference
                    differences = values - wide[reference].to_numpy()
            differences = differences[~np.isnan(differences)]
            names = ("difference", "difference_low", "difference_high")
            rows.append(row | dict(zip(names, _interval(differences), strict=True)))
    rows.sort(key=lambda row: (models.index(row["model"]), metrics.index(row["metric"])))
    table = pandas.DataFrame(rows)
    if "fixations" in scores:
        known = scores[scores["value"].notna()]
        parts = known.assign(weighted=known["value"] * known["fixations"]).groupby(
            ["model", "metric"]
        )
        means = parts["weighted"].sum() / parts["fixations"].sum()
        table["mean_by_fixation"] = means.reindex(table.set_index(["model", "metric"]).index).array
    return table


def _interval(values: Array) -> tuple[float, float, float]:
    """Mean, and the 2.5 % and 97.5 % points of means of resamples."""
    if not len(values):
        return NAN, NAN, NAN
    mean = float(values.mean())
    if len(values) < 2 or not np.isfinite(mean):
        return mean, NAN, NAN
    rng = np.random.default_rng(SEED)
    means = [
        values[rng.integers(len(values), size=(RESAMPLES // CHUNKS, len(values)))].mean(axis=1)
        for _ in range(CHUNKS)
    ]
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return mean, float(low), float(high)
