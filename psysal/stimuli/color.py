"""Color induction at equal luminance.

Place in the pipeline: parameters -> [color] -> display, by the rules of
:mod:`psysal.stimuli.contrast`.  Colors are given along the models' opponent axes in
linear light.  The relative luminance Y of sRGB is equal everywhere, not the models'
intensity R + G + B, because luminance must not help the eye.
"""

import numpy as np

from psysal.stimuli.canvas import Canvas, Size, isoluminant, two_squares
from psysal.stimuli.display import Display

__all__ = ["chromatic_simultaneous_contrast", "ring_induction"]


def chromatic_simultaneous_contrast(
    *,
    visual_size: Size = (8, 16),
    ppd: float = 32,
    target_size: Size = 2,
    red_green: float = 0.25,
    luminance: float = 0.3,
) -> Display:
    """Two equal grey squares, one on a greenish and one on a reddish background.

    Everything has the same luminance and O2 = 0, the grey between yellow and blue.

    Parameters
    ----------
    visual_size, target_size : float or (height, width)
        Size of the display and of each square, in degrees.
    ppd : float
        Pixels per degree.
    red_green : float
        Distance of both backgrounds from grey, to either side, along
        O1 = (R - G)/(R + G + B), linear light.
    luminance : float
        Relative luminance of everything, linear, in (0, 1).

    Returns
    -------
    Display
        Its masks are the left square, which looks redder, and the right one.

    Raises
    ------
    ValueError
        A parameter out of range, or parts that do not fit in the display.
    """
    canvas = Canvas.of(visual_size, ppd)
    _check_positive("red_green", red_green)
    green, grey, red = (isoluminant(o1, 0, luminance) for o1 in (-red_green, 0, red_green))
    image, masks = two_squares(canvas, target_size, grey, green, red)
    return Display(
        name="chromatic_simultaneous_contrast",
        image=image,
        target_masks=masks,
        ppd=canvas.ppd,
        report="The grey square on the greenish background looks reddish, the one on the "
        "reddish background greenish.",
        dimension="red-green",
        source="Krauskopf, Zaidi & Mandler (1986), J. Opt. Soc. Am. A 3, "
        "doi:10.1364/JOSAA.3.001752",
    )


def ring_induction(
    *,
    visual_size: Size = (6, 12),
    ppd: float = 32,
    ring_width: float = 1 / 6,
    yellow_blue: float = 0.6,
    luminance: float = 0.25,
) -> Display:
    """Two equal rings, each among rings that alternate between yellowish and bluish.

    Left, the rings that touch the test ring are yellowish and the next ones bluish;
    right, the other way round. The test ring takes on the color of those that touch it
    (assimilation) and leaves that of the next ones (contrast).

    Parameters
    ----------
    visual_size : float or (height, width)
        Size of the display in degrees.
    ppd : float
        Pixels per degree.
    ring_width : float
        Width of a ring in degrees; 1/6 is the 3 cycles per degree of the papers.
    yellow_blue : float
        Distance of the inducing rings from the test ring, to either side, along
        O2 = (R + G - 2B)/(R + G + B), linear light.
    luminance : float
        Relative luminance of everything, linear, in (0, 1).

    Returns
    -------
    Display
        Its masks are the left test ring, which looks yellower, and the right one.

    Raises
    ------
    ValueError
        A parameter out of range, or parts that do not fit in the display.

    Notes
    -----
    The papers isolate the S cones and keep what L and M cones receive constant (their
    rings look lime and purple). Here the models' O2 varies, and luminance and O1 are kept
    constant, so that one color channel alone changes: of the Smith-Pokorny cones S varies
    fivefold at the defaults, and L/(L + M) by 0.02.
    """
    canvas = Canvas.of(visual_size, ppd)
    _check_positive("yellow_blue", yellow_blue)
    warm = 0.08  # O1 of all rings: the test ring is peach-colored
    blue, test, yellow = (isoluminant(warm, o2, luminance) for o2 in (-yellow_blue, 0, yellow_blue))
    canvas.length("ring_width", ring_width)
    width = ring_width * canvas.ppd
    count = int(min(canvas.half) / 2 / width + 1e-9)
    if count < 5:
        raise ValueError(
            f"ring_width ({ring_width} degrees) leaves {count} rings in half of visual_size "
            f"({canvas.describe()}), at least 5 are needed; shrink the rings or enlarge the display"
        )
    image, masks = np.empty((*canvas.shape, 3)), canvas.blank_masks()
    image[:] = isoluminant(0, 0, luminance)
    for side, (touching, next_to) in enumerate(((yellow, blue), (blue, yellow))):
        view = canvas.halves(image)[side]
        rows, cols = view.shape[:2]
        y, x = np.ogrid[:rows, :cols]
        ring = np.hypot(y + 0.5 - rows / 2, x + 0.5 - cols / 2) // width - count // 2
        drawn = ring < count - count // 2
        view[drawn & (ring % 2 == 1)] = touching
        view[drawn & (ring % 2 == 0)] = next_to
        view[ring == 0] = test
        canvas.halves(masks[side])[side][ring == 0] = True
    return Display(
        name="ring_induction",
        image=image,
        target_masks=masks,
        ppd=canvas.ppd,
        report="The test ring looks shifted towards the color of the rings that touch it and away "
        "from that of the next ones: yellower on the left, bluer on the right.",
        dimension="yellow-blue",
        source="Monnier & Shevell (2003), Nature Neuroscience 6, doi:10.1038/nn1099",
    )


def _check_positive(name: str, value: float) -> None:
    if not 0 < value <= 2:
        raise ValueError(
            f"{name} must be a positive distance along an opponent axis, got {value!r}"
        )
