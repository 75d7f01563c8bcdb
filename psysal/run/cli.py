"""The command line: ``psysal demo`` and ``psysal map``.

Paths of what was written, or the map itself, go to standard output; progress and
messages to standard error.  Exit status 0: all done; 1: some images failed, each
with a sentence; 2: the command makes no sense.
"""

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from psysal import __version__
from psysal.image import MAX_PIXELS

if TYPE_CHECKING:
    from psysal.run.batch import Item, Settings

__all__ = ["app", "main"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Psychophysical visual saliency: photographs to saliency maps, without a GPU.",
)
screen = Console(stderr=True, highlight=False, soft_wrap=True)
Form = Literal["png", "png8", "tiff", "npy"]
Photograph = Literal["coffee", "astronaut", "chelsea", "rocket"]


def _say(text: str, style: str = "") -> None:
    screen.print(text, style=style, markup=False)


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


Ppd = Annotated[
    float | None,
    typer.Option(help="Pixels per degree of visual angle. Default: the published tuning."),
]


@app.command("map")
def map_command(
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE...", help="Files, globs, folders, or - for standard input."),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "-o", "--output", metavar="DIR",
            help="Folder for the maps, or - for standard output. Default: saliency, "
            "and standard output for a map of standard input.",
        ),
    ] = None,
    form: Annotated[
        Form, typer.Option("--format", help="16-bit PNG, 8-bit PNG, float TIFF or NumPy.")
    ] = "png",
    model: Annotated[str, typer.Option(help="Model by name.")] = "murray2011",
    ppd: Ppd = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also a heat map on the photograph.")
    ] = False,
    stages: Annotated[bool, typer.Option("--stages", help="Also a figure of every stage.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace maps already there.")
    ] = False,
    max_pixels: Annotated[
        int, typer.Option(min=64, help="Refuse larger images.")
    ] = MAX_PIXELS,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Default: every processor.")
    ] = None,
) -> None:  # fmt: skip
    """Write the saliency map of every image.

    A map fills the full scale of its file. The smallest image is 8 x 8 pixels.

    Model, version, ppd and the raw range are stored with it.
    """
    from psysal.api import model_named
    from psysal.run import batch

    try:
        chosen = model_named(model, ppd)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if stages:
        from psysal.run import plots

        try:
            plots.need_matplotlib()
        except ImportError as error:
            raise typer.BadParameter(str(error), param_hint="--stages") from None
    items = batch.find(images)
    if not items:
        raise typer.BadParameter(f"no images in {', '.join(images)}", param_hint="IMAGE")
    if output is None:
        output = "-" if images == [batch.STDIN] else "saliency"
    if output == "-" and (len(items) > 1 or overlay or stages):
        raise typer.BadParameter(
            "standard output takes one map and nothing else; name a folder", param_hint="-o"
        )
    settings = batch.Settings(
        model=chosen,
        model_name=model,
        ppd=ppd,
        folder=None if output == "-" else Path(output),
        form=form,
        overlay=overlay,
        stages=stages,
        overwrite=overwrite,
        max_pixels=max_pixels,
        threads=threads,
    )
    raise typer.Exit(_run(items, settings))


def _run(items: "list[Item]", settings: "Settings") -> int:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from psysal.run import batch

    failed = 0
    columns = (TextColumn("mapping"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns,
        console=screen,
        disable=len(items) < 2,
        redirect_stdout=sys.stdout.isatty(),  # else paths would go where the bar goes
    ) as progress:
        bar = progress.add_task("mapping", total=len(items))
        for outcome in batch.map_all(items, settings, _say):
            for path in outcome.written:
                print(path, flush=True)
            if outcome.error:
                failed += 1
                _say(outcome.error, style="red")
            progress.advance(bar)
    if failed and len(items) > 1:
        _say(f"{failed} of {len(items)} images failed; the others are done", style="red")
    return 1 if failed else 0


@app.command()
def demo(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for the pictures.")
    ] = Path("psysal-demo"),
    photograph: Annotated[
        Photograph, typer.Option(help="One of scikit-image's photographs.")
    ] = "coffee",
    ppd: Ppd = None,
) -> None:
    """Map a photograph that comes with scikit-image, and say where the map is."""
    import time

    import numpy as np
    import skimage.data

    from psysal import image
    from psysal.api import model_named, normalized
    from psysal.run import batch

    try:
        model = model_named("murray2011", ppd)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    pixels = getattr(skimage.data, photograph)()
    model(pixels)  # compiles on the first run
    start = time.perf_counter()
    raw = model(pixels)
    took = time.perf_counter() - start
    shown = normalized(raw, "range")
    made = batch.about("murray2011", ppd, raw)
    beside = np.concatenate([pixels, np.full_like(pixels[:, :12], 255), image.heat(shown)], axis=1)
    pictures = {
        "": image.encode(shown, "png", about=made),
        "_overlay": image.encode(image.overlay(pixels, shown), "png8", about=made),
        "_beside": image.encode(beside, "png8", about=made),
    }
    try:
        output.mkdir(parents=True, exist_ok=True)
        for suffix, data in pictures.items():
            image.save(output / f"{photograph}{suffix}.png", data, overwrite=True)
    except OSError as error:
        _say(str(error), style="red")
        raise typer.Exit(1) from None
    rows, cols = shown.shape
    _say(f"{photograph}, {cols} x {rows} pixels, mapped in {1000 * took:.0f} ms:")
    _say(f"  the map             {output / photograph}.png")
    _say(f"  on the photograph   {output / photograph}_overlay.png")
    _say(f"  side by side        {output / photograph}_beside.png")


def main() -> None:
    """Entry point of ``psysal``."""
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    app()
