"""``psysal train``: a readout fitted to fixations, and its cross-validated scores.

Place: data set -> [features, fits over folds] -> file of the readout; the scores, on
photographs not seen in training, go to standard output.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from psysal.cli import completion
from psysal.cli.console import Overwrite, Threads, say, steps
from psysal.cli.signals import stoppable
from psysal.cli.tables import print_scores

if TYPE_CHECKING:
    from psysal.models.front_ends import FrontEnd
    from psysal.vision.features import Psychophysical

__all__ = ["train"]


def train(
    datasets: Annotated[
        list[str],
        typer.Argument(
            metavar="DATASET...",
            autocompletion=completion.datasets,
            help="Folders of photographs and fixations, or their names in the folder PSYSAL_DATA. "
            "Each has its own center bias; of several, each is also predicted from the others, "
            "and the result is calibrated by that.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="The trained readout, JSON.")
    ] = Path("readout.json"),
    front_end: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="What the readout reads: psychophysical, which is the default; a network in "
            "ONNX, or deep, the one that comes with psysal; again for both.",
        ),
    ] = None,
    layers: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,...",
            help="Layers of the network, such as l3,l4,l5 of deep; psysal models --layers lists "
            "them.",
        ),
    ] = None,
    size: Annotated[
        int, typer.Option(help="Longer side of the picture that the network reads, in pixels.")
    ] = 448,
    readout: Annotated[
        Literal["small", "convolutional", "linear"],
        typer.Option(help="With hidden units, with convolutions of them too, or linear."),
    ] = "small",
    loss: Annotated[str, typer.Option(help="A divergence, such as kl or bhattacharyya.")] = "kl",
    windows: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CENTER,SURROUND",
            help="Windows of the contrast among the psychophysical planes, again for more, or "
            "none. Default: 13,26.",
        ),
    ] = None,
    energy: Annotated[
        bool, typer.Option(help="Root mean squares of wavelet planes among them.")
    ] = True,
    color: Annotated[bool, typer.Option(help="Opponent colors among them.")] = True,
    rarity: Annotated[bool, typer.Option(help="Rarity within the image among them.")] = True,
    symmetry: Annotated[bool, typer.Option(help="Mirror symmetry among them.")] = True,
    faces: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Faces among them, found by a detector that you have: an ONNX file of "
            "cv2.FaceDetectorYN.",
        ),
    ] = None,
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
        typer.Option(help="Pixels per degree, for data sets that do not tell them."),
    ] = None,
    workdir: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder for planes and checkpoints, which stays. Default: one beside the "
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
    from psysal.vision.features import Psychophysical

    if output.exists() and not overwrite:
        say(f"{output}: is already there and was kept; --overwrite replaces it", style="red")
        raise typer.Exit(1)
    folder = workdir or output.with_name(output.name + ".work")
    with stoppable(
        lambda: say(f"interrupted; the same command resumes from {folder}", style="yellow")
    ):
        try:
            sets = []
            for name in datasets:
                data = read_dataset(name, on_warning=lambda text: say(text, style="yellow"))
                sets.append(data if ppd is None or data.ppd else replace(data, ppd=ppd))
                if data.color_profiles:
                    say(f"{data.name}: color profiles: {data.color_profiles}")
            pairs = _windows(windows or ["13,26"])
            own = Psychophysical(pairs, energy, color, rarity, symmetry, faces)
            reads = _front_end(front_end or ["psychophysical"], own, layers, size)
            with steps() as progress:
                result = train(
                    sets,
                    folder,
                    front_end=reads,
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
            for name, each in scores.items():
                table = summary(each)
                print(f"{name} {title}, photographs not seen in training:\n")
                if sys.stdout.isatty():
                    print_scores(table, {})
                else:
                    print(markdown(table))
                print()
        for name, held in result.trained.metadata["calibration"]["left out"].items():
            factor = held["factor"]
            print(f"best factor of the logits on {name}, by a readout of the others: {factor:g}")
        print(output)


def _front_end(
    names: list[str], own: "Psychophysical", layers: str | None, size: int
) -> "FrontEnd":
    """Front end of one name or two."""
    from psysal.models.front_ends import Both, Network

    networks = [name for name in names if name != "psychophysical"]
    if len(networks) > 1 or len(names) > 2 or names.count("psychophysical") > 1:
        raise ValueError(
            f"--front-end must be psychophysical, a network, or one of each, got {' '.join(names)}"
        )
    if bool(networks) != (layers is not None):
        raise ValueError(
            "--layers and the network of --front-end go together, got one without the other; "
            "psysal models --layers FILE lists the layers of a network"
        )
    if not networks or layers is None:
        return own
    network = Network(networks[0], layers.split(","), size)
    return network if len(names) == 1 else Both(own, network)


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
