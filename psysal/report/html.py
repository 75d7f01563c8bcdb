"""The report of an evaluation: what models score against people, on one page.

    scores, table, about -> [report] -> HTML, Markdown

One HTML file that needs nothing else: figures are SVG in it, pictures JPEG.  Enters, as
the comparison of models makes it: ``scores``, a row for every model, image and metric;
``table``, a row for every model and metric with its mean, its 95 % interval and its paired
difference from the reference; ``about``, what was compared, on what, and how.

jinja2, matplotlib, pandas and tabulate are needed (``pip install "psysal[evaluate]"``).
"""

import base64
import io
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from psysal import image, overlay, plots
from psysal.gaze.fixations import shorten_list
from psysal.mapfile import normalize
from psysal.optional import require
from psysal.plots import base

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BASELINES", "PROFILES", "Metric", "html", "markdown", "number"]

Array = NDArray[Any]

BASELINES = frozenset({"human_ceiling", "center_bias", "uniform", "noise", "center"})
"""Names that stand for people, or for what does not look at the image; never the best."""

LOWER = frozenset({"kl", "emd"})
"""Metrics that are better when lower."""

DASH = "\N{EN DASH}"
SIDE = 320
"""Longer side of the report's pictures, in pixels."""


@dataclass(frozen=True)
class Metric:
    """How a metric is called and explained; ``start``, where its bars begin, is ``level``."""

    title: str
    meaning: str
    start: float = 0.0
    level: str = "zero"


_AUC: dict[str, Any] = {"start": 0.5, "level": "chance"}
_GAIN: dict[str, Any] = {"level": "the baseline"}
_BYLINSKII = "(Bylinskii et al. 2019, doi:10.1109/TPAMI.2018.2815601)"

PROFILES: Mapping[str, Mapping[str, Metric]] = {
    "exact": {
        "auc": Metric(
            "AUC",
            "Probability that a fixated pixel is more salient than any pixel of the map, ties counting "
            "one half; .5 is chance (Tatler et al. 2005, doi:10.1016/j.visres.2004.09.017).",
            **_AUC,
        ),
        "shuffled_auc": Metric(
            "Shuffled AUC",
            "The same against fixations on other images, so that looking at the middle earns "
            "nothing; .5 is chance (Zhang et al. 2008, doi:10.1167/8.7.32).",
            **_AUC,
        ),
        "nss": Metric(
            "NSS",
            "How many standard deviations the map at fixations is above its mean; 0 is chance "
            "(Peters et al. 2005, doi:10.1016/j.visres.2005.03.019).",
            level="chance",
        ),
        "cc": Metric(
            "CC",
            f"Pearson's correlation of the map with the density of fixations {_BYLINSKII}.",
            level="chance",
        ),
        "similarity": Metric(
            "Similarity",
            "Mass that the map, as a density, shares with the density of fixations; 1 where they "
            "are equal (Judd et al. 2012, MIT-CSAIL-TR-2012-001).",
        ),
        "kl": Metric(
            "KL",
            "Kullback-Leibler divergence of the map, as a density, from the density of fixations, "
            "in nats; 0 where they are equal, infinite where the map rules out what happened "
            "(Kullback & Leibler 1951, doi:10.1214/aoms/1177729694).",
        ),
        "information_gain": Metric(
            "Information gain",
            "Bits per fixation that the map, as a density, tells beyond a baseline made from other "
            "images (Kümmerer et al. 2015, doi:10.1073/pnas.1510393112).",
            **_GAIN,
        ),
        "emd": Metric(
            "EMD",
            "How far mass moves, in pixels, until the map, as a density, is the density of "
            "fixations (Rubner et al. 2000, doi:10.1023/A:1026543900054).",
        ),
    },
    "mit": {
        "auc_judd": Metric(
            "AUC (Judd)",
            "Area under the ROC curve with a threshold at every fixated pixel; .5 is chance "
            "(Judd et al. 2009, doi:10.1109/ICCV.2009.5459462).",
            **_AUC,
        ),
        "auc_borji": Metric(
            "AUC (Borji)",
            "Area under the ROC curve against random pixels, at steps of 0.1; .5 is chance "
            "(Borji et al. 2013, doi:10.1109/ICCV.2013.118).",
            **_AUC,
        ),
        "auc_shuffled": Metric(
            "AUC (shuffled)",
            "The same against pixels fixated on other images; .5 is chance "
            "(Zhang et al. 2008, doi:10.1167/8.7.32).",
            **_AUC,
        ),
        "nss": Metric(
            "NSS",
            "How many standard deviations, over N - 1, the map at fixated pixels is above its "
            "mean; 0 is chance (Peters et al. 2005, doi:10.1016/j.visres.2005.03.019).",
            level="chance",
        ),
        "cc": Metric(
            "CC",
            f"Pearson's correlation of the map with the density of fixations {_BYLINSKII}.",
            level="chance",
        ),
        "similarity": Metric(
            "Similarity",
            "Mass that the map shares with the density of fixations, each stretched to [0, 1] and "
            "divided by its sum (Judd et al. 2012, MIT-CSAIL-TR-2012-001).",
        ),
        "kl": Metric(
            "KL",
            "Kullback-Leibler divergence of the map from the density of fixations, in nats, made "
            f"finite by an epsilon; about 0 where they are equal {_BYLINSKII}.",
        ),
        "information_gain": Metric(
            "Information gain",
            "Bits per fixated pixel that the map tells beyond a baseline, each stretched to [0, 1] "
            "and divided by its sum (Kümmerer et al. 2015, doi:10.1073/pnas.1510393112).",
            **_GAIN,
        ),
        "emd": Metric(
            "EMD",
            "How far mass moves, in pixels of maps made smaller, until the map is the density of "
            "fixations (Pele & Werman 2009, doi:10.1109/ICCV.2009.5459199).",
        ),
    },
}
"""Metrics of each profile by name."""


def number(value: float) -> str:
    """Three decimals; an en dash for NaN.

    >>> number(0.5), number(-0.0001), number(-1), number(-np.inf), number(np.nan)
    ('0.500', '0.000', '−1.000', '−∞', '–')
    """
    if np.isnan(value):
        return DASH
    text = "∞" if np.isinf(value) else f"{abs(value):.3f}"
    return f"\N{MINUS SIGN}{text}" if value < 0 and text != "0.000" else text


def html(
    scores: "pd.DataFrame",
    table: "pd.DataFrame",
    about: Mapping[str, Any],
    *,
    pictures: Callable[[str], str | os.PathLike[str]],
    maps: Callable[[str, str], Array],
    points: Callable[[str], Array],
    examples: int = 4,
) -> str:
    """The report as one self-contained HTML page.

    Parameters
    ----------
    scores : DataFrame
        One row per model, image and metric: ``model``, ``image``, ``metric``, ``value``
        (NaN where left out), ``fixations``, and ``problem``, why it was left out, or "".
    table : DataFrame
        One row per model and metric: ``model``, ``metric``, ``mean``, ``low``, ``high``,
        ``images``, ``left_out``, and ``difference``, ``difference_low``,
        ``difference_high``: the model minus the reference, NaN for the reference itself.
    about : mapping
        ``dataset``, ``source``, ``images``, ``fixations``, ``subjects``, ``dropped``,
        ``without_fixations``, ``profile`` (one of :data:`PROFILES`), ``metrics``,
        ``reference``, ``models`` (parameters as text by name), ``version``, ``ppd`` and
        ``first``, whether first fixations are included.
    pictures : callable
        Name of an image -> file of the photograph.
    maps : callable
        Names of a model and an image -> map (rows, cols); a ValueError means that there
        is none, and its sentence is shown. Each pair is asked for once.
    points : callable
        Name of an image -> fixations on it, x and y in pixels, (n, 2).
    examples : int
        How many of the best and of the worst images are shown of each model.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        Metrics or models that are not known.
    ImportError
        jinja2 or matplotlib is not installed.
    OSError
        A photograph that cannot be opened.
    """
    jinja2 = require("jinja2")
    base.need_matplotlib()
    metrics = _metrics(about)
    first = about["metrics"][0]
    cells = _cells(table, first)
    if about["reference"] not in (models := list(dict.fromkeys(cells.model))):
        raise ValueError(
            f"reference must be one of the models {', '.join(models)}, got {about['reference']!r}"
        )
    page = jinja2.Environment(
        loader=jinja2.PackageLoader("psysal", "report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    page.filters |= {"number": number, "shorten_list": shorten_list}
    page.filters |= {"doi": _linked, "breakable": _breakable}
    page.tests |= {"baseline": BASELINES.__contains__, "lower": LOWER.__contains__}
    return page.get_template("report.html").render(
        about=about,
        metrics=metrics,
        models=models,
        cells={(row.model, row.metric): row for row in cells.itertuples()},
        charts=_charts(cells, metrics, about["reference"]),
        left_out=_left_out(scores, models),
        shown=[
            (model, _examples(scores, model, first, examples, pictures, maps, points))
            for model in models
        ],
    )


def markdown(table: "pd.DataFrame") -> str:
    """The table in Markdown: models by metrics, better first by the first metric, best in bold.

    Parameters
    ----------
    table : DataFrame
        As :func:`html` takes it.

    Examples
    --------
    >>> import pandas as pd
    >>> row = {"model": "itti1998", "metric": "auc", "mean": 0.769, "low": 0.765, "high": 0.774}
    >>> row |= {"difference_low": np.nan, "difference_high": np.nan}
    >>> print(markdown(pd.DataFrame([row])))
    | model    | auc ↑                    |
    |:---------|:-------------------------|
    | itti1998 | **0.769 [0.765, 0.774]** |
    """
    cells = _cells(table, table.metric.iloc[0])
    cells["cell"] = [
        f"**{text}**" if best else text
        for text, best in zip(map(_with_interval, cells.itertuples()), cells.best, strict=True)
    ]
    cells["model"] = cells.model.str.replace("|", r"\|")
    names = {metric: f"{metric} {'↓' if metric in LOWER else '↑'}" for metric in cells.metric}
    wide = cells.pivot(index="model", columns="metric", values="cell")
    wide = wide.loc[list(dict.fromkeys(cells.model)), list(names)].fillna(DASH)
    text: str = wide.rename(columns=names).to_markdown(disable_numparse=True)
    return text


def _metrics(about: Mapping[str, Any]) -> dict[str, Metric]:
    known = PROFILES.get(about["profile"])
    if known is None:
        raise ValueError(f"profile must be {' or '.join(PROFILES)}, got {about['profile']!r}")
    if not about["metrics"] or (wrong := [name for name in about["metrics"] if name not in known]):
        raise ValueError(
            f"metrics of the profile {about['profile']} must be among {', '.join(known)}, "
            f"got {', '.join(wrong) if about['metrics'] else 'none'}"
        )
    return {name: known[name] for name in about["metrics"]}


def _cells(table: "pd.DataFrame", first: str) -> "pd.DataFrame":
    """The table, better first by the first metric; with which is best and which differs.

    ``merit`` is the mean, or minus the mean where lower is better; ``verdict`` is 1
    where the model is better than the reference, -1 where it is worse, else 0.
    """
    sign = np.where(table.metric.isin(list(LOWER)), -1, 1)
    cells = table.assign(merit=sign * table["mean"])
    merit = cells[cells.metric == first].set_index("model").merit
    order = merit.sort_values(ascending=False, kind="stable").index
    cells = cells.sort_values(
        "model", key=lambda names: names.map({name: i for i, name in enumerate(order)}),
        kind="stable",
    )  # fmt: skip
    sign = np.where(cells.metric.isin(list(LOWER)), -1, 1)
    able = cells.merit.where(~cells.model.isin(list(BASELINES)) & np.isfinite(cells.merit))
    return cells.assign(
        best=cells.merit == able.groupby(cells.metric).transform("max"),
        verdict=sign * ((cells.difference_low > 0).astype(int) - (cells.difference_high < 0)),
    )


def _with_interval(row: Any) -> str:
    if np.isnan(row.low):
        return number(row.mean)
    return f"{number(row.mean)} [{number(row.low)}, {number(row.high)}]"


def _charts(
    cells: "pd.DataFrame", metrics: Mapping[str, Metric], reference: str
) -> list[dict[str, Any]]:
    """Of every metric: the figure of means and that of differences, and both in words."""
    charts = []
    for name, metric in metrics.items():
        part: Any = cells[cells.metric == name].sort_values("merit", ascending=False, kind="stable")
        bars = plots.bars(
            [*part.model],
            part["mean"],
            part[["low", "high"]],
            [*map(number, part["mean"])],
            start=metric.start,
            hatched=BASELINES,
            bold=reference,
        )
        others = part[part.difference.notna()]
        change = others[["difference_low", "difference_high"]]
        texts = [*map(_signed, others.difference)]
        dots = ""
        if np.isfinite(change).any(axis=None):
            figure = plots.dots([*others.model], others.difference, change, texts)
            dots = _inline(figure, f"dots-{name}")
        charts.append(
            {
                "name": name,
                "bars": _inline(bars, f"bars-{name}"),
                "means": "; ".join(f"{r.model} {_with_interval(r)}" for r in part.itertuples()),
                "dots": dots,
                "differences": "; ".join(
                    f"{r.model} {text} [{number(r.difference_low)}, {number(r.difference_high)}]"
                    for r, text in zip(others.itertuples(), texts, strict=True)
                ),
            }
        )
    return charts


def _signed(value: float) -> str:
    text = number(value)
    return f"+{text}" if value > 0 and text != "0.000" else text


def _inline(figure: Any, name: str) -> Any:
    """A figure as SVG in the colors of the page, its ids apart from those of others."""
    from markupsafe import Markup

    text = re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{name}-", plots.svg(figure))
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)  # would hold for the whole page
    for color in ("INK", "GREY", "PAPER", "BLUE", "SKY"):
        text = text.replace(getattr(base, color), f"var(--{color.lower()})")
    return Markup(text)


def _left_out(scores: "pd.DataFrame", models: list[str]) -> list[dict[str, Any]]:
    """Per model: on how many images something was left out, and the first few reasons."""
    bad = scores.assign(problem=scores.problem.fillna(""))
    bad = bad[bad.value.isna() | (bad.problem != "")]
    found = []
    for model in models:
        part = bad[bad.model == model]
        reasons = [
            (problem, [*rows.image.unique()], [*rows.metric.unique()])
            for problem, rows in part.groupby("problem", sort=False)
        ]
        if reasons:
            found.append({"model": model, "images": part.image.nunique(), "reasons": reasons})
    return found


def _examples(
    scores: "pd.DataFrame",
    model: str,
    metric: str,
    count: int,
    pictures: Callable[[str], Any],
    maps: Callable[[str, str], Array],
    points: Callable[[str], Array],
) -> list[tuple[str, Iterator[dict[str, Any]]]]:
    """The best and the worst images of a model, each drawn when it is asked for."""
    ranked = scores[(scores.model == model) & (scores.metric == metric) & scores.value.notna()]
    ranked = ranked.sort_values("value", ascending=metric in LOWER, kind="stable")
    if len(ranked) > 1 and ranked.value.nunique() == 1:
        return []

    def drawn(rows: Any) -> Iterator[dict[str, Any]]:
        for row in rows.itertuples():
            where, note = points(row.image), ""
            try:
                saliency = maps(model, row.image)
            except ValueError as error:
                saliency, note = None, str(error)
            uri = _picture(pictures(row.image), saliency, where)
            yield {"row": row, "uri": uri, "note": note}

    best = ranked.iloc[:count]
    worst = ranked.iloc[max(count, len(ranked) - count) :][::-1]
    groups = [("Best", best), ("Worst", worst)]
    return [(name, drawn(rows)) for name, rows in groups if len(rows)]


def _picture(source: Any, saliency: Array | None, where: Array) -> str:
    """A small photograph with its map and fixations, as the data URI of a JPEG."""
    import cv2
    from PIL import Image

    pixels = image.read(source)
    rows, cols = pixels.shape[:2]
    scale = SIDE / max(rows, cols)
    size = max(1, round(cols * scale)), max(1, round(rows * scale))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    small = np.rint(small * (255 / image.full_scale(pixels))).astype(np.uint8)
    if saliency is not None:
        found = cv2.resize(np.asarray(saliency, np.float32), size, interpolation=cv2.INTER_AREA)
        small = overlay.overlay(small, normalize(found))
    elif small.ndim == 2:
        small = np.repeat(small[:, :, None], 3, axis=2)
    dark, light = (_dots(np.asarray(where) * scale, size, radius) for radius in (2.6, 1.7))
    small = np.rint(small * (1 - dark) + 255 * light).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(small).save(buffer, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _dots(where: Array, size: tuple[int, int], radius: float) -> Array:
    """How much of every pixel is covered by dots, (rows, cols, 1) in [0, 1]."""
    import cv2

    fine = 6
    large = np.zeros((size[1] * fine, size[0] * fine), np.uint8)
    for x, y in (where * fine).astype(int).tolist():
        cv2.circle(large, (x, y), round(radius * fine), 255, -1)
    return cv2.resize(large, size, interpolation=cv2.INTER_AREA)[:, :, None] / 255


def _linked(text: str) -> Any:
    """DOIs in a text as links."""
    from markupsafe import Markup, escape

    link = r'<a href="https://doi.org/\1">doi:\1</a>'
    return Markup(re.sub(r"doi:(10\.[\w./:()-]*\w)", link, str(escape(text))))


def _breakable(name: str) -> Any:
    """A name that breaks after underscores first."""
    from markupsafe import Markup, escape

    return Markup(str(escape(name)).replace("_", "_<wbr>"))
