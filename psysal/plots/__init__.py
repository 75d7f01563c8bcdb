"""Figures, for which matplotlib is needed (``pip install "psysal[plots]"``).

Place: after everything; whatever the other packages give becomes a picture here.

    steps        one step at a time: channels, planes, windows, sensitivity, map
    pipeline     a model at work: stages, what is seen
    charts       scores with intervals; what a readout has learned
    displays     illusions and search displays
    perception   an illusion as it is shown and as it looks
    attention    where people look, what metrics see of it, densities, learning
    retrieval    what a pooling hears; what a search found
    base         colors and axes that all share; figures to PNG and SVG

Examples
--------
>>> import psysal, skimage.data
>>> figure = stages(psysal.Murray2011(), skimage.data.coffee()[::4, ::4])
>>> figure.axes[0].get_title()
'image'
"""

from psysal.plots.attention import (
    divergences,
    fixations,
    learning_curve,
    maps,
    metric_panels,
    roc,
)
from psysal.plots.base import png, svg
from psysal.plots.charts import bars, dots, sensitivity
from psysal.plots.displays import contact_sheet
from psysal.plots.perception import illusion, induction, induction_by_level, matched, profile
from psysal.plots.pipeline import difference, stages
from psysal.plots.retrieval import matches, pooling
from psysal.plots.steps import (
    by_level,
    channels,
    contributions,
    ecsf,
    outline,
    overlay,
    photograph,
    plane,
    planes,
    saliency_map,
    windows,
)

__all__ = [
    "bars",
    "by_level",
    "channels",
    "contact_sheet",
    "contributions",
    "difference",
    "divergences",
    "dots",
    "ecsf",
    "fixations",
    "illusion",
    "induction",
    "induction_by_level",
    "learning_curve",
    "maps",
    "matched",
    "matches",
    "metric_panels",
    "outline",
    "overlay",
    "photograph",
    "plane",
    "planes",
    "png",
    "pooling",
    "profile",
    "roc",
    "saliency_map",
    "sensitivity",
    "stages",
    "svg",
    "windows",
]
