"""Figures of a page: planes and curves as Bokeh draws them.

Place in the pipeline: view -> [figures] -> session.  A plane is sent as numbers of 16 bits, half
the bytes of its values; ``page.js`` looks their colors up in the tables of
:func:`palette_tables`, and reads the value under the pointer from the same numbers.
"""

from functools import cache
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.explorer.view import Plane
from psysal.plots.base import BLUE, INK

__all__ = ["PLANE_TITLES", "Figures", "encode_plane", "palette_tables", "palettes"]

PLANE_TITLES = {
    "photograph": "Photograph",
    "map": "Map",
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
AXIS_COLOR = "#9aa0a6"


class Figures:
    """Figures of one page: one for each plane, and the chart of contrast sensitivity.

    Attributes
    ----------
    planes : dict of str to bokeh.plotting.figure
        Figures by the names of :data:`PLANE_TITLES`; they share their axes and the crosshair.
    chart : bokeh.plotting.figure
        Chart of the contrast sensitivity, with a line at the level shown.
    script_models : dict of str to bokeh.model.Model
        Models that ``page.js`` changes by itself.
    """

    def __init__(self) -> None:
        from bokeh.models import ColumnDataSource, Range1d, Span

        self._x, self._y = Range1d(0, 3), Range1d(2, 0)
        self._fixations = ColumnDataSource({"x": [], "y": []})
        sources = {
            name: ColumnDataSource({"colors": [], "dw": [], "dh": []})
            for name in (*PLANE_TITLES, "overlay")
        }
        crosshair = [Span(dimension=d, line_color=BLUE, line_width=1) for d in ("width", "height")]
        self.planes = {name: self._plane_figure(sources[name], crosshair) for name in PLANE_TITLES}
        overlay = _draw_image(
            self.planes["photograph"], sources["overlay"], global_alpha=0, visible=False
        )
        for name in ("photograph", "map"):
            self.planes[name].scatter(
                "x", "y", source=self._fixations, size=9, marker="circle", line_width=2,
                fill_color="white", fill_alpha=0.95, line_color=INK,
            )  # fmt: skip
        self._curves = ColumnDataSource({curve: [] for curve in CURVES})
        self._level = Span(
            location=4, dimension="height", line_color=AXIS_COLOR, line_dash="dotted"
        )
        self.chart = self._chart()
        self.script_models = {
            "sources": sources,
            "palettes": ColumnDataSource(palette_tables()),
            "x": self._x,
            "y": self._y,
            "overlay": overlay,
        }

    def _plane_figure(self, source: Any, crosshair: list[Any]) -> Any:
        from bokeh.models import BoxZoomTool, CrosshairTool
        from bokeh.plotting import figure

        plane = figure(
            x_range=self._x, y_range=self._y, x_axis_type=None, y_axis_type=None,
            toolbar_location=None, tools="", sizing_mode="stretch_width", aspect_ratio=1.5,
            min_border=0,
            outline_line_color=None, background_fill_color=None, border_fill_color=None,
        )  # fmt: skip
        zoom = BoxZoomTool(match_aspect=True)
        plane.add_tools(CrosshairTool(overlay=crosshair), zoom)
        plane.toolbar.active_drag = zoom
        _draw_image(plane, source)
        return plane

    def _chart(self) -> Any:
        from bokeh.plotting import figure

        chart = figure(
            x_range=(0.5, 8.5), height=250, sizing_mode="stretch_width", toolbar_location=None,
            tools="", min_border=6, outline_line_color=None, background_fill_color=None,
            border_fill_color=None, x_axis_label="level, fine to coarse",
        )  # fmt: skip
        for kind, color in (("intensity", INK), ("color", BLUE)):
            for function, dash in (("g", "solid"), ("k", "dashed")):
                chart.line(
                    "level", f"{kind} {function}", source=self._curves, line_color=color,
                    line_dash=dash, line_width=2, legend_label=f"{kind} {function}(s)",
                )  # fmt: skip
        chart.y_range.start = 0
        chart.xaxis.ticker = list(range(1, 9))
        chart.grid.grid_line_alpha = 0.5
        chart.axis.axis_line_color = chart.axis.major_tick_line_color = AXIS_COLOR
        chart.axis.minor_tick_line_color = None
        chart.xaxis.axis_label_text_font_style = "normal"
        (legend,) = chart.legend
        chart.add_layout(legend, "above")
        legend.update(
            ncols=2, border_line_color=None, background_fill_color=None, padding=2, spacing=6,
            margin=0, glyph_width=22, glyph_height=12, label_text_font_size="8.5pt",
        )  # fmt: skip
        chart.add_layout(self._level)
        return chart

    def fit(self, rows: int, cols: int) -> None:
        """Show the whole of a picture.

        Parameters
        ----------
        rows, cols : int
            Size of the picture in pixels.
        """
        # the browser sets these one by one, and ignores an end that is out of bounds
        self._x.update(bounds=(0, cols), start=0, end=cols, reset_start=0, reset_end=cols)
        self._y.update(bounds=(0, rows), start=rows, end=0, reset_start=rows, reset_end=0)
        for plane in self.planes.values():
            plane.aspect_ratio = cols / rows

    def show_fixations(self, fixations: Array) -> None:
        """Mark fixations on the photograph and the map.

        Parameters
        ----------
        fixations : ndarray, (n, 2), int
            x, y in pixels.
        """
        x, y = (fixations + 0.5).T  # the middle of the pixel
        _update_source(self._fixations, {"x": x, "y": y})

    def show_curves(self, curves: dict[str, Array], level: int) -> None:
        """Show contrast sensitivity, and the level that is looked at.

        Parameters
        ----------
        curves : dict of str to ndarray
            Result of :func:`psysal.explorer.view.sensitivity_curves`.
        level : int
            The level.
        """
        absent = np.full(len(curves.get("level", ())), np.nan)
        _update_source(self._curves, {name: curves.get(name, absent) for name in CURVES})
        self._level.location = level


def _draw_image(figure: Any, source: Any, **options: Any) -> Any:
    """Renderer of the image in a source, its first pixel at the top left."""
    return figure.image_rgba("colors", source=source, x=0, y=0, dw="dw", dh="dh", **options)


def _update_source(source: Any, data: dict[str, Array]) -> None:
    """Put data into a source if they differ from its own: every change is sent and drawn."""
    if not all(np.array_equal(source.data[name], data[name], True) for name in data):
        source.data = data


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


def palette_tables() -> dict[str, list[Array]]:
    """Colors of every palette as the browser paints them.

    Returns
    -------
    dict of str to list of ndarray, (256,), uint32
        One table each, by name; the bytes of a number are RGBA.
    """
    return {
        name: [np.array([[*bytes.fromhex(c[1:]), 255] for c in colors], np.uint8).view(np.uint32)]
        for name, colors in palettes().items()
    }


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
    }
