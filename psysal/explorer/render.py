"""One computation for a visitor: picture, settings and fixations to planes and scores.

Place in the pipeline: pictures, view, scores -> [render] -> session.  Needs no browser.
"""

from collections.abc import Callable
from dataclasses import dataclass

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
        Function that gives a new picture, which has no fixations yet.
    fixations : ndarray, (n, 2), int, optional
        x, y in pixels.
    requested_at : float
        Time of the request in seconds, by :func:`time.perf_counter`.
    """

    settings: ViewSettings
    picture: Picture | None = None
    load: Callable[[], Picture] | None = None
    fixations: Array | None = None
    requested_at: float = 0.0


@dataclass(frozen=True, eq=False)
class RenderResult:
    """Planes and scores that answer a request.

    Attributes
    ----------
    request : RenderRequest
        The request.
    picture : Picture
        Picture to show.
    view : View
        Planes of the model at work on the picture.
    scores : dict of str to float
        Scores of the map by metric; empty without fixations or without saliency.
    """

    request: RenderRequest
    picture: Picture
    view: View
    scores: dict[str, float]


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
        The picture cannot be read, or the model cannot take it.
    """
    picture, fixations = request.picture, request.fixations
    if request.load is not None:
        picture, fixations = request.load(), None
    if picture is None:
        raise ValueError("a picture was expected, got none; drop a photograph on the page")
    shown = view(picture.pixels, request.settings)
    results: dict[str, float] = {}
    if fixations is not None and len(fixations) and not request.settings.percept:
        ppd = getattr(request.settings.model, "ppd", None)
        results = scores(shown.planes["map"].values, fixations, ppd)
    return RenderResult(request, picture, shown, results)
