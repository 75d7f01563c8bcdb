"""Videos of every container, small, and the reading of their first frames."""

from itertools import islice
from pathlib import Path

import numpy as np

from psysal.video.container import VideoFile

TESTS = Path(__file__).parents[3] / "tests"
FRAMES = 30


def read(path):
    """First frames of a file, which are pictures."""
    for _, _, pixels in islice(VideoFile(str(path)).frames(), FRAMES):
        if pixels.ndim != 3 or pixels.dtype != np.uint8:
            raise AssertionError(f"a frame of {pixels.shape} {pixels.dtype}")


def seeds():
    """Bytes of videos, by name."""
    return {path.name: path.read_bytes() for path in TESTS.joinpath("cases", "video").iterdir()}
