"""Lists on standard output, as tables for people or as JSON for programs.

Place: below the commands that list models and metrics, or compare models.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from psysal.cli.console import with_options

if TYPE_CHECKING:
    from pandas import DataFrame

    from psysal.reports.tables import Cell

__all__ = ["AsJson", "print_json", "print_scores", "print_table"]

LONGEST_NAME, NAME_END = 24, 8  # characters of a model's name in a terminal, and at its end

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


def print_scores(table: "DataFrame", about: Mapping[str, Any]) -> None:
    """Print a table of scores that fits the terminal.

    Columns that do not fit beside each other stand in blocks below each other; intervals are
    below their means.

    Parameters
    ----------
    table : DataFrame
        As :func:`psysal.evaluation.summary.summary` gives it.
    about : mapping
        Description of the comparison; it may be empty.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from psysal.reports.tables import arrow, grids, notes
    from psysal.wording import shorten_name

    console = Console(highlight=False)
    legend = {}
    for grid in grids(table, about):
        if grid.metric:
            console.print(Text(f"{grid.metric} {arrow(grid.metric)}"))
        heads = [column if grid.metric else f"{column} {arrow(column)}" for column in grid.columns]
        columns = [
            [_score(cell) for cell in scores]
            for scores in zip(*(row.cells for row in grid.rows), strict=True)
        ]
        if grid.rows[0].mean_rank:
            heads.append("mean rank")
            columns.append([Text(row.mean_rank) for row in grid.rows])
        cells = [cell for row in grid.rows for cell in row.cells if cell]
        if any(cell.verdict for cell in cells):
            legend["marks"] = f"▲ better, ▼ worse than {about.get('reference', 'the first')}."
        if any(cell.best for cell in cells):
            legend["bold"] = "Bold: best of the models that depend on the image."
        if any(cell.counted for cell in cells):
            legend["n"] = "Models were scored on different images, n of each: no order."
        names = [shorten_name(row.label, LONGEST_NAME, NAME_END) for row in grid.rows]
        widths = [
            max(len(head), *(len(line) for text in texts for line in text.split()))
            for head, texts in zip(heads, columns, strict=True)
        ]
        room = console.width - max(map(len, ["model", *names]))
        start = 0
        while start < len(heads):
            end = start + 1
            while end < len(heads) and sum(widths[start : end + 1]) + 2 * (end + 1 - start) <= room:
                end += 1
            block = Table(box=None, pad_edge=False, header_style="dim")
            block.add_column("model", no_wrap=True)
            for head in heads[start:end]:
                block.add_column(Text(head), no_wrap=True)
            for name, *texts in zip(names, *columns[start:end], strict=True):
                block.add_row(Text(name), *texts)
            console.print(block, "")
            start = end
    for sentence in (*legend.values(), *notes(about)):
        console.print(Text(with_options(sentence)))


def _score(cell: "Cell | None") -> Any:
    """Mean, bold if it is best, with its mark and number of images; its interval below it."""
    from rich.text import Text

    from psysal.reports.tables import number

    if cell is None:
        return Text("n/a")
    text = Text(number(cell.mean), style="bold" if cell.best else "")
    text.append({1: " ▲", -1: " ▼", 0: ""}[cell.verdict] + f" n = {cell.images}" * cell.counted)
    if cell.low == cell.low:
        text.append(f"\n[{number(cell.low)}, {number(cell.high)}]", style="not bold dim")
    return text
