"""A comparison of models with people, on disk: what is written where, and what is said.

Place: comparison -> scores, table -> [evaluation] -> files.  Everything is made anew from
the scores but the journal of them, ``scores.jsonl``, from which a comparison goes on.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psysal.optional import require
from psysal.report import html as report
from psysal.wording import shorten_list

if TYPE_CHECKING:
    from pandas import DataFrame

    from psysal.evaluation.compare import Comparison

__all__ = ["EXAMPLES", "checkpoint", "files", "remarks"]

EXAMPLES = 4
"""Best and worst images of each model that the report shows."""
NAMES = ("report.html", "table.csv", "table.json", "table.md", "scores.csv")


def checkpoint(folder: Path) -> Path:
    """The journal of a folder, where everything that is needed is there.

    An ImportError without a library that the files want, as it would come late; a
    ValueError where files of another kind would be replaced.
    """
    for package in ("pandas", "jinja2", "matplotlib", "tabulate", "threadpoolctl"):
        require(package)
    found = folder / "scores.jsonl"
    there = [name for name in NAMES if (folder / name).exists()]
    if there and not found.exists():
        raise ValueError(
            f"{folder} has {shorten_list(there)} but no scores.jsonl, so that an evaluation would "
            "replace what it has not made; choose another folder"
        )
    return found


def remarks(about: Mapping[str, Any]) -> list[str]:
    """What was left out of a set before any model came."""
    dropped, nobody = about["dropped"], about["without_fixations"]
    said = [f"{dropped} fixations outside of their image were dropped"] if dropped else []
    if nobody:
        said.append(f"{len(nobody)} images without fixations were left out: {shorten_list(nobody)}")
    return said


def files(
    comparison: "Comparison",
    scores: "DataFrame",
    table: "DataFrame",
    reference: str,
    progress: Callable[[int], None],
) -> dict[str, bytes]:
    """The content of every file of an evaluation by its name; maps are made for the report."""
    about = comparison.about() | {"reference": reference}
    drawn = 0

    def maps(model: str, image: str) -> Any:
        nonlocal drawn
        found = comparison.map_of(model, image)
        drawn += 1
        progress(drawn)
        return found

    page = report.html(
        scores,
        table,
        about,
        pictures=comparison.dataset.images.__getitem__,
        maps=maps,
        points=comparison.points,
        examples=EXAMPLES,
    )
    rows = json.loads(table.to_json(orient="records", double_precision=15))
    return {
        "report.html": page.encode(),
        "table.csv": table.to_csv(index=False, lineterminator="\n").encode(),
        "table.json": (json.dumps({"about": about, "table": rows}, indent=1) + "\n").encode(),
        "table.md": (report.markdown(table) + "\n").encode(),
        "scores.csv": scores.to_csv(index=False, lineterminator="\n").encode(),
    }
