"""Videos with a known content, written and read by OpenCV."""

from pathlib import Path

import cv2
import numpy as np

from psysal import video

ROWS, COLS, COUNT, RATE, RADIUS = 144, 192, 20, 12.5, 6


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


def write(path, frames, rate=RATE):
    """Write frames, BGR; the path."""
    codec = cv2.VideoWriter.fourcc(*video.CODECS[Path(path).suffix])
    size = frames[0].shape[1::-1]
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, codec, rate, size)
    for frame in frames:
        writer.write(frame)
    writer.release()
    return str(path)


def read(path):
    """Frames of a file, RGB, and its rate."""
    capture, frames = cv2.VideoCapture(str(path)), []
    while (answer := capture.read())[0]:
        frames.append(answer[1][:, :, ::-1])
    return frames, capture.get(cv2.CAP_PROP_FPS)
