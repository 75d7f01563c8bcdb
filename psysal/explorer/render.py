"""One computation for a visitor: picture, settings and fixations to a view and scores.

Place in the pipeline: pictures, view, scores -> [render] -> session.  Needs no browser.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from psysal._typing import Array
from psysal.explorer.pictures import Picture
from psysal.explorer.scores import scores
from psysal.explorer.view import View, ViewSettings, view

__all__ = ["RenderRequest", "RenderResult", "render"]


@dataclass(frozen=True, eq=False)
class RenderRequest:
    """Settings, picture and fixations that a visitor wants to see.

    Attributes
    ----------
    settings : ViewSettings
        Model, and stage of it to show.
    picture : Picture, optional
        Picture to show, unless there is a new one.
    load : callable, optional
        Function that gives a new picture.
    fixations : ndarray, (n, 2), int, optional
        x, y in pixels of the picture to show.
    requested_at : float
        Time of the request in seconds, by :func:`time.perf_counter`.
    before : RenderResult, optional
        Result that is shown; what does not change is taken from it.
    """

    settings: ViewSettings
    picture: Picture | None = None
    load: Callable[[], Picture] | None = None
    fixations: Array = field(default_factory=lambda: np.empty((0, 2), int))
    requested_at: float = 0.0
    before: "RenderResult | None" = None


@dataclass(frozen=True, eq=False)
class RenderResult:
    """View and scores that answer a request.

    Attributes
    ----------
    request : RenderRequest
        The request.
    picture : Picture
        Picture to show.
    view : View
        Planes and scanpath of the model at work on the picture.
    scores : dict of str to dict of str to float
        Scores of the maps by model and metric; empty without fixations or without saliency.
    """

    request: RenderRequest
    picture: Picture
    view: View
    scores: dict[str, dict[str, float]]


def render(request: RenderRequest) -> RenderResult:
    """Do the computation of a request; needs no browser.

    Parameters
    ----------
    request : RenderRequest
        The request.

    Returns
    -------
    RenderResult

    Raises
    ------
    ValueError
        The picture cannot be read, the model cannot take it, or a fixation is not on it.
    """
    picture, fixations, settings = request.picture, request.fixations, request.settings
    if request.load is not None:
        picture = request.load()
    if picture is None:
        raise ValueError("a picture was expected, got none; drop a photograph on the page")
    other = None
    if request.before and request.before.picture is picture:
        past = request.before.view.settings
        if past.other == settings.other != "none" and past.other_model == settings.other_model:
            other = request.before.view.planes["other"]
    shown = view(picture.pixels, settings, other)
    planes = {settings.name: shown.planes["map"], settings.other: shown.planes.get("other")}
    maps = {
        name: plane.values for name, plane in planes.items() if plane and plane.values.ndim == 2
    }
    ppd = getattr(settings.model, "ppd", None)
    results: dict[str, dict[str, float]] = {}
    if len(fixations):
        _check_fixations(fixations, picture)
        results = {name: scores(saliency, fixations, ppd) for name, saliency in maps.items()}
    return RenderResult(request, picture, shown, results)


def _check_fixations(fixations: Array, picture: Picture) -> None:
    rows, cols = picture.pixels.shape[:2]
    outside = fixations[np.any((fixations < 0) | (fixations >= (cols, rows)), axis=1)]
    if len(outside):
        x, y = outside[0]
        raise ValueError(
            f"fixations must lie on the picture of {cols} x {rows} pixels, got one at {x}, {y}"
        )
