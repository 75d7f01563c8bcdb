"""Saliency as local contrast, Achanta, Estrada, Wils & Suesstrunk (ICVS 2008).

    image -> CIE L*a*b* in 8 bits -> squared distance from the mean of the surround, at three sizes

Saliency is the distance of a pixel's color, lightness included, from the mean color of the
squares around it.

Enters: an image, which is seen at its size.  Leaves: the sum of the three squared distances, in
squared codes of L*a*b*.

This is the authors' program (GetICVS), to rounding:

============ ============================ =======================================================
step         paper                        program, and here
============ ============================ =======================================================
color        L*a*b*                       in 8 bits, rounded; L* stretched by 2.55, a*, b* not
squares      1/2, 1/4, 1/8 of the image   twice as wide: half a shorter side and so on each way
distance     Euclidean                    squared
segments     follow                       not part of the map
constant     -                            zeros
============ ============================ =======================================================

Where this differs from the authors' program: L*a*b* is by its equations, MATLAB's by a profile's
table; deeper images are rounded to 8 bits, as the program takes no others.

References
----------
Achanta, Estrada, Wils & Suesstrunk (2008), "Salient region detection and segmentation",
ICVS, doi:10.1007/978-3-540-79547-6_7.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from psysal._typing import Array
from psysal.models import classical_kernels, classical_steps
from psysal.models.base import ClassicalModel, DType
from psysal.threads import ThreadPool
from psysal.vision.color import D65, lab_codes

__all__ = ["Achanta2008"]

PARTS = (2, 4, 8)  # of the shorter side, that a square reaches to each side
BAND_ROWS = 64  # a job


@dataclass(frozen=True)
class Achanta2008(ClassicalModel):
    """Local contrast of color; a callable from an image to its raw map.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.full((64, 96, 3), 0.5)
    >>> image[20:24, 70:74] = 0.7, 0.4, 0.4
    >>> raw = Achanta2008()(image)
    >>> bool(raw[22, 72] > 0.9 * raw.max())
    True
    """

    values_per_pixel = 12.0

    def _varied_map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        rows, cols = pixels.shape[:2]
        planes = lab_codes(classical_steps.color_codes(pixels), D65)
        codes = np.ascontiguousarray(np.moveaxis(planes, 0, -1))
        sums = cv2.integral(codes, sdepth=cv2.CV_64F)
        halves = np.array([int(min(rows, cols) / part + 0.5) for part in PARTS])
        out = np.empty((rows, cols), dtype)
        fixed = (codes.ravel(), sums.ravel(), halves, rows, cols, out.ravel())
        bands = [(y, min(y + BAND_ROWS, rows)) for y in range(rows)[::BAND_ROWS]]
        pool.run(classical_kernels.surround_contrast, [(*fixed, *band) for band in bands])
        return out
