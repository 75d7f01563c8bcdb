"""Parts of ``psysal evaluate`` for several data sets and for experiments in a file.

Place: command line -> [several] -> evaluation of each set, and a table of all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from psysal.cli.console import say, with_options

if TYPE_CHECKING:
    from pandas import DataFrame

    from psysal.evaluation.experiment import Experiment
    from psysal.gaze import Dataset

__all__ = [
    "OF_THE_COMMAND",
    "Fitting",
    "Result",
    "evaluate_sets",
    "fit",
    "read",
    "read_argument",
    "save_experiment",
]

OF_THE_COMMAND = frozenset({"dataset", "output", "as_json", "threads", "save_experiment"})
"""Parameters of the command that say nothing of the comparison."""
TABLES = ("table.csv", "table.json", "table.md")
EXPERIMENT = "psysal.experiment"


@dataclass(frozen=True)
class Result:
    """Evaluation on a data set, or on several.

    Attributes
    ----------
    about : dict
        Description of the comparison, with ``reference``.
    table, scores : DataFrame
        Means, and scores of single images.
    contents : dict of str to bytes
        Files by name.
    """

    about: dict[str, Any]
    table: "DataFrame"
    scores: "DataFrame"
    contents: dict[str, bytes]


@dataclass(frozen=True)
class Fitting:
    """Part of a comparison that a data set can have.

    Attributes
    ----------
    metrics : list of str
        Names of metrics.
    models : dict of str to model
        Models, or strings for them, by their names in the table.
    remarks : list of str
        Sentences on what is left out.
    """

    metrics: list[str]
    models: dict[str, Any]
    remarks: list[str]


def read_argument(ctx: typer.Context, value: list[str]) -> list[str]:
    """Argument of the command: an experiment file's keys become the defaults of the options."""
    files = [text for text in value if text.endswith(".toml") and not Path(text).is_dir()]
    if not files or ctx.resilient_parsing:
        return value
    from psysal.evaluation.experiment import read_experiment

    if len(value) > 1:
        raise typer.BadParameter(
            f"an experiment file names all sets, got {files[0]} beside others; give it alone"
        )
    try:
        experiment = read_experiment(files[0], _keys(ctx))
    except ValueError as error:
        raise typer.BadParameter(with_options(str(error))) from None
    except OSError as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None
    repeated = {option.name for option in ctx.command.params if getattr(option, "multiple", False)}
    ctx.default_map = {
        key: [text] if key in repeated and isinstance(text, str) else text
        for key, text in experiment.options.items()
    }
    if experiment.models:
        ctx.default_map["model"] = list(experiment.models)
    ctx.meta[EXPERIMENT] = experiment
    return value


def read(ctx: typer.Context, ppd: float | None) -> "list[Dataset]":
    """Data sets of the command; ``--ppd`` holds for those of several that do not state theirs."""
    from psysal.evaluation.experiment import read_sets

    path: Path | None = ctx.params["save_experiment"]
    if path is not None and path.exists():
        say(f"{path}: is already there and was kept; choose another name", style="red")
        raise typer.Exit(1)
    experiment = _experiment(ctx, ())
    try:
        sets = read_sets(
            experiment.sets,
            experiment.trained_on,
            on_warning=lambda text: say(text, style="yellow"),
        )
    except (ValueError, ImportError, OSError) as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None
    if ppd is None or len(sets) == 1:
        return sets
    try:
        return [replace(one, ppd=one.ppd or ppd) for one in sets]
    except ValueError as error:
        raise typer.BadParameter(with_options(str(error))) from None


def save_experiment(ctx: typer.Context, models: Sequence[str]) -> None:
    """Write the command to the file of ``--save-experiment``, if there is one."""
    from psysal import files

    path: Path | None = ctx.params["save_experiment"]
    if path is None:
        return
    try:
        content = _experiment(ctx, models).encode(path.resolve().parent)
        files.save(path, content, overwrite=False)
    except (ValueError, OSError) as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None
    say(f"the experiment is {path}")


def evaluate_sets(
    sets: "Sequence[Dataset]",
    folder: Path,
    evaluate: Callable[..., Result],
    models_of: Callable[..., list[Any]],
    options: dict[str, Any],
) -> Result:
    """Evaluation on several data sets, each in a folder of its own, and the table of all.

    What a set cannot have - a metric that needs its pixels per degree, a model that was trained on
    it - is left out there, and said before anything is computed.
    """
    from pandas import concat

    from psysal.evaluation.sets import joint_description, joint_table
    from psysal.reports import files as report

    existing = [name for name in TABLES if (folder / name).exists()]
    if existing and not any((folder / one.name / "scores.jsonl").exists() for one in sets):
        raise typer.BadParameter(
            f"{folder} has {', '.join(existing)} but no scores of these sets, so that "
            "an evaluation would replace files that it did not write; choose another folder"
        )
    fitting = [fit(one, models_of, options) for one in sets]
    remarks = [remark for one in fitting for remark in one.remarks]
    common = [name for name in fitting[0].models if all(name in one.models for one in fitting)]
    shared = options | {"ppd": None, "reference": options["reference"] or next(iter(common), None)}
    results = {}
    for one, fits in zip(sets, fitting, strict=True):
        own = {"model": list(fits.models.values()), "metrics": fits.metrics}
        say(f"{one.name}:")
        results[one.name] = evaluate(one, folder / one.name, **shared | own)
    about = joint_description([result.about for result in results.values()], remarks)
    tables = {name: result.table for name, result in results.items()}
    table = joint_table(tables, about["trained_on"])
    contents = report.report_files(table, about)
    try:
        report.write(folder, contents)
    except OSError as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None
    scores = concat([part.scores.assign(dataset=name) for name, part in results.items()])
    return Result(about, table, scores, contents)


def fit(
    dataset: "Dataset", models_of: Callable[..., list[Any]], options: dict[str, Any]
) -> Fitting:
    """Metrics and models that a set can have; what it cannot have is said."""
    from psysal.api import comparison
    from psysal.evaluation.profiles import DEFAULTS

    profile, ppd = options["profile"], options["ppd"] if dataset.ppd is None else None
    shared = {"profile": profile, "ppd": ppd, "match": options["match"], "fit": options["fit"]}
    shared |= {"on_warning": lambda sentence: None}  # each is said when its turn comes
    metrics: list[str] = []
    models: dict[str, Any] = {}
    reasons = []
    try:
        for metric in options["metrics"] or DEFAULTS[profile]:
            try:
                comparison("uniform", dataset, metrics=[metric], profile=profile, ppd=ppd)
                metrics.append(metric)
            except ValueError as error:
                reasons.append(with_options(str(error)))
        given = models_of(options["model"], dataset, options["resize"], options["values"])
        for model in given if metrics else ():
            try:
                (name,) = comparison(model, dataset, metrics=metrics, **shared).models
                models[name] = model
            except ValueError as error:
                reasons.append(with_options(str(error)))
    except (ValueError, ImportError, OSError) as error:
        raise typer.BadParameter(with_options(str(error))) from None
    if not models:
        raise typer.BadParameter(reasons[0])
    remarks = [f"{reason} (left out of {dataset.name}; the others go on)" for reason in reasons]
    for remark in remarks:
        say(remark, style="yellow")
    return Fitting(metrics, models, remarks)


def _keys(ctx: typer.Context) -> list[str]:
    """Options that an experiment file may have, beside its models."""
    names = [option.name for option in ctx.command.params if option.name]
    return [name for name in names if name not in OF_THE_COMMAND | {"model", "help"}]


def _experiment(ctx: typer.Context, models: Sequence[str]) -> "Experiment":
    """Experiment of the command as it was given, whether in a file or not."""
    from psysal.evaluation.experiment import Experiment, SetEntry

    given: Experiment | None = ctx.meta.get(EXPERIMENT)
    sets = given.sets if given else [SetEntry(path) for path in ctx.params["dataset"]]
    declared = given.trained_on if given else {}
    values = {name: ctx.params[name] for name in _keys(ctx)}
    metrics = ",".join(values["metrics"] or ()).split(",")
    values["metrics"] = [name.strip() for name in metrics if name.strip()]
    defaults = {option.name: option.default for option in ctx.command.params}
    changed = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in values.items()
        if value not in (None, (), []) and value != defaults[name]
    }
    return Experiment(sets, models, declared, changed)
