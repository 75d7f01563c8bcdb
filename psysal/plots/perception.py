"""Figures of illusions: the display, and the percept of a model.

Place in the pipeline: display, model of perception -> [perception] -> figure.  The
dimension of the display is drawn, for its image and for the percept: lightness in shares of
full scale, red-green and yellow-blue as the opponent channels O1 and O2.  A function that
draws one picture takes ``ax=``, by default pyplot's current axes, and returns the axes; one
that draws several returns a figure.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from psysal._typing import Array
from psysal.image import check_image, full_scale
from psysal.plots.base import (
    BLUE,
    GREY,
    INK,
    PAPER,
    SKY,
    Page,
    aspect,
    axes,
    draw,
    need_matplotlib,
    on_screen,
    signed,
)
from psysal.plots.scales import OPPONENT, Scale, channel_look, picture
from psysal.stimuli import Display
from psysal.viewing import REFERENCE_PPD, check_ppd, peak_frequency
from psysal.vision.color import CHANNELS, LUMA
from psysal.vision.wavelet import inverse

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["difference", "illusion", "induction", "induction_by_level", "matched", "profile"]

WORDS = {
    "lightness": ("lighter", "darker"),
    "red-green": ("redder", "greener"),
    "yellow-blue": ("yellower", "bluer"),
}
"""Words for more and for less along a dimension."""
WEIGHTS = {
    "lightness": np.array([1, 1, 1]) / 3,
    "red-green": np.array([1, -1, 0]),
    "yellow-blue": np.array([0.5, 0.5, -1]),
}
"""Weights of R, G and B along a dimension."""
UNSEEN = 0.002  # of full scale, or of an opponent channel: less is no illusion
LETTERS = 112  # of a line below the figure of an illusion


def induction(display: Display, model: Any) -> float:
    """Perceived difference of the two targets along the reported dimension.

    It is positive where people report it; the targets are physically the same.

    Parameters
    ----------
    display : Display
        Illusion with two targets.
    model : Otazu2008 or Otazu2010
        Model of perception.

    Returns
    -------
    float
        Lightness in shares of full scale; red-green and yellow-blue in units of O1 and O2.

    Raises
    ------
    ValueError
        A display with one target, or about color for a model that sees none.

    Examples
    --------
    >>> import psysal
    >>> from psysal import stimuli
    >>> round(induction(stimuli.simultaneous_contrast(ppd=16), psysal.Otazu2010(ppd=16)), 2)
    0.22
    """
    _, percept, _ = _dimension(display, model)
    more, less = (float(percept[mask].mean(dtype=float)) for mask in display.target_masks)
    return more - less


def induction_by_level(display: Display, model: Any, *, ax: Any = None) -> Any:
    """Contribution of each wavelet level to :func:`induction`.

    The percept is the inverse transform of weighted planes, so its difference from the image
    splits exactly into the inverse transforms of (alpha - 1) w of every level.

    Parameters
    ----------
    display : Display
        Illusion with two targets.
    model : Otazu2008 or Otazu2010
        Model of perception.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default pyplot's current ones.

    Returns
    -------
    matplotlib.axes.Axes
        Bars that add up to the induction, which is in the title; below them, the levels and
        their peak frequencies.

    Raises
    ------
    ValueError
        Lightness by a model of color, whose RGB is no sum over levels.
    """
    _dimension(display, model)
    stages = model.stages(display.image, dtype="float64")
    if (display.dimension == "lightness") != (len(stages.channels) == 1):
        raise ValueError(
            f"{type(model).__name__} does not add {display.name} up from its levels; take "
            "psysal.Otazu2008() for lightness, psysal.Otazu2010() for color"
        )
    channel = 0 if len(stages.channels) == 1 else CHANNELS.index(display.dimension)
    rows, cols = display.image.shape[:2]
    planes, weights = stages.planes[channel], stages.weights[channel]
    added = []
    for level in range(len(planes)):
        own = [
            (alpha - 1) * w if k == level else np.zeros_like(w)
            for k, (alpha, w) in enumerate(zip(weights, planes, strict=True))
        ]
        part = inverse(own, np.zeros_like(stages.residuals[channel][-1]), wavelet=model.wavelet)
        more, less = (part[:rows, :cols][mask].mean() for mask in display.target_masks)
        added.append(more - less)
    ax = axes(ax)
    levels = np.arange(1, len(added) + 1)
    look: Any = {"color": [BLUE if value > 0 else PAPER for value in added], "edgecolor": BLUE}
    ax.bar(levels, added, width=0.7, **look)
    ax.axhline(0, color=INK, linewidth=0.8)
    names = [f"{k}\n{peak_frequency(float(k), model.ppd):.2g}" for k in levels]
    ax.set_xticks(levels, names)
    ax.set(xlabel="wavelet level, and cycles per degree", ylabel=display.dimension)
    ax.set_title(f"in all {sum(added):+.3f}", fontsize=9)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def profile(display: Display, model: Any, *, ax: Any = None) -> Any:
    """Profile of the display and of the percept along a line through the targets.

    Parameters
    ----------
    display : Display
        Illusion with two targets.
    model : Otazu2008 or Otazu2010
        Model of perception.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default pyplot's current ones.

    Returns
    -------
    matplotlib.axes.Axes
        Where the line crosses target A, the one that people see as more, and B, the ground is
        shaded. Overshoots of the percept beyond what the display and the targets span are cut.
    """
    shown, percept, _ = _dimension(display, model)
    return _profile(axes(ax), display, shown, percept)


def matched(display: Display, model: Any, *, ax: Any = None) -> Any:
    """Targets cut out and put side by side, on one grey: as displayed, and as perceived.

    Parameters
    ----------
    display : Display
        Illusion with two targets.
    model : Otazu2008 or Otazu2010
        Model of perception.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default pyplot's current ones.

    Returns
    -------
    matplotlib.axes.Axes
        Above, the displayed targets, which are the same; below, the perceived ones; each
        with its number. Colors outside the range of a screen are clipped; numbers are not.
    """
    return _matched(axes(ax), display, *_dimension(display, model))


def illusion(display: Display, model: Any) -> "Figure":
    """A display, its percept by a model, a profile through both, and the targets cut out.

    Parameters
    ----------
    display : Display
        Illusion with two targets.
    model : Otazu2008 or Otazu2010
        Model of perception.

    Returns
    -------
    matplotlib.figure.Figure
        Blue marks show where the profile runs. Below, what people report, and whether the
        model agrees.

    Raises
    ------
    ValueError
        A display with one target, or about color for a model that sees none.
    """
    need_matplotlib()
    from textwrap import wrap

    shown, percept, image = _dimension(display, model)
    more, less = (float(percept[mask].mean(dtype=float)) for mask in display.target_masks)
    texts = wrap(f"People: {display.report}", LETTERS)
    texts += wrap(f"{type(model).__name__}: {_verdict(display.dimension, more - less)}", LETTERS)
    seen_ppd = check_ppd(model.ppd) or REFERENCE_PPD
    if not 0.95 < seen_ppd / display.ppd < 1.05:
        texts += [f"The display is for {display.ppd:g} px/deg, the model for {seen_ppd:g} px/deg."]
    rows, cols = shown.shape
    wide, left, between = 3.35, 0.68, 0.6
    high = wide * aspect(rows, cols, low=0.25, high=1.2)
    below = 0.32 + high + 0.42
    page = Page(left + 2 * wide + between + 0.15, below + 2.4 + 0.19 * len(texts))
    along, at = line_through(display.target_masks)
    for k, (pixels, title) in enumerate(((display.image, "shown"), (image, "as it looks"))):
        ax = page.axes(left + k * (wide + between), 0.32, wide, high)
        draw(ax, on_screen(pixels), title)
        ends = ((-0.5, at), (cols - 0.5, at)) if along else ((at, -0.5), (at, rows - 0.5))
        for end, marker in zip(ends, "><" if along else "v^", strict=True):
            ax.plot(*end, marker=marker, color=BLUE, markersize=7, clip_on=False)
    _profile(page.axes(left, below, wide, 1.75), display, shown, percept)
    ax = page.axes(left + wide + between, below, wide, 1.75)
    _matched(ax, display, shown, percept, image)
    for k, line in enumerate(texts):
        page.text(left, below + 2.3 + 0.19 * k, line, fontsize=9)
    return page.figure


def _profile(ax: Any, display: Display, shown: Array, percept: Array) -> Any:
    from matplotlib.ticker import MaxNLocator

    along, at = line_through(display.target_masks)
    cut = (at, slice(None)) if along else (slice(None), at)
    degrees = (np.arange(len(shown[cut])) + 0.5) / display.ppd
    seen = [shown[cut]]
    for letter, color, mask in zip("AB", (SKY, GREY), display.target_masks, strict=True):
        inside = mask[cut]
        ax.fill_between(
            degrees, 0, 1, where=inside, color=color, alpha=0.25, linewidth=0, step="mid",
            transform=ax.get_xaxis_transform(), zorder=0,
        )  # fmt: skip
        crossed = np.flatnonzero(inside)
        zones = np.split(degrees[crossed], np.flatnonzero(np.diff(crossed) > 1) + 1)
        middle = float(zones[len(zones) // 2].mean())
        ax.text(middle, 0.98, letter, transform=ax.get_xaxis_transform(), ha="center", va="top")
        seen.append(percept[cut][inside])
    ax.plot(degrees, shown[cut], color=INK, linewidth=1.2, linestyle="--", label="shown")
    ax.plot(degrees, percept[cut], color=BLUE, linewidth=1.6, label="as it looks")
    low, high = (float(end(np.concatenate(seen))) for end in (np.min, np.max))
    room = 0.1 * ((high - low) or 1.0)
    ax.set(xlabel="degrees", ylabel=display.dimension, xlim=(0, degrees[-1] + degrees[0]))
    ax.set_ylim(low - room, high + 2 * room)
    ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=8, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 0.98))
    return ax


def _matched(ax: Any, display: Display, shown: Array, percept: Array, image: Array) -> Any:
    from matplotlib.patches import Rectangle

    picture = np.full((5, 10, 3), 0.8)
    for line, (plane, pixels) in enumerate(((shown, display.image), (percept, image))):
        means = [float(plane[mask].mean(dtype=float)) for mask in display.target_masks]
        for side, (letter, mask) in enumerate(zip("AB", display.target_masks, strict=True)):
            top, left = 1 + 2 * line, 1 + 4 * side
            picture[top, left : left + 4] = on_screen(pixels)[mask].mean(axis=0)
            text = f"{letter}  {means[side]:.3f}".replace("-", "\N{MINUS SIGN}")
            ax.text(left + 1.5, top + 0.98, text, ha="center", va="center", fontsize=9, color=INK)
        frame: Any = {"fill": False, "edgecolor": GREY, "linewidth": 0.6}
        ax.add_patch(Rectangle((0.5, top - 0.5), 8, 1, **frame))
    draw(ax, picture, "both targets, cut out and put side by side")
    ax.set_yticks([1, 3], ["shown", "seen"], fontsize=9)
    ax.tick_params(length=0)
    return ax


def _verdict(dimension: str, induction: float) -> str:
    """Sentence on an induction by a model, beside what people report."""
    more, less = WORDS[dimension]
    size = f"by {abs(induction):.3f}"
    if abs(induction) < UNSEEN:
        return "A and B look alike; the model does not see the illusion."
    if induction > 0:
        return f"A looks {more} than B {size}, as people report."
    return f"A looks {less} than B {size}, the reverse of what people report."


def difference(image: Any, percept: Array) -> "Figure":
    """Image, image as it looks, and the induction: percept minus image.

    Parameters
    ----------
    image : array, PIL image or path
        As :func:`psysal.image.check_image` takes it.
    percept : ndarray, (rows, cols) or (rows, cols, 3)
        The image as it looks, as :func:`psysal.perceive` gives it.

    Returns
    -------
    matplotlib.figure.Figure
        The difference of a color image is split into lightness, the mean of R, G and B,
        red-green, R - G, and yellow-blue, (R + G)/2 - B; all are in shares of full scale.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    """
    need_matplotlib()
    pixels = check_image(image)
    values = pixels / np.float32(full_scale(pixels))
    if percept.ndim == 2 and values.ndim == 3:
        values = (values @ np.array(LUMA)).astype(np.float32)
    induced = percept - values
    panels = {"lightness": induced}
    if induced.ndim == 3:
        panels = {name: induced @ weights for name, weights in WEIGHTS.items()}
    wide, gap = 2.2, 0.15
    rows, cols = values.shape[:2]
    size = wide, wide * aspect(rows, cols, low=0.25)
    page = Page((2 + len(panels)) * (wide + gap) + gap, size[1] + 0.95)
    picture(page, gap, 0.3, size, on_screen(values), "shown")
    picture(page, 2 * gap + wide, 0.3, size, on_screen(percept), "as it looks")
    for k, (name, plane) in enumerate(panels.items(), start=2):
        most = float(np.quantile(abs(plane), 0.98).clip(0.01, 0.5))  # not what no screen shows
        look = channel_look(plane, name) if name in OPPONENT else signed(plane)
        more, less = WORDS[name]
        scale = Scale("", "seen \N{MINUS SIGN} shown, of full scale", less, more, (0,))
        left = gap + k * (wide + gap)
        picture(page, left, 0.3, size, plane, name, scale, **look | {"vmin": -most, "vmax": most})
    return page.figure


def _dimension(display: Display, model: Any) -> tuple[Array, Array, Array]:
    """Dimension of a display as shown and as perceived, and the image as it looks."""
    if len(display.target_masks) != 2:
        raise ValueError(
            f"an illusion with two targets was expected, {display.name} has "
            f"{len(display.target_masks)}; take one whose targets are compared"
        )
    stages = model.stages(display.image)
    if display.dimension == "lightness":
        both = (display.image, stages.image)
        shown, percept = (p if p.ndim == 2 else p.mean(axis=2) for p in both)
        return shown, percept, stages.image
    if len(stages.channels) != 3:
        raise ValueError(
            f"{display.name} is about color, which {type(model).__name__} does not see; "
            "take psysal.Otazu2010()"
        )
    channel = CHANNELS.index(display.dimension)
    return stages.channels[channel], stages.percepts[channel], stages.image


def line_through(targets: tuple[Array, ...]) -> tuple[bool, int]:
    """True and the middle row that crosses both targets; False and the column, if none does."""
    first, second = targets
    for axis in (1, 0):
        crossed = np.flatnonzero(first.any(axis=axis) & second.any(axis=axis))
        if len(crossed):
            return axis == 1, int(crossed[len(crossed) // 2])
    return True, int(np.flatnonzero(first.any(axis=1))[0])
