"""Figure of a whole model: every stage on one image.

Place in the pipeline: model, image -> [pipeline] -> figure.

    image     red-green   yellow-blue   intensity   saliency map
                             scales
              level 1   level 2   level 3  ...  scale
         |  wavelet plane |w|                          map of
    red- |  contrast z                                red-green
    green|  weight alpha                               scale
    and so on
"""

import os
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, NamedTuple

from psysal._typing import Array
from psysal.image import check_image
from psysal.models.murray2013 import GroupingStages
from psysal.models.otazu import PerceptStages
from psysal.models.staged import StagedModel
from psysal.plots.base import GREY, INK, Page, aspect, draw, need_matplotlib, on_screen
from psysal.plots.scales import MAP, SCALES, channel_pictures, from_zero, number, picture, quiet
from psysal.viewing import REFERENCE_PPD, check_ppd, peak_frequency
from psysal.vision.color import CHANNELS
from psysal.vision.wavelet import B3

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["stages"]

TILE, NARROWEST, TALLEST = 1.12, 0.75, 2.4
"""Longer side of a small picture, its least width, height of a large one, in inches."""
GAP, MARGIN, TITLE, SCALE = 0.07, 0.15, 0.36, 0.62
"""Inches between small pictures, around all, for a title, and for a scale with its numbers."""
NAMES, RESULT = 1.32, 1.8
"""Inches for the names of rows; most height of a channel's result, in small pictures."""
LETTERS, LINE = 15.5, 0.16
"""Letters of the caption in an inch, and inches from a line to the next."""


class Row(NamedTuple):
    """Row of a block: a stage of one channel on all levels, to one scale."""

    name: str
    unit: str
    planes: list[Array]
    look: dict[str, Any]


def stages(model: Any, image: Any, *, name: str = "") -> "Figure":
    """Every stage of a model on one image: channels, planes, contrast, weights, result.

    Parameters
    ----------
    model : Murray2011, Murray2013, Otazu2008 or Otazu2010
        Model with ``stages``.
    image : array, PIL image or path
        As :func:`psysal.image.check_image` takes it.
    name : str
        Name of the image in the caption; by default that of its file.

    Returns
    -------
    matplotlib.figure.Figure
        Above, the image, its channels and the result; below, a block for each channel, whose
        rows are means over the orientations of a stage, to one scale for all levels. Opponent
        channels have the colors they stand for. Maps are in multiples of their mean.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    """
    need_matplotlib()
    if not name and isinstance(image, (str, os.PathLike)):
        name = Path(image).name
    pixels = check_image(image)
    found = model.stages(pixels)
    percept = isinstance(found, PerceptStages)
    channels = found.channels if percept else getattr(found, "small", found.opponent)
    names = CHANNELS if len(channels) == 3 else ("luminance",)
    blocks = [_rows(found, c, SCALES[each].short) for c, each in enumerate(names)]

    (_, *shape), levels, count = channels.shape, len(found.planes[0]), len(names) + 2
    ratio = aspect(shape[0], shape[1], low=0.25, high=3)
    wide = max(TILE / max(1, ratio), NARROWEST)
    high = wide * ratio
    rows = len(blocks[0]) * (high + GAP) - GAP
    result = min(RESULT * high, max(high, rows - SCALE))
    results = NAMES + levels * (wide + GAP) + SCALE
    width = results + result / ratio + MARGIN
    step = (width - 2 * MARGIN) / count
    large = min(step - 0.2, TALLEST / ratio)
    block = TITLE + max(rows, result + SCALE) + 0.14
    first = TITLE + large * ratio + SCALE
    caption = wrap(_caption(model, name), int(width * LETTERS))
    page = Page(width, first + len(names) * block + LINE * len(caption) + MARGIN)

    left, size = MARGIN + (step - large) / 2, (large, large * ratio)
    picture(page, left, TITLE, size, on_screen(pixels), "image")
    looks = channel_pictures(page, left + step, TITLE, step, size, channels)
    left += (count - 1) * step
    if percept:
        picture(page, left, TITLE, size, on_screen(found.image), "as it looks")
    else:
        _map(page, left, TITLE, size, found.map, "saliency map")

    size = (result / ratio, result)
    for c, each in enumerate(names):
        top = first + c * block + TITLE
        _bracket(page, top, rows, each)
        for r, row in enumerate(blocks[c]):
            y = top + r * (high + GAP)
            page.text(NAMES - 0.09, y + high / 2, row.name, ha="right", va="center")
            for s, plane in enumerate(row.planes):
                ax = page.axes(NAMES + s * (wide + GAP), y, wide, high)
                step_s = 2**s if model.wavelet == B3 else 1
                artist = _level(ax, plane, step_s, shape, **row.look)
                if r == 0:
                    ax.set_title(_level_name(model, s + 1), fontsize=8)
            _scale(page.axes(results - SCALE, y, 0.08, high), artist, row.unit)
        if percept:
            title = f"{each},\nas it looks"
            picture(page, results, top, size, found.percepts[c], title, SCALES[each], **looks[c])
        else:
            _map(page, results, top, size, found.channel_maps[c], f"map of\n{each}")
    for k, line in enumerate(reversed(caption), start=1):
        page.text(MARGIN, page.height - 0.5 * MARGIN - k * LINE, line, fontsize=7.5)
    return page.figure


def _rows(found: Any, channel: int, unit: str) -> list[Row]:
    """Rows of a channel's block."""
    from matplotlib.colors import PowerNorm

    sizes = [abs(w).mean(axis=0) for w in found.planes[channel]]
    weights = [alpha.mean(axis=0) for alpha in found.weights[channel]]
    limits = from_zero(*sizes)
    root = PowerNorm(0.5, limits["vmin"], limits["vmax"])  # levels differ tenfold
    planes = Row("wavelet plane\n|w|", unit, sizes, {"cmap": "viridis", "norm": root})
    weight = Row("weight \u03b1", "factor", weights, {"cmap": "inferno", **from_zero(*weights)})
    if isinstance(found, GroupingStages):  # whose contrast is that of grouped planes
        return [planes, weight]
    contrast = [z.mean(axis=0) for z in found.contrast[channel]]
    look: dict[str, Any] = {"cmap": "viridis", "vmin": 0, "vmax": 1}
    return [planes, Row("contrast z,\n0 to 1", "share", contrast, look), weight]


def _caption(model: StagedModel, name: str) -> str:
    center, surround = model.windows
    ppd = f"its published tuning, as for {REFERENCE_PPD:g} px/deg"
    if model.ppd is not None:
        ppd = f"{check_ppd(model.ppd):g} px/deg"
    return (
        f"{name}{', by ' if name else 'By '}{type(model).__name__} at {ppd}, with windows of "
        f"{center} and {surround} samples and the wavelet {model.wavelet}. Below a level is the "
        "spatial frequency that it answers to best; its pictures are means over orientations, and "
        "the scale at their right is that of all levels of the row."
    )


def _level_name(model: StagedModel, level: int) -> str:
    frequency = peak_frequency(level + getattr(model, "reduction", 0), model.ppd)
    return f"level {level}\n{frequency:.2g} c/deg"


# --- drawing ---------------------------------------------------------------------------


def _level(ax: Any, plane: Array, step: int, shape: list[int], **look: Any) -> Any:
    """Draw a plane of a level where its samples are in the image, without what pads it."""
    part = plane[: -(-shape[0] // step), : -(-shape[1] // step)]
    rows, cols = part.shape
    artist = draw(ax, part, "", extent=(0, cols * step, rows * step, 0), **look)
    ax.set(xlim=(0, shape[1]), ylim=(shape[0], 0))
    return artist


def _map(
    page: Page, left: float, above: float, size: tuple[float, float], values: Array, title: str
) -> None:
    mean = float(values.mean()) or 1.0
    picture(page, left, above, size, values / mean, title, MAP, cmap="inferno")


def _scale(bar: Any, artist: Any, unit: str) -> None:
    """Draw the scale of a row at its right."""
    drawn = bar.figure.colorbar(artist, cax=bar)
    ticks = [artist.norm.inverse(share) for share in (0, 0.5, 1)]
    drawn.set_ticks(ticks, labels=[number(tick) for tick in ticks])
    drawn.set_label(unit, fontsize=6.5, color=INK, labelpad=2)
    quiet(drawn)
    for label, place in zip(bar.get_yticklabels(), ("bottom", "center", "top"), strict=True):
        label.set_va(place)


def _bracket(page: Page, top: float, high: float, name: str) -> None:
    """Draw a bracket around the rows of a channel, and its name."""
    ax = page.axes(MARGIN + 0.2, top, 0.06, high)
    ax.plot([1, 0, 0, 1], [0, 0, 1, 1], color=GREY, linewidth=1, clip_on=False)
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.axis("off")
    look = {"ha": "right", "va": "center", "rotation": 90, "fontsize": 9, "weight": "bold"}
    page.text(MARGIN + 0.14, top + high / 2, name, **look)
