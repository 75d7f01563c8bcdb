"""Window of a photograph that keeps most of a density, and cuts least of it.

Place in the pipeline: density of fixations on a small grid -> [window] -> box in pixels.

The share of the density in a window is exact for cells that are even inside: a window covers a
share of every row and every column of cells, so that the shares of all windows of one size are
two products of matrices.  The density about the four edges, where objects would be cut, counts
against a window; edges of the photograph itself cut nothing.
"""

from typing import NamedTuple

import numpy as np

from psysal._typing import Array

__all__ = ["Window", "best_window", "largest_window"]

STEPS = 128
"""Steps along each side in which windows are tried, pixels if there are fewer."""
MARGIN = 0.03
"""Width of the band about an edge, on each side of it, as a share of the window."""
CUT_WEIGHT = 0.1
"""Weight of the density above its mean in the band, where density in the window has 1."""
PEAK_MARGIN = 0.1
"""Least distance of the highest place from an edge, as a share of the window."""
PEAK_RATIO = 2
"""Least ratio of the highest place to the mean, without which all places are alike."""
TIE = 1e-4
"""Share of the best score by which a window nearer to the middle may be worse."""


class Window(NamedTuple):
    """Window of a photograph.

    Attributes
    ----------
    left, top, right, bottom : int
        Its edges in pixels; right and bottom are the first pixels outside.
    kept : float
        Share of the density inside, 0 to 1.
    """

    left: int
    top: int
    right: int
    bottom: int
    kept: float


def largest_window(shape: tuple[int, int], aspect: tuple[float, float]) -> tuple[int, int]:
    """Size of the largest window of an aspect ratio in a photograph.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the photograph.
    aspect : (float, float)
        Width and height, of any unit; positive.

    Returns
    -------
    (int, int)
        Rows and columns, rounded.

    Raises
    ------
    ValueError
        It would be narrower than a pixel.

    Examples
    --------
    >>> largest_window((600, 800), (16, 9)), largest_window((600, 800), (9, 16))
    ((450, 800), (600, 338))
    """
    rows, cols = shape
    width, height = aspect
    ratio = width / height
    if not 1 / rows <= ratio <= cols:
        raise ValueError(
            f"the aspect must be one from 1:{rows} to {cols}:1 in a photograph of {cols} x {rows} "
            f"pixels, got {width:g}:{height:g}; take one nearer to that of the photograph"
        )
    return (rows, round(rows * ratio)) if cols > rows * ratio else (round(cols / ratio), cols)


def best_window(density: Array, shape: tuple[int, int], size: tuple[int, int]) -> Window:
    """Window of a size that keeps most of a density, less a tenth of what its edges cut.

    Parameters
    ----------
    density : ndarray, (grid_rows, grid_cols), float64
        On a grid over the photograph; not negative, sums to 1.
    shape : (int, int)
        Rows and columns of the photograph.
    size : (int, int)
        Rows and columns of the window, no more than those of the photograph.

    Returns
    -------
    Window
        Of those that are as good, the one nearest to the middle.

    Examples
    --------
    >>> density = np.zeros((6, 8))
    >>> density[1, 6] = 1
    >>> window = best_window(density, (60, 80), (60, 60))
    >>> window.left <= 60, window.right >= 70, round(window.kept, 6)
    (True, True, 1.0)
    >>> best_window(np.full((6, 8), 1 / 48), (60, 80), (30, 40))[:4]
    (20, 15, 60, 45)
    """
    tops, lefts = (_starts(length - part) for length, part in zip(shape, size, strict=True))
    objects = (density - density.mean()).clip(0)
    kept, wider, narrower = (
        _cover(shape[0], density.shape[0], tops, size[0], margin)
        @ plane
        @ _cover(shape[1], density.shape[1], lefts, size[1], margin).T
        for plane, margin in ((density, 0.0), (objects, MARGIN), (objects, -MARGIN))
    )
    score = kept - CUT_WEIGHT * (wider - narrower)
    if density.max() >= PEAK_RATIO * density.mean():
        at_edge = _peak_at_edge(density, shape, size, tops, lefts)
        score[at_edge & ~at_edge.all()] = -np.inf
    off_middle = np.hypot(
        (2 * tops[:, None] - shape[0] + size[0]) / shape[0],
        (2 * lefts - shape[1] + size[1]) / shape[1],
    )
    off_middle[score < score.max() - TIE * kept.max()] = np.inf
    row, col = np.unravel_index(off_middle.argmin(), off_middle.shape)
    top, left = int(tops[row]), int(lefts[col])
    share = float(kept[row, col].clip(0, 1))
    return Window(left, top, left + size[1], top + size[0], share)


def _starts(room: int) -> Array:
    """First pixels of the windows that are tried, with ``room`` pixels beside them."""
    return np.unique(np.rint(np.linspace(0, room, min(room, STEPS) + 1)).astype(int))


def _peak_at_edge(
    density: Array, shape: tuple[int, int], size: tuple[int, int], tops: Array, lefts: Array
) -> Array:
    """True for windows that have the highest place near one of their edges, (tops, lefts)."""
    peak = np.unravel_index(density.argmax(), density.shape)
    beside, within = [], []
    for axis, starts in enumerate((tops, lefts)):
        place = (peak[axis] + 0.5) / density.shape[axis] * shape[axis]
        margin, ends = PEAK_MARGIN * size[axis], starts + size[axis]
        near_start = (abs(starts - place) < margin) & (starts > 0)
        near_end = (abs(ends - place) < margin) & (ends < shape[axis])
        beside.append(near_start | near_end)
        within.append((starts - margin < place) & (place < ends + margin))
    return (beside[0][:, None] & within[1]) | (within[0][:, None] & beside[1])


def _cover(length: int, cells: int, starts: Array, size: int, margin: float) -> Array:
    """Share of each of the cells of a side in windows, (windows, cells).

    ``margin``, in sizes, is added at both ends, but taken from none at the end of the photograph.
    """
    first, last = starts - margin * size, starts + size + margin * size
    if margin < 0:
        first = np.where(starts == 0, 0, first)
        last = np.where(starts + size == length, length, last)
    edges = np.linspace(0, length, cells + 1)
    covered = np.minimum(edges[1:], last[:, None]) - np.maximum(edges[:-1], first[:, None])
    return covered.clip(0) * (cells / length)
