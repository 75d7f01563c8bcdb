"""Fixations as eye trackers report them, and the images that were shown meanwhile.

Place in the pipeline: readers of exports -> [events] -> fixations.
"""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from psysal.gaze.fixations import Fixations, from_columns
from psysal.gaze.geometry import Geometry

__all__ = ["Event", "Recording", "images_shown", "scanpaths"]

IMAGE_NAME = re.compile(
    r"[^\s\"'=,;:]+\.(?:avif|bmp|gif|jpe?g|pgm|png|pnm|ppm|tiff?|webp)\b", re.IGNORECASE
)
ONSET = re.compile(r"SYNCTIME|(?:DISPLAY|IMAGE|STIM\w*)[ _-]?(?:ON\b|ONSET)", re.IGNORECASE)


class Event(NamedTuple):
    """A fixation of a recording.

    Attributes
    ----------
    image, subject : str
        Names as the file has them.
    start : float
        Time, in any unit.
    duration : float
        Milliseconds, NaN if not known.
    x, y : float
        Coordinates as the file has them, NaN if not known.
    eye : str
        Name of the eye, or empty.
    place : str
        Line or row of the file, for messages.
    part : tuple of int
        Number of the recording or trial, in which times begin anew.
    """

    image: str
    subject: str
    start: float
    duration: float
    x: float
    y: float
    eye: str = ""
    place: str = ""
    part: tuple[int, ...] = ()


@dataclass
class Recording:
    """Fixations of one file.

    Parameters
    ----------
    path : path
        The file.
    events : list of Event
        Its fixations on images.
    geometry : Geometry
        Coordinates of the format.
    elsewhere : int
        Number of fixations while no image was shown.
    """

    path: str | os.PathLike[str]
    events: list[Event] = field(default_factory=list)
    geometry: Geometry = field(default_factory=Geometry)
    elsewhere: int = 0


def images_shown(
    messages: Sequence[tuple[float, str]], spans: Iterable[tuple[float, float]]
) -> list[int | None]:
    """Message that names the image shown during each of some spans of time.

    A trial begins with a message ``TRIALID``.  Of a trial with one image all fixations are on
    it that end after its onset: a message such as ``SYNCTIME``, or else the one that names it,
    which may come as late as the end of the trial; with more images, or without trials, the
    last one named counts.

    Parameters
    ----------
    messages : sequence of (float, str)
        Times and texts, in order of time.
    spans : iterable of (float, float)
        Starts and ends of fixations.

    Returns
    -------
    list of int or None
        Number of the message; None where no image was shown.

    Examples
    --------
    >>> messages = [(0, "TRIALID 1"), (5, "show cat.png"), (20, "TRIAL_RESULT 0")]
    >>> images_shown(messages, [(1, 4), (4, 8), (30, 40)])
    [None, 1, None]
    """
    trials: list[dict[str, Any]] = [{"start": -np.inf, "stop": np.inf, "named": []}]
    for number, (time, text) in enumerate(messages):
        if text.startswith("TRIALID"):
            trials[-1]["stop"] = min(trials[-1]["stop"], time)
            trials.append({"start": time, "stop": np.inf, "named": []})
        elif text.startswith("TRIAL_RESULT"):
            trials[-1]["stop"] = time
        elif IMAGE_NAME.search(text):
            trials[-1]["named"].append((time, number))
        elif text.startswith("!V CLEAR"):
            trials[-1]["named"].append((time, None))
        elif ONSET.search(text):
            trials[-1].setdefault("onset", time)
    starts = [trial["start"] for trial in trials]
    spans = list(spans)
    own = [trials[int(np.searchsorted(starts, end)) - 1] for _, end in spans]
    for (_, end), trial in zip(spans, own, strict=True):
        trial["end"] = max(trial.get("end", -np.inf), end)
    return [
        _image_in(trial, messages, start, end)
        for (start, end), trial in zip(spans, own, strict=True)
    ]


def _image_in(
    trial: dict[str, Any], messages: Sequence[tuple[float, str]], start: float, end: float
) -> int | None:
    """Message that names the image of a trial during a span."""
    if start > trial["stop"]:
        return None
    named = [(time, number) for time, number in trial["named"] if number is not None]
    names = {image_name(messages[number][1]) for _, number in named}
    if len(names) == 1:
        time, number = named[0]
        onset = trial.get("onset", time if time < trial["end"] else -np.inf)
        return number if end > onset else None
    before = [number for time, number in trial["named"] if time < end]
    return before[-1] if before else None


def image_name(text: str) -> str:
    """Name of the image file in a message."""
    match = IMAGE_NAME.search(text)
    return match[0] if match else ""


def scanpaths(
    recordings: Sequence[Recording], on_warning: Callable[[str], None]
) -> tuple[Fixations, Geometry]:
    """Fixations of recordings, numbered by their time for each subject and image.

    Parameters
    ----------
    recordings : sequence of Recording
        At least one.
    on_warning : callable
        Called with a sentence on fixations that are left out: of a second eye, without a
        position, or while no image was shown; and on images that were shown again.

    Returns
    -------
    fixations : Fixations
    geometry : Geometry

    Raises
    ------
    ValueError
        There are no fixations, or files differ in their coordinates.
    """
    events: list[Event] = []
    geometry = recordings[0].geometry
    for number, recording in enumerate(recordings):
        if recording.geometry != geometry:
            raise ValueError(
                f"{recording.path}: coordinates as in {recordings[0].path} were expected, found "
                f"{', '.join(recording.geometry.lines(geometry))}; read files of one kind at a time"
            )
        kept = _of_one_eye(recording, on_warning)
        placed = [event for event in kept if np.isfinite(event.x) and np.isfinite(event.y)]
        if lost := len(kept) - len(placed):
            on_warning(f"{recording.path}: {lost:,} fixations without a position were left out")
        if recording.elsewhere:
            on_warning(
                f"{recording.path}: {recording.elsewhere:,} fixations while no image was shown "
                "were left out"
            )
        events += [event._replace(part=(number, *event.part)) for event in placed]
    path = recordings[0].path
    if not events:
        raise ValueError(f"{path}: fixations on images were expected, found none")
    events.sort(key=lambda event: (event.subject, event.image, event.part, event.start))
    order, again = [0], set()
    for last, event in pairwise(events):
        same = (last.subject, last.image) == (event.subject, event.image)
        order.append(order[-1] + 1 if same else 0)
        if same and last.part != event.part:
            again.add((event.subject, event.image))
    if again:
        on_warning(
            f"{path}: subjects saw images again ({len(again):,} in all); these fixations are "
            "counted on from those of the first time"
        )
    columns = {name: [getattr(event, name) for event in events] for name in Event._fields}
    kept_columns = {name: columns[name] for name in ("image", "subject", "x", "y", "duration")}
    return (
        from_columns(path, kept_columns | {"order": order}, lambda row: events[row].place),
        geometry,
    )


def _of_one_eye(recording: Recording, on_warning: Callable[[str], None]) -> list[Event]:
    """Fixations of the eye with most of them, where both were recorded."""
    chosen = {}
    for subject in {event.subject for event in recording.events}:
        eyes = Counter(event.eye for event in recording.events if event.subject == subject)
        chosen[subject] = max(sorted(eyes), key=lambda eye: eyes[eye])
    kept = [event for event in recording.events if event.eye == chosen[event.subject]]
    if len(kept) < len(recording.events):
        on_warning(
            f"{recording.path}: fixations of two eyes were found; those of one are used for each "
            f"subject ({', '.join(sorted(set(chosen.values())))})"
        )
    return kept
