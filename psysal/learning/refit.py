"""Refit: the model of Murray et al. (2011), its parameters tuned to where people looked.

Place in the pipeline: models, sets of photographs -> [refit] -> a model and its scores.
Enters: a set of photographs with fixations.  Leaves: a :class:`psysal.Murray2011` with
windows and contrast sensitivity of its own, and how well such models predict photographs
that they were not fitted to, beside the published one.

The published parameters come from color induction.  Here four of each contrast
sensitivity, g's height, widths and position, and the exponent gamma of the density
``p ~ map**gamma`` go down a divergence from the density of the fixations.  The pedestal of
a channel, ``1 + 3 sum_s k(s)``, only has a meaning beside the height of g, as a channel is
divided by its sum: so k keeps its published parameters.

A channel is linear in contrast, so what depends on the image, ``U**(s-1) (z1 + z2 + z3)``,
is made once, by the model's own stages at full size, and kept as means over the cells of a
grid; channels on the grid are exact means.  The map, a root of squares, is made of them: it
is that of the means, not the mean of the map's pixels.

References
----------
Murray, Vanrell, Otazu & Parraga (2011), doi:10.1109/CVPR.2011.5995506 (the model);
Jetley, Murray & Vig (2016), doi:10.1109/CVPR.2016.620 (maps as densities, divergences as
losses); Byrd, Lu, Nocedal & Zhu (1995), doi:10.1137/0916069 (the minimizer).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d
from scipy.optimize import minimize
from scipy.special import softmax

from psysal.evaluation import metrics
from psysal.evaluation.density import density
from psysal.evaluation.divergences import DIVERGENCES
from psysal.evaluation.references import CenterBias, check_folds
from psysal.evaluation.summary import summary
from psysal.gaze.datasets import Dataset
from psysal.gaze.fixations import Fixations
from psysal.models.murray2011 import Murray2011
from psysal.optional import require
from psysal.threads import thread_count, thread_pool
from psysal.vision import color, contrast, wavelet
from psysal.vision.csf import ECSF

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["WINDOWS", "Fitted", "Refit", "refit"]

Array = NDArray[Any]

WINDOWS = ((5, 10), (9, 18), (13, 26), (19, 38), (25, 50), (37, 74), (50, 100))
"""Centre and surround that are tried: the published ones, and smaller and larger."""

GRID = 96
"""Cells along the longer side of an image."""

PUBLISHED = Murray2011()

BOUNDS = ((np.log(0.01), np.log(1000)), *2 * ((np.log(0.2), np.log(8)),), (1, 7))
"""Of log beta, log sig1, log sig2 and s_g: a wider bump is flat, a narrower one a single level."""

LOG_POWER = (np.log(0.01), np.log(1000))
TOLERANCE = 1e-6  # of the loss from step to step
SPLINE = np.array([1, 4, 6, 4, 1]) / 8  # keeps constants where every second sample is zero


@dataclass(frozen=True)
class Fitted:
    """A model, how its map becomes a density, and how near that is to the fixations.

    Attributes
    ----------
    model : Murray2011
    gamma : float
        Of the density, ``p ~ map**gamma``.
    loss : float
        Mean divergence over the images it was fitted to.
    """

    model: Murray2011
    gamma: float
    loss: float


@dataclass(frozen=True)
class Refit:
    """What a fit found, and how well it predicts images that it has not seen.

    Attributes
    ----------
    tuned, untuned : tuple of Fitted
        Fitted to all images with each choice of windows, in the order given; untuned have
        the published contrast sensitivity, and only gamma is fitted.
    published : Fitted
        The published model; only gamma is fitted, to all images.
    folds : tuple of Fitted
        Fitted without the images of each fold, by the windows of the least loss there.
    scores : DataFrame
        One row a model, image and metric, as :func:`psysal.evaluation.summary.summary`
        takes them; each image is scored by the models of its fold, which have not seen it:
        "published", "windows" with the published contrast sensitivity, and "refit".
        Maps are densities ``map**gamma``; "center" is the center bias of the other folds,
        and "+ center" that times its own fitted power.
    loss : str
        Name of the divergence.
    """

    tuned: tuple[Fitted, ...]
    untuned: tuple[Fitted, ...]
    published: Fitted
    folds: tuple[Fitted, ...]
    scores: "DataFrame" = field(repr=False)
    loss: str

    @property
    def best(self) -> Fitted:
        """Fitted to all images, with the windows of the least loss."""
        return min(self.tuned, key=lambda fitted: fitted.loss)

    @property
    def model(self) -> Murray2011:
        """The model of :attr:`best`, to be called on any image."""
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
) -> Refit:
    """Tune the 2011 model to the fixations of a set, cross-validated over its images.

    Parameters
    ----------
    dataset : Dataset
        With its pixels per degree. Fixations outside of their image are dropped, and
        images without any are left out.
    windows : sequence of (int, int)
        Centre and surround; a fold takes those of the least loss on the other folds.
    loss : str
        One of :data:`psysal.evaluation.divergences.DIVERGENCES`, of the model's density
        from that of the fixations, Gaussians of one degree.
    folds : int
        Of images, two at least in each.
    seed : int
        Of the order in which images are dealt to folds, as of a
        :class:`~psysal.evaluation.references.CenterBias`.
    threads : int, optional
        Images at a time; default: every processor.
    progress : callable, optional
        Called with a line at every step.

    Returns
    -------
    Refit
        Its model is in levels of this set's images. For others, ``ecsf.shifted(log2(ppd /
        dataset.ppd))`` keeps the tuning of a contrast sensitivity in cycles per degree.

    Raises
    ------
    ValueError
        An unknown loss, no windows, no pixels per degree, or too few images for the folds.
    ImportError
        pandas is not installed.
    """
    pandas = require("pandas")
    chosen = tuple(dict.fromkeys(map(contrast.check_windows, windows)))
    if not chosen:
        raise ValueError("windows must be pairs of center and surround, got none; name one")
    if loss not in DIVERGENCES:
        raise ValueError(f"loss must be one of {', '.join(DIVERGENCES)}, got {loss!r}")
    people = _People(dataset, folds, seed)
    count, tell = thread_count(threads), progress or (lambda line: None)
    tuned: list[Fitted] = []
    untuned: dict[tuple[int, int], Fitted] = {}
    logs: dict[str, list[Array]] = {}
    best: list[dict[str, _Entry]] = [{} for _ in range(folds)]
    for pair in dict.fromkeys((*chosen, PUBLISHED.windows)):
        tell(f"windows {pair}: contrast of {len(people.names)} images")
        planes: list[Array] = []  # of one choice at a time: half a megabyte an image
        with thread_pool(count) as pool:
            jobs = [(dataset.images[name], pair, people.shapes[name]) for name in people.names]
            planes = pool.run(grid_planes, jobs)
        model = replace(PUBLISHED, windows=pair)
        plain = [log_map(image, model) for image in planes]
        untuned[pair] = _untuned(model, plain, people.targets, loss)
        if pair == PUBLISHED.windows:
            logs["published"] = plain
        if pair not in chosen:
            continue
        tuned.append(_tuned(planes, people.targets, pair, loss))
        tell(f"windows {pair}, all images: {loss} {tuned[-1].loss:.5f}")
        for k, former in enumerate(best):
            seen = people.seen(k)
            targets = people.targets[seen]
            fitted = _tuned([planes[i] for i in seen], targets, pair, loss)
            tell(f"windows {pair}, without fold {k + 1} of {folds}: {loss} {fitted.loss:.5f}")
            maps = [log_map(image, fitted.model) for image in planes]
            rivals = {
                "windows": _Entry(_untuned(model, [plain[i] for i in seen], targets, loss), plain),
                "refit": _Entry(fitted, maps),
            }
            for label, rival in rivals.items():
                former[label] = min(former.get(label, rival), rival, key=_loss)
    rows = []
    for k, entries in enumerate(best):
        tell(f"scores of fold {k + 1} of {folds}")
        maps_of = logs | {label: entry.logs for label, entry in entries.items()}
        rows += people.scores(k, maps_of, loss)
    columns = ["model", "image", "metric", "value", "fixations", "problem"]
    scores = pandas.DataFrame(rows, columns=columns)
    return Refit(
        tuple(tuned),
        tuple(untuned[pair] for pair in chosen),
        untuned[PUBLISHED.windows],
        tuple(entries["refit"].fitted for entries in best),
        scores,
        loss,
    )


class _Entry(NamedTuple):
    """A fit, and the logarithms of its maps of all images."""

    fitted: Fitted
    logs: list[Array]


def _loss(entry: _Entry) -> float:
    return entry.fitted.loss


class _People:
    """Fixations moved to the grids of their images, their densities, and the folds."""

    def __init__(self, dataset: Dataset, folds: int, seed: int) -> None:
        if dataset.ppd is None:
            raise ValueError(f"{dataset.name} does not tell its pixels per degree; give ppd")
        inside, _ = dataset.fixations.inside(dataset.sizes)
        self.names, self.folds, self.seed = inside.images, folds, seed
        check_folds(folds)
        if len(self.names) < 2 * folds:
            raise ValueError(
                f"{dataset.name}: {2 * folds} images with fixations were expected, two in each "
                f"of {folds} folds, got {len(self.names)}; ask for fewer folds"
            )
        self.shapes = {name: grid_shape(dataset.sizes[name]) for name in self.names}
        scale = {
            name: np.array(self.shapes[name][::-1]) / dataset.sizes[name][::-1]
            for name in self.names
        }
        x, y = np.array([scale[name] for name in inside.image.tolist()]).T
        self.fixations = Fixations(
            inside.image, inside.subject, inside.order, inside.x * x, inside.y * y
        )
        ppd = float(getattr(dataset.ppd, "ppd", dataset.ppd))
        targets = [
            density(self.points(name), self.shapes[name], ppd=ppd * scale[name].mean()).reshape(-1)
            for name in self.names
        ]
        self.targets = np.empty(len(targets), dtype=object)  # images may differ in size
        self.targets[:] = targets
        dealt = np.random.default_rng(seed).permutation(self.names).tolist()  # as a CenterBias does
        fold = {name: i % folds for i, name in enumerate(dealt)}
        self.fold = np.array([fold[name] for name in self.names])

    def seen(self, k: int) -> Array:
        """Images that a model of this fold is fitted to."""
        return np.flatnonzero(self.fold != k)

    def points(self, name: str) -> Array:
        """x, y on the grid."""
        own = self.fixations.of(name)
        return np.stack([own.x, own.y], axis=1)

    def centers(self, k: int) -> list[Array]:
        """Log center bias of every image that has seen neither the image nor this fold."""
        every, part = self.fixations, np.isin(self.fixations.image, self._named(self.seen(k)))
        columns = (every.image, every.subject, every.order, every.x, every.y)
        outside = Fixations(*(column[part] for column in columns))
        whole, within = (
            CenterBias(fixations, self.shapes, self.folds, self.seed)
            for fixations in (every, outside)
        )
        return [
            np.log((whole if held_out else within).map_for(name, self.shapes[name])).reshape(-1)
            for name, held_out in zip(self.names, self.fold == k, strict=True)
        ]

    def _named(self, images: Array) -> list[str]:
        return [self.names[i] for i in images]

    def scores(self, k: int, logs: dict[str, list[Array]], loss: str) -> list[tuple[Any, ...]]:
        """Rows for the images of a fold; powers of maps are fitted to all others."""
        seen, centers = self.seen(k), self.centers(k)
        logits = {"center": centers}
        for model, own in logs.items():
            for label, parts in ((model, [own]), (f"{model} + center", [own, centers])):
                stacks = [np.stack(layers) for layers in zip(*parts, strict=True)]
                powers, _ = _powers([stacks[i] for i in seen], self.targets[seen], loss)
                logits[label] = [powers @ stack for stack in stacks]
        rows = []
        for i in np.flatnonzero(self.fold == k):
            name = self.names[i]
            shape, looked = self.shapes[name], self.points(name)
            others = self.fixations.others(name, self.shapes)
            base = np.exp(centers[i]).reshape(shape)
            for label, found in logits.items():
                p = softmax(found[i]).reshape(shape)
                values = {
                    "auc": metrics.auc(p, looked),
                    "shuffled_auc": metrics.shuffled_auc(p, looked, others),
                    "nss": metrics.nss(p, looked),
                    "information_gain": metrics.information_gain(p, base, looked),
                }
                rows += [(label, name, m, value, len(looked), "") for m, value in values.items()]
        return rows


def grid_shape(size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of an image's grid, 96 along the longer side; no image is enlarged.

    >>> grid_shape((600, 800)), grid_shape((40, 60))
    ((72, 96), (40, 60))
    """
    scale = min(1, GRID / max(size))
    rows, cols = (max(1, round(n * scale)) for n in size)
    return rows, cols


def grid_planes(image: Any, windows: tuple[int, int], shape: tuple[int, int]) -> Array:
    """``U**(s-1) (z1 + z2 + z3)`` of an image, means over the cells of a grid.

    Parameters
    ----------
    image : array, PIL image or path
    windows : (int, int)
        Centre and surround, in samples of a level.
    shape : (int, int)
        Rows and columns of the grid.

    Returns
    -------
    ndarray, (3, levels, cells), float32
        By opponent channel and level, the finest first.
    """
    pixels, dtype, _ = Murray2011()._check(image, "rgb", "float32", 1)
    rows, cols = pixels.shape[:2]
    count = wavelet.level_count(rows, cols)
    sizes = contrast.Windows(*windows)
    found = np.zeros((3, count, *shape), np.float32)
    for c, channel in enumerate(color.opponent(pixels, dtype=dtype)):
        for s, plane in enumerate(wavelet.forward(channel, count)[0]):
            down = _means(rows, shape[0], plane.shape[1], s)
            across = _means(cols, shape[1], plane.shape[2], s)
            high, wide = down.shape[1], across.shape[1]
            near = plane[:, : high + sizes.reach, : wide + sizes.reach]  # all that windows reach
            z = contrast.center_surround(near, sizes)[:, :high, :wide].sum(axis=0)
            found[c, s] = down @ z @ across.T
    return found.reshape(3, count, -1)


@lru_cache(maxsize=64)
def _means(length: int, cells: int, samples: int, level: int) -> Array:
    """Along an axis, U**level and means over cells of the image: (cells, samples that count)."""
    edges = np.linspace(0, length, cells + 1)
    at = np.arange(samples << level)
    shared = np.minimum(edges[1:, None], at + 1) - np.maximum(edges[:-1, None], at)
    found = np.maximum(shared, 0) * (cells / length)
    for times in range(level, 0, -1):
        apart = np.zeros((samples << times, samples << times - 1))
        apart[::2] = np.eye(samples << times - 1)
        found = found @ correlate1d(apart, SPLINE, axis=0, mode="mirror")
    last = int(np.flatnonzero(found.any(axis=0))[-1]) + 1
    return found[:, :last].astype(np.float32)


def log_map(planes: Array, model: Murray2011) -> Array:
    """The logarithm of the model's map on the grid times the image's number of pixels.

    Parameters
    ----------
    planes : ndarray, (3, levels, cells)
        :func:`grid_planes` with the model's windows.
    model : Murray2011

    Returns
    -------
    ndarray, (cells,), as ``planes``
    """
    sensitivity = _sensitivity(model.color, model.intensity, planes.shape[1])
    shares, _ = _shares(planes, *sensitivity)
    return np.log((shares**2).sum(axis=0)) / 2


def _sensitivity(chromatic: ECSF, intensity: ECSF, levels: int) -> tuple[Array, Array]:
    """Of the three channels (3, levels): g, and the pedestal where there are so many levels."""
    s, ecsfs = np.arange(1, levels + 1), (chromatic, chromatic, intensity)
    gains, offsets = (
        np.array([part(s) for part in parts])
        for parts in ([ecsf.gain for ecsf in ecsfs], [ecsf.offset for ecsf in ecsfs])
    )
    return gains, 1 + 3 * offsets.cumsum(axis=1)


def _shares(planes: Array, gains: Array, pedestals: Array) -> tuple[Array, Array]:
    """Channels over their means (3, cells), and the means."""
    count = planes.shape[1]
    own = gains[:, None, :count].astype(planes.dtype)
    seen = (own @ planes)[:, 0] + pedestals[:, count - 1, None].astype(planes.dtype)
    means = seen.mean(axis=1, keepdims=True)
    return seen / means, means


def _powers(stacks: Sequence[Array], targets: Array, loss: str) -> tuple[Array, float]:
    """Powers of densities, given by their logarithms (k, cells), with the least loss."""

    def step(log_powers: Array) -> tuple[float, Array]:
        powers = np.exp(log_powers)
        total, slope = 0.0, np.zeros_like(powers)
        for stack, target in zip(stacks, targets, strict=True):
            value, gradient = DIVERGENCES[loss](target, powers @ stack)
            total += float(value)
            slope += stack @ gradient
        return total / len(stacks), slope * powers / len(stacks)

    start = np.zeros(len(stacks[0]))
    found = minimize(step, start, jac=True, method="L-BFGS-B", bounds=[LOG_POWER] * len(start))
    return np.exp(found.x), float(found.fun)


def _untuned(model: Murray2011, logs: Sequence[Array], targets: Array, loss: str) -> Fitted:
    """The model as it is, with the gamma of the least loss."""
    powers, value = _powers([log[None] for log in logs], targets, loss)
    return Fitted(model, float(powers[0]), value)


def _tuned(planes: Sequence[Array], targets: Array, windows: tuple[int, int], loss: str) -> Fitted:
    """The model with the least loss: four parameters a contrast sensitivity, and gamma."""
    start = [*_numbers(PUBLISHED.color), *_numbers(PUBLISHED.intensity), 0]
    found = minimize(
        _step,
        start,
        (planes, targets, loss),
        jac=True,
        method="L-BFGS-B",
        bounds=[*BOUNDS, *BOUNDS, LOG_POWER],
        options={"ftol": TOLERANCE},
    )
    chromatic, intensity = _ecsfs(found.x)
    model = Murray2011(windows, color=chromatic, intensity=intensity)
    return Fitted(model, float(np.exp(found.x[8])), float(found.fun))


def _step(
    numbers: Array, planes: Sequence[Array], targets: Sequence[Array], loss: str
) -> tuple[float, Array]:
    """Mean loss over images, and its gradient."""
    gamma, ecsfs = np.exp(numbers[8]), _ecsfs(numbers)
    levels = max(image.shape[1] for image in planes)
    sensitivity = _sensitivity(*ecsfs, levels)
    total, by_gain, by_gamma = 0.0, np.zeros((3, levels)), 0.0
    for image, target in zip(planes, targets, strict=True):
        shares, means = _shares(image, *sensitivity)
        squares = (shares**2).sum(axis=0)
        log = np.log(squares) / 2
        value, gradient = DIVERGENCES[loss](target, gamma * log)
        total += float(value)
        by_gamma += gamma * float(gradient @ log)
        by_share = gamma * gradient / squares * shares
        by_seen = by_share - (by_share * shares).mean(axis=1, keepdims=True)  # through the means
        by_seen = (by_seen / means).astype(image.dtype)
        by_gain[:, : image.shape[1]] += (image @ by_seen[..., None])[..., 0]
    chromatic, intensity = (_slopes(ecsf, levels) for ecsf in ecsfs)
    slope = [*chromatic @ (by_gain[0] + by_gain[1]), *intensity @ by_gain[2], by_gamma]
    return total / len(planes), np.array(slope) / len(planes)


def _numbers(ecsf: ECSF) -> list[float]:
    """What is fitted of a contrast sensitivity, as the minimizer moves it."""
    return [*np.log([ecsf.beta, ecsf.sig1, ecsf.sig2]), ecsf.s_g]


def _ecsfs(numbers: Array) -> tuple[ECSF, ECSF]:
    """Contrast sensitivity of color and of intensity."""
    found = []
    for ecsf, own in ((PUBLISHED.color, numbers[:4]), (PUBLISHED.intensity, numbers[4:8])):
        beta, sig1, sig2 = map(float, np.exp(own[:3]))
        found.append(replace(ecsf, beta=beta, sig1=sig1, sig2=sig2, s_g=float(own[3])))
    return found[0], found[1]


def _slopes(ecsf: ECSF, levels: int) -> Array:
    """Derivatives of g(s) with respect to the four numbers, (4, levels)."""
    s = np.arange(1, levels + 1)
    g, fine = ecsf.gain(s), s <= ecsf.s_g
    width = np.where(fine, ecsf.sig1, ecsf.sig2)
    away = (s - ecsf.s_g) / width
    return g * np.stack([np.ones(levels), away**2 * fine, away**2 * ~fine, away / width])
