"""Runs of two states of the code side by side, the least of each figure.

    python benchmarks/measure/compare.py old.json new.json
    python benchmarks/measure/compare.py --old old1.json old2.json --new new1.json new2.json

The files are those of ``run.py -o``; runs of both states in turns (``alternate.py``) are
the better comparison on a machine that drifts.  Ratios above 1.03 are marked.
"""

import argparse
import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

SLOWER = 1.03


def least(runs, name):
    """The least figure of a benchmark; None if no run has one."""
    figures = [run[name]["figure"] for run in runs if "figure" in run.get(name, {})]
    return min(figures, default=None)


def compared(old, new):
    """The table of two lists of runs, each a mapping of names to figures."""
    table = Table("benchmark", "old", "new", "new / old", "in")
    for column in table.columns[1:4]:
        column.justify = "right"
    units = {name: entry["in"] for run in (*old, *new) for name, entry in run.items()}
    for name, unit in units.items():
        a, b = least(old, name), least(new, name)
        cells = ["-" if figure is None else f"{figure:.3g}" for figure in (a, b)]
        ratio, style = "-", None
        if a and b:
            slower = b / a > SLOWER
            ratio, style = f"{'! ' if slower else ''}{b / a:.3f}", "red" if slower else None
        table.add_row(name, *cells, ratio, unit, style=style)
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pair", nargs="*", metavar="FILE", help="the old file and the new one")
    parser.add_argument("--old", nargs="+", default=[], metavar="FILE")
    parser.add_argument("--new", nargs="+", default=[], metavar="FILE")
    options = parser.parse_args()
    if options.pair and (len(options.pair) != 2 or options.old or options.new):
        parser.error("two files, old and new, or --old FILE ... --new FILE ... were expected")
    old, new = options.old or options.pair[:1], options.new or options.pair[1:]
    if not (old and new):
        parser.error("an old file and a new one were expected")
    runs = [[json.loads(Path(path).read_text()) for path in paths] for paths in (old, new)]
    Console().print(compared(*runs))


if __name__ == "__main__":
    main()
