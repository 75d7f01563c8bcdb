"""Audio of a video file, copied to another or re-encoded, beside its frames.

Place: file -> [audio] -> packets in the file that is written.
"""

from collections.abc import Iterator
from typing import Any

from psysal.optional import require

__all__ = ["AudioTrack", "audio_stream", "open_input"]

TARGETS = {  # by suffix: codecs that are copied, as players take them there; encoder of others
    ".mp4": ({"aac", "ac3", "alac", "eac3", "flac", "mp3", "opus"}, "aac"),
    ".mov": ({"aac", "ac3", "alac", "eac3", "mp3", "pcm_s16be", "pcm_s16le", "pcm_s24le"}, "aac"),
    ".mkv": (
        {"aac", "ac3", "alac", "dts", "eac3", "flac", "mp2", "mp3", "opus"}
        | {"pcm_s16le", "pcm_s24le", "truehd", "vorbis"},
        "aac",
    ),
    ".webm": ({"opus", "vorbis"}, "libopus"),
    ".avi": ({"ac3", "mp2", "mp3", "pcm_s16le"}, "pcm_s16le"),
}
RATES = {8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000}  # samples/s that AAC has
DEFAULT_RATE = 48_000  # and Opus, which has no 44,100


def open_input(name: str) -> Any:
    """A media file opened by PyAV, which follows no reference to others.

    Parameters
    ----------
    name : str
        Path of the file.

    Returns
    -------
    av.container.InputContainer

    Raises
    ------
    av.error.FFmpegError
        It cannot be opened.
    """
    return require("av").open(
        f"file:{name}",
        metadata_errors="replace",
        container_options={"protocol_whitelist": "file"},
    )


def audio_stream(container: Any) -> Any:
    """Audio of a file that players play by default.

    Parameters
    ----------
    container : av.container.InputContainer

    Returns
    -------
    av.audio.AudioStream or None
        None without audio, or if PyAV was built without its codec.
    """
    streams = [stream for stream in container.streams.audio if stream.codec_context is not None]
    best = container.streams.best("audio")
    return best if best in streams else next(iter(streams), None)


class AudioTrack:
    """Audio that is written beside the frames of a video.

    Parameters
    ----------
    name : str
        Path of the file with the audio.
    output : av.container.OutputContainer
        File that is written; the audio becomes a stream of it.
    suffix : str
        Suffix of that file, which decides on the codec.
    video_start : float
        Timestamp of the first frame of the video, in seconds.

    Attributes
    ----------
    fate : str
        "copied", or "re-encoded as aac" or another codec.
    video_delay : float
        Seconds from the start of the written file to the first frame.
    broken : int
        Packets so far that could not be read.
    """

    def __init__(self, name: str, output: Any, suffix: str, video_start: float) -> None:
        self._container = open_input(name)
        self._stream = stream = audio_stream(self._container)
        self._output, self.broken = output, 0
        copied, encoder = TARGETS[suffix]
        self._copies = stream.codec_context.codec.canonical_name in copied
        if self._copies:
            self._written = output.add_stream_from_template(stream)
            self.fate = "copied"
        else:
            keeps_rate = stream.rate in RATES and encoder != "libopus"
            self._written = output.add_stream(
                encoder,
                rate=stream.rate if keeps_rate else DEFAULT_RATE,
                layout="mono" if stream.channels == 1 else "stereo",
            )
            self.fate = f"re-encoded as {encoder.removeprefix('lib')}"
        start = float((stream.start_time or 0) * stream.time_base)
        self._origin = video_start if stream.start_time is None else min(start, video_start)
        self.video_delay = video_start - self._origin
        self._packets = self._moved()
        self._waiting = next(self._packets, None)

    def write_until(self, seconds: float) -> None:
        """Write what is heard before a time of the video.

        Parameters
        ----------
        seconds : float
            Time since the first frame.
        """
        end = seconds + self.video_delay
        while self._waiting is not None and self._waiting.dts * self._waiting.time_base < end:
            try:
                self._output.mux(self._waiting)
            except require("av").error.FFmpegError as error:
                if isinstance(error, OSError):  # of the disk
                    raise
                self.broken += 1
            self._waiting = next(self._packets, None)

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()

    def _moved(self) -> Iterator[Any]:
        """Packets with their times in the written file, which never go back."""
        latest, shift = None, 0
        for packet in self._coded() if self._copies else self._encoded():
            packet.stream = self._written
            packet.dts = packet.pts if packet.dts is None else packet.dts
            if latest is None:
                shift = -round(self._origin / packet.time_base)
            elif packet.dts + shift <= latest:
                shift = latest + (packet.duration or 1) - packet.dts
            packet.pts = packet.dts = latest = packet.dts + shift
            yield packet

    def _coded(self) -> Iterator[Any]:
        """Packets of the file; as far as it can be read."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except require("av").error.FFmpegError:
                return
            if packet is None:
                return
            if packet.size and packet.pts is not None and not packet.is_discard:
                yield packet

    def _encoded(self) -> Iterator[Any]:
        """Packets of the file, decoded and encoded anew."""
        for packet in self._coded():
            try:
                coded = [new for frame in packet.decode() for new in self._written.encode(frame)]
            except require("av").error.FFmpegError:
                self.broken += 1
            else:
                yield from coded
        yield from self._written.encode()
