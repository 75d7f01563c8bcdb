"""Center-surround contrast: wavelet planes -> z in [0, 1).

Place in the pipeline: color -> wavelet -> [contrast] -> csf -> map.
Enters: planes w of a level.  Leaves: z = r**2 / (1 + r**2), where r is the mean
energy w**2 in a center window over that in the surround on both its sides, plus
1e-6.  Windows lie along x for horizontal planes, along y for vertical ones and
along both diagonals for diagonal ones; lengths are in samples of that level.
Borders mirror and repeat the edge.

References
----------
Murray, Vanrell, Otazu & Parraga (2011), section 3; Otazu et al. (2008), eq. 3-5.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np

from psysal._typing import Array
from psysal.threads import SERIAL, ThreadPool
from psysal.vision import kernels, stationary_kernels

__all__ = ["MURRAY2011_WINDOWS", "Windows", "center_surround", "check_windows"]


@dataclass(frozen=True)
class Windows:
    """Lengths of the center and of the surround on each side, in samples of a level.

    Parameters
    ----------
    center, surround : int
        From 1.

    Raises
    ------
    ValueError
        A length is not a positive whole number.

    Examples
    --------
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
"""Published windows of Murray et al. (2011), in samples of a level: (13, 26)."""


def check_windows(sizes: Sequence[int]) -> tuple[int, int]:
    """Lengths of windows, checked.

    Parameters
    ----------
    sizes : (int, int)
        Center, and surround on each side, in samples of a level.

    Returns
    -------
    (int, int)

    Raises
    ------
    ValueError
        They are not two positive whole numbers.
    """
    if not isinstance(sizes, (tuple, list)) or len(sizes) != 2:
        raise ValueError(f"windows must be (center, surround), got {sizes!r}")
    windows = Windows(*sizes)
    return windows.center, windows.surround


class Plan(NamedTuple):
    """Layout of the memory of ``kernels.rebuild`` and ``kernels.contrast_plane``.

    Window sums are had from sums of ``center`` and of ``part`` samples: two parts make one side
    of the surround, and where that is odd they overlap and are halved.  Rows wait in rings.

    Attributes
    ----------
    center, surround, reach : int
        Lengths of the center, of the surround on each side, and of all of them, in samples.
    part : int
        Length of a part of the surround.
    before, pad : int
        Samples of a window before its middle, and these made even.
    contrasts, energies, crossings, sums, details : int
        Rows that a ring keeps of z, of energies, of those where diagonals cross, of window sums
        and, for a percept, of details.
    rows : int
        Rows of all rings and of what is before them.
    """

    center: int
    surround: int
    reach: int
    part: int
    before: int
    pad: int
    contrasts: int
    energies: int
    crossings: int
    sums: int
    details: int
    rows: int


@lru_cache(maxsize=16)
def plan(windows: Windows, percept: bool = False) -> Plan:
    """Layout of the kernels' memory for windows, with details for a percept."""
    center, surround, reach = windows.center, windows.surround, windows.reach
    part = surround // (2 - surround % 2)
    after, longest = reach // 2, max(center, part) - 1
    before = reach - 1 - after
    lags = after, longest, max(after, longest), max(reach - part, surround)
    contrasts, energies, crossings, sums = (lag + kernels.ROWS for lag in lags)
    details = contrasts if percept else 0
    rows = kernels.SUMS + 1 + contrasts + 2 * details + 2 * energies + crossings
    rows += (3 if part == center else 6) * sums
    pad = before + before % 2
    return Plan(
        center, surround, reach, part, before, pad,
        contrasts, energies, crossings, sums, details, rows,
    )  # fmt: skip


@lru_cache(maxsize=64)
def scratch_sizes(layout: Plan, cols: int) -> tuple[int, int]:
    """Numbers of row offsets, and of samples, that a kernel needs for a tile ``cols`` wide."""
    width = cols + layout.reach + max(layout.center, layout.surround, 32) + 32
    return layout.reach + 2 * kernels.ROWS, layout.rows * (-(-width // 32) * 32)


@lru_cache(maxsize=64)
def mirror(size: int, windows: Windows) -> Array:
    """Sample at each position of a row or column whose edge repeats."""
    after = windows.reach // 2
    before = windows.reach - 1 - after
    return np.pad(
        np.arange(size), (before + before % 2, after + 2 + kernels.ROWS), mode="symmetric"
    )


@lru_cache(maxsize=64)
def _phases(length: int, windows: Windows, step: int) -> Array:
    """Sample at each position where every ``step``-th one is of a row that mirrors by itself."""
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
    """Contrast z of the three planes of a level.

    Parameters
    ----------
    planes : ndarray, (3, rows, cols), float32 or float64
        Wavelet planes [horizontal, vertical, diagonal].
    windows : Windows
    step : int
        Distance of a level's samples in the planes: 1 where they are decimated,
        2**(s - 1) where they are not; each phase is then a plane of its own.
    out : ndarray, (3, rows, cols), optional
        Takes the result.
    pool : ThreadPool
        Threads, over planes.

    Returns
    -------
    ndarray, as ``planes``, in [0, 1)
    """
    z = np.empty_like(planes, order="C") if out is None else out
    rows, cols = planes.shape[1:]
    flat = [np.ascontiguousarray(plane).reshape(-1) for plane in planes]
    jobs = [(o, flat[o - 1], z[o - 1].reshape(-1)) for o in (3, 2, 1)]  # the longest first

    def whole(orientation: int, plane: Array, out: Array) -> None:
        layout, mirrors = plan(windows), (mirror(rows, windows), mirror(cols, windows))
        offsets, samples = scratch_sizes(layout, cols)
        memory = np.empty(offsets, np.int64), np.empty(samples, plane.dtype)
        kernels.contrast_plane(plane, rows, cols, layout, *mirrors, orientation, *memory, out)

    def phases(orientation: int, plane: Array, out: Array, start: int, stop: int) -> None:
        lengths = windows.center, windows.surround
        mirrors = _phases(rows, windows, step), _phases(cols, windows, step)
        stationary_kernels.contrast_rows(
            plane, cols, step, *lengths, orientation, *mirrors, out, start, stop
        )

    if step == 1:
        pool.run(whole, jobs)
    else:
        high = min(step, rows)
        bands = pairwise(high * i // pool.threads for i in range(pool.threads + 1))
        pool.run(phases, [(*job, *band) for job, band in product(jobs, bands)])
    return z
