"""``psysal explore``: a local page that shows a model at work.

Place in the pipeline: command line -> [explore] -> explorer.
"""

import signal
from typing import Annotated

import typer

from psysal.cli.console import MaxPixels, put, say
from psysal.cli.signals import exit_status, received, stoppable

__all__ = ["explore"]


def explore(
    host: Annotated[
        str, typer.Option(help="Address to listen on. Default: this machine alone.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 5006,
    open_browser: Annotated[
        bool, typer.Option("--open", help="Open the page in the browser.")
    ] = False,
    max_pixels: MaxPixels = 25_000_000,
) -> None:
    """Serve a page to drop photographs on, change a model's parameters and see its stages.

    The address of the page goes to standard output; Ctrl-C or SIGTERM stops the server. Anyone
    who can reach another --host can use the page: it has no password.
    """
    from psysal.explorer.server import serve

    def announce(address: str) -> None:
        put(address)
        say("the explorer is running; press Ctrl-C to stop it")

    try:
        with stoppable(lambda: say("interrupted; the explorer was about to start")):
            serve(host, port, max_pixels=max_pixels, open_browser=open_browser, on_ready=announce)
    except ImportError as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None
    except OSError as error:
        say(
            f"cannot listen on {host}, port {port} ({error.strerror or error}); "
            "choose another --port, or stop the program that uses it",
            style="red",
        )
        raise typer.Exit(1) from None
    say("the explorer has ended")
    raise typer.Exit(exit_status(signal.SIGTERM) if received() == signal.SIGTERM else 0)
