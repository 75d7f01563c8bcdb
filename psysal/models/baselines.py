"""Maps that know nothing of the image: what any model has to beat.

    size of the image -> [uniform map, noise, or Gaussian about its middle] -> map

People look at the middle of pictures, so a Gaussian there predicts fixations well without
looking at anything; a uniform map is chance, and noise is too where ties are not allowed.

References
----------
Tatler (2007), "The central fixation bias in scene viewing", Journal of Vision 7(14):4,
doi:10.1167/7.14.4.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from psysal.models.inputs import checked
from psysal.models.small import Array, check_positive

__all__ = ["Center", "Chance", "Uniform"]


class Blind:
    """A model that is told the size of the image and nothing else; :meth:`_drawn` is its map."""

    def _drawn(self, rows: int, cols: int, kind: np.dtype[Any]) -> Array:
        raise NotImplementedError

    def __call__(
        self,
        image: Any,
        *,
        order: str = "rgb",
        dtype: DTypeLike = "float32",
        threads: int | None = None,
    ) -> Array:
        """The map, (rows, cols); image and options are checked as by every model."""
        pixels, kind, _ = checked(image, order, dtype, threads)
        rows, cols = pixels.shape[:2]
        return self._drawn(rows, cols, kind)


@dataclass(frozen=True)
class Uniform(Blind):
    """Ones: no place before any other.

    Examples
    --------
    >>> Uniform()([[0.0] * 9] * 8).shape
    (8, 9)
    """

    def _drawn(self, rows: int, cols: int, kind: np.dtype[Any]) -> Array:
        return np.ones((rows, cols), kind)


@dataclass(frozen=True)
class Chance(Blind):
    """White noise in [0, 1), the same for every image of a size.

    Parameters
    ----------
    seed : int
        From 0.

    Examples
    --------
    >>> bool((Chance()([[0.0] * 9] * 8) == Chance()([[1.0] * 9] * 8)).all())
    True
    """

    seed: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise ValueError(f"seed must be a whole number from 0 on, got {self.seed!r}")

    def _drawn(self, rows: int, cols: int, kind: np.dtype[Any]) -> Array:
        rng = np.random.default_rng(self.seed)
        return rng.random((rows, cols), np.float32).astype(kind, copy=False)


@dataclass(frozen=True)
class Center(Blind):
    """A Gaussian about the middle, 1 at its peak, as wide and as high as the image is.

    Parameters
    ----------
    sigma : float
        Standard deviation as a share of the width and of the height. A quarter is a
        convention; fit it on *other* images where a model is to be judged against it.

    Examples
    --------
    >>> found = Center()([[0.0] * 9] * 9)
    >>> float(found[4, 4]), float(found[4, 0]) == float(found[0, 4])
    (1.0, True)
    """

    sigma: float = 0.25

    def __post_init__(self) -> None:
        check_positive(self)

    def _drawn(self, rows: int, cols: int, kind: np.dtype[Any]) -> Array:
        down, across = (
            np.exp(-(((np.arange(n) + 0.5) / n - 0.5) ** 2) / (2 * self.sigma**2))
            for n in (rows, cols)
        )
        return np.outer(down, across).astype(kind)
