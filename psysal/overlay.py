"""A saliency map in colors, alone or on its photograph.

Place in the pipeline: photograph, map in [0, 1] -> [overlay] -> RGB uint8 to look at.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["heat", "overlay"]

Array = NDArray[Any]


def overlay(pixels: Array, saliency: Array) -> Array:
    """A heat map on the photograph, RGB uint8.

    The photograph fades to grey where the map is low and takes the color map
    "inferno", which is safe for color-blind eyes, where it is high.
    """
    import cv2

    if pixels.dtype.kind == "f":
        shown = np.rint(pixels * 255).astype(np.uint8)
    else:
        shown = (pixels // (257 if pixels.dtype == np.uint16 else 1)).astype(np.uint8)
    if shown.ndim == 3:
        shown = cv2.transform(shown, np.full((1, 3), 1 / 3, np.float32))
    codes = np.rint(saliency * 255).astype(np.uint16)
    return np.take(_blends(), (codes << 8) | shown, axis=0)


@cache
def _blends() -> Array:
    """The overlay of every map code on every grey, (256 * 256, 3): map code first."""
    codes, grey = np.mgrid[:256, :256].astype(np.float32)[..., None]
    share = np.float32(0.35) + np.float32(0.4) * codes / 255
    blend = grey * (1 - share) + heat(codes[:, :, 0] / 255) * share
    return np.rint(blend).clip(0, 255).astype(np.uint8).reshape(-1, 3)


def heat(saliency: Array) -> Array:
    """A map in [0, 1] in the color map "inferno", RGB uint8."""
    import cv2

    codes = np.rint(saliency * 255).astype(np.uint8)
    return np.ascontiguousarray(cv2.applyColorMap(codes, cv2.COLORMAP_INFERNO)[:, :, ::-1])
