"""Refit of the 2011 model: its windows and contrast sensitivity, fitted to fixations.

Place in the pipeline: contrast_grid, fixations -> [refit] -> a model and its scores.
Enters: a set of photographs with fixations.  Leaves: a :class:`psysal.Murray2011` with
fitted windows and contrast sensitivity, and scores of such models on photographs that they
were not fitted to, beside the published one.

The published parameters come from color induction.  Here four of each contrast
sensitivity, g's height, widths and position, and the exponent gamma of the density
``p ~ map**gamma`` minimize a divergence from the density of the fixations.  The pedestal of
a channel, ``1 + 3 sum_s k(s)``, only has a meaning beside the height of g, as a channel is
divided by its sum: so k keeps its published parameters.

References
----------
Murray, Vanrell, Otazu & Parraga (2011), doi:10.1109/CVPR.2011.5995506 (the model);
Jetley, Murray & Vig (2016), doi:10.1109/CVPR.2016.620 (maps as densities, divergences as
losses); Byrd, Lu, Nocedal & Zhu (1995), doi:10.1137/0916069 (the minimizer).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax

from psysal._typing import Array
from psysal.checks import one_of
from psysal.evaluation import metrics
from psysal.evaluation.density import density
from psysal.evaluation.divergences import DIVERGENCES
from psysal.evaluation.references import CenterBias, check_folds
from psysal.evaluation.summary import summary
from psysal.gaze.datasets import Dataset
from psysal.learning.contrast_grid import (
    gains_and_pedestals,
    grid_planes,
    grid_shape,
    log_map,
    relative_channels,
)
from psysal.learning.training_set import move_to_grids
from psysal.models.murray2011 import Murray2011
from psysal.optional import require
from psysal.threads import thread_count, thread_pool
from psysal.vision import contrast
from psysal.vision.csf import ECSF

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["WINDOWS", "FittedModel", "RefitResult", "refit"]

WINDOWS = ((5, 10), (9, 18), (13, 26), (19, 38), (25, 50), (37, 74), (50, 100))
"""Center and surround of the candidates: the published ones, and smaller and larger."""

PUBLISHED = Murray2011()

BOUNDS = ((np.log(0.01), np.log(1000)), *2 * ((np.log(0.2), np.log(8)),), (1, 7))
"""Of log beta, log sig1, log sig2 and s_g: a wider bump is flat, a narrower one a single level."""

LOG_POWER = (np.log(0.01), np.log(1000))
TOLERANCE = 1e-6  # of the loss from step to step


@dataclass(frozen=True)
class FittedModel:
    """Model with the exponent that turns its map into a density, and the loss of that.

    Attributes
    ----------
    model : Murray2011
        The model.
    gamma : float
        Exponent of the density, ``p ~ map**gamma``.
    loss : float
        Mean divergence over the images it was fitted to.
    """

    model: Murray2011
    gamma: float
    loss: float


@dataclass(frozen=True)
class RefitResult:
    """Fitted models, and their scores on images that they were not fitted to.

    Attributes
    ----------
    tuned, untuned : tuple of FittedModel
        Fitted to all images with each choice of windows, in the order given; untuned have
        the published contrast sensitivity, and only gamma is fitted.
    published : FittedModel
        The published model; only gamma is fitted, to all images.
    folds : tuple of FittedModel
        Fitted without the images of each fold, with the windows of the least loss there.
    scores : DataFrame
        One row a model, image and metric, as :func:`psysal.evaluation.summary.summary`
        takes them; each image is scored by models fitted without its fold: "published",
        "windows" with the published contrast sensitivity, and "refit". Maps are densities
        ``map**gamma``; "center" is the center bias of the other folds, and "+ center" that
        times its own fitted power.
    loss : str
        Name of the divergence.
    """

    tuned: tuple[FittedModel, ...]
    untuned: tuple[FittedModel, ...]
    published: FittedModel
    folds: tuple[FittedModel, ...]
    scores: "DataFrame" = field(repr=False)
    loss: str

    @property
    def best(self) -> FittedModel:
        """Fitted to all images, with the windows of the least loss."""
        return min(self.tuned, key=lambda fit: fit.loss)

    @property
    def model(self) -> Murray2011:
        """Model of :attr:`best`, to be called on any image."""
        return self.best.model

    @property
    def table(self) -> "DataFrame":
        """Means with intervals; differences are from the published model or from it + center."""
        pandas = require("pandas")
        centered = self.scores["model"].str.endswith("center")
        alone = summary(self.scores[~centered], "published")
        beside = summary(self.scores[centered], "published + center")
        return pandas.concat([alone, beside], ignore_index=True)


def refit(
    dataset: Dataset,
    *,
    windows: Sequence[tuple[int, int]] = WINDOWS,
    loss: str = "kl",
    folds: int = 5,
    seed: int = 0,
    threads: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> RefitResult:
    """Fit the 2011 model to the fixations of a data set, cross-validated over its images.

    Parameters
    ----------
    dataset : Dataset
        With its pixels per degree. Fixations outside of their image are dropped, and
        images without any are left out.
    windows : sequence of (int, int)
        Candidates for center and surround on each side, in samples of a level; a fold takes
        those of the least loss on the other folds.
    loss : str
        One of :data:`psysal.evaluation.divergences.DIVERGENCES`, of the model's density
        from that of the fixations, Gaussians of one degree.
    folds : int
        Number of folds of images, from 2, with two images at least in each.
    seed : int
        Seed of the order in which images are dealt to folds, as of a
        :class:`~psysal.evaluation.references.CenterBias`.
    threads : int, optional
        Images at a time; default: every processor.
    progress : callable, optional
        Called with a line at every step.

    Returns
    -------
    RefitResult
        Its model is in levels of this data set's images. For others, ``ecsf.shifted(
        log2(ppd / dataset.ppd))`` keeps the tuning of a contrast sensitivity in cycles per
        degree.

    Raises
    ------
    ValueError
        An unknown loss, no windows, no pixels per degree, or too few images for the folds.
    ImportError
        pandas is not installed.
    """
    pandas = require("pandas")
    candidates = tuple(dict.fromkeys(map(contrast.check_windows, windows)))
    if not candidates:
        raise ValueError("windows must be pairs of center and surround, got none; name one")
    one_of("loss", loss, DIVERGENCES)
    data = _GridFixations(dataset, folds, seed)
    count, report = thread_count(threads), progress or (lambda line: None)
    tuned: list[FittedModel] = []
    untuned: dict[tuple[int, int], FittedModel] = {}
    log_maps: dict[str, list[Array]] = {}
    best: list[dict[str, _Candidate]] = [{} for _ in range(folds)]
    for pair in dict.fromkeys((*candidates, PUBLISHED.windows)):
        report(f"windows {pair}: contrast of {len(data.names)} images")
        planes: list[Array] = []  # of one pair at a time: half a megabyte an image
        with thread_pool(count) as pool:
            jobs = [(dataset, name, pair, data.shapes[name]) for name in data.names]
            planes = pool.run(_planes, jobs)
        model = replace(PUBLISHED, windows=pair)
        plain = [log_map(image, model) for image in planes]
        untuned[pair] = _fit_gamma(model, plain, data.targets, loss)
        if pair == PUBLISHED.windows:
            log_maps["published"] = plain
        if pair not in candidates:
            continue
        tuned.append(_fit_sensitivity(planes, data.targets, pair, loss))
        report(f"windows {pair}, all images: {loss} {tuned[-1].loss:.5f}")
        for k, leaders in enumerate(best):
            training = data.training(k)
            targets = data.targets[training]
            fit = _fit_sensitivity([planes[i] for i in training], targets, pair, loss)
            report(f"windows {pair}, without fold {k + 1} of {folds}: {loss} {fit.loss:.5f}")
            simple = _fit_gamma(model, [plain[i] for i in training], targets, loss)
            rivals = {
                "windows": _Candidate(simple, plain),
                "refit": _Candidate(fit, [log_map(image, fit.model) for image in planes]),
            }
            for label, rival in rivals.items():
                leaders[label] = min(leaders.get(label, rival), rival, key=_loss)
    rows = []
    for k, leaders in enumerate(best):
        report(f"scores of fold {k + 1} of {folds}")
        fold_maps = log_maps | {label: leader.log_maps for label, leader in leaders.items()}
        rows += data.scores(k, fold_maps, loss)
    columns = ["model", "image", "metric", "value", "fixations", "problem"]
    scores = pandas.DataFrame(rows, columns=columns)
    return RefitResult(
        tuple(tuned),
        tuple(untuned[pair] for pair in candidates),
        untuned[PUBLISHED.windows],
        tuple(leaders["refit"].fit for leaders in best),
        scores,
        loss,
    )


def _planes(dataset: Dataset, name: str, pair: tuple[int, int], shape: tuple[int, int]) -> Array:
    return grid_planes(dataset.read(name), pair, shape)


class _Candidate(NamedTuple):
    """Fit with one pair of windows, and the logarithms of its maps of all images."""

    fit: FittedModel
    log_maps: list[Array]


def _loss(candidate: _Candidate) -> float:
    return candidate.fit.loss


class _GridFixations:
    """Fixations moved to the grids of their images, their densities, and the folds."""

    def __init__(self, dataset: Dataset, folds: int, seed: int) -> None:
        if dataset.ppd is None:
            raise ValueError(f"{dataset.name}: its pixels per degree are unknown; give ppd")
        inside, _ = dataset.fixations.inside(dataset.sizes)
        self.names, self.folds, self.seed = inside.images, folds, seed
        check_folds(folds)
        if len(self.names) < 2 * folds:
            raise ValueError(
                f"{dataset.name}: {2 * folds} images with fixations were expected, two in each "
                f"of {folds} folds, got {len(self.names)}; ask for fewer folds"
            )
        self.shapes = {name: grid_shape(dataset.sizes[name]) for name in self.names}
        self.fixations = move_to_grids(inside, dataset.sizes, self.shapes)
        ppd = float(getattr(dataset.ppd, "ppd", dataset.ppd))
        targets = []
        for name, shape in self.shapes.items():
            scale = np.divide(shape, dataset.sizes[name]).mean()
            targets.append(density(self.points(name), shape, ppd=ppd * scale).reshape(-1))
        self.targets = np.empty(len(targets), dtype=object)  # images may differ in size
        self.targets[:] = targets
        self.fold = np.array([self.center_bias.fold[name] for name in self.names])

    @cached_property
    def center_bias(self) -> CenterBias:
        """Center bias of every image, from the other folds."""
        return CenterBias(self.fixations, self.shapes, self.folds, self.seed)

    def training(self, k: int) -> Array:
        """Numbers of the images outside of a fold."""
        return np.flatnonzero(self.fold != k)

    def points(self, name: str) -> Array:
        """Fixations on an image, x and y on the grid."""
        own = self.fixations.of(name)
        return np.stack([own.x, own.y], axis=1)

    def log_centers(self, k: int) -> list[Array]:
        """Log center bias of every image, from fixations neither on it nor on this fold."""
        training = self.fixations.on({self.names[i] for i in self.training(k)})
        within = CenterBias(training, self.shapes, self.folds, self.seed)
        densities = (
            (self.center_bias if held_out else within).map_for(name, self.shapes[name])
            for name, held_out in zip(self.names, self.fold == k, strict=True)
        )
        return [np.log(density).reshape(-1) for density in densities]

    def scores(self, k: int, log_maps: dict[str, list[Array]], loss: str) -> list[tuple[Any, ...]]:
        """Rows for the images of a fold; powers of maps are fitted to all other images."""
        training, centers = self.training(k), self.log_centers(k)
        logits = {"center": centers}
        for model, own in log_maps.items():
            for label, parts in ((model, [own]), (f"{model} + center", [own, centers])):
                stacks = [np.stack(layers) for layers in zip(*parts, strict=True)]
                powers, _ = _fit_powers([stacks[i] for i in training], self.targets[training], loss)
                logits[label] = [powers @ stack for stack in stacks]
        rows = []
        for i in np.flatnonzero(self.fold == k):
            name = self.names[i]
            shape, points = self.shapes[name], self.points(name)
            others = self.fixations.others(name, self.shapes)
            base = np.exp(centers[i]).reshape(shape)
            for label, images in logits.items():
                p = softmax(images[i]).reshape(shape)
                values = {
                    "auc": metrics.auc(p, points),
                    "shuffled_auc": metrics.shuffled_auc(p, points, others),
                    "nss": metrics.nss(p, points),
                    "information_gain": metrics.information_gain(p, base, points),
                }
                rows += [(label, name, m, value, len(points), "") for m, value in values.items()]
        return rows


def _fit_powers(stacks: Sequence[Array], targets: Array, loss: str) -> tuple[Array, float]:
    """Powers of densities, given by their logarithms (k, cells), of the least loss; that loss."""

    def mean_loss(log_powers: Array) -> tuple[float, Array]:
        powers = np.exp(log_powers)
        total, slope = 0.0, np.zeros_like(powers)
        for stack, target in zip(stacks, targets, strict=True):
            value, gradient = DIVERGENCES[loss](target, powers @ stack)
            total += float(value)
            slope += stack @ gradient
        return total / len(stacks), slope * powers / len(stacks)

    start = np.zeros(len(stacks[0]))
    bounds = [LOG_POWER] * len(start)
    result = minimize(mean_loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return np.exp(result.x), float(result.fun)


def _fit_gamma(
    model: Murray2011, log_maps: Sequence[Array], targets: Array, loss: str
) -> FittedModel:
    """The model as it is, with the gamma of the least loss."""
    powers, value = _fit_powers([log[None] for log in log_maps], targets, loss)
    return FittedModel(model, float(powers[0]), value)


def _fit_sensitivity(
    planes: Sequence[Array], targets: Array, windows: tuple[int, int], loss: str
) -> FittedModel:
    """Model of the least loss: four parameters of each contrast sensitivity, and gamma."""
    start = [*_parameters(PUBLISHED.color), *_parameters(PUBLISHED.intensity), 0]
    result = minimize(
        _mean_loss,
        start,
        (planes, targets, loss),
        jac=True,
        method="L-BFGS-B",
        bounds=[*BOUNDS, *BOUNDS, LOG_POWER],
        options={"ftol": TOLERANCE},
    )
    chromatic, intensity = _sensitivities(result.x)
    model = Murray2011(windows, color=chromatic, intensity=intensity)
    return FittedModel(model, float(np.exp(result.x[8])), float(result.fun))


def _mean_loss(
    parameters: Array, planes: Sequence[Array], targets: Sequence[Array], loss: str
) -> tuple[float, Array]:
    """Mean loss over images, and its gradient."""
    gamma, ecsfs = np.exp(parameters[8]), _sensitivities(parameters)
    levels = max(image.shape[1] for image in planes)
    sensitivity = gains_and_pedestals(*ecsfs, levels)
    total, by_gain, by_gamma = 0.0, np.zeros((3, levels)), 0.0
    for image, target in zip(planes, targets, strict=True):
        channels, means = relative_channels(image, *sensitivity)
        squares = (channels**2).sum(axis=0)
        log = np.log(squares) / 2
        value, gradient = DIVERGENCES[loss](target, gamma * log)
        total += float(value)
        by_gamma += gamma * float(gradient @ log)
        by_relative = gamma * gradient / squares * channels
        # A channel also acts through its mean, which it is divided by.
        by_channel = by_relative - (by_relative * channels).mean(axis=1, keepdims=True)
        by_channel = (by_channel / means).astype(image.dtype)
        by_gain[:, : image.shape[1]] += (image @ by_channel[..., None])[..., 0]
    chromatic, intensity = (_gain_derivatives(ecsf, levels) for ecsf in ecsfs)
    slope = [*chromatic @ (by_gain[0] + by_gain[1]), *intensity @ by_gain[2], by_gamma]
    return total / len(planes), np.array(slope) / len(planes)


def _parameters(ecsf: ECSF) -> list[float]:
    """Fitted parameters of a contrast sensitivity, as the minimizer moves them."""
    return [*np.log([ecsf.beta, ecsf.sig1, ecsf.sig2]), ecsf.s_g]


def _sensitivities(parameters: Array) -> tuple[ECSF, ECSF]:
    """Contrast sensitivity of color and of intensity, by their fitted parameters."""

    def with_parameters(ecsf: ECSF, own: Array) -> ECSF:
        beta, sig1, sig2 = map(float, np.exp(own[:3]))
        return replace(ecsf, beta=beta, sig1=sig1, sig2=sig2, s_g=float(own[3]))

    return (
        with_parameters(PUBLISHED.color, parameters[:4]),
        with_parameters(PUBLISHED.intensity, parameters[4:8]),
    )


def _gain_derivatives(ecsf: ECSF, levels: int) -> Array:
    """Derivatives of g(s) with respect to the four parameters, (4, levels)."""
    s = np.arange(1, levels + 1)
    g, fine = ecsf.gain(s), s <= ecsf.s_g
    width = np.where(fine, ecsf.sig1, ecsf.sig2)
    away = (s - ecsf.s_g) / width
    return g * np.stack([np.ones(levels), away**2 * fine, away**2 * ~fine, away / width])
