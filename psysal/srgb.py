"""The sRGB encoding: values that files hold <-> linear light.

Place in the pipeline: below it; colors are computed on linear light.

References
----------
IEC 61966-2-1:1999, "Default RGB colour space - sRGB".
"""

import numpy as np
from numpy.typing import ArrayLike

from psysal._typing import Array

__all__ = ["from_linear", "to_linear"]


def to_linear(encoded: ArrayLike) -> Array:
    """Linear light of sRGB values.

    Parameters
    ----------
    encoded : array_like
        sRGB values; full scale is [0, 1].

    Returns
    -------
    ndarray, as ``encoded``
        Linear light, [0, 1] for full scale. Values below 0 go on along the straight line.

    Examples
    --------
    >>> float(to_linear(1.0))
    1.0
    """
    v = np.asarray(encoded)
    return np.where(v <= 0.04045, v / 12.92, ((np.maximum(v, 0) + 0.055) / 1.055) ** 2.4)


def from_linear(linear: ArrayLike) -> Array:
    """sRGB values of linear light, the inverse of :func:`to_linear`.

    Parameters
    ----------
    linear : array_like
        Linear light; a screen shows [0, 1].

    Returns
    -------
    ndarray, as ``linear``
        sRGB values. Light below 0 and above 1, which no screen shows, goes on along the same
        curve.

    Examples
    --------
    >>> float(from_linear(to_linear(0.5)))
    0.5
    """
    v = np.asarray(linear)
    return np.where(v <= 0.0031308, 12.92 * v, 1.055 * np.maximum(v, 0) ** (1 / 2.4) - 0.055)
