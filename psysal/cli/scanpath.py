"""``psysal scanpath``: where the eyes go next on an image.

Place: file -> [map, rule] -> a table on standard output, and a picture.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from psysal.cli.console import (
    MaxPixels,
    ModelName,
    Overwrite,
    Ppd,
    Profile,
    Threads,
    choose,
    plots_for,
    put,
    say,
)
from psysal.cli.signals import stoppable
from psysal.image import MAX_PIXELS

__all__ = ["scanpath_command"]


def scanpath_command(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="File of the image.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Also a picture of the scanpath on the image, .png.",
        ),
    ] = None,
    model: ModelName = "murray2011",
    rule: Annotated[
        Literal["winner", "density", "saccades"],
        typer.Option(
            help="The highest place that is left, a draw from the map as a density, or the same "
            "with amplitudes and turns of people's saccades."
        ),
    ] = "winner",
    fixations: Annotated[
        int, typer.Option(min=1, help="Number of fixations, without the start.")
    ] = 10,
    viewers: Annotated[
        int | None, typer.Option(min=1, help="Number of viewers, of the sampled rules.")
    ] = None,
    start: Annotated[
        str,
        typer.Option(metavar="X,Y", help="Pixel where the eyes are at first, center, or none."),
    ] = "center",
    inhibition: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Radius of inhibition of return in degrees. Default: 2 for winner, 1 for density, "
            "0 for saccades.",
        ),
    ] = None,
    ppd: Ppd = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the sampled rules.")] = 0,
    form: Annotated[
        Literal["csv", "json"], typer.Option("--format", help="Form of the table.")
    ] = "csv",
    overwrite: Overwrite = False,
    profile: Profile = "convert",
    max_pixels: MaxPixels = MAX_PIXELS,
    threads: Threads = None,
) -> None:
    """Write where the eyes go next on an image, as a table on standard output.

    Positions are in pixels from the top left; order 0 is the start. CSV is read by psysal evaluate.
    """
    from psysal import api, files
    from psysal.gaze.formats.table import encode_table
    from psysal.image import read

    if viewers is not None and rule == "winner":
        raise typer.BadParameter(
            "the winner is the same for all viewers; leave it out, or take another --rule",
            param_hint="--viewers",
        )
    if output is not None and output.suffix != ".png":
        raise typer.BadParameter(f"the file must end in .png, got {output}", param_hint="-o")
    begin = _start(start)
    if output:
        plots_for("-o")
    choose(model, None)
    try:
        with stoppable(lambda: say("interrupted; nothing was written", style="red")):
            try:
                pixels = read(image, max_pixels=max_pixels, profile=profile, on_warning=say)
            except OSError as error:
                raise files.failure(str(image), "opened", error) from None
            path = api.scanpath(
                pixels,
                model=model,
                rule=rule,
                fixations=fixations,
                viewers=viewers,
                start=begin,
                inhibition=inhibition,
                ppd=ppd,
                seed=seed,
                threads=threads,
            )
            if output:
                from psysal.reports.photographs import scanpath_png

                files.save(output, scanpath_png(pixels, path), overwrite=overwrite)
            table = path.table(image.name)
            if form == "csv":
                put(encode_table(table))
            else:
                columns = (table.subject, table.order, table.x, table.y)
                rows = zip(*(column.tolist() for column in columns), strict=True)
                about: dict[str, Any] = {
                    "image": image.name,
                    "shape": path.shape,
                    "model": model,
                    "rule": rule,
                    "ppd": path.ppd,
                    "seed": seed,
                    "start": path.start,
                    "fixations": [
                        dict(zip(("viewer", "order", "x", "y"), row, strict=True)) for row in rows
                    ],
                }
                put(json.dumps(about))
    except BrokenPipeError:
        raise
    except (ValueError, OSError) as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None


def _start(text: str) -> str | tuple[float, float] | None:
    """Start as the library takes it."""
    if text in ("center", "none"):
        return None if text == "none" else text
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(
            f"the start must be X,Y in pixels, center or none, got {text}", param_hint="--start"
        ) from None
    return x, y
