"""Two states of the code measured in turns, and compared: ``run.py --against COMMIT``."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

TIMEOUT_S = 3600  # of one run
SLOWER = 1.03  # ratio that is marked


def against(root, commit, groups, rounds):
    """Table of a commit and of the working tree, each measured by its own run.py, in turns.

    Of every figure the least of all rounds counts.
    """
    with tempfile.TemporaryDirectory() as folder:
        old = Path(folder, "old")
        git = ["git", "-C", str(root), "worktree"]
        done = subprocess.run(
            [*git, "add", "--quiet", "--detach", str(old), commit], capture_output=True, text=True
        )
        if done.returncode:
            raise SystemExit(f"--against takes a commit, got {commit!r}: {done.stderr.strip()}")
        try:
            runs = {old: [], root: []}
            for _ in range(rounds):
                for tree, figures in runs.items():
                    figures.append(_run(tree, Path(folder, "figures.json"), groups))
        finally:
            subprocess.run([*git, "remove", "--force", str(old)], check=True)
    Console().print(compared(*runs.values()))
    return 0


def _run(tree, output, groups):
    """Figures of one run of a tree; those of benchmarks that fail are left out."""
    only = [word for group in groups for word in ("--only", group)]
    output.unlink(missing_ok=True)
    subprocess.run(
        [sys.executable, tree / "benchmarks/measure/run.py", "--quick", "-o", output, *only],
        cwd=tree, env={**os.environ, "PYTHONPATH": str(tree)},
        stdout=subprocess.DEVNULL, timeout=TIMEOUT_S,
    )  # fmt: skip
    if not output.exists():
        raise SystemExit(f"{tree}: its run.py gave no figures; run it alone to see why")
    return json.loads(output.read_text())


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
