"""Compiled loops of :mod:`psysal.models.seo2009`: likeness of all pairs of patches.

Place in the pipeline: between the features of a small picture and their self-resemblance.  They
are apart from those of ``psysal.vision``, so that a change there does not compile them anew.
"""

from typing import Any

import numpy as np
from numba import uint64

from psysal.vision.kernels import _compile


@_compile
def resemblance(features: Any, scales: Any, width: Any, down: Any, out: Any) -> None:
    """Add up how alike each patch is to those ``down`` rows below it, and they to it.

    A patch is a square of places of ``features`` (count, rows, cols); one over its length is, at
    its top left place, in ``scales``, and its sum in ``out``.  Two patches whose cosine is c are
    alike by ``exp((c - 1) / width**2)``, and each is once alike to itself.
    """
    count, rows, cols = features.shape
    tall, wide = out.shape
    window = rows - tall + 1
    products, total = np.empty((rows, cols)), np.empty(cols)
    for across in range(1 - wide, wide):
        if down == 0 and across < 0:
            continue
        left, right = max(0, -across), min(cols, cols - across)
        size = uint64(right - left)
        for y in range(rows - down):
            line = products[y]
            line[:] = 0
            for k in range(count):
                one, other = features[k, y, left:right], features[k, y + down, left + across :]
                for x in range(size):
                    line[x] += one[x] * other[x]
        for y in range(tall - down):
            total[:] = 0
            for row in range(window):
                line = products[y + row]
                for x in range(size):
                    total[x] += line[x]
            for x in range(right - left - window + 1):
                cosine = 0.0
                for column in range(window):
                    cosine += total[x + column]
                cosine *= scales[y, left + x] * scales[y + down, left + across + x]
                alike = np.exp((cosine - 1) / (width * width))
                out[y, left + x] += alike
                if down != 0 or across != 0:
                    out[y + down, left + across + x] += alike
