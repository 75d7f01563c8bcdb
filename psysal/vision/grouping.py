"""Grouping: wavelet planes -> their details along contours, and the contrast of these.

Place in the pipeline: color -> resize -> wavelet -> [grouping] -> csf -> map.
Enters: wavelet planes w.  A Haar transform along x in which every sample is paired
with its best match: of the 3 x 3 blocks centered one column to the left and one row up,
in place, or one row down, that with the smallest sum of absolute differences.  Leaves, per
scale j = 1 .. log2(cols) - 1: the residual r_j = (match + sample)/2 and the detail
d_j = (match - sample)/2**j, in the units of w, at every second column; r_j goes on to the
next scale.  One more scale, where two columns are left, groups nothing: its contrast is zero.

The contrast of a detail has windows along y, across the grouping; :func:`enlarge`
brings it back to the size of the plane.

References
----------
Murray, Vanrell, Otazu & Parraga (2013), "Low-level spatiochromatic grouping for
saliency estimation", IEEE TPAMI 35(11), doi:10.1109/TPAMI.2013.64;
Mallat (2009), "Geometrical grouplets", Applied and Computational Harmonic Analysis 26
(the transform).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.threads import SERIAL
from psysal.vision import grouping_kernels, kernels, wavelet
from psysal.vision.contrast import Windows
from psysal.vision.resize import taps
from psysal.vision.workspace import Workspace

__all__ = ["MURRAY2013_WINDOWS", "contrast", "enlarge", "forward", "grouped", "scale_count"]

MURRAY2013_WINDOWS = Windows(17, 37)
"""Published windows of Murray et al. (2013), in samples of a plane: (17, 37)."""
BLOCK_SAMPLES = 1 << 21  # of a plane, that are grouped at a time
MIN_COLUMNS = 160  # of them, beside the halo that windows and matches need
BAND_PAIRS = 128  # of rows of a plane, that are made and grouped at a time


def scale_count(cols: int) -> int:
    """Number of scales of a plane, the last one included, which has no planes.

    Parameters
    ----------
    cols : int
        Columns of the plane, a power of two.

    Returns
    -------
    int

    Examples
    --------
    >>> scale_count(256)
    8
    """
    return cols.bit_length() - 1


def forward(plane: Array) -> tuple[list[Array], list[Array]]:
    """Grouplet transform of one plane.

    Parameters
    ----------
    plane : ndarray, (rows, cols), float32 or float64
        At least 3 rows; columns a power of two from 4 on.

    Returns
    -------
    residuals, details : list of ndarray, (rows, cols / 2**j)
        r_j and d_j for j = 1 .. log2(cols) - 1.

    Raises
    ------
    ValueError
        The plane has another size.

    Examples
    --------
    A slanted edge goes on one row down at every column, and leaves no detail:

    >>> y, x = np.mgrid[:16, :16]
    >>> _, details = forward((y > x).astype(float))
    >>> float(abs(details[0][4:12, 2:6]).max())
    0.0
    """
    rows, cols = plane.shape
    if rows < 3 or cols < 4 or cols & (cols - 1):
        raise ValueError(
            "the plane needs at least 3 rows and columns that are a power of two from 4 on, "
            f"got {rows} x {cols}; pad it"
        )
    kept = _scale_rows(cols)
    tops = np.cumsum([0, cols, *kept])[:-1]
    planes = np.empty((2 * cols - 2, rows + 4), plane.dtype)
    planes[:cols, 2:-2] = plane.T
    details = np.empty((cols - 1, rows), plane.dtype)
    fixed = cols, rows, details.reshape(-1), kept
    grouping_kernels.grouplets(planes.reshape(-1), tops, 0, cols // 2, *fixed)
    residuals = np.split(planes[:, 2:-2], tops[1:])[1:]
    return [r.T for r in residuals], [d.T for d in np.split(details[:-1], tops[2:] - cols)]


def contrast(detail: Array, windows: Windows = MURRAY2013_WINDOWS) -> Array:
    """Center-surround contrast of one detail plane, along y.

    ``z = c**2 / (c**2 + s**2 + 1e-12)``: c is the energy, in the center window, of the
    deviations from the center's own mean at every sample, and s that of the deviations
    from the surround's, in the surround.  Energies are sums over 2 ``center`` - 1 and
    4 ``surround``, the sizes of crosses, as in the authors' program.  Borders mirror and
    repeat the edge.

    Parameters
    ----------
    detail : ndarray, (rows, cols), float32 or float64
    windows : Windows

    Returns
    -------
    ndarray, (rows, cols), in [0, 1)
    """
    rows = np.array(detail.T, order="C")
    _set_row_contrast(rows, windows)
    return rows.T


def enlarge(planes: Sequence[Array], cols: int) -> Array:
    """Sum of the planes of all scales, enlarged.

    Parameters
    ----------
    planes : sequence of ndarray, (rows, cols / 2**j)
        In the order of :func:`forward`, the finest first.
    cols : int
        Columns to enlarge to, a power of two.

    Returns
    -------
    ndarray, (rows, cols)

    Examples
    --------
    >>> enlarge([np.ones((3, 4)), np.ones((3, 2))], 8)[0]
    array([2., 2., 2., 2., 2., 2., 2., 2.])
    """
    stacked = np.concatenate([plane.T for plane in planes])
    out = np.empty((cols, stacked.shape[1]), stacked.dtype)
    _, table = _enlargement(cols, cols, stacked.dtype)
    _enlarge_rows(stacked, table, out)
    return out.T


def grouped(
    channel: Array, gains: Sequence[float], windows: Windows, workspace: Workspace
) -> Array:
    """Contrast of a channel grouped along y, inverted, without the intermediates.

    The horizontal and the diagonal planes of every level are grouped along y, and the
    contrast of all scales is enlarged, weighted by the level's gain, and handed through
    the inverse wavelet transform.  Grouping along x is that of the transposed channel.
    Rows are grouped over the whole padded square; columns only where the image depends on
    them, some at a time.

    Parameters
    ----------
    channel : ndarray, (rows, cols), float32 or float64
    gains : sequence of float
        g(s) of the levels of :func:`psysal.vision.wavelet.forward_dense`, finest first.
    windows : Windows
    workspace : Workspace
        Memory; its first block is the scratch memory, and by far the largest.

    Returns
    -------
    ndarray, (rows, cols)
    """
    rows, cols = channel.shape
    scratch = workspace.take(scratch_size(rows, cols, windows), channel.dtype)
    side = 4 * max(channel.shape)  # more than the square's: all of it is read
    levels, _ = wavelet.pyramid(channel, len(gains), margin=side, workspace=workspace, pool=SERIAL)
    total = np.zeros((2, 2), channel.dtype)
    for level, gain in zip(reversed(levels), reversed(gains), strict=True):
        z = _level_contrast(level, gain, windows, scratch)
        fine = np.empty_like(z)
        kernels.upsample(
            total.reshape(-1), total.shape[1], level.size // 2, fine.reshape(-1), z.shape[1]
        )
        z += fine
        total = z
    return total[:rows, :cols]


def scratch_size(rows: int, cols: int, windows: Windows) -> int:
    """Values of scratch memory that :func:`grouped` works in, along either axis.

    Parameters
    ----------
    rows, cols : int
        Size of the channel.
    windows : Windows

    Returns
    -------
    int
    """
    size = 2 << wavelet.dense_level_count(rows, cols)

    def values(down: int, across: int) -> int:
        wide = min(size, min(across + 2, _columns(size)) + 2 * _halo(size, windows)) + 4
        kept = min(size, down + 4 * scale_count(size))  # details: the image's and three a scale
        return 2 * (_plane_rows(size) + kept) * wide

    return max(values(rows, cols), values(cols, rows))


def _columns(size: int) -> int:
    """Columns that are grouped at a time."""
    return max(MIN_COLUMNS, BLOCK_SAMPLES // size)


def _halo(size: int, windows: Windows) -> int:
    """Columns on either side that windows and matches reach."""
    return windows.reach + 2 * scale_count(size)


def _plane_rows(size: int) -> int:
    """Rows of scratch memory of a plane: means, with one above for every scale, and a band."""
    return size // 2 + scale_count(size) + min(size, 2 * BAND_PAIRS + 2)


def _scale_rows(size: int) -> Array:
    """Rows of the details of all scales of a plane of ``size`` rows."""
    return size >> np.arange(1, scale_count(size))


def _level_contrast(level: wavelet.Level, gain: float, windows: Windows, scratch: Array) -> Array:
    """Weighted contrast of a level where the image depends on it, in even rows and columns."""
    rows, cols = (n + n % 2 for n in level.area)
    halo, width = _halo(level.size, windows), _columns(level.size)
    out = np.empty((rows, cols), level.image.dtype)
    kept, table = _enlargement(level.size, rows, out.dtype)
    for first in range(0, cols, width):
        last = min(first + width, cols)
        start, stop = max(0, first - halo), min(level.size, last + halo)
        z = _block_contrast(level, start, stop, windows, kept, scratch)
        z *= gain
        enlarged = scratch[: rows * (stop - start)].reshape(rows, stop - start)
        _enlarge_rows(z, table, enlarged)
        out[:, first:last] = enlarged[:, first - start : last - start]
    return out


def _block_contrast(
    level: wavelet.Level, start: int, stop: int, windows: Windows, kept: Array, scratch: Array
) -> Array:
    """Contrast of the first rows of all scales of a level, one scale below the other, of columns.

    The scratch memory takes the diagonal and the horizontal plane, then their details, which their
    contrast replaces.  Of a plane there is a band at a time, and the means, those of every scale
    in the place of those before.
    """
    size, count, scales, total = level.size, stop - start, len(kept), int(kept.sum())
    wide, means = count + 4, size // 2 + scales
    plane, rows = _plane_rows(size) * wide, total * count
    ends = (0, plane, 2 * plane, 2 * plane + rows + count)
    diagonal, horizontal, *z = (scratch[end:] for end in ends)
    tops = np.arange(scales, -1, -1)
    for first in range(0, size // 2, BAND_PAIRS):
        last = min(first + BAND_PAIRS, size // 2)
        top, bottom = max(2 * first - 1, 0), min(2 * last + 1, size)
        tops[0] = means - top
        at = means * wide + 2
        grouping_kernels.dense_details(
            level.image, level.wide, level.plain, level.rows[top:], level.cols, start,
            bottom - top, scratch, count, (plane + at, 2 * plane + rows, at), (wide, 0, wide),
        )  # fmt: skip
        for planes, d in zip((diagonal, horizontal), z, strict=True):
            grouping_kernels.grouplets(planes, tops, first, last, size, count, d, kept)
    diagonal, horizontal = (d[:rows].reshape(total, count) for d in z)
    for d in (diagonal, horizontal):
        _set_row_contrast(d, windows)
    diagonal += horizontal
    return diagonal


def _set_row_contrast(details: Array, windows: Windows) -> None:
    """Contrast of details along their rows, in their place."""
    rows, cols = details.shape
    flat = details.reshape(-1)
    fixed = (windows.center, windows.surround, _mirror(cols, windows.reach))
    grouping_kernels.variance_contrast(flat, rows, cols, *fixed, flat)


@lru_cache(maxsize=64)
def _mirror(length: int, reach: int) -> Array:
    """Sample at each position of a row whose edge repeats."""
    return np.pad(np.arange(length), ((reach - 1) // 2, reach // 2), mode="symmetric")


def _enlarge_rows(stacked: Array, table: tuple[Array, Array], out: Array) -> None:
    """Fill in rows: planes of all scales, stacked, enlarged and summed up."""
    rows, cols = out.shape
    grouping_kernels.blend_rows(stacked.reshape(-1), cols, *table, out.reshape(-1), 0, rows)


@lru_cache(maxsize=64)
def _enlargement(size: int, rows: int, dtype: "np.dtype[Any]") -> tuple[Array, tuple[Array, Array]]:
    """Rows of each scale that the first of ``size`` enlarged rows need, and tables for these.

    The tables enlarge the rows of all scales, one below the other, and add them up.
    """
    kept: list[int] = []
    index, weights = [], []
    for n in _scale_rows(size).tolist():
        at, share = (table[:rows] for table in taps.__wrapped__(n, size, "cubic", dtype.name))
        index.append(at + sum(kept))
        weights.append(share)
        kept.append(int(at.max()) + 1)
    return np.array(kept), (np.concatenate(index, axis=1), np.concatenate(weights, axis=1))
