"""Channels to their maps without the intermediates: the fast way through all stages.

Place in the pipeline: color -> [wavelet -> contrast -> csf -> inverse wavelet] -> map.
Enters: opponent channels (rows, cols).  Leaves: each one's reconstructed weights,
``1 + 3 sum_s k(s) + sum_s g(s) U**(s-1) (z1 + z2 + z3)``, on the image's area, and
their sum.  From the coarsest level to the finest, one kernel makes a level's details,
their contrast, and its step of the inverse transform, row by row.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import fsum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psysal.threads import Runner
from psysal.vision import kernels
from psysal.vision.contrast import Windows, ladder, mirror, scratch
from psysal.vision.csf import ECSF
from psysal.vision.wavelet import level_count, pyramid
from psysal.vision.workspace import Workspace

__all__ = ["channel_maps"]

TILE = 1024  # widest tile, in samples: its rings of window sums stay in the cache
LARGE = 256**2  # samples from which a level is cut into a band for every thread

Array = NDArray[Any]


def channel_maps(
    channels: Sequence[Array],
    ecsfs: Sequence[ECSF],
    windows: Windows,
    *,
    out: Sequence[Array],
    threads: int,
    room: Workspace,
    run: Runner,
) -> list[float]:
    """Fill ``out`` with the channels' maps; returns the sum of each.

    Channels are of one size; what they have in flight is ``room``'s.
    """
    s = np.arange(1, level_count(*channels[0].shape) + 1)
    pedestals = [1 + 3 * float(ecsf.offset(s).sum()) for ecsf in ecsfs]
    gains = [ecsf.gain(s).tolist() for ecsf in ecsfs]
    levels, left = pyramid(channels, len(s), room=room, run=run)
    for residual in left:
        residual[:] = 0
    below, wide = list(left), levels[0][-1].size // 2
    for i in reversed(range(len(s))):
        jobs, totals = [], []
        for c, level in enumerate(level_list[i] for level_list in levels):
            rows, cols = level.area
            target = out[c].reshape(-1) if i == 0 else room.take(rows * cols, out[c].dtype)
            fixed = (*level[:5], *ladder(windows), mirror(level.size, windows))
            above = (below[c], wide, gains[c][i], pedestals[c] if i == 0 else 0.0, target, cols)
            sums = []
            bands = threads if rows * cols >= LARGE else 1
            tiles = -(-cols // max(TILE, 4 * windows.reach))
            for top, bottom in _cut(rows, bands, kernels.BLOCK):
                for first, last in _cut(cols, tiles, 2):
                    memory = scratch(windows, last - first, target.dtype, room.take)
                    sums.append(np.zeros(-(-rows // kernels.BLOCK) + last - first))
                    jobs.append((*fixed, *memory, *above, sums[-1], top, bottom, first, last))
            totals.append(sums)
            below[c] = target
        run(kernels.rebuild, jobs)
        wide = levels[0][i].area[1]
    return [
        fsum(fsum(part[: -(-len(out[0]) // kernels.BLOCK)]) for part in sums) for sums in totals
    ]


def _cut(length: int, parts: int, step: int) -> list[tuple[int, int]]:
    """``parts`` nearly equal ranges that start at multiples of ``step``."""
    edges = [length * i // parts // step * step for i in range(parts)] + [length]
    return [(a, b) for a, b in pairwise(edges) if a < b]
