"""AVIF and HEIC: Pillow and pillow-heif decode them, and imagecodecs AVIF of 10 and 12 bits.

Place in the pipeline: file -> [heif] -> Head, Raster.

References
----------
ISO/IEC 23008-12, "Image File Format"; AOMedia, "AV1 Image File Format", 2024.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import IO, Any

import numpy as np

from psysal.readers.base import Head, Raster, require_for
from psysal.readers.pillow import frame_remarks, image_orientation, image_raster, open_picture

__all__ = ["boxes", "read_avif_head", "read_heic_head"]


def read_avif_head(file: IO[bytes]) -> Head:
    """Head of an AVIF.

    Parameters
    ----------
    file : binary file

    Returns
    -------
    Head
    """
    data = file.read()
    file.seek(0)
    picture = open_picture(file, "AVIF")
    width, height = picture.size
    properties = _properties(data)
    config = properties.get(b"av1C", b"\0\0\0")[2]
    bits = 8 if not config & 0x40 else 12 if config & 0x20 else 10

    def load() -> Raster:
        if bits == 8:
            raster = image_raster(picture)
        else:
            codecs: Any = require_for(f"an AVIF of {bits} bits")
            codes = codecs.avif_decode(data, index=0)
            channels = 1 if codes.ndim == 2 else codes.shape[2]
            raster = Raster(
                codes,
                2**bits - 1,
                "grey" if channels < 3 else "rgb",
                "none" if channels in (1, 3) else "straight",
                remarks=frame_remarks(picture),
            )
        return replace(raster, profile=picture.info.get("icc_profile") or _nclx(properties))

    return Head((height, width), load, image_orientation(picture))


def read_heic_head(file: IO[bytes]) -> Head:
    """Head of a HEIC.

    Parameters
    ----------
    file : binary file

    Returns
    -------
    Head
        Upright, since libheif turns pictures itself.

    Raises
    ------
    Unsupported
        pillow-heif is not installed.
    """
    pillow_heif: Any = require_for("HEIC", "pillow_heif")
    properties = _properties(file.read())
    file.seek(0)
    heif = pillow_heif.open_heif(file, convert_hdr_to_8bit=False)
    width, height = heif.size

    def load() -> Raster:
        # a copy, since some versions of pillow-heif free the memory before the array
        samples, mode = np.array(heif), heif.mode.partition(";")[0]
        bits = heif.info["bit_depth"]
        if bits > 8:  # pillow-heif shifts them to the upper end of 16
            samples = samples >> (16 - bits)
        return Raster(
            samples,
            2**bits - 1,
            "rgb" if mode.startswith("RGB") else "grey",
            {"A": "straight", "a": "premultiplied"}.get(mode[-1], "none"),
            heif.info.get("icc_profile") or _nclx(properties),
            remarks=["only the first of its pictures was read"] if len(heif) > 1 else [],
        )

    return Head((height, width), load)


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Boxes of an ISO base media file.

    Parameters
    ----------
    data : bytes
    start, end : int
        Place of the first one, and of the end of the last.

    Yields
    ------
    (bytes, int, int)
        Kind, start and end of the content.
    """
    end = len(data) if end is None else end
    while start + 8 <= end:
        length, kind = int.from_bytes(data[start : start + 4], "big"), data[start + 4 : start + 8]
        body = start + 8
        if length == 1:
            length, body = int.from_bytes(data[body : body + 8], "big"), body + 8
        stop = end if length == 0 else start + length
        if stop < body or stop > end:
            return
        yield kind, body, stop
        start = stop


def _properties(data: bytes) -> dict[bytes, bytes]:
    """First item property of every kind; a color profile and its codes are two kinds."""
    found: dict[bytes, bytes] = {}
    path = [(b"meta", 4), (b"iprp", 0), (b"ipco", 0)]
    start, end = 0, len(data)
    for wanted, skipped in path:
        place = next(((s, e) for kind, s, e in boxes(data, start, end) if kind == wanted), None)
        if place is None:
            return found
        start, end = place[0] + skipped, place[1]
    for kind, first, last in boxes(data, start, end):
        body = data[first:last]
        found.setdefault(kind + body[:4] if kind == b"colr" else kind, body)
    return found


def _nclx(properties: dict[bytes, bytes]) -> dict[str, Any] | None:
    body = properties.get(b"colrnclx")
    if body is None or len(body) < 11:
        return None
    codes = (int.from_bytes(body[at : at + 2], "big") for at in (4, 6, 8))
    return {"cicp": (*codes, body[10] >> 7)}
