"""Parts that commands share: messages, progress bars, options of the same name.

Place: between the commands and the person at the terminal.  Everything said here goes to
standard error, so that standard output is for paths and images alone.
"""

import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from psysal import files
from psysal.cli import completion

__all__ = [
    "Cluster",
    "Column",
    "Jobs",
    "MaxPixels",
    "ModelName",
    "Overwrite",
    "Ppd",
    "Profile",
    "Threads",
    "archive",
    "choose",
    "console",
    "name_options",
    "plots_for",
    "progress",
    "put",
    "say",
    "steps",
    "with_options",
]

REDRAW_INTERVAL_S = 0.25
PHRASES = {
    "the limit max_pixels": "the limit --max-pixels",
    "audio=False": "--no-audio",
    "allow_origins": "--allow-origin",
    "fixations or inhibition": "--fixations or --inhibition",
}
"""Options by words of the library that are no names of theirs."""
_options: dict[str, str] = {}

console = Console(stderr=True, highlight=False, soft_wrap=True)
"""Standard error, on which commands speak."""

Ppd = Annotated[
    float | None,
    typer.Option(help="Pixels per degree of visual angle. Default: the published tuning."),
]
"""The option ``--ppd``."""
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files already there.")]
"""The option ``--overwrite``."""
Profile = Annotated[
    Literal["convert", "ignore"],
    typer.Option(help="Convert photographs' color profiles to sRGB, or take codes as they are."),
]
"""The option ``--profile`` for color profiles."""
MaxPixels = Annotated[int, typer.Option(min=64, help="Refuse larger images.")]
"""The option ``--max-pixels``."""
ModelName = Annotated[
    str,
    typer.Option(
        autocompletion=completion.maps,
        help="Model by name, learned:FILE for a trained readout, or onnx:FILE for a network.",
    ),
]
"""The option ``--model`` for one model."""
Jobs = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Worker processes, of one thread each. Default: none, but threads for each image.",
    ),
]
"""The option ``--jobs``."""
Cluster = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler, whose workers do it.")
]
"""The option ``--cluster``."""
Column = Annotated[str, typer.Option(help="Column with image paths in a list.")]
"""The option ``--column``."""
Threads = Annotated[int | None, typer.Option(min=1, help="Default: every processor.")]
"""The option ``--threads``."""


def say(text: str, style: str = "") -> None:
    """Print a sentence as it is, brackets included, on standard error."""
    with suppress(OSError):  # work does not end because nobody can be told
        console.print(with_options(text), style=style, markup=False)


def put(result: str | bytes) -> None:
    """Write a line or bytes to standard output at once, or raise an OSError of one sentence."""
    try:
        if isinstance(result, bytes):
            sys.stdout.buffer.write(result)
            sys.stdout.buffer.flush()
        else:
            print(result, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise files.failure("standard output", "written", error) from None


def name_options(options: Mapping[str, str]) -> None:
    """Take options of the command that runs, by the arguments of the library."""
    _options.clear()
    _options.update(options)


def with_options(sentence: str) -> str:
    """A sentence of the library with options of the command in place of arguments.

    An alternative for Python alone is left out.

    >>> name_options({"overwrite": "--overwrite", "ppd": "--ppd"})
    >>> with_options("a.png is there; overwrite=True replaces it")
    'a.png is there; --overwrite replaces it'
    >>> with_options('ppd must be a positive number, got 0; write a.toml, or pass layout="nchw"')
    '--ppd must be a positive number, got 0; write a.toml'
    """
    for words, option in PHRASES.items():
        sentence = sentence.replace(words, option)
    for name, option in _options.items():
        sentence = re.sub(rf"(?<=[ (]){name}=(True|False)\b", option, sentence)
        sentence = re.sub(
            rf'(?<=[ (]){name}=(?:"([^"]*)"|(-?\w[\w.]*))', rf"{option} \1\2", sentence
        )
        sentence = re.sub(rf"(?<=[ (]){name}=", option, sentence)
        sentence = re.sub(rf"^{name}(?= must | \([^)]*\) (are|items) )", option, sentence)
        sentence = re.sub(rf"\bat {name} \(", f"at {option} (", sentence)
        sentence = re.sub(
            rf"\b(give|give the|leave|lower|raise) {name}\b", rf"\1 {option}", sentence
        )
    return re.sub(r', or pass ([a-z_]+=|[\w" ]+ to psysal).*', "", sentence)


@contextmanager
def progress(doing: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on standard error; the function takes how many are done."""
    with bars(disable=total is not None and total < 2) as drawn:
        bar = drawn.add_task(doing, total=total)
        yield lambda done: drawn.update(bar, completed=done)


@contextmanager
def archive(
    doing: str,
) -> Iterator[tuple[Callable[[int | None], None], Callable[[int, int], None]]]:
    """A bar for what may be very many, with their rate.

    The first function takes how many there are, None if that is not known yet, and makes the
    bar appear if that is not one; the second, how many are done and how many of them failed.
    """
    from rich.progress import TextColumn

    rate = TextColumn("{task.fields[rate]}[red]{task.fields[failed]}[/]")
    with bars(rate) as drawn:
        bar = drawn.add_task(doing, total=None, visible=False, rate="", failed="")
        done, failed, due = 0, 0, 0.0

        def total(count: int | None) -> None:
            drawn.update(bar, total=count, visible=count != 1)

        def draw() -> None:
            speed = drawn.tasks[0].speed
            drawn.update(
                bar,
                completed=done,
                rate=f"{speed:.1f}/s" if speed else "",
                failed=f" {failed:,} failed" if failed else "",
            )

        def advance(done_now: int, failed_now: int) -> None:
            nonlocal done, failed, due
            done, failed, now = done_now, failed_now, time.monotonic()
            if now >= due:  # rich takes longer than a small image
                due = now + REDRAW_INTERVAL_S
                draw()

        try:
            yield total, advance
        finally:
            draw()


@contextmanager
def steps() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for every step; the function takes its name, how much is done, and of how much."""
    with bars() as drawn:
        tasks: dict[str, Any] = {}

        def move(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = drawn.add_task(step, total=total)
            drawn.update(tasks[step], completed=done)

        yield move


def bars(*columns: Any, disable: bool = False) -> Any:
    """:func:`psysal.progress.bars` as commands draw them, if standard error is a terminal."""
    from psysal import progress as drawing

    return drawing.bars(
        console,
        *columns,
        disable=disable or not console.is_terminal,
        redirect_stdout=bool(sys.stdout and sys.stdout.isatty()),  # else paths go with it
    )


def choose(name: str, ppd: float | None, *, percept: bool = False) -> Any:
    """Model of that name; a usage error where there is none or it cannot be loaded."""
    from psysal.models.registry import get_model

    try:
        return get_model(name, ppd, percept=percept)
    except (ValueError, ImportError) as error:
        raise typer.BadParameter(str(error)) from None


def plots_for(option: str) -> Any:
    """Module :mod:`psysal.plots`; a usage error of the option where matplotlib is absent."""
    from psysal import plots
    from psysal.plots.base import need_matplotlib

    try:
        need_matplotlib()
    except ImportError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
    return plots
