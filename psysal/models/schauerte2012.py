"""Quaternion-based spectral saliency, Schauerte & Stiefelhagen (WACV and ECCV 2012).

    image -> 64 x 64 picture -> transform of its colors -> amplitudes 1 -> inverse -> map

The signature of an image keeps the signs of its cosine transform; that of a color image, taken as
a picture of quaternions, the directions of its coefficients in color.

Enters: an image; it is seen 64 x 64, whatever its shape, and a smaller one is enlarged.  Leaves:
the squared reconstruction, blurred and enlarged.

This is the authors' toolbox of 2011, to rounding:

============ ==================== =============================================================
step         paper                program, and here
============ ==================== =============================================================
colors       several spaces       R, G and B as encoded
axis         several              (1, 1, 1); without effect on the cosine transform
size         small                64 x 64
blur         a Gaussian           9 x 9 samples, sigma 2.5, zeros around
range        -                    as it is
enlarged     -                    not; here cubic, a little beyond the range
small images -                    enlarged to 64 x 64
grey image   -                    as the signature of its codes, in one channel as in three
constant     -                    coefficients of rounding; here zeros
============ ==================== =============================================================

``transform="pqft"`` and ``"pft"`` are the toolbox's phase spectra, of quaternions and of each
channel; its spectral residual is ``Hou2007(channels="rgb")``.

Where this differs from the program: coefficients that may be rounding stay empty, where the
program makes them as strong as any other.

References
----------
Schauerte & Stiefelhagen (2012), "Predicting human gaze using quaternion DCT image signature
saliency and face detection", WACV, doi:10.1109/WACV.2012.6163035; Schauerte & Stiefelhagen (2012),
"Quaternion-based spectral saliency detection for eye fixation prediction", ECCV,
doi:10.1007/978-3-642-33709-3_9; Guo, Ma & Zhang (2008), "Spatio-temporal saliency detection using
phase spectrum of quaternion Fourier transform", CVPR, doi:10.1109/CVPR.2008.4587715.
"""

from dataclasses import dataclass

import numpy as np
from scipy.fft import dctn, fft2, idctn, ifft2

from psysal._typing import Array
from psysal.models import classical_steps
from psysal.models.base import ClassicalModel, DType
from psysal.models.quaternion import ABSENT, phase_map
from psysal.threads import ThreadPool
from psysal.vision.resize import resize

__all__ = ["Schauerte2012", "cosine_map", "fourier_map"]

SIZE = 64  # rows and columns
WINDOW, BLUR = 9, 2.5  # samples and standard deviation of the Gaussian, in pixels


@dataclass(frozen=True)
class Schauerte2012(ClassicalModel):
    """Quaternion image signature; a callable from an image to its raw map.

    Parameters
    ----------
    transform : "qdct", "pqft" or "pft"
        Cosine transform of quaternions, Fourier transform of quaternions, or that of each channel.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(0).normal(128, 3, (64, 96, 3)).astype(np.uint8)
    >>> image[20:24, 70:74] = 200, 60, 60
    >>> raw = Schauerte2012()(image)
    >>> bool(raw[22, 72] > 0.9 * raw.max())
    True
    """

    transform: str = "qdct"

    def __post_init__(self) -> None:
        if self.transform not in ("qdct", "pqft", "pft"):
            raise ValueError(
                f'transform must be "qdct", "pqft" or "pft", got {self.transform!r}; '
                '"qdct" is the default'
            )

    def _varied_map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        planes = classical_steps.reduced(pixels, (SIZE, SIZE), pool=pool)
        if self.transform == "qdct":
            found = cosine_map(planes)
        elif self.transform == "pft":
            found = fourier_map(planes)
        else:
            found = phase_map(np.broadcast_to(planes, (3, SIZE, SIZE)))
        found = classical_steps.gaussian_filter(found, WINDOW, BLUR).astype(dtype)
        return resize(found[None], pixels.shape[:2], "cubic", pool=pool)[0]


def cosine_map(planes: Array) -> Array:
    """Squared length of what is left of colors whose cosine coefficients are all of length 1.

    Parameters
    ----------
    planes : ndarray, (channels, rows, cols)
        Pictures of full scale 1.

    Returns
    -------
    ndarray, (rows, cols)
    """
    spectrum = dctn(planes, axes=(1, 2), norm="ortho")
    length = np.sqrt((spectrum**2).sum(axis=0))
    none = np.zeros_like(spectrum)
    directions = np.divide(spectrum, length, out=none, where=length > ABSENT)
    found: Array = (idctn(directions, axes=(1, 2), norm="ortho") ** 2).sum(axis=0)
    return found


def fourier_map(planes: Array) -> Array:
    """Mean over channels of what is left of pictures whose amplitudes are all 1, squared.

    Parameters
    ----------
    planes : ndarray, (channels, rows, cols)
        Pictures of full scale 1.

    Returns
    -------
    ndarray, (rows, cols)
    """
    spectrum = fft2(planes, norm="ortho")
    amplitude = abs(spectrum)
    none = np.zeros_like(spectrum)
    phases = np.divide(spectrum, amplitude, out=none, where=amplitude > ABSENT)
    found: Array = (abs(ifft2(phases)) ** 2).mean(axis=0)
    return found
