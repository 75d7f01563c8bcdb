"""Figures, for which matplotlib is needed (``pip install "psysal[plots]"``).

Colors: photographs as they are, signed planes in "PuOr" around 0, everything else
in "inferno" or "viridis"; all are safe for color-blind eyes.  Charts are in two blues of
Okabe & Ito's palette and grey, and say nothing by color alone.
"""

import io
import json
import warnings
from collections.abc import Container, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from psysal.extras import extra
from psysal.image import as_rgb, full_scale
from psysal.models.learned import Trained
from psysal.models.otazu import PerceptStages
from psysal.viewing import peak_frequency
from psysal.vision.color import CHANNELS, LUMA
from psysal.vision.csf import MURRAY2011_COLOR, MURRAY2011_INTENSITY
from psysal.vision.features import LEVELS, SIZE
from psysal.vision.wavelet import B3

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "BLUE",
    "GREY",
    "INK",
    "PAPER",
    "SKY",
    "bars",
    "contact_sheet",
    "difference",
    "dots",
    "need_matplotlib",
    "on_screen",
    "png",
    "sensitivity",
    "stages",
    "svg",
]

INK, GREY, PAPER, BLUE, SKY = "#1d1f21", "#7b8085", "#fcfcfb", "#0072b2", "#56b4e9"
"""Colors of charts; a page may put others in their place."""


def need_matplotlib() -> None:
    """Raise an ImportError with the line that installs matplotlib, where it is absent."""
    extra("matplotlib", "figures are drawn", "plots")


def png(figure: "Figure", *, about: dict[str, Any] | None = None) -> bytes:
    """The figure as the bytes of a PNG; ``about`` is kept as :func:`psysal.image.encode` does."""
    buffer = io.BytesIO()
    metadata = {"psysal": json.dumps(about or {})}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # of names in scripts it has not
        figure.savefig(buffer, format="png", dpi=110, metadata=metadata)
    return buffer.getvalue()


def svg(figure: "Figure") -> str:
    """The figure as an ``<svg>`` element without a background, its text left as text.

    The same figure gives the same characters; nothing in it refers to another file.
    """
    import matplotlib

    buffer = io.StringIO()
    bare = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    look: Any = {"svg.fonttype": "none", "svg.hashsalt": "psysal"}
    with matplotlib.rc_context(look), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # the page's fonts may have it
        figure.savefig(buffer, format="svg", transparent=True, metadata=bare)
    text = buffer.getvalue()
    return text[text.index("<svg") :]


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
    from matplotlib.figure import Figure

    pixels = as_rgb(image)
    found = model.stages(pixels)
    percept = isinstance(found, PerceptStages)
    channels = found.channels if percept else getattr(found, "small", found.opponent)
    results = found.seen if percept else found.channel_maps
    names = CHANNELS if len(channels) == 3 else ("luminance",)
    _, rows, cols = channels.shape
    count, kinds = len(found.planes[0]), 2 if hasattr(found, "grouped") else 3
    width = 1.6 * (count + 1)
    line = 1.6 * min(max(rows / cols, 0.4), 1.6)
    lines_in_all = kinds * len(names)
    figure = Figure(figsize=(width, (2.6 + lines_in_all) * line))
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
    _show(figure, top[0], on_screen(pixels), "image")
    for c, name in enumerate(names):
        look = _signed(channels[c]) if name in CHANNELS[:2] else {"cmap": "gray"}
        _show(figure, top[1 + c], channels[c], name, **look)
    if percept:
        _show(figure, top[len(names) + 1], on_screen(found.image), "as it looks")
    else:
        _show(figure, top[len(names) + 1], found.map, "saliency map", cmap="inferno")

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
                ax = _show(
                    figure,
                    grid[1 + kinds * c + row, s],
                    part,
                    title if row == 0 and c == 0 else "",
                    **look,
                )
                if s == 0:
                    ax.set_ylabel(f"{name if row == kinds // 2 else ''}\n{label}", fontsize=8)
        place = grid[1 + kinds * c : 1 + kinds * (c + 1), count]
        if percept:
            look = _signed(results[c]) if name in CHANNELS[:2] else {"cmap": "gray"}
            _show(figure, place, results[c], f"{name}, seen", **look)
        else:
            _show(figure, place, results[c], f"{name} map", cmap="inferno")
    return figure


def sensitivity(trained: Trained, ppd: float) -> "Figure":
    """The contrast sensitivity that a linear readout has learned, beside the published one.

    Parameters
    ----------
    trained : Trained
        A linear readout of contrast; of several windows the first is shown.
    ppd : float
        Pixels per degree of the photographs it was trained on, 800 pixels wide.

    Returns
    -------
    matplotlib.figure.Figure
        Of every channel, over spatial frequency: what the logits gain when contrast
        goes from nothing to all it can be everywhere, averaged over orientations; and g,
        what the 2011 model multiplies contrast with at the distance it was published for,
        to a scale of its own.

    Raises
    ------
    ValueError
        A readout with hidden units, or without contrast.
    ImportError
        matplotlib is not installed.
    """
    need_matplotlib()
    from matplotlib.figure import Figure

    readout, features = trained.readout, trained.features
    if readout.layers or not features.windows:
        raise ValueError("a linear readout of contrast was expected, got another; train one")
    group = readout.linear.sum(axis=0) / readout.std
    gains = group[: 3 * LEVELS * 3].reshape(3, LEVELS, 3).mean(axis=2)
    levels = np.arange(1, LEVELS + 1)
    at = [peak_frequency(float(level), ppd * SIZE / 800) for level in levels]
    fine = np.linspace(0.5, LEVELS + 1, 200)
    places = [peak_frequency(float(level)) for level in fine]
    figure = Figure(figsize=(9.6, 3.3), layout="constrained")
    curves = (MURRAY2011_COLOR, MURRAY2011_COLOR, MURRAY2011_INTENSITY)
    for ax, name, gain, ecsf in zip(figure.subplots(1, 3), CHANNELS, gains, curves, strict=True):
        ax.axhline(0, color="0.6", linewidth=0.8)
        ax.plot(at, gain, "o-", color=BLUE, label="learned")
        ax.set(xscale="log", title=name, xlabel="cycles per degree")
        other = ax.twinx()
        other.plot(places, ecsf.gain(fine), "--", color=GREY, label="published g (right)")
        other.set_ylim(bottom=0)
        most = 1.15 * abs(gains).max()
        ax.set_ylim(-most, most)
        other.set_ylim(-1.15 * ecsf.beta, 1.15 * ecsf.beta)
        for side in (ax, other):
            side.tick_params(labelsize=7)
            side.spines["top"].set_visible(False)
    figure.axes[0].set_ylabel("logits per unit of contrast", fontsize=8)
    lines = [figure.axes[0].lines[1], figure.axes[3].lines[0]]
    names = [str(line.get_label()) for line in lines]
    figure.legend(lines, names, loc="outside lower center", ncols=2, fontsize=8, frameon=False)
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
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    pixels = as_rgb(shown)
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
    figure = Figure(figsize=(2.7 * count, height + 0.75), layout="constrained")
    axes, bars = figure.subplots(2, count, height_ratios=[20, 1])
    _draw(axes[0], on_screen(values), "shown")
    _draw(axes[1], on_screen(seen), "as it looks")
    for unused in bars[:2]:
        unused.axis("off")
    for ax, bar, (name, plane) in zip(axes[2:], bars[2:], panels.items(), strict=True):
        most = float(np.quantile(abs(plane), 0.98).clip(0.01, 0.5))  # not what no screen shows
        drawn = _draw(ax, plane, f"{name}: seen - shown", cmap="PuOr", vmin=-most, vmax=most)
        ticks = MaxNLocator(5)
        figure.colorbar(drawn, cax=bar, orientation="horizontal", extend="both", ticks=ticks)
        bar.tick_params(labelsize=7)
    return figure


def contact_sheet() -> "Figure":
    """All displays of :mod:`psysal.stimuli`, with what people report."""
    need_matplotlib()
    from textwrap import fill

    from matplotlib.figure import Figure

    from psysal.stimuli import DISPLAYS

    cols = 4
    rows = -(-len(DISPLAYS) // cols)
    figure = Figure(figsize=(3.6 * cols, 3.3 * rows), layout="constrained")
    figure.set_facecolor("#f4f4f4")
    axes = figure.subplots(rows, cols).ravel()
    for ax in axes:
        ax.axis("off")
    for ax, (name, make) in zip(axes, DISPLAYS.items(), strict=False):
        display = make()
        _draw(ax, on_screen(display.image), name.replace("_", " "))
        ax.title.set(fontsize=11, fontweight="bold")
        ax.text(
            0.5, -0.03, fill(display.report, 46), ha="center", va="top", fontsize=8,
            transform=ax.transAxes,
        )  # fmt: skip
    return figure


def bars(
    names: Sequence[str],
    values: ArrayLike,
    intervals: ArrayLike,
    texts: Sequence[str],
    *,
    start: float = 0.0,
    hatched: Container[str] = (),
    bold: str | None = None,
) -> "Figure":
    """Horizontal bars with whiskers, the first on top.

    Parameters
    ----------
    names : sequence of str
        What each bar stands for, at its left; long ones lose their middle.
    values : array-like, (n,)
        Where bars end; one that is not finite has no bar.
    intervals : array-like, (n, 2)
        Where whiskers begin and end, likewise.
    texts : sequence of str
        What is written at the right of each, its value in figures.
    start : float
        Where bars begin, and a line is drawn.
    hatched : container of str
        Names whose bars are hatched and grey.
    bold : str, optional
        A name that is bold, its bar darker.
    """
    figure, ax = _lines(names, texts, bold)
    for row, (name, value, (low, high)) in enumerate(_rows(names, values, intervals)):
        if np.isfinite(value):
            look: dict[str, Any] = {"color": BLUE if name == bold else SKY}
            if name in hatched:
                look = {"facecolor": "none", "edgecolor": GREY, "hatch": "//////", "linewidth": 0.6}
            ax.barh(row, value - start, left=start, height=0.62, **look)
        if np.isfinite([low, high]).all():
            ax.plot([low, high], [row, row], color=INK, linewidth=1.1, solid_capstyle="butt")
    ax.axvline(start, color=INK, linewidth=0.9)
    if not np.isfinite(np.asarray(values, float)).any():
        ax.set_xticks([])
    return figure


def dots(
    names: Sequence[str], values: ArrayLike, intervals: ArrayLike, texts: Sequence[str]
) -> "Figure":
    """Differences about a line at 0: dots with whiskers, the first on top.

    A dot is full where its interval excludes 0, and hollow where it does not; for the
    parameters see :func:`bars`.
    """
    figure, ax = _lines(names, texts, None)
    for row, (_, value, (low, high)) in enumerate(_rows(names, values, intervals)):
        if np.isfinite([value, low, high]).all():
            full = BLUE if low > 0 or high < 0 else PAPER
            ax.plot([low, high], [row, row], color=BLUE, linewidth=1.1, solid_capstyle="butt")
            ax.plot(value, row, "o", markersize=5.5, markerfacecolor=full, markeredgecolor=BLUE)
    ax.axvline(0, color=INK, linewidth=0.9, zorder=0)
    return figure


def _rows(names: Sequence[str], values: ArrayLike, intervals: ArrayLike) -> Any:
    return zip(names, np.asarray(values, float), np.asarray(intervals, float), strict=True)


def _lines(names: Sequence[str], texts: Sequence[str], bold: str | None) -> tuple["Figure", Any]:
    """An empty chart with a line for each name, and its text at the right."""
    need_matplotlib()
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(3.7, 0.42 + 0.24 * len(names)), layout="constrained")
    ax = figure.add_subplot()
    labels = [name if len(name) <= LONGEST else f"{name[:11]}…{name[-6:]}" for name in names]
    ax.set_yticks(range(len(names)), labels, fontsize=8.5, color=INK, parse_math=False)
    ax.set_ylim(len(names) - 0.5, -0.5)
    beside = ax.get_yaxis_transform()  # x in widths of the chart, y in lines
    for row, (label, name, text) in enumerate(zip(ax.get_yticklabels(), names, texts, strict=True)):
        label.set_fontweight("bold" if name == bold else "normal")
        ax.text(1.03, row, text, color=INK, fontsize=8.5, va="center", transform=beside)
    ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.tick_params(axis="x", labelsize=7.5, labelcolor=GREY, color=GREY, length=2.5)
    ax.tick_params(axis="y", length=0)
    ax.spines[:].set_visible(False)
    ax.grid(axis="x", color=GREY, linewidth=0.4, alpha=0.4)
    ax.set_axisbelow(True)
    return figure, ax


LONGEST = 18  # characters of a name beside a chart


def _show(figure: "Figure", place: Any, plane: NDArray[Any], title: str, **look: Any) -> Any:
    """A plane in a new place of a figure; returns its axes."""
    ax = figure.add_subplot(place)
    _draw(ax, plane, title, **look)
    return ax


def _draw(ax: Any, plane: NDArray[Any], title: str, **look: Any) -> Any:
    drawn = ax.imshow(plane, interpolation="nearest", **look)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(color="0.8", linewidth=0.5)
    ax.set_title(title, fontsize=8)
    return drawn


def _signed(plane: NDArray[Any]) -> dict[str, Any]:
    most = float(abs(plane).max()) or 1.0
    return {"cmap": "PuOr", "vmin": -most, "vmax": most}


def on_screen(pixels: NDArray[Any]) -> NDArray[Any]:
    """What a screen shows of an image: RGB in [0, 1], grey images too."""
    values = (pixels / np.float32(full_scale(pixels))).clip(0, 1)
    return values if values.ndim == 3 else np.repeat(values[:, :, None], 3, axis=2)
