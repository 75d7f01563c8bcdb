"""Bottom-up saliency of Torralba, Oliva, Castelhano & Henderson (Psychological Review 2006).

    image -> grey -> steerable pyramid -> rarity of each response in the image -> map

What is rare in the picture is salient: of the responses of oriented filters at four scales, the
logarithms of one over their frequency are added up.  (The paper's model goes on to the context of
the scene, which tells where a thing to be looked for may be; that part is not here.)

Enters: an image, which is seen at its size.  Leaves: 1 + the weighted sum of logarithms, in nats.

This is the first author's program, to rounding:

============ ============================== =====================================================
step         paper                          program, and here
============ ============================== =====================================================
input        color                          the mean of R, G and B in 8 bits
filters      steerable, 6 orientations      ``sp3Filters`` of matlabPyrTools: 4 orientations
scales       4                              4, by every second row and column
rarity       of a multivariate exponential  of each filter apart: one over the frequency of a bin,
             power density                  of 100 from the least response to the largest
extremes     the rarest                     responses beyond the middle of the first or last bin
                                            count as the most frequent
weights      a power of the density         2, 4 and 8, by sixes of the 16 filters, as if there were
                                            six orientations
border       -                              mirrored, the edge not repeated
small images -                              refused below 136 pixels a side; here mirrored
grey image   -                              the same, in one channel as in three
constant     -                              divides by a range of zero; here zeros
============ ============================== =====================================================

Where this differs from the program: responses that may be rounding are zero, and a filter that has
no others adds nothing; images that are not in 8 bits are rounded to them.

References
----------
Torralba, Oliva, Castelhano & Henderson (2006), "Contextual guidance of eye movements and attention
in real-world scenes: the role of global features in object search", Psychological Review 113(4),
doi:10.1037/0033-295X.113.4.766; Simoncelli & Freeman (1995), "The steerable pyramid: a flexible
architecture for multi-scale derivative computation", ICIP, doi:10.1109/ICIP.1995.537667, whose
filters (``steerable_filters.npz``) are under the MIT license beside them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from psysal._typing import Array
from psysal.models import classical_steps, torralba_kernels
from psysal.models.base import ClassicalModel, DType
from psysal.threads import ThreadPool
from psysal.vision.resize import resize

__all__ = ["Torralba2006", "rarity", "responses"]

LEVELS = 4
BINS = 100
GROUP = 6  # filters of one weight
ABSENT = 1e-9  # response that may be rounding, in codes


@dataclass(frozen=True)
class Torralba2006(ClassicalModel):
    """Rarity of oriented responses; a callable from an image to its raw map in nats.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(0).normal(128, 3, (144, 144)).astype(np.uint8)
    >>> image[40:52, 80:92] = 250
    >>> raw = Torralba2006()(image)
    >>> bool(raw[36:56, 76:96].max() == raw.max())
    True
    """

    values_per_pixel = 24.0

    def _varied_map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        codes = classical_steps.codes(pixels).astype(float)
        grey = codes if codes.ndim == 2 else sum(np.moveaxis(codes, 2, 0)) / 3
        products = np.ones((-(-LEVELS * len(_filters()[2]) // GROUP), *grey.shape))
        for k, response in enumerate(responses(grey)):
            if response.any():
                enlarged = resize(rarity(response)[None], grey.shape, "linear", pool=pool)
                products[k // GROUP] *= enlarged[0]
        found = np.ones(grey.shape)
        for k, product in enumerate(products):
            found += 2 ** (k + 1) * np.log(product, out=product)
        return found.astype(dtype, copy=False)


def responses(grey: Array) -> Iterator[Array]:
    """Responses of a steerable pyramid, finest level first.

    Parameters
    ----------
    grey : ndarray, (rows, cols), float64
        Codes from 0 to 255.

    Yields
    ------
    ndarray, (rows, cols), of the level
        Of the four orientations of a level, each half of the last, rounded up.
    """
    low0, low, bands = _filters()
    level = _correlated(grey, low0[None])[0]
    for k in range(LEVELS):
        if k:
            level = cv2.filter2D(level, -1, low, borderType=cv2.BORDER_REFLECT_101)[::2, ::2]
        for response in _correlated(level, bands):
            response[abs(response) < ABSENT] = 0
            yield response


def rarity(response: Array) -> Array:
    """One over the frequency of each value among its like.

    Parameters
    ----------
    response : ndarray, (rows, cols)
        Values that are not all the same.

    Returns
    -------
    ndarray, (rows, cols)
        Of the nearest of 100 bins, each with one value more than there is; beyond the middles of
        the outer bins, the frequency of the emptiest bin itself.
    """
    lowest, highest = response.min(), response.max()
    bins, counts = np.empty(response.shape, np.uint8), np.zeros(BINS, np.int64)
    scale = BINS / (highest - lowest)
    torralba_kernels.count(response.reshape(-1), lowest, scale, bins.reshape(-1), counts)
    shares = (counts + 1) / (response.size + BINS)
    found: Array = np.append(1 / shares, shares.min())[bins]
    return found


@lru_cache(maxsize=1)
def _filters() -> tuple[Array, Array, Array]:
    """Low-pass filters of the image (9 x 9) and of a level (17 x 17), and oriented ones."""
    with np.load(Path(__file__).with_name("steerable_filters.npz")) as file:
        return file["low0"], file["low"], file["bands"]


def _correlated(plane: Array, filters: Array) -> Array:
    """Plane correlated with filters of 9 x 9 taps, mirrored beyond the border."""
    rows, cols = plane.shape
    padded = cv2.copyMakeBorder(plane, 4, 4, 4, 4, cv2.BORDER_REFLECT_101)
    out = np.zeros((len(filters), rows, cols))
    taps = np.ascontiguousarray(filters).reshape(-1)
    torralba_kernels.correlate(padded.reshape(-1), cols + 8, taps, out.reshape(-1), rows, cols)
    return out
