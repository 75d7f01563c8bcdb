"""Calibration: do densities hold on photographs of another kind?

Place in the pipeline: fits -> [calibration] -> file of a readout.
Enters: readouts, and photographs that they were not fitted to.  Leaves: the factor of their
logits that suits these best, below 1 where the readouts are too sure; and how often places of
a predicted density are fixated.
"""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from psysal._typing import Array
from psysal.learning.training_set import CrossValidated

__all__ = ["best_factor", "reliability"]

FACTORS = 0.1, 3.0  # between which the best is sought


def best_factor(model: CrossValidated) -> float:
    """Factor of a readout's logits at which fixations are likeliest; the center bias stays.

    Parameters
    ----------
    model : CrossValidated
        Readouts, and the photographs that they predict.

    Returns
    -------
    float
        From 0.1 to 3.
    """
    photographs = model.photographs
    predicted = [(photographs.target(name), *model.parts(name)) for name in photographs.names]

    def loss(factor: float) -> float:
        return -sum(
            float((target * log_softmax(factor * logits + center)).sum())
            for target, logits, center in predicted
        )

    return float(minimize_scalar(loss, bounds=FACTORS, method="bounded").x)


def reliability(model: CrossValidated, bins: int = 10) -> tuple[Array, Array]:
    """Predicted and observed shares of fixations, by predicted density.

    Parameters
    ----------
    model : CrossValidated
        Readouts, and the photographs that they predict.
    bins : int
        Parts of the places, of equal predicted shares of the fixations.

    Returns
    -------
    predicted, observed : ndarray, (bins,)
        Mean density of the places of a part, as a multiple of a uniform one, and the density
        of the fixations there.
    """
    densities, targets = [], []
    for name in model.photographs.names:
        logits, center = model.parts(name)
        densities.append(softmax(logits + center).ravel() * logits.size)
        targets.append(model.photographs.target(name).ravel() * logits.size)
    density, target = np.concatenate(densities), np.concatenate(targets)
    order = np.argsort(density)
    shares = np.cumsum(density[order]) / density.sum()
    part = np.minimum((shares * bins).astype(int), bins - 1)
    counts = np.bincount(part, minlength=bins)
    predicted, observed = (
        np.bincount(part, values[order], bins) / np.maximum(counts, 1)
        for values in (density, target)
    )
    return predicted, observed
