"""``psysal explore``: a local page on which a model is seen at work.

Place: pictures in the browser -> [explorer] -> pictures in the browser.
"""

from typing import Annotated

import typer

from psysal.cli.console import MaxPixels, say

__all__ = ["explore"]


def explore(
    host: Annotated[
        str, typer.Option(help="Address to listen on. Default: this machine alone.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 5006,
    show: Annotated[bool, typer.Option("--show", help="Open the page in the browser.")] = False,
    max_pixels: MaxPixels = 25_000_000,
) -> None:
    """Serve a page to drop photographs on, turn a model's parameters and watch its stages.

    Its address goes to standard output; Ctrl-C ends it. Whoever reaches another --host can
    use the page: it has no password.
    """
    from psysal.explorer.server import serve

    def ready(address: str) -> None:
        print(address, flush=True)
        say("the explorer is there; Ctrl-C ends it")

    try:
        serve(host, port, max_pixels=max_pixels, show=show, ready=ready)
    except ImportError as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None
    except OSError as error:
        say(
            f"cannot listen on {host}, port {port} ({error.strerror or error}); "
            "give another --port, or end what is using it",
            style="red",
        )
        raise typer.Exit(1) from None
