"""Lists on standard output, as tables for people or as JSON for programs.

Place: below the commands that list models and metrics.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer

__all__ = ["AsJson", "print_json", "print_table"]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, not tables.")]
"""The option ``--json`` of a command that lists."""


def print_json(records: Iterable[Mapping[str, Any]]) -> None:
    """Print records as a list in JSON.

    Parameters
    ----------
    records : iterable of mapping
        What JSON can hold.
    """
    print(json.dumps(list(records), indent=1))


def print_table(title: str, widths: Mapping[str, int], rows: Iterable[Sequence[str]]) -> None:
    """Print a table below its title, and an empty line.

    Parameters
    ----------
    title : str
        Sentence above the table.
    widths : mapping of str to int
        Width of every column in characters, by its head; two spaces are between columns.
    rows : iterable of sequence of str
        Cells of each row; the first is a name, which is set in bold and not wrapped.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for head, width in widths.items():
        table.add_column(head, width=width)
    for name, *cells in rows:
        table.add_row(Text(name, style="bold", no_wrap=True), *map(Text, cells))
    console = Console(highlight=False)
    console.print(Text(title), table, "")
