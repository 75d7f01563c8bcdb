"""Radiance pictures (.hdr): linear light, decoded by OpenCV.

Place in the pipeline: file -> [radiance] -> Head, Raster.

References
----------
G. Ward, "Real Pixels", Graphics Gems II, 1991.
"""

from typing import IO

import numpy as np

from psysal.readers.base import Head, Raster, Unsupported
from psysal.readers.opencv import decode

__all__ = ["read_head"]


def read_head(file: IO[bytes]) -> Head:
    """Head of a Radiance picture.

    Parameters
    ----------
    file : binary file

    Returns
    -------
    Head

    Raises
    ------
    Unsupported
        XYZ colors, or rows in another order than from the top.
    """
    said = {}
    while line := file.readline(4096).strip():
        key, _, value = line.partition(b"=")
        said[key] = value
    words = file.readline(4096).split()
    if said.get(b"FORMAT", b"32-bit_rle_rgbe") != b"32-bit_rle_rgbe" or words[::2] != [
        b"-Y",
        b"+X",
    ]:
        raise Unsupported(
            "is a Radiance picture with XYZ colors or turned, where upright RGB is read; convert "
            "it, as in: ra_xyze -r -u in.hdr out.hdr, or pflip"
        )
    height, width = int(words[1]), int(words[3])
    primaries = np.array(said.get(b"PRIMARIES", b"").split(), float)

    def load() -> Raster:
        file.seek(0)
        pixels = decode(file.read())
        # the file has red, green, blue, white
        said_color = (
            {"chromaticities": tuple(np.roll(primaries, 2))} if primaries.size == 8 else None
        )
        return Raster(pixels[:, :, ::-1], None, "rgb", profile=said_color, is_linear=True)

    return Head((height, width), load)
