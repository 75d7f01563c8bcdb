"""Training of a readout on data sets, with scores on photographs it was not trained on.

Place in the pipeline: training_set -> linear, adam -> [train] -> calibration -> file of a readout.
Enters: data sets of photographs with fixations.  Leaves: a readout fitted to all of them,
and scores cross-validated over folds of photographs: each photograph is scored by a readout
and a center bias that were fitted without its fold.  Of several sets, each is also predicted
by a readout of the others, from which the readout of all is calibrated.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from psysal import __version__, files
from psysal.checks import one_of
from psysal.evaluation.compare import Comparison
from psysal.evaluation.divergences import DIVERGENCES
from psysal.evaluation.references import CenterBias
from psysal.evaluation.summary import summary
from psysal.evaluation.training import fixations_fingerprint
from psysal.gaze.datasets import Dataset
from psysal.learning.adam import fit_small
from psysal.learning.calibration import best_factor, reliability
from psysal.learning.examples import Fit
from psysal.learning.linear import fit_linear
from psysal.learning.training_set import CrossValidated, PhotographExamples, Photographs
from psysal.models.front_ends import FrontEnd
from psysal.models.trained import Trained
from psysal.optional import require
from psysal.threads import thread_count
from psysal.vision.features import Psychophysical

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["READOUTS", "TrainingResult", "fit_folds", "score_folds", "train"]

Progress = Callable[[str, int, int], None]

_ADAM: dict[str, Any] = {"rate": 5e-3, "epochs": 12, "mirror": True}
READOUTS: Mapping[str, Callable[..., Fit]] = {
    "small": partial(
        fit_small, **_ADAM, blurs=(0, 1.5), units=(24, 32), decay=0.4, dropout=0.25
    ),
    "convolutional": partial(
        fit_small, **_ADAM, blurs=(0, 1, 2.5), units=(32,), convolutions=3, decay=0.5,
        dropout=0.2, unit_dropout=0.3,
    ),
    "linear": partial(fit_linear, blurs=(0, 0.5, 1.5, 4)),
}  # fmt: skip
"""Fit of each kind of readout: with hidden units, with convolutions of them too, or linear."""
METRICS = ("auc", "shuffled_auc", "nss", "information_gain")
VALIDATION_STEP = 10  # one photograph of so many is held out for early stopping


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """Trained readouts and their scores.

    Attributes
    ----------
    trained : Trained
        Fitted to all photographs, with the scores below in ``metadata``.
    models : tuple of Trained
        Fitted without each of the folds.
    left_out : mapping of str to Trained
        By the name of a set, fitted to all others; empty for a single set.
    grid_scores, full_scores : mapping of str to DataFrame
        By the name of a set, scores of every photograph on the grid, and at full resolution:
        by the readout fitted without it, with the center bias of its set and without, and by
        that alone; of several sets also, on the grid, by the readout of the others, "left out".
    """

    trained: Trained
    models: tuple[Trained, ...]
    left_out: Mapping[str, Trained]
    grid_scores: Mapping[str, "DataFrame"]
    full_scores: Mapping[str, "DataFrame"]


def train(
    datasets: Sequence[Dataset],
    workdir: Path,
    *,
    front_end: FrontEnd | None = None,
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
    datasets : sequence of Dataset
        Photographs with fixations; those without are left out. Each set has a center bias of
        its own; the result has the mean of their densities.
    workdir : path
        Folder of planes and checkpoints, from which an interrupted training resumes.
    front_end : FrontEnd, optional
        Default: ``Psychophysical()``.
    readout : str
        One of :data:`READOUTS`.
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
        Parameters out of range; no sets, or two of one name; planes that are not finite; a
        folder of another front end or another training.

    Notes
    -----
    The logits of a readout are too large or too small for photographs of another kind. Of
    several sets, the factor that suits each best is found with a readout of the others, and
    the result has their geometric mean.
    """
    if sigma is None:
        sigma = 0.0 if loss == "kl" else 1.0
    names = [data.name for data in datasets]
    if not names or len(set(names)) < len(names):
        raise ValueError(
            f"data sets of different names were expected, got {', '.join(names) or 'none'}; "
            "name each once"
        )
    front_end = front_end or Psychophysical()
    sets = [
        Photographs(data, front_end, workdir / f"planes-{number}", folds, sigma)
        for number, data in enumerate(datasets)
    ]
    alone = names if len(names) > 1 else []
    final, *fits = fit_folds(
        sets,
        [None, *range(folds), *alone],
        workdir,
        readout=readout,
        loss=loss,
        seed=seed,
        early_stopping=early_stopping,
        threads=threads,
        progress=progress,
    )
    models, left_out = fits[:folds], dict(zip(alone, fits[folds:], strict=True))
    factors = {
        photographs.dataset.name: best_factor(
            CrossValidated(photographs, [left_out[photographs.dataset.name]] * folds)
        )
        for photographs in sets
        if left_out
    }
    factor = float(np.exp(np.mean(np.log([*factors.values()])))) if factors else 1.0
    models = [model.scaled(factor) for model in models]
    left_out = {name: model.scaled(factor) for name, model in left_out.items()}
    grid, full = {}, {}
    for photographs in sets:
        data = photographs.dataset
        own = {readout: models}
        others = {"left out": [left_out[data.name]] * folds} if left_out else {}
        grid[data.name] = score_folds(own | others, photographs, photographs.grid, threads=threads)
        full[data.name] = score_folds(own, photographs, data, threads=threads)
    metadata = {
        "version": __version__,
        "readout": readout,
        "loss": loss,
        "sigma": sigma,
        "seed": seed,
        "early_stopping": early_stopping,
        "data": [_describe(photographs) for photographs in sets],
        "calibration": {
            "factor": round(factor, 4),
            "left out": {
                each.dataset.name: _calibration(each, left_out[each.dataset.name])
                for each in sets
                if left_out
            },
        },
        "scores": {
            "folds": folds,
            **{name: {"grid": _table(grid[name]), "full": _table(full[name])} for name in names},
        },
    }
    trained = replace(final.scaled(factor), metadata=metadata)
    return TrainingResult(trained, tuple(models), left_out, grid, full)


def _calibration(photographs: Photographs, model: Trained) -> dict[str, Any]:
    """Calibration of a readout on a set that it was not fitted to."""
    held_out = CrossValidated(photographs, [model] * photographs.folds)
    predicted, observed = reliability(held_out)
    return {
        "factor": round(best_factor(held_out), 4),
        "predicted": predicted.round(3).tolist(),
        "observed": observed.round(3).tolist(),
    }


def _describe(photographs: Photographs) -> dict[str, Any]:
    """Data set of a training, as :attr:`psysal.Learned.learned_from` tells it."""
    profiles = photographs.dataset.color_profiles
    return {
        "dataset": photographs.dataset.name,
        "source": photographs.dataset.source,
        "images": len(photographs.names),
        "fixations": len(photographs.fixations),
        "digest": fixations_fingerprint(photographs.fixations),
        "photographs": [photographs.dataset.fingerprints[name] for name in photographs.names],
        **({"color_profiles": profiles} if profiles else {}),
    }


def fit_folds(
    sets: Sequence[Photographs],
    left_out: Sequence[int | str | None],
    workdir: Path,
    *,
    readout: str = "small",
    loss: str = "kl",
    seed: int = 0,
    early_stopping: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> list[Trained]:
    """Readouts fitted without each fold or set, in worker processes.

    Parameters
    ----------
    sets : sequence of Photographs
        Their planes are computed first where they are missing.
    left_out : sequence of int, str or None
        What each readout is fitted without: a fold of every set, or the set of a name; None
        for a fit to all photographs.
    workdir : path
        Folder of checkpoints, from which an interrupted fit resumes.
    readout, loss, seed, early_stopping, threads, progress
        As :func:`train` takes them.

    Returns
    -------
    list of Trained
        In the order of ``left_out``.

    Raises
    ------
    ValueError
        Parameters out of range; planes that are not finite; a folder of another front end
        or other fits.
    """
    one_of("readout", readout, READOUTS)
    one_of("loss", loss, DIVERGENCES)
    joblib = require("joblib")
    workdir = workdir.resolve()  # workers may run elsewhere
    files.make_folder(workdir)
    for photographs in sets:
        photographs.prepare(threads=threads, progress=progress)
    count = min(thread_count(threads), len(left_out))
    jobs = [
        joblib.delayed(_fit_without)(sets, part, readout, loss, seed, early_stopping, workdir)
        for part in left_out
    ]
    models = []
    for done, trained in enumerate(joblib.Parallel(count, return_as="generator")(jobs), start=1):
        models.append(trained)
        if progress:
            progress("fits", done, len(jobs))
    return models


def _fit_without(
    sets: Sequence[Photographs],
    left_out: int | str | None,
    readout: str,
    loss: str,
    seed: int,
    early_stopping: bool,
    workdir: Path,
) -> Trained:
    """Readout fitted to all photographs but those of a fold or a set."""
    limits = require("threadpoolctl").threadpool_limits
    all_names = [photographs.dataset.name for photographs in sets]
    sets = [each for each in sets if each.dataset.name != left_out]
    names = [[name for name in each.names if each.fold[name] != left_out] for each in sets]
    centers = [each.center(own) for each, own in zip(sets, names, strict=True)]
    options: dict[str, Any] = {"loss": loss}
    if readout != "linear":
        label = "all" if left_out is None else str(left_out)
        if isinstance(left_out, str):
            label = f"without-{all_names.index(left_out)}"
        options |= {"seed": seed, "checkpoint": workdir / f"fit-{label}.npz"}
        if early_stopping:
            rng = np.random.default_rng(seed)
            held_out = [sorted(rng.permutation(own)[::VALIDATION_STEP].tolist()) for own in names]
            options["validation"] = PhotographExamples(sets, held_out, centers)
            names = [
                [name for name in own if name not in held]
                for own, held in zip(names, held_out, strict=True)
            ]
    with limits(1, user_api="blas"):  # the bits of a sum depend on how many threads share it
        fit = READOUTS[readout](PhotographExamples(sets, names, centers), **options)
    center = np.log(np.mean(np.exp(centers), axis=0))
    return Trained(sets[0].front_end, fit.readout, center, fit.center)


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
