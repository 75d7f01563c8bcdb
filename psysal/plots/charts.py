"""Charts of scores, and of the sensitivity that a readout has learned.

Place in the pipeline: tables, trained readouts -> [charts] -> figure.
"""

from collections.abc import Container, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from psysal.models.trained import Trained
from psysal.plots.base import BLUE, GREY, INK, PAPER, SKY, blank, need_matplotlib
from psysal.viewing import peak_frequency
from psysal.vision.color import CHANNELS
from psysal.vision.csf import MURRAY2011_COLOR, MURRAY2011_INTENSITY
from psysal.vision.features import LEVELS, SIZE
from psysal.wording import shorten_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["bars", "distributions", "dots", "sensitivity"]

LABEL_LENGTH, LABEL_END = 18, 6  # characters of a name beside a chart, and at its end
FEW = 50  # values that are drawn one by one; of more, their histogram
BINS = 48


def sensitivity(trained: Trained, ppd: float) -> "Figure":
    """Contrast sensitivity that a linear readout has learned, beside the published one.

    Parameters
    ----------
    trained : Trained
        Linear readout of contrast; of several windows the first is drawn.
    ppd : float
        Pixels per degree of the photographs it was trained on, 800 pixels wide.

    Returns
    -------
    matplotlib.figure.Figure
        A chart a channel over spatial frequency: the gain of the logits as contrast goes
        from 0 to 1 everywhere, averaged over orientations; and g, the factor of contrast in
        the 2011 model at its published viewing distance, to a scale of its own.

    Raises
    ------
    ValueError
        A readout with hidden units, or without contrast.
    ImportError
        matplotlib is not installed.
    """
    need_matplotlib()
    from matplotlib.ticker import FuncFormatter

    readout, first = trained.readout, trained.front_end.names[0]
    if readout.layers or not first.startswith("contrast"):
        raise ValueError("a linear readout of contrast was expected, got another; train one")
    group = readout.linear.sum(axis=0) / readout.std
    gains = group[: 3 * LEVELS * 3].reshape(3, LEVELS, 3).mean(axis=2)
    levels = np.arange(1, LEVELS + 1)
    frequencies = [peak_frequency(float(level), ppd * SIZE / 800) for level in levels]
    fine_levels = np.linspace(0.5, LEVELS + 1, 200)
    fine_frequencies = [peak_frequency(float(level)) for level in fine_levels]
    figure = blank(figsize=(9.6, 3.3), layout="constrained")
    curves = (MURRAY2011_COLOR, MURRAY2011_COLOR, MURRAY2011_INTENSITY)
    for ax, name, gain, ecsf in zip(figure.subplots(1, 3), CHANNELS, gains, curves, strict=True):
        ax.axhline(0, color="0.6", linewidth=0.8)
        ax.plot(frequencies, gain, "o-", color=BLUE, label="learned")
        ax.set(xscale="log", title=name, xlabel="cycles per degree")
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        right = ax.twinx()
        g = ecsf.gain(fine_levels)
        right.plot(fine_frequencies, g, "--", color=GREY, label="published g (right)")
        right.set_ylim(bottom=0)
        most = 1.15 * abs(gains).max()
        ax.set_ylim(-most, most)
        right.set_ylim(-1.15 * ecsf.beta, 1.15 * ecsf.beta)
        for side in (ax, right):
            side.tick_params(labelsize=7)
            side.spines["top"].set_visible(False)
    figure.axes[0].set_ylabel("logits per unit of contrast", fontsize=8)
    lines = [figure.axes[0].lines[1], figure.axes[3].lines[0]]
    names = [str(line.get_label()) for line in lines]
    figure.legend(lines, names, loc="outside lower center", ncols=2, fontsize=8, frameon=False)
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
        Labels at the left; long ones lose their middle.
    values : array-like, (n,)
        Ends of the bars; a value that is not finite has no bar.
    intervals : array-like, (n, 2)
        Ends of the whiskers, likewise.
    texts : sequence of str
        Labels at the right, such as the values in figures.
    start : float
        Value at which bars begin and a line is drawn.
    hatched : container of str
        Names whose bars are hatched and grey.
    bold : str, optional
        Name in bold, with a darker bar.

    Returns
    -------
    matplotlib.figure.Figure
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

    Parameters
    ----------
    names : sequence of str
        Labels at the left; long ones lose their middle.
    values : array-like, (n,)
        Differences; one that is not finite has no dot.
    intervals : array-like, (n, 2)
        Ends of the whiskers, likewise.
    texts : sequence of str
        Labels at the right, such as the differences in figures.

    Returns
    -------
    matplotlib.figure.Figure
        A dot is full if its interval excludes 0, hollow otherwise.
    """
    figure, ax = _lines(names, texts, None)
    for row, (_, value, (low, high)) in enumerate(_rows(names, values, intervals)):
        if np.isfinite([value, low, high]).all():
            full = BLUE if low > 0 or high < 0 else PAPER
            ax.plot([low, high], [row, row], color=BLUE, linewidth=1.1, solid_capstyle="butt")
            ax.plot(value, row, "o", markersize=5.5, markerfacecolor=full, markeredgecolor=BLUE)
    ax.axvline(0, color=INK, linewidth=0.9, zorder=0)
    return figure


def distributions(
    names: Sequence[str],
    values: Sequence[ArrayLike],
    texts: Sequence[str],
    *,
    hatched: Container[str] = (),
    bold: str | None = None,
) -> "Figure":
    """Distributions of values with their quartiles, the first on top.

    Parameters
    ----------
    names : sequence of str
        Labels at the left; long ones lose their middle.
    values : sequence of array-like, (n,)
        Values of each; those that are not finite are left out.
    texts : sequence of str
        Labels at the right, such as the medians in figures.
    hatched : container of str
        Names whose shapes are hatched and grey.
    bold : str, optional
        Name in bold, with a darker shape.

    Returns
    -------
    matplotlib.figure.Figure
        Dots of up to 50 values, a histogram about the line of more; a bar from the first
        quartile to the third, and a ring at the median, all of them values that there are.
    """
    figure, ax = _lines(names, texts, bold, height=0.36)
    finite = [np.asarray(each, float)[np.isfinite(each)] for each in values]
    everything = np.concatenate(finite)
    edges = np.histogram_bin_edges(everything, BINS)
    middles = (edges[1:] + edges[:-1]) / 2
    for row, (name, each) in enumerate(zip(names, finite, strict=True)):
        if not len(each):
            continue
        color = GREY if name in hatched else BLUE if name == bold else SKY
        if len(each) > FEW:
            counts = np.histogram(each, edges)[0]
            half = 0.44 * counts / counts.max()
            near = np.convolve(counts, [1, 1, 1], "same") > 0  # no outline where there is nothing
            look: dict[str, Any] = {"facecolor": color, "linewidth": 0}
            if name in hatched:
                look = {"facecolor": "none", "edgecolor": GREY, "hatch": "//////", "linewidth": 0.6}
            ax.fill_between(middles, row - half, row + half, near, **look)
        else:
            ax.plot(each, np.full(len(each), row), "o", markersize=5, mfc="none", mec=color)
        low, median, high = np.quantile(each, (0.25, 0.5, 0.75), method="nearest")
        ax.plot([low, high], [row, row], color=INK, linewidth=2, solid_capstyle="butt")
        ax.plot(median, row, "o", markersize=5, markerfacecolor=PAPER, markeredgecolor=INK)
    if not len(everything):
        ax.set_xticks([])
    return figure


def _rows(names: Sequence[str], values: ArrayLike, intervals: ArrayLike) -> Any:
    return zip(names, np.asarray(values, float), np.asarray(intervals, float), strict=True)


def _lines(
    names: Sequence[str], texts: Sequence[str], bold: str | None, height: float = 0.24
) -> tuple["Figure", Any]:
    """Empty chart with a line for each name, of a height in inches, and its text at the right."""
    need_matplotlib()
    from matplotlib.ticker import MaxNLocator

    figure = blank(figsize=(3.7, 0.42 + height * len(names)), layout="constrained")
    ax = figure.add_subplot()
    labels = [shorten_name(name, LABEL_LENGTH, LABEL_END) for name in names]
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
