"""``psysal map`` and ``psysal perceive``: images to saliency maps, or to images as they look.

Place: files -> [options -> batch] -> files.  The path of every file that is written goes to
standard output; images that fail are listed at the end, each in a sentence.
"""

import os
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from psysal.cli import completion
from psysal.cli.console import (
    Cluster,
    Column,
    Jobs,
    MaxPixels,
    ModelName,
    Overwrite,
    Ppd,
    Profile,
    Threads,
    archive,
    choose,
    plots_for,
    put,
    say,
    with_options,
)
from psysal.cli.signals import stoppable
from psysal.image import MAX_PIXELS, SUFFIXES
from psysal.memory import keep_freed_memory

if TYPE_CHECKING:
    from psysal.archive.batch import MapResult
    from psysal.archive.task import Output, Settings

__all__ = ["map_command", "perceive_command", "run_batch"]

FAILURES_SHOWN = 20  # the manifest has all
COUNTED = {"made": "done", "kept": "up to date", "failed": "failed"}
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
            "--format",
            help="16-bit PNG, 8-bit PNG, float TIFF or NumPy. Default: png; npy for log densities.",
        ),
    ] = None,
    model: ModelName = "murray2011",
    values: Annotated[
        Literal["range", "log-density"],
        typer.Option(
            help="Maps spread over the scale of the file, or natural logarithms of a model's "
            "densities, in .npy, TIFF or a store."
        ),
    ] = "range",
    ppd: Ppd = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also a heat map on the photograph.")
    ] = False,
    stages: Stages = False,
    jobs: Jobs = None,
    cluster: Cluster = None,
    column: Column = "image",
    manifest: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What became of every image, .jsonl or .parquet. Default: manifest.jsonl in the "
            "folder, or beside the store.",
        ),
    ] = None,
    overwrite: Overwrite = False,
    profile: Profile = "convert",
    max_pixels: MaxPixels = MAX_PIXELS,
    threads: Threads = None,
) -> None:  # fmt: skip
    """Write the saliency map of every image.

    A map fills the full scale of its file. The smallest image is 8 x 8 pixels.

    Model, version, ppd and the raw range are stored with it.

    The same command again does only what is missing, failed, or was made otherwise.
    """
    _run(
        images,
        output,
        "saliency",
        model=model,
        ppd=ppd,
        form=form,
        values=values,
        figures={"stages": stages, "overlay": overlay},
        max_pixels=max_pixels,
        profile=profile,
        jobs=jobs,
        cluster=cluster,
        column=column,
        manifest=manifest,
        overwrite=overwrite,
        threads=threads,
    )


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
            help="Folder for the pictures, or - for standard output. Default: perceived, and "
            "standard output for what comes from standard input.",
        ),
    ] = None,
    form: Annotated[
        Literal["png", "npy"],
        typer.Option("--format", help="8-bit PNG, clipped to what a screen shows, or NumPy."),
    ] = "png",
    model: Annotated[
        str,
        typer.Option(
            autocompletion=completion.percepts,
            help="otazu2010 for color, otazu2008 for luminance alone.",
        ),
    ] = "otazu2010",
    ppd: Ppd = None,
    difference: Annotated[
        bool,
        typer.Option(
            "--difference",
            help="Also a figure of the percept minus the image; of a display of psysal stimulus, "
            "of its two targets side by side.",
        ),
    ] = False,
    stages: Stages = False,
    overwrite: Overwrite = False,
    profile: Profile = "convert",
    max_pixels: MaxPixels = MAX_PIXELS,
    threads: Threads = None,
) -> None:
    """Write every image as it looks: with the brightness and color its surround induces.

    Black is 0 and white is full scale, as in the image. The smallest image is 8 x 8 pixels.
    """
    _run(
        images,
        output,
        "perceived",
        model=model,
        ppd=ppd,
        percept=True,
        form="png8" if form == "png" else form,
        figures={"stages": stages, "difference": difference},
        max_pixels=max_pixels,
        profile=profile,
        overwrite=overwrite,
        threads=threads,
    )


def _run(
    images: list[str],
    output: str | None,
    default: str,
    *,
    model: str,
    ppd: float | None,
    percept: bool = False,
    form: str | None,
    values: str = "range",
    figures: dict[str, bool],
    max_pixels: int,
    profile: Literal["convert", "ignore"],
    threads: int | None,
    **options: Any,
) -> None:
    """Map all images, say what became of them, and exit."""
    from psysal.archive.task import MapSettings, output_at

    where = output_at(output or default)
    wanted = tuple(name for name, is_wanted in figures.items() if is_wanted)
    if where.store and (percept or form or wanted):
        raise typer.BadParameter(
            f"{output} holds maps alone, as numbers; "
            + ("name a folder" if percept else "leave out --format, --overlay and --stages"),
            param_hint="-o",
        )
    chosen = choose(model, ppd, percept=percept)

    def settings() -> MapSettings:
        for name in wanted:
            _check_figure(name, chosen, model)
        return MapSettings(
            chosen,
            model,
            ppd,
            percept,
            form or ("npy" if where.store or values == "log-density" else "png"),
            wanted,
            max_pixels,
            profile,
            values,
        )

    doing = "perceiving" if percept else "mapping"
    run_batch(images, output, where, settings, doing, threads=threads, **options)


def run_batch(
    images: list[str],
    output: str | None,
    where: "Output",
    settings: "Callable[[], Settings]",
    doing: str,
    *,
    threads: int | None,
    **options: Any,
) -> None:
    """Make the files of all images by :func:`map_all`, say what became of them, and exit.

    Errors of ``settings``, which gives the settings, are usage errors.
    """
    from psysal.archive.batch import map_all
    from psysal.archive.folders import suffix

    if suffix(where.place) in SUFFIXES | {".npy"} and not os.path.isdir(where.place):
        raise typer.BadParameter(
            f"a folder was expected, got {output}, which has the name of a file; name a folder, or "
            f"write one picture by -o - > {output}",
            param_hint="-o",
        )
    keep_freed_memory()
    # of the process that clears up after workers, when it comes too late
    os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker")
    counts: Counter[str] = Counter()
    failures: list[str] = []
    stopped: str | None = None
    bar: tuple[Callable[[int | None], None], Callable[[int, int], None]] | None = None

    def on_total(count: int | None) -> None:
        nonlocal bar
        bar = bar or stack.enter_context(archive(doing))
        bar[0](count)

    def on_result(result: "MapResult") -> None:
        for path in result.written:
            put(path)
        if result.remark:
            say(result.remark)
        if result.error and len(failures) < FAILURES_SHOWN:
            failures.append(result.error)
        counts["failed" if result.error else "kept" if result.kept else "made"] += 1
        if bar:
            bar[1](counts.total(), counts["failed"])
        elif result.kept:
            say(f"{result.source}: its {made.noun} is up to date")

    def report(end: str | None) -> None:
        """Say what became of the images, and what ended the work before its time."""
        manifest = options.get("manifest") or where.manifest
        if failures:
            say("\n".join(failures), style="red")
        if counts["failed"] > len(failures):
            more = counts["failed"] - len(failures)
            say(f"and {more:,} more; {manifest} has all", style="red")
        if counts.total() > 1:
            numbers = [f"{counts[key]:,} {word}" for key, word in COUNTED.items() if counts[key]]
            say(f"{', '.join(numbers)}; {manifest} tells of each")
        if end:
            say(end, style="red")

    with stoppable(lambda: report("interrupted; the same command goes on where it stopped")):
        with ExitStack() as stack:
            try:
                made = settings()
                if output == "-" or (output is None and images == ["-"]):
                    return _to_stream(images, made, threads)
                map_all(
                    images,
                    made,
                    where.place,
                    threads=threads,
                    on_result=on_result,
                    on_total=on_total,
                    on_warning=lambda sentence: say(sentence, style="yellow"),
                    **options,
                )
                if bar:  # an image that came twice was counted twice
                    bar[0](counts.total())
            except (ValueError, ImportError) as error:
                raise typer.BadParameter(with_options(str(error))) from None
            except BrokenPipeError:
                stopped = "nobody reads what is written; the same command goes on where it stopped"
            except OSError as error:
                stopped = str(error)
        report(stopped)
    raise typer.Exit(1 if failures or stopped else 0)


def _check_figure(name: str, model: Any, model_name: str) -> None:
    """A usage error where a figure cannot be drawn."""
    if name == "stages" and not hasattr(model, "stages"):
        raise typer.BadParameter(
            f"{model_name} has no stages to draw; leave --stages out",
            param_hint="--stages",
        )
    if name != "overlay":
        plots_for(f"--{name}")


def _to_stream(images: list[str], settings: "Settings", threads: int | None) -> None:
    """Write the map or the crop of one image to standard output."""
    from psysal.archive.inputs import find
    from psysal.archive.task import map_to_bytes

    if sys.stdout is None:
        raise OSError("standard output is closed; name a folder with --output")
    sources = list(islice(find(images), 2))
    if len(sources) != 1 or not settings.is_single:
        raise typer.BadParameter(
            "standard output takes one image and nothing else; name a folder", param_hint="-o"
        )
    try:
        data = map_to_bytes(sources[0], settings, threads, say)
    except ValueError as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None
    put(data)
