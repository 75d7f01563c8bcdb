"""Compiled loop that draws a heat map over a frame, as planes of luma and chroma.

Place in the pipeline: below :mod:`psysal.video.drawing`.
"""

import numpy as np
from numba import int32, uint32, uint64

from psysal.vision.kernels import _compile

__all__ = ["draw_overlay"]

THIRD = 21846  # of 2**16: sums of three bytes are divided by 3, and rounded, by a shift


@_compile
def _places(frame, saliency, row, cols, out):
    """Index of every pixel of a row: its saliency, in 255ths, times 256, and its mean."""
    start, cols = uint64(row) * uint64(cols), uint64(cols)
    rgb, scale = uint64(3) * start, np.float32(255)
    for i in range(cols):
        at = rgb + uint64(3) * i
        total = int32(frame[at]) + int32(frame[at + uint64(1)]) + int32(frame[at + uint64(2)])
        grey = (total * int32(THIRD) + int32(THIRD)) >> int32(16)
        out[i] = (int32(np.rint(saliency[start + i] * scale)) << int32(8)) | grey
    if uint64(out.size) > cols:
        out[cols] = out[cols - uint64(1)]


@_compile
def draw_overlay(frame, saliency, cols, table, places, luma, blue, red):
    """Look up every pixel by its saliency and its mean, and average the chroma of 2 x 2 pixels.

    ``frame`` is RGB and ``saliency`` in [0, 1], both flat; ``table`` has codes of luma and both of
    chroma in the bytes of 256 x 256 integers, saliency first.  ``luma`` has even sides, ``blue``
    and ``red`` half of them, ``places`` two of its rows; odd sides of the frame are shown twice.
    """
    last, byte, one = uint64(saliency.size // cols - 1), uint32(255), uint64(1)
    upper, lower = places
    for row in range(uint64(red.shape[0])):
        top = uint64(2) * row
        _places(frame, saliency, top, cols, upper)
        _places(frame, saliency, min(top + one, last), cols, lower)
        for col in range(uint64(red.shape[1])):
            left = uint64(2) * col
            a, b = table[upper[left]], table[upper[left + one]]
            c, d = table[lower[left]], table[lower[left + one]]
            luma[top, left], luma[top, left + one] = a & byte, b & byte
            luma[top + one, left], luma[top + one, left + one] = c & byte, d & byte
            half = (a >> uint32(16)) + (b >> uint32(16)) + (c >> uint32(16)) + (d >> uint32(16))
            red[row, col] = (half + uint32(2)) >> uint32(2)
            half = (a >> uint32(8) & byte) + (b >> uint32(8) & byte)
            half += (c >> uint32(8) & byte) + (d >> uint32(8) & byte)
            blue[row, col] = (half + uint32(2)) >> uint32(2)
