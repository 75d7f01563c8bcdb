"""Lists of photographs: columns of .csv and .parquet files, checked before the first row is used.

Place: name of a list -> [lists] -> cells of its column -> :mod:`psysal.archive.inputs`.
"""

import csv
import os
from collections.abc import Iterator
from contextlib import ExitStack
from textwrap import shorten
from typing import IO, Any

from psysal.archive import folders
from psysal.archive.folders import suffix
from psysal.files import shown
from psysal.optional import require

__all__: list[str] = []


def checked_list(name: str, column: str, copies: ExitStack) -> str:
    """Path of a manifest, or of its copy, that has the column."""
    try:
        path = copies.enter_context(folders.on_disk(name))
        empty = os.path.getsize(path) == 0
        columns = {} if empty else _columns(name, path)
    except ImportError:
        raise
    except OSError as error:
        why = f"{shown(name)}: could not be read ({error.strerror}); check the name and permissions"
        raise ValueError(why if error.strerror else str(error)) from None
    except Exception as error:  # readers fed with junk raise anything
        raise ValueError(f"{shown(name)}: is damaged ({one_line(error)}); get it anew") from None
    if empty:
        raise ValueError(
            f"{shown(name)}: is empty (0 bytes); a column {column!r} that names images was expected"
        )
    if column not in columns:
        has = shorten(", ".join(map(shown, columns)), 300) or "none"
        raise ValueError(
            f"{shown(name)}: has no column {column!r}; it has {has}; "
            f"call one {column}, or pass column="
        )
    if columns[column]:
        raise ValueError(
            f"{shown(name)}: column {column!r} must hold names of images, got "
            f"{shorten(columns[column], 100)}; write names into it, or pass column="
        )
    return path


def _columns(name: str, path: str) -> dict[str, str]:
    """Names of the columns, and the type of each that is no text."""
    if suffix(name) == ".csv":
        with _text(path) as file:
            header = next(csv.reader(file), [])
        counts = {name: header.count(name) for name in header}
        return {name: "" if n == 1 else f"{n} columns of this name" for name, n in counts.items()}
    with open(path, "rb") as data, _parquet(data) as table:
        return {
            field.name: "" if "string" in str(field.type) and not field.type.num_fields
            else str(field.type)
            for field in table.schema_arrow
        }  # fmt: skip


def cells(name: str, path: str, column: str) -> Iterator[str | None]:
    """Cells of a column, one at a time."""
    if suffix(name) == ".csv":
        with _text(path) as file:
            for row in csv.DictReader(file):
                yield row[column]
        return
    with open(path, "rb") as data, _parquet(data) as table:
        for batch in table.iter_batches(columns=[column]):
            yield from batch.column(0).to_pylist()


def _text(path: str) -> IO[str]:
    """Names need not be Unicode: their bytes come and go as they are."""
    return open(path, encoding="utf-8-sig", errors="surrogateescape", newline="")


def _parquet(data: IO[bytes]) -> Any:
    require("pyarrow")
    return require("pyarrow.parquet").ParquetFile(data)


def one_line(error: Exception) -> str:
    """Words of an error, cut to be read."""
    return shorten(str(error) or type(error).__name__, 200)
