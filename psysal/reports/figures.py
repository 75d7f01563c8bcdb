"""Charts of an evaluation: means, differences and distributions over images, metric by metric.

Place in the pipeline: scores, table -> [figures] -> SVG, in the page and as files.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from psysal import plots
from psysal.evaluation.profiles import PROFILES
from psysal.reports.tables import BASELINES, marked_rows, number

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Chart", "charts"]


@dataclass(frozen=True)
class Chart:
    """Chart as SVG.

    Attributes
    ----------
    kind : "bars", "differences" or "distribution"
        Means, differences from the reference, or scores of single images.
    metric : str
        Metric of its values.
    dataset : str
        Data set, if there are several; else empty.
    svg : str
        Element ``<svg>``.
    text : str
        The same in words.
    """

    kind: str
    metric: str
    dataset: str
    svg: str
    text: str

    @property
    def file(self) -> str:
        """Name of its file in the folder of the report."""
        name = "-".join(filter(None, (self.kind, self.metric, quote(self.dataset, safe=""))))
        return f"figures/{name}.svg"


def charts(
    table: "pd.DataFrame", about: Mapping[str, Any], scores: "pd.DataFrame | None" = None
) -> list[Chart]:
    """Charts of every metric, and of every data set if there are several.

    Parameters
    ----------
    table, about
        As :func:`psysal.reports.tables.marked_rows` takes them, with ``reference``, the name
        of the model that the others are compared with.
    scores : DataFrame, optional
        Scores of single images; there are no distributions without.

    Returns
    -------
    list of Chart
        Best models on top, if they were scored on the same images.
    """
    rows = marked_rows(table, about)
    found = []
    for (dataset, metric), part in rows.groupby(["dataset", "metric"], sort=False):
        if part.comparable.all():
            part = part.sort_values("merit", ascending=False, kind="stable")
        where = metric, dataset if "dataset" in table else ""
        chance = PROFILES[about["profile"]][metric].chance or 0.0
        found.append(_bars(part, *where, chance, about["reference"]))
        found += _differences(part, *where)
        if scores is not None:
            of_metric = scores[scores.metric == metric]
            found.append(_distribution(part, *where, of_metric, about["reference"]))
    return found


def _bars(part: Any, metric: str, dataset: str, chance: float, reference: str) -> Chart:
    figure = plots.bars(
        [*part.model],
        part["mean"],
        part[["low", "high"]],
        [*map(number, part["mean"])],
        start=chance,
        hatched=BASELINES,
        bold=reference,
    )
    texts = [f"{r.model} {number(r.mean)}{_interval(r.low, r.high)}" for r in part.itertuples()]
    return Chart("bars", metric, dataset, plots.svg(figure), "; ".join(texts))


def _differences(part: Any, metric: str, dataset: str) -> Iterator[Chart]:
    """Chart of differences, if there is one."""
    others = part[part.difference.notna()]
    ends = others[["difference_low", "difference_high"]]
    if not np.isfinite(ends).any(axis=None):
        return
    signed = [*map(_signed_number, others.difference)]
    figure = plots.dots([*others.model], others.difference, ends, signed)
    texts = [
        f"{row.model} {text}{_interval(row.difference_low, row.difference_high)}"
        for row, text in zip(others.itertuples(), signed, strict=True)
    ]
    yield Chart("differences", metric, dataset, plots.svg(figure), "; ".join(texts))


def _distribution(part: Any, metric: str, dataset: str, scores: Any, reference: str) -> Chart:
    models = [*part.model]
    values = [scores.value[scores.model == model].to_numpy(float) for model in models]
    known = [each[~np.isnan(each)] for each in values]
    quartiles = [
        [*np.quantile(each, (0.25, 0.5, 0.75), method="nearest")] if len(each) else [np.nan] * 3
        for each in known
    ]
    figure = plots.distributions(
        models,
        values,
        [number(median) for _, median, _ in quartiles],
        hatched=BASELINES,
        bold=reference,
    )
    texts = [
        f"{model} median {number(median)}, quartiles {number(low)} and {number(high)}"
        for model, (low, median, high) in zip(models, quartiles, strict=True)
    ]
    return Chart("distribution", metric, dataset, plots.svg(figure), "; ".join(texts))


def _interval(low: float, high: float) -> str:
    return "" if np.isnan(low) else f" [{number(low)}, {number(high)}]"


def _signed_number(value: float) -> str:
    text = number(value)
    return f"+{text}" if value > 0 and text != "0.000" else text
