"""Channels to their maps without the intermediates: the fast way through all stages.

Place in the pipeline: color -> [wavelet -> contrast -> csf -> inverse wavelet] -> map.
Enters: opponent channels (rows, cols).  Leaves: each one's reconstructed weights,
``1 + 3 sum_s k(s) + sum_s g(s) U**(s-1) (z1 + z2 + z3)``, on the image's area, and
their sum.  From the coarsest level to the finest, one kernel makes a level's details,
their contrast, and its step of the inverse transform, row by row.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from itertools import pairwise
from math import fsum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psysal.threads import ALONE, Crew
from psysal.vision import kernels
from psysal.vision.contrast import Windows, mirror, plan, scratch
from psysal.vision.csf import ECSF
from psysal.vision.wavelet import Level, level_count, pyramid
from psysal.vision.workspace import Workspace

__all__ = ["channel_maps"]

TILE = 1024  # widest tile, in samples: its rings of window sums stay in the cache
LARGE = 256**2  # samples from which a level is cut into bands for threads
SMALL = 12_000_000  # samples up to which an image's channels are worked on together

Array = NDArray[Any]


def channel_maps(
    channels: Sequence[Array],
    ecsfs: Sequence[ECSF],
    windows: Windows,
    *,
    out: Sequence[Array],
    room: Workspace,
    crew: Crew,
    after: "Sequence[Future[None]]" = (),
) -> list[float]:
    """Fill ``out`` with the channels' maps, ``after`` some jobs; returns the sum of each.

    Threads share the channels of a small image, each preparing one, and then the finest
    level, which is most of the work.  Of a large one they share every level, a channel
    after the other, so that memory holds the working planes of one only.
    """
    if crew.threads == 1 or sum(channel.size for channel in channels) > SMALL:
        shared = (windows, room.part(0), crew.threads, crew)
        return [
            _finish(_start(crew, after, *own, *shared))
            for own in zip(channels, ecsfs, out, strict=True)
        ]
    count = len(channels)
    started = []
    for c, own in enumerate(zip(channels, ecsfs, out, strict=True)):
        bands = crew.threads if c == count - 1 else -(-crew.threads // count)  # evens out the end
        started.append(crew.start(_start, crew, after, *own, windows, room.part(c), bands, ALONE))
    return [_finish(channel.result()) for channel in started]


Started = list[tuple["Future[None]", Sequence[float]]]


def _start(
    crew: Crew, after: "Sequence[Future[None]]", channel: Array, ecsf: ECSF, out: Array, *task: Any
) -> Started:
    """Prepare a channel and hand over the jobs of its finest level, each with its sums.

    The thread that prepared it does so itself: on few processors a waiting one is late.
    """
    for job in after:
        job.result()
    if not (channel[0].any() or channel.any()):  # a color of a grey image
        return [(crew.start(out.fill, 1), [out.size])]
    jobs = _prepare(channel, ecsf, out, *task)
    return [(crew.start(kernels.rebuild, *job), job[-5]) for job in jobs]


def _finish(started: Started) -> float:
    """Wait for a channel; its sum from those of its blocks, exact whatever their order."""
    for job, _ in started:
        job.result()
    return fsum(part for _, totals in started for part in totals)


def _prepare(
    channel: Array,
    ecsf: ECSF,
    out: Array,
    windows: Windows,
    room: Workspace,
    bands: int,
    crew: Crew,
) -> list[tuple[Any, ...]]:
    """Do all levels but the finest; returns the jobs that do that one, in ``bands``."""
    room.rewind(0)
    s = np.arange(1, level_count(*channel.shape) + 1)
    gains, pedestal = ecsf.gain(s).tolist(), 1 + 3 * float(ecsf.offset(s).sum())
    levels, below = pyramid(channel, len(s), room=room, crew=crew)
    below[:] = 0
    wide = levels[-1].size // 2
    for level, gain in zip(levels[:0:-1], gains[:0:-1], strict=True):
        target = room.take(level.area, channel.dtype)
        above = (below, wide, gain, 0.0)
        crew.run(kernels.rebuild, _jobs(level, windows, above, target, crew.threads, room))
        below, wide = target.reshape(-1), level.area[1]
    above = (below, wide, gains[0], pedestal)
    return _jobs(levels[0], windows, above, out, bands, room)


def _jobs(
    level: Level,
    windows: Windows,
    above: tuple[Any, ...],
    target: Array,
    bands: int,
    room: Workspace,
) -> list[tuple[Any, ...]]:
    """A level cut into tiles: the arguments of ``kernels.rebuild`` for each."""
    rows, cols = target.shape
    fixed = (*level[:5], plan(windows), mirror(level.size, windows))
    jobs = []
    for top, bottom in _cut(rows, bands if rows * cols >= LARGE else 1, kernels.BLOCK):
        for first, last in _cut(cols, -(-cols // max(TILE, 4 * windows.reach)), 2):
            memory = scratch(windows, last - first, target.dtype, room.take)
            totals = np.zeros(-(-rows // kernels.BLOCK))
            tile = (target.reshape(-1), cols, totals, top, bottom, first, last)
            jobs.append((*fixed, *memory, *above, *tile))
    return jobs


def _cut(length: int, parts: int, step: int) -> list[tuple[int, int]]:
    """``parts`` nearly equal ranges that start at multiples of ``step``."""
    edges = [length * i // parts // step * step for i in range(parts)] + [length]
    return [(a, b) for a, b in pairwise(edges) if a < b]
