"""Search displays: one odd item among others, found at once or only by searching.

Place: public; drawn with :mod:`psysal.stimuli.canvas`.  Each function scatters
``set_size`` items over a jittered grid and gives a
:class:`~psysal.stimuli.display.Display` whose one mask is the target.  ``contrast`` in
(0, 1] is the difference between target and distractors along the searched feature, as a
share of the largest shown.  The same ``seed`` gives the same display; the places depend
on nothing else but ``visual_size``, ``ppd``, ``set_size`` and the size of the items.

Items never overlap, nor touch the border; the target is not at the border of the grid
unless the grid is all border.  Outlines are smoothed in linear light, and a pixel belongs
to the target if at least half of it does.  Colors have equal luminance, background
included.

References
----------
Treisman & Gelade (1980), doi:10.1016/0010-0285(80)90005-5 (color, conjunction);
Treisman & Gormican (1988), doi:10.1037/0033-295X.95.1.15 (orientation, length, number,
contrast: the larger value pops out among smaller ones, less so the other way round).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from psysal.srgb import from_linear, to_linear
from psysal.stimuli.canvas import (
    Array,
    Canvas,
    Size,
    check_between,
    check_intensity,
    color,
    isoluminant,
)
from psysal.stimuli.display import Display

__all__ = [
    "search_color",
    "search_conjunction",
    "search_contrast",
    "search_density",
    "search_orientation",
    "search_size",
]

FEATURES = "Treisman & Gormican (1988), Psychological Review 95, doi:10.1037/0033-295X.95.1.15"
INTEGRATION = "Treisman & Gelade (1980), Cognitive Psychology 12, doi:10.1016/0010-0285(80)90005-5"
FINE = 4  # samples a pixel, each way
GAP = 2  # pixels at least between items
LUMINANCE = 0.3  # relative, of all colors
RED_GREEN = 0.5  # largest distance of a color from O1 = 0
YELLOW_BLUE = 0.35  # O2 of all items
STRAY = 0.2  # of the room around an item that its middle may stray by


@dataclass(frozen=True)
class Outline:
    """The shape of an item: whether (y, x), in pixels from its middle, is inside.

    Nothing further than ``reach`` pixels from the middle is.
    """

    reach: float
    inside: Callable[[Array, Array], Array]


def search_color(
    *,
    visual_size: Size = (12, 16),
    ppd: float = 32,
    set_size: int = 24,
    item_size: float = 1.0,
    contrast: float = 1.0,
    isoluminant: bool = True,
    seed: int = 0,
) -> Display:
    """A reddish disc among yellow ones.

    Parameters
    ----------
    visual_size : float or (height, width)
        Degrees.
    ppd : float
        Pixels per degree.
    set_size : int
        Number of items, the target included.
    item_size : float
        Diameter in degrees.
    contrast : float
        Distance of target and distractors along O1 = (R - G)/(R + G + B), as a share of
        0.5; they are alike in O2.
    isoluminant : bool
        Equal luminance everywhere; False keeps the models' intensity R + G + B equal
        instead, and the reddish disc is then darker than the others.
    seed : int
        Of the places.

    Examples
    --------
    >>> shown = search_color(set_size=9, contrast=0.5)
    >>> shown.image.shape, len(shown.target_masks)
    ((384, 512, 3), 1)
    """
    canvas, places = _layout(
        visual_size, ppd, set_size, contrast, seed, item_size, item_size=item_size
    )
    grey, distractor, target = _hues(contrast, isoluminant)
    disc = _disc(item_size * canvas.ppd)
    items = [(place, disc, distractor) for place in places[1:]]
    return _show(
        "search_color",
        canvas,
        grey,
        [(places[0], disc, target), *items],
        "The odd color pops out, however many others there are.",
        INTEGRATION,
    )


def search_orientation(
    *,
    visual_size: Size = (9, 12),
    ppd: float = 32,
    set_size: int = 108,
    bar_length: float = 0.75,
    bar_width: float = 0.19,
    contrast: float = 1.0,
    intensity_bars: float = 1.0,
    intensity_background: float = 0.4,
    seed: int = 0,
) -> Display:
    """A tilted bar in a texture of vertical ones.

    It is as dense as those of Nothdurft (1991), doi:10.1016/0042-6989(91)90211-M: among
    few bars far apart, orientation stands out less.

    Parameters
    ----------
    visual_size : float or (height, width)
        Degrees.
    ppd : float
        Pixels per degree.
    set_size : int
        Number of items, the target included.
    bar_length, bar_width : float
        Degrees.
    contrast : float
        Tilt of the target as a share of 90 degrees.
    intensity_bars, intensity_background : float
        sRGB-encoded.
    seed : int
        Of the places.
    """
    extent = math.hypot(bar_length, bar_width)
    canvas, places = _layout(
        visual_size, ppd, set_size, contrast, seed, extent, bar_length=bar_length
    )
    ground = np.array(check_intensity("intensity_background", intensity_background))
    bars = np.array(check_intensity("intensity_bars", intensity_bars))
    upright, tilted = (_bar(canvas, bar_length, bar_width, tilt) for tilt in (0, 90 * contrast))
    items = [(place, upright, bars) for place in places[1:]]
    return _show(
        "search_orientation",
        canvas,
        ground,
        [(places[0], tilted, bars), *items],
        "The tilted bar pops out, however many upright ones there are.",
        FEATURES,
    )


def search_size(
    *,
    visual_size: Size = (12, 16),
    ppd: float = 32,
    set_size: int = 24,
    item_size: float = 0.75,
    contrast: float = 1.0,
    intensity_items: float = 1.0,
    intensity_background: float = 0.4,
    seed: int = 0,
) -> Display:
    """A large disc among small ones.

    Parameters
    ----------
    visual_size : float or (height, width)
        Degrees.
    ppd : float
        Pixels per degree.
    set_size : int
        Number of items, the target included.
    item_size : float
        Diameter of the distractors, in degrees.
    contrast : float
        The target's diameter is (1 + contrast) times theirs.
    intensity_items, intensity_background : float
        sRGB-encoded.
    seed : int
        Of the places.
    """
    canvas, places = _layout(
        visual_size, ppd, set_size, contrast, seed, 2 * item_size, item_size=item_size
    )
    ground = np.array(check_intensity("intensity_background", intensity_background))
    light = np.array(check_intensity("intensity_items", intensity_items))
    small, large = (_disc(item_size * canvas.ppd * ratio) for ratio in (1, 1 + contrast))
    items = [(place, small, light) for place in places[1:]]
    return _show(
        "search_size",
        canvas,
        ground,
        [(places[0], large, light), *items],
        "The large disc pops out, however many small ones there are.",
        FEATURES,
    )


def search_contrast(
    *,
    visual_size: Size = (12, 16),
    ppd: float = 32,
    set_size: int = 24,
    item_size: float = 1.0,
    contrast: float = 1.0,
    intensity_distractors: float = 0.5,
    intensity_background: float = 0.4,
    seed: int = 0,
) -> Display:
    """A bright disc among dim ones.

    Parameters
    ----------
    visual_size : float or (height, width)
        Degrees.
    ppd : float
        Pixels per degree.
    set_size : int
        Number of items, the target included.
    item_size : float
        Diameter in degrees.
    contrast : float
        The target lies this share of the way from the distractors' intensity to white.
    intensity_distractors, intensity_background : float
        sRGB-encoded, the background darker.
    seed : int
        Of the places.
    """
    canvas, places = _layout(
        visual_size, ppd, set_size, contrast, seed, item_size, item_size=item_size
    )
    ground = check_intensity("intensity_background", intensity_background)
    dim = check_between(
        "intensity_distractors", intensity_distractors, "intensity_background and 1", (ground, 1)
    )
    disc = _disc(item_size * canvas.ppd)
    items = [(place, disc, np.array(dim)) for place in places[1:]]
    return _show(
        "search_contrast",
        canvas,
        np.array(ground),
        [(places[0], disc, np.array(dim + contrast * (1 - dim))), *items],
        "The disc of higher contrast pops out, however many dim ones there are.",
        FEATURES,
    )


def search_density(
    *,
    visual_size: Size = (12, 16),
    ppd: float = 32,
    set_size: int = 24,
    item_size: float = 2.0,
    dot_size: float = 0.15,
    contrast: float = 1.0,
    intensity_background: float = 0.5,
    seed: int = 0,
) -> Display:
    """A dense cloud of dots among sparse ones; the target is the disc the cloud fills.

    Half of the dots are black and half as much lighter than the background as black is
    darker, in linear light, so that clouds differ in density and not in mean luminance.

    Parameters
    ----------
    visual_size : float or (height, width)
        Degrees.
    ppd : float
        Pixels per degree.
    set_size : int
        Number of clouds, the target included.
    item_size, dot_size : float
        Diameter of a cloud and of its dots, in degrees.
    contrast : float
        Sparse clouds hold a fifth of the dots that fit; the target holds that and this
        share of the rest.
    intensity_background : float
        sRGB-encoded, at most 0.73, so that there are dots twice as light.
    seed : int
        Of places and dots.
    """
    canvas, places = _layout(
        visual_size, ppd, set_size, contrast, seed, item_size, item_size=item_size
    )
    ground = check_intensity("intensity_background", intensity_background)
    twice = 2 * float(to_linear(ground))
    if not 0 < twice <= 1:
        raise ValueError(
            f"intensity_background must be above 0 and at most 0.73, got {intensity_background!r}"
        )
    dot = canvas.length("dot_size", dot_size)
    cells = _lattice(item_size * canvas.ppd - 1.3 * dot, 1.7 * dot)
    sparse = max(2, 2 * round(len(cells) / 10))  # even, for as many dark dots as light ones
    dense = sparse + 2 * max(1, int(contrast * (len(cells) - sparse) / 2))
    if dense > len(cells):
        raise ValueError(
            f"item_size ({item_size} degrees) holds {len(cells)} dots of dot_size ({dot_size} "
            "degrees), too few to differ in density; shrink the dots or enlarge the items"
        )
    rng = np.random.default_rng([seed, 1])
    shades = np.array(0.0), from_linear(np.array(twice))
    dots = []
    for k, place in enumerate(places):
        chosen = rng.choice(cells, dense if k == 0 else sparse, replace=False)
        chosen = chosen + rng.uniform(-0.1, 0.1, chosen.shape) * dot
        dots += [(place + at, _disc(dot), shades[i % 2]) for i, at in enumerate(chosen)]
    display_area = [(places[0], _disc(item_size * canvas.ppd), np.array(ground))]
    return _show(
        "search_density",
        canvas,
        np.array(ground),
        display_area + dots,
        "The dense cloud pops out, however many sparse ones there are.",
        FEATURES,
    )


def search_conjunction(
    *,
    visual_size: Size = (12, 16),
    ppd: float = 32,
    set_size: int = 24,
    bar_length: float = 1.2,
    bar_width: float = 0.35,
    contrast: float = 1.0,
    seed: int = 0,
) -> Display:
    """A reddish tilted bar among reddish vertical and yellow tilted ones.

    Neither its color nor its orientation is odd, only the two together.

    Parameters
    ----------
    visual_size : float or (height, width)
        Degrees.
    ppd : float
        Pixels per degree.
    set_size : int
        Number of items, the target included; half of the others share its color.
    bar_length, bar_width : float
        Degrees.
    contrast : float
        Scales the difference of the two colors, as in :func:`search_color`, and that of
        the two orientations, as in :func:`search_orientation`.
    seed : int
        Of the places.
    """
    extent = math.hypot(bar_length, bar_width)
    canvas, places = _layout(
        visual_size, ppd, set_size, contrast, seed, extent, bar_length=bar_length
    )
    upright, tilted = (_bar(canvas, bar_length, bar_width, tilt) for tilt in (0, 90 * contrast))
    grey, yellow, red = _hues(contrast, True)
    kinds = [(upright, red), (tilted, yellow)]
    order = np.random.default_rng([seed, 1]).permutation(len(places) - 1) % 2
    items = [(place, *kinds[k]) for place, k in zip(places[1:], order, strict=True)]
    return _show(
        "search_conjunction",
        canvas,
        grey,
        [(places[0], tilted, red), *items],
        "The odd one does not pop out; it is found only by searching, item after item.",
        INTEGRATION,
    )


# --- where the items are -----------------------------------------------------


def _layout(
    visual_size: Size,
    ppd: float,
    set_size: int,
    contrast: float,
    seed: int,
    extent: float,
    **given: float,
) -> tuple[Canvas, Array]:
    """The canvas and the middles (y, x) of the items in pixels, the target's first.

    One item a cell of the most square grid that holds them; it may stray within the room
    its cell leaves around ``extent`` degrees, which follow from the size ``given``.
    """
    if not 0 < contrast <= 1:
        raise ValueError(f"contrast must lie in (0, 1], got {contrast!r}")
    if set_size < 2 or set_size != int(set_size):
        raise ValueError(f"set_size must be a whole number of at least 2 items, got {set_size!r}")
    canvas = Canvas.of(visual_size, ppd)
    ((name, item_size),) = given.items()
    canvas.length(name, item_size)
    shape = np.array(canvas.shape)
    count = int(set_size)
    grids = [np.array([rows, -(-count // rows)]) for rows in range(1, count + 1)]
    grid = max(grids, key=lambda grid: (shape / grid).min())
    cell = shape / grid
    slack = (cell - extent * canvas.ppd - GAP) / 2
    if slack.min() < 0:
        raise ValueError(
            f"set_size ({set_size}) items of {name} ({item_size} degrees) do not fit in "
            f"visual_size ({canvas.describe()}); ask for fewer or smaller items, or enlarge the "
            "display"
        )
    rng = np.random.default_rng(seed)
    cells = np.argwhere(np.ones(grid, bool))
    inner = ((cells > 0) & (cells < grid - 1)).all(axis=1)
    target = rng.choice(np.flatnonzero(inner if inner.any() else ~inner))
    others = rng.permutation(np.delete(np.arange(len(cells)), target))[: count - 1]
    chosen = cells[[target, *others]]
    return canvas, (chosen + 0.5) * cell + rng.uniform(-STRAY, STRAY, chosen.shape) * slack


def _lattice(room: float, pitch: float) -> Array:
    """Middles (y, x), from that of a disc ``room`` pixels wide, of a hexagonal lattice in it."""
    reach = int(room / pitch) + 1
    row, col = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1)
    places = pitch * np.stack([row * math.sqrt(0.75), col + row % 2 / 2], axis=1)
    return places[np.hypot(*places.T) <= room / 2]


# --- what they look like -----------------------------------------------------


def _hues(contrast: float, equal_luminance: bool) -> tuple[Array, Array, Array]:
    """Grey, the yellow of distractors, and as far from it to red as ``contrast`` says.

    From green to red a target would pass the grey of the background.
    """
    places = [(0, 0), (0, YELLOW_BLUE), (RED_GREEN * contrast, YELLOW_BLUE)]
    if equal_luminance:
        grey, yellow, red = (isoluminant(*place, LUMINANCE) for place in places)
    else:
        grey, yellow, red = (color(*place, 3 * LUMINANCE) for place in places)
    return grey, yellow, red


def _disc(diameter: float) -> Outline:
    return Outline(diameter / 2, lambda y, x: y**2 + x**2 <= diameter**2 / 4)


def _bar(canvas: Canvas, length: float, width: float, tilt: float) -> Outline:
    """A bar ``tilt`` degrees clockwise from upright."""
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


def _show(
    name: str,
    canvas: Canvas,
    ground: Array,
    items: list[tuple[Array, Outline, Array]],
    report: str,
    source: str,
) -> Display:
    """The display of (middle, outline, encoded color) items, the target first."""
    base = to_linear(ground)
    light = np.empty(canvas.shape + ground.shape)
    light[:] = base
    for middle, outline, shade in items:
        window, covered = _coverage(canvas, middle, outline)
        share = covered.reshape(covered.shape + (1,) * ground.ndim)
        light[window] += share * (to_linear(shade) - base)
    mask = np.zeros(canvas.shape, bool)
    window, covered = _coverage(canvas, *items[0][:2])
    mask[window] = covered >= 0.5
    return Display(
        name=name,
        image=from_linear(light).clip(0, 1),
        target_masks=(mask,),
        ppd=canvas.ppd,
        report=report,
        dimension="saliency",
        source=source,
    )


def _coverage(canvas: Canvas, middle: Array, outline: Outline) -> tuple[tuple[slice, slice], Array]:
    """The pixels around an outline, and the share of each that lies in it."""
    starts = np.maximum(np.floor(middle - outline.reach), 0).astype(int)
    stops = np.minimum(np.ceil(middle + outline.reach), canvas.shape).astype(int)
    y, x = (
        start + (np.arange(FINE * (stop - start)) + 0.5) / FINE - at
        for start, stop, at in zip(starts, stops, middle, strict=True)
    )
    rows, cols = stops - starts
    covered = outline.inside(y[:, None], x[None, :])
    window = slice(starts[0], stops[0]), slice(starts[1], stops[1])
    return window, covered.reshape(rows, FINE, cols, FINE).mean((1, 3))
