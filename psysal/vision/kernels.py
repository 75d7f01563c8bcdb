"""Compiled loops: checked C-contiguous planes in, results written into ``out``.

Place in the pipeline: under every stage of ``psysal.vision``; imports numba, numpy and the
cache of kernels only, and decides nothing.  Each kernel has a slow, obvious twin in
``tests/support/oracles.py``.

How it is fast
    * Planes are handed over flat, and rows are addressed by unsigned offsets, so
      that LLVM needs no wrap-around test and vectorizes every inner loop.
    * Window sums down a line are made for eight rows at once, which share all samples
      but fourteen, and a surround of 26 is read as 13 + 13.  No sum is updated by adding
      and removing samples, so float32 is as exact where surrounds are quiet as where
      they are loud, and a sample's value does not depend on how the plane was cut into
      tiles: any number of threads gives the same bits.
    * Energies and sums wait in rings of rows that stay in the cache; no plane of details,
      energies or weights is ever stored on the way to a map.
    * Rows beyond a border mirror those inside, and so do window sums, which change
      diagonals there: neither is made twice.
    * Loops over rows are told that none is written where another is read.

Kernels release the GIL and are cached on disk; where no cache folder can be
written they compile anew in every process.  Those of the models share one file because
numba's cache does not notice a change in another.
"""

import logging
from functools import partial
from typing import Any

import numpy as np
from numba import int64, njit, uint64
from numba.core import event

from psysal.vision import kernel_cache

J, K, EVEN, PAIRS, DETAIL, LINE, FOURS, ZEROS, WHOLE, PARTS, SUMS = range(11)  # before the rings
ROWS = 8  # rows that are worked on together
UNIT = 1e6  # energies are counted in units of 1e-6, what is added to every surround
BLOCK = 64  # rows whose samples are added up together
PLAN = (  # fields of contrast.Plan, in order: compiled code knows them by their place
    *("center", "surround", "reach", "part", "before", "pad", "margin"),
    *("contrasts", "energies", "crossings", "sums", "details", "rows"),
)


def _jit(function, **options):
    """Compile a function; options of a private kind may go: slower, with the same results."""
    try:
        return njit(nogil=True, error_model="numpy", **options)(function)
    except KeyError:
        return njit(nogil=True, error_model="numpy")(function)


def _compile(function, **options):
    kernel = _jit(function, **options)
    kernel_cache.keep(kernel)
    return kernel


def _apart():
    """Options of numba for arrays of which none is written where another is read.

    LLVM else tests that before every loop, and leaves those of many rows as they are.  The flag
    is numba's own and may go: slower, with the same results.
    """
    try:
        from numba.core.compiler import Compiler, Flags
    except ImportError:
        return {}

    class Apart(Compiler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            self.state.flags.noalias = True

    return {"pipeline_class": Apart} if hasattr(Flags, "noalias") else {}


BARE = {"_nrt": False, **_apart()}  # no memory is owned: calls count no references, atomic steps


def _inner(function):
    """Compile a helper that compiled loops alone call: Python has no way in, and crashes."""
    return _jit(function, no_cpython_wrapper=True, no_cfunc_wrapper=True, **BARE)


class _Notice(event.Listener):
    """Message, once, that kernels are compiled, so that nobody takes it for a hang."""

    said = False

    def on_start(self, event):
        module = event.data["dispatcher"].py_func.__module__ or ""  # of the host's exec, none
        if not self.said and module.startswith("psysal."):
            self.said = True
            logging.getLogger("psysal").warning(
                "psysal compiles its kernels for this kind of task, once, which takes some seconds"
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
def _more3(s, out, a, b, c, n):
    out, a, b, c = uint64(out), uint64(a), uint64(b), uint64(c)
    for i in range(uint64(n)):
        s[out + i] += s[a + i] + s[b + i] + s[c + i]


@_inner
def _four(s, middle, a, b, c, d, e, f, out, w0, w1, w2, w3, n):
    """Four sums that share their middle: with a, b, c; b, c, d; c, d, e; d, e, f."""
    middle, a, b, c = uint64(middle), uint64(a), uint64(b), uint64(c)
    d, e, f = uint64(d), uint64(e), uint64(f)
    w0, w1, w2, w3 = uint64(w0), uint64(w1), uint64(w2), uint64(w3)
    for i in range(uint64(n)):
        m = s[middle + i]
        bc, de = s[b + i] + s[c + i], s[d + i] + s[e + i]
        out[w0 + i] = m + (s[a + i] + bc)
        out[w1 + i] = m + (bc + s[d + i])
        out[w2 + i] = m + (s[c + i] + de)
        out[w3 + i] = m + (de + s[f + i])


@_inner
def _eight(s, middle, a, b, out, w, n):
    """Eight sums that share their middle, each with some of the rows ``a`` and ``b``."""
    a0, a1, a2, a3, a4, a5, a6 = a
    b0, b1, b2, b3, b4, b5, b6 = b
    w0, w1, w2, w3, w4, w5, w6, w7 = w
    for i in range(uint64(n)):
        s7 = s[middle + i]
        s6 = s7 + s[a6 + i]
        s5 = s6 + s[a5 + i]
        s4 = s5 + s[a4 + i]
        s3 = s4 + s[a3 + i]
        s2 = s3 + s[a2 + i]
        s1 = s2 + s[a1 + i]
        out[w0 + i] = s1 + s[a0 + i]
        more = s[b0 + i]
        out[w1 + i] = s1 + more
        more += s[b1 + i]
        out[w2 + i] = s2 + more
        more += s[b2 + i]
        out[w3 + i] = s3 + more
        more += s[b3 + i]
        out[w4 + i] = s4 + more
        more += s[b4 + i]
        out[w5 + i] = s5 + more
        more += s[b5 + i]
        out[w6 + i] = s6 + more
        out[w7 + i] = s7 + (more + s[b6 + i])


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
    if w0 == 0:
        for i in range(uint64(n)):
            low = w1 * (half[a + i] + half[b + i])
            s[j + i] = low
            s[k + i] = image[at + i] - low
    else:
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
def _vertical_diagonal(s, k, squares, e2, e3, out, v, d, n):
    """Squares of V and D, and these themselves unless ``v`` is negative."""
    k, e2, e3 = uint64(k), uint64(e2), uint64(e3)
    if v < 0:
        for i in range(uint64(n)):
            vertical, diagonal = _v_d(s, k, i)
            squares[e2 + i] = vertical * vertical
            squares[e3 + i] = diagonal * diagonal
    else:
        v, d = uint64(v), uint64(d)
        for i in range(uint64(n)):
            vertical, diagonal = _v_d(s, k, i)
            squares[e2 + i] = vertical * vertical
            squares[e3 + i] = diagonal * diagonal
            out[v + i] = vertical
            out[d + i] = diagonal


@_inner
def _pairs(s, j, out, even, odd, n):
    """Even and odd samples of a row, apart."""
    j, even, odd = uint64(j), uint64(even), uint64(odd)
    for i in range(uint64(n)):
        out[even + i] = s[j + i + i]
        out[odd + i] = s[j + i + i + uint64(1)]


@_inner
def _smooth_pairs(s, even, odd, out, at, n):
    """B3-spline along a row at its even samples, from the second on."""
    even, odd, at = uint64(even), uint64(odd), uint64(at)
    w0, w1, w2 = s.dtype.type(0.375), s.dtype.type(0.25), s.dtype.type(0.0625)
    for i in range(uint64(n)):
        out[at + i] = (
            w0 * s[even + i + uint64(1)]
            + w1 * (s[odd + i] + s[odd + i + uint64(1)])
            + w2 * (s[even + i] + s[even + i + uint64(2)])
        )


@_inner
def _h(s, even, odd, e, i):
    """Two samples of H = J - P_x J, P_x J from the smoothed even samples ``e``."""
    w0, w1, w2 = s.dtype.type(0.75), s.dtype.type(0.125), s.dtype.type(0.5)
    left, middle, right = s[e + i], s[e + i + uint64(1)], s[e + i + uint64(2)]
    return (
        s[even + i] - (w0 * middle + w1 * (left + right)),
        s[odd + i] - w2 * (middle + right),
    )


@_inner
def _horizontal(s, even_j, odd_j, e, squares, e1, out, h, n):
    """Squares of H, and H itself unless ``h`` is negative."""
    even_j, odd_j, e, e1 = uint64(even_j), uint64(odd_j), uint64(e), uint64(e1)
    if h < 0:
        for i in range(uint64(n // 2)):
            even, odd = _h(s, even_j, odd_j, e, i)
            squares[e1 + i + i] = even * even
            squares[e1 + i + i + uint64(1)] = odd * odd
    else:
        h = uint64(h)
        for i in range(uint64(n // 2)):
            even, odd = _h(s, even_j, odd_j, e, i)
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
    end = coarse_plain + 1  # pairs of samples, from two before the first on
    whole = min(plain // 2 + 1, end)
    row = np.empty(2 * end + 10, image.dtype)
    even, odd, more = int64(0), end + 2, 2 * end + 3
    for i in range(start, stop):
        r, at = 2 * sources[i] + 4, i * wide
        _smooth_rows(
            image, rows[r - 2] * wide, rows[r - 1] * wide, rows[r] * wide,
            rows[r + 1] * wide, rows[r + 2] * wide, half, at, wide,
        )  # fmt: skip
        _pairs(half, at, row, even + 1, odd + 1, whole - 1)
        row[even], row[odd] = half[at + cols[2]], half[at + cols[3]]
        for k in range(whole, end + 1):
            row[even + k] = half[at + min(cols[2 * k + 2], wide - 1)]
            row[odd + k] = half[at + min(cols[2 * k + 3], wide - 1)]
        _smooth_pairs(row, even, odd, coarse, i * coarse_wide, coarse_plain)
        if coarse_wide > coarse_plain:
            for x in range(5):
                row[more + x] = half[at + min(cols[size + x], wide - 1)]
            _smooth_even(row, more, coarse, i * coarse_wide + coarse_plain, 1)


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
    s, j, k, e, pairs, squares, e1, e2, e3, out, h, v, d,
):  # fmt: skip
    """Row ``r`` of the planes H, V and D, columns lo..hi-1 (both even).

    Their squares go to ``e1``, ``e2`` and ``e3`` of ``squares``, and they themselves to ``out``
    unless ``h`` and ``v`` are negative.  ``s`` has room for J and K (hi - lo + 8 samples
    each) at ``j`` and ``k``, for the even and odd samples of J at ``pairs``, and for the
    smoothed even ones at ``e``.  H is left out where ``e1`` is negative.
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
                 image, at + plain, s, j + to, k + to, int64(1))  # fmt: skip
    _mirror_columns(s, j, cols, lo, lo - 4, first, last, hi + 4)
    _mirror_columns(s, k, cols, lo, lo - 4, first, last, hi + 4)
    _vertical_diagonal(s, k + 2, squares, e2, e3, out, v, d, hi - lo)
    if e1 >= 0:
        even, odd, half = pairs, pairs + (hi - lo) // 2 + 4, (hi - lo) // 2
        _pairs(s, j, s, even, odd, half + 4)
        _smooth_pairs(s, even, odd, s, e, half + 2)
        _horizontal(s, even + 2, odd + 2, e, squares, e1, out, h, hi - lo)


@_compile
def details(image, half, size, wide, plain, rows, halves, cols, planes):
    """Detail planes (3, size, size) of a level, whole."""
    width = size + 8
    s = np.empty(7 * width, image.dtype)
    for r in range(size):
        h = r * size
        _detail_rows(
            image, half, size, wide, plain, rows, halves, cols, r, 0, size,
            s, 0, width, 2 * width, 3 * width, s, 4 * width, 5 * width, 6 * width,
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
# The samples about (y, x) along a line stand in rows y + j, columns x + lean j.  The sum of
# ``length`` samples of a line stands where its first one does.  Rows beyond the border mirror
# those inside, and so do sums, which change diagonals: ``fold`` (of contrast.fold) has, from row
# -margin on, the row that stands for each; then, for sums of ``center`` and for those of ``part``
# samples, the row of that which stands for the sum, and whether it is of the other diagonal.


@_inner
def _rings(plan, width):
    """Starts of the rings of z, of details, of energies and of sums along three lines.

    Row y of a ring of ``depth`` rows is its row y % depth.
    """
    z = (SUMS + 1) * width
    v = z + plan.contrasts * width
    d = v + plan.details * width
    e2 = d + plan.details * width
    e3 = e2 + plan.energies * width
    down = e3 + plan.crossings * width
    more = plan.sums * width
    first, second = down + more, down + 2 * more
    if plan.part == plan.center:
        return z, v, d, e2, e3, (down, first, second), (down, first, second)
    whole, more = (down, first, second), 3 * more
    return z, v, d, e2, e3, whole, (down + more, first + more, second + more)


@_inner
def _total(s, at, first, last, zeros, out, n):
    """out = the sum of the rows that start at ``at[first:last]``; no rows are as ``zeros``."""
    i = last - first
    _add4(
        s, out, at[first] if i > 0 else zeros, at[first + 1] if i > 1 else zeros,
        at[first + 2] if i > 2 else zeros, at[first + 3] if i > 3 else zeros, n,
    )  # fmt: skip
    for i in range(first + 4, last, 3):
        b, c = at[i + 1] if i + 1 < last else zeros, at[i + 2] if i + 2 < last else zeros
        _more3(s, out, at[i], b, c, n)


@_inner
def _along(s, length, at, width, step, out, n):
    """out = sums of ``length`` samples along LINE, with the help of FOURS."""
    count = length // 4
    for i in range(count):
        at[i] = FOURS * width + 4 * i * step
    for i in range(4 * count, length):
        at[count] = LINE * width + i * step
        count += 1
    _total(s, at, int64(0), count, ZEROS * width, out, n)


@_inner
def _beside(s, plan, at, width, step, n):
    """Sums along LINE; returns the starts of those of the window about ``pad``."""
    center, surround, part = plan.center, plan.surround, plan.part
    line, whole = LINE * width, WHOLE * width
    parts = PARTS * width if part != center else whole
    _add4(s, FOURS * width, line, line + step, line + 2 * step, line + 3 * step, n)
    _along(s, center, at, width, step, whole, n)
    if part != center:
        _along(s, part, at, width, step, parts, n)
    far, shift, start = surround + center, surround - part, parts + step * (plan.pad - plan.before)
    return (
        uint64(whole + step * (plan.pad - plan.before + surround)),
        uint64(start),
        uint64(start + step * shift),
        uint64(start + step * far),
        uint64(start + step * (far + shift)),
    )


@_inner
def _sum_rows(
    s, fold, origin, a, energies, depth, sums, room, length, lean, at, spare, width, n
):  # fmt: skip
    """Sums of ``length`` rows of energies from each of the rows a..a+7 on.

    All ``n`` columns are summed: those too near an end of the row take in samples of the gap
    between rows and are never used.
    """
    to, begin = length + ROWS - 1, -max(lean, 0) * ROWS  # the last of them starts furthest on
    for q in range(to):
        at[q] = energies + fold[uint64(origin + a + q)] % depth * width + begin + lean * q
    for q in range(ROWS):
        at[to + q] = sums + (a + q) % room * width + begin + lean * q
    if length < 3:
        for q in range(ROWS):
            _total(s, at, q, q + length, ZEROS * width, at[to + q], n)
        return
    if length < ROWS - 1:
        for q in range(0, ROWS, 4):
            _total(s, at, q + 3, q + length, ZEROS * width, spare, n)
            _four(
                s, spare, at[q], at[q + 1], at[q + 2],
                at[q + length], at[q + length + 1], at[q + length + 2],
                s, at[to + q], at[to + q + 1], at[to + q + 2], at[to + q + 3], n,
            )  # fmt: skip
        return
    _total(s, at, int64(ROWS - 1), length, ZEROS * width, spare, n)
    b = length
    _eight(
        s, uint64(spare),
        (uint64(at[0]), uint64(at[1]), uint64(at[2]), uint64(at[3]), uint64(at[4]),
         uint64(at[5]), uint64(at[6])),
        (uint64(at[b]), uint64(at[b + 1]), uint64(at[b + 2]), uint64(at[b + 3]),
         uint64(at[b + 4]), uint64(at[b + 5]), uint64(at[b + 6])),
        s,
        (uint64(at[to]), uint64(at[to + 1]), uint64(at[to + 2]), uint64(at[to + 3]),
         uint64(at[to + 4]), uint64(at[to + 5]), uint64(at[to + 6]), uint64(at[to + 7])),
        n,
    )  # fmt: skip


@_inner
def _sum_lines(s, plan, fold, a, lines, step, n, at, width):
    """Sums of the windows that begin in the rows a..a+7, for ``n`` columns, along some lines."""
    _, _, _, down, cross, whole, parts = _rings(plan, width)
    center, part, pad, spare = plan.center, plan.part, step * plan.pad, FOURS * width
    after = step * (plan.reach - 1 - plan.before + ROWS)
    for i in range(lines[0], lines[1]):
        to, energies, depth = (0, cross, plan.crossings) if i else (pad, down + pad, plan.energies)
        m = (n + (pad + after if i else 0) + 31) // 32 * 32  # whole vectors, no remainder loop
        lean = step * ((i == 1) - (i == 2))
        _sum_rows(s, fold, plan.margin, a, energies, depth, whole[i] + to, plan.sums,
                  center, lean, at, spare, width, m)  # fmt: skip
        if part != center:
            _sum_rows(s, fold, plan.margin, a, energies, depth, parts[i] + to, plan.sums,
                      part, lean, at, spare, width, m)  # fmt: skip


@_inner
def _place(plan, fold, i, own, other, at, end, width):
    """Start of a sum: of its own diagonal at column ``at``, of the other one at ``end``.

    ``i`` is the place in ``fold`` of the row that it begins in.
    """
    row = fold[uint64(i)] % plan.sums * width
    mirrored = fold[uint64(i + len(fold) // 5)]
    return uint64(other + row + end if mirrored else own + row + at)


@_inner
def _window(plan, fold, whole, parts, line, y, at, lean, width):
    """Starts of the sums of the window about row ``y``, column ``at``."""
    center, surround, part = plan.center, plan.surround, plan.part
    far, shift, first = surround + center, surround - part, at - lean * plan.before
    rows, other = len(fold) // 5, 3 - line if line else 0
    y += plan.margin - plan.before
    i, middle, last = 3 * rows + y, first + lean * surround, first + lean * (part - 1)
    own, far_end = parts[line], last + lean * far
    return (
        _place(plan, fold, rows + y + surround, whole[line], whole[other],
               middle, middle + lean * (center - 1), width),
        _place(plan, fold, i, own, parts[other], first, last, width),
        _place(plan, fold, i + shift, own, parts[other],
               first + lean * shift, last + lean * shift, width),
        _place(plan, fold, i + far, own, parts[other], first + lean * far, far_end, width),
        _place(plan, fold, i + far + shift, own, parts[other],
               first + lean * (far + shift), far_end + lean * shift, width),
    )  # fmt: skip


@_inner
def _windows(plan, fold, y, step, width):
    """Starts of the sums of the three windows about row ``y``, and of the samples in it.

    These are z of the horizontal plane, the energies where the diagonals cross, and the place in
    the rings of details.
    """
    z, _, _, _, crossings, whole, parts = _rings(plan, width)
    pad, row = step * plan.pad, fold[plan.margin + y]
    other = pad + step * (1 - plan.center % 2)  # an even cross shifts by one
    return (
        _window(plan, fold, whole, parts, int64(0), y, pad, int64(0), width),
        _window(plan, fold, whole, parts, int64(1), y, pad, int64(step), width),
        _window(plan, fold, whole, parts, int64(2), y, other, -step, width),
        z + row % plan.contrasts * width,
        crossings + row % plan.crossings * width + pad,
        row % max(plan.details, 1) * width + pad,
    )


@_inner
def _first_last(plan, fold, y):
    """First and last row where a sum of the windows about row ``y`` begins."""
    n, y = len(fold) // 5, y - plan.before + plan.margin
    far, shift = plan.surround + plan.center, plan.surround - plan.part
    middle, i = fold[n + y + plan.surround], 3 * n + y
    a, b, c, d = fold[i], fold[i + shift], fold[i + far], fold[i + far + shift]
    return min(middle, a, b, c, d), max(middle, a, b, c, d)


@_inner
def _range(plan, fold, y0, y1):
    """First and last row where sums begin that rows y0..y1-1 need, and two first rows of energies.

    The first of these is that of the sums, and the second the rows' own.
    """
    (first, last), lowest = _first_last(plan, fold, y0), fold[plan.margin + y0]
    for y in range(y0 + 1, y1):
        low, high = _first_last(plan, fold, y)
        first, last, lowest = min(first, low), max(last, high), min(lowest, fold[plan.margin + y])
    longest = max(plan.center, plan.part)
    top, start = fold[plan.margin + first], -(longest // 2)
    for r in range(first, last + longest):
        top = min(top, fold[plan.margin + r])
    return start + (first - start) // ROWS * ROWS, last, top, lowest


@_inner
def _needed(plan, fold, a, last):
    """Last row of energies of the sums that begin in the rows a..a+7, as far as ``last``."""
    need = fold[plan.margin + a]
    for r in range(a + 1, min(a + ROWS - 1, last) + max(plan.center, plan.part)):
        need = max(need, fold[plan.margin + r])
    return need


@partial(_compile, **BARE)
def rebuild(
    image, half, size, wide, plain, rows, halves, cols, plan, mirror, fold, at, s,
    coarse, coarse_wide, gain, offset, pedestal, out, out_wide, totals, y0, y1, edges,
):  # fmt: skip
    """out = pedestal + gain (z1 + z2 + z3) + U(coarse), on the rows [y0, y1), tile by tile.

    z is the contrast of a level's details w, which are made row by row and never stored.
    Where the plan keeps details for a percept, out = pedestal + U(coarse) + sum of
    (offset + gain z) w instead; else ``offset`` is None, and what is for percepts not compiled.
    ``y0`` is a multiple of BLOCK; tiles lie between the columns ``edges``, which are even;
    ``mirror[p]`` is the sample at position p - ``pad`` of a row whose edge repeats, and ``fold``
    that of ``contrast.fold`` for rows;
    ``coarse`` is the result of the coarser levels (``coarse_wide`` columns) and ``out`` has
    ``out_wide`` columns.  ``totals`` takes the sum of every BLOCK rows of each tile.  ``plan`` is
    that of ``contrast.plan``, and the scratch memory for it, ``at`` and ``s``, is as large as
    ``contrast.scratch_sizes`` has it.
    """
    before, pad = plan.before, plan.pad
    after, width = plan.reach - 1 - before, len(s) // plan.rows
    j, k, even, pairs = J * width, K * width, EVEN * width, PAIRS * width
    weight, base = s.dtype.type(gain), s.dtype.type(pedestal)
    line, cross = _weights(plan, False, s.dtype.type), _weights(plan, True, s.dtype.type)
    z, v, d, e2, e3, _, _ = _rings(plan, width)
    s[uint64(ZEROS * width) : uint64((ZEROS + 1) * width)] = 0
    first, last, top, lowest = _range(plan, fold, y0, y1)
    for x in range(len(edges) - 1):
        x0, x1, block = edges[x], edges[x + 1], x * (len(totals) // (len(edges) - 1))
        left, right, n = x0 - pad, x1 + after, x1 - x0
        lo, hi = max(left, 0), min(right + right % 2, size)
        to, full, sums = lo - left, pad + n + after, uint64(SUMS * width)
        for i in range(uint64(n)):
            s[sums + i] = 0
        r, y = top, y0
        for a in range(first, last + 1, ROWS):
            need = _needed(plan, fold, a, last)
            while r <= need:
                inside = lowest <= r < y1
                z1, h2, v2, d2 = z + r % plan.contrasts * width, -1, -1, -1
                row2, row3 = e2 + r % plan.energies * width, e3 + r % plan.crossings * width
                if offset is not None:
                    place = r % plan.details * width + to
                    h2, v2, d2 = DETAIL * width + to, v + place, d + place
                _detail_rows(
                    image, half, size, wide, plain, rows, halves, cols, r, lo, hi,
                    s, j, k, even, pairs, s, LINE * width + to if inside else -1,
                    row2 + to, row3 + to, s, h2, v2, d2,
                )  # fmt: skip
                _mirror_columns(s, row3, mirror, left + pad, left, lo, hi, right)
                if inside:
                    _mirror_columns(s, LINE * width, mirror, left + pad, left, lo, hi, right)
                    _set_line(s, _beside(s, plan, at, width, 1, full), line, s, z1, n)
                    if offset is not None:
                        least = s.dtype.type(offset)
                        _weigh(s, z1, DETAIL * width + pad, weight, least, n)
                r += 1
            _sum_lines(s, plan, fold, a, (0, 3), 1, n, at, width)
            while y < y1 and _first_last(plan, fold, y)[1] < a + ROWS:
                start = uint64(y * out_wide + x0)
                _up_row(coarse, coarse_wide, size // 2, y, x0, n, base, s, even, s, j)
                down, one, two, z1, middle, place = _windows(plan, fold, y, 1, width)
                if offset is not None:
                    _set_percept(
                        s, z1, down, line, one, two, middle, cross, v + place, d + place,
                        weight, s.dtype.type(offset), j, out, start, n,
                    )  # fmt: skip
                else:
                    _set_sum(s, z1, down, line, one, two, middle, cross, weight, j, out, start, n)
                for i in range(uint64(n)):
                    s[sums + i] += out[start + i]
                if y % BLOCK == BLOCK - 1 or y == y1 - 1:
                    for i in range(uint64(n)):
                        totals[block + y // BLOCK] += s[sums + i]
                        s[sums + i] = 0
                y += 1


# --- the two ends of the pipeline --------------------------------------------


@_inner
def _decode(image, table, encoded, at, linear, n):
    """Linear light of whole numbers by a table, of sRGB values, or as it is.

    x**2.4 is x**2 v**1.6 with v = x**(1 / 4), whose power is had from a polynomial, right to 6e-6,
    and a step of Halley's towards the fifth root of x**2: to rounding from 0 up to x = 2.
    """
    at, kind = uint64(at), linear.dtype.type
    knee, straight, scale, more = kind(0.04045), kind(1 / 12.92), kind(1 / 1.055), kind(0.055)
    c0, c1, c2, c3, c4 = kind(-0.0234), kind(0.31472), kind(0.87601), kind(-0.20249), kind(0.03516)
    for i in range(uint64(n)):
        if table is not None:
            linear[i] = table[image[at + i]]
        elif encoded:
            value = kind(image[at + i])
            x = (max(value, knee) + more) * scale
            v, square = np.sqrt(np.sqrt(x)), x * x
            y = c0 + v * (c1 + v * (c2 + v * (c3 + v * c4)))
            fifth, twice = y * y * y * y * y, square + square
            y *= (fifth + fifth + twice + square) / (fifth + fifth + fifth + twice)
            linear[i] = square * y if value > knee else straight * value
        else:
            linear[i] = image[at + i]


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
def opponent(image, table, encoded, wide, out, start, stop):
    """O1, O2, O3 of the rows start..stop-1.

    ``image`` (rows x ``wide`` x 3) holds whole numbers that ``table`` makes linear, or values,
    sRGB if ``encoded``, else linear; ``out`` is (3 x rows x wide).
    """
    linear = np.empty(3 * wide, out.dtype)
    for y in range(start, stop):
        _decode(image, table, encoded, 3 * wide * y, linear, 3 * wide)
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

    x**(1 / 2.4) is v**(5 / 3) with v = x**(1 / 4), whose cube root is had from a polynomial, right
    to .28 %, and a step of Halley's, in float64 two: to rounding from the knee up to x = 150.
    """
    at, kind = uint64(at), out.dtype.type
    knee, straight, scale, less = kind(0.0031308), kind(12.92), kind(1.055), kind(0.055)
    c0, c1, c2 = kind(0.39735), kind(1.11523), kind(-0.82097)
    c3, c4, c5 = kind(0.39795), kind(-0.09788), kind(0.00934)
    for i in range(uint64(n)):
        x = out[at + i]
        v = np.sqrt(np.sqrt(max(x, knee)))
        y = c0 + v * (c1 + v * (c2 + v * (c3 + v * (c4 + v * c5))))
        cube = y * y * y
        y *= (cube + v + v) / (cube + cube + v)
        if out.itemsize > 4:
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
