"""The door: pictures in, maps out.  Nothing else in psysal reads or writes one.

Place: before and after the pipeline.  A file, array or PIL image becomes checked
pixels - (rows, cols) grey or (rows, cols, 3) RGB, sRGB-encoded, uint8, uint16 or
float in [0, 1], C-contiguous; a map becomes a file that carries how it was made, and a
file with somebody's map becomes its values.

Pixels are taken as sRGB: embedded color profiles are not applied.  Transparent
pixels are composited on white, in encoded values, as browsers do.
"""

import io
import json
import os
import re
import secrets
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "FORMATS",
    "MAX_PIXELS",
    "SUFFIXES",
    "as_rgb",
    "checked_map",
    "draft",
    "drafts",
    "drafts_in",
    "encode",
    "from_linear",
    "full_scale",
    "heat",
    "overlay",
    "read",
    "read_map",
    "save",
    "size",
    "to_linear",
]

MAX_PIXELS = 100_000_000
"""Largest image read by default, in pixels."""

SUFFIXES = frozenset(
    {".bmp", ".gif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png"}
    | {".pnm", ".ppm", ".tif", ".tiff", ".webp"}
)
"""What the name of an image ends with."""

Array = NDArray[Any]
_opening = threading.Lock()


def as_rgb(image: Any, *, order: str = "rgb") -> Array:
    """Checked pixels of an array, a PIL image or a file.

    Parameters
    ----------
    image : array-like, PIL image, str or path
        Arrays are (rows, cols) grey, (rows, cols, 1), (rows, cols, 3) or
        (rows, cols, 4) with alpha, composited on white; uint8, uint16, or float
        in [0, 1]; read-only and strided ones too. They are never changed.
    order : "rgb" or "bgr"
        Channel order of an array; OpenCV's are "bgr".

    Returns
    -------
    ndarray, (rows, cols) or (rows, cols, 3), C-contiguous

    Raises
    ------
    ValueError
        A shape or value that has no meaning here.
    TypeError
        A data type that leaves its value range to be guessed.

    Examples
    --------
    >>> as_rgb([[0.0, 1.0]]).shape
    (1, 2)
    """
    if order not in ("rgb", "bgr"):
        raise ValueError(f'order must be "rgb" or "bgr", got {order!r}')
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
        if order == "bgr":
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
    """What white is in the data type of checked pixels.

    >>> full_scale(np.zeros((1, 1), np.uint16)), full_scale(np.zeros((1, 1)))
    (65535, 1)
    """
    return np.iinfo(pixels.dtype).max if pixels.dtype.kind == "u" else 1


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


def read(
    source: str | os.PathLike[str] | IO[bytes],
    *,
    name: str | None = None,
    max_pixels: int = MAX_PIXELS,
    formats: tuple[str, ...] | None = None,
    note: Callable[[str], None] | None = None,
) -> Array:
    """Checked pixels of an image file, turned upright by its EXIF orientation.

    Parameters
    ----------
    source : path or binary stream
        Anything Pillow reads; 16 bits are kept. Of several frames, the first.
    name : str, optional
        What messages call it: by default the path, or "standard input".
    max_pixels : int
        Refuse larger images before they are decoded.
    formats : tuple of str, optional
        Pillow's names of the formats to know, for files from strangers: some of its
        decoders start other programs. By default, all.
    note : callable, optional
        Told in a sentence what was done to the picture (transparency, CMYK, more frames).

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
    pixels, remark = _pixels(name, data, max_pixels, formats)
    if remark and note:
        note(f"{name}: {remark}")
    try:
        return as_rgb(pixels)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name}: {error}") from None


def _pixels(
    name: str, data: bytes, max_pixels: int, formats: tuple[str, ...] | None = None
) -> tuple[Array, str | None]:
    """What the bytes of an image file hold, and a remark on what was done to it."""
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
            "raise the limit (max_pixels, --max-pixels) or shrink the image"
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
    """(rows, cols) that :func:`read` would give, from the head of the file alone.

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
            turned = picture.getexif().get(ExifTags.Base.Orientation, 1) >= 5
        except Exception as error:  # decoders fed with junk raise anything
            raise ValueError(
                f"{os.fspath(path)}: an image was expected, found something else ({error})"
            ) from None
    return (width, height) if turned else (height, width)


@contextmanager
def _no_pixel_limit() -> Iterator[None]:
    """Pillow's own limit is process-wide; ours is the caller's."""
    from PIL import Image

    with _opening:
        kept, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = kept


def _decode(picture: Any, data: bytes | None = None) -> tuple[Array, str | None]:
    """Pixels of a PIL image, upright, RGB or grey, and a remark on what was done."""
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
    if mode == "I":  # 32 bits in Pillow's hands; files mean 16
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
    """Color with 16 bits a channel, of which Pillow would keep 8."""
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


# --- maps from files ---------------------------------------------------------


def read_map(path: str | os.PathLike[str]) -> Array:
    """The values of a map in a file, as they are.

    Parameters
    ----------
    path : path
        A grey picture, 8 or 16 bits or float of any range, or one in color whose channels
        are equal; or NumPy's .npy.

    Returns
    -------
    ndarray, (rows, cols), float32 or float64
        See :func:`checked_map`.

    Raises
    ------
    OSError
        The file cannot be opened.
    ValueError
        It is damaged, or no map; the message names it.
    """
    name, data = os.fspath(path), Path(path).read_bytes()
    if Path(name).suffix.lower() == ".npy":
        try:
            values = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
        except Exception as error:  # of a header that is junk
            raise ValueError(f"{name}: is damaged or cut short ({error}); get it anew") from None
    else:
        try:
            values, _ = _pixels(name, data, MAX_PIXELS)
        except ValueError as error:
            values = _decode_numbers(data, error)
    if values.ndim == 3 and values.shape[2] in (1, 3, 4):
        values = _grey(name, values)
    return checked_map(name, values)


def _decode_numbers(data: bytes, refused: ValueError) -> Array:
    """A TIFF of numbers that Pillow refused, such as float64."""
    if data[:4] not in (b"II*\0", b"MM\0*"):
        raise refused
    import tifffile  # scikit-image brings it

    try:
        page = tifffile.TiffFile(io.BytesIO(data)).pages[0]
        values = page.asarray() if page.size <= MAX_PIXELS else None
    except Exception:
        raise refused from None
    if values is None:
        raise refused
    return values


def _grey(name: str, pixels: Array) -> Array:
    """The one plane of pixels whose channels are equal."""
    if pixels.shape[2] == 4 and not (pixels[:, :, 3] == full_scale(pixels)).all():
        raise ValueError(f"{name}: a map was expected, found a transparent picture; flatten it")
    if not (pixels[:, :, :3] == pixels[:, :, :1]).all():
        raise ValueError(
            f"{name}: a grey map was expected, found colors; save the values, not a picture of them"
        )
    return pixels[:, :, 0]


def checked_map(name: str, values: ArrayLike) -> Array:
    """A finite (rows, cols) map as float32 where that holds its values exactly, else float64.

    >>> checked_map("saliency", [[0, 1]]).dtype
    dtype('float64')
    """
    found = np.asarray(values)
    if found.ndim != 2 or not found.size:
        raise ValueError(
            f"{name} must be (rows, cols) with pixels, got shape {found.shape}; pass one map"
        )
    if found.dtype.kind not in "fiub":
        raise ValueError(f"{name} must hold real numbers, got {found.dtype}; convert it first")
    small = found.dtype.itemsize <= (4 if found.dtype.kind == "f" else 2)
    found = np.ascontiguousarray(found, np.float32 if small else np.float64)
    if not np.isfinite(found).all():
        raise ValueError(f"{name} must be finite, got NaN or infinite values; repair the map")
    return found


# --- maps to files -----------------------------------------------------------

FORMATS = {"png": ".png", "png8": ".png", "tiff": ".tiff", "npy": ".npy"}
"""What :func:`encode` writes, and the suffix of each."""


def encode(saliency: Array, form: str = "png", *, about: dict[str, Any] | None = None) -> bytes:
    """The bytes of a file that holds a map or a picture.

    Parameters
    ----------
    saliency : ndarray
        A map (rows, cols) in [0, 1]; as "png8" also a picture, grey or (rows, cols, 3),
        uint8 or float, of which PNGs keep what lies in [0, 1].
    form : "png", "png8", "tiff" or "npy"
        16-bit PNG, 8-bit PNG, float32 TIFF, or NumPy float32.
    about : dict, optional
        How it was made: JSON in the PNG text chunk "psysal" or the TIFF description.
        NumPy files have no room for it.
    """
    buffer = io.BytesIO()
    text = json.dumps(about or {})
    if form == "npy":
        np.save(buffer, saliency.astype(np.float32))
    elif form == "tiff":
        from PIL import Image

        picture = Image.fromarray(saliency.astype(np.float32))
        picture.save(buffer, "TIFF", description=text)
    elif form in ("png", "png8"):
        codes = saliency
        if saliency.dtype != np.uint8:
            full = 65535 if form == "png" else 255
            codes = np.rint(saliency.clip(0, 1) * saliency.dtype.type(full))
            codes = codes.astype(np.uint16 if form == "png" else np.uint8)
        return _png(codes, text)
    else:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, got {form!r}")
    return buffer.getvalue()


def _png(codes: Array, text: str) -> bytes:
    """A PNG of the codes, with the text in a chunk "psysal" after its header.

    In a filtered map little repeats but runs: looking for these alone takes half the time
    and leaves files as small.
    """
    import cv2

    if codes.ndim == 3:
        bgr = [2, 1, 0, 3][: codes.shape[2]]
        codes = codes.take(bgr, axis=2)  # cvtColor would start threads
    how = [
        *(cv2.IMWRITE_PNG_COMPRESSION, 1),
        *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
        *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FAST_FILTERS),  # a row's best of three
    ]
    data = cv2.imencode(".png", codes, how)[1].tobytes()
    chunk = b"tEXtpsysal\0" + text.encode("latin-1")
    size, check = len(chunk) - 4, zlib.crc32(chunk)
    head = 33  # the signature and the chunk IHDR, of one length in every PNG
    return data[:head] + size.to_bytes(4, "big") + chunk + check.to_bytes(4, "big") + data[head:]


def save(path: str | os.PathLike[str], data: bytes, *, overwrite: bool = False) -> None:
    """Write a file whole or not at all: under a temporary name first, then renamed.

    Raises
    ------
    FileExistsError
        The file is there and ``overwrite`` is not set.
    OSError
        It cannot be written; what was there before is still there.
    """
    try:
        with draft(path, overwrite=overwrite) as new:
            new.write_bytes(data)
    except FileExistsError:
        raise
    except OSError as error:
        told = OSError(f"{path}: could not be written ({error.strerror or error})")
        told.errno = error.errno  # a number and a text would print as "[Errno 28] ..."
        raise told from None


@contextmanager
def draft(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """The name of a file to write, which takes its place when that went well.

    It ends as the file does, for libraries that go by the suffix.

    Raises
    ------
    FileExistsError
        The file is there and ``overwrite`` is not set.
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path}: is already there and was kept; --overwrite replaces it")
    new = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part{path.suffix}")
    try:
        yield new
        with open(new, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)


_DRAFT = re.compile(r"\.(.+)\.[0-9a-f]{8}\.part(|\.[^.]*)", re.DOTALL)  # as draft() names it


def drafts(path: str | os.PathLike[str]) -> list[Path]:
    """The drafts of a file that are in its folder, as of programs that were killed."""
    path = Path(path)
    return [path.with_name(new) for new, name in drafts_in(path.parent) if name == path.name]


def drafts_in(folder: str | os.PathLike[str]) -> list[tuple[str, str]]:
    """The drafts in a folder, each with the name of the file that it was to be."""
    if not os.path.isdir(folder):
        return []
    with os.scandir(folder) as listing:
        found = [(entry.name, _DRAFT.fullmatch(entry.name)) for entry in listing]
    return [(new, is_draft[1] + is_draft[2]) for new, is_draft in found if is_draft]


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
