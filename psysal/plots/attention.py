"""Figures of fixations, metrics, densities and learning.

Place in the pipeline: photographs, fixations, maps -> [attention] -> figure.  Positions are
(n, 2), x to the right and y down in pixels, as :mod:`psysal.evaluation.metrics` takes them.
A function that draws one picture takes ``ax=``, by default pyplot's current axes, and
returns the axes; one that draws several returns a figure.

References
----------
Bylinskii, Judd, Oliva, Torralba & Durand (2019), doi:10.1109/TPAMI.2018.2815601 (maps of
what each metric counts).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from psysal._typing import Array
from psysal.evaluation import metrics
from psysal.evaluation.density import map_to_density
from psysal.evaluation.divergences import DIVERGENCES, value_and_gradient
from psysal.evaluation.inputs import check_same_size, pixel_indexes
from psysal.image import check_image
from psysal.mapfile import check_map
from psysal.models.densities import check_density
from psysal.plots.base import (
    BLUE,
    GREY,
    INK,
    SKY,
    aspect,
    axes,
    blank,
    draw,
    need_matplotlib,
    signed,
)
from psysal.plots.steps import backdrop

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["divergences", "fixations", "learning_curve", "maps", "metric_panels", "roc"]

LOOKS = (
    {"color": BLUE, "linestyle": "-"},
    {"color": INK, "linestyle": "--"},
    {"color": SKY, "linestyle": "-."},
    {"color": GREY, "linestyle": ":"},
)
"""Curves of one chart, which differ by dashes as well as by color."""


def fixations(
    image: Any,
    positions: ArrayLike,
    *,
    saliency: ArrayLike | None = None,
    title: str = "",
    ax: Any = None,
) -> Any:
    """Fixations on a photograph, of many people or in no order; :func:`scanpath` has their order.

    Parameters
    ----------
    image : array, PIL image or path
        Photograph, as :func:`psysal.image.check_image` takes it.
    positions : array_like, (n, 2)
        x, y in pixels; (0, 2) for none.
    saliency : array_like, (rows, cols), optional
        Map to lay over the photograph, which fades to grey.
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
        Positions off the image, or a map of another size.
    """
    picture, xy = check_image(image), np.asarray(positions, float)
    if xy.size:
        pixel_indexes("positions", xy, picture.shape[:2])
    ax = backdrop(picture, saliency, title=title, ax=ax)
    _dots(ax, xy)
    return ax


def maps(values: Mapping[str, ArrayLike], positions: ArrayLike | None = None) -> "Figure":
    """Maps beside one another, each light where it is high.

    Parameters
    ----------
    values : mapping of str to array_like, (rows, cols)
        Maps by their title.
    positions : array_like, (n, 2), optional
        Fixations to draw on each.

    Returns
    -------
    matplotlib.figure.Figure
    """
    need_matplotlib()
    planes = {name: check_map(name, each) for name, each in values.items()}
    figure, grid = _grid(1, len(planes), next(iter(planes.values())).shape)
    for ax, (name, plane) in zip(grid[0], planes.items(), strict=True):
        draw(ax, plane, name, cmap="inferno")
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
    """Receiver operating curves of maps, whose areas are their AUC.

    Share of fixations (up) and of pixels (right) whose value lies above every threshold;
    ties are passed together, so that the area is that of
    :func:`psysal.evaluation.metrics.auc`.

    Parameters
    ----------
    saliency : mapping of str to array_like, (rows, cols)
        One to four maps by name.
    positions : array_like, (n, 2)
        Fixations.
    others : array_like, (m, 2), optional
        Fixations on other images, which replace all pixels: shuffled AUC.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default pyplot's current ones.

    Returns
    -------
    matplotlib.axes.Axes
    """
    if not 0 < len(saliency) <= len(LOOKS):
        raise ValueError(f"saliency must hold one to {len(LOOKS)} maps, got {len(saliency)}")
    ax = axes(ax)
    ax.plot([0, 1], [0, 1], color="0.75", linewidth=0.8)
    for (name, each), look in zip(saliency.items(), LOOKS, strict=False):
        values = check_map(name, each)
        fixated = values[pixel_indexes("positions", positions, values.shape)]
        rest = values.ravel()
        if others is not None:
            rest = values[pixel_indexes("others", others, values.shape)]
        thresholds = np.unique(np.concatenate([fixated, rest]))[::-1]
        hits, alarms = (
            np.append(0, len(part) - np.searchsorted(np.sort(part), thresholds)) / len(part)
            for part in (fixated, rest)
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
    """Contributions of the pixels to every metric: eight panels, each with its score.

    Parameters
    ----------
    saliency : array_like, (rows, cols)
        Map to score; metrics of densities take it as
        :func:`psysal.evaluation.density.map_to_density` makes it one.
    positions : array_like, (n, 2)
        Fixations on the image.
    density : array_like, (rows, cols)
        Density of these fixations.
    others : array_like, (m, 2)
        Fixations on other images.
    baseline : array_like, (rows, cols)
        Density that information is gained over, such as the center bias.

    Returns
    -------
    matplotlib.figure.Figure
        AUC: fixations on the map, as ranks. Shuffled AUC: those on other images too, as
        crosses. NSS: the map in standard deviations about its mean. CC, similarity and KL:
        the term of every pixel. Information gain: bits over the baseline at every pixel.
        Pixels that raise a score are purple, those that lower it orange.
    """
    need_matplotlib()
    values = check_map("saliency", saliency)
    xy, elsewhere = np.asarray(positions, float), np.asarray(others, float)
    target, own = check_density("density", density), map_to_density(values)
    base = check_density("baseline", baseline)
    check_same_size("density", target, "saliency", values)
    check_same_size("baseline", base, "saliency", values)
    ranks = np.searchsorted(np.sort(values, axis=None), values) / values.size
    spread = (values - values.mean()) / (values.std() or 1.0)
    people = (target - target.mean()) / (target.std() or 1.0)
    loss = -target * np.log(np.maximum(target, 1e-300) / own)
    gain = np.log2(own / base)
    scores = {
        "AUC": metrics.auc(values, xy),
        "shuffled AUC": metrics.shuffled_auc(values, xy, elsewhere),
        "NSS": metrics.nss(values, xy),
        "information gain": metrics.information_gain(own, base, xy),
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
        "KL": (loss, _signed(loss), "-g ln(g/p): mass that is missing", False),
    }
    figure, grid = _grid(2, 4, values.shape)
    for ax, (name, (plane, look, unit, dots)) in zip(grid.flat, panels.items(), strict=False):
        draw(ax, plane, f"{name} {scores[name]:.2f}\n{unit}", **look)
        if name == "shuffled AUC":
            x, y = elsewhere.T - 0.5
            ax.plot(x, y, "+", color=SKY, markersize=4, alpha=0.6)
        if dots:
            _dots(ax, xy)
        ax.title.set_fontsize(8.5)
    last = grid.flat[len(panels)]
    draw(last, target, "the density of fixations,\nfor the three at the left", **inferno)
    return figure


def divergences(target: ArrayLike, predictions: Mapping[str, ArrayLike]) -> "Figure":
    """Densities, and the divergences of each from a target.

    Parameters
    ----------
    target : array_like, (rows, cols)
        Density, not negative.
    predictions : mapping of str to array_like, (rows, cols)
        Positive densities by name.

    Returns
    -------
    matplotlib.figure.Figure
        Above, the roots of densities, all to one scale. Below, a row for each divergence,
        with a frame around the least value; cells are darker towards the largest.

    Raises
    ------
    ValueError
        Maps of different sizes, or a prediction with zeros.
    """
    need_matplotlib()
    from matplotlib.colors import PowerNorm
    from matplotlib.patches import Rectangle

    goal = check_density("target", target)
    densities = {name: check_density(name, each) for name, each in predictions.items()}
    for name, each in densities.items():
        check_same_size(name, each, "target", goal)
        if not each.all():
            raise ValueError(f"{name} must be positive everywhere, got zeros; mix in a uniform one")
    values = np.array(
        [
            [
                float(value_and_gradient(d, goal.ravel(), np.log(p).ravel())[0])
                for p in densities.values()
            ]
            for d in DIVERGENCES
        ]
    )
    count = 1 + len(densities)
    width, line = 2.1, 0.24
    high = width * aspect(*goal.shape)
    table = line * len(DIVERGENCES) + 0.1
    figure = blank(figsize=(width * count, high + table + 0.5), layout="constrained")
    grid = figure.add_gridspec(2, count, height_ratios=[high, table])
    most = max(float(each.max()) for each in (goal, *densities.values()))
    root = PowerNorm(0.5, vmin=0, vmax=most)  # a peak must not make all others black
    for k, (name, each) in enumerate({"target": goal, **densities}.items()):
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
    """Loss over the epochs of training, and on held-out examples.

    Parameters
    ----------
    history : sequence of float
        Training loss after every epoch.
    validation : sequence of float
        Validation loss after every epoch; its minimum is marked.
    lines : mapping of str to float, optional
        Losses to compare with, by name, such as that of the center bias alone.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default pyplot's current ones.

    Returns
    -------
    matplotlib.axes.Axes
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


# --- drawing ---------------------------------------------------------------------------


def _dots(ax: Any, xy: Array) -> None:
    """Draw positions on a picture whose pixels are centered on whole numbers."""
    if xy.size:
        look: Any = {"s": 14, "color": "white", "edgecolors": "black", "linewidths": 0.7}
        ax.scatter(*(xy.T - 0.5), zorder=3, **look)


def _signed(plane: Array) -> dict[str, Any]:
    """Options of colors around 0 whose range leaves out one pixel in a hundred."""
    return signed(np.quantile(abs(plane), [0.99]))


def _grid(lines: int, count: int, shape: tuple[int, ...]) -> tuple["Figure", Any]:
    """Figure with lines of axes for pictures of a shape."""
    width = min(2.7, 11 / count)
    height = width * aspect(*shape) + 0.35
    figure = blank(figsize=(width * count, height * lines), layout="constrained")
    return figure, figure.subplots(lines, count, squeeze=False)
