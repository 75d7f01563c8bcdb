"""A video with the saliency of another, as heat over its frames or as maps alone.

Place: pixels, map and time of each frame -> [writing] -> file.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from psysal import files
from psysal._typing import Array
from psysal.optional import require
from psysal.threads import in_order, thread_count
from psysal.video.drawing import draw_map, draw_overlay
from psysal.video.encoding import CODECS, FULL_RANGE, VideoWriter
from psysal.video.mapping import maps, reduction
from psysal.video.source import VideoSource

__all__ = ["VideoResult", "write_video"]


@dataclass(frozen=True)
class VideoResult:
    """A video that was written.

    Attributes
    ----------
    frames : int
        Number of frames.
    size : tuple of int
        Rows and columns of the video.
    seconds : float
        Duration, from the first frame to the end of the last.
    audio : str
        What became of the audio: "copied", "re-encoded as aac" or another codec, or "none".
    remarks : tuple of str
        Sentences about frames that were lost, changed or padded, and an interruption.
    """

    frames: int
    size: tuple[int, ...]
    seconds: float
    audio: str
    remarks: tuple[str, ...]


def write_video(
    source: VideoSource,
    output: str | os.PathLike[str],
    *,
    model: str | Callable[..., Array] = "murray2011",
    every: int = 1,
    smooth: float | None = None,
    reduce: int | None = None,
    map_only: bool = False,
    audio: bool = True,
    overwrite: bool = False,
    threads: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> VideoResult:
    """Write a video with its saliency as heat over the frames, or the maps alone.

    Frames keep the times of the source, at a variable rate too, except in .avi, whose rate is
    constant: there every frame has the nearest place.

    Parameters
    ----------
    source : VideoSource
        Video file or camera.
    output : path
        .mp4, .mov or .mkv (H.264), .webm (VP9) or .avi (Motion JPEG), written whole or not at
        all; but if a camera is interrupted, the frames until then are kept.  Odd sides get one
        more row or column, equal to the last.
    model, every, smooth, reduce, threads
        As :func:`maps` takes them.
    map_only : bool
        Grey maps, white where saliency is 1, instead of the overlay.
    audio : bool
        Copy the audio of a file as it is, or re-encoded where the output cannot hold its codec.
    overwrite : bool
        Replace a file that is there; never the source itself.
    progress : callable
        Called with the number of frames that are written.

    Returns
    -------
    VideoResult

    Raises
    ------
    FileExistsError
        The file is there and ``overwrite`` is not set.
    ImportError
        PyAV is not installed.
    OSError
        It cannot be written; an older file is unchanged.
    ValueError
        The source has no frames, or an option is out of range.
    """
    av = require("av")
    output = Path(output)
    if output.suffix.lower() not in CODECS:
        raise ValueError(f"output must end in {', '.join(CODECS)}, got {output}")
    if not source.live and output.exists() and output.samefile(source.name):
        raise ValueError(f"{output}: would replace its own source; choose another output")
    with files.draft(output, overwrite=overwrite) as new:
        frames = maps(
            source, model=model, every=every, smooth=smooth, reduce=reduce, threads=threads
        )
        full = output.suffix.lower() in FULL_RANGE
        jobs = (partial(_draw, map_only, full, *frame) for frame in frames)
        writer, interrupted = None, False
        try:
            try:
                for seconds, planes in in_order(jobs, thread_count(threads)):
                    if writer is None:
                        writer = VideoWriter(new, source, source.size, audio=audio)
                    writer.write(seconds, planes)
                    progress(writer.frames)
            except KeyboardInterrupt:
                if not source.live or writer is None:
                    raise
                interrupted = True
            if writer is None:
                raise ValueError(
                    f"{source.name}: has no frame that could be read; nothing was written"
                )
            writer.finish()
        except av.error.FFmpegError as error:
            hint = "check that its folder is there and the disk is not full"
            if not isinstance(error, OSError):
                hint = f"the audio of {source.name} may be damaged; audio=False leaves it out"
            raise OSError(f"{output}: could not be written ({error.strerror}); {hint}") from None
        finally:
            if writer is not None:
                writer.close()
    remarks = list(source.remarks)
    if interrupted:
        remarks.append(f"{source.name}: interrupted; what was recorded is kept")
    if reduce is None and (factor := reduction(source)) > 1:
        remarks.append(
            f"{source.name}: its frames were mapped at 1/{factor} of their size, to keep up with "
            "it; reduce=1 maps them whole"
        )
    remarks += [f"{source.name}: {remark}" for remark in writer.remarks]
    return VideoResult(writer.frames, writer.size, source.duration, writer.audio, tuple(remarks))


def _draw(
    map_only: bool, full: bool, frame: Array, saliency: Array, seconds: float
) -> tuple[float, list[Array]]:
    """Time of a frame, and what is shown of it: planes of luma and chroma."""
    if map_only:
        return seconds, draw_map(saliency, full=full)
    return seconds, draw_overlay(frame, saliency, full=full)
