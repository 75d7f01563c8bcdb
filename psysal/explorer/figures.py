"""Figures of a page: planes and curves as Bokeh draws them.

Place in the pipeline: view -> [figures] -> session, server.  A plane is sent as numbers
of 16 bits, half the bytes of its values; ``page.js`` looks their colors up in :func:`palettes`, and
reads the value under the pointer from the same numbers.
"""

from functools import cache
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.explorer.view import Plane
from psysal.plots.base import BLUE, INK, PAPER
from psysal.plots.scales import OPPONENT

__all__ = ["CURVES", "PLANE_TITLES", "encode_plane", "figures", "palettes"]

PLANE_TITLES = {
    "photograph": "Photograph",
    "map": "Map",
    "other": "Other map",
    "channel 1": "O1",
    "channel 2": "O2",
    "channel 3": "O3",
    "plane": "Wavelet plane",
    "contrast": "Contrast",
    "weights": "Weights",
    "contribution": "Contribution",
}
"""Titles of the planes of a :class:`~psysal.explorer.view.View` on the page."""

CURVES = ("level", "intensity g", "intensity k", "color g", "color k")
"""Names of the curves of :func:`psysal.explorer.curves.sensitivity_curves`."""
PATH_PARTS: dict[str, dict[str, list[Any]]] = {
    "saccades": {"xs": [], "ys": []},
    "arrowheads": {"x": [], "y": [], "angle": []},
    "start": {"x": [], "y": []},
    "landings": {"x": [], "y": [], "text": []},
}  # of a scanpath, by the sources that page.js fills
AXIS_COLOR = "#9aa0a6"


def figures() -> dict[str, Any]:
    """Figures of the page: one for each plane, the chart of contrast sensitivity, and the profile.

    ``page.js`` finds what it changes by name: the sources "photograph source" ..., "overlay
    source", "fixations", "curves", "levels", "targets", "line", "zones" and those of a scanpath and
    a crop, the ranges "x" and "y", and the axis "frequencies".

    Returns
    -------
    dict of str to bokeh.plotting.figure
        Figures by the names of :data:`PLANE_TITLES`, which share their axes and the crosshair,
        "chart", and "profile" of an illusion.
    """
    from bokeh.models import ColumnDataSource, Range1d, Span

    x, y = Range1d(0, 3, name="x"), Range1d(2, 0, name="y")
    crosshair = [Span(dimension=d, line_color=BLUE, line_width=1) for d in ("width", "height")]
    planes = {name: _plane_figure(name, x, y, crosshair) for name in PLANE_TITLES}
    _draw_image(planes["photograph"], "overlay", global_alpha=0, visible=False)
    fixations = ColumnDataSource({"x": [], "y": []}, name="fixations")
    targets = ColumnDataSource({"x": [], "y": [], "text": []}, name="targets")
    sides: dict[str, list[float]] = {side: [] for side in ("left", "right", "top", "bottom")}
    crop = [ColumnDataSource(sides, name=name) for name in ("crop", "outside")]
    path = {part: ColumnDataSource(columns, name=part) for part, columns in PATH_PARTS.items()}
    for name in ("photograph", "map", "other"):
        _draw_crop(planes[name], crop)
        look: Any = {"text_align": "center", "text_baseline": "middle", "text_color": INK}
        planes[name].scatter("x", "y", source=targets, size=19, fill_color=PAPER, line_color=INK)
        planes[name].text("x", "y", "text", source=targets, text_font_size="9pt", **look)
        _draw_path(planes[name], path)
        planes[name].scatter(
            "x", "y", source=fixations, size=9, marker="circle", line_width=2,
            fill_color="white", fill_alpha=0.95, line_color=INK,
        )  # fmt: skip
    return {**planes, "chart": _chart(), "profile": _profile()}


def _draw_crop(plane: Any, crop: list[Any]) -> None:
    """Draw the frame of a crop, and a veil over what is outside of it."""
    box = {side: side for side in ("left", "right", "top", "bottom")}
    frame, outside = crop
    plane.quad(**box, source=outside, fill_color="black", fill_alpha=0.6, line_color=None)
    plane.quad(**box, source=frame, fill_color=None, line_color=PAPER, line_width=2.5)


def _draw_path(plane: Any, path: dict[str, Any]) -> None:
    """Draw a scanpath: lines with an arrowhead in their middle, and numbered dots."""
    for color, width in ((INK, 5), (PAPER, 2)):
        plane.multi_line("xs", "ys", source=path["saccades"], line_color=color, line_width=width)
    plane.scatter(
        "x", "y", source=path["arrowheads"], marker="triangle", angle="angle", size=13,
        fill_color=PAPER, line_color=INK, line_width=1.5,
    )  # fmt: skip
    plane.scatter(
        "x", "y", source=path["start"], marker="x", size=11, line_color=PAPER, line_width=3,
    )  # fmt: skip
    plane.scatter(
        "x", "y", source=path["landings"], size=21, fill_color=BLUE, line_color=PAPER,
        line_width=2,
    )  # fmt: skip
    plane.text(
        "x", "y", "text", source=path["landings"], text_align="center", text_baseline="middle",
        text_font_size="9pt", text_font_style="bold", text_color="white",
    )  # fmt: skip


def _plane_figure(name: str, x: Any, y: Any, crosshair: list[Any]) -> Any:
    from bokeh.models import BoxZoomTool, CrosshairTool
    from bokeh.plotting import figure

    plane = figure(
        name=name, x_range=x, y_range=y, x_axis_type=None, y_axis_type=None,
        toolbar_location=None, tools="", sizing_mode="stretch_width", aspect_ratio=1.5,
        min_border=0,
        outline_line_color=None, background_fill_color=None, border_fill_color=None,
    )  # fmt: skip
    zoom = BoxZoomTool(match_aspect=True)
    plane.add_tools(CrosshairTool(overlay=crosshair), zoom)
    plane.toolbar.active_drag = zoom
    _draw_image(plane, name)
    return plane


def _axes(name: str, **options: Any) -> Any:
    """Figure with axes, on the paper of the page."""
    from bokeh.plotting import figure

    return figure(
        name=name, sizing_mode="stretch_width", toolbar_location=None, tools="", min_border=6,
        outline_line_color=None, background_fill_color=None, border_fill_color=None, **options,
    )  # fmt: skip


def _finish(chart: Any) -> None:
    """Quiet axes, and the legend above."""
    chart.grid.grid_line_alpha = 0.5
    chart.axis.axis_line_color = chart.axis.major_tick_line_color = AXIS_COLOR
    chart.axis.minor_tick_line_color = None
    chart.axis.axis_label_text_font_style = "normal"
    (legend,) = chart.legend
    chart.add_layout(legend, "above")
    legend.update(
        ncols=2, border_line_color=None, background_fill_color=None, padding=2, spacing=6,
        margin=0, glyph_width=22, glyph_height=12, label_text_font_size="8.5pt",
    )  # fmt: skip


def _profile() -> Any:
    """Values along a line through the two targets of an illusion, in the picture and perceived."""
    from bokeh.models import ColumnDataSource, Range1d

    profile = _axes("profile", x_range=Range1d(0, 1), y_range=Range1d(0, 1), height=230)
    columns: dict[str, list[Any]] = {
        key: [] for key in ("left", "right", "bottom", "top", "middle", "text", "alpha")
    }
    zones = ColumnDataSource(columns, name="zones")
    profile.quad(
        "left", "right", "top", "bottom", source=zones, name="zone grounds", fill_color=AXIS_COLOR,
        fill_alpha="alpha", line_color=None,
    )  # fmt: skip
    profile.text(
        "middle", "top", "text", source=zones, name="zone letters", text_align="center",
        text_baseline="top", text_font_size="9pt",
    )  # fmt: skip
    line = ColumnDataSource({"x": [], "shown": [], "seen": []}, name="line")
    for name, dash, text in (("shown", "dashed", "in the picture"), ("seen", "solid", "perceived")):
        profile.line(
            "x", name, source=line, name=name, line_dash=dash, line_width=2, legend_label=text
        )
    _finish(profile)
    return profile


def _chart() -> Any:
    from bokeh.models import ColumnDataSource, LinearAxis

    chart = _axes(
        "chart", x_range=(0.5, 8.5), height=290, x_axis_label="level of the tuning, fine to coarse"
    )
    curves = ColumnDataSource({curve: [] for curve in CURVES}, name="curves")
    for kind, color in (("intensity", INK), ("color", BLUE)):
        for function, dash in (("g", "solid"), ("k", "dashed")):
            chart.line(
                "level", f"{kind} {function}", source=curves, line_color=color,
                line_dash=dash, line_width=2, legend_label=f"{kind} {function}(s)",
                name=f"{kind} {function}",
            )  # fmt: skip
    levels = ColumnDataSource({"x": [], "y": [], "text": [], "width": []}, name="levels")
    chart.scatter(
        "x", "y", source=levels, size=17, fill_color="white", line_color=INK, line_width="width",
        name="level circles",
    )  # fmt: skip
    chart.text(
        "x", "y", "text", source=levels, text_align="center", text_baseline="middle",
        text_font_size="8pt", text_color=INK, name="level numbers",
    )  # fmt: skip
    chart.y_range.start = -0.35  # below the circles of levels
    chart.add_layout(LinearAxis(name="frequencies", axis_label="cycles per degree"), "above")
    chart.xaxis.ticker = list(range(1, 9))
    _finish(chart)
    return chart


def _draw_image(figure: Any, name: str, **options: Any) -> None:
    """Show the image of the source of this name, its first pixel at the top left."""
    from bokeh.models import ColumnDataSource

    source = ColumnDataSource({"colors": [], "dw": [], "dh": []}, name=f"{name} source")
    figure.image_rgba(
        "colors", source=source, x=0, y=0, dw="dw", dh="dh", name=f"{name} image", **options
    )


def encode_plane(plane: Plane) -> Array:
    """Values of a plane as whole numbers.

    Parameters
    ----------
    plane : Plane
        The plane.

    Returns
    -------
    ndarray, (rows, cols)
        uint16, from 0 at the lower limit of the plane to 65535 at the upper; of colors uint32,
        whose bytes are RGBA.

    Examples
    --------
    >>> encode_plane(Plane(np.array([[0, 0.5, 1]]), "grey", "contrast"))
    array([[    0, 32768, 65535]], dtype=uint16)
    """
    if plane.palette == "color":
        opaque = np.full((*plane.values.shape[:2], 1), 255, np.uint8)
        return np.concatenate([plane.values, opaque], axis=2).view(np.uint32)[:, :, 0]
    low, high = plane.limits
    scaled = (plane.values - np.float32(low)) * np.float32(65535 / (high - low))
    return np.rint(scaled).astype(np.uint16)


@cache
def palettes() -> dict[str, Any]:
    """Palettes of a :class:`~psysal.explorer.view.Plane`, those of :mod:`psysal.plots.base`.

    Returns
    -------
    dict of str to sequence of str
        256 colors such as "#fcffa4", by name.
    """
    from bokeh.palettes import Greys256, Inferno256, PuOr11, Viridis256, interp_palette

    return {
        "inferno": Inferno256,
        "viridis": Viridis256,
        "grey": Greys256,
        "signed": interp_palette(PuOr11[::-1], 256),
        **{name: interp_palette(colors, 256) for name, colors in OPPONENT.items()},
    }
