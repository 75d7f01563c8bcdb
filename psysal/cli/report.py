"""``psysal report``: one page about photographs, to send or to hang up.

Place: files -> [map, scanpath, crops] -> an HTML file, whose path goes to standard output.
"""

import io
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from psysal.cli.console import (
    MaxPixels,
    ModelName,
    Overwrite,
    Ppd,
    Profile,
    Threads,
    progress,
    put,
    say,
)
from psysal.cli.crop import parse_aspects
from psysal.cli.signals import stoppable
from psysal.image import MAX_PIXELS, read

__all__ = ["report_command"]


def report_command(
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE...", help="Files, globs, folders, or addresses."),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The page, .html.")
    ] = Path("psysal-report.html"),
    title: Annotated[str, typer.Option(help="Title of the page.")] = "",
    model: ModelName = "deep",
    aspect: Annotated[
        list[str],
        typer.Option(metavar="WIDTH:HEIGHT", help="Aspect of a crop; several for as many crops."),
    ] = ["1:1", "16:9", "9:16"],  # noqa: B006
    fixations: Annotated[int, typer.Option(min=1, help="Number of fixations.")] = 6,
    ppd: Ppd = None,
    overwrite: Overwrite = False,
    profile: Profile = "convert",
    max_pixels: MaxPixels = MAX_PIXELS,
    threads: Threads = None,
) -> None:
    """Write one page about photographs: map, overlay, scanpath, crops and numbers of each.

    It is one HTML file that needs no other and no network, in light and dark, and prints.
    """
    from psysal import files
    from psysal.archive.inputs import find
    from psysal.archive.task import error_sentence, read_photograph
    from psysal.reports.photographs import MOST_PHOTOGRAPHS, PhotographPage

    if output.suffix.lower() not in (".html", ".htm"):
        raise typer.BadParameter(f"the file must end in .html, got {output}", param_hint="-o")
    sizes = [(size.width, size.height) for size in parse_aspects(aspect)]
    failed = False
    with stoppable(lambda: say("interrupted; nothing was written", style="red")):
        try:
            page = PhotographPage(
                model=model, aspects=sizes, fixations=fixations, ppd=ppd, threads=threads
            )
            sources = [*islice(find(images, on_warning=say), MOST_PHOTOGRAPHS + 1)]
        except (ValueError, ImportError) as error:
            raise typer.BadParameter(str(error)) from None
        if not overwrite and output.exists():
            raise typer.BadParameter(f"{output} is already there; --overwrite replaces it")
        if len(sources) > MOST_PHOTOGRAPHS:
            raise typer.BadParameter(
                f"a page holds at most {MOST_PHOTOGRAPHS} photographs, got more; name fewer"
            )
        try:
            with progress("looking at photographs", len(sources)) as advance:
                for done, source in enumerate(sources, 1):
                    try:
                        data, _ = read_photograph(source)
                        pixels = read(
                            io.BytesIO(data),
                            name=source.label,
                            max_pixels=max_pixels,
                            profile=profile,
                            on_warning=say,
                        )
                        page.add(Path(files.bare(source.name)).name, pixels)
                    except (ValueError, OSError) as error:
                        failed = True
                        say(error_sentence(source, error), style="red")
                    advance(done)
            if page.entries:
                page.save(output, title=title, overwrite=overwrite)
                put(str(output))
            else:
                say("no photograph could be read; nothing was written", style="red")
        except (ValueError, OSError) as error:
            say(str(error), style="red")
            raise typer.Exit(1) from None
    raise typer.Exit(1 if failed else 0)
