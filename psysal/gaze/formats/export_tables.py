"""Exports of eye trackers that are tables with headings, as ``exports.toml`` describes them.

Place in the pipeline: file -> [export_tables] -> events -> fixations.
"""

import os
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from psysal.gaze.formats.events import Event, Recording
from psysal.gaze.formats.text import Table, parse_numbers, read_table_text
from psysal.gaze.geometry import Geometry
from psysal.wording import shorten_list

__all__ = ["LAYOUTS", "plain_heading", "read_export_table"]

LAYOUTS: Mapping[str, Any] = tomllib.loads(
    Path(__file__).parent.with_name("exports.toml").read_text(encoding="utf-8")
)
"""Columns of every format, as the file ``exports.toml`` of :mod:`psysal.gaze` has them."""


NAMED = ("image", "subject", "x", "y", "duration")  # fixations are in the order of time


def plain_heading(heading: str) -> str:
    """Heading without blanks, brackets and case.

    Parameters
    ----------
    heading : str
        Heading of a column.

    Returns
    -------
    str

    Examples
    --------
    >>> plain_heading("Fixation point X [MCS norm]")
    'fixationpointxmcsnorm'
    """
    return re.sub(r"[\W_]+", "", heading).lower()


def read_export_table(
    path: str | os.PathLike[str],
    format: str,
    *,
    columns: Mapping[str, str],
    on_screen: bool,
) -> Recording:
    """Fixations of a table that a program exported.

    Parameters
    ----------
    path : path
        The file.
    format : str
        One of :data:`LAYOUTS`.
    columns : mapping of str to str
        Headings of ``image``, ``subject`` ..., where they are not those of the format.
    on_screen : bool
        The size of the screen is stated, so that coordinates are those of the screen.

    Returns
    -------
    Recording

    Raises
    ------
    OSError
        The file cannot be opened.
    ValueError
        It has other columns, or gaze without fixations.
    """
    layout = LAYOUTS[format]
    table = read_table_text(path, [*columns.values()])
    headings = {plain_heading(heading): heading for heading in reversed(table.header)}
    position = _position(table, format, layout, headings, columns, on_screen)
    rows = [row for row in range(len(table.rows)) if _is_kept(table, layout, headings, row)]
    names = {
        name: columns.get(name) or _first(layout.get(name, ()), headings)
        for name in ("image", "subject", "start", "index", "eye", "part")
    }
    cells = {name: table.column(found) for name, found in names.items() if found}
    if "image" not in cells and layout.get("image") != []:
        raise ValueError(
            f"{path}: a column with the names of images was expected, found "
            f'{shorten_list(table.header, 12)}; name it with columns = {{image = "..."}}'
        )
    missing = layout["missing"]
    numbers = {
        name: _numbers(table, rows, heading, missing)
        for name, heading in {"x": position["x"], "y": position["y"]}.items()
    }
    durations = np.full(len(rows), np.nan)
    for heading, factor in layout["duration"].items():
        found = columns.get("duration") or headings.get(heading)
        if found and np.isnan(durations).all():
            durations = _numbers(table, rows, found, missing) * factor
    starts = np.arange(len(rows), dtype=float)
    if names["start"]:
        starts = _numbers(table, rows, names["start"], missing)
    geometry = _placed(table, layout, headings, position, rows, numbers)
    file_image, file_subject = _names_of_file(Path(path))
    groups: dict[Any, list[int]] = {}
    parts: dict[str, int] = {}
    for place, row in enumerate(rows):
        image = cells["image"][row] if "image" in cells else file_image
        subject = cells["subject"][row] if "subject" in cells else file_subject
        index: Any = cells["index"][row] if "index" in cells else place
        eye = cells["eye"][row] if "eye" in cells else ""
        part = parts.setdefault(cells["part"][row] if "part" in cells else "", len(parts))
        groups.setdefault((image, subject, eye, part, index), []).append(place)
    events, elsewhere = [], 0
    for (image, subject, eye, part, _), places in groups.items():
        if not image:
            elsewhere += 1
            continue
        x, y = (float(np.median(numbers[name][places])) for name in ("x", "y"))
        first = places[0]
        events.append(
            Event(
                image, subject, starts[first], durations[first], x, y, eye,
                f"line {table.lines[rows[first]]}", (part,),
            )
        )  # fmt: skip
    return Recording(path, events, geometry, elsewhere)


def _first(names: Sequence[str], headings: Mapping[str, str]) -> str | None:
    """Heading of the file for the first of some plain ones that it has."""
    return next((headings[name] for name in names if name in headings), None)


def _position(
    table: Table,
    format: str,
    layout: Any,
    headings: Mapping[str, str],
    columns: Mapping[str, str],
    on_screen: bool,
) -> dict[str, Any]:
    """Entry of ``positions`` that the file has, with the headings that it uses."""
    if unknown := sorted(set(columns) - set(NAMED)):
        raise ValueError(
            f"{table.path}: columns of an export must be among {', '.join(NAMED)}, "
            f"got {', '.join(unknown)}"
        )
    if missing := [heading for heading in columns.values() if heading not in table.header]:
        raise ValueError(
            f"{table.path}: columns {', '.join(missing)} were expected, "
            f"found {shorten_list(table.header, 12) or 'nothing'}"
        )
    if ("x" in columns) != ("y" in columns):
        raise ValueError(f"{table.path}: columns must name both x and y, or none of the two")
    if "x" in columns and "y" in columns:
        return {"x": columns["x"], "y": columns["y"]}
    for entry in layout["positions"]:
        box = [name for name in entry.get("box", ()) if name]
        needed = [entry["x"], entry["y"], *box]
        one_of = entry.get("needs", [entry["x"]])
        if on_screen and (box or entry.get("units") == "share"):
            continue
        if all(name in headings for name in needed) and any(name in headings for name in one_of):
            return entry | {"x": headings[entry["x"]], "y": headings[entry["y"]]}
    expected = " or ".join(dict.fromkeys(entry["x"] for entry in layout["positions"]))
    expected = f"{table.path}: columns of fixations ({expected}) were expected, found "
    if _first(layout.get("scene", ()), headings):
        raise ValueError(
            f"{expected}positions in the camera of a headset; map them to the image by a surface "
            "tracker or reference image, and export those fixations"
        )
    if _first(layout["samples"], headings):
        raise ValueError(
            f"{expected}gaze without fixations; export the fixations too, or detect them first, "
            "as with pymovements, and give a table"
        )
    raise ValueError(
        f"{expected}{shorten_list(table.header, 12) or 'nothing'}; is this an export of {format}?"
    )


def _is_kept(table: Table, layout: Any, headings: Mapping[str, str], row: int) -> bool:
    """True for the row of a fixation, by the first column that tells."""
    for heading, values in layout.get("keep", {}).items():
        if heading in headings:
            place = table.header.index(headings[heading])
            return table.rows[row][place].strip().casefold() in map(str.casefold, values)
    return True


def _numbers(table: Table, rows: list[int], heading: str, missing: Collection[str]) -> Any:
    """Numbers of some rows of a column."""
    part = Table(
        table.path, table.header, [table.rows[row] for row in rows],
        [table.lines[row] for row in rows], table.header_line,
    )  # fmt: skip
    return parse_numbers(part, heading, part.column(heading), float, missing)


def _placed(
    table: Table,
    layout: Any,
    headings: Mapping[str, str],
    position: Mapping[str, Any],
    rows: list[int],
    numbers: dict[str, Any],
) -> Geometry:
    """Coordinates of the file; those with the image's place on the screen become shares."""
    missing = layout["missing"]
    if box := position.get("box"):
        left, top, width, height = (
            _numbers(table, rows, headings[name], missing) if name else np.zeros(len(rows))
            for name in box
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            numbers["x"] = (numbers["x"] - left) / width
            numbers["y"] = (numbers["y"] - top) / height
        return Geometry("share")
    screen = None
    names = layout.get("screen", ()) if position.get("on_screen") and rows else ()
    if names and all(name in headings for name in names):
        width, height = (_numbers(table, rows[:1], headings[name], missing)[0] for name in names)
        screen = int(width), int(height)
    return Geometry(
        position.get("units", "pixels"),
        position.get("origin", "top left"),
        "up" if position.get("up") else None,
        screen=screen,
    )


def _names_of_file(path: Path) -> tuple[str, str]:
    """Image and subject, as Pupil Player and Pupil Cloud name files and folders for them."""
    image = re.sub(r"(?i)^fixations_on_surface_|_\d{10,}(\.\d+)?$", "", path.stem)
    parts = path.parts
    if "exports" in parts:
        return image, parts[parts.index("exports") - 1]
    if image == "fixations":
        image = re.sub(r"(?i)[_-]?(reference|marker)[_-].*$", "", path.parent.name)
    return image, path.parent.name
