"""Videos of every container, small, and the reading of their first frames."""

import io
from pathlib import Path

import av
import numpy as np
from PIL import Image

from psysal.video import VideoSource

CASES = Path(__file__).parents[3] / "tests" / "cases" / "video"
FORMS = {
    "h264.mov": ("mov", "libx264", "yuv420p"),
    "h264.ts": ("mpegts", "libx264", "yuv420p"),
    "mpeg4.avi": ("avi", "mpeg4", "yuv420p"),
    "mpeg2.mpg": ("mpeg", "mpeg2video", "yuv420p"),
    "ffv1.mkv": ("matroska", "ffv1", "yuv420p"),
    "vp9.webm": ("webm", "libvpx-vp9", "yuva420p"),
    "mjpeg.avi": ("avi", "mjpeg", "yuvj420p"),
}
FRAMES = 30


def read(path):
    """First frames of a file, which are pictures."""
    for _, pixels in VideoSource(path, frames=FRAMES):
        if pixels.ndim != 3 or pixels.dtype != np.uint8:
            raise AssertionError(f"a frame of {pixels.shape} {pixels.dtype}")


def seeds():
    """Bytes of videos, by name."""
    files = {path.name: path.read_bytes() for path in CASES.iterdir()}
    y, x = np.mgrid[:48, :64]
    frames = [np.dstack([4 * x, 5 * y, x + y + 9 * k]).astype(np.uint8) for k in range(8)]
    for name, (form, codec, pixels) in FORMS.items():
        buffer = io.BytesIO()
        with av.open(buffer, "w", format=form) as output:
            stream = output.add_stream(codec, rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, 48, pixels
            for frame in frames:
                output.mux(stream.encode(av.VideoFrame.from_ndarray(frame)))
            output.mux(stream.encode())
        files[name] = buffer.getvalue()
    first, *others = map(Image.fromarray, frames)
    for form in ("gif", "webp"):
        buffer = io.BytesIO()
        first.save(buffer, form, save_all=True, append_images=others)
        files[f"moving.{form}"] = buffer.getvalue()
    return files
