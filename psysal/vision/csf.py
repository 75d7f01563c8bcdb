"""The extended contrast sensitivity function (ECSF): contrast -> weight.

Place in the pipeline: color -> wavelet -> contrast -> [csf] -> map.
Enters: center-surround contrast z in [0, 1] and the level s, from 1, the finest.
Leaves: weights alpha(z, s) = z g(s) + k(s), without units: g, an asymmetric
Gaussian over levels, is the gain of contrast at a scale, and k the weight of a scale
without any contrast.

References
----------
Otazu, Parraga & Vanrell (2010), doi:10.1167/10.12.5 (the function);
Murray, Vanrell, Otazu & Parraga (2011), "Saliency estimation using a non-parametric
low-level vision model", CVPR, doi:10.1109/CVPR.2011.5995506 (the parameters, fitted
to color induction);
Murray, Vanrell, Otazu & Parraga (2013), doi:10.1109/TPAMI.2013.64 (the same at other
levels, which are those of the image at its full size).
"""

from dataclasses import dataclass, fields, replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from psysal._typing import Array

__all__ = [
    "ECSF",
    "MURRAY2011_COLOR",
    "MURRAY2011_INTENSITY",
    "MURRAY2013_COLOR",
    "MURRAY2013_INTENSITY",
    "level_weights",
    "otazu_color",
    "otazu_intensity",
]


@dataclass(frozen=True)
class ECSF:
    """One extended contrast sensitivity function; positions and widths are in levels.

    Parameters
    ----------
    beta : float
        Peak of g.
    sig1, sig2 : float
        Widths of g at scales finer and coarser than its peak.
    sig3 : float
        Width of k at scales finer than ``s_k``; from there on k = 1.
    s_g, s_k : float
        Level of the peak of g, and from which k is 1.

    Examples
    --------
    >>> round(float(MURRAY2011_INTENSITY.gain(4)), 6)
    4.981624
    """

    beta: float
    sig1: float
    sig2: float
    sig3: float
    s_g: float
    s_k: float

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not np.isfinite(value):
                raise ValueError(f"{field.name} must be a finite number, got {value!r}")
        for name in ("sig1", "sig2", "sig3"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)!r}")

    def gain(self, level: ArrayLike) -> Array:
        """Gain g(s) of contrast.

        Parameters
        ----------
        level : array_like
            Levels s, from 1, the finest; fractions too.

        Returns
        -------
        ndarray, as ``level``, float64
        """
        s = np.asarray(level, float)
        width = np.where(s <= self.s_g, self.sig1, self.sig2)
        return self.beta * np.exp(-((s - self.s_g) ** 2) / (2 * width**2))

    def offset(self, level: ArrayLike) -> Array:
        """Weight k(s) of a level without any contrast.

        Parameters
        ----------
        level : array_like
            Levels s, from 1, the finest; fractions too.

        Returns
        -------
        ndarray, as ``level``, float64, in [0, 1]
        """
        s = np.asarray(level, float)
        return np.exp(-(np.minimum(s - self.s_k, 0) ** 2) / (2 * self.sig3**2))

    def weights(self, contrast: Array, level: float) -> Array:
        """Weights alpha(z, s) of contrast planes.

        Parameters
        ----------
        contrast : ndarray, float32 or float64
            z, in [0, 1].
        level : float
            Level s of the planes.

        Returns
        -------
        ndarray, as ``contrast`` and of its data type
        """
        dtype = contrast.dtype.type
        return contrast * dtype(self.gain(level)) + dtype(self.offset(level))

    def shifted(self, levels: float) -> "ECSF":
        """Same function at coarser scales.

        Parameters
        ----------
        levels : float
            Levels to shift by; negative ones make it finer.

        Returns
        -------
        ECSF
        """
        return replace(self, s_g=self.s_g + levels, s_k=self.s_k + levels)


MURRAY2011_INTENSITY = ECSF(
    beta=4.981624, sig1=1.021035, sig2=1.048155, sig3=0.212226, s_g=4, s_k=4.530974
)
"""Intensity (O3) of Murray et al. (2011): beta 4.981624, its peak at level 4."""
MURRAY2011_COLOR = ECSF(
    beta=3.611746, sig1=1.360638, sig2=0.796124, sig3=0.348766, s_g=4.724440, s_k=5.059210
)
"""Color (O1 and O2) of Murray et al. (2011): beta 3.611746, its peak at level 4.72444."""
MURRAY2013_INTENSITY = replace(MURRAY2011_INTENSITY, s_g=3.7655, s_k=4.296474)
"""Intensity of Murray et al. (2013): that of 2011 with its peak at level 3.7655."""
MURRAY2013_COLOR = replace(MURRAY2011_COLOR, s_g=4.08994, s_k=4.42471)
"""Color of Murray et al. (2013): that of 2011 with its peak at level 4.08994."""


def otazu_intensity(nu0: float) -> ECSF:
    """Sensitivity for intensity in the perception models of Otazu et al. (2008, 2010).

    Parameters
    ----------
    nu0 : float
        Level of the peak.

    Returns
    -------
    ECSF
    """
    return ECSF(beta=1, sig1=1.25, sig2=1.25, sig3=2, s_g=nu0, s_k=nu0 + 2)


def otazu_color(nu0: float) -> ECSF:
    """Sensitivity for color in the same models: stronger, broader and a level coarser.

    Parameters
    ----------
    nu0 : float
        Level of the peak of :func:`otazu_intensity`.

    Returns
    -------
    ECSF
    """
    return ECSF(beta=2, sig1=2, sig2=1.25, sig3=2, s_g=nu0 + 1, s_k=nu0 + 2)


@lru_cache(maxsize=64)
def level_weights(ecsf: ECSF, levels: int) -> tuple[Array, Array]:
    """Gains and offsets of the levels of an image.

    Parameters
    ----------
    ecsf : ECSF
    levels : int
        Number of levels.

    Returns
    -------
    gains, offsets : ndarray, (levels,), float64, read-only
        g(s) and k(s) of s = 1 .. ``levels``.

    Examples
    --------
    >>> gains, offsets = level_weights(MURRAY2011_INTENSITY, 5)
    >>> int(gains.argmax()) + 1, float(offsets[4])
    (4, 1.0)
    """
    s = np.arange(1, levels + 1)
    gains, offsets = ecsf.gain(s), ecsf.offset(s)
    gains.setflags(write=False)
    offsets.setflags(write=False)
    return gains, offsets
