"""Frames of an animated WebP with their delays, decoded by Pillow.

Place: file -> [animation] -> time, duration and RGB pixels of each frame.
"""

import math
import warnings
from collections.abc import Generator
from contextlib import suppress
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.image import MAX_PIXELS, check_image

__all__ = ["AnimatedWebP"]

LEAST_DELAY_MS, DEFAULT_DELAY_MS = 10, 100  # as browsers take a delay that is no longer than this


class AnimatedWebP:
    """An animated WebP that is open.

    Parameters
    ----------
    name : str
        Path of the file.

    Attributes
    ----------
    rate : float
        Frames per second, by the delay of the first frame.
    count : int
        Number of frames.
    has_audio : bool
        False.
    longest_gap : float
        Infinite: delays have no clock.
    broken : int
        Frames so far that could not be decoded.
    remarks : dict of str to None
        Sentences on what was changed or is missing, in the order in which it was seen.

    Raises
    ------
    ValueError
        It is damaged, too large, or a picture that does not move.
    """

    def __init__(self, name: str) -> None:
        from PIL import Image

        try:
            with warnings.catch_warnings():  # of its size, which is checked below
                warnings.simplefilter("ignore")
                self._picture = Image.open(name, formats=["WEBP"])
        except Exception as error:  # decoders fed with junk raise anything
            raise ValueError(f"{name}: is a WebP that is damaged or cut short ({error})") from None
        cols, rows = self._picture.size
        self.count = getattr(self._picture, "n_frames", 1)
        if self.count < 2 or cols * rows > MAX_PIXELS:
            self._picture.close()
        if self.count < 2:
            raise ValueError(f"{name}: is a picture, not a video; `psysal map {name}` maps it")
        if cols * rows > MAX_PIXELS:
            raise ValueError(
                f"{name}: has frames of {cols} x {rows} pixels, more than {MAX_PIXELS:,}; "
                f"magick {name} -resize 1920x1920 small.webp"
            )
        with suppress(Exception):  # of a damaged frame, which is counted when its turn comes
            self._picture.load()
        self.rate = 1 / _delay(self._picture)
        self.has_audio, self.broken, self.longest_gap = False, 0, math.inf
        self.remarks: dict[str, None] = {}

    def frames(self) -> Generator[tuple[float, float, Array], None, None]:
        """Frames that can be read.

        Yields
        ------
        seconds : float
        duration : float
        pixels : ndarray, (rows, cols, 3), uint8
        """
        seconds = 0.0
        with self._picture as picture:
            for number in range(self.count):
                try:
                    picture.seek(number)
                    codes = np.asarray(picture.convert("RGBA"))
                except Exception:  # as above; what follows builds on this frame
                    self.broken = self.count - number
                    return
                if (codes[:, :, 3] < 255).any():
                    self.remarks["transparency composited on white"] = None
                yield seconds, _delay(picture), check_image(codes)
                seconds += _delay(picture)


def _delay(picture: Any) -> float:
    """Seconds for which browsers show the frame that was loaded."""
    delay = picture.info.get("duration", 0)
    return (delay if delay > LEAST_DELAY_MS else DEFAULT_DELAY_MS) / 1000
