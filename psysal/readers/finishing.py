"""Finishing line of all readers: samples and their meaning -> pixels, in one fixed order.

Place in the pipeline: Raster -> [range -> straight -> color -> on white -> upright] -> pixels
that :func:`psysal.image.check_image` takes.
"""

import numpy as np

from psysal._typing import Array
from psysal.readers.base import Raster, Unsupported
from psysal.readers.color import to_srgb

__all__ = ["BLACK", "black_is_zero", "finish", "on_white", "upright"]

BLACK = 1e-30
"""Floats below it are black: ratios of lesser ones leave the range of single precision, and no
screen shows the difference."""


def finish(
    raster: Raster, *, orientation: int = 1, profile: str = "convert"
) -> tuple[Array, list[str]]:
    """Pixels of a raster, and remarks on changes to them.

    Parameters
    ----------
    raster : Raster
    orientation : int
        1 to 8, as Exif and TIFF count them.
    profile : "convert" or "ignore"
        Choice for color profiles.

    Returns
    -------
    (ndarray, list of str)
        (rows, cols) grey or (rows, cols, 3) sRGB; uint8, uint16, or float in [0, 1].

    Raises
    ------
    Unsupported
        Samples without a scale: floats outside of [0, 1], or negative integers.
    """
    remarks = list(raster.remarks)
    samples = _scaled(raster, remarks)
    color, alpha = samples, None
    if raster.alpha != "none":
        alpha = samples[:, :, -1]
        color = samples[:, :, 0] if samples.shape[2] == 2 else samples[:, :, :-1]
        if alpha.min() == _full(alpha):
            alpha = None
    if alpha is not None and raster.alpha == "premultiplied":
        color = _straight(color, alpha)
    if raster.profile is not None or raster.is_linear or raster.color == "cmyk":
        color, remark = to_srgb(
            color,
            raster.profile,
            color=raster.color,
            is_linear=raster.is_linear,
            ignore=profile == "ignore",
        )
        if remark:
            remarks.append(remark)
    if alpha is not None:
        remarks.append("transparency composited on white")
        color = on_white(color, alpha)
    if color.dtype.kind == "f":
        color = black_is_zero(color)
    return upright(color, orientation), remarks


def _full(samples: Array) -> int:
    return np.iinfo(samples.dtype).max if samples.dtype.kind == "u" else 1


def _scaled(raster: Raster, remarks: list[str]) -> Array:
    """Samples as uint8, uint16, or float in [0, 1]."""
    samples, full = raster.samples, raster.full
    if full is None:
        if samples.dtype == np.float16:
            samples = samples.astype(np.float32)
        low, high = float(samples.min()), float(samples.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            raise Unsupported("has pixels that are NaN or infinite; fill or crop them")
        if low < 0 or high > 1:
            if raster.is_linear:
                raise Unsupported(
                    f"holds linear light from {low:.6g} to {high:.6g}, where a screen shows "
                    "[0, 1]; tone map it, as in: magick in.hdr -auto-level -depth 16 out.png"
                )
            raise Unsupported(
                f"a float image must lie in [0, 1], got values from {low:.6g} to {high:.6g}; "
                "scale it, as in: magick in.tif -auto-level -depth 16 out.tif"
            )
        return samples
    if samples.dtype.kind == "i":
        if samples.min() < 0:
            raise Unsupported(
                f"has signed integers down to {samples.min()}, and none that is black; "
                "scale it, as in: magick in.tif -auto-level -depth 16 out.tif"
            )
        remarks.append(f"signed integers taken as they are, with {full:,} as white")
    if full in (255, 65535) and samples.dtype.kind == "u":
        return samples.astype(np.uint8 if full == 255 else np.uint16, copy=False)
    if full > 65535:
        return samples / full
    white = 255 if full < 255 else 65535
    table = (np.arange(full + 1) * white + full // 2) // full
    return table.astype(np.uint8 if white == 255 else np.uint16)[samples]


def _straight(color: Array, alpha: Array) -> Array:
    """Color divided by its alpha, as float in [0, 1]; white where nothing is seen of it."""
    kind = np.float64 if color.dtype == np.float64 else np.float32
    if color.ndim == 3:
        alpha = alpha[:, :, None]
    divided = np.ones(color.shape, kind)
    np.divide(color, alpha, out=divided, where=alpha > 0, dtype=kind)
    return divided.clip(0, 1, out=divided)


def black_is_zero(pixels: Array) -> Array:
    """Pixels of which those below :data:`BLACK` are 0.

    Parameters
    ----------
    pixels : ndarray, float
        Not negative.

    Returns
    -------
    ndarray
        ``pixels`` itself where there are none.
    """
    if ((dark := pixels < BLACK) & (pixels > 0)).any():
        return np.where(dark, pixels.dtype.type(0), pixels)
    return pixels


def on_white(color: Array, alpha: Array) -> Array:
    """Straight color over white, in encoded values, as browsers do it.

    Parameters
    ----------
    color : ndarray, (rows, cols) or (rows, cols, 3)
        uint8, uint16 or float; float too where alpha has integers.
    alpha : ndarray, (rows, cols)
        Full scale is opaque.

    Returns
    -------
    ndarray, as ``color``, in the data type of ``alpha``
    """
    if color.ndim == 3:
        alpha = alpha[:, :, None]
    full = _full(alpha)
    if alpha.min() == full:
        return color
    if alpha.dtype.kind == "f":
        return color * alpha + (1 - alpha)
    if color.dtype.kind == "f":
        return np.rint(color * alpha + (full - alpha)).astype(alpha.dtype)
    wide = alpha.astype(np.uint32)  # 65535 squared fits
    return ((color * wide + (full - wide) * full + full // 2) // full).astype(color.dtype)


def upright(pixels: Array, orientation: int) -> Array:
    """Pixels turned and mirrored as an orientation says.

    Parameters
    ----------
    pixels : ndarray, (rows, cols, ...)
    orientation : int
        1 to 8, as Exif and TIFF count them; others mean 1.

    Returns
    -------
    ndarray
        A view.
    """
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels
