"""Saliency as the paper of Itti, Koch & Niebur (TPAMI 1998) describes it.

    image -> features -> pyramids -> center-surround -> N(.) -> conspicuity maps -> map

Intensity, red-green, blue-yellow and four orientations are compared between scales c = 2, 3, 4
(the center) and c + 3, c + 4 (the surround).  Each difference is a feature map; N(.)
favors those with few strong peaks.  Their sums across scales, at scale 4, are the
conspicuity maps of intensity, color and orientation, whose mean is the map.

This is ``Itti1998(version="paper")``; :mod:`psysal.models.itti1998` is the program.

Enters: a picture at scale 2, the finest that is used.  Leaves: a map at scale 4.

Where this differs from the paper: the longer side is 640 pixels at scale 0, as in the paper's
pictures (smaller images count as larger ones at scale 2); both colors are differences of
one channel, RG(c) - RG(s), since RG(c) - GR(s), as printed, is a sum; orientation is the
modulus of a pair of Gabor filters in quadrature, of the period and size that Walther &
Koch (2006) give, who also leave out of N(.) the peaks below a tenth of the highest; differences
that may be rounding are zero.

References
----------
Itti, Koch & Niebur (1998), "A model of saliency-based visual attention for rapid scene
analysis", IEEE TPAMI 20(11), doi:10.1109/34.730558;
Walther & Koch (2006), "Modeling attention to salient proto-objects", Neural Networks 19(9),
doi:10.1016/j.neunet.2006.10.001.
"""

import math
from functools import lru_cache

import cv2
import numpy as np
from scipy.ndimage import correlate1d

from psysal._typing import Array
from psysal.vision.resize import resize

__all__ = ["PAPER_SIZE", "feature_maps", "features", "map_normalization", "paper_map"]

PAPER_SIZE = 160
"""Pixels of the longer side at scale 2: a quarter of those at scale 0."""
BINOMIAL = np.array([1, 4, 6, 4, 1]) / 16
CENTERS = (0, 1, 2)  # scales 2, 3 and 4, counted from scale 2
SURROUNDS = (3, 4)  # scales further
DARK = 0.1  # share of the highest intensity, below which a pixel has no color
FAINT = 1e-5  # range that may be rounding, as a share of full scale
PEAK = 0.1  # share of the highest peak, below which others are left out of N(.)
ORIENTATIONS = (0, 45, 90, 135)  # degrees


def paper_map(picture: Array) -> Array:
    """Map of a picture.

    Parameters
    ----------
    picture : ndarray, (rows, cols, 3), float in [0, 1]
        sRGB-encoded, at the finest scale.

    Returns
    -------
    ndarray, (rows / 4, cols / 4)
    """
    maps = feature_maps(features(picture))
    shape = maps[CENTERS[-1], SURROUNDS[0]].shape[1:]
    across = [
        resize(np.stack([map_normalization(plane) for plane in planes]), shape, "linear")
        for planes in maps.values()
    ]
    intensity, red_green, blue_yellow, *orientations = np.sum(across, axis=0)
    conspicuity = (
        intensity,
        red_green + blue_yellow,
        np.sum([map_normalization(plane) for plane in orientations], axis=0),
    )
    return np.mean([map_normalization(plane) for plane in conspicuity], axis=0)


def features(picture: Array) -> list[Array]:
    """Intensity, red-green, blue-yellow and four orientations at each scale.

    Parameters
    ----------
    picture : ndarray, (rows, cols, 3), float in [0, 1]
        sRGB-encoded, at the finest scale.

    Returns
    -------
    list of ndarray, (7, rows_s, cols_s)
        Finest scale first.
    """
    intensity = picture.mean(axis=2)
    bright = intensity > DARK * intensity.max()
    hues = picture / np.where(bright, intensity, np.inf)[:, :, None]
    red, green, blue = hues.transpose(2, 0, 1)
    yellow = (red + green - abs(red - green)) / 2 - blue
    broad = (red - (green + blue) / 2, green - (red + blue) / 2, blue - (red + green) / 2, yellow)
    r, g, b, y = (np.maximum(plane, 0) for plane in broad)
    planes = np.stack([intensity, r - g, b - y])
    scales = [np.concatenate([planes, orientation_energy(planes[0])])]
    for _ in range(CENTERS[-1] + SURROUNDS[-1]):
        for axis in (1, 2):
            planes = correlate1d(planes, BINOMIAL, axis=axis, mode="mirror")
        planes = planes[:, ::2, ::2]
        scales.append(np.concatenate([planes, orientation_energy(planes[0])]))
    return scales


def orientation_energy(intensity: Array) -> Array:
    """Modulus of the response to gratings at 0, 45, 90 and 135 degrees, (4, rows, cols)."""
    pairs = [
        [cv2.filter2D(intensity, -1, part, borderType=cv2.BORDER_REFLECT_101) for part in pair]
        for pair in gabor_filters()
    ]
    return np.stack([np.hypot(*pair) for pair in pairs])


@lru_cache(maxsize=1)
def gabor_filters() -> list[tuple[Array, Array]]:
    """Even and odd filters of each orientation: 9 x 9, period 7, zero mean, unit energy."""
    y, x = np.mgrid[-4:5, -4:5]
    envelope = np.exp(-(x**2 + y**2) / (2 * (7 / 3) ** 2))
    pairs = []
    for angle in np.radians(ORIENTATIONS):
        phase = 2 * math.pi / 7 * (x * np.cos(angle) + y * np.sin(angle))
        pair = (envelope * np.cos(phase), envelope * np.sin(phase))
        even, odd = (part - part.mean() for part in pair)
        pairs.append((even / np.linalg.norm(even), odd / np.linalg.norm(odd)))
    return pairs


def feature_maps(scales: list[Array]) -> dict[tuple[int, int], Array]:
    """Center-surround differences of all features.

    Parameters
    ----------
    scales : list of ndarray, (7, rows_s, cols_s)
        As :func:`features` gives them.

    Returns
    -------
    dict of (int, int) to ndarray, (7, rows_c, cols_c)
        By the scale of the center, counted from the finest, and the scales to the surround.
    """
    maps = {}
    for c in CENTERS:
        for delta in SURROUNDS:
            shape = scales[c].shape[1:]
            surround = resize(np.ascontiguousarray(scales[c + delta]), shape, "linear")
            maps[c, delta] = abs(scales[c] - surround)
    return maps


def map_normalization(plane: Array) -> Array:
    """Normalization operator N(.) of the paper, which promotes maps with few strong peaks.

    The map is spread over [0, 1] and multiplied by (1 - m)**2, where m is the mean of all its
    peaks but the highest.

    Parameters
    ----------
    plane : ndarray, (rows, cols)
        Feature map or conspicuity map.

    Returns
    -------
    ndarray, as ``plane``, in [0, 1]
    """
    plane = plane - plane.min()
    highest = plane.max()
    if highest < FAINT:
        return np.zeros_like(plane)
    plane /= highest
    around = cv2.dilate(plane, np.ones((3, 3), np.uint8))
    peaks = plane[(plane == around) & (plane >= PEAK)]
    others = (peaks.sum() - 1) / max(len(peaks) - 1, 1)
    return plane * (1 - others) ** 2
