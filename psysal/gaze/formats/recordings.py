"""Recordings of eye trackers that are no plain tables: EyeLink's ASC, SMI's events, ioHub's HDF5.

Place in the pipeline: file -> [recordings] -> events -> fixations.  Images are those that
messages of the experiment name.
"""

import io
import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from psysal import hdf5
from psysal.gaze.formats.events import Event, Recording, image_name, images_shown
from psysal.gaze.formats.text import parse_numbers, read_text, split_table
from psysal.gaze.geometry import Geometry
from psysal.optional import require

__all__ = ["read_asc", "read_idf", "read_iohub"]

_DISPLAY = re.compile(r"(?:DISPLAY_COORDS|GAZE_COORDS)\s*=?\s*" + r"\s+".join([r"(-?[\d.]+)"] * 4))
_IMGLOAD = re.compile(r"!V IMGLOAD (CENTER|TOP_LEFT|FILL)\s+(\S+)((?:\s+-?[\d.]+)*)")


def read_asc(path: str | os.PathLike[str], *, on_screen: bool) -> Recording:
    """Fixations of EyeLink's ASC file, as ``edf2asc`` writes it.

    Parameters
    ----------
    path : path
        File with lines EFIX and MSG. Images are named by ``!V IMGLOAD`` or any other message
        with the name of an image file.
    on_screen : bool
        The size of the screen is stated, so that the places of ``!V IMGLOAD`` are not used.

    Returns
    -------
    Recording
        The subject is named by the file. Coordinates are those of ``!V IMGLOAD``, or else of
        the screen of ``DISPLAY_COORDS``, in the middle of which images are.

    Raises
    ------
    OSError
        The file cannot be opened.
    ValueError
        It has no fixations, or images of several kinds of places.
    """
    messages: list[tuple[float, str]] = []
    fixations: list[tuple[str, float, float, float, float, int]] = []
    screen = None
    for number, line in enumerate(read_text(path).splitlines(), 1):
        words = line.split()
        if words[:1] == ["MSG"] and len(words) > 2:
            text = line.split(None, 2)[2].strip()
            text = re.sub(r"^-?\d+\s+(?=!V )", "", text)  # offset of a message that came late
            messages.append((float(words[1]), text))
            if match := _DISPLAY.match(text):
                left, top, right, bottom = (float(value) for value in match.groups())
                screen = round(right - left + 1), round(bottom - top + 1)
        elif words[:2] == ["EVENTS", "HREF"]:
            raise ValueError(
                f"{path}: line {number}: EVENTS GAZE was expected, found EVENTS HREF, angles of "
                "the eye without a place on the screen; convert the recording without -hr"
            )
        elif words[:1] == ["EFIX"]:
            try:
                start, end, _, x, y = (float("nan" if w == "." else w) for w in words[2:7])
            except ValueError:
                raise ValueError(
                    f"{path}: line {number}: EFIX with an eye, three times and x and y was "
                    f"expected, found {line.strip()!r}"
                ) from None
            fixations.append((words[1], start, end, x, y, number))
    if not fixations:
        raise ValueError(
            f"{path}: lines EFIX were expected, found none; convert the recording with its "
            "events, as by edf2asc -e recording.edf"
        )
    shown = images_shown(messages, [(start, end) for _, start, end, *_ in fixations])
    recording = Recording(path)
    kinds: dict[Geometry, str] = {}
    for (eye, start, end, x, y, number), message in zip(fixations, shown, strict=True):
        if message is None:
            recording.elsewhere += 1
            continue
        text = messages[message][1]
        load = None if on_screen else _IMGLOAD.search(text)
        name = load[2] if load else image_name(text)
        geometry = Geometry(screen=screen)
        if load:
            x, y, geometry = _in_image(x, y, load[1], [float(n) for n in load[3].split()], screen)
        kinds.setdefault(geometry, name)
        recording.events.append(
            Event(name, Path(path).stem, start, end - start, x, y, eye, f"line {number}")
        )
    if len(kinds) > 1:
        raise ValueError(
            f"{path}: images in one kind of place were expected, found {len(kinds)}, as of "
            f"{' and '.join(kinds.values())}; state the screen in dataset.toml, as "
            "screen = [1920, 1080], where all are in its middle"
        )
    recording.geometry = next(iter(kinds), Geometry())
    return recording


def _in_image(
    x: float, y: float, kind: str, numbers: list[float], screen: tuple[int, int] | None
) -> tuple[float, float, Geometry]:
    """Position relative to an image where ``!V IMGLOAD`` has put it."""
    width, height = screen or (np.nan, np.nan)
    if kind == "FILL":
        return (x / width, y / height, Geometry("share")) if screen else (x, y, Geometry())
    if kind == "CENTER":
        center_x, center_y = numbers[:2] or (width / 2, height / 2)
        if len(numbers) == 4:
            width, height = numbers[2:]
            return (x - center_x) / width + 0.5, (y - center_y) / height + 0.5, Geometry("share")
        return x - center_x, y - center_y, Geometry(origin="center")
    left, top = numbers[:2] or (0, 0)
    if len(numbers) == 4:
        return (x - left) / numbers[2], (y - top) / numbers[3], Geometry("share")
    return x - left, y - top, Geometry()


def read_idf(path: str | os.PathLike[str]) -> Recording:
    """Fixations of SMI's text file of events, as its IDF event detector writes it.

    Parameters
    ----------
    path : path
        File with "Table Header for Fixations"; images are named by user events.

    Returns
    -------
    Recording
        Coordinates are those of the calibration area, in the middle of which images are.

    Raises
    ------
    OSError
        The file cannot be opened.
    ValueError
        It has no fixations, or a row that cannot be read.
    """
    lines = read_text(path).splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("Table Header for Fixations")]
    if not starts:
        raise ValueError(
            f"{path}: a 'Table Header for Fixations' was expected, found none; export events, or "
            "the event statistics, with fixations"
        )
    rows = [i for i, line in enumerate(lines) if line.startswith("Fixation ")]
    text = "\n".join([lines[starts[0] + 1], *(lines[i] for i in rows)])
    needed = ["Event Type", "Start", "End", "Location X", "Location Y"]
    table = split_table(path, text, needed)
    if missing := [heading for heading in needed if heading not in table.header]:
        raise ValueError(f"{path}: columns {', '.join(missing)} were expected, found others")
    table = type(table)(path, table.header, table.rows, [i + 1 for i in rows])
    start, end, x, y = (
        parse_numbers(table, heading, table.column(heading), float, ("-", ""))
        for heading in needed[1:]
    )
    messages = [
        (float(match[1]), match[2])
        for line in lines
        if (match := re.match(r"UserEvent[\t,;]\d*[\t,;]\d*[\t,;](\d+)[\t,;](.*)", line))
    ]
    shown = images_shown(messages, zip(start.tolist(), end.tolist(), strict=True))
    area = next((re.findall(r"\d+", line) for line in lines if "Calibration Area" in line), [])
    named = (re.match(r"(?:## )?Subject:?[\t,; ]+(\S+)", line) for line in lines)
    subject = next((match[1] for match in named if match), Path(path).stem)
    screen = (int(area[0]), int(area[1])) if len(area) == 2 else None
    recording = Recording(path, geometry=Geometry(screen=screen))
    for row, message in enumerate(shown):
        if message is None:
            recording.elsewhere += 1
            continue
        recording.events.append(
            Event(
                image_name(messages[message][1]), subject, start[row],
                (end[row] - start[row]) / 1000, x[row], y[row],
                table.rows[row][0].strip(), f"line {table.lines[row]}",
            )
        )  # fmt: skip
    return recording


def read_iohub(path: str | os.PathLike[str]) -> Recording:
    """Fixations of PsychoPy's ioHub in HDF5.

    Parameters
    ----------
    path : path
        File with ``FixationEndEvent``; images are named by messages of the experiment.

    Returns
    -------
    Recording
        Coordinates from the middle, y upward, in the units of the experiment.

    Raises
    ------
    OSError
        The file cannot be opened.
    ValueError
        It is damaged, or has no fixations.
    ImportError
        h5py is not installed.
    """
    h5py = require("h5py")
    data = Path(path).read_bytes()
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            ends = _rows(file, "eyetracker/FixationEndEvent", _OF_FIXATIONS)
            texts = _rows(file, "experiment/MessageEvent", ("time", "text"))
    except Exception as error:  # HDF5 fed with junk raises anything
        raise ValueError(
            f"{path}: HDF5 of ioHub was expected, found something damaged or else "
            f"({' '.join(str(error).split())})"
        ) from None
    if not len(ends):
        raise ValueError(
            f"{path}: fixations (FixationEndEvent) were expected, found none; let the eye "
            "tracker parse events, or detect fixations first, as with pymovements, and give a table"
        )
    messages = [(float(row["time"]), row["text"].decode("utf-8", "replace")) for row in texts]
    messages.sort(key=lambda message: message[0])
    spans = [(float(row["time"] - row["duration"]), float(row["time"])) for row in ends]
    recording = Recording(path, geometry=Geometry(origin="center", y="up"))
    sessions = {int(row["session_id"]) for row in ends}
    for number, (row, message) in enumerate(zip(ends, images_shown(messages, spans), strict=True)):
        if message is None:
            recording.elsewhere += 1
            continue
        session = f" {row['session_id']}" if len(sessions) > 1 else ""
        recording.events.append(
            Event(
                image_name(messages[message][1]), Path(path).stem + session, spans[number][0],
                float(row["duration"]) * 1000, float(row["average_gaze_x"]),
                float(row["average_gaze_y"]), str(row["eye"]), f"fixation {number}",
            )
        )  # fmt: skip
    return recording


_OF_FIXATIONS = ("time", "duration", "session_id", "average_gaze_x", "average_gaze_y", "eye")


def _rows(file: Any, name: str, fields: tuple[str, ...]) -> Any:
    """Rows of a table of events with some fields; none if there is no such table."""
    name = f"data_collection/events/{name}"
    if hdf5.find(file, name) is None:
        return ()
    rows = hdf5.find_values(file, name)[...]
    if missing := [field for field in fields if field not in (rows.dtype.names or ())]:
        raise ValueError(f"{name} has no {missing[0]}")
    return rows
