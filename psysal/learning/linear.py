"""Linear readouts fitted to fixation densities.

Place in the pipeline: examples -> [linear] -> readout.
Enters: examples.  Leaves: a readout without hidden units, and a gain for the center bias.

The problem is convex for the loss "kl": there is one optimum, and the fit reaches it.
The minimizer is L-BFGS in coordinates in which the loss is about as curved in every
direction: those of a Cholesky factor of the Hessian, at a density between that of the
fixations and the center bias, on some of the pixels.

References
----------
Nocedal (1980), doi:10.1090/S0025-5718-1980-0572855-7 (L-BFGS).
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.ndimage import gaussian_filter
from scipy.optimize import minimize
from scipy.special import softmax

from psysal._typing import Array
from psysal.learning.examples import (
    Examples,
    Fit,
    center_bias_loss,
    feature_statistics,
    features_of,
    loss_and_gradient,
    mean_loss,
    nonnegative,
    split_parameters,
)
from psysal.models.readout import Readout, blurred

__all__ = ["fit_linear"]

ITERATIONS = 200  # of L-BFGS, which needs ten
MEMORY = 20  # steps that L-BFGS remembers
IMAGE_STEP, PIXEL_STEP = 3, 2  # samples of the approximate Hessian
TARGET_SIGMA, TARGET_SHARE = 6.0, 0.7  # its density: the blurred target, and the share of it
RIDGE = 1e-6  # added to its diagonal
START_STD = 0.03  # standard deviation of random weights


def fit_linear(
    examples: Examples,
    *,
    loss: str = "kl",
    blurs: Sequence[float] = (0, 1, 3, 8),
    penalty: float = 1e-3,
    seed: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Fit:
    """Linear readout with the least penalized loss.

    Parameters
    ----------
    examples : Examples
        Images to learn from.
    loss : str
        One of :data:`psysal.evaluation.divergences.DIVERGENCES`. With "kl" the problem is
        convex, and the start makes no difference; any other loss starts at the optimum
        of "kl" and ends in a minimum near by.
    blurs : sequence of float
        Standard deviations of the Gaussians over the features, in pixels of the grid, from
        0; see :class:`psysal.models.readout.Readout`.
    penalty : float
        From 0; half of it times the sum of squared weights of standardized features is
        added to the mean loss.
    seed : int, optional
        Seed of random weights to start from, to check that they make no difference;
        default: weights of 0.
    progress : callable, optional
        Called with the number of evaluations, each of all examples.

    Returns
    -------
    Fit

    Raises
    ------
    ValueError
        Examples that cannot be learned from, named; parameters out of range.

    Warns
    -----
    RuntimeWarning
        The fit diverged or did not converge; the best parameters it met are returned.

    Examples
    --------
    >>> class TwoPixels:  # the second is looked at three times as often
    ...     def __len__(self): return 1
    ...     def features(self, i): return np.array([[[0.0, 1.0]]])
    ...     def target(self, i): return np.array([[0.25, 0.75]])
    ...     def log_center(self, i): return np.log([[0.5, 0.5]])
    >>> fit = fit_linear(TwoPixels(), blurs=(0,), penalty=0)
    >>> dark, bright = fit.readout.logits([[[0.0, 1.0]]])[0]
    >>> round(float(np.exp(bright - dark)), 3)
    3.0
    """
    penalty = nonnegative("penalty", penalty)
    mean, std = feature_statistics(examples)
    readout = Readout(tuple(blurs), mean, std, np.zeros((len(blurs), len(mean)), np.float32))
    center_bias_loss(examples, loss)
    factor = _hessian_factor(examples, readout, penalty)
    parameters = np.append(np.zeros(len(factor) - 1), 1.0)
    if seed is not None:
        parameters += np.random.default_rng(seed).normal(0, START_STD, len(parameters))
    history: list[float] = []
    for each in ("kl", loss) if seed is None and loss != "kl" else (loss,):
        descent = _Descent(examples, each, readout, penalty, factor, progress, len(history))
        parameters = descent.minimum(parameters)
        history += descent.history
    fitted, center = split_parameters(readout, parameters.astype(np.float32))
    return Fit(fitted, center, mean_loss(examples, loss, fitted, center), tuple(descent.history))


def _hessian_factor(examples: Examples, readout: Readout, penalty: float) -> Array:
    """Cholesky factor of an approximate Hessian of the KL divergence, at no parameters."""
    size = readout.linear.size + 1
    hessian, images = np.zeros((size, size)), range(0, len(examples), IMAGE_STEP)
    mean, std = (each.astype(np.float32)[:, None, None] for each in (readout.mean, readout.std))
    for i in images:
        log_center = examples.log_center(i)
        planes = blurred((features_of(examples, i) - mean) / std, readout.blurs)
        planes = planes.reshape(-1, *log_center.shape)[:, ::PIXEL_STEP, ::PIXEL_STEP]
        target = gaussian_filter(np.asarray(examples.target(i), np.float64), TARGET_SIGMA)
        density = TARGET_SHARE * target / target.sum() + (1 - TARGET_SHARE) * softmax(log_center)
        density = density[::PIXEL_STEP, ::PIXEL_STEP]
        weights = density.ravel() / density.sum()
        center = log_center[None, ::PIXEL_STEP, ::PIXEL_STEP]
        flat = np.concatenate([planes, center], dtype=np.float32).reshape(size, -1)
        flat = (flat - (flat @ weights.astype(np.float32))[:, None]) * np.sqrt(weights)
        flat = flat.astype(np.float32)
        hessian += flat @ flat.T
    hessian /= len(images)
    hessian[np.diag_indices(size)] += penalty + RIDGE
    factor: Array = cholesky(hessian)
    return factor


@dataclass
class _Descent:
    """Minimization of the penalized mean loss, in coordinates ``factor @ parameters``."""

    examples: Examples
    loss: str
    readout: Readout
    penalty: float
    factor: Array
    progress: Callable[[int], None] | None
    evaluations_before: int
    history: list[float] = field(default_factory=list)

    def minimum(self, parameters: Array) -> Array:
        """Parameters of the least loss, from others to start at."""
        self._best = parameters
        try:
            result = minimize(
                self._penalized, self.factor @ parameters, jac=True, method="L-BFGS-B",
                options={"maxiter": ITERATIONS, "maxcor": MEMORY, "ftol": 1e-7, "gtol": 1e-6},
            )  # fmt: skip
        except FloatingPointError as error:
            message = f"the fit diverged at evaluation {len(self.history) + 1}: {error}"
            if not self.history:
                raise ValueError(f"{message}; the loss has no slope where it starts") from None
            warnings.warn(f"{message}; the best before is returned", RuntimeWarning, 3)
        else:
            if result.status == 1:  # any other end is a minimum, to rounding
                warnings.warn(
                    f"the fit did not converge in {ITERATIONS} steps; the best is returned, "
                    "and a larger penalty helps",
                    RuntimeWarning,
                    3,
                )
        return self._best

    def _penalized(self, coordinates: Array) -> tuple[float, Array]:
        """Penalized loss, and its gradient with respect to the coordinates."""
        parameters = solve_triangular(self.factor, coordinates)
        readout, center = split_parameters(self.readout, parameters.astype(np.float32))
        weights = np.append(parameters[:-1], 0)
        total, slope, count = 0.0, np.zeros(len(parameters)), len(self.examples)
        for i in range(count):
            value, own = loss_and_gradient(self.examples, i, self.loss, readout, center)
            total += value
            slope += own
        total = total / count + self.penalty / 2 * float(weights @ weights)
        slope = slope / count + self.penalty * weights
        if not (np.isfinite(total) and np.isfinite(slope).all()):
            raise FloatingPointError("its loss or gradient is not finite")
        if total <= min(self.history, default=np.inf):
            self._best = parameters
        self.history.append(total)
        if self.progress:
            self.progress(self.evaluations_before + len(self.history))
        return total, solve_triangular(self.factor, slope, trans="T")
