"""Phase spectrum of the quaternion Fourier transform (PQFT), Guo & Zhang (TIP 2010).

    image -> small picture -> opponent colors as quaternions -> phases alone -> inverse -> map

What a picture keeps when all its frequencies are made equally strong is where it is not regular.

Enters: an image; it is seen 64 x 64, whatever its shape, and a smaller one is enlarged.  Leaves:
squared moduli, blurred, spread over [0, 1] and enlarged linearly.

This is the program of Cat Le, which is what passes for the authors', to rounding:

============= ========================== =======================================================
step          paper                      program, and here
============= ========================== =======================================================
size          64 x 64                    of the caller's choice: 64, or the columns of the image
quaternion    motion, RG, BY, intensity  RG, BY and intensity: no motion in one picture
R, G, B, Y    of Itti, Koch & Niebur     negatives stay
inverse       of quaternions             an ordinary one, of the angle of the real part alone
corner        -                          the first pixel is the mean of its three neighbors
blur          a Gaussian                 8 x 8 samples, sigma 3, half a pixel beside
range         -                          spread over [0, 1]
small images  -                          enlarged to 64 x 64
grey image    -                          intensity alone, in one channel as in three
constant      -                          phases of rounding; here zeros
============= ========================== =======================================================

Where this differs from the program: frequencies that are absent from the picture, whose phase is
rounding, stay empty.

References
----------
Guo & Zhang (2010), "A novel multiresolution spatiotemporal saliency detection model and its
applications in image and video compression", IEEE Transactions on Image Processing 19(1),
doi:10.1109/TIP.2009.2030969.
"""

from dataclasses import dataclass

import numpy as np

from psysal._typing import Array
from psysal.models import classical_steps
from psysal.models.base import ClassicalModel, DType
from psysal.models.quaternion import phase_map
from psysal.threads import ThreadPool
from psysal.vision.resize import resize

__all__ = ["Guo2010", "broad_colors"]

WINDOW, BLUR = 8, 3.0  # samples and standard deviation of the Gaussian, in pixels


@dataclass(frozen=True)
class Guo2010(ClassicalModel):
    """PQFT; a callable from an image to its raw map.

    Parameters
    ----------
    size : int
        Rows and columns of the picture that is worked on.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(0).normal(128, 3, (64, 96, 3)).astype(np.uint8)
    >>> image[20:24, 70:74] = 200, 60, 60
    >>> raw = Guo2010()(image)
    >>> bool(raw[22, 72] > 0.9 * raw.max())
    True
    """

    size: int = 64

    def values(self, rows: int, cols: int) -> float:
        return super().values(rows, cols) + 30 * self.size**2

    def _varied_map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        small = classical_steps.reduced(pixels, (self.size, self.size), "linear", pool=pool)
        red, green, blue, yellow = broad_colors(small)
        intensity = np.broadcast_to(small, (3, self.size, self.size)).mean(axis=0)
        found = phase_map(np.stack([red - green, blue - yellow, intensity]))
        found[0, 0] = (found[0, 1] + found[1, 1] + found[1, 0]) / 3
        found = classical_steps.gaussian_filter(found, WINDOW, BLUR)
        found = classical_steps.spread(found).astype(dtype)
        return resize(found[None], pixels.shape[:2], "linear", pool=pool)[0]


def broad_colors(planes: Array) -> Array:
    """Red, green, blue and yellow as Itti, Koch & Niebur tune them.

    Parameters
    ----------
    planes : ndarray, (1 or 3, rows, cols)
        Grey, or R, G and B.

    Returns
    -------
    ndarray, (4, rows, cols)
        Negative where another color prevails; zeros of grey.

    Examples
    --------
    >>> broad_colors(np.array([1.0, 0.5, 0.0]).reshape(3, 1, 1)).ravel().tolist()
    [0.75, 0.0, -0.75, 0.5]
    """
    red, green, blue = np.broadcast_to(planes, (3, *planes.shape[1:]))
    yellow = (red + green) / 2 - abs(red - green) / 2 - blue
    return np.stack(
        [red - (green + blue) / 2, green - (red + blue) / 2, blue - (red + green) / 2, yellow]
    )
