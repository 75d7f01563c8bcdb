"""Compiled loops of classical models; each has a slow twin in ``tests/support/oracles.py``.

Place in the pipeline: under the modules of models that are computed as their authors' programs
do.  They are apart from those of ``psysal.vision``, so that a change there does not compile them
anew.
"""

from typing import Any

import numpy as np
from numba import uint64

from psysal.vision.kernels import _compile, _inner


@_compile
def grey_codes(codes: Any, red: Any, green: Any, blue: Any, out: Any) -> None:
    """Weighted sum of R, G and B of each pixel, rounded to a code, halves up."""
    half = 0.5
    for i in range(uint64(out.size)):
        k = uint64(3) * i
        value = red * codes[k] + green * codes[k + uint64(1)] + blue * codes[k + uint64(2)]
        out[i] = np.uint8(value + half)


@_compile
def surround_contrast(
    codes: Any, sums: Any, halves: Any, rows: Any, cols: Any, out: Any, start: Any, stop: Any
) -> None:
    """Squared distances from the means of squares, of rows start..stop-1, added up.

    ``codes`` (rows, cols, 3) and ``sums`` (rows + 1, cols + 1, 3), of the pixels above and left,
    are flat; a square reaches ``halves`` to each side, and is cut at the border.
    """
    for y in range(start, stop):
        for x in range(cols):
            total = 0.0
            for half in halves:
                top, bottom = max(y - half, 0), min(y + half + 1, rows)
                left, right = max(x - half, 0), min(x + half + 1, cols)
                share = 1 / ((bottom - top) * (right - left))
                a, b = top * (cols + 1), bottom * (cols + 1)
                for c in range(3):
                    inside = (
                        sums[uint64(3 * (b + right) + c)]
                        - sums[uint64(3 * (b + left) + c)]
                        - sums[uint64(3 * (a + right) + c)]
                        + sums[uint64(3 * (a + left) + c)]
                    )
                    difference = codes[uint64(3 * (y * cols + x) + c)] - inside * share
                    total += difference * difference
            out[y * cols + x] = total


@_compile
def color_planes(pixels: Any, white: Any, planes: Any) -> None:
    """Planes of R, G, B and the largest of the three, of ``white`` 1, in float32."""
    count = uint64(pixels.size // 3)
    for i in range(count):
        k = uint64(3) * i
        red = np.float32(pixels[k] / white)
        green = np.float32(pixels[k + uint64(1)] / white)
        blue = np.float32(pixels[k + uint64(2)] / white)
        planes[i] = red
        planes[count + i] = green
        planes[uint64(2) * count + i] = blue
        planes[uint64(3) * count + i] = max(red, green, blue)


@_compile
def halve(plane: Any, rows: Any, cols: Any, out: Any) -> None:
    """Half of the columns, then of the rows, of a float32 plane of more than 3 x 3 samples.

    Sums of samples of equal weight are float32, the rest float64.
    """
    narrow = cols // 2
    across = np.empty(rows * narrow, np.float32)
    for y in range(rows):
        row, to = y * cols, y * narrow
        a, b, c, d = plane[row], plane[row + 1], plane[row + 2], plane[row + 3]
        across[to] = ((a + b) * 10.0 + c * 5.0 + d) / 26
        for k in range(1, narrow - 1):
            i = uint64(row + 2 * k)
            pair = plane[i] + plane[i + uint64(1)]
            near = plane[i - uint64(1)] + plane[i + uint64(2)]
            far = plane[i - uint64(2)] + plane[i + uint64(3)]
            across[uint64(to + k)] = (near * 5.0 + pair * 10.0 + far) / 32
        end = row + cols
        if cols % 2:
            a, b, c = plane[end - 5], plane[end - 4], plane[end - 3]
            d, e = plane[end - 2], plane[end - 1]
            across[to + narrow - 1] = ((b + e) * 5.0 + (c + d) * 10.0 + a) / 31
        else:
            a, b, c, d = plane[end - 4], plane[end - 3], plane[end - 2], plane[end - 1]
            across[to + narrow - 1] = (a + b * 5.0 + (c + d) * 10.0) / 26
    short, n = rows // 2, uint64(narrow)
    for k in range(short):
        to = uint64(k * narrow)
        if 0 < k < short - 1:
            top = uint64((2 * k - 2) * narrow)
            for x in range(n):
                i = top + x
                far = across[i] + across[i + uint64(5) * n]
                near = across[i + n] + across[i + uint64(4) * n]
                pair = across[i + uint64(2) * n] + across[i + uint64(3) * n]
                out[to + x] = (near * 5.0 + pair * 10.0 + far) / 32
        elif k == 0:
            for x in range(n):
                a, b = across[x], across[n + x]
                c, d = across[uint64(2) * n + x], across[uint64(3) * n + x]
                out[x] = ((a + b) * 10.0 + c * 5.0 + d) / 26
        elif rows % 2:
            top = uint64((rows - 5) * narrow)
            for x in range(n):
                i = top + x
                a, b, c = across[i], across[i + n], across[i + uint64(2) * n]
                d, e = across[i + uint64(3) * n], across[i + uint64(4) * n]
                out[to + x] = ((b + e) * 5.0 + (c + d) * 10.0 + a) / 31
        else:
            top = uint64((rows - 4) * narrow)
            for x in range(n):
                i = top + x
                a, b = across[i], across[i + n]
                c, d = across[i + uint64(2) * n], across[i + uint64(3) * n]
                out[to + x] = (a + b * 5.0 + (c + d) * 10.0) / 26


@_inner
def _weigh(value: Any, down: Any, across: Any, by: Any, scaled: Any, out: Any) -> None:
    """Sums of the weights of all nodes to each, times ``by`` of theirs; four of a row at a time."""
    rows: Any = uint64(len(down))
    cols: Any = uint64(len(across))
    out[:] = 0
    for y in range(rows):
        for x in range(uint64(0), cols, uint64(4)):
            i: Any = y * cols + x
            last: Any = y * cols + cols - uint64(1)
            j, k, m = min(i + uint64(1), last), min(i + uint64(2), last), min(i + uint64(3), last)
            a, b, c, d = value[i], value[j], value[k], value[m]
            for n in range(uint64(4)):
                node = min(x + n, cols - uint64(1))
                share = by[y * cols + node] if x + n < cols else by.dtype.type(0)
                for column in range(cols):
                    scaled[n * cols + column] = share * across[node, column]
            for row in range(rows):
                near, at = down[y, row], row * cols
                for column in range(cols):
                    v = value[at + column]
                    out[at + column] += near * (
                        (abs(v - a) * scaled[column] + abs(v - b) * scaled[cols + column])
                        + abs(v - c) * scaled[uint64(2) * cols + column]
                        + abs(v - d) * scaled[uint64(3) * cols + column]
                    )


@_compile
def walk(value: Any, down: Any, across: Any, tolerance: Any, most: Any, out: Any) -> None:
    """Walk on a feature: where a walker is after enough steps.

    The weight of two nodes is the difference of their ``value`` times the nearness of their rows,
    ``down``, and of their columns, ``across``; a walker leaves a node in proportion to the weights.
    The walk begins everywhere and ends with a step that is not longer than ``tolerance``; after
    ``most`` steps its equilibrium is taken instead, which is in proportion to the sum of the
    weights of a node.
    """
    nodes = len(value)
    sums, place = np.empty(nodes, value.dtype), np.empty(nodes, value.dtype)
    ahead, left = np.empty(nodes, value.dtype), np.empty(nodes, value.dtype)
    scaled = np.empty(4 * len(across), value.dtype)
    left[:] = 1
    _weigh(value, down, across, left, scaled, sums)
    place[:] = left / nodes
    ended = False
    for _ in range(most):
        for j in range(nodes):
            left[j] = place[j] / sums[j]
        _weigh(value, down, across, left, scaled, ahead)
        length = 0.0
        for j in range(nodes):
            length += (ahead[j] - place[j]) ** 2
            place[j] = ahead[j]
        if length <= tolerance * tolerance:
            ended = True
            break
    if not ended:
        place[:] = sums
    total = 0.0
    for j in range(nodes):
        total += place[j]
    for j in range(nodes):
        out[j] = place[j] / total


@_compile
def reach(plane: Any, rows: Any, cols: Any, out: Any) -> None:
    """Highest threshold from below which each pixel of a uint8 plane reaches the border.

    It is the largest, over 8-connected paths to the border, of the smallest value of a path.
    Pixels are visited from the highest on; those of one level wait in a list, each with the
    next of it.  ``plane`` and ``out`` are flat, with a frame of one pixel, which is not looked at.
    """
    wide, count, none = uint64(cols + 2), (rows + 2) * (cols + 2), uint64(0)  # place of the corner
    first, following = np.zeros(256, np.uint32), np.empty(count, np.uint32)
    waiting = np.zeros(count, np.bool_)
    for y in range(rows + 2):
        for x in range(cols + 2):
            place = uint64(y * (cols + 2) + x)
            if y == 0 or x == 0 or y == rows + 1 or x == cols + 1:
                waiting[place] = True
            elif y == 1 or x == 1 or y == rows or x == cols:
                level = plane[place]
                out[place], waiting[place] = level, True
                following[place] = first[level]
                first[level] = place
    for down in range(256):
        level = uint64(255 - down)
        while first[level] != none:
            place = uint64(first[level])
            first[level] = following[place]
            for row in range(3):
                left = place + uint64(row) * wide - wide - uint64(1)
                for column in range(3):
                    near = left + uint64(column)
                    if not waiting[near]:
                        reached = min(level, uint64(plane[near]))
                        out[near], waiting[near] = reached, True
                        following[near] = first[reached]
                        first[reached] = near


@_compile
def figures(plane: Any, above: Any, below: Any, threshold: Any, inside: Any, outside: Any) -> None:
    """Surrounded pixels above a threshold, and those not above it, of flat uint8 planes.

    ``above`` is how high a threshold has to be to surround what is above it, and ``below`` how low
    it has to be to surround what is not.
    """
    for i in range(uint64(plane.size)):
        inside[i] = (plane[i] > threshold) & (above[i] <= threshold)
        outside[i] = (plane[i] <= threshold) & (below[i] > threshold)


@_compile
def add_scaled(plane: Any, scale: Any, out: Any) -> None:
    """Add a flat uint8 plane times a float32 to a float32 one."""
    for i in range(uint64(plane.size)):
        out[i] += np.float32(plane[i]) * scale
