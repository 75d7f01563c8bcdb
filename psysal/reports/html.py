"""Report of an evaluation on one HTML page.

Place in the pipeline: scores, table, description -> [html] -> page.  The page needs no other file
and no network: figures are SVG in it, pictures JPEG, scores of single images JSON, which a script
of its own sorts, searches and draws.  Without scripts all else remains, and links to the tables.

Enters, as a comparison of models gives it: ``scores``, a row for every model, image and metric;
``table``, a row for every model and metric with its mean, 95 % interval and paired difference
from the reference; ``about``, the data set, models and settings.

jinja2, matplotlib and pandas are needed (``pip install "psysal[evaluate]"``).
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from psysal.checks import one_of
from psysal.evaluation.profiles import PROFILES, Metric
from psysal.plots import base
from psysal.reports import tables
from psysal.reports.figures import Chart
from psysal.reports.pictures import Gallery
from psysal.reports.templates import environment
from psysal.wording import shorten_list

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DIFFERING", "EXAMPLES", "html", "metrics_of", "rival"]

EXAMPLES = 4
"""Best and worst images of each model that the report shows."""

DIFFERING = 3
"""Images that the report shows on which one of two models is better, and the other."""

DIGITS = 7  # significant digits of single scores in the page
PROFILE_TEXTS = {
    "exact": "all pairs of pixels counted, no random draws",
    "mit": "the conventions of the MIT benchmark",
    "tuebingen": "the conventions of the MIT/Tuebingen benchmark",
}


def metrics_of(about: Mapping[str, Any]) -> dict[str, Metric]:
    """Metrics of a comparison by name.

    Parameters
    ----------
    about : mapping
        Description of the comparison.

    Returns
    -------
    dict of str to Metric

    Raises
    ------
    ValueError
        An unknown profile or metric, or no metric.
    """
    profile, names = about["profile"], about["metrics"]
    known = PROFILES[one_of("profile", profile, PROFILES)]
    if not names or (unknown := [name for name in names if name not in known]):
        raise ValueError(
            f"metrics of the profile {profile} must be among {', '.join(known)}, "
            f"got {', '.join(unknown) if names else 'none'}"
        )
    return {name: known[name] for name in names}


def rival(table: "pd.DataFrame", about: Mapping[str, Any]) -> str | None:
    """Model that is shown beside the reference: the best other one that depends on the image.

    Parameters
    ----------
    table, about
        As :func:`html` takes them.

    Returns
    -------
    str or None
        The first other one if none is best; None if there is no other.
    """
    rows = tables.marked_rows(table, about)
    others = rows[(rows.metric == rows.metric.iloc[0]) & (rows.model != about["reference"])]
    if others.empty:
        return None
    looks = others[~others.model.isin(list(tables.BASELINES))]
    others = looks if len(looks) else others
    if others.comparable.all():
        others = others.sort_values("merit", ascending=False, kind="stable")
    return str(others.model.iloc[0])


def html(
    table: "pd.DataFrame",
    about: Mapping[str, Any],
    charts: Sequence[Chart],
    *,
    scores: "pd.DataFrame | None" = None,
    gallery: Gallery | None = None,
    files: Sequence[str] = (),
    examples: int = EXAMPLES,
) -> str:
    """Report as one self-contained HTML page.

    Parameters
    ----------
    table : DataFrame
        One row per model and metric, and data set if there are several: ``model``,
        ``metric``, ``mean``, ``low``, ``high``, ``images``, ``left_out``, and
        ``difference``, ``difference_low``, ``difference_high``: the model minus the
        reference, NaN for the reference itself.
    about : mapping
        As :meth:`psysal.evaluation.compare.Comparison.description` gives it, with
        ``reference``, the name of the model that the others are compared with.
    charts : sequence of Chart
        Figures, as :func:`psysal.reports.figures.charts` draws them.
    scores : DataFrame, optional
        One row per model, image and metric: ``model``, ``image``, ``metric``, ``value``
        (NaN where left out), ``fixations``, and ``problem``, the reason, or "". Without
        them the page has no single images.
    gallery : Gallery, optional
        Pictures of examples; none are shown without.
    files : sequence of str
        Names of the files beside the page, to which it links.
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
        jinja2 is not installed.
    OSError
        A photograph that cannot be opened.
    """
    page = environment()
    known = metrics_of(about)
    metrics = {name: known[name] for name in dict.fromkeys(table.metric)}
    first = next(iter(metrics))
    grids = tables.grids(table, about)
    models = [row.model for row in grids[0].rows]
    reference = one_of("reference", about["reference"], models)
    other = rival(table, about)
    page.filters |= {"number": tables.number, "arrow": tables.arrow}
    page.filters |= {"shorten_list": shorten_list, "doi": _link_dois}
    page.tests["baseline"] = tables.BASELINES.__contains__
    single = left_out = shown = differing = None
    if scores is not None:
        single = _single_scores(scores, metrics, models, reference, other or reference)
        left_out = _left_out(scores, models)
    if scores is not None and gallery is not None:
        shown = [(m, gallery.best_and_worst(scores, m, first, examples)) for m in models]
        if other:
            differing = gallery.differing(scores, (reference, other), first, DIFFERING)
    return page.get_template("report.html").render(
        about=about,
        sets=tables.data_sets(about),
        notes=tables.notes(about),
        interval_kind=tables.interval_kind(about),
        profile_text=PROFILE_TEXTS[about["profile"]],
        corrected="p" in table,
        metrics=metrics,
        grids=grids,
        cells=[cell for grid in grids for row in grid.rows for cell in row.cells if cell],
        models=models,
        reference=reference,
        other=other,
        charts=[
            (chart, _inline(chart.svg, f"chart{number}")) for number, chart in enumerate(charts)
        ],
        files=files,
        single=single,
        left_out=left_out,
        examples=shown,
        differing=differing,
    )


def _inline(svg: str, name: str) -> Any:
    """A figure in the colors of the page, with ids of its own."""
    from markupsafe import Markup

    text = re.sub(r'( id="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)  # would hold for the whole page
    for color in ("INK", "GREY", "PAPER", "BLUE", "SKY"):
        text = text.replace(getattr(base, color), f"var(--{color.lower()})")
    return Markup(text)


def _single_scores(
    scores: "pd.DataFrame",
    metrics: Mapping[str, Metric],
    models: list[str],
    across: str,
    up: str,
) -> Any:
    """Scores of single images as JSON in a script element."""
    from markupsafe import Markup

    images = list(dict.fromkeys(scores.image))
    per_image = scores.drop_duplicates("image").set_index("image").fixations
    wide = scores.pivot(index=["metric", "model"], columns="image", values="value")
    problems = scores[scores.problem.fillna("") != ""].drop_duplicates(["model", "image"])
    data = {
        "metrics": [
            {"name": name, "title": metric.title, "lower": metric.better == "lower"}
            for name, metric in metrics.items()
        ],
        "models": models,
        "across": models.index(across),
        "up": models.index(up),
        "images": images,
        "fixations": [int(per_image[image]) for image in images],
        "values": [
            [
                [_rounded(value) for value in wide.loc[(name, model), images]]
                if (name, model) in wide.index
                else [None] * len(images)
                for model in models
            ]
            for name in metrics
        ],
        "problems": [
            [models.index(row.model), images.index(row.image), row.problem]
            for row in problems.itertuples()
        ],
    }
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return Markup(text.replace("<", r"\u003c"))


def _rounded(value: float) -> float | str | None:
    """A number as JSON can hold it: infinite ones as text."""
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return None if np.isnan(value) else float(f"{value:.{DIGITS}g}")


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


def _link_dois(text: str) -> Any:
    """A text whose DOIs are links."""
    from markupsafe import Markup, escape

    link = r'<a href="https://doi.org/\1">doi:\1</a>'
    return Markup(re.sub(r"doi:(10\.[\w./:()-]*\w)", link, str(escape(text))))
