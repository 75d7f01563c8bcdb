"""Saliency by the spectral residual, Hou & Zhang (CVPR 2007).

    image -> small grey picture -> log spectrum - its local mean, same phase -> map

The log amplitude spectrum of pictures is smooth on average; the departures of a picture's
spectrum from its own local mean, with the phases, come from places that stand out.

Enters: an image; it is seen 64 pixels wide, or 64 x 64 by channels, and a smaller one is
enlarged.  Leaves: the squared modulus of the inverse transform, blurred and enlarged.

This is the first author's program (GetSR), to rounding, and for channels that of Schauerte's
toolbox (2011), which the authors' paper names as an extension:

============ ============= ================================== ==================================
step         paper         program, ``channels="grey"``       toolbox, ``channels="rgb"``
============ ============= ================================== ==================================
picture      64 pixels     grey in 8 bits, 64 wide            R, G and B apart, 64 x 64
local mean   3 x 3         the spectrum's edge is repeated    the spectrum's edge is repeated
blur         sigma 8       10 x 10 samples, sigma 2.5         9 x 9 samples, sigma 2.5
range        -             spread over [0, 1]                 as it is
enlarged     -             cubic, a little beyond             not; here cubic
grey image   -             as it is                           one channel
constant     -             program: NaN; here: zeros          program: NaN; here: zeros
============ ============= ================================== ==================================

Where this differs from the authors' program: frequencies that are absent from the picture, whose
logarithm is infinite and whose phase is rounding, are left out (the program's map is NaN).

References
----------
Hou & Zhang (2007), "Saliency detection: a spectral residual approach", CVPR,
doi:10.1109/CVPR.2007.383267; Schauerte & Stiefelhagen (2012), "Quaternion-based spectral saliency
detection for eye fixation prediction", ECCV, doi:10.1007/978-3-642-33709-3_9.
"""

from dataclasses import dataclass

import numpy as np
from scipy.fft import fft2, ifft2
from scipy.ndimage import uniform_filter

from psysal._typing import Array
from psysal.models import classical_kernels, classical_steps
from psysal.models.base import ClassicalModel, DType, check_parameters
from psysal.threads import ThreadPool
from psysal.vision.color import LUMA
from psysal.vision.resize import resize

__all__ = ["Hou2007", "spectral_residual"]

ABSENT = 1e-12  # amplitude of a grating that may be rounding, as a share of full scale
WINDOWS = {"grey": 10, "rgb": 9}  # samples of the final Gaussian


@dataclass(frozen=True)
class Hou2007(ClassicalModel):
    """Spectral residual; a callable from an image to its raw map.

    Parameters
    ----------
    size : int
        Columns of the picture that is worked on; by channels, its rows too.
    average : int
        Width in frequencies of the local mean of the log spectrum.
    blur : float
        Standard deviation of the final Gaussian in these pixels.
    channels : "grey" or "rgb"
        The authors' program, or that of Schauerte's toolbox, the mean of three channels.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(0).normal(128, 3, (64, 96)).astype(np.uint8)
    >>> image[20:24, 70:74] = 255
    >>> raw = Hou2007()(image)
    >>> bool(raw[22, 72] > 0.9 * raw.max())
    True
    """

    size: int = 64
    average: int = 3
    blur: float = 2.5
    channels: str = "grey"

    values_per_pixel = 1.5

    def __post_init__(self) -> None:
        check_parameters(self, but="channels")
        if self.channels not in WINDOWS:
            raise ValueError(f'channels must be "grey" or "rgb", got {self.channels!r}')

    def values(self, rows: int, cols: int) -> float:
        tall = 20 * self.size**2 * rows / cols if self.channels == "grey" else 0
        return super().values(rows, cols) + tall  # of the picture, in float64

    def _varied_map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        if self.channels == "grey":
            shape, scale = classical_steps.width_scale(pixels.shape, self.size)
            planes = classical_steps.reduced(_grey(pixels), shape, scale=scale, pool=pool)
        else:
            planes = classical_steps.reduced(pixels, (self.size, self.size), pool=pool)
        found = spectral_residual(planes, self.average).mean(axis=0)
        found = classical_steps.gaussian_filter(found, WINDOWS[self.channels], self.blur)
        if self.channels == "grey":
            found = classical_steps.spread(found)
        found = found.astype(dtype)
        return resize(found[None], pixels.shape[:2], "cubic", pool=pool)[0]


def spectral_residual(planes: Array, average: int = 3) -> Array:
    """Part of a spectrum that is beyond its local mean, back in space.

    Parameters
    ----------
    planes : ndarray, (channels, rows, cols)
        Pictures of full scale 1.
    average : int
        Width in frequencies of the local mean.

    Returns
    -------
    ndarray, as ``planes``
        Squared moduli.
    """
    spectrum = fft2(planes)
    amplitude = np.maximum(abs(spectrum), ABSENT * spectrum[0].size)
    log = np.log(amplitude)
    residual = log - uniform_filter(log, (1, average, average), mode="nearest")
    return abs(ifft2(np.exp(residual) * spectrum / amplitude)) ** 2


def _grey(pixels: Array) -> Array:
    """Grey picture in 8 bits, as MATLAB's ``rgb2gray`` makes it."""
    codes = classical_steps.codes(pixels)
    if codes.ndim == 2:
        return codes
    grey = np.empty(codes.shape[:2], np.uint8)
    classical_kernels.grey_codes(codes.ravel(), *LUMA, grey.ravel())
    return grey
