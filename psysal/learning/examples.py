"""Examples of a fit, and the loss of a readout on them.

Place in the pipeline: features, fixation densities -> [examples] -> linear, adam -> readout.
Enters: images, one at a time and never all in memory: their features (inputs, rows, cols),
a target density and the log density of the center bias (rows, cols).
Leaves: losses and gradients.  The density of an image is the softmax of
``readout + center * log_center``; all parameters are one vector, those of the readout first
and the gain ``center`` last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from psysal._typing import Array
from psysal.evaluation.divergences import value_and_gradient
from psysal.models.readout import Readout, Tape, forward, gradient

__all__ = ["Examples", "Fit", "feature_statistics"]

CONSTANT = 1e-6  # a feature that varies by less of its mean is constant in float32


class Examples(Protocol):
    """Images to learn from; their grids may differ.

    Examples may also have a method ``name(i)``, by which errors then call an image.
    """

    def __len__(self) -> int:
        """Number of images."""

    def features(self, i: int) -> Array:
        """Features of an image, before they are standardized.

        Parameters
        ----------
        i : int
            Number of the image, from 0.

        Returns
        -------
        ndarray, (inputs, rows, cols), float32 or float16
        """

    def target(self, i: int) -> Array:
        """Density of the fixations on an image.

        Parameters
        ----------
        i : int
            Number of the image, from 0.

        Returns
        -------
        ndarray, (rows, cols)
            Not negative, summing to 1.
        """

    def log_center(self, i: int) -> Array:
        """Log density of the fixations on other images, the center bias.

        Parameters
        ----------
        i : int
            Number of the image, from 0.

        Returns
        -------
        ndarray, (rows, cols)
            In nats, up to a constant.
        """


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted readout.

    Parameters
    ----------
    readout : Readout
        The readout with the fitted parameters.
    center : float
        Gain of the log density of the center bias.
    loss : float
        Mean loss of this readout on the training examples.
    history : tuple of float
        Training loss: of every epoch of :func:`~psysal.learning.adam.fit_small`, with
        features left out; of every evaluation of :func:`~psysal.learning.linear.fit_linear`,
        with the penalty.
    validation : tuple of float
        Validation loss after every epoch; empty without validation examples.
    """

    readout: Readout
    center: float
    loss: float
    history: tuple[float, ...]
    validation: tuple[float, ...] = ()


def feature_statistics(examples: Examples) -> tuple[Array, Array]:
    """Mean and standard deviation of every feature over the pixels of all examples.

    Parameters
    ----------
    examples : Examples
        At least one image.

    Returns
    -------
    mean, std : ndarray, (inputs,), float64
        The std of a feature that is the same everywhere is 1.

    Raises
    ------
    ValueError
        No examples, different numbers of features, or values that are not finite.
    """
    check_nonempty(examples)
    count = 0
    mean: Array = np.zeros(())
    squares: Array = np.zeros(())
    for i in range(len(examples)):
        planes = features_of(examples, i)
        check_finite(examples, i, planes)
        if i and len(planes) != len(mean):
            raise ValueError(
                f"{example_name(examples, i)}: {len(mean)} features were expected, as others "
                f"have, got {len(planes)}"
            )
        planes = planes.reshape(len(planes), -1)
        size, own = planes.shape[1], planes.mean(1, dtype=np.float64)
        offset = own - mean
        count += size
        mean = mean + offset * size / count
        squares = squares + planes.var(1, dtype=np.float64) * size
        squares += offset**2 * (size * (count - size) / count)
    std = np.sqrt(squares / count)
    return mean, np.where(std > CONSTANT * abs(mean), std, 1.0)


# --- checks ------------------------------------------------------------------


def example_name(examples: Examples, i: int) -> str:
    """Name of an example in error messages."""
    name = getattr(examples, "name", None)
    return str(name(i)) if name else f"example {i}"


def check_nonempty(examples: Examples) -> None:
    """A ValueError if there are no examples."""
    if not len(examples):
        raise ValueError("examples were expected, got none; a readout needs images to learn from")


def check_finite(examples: Examples, i: int, planes: Array) -> None:
    """A ValueError if features of an example are NaN or infinite."""
    if not np.isfinite(planes).all():
        raise ValueError(
            f"{example_name(examples, i)}: features must be finite, got NaN or infinite values; "
            "repair them or leave the image out"
        )


def nonnegative(name: str, value: float, limit: float = np.inf) -> float:
    """A number from 0 on and below ``limit``; a ValueError for any other.

    >>> nonnegative("dropout", 1, limit=1)
    Traceback (most recent call last):
    ValueError: dropout must be from 0 on and below 1, got 1
    """
    if not 0 <= value < limit:
        below = f" and below {limit:g}" if limit < np.inf else ""
        raise ValueError(f"{name} must be from 0 on{below}, got {value!r}")
    return float(value)


# --- loss --------------------------------------------------------------------


def features_of(examples: Examples, i: int) -> Array:
    """Features of an example in float32, their shape checked."""
    planes = np.asarray(examples.features(i), np.float32)
    if planes.ndim != 3 or not planes.size:
        raise ValueError(
            f"{example_name(examples, i)}: features must be (inputs, rows, cols), "
            f"got shape {planes.shape}"
        )
    return planes


def center_bias_loss(examples: Examples, loss: str) -> float:
    """Mean loss of the center bias alone; targets and center biases are checked on the way."""
    check_nonempty(examples)
    value_and_gradient(loss, [1.0], [0.0])  # an unknown loss is no fault of an example
    total = 0.0
    for i in range(len(examples)):
        try:
            target, center = np.asarray(examples.target(i)), np.asarray(examples.log_center(i))
            if target.ndim != 2 or target.shape != center.shape:
                raise ValueError(
                    "target and log_center must be (rows, cols) of one grid, "
                    f"got shapes {target.shape} and {center.shape}"
                )
            total += float(value_and_gradient(loss, target.ravel(), center.ravel())[0])
        except ValueError as error:
            raise ValueError(f"{example_name(examples, i)}: {error}") from None
    return total / len(examples)


def split_parameters(readout: Readout, parameters: Array) -> tuple[Readout, float]:
    """Readout with its part of the parameters, and the gain of the center bias."""
    return readout.with_parameters(parameters[:-1]), float(parameters[-1])


def loss_and_gradient(
    examples: Examples,
    i: int,
    loss: str,
    readout: Readout,
    center: float,
    gain: Array | float = 1,
    unit_gains: Sequence[Array] = (),
    mirrored: bool = False,
) -> tuple[float, Array]:
    """Loss of one example, and its gradient with respect to all parameters.

    Raises FloatingPointError where the logits are not finite; ``gain`` multiplies the
    standardized features and ``unit_gains`` the units of each layer, and 0 leaves them out.
    A mirrored example has left and right exchanged.
    """
    tape, logits, log_center = _logits(examples, i, readout, center, gain, unit_gains, mirrored)
    target = examples.target(i)[:, :: -1 if mirrored else 1]
    value, slope = value_and_gradient(loss, target.ravel(), logits.ravel())
    by_readout = gradient(readout, tape, slope.reshape(logits.shape))
    by_center = by_readout.dtype.type(slope @ log_center.ravel())
    return float(value), np.append(by_readout, by_center)


def mean_loss(
    examples: Examples, loss: str, readout: Readout, center: float, most: int | None = None
) -> float:
    """Mean loss of a readout on all examples, or on the first ``most``."""
    total, count = 0.0, min(len(examples), most or len(examples))
    for i in range(count):
        _, logits, _ = _logits(examples, i, readout, center)
        total += float(value_and_gradient(loss, examples.target(i).ravel(), logits.ravel())[0])
    return total / count


def _logits(
    examples: Examples,
    i: int,
    readout: Readout,
    center: float,
    gain: Array | float = 1,
    unit_gains: Sequence[Array] = (),
    mirrored: bool = False,
) -> tuple[Tape, Array, Array]:
    """Tape of the readout, logits with the center bias, and the log center bias."""
    planes, log_center = features_of(examples, i), examples.log_center(i)
    if mirrored:
        planes = np.ascontiguousarray(planes[:, :, ::-1])
        log_center = log_center[:, ::-1]
    if planes.shape[1:] != log_center.shape:
        raise ValueError(
            f"{example_name(examples, i)}: features must be on the grid of the target, "
            f"{log_center.shape}, got {planes.shape[1:]}"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        tape, logits = forward(readout, planes, gain=gain, unit_gains=unit_gains)
        logits = logits + center * log_center
    if not np.isfinite(logits).all():
        check_finite(examples, i, planes)  # validation features have not been checked before
        raise FloatingPointError("its logits are not finite")
    return tape, logits, log_center
