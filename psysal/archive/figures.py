"""Figures of a photograph beside its map.

Place in the pipeline: pixels, their map -> [figures] -> contents of files.
"""

from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from psysal import mapfile, overlay, stimuli
from psysal._typing import Array
from psysal.archive.inputs import Source

__all__ = ["draw"]


def draw(
    name: str,
    model: Any,
    source: Source,
    data: bytes,
    pixels: Array,
    values: Array,
    metadata: dict[str, Any],
) -> bytes:
    """Figure of a photograph, as a PNG.

    Parameters
    ----------
    name : "overlay", "stages" or "difference"
        The difference of an illusion is that of its targets.
    model : callable
        Model of the map.
    source : Source
        The photograph.
    data : bytes
        Its file.
    pixels : ndarray
        Its pixels.
    values : ndarray
        Its map, in [0, 1], or its percept.
    metadata : dict
        How the map was made.

    Returns
    -------
    bytes
    """
    from psysal import plots

    if name == "overlay":
        return mapfile.encode(overlay.overlay(pixels, values), "png8", metadata=metadata)
    if name == "stages":
        figure = plots.stages(model, pixels, name=PurePosixPath(source.label).name)
        return plots.png(figure, metadata=metadata)
    display = _display(data, pixels)
    if display and (display.dimension == "lightness" or values.ndim == 3):
        return plots.png(plots.illusion(display, model), metadata=metadata)
    return plots.png(plots.difference(pixels, values), metadata=metadata)


def _display(data: bytes, pixels: Array) -> stimuli.Display | None:
    """Illusion of two targets, if the file is one as ``psysal stimulus`` draws it."""
    about = mapfile.read_metadata(data)
    draw, ppd = stimuli.DISPLAYS.get(str(about.get("stimulus"))), about.get("ppd")
    if draw is None or not isinstance(ppd, (int, float)):
        return None
    size = np.multiply(draw().visual_size, ppd)
    if not (abs(size - pixels.shape[:2]) <= 1).all():  # a stranger's ppd draws no giant
        return None
    try:
        display = draw(ppd=ppd)
    except ValueError:
        return None
    codes = np.rint(display.image * 255)
    if len(display.target_masks) != 2 or not np.array_equal(codes, pixels):
        return None
    return replace(display, image=pixels / 255)
