"""Two runs side by side: python benchmarks/compare.py old.json new.json"""

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    old, new = (json.loads(Path(path).read_text()) for path in sys.argv[1:])
    table = Table("benchmark", "old", "new", "new / old", "in")
    for name in dict.fromkeys([*old, *new]):
        a, b = (run.get(name, {}).get("figure") for run in (old, new))
        cells = [f"{figure:.3g}" if figure is not None else "-" for figure in (a, b)]
        ratio = f"{b / a:.2f}" if a and b else "-"
        table.add_row(name, *cells, ratio, (new.get(name) or old[name])["in"])
    Console().print(table)


if __name__ == "__main__":
    main()
