"""Report of an evaluation on one HTML page, and its table in Markdown.

Place in the pipeline: scores, table, description -> [report] -> HTML, Markdown.  The page needs
no other file: figures are SVG in it, pictures JPEG.  Enters, as a comparison of models gives it:
``scores``, a row for every model, image and metric; ``table``, a row for every model and metric
with its mean, 95 % interval and paired difference from the reference; ``description``, the data
set, models and settings.

jinja2, matplotlib, pandas and tabulate are needed (``pip install "psysal[evaluate]"``).
"""

import base64
import io
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from psysal import image, overlay, plots
from psysal._typing import Array
from psysal.checks import one_of
from psysal.evaluation.profiles import LOWER_IS_BETTER, PROFILES, Metric
from psysal.image import normalize
from psysal.models.registry import model_names
from psysal.optional import require
from psysal.plots import base
from psysal.wording import shorten_list

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BASELINES", "html", "markdown", "number"]

BASELINES = frozenset(model_names("baseline", "reference"))
"""Names of models that do not depend on the image, or are fitted to fixations; never the best."""

DASH = "\N{EN DASH}"
PICTURE_SIZE = 320  # pixels of the longer side of the report's pictures


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


def html(
    scores: "pd.DataFrame",
    table: "pd.DataFrame",
    description: Mapping[str, Any],
    *,
    pictures: Callable[[str], Array],
    maps: Callable[[str, str], Array],
    positions: Callable[[str], Array],
    examples: int = 4,
) -> str:
    """Report as one self-contained HTML page.

    Parameters
    ----------
    scores : DataFrame
        One row per model, image and metric: ``model``, ``image``, ``metric``, ``value``
        (NaN where left out), ``fixations``, and ``problem``, the reason, or "".
    table : DataFrame
        One row per model and metric: ``model``, ``metric``, ``mean``, ``low``, ``high``,
        ``images``, ``left_out``, and ``difference``, ``difference_low``,
        ``difference_high``: the model minus the reference, NaN for the reference itself.
    description : mapping
        As :meth:`psysal.evaluation.compare.Comparison.description` gives it, with
        ``reference``, the name of the model that the others are compared with.
    pictures : callable
        Name of an image -> pixels of the photograph.
    maps : callable
        Names of a model and an image -> map (rows, cols); a ValueError means that there
        is none, and its sentence is shown. Each pair is asked for once.
    positions : callable
        Name of an image -> fixations on it, x and y in pixels, (n, 2).
    examples : int
        Number of the best images, and of the worst, that are shown of each model.

    Returns
    -------
    str
        The page.

    Raises
    ------
    ValueError
        A metric, profile or reference that is unknown.
    ImportError
        jinja2 or matplotlib is not installed.
    OSError
        A photograph that cannot be opened.
    """
    jinja2 = require("jinja2")
    base.need_matplotlib()
    metrics = _metrics(description)
    first = next(iter(metrics))
    cells = _cells(table, first)
    models = list(dict.fromkeys(cells.model))
    reference = one_of("reference", description["reference"], models)
    page = jinja2.Environment(
        loader=jinja2.PackageLoader("psysal", "report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    page.filters |= {"number": number, "shorten_list": shorten_list}
    page.filters |= {"doi": _link_dois, "breakable": _breakable}
    page.tests["baseline"] = BASELINES.__contains__
    return page.get_template("report.html").render(
        description=description,
        metrics=metrics,
        models=models,
        cells={(row.model, row.metric): row for row in cells.itertuples()},
        charts=_charts(cells, metrics, reference),
        left_out=_left_out(scores, models),
        examples=[
            (model, _examples(scores, model, first, examples, pictures, maps, positions))
            for model in models
        ],
    )


def markdown(table: "pd.DataFrame") -> str:
    """Table in Markdown: models by metrics, better first by the first metric, best in bold.

    Parameters
    ----------
    table : DataFrame
        As :func:`html` takes it.

    Returns
    -------
    str

    Raises
    ------
    ImportError
        tabulate is not installed.

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
    names = {
        metric: f"{metric} {'↓' if metric in LOWER_IS_BETTER else '↑'}" for metric in cells.metric
    }
    wide = cells.pivot(index="model", columns="metric", values="cell")
    wide = wide.loc[list(dict.fromkeys(cells.model)), list(names)].fillna("n/a")
    text: str = wide.rename(columns=names).to_markdown(disable_numparse=True)
    return text


def _metrics(description: Mapping[str, Any]) -> dict[str, Metric]:
    """Metrics of the comparison by name."""
    profile, names = description["profile"], description["metrics"]
    known = PROFILES[one_of("profile", profile, PROFILES)]
    if not names or (unknown := [name for name in names if name not in known]):
        raise ValueError(
            f"metrics of the profile {profile} must be among {', '.join(known)}, "
            f"got {', '.join(unknown) if names else 'none'}"
        )
    return {name: known[name] for name in names}


def _cells(table: "pd.DataFrame", first: str) -> "pd.DataFrame":
    """Rows of the table, better models first by the first metric, with four more columns.

    ``sign`` is -1 if lower is better, else 1; ``merit`` is the signed mean; ``best`` is true for
    the best model that is no baseline; ``verdict`` is 1 for models better than the reference,
    -1 for worse, else 0.
    """
    cells = table.assign(sign=np.where(table.metric.isin(list(LOWER_IS_BETTER)), -1, 1))
    cells["merit"] = cells.sign * cells["mean"]
    merit = cells[cells.metric == first].set_index("model").merit
    order = merit.sort_values(ascending=False, kind="stable").index
    cells = cells.sort_values(
        "model", key=lambda names: names.map({name: i for i, name in enumerate(order)}),
        kind="stable",
    )  # fmt: skip
    eligible = cells.merit.where(~cells.model.isin(list(BASELINES)) & np.isfinite(cells.merit))
    return cells.assign(
        best=cells.merit == eligible.groupby(cells.metric).transform("max"),
        verdict=cells.sign * ((cells.difference_low > 0).astype(int) - (cells.difference_high < 0)),
    )


def _with_interval(row: Any) -> str:
    if np.isnan(row.low):
        return number(row.mean)
    return f"{number(row.mean)} [{number(row.low)}, {number(row.high)}]"


def _charts(
    cells: "pd.DataFrame", metrics: Mapping[str, Metric], reference: str
) -> list[dict[str, Any]]:
    """Figures of means and of differences for every metric, and both as text."""
    charts = []
    for name, metric in metrics.items():
        part: Any = cells[cells.metric == name].sort_values("merit", ascending=False, kind="stable")
        bars = plots.bars(
            [*part.model],
            part["mean"],
            part[["low", "high"]],
            [*map(number, part["mean"])],
            start=metric.chance or 0.0,
            hatched=BASELINES,
            bold=reference,
        )
        others = part[part.difference.notna()]
        change = others[["difference_low", "difference_high"]]
        texts = [*map(_signed_number, others.difference)]
        dots = ""
        if np.isfinite(change).any(axis=None):
            figure = plots.dots([*others.model], others.difference, change, texts)
            dots = _inline_svg(figure, f"dots-{name}")
        charts.append(
            {
                "name": name,
                "bars": _inline_svg(bars, f"bars-{name}"),
                "means": "; ".join(f"{r.model} {_with_interval(r)}" for r in part.itertuples()),
                "dots": dots,
                "differences": "; ".join(
                    f"{r.model} {text} [{number(r.difference_low)}, {number(r.difference_high)}]"
                    for r, text in zip(others.itertuples(), texts, strict=True)
                ),
            }
        )
    return charts


def _signed_number(value: float) -> str:
    text = number(value)
    return f"+{text}" if value > 0 and text != "0.000" else text


def _inline_svg(figure: Any, name: str) -> Any:
    """A figure as SVG in the colors of the page, with ids of its own."""
    from markupsafe import Markup

    text = re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{name}-", plots.svg(figure))
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)  # would hold for the whole page
    for color in ("INK", "GREY", "PAPER", "BLUE", "SKY"):
        text = text.replace(getattr(base, color), f"var(--{color.lower()})")
    return Markup(text)


def _left_out(scores: "pd.DataFrame", models: list[str]) -> list[dict[str, Any]]:
    """Number of images that were left out of each model, and the reasons."""
    bad = scores.assign(problem=scores.problem.fillna(""))
    bad = bad[bad.value.isna() | (bad.problem != "")]
    left_out = []
    for model in models:
        part = bad[bad.model == model]
        reasons = [
            (problem, [*rows.image.unique()], [*rows.metric.unique()])
            for problem, rows in part.groupby("problem", sort=False)
        ]
        if reasons:
            left_out.append({"model": model, "images": part.image.nunique(), "reasons": reasons})
    return left_out


def _examples(
    scores: "pd.DataFrame",
    model: str,
    metric: str,
    count: int,
    pictures: Callable[[str], Array],
    maps: Callable[[str, str], Array],
    positions: Callable[[str], Array],
) -> list[tuple[str, Iterator[dict[str, Any]]]]:
    """Best and worst images of a model, each drawn when the template comes to it."""
    ranked = scores[(scores.model == model) & (scores.metric == metric) & scores.value.notna()]
    ranked = ranked.sort_values("value", ascending=metric in LOWER_IS_BETTER, kind="stable")
    if len(ranked) > 1 and ranked.value.nunique() == 1:
        return []

    def draw(rows: Any) -> Iterator[dict[str, Any]]:
        for row in rows.itertuples():
            saliency, problem = None, ""
            try:
                saliency = maps(model, row.image)
            except ValueError as error:
                problem = str(error)
            uri = _picture_uri(pictures(row.image), saliency, positions(row.image))
            yield {"row": row, "uri": uri, "problem": problem}

    best = ranked.iloc[:count]
    worst = ranked.iloc[max(count, len(ranked) - count) :][::-1]
    groups = [("Best", best), ("Worst", worst)]
    return [(name, draw(rows)) for name, rows in groups if len(rows)]


def _picture_uri(pixels: Array, saliency: Array | None, positions: Array) -> str:
    """A small photograph with its map and fixations, as the data URI of a JPEG."""
    import cv2
    from PIL import Image

    rows, cols = pixels.shape[:2]
    scale = PICTURE_SIZE / max(rows, cols)
    size = max(1, round(cols * scale)), max(1, round(rows * scale))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    small = np.rint(small * (255 / image.full_scale(pixels))).astype(np.uint8)
    if saliency is not None:
        heat = cv2.resize(np.asarray(saliency, np.float32), size, interpolation=cv2.INTER_AREA)
        small = overlay.overlay(small, normalize(heat))
    elif small.ndim == 2:
        small = np.repeat(small[:, :, None], 3, axis=2)
    dark, light = (_dot_coverage(positions * scale, size, radius) for radius in (2.6, 1.7))
    small = np.rint(small * (1 - dark) + 255 * light).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(small).save(buffer, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _dot_coverage(centers: Array, size: tuple[int, int], radius: float) -> Array:
    """Share of every pixel that dots cover, (rows, cols, 1) in [0, 1]."""
    import cv2

    fine = 6
    large = np.zeros((size[1] * fine, size[0] * fine), np.uint8)
    for x, y in (centers * fine).astype(int).tolist():
        cv2.circle(large, (x, y), round(radius * fine), 255, -1)
    return cv2.resize(large, size, interpolation=cv2.INTER_AREA)[:, :, None] / 255


def _link_dois(text: str) -> Any:
    """A text whose DOIs are links."""
    from markupsafe import Markup, escape

    link = r'<a href="https://doi.org/\1">doi:\1</a>'
    return Markup(re.sub(r"doi:(10\.[\w./:()-]*\w)", link, str(escape(text))))


def _breakable(name: str) -> Any:
    """A name that may break after underscores."""
    from markupsafe import Markup, escape

    return Markup(str(escape(name)).replace("_", "_<wbr>"))
