"""Saliency as local contrast, Achanta, Estrada, Wils & Suesstrunk (ICVS 2008).

    image -> small picture -> CIE L*a*b* -> distance from the mean of the surround, at three sizes

Saliency is the distance of a pixel's color, lightness included, from the mean color of the
square around it, summed over squares half, a quarter and an eighth of the picture's shorter
side wide.

Enters: an image.  Leaves: the sum of the three distances, in units of L*a*b*.

Where this differs from the paper: the picture is reduced first, by averages of areas,
and these pixels are the inner regions; squares are cut where the picture ends; the
segmentation that follows in the paper is not part of the map.

References
----------
Achanta, Estrada, Wils & Suesstrunk (2008), "Salient region detection and segmentation",
ICVS, doi:10.1007/978-3-540-79547-6_7.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter

from psysal._typing import Array
from psysal.models.base import SmallModel
from psysal.vision.color import lab

__all__ = ["Achanta2008"]

WIDTHS = (1 / 2, 1 / 4, 1 / 8)  # of surrounds, as shares of the shorter side


@dataclass(frozen=True)
class Achanta2008(SmallModel):
    """Local contrast of color; a callable from an image to its raw map.

    Parameters
    ----------
    size : int
        Pixels of the longer side that is worked on.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.full((64, 96, 3), 0.5)
    >>> image[20:24, 70:74] = 0.7, 0.4, 0.4
    >>> raw = Achanta2008()(image)
    >>> bool(raw[22, 72] > 0.9 * raw.max())
    True
    """

    size: int = 256

    def _small_map(self, picture: Array) -> Array:
        planes = lab(picture)
        shorter = min(picture.shape[:2])
        distances = np.zeros_like(planes[0])
        for share in WIDTHS:
            width = 2 * int(share * shorter / 2) + 1
            distances += np.sqrt(((planes - _surround(planes, width)) ** 2).sum(axis=0))
        return distances


def _surround(planes: Array, width: int) -> Array:
    """Means over the part of each square that lies in the picture."""
    size = (width, width)
    inside = uniform_filter(np.ones_like(planes[0]), size, mode="constant")
    return np.stack([uniform_filter(plane, size, mode="constant") for plane in planes]) / inside
