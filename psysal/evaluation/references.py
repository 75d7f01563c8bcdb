"""References that are fitted to fixations alone: the center bias and the other observers.

Place in the pipeline: fixations -> [references] -> maps -> metrics.  They stand about what a model
can score: the density of fixations on other images below, that of other observers on the same
image above.  Both are cross-validated.
Leaves: densities (rows, cols) that sum to 1 and are zero nowhere, as one more fixation is
spread evenly over the image.

References
----------
Tatler (2007), doi:10.1167/7.14.4, on the center bias; Wilming, Betz, Kietzmann & Koenig
(2011), doi:10.1371/journal.pone.0024038, on it and other observers as bounds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.checks import positive_number, whole_number
from psysal.evaluation.density import gaussians
from psysal.evaluation.inputs import xy
from psysal.gaze.fixations import Fixations, Sizes

__all__ = [
    "CenterBias",
    "InfiniteObservers",
    "LeaveOneObserverOut",
    "center_density",
    "cross_validated_width",
]

WIDTH_IMAGES = 100
"""Most images to which the width of the observers' Gaussians is fitted."""


@dataclass(frozen=True, eq=False)
class CenterBias:
    """Density of fixations on other images: on all folds but that of the image.

    A Gaussian about every fixation, moved to the image's size, with the standard deviation of
    Scott's rule: n**(-1/6) times that of the n fixations.

    Parameters
    ----------
    fixations : Fixations
        All inside their images, on at least two images.
    sizes : mapping of str to (rows, cols)
        Size of every image that has a fixation.
    folds : int
        Number of folds of images, from 2; with fewer images, one fold an image.
    seed : int
        Seed of the order in which images are dealt to folds.

    References
    ----------
    Scott (1992), "Multivariate Density Estimation", doi:10.1002/9780470316849.

    Examples
    --------
    >>> fixations = Fixations(["cat", "dog", "dog"], [1, 1, 1], [0, 0, 1], [1, 0, 1], [0, 1, 1])
    >>> bias = CenterBias(fixations, {"cat": (2, 2), "dog": (2, 2)})
    >>> bias.map_for("cat", (2, 2)).argmax(axis=0).tolist()  # the lower row, as on the dog
    [1, 1]
    """

    gives = "density"

    fixations: Fixations = field(repr=False)
    sizes: Sizes = field(repr=False)
    folds: int = 5
    seed: int = 0
    _densities: dict[tuple[int, tuple[int, int]], Array] = field(
        default_factory=dict, init=False, repr=False
    )

    def __post_init__(self) -> None:
        check_folds(self.folds)
        if (count := len(self.fixations.images)) < 2:
            raise ValueError(
                f"a center bias is fitted on other images, got {count} with fixations; leave it out"
            )

    @cached_property
    def fold(self) -> dict[str, int]:
        """Fold of every image, from 0."""
        names = np.random.default_rng(self.seed).permutation(self.fixations.images)
        return {str(name): i % min(self.folds, len(names)) for i, name in enumerate(names)}

    def map_for(self, name: str, shape: tuple[int, int]) -> Array:
        """Density of fixations on the images of the other folds.

        Parameters
        ----------
        name : str
            An image with fixations.
        shape : (int, int)
            Rows and columns of the density.

        Returns
        -------
        ndarray, (rows, cols), float64
            Positive, sums to 1.

        Raises
        ------
        ValueError
            The image has no fixations.
        """
        if name not in self.fold:
            raise ValueError(f"{name}: an image with fixations was expected; leave it out")
        key = self.fold[name], shape
        if key not in self._densities:
            density = self._fit(*key)
            while len(self._densities) >= 2 * self.folds:  # many sizes must not fill memory
                self._densities.pop(next(iter(self._densities)), None)
            self._densities[key] = density
        return self._densities[key]

    def _fit(self, fold: int, shape: tuple[int, int]) -> Array:
        others = {name for name, other in self.fold.items() if other != fold}
        return center_density(self.fixations.on(others), self.sizes, shape)


def check_folds(folds: int) -> None:
    """Refuse a number of folds that is no whole number from 2 on."""
    whole_number("folds", folds, 2)


def center_density(fixations: Fixations, sizes: Sizes, shape: tuple[int, int]) -> Array:
    """Density of fixations on all images together, moved to one size; see :class:`CenterBias`.

    Parameters
    ----------
    fixations : Fixations
        All inside their images.
    sizes : mapping of str to (rows, cols)
        Size of every image that has a fixation.
    shape : (int, int)
        Rows and columns of the density.

    Returns
    -------
    ndarray, (rows, cols), float64
        Positive, sums to 1.

    Examples
    --------
    >>> fixations = Fixations(["cat", "dog"], [1, 1], [0, 0], [1, 5], [1, 1])
    >>> density = center_density(fixations, {"cat": (3, 3), "dog": (3, 9)}, (5, 5))
    >>> round(float(density.sum()), 6), int(density.argmax())
    (1.0, 6)
    """
    rows, cols = np.array([sizes[name] for name in fixations.image.tolist()]).T
    positions = np.stack([fixations.x * shape[1] / cols, fixations.y * shape[0] / rows])
    count = len(fixations)
    width = float(np.sqrt(positions.std(axis=1).prod())) * count ** (-1 / 6)
    return _smoothed_density(gaussians(positions.T, shape, max(width, 1.0)), count)


@dataclass(frozen=True, eq=False)
class LeaveOneObserverOut:
    """Density of the other observers' fixations on the same image, leaving out each in turn.

    Often called the human ceiling, it is none: with few observers it is far below what these
    have in common, and networks that were trained on a set may exceed it.

    Parameters
    ----------
    fixations : Fixations
        All inside their images, of at least two subjects.
    sizes : mapping of str to (rows, cols)
        Size of every image that has a fixation.
    width : float, optional
        Standard deviation of the Gaussian about every fixation, in pixels; by default
        :func:`cross_validated_width`, one for all images.

    Examples
    --------
    >>> fixations = Fixations(["cat", "cat"], ["ann", "bob"], [0, 0], [0, 2], [0, 0])
    >>> others = LeaveOneObserverOut(fixations, {"cat": (1, 3)}, width=1)
    >>> for density, positions in others.held_out("cat", (1, 3)):
    ...     print(density.argmax(), positions.tolist())
    2 [[0.0, 0.0]]
    0 [[2.0, 0.0]]
    """

    gives = "density"

    fixations: Fixations = field(repr=False)
    sizes: Sizes = field(repr=False)
    width: float | None = None

    def __post_init__(self) -> None:
        if (count := len(self.fixations.subjects)) < 2:
            raise ValueError(
                "observers that predict each other must be at least two subjects, "
                f"got {count}; leave it out"
            )
        if self.width is None:
            object.__setattr__(self, "width", cross_validated_width(self.fixations, self.sizes))
        positive_number("width", self.width, unit="of pixels")

    def map_for(self, name: str, shape: tuple[int, int]) -> Array:
        """Density of all observers, to be shown; it is fitted to what it would be scored on.

        Parameters
        ----------
        name : str
            An image with fixations.
        shape : (int, int)
            Rows and columns of the image.

        Returns
        -------
        ndarray, (rows, cols), float64
            Positive, sums to 1.
        """
        own = self.fixations.of(name)
        return _smoothed_density(gaussians(xy(own), shape, self._width), len(own))

    def held_out(self, name: str, shape: tuple[int, int]) -> Iterator[tuple[Any, ...]]:
        """Densities that predict each observer of an image by the others.

        Parameters
        ----------
        name : str
            An image that at least two subjects looked at.
        shape : (int, int)
            Rows and columns of the image.

        Yields
        ------
        density : ndarray, (rows, cols), float64
            Density of the fixations of the others; positive, sums to 1.
        positions : ndarray, (n, 2)
            x, y of the fixations of the observer that is left out, in pixels.

        Raises
        ------
        ValueError
            Fewer than two subjects looked at the image.
        """
        own = self._seen_by(name, 2)
        positions = xy(own)
        everybody = gaussians(positions, shape, self._width)
        for subject in own.subjects:
            held_out = own.subject == subject
            others = gaussians(positions[held_out], shape, self._width)
            np.subtract(everybody, others, out=others)
            np.maximum(others, 0, out=others)  # rounding, a 1e-15th of the peak
            count = len(held_out) - int(held_out.sum())
            yield _smoothed_density(others, count), positions[held_out]

    @property
    def _width(self) -> float:
        assert self.width is not None
        return self.width

    def _seen_by(self, name: str, least: int) -> Fixations:
        own = self.fixations.of(name)
        if (count := len(own.subjects)) < least:
            raise ValueError(f"{name}: {least} observers were expected, got {count}; leave it out")
        return own


class InfiniteObservers(LeaveOneObserverOut):
    """Score that :class:`LeaveOneObserverOut` would have with ever more observers, estimated.

    The score that k others give is taken for s - b / k, with the same Gaussians: from that by all
    others, and that by either half of them, follows s.

    Parameters
    ----------
    fixations, sizes, width
        As of :class:`LeaveOneObserverOut`; of at least three subjects.

    References
    ----------
    Wilming et al. (2011) show scores by the number of observers.
    """

    def held_out(self, name: str, shape: tuple[int, int]) -> Iterator[tuple[Any, ...]]:
        """Densities of all other observers and of their halves, with the weights of their scores.

        Parameters
        ----------
        name : str
            An image that at least three subjects looked at.
        shape : (int, int)
            Rows and columns of the image.

        Yields
        ------
        density, positions : ndarray
            As of :class:`LeaveOneObserverOut`.
        weight : float
            Weight of each of these fixations; negative for halves, 1 in all for each observer.

        Raises
        ------
        ValueError
            Fewer than three subjects looked at the image.
        """
        own = self._seen_by(name, 3)
        positions = xy(own)
        for subject in own.subjects:
            others = [other for other in own.subjects if other != subject]
            halves = others[::2], others[1::2]
            k, of_half = len(others), sum(1 / len(half) for half in halves) / 2
            step = 1 / (k * of_half - 1)  # from half of the others to all, in steps to infinity
            held_out = positions[own.subject == subject]
            for group, weight in ((others, 1 + step), *((half, -step / 2) for half in halves)):
                seen = positions[np.isin(own.subject, group)]
                density = _smoothed_density(gaussians(seen, shape, self._width), len(seen))
                yield density, held_out, weight


def cross_validated_width(fixations: Fixations, sizes: Sizes) -> float:
    """Width of the Gaussians by which observers predict each other best.

    The largest mean log-likelihood of each observer's fixations under the density of the others',
    as :class:`LeaveOneObserverOut` makes it, over at most 100 images evenly spread over the set.

    Parameters
    ----------
    fixations : Fixations
        All inside their images.
    sizes : mapping of str to (rows, cols)
        Size of every image that has a fixation.

    Returns
    -------
    float
        Standard deviation in pixels, to 1 %; from half a pixel to the size of the image.

    Raises
    ------
    ValueError
        No image has fixations of two observers.
    """
    from scipy.optimize import minimize_scalar

    names = [name for name in fixations.images if len(fixations.of(name).subjects) > 1]
    if not names:
        raise ValueError(
            "an image that two observers looked at was expected, found none; leave "
            "leave_one_observer_out out"
        )
    chosen = names[:: -(-len(names) // WIDTH_IMAGES)]
    seen = [(fixations.of(name), sizes[name]) for name in chosen]
    largest = max(max(shape) for _, shape in seen)

    def loss(log_width: float) -> float:
        width = float(np.exp(log_width))
        return -float(np.concatenate([_log_likelihoods(*each, width) for each in seen]).mean())

    bounds = np.log([0.5, max(largest, 1)])
    return float(np.exp(minimize_scalar(loss, bounds=bounds, options={"xatol": 0.01}).x))


def _log_likelihoods(own: Fixations, shape: tuple[int, int], width: float) -> Array:
    """Log of the density of the others at every fixation on an image, without any map."""
    points = xy(own).astype(int)
    other = own.subject[:, None] != own.subject
    distances = ((points[:, None] - points) ** 2).sum(axis=2)
    at = (np.exp(-0.5 * distances / width**2) * other).sum(axis=1)
    mass = np.ones(len(own))
    for size, place in zip(shape, points.T[::-1], strict=True):
        tail = np.cumsum(np.exp(-0.5 * (np.arange(size) / width) ** 2))
        mass *= tail[place] + tail[size - 1 - place] - 1
    count = other.sum(axis=1)
    return np.log((at * count / (other @ mass) + 1 / (shape[0] * shape[1])) / (count + 1))


def _smoothed_density(total: Array, count: int) -> Array:
    """Density of ``count`` Gaussians, and of one more fixation spread evenly; in place."""
    total *= count / (count + 1) / total.sum()
    total += 1 / (count + 1) / total.size
    return total
