"""Figures, for which matplotlib is needed (``pip install "psysal[plots]"``).

Colors: photographs as they are, signed planes in "PuOr" around 0, everything else
in "inferno" or "viridis"; all are safe for color-blind eyes.
"""

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from psysal.image import as_rgb
from psysal.viewing import peak_frequency
from psysal.vision.color import CHANNELS
from psysal.vision.wavelet import B3

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["need_matplotlib", "png", "stages"]


def need_matplotlib() -> None:
    """Raise an ImportError with the line that installs matplotlib, where it is absent."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise ImportError(
            "stages are drawn with matplotlib, which is not installed; "
            'run: pip install "psysal[plots]"'
        ) from None


def png(figure: "Figure") -> bytes:
    """The figure as the bytes of a PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def stages(model: Any, image: Any) -> "Figure":
    """Every stage of a model on one image: channels, planes, contrast, weights, map.

    Parameters
    ----------
    model : Murray2011
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
    rows, cols = found.map.shape
    count = len(found.planes[0])
    width = 1.6 * (count + 1)
    line = 1.6 * min(max(rows / cols, 0.4), 1.6)
    figure = Figure(figsize=(width, 11.8 * line))
    grid = figure.add_gridspec(
        10,
        count + 1,
        height_ratios=[2.4] + 9 * [1],
        left=0.05,
        right=0.99,
        top=0.965,
        bottom=0.01,
        hspace=0.1,
        wspace=0.05,
    )

    def show(place: Any, plane: NDArray[Any], title: str = "", **options: Any) -> Any:
        ax = figure.add_subplot(place)
        ax.imshow(plane, interpolation="nearest", **options)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
        ax.set_title(title, fontsize=8)
        return ax

    def symmetric(plane: NDArray[Any]) -> dict[str, Any]:
        most = float(abs(plane).max()) or 1.0
        return {"cmap": "PuOr", "vmin": -most, "vmax": most}

    top = grid[0, :].subgridspec(1, 5, wspace=0.05)
    show(top[0], pixels, "photograph", cmap="gray")
    for c, name in enumerate(CHANNELS):
        look = symmetric(found.opponent[c]) if c < 2 else {"cmap": "gray"}
        show(top[1 + c], found.opponent[c], name, **look)
    show(top[4], found.map, "saliency map", cmap="inferno")

    for c, name in enumerate(CHANNELS):
        weights = [w.mean(axis=0) for w in found.weights[c]]
        shared = {"vmin": min(w.min() for w in weights), "vmax": max(w.max() for w in weights)}
        lines = (
            ("|w|", [np.abs(w).mean(axis=0) for w in found.planes[c]], {"cmap": "viridis"}),
            ("z", [z.mean(axis=0) for z in found.contrast[c]], {"cmap": "viridis"}),
            (r"$\alpha$", weights, {"cmap": "inferno", **shared}),
        )
        for row, (label, planes, look) in enumerate(lines):
            for s, plane in enumerate(planes):
                step = 2**s if model.wavelet == B3 else 1
                part = plane[: -(-rows // step), : -(-cols // step)]
                title = f"level {s + 1}, {peak_frequency(s + 1, model.ppd):.2g} c/deg"
                ax = show(
                    grid[1 + 3 * c + row, s], part, title if row == 0 and c == 0 else "", **look
                )
                if s == 0:
                    ax.set_ylabel(f"{name if row == 1 else ''}\n{label}", fontsize=8)
        show(
            grid[1 + 3 * c : 4 + 3 * c, count], found.channel_maps[c], f"{name} map", cmap="inferno"
        )
    return figure
