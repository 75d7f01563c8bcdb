"""Fixations of BIDS: events of eye tracking, and the gaze during them.

Place in the pipeline: files -> [bids] -> events -> fixations.  Positions are medians of the
gaze (``_physio.tsv.gz``) during the fixations of ``_physioevents.tsv.gz``; images are those of
``stim_file`` in ``_events.tsv``, or those that messages name.
"""

import csv
import gzip
import io
import os
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from psysal.checks import parse_json
from psysal.gaze.formats.events import Event, Recording, image_name, images_shown
from psysal.gaze.formats.text import parse_numbers, read_table_text
from psysal.gaze.geometry import ORIGINS, Geometry

__all__ = ["read_bids"]

SECONDS = (
    {"s": 1.0, "seconds": 1.0, "second": 1.0, "sec": 1.0}
    | {name: 1e-3 for name in ("ms", "msec", "milliseconds", "millisecond")}
    | {"us": 1e-6, "µs": 1e-6, "μs": 1e-6, "microseconds": 1e-6, "ns": 1e-9, "nanoseconds": 1e-9}
)
LONGEST_FIXATION_S = 10  # a median above it, without units, is in ms
UNITS = {"pixel": "pixels", "pixels": "pixels", "px": "pixels", "normalized": "share"} | {
    name: "degrees" for name in ("deg", "degree", "degrees")
}


def read_bids(path: str | os.PathLike[str]) -> Recording:
    """Fixations of one recording of eye tracking in BIDS.

    Parameters
    ----------
    path : path
        File ``..._physioevents.tsv.gz``; ``..._physio.tsv.gz``, the JSON files of both and, if
        there is one, ``..._events.tsv`` are beside it.

    Returns
    -------
    Recording
        The subject is the one of the name, as "01" of sub-01. Coordinates are those of
        ``StimulusPresentation``, in the middle of whose screen images are.

    Raises
    ------
    OSError
        A file cannot be opened.
    ValueError
        A file is damaged or lacks what is needed; the message names it.
    """
    path = Path(path)
    if "_physioevents.tsv" not in path.name:
        raise ValueError(
            f"{path}: a file ..._physioevents.tsv.gz with fixations was expected; gaze alone "
            "needs fixations detected first, as with pymovements"
        )
    events, events_info = _read(path)
    gaze_path = path.with_name(path.name.replace("_physioevents", "_physio"))
    gaze, gaze_info = _read(gaze_path)
    for file, held, needed in (
        (path, events, ("onset", "duration", "trial_type")),
        (gaze_path, gaze, ("timestamp", "x_coordinate", "y_coordinate")),
    ):
        if missing := [name for name in needed if name not in held]:
            raise ValueError(
                f"{file}: columns {', '.join(missing)} were expected in its JSON, "
                f"found {', '.join(held)}"
            )
    times = _numbers(gaze_path, gaze, "timestamp")
    x, y = _numbers(gaze_path, gaze, "x_coordinate"), _numbers(gaze_path, gaze, "y_coordinate")
    unit = SECONDS.get(_unit(gaze_info, "timestamp", "s"), 1.0)
    starts, durations = _numbers(path, events, "onset"), _numbers(path, events, "duration")
    rows = np.flatnonzero([kind == "fixation" for kind in events["trial_type"]])
    if not len(rows):
        raise ValueError(f"{path}: rows of the trial_type fixation were expected, found none")
    is_in_ms = np.nanmedian(durations[rows]) > LONGEST_FIXATION_S
    durations *= SECONDS.get(_unit(events_info, "duration", "ms" if is_in_ms else "s"), 1.0)
    messages = [
        (time, text)
        for time, text in zip(starts, events.get("message", ()), strict=False)
        if text not in ("", "n/a")
    ]
    begin = times[0] if len(times) else 0.0
    messages += _stimuli(path, begin, unit, _start_time(gaze_info))
    messages.sort(key=lambda message: message[0])
    spans = [(float(starts[row]), float(starts[row] + durations[row] / unit)) for row in rows]
    match = re.match(r"sub-([^_]+)", path.name)
    recording = Recording(path, geometry=_geometry(gaze_path, path, gaze_info))
    for number, (row, message) in enumerate(zip(rows, images_shown(messages, spans), strict=True)):
        if message is None:
            recording.elsewhere += 1
            continue
        low, high = np.searchsorted(times, spans[number])
        during = slice(low, max(high, low + 1))
        with np.errstate(invalid="ignore"):
            seen = np.isfinite(x[during]) & np.isfinite(y[during])
        recording.events.append(
            Event(
                image_name(messages[message][1]), match[1] if match else path.stem,
                float(starts[row]), float(durations[row]) * 1000,
                float(np.median(x[during][seen])) if seen.any() else np.nan,
                float(np.median(y[during][seen])) if seen.any() else np.nan,
                place=f"row {row + 1}",
            )
        )  # fmt: skip
    return recording


def _read(path: Path) -> tuple[dict[str, list[str]], dict[str, Any]]:
    """Columns of a table without headings, which its JSON has, and that JSON."""
    info_path = path.with_name(path.name.partition(".tsv")[0] + ".json")
    data = path.read_bytes()
    try:
        info = dict(parse_json(info_path.read_text(encoding="utf-8")))
        names = list(info["Columns"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{info_path}: JSON with Columns was expected ({error})") from None
    try:
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
        rows = [row for row in csv.reader(io.StringIO(text), delimiter="\t") if row]
        columns = [list(cells) for cells in zip(*rows, strict=True)] or [[] for _ in names]
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise ValueError(
            f"{path}: a table compressed by gzip was expected, found something else ({error})"
        ) from None
    if len(columns) != len(names):
        raise ValueError(
            f"{path}: {len(names)} columns were expected, as in {info_path.name}, "
            f"found {len(columns)}"
        )
    return dict(zip(names, columns, strict=True)), info


def _start_time(info: dict[str, Any]) -> float:
    """Time of the first sample; a list of one in some files."""
    return float(np.ravel(info.get("StartTime", 0))[0])


def _numbers(path: Path, columns: dict[str, list[str]], name: str) -> Any:
    """Numbers of a column, NaN where it has none."""
    try:
        return np.array(["nan" if text in ("n/a", "") else text for text in columns[name]], float)
    except ValueError as error:
        raise ValueError(f"{path}: {name} must be numbers ({error})") from None


def _unit(info: dict[str, Any], column: str, default: str) -> str:
    return str(info.get(column, {}).get("Units", default)).strip().lower()


def _stimuli(path: Path, begin: float, unit: float, start_time: float) -> list[tuple[float, str]]:
    """Messages that say which image is shown, and when none is, by ``_events.tsv``."""
    stem = re.sub(r"(_recording-[^_]+)?_physioevents$", "", path.name.partition(".tsv")[0])
    table_path = path.with_name(f"{stem}_events.tsv")
    if not table_path.exists():
        return []
    table = read_table_text(table_path, ["onset", "duration"])
    if not {"onset", "duration", "stim_file"} <= set(table.header):
        return []
    onset, duration = (
        parse_numbers(table, name, table.column(name), float, ("n/a",))
        for name in ("onset", "duration")
    )
    messages = []
    for row, name in enumerate(table.column("stim_file")):
        if name != "n/a":
            start = begin + (onset[row] - start_time) / unit
            messages.append((start, name))
            if np.isfinite(duration[row]):
                messages.append((start + duration[row] / unit, "!V CLEAR"))
    return messages


def _geometry(gaze_path: Path, path: Path, info: dict[str, Any]) -> Geometry:
    """Coordinates, by the JSON of the gaze or of the events of the experiment."""
    stem = re.sub(r"(_recording-[^_]+)?_physioevents$", "", path.name.partition(".tsv")[0])
    events_info = path.with_name(f"{stem}_events.json")
    if "StimulusPresentation" not in info and events_info.exists():
        try:
            info = info | dict(parse_json(events_info.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise ValueError(f"{events_info}: JSON of an object was expected ({error})") from None
    unit = _unit(info, "x_coordinate", "pixel")
    if unit not in UNITS:
        raise ValueError(
            f"{gaze_path}: x_coordinate in pixels, degrees or normalized was expected, got {unit}"
        )
    display = info.get("StimulusPresentation", {})
    origin = " ".join(display.get("ScreenOrigin", ["top", "left"]))
    screen = display.get("ScreenResolution")
    return Geometry(
        UNITS[unit],
        origin if origin in ORIGINS else "top left",
        screen=(int(screen[0]), int(screen[1])) if screen else None,
    )
