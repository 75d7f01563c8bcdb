"""Figures of image search: patches in a pooled vector, and the results of queries.

Place in the pipeline: descriptors, results of a search -> [retrieval] -> figure.
matplotlib is needed (``pip install "psysal[plots]"``); colors are those of
:mod:`psysal.plots.base`.

References
----------
Murray & Perronnin (2014), Generalized max pooling, doi:10.48550/arXiv.1406.0312.
"""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from psysal._typing import Array
from psysal.image import check_image, shrink
from psysal.plots.base import BLUE, GREY, INK, blank, need_matplotlib, on_screen
from psysal.retrieval.descriptors import DenseSift, LocalDescriptors
from psysal.retrieval.pooling import GeneralizedMax, Max, Pooling, Sum
from psysal.wording import shorten_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["matches", "pooling"]

MOST = 2.0  # similarity at the ends of the colors; 1 is that of all patches, were they equal
COUNTS = (900, 90, 9, 1)  # patches of each word, in the first row of the figure of poolings
LAMS = np.logspace(-2, 4, 19)
HISTOGRAM_LIMIT = 2.5  # of similarity, to either side
DOTTED = (0, (1.5, 2))

TILE, GAP, APART = 1.3, 0.12, 0.2  # inches: a longer side, between two; tiles beside a query
MARGIN, HEAD, LINE = 0.14, 0.36, 0.125  # inches; a line of text
PIXELS = 280  # of a thumbnail's longer side
LETTERS, LAST_LETTERS = 21, 11  # of a name below a thumbnail, and at its end
GONE = "photograph gone\nor unreadable"

Query = tuple[str, Any]
Result = tuple[str, float, Any]


def pooling(image: Any, rare: ArrayLike, *, lam: float = 1.0) -> "Figure":
    """Similarity of an image's patches to its vector, pooled by sum, max and GMP.

    Parameters
    ----------
    image : array, PIL image or path
        Image that is mostly of one kind, such as a texture.
    rare : array_like of bool, (rows, cols)
        Region of another kind; patches with their centers in it are counted apart.
    lam : float
        Regularization of :class:`~psysal.retrieval.GeneralizedMax`.

    Returns
    -------
    matplotlib.figure.Figure
        Three columns, a pooling each. Above, words (one-hot codes) that occur 900, 90, 9 times
        and once; in the middle and below, Fisher vectors of SIFT, as maps of the smallest
        patches and as histograms of all. Values are x_n . xi divided by its root mean square
        over the patches: 1 for all, were all equal. At the left below, the ratio of the means
        of rare and other patches over ``lam``.

    Raises
    ------
    ValueError
        ``rare`` is no mask of the image, or there are no patches in or outside of it.
    ImportError
        matplotlib or scikit-learn is not installed.
    """
    need_matplotlib()
    from psysal.retrieval.encoding import FisherVector

    pixels = check_image(image)
    mask = np.asarray(rare)
    if mask.dtype != bool or mask.shape != pixels.shape[:2]:
        raise ValueError(
            f"rare must be a mask of the image, {pixels.shape[:2]} of bool, "
            f"got {mask.shape} of {mask.dtype}"
        )
    local = DenseSift()(pixels)
    inside = mask[local.y.astype(int), local.x.astype(int)]
    if not 0 < inside.sum() < len(inside):
        raise ValueError(
            f"patches must be centered both in and outside of rare, got {inside.sum()} of "
            f"{len(inside)} in it; give a larger image, or another mask"
        )
    encoded = FisherVector.learned().transform(local.values)
    words = np.repeat(np.eye(len(COUNTS)), COUNTS, axis=0)
    poolings: dict[str, tuple[str, Pooling]] = {
        "Sum, average": ("goes with the many", Sum()),
        "Max": ("takes from here and there", Max()),
        "Generalized max": ("tries to be equally like all", GeneralizedMax(lam)),
    }

    figure = blank(figsize=(10, 7.4), facecolor="white")
    grid = figure.add_gridspec(
        3, 4, height_ratios=[1, 2.2, 1.15],
        left=0.035, right=0.985, top=0.9, bottom=0.125, wspace=0.1, hspace=0.27,
    )  # fmt: skip
    _explanation(figure.add_subplot(grid[0, 0]))
    _photograph(figure.add_subplot(grid[1, 0]), pixels, mask)
    _lams(figure.add_subplot(grid[2, 0]), encoded, inside, lam)
    for column, (name, (meaning, pool)) in enumerate(poolings.items(), 1):
        top = figure.add_subplot(grid[0, column])
        _words(top, _similarity(words, pool))
        top.text(0, 1.32, name, fontsize=12, weight="bold", color=INK, transform=top.transAxes)
        top.text(0, 1.15, meaning, fontsize=9, color=INK, transform=top.transAxes)
        similarity = _similarity(encoded, pool)
        _map(figure.add_subplot(grid[1, column]), local, similarity, mask)
        _histogram(figure.add_subplot(grid[2, column]), similarity, inside)
    figure.text(
        0.035, 0.022,
        "Similarity of patches to the vector of their image, divided by its root mean square: "
        "1 (dotted) would be that of all, were all equally alike.\n"
        "Purple is alike, white is like nothing, orange is opposed. Outlined in black: what is "
        "rare. Maps show the smallest patches, histograms all.",
        fontsize=8.2, color=INK, linespacing=1.45,
    )  # fmt: skip
    return figure


def _similarity(x: Array, pool: Pooling) -> Array:
    """Similarity x_n . xi of every patch, (N,), of root mean square 1."""
    similarity = x @ pool(x)
    scaled: Array = similarity / np.sqrt((similarity**2).mean())
    return scaled


def _bare(ax: Any) -> None:
    ax.spines[["top", "left", "right"]].set_visible(False)
    ax.spines["bottom"].set(color=GREY, linewidth=0.8)
    ax.tick_params(labelsize=7.5, labelcolor=INK, color=GREY, length=2)


def _heading(ax: Any, text: str) -> None:
    ax.set_title(text, fontsize=10, weight="bold", loc="left", color=INK, pad=5)


def _explanation(ax: Any) -> None:
    text = (
        "Every patch is one of four words, its\ncode 1 for this word and 0 for others.\n"
        "Some words are frequent, one is rare."
    )
    ax.axis("off")
    ax.text(0, 0.95, "Words", fontsize=10, weight="bold", color=INK, va="top")
    ax.text(0, 0.72, text, fontsize=8.5, color=INK, va="top", linespacing=1.45)


def _words(ax: Any, similarity: Array) -> None:
    """Draw a bar for each word, with its value above."""
    values = similarity[np.cumsum(COUNTS) - 1]
    look: Any = {"width": 0.62, "color": _colors(values), "edgecolor": GREY, "linewidth": 0.5}
    *_, rare = ax.bar(range(len(values)), values, **look)
    rare.set(edgecolor=INK, linewidth=1.6)
    ax.axhline(1, color=GREY, linewidth=0.9, linestyle=DOTTED, zorder=0)
    for word, value in enumerate(values):
        ax.text(
            word, value + 0.05, f"{value:.2f}", ha="center", fontsize=8, color=INK,
            bbox={"facecolor": "white", "linewidth": 0, "pad": 0.6},
        )  # fmt: skip
    ax.set_xticks(range(len(values)), [f"{count} \N{MULTIPLICATION SIGN}" for count in COUNTS])
    ax.set(xlim=(-0.5, len(values) - 0.5), ylim=(0, 1.25), yticks=[])
    _bare(ax)
    ax.tick_params(axis="x", length=0)


def _photograph(ax: Any, pixels: Array, mask: Array) -> None:
    ax.imshow(on_screen(pixels))
    _outline(ax, mask)
    _heading(ax, "Fisher vectors")


def _outline(ax: Any, mask: Array) -> None:
    """Outline the rare region in a picture that fills its axes."""
    rows, cols = mask.shape
    ax.contour(mask, [0.5], colors=[INK], linewidths=1.6)
    ax.set(xticks=[], yticks=[], xlim=(-0.5, cols - 0.5), ylim=(rows - 0.5, -0.5))
    ax.spines[:].set_visible(False)


def _map(ax: Any, local: LocalDescriptors, similarity: Array, mask: Array) -> None:
    """Draw the smallest patches, a cell each; cells without a patch are grey."""
    small = local.width < local.width.min() * 1.01
    x, y = np.unique(local.x[small]), np.unique(local.y[small])
    cells = np.full((len(y), len(x)), np.nan)
    row, col = np.searchsorted(y, local.y[small]), np.searchsorted(x, local.x[small])
    cells[row, col] = similarity[small]
    half = np.array([-0.5, 0.5]) * local.width.min() * DenseSift().step
    extent = (*(x[[0, -1]] + half), *(y[[0, -1]] + half)[::-1])
    look: Any = {"cmap": "PuOr", "vmin": -MOST, "vmax": MOST, "interpolation": "nearest"}
    ax.imshow(cells, extent=extent, **look)
    ax.set_facecolor("0.85")
    _outline(ax, mask)


def _histogram(ax: Any, similarity: Array, inside: Array) -> None:
    """Draw shares of the patches of either kind over their similarity, in the map's colors."""
    edges = np.linspace(-HISTOGRAM_LIMIT, HISTOGRAM_LIMIT, 31)
    clipped = similarity.clip(edges[0], edges[-1])  # outliers count in the last bins
    others, rare = (
        np.histogram(clipped[kind], edges)[0] / kind.sum() for kind in (~inside, inside)
    )
    middles = (edges[1:] + edges[:-1]) / 2
    look: Any = {"color": _colors(middles), "edgecolor": GREY, "linewidth": 0.5}
    ax.bar(middles, others, np.diff(edges), **look)
    ax.stairs(rare, edges, color=INK, linewidth=1.6)
    ax.axvline(1, color=GREY, linewidth=0.9, linestyle=DOTTED, zorder=0)
    ax.set(xlim=edges[[0, -1]], yticks=[], xticks=range(-2, 3))
    ax.margins(y=0.04)
    means = f"rare {similarity[inside].mean():.2f}, others {similarity[~inside].mean():.2f}"
    _heading(ax, means.replace("-", "\N{MINUS SIGN}"))
    _bare(ax)


def _colors(values: Array) -> Array:
    from matplotlib import colormaps

    return colormaps["PuOr"](values / (2 * MOST) + 0.5)


def _lams(ax: Any, x: Array, inside: Array, lam: float) -> None:
    """Draw the mean similarity of rare patches as a share of the others', over lam."""

    def ratio(pool: Pooling) -> float:
        similarity = x @ pool(x)
        return float(similarity[inside].mean() / similarity[~inside].mean())

    summed, chosen = ratio(Sum()), ratio(GeneralizedMax(lam))
    ax.plot(LAMS, [ratio(GeneralizedMax(each)) for each in LAMS], color=BLUE, linewidth=1.8)
    ax.axhline(summed, color=GREY, linewidth=1, zorder=0)
    ax.plot(lam, chosen, "o", color=BLUE, markersize=6)
    ax.annotate(
        f"λ = {lam:g}: {chosen:.2f}", (lam, chosen), (7, 3), textcoords="offset points",
        fontsize=8, color=INK,
    )  # fmt: skip
    ax.text(LAMS[0], summed + 0.03, f"sum: {summed:.2f}", fontsize=8, color=INK)
    ax.set(xscale="log", ylim=(min(0, summed), 1.08), yticks=[0, 1])
    ax.set_xticks(LAMS[[0, 6, 12, 18]], [f"{value:g}" for value in LAMS[[0, 6, 12, 18]]])
    ax.minorticks_off()
    _heading(ax, "rare / others, by λ")
    _bare(ax)


def matches(queries: Iterable[Query], results: Iterable[Iterable[Result]]) -> "Figure":
    """Results of each query: a row of photographs, the most similar first.

    Parameters
    ----------
    queries : iterable of (name, image)
        Name and photograph of each query.
    results : iterable of iterables of (name, similarity, image)
        A row for each query, in the order to draw.

        An image is an array, a PIL image or a path, as :func:`psysal.image.check_image` takes it.
        If it is None, or its file cannot be read, a grey tile says so. Of generators one
        photograph is held at a time; thumbnails remain.

    Returns
    -------
    matplotlib.figure.Figure
        Queries at the left, in a frame. Rows are as high as their highest thumbnail; long
        names lose their middle.

    Raises
    ------
    ValueError
        No query, or not as many rows of results as queries.
    ImportError
        matplotlib is not installed.

    Examples
    --------
    >>> grey = np.full((30, 40), 0.5)
    >>> figure = matches([("a.png", grey)], [[("b.png", 0.93, grey), ("c.png", 0.41, None)]])
    >>> [text.get_text() for text in figure.axes[0].texts][:5]
    ['query', '1', '2', 'a.png', 'b.png']
    """
    need_matplotlib()
    rows = [
        (
            (name, _thumbnail(image)),
            [(match, similarity, _thumbnail(picture)) for match, similarity, picture in row],
        )
        for (name, image), row in zip(queries, results, strict=True)
    ]
    if not rows:
        raise ValueError("queries must be one at least, got none; search for something")
    most = max(len(row) for _, row in rows)
    left = [MARGIN + (rank + (rank > 0) * APART) * (TILE + GAP) for rank in range(most + 1)]
    width = left[-1] + TILE + MARGIN
    heights = [
        max(_size(picture)[1] for picture in (query[1], *(match[2] for match in row)))
        for query, row in rows
    ]
    height = HEAD + sum(heights) + len(rows) * (2 * LINE + 2.2 * GAP) + MARGIN
    figure = blank(figsize=(width, height), facecolor="white")
    ax = figure.add_axes((0, 0, 1, 1))
    ax.axis("off")

    look: dict[str, Any] = {"ha": "center", "va": "top", "fontsize": 7, "color": INK}
    for rank, x in enumerate(left):
        head = str(rank) if rank else "query"
        ax.text(x + TILE / 2, MARGIN, head, **look | {"color": GREY, "fontsize": 8})
    below = HEAD
    for (query, row), high in zip(rows, heights, strict=True):
        below += high
        tiles = [(query[0], "", query[1]), *((n, f"{s:.3f}", p) for n, s, p in row)]
        for x, (name, similarity, picture) in zip(left, tiles, strict=False):
            _tile(ax, x, below, picture, framed=x == left[0])
            weight = "bold" if x == left[0] else "normal"
            middle, under = x + TILE / 2, below + 0.4 * GAP
            short = shorten_name(name, LETTERS, LAST_LETTERS)
            ax.text(middle, under, short, parse_math=False, weight=weight, **look)
            if similarity:
                ax.text(middle, under + LINE, similarity, **look)
        below += 2 * LINE + 2.2 * GAP
    between = (left[0] + TILE + left[1]) / 2 if most else width
    ax.plot([between, between], [MARGIN, below - GAP], color=GREY, linewidth=0.6)
    ax.set(xlim=(0, width), ylim=(height, 0))  # an inch a unit
    return figure


def _thumbnail(image: Any) -> Array | None:
    """Small picture of an image as a screen shows it; None if its file cannot be read."""
    if image is None:
        return None
    try:
        pixels = check_image(image)
    except (OSError, ValueError):
        if not isinstance(image, (str, os.PathLike)):
            raise
        return None
    return on_screen(shrink(pixels, PIXELS))


def _size(picture: Array | None) -> tuple[float, float]:
    """Width and height of a tile in inches, of which the longer is TILE."""
    rows, cols = picture.shape[:2] if picture is not None else (3, 4)
    return TILE * cols / max(rows, cols), TILE * rows / max(rows, cols)


def _tile(ax: Any, left: float, bottom: float, picture: Array | None, *, framed: bool) -> None:
    from matplotlib.patches import Rectangle

    width, height = _size(picture)
    left, top = left + (TILE - width) / 2, bottom - height
    if picture is None:
        ax.add_patch(Rectangle((left, top), width, height, facecolor="0.9", edgecolor="none"))
        ax.text(
            left + width / 2, top + height / 2, GONE, ha="center", va="center",
            fontsize=7, color="0.35", style="italic",
        )  # fmt: skip
    else:
        ax.imshow(picture, extent=(left, left + width, bottom, top), aspect="auto")
    if framed:
        line: Any = {"fill": False, "edgecolor": BLUE, "linewidth": 2.5}
        ax.add_patch(Rectangle((left, top), width, height, **line))
