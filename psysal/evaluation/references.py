"""What people alone predict: the center bias of other images, and other observers.

Place in the pipeline: fixations -> [people] -> maps -> metrics.  The two frame every
comparison: a model that has seen the image should beat the one that has not, and none can
be asked to do better than people do for one another.  Neither sees what it is scored on.
Leaves: densities (rows, cols) that sum to 1 and are zero nowhere, as one fixation more is
taken to be anywhere on the image.

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
from numpy.typing import NDArray

from psysal.evaluation.density import gaussians
from psysal.gaze.fixations import Fixations, Sizes
from psysal.viewing import Viewing

__all__ = ["CenterBias", "HumanCeiling", "center_density", "check_folds"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class CenterBias:
    """Where people look on other images: fitted on all folds but that of the image.

    A Gaussian about every fixation, moved to the image's size; as wide as Scott's rule
    has it, n**(-1/6) times the standard deviation of n fixations.

    Parameters
    ----------
    fixations : Fixations
        All inside their images, on two images at least.
    sizes : mapping of str to (rows, cols)
        Of every image that has a fixation.
    folds : int
        Of images; where there are fewer images, one an image.
    seed : int
        Of the order in which images are dealt to folds.

    References
    ----------
    Scott (1992), "Multivariate Density Estimation", doi:10.1002/9780470316849.

    Examples
    --------
    >>> seen = Fixations(["cat", "dog", "dog"], [1, 1, 1], [0, 0, 1], [1, 0, 1], [0, 1, 1])
    >>> bias = CenterBias(seen, {"cat": (2, 2), "dog": (2, 2)})
    >>> bias.map_for("cat", (2, 2)).argmax(axis=0).tolist()  # as people looked at the dog
    [1, 1]
    """

    fixations: Fixations = field(repr=False)
    sizes: Sizes = field(repr=False)
    folds: int = 5
    seed: int = 0
    _kept: dict[tuple[int, tuple[int, int]], Array] = field(
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
        """The fold of every image."""
        names = np.random.default_rng(self.seed).permutation(self.fixations.images)
        return {str(name): i % min(self.folds, len(names)) for i, name in enumerate(names)}

    def map_for(self, name: str, shape: tuple[int, int]) -> Array:
        """The density for an image of (rows, cols); a ValueError for one without fixations."""
        if name not in self.fold:
            raise ValueError(f"{name}: an image with fixations was expected; leave it out")
        key = self.fold[name], shape
        if key not in self._kept:
            found = self._fitted(*key)
            while len(self._kept) >= 2 * self.folds:  # images of many sizes must not fill memory
                self._kept.pop(next(iter(self._kept)), None)
            self._kept[key] = found
        return self._kept[key]

    def _fitted(self, fold: int, shape: tuple[int, int]) -> Array:
        others = {name for name, other in self.fold.items() if other != fold}
        return center_density(self.fixations.on(others), self.sizes, shape)


def check_folds(folds: int) -> None:
    """A ValueError unless ``folds`` is a whole number from 2 on."""
    if isinstance(folds, bool) or not isinstance(folds, int) or folds < 2:
        raise ValueError(f"folds must be a whole number from 2 on, got {folds!r}")


def center_density(fixations: Fixations, sizes: Sizes, shape: tuple[int, int]) -> Array:
    """Where people look on any of the images, moved to (rows, cols); see :class:`CenterBias`.

    >>> seen = Fixations(["cat", "dog"], [1, 1], [0, 0], [1, 5], [1, 1])
    >>> found = center_density(seen, {"cat": (3, 3), "dog": (3, 9)}, (5, 5))
    >>> round(float(found.sum()), 6), tuple(map(int, np.unravel_index(found.argmax(), (5, 5))))
    (1.0, (1, 1))
    """
    rows, cols = np.array([sizes[name] for name in fixations.image.tolist()]).T
    positions = np.stack([fixations.x / cols, fixations.y / rows]) * np.array(shape[::-1])[:, None]
    count = len(fixations)
    width = float(np.sqrt(positions.std(axis=1).prod())) * count ** (-1 / 6)
    return _one_more(gaussians(positions.T, shape, max(width, 1.0)), count)


@dataclass(frozen=True, eq=False)
class HumanCeiling:
    """Where the other observers look on the same image: each is left out in turn.

    Parameters
    ----------
    fixations : Fixations
        All inside their images, of two subjects at least.
    ppd : float or Viewing
        Pixels per degree of visual angle.
    sigma : float
        Of the Gaussian about every fixation, in degrees.

    Examples
    --------
    >>> seen = Fixations(["cat", "cat"], ["ann", "bob"], [0, 0], [0, 2], [0, 0])
    >>> for ann, looked in HumanCeiling(seen, ppd=1).held_out("cat", (1, 3)):
    ...     print(ann.argmax(), looked.tolist())
    2 [[0.0, 0.0]]
    0 [[2.0, 0.0]]
    """

    fixations: Fixations = field(repr=False)
    ppd: float | Viewing
    sigma: float = 1.0

    def __post_init__(self) -> None:
        if (count := len(self.fixations.subjects)) < 2:
            raise ValueError(
                f"a human ceiling needs at least two subjects, got {count}; leave it out"
            )

    @property
    def _width(self) -> float:
        viewing = self.ppd if isinstance(self.ppd, Viewing) else Viewing(ppd=self.ppd)
        return self.sigma * viewing.ppd

    def map_for(self, name: str, shape: tuple[int, int]) -> Array:
        """The density of all observers, to be looked at; nobody is to be scored on it."""
        seen = self.fixations.of(name)
        positions = np.stack([seen.x, seen.y], axis=1)
        return _one_more(gaussians(positions, shape, self._width), len(seen))

    def held_out(self, name: str, shape: tuple[int, int]) -> Iterator[tuple[Array, Array]]:
        """For every observer of an image, the density of the others, and x, y of their own.

        A ValueError for an image that fewer than two looked at.
        """
        seen = self.fixations.of(name)
        if (count := len(seen.subjects)) < 2:
            raise ValueError(f"{name}: two observers were expected, got {count}; leave it out")
        positions = np.stack([seen.x, seen.y], axis=1)
        everybody = gaussians(positions, shape, self._width)
        for subject in seen.subjects:
            own = seen.subject == subject
            others = gaussians(positions[own], shape, self._width)
            np.subtract(everybody, others, out=others)
            np.maximum(others, 0, out=others)  # rounding, a 1e-15th of the peak
            yield _one_more(others, len(own) - int(own.sum())), positions[own]


def _one_more(found: Array, count: int) -> Array:
    """Made in place: the density of Gaussians about so many fixations and of one anywhere."""
    found *= count / (count + 1) / found.sum()
    found += 1 / (count + 1) / found.size
    return found
