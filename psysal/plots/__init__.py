"""Figures, for which matplotlib is needed (``pip install "psysal[plots]"``).

Place in the pipeline: results of all other packages -> [plots] -> figure.

    steps        single steps: channels, planes, windows, sensitivity, map
    pipeline     a whole model: every stage on one image
    charts       scores with intervals; learned sensitivity
    displays     illusions and search displays
    perception   images as displayed and as perceived, illusions and what causes them
    attention    fixations, metrics, densities, learning
    scanpaths    a scanpath on its photograph
    retrieval    patches in a pooled vector; results of queries
    scales       colors of channels, and scales with units
    base         colors and axes of all figures; figures as PNG and SVG

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
from psysal.plots.charts import bars, distributions, dots, sensitivity
from psysal.plots.displays import contact_sheet
from psysal.plots.perception import (
    difference,
    illusion,
    induction,
    induction_by_level,
    matched,
    profile,
)
from psysal.plots.pipeline import stages
from psysal.plots.retrieval import matches, pooling
from psysal.plots.scanpaths import scanpath
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
    "distributions",
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
    "scanpath",
    "sensitivity",
    "stages",
    "svg",
    "windows",
]
