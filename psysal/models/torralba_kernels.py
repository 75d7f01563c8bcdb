"""Compiled loops of :mod:`psysal.models.torralba2006`: oriented filters, and bins of responses.

Place in the pipeline: between a level of the pyramid and the rarity of its responses.  They are
apart from those of ``psysal.vision``, so that a change there does not compile them anew.
"""

from typing import Any

from numba import uint64

from psysal.vision.kernels import _compile


@_compile
def correlate(padded: Any, wide: Any, taps: Any, out: Any, rows: Any, cols: Any) -> None:
    """Correlations of a plane with filters of 9 x 9 taps, added to ``out``.

    ``padded`` has ``wide`` samples a row, four more than the plane to each side; all are flat, one
    filter after the other.
    """
    for k in range(out.size // (rows * cols)):
        for y in range(rows):
            to = uint64((k * rows + y) * cols)
            for down in range(9):
                at, t = uint64((y + down) * wide), uint64(81 * k + 9 * down)
                a, b, c = taps[t], taps[t + uint64(1)], taps[t + uint64(2)]
                d, e, f = taps[t + uint64(3)], taps[t + uint64(4)], taps[t + uint64(5)]
                g, h, i = taps[t + uint64(6)], taps[t + uint64(7)], taps[t + uint64(8)]
                for x in range(uint64(cols)):
                    j = at + x
                    left = a * padded[j] + b * padded[j + uint64(1)] + c * padded[j + uint64(2)]
                    right = g * padded[j + uint64(6)] + h * padded[j + uint64(7)]
                    out[to + x] += (
                        left + d * padded[j + uint64(3)] + e * padded[j + uint64(4)]
                    ) + (f * padded[j + uint64(5)] + right + i * padded[j + uint64(8)])


@_compile
def count(values: Any, lowest: Any, scale: Any, bins: Any, counts: Any) -> None:
    """Bins of values from the least on, ``scale`` to a bin, and how many are in each.

    Those beyond the middles of the first and last are counted there, and go to one of their own.
    """
    most = counts.size
    for i in range(uint64(values.size)):
        place = (values[i] - lowest) * scale
        k = min(int(place), most - 1)
        counts[uint64(k)] += 1
        bins[i] = k if 0.5 <= place <= most - 0.5 else most
