"""Compiled loops of :mod:`psysal.models.bruce2009`: probabilities of coefficients.

Place in the pipeline: between the coefficients of a component and their information.  They
are apart from those of ``psysal.vision``, so that a change there does not compile them anew.
"""

from typing import Any

from numba import uint64

from psysal.vision.kernels import _compile


@_compile
def times_probability(values: Any, low: Any, scale: Any, counts: Any, joint: Any) -> None:
    """Multiply ``joint`` by the probability of each value.

    ``counts`` are zeros, one per bin; the middle of bin k is at ``low + k / scale``, and values
    lie from the first middle to the last.
    """
    one, n, last = uint64(1), uint64(values.size), uint64(counts.size - 2)
    for i in range(n):
        place = (values[i] - low) * scale
        k = min(uint64(place), last)
        share = place - k
        counts[k] += 1 - share
        counts[k + one] += share
    for k in range(counts.size):
        counts[k] /= values.size
    for i in range(n):
        place = (values[i] - low) * scale
        k = min(uint64(place), last)
        share = place - k
        joint[i] *= (1 - share) * counts[k] + share * counts[k + one]
