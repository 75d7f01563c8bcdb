"""Lightness induction by neighbors: light beside dark looks lighter.

Place in the pipeline: parameters -> [contrast] -> display.  Functions here, and in
:mod:`~psysal.stimuli.grouping` and :mod:`~psysal.stimuli.color`, take degrees of visual
angle and sRGB-encoded intensities in [0, 1] and give a
:class:`~psysal.stimuli.display.Display` whose two masks cover exactly the same light:
whatever differs between them in the response of an eye or a model is induced.  The first
mask is seen as more.

Pairs of intensities are (darker, lighter), because the reports hold for that order.
Edges fall on whole pixels.  Gradual changes are in linear light, as in the papers.  Sizes
are those of the papers where they fit, else such that the effect shows.
"""

import math

import numpy as np

from psysal.checks import whole_number
from psysal.srgb import from_linear, to_linear
from psysal.stimuli.canvas import (
    HALF,
    Canvas,
    Size,
    check_between,
    check_pair,
    rectangle,
    two_squares,
)
from psysal.stimuli.display import Display

__all__ = [
    "chevreul",
    "cornsweet",
    "grating_induction",
    "hermann_grid",
    "mach_bands",
    "simultaneous_contrast",
]


def simultaneous_contrast(
    *,
    visual_size: Size = (8, 16),
    ppd: float = 32,
    target_size: Size = 2,
    intensity_target: float = 0.5,
    intensity_backgrounds: tuple[float, float] = (0.0, 1.0),
) -> Display:
    """Two equal grey squares, one on a dark and one on a light background.

    Parameters
    ----------
    visual_size, target_size : float or (height, width)
        Size of the display and of each square, in degrees.
    ppd : float
        Pixels per degree.
    intensity_target : float
        Intensity of the squares, between those of the backgrounds.
    intensity_backgrounds : (float, float)
        Intensities of the left and of the right background, darker first.

    Returns
    -------
    Display
        Its masks are the left square, which looks lighter, and the right one.

    Raises
    ------
    ValueError
        A parameter out of range, or parts that do not fit in the display.

    Examples
    --------
    >>> display = simultaneous_contrast()
    >>> lighter, darker = display.target_masks
    >>> display.image[lighter].mean() == display.image[darker].mean()
    np.True_
    """
    canvas = Canvas.of(visual_size, ppd)
    backgrounds = check_pair("intensity_backgrounds", intensity_backgrounds)
    target = check_between(
        "intensity_target", intensity_target, "intensity_backgrounds", backgrounds
    )
    image, masks = two_squares(canvas, target_size, np.array(target), *backgrounds)
    return Display(
        name="simultaneous_contrast",
        image=image,
        target_masks=masks,
        ppd=canvas.ppd,
        report="The grey square on the dark background looks lighter than the other.",
        dimension="lightness",
        source="Chevreul (1839), De la loi du contraste simultané des couleurs; measured by "
        "Heinemann (1955), J. Exp. Psychol. 50, doi:10.1037/h0040919",
    )


def chevreul(
    *,
    visual_size: Size = (6, 14),
    ppd: float = 32,
    n_steps: int = 7,
    target_width: float = 0.5,
    intensities: tuple[float, float] = (0.1, 0.9),
) -> Display:
    """A staircase of uniform steps from dark to light, each of which looks graded.

    Parameters
    ----------
    visual_size : float or (height, width)
        Size of the display in degrees.
    ppd : float
        Pixels per degree.
    n_steps : int
        Number of steps, at least 3.
    target_width : float
        Width of the compared edges, in degrees.
    intensities : (float, float)
        Intensities of the first and of the last step; those between are equally spaced in
        encoded values.

    Returns
    -------
    Display
        Its masks are the edges of the middle step, along the darker and along the lighter
        neighbor.

    Raises
    ------
    ValueError
        A parameter out of range, or parts that do not fit in the display.
    """
    canvas = Canvas.of(visual_size, ppd)
    dark, light = check_pair("intensities", intensities)
    whole_number("n_steps", n_steps, 3)
    bounds = np.rint(np.linspace(0, canvas.shape[1], n_steps + 1)).astype(int)
    start, stop = bounds[n_steps // 2], bounds[n_steps // 2 + 1]
    width = canvas.length("target_width", target_width)
    canvas.check_fits(
        "twice target_width", 2 * width, int(stop - start), f"one of n_steps ({n_steps})"
    )
    steps = np.repeat(np.linspace(dark, light, n_steps), np.diff(bounds))
    masks = canvas.blank_masks()
    masks[0][:, start : start + width] = True
    masks[1][:, stop - width : stop] = True
    return Display(
        name="chevreul",
        image=np.tile(steps, (canvas.shape[0], 1)),
        target_masks=masks,
        ppd=canvas.ppd,
        report="Every step is uniform, yet looks lighter along its darker neighbor and darker "
        "along its lighter one.",
        dimension="lightness",
        source="Chevreul (1839), De la loi du contraste simultané des couleurs",
    )


def mach_bands(
    *,
    visual_size: Size = (6, 12),
    ppd: float = 32,
    ramp_width: float = 2.0,
    target_width: float = 0.5,
    intensities: tuple[float, float] = (0.3, 0.8),
) -> Display:
    """A ramp of light between two plateaus, with illusory bands along its ends.

    Parameters
    ----------
    visual_size : float or (height, width)
        Size of the display in degrees.
    ppd : float
        Pixels per degree.
    ramp_width, target_width : float
        Width of the ramp, which is straight in linear light, and of the compared strips,
        in degrees.
    intensities : (float, float)
        Intensities of the left and of the right plateau.

    Returns
    -------
    Display
        Its masks are two strips of the light plateau, at the ramp and in the middle.

    Raises
    ------
    ValueError
        A parameter out of range, or parts that do not fit in the display.
    """
    canvas = Canvas.of(visual_size, ppd)
    dark, light = check_pair("intensities", intensities)
    rows, cols = canvas.shape
    ramp = canvas.length("ramp_width", ramp_width)
    canvas.check_fits("ramp_width", ramp, cols, "the width of visual_size")
    end = (cols + ramp) // 2
    width = canvas.length("target_width", target_width)
    canvas.check_fits("three times target_width", 3 * width, cols - end + 1, "the light plateau")
    share = np.clip((np.arange(cols) + 0.5 - (end - ramp)) / ramp, 0, 1)
    ends = to_linear(np.array([dark, light]))
    profile = from_linear(ends[0] + (ends[1] - ends[0]) * share)
    masks = canvas.blank_masks()
    middle = (end + cols - width) // 2
    masks[0][:, end : end + width] = True
    masks[1][:, middle : middle + width] = True
    return Display(
        name="mach_bands",
        image=np.tile(profile, (rows, 1)),
        target_masks=masks,
        ppd=canvas.ppd,
        report="A light band lines the ramp where the light plateau begins, and a dark band "
        "where the dark plateau ends.",
        dimension="lightness",
        source="Mach (1865), Über die Wirkung der räumlichen Vertheilung des Lichtreizes auf die "
        "Netzhaut",
    )


def cornsweet(
    *,
    visual_size: Size = (8, 16),
    ppd: float = 32,
    ramp_width: float = 2.0,
    intensity_plateau: float = 0.5,
    intensity_edges: tuple[float, float] = (0.35, 0.65),
) -> Display:
    """Two equal plateaus that look unequal beside a sharp edge with fading flanks.

    Parameters
    ----------
    visual_size : float or (height, width)
        Size of the display in degrees.
    ppd : float
        Pixels per degree.
    ramp_width : float
        Width of each flank, in degrees; light fades with the square of the distance.
    intensity_plateau : float
        Intensity of both plateaus, between those of the edge.
    intensity_edges : (float, float)
        Intensities on the left and on the right of the edge.

    Returns
    -------
    Display
        Its masks are the right plateau, which looks lighter, and the left one.

    Raises
    ------
    ValueError
        A parameter out of range, or parts that do not fit in the display.
    """
    canvas = Canvas.of(visual_size, ppd)
    edges = check_pair("intensity_edges", intensity_edges)
    plateau = check_between("intensity_plateau", intensity_plateau, "intensity_edges", edges)
    ramp = canvas.length("ramp_width", ramp_width)
    canvas.check_fits("ramp_width", ramp, canvas.half[1], HALF)
    image, masks = np.empty(canvas.shape), canvas.blank_masks()
    level = float(to_linear(plateau))
    for side, edge in enumerate(edges):
        view = canvas.halves(image)[side]
        away = np.arange(view.shape[1]) + 0.5
        if side == 0:
            away = away[::-1]
        fade = np.clip(1 - away / ramp, 0, 1) ** 2
        view[:] = np.where(
            fade > 0, from_linear(level + (float(to_linear(edge)) - level) * fade), plateau
        )
        canvas.halves(masks[1 - side])[side][:, fade == 0] = True
    return Display(
        name="cornsweet",
        image=image,
        target_masks=masks,
        ppd=canvas.ppd,
        report="The half on the light side of the edge looks lighter all over, though both are "
        "the same away from it.",
        dimension="lightness",
        source="O'Brien (1958), J. Opt. Soc. Am. 48, doi:10.1364/JOSA.48.000112; Craik (1966), "
        "The Nature of Psychology; Cornsweet (1970), Visual Perception",
    )


def hermann_grid(
    *,
    visual_size: Size = 8,
    ppd: float = 32,
    block_size: float = 1.2,
    street_width: float = 0.3,
    intensities: tuple[float, float] = (0.0, 1.0),
) -> Display:
    """Dark blocks between light streets, whose crossings look smudged.

    Parameters
    ----------
    visual_size : float or (height, width)
        Size of the display in degrees.
    ppd : float
        Pixels per degree.
    block_size, street_width : float
        Side of the blocks and width of the streets, in degrees; as many blocks are drawn
        as fit, at least 2 x 2.
    intensities : (float, float)
        Intensities of the blocks and of the streets.

    Returns
    -------
    Display
        Its masks are the streets between two blocks each, and their crossings.

    Raises
    ------
    ValueError
        A parameter out of range, or parts that do not fit in the display.
    """
    canvas = Canvas.of(visual_size, ppd)
    dark, light = check_pair("intensities", intensities)
    block = canvas.length("block_size", block_size)
    street = canvas.length("street_width", street_width)
    pitch = block + street
    blocks, streets = [], []
    for pixels in canvas.shape:
        count = (pixels - street) // pitch
        if count < 2:
            raise ValueError(
                f"block_size ({block_size} degrees) and street_width ({street_width} degrees) "
                f"leave no crossing in visual_size ({canvas.describe()}); shrink the blocks or "
                "enlarge the display"
            )
        first = (pixels - count * pitch + street) // 2
        offset = np.arange(pixels) - first
        inside = (offset >= 0) & (offset < count * pitch - street)
        blocks.append(inside & (offset % pitch < block))
        streets.append(inside & (offset % pitch >= block))
    crossings = np.outer(*streets)
    between = np.outer(blocks[0], streets[1]) | np.outer(streets[0], blocks[1])
    return Display(
        name="hermann_grid",
        image=np.where(np.outer(*blocks), dark, light),
        target_masks=(between, crossings),
        ppd=canvas.ppd,
        report="Dark smudges sit on the crossings of the streets, except on the one looked at.",
        dimension="lightness",
        source="Hermann (1870), Pflügers Archiv 3, doi:10.1007/BF01855743",
    )


def grating_induction(
    *,
    visual_size: Size = (6, 16),
    ppd: float = 32,
    frequency: float = 0.25,
    target_height: float = 1.0,
    intensities: tuple[float, float] = (0.0, 1.0),
) -> Display:
    """A uniform strip through a sine grating, in which a grating of opposite phase is seen.

    The strip has the mean luminance of the grating.

    Parameters
    ----------
    visual_size : float or (height, width)
        Size of the display in degrees.
    ppd : float
        Pixels per degree.
    frequency : float
        Frequency of the grating, a sine in linear light, in cycles per degree.
    target_height : float
        Height of the strip, in degrees.
    intensities : (float, float)
        Intensities of trough and peak.

    Returns
    -------
    Display
        Its masks are the parts of the strip beside the dark and beside the light bars,
        where the grating is beyond 0.7 of its amplitude.

    Raises
    ------
    ValueError
        A parameter out of range, or parts that do not fit in the display.
    """
    canvas = Canvas.of(visual_size, ppd)
    low, high = to_linear(np.array(check_pair("intensities", intensities)))
    rows, cols = canvas.shape
    try:
        period = canvas.ppd / frequency
    except (TypeError, ZeroDivisionError):
        period = math.nan
    if not 4 <= period <= cols:
        raise ValueError(
            f"frequency ({frequency!r} cycles per degree) must give at least one period in "
            f"visual_size ({canvas.describe()}) and 4 pixels a period at ppd ({canvas.ppd:g})"
        )
    height = canvas.length("target_height", target_height)
    canvas.check_fits("target_height", height, rows, "the height of visual_size")
    wave = np.sin(2 * np.pi * (np.arange(cols) + 0.5) / period)
    image = np.tile(from_linear((low + high) / 2 + (high - low) / 2 * wave).clip(0, 1), (rows, 1))
    strip = rectangle(canvas.shape, (height, cols))[0]
    image[strip] = from_linear((low + high) / 2)
    masks = canvas.blank_masks()
    masks[0][strip, wave < -math.sqrt(0.5)] = True
    masks[1][strip, wave > math.sqrt(0.5)] = True
    return Display(
        name="grating_induction",
        image=image,
        target_masks=masks,
        ppd=canvas.ppd,
        report="The uniform strip looks like a grating, light beside the dark bars and dark "
        "beside the light ones.",
        dimension="lightness",
        source="McCourt (1982), Vision Research 22, doi:10.1016/0042-6989(82)90173-0; size and "
        "frequency follow Blakeslee & McCourt (1999), Vision Research 39",
    )
