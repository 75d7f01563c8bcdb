"""Colors of channels and maps, and their scales with a unit and words for both ends.

Place in the pipeline: below the figures of models.  Opponent channels have the colors they
stand for, around 0; people who confuse red and green tell both ends by blue and yellow.
"""

from typing import Any, NamedTuple

import numpy as np

from psysal._typing import Array
from psysal.plots.base import GREY, INK, Page, draw
from psysal.vision.color import CHANNELS

__all__ = ["OPPONENT"]

OPPONENT = {
    "red-green": ("#007382", "#62bccb", "#f4f4f2", "#f08a5d", "#b01218"),
    "yellow-blue": ("#123f94", "#7ea8e6", "#f4f4f2", "#fae269", "#dba400"),
}
"""Colors of the opponent channels: from teal over 0 to red, from blue over 0 to yellow."""

OUTLIERS = 0.01  # share of the values that limits of colors may leave out


class Scale(NamedTuple):
    """Scale of a channel or map: its unit, in short and explained, and words for both ends."""

    short: str
    unit: str
    low: str
    high: str
    middle: tuple[float, ...] = ()


SCALES = {
    "red-green": Scale("O1", "(R \N{MINUS SIGN} G) / (R + G + B)", "green", "red", (0,)),
    "yellow-blue": Scale("O2", "(R + G \N{MINUS SIGN} 2B) / (R + G + B)", "blue", "yellow", (0,)),
    "intensity": Scale("O3", "R + G + B", "dark", "light"),
    "luminance": Scale("Y", "share of full scale", "dark", "light"),
}
MAP = Scale("", "times the mean", "low", "high", (1,))


def channel_look(plane: Array, name: str) -> dict[str, Any]:
    """Options of a channel's colors: those it stands for around 0, or greys of light.

    Limits leave out one value in a hundred, unless that made the largest tenfold too large.
    """
    if name not in OPPONENT:
        return {"cmap": "gray", **from_zero(plane)}
    from matplotlib.colors import LinearSegmentedColormap

    size = abs(plane)
    most = max(float(np.quantile(size, 1 - OUTLIERS)), float(size.max()) / 10) or 1.0
    colors = LinearSegmentedColormap.from_list(name, OPPONENT[name])
    return {"cmap": colors, "vmin": -most, "vmax": most}


def from_zero(*planes: Array) -> dict[str, float]:
    """Limits of colors from 0 to the most of all planes, but for outliers."""
    most = max(float(np.quantile(plane, 1 - OUTLIERS)) for plane in planes)
    return {"vmin": 0.0, "vmax": most if most > 0 else 1.0}


def picture(
    page: Page, left: float, above: float, size: tuple[float, float],
    plane: Array, title: str, scale: Scale | None = None, **look: Any,
) -> None:  # fmt: skip
    """Draw a picture with its title, and its scale below."""
    artist = draw(page.axes(left, above, *size), plane, title, **look)
    if scale is None:
        return
    bar = page.axes(left, above + size[1] + 0.06, size[0], 0.07)
    drawn = page.figure.colorbar(artist, cax=bar, orientation="horizontal")
    low, high = artist.get_clim()
    ticks = [low, *(middle for middle in scale.middle if low < middle < high), high]
    words = [number(tick) for tick in ticks]
    words[0] += f"\n{scale.low}"
    words[-1] += f"\n{scale.high}"
    drawn.set_ticks(ticks, labels=words)
    ends = bar.get_xticklabels()
    ends[0].set_ha("left")
    ends[-1].set_ha("right")
    bar.set_xlabel(scale.unit, fontsize=6.5, color=INK, labelpad=1)
    quiet(drawn)


def channel_pictures(
    page: Page, left: float, above: float, step: float, size: tuple[float, float], channels: Array
) -> list[dict[str, Any]]:
    """Draw channels beside one another, a step from the next; the options of their colors."""
    names = CHANNELS if len(channels) == 3 else ("luminance",)
    looks = [channel_look(*each) for each in zip(channels, names, strict=True)]
    for c, (name, look) in enumerate(zip(names, looks, strict=True)):
        title = f"{name}, {SCALES[name].short}"
        picture(page, left + c * step, above, size, channels[c], title, SCALES[name], **look)
    return looks


def quiet(scale: Any) -> None:
    """Make the numbers of a scale small."""
    scale.ax.tick_params(labelsize=6.5, length=2, pad=2, color=GREY, labelcolor=INK)
    scale.outline.set_linewidth(0.4)


def number(value: float) -> str:
    """Number with two digits."""
    return f"{value:.2g}".replace("-", "\N{MINUS SIGN}")
