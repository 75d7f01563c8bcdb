"""Lightness induction against the contrast with the neighbors, by grouping and depth.

Place in the pipeline: parameters -> [grouping] -> display, by the rules of
:mod:`psysal.stimuli.contrast`.  In the first three displays the targets that touch more
light than dark, or lie on a lighter background, are those that look lighter: contrast
with the nearest neighbors has the wrong sign.
"""

import math

import numpy as np

from psysal._typing import Array
from psysal.checks import whole_number
from psysal.srgb import from_linear, to_linear
from psysal.stimuli.canvas import (
    HALF,
    SUBSAMPLES,
    Canvas,
    Size,
    check_between,
    check_intensity,
    check_pair,
    pixel_means,
    rectangle,
)
from psysal.stimuli.display import Display

__all__ = ["checker_shadow", "dungeon", "todorovic", "white"]


def white(
    *,
    visual_size: Size = (6, 8),
    ppd: float = 32,
    bar_width: float = 0.5,
    target_height: float = 2.0,
    intensity_target: float = 0.5,
    intensity_bars: tuple[float, float] = (0.0, 1.0),
) -> Display:
    """Equal grey pieces of dark bars (left) and of light bars (right) of a grating.

    Those on dark bars have their long borders with light ones, and yet look lighter.

    Parameters
    ----------
    visual_size : float or (height, width)
        Size of the display in degrees.
    ppd : float
        Pixels per degree.
    bar_width, target_height : float
        Width of the bars and height of the pieces, in degrees; bars of 0.5 are a grating of
        one cycle per degree.
    intensity_target : float
        Intensity of the pieces, between those of the bars.
    intensity_bars : (float, float)
        Intensities of the dark and of the light bars.

    Returns
    -------
    Display
        Its masks are the pieces of the dark bars, which look lighter, and those of the light
        bars.

    Raises
    ------
    ValueError
        A parameter out of range, or parts that do not fit in the display.
    """
    canvas = Canvas.of(visual_size, ppd)
    bars = check_pair("intensity_bars", intensity_bars)
    target = check_between("intensity_target", intensity_target, "intensity_bars", bars)
    rows, cols = canvas.shape
    width = canvas.length("bar_width", bar_width)
    height = canvas.length("target_height", target_height)
    canvas.check_fits("target_height", height, rows, "the height of visual_size")
    whole = cols // width
    bar = np.arange(cols) // width  # even ones are light
    inner = (bar >= 1) & (bar <= whole - 2)
    darker_bars = inner & (bar % 2 == 1) & (bar <= (whole - 3) // 2)
    lighter_bars = inner & (bar % 2 == 0) & (bar >= (whole + 2) // 2)
    if not (darker_bars.any() and lighter_bars.any()):
        raise ValueError(
            f"bar_width ({bar_width} degrees) leaves {whole} whole bars in visual_size "
            f"({canvas.describe()}), at least 6 are needed; shrink the bars or enlarge the display"
        )
    image = np.tile(np.where(bar % 2 == 0, bars[1], bars[0]), (rows, 1))
    masks = canvas.blank_masks()
    stretch = rectangle(canvas.shape, (height, cols))[0]
    for mask, on in zip(masks, (darker_bars, lighter_bars), strict=True):
        mask[stretch, on] = True
        image[mask] = target
    return Display(
        name="white",
        image=image,
        target_masks=masks,
        ppd=canvas.ppd,
        report="The grey pieces on the dark bars look lighter, although they touch more light "
        "than dark.",
        dimension="lightness",
        source="White (1979), Perception 8, doi:10.1068/p080413",
    )


def todorovic(
    *,
    visual_size: Size = (8, 16),
    ppd: float = 32,
    target_size: float = 4.0,
    cover_size: float = 2.4,
    intensity_target: float = 0.5,
    intensity_backgrounds: tuple[float, float] = (0.0, 1.0),
) -> Display:
    """Simultaneous contrast whose targets are covered, at the corners, by opposite squares.

    A cross of each target remains, bordered mostly by its covers: light ones on the
    dark side, dark ones on the light side.

    Parameters
    ----------
    visual_size : float or (height, width)
        Size of the display in degrees.
    ppd : float
        Pixels per degree.
    target_size, cover_size : float
        Sides of the targets and of the squares centered on their corners, in degrees.
    intensity_target : float
        Intensity of the targets, between those of the backgrounds.
    intensity_backgrounds : (float, float)
        Intensities of the left and of the right background; covers have the intensity of
        the other side.

    Returns
    -------
    Display
        Its masks are the left cross, which looks lighter, and the right one.

    Raises
    ------
    ValueError
        A parameter out of range, or parts that do not fit in the display.
    """
    canvas = Canvas.of(visual_size, ppd)
    backgrounds = check_pair("intensity_backgrounds", intensity_backgrounds)
    target = check_between(
        "intensity_target", intensity_target, "intensity_backgrounds", backgrounds
    )
    size = canvas.length("target_size", target_size)
    cover = canvas.length("cover_size", cover_size)
    cover += cover % 2  # as much inside the target as outside
    canvas.check_fits("cover_size", cover, size, "target_size")
    whole = size + cover
    canvas.check_fits("target_size plus cover_size", whole, canvas.half, HALF)
    image, masks = np.empty(canvas.shape), canvas.blank_masks()
    for side in (0, 1):
        view, mask = canvas.halves(image)[side], canvas.halves(masks[side])[side]
        view[:] = backgrounds[side]
        mask[rectangle(canvas.half, (size, size))] = True
        view[mask] = target
        outer = rectangle(canvas.half, (whole, whole))
        for rows in (slice(0, cover), slice(size, None)):
            for cols in (slice(0, cover), slice(size, None)):
                view[outer][rows, cols] = backgrounds[1 - side]
                mask[outer][rows, cols] = False
    return Display(
        name="todorovic",
        image=image,
        target_masks=masks,
        ppd=canvas.ppd,
        report="The cross on the dark background looks lighter, although it touches more light "
        "than dark.",
        dimension="lightness",
        source="Todorović (1997), Perception 26, doi:10.1068/p260379",
    )


def dungeon(
    *,
    visual_size: Size = (8, 16),
    ppd: float = 32,
    n_discs: int = 5,
    disc_size: float = 1.2,
    intensity_target: float = 0.5,
    intensity_backgrounds: tuple[float, float] = (0.0, 1.0),
) -> Display:
    """Equal grey discs among light discs on dark (left) and among dark discs on light.

    The targets contrast with the discs around them, not with their background.

    Parameters
    ----------
    visual_size : float or (height, width)
        Size of the display in degrees.
    ppd : float
        Pixels per degree.
    n_discs : int
        Discs a side of each array, odd and at least 3; the middle one and its
        neighbors are targets.
    disc_size : float
        Diameter of the discs in degrees, smaller than the spacing, which fills each half.
    intensity_target : float
        Intensity of the targets, between those of the backgrounds.
    intensity_backgrounds : (float, float)
        Intensities of the left and of the right background; the discs around the targets
        have that of the other side.

    Returns
    -------
    Display
        Its masks are the right targets, which look lighter, and the left ones.

    Raises
    ------
    ValueError
        A parameter out of range, or parts that do not fit in the display.
    """
    canvas = Canvas.of(visual_size, ppd)
    backgrounds = check_pair("intensity_backgrounds", intensity_backgrounds)
    target = check_between(
        "intensity_target", intensity_target, "intensity_backgrounds", backgrounds
    )
    if whole_number("n_discs", n_discs, 3) % 2 == 0:
        raise ValueError(f"n_discs must be odd and at least 3, got {n_discs!r}")
    pitch = min(canvas.half) // n_discs
    diameter = canvas.length("disc_size", disc_size)
    canvas.check_fits("disc_size", diameter, pitch, f"the spacing of n_discs ({n_discs})")
    y, x = np.mgrid[:pitch, :pitch] - (pitch - 1) / 2
    disc = y**2 + x**2 <= diameter**2 / 4
    row, col = np.mgrid[:n_discs, :n_discs] - n_discs // 2
    central = abs(row) + abs(col) <= 1
    field = rectangle(canvas.half, (n_discs * pitch, n_discs * pitch))
    image, masks = np.empty(canvas.shape), canvas.blank_masks()
    for side in (0, 1):
        view = canvas.halves(image)[side]
        view[:] = backgrounds[side]
        view[field][np.kron(~central, disc)] = backgrounds[1 - side]
        canvas.halves(masks[side])[side][field] = np.kron(central, disc)
        image[masks[side]] = target
    return Display(
        name="dungeon",
        image=image,
        target_masks=masks[::-1],
        ppd=canvas.ppd,
        report="The grey discs among dark discs look lighter than those among light discs, "
        "although their background is light.",
        dimension="lightness",
        source="Bressan (2001), Perception 30, doi:10.1068/p3109",
    )


def checker_shadow(
    *,
    visual_size: Size = (10, 14),
    ppd: float = 32,
    intensity_checks: tuple[float, float] = (0.4, 0.8),
    intensity_background: float = 0.6,
) -> Display:
    """A checkerboard on which a cylinder casts a shadow, seen from above.

    A light check in the shadow (in the middle of the board) sends the same light as a
    dark check outside (at the upper left): the shadow transmits the share of light that
    dark paint reflects.

    Parameters
    ----------
    visual_size : float or (height, width)
        Size of the display in degrees; the scene is as large as fits.
    ppd : float
        Pixels per degree.
    intensity_checks : (float, float)
        Intensities of the dark and of the light checks outside the shadow.
    intensity_background : float
        Intensity around the board.

    Returns
    -------
    Display
        Its masks are the check in the shadow, which looks lighter, and the one outside;
        pixels on the borders of the checks are in neither.

    Raises
    ------
    ValueError
        A parameter out of range, or parts that do not fit in the display.

    Notes
    -----
    5 x 5 checks in parallel projection; borders are smoothed in linear light.
    """
    canvas = Canvas.of(visual_size, ppd)
    dark, light = to_linear(np.array(check_pair("intensity_checks", intensity_checks)))
    ground = to_linear(check_intensity("intensity_background", intensity_background))
    rows, cols = canvas.shape
    unit = min(cols / 10.6, rows / 7.2)  # pixels; the scene is 10 wide and 6.7 high
    y, x = np.ogrid[: rows * SUBSAMPLES, : cols * SUBSAMPLES]
    x = ((x + 0.5) / SUBSAMPLES - cols / 2) / unit
    y = 2 * ((y + 0.5) / SUBSAMPLES - rows / 2 - 0.55 * unit) / unit
    # On the board, u runs to the lower right, v to the lower left, both from -2.5 to 2.5.
    u, v = (y + x) / 2, (y - x) / 2
    check_u, check_v = np.floor(u + 2.5), np.floor(v + 2.5)
    board = (abs(u) < 2.5) & (abs(v) < 2.5)
    paint = np.where((check_u + check_v) % 2 == 0, light, dark)

    # The cylinder stands at x = 2.8 and the light comes from the right: the shadow is a
    # band along the checks' diagonal, whole within 0.8 checks and gone beyond 1.35.
    across = abs(y) / math.sqrt(2)
    shade = _smooth((1.35 - across) / 0.55) * _smooth((2.8 - x) / 0.8)
    scene = np.where(board, paint * (1 - shade * (1 - dark / light)), ground)
    rim = np.where(x < 0, 0.5, 0.8) * dark  # the board is a slab 0.3 thick
    lower_edge = 5 - abs(x)
    scene = np.where((y >= lower_edge) & (y < lower_edge + 0.6) & (lower_edge > 0), rim, scene)

    radius, height = 1.4, 6.4
    side = (x - 2.8) / radius
    half = radius * np.sqrt(np.clip(1 - side**2, 0, None))
    body = (abs(side) < 1) & (y < half) & (y >= -height)
    top = (abs(side) < 1) & (abs(y + height) < half)
    turned = 0.8 * side + 0.6 * np.sqrt(np.clip(1 - side**2, 0, None))
    scene = np.where(body, light * (0.12 + 0.7 * np.clip(turned, 0, None)), scene)
    scene = np.where(top, 0.75 * light, scene)

    image = from_linear(pixel_means(scene))
    visible = board & ~body & ~top
    masks = tuple(
        pixel_means(visible & (check_u == at_u) & (check_v == at_v)) == 1
        for at_u, at_v in ((2, 2), (0, 1))
    )
    for mask in masks:
        image[mask] = intensity_checks[0]  # to the last bit
    return Display(
        name="checker_shadow",
        image=image,
        target_masks=masks,
        ppd=canvas.ppd,
        report="The check in the shadow looks much lighter than the dark check outside it.",
        dimension="lightness",
        source="Adelson (1995), checker-shadow illusion",
    )


def _smooth(x: Array) -> Array:
    """0 below 0, 1 above 1, and a smooth step between."""
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)
