"""What all figures share: colors, axes, and their bytes as PNG or SVG.

Colors: photographs as they are, signed planes in "PuOr" around 0, everything else
in "inferno" or "viridis"; all are safe for color-blind eyes.  Charts are in two blues of
Okabe & Ito's palette and grey, and say nothing by color alone.
"""

import io
import json
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from psysal.image import full_scale
from psysal.optional import require

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "BLUE",
    "GREY",
    "INK",
    "PAPER",
    "SKY",
    "axes",
    "blank",
    "draw",
    "need_matplotlib",
    "on_screen",
    "place",
    "png",
    "signed",
    "svg",
]

INK, GREY, PAPER, BLUE, SKY = "#1d1f21", "#7b8085", "#fcfcfb", "#0072b2", "#56b4e9"
"""Colors of charts; a page may put others in their place."""


def need_matplotlib() -> None:
    """Raise an ImportError with the line that installs matplotlib, where it is absent."""
    require("matplotlib")


def axes(ax: Any = None) -> Any:
    """The axes given, or those that pyplot draws on now, as its own functions take them."""
    need_matplotlib()
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.gca()


def blank(**options: Any) -> "Figure":
    """An empty figure that pyplot knows nothing of, and that Jupyter shows all the same.

    Parameters
    ----------
    **options
        Of :class:`matplotlib.figure.Figure`.
    """
    need_matplotlib()
    from matplotlib.figure import Figure

    figure = Figure(**options)
    figure._repr_png_ = partial(png, figure)  # type: ignore[attr-defined]
    return figure


def png(figure: "Figure", *, metadata: dict[str, Any] | None = None) -> bytes:
    """The figure as the bytes of a PNG; ``metadata`` is kept as :func:`psysal.mapfile.encode` does."""
    buffer = io.BytesIO()
    metadata = {"psysal": json.dumps(metadata or {})}
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


def place(figure: "Figure", spot: Any, plane: NDArray[Any], title: str, **look: Any) -> Any:
    """A plane in a new place of a figure; returns its axes."""
    ax = figure.add_subplot(spot)
    draw(ax, plane, title, **look)
    return ax


def draw(ax: Any, plane: NDArray[Any], title: str, **look: Any) -> Any:
    """A plane on axes without ticks; returns the drawn image."""
    drawn = ax.imshow(plane, interpolation="nearest", **look)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(color="0.8", linewidth=0.5)
    ax.set_title(title, fontsize=8)
    return drawn


def signed(plane: NDArray[Any]) -> dict[str, Any]:
    """How a plane around 0 is colored: purple above, orange below, white at 0."""
    most = float(abs(plane).max()) or 1.0
    return {"cmap": "PuOr", "vmin": -most, "vmax": most}


def on_screen(pixels: NDArray[Any]) -> NDArray[Any]:
    """What a screen shows of an image: RGB in [0, 1], grey images too."""
    values = (pixels / np.float32(full_scale(pixels))).clip(0, 1)
    return values if values.ndim == 3 else np.repeat(values[:, :, None], 3, axis=2)
