"""Frequency-tuned saliency, Achanta, Hemami, Estrada & Suesstrunk (CVPR 2009).

    image -> slight blur -> CIE L*a*b* -> squared distance from the mean of the image

A pixel is salient by the distance of its color from the mean color of the image.  That keeps all
spatial frequencies, so that whole objects stand out with their outlines: the model is for
finding objects of one color, not for predicting where people look.

Enters: an image, which is seen at its size.  Leaves: squared distances, in squared codes of
L*a*b*, or in squares of its units.

This is the authors' program, to rounding:

============ ============================ =======================================================
step         paper                        program, and here
============ ============================ =======================================================
blur         5 x 5 binomial               3 x 3 Gaussian of sigma 3, mirrored, rounded to 8 bits
color        L*a*b*                       in 8 bits, rounded; L* stretched by 2.55, a*, b* not
mean         of the image                 of the blurred image
distance     Euclidean                    squared
constant     -                            zeros
============ ============================ =======================================================

The program, given an image in floats, does not round, nor stretch L*: ``rounded=False``.  The two
maps correlate by .70 to .99.

Where this differs from the authors' program: L*a*b* is by its equations, MATLAB's by a profile's
table; images that are not in 8 bits are rounded to them unless ``rounded=False``.

References
----------
Achanta, Hemami, Estrada & Suesstrunk (2009), "Frequency-tuned salient region detection", CVPR,
doi:10.1109/CVPR.2009.5206596.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from psysal._typing import Array
from psysal.image import full_scale
from psysal.models import classical_steps
from psysal.models.base import ClassicalModel, DType
from psysal.threads import ThreadPool
from psysal.vision.color import D65, lab, lab_codes

__all__ = ["Achanta2009"]

WINDOW = np.exp(-np.array([1, 0, 1]) / (2 * 3**2))  # of the blur, at squared distances
TAPS = WINDOW / WINDOW.sum()


@dataclass(frozen=True)
class Achanta2009(ClassicalModel):
    """Frequency-tuned saliency; a callable from an image to its raw map.

    Parameters
    ----------
    rounded : bool
        Whether the image is blurred and converted in 8 bits, or in floats.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.full((64, 96, 3), 0.5)
    >>> image[20:30, 70:80] = 0.7, 0.4, 0.4
    >>> raw = Achanta2009()(image)
    >>> bool((raw[22:28, 72:78] == raw.max()).all())
    True
    """

    rounded: bool = True

    values_per_pixel = 24.0

    def __post_init__(self) -> None:
        if not isinstance(self.rounded, bool):
            raise ValueError(f"rounded must be True or False, got {self.rounded!r}")

    def _varied_map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        if self.rounded:
            codes = _blur(classical_steps.color_codes(pixels))
            codes += 0.5
            planes = lab_codes(codes.astype(np.uint8), D65).astype(float)
        else:
            color = pixels if pixels.ndim == 3 else np.dstack([pixels] * 3)
            planes = lab(_blur(color / full_scale(pixels)), D65)
        planes -= planes.mean(axis=(1, 2), keepdims=True)
        return (planes**2).sum(axis=0).astype(dtype)


def _blur(image: Array) -> Array:
    return cv2.sepFilter2D(image, cv2.CV_64F, TAPS, TAPS, borderType=cv2.BORDER_REFLECT)
