"""Compiled loops of stationary transforms; see :mod:`psysal.vision.kernels`.

Place in the pipeline: under ``psysal.vision.wavelet`` and ``psysal.vision.contrast``.
Samples of a level stand ``step`` apart, and every loop runs over whole rows of the image,
so that all phases of a level are worked on together.

Loops over one row come from ``kernels`` and are compiled into those here.  Numba's cache on disk
notices a change in this file alone: ``KERNELS``, the SHA-256 of ``kernels.py``, is renewed with
every change there, and a test says so.
"""

import numpy as np
from numba import uint64

from psysal.vision.kernels import (
    DETAIL,
    LINE,
    ROWS,
    ZEROS,
    J,
    _beside,
    _compile,
    _copy,
    _first_last,
    _inner,
    _needed,
    _range,
    _rings,
    _set_cross,
    _set_line,
    _set_percept,
    _set_sum,
    _square,
    _sum_lines,
    _weigh,
    _weights,
    _windows,
)

KERNELS = "71a3a733d4924d6a9f5c3428a1390e41b742c4d9149a02c183171c9b667d7125"

RUN = 16  # samples from which a row is copied by runs


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
def _filters(image, wide, weights, offsets, rows, cols, y, s, at, same, low, across, both):
    """Row ``y`` smoothed along y (from ``low`` + the greatest offset on), x, and both."""
    before = offsets[-1]
    at[0] = y * wide
    for k in range(1, len(offsets)):
        at[2 * k - 1] = rows[before + y - offsets[k]] * wide
        at[2 * k] = rows[before + y + offsets[k]] * wide
    _filter(image, at, weights, s, low + before, wide)
    _copy(image, y * wide, s, same + before, wide)
    for row, to in ((same, across), (low, both)):
        _extend(s, row, cols, before, wide)
        at[0] = row + before
        for k in range(1, len(offsets)):
            at[2 * k - 1], at[2 * k] = at[0] - offsets[k], at[0] + offsets[k]
        _filter(s, at, weights, s, to, wide)


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
    same, low, across, both = 0, full, 2 * full, 2 * full + wide
    s, at = np.empty(both + wide, image.dtype), np.empty(2 * len(offsets) - 1, np.int64)
    for y in range(start, stop):
        _filters(image, wide, weights, offsets, rows, cols, y, s, at, same, low, across, both)
        _copy(s, both, coarse, y * wide, wide)
        _split(image, y * wide, s, low + before, across, coarse, planes, len(image), wide)


@_compile
def contrast_rows(
    plane, wide, step, plan, fold, mirror, orientation, at, s, out, start, stop
):  # fmt: skip
    """z of a plane whose samples stand ``step`` apart: of its rows start..stop-1 of the first
    ``step``, and of every ``step``-th after each.

    All of these phases have as many rows as ``fold`` (of ``contrast.fold``) is for; ``mirror`` is
    that of columns.  ``plan``, ``at`` and ``s`` are as for ``kernels.rebuild``.
    """
    width, pad = len(s) // plan.rows, step * plan.pad
    row, full = LINE * width, len(mirror) - 2 * step
    line, cross = _weights(plan, False, s.dtype.type), _weights(plan, True, s.dtype.type)
    lines = (0, 1) if orientation == 2 else (1, 3)
    _, _, _, e2, e3, _, _ = _rings(plan, width)
    s[uint64(ZEROS * width) : uint64((ZEROS + 1) * width)] = 0
    for phase in range(start, stop):
        count = (len(plane) // wide - phase + step - 1) // step
        first, last, r, _ = _range(plan, fold, 0, count)
        y = 0
        for a in range(first, last + 1, ROWS):
            need = _needed(plan, fold, a, last)
            while r <= need:
                to = (phase + r * step) * wide
                if orientation == 2:
                    row = e2 + r % plan.energies * width
                elif orientation == 3:
                    row = e3 + r % plan.crossings * width
                _square(plane, to, s, row + pad, wide)
                if orientation != 2:
                    _mirror_phases(s, row, mirror, pad, wide, step)
                if orientation == 1:
                    _set_line(s, _beside(s, plan, at, width, step, full), line, out, to, wide)
                r += 1
            if orientation > 1:
                _sum_lines(s, plan, fold, a, lines, step, wide, at, width)
            while y < count and _first_last(plan, fold, y)[1] < a + ROWS:
                to = (phase + y * step) * wide
                down, one, two, _, middle, _ = _windows(plan, fold, y, step, width)
                if orientation == 2:
                    _set_line(s, down, line, out, to, wide)
                elif orientation == 3:
                    _set_cross(s, one, two, middle, cross, out, to, wide)
                y += 1


@_inner
def _extend_runs(s, row, mirror, start, stop, middle, more, step):
    """Samples start..stop-1 of :func:`_mirror_phases`: all phases with ``more`` or fewer, apart."""
    while start < stop:
        phase = start % step  # ``before`` is a multiple of the step
        run = min((more if phase < more else step) - phase, stop - start)
        _copy(s, middle + mirror[uint64(start)], s, row + start, run)
        start += run


@_inner
def _mirror_phases(s, row, mirror, before, n, step):
    """The same of a row whose samples stand ``step`` apart."""
    if step < RUN:
        _extend(s, row, mirror, before, n)
    else:
        middle, more = row + before, n % step
        _extend_runs(s, row, mirror, 0, before, middle, more, step)
        _extend_runs(s, row, mirror, before + n, len(mirror), middle, more, step)


@_inner
def _squares(image, y, s, low, across, both, squares, e1, e2, e3, out, h, v, d, n):
    """Squares of H, V and D of a row, and these themselves unless ``h`` is negative."""
    y, low, across, both = uint64(y), uint64(low), uint64(across), uint64(both)
    e1, e2, e3 = uint64(e1), uint64(e2), uint64(e3)
    if h < 0:
        for i in range(uint64(n)):
            horizontal, vertical = s[across + i] - s[both + i], s[low + i] - s[both + i]
            diagonal = (image[y + i] - s[across + i]) - vertical
            squares[e1 + i] = horizontal * horizontal
            squares[e2 + i] = vertical * vertical
            squares[e3 + i] = diagonal * diagonal
    else:
        h, v, d = uint64(h), uint64(v), uint64(d)
        for i in range(uint64(n)):
            horizontal, vertical = s[across + i] - s[both + i], s[low + i] - s[both + i]
            diagonal = (image[y + i] - s[across + i]) - vertical
            squares[e1 + i] = horizontal * horizontal
            squares[e2 + i] = vertical * vertical
            squares[e3 + i] = diagonal * diagonal
            out[h + i] = horizontal
            out[v + i] = vertical
            out[d + i] = diagonal


@_compile
def add_level(
    image, wide, step, weights, offsets, rows, cols, plan, fold, mirror, at, s, lines,
    gain, offset, coarse, out, start, stop, y0, y1,
):  # fmt: skip
    """out += gain (z1 + z2 + z3) of a level, and its approximation ``coarse``.

    z is the contrast of the level's details, which are made row by row and never stored.  Where
    the plan keeps details for a percept, out += the sum of (offset + gain z) w instead;
    else ``offset`` is None.  Of the
    phases start..stop-1, whose samples stand ``step`` apart and which have as many rows as
    ``fold`` (of ``contrast.fold``) is for, the rows y0..y1-1.  ``weights``, ``offsets``, ``rows``
    and ``cols`` are as for :func:`details`, and ``plan``, ``mirror``, ``at`` and ``s`` as for
    ``kernels.rebuild``.
    """
    width, pad = len(s) // plan.rows, step * plan.pad
    h, e1, full = DETAIL * width + pad, LINE * width, len(mirror) - 2 * step
    weight = s.dtype.type(gain)
    line, cross = _weights(plan, False, s.dtype.type), _weights(plan, True, s.dtype.type)
    z, v, d, e2, e3, _, _ = _rings(plan, width)
    s[uint64(ZEROS * width) : uint64((ZEROS + 1) * width)] = 0
    same, low, taps = 0, wide + 2 * offsets[-1], np.empty(2 * len(offsets) - 1, np.int64)
    across, both = 2 * low, 2 * low + wide
    first, last, top, lowest = _range(plan, fold, y0, y1)
    for phase in range(start, stop):
        r, y = top, y0
        for a in range(first, last + 1, ROWS):
            need = _needed(plan, fold, a, last)
            while r <= need:
                from_row, inside = phase + r * step, lowest <= r < y1
                place = r % max(plan.details, 1) * width + pad
                row3, z1 = e3 + r % plan.crossings * width, z + r % plan.contrasts * width
                _filters(
                    image, wide, weights, offsets, rows, cols, from_row, lines, taps,
                    same, low, across, both,
                )  # fmt: skip
                _squares(
                    image, from_row * wide, lines, low + offsets[-1], across, both,
                    s, e1 + pad, e2 + r % plan.energies * width + pad, row3 + pad,
                    s, -1 if offset is None else h, v + place, d + place, wide,
                )  # fmt: skip
                _mirror_phases(s, row3, mirror, pad, wide, step)
                if inside:
                    _mirror_phases(s, e1, mirror, pad, wide, step)
                    _set_line(s, _beside(s, plan, at, width, step, full), line, s, z1, wide)
                    if offset is not None:
                        _weigh(s, z1, h, weight, s.dtype.type(offset), wide)
                if y0 <= r < y1:
                    _copy(lines, both, coarse, from_row * wide, wide)
                r += 1
            _sum_lines(s, plan, fold, a, (0, 3), step, wide, at, width)
            while y < y1 and _first_last(plan, fold, y)[1] < a + ROWS:
                to = uint64((phase + y * step) * wide)
                _copy(out, to, s, J * width, wide)
                down, one, two, z1, middle, place = _windows(plan, fold, y, step, width)
                if offset is not None:
                    _set_percept(
                        s, z1, down, line, one, two, middle, cross, v + place, d + place,
                        weight, s.dtype.type(offset), J * width, out, to, wide,
                    )  # fmt: skip
                else:
                    _set_sum(
                        s, z1, down, line, one, two, middle, cross, weight, J * width, out, to,
                        wide,
                    )  # fmt: skip
                y += 1
