"""LZW against the codes that libtiff and imagecodecs write."""

import io

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from psysal import image
from psysal.readers.lzw import check_codes


@pytest.mark.parametrize("colors", [1, 2, 9, 256])
@pytest.mark.parametrize("count", [1, 2, 253, 254, 255, 256, 3838, 4000, 100_000])
def test_what_others_write_is_sound(count, colors):
    codes = np.random.default_rng(0).integers(0, colors, (1, count), dtype=np.uint8)
    check_codes(imagecodecs.lzw_encode(codes.tobytes()))
    buffer = io.BytesIO()
    Image.fromarray(codes).save(buffer, "TIFF", compression="tiff_lzw")
    buffer.seek(0)
    with tifffile.TiffFile(buffer) as file:
        page = file.pages[0]
        for start, length in zip(page.dataoffsets, page.databytecounts, strict=True):
            check_codes(buffer.getvalue()[start : start + length])


def bits(codes):
    """Codes of 9 bits as bytes."""
    digits = "".join(format(code, "09b") for code in codes)
    digits += "0" * (-len(digits) % 8)
    return bytes(int(digits[k : k + 8], 2) for k in range(0, len(digits), 8))


@pytest.mark.parametrize(
    ("codes", "sound"),
    [
        ([256, 1, 258, 259, 257], True),  # each the one that it makes
        ([256, 1, 259, 257], False),
        ([256, 258, 257], False),
        ([256, 1, 2, 256, 3, 258, 257], True),
        ([256, 1, 2, 256, 3, 259, 257], False),
        ([1, 2, 257], False),
        ([256, 257, 400, 400], True),
    ],
)
def test_a_code_is_one_that_the_table_has(codes, sound):
    if sound:
        check_codes(bits(codes))
    else:
        with pytest.raises(ValueError, match="LZW"):
            check_codes(bits(codes))


@pytest.mark.parametrize("tile", [None, (16, 16)])
@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_a_file_with_codes_of_nothing_is_refused(kind, tile):
    buffer = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(kind)
    tifffile.imwrite(buffer, pixels, compression="lzw", tile=tile)
    data = buffer.getvalue()
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        start = file.pages[0].dataoffsets[-1]
    with pytest.raises(ValueError, match=r"damaged or cut short.*its LZW has codes of nothing"):
        image.read(io.BytesIO(data[: start + 2] + b"\xff" * 9 + data[start + 11 :]))
