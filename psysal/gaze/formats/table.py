"""Fixations in tables, CSV and TSV.

Place in the pipeline: file <-> [table] <-> fixations.
"""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from psysal import files
from psysal._typing import Array
from psysal.gaze.fixations import COLUMNS, Fixations, from_columns, running_number
from psysal.wording import shorten_list

__all__ = ["read_table", "write_table"]


def read_table(
    path: str | os.PathLike[str], *, columns: Mapping[str, str] | None = None, first: int = 0
) -> Fixations:
    """Fixations of a text file with named columns, separated by commas or tabs.

    Parameters
    ----------
    path : path
        UTF-8 text; columns are separated by tabs where the first line has one.
    columns : mapping of str to str, optional
        Headings in the file by ``image``, ``subject``, ``order``, ``x``, ``y`` and
        ``duration``, where they differ from these. Without a subject all fixations are of
        one, 0; without an order they are numbered as they come; without a duration it is
        NaN.
    first : int
        Order in the file of the first fixation of a scanpath.

    Returns
    -------
    Fixations

    Raises
    ------
    OSError
        The file cannot be opened.
    ValueError
        A column or value is missing or out of range; the message names the line.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "fixations.csv")
    ...     _ = path.write_text("picture,x,y\\ncat.png,3,4.5\\ncat.png,8,1\\n")
    ...     fixations = read_table(path, columns={"image": "picture"})
    >>> fixations.images, fixations.order.tolist(), fixations.y.tolist()
    (('cat.png',), [0, 1], [4.5, 1.0])
    """
    renamed = dict(columns or {})
    if unknown := sorted(set(renamed) - set(COLUMNS)):
        raise ValueError(
            f"{path}: columns must be among {', '.join(COLUMNS)}, got {', '.join(unknown)}"
        )
    headings = {name: name for name in COLUMNS} | renamed
    header, rows, lines = _read_rows(path)
    needed = [headings[name] for name in COLUMNS if name in {"image", "x", "y", *renamed}]
    if missing := [heading for heading in needed if heading not in header]:
        raise ValueError(
            f"{path}: line 1: columns {', '.join(missing)} were expected, "
            f"found {shorten_list(header, 12) or 'nothing'}; "
            'name them with columns={"image": ..., "x": ..., "y": ...}'
        )
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(header):
            raise ValueError(
                f"{path}: line {line}: {len(header)} values were expected, found {len(row)}"
            )
    cells = list(zip(*rows, strict=True)) or [()] * len(header)
    texts = {
        name: cells[header.index(heading)]
        for name, heading in headings.items()
        if heading in header
    }
    texts.setdefault("subject", ("0",) * len(rows))
    if "duration" in texts:
        texts["duration"] = tuple(text or "nan" for text in texts["duration"])
    parsed: dict[str, Any] = {
        name: _parse(path, lines, headings[name], texts[name], kind)
        for name, kind in {"x": float, "y": float, "order": int, "duration": float}.items()
        if name in texts
    }
    parsed |= {"image": texts["image"], "subject": texts["subject"]}
    if all(map(_is_plain_integer, texts["subject"])):  # "01" and "1" may be two people
        parsed["subject"] = [int(text) for text in texts["subject"]]
    if "order" in parsed:
        parsed["order"] -= first
    else:
        parsed["order"] = running_number(parsed["image"], parsed["subject"])
    return from_columns(path, parsed, lambda row: f"line {lines[row]}")


def _read_rows(path: str | os.PathLike[str]) -> tuple[list[str], list[list[str]], list[int]]:
    """Header of a text file, its other rows, and the line at which each of these ends."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: UTF-8 text was expected, found the byte {error.object[error.start]:#x} "
            f"at {error.start}; save it as UTF-8"
        ) from None
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        rows = [(row, reader.line_num) for row in reader if row]
    except csv.Error as error:
        raise ValueError(
            f"{path}: line {reader.line_num}: a row of a table was expected, found a damaged one "
            f"({error})"
        ) from None
    header = rows[0][0] if rows else []
    return header, [row for row, _ in rows[1:]], [line for _, line in rows[1:]]


def _parse(
    path: str | os.PathLike[str],
    lines: Sequence[int],
    heading: str,
    texts: Sequence[str],
    kind: type,
) -> Array:
    """Numbers of a column, or a ValueError that names the line of the first that is none."""
    try:
        return np.array([kind(text) for text in texts])
    except ValueError:
        row = next(row for row, text in enumerate(texts) if not _is(kind, text))
        number = "an integer" if kind is int else "a number"
        raise ValueError(
            f"{path}: line {lines[row]}: {heading} must be {number}, got {texts[row]!r}"
        ) from None


def _is(kind: type, text: str) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True


def _is_plain_integer(text: str) -> bool:
    return _is(int, text) and str(int(text)) == text


def write_table(
    fixations: Fixations, path: str | os.PathLike[str], *, overwrite: bool = False
) -> None:
    """Write fixations as a CSV file that :func:`read_table` reads back unchanged.

    Parameters
    ----------
    fixations : Fixations
        Rows to write, in their order.
    path : path
        File to write.
    overwrite : bool
        Replace an existing file.

    Raises
    ------
    FileExistsError
        The file exists and ``overwrite`` is not set.
    OSError
        It cannot be written; an earlier one is unchanged.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    columns = [getattr(fixations, name).tolist() for name in COLUMNS]
    columns[-1] = ["" if np.isnan(value) else value for value in columns[-1]]
    writer.writerows(zip(*columns, strict=True))
    files.save(path, text.getvalue().encode(), overwrite=overwrite)
