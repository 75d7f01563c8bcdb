"""What commands share on the terminal: what they say, their progress, options of the same name.

Place: between the commands and the person at the terminal.  Everything said here goes to
standard error, so that standard output is for paths and images alone.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

if TYPE_CHECKING:
    from psysal.run.batch import Figure

__all__ = [
    "MaxPixels",
    "Overwrite",
    "Ppd",
    "Threads",
    "bars",
    "choose",
    "console",
    "plots_for",
    "progress",
    "say",
    "stages_of",
    "steps",
]

console = Console(stderr=True, highlight=False, soft_wrap=True)
"""Standard error, on which commands speak."""

Ppd = Annotated[
    float | None,
    typer.Option(help="Pixels per degree of visual angle. Default: the published tuning."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files already there.")]
MaxPixels = Annotated[int, typer.Option(min=64, help="Refuse larger images.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Default: every processor.")]


def say(text: str, style: str = "") -> None:
    """Print a sentence as it is, brackets included, on standard error."""
    console.print(text, style=style, markup=False)


@contextmanager
def progress(doing: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, moved by being told how many are done."""
    with bars(disable=total is not None and total < 2) as shown:
        bar = shown.add_task(doing, total=total)
        yield lambda done: shown.update(bar, completed=done)


@contextmanager
def steps() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for every step, moved by being told its name, how much is done, and of how much."""
    with bars() as shown:
        started: dict[str, Any] = {}

        def move(step: str, done: int, total: int) -> None:
            if step not in started:
                started[step] = shown.add_task(step, total=total)
            shown.update(started[step], completed=done)

        yield move


def bars(**options: Any) -> Any:
    """rich's ``Progress`` as all commands draw it: what, bar, how many of how many, time left."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        redirect_stdout=sys.stdout.isatty(),  # else paths would go where the bar goes
        **options,
    )


def choose(name: str, ppd: float | None, models: Any) -> Any:
    """The model of that name, or a usage error where there is none or it cannot be loaded."""
    from psysal.api import model_named

    try:
        return model_named(name, ppd, models)
    except (ValueError, ImportError) as error:
        raise typer.BadParameter(str(error)) from None


def plots_for(option: str) -> Any:
    """The module that draws, or a usage error where matplotlib is absent."""
    from psysal.run import plots

    try:
        plots.need_matplotlib()
    except ImportError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
    return plots


def stages_of(model: Any) -> "dict[str, Figure]":
    """The figure of every stage of a model, by name, or a usage error where it has none."""
    if not hasattr(model, "stages"):
        raise typer.BadParameter(
            f"{type(model).__name__} has no stages to draw; leave --stages out",
            param_hint="--stages",
        )
    plots = plots_for("--stages")
    return {"stages": lambda pixels, _, about: plots.png(plots.stages(model, pixels), about=about)}
