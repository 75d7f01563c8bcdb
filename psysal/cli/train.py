"""``psysal train``: a readout fitted to fixations, and its cross-validated scores.

Place: data set -> [features, fits over folds] -> file of the readout; the scores, on
photographs not seen in training, go to standard output.
"""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from psysal.cli.console import Overwrite, Threads, say, steps
from psysal.cli.signals import stoppable
from psysal.cli.tables import print_scores

__all__ = ["train"]


def train(
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="A folder of photographs and fixations, or its name in the folder PSYSAL_DATA.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The trained readout, JSON.")
    ] = Path("readout.json"),
    readout: Annotated[
        Literal["small", "linear"], typer.Option(help="With hidden units, or linear.")
    ] = "small",
    loss: Annotated[str, typer.Option(help="A divergence, such as kl or bhattacharyya.")] = "kl",
    windows: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CENTER,SURROUND",
            help="Windows of the contrast among the features, again for more, or none. "
            "Default: 13,26.",
        ),
    ] = None,
    energy: Annotated[
        bool, typer.Option(help="Root mean squares of wavelet planes among the features.")
    ] = True,
    color: Annotated[bool, typer.Option(help="Opponent colors among the features.")] = True,
    sigma: Annotated[
        float | None,
        typer.Option(
            help="Degrees of the Gaussian about every fixation that makes the target. Default: "
            "0, the fixations themselves, for kl, else 1."
        ),
    ] = None,
    folds: Annotated[int, typer.Option(help="Folds of the cross-validation.")] = 5,
    seed: Annotated[int, typer.Option(help="Seed of weights and order of photographs.")] = 0,
    early_stopping: Annotated[
        bool,
        typer.Option(
            "--early-stopping",
            help="Hold out a tenth of the photographs; stop when their loss no longer falls.",
        ),
    ] = False,
    ppd: Annotated[
        float | None,
        typer.Option(help="Pixels per degree, for a data set that does not tell them."),
    ] = None,
    workdir: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder for features and checkpoints, which stays. Default: one beside the "
            "output, removed at the end.",
        ),
    ] = None,
    overwrite: Overwrite = False,
    threads: Threads = None,
) -> None:
    """Train a readout on fixations, and score it on photographs not seen in training.

    If it is interrupted, the same command resumes where it stopped.
    """
    import shutil
    from dataclasses import replace

    from psysal import files
    from psysal.evaluation.summary import summary
    from psysal.gaze import dataset as read_dataset
    from psysal.learning.train import train
    from psysal.reports.tables import markdown
    from psysal.vision.features import Features

    if output.exists() and not overwrite:
        say(f"{output}: is already there and was kept; --overwrite replaces it", style="red")
        raise typer.Exit(1)
    folder = workdir or output.with_name(output.name + ".work")
    with stoppable(
        lambda: say(f"interrupted; the same command resumes from {folder}", style="yellow")
    ):
        try:
            data = read_dataset(dataset, on_warning=lambda text: say(text, style="yellow"))
            data = data if ppd is None else replace(data, ppd=ppd)
            if data.color_profiles:
                say(f"color profiles: {data.color_profiles}")
            features = Features(_windows(windows or ["13,26"]), energy, color)
            with steps() as progress:
                result = train(
                    data,
                    folder,
                    features=features,
                    readout=readout,
                    loss=loss,
                    sigma=sigma,
                    folds=folds,
                    seed=seed,
                    early_stopping=early_stopping,
                    threads=threads,
                    progress=progress,
                )
            files.save(output, result.trained.encode(), overwrite=overwrite)
        except (ValueError, ImportError, OSError) as error:
            say(str(error), style="red")
            raise typer.Exit(1) from None
        if workdir is None:
            shutil.rmtree(folder)
        for title, scores in (
            ("on the grid", result.grid_scores),
            ("at full resolution", result.full_scores),
        ):
            table = summary(scores)
            print(f"{title}, photographs not seen in training:\n")
            if sys.stdout.isatty():
                print_scores(table, {})
            else:
                print(markdown(table))
            print()
        print(output)


def _windows(values: list[str]) -> tuple[tuple[int, int], ...]:
    """Pairs of center and surround, or none."""
    if values == ["none"]:
        return ()
    try:
        pairs = [tuple(int(n) for n in value.split(",")) for value in values]
        return tuple((center, surround) for center, surround in pairs)
    except ValueError:
        raise ValueError(
            "--windows must be a pair of center and surround, repeated for more, such as "
            f"--windows 5,10 --windows 13,26, or none, got {' '.join(values)}"
        ) from None
