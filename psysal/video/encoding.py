"""Pictures with their times encoded by PyAV, and written beside the audio of their source.

Place: time and planes of each picture -> [encoding] -> file.

Colors are coded as BT.601 and tagged so: what reads the tags is right, and what does not takes
BT.601 by default.
"""

import math
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.optional import require
from psysal.video.audio import AudioTrack
from psysal.video.source import VideoSource

__all__ = ["CODECS", "FULL_RANGE", "VideoWriter"]

H264 = ("libx264", "libopenh264", "mpeg4")
CODECS = {
    ".mp4": H264,
    ".mov": H264,
    ".mkv": H264,
    ".webm": ("libvpx-vp9",),
    ".avi": ("mjpeg",),
}
"""Encoders of written videos, by suffix: of several, the first that PyAV was built with."""
FULL_RANGE = {".avi"}
"""Suffixes of videos whose codes of luma and chroma have the full range, as JPEG's do."""

OPTIONS = {  # of quality; without frames that are coded out of order, which have no clear duration
    "libx264": {"preset": "ultrafast", "crf": "20", "bf": "0"},
    "libopenh264": {"b": "8000000"},
    "mpeg4": {"flags": "+qscale", "global_quality": "236", "bf": "0"},
    "mjpeg": {"flags": "+qscale", "global_quality": "236"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "crf": "12", "b": "0", "row-mt": "1"},
}
TIME_BASE = Fraction(1, 60000)  # s; as fine as MPEG-4 allows, and a divisor of usual rates
LIMITED, FULL, BT601, BT709 = 1, 2, 6, 1  # as H.273 and FFmpeg number them


class VideoWriter:
    """A video that is being written.

    Parameters
    ----------
    path : path
        File to write; its suffix is one of :data:`CODECS`.
    source : VideoSource
        Where the pictures come from: gives rate, times and audio.
    size : tuple of int
        Rows and columns of the pictures; odd ones get one more.
    audio : bool
        Whether the audio of a file is written.

    Attributes
    ----------
    frames : int
        Frames that were written.
    size : tuple of int
        Rows and columns of the video, both even.
    audio : str
        "copied", "re-encoded as aac" or another codec, or "none".
    remarks : list of str
        Sentences on what was changed.

    Raises
    ------
    av.error.FFmpegError
        It cannot be written.
    ValueError
        PyAV was built without an encoder for it.
    """

    def __init__(
        self, path: Path, source: VideoSource, size: tuple[int, int], *, audio: bool
    ) -> None:
        av = require("av")
        suffix = path.suffix.lower()
        codec = next((name for name in CODECS[suffix] if name in av.codecs_available), None)
        if codec is None:
            raise ValueError(
                f"{source.name}: PyAV was built without an encoder for {suffix} "
                f"({' or '.join(CODECS[suffix])}); write .mp4"
            )
        self.size, self.frames, self.remarks = (size[0] + size[0] % 2, size[1] + size[1] % 2), 0, []
        if self.size != size:
            self.remarks.append("odd sides of frames were padded by a pixel")
        full = suffix in FULL_RANGE
        self._source, self._pixel_format = source, "yuvj420p" if full else "yuv420p"
        self._container = av.open(f"file:{path}", "w")
        rate = Fraction(source.rate).limit_denominator(1001)
        stream = self._container.add_stream(codec, rate=rate, options=OPTIONS[codec])
        stream.height, stream.width = self.size
        stream.pix_fmt = self._pixel_format
        stream.codec_context.time_base = self._unit = 1 / rate if suffix == ".avi" else TIME_BASE
        stream.color_range = FULL if full else LIMITED
        stream.colorspace, stream.color_primaries, stream.color_trc = BT601, BT709, BT709
        self._stream = stream
        self._audio = None
        if audio and source.has_audio:
            self._audio = AudioTrack(source.name, self._container, suffix, source.start)
        self.audio = self._audio.fate if self._audio else "none"
        self._delay = round(self._audio.video_delay / self._unit) if self._audio else 0
        self._latest: tuple[int, list[Array]] = (-1, [])
        self._crowded = 0
        self._waiting: Any = None

    def write(self, seconds: float, planes: list[Array]) -> None:
        """Write a picture.

        Parameters
        ----------
        seconds : float
            Time since the first frame.
        planes : list of ndarray, uint8
            Y, with the sides of :attr:`size`, and U and V, with half of them; of the full range
            if the suffix is one of :data:`FULL_RANGE`.
        """
        stamp = round(seconds / self._unit) + self._delay
        if stamp <= self._latest[0]:
            self._crowded += 1
            return
        if self._audio:
            self._audio.write_until(seconds)
        self._encode(stamp, planes)
        self.frames += 1

    def finish(self) -> None:
        """Write what is left, and close the file."""
        end = round(self._source.duration / self._unit) + self._delay
        stamp, planes = self._latest
        if self._unit != TIME_BASE and end - 1 > stamp:  # a constant rate: shown until its end
            self._encode(end - 1, planes)
        self._mux(self._stream.encode())
        self._waiting.duration = max(1, end - self._waiting.pts)
        self._container.mux(self._waiting)
        if self._audio:
            self._audio.write_until(math.inf if self._source.complete else self._source.duration)
            if self._audio.broken:
                self.remarks.append(
                    f"parts of the audio that could not be read: {self._audio.broken}"
                )
        if self._crowded:
            self.remarks.append(
                f"frames nearer to each other than .avi holds, left out: {self._crowded}"
            )
        self._container.close()

    def close(self) -> None:
        """Let go of the files, finished or not."""
        with suppress(require("av").error.FFmpegError):
            self._container.close()
        if self._audio:
            self._audio.close()

    def _encode(self, stamp: int, planes: list[Array]) -> None:
        self._latest = stamp, planes
        frame = require("av").VideoFrame(self.size[1], self.size[0], self._pixel_format)
        for plane, codes in zip(frame.planes, planes, strict=True):
            rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
            rows[: plane.height, : plane.width] = codes
        frame.pts, frame.time_base = stamp, self._unit
        self._mux(self._stream.encode(frame))

    def _mux(self, packets: list[Any]) -> None:
        """Write all packets but the last, whose duration is known at the end."""
        for packet in packets:
            if self._waiting is not None:
                self._container.mux(self._waiting)
            self._waiting = packet
