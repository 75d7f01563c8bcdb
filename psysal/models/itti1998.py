"""Saliency by Itti, Koch & Niebur (TPAMI 1998), as benchmarks run it.

    image -> pyramid -> color, intensity, orientation -> center-surround -> N(.) -> map

Color, intensity and orientation are compared between scales: a center, and a surround two
levels coarser.  N(.) favors the differences with few strong peaks.

Enters: an image, which is seen at its size, from the second level of a pyramid on; the map has a
value for 8 x 8 pixels, so that an image needs 16 x 16.  Leaves: the sum of the maps of the three
channels, blurred, enlarged and spread over [0, 1].

This is ``ittikochmap`` of the GBVS toolbox, to rounding, which tables of models know by the name
of the paper:

============ ================================ ===================================================
step         paper                            program, and here
============ ================================ ===================================================
intensity    mean of R, G and B               the largest of R, G and B
scales       c = 2, 3, 4, s = c + 3, c + 4    c = 2, 3, s = c + 2; a side of 10 or less is copied
color        RG and BY, double opponent       abs(R - G) and abs(B - min(R, G)) by intensity
orientation  Gabor pyramids                   even and odd Gabor filters of period pi pixels
difference   modulus                          squared
N(.)         (M - mean of other peaks)^2      (10 - mean of all peaks)^2, of peaks from 1 to 10
channels     mean                             sum
border       -                                four rows and columns fade
grey image   -                                one channel: no color; three: color of 0
constant     -                                program: rounding; here: zeros
============ ================================ ===================================================

``Itti1998(version="paper")`` is the paper's, by :mod:`psysal.models.itti_paper`.

Where this differs from the program: differences that may be rounding (below 1e-20 squared)
count as none, where the program spreads them over the whole range.

References
----------
Itti, Koch & Niebur (1998), "A model of saliency-based visual attention for rapid scene
analysis", IEEE TPAMI 20(11), doi:10.1109/34.730558;
Harel, Koch & Perona (2006), "Graph-based visual saliency", NIPS 19, whose toolbox has the program.
"""

from dataclasses import dataclass

import numpy as np

from psysal._typing import Array
from psysal.models import classical_steps
from psysal.models.base import ClassicalModel, DType, small_picture
from psysal.models.gbvs_features import enlarged, map_shape, pyramid
from psysal.models.itti_paper import PAPER_SIZE, paper_map
from psysal.threads import ThreadPool
from psysal.vision.resize import resize

__all__ = ["Itti1998", "center_surround", "promoted"]

ANGLES = (0, 45, 90, 135)  # degrees
CENTERS = (2, 3)  # levels
SURROUND = 2  # levels further
PIXELS = 8  # of the image to a value of the map
FAINT = 1e-20  # range of squared differences that may be rounding
HIGHEST = 10  # range of a map in N(.)
LEAST = 1  # peak that counts
FADE = 4  # rows and columns
BLUR = 0.03  # standard deviation, as a share of the longer side
VERSIONS = ("ittikochmap", "paper")


@dataclass(frozen=True)
class Itti1998(ClassicalModel):
    """Saliency model of 1998; a callable from an image to its raw map.

    Parameters
    ----------
    version : "ittikochmap" or "paper"
        The program of the GBVS toolbox, or the equations of the paper.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(0).normal(128, 3, (96, 128, 3)).astype(np.uint8)
    >>> image[40:52, 70:82] = 200, 60, 60
    >>> raw = Itti1998()(image)
    >>> bool(raw[46, 76] > 0.9 * raw.max())
    True
    """

    version: str = "ittikochmap"

    smallest = 16
    values_per_pixel = 10.0

    def __post_init__(self) -> None:
        if self.version not in VERSIONS:
            raise ValueError(f'version must be "ittikochmap" or "paper", got {self.version!r}')

    def _varied_map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        if self.version == "paper":
            found = paper_map(small_picture(pixels, PAPER_SIZE, dtype)).astype(dtype, copy=False)
            return resize(found[None], pixels.shape[:2], "linear", pool=pool)[0]
        rows, cols = pixels.shape[:2]
        shape = map_shape(pixels.shape, int(max(rows, cols) / PIXELS + 0.5))
        total = np.zeros(shape)
        for maps in center_surround(pixels, pool):
            found = np.zeros(shape)
            for plane in maps:
                if np.ptp(plane) > FAINT:
                    small = resize(plane[None], shape, "cubic", pool=pool)[0]
                    found += promoted(classical_steps.spread(small))
            total += promoted(found)
        faded = classical_steps.spread(classical_steps.fade(total, FADE))
        return enlarged(faded, BLUR * max(shape), (rows, cols), dtype, pool)


def center_surround(pixels: Array, pool: ThreadPool) -> list[list[Array]]:
    """Squared differences of the features of a center and its surround.

    Parameters
    ----------
    pixels : ndarray, (rows, cols) or (rows, cols, 3)
        As :func:`psysal.image.check_image` gives them.
    pool : ThreadPool
        Threads.

    Returns
    -------
    list of lists of ndarray, (rows_c, cols_c)
        Blue and red differences, intensity and orientations, each for both centers; a grey image
        has no colors.
    """
    scales = pyramid(pixels, max(CENTERS) + SURROUND, pool)
    seen = [_features(planes.astype(float)) for planes in scales[CENTERS[0] - 1 :]]
    channels: list[list[Array]] = []
    for channel in range(len(seen[0])):
        channels.append([])
        for kind in range(len(seen[0][channel])):
            for center in range(len(CENTERS)):
                near, far = seen[center][channel][kind], seen[center + SURROUND][channel][kind]
                around = resize(far[None], near.shape, "cubic", pool=pool)[0]
                channels[-1].append((near - around) ** 2)
    return channels


def _features(planes: Array) -> list[Array]:
    """Color, if there is any, intensity and orientation of a level, (kinds, rows, cols) each."""
    intensity = planes[-1]
    found = [intensity[None], classical_steps.orientation(intensity, ANGLES)]
    if len(planes) == 1:
        return found
    red, green, blue, _ = planes
    hues = np.stack([abs(blue - np.minimum(red, green)), abs(red - green)])
    return [hues / np.where(intensity > 0, intensity, np.inf), *found]


def promoted(plane: Array) -> Array:
    """Normalization operator N(.) of the program, which promotes maps with few strong peaks.

    Parameters
    ----------
    plane : ndarray, (rows, cols)
        Map.

    Returns
    -------
    ndarray, (rows, cols)
        The map spread over [0, 10], times the square of 10 less the mean of its peaks, if it has
        more than one; times 100 if it has one.
    """
    plane = HIGHEST * classical_steps.spread(plane)
    values = classical_steps.peaks(plane, LEAST)
    if len(values) > 1:
        return plane * (HIGHEST - values.mean()) ** 2
    return plane * HIGHEST**2 if len(values) else plane
