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

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
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
    """Layout of the memory of ``kernels.rebuild``.

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
    margin : int
        Rows beyond the border for which :func:`fold` has others.
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
    margin: int
    contrasts: int
    energies: int
    crossings: int
    sums: int
    details: int
    rows: int


@lru_cache(maxsize=64)
def plan(windows: Windows, percept: bool = False, count: int = sys.maxsize) -> Plan:
    """Layout of the kernels' memory for windows, with details for a percept, of ``count`` rows."""
    center, surround, reach = windows.center, windows.surround, windows.reach
    part = surround // (2 - surround % 2)
    after, longest = reach // 2, max(center, part)
    before = reach - 1 - after
    lags = longest, longest + max(after - part, 0), reach - part + 1
    energies, crossings, sums = (min(lag, count + longest) + kernels.ROWS for lag in lags)
    contrasts = crossings
    details = contrasts if percept else 0
    rows = kernels.SUMS + 1 + contrasts + 2 * details + energies + crossings
    rows += (3 if part == center else 6) * sums
    pad = before + before % 2
    return Plan(
        center, surround, reach, part, before, pad, reach + 2 * kernels.ROWS,
        contrasts, energies, crossings, sums, details, rows,
    )  # fmt: skip


@lru_cache(maxsize=64)
def scratch_sizes(layout: Plan, cols: int, step: int = 1) -> tuple[int, int]:
    """Numbers of row offsets, and of samples, that a kernel needs for a tile ``cols`` wide."""
    gap = max(layout.center, layout.surround, 2 * kernels.ROWS)
    width = cols + step * (layout.reach + gap) + 64
    return layout.reach + 3 * kernels.ROWS, layout.rows * (-(-width // 32) * 32)


@lru_cache(maxsize=64)
def fold(count: int, edge: int, windows: Windows) -> Array:
    """Rows, and sums of rows, that stand for those of a plane and beyond its borders.

    Row -1 - r mirrors row r, and row ``edge`` - r does: ``edge`` is 2 count - 1 where the last of
    ``count`` rows repeats, and 2 count - 2 where it does not.

    Returns
    -------
    ndarray, flat
        Five rows: the row that stands for each, from ``Plan.margin`` rows before the first on;
        that of the sum of ``center`` rows from there on, and whether its diagonal is the other
        one; and the same of ``part`` rows.
    """
    layout = plan(windows)
    first = np.arange(-layout.margin, count + layout.margin)
    found = []
    for length in (1, layout.center, layout.part):
        middle = (2 * first + length) % (2 * (edge + 1))  # twice that of the sum, and 1
        turned = middle > edge + 1
        middle = np.where(turned, 2 * (edge + 1) - middle, middle)
        found += [(middle - length) // 2, turned]
    return np.concatenate(found[:1] + found[2:]).astype(np.int64)


@lru_cache(maxsize=64)
def mirror(size: int, windows: Windows, step: int = 1) -> Array:
    """Sample at each position of a row whose edge repeats, from ``Plan.pad`` before the first on.

    Of samples ``step`` apart, each phase mirrors by itself.
    """
    layout = plan(windows)
    after = layout.reach - 1 - layout.before
    index, phase = np.divmod(np.arange(-layout.pad * step, size + (after + 2) * step), step)
    count = np.maximum((size - phase + step - 1) // step, 1)
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

    def contrast(o: int, count: int, start: int, stop: int) -> None:
        layout = plan(windows, count=count)
        offsets, samples = scratch_sizes(layout, cols, step)
        stationary_kernels.contrast_rows(
            flat[o], cols, step, layout, fold(count, 2 * count - 1, windows),
            mirror(cols, windows, step), o + 1, np.empty(offsets, np.int64),
            np.empty(samples, planes.dtype), z[o].reshape(-1), start, stop,
        )  # fmt: skip

    phases = list(alike_phases(rows, step, pool.threads))
    pool.run(contrast, [(o, *part) for o in (2, 1, 0) for part in phases])  # the longest first
    return z


def alike_phases(rows: int, step: int, parts: int) -> Iterator[tuple[int, int, int]]:
    """Ranges of the first ``step`` rows, at least ``parts`` if there are, and the rows of each.

    Yields
    ------
    count, start, stop : int
        Rows of each phase from ``start`` to before ``stop``, ``step`` apart.
    """
    more = rows % step
    for count, first, last in ((rows // step + 1, 0, more), (rows // step, more, step)):
        if count and last > first:
            parts = min(parts, last - first)
            for i in range(parts):
                start, stop = (first + (last - first) * k // parts for k in (i, i + 1))
                yield count, start, stop
