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
    INK,
    PAPER,
    aspect,
    axes,
    blank,
    draw,
    need_matplotlib,
    on_screen,
)
from psysal.stimuli import Display
from psysal.viewing import peak_frequency
from psysal.vision.color import CHANNELS, LUMA
from psysal.vision.wavelet import inverse

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["difference", "illusion", "induction", "induction_by_level", "matched", "profile"]


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
    """
    shown, percept, _ = _dimension(display, model)
    row = _row(display)
    degrees = (np.arange(shown.shape[1]) + 0.5) / display.ppd
    ax = axes(ax)
    for mask in display.target_masks:
        ax.fill_between(
            degrees, 0, 1, where=mask[row], color="0.9", linewidth=0,
            transform=ax.get_xaxis_transform(), zorder=0,
        )  # fmt: skip
    ax.plot(degrees, shown[row], color=INK, linewidth=1.2, linestyle="--", label="shown")
    ax.plot(degrees, percept[row], color=BLUE, linewidth=1.6, label="as it looks")
    ax.set(xlabel="degrees", ylabel=display.dimension, xlim=(0, degrees[-1]))
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=8, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
    return ax


def matched(display: Display, model: Any, *, ax: Any = None) -> Any:
    """Targets cut out, on one grey: as displayed, and as perceived by a model.

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
    shown, percept, image = _dimension(display, model)
    picture = np.full((5, 9, 3), 0.8)
    ax = axes(ax)
    for line, (plane, pixels) in enumerate(((shown, display.image), (percept, image))):
        for side, mask in enumerate(display.target_masks):
            top, left = 1 + 2 * line, 1 + 4 * side
            picture[top, left : left + 3] = on_screen(pixels)[mask].mean(axis=0)
            value = f"{plane[mask].mean(dtype=float):.3f}"
            ax.text(left + 1, top + 0.85, value, ha="center", va="center", fontsize=8, color=INK)
    draw(ax, picture, "the two targets, on one grey")
    ax.set_yticks([1, 3], ["shown", "seen"], fontsize=8)
    ax.tick_params(length=0)
    return ax


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
    """
    need_matplotlib()
    _, _, image = _dimension(display, model)
    line = _row(display)
    rows, cols = display.image.shape[:2]
    high = 4.4 * aspect(rows, cols, high=0.8)
    figure = blank(figsize=(10, high + 2.4), layout="constrained")
    (left, right), (below, beside) = figure.subplots(2, 2, height_ratios=[high, 2.0])
    for ax, pixels, title in ((left, display.image, "shown"), (right, image, "as it looks")):
        draw(ax, on_screen(pixels), title)
        for x in (-0.5, cols - 0.5):  # where the line goes, without covering anything
            ax.plot(x, line, marker=(">" if x < 0 else "<"), color=BLUE, clip_on=False)
    profile(display, model, ax=below)
    matched(display, model, ax=beside)
    return figure


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
    from matplotlib.ticker import MaxNLocator

    pixels = check_image(image)
    values = pixels / np.float32(full_scale(pixels))
    if percept.ndim == 2 and values.ndim == 3:
        values = (values @ np.array(LUMA)).astype(np.float32)
    induced = percept - values
    panels = {"lightness": induced}
    if induced.ndim == 3:
        red, green, blue = np.moveaxis(induced, -1, 0)
        panels = {"lightness": induced.mean(axis=2)}
        panels |= {CHANNELS[0]: red - green, CHANNELS[1]: (red + green) / 2 - blue}
    rows, cols = values.shape[:2]
    count = 2 + len(panels)
    height = 2.7 * aspect(rows, cols, low=0.3)
    figure = blank(figsize=(2.7 * count, height + 0.75), layout="constrained")
    axes, bars = figure.subplots(2, count, height_ratios=[20, 1])
    draw(axes[0], on_screen(values), "shown")
    draw(axes[1], on_screen(percept), "as it looks")
    for unused in bars[:2]:
        unused.axis("off")
    for ax, bar, (name, plane) in zip(axes[2:], bars[2:], panels.items(), strict=True):
        most = float(np.quantile(abs(plane), 0.98).clip(0.01, 0.5))  # not what no screen shows
        artist = draw(ax, plane, f"{name}: seen - shown", cmap="PuOr", vmin=-most, vmax=most)
        ticks = MaxNLocator(5)
        figure.colorbar(artist, cax=bar, orientation="horizontal", extend="both", ticks=ticks)
        bar.tick_params(labelsize=7)
    return figure


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


def _row(display: Display) -> int:
    """Middle of the rows that cross both targets."""
    crossed = np.flatnonzero(np.all([mask.any(axis=1) for mask in display.target_masks], axis=0))
    if not len(crossed):
        crossed = np.flatnonzero(display.target_masks[0].any(axis=1))
    return int(crossed[len(crossed) // 2])
