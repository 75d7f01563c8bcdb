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

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from psysal.threads import ALONE, Crew
from psysal.vision import kernels

__all__ = ["MURRAY2011_WINDOWS", "Windows", "center_surround"]


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
def ladder(windows: Windows) -> tuple[Array, Array, int, int]:
    """Terms [rung, lag, depth, base] of the rungs and of the windows; see ``kernels``.

    A rung is a sum of so many samples along a line.  Its terms are the rung itself and
    the ones it is made of, each ``lag`` samples back; a rung keeps its last ``depth``
    rows from row ``base`` of its ring on.
    """
    center, surround = windows.center, windows.surround
    part = surround // (2 - surround % 2)  # two make one side; an odd one is counted twice
    made: dict[int, list[tuple[int, int]]] = {1: []}
    for n in sorted({center, part}):
        _add_rung(made, n)
    lengths = sorted(made)
    rungs = [[(n, 0), *made[n]] for n in lengths[1:]]
    shift, far = surround - part, surround + center
    inner, outer = [(center, surround)], [(part, 0), (part, shift)]
    outer += [(part, far), (part, far + shift)]
    rungs += [inner + outer, [(1, windows.reach // 2)]]
    pairs = [pair for rung in rungs for pair in rung]
    depth = [1 + max(lag for n, lag in pairs if n == length) for length in lengths]
    base = [0, 0, *accumulate(depth[1:])]
    terms = [(lengths.index(n), lag) for n, lag in pairs]
    table = [(rung, lag, depth[rung], base[rung]) for rung, lag in terms]
    table[-1] = (0, terms[-1][1], depth[0], base[-1])
    first = np.cumsum([0, *(len(rung) for rung in rungs[:-2])])
    return np.array(table), first, center, surround


def _add_rung(made: dict[int, list[tuple[int, int]]], n: int) -> None:
    """Make the sum of n samples of at most four terms: k sums of q and r samples."""
    if n in made:
        return
    known = [(q, n // q) for q in sorted(made, reverse=True)]
    new = [(n // k, k) for k in (4, 3, 2)]
    q, k = next((q, k) for q, k in known + new if k and k + n - k * q <= 4)
    _add_rung(made, q)
    made[n] = [(q, i * q) for i in range(k)] + [(1, i) for i in range(k * q, n)]


@lru_cache(maxsize=64)
def mirror(size: int, windows: Windows) -> Array:
    """Sample that stands at each position of a row or column whose edge repeats."""
    after = windows.reach // 2
    before = windows.reach - 1 - after
    return np.pad(np.arange(size), (before + before % 2, after + 2), mode="symmetric")


def scratch(
    windows: Windows, cols: int, dtype: DTypeLike, take: Callable[..., Array] = np.empty
) -> tuple[Array, Array]:
    """Working memory of a kernel for a tile ``cols`` wide: places of terms, and rows."""
    terms = ladder(windows)[0]
    rows = int(5 + 3 * terms[-1, 2] + 4 * terms[-1, 3])
    gap = max(windows.center, windows.surround, 32)
    width = -(-(cols + windows.reach + gap + 12) // 32) * 32
    return take((7, len(terms)), np.int64), take(rows * width, dtype)


def center_surround(planes: Array, windows: Windows, *, step: int = 1, crew: Crew = ALONE) -> Array:
    """z of the three planes of a level.

    Parameters
    ----------
    planes : ndarray, (3, rows, cols), float32 or float64
        [horizontal, vertical, diagonal].
    windows : Windows
    step : int
        Distance of a level's samples in the planes: 1 where they are decimated,
        2**(s - 1) where they are not; each phase is then a plane of its own.
    crew : Crew
        Threads.

    Returns
    -------
    ndarray, as ``planes``, in [0, 1)
    """
    z = np.empty_like(planes)

    def one_phase(y: int, x: int) -> None:
        for o in range(3):
            plane = np.ascontiguousarray(planes[o, y::step, x::step])
            rows, cols = plane.shape
            out = np.empty_like(plane)
            kernels.contrast_plane(
                plane.reshape(-1),
                rows,
                cols,
                *ladder(windows),
                mirror(rows, windows),
                mirror(cols, windows),
                o + 1,
                *scratch(windows, cols, plane.dtype),
                out.reshape(-1),
            )
            z[o, y::step, x::step] = out

    crew.run(one_phase, [(y, x) for y in range(step) for x in range(step)])
    return z
