"""PNG: Pillow decodes it, color of 16 bits in two passes, of which each would keep 8.

Place in the pipeline: file -> [png] -> Head, Raster.

References
----------
W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", 2025.
"""

import io
import struct
import zlib
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
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7 = (
    *((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2)),
    (1, 0, 2, 1),
)  # first row and column, and steps
_SIGNATURE = b"\x89PNG\r\n\x1a\n"

MOST_EXIF = 1_000_000
"""Bytes of text and Exif in which an orientation is looked for."""


def read_head(file: IO[bytes]) -> Head:
    """Head of a PNG.

    Parameters
    ----------
    file : binary file

    Returns
    -------
    Head

    Raises
    ------
    ValueError
        A chunk claims more than there is.
    """
    chunks, orientation, places = _chunks(file)
    file.seek(0)
    picture = open_picture(file, "PNG")
    width, height, depth, kind, _, _, interlace = struct.unpack(">IIBBBBB", chunks[b"IHDR"])

    def profile() -> bytes | Mapping[str, Any] | None:
        return _profile(chunks, picture.info.get("icc_profile"))

    def load() -> Raster:
        clear = chunks.get(b"tRNS") if kind in (0, 2) else None
        if kind == 0 and clear:  # widened as the samples are
            code = int.from_bytes(clear, "big") % 2**depth
            picture.info["transparency"] = code * 255 // (2**depth - 1) if depth < 8 else code
        if kind in (0, 3) or depth < 16:
            raster = image_raster(picture)
        else:
            raster = _deep_color(file, kind, clear, frame_remarks(picture))
        # Pillow leaves rows that are not there zero
        if interlace or kind == 3 or clear or not raster.samples[-1].any():
            passes = _ADAM7 if interlace else ((0, 0, 1, 1),)
            sizes = [(-(-(height - y) // dy), -(-(width - x) // dx)) for y, x, dy, dx in passes]
            bits = depth * _SAMPLES[kind]
            _check_rows(
                file, places, sum(r * (1 + (c * bits + 7) // 8) for r, c in sizes if r > 0 < c)
            )
        return replace(raster, profile=profile())

    return Head((height, width), load, orientation, profile)


def _chunks(file: IO[bytes]) -> tuple[dict[bytes, bytes], int, list[tuple[int, int]]]:
    """Chunks that say what samples mean, the orientation, and starts and lengths of pixels."""
    found: dict[bytes, bytes] = {}
    places = []
    exif = b""
    end = file.seek(0, 2)
    at = 8
    while at + 8 <= end and b"IEND" not in found:
        file.seek(at)
        length, name = struct.unpack(">I4s", header := file.read(8))
        if length + 12 > end - at and name != b"IEND":
            raise ValueError(f"its chunk {name!r} claims {length:,} bytes, of {end - at - 8:,}")
        if name in _EXIF and len(exif) + length < MOST_EXIF:
            exif += header + file.read(length + 4)
        elif name in _KEPT and name not in found and length < 64:
            found[name] = file.read(length)
        else:
            found.setdefault(name, b"")
        if name == b"IDAT":
            places.append((at + 8, length))
        at += length + 12
    return found, _orientation(exif) if exif else 1, places


def _check_rows(file: IO[bytes], places: list[tuple[int, int]], expected: int) -> None:
    """Refusal of pixels that end early."""
    unpacker, count = zlib.decompressobj(), 0
    for start, length in places:
        file.seek(start)
        packed = file.read(length)
        while packed and count < expected:
            count += len(unpacker.decompress(packed, 1_000_000))
            packed = unpacker.unconsumed_tail
    if count < expected:
        raise ValueError(f"its rows have {count:,} bytes, of {expected:,}")


def _orientation(chunks: bytes) -> int:
    """Orientation in chunks, which Pillow finds after all pixels only: of a picture with one."""
    data = _SIGNATURE + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + chunks
    data += _chunk(b"IDAT", zlib.compress(b"\0\0")) + _chunk(b"IEND", b"")
    return image_orientation(open_picture(io.BytesIO(data), "PNG"))


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _deep_color(file: IO[bytes], kind: int, clear: bytes | None, remarks: list[str]) -> Raster:
    """Color of 16 bits, of which Pillow keeps 8: decoded once for either byte."""
    if kind == 4:  # as wide as RGBA
        samples: Array = _decoded(file, "RGBA").view(">u2").astype(np.uint16)
        return Raster(samples, 65535, "grey", "straight", remarks=remarks)
    mode = "RGB" if kind == 2 else "RGBA"
    samples = _decoded(file, f"{mode};16B").astype(np.uint16) << 8
    samples |= _decoded(file, f"{mode};16L")  # the other byte
    if clear and len(clear) == 6:
        seen = (samples != np.frombuffer(clear, ">u2")).any(axis=2)
        samples = np.dstack([samples, seen * np.uint16(65535)])
    alpha = "none" if samples.shape[2] == 3 else "straight"
    return Raster(samples, 65535, "rgb", alpha, remarks=remarks)


def _decoded(file: IO[bytes], order: str) -> Array:
    """Bytes of a picture in an order of Pillow's raw modes."""
    file.seek(0)
    picture = open_picture(file, "PNG")
    picture.tile = [picture.tile[0]._replace(args=order)]
    return np.asarray(picture)


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
