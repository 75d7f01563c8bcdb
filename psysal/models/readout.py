"""A learned readout: planes of features -> logits of a density of fixations.

    features -> [weights -> Gaussian blurs -> softplus] -> ... -> sum -> logits

Place in the pipeline: photograph -> planes on a small grid -> [readout] -> softmax -> density.
Enters: features (inputs, rows, cols), as they are; the readout standardizes them.
Leaves: logits (rows, cols) in nats, on the same grid.  Fitted in :mod:`psysal.learning`.

The linear part weighs standardized features, each blurred by several Gaussians; what is
near a place counts for it, more or less widely.  Softplus units do the same and add to
the logits in proportion to ``log(1 + exp(sum))``; a second layer reads the units of the
first, blurred likewise.  To blur is linear: planes are weighed first and blurred after,
and there are fewer of these.  Standardizing is linear, too, and is done to the weights.

References
----------
Kümmerer, Wallis & Bethge (2016), "DeepGaze II", arXiv:1610.01563 (a readout of features
into a density, with a center bias added to its logits); Dugas et al. (2001),
"Incorporating second-order functional knowledge", NIPS 13 (softplus).
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Layer", "Readout", "Tape", "blurred", "forward", "gradient"]

Array = NDArray[Any]

TRUNCATE = 4  # standard deviations of a Gaussian that are kept


@dataclass(frozen=True, eq=False)
class Layer:
    """Softplus units.

    Parameters
    ----------
    weights : array_like, (blurs, units, inputs)
        Of the inputs, blurred.
    bias : array_like, (units,)
    out : array_like, (units,)
        What each unit adds to the logits, a share of its activity.
    """

    weights: Array
    bias: Array
    out: Array


@dataclass(frozen=True, eq=False)
class Readout:
    """From features to logits.

    Parameters
    ----------
    blurs : tuple of float
        Standard deviations of Gaussians in pixels of the grid; 0 leaves planes as they are.
        The border is mirrored, edge included; four standard deviations are kept.
    mean, std : array_like, (inputs,)
        Of each feature over the pixels it was learned from.
    linear : array_like, (blurs, inputs)
        Weights of standardized, blurred features. All is computed in their type, float32
        or float64.
    layers : tuple of Layer
        The first reads features, each other the units of the one before.

    Raises
    ------
    ValueError
        Shapes that contradict each other, NaN or infinite values, a std that is not
        positive.

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

    def __post_init__(self) -> None:
        blurs = tuple(float(sigma) for sigma in self.blurs)
        if not blurs or not all(0 <= sigma < np.inf for sigma in blurs):
            raise ValueError(
                f"blurs must be standard deviations in pixels from 0 on, got {self.blurs!r}"
            )
        linear = np.asarray(self.linear)
        kind = linear.dtype if linear.dtype in (np.float32, np.float64) else np.dtype(np.float64)
        inputs = linear.shape[-1] if linear.ndim else 0
        linear = _numbers("linear", linear, (len(blurs), inputs), kind)
        layers, units = [], inputs
        for number, layer in enumerate(self.layers):
            name, before, units = f"layers[{number}].", units, np.size(layer.bias)
            shape = len(blurs), units, before
            layers.append(
                Layer(
                    _numbers(name + "weights", layer.weights, shape, kind),
                    _numbers(name + "bias", layer.bias, (units,), kind),
                    _numbers(name + "out", layer.out, (units,), kind),
                )
            )
        mean, std = (
            _numbers(name, getattr(self, name), (inputs,), np.dtype(np.float64))
            for name in ("mean", "std")
        )
        if not (std > 0).all():
            raise ValueError(
                f"std must be positive, got {std.min():.6g}; leave constant features out"
            )
        found = {"blurs": blurs, "mean": mean, "std": std, "linear": linear}
        for name, value in {**found, "layers": tuple(layers)}.items():
            object.__setattr__(self, name, value)

    @property
    def parameters(self) -> Array:
        """All that is learned as one vector: linear, then weights, bias, out of each layer."""
        parts = [self.linear]
        for layer in self.layers:
            parts += [layer.weights, layer.bias, layer.out]
        return np.concatenate([part.ravel() for part in parts])

    def with_parameters(self, values: Array) -> "Readout":
        """The same readout with other :attr:`parameters`, of their type."""
        rest = values

        def take(like: Array) -> Array:
            nonlocal rest
            part, rest = rest[: like.size].reshape(like.shape), rest[like.size :]
            return part

        linear = take(self.linear)
        layers = tuple(Layer(*map(take, (la.weights, la.bias, la.out))) for la in self.layers)
        return replace(self, linear=linear, layers=layers)

    def logits(self, features: ArrayLike) -> Array:
        """The logits of a density of fixations, in nats, up to a constant.

        Parameters
        ----------
        features : array_like, (inputs, rows, cols)
            As they are, finite; any grid.

        Returns
        -------
        ndarray, (rows, cols)
            In the type of the weights.
        """
        return forward(self, features)[1]

    def terms(self, features: ArrayLike) -> Array:
        """What every feature adds to the logits through the linear part, on its mean nothing.

        (inputs, rows, cols), which add up to the logits of a readout without layers.
        """
        planes = np.asarray(features, self.linear.dtype)
        kind = planes.dtype
        scaled = (planes - self.mean.astype(kind)[:, None, None]) / self.std.astype(kind)[
            :, None, None
        ]
        found = np.zeros_like(planes)
        for weights, sigma in zip(self.linear, self.blurs, strict=True):
            found += _blurred(weights[:, None, None] * scaled, sigma)
        return found


class Tape(NamedTuple):
    """What :func:`gradient` needs to know of a way :func:`forward`."""

    features: Array  # (inputs, pixels)
    scale: Array  # (inputs,)
    units: list[Array]  # of every layer (units, rows, cols), after softplus


def forward(readout: Readout, features: ArrayLike, *, gain: ArrayLike = 1.0) -> tuple[Tape, Array]:
    """Logits, and what their gradient is computed from.

    Parameters
    ----------
    readout : Readout
    features : array_like, (inputs, rows, cols)
    gain : array_like, (inputs,) or ()
        Multiplies standardized features; where it is 0, they are left out.

    Returns
    -------
    Tape, logits (rows, cols)
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
    weights = _first(readout) * scale
    constant = weights.sum(0) @ readout.mean
    found = _weighed(weights.astype(planes.dtype), planes, grid, readout.blurs)
    found -= constant.astype(planes.dtype)[:, None, None]
    logits, sums = found[0], found[1:]
    units: list[Array] = []
    for layer in readout.layers:
        if units:
            below = units[-1].reshape(len(units[-1]), -1)
            sums = _weighed(layer.weights, below, grid, readout.blurs)
        units.append(_softplus(sums + layer.bias[:, None, None]))
        logits = logits + np.tensordot(layer.out, units[-1], 1)
    return Tape(planes, scale, units), logits


def gradient(readout: Readout, tape: Tape, d: Array) -> Array:
    """Gradient of ``sum(logits * d)`` with respect to :attr:`Readout.parameters`.

    Parameters
    ----------
    readout : Readout
    tape : Tape
        Of :func:`forward`.
    d : ndarray, (rows, cols)
        The slope of a loss with respect to the logits.

    Returns
    -------
    ndarray, (parameters,)
    """
    d = d.astype(tape.features.dtype)
    parts: list[Array] = []
    pull: Array | float = 0.0  # on the units of a layer by the one above
    slope = np.empty((0, *d.shape), d.dtype)
    for number in range(len(readout.layers) - 1, -1, -1):
        layer, units = readout.layers[number], tape.units[number]
        slope = layer.out[:, None, None] * d + pull
        slope *= 1 - np.exp(-units)  # softplus' = 1 - exp(-softplus)
        parts = [slope.sum((1, 2)), np.tensordot(units, d, 2), *parts]
        if number:
            spread = blurred(slope, readout.blurs)
            below = tape.units[number - 1]
            parts = [(spread @ below.reshape(len(below), -1).T).ravel(), *parts]
            flat = spread.reshape(-1, d.size)
            pull = (layer.weights.reshape(len(flat), -1).T @ flat).reshape(below.shape)
    # A Gaussian with mirrored borders is its own adjoint.
    spread = blurred(np.concatenate([d[None], slope]), readout.blurs)
    flat = spread.reshape(-1, d.size)
    first = (flat @ tape.features.T).reshape(*spread.shape[:2], -1)
    first = (first - spread.sum(-1, keepdims=True) * readout.mean) * tape.scale
    parts = [first[:, 0].ravel(), first[:, 1:].ravel(), *parts]
    return np.concatenate(parts).astype(d.dtype)


def blurred(planes: Array, blurs: tuple[float, ...]) -> Array:
    """Planes (units, rows, cols) by every Gaussian: (blurs, units, pixels)."""
    found = np.empty((len(blurs), *planes.shape), planes.dtype)
    for part, sigma in zip(found, blurs, strict=True):
        part[...] = _blurred(planes, sigma)
    return found.reshape(len(blurs), len(planes), -1)


def _first(readout: Readout) -> Array:
    """Weights of features (blurs, 1 + units, inputs): the linear part is the first unit."""
    below = [layer.weights for layer in readout.layers[:1]]
    return np.concatenate([readout.linear[:, None], *below], axis=1)


def _weighed(
    weights: Array, planes: Array, grid: tuple[int, ...], blurs: tuple[float, ...]
) -> Array:
    """Planes (inputs, pixels) weighed, blurred and added up: (units, rows, cols)."""
    every = (weights.reshape(-1, len(planes)) @ planes).reshape(*weights.shape[:2], *grid)
    found = _blurred(every[0], blurs[0])
    for part, sigma in zip(every[1:], blurs[1:], strict=True):
        found += _blurred(part, sigma)
    return found


def _blurred(planes: Array, sigma: float) -> Array:
    if not sigma:
        return planes
    rows, cols = planes.shape[1:]
    across = planes.reshape(-1, cols) @ _gaussian(cols, sigma, planes.dtype)
    return _gaussian(rows, sigma, planes.dtype) @ across.reshape(planes.shape)


@lru_cache(maxsize=64)
def _gaussian(size: int, sigma: float, kind: np.dtype[Any]) -> Array:
    """The symmetric matrix that blurs so many pixels, mirrored at both ends."""
    radius = int(TRUNCATE * sigma + 0.5)
    offsets = np.arange(-radius, radius + 1)
    kernel = np.exp(-0.5 * (offsets / sigma) ** 2)
    place = (np.arange(size)[:, None] + offsets) % (2 * size)
    place = np.minimum(place, 2 * size - 1 - place)
    found = np.zeros((size, size))
    np.add.at(found, (np.arange(size)[:, None], place), kernel / kernel.sum())
    found = found.astype(kind)
    found.setflags(write=False)
    return found


def _softplus(sums: Array) -> Array:
    return np.maximum(sums, 0) + np.log1p(np.exp(-abs(sums)))


def _numbers(name: str, values: ArrayLike, shape: tuple[int, ...], kind: np.dtype[Any]) -> Array:
    found = np.asarray(values)
    if found.dtype.kind not in "fiu":
        raise ValueError(f"{name} must hold real numbers, got {found.dtype}; convert it first")
    if found.shape != shape or not found.size:
        raise ValueError(
            f"{name} must have the shape {shape} of the other weights, got {found.shape}; "
            "fit or read the readout anew"
        )
    found = found.astype(kind, copy=False)
    if not np.isfinite(found).all():
        raise ValueError(f"{name} must be finite, got NaN or infinite values; fit the readout anew")
    return found
