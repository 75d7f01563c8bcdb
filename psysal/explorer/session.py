"""Page of one visitor: messages of the browser in, planes and texts out.

Place in the pipeline: render, export, figures -> [session] -> server.  Every tab
has a session.  Its controls are HTML's own, which keyboards and screen readers know.
A message of ``page.js`` is JSON, and after the one that announces an upload the pieces of the
file; the reply has everything that changed.

Messages are checked as those of a stranger: a control by its name and value, an upload by its
size, pixels and format.  No path is ever taken from the browser, and none is told to it.
"""

import logging
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from weakref import WeakSet

import numpy as np

from psysal._typing import Array
from psysal.checks import one_of, whole_number
from psysal.explorer.address import UPLOAD, parse_view
from psysal.explorer.export import EXPORTS, ExportFile
from psysal.explorer.figures import encode_plane
from psysal.explorer.messages import encode_reply, parse_message
from psysal.explorer.pictures import (
    MAX_BYTES,
    MAX_PIXELS,
    PHOTOGRAPHS,
    Picture,
    get_example,
    read_upload,
    size_sentence,
)
from psysal.explorer.render import RenderRequest, RenderResult, render
from psysal.explorer.replies import describe
from psysal.explorer.scores import MAX_FIXATIONS, draw_fixations, parse_fixations
from psysal.explorer.texts import LESSONS
from psysal.explorer.view import ViewSettings
from psysal.threads import thread_count
from psysal.wording import shorten_name

__all__ = ["DRAWN_FIXATIONS", "MAX_UPLOADS_BYTES", "Session", "workers"]

DRAWN_FIXATIONS = 20
"""Number of fixations that are drawn at random at once."""

MAX_UPLOADS_BYTES = 200_000_000
"""Largest sum of the uploads that are on their way or wait to be decoded, of all visitors."""

workers = ThreadPoolExecutor(max(2, thread_count(None)), "explorer")
"""Threads that do the computations of all visitors."""

UNDO_STEPS = 20  # changes of the fixations that can be undone

log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Upload:
    """A file that arrives in pieces."""

    name: str
    size: int
    data: bytearray = field(default_factory=bytearray)

    def read(self, max_pixels: int) -> Picture:
        try:
            return read_upload(self.name, bytes(self.data), max_pixels)
        finally:
            uploads.discard(self)


uploads: WeakSet[_Upload] = WeakSet()  # of all visitors, until they are decoded


class Session:
    """One visitor: settings, and the view that is shown.

    Parameters
    ----------
    send : callable
        Function that sends bytes to the page; the server's own thread calls it.
    schedule : callable
        Function that has the server's own thread call a function with arguments; worker
        threads use it.
    max_pixels : int
        Largest upload, in pixels.

    Attributes
    ----------
    settings : ViewSettings
        Settings that the visitor chose last.
    result : RenderResult or None
        Result that is shown.
    """

    def __init__(
        self,
        send: Callable[[bytes], Any],
        schedule: Callable[..., Any],
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        self.settings = ViewSettings()
        self.result: RenderResult | None = None
        self._send_bytes, self._schedule, self._max_pixels = send, schedule, max_pixels
        self._load: Callable[[], Picture] | None = partial(get_example, PHOTOGRAPHS[0])
        self._new_fixations = np.empty((0, 2), int)  # of the picture to load
        self._upload: _Upload | None = None
        self._fixations = np.empty((0, 2), int)
        self._earlier: list[Array] = []  # fixations before each change
        self._requested_at = time.perf_counter()
        self._waiting = self._rendering = self._exporting = self._closed = False
        self._controls_due = True  # the next reply sets the controls of the page
        self._notice: str | None = None  # alert of the next reply
        self._sent: dict[str, tuple[str, float, Array]] = {}  # planes that the page has, encoded
        self._random = np.random.default_rng(0)
        self._lesson = "none"
        self._opening = False  # an address, whose view may be none

    # --- messages of the page --------------------------------------------------

    def receive(self, message: str | bytes) -> None:
        """Handle a message of the page; whatever is wrong with it is answered in a sentence.

        Parameters
        ----------
        message : str or bytes
            JSON, or the next piece of the file that was announced.
        """
        try:
            if isinstance(message, str):
                self._handle(parse_message(message))
            else:
                self._receive_piece(message)
        except LookupError:
            self._send({"alert": "a message of the page is not complete; reload the page"})
        except Exception as error:  # any error is shown, and the page goes on
            self._send({"alert": _error_sentence(error), "controls": self.settings.controls})

    def close(self) -> None:
        """Do no more work for the visitor, who has left."""
        self._closed = True
        self._upload = self._load = self.result = None

    def _handle(self, message: dict[str, Any]) -> None:
        result = self.result
        if "set" in message:
            name, value = message["set"]
            self.settings = self.settings.with_control(str(name), value)
            self._request_render(new_controls=name == "name")
        elif "reset" in message:
            self.settings = self.settings.with_control("name", self.settings.name)
            self._request_render(new_controls=True)
        elif "view" in message:
            self._open_view(str(message["view"]))
        elif "lesson" in message:
            self._lesson = one_of("lesson", message["lesson"], ("none", *LESSONS))
            self._request_render()
        elif "picture" in message:
            self._request_render(load=partial(get_example, str(message["picture"])))
        elif "upload" in message:
            size = whole_number("size", message["size"], 0)
            name = shorten_name(str(message["upload"]), 255, 32)
            self._announce_upload(_Upload(name, size))
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
        elif "undo" in message and self._earlier:
            self._fixations = self._earlier.pop()
            self._request_render()

    def _open_view(self, address: str) -> None:
        """Show the view of an address, or the one of now with a sentence about it."""
        try:
            view = parse_view(address, tuple(LESSONS))
        except (ValueError, TypeError) as error:
            self._refuse_view(error)
            return
        self.settings, self._lesson, self._opening = view.settings, view.lesson, True
        if view.picture == UPLOAD:
            self._notice = "The link has no picture in it, which was an upload; drop it again"
        self._send({"overlay": view.overlay})
        name = PHOTOGRAPHS[0] if view.picture == UPLOAD else view.picture
        self._request_render(
            load=partial(get_example, name), fixations=view.fixations, new_controls=True
        )

    def _refuse_view(self, error: Exception) -> None:
        self._notice = f"The view of the address is not shown: {_error_sentence(error)}"
        self._opening, self._lesson = False, "none"
        if self.result is None:
            self.settings = ViewSettings()
            self._request_render(load=partial(get_example, PHOTOGRAPHS[0]), new_controls=True)
        else:
            self.settings = self.result.request.settings
            self._request_render(new_controls=True)

    def _announce_upload(self, upload: _Upload) -> None:
        """Expect the pieces of a file."""
        self._upload = None
        if upload.size > MAX_BYTES:
            raise ValueError(size_sentence(upload.name, upload.size))
        if sum(other.size for other in uploads) + upload.size > MAX_UPLOADS_BYTES:
            raise ValueError("others are uploading pictures; try again in a minute")
        uploads.add(upload)
        self._upload = upload
        self._receive_piece(b"")

    def _receive_piece(self, piece: bytes) -> None:
        upload = self._upload
        if upload is None:  # it was refused, and the page had sent more of it
            return
        upload.data += piece
        if len(upload.data) < upload.size:
            return
        self._upload = None
        if len(upload.data) > upload.size:
            uploads.discard(upload)
            raise ValueError(f"{upload.name}: did not arrive as it was announced; drop it again")
        self._request_render(load=partial(upload.read, self._max_pixels))

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
        if len(fixations) > MAX_FIXATIONS:
            raise ValueError(
                f"there are {MAX_FIXATIONS:,} fixations, which is the limit; clear them first"
            )
        self._earlier = [*self._earlier[1 - UNDO_STEPS :], self._fixations]
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
        self,
        load: Callable[[], Picture] | None = None,
        *,
        fixations: Array | None = None,
        new_controls: bool = False,
    ) -> None:
        """Render the settings of now, as soon as the computation that is running ends."""
        if load is not None:
            self._load = load
            self._new_fixations = np.empty((0, 2), int) if fixations is None else fixations
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
            self._fixations if self._load is None else self._new_fixations,
            self._requested_at,
            self.result,
        )
        self._load, self._waiting, self._rendering = None, False, True
        self._submit(partial(render, request), self._finish_render)

    def _submit(self, work: Callable[[], Any], finish: Callable[[Any], None]) -> None:
        """Do work on a worker thread, then ``finish`` its result or error on the page's turn."""

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
                finish(result)

        workers.submit(run)

    def _finish_render(self, result: RenderResult | Exception) -> None:
        self._rendering = False
        if isinstance(result, Exception) and self._opening:
            self._refuse_view(result)
        elif isinstance(result, Exception):
            if not self._waiting and self.result is not None:
                self.settings = self.result.request.settings  # the last that could be shown
            self._send({"alert": _error_sentence(result), "controls": self.settings.controls})
        else:
            is_new = result.request.load is not None
            if is_new:
                self._fixations, self._earlier = result.request.fixations, []
                self._controls_due = True
            self._opening = False
            self._send(self._reply(result) | {"new": is_new})
            # nothing is kept of an upload but the picture, and of the planes but the maps
            request = replace(result.request, load=None, before=None)
            planes = result.view.planes
            kept = {name: plane for name, plane in planes.items() if name in ("map", "other")}
            view = replace(result.view, planes=kept)
            self.result = replace(result, request=request, view=view)
        self._render_next()

    # --- replies to the page ---------------------------------------------------

    def _reply(self, result: RenderResult) -> dict[str, Any]:
        """Message with all that the page shows, but for what it has already."""
        reply = describe(result, self._fixations, self._lesson)
        if self._notice:
            reply["alert"] = self._notice
        for name, plane in result.view.planes.items():
            codes = encode_plane(plane)
            palette, step, sent = self._sent.get(name, ("", 0, codes))
            if (palette, step) != (plane.palette, plane.step) or not np.array_equal(codes, sent):
                self._sent[name] = plane.palette, plane.step, codes
                reply["planes"][name] |= {"codes": codes, "step": plane.step}
        if self._controls_due:
            reply["controls"] = result.view.settings.controls
        self._notice, self._controls_due = None, False
        return reply | {"undo": bool(self._earlier)}

    def _send(self, reply: dict[str, Any]) -> None:
        self._send_bytes(encode_reply(reply))

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
            self._send({"file": file.name, "media_type": file.media_type, "content": data})


def _error_sentence(error: Exception) -> str:
    """Sentence that the page shows about an error; it names no place of this machine."""
    if isinstance(error, (ValueError, TypeError)):
        return shorten_name(str(error).replace(sys.executable, "python"), 400, 200)
    if isinstance(error, MemoryError):
        return "There is not enough memory for this picture; use a smaller one"
    log.error("the explorer failed", exc_info=error)
    return f"Something went wrong ({type(error).__name__}); try other settings"
