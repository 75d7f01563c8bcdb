"""Hypercomplex Fourier transform (HFT), Li, Levine, An, Xu & He (TPAMI 2013).

    image -> small picture -> opponent colors as quaternions -> spectrum, smoothed at eight
    scales -> eight maps -> the one of least entropy -> map

What repeats in a picture is a spike of its amplitude spectrum; a spectrum that is smoothed has
no spikes, and what is left is not repeated.  How much to smooth depends on the size of what is
to be found, so that all scales are tried and one is chosen.

Enters: an image; it is seen 128 x 128, whatever its shape, and a smaller one is enlarged.
Leaves: the map of the chosen scale, blurred, enlarged linearly and spread over [0, 1].

This is the program that is passed on as the authors', to rounding:

============ ============================== =====================================================
step         paper                          program, and here
============ ============================== =====================================================
size         128 x 128                      128 x 128
colors       RG, BY, intensity              a quarter, a quarter and half; intensity is the largest
                                            of R, G and B; yellow is not negative
spectrum     log amplitude, 8 scales        log(1 + amplitude / 128), Gaussians of sigma 1/2 to 64
                                            on 128 samples, half a sample beside, zeros around
entropy      of the blurred map             in 256 bins, over the share of the map near the middle
border       -                              two pixels are zero
center bias  none                           a Gaussian about the middle: ``center_bias``
blur         a Gaussian                     20 x 20 samples, sigma 5.12, zeros around
small images -                              enlarged to 128 x 128
grey image   -                              intensity alone, in one channel as in three
constant     -                              phases of rounding; here zeros
============ ============================== =====================================================

Where this differs from the program: frequencies that are absent from the picture stay empty;
``center_bias=False`` leaves out the last two of its steps that the paper has not, the border and
the bias.

References
----------
Li, Levine, An, Xu & He (2013), "Visual saliency based on scale-space analysis in the frequency
domain", IEEE TPAMI 35(4), doi:10.1109/TPAMI.2012.147.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.fft import fftshift, ifft2, ifftshift
from scipy.special import entr

from psysal._typing import Array
from psysal.models import classical_steps
from psysal.models.base import ClassicalModel, DType
from psysal.models.guo2010 import broad_colors
from psysal.models.quaternion import ABSENT, quaternion_spectrum
from psysal.threads import ThreadPool
from psysal.vision.resize import resize

__all__ = ["Li2013", "costs", "scale_maps"]

SIZE = 128  # rows and columns
WEIGHTS = (0.25, 0.25, 0.5)  # of RG, BY and intensity
SIGMAS = tuple(2.0**k for k in range(-1, 7))  # of the smoothing, in frequencies
JUDGED = (10, 2.56)  # samples and standard deviation of the blur before entropy, in pixels
NEAR = 32.0  # standard deviation of the middle that a map is judged by, in pixels
BORDER = 2  # pixels
WINDOW, BLUR = 20, 5.12  # samples and standard deviation of the final Gaussian, in pixels
BIAS = (127, 42.0)  # samples and standard deviation of the center bias


@dataclass(frozen=True)
class Li2013(ClassicalModel):
    """HFT; a callable from an image to its raw map.

    Parameters
    ----------
    center_bias : bool
        Whether the border is zero and the map multiplied by a Gaussian about the middle, as in the
        program, or neither, as in the paper.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(0).normal(128, 3, (96, 128, 3)).astype(np.uint8)
    >>> image[40:52, 80:92] = 200, 60, 60
    >>> raw = Li2013()(image)
    >>> bool(raw[46, 86] > 0.9 * raw.max())
    True
    """

    center_bias: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.center_bias, bool):
            raise ValueError(
                f"center_bias must be True or False, got {self.center_bias!r}; True is the default"
            )

    def values(self, rows: int, cols: int) -> float:
        return super().values(rows, cols) + 100 * SIZE**2  # of scales, in float64

    def _varied_map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        shape = pixels.shape[:2]
        small = classical_steps.reduced(pixels, (SIZE, SIZE), "linear", pool=pool)
        maps = scale_maps(small)
        found = classical_steps.spread(maps[np.argmin(costs(maps))])
        if self.center_bias:
            inner = found[BORDER:-BORDER, BORDER:-BORDER]
            found = np.pad(inner, BORDER)
        found = classical_steps.gaussian_filter(found, WINDOW, BLUR).astype(dtype)
        found = resize(found[None], shape, "linear", pool=pool)[0]
        if self.center_bias:
            down, across = (_bias(n).astype(dtype) for n in shape)
            found *= down[:, None]
            found *= across
        return classical_steps.spread(found)


def scale_maps(planes: Array) -> Array:
    """Maps of a small picture by its spectrum, smoothed at every scale.

    Parameters
    ----------
    planes : ndarray, (1 or 3, size, size)
        Grey, or R, G and B, of full scale 1.

    Returns
    -------
    ndarray, (8, size, size), in [0, 1]
    """
    red, green, blue, yellow = broad_colors(planes)
    opponents = red - green, blue - np.maximum(yellow, 0), planes.max(axis=0)
    colors = np.stack([w * plane for w, plane in zip(WEIGHTS, opponents, strict=True)])
    spectrum = quaternion_spectrum(colors)
    amplitude = np.sqrt((abs(spectrum) ** 2).sum(axis=0))
    log = fftshift(np.log1p(amplitude))
    windows = np.stack([_smoothing(len(log), sigma) for sigma in SIGMAS])
    smooth = np.expm1(ifftshift(windows @ log @ windows.transpose(0, 2, 1), axes=(1, 2)))
    none = np.zeros_like(smooth)
    gains = np.divide(smooth, amplitude, out=none, where=amplitude > ABSENT)
    parts = ifft2(gains[:, None] * spectrum, overwrite_x=True)
    lengths = np.sqrt((abs(parts) ** 2).sum(axis=1))
    return np.stack([classical_steps.spread(length) ** 2 for length in lengths])


def costs(maps: Array) -> Array:
    """Entropy of each map over the share of it that is near the middle.

    Parameters
    ----------
    maps : ndarray, (count, size, size), in [0, 1]

    Returns
    -------
    ndarray, (count,)
        Bits, of the blurred map in 256 codes, over a share in [0, 1]; the least is the best.
    """
    places = np.arange(maps.shape[-1]) - (maps.shape[-1] - 1) / 2
    near = np.exp(-(places**2) / (2 * NEAR**2))
    near /= near.max()
    found = []
    for plane, blurred in zip(maps, classical_steps.gaussian_filter(maps, *JUDGED), strict=True):
        codes = np.floor(255 * classical_steps.spread(blurred) + 0.5).astype(int)
        bits = entr(np.bincount(codes.ravel()) / codes.size).sum() / np.log(2)
        share = near @ plane @ near
        found.append(bits * plane.sum() / share if share else np.inf)
    return np.array(found)


@lru_cache(maxsize=16)
def _smoothing(size: int, sigma: float) -> Array:
    """Matrix (size, size) that correlates with a Gaussian of as many samples, zeros around."""
    places = np.arange(size)
    offset = places - places[:, None] - 0.5  # of an even window
    window = np.exp(-((places - (size - 1) / 2) ** 2) / (2 * sigma**2))
    return np.where(abs(offset) < size / 2, np.exp(-(offset**2) / (2 * sigma**2)), 0) / window.sum()


@lru_cache(maxsize=16)
def _bias(length: int) -> Array:
    """Center bias along an axis, of any unit; that of the image is the product of both."""
    count, sigma = BIAS
    places = np.arange(count) - (count - 1) / 2
    window = np.exp(-(places**2) / (2 * sigma**2))
    return resize(window[None, :, None], (length, 1), "cubic").ravel()
