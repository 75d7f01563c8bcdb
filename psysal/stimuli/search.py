"""Search displays: one odd item among others, found at once or only by searching.

Place in the pipeline: parameters -> [search] -> display.  Each function scatters
``set_size`` items over a jittered grid and gives a
:class:`~psysal.stimuli.display.Display` whose one mask is the target.  ``contrast`` in
(0, 1] is the difference between target and distractors along the searched feature, as a
share of the largest shown.  The same ``seed`` gives the same display; positions depend
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

import numpy as np

from psysal.srgb import from_linear, to_linear
from psysal.stimuli.canvas import Size, check_between, check_intensity
from psysal.stimuli.display import Display
from psysal.stimuli.items import Item, bar, disc, disc_lattice, hues, scatter, search_display

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
        Size of the display in degrees.
    ppd : float
        Pixels per degree.
    set_size : int
        Number of items, the target included.
    item_size : float
        Diameter of the discs in degrees.
    contrast : float
        Distance of target and distractors along O1 = (R - G)/(R + G + B), as a share of
        0.5; they have the same O2.
    isoluminant : bool
        Equal luminance everywhere; False keeps the models' intensity R + G + B equal
        instead, and the reddish disc is then darker than the others.
    seed : int
        Random seed of the positions.

    Returns
    -------
    Display
        Its mask is the reddish disc.\n
    Raises
    ------
    ValueError
        A parameter out of range, or parts that do not fit in the display.

    Examples
    --------
    >>> display = search_color(set_size=9, contrast=0.5)
    >>> display.image.shape, len(display.target_masks)
    ((384, 512, 3), 1)
    """
    canvas, positions = scatter(visual_size, ppd, set_size, contrast, seed, "item_size", item_size)
    grey, yellow, red = hues(contrast, isoluminant)
    outline = disc(item_size * canvas.ppd)
    distractors = [Item(position, outline, yellow) for position in positions[1:]]
    return search_display(
        "search_color",
        canvas,
        grey,
        [Item(positions[0], outline, red), *distractors],
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

    It is as dense as the textures of Nothdurft (1991), doi:10.1016/0042-6989(91)90211-M:
    among few bars far apart, orientation stands out less.

    Parameters
    ----------
    visual_size : float or (height, width)
        Size of the display in degrees.
    ppd : float
        Pixels per degree.
    set_size : int
        Number of items, the target included.
    bar_length, bar_width : float
        Size of the bars in degrees.
    contrast : float
        Tilt of the target as a share of 90 degrees.
    intensity_bars, intensity_background : float
        sRGB-encoded intensities in [0, 1].
    seed : int
        Random seed of the positions.

    Returns
    -------
    Display
        Its mask is the tilted bar.\n
    Raises
    ------
    ValueError
        A parameter out of range, or parts that do not fit in the display.
    """
    extent = math.hypot(bar_length, bar_width)
    canvas, positions = scatter(
        visual_size, ppd, set_size, contrast, seed, "bar_length", bar_length, extent
    )
    background = np.array(check_intensity("intensity_background", intensity_background))
    bars = np.array(check_intensity("intensity_bars", intensity_bars))
    upright, tilted = (bar(canvas, bar_length, bar_width, tilt) for tilt in (0, 90 * contrast))
    distractors = [Item(position, upright, bars) for position in positions[1:]]
    return search_display(
        "search_orientation",
        canvas,
        background,
        [Item(positions[0], tilted, bars), *distractors],
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
        Size of the display in degrees.
    ppd : float
        Pixels per degree.
    set_size : int
        Number of items, the target included.
    item_size : float
        Diameter of the distractors in degrees.
    contrast : float
        The target's diameter is (1 + contrast) times theirs.
    intensity_items, intensity_background : float
        sRGB-encoded intensities in [0, 1].
    seed : int
        Random seed of the positions.

    Returns
    -------
    Display
        Its mask is the large disc.\n
    Raises
    ------
    ValueError
        A parameter out of range, or parts that do not fit in the display.
    """
    canvas, positions = scatter(
        visual_size, ppd, set_size, contrast, seed, "item_size", item_size, 2 * item_size
    )
    background = np.array(check_intensity("intensity_background", intensity_background))
    light = np.array(check_intensity("intensity_items", intensity_items))
    small, large = (disc(item_size * canvas.ppd * ratio) for ratio in (1, 1 + contrast))
    distractors = [Item(position, small, light) for position in positions[1:]]
    return search_display(
        "search_size",
        canvas,
        background,
        [Item(positions[0], large, light), *distractors],
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
        Size of the display in degrees.
    ppd : float
        Pixels per degree.
    set_size : int
        Number of items, the target included.
    item_size : float
        Diameter of the discs in degrees.
    contrast : float
        Intensity of the target as a share of the way from the distractors' to white.
    intensity_distractors, intensity_background : float
        sRGB-encoded intensities in [0, 1], the background darker.
    seed : int
        Random seed of the positions.

    Returns
    -------
    Display
        Its mask is the bright disc.\n
    Raises
    ------
    ValueError
        A parameter out of range, or parts that do not fit in the display.
    """
    canvas, positions = scatter(visual_size, ppd, set_size, contrast, seed, "item_size", item_size)
    background = check_intensity("intensity_background", intensity_background)
    dim = check_between(
        "intensity_distractors",
        intensity_distractors,
        "intensity_background and 1",
        (background, 1),
    )
    outline, bright = disc(item_size * canvas.ppd), dim + contrast * (1 - dim)
    distractors = [Item(position, outline, np.array(dim)) for position in positions[1:]]
    return search_display(
        "search_contrast",
        canvas,
        np.array(background),
        [Item(positions[0], outline, np.array(bright)), *distractors],
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
    """A dense cloud of dots among sparse ones.

    Half of the dots are black and half as much lighter than the background as black is
    darker, in linear light, so that clouds differ in density and not in mean luminance.

    Parameters
    ----------
    visual_size : float or (height, width)
        Size of the display in degrees.
    ppd : float
        Pixels per degree.
    set_size : int
        Number of clouds, the target included.
    item_size, dot_size : float
        Diameters of a cloud and of its dots in degrees.
    contrast : float
        Sparse clouds hold a fifth of the dots that fit; the target holds that and this
        share of the rest.
    intensity_background : float
        sRGB-encoded intensity above 0 and at most 0.73, so that dots can be twice as light.
    seed : int
        Random seed of the positions and of the dots.

    Returns
    -------
    Display
        Its mask is the disc that the dense cloud fills.\n
    Raises
    ------
    ValueError
        A parameter out of range, or parts that do not fit in the display.
    """
    canvas, positions = scatter(visual_size, ppd, set_size, contrast, seed, "item_size", item_size)
    background = check_intensity("intensity_background", intensity_background)
    double = 2 * float(to_linear(background))
    if not 0 < double <= 1:
        raise ValueError(
            f"intensity_background must be above 0 and at most 0.73, got {intensity_background!r}"
        )
    dot_diameter = canvas.length("dot_size", dot_size)
    lattice = disc_lattice(item_size * canvas.ppd - 1.3 * dot_diameter, 1.7 * dot_diameter)
    sparse = max(2, 2 * round(len(lattice) / 10))  # even, for as many dark dots as light ones
    dense = sparse + 2 * max(1, int(contrast * (len(lattice) - sparse) / 2))
    if dense > len(lattice):
        raise ValueError(
            f"item_size ({item_size} degrees) holds {len(lattice)} dots of dot_size ({dot_size} "
            "degrees), too few to differ in density; shrink the dots or enlarge the items"
        )
    rng = np.random.default_rng([seed, 1])
    dark, light, dot = np.array(0.0), from_linear(np.array(double)), disc(dot_diameter)
    dots = []
    for k, position in enumerate(positions):
        offsets = rng.choice(lattice, dense if k == 0 else sparse, replace=False)
        offsets = offsets + rng.uniform(-0.1, 0.1, offsets.shape) * dot_diameter
        dots += [
            Item(position + offset, dot, light if i % 2 else dark)
            for i, offset in enumerate(offsets)
        ]
    area = Item(positions[0], disc(item_size * canvas.ppd), np.array(background))
    return search_display(
        "search_density",
        canvas,
        np.array(background),
        [area, *dots],
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

    Neither its color nor its orientation is odd, only their conjunction.

    Parameters
    ----------
    visual_size : float or (height, width)
        Size of the display in degrees.
    ppd : float
        Pixels per degree.
    set_size : int
        Number of items, the target included; half of the others share its color.
    bar_length, bar_width : float
        Size of the bars in degrees.
    contrast : float
        Difference of the two colors, as in :func:`search_color`, and of the two
        orientations, as in :func:`search_orientation`.
    seed : int
        Random seed of the positions.

    Returns
    -------
    Display
        Its mask is the reddish tilted bar.\n
    Raises
    ------
    ValueError
        A parameter out of range, or parts that do not fit in the display.
    """
    extent = math.hypot(bar_length, bar_width)
    canvas, positions = scatter(
        visual_size, ppd, set_size, contrast, seed, "bar_length", bar_length, extent
    )
    upright, tilted = (bar(canvas, bar_length, bar_width, tilt) for tilt in (0, 90 * contrast))
    grey, yellow, red = hues(contrast, True)
    kinds = [(upright, red), (tilted, yellow)]
    order = np.random.default_rng([seed, 1]).permutation(len(positions) - 1) % 2
    distractors = [
        Item(position, *kinds[k]) for position, k in zip(positions[1:], order, strict=True)
    ]
    return search_display(
        "search_conjunction",
        canvas,
        grey,
        [Item(positions[0], tilted, red), *distractors],
        "The odd one does not pop out; it is found only by searching, item after item.",
        INTEGRATION,
    )
