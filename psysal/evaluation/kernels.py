"""Compiled loops of the metrics: one pass over a map, without decisions.

Place in the pipeline: below :mod:`psysal.evaluation.metrics`.  They are apart from those of
``psysal.vision`` so that a change of either leaves the compiled cache of the other.
"""

import numpy as np

from psysal.vision.kernels import _compile

__all__ = ["STEPS", "moments", "ranks"]

STEPS = 9
"""Halvings of a table of 2**STEPS; a constant, so that LLVM unrolls and vectorizes."""
QUARTER = 2 ** (STEPS - 2)


@_compile
def ranks(values, table):
    """Sum over values of how many of an ascending table of 2**STEPS - 1 are not above them.

    The first two halvings compare with three numbers in registers, which is faster than
    to gather them; nothing branches, so the time does not depend on the values.
    """
    low, middle, high = table[QUARTER - 1], table[2 * QUARTER - 1], table[3 * QUARTER - 1]
    total = 0
    for i in range(values.size):
        value = values[i]
        place = QUARTER if low <= value else 0
        place += QUARTER if middle <= value else 0
        place += QUARTER if high <= value else 0
        for halving in range(1, STEPS - 1):
            step = QUARTER >> halving
            place += step if table[place + step - 1] <= value else 0
        total += place
    return total


@_compile
def moments(plane, sums):
    """Mean and mean square deviation of (rows, cols); ``sums`` is scratch, a row of float64.

    Columns are summed apart, which vectorizes without changing the order of any sum; all is
    relative to the first value, so that a constant plane has no deviation at all.
    """
    rows, cols = plane.shape
    first = np.float64(plane[0, 0])
    sums[:] = 0
    for y in range(rows):
        for x in range(cols):
            sums[x] += np.float64(plane[y, x]) - first
    mean = sums.sum() / (rows * cols)
    sums[:] = 0
    for y in range(rows):
        for x in range(cols):
            away = np.float64(plane[y, x]) - first - mean
            sums[x] += away * away
    return first + mean, sums.sum() / (rows * cols)
