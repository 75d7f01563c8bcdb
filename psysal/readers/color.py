"""Color profiles: samples with a profile -> sRGB.

Place in the pipeline: straight samples of a file -> [color] -> composited on white.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from psysal import srgb
from psysal._typing import Array

__all__ = ["to_srgb"]


def to_srgb(
    samples: Array,
    profile: bytes | Mapping[str, Any] | None,
    *,
    color: str = "rgb",
    is_linear: bool = False,
) -> tuple[Array, str | None]:
    """Samples in sRGB, and a remark on what was converted.

    Parameters
    ----------
    samples : ndarray, (rows, cols), (rows, cols, 3) or (rows, cols, 4)
        Grey, RGB or CMYK without alpha: uint8, uint16 or float in [0, 1].
    profile : bytes, mapping or None
        As :class:`psysal.readers.base.Raster` has it.
    color : "grey", "rgb" or "cmyk"
        Kind of color.
    is_linear : bool
        True where samples are proportional to light.

    Returns
    -------
    (ndarray, str or None)
        (rows, cols) or (rows, cols, 3) in the data type of ``samples``.
    """
    if color == "cmyk":
        full = np.iinfo(samples.dtype).max if samples.dtype.kind == "u" else 1
        light = full - samples[:, :, 3:]
        absorbed = samples[:, :, :3] / np.float64(full) * light
        rgb = light - (np.rint(absorbed) if full > 1 else absorbed)
        return rgb.astype(samples.dtype), "CMYK turned into RGB without a color profile"
    if is_linear:
        return srgb.from_linear(samples).astype(samples.dtype), "linear light encoded to sRGB"
    return samples, None
