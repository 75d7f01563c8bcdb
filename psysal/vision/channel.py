"""Channels to their maps without the intermediates: the fast way through all stages.

Place in the pipeline: color -> [wavelet -> contrast -> csf -> inverse wavelet] -> map.
Enters: opponent channels (rows, cols).  Leaves, on the image's area and with its sum,
what the inverse transform makes of each one's weights for saliency,
``1 + 3 sum_s k(s) + sum_s g(s) U**(s-1) (z1 + z2 + z3)``, or of its weighted details
and coarsest residual for a percept.  From the coarsest level to the finest, one kernel
makes a level's details, their contrast, and its step of the inverse transform, row by
row.  Wavelets of PyWavelets, whose planes are as large as the image, go from the finest level
to the coarsest, each laid over the one before.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from itertools import pairwise
from math import fsum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from psysal.threads import SERIAL, ThreadPool
from psysal.vision import kernels, stationary_kernels
from psysal.vision.contrast import Windows, center_surround, mirror, plan, scratch_sizes
from psysal.vision.csf import ECSF, level_weights
from psysal.vision.wavelet import B3, Level, forward, pyramid, stationary_level
from psysal.vision.workspace import Workspace

__all__ = ["ChannelStages", "channel_maps", "channel_stages"]

TILE = 1024  # widest tile, in samples: its rings of window sums stay in the cache
LARGE = 256**2  # samples from which a level is cut into bands for threads
PART = 1 << 17  # samples a job of what is added up
SMALL = 12_000_000  # samples up to which an image's channels are worked on together

Array = NDArray[Any]


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
    """Fill ``out`` with the channels' maps, ``after`` some jobs; returns the sum of each.

    Of "b3" the threads share the channels of a small image, each preparing one, and then the finest
    level, which is most of the work.  Of a large one they share every level, a channel
    after the other, so that memory holds the working planes of one only.
    """
    every = list(zip(channels, ecsfs, out, strict=True))
    small = sum(channel.size for channel in channels) <= SMALL
    if wavelet != B3:
        for job in after:
            job.result()
        alone = len(every) // pool.threads * pool.threads if small else 0
        works = [
            _Work(*own, windows, levels, percept, workspace.part(c), 1, SERIAL)
            for c, own in enumerate(every[:alone])
        ]
        totals = pool.run(_stationary, [(work, wavelet) for work in works])
        for own in every[alone:]:
            work = _Work(*own, windows, levels, percept, workspace.part(0), pool.threads, pool)
            totals.append(_stationary(work, wavelet))
        return totals
    if pool.threads == 1 or not small:
        works = [
            _Work(*own, windows, levels, percept, workspace.part(0), pool.threads, pool) for own in every
        ]
        return [_finish(_start(pool, after, work)) for work in works]
    count = len(channels)
    started = []
    for c, own in enumerate(every):
        bands = pool.threads if c == count - 1 else -(-pool.threads // count)  # evens out the end
        work = _Work(*own, windows, levels, percept, workspace.part(c), bands, SERIAL)
        started.append(pool.start(_start, pool, after, work))
    return [_finish(channel.result()) for channel in started]


class _Work(NamedTuple):
    """A channel and how it is to be done."""

    channel: Array
    ecsf: ECSF
    out: Array
    windows: Windows
    levels: int
    percept: bool
    workspace: Workspace
    bands: int  # of the finest level
    pool: ThreadPool  # that does the others


Started = list[tuple["Future[None]", Sequence[float]]]


def _start(pool: ThreadPool, after: "Sequence[Future[None]]", work: _Work) -> Started:
    """Prepare a channel and hand over the jobs of its finest level, each with its sums.

    The thread that prepared it does so itself: on few processors a waiting one is late.
    """
    for job in after:
        job.result()
    if not (work.channel[0].any() or work.channel.any()):  # a color of a grey image
        return [(pool.start(work.out.fill, 0 if work.percept else 1), [work.out.size])]
    return [(pool.start(kernels.rebuild, *job), job[-5]) for job in _prepare(work)]


def _finish(started: Started) -> float:
    """Wait for a channel; its sum from those of its blocks, exact whatever their order."""
    for job, _ in started:
        job.result()
    return fsum(part for _, totals in started for part in totals)


def _prepare(work: _Work) -> list[tuple[Any, ...]]:
    """Do all levels but the finest; returns the jobs that do that one."""
    channel, workspace, pool = work.channel, work.workspace, work.pool
    workspace.rewind(0)
    gains, offsets = level_weights(work.ecsf, work.levels)
    levels, below = pyramid(channel, work.levels, workspace=workspace, pool=pool)
    pedestal = 0.0
    if not work.percept:  # weights are linear in contrast: all that is constant comes last
        below[:] = 0
        pedestal = 1 + 3 * float(offsets.sum())
    wide = levels[-1].size // 2
    steps = list(zip(levels, gains.tolist(), offsets.tolist(), strict=True))
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
    """A level cut into tiles: the arguments of ``kernels.rebuild`` for each."""
    (rows, cols), take = target.shape, work.workspace.take
    layout = plan(work.windows, work.percept)
    fixed = (*level[:5], layout, mirror(level.size, work.windows))
    jobs = []
    for top, bottom in _cut(rows, bands if rows * cols >= LARGE else 1, kernels.BLOCK):
        for first, last in _cut(cols, -(-cols // max(TILE, 4 * layout.reach)), 2):
            offsets, samples = scratch_sizes(layout, last - first)
            memory = take(offsets, np.int64), take(samples, target.dtype)
            totals = np.zeros(-(-rows // kernels.BLOCK))
            tile = (target.reshape(-1), cols, totals, top, bottom, first, last)
            jobs.append((*fixed, *memory, *above, *tile))
    return jobs


def _cut(length: int, parts: int, step: int) -> list[tuple[int, int]]:
    """``parts`` nearly equal ranges that start at multiples of ``step``."""
    edges = [length * i // parts // step * step for i in range(parts)] + [length]
    return [(a, b) for a, b in pairwise(edges) if a < b]


def _stationary(work: _Work, wavelet: str) -> float:
    """A channel's map by a wavelet of PyWavelets, level after level; returns its sum."""
    channel, out, workspace, pool = work.channel, work.out, work.workspace, work.pool
    gains, offsets = level_weights(work.ecsf, work.levels)
    out[:] = 0 if work.percept else 1 + 3 * float(offsets.sum())
    if not channel.any():
        return float(out.sum(dtype=float))
    planes, z = (workspace.take((3, *channel.shape), channel.dtype) for _ in range(2))
    spare = [workspace.take(channel.shape, channel.dtype) for _ in range(2)]
    flat, parts = out.reshape(-1), [(k, min(k + PART, out.size)) for k in range(0, out.size, PART)]
    for level, (gain, offset) in enumerate(zip(gains.tolist(), offsets.tolist(), strict=True)):
        coarse = spare[level % 2]
        stationary_level(channel, level, wavelet, planes, coarse, pool)
        center_surround(planes, work.windows, step=2**level, out=z, pool=pool)
        seen = z.reshape(-1)
        if work.percept:
            jobs = [(seen, planes.reshape(-1), gain, offset, flat, *part) for part in parts]
            pool.run(stationary_kernels.add_percept, jobs)
        else:
            pool.run(stationary_kernels.add_contrast, [(seen, gain, flat, *part) for part in parts])
        channel = coarse
    if work.percept:
        out += channel
    return float(out.sum(dtype=float))


class ChannelStages(NamedTuple):
    """Every intermediate of one channel; lists run over levels, finest first."""

    planes: list[Array]
    residuals: list[Array]
    contrast: list[Array]
    weights: list[Array]


def channel_stages(
    channel: Array, ecsf: ECSF, windows: Windows, levels: int, *, wavelet: str, pool: ThreadPool
) -> ChannelStages:
    """The same stages one at a time, for any wavelet; nothing is inverted yet."""
    planes, residuals = forward(channel, levels, wavelet=wavelet, pool=pool)
    z = [
        center_surround(plane, windows, step=1 if wavelet == B3 else 2**s, pool=pool)
        for s, plane in enumerate(planes)
    ]
    weights = [ecsf.weights(plane, s) for s, plane in enumerate(z, start=1)]
    return ChannelStages(planes, residuals, z, weights)
