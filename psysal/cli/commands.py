"""The command ``psysal`` and its subcommands.

Paths of what was written, or the image itself, go to standard output; progress and
messages to standard error.  Exit status 0: all done; 1: some images failed, each
with a sentence; 2: the command makes no sense; 130 and 143: Ctrl-C or SIGTERM ended it.

Every command is a function in ``psysal.cli``; what they share is in
``psysal.cli.console``.  Here they get their names, in the order of ``--help``.
"""

from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from psysal import __version__
from psysal.cli.demo import demo
from psysal.cli.doctor import doctor
from psysal.cli.evaluate import evaluate
from psysal.cli.explore import explore
from psysal.cli.map import map_command, perceive_command
from psysal.cli.metrics import metrics
from psysal.cli.models import models
from psysal.cli.scanpath import scanpath_command
from psysal.cli.search import search
from psysal.cli.stimulus import stimulus
from psysal.cli.submit import submit
from psysal.cli.train import train
from psysal.cli.video import video_command

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Psychophysical visual saliency: photographs to saliency maps and to what is seen "
    "of them, without a GPU.",
)
"""The commands, for :mod:`psysal.cli.main`."""

RENAMED = {
    "--map": "--map-only",
    "--show": "--open",
    "--without-first": "--drop-first-fixation",
    "--work": "--workdir",
}
"""New names of options by their old ones."""


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Say the version.")] = False,
) -> None:
    if version:
        print(f"psysal {__version__}")
        raise typer.Exit


class RenamedOptions(TyperCommand):
    """Command that says the new name of an option whose old name is given."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse as ever; an unknown option that has another name now says that."""
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            new = RENAMED.get(getattr(error, "option_name", ""))
            if any(new in option.opts for option in self.params):
                error.message += f"; it is {new} now"  # type: ignore[attr-defined]
                error.possibilities = None  # type: ignore[attr-defined]
            raise


app.command("map")(map_command)
app.command("perceive")(perceive_command)
app.command("scanpath")(scanpath_command)
app.command("stimulus")(stimulus)
app.command("evaluate", cls=RenamedOptions)(evaluate)
app.command("train", cls=RenamedOptions)(train)
app.command("submit")(submit)
app.command("demo")(demo)
app.command("video", cls=RenamedOptions)(video_command)
app.command("explore", cls=RenamedOptions)(explore)
app.add_typer(search, name="search")
app.command("models")(models)
app.command("metrics")(metrics)
app.command("doctor")(doctor)
