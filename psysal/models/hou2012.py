"""Saliency by the image signature, Hou, Harel & Koch (TPAMI 2012).

    image -> small picture -> color -> sign of its cosine transform -> inverse -> squared -> map

The signs of the cosine transform preserve the places of a sparse foreground and suppress a
background that is sparse in the spectrum.

Enters: an image; it is seen 64 pixels wide, whatever its height, and a smaller one is enlarged.
Leaves: the mean over channels of the squared reconstructions, blurred, spread over [0, 1] and
enlarged; cubic interpolation goes a little beyond.

This is the authors' program (signatureSal), to rounding:

============ ========================= ==========================================================
step         paper                     program, and here
============ ========================= ==========================================================
size         64 x 48                   64 wide
colors       RGB or L*a*b*             L*a*b* at D50, RGB, or cone contrasts (DKL)
blur         a Gaussian                12 x 12 samples, half a pixel beside, zeros around
grey image   -                         in one channel, its codes alone; in three, as any color
constant     -                         program: signs of rounding; here: zeros
============ ========================= ==========================================================

Where this differs from the authors' program: coefficients that may be rounding have no sign, so
that a* and b* of a grey image in three channels add nothing (in the program their noise adds
up to a quarter of the maximum); L*a*b* is by its equations, MATLAB's by a profile's table.

References
----------
Hou, Harel & Koch (2012), "Image signature: highlighting sparse salient regions", IEEE
TPAMI 34(1), doi:10.1109/TPAMI.2011.146.
"""

from dataclasses import dataclass

import numpy as np
from scipy.fft import dctn, idctn

from psysal._typing import Array
from psysal.models import classical_steps
from psysal.models.base import ClassicalModel, DType, check_parameters
from psysal.threads import ThreadPool
from psysal.vision.color import D50, lab
from psysal.vision.resize import resize

__all__ = ["Hou2012", "signature"]

ABSENT = 1e-9  # coefficient that may be rounding, in units of L*
CHANNELS = ("lab", "rgb", "dkl")


@dataclass(frozen=True)
class Hou2012(ClassicalModel):
    """Image signature; a callable from an image to its raw map.

    Parameters
    ----------
    size : int
        Columns of the picture that is worked on.
    blur : float
        Standard deviation of the final Gaussian, as a share of its width.
    channels : "lab", "rgb" or "dkl"
        CIE L*a*b*, encoded red, green and blue, or contrasts of cones.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(0).normal(128, 3, (64, 96, 3)).astype(np.uint8)
    >>> image[20:28, 70:78] = 200, 60, 60
    >>> raw = Hou2012()(image)
    >>> bool(raw[24, 74] > 0.9 * raw.max())
    True
    """

    size: int = 64
    blur: float = 0.045
    channels: str = "lab"

    values_per_pixel = 1.5

    def __post_init__(self) -> None:
        check_parameters(self, but="channels")
        if self.channels not in CHANNELS:
            raise ValueError(f'channels must be "lab", "rgb" or "dkl", got {self.channels!r}')

    def values(self, rows: int, cols: int) -> float:
        tall = 30 * self.size**2 * rows / cols  # of the picture, in float64
        return super().values(rows, cols) + tall

    def _varied_map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        shape, scale = classical_steps.width_scale(pixels.shape, self.size)
        planes = classical_steps.reduced(pixels, shape, scale=scale, pool=pool)
        if len(planes) == 3 and self.channels == "lab":
            planes = lab(np.moveaxis(planes, 0, -1), D50)
        elif len(planes) == 3 and self.channels == "dkl":
            planes = classical_steps.cone_contrast(planes)
        sigma = self.blur * self.size
        found = signature(planes, int(4 * sigma + 0.5), sigma).astype(dtype)
        return resize(found[None], pixels.shape[:2], "cubic", pool=pool)[0]


def signature(planes: Array, count: int, sigma: float) -> Array:
    """Map of a small picture by the signs of its cosine transform.

    Parameters
    ----------
    planes : ndarray, (channels, rows, cols)
        Colors in any units.
    count, sigma : int, float
        Samples and standard deviation of the final Gaussian, in pixels.

    Returns
    -------
    ndarray, (rows, cols), in [0, 1]
    """
    spectrum = dctn(planes, axes=(1, 2), norm="ortho")
    spectrum[abs(spectrum) < ABSENT] = 0
    foreground = idctn(np.sign(spectrum), axes=(1, 2), norm="ortho")
    blurred = classical_steps.gaussian_filter((foreground**2).mean(axis=0), count, sigma)
    return classical_steps.spread(blurred)
