"""Table of an evaluation as it is read: models by metrics, or models by data sets; Markdown.

Place in the pipeline: table -> [tables] -> grids -> HTML, LaTeX, Markdown, terminal.  All of these
show the same grids, so that bold, order and marks are decided here alone.

A table of several data sets, which has a column ``dataset``, is one grid a metric, with the sets
as columns.  Where models were scored on different images, the number of images stands beside
every mean, and nothing is said about order: no model comes first, none is best.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from psysal.evaluation.profiles import LOWER_IS_BETTER, PROFILES
from psysal.models.registry import model_names
from psysal.optional import require

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "BASELINES",
    "DASH",
    "Cell",
    "Grid",
    "Row",
    "arrow",
    "data_sets",
    "grids",
    "interval_kind",
    "markdown",
    "marked_rows",
    "notes",
    "number",
]

BASELINES = frozenset(model_names("baseline", "reference"))
"""Names of models that do not depend on the image, or are fitted to fixations; never the best."""

DASH = "\N{EN DASH}"
"""Sign of a number that there is not."""

SIGNIFICANT = 0.05  # largest p of a difference that is marked


@dataclass(frozen=True)
class Cell:
    """Score of a model in one column of a grid.

    Attributes
    ----------
    mean, low, high : float
        Mean over images and its 95 % interval; NaN where there is none.
    images : int
        Number of images in the mean.
    counted : bool
        Whether the number of images stands beside the mean, because models of this column
        were scored on different images.
    best : bool
        Best of the column's models that depend on the image and were not trained on the set.
    verdict : int
        1 if better than the reference, -1 if worse, 0 if the data do not tell.
    """

    mean: float
    low: float
    high: float
    images: int
    counted: bool
    best: bool
    verdict: int

    def __str__(self) -> str:
        """Mean, interval and, if models differ in it, number of images."""
        interval = "" if np.isnan(self.low) else f" [{number(self.low)}, {number(self.high)}]"
        return f"{number(self.mean)}{interval}" + (f", n = {self.images}" if self.counted else "")


@dataclass(frozen=True)
class Row:
    """Line of a grid.

    Attributes
    ----------
    model : str
        Name of the model.
    label : str
        The name on one line, with a dagger if the model was trained on fixations.
    cells : tuple of Cell or None
        One a column; None where the model has no score.
    mean_rank : str
        Mean of its ranks over data sets, with one decimal; empty if the table has none.
    """

    model: str
    label: str
    cells: tuple[Cell | None, ...]
    mean_rank: str


@dataclass(frozen=True)
class Grid:
    """Models by metrics, or models by data sets for one metric.

    Attributes
    ----------
    metric : str
        Metric of a grid whose columns are data sets; empty if they are metrics.
    columns : tuple of str
        Names of the metrics or data sets.
    rows : tuple of Row
        Better models first, if they can be ordered.
    ordered : bool
        Whether they are: all were scored on the same images, or have a mean rank.
    """

    metric: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    ordered: bool


def number(value: float) -> str:
    """A number with three decimals; an en dash for NaN.

    Parameters
    ----------
    value : float
        Any number.

    Returns
    -------
    str

    Examples
    --------
    >>> number(0.5), number(-0.0001), number(-1), number(-np.inf), number(np.nan)
    ('0.500', '0.000', '−1.000', '−∞', '–')
    """
    if np.isnan(value):
        return DASH
    text = "∞" if np.isinf(value) else f"{abs(value):.3f}"
    return f"\N{MINUS SIGN}{text}" if value < 0 and text != "0.000" else text


def marked_rows(table: "pd.DataFrame", about: Mapping[str, Any]) -> "pd.DataFrame":
    """Rows of the table with columns for what is said of each.

    Parameters
    ----------
    table : DataFrame
        One row a model and metric, and data set if there are several, as
        :func:`psysal.evaluation.summary.summary` gives it; its columns ``dataset``,
        ``common``, ``p`` and ``mean_rank`` may be absent.
    about : mapping
        Description of the comparison; ``dataset`` and ``trained_on``, names of the sets that
        each model was trained on, may be absent.

    Returns
    -------
    DataFrame
        In addition ``dataset``; ``merit``, the mean, negative if lower is better;
        ``comparable``, whether models of the metric and set were scored on the same images;
        and ``best`` and ``verdict`` of :class:`Cell`.
    """
    sign = np.where(table.metric.isin(list(LOWER_IS_BETTER)), -1, 1)
    rows = table if "dataset" in table else table.assign(dataset=about.get("dataset", ""))
    rows = rows.assign(merit=sign * table["mean"])
    columns = rows.groupby(["dataset", "metric"], sort=False)
    if "common" in rows:
        rows["comparable"] = columns.common.transform("all").astype(bool)
    else:
        counts = rows.assign(images=rows.images.where(rows.images > 0))
        counts = counts.groupby(["dataset", "metric"], sort=False).images
        rows["comparable"] = counts.transform("nunique") <= 1
    trained_on = about.get("trained_on", {})
    seen = [
        str(row.dataset).lower() in {str(name).lower() for name in trained_on.get(row.model, ())}
        for row in rows.itertuples()
    ]
    eligible = ~rows.model.isin(list(BASELINES)) & np.isfinite(rows.merit) & ~np.array(seen, bool)
    rows["candidate"] = rows.merit.where(eligible & rows.comparable)
    highest = rows.groupby(["dataset", "metric"], sort=False).candidate.transform("max")
    if "p" in rows:
        rows["verdict"] = (np.sign(sign * rows.difference) * (rows.p < SIGNIFICANT)).fillna(0)
    else:
        excludes = (rows.difference_low > 0).astype(int) - (rows.difference_high < 0)
        rows["verdict"] = sign * excludes
    return rows.assign(best=rows.candidate == highest).drop(columns="candidate")


def grids(table: "pd.DataFrame", about: Mapping[str, Any]) -> list[Grid]:
    """Grids of a table: one of metrics, or one a metric if there are several data sets.

    Parameters
    ----------
    table, about
        As :func:`marked_rows` takes them.

    Returns
    -------
    list of Grid
    """
    rows = marked_rows(table, about)
    metrics, sets = list(dict.fromkeys(rows.metric)), list(dict.fromkeys(rows.dataset))
    if "dataset" in table:
        return [_grid(rows[rows.metric == metric], metric, sets, about) for metric in metrics]
    return [_grid(rows, "", metrics, about)]


def _grid(rows: "pd.DataFrame", metric: str, columns: list[str], about: Mapping[str, Any]) -> Grid:
    """Grid whose columns are metrics, or data sets of one metric."""
    first = rows[rows.metric == rows.metric.iloc[0]]
    models = list(dict.fromkeys(rows.model))
    ranks: dict[str, float] = {}
    if metric and "mean_rank" in rows:
        ranks = dict(zip(first.model, first.mean_rank, strict=True))
        order = {name: np.inf if np.isnan(rank) else rank for name, rank in ranks.items()}
        ordered = bool(np.isfinite(list(ranks.values())).any())
    else:
        merit = dict(zip(first.model, -first.merit, strict=True))
        order = {name: np.inf if np.isnan(value) else value for name, value in merit.items()}
        ordered = not metric and bool(first.comparable.all())
    if ordered:
        models.sort(key=lambda name: order.get(name, np.inf))
    trained = about.get("trained_on", {})
    key = "dataset" if metric else "metric"
    cells = {
        (row["model"], row[key]): Cell(
            mean=float(row["mean"]),
            low=float(row["low"]),
            high=float(row["high"]),
            images=int(row["images"]),
            counted=not row["comparable"],
            best=bool(row["best"]),
            verdict=int(row["verdict"]),
        )
        for row in rows.to_dict("records")
    }
    lines = tuple(
        Row(
            name,
            " ".join(name.split()) + ("\N{DAGGER}" if trained.get(name) else ""),
            tuple(cells.get((name, column)) for column in columns),
            "" if name not in ranks else f"{ranks[name]:.1f}".replace("nan", DASH),
        )
        for name in models
    )
    return Grid(metric, tuple(columns), lines, ordered)


def data_sets(about: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Descriptions of the single data sets of a comparison.

    Parameters
    ----------
    about : mapping
        Description of the comparison; of several sets, ``datasets`` is the list of theirs.

    Returns
    -------
    list of mapping
    """
    return list(about.get("datasets") or [about])


def interval_kind(about: Mapping[str, Any]) -> str:
    """Kind of the intervals of a table, in words.

    Parameters
    ----------
    about : mapping
        Description of the comparison; ``interval`` may be absent.

    Returns
    -------
    str
    """
    return str(about.get("interval", "percentiles of 10,000 bootstrap samples of the images"))


def notes(about: Mapping[str, Any]) -> list[str]:
    """Sentences below a table: trained models, color profiles, remarks, and the maps scored.

    Parameters
    ----------
    about : mapping
        Description of the comparison.

    Returns
    -------
    list of str
    """
    trained = [
        f"{model} ({', '.join(sets)})"
        for model, sets in about.get("trained_on", {}).items()
        if sets
    ]
    sentences = [f"\N{DAGGER} Trained on fixations: {', '.join(trained)}."] if trained else []
    profiles = about.get("color_profiles")
    sentences += [f"Color profiles: {profiles}."] if profiles else []
    remarks = (*about.get("left_out", ()), *about.get("remarks", ()))
    sentences += [f"{remark}." for remark in remarks]
    scored: dict[str, list[str]] = {}
    for name in about.get("metrics", ()):
        scored.setdefault(PROFILES[about["profile"]][name].of, []).append(name)
    if len(scored) > 1 and {"density", "log-density"} & {*about.get("gives", {}).values()}:
        maps = "; ".join(f"{', '.join(names)}: {of}" for of, names in scored.items())
        sentences.append(f"Scored of densities, {maps}; of maps, the map.")
    return sentences


def arrow(metric: str) -> str:
    """Arrow that points to better scores.

    Parameters
    ----------
    metric : str
        Name of a metric.

    Returns
    -------
    str
    """
    return "↓" if metric in LOWER_IS_BETTER else "↑"


def markdown(table: "pd.DataFrame", about: Mapping[str, Any] | None = None) -> str:
    """Table in Markdown: models by metrics, better first by the first metric, best in bold.

    Parameters
    ----------
    table, about
        As :func:`marked_rows` takes them; without a description nothing is noted below.

    Returns
    -------
    str
        Without a line end. Of several data sets, a table of models by sets for each metric.

    Raises
    ------
    ImportError
        tabulate is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"model": "itti1998", "metric": "auc", "mean": 0.769, "low": 0.765, "high": 0.774}
    >>> row |= {"images": 700, "difference_low": np.nan, "difference_high": np.nan}
    >>> print(markdown(pd.DataFrame([row])))
    | model    | auc ↑                    |
    |:---------|:-------------------------|
    | itti1998 | **0.769 [0.765, 0.774]** |
    """
    about = about or {}
    texts = [_grid_text(grid) for grid in grids(table, about)]
    if about.get("profile") == "tuebingen":
        by_fixation = table.assign(mean=table.mean_by_fixation, low=np.nan, high=np.nan)
        texts += ["Means over fixations:", *map(_grid_text, grids(by_fixation, about))]
    return "\n\n".join([*texts, *notes(about)])


def _grid_text(grid: Grid) -> str:
    """A grid in Markdown."""
    ranked = bool(grid.rows[0].mean_rank)
    heads = [c if grid.metric else f"{c} {arrow(c)}" for c in grid.columns]
    lines = [
        [
            row.label.replace("|", r"\|"),
            *("n/a" if c is None else f"**{c}**" if c.best else str(c) for c in row.cells),
            *([row.mean_rank] if ranked else []),
        ]
        for row in grid.rows
    ]
    heads = ["model", *(head.replace("|", r"\|") for head in heads)]
    heads += ["mean rank"] * ranked
    text = require("tabulate").tabulate(lines, heads, tablefmt="pipe", disable_numparse=True)
    return f"{grid.metric} {arrow(grid.metric)}\n\n{text}" if grid.metric else text
