"""Rows of text files: encodings, separators and numbers as programs of many countries write them.

Place in the pipeline: file -> [text] -> tables and exports -> fixations.
"""

import codecs
import csv
import io
import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from psysal._typing import Array

__all__ = ["Table", "parse_numbers", "read_table_text", "read_text", "split_table"]

SEPARATORS = ("\t", ";", ",")
_WHOLE = re.compile(r"[+-]?\d+(?:[.,]0*)?")


@dataclass(frozen=True)
class Table:
    """Rows of a text file with named columns.

    Parameters
    ----------
    path : path
        File, for messages.
    header : list of str
        Headings of the columns.
    rows : list of list of str
        Cells of the rows; as many as there are headings.
    lines : list of int
        Line of the file at which each row ends; the first is 1.
    header_line : int
        Line of the headings.
    """

    path: str | os.PathLike[str]
    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    header_line: int = 1

    def column(self, heading: str) -> list[str]:
        """Cells of a column.

        Parameters
        ----------
        heading : str
            Name of a column that is there.

        Returns
        -------
        list of str
            Without blanks about them.

        Raises
        ------
        ValueError
            Two columns have this name.
        """
        if (count := self.header.count(heading)) > 1:
            raise ValueError(
                f"{self.path}: line {self.header_line}: one column {heading} was expected, found "
                f"{count} of this name; rename all but one"
            )
        place = self.header.index(heading)
        return [row[place].strip() for row in self.rows]


def read_text(path: str | os.PathLike[str]) -> str:
    """Text of a file in UTF-8, or in UTF-16 with or without a mark of its byte order.

    Parameters
    ----------
    path : path
        File to read.

    Returns
    -------
    str
        Without a byte order mark.

    Raises
    ------
    OSError
        The file cannot be opened.
    ValueError
        It is in another encoding; the message names the first byte that is not UTF-8.
    """
    data = Path(path).read_bytes()
    start = data[:200]
    encoding = "utf-8-sig"
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        encoding = "utf-32"
    elif start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif len(start) > 4 and start[1::2].count(0) > 0.8 * len(start[1::2]):
        encoding = "utf-16-le"
    elif len(start) > 4 and start[::2].count(0) > 0.8 * len(start[::2]):
        encoding = "utf-16-be"
    if encoding == "utf-8-sig" and b"\0" in data[:4096]:
        raise ValueError(
            f"{path}: UTF-8 text was expected, found a binary file; save a spreadsheet as CSV, and "
            "convert EyeLink's EDF by edf2asc -e"
        )
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: UTF-8 text was expected, found the byte {data[error.start]:#x} "
            f"at {error.start}; UTF-16 is read too, and another encoding is converted by "
            f"iconv -f WINDOWS-1252 -t UTF-8 {Path(path).name} > utf8-{Path(path).name}"
        ) from None


def read_table_text(path: str | os.PathLike[str], needed: Collection[str] = ()) -> Table:
    """Table in a text file; its first line that is neither blank nor a comment has the headings.

    Parameters
    ----------
    path : path
        File to read; lines that begin with "#" are comments.
    needed : collection of str
        Headings by which the separator is known: a tab, ";" or ",".

    Returns
    -------
    Table

    Raises
    ------
    OSError
        The file cannot be opened.
    ValueError
        A row has more or fewer cells than there are headings, or quotes that are not closed.
    """
    return split_table(path, read_text(path), needed)


def split_table(path: str | os.PathLike[str], text: str, needed: Collection[str]) -> Table:
    """Table in a text.

    Parameters
    ----------
    path : path
        File, for messages.
    text : str
        Lines of the table.
    needed : collection of str
        Headings by which the separator is known.

    Returns
    -------
    Table

    Raises
    ------
    ValueError
        As :func:`read_table_text`.
    """
    text = re.sub(r"^sep=.\r?\n", "\n", text)  # which Excel writes
    first = next((line for line in text.splitlines() if line.strip() and line[0] != "#"), "")
    separator = max(
        SEPARATORS,
        key=lambda mark: (len({*needed} & {*_headings(first, mark)}), first.count(mark)),
    )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header: list[str] = []
    rows, lines, header_line = [], [], 1
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            comment = row[0].startswith("#")
            if not header:
                if not comment:
                    header, header_line = _without_empty_end(row), reader.line_num
                continue
            if len(row) > len(header):
                row[len(header) :] = _without_empty_end(row[len(header) :])
            if len(row) != len(header):
                if comment:
                    continue
                marks = separator == "," and len(row) > len(header)
                raise ValueError(
                    f"{path}: line {reader.line_num}: {len(header)} values were expected, "
                    f"found {len(row)}"
                    + ("; with decimal commas, columns are separated by ; or tabs" if marks else "")
                )
            rows.append(row)
            lines.append(reader.line_num)
    except csv.Error as error:
        raise ValueError(
            f"{path}: line {reader.line_num}: a row of a table was expected, found a damaged one "
            f"({error})"
        ) from None
    return Table(path, [name.strip() for name in header], rows, lines, header_line)


def _headings(line: str, separator: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:  # which the reader of the whole says
        return []


def _without_empty_end(cells: list[str]) -> list[str]:
    """Cells without the empty ones that separators at the end of a line leave."""
    count = max((i for i, cell in enumerate(cells, 1) if cell.strip()), default=0)
    return cells[:count]


def parse_numbers(
    table: Table, heading: str, texts: Sequence[str], kind: type, missing: Collection[str] = ()
) -> Array:
    """Numbers of a column, with a decimal point or comma; whole ones may be written "1.0".

    Parameters
    ----------
    table : Table
        Table, for messages.
    heading : str
        Heading of the column, for messages.
    texts : sequence of str
        Cells of the column.
    kind : int or float
        Type of the numbers.
    missing : collection of str
        Cells that stand for an unknown number, NaN.

    Returns
    -------
    ndarray, int64 or float64

    Raises
    ------
    ValueError
        A cell is no number; the message names its line.

    Examples
    --------
    >>> table = Table("gaze.csv", ["x"], [["150,5"], ["20"]], [2, 3])
    >>> parse_numbers(table, "x", table.column("x"), float).tolist()
    [150.5, 20.0]
    """
    commas = any("," in text for text in texts)
    if commas and any("." in text for text in texts if text not in missing):
        row = next(row for row, text in enumerate(texts) if "," in text)
        raise ValueError(
            f"{table.path}: line {table.lines[row]}: {heading} must have one decimal mark, got "
            f"{texts[row]!r} and others with a point; write numbers without thousands separators"
        )
    dtype = np.int64 if kind is int else np.float64
    numbers = np.empty(len(texts), dtype)
    for row, text in enumerate(texts):
        try:
            if text in missing:
                numbers[row] = np.nan
            elif "_" in text or (kind is int and not _WHOLE.fullmatch(text)):
                raise ValueError
            else:
                numbers[row] = kind(float(text.replace(",", ".")))
        except (ValueError, OverflowError):
            number = "an integer" if kind is int else "a number"
            raise ValueError(
                f"{table.path}: line {table.lines[row]}: {heading} must be {number}, got {text!r}"
            ) from None
    return numbers
