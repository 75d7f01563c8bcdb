"""Attention by information maximization (AIM), Bruce & Tsotsos (Journal of Vision 2009).

    image -> small picture -> independent components -> how rare each coefficient is -> map

What is seen at a place is described by coefficients that are nearly independent in
photographs; the information there is -log2 of how often such coefficients occur in *this*
picture, added up over components.

Enters: an image.  Leaves: self-information in bits.

Where this differs from the authors' program: the basis, 21 x 21 patches of RGB as theirs,
was learned from other photographs with FastICA (``benchmarks/learn_basis.py``); the longer
side is 256 pixels (the program halves photographs of 681); the picture is mirrored at its border,
where the program has no values; histograms are interpolated, so that rounding does not move a
pixel from bin to bin; the map is not blurred.

References
----------
Bruce & Tsotsos (2009), "Saliency, attention, and visual search: an information theoretic
approach", Journal of Vision 9(3):5, doi:10.1167/9.3.5.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from psysal.models.small import Array, SmallModel

__all__ = ["Bruce2009", "basis", "information"]

BINS = 256
FAINT = 1e-3  # standard deviations of a coefficient among photographs: what rounding can make


@dataclass(frozen=True)
class Bruce2009(SmallModel):
    """AIM; a callable from an image to its raw map in bits.

    Parameters
    ----------
    size : int
        Pixels of the longer side that is worked on.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(0).normal(128, 3, (96, 128, 3)).astype(np.uint8)
    >>> image[40:52, 80:92] = 200, 60, 60
    >>> raw = Bruce2009()(image)
    >>> bool(raw[46, 86] > np.quantile(raw, 0.95))
    True
    """

    size: int = 256

    def _seen(self, picture: Array) -> Array:
        channels = [np.ascontiguousarray(plane) for plane in picture.transpose(2, 0, 1)]
        found = np.zeros_like(channels[0])
        for component in basis():
            parts = [
                cv2.filter2D(channel, -1, kernel, borderType=cv2.BORDER_REFLECT_101)
                for channel, kernel in zip(channels, component, strict=True)
            ]
            found += information(np.sum(parts, axis=0))
        return found


@lru_cache(maxsize=1)
def basis() -> Array:
    """Filters whose coefficients are nearly independent, of variance 1 in photographs.

    Returns
    -------
    ndarray, (components, 3, 21, 21)
    """
    with np.load(Path(__file__).with_name("bruce2009.npz")) as file:
        found = np.ascontiguousarray(file["basis"].transpose(0, 3, 1, 2))
    found.setflags(write=False)
    return found


def information(coefficients: Array) -> Array:
    """-log2 of the share of places whose coefficients fall into the same bin.

    A coefficient between the middles of two bins is shared between them, and its
    probability read between theirs.

    Examples
    --------
    >>> information(np.array([[0.0, 0.0, 0.0, 1.0]])).round(3)
    array([[0.415, 0.415, 0.415, 2.   ]])
    """
    low, high = coefficients.min(), coefficients.max()
    if high - low < FAINT:
        return np.zeros_like(coefficients)
    place = (coefficients - low) * ((BINS - 1) / (high - low))
    lower = np.minimum(place.astype(int), BINS - 2)
    share = place - lower
    counts = np.bincount(lower.ravel(), (1 - share).ravel(), BINS)
    counts += np.bincount(lower.ravel() + 1, share.ravel(), BINS)
    probable = (1 - share) * counts[lower] + share * counts[lower + 1]
    return np.log2(coefficients.size / probable).astype(coefficients.dtype)
