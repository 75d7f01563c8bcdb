"""Saliency by the spectral residual, Hou & Zhang (CVPR 2007).

    image -> small grey picture -> log spectrum - its local mean, same phase -> map

The log amplitude spectrum of pictures is smooth on average; the departures of a picture's
spectrum from its own local mean, with the phases, come from places that stand out.

Enters: an image.  Leaves: the squared modulus of the inverse transform, blurred.

Where this differs from the authors' program: the longer side, not the width, becomes 64
pixels, by averages of areas, and smaller images are not enlarged; the blur mirrors at the
border, where the program fades to zero; frequencies that are absent from the picture,
whose phase is rounding, are left out.

References
----------
Hou & Zhang (2007), "Saliency detection: a spectral residual approach", CVPR,
doi:10.1109/CVPR.2007.383267.
"""

from dataclasses import dataclass

import numpy as np
from scipy.fft import fft2, ifft2
from scipy.ndimage import gaussian_filter, uniform_filter

from psysal._typing import Array
from psysal.models.base import SmallModel
from psysal.vision.color import LUMA

__all__ = ["Hou2007"]

ABSENT = 1e-6  # amplitude of a grating that may be rounding, as a share of full scale


@dataclass(frozen=True)
class Hou2007(SmallModel):
    """Spectral residual; a callable from an image to its raw map.

    Parameters
    ----------
    size : int
        Pixels of the longer side that is worked on.
    average : int
        Width in frequencies of the local mean of the log spectrum.
    blur : float
        Standard deviation of the final Gaussian in these pixels.

    Notes
    -----
    The defaults are those of the authors' program.

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

    def _small_map(self, picture: Array) -> Array:
        spectrum = fft2(picture @ np.array(LUMA, picture.dtype))
        amplitude = np.maximum(abs(spectrum), ABSENT * spectrum.size)
        log = np.log(amplitude)
        residual = log - uniform_filter(log, self.average, mode="nearest")
        filtered = ifft2(np.exp(residual) * spectrum / amplitude)
        return gaussian_filter(abs(filtered) ** 2, self.blur)
