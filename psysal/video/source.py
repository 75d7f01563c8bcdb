"""One source of frames for all that can be mapped: files, animations and cameras.

Place: reader of a kind -> [source] -> time and pixels of each frame.
"""

import math
import os
from collections.abc import Iterator
from functools import partial
from itertools import repeat, takewhile

import cv2

from psysal._typing import Array
from psysal.files import refuse_special
from psysal.threads import in_order
from psysal.video.animation import AnimatedWebP
from psysal.video.camera import Camera
from psysal.video.container import VideoFile

__all__ = ["VideoSource"]


class VideoSource:
    """Frames of a video file or camera; an iterator over their times and pixels, once.

    Times are in seconds since the first frame.  Pixels are RGB, uint8, square and upright.

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
        Frames per second, on average or as the header says; 30 if it does not.
    total : int or None
        Number of frames to expect, if anything is known about it; None for a camera without a
        limit.
    start : float
        Timestamp of the first frame in its file, in seconds; 0 until it is read.
    duration : float
        Seconds from the first frame to the end of the last one so far.
    complete : bool
        Whether the frames came to their end, and not to a limit.
    has_audio : bool
        Whether it is a file with audio.
    broken : int
        Frames so far that could not be decoded and were left out.
    resized : int
        Frames so far that were resized to the size of the first.
    size : tuple of int
        Rows and columns of the first frame; zeros until it is read.
    remarks : tuple of str
        Sentences so far on frames that were lost or changed, as by compositing on white.

    Raises
    ------
    ImportError
        PyAV is not installed, which reads files.
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
        self._reader = Camera(source) if isinstance(source, int) else _open_file(self.name)
        self.rate, self.has_audio = self._reader.rate, self._reader.has_audio
        self._seconds, self._most_frames = seconds or math.inf, frames or math.inf
        limits = [self._reader.count or math.inf, self._most_frames]
        limits.append(math.ceil(seconds * self.rate) if seconds else math.inf)
        self.total = None if min(limits) == math.inf else int(min(limits))
        self.start = self.duration = 0.0
        self.resized = self._jumps = 0
        self.complete = False
        self.size = 0, 0

    @property
    def broken(self) -> int:
        return self._reader.broken

    @property
    def remarks(self) -> tuple[str, ...]:
        remarks = list(self._reader.remarks)
        if self.broken:
            remarks.append(f"frames that could not be read: {self.broken}")
        if self.resized:
            remarks.append(f"frames of another size, resized to the first's: {self.resized}")
        if self._jumps:
            remarks.append(f"jumps of its clock, after which time goes on evenly: {self._jumps}")
        return tuple(f"{self.name}: {remark}" for remark in remarks)

    def __iter__(self) -> Iterator[tuple[float, Array]]:
        """Seconds since the first frame, and pixels; read ahead on a thread."""
        read = partial(next, self._frames(), None)
        return takewhile(lambda frame: frame is not None, in_order(repeat(read), 1))

    def _frames(self) -> Iterator[tuple[float, Array]]:
        reader = self._reader
        frames, step = reader.frames(), 1 / reader.rate
        number, latest, shift = 0, 0.0, 0.0
        try:
            for stamp, duration, pixels in frames:
                if self.size == (0, 0):
                    self.start, self.size = (0.0 if self.live else stamp), pixels.shape[:2]
                    shift = -stamp
                seconds = stamp + shift
                if number and not 0 < seconds - latest <= reader.longest_gap:
                    self._jumps += 1
                    shift += latest + step - seconds
                    seconds = latest + step
                if seconds >= self._seconds or number >= self._most_frames:
                    return
                if pixels.shape[:2] != self.size:
                    self.resized += 1
                    pixels = cv2.resize(pixels, self.size[::-1], interpolation=cv2.INTER_AREA)
                latest, number = seconds, number + 1
                self.duration = min(seconds + (duration or step), self._seconds)
                yield seconds, pixels
            self.complete = True
        finally:
            frames.close()


def _open_file(name: str) -> AnimatedWebP | VideoFile:
    try:
        refuse_special(name)
        with open(name, "rb") as file:
            head = file.read(12)
    except OSError as error:
        raise OSError(
            f"{name}: could not be opened ({error.strerror}); check the name and permissions"
        ) from None
    return AnimatedWebP(name) if head[:4] + head[8:] == b"RIFFWEBP" else VideoFile(name)
