"""Pictures: read, checked and reduced before they are mapped, and the scale of their maps.

Place: before and after the pipeline.  A file, array or PIL image becomes checked
pixels - (rows, cols) grey or (rows, cols, 3) RGB, sRGB-encoded, uint8, uint16 or
float in [0, 1], C-contiguous.

Arrays are taken as sRGB.  Files are read by :mod:`psysal.readers`, which convert those with
another color profile to it.  Transparent pixels are composited on white, in encoded
values, as browsers do.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np

from psysal import files, readers
from psysal._typing import Array
from psysal.readers import color_profile, size
from psysal.readers.base import Unsupported
from psysal.readers.finishing import black_is_zero, finish, on_white
from psysal.readers.pillow import image_orientation, image_raster

__all__ = [
    "MAX_PIXELS",
    "PROFILES",
    "RAW_SUFFIXES",
    "SUFFIXES",
    "check_image",
    "color_profile",
    "full_scale",
    "normalize",
    "read",
    "shrink",
    "size",
]

MAX_PIXELS = 100_000_000
"""Largest image read by default, in pixels."""

RAW_SUFFIXES = frozenset(
    {".arw", ".cr2", ".cr3", ".dng", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2"}
    | {".srw", ".x3f"}
)
"""Suffixes of cameras' raw files."""

SUFFIXES = RAW_SUFFIXES | {
    *(".apng", ".avif", ".bmp", ".dib", ".gif", ".hdr", ".heic", ".heif", ".hif"),
    *(".j2c", ".j2k", ".jfif", ".jp2", ".jpc", ".jpe", ".jpeg", ".jpf", ".jpg", ".jpx"),
    *(".mpo", ".pam", ".pbm", ".pfm", ".pgm", ".png", ".pnm", ".ppm", ".rgbe"),
    *(".tif", ".tiff", ".webp"),
}
"""Suffixes of image files."""

PROFILES = ("convert", "ignore")
"""Choices for color profiles other than sRGB's."""


def check_image(image: Any, *, channel_order: str = "rgb", profile: str = "convert") -> Array:
    """Checked pixels of an array, a PIL image or a file.

    Parameters
    ----------
    image : array_like, PIL image, str or path
        Arrays are (rows, cols) grey, (rows, cols, 1), (rows, cols, 3) or
        (rows, cols, 4) with alpha, composited on white; uint8, uint16, or float
        in [0, 1], where less than 1e-30 is black; read-only and strided ones too. They
        are not written to.
    channel_order : "rgb" or "bgr"
        Channel order of an array; OpenCV's are "bgr". Files and PIL images have none to choose.
    profile : "convert" or "ignore"
        Convert a PIL image or a file with a color profile to sRGB, or take its codes as they
        are. Arrays have none.

    Returns
    -------
    ndarray, (rows, cols) or (rows, cols, 3), C-contiguous

    Raises
    ------
    ValueError
        A shape or value that has no meaning here, or a damaged file.
    TypeError
        A data type that leaves its value range to be guessed.
    OSError
        The file cannot be opened.

    Examples
    --------
    >>> check_image([[0.0, 1.0]]).shape
    (1, 2)
    """
    if channel_order not in ("rgb", "bgr"):
        raise ValueError(f'channel_order must be "rgb" or "bgr", got {channel_order!r}')
    is_path = isinstance(image, (str, os.PathLike))
    is_picture = hasattr(image, "getbands") and hasattr(image, "convert")  # of PIL
    if channel_order == "bgr" and (is_path or is_picture):
        kind = "a file" if is_path else "a PIL image"
        raise ValueError(
            f'channel_order="bgr" is for arrays, got {kind}, whose channel order is known; '
            "leave it out"
        )
    if profile not in PROFILES:
        raise ValueError(f'profile must be "convert" or "ignore", got {profile!r}')
    if is_path:
        return read(image, profile=profile)
    if is_picture:
        try:
            raster = image_raster(image)  # first: it is then that Pillow turns a TIFF
            pixels, _ = finish(raster, orientation=image_orientation(image), profile=profile)
        except Unsupported as error:
            raise ValueError(f"image: {error}") from None
        return np.ascontiguousarray(pixels)
    if image is None:
        raise TypeError("image is None; cv2.imread returns None for a file that it cannot read")
    if np.ma.is_masked(image):
        raise ValueError("image must have no masked pixels; fill them, or crop the image")
    pixels = np.asarray(image)
    if pixels.dtype.kind not in "uf" or pixels.dtype not in _KNOWN:
        raise TypeError(
            "image must be uint8, uint16, or float in [0, 1], "
            f"got {pixels.dtype}; convert it so that its value range is known"
        )
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.ndim != 2 and (pixels.ndim != 3 or pixels.shape[2] not in (3, 4)):
        raise ValueError(
            "image must be (rows, cols), (rows, cols, 3) or (rows, cols, 4), "
            f"got shape {pixels.shape}; pass one image with its channels last"
        )
    if pixels.size == 0:
        raise ValueError(f"image must have pixels, got shape {pixels.shape}")
    if pixels.dtype.kind == "f":
        if pixels.dtype == np.float16:
            pixels = pixels.astype(np.float32)
        low, high = float(pixels.min()), float(pixels.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            raise ValueError("image must be finite, got NaN or infinite values; fill or crop them")
        if low < 0 or high > 1:
            raise ValueError(
                f"a float image must lie in [0, 1], got values from {low:.6g} to {high:.6g}; "
                "divide by its full scale, or pass uint8 or uint16"
            )
    if pixels.ndim == 3:
        if pixels.shape[2] == 4:
            pixels = on_white(pixels[:, :, :3], pixels[:, :, 3])
        if channel_order == "bgr":
            pixels = pixels[:, :, ::-1]
    if pixels.dtype.kind == "f":
        pixels = black_is_zero(pixels)
    return np.ascontiguousarray(pixels)


_KNOWN = tuple(np.dtype(t) for t in ("uint8", "uint16", "float16", "float32", "float64"))


def full_scale(pixels: Array) -> int:
    """Value of white in the data type of checked pixels.

    Parameters
    ----------
    pixels : ndarray, uint8, uint16 or float

    Returns
    -------
    int

    Examples
    --------
    >>> full_scale(np.zeros((1, 1), np.uint16)), full_scale(np.zeros((1, 1)))
    (65535, 1)
    """
    return np.iinfo(pixels.dtype).max if pixels.dtype.kind == "u" else 1


def normalize(raw: Array, how: str | None = "range") -> Array:
    """Raw map on the scale of a picture, or of a density.

    Parameters
    ----------
    raw : ndarray, (rows, cols), float32 or float64
        Map of a model.
    how : "range", "sum" or None
        Spread over [0, 1]; sum to 1, the lowest value at 0 if it is negative; or as it is. The
        range of a map that differs by no more than its own rounding is zeros.

    Returns
    -------
    ndarray, as ``raw``

    Examples
    --------
    >>> normalize(np.array([[1.0, 2.0, 5.0]])).tolist()
    [[0.0, 0.25, 1.0]]
    """
    if how is None:
        return raw
    if how == "sum":
        raw = raw - min(raw.min(), raw.dtype.type(0))
        return raw / raw.dtype.type(raw.sum(dtype=float))
    low, high = raw.min(), raw.max()
    if high - low <= 8 * np.finfo(raw.dtype).eps * high:
        return np.zeros_like(raw)
    raw = raw - low
    raw /= high - low
    return raw


def shrink(pixels: Array, longest: int) -> Array:
    """Picture whose longer side has at most ``longest`` pixels, by averages of areas.

    Parameters
    ----------
    pixels : ndarray, (rows, cols) or (rows, cols, channels)
        Any data type that OpenCV resizes.
    longest : int
        Pixels of the longer side.

    Returns
    -------
    ndarray, C-contiguous
        ``pixels`` itself where it is no larger.

    Examples
    --------
    >>> shrink(np.zeros((60, 90)), 45).shape
    (30, 45)
    """
    rows, cols = pixels.shape[:2]
    scale = longest / max(rows, cols)
    if scale >= 1:
        return pixels
    import cv2

    size = max(1, round(cols * scale)), max(1, round(rows * scale))
    return np.ascontiguousarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def read(
    source: str | os.PathLike[str] | IO[bytes],
    *,
    name: str | None = None,
    max_pixels: int = MAX_PIXELS,
    formats: tuple[str, ...] | None = None,
    profile: str = "convert",
    on_warning: Callable[[str], None] | None = None,
) -> Array:
    """Checked pixels of an image file, turned upright by its EXIF orientation.

    Parameters
    ----------
    source : path or binary stream
        PNG, JPEG, TIFF, WebP, AVIF, HEIC, JPEG 2000, GIF, BMP, PNM, Radiance, or raw data of
        a camera; some with ``psysal[formats]``. Of several frames, the first.
    name : str, optional
        Name in messages: by default the path, or "standard input".
    max_pixels : int
        Largest image in pixels; larger ones are refused before they are decoded.
    formats : tuple of str, optional
        Containers to decode, by their names in :data:`psysal.readers.READERS`; by default all.
    profile : "convert" or "ignore"
        Convert a picture with a color profile to sRGB, or take its codes as they are.
    on_warning : callable, optional
        Called with a sentence on changes to the picture: transparency, color profiles, more
        frames.

    Returns
    -------
    ndarray, (rows, cols) or (rows, cols, 3)
        As :func:`check_image` gives them.

    Raises
    ------
    OSError
        The file cannot be opened.
    ValueError
        It is empty, damaged, too large or no image; the message names it.
    """
    if profile not in PROFILES:
        raise ValueError(f'profile must be "convert" or "ignore", got {profile!r}')
    if isinstance(source, (str, os.PathLike)):
        files.refuse_special(os.fspath(source), pipes=True)
        name, data = name or os.fspath(source), Path(source).read_bytes()
    else:
        name, data = name or "standard input", source.read()
    pixels, remarks = readers.decode(
        name, data, max_pixels=max_pixels, formats=formats, profile=profile
    )
    if remarks and on_warning:
        on_warning(f"{name}: {'; '.join(remarks)}")
    return np.ascontiguousarray(pixels)
