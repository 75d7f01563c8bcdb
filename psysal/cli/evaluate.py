"""``psysal evaluate``: models compared on the fixations of a data set.

Place: data set, names of models -> [comparison] -> folder with the report; the table goes to
standard output.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from psysal.cli.console import Threads, progress, say, with_options
from psysal.cli.signals import stoppable

if TYPE_CHECKING:
    from pandas import DataFrame

    from psysal.gaze import Dataset


def evaluate(
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="Folder of photographs and fixations, or its name in the folder PSYSAL_DATA.",
        ),
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Name of a model, which psysal models lists; maps:FOLDER, learned:FILE or "
            "onnx:FILE; or all, for those not trained on the data set. Repeat it for more, or "
            "write names with commas between. Default: murray2011.",
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
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Name of a metric, which psysal metrics lists. Repeat it for more, or write "
            "names with commas between. Default: AUC, shuffled AUC and NSS.",
        ),
    ] = None,
    profile: Annotated[
        Literal["exact", "mit", "tuebingen"],
        typer.Option(help="Exact metrics, or conventions of the MIT or the Tuebingen benchmark."),
    ] = "exact",
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Model that the others are compared with. Default: the first."
        ),
    ] = None,
    resize: Annotated[
        Literal["linear", "cubic"] | None,
        typer.Option(help="Resize maps of a FOLDER whose size is not that of their image."),
    ] = None,
    values: Annotated[
        Literal["map", "density", "log"] | None,
        typer.Option(
            help="Kind of the values in a FOLDER or file of maps. Default: maps, but log "
            "densities where all values are negative and sum to 1 after exp."
        ),
    ] = None,
    fit: Annotated[
        Literal["monotone"] | None,
        typer.Option(
            help="Make a density of each map by a monotone function and a center bias, fitted to "
            "the fixations on other images."
        ),
    ] = None,
    ppd: Annotated[
        float | None,
        typer.Option(help="Pixels per degree, for a data set that does not state them."),
    ] = None,
    drop_first_fixation: Annotated[
        bool,
        typer.Option(
            "--drop-first-fixation",
            help="Drop the first fixation of every scanpath, which experiments often force.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, not Markdown.")] = False,
    threads: Threads = None,
) -> None:
    """Compare models on fixations: a table with intervals, and a report.

    Writes report.html, table.csv, .json and .md, and scores.csv of every image.

    An evaluation that was interrupted is resumed by the same command.
    """
    from dataclasses import replace

    from psysal import files
    from psysal.api import comparison
    from psysal.checks import one_of
    from psysal.evaluation.summary import summary
    from psysal.gaze import dataset as read_dataset
    from psysal.report import files as report

    checkpoint: Path | None = None
    with stoppable(
        lambda: say(
            f"interrupted; the same command goes on from {checkpoint}"
            if checkpoint
            else "interrupted; nothing was written",
            style="yellow",
        )
    ):
        try:
            photographs = read_dataset(dataset, on_warning=lambda text: say(text, style="yellow"))
        except (ValueError, ImportError, OSError) as error:
            say(str(error), style="red")
            raise typer.Exit(1) from None
        folder = output or Path(f"evaluation-{photographs.name}")
        try:
            checkpoint = report.checkpoint_path(folder)
            if drop_first_fixation:
                fixations = photographs.fixations.without_first()
                photographs = replace(photographs, fixations=fixations)
            models = _models(_split(model or ["murray2011"]), photographs, resize, values)
            names = None if metrics is None else _split(metrics)
            compared = comparison(
                models, photographs, metrics=names, profile=profile, ppd=ppd, fit=fit
            )
            reference = reference or next(
                name for name, model in compared.models.items() if compared.metrics_of(model)
            )
            one_of("reference", reference, compared.models)
            for remark in report.remarks(compared.description()):
                say(remark, style="yellow")
            with progress("evaluating", len(compared.images)) as advance:
                scores = compared.scores(checkpoint=checkpoint, threads=threads, progress=advance)
            table = summary(scores, reference)
            with progress("drawing", 2 * report.EXAMPLES * len(compared.models)) as advance:
                contents = report.report_files(compared, scores, table, reference, advance)
            for name, content in contents.items():
                files.save(folder / name, content, overwrite=True)
        except (ValueError, ImportError) as error:
            raise typer.BadParameter(with_options(str(error))) from None
        except OSError as error:
            say(str(error), style="red")
            raise typer.Exit(1) from None
        print(contents["table.json" if as_json else "table.md"].decode(), end="")
        say(f"the report is {folder / 'report.html'}")
        raise typer.Exit(_report_failures(scores))


def _split(texts: list[str]) -> list[str]:
    """Names in texts with commas between; a text with a colon is one, of a model in a file."""
    return [name.strip() for text in texts for name in ([text] if ":" in text else text.split(","))]


def _models(
    names: list[str], dataset: "Dataset", resize: str | None, values: str | None
) -> list[Any]:
    """Models, or strings for them, as :func:`psysal.evaluate` takes them."""
    from psysal.evaluation.compare import was_trained_on
    from psysal.models.precomputed import PrecomputedMaps
    from psysal.models.registry import get_model, model_names

    if names == ["all"]:
        untrained = [
            name
            for name in model_names("saliency", "baseline")
            if not was_trained_on(get_model(name), dataset)
        ]
        return [*untrained, *model_names("reference")]
    return [
        PrecomputedMaps(name.removeprefix("maps:"), resize, values)
        if name.startswith("maps:")
        else name
        for name in names
    ]


def _report_failures(scores: "DataFrame") -> int:
    """Say how many images were left out of each model, and the first reason; exit status."""
    problems = scores[scores["problem"] != ""].drop_duplicates(["model", "image"])
    for name, part in problems.groupby("model", sort=False):
        total = scores[scores["model"] == name]["image"].nunique()
        say(
            f"{name}: {len(part)} of {total} images were left out; the first: "
            f"{part['problem'].iloc[0]}",
            style="red",
        )
    return int(len(problems) > 0)
