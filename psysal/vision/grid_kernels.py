"""Compiled loops of :mod:`psysal.vision.features`: averages of planes on a coarse grid.

Place in the pipeline: between planes of any level and those that a readout reads.  They are apart
from those of the transform, so that a change there does not compile them anew.
"""

from typing import Any

import numpy as np
from numba import uint64

from psysal.vision.kernels import _compile


@_compile
def average(
    planes: Any, wide: Any, size: Any, tops: Any, down: Any, lefts: Any, across: Any, out: Any
) -> None:
    """Weighted averages of planes at the places of a grid.

    Planes are flat, rows of ``wide`` samples and ``size`` samples apart.  Row i of the grid is the
    sum of rows from ``tops[i]`` on, with the weights ``down[i]``; columns likewise.
    """
    count, rows, cols = out.shape
    sums = np.empty(wide, out.dtype)
    for k in range(count):
        for i in range(rows):
            sums[:] = 0
            for j in range(down.shape[1]):
                weight, at = down[i, j], uint64(k * size + (tops[i] + j) * wide)
                for x in range(uint64(wide)):
                    sums[x] += weight * planes[at + x]
            for x in range(cols):
                total = out.dtype.type(0)
                for j in range(across.shape[1]):
                    total += across[x, j] * sums[uint64(lefts[x] + j)]
                out[k, i, x] = total
