"""Raw files of cameras, developed by rawpy (LibRaw).

Place in the pipeline: file -> [raw] -> Head, Raster.
"""

from typing import IO, Any

from psysal.readers.apart import decode_apart
from psysal.readers.base import Head, Raster, Unsupported, require_for

__all__ = ["read_head"]

DEVELOP = """
import rawpy
with rawpy.imread(file) as raw:
    samples = raw.postprocess(output_bps=16, output_color=rawpy.ColorSpace.sRGB)
"""


def read_head(file: IO[bytes]) -> Head:
    """Head of a raw file.

    Parameters
    ----------
    file : binary file

    Returns
    -------
    Head
        Of the developed picture, upright.

    Raises
    ------
    Unsupported
        rawpy is not installed, or LibRaw does not know the camera.
    """
    rawpy: Any = require_for("raw data of a camera", "rawpy")
    try:
        with rawpy.imread(file) as raw:
            rows, cols = raw.sizes.iheight, raw.sizes.iwidth
            if raw.sizes.flip in (5, 6):
                rows, cols = cols, rows
    except rawpy.LibRawFileUnsupportedError:
        raise Unsupported(
            "has raw data of a camera that LibRaw does not develop; develop it with the camera's "
            "own program to TIFF"
        ) from None

    def developed() -> Raster:
        file.seek(0)
        pixels = decode_apart(DEVELOP, file.read())
        return Raster(pixels, 65535, "rgb", remarks=["developed from raw data of a camera"])

    return Head((rows, cols), developed)
