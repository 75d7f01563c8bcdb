"""Figure of a scanpath: numbered fixations and arrows on a photograph.

Place in the pipeline: photograph, scanpath -> [scanpaths] -> figure.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from psysal.evaluation.inputs import pixel_indexes
from psysal.image import check_image
from psysal.plots.base import INK, need_matplotlib
from psysal.plots.steps import backdrop
from psysal.scanpaths import Scanpath

__all__ = ["scanpath"]

DOT = 12
"""Diameter of a fixation in points."""


def scanpath(
    image: Any,
    path: Scanpath | ArrayLike,
    *,
    saliency: ArrayLike | None = None,
    title: str = "",
    ax: Any = None,
) -> Any:
    """Scanpath on a photograph: a numbered dot a fixation, an arrow a saccade.

    Parameters
    ----------
    image : array, PIL image or path
        Photograph, as :func:`psysal.image.check_image` takes it.
    path : Scanpath or array_like, (n, 2)
        Scanpath, or x, y in pixels of somebody's fixations in their order. Its start is a
        cross. The fixations of many viewers are dots without numbers and arrows.
    saliency : array_like, (rows, cols), optional
        Map to lay over the photograph, which fades to grey.
    title : str
        Title above the picture.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default pyplot's current ones.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        Fixations off the photograph, or a map of another size.
    """
    need_matplotlib()
    from matplotlib.patheffects import withStroke

    picture = check_image(image)
    if isinstance(path, Scanpath):
        positions, first = path.positions, path.start
        pixel_indexes("path", positions.reshape(-1, 2), picture.shape[:2])
    else:
        positions, first = np.asarray(path, float), None
        pixel_indexes("path", positions, picture.shape[:2])
    ax = backdrop(picture, saliency, title=title, ax=ax)
    places = positions - 0.5  # pixels are centered on whole numbers
    start = np.array([first] if first else np.empty((0, 2))) - 0.5
    outline = [withStroke(linewidth=4, foreground="black")]
    if len(start):
        cross: Any = {"color": "white", "markersize": 8, "markeredgewidth": 1.6}
        ax.plot(*start.T, "x", path_effects=outline, zorder=3, **cross)
    if places.ndim == 3:
        look: Any = {"s": 9, "color": "white", "edgecolors": "black", "linewidths": 0.5}
        ax.scatter(*places.reshape(-1, 2).T, alpha=0.7, zorder=4, **look)
        return ax
    arrow = {
        "arrowstyle": "-|>,head_width=0.25,head_length=0.5",
        "color": "white",
        "linewidth": 1.7,
        "shrinkA": DOT / 2,
        "shrinkB": DOT / 2,
        "path_effects": outline,
        "zorder": 2,
    }
    for here, there in pairwise([*start, *places]):
        ax.annotate("", there, here, arrowprops=arrow)
    ax.scatter(*places.T, s=DOT**2, color="white", edgecolors="black", linewidths=1, zorder=4)
    for number, place in enumerate(places, start=1):
        ax.annotate(
            str(number), place, (0, -0.3), textcoords="offset points", ha="center", va="center",
            fontsize=7.5, color=INK, zorder=5,
        )  # fmt: skip
    return ax
