"""Saliency by boolean maps (BMS), Zhang & Sclaroff (ICCV 2013, TPAMI 2016).

    image -> small picture -> whitened L*a*b* -> regions above and below thresholds -> map

A region that is surrounded - that does not reach the border of the picture - is a figure, and
what is a figure at many thresholds is salient.

Enters: an image; it is seen with a longer side of 400 pixels, and a smaller one is enlarged.
Leaves: codes from 0 to 255, as the program writes them.

This is the authors' C++ program, exactly where OpenCV is (their 4.6, here any):

============ ================================ ===================================================
step         paper                            program, and here
============ ================================ ===================================================
parameters   600 pixels wide, step 8          no defaults; 400 pixels, step 8, windows of 7 and 9
color        L*a*b*                           red and blue interchanged before, in 8 bits
whitening    by covariance and its root       of covariance and 50; the root cancels, as each
                                              color is spread over 8 bits
signs        -                                of eigenvectors arbitrary, and they matter
regions      surrounded                       8-connected, above and not above each threshold
weight       by the L2 norm                   of each dilated map
constant     -                                zeros
============ ================================ ===================================================

The signs are those of OpenCV's Jacobi rotations (``cv2.SVDecomp``), which begin at the
identity, as in the authors' own runs; all of them turned, maps correlate by .993 to .997.

Where this differs from the authors' program: deeper images are rounded to 8 bits, as the
program takes no others; a direction in which the colors of an image do not differ is not spread; a
picture of less than a row is one row.

References
----------
Zhang & Sclaroff (2013), "Saliency detection: a boolean map approach", ICCV,
doi:10.1109/ICCV.2013.26; Zhang & Sclaroff (2016), "Exploiting surroundedness for saliency
detection: a boolean map approach", IEEE TPAMI 38(5), doi:10.1109/TPAMI.2015.2473844; Vincent
(1993), "Morphological grayscale reconstruction in image analysis", IEEE Transactions on Image
Processing 2(2), doi:10.1109/83.217222, for regions at all thresholds at once.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from psysal._typing import Array
from psysal.models import classical_kernels, classical_steps
from psysal.models.base import ClassicalModel, DType
from psysal.threads import ThreadPool

__all__ = ["Zhang2013", "attention", "whitened"]

STEP = 8  # codes from threshold to threshold
DILATION = 7  # of boolean maps, in pixels
FINAL_DILATION = 9  # of their sum
BLUR, REACH = 9, 37  # standard deviation and window, in pixels
FAINT = 1e-3  # range of a color that may be rounding, in codes
SPREAD = 50  # added to variances, so that vectors of none are those of the rotations, too


@dataclass(frozen=True)
class Zhang2013(ClassicalModel):
    """BMS; a callable from an image to its raw map.

    Parameters
    ----------
    size : int
        Pixels of the longer side that is worked on.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(0).normal(128, 3, (96, 128, 3)).astype(np.uint8)
    >>> image[40:52, 80:92] = 200, 60, 60
    >>> raw = Zhang2013()(image)
    >>> bool(raw[46, 86] > 0.9 * raw.max())
    True
    """

    size: int = 400

    values_per_pixel = 1.5

    def values(self, rows: int, cols: int) -> float:
        return super().values(rows, cols) + 30 * self.size**2

    def _varied_map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        rows, cols = pixels.shape[:2]
        longer = max(rows, cols)
        size = tuple(max(1, self.size * n // longer) for n in (cols, rows))
        codes = classical_steps.color_codes(pixels)
        picture = cv2.resize(codes, size, interpolation=cv2.INTER_AREA)
        summed = np.sum([attention(plane) for plane in whitened(picture)], axis=0)
        figures = _codes(summed)
        figures = cv2.dilate(figures, np.ones((FINAL_DILATION, FINAL_DILATION), np.uint8))
        figures = cv2.GaussianBlur(figures, (REACH, REACH), BLUR)
        return cv2.resize(figures, (cols, rows), interpolation=cv2.INTER_LINEAR).astype(dtype)


def whitened(picture: Array) -> Array:
    """Colors of a picture that do not correlate.

    Parameters
    ----------
    picture : ndarray, (rows, cols, 3), uint8
        R, G and B, which the conversion takes for B, G and R.

    Returns
    -------
    ndarray, (3, rows, cols), uint8
        Each from 0 to 255, filtered by a median of 3 x 3.
    """
    colors = cv2.cvtColor(picture, cv2.COLOR_BGR2Lab)
    planes = np.stack(cv2.split(colors)).reshape(3, -1).astype(float)
    mean = planes.mean(axis=1)
    covariance = planes @ planes.T / planes.shape[1] - np.outer(mean, mean) + SPREAD * np.eye(3)
    _, vectors, _ = cv2.SVDecomp(covariance.astype(np.float32))
    planes = vectors.T @ planes.astype(np.float32)  # of any variance: each is spread over the codes
    planes[np.ptp(planes, axis=1) < FAINT] = 0
    shape = picture.shape[:2]
    return np.stack([cv2.medianBlur(_codes(plane.reshape(shape)), 3) for plane in planes])


def attention(plane: Array) -> Array:
    """Sum of the normalized boolean maps of one color.

    Parameters
    ----------
    plane : ndarray, (rows, cols), uint8

    Returns
    -------
    ndarray, (rows, cols), float32
        Over thresholds, the surrounded regions above, and those not above: each map dilated and
        of norm 1.
    """
    rows, cols = plane.shape
    framed = np.pad(plane, 1)
    above, below = np.empty_like(framed), np.empty_like(framed)
    classical_kernels.reach(framed.ravel(), rows, cols, above.ravel())
    classical_kernels.reach(255 - framed.ravel(), rows, cols, below.ravel())
    flat, above = plane.ravel(), above[1:-1, 1:-1].ravel()
    below = 255 - below[1:-1, 1:-1].ravel()
    pair = np.empty((2, rows, cols), np.uint8)
    inside, outside = pair.reshape(2, -1)
    summed = np.zeros(plane.shape, np.float32)
    window = np.ones((DILATION, DILATION), np.uint8)
    for threshold in np.arange(int(plane.min()), int(plane.max()), STEP).astype(np.uint8):
        classical_kernels.figures(flat, above, below, threshold, inside, outside)
        for figure in pair:
            dilated = cv2.dilate(figure, window)
            if count := cv2.countNonZero(dilated):
                scale = np.float32(1 / np.sqrt(count))
                classical_kernels.add_scaled(dilated.ravel(), scale, summed.ravel())
    return summed


def _codes(plane: Array) -> Array:
    """Plane spread over the codes of 8 bits; zeros of a constant one."""
    out = np.empty(plane.shape, np.uint8)
    return cv2.normalize(plane, out, 0, 255, cv2.NORM_MINMAX, cv2.CV_8U)
