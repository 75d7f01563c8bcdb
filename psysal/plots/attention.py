"""Where people look, what metrics see of it, and densities that are learned.

Place in the pipeline: photographs, fixations, maps -> [attention] -> figure.  Positions are
(n, 2), x to the right and y down in pixels, as :mod:`psysal.evaluation.metrics` takes them.
A function that draws one picture takes ``ax=``, by default what pyplot draws on now, and
returns the axes; one that draws several returns a figure.

References
----------
Bylinskii, Judd, Oliva, Torralba & Durand (2019), doi:10.1109/TPAMI.2018.2815601 (what
metrics see, as maps).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from psysal.evaluation import metrics
from psysal.evaluation.density import map_to_density
from psysal.evaluation.divergences import DIVERGENCES, value_and_gradient
from psysal.evaluation.inputs import check_density, check_same_size, pixel_indexes
from psysal.image import check_image
from psysal.mapfile import check_map
from psysal.plots.base import (
    BLUE,
    GREY,
    INK,
    SKY,
    axes,
    blank,
    draw,
    need_matplotlib,
    signed,
)
from psysal.plots.steps import overlay, photograph

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["divergences", "fixations", "learning_curve", "maps", "metric_panels", "roc"]

Array = NDArray[Any]

LOOKS = (
    {"color": BLUE, "linestyle": "-"},
    {"color": INK, "linestyle": "--"},
    {"color": SKY, "linestyle": "-."},
    {"color": GREY, "linestyle": ":"},
)
"""How curves of one chart are told apart: by dashes as well as by color."""


def fixations(
    image: Any,
    positions: ArrayLike,
    *,
    saliency: ArrayLike | None = None,
    numbered: bool = False,
    title: str = "",
    ax: Any = None,
) -> Any:
    """Where people looked on a photograph; returns the axes.

    Parameters
    ----------
    image : array, PIL image or path
    positions : array_like, (n, 2)
        x, y in pixels; none are (0, 2).
    saliency : array_like, (rows, cols), optional
        A map that is laid over the photograph, which fades to grey.
    numbered : bool
        Join the fixations in their order and number them from 1, as one scanpath.
    title : str
        Above it.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default what pyplot draws on now.

    Raises
    ------
    ValueError
        Positions off the image, or a map of another size.
    """
    shown, at = check_image(image), np.asarray(positions, float)
    if at.size:
        pixel_indexes("positions", at, shown.shape[:2])
    if saliency is None:
        ax = photograph(shown, title=title, ax=ax)
    else:
        ax = overlay(shown, saliency, title=title, ax=ax)
    _dots(ax, at, numbered=numbered)
    return ax


def maps(values: Mapping[str, ArrayLike], positions: ArrayLike | None = None) -> "Figure":
    """Maps beside one another, each light where it is high.

    Parameters
    ----------
    values : mapping of str to array_like, (rows, cols)
        By what stands above each.
    positions : array_like, (n, 2), optional
        Fixations, drawn on each.
    """
    need_matplotlib()
    found = {name: check_map(name, each) for name, each in values.items()}
    figure, spots = _row(len(found), next(iter(found.values())).shape)
    for ax, (name, each) in zip(spots, found.items(), strict=True):
        draw(ax, each, name, cmap="inferno")
        if positions is not None:
            _dots(ax, np.asarray(positions, float))
    return figure


def roc(
    saliency: Mapping[str, ArrayLike],
    positions: ArrayLike,
    *,
    others: ArrayLike | None = None,
    ax: Any = None,
) -> Any:
    """Receiver operating curves of maps, whose areas are their AUC; returns the axes.

    For every threshold, the share of fixations (up) and of pixels (right) whose value lies
    above it; values that tie are passed together, so that the area is that of
    :func:`psysal.evaluation.metrics.auc`.

    Parameters
    ----------
    saliency : mapping of str to array_like, (rows, cols)
        One to four maps by name.
    positions : array_like, (n, 2)
        Fixations.
    others : array_like, (m, 2), optional
        Fixations on other images, which take the place of all pixels: shuffled AUC.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default what pyplot draws on now.
    """
    if not 0 < len(saliency) <= len(LOOKS):
        raise ValueError(f"saliency must hold one to {len(LOOKS)} maps, got {len(saliency)}")
    ax = axes(ax)
    ax.plot([0, 1], [0, 1], color="0.75", linewidth=0.8)
    for (name, each), look in zip(saliency.items(), LOOKS, strict=False):
        values = check_map(name, each)
        seen = values[pixel_indexes("positions", positions, values.shape)]
        rest = values.ravel()
        if others is not None:
            rest = values[pixel_indexes("others", others, values.shape)]
        thresholds = np.unique(np.concatenate([seen, rest]))[::-1]
        hits, alarms = (
            np.append(0, len(part) - np.searchsorted(np.sort(part), thresholds)) / len(part)
            for part in (seen, rest)
        )
        area = float(np.trapezoid(hits, alarms))
        line: Any = {"linewidth": 1.8, **look}
        ax.plot(alarms, hits, label=f"{name}: {area:.3f}", **line)
        if len(saliency) == 1:
            ax.fill_between(alarms, hits, color=SKY, alpha=0.25, linewidth=0)
    against = "all pixels" if others is None else "fixations on other images"
    ax.set(xlabel=f"share of {against} above", ylabel="share of fixations above")
    ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, loc="lower right", fontsize=8, title="area", title_fontsize=8)
    return ax


def metric_panels(
    saliency: ArrayLike,
    positions: ArrayLike,
    density: ArrayLike,
    *,
    others: ArrayLike,
    baseline: ArrayLike,
) -> "Figure":
    """What each metric sees of one map: eight panels, with the score of each.

    Parameters
    ----------
    saliency : array_like, (rows, cols)
        The map that is scored; where a metric wants a density,
        :func:`psysal.evaluation.density.map_to_density` makes one of it.
    positions : array_like, (n, 2)
        Fixations on the image.
    density : array_like, (rows, cols)
        Their density.
    others : array_like, (m, 2)
        Fixations on other images.
    baseline : array_like, (rows, cols)
        The density that information is gained over, such as the center bias.

    Returns
    -------
    matplotlib.figure.Figure
        AUC: fixations on the map, as ranks. Shuffled AUC: those of other images too, as
        crosses. NSS: the map in standard deviations about its mean. CC, similarity and KL:
        what every pixel adds. Information gain: bits over the baseline at every place. What
        counts for a score is purple, what counts against it orange.
    """
    need_matplotlib()
    values = check_map("saliency", saliency)
    at, off = np.asarray(positions, float), np.asarray(others, float)
    target, own = check_density("density", density), map_to_density(values)
    base = check_density("baseline", baseline)
    check_same_size("density", target, "saliency", values)
    check_same_size("baseline", base, "saliency", values)
    ranks = np.searchsorted(np.sort(values, axis=None), values) / values.size
    spread = (values - values.mean()) / (values.std() or 1.0)
    people = (target - target.mean()) / (target.std() or 1.0)
    lost = -target * np.log(np.maximum(target, 1e-300) / own)
    gain = np.log2(own / base)
    scores = {
        "AUC": metrics.auc(values, at),
        "shuffled AUC": metrics.shuffled_auc(values, at, off),
        "NSS": metrics.nss(values, at),
        "information gain": metrics.information_gain(own, base, at),
        "CC": metrics.cc(values, target),
        "similarity": metrics.similarity(own, target),
        "KL": metrics.kl(target, own),
    }
    inferno: dict[str, Any] = {"cmap": "inferno"}
    panels: dict[str, tuple[Array, dict[str, Any], str, bool]] = {
        "AUC": (ranks, inferno, "rank of every pixel", True),
        "shuffled AUC": (ranks, inferno, "against fixations elsewhere (+)", True),
        "NSS": (spread, _signed(spread), "standard deviations", True),
        "information gain": (gain, _signed(gain), "bits over the baseline", True),
        "CC": (spread * people, _signed(spread * people), "product of z-scores", False),
        "similarity": (np.minimum(own, target), inferno, "mass that both have", False),
        "KL": (lost, _signed(lost), "-g ln(g/p): mass that is missing", False),
    }
    figure, spots = _grid(2, 4, values.shape)
    for ax, (name, (plane, look, what, dots)) in zip(spots.flat, panels.items(), strict=False):
        draw(ax, plane, f"{name} {scores[name]:.2f}\n{what}", **look)
        if name == "shuffled AUC":
            ax.plot(off[:, 0] - 0.5, off[:, 1] - 0.5, "+", color=SKY, markersize=4, alpha=0.6)
        if dots:
            _dots(ax, at)
        ax.title.set_fontsize(8.5)
    last = spots.flat[len(panels)]
    draw(last, target, "the density of fixations,\nfor the three at the left", **inferno)
    return figure


def divergences(target: ArrayLike, predictions: Mapping[str, ArrayLike]) -> "Figure":
    """Densities, and how far each is from a target by every divergence.

    Parameters
    ----------
    target : array_like, (rows, cols)
        Not negative.
    predictions : mapping of str to array_like, (rows, cols)
        Positive, by name.

    Returns
    -------
    matplotlib.figure.Figure
        Above, the roots of densities, all to one scale. Below, a row for each divergence,
        whose least value is framed; a cell is the darker, the nearer it is to the largest.
    """
    need_matplotlib()
    from matplotlib.colors import PowerNorm
    from matplotlib.patches import Rectangle

    goal = check_density("target", target)
    made = {name: check_density(name, each) for name, each in predictions.items()}
    for name, each in made.items():
        check_same_size(name, each, "target", goal)
        if not each.all():
            raise ValueError(f"{name} must be positive everywhere, got zeros; mix in a uniform one")
    values = np.array(
        [
            [
                float(value_and_gradient(d, goal.ravel(), np.log(p).ravel())[0])
                for p in made.values()
            ]
            for d in DIVERGENCES
        ]
    )
    count = 1 + len(made)
    width, line = 2.1, 0.24
    high = width * min(max(goal.shape[0] / goal.shape[1], 0.4), 1.6)
    table = line * len(DIVERGENCES) + 0.1
    figure = blank(figsize=(width * count, high + table + 0.5), layout="constrained")
    grid = figure.add_gridspec(2, count, height_ratios=[high, table])
    most = max(float(each.max()) for each in (goal, *made.values()))
    root = PowerNorm(0.5, vmin=0, vmax=most)  # a peak must not make all others black
    for k, (name, each) in enumerate({"target": goal, **made}.items()):
        draw(figure.add_subplot(grid[0, k]), each, name, cmap="inferno", norm=root)
    ax = figure.add_subplot(grid[1, 1:])
    ax.imshow(values / values.max(axis=1, keepdims=True), cmap="Blues", vmin=0, vmax=1.6)
    ax.set_aspect("auto")
    for row, each in enumerate(values):
        for col, value in enumerate(each):
            ax.text(col, row, f"{value:.3g}", ha="center", va="center", fontsize=8, color=INK)
        frame: Any = {"fill": False, "edgecolor": INK, "linewidth": 1.4}
        ax.add_patch(Rectangle((int(each.argmin()) - 0.47, row - 0.43), 0.94, 0.86, **frame))
    ax.set_yticks(
        range(len(DIVERGENCES)), [name.replace("_", " ") for name in DIVERGENCES], fontsize=8
    )
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return figure


def learning_curve(
    history: Sequence[float],
    validation: Sequence[float] = (),
    *,
    lines: Mapping[str, float] | None = None,
    ax: Any = None,
) -> Any:
    """The loss as training went, and on examples that were held out; returns the axes.

    Parameters
    ----------
    history : sequence of float
        Training loss after every epoch.
    validation : sequence of float
        Validation loss after every epoch; its least is marked.
    lines : mapping of str to float, optional
        Losses to compare with by name, such as that of the center bias alone.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default what pyplot draws on now.
    """
    ax = axes(ax)
    from matplotlib.ticker import MaxNLocator

    for (name, value), style in zip((lines or {}).items(), (":", "-.", (0, (1, 4))), strict=False):
        ax.axhline(value, color=GREY, linewidth=1, linestyle=style, label=name)
    epochs = np.arange(1, len(history) + 1)
    ax.plot(epochs, history, "-", color=BLUE, linewidth=1.8, label="training")
    if len(validation):
        ax.plot(epochs, validation, "--", color=INK, linewidth=1.8, label="held out")
        best = int(np.argmin(validation))
        ax.plot(epochs[best], validation[best], "o", color=INK, markersize=7)
        ax.annotate(
            f"stop here ({epochs[best]})", (epochs[best], validation[best]), (0, 10),
            textcoords="offset points", ha="center", fontsize=8, color=INK,
        )  # fmt: skip
    ax.set(xlabel="epoch", ylabel="loss")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=8)
    return ax


# --- how they are drawn ----------------------------------------------------------------


def _dots(ax: Any, at: Array, *, numbered: bool = False) -> None:
    """Positions on a picture whose pixels are centered on whole numbers."""
    if not at.size:
        return
    x, y = at.T - 0.5
    if not numbered:
        look: Any = {"s": 14, "color": "white", "edgecolors": "black", "linewidths": 0.7}
        ax.scatter(x, y, zorder=3, **look)
        return
    ax.plot(x, y, color="black", linewidth=2.6)
    ax.plot(x, y, color="white", linewidth=1.4)
    ax.scatter(x, y, s=110, color="white", edgecolors="black", linewidths=0.8, zorder=3)
    for number, place in enumerate(zip(x, y, strict=True), start=1):
        ax.text(*place, str(number), ha="center", va="center", fontsize=7, color=INK, zorder=4)


def _signed(plane: Array) -> dict[str, Any]:
    """Colors about 0 that a few pixels do not use up."""
    return signed(np.quantile(abs(plane), [0.99]))


def _row(count: int, shape: tuple[int, ...]) -> tuple["Figure", Any]:
    figure, spots = _grid(1, count, shape)
    return figure, spots[0]


def _grid(lines: int, count: int, shape: tuple[int, ...]) -> tuple["Figure", Any]:
    """A figure with lines of axes for pictures of a shape."""

    width = min(2.7, 11 / count)
    height = width * min(max(shape[0] / shape[1], 0.4), 1.6) + 0.35
    figure = blank(figsize=(width * count, height * lines), layout="constrained")
    return figure, figure.subplots(lines, count, squeeze=False)
