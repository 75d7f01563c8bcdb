"""``psysal map`` and ``psysal perceive``: images to saliency maps, or to what is seen of them.

Place: files -> [options -> batch] -> files.  Every image that is done is said by its path;
one that fails is said in a sentence, and the others go on.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from psysal.image import MAX_PIXELS
from psysal.run.screen import (
    MaxPixels,
    Overwrite,
    Ppd,
    Threads,
    choose,
    plots_for,
    progress,
    say,
    stages_of,
)

if TYPE_CHECKING:
    from psysal.run.batch import Item, Settings

__all__ = ["map_command", "perceive_command"]

Form = Literal["png", "png8", "tiff", "npy"]
Images = Annotated[
    list[str],
    typer.Argument(metavar="IMAGE...", help="Files, globs, folders, or - for standard input."),
]
Output = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="DIR",
        help="Folder for what is made, or - for standard output. Default: saliency or "
        "perceived, and standard output for what comes from standard input.",
    ),
]
Stages = Annotated[bool, typer.Option("--stages", help="Also a figure of every stage.")]


def map_command(
    images: Images,
    output: Output = None,
    form: Annotated[
        Form, typer.Option("--format", help="16-bit PNG, 8-bit PNG, float TIFF or NumPy.")
    ] = "png",
    model: Annotated[
        str,
        typer.Option(
            help="Model by name, learned:FILE for a trained readout, or onnx:FILE for a network."
        ),
    ] = "murray2011",
    ppd: Ppd = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also a heat map on the photograph.")
    ] = False,
    stages: Stages = False,
    overwrite: Overwrite = False,
    max_pixels: MaxPixels = MAX_PIXELS,
    threads: Threads = None,
) -> None:  # fmt: skip
    """Write the saliency map of every image.

    A map fills the full scale of its file. The smallest image is 8 x 8 pixels.

    Model, version, ppd and the raw range are stored with it.
    """
    from psysal import image
    from psysal.api import MODELS
    from psysal.run import batch

    chosen = choose(model, ppd, MODELS)
    figures = stages_of(chosen) if stages else {}
    if overlay:
        figures["overlay"] = lambda pixels, values, about: image.encode(
            image.overlay(pixels, values), "png8", about=about
        )
    items, folder = _places(images, output, "saliency", bool(figures))
    settings = batch.Settings(
        model=chosen,
        model_name=model,
        ppd=ppd,
        folder=folder,
        form=form,
        figures=figures,
        overwrite=overwrite,
        max_pixels=max_pixels,
        threads=threads,
    )
    raise typer.Exit(_run(items, settings, "mapping"))


def perceive_command(
    images: Images,
    output: Output = None,
    form: Annotated[
        Literal["png", "npy"],
        typer.Option("--format", help="8-bit PNG, clipped to what a screen shows, or NumPy."),
    ] = "png",
    model: Annotated[
        str, typer.Option(help="otazu2010 for color, otazu2008 for luminance alone.")
    ] = "otazu2010",
    ppd: Ppd = None,
    difference: Annotated[
        bool, typer.Option("--difference", help="Also a figure of what is seen minus shown.")
    ] = False,
    stages: Stages = False,
    overwrite: Overwrite = False,
    max_pixels: MaxPixels = MAX_PIXELS,
    threads: Threads = None,
) -> None:
    """Write every image as it looks: with the brightness and color its surround induces.

    Black is 0 and white is full scale, as in the image. The smallest image is 8 x 8 pixels.
    """
    from psysal.api import PERCEPTION
    from psysal.run import batch

    chosen = choose(model, ppd, PERCEPTION)
    figures = stages_of(chosen) if stages else {}
    if difference:
        plots = plots_for("--difference")
        figures["difference"] = lambda pixels, seen, about: plots.png(
            plots.difference(pixels, seen), about=about
        )
    items, folder = _places(images, output, "perceived", bool(figures))
    settings = batch.Settings(
        model=chosen,
        model_name=model,
        ppd=ppd,
        folder=folder,
        finish=lambda seen: seen,
        values="the image as it looks, black 0 and white full scale"
        + ("; clipped" if form == "png" else ""),
        form="png8" if form == "png" else form,
        figures=figures,
        overwrite=overwrite,
        max_pixels=max_pixels,
        threads=threads,
    )
    raise typer.Exit(_run(items, settings, "perceiving"))


def _places(
    images: list[str], output: str | None, default: str, more: bool
) -> "tuple[list[Item], Path | None]":
    """What there is to do, and the folder for it; None is standard output."""
    from psysal.run import batch

    items = batch.find(images)
    if not items:
        raise typer.BadParameter(f"no images in {', '.join(images)}", param_hint="IMAGE")
    if output is None:
        output = "-" if images == [batch.STDIN] else default
    if output == "-" and (len(items) > 1 or more):
        raise typer.BadParameter(
            "standard output takes one image and nothing else; name a folder", param_hint="-o"
        )
    return items, None if output == "-" else Path(output)


def _run(items: "list[Item]", settings: "Settings", doing: str) -> int:
    from psysal.run import batch

    failed = 0
    with progress(doing, len(items)) as advance:
        for done, outcome in enumerate(batch.map_all(items, settings, say), start=1):
            for path in outcome.written:
                print(path, flush=True)
            if outcome.error:
                failed += 1
                say(outcome.error, style="red")
            advance(done)
    if failed and len(items) > 1:
        say(f"{failed} of {len(items)} images failed; the others are done", style="red")
    return 1 if failed else 0
