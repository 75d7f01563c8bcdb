"""Readouts with hidden units fitted to fixation densities.

Place in the pipeline: examples -> [adam] -> readout.
Enters: examples, and others for validation.  Leaves: a readout with softplus units, and a
gain for the center bias; on the way, a checkpoint from which an interrupted fit resumes.

Adam with decoupled weight decay, on batches of images in random order, with a rate that
rises and then falls as a cosine; of each image some features and units are left out, and
half of the images are mirrored.

References
----------
Kingma & Ba (2015), arXiv:1412.6980 (Adam); Loshchilov & Hutter (2017, 2019),
arXiv:1608.03983, arXiv:1711.05101 (cosine rates, decoupled decay); Srivastava et al.
(2014), JMLR 15 (dropout).
"""

import io
import json
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.checks import parse_json, whole_number
from psysal.files import save
from psysal.learning.examples import (
    Examples,
    Fit,
    center_bias_loss,
    feature_statistics,
    loss_and_gradient,
    mean_loss,
    nonnegative,
    split_parameters,
)
from psysal.models.convolution import Body
from psysal.models.readout import Layer, Readout

__all__ = ["fit_small"]

BATCH = 8  # images a step
WARM_UP = 0.05  # share of the steps in which the rate rises
MOMENTS = 0.9, 0.999  # memory of the gradient and of its square
PATIENCE = 3  # epochs without a better validation loss
DIVERGED = 10  # times the loss of the center bias alone
FORMAT = 3  # of checkpoints
OUT_STD = 0.1  # of what the units of a layer add to the logits at the start, by its root


def fit_small(
    examples: Examples,
    *,
    loss: str = "kl",
    blurs: Sequence[float] = (0, 2, 5),
    units: Sequence[int] = (16, 16),
    epochs: int = 10,
    rate: float = 1e-2,
    decay: float = 0.05,
    dropout: float = 0.1,
    unit_dropout: float = 0.0,
    mirror: bool = False,
    convolutions: int = 0,
    seed: int = 0,
    validation: Examples | None = None,
    progress: Callable[[int], None] | None = None,
    checkpoint: Path | None = None,
) -> Fit:
    """Readout with a few softplus units beside its linear part.

    Parameters
    ----------
    examples : Examples
        Images to learn from.
    loss : str
        One of :data:`psysal.evaluation.divergences.DIVERGENCES`.
    blurs : sequence of float
        Standard deviations of the Gaussians over the features, in pixels of the grid, from
        0; see :class:`psysal.models.readout.Readout`.
    units : sequence of int
        Units of each layer, from 1.
    epochs : int
        Passes over all examples, from 1.
    rate : float
        Largest step of a parameter, from 0.
    decay : float
        Share of the weights that is lost a step, at a rate of 1, from 0; biases and the
        gain of the center bias do not decay.
    dropout : float
        Share of the features that is left out, others for each image and epoch; from 0 and
        below 1.
    unit_dropout : float
        Share of the units of each layer, likewise.
    mirror : bool
        Whether left and right of every other example are exchanged, by chance.
    convolutions : int
        Residual convolutions of the units of the last layer, from 0; see
        :mod:`psysal.models.convolution`.
    seed : int
        Seed of the first weights, the order of examples, what is left out and mirrored. On one
        machine, the same seed and examples give the same bits.
    validation : Examples, optional
        Other images: the readout with the lowest loss on them is returned, and after three
        epochs without a lower one the fit stops.
    progress : callable, optional
        Called with the number of examples passed, of ``epochs * len(examples)``.
    checkpoint : Path, optional
        File that is written after every epoch. If it exists, the fit resumes from it, to
        the same bits; one of other settings or examples is an error.

    Returns
    -------
    Fit

    Raises
    ------
    ValueError
        Examples that cannot be learned from, named; parameters out of range; a checkpoint
        that is damaged or of another fit; a fit that diverges in its first epoch.
    OSError
        The checkpoint cannot be read or written.

    Warns
    -----
    RuntimeWarning
        The fit diverged: values were not finite, or the loss of an epoch ten times that of
        the center bias alone. The best readout until then is returned.
    """
    settings: dict[str, Any] = {
        "loss": loss,
        "blurs": [float(sigma) for sigma in blurs],
        "units": [whole_number(f"units[{layer}]", count) for layer, count in enumerate(units)],
        "epochs": whole_number("epochs", epochs),
        "rate": nonnegative("rate", rate),
        "decay": nonnegative("decay", decay),
        "dropout": nonnegative("dropout", dropout, limit=1),
        "unit dropout": nonnegative("unit_dropout", unit_dropout, limit=1),
        "mirror": bool(mirror),
        "convolutions": whole_number("convolutions", convolutions, 0),
        "seed": int(seed),
        "examples": len(examples),
        "validation examples": 0 if validation is None else len(validation),
    }
    mean, std = feature_statistics(examples)
    center_loss = center_bias_loss(examples, loss)
    if validation is not None:
        center_bias_loss(validation, loss)
    state = _State(settings, np.random.default_rng(seed))
    readout = _random_readout(tuple(blurs), mean, std, settings["units"], convolutions, state.rng)
    state.begin(np.append(readout.parameters, np.float32(1)))
    if checkpoint is not None and checkpoint.exists():
        state.load(checkpoint, mean, std)
    watched, most = (examples, BATCH) if validation is None else (validation, len(validation))
    while state.epoch < epochs and not state.stale:
        try:
            train_loss = _epoch(state, examples, readout, progress)
            watched_loss = mean_loss(
                watched, loss, *split_parameters(readout, state.parameters), most
            )
            if (worst := max(train_loss, watched_loss)) > DIVERGED * center_loss:
                raise FloatingPointError(
                    f"its loss is {worst:.4g}, that of the center bias alone {center_loss:.4g}"
                )
        except FloatingPointError as error:
            message = f"the fit diverged in epoch {state.epoch + 1}: {error}; lower the rate"
            if not state.epoch:
                raise ValueError(message) from None
            warnings.warn(f"{message}; the best before is returned", RuntimeWarning, 2)
            break
        state.finish(train_loss, None if validation is None else watched_loss)
        if checkpoint is not None:
            state.save(checkpoint, mean, std)
    readout, center = split_parameters(readout, state.best)
    final_loss = mean_loss(examples, loss, readout, center)
    return Fit(readout, center, final_loss, tuple(state.history), tuple(state.validation))


def _random_readout(
    blurs: tuple[float, ...],
    mean: Array,
    std: Array,
    units: list[int],
    convolutions: int,
    rng: np.random.Generator,
) -> Readout:
    """Readout to start at: no linear part, and random units that add little."""
    layers, inputs = [], len(mean)
    for count in units:
        weights = rng.normal(0, (inputs * len(blurs)) ** -0.5, (len(blurs), count, inputs))
        out = rng.normal(0, OUT_STD * count**-0.5, count)
        layers.append(Layer(weights, np.zeros(count), out))
        inputs = count
    body = None
    if convolutions:
        kernels = rng.normal(0, (9 * inputs) ** -0.5, (convolutions, inputs, inputs, 3, 3))
        out = rng.normal(0, OUT_STD * inputs**-0.5, inputs)
        body = Body(kernels, np.zeros((convolutions, inputs)), out)
    linear = np.zeros((len(blurs), len(mean)), np.float32)
    return Readout(blurs, mean, std, linear, tuple(layers), body)


def _epoch(
    state: "_State", examples: Examples, readout: Readout, progress: Callable[[int], None] | None
) -> float:
    """One pass over all examples; their mean loss on the way, features left out."""
    settings, rng, count = state.settings, state.rng, len(examples)
    batches = -(-count // BATCH)
    steps, step = settings["epochs"] * batches, state.epoch * batches
    decay = np.append(_decaying(readout), np.float32(0)) * np.float32(settings["decay"])
    order, losses = rng.permutation(count), []
    for first in range(0, count, BATCH):
        current, center = split_parameters(readout, state.parameters)
        slope, batch = np.zeros_like(state.parameters), order[first : first + BATCH].tolist()
        for i in batch:
            gain = _gain(rng, len(readout.mean), settings["dropout"])
            units = [_gain(rng, n, settings["unit dropout"]) for n in settings["units"]]
            mirrored = settings["mirror"] and rng.random() < 0.5
            value, own = loss_and_gradient(
                examples, i, settings["loss"], current, center, gain, units, mirrored
            )
            losses.append(value)
            slope += own / np.float32(len(batch))
        cosine = (1 + np.cos(np.pi * step / steps)) / 2
        step += 1
        rate = settings["rate"] * cosine * min(1, step / (WARM_UP * steps))
        with np.errstate(over="ignore", invalid="ignore"):
            state.move(slope, np.float32(rate), decay, step)
        if not np.isfinite(state.parameters).all():
            raise FloatingPointError("its gradient is not finite")
        if progress:
            progress(state.epoch * count + len(losses))
    return float(np.mean(losses))


def _gain(rng: np.random.Generator, count: int, dropout: float) -> Array:
    """Factors of what is left out, 0, and of what stays."""
    gain: Array = (rng.random(count) >= dropout) / (1 - dropout)
    return gain


def _decaying(readout: Readout) -> Array:
    """1 for weights and 0 for biases, in the order of parameters."""
    layers = tuple(
        Layer(np.ones_like(layer.weights), np.zeros_like(layer.bias), np.ones_like(layer.out))
        for layer in readout.layers
    )
    body = readout.body and Body(
        np.ones_like(readout.body.kernels),
        np.zeros_like(readout.body.bias),
        np.ones_like(readout.body.out),
    )
    linear = np.ones_like(readout.linear)
    return replace(readout, linear=linear, layers=layers, body=body).parameters


@dataclass
class _State:
    """State of a fit between epochs, from which an interrupted one resumes."""

    settings: dict[str, Any]
    rng: np.random.Generator
    history: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)

    def begin(self, parameters: Array) -> None:
        self.parameters, self.best = parameters, parameters.copy()
        self.slope, self.square = np.zeros_like(parameters), np.zeros_like(parameters)

    @property
    def epoch(self) -> int:
        """Number of finished epochs."""
        return len(self.history)

    @property
    def stale(self) -> bool:
        """True if the lowest validation loss is PATIENCE epochs old."""
        since = len(self.validation) - 1 - int(np.argmin(self.validation or [0]))
        return since >= PATIENCE

    def move(self, slope: Array, rate: np.float32, decay: Array, step: int) -> None:
        """One step of Adam, the ``step``-th, with decoupled decay."""
        self.parameters *= 1 - rate * decay
        for moment, new, memory in zip(
            (self.slope, self.square), (slope, slope**2), MOMENTS, strict=True
        ):
            moment += np.float32(1 - memory) * (new - moment)
        first, second = (1 - memory**step for memory in MOMENTS)
        width = np.sqrt(self.square / np.float32(second)) + np.float32(1e-8)
        self.parameters -= rate * (self.slope / np.float32(first)) / width

    def finish(self, train_loss: float, validation_loss: float | None) -> None:
        """End of an epoch."""
        if validation_loss is None or validation_loss < min(self.validation, default=np.inf):
            self.best = self.parameters.copy()
        if validation_loss is not None:
            self.validation.append(validation_loss)
        self.history.append(train_loss)

    def save(self, path: Path, mean: Array, std: Array) -> None:
        """Write the checkpoint."""
        metadata = {
            "psysal fit": FORMAT,
            "settings": self.settings,
            "rng": self.rng.bit_generator.state,
            "history": self.history,
            "validation": self.validation,
        }
        buffer = io.BytesIO()
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        np.savez(buffer, metadata=np.array(json.dumps(metadata)), mean=mean, std=std, **arrays)
        save(path, buffer.getvalue(), overwrite=True)

    def load(self, path: Path, mean: Array, std: Array) -> None:
        """Resume from a checkpoint of the same settings and features."""
        data = path.read_bytes()
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                arrays = {name: file[name] for name in ("mean", "std", *_ARRAYS)}
                metadata = parse_json(str(file["metadata"]))
            if metadata["psysal fit"] != FORMAT:
                raise ValueError(f"its format is {metadata['psysal fit']!r}")
            settings, rng = dict(metadata["settings"]), dict(metadata["rng"])
            losses = {
                name: [float(x) for x in metadata[name]] for name in ("history", "validation")
            }
            lengths = len(losses["history"]), len(losses["validation"])
            if lengths[1] not in (0, lengths[0]):
                raise ValueError(f"it has losses of {lengths[0]} and {lengths[1]} epochs")
            numbers = [*arrays.values(), *losses.values()]
            if not all(np.isfinite(values).all() for values in numbers):
                raise ValueError("it has NaN or infinite values")
            if (arrays["square"] < 0).any():
                raise ValueError("it has negative squares")
            np.random.default_rng().bit_generator.state = rng
        except Exception as error:  # damaged files raise anything
            raise ValueError(
                f"{path}: a fit was expected, it is damaged or of another version ({error}); "
                "take it away to begin anew"
            ) from None
        for name, value in self.settings.items():
            if settings.get(name) != value:
                raise ValueError(
                    f"{path}: holds a fit with {name} {settings.get(name)}, now it is {value}; "
                    "choose another checkpoint, or take it away"
                )
        for name, value in {"mean": mean, "std": std}.items():
            if arrays[name].shape != value.shape or not np.allclose(arrays[name], value):
                raise ValueError(
                    f"{path}: holds a fit to other examples; choose another checkpoint, "
                    "or take it away"
                )
        like = self.parameters
        for name in _ARRAYS:
            if arrays[name].shape != like.shape or arrays[name].dtype != like.dtype:
                raise ValueError(
                    f"{path}: a fit was expected, it is damaged ({name}); "
                    "take it away to begin anew"
                )
            setattr(self, name, arrays[name])
        self.history, self.validation = losses["history"], losses["validation"]
        self.rng.bit_generator.state = rng


_ARRAYS = "parameters", "best", "slope", "square"
