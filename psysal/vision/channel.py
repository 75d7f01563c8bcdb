"""Fused pipeline: channels to their maps without the intermediates.

Place in the pipeline: color -> [wavelet -> contrast -> csf -> inverse wavelet] -> map.
Enters: opponent channels (rows, cols).  Leaves, per channel, its map on the image's area and the
map's sum: for saliency the inverse transform of the weights,
``1 + 3 sum_s k(s) + sum_s g(s) U**(s-1) (z1 + z2 + z3)``, for a percept that of the weighted
details and the coarsest residual.  From the coarsest level to the finest, one kernel
makes a level's details, their contrast, and its step of the inverse transform, row by
row.  Wavelets of PyWavelets, whose planes are as large as the image, go from the finest level
to the coarsest, and add to the map level by level.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from functools import lru_cache
from itertools import pairwise
from math import fsum
from typing import Any, NamedTuple

import numpy as np

from psysal._typing import Array
from psysal.threads import SERIAL, ThreadPool
from psysal.vision import kernels, stationary_kernels
from psysal.vision.contrast import (
    Windows,
    alike_phases,
    center_surround,
    fold,
    mirror,
    plan,
    scratch_sizes,
)
from psysal.vision.csf import ECSF, level_weights
from psysal.vision.stationary import filter_taps
from psysal.vision.wavelet import B3, Level, forward, pyramid
from psysal.vision.workspace import Workspace

__all__ = ["ChannelStages", "channel_maps", "channel_stages"]

TILE_SAMPLES = 1024  # width of a tile whose rings of window sums stay in the cache
LARGE_SAMPLES = 256**2  # of a level that is cut into bands for threads
MARGIN_SAMPLES = 12  # beyond a window: eight rows are worked on together, and filters reach two
SMALL_SAMPLES = 12_000_000  # of the channels of the largest image that are worked on together


def channel_maps(
    channels: Sequence[Array],
    ecsfs: Sequence[ECSF],
    windows: Windows,
    levels: int,
    *,
    out: Sequence[Array],
    workspace: Workspace,
    pool: ThreadPool,
    wavelet: str = B3,
    percept: bool = False,
    after: "Sequence[Future[None]]" = (),
) -> list[float]:
    """Fill ``out`` with the channels' maps.

    Of "b3" the threads share the channels of a small image, each preparing one, and then the
    finest level, which is most of the work.  Of a large one they share every level, a channel
    after the other, so that memory holds the working planes of one only.

    Parameters
    ----------
    channels : sequence of ndarray, (rows, cols), float32 or float64
        Opponent channels.
    ecsfs : sequence of ECSF
        Contrast sensitivity of each channel.
    windows : Windows
    levels : int
        Number of wavelet levels.
    out : sequence of ndarray, (rows, cols), as ``channels``
        Takes the map of each channel.
    workspace : Workspace
        Memory of the working planes.
    pool : ThreadPool
        Threads.
    wavelet : str
        "b3" or a discrete wavelet of PyWavelets.
    percept : bool
        Maps of weighted details, as the channels look, instead of weights.
    after : sequence of Future
        Running jobs that fill ``channels``.

    Returns
    -------
    list of float
        Sum of each map.
    """
    triples = list(zip(channels, ecsfs, out, strict=True))
    small = sum(channel.size for channel in channels) <= SMALL_SAMPLES
    if wavelet != B3:
        for job in after:
            job.result()
        alone = len(triples) // pool.threads * pool.threads if small else 0
        works = [
            _Work(*triple, windows, levels, percept, workspace.part(c), 1, SERIAL)
            for c, triple in enumerate(triples[:alone])
        ]
        totals = pool.run(_stationary, [(work, wavelet) for work in works])
        for triple in triples[alone:]:
            work = _Work(*triple, windows, levels, percept, workspace.part(0), pool.threads, pool)
            totals.append(_stationary(work, wavelet))
        return totals
    if pool.threads == 1 or not small:
        works = [
            _Work(*triple, windows, levels, percept, workspace.part(0), pool.threads, pool)
            for triple in triples
        ]
        return [_finish(_start(pool, after, work)) for work in works]
    count = len(channels)
    started = []
    for c, triple in enumerate(triples):
        bands = pool.threads if c == count - 1 else -(-pool.threads // count)  # evens out the end
        work = _Work(*triple, windows, levels, percept, workspace.part(c), bands, SERIAL)
        started.append(pool.start(_start, pool, after, work))
    return [_finish(channel.result()) for channel in started]


class _Work(NamedTuple):
    """A channel with its parameters, memory and threads."""

    channel: Array
    ecsf: ECSF
    out: Array
    windows: Windows
    levels: int
    percept: bool
    workspace: Workspace
    bands: int  # that the finest level is cut into
    pool: ThreadPool  # for the other levels


Started = list[tuple["Future[None]", Sequence[float]]]  # jobs with the sums that they fill in


def _start(pool: ThreadPool, after: "Sequence[Future[None]]", work: _Work) -> Started:
    """Prepare a channel and start the jobs of its finest level.

    The thread that prepared it starts them itself: on few processors a waiting one is late.
    """
    for job in after:
        job.result()
    if not (work.channel[0].any() or work.channel.any()):  # a color of a grey image
        return [(pool.start(work.out.fill, 0 if work.percept else 1), [work.out.size])]
    return [(pool.start(kernels.rebuild, *job), job[-4]) for job in _prepare(work)]


def _finish(started: Started) -> float:
    """Sum of a channel, once its jobs are done: exact whatever the order of its blocks."""
    for job, _ in started:
        job.result()
    return fsum(part for _, totals in started for part in totals)


def _prepare(work: _Work) -> list[tuple[Any, ...]]:
    """Jobs of the finest level, after all others are done."""
    channel, workspace, pool = work.channel, work.workspace, work.pool
    workspace.rewind(0)
    gains, offsets = level_weights(work.ecsf, work.levels)
    margin = plan(work.windows, work.percept).reach // 2 + MARGIN_SAMPLES
    levels, residual = pyramid(channel, work.levels, margin=margin, workspace=workspace, pool=pool)
    below, wide = residual.reshape(-1), residual.shape[1]
    pedestal = 0.0
    if not work.percept:  # weights are linear in contrast: all that is constant comes last
        below[:] = 0
        pedestal = 1 + 3 * float(offsets.sum())
    weights = offsets.tolist() if work.percept else [None] * work.levels
    steps = list(zip(levels, gains.tolist(), weights, strict=True))
    for level, gain, offset in steps[:0:-1]:
        target = workspace.take(level.area, channel.dtype)
        above = (below, wide, gain, offset, 0.0)
        pool.run(kernels.rebuild, _jobs(level, work, above, target, pool.threads))
        below, wide = target.reshape(-1), level.area[1]
    level, gain, offset = steps[0]
    return _jobs(level, work, (below, wide, gain, offset, pedestal), work.out, work.bands)


def _jobs(
    level: Level, work: _Work, above: tuple[Any, ...], target: Array, bands: int
) -> list[tuple[Any, ...]]:
    """Arguments of ``kernels.rebuild`` for bands of a level's rows, or of its tiles."""
    take, cols = work.workspace.take, target.shape[1]
    tables, offsets, samples, parts = _parts(
        target.shape, level.size, level.fold, work.windows, work.percept, bands
    )
    fixed, out = (*level[:8], *tables), target.reshape(-1)
    return [
        (
            *fixed, take(offsets, np.int64), take(samples, target.dtype), *above, out, cols,
            np.zeros(blocks), *part,
        )
        for blocks, *part in parts
    ]  # fmt: skip


@lru_cache(maxsize=256)
def _parts(
    shape: tuple[int, int],
    size: int,
    edge: tuple[int, int],
    windows: Windows,
    percept: bool,
    bands: int,
) -> tuple[tuple[Any, ...], int, int, list[tuple[Any, ...]]]:
    """Tables of a level, the sizes of its scratch memory, and its bands of rows and tiles."""
    rows, cols = shape
    layout = plan(windows, percept, edge[0])
    edges = _edges(cols, -(-cols // max(TILE_SAMPLES, 4 * layout.reach)), 2)
    parts = bands if rows * cols >= LARGE_SAMPLES else 1
    blocks = -(-rows // kernels.BLOCK)
    across = min(max(parts // blocks, 1), len(edges) - 1)
    tiles = _edges(len(edges) - 1, across, 1)
    return (
        (layout, mirror(size, windows), fold(*edge, windows)),
        *scratch_sizes(layout, int(np.diff(edges).max())),
        [
            (blocks * (last - first), top, bottom, edges[first : last + 1])
            for top, bottom in pairwise(_edges(rows, parts, kernels.BLOCK).tolist())
            for first, last in pairwise(tiles.tolist())
        ],
    )


@lru_cache(maxsize=64)
def _edges(length: int, parts: int, step: int) -> Array:
    """Edges of at most ``parts`` nearly equal ranges that start at multiples of ``step``."""
    return np.unique([length * i // parts // step * step for i in range(parts)] + [length])


def _stationary(work: _Work, wavelet: str) -> float:
    """Fill in a channel's map by a wavelet of PyWavelets; returns its sum."""
    channel, out, workspace, pool = work.channel, work.out, work.workspace, work.pool
    workspace.rewind(0)
    gains, offsets = level_weights(work.ecsf, work.levels)
    out[:] = 0 if work.percept else 1 + 3 * float(offsets.sum())
    if not channel.any():
        return float(out.sum(dtype=float))
    channel, spare = np.ascontiguousarray(channel), workspace.take((2, *out.shape), out.dtype)
    mark = workspace.mark
    least = offsets.tolist() if work.percept else [None] * work.levels
    for level, weights in enumerate(zip(gains.tolist(), least, strict=True)):
        workspace.rewind(mark)
        coarse = spare[level % 2]
        jobs = _stationary_jobs(channel, coarse, level, weights, work, wavelet)
        pool.run(stationary_kernels.add_level, jobs)
        channel = coarse
    if work.percept:
        out += channel
    return float(out.sum(dtype=float))


def _stationary_jobs(
    image: Array,
    coarse: Array,
    level: int,
    weights: tuple[float, float | None],
    work: _Work,
    wavelet: str,
) -> list[tuple[Any, ...]]:
    """Arguments of ``stationary_kernels.add_level`` for phases of a level, or for bands of them."""
    (rows, cols), step, take = image.shape, 2**level, work.workspace.take
    taps, threads = filter_taps(image, level, wavelet), work.pool.threads
    mirrored = mirror(cols, work.windows, step)
    jobs = []
    for count, start, stop in alike_phases(rows, step, threads):
        layout = plan(work.windows, work.percept, count)
        folded = fold(count, 2 * count - 1, work.windows)
        fixed = (image.reshape(-1), cols, step, *taps, layout, folded, mirrored)
        offsets, samples = scratch_sizes(layout, cols, step)
        for y0, y1 in pairwise(_edges(count, -(-threads // step), 1)):
            memory = (
                take(offsets, np.int64), take(samples, image.dtype),
                take(4 * (cols + int(taps[1][-1])), image.dtype),
            )  # fmt: skip
            planes = coarse.reshape(-1), work.out.reshape(-1)
            part = (start, stop, y0, y1)
            jobs.append((*fixed, *memory, *weights, *planes, *part))
    return jobs


class ChannelStages(NamedTuple):
    """Every intermediate of one channel; lists run over levels, finest first.

    Attributes
    ----------
    planes, contrast, weights : list of ndarray, (3, rows_s, cols_s)
        w, z and alpha, [horizontal, vertical, diagonal].
    residuals : list of ndarray
        Approximation left after each level.
    """

    planes: list[Array]
    residuals: list[Array]
    contrast: list[Array]
    weights: list[Array]


def channel_stages(
    channel: Array, ecsf: ECSF, windows: Windows, levels: int, *, wavelet: str, pool: ThreadPool
) -> ChannelStages:
    """Stages of a channel one at a time, up to the weights, which are not inverted.

    Parameters
    ----------
    channel : ndarray, (rows, cols), float32 or float64
    ecsf : ECSF
    windows : Windows
    levels : int
        Number of wavelet levels.
    wavelet : str
        "b3" or a discrete wavelet of PyWavelets.
    pool : ThreadPool
        Threads.

    Returns
    -------
    ChannelStages
    """
    planes, residuals = forward(channel, levels, wavelet=wavelet, pool=pool)
    z = [
        center_surround(plane, windows, step=1 if wavelet == B3 else 2**s, pool=pool)
        for s, plane in enumerate(planes)
    ]
    weights = [ecsf.weights(plane, s) for s, plane in enumerate(z, start=1)]
    return ChannelStages(planes, residuals, z, weights)
