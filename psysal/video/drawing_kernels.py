"""Compiled loop that draws a heat map over a frame, as planes of luma and chroma.

Place in the pipeline: below :mod:`psysal.video.drawing`.
"""

import numpy as np
from numba import uint32, uint64

from psysal.vision.kernels import _compile

__all__ = ["draw_overlay"]


@_compile
def draw_overlay(frame, saliency, table, luma, blue, red):
    """Look up every pixel by its saliency and its mean, and average the chroma of 2 x 2 pixels.

    ``frame`` is RGB (rows, cols, 3), ``saliency`` (rows, cols) in [0, 1], ``table`` has codes of
    luma and both of chroma in the bytes of 256 x 256 integers, saliency first.  ``luma`` has even
    sides, ``blue`` and ``red`` half of them; odd sides of the frame are shown twice.
    """
    last_row, last_col = uint64(saliency.shape[0] - 1), uint64(saliency.shape[1] - 1)
    scale, byte = np.float32(255), uint32(255)
    for row in range(uint64(red.shape[0])):
        for col in range(uint64(red.shape[1])):
            blue_sum = red_sum = uint32(2)
            for down in range(uint64(2)):
                for right in range(uint64(2)):
                    to_row, to_col = uint64(2) * row + down, uint64(2) * col + right
                    y, x = min(to_row, last_row), min(to_col, last_col)
                    total = uint32(frame[y, x, 0]) + uint32(frame[y, x, 1])
                    grey = (total + uint32(frame[y, x, 2]) + uint32(1)) // uint32(3)
                    code = uint32(np.rint(saliency[y, x] * scale))
                    codes = table[(code << uint32(8)) | grey]
                    luma[to_row, to_col] = codes & byte
                    blue_sum += (codes >> uint32(8)) & byte
                    red_sum += codes >> uint32(16)
            blue[row, col] = blue_sum >> uint32(2)
            red[row, col] = red_sum >> uint32(2)
