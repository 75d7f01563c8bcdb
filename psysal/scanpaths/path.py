"""Scanpath of one viewer, or scanpaths of many on one image.

Place in the pipeline: rules -> [path] -> table, figure, scores.
"""

from dataclasses import dataclass, field

import numpy as np

from psysal._typing import Array
from psysal.gaze.fixations import Fixations

__all__ = ["Scanpath"]


@dataclass(frozen=True, eq=False)
class Scanpath:
    """Fixations in their order, on one image.

    Attributes
    ----------
    x, y : ndarray, (fixations,) or (viewers, fixations)
        Pixels from the top left corner; pixel (row, col) is ``int(y), int(x)``.
    shape : (int, int)
        Rows and columns of the image.
    start : (float, float) or None
        x, y where the eyes were before the first of these fixations.
    ppd : float
        Pixels per degree of visual angle.

    Examples
    --------
    >>> path = Scanpath(np.array([3.5, 9.5]), np.array([2.5, 2.5]), (6, 12), (6.0, 3.0), 32.0)
    >>> path.table("cat.png")
    <Fixations: 3 of 1 subjects on 1 images>
    """

    x: Array = field(repr=False)
    y: Array = field(repr=False)
    shape: tuple[int, int]
    start: tuple[float, float] | None
    ppd: float

    @property
    def positions(self) -> Array:
        """x, y of every fixation, (fixations, 2) or (viewers, fixations, 2)."""
        return np.stack([self.x, self.y], axis=-1)

    def table(self, image: str) -> Fixations:
        """Table of the fixations, the start among them.

        Parameters
        ----------
        image : str
            Name of the image.

        Returns
        -------
        Fixations
            Viewers are subjects 1, 2, ... The start, if there is one, is the fixation of
            order 0, as that of an experiment which forces it.
        """
        x, y = np.atleast_2d(self.x), np.atleast_2d(self.y)
        if self.start is not None:
            begin = np.ones((len(x), 1))
            x, y = np.hstack([begin * self.start[0], x]), np.hstack([begin * self.start[1], y])
        viewer, order = np.indices(x.shape)
        return Fixations(
            np.full(x.size, image), viewer.ravel() + 1, order.ravel(), x.ravel(), y.ravel()
        )
