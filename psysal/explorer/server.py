"""Server of the explorer: a page for every visitor, by default to this machine alone.

Place in the pipeline: session -> [server] -> browser.  Panel serves ``page.html`` with the figures
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
from psysal.explorer.figures import PLANE_TITLES, palettes
from psysal.explorer.pictures import MAX_BYTES, MAX_PIXELS, PHOTOGRAPHS, get_example
from psysal.explorer.render import RenderRequest, render
from psysal.explorer.session import DRAWN_FIXATIONS, Session, workers
from psysal.explorer.view import MODEL_NAMES, ORIENTATIONS, ViewSettings
from psysal.optional import require
from psysal.stimuli import DISPLAYS

__all__ = ["serve"]

MAX_MESSAGE_BYTES = MAX_BYTES * 4 // 3 + 1_000_000  # an upload in base64, and its envelope


def _page(max_pixels: int) -> Any:
    """Page of a new visitor."""
    import panel
    import pywt

    document: Any = panel.state.curdoc
    session = Session(document, asyncio.get_running_loop().call_soon_threadsafe, max_pixels)
    document.add_next_tick_callback(partial(_use_local_styles, document))
    folder = files("psysal.explorer")
    html, css, script = (
        folder.joinpath(f"page.{suffix}").read_text("utf-8") for suffix in ("html", "css", "js")
    )
    template = panel.Template(html)
    for name, figure in {**session.figures.planes, "chart": session.figures.chart}.items():
        template.add_panel(name.replace(" ", "_"), panel.pane.Bokeh(figure, margin=0))
    variables = {
        "style": css,
        "script": script,
        "titles": PLANE_TITLES,
        "photographs": PHOTOGRAPHS,
        "displays": list(DISPLAYS),
        "models": MODEL_NAMES,
        "wavelets": ["b3", *pywt.wavelist(kind="discrete")],
        "orientations": ORIENTATIONS,
        "max_bytes": MAX_BYTES,
        "drawn": DRAWN_FIXATIONS,
        "color_bars": {
            name: [colors[k * 255 // 8] for k in range(9)] for name, colors in palettes().items()
        },
        "version": psysal.__version__,
    }
    for name, value in variables.items():
        template.add_variable(name, value)
    return template


def _use_local_styles(document: Any) -> None:
    """Load all styles from this server, also in a session that a late websocket opens."""
    from bokeh.models import ImportedStyleSheet
    from panel.io.resources import CDN_DIST, LOCAL_DIST

    for model in document.models:
        if isinstance(model, ImportedStyleSheet):
            model.url = model.url.replace(CDN_DIST, LOCAL_DIST)


def _warm_up() -> None:
    """Load and compile what the first visitor would have to wait for."""
    first = render(RenderRequest(ViewSettings(), load=partial(get_example, PHOTOGRAPHS[0])))
    render(RenderRequest(ViewSettings(), first.picture, fixations=np.array([[9, 9]])))


def serve(
    host: str = "127.0.0.1",
    port: int = 5006,
    *,
    max_pixels: int = MAX_PIXELS,
    open_browser: bool = False,
    on_ready: Callable[[str], None] = print,
) -> None:
    """Serve the explorer until it is interrupted.

    Parameters
    ----------
    host : str
        Address to listen on; only this machine can reach the default.
    port : int
        Port to listen on, from 1 to 65535.
    max_pixels : int
        Largest upload, in pixels.
    open_browser : bool
        Whether to open the page in a browser.
    on_ready : callable
        Function that gets the address of the page once it is served.

    Raises
    ------
    OSError
        The server cannot listen on the address, such as on a port in use.
    ImportError
        Panel is not installed.
    """
    panel = require("panel")
    os.environ["BOKEH_RESOURCES"] = "server"  # nothing is loaded from another machine
    local = host in ("127.0.0.1", "localhost", "::1")
    url_host = f"[{host}]" if ":" in host else host
    origins = (
        [f"{name}:{port}" for name in ("127.0.0.1", "localhost", url_host)] if local else ["*"]
    )
    panel.extension(notifications=False)
    server = panel.serve(
        {"/": lambda: _page(max_pixels)},  # Panel would wrap the result of a partial in a page
        address=host,
        port=port,
        websocket_origin=origins,
        show=False,
        start=False,
        verbose=False,
        location=False,
        title="psysal explorer",
        websocket_max_message_size=MAX_MESSAGE_BYTES,
        unused_session_lifetime_milliseconds=60000,  # a slow browser may take its time
        check_unused_sessions_milliseconds=2000,
    )
    workers.submit(_warm_up)
    server.start()
    on_ready(f"http://{url_host}:{port}/")
    if open_browser:
        server.io_loop.add_callback(server.show, "/")
    try:
        server.io_loop.start()
    except KeyboardInterrupt:
        server.stop()
