"""State of a page in its address, to share a view and to keep it over a reload.

Place in the pipeline: address of the browser -> [address] -> session -> [address] -> browser.

A view is written behind the ``#`` as ``model=murray2013&ppd=64&picture=white``: whatever is not as
the page begins.  Anybody can write an address, so it is read as that of a stranger: names and
values are those of controls, and one that is none refuses the whole.
"""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import numpy as np

from psysal._typing import Array
from psysal.checks import one_of
from psysal.explorer.pictures import PHOTOGRAPHS
from psysal.explorer.view import ViewSettings
from psysal.stimuli import DISPLAYS

__all__ = ["MAX_ADDRESS", "UPLOAD", "SharedView", "format_view", "parse_view"]

MAX_ADDRESS = 4000
"""Most characters of a view."""

MAX_FIXATIONS = 100  # of a view
MAX_NAMES = 50
UPLOAD = "upload"
"""Name that stands for a picture of the visitor's own, which no address has in it."""


@dataclass(frozen=True, eq=False)
class SharedView:
    """View that an address has in it.

    Attributes
    ----------
    settings : ViewSettings
        Model, and stage of it to show.
    picture : str
        Name that :func:`psysal.explorer.pictures.get_example` takes, or :data:`UPLOAD`.
    fixations : ndarray, (n, 2), int
        x, y in pixels.
    overlay : float
        Share of the map over the photograph, from 0 to 1.
    lesson : str
        Name of a lesson, or "none".
    """

    settings: ViewSettings
    picture: str = PHOTOGRAPHS[0]
    fixations: Array = field(default_factory=lambda: np.empty((0, 2), int))
    overlay: float = 0.0
    lesson: str = "none"


def format_view(view: SharedView) -> tuple[str, str]:
    """Address of a view, and what of it is too much for an address.

    Parameters
    ----------
    view : SharedView
        The view; its overlay is the page's to add.

    Returns
    -------
    address, missing : str
        Empty for the view that the page begins with; and a part of a sentence, or nothing.

    Examples
    --------
    >>> format_view(SharedView(ViewSettings("murray2013").with_control("center", 9), "white"))
    ('model=murray2013&picture=white&center=9', '')
    """
    controls, missing = view.settings.controls, ""
    begin = ViewSettings(view.settings.name).controls
    changed: dict[str, Any] = {"model": controls["name"], "picture": view.picture}
    for name, start in (("model", ViewSettings.name), ("picture", PHOTOGRAPHS[0])):
        if changed[name] == start:
            del changed[name]
    changed |= {name: value for name, value in controls.items() if value != begin[name]}
    if view.picture == UPLOAD:
        missing = "the picture is your upload, which it cannot have in it"
    elif len(view.fixations) > MAX_FIXATIONS:
        missing = f"it has room for {MAX_FIXATIONS} fixations, and these are more"
    elif len(view.fixations):
        changed["fixations"] = " ".join(f"{x},{y}" for x, y in view.fixations)
    if view.lesson != "none":
        changed["lesson"] = view.lesson
    return urlencode(changed, safe=",:"), missing


def parse_view(text: str, lessons: tuple[str, ...] = ()) -> SharedView:
    """View of an address.

    Parameters
    ----------
    text : str
        Address, as :func:`format_view` writes it.
    lessons : tuple of str
        Names of lessons.

    Returns
    -------
    SharedView

    Raises
    ------
    ValueError, TypeError
        It has a name or a value that no control has.

    Examples
    --------
    >>> shared = parse_view("model=murray2013&picture=white&center=9")
    >>> shared.picture, shared.settings.model.windows
    ('white', (9, 37))
    """
    if len(text) > MAX_ADDRESS:
        raise ValueError(f"an address must have at most {MAX_ADDRESS} characters, got {len(text)}")
    try:
        pairs = parse_qsl(text, True, strict_parsing=bool(text), max_num_fields=MAX_NAMES)
    except ValueError:
        raise ValueError(
            "an address must be written as name=value&name=value; copy the link again"
        ) from None
    values = dict(pairs)
    if len(values) < len(pairs) or "name" in values:
        raise ValueError("an address must have each name once, and model=; copy the link again")
    settings = ViewSettings(values.pop("model", ViewSettings.name))
    picture = values.pop("picture", PHOTOGRAPHS[0])
    one_of("picture", picture, (*PHOTOGRAPHS, *DISPLAYS, UPLOAD))
    fixations = _parse_fixations(values.pop("fixations", ""))
    overlay = _parse_value(values.pop("overlay", "0"))
    if not isinstance(overlay, (int, float)) or not 0 <= overlay <= 1:
        raise ValueError(f"overlay must be a number from 0 to 1, got {overlay!r}")
    lesson = one_of("lesson", values.pop("lesson", "none"), ("none", *lessons))
    for name, value in values.items():
        settings = settings.with_control(name, _parse_value(value))
    return SharedView(settings, picture, fixations, float(overlay), lesson)


def _parse_value(text: str) -> Any:
    """Number that a text is, or the text."""
    if re.fullmatch(r"-?\d{1,9}", text, re.ASCII):
        return int(text)
    is_number = re.fullmatch(r"-?\d{1,9}(\.\d{1,20})?(e-?\d{1,2})?", text, re.ASCII)
    return float(text) if is_number else text


def _parse_fixations(text: str) -> Array:
    pairs = text.split()
    if len(pairs) > MAX_FIXATIONS or not all(
        re.fullmatch(r"\d{1,5},\d{1,5}", pair, re.ASCII) for pair in pairs
    ):
        raise ValueError(
            f"fixations must be at most {MAX_FIXATIONS} of x,y in whole pixels, got {text!r}"
        )
    return np.array([pair.split(",") for pair in pairs], int).reshape(-1, 2)
