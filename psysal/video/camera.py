"""Frames of a camera with the time at which they came, read by OpenCV.

Place: camera -> [camera] -> time, duration and RGB pixels of each frame.
"""

import math
import time
from collections.abc import Generator

import cv2
import numpy as np

from psysal._typing import Array
from psysal.video.container import RATE

__all__ = ["Camera"]


class Camera:
    """A camera that is open.

    Parameters
    ----------
    number : int
        Number of the camera, from 0 on.

    Attributes
    ----------
    rate : float
        Frames per second; 30 if the camera does not say.
    count : None
        It has no end.
    has_audio : bool
        False.
    longest_gap : float
        Infinite: the clock is never set.
    broken : int
        0: frames that do not come are not counted.
    remarks : dict of str to None
        Empty.

    Raises
    ------
    ValueError
        It cannot be opened.
    """

    def __init__(self, number: int) -> None:
        self._capture = cv2.VideoCapture(number)
        if not self._capture.isOpened():
            raise ValueError(
                f"camera {number}: could not be opened; check that it is connected and free"
            )
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.rate = rate if 0 < rate < np.inf else RATE
        self.count = None
        self.has_audio, self.broken, self.longest_gap = False, 0, math.inf
        self.remarks: dict[str, None] = {}

    def frames(self) -> Generator[tuple[float, float, Array], None, None]:
        """Frames until the camera goes away.

        Yields
        ------
        seconds : float
            Time of a clock.
        duration : float
            In seconds, by the rate.
        pixels : ndarray, (rows, cols, 3), uint8
            RGB.
        """
        try:
            while (answer := self._capture.read())[0]:
                now = time.monotonic()
                yield now, 1 / self.rate, cv2.cvtColor(answer[1], cv2.COLOR_BGR2RGB)
        finally:
            self._capture.release()
