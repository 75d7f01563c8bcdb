"""The manifest: what became of every photograph, for people and programs.

Place: run database -> [manifest] -> JSON lines or Parquet.

A map has a line; a photograph that was cropped has one for every crop.  Names of files that are
no text have their bytes as ``\\xff``.
"""

import json
import os
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from psysal import files
from psysal.archive.run_database import RunDatabase
from psysal.checks import parse_json
from psysal.optional import require

__all__ = ["COLUMNS", "MANIFESTS", "OF_CROPS"]

MANIFESTS = (".jsonl", ".parquet")
"""Suffixes of a manifest."""

OF_CROPS = ("left", "top", "right", "bottom", "confidence")
"""Columns of the manifest of crops alone: the window in pixels of the photograph, whose right and
bottom are the first outside, and the share of fixations in it."""

COLUMNS = (
    *("source", "output", "status", "error", "remark", "rows", "cols", *OF_CROPS),
    *("bytes", "sha256", "seconds", "finished", "model", "version", "parameters"),
)
"""Columns of a manifest: ``output`` is the path of the map or crop below the output, ``seconds``
the time of reading, mapping and writing, ``finished`` the end of that in UTC, and the last three
say how it was made."""

INTEGERS = ("rows", "cols", "left", "top", "right", "bottom")


def write_manifest(path: Path, database: RunDatabase) -> None:
    """Write a line or row for every map or crop, in the order they came; whole or not at all.

    Raises
    ------
    ImportError
        It ends in .parquet, and pyarrow is not installed.
    OSError
        It cannot be written; an earlier one is still there.
    """
    has_crops = database.has_crops()
    columns = [name for name in COLUMNS if has_crops or name not in OF_CROPS]
    records = _records(database, columns)
    try:
        with files.draft(path, overwrite=True) as new:
            if path.suffix.lower() == ".parquet":
                _write_parquet(new, columns, records)
            else:
                encode = json.JSONEncoder(ensure_ascii=False).encode  # dumps makes one a line
                with new.open("w", encoding="utf-8") as file:
                    file.writelines(encode(record) + "\n" for record in records)
    except OSError as error:
        raise OSError(f"{path}: could not be written ({error.strerror or error})") from None


def _records(database: RunDatabase, columns: list[str]) -> Iterator[dict[str, Any]]:
    of_maps = [name for name in COLUMNS if name not in OF_CROPS]
    for source, output, *row, settings, crops in database.rows():
        values = _text(source), _text(output), *row, *_made_by(settings)
        record = dict.fromkeys(columns) | dict(zip(of_maps, values, strict=True))
        if crops and record["status"] == "done":
            for crop in parse_json(crops):
                yield record | crop | {"output": _text(os.fsencode(crop["output"]))}
        else:  # of a photograph that failed, with the numbers of what is there from before
            yield record


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


@lru_cache(8)
def _made_by(settings: str | None) -> tuple[Any, ...]:
    known = parse_json(settings) if settings else {}
    return tuple(known.get(key) for key in COLUMNS[-3:])


def _write_parquet(path: Path, columns: list[str], records: Iterator[dict[str, Any]]) -> None:
    arrow = require("pyarrow")
    parquet = require("pyarrow.parquet")
    types = dict.fromkeys(INTEGERS, arrow.int32()) | {"bytes": arrow.int64()}
    types |= dict.fromkeys(("seconds", "confidence"), arrow.float64())
    schema = arrow.schema([(name, types.get(name, arrow.string())) for name in columns])
    with parquet.ParquetWriter(path, schema) as file:
        while some := list(islice(records, 10_000)):
            for record in some:
                record["parameters"] = json.dumps(record["parameters"])
            file.write_table(arrow.Table.from_pylist(some, schema))
