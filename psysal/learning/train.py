"""Training: a set of photographs -> a readout, and what it scores on photographs it has not seen.

Place in the pipeline: photographs -> fitting -> [training] -> a file.  A readout is fitted
to all folds but one, for each of them in turn, and scored on the one left out; then to all.
Every score is of a photograph that neither the readout nor its center bias has seen.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from psysal import __version__
from psysal.evaluation.compare import Comparison, fixations_fingerprint
from psysal.evaluation.divergences import DIVERGENCES
from psysal.evaluation.references import CenterBias
from psysal.evaluation.summary import summary
from psysal.gaze.datasets import Dataset
from psysal.learning.fit import Fit, fit_linear, fit_small
from psysal.learning.training_set import Examples, Photographs
from psysal.models.learned import Trained, softmax
from psysal.optional import require
from psysal.threads import thread_count
from psysal.vision.features import Features

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["READOUTS", "Folded", "Training", "fitted", "scored", "train"]

Array = NDArray[Any]
Progress = Callable[[str, int, int], None]

READOUTS: Mapping[str, Callable[..., Fit]] = {"small": fit_small, "linear": fit_linear}
"""Kinds of readout: with hidden units, or linear."""
METRICS = ("auc", "shuffled_auc", "nss", "information_gain")
HELD_OUT = 10  # of so many photographs one tells when to stop


@dataclass(frozen=True, eq=False)
class Folded:
    """As a model: every photograph by the readout that was fitted without it."""

    photographs: Photographs = field(repr=False)
    models: Sequence[Trained] = field(repr=False)
    center: bool = True

    def map_for(self, name: str, shape: tuple[int, int]) -> Array:
        """The density for a photograph of the set, (rows, cols)."""
        trained = self.models[self.photographs.fold[name]]
        logits = trained.readout.logits(self.photographs.planes(name))
        if self.center:
            logits = logits + trained.center_logits(logits.shape)
        return softmax(logits, shape)


@dataclass(frozen=True, eq=False)
class Training:
    """What training finds.

    Attributes
    ----------
    trained : Trained
        Fitted to all photographs, with the scores below in ``metadata``.
    models : tuple of Trained
        Fitted without each of the folds.
    scores, full : DataFrame
        Of every photograph by the readout that has not seen it, with its center bias and
        without, and of the center bias alone: on the grid, and at full resolution.
    """

    trained: Trained
    models: tuple[Trained, ...]
    scores: "DataFrame"
    full: "DataFrame"


def train(
    dataset: Dataset,
    work: Path,
    *,
    features: Features | None = None,
    readout: str = "small",
    loss: str = "kl",
    sigma: float | None = None,
    folds: int = 5,
    seed: int = 0,
    early: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Training:
    """Train a readout, and cross-validate it over photographs.

    Parameters
    ----------
    dataset : Dataset
        Photographs with fixations; those without are left out.
    work : path
        Folder for features and for the state of fits, from which an interrupted training
        goes on.
    features : Features, optional
        By default contrast of windows 13 and 26, energy and color.
    readout : "small" or "linear"
    loss : str
        One of :data:`psysal.evaluation.divergences.DIVERGENCES`.
    sigma : float, optional
        Degrees of the Gaussian about every fixation that makes the target; by default
        0, fixations themselves, for "kl", and 1 for the other losses, which want a density.
    folds : int
    seed : int
        Of weights and of the order of photographs.
    early : bool
        Stop when a tenth of the photographs, held out, says so.
    threads : int, optional
        Fits at a time; default: every processor.
    progress : callable, optional
        Told what is done, how much of it, and how much there is.

    Raises
    ------
    ValueError
        What makes no sense; features that are not finite; another training's folder.
    """
    if sigma is None:
        sigma = 0.0 if loss == "kl" else 1.0
    photographs = Photographs(dataset, features or Features(), work / "features", folds, sigma)
    *models, whole = fitted(
        photographs,
        [*range(folds), None],
        work,
        readout=readout,
        loss=loss,
        seed=seed,
        early=early,
        threads=threads,
        progress=progress,
    )
    grid = scored({readout: models}, photographs, photographs.grid, threads=threads)
    full = scored({readout: models}, photographs, dataset, threads=threads)
    seen = photographs.fixations
    metadata = {
        "version": __version__,
        "readout": readout,
        "loss": loss,
        "sigma": sigma,
        "seed": seed,
        "early_stopping": early,
        "data": {
            "dataset": dataset.name,
            "source": dataset.source,
            "images": len(photographs.names),
            "fixations": len(seen),
            "digest": fixations_fingerprint(seen),
        },
        "scores": {"folds": folds, "grid": _table(grid), "full resolution": _table(full)},
    }
    trained = Trained(whole.features, whole.readout, whole.center, whole.gain, metadata)
    return Training(trained, tuple(models), grid, full)


def fitted(
    photographs: Photographs,
    folds: Sequence[int | None],
    work: Path,
    *,
    readout: str = "small",
    loss: str = "kl",
    seed: int = 0,
    early: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> list[Trained]:
    """Readouts of all photographs but those of each fold, side by side; see :func:`train`."""
    if readout not in READOUTS:
        raise ValueError(f"readout must be {' or '.join(READOUTS)}, got {readout!r}")
    if loss not in DIVERGENCES:
        raise ValueError(f"loss must be one of {', '.join(DIVERGENCES)}, got {loss!r}")
    joblib = require("joblib")
    work = work.resolve()  # processes may stand elsewhere
    work.mkdir(parents=True, exist_ok=True)
    photographs.prepare(threads=threads, progress=progress)
    count = min(thread_count(threads), len(folds))
    jobs = [
        joblib.delayed(_fitted)(photographs, fold, readout, loss, seed, early, work)
        for fold in folds
    ]
    found = []
    for done, trained in enumerate(joblib.Parallel(count, return_as="generator")(jobs), start=1):
        found.append(trained)
        if progress:
            progress("fits", done, len(jobs))
    return found


def _fitted(
    photographs: Photographs,
    fold: int | None,
    readout: str,
    loss: str,
    seed: int,
    early: bool,
    work: Path,
) -> Trained:
    limits = require("threadpoolctl").threadpool_limits
    names = [name for name in photographs.names if photographs.fold[name] != fold]
    center = photographs.center(names)
    options: dict[str, Any] = {"loss": loss}
    if readout == "small":
        options |= {"seed": seed, "checkpoint": work / f"fit-{'all' if fold is None else fold}.npz"}
        if early:
            held = set(np.random.default_rng(seed).permutation(names)[::HELD_OUT].tolist())
            options["validation"] = Examples(photographs, sorted(held), center)
            names = [name for name in names if name not in held]
    with limits(1, user_api="blas"):  # the bits of a sum depend on how many share it
        found: Fit = READOUTS[readout](Examples(photographs, names, center), **options)
    return Trained(photographs.features, found.readout, center, found.center)


def scored(
    models: Mapping[str, Sequence[Trained]],
    photographs: Photographs,
    dataset: Dataset,
    *,
    threads: int | None = None,
) -> "DataFrame":
    """Scores on photographs that were not seen, with the center bias and without, and its own.

    ``dataset`` is that of the photographs, or their ``grid``.
    """
    compared: dict[str, Any] = {}
    for name, each in models.items():
        compared[name] = Folded(photographs, each)
        compared[f"{name}, no center"] = Folded(photographs, each, center=False)
    seen = dataset.fixations.inside(dataset.sizes)[0]
    compared["center_bias"] = CenterBias(seen, dataset.sizes)
    return Comparison(compared, dataset, METRICS).scores(threads=threads)


def _table(scores: "DataFrame") -> dict[str, dict[str, list[float]]]:
    """Mean and interval by model and metric, to four decimals."""
    found: dict[str, dict[str, list[float]]] = {}
    for row in summary(scores).to_dict("records"):
        values = [round(row[part], 4) for part in ("mean", "low", "high")]
        found.setdefault(row["model"], {})[row["metric"]] = values
    return found
