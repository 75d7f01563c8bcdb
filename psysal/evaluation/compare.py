"""Compare models: maps and fixations of a whole set -> one table with intervals.

Place in the pipeline: models, sets of photographs -> [compare] -> tables.

    Comparison      what is compared: models, a set, metrics
    .scores()       one row a model, image and metric; streamed, resumed
    summary()       one row a model and metric: mean, interval, difference from a reference

Maps are made, scored and forgotten, an image at a time on every thread.  An image that a
model fails on is left out for that model, with the reason; nothing is scored 0 for it.

References
----------
Efron & Tibshirani (1993), "An Introduction to the Bootstrap", ch. 13 (percentile intervals).
"""

import hashlib
import inspect
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from psysal import __version__
from psysal import image as pictures
from psysal.evaluation import metrics as exact
from psysal.evaluation import mit
from psysal.evaluation.density import density, of_map
from psysal.evaluation.references import CenterBias
from psysal.evaluation.score_log import ScoreLog
from psysal.gaze.datasets import Dataset
from psysal.gaze.fixations import Fixations
from psysal.models.base import identity
from psysal.optional import require
from psysal.threads import in_order, thread_count

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["DEFAULTS", "PROFILES", "Case", "Comparison", "digest", "knows", "summary"]

Array = NDArray[Any]
Model = Any
"""A callable from pixels to a map; or ``map_for(name, shape)`` gives the map of an image by its
name; or ``held_out(name, shape)`` gives maps with the fixations that each is scored on."""

OTHERS = 10  # images whose fixations the MIT benchmark's shuffled AUC draws from
DRAWS = 10_000
SEED = 2011


@dataclass(frozen=True, eq=False)
class Case:
    """An image as metrics see it: what people did on it and on the others.

    What only some metrics need is made when it is first asked for.
    """

    name: str
    shape: tuple[int, int]
    comparison: "Comparison" = field(repr=False)

    @cached_property
    def fixations(self) -> Array:
        """x, y in pixels, (n, 2)."""
        return _positions(self.comparison.fixations.of(self.name))

    @cached_property
    def others(self) -> Array:
        """x, y of all fixations on other images, moved to the size of this one."""
        found = self.comparison.fixations.others(self.name, self.comparison.dataset.sizes)
        if not len(found):
            raise ValueError(f"{self.name}: fixations on other images were expected, found none")
        return found

    @cached_property
    def target(self) -> Array:
        """The density of its fixations, Gaussians of one degree."""
        ppd = self.comparison.dataset.ppd
        assert ppd is not None  # Comparison has seen to it
        return density(self.fixations, self.shape, ppd=ppd)

    @cached_property
    def blurred(self) -> Array:
        """The density of its fixations as the MIT benchmark makes it."""
        return mit.blur(self.marks(self.fixations))

    @property
    def baseline(self) -> Array:
        """The center bias of other images."""
        return self.comparison.center_bias.map_for(self.name, self.shape)

    def marks(self, positions: Array) -> Array:
        """A map of 1 where positions are and 0 elsewhere."""
        marks = np.zeros(self.shape)
        x, y = positions.astype(np.intp).T
        marks[y, x] = 1
        return marks

    def some_others(self) -> Array:
        """Marks of fixations on ten other images drawn by chance, moved to this one's size."""
        fixations, sizes = self.comparison.fixations, self.comparison.dataset.sizes
        names = [name for name in fixations.images if name != self.name]
        if not names:
            raise ValueError(f"{self.name}: fixations on other images were expected, found none")
        drawn = self.rng("images").permutation(names)[:OTHERS]
        scaled = [
            _positions(fixations.of(name)) * np.array(self.shape[::-1]) / sizes[name][::-1]
            for name in drawn.tolist()
        ]
        return self.marks(np.concatenate(scaled))

    def rng(self, purpose: str) -> np.random.Generator:
        """The same numbers for every model, others for every image."""
        return np.random.default_rng([SEED, zlib.crc32(f"{self.name} {purpose}".encode())])


Metric = Callable[[Array, Array, Case], float]
"""A map, the fixations it is scored on, and the image."""

EXACT: Mapping[str, Metric] = {
    "auc": lambda saliency, seen, case: exact.auc(saliency, seen),
    "shuffled_auc": lambda saliency, seen, case: exact.shuffled_auc(saliency, seen, case.others),
    "nss": lambda saliency, seen, case: exact.nss(saliency, seen),
    "information_gain": lambda saliency, seen, case: exact.information_gain(
        of_map(saliency), case.baseline, seen
    ),
    "cc": lambda saliency, seen, case: exact.cc(saliency, case.target),
    "similarity": lambda saliency, seen, case: exact.similarity(of_map(saliency), case.target),
    "kl": lambda saliency, seen, case: exact.kl(case.target, of_map(saliency)),
    "emd": lambda saliency, seen, case: exact.emd(of_map(saliency), case.target),
}

MIT: Mapping[str, Metric] = {
    "auc_judd": lambda saliency, seen, case: mit.auc_judd(saliency, case.marks(seen)),
    "auc_borji": lambda saliency, seen, case: mit.auc_borji(
        saliency, case.marks(seen), rng=case.rng("pixels")
    ),
    "auc_shuffled": lambda saliency, seen, case: mit.auc_shuffled(
        saliency, case.marks(seen), case.some_others(), rng=case.rng("fixations")
    ),
    "nss": lambda saliency, seen, case: mit.nss(saliency, case.marks(seen)),
    "information_gain": lambda saliency, seen, case: mit.information_gain(
        saliency, case.baseline, case.marks(seen)
    ),
    "cc": lambda saliency, seen, case: mit.cc(saliency, case.blurred),
    "similarity": lambda saliency, seen, case: mit.similarity(saliency, case.blurred),
    "kl": lambda saliency, seen, case: mit.kl(case.blurred, saliency),
    "emd": lambda saliency, seen, case: mit.emd(saliency, case.blurred),
}

PROFILES: Mapping[str, Mapping[str, Metric]] = {"exact": EXACT, "mit": MIT}
"""Metrics by name in each profile."""

DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "exact": ("auc", "shuffled_auc", "nss"),
    "mit": ("auc_judd", "auc_borji", "auc_shuffled", "nss", "cc", "similarity", "kl"),
}
"""Metrics that are computed where none are asked for."""

OF_DENSITIES = frozenset({"cc", "similarity", "kl", "emd"})
"""Metrics of the whole density of fixations; one observer's says nothing of the ceiling."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Models, the set they are compared on, and the metrics.

    Parameters
    ----------
    models : mapping of str to model
        Callables from pixels, RGB or grey, to a map of their size; or what has
        ``map_for(name, shape)``, as a :class:`psysal.PrecomputedMaps` and
        :class:`~psysal.evaluation.references.CenterBias`.
    dataset : Dataset
        Fixations outside of their image are dropped and counted; images without any are
        left out and named.
    metrics : sequence of str, optional
        Names of ``PROFILES[profile]``; by default ``DEFAULTS[profile]``.
    profile : "exact" or "mit"

    Raises
    ------
    ValueError
        There is nothing to compare, or a metric that is not there, or asks for pixels per
        degree that the set does not tell.
    """

    models: Mapping[str, Model]
    dataset: Dataset
    metrics: Sequence[str] | None = None
    profile: str = "exact"

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise ValueError(f"profile must be {' or '.join(PROFILES)}, got {self.profile!r}")
        chosen = DEFAULTS[self.profile] if self.metrics is None else tuple(self.metrics)
        if wrong := [name for name in chosen if name not in PROFILES[self.profile]]:
            raise ValueError(
                f"metrics of the profile {self.profile} are {', '.join(PROFILES[self.profile])}, "
                f"got {', '.join(map(str, wrong))}"
            )
        object.__setattr__(self, "metrics", tuple(dict.fromkeys(chosen)))
        if not chosen or not self.models:
            raise ValueError("a comparison needs a model and a metric, got none; name one")
        if not self.images:
            raise ValueError(
                f"{self.dataset.name}: fixations inside images were expected, found none"
            )
        for name, model in self.models.items():
            if knows(model, self.dataset):
                raise ValueError(
                    f"{name} was trained on {self.dataset.name}, where its scores would say "
                    "nothing; leave it out: psysal train scores it on photographs it has not seen"
                )
        asked = [name for name in chosen if name in OF_DENSITIES]
        if asked and self.profile == "exact" and self.dataset.ppd is None:
            raise ValueError(
                f"{self.dataset.name} does not tell its pixels per degree, which "
                f"{', '.join(asked)} need; give ppd, or leave them out"
            )

    @cached_property
    def _inside(self) -> tuple[Fixations, int]:
        return self.dataset.fixations.inside(self.dataset.sizes)

    @property
    def fixations(self) -> Fixations:
        """Those inside their images."""
        return self._inside[0]

    @cached_property
    def images(self) -> tuple[str, ...]:
        """The images that have a fixation, in the order of the set."""
        seen = set(self.fixations.images)
        return tuple(name for name in self.dataset.images if name in seen)

    @cached_property
    def center_bias(self) -> CenterBias:
        """What information gain is measured over."""
        return CenterBias(self.fixations, self.dataset.sizes)

    def about(self) -> dict[str, Any]:
        """What is compared and how, as JSON can hold it."""
        seen = set(self.images)
        return {
            "version": __version__,
            "dataset": self.dataset.name,
            "source": self.dataset.source,
            "ppd": self.dataset.ppd,
            "images": len(self.images),
            "subjects": len(self.fixations.subjects),
            "fixations": len(self.fixations),
            "first": bool((self.fixations.order == 0).any()),
            "dropped": self._inside[1],
            "without_fixations": [name for name in self.dataset.images if name not in seen],
            "profile": self.profile,
            "metrics": list(self.metrics or ()),
            "models": {name: identity(model) for name, model in self.models.items()},
        }

    def map_of(self, model: str, image: str) -> Array:
        """The map of a model for an image, made anew; a ValueError where there is none."""
        found = self._mapped(self.models[model], image, self._pixels(image))
        return self._fitting(found, self.dataset.sizes[image])

    def points(self, image: str) -> Array:
        """x, y of the fixations on an image, (n, 2)."""
        return _positions(self.fixations.of(image))

    def scores(
        self,
        *,
        checkpoint: Path | None = None,
        threads: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> "DataFrame":
        """Score every model on every image.

        Parameters
        ----------
        checkpoint : path, optional
            A file in which every score is kept as soon as it is there; a comparison that
            was interrupted goes on from it. It is an error for it to hold others.
        threads : int, optional
            Images at a time; default: every processor. The numbers do not depend on it.
            Callables of your own must bear to be called from several threads, or take 1.
        progress : callable, optional
            Called with how many of ``images`` are done.

        Returns
        -------
        DataFrame
            One row a model, image and metric, in this order: ``model, image, metric,
            value, fixations, problem``. Where something was left out, ``value`` is NaN and
            ``problem`` says why.

        Raises
        ------
        ImportError
            pandas is not installed.
        ValueError, OSError
            The checkpoint cannot be used.
        """
        pandas = require("pandas")
        limits = require("threadpoolctl").threadpool_limits
        about = self.about()
        made = about.pop("models")
        about["without_fixations"] = len(about["without_fixations"])
        about["digest"] = digest(self.fixations)
        with ScoreLog(checkpoint, about, made) as kept, limits(1, user_api="blas"):
            todo = {
                image: [model for model in self.models if (model, image) not in kept.records]
                for image in self.images
            }
            left = [image for image in self.images if todo[image]]
            count = thread_count(threads)
            jobs = (partial(self._scored, image, todo[image]) for image in left)
            done = len(self.images) - len(left)
            for records in in_order(jobs, count):
                if progress:
                    progress(done)
                for record in records:
                    kept.add(record)
                done += 1
            if progress:
                progress(done)
            records = [kept.records[model, image] for model in self.models for image in self.images]
        columns = ["model", "image", "metric", "value", "fixations", "problem"]
        rows = [
            (r["model"], r["image"], metric, value, r["fixations"], r["problem"])
            for r in records
            for metric, value in r["values"].items()
        ]
        return pandas.DataFrame(rows, columns=columns).astype({"value": float})

    def _scored(self, image: str, models: list[str]) -> list[dict[str, Any]]:
        """Records of models on an image, which is read once."""
        case = Case(image, self.dataset.sizes[image], self)
        pixels = self._pixels(image)
        records = []
        for name in models:
            model, problem = self.models[name], ""
            asked = [m for m in self.metrics or () if _defined(m, model)]
            try:
                if hasattr(model, "held_out"):
                    pairs: Iterable[tuple[Array, Array]] = model.held_out(image, case.shape)
                else:
                    pairs = [(self._mapped(model, image, pixels), case.fixations)]
                values = self._values(asked, pairs, case)
            except (ValueError, OSError, MemoryError) as error:
                values = dict.fromkeys(asked, float("nan"))
                problem = str(error) or type(error).__name__
            records.append(
                {
                    "model": name,
                    "image": image,
                    "fixations": len(case.fixations),
                    "values": values,
                    "problem": problem,
                }
            )
        return records

    def _values(
        self, asked: list[str], pairs: Iterable[tuple[Array, Array]], case: Case
    ) -> dict[str, float]:
        """Means over fixations, which are scored on one map or each on its own."""
        weights, found = [], []
        for saliency, seen in pairs:
            saliency = self._fitting(saliency, case.shape)
            found.append([PROFILES[self.profile][m](saliency, seen, case) for m in asked])
            weights.append(len(seen))
        means = np.average(found, axis=0, weights=weights) if len(found) > 1 else found[0]
        return dict(zip(asked, map(float, means), strict=True))

    def _pixels(self, image: str) -> Callable[[], Array]:
        """Reads an image when it is first asked to, and only then."""
        return cache(lambda: pictures.read(self.dataset.images[image]))

    def _mapped(self, model: Model, image: str, pixels: Callable[[], Array]) -> Array:
        """A map by name, or of pixels by one thread, as images are mapped side by side."""
        if hasattr(model, "map_for"):
            return np.asarray(model.map_for(image, self.dataset.sizes[image]))
        options = {"threads": 1} if "threads" in inspect.signature(model).parameters else {}
        return np.asarray(model(pixels(), **options))

    def _fitting(self, saliency: Array, shape: tuple[int, int]) -> Array:
        if saliency.shape != shape and self.profile == "exact":
            raise ValueError(
                f"a map of the image's size {shape} was expected, got {saliency.shape}; "
                "resize it, or ask for it"
            )
        return saliency


def knows(model: Model, dataset: Dataset) -> bool:
    """Whether a model was trained on a set, by its name or its fixations."""
    data = getattr(model, "learned_from", None)
    if data is None:
        return False
    seen = dataset.fixations.inside(dataset.sizes)[0]
    return data["dataset"].lower() == dataset.name.lower() or data["digest"] == digest(seen)


def summary(scores: "DataFrame", reference: str | None = None) -> "DataFrame":
    """Means over images with bootstrap intervals, and paired differences.

    Parameters
    ----------
    scores : DataFrame
        As :meth:`Comparison.scores` gives them.
    reference : str, optional
        The model that the others are compared with, image by image; by default the first.

    Returns
    -------
    DataFrame
        One row a model and metric, in the order of the scores: ``mean``; ``low`` and
        ``high``, its 95 % interval (percentiles of 10,000 resamples of the images, the seed
        fixed); ``images`` that were scored and ``left_out``; ``difference`` from the
        reference on the images that both have, ``difference_low`` and ``difference_high``.
        NaN where there is nothing: intervals of fewer than two images, or of infinite
        scores, and the reference's difference from itself.

    Raises
    ------
    ValueError
        The reference is not among the models.

    Examples
    --------
    >>> import pandas
    >>> scores = pandas.DataFrame({
    ...     "model": ["a", "a", "b", "b"], "image": ["cat", "dog"] * 2, "metric": "auc",
    ...     "value": [0.5, 0.7, 0.6, 0.8]})
    >>> summary(scores)[["model", "mean", "low", "high", "difference"]].round(2)
      model  mean  low  high  difference
    0     a   0.6  0.5   0.7         NaN
    1     b   0.7  0.6   0.8         0.1
    """
    pandas = require("pandas")
    models = list(dict.fromkeys(scores["model"]))
    if reference is None:
        reference = models[0]
    if reference not in models:
        raise ValueError(f"reference must be one of {', '.join(models)}, got {reference!r}")
    rows = []
    order = list(dict.fromkeys(scores["metric"]))
    for metric in order:
        part = scores[scores["metric"] == metric]
        wide = part.pivot(index="image", columns="model", values="value").sort_index()
        for model in [model for model in models if model in wide]:
            values = wide[model].to_numpy()
            known = values[~np.isnan(values)]
            row = {"model": model, "metric": metric}
            row |= dict(zip(("mean", "low", "high"), _interval(known), strict=True))
            row |= {"images": len(known), "left_out": len(values) - len(known)}
            names = ("difference", "difference_low", "difference_high")
            with np.errstate(invalid="ignore"):  # infinite scores have no difference
                apart = values - wide[reference].to_numpy() if reference in wide else values[:0]
            apart = apart[~np.isnan(apart)] if model != reference else apart[:0]
            rows.append(row | dict(zip(names, _interval(apart), strict=True)))
    rows.sort(key=lambda row: (models.index(row["model"]), order.index(row["metric"])))
    return pandas.DataFrame(rows)


def _interval(values: Array) -> tuple[float, float, float]:
    """Mean and the 2.5 % and 97.5 % points of means of resamples."""
    nothing = float("nan")
    if not len(values):
        return nothing, nothing, nothing
    mean = float(values.mean())
    if len(values) < 2 or not np.isfinite(mean):
        return mean, nothing, nothing
    rng = np.random.default_rng(SEED)
    means = [
        values[rng.integers(len(values), size=(DRAWS // 20, len(values)))].mean(axis=1)
        for _ in range(20)  # in parts, so that the memory stays small
    ]
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return mean, float(low), float(high)


def _positions(fixations: Fixations) -> Array:
    return np.stack([fixations.x, fixations.y], axis=1)


def _defined(metric: str, model: Model) -> bool:
    return not (metric in OF_DENSITIES and hasattr(model, "held_out"))


def digest(fixations: Fixations) -> str:
    """Sixteen letters that stand for a table."""
    found = hashlib.sha256()
    for column in (fixations.image, fixations.subject, fixations.order, fixations.x, fixations.y):
        found.update(np.ascontiguousarray(column).tobytes())
    return found.hexdigest()[:16]
