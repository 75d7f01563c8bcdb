"""Description of a view for the page: its captions, curves, scores, code and address.

Place in the pipeline: render -> [replies] -> session -> browser.
"""

import time
from typing import Any

from psysal._typing import Array
from psysal.explorer.address import UPLOAD, SharedView, format_view
from psysal.explorer.curves import (
    levels_on_curve,
    peak_of_level,
    published_ppd,
    sensitivity_curves,
)
from psysal.explorer.export import command_line, python_code
from psysal.explorer.render import RenderResult
from psysal.explorer.targets import target_colors, target_profile
from psysal.explorer.view import View, ViewSettings
from psysal.viewing import peak_frequency

__all__ = ["describe"]


def describe(result: RenderResult, fixations: Array, lesson: str = "none") -> dict[str, Any]:
    """Description of a view for the page, without the pixels of its planes.

    Parameters
    ----------
    result : RenderResult
        View and scores.
    fixations : ndarray, (n, 2), int
        x, y in pixels.
    lesson : str
        Name of the lesson that is shown, or "none".

    Returns
    -------
    dict of str to object
        Values of JSON, and arrays.
    """
    settings, picture, path = result.view.settings, result.picture, result.view.path
    rows, cols = picture.pixels.shape[:2]
    wanted = result.request.settings  # a level that the picture lacks is kept for another
    shared = SharedView(wanted, picture.key or UPLOAD, fixations, lesson=lesson)
    address, missing = format_view(shared)
    correlation = result.view.correlation
    captions = {name: plane.caption for name, plane in result.view.planes.items()}
    if correlation is not None:
        captions["other"] = f"{settings.other}, correlation {correlation:.2f}"
    box, confidence = result.view.crop or (None, 0.0)
    if box:
        captions["photograph"] = f"crop {settings.crop}, confidence {confidence:.2f}"
    of_targets = settings.percept and picture.targets
    elapsed_ms = 1e3 * (time.perf_counter() - result.request.requested_at)
    return {
        "alert": result.view.remark or None,
        "picture": picture.name,
        "key": picture.key,
        "status": f"{cols} x {rows} pixels, updated in {elapsed_ms:.0f} ms",
        "elapsed_ms": elapsed_ms,
        "size": [cols, rows],
        "remark": picture.remark,
        "planes": {
            name: {
                "caption": captions[name],
                "palette": plane.palette,
                "limits": plane.limits,
                "color_limits": plane.color_limits,
            }
            for name, plane in result.view.planes.items()
        },
        "percept": settings.percept,
        "level": settings.level,
        "levels": result.view.levels,
        "frequency": f"{peak_of_level(settings):.2g} c/deg" if settings.staged else "",
        "published_ppd": published_ppd(settings),
        "chart": _chart(settings, result.view) if settings.staged else None,
        "fixations": fixations + 0.5,  # the middle of the pixel
        "target": picture.target is not None,
        "targets": target_colors(picture, result.view) if of_targets else [],
        "profile": target_profile(picture, result.view) if of_targets else None,
        "scores": {
            model: [f"{score:.3f}" for score in scores.values()]
            for model, scores in result.scores.items()
        },
        "path": path.positions if path else None,
        "start": path.start if path else None,
        "crop": box,
        "address": address,
        "missing": missing,
        "lesson": lesson,
        "code": python_code(picture, settings, fixations),
        "command": command_line(picture, settings),
    }


def _chart(settings: ViewSettings, view: View) -> dict[str, Any]:
    """Curves of contrast sensitivity, the levels on them, and frequencies of the axis."""
    published = published_ppd(settings)
    return {
        "curves": sensitivity_curves(settings),
        "levels": levels_on_curve(settings, view.levels),
        "frequencies": [f"{peak_frequency(level, published):.2g}" for level in range(1, 9)],
    }
