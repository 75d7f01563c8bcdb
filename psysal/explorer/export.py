"""What a visitor takes along: the map, a figure, and the Python that gives the same bits.

Place in the pipeline: picture, view, fixations -> [saved] -> files that the browser keeps.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import fields
from textwrap import fill
from typing import Any

import numpy as np
from numpy.typing import NDArray

import psysal
from psysal import mapfile, overlay, plots
from psysal.explorer.pictures import Picture
from psysal.explorer.view import Look, View
from psysal.mapfile import normalize
from psysal.models.base import identity
from psysal.models.murray2011 import Murray2011
from psysal.vision.csf import ECSF

__all__ = ["FILES", "lines"]

Array = NDArray[Any]
File = tuple[str, str, bytes]
"""Its name, its kind as browsers have it, and what is in it."""

drawing = threading.Lock()  # matplotlib's fonts are everybody's


def lines(picture: Picture, look: Look, fixations: Array | None = None) -> str:
    """Python that reproduces the view, its map to the last bit.

    Examples
    --------
    >>> from psysal.explorer.pictures import named
    >>> print(lines(named("white"), Look("otazu2008", channel=0)))
    from psysal import stimuli
    import psysal
    <BLANKLINE>
    pixels = stimuli.white(ppd=32).image
    model = psysal.Otazu2008()
    seen = psysal.perceive(pixels, model=model)
    <BLANKLINE>
    channel, level = 0, 4
    stages = model.stages(pixels)
    plane = stages.planes[channel][level - 1]
    contrast = stages.contrast[channel][level - 1]
    weights = stages.weights[channel][level - 1]
    """
    imports = [line for line in picture.code if line.startswith(("import ", "from "))]
    made = [line for line in picture.code if line not in imports]
    call, tuned = _call(look.model)
    imports.append("import psysal")
    if tuned:
        imports.append("from psysal import ECSF")
    with_people = fixations is not None and len(fixations) > 0 and not look.percept
    if with_people:
        imports.append("from psysal.evaluation import metrics")
    what = ("seen", "perceive") if look.percept else ("saliency", "saliency")
    found = [*imports, "", *made, f"model = {call}"]
    found.append(f"{what[0]} = psysal.{what[1]}(pixels, model=model)")
    if look.staged:
        found += [
            "",
            f"channel, level = {look.channel}, {look.level}",
            "stages = model.stages(pixels)",
        ]
        found += [
            f"{name} = stages.{attribute}[channel][level - 1]"
            for name, attribute in (
                ("plane", "planes"), ("contrast", "contrast"), ("weights", "weights"),
            )
        ]  # fmt: skip
        if isinstance(look.model, Murray2011):
            found.append("contribution = model.contributions(pixels).planes[channel, level - 1]")
    if with_people:
        points = fill(f"fixations = {np.asarray(fixations).tolist()}", 96, subsequent_indent="    ")
        found += ["", points]
        found.append("print(metrics.auc(saliency, fixations), metrics.nss(saliency, fixations))")
    return "\n".join(found)


def _call(model: Any) -> tuple[str, bool]:
    """The call that makes a model, and whether it names an ECSF."""
    published = type(model)()
    given: Mapping[str, Any] = {
        field.name: getattr(model, field.name)
        for field in fields(model)
        if getattr(model, field.name) != getattr(published, field.name)
    }
    tuned = any(isinstance(value, ECSF) for value in given.values())
    options = [f"{name}={value!r}" for name, value in given.items()]
    call = f"psysal.{type(model).__name__}({', '.join(options)})"
    if len(call) > 80:
        inner = "".join(f"    {option},\n" for option in options)
        call = f"psysal.{type(model).__name__}(\n{inner})"
    return call, tuned


def _stem(picture: Picture) -> str:
    kept = "".join(c if c.isalnum() or c in "-_" else "_" for c in picture.name.split(".")[0])
    return kept or "picture"


def _map_file(picture: Picture, shown: View, fixations: Array) -> File:
    """The map as the Python lines give it, 16 bits; the image as it looks, 8."""
    look, pixels = shown.look, picture.pixels
    about = {"model": identity(look.model), "version": psysal.__version__}
    if look.percept:
        data = mapfile.encode(look.model(pixels), "png8", metadata=about)
        return f"{_stem(picture)}_seen.png", "image/png", data
    data = mapfile.encode(shown.planes["map"].values, metadata=about)
    return f"{_stem(picture)}_map.png", "image/png", data


def _figure_file(picture: Picture, shown: View, fixations: Array) -> File:
    """All stages; of a model that has none, the map on the photograph."""
    look, pixels = shown.look, picture.pixels
    about = {"model": identity(look.model), "version": psysal.__version__}
    if look.staged:
        with drawing:
            data = plots.png(plots.stages(look.model, pixels), metadata=about)
    else:
        on_it = overlay.overlay(pixels, normalize(shown.planes["map"].values))
        data = mapfile.encode(on_it, "png8", metadata=about)
    return f"{_stem(picture)}_figure.png", "image/png", data


def _python_file(picture: Picture, shown: View, fixations: Array) -> File:
    text = lines(picture, shown.look, fixations) + "\n"
    return f"{_stem(picture)}.py", "text/x-python", text.encode()


FILES: Mapping[str, Callable[[Picture, View, Array], File]] = {
    "map": _map_file,
    "figure": _figure_file,
    "python": _python_file,
}
"""What can be saved, by name."""
