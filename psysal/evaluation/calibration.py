"""Densities of maps: a monotone function of the map and a center bias, fitted to fixations.

    map, fixations on other images -> [calibration] -> density

Place in the pipeline: map -> [calibration] -> metrics of densities.  A map has no unit, so that
its information gain is defined only with a function from its values to probabilities:

    density at a pixel  ~  g(value of the map) * c(distance from the center)

Both are positive and linear between knots; g never falls.  They maximize the likelihood of the
fixations on the images of other folds, each image of one weight, so that no density has seen the
fixations that it is scored on.  Only sums over pixels by knots of g and c are kept of an image,
as they are all that its likelihood depends on.

References
----------
Kümmerer, Wallis & Bethge (2015), "Information-theoretic model comparison unifies saliency
metrics", PNAS 112(52), doi:10.1073/pnas.1510393112.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from psysal._typing import Array
from psysal.checks import one_of
from psysal.evaluation.inputs import pixel_indexes, xy
from psysal.evaluation.references import CenterBias
from psysal.gaze.fixations import Fixations, Sizes
from psysal.models.base import identity
from psysal.models.densities import gives_of
from psysal.threads import in_order, thread_count

if TYPE_CHECKING:
    from psysal.evaluation.compare import Comparison

__all__ = ["FITS", "MonotoneFit", "fit_maps"]

FITS = ("monotone",)
"""Ways to make densities of maps."""

LEVELS = (*np.arange(0, 1, 0.1), 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 1.0)
"""Quantiles of the values of maps at which g has its knots: many where maps are high."""
RANGE_IMAGES = 50  # whose maps tell these quantiles
RANGE_VALUES = 10_000  # of a map that take part
RINGS = 12  # knots of c, from the center to the corners
MOST = 20.0  # logarithm of the largest step of g between knots, and of c from the center


class _Sums(NamedTuple):
    """All that the likelihood of an image depends on.

    Attributes
    ----------
    pixels : ndarray, (levels, rings)
        Weights of the knots, summed over pixels.
    levels, rings : ndarray, (n, levels) and (n, rings)
        Weights of the knots at each fixation.
    """

    pixels: Array
    levels: Array
    rings: Array


class _Curves(NamedTuple):
    """Values of g and c at their knots, and the number of fixations that they were fitted to."""

    levels: Array
    rings: Array
    fixations: int


@dataclass(frozen=True, eq=False)
class MonotoneFit:
    """Model of the densities that a model's maps become by a fit to fixations on other images.

    Parameters
    ----------
    of : str
        Model and its parameters, as text.
    map_of : callable
        Name of an image -> map (rows, cols), of the image's size.
    fixations : Fixations
        All inside their images, on at least two images.
    sizes : mapping of str to (rows, cols)
        Size of every image that has a fixation.

    Notes
    -----
    The maps of all images are computed once for the fit, when the first density is asked for.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> maps = {name: rng.random((30, 40)) for name in "abcdef"}
    >>> rows = []
    >>> for name, values in maps.items():  # people look where the map is high
    ...     for order, (y, x) in enumerate(np.argwhere(values > 0.9)[::10]):
    ...         rows.append((name, 0, order, x, y))
    >>> seen = Fixations(*zip(*rows))
    >>> model = MonotoneFit("it", maps.get, seen, dict.fromkeys(maps, (30, 40)))
    >>> density = model.map_for("a", (30, 40))
    >>> float(density.sum().round(6)), bool(density[maps["a"] > 0.9].mean() > 3 / 1200)
    (1.0, True)
    """

    gives = "density"
    fitted = True

    of: str
    map_of: Callable[[str], Array] = field(repr=False)
    fixations: Fixations = field(repr=False)
    sizes: Sizes = field(repr=False)
    _lock: Any = field(default_factory=threading.Lock, init=False, repr=False)

    def map_for(self, name: str, shape: tuple[int, int]) -> Array:
        """Density of fixations on an image, by what was fitted without its fold.

        Parameters
        ----------
        name : str
            An image with fixations.
        shape : (int, int)
            Rows and columns of the image.

        Returns
        -------
        ndarray, (rows, cols), float64
            Positive, sums to 1; one more fixation than were fitted is spread evenly.

        Raises
        ------
        ValueError
            The image has no fixations, or another size.
        """
        with self._lock:
            curves = self._curves[self._folds[name]]
        if self.sizes[name] != tuple(shape):
            raise ValueError(f"{name}: a size of {self.sizes[name]} was expected, got {shape}")
        density = np.interp(self._checked_map(name), self._knots, curves.levels)
        density *= np.interp(_distances(shape), np.linspace(0, 1, RINGS), curves.rings)
        density *= curves.fixations / (curves.fixations + 1) / density.sum()
        return density + 1 / (curves.fixations + 1) / density.size

    @cached_property
    def _folds(self) -> dict[str, int]:
        """Folds of the images, those of the center bias."""
        return CenterBias(self.fixations, self.sizes).fold

    @cached_property
    def _knots(self) -> Array:
        """Values of the map at which g has its knots, rising."""
        names = list(self._folds)
        names = names[:: -(-len(names) // RANGE_IMAGES)]
        values = []
        for name in names:
            with suppress(ValueError, OSError):
                flat = self._checked_map(name).ravel()
                values.append(flat[:: max(1, flat.size // RANGE_VALUES)].astype(float))
        if not values:
            raise ValueError(f"{self.of}: maps to be fitted were expected, found none; check them")
        return np.unique(np.quantile(np.concatenate(values), LEVELS))

    @cached_property
    def _curves(self) -> list[_Curves]:
        """Fit without each fold."""
        _ = self._knots
        jobs = [partial(self._sums, name) for name in self._folds]
        sums = list(zip(self._folds.values(), in_order(jobs, thread_count(None)), strict=True))
        return [
            _fit([part for other, part in sums if part is not None and other != fold])
            for fold in range(max(self._folds.values()) + 1)
        ]

    def _checked_map(self, name: str) -> Array:
        values = np.asarray(self.map_of(name))
        if not np.isfinite(values).all():
            raise ValueError(f"{name}: a finite map was expected, got NaN or infinite values")
        return values

    def _sums(self, name: str) -> _Sums | None:
        """Sums of an image; None if it has no map, which is said where it is scored."""
        try:
            values = self._checked_map(name)
        except (ValueError, OSError):
            return None
        level, share = _segments(values, self._knots)
        ring, part = _segments(_distances(values.shape), np.linspace(0, 1, RINGS))
        shape = len(self._knots), RINGS
        pixels = np.zeros(shape)
        for step, weight in ((0, 1 - share), (1, share)):
            for out, other in ((0, 1 - part), (1, part)):
                index = np.ravel_multi_index((level + step, ring + out), shape)
                sums = np.bincount(index.ravel(), (weight * other).ravel(), pixels.size)
                pixels += sums.reshape(shape)
        at = pixel_indexes("fixations", xy(self.fixations.of(name)), values.shape)
        hats = [
            (np.arange(n) == k[at][:, None]) * (1 - s[at][:, None])
            + (np.arange(n) == k[at][:, None] + 1) * s[at][:, None]
            for n, k, s in ((shape[0], level, share), (shape[1], ring, part))
        ]
        return _Sums(pixels / values.size, *hats)


def fit_maps(comparison: "Comparison", fit: str) -> dict[str, Any]:
    """Models of a comparison, with densities instead of maps.

    Parameters
    ----------
    comparison : Comparison
        Its models that give maps are fitted to its fixations.
    fit : "monotone"
        Way of the fit.

    Returns
    -------
    dict of str to model
        Models by name; those that give densities are the same.

    Raises
    ------
    ValueError
        ``fit`` is another, or there are fixations on fewer than two images.
    """
    one_of("fit", fit, FITS)
    sizes = comparison.dataset.sizes
    return {
        name: MonotoneFit(
            identity(model), partial(comparison.model_map, name), comparison.fixations, sizes
        )
        if gives_of(model) == "map"
        else model
        for name, model in comparison.models.items()
    }


def _distances(shape: tuple[int, ...]) -> Array:
    """Distances from the center, (rows, cols), in the proportions of the image; 1 in corners."""
    down, across = ((2 * np.arange(n) + 1) / n - 1 for n in shape)
    distances = np.hypot(down[:, None], across)
    return distances / distances.max()


def _segments(values: Array, knots: Array) -> tuple[Array, Array]:
    """Knot below each value, and the share of the way to the next; beyond the ends, the ends."""
    below = np.clip(np.searchsorted(knots, values, "right") - 1, 0, max(len(knots) - 2, 0))
    if len(knots) == 1:
        return below, np.zeros(values.shape)
    return below, np.clip((values - knots[below]) / np.diff(knots)[below], 0, 1)


def _fit(images: list[_Sums]) -> _Curves:
    """Curves of the highest mean likelihood over images."""
    from scipy.optimize import minimize

    if not images:
        raise ValueError("a fit needs maps of images in other folds, got none; check the maps")
    pixels = np.stack([image.pixels for image in images])
    levels, rings = (np.concatenate([image[k] for image in images]) for k in (1, 2))
    weights = np.concatenate([np.full(len(i.levels), 1 / len(i.levels)) for i in images])
    steps = pixels.shape[1] - 1

    def curves(x: Array) -> tuple[Array, Array]:
        return np.exp(np.r_[0, np.cumsum(x[:steps])]), np.exp(np.r_[0, x[steps:]])

    def loss(x: Array) -> tuple[float, Array]:
        g, c = curves(x)
        at_g, at_c = levels @ g, rings @ c
        by_ring = np.einsum("ikj,k->ij", pixels, g)
        sums = by_ring @ c
        value = weights @ np.log(at_g * at_c) - np.log(sums).sum()
        slope_g = (weights / at_g) @ levels - np.einsum("ikj,j,i->k", pixels, c, 1 / sums)
        slope_c = (weights / at_c) @ rings - (1 / sums) @ by_ring
        rising = np.cumsum((slope_g * g)[::-1])[::-1]  # a step raises all knots above it
        slope = np.r_[rising[1:], (slope_c * c)[1:]]
        return -value / len(images), -slope / len(images)

    bounds = [(0, MOST)] * steps + [(-MOST, MOST)] * (RINGS - 1)
    start = np.r_[np.full(steps, 0.1), np.zeros(RINGS - 1)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return _Curves(*curves(found.x), len(levels))
