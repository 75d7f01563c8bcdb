"""Files to keep: the map, a figure, and Python code that gives the same map, bit for bit.

Place in the pipeline: picture, view, fixations -> [export] -> files that the browser saves.
"""

import shlex
import threading
from collections.abc import Callable
from dataclasses import fields
from textwrap import fill
from typing import Any, NamedTuple

import numpy as np

import psysal
from psysal import mapfile, overlay, plots
from psysal._typing import Array
from psysal.explorer.pictures import Picture
from psysal.explorer.view import CROPS, View, ViewSettings
from psysal.image import normalize
from psysal.models.base import identity
from psysal.models.registry import MODELS
from psysal.stimuli import DISPLAYS
from psysal.vision.csf import ECSF

__all__ = ["EXPORTS", "ExportFile", "command_line", "python_code"]

_drawing = threading.Lock()  # matplotlib's font cache is not safe for threads


class ExportFile(NamedTuple):
    """A file to keep.

    Attributes
    ----------
    name : str
        Name of the file.
    media_type : str
        Type of the content, such as "image/png".
    data : bytes
        Content of the file.
    """

    name: str
    media_type: str
    data: bytes


def python_code(picture: Picture, settings: ViewSettings, fixations: Array | None = None) -> str:
    """Python code that reproduces a view, its map to the last bit.

    Parameters
    ----------
    picture : Picture
        The picture.
    settings : ViewSettings
        Model, and stage of it that is shown.
    fixations : ndarray, (n, 2), optional
        x, y in pixels; the code scores the map against them.

    Returns
    -------
    str

    Examples
    --------
    >>> from psysal.explorer.pictures import get_example
    >>> print(python_code(get_example("white"), ViewSettings("otazu2008", channel=0)))
    from psysal import stimuli
    import psysal
    <BLANKLINE>
    pixels = stimuli.white(ppd=32).image
    model = psysal.Otazu2008()
    percept = psysal.perceive(pixels, model=model)
    <BLANKLINE>
    channel, level = 0, 4
    stages = model.stages(pixels)
    plane = stages.planes[channel][level - 1]
    contrast = stages.contrast[channel][level - 1]
    weights = stages.weights[channel][level - 1]
    """
    imports = [line for line in picture.code if line.startswith(("import ", "from "))]
    steps = [line for line in picture.code if line not in imports]
    model = settings.model
    changes = _changed_parameters(model)
    imports.append("import psysal")
    if any(isinstance(value, ECSF) for value in changes.values()):
        imports.append("from psysal import ECSF")
    scored = fixations is not None and len(fixations) > 0 and not settings.percept
    if scored:
        imports.append("from psysal.evaluation import metrics")
    result, function = ("percept", "perceive") if settings.percept else ("saliency", "saliency")
    code = [
        *steps,
        f"model = {_model_call(model, changes)}",
        f"{result} = psysal.{function}(pixels, model=model)",
    ]
    if settings.other != "none":
        other = settings.other_model
        function = "perceive" if settings.other_percept else "saliency"
        call = _model_call(other, _changed_parameters(other))
        code.append(f"other = psysal.{function}(pixels, model={call})")
    if settings.rule != "none" and not settings.percept:
        imports.append("from psysal import scanpaths")
        ppd = getattr(model, "ppd", None)
        code += [
            "path = scanpaths.simulate_scanpath(",
            f'    model(pixels), rule="{settings.rule}", fixations={settings.count}, '
            f"ppd={ppd}, seed={settings.seed}",
            ")",
        ]
    if settings.crop != "none" and not settings.percept:
        aspect = CROPS[settings.crop]
        code.append(f"crop = psysal.crop(pixels, aspect={aspect}, model=model)")
    if settings.staged:
        code += [
            "",
            f"channel, level = {settings.channel}, {settings.level}",
            "stages = model.stages(pixels)",
            "plane = stages.planes[channel][level - 1]",
            "contrast = stages.contrast[channel][level - 1]",
            "weights = stages.weights[channel][level - 1]",
        ]
        if hasattr(model, "contributions"):
            code.append("contribution = model.contributions(pixels).planes[channel, level - 1]")
    if scored:
        points = f"fixations = {np.asarray(fixations).tolist()}"
        code += [
            "",
            fill(points, 96, subsequent_indent="    "),
            "print(metrics.auc(saliency, fixations), metrics.nss(saliency, fixations))",
        ]
    return "\n".join([*imports, "", *code])


def command_line(picture: Picture, settings: ViewSettings) -> str:
    """Commands that make the maps and the scanpath of a view.

    Parameters
    ----------
    picture : Picture
        The picture.
    settings : ViewSettings
        Model with its published parameters, at any distance.

    Returns
    -------
    str
        Lines for a shell; empty if a parameter has no option there, or if the picture was reduced.

    Examples
    --------
    >>> from psysal.explorer.pictures import get_example
    >>> print(command_line(get_example("white"), ViewSettings("otazu2010")))
    # a PNG has whole bytes: what follows differs a little from what is shown
    psysal stimulus white --ppd 32 -o white.png
    psysal perceive white.png --model otazu2010
    """
    reduced = picture.size != picture.pixels.shape[:2]
    if reduced or _changed_parameters(settings.model).keys() - {"ppd", "readout"}:
        return ""
    name = picture.name
    lines, file = [], shlex.quote(f"./{name}" if name.startswith("-") else name)
    if picture.key in DISPLAYS:
        file = f"{picture.key}.png"
        lines += [
            "# a PNG has whole bytes: what follows differs a little from what is shown",
            f"psysal stimulus {picture.key} --ppd 32 -o {file}",
        ]
    elif picture.key:
        file = f"{picture.key}.png"
        code = f"import skimage as s; s.io.imsave('{file}', s.data.{picture.key}())"
        lines.append(f'python -c "{code}"')
    for name, folder in ((settings.name, ""), (settings.other, " -o other")):
        if name != "none":
            command = "perceive" if MODELS[name].kind == "percept" else "map"
            lines.append(f"psysal {command} {file}{_model_options(name, settings)}{folder}")
    if settings.rule != "none" and not settings.percept:
        options = f"--rule {settings.rule} --fixations {settings.count} --seed {settings.seed}"
        lines.append(f"psysal scanpath {file}{_model_options(settings.name, settings)} {options}")
    if settings.crop != "none" and not settings.percept:
        if getattr(settings.model, "ppd", None):
            lines.append("# psysal crop takes the published tuning: the Python code has this one")
        else:
            lines.append(f"psysal crop {file} --aspect {settings.crop} --model {settings.name}")
    return "\n".join(lines)


def _model_options(name: str, settings: ViewSettings) -> str:
    model = settings.model if name == settings.name else settings.other_model
    ppd = getattr(model, "ppd", None)
    return f" --model {name}" + (f" --ppd {ppd}" if ppd else "")


def _changed_parameters(model: Any) -> dict[str, Any]:
    """Parameters of a model that are not the published ones."""
    published = type(model)()
    return {
        field.name: getattr(model, field.name)
        for field in fields(model)
        if getattr(model, field.name) != getattr(published, field.name)
    }


def _model_call(model: Any, parameters: dict[str, Any]) -> str:
    """Python expression of a model, in one line where it is short."""
    options = [f"{name}={value!r}" for name, value in parameters.items()]
    call = f"psysal.{type(model).__name__}({', '.join(options)})"
    if len(call) <= 80:
        return call
    lines = "".join(f"    {option},\n" for option in options)
    return f"psysal.{type(model).__name__}(\n{lines})"


def _file_stem(picture: Picture) -> str:
    stem = picture.name.split(".")[0]
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in stem) or "picture"


def _metadata(settings: ViewSettings) -> dict[str, str]:
    return {"model": identity(settings.model), "version": psysal.__version__}


def _map_file(picture: Picture, current: View, fixations: Array) -> ExportFile:
    """Map with 16 bits, as the Python code gives it; an image as perceived with 8."""
    stem, settings = _file_stem(picture), current.settings
    if settings.percept:
        values, form, name = settings.model(picture.pixels), "png8", f"{stem}_percept.png"
    else:
        values, form, name = current.planes["map"].values, "png", f"{stem}_map.png"
    data = mapfile.encode(values, form, metadata=_metadata(settings))
    return ExportFile(name, "image/png", data)


def _figure_file(picture: Picture, current: View, fixations: Array) -> ExportFile:
    """Figure of all stages; for a model without stages, the map over the photograph."""
    settings, pixels = current.settings, picture.pixels
    metadata = _metadata(settings)
    if settings.staged:
        with _drawing:
            data = plots.png(
                plots.stages(settings.model, pixels, name=picture.name), metadata=metadata
            )
    else:
        covered = overlay.overlay(pixels, normalize(current.planes["map"].values))
        data = mapfile.encode(covered, "png8", metadata=metadata)
    return ExportFile(f"{_file_stem(picture)}_figure.png", "image/png", data)


def _python_file(picture: Picture, current: View, fixations: Array) -> ExportFile:
    code = python_code(picture, current.settings, fixations) + "\n"
    return ExportFile(f"{_file_stem(picture)}.py", "text/x-python", code.encode())


EXPORTS: dict[str, Callable[[Picture, View, Array], ExportFile]] = {
    "map": _map_file,
    "figure": _figure_file,
    "python": _python_file,
}
"""Functions that make the files to keep, by what the page calls them."""
