"""Centre-surround contrast: wavelet planes -> z in [0, 1).

Place in the pipeline: color -> wavelet -> [contrast] -> csf -> map.
Enters: planes w of a level.  Leaves: z = r**2 / (1 + r**2), where r is the mean
energy w**2 in a centre window over that in the surround on both its sides, plus
1e-6.  Windows lie along x for horizontal planes, along y for vertical ones and
along both diagonals for diagonal ones; lengths are in samples of that level.
Borders mirror and repeat the edge.

References
----------
Murray, Vanrell, Otazu & Parraga (2011), section 3; Otazu et al. (2008), eq. 3-5.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psysal.threads import Runner
from psysal.vision import kernels
from psysal.vision.wavelet import Level
from psysal.vision.workspace import Workspace

__all__ = ["MURRAY2011_WINDOWS", "ORIENTATIONS", "Windows", "center_surround", "summed"]

ORIENTATIONS = ("horizontal", "vertical", "diagonal")
TILE = 1024  # widest tile, in samples: its rings of window sums stay in the cache

Array = NDArray[Any]


@dataclass(frozen=True)
class Windows:
    """Lengths of the centre and of the surround on each side, in samples of a level.

    >>> Windows(13, 26).reach
    65
    """

    center: int
    surround: int

    def __post_init__(self) -> None:
        sizes = (self.center, self.surround)
        if not all(isinstance(n, (int, np.integer)) and n > 0 for n in sizes):
            raise ValueError(f"windows must be positive whole numbers, got {sizes}")

    @property
    def reach(self) -> int:
        """Samples from one end of the surround to the other."""
        return self.center + 2 * self.surround


MURRAY2011_WINDOWS = Windows(13, 26)


@lru_cache(maxsize=16)
def _ladder(windows: Windows) -> tuple[Array, int, int]:
    """Steps [length, below, depth, base] by which window sums double; see ``kernels``."""
    lengths = {1}
    for n in (windows.center, windows.surround):
        while n > 1:
            lengths.add(n)
            n //= 2
    length = sorted(lengths)
    below = [0] + [length.index(n // 2) for n in length[1:]]
    delay = dict.fromkeys(length, 0)
    for n in length[1:]:
        delay[n // 2] = max(delay[n // 2], n // 2)
        delay[1] = max(delay[1], n - 1)
    delay[windows.center] = max(delay[windows.center], windows.surround)
    delay[windows.surround] = max(delay[windows.surround], windows.surround + windows.center)
    delay[1] = max(delay[1], windows.reach // 2)
    depth = [delay[n] + 1 for n in length]
    base = [0, 0, *accumulate(depth[1:-1])][: len(length)]
    steps = np.array([length, below, depth, base]).T
    return np.ascontiguousarray(steps), length.index(windows.center), length.index(windows.surround)


@lru_cache(maxsize=64)
def _mirror(size: int, windows: Windows) -> Array:
    """Sample that stands at each position of a row or column whose edge repeats."""
    after = windows.reach // 2
    before = windows.reach - 1 - after
    return np.pad(np.arange(size), (before + before % 2, after + 2), mode="symmetric")


def _scratch(windows: Windows, cols: int) -> int:
    """Samples of working memory for a tile ``cols`` wide."""
    steps, _, _ = _ladder(windows)
    _, _, depth, base = steps[-1]
    rows = 4 + 3 * steps[0, 2] + 4 * (depth + base)
    gap = max(windows.center, windows.surround, 32)
    return int(rows * (-(-(cols + windows.reach + gap + 12) // 32) * 32))


def summed(
    levels: list[Level], windows: Windows, *, threads: int, room: Workspace, run: Runner
) -> list[Array]:
    """z1 + z2 + z3 of every level, on its area, straight from the approximations.

    The areas are ``room``'s; ``threads`` says into how many bands large ones are cut.
    """
    jobs, areas = [], []
    for level in levels:
        rows, cols = level.area
        dtype = level.image.dtype
        area = room.take((rows, cols), dtype)
        bands = _cut(rows, max(1, min(threads, rows * cols // 128**2)))
        tiles = _cut(cols, -(-cols // max(TILE, 4 * windows.reach)))
        fixed = (*level[:5], *_ladder(windows), _mirror(level.size, windows))
        for band in bands:
            for left, right in tiles:
                scratch = room.take(_scratch(windows, right - left), dtype)
                jobs.append((*fixed, scratch, area.reshape(-1), cols, *band, left, right))
        areas.append(area)
    run(kernels.contrast_details, jobs)
    return areas


def _cut(length: int, parts: int) -> list[tuple[int, int]]:
    """``parts`` nearly equal ranges that start at even positions."""
    edges = [length * i // parts // 2 * 2 for i in range(parts)] + [length]
    return [(a, b) for a, b in pairwise(edges) if a < b]


def center_surround(planes: Array, windows: Windows, *, step: int = 1, run: Runner) -> Array:
    """z of the three planes of a level.

    Parameters
    ----------
    planes : ndarray, (3, rows, cols), float32 or float64
        [horizontal, vertical, diagonal].
    windows : Windows
    step : int
        Distance of a level's samples in the planes: 1 where they are decimated,
        2**(s - 1) where they are not; each phase is then a plane of its own.
    run : callable
        :func:`psysal.threads.workers`.

    Returns
    -------
    ndarray, as ``planes``, in [0, 1)
    """
    z = np.zeros_like(planes)

    def one_phase(y: int, x: int) -> None:
        for o in range(3):
            plane = np.ascontiguousarray(planes[o, y::step, x::step])
            rows, cols = plane.shape
            out = np.zeros_like(plane)
            kernels.contrast_plane(
                plane.reshape(-1),
                rows,
                cols,
                *_ladder(windows),
                _mirror(rows, windows),
                _mirror(cols, windows),
                o + 1,
                np.empty(_scratch(windows, cols), plane.dtype),
                out.reshape(-1),
            )
            z[o, y::step, x::step] = out

    run(one_phase, [(y, x) for y in range(step) for x in range(step)])
    return z
