"""Base of all figures: colors, axes, and a figure's bytes as PNG or SVG.

Place in the pipeline: below the other modules of :mod:`psysal.plots`.

Photographs keep their colors, opponent channels have those they stand for, other signed
planes are in "PuOr" around 0, all else is in "inferno" or "viridis"; all are safe for
color-blind eyes.  Charts are in two blues of Okabe & Ito's palette and grey, and never
differ by color alone.
"""

import io
import json
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from psysal._typing import Array
from psysal.image import full_scale
from psysal.optional import require

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["BLUE", "GREY", "INK", "PAPER", "SKY", "png", "svg"]

INK, GREY, PAPER, BLUE, SKY = "#1d1f21", "#7b8085", "#fcfcfb", "#0072b2", "#56b4e9"
"""Colors of charts; a page may replace them by its own."""


def png(figure: "Figure", *, metadata: dict[str, Any] | None = None) -> bytes:
    """A figure as a PNG file.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Figure to encode.
    metadata : dict, optional
        Values for JSON that the file carries, as :func:`psysal.mapfile.encode` takes them.

    Returns
    -------
    bytes
    """
    buffer = io.BytesIO()
    text = {"psysal": json.dumps(metadata or {})}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # of names in scripts it has not
        figure.savefig(buffer, format="png", dpi=110, metadata=text)
    return buffer.getvalue()


def svg(figure: "Figure") -> str:
    """A figure as an ``<svg>`` element without a background, its text kept as text.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Figure to encode.

    Returns
    -------
    str
        The same for the same figure, without references to other files.
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


def need_matplotlib() -> None:
    """Raise an ImportError with the line that installs matplotlib, if it is absent."""
    require("matplotlib")


def axes(ax: Any = None) -> Any:
    """Axes given, or pyplot's current ones, as its own functions take them."""
    need_matplotlib()
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.gca()


def blank(**options: Any) -> "Figure":
    """Empty figure outside pyplot's registry, which Jupyter shows all the same."""
    need_matplotlib()
    from matplotlib.figure import Figure

    figure = Figure(**options)
    figure._repr_png_ = partial(png, figure)  # type: ignore[attr-defined]
    return figure


class Page:
    """Figure whose axes and texts are placed in inches, from the left and from above."""

    def __init__(self, width: float, height: float) -> None:
        self.figure = blank(figsize=(width, height), facecolor="white")
        self.width, self.height = width, height

    def axes(self, left: float, above: float, wide: float, high: float) -> Any:
        """Empty axes."""
        bottom = 1 - (above + high) / self.height
        return self.figure.add_axes(
            (left / self.width, bottom, wide / self.width, high / self.height)
        )

    def text(self, left: float, above: float, text: str, **look: Any) -> None:
        """A text, by default from its top left."""
        look = {"va": "top", "color": INK, "fontsize": 8, "parse_math": False, **look}
        self.figure.text(left / self.width, 1 - above / self.height, text, **look)


def aspect(rows: int, cols: int, low: float = 0.4, high: float = 1.6) -> float:
    """Height over width of a picture's axes, within limits that a figure can take."""
    return min(max(rows / cols, low), high)


def place(figure: "Figure", spot: Any, plane: Array, title: str, **look: Any) -> Any:
    """Axes of a plane drawn in a cell of a figure's grid."""
    ax = figure.add_subplot(spot)
    draw(ax, plane, title, **look)
    return ax


def draw(ax: Any, plane: Array, title: str, **look: Any) -> Any:
    """Image artist of a plane drawn on axes without ticks."""
    artist = ax.imshow(plane, interpolation="nearest", **look)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(color="0.8", linewidth=0.5)
    ax.set_title(title, fontsize=8)
    return artist


def signed(plane: Array) -> dict[str, Any]:
    """Options of a plane's colors around 0: purple above, orange below, white at 0."""
    most = float(abs(plane).max()) or 1.0
    return {"cmap": "PuOr", "vmin": -most, "vmax": most}


def on_screen(pixels: Array) -> Array:
    """Pixels as a screen shows them: RGB in [0, 1], grey images too."""
    values = (pixels / np.float32(full_scale(pixels))).clip(0, 1)
    return values if values.ndim == 3 else np.repeat(values[:, :, None], 3, axis=2)
