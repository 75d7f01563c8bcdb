"""Server of the explorer: a page for every visitor, by default to this machine alone.

Place in the pipeline: session, access -> [server] -> browser.  The page is the same for all, and
made once: a stranger's request costs a few milliseconds.  A
:class:`~psysal.explorer.session.Session` begins with the page's socket and ends with it.
"""

import asyncio
import ctypes
import sys
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import psysal
from psysal.explorer.access import Access
from psysal.explorer.figures import CURVES, PLANE_TITLES, figures, palettes
from psysal.explorer.messages import encode_reply
from psysal.explorer.pictures import MAX_BYTES, MAX_PIXELS, PHOTOGRAPHS, get_example
from psysal.explorer.render import RenderRequest, render
from psysal.explorer.scores import METRICS
from psysal.explorer.session import DRAWN_FIXATIONS, Session, workers
from psysal.explorer.texts import (
    LESSONS,
    RULES,
    TERMS,
    documentation_url,
    model_choices,
    wavelet_choices,
)
from psysal.explorer.view import CROPS, ORIENTATIONS, RANGES, ViewSettings
from psysal.optional import require
from psysal.stimuli import DISPLAYS

__all__ = ["MAX_MESSAGE_BYTES", "MAX_VISITORS", "serve"]

MAX_VISITORS = 50
"""Largest number of pages that are served at once."""

MAX_MESSAGE_BYTES = 2_100_000
"""Largest message of a page: a CSV of 1 MB in JSON."""

PIECE_BYTES = 1_000_000  # of an upload
MESSAGES_PER_S, BYTES_PER_S, BURST_S = 100, 20_000_000, 3  # of a page; more of them wait
LINGER_S = 5  # until memory of a visitor who left is given back
IDLE_S = 30  # of a connection that asks for nothing, or does not answer
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def _page_html() -> str:
    """The page."""
    import jinja2
    from bokeh.document import Document

    document, roots = Document(), figures()
    models, wavelets = model_choices(), wavelet_choices()
    for figure in roots.values():
        document.add_root(figure)
    template = Path(__file__).with_name("page.html").read_text("utf-8")
    environment = jinja2.Environment(autoescape=True)
    environment.policies["json.dumps_kwargs"] = {}  # the order of Bokeh's models matters
    return environment.from_string(template).render(
        data={
            "document": document.to_json(deferred=False),
            "roots": {figure.id: name for name, figure in roots.items()},
            "titles": PLANE_TITLES,
            "curves": CURVES,
            "choices": {
                "name": {model.name: model._asdict() for model in models},
                "wavelet": {wavelet.name: wavelet._asdict() for wavelet in wavelets},
            },
            "lessons": LESSONS,
            "palettes": {name: list(colors) for name, colors in palettes().items()},
            "max_bytes": MAX_BYTES,
            "piece": PIECE_BYTES,
        },
        titles=PLANE_TITLES,
        ranges=RANGES,
        photographs=PHOTOGRAPHS,
        displays=list(DISPLAYS),
        models=models,
        wavelets=wavelets,
        metrics=METRICS,
        rules=RULES,
        crops=list(CROPS),
        terms=TERMS,
        lessons=LESSONS,
        documentation=documentation_url(),
        orientations=ORIENTATIONS,
        drawn=DRAWN_FIXATIONS,
        version=psysal.__version__,
    )


def _application(access: Access, max_pixels: int, visitors: set[Any]) -> Any:
    """Application of Tornado, which answers the requests that are listed here and no others.

    The sockets that are open are in ``visitors``.
    """
    from bokeh.settings import settings
    from tornado import web, websocket

    page = _page_html()

    class Handler(web.RequestHandler):
        """Rules for every request."""

        needs_token = True

        def set_default_headers(self) -> None:
            self.clear_header("Server")
            for name, value in HEADERS.items():
                self.set_header(name, value)

        def prepare(self) -> None:
            if not access.permits_host(self.request.host):
                raise web.HTTPError(403, reason="This host is not served")
            if self.needs_token and not access.permits_token(self.get_query_argument("token", "")):
                raise web.HTTPError(403, reason="Open the address that psysal explore printed")

        def write_error(self, status_code: int, **_: Any) -> None:
            self.set_header("Content-Type", "text/plain")
            self.finish(f"{status_code}: {self._reason}\n")

        def log_exception(self, kind: Any, error: Any, traceback: Any) -> None:
            if not isinstance(error, web.HTTPError):  # or strangers fill the terminal
                super().log_exception(kind, error, traceback)

    class Page(Handler):
        def get(self) -> None:
            self.finish(page)

    class File(Handler, web.StaticFileHandler):
        needs_token = False

    class Missing(Handler):
        needs_token = False

        def prepare(self) -> None:
            raise web.HTTPError(404)

    class Socket(Handler, websocket.WebSocketHandler):
        """Connection of a page, with its session."""

        session: Session | None = None

        def prepare(self) -> None:
            super().prepare()
            if not access.permits_origin(self.request.headers.get("Origin"), self.request.host):
                raise web.HTTPError(403, reason="Pages of this origin may not use the explorer")

        def check_origin(self, origin: str) -> bool:
            return True  # it was checked, also where there is none

        async def open(self, *args: str, **kwargs: str) -> None:
            loop = asyncio.get_running_loop()
            self.written: asyncio.Future[None] = loop.create_future()
            self.written.set_result(None)
            self.paid_until = loop.time()
            if len(visitors) >= MAX_VISITORS:
                sentence = f"{MAX_VISITORS} pages are open, the most that are served; try later"
                await self._write(encode_reply({"alert": sentence, "last": True}))
                self.close()
                return
            visitors.add(self)
            self.session = Session(self.send, loop.call_soon_threadsafe, max_pixels)

        async def on_message(self, message: str | bytes) -> None:
            loop = asyncio.get_running_loop()
            cost = 1 / MESSAGES_PER_S + len(message) / BYTES_PER_S
            self.paid_until = max(self.paid_until, loop.time() - BURST_S) + cost
            await asyncio.sleep(max(0, self.paid_until - loop.time()))
            await self.written  # who does not read is not answered
            if self.session is not None:
                self.session.receive(message)

        def send(self, data: bytes) -> None:
            self.written = asyncio.ensure_future(self._write(data))

        async def _write(self, data: bytes) -> None:
            with suppress(websocket.WebSocketClosedError):
                await self.write_message(data, binary=True)

        def on_close(self) -> None:
            visitors.discard(self)
            if self.session is not None:
                self.session.close()
                self.session = None
                asyncio.get_running_loop().call_later(LINGER_S, workers.submit, _release_memory)

    return web.Application(
        [
            ("/", Page),
            ("/ws", Socket),
            (
                r"/(page(?:_figures|_shell)?\.js|page\.css)",
                File,
                {"path": str(Path(__file__).parent)},
            ),
            (r"/(bokeh\.min\.js)", File, {"path": str(settings.bokehjs_path() / "js")}),
        ],
        default_handler_class=Missing,
        log_function=lambda handler: None,
        websocket_max_message_size=MAX_MESSAGE_BYTES,
        websocket_ping_interval=IDLE_S,
    )


def _release_memory() -> None:
    """Give memory that visitors used back to the system; the C library of Linux keeps it."""
    if sys.platform == "linux":
        with suppress(AttributeError):  # of another C library than GNU's
            ctypes.CDLL(None).malloc_trim(0)


def _warm_up() -> None:
    """Load and compile what the first visitor would have to wait for."""
    first = render(RenderRequest(ViewSettings(), load=partial(get_example, PHOTOGRAPHS[0])))
    render(RenderRequest(ViewSettings(), first.picture, fixations=np.array([[9, 9]])))


def serve(
    host: str = "127.0.0.1",
    port: int = 5006,
    *,
    allow_origins: tuple[str, ...] = (),
    max_pixels: int = MAX_PIXELS,
    open_browser: bool = False,
    on_ready: Callable[[str], None] = print,
) -> None:
    """Serve the explorer until it is interrupted.

    Parameters
    ----------
    host : str
        Address to listen on; only this machine can reach the default.  For any other, and with
        ``allow_origins``, the address of the page has a token, without which it is refused.
    port : int
        Port to listen on, from 1 to 65535.
    allow_origins : tuple of str
        Origins under which others reach the page, such as "https://lab.example.org" of a proxy.
    max_pixels : int
        Largest upload, in pixels.
    open_browser : bool
        Whether to open the page in a browser.
    on_ready : callable
        Function that gets the address of the page once it is served.

    Raises
    ------
    ValueError
        The host is empty, or an origin is none.
    OSError
        The server cannot listen on the address, such as on a port in use.
    ImportError
        Bokeh is not installed.
    """
    require("bokeh")
    access = Access(host, allow_origins)

    async def run() -> None:
        from tornado.httpserver import HTTPServer

        visitors: set[Any] = set()
        server = HTTPServer(
            _application(access, max_pixels, visitors),
            idle_connection_timeout=IDLE_S,
            max_header_size=16_384,
            max_body_size=1000,  # no request has any
        )
        server.listen(port, host)
        workers.submit(_warm_up)
        name = access.public_name
        url_host = f"[{name}]" if ":" in name else name
        query = f"?token={access.token}" if access.token else ""
        address = f"http://{url_host}:{port}/{query}"
        on_ready(address)
        if open_browser:
            asyncio.get_running_loop().run_in_executor(None, webbrowser.open, address)
        try:
            await asyncio.Event().wait()
        finally:
            for visitor in tuple(visitors):
                visitor.on_close()  # or their computations would have to end first

    with suppress(KeyboardInterrupt):
        asyncio.run(run())
