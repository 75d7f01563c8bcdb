"""Saliency by Itti, Koch & Niebur (TPAMI 1998).

    image -> features -> pyramids -> centre-surround -> N(.) -> conspicuity maps -> map

Intensity, red-green, blue-yellow and four orientations are seen at scales c = 2, 3, 4
(the center) and c + 3, c + 4 (the surround).  Each difference is a feature map; N(.)
favors those with few strong peaks.  Added up across scales at scale 4 they make a
conspicuity map each of intensity, color and orientation, whose mean is the map.

Enters: an image, of which scale 2, the finest that is used, is made directly.  Leaves: a
map at scale 4, enlarged.

Where this differs from the paper: the longer side is 640 pixels at scale 0, as in the paper's
pictures (smaller images count as larger ones seen at scale 2); both colors are differences of
one channel, RG(c) - RG(s), since RG(c) - GR(s), as printed, is a sum; orientation is the
modulus of a pair of Gabor filters in quadrature, of the period and size that Walther &
Koch (2006) give, who also leave out of N(.) the peaks below a tenth of the highest; differences
that rounding can have made are none.

References
----------
Itti, Koch & Niebur (1998), "A model of saliency-based visual attention for rapid scene
analysis", IEEE TPAMI 20(11), doi:10.1109/34.730558;
Walther & Koch (2006), "Modeling attention to salient proto-objects", Neural Networks 19(9),
doi:10.1016/j.neunet.2006.10.001.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from scipy.ndimage import correlate1d

from psysal.models.base import Array, SmallModel
from psysal.vision.resize import resize

__all__ = ["Itti1998", "feature_maps", "features", "normalized"]

BINOMIAL = np.array([1, 4, 6, 4, 1]) / 16
CENTERS = (0, 1, 2)  # scales 2, 3 and 4, counted from scale 2
SURROUNDS = (3, 4)  # scales further
DARK = 0.1  # of the highest intensity: what is darker has no color
FAINT = 1e-5  # of full scale: what rounding can make
PEAK = 0.1  # of the highest peak: what is lower is none
ORIENTATIONS = (0, 45, 90, 135)


@dataclass(frozen=True)
class Itti1998(SmallModel):
    """The model of 1998; a callable from an image to its raw map.

    Parameters
    ----------
    size : int
        Pixels of the longer side at scale 2: a quarter of those at scale 0.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(0).normal(128, 3, (96, 128, 3)).astype(np.uint8)
    >>> image[40:52, 90:102] = 200, 60, 60
    >>> raw = Itti1998()(image)
    >>> bool(raw[46, 96] > 0.9 * raw.max())
    True
    """

    size: int = 160

    def _small_map(self, picture: Array) -> Array:
        maps = feature_maps(features(picture))
        shape = maps[CENTERS[-1], SURROUNDS[0]].shape[1:]
        across = [
            resize(np.stack([normalized(plane) for plane in planes]), shape, "linear")
            for planes in maps.values()
        ]
        intensity, red_green, blue_yellow, *orientations = np.sum(across, axis=0)
        conspicuity = (
            intensity,
            red_green + blue_yellow,
            np.sum([normalized(plane) for plane in orientations], axis=0),
        )
        return np.mean([normalized(plane) for plane in conspicuity], axis=0)


def features(picture: Array) -> list[Array]:
    """Intensity, red-green, blue-yellow and four orientations at each scale.

    Parameters
    ----------
    picture : ndarray, (rows, cols, 3), float in [0, 1]
        At the finest scale.

    Returns
    -------
    list of ndarray, (7, rows_s, cols_s)
    """
    red, green, blue = picture.transpose(2, 0, 1)
    intensity = picture.mean(axis=2)
    seen = intensity > DARK * intensity.max()
    hues = picture * (seen / np.where(seen, intensity, 1))[:, :, None]
    red, green, blue = hues.transpose(2, 0, 1)
    yellow = (red + green - abs(red - green)) / 2 - blue
    broad = (red - (green + blue) / 2, green - (red + blue) / 2, blue - (red + green) / 2, yellow)
    r, g, b, y = (np.maximum(plane, 0) for plane in broad)
    planes = np.stack([intensity, r - g, b - y])
    found = [np.concatenate([planes, oriented(planes[0])])]
    for _ in range(CENTERS[-1] + SURROUNDS[-1]):
        for axis in (1, 2):
            planes = correlate1d(planes, BINOMIAL, axis=axis, mode="mirror")
        planes = planes[:, ::2, ::2]
        found.append(np.concatenate([planes, oriented(planes[0])]))
    return found


def oriented(intensity: Array) -> Array:
    """How much there is of gratings at 0, 45, 90 and 135 degrees, (4, rows, cols)."""
    pairs = [
        [cv2.filter2D(intensity, -1, part, borderType=cv2.BORDER_REFLECT_101) for part in pair]
        for pair in gabors()
    ]
    return np.stack([np.hypot(*pair) for pair in pairs])


@lru_cache(maxsize=1)
def gabors() -> list[tuple[Array, Array]]:
    """Even and odd filters of each orientation: 9 x 9, period 7, zero mean, unit energy."""
    y, x = np.mgrid[-4:5, -4:5]
    envelope = np.exp(-(x**2 + y**2) / (2 * (7 / 3) ** 2))
    found = []
    for angle in np.radians(ORIENTATIONS):
        phase = 2 * math.pi / 7 * (x * np.cos(angle) + y * np.sin(angle))
        pair = (envelope * np.cos(phase), envelope * np.sin(phase))
        even, odd = (part - part.mean() for part in pair)
        found.append((even / np.linalg.norm(even), odd / np.linalg.norm(odd)))
    return found


def feature_maps(scales: list[Array]) -> dict[tuple[int, int], Array]:
    """Centre-surround differences of all features, by center and by scales to the surround."""
    found = {}
    for c in CENTERS:
        for delta in SURROUNDS:
            shape = scales[c].shape[1:]
            surround = resize(np.ascontiguousarray(scales[c + delta]), shape, "linear")
            found[c, delta] = abs(scales[c] - surround)
    return found


def normalized(plane: Array) -> Array:
    """N(.): the map spread over [0, 1], times the square of 1 - the mean of its other peaks."""
    plane = plane - plane.min()
    highest = plane.max()
    if highest < FAINT:
        return np.zeros_like(plane)
    plane /= highest
    around = cv2.dilate(plane, np.ones((3, 3), np.uint8))
    peaks = plane[(plane == around) & (plane >= PEAK)]
    others = (peaks.sum() - 1) / max(len(peaks) - 1, 1)
    return plane * (1 - others) ** 2
