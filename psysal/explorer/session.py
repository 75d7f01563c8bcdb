"""Page of one visitor: messages of the browser in, planes and texts out.

Place in the pipeline: render, export, figures -> [session] -> server.  Every tab
has a session.  Its controls are HTML's own, which keyboards and screen readers know.
``page.js`` writes a message of the visitor into ``inbox`` as JSON; the reply is a message
with everything that changed.

Messages are checked as those of a stranger: a control by its name and value, an upload by its
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
from functools import partial
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.checks import one_of
from psysal.explorer.export import EXPORTS, ExportFile, python_code
from psysal.explorer.figures import Figures, encode_plane
from psysal.explorer.pictures import MAX_PIXELS, PHOTOGRAPHS, Picture, get_example, read_upload
from psysal.explorer.render import RenderRequest, RenderResult, render
from psysal.explorer.scores import METRICS, draw_fixations, parse_fixations
from psysal.explorer.view import Plane, ViewSettings, peak_of_level, sensitivity_curves
from psysal.threads import thread_count

__all__ = ["DRAWN_FIXATIONS", "Session", "workers"]

DRAWN_FIXATIONS = 20
"""Number of fixations that are drawn at random at once."""

workers = ThreadPoolExecutor(max(2, thread_count(None)), "explorer")
"""Threads that do the computations of all visitors."""

log = logging.getLogger(__name__)


class Session:
    """One visitor: settings, the view that is shown, and the models of the page.

    Parameters
    ----------
    document : bokeh.document.Document
        Document of the tab.
    schedule : callable
        Function that has the server's own thread call a function with arguments; worker
        threads use it.
    max_pixels : int
        Largest upload, in pixels.

    Attributes
    ----------
    figures : Figures
        Figures of the page.
    inbox : bokeh.models.Div
        Model whose text is the newest message of the page.
    settings : ViewSettings
        Settings that the visitor chose last.
    result : RenderResult or None
        Result that is shown.
    """

    def __init__(
        self, document: Any, schedule: Callable[..., Any], max_pixels: int = MAX_PIXELS
    ) -> None:
        from bokeh.models import Div

        self.document, self.max_pixels = document, max_pixels
        self.figures, self.inbox = Figures(), Div(name="inbox")
        self.settings = ViewSettings()
        self.result: RenderResult | None = None
        self._schedule = schedule
        self._load: Callable[[], Picture] | None = None  # of a new picture
        self._fixations = np.empty((0, 2), int)
        self._requested_at = time.perf_counter()
        self._waiting = self._rendering = self._exporting = False
        self._page_ready = self._closed = False
        self._controls_due = True  # the next reply sets the controls of the page
        self._notice: str | None = None  # alert of the next reply
        self._sent: dict[str, tuple[Plane, Array]] = {}  # planes that the page has, encoded
        self._random = np.random.default_rng(0)
        self._connect()
        self._request_render(load=partial(get_example, PHOTOGRAPHS[0]))

    def _connect(self) -> None:
        """Connect the page's events with ``page.js``, and its messages with this session."""
        from bokeh.events import ConnectionLost, DocumentReady, MouseLeave, MouseMove, Tap
        from bokeh.models import CustomJS

        self.figures.chart.tags = [self.inbox]  # the page keeps models that a figure holds
        models = {"inbox": self.inbox, **self.figures.script_models}
        start = CustomJS(args=models, code=f"explorer.start({{{', '.join(models)}}})")
        self.document.js_on_event(DocumentReady, start)
        self.document.js_on_event(ConnectionLost, CustomJS(code="explorer.disconnect()"))
        move = CustomJS(code="explorer.hover(cb_obj.x, cb_obj.y)")
        leave = CustomJS(code="explorer.leave()")
        for figure in self.figures.planes.values():
            figure.js_on_event(MouseMove, move)
            figure.js_on_event(MouseLeave, leave)
        self.figures.planes["photograph"].js_on_event(
            Tap, CustomJS(code="explorer.send({fixation: [cb_obj.x, cb_obj.y]})")
        )
        self.inbox.on_change("text", self._receive)
        self.document.on_event(ConnectionLost, self._expire)
        self.document.on_session_destroyed(self._close)

    # --- messages of the page --------------------------------------------------

    def _receive(self, attribute: str, old: str, new: str) -> None:
        """Handle a message of the page; whatever is wrong with it is answered in a sentence."""
        if not new:
            return
        try:
            self._handle(json.loads(new))
        except (ValueError, TypeError, KeyError, IndexError) as error:
            self._send({"alert": str(error), "controls": self.settings.controls})

    def _handle(self, message: dict[str, Any]) -> None:
        result = self.result
        if "start" in message:
            self._page_ready = self._controls_due = True
            self._sent.clear()
            if result is not None:
                self._show(result)
        elif "set" in message:
            name, value = message["set"]
            self.settings = self.settings.with_control(str(name), value)
            self._request_render(new_controls=name == "name")
        elif "reset" in message:
            self.settings = self.settings.with_control("name", self.settings.name)
            self._request_render(new_controls=True)
        elif "picture" in message:
            self._request_render(load=partial(get_example, str(message["picture"])))
        elif "upload" in message:
            name, data = str(message["upload"]), str(message["data"])
            self.inbox.text = ""  # frees the memory of a long message
            self._request_render(load=partial(_decode_upload, name, data, self.max_pixels))
        elif "export" in message:
            self._export(str(message["export"]))
        elif result is None:
            return
        elif "fixation" in message:
            position = np.array([message["fixation"]], float)
            self._set_fixations(result.picture, position, append=True)
        elif "csv" in message:
            positions = parse_fixations(str(message["name"]), str(message["csv"]))
            self._set_fixations(result.picture, result.picture.to_pixels(positions))
        elif "draw" in message:
            positions = self._drawn_fixations(result, str(message["draw"]))
            self._set_fixations(result.picture, positions)

    def _set_fixations(self, picture: Picture, positions: Array, *, append: bool = False) -> None:
        """Take positions (n, 2) as fixations; those beyond the picture are left out."""
        rows, cols = picture.pixels.shape[:2]
        inside = np.all((positions >= 0) & (positions < (cols, rows)), axis=1)
        fixations = positions[inside].astype(int)
        if append:
            fixations = np.concatenate([self._fixations, fixations])
        if len(positions) and not len(fixations):
            raise ValueError(
                f"none of {len(positions):,} fixations is on the picture of {cols} x {rows} "
                "pixels; give x and y in pixels from its top left corner"
            )
        self._fixations = fixations
        outside = np.count_nonzero(~inside)
        if outside:
            self._notice = (
                f"{outside:,} of {len(positions):,} fixations are not on the picture and were "
                "left out"
            )
        self._request_render()

    def _drawn_fixations(self, result: RenderResult, density: str) -> Array:
        """Fixations drawn at random from the density of this name."""
        one_of("density", density, ("none", "target", "uniform", "map"))
        if density == "none":
            return np.empty((0, 2))
        if density == "target":
            if result.picture.target is None:
                raise ValueError("only search displays have a target; choose one of them")
            weights = result.picture.target
        elif density == "uniform":
            weights = np.ones(result.picture.pixels.shape[:2])
        elif self.settings.percept:
            raise ValueError("fixations are drawn from a saliency map; choose a saliency model")
        else:
            weights = result.view.planes["map"].values
        return draw_fixations(weights, DRAWN_FIXATIONS, self._random)

    # --- computations on worker threads ----------------------------------------

    def _request_render(
        self, load: Callable[[], Picture] | None = None, *, new_controls: bool = False
    ) -> None:
        """Render the settings of now, as soon as the computation that is running ends."""
        self._load = load or self._load
        self._requested_at = time.perf_counter()
        self._waiting, self._controls_due = True, self._controls_due or new_controls
        self._render_next()

    def _render_next(self) -> None:
        if self._rendering or not self._waiting or self._closed:
            return
        request = RenderRequest(
            self.settings,
            self.result.picture if self.result else None,
            self._load,
            self._fixations,
            self._requested_at,
        )
        self._load, self._waiting, self._rendering = None, False, True
        self._submit(partial(render, request), self._finish_render)

    def _submit(self, work: Callable[[], Any], finish: Callable[[Any], None]) -> None:
        """Do work on a worker thread, then ``finish`` its result or error on the page's turn.

        The worker leaves the document alone: while Panel holds one, as it does to write the
        page, it forgets what others add to it.
        """

        def run() -> None:
            if self._closed:
                return
            try:
                result = work()
            except Exception as error:  # any error is shown, and the page goes on
                result = error
            with suppress(RuntimeError):  # the server has just ended
                self._schedule(take_turn, result)

        def take_turn(result: Any) -> None:
            if not self._closed:
                self.document.add_next_tick_callback(partial(finish, result))

        workers.submit(run)

    def _finish_render(self, result: RenderResult | Exception) -> None:
        self._rendering = False
        if isinstance(result, Exception):
            if not self._waiting and self.result is not None:
                self.settings = self.result.request.settings  # the last that could be shown
            self._send({"alert": _error_sentence(result), "controls": self.settings.controls})
        else:
            if result.request.load is not None:
                self._fixations = np.empty((0, 2), int)
            self.result = result
            if self._page_ready:
                self._show(result)
        self._render_next()

    # --- replies to the page ---------------------------------------------------

    def _show(self, result: RenderResult) -> None:
        settings = result.view.settings
        self.document.hold("combine")
        try:
            if result.request.load is not None:
                self.figures.fit(*result.picture.pixels.shape[:2])
            self.figures.show_fixations(self._fixations)
            self.figures.show_curves(sensitivity_curves(settings), settings.level)
        finally:
            self.document.unhold()
        self._send(self._reply(result))

    def _reply(self, result: RenderResult) -> dict[str, Any]:
        """Message with all that the page shows, but for what it has already."""
        settings, picture = result.view.settings, result.picture
        rows, cols = picture.pixels.shape[:2]
        elapsed_ms = 1e3 * (time.perf_counter() - result.request.requested_at)
        reply: dict[str, Any] = {
            "alert": self._notice,
            "picture": picture.name,
            "key": picture.key,
            "status": f"{cols} x {rows} pixels, updated in {elapsed_ms:.0f} ms",
            "elapsed_ms": elapsed_ms,
            "aspect": cols / rows,
            "remark": picture.remark,
            "planes": {
                name: self._plane_reply(name, plane) for name, plane in result.view.planes.items()
            },
            "percept": settings.percept,
            "level": settings.level,
            "levels": result.view.levels,
            "frequency": f"{peak_of_level(settings):.2g} c/deg" if settings.staged else "",
            "fixations": len(self._fixations),
            "target": picture.target is not None,
            "scores": [
                [name, f"{score:.3f}", METRICS[name].chance]
                for name, score in result.scores.items()
            ],
            "code": python_code(picture, settings, self._fixations),
        }
        self._notice = None
        if self._controls_due or result.request.load is not None:
            reply["controls"] = settings.controls
            self._controls_due = False
        return reply

    def _plane_reply(self, name: str, plane: Plane) -> dict[str, Any]:
        """Caption, palette, limits and, unless the page has them, codes of a plane."""
        reply: dict[str, Any] = {
            "caption": plane.caption,
            "palette": plane.palette,
            "limits": plane.limits,
        }
        codes = encode_plane(plane)
        former, sent = self._sent.get(name, (plane, np.empty(0)))
        alike = (plane.palette, plane.step) == (former.palette, former.step)
        if not (alike and np.array_equal(codes, sent)):
            self._sent[name] = plane, codes
            reply |= {"codes": codes, "step": plane.step}
        return reply

    def _send(self, reply: dict[str, Any]) -> None:
        """Send a message to the page, at once; arrays go as bytes."""
        from bokeh.document.events import MessageSentEvent

        event = MessageSentEvent(self.document, "reply", reply)
        self.document.callbacks.trigger_on_change(event)

    # --- files to keep, and the end --------------------------------------------

    def _export(self, name: str) -> None:
        if self._exporting or self.result is None or name not in EXPORTS:
            return
        self._exporting = True
        result = self.result
        work = partial(EXPORTS[name], result.picture, result.view, self._fixations)
        self._submit(work, self._finish_export)

    def _finish_export(self, file: ExportFile | Exception) -> None:
        self._exporting = False
        if isinstance(file, Exception):
            self._send({"alert": _error_sentence(file)})
        else:
            data = np.frombuffer(file.data, np.uint8)
            self._send({"file": file.name, "media_type": file.media_type, "data": data})

    def _expire(self, event: Any) -> None:
        """Let the session of a closed tab end sooner than that of a tab still to open."""
        self.document.session_context.session.request_expiration()

    def _close(self, context: Any) -> None:
        self._closed = True


def _decode_upload(name: str, data: str, max_pixels: int) -> Picture:
    """Picture in an upload, which is a file in base64."""
    try:
        content = base64.b64decode(data, validate=True)
    except binascii.Error:
        raise ValueError(f"{name}: did not arrive whole; drop it again") from None
    return read_upload(name, content, max_pixels)


def _error_sentence(error: Exception) -> str:
    """Sentence that the page shows about an error."""
    if isinstance(error, (ValueError, TypeError, OSError, ImportError)):
        return str(error)
    if isinstance(error, MemoryError):
        return "There is not enough memory for this picture; use a smaller one"
    log.error("the explorer failed", exc_info=error)
    return f"Something went wrong ({type(error).__name__}: {error}); try other settings"
