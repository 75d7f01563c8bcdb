"""``psysal video``: the frames of a video or camera with their saliency, as a video.

Place: video or camera -> [model, frame by frame] -> file.
"""

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from psysal.cli import completion
from psysal.cli.console import Overwrite, Ppd, Threads, choose, progress, say, with_options
from psysal.cli.signals import exit_status, received, stoppable
from psysal.memory import keep_freed_memory

if TYPE_CHECKING:
    from psysal.video import VideoResult


def video_command(
    source: Annotated[
        str, typer.Argument(metavar="FILE|CAMERA", help="A video, or the number of a camera.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Video to write: .mp4, .mov, .mkv, .webm or .avi.",
        ),
    ] = Path("saliency.mp4"),
    model: Annotated[
        str, typer.Option(autocompletion=completion.maps, help="Saliency model, as in psysal map.")
    ] = "murray2011",
    ppd: Ppd = None,
    map_only: Annotated[
        bool, typer.Option("--map-only", help="Grey maps, instead of heat over the frames.")
    ] = False,
    every: Annotated[
        int, typer.Option(min=1, help="Map every Nth frame; the frames between repeat its map.")
    ] = 1,
    smooth: Annotated[
        float | None,
        typer.Option(help="Time constant of an average of the maps over time, in seconds."),
    ] = None,
    reduce: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Map frames at one Nth of their size, which is faster. Default: 1 for files, and "
            "for cameras what keeps up with them.",
        ),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="Stop after this many seconds of video.")
    ] = None,
    frames: Annotated[int | None, typer.Option(min=1, help="Stop after this many frames.")] = None,
    no_audio: Annotated[
        bool, typer.Option("--no-audio", help="Leave out the audio of the file.")
    ] = False,
    overwrite: Overwrite = False,
    threads: Threads = None,
) -> None:
    """Write a video, or the frames of a camera, with its saliency.

    Frames keep their times, at a variable rate too. The audio of a file is copied, or re-encoded
    where the new file cannot hold it. Each map is normalized to its own range, as in psysal map.

    Ctrl-C ends the recording of a camera and keeps the video.
    """
    import os
    import time

    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")  # errors are reported below
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

    from psysal import video

    keep_freed_memory()
    saliency_model = choose(model, ppd)
    start = time.perf_counter()
    result: VideoResult | None = None
    with stoppable(
        lambda: say(
            f"interrupted; {f'{output} was' if result else 'nothing was'} written", style="yellow"
        )
    ):
        try:
            video_source = video.VideoSource(
                int(source) if source.isdecimal() else source, seconds=seconds, frames=frames
            )
            with progress("mapping", video_source.total) as advance:
                result = video.write_video(
                    video_source,
                    output,
                    model=saliency_model,
                    every=every,
                    smooth=smooth,
                    reduce=reduce,
                    map_only=map_only,
                    audio=not no_audio,
                    overwrite=overwrite,
                    threads=threads,
                    progress=advance,
                )
        except (ValueError, OSError, ImportError) as error:
            say(with_options(str(error)), style="red")
            raise typer.Exit(1) from None
        rate = result.frames / (time.perf_counter() - start)
        for remark in result.remarks:
            say(with_options(remark), style="yellow")
        rows, cols = result.size
        audio = "no audio" if result.audio == "none" else f"audio {result.audio}"
        say(
            f"{result.frames} frames of {cols} x {rows} pixels, {result.seconds:.2f} s, {audio}, "
            f"{rate:.1f} frames/s"
        )
        print(output)
    if received() == signal.SIGTERM:  # while a camera was recorded, whose video is kept
        raise typer.Exit(exit_status(signal.SIGTERM))
