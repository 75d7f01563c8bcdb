"""Saliency of videos and cameras, frame by frame: as arrays, or written as a video.

Place: frames -> model -> frames.  Frames are (rows, cols, 3) RGB, uint8, decoded by OpenCV;
a map is (rows, cols), float32 in [0, 1].  Reading, mapping, drawing and writing run at the same
time on threads, a few frames ahead of one another, in order; values do not depend on the number
of threads.

Scale: every map is normalized to its own range, as by ``psysal.saliency``.  Smoothing averages
these maps without normalizing them again, so that no single frame sets the scale.

Time: the time of a frame is its number divided by the frame rate in a file, the clock's for a
camera.  In a written video, missing frames, such as damaged ones, repeat the frame before, so
that the duration stays the same.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import repeat, takewhile
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from psysal import files, overlay
from psysal._typing import Array
from psysal.checks import positive_number, whole_number
from psysal.image import normalize
from psysal.models.registry import get_model
from psysal.threads import in_order, thread_count

__all__ = ["CODECS", "VideoResult", "VideoSource", "maps", "write_video"]

Model = str | Callable[..., Array]

CODECS = {".mp4": "mp4v", ".avi": "MJPG"}
"""Codecs of written videos, by suffix."""

RATE = 30.0  # frames/s of a source without a rate
MOST_BROKEN = 1000  # damaged frames in a row, after which a file counts as ended


class VideoSource:
    """Frames of a video file or camera; an iterator over their numbers and pixels, once.

    Parameters
    ----------
    source : path or int
        A file, or the number of a camera, from 0 on.
    seconds : float, optional
        Largest duration; positive.
    frames : int, optional
        Largest number of frames; positive.

    Attributes
    ----------
    name : str
        Path of the file, or "camera 0".
    live : bool
        Whether it is a camera.
    rate : float
        Frames per second; 30 if the source does not say.
    total : int or None
        Number of frames if it is known; None for a camera without a limit.
    broken : int
        Frames so far that could not be decoded and were left out.
    resized : int
        Frames so far that were resized to the size of the first.
    size : tuple of int
        Rows and columns of the first frame; empty until it is read.

    Raises
    ------
    OSError
        The file cannot be opened.
    ValueError
        The file is no video, the camera is absent, or a limit is not positive.
    """

    def __init__(
        self,
        source: str | os.PathLike[str] | int,
        *,
        seconds: float | None = None,
        frames: int | None = None,
    ) -> None:
        for name, limit in (("seconds", seconds), ("frames", frames)):
            if limit is not None and not limit > 0:
                raise ValueError(f"{name} must be positive, got {limit}; leave it out for all")
        self.live = isinstance(source, int)
        self.name = f"camera {source}" if isinstance(source, int) else os.fspath(source)
        if not isinstance(source, int):
            try:
                with open(source, "rb"):
                    pass
            except OSError as error:
                raise OSError(
                    f"{self.name}: could not be opened ({error.strerror}); "
                    "check the name and permissions"
                ) from None
        self._capture = cv2.VideoCapture(source if isinstance(source, int) else self.name)
        if not self._capture.isOpened():
            raise ValueError(
                f"{self.name}: could not be opened; check that it is connected and free"
                if self.live
                else f"{self.name}: is not a video that OpenCV can read; an MP4 or AVI was expected"
            )
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.rate = rate if 0 < rate < np.inf else RATE
        count = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self._count = count if count > 0 and not self.live else 0  # as the file's header has it
        limits = [self._count or np.inf, frames or np.inf]
        limits.append(np.ceil(seconds * self.rate) if seconds else np.inf)
        self._end = min(limits[1:])
        self.total = None if min(limits) == np.inf else int(min(limits))
        self.broken = self.resized = 0
        self.size: tuple[int, ...] = ()

    def __iter__(self) -> Iterator[tuple[int, Array]]:
        """Number of each frame, from 0 on, and its pixels; read ahead on a thread."""
        read = partial(next, self._frames(), None)
        return takewhile(lambda frame: frame is not None, in_order(repeat(read), 1))

    def _frames(self) -> Iterator[tuple[int, Array]]:
        first, number, failed = None, 0, 0
        try:
            while number < self._end:
                good, pixels = self._capture.read()
                if not good:
                    if self.live or number >= self._count or failed == MOST_BROKEN:
                        return
                    failed, number, self.broken = failed + 1, number + 1, self.broken + 1
                    continue
                failed = 0
                if self.live:
                    now = time.monotonic()
                    first = first or now
                    number = max(number, round((now - first) * self.rate))
                    if number >= self._end:
                        return
                pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
                self.size = self.size or pixels.shape[:2]
                if pixels.shape[:2] != self.size:
                    self.resized += 1
                    pixels = cv2.resize(pixels, self.size[::-1], interpolation=cv2.INTER_AREA)
                yield number, pixels
                number += 1
        finally:
            self._capture.release()


def maps(
    source: str | os.PathLike[str] | int | VideoSource,
    *,
    model: Model = "murray2011",
    every: int = 1,
    smooth: float | None = None,
    threads: int | None = None,
) -> Iterator[tuple[Array, Array, float]]:
    """Frames of a video or camera with their saliency maps.

    Parameters
    ----------
    source : path, int or VideoSource
        A file, the number of a camera, or either as a :class:`VideoSource`.
    model : str or callable
        As :func:`psysal.saliency` takes it; ``psysal.Murray2011(ppd=40)`` for a viewing
        distance.
    every : int
        Map every Nth frame; the frames between repeat its map.
    smooth : float, optional
        Time constant of an exponential average of the maps, in seconds; None for no average.
    threads : int, optional
        Frames mapped at a time; every processor by default. The bits do not depend on it.

    Yields
    ------
    frame : ndarray, (rows, cols, 3)
        RGB, uint8.
    saliency : ndarray, (rows, cols)
        float32 in [0, 1], normalized to its own range. Do not write into it: following maps
        may be the same array or made from it.
    seconds : float
        Time since the first frame.

    Raises
    ------
    ValueError
        The source is no video, or an option is out of range.
    OSError
        The file cannot be opened.

    Examples
    --------
    >>> import cv2, numpy as np, tempfile
    >>> from pathlib import Path
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = str(Path(folder.name, "video.avi"))
    >>> writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    >>> for x in (10, 20, 30):
    ...     picture = np.full((48, 64, 3), 128, np.uint8)
    ...     _ = writer.write(cv2.circle(picture, (x, 24), 4, (0, 0, 255), -1))
    >>> writer.release()
    >>> for frame, saliency, seconds in maps(path):
    ...     print(frame.shape, saliency.shape, seconds)
    (48, 64, 3) (48, 64) 0.0
    (48, 64, 3) (48, 64) 0.04
    (48, 64, 3) (48, 64) 0.08
    >>> folder.cleanup()
    """
    every = whole_number("every", every, hint="1 maps all frames")
    if smooth is not None:
        positive_number("smooth", smooth, unit="of seconds", hint="leave it out for no average")
    count = thread_count(threads)
    saliency_model = get_model(model) if isinstance(model, str) else model
    video = source if isinstance(source, VideoSource) else VideoSource(source)
    frames = _mapped(video, saliency_model, every, smooth, count)
    return ((pixels, saliency, number / video.rate) for number, pixels, saliency in frames)


def _mapped(
    video: VideoSource,
    model: Callable[..., Array],
    every: int,
    smooth: float | None,
    threads: int,
) -> Iterator[tuple[int, Array, Array]]:
    """Number, pixels and map of each frame."""
    latest, latest_number = np.empty(0), 0
    for number, pixels, saliency in in_order(_jobs(video, model, every), threads):
        if saliency is not None:
            if smooth and latest.size:
                share = np.float32(-np.expm1((latest_number - number) / (video.rate * smooth)))
                saliency = latest + share * (saliency - latest)
            latest, latest_number = saliency, number
        yield number, pixels, latest


def _jobs(
    video: VideoSource, model: Callable[..., Array], every: int
) -> Iterator[Callable[[], tuple[int, Array, Array | None]]]:
    """Job for each frame, whose map is None for frames between every Nth."""
    due = 0
    for number, pixels in video:
        is_due = number >= due
        due = number + every if is_due else due
        yield partial(_map_frame, number, pixels, model if is_due else None)


def _map_frame(
    number: int, pixels: Array, model: Callable[..., Array] | None
) -> tuple[int, Array, Array | None]:
    if model is None:
        return number, pixels, None
    saliency = normalize(model(pixels, threads=1))
    return number, pixels, saliency.astype(np.float32, copy=False)


# --- to a file ---------------------------------------------------------------


@dataclass(frozen=True)
class VideoResult:
    """A video that was written.

    Attributes
    ----------
    frames : int
        Number of frames, with those that fill gaps.
    size : tuple of int
        Rows and columns of the video.
    remarks : tuple of str
        Sentences about frames that were lost, resized or padded, and an interruption.
    """

    frames: int
    size: tuple[int, ...]
    remarks: tuple[str, ...]


def write_video(
    source: VideoSource,
    output: str | os.PathLike[str],
    *,
    model: Model = "murray2011",
    every: int = 1,
    smooth: float | None = None,
    map_only: bool = False,
    overwrite: bool = False,
    threads: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> VideoResult:
    """Write a video with its saliency as heat over the frames, or the maps alone; no sound.

    Parameters
    ----------
    source : VideoSource
        Video file or camera.
    output : path
        .mp4 or .avi, written whole or not at all; but if a camera is interrupted, the frames
        until then are kept.  Odd sides get one more row or column, equal to the last.
    model, every, smooth, threads
        As :func:`maps` takes them.
    map_only : bool
        Grey maps, white where saliency is 1, instead of the overlay.
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
    OSError
        It cannot be written; an older file is unchanged.
    ValueError
        The source has no frames, or an option is out of range.
    """
    output = Path(output)
    if output.suffix.lower() not in CODECS:
        raise ValueError(f"output must end in {' or '.join(CODECS)}, got {output}")
    if not source.live and output.exists() and output.samefile(source.name):
        raise ValueError(f"{output}: would replace its own source; choose another output")
    with files.draft(output, overwrite=overwrite) as new:
        frames = maps(source, model=model, every=every, smooth=smooth, threads=threads)
        jobs = (partial(_draw, map_only, *frame) for frame in frames)
        writer, written, interrupted, picture = None, 0, False, np.empty(0)
        try:
            for seconds, next_picture in in_order(jobs, thread_count(threads)):
                if writer is None:
                    picture = next_picture
                    writer = _open_writer(new, output, source.rate, picture)
                for _ in range(round(seconds * source.rate) - written):  # missing frames
                    writer.write(picture)
                    written += 1
                picture = next_picture
                writer.write(picture)
                written += 1
                progress(written)
        except KeyboardInterrupt:
            if not source.live or writer is None:
                raise
            interrupted = True
        finally:
            if writer is not None:
                writer.release()
        if writer is None:
            raise ValueError(f"{source.name}: has no frame that could be read; nothing was written")
        count = _frame_count(new)
        if not count or (count != written and not interrupted):  # between write and count
            raise OSError(f"{output}: could not be written whole; is the disk full?")
    size = picture.shape[:2]
    remarks = []
    if interrupted:
        remarks.append("interrupted; what was recorded is kept")
    if source.broken:
        remarks.append(f"frames that could not be read: {source.broken}")
    if source.resized:
        remarks.append(f"frames of another size, resized to the first's: {source.resized}")
    if size != source.size:
        remarks.append("odd sides of frames were padded by a pixel")
    return VideoResult(count, size, tuple(f"{source.name}: {remark}" for remark in remarks))


def _draw(map_only: bool, frame: Array, saliency: Array, seconds: float) -> tuple[float, Array]:
    """Time of a frame, and its picture as OpenCV writes it: BGR, with even sides."""
    if map_only:
        grey = np.rint(saliency * 255).astype(np.uint8)
        picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    else:
        picture = cv2.cvtColor(overlay.overlay(frame, saliency), cv2.COLOR_RGB2BGR)
    rows, cols = picture.shape[:2]
    if rows % 2 or cols % 2:
        picture = cv2.copyMakeBorder(picture, 0, rows % 2, 0, cols % 2, cv2.BORDER_REPLICATE)
    return seconds, picture


def _open_writer(new: Path, output: Path, rate: float, picture: Array) -> Any:
    """OpenCV's writer of a draft, which errors call by its final name."""
    codec = CODECS[output.suffix.lower()]
    code, size = cv2.VideoWriter.fourcc(*codec), picture.shape[1::-1]
    writer = cv2.VideoWriter(str(new), cv2.CAP_FFMPEG, code, rate, size)
    if not writer.isOpened():
        raise OSError(f"{output}: could not be written as {codec}; check that its folder is there")
    return writer


def _frame_count(path: Path) -> int:
    """Number of frames in a finished file's header; 0 if the last of them cannot be read."""
    capture = cv2.VideoCapture(str(path))
    try:
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        capture.set(cv2.CAP_PROP_POS_FRAMES, count - 1)
        return max(count, 0) if capture.read()[0] else 0
    finally:
        capture.release()
