"""``psysal evaluate``: models compared with where people looked, as a table and a report.

Place: dataset, names of models -> [comparison] -> folder with the report; the table goes to
standard output.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from psysal.cli.console import Threads, progress, say

if TYPE_CHECKING:
    from psysal.evaluation.compare import Comparison
    from psysal.gaze import Dataset

__all__ = ["evaluate"]


def evaluate(
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="A folder of photographs and fixations, or its name in the folder PSYSAL_DATA.",
        ),
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Model by name, center_bias, human_ceiling, maps:FOLDER for maps of others, "
            "learned:FILE for a trained readout, onnx:FILE for a network, or all for every name "
            "that was not trained on the set; again for more. Default: murray2011.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            help="Folder for the report. Default: evaluation-DATASET.",
        ),
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option(help="Names with commas between. Default: AUC, shuffled AUC and NSS."),
    ] = None,
    profile: Annotated[
        Literal["exact", "mit"],
        typer.Option(help="Exact metrics, or the conventions of the MIT benchmark."),
    ] = "exact",
    reference: Annotated[
        str | None,
        typer.Option(help="Model that the others are compared with. Default: the first."),
    ] = None,
    resize: Annotated[
        Literal["linear", "cubic"] | None,
        typer.Option(help="Resize the maps of a FOLDER; without, another size is an error."),
    ] = None,
    ppd: Annotated[
        float | None,
        typer.Option(help="Pixels per degree, for a set that does not tell them."),
    ] = None,
    without_first: Annotated[
        bool, typer.Option("--without-first", help="Drop first fixations, if they were forced.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, not Markdown.")] = False,
    threads: Threads = None,
) -> None:
    """Compare models on where people looked: a table with intervals, and a report.

    Writes report.html, table.csv, .json and .md, and scores.csv of every image.

    If it is interrupted, the same command goes on where it stopped.
    """
    from psysal import files
    from psysal.evaluation.compare import summary
    from psysal.gaze import dataset as read
    from psysal.report import files as evaluation

    try:
        found = read(dataset)
    except (ValueError, ImportError, OSError) as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None
    try:
        compared = _comparison(found, model, metrics, profile, resize, ppd, without_first)
        reference = reference or next(iter(compared.models))
        if reference not in compared.models:
            raise ValueError(
                f"reference must be one of {', '.join(compared.models)}, got {reference!r}"
            )
        folder = output or Path(f"evaluation-{compared.dataset.name}")
        checkpoint = evaluation.checkpoint(folder)
        for remark in evaluation.remarks(compared.about()):
            say(remark, style="yellow")
        with progress("evaluating", len(compared.images)) as advance:
            scores = compared.scores(checkpoint=checkpoint, threads=threads, progress=advance)
        with progress("drawing", 2 * evaluation.EXAMPLES * len(compared.models)) as advance:
            contents = evaluation.files(
                compared, scores, summary(scores, reference), reference, advance
            )
        for name, content in contents.items():
            files.save(folder / name, content, overwrite=True)
    except (ValueError, ImportError) as error:
        raise typer.BadParameter(str(error)) from None
    except OSError as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        say(f"interrupted; the same command goes on from {checkpoint}", style="yellow")
        raise typer.Exit(1) from None
    print(contents["table.json" if as_json else "table.md"].decode(), end="")
    say(f"the report is {folder / 'report.html'}")
    raise typer.Exit(_left_out(scores))


def _comparison(
    dataset: "Dataset",
    names: list[str] | None,
    metrics: str | None,
    profile: str,
    resize: str | None,
    ppd: float | None,
    without_first: bool,
) -> "Comparison":
    from dataclasses import replace

    from psysal.api import comparison
    from psysal.evaluation.compare import knows
    from psysal.models.precomputed import PrecomputedMaps
    from psysal.models.registry import get_model, model_names

    if without_first:
        dataset = replace(dataset, fixations=dataset.fixations.without_first())
    if names == ["all"]:
        names = [
            name
            for name in model_names("saliency", "baseline")
            if not knows(get_model(name), dataset)
        ] + list(model_names("reference"))
    names = names or ["murray2011"]
    models = [
        PrecomputedMaps(name.removeprefix("maps:"), resize) if name.startswith("maps:") else name
        for name in names
    ]
    asked = None if metrics is None else [name.strip() for name in metrics.split(",")]
    return comparison(models, dataset, metrics=asked, profile=profile, ppd=ppd)


def _left_out(scores: Any) -> int:
    """Say which images were left out and why; the exit status."""
    problems = scores[scores["problem"] != ""].drop_duplicates(["model", "image"])
    for name, part in problems.groupby("model", sort=False):
        total = scores[scores["model"] == name]["image"].nunique()
        say(
            f"{name}: {len(part)} of {total} images were left out; the first: "
            f"{part['problem'].iloc[0]}",
            style="red",
        )
    return int(len(problems) > 0)
