"""Training of a readout on a data set, with scores on photographs it was not trained on.

Place in the pipeline: training_set -> linear, adam -> [train] -> file of a readout.
Enters: a data set of photographs with fixations.  Leaves: a readout fitted to all of them,
and scores cross-validated over folds of photographs: each photograph is scored by a readout
and a center bias that were fitted without its fold.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from psysal import __version__, files
from psysal._typing import Array
from psysal.checks import one_of
from psysal.evaluation.compare import Comparison
from psysal.evaluation.divergences import DIVERGENCES
from psysal.evaluation.references import CenterBias
from psysal.evaluation.summary import summary
from psysal.evaluation.training import fixations_fingerprint
from psysal.gaze.datasets import Dataset
from psysal.learning.adam import fit_small
from psysal.learning.examples import Fit
from psysal.learning.linear import fit_linear
from psysal.learning.training_set import PhotographExamples, Photographs
from psysal.models.learned import Trained, softmax
from psysal.optional import require
from psysal.threads import thread_count
from psysal.vision.features import Features

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["READOUTS", "CrossValidated", "TrainingResult", "fit_folds", "score_folds", "train"]

Progress = Callable[[str, int, int], None]

READOUTS: Mapping[str, Callable[..., Fit]] = {"small": fit_small, "linear": fit_linear}
"""Fit of each kind of readout: with hidden units, or linear."""
METRICS = ("auc", "shuffled_auc", "nss", "information_gain")
VALIDATION_STEP = 10  # one photograph of so many is held out for early stopping


@dataclass(frozen=True, eq=False)
class CrossValidated:
    """Model that maps every photograph by the readout fitted without its fold.

    Parameters
    ----------
    photographs : Photographs
        With their features on disk.
    models : sequence of Trained
        A readout for every fold, fitted without it.
    center_bias : bool
        Whether the center bias counts.
    """

    gives = "density"

    photographs: Photographs = field(repr=False)
    models: Sequence[Trained] = field(repr=False)
    center_bias: bool = True

    def map_for(self, name: str, shape: tuple[int, int]) -> Array:
        """Density of fixations on a photograph.

        Parameters
        ----------
        name : str
            Name of the photograph.
        shape : (int, int)
            Rows and columns of the map.

        Returns
        -------
        ndarray, (rows, cols)
            Positive, summing to 1.
        """
        trained = self.models[self.photographs.fold[name]]
        logits = trained.readout.logits(self.photographs.planes(name))
        if self.center_bias:
            logits = logits + trained.center_logits(logits.shape)
        return softmax(logits, shape)


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """Trained readouts and their scores.

    Attributes
    ----------
    trained : Trained
        Fitted to all photographs, with the scores below in ``metadata``.
    models : tuple of Trained
        Fitted without each of the folds.
    grid_scores, full_scores : DataFrame
        Scores of every photograph on the grid, and at full resolution: by the readout
        fitted without it, with the center bias and without, and by the center bias alone.
    """

    trained: Trained
    models: tuple[Trained, ...]
    grid_scores: "DataFrame"
    full_scores: "DataFrame"


def train(
    dataset: Dataset,
    workdir: Path,
    *,
    features: Features | None = None,
    readout: str = "small",
    loss: str = "kl",
    sigma: float | None = None,
    folds: int = 5,
    seed: int = 0,
    early_stopping: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> TrainingResult:
    """Train a readout, and cross-validate it over photographs.

    Parameters
    ----------
    dataset : Dataset
        Photographs with fixations; those without are left out.
    workdir : path
        Folder of features and checkpoints, from which an interrupted training resumes.
    features : Features, optional
        Default: contrast of windows 13 and 26, energy and color.
    readout : "small" or "linear"
        With hidden units, or linear.
    loss : str
        One of :data:`psysal.evaluation.divergences.DIVERGENCES`.
    sigma : float, optional
        Standard deviation in degrees, from 0, of the Gaussian about every fixation that
        makes the target; default: 0, the fixations themselves, for "kl", and 1 for the
        other losses, which want a density.
    folds : int
        Number of folds of the cross-validation, from 2.
    seed : int
        Seed of the weights and of the order of photographs.
    early_stopping : bool
        Hold out a tenth of the photographs, and stop when their loss no longer falls.
    threads : int, optional
        Fits at a time; default: every processor.
    progress : callable, optional
        Called with the name of a step, the number of its parts done, and of all.

    Returns
    -------
    TrainingResult

    Raises
    ------
    ValueError
        Parameters out of range; features that are not finite; a folder of other features
        or another training.
    """
    if sigma is None:
        sigma = 0.0 if loss == "kl" else 1.0
    photographs = Photographs(dataset, features or Features(), workdir / "features", folds, sigma)
    *models, final = fit_folds(
        photographs,
        [*range(folds), None],
        workdir,
        readout=readout,
        loss=loss,
        seed=seed,
        early_stopping=early_stopping,
        threads=threads,
        progress=progress,
    )
    grid = score_folds({readout: models}, photographs, photographs.grid, threads=threads)
    full = score_folds({readout: models}, photographs, dataset, threads=threads)
    profiles = dataset.color_profiles
    metadata = {
        "version": __version__,
        "readout": readout,
        "loss": loss,
        "sigma": sigma,
        "seed": seed,
        "early_stopping": early_stopping,
        "data": {
            "dataset": dataset.name,
            "source": dataset.source,
            "images": len(photographs.names),
            "fixations": len(photographs.fixations),
            "digest": fixations_fingerprint(photographs.fixations),
            **({"color_profiles": profiles} if profiles else {}),
        },
        "photographs": {dataset.name: [dataset.fingerprints[name] for name in photographs.names]},
        "scores": {"folds": folds, "grid": _table(grid), "full resolution": _table(full)},
    }
    trained = Trained(final.features, final.readout, final.center, final.gain, metadata)
    return TrainingResult(trained, tuple(models), grid, full)


def fit_folds(
    photographs: Photographs,
    folds: Sequence[int | None],
    workdir: Path,
    *,
    readout: str = "small",
    loss: str = "kl",
    seed: int = 0,
    early_stopping: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> list[Trained]:
    """Readouts fitted without each fold, in worker processes.

    Parameters
    ----------
    photographs : Photographs
        Their features are computed first where they are missing.
    folds : sequence of int or None
        Fold that each readout is fitted without; None for a fit to all photographs.
    workdir : path
        Folder of checkpoints, from which an interrupted fit resumes.
    readout, loss, seed, early_stopping, threads, progress
        As :func:`train` takes them.

    Returns
    -------
    list of Trained
        In the order of ``folds``.

    Raises
    ------
    ValueError
        Parameters out of range; features that are not finite; a folder of other features
        or other fits.
    """
    one_of("readout", readout, READOUTS)
    one_of("loss", loss, DIVERGENCES)
    joblib = require("joblib")
    workdir = workdir.resolve()  # workers may run elsewhere
    files.make_folder(workdir)
    photographs.prepare(threads=threads, progress=progress)
    count = min(thread_count(threads), len(folds))
    jobs = [
        joblib.delayed(_fit_without)(
            photographs, fold, readout, loss, seed, early_stopping, workdir
        )
        for fold in folds
    ]
    models = []
    for done, trained in enumerate(joblib.Parallel(count, return_as="generator")(jobs), start=1):
        models.append(trained)
        if progress:
            progress("fits", done, len(jobs))
    return models


def _fit_without(
    photographs: Photographs,
    fold: int | None,
    readout: str,
    loss: str,
    seed: int,
    early_stopping: bool,
    workdir: Path,
) -> Trained:
    """Readout fitted to all photographs but those of a fold."""
    limits = require("threadpoolctl").threadpool_limits
    names = [name for name in photographs.names if photographs.fold[name] != fold]
    center = photographs.center(names)
    options: dict[str, Any] = {"loss": loss}
    if readout == "small":
        label = "all" if fold is None else fold
        options |= {"seed": seed, "checkpoint": workdir / f"fit-{label}.npz"}
        if early_stopping:
            shuffled = np.random.default_rng(seed).permutation(names)
            held_out = set(shuffled[::VALIDATION_STEP].tolist())
            options["validation"] = PhotographExamples(photographs, sorted(held_out), center)
            names = [name for name in names if name not in held_out]
    with limits(1, user_api="blas"):  # the bits of a sum depend on how many threads share it
        fit = READOUTS[readout](PhotographExamples(photographs, names, center), **options)
    return Trained(photographs.features, fit.readout, center, fit.center)


def score_folds(
    models: Mapping[str, Sequence[Trained]],
    photographs: Photographs,
    dataset: Dataset,
    *,
    threads: int | None = None,
) -> "DataFrame":
    """Cross-validated scores of readouts, with the center bias and without, and of it alone.

    Parameters
    ----------
    models : mapping of str to sequence of Trained
        For every name, a readout for each fold, fitted without it.
    photographs : Photographs
        With their features on disk.
    dataset : Dataset
        The data set of the photographs, or their ``grid``.
    threads : int, optional
        Photographs at a time; default: every processor.

    Returns
    -------
    DataFrame
        As of :meth:`psysal.evaluation.compare.Comparison.scores`.
    """
    compared: dict[str, Any] = {}
    for name, folds in models.items():
        compared[name] = CrossValidated(photographs, folds)
        compared[f"{name}, no center"] = CrossValidated(photographs, folds, center_bias=False)
    fixations = dataset.fixations.inside(dataset.sizes)[0]
    compared["center_bias"] = CenterBias(fixations, dataset.sizes)
    return Comparison(compared, dataset, METRICS).scores(threads=threads)


def _table(scores: "DataFrame") -> dict[str, dict[str, list[float]]]:
    """Mean and interval by model and metric, to four decimals."""
    table: dict[str, dict[str, list[float]]] = {}
    for row in summary(scores).to_dict("records"):
        values = [round(row[part], 4) for part in ("mean", "low", "high")]
        table.setdefault(row["model"], {})[row["metric"]] = values
    return table
