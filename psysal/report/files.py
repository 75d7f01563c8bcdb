"""Files of an evaluation: the report, the table in four formats and the scores.

Place in the pipeline: comparison -> scores, table -> [files] -> contents by name.  All are made
anew from the scores but the log of these, ``scores.jsonl``, from which an interrupted
evaluation resumes.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psysal._typing import Array
from psysal.optional import require
from psysal.report import html as report
from psysal.wording import shorten_list

if TYPE_CHECKING:
    from pandas import DataFrame

    from psysal.evaluation.compare import Comparison

__all__ = ["EXAMPLES", "checkpoint_path", "joint_files", "remarks", "report_files"]

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
    return sentences


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
    rows = json.loads(table.to_json(orient="records", double_precision=15))
    return {
        "report.html": page.encode(),
        "table.csv": table.to_csv(index=False, lineterminator="\n").encode(),
        "table.json": (json.dumps({"about": description, "table": rows}, indent=1) + "\n").encode(),
        "table.md": (report.markdown(table) + profiles + "\n").encode(),
        "scores.csv": scores.to_csv(index=False, lineterminator="\n").encode(),
    }


def joint_files(table: "DataFrame", about: Mapping[str, Any]) -> dict[str, bytes]:
    """Contents of the files of an evaluation on several data sets.

    Parameters
    ----------
    table : DataFrame
        As :func:`psysal.evaluation.sets.joint_table` gives it.
    about : mapping
        As :func:`psysal.evaluation.sets.joint_description` gives it.

    Returns
    -------
    dict of str to bytes
        Contents by the name of the file.
    """
    rows = json.loads(table.to_json(orient="records", double_precision=15))
    parts = []
    for metric in about["metrics"]:
        part = table[table.metric == metric]
        cells = part.assign(cell=part["mean"].map(report.number))
        wide = cells.pivot(index="model", columns="dataset", values="cell")
        wide = wide[list(dict.fromkeys(part.dataset))].fillna(report.DASH)
        ranks = part.groupby("model").mean_rank.first()
        wide["mean rank"] = ranks.map(lambda rank: report.number(rank).removesuffix("00"))
        order = ranks.sort_values(kind="stable").index
        parts.append(f"{metric}\n\n{wide.loc[order].to_markdown(disable_numparse=True)}\n")
    if trained := about["trained_on"]:
        names = (f"{model} on {', '.join(sets)}" for model, sets in trained.items())
        parts.append(f"Trained: {'; '.join(names)}.\n")
    return {
        "table.csv": table.to_csv(index=False, lineterminator="\n").encode(),
        "table.json": (json.dumps({"about": about, "table": rows}, indent=1) + "\n").encode(),
        "table.md": "\n".join(parts).encode(),
    }
