"""Fourier transform of a picture of three colors as one picture of quaternions.

Place in the pipeline: between the colors of a small picture and ``Guo2010``, ``Li2013`` and the
toolbox of ``Schauerte2012``.  A color (a, b, c) is the quaternion a i + b j + c k; its part along
the grey axis (1, 1, 1) and the two parts at right angles to it make two complex pictures, and
their ordinary transforms are that of the quaternions.

References
----------
Ell & Sangwine (2007), "Hypercomplex Fourier transforms of color images", IEEE Transactions on
Image Processing 16(1), doi:10.1109/TIP.2006.884955.
"""

import numpy as np
from scipy.fft import fft2, ifft2

from psysal._typing import Array

__all__ = ["phase_map", "quaternion_spectrum"]

ABSENT = 1e-11  # amplitude of a unitary transform that may be rounding, in units of full scale


def quaternion_spectrum(colors: Array) -> Array:
    """Unitary transform of a picture of quaternions without real part.

    Parameters
    ----------
    colors : ndarray, (3, rows, cols)
        Parts i, j and k, of full scale 1.

    Returns
    -------
    ndarray, (2, rows, cols), complex
        Simplex part, of the real part and the axis (1, 1, 1), and perfect part, across it.
    """
    a, b, c = colors
    along, first, second = (a + b + c) / 3**0.5, (a - b) / 2**0.5, (a + b - 2 * c) / 6**0.5
    spectrum: Array = fft2(np.stack([1j * along, first + 1j * second]), norm="ortho")
    return spectrum


def phase_map(colors: Array) -> Array:
    """Squared modulus of what is left of quaternions whose amplitudes are all 1.

    Parameters
    ----------
    colors : ndarray, (3, rows, cols)
        As of :func:`quaternion_spectrum`.

    Returns
    -------
    ndarray, (rows, cols)

    Notes
    -----
    As in the programs, the way back is an ordinary inverse transform, of the real part and the
    length of the rest, which has the sign of its part along (1, 1, 1), zero being positive.
    Frequencies of no amplitude stay empty.
    """
    simplex, perfect = quaternion_spectrum(colors)
    length = np.hypot(simplex.imag, abs(perfect))
    turned = simplex.real + 1j * np.where(simplex.imag < -ABSENT, -length, length)
    amplitude = abs(turned)
    none = np.zeros_like(turned)
    phases = np.divide(turned, amplitude, out=none, where=amplitude > ABSENT)
    return abs(ifft2(phases)) ** 2
