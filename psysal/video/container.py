"""Frames of a video file with their timestamps, decoded by PyAV.

Place: file -> [container] -> time, duration and RGB pixels of each frame.

Interlaced frames are deinterlaced, one for one.  Frames that an edit list hides are decoded and
not given, as in players.
"""

import math
import os
from collections.abc import Generator, Iterator
from fractions import Fraction
from typing import Any

from psysal._typing import Array
from psysal.image import MAX_PIXELS
from psysal.optional import require
from psysal.readers import ALWAYS_DECODED, MOST_PACKED
from psysal.video import pixels
from psysal.video.audio import audio_stream, open_input

__all__ = ["RATE", "VideoFile"]

RATE = 30.0
"""Frames per second of a source that has no rate."""

MOST_BROKEN = 1000  # damaged frames in a row, after which a file counts as ended
FASTEST = 1000  # frames/s; headers with more have no rate but a unit of time
LONGEST_GAP_S = 10.0  # of a transport stream, after which its clock was set
KEEPS_DURATION = ("matroska", "mov")  # formats whose header is of the whole file
PICTURES = {b"avif", b"heic", b"heim", b"heis", b"heix", b"mif1"}  # brands of still pictures
ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
WIDE = {9: "BT.2020", 11: "DCI-P3", 12: "Display P3"}  # primaries, by their number in H.273
CONVERT = "`ffmpeg -i {} out.mp4` converts what FFmpeg can read"
TRANSPORT_PACKETS = (188, 192, 204)  # bytes of which a transport stream has a whole number


class VideoFile:
    """A video file that is open.

    Parameters
    ----------
    name : str
        Path of the file.

    Attributes
    ----------
    rate : float
        Frames per second, as the header says or as FFmpeg guesses.
    count : int or None
        Number of frames that the header lets expect.
    has_audio : bool
        Whether there is audio beside the frames.
    longest_gap : float
        Seconds without a frame, after which the clock of the file was set.
    broken : int
        Frames so far that could not be decoded.
    remarks : dict of str to None
        Sentences on what was changed or is missing, in the order in which it was seen.

    Raises
    ------
    ImportError
        PyAV is not installed.
    ValueError
        It is no video, or one that cannot be decoded.
    """

    def __init__(self, name: str) -> None:
        av = require("av")
        self.name, self.broken = name, 0
        self.remarks: dict[str, None] = {}
        head, self._tail = _ends(name)
        try:
            self._container = open_input(name)
        except (av.error.FFmpegError, UnicodeError) as error:
            if head[4:8] == b"ftyp":
                raise ValueError(
                    f"{name}: is an MP4 whose index (moov) is missing or damaged, as where a "
                    "recording or a copy was broken off; copy it again, or rebuild its index, as "
                    "untrunc does"
                ) from None
            raise ValueError(
                f"{name}: is not a video that PyAV can read ({_reason(error)}); an MP4, MOV, "
                f"Matroska, WebM, AVI, MPEG, GIF or WebP was expected; {CONVERT.format(name)}"
            ) from None
        try:
            self._stream = _video_stream(name, self._container, head)
        except ValueError:
            self._container.close()
            raise
        stream, decoder = self._stream, self._stream.codec_context
        if stream.metadata.get("alpha_mode") == "1" and decoder.name in ALPHA_DECODERS:
            try:
                decoder = av.CodecContext.create(ALPHA_DECODERS[decoder.name], "r")
            except av.error.FFmpegError:
                self._remark("its transparency was not read, which needs a PyAV with libvpx")
        self._limit = _most_pixels(self._container)
        decoder.options = {"max_pixels": str(self._limit)}
        self._decoder = decoder
        self._kind = self._container.format.name.partition(",")[0]
        self._riff_size = 8 + int.from_bytes(head[4:8], "little")  # if it is an AVI
        self._aspect = stream.sample_aspect_ratio or Fraction(1)
        rates = (stream.guessed_rate, stream.average_rate)
        self.rate = float(next((rate for rate in rates if rate and rate <= FASTEST), RATE))
        duration = self._header_end() - float((stream.start_time or 0) * stream.time_base)
        counts = [stream.frames] * (stream.frames > 0)
        counts += [round(duration * self.rate)] * (duration > 0)
        self.count = min(counts, default=None)
        self.has_audio = audio_stream(self._container) is not None
        if self._container.streams.audio and not self.has_audio:
            self._remark("its audio is of a codec that PyAV was built without, and was left out")
        self.longest_gap = LONGEST_GAP_S if self._kind == "mpegts" else math.inf

    def frames(self) -> Generator[tuple[float, float, Array], None, None]:
        """Frames that can be read.

        Yields
        ------
        seconds : float
            Timestamp.
        duration : float
            In seconds; 0 if it is not known.
        pixels : ndarray, (rows, cols, 3), uint8
            Upright RGB.
        """
        converter, end, lag = pixels.RgbConverter(), 0.0, 0.0
        try:
            for frame in _deinterlaced(self._decoded()):
                side_data = self._side_data(frame)
                matrix = side_data.get("DISPLAYMATRIX")
                if not pixels.is_right_angled(matrix):
                    self._remark("its frames are to be turned by no right angle, and were not")
                if round(frame.width * self._aspect) * frame.height > self._limit:
                    raise ValueError(
                        f"{self.name}: has frames of {frame.width} x {frame.height} pixels of "
                        f"shape {self._aspect}, more than {self._limit:,}; "
                        f"ffmpeg -i {self.name} -vf scale=1920:-2,setsar=1 out.mp4"
                    )
                pixels.check_color(self.name, frame, side_data)
                if frame.color_primaries in WIDE:
                    wide = WIDE[frame.color_primaries]
                    self._remark(f"colors of {wide} were taken for those of sRGB, which are paler")
                picture, transparent = converter.convert(frame, self._aspect, matrix)
                if transparent:
                    self._remark("transparency composited on white")
                unit = frame.time_base
                seconds = end if frame.pts is None else float(frame.pts * unit) - lag
                if self._kind == "avi" and not end:  # as it shows its first frame at once
                    lag, seconds = seconds, 0.0
                duration = float((frame.duration or 0) * unit)
                end = seconds + (duration or 1 / self.rate)
                yield seconds, duration, picture
        finally:
            self._container.close()

    def _side_data(self, frame: Any) -> dict[str, Any]:
        """Data beside a frame, by FFmpeg's names."""
        try:
            return {data.type.name: data for data in frame.side_data}
        except ValueError:  # one of them is of a kind that PyAV does not know
            if frame.rotation:
                raise ValueError(
                    f"{self.name}: is turned by {frame.rotation} degrees in a way that PyAV does "
                    f"not read; `ffmpeg -i {self.name} out.mp4` turns its frames"
                ) from None
            return {}

    def _remark(self, sentence: str) -> None:
        self.remarks[sentence] = None

    def _header_end(self) -> float:
        """Timestamp at which the file ends, as its header says; 0 if it does not."""
        stream = self._stream
        if stream.duration:
            return float(((stream.start_time or 0) + stream.duration) * stream.time_base)
        return (self._container.duration or 0) / 1e6

    def _decoded(self) -> Iterator[Any]:
        """Frames as they are coded."""
        av = require("av")
        failed, end, whole = 0, 0.0, self._header_end()
        packets = self._container.demux()
        while failed < MOST_BROKEN:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError as error:
                self._remark(f"could not be read beyond {end:.1f} s ({_reason(error)})")
                return
            if packet is None:
                break
            mine = packet.stream is self._stream
            if packet.pts is not None and (mine or not self._stream.duration):
                last = (packet.pts + (packet.duration or 0)) * packet.time_base
                end = max(end, float(last))
            if not mine or (packet.size == 0 and packet.dts is not None):
                continue  # an empty packet shows the frame before again
            try:
                frames = self._decoder.decode(packet)
            except EOFError:
                continue
            except av.error.FFmpegError:
                failed, self.broken = failed + 1, self.broken + (not packet.is_discard)
                continue
            for frame in frames:
                if frame.is_corrupt:
                    failed, self.broken = failed + 1, self.broken + 1
                else:
                    failed = 0
                    if self._kind == "avi" or frame.pts is None:  # it has none
                        frame.pts = frame.dts
                    yield frame
        if self._kind in KEEPS_DURATION and end < whole - 2 / self.rate:
            self._remark(
                f"ends at {end:.1f} s, where its header has {whole:.1f} s; it was cut short"
            )
        elif self._kind == "avi" and self._riff_size > self._container.size:
            self._remark(f"ends at {end:.1f} s, before its index; it was cut short")
        elif self._kind == "mpegts" and all(self._container.size % n for n in TRANSPORT_PACKETS):
            self._remark(f"ends at {end:.1f} s, within a packet; it was cut short")
        elif self._kind == "gif" and self._tail != b";":
            self._remark(f"ends at {end:.1f} s, without the mark of its end; it was cut short")


def _ends(name: str) -> tuple[bytes, bytes]:
    """First bytes of a file, and its last one."""
    with open(name, "rb") as file:
        head = file.read(12)
        if not head:
            raise ValueError(f"{name}: is empty (0 bytes); a video was expected")
        file.seek(-1, os.SEEK_END)
        return head, file.read()


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _video_stream(name: str, container: Any, head: bytes) -> Any:
    """Stream of moving pictures that players show; refused if there is none."""
    kind = container.format.name
    is_picture = kind.endswith("_pipe") and not name.lower().endswith((".mjpeg", ".mjpg"))
    if is_picture or (head[4:8] == b"ftyp" and head[8:] in PICTURES):
        raise ValueError(f"{name}: is a picture, not a video; `psysal map {name}` maps it")
    covers = type(container.streams[0].disposition).attached_pic if len(container.streams) else 0
    videos = [stream for stream in container.streams.video if not stream.disposition & covers]
    if not videos:
        kinds = sorted({stream.type for stream in container.streams if stream.type != "video"})
        cover = " and a cover picture" if container.streams.video else ""
        raise ValueError(
            f"{name}: has no video, but {' and '.join(kinds) or 'nothing'}{cover} ({kind}); "
            "a file with moving pictures was expected"
        )
    best = container.streams.best("video")
    stream = best if best in videos else videos[0]
    if stream.codec_context is None:
        raise ValueError(
            f"{name}: has a video of a codec that PyAV was built without; {CONVERT.format(name)}"
        )
    cols, rows = stream.codec_context.width, stream.codec_context.height
    if cols * rows > _most_pixels(container):
        raise ValueError(
            f"{name}: has frames of {cols} x {rows} pixels, more than {_most_pixels(container):,}; "
            f"ffmpeg -i {name} -vf scale=1920:-2 out.mp4"
        )
    return stream


def _most_pixels(container: Any) -> int:
    """Pixels of a frame that a file may have: MAX_PIXELS, or fewer where it has few bytes."""
    return min(MAX_PIXELS, max(ALWAYS_DECODED, MOST_PACKED * container.size) // 4)


def _deinterlaced(frames: Iterator[Any]) -> Iterator[Any]:
    """Frames, of which interlaced ones are made progressive by FFmpeg's bwdif."""
    graph, form = None, None
    for frame in frames:
        if graph and form != (frame.format.name, frame.width, frame.height):
            yield from _filtered(graph, None)
            graph = None
        if not graph and frame.interlaced_frame:
            graph = require("av").filter.Graph()
            form = frame.format.name, frame.width, frame.height
            graph.link_nodes(
                graph.add_buffer(
                    width=frame.width,
                    height=frame.height,
                    format=frame.format,
                    time_base=frame.time_base,
                ),
                graph.add("bwdif", "mode=send_frame:deint=interlaced"),
                graph.add("buffersink"),
            ).configure()
        if graph:
            yield from _filtered(graph, frame)
        else:
            yield frame
    if graph:
        yield from _filtered(graph, None)


def _filtered(graph: Any, frame: Any) -> Iterator[Any]:
    """Frames that a filter gives for one more, or for None at the end."""
    graph.vpush(frame)
    while True:
        try:
            yield graph.vpull()
        except (BlockingIOError, EOFError):
            return
