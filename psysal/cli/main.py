"""The command line: ``psysal demo``, ``map``, ``perceive``, ``stimulus``, ``evaluate``, ``train``,
``video``, ``explore``, ``search``.

Paths of what was written, or the image itself, go to standard output; progress and
messages to standard error.  Exit status 0: all done; 1: some images failed, each
with a sentence; 2: the command makes no sense.

Every command is a function in ``psysal.cli``; what they share is in
``psysal.cli.console``.  Here they get their names, in the order of ``--help``.
"""

import logging
import sys
from typing import Annotated

import typer

from psysal import __version__
from psysal.cli.demo import demo
from psysal.cli.evaluate import evaluate
from psysal.cli.explore import explore
from psysal.cli.map import map_command, perceive_command
from psysal.cli.metrics import metrics
from psysal.cli.models import models
from psysal.cli.search import search
from psysal.cli.stimulus import stimulus
from psysal.cli.train import train
from psysal.cli.video import video_command

__all__ = ["app", "main"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Psychophysical visual saliency: photographs to saliency maps and to what is seen "
    "of them, without a GPU.",
)
"""The commands, for :func:`main`."""


def _version(wanted: bool) -> None:
    if wanted:
        print(f"psysal {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    pass


app.command("map")(map_command)
app.command("perceive")(perceive_command)
app.command("stimulus")(stimulus)
app.command("evaluate")(evaluate)
app.command("train")(train)
app.command("demo")(demo)
app.command("video")(video_command)
app.command("explore")(explore)
app.add_typer(search, name="search")
app.command("models")(models)
app.command("metrics")(metrics)


def main() -> None:
    """Entry point of ``psysal``."""
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    app()
