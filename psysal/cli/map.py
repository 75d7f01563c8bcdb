"""``psysal map`` and ``psysal perceive``: images to saliency maps, or to what is seen of them.

Place: files -> [options -> batch] -> files.  Every image that is done is said by its path on
standard output; those that fail are listed at the end, each in a sentence.
"""

import os
import sys
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from psysal.cli.console import (
    MaxPixels,
    Overwrite,
    Ppd,
    Threads,
    archive,
    choose,
    plots_for,
    say,
)
from psysal.image import MAX_PIXELS

if TYPE_CHECKING:
    from psysal.archive.batch import Outcome
    from psysal.archive.task import Recipe

__all__ = ["map_command", "perceive_command"]

LISTED = 20  # failures, of which the manifest has all
Form = Literal["png", "png8", "tiff", "npy"]
Stages = Annotated[bool, typer.Option("--stages", help="Also a figure of every stage.")]


def map_command(
    images: Annotated[
        list[str],
        typer.Argument(
            metavar="IMAGE...",
            help="Files, globs, folders, addresses (s3://, https://), .csv or .parquet lists of "
            "these, or - for standard input.",
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            help="Folder or address for the maps, a .zarr or .h5 for all in one, or - for standard "
            "output. Default: saliency, and standard output for what comes from standard input.",
        ),
    ] = None,
    form: Annotated[
        Form | None,
        typer.Option(
            "--format", help="16-bit PNG, 8-bit PNG, float TIFF or NumPy. Default: png."
        ),
    ] = None,
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
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Worker processes, of one thread each. Default: none, but threads for each image.",
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Of a Dask scheduler, whose workers do it."),
    ] = None,
    column: Annotated[
        str, typer.Option(help="Of a list: the one that names images.")
    ] = "image",
    manifest: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What became of every image, .jsonl or .parquet. Default: manifest.jsonl in the "
            "folder, or beside the store.",
        ),
    ] = None,
    overwrite: Overwrite = False,
    max_pixels: MaxPixels = MAX_PIXELS,
    threads: Threads = None,
) -> None:  # fmt: skip
    """Write the saliency map of every image.

    A map fills the full scale of its file. The smallest image is 8 x 8 pixels.

    Model, version, ppd and the raw range are stored with it.

    The same command again does only what is missing, failed, or was made otherwise.
    """
    from psysal.archive import stores
    from psysal.archive.task import Recipe

    chosen = choose(model, ppd)
    figures = _figures(chosen, stages, "overlay" * overlay)
    if output and stores.kind(output) and (form or figures):
        raise typer.BadParameter(
            f"{output} holds maps alone, as numbers; leave out --format, --overlay and --stages",
            param_hint="-o",
        )
    recipe = Recipe(chosen, model, ppd, form=form or "png", figures=figures, max_pixels=max_pixels)
    options = {"jobs": jobs, "cluster": cluster, "column": column, "manifest": manifest}
    _run(images, recipe, output, "saliency", overwrite, threads, **options)


def perceive_command(
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE...", help="Files, globs, folders, or - for standard input."),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            help="Folder for what is made, or - for standard output. Default: perceived, and "
            "standard output for what comes from standard input.",
        ),
    ] = None,
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
    from psysal.archive import stores
    from psysal.archive.task import Recipe

    if output and stores.kind(output):
        raise typer.BadParameter(f"{output} is for maps; name a folder", param_hint="-o")
    chosen = choose(model, ppd, percept=True)
    recipe = Recipe(
        chosen,
        model,
        ppd,
        percept=True,
        form="png8" if form == "png" else form,
        figures=_figures(chosen, stages, "difference" * difference),
        max_pixels=max_pixels,
    )
    _run(images, recipe, output, "perceived", overwrite, threads)


def _figures(model: Any, stages: bool, other: str) -> tuple[str, ...]:
    """The figures asked for, or a usage error where one cannot be drawn."""
    if stages and not hasattr(model, "stages"):
        raise typer.BadParameter(
            f"{type(model).__name__} has no stages to draw; leave --stages out",
            param_hint="--stages",
        )
    if stages:
        plots_for("--stages")
    if other == "difference":
        plots_for("--difference")
    return ("stages",) * stages + ((other,) if other else ())


def _run(
    images: list[str],
    recipe: "Recipe",
    output: str | None,
    default: str,
    overwrite: bool,
    threads: int | None,
    **options: Any,
) -> None:
    """Map all images, say what became of them, and exit."""
    from psysal.archive.batch import map_all
    from psysal.archive.inputs import STDIN
    from psysal.archive.task import Output

    if output == "-" or (output is None and images == [STDIN]):
        _to_stream(images, recipe, threads)
        return
    # of the process that clears up after workers, when it comes too late
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker")
    output = output or default
    doing = "perceiving" if recipe.percept else "mapping"
    counts: Counter[str] = Counter()
    failures: list[str] = []
    stopped = None
    with archive(doing) as (total, advance):

        def tell(outcome: "Outcome") -> None:
            for path in outcome.written:
                print(path, flush=True)
            if outcome.remark:
                say(outcome.remark)
            if outcome.error and len(failures) < LISTED:
                failures.append(outcome.error)
            counts["failed" if outcome.error else "kept" if outcome.kept else "made"] += 1
            advance(counts.total(), counts["failed"])

        try:
            map_all(
                images,
                recipe,
                output,
                overwrite=overwrite,
                threads=threads,
                tell=tell,
                total=total,
                note=lambda text: say(text, style="yellow"),
                **options,
            )
            total(counts.total())  # an image that came twice was counted twice
        except (ValueError, ImportError) as error:
            raise typer.BadParameter(str(error)) from None
        except BrokenPipeError:
            stopped = "nobody reads what is written; the same command goes on where it stopped"
        except OSError as error:
            stopped = str(error)
        except KeyboardInterrupt:
            stopped = "interrupted; the same command goes on where it stopped"
    manifest = options.get("manifest") or Output(output).manifest
    if failures:
        say("\n".join(failures), style="red")
    if counts["failed"] > len(failures):
        say(f"and {counts['failed'] - LISTED:,} more; {manifest} has all", style="red")
    if counts.total() > 1:
        say(f"{_counted(counts)}; {manifest} tells of each")
    if stopped:
        say(stopped, style="red")
    raise typer.Exit(1 if failures or stopped else 0)


def _counted(counts: "Counter[str]") -> str:
    words = {"made": "done", "kept": "there already", "failed": "failed"}
    return ", ".join(f"{counts[key]:,} {word}" for key, word in words.items() if counts[key])


def _to_stream(images: list[str], recipe: "Recipe", threads: int | None) -> None:
    """The map of one image to standard output."""
    from psysal.archive.inputs import find
    from psysal.archive.task import to_stream

    items = list(islice(find(images), 2))
    if len(items) != 1 or recipe.figures:
        raise typer.BadParameter(
            "standard output takes one image and nothing else; name a folder", param_hint="-o"
        )
    try:
        data = to_stream(items[0], recipe, threads, say)
    except ValueError as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
