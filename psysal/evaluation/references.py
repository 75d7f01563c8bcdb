"""References that are fitted to fixations alone: the center bias and the human ceiling.

Place in the pipeline: fixations -> [references] -> maps -> metrics.  They bound what a model
can score: the density of fixations on other images from below, that of other observers on the
same image from above.  Both are cross-validated.
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

import numpy as np

from psysal._typing import Array
from psysal.checks import whole_number
from psysal.evaluation.density import gaussians
from psysal.evaluation.inputs import xy
from psysal.gaze.fixations import Fixations, Sizes
from psysal.viewing import Viewing

__all__ = ["CenterBias", "HumanCeiling", "center_density"]


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
    positions = np.stack([fixations.x / cols, fixations.y / rows]) * np.array(shape[::-1])[:, None]
    count = len(fixations)
    width = float(np.sqrt(positions.std(axis=1).prod())) * count ** (-1 / 6)
    return _smoothed_density(gaussians(positions.T, shape, max(width, 1.0)), count)


@dataclass(frozen=True, eq=False)
class HumanCeiling:
    """Density of the other observers' fixations on the same image, leaving out each in turn.

    Parameters
    ----------
    fixations : Fixations
        All inside their images, of at least two subjects.
    ppd : float or Viewing
        Pixels per degree of visual angle.
    sigma : float
        Standard deviation of the Gaussian about every fixation, in degrees.

    Examples
    --------
    >>> fixations = Fixations(["cat", "cat"], ["ann", "bob"], [0, 0], [0, 2], [0, 0])
    >>> for density, positions in HumanCeiling(fixations, ppd=1).held_out("cat", (1, 3)):
    ...     print(density.argmax(), positions.tolist())
    2 [[0.0, 0.0]]
    0 [[2.0, 0.0]]
    """

    gives = "density"

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
        positions = xy(own)
        return _smoothed_density(gaussians(positions, shape, self._width), len(own))

    def held_out(self, name: str, shape: tuple[int, int]) -> Iterator[tuple[Array, Array]]:
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
        own = self.fixations.of(name)
        if (count := len(own.subjects)) < 2:
            raise ValueError(f"{name}: two observers were expected, got {count}; leave it out")
        positions = xy(own)
        everybody = gaussians(positions, shape, self._width)
        for subject in own.subjects:
            held_out = own.subject == subject
            others = gaussians(positions[held_out], shape, self._width)
            np.subtract(everybody, others, out=others)
            np.maximum(others, 0, out=others)  # rounding, a 1e-15th of the peak
            count = len(held_out) - int(held_out.sum())
            yield _smoothed_density(others, count), positions[held_out]


def _smoothed_density(total: Array, count: int) -> Array:
    """Density of ``count`` Gaussians, and of one more fixation spread evenly; in place."""
    total *= count / (count + 1) / total.sum()
    total += 1 / (count + 1) / total.size
    return total
