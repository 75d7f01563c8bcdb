"""One image as metrics see it: its fixations, those of other images, and their densities.

Place in the pipeline: fixations -> [case] -> metrics.  Fixation maps are 1 on fixated pixels and
0 elsewhere, as :mod:`psysal.evaluation.mit` takes them.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from psysal._typing import Array
from psysal.evaluation import mit, tuebingen
from psysal.evaluation.density import density
from psysal.evaluation.inputs import xy
from psysal.gaze.fixations import Fixations, Sizes

__all__ = ["Case"]

OTHER_IMAGES = 10  # whose fixations are the negatives of the MIT benchmark's shuffled AUC
SEED = 2011


@dataclass(frozen=True, eq=False)
class Case:
    """One image, with everything about it that a metric may need.

    Properties are computed when a metric first asks for them.

    Parameters
    ----------
    image : str
        Name of the image.
    all_fixations : Fixations
        Fixations on this and on other images, all inside.
    sizes : mapping of str to (rows, cols)
        Size of every image that has a fixation.
    ppd : float or None
        Pixels per degree of visual angle; :attr:`target` needs them.
    baseline_for : callable
        Name and (rows, cols) of an image -> density (rows, cols), fitted to other images.
    """

    image: str
    all_fixations: Fixations = field(repr=False)
    sizes: Sizes = field(repr=False)
    ppd: float | None
    baseline_for: Callable[[str, tuple[int, int]], Array] = field(repr=False)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the image."""
        return self.sizes[self.image]

    @cached_property
    def fixations(self) -> Array:
        """Fixations on the image: x, y in pixels, (n, 2)."""
        return xy(self.all_fixations.of(self.image))

    @cached_property
    def others(self) -> Array:
        """Fixations on all other images: x, y, (m, 2), rescaled to the size of this one."""
        others = self.all_fixations.others(self.image, self.sizes)
        if not len(others):
            raise self._no_others()
        return others

    @cached_property
    def target(self) -> Array:
        """Density of the fixations: Gaussians of one degree, (rows, cols), summing to 1."""
        if self.ppd is None:
            raise ValueError(f"{self.image}: ppd must be known for a density, got None; give it")
        return density(self.fixations, self.shape, ppd=self.ppd)

    @cached_property
    def mit_target(self) -> Array:
        """Density of the fixations as the MIT benchmark makes it, (rows, cols), of any sum."""
        return mit.blur(self.fixation_map(self.fixations))

    @cached_property
    def tuebingen_target(self) -> Array:
        """Map of the fixations as the Tuebingen benchmark makes it, (rows, cols), of any sum."""
        return tuebingen.fixation_density(self.fixations, self.shape)

    @property
    def mean_count(self) -> int:
        """Mean number of fixations on the images that have some."""
        return max(1, round(len(self.all_fixations) / len(self.all_fixations.images)))

    @property
    def baseline(self) -> Array:
        """Density that information is gained over, (rows, cols), summing to 1."""
        return self.baseline_for(self.image, self.shape)

    def fixation_map(self, fixations: Array) -> Array:
        """Fixation map of positions on the image.

        Parameters
        ----------
        fixations : ndarray, (n, 2)
            x, y in pixels.

        Returns
        -------
        ndarray, (rows, cols), float64
            1 on fixated pixels, 0 elsewhere.
        """
        fixation_map = np.zeros(self.shape)
        x, y = fixations.astype(np.intp).T
        fixation_map[y, x] = 1
        return fixation_map

    def other_fixation_map(self) -> Array:
        """Fixation map of ten other images, drawn at random and rescaled to this one's size.

        Returns
        -------
        ndarray, (rows, cols), float64
            1 on fixated pixels, 0 elsewhere.

        Raises
        ------
        ValueError
            No other image has fixations.
        """
        names = [name for name in self.all_fixations.images if name != self.image]
        if not names:
            raise self._no_others()
        drawn = self.rng("images").permutation(names)[:OTHER_IMAGES]
        rescaled = [
            xy(self.all_fixations.of(name)) * np.array(self.shape[::-1]) / self.sizes[name][::-1]
            for name in drawn.tolist()
        ]
        return self.fixation_map(np.concatenate(rescaled))

    def rng(self, purpose: str) -> np.random.Generator:
        """Generator of random numbers that are the same for every model.

        Parameters
        ----------
        purpose : str
            What is drawn; another purpose, and another image, have other numbers.

        Returns
        -------
        numpy.random.Generator
        """
        return np.random.default_rng([SEED, zlib.crc32(f"{self.image} {purpose}".encode())])

    def _no_others(self) -> ValueError:
        return ValueError(f"{self.image}: fixations on other images were expected, found none")
