"""The compiled loops: checked C-contiguous planes in, results written into ``out``.

Place in the pipeline: under every stage of ``psysal.vision``; imports numba and
numpy only, and decides nothing.  Each kernel has a slow, obvious twin in
``tests/oracles.py``.

How it is fast
    * Planes are handed over flat, and rows are addressed by unsigned offsets, so
      that LLVM needs no wrap-around test and vectorizes every inner loop; a loop
      touches few arrays, so that its alias checks stay cheap.
    * A window sum of n samples is two sums of n // 2 (and one sample more when n
      is odd): 13 and 26 cost four passes together.  Nothing is ever subtracted,
      so float32 is as exact where surrounds are quiet as where they are loud,
      and a sample's value does not depend on how the plane was cut into tiles:
      any number of threads gives the same bits.
    * Sums wait in rings of rows that stay in the cache; no plane of details,
      energies or weights is ever stored on the way to a map.

Kernels release the GIL and are cached on disk; where no cache folder can be
written they compile anew in every process.
"""

import logging

import numpy as np
from numba import int64, njit, uint32, uint64
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

LENGTH, BELOW, DEPTH, BASE = range(4)


LENGTH, BELOW, DEPTH, BASE = range(4)


def _compile(function):
    try:
        return njit(nogil=True, error_model="numpy", cache=True)(function)
    except RuntimeError:  # nowhere to write a cache
        return njit(nogil=True, error_model="numpy")(function)


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


@_compile
def _add2(s, out, a, b, n):
    out, a, b = uint64(out), uint64(a), uint64(b)
    for i in range(uint64(n)):
        s[out + i] = s[a + i] + s[b + i]


@_compile
def _add3(s, out, a, b, c, n):
    out, a, b, c = uint64(out), uint64(a), uint64(b), uint64(c)
    for i in range(uint64(n)):
        s[out + i] = s[a + i] + s[b + i] + s[c + i]


@_compile
def _square(plane, at, out, to, n):
    at, to = uint64(at), uint64(to)
    for i in range(uint64(n)):
        out[to + i] = plane[at + i] * plane[at + i]


@_compile
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


@_compile
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


@_compile
def _project(half, c, a, b, w0, w1, image, at, s, j, k, n):
    """J = P_v I, interpolated from the half-height plane, and K = I - J."""
    c, a, b, at, j, k = uint64(c), uint64(a), uint64(b), uint64(at), uint64(j), uint64(k)
    for i in range(uint64(n)):
        low = w0 * half[c + i] + w1 * (half[a + i] + half[b + i])
        s[j + i] = low
        s[k + i] = image[at + i] - low


@_compile
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


@_compile
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


@_compile
def _add_contrast(s, c, s0, s1, wc, ws, out, at, n):
    """Add z = r**2 / (1 + r**2) with r = wc * centre / (ws * surround + 1)."""
    c, s0, s1, at = uint64(c), uint64(s0), uint64(s1), uint64(at)
    one = s.dtype.type(1)
    for i in range(uint64(n)):
        p = wc * s[c + i]
        q = ws * (s[s0 + i] + s[s1 + i]) + one
        p = p * p
        out[at + i] += p / (p + q * q)


@_compile
def _set_contrast(s, c, s0, s1, wc, ws, out, at, n):
    c, s0, s1, at = uint64(c), uint64(s0), uint64(s1), uint64(at)
    one = s.dtype.type(1)
    for i in range(uint64(n)):
        p = wc * s[c + i]
        q = ws * (s[s0 + i] + s[s1 + i]) + one
        p = p * p
        out[at + i] = p / (p + q * q)


@_compile
def _add_cross_contrast(s, c0, c1, e, cross, a0, a1, b0, b1, wc, ws, out, at, n):
    """The same over two diagonals; their crossing ``e`` counts once."""
    c0, c1, e, at = uint64(c0), uint64(c1), uint64(e), uint64(at)
    a0, a1, b0, b1 = uint64(a0), uint64(a1), uint64(b0), uint64(b1)
    one = s.dtype.type(1)
    for i in range(uint64(n)):
        p = wc * (s[c0 + i] + s[c1 + i] - cross * s[e + i])
        q = ws * ((s[a0 + i] + s[a1 + i]) + (s[b0 + i] + s[b1 + i])) + one
        p = p * p
        out[at + i] += p / (p + q * q)


# --- the wavelet -------------------------------------------------------------


@_compile
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


@_compile
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
    for x in range(lo - 4, first):
        m = cols[x + 4]
        _project(
            half, c + m, a + m, b + m, w0, w1, image, at + m, s, j + x - lo + 4, k + x - lo + 4, 1
        )
    for x in range(max(last, lo - 4), hi + 4):
        m = cols[x + 4]
        _project(
            half, c + m, a + m, b + m, w0, w1, image, at + m, s, j + x - lo + 4, k + x - lo + 4, 1
        )
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
            out[last] = (
                gain * fine[last] + pedestal + (u0 * row[i + 1] + u1 * (row[i] + row[i + 2]))
            )
        for i in range(uint64(fine_wide)):
            total[i] += out[at + i]
    return total.sum()


# --- centre-surround contrast ------------------------------------------------


@_compile
def _slot(t, depth):
    """Row of a ring that holds time ``t`` (unsigned: cheap, and any row will do before 0)."""
    return int64(uint32(t) % uint32(depth))


@_compile
def _base(steps, j, width, e, ring):
    return ring + steps[j, BASE] * width if j else e


@_compile
def _climb(s, steps, width, e, ring, t, dy, dx, n):
    """Bring the sums along direction (dy, dx) up to row ``t``.

    All ``n`` columns are summed: those too near the row's start (or end, for dx < 0)
    take in samples of the gap between rows, and are never used.
    """
    energies = steps[0, DEPTH]
    n = (n + 31) // 32 * 32  # whole vectors, no remainder loop
    for j in range(1, len(steps)):
        length, below = steps[j, LENGTH], steps[j, BELOW]
        step = steps[below, LENGTH]
        out = ring + (steps[j, BASE] + _slot(t, steps[j, DEPTH])) * width
        depth, base = steps[below, DEPTH], _base(steps, below, width, e, ring)
        a = base + _slot(t, depth) * width
        b = base + _slot(t - step * dy, depth) * width - step * dx
        if length % 2:
            c = e + _slot(t - 2 * step * dy, energies) * width - 2 * step * dx
            _add3(s, out, a, b, c, n)
        else:
            _add2(s, out, a, b, n)


@_compile
def _windows(steps, center, surround, width, e, ring, t, dy, dx, x):
    """Where the centre sum and the two surround sums start for a line ending at (t, x)."""
    near = steps[surround, LENGTH]
    far = near + steps[center, LENGTH]
    inner = _base(steps, center, width, e, ring)
    outer = _base(steps, surround, width, e, ring)
    depth = steps[surround, DEPTH]
    return (
        inner + _slot(t - near * dy, steps[center, DEPTH]) * width + x - near * dx,
        outer + _slot(t, depth) * width + x,
        outer + _slot(t - far * dy, depth) * width + x - far * dx,
    )


@_compile
def _contrast_row(s, steps, center, surround, orientation, width, pad, e, ring, t, n, out, at):
    """Take in row ``t`` of energies; add z of the row half a window back to ``out``.

    Energies stand at ``e`` with ``pad`` columns before the ``n`` of the tile.
    Nothing is added before a whole window of rows was taken in.
    """
    c, near = steps[center, LENGTH], steps[surround, LENGTH]
    reach = c + 2 * near
    after = reach // 2
    cross = 1 - c % 2  # an even cross has no common sample: its second diagonal shifts by one
    dtype = s.dtype.type
    lines = 2 if orientation == 3 else 1
    wc = dtype(1e6 / (lines * c - (1 if orientation == 3 and c % 2 else 0)))
    ws = dtype(1e6 / (2 * lines * near))
    if orientation == 1:
        _climb(s, steps, width, e, ring, 0, 0, 1, pad + n + after)
        c0, a0, b0 = _windows(steps, center, surround, width, e, ring, 0, 0, 1, pad + after)
        _set_contrast(s, c0, a0, b0, wc, ws, out, at, n)
    elif orientation == 2:
        _climb(s, steps, width, e + pad, ring + pad, t, 1, 0, n)
        if t >= reach - 1:
            c0, a0, b0 = _windows(steps, center, surround, width, e, ring, t, 1, 0, pad)
            _add_contrast(s, c0, a0, b0, wc, ws, out, at, n)
    else:
        second = ring + (steps[-1, BASE] + steps[-1, DEPTH]) * width
        _climb(s, steps, width, e, ring, t, 1, 1, pad + n + after)
        _climb(s, steps, width, e, second, t, 1, -1, pad + n + after)
        if t >= reach - 1:
            c0, a0, b0 = _windows(steps, center, surround, width, e, ring, t, 1, 1, pad + after)
            c1, a1, b1 = _windows(
                steps, center, surround, width, e, second, t, 1, -1, pad + cross - after
            )
            middle = e + _slot(t - after, steps[0, DEPTH]) * width + pad
            _add_cross_contrast(
                s, c0, c1, middle, dtype(1 - cross), a0, b0, a1, b1, wc, ws, out, at, n
            )


@_compile
def _mirror_columns(s, e, cols, x0, lo, hi, end):
    """Fill columns x0..lo-1 and hi..end-1 of the row at ``e`` (which starts at x0)."""
    for x in range(x0, lo):
        s[e + x - x0] = s[e + cols[x - x0] - x0]
    for x in range(hi, end):
        s[e + x - x0] = s[e + cols[x - x0] - x0]


@_compile
def contrast_details(
    image, half, size, rows, cols, steps, center, surround, mirror, s, out, wide,
    y0, y1, x0, x1,
):  # fmt: skip
    """Summed contrast z1 + z2 + z3 of a level's details, on the tile [y0, y1) x [x0, x1).

    The details are made row by row and never stored.  ``x0`` is even; ``mirror[p]``
    is the sample that stands for position p - ``pad`` of a row or column when the
    edge repeats; ``out`` has ``wide`` columns.  ``s`` is room for 4 + 3 depth + 4 ring
    rows (depth of step 0; ring: all others) of the tile, its margins and a gap.
    """
    reach = steps[center, LENGTH] + 2 * steps[surround, LENGTH]
    after = reach // 2
    before = reach - 1 - after
    pad = before + before % 2
    n = x1 - x0
    depth, ring = steps[0, DEPTH], steps[-1, BASE] + steps[-1, DEPTH]
    width = len(s) // (4 + 3 * depth + 4 * ring)
    j, k, even = 0, width, 2 * width
    e1 = 3 * width
    e2 = e1 + depth * width
    e3 = e2 + depth * width
    r1 = e3 + depth * width
    r2 = r1 + ring * width
    r3 = r2 + ring * width
    left, right = x0 - pad, x1 + after
    lo, hi = max(left, 0), min(right + right % 2, size)
    for t in range(y1 - y0 + reach - 1):
        y = y0 - before + t
        slot = t % depth * width
        inside = y0 <= y < y1
        to = lo - left
        _detail_rows(
            image, half, size, mirror[y + pad], rows, cols, lo, hi, s, j, k, even,
            s, e1 + to if inside else -1, e2 + slot + to, e3 + slot + to, True,
        )  # fmt: skip
        _mirror_columns(s, e3 + slot, mirror[left + pad :], left, lo, hi, right)
        if inside:
            _mirror_columns(s, e1, mirror[left + pad :], left, lo, hi, right)
            _contrast_row(
                s, steps, center, surround, 1, width, pad, e1, r1, 0, n, out, y * wide + x0
            )
        at = (y - after) * wide + x0
        _contrast_row(s, steps, center, surround, 2, width, pad, e2, r2, t, n, out, at)
        _contrast_row(s, steps, center, surround, 3, width, pad, e3, r3, t, n, out, at)


@_compile
def contrast_plane(
    plane, rows, cols, steps, center, surround, mirror_rows, mirror_cols, orientation, s, out
):
    """z of one rows x cols plane that is given; ``out`` must hold zeros.

    ``s`` is room for as many rows as in :func:`contrast_details`.
    """
    reach = steps[center, LENGTH] + 2 * steps[surround, LENGTH]
    after = reach // 2
    before = reach - 1 - after
    pad = before + before % 2
    depth, ring = steps[0, DEPTH], steps[-1, BASE] + steps[-1, DEPTH]
    width = len(s) // (4 + 3 * depth + 4 * ring)
    for t in range(reach - 1 + rows):
        y = t - before
        if orientation == 1 and (y < 0 or y >= rows):
            continue
        e = width if orientation == 1 else (1 + t % depth) * width
        _square(plane, mirror_rows[y + pad] * cols, s, e + pad, cols)
        _mirror_columns(s, e, mirror_cols, -pad, 0, cols, cols + after)
        at = (y if orientation == 1 else y - after) * cols
        _contrast_row(s, steps, center, surround, orientation, width, pad,
                      width, (1 + depth) * width, t, cols, out, at)  # fmt: skip


# --- the two ends of the pipeline --------------------------------------------


@_compile
def _decode(image, table, at, linear, n):
    at = uint64(at)
    for i in range(uint64(n)):
        if table is None:
            linear[i] = image[at + i]
        else:
            linear[i] = table[image[at + i]]


@_compile
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
