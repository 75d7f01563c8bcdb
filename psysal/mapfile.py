"""Maps in files: how a map is scaled and encoded, and read again.

Place in the pipeline: map -> [mapfile] -> bytes of a file, which carries how it was made; a
file with anybody's map -> its values.
"""

import io
import json
import os
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from psysal.image import MAX_PIXELS, decode, full_scale, normalize

__all__ = ["FORMATS", "check_map", "encode", "normalize", "read_map"]

Array = NDArray[Any]

FORMATS = {"png": ".png", "png8": ".png", "tiff": ".tiff", "npy": ".npy"}
"""What :func:`encode` writes, and the suffix of each."""


def encode(saliency: Array, form: str = "png", *, metadata: dict[str, Any] | None = None) -> bytes:
    """The bytes of a file that holds a map or a picture.

    Parameters
    ----------
    saliency : ndarray
        A map (rows, cols) in [0, 1]; as "png8" also a picture, grey or (rows, cols, 3),
        uint8 or float, of which PNGs keep what lies in [0, 1].
    form : "png", "png8", "tiff" or "npy"
        16-bit PNG, 8-bit PNG, float32 TIFF, or NumPy float32.
    metadata : dict, optional
        How it was made: JSON in the PNG text chunk "psysal" or the TIFF description.
        NumPy files have no room for it.
    """
    buffer = io.BytesIO()
    text = json.dumps(metadata or {})
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
        See :func:`check_map`.

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
            values, _ = decode(name, data, MAX_PIXELS)
        except ValueError as error:
            values = _decode_numbers(data, error)
    if values.ndim == 3 and values.shape[2] in (1, 3, 4):
        values = _grey(name, values)
    return check_map(name, values)


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


def check_map(name: str, values: ArrayLike) -> Array:
    """A finite (rows, cols) map as float32 where that holds its values exactly, else float64.

    >>> check_map("saliency", [[0, 1]]).dtype
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
