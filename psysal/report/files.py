"""Files of an evaluation: the report, the table in four formats and the scores.

Place in the pipeline: comparison -> scores, table -> [files] -> contents by name.  All are made
anew from the scores but the log of these, ``scores.jsonl``, from which an interrupted
evaluation resumes.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from psysal._typing import Array
from psysal.evaluation.profiles import PROFILES
from psysal.optional import require
from psysal.report import html as report
from psysal.wording import shorten_list

if TYPE_CHECKING:
    from pandas import DataFrame

    from psysal.evaluation.compare import Comparison

__all__ = ["EXAMPLES", "checkpoint_path", "remarks", "report_files"]

EXAMPLES = 4
"""Best and worst images of each model that the report shows."""

NAMES = ("report.html", "table.csv", "table.json", "table.md", "scores.csv")


def checkpoint_path(folder: Path) -> Path:
    """Path of the log of scores in a folder that an evaluation may write to.

    Parameters
    ----------
    folder : Path
        Folder of the report, which may exist.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        Files of another origin would be replaced.
    ImportError
        A package that the files need is not installed; said here, before the scores are computed.
    """
    for package in ("pandas", "jinja2", "matplotlib", "tabulate", "threadpoolctl"):
        require(package)
    path = folder / "scores.jsonl"
    existing = [name for name in NAMES if (folder / name).exists()]
    if existing and not path.exists():
        raise ValueError(
            f"{folder} has {shorten_list(existing)} but no scores.jsonl, so that an evaluation "
            "would replace files that it did not write; choose another folder"
        )
    return path


def remarks(description: Mapping[str, Any]) -> list[str]:
    """Sentences about fixations and images that a comparison leaves out.

    Parameters
    ----------
    description : mapping
        As :meth:`psysal.evaluation.compare.Comparison.description` gives it.

    Returns
    -------
    list of str
        Empty if nothing is left out.
    """
    dropped, unseen = description["dropped"], description["without_fixations"]
    sentences = [f"{dropped} fixations outside of their image were dropped"] if dropped else []
    if unseen:
        names = shorten_list(unseen)
        sentences.append(f"{len(unseen)} images without fixations were left out: {names}")
    return [*sentences, *description["remarks"]]


def report_files(
    comparison: "Comparison",
    scores: "DataFrame",
    table: "DataFrame",
    reference: str,
    progress: Callable[[int], None],
) -> dict[str, bytes]:
    """Contents of every file of an evaluation; maps of the examples are computed anew.

    Parameters
    ----------
    comparison : Comparison
        Models, data set and metrics.
    scores : DataFrame
        As :meth:`psysal.evaluation.compare.Comparison.scores` gives them.
    table : DataFrame
        As :func:`psysal.evaluation.summary.summary` gives it.
    reference : str
        Name of the model that the others are compared with.
    progress : callable
        Called with the number of maps of examples that are done.

    Returns
    -------
    dict of str to bytes
        Contents by the name of the file.
    """
    description = comparison.description() | {"reference": reference}
    done = 0

    def maps(model: str, image: str) -> Array:
        nonlocal done
        saliency = comparison.model_map(model, image)
        done += 1
        progress(done)
        return saliency

    page = report.html(
        scores,
        table,
        description,
        pictures=comparison.dataset.read,
        maps=maps,
        positions=comparison.positions,
        examples=EXAMPLES,
    )
    profiles = description.get("color_profiles", "")
    profiles = f"\n\nColor profiles: {profiles}." if profiles else ""
    by_fixation = ""
    if description["profile"] == "tuebingen":
        weighted = table.assign(mean=table.mean_by_fixation, low=np.nan, high=np.nan)
        by_fixation = f"\n\nMeans over fixations:\n\n{report.markdown(weighted)}"
    notes = "".join(f"\n\n{note}." for note in _notes(description))
    rows = json.loads(table.to_json(orient="records", double_precision=15))
    return {
        "report.html": page.encode(),
        "table.csv": table.to_csv(index=False, lineterminator="\n").encode(),
        "table.json": (json.dumps({"about": description, "table": rows}, indent=1) + "\n").encode(),
        "table.md": f"{report.markdown(table)}{by_fixation}{profiles}{notes}\n".encode(),
        "scores.csv": scores.to_csv(index=False, lineterminator="\n").encode(),
    }


def _notes(description: Mapping[str, Any]) -> list[str]:
    """Remarks on what models give, and the maps of densities that metrics score."""
    scored: dict[str, list[str]] = {}
    for name in description["metrics"]:
        scored.setdefault(PROFILES[description["profile"]][name].of, []).append(name)
    maps = "; ".join(f"{', '.join(names)}: {of}" for of, names in scored.items())
    notes = [*description["remarks"]]
    if len(scored) > 1 and {"density", "log-density"} & {*description["gives"].values()}:
        notes.append(f"Scored of densities, {maps}; of maps, the map")
    return notes
