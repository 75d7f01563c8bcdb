"""The sRGB encoding: values that files hold <-> linear light.

Place in the pipeline: below it; colors are computed on linear light.

References
----------
IEC 61966-2-1:1999, "Default RGB colour space - sRGB".
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["from_linear", "to_linear"]

Array = NDArray[Any]


def to_linear(encoded: Any) -> Array:
    """sRGB values in [0, 1] -> linear light in [0, 1] (IEC 61966-2-1).

    >>> float(to_linear(1.0))
    1.0
    """
    v = np.asarray(encoded)
    return np.where(v <= 0.04045, v / 12.92, ((np.maximum(v, 0) + 0.055) / 1.055) ** 2.4)


def from_linear(linear: Any) -> Array:
    """Linear light -> sRGB values, the inverse of :func:`to_linear`.

    Light below 0 and above 1, which no screen shows, goes on along the same curve.

    >>> float(from_linear(to_linear(0.5)))
    0.5
    """
    v = np.asarray(linear)
    return np.where(v <= 0.0031308, 12.92 * v, 1.055 * np.maximum(v, 0) ** (1 / 2.4) - 0.055)
