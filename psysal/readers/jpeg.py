"""JPEG, by Pillow: kinds that libjpeg does not decode are refused by name.

Place in the pipeline: file -> [jpeg] -> Head, Raster.

References
----------
ITU-T T.81, "Digital compression and coding of continuous-tone still images", 1992.
"""

import io
from collections.abc import Iterator
from typing import IO

from psysal.readers.base import Head, Unsupported
from psysal.readers.directories import check_directories
from psysal.readers.pillow import read_head as read_by_pillow

__all__ = ["read_head"]

_FRAMES = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
_DECODED = (0xC0, 0xC1, 0xC2, 0xC9, 0xCA)
_PROGRESSIVE = (0xC2, 0xCA)
_KINDS = {0xC3: "lossless JPEG", 0xF7: "JPEG-LS"}

MOST_SCANS = 100
"""Passes over a progressive picture, each of which takes time; encoders write about ten."""


def read_head(file: IO[bytes]) -> Head:
    """Head of a JPEG, or of the first picture of an MPO.

    Parameters
    ----------
    file : binary file

    Returns
    -------
    Head

    Raises
    ------
    Unsupported
        More than 8 bits, lossless or hierarchical.
    ValueError
        A segment or its Exif claims more than there is.
    """
    kind, bits, exif = 0, 0, b""
    for marker, body in _segments(file):
        if marker in _FRAMES:
            kind, bits = marker, (body or b"\0")[0]
        elif marker == 0xE1 and body.startswith(b"Exif\0\0"):  # Pillow joins them
            exif += body[6:]
        elif marker == 0xE2 and body.startswith(b"MPF\0"):
            check_directories(io.BytesIO(body), 4)
    check_directories(io.BytesIO(exif))
    if kind and (bits != 8 or kind not in _DECODED):
        found = _KINDS.get(kind, "JPEG" if kind in _DECODED else "hierarchical JPEG")
        how = "gdal_translate in.jpg out.tif" if kind in _DECODED else "ffmpeg -i in.jpg out.png"
        raise Unsupported(
            f"is a {found} of {bits} bits, where JPEG of 8 bits is read; convert it, as in: {how}"
        )
    if kind in _PROGRESSIVE and (scans := file.read().count(b"\xff\xda")) > MOST_SCANS:
        raise ValueError(f"it has {scans:,} scans, where {MOST_SCANS} are read")
    file.seek(0)
    return read_by_pillow(file, "JPEG")


def _segments(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Markers before the first scan with their contents, each checked against the file."""
    end = file.seek(0, 2)
    file.seek(2)
    while len(head := file.read(4)) == 4 and head[0] == 0xFF and head[1] != 0xDA:
        if head[1] == 0xFF:  # fill bytes
            file.seek(-3, 1)
            continue
        length = int.from_bytes(head[2:], "big") - 2
        if not 0 <= length <= end - file.tell():
            raise ValueError(
                f"its segment {head[1]:#x} claims {length:,} bytes, of {end - file.tell():,}"
            )
        yield head[1], file.read(length)
