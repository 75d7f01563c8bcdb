"""Table of an evaluation in LaTeX, with the rules of the package booktabs.

Place in the pipeline: table -> grids -> [latex] -> table.tex.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from psysal.evaluation.profiles import PROFILES
from psysal.reports.tables import Cell, Grid, arrow, grids, interval_kind, notes, number

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["escape", "latex"]

ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "_": r"\_", "%": r"\%", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "[": "{[}", "]": "{]}",
    "*": "{*}", "\N{MINUS SIGN}": "$-$", "∞": r"$\infty$", "\N{EN DASH}": "--",
    "↑": r"$\uparrow$", "↓": r"$\downarrow$", "\N{DAGGER}": r"\textsuperscript{\dag}",
}  # fmt: skip
"""Characters that LaTeX does not print as they are; [ and * mean something after a line end."""


def escape(text: str) -> str:
    r"""A text that LaTeX prints as it is.

    Parameters
    ----------
    text : str
        Any text, such as the name of a model; its line ends and control characters become
        spaces.

    Returns
    -------
    str

    Examples
    --------
    >>> print(escape("sim_v2 (50% & more)"))
    sim\_v2 (50\% \& more)
    """
    printable = "".join(char if char.isprintable() else " " for char in text)
    return "".join(ESCAPES.get(char, char) for char in " ".join(printable.split()))


def latex(table: "pd.DataFrame", about: Mapping[str, Any]) -> str:
    """Table in LaTeX: means, best in bold, with small intervals below them.

    Parameters
    ----------
    table, about
        As :func:`psysal.reports.tables.marked_rows` takes them.

    Returns
    -------
    str
        A float with a caption that says what was measured, on how many images, and what the
        intervals are; one for each metric if there are several data sets. The packages
        booktabs and, for names beyond Latin letters, a Unicode engine are needed.
    """
    head = f"% Made with psysal {about['version']}. In the preamble: \\usepackage{{booktabs}}\n"
    return head + "\n".join(_float(grid, about) for grid in grids(table, about))


def _float(grid: Grid, about: Mapping[str, Any]) -> str:
    titles = {name: metric.title for name, metric in PROFILES[about["profile"]].items()}
    ranked = bool(grid.rows[0].mean_rank)
    heads = [c if grid.metric else f"{titles[c]} {arrow(c)}" for c in grid.columns]
    heads = [*map(escape, heads), *(["Mean rank"] if ranked else [])]
    lines = []
    for row in grid.rows:
        rank = [escape(row.mean_rank)] if ranked else []
        lines.append(" & ".join([escape(row.label), *map(_mean, row.cells), *rank]) + r" \\")
        intervals = [_interval(cell) for cell in row.cells]
        if any(intervals):
            lines.append(" & ".join(["", *intervals, *([""] if ranked else [])]) + r" \\")
    label = "tab:psysal" + (f"-{grid.metric.replace('_', '-')}" if grid.metric else "")
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_caption(grid, about)}}}",
            rf"\label{{{label}}}",
            rf"\begin{{tabular}}{{l{'r' * len(heads)}}}",
            r"\toprule",
            " & ".join(["Model", *heads]) + r" \\",
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _mean(cell: Cell | None) -> str:
    if cell is None:
        return "n/a"
    text = escape(number(cell.mean))
    text = rf"\textbf{{{text}}}" if cell.best else text
    return text + (rf" {{\scriptsize ($n={cell.images}$)}}" if cell.counted else "")


def _interval(cell: Cell | None) -> str:
    if cell is None or cell.low != cell.low:
        return ""
    return rf"{{\scriptsize [{escape(number(cell.low))}, {escape(number(cell.high))}]}}"


def _caption(grid: Grid, about: Mapping[str, Any]) -> str:
    """Sentences of what was measured, on what, and how the table is to be read."""
    cells = [cell for row in grid.rows for cell in row.cells if cell is not None]
    counts = sorted({cell.images for cell in cells})
    images = " to ".join(map(str, sorted({counts[0], counts[-1]})))
    sets = grid.columns if grid.metric else [about["dataset"]]
    sentences = [
        f"Fixations on {' and '.join(sets)}, {images} images; psysal, profile {about['profile']}.",
        f"Mean over images, with its 95 % interval ({interval_kind(about)}).",
    ]
    if grid.metric:
        title = PROFILES[about["profile"]][grid.metric].title
        sentences.insert(0, f"{title} {arrow(grid.metric)}.")
    if any(cell.best for cell in cells):
        sentences.append("Bold: best of the models that depend on the image.")
    if any(cell.counted for cell in cells):
        sentences.append("Models were scored on different images, n beside each mean: no order.")
    return escape(" ".join([*sentences, *notes(about)]))
