"""OSIE, EyeCrowd and Interiors in one table, into docs/results.md; time and memory that it takes.

    PSYSAL_DATA=... python benchmarks/make/sets_table.py FOLDER [--docs]

FOLDER gets the reports.  With the scores of an earlier run in it, the time is of no use.
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

SETS = ("osie", "crowd", "interiors")
HEADING = "## Three sets in one table\n"
COMMAND = [sys.executable, "-c", "from psysal.cli.main import main; main()"]


def replace_table(page, text):
    """The page with another table between the command below the heading and the next heading."""
    start = page.index("```\n", page.index("```sh\n", page.index(HEADING)) + 6) + 4
    end = page.index("\n## ", start)
    return f"{page[:start]}\n{text.strip()}\n{page[end:]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--docs", action="store_true", help="renew docs/results.md")
    options = parser.parse_args()
    start = time.perf_counter()
    subprocess.run(
        [*COMMAND, "evaluate", *SETS, "--model", "all", "-o", options.folder],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    minutes = (time.perf_counter() - start) / 60
    megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{minutes:.1f} minutes, {megabytes:,.0f} MB at most", file=sys.stderr)
    table = (options.folder / "table.md").read_text("utf-8")
    if options.docs:
        path = Path(__file__).parents[2] / "docs" / "results.md"
        path.write_text(replace_table(path.read_text("utf-8"), table), "utf-8")
    else:
        print(table)


if __name__ == "__main__":
    main()
