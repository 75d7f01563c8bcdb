"""PNG: Pillow decodes it, and OpenCV color of 16 bits, which Pillow would cut to 8.

Place in the pipeline: file -> [png] -> Head, Raster.

References
----------
W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", 2025.
"""

import struct
from collections.abc import Mapping
from dataclasses import replace
from typing import IO, Any

import numpy as np

from psysal._typing import Array
from psysal.readers.base import Head, Raster
from psysal.readers.pillow import frame_remarks, image_orientation, image_raster, open_picture

__all__ = ["read_head"]

_KEPT = (b"IHDR", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"cICP")
_EXIF = (b"eXIf", b"tEXt", b"zTXt", b"iTXt")


def read_head(file: IO[bytes]) -> Head:
    """Head of a PNG.

    Parameters
    ----------
    file : binary file

    Returns
    -------
    Head
    """
    chunks, is_whole = _chunks(file)
    file.seek(0)
    picture = open_picture(file, "PNG")
    width, height, depth, kind = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    # Pillow decodes a picture to look for its Exif
    has_exif = not chunks.keys().isdisjoint(_EXIF)

    def profile() -> bytes | Mapping[str, Any] | None:
        return _profile(chunks, picture.info.get("icc_profile"))

    def load() -> Raster:
        if kind == 0 and b"tRNS" in chunks:  # widened as the samples are
            clear = int.from_bytes(chunks[b"tRNS"], "big") % 2**depth
            picture.info["transparency"] = clear * 255 // (2**depth - 1) if depth < 8 else clear
        raster = image_raster(picture) if kind in (0, 3) or depth < 16 else None
        if raster is None:
            if not is_whole:
                raise ValueError("its chunks end early")
            raster = _deep_color(file, kind == 4, frame_remarks(picture))
        return replace(raster, profile=profile())

    orientation = image_orientation(picture) if has_exif else 1
    return Head((height, width), load, orientation, profile)


def _chunks(file: IO[bytes]) -> tuple[dict[bytes, bytes], bool]:
    """Chunks that say what samples mean, names of all, and True if none is cut short."""
    found: dict[bytes, bytes] = {}
    end = file.seek(0, 2)
    at = 8
    while at + 8 <= end and b"IEND" not in found:
        file.seek(at)
        length, name = struct.unpack(">I4s", file.read(8))
        found.setdefault(name, file.read(length) if name in _KEPT and length < 64 else b"")
        at += length + 12
    return found, b"IEND" in found and at <= end


def _deep_color(file: IO[bytes], is_grey: bool, remarks: list[str]) -> Raster:
    import cv2

    file.seek(0)
    data = np.frombuffer(file.read(), np.uint8)
    pixels: Array | None = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)  # not turned
    if pixels is None or pixels.dtype != np.uint16:
        raise ValueError("16-bit color that cannot be decoded")
    if pixels.shape[2] == 3:
        return Raster(pixels[:, :, ::-1], 65535, "rgb", remarks=remarks)
    color = "grey" if is_grey else "rgb"
    channels = [0, 3] if is_grey else [2, 1, 0, 3]
    return Raster(pixels[:, :, channels], 65535, color, "straight", remarks=remarks)


def _profile(
    chunks: dict[bytes, bytes], icc_profile: bytes | None
) -> bytes | Mapping[str, Any] | None:
    """Color by the chunk that rules: cICP, then iCCP, then sRGB, then gAMA and cHRM."""
    if b"cICP" in chunks:
        return {"cicp": tuple(chunks[b"cICP"])}
    if icc_profile or b"sRGB" in chunks:
        return icc_profile
    said: dict[str, Any] = {}
    if gamma := int.from_bytes(chunks.get(b"gAMA", b""), "big"):
        said["gamma"] = gamma / 1e5
    if len(chunks.get(b"cHRM", b"")) == 32:
        said["chromaticities"] = tuple(n / 1e5 for n in struct.unpack(">8I", chunks[b"cHRM"]))
    return said or None
