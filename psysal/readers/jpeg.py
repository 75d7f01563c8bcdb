"""JPEG, by Pillow: kinds that libjpeg does not decode are refused by name.

Place in the pipeline: file -> [jpeg] -> Head, Raster.

References
----------
ITU-T T.81, "Digital compression and coding of continuous-tone still images", 1992.
"""

from typing import IO

from psysal.readers.base import Head, Unsupported
from psysal.readers.pillow import read_head as read_by_pillow

__all__ = ["read_head"]

_FRAMES = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
_DECODED = (0xC0, 0xC1, 0xC2, 0xC9, 0xCA)
_KINDS = {0xC3: "lossless JPEG", 0xF7: "JPEG-LS"}


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
    """
    kind, bits = _frame(file)
    if kind and (bits != 8 or kind not in _DECODED):
        found = _KINDS.get(kind, "JPEG" if kind in _DECODED else "hierarchical JPEG")
        how = "gdal_translate in.jpg out.tif" if kind in _DECODED else "ffmpeg -i in.jpg out.png"
        raise Unsupported(
            f"is a {found} of {bits} bits, where JPEG of 8 bits is read; convert it, as in: {how}"
        )
    file.seek(0)
    return read_by_pillow(file, "JPEG")


def _frame(file: IO[bytes]) -> tuple[int, int]:
    """Marker of the frame and its bits a sample; zeros where none is found."""
    file.seek(2)
    while head := file.read(4):
        if len(head) < 4 or head[0] != 0xFF or head[1] == 0xDA:
            break
        if head[1] in _FRAMES:
            return head[1], (file.read(1) or b"\0")[0]
        if head[1] == 0xFF:  # fill bytes
            file.seek(-3, 1)
        else:
            file.seek(int.from_bytes(head[2:], "big") - 2, 1)
    return 0, 0
