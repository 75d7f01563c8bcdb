"""The server of the explorer: a page for every visitor, on this machine alone unless told.

Place in the pipeline: page -> [server] -> browser.  Panel serves ``page.html`` with the models
of a :class:`~psysal.explorer.session.Session`.
"""

import asyncio
import os
from collections.abc import Callable
from functools import partial
from importlib.resources import files
from typing import Any

import numpy as np

import psysal
from psysal.explorer import pictures
from psysal.explorer.pictures import DISPLAYS, MAX_BYTES, MAX_PIXELS, PHOTOGRAPHS
from psysal.explorer.session import DRAWN, TITLES, Session, Wish, palettes, pool, render
from psysal.explorer.view import ORIENTATIONS, PICKED, Look
from psysal.optional import require

__all__ = ["serve"]

ROOM = MAX_BYTES * 4 // 3 + 1_000_000  # bytes of a message: an upload in base64, and a rest


def _page(max_pixels: int) -> Any:
    """The page of one more visitor."""
    import panel
    import pywt

    document: Any = panel.state.curdoc
    session = Session(document, asyncio.get_running_loop().call_soon_threadsafe, max_pixels)
    document.add_next_tick_callback(partial(_at_home, document))
    here = files("psysal.explorer")
    template = panel.Template(here.joinpath("page.html").read_text("utf-8"))
    for name, drawn in {**session.figures, "chart": session.chart}.items():
        template.add_panel(name.replace(" ", "_"), panel.pane.Bokeh(drawn, margin=0))
    variables = {
        "style": here.joinpath("page.css").read_text("utf-8"),
        "script": here.joinpath("page.js").read_text("utf-8"),
        "titles": TITLES,
        "photographs": PHOTOGRAPHS,
        "displays": list(DISPLAYS),
        "models": PICKED,
        "wavelets": ["b3", *pywt.wavelist(kind="discrete")],
        "orientations": ORIENTATIONS,
        "max_bytes": MAX_BYTES,
        "drawn": DRAWN,
        "bars": {look: [p[int(k * 255 / 8)] for k in range(9)] for look, p in palettes().items()},
        "version": psysal.__version__,
    }
    for name, value in variables.items():
        template.add_variable(name, value)
    return template


def _at_home(document: Any) -> None:
    """Have the styles of a page from here; a session that a late websocket opens lacks that."""
    from bokeh.models import ImportedStyleSheet
    from panel.io.resources import CDN_DIST, LOCAL_DIST

    for model in document.models:
        if isinstance(model, ImportedStyleSheet):
            model.url = model.url.replace(CDN_DIST, LOCAL_DIST)


def _warm() -> None:
    """Load and compile what the first visitor would wait for."""
    shown = render(Wish(Look(), None, partial(pictures.named, PHOTOGRAPHS[0])))
    render(Wish(Look(), shown.picture, fixations=np.array([[9, 9]])))


def serve(
    host: str = "127.0.0.1",
    port: int = 5006,
    *,
    max_pixels: int = MAX_PIXELS,
    show: bool = False,
    ready: Callable[[str], None] = print,
) -> None:
    """Serve the explorer until it is interrupted.

    Parameters
    ----------
    host : str
        Address to listen on; the default is heard by this machine alone.
    port : int
    max_pixels : int
        Largest upload.
    show : bool
        Open the page in a browser.
    ready : callable
        Told the address of the page once it is served.

    Raises
    ------
    OSError
        The address cannot be listened on, such as a port that is in use.
    ImportError
        Panel is not installed.
    """
    panel = require("panel")
    os.environ["BOKEH_RESOURCES"] = "server"  # nothing from another machine
    here = host in ("127.0.0.1", "localhost", "::1")
    named = f"[{host}]" if ":" in host else host
    origins = [f"{name}:{port}" for name in ("127.0.0.1", "localhost", named)] if here else ["*"]
    panel.extension(notifications=False)
    server = panel.serve(
        {"/": lambda: _page(max_pixels)},  # Panel would show a partial's result inside a page
        address=host,
        port=port,
        websocket_origin=origins,
        show=False,
        start=False,
        verbose=False,
        location=False,
        title="psysal explorer",
        websocket_max_message_size=ROOM,
        unused_session_lifetime_milliseconds=60000,  # a slow browser may take its time
        check_unused_sessions_milliseconds=2000,
    )
    address = f"http://{named}:{port}/"
    pool.submit(_warm)
    server.start()
    ready(address)
    if show:
        server.io_loop.add_callback(server.show, "/")
    try:
        server.io_loop.start()
    except KeyboardInterrupt:
        server.stop()
