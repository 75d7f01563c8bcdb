"""A saliency map in colors, alone or on its photograph.

Place in the pipeline: photograph, map in [0, 1] -> [overlay] -> RGB uint8 to look at.
"""

from functools import cache

import numpy as np

from psysal._typing import Array

__all__ = ["heat", "overlay"]


def overlay(pixels: Array, saliency: Array) -> Array:
    """Photograph that takes the colors of a heat map where the map is high.

    It fades to grey where the map is low and takes the color map "inferno", which is safe for
    color-blind eyes, where it is high.

    Parameters
    ----------
    pixels : ndarray, (rows, cols, 3) or (rows, cols)
        Photograph: uint8, uint16, or float in [0, 1].
    saliency : ndarray, (rows, cols), float in [0, 1]
        Map of the photograph.

    Returns
    -------
    ndarray, (rows, cols, 3), uint8
    """
    import cv2

    if pixels.dtype.kind == "f":
        grey = np.rint(pixels * 255).astype(np.uint8)
    else:
        grey = (pixels // 257).astype(np.uint8) if pixels.dtype == np.uint16 else pixels
    if grey.ndim == 3:
        grey = cv2.transform(grey, np.full((1, 3), 1 / 3, np.float32))
    codes = np.rint(saliency * 255).astype(np.uint16)
    blend = np.take(blends(), (codes << 8) | grey)
    return cv2.cvtColor(blend[:, :, None].view(np.uint8), cv2.COLOR_RGBA2RGB)


@cache
def blends() -> Array:
    """R, G, B, 0 in 32 bits of every map code on every grey, (256 * 256): map code first."""
    codes, grey = np.mgrid[:256, :256].astype(np.float32)[..., None]
    share = np.float32(0.35) + np.float32(0.4) * codes / 255
    blend = grey * (1 - share) + heat(codes[:, :, 0] / 255) * share
    rgb = np.rint(blend).clip(0, 255).astype(np.uint8)
    return np.pad(rgb, ((0, 0), (0, 0), (0, 1))).view(np.uint32).ravel()


def heat(saliency: Array) -> Array:
    """Map in the colors of "inferno".

    Parameters
    ----------
    saliency : ndarray, (rows, cols), float in [0, 1]

    Returns
    -------
    ndarray, (rows, cols, 3), uint8
    """
    import cv2

    codes = np.rint(saliency * 255).astype(np.uint8)
    return np.ascontiguousarray(cv2.applyColorMap(codes, cv2.COLORMAP_INFERNO)[:, :, ::-1])
