"""A contact sheet of the displays of :mod:`psysal.stimuli`.

Place in the pipeline: displays -> [displays] -> figure.
"""

from typing import TYPE_CHECKING

from psysal.plots.base import blank, draw, need_matplotlib, on_screen

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["contact_sheet"]


def contact_sheet() -> "Figure":
    """All displays of :mod:`psysal.stimuli`, with what people report.

    Returns
    -------
    matplotlib.figure.Figure
    """
    need_matplotlib()
    from textwrap import fill

    from psysal.stimuli import DISPLAYS

    cols = 4
    rows = -(-len(DISPLAYS) // cols)
    figure = blank(figsize=(3.6 * cols, 3.3 * rows), layout="constrained")
    figure.set_facecolor("#f4f4f4")
    axes = figure.subplots(rows, cols).ravel()
    for ax in axes:
        ax.axis("off")
        ax.set_anchor("N")  # pictures of a row hang from one line
    for ax, (name, function) in zip(axes, DISPLAYS.items(), strict=False):
        display = function()
        draw(ax, on_screen(display.image), name.replace("_", " "))
        ax.title.set(fontsize=11, fontweight="bold")
        ax.text(
            0.5, -0.03, fill(display.report, 46), ha="center", va="top", fontsize=8,
            transform=ax.transAxes,
        )  # fmt: skip
    return figure
