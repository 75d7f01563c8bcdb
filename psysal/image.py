"""Pictures: read, checked and reduced before they are mapped, and the scale of their maps.

Place: before and after the pipeline.  A file, array or PIL image becomes checked
pixels - (rows, cols) grey or (rows, cols, 3) RGB, sRGB-encoded, uint8, uint16 or
float in [0, 1], C-contiguous.

Pixels are taken as sRGB: embedded color profiles are not applied.  Transparent
pixels are composited on white, in encoded values, as browsers do.
"""

import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from psysal._typing import Array

__all__ = [
    "MAX_PIXELS",
    "SUFFIXES",
    "check_image",
    "full_scale",
    "normalize",
    "read",
    "shrink",
    "size",
]

MAX_PIXELS = 100_000_000
"""Largest image read by default, in pixels."""

SUFFIXES = frozenset(
    {".bmp", ".gif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png"}
    | {".pnm", ".ppm", ".tif", ".tiff", ".webp"}
)
"""Suffixes of image files."""

_opening = threading.Lock()


def check_image(image: Any, *, channel_order: str = "rgb") -> Array:
    """Checked pixels of an array, a PIL image or a file.

    Parameters
    ----------
    image : array_like, PIL image, str or path
        Arrays are (rows, cols) grey, (rows, cols, 1), (rows, cols, 3) or
        (rows, cols, 4) with alpha, composited on white; uint8, uint16, or float
        in [0, 1]; read-only and strided ones too. They are not written to.
    channel_order : "rgb" or "bgr"
        Channel order of an array; OpenCV's are "bgr".

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
    if isinstance(image, (str, os.PathLike)):
        return read(image)
    if hasattr(image, "getbands") and hasattr(image, "convert"):  # a PIL image
        image, _ = _decode(image)
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
            pixels = _on_white(pixels)
        if channel_order == "bgr":
            pixels = pixels[:, :, ::-1]
    return np.ascontiguousarray(pixels)


_KNOWN = tuple(np.dtype(t) for t in ("uint8", "uint16", "float16", "float32", "float64"))


def _on_white(pixels: Array) -> Array:
    """RGBA -> RGB over white, in the same data type."""
    color, alpha = pixels[:, :, :3], pixels[:, :, 3:]
    if pixels.dtype.kind == "f":
        return color * alpha + (1 - alpha)
    full = np.iinfo(pixels.dtype).max
    if (alpha == full).all():
        return color
    over = color * (alpha / np.float32(full)) + (np.float32(full) - alpha)
    return np.rint(over).astype(pixels.dtype)


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
        Spread over [0, 1]; sum to 1; or as it is. The range of a map that differs by no more
        than its own rounding is zeros.

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
    on_warning: Callable[[str], None] | None = None,
) -> Array:
    """Checked pixels of an image file, turned upright by its EXIF orientation.

    Parameters
    ----------
    source : path or binary stream
        Anything Pillow reads, 16 bits included. Of several frames, the first.
    name : str, optional
        Name in messages: by default the path, or "standard input".
    max_pixels : int
        Largest image in pixels; larger ones are refused before they are decoded.
    formats : tuple of str, optional
        Pillow's names of the formats to decode, for files from strangers: some of its
        decoders start other programs. By default, all.
    on_warning : callable, optional
        Called with a sentence on changes to the picture: transparency, CMYK, more frames.

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
    if isinstance(source, (str, os.PathLike)):
        name, data = name or os.fspath(source), Path(source).read_bytes()
    else:
        name, data = name or "standard input", source.read()
    pixels, remark = decode(name, data, max_pixels, formats)
    if remark and on_warning:
        on_warning(f"{name}: {remark}")
    try:
        return check_image(pixels)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name}: {error}") from None


def decode(
    name: str, data: bytes, max_pixels: int, formats: tuple[str, ...] | None = None
) -> tuple[Array, str | None]:
    """Pixels in the bytes of an image file, and a remark on changes to them."""
    from PIL import Image

    if not data:
        raise ValueError(f"{name}: is empty (0 bytes); an image file was expected")
    try:
        with _no_pixel_limit():
            picture = Image.open(io.BytesIO(data), formats=formats)
    except Image.UnidentifiedImageError:
        raise ValueError(
            f"{name}: is not an image in a known format; a PNG, JPEG or TIFF was expected"
        ) from None
    except Exception as error:  # decoders fed with junk raise anything
        raise ValueError(f"{name}: is damaged or cut short ({error}); get it anew") from None
    width, height = picture.size
    if width * height > max_pixels:
        raise ValueError(
            f"{name}: has {width} x {height} pixels, more than the limit of {max_pixels:,}; "
            "raise the limit max_pixels or shrink the image"
        )
    try:
        pixels, remark = _decode(picture, data)
    except MemoryError:
        raise ValueError(f"{name}: does not fit into memory; shrink the image") from None
    except Exception as error:
        raise ValueError(f"{name}: is damaged or cut short ({error}); get it anew") from None
    remarks = [remark] if remark else []
    with suppress(Exception):  # of a later frame that is damaged
        if getattr(picture, "is_animated", False) and picture.format != "MPO":  # previews
            remarks.append("only the first of its frames was read")
    return pixels, "; ".join(remarks) or None


def size(path: str | os.PathLike[str]) -> tuple[int, int]:
    """Size of an image upright, from the head of its file alone.

    Parameters
    ----------
    path : path

    Returns
    -------
    (int, int)
        Rows and columns of the pixels that :func:`read` gives.

    Raises
    ------
    OSError
        The file cannot be opened.
    ValueError
        It is no image, or damaged; the message names it.
    """
    from PIL import ExifTags, Image

    with open(path, "rb") as file:
        try:
            with _no_pixel_limit():
                picture = Image.open(file)
            width, height = picture.size
            is_on_its_side = picture.getexif().get(ExifTags.Base.Orientation, 1) >= 5
        except Exception as error:  # decoders fed with junk raise anything
            raise ValueError(
                f"{os.fspath(path)}: an image was expected, found something else ({error})"
            ) from None
    return (width, height) if is_on_its_side else (height, width)


@contextmanager
def _no_pixel_limit() -> Iterator[None]:
    """Pillow without its own limit, which is process-wide where ours is the caller's."""
    from PIL import Image

    with _opening:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _decode(picture: Any, data: bytes | None = None) -> tuple[Array, str | None]:
    """Pixels of a PIL image, upright, RGB or grey, and a remark on changes to them."""
    from PIL import ImageOps

    if data is not None and _is_deep_color(picture):
        return _decode_deep(data), None
    if data is None:
        picture = ImageOps.exif_transpose(picture)  # a caller's own stays as it is
    else:
        ImageOps.exif_transpose(picture, in_place=True)
    mode = picture.mode
    if mode.startswith("I;16"):
        return np.asarray(picture).astype(np.uint16), None
    if mode == "I":  # Pillow has 32 bits where files have 16
        codes = np.asarray(picture)
        fits = codes.min() >= 0 and codes.max() <= 65535
        return (codes.astype(np.uint16) if fits else codes), None
    if mode == "F":
        return np.asarray(picture), None
    if "A" in picture.getbands() or "a" in picture.getbands() or "transparency" in picture.info:
        pixels = np.asarray(picture.convert("RGBA"))
        clear = bool((pixels[:, :, 3] < 255).any())
        return pixels, "transparency composited on white" if clear else None
    if mode in ("1", "L"):
        return np.asarray(picture.convert("L")), None
    remark = "CMYK turned into RGB without a color profile" if mode == "CMYK" else None
    return np.asarray(picture if mode == "RGB" else picture.convert("RGB")), remark


def _is_deep_color(picture: Any) -> bool:
    """True for color of 16 bits a channel, which Pillow would cut to 8."""
    return picture.mode in ("RGB", "RGBA", "LA") and any(
        ";16" in str(tile[3]) for tile in picture.tile
    )


def _decode_deep(data: bytes) -> Array:
    import cv2

    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError("16-bit color that cannot be decoded")
    if pixels.ndim == 3:
        pixels = pixels[:, :, [2, 1, 0, 3][: pixels.shape[2]]]
    return pixels
