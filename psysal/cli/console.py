"""What commands share on the terminal: what they say, their progress, options of the same name.

Place: between the commands and the person at the terminal.  Everything said here goes to
standard error, so that standard output is for paths and images alone.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console

__all__ = [
    "MaxPixels",
    "Overwrite",
    "Ppd",
    "Threads",
    "archive",
    "bars",
    "choose",
    "console",
    "plots_for",
    "progress",
    "say",
    "steps",
]

REDRAWN = 0.25
"""Seconds from one look at a bar of very many to the next."""

console = Console(stderr=True, highlight=False, soft_wrap=True)
"""Standard error, on which commands speak."""

Ppd = Annotated[
    float | None,
    typer.Option(help="Pixels per degree of visual angle. Default: the published tuning."),
]
"""The option ``--ppd``."""
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files already there.")]
"""The option ``--overwrite``."""
MaxPixels = Annotated[int, typer.Option(min=64, help="Refuse larger images.")]
"""The option ``--max-pixels``."""
Threads = Annotated[int | None, typer.Option(min=1, help="Default: every processor.")]
"""The option ``--threads``."""


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
def archive(
    doing: str,
) -> Iterator[tuple[Callable[[int | None], None], Callable[[int, int], None]]]:
    """A bar for what may be very many, with their rate.

    Two functions move it: one is told how many there are, None for many more than one, and
    makes it appear; the other how many are done, and how many of these failed.
    """
    from rich.progress import TextColumn

    rate = TextColumn("{task.fields[rate]}[red]{task.fields[failed]}[/]")
    with bars(rate) as shown:
        bar = shown.add_task(doing, total=None, visible=False, rate="", failed="")

        def total(count: int | None) -> None:
            shown.update(bar, total=count, visible=count != 1)

        def draw() -> None:
            speed = shown.tasks[0].speed
            shown.update(
                bar,
                completed=latest[0],
                rate=f"{speed:.1f}/s" if speed else "",
                failed=f" {latest[1]:,} failed" if latest[1] else "",
            )

        latest, due = (0, 0), 0.0

        def advance(done: int, failed: int) -> None:
            nonlocal latest, due
            latest, now = (done, failed), time.monotonic()
            if now >= due:  # rich takes longer than a small image
                due = now + REDRAWN
                draw()

        try:
            yield total, advance
        finally:
            draw()


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


def bars(*columns: Any, **options: Any) -> Any:
    """rich's ``Progress`` as commands draw it: what, bar, how many of how many, time left."""
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
        *columns,
        console=console,
        redirect_stdout=sys.stdout.isatty(),  # else paths would go where the bar goes
        **options,
    )


def choose(name: str, ppd: float | None, *, percept: bool = False) -> Any:
    """The model of that name, or a usage error where there is none or it cannot be loaded."""
    from psysal.models.registry import get_model

    try:
        return get_model(name, ppd, percept=percept)
    except (ValueError, ImportError) as error:
        raise typer.BadParameter(str(error)) from None


def plots_for(option: str) -> Any:
    """The module that draws, or a usage error where matplotlib is absent."""
    from psysal import plots
    from psysal.plots.base import need_matplotlib

    try:
        need_matplotlib()
    except ImportError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
    return plots
