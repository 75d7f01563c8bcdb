"""``psysal video``: a video or a camera to a video with its saliency.

Place: film -> [model, frame by frame] -> file.
"""

from pathlib import Path
from typing import Annotated

import typer

from psysal.cli.console import Overwrite, Ppd, Threads, choose, progress, say

__all__ = ["video_command"]


def video_command(
    source: Annotated[
        str, typer.Argument(metavar="FILE|CAMERA", help="A video, or the number of a camera.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="An .mp4 or .avi.")
    ] = Path("saliency.mp4"),
    model: Annotated[str, typer.Option(help="As for psysal map.")] = "murray2011",
    ppd: Ppd = None,
    only_map: Annotated[
        bool, typer.Option("--map", help="The maps in grey, and not as heat on the frames.")
    ] = False,
    every: Annotated[
        int, typer.Option(min=1, help="Map every Nth frame; those between keep its map.")
    ] = 1,
    smooth: Annotated[
        float | None, typer.Option(help="Average maps over time: time constant in seconds.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(help="Stop there.")] = None,
    frames: Annotated[int | None, typer.Option(min=1, help="Stop after so many.")] = None,
    overwrite: Overwrite = False,
    threads: Threads = None,
) -> None:
    """Write a video, or what a camera sees, with its saliency; audio is not copied.

    Every map fills its scale, as in psysal map. Ctrl-C ends a camera and keeps what it saw.
    """
    import os
    import time

    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")  # psysal says in a sentence what fails
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

    from psysal import video

    chosen = choose(model, ppd)
    place = int(source) if source.isdecimal() else source
    start = time.perf_counter()
    try:
        film = video.Film(place, seconds=seconds, frames=frames)
        if not film.live:
            say("audio is not copied")
        with progress("mapping", film.total) as advance:
            made = video.record(
                film,
                output,
                model=chosen,
                every=every,
                smooth=smooth,
                only_map=only_map,
                overwrite=overwrite,
                threads=threads,
                progress=advance,
            )
    except (ValueError, OSError) as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        say("interrupted; nothing was written", style="yellow")
        raise typer.Exit(1) from None
    rate = made.frames / (time.perf_counter() - start)
    for remark in made.remarks:
        say(remark, style="yellow")
    rows, cols = made.size
    say(f"{made.frames} frames of {cols} x {rows} pixels, {rate:.1f} frames/s")
    print(output)
