"""The compiled loops: checked C-contiguous planes in, results written into ``out``.

Place in the pipeline: under every stage of ``psysal.vision``; imports numba and
numpy only, and decides nothing.  Each kernel has a slow, obvious twin in
``tests/oracles.py``.

How it is fast
    * Planes are handed over flat, and rows are addressed by unsigned offsets, so
      that LLVM needs no wrap-around test and vectorizes every inner loop; a loop
      touches few arrays, so that its alias checks stay cheap.
    * A window sum is made of at most four shorter ones, on a ladder of lengths: 13
      is 4 + 4 + 4 + 1, two passes, and a surround of 26 is read as 13 + 13.  Nothing
      is ever subtracted, so float32 is as exact where surrounds are quiet as where
      they are loud, and a sample's value does not depend on how the plane was cut
      into tiles: any number of threads gives the same bits.
    * Sums wait in rings of rows that stay in the cache; no plane of details,
      energies or weights is ever stored on the way to a map.

Kernels release the GIL and are cached on disk; where no cache folder can be
written they compile anew in every process.
"""

import logging

import numpy as np
from numba import njit, uint64
from numba.core import event

__all__ = [
    "combine",
    "contrast_details",
    "contrast_plane",
    "details",
    "expand",
    "opponent",
    "smooth_down",
]

RUNG, LAG, DEPTH, BASE = range(4)  # of a term
SLOTS, ENDS, STILL = range(4, 7)  # of the places of terms; before them one row per line


def _compile(function, **options):
    try:
        return njit(nogil=True, error_model="numpy", cache=True, **options)(function)
    except RuntimeError:  # nowhere to write a cache
        return njit(nogil=True, error_model="numpy", **options)(function)


def _inner(function):
    """For what owns no memory: its calls need not count references, an atomic step each."""
    return _compile(function, _nrt=False)


class _Notice(event.Listener):
    """Says once that kernels are compiled, so that nobody takes it for a hang."""

    said = False

    def on_start(self, event):
        if not self.said and event.data["dispatcher"].py_func.__module__ == __name__:
            self.said = True
            logging.getLogger("psysal").warning(
                "psysal compiles its kernels for this machine; that takes some ten seconds, once"
            )

    def on_end(self, event):
        pass


event.register("numba:compile", _Notice())


# --- loops over one row ------------------------------------------------------


@_inner
def _add2(s, out, a, b, n):
    out, a, b = uint64(out), uint64(a), uint64(b)
    for i in range(uint64(n)):
        s[out + i] = s[a + i] + s[b + i]


@_inner
def _add3(s, out, a, b, c, n):
    out, a, b, c = uint64(out), uint64(a), uint64(b), uint64(c)
    for i in range(uint64(n)):
        s[out + i] = s[a + i] + s[b + i] + s[c + i]


@_inner
def _add4(s, out, a, b, c, d, n):
    out, a, b, c, d = uint64(out), uint64(a), uint64(b), uint64(c), uint64(d)
    for i in range(uint64(n)):
        s[out + i] = (s[a + i] + s[b + i]) + (s[c + i] + s[d + i])


@_inner
def _square(plane, at, out, to, n):
    at, to = uint64(at), uint64(to)
    for i in range(uint64(n)):
        out[to + i] = plane[at + i] * plane[at + i]


@_inner
def _smooth_rows(image, a, b, c, d, e, out, at, n):
    """B3-spline [1 4 6 4 1] / 16 over five rows."""
    a, b, c, d, e, at = uint64(a), uint64(b), uint64(c), uint64(d), uint64(e), uint64(at)
    w0, w1, w2 = image.dtype.type(0.375), image.dtype.type(0.25), image.dtype.type(0.0625)
    for i in range(uint64(n)):
        out[at + i] = (
            w0 * image[c + i]
            + w1 * (image[b + i] + image[d + i])
            + w2 * (image[a + i] + image[e + i])
        )


@_inner
def _smooth_even(row, a, out, at, n):
    """B3-spline along a row at every second sample, the first centred on ``a + 2``."""
    a, at = uint64(a), uint64(at)
    w0, w1, w2 = row.dtype.type(0.375), row.dtype.type(0.25), row.dtype.type(0.0625)
    for i in range(uint64(n)):
        j = a + i + i
        out[at + i] = (
            w0 * row[j + uint64(2)]
            + w1 * (row[j + uint64(1)] + row[j + uint64(3)])
            + w2 * (row[j] + row[j + uint64(4)])
        )


@_inner
def _project(half, c, a, b, w0, w1, image, at, s, j, k, n):
    """J = P_v I, interpolated from the half-height plane, and K = I - J."""
    c, a, b, at, j, k = uint64(c), uint64(a), uint64(b), uint64(at), uint64(j), uint64(k)
    for i in range(uint64(n)):
        low = w0 * half[c + i] + w1 * (half[a + i] + half[b + i])
        s[j + i] = low
        s[k + i] = image[at + i] - low


@_inner
def _vertical_diagonal(s, k, out, v, d, n, squared):
    """V = Lx K and D = K - V, or their squares."""
    k, v, d = uint64(k), uint64(v), uint64(d)
    w0, w1, w2 = s.dtype.type(0.375), s.dtype.type(0.25), s.dtype.type(0.0625)
    for i in range(uint64(n)):
        middle = s[k + i + uint64(2)]
        vertical = (
            w0 * middle
            + w1 * (s[k + i + uint64(1)] + s[k + i + uint64(3)])
            + w2 * (s[k + i] + s[k + i + uint64(4)])
        )
        diagonal = middle - vertical
        if squared:
            vertical = vertical * vertical
            diagonal = diagonal * diagonal
        out[v + i] = vertical
        out[d + i] = diagonal


@_inner
def _horizontal(s, j, e, out, h, n, squared):
    """H = J - P_x J, P_x J from the smoothed even samples ``e``; or its square."""
    j, e, h = uint64(j), uint64(e), uint64(h)
    w0, w1, w2 = s.dtype.type(0.75), s.dtype.type(0.125), s.dtype.type(0.5)
    for i in range(uint64(n // 2)):
        left, middle, right = s[e + i], s[e + i + uint64(1)], s[e + i + uint64(2)]
        even = s[j + i + i] - (w0 * middle + w1 * (left + right))
        odd = s[j + i + i + uint64(1)] - w2 * (middle + right)
        if squared:
            even = even * even
            odd = odd * odd
        out[h + i + i] = even
        out[h + i + i + uint64(1)] = odd


@_inner
def _sums(at, line, slots, k):
    """Where the sums of a window start: the centre's, two parts of each surround's."""
    return (
        uint64(at[line, k] + at[slots, k]),
        uint64(at[line, k + 1] + at[slots, k + 1]),
        uint64(at[line, k + 2] + at[slots, k + 2]),
        uint64(at[line, k + 3] + at[slots, k + 3]),
        uint64(at[line, k + 4] + at[slots, k + 4]),
    )


@_inner
def _line(s, i, sums, wc, ws):
    """Squares of the weighted centre and of the surround of sample ``i`` on a line."""
    c, a0, a1, b0, b1 = sums
    p = wc * s[c + i]
    q = ws * ((s[a0 + i] + s[a1 + i]) + (s[b0 + i] + s[b1 + i])) + s.dtype.type(1)
    return p * p, q * q


@_inner
def _cross(s, i, first, second, middle, twice, wc, ws):
    """The same over two diagonals; their crossing ``middle`` counts once."""
    c, a0, a1, b0, b1 = first
    d, e0, e1, f0, f1 = second
    p = wc * (s[c + i] + s[d + i] - twice * s[middle + i])
    ab = (s[a0 + i] + s[a1 + i]) + (s[b0 + i] + s[b1 + i])
    ef = (s[e0 + i] + s[e1 + i]) + (s[f0 + i] + s[f1 + i])
    q = ws * (ab + ef) + s.dtype.type(1)
    return p * p, q * q


@_inner
def _weights(center, surround, diagonal, dtype):
    """Weights of the sums in a window, and how often the crossing must be taken off."""
    twice = center % 2 if diagonal else 0
    lines = 2 if diagonal else 1
    parts = 1 + surround % 2  # an odd surround is counted twice
    wc = 1e6 / (lines * center - twice)
    return dtype(twice), dtype(wc), dtype(1e6 / (2 * lines * surround * parts))


@_inner
def _set_line(s, at, line, slots, k, center, surround, out, to, n):
    """out = z = r**2 / (1 + r**2) with r = wc * centre / (ws * surround + 1)."""
    _, wc, ws = _weights(center, surround, False, s.dtype.type)
    sums, to = _sums(at, line, slots, k), uint64(to)
    for i in range(uint64(n)):
        p, q = _line(s, i, sums, wc, ws)
        out[to + i] = p / (p + q)


@_inner
def _set_cross(s, at, k, center, surround, out, to, n):
    twice, wc, ws = _weights(center, surround, True, s.dtype.type)
    first, second = _sums(at, 2, SLOTS, k), _sums(at, 3, SLOTS, k)
    middle, to = uint64(at[2, k + 5] + at[SLOTS, k + 5]), uint64(to)
    for i in range(uint64(n)):
        p, q = _cross(s, i, first, second, middle, twice, wc, ws)
        out[to + i] = p / (p + q)


@_inner
def _add_both(s, at, k, center, surround, out, to, n):
    """Add z of the line along y and z of the cross."""
    _, wc, ws = _weights(center, surround, False, s.dtype.type)
    twice, vc, vs = _weights(center, surround, True, s.dtype.type)
    sums, first, second = _sums(at, 1, SLOTS, k), _sums(at, 2, SLOTS, k), _sums(at, 3, SLOTS, k)
    middle, to = uint64(at[2, k + 5] + at[SLOTS, k + 5]), uint64(to)
    for i in range(uint64(n)):
        p, q = _line(s, i, sums, wc, ws)
        u, v = _cross(s, i, first, second, middle, twice, vc, vs)
        out[to + i] += p / (p + q) + u / (u + v)


# --- the wavelet -------------------------------------------------------------


@_inner
def _between(r, half_rows):
    """Rows of the half-height plane that make row ``r`` of 2 L D, and their weights."""
    k = r // 2
    after = k + 1 if k + 1 < half_rows else half_rows - 1
    if r % 2:
        return k, k, after, 0.0, 0.5
    return k, (k - 1 if k > 0 else 1), after, 0.75, 0.125


@_compile
def smooth_down(image, size, rows, cols, half, coarse, start, stop):
    """Half-height plane Ly I and the next level's image, rows start..stop-1.

    ``image`` (area rows x area columns) stands for a size x size plane: sample
    (y, x) is ``image[rows[y + 4], cols[x + 4]]``.  ``half`` is (size / 2, area
    columns) and ``coarse`` (size / 2, size / 2).
    """
    wide = len(half) // (size // 2)
    row = np.empty(size + 4, image.dtype)
    for k in range(start, stop):
        r = 2 * k + 4
        _smooth_rows(
            image, rows[r - 2] * wide, rows[r - 1] * wide, rows[r] * wide,
            rows[r + 1] * wide, rows[r + 2] * wide, half, k * wide, wide,
        )  # fmt: skip
        at = uint64(k * wide)
        for x in range(uint64(wide)):
            row[x + uint64(2)] = half[at + x]
        for x in range(-2, 0):
            row[x + 2] = half[k * wide + cols[x + 4]]
        for x in range(wide, size + 2):
            row[x + 2] = half[k * wide + cols[x + 4]]
        _smooth_even(row, 0, coarse, k * (size // 2), size // 2)


@_inner
def _mirror_columns(s, e, cols, first, x0, lo, hi, end):
    """Fill columns x0..lo-1 and hi..end-1 of the row at ``e``, which starts at x0.

    ``cols[first]`` is the sample that stands for x0.
    """
    e, first = e - x0, first - x0
    for x in range(x0, lo):
        s[uint64(e + x)] = s[uint64(e + cols[uint64(first + x)])]
    for x in range(hi, end):
        s[uint64(e + x)] = s[uint64(e + cols[uint64(first + x)])]


@_inner
def _detail_rows(image, half, size, r, rows, cols, lo, hi, s, j, k, e, out, h, v, d, squared):
    """Row ``r`` of the planes H, V and D, columns lo..hi-1 (both even), into ``out``.

    ``s`` has room for J and K (hi - lo + 8 samples each) at ``j`` and ``k``, and for
    the smoothed even samples of J at ``e``.  H is left out where ``h`` is negative.
    """
    wide = len(half) // (size // 2)
    c, a, b, even, odd = _between(r, size // 2)
    c, a, b, at = c * wide, a * wide, b * wide, rows[r + 4] * wide
    w0, w1 = s.dtype.type(even), s.dtype.type(odd)
    first, last = max(lo - 4, 0), min(hi + 4, wide)
    to = first - (lo - 4)
    _project(half, c + first, a + first, b + first, w0, w1,
             image, at + first, s, j + to, k + to, last - first)  # fmt: skip
    _mirror_columns(s, j, cols, lo, lo - 4, first, last, hi + 4)
    _mirror_columns(s, k, cols, lo, lo - 4, first, last, hi + 4)
    _vertical_diagonal(s, k + 2, out, v, d, hi - lo, squared)
    if h >= 0:
        _smooth_even(s, j, s, e, (hi - lo) // 2 + 2)
        _horizontal(s, j + 4, e, out, h, hi - lo, squared)


@_compile
def details(image, half, size, rows, cols, planes):
    """The three detail planes (3, size, size) of a level, whole."""
    s = np.empty(3 * (size + 8), image.dtype)
    for r in range(size):
        h = r * size
        _detail_rows(
            image, half, size, r, rows, cols, 0, size, s, 0, size + 8, 2 * (size + 8),
            planes, h, h + size * size, h + 2 * size * size, False,
        )  # fmt: skip


@_compile
def expand(coarse, coarse_size, wide, gain, pedestal, fine, fine_wide, out, start, stop):
    """out = gain * fine + pedestal + U(coarse), rows start..stop-1; returns their sum.

    U zero-inserts and smooths, times four.  The planes may be cut to an area
    (``wide`` and ``fine_wide`` columns); the border of U mirrors at ``coarse_size``.
    """
    dtype = fine.dtype.type
    gain, pedestal = dtype(gain), dtype(pedestal)
    u0, u1, u2 = dtype(0.75), dtype(0.125), dtype(0.5)
    row = np.empty(wide + 2, fine.dtype)
    total = np.zeros(fine_wide + 1, np.float64)
    for y in range(start, stop):
        c, a, b, even, odd = _between(y, coarse_size)
        w0, w1 = dtype(even), dtype(odd)
        c, a, b = uint64(c * wide), uint64(a * wide), uint64(b * wide)
        for i in range(uint64(wide)):
            row[i + uint64(1)] = w0 * coarse[c + i] + w1 * (coarse[a + i] + coarse[b + i])
        row[0] = row[2]
        row[wide + 1] = row[wide]
        at = uint64(y * fine_wide)
        for i in range(uint64(fine_wide // 2)):
            left, middle, right = row[i], row[i + uint64(1)], row[i + uint64(2)]
            even_at = at + i + i
            odd_at = even_at + uint64(1)
            out[even_at] = gain * fine[even_at] + pedestal + (u0 * middle + u1 * (left + right))
            out[odd_at] = gain * fine[odd_at] + pedestal + u2 * (middle + right)
        if fine_wide % 2:
            i = fine_wide // 2
            last = y * fine_wide + fine_wide - 1
            smooth = u0 * row[i + 1] + u1 * (row[i] + row[i + 2])
            out[last] = gain * fine[last] + pedestal + smooth
        for i in range(uint64(fine_wide)):
            total[i] += out[at + i]
    return total.sum()


# --- centre-surround contrast ------------------------------------------------


@_inner
def _lay_out(terms, windows, width, e1, e2, e3, rings, pad, center, after, at):
    """Where the row of each term starts: lines along x, y and both diagonals.

    A row stands ``at[line, k] + at[SLOTS, k]``; from term ``windows`` on they are the
    sums in a window about the tile's first sample, whose row was taken in ``after`` ago.
    """
    ring = terms[-1, BASE] * width
    for k in range(len(terms)):
        lag, depth = terms[k, LAG], terms[k, DEPTH]
        base = rings + terms[k, BASE] * width
        energy, window = terms[k, RUNG] == 0, k >= windows
        ahead = pad + after if window else 0
        back = pad + 1 - center % 2 - after if window else 0  # an even cross shifts by one
        at[0, k] = (e1 if energy else base) + ahead - lag
        at[1, k] = (e2 if energy else base + ring) + pad
        at[2, k] = (e3 if energy else base + 2 * ring) + ahead - lag
        at[3, k] = (e3 if energy else base + 3 * ring) + back + lag
        at[SLOTS, k] = (depth - lag) % depth * width
        at[ENDS, k] = depth * width
        at[STILL, k] = 0


@_inner
def _turn(at, width):
    """Move the slot of every term on by a row."""
    for k in range(uint64(at.shape[1])):
        on = at[SLOTS, k] + width
        at[SLOTS, k] = on if on < at[ENDS, k] else 0


@_inner
def _climb(s, first, j, at, line, slots, n):
    """Bring rung ``j`` of a line up to date.

    All ``n`` columns are summed: those too near the row's start (or end, on the second
    diagonal) take in samples of the gap between rows, and are never used.
    """
    k, n = first[j], (n + 31) // 32 * 32  # whole vectors, no remainder loop
    count = first[j + 1] - k - 1
    out = at[line, k] + at[slots, k]
    a = at[line, k + 1] + at[slots, k + 1]
    b = at[line, k + 2] + at[slots, k + 2]
    c = at[line, k + 3] + at[slots, k + 3]
    if count == 2:
        _add2(s, out, a, b, n)
    elif count == 3:
        _add3(s, out, a, b, c, n)
    else:
        _add4(s, out, a, b, c, at[line, k + 4] + at[slots, k + 4], n)


@_inner
def contrast_details(
    image, half, size, rows, cols, terms, first, center, surround, mirror, at, s, out, wide,
    y0, y1, x0, x1,
):  # fmt: skip
    """Summed contrast z1 + z2 + z3 of a level's details, on the tile [y0, y1) x [x0, x1).

    The details are made row by row and never stored.  ``x0`` is even; ``mirror[p]``
    is the sample that stands for position p - ``pad`` of a row or column when the
    edge repeats; ``out`` has ``wide`` columns.  ``at`` is room for 7 places of each
    term, ``s`` for 4 + 2 depth + 4 ring rows (depth of the energies; ring: all sums)
    of the tile, its margins and a gap.
    """
    reach = center + 2 * surround
    after = reach // 2
    before = reach - 1 - after
    pad = before + before % 2
    n, windows = x1 - x0, first[-1]
    depth = terms[-1, DEPTH]
    width = len(s) // (4 + 2 * depth + 4 * terms[-1, BASE])
    j, k, even, e1, e2 = 0, width, 2 * width, 3 * width, 4 * width
    e3 = e2 + depth * width
    _lay_out(terms, windows, width, e1, e2, e3, e3 + depth * width, pad, center, after, at)
    left, right = x0 - pad, x1 + after
    lo, hi = max(left, 0), min(right + right % 2, size)
    to = lo - left
    for t in range(y1 - y0 + reach - 1):
        y = y0 - before + t
        slot = t % depth * width
        inside = y0 <= y < y1
        _detail_rows(
            image, half, size, mirror[y + pad], rows, cols, lo, hi, s, j, k, even,
            s, e1 + to if inside else -1, e2 + slot + to, e3 + slot + to, True,
        )  # fmt: skip
        _mirror_columns(s, e3 + slot, mirror, left + pad, left, lo, hi, right)
        if inside:
            _mirror_columns(s, e1, mirror, left + pad, left, lo, hi, right)
            for rung in range(len(first) - 1):
                _climb(s, first, rung, at, 0, STILL, pad + n + after)
            _set_line(s, at, 0, STILL, windows, center, surround, out, y * wide + x0, n)
        for rung in range(len(first) - 1):
            _climb(s, first, rung, at, 1, SLOTS, n)
            _climb(s, first, rung, at, 2, SLOTS, pad + n + after)
            _climb(s, first, rung, at, 3, SLOTS, pad + n + after)
        if t >= reach - 1:
            _add_both(s, at, windows, center, surround, out, (y - after) * wide + x0, n)
        _turn(at, width)


@_inner
def contrast_plane(
    plane, rows, cols, terms, first, center, surround, mirror_rows, mirror_cols, orientation,
    at, s, out,
):  # fmt: skip
    """z of one rows x cols plane that is given; ``at`` and ``s`` as in contrast_details."""
    reach = center + 2 * surround
    after = reach // 2
    before = reach - 1 - after
    pad = before + before % 2
    depth, windows = terms[-1, DEPTH], first[-1]
    width = len(s) // (4 + 2 * depth + 4 * terms[-1, BASE])
    e = 2 * width  # the row before takes the terms that start before column 0
    _lay_out(terms, windows, width, width, e, e, e + depth * width, pad, center, after, at)
    for t in range(reach - 1 + rows):
        y = t - before
        e = width if orientation == 1 else (2 + t % depth) * width
        _square(plane, mirror_rows[y + pad] * cols, s, e + pad, cols)
        _mirror_columns(s, e, mirror_cols, 0, -pad, 0, cols, cols + after)
        for rung in range(len(first) - 1):
            if orientation == 1:
                _climb(s, first, rung, at, 0, STILL, pad + cols + after)
            elif orientation == 2:
                _climb(s, first, rung, at, 1, SLOTS, cols)
            else:
                _climb(s, first, rung, at, 2, SLOTS, pad + cols + after)
                _climb(s, first, rung, at, 3, SLOTS, pad + cols + after)
        if orientation == 1 and 0 <= y < rows:
            _set_line(s, at, 0, STILL, windows, center, surround, out, y * cols, cols)
        elif orientation == 2 and t >= reach - 1:
            _set_line(s, at, 1, SLOTS, windows, center, surround, out, (y - after) * cols, cols)
        elif orientation == 3 and t >= reach - 1:
            _set_cross(s, at, windows, center, surround, out, (y - after) * cols, cols)
        _turn(at, width)


# --- the two ends of the pipeline --------------------------------------------


@_inner
def _decode(image, table, at, linear, n):
    at = uint64(at)
    for i in range(uint64(n)):
        if table is None:
            linear[i] = image[at + i]
        else:
            linear[i] = table[image[at + i]]


@_inner
def _oppose(linear, out, at, step, n):
    first, second, third = uint64(at), uint64(at + step), uint64(at + 2 * step)
    zero, one = out.dtype.type(0), out.dtype.type(1)
    for i in range(uint64(n)):
        j = uint64(3) * i
        red, green, blue = linear[j], linear[j + uint64(1)], linear[j + uint64(2)]
        total = red + green + blue
        scale = one / total if total > zero else zero
        out[first + i] = (red - green) * scale
        out[second + i] = (red + green - (blue + blue)) * scale
        out[third + i] = total


@_compile
def opponent(image, table, wide, out, start, stop):
    """O1, O2, O3 of the rows start..stop-1.

    ``image`` (rows x ``wide`` x 3) holds linear values, or whole numbers that
    ``table`` makes linear; ``out`` is (3 x rows x wide).
    """
    linear = np.empty(3 * wide, out.dtype)
    for y in range(start, stop):
        _decode(image, table, 3 * wide * y, linear, 3 * wide)
        _oppose(linear, out, wide * y, len(image) // 3, wide)


@_compile
def combine(a, b, c, scale, out, start, stop):
    """sqrt((sa a)**2 + (sb b)**2 + (sc c)**2), samples start..stop-1."""
    dtype = out.dtype.type
    sa, sb, sc = dtype(scale[0]), dtype(scale[1]), dtype(scale[2])
    for i in range(uint64(start), uint64(stop)):
        x, y, z = sa * a[i], sb * b[i], sc * c[i]
        out[i] = np.sqrt(x * x + y * y + z * z)
