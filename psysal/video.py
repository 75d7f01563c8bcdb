"""Videos and cameras to saliency, frame by frame: in Python, or to a video with the maps.

Place: frames -> model -> frames.  Frames come from OpenCV as (rows, cols, 3) RGB, uint8;
a map is (rows, cols) float32 in [0, 1].  Reading, mapping, drawing and writing overlap on
threads, few frames ahead of one another, and keep the order; values do not depend on the
number of threads.

Scale: every map is spread over its own range, as by ``psysal.saliency``.  Smoothing
averages these maps and does not spread them again, so that no single frame sets the scale.

Time: a frame of a file is where its number puts it, a camera's when it came.  What is
missing between two, such as a damaged frame, is filled with the one before, so that a
written video lasts as long as what it shows.
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
from numpy.typing import NDArray

from psysal import files, overlay
from psysal.image import normalize
from psysal.models.registry import get_model
from psysal.threads import in_order, thread_count

__all__ = ["CODECS", "Film", "Recorded", "maps", "record"]

Array = NDArray[Any]
Model = str | Callable[..., Array]

CODECS = {".mp4": "mp4v", ".avi": "MJPG"}
"""What a written video may end with, and how it is then encoded."""

RATE = 30.0  # frames/s of what does not tell
LOST = 1000  # damaged frames in a row after which a file counts as ended


class Film:
    """The frames of a video file or camera, opened, to be gone through once.

    Parameters
    ----------
    source : path or int
        A file, or the number of a camera, from 0 on.
    seconds : float, optional
        Stop there.
    frames : int, optional
        Stop after so many.

    Attributes
    ----------
    rate : float
        Frames per second, 30 where the source does not tell.
    total : int or None
        Frames to come as far as known; a camera without a limit has none.
    broken, resized : int
        Frames so far that could not be decoded and were left out; that had another size
        than the first and were resized to it.
    size : tuple of int
        Rows and columns of the first frame, once it is read.

    Raises
    ------
    OSError
        The file cannot be opened.
    ValueError
        It is no video, or the camera is absent.
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
        told = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self._told = told if told > 0 and not self.live else 0
        limits = [self._told or np.inf, frames or np.inf]
        limits.append(np.ceil(seconds * self.rate) if seconds else np.inf)
        self._end = min(limits[1:])
        self.total = None if min(limits) == np.inf else int(min(limits))
        self.broken = self.resized = 0
        self.size: tuple[int, ...] = ()

    def __iter__(self) -> Iterator[tuple[int, Array]]:
        """The number of a frame, from 0 on, and its pixels; read ahead on a thread."""
        read = partial(next, self._frames(), None)
        return takewhile(lambda frame: frame is not None, in_order(repeat(read), 1))

    def _frames(self) -> Iterator[tuple[int, Array]]:
        first, number, failed = None, 0, 0
        try:
            while number < self._end:
                good, pixels = self._capture.read()
                if not good:
                    if self.live or number >= self._told or failed == LOST:
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
    source: str | os.PathLike[str] | int | Film,
    *,
    model: Model = "murray2011",
    every: int = 1,
    smooth: float | None = None,
    threads: int | None = None,
) -> Iterator[tuple[Array, Array, float]]:
    """Frames of a video or camera with their saliency, as they come.

    Parameters
    ----------
    source : path, int or Film
        A file, the number of a camera, or either opened as a :class:`Film`.
    model : str or callable
        As in :func:`psysal.saliency`; ``psysal.Murray2011(ppd=40)`` for a viewing distance.
    every : int
        Map every Nth frame; those between have the map before.
    smooth : float, optional
        Time constant in seconds of an exponential average of the maps; None for none.
    threads : int, optional
        Frames mapped at once. Default: every processor. The bits do not depend on it.

    Yields
    ------
    frame : ndarray, (rows, cols, 3)
        RGB, uint8.
    saliency : ndarray, (rows, cols)
        float32 in [0, 1], spread over the range of its frame; not to be changed, since the
        next ones may be the same or made from it.
    seconds : float
        From the first frame on.

    Raises
    ------
    ValueError
        A source or option that has no meaning here; the message says what to do.
    OSError
        A file that cannot be opened.

    Examples
    --------
    >>> import cv2, numpy as np, tempfile
    >>> from pathlib import Path
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = str(Path(folder.name, "film.avi"))
    >>> film = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    >>> for x in (10, 20, 30):
    ...     picture = np.full((48, 64, 3), 128, np.uint8)
    ...     _ = film.write(cv2.circle(picture, (x, 24), 4, (0, 0, 255), -1))
    >>> film.release()
    >>> for frame, saliency, seconds in maps(path):
    ...     print(frame.shape, saliency.shape, seconds)
    (48, 64, 3) (48, 64) 0.0
    (48, 64, 3) (48, 64) 0.04
    (48, 64, 3) (48, 64) 0.08
    >>> folder.cleanup()
    """
    if every < 1:
        raise ValueError(f"every must be a whole number from 1 on, got {every}; 1 maps all frames")
    if smooth is not None and not 0 < smooth < np.inf:
        raise ValueError(f"smooth must be positive seconds, got {smooth}; leave it out for none")
    count = thread_count(threads)
    chosen = get_model(model) if isinstance(model, str) else model
    film = source if isinstance(source, Film) else Film(source)
    found = _mapped(film, chosen, every, smooth, count)
    return ((frame, saliency, number / film.rate) for number, frame, saliency in found)


def _mapped(
    film: Film, model: Callable[..., Array], every: int, smooth: float | None, threads: int
) -> Iterator[tuple[int, Array, Array]]:
    average, last = np.empty(0), 0
    for number, frame, found in in_order(_jobs(film, model, every), threads):
        if found is not None:
            if smooth and average.size:
                share = np.float32(-np.expm1((last - number) / (film.rate * smooth)))
                found = average + share * (found - average)
            average, last = found, number
        yield number, frame, average


def _jobs(film: Film, model: Callable[..., Array], every: int) -> Iterator[Callable[[], Any]]:
    due = 0
    for number, frame in film:
        wanted = number >= due
        due = number + every if wanted else due
        yield partial(_job, number, frame, model if wanted else None)


def _job(
    number: int, frame: Array, model: Callable[..., Array] | None
) -> tuple[int, Array, Array | None]:
    found = None if model is None else normalize(model(frame, threads=1))
    return number, frame, None if found is None else found.astype(np.float32, copy=False)


# --- to a file ---------------------------------------------------------------


@dataclass(frozen=True)
class Recorded:
    """What became of a film.

    Attributes
    ----------
    frames : int
        Written, with those that fill gaps.
    size : tuple of int
        Rows and columns of the video.
    remarks : tuple of str
        Sentences on what is not as it was, or was to be.
    """

    frames: int
    size: tuple[int, ...]
    remarks: tuple[str, ...]


def record(
    film: Film,
    output: str | os.PathLike[str],
    *,
    model: Model = "murray2011",
    every: int = 1,
    smooth: float | None = None,
    only_map: bool = False,
    overwrite: bool = False,
    threads: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Recorded:
    """Write a film with its maps over it as heat, or the grey maps alone; without sound.

    Parameters
    ----------
    film : Film
    output : path
        .mp4 or .avi, written whole or not at all; but of a camera that is interrupted,
        what was recorded is kept.  Odd sides get one more row or column, equal to the last.
    model, every, smooth, threads
        As in :func:`maps`.
    only_map : bool
        The maps, white where saliency is 1, and not the overlay.
    overwrite : bool
        Replace a file that is there; never the film itself.
    progress : callable
        Told how many frames are written.

    Raises
    ------
    FileExistsError
        The file is there and ``overwrite`` is not set.
    OSError
        It cannot be written; what was there before is still there.
    ValueError
        The film has no frames, or an option no meaning.
    """
    output = Path(output)
    if output.suffix.lower() not in CODECS:
        raise ValueError(f"the video must end in {' or '.join(CODECS)}, got {output}")
    if not film.live and output.exists() and output.samefile(film.name):
        raise ValueError(f"{output}: would replace the film itself; choose another output")
    draw = partial(_drawn, only_map)
    with files.draft(output, overwrite=overwrite) as new:
        found = maps(film, model=model, every=every, smooth=smooth, threads=threads)
        jobs = (partial(draw, *seen) for seen in found)
        writer, written, stopped, picture = None, 0, False, np.empty(0)
        try:
            for seconds, later in in_order(jobs, thread_count(threads)):
                if writer is None:
                    picture, writer = later, _writer(new, output, film.rate, later)
                for _ in range(round(seconds * film.rate) - written):  # missing ones
                    writer.write(picture)
                    written += 1
                picture = later
                writer.write(picture)
                written += 1
                progress(written)
        except KeyboardInterrupt:
            if not film.live or writer is None:
                raise
            stopped = True
        finally:
            if writer is not None:
                writer.release()
        if writer is None:
            raise ValueError(f"{film.name}: has no frame that could be read; nothing was written")
        kept = _count(new)
        if not kept or (kept != written and not stopped):  # stopped between write and count
            raise OSError(f"{output}: could not be written whole; is the disk full?")
    size = picture.shape[:2]
    said = [f"{film.name}: interrupted; what was recorded is kept"] if stopped else []
    if film.broken:
        said.append(f"{film.name}: frames that could not be read: {film.broken}")
    if film.resized:
        said.append(f"{film.name}: frames of another size, resized to the first's: {film.resized}")
    if size != film.size:
        said.append(f"{film.name}: odd sides of frames were padded by a pixel")
    return Recorded(kept, size, tuple(said))


def _drawn(only_map: bool, frame: Array, saliency: Array, seconds: float) -> tuple[float, Array]:
    """A picture as OpenCV writes it: BGR, with even sides."""
    if only_map:
        grey = np.rint(saliency * 255).astype(np.uint8)
        picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    else:
        picture = cv2.cvtColor(overlay.overlay(frame, saliency), cv2.COLOR_RGB2BGR)
    rows, cols = picture.shape[:2]
    if rows % 2 or cols % 2:
        picture = cv2.copyMakeBorder(picture, 0, rows % 2, 0, cols % 2, cv2.BORDER_REPLICATE)
    return seconds, picture


def _writer(new: Path, output: Path, rate: float, picture: Array) -> Any:
    codec = CODECS[output.suffix.lower()]
    code, size = cv2.VideoWriter.fourcc(*codec), picture.shape[1::-1]
    writer = cv2.VideoWriter(str(new), cv2.CAP_FFMPEG, code, rate, size)
    if not writer.isOpened():
        raise OSError(f"{output}: could not be written as {codec}; check that its folder is there")
    return writer


def _count(path: Path) -> int:
    """The frames that a finished file tells; 0 if it does not have the last of them."""
    capture = cv2.VideoCapture(str(path))
    try:
        told = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        capture.set(cv2.CAP_PROP_POS_FRAMES, told - 1)
        return max(told, 0) if capture.read()[0] else 0
    finally:
        capture.release()
