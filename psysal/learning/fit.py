"""Fit: a readout whose density is where people looked.

Place in the pipeline: features, densities of fixations -> [fit] -> readout.
Enters: examples, one an image, read when they are needed and never all in memory.
Leaves: a readout, and a gain for the center bias; the density of an image is the softmax of
``readout + center * log_center``.

:func:`fit_linear` is convex for the loss "kl": there is one optimum, and it is found.
It is L-BFGS in coordinates in which the loss is about as curved in every direction: those
of a Cholesky factor of the Hessian, at a density that lies between that of people and the
center bias, on some of the pixels.  :func:`fit_small` is Adam with decoupled weight decay,
on batches of images in random order, with a rate that rises and then falls as a cosine;
of each image some features are left out.

References
----------
Nocedal (1980), doi:10.1090/S0025-5718-1980-0572855-7 (L-BFGS); Kingma & Ba (2015),
arXiv:1412.6980 (Adam); Loshchilov & Hutter (2017, 2019), arXiv:1608.03983, arXiv:1711.05101
(cosine rates, decoupled decay); Srivastava et al. (2014), JMLR 15 (dropout).
"""

import io
import json
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular
from scipy.ndimage import gaussian_filter
from scipy.optimize import minimize
from scipy.special import softmax

from psysal.evaluation.divergences import value_and_gradient
from psysal.files import save
from psysal.models.readout import Layer, Readout, Tape, blurred, forward, gradient

__all__ = ["Examples", "Fit", "fit_linear", "fit_small", "standardized"]

Array = NDArray[Any]

BATCH = 8  # images a step of fit_small
WARM_UP = 0.05  # share of the steps in which the rate rises
MOMENTS = 0.9, 0.999  # memory of the gradient and of its square
PATIENCE = 3  # epochs without a better validation loss
FAR = 10  # times the loss of the center bias alone: what is worse diverges
CONSTANT = 1e-6  # a feature that varies by less of its mean is constant in float32

ITERATIONS = 200  # of L-BFGS, which needs ten
MEMORY = 20  # steps that L-BFGS remembers
EVERY, STEP = 3, 2  # images and pixels of the approximate Hessian
WIDTH, SHARE = 6.0, 0.7  # of its density: that of people, blurred, and its share
STEADY = 1e-6  # added to its diagonal
START = 0.03  # standard deviation of random linear weights
OUT = 0.1  # that of what the units of a layer add to the logits, by its root


class Examples(Protocol):
    """What is learned from: one example an image; grids may differ.

    An example may also have a ``name(i)``, by which errors then call it.
    """

    def __len__(self) -> int: ...

    def features(self, i: int) -> Array:
        """Features (inputs, rows, cols), as they are; float32, or float16 if files are small."""

    def target(self, i: int) -> Array:
        """Where people looked, a density (rows, cols)."""

    def log_center(self, i: int) -> Array:
        """Log density (rows, cols) of where they look on other images."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted readout.

    Parameters
    ----------
    readout : Readout
    center : float
        Gain of the log density of the center bias.
    loss : float
        Mean loss on the training examples, of this very readout.
    history : tuple of float
        Training loss as it went: of every epoch, with features left out; of a linear fit,
        of every step, with the penalty.
    validation : tuple of float
        Validation loss after every epoch, where there are validation examples.
    """

    readout: Readout
    center: float
    loss: float
    history: tuple[float, ...]
    validation: tuple[float, ...] = ()


def standardized(examples: Examples) -> tuple[Array, Array]:
    """Mean and standard deviation of every feature over the pixels of all examples.

    Returns
    -------
    mean, std : ndarray, (inputs,), float64
        The std of a feature that is the same everywhere is 1.

    Raises
    ------
    ValueError
        No examples, different numbers of features, or values that are not finite.
    """
    _check_some(examples)
    count = 0
    mean: Array = np.zeros(())
    squares: Array = np.zeros(())
    for i in range(len(examples)):
        planes = _features(examples, i)
        _check_finite(examples, i, planes)
        if i and len(planes) != len(mean):
            raise ValueError(
                f"{_name(examples, i)}: {len(mean)} features were expected, as others have, "
                f"got {len(planes)}"
            )
        planes = planes.reshape(len(planes), -1)
        size, own = planes.shape[1], planes.mean(1, dtype=np.float64)
        away = own - mean
        count += size
        mean = mean + away * size / count
        squares = squares + planes.var(1, dtype=np.float64) * size
        squares += away**2 * (size * (count - size) / count)
    std = np.sqrt(squares / count)
    return mean, np.where(std > CONSTANT * abs(mean), std, 1.0)


def fit_linear(
    examples: Examples,
    *,
    loss: str = "kl",
    blurs: Sequence[float] = (0, 1, 3, 8),
    penalty: float = 1e-3,
    seed: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Fit:
    """The best linear readout.

    Parameters
    ----------
    examples : Examples
    loss : str
        One of :data:`psysal.evaluation.divergences.DIVERGENCES`. With "kl" the problem is
        convex, and where it starts makes no difference; any other starts at the optimum
        of "kl" and ends in a minimum near by.
    blurs : sequence of float
        See :class:`psysal.models.readout.Readout`.
    penalty : float
        Half of it times the sum of squared weights of standardized features is added to
        the mean loss.
    seed : int, optional
        Start at random weights, to see that they make no difference.
    progress : callable, optional
        Called with the number of evaluations, each of all examples.

    Raises
    ------
    ValueError
        Examples that cannot be learned from, named; parameters out of range.

    Warns
    -----
    RuntimeWarning
        The fit diverged or did not converge; what is returned is the best it met.

    Examples
    --------
    >>> class Pair:  # of pixels: people look at the second three times as often
    ...     def __len__(self): return 1
    ...     def features(self, i): return np.array([[[0.0, 1.0]]])
    ...     def target(self, i): return np.array([[0.25, 0.75]])
    ...     def log_center(self, i): return np.log([[0.5, 0.5]])
    >>> found = fit_linear(Pair(), blurs=(0,), penalty=0)
    >>> dark, bright = found.readout.logits([[[0.0, 1.0]]])[0]
    >>> round(float(np.exp(bright - dark)), 3)
    3.0
    """
    penalty = _share("penalty", penalty, np.inf)
    mean, std = standardized(examples)
    readout = Readout(tuple(blurs), mean, std, np.zeros((len(blurs), len(mean)), np.float32))
    _start(examples, loss)
    factor = _factor(examples, readout, penalty)
    values = np.append(np.zeros(len(factor) - 1), 1.0)
    if seed is not None:
        values += np.random.default_rng(seed).normal(0, START, len(values))
    history: list[float] = []
    for each in ("kl", loss) if seed is None and loss != "kl" else (loss,):
        descent = _Descent(examples, each, readout, penalty, factor, progress, len(history))
        values = descent.minimum(values)
        history += descent.history
    fitted, center = _parts(readout, values.astype(np.float32))
    reached = _mean_loss(examples, loss, fitted, center)
    return Fit(fitted, center, reached, tuple(descent.history))


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
    seed: int = 0,
    validation: Examples | None = None,
    progress: Callable[[int], None] | None = None,
    checkpoint: Path | None = None,
) -> Fit:
    """A readout with a few softplus units beside its linear part.

    Parameters
    ----------
    examples : Examples
    loss : str
        One of :data:`psysal.evaluation.divergences.DIVERGENCES`.
    blurs : sequence of float
        See :class:`psysal.models.readout.Readout`.
    units : sequence of int
        Units of each layer.
    epochs : int
        Times that every example is seen.
    rate : float
        Step of a parameter, at most.
    decay : float
        Share of the weights that is lost a step, at a rate of 1; not of biases and center.
    dropout : float
        Share of the features that is left out, others for each image and epoch.
    seed : int
        Of the first weights, the order of examples and what is left out. On one machine,
        the same seed and examples give the same bits.
    validation : Examples, optional
        Of other images: the readout with the lowest loss on them is kept, and after three
        epochs without a lower one the fit stops.
    progress : callable, optional
        Called with the number of examples seen, of ``epochs * len(examples)``.
    checkpoint : Path, optional
        A file, written after every epoch. Where it is there, the fit goes on from it, to
        the same bits; one of other settings or examples is an error.

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
        the center bias alone. What was best until then is returned.
    """
    settings: dict[str, Any] = {
        "loss": loss,
        "blurs": [float(sigma) for sigma in blurs],
        "units": [_count("units", n) for n in units],
        "epochs": _count("epochs", epochs),
        "rate": _share("rate", rate, np.inf),
        "decay": _share("decay", decay, np.inf),
        "dropout": _share("dropout", dropout, 1),
        "seed": int(seed),
        "examples": len(examples),
        "validation examples": 0 if validation is None else len(validation),
    }
    mean, std = standardized(examples)
    limit = FAR * _start(examples, loss)
    if validation is not None:
        _start(validation, loss)
    run = _Run(settings, np.random.default_rng(seed))
    readout = _drawn(tuple(blurs), mean, std, settings["units"], run.rng)
    run.begin(np.append(readout.parameters, np.float32(1)))
    if checkpoint is not None and checkpoint.exists():
        run.load(checkpoint, mean, std)
    watched, most = (examples, BATCH) if validation is None else (validation, len(validation))
    while run.epoch < epochs and not run.stale:
        try:
            reached = _epoch(run, examples, readout, progress)
            after = _mean_loss(watched, loss, *_parts(readout, run.values), most)
            if (worst := max(reached, after)) > limit:
                alone = limit / FAR
                raise FloatingPointError(
                    f"its loss is {worst:.4g}, that of the center bias alone {alone:.4g}"
                )
        except FloatingPointError as error:
            said = f"the fit diverged in epoch {run.epoch + 1}: {error}; lower the rate"
            if not run.epoch:
                raise ValueError(said) from None
            warnings.warn(f"{said}; what was best before is returned", RuntimeWarning, 2)
            break
        run.finish(reached, None if validation is None else after)
        if checkpoint is not None:
            run.save(checkpoint, mean, std)
    readout, center = _parts(readout, run.best)
    loss_reached = _mean_loss(examples, loss, readout, center)
    return Fit(readout, center, loss_reached, tuple(run.history), tuple(run.validation))


# --- examples ----------------------------------------------------------------


def _name(examples: Examples, i: int) -> str:
    named = getattr(examples, "name", None)
    return str(named(i)) if named else f"example {i}"


def _check_some(examples: Examples) -> None:
    if not len(examples):
        raise ValueError("examples were expected, got none; a readout needs images to learn from")


def _features(examples: Examples, i: int) -> Array:
    planes = np.asarray(examples.features(i), np.float32)
    if planes.ndim != 3 or not planes.size:
        raise ValueError(
            f"{_name(examples, i)}: features must be (inputs, rows, cols), got shape {planes.shape}"
        )
    return planes


def _check_finite(examples: Examples, i: int, planes: Array) -> None:
    if not np.isfinite(planes).all():
        raise ValueError(
            f"{_name(examples, i)}: features must be finite, got NaN or infinite values; "
            "repair them or leave the image out"
        )


def _start(examples: Examples, loss: str) -> float:
    """The mean loss of the center bias alone; an error names the example that has none."""
    _check_some(examples)
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
            raise ValueError(f"{_name(examples, i)}: {error}") from None
    return total / len(examples)


# --- the loss of parameters: those of a readout, and the gain of the center ----


def _parts(readout: Readout, values: Array) -> tuple[Readout, float]:
    return readout.with_parameters(values[:-1]), float(values[-1])


def _slope(
    examples: Examples, i: int, loss: str, readout: Readout, center: float, gain: Array | float = 1
) -> tuple[float, Array]:
    """The loss of one example and its gradient; a FloatingPointError where there is none."""
    tape, logits, log_center = _seen(examples, i, readout, center, gain)
    value, d = value_and_gradient(loss, examples.target(i).ravel(), logits.ravel())
    own = gradient(readout, tape, d.reshape(logits.shape))
    return float(value), np.append(own, own.dtype.type(d @ log_center.ravel()))


def _seen(
    examples: Examples, i: int, readout: Readout, center: float, gain: Array | float = 1
) -> tuple[Tape, Array, Array]:
    planes, log_center = _features(examples, i), examples.log_center(i)
    if planes.shape[1:] != log_center.shape:
        raise ValueError(
            f"{_name(examples, i)}: features must be on the grid of the target, "
            f"{log_center.shape}, got {planes.shape[1:]}"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        tape, logits = forward(readout, planes, gain=gain)
        logits = logits + center * log_center
    if not np.isfinite(logits).all():
        _check_finite(examples, i, planes)  # as those of validation may never have been
        raise FloatingPointError("its logits are not finite")
    return tape, logits, log_center


def _mean_loss(
    examples: Examples, loss: str, readout: Readout, center: float, most: int | None = None
) -> float:
    """Of all examples, or so many at most."""
    total, count = 0.0, min(len(examples), most or len(examples))
    for i in range(count):
        _, logits, _ = _seen(examples, i, readout, center)
        total += float(value_and_gradient(loss, examples.target(i).ravel(), logits.ravel())[0])
    return total / count


# --- linear ------------------------------------------------------------------


def _factor(examples: Examples, readout: Readout, penalty: float) -> Array:
    """Cholesky factor of about the Hessian of the KL divergence, whatever the parameters."""
    size = readout.linear.size + 1
    found, images = np.zeros((size, size)), range(0, len(examples), EVERY)
    mean, std = (each.astype(np.float32)[:, None, None] for each in (readout.mean, readout.std))
    for i in images:
        log_center = examples.log_center(i)
        planes = blurred((_features(examples, i) - mean) / std, readout.blurs)
        planes = planes.reshape(-1, *log_center.shape)[:, ::STEP, ::STEP]
        people = gaussian_filter(np.asarray(examples.target(i), np.float64), WIDTH)
        density = SHARE * people / people.sum() + (1 - SHARE) * softmax(log_center)
        weights = density[::STEP, ::STEP].ravel() / density[::STEP, ::STEP].sum()
        seen = np.concatenate([planes, log_center[None, ::STEP, ::STEP]], dtype=np.float32)
        flat = seen.reshape(size, -1)
        flat = (flat - (flat @ weights.astype(np.float32))[:, None]) * np.sqrt(weights)
        flat = flat.astype(np.float32)
        found += flat @ flat.T
    found /= len(images)
    found[np.diag_indices(size)] += penalty + STEADY
    factor: Array = cholesky(found)
    return factor


@dataclass
class _Descent:
    """The way down the penalized mean loss, in coordinates ``factor @ parameters``."""

    examples: Examples
    loss: str
    readout: Readout
    penalty: float
    factor: Array
    progress: Callable[[int], None] | None
    before: int
    history: list[float] = field(default_factory=list)

    def minimum(self, values: Array) -> Array:
        self._best = values
        try:
            found = minimize(
                self._penalized, self.factor @ values, jac=True, method="L-BFGS-B",
                options={"maxiter": ITERATIONS, "maxcor": MEMORY, "ftol": 1e-7, "gtol": 1e-6},
            )  # fmt: skip
        except FloatingPointError as error:
            said = f"the fit diverged at evaluation {len(self.history) + 1}: {error}"
            if not self.history:
                raise ValueError(f"{said}; the loss has no slope where it starts") from None
            warnings.warn(f"{said}; the best before is returned", RuntimeWarning, 3)
        else:
            if found.status == 1:  # any other end is a minimum, to rounding
                warnings.warn(
                    f"the fit did not converge in {ITERATIONS} steps; the best is returned, "
                    "and a larger penalty helps",
                    RuntimeWarning,
                    3,
                )
        return self._best

    def _penalized(self, coordinates: Array) -> tuple[float, Array]:
        values = solve_triangular(self.factor, coordinates)
        readout, center = _parts(self.readout, values.astype(np.float32))
        pulled = np.append(values[:-1], 0)
        total, slope, count = 0.0, np.zeros(len(values)), len(self.examples)
        for i in range(count):
            value, own = _slope(self.examples, i, self.loss, readout, center)
            total += value
            slope += own
        total = total / count + self.penalty / 2 * float(pulled @ pulled)
        slope = slope / count + self.penalty * pulled
        if not (np.isfinite(total) and np.isfinite(slope).all()):
            raise FloatingPointError("its loss or gradient is not finite")
        if total <= min(self.history, default=np.inf):
            self._best = values
        self.history.append(total)
        if self.progress:
            self.progress(self.before + len(self.history))
        return total, solve_triangular(self.factor, slope, trans="T")


# --- small -------------------------------------------------------------------


def _drawn(
    blurs: tuple[float, ...], mean: Array, std: Array, units: list[int], rng: np.random.Generator
) -> Readout:
    """A readout that starts at random: no linear part, and units that add little."""
    layers, before = [], len(mean)
    for count in units:
        weights = rng.normal(0, (before * len(blurs)) ** -0.5, (len(blurs), count, before))
        layers.append(Layer(weights, np.zeros(count), rng.normal(0, OUT * count**-0.5, count)))
        before = count
    linear = np.zeros((len(blurs), len(mean)), np.float32)
    return Readout(blurs, mean, std, linear, tuple(layers))


def _epoch(
    run: "_Run", examples: Examples, readout: Readout, progress: Callable[[int], None] | None
) -> float:
    """Every example once; the mean loss as it went."""
    settings, rng, count = run.settings, run.rng, len(examples)
    batches = -(-count // BATCH)
    steps, step = settings["epochs"] * batches, run.epoch * batches
    fading = np.append(_decayed(readout), np.float32(0)) * np.float32(settings["decay"])
    order, losses = rng.permutation(count), []
    for first in range(0, count, BATCH):
        own, center = _parts(readout, run.values)
        slope, batch = np.zeros_like(run.values), order[first : first + BATCH].tolist()
        for i in batch:
            kept = rng.random(len(readout.mean)) >= settings["dropout"]
            gain = kept / (1 - settings["dropout"])
            value, one = _slope(examples, i, settings["loss"], own, center, gain)
            losses.append(value)
            slope += one / np.float32(len(batch))
        falling = (1 + np.cos(np.pi * step / steps)) / 2
        step += 1
        rate = settings["rate"] * falling * min(1, step / (WARM_UP * steps))
        with np.errstate(over="ignore", invalid="ignore"):
            run.move(slope, np.float32(rate), fading, step)
        if not np.isfinite(run.values).all():
            raise FloatingPointError("its gradient is not finite")
        if progress:
            progress(run.epoch * count + len(losses))
    return float(np.mean(losses))


def _decayed(readout: Readout) -> Array:
    """1 for weights, 0 for biases, in the order of parameters."""
    layers = tuple(
        Layer(np.ones_like(layer.weights), np.zeros_like(layer.bias), np.ones_like(layer.out))
        for layer in readout.layers
    )
    return replace(readout, linear=np.ones_like(readout.linear), layers=layers).parameters


@dataclass
class _Run:
    """How far a fit has come; all that a killed one needs to go on."""

    settings: dict[str, Any]
    rng: np.random.Generator
    history: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)

    def begin(self, values: Array) -> None:
        self.values, self.best = values, values.copy()
        self.slope, self.square = np.zeros_like(values), np.zeros_like(values)

    @property
    def epoch(self) -> int:
        return len(self.history)

    @property
    def stale(self) -> bool:
        """Whether the validation loss was lowest some epochs ago."""
        since = len(self.validation) - 1 - int(np.argmin(self.validation or [0]))
        return since >= PATIENCE

    def move(self, slope: Array, rate: np.float32, fading: Array, step: int) -> None:
        """One step of Adam, the ``step``-th, with decoupled decay."""
        self.values *= 1 - rate * fading
        for kept, new, memory in zip(
            (self.slope, self.square), (slope, slope**2), MOMENTS, strict=True
        ):
            kept += np.float32(1 - memory) * (new - kept)
        first, second = (1 - memory**step for memory in MOMENTS)
        width = np.sqrt(self.square / np.float32(second)) + np.float32(1e-8)
        self.values -= rate * (self.slope / np.float32(first)) / width

    def finish(self, reached: float, held_out: float | None) -> None:
        if held_out is None or held_out < min(self.validation, default=np.inf):
            self.best = self.values.copy()
        if held_out is not None:
            self.validation.append(held_out)
        self.history.append(reached)

    def save(self, path: Path, mean: Array, std: Array) -> None:
        metadata = {
            "psysal fit": 1,
            "settings": self.settings,
            "rng": self.rng.bit_generator.state,
            "history": self.history,
            "validation": self.validation,
        }
        buffer = io.BytesIO()
        arrays = {name: getattr(self, name) for name in _KEPT}
        np.savez(buffer, metadata=np.array(json.dumps(metadata)), mean=mean, std=std, **arrays)
        save(path, buffer.getvalue(), overwrite=True)

    def load(self, path: Path, mean: Array, std: Array) -> None:
        data = path.read_bytes()
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                found = {name: file[name] for name in file.files}
            metadata = json.loads(str(found["metadata"]))
            settings, state = dict(metadata["settings"]), dict(metadata["rng"])
            losses = {name: [float(x) for x in metadata[name]] for name in ("history", "validation")}
            kept = {name: found[name] for name in ("mean", "std", *_KEPT)}
        except Exception as error:  # of a file that is junk
            raise ValueError(
                f"{path}: a fit was expected, it is damaged ({error}); take it away to begin anew"
            ) from None
        for name, value in self.settings.items():
            if settings.get(name) != value:
                raise ValueError(
                    f"{path}: holds a fit with {name} {settings.get(name)}, now it is {value}; "
                    "choose another checkpoint, or take it away"
                )
        for name, value in {"mean": mean, "std": std}.items():
            if kept[name].shape != value.shape or not np.allclose(kept[name], value):
                raise ValueError(
                    f"{path}: holds a fit to other examples; choose another checkpoint, "
                    "or take it away"
                )
        for name in _KEPT:
            if kept[name].shape != self.values.shape or kept[name].dtype != self.values.dtype:
                raise ValueError(
                    f"{path}: a fit was expected, it is damaged ({name}); "
                    "take it away to begin anew"
                )
            setattr(self, name, kept[name])
        self.history, self.validation = losses["history"], losses["validation"]
        self.rng.bit_generator.state = state


_KEPT = "values", "best", "slope", "square"


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name} must be whole numbers from 1 on, got {value!r}")
    return int(value)


def _share(name: str, value: float, limit: float) -> float:
    if not 0 <= value < limit:
        below = f" and below {limit:g}" if limit < np.inf else ""
        raise ValueError(f"{name} must be from 0 on{below}, got {value!r}")
    return float(value)
