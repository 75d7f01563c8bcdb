"""Fixations in the gaze of MIT1003, as the program of its authors finds them.

Place: inside of [published_sets].  A saccade begins with three samples or more whose acceleration
is above a threshold, and ends with the deceleration after it; what is between saccades is a
fixation, at the median of its samples.
"""

import numpy as np

from psysal._typing import Array

__all__ = ["judd_fixations"]

SAMPLING_RATE_HZ = 240
THRESHOLD = 34 * 6  # pixels per degree times degrees per second, between neighboring windows
WINDOW = 4  # samples over which speed is averaged
FEWEST_FAST = 3  # samples above the threshold that are a saccade
LONGEST_SEARCH = 25  # samples in which a saccade must slow down
SHORTEST_FIXATION = 12  # samples, 50 ms


def judd_fixations(gaze: Array) -> tuple[Array, Array]:
    """Fixations in a trace of gaze.

    Parameters
    ----------
    gaze : ndarray, (samples, 2)
        x, y at 240 Hz; NaN where they are not known.

    Returns
    -------
    positions : ndarray, (fixations, 2)
        Medians of x and of y.
    durations : ndarray, (fixations,)
        Milliseconds.

    References
    ----------
    ``checkFixations.m`` of Judd, Ehinger, Durand & Torralba (2009),
    doi:10.1109/ICCV.2009.5459462.

    Examples
    --------
    >>> still = np.repeat([[100.0, 50.0], [400.0, 50.0]], 60, axis=0)
    >>> flight = np.linspace([100.0, 50.0], [400.0, 50.0], 10)
    >>> positions, durations = judd_fixations(np.concatenate([still[:60], flight, still[60:]]))
    >>> positions.tolist()
    [[100.0, 50.0], [400.0, 50.0]]
    """
    count = len(gaze)
    starts, ends = [0], []
    for start, end in _saccades(_acceleration(gaze)):
        ends.append(start)
        starts.append(end + 1)
    ends.append(count)
    parts = [gaze[a:b] for a, b in zip(starts, ends, strict=True) if a < b]
    known = [part for part in parts if np.isfinite(part).all(axis=1).any()]
    positions = np.array([np.nanmedian(part, axis=0) for part in known]).reshape(-1, 2)
    return positions, np.array([len(part) for part in known]) * 1000.0 / SAMPLING_RATE_HZ


def _acceleration(gaze: Array) -> Array:
    """Change of the smoothed speed over five samples, in pixels per second; 0 at the ends."""
    change, reach = np.zeros(len(gaze)), WINDOW + 1
    if len(gaze) > reach:
        steps = np.concatenate([[0], np.hypot(*np.diff(gaze, axis=0).T)])
        speed = np.convolve(steps, np.full(WINDOW, 1 / WINDOW))[: len(steps)]
        change[1:-reach] = (speed[1 + reach :] - speed[1:-reach]) * SAMPLING_RATE_HZ / WINDOW
    return change


def _saccades(acceleration: Array) -> list[tuple[int, int]]:
    """First and last sample of every saccade."""
    count = len(acceleration)
    edges = np.flatnonzero(np.diff(np.pad(acceleration > THRESHOLD, 1).astype(int)))
    runs = [(a, b - 1) for a, b in edges.reshape(-1, 2).tolist() if b - a >= FEWEST_FAST]
    slowing = acceleration < -THRESHOLD
    found: list[tuple[int, int]] = []
    for start, fast in runs:
        search = range(fast + 1, min(fast + 1 + LONGEST_SEARCH, count - 1))
        end = next((k for k in search if slowing[k] and not slowing[k + 1]), None)
        if end is None and len(runs) == 1 and fast == np.flatnonzero(acceleration)[-1]:
            end = count - 1  # the trace ends in its only saccade
        if end is None:
            continue
        if found and start - found[-1][1] <= SHORTEST_FIXATION:
            start = found.pop()[0]
        found.append((start, end))
    if found and count - 1 - found[-1][1] <= SHORTEST_FIXATION:
        found[-1] = found[-1][0], count - 1
    return found
