"""Other programs that compute such maps, for ``run.py``.

The same equations from NumPy and from OpenCV calls, and OpenCV's own saliency where
opencv-contrib is installed in another environment.
"""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from support import oracles

B3 = np.array([1, 4, 6, 4, 1], np.float32) / 16
ONE = np.ones(1, np.float32)


def numpy_scipy(image):
    """The model as the tests' oracle has it."""
    return oracles.saliency(image)


def opencv(image):
    """The model from sepFilter2D, sqrBoxFilter and filter2D, float32."""
    cv2.setNumThreads(1)
    linear = oracles_table()[image]
    red, green, blue = cv2.split(linear)
    total = red + green + blue
    safe = np.where(total > 0, total, 1)
    channels = [(red - green) / safe, (red + green - 2 * blue) / safe, total]
    maps = []
    for channel, parameters in zip(
        channels, (oracles.COLOR, oracles.COLOR, oracles.INTENSITY), strict=True
    ):
        percept = _channel(channel.astype(np.float32), parameters)
        maps.append(percept / percept.sum(dtype=float))
    return np.sqrt(sum(m * m for m in maps))


def oracles_table():
    v = np.arange(256) / 255
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _smooth(plane, x, y):
    return cv2.sepFilter2D(
        plane, -1, B3 if x else ONE, B3 if y else ONE, borderType=cv2.BORDER_REFLECT_101
    )


def _zoom(plane):
    big = np.zeros((2 * plane.shape[0], 2 * plane.shape[1]), np.float32)
    big[::2, ::2] = plane
    return 4 * _smooth(big, True, True)


def _channel(channel, parameters):
    rows, cols = channel.shape
    size = 1 << (max(rows, cols) - 1).bit_length()
    image = cv2.copyMakeBorder(channel, 0, size - rows, 0, size - cols, cv2.BORDER_REFLECT_101)
    weights = []
    for s in range(1, oracles.level_count(rows, cols) + 1):
        hf = _smooth(image, True, False)
        even = np.zeros_like(hf)
        even[:, ::2] = hf[:, ::2]
        gf = image - 2 * _smooth(even, True, False)
        hhf = _smooth(hf, False, True)
        even = np.zeros_like(hhf)
        even[::2] = hhf[::2]
        vertical = hf - 2 * _smooth(even, False, True)
        even = np.zeros_like(hhf)
        even[::2] = _smooth(gf, False, True)[::2]
        horizontal = 2 * _smooth(even, False, True)
        coarse = np.ascontiguousarray(hhf[::2, ::2])
        diagonal = image - (_zoom(coarse) + horizontal + vertical)
        g, k = oracles.ecsf(s, **parameters)
        weights.append(
            g
            * (
                _contrast(*_boxes(horizontal, 0), 13, 52)
                + _contrast(*_boxes(vertical, 1), 13, 52)
                + _contrast(*_crosses(diagonal), 25, 104)
            )
            + 3 * k
        )
        image = coarse
    percept = np.ones_like(image)
    for weight in weights[::-1]:
        percept = _zoom(percept) + weight
    return percept[:rows, :cols]


def _boxes(plane, axis):
    def box(n):
        size = (1, n) if axis else (n, 1)
        return cv2.sqrBoxFilter(
            plane, cv2.CV_64F, size, normalize=False, borderType=cv2.BORDER_REFLECT
        )

    inner = box(13)
    return inner, box(65) - inner


def _crosses(plane):
    inner, outer = oracles.windows(13, 26, 3)
    energy = (plane * plane).astype(np.float32)

    def cross(window):
        window = window.astype(np.float32)
        n = window.shape[0] // 2
        big = np.pad(energy, n, mode="symmetric")
        energies = cv2.filter2D(big, -1, window, borderType=cv2.BORDER_CONSTANT)
        return energies[n:-n, n:-n]

    return cross(inner), cross(outer)


def _contrast(inner, outer, ones, around):
    ratio = (inner / ones) / (outer / around + 1e-6)
    square = (ratio * ratio).astype(np.float32)
    return square / (1 + square)


FINE_GRAINED = """
import sys, time, cv2, numpy as np
cv2.setNumThreads(1)
image = np.load(sys.argv[1])
model = cv2.saliency.StaticSaliencyFineGrained_create()
plane, copy = np.ones((1024, 1024), np.float32), np.empty((1024, 1024), np.float32)
def best(call, n):
    call()
    times = [time.perf_counter()]
    for _ in range(n):
        call()
        times.append(time.perf_counter())
    return min(np.diff(times))
print(min(best(lambda: model.computeSaliency(image), 2) / best(lambda: np.copyto(copy, plane), 60)
          for _ in range(3)))
"""


def fine_grained(python, path):
    """Units of cv2.saliency.StaticSaliencyFineGrained on the image stored at ``path``."""
    done = subprocess.run(
        [python, "-c", FINE_GRAINED, path], capture_output=True, text=True, check=True
    )
    return float(done.stdout)
