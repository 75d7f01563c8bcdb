"""Wavelet planes: an opponent channel -> orientations and scales, and back.

Place in the pipeline: color -> [wavelet] -> contrast -> csf -> map.
Enters: one channel (rows, cols).  Leaves, per level s = 1 (finest) .. L, three
planes [horizontal, vertical, diagonal] that add up: :func:`inverse` of
:func:`forward` is the channel, to rounding, borders included.

``"b3"``, the published transform, is decimated: it filters with the B3-spline
[1 4 6 4 1]/16 on an N x N square (N the next power of two, filled by mirroring
without repeating the edge) and its planes are N / 2**(s-1) wide.

Every discrete wavelet of PyWavelets runs too, as the multiresolution analysis of
its stationary transform: plane (s, o) is the result of ``pywt.iswt2`` when all but
that one plane of ``pywt.swt2`` is zero, so that planes add up as those of "b3" do.
That operator is a zero-phase filter of P = dec_lo * rec_lo / 2 alone, in which every
second tap is 0; it is applied here to the image's own area, with borders that mirror
without repeating the edge instead of periodic ones.

References
----------
Otazu, Vanrell & Parraga (2008), "Multiresolution wavelet framework models
brightness induction effects", Vision Research 48(5), doi:10.1016/j.visres.2007.12.008;
Starck & Murtagh (1994), Astronomy and Astrophysics 288 (B3-spline planes);
Percival & Mofjeld (1997), doi:10.1080/01621459.1997.10474042 (multiresolution
analysis of a stationary transform).
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from psysal._typing import Array
from psysal.threads import SERIAL, ThreadPool
from psysal.vision import grouping_kernels, kernels
from psysal.vision.stationary import stationary_forward
from psysal.vision.workspace import Workspace

__all__ = [
    "B3",
    "Level",
    "check_wavelet",
    "dense_planes",
    "forward",
    "forward_dense",
    "inverse",
    "level_count",
    "pyramid",
    "upsample",
]

B3 = "b3"
"""Name of the published transform."""
MAX_LEVELS = 7
BAND_ROWS = 256  # a job


class Axis(NamedTuple):
    """Rows or columns of an approximation, of which each is kept once.

    A mirrored line repeats itself: of period P, it has P // 2 + 1 samples.  Every second sample
    of it has period P / 2, or, where P is odd, P.  Only the last sample of the padded square,
    whose filter meets the square's own border, may be another; it is kept behind the others.

    Attributes
    ----------
    area : int
        Samples that the image depends on.
    size : int
        Side of the padded square.
    kept : int
        Samples that are kept.
    plain : int
        Those that are kept in order, from the first on; all, or all but the last.
    alike : ndarray, (size + 8,)
        The place in the square of the kept sample that stands at positions -4 .. size + 3.
    places : ndarray, (size + 8,)
        That kept sample.
    sources : ndarray, (kept,)
        The place in the square of each kept sample.
    fold : (int, int)
        Samples whose details differ, and the sum of the places of two that are alike beyond.
    """

    area: int
    size: int
    kept: int
    plain: int
    alike: Array
    places: Array
    sources: Array
    fold: tuple[int, int]


class Level(NamedTuple):
    """A level before its details: the input of :mod:`psysal.vision.kernels`.

    Attributes
    ----------
    image : ndarray, flat
        Approximation, its samples kept as :class:`Axis` has them.
    half : ndarray, flat
        Even rows of the approximation, smoothed along the columns.
    size : int
        Side of the padded square.
    wide, plain : int
        Columns of ``image`` and ``half``, and those that stand in order.
    rows, halves : ndarray
        Row of ``image`` at positions -4 .. size + 3 of the square, and of ``half``.
    cols : ndarray, (size + 8,)
        Column alike that stands in order, at these positions.
    area : (int, int)
        Rows and columns of the part of the square that the image depends on.
    fold : (int, int)
        That of the rows, as :class:`Axis` has it.
    """

    image: Array
    half: Array
    size: int
    wide: int
    plain: int
    rows: Array
    halves: Array
    cols: Array
    area: tuple[int, int]
    fold: tuple[int, int]


def check_wavelet(name: str) -> str:
    """Name of a wavelet, checked.

    Parameters
    ----------
    name : str
        "b3" or a discrete wavelet of PyWavelets.

    Returns
    -------
    str
        ``name`` itself.

    Raises
    ------
    ValueError
        There is no such wavelet.
    """
    if name == B3:
        return name
    import pywt

    if name not in pywt.wavelist(kind="discrete"):
        raise ValueError(
            f'wavelet must be "b3" or a discrete wavelet of PyWavelets, got {name!r}; '
            'pywt.wavelist(kind="discrete") lists them'
        )
    return name


def level_count(rows: int, cols: int) -> int:
    """Number of levels of an image: at most 7, the coarsest of at least four samples.

    Parameters
    ----------
    rows, cols : int
        Size of the image in pixels.

    Returns
    -------
    int

    Examples
    --------
    >>> level_count(480, 640), level_count(64, 64)
    (7, 5)
    """
    size = _padded(rows, cols)
    return min(MAX_LEVELS, min(rows, cols).bit_length() - 1, size.bit_length() - 2)


def _padded(rows: int, cols: int) -> int:
    return 1 << (max(rows, cols) - 1).bit_length()


def _mirrored(positions: Array, length: int) -> Array:
    """Samples that stand at positions of a line that mirrors without repeating its ends."""
    return _folded(positions, max(2 * (length - 1), 1))


def _folded(positions: Array, period: int) -> Array:
    """The first samples alike of a line that mirrors at 0 and repeats itself."""
    positions = positions % period
    return np.minimum(positions, period - positions)


@lru_cache(maxsize=64)
def _axes(length: int, size: int, levels: int, margin: int | None) -> tuple[Axis, ...]:
    """Rows or columns of each approximation, and of the one after the coarsest level."""
    sizes = [size >> level for level in range(levels + 1)]
    areas = [length]
    for side in sizes[1:]:
        areas.append(min(side, (areas[-1] - 1) // 2 + 2))
    reach, needed = sizes, 0  # samples from the first on that are read
    if margin is not None:
        reach = []
        for level in range(levels, -1, -1):
            own = areas[level] + (margin if level < levels else 0)
            above = (areas[level - 1] + margin) // 2 + 2 if level else 0
            needed = min(sizes[level], max(own, above, 2 * needed + 2))
            reach.insert(0, needed)
    axes, period = [], max(2 * (length - 1), 1)
    for level, (area, side, read) in enumerate(zip(areas, sizes, reach, strict=True)):
        alike, count = _mirrored(np.arange(-4, side + 4), side), period // 2 + 1
        kept = plain = min(side, read)
        if level == 0 or (margin is not None and count + 1 < kept):
            folded = _folded(alike, period)
            alike = folded if level == 0 else np.where(alike == side - 1, alike, folded)
            plain = count
            kept = count + (level > 0 and read == side)
        sources = np.r_[:plain, side - (kept - plain) : side]
        fold = side, 2 * side - 1  # at the border of the square
        if margin is not None and period % 2 == 0 and margin < count < side - margin - 4:
            fold = count, period  # at the border of the image: that of the square is far
        places = np.minimum(alike, kept - 1)
        axes.append(Axis(area, side, kept, plain, alike, places, sources, fold))
        period //= 1 + (period > 1 and period % 2 == 0)
    return tuple(axes)


def pyramid(
    channel: Array,
    levels: int,
    *,
    margin: int | None = None,
    workspace: Workspace,
    pool: ThreadPool,
) -> tuple[list[Level], Array]:
    """Approximations of all levels of "b3".

    Parameters
    ----------
    channel : ndarray, (rows, cols), float32 or float64
    levels : int
        As :func:`level_count` has it, or fewer.
    margin : int, optional
        Samples needed beyond the part of a level that the image depends on. By default the whole
        square is made, of which most is a mirror where the image is long.
    workspace : Workspace
        Memory of the approximations.
    pool : ThreadPool
        Threads, over bands of rows.

    Returns
    -------
    approximations : list of Level
        Finest first.
    residual : ndarray
        Approximation left after the coarsest level.
    """
    size, image = _padded(*channel.shape), np.ascontiguousarray(channel).reshape(-1)
    down, across = (_axes(length, size, levels, margin) for length in channel.shape)
    approximations = []
    for rows, cols, below, beside in zip(down, across, down[1:], across[1:], strict=False):
        half = workspace.take(below.kept * cols.kept, image.dtype)
        coarse = workspace.take(below.kept * beside.kept, image.dtype)
        level = Level(
            image, half, size, cols.kept, cols.plain,
            rows.places, below.places, cols.alike, (rows.area, cols.area), rows.fold,
        )  # fmt: skip
        approximations.append(level)
        fixed = (
            image, size, cols.kept, cols.plain, level.rows, level.cols, below.sources,
            half, coarse, beside.kept, beside.plain,
        )  # fmt: skip
        bands = range(0, below.kept, BAND_ROWS)
        pool.run(kernels.smooth_down, [(*fixed, k, min(k + BAND_ROWS, below.kept)) for k in bands])
        image, size = coarse, below.size
    last, end = down[-1], across[-1]
    height, width = (last.size, end.size) if margin is None else (last.area, end.area)
    places = last.places[4 : 4 + height, None], end.places[4 : 4 + width]
    return approximations, image.reshape(last.kept, end.kept)[places]


def forward(
    channel: Array, levels: int, *, wavelet: str = B3, pool: ThreadPool = SERIAL
) -> tuple[list[Array], list[Array]]:
    """Planes and residuals of a channel.

    Parameters
    ----------
    channel : ndarray, (rows, cols), float32 or float64
    levels : int
        As :func:`level_count` has it, or fewer.
    wavelet : str
        "b3" or a discrete wavelet of PyWavelets.
    pool : ThreadPool
        Threads.

    Returns
    -------
    planes : list of ndarray, (3, rows_s, cols_s), finest first
        [horizontal, vertical, diagonal]; "b3": padded squares, else image-sized.
    residuals : list of ndarray
        Approximation left after each level.

    Examples
    --------
    >>> import numpy as np
    >>> planes, residuals = forward(np.eye(16), 3)
    >>> [p.shape for p in planes], residuals[-1].shape
    ([(3, 16, 16), (3, 8, 8), (3, 4, 4)], (2, 2))
    >>> bool(np.allclose(inverse(planes, residuals[-1])[:16, :16], np.eye(16)))
    True
    """
    if wavelet != B3:
        return stationary_forward(channel, levels, wavelet, pool)
    approximations, coarsest = pyramid(channel, levels, workspace=Workspace(), pool=pool)
    planes = [np.empty((3, level.size, level.size), channel.dtype) for level in approximations]
    pool.run(
        kernels.details,
        [
            (*level[:8], plane.reshape(-1))
            for level, plane in zip(approximations, planes, strict=True)
        ],
    )
    residuals = [level.image.reshape(-1, level.wide) for level in approximations[1:]]
    return planes, [*residuals, coarsest]


def inverse(planes: list[Array], residual: Array, *, wavelet: str = B3) -> Array:
    """Channel of its planes and coarsest residual, the inverse of :func:`forward`.

    Parameters
    ----------
    planes : list of ndarray, (3, rows_s, cols_s)
        Finest first, as :func:`forward` gives them.
    residual : ndarray
        Approximation left after the coarsest level.
    wavelet : str
        "b3" or a discrete wavelet of PyWavelets.

    Returns
    -------
    ndarray
        The padded square for "b3", else image-sized.
    """
    image = residual
    for plane in reversed(planes):
        image = (upsample(image, 1) if wavelet == B3 else image) + plane.sum(axis=0)
    return image


def dense_planes(level: Level, first: int, last: int) -> Array:
    """Planes of undecimated filters of a level, between two columns of its square.

    Parameters
    ----------
    level : Level
        Of a pyramid without a margin, or with one as large as the square.
    first, last : int
        Columns from ``first`` on, up to before ``last``.

    Returns
    -------
    ndarray, (3, size, last - first)
        [horizontal, vertical, diagonal].
    """
    size, count = level.size, last - first
    planes = np.empty((3, size, count), level.image.dtype)
    grouping_kernels.dense_details(
        level.image, level.wide, level.plain, level.rows, level.cols, first, size,
        planes.reshape(-1), count, (0, size * count, 2 * size * count), (count, count, count),
    )  # fmt: skip
    return planes


def square(channel: Array) -> Array:
    """Channel in its padded square, mirrored without repeating the edge."""
    rows, cols = channel.shape
    size = _padded(rows, cols)
    return np.pad(channel, ((0, size - rows), (0, size - cols)), mode="reflect")


def forward_dense(channel: Array, *, wavelet: str = B3) -> tuple[list[Array], list[Array]]:
    """Planes of undecimated filters, of which each level keeps every second sample.

    With A the image smoothed both ways, H = Ly I - A, V = Lx I - A and
    D = I - (A + H + V); the next level's image is every second sample of A.  A wavelet of
    PyWavelets gives the planes of its stationary transform, every 2**(s-1)th sample.

    Parameters
    ----------
    channel : ndarray, (rows, cols), float32 or float64
        The longer side is at least 3.
    wavelet : str
        "b3" or a discrete wavelet of PyWavelets.

    Returns
    -------
    planes, residuals : list of ndarray
        As :func:`forward` gives them, down to a level of 4 x 4 samples.

    Examples
    --------
    >>> planes, residuals = forward_dense(np.eye(16))
    >>> [p.shape for p in planes], residuals[-1].shape
    ([(3, 16, 16), (3, 8, 8), (3, 4, 4)], (2, 2))
    """
    levels = dense_level_count(*channel.shape)
    if wavelet != B3:
        full, left = stationary_forward(square(channel), levels, wavelet, SERIAL)
        steps = [2**s for s in range(levels + 1)]
        return (
            [p[:, ::step, ::step] for p, step in zip(full, steps[:-1], strict=True)],
            [r[::step, ::step] for r, step in zip(left, steps[1:], strict=True)],
        )
    approximations, coarsest = pyramid(channel, levels, workspace=Workspace(), pool=SERIAL)
    planes = [dense_planes(level, 0, level.size) for level in approximations]
    residuals = [level.image.reshape(-1, level.wide) for level in approximations[1:]]
    return planes, [*residuals, coarsest]


def dense_level_count(rows: int, cols: int) -> int:
    """Number of levels of :func:`forward_dense`, the coarsest of 4 x 4 samples."""
    return _padded(rows, cols).bit_length() - 2


def upsample(plane: Array, times: int) -> Array:
    """Square plane of "b3", up-sampled: U zero-inserts, smooths along both axes, times four.

    Parameters
    ----------
    plane : ndarray, (size, size), float32 or float64
    times : int
        Power of U.

    Returns
    -------
    ndarray, (2**times size, 2**times size)
    """
    for _ in range(times):
        size = len(plane)
        fine = np.empty((2 * size, 2 * size), plane.dtype)
        flat = np.ascontiguousarray(plane).reshape(-1)
        kernels.upsample(flat, size, size, fine.reshape(-1), 2 * size)
        plane = fine
    return plane
