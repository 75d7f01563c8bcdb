"""Items of search displays: their positions, outlines and colors.

Place in the pipeline: below :mod:`psysal.stimuli.search`.  Positions are (y, x) in pixels;
outlines are drawn over a background with borders smoothed in linear light.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from psysal._typing import Array
from psysal.srgb import from_linear, to_linear
from psysal.stimuli.canvas import SUBSAMPLES, Canvas, Size, color, isoluminant, pixel_means
from psysal.stimuli.display import Display

__all__: list[str] = []

GAP = 2  # pixels at least between items
JITTER = 0.2  # of the free space around an item, by which its center may be off
RELATIVE_LUMINANCE = 0.3  # of all colors
RED_GREEN = 0.5  # largest distance of a color from O1 = 0
YELLOW_BLUE = 0.35  # O2 of all items


class Outline(NamedTuple):
    """Shape of an item: a test of whether (y, x), in pixels from its center, is inside."""

    reach: float  # pixels from the center beyond which nothing is inside
    inside: Callable[[Array, Array], Array]


class Item(NamedTuple):
    """An item at a position, in an sRGB-encoded color or intensity."""

    position: Array
    outline: Outline
    color: Array


# --- positions ---------------------------------------------------------------


def scatter(
    visual_size: Size,
    ppd: float,
    set_size: int,
    contrast: float,
    seed: int,
    size_name: str,
    item_size: float,
    extent: float | None = None,
) -> tuple[Canvas, Array]:
    """Canvas, and positions (set_size, 2) of the items, the target's first.

    Items lie one a cell of the most square grid that holds them, off its center by a share
    of the space that its cell leaves around ``extent`` degrees, by default ``item_size``.
    """
    if not 0 < contrast <= 1:
        raise ValueError(f"contrast must lie in (0, 1], got {contrast!r}")
    if set_size < 2 or set_size != int(set_size):
        raise ValueError(f"set_size must be a whole number of at least 2 items, got {set_size!r}")
    canvas = Canvas.of(visual_size, ppd)
    canvas.length(size_name, item_size)
    shape = np.array(canvas.shape)
    count = int(set_size)
    grids = [np.array([rows, -(-count // rows)]) for rows in range(1, count + 1)]
    grid = max(grids, key=lambda grid: (shape / grid).min())
    cell = shape / grid
    slack = (cell - (item_size if extent is None else extent) * canvas.ppd - GAP) / 2
    if slack.min() < 0:
        raise ValueError(
            f"set_size ({set_size}) items of {size_name} ({item_size} degrees) do not fit in "
            f"visual_size ({canvas.describe()}); ask for fewer or smaller items, or enlarge the "
            "display"
        )
    rng = np.random.default_rng(seed)
    cells = np.argwhere(np.ones(grid, bool))
    inner = ((cells > 0) & (cells < grid - 1)).all(axis=1)
    target = rng.choice(np.flatnonzero(inner if inner.any() else ~inner))
    others = rng.permutation(np.delete(np.arange(len(cells)), target))[: count - 1]
    chosen = cells[[target, *others]]
    return canvas, (chosen + 0.5) * cell + rng.uniform(-JITTER, JITTER, chosen.shape) * slack


def disc_lattice(diameter: float, pitch: float) -> Array:
    """Points (n, 2) of a hexagonal lattice in a disc, from its center."""
    reach = int(diameter / pitch) + 1
    row, col = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1)
    points = pitch * np.stack([row * math.sqrt(0.75), col + row % 2 / 2], axis=1)
    return points[np.hypot(*points.T) <= diameter / 2]


# --- appearance --------------------------------------------------------------


def hues(contrast: float, equal_luminance: bool) -> tuple[Array, Array, Array]:
    """Grey, the yellow of distractors, and a color from there to red by ``contrast``.

    From green to red a target would pass the grey of the background.
    """
    points = [(0, 0), (0, YELLOW_BLUE), (RED_GREEN * contrast, YELLOW_BLUE)]
    if equal_luminance:
        grey, yellow, red = (isoluminant(*point, RELATIVE_LUMINANCE) for point in points)
    else:
        grey, yellow, red = (color(*point, 3 * RELATIVE_LUMINANCE) for point in points)
    return grey, yellow, red


def disc(diameter: float) -> Outline:
    """Disc of a diameter in pixels."""
    return Outline(diameter / 2, lambda y, x: y**2 + x**2 <= diameter**2 / 4)


def bar(canvas: Canvas, length: float, width: float, tilt: float) -> Outline:
    """Bar of a length and width in degrees, ``tilt`` degrees clockwise from upright."""
    along, across = canvas.length("bar_length", length), canvas.length("bar_width", width)
    if across >= along:
        raise ValueError(
            f"bar_width ({width} degrees) must be smaller than bar_length ({length} degrees); "
            "make the bars thinner or longer"
        )
    sine, cosine = math.sin(math.radians(tilt)), math.cos(math.radians(tilt))

    def inside(y: Array, x: Array) -> Array:
        on_axis = abs(x * sine - y * cosine) <= along / 2
        return on_axis & (abs(x * cosine + y * sine) <= across / 2)

    return Outline(math.hypot(along, across) / 2, inside)


def search_display(
    name: str, canvas: Canvas, background: Array, items: list[Item], report: str, source: str
) -> Display:
    """Display of items, the target first, on a background of an sRGB-encoded color."""
    base = to_linear(background)
    light = np.empty(canvas.shape + background.shape)
    light[:] = base
    for item in items:
        window, share = _coverage(canvas, item)
        share = share.reshape(share.shape + (1,) * background.ndim)
        light[window] += share * (to_linear(item.color) - base)
    mask = np.zeros(canvas.shape, bool)
    window, share = _coverage(canvas, items[0])
    mask[window] = share >= 0.5
    return Display(
        name=name,
        image=from_linear(light).clip(0, 1),
        target_masks=(mask,),
        ppd=canvas.ppd,
        report=report,
        dimension="saliency",
        source=source,
    )


def _coverage(canvas: Canvas, item: Item) -> tuple[tuple[slice, slice], Array]:
    """Pixels around an item, and the share of each that lies in its outline."""
    starts = np.maximum(np.floor(item.position - item.outline.reach), 0).astype(int)
    stops = np.minimum(np.ceil(item.position + item.outline.reach), canvas.shape).astype(int)
    y, x = (
        start + (np.arange(SUBSAMPLES * (stop - start)) + 0.5) / SUBSAMPLES - center
        for start, stop, center in zip(starts, stops, item.position, strict=True)
    )
    window = slice(starts[0], stops[0]), slice(starts[1], stops[1])
    return window, pixel_means(item.outline.inside(y[:, None], x[None, :]))
