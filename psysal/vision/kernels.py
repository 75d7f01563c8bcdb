"""Compiled loops: checked C-contiguous planes in, results written into ``out``.

Place in the pipeline: under every stage of ``psysal.vision``; imports numba, numpy and the
cache of kernels only, and decides nothing.  Each kernel has a slow, obvious twin in
``tests/support/oracles.py``.

How it is fast
    * Planes are handed over flat, and rows are addressed by unsigned offsets, so
      that LLVM needs no wrap-around test and vectorizes every inner loop.
    * Window sums down a line are made for four rows at once, which share all samples
      but six, and a surround of 26 is read as 13 + 13.  No sum is updated by adding
      and removing samples, so float32 is as exact where surrounds are quiet as where
      they are loud, and a sample's value does not depend on how the plane was cut into
      tiles: any number of threads gives the same bits.
    * Energies and sums wait in rings of rows that stay in the cache, skewed along the
      diagonals so that vectors are aligned; no plane of details, energies or weights is
      ever stored on the way to a map.

Kernels release the GIL and are cached on disk; where no cache folder can be
written they compile anew in every process.  Those of the models share one file because
numba's cache does not notice a change in another.
"""

import logging

import numpy as np
from numba import int64, njit, uint64
from numba.core import event

from psysal.vision import kernel_cache

J, K, EVEN, DETAIL, LINE, FOURS, WHOLE, PARTS, SUMS = range(9)  # rows before the rings
ROWS = 4  # rows that are worked on together
UNIT = 1e6  # energies are counted in units of 1e-6, what is added to every surround
BLOCK = 64  # rows whose samples are added up together
PLAN = (  # fields of contrast.Plan, in order: compiled code knows them by their place
    *("center", "surround", "reach", "part", "before", "pad"),
    *("contrasts", "energies", "crossings", "sums", "details", "rows"),
)


def _compile(function, **options):
    kernel = njit(nogil=True, error_model="numpy", **options)(function)
    kernel_cache.keep(kernel)
    return kernel


def _inner(function):
    """Compile a function that owns no memory: its calls count no references, atomic steps each."""
    try:
        return _compile(function, _nrt=False)
    except KeyError:  # the option is numba's own and may go: slower, with the same results
        return _compile(function)


class _Notice(event.Listener):
    """Message, once, that kernels are compiled, so that nobody takes it for a hang."""

    said = False

    def on_start(self, event):
        module = event.data["dispatcher"].py_func.__module__ or ""  # of the host's exec, none
        if not self.said and module.startswith("psysal."):
            self.said = True
            logging.getLogger("psysal").warning(
                "psysal compiles its kernels for this machine; that takes some ten seconds, once"
            )

    def on_end(self, event):
        pass


event.register("numba:compile", _Notice())


# --- loops over one row ------------------------------------------------------


@_inner
def _copy(plane, at, out, to, n):
    at, to = uint64(at), uint64(to)
    for i in range(uint64(n)):
        out[to + i] = plane[at + i]


@_inner
def _add4(s, out, a, b, c, d, n):
    out, a, b, c, d = uint64(out), uint64(a), uint64(b), uint64(c), uint64(d)
    for i in range(uint64(n)):
        s[out + i] = (s[a + i] + s[b + i]) + (s[c + i] + s[d + i])


@_inner
def _more1(s, out, a, n):
    out, a = uint64(out), uint64(a)
    for i in range(uint64(n)):
        s[out + i] += s[a + i]


@_inner
def _more3(s, out, a, b, c, n):
    out, a, b, c = uint64(out), uint64(a), uint64(b), uint64(c)
    for i in range(uint64(n)):
        s[out + i] += s[a + i] + s[b + i] + s[c + i]


@_inner
def _four(s, middle, a, b, c, d, e, f, w0, w1, w2, w3, n):
    """Four sums that share their middle: with a, b, c; b, c, d; c, d, e; d, e, f."""
    middle, a, b, c = uint64(middle), uint64(a), uint64(b), uint64(c)
    d, e, f = uint64(d), uint64(e), uint64(f)
    w0, w1, w2, w3 = uint64(w0), uint64(w1), uint64(w2), uint64(w3)
    for i in range(uint64(n)):
        m = s[middle + i]
        bc, de = s[b + i] + s[c + i], s[d + i] + s[e + i]
        s[w0 + i] = m + (s[a + i] + bc)
        s[w1 + i] = m + (bc + s[d + i])
        s[w2 + i] = m + (s[c + i] + de)
        s[w3 + i] = m + (de + s[f + i])


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
    """B3-spline along a row at every second sample, the first centered on ``a + 2``."""
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
def _v_d(s, k, i):
    """V = Lx K and D = K - V of sample ``i``."""
    w0, w1, w2 = s.dtype.type(0.375), s.dtype.type(0.25), s.dtype.type(0.0625)
    middle = s[k + i + uint64(2)]
    vertical = (
        w0 * middle
        + w1 * (s[k + i + uint64(1)] + s[k + i + uint64(3)])
        + w2 * (s[k + i] + s[k + i + uint64(4)])
    )
    return vertical, middle - vertical


@_inner
def _vertical_diagonal(s, k, e2, e3, out, v, d, n):
    """Squares of V and D, and these themselves unless ``v`` is negative."""
    k, e2, e3 = uint64(k), uint64(e2), uint64(e3)
    if v < 0:
        for i in range(uint64(n)):
            vertical, diagonal = _v_d(s, k, i)
            s[e2 + i] = vertical * vertical
            s[e3 + i] = diagonal * diagonal
    else:
        v, d = uint64(v), uint64(d)
        for i in range(uint64(n)):
            vertical, diagonal = _v_d(s, k, i)
            s[e2 + i] = vertical * vertical
            s[e3 + i] = diagonal * diagonal
            out[v + i] = vertical
            out[d + i] = diagonal


@_inner
def _h(s, j, e, i):
    """Two samples of H = J - P_x J, P_x J from the smoothed even samples ``e``."""
    w0, w1, w2 = s.dtype.type(0.75), s.dtype.type(0.125), s.dtype.type(0.5)
    left, middle, right = s[e + i], s[e + i + uint64(1)], s[e + i + uint64(2)]
    even = s[j + i + i] - (w0 * middle + w1 * (left + right))
    return even, s[j + i + i + uint64(1)] - w2 * (middle + right)


@_inner
def _horizontal(s, j, e, squares, e1, out, h, n):
    """Squares of H, and H itself unless ``h`` is negative.

    All three arrays may be one; LLVM vectorizes pairs of stores only where it need not know.
    """
    j, e, e1 = uint64(j), uint64(e), uint64(e1)
    if h < 0:
        for i in range(uint64(n // 2)):
            even, odd = _h(s, j, e, i)
            squares[e1 + i + i] = even * even
            squares[e1 + i + i + uint64(1)] = odd * odd
    else:
        h = uint64(h)
        for i in range(uint64(n // 2)):
            even, odd = _h(s, j, e, i)
            squares[e1 + i + i] = even * even
            squares[e1 + i + i + uint64(1)] = odd * odd
            out[h + i + i] = even
            out[h + i + i + uint64(1)] = odd


@_inner
def _line(s, i, sums, weights):
    """p and p + q of sample ``i`` on a line: squares of the center, of the surround."""
    c, a0, a1, b0, b1 = sums
    _, wc, ws = weights
    p = wc * s[c + i]
    q = ws * ((s[a0 + i] + s[a1 + i]) + (s[b0 + i] + s[b1 + i])) + s.dtype.type(1)
    return p * p, p * p + q * q


@_inner
def _cross(s, i, first, second, middle, weights):
    """p and p + q over two diagonals; their crossing ``middle`` counts once."""
    c, a0, a1, b0, b1 = first
    d, e0, e1, f0, f1 = second
    twice, wc, ws = weights
    p = wc * (s[c + i] + s[d + i] - twice * s[middle + i])
    ab = (s[a0 + i] + s[a1 + i]) + (s[b0 + i] + s[b1 + i])
    ef = (s[e0 + i] + s[e1 + i]) + (s[f0 + i] + s[f1 + i])
    q = ws * (ab + ef) + s.dtype.type(1)
    return p * p, p * p + q * q


@_inner
def _weights(plan, diagonal, dtype):
    """Times that the crossing is subtracted, and the weights of the window sums."""
    twice = plan.center % 2 if diagonal else 0
    lines = 2 if diagonal else 1
    parts = 1 + plan.surround % 2  # an odd surround is counted twice
    wc = UNIT / (lines * plan.center - twice)
    return dtype(twice), dtype(wc), dtype(UNIT / (2 * lines * plan.surround * parts))


@_inner
def _set_line(s, sums, weights, out, to, n):
    """out = z = r**2 / (1 + r**2) = p / (p + q) with r = center / (surround + 1e-6)."""
    to = uint64(to)
    for i in range(uint64(n)):
        p, v = _line(s, i, sums, weights)
        out[to + i] = p / v


@_inner
def _set_cross(s, first, second, middle, weights, out, to, n):
    middle, to = uint64(middle), uint64(to)
    for i in range(uint64(n)):
        p, v = _cross(s, i, first, second, middle, weights)
        out[to + i] = p / v


@_inner
def _set_sum(s, z, down, line, first, second, middle, cross, gain, up, out, to, n):
    """out = up + gain (z1 + z2 + z3), of which z1 is there."""
    z, middle, up, to = uint64(z), uint64(middle), uint64(up), uint64(to)
    for i in range(uint64(n)):
        p2, v2 = _line(s, i, down, line)
        p3, v3 = _cross(s, i, first, second, middle, cross)
        out[to + i] = s[up + i] + gain * (s[z + i] + p2 / v2 + p3 / v3)


@_inner
def _weigh(s, z, w, gain, offset, n):
    """z becomes the detail w times its weight."""
    z, w = uint64(z), uint64(w)
    for i in range(uint64(n)):
        s[z + i] = (offset + gain * s[z + i]) * s[w + i]


@_inner
def _set_percept(
    s, h, down, line, first, second, middle, cross, v, d, gain, offset, up, out, to, n
):  # fmt: skip
    """out = up + details times their weights, those of the horizontal plane at ``h``."""
    h, v, d, middle, up, to = (
        uint64(h),
        uint64(v),
        uint64(d),
        uint64(middle),
        uint64(up),
        uint64(to),
    )
    for i in range(uint64(n)):
        p2, v2 = _line(s, i, down, line)
        p3, v3 = _cross(s, i, first, second, middle, cross)
        vertical = (offset + gain * (p2 / v2)) * s[v + i]
        diagonal = (offset + gain * (p3 / v3)) * s[d + i]
        out[to + i] = s[up + i] + (s[h + i] + vertical + diagonal)


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
def smooth_down(
    image, size, wide, plain, rows, cols, sources, half, coarse, coarse_wide, coarse_plain,
    start, stop,
):  # fmt: skip
    """Half-height plane Ly I and the next level's image, rows start..stop-1.

    ``image`` (``wide`` columns, ``plain`` of them in order) stands for a size x size square:
    row y is ``rows[y + 4]``, and column x is alike column ``cols[x + 4]``; the last one of the
    square, where it is another, stands behind those in order.  ``half`` has the same columns.
    Row i of ``half`` and ``coarse`` is row ``sources[i]`` of theirs.
    """
    end = 2 * coarse_plain + 2
    row = np.empty(end + 7, image.dtype)
    for i in range(start, stop):
        r, at = 2 * sources[i] + 4, uint64(i * wide)
        _smooth_rows(
            image, rows[r - 2] * wide, rows[r - 1] * wide, rows[r] * wide,
            rows[r + 1] * wide, rows[r + 2] * wide, half, i * wide, wide,
        )  # fmt: skip
        for x in range(uint64(min(plain, end))):
            row[x + uint64(2)] = half[at + x]
        for x in range(-2, 0):
            row[x + 2] = half[i * wide + cols[x + 4]]
        for x in range(plain, end):
            row[x + 2] = half[i * wide + min(cols[x + 4], wide - 1)]
        _smooth_even(row, 0, coarse, i * coarse_wide, coarse_plain)
        if coarse_wide > coarse_plain:
            for x in range(5):
                row[end + 2 + x] = half[i * wide + min(cols[size + x], wide - 1)]
            _smooth_even(row, end + 2, coarse, i * coarse_wide + coarse_plain, 1)


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
def _detail_rows(
    image, half, size, wide, plain, rows, halves, cols, r, lo, hi,
    s, j, k, e, e1, e2, e3, out, h, v, d,
):  # fmt: skip
    """Row ``r`` of the planes H, V and D, columns lo..hi-1 (both even).

    Their squares go to ``e1``, ``e2`` and ``e3`` of ``s``, and they themselves to ``out``
    unless ``h`` and ``v`` are negative.  ``s`` has room for J and K (hi - lo + 8 samples
    each) at ``j`` and ``k``, and for the smoothed even samples of J at ``e``.  H is left
    out where ``e1`` is negative.
    """
    c, a, b, even, odd = _between(r, size // 2)
    c, a, b = halves[c + 4] * wide, halves[a + 4] * wide, halves[b + 4] * wide
    at = rows[r + 4] * wide
    w0, w1 = s.dtype.type(even), s.dtype.type(odd)
    first, last = max(lo - 4, 0), min(hi + 4, plain)
    to = first - (lo - 4)
    _project(half, c + first, a + first, b + first, w0, w1,
             image, at + first, s, j + to, k + to, last - first)  # fmt: skip
    if wide > plain and hi + 4 >= size:
        to = size - 1 - (lo - 4)
        _project(half, c + plain, a + plain, b + plain, w0, w1,
                 image, at + plain, s, j + to, k + to, 1)  # fmt: skip
    _mirror_columns(s, j, cols, lo, lo - 4, first, last, hi + 4)
    _mirror_columns(s, k, cols, lo, lo - 4, first, last, hi + 4)
    _vertical_diagonal(s, k + 2, e2, e3, out, v, d, hi - lo)
    if e1 >= 0:
        _smooth_even(s, j, s, e, (hi - lo) // 2 + 2)
        _horizontal(s, j + 4, e, s, e1, out, h, hi - lo)


@_compile
def details(image, half, size, wide, plain, rows, halves, cols, planes):
    """Detail planes (3, size, size) of a level, whole."""
    width = size + 8
    s = np.empty(6 * width, image.dtype)
    for r in range(size):
        h = r * size
        _detail_rows(
            image, half, size, wide, plain, rows, halves, cols, r, 0, size,
            s, 0, width, 2 * width, 3 * width, 4 * width, 5 * width,
            planes, h, h + size * size, h + 2 * size * size,
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
def upsample(coarse, wide, size, out, out_wide):
    """Rows of U of a size x size plane of which ``wide`` columns are there, as many as ``out`` has.

    ``out_wide``, the columns of ``out``, is even.
    """
    s = np.empty(size + 2, coarse.dtype)
    for y in range(len(out) // out_wide):
        _up_row(coarse, wide, size, y, 0, out_wide, s.dtype.type(0), s, 0, out, out_wide * y)


# --- center-surround contrast ------------------------------------------------
# The samples about (y, x) along a line stand in rows y + j, columns x + step j.  The sum
# up to a line's last sample, ``after`` further on, stands in that one's row.


@_inner
def _rings(plan, t, width):
    """Rings of rows once row ``t`` went in: (start, depth, newest slot, t, step, width) of each.

    Those of z and of the vertical and diagonal details; and by line (down, diagonal,
    other diagonal) those of the energies, of their sums in a center, and of their sums in
    a part of a surround.  ``step`` is the columns that a line moves on by in a row.
    """
    pad, z_depth, v_depth = plan.pad, plan.contrasts, plan.details
    e_depth, crossing_depth, w_depth = plan.energies, plan.crossings, plan.sums
    z = (SUMS + 1) * width
    v = z + z_depth * width
    d = v + v_depth * width
    e1 = d + v_depth * width
    e2 = e1 + e_depth * width
    e3 = e2 + crossing_depth * width
    w1 = e3 + e_depth * width
    w2 = w1 + w_depth * width
    w3 = w2 + w_depth * width
    more = w3 + w_depth * width - w1 if plan.part != plan.center else 0
    e, w = t % e_depth, t % w_depth
    level, back, on = int64(0), int64(-1), int64(1)  # else every step is a type of its own
    return (
        (z, z_depth, t % z_depth, t, level, width),
        (v, v_depth, t % z_depth, t, level, width),
        (d, v_depth, t % z_depth, t, level, width),
        (
            (e1 + pad, e_depth, e, t, level, width),
            (e2, crossing_depth, t % crossing_depth, t, back, width),
            (e3, e_depth, e, t, on, width),
        ),
        (
            (w1, w_depth, w, t, level, width),
            (w2, w_depth, w, t, back, width),
            (w3, w_depth, w, t, on, width),
        ),
        (
            (w1 + more, w_depth, w, t, level, width),
            (w2 + more, w_depth, w, t, back, width),
            (w3 + more, w_depth, w, t, on, width),
        ),
    )


@_inner
def _row(ring, lag):
    """Start of the row that went into a ring ``lag`` rows before the newest.

    It is skewed, so that all samples of a diagonal have the same place in a vector.
    """
    start, depth, newest, t, step, width = ring
    slot = newest - lag
    return start + (slot if slot >= 0 else slot + depth) * width + (step * (t - lag) & 7)


@_inner
def _total(s, at, first, last, out, n):
    """out = the sum of the rows that start at ``at[first:last]``."""
    i = first + 4
    if last >= i:
        _add4(s, out, at[first], at[first + 1], at[first + 2], at[first + 3], n)
    else:
        i, out_of = first, uint64(out)
        for k in range(uint64(n)):
            s[out_of + k] = 0
    while i + 2 < last:
        _more3(s, out, at[i], at[i + 1], at[i + 2], n)
        i += 3
    while i < last:
        _more1(s, out, at[i], n)
        i += 1


@_inner
def _along(s, length, at, width, out, n):
    """out = sums of ``length`` samples along LINE, with the help of FOURS."""
    count = length // 4
    for i in range(count):
        at[i] = FOURS * width + 4 * i
    for i in range(4 * count, length):
        at[count] = LINE * width + i
        count += 1
    _total(s, at, int64(0), count, out, n)


@_inner
def _beside(s, plan, at, width, n):
    """Sums along LINE; returns the starts of those of the window about ``pad``."""
    center, surround, part = plan.center, plan.surround, plan.part
    line, whole = LINE * width, WHOLE * width
    parts = PARTS * width if part != center else whole
    _add4(s, FOURS * width, line, line + 1, line + 2, line + 3, n)
    _along(s, center, at, width, whole, n)
    if part != center:
        _along(s, part, at, width, parts, n)
    far, shift, start = surround + center, surround - part, plan.pad - plan.before
    return (
        uint64(whole + start + surround),
        uint64(parts + start),
        uint64(parts + start + shift),
        uint64(parts + start + far),
        uint64(parts + start + far + shift),
    )


@_inner
def _down(s, energies, sums, length, at, spare, n):
    """Sums of ``length`` samples down a line, up to each of the four newest rows.

    All ``n`` columns are summed: those too near the row's start (or end, on the last
    line) take in samples of the gap between rows and are never used.
    """
    t, step = energies[3:5]
    start = -(step * t & 7)
    n = (n + 8 + 31) // 32 * 32  # whole vectors, no remainder loop
    to = length + ROWS - 1
    for lag in range(to):
        at[lag] = _row(energies, lag) + start + step * lag
    for lag in range(ROWS):
        at[to + lag] = _row(sums, lag) + start + step * lag
        if length < ROWS - 1:
            _total(s, at, lag, lag + length, at[to + lag], n)
    if length >= ROWS - 1:
        _total(s, at, int64(ROWS - 1), length, spare, n)
        _four(
            s, spare, at[0], at[1], at[2], at[length], at[length + 1], at[length + 2],
            at[to], at[to + 1], at[to + 2], at[to + 3], n,
        )  # fmt: skip


@_inner
def _window(plan, whole, parts, lag, at):
    """Starts of the sums of the window of ``lag`` rows ago that ends in column ``at``."""
    center, surround, part = plan.center, plan.surround, plan.part
    far, shift, step = surround + center, surround - part, whole[4]
    return (
        uint64(_row(whole, lag + surround) + at + step * surround),
        uint64(_row(parts, lag) + at),
        uint64(_row(parts, lag + shift) + at + step * shift),
        uint64(_row(parts, lag + far) + at + step * far),
        uint64(_row(parts, lag + far + shift) + at + step * (far + shift)),
    )


@_inner
def rebuild(
    image, half, size, wide, plain, rows, halves, cols, plan, mirror, at, s,
    coarse, coarse_wide, gain, offset, pedestal, out, out_wide, totals, y0, y1, edges,
):  # fmt: skip
    """out = pedestal + gain (z1 + z2 + z3) + U(coarse), on the rows [y0, y1), tile by tile.

    z is the contrast of a level's details w, which are made row by row and never stored.
    Where the plan keeps details for a percept, out = pedestal + U(coarse) + sum of
    (offset + gain z) w instead.
    ``y0`` is a multiple of BLOCK; tiles lie between the columns ``edges``, which are even;
    ``mirror[p]`` is the sample at position p - ``pad`` of a row or column whose edge repeats;
    ``coarse`` is the result of the coarser levels (``coarse_wide`` columns) and ``out`` has
    ``out_wide`` columns.  ``totals`` takes the sum of every BLOCK rows of each tile.  ``plan`` is
    that of ``contrast.plan``, and the scratch memory for it, ``at`` and ``s``, is as large as
    ``contrast.scratch_sizes`` has it.
    """
    center, reach, part, before, pad = plan.center, plan.reach, plan.part, plan.before, plan.pad
    after = reach - 1 - before
    back = pad + 1 - center % 2 - after  # an even cross shifts by one
    width = len(s) // plan.rows
    j, k, even, spare = J * width, K * width, EVEN * width, FOURS * width
    weight, base, least = s.dtype.type(gain), s.dtype.type(pedestal), s.dtype.type(offset)
    percept = plan.details > 0
    line, cross = _weights(plan, False, s.dtype.type), _weights(plan, True, s.dtype.type)
    for x in range(len(edges) - 1):
        x0, x1, block = edges[x], edges[x + 1], x * (len(totals) // (len(edges) - 1))
        left, right, n = x0 - pad, x1 + after, x1 - x0
        lo, hi = max(left, 0), min(right + right % 2, size)
        to, full, sums = lo - left, pad + n + after, uint64(SUMS * width)
        for i in range(uint64(n)):
            s[sums + i] = 0
        for t in range(ROWS - 1, y1 - y0 + reach - 1 + ROWS - 1, ROWS):
            z, v, d, energies, whole, parts = _rings(plan, t, width)
            for lag in range(ROWS - 1, -1, -1):
                y = y0 - before + t - lag
                inside = y0 <= y < y1
                e1, e2, e3 = LINE * width, _row(energies[0], lag) - pad, _row(energies[1], lag)
                h2, v2, d2 = -1, -1, -1
                if percept:
                    h2, v2, d2 = DETAIL * width + to, _row(v, lag) + to, _row(d, lag) + to
                _detail_rows(
                    image, half, size, wide, plain, rows, halves, cols, mirror[y + pad], lo, hi,
                    s, j, k, even, e1 + to if inside else -1, e2 + to, e3 + to, s, h2, v2, d2,
                )  # fmt: skip
                _mirror_columns(s, e3, mirror, left + pad, left, lo, hi, right)
                _copy(s, e3, s, _row(energies[2], lag), full)
                if inside:
                    _mirror_columns(s, e1, mirror, left + pad, left, lo, hi, right)
                    _set_line(s, _beside(s, plan, at, width, full), line, s, _row(z, lag), n)
                    if percept:
                        _weigh(s, _row(z, lag), DETAIL * width + pad, weight, least, n)
            for i in range(3):
                m = full if i else n
                _down(s, energies[i], whole[i], center, at, spare, m)
                if part != center:
                    _down(s, energies[i], parts[i], part, at, spare, m)
            for lag in range(ROWS - 1, -1, -1):
                y = y0 + t - lag - (reach - 1)
                if y0 <= y < y1:
                    start = uint64(y * out_wide + x0)
                    _up_row(coarse, coarse_wide, size // 2, y, x0, n, base, s, even, s, j)
                    down = _window(plan, whole[0], parts[0], lag, 0)
                    first = _window(plan, whole[1], parts[1], lag, pad + after)
                    second = _window(plan, whole[2], parts[2], lag, back)
                    middle = _row(energies[1], lag + after) + pad
                    across = _row(z, lag + after)
                    if percept:
                        _set_percept(
                            s, across, down, line, first, second, middle, cross,
                            _row(v, lag + after) + pad, _row(d, lag + after) + pad,
                            weight, least, j, out, start, n,
                        )  # fmt: skip
                    else:
                        _set_sum(
                            s, across, down, line, first, second, middle, cross,
                            weight, j, out, start, n,
                        )  # fmt: skip
                    for i in range(uint64(n)):
                        s[sums + i] += out[start + i]
                    if y % BLOCK == BLOCK - 1 or y == y1 - 1:
                        for i in range(uint64(n)):
                            totals[block + y // BLOCK] += s[sums + i]
                            s[sums + i] = 0


@_inner
def contrast_plane(
    plane, rows, cols, plan, mirror_rows, mirror_cols, orientation, at, s, out
):  # fmt: skip
    """z of one rows x cols plane; ``at`` and ``s`` as in :func:`rebuild`."""
    center, reach, part, before, pad = plan.center, plan.reach, plan.part, plan.before, plan.pad
    after = reach - 1 - before
    back = pad + 1 - center % 2 - after
    width = len(s) // plan.rows
    e, spare, full = LINE * width, FOURS * width, pad + cols + after
    line, cross = _weights(plan, False, s.dtype.type), _weights(plan, True, s.dtype.type)
    if orientation == 1:
        for y in range(rows):
            _square(plane, y * cols, s, e + pad, cols)
            _mirror_columns(s, e, mirror_cols, 0, -pad, 0, cols, cols + after)
            _set_line(s, _beside(s, plan, at, width, full), line, out, y * cols, cols)
        return
    first, last = (0, 1) if orientation == 2 else (1, 3)
    for t in range(ROWS - 1, rows + reach - 1 + ROWS - 1, ROWS):
        _, _, _, energies, whole, parts = _rings(plan, t, width)
        for lag in range(ROWS - 1, -1, -1):
            _square(plane, mirror_rows[t - lag - before + pad] * cols, s, e + pad, cols)
            _mirror_columns(s, e, mirror_cols, 0, -pad, 0, cols, cols + after)
            for i in range(first, last):
                _copy(s, e, s, _row(energies[i], lag) - (0 if i else pad), full)
        for i in range(first, last):
            m = full if i else cols
            _down(s, energies[i], whole[i], center, at, spare, m)
            if part != center:
                _down(s, energies[i], parts[i], part, at, spare, m)
        for lag in range(ROWS - 1, -1, -1):
            y = t - lag - (reach - 1)
            if 0 <= y < rows and orientation == 2:
                window = _window(plan, whole[0], parts[0], lag, 0)
                _set_line(s, window, line, out, y * cols, cols)
            elif 0 <= y < rows:
                _set_cross(
                    s, _window(plan, whole[1], parts[1], lag, pad + after),
                    _window(plan, whole[2], parts[2], lag, back),
                    _row(energies[1], lag + after) + pad, cross, out, y * cols, cols,
                )  # fmt: skip


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


@_inner
def _unmix(planes, at, step, out, to, n):
    first, second, third = uint64(at), uint64(at + step), uint64(at + 2 * step)
    to, one = uint64(to), out.dtype.type(1)
    third_part, half = out.dtype.type(1 / 3), out.dtype.type(0.5)
    for i in range(uint64(n)):
        total = planes[third + i]
        difference = planes[first + i] * total
        blue = total * (one - planes[second + i]) * third_part
        green = half * (total - blue - difference)
        j = to + uint64(3) * i
        out[j] = difference + green
        out[j + uint64(1)] = green
        out[j + uint64(2)] = blue


@_inner
def _encode(out, at, n):
    """Linear light to sRGB in place.

    x**(1 / 2.4) is v**(5 / 3) with v = x**(1 / 4), whose cube root is had from a cubic,
    right to 1.4 %, and two steps of Halley's: to rounding from the knee up to x = 150.
    """
    at, kind = uint64(at), out.dtype.type
    knee, straight, scale, less = kind(0.0031308), kind(12.92), kind(1.055), kind(0.055)
    c0, c1, c2, c3 = kind(0.4593), kind(0.7651), kind(-0.2504), kind(0.0343)
    for i in range(uint64(n)):
        x = out[at + i]
        v = np.sqrt(np.sqrt(max(x, knee)))
        y = c0 + v * (c1 + v * (c2 + v * c3))
        cube = y * y * y
        y *= (cube + v + v) / (cube + cube + v)
        cube = y * y * y
        y *= (cube + v + v) / (cube + cube + v)
        out[at + i] = scale * (v * y * y) - less if x > knee else straight * x


@_compile
def from_opponent(planes, wide, encoded, out, start, stop):
    """RGB of the rows start..stop-1, the inverse of :func:`opponent`, sRGB if ``encoded``."""
    for y in range(start, stop):
        _unmix(planes, wide * y, len(planes) // 3, out, 3 * wide * y, wide)
        if encoded:
            _encode(out, 3 * wide * y, 3 * wide)


@_compile
def combine(a, b, c, scale, out, start, stop):
    """sqrt((sa a)**2 + (sb b)**2 + (sc c)**2), samples start..stop-1."""
    dtype = out.dtype.type
    sa, sb, sc = dtype(scale[0]), dtype(scale[1]), dtype(scale[2])
    for i in range(uint64(start), uint64(stop)):
        x, y, z = sa * a[i], sb * b[i], sc * c[i]
        out[i] = np.sqrt(x * x + y * y + z * z)
