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

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from psysal.threads import SERIAL, ThreadPool
from psysal.vision import kernels, stationary_kernels

__all__ = ["MURRAY2011_WINDOWS", "Windows", "center_surround", "check_windows"]


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
"""The published ones, in samples of a level: (13, 26)."""


def check_windows(sizes: Sequence[int]) -> tuple[int, int]:
    """(center, surround) themselves, or a ValueError that says what is wrong with them."""
    if not isinstance(sizes, (tuple, list)) or len(sizes) != 2:
        raise ValueError(f"windows must be (center, surround), got {sizes!r}")
    windows = Windows(*sizes)
    return windows.center, windows.surround


@lru_cache(maxsize=16)
def plan(windows: Windows, percept: bool = False) -> tuple[int, ...]:
    """How the kernels lay out their work.

    Lengths of the centre, the surround and a part of it (two make one side; those of an
    odd one overlap and are halved); samples before the window's middle, and these made
    even; rows that rings keep, of z, of energies, of those that a crossing is read from,
    of window sums, and, for a percept, of details; and how many rows that makes.
    """
    center, surround, reach = windows.center, windows.surround, windows.reach
    part = surround // (2 - surround % 2)
    after, most = reach // 2, max(center, part) - 1
    before = reach - 1 - after
    lags = after, most, max(after, most), max(reach - part, surround)
    z, depth, deep, sums = (lag + kernels.ROWS for lag in lags)
    kept = z if percept else 0
    rows = kernels.SUMS + 1 + z + 2 * kept + 2 * depth + deep
    rows += (3 if part == center else 6) * sums
    return center, surround, part, before + before % 2, before, z, depth, deep, sums, kept, rows


@lru_cache(maxsize=64)
def mirror(size: int, windows: Windows) -> Array:
    """Sample that stands at each position of a row or column whose edge repeats."""
    after = windows.reach // 2
    before = windows.reach - 1 - after
    return np.pad(
        np.arange(size), (before + before % 2, after + 2 + kernels.ROWS), mode="symmetric"
    )


def scratch(
    layout: tuple[int, ...], cols: int, dtype: DTypeLike, take: Callable[..., Array] = np.empty
) -> tuple[Array, Array]:
    """Working memory of a planned kernel for a tile ``cols`` wide: places, and rows."""
    reach = layout[0] + 2 * layout[1]
    width = -(-(cols + reach + max(*layout[:2], 32) + 32) // 32) * 32
    return take(reach + 2 * kernels.ROWS, np.int64), take(layout[-1] * width, dtype)


@lru_cache(maxsize=64)
def _phases(length: int, windows: Windows, step: int) -> Array:
    """The same where every ``step``-th sample is of one row, which mirrors by itself."""
    after = windows.reach // 2 + kernels.ROWS - 1
    before = windows.reach - 1 - windows.reach // 2 + kernels.ROWS - 1
    index, phase = np.divmod(np.arange(-before * step, length + after * step), step)
    count = np.maximum((length - phase + step - 1) // step, 1)
    index %= 2 * count
    return np.minimum(index, 2 * count - 1 - index) * step + phase


def center_surround(
    planes: Array,
    windows: Windows,
    *,
    step: int = 1,
    out: Array | None = None,
    pool: ThreadPool = SERIAL,
) -> Array:
    """z of the three planes of a level.

    Parameters
    ----------
    planes : ndarray, (3, rows, cols), float32 or float64
        [horizontal, vertical, diagonal].
    windows : Windows
    step : int
        Distance of a level's samples in the planes: 1 where they are decimated,
        2**(s - 1) where they are not; each phase is then a plane of its own.
    out : ndarray, (3, rows, cols), optional
        Takes the result.
    pool : ThreadPool
        Threads.

    Returns
    -------
    ndarray, as ``planes``, in [0, 1)
    """
    z = np.empty_like(planes, order="C") if out is None else out
    rows, cols = planes.shape[1:]
    flat = [np.ascontiguousarray(plane).reshape(-1) for plane in planes]
    given = [(o, flat[o - 1], z[o - 1].reshape(-1)) for o in (3, 2, 1)]  # the longest first

    def whole(orientation: int, plane: Array, out: Array) -> None:
        layout, mirrors = plan(windows), (mirror(rows, windows), mirror(cols, windows))
        memory = scratch(layout, cols, plane.dtype)
        kernels.contrast_plane(plane, rows, cols, layout, *mirrors, orientation, *memory, out)

    def phases(orientation: int, plane: Array, out: Array, start: int, stop: int) -> None:
        lengths = windows.center, windows.surround
        mirrors = _phases(rows, windows, step), _phases(cols, windows, step)
        stationary_kernels.contrast_rows(
            plane, cols, step, *lengths, orientation, *mirrors, out, start, stop
        )

    if step == 1:
        pool.run(whole, given)
    else:
        high = min(step, rows)
        bands = pairwise(high * i // pool.threads for i in range(pool.threads + 1))
        pool.run(phases, [(*own, *band) for own, band in product(given, bands)])
    return z
