"""Videos with a known content, written and read by PyAV, with color arithmetic of their own."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

ROWS, COLS, COUNT, RATE, RADIUS = 144, 192, 20, 12.5, 6
SIDE = 32  # of a patch
PATCHES = np.array(
    [
        [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)],
        [(0, 0, 0), (128, 128, 128), (250, 240, 20), (200, 90, 40)],
    ],
    np.uint8,
)
WEIGHTS = {5: (0.299, 0.114), 1: (0.2126, 0.0722), 9: (0.2627, 0.0593)}  # of red and blue
CODECS = {  # of the suffixes in which tests write, and nearly lossless options
    ".mp4": ("libx264", {"crf": "2"}),
    ".mov": ("libx264", {"crf": "2"}),
    ".mkv": ("libx264", {"crf": "2"}),
    ".ts": ("libx264", {"crf": "2"}),
    ".avi": ("mpeg4", {"flags": "+qscale", "global_quality": "118"}),
    ".webm": ("libvpx-vp9", {"crf": "0", "b": "0", "lossless": "1", "cpu-used": "8"}),
}
UNIT = Fraction(1, 90000)


def center(number):
    """x, y of the disc in a frame."""
    return 50 + 4 * number, 50 + 2 * number


def moving_disc(rng):
    """Frames of a red disc that moves over grey noise, BGR."""
    frames = []
    for number in range(COUNT):
        grey = rng.integers(100, 156, (ROWS, COLS, 1), dtype=np.uint8)
        picture = np.repeat(grey, 3, axis=2)
        frames.append(cv2.circle(picture, center(number), RADIUS, (30, 30, 220), -1))
    return frames


def patches(count=12):
    """Frames of flat patches of color, RGB."""
    return [np.kron(PATCHES, np.ones((SIDE, SIDE, 1), np.uint8))] * count


def worst_code(pixels, colors=PATCHES):
    """Largest difference of the middles of patches from their colors."""
    rows, cols = colors.shape[:2]
    heights, widths = pixels.shape[0] / rows, pixels.shape[1] / cols
    differences = [
        np.abs(
            pixels[
                int((row + 0.3) * heights) : int((row + 0.7) * heights),
                int((col + 0.3) * widths) : int((col + 0.7) * widths),
            ].astype(int)
            - colors[row, col]
        ).max()
        for row in range(rows)
        for col in range(cols)
    ]
    return max(differences)


def yuv(pixels, *, matrix=5, full=False, bits=8, subsampled=True):
    """Codes of luma and chroma by the formulas of ITU-R BT.601, BT.709 and BT.2020."""
    red, green, blue = np.moveaxis(pixels / 255.0, 2, 0)
    of_red, of_blue = WEIGHTS[matrix]
    luma = of_red * red + (1 - of_red - of_blue) * green + of_blue * blue
    chroma = (blue - luma) / (2 - 2 * of_blue), (red - luma) / (2 - 2 * of_red)
    unit = 2 ** (bits - 8)
    if full:
        planes = [luma * (2**bits - 1), *(c * (2**bits - 1) + 128 * unit for c in chroma)]
    else:
        planes = [(16 + 219 * luma) * unit, *((128 + 224 * c) * unit for c in chroma)]
    planes = [np.clip(np.rint(plane), 0, 2**bits - 1) for plane in planes]
    if subsampled:
        planes[1:] = [plane[::2, ::2] for plane in planes[1:]]
    return [plane.astype(np.uint8 if bits == 8 else "<u2") for plane in planes]


def coded(pixels, name, matrix=5):
    """Frame of PyAV in a format of FFmpeg, from RGB."""
    if not name.startswith("yuv"):
        return av.VideoFrame.from_ndarray(pixels).reformat(format=name)
    frame = av.VideoFrame(pixels.shape[1], pixels.shape[0], name)
    planes = yuv(
        pixels,
        matrix=matrix,
        full=name.startswith("yuvj"),
        bits=10 if "10" in name else 8,
        subsampled="420" in name,
    )
    for plane, codes in zip(frame.planes, planes, strict=True):
        rows = np.zeros((codes.shape[0], plane.line_size), np.uint8)
        flat = codes.view(np.uint8)
        rows[:, : flat.shape[1]] = flat
        plane.update(rows.tobytes())
    return frame


def write(
    path,
    frames,
    rate=RATE,
    *,
    times=None,
    codec=None,
    options=None,
    pixels="yuv420p",
    matrix=5,
    tagged=True,
    aspect=None,
    turn=None,
    audio=None,
    audio_start=None,
    live=False,
    field=None,
    muxer=None,
    **tags,
):
    """Write frames, RGB, and a tone of as many seconds as ``audio`` says; the path.

    ``times`` are in seconds; ``turn`` is a display matrix; ``field``, "tff" or "bff", is the
    first of interlaced frames; a live file is one that its writer could not go back in;
    ``muxer`` are options of the container, and ``tags`` of the stream.
    """
    path = Path(path)
    usual, usual_options = CODECS[path.suffix]
    rate = Fraction(rate).limit_denominator(1001)
    file = path.open("wb")
    target = _Pipe(file) if live else str(path)
    kind = {".mkv": "matroska", ".ts": "mpegts"}.get(path.suffix, path.suffix[1:])
    with file, av.open(target, "w", format=kind, options=muxer or {}) as container:
        stream = container.add_stream(codec or usual, rate=rate, options=options or usual_options)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pixels
        context = stream.codec_context
        context.time_base = UNIT if (codec or usual).startswith("lib") else 1 / rate
        if tagged:
            context.colorspace, context.color_range = matrix, 2 if "yuvj" in pixels else 1
        for name, value in tags.items():
            setattr(context, name, value)
        if aspect:
            context.sample_aspect_ratio = aspect
        if turn:
            stream.set_display_matrix(turn)
        sound = audio and container.add_stream(audio[0], rate=48000, layout="mono")
        times = times or [number / rate for number in range(len(frames))]
        for seconds, picture in zip(times, frames, strict=True):
            frame = coded(picture, pixels, matrix)
            frame.pts, frame.time_base = round(seconds / context.time_base), context.time_base
            if tagged:
                frame.colorspace, frame.color_range = matrix, 2 if "yuvj" in pixels else 1
            container.mux(stream.encode(_with_field(frame, field) if field else frame))
        container.mux(stream.encode())
        if sound:
            for start in range(0, round(audio[1] * 48000), 960):
                tone = np.sin(np.arange(start, start + 960) * 0.05).astype(np.float32)
                frame = av.AudioFrame.from_ndarray(tone[None], format="fltp", layout="mono")
                lead = times[0] if audio_start is None else audio_start
                frame.sample_rate, frame.pts = 48000, start + round(float(lead) * 48000)
                frame.time_base = Fraction(1, 48000)
                container.mux(sound.encode(frame))
            container.mux(sound.encode())
    return str(path)


def _with_field(frame, first):
    """The frame, marked as interlaced."""
    graph = av.filter.Graph()
    size = {"width": frame.width, "height": frame.height}
    source = graph.add_buffer(format=frame.format, time_base=frame.time_base, **size)
    graph.link_nodes(source, graph.add("setfield", first), graph.add("buffersink")).configure()
    graph.vpush(frame)
    return graph.vpull()


class _Pipe:
    """A file in which no writer can go back."""

    def __init__(self, file):
        self.write = file.write


def read(path):
    """Frames of a file, RGB as PyAV makes it, and their times."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    return [frame.to_ndarray(format="rgb24") for frame in frames], [f.time for f in frames]


def length(path):
    """Seconds from the first frame of a file to the end of its last."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        last = frames[-1]
        return float(last.time + last.duration * last.time_base - frames[0].time)


def heard(path):
    """Codec, start and end in seconds of the audio of a file; None without."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None
        stream = container.streams.audio[0]
        frames = list(container.decode(stream))
        name = stream.codec_context.codec.canonical_name
        return name, frames[0].time, frames[-1].time + frames[-1].samples / stream.rate
