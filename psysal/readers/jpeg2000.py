"""JPEG 2000: Pillow decodes 8 bits, and imagecodecs (OpenJPEG) all others.

Place in the pipeline: file -> [jpeg2000] -> Head, Raster.

References
----------
ITU-T T.800, "JPEG 2000 image coding system: Core coding system", 2019, Annexes A and I.
"""

import struct
from typing import IO, Any

from psysal._typing import Array
from psysal.readers.base import Head, Raster, Unsupported, require_for
from psysal.readers.heif import boxes
from psysal.readers.pillow import image_raster, open_picture

__all__ = ["read_head"]

SOC_SIZ = 0xFF4FFF51
LEAST_TILE = 14
"""Bytes of a tile without pixels; OpenJPEG holds some thousand for each that is claimed."""

_OTHER_COLORS = {12: "CMYK", 14: "CIELab", 18: "sYCC"}


def read_head(file: IO[bytes]) -> Head:
    """Head of a JPEG 2000 file or codestream.

    Parameters
    ----------
    file : binary file

    Returns
    -------
    Head
    """
    data = file.read()
    header: dict[bytes, bytes] = {}
    start = 0
    if not data.startswith(b"\xff\x4f"):
        for kind, first, last in boxes(data):
            if kind == b"jp2h":
                for inner, begin, end in boxes(data, first, last):
                    header.setdefault(inner, data[begin:end])
            elif kind == b"jp2c":
                start = first
                break
    marks, right, bottom, left, top, *tile, count = struct.unpack_from(">I4x8IH", data, start)
    if marks != SOC_SIZ:
        raise ValueError("it has no codestream")
    tile_cols, tile_rows, tile_left, tile_top = tile
    components = [tuple(data[at : at + 3]) for at in range(start + 42, start + 42 + 3 * count, 3)]
    tiles = -(-(right - tile_left) // tile_cols) * -(-(bottom - tile_top) // tile_rows)
    if tiles * LEAST_TILE > len(data) or not all(components):
        raise ValueError(f"it claims {tiles:,} tiles and {count} components in {len(data):,} bytes")
    rows, cols = bottom - top, right - left
    nbytes = rows * cols * sum(1 + (depth & 0x7F) // 8 for depth, *_ in components)
    return Head((rows, cols), lambda: _raster(file, data, header, components), nbytes=nbytes)


def _raster(
    file: IO[bytes], data: bytes, header: dict[bytes, bytes], components: list[tuple[int, ...]]
) -> Raster:
    color_space, profile = _color(header.get(b"colr", b""))
    alpha, at = _alpha(header.get(b"cdef", b""))
    depth, is_plain = components[0][0], len(set(components)) == 1
    color_count = 1 if len(components) < 3 else 3
    bits, is_signed = (depth & 0x7F) + 1, depth > 0x7F
    if b"pclr" in header or (depth == 7 and color_space != 12):
        file.seek(0)
        raster = image_raster(open_picture(file, "JPEG2000"))
        samples = raster.samples
        if b"pclr" in header or color_space in _OTHER_COLORS:
            return Raster(samples, 255, raster.color, raster.alpha, profile)
    elif not is_plain or color_space in _OTHER_COLORS:
        kind = _OTHER_COLORS.get(color_space, "components of several kinds")
        raise Unsupported(
            f"is a JPEG 2000 with {kind} of {bits} bits, where grey and RGB are read; convert "
            "it, as in: magick in.jp2 -colorspace sRGB -depth 16 out.tif"
        )
    else:
        codecs: Any = require_for(f"a JPEG 2000 of {bits} bits")
        samples = codecs.jpeg2k_decode(data)
    return _with_channels(samples, color_count, alpha, at, bits, is_signed, profile)


def _with_channels(
    samples: Array,
    color_count: int,
    alpha: str,
    at: int,
    bits: int,
    is_signed: bool,
    profile: bytes | None,
) -> Raster:
    """Raster of the channels that are color or alpha; others, such as infrared, are left out."""
    samples = samples.reshape(*samples.shape[:2], -1)
    kept = [*range(color_count), *([at] if alpha != "none" else [])]
    remarks = []
    if samples.shape[2] > len(kept):
        count = samples.shape[2] - len(kept)
        remarks.append(f"{count} extra channel(s) not marked as transparency left out")
    samples = samples[:, :, kept]
    return Raster(
        samples if len(kept) > 1 else samples[:, :, 0],
        2 ** (bits - is_signed) - 1,
        "grey" if color_count == 1 else "rgb",
        alpha,
        profile,
        remarks=remarks,
    )


def _color(box: bytes) -> tuple[int, bytes | None]:
    """Enumerated color space, or 0, and ICC profile."""
    if box[:1] == b"\2":
        return 0, box[3:]
    return int.from_bytes(box[3:7], "big"), None


def _alpha(box: bytes) -> tuple[str, int]:
    """Kind of alpha, and its channel."""
    for channel, kind, _ in struct.iter_unpack(">3H", box[2 : 2 + (len(box) - 2) // 6 * 6]):
        if kind in (1, 2):
            return ("straight", "premultiplied")[kind - 1], channel
    return "none", 0
