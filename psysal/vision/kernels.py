"""The compiled loops: checked C-contiguous planes in, results written into ``out``.

Place in the pipeline: under every stage of ``psysal.vision``; imports numba and
numpy only, and decides nothing.  Each kernel has a slow, obvious twin in
``tests/oracles.py``.

How it is fast
    * Planes are handed over flat, and rows are addressed by unsigned offsets, so
      that LLVM needs no wrap-around test and vectorizes every inner loop.
    * A window sum is made of at most four shorter ones, on a ladder of lengths: 13
      is 4 + 4 + 4 + 1, two passes, and a surround of 26 is read as 13 + 13.  No sum
      is updated by adding and removing samples, so float32 is as exact where
      surrounds are quiet as where they are loud, and a sample's value does not
      depend on how the plane was cut into tiles: any number of threads gives the
      same bits.
    * Sums wait in rings of rows that stay in the cache; no plane of details,
      energies or weights is ever stored on the way to a map.

Kernels release the GIL and are cached on disk; where no cache folder can be
written they compile anew in every process.  They share one file because numba's
cache does not notice a change in another.
"""

import logging

import numpy as np
from numba import njit, uint64
from numba.core import event

__all__ = [
    "combine",
    "contrast_plane",
    "details",
    "opponent",
    "rebuild",
    "smooth_down",
    "upsample",
]

RUNG, LAG, DEPTH, BASE = range(4)  # of a term
SLOTS, ENDS, STILL = range(4, 7)  # of the places of terms; before them one row per line
UNIT = 1e6  # energies are counted in units of 1e-6, what is added to every surround
BLOCK = 64  # rows whose samples are added up together


def _compile(function, **options):
    try:
        return njit(nogil=True, error_model="numpy", cache=True, **options)(function)
    except RuntimeError:  # nowhere to write a cache
        return njit(nogil=True, error_model="numpy", **options)(function)


def _inner(function):
    """For what owns no memory: its calls need not count references, an atomic step each."""
    try:
        return _compile(function, _nrt=False)
    except KeyError:  # the option is numba's own and may go: slower, with the same results
        return _compile(function)


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
    """p and p + q of sample ``i`` on a line: squares of the centre, of the surround."""
    c, a0, a1, b0, b1 = sums
    p = wc * s[c + i]
    q = ws * ((s[a0 + i] + s[a1 + i]) + (s[b0 + i] + s[b1 + i])) + s.dtype.type(1)
    return p * p, p * p + q * q


@_inner
def _cross(s, i, first, second, middle, twice, wc, ws):
    """The same over two diagonals; their crossing ``middle`` counts once."""
    c, a0, a1, b0, b1 = first
    d, e0, e1, f0, f1 = second
    p = wc * (s[c + i] + s[d + i] - twice * s[middle + i])
    ab = (s[a0 + i] + s[a1 + i]) + (s[b0 + i] + s[b1 + i])
    ef = (s[e0 + i] + s[e1 + i]) + (s[f0 + i] + s[f1 + i])
    q = ws * (ab + ef) + s.dtype.type(1)
    return p * p, p * p + q * q


@_inner
def _weights(center, surround, diagonal, dtype):
    """How often the crossing must be taken off, and the weights of the window sums."""
    twice = center % 2 if diagonal else 0
    lines = 2 if diagonal else 1
    parts = 1 + surround % 2  # an odd surround is counted twice
    wc = UNIT / (lines * center - twice)
    return dtype(twice), dtype(wc), dtype(UNIT / (2 * lines * surround * parts))


@_inner
def _set_line(s, at, line, slots, k, center, surround, out, to, n):
    """out = z = r**2 / (1 + r**2) = p / (p + q) with r = centre / (surround + 1e-6)."""
    _, wc, ws = _weights(center, surround, False, s.dtype.type)
    sums, to = _sums(at, line, slots, k), uint64(to)
    for i in range(uint64(n)):
        p, v = _line(s, i, sums, wc, ws)
        out[to + i] = p / v


@_inner
def _set_cross(s, at, k, center, surround, out, to, n):
    twice, wc, ws = _weights(center, surround, True, s.dtype.type)
    first, second = _sums(at, 2, SLOTS, k), _sums(at, 3, SLOTS, k)
    middle, to = uint64(at[2, k + 5] + at[SLOTS, k + 5]), uint64(to)
    for i in range(uint64(n)):
        p, v = _cross(s, i, first, second, middle, twice, wc, ws)
        out[to + i] = p / v


@_inner
def _set_sum(s, at, k, center, surround, gain, up, out, to, n):
    """out = up + gain (z1 + z2 + z3)."""
    _, wc, ws = _weights(center, surround, False, s.dtype.type)
    twice, xc, xs = _weights(center, surround, True, s.dtype.type)
    across, down = _sums(at, 0, STILL, k), _sums(at, 1, SLOTS, k)
    first, second = _sums(at, 2, SLOTS, k), _sums(at, 3, SLOTS, k)
    middle, up, to = uint64(at[2, k + 5] + at[SLOTS, k + 5]), uint64(up), uint64(to)
    for i in range(uint64(n)):
        p1, v1 = _line(s, i, across, wc, ws)
        p2, v2 = _line(s, i, down, wc, ws)
        p3, v3 = _cross(s, i, first, second, middle, twice, xc, xs)
        out[to + i] = s[up + i] + gain * (p1 / v1 + p2 / v2 + p3 / v3)


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


@_inner
def _up_row(coarse, wide, size, y, x0, n, pedestal, s, low, out, to):
    """Row ``y``, columns x0..x0+n-1 (x0 even), of pedestal + U(coarse), from out[to] on.

    U zero-inserts and smooths, times four; it keeps constants.  ``coarse`` may be cut to
    ``wide`` columns of ``size``, where U's border mirrors.  ``s`` has room for half a row
    and two samples at ``low``, ``out`` for an even number of samples.
    """
    dtype = s.dtype.type
    c, a, b, even, odd = _between(y, size)
    w0, w1 = dtype(even), dtype(odd)
    pairs, first = (n + 1) // 2, x0 // 2 - 1
    start, stop = max(first, 0), min(first + pairs + 2, wide)
    c, a, b = uint64(c * wide + start), uint64(a * wide + start), uint64(b * wide + start)
    at = uint64(low + start - first)
    for i in range(uint64(stop - start)):
        s[at + i] = pedestal + (w0 * coarse[c + i] + w1 * (coarse[a + i] + coarse[b + i]))
    if first < 0:
        s[low] = s[low + 2]
    if stop - first < pairs + 2:
        s[low + stop - first] = s[low + stop - first - 1]
    w0, w1, w2 = dtype(0.75), dtype(0.125), dtype(0.5)
    low, to = uint64(low), uint64(to)
    for i in range(uint64(pairs)):
        left, middle, right = s[low + i], s[low + i + uint64(1)], s[low + i + uint64(2)]
        out[to + i + i] = w0 * middle + w1 * (left + right)
        out[to + i + i + uint64(1)] = w2 * (middle + right)


@_compile
def upsample(coarse, size, out):
    """U of a size x size plane, whole."""
    s = np.empty(size + 2, coarse.dtype)
    for y in range(2 * size):
        _up_row(coarse, size, size, y, 0, 2 * size, s.dtype.type(0), s, 0, out, 2 * size * y)


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
def _turn(terms, at, width):
    """Move the slot of every term on by a row; lines along x stay with the last one's."""
    for k in range(uint64(len(terms))):
        on = at[SLOTS, k] + width
        at[SLOTS, k] = on if on < at[ENDS, k] else 0
    for k in range(uint64(len(terms))):
        at[STILL, k] = 0 if terms[k, RUNG] else at[SLOTS, len(terms) - 1]


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
def rebuild(
    image, half, size, rows, cols, terms, first, center, surround, mirror, at, s,
    coarse, coarse_wide, gain, pedestal, out, wide, totals, y0, y1, x0, x1,
):  # fmt: skip
    """out = pedestal + gain (z1 + z2 + z3) + U(coarse), on the tile [y0, y1) x [x0, x1).

    z is the contrast of a level's details, which are made row by row and never stored.
    ``y0`` is a multiple of BLOCK, ``x0`` is even; ``mirror[p]`` is the sample that stands
    for position p - ``pad`` of a row or column when the edge repeats; ``coarse`` is what
    the coarser levels gave (``coarse_wide`` columns) and ``out`` has ``wide`` columns.
    ``totals`` takes the sum of every BLOCK rows.  ``at`` is room for 7 places of each
    term, ``s`` for 5 + 3 depth + 4 ring rows (depth of the energies; ring: all sums) of
    the tile, its margins and a gap.
    """
    reach = center + 2 * surround
    after = reach // 2
    before = reach - 1 - after
    pad = before + before % 2
    n, windows = x1 - x0, first[-1]
    depth = terms[-1, DEPTH]
    width = len(s) // (5 + 3 * depth + 4 * terms[-1, BASE])
    j, k, even, e1 = 0, width, 2 * width, 3 * width
    e2 = e1 + depth * width
    e3 = e2 + depth * width
    _lay_out(terms, windows, width, e1, e2, e3, e3 + depth * width, pad, center, after, at)
    left, right = x0 - pad, x1 + after
    lo, hi = max(left, 0), min(right + right % 2, size)
    to = lo - left
    sums = uint64(len(s) - width)
    for i in range(uint64(n)):
        s[sums + i] = 0
    weight, base = s.dtype.type(gain), s.dtype.type(pedestal)
    for t in range(y1 - y0 + reach - 1):
        y = y0 - before + t
        slot = t % depth * width
        inside = y0 <= y < y1
        _detail_rows(
            image, half, size, mirror[y + pad], rows, cols, lo, hi, s, j, k, even,
            s, e1 + slot + to if inside else -1, e2 + slot + to, e3 + slot + to, True,
        )  # fmt: skip
        _mirror_columns(s, e3 + slot, mirror, left + pad, left, lo, hi, right)
        if inside:
            _mirror_columns(s, e1 + slot, mirror, left + pad, left, lo, hi, right)
        for rung in range(len(first) - 1):
            _climb(s, first, rung, at, 1, SLOTS, n)
            _climb(s, first, rung, at, 2, SLOTS, pad + n + after)
            _climb(s, first, rung, at, 3, SLOTS, pad + n + after)
        if t >= reach - 1:
            for rung in range(len(first) - 1):
                _climb(s, first, rung, at, 0, STILL, pad + n + after)
            y -= after
            start = uint64(y * wide + x0)
            _up_row(coarse, coarse_wide, size // 2, y, x0, n, base, s, even, s, j)
            _set_sum(s, at, windows, center, surround, weight, j, out, start, n)
            for i in range(uint64(n)):
                s[sums + i] += out[start + i]
            if y % BLOCK == BLOCK - 1 or y == y1 - 1:
                for i in range(uint64(n)):
                    totals[y // BLOCK] += s[sums + i]
                    s[sums + i] = 0
        _turn(terms, at, width)


@_inner
def contrast_plane(
    plane, rows, cols, terms, first, center, surround, mirror_rows, mirror_cols, orientation,
    at, s, out,
):  # fmt: skip
    """z of one rows x cols plane that is given; ``at`` and ``s`` as in :func:`rebuild`."""
    reach = center + 2 * surround
    after = reach // 2
    before = reach - 1 - after
    pad = before + before % 2
    depth, windows = terms[-1, DEPTH], first[-1]
    width = len(s) // (5 + 3 * depth + 4 * terms[-1, BASE])
    e = 2 * width  # the row before takes the terms that start before column 0
    _lay_out(terms, windows, width, e, e, e, e + depth * width, pad, center, after, at)
    for t in range(reach - 1 + rows):
        row = e + t % depth * width
        _square(plane, mirror_rows[t - before + pad] * cols, s, row + pad, cols)
        _mirror_columns(s, row, mirror_cols, 0, -pad, 0, cols, cols + after)
        full, to = t >= reach - 1, (t - before - after) * cols
        for rung in range(len(first) - 1):
            if orientation == 1 and full:
                _climb(s, first, rung, at, 0, STILL, pad + cols + after)
            elif orientation == 2:
                _climb(s, first, rung, at, 1, SLOTS, cols)
            elif orientation == 3:
                _climb(s, first, rung, at, 2, SLOTS, pad + cols + after)
                _climb(s, first, rung, at, 3, SLOTS, pad + cols + after)
        if orientation == 1 and full:
            _set_line(s, at, 0, STILL, windows, center, surround, out, to, cols)
        elif orientation == 2 and full:
            _set_line(s, at, 1, SLOTS, windows, center, surround, out, to, cols)
        elif full:
            _set_cross(s, at, windows, center, surround, out, to, cols)
        _turn(terms, at, width)


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
