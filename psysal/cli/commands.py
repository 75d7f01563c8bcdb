"""The command ``psysal`` and its subcommands.

Paths of what was written, or the image itself, go to standard output; progress and
messages to standard error.  Exit status 0: all done; 1: some images failed, each
with a sentence; 2: the command makes no sense; 130 and 143: Ctrl-C or SIGTERM ended it.

Every command is a function in ``psysal.cli``; what they share is in
``psysal.cli.console``.  Here they get their names, in the order of ``--help``.
"""

from typing import Annotated

import typer

from psysal import __version__
from psysal.cli.completion import completion
from psysal.cli.crop import crop_command
from psysal.cli.demo import demo
from psysal.cli.doctor import doctor
from psysal.cli.evaluate import evaluate
from psysal.cli.explore import explore
from psysal.cli.map import map_command, perceive_command
from psysal.cli.metrics import metrics
from psysal.cli.models import models
from psysal.cli.parser import examples_text, help_of
from psysal.cli.report import report_command
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
    epilog=examples_text("psysal demo", "psysal map photo.jpg --overlay", "psysal map --help"),
)
"""The commands, for :mod:`psysal.cli.main`."""


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Say the version.")] = False,
) -> None:
    if version:
        print(f"psysal {__version__}")
        raise typer.Exit


for name, command, *examples in (
    (
        "map",
        map_command,
        "psysal map photo.jpg --overlay",
        "psysal map photos/ holiday.jpg -o maps --model learned",
        "psysal map list.csv --column file -o maps.zarr --jobs 4",
    ),
    (
        "perceive",
        perceive_command,
        "psysal perceive white.png --difference",
        "psysal perceive white.png --model otazu2008 --ppd 32 --stages",
    ),
    (
        "scanpath",
        scanpath_command,
        "psysal scanpath photo.jpg -o path.png",
        "psysal scanpath photo.jpg --rule saccades --viewers 15 > fixations.csv",
    ),
    (
        "crop",
        crop_command,
        "psysal crop photo.jpg --size 400x400",
        "psysal crop photos/ -o crops --aspect 16:9 --aspect 1:1",
    ),
    (
        "report",
        report_command,
        "psysal report photo.jpg -o photo.html",
    ),
    (
        "stimulus",
        stimulus,
        "psysal stimulus --list",
        "psysal stimulus white -o white.png",
        "psysal stimulus search_color --set-size 25 --seed 3",
    ),
    (
        "evaluate",
        evaluate,
        "psysal evaluate osie --model murray2011,center_bias",
        "psysal evaluate osie crowd --model all --images 50",
        "psysal evaluate mine/ --model maps:maps/ --metrics nss,cc --ppd 30",
    ),
    (
        "train",
        train,
        "psysal train osie -o mine.json",
        "psysal train mine/ --front-end deep --layers l3,l4,l5 -o deep.json",
    ),
    (
        "submit",
        submit,
        "psysal submit tuebingen images/ --model learned -o learned.h5",
        "psysal submit tuebingen images/ --check learned.h5",
    ),
    ("demo", demo, "psysal demo", "psysal demo --photograph chelsea -o pictures"),
    (
        "video",
        video_command,
        "psysal video film.mp4 -o saliency.mp4 --smooth 0.2",
        "psysal video 0 --seconds 10 -o camera.mp4",
    ),
    ("explore", explore, "psysal explore --open", "psysal explore --host 0.0.0.0 --port 8080"),
    ("models", models, "psysal models", "psysal models --layers deep"),
    ("metrics", metrics, "psysal metrics", "psysal metrics --json"),
    ("doctor", doctor, "psysal doctor"),
    (
        "completion",
        completion,
        'eval "$(psysal completion bash)"',
        "psysal completion fish > ~/.config/fish/completions/psysal.fish",
    ),
):
    app.command(name, **help_of(command, *examples))(command)
app.add_typer(search, name="search")
