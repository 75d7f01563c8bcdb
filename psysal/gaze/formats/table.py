"""Fixations in tables, CSV and TSV.

Place in the pipeline: file <-> [table] <-> fixations.
"""

import csv
import io
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from psysal import files
from psysal.gaze.fixations import COLUMNS, Fixations, from_columns
from psysal.gaze.formats.export_tables import LAYOUTS, plain_heading
from psysal.gaze.formats.text import parse_numbers, read_table_text
from psysal.gaze.order import order_from_zero, running_number
from psysal.wording import shorten_list

__all__ = ["read_table", "write_table"]

_WHOLE = re.compile(r"(-?(?:0|[1-9]\d*))(?:[.,]0+)?")


def read_table(
    path: str | os.PathLike[str],
    *,
    columns: Mapping[str, str] | None = None,
    first: int | str | None = 0,
    on_warning: Callable[[str], None] = lambda sentence: None,
) -> Fixations:
    """Fixations of a text file with named columns, separated by commas, semicolons or tabs.

    Parameters
    ----------
    path : path
        UTF-8 or UTF-16 text. Numbers have a decimal point or comma; blank lines, and lines
        that begin with "#", are left out.
    columns : mapping of str to str, optional
        Headings in the file by ``image``, ``subject``, ``order``, ``x``, ``y`` and
        ``duration``, where they differ from these. Without a subject all fixations are of
        one, 0; without an order they are numbered as they come; without a duration it is
        NaN.
    first : int or "each", optional
        Order in the file of the first fixation of a scanpath; "each" where it is the smallest
        one of each scanpath, as orders run on; with None, 1 if that is the smallest one in the
        file, else 0.
    on_warning : callable
        Called with a sentence where ``first`` is None and not clearly 0.

    Returns
    -------
    Fixations
        Coordinates are those in the file, whatever they count.

    Raises
    ------
    OSError
        The file cannot be opened.
    ValueError
        A column or value is missing or out of range, or two columns have one name; the
        message names the line.

    Examples
    --------
    >>> from pathlib import Path
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
    needed = [headings[name] for name in COLUMNS if name in {"image", "x", "y", *renamed}]
    table = read_table_text(path, needed)
    if missing := [heading for heading in needed if heading not in table.header]:
        raise ValueError(
            f"{path}: line {table.header_line}: columns {', '.join(missing)} were expected, "
            f"found {shorten_list(table.header, 12) or 'nothing'}; "
            f"name them as columns, in dataset.toml such as\n{_draft(table.header)}"
            f"{_hint(table.header)}"
        )
    texts = {
        name: table.column(heading) for name, heading in headings.items() if heading in table.header
    }
    parsed: dict[str, Any] = {
        name: parse_numbers(table, headings[name], texts[name], kind, missing)
        for name, kind, missing in (
            ("x", float, ()), ("y", float, ()), ("order", int, ()), ("duration", float, ("",)),
        )
        if name in texts
    }  # fmt: skip
    parsed["image"] = texts["image"]
    parsed["subject"] = texts.get("subject", ["0"] * len(table.rows))
    whole = [_WHOLE.fullmatch(text) for text in parsed["subject"]]
    if all(whole):  # "01" and "1" may be two people
        parsed["subject"] = [int(match[1]) for match in whole if match]
    if "order" in parsed:
        parsed["order"] = order_from_zero(path, parsed, first, on_warning)
    else:
        parsed["order"] = running_number(parsed["image"], parsed["subject"])
    return from_columns(path, parsed, lambda row: f"line {table.lines[row]}")


def _draft(header: list[str]) -> str:
    """Line of ``dataset.toml`` that names columns, with headings that may be meant."""
    words = {"image": "image|stimul|pict|file|photo", "x": "x$", "y": "y$"}
    words |= {"subject": "subject|particip|observer"}
    found = {
        name: next((h for h in header if re.search(word, h, re.IGNORECASE)), "")
        for name, word in words.items()
    }
    pairs = [f'{name} = "{h or "..."}"' for name, h in found.items() if h or name != "subject"]
    return f"columns = {{{', '.join(pairs)}}}"


def _hint(header: list[str]) -> str:
    """Line of ``dataset.toml`` for a table that is an export."""
    headings = {plain_heading(heading) for heading in header}
    for name, layout in LAYOUTS.items():
        if any(entry["x"] in headings for entry in layout["positions"]):
            return f'\nor, as it seems to be an export, add to dataset.toml:\nformat = "{name}"'
    if header and header[0].startswith(("** ", "MSG")):
        return '\nor, as it seems to be an export, add to dataset.toml:\nformat = "eyelink"'
    return ""


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
    files.save(path, encode_table(fixations), overwrite=overwrite)


def encode_table(fixations: Fixations) -> bytes:
    """Bytes of the CSV file of :func:`write_table`.

    Parameters
    ----------
    fixations : Fixations
        Rows, in their order.

    Returns
    -------
    bytes
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    columns = [getattr(fixations, name).tolist() for name in COLUMNS]
    columns[-1] = ["" if np.isnan(value) else value for value in columns[-1]]
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue().encode()
