"""Pictures of a written video as planes of luma and chroma: a map alone, or as heat over its frame.

Place: pixels and map of a frame -> [drawing] -> planes for an encoder.

The planes have the chroma of 2 x 2 pixels averaged (4:2:0), and are those of the RGB picture that
is shown: 256 greys and 256 saliencies have few enough of these to be converted beforehand.
"""

from functools import cache

import cv2
import numpy as np

from psysal import overlay
from psysal._typing import Array
from psysal.video import drawing_kernels
from psysal.video.pixels import rgb_to_yuv

__all__ = ["draw_map", "draw_overlay"]

NEUTRAL = 128  # chroma of greys


def draw_map(saliency: Array, *, full: bool) -> list[Array]:
    """Planes of a grey map, white where saliency is 1.

    Parameters
    ----------
    saliency : ndarray, (rows, cols), float32 in [0, 1]
    full : bool
        Whether codes have the full range, as JPEG's do.

    Returns
    -------
    list of ndarray, uint8
        Y, with even sides, and U and V, with half of them; an odd side has its last row or column
        twice.
    """
    rows, cols = saliency.shape
    luma = cv2.LUT(cv2.convertScaleAbs(saliency, alpha=255), _grey_codes(full))
    if rows % 2 or cols % 2:
        luma = cv2.copyMakeBorder(luma, 0, rows % 2, 0, cols % 2, cv2.BORDER_REPLICATE)
    chroma = np.full((luma.shape[0] // 2, luma.shape[1] // 2), NEUTRAL, np.uint8)
    return [luma, chroma, chroma]


def draw_overlay(frame: Array, saliency: Array, *, full: bool) -> list[Array]:
    """Planes of what :func:`psysal.overlay.overlay` draws.

    Parameters
    ----------
    frame : ndarray, (rows, cols, 3), uint8
        RGB.
    saliency : ndarray, (rows, cols), float32 in [0, 1]
    full : bool
        Whether codes have the full range, as JPEG's do.

    Returns
    -------
    list of ndarray, uint8
        As :func:`draw_map`.
    """
    rows, cols = saliency.shape
    half = -(-rows // 2), -(-cols // 2)
    planes = [np.empty((2 * half[0], 2 * half[1]), np.uint8)]
    planes += [np.empty(half, np.uint8) for _ in range(2)]
    places = np.empty((2, planes[0].shape[1]), np.uint16)
    flat = np.ascontiguousarray(frame).reshape(-1), np.ascontiguousarray(saliency).reshape(-1)
    drawing_kernels.draw_overlay(*flat, cols, _blend_codes(full), places, *planes)
    return planes


@cache
def _grey_codes(full: bool) -> Array:
    """Luma of 256 greys."""
    greys = np.repeat(np.arange(256, dtype=np.uint8), 3).reshape(1, 256, 3)
    return rgb_to_yuv(greys, full=full)[0, :, 0]


@cache
def _blend_codes(full: bool) -> Array:
    """Y, U and V in the bytes of integers, (256 * 256), as those of overlays have RGB."""
    rgb = overlay.blends().view(np.uint8).reshape(256, 256, 4)[:, :, :3]
    codes = rgb_to_yuv(np.ascontiguousarray(rgb), full=full).astype(np.uint32)
    return (codes[:, :, 0] | codes[:, :, 1] << 8 | codes[:, :, 2] << 16).ravel()
