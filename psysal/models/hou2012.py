"""Saliency by the image signature, Hou, Harel & Koch (TPAMI 2012).

    image -> small picture -> color -> sign of its cosine transform -> inverse -> squared -> map

The signs of the cosine transform preserve the places of a sparse foreground and suppress a
background that is sparse in the spectrum.

Enters: an image.  Leaves: the mean over channels of the squared reconstructions, blurred.

Where this differs from the authors' program: the longer side, not the width, becomes 64
pixels, by averages of areas, and smaller images are not enlarged; the blur mirrors at the
border, where the program fades to zero; coefficients that may be rounding have no
sign, so that the colors of a grey image add nothing.

References
----------
Hou, Harel & Koch (2012), "Image signature: highlighting sparse salient regions", IEEE
TPAMI 34(1), doi:10.1109/TPAMI.2011.146.
"""

from dataclasses import dataclass

import numpy as np
from scipy.fft import dctn, idctn
from scipy.ndimage import gaussian_filter

from psysal._typing import Array
from psysal.models.base import SmallModel, check_parameters
from psysal.vision.color import lab

__all__ = ["Hou2012"]

ABSENT = {"lab": 1e-3, "rgb": 1e-5}  # coefficients that may be rounding, in units of channels


@dataclass(frozen=True)
class Hou2012(SmallModel):
    """Image signature; a callable from an image to its raw map.

    Parameters
    ----------
    size : int
        Pixels of the longer side that is worked on.
    blur : float
        Standard deviation of the final Gaussian, as a share of the longer side.
    channels : "lab" or "rgb"
        CIE L*a*b*, or encoded red, green and blue.

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

    def __post_init__(self) -> None:
        check_parameters(self, but="channels")
        if self.channels not in ABSENT:
            raise ValueError(f'channels must be "lab" or "rgb", got {self.channels!r}')

    def _small_map(self, picture: Array) -> Array:
        planes = lab(picture) if self.channels == "lab" else picture.transpose(2, 0, 1)
        spectrum = dctn(planes, axes=(1, 2), norm="ortho")
        spectrum[abs(spectrum) < ABSENT[self.channels]] = 0
        foreground = idctn(np.sign(spectrum), axes=(1, 2), norm="ortho")
        return gaussian_filter((foreground**2).mean(axis=0), self.blur * max(picture.shape[:2]))
