"""A model at work: every stage of it on one image, and what it changes in what is seen.

Place in the pipeline: model, image -> [pipeline] -> figure.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from psysal.image import check_image, full_scale
from psysal.models.otazu import PerceptStages
from psysal.plots.base import blank, draw, need_matplotlib, on_screen, place, signed
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
        A model with ``stages``.
    image : array, PIL image or path

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
    found = model.stages(pixels)
    percept = isinstance(found, PerceptStages)
    channels = found.channels if percept else getattr(found, "small", found.opponent)
    results = found.percepts if percept else found.channel_maps
    names = CHANNELS if len(channels) == 3 else ("luminance",)
    _, rows, cols = channels.shape
    count, kinds = len(found.planes[0]), 2 if hasattr(found, "grouped") else 3
    width = 1.6 * (count + 1)
    line = 1.6 * min(max(rows / cols, 0.4), 1.6)
    lines_in_all = kinds * len(names)
    figure = blank(figsize=(width, (2.6 + lines_in_all) * line))
    grid = figure.add_gridspec(
        1 + lines_in_all,
        count + 1,
        height_ratios=[2.4] + lines_in_all * [1],
        left=0.05,
        right=0.99,
        top=1 - 0.4 / (2.6 + lines_in_all),
        bottom=0.01,
        hspace=0.1,
        wspace=0.05,
    )

    top = grid[0, :].subgridspec(1, 5, wspace=0.05)
    place(figure, top[0], on_screen(pixels), "image")
    for c, name in enumerate(names):
        look = signed(channels[c]) if name in CHANNELS[:2] else {"cmap": "gray"}
        place(figure, top[1 + c], channels[c], name, **look)
    if percept:
        place(figure, top[len(names) + 1], on_screen(found.image), "as it looks")
    else:
        place(figure, top[len(names) + 1], found.map, "saliency map", cmap="inferno")

    for c, name in enumerate(names):
        weights = [w.mean(axis=0) for w in found.weights[c]]
        shared = {"vmin": min(w.min() for w in weights), "vmax": max(w.max() for w in weights)}
        lines = [("|w|", [np.abs(w).mean(axis=0) for w in found.planes[c]], {"cmap": "viridis"})]
        if kinds == 3:
            lines += [("z", [z.mean(axis=0) for z in found.contrast[c]], {"cmap": "viridis"})]
        lines += [(r"$\alpha$", weights, {"cmap": "inferno", **shared})]
        for row, (label, planes, look) in enumerate(lines):
            for s, plane in enumerate(planes):
                step = 2**s if model.wavelet == B3 else 1
                part = plane[: -(-rows // step), : -(-cols // step)]
                frequency = peak_frequency(s + 1 + getattr(model, "reduction", 0), model.ppd)
                title = f"level {s + 1}, {frequency:.2g} c/deg"
                ax = place(
                    figure,
                    grid[1 + kinds * c + row, s],
                    part,
                    title if row == 0 and c == 0 else "",
                    **look,
                )
                if s == 0:
                    ax.set_ylabel(f"{name if row == kinds // 2 else ''}\n{label}", fontsize=8)
        spot = grid[1 + kinds * c : 1 + kinds * (c + 1), count]
        if percept:
            look = signed(results[c]) if name in CHANNELS[:2] else {"cmap": "gray"}
            place(figure, spot, results[c], f"{name}, seen", **look)
        else:
            place(figure, spot, results[c], f"{name} map", cmap="inferno")
    return figure


def difference(shown: Any, seen: NDArray[Any]) -> "Figure":
    """An image, the image as it looks, and what was induced: seen minus shown.

    Parameters
    ----------
    shown : array, PIL image or path
    seen : ndarray
        What :func:`psysal.perceive` makes of it: (rows, cols) or (rows, cols, 3).

    Returns
    -------
    matplotlib.figure.Figure
        Of color, the difference of R, G and B is taken apart into lightness, their
        mean, red-green, R - G, and yellow-blue, (R + G)/2 - B; all are in shares of
        full scale.
    """
    need_matplotlib()
    from matplotlib.ticker import MaxNLocator

    pixels = check_image(shown)
    values = pixels / np.float32(full_scale(pixels))
    if seen.ndim == 2 and values.ndim == 3:
        values = (values @ np.array(LUMA)).astype(np.float32)
    induced = seen - values
    panels = {"lightness": induced}
    if induced.ndim == 3:
        red, green, blue = np.moveaxis(induced, -1, 0)
        panels = {"lightness": induced.mean(axis=2)}
        panels |= {CHANNELS[0]: red - green, CHANNELS[1]: (red + green) / 2 - blue}
    rows, cols = values.shape[:2]
    count = 2 + len(panels)
    height = 2.7 * min(max(rows / cols, 0.3), 1.6)
    figure = blank(figsize=(2.7 * count, height + 0.75), layout="constrained")
    axes, bars = figure.subplots(2, count, height_ratios=[20, 1])
    draw(axes[0], on_screen(values), "shown")
    draw(axes[1], on_screen(seen), "as it looks")
    for unused in bars[:2]:
        unused.axis("off")
    for ax, bar, (name, plane) in zip(axes[2:], bars[2:], panels.items(), strict=True):
        most = float(np.quantile(abs(plane), 0.98).clip(0.01, 0.5))  # not what no screen shows
        drawn = draw(ax, plane, f"{name}: seen - shown", cmap="PuOr", vmin=-most, vmax=most)
        ticks = MaxNLocator(5)
        figure.colorbar(drawn, cax=bar, orientation="horizontal", extend="both", ticks=ticks)
        bar.tick_params(labelsize=7)
    return figure
