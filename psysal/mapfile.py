"""Maps in files: how a map is scaled and encoded, and read again.

Place in the pipeline: map -> [mapfile] -> bytes of a file, which carries how it was made; a
file with anybody's map -> its values.
"""

import io
import json
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from psysal import readers
from psysal._typing import Array
from psysal.checks import parse_json, real_array
from psysal.image import MAX_PIXELS
from psysal.optional import require

__all__ = ["FORMATS", "check_map", "encode", "read_map", "read_metadata"]

FORMATS = {"png": ".png", "png8": ".png", "tiff": ".tiff", "npy": ".npy"}
"""Suffix of every format that :func:`encode` writes."""

BAND_BYTES = 1 << 17  # of rows that are filtered together, in the cache
PNG_COLORS = {1: 0, 2: 4, 3: 2, 4: 6}  # number of the PNG standard by that of channels


def encode(saliency: Array, form: str = "png", *, metadata: dict[str, Any] | None = None) -> bytes:
    """Bytes of a file that holds a map or a picture.

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

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        Another format.
    """
    text = json.dumps(metadata or {})
    if form in ("png", "png8"):
        return _encode_png(saliency, 65535 if form == "png" else 255, text)
    buffer = io.BytesIO()
    if form == "npy":
        np.save(buffer, saliency.astype(np.float32))
    elif form == "tiff":
        from PIL import Image

        picture = Image.fromarray(saliency.astype(np.float32))
        picture.save(buffer, "TIFF", description=text)
    else:
        raise ValueError(f"form must be one of {', '.join(FORMATS)}, got {form!r}")
    return buffer.getvalue()


def _encode_png(saliency: Array, full: int, text: str) -> bytes:
    """PNG with 8 or 16 bits, and the text in a chunk "psysal" after its header."""
    try:
        data = _png_by_isal(saliency, full, require("isal.isal_zlib"))
    except ImportError:
        data = _png_by_opencv(saliency, full)
    head = 33  # the signature and the chunk IHDR, of one length in every PNG
    return data[:head] + _chunk(b"tEXt", b"psysal\0" + text.encode("latin-1")) + data[head:]


def _codes(saliency: Array, full: int) -> Array:
    if saliency.dtype == np.uint8:
        return saliency
    codes = np.rint(saliency.clip(0, 1) * saliency.dtype.type(full))
    return codes.astype(np.uint16 if full == 65535 else np.uint8)


def _png_by_opencv(saliency: Array, full: int) -> bytes:
    """PNG by zlib.

    In a filtered map little repeats but runs: looking for these alone takes half the time
    and leaves files as small.
    """
    import cv2

    codes = _codes(saliency, full)
    if codes.ndim == 3:
        bgr = [2, 1, 0, 3][: codes.shape[2]]
        codes = codes.take(bgr, axis=2)  # cvtColor would start threads
    options = [
        *(cv2.IMWRITE_PNG_COMPRESSION, 1),
        *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
        *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FAST_FILTERS),  # a row's best of three
    ]
    return cv2.imencode(".png", codes, options)[1].tobytes()


def _png_by_isal(saliency: Array, full: int, isal_zlib: Any) -> bytes:
    """PNG by Intel's ISA-L, whose rows have the same filters.

    Each row is as it is, or less the pixel to the left or above: whichever has the least sum
    of absolute bytes, signed, as the PNG standard suggests.
    """
    import cv2

    (rows, cols), kind = saliency.shape[:2], _codes(saliency[:1, :1], full).dtype
    channels = saliency.shape[2] if saliency.ndim == 3 else 1
    pixel = kind.itemsize * channels
    head = struct.pack(">IIBBBBB", cols, rows, 8 * kind.itemsize, PNG_COLORS[channels], 0, 0, 0)
    compressor = isal_zlib.compressobj(2)
    chunks = [b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", head)]
    above = np.zeros(cols * pixel, np.uint8)
    step = max(1, BAND_BYTES // above.size)
    for top in range(0, rows, step):
        codes = _codes(saliency[top : top + step], full)
        big_endian = codes.astype(kind.newbyteorder(">"), order="C")
        raw = big_endian.reshape(len(codes), -1).view(np.uint8)
        filtered = np.empty((3, len(raw), 1 + above.size), np.uint8)
        filtered[:, :, 0] = np.arange(3)[:, None]
        lines = filtered[:, :, 1:]
        lines[:] = raw
        lines[1, :, pixel:] -= raw[:, :-pixel]
        lines[2, 0] -= above
        lines[2, 1:] -= raw[:-1]
        sizes = np.abs(lines.view(np.int8)).view(np.uint8).reshape(-1, above.size)
        costs = cv2.reduce(sizes, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).reshape(3, -1)
        best = filtered[costs.argmin(axis=0), np.arange(len(raw))]
        chunks.append(_chunk(b"IDAT", compressor.compress(best)))
        above = raw[-1]
    return b"".join([*chunks, _chunk(b"IDAT", compressor.flush()), _chunk(b"IEND", b"")])


def _chunk(name: bytes, body: bytes) -> bytes:
    check = zlib.crc32(body, zlib.crc32(name))
    return b"".join([len(body).to_bytes(4, "big"), name, body, check.to_bytes(4, "big")])


def read_metadata(data: bytes) -> dict[str, Any]:
    """Metadata that a PNG of :func:`encode` carries.

    Parameters
    ----------
    data : bytes
        Any file.

    Returns
    -------
    dict
        What it says, which anybody may have written; empty for other files.

    Examples
    --------
    >>> read_metadata(encode(np.zeros((2, 2)), metadata={"model": "murray2011"}))
    {'model': 'murray2011'}
    >>> read_metadata(b"no picture")
    {}
    """
    if data[37:48] != b"tEXtpsysal\0":
        return {}
    try:
        found = parse_json(data[48 : 41 + int.from_bytes(data[33:37], "big")])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def read_map(path: str | os.PathLike[str]) -> Array:
    """Values of a map in a file, as they are.

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
        raster = readers.decode_values(name, data, max_pixels=MAX_PIXELS)
        values = raster.samples
        if raster.alpha != "none":
            if not (values[:, :, -1] == (raster.full or 1)).all():
                raise ValueError(
                    f"{name}: a map was expected, found a transparent picture; flatten it"
                )
            values = values[:, :, :-1]
    if values.ndim == 3 and values.shape[2] in (1, 3):
        values = _grey(name, values)
    return check_map(name, values)


def _grey(name: str, pixels: Array) -> Array:
    """Plane of pixels whose channels are equal."""
    if not (pixels == pixels[:, :, :1]).all():
        raise ValueError(
            f"{name}: a grey map was expected, found colors; save the values, not a picture of them"
        )
    return pixels[:, :, 0]


def check_map(name: str, values: ArrayLike) -> Array:
    """A finite map as float32 where that holds its values exactly, else float64.

    Parameters
    ----------
    name : str
        What messages call the map.
    values : array_like, (rows, cols)
        Real numbers of any range.

    Returns
    -------
    ndarray, (rows, cols), C-contiguous

    Raises
    ------
    ValueError
        Another shape, or values that are no finite real numbers.

    Examples
    --------
    >>> check_map("saliency", [[0, 1]]).dtype
    dtype('float64')
    """
    values = real_array(name, values, hint="repair the map")
    if values.ndim != 2 or not values.size:
        raise ValueError(
            f"{name} must be (rows, cols) with pixels, got shape {values.shape}; pass one map"
        )
    exact = values.dtype.itemsize <= (4 if values.dtype.kind == "f" else 2)
    return np.ascontiguousarray(values, np.float32 if exact else np.float64)
