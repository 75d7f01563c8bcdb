"""``psysal train``: a readout fitted to where people looked, and its scores.

Place: dataset -> [features, fits over folds] -> file of the readout; the scores, on
photographs not seen in training, go to standard output.
"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from psysal.cli.console import Overwrite, Threads, say, steps

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
        str, typer.Option(help="Pairs of centre and surround with commas between, or none.")
    ] = "13/26",
    energy: Annotated[
        bool, typer.Option(help="Root mean squares of planes among the features.")
    ] = True,
    color: Annotated[bool, typer.Option(help="Opponent colors among the features.")] = True,
    sigma: Annotated[
        float | None,
        typer.Option(
            help="Degrees of the Gaussian that turns fixations into the target. Default: 0, "
            "fixations themselves, for kl, else 1."
        ),
    ] = None,
    folds: Annotated[int, typer.Option(help="Of photographs, for the scores.")] = 5,
    seed: Annotated[int, typer.Option(help="Of weights and of the order of photographs.")] = 0,
    early_stopping: Annotated[
        bool, typer.Option("--early-stopping", help="Hold a tenth out that says when to stop.")
    ] = False,
    ppd: Annotated[
        float | None,
        typer.Option(help="Pixels per degree, for a set that does not tell them."),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder for features and the state of fits; kept. Default: one beside the "
            "output, removed at the end.",
        ),
    ] = None,
    overwrite: Overwrite = False,
    threads: Threads = None,
) -> None:
    """Train a readout on where people looked, and say how well it does on unseen photographs.

    If it is interrupted, the same command goes on where it stopped.
    """
    import shutil
    from dataclasses import replace

    from psysal import files
    from psysal.evaluation.summary import summary
    from psysal.gaze import dataset as read
    from psysal.learning.train import train
    from psysal.report import html as report
    from psysal.vision.features import Features

    if output.exists() and not overwrite:
        say(f"{output}: is already there and was kept; --overwrite replaces it", style="red")
        raise typer.Exit(1)
    folder = work or output.with_name(output.name + ".work")
    try:
        found = read(dataset)
        found = found if ppd is None else replace(found, ppd=ppd)
        features = Features(_windows(windows), energy, color)
        with steps() as progress:
            result = train(
                found,
                folder,
                features=features,
                readout=readout,
                loss=loss,
                sigma=sigma,
                folds=folds,
                seed=seed,
                early=early_stopping,
                threads=threads,
                progress=progress,
            )
        files.save(output, result.trained.encode(), overwrite=overwrite)
    except (ValueError, ImportError, OSError) as error:
        say(str(error), style="red")
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        say(f"interrupted; the same command goes on from {folder}", style="yellow")
        raise typer.Exit(1) from None
    if work is None:
        shutil.rmtree(folder)
    for title, scores in (("on the grid", result.scores), ("at full resolution", result.full)):
        print(f"{title}, photographs not seen in training:\n\n{report.markdown(summary(scores))}\n")
    print(output)


def _windows(text: str) -> tuple[tuple[int, int], ...]:
    if text == "none":
        return ()
    try:
        pairs = [tuple(int(n) for n in pair.split("/")) for pair in text.split(",")]
        return tuple((center, surround) for center, surround in pairs)
    except ValueError:
        raise ValueError(
            f"windows must be pairs such as 5/10,13/26, or none, got {text!r}"
        ) from None
