"""``psysal evaluate``: models compared on the fixations of a data set.

Place: data set, names of models -> [comparison] -> folder with the report; the table goes to
standard output.
"""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from psysal.cli import completion, several
from psysal.cli.console import Threads, progress, say, with_options
from psysal.cli.signals import stoppable
from psysal.cli.tables import print_scores

if TYPE_CHECKING:
    from pandas import DataFrame

    from psysal.gaze import Dataset


def evaluate(
    ctx: typer.Context,
    dataset: Annotated[
        list[str],
        typer.Argument(
            metavar="DATASET...",
            help="Folder of photographs and fixations, or its name in the folder PSYSAL_DATA; "
            "several for one table; or a TOML file with sets, models and options.",
            autocompletion=completion.datasets,
            callback=several.read_argument,
            is_eager=True,
        ),
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            autocompletion=completion.compared,
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
            help="Folder for the report, with one for each of several sets. "
            "Default: evaluation-DATASET.",
        ),
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            autocompletion=completion.metrics,
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
    match: Annotated[
        str,
        typer.Option(
            metavar="WAY",
            help="How maps of a FOLDER find their images: by names; or by content, where the "
            "photographs that they were made from are beside them under their names, or in the "
            "folder of content:FOLDER.",
        ),
    ] = "names",
    images: Annotated[
        int | None,
        typer.Option(min=1, help="Score this many images, drawn at random."),
    ] = None,
    subset: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Score the images that FILE names, one a line."),
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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, not a table.")] = False,
    save_experiment: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write sets, models and options to a TOML file that runs them."
        ),
    ] = None,
    threads: Threads = None,
) -> None:
    """Compare models on fixations: a table with intervals, and a report.

    Writes report.html with its figures, table.csv, .json, .md and .tex, references.bib, and
    scores.csv of every image.

    An evaluation that was interrupted is resumed by the same command.
    """
    with stoppable(lambda: say("interrupted; nothing was written", style="yellow")):
        sets = several.read(ctx, ppd)
    options = {
        name: value for name, value in ctx.params.items() if name not in several.OF_THE_COMMAND
    }
    options["model"] = _split(model or ["murray2011"])
    options["metrics"] = None if metrics is None else _split(metrics)
    if options["model"] == ["all"] and len(sets) == 1:
        options["model"] = [*several.fit(sets[0], _models, options).models.values()]
    if len(sets) == 1:
        folder = output or Path(f"evaluation-{sets[0].name}")
        result = _evaluate_set(sets[0], folder, threads=threads, **options)
    else:
        folder = output or Path(f"evaluation-{'-'.join(one.name for one in sets)}")
        result = several.evaluate_sets(
            sets, folder, partial(_evaluate_set, threads=threads), _models, options
        )
    several.save_experiment(ctx, _split(model or []))
    if sys.stdout.isatty() and not as_json:
        print_scores(result.table, result.about)
    elif as_json:
        print(result.contents["table.json"].decode(), end="")
    else:
        print(with_options(result.contents["table.md"].decode()), end="")
    say(f"the report is {folder / 'report.html'}")
    raise typer.Exit(_report_failures(result.scores))


def _evaluate_set(
    photographs: "Dataset",
    folder: Path,
    *,
    model: list[Any],
    metrics: list[str] | None,
    profile: str,
    reference: str | None,
    resize: str | None,
    ppd: float | None,
    drop_first_fixation: bool,
    images: int | None,
    subset: Path | None,
    match: str,
    values: str | None,
    fit: str | None,
    threads: int | None,
) -> several.Result:
    """Comparison on one data set, with its files in a folder."""
    from dataclasses import replace

    from psysal.api import comparison
    from psysal.checks import one_of
    from psysal.evaluation.summary import left_out_remarks, summary
    from psysal.reports import files as report

    warn = partial(say, style="yellow")
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
            checkpoint = report.checkpoint_path(folder)
            if drop_first_fixation:
                fixations = photographs.fixations.without_first()
                photographs = replace(photographs, fixations=fixations)
            models = _models(model, photographs, resize, values)
            compared = comparison(
                models, photographs, metrics=metrics, profile=profile, ppd=ppd, images=images,
                subset=subset, match=match, fit=fit, on_warning=warn,
            )  # fmt: skip
            reference = reference or compared.first
            one_of("reference", reference, compared.models)
            for remark in report.remarks(compared.description()):
                warn(remark)
            size = checkpoint.stat().st_size if checkpoint.exists() else 0
            with progress("evaluating", len(compared.images)) as advance:
                scores = compared.scores(checkpoint=checkpoint, threads=threads, progress=advance)
            if checkpoint.stat().st_size == size:
                say("the scores are up to date")
            table = summary(scores, reference)
            remarks = left_out_remarks(scores)
            for remark in remarks:
                warn(remark)
            about = compared.about(reference, remarks)
            with progress("drawing", report.picture_count(len(compared.models))) as advance:
                contents = report.report_files(
                    table, about, scores=scores, comparison=compared, progress=advance
                )
            report.write(folder, contents)
        except (ValueError, ImportError) as error:
            raise typer.BadParameter(with_options(str(error))) from None
        except OSError as error:
            say(str(error), style="red")
            raise typer.Exit(1) from None
        return several.Result(about, table, scores, contents)


def _split(texts: list[str]) -> list[str]:
    """Names in texts with commas between; a text with a colon is one, of a model in a file."""
    return [name.strip() for text in texts for name in ([text] if ":" in text else text.split(","))]


def _models(
    names: list[Any], dataset: "Dataset", resize: str | None, values: str | None
) -> list[Any]:
    """Models, or strings for them, as :func:`psysal.evaluate` takes them."""
    from psysal.evaluation.training import was_trained_on
    from psysal.models.precomputed import PrecomputedMaps
    from psysal.models.registry import get_model, model_names

    if names == ["all"]:
        untrained = [
            name
            for name in model_names("saliency", "baseline")
            if not was_trained_on(get_model(name), dataset)
        ]
        references = [name for name in model_names("reference") if name != "infinite_observers"]
        return [*untrained, *references]
    return [
        PrecomputedMaps(name.removeprefix("maps:"), resize, values=values)
        if isinstance(name, str) and name.startswith("maps:")
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
