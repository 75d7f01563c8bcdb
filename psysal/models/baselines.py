"""Baselines: maps that do not depend on the image, which any model has to beat.

    size of the image -> [uniform map, noise, or Gaussian about its middle] -> map

People look at the middle of pictures, so a Gaussian there predicts fixations well; a uniform map
is chance, and noise is chance where ties are not allowed.

References
----------
Tatler (2007), "The central fixation bias in scene viewing", Journal of Vision 7(14):4,
doi:10.1167/7.14.4.
"""

from dataclasses import dataclass

import numpy as np

from psysal._typing import Array
from psysal.checks import whole_number
from psysal.models.base import DType, Model, check_parameters
from psysal.threads import ThreadPool

__all__ = ["Center", "Noise", "Uniform"]


class Baseline(Model):
    """A model that depends on the size of the image alone."""

    def _map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        rows, cols = pixels.shape[:2]
        return self._map_of_size(rows, cols, dtype)

    def _map_of_size(self, rows: int, cols: int, dtype: DType) -> Array:
        """Map (rows, cols) in ``dtype``."""
        raise NotImplementedError


@dataclass(frozen=True)
class Uniform(Baseline):
    """Ones everywhere; a callable from an image to its map.

    It has no parameters, and is a density but for its sum.

    Examples
    --------
    >>> Uniform()([[0.0] * 9] * 8).shape
    (8, 9)
    """

    gives = "density"

    def _map_of_size(self, rows: int, cols: int, dtype: DType) -> Array:
        return np.ones((rows, cols), dtype)


@dataclass(frozen=True)
class Noise(Baseline):
    """White noise in [0, 1), the same for every image of a size; a callable from an image.

    Parameters
    ----------
    seed : int
        Seed of the generator, from 0.

    Examples
    --------
    >>> bool((Noise()([[0.0] * 9] * 8) == Noise()([[1.0] * 9] * 8)).all())
    True
    """

    seed: int = 0

    def __post_init__(self) -> None:
        whole_number("seed", self.seed, 0)

    def _map_of_size(self, rows: int, cols: int, dtype: DType) -> Array:
        rng = np.random.default_rng(self.seed)
        return rng.random((rows, cols), np.float32).astype(dtype, copy=False)


@dataclass(frozen=True)
class Center(Baseline):
    """Gaussian about the middle, 1 at its peak, in the proportions of the image.

    It is a density but for its sum.

    Parameters
    ----------
    sigma : float
        Standard deviation as a share of the width and of the height. A quarter is a
        convention; fit it on *other* images to compare a model with it.

    Examples
    --------
    >>> gaussian = Center()([[0.0] * 9] * 9)
    >>> float(gaussian[4, 4]), float(gaussian[4, 0]) == float(gaussian[0, 4])
    (1.0, True)
    """

    gives = "density"

    sigma: float = 0.25

    def __post_init__(self) -> None:
        check_parameters(self)

    def _map_of_size(self, rows: int, cols: int, dtype: DType) -> Array:
        down, across = (
            np.exp(-(((np.arange(n) + 0.5) / n - 0.5) ** 2) / (2 * self.sigma**2))
            for n in (rows, cols)
        )
        return np.outer(down, across).astype(dtype)
