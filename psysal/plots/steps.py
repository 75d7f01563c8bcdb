"""Figures of single steps: photograph, channels, planes, windows, sensitivity, map.

Place in the pipeline: result of a step -> [steps] -> figure.  A function that draws one
picture takes ``ax=``, by default pyplot's current axes, and returns the axes; one that
draws several returns a figure.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from psysal._typing import Array
from psysal.image import check_image
from psysal.mapfile import check_map
from psysal.models.murray2011 import Murray2011
from psysal.overlay import overlay as blend
from psysal.plots.base import (
    BLUE,
    GREY,
    INK,
    SKY,
    Page,
    aspect,
    axes,
    blank,
    draw,
    need_matplotlib,
    on_screen,
    signed,
)
from psysal.plots.scales import channel_pictures, picture
from psysal.viewing import level_at, peak_frequency
from psysal.vision.color import CHANNELS
from psysal.vision.color import opponent as opponent_channels
from psysal.vision.contrast import Windows, check_windows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "by_level",
    "channels",
    "contributions",
    "ecsf",
    "outline",
    "overlay",
    "photograph",
    "plane",
    "planes",
    "saliency_map",
    "windows",
]

ORIENTATIONS = ("horizontal", "vertical", "diagonal")
LINES = (
    {"color": BLUE, "marker": "o", "linestyle": "-"},
    {"color": SKY, "marker": "s", "linestyle": "--"},
    {"color": INK, "marker": "^", "linestyle": ":"},
    {"color": GREY, "marker": "D", "linestyle": "-."},
)
"""Curves of one chart, which differ by marker and dashes as well as by color."""
FREQUENCIES = 0.05, 50.0
"""Range in cycles per degree of every figure of sensitivity, so that they compare."""


# --- one picture -----------------------------------------------------------------------


def photograph(image: Any, *, title: str = "", ax: Any = None) -> Any:
    """An image as a screen shows it.

    Parameters
    ----------
    image : array, PIL image or path
        As :func:`psysal.image.check_image` takes it.
    title : str
        Title above the picture.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default pyplot's current ones.

    Returns
    -------
    matplotlib.axes.Axes
    """
    ax = axes(ax)
    draw(ax, on_screen(check_image(image)), title)
    return ax


def saliency_map(
    values: ArrayLike, *, title: str = "", limits: tuple[float, float] | None = None, ax: Any = None
) -> Any:
    """A map, light where it is high.

    Parameters
    ----------
    values : array-like, (rows, cols)
        Map, finite, of any range.
    title : str
        Title above the picture.
    limits : (float, float), optional
        Values drawn as black and as white, to compare maps; by default the map's range.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default pyplot's current ones.

    Returns
    -------
    matplotlib.axes.Axes
    """
    ax = axes(ax)
    low, high = limits or (None, None)
    draw(ax, check_map("values", values), title, cmap="inferno", vmin=low, vmax=high)
    return ax


def overlay(image: Any, saliency: ArrayLike, *, title: str = "", ax: Any = None) -> Any:
    """A map as a heat map on its photograph, which fades to grey.

    Parameters
    ----------
    image : array, PIL image or path
        As :func:`psysal.image.check_image` takes it.
    saliency : array-like, (rows, cols)
        Map of the image, of any range.
    title : str
        Title above the picture.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default pyplot's current ones.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        The map has another size than the image.
    """
    pixels, values = check_image(image), check_map("saliency", saliency)
    if values.shape != pixels.shape[:2]:
        raise ValueError(
            f"saliency must have the size of the image, {pixels.shape[:2]}, "
            f"got {values.shape}; resize one of them"
        )
    spread = np.ptp(values) or 1.0
    ax = axes(ax)
    draw(ax, blend(pixels, (values - values.min()) / spread), title)
    return ax


def backdrop(
    image: Any, saliency: ArrayLike | None = None, *, title: str = "", ax: Any = None
) -> Any:
    """A photograph, or a map laid over it, for fixations to be drawn on."""
    if saliency is None:
        return photograph(image, title=title, ax=ax)
    return overlay(image, saliency, title=title, ax=ax)


def plane(values: ArrayLike, *, title: str = "", ax: Any = None) -> Any:
    """Values around 0, purple above and orange below, with their scale.

    Parameters
    ----------
    values : array-like, (rows, cols)
        Wavelet plane, color channel or difference of two maps.
    title : str
        Title above the picture.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default pyplot's current ones.

    Returns
    -------
    matplotlib.axes.Axes
    """
    ax, checked = axes(ax), check_map("values", values)
    _scale(ax, draw(ax, checked, title, **signed(checked)))
    return ax


def outline(mask: ArrayLike, *, ax: Any = None) -> Any:
    """A line around a region, such as a target, on axes with a picture.

    Parameters
    ----------
    mask : array-like of bool, (rows, cols)
        Region to outline.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default pyplot's current ones.

    Returns
    -------
    matplotlib.axes.Axes
    """
    ax, region = axes(ax), np.asarray(mask, bool).astype(float)
    for width, color in ((3.5, "black"), (1.8, "white")):
        ax.contour(region, levels=[0.5], colors=color, linewidths=width)
    return ax


def ecsf(model: Murray2011, *, ax: Any = None) -> Any:
    """Contrast sensitivity of a model over spatial frequency.

    Curves are g, the gain of contrast; the levels of the model's transform are at the top,
    at their peak frequencies for the model's ``ppd``.

    Parameters
    ----------
    model : Murray2011
        Model with the viewing distance to draw.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default pyplot's current ones.

    Returns
    -------
    matplotlib.axes.Axes
    """
    ax, levels = axes(ax), range(1, 8)
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    peaks = [peak_frequency(s, model.ppd) for s in levels]
    fine = np.geomspace(*FREQUENCIES, 300)
    fine_levels = [level_at(f, model.ppd) for f in fine]
    curves = {"color": model.sensitivities[0], "intensity": model.sensitivities[2]}
    for (name, curve), look in zip(curves.items(), LINES[1:3], strict=True):
        ax.plot(fine, curve.gain(fine_levels), **{**look, "marker": ""})
        ax.plot(peaks, curve.gain(levels), **{**look, "linestyle": ""})
        ax.plot([], [], label=name, **look)
    ax.set(xscale="log", xlim=FREQUENCIES)
    ax.set(xlabel="spatial frequency (cycles per degree)", ylabel="sensitivity g")
    ax.set_ylim(bottom=0)
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    top = ax.secondary_xaxis("top")
    top.set_xticks(peaks, [str(s) for s in levels])
    top.minorticks_off()
    top.set_xlabel("wavelet level", fontsize=9)
    ax.legend(frameon=False)
    return ax


def by_level(values: Mapping[str, ArrayLike], *, label: str, ax: Any = None) -> Any:
    """Numbers over the levels of a transform.

    Parameters
    ----------
    values : mapping of str to array-like, (levels,)
        Curves by name, at most four.
    label : str
        Label of the numbers' axis.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default pyplot's current ones.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = by_level({"energy": [3, 2, 1]}, label="share", ax=Figure().add_subplot())
    >>> ax.lines[0].get_xdata().tolist()
    [1, 2, 3]
    """
    if not 0 < len(values) <= len(LINES):
        raise ValueError(f"values must hold one to {len(LINES)} curves, got {len(values)}")
    ax = axes(ax)
    from matplotlib.ticker import MaxNLocator

    for (name, curve), look in zip(values.items(), LINES, strict=False):
        ax.plot(np.arange(1, len(np.asarray(curve)) + 1), curve, label=name, **look)
    ax.set(xlabel="wavelet level (1 is the finest)", ylabel=label)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return ax


# --- several ---------------------------------------------------------------------------


def channels(image: Any) -> "Figure":
    """An image and its opponent channels, in the colors they stand for, with their scales.

    Parameters
    ----------
    image : array, PIL image or path
        As :func:`psysal.image.check_image` takes it.

    Returns
    -------
    matplotlib.figure.Figure
        Scales are symmetric about 0, and leave out one value in a hundred.
    """
    need_matplotlib()
    pixels = check_image(image)
    wide, gap = 2.5, 0.15
    size = wide, wide * aspect(*pixels.shape[:2])
    page = Page(4 * wide + 5 * gap, size[1] + 0.9)
    picture(page, gap, 0.3, size, on_screen(pixels), "image")
    channel_pictures(page, 2 * gap + wide, 0.3, wide + gap, size, opponent_channels(pixels))
    return page.figure


def planes(
    values: Sequence[Array], *, area: tuple[int, int] | None = None, signs: bool = True
) -> "Figure":
    """Wavelet planes, or their contrast or weights, a column a level and a row an orientation.

    Parameters
    ----------
    values : sequence of ndarray, (3, rows_s, cols_s)
        Planes of one channel by level, as :func:`psysal.vision.wavelet.forward` gives them;
        contrast and weights are in :class:`psysal.SaliencyStages`.
    area : (int, int), optional
        Rows and columns of the image, to leave out the padding of planes of a square.
    signs : bool
        Colors around 0, each level to its own scale; False for contrast, from 0 to 1.

    Returns
    -------
    matplotlib.figure.Figure
    """
    need_matplotlib()
    rows, cols = area or values[0].shape[1:]
    figure, grid = _grid(3, len(values), (rows, cols))
    for s, level in enumerate(values):
        step = max(1, round(values[0].shape[1] / level.shape[1]))
        part = level[:, : -(-rows // step), : -(-cols // step)]
        look = signed(part) if signs else {"cmap": "viridis", "vmin": 0, "vmax": 1}
        for o, plane in enumerate(part):
            draw(grid[o, s], plane, f"level {s + 1}" if o == 0 else "", **look)
    for ax, name in zip(grid[:, 0], ORIENTATIONS, strict=True):
        ax.set_ylabel(name, fontsize=8)
    return figure


def windows(sizes: tuple[int, int]) -> "Figure":
    """Center and surround windows of the three orientations, between which contrast is taken.

    Parameters
    ----------
    sizes : (int, int)
        Center, and surround on each side, in samples of a level.

    Returns
    -------
    matplotlib.figure.Figure
    """
    need_matplotlib()
    from matplotlib.colors import ListedColormap

    center, surround = check_windows(sizes)
    reach = Windows(center, surround).reach
    distance = abs(np.arange(reach) - (reach - 1) / 2)
    arm = np.where(distance < center / 2, 2, 1)
    shapes = np.zeros((3, reach, reach), int)
    shapes[0, reach // 2], shapes[1, :, reach // 2] = arm, arm
    np.fill_diagonal(shapes[2], arm)
    np.fill_diagonal(shapes[2, ::-1], arm)
    figure, row = _row(3, (1, 1))
    for ax, name, shape in zip(row, ORIENTATIONS, shapes, strict=True):
        draw(ax, shape, name, cmap=ListedColormap(["0.97", SKY, INK]))
    row[0].set_xlabel(f"center (dark): {center} samples", fontsize=8)
    row[1].set_xlabel(f"surround: {surround} on each side", fontsize=8)
    return figure


def contributions(model: Murray2011, image: Any) -> "Figure":
    """Exact contributions of every level to the map of each channel.

    Parameters
    ----------
    model : Murray2011
        Model of the map.
    image : array, PIL image or path
        As :func:`psysal.image.check_image` takes it.

    Returns
    -------
    matplotlib.figure.Figure
        A row a channel, a column a level, all to one scale, with each picture's share of
        the variation in its row; the row's sum is at the right.
    """
    need_matplotlib()
    pixels = check_image(image)
    added = model.contributions(pixels).planes.sum(axis=2)
    spread = added.std(axis=(2, 3))
    shares = spread / np.maximum(spread.sum(axis=1, keepdims=True), 1e-30)
    count = added.shape[1]
    figure, grid = _grid(3, count + 1, pixels.shape[:2])
    look = {"cmap": "inferno", "vmin": 0, "vmax": float(np.quantile(added, 0.999)) or 1.0}
    for c, name in enumerate(CHANNELS):
        for s in range(count):
            title = f"level {s + 1}\n" if c == 0 else ""
            draw(grid[c, s], added[c, s], f"{title}{shares[c, s]:.0%}", **look)
        draw(grid[c, count], added[c].sum(axis=0), "all\n" if c == 0 else "", cmap="inferno")
        grid[c, 0].set_ylabel(name, fontsize=8)
    figure.supxlabel("percent: share of the variation in the row", fontsize=8)
    return figure


# --- layout ----------------------------------------------------------------------------


def _row(count: int, shape: tuple[int, int]) -> tuple["Figure", Any]:
    """Figure with a row of axes for pictures of a shape."""
    width = 11 / count
    height = width * aspect(*shape)
    figure = blank(figsize=(11, height + 0.3), layout="constrained")
    return figure, figure.subplots(1, count)


def _grid(lines: int, count: int, shape: tuple[int, int]) -> tuple["Figure", Any]:
    """Figure with lines of small axes for pictures of a shape."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    width = min(1.9, 12 / count)
    height = width * aspect(*shape) + 0.15
    narrow = ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
    figure = blank(figsize=(width * count + 0.3, height * lines + 0.3), layout=narrow)
    return figure, figure.subplots(lines, count)


def _scale(ax: Any, artist: Any) -> None:
    """Draw the scale of a picture at its right."""
    bar = ax.figure.colorbar(artist, cax=ax.inset_axes((1.02, 0, 0.045, 1)))
    bar.ax.tick_params(labelsize=7)
    bar.outline.set_linewidth(0.4)
