"""Comparison of models on the fixations of a whole set of photographs.

Place in the pipeline: models, data set -> [compare] -> scores of single images -> summary.

    Comparison      models, a data set and metrics
    .scores()       one row a model, image and metric; streamed, and resumed from a checkpoint

Maps are computed and scored one image at a time, as many images at once as there are threads, and
not kept.  An image on which a model fails is left out for that model, with the reason; it is
never scored 0.
"""

import hashlib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from psysal import __version__
from psysal._typing import Array
from psysal.checks import one_of
from psysal.evaluation.case import Case
from psysal.evaluation.inputs import xy
from psysal.evaluation.profiles import DEFAULTS, PROFILES, Metric
from psysal.evaluation.references import CenterBias
from psysal.evaluation.score_log import ScoreLog
from psysal.gaze.datasets import Dataset
from psysal.gaze.fixations import Fixations
from psysal.gaze.geometry import Geometry
from psysal.gaze.placement import on_images
from psysal.models.base import identity
from psysal.optional import require
from psysal.threads import in_order, thread_count

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Comparison", "fixations_fingerprint", "was_trained_on"]

Model = Any
"""A callable from pixels to a map; or ``map_for(name, shape)`` gives the map of an image by its
name; or ``held_out(name, shape)`` gives maps with the fixations that each is scored on."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Models, the data set that they are compared on, and the metrics.

    Parameters
    ----------
    models : mapping of str to model
        Callables from pixels, RGB or grey, to a map of their size; or models with a method
        ``map_for(name, shape)``, as :class:`psysal.PrecomputedMaps` and
        :class:`~psysal.evaluation.references.CenterBias`.
    dataset : Dataset
        Photographs and fixations. Fixations outside of their image are dropped and counted;
        images without any are left out and named.
    metrics : sequence of str, optional
        Names of ``PROFILES[profile]`` of :mod:`psysal.evaluation.profiles`; by default
        ``DEFAULTS[profile]``.
    profile : "exact" or "mit"
        Conventions of the metrics.

    Raises
    ------
    ValueError
        No models, metrics or fixations; more than half of the fixations outside of their images,
        or shares of these instead of pixels; an unknown metric; a metric that needs the pixels per
        degree of a set that does not state them; a model that was trained on the set.
    """

    models: Mapping[str, Model]
    dataset: Dataset
    metrics: Sequence[str] | None = None
    profile: str = "exact"

    def __post_init__(self) -> None:
        known = PROFILES[one_of("profile", self.profile, PROFILES)]
        chosen = DEFAULTS[self.profile] if self.metrics is None else tuple(self.metrics)
        if unknown := [name for name in chosen if name not in known]:
            raise ValueError(
                f"metrics of the profile {self.profile} are {', '.join(known)}, "
                f"got {', '.join(map(str, unknown))}"
            )
        object.__setattr__(self, "metrics", tuple(dict.fromkeys(chosen)))
        if not chosen or not self.models:
            raise ValueError("a comparison needs a model and a metric, got none; name one")
        on_images(self.dataset.name, self.dataset.fixations, self.dataset.sizes, Geometry())
        if not self.images:
            raise ValueError(
                f"{self.dataset.name}: fixations inside images were expected, found none"
            )
        for name, model in self.models.items():
            if was_trained_on(model, self.dataset):
                raise ValueError(
                    f"{name} was trained on {self.dataset.name}, where its scores would say "
                    "nothing; leave it out: psysal train scores it on held-out photographs"
                )
        need_ppd = [name for name in chosen if "ppd" in known[name].needs]
        if need_ppd and self.dataset.ppd is None:
            raise ValueError(
                f"{self.dataset.name} does not tell its pixels per degree, which "
                f"{', '.join(need_ppd)} need; give ppd, or leave them out"
            )

    @cached_property
    def _inside(self) -> tuple[Fixations, int]:
        return self.dataset.fixations.inside(self.dataset.sizes)

    @property
    def fixations(self) -> Fixations:
        """Fixations that are inside their images."""
        return self._inside[0]

    @cached_property
    def images(self) -> tuple[str, ...]:
        """Names of the images that have a fixation, in the order of the set."""
        fixated = set(self.fixations.images)
        return tuple(name for name in self.dataset.images if name in fixated)

    @cached_property
    def center_bias(self) -> CenterBias:
        """Baseline of information gain."""
        return CenterBias(self.fixations, self.dataset.sizes)

    def description(self) -> dict[str, Any]:
        """Data set, metrics and models of the comparison, as JSON can hold them.

        Returns
        -------
        dict
            ``version``, ``dataset``, ``source``, ``ppd``, ``profile`` and ``metrics``; numbers
            of ``images``, ``subjects`` and ``fixations``, and of fixations ``dropped``;
            ``color_profiles``, in words, if photographs have others than sRGB's;
            ``first``, whether first fixations are among them; names of the images
            ``without_fixations``; and ``models``, their parameters as text by name.
        """
        fixated, profiles = set(self.images), self.dataset.color_profiles
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
            "without_fixations": [name for name in self.dataset.images if name not in fixated],
            "profile": self.profile,
            "metrics": list(self.metrics or ()),
            "models": {name: identity(model) for name, model in self.models.items()},
            **({"color_profiles": profiles} if profiles else {}),
        }

    def model_map(self, model: str, image: str) -> Array:
        """Map of a model for an image, computed anew.

        Parameters
        ----------
        model : str
            Name of a model of the comparison.
        image : str
            Name of an image of the set.

        Returns
        -------
        ndarray, (rows, cols)

        Raises
        ------
        ValueError
            The model has no map of this image, or one of another size.
        """
        saliency = _map(self.models[model], image, self.dataset.sizes[image], self._pixels(image))
        return self._check_size(saliency, self.dataset.sizes[image])

    def positions(self, image: str) -> Array:
        """Positions of the fixations on an image.

        Parameters
        ----------
        image : str
            Name of an image of the set.

        Returns
        -------
        ndarray, (n, 2), float64
            x, y in pixels.
        """
        return xy(self.fixations.of(image))

    def scores(
        self,
        *,
        checkpoint: Path | None = None,
        threads: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> "DataFrame":
        """Scores of every model on every image.

        Parameters
        ----------
        checkpoint : path, optional
            A file to which every score is written as soon as it is known; a comparison that
            was interrupted resumes from it. A file of another comparison is an error.
        threads : int, optional
            Images at a time; default: every processor. The scores do not depend on it.
            Callables of your own must be safe to call from several threads, or take 1.
        progress : callable, optional
            Called with the number of ``images`` that are done.

        Returns
        -------
        DataFrame
            One row a model, image and metric, in this order: ``model, image, metric,
            value, fixations, problem``. Where an image was left out, ``value`` is NaN and
            ``problem`` is the reason.

        Raises
        ------
        ImportError
            pandas is not installed.
        ValueError, OSError
            The checkpoint cannot be used.
        """
        pandas = require("pandas")
        limits = require("threadpoolctl").threadpool_limits
        description = self.description()
        identities = description.pop("models")
        description["without_fixations"] = len(description["without_fixations"])
        description["digest"] = fixations_fingerprint(self.fixations)
        with ScoreLog(checkpoint, description, identities) as log, limits(1, user_api="blas"):
            missing = {
                image: [model for model in self.models if (model, image) not in log.records]
                for image in self.images
            }
            jobs = [
                partial(self._score, image, models) for image, models in missing.items() if models
            ]
            done = len(self.images) - len(jobs)
            for records in in_order(jobs, thread_count(threads)):
                if progress:
                    progress(done)
                for record in records:
                    log.add(record)
                done += 1
            if progress:
                progress(done)
            records = [log.records[model, image] for model in self.models for image in self.images]
        columns = ["model", "image", "metric", "value", "fixations", "problem"]
        rows = [
            (r["model"], r["image"], metric, value, r["fixations"], r["problem"])
            for r in records
            for metric, value in r["values"].items()
        ]
        return pandas.DataFrame(rows, columns=columns).astype({"value": float})

    def _score(self, image: str, models: list[str]) -> list[dict[str, Any]]:
        """Records of models on an image, which is read once."""
        sizes, pixels = self.dataset.sizes, self._pixels(image)
        case = Case(image, self.fixations, sizes, self.dataset.ppd, self._baseline_for)
        records = []
        for name in models:
            model, problem = self.models[name], ""
            metrics = self._metrics_of(model)
            try:
                if hasattr(model, "held_out"):
                    pairs: Iterable[tuple[Array, Array]] = model.held_out(image, case.shape)
                else:
                    pairs = [(_map(model, image, case.shape, pixels), case.fixations)]
                values = self._mean_scores(metrics, pairs, case)
            except (ValueError, OSError, MemoryError) as error:
                values = dict.fromkeys((metric.name for metric in metrics), float("nan"))
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

    def _mean_scores(
        self, metrics: list[Metric], pairs: Iterable[tuple[Array, Array]], case: Case
    ) -> dict[str, float]:
        """Scores over all fixations, on one map or each observer's on a map of their own."""
        weights, scores = [], []
        for saliency, fixations in pairs:
            saliency = self._check_size(saliency, case.shape)
            scores.append([metric.function(saliency, fixations, case) for metric in metrics])
            weights.append(len(fixations))
        means = np.average(scores, axis=0, weights=weights) if len(scores) > 1 else scores[0]
        return {m.name: float(mean) for m, mean in zip(metrics, means, strict=True)}

    def _metrics_of(self, model: Model) -> list[Metric]:
        """Metrics that can score a model: none of a whole density, if each observer has a map."""
        metrics = [PROFILES[self.profile][name] for name in self.metrics or ()]
        one_by_one = hasattr(model, "held_out")
        return [m for m in metrics if not (one_by_one and "density" in m.needs)]

    def _baseline_for(self, image: str, shape: tuple[int, int]) -> Array:
        return self.center_bias.map_for(image, shape)

    def _pixels(self, image: str) -> Callable[[], Array]:
        """Function that reads an image when it is first called."""
        return cache(lambda: self.dataset.read(image))

    def _check_size(self, saliency: Array, shape: tuple[int, int]) -> Array:
        if saliency.shape != shape and self.profile == "exact":
            raise ValueError(
                f"a map of the image's size {shape} was expected, got {saliency.shape}; "
                "resize it, or ask for it"
            )
        return saliency


def _map(model: Model, image: str, shape: tuple[int, int], pixels: Callable[[], Array]) -> Array:
    """Map of a model, by the name of the image or from its pixels, on one thread."""
    if hasattr(model, "map_for"):
        return np.asarray(model.map_for(image, shape))
    options = {"threads": 1} if "threads" in inspect.signature(model).parameters else {}
    return np.asarray(model(pixels(), **options))


def was_trained_on(model: Model, dataset: Dataset) -> bool:
    """Test whether a model was trained on a data set, by its name or its fixations.

    Parameters
    ----------
    model : model
        Any; a trained one has ``learned_from``, as :class:`psysal.Learned` has.
    dataset : Dataset
        The set to be scored on.

    Returns
    -------
    bool
    """
    training = getattr(model, "learned_from", ())
    if any(each["dataset"].lower() == dataset.name.lower() for each in training):
        return True
    if not training:
        return False
    inside, _ = dataset.fixations.inside(dataset.sizes)
    return fixations_fingerprint(inside) in [each["digest"] for each in training]


def fixations_fingerprint(fixations: Fixations) -> str:
    """Fingerprint of a table of fixations: equal tables have equal ones.

    Parameters
    ----------
    fixations : Fixations
        The order of its rows matters, durations do not.

    Returns
    -------
    str
        Sixteen hexadecimal digits.
    """
    sha = hashlib.sha256()
    for column in (fixations.image, fixations.subject, fixations.order, fixations.x, fixations.y):
        sha.update(np.ascontiguousarray(column).tobytes())
    return sha.hexdigest()[:16]
