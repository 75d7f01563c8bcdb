"""Compiled loops of grouping and resizing; see :mod:`psysal.vision.kernels`.

Place in the pipeline: under ``psysal.vision.grouping`` and ``psysal.vision.resize``.
Rows are grouped with the rows above them, so that all work is on whole rows: a plane
that is to be grouped along x comes transposed, and its windows lie along the rows.

Loops over one row come from ``kernels`` and are compiled into those here.  Numba's cache on disk
notices a change in this file alone: ``KERNELS``, the SHA-256 of ``kernels.py``, is renewed with
every change there, and a test says so.
"""

import numpy as np
from numba import uint64

from psysal.vision.kernels import (
    EVEN,
    FOURS,
    LINE,
    UNIT,
    ZEROS,
    J,
    K,
    _add4,
    _along,
    _compile,
    _copy,
    _inner,
    _mirror_columns,
    _smooth_rows,
    _v_d,
)

KERNELS = "71a3a733d4924d6a9f5c3428a1390e41b742c4d9149a02c183171c9b667d7125"


@_inner
def _difference(plane, at, s, a, out, n):
    at, a, out = uint64(at), uint64(a), uint64(out)
    for i in range(uint64(n)):
        s[out + i] = plane[at + i] - s[a + i]


@_inner
def _reflect_two(s, row, n):
    """Two samples before and two after the ``n`` from ``row + 2`` on; no edge is repeated."""
    s[row], s[row + 1] = s[row + 4], s[row + 3]
    s[row + n + 2], s[row + n + 3] = s[row + n], s[row + n - 1]


@_inner
def _split(s, k, out, v, d, n):
    """V and D of a row."""
    k, v, d = uint64(k), uint64(v), uint64(d)
    for i in range(uint64(n)):
        out[v + i], out[d + i] = _v_d(s, k, i)


@_inner
def _smooth_columns(image, wide, rows, cols, s, low, high, start, stop):
    """Samples start..stop-1 of a smoothed row and of the image less these, one by one."""
    w0, w1, w2 = s.dtype.type(0.375), s.dtype.type(0.25), s.dtype.type(0.0625)
    a, b, c, d, e = rows
    for i in range(start, stop):
        x = min(cols[i], wide - 1)
        smooth = (
            w0 * image[c + x]
            + w1 * (image[b + x] + image[d + x])
            + w2 * (image[a + x] + image[e + x])
        )
        s[low + i] = smooth
        s[high + i] = image[c + x] - smooth


@_compile
def dense_details(image, wide, plain, rows, cols, first, size, planes, count, starts, pitches):
    """Details of a square against itself smoothed along y, x and both, of ``count`` columns.

    ``image``, ``wide``, ``plain``, ``rows`` and ``cols`` are those of a
    :class:`psysal.vision.wavelet.Level`; ``first`` is the first of the columns.  The horizontal,
    the vertical and the diagonal one start at ``starts`` of ``planes``, and their rows are
    ``pitches`` apart: by 0 where no row is kept.
    """
    low, high = J * (count + 4), K * (count + 4)
    s = np.empty(2 * (count + 4), image.dtype)
    start, stop = max(first - 2, 0), min(first + count + 2, plain)
    before, after = start - (first - 2), max(stop - (first - 2), 0)
    across = cols[first + 2 : first + count + 6]
    h, v, d = starts
    for y in range(size):
        at = (
            rows[y + 2] * wide, rows[y + 3] * wide, rows[y + 4] * wide,
            rows[y + 5] * wide, rows[y + 6] * wide,
        )  # fmt: skip
        if stop > start:
            _smooth_rows(
                image, at[0] + start, at[1] + start, at[2] + start, at[3] + start, at[4] + start,
                s, low + before, stop - start,
            )  # fmt: skip
            _difference(image, at[2] + start, s, low + before, high + before, stop - start)
        _smooth_columns(image, wide, at, across, s, low, high, 0, before)
        _smooth_columns(image, wide, at, across, s, low, high, max(before, after), count + 4)
        _split(s, low, planes, v, h, count)  # smooth both ways, and H
        _split(s, high, planes, v, d, count)
        h, v, d = h + pitches[0], v + pitches[1], d + pitches[2]


@_inner
def _distances(r, a, b, c, d, s, up, same, down, n):
    """Absolute differences of the rows b, c, d from those above them, summed.

    The rows above are taken one column to the left (``up``, as the plane is transposed),
    in place, and one to the right.
    """
    a, b, c, d = uint64(a), uint64(b), uint64(c), uint64(d)
    up, same, down = uint64(up), uint64(same), uint64(down)
    one, two = uint64(1), uint64(2)
    for i in range(uint64(n)):
        p, q, t = r[b + one + i], r[c + one + i], r[d + one + i]
        s[up + i] = abs(p - r[a + i]) + abs(q - r[b + i]) + abs(t - r[c + i])
        s[same + i] = abs(p - r[a + one + i]) + abs(q - p) + abs(t - q)
        s[down + i] = abs(p - r[a + two + i]) + abs(q - r[b + two + i]) + abs(t - r[c + two + i])


@_inner
def _pair(r, above, row, s, up, same, down, scale, means, mean, d, detail, n):
    """Mean and scaled difference of a row and its best match; ties go to the one in place."""
    above, row, mean, detail = uint64(above), uint64(row), uint64(mean), uint64(detail)
    up, same, down = uint64(up), uint64(same), uint64(down)
    half, one, two = r.dtype.type(0.5), uint64(1), uint64(2)
    for i in range(uint64(n)):
        least = s[up + i] + s[up + i + one] + s[up + i + two]
        place = s[same + i] + s[same + i + one] + s[same + i + two]
        after = s[down + i] + s[down + i + one] + s[down + i + two]
        left, middle, right = r[above + i], r[above + i + one], r[above + i + two]
        match = middle if place <= least else left
        least = min(place, least)
        match = right if after < least else match
        current = r[row + i]
        means[mean + i] = half * (match + current)
        d[detail + i] = scale * (match - current)


@_compile
def grouplets(planes, tops, first, last, rows, cols, d, kept):
    """Every second row of a plane grouped with the row above it, again and again.

    ``planes`` has rows of ``cols + 4`` values, whose borders of two samples are filled in: those
    of the plane begin at ``tops[0]``, the means of scale j at ``tops[j]``, which may take the
    place of those before if they begin a row earlier.  Only pairs ``first`` to ``last - 1`` of the
    plane are grouped, which need a row more on either side; all other scales follow the last pair.
    ``d`` takes the first ``kept[j]`` differences of each scale, one scale below the other, and
    one row more for all the others.
    """
    wide, scale, first_kept, spare = cols + 4, 1.0, 0, kept.sum()
    s = np.empty(3 * wide, planes.dtype)
    for y in range(max(2 * first - 1, 0), min(2 * last + 1, rows)):
        _reflect_two(planes, (tops[0] + y) * wide, cols)
    for j in range(len(kept)):
        scale /= 2
        rows //= 2
        for pair in range(first, last):
            above, mean = (tops[j] + 2 * pair) * wide, (tops[j + 1] + pair) * wide
            row = above + wide
            before = above - wide if pair > 0 else row
            after = row + wide if pair < rows - 1 else above
            detail = first_kept + pair if pair < kept[j] else spare
            _distances(planes, before, above, row, after, s, 0, wide, 2 * wide, cols + 2)
            _pair(
                planes, above + 1, row + 2, s, 0, wide, 2 * wide, planes.dtype.type(scale),
                planes, mean + 2, d, detail * cols, cols,
            )  # fmt: skip
            _reflect_two(planes, mean, cols)
        if last < rows:
            break
        first, last, first_kept = 0, rows // 2, first_kept + kept[j]


@_inner
def _deviations(s, line, c, a, b, wc, ws, outer, n):
    """Squared differences from the means of the center, in place, and of the surround."""
    line, c, a, b, outer = uint64(line), uint64(c), uint64(a), uint64(b), uint64(outer)
    for i in range(uint64(n)):
        x = s[line + i]
        p, q = x - wc * s[c + i], x - ws * (s[a + i] + s[b + i])
        s[line + i] = p * p
        s[outer + i] = q * q


@_inner
def _set_variance(s, c, a, b, wc, ws, z, to, n):
    """out = c**2 / (c**2 + s**2 + 1), in units of UNIT."""
    c, a, b, to = uint64(c), uint64(a), uint64(b), uint64(to)
    for i in range(uint64(n)):
        p, q = wc * s[c + i], ws * (s[a + i] + s[b + i])
        p, q = p * p, q * q
        z[to + i] = p / (p + q + s.dtype.type(1))


@_compile
def variance_contrast(d, rows, cols, center, surround, mirror, z):
    """z of a rows x cols plane along its rows; see :func:`psysal.vision.grouping.contrast`.

    ``mirror`` has the sample that stands at each position of a row with its borders; ``z`` may
    be ``d`` itself.
    """
    dtype, far, n = d.dtype.type, center + surround, len(mirror)
    before, end = (n - cols) // 2, cols + (n - cols + 1) // 2
    whole = -(-n // 32) * 32  # whole vectors, no remainder loop
    width = -(-(whole + n - cols) // 16) * 16
    c, w, outer, line, fours = J * width, K * width, EVEN * width, LINE * width, FOURS * width
    mean_c, mean_s = dtype(1 / center), dtype(1 / (2 * surround))
    weight_c, weight_s = dtype(UNIT / (2 * center - 1)), dtype(UNIT / (4 * surround))
    s, at = np.zeros((ZEROS + 1) * width, d.dtype), np.empty(center + surround, np.int64)
    for y in range(rows):
        _copy(d, y * cols, s, line + before, cols)
        for step in range(3):
            if step == 2:
                _copy(s, outer, s, line + before, cols)
            _mirror_columns(s, line, mirror, 0, -before, 0, cols, end)
            _add4(s, fours, line, line + 1, line + 2, line + 3, whole)
            if step < 2:
                _along(s, center, at, width, 1, c, whole)
            if step != 1:
                _along(s, surround, at, width, 1, w, whole)
            if step == 0:
                _deviations(s, line + before, c + surround, w, w + far, mean_c, mean_s, outer, cols)
        _set_variance(s, c + surround, w, w + far, weight_c, weight_s, z, y * cols, cols)


# --- resizing ----------------------------------------------------------------


@_inner
def _blend(plane, a, b, c, d, wa, wb, wc, wd, out, at, n, more):
    a, b, c, d, at = uint64(a), uint64(b), uint64(c), uint64(d), uint64(at)
    for i in range(uint64(n)):
        value = (wa * plane[a + i] + wb * plane[b + i]) + (wc * plane[c + i] + wd * plane[d + i])
        out[at + i] = out[at + i] + value if more else value


@_compile
def blend_rows(plane, cols, index, weights, out, start, stop):
    """Rows start..stop-1 of ``out``: the rows ``index[y]`` of ``plane``, weighted; 4 n of them."""
    for y in range(start, stop):
        for k in range(0, index.shape[1], 4):
            i, w = index[y, k : k + 4], weights[y, k : k + 4]
            _blend(plane, i[0] * cols, i[1] * cols, i[2] * cols, i[3] * cols,
                   w[0], w[1], w[2], w[3], out, y * cols, cols, k > 0)  # fmt: skip
