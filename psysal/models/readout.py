"""Learned readout: planes of features -> logits of a density of fixations.

    features -> [weights -> Gaussian blurs -> softplus] -> ... -> sum -> logits

Place in the pipeline: photograph -> planes on a small grid -> [readout] -> softmax -> density.
Enters: features (inputs, rows, cols), as they are; the readout standardizes them.
Leaves: logits (rows, cols) in nats, on the same grid.  Fitted in :mod:`psysal.learning`.

The linear part is a weighted sum of standardized features, each blurred by several Gaussians,
so that a neighborhood contributes to a pixel, more or less widely.  Softplus units are such sums
too and add to the logits in proportion to ``log(1 + exp(sum))``; a second layer reads the units
of the first, blurred likewise.  Blurring is linear: planes are weighted first and blurred after,
as there are fewer of these.  Standardizing is linear, too, and is done to the weights.

References
----------
Kümmerer, Wallis & Bethge (2016), "DeepGaze II", arXiv:1610.01563 (a readout of features
into a density, with a center bias added to its logits); Dugas et al. (2001),
"Incorporating second-order functional knowledge", NIPS 13 (softplus).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from psysal._typing import Array
from psysal.checks import real_array
from psysal.models.convolution import Body, BodyTape, body_gradient, run_body, softplus
from psysal.wording import shorten_list

__all__ = ["Layer", "Readout", "Tape", "blurred", "forward", "gradient"]

TRUNCATE_SIGMAS = 4  # standard deviations at which a Gaussian is cut off
LARGEST_BLUR = 1000  # pixels of a grid, whose longer side is about 100
MOST_SUMS = 10_000  # blurred sums of a readout, each of which is a plane of the grid


@dataclass(frozen=True, eq=False)
class Layer:
    """Softplus units.

    Parameters
    ----------
    weights : array_like, (blurs, units, inputs)
        Weights of the blurred inputs.
    bias : array_like, (units,)
        Bias of each unit.
    out : array_like, (units,)
        Weight of each unit in the logits.
    """

    weights: Array
    bias: Array
    out: Array


@dataclass(frozen=True, eq=False)
class Readout:
    """Linear part and layers of softplus units, from features to logits.

    Parameters
    ----------
    blurs : tuple of float
        Standard deviations of Gaussians in pixels of the grid, up to 1,000; 0 leaves planes as
        they are. The border is mirrored, edge included; Gaussians are cut off at four standard
        deviations.
    mean, std : array_like, (inputs,)
        Mean and standard deviation of each feature over the pixels of the training.
    linear : array_like, (blurs, inputs)
        Weights of standardized, blurred features. Logits are computed in their data type,
        float32 or float64.
    layers : tuple of Layer
        The first reads features, each other the units of the one before.
    body : Body, optional
        Convolutions of the units of the last layer, whose result is added to the logits.

    Raises
    ------
    ValueError
        Shapes that contradict each other, NaN or infinite values, a standard deviation
        that is not positive, or more than 10,000 blurred sums.

    Examples
    --------
    >>> readout = Readout(blurs=(0,), mean=[1], std=[2], linear=[[3]])
    >>> readout.logits(np.array([[[1.0, 3.0]]])).tolist()
    [[0.0, 3.0]]
    """

    blurs: tuple[float, ...]
    mean: Array
    std: Array
    linear: Array
    layers: tuple[Layer, ...] = ()
    body: Body | None = None

    def __post_init__(self) -> None:
        blurs = tuple(float(sigma) for sigma in self.blurs)
        if not blurs or not all(0 <= sigma <= LARGEST_BLUR for sigma in blurs):
            raise ValueError(
                f"blurs must be standard deviations in pixels from 0 to {LARGEST_BLUR}, "
                f"got {shorten_list(self.blurs) or 'none'}"
            )
        linear = np.asarray(self.linear)
        kind = linear.dtype if linear.dtype in (np.float32, np.float64) else np.dtype(np.float64)
        inputs = linear.shape[-1] if linear.ndim else 0
        linear = _weights("linear", linear, (len(blurs), inputs), kind)
        sums = len(blurs) * (1 + sum(np.size(layer.bias) for layer in self.layers))
        if sums > MOST_SUMS:
            raise ValueError(
                f"a readout must have at most {MOST_SUMS} blurs times units, got {sums}; "
                "take fewer of them"
            )
        layers, units = [], inputs
        for number, layer in enumerate(self.layers):
            name, before, units = f"layers[{number}].", units, np.size(layer.bias)
            shape = len(blurs), units, before
            layers.append(
                Layer(
                    _weights(name + "weights", layer.weights, shape, kind),
                    _weights(name + "bias", layer.bias, (units,), kind),
                    _weights(name + "out", layer.out, (units,), kind),
                )
            )
        body = self.body
        if body is not None:
            steps = len(np.atleast_2d(body.bias))
            shapes = {"kernels": (steps, units, units, 3, 3), "bias": (steps, units)}
            body = Body(
                **{
                    name: _weights(f"body.{name}", getattr(body, name), shape, kind)
                    for name, shape in {**shapes, "out": (units,)}.items()
                }
            )
        mean, std = (
            _weights(name, getattr(self, name), (inputs,), np.dtype(np.float64))
            for name in ("mean", "std")
        )
        if not (std > 0).all():
            raise ValueError(
                f"std must be positive, got {std.min():.6g}; leave constant features out"
            )
        checked = {"blurs": blurs, "mean": mean, "std": std, "linear": linear, "body": body}
        for name, value in {**checked, "layers": tuple(layers)}.items():
            object.__setattr__(self, name, value)

    @property
    def parameters(self) -> Array:
        """Learned parameters as one vector: linear, weights, bias and out of layers, body."""
        parts = [self.linear]
        for layer in self.layers:
            parts += [layer.weights, layer.bias, layer.out]
        if self.body:
            parts += [self.body.kernels, self.body.bias, self.body.out]
        return np.concatenate([part.ravel() for part in parts])

    def with_parameters(self, values: Array) -> "Readout":
        """Readout with other learned parameters.

        Parameters
        ----------
        values : ndarray, (parameters,)
            In the order of :attr:`parameters`, and of the data type of the new readout.

        Returns
        -------
        Readout
        """
        rest = values

        def take(like: Array) -> Array:
            nonlocal rest
            part, rest = rest[: like.size].reshape(like.shape), rest[like.size :]
            return part

        linear = take(self.linear)
        layers = tuple(Layer(*map(take, (la.weights, la.bias, la.out))) for la in self.layers)
        body = self.body and Body(*map(take, (self.body.kernels, self.body.bias, self.body.out)))
        return replace(self, linear=linear, layers=layers, body=body)

    def scaled(self, factor: float) -> "Readout":
        """Readout whose logits are multiplied.

        Parameters
        ----------
        factor : float

        Returns
        -------
        Readout
        """
        times = self.linear.dtype.type(factor)
        layers = tuple(replace(layer, out=times * layer.out) for layer in self.layers)
        body = self.body and replace(self.body, out=times * self.body.out)
        return replace(self, linear=times * self.linear, layers=layers, body=body)

    def logits(self, features: ArrayLike) -> Array:
        """Logits of a density of fixations.

        Parameters
        ----------
        features : array_like, (inputs, rows, cols)
            Finite features, not standardized; any grid.

        Returns
        -------
        ndarray, (rows, cols)
            In nats, up to a constant; of the data type of the weights.
        """
        return forward(self, features)[1]

    def terms(self, features: ArrayLike) -> Array:
        """Terms of the features in the linear part.

        Parameters
        ----------
        features : array_like, (inputs, rows, cols)
            As :meth:`logits` takes them.

        Returns
        -------
        ndarray, (inputs, rows, cols)
            Zero where a feature has its mean. Their sum is the logits of a readout without
            layers.
        """
        planes = np.asarray(features, self.linear.dtype)
        mean, std = (values.astype(planes.dtype)[:, None, None] for values in (self.mean, self.std))
        scaled = (planes - mean) / std
        terms = np.zeros_like(planes)
        for weights, sigma in zip(self.linear, self.blurs, strict=True):
            terms += _blur(weights[:, None, None] * scaled, sigma)
        return terms


class Tape(NamedTuple):
    """Intermediates of :func:`forward` that :func:`gradient` needs.

    Attributes
    ----------
    features : ndarray, (inputs, pixels)
        Features, not standardized.
    scale : ndarray, (inputs,)
        Factor of every feature: its gain over its standard deviation.
    units : list of ndarray, (units, rows, cols)
        Units of every layer, after softplus and times their gain.
    slopes : list of ndarray, (units, rows, cols)
        Derivative of the units by their sums.
    body : BodyTape, optional
    """

    features: Array
    scale: Array
    units: list[Array]
    slopes: list[Array]
    body: BodyTape | None


def forward(
    readout: Readout,
    features: ArrayLike,
    *,
    gain: ArrayLike = 1.0,
    unit_gains: Sequence[Array] = (),
) -> tuple[Tape, Array]:
    """Logits, and the intermediates for their gradient.

    Parameters
    ----------
    readout : Readout
    features : array_like, (inputs, rows, cols)
        Finite features, not standardized.
    gain : array_like, (inputs,) or ()
        Factor of standardized features; 0 leaves them out.
    unit_gains : sequence of ndarray, (units,)
        Factors of the units of each layer; default: 1.

    Returns
    -------
    tape : Tape
    logits : ndarray, (rows, cols)
        In nats, up to a constant.

    Raises
    ------
    ValueError
        There are other features than the readout reads.
    """
    planes = np.asarray(features, readout.linear.dtype)
    if planes.ndim != 3 or len(planes) != len(readout.mean) or not planes.size:
        raise ValueError(
            f"features must be ({len(readout.mean)}, rows, cols), got shape {planes.shape}; "
            "pass those that the readout was fitted to"
        )
    grid = planes.shape[1:]
    planes = planes.reshape(len(planes), -1)
    scale = gain / readout.std
    weights = _first_weights(readout) * scale
    constant = weights.sum(0) @ readout.mean
    linear_and_sums = _weighted_sums(weights.astype(planes.dtype), planes, grid, readout.blurs)
    linear_and_sums -= constant.astype(planes.dtype)[:, None, None]
    logits, sums = linear_and_sums[0], linear_and_sums[1:]
    units: list[Array] = []
    slopes: list[Array] = []
    for number, layer in enumerate(readout.layers):
        if units:
            below = units[-1].reshape(len(units[-1]), -1)
            sums = _weighted_sums(layer.weights, below, grid, readout.blurs)
        active = softplus(sums + layer.bias[:, None, None])
        slope = 1 - np.exp(-active)  # softplus' = 1 - exp(-softplus)
        if unit_gains:
            factor = unit_gains[number].astype(active.dtype)[:, None, None]
            active, slope = factor * active, factor * slope
        units.append(active)
        slopes.append(slope)
        logits = logits + np.tensordot(layer.out, active, 1)
    if readout.body is None:
        return Tape(planes, scale, units, slopes, None), logits
    tape, added = run_body(readout.body, units[-1])
    return Tape(planes, scale, units, slopes, tape), logits + added


def gradient(readout: Readout, tape: Tape, d: Array) -> Array:
    """Gradient of ``sum(logits * d)`` with respect to :attr:`Readout.parameters`.

    Parameters
    ----------
    readout : Readout
    tape : Tape
        As :func:`forward` gives it.
    d : ndarray, (rows, cols)
        Gradient of a loss with respect to the logits.

    Returns
    -------
    ndarray, (parameters,)
        In the order of :attr:`Readout.parameters`.
    """
    d = d.astype(tape.features.dtype)
    parts: list[Array] = []
    from_above: Array | float = 0.0  # gradient of the units of a layer by what reads them
    if readout.body is not None and tape.body is not None:
        by_body, from_above = body_gradient(readout.body, tape.body, d)
        parts = [by_body]
    slope = np.empty((0, *d.shape), d.dtype)
    for number in range(len(readout.layers) - 1, -1, -1):
        layer, units = readout.layers[number], tape.units[number]
        slope = layer.out[:, None, None] * d + from_above
        slope *= tape.slopes[number]
        parts = [slope.sum((1, 2)), np.tensordot(units, d, 2), *parts]
        if number:
            spread = blurred(slope, readout.blurs)
            below = tape.units[number - 1]
            parts = [(spread @ below.reshape(len(below), -1).T).ravel(), *parts]
            flat = spread.reshape(-1, d.size)
            from_above = (layer.weights.reshape(len(flat), -1).T @ flat).reshape(below.shape)
    # A Gaussian with mirrored borders is its own adjoint.
    spread = blurred(np.concatenate([d[None], slope]), readout.blurs)
    flat = spread.reshape(-1, d.size)
    first = (flat @ tape.features.T).reshape(*spread.shape[:2], -1)
    first = (first - spread.sum(-1, keepdims=True) * readout.mean) * tape.scale
    parts = [first[:, 0].ravel(), first[:, 1:].ravel(), *parts]
    return np.concatenate(parts).astype(d.dtype)


def blurred(planes: Array, blurs: tuple[float, ...]) -> Array:
    """Planes blurred by every Gaussian.

    Parameters
    ----------
    planes : ndarray, (units, rows, cols)
    blurs : tuple of float
        Standard deviations in pixels.

    Returns
    -------
    ndarray, (blurs, units, pixels)
    """
    stack = np.empty((len(blurs), *planes.shape), planes.dtype)
    for part, sigma in zip(stack, blurs, strict=True):
        part[...] = _blur(planes, sigma)
    return stack.reshape(len(blurs), len(planes), -1)


def _first_weights(readout: Readout) -> Array:
    """Weights of features (blurs, 1 + units, inputs): the linear part is the first unit."""
    below = [layer.weights for layer in readout.layers[:1]]
    return np.concatenate([readout.linear[:, None], *below], axis=1)


def _weighted_sums(
    weights: Array, planes: Array, grid: tuple[int, ...], blurs: tuple[float, ...]
) -> Array:
    """Sums (units, rows, cols) of planes (inputs, pixels), weighted and blurred."""
    products = (weights.reshape(-1, len(planes)) @ planes).reshape(*weights.shape[:2], *grid)
    sums = _blur(products[0], blurs[0])
    for part, sigma in zip(products[1:], blurs[1:], strict=True):
        sums += _blur(part, sigma)
    return sums


def _blur(planes: Array, sigma: float) -> Array:
    if not sigma:
        return planes
    rows, cols = planes.shape[1:]
    across = planes.reshape(-1, cols) @ _gaussian(cols, sigma, planes.dtype)
    return _gaussian(rows, sigma, planes.dtype) @ across.reshape(planes.shape)


@lru_cache(maxsize=64)
def _gaussian(size: int, sigma: float, kind: np.dtype[Any]) -> Array:
    """Symmetric matrix that blurs a row of pixels, mirrored at both ends."""
    radius = int(TRUNCATE_SIGMAS * sigma + 0.5)
    offsets = np.arange(-radius, radius + 1)
    kernel = np.exp(-0.5 * (offsets / sigma) ** 2)
    place = (np.arange(size)[:, None] + offsets) % (2 * size)
    place = np.minimum(place, 2 * size - 1 - place)
    matrix = np.zeros((size, size))
    np.add.at(matrix, (np.arange(size)[:, None], place), kernel / kernel.sum())
    matrix = matrix.astype(kind)
    matrix.setflags(write=False)
    return matrix


def _weights(name: str, values: ArrayLike, shape: tuple[int, ...], kind: np.dtype[Any]) -> Array:
    """Weights of a shape as a data type, or a ValueError."""
    hint = "fit the readout anew"
    weights = real_array(name, values, hint=hint)
    if weights.shape != shape or not weights.size:
        raise ValueError(
            f"{name} must have the shape {shape} of the other weights, got {weights.shape}; "
            "fit or read the readout anew"
        )
    with np.errstate(over="ignore"):  # what is too large for the data type is refused
        return real_array(name, weights.astype(kind, copy=False), hint=hint)
