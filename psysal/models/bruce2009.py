"""Attention by information maximization (AIM), Bruce & Tsotsos (Journal of Vision 2009).

    image -> small picture -> independent components -> rarity of each coefficient -> map

The patch about a pixel is described by coefficients that are nearly independent in
photographs; its information is -log2 of the frequency of such coefficients in *this*
picture, summed over components.

Enters: an image.  Leaves: self-information in bits.

Where this differs from the authors' program: the basis, 21 x 21 patches of RGB as theirs,
was learned from other photographs with FastICA (``benchmarks/make/learn_basis.py``), since nothing
that is made from theirs may be passed on without their consent; the longer side is 256 pixels
(the program halves photographs of 681); the picture is mirrored at its border, where the program
has no values; histograms are interpolated, so that rounding does not move a pixel from bin to bin;
the map is not blurred.

References
----------
Bruce & Tsotsos (2009), "Saliency, attention, and visual search: an information theoretic
approach", Journal of Vision 9(3):5, doi:10.1167/9.3.5.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view

from psysal._typing import Array
from psysal.models import bruce_kernels
from psysal.models.base import SmallModel

__all__ = ["Bruce2009", "basis", "information"]

BINS = 256
REACH_PIXELS = 10  # of a filter to each side of its middle
VALID_PIXELS = 64  # of a tile's side, whose patches lie in the tile; small tiles stay in the cache
TILE_PIXELS = VALID_PIXELS + 2 * REACH_PIXELS
FAINT = 1e-3  # range that may be rounding, in standard deviations among photographs


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

    def _small_map(self, picture: Array) -> Array:
        joint = np.ones(picture.shape[:2])  # 29 factors, each over 1 / (2 pixels): no underflow
        for coefficients in _coefficients(picture):
            _times_probability(joint, coefficients)
        return np.log2(1 / joint)


@lru_cache(maxsize=1)
def basis() -> Array:
    """Filters whose coefficients are nearly independent, of variance 1 in photographs.

    Returns
    -------
    ndarray, (components, 3, 21, 21)
    """
    with np.load(Path(__file__).with_name("bruce2009.npz")) as file:
        filters = np.ascontiguousarray(file["basis"].transpose(0, 3, 1, 2))
    filters.setflags(write=False)
    return filters


def information(coefficients: Array) -> Array:
    """Self-information of coefficients: -log2 of the share of them in the same bin.

    A coefficient between the middles of two bins is shared between them, and its
    probability interpolated between theirs.

    Parameters
    ----------
    coefficients : ndarray, (rows, cols), float32 or float64
        Coefficients of one component.

    Returns
    -------
    ndarray, as ``coefficients``, in bits

    Examples
    --------
    >>> information(np.array([[0.0, 0.0, 0.0, 1.0]])).round(3)
    array([[0.415, 0.415, 0.415, 2.   ]])
    """
    joint = np.ones(coefficients.shape)
    _times_probability(joint, coefficients)
    return np.log2(1 / joint).astype(coefficients.dtype)


def _times_probability(joint: Array, coefficients: Array) -> None:
    """Multiply ``joint`` by the probability of each coefficient."""
    low, high = coefficients.min(), coefficients.max()
    if high - low < FAINT:
        return
    scale = (BINS - 1) / (high - low)
    bruce_kernels.times_probability(
        coefficients.ravel(), low, scale, np.zeros(BINS), joint.reshape(-1)
    )


def _coefficients(picture: Array) -> Iterator[Array]:
    """Coefficients (rows, cols) of each component, up to a constant, one after the other.

    Tiles overlap by the reach of the filters; of their circular correlations, the part is used
    that does not wrap.  A tile is transformed once, and channels are summed before the way back.
    """
    rows, cols, _ = picture.shape
    valid, reach, tile = VALID_PIXELS, REACH_PIXELS, (TILE_PIXELS, TILE_PIXELS)
    down, across = -(-rows // valid), -(-cols // valid)
    border = (0, 0), (reach, reach + down * valid - rows), (reach, reach + across * valid - cols)
    planes = np.ascontiguousarray(picture.transpose(2, 0, 1))
    varied = planes - planes.mean((1, 2), keepdims=True)  # the mean would only cost digits
    mirrored = np.pad(varied, border, mode="reflect")
    tiles = sliding_window_view(mirrored, tile, (1, 2))[:, ::valid, ::valid]
    red, green, blue = scipy.fft.rfft2(tiles)
    for component in _spectra(picture.dtype):
        a, b, c = component
        summed = red * a + green * b + blue * c
        parts = scipy.fft.irfft(scipy.fft.ifft(summed, axis=-2)[:, :, :valid])[..., :valid]
        yield parts.swapaxes(1, 2).reshape(down * valid, across * valid)[:rows, :cols]


@lru_cache(maxsize=2)
def _spectra(kind: np.dtype[Any]) -> Array:
    """Conjugate spectra of the components on a tile, (components, 3, rows, cols // 2 + 1)."""
    spectra: Array = scipy.fft.rfft2(basis().astype(kind), (TILE_PIXELS, TILE_PIXELS)).conj()
    spectra.setflags(write=False)
    return spectra
