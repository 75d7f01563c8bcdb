"""Compiled loops of stationary transforms; see :mod:`psysal.vision.kernels`.

Place in the pipeline: under ``psysal.vision.wavelet`` and ``psysal.vision.contrast``.
Samples of a level stand ``step`` apart, and every loop runs over whole rows of the image,
so that all phases of a level are worked on together.

Loops over one row come from ``kernels`` and are compiled into those here.  Numba's cache on disk
notices a change in this file alone: ``KERNELS``, the SHA-256 of ``kernels.py``, is renewed with
every change there, and a test says so.
"""

import numpy as np
from numba import int64, uint64

from psysal.vision.kernels import (
    ROWS,
    UNIT,
    _add4,
    _compile,
    _copy,
    _four,
    _inner,
    _set_cross,
    _set_line,
    _square,
    _total,
)

KERNELS = "176b2912c20b85c1669c8b85377d0d23308f7027845ef824cfda9849d9eea31c"


@_inner
def _first_pair(x, at, w0, w1, out, to, n):
    m, a, b, to = uint64(at[0]), uint64(at[1]), uint64(at[2]), uint64(to)
    for i in range(uint64(n)):
        out[to + i] = w0 * x[m + i] + w1 * (x[a + i] + x[b + i])


@_inner
def _one_pair(x, a, b, w, out, to, n):
    a, b, to = uint64(a), uint64(b), uint64(to)
    for i in range(uint64(n)):
        out[to + i] += w * (x[a + i] + x[b + i])


@_inner
def _two_pairs(x, a, b, v, c, d, w, out, to, n):
    a, b, c, d, to = uint64(a), uint64(b), uint64(c), uint64(d), uint64(to)
    for i in range(uint64(n)):
        out[to + i] += v * (x[a + i] + x[b + i]) + w * (x[c + i] + x[d + i])


@_inner
def _filter(x, at, weights, out, to, n):
    """out = the rows of ``x`` that start at ``at``, a middle and then pairs, weighted."""
    _first_pair(x, at, weights[0], weights[1], out, to, n)
    k, pairs = 2, len(weights)
    while k + 1 < pairs:
        i = 2 * k - 1
        _two_pairs(
            x, at[i], at[i + 1], weights[k], at[i + 2], at[i + 3], weights[k + 1], out, to, n
        )
        k += 2
    if k < pairs:
        _one_pair(x, at[2 * k - 1], at[2 * k], weights[k], out, to, n)


@_inner
def _extend(s, row, places, before, n):
    """Fill what stands ``before`` and after the ``n`` samples from ``row + before`` on."""
    middle = row + before
    for i in range(before):
        s[uint64(row + i)] = s[uint64(middle + places[uint64(i)])]
    for i in range(before + n, len(places)):
        s[uint64(row + i)] = s[uint64(middle + places[uint64(i)])]


@_inner
def _split(image, y, s, low, across, coarse, planes, size, n):
    """H, V and D of a row of the image and of it smoothed along y, x and both."""
    y, low, across, size = uint64(y), uint64(low), uint64(across), uint64(size)
    for i in range(uint64(n)):
        both = coarse[y + i]
        horizontal, vertical = s[across + i] - both, s[low + i] - both
        planes[y + i] = horizontal
        planes[size + y + i] = vertical
        planes[size + size + y + i] = (image[y + i] - s[across + i]) - vertical


@_compile
def details(image, wide, weights, offsets, rows, cols, planes, coarse, start, stop):
    """Detail planes of a level and its approximation, rows start..stop-1.

    ``weights`` are those of a symmetric filter, its middle first, of samples ``offsets``
    away.  ``rows[p]`` is the row that stands for row p - before, and ``cols`` the same of
    columns, with ``before`` the greatest offset.
    """
    before = offsets[-1]
    full = wide + 2 * before
    same, low, across = 0, full, 2 * full
    s, at = np.empty(2 * full + wide, image.dtype), np.empty(2 * len(offsets) - 1, np.int64)
    for y in range(start, stop):
        at[0] = y * wide
        for k in range(1, len(offsets)):
            at[2 * k - 1] = rows[before + y - offsets[k]] * wide
            at[2 * k] = rows[before + y + offsets[k]] * wide
        _filter(image, at, weights, s, low + before, wide)
        _copy(image, y * wide, s, same + before, wide)
        for row, out, to in ((same, s, across), (low, coarse, y * wide)):
            _extend(s, row, cols, before, wide)
            at[0] = row + before
            for k in range(1, len(offsets)):
                at[2 * k - 1], at[2 * k] = at[0] - offsets[k], at[0] + offsets[k]
            _filter(s, at, weights, out, to, wide)
        _split(image, y * wide, s, low + before, across, coarse, planes, len(image), wide)


@_inner
def _along(s, row, step, first, length, at, fours, to, n):
    """Sums of ``length`` samples along a row, ``fours`` being those of its next four."""
    count = length // 4
    for k in range(count):
        at[k] = fours + (first + 4 * k) * step
    for k in range(4 * count, length):
        at[count] = row + (first + k) * step
        count += 1
    _total(s, at, int64(0), count, to, n)


@_inner
def _down(s, rows, y, full, step, begin, lean, first, length, at, spare, to, n):
    """Sums of ``length`` rows of the windows that begin at ``rows[y]`` and the three next.

    Row k of a window is moved by ``lean * k`` columns.
    """
    for k in range(length + ROWS - 1):
        row = rows[uint64(y + (first + k) * step)] // step
        at[k] = row * full + begin + lean * (first + k)
    if length < ROWS - 1:
        for r in range(ROWS):
            _total(s, at, r, r + length, to + r * n, n)
    else:
        _total(s, at, int64(ROWS - 1), length, spare, n)
        _four(
            s, spare, at[0], at[1], at[2], at[length], at[length + 1], at[length + 2],
            to, to + n, to + 2 * n, to + 3 * n, n,
        )  # fmt: skip


@_inner
def _sides(start, n):
    """Starts of the sums of a center, and of a surround's sides, each of which counts twice."""
    before, center, after = uint64(start), uint64(start + ROWS * n), uint64(start + 2 * ROWS * n)
    return center, before, before, after, after


@_compile
def contrast_rows(plane, wide, step, center, surround, orientation, rows, cols, out, start, stop):
    """z of a plane whose samples stand ``step`` apart: of its rows start..stop-1 of the first
    ``step``, and of every ``step``-th after each.

    ``rows[p]`` is the row that stands for row p - margin, where the margin is that of the
    samples of a window before its middle and ROWS - 1 more, ``step`` apart; and ``cols`` the
    same of columns.
    """
    reach = center + 2 * surround
    more = (ROWS - 1) * step
    margin, full, high = (reach - 1 - reach // 2) * step + more, len(cols), len(plane) // wide
    n = wide + more  # samples of a sum
    sums = (high + step - 1) // step * full
    spare = sums + 6 * ROWS * n
    s, at = np.empty(spare + full, plane.dtype), np.empty(reach + ROWS, np.int64)
    lines, crossing = (2, center % 2) if orientation == 3 else (1, 0)
    weights = (
        s.dtype.type(crossing),
        s.dtype.type(UNIT / (lines * center - crossing)),
        s.dtype.type(UNIT / (4 * lines * surround)),
    )
    parts = ((0, surround), (surround, center), (surround + center, surround))
    for phase in range(start, stop):
        for y in range(phase, high, step):
            row = y // step * full
            _square(plane, y * wide, s, row + margin, wide)
            if orientation != 2:
                _extend(s, row, cols, margin, wide)
        for y in range(phase, high, ROWS * step):
            for k in range(3):
                to, (first, length) = sums + k * ROWS * n, parts[k]
                if orientation == 2:
                    _down(s, rows, y + more, full, step, margin, 0, first, length, at, spare, to, n)
                elif orientation == 3:
                    _down(s, rows, y + more, full, step, 0, step, first, length, at, spare, to, n)
                    to += 3 * ROWS * n
                    _down(
                        s, rows, y + more, full, step, full - n, -step, first, length, at, spare,
                        to, n,
                    )  # fmt: skip
            for r in range(min(ROWS, (high - y + step - 1) // step)):
                row, to, line = (y // step + r) * full, (y + r * step) * wide, sums + r * n
                if orientation == 1:
                    a = row + more
                    _add4(s, spare, a, a + step, a + 2 * step, a + more, full - 2 * more)
                    for k in range(3):
                        _along(s, a, step, *parts[k], at, spare, line + k * ROWS * n, wide)
                if orientation != 3:
                    _set_line(s, _sides(line, n), weights, out, to, wide)
                else:
                    second = line + 3 * ROWS * n + r * step
                    _set_cross(
                        s, _sides(line + more - r * step, n), _sides(second, n), row + margin,
                        weights, out, to, wide,
                    )  # fmt: skip


@_compile
def add_contrast(z, gain, out, start, stop):
    """out += gain (z1 + z2 + z3), samples start..stop-1."""
    size, gain = uint64(len(out)), out.dtype.type(gain)
    for i in range(uint64(start), uint64(stop)):
        out[i] += gain * (z[i] + z[size + i] + z[size + size + i])


@_compile
def add_percept(z, w, gain, offset, out, start, stop):
    """out += the sum of (offset + gain z) w over orientations, samples start..stop-1."""
    size, gain, offset = uint64(len(out)), out.dtype.type(gain), out.dtype.type(offset)
    for i in range(uint64(start), uint64(stop)):
        j, k = size + i, size + size + i
        out[i] += (
            (offset + gain * z[i]) * w[i]
            + (offset + gain * z[j]) * w[j]
            + (offset + gain * z[k]) * w[k]
        )
