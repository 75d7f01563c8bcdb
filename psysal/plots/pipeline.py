"""Figures of a whole model: every stage on one image, and the induction of a percept.

Place in the pipeline: model, image -> [pipeline] -> figure.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from psysal._typing import Array
from psysal.image import check_image, full_scale
from psysal.models.otazu import PerceptStages
from psysal.plots.base import aspect, blank, draw, need_matplotlib, on_screen, place, signed
from psysal.viewing import peak_frequency
from psysal.vision.color import CHANNELS, LUMA
from psysal.vision.wavelet import B3

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["difference", "stages"]


def stages(model: Any, image: Any) -> "Figure":
    """Every stage of a model on one image: channels, planes, contrast, weights, result.

    Parameters
    ----------
    model : Murray2011, Murray2013, Otazu2008 or Otazu2010
        Model with ``stages``.
    image : array, PIL image or path
        As :func:`psysal.image.check_image` takes it.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ImportError
        matplotlib is not installed.
    """
    need_matplotlib()
    pixels = check_image(image)
    stages = model.stages(pixels)
    percept = isinstance(stages, PerceptStages)
    channels = stages.channels if percept else getattr(stages, "small", stages.opponent)
    results = stages.percepts if percept else stages.channel_maps
    names = CHANNELS if len(channels) == 3 else ("luminance",)
    _, rows, cols = channels.shape
    levels, kinds = len(stages.planes[0]), 2 if hasattr(stages, "grouped") else 3
    width = 1.6 * (levels + 1)
    line = 1.6 * aspect(rows, cols)
    lines = kinds * len(names)
    figure = blank(figsize=(width, (2.6 + lines) * line))
    grid = figure.add_gridspec(
        1 + lines,
        levels + 1,
        height_ratios=[2.4] + lines * [1],
        left=0.05,
        right=0.99,
        top=1 - 0.4 / (2.6 + lines),
        bottom=0.01,
        hspace=0.1,
        wspace=0.05,
    )

    top = grid[0, :].subgridspec(1, 5, wspace=0.05)
    place(figure, top[0], on_screen(pixels), "image")
    for c, name in enumerate(names):
        place(figure, top[1 + c], channels[c], name, **_channel_look(channels[c], name))
    if percept:
        place(figure, top[len(names) + 1], on_screen(stages.image), "as it looks")
    else:
        place(figure, top[len(names) + 1], stages.map, "saliency map", cmap="inferno")

    for c, name in enumerate(names):
        weights = [w.mean(axis=0) for w in stages.weights[c]]
        shared = {"vmin": min(w.min() for w in weights), "vmax": max(w.max() for w in weights)}
        planes = [np.abs(w).mean(axis=0) for w in stages.planes[c]]
        labeled: list[tuple[str, list[Array], dict[str, Any]]]
        labeled = [("|w|", planes, {"cmap": "viridis"})]
        if kinds == 3:
            contrast = [z.mean(axis=0) for z in stages.contrast[c]]
            labeled += [("z", contrast, {"cmap": "viridis"})]
        labeled += [(r"$\alpha$", weights, {"cmap": "inferno", **shared})]
        for row, (label, planes, look) in enumerate(labeled):
            for s, plane in enumerate(planes):
                step = 2**s if model.wavelet == B3 else 1
                part = plane[: -(-rows // step), : -(-cols // step)]
                frequency = peak_frequency(s + 1 + getattr(model, "reduction", 0), model.ppd)
                title = f"level {s + 1}, {frequency:.2g} c/deg" if row == c == 0 else ""
                ax = place(figure, grid[1 + kinds * c + row, s], part, title, **look)
                if s == 0:
                    ax.set_ylabel(f"{name if row == kinds // 2 else ''}\n{label}", fontsize=8)
        spot = grid[1 + kinds * c : 1 + kinds * (c + 1), levels]
        if percept:
            place(figure, spot, results[c], f"{name}, seen", **_channel_look(results[c], name))
        else:
            place(figure, spot, results[c], f"{name} map", cmap="inferno")
    return figure


def _channel_look(plane: Array, name: str) -> dict[str, Any]:
    """Options of a channel's colors: around 0 for opponent colors, grey for light."""
    return signed(plane) if name in CHANNELS[:2] else {"cmap": "gray"}


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
