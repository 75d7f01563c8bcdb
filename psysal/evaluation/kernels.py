"""Compiled loops of the metrics: one pass over a map, or over all pairs of two scanpaths.

Place in the pipeline: below :mod:`psysal.evaluation.metrics` and ``scanpaths``.  They are
apart from those of ``psysal.vision`` so that a change of either leaves the compiled cache of the
other.
"""

import numpy as np

from psysal.vision.kernels import _compile

__all__ = ["STEPS", "align", "cheapest_path", "moments", "ranks"]

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


@_compile
def align(similarity, gap, best):
    """Largest sum over pairs of an alignment of two sequences, by Needleman & Wunsch.

    ``similarity`` (n, m) is that of every pair, ``gap`` what an element without a partner adds;
    ``best`` is scratch, (n + 1, m + 1).
    """
    rows, cols = similarity.shape
    for i in range(rows + 1):
        best[i, 0] = i * gap
    for j in range(cols + 1):
        best[0, j] = j * gap
    for i in range(rows):
        for j in range(cols):
            alone = max(best[i, j + 1], best[i + 1, j]) + gap
            best[i + 1, j + 1] = max(best[i, j] + similarity[i, j], alone)
    return best[rows, cols]


@_compile
def cheapest_path(cost, total, pairs):
    """Number of pairs of the cheapest way from the first pair of (n, m) to the last.

    Every step goes on by one in either sequence or in both.  ``pairs`` (n + m, 2) takes them from
    the last to the first; ``total`` (n, m) is scratch.
    """
    rows, cols = cost.shape
    for i in range(rows):
        for j in range(cols):
            before = 0.0 if i == j == 0 else np.inf
            if i:
                before = min(before, total[i - 1, j])
            if j:
                before = min(before, total[i, j - 1])
            if i and j:
                before = min(before, total[i - 1, j - 1])
            total[i, j] = before + cost[i, j]
    i, j, count = rows - 1, cols - 1, 0
    while True:
        pairs[count, 0], pairs[count, 1] = i, j
        count += 1
        if i == 0 and j == 0:
            return count
        if i and j and total[i - 1, j - 1] <= min(total[i - 1, j], total[i, j - 1]):
            i, j = i - 1, j - 1
        elif j == 0 or (i and total[i - 1, j] <= total[i, j - 1]):
            i -= 1
        else:
            j -= 1
