"""Two trees of the code measured in turns, and compared.

    python benchmarks/measure/alternate.py OLD_TREE NEW_TREE [-n 3] [--only GROUP] [-o FOLDER]

Each tree runs its own run.py, with its own package first on PYTHONPATH, so many times and in
turns with the other; of every figure the least counts.  A tree may be from before the groups
of run.py: it then has benchmarks/run.py.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from compare import compared
from rich.console import Console

GROUPS = ("end-to-end", "baselines", "stages", "peers", "processes")
TIMEOUT_S = 3600  # of one run
BEFORE_GROUPS = """
import json, sys, traceback
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import run
groups = {
    "end-to-end": lambda: run.end_to_end(True),
    "baselines": run.baselines,
    "stages": run.stages,
    "peers": lambda: run.others(None, True),
    "processes": lambda: run.whole_processes(True),
}
figures = {}
for group in sys.argv[3:]:
    try:
        for name, kind, figure in groups[group]():
            figures[name] = {"figure": figure, "in": kind}
    except Exception:
        traceback.print_exc()
Path(sys.argv[2]).write_text(json.dumps(figures))
"""  # run.py as it was, a group at a time; one that fails ends there


def run(tree, output, groups):
    """Figures of one run of a tree; those of benchmarks that fail are left out."""
    script = tree / "benchmarks" / "measure" / "run.py"
    if script.exists():
        only = [word for group in groups for word in ("--only", group)]
        command = [script, "--quick", "-o", output, *only]
    else:
        command = ["-c", BEFORE_GROUPS, tree / "benchmarks", output, *groups]
    output.unlink(missing_ok=True)
    subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=tree,  # `-c` looks for modules here first
        env={**os.environ, "PYTHONPATH": str(tree)},
        stdout=subprocess.DEVNULL,
        timeout=TIMEOUT_S,
    )
    if not output.exists():
        raise SystemExit(f"{tree}: its run.py gave no figures; run it alone to see why")
    return json.loads(output.read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("old", type=Path, metavar="OLD_TREE")
    parser.add_argument("new", type=Path, metavar="NEW_TREE")
    parser.add_argument("-n", "--rounds", type=int, default=3)
    parser.add_argument(
        "--only", action="append", choices=GROUPS, metavar="GROUP",
        help=f"again for more, of {', '.join(GROUPS)}; default: the first three",
    )  # fmt: skip
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="keep all figures")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.output or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        runs = {"old": [], "new": []}
        for number in range(options.rounds):
            for label, done in runs.items():
                tree = getattr(options, label).resolve()
                path = folder.resolve() / f"{label}{number + 1}.json"
                done.append(run(tree, path, options.only or GROUPS[:3]))
    Console().print(compared(**runs))


if __name__ == "__main__":
    main()
