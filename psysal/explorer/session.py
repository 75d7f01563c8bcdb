"""The page of one visitor: what is changed there -> what is seen there.

Place in the pipeline: view -> [page] -> server.  There is a session for every tab, and
Bokeh's figures show the planes.  The controls are HTML's own, which
keyboards and screen readers know.  ``page.js`` writes what they ask for into ``asked``, as
JSON, and hears the answer: one message with all that changed.

What arrives is checked as any stranger's: a control by its name and value, an upload by its
size, pixels and format.  No path is ever taken from the browser.
"""

import base64
import binascii
import json
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psysal.explorer import pictures
from psysal.explorer.export import FILES, lines
from psysal.explorer.pictures import MAX_PIXELS, PHOTOGRAPHS, Picture
from psysal.explorer.scores import METRICS, parse_fixations
from psysal.explorer.scores import scores as scored
from psysal.explorer.view import Look, Plane, View, frequency, sensitivity, view
from psysal.plots.base import BLUE, INK
from psysal.threads import thread_count

__all__ = [
    "DRAWN",
    "TITLES",
    "Session",
    "Shown",
    "Wish",
    "render",
    "palettes",
    "pool",
]

Array = NDArray[Any]

TITLES = {
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
"""What the planes of a :class:`~psysal.explorer.view.View` are called on the page."""

DRAWN = 20
"""Fixations that are simulated at once."""

pool = ThreadPoolExecutor(max(2, thread_count(None)), "explorer")
"""The threads that do the work of all visitors."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Wish:
    """What a visitor wants to see; ``load`` makes the picture where it is a new one."""

    look: Look
    picture: Picture | None
    load: Callable[[], Picture] | None = None
    fixations: Array | None = None  # (n, 2) whole pixels
    since: float = 0.0


@dataclass(frozen=True, eq=False)
class Shown:
    """What came of a wish."""

    wish: Wish
    picture: Picture
    view: View
    scores: dict[str, float]


def render(wish: Wish) -> Shown:
    """Do the work of a wish; knows no browser."""
    picture, fixations = wish.picture, wish.fixations
    if wish.load is not None:
        picture, fixations = wish.load(), None
    assert picture is not None
    found = view(picture.pixels, wish.look)
    scores = {}
    if fixations is not None and len(fixations) and not wish.look.percept:
        ppd = getattr(wish.look.model, "ppd", None)
        scores = scored(found.planes["map"].values, fixations, ppd)
    return Shown(wish, picture, found, scores)


class Session:
    """One visitor: what is wanted, what is shown, and the models of the page that show it.

    Parameters
    ----------
    document : bokeh.document.Document
        Of the tab.
    soon : callable
        Has the server's own thread call a function with its arguments; threads may use it.
    max_pixels : int
        Largest upload.
    """

    def __init__(
        self, document: Any, soon: Callable[..., Any], max_pixels: int = MAX_PIXELS
    ) -> None:
        self.document, self.max_pixels = document, max_pixels
        self._soon = soon
        self.look = Look()
        self.shown: Shown | None = None
        self._load: Callable[[], Picture] | None = None
        self._fixations = np.empty((0, 2), int)
        self._since = time.perf_counter()
        self._wanted = self._busy = self._hears = self.closed = False
        self._saving, self._reset = False, True
        self._sent: dict[str, tuple[Plane, Array]] = {}  # planes and codes that the page has
        self._remark: str | None = None  # for the next pictures
        self.random = np.random.default_rng(0)
        self._build()
        document.on_session_destroyed(self._close)
        self._want(load=partial(pictures.named, PHOTOGRAPHS[0]))

    # --- the page ------------------------------------------------------------

    def _build(self) -> None:
        """The models of the page: a figure a plane, and the texts."""
        from bokeh.events import ConnectionLost, DocumentReady, MouseLeave, MouseMove, Tap
        from bokeh.models import ColumnDataSource, CustomJS, Div, Range1d, Span

        self.asked = Div(name="asked")
        self.x, self.y = Range1d(0, 3), Range1d(2, 0)
        cross = [Span(dimension=d, line_color=BLUE, line_width=1) for d in ("width", "height")]
        self.people = ColumnDataSource({"x": [], "y": []})
        self.drawn = {
            name: ColumnDataSource({"colors": [], "dw": [], "dh": []}) for name in (*TITLES, "over")
        }
        self.figures = {name: self._figure(name, cross) for name in TITLES}
        self.chart, self.level = self._chart()
        self.chart.tags = [self.asked]  # what no figure holds is not kept
        for name in ("photograph", "map"):
            self.figures[name].scatter(
                "x", "y", source=self.people, size=9, marker="circle", line_width=2,
                fill_color="white", fill_alpha=0.95, line_color=INK,
            )  # fmt: skip
        args = {
            "asked": self.asked, "drawn": self.drawn, "tables": ColumnDataSource(_tables()),
            "x": self.x, "y": self.y, "over": self.over,
        }  # fmt: skip
        self.document.js_on_event(
            DocumentReady, CustomJS(args=args, code=f"explorer.start({{{', '.join(args)}}})")
        )
        self.document.js_on_event(ConnectionLost, CustomJS(code="explorer.lost()"))
        moved = CustomJS(code="explorer.hover(cb_obj.x, cb_obj.y)")
        left = CustomJS(code="explorer.leave()")
        for figure in self.figures.values():
            figure.js_on_event(MouseMove, moved)
            figure.js_on_event(MouseLeave, left)
        self.figures["photograph"].js_on_event(
            Tap, CustomJS(code="explorer.ask({click: [cb_obj.x, cb_obj.y]})")
        )
        self.asked.on_change("text", self._asked)
        self.document.on_event(ConnectionLost, self._leave)

    def _figure(self, name: str, cross: list[Any]) -> Any:
        from bokeh.models import BoxZoomTool, CrosshairTool
        from bokeh.plotting import figure

        drawn = figure(
            x_range=self.x, y_range=self.y, x_axis_type=None, y_axis_type=None,
            toolbar_location=None, tools="", sizing_mode="stretch_width", aspect_ratio=1.5,
            min_border=0,
            outline_line_color=None, background_fill_color=None, border_fill_color=None,
        )  # fmt: skip
        zoom = BoxZoomTool(match_aspect=True)
        drawn.add_tools(CrosshairTool(overlay=cross), zoom)
        drawn.toolbar.active_drag = zoom
        where: Any = {"x": 0, "y": 0, "dw": "dw", "dh": "dh"}
        drawn.image_rgba("colors", source=self.drawn[name], **where)
        if name == "photograph":
            self.over = drawn.image_rgba(
                "colors", source=self.drawn["over"], global_alpha=0, visible=False, **where
            )
        return drawn

    def _chart(self) -> tuple[Any, Any]:
        """Curves of the contrast sensitivity, and the line at the level looked at."""
        from bokeh.models import ColumnDataSource, Span
        from bokeh.plotting import figure

        drawn = figure(
            x_range=(0.5, 8.5), height=250, sizing_mode="stretch_width", toolbar_location=None,
            tools="", min_border=6, outline_line_color=None, background_fill_color=None,
            border_fill_color=None, x_axis_label="level, fine to coarse",
        )  # fmt: skip
        columns = ("level", "intensity g", "intensity k", "color g", "color k")
        self.curves = ColumnDataSource({column: [] for column in columns})
        for kind, color in (("intensity", INK), ("color", BLUE)):
            for part, dash in (("g", "solid"), ("k", "dashed")):
                drawn.line(
                    "level", f"{kind} {part}", source=self.curves, line_color=color,
                    line_dash=dash, line_width=2, legend_label=f"{kind} {part}(s)",
                )  # fmt: skip
        drawn.y_range.start = 0
        drawn.xaxis.ticker = list(range(1, 9))
        drawn.grid.grid_line_alpha = 0.5
        drawn.axis.axis_line_color = drawn.axis.major_tick_line_color = "#9aa0a6"
        drawn.axis.minor_tick_line_color = None
        drawn.xaxis.axis_label_text_font_style = "normal"
        (legend,) = drawn.legend
        drawn.add_layout(legend, "above")
        legend.update(
            ncols=2, border_line_color=None, background_fill_color=None, padding=2, spacing=6,
            margin=0, glyph_width=22, glyph_height=12, label_text_font_size="8.5pt",
        )  # fmt: skip
        level = Span(location=4, dimension="height", line_color="#9aa0a6", line_dash="dotted")
        drawn.add_layout(level)
        return drawn, level

    # --- what the browser says -----------------------------------------------

    def _asked(self, attr: str, old: str, new: str) -> None:
        """A message of the page; whatever is wrong with it becomes a sentence on the page."""
        if not new:
            return
        try:
            self._do(json.loads(new))
        except (ValueError, TypeError, KeyError, IndexError) as error:
            self._tell({"alert": str(error), "controls": self.look.controls})

    def _do(self, message: dict[str, Any]) -> None:
        if "start" in message:
            self._hears = self._reset = True
            self._sent.clear()
            if self.shown is not None:
                self._draw(self.shown)
        elif "set" in message:
            name, value = message["set"]
            self.look = self.look.changed(str(name), value)
            self._want(reset=name == "name")
        elif "published" in message:
            self.look = self.look.changed("name", self.look.name)
            self._want(reset=True)
        elif "picture" in message:
            self._want(load=partial(pictures.named, str(message["picture"])))
        elif "upload" in message:
            name, data = str(message["upload"]), str(message["data"])
            self.asked.text = ""  # it is long
            self._want(load=partial(_decoded, name, data, self.max_pixels))
        elif "save" in message:
            self._save(str(message["save"]))
        elif self.shown is None:
            return
        elif "click" in message:
            self._look_at(np.array([message["click"]], float), keep=True)
        elif "csv" in message:
            found = parse_fixations(str(message["name"]), str(message["csv"]))
            self._look_at(self.shown.picture.at(found), keep=False)
        elif "simulate" in message:
            self._look_at(self._simulated(str(message["simulate"])), keep=False)

    def _look_at(self, positions: Array, *, keep: bool) -> None:
        """Fixations, those outside of the picture left out, which is said."""
        assert self.shown is not None
        rows, cols = self.shown.picture.pixels.shape[:2]
        inside = np.all((positions >= 0) & (positions < (cols, rows)), axis=1)
        found = positions[inside].astype(int)
        if keep:
            found = np.concatenate([self._fixations, found])
        if len(positions) and not len(found):
            raise ValueError(
                f"none of {len(positions):,} fixations is on the picture of {cols} x {rows} "
                "pixels; are they in pixels from its top left corner?"
            )
        self._fixations = found
        out = np.count_nonzero(~inside)
        if out:
            said = (
                f"{out:,} of {len(positions):,} fixations are not on the picture and were left out"
            )
            self._remark = said
        self._want()

    def _simulated(self, how: str) -> Array:
        assert self.shown is not None
        picture = self.shown.picture
        rows, cols = picture.pixels.shape[:2]
        if how == "none":
            return np.empty((0, 2))
        if how == "target":
            if picture.target is None:
                raise ValueError("only the search displays have a target; pick one of these")
            weight = picture.target.astype(float)
        elif how == "even":
            weight = np.ones((rows, cols))
        elif how == "map":
            if self.look.percept:
                raise ValueError("fixations can be drawn from a map of saliency only")
            weight = self.shown.view.planes["map"].values.astype(float)
        else:
            raise ValueError(f"fixations cannot be drawn from {how!r}")
        total = weight.sum()
        share = weight.ravel() / total if total else None
        places = self.random.choice(weight.size, DRAWN, p=share)
        return np.stack([places % cols, places // cols], axis=1)

    # --- work on threads -----------------------------------------------------

    def _want(self, load: Callable[[], Picture] | None = None, *, reset: bool = False) -> None:
        """Show what is wanted now, as soon as what is being worked on is done."""
        self._load = load or self._load
        self._since = time.perf_counter()
        self._wanted, self._reset = True, self._reset or reset
        self._next()

    def _next(self) -> None:
        if self._busy or not self._wanted or self.closed:
            return
        picture = self.shown.picture if self.shown else None
        wish = Wish(self.look, picture, self._load, self._fixations, self._since)
        self._load, self._wanted, self._busy = None, False, True
        self._start(partial(render, wish), self._show)

    def _start(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Do work on a thread, then ``done`` with what came of it, in the page's turn.

        The thread leaves the document alone: while Panel holds one, as it does to write the
        page, it forgets what others add to it.
        """

        def run() -> None:
            if self.closed:
                return
            try:
                found = work()
            except Exception as error:  # whatever it is, the page goes on
                found = error
            with suppress(RuntimeError):  # the server ended this moment
                self._soon(turn, found)

        def turn(found: Any) -> None:
            if not self.closed:
                self.document.add_next_tick_callback(partial(done, found))

        pool.submit(run)

    def _show(self, found: Any) -> None:
        """Hand new pictures to the page."""
        self._busy = False
        if isinstance(found, Exception):
            if not self._wanted and self.shown is not None:
                self.look = self.shown.wish.look  # that which worked
            self._tell({"alert": _sentence(found), "controls": self.look.controls})
        else:
            if found.wish.load is not None:
                self._fixations = np.empty((0, 2), int)
            self.shown = found
            if self._hears:
                self._draw(found)
        self._next()

    def _draw(self, shown: Shown) -> None:
        rows, cols = shown.picture.pixels.shape[:2]
        look = shown.view.look
        self.document.hold("combine")
        try:
            if shown.wish.load is not None:
                self._fit(rows, cols)
            x, y = (self._fixations + 0.5).T  # the middle of the pixel
            _fill(self.people, {"x": x, "y": y})
            self._draw_chart(look)
        finally:
            self.document.unhold()
        self._tell(self._news(shown))

    def _fit(self, rows: int, cols: int) -> None:
        # the browser takes them one by one, and no end that is out of bounds
        self.x.update(bounds=(0, cols), start=0, end=cols, reset_start=0, reset_end=cols)
        self.y.update(bounds=(0, rows), start=rows, end=0, reset_start=rows, reset_end=0)
        for figure in self.figures.values():
            figure.aspect_ratio = cols / rows

    def _draw_chart(self, look: Look) -> None:
        curves = sensitivity(look)
        nothing = np.full(len(curves.get("level", ())), np.nan)
        _fill(self.curves, {str(name): curves.get(str(name), nothing) for name in self.curves.data})
        self.level.location = look.level

    def _news(self, shown: Shown) -> dict[str, Any]:
        """What the page says beside the pictures."""
        look, picture = shown.view.look, shown.picture
        rows, cols = picture.pixels.shape[:2]
        took = 1e3 * (time.perf_counter() - shown.wish.since)

        news: dict[str, Any] = {
            "alert": self._remark,
            "picture": picture.name,
            "key": picture.key,
            "status": f"{cols} x {rows} pixels, updated in {took:.0f} ms",
            "took": took,
            "aspect": cols / rows,
            "remark": picture.remark,
            "planes": {name: self._sight(name, p) for name, p in shown.view.planes.items()},
            "percept": look.percept,
            "level": look.level,
            "levels": shown.view.levels,
            "frequency": f"{frequency(look):.2g} c/deg" if look.staged else "",
            "fixations": len(self._fixations),
            "target": picture.target is not None,
            "scores": [
                [name, f"{value:.3f}", METRICS[name]] for name, value in shown.scores.items()
            ],
            "code": lines(picture, look, self._fixations),
        }
        self._remark = None
        if self._reset or shown.wish.load is not None:
            news["controls"] = look.controls
            self._reset = False
        return news

    def _sight(self, name: str, plane: Plane) -> dict[str, Any]:
        """What the page is told of a plane; no codes that it has."""
        sight: dict[str, Any] = {"note": plane.note, "look": plane.look, "limits": plane.limits}
        codes = _coded(plane)
        before, sent = self._sent.get(name, (plane, np.empty(0)))
        same = (plane.look, plane.step) == (before.look, before.step)
        if not (same and np.array_equal(codes, sent)):
            self._sent[name] = plane, codes
            sight |= {"codes": codes, "step": plane.step}
        return sight

    def _tell(self, news: dict[str, Any]) -> None:
        """A message to the page, at once; arrays go as bytes."""
        from bokeh.document.events import MessageSentEvent

        self.document.callbacks.trigger_on_change(MessageSentEvent(self.document, "news", news))

    # --- what can be saved ---------------------------------------------------

    def _save(self, what: str) -> None:
        if self._saving or self.shown is None or what not in FILES:
            return
        self._saving = True
        shown = self.shown
        self._start(partial(FILES[what], shown.picture, shown.view, self._fixations), self._give)

    def _give(self, found: Any) -> None:
        self._saving = False
        if isinstance(found, Exception):
            self._tell({"alert": _sentence(found)})
            return
        name, kind, data = found
        self._tell({"file": name, "kind": kind, "data": np.frombuffer(data, np.uint8)})

    def _leave(self, event: Any) -> None:
        """The tab is gone, and need not be kept as long as one that is still to come."""
        self.document.session_context.session.request_expiration()

    def _close(self, context: Any) -> None:
        self.closed = True


def _decoded(name: str, data: str, max_pixels: int) -> Picture:
    """The picture in an upload: base64 of a file."""
    try:
        raw = base64.b64decode(data, validate=True)
    except binascii.Error:
        raise ValueError(f"{name}: did not arrive whole; drop it again") from None
    return pictures.uploaded(name, raw, max_pixels)


def _sentence(error: Exception) -> str:
    """What the page says of an error."""
    if isinstance(error, (ValueError, TypeError, OSError, ImportError)):
        return str(error)
    if isinstance(error, MemoryError):
        return "There is not enough memory for this picture; shrink it"
    log.error("the explorer failed", exc_info=error)
    return f"Something went wrong here ({type(error).__name__}: {error}); try something else"


# --- planes as Bokeh takes them ----------------------------------------------


def _fill(source: Any, data: dict[str, Array]) -> None:
    """Put data into a source, unless they are there; what changes is sent and drawn."""
    if not all(np.array_equal(source.data[name], data[name], True) for name in data):
        source.data = data


def _coded(plane: Plane) -> Array:
    """A plane in whole numbers, half the bytes: RGBA, or 16 bits from low to high."""
    if plane.look == "color":
        opaque = np.full((*plane.values.shape[:2], 1), 255, np.uint8)
        return np.concatenate([plane.values, opaque], axis=2).view(np.uint32)[:, :, 0]
    low, high = plane.limits
    scaled = (plane.values - np.float32(low)) * np.float32(65535 / (high - low))
    return np.rint(scaled).astype(np.uint16)


def _tables() -> dict[str, list[Any]]:
    """RGBA of the 256 colors of every look, in the bytes of one number."""
    return {
        look: [np.array([[*bytes.fromhex(c[1:]), 255] for c in colors], np.uint8).view(np.uint32)]
        for look, colors in palettes().items()
    }


@cache
def palettes() -> dict[str, Any]:
    """Colors by the name of a look, as :mod:`psysal.plots.base` has them."""
    from bokeh.palettes import Greys256, Inferno256, PuOr11, Viridis256, interp_palette

    return {
        "inferno": Inferno256,
        "viridis": Viridis256,
        "grey": Greys256,
        "signed": interp_palette(PuOr11[::-1], 256),
    }
