"""TIFF, by tifffile: every tag that changes a value is looked at, or the file is refused.

Place in the pipeline: file -> [tiff] -> Head, Raster.  imagecodecs decompresses; without it,
tifffile has deflate and plain strips, and Pillow and OpenCV the kinds that they decode right.

References
----------
Adobe, "TIFF Revision 6.0", 1992, and its Technical Note 1 (sub-images).
"""

import io
import logging
import struct
from importlib.util import find_spec
from typing import IO, Any

import numpy as np

from psysal._typing import Array
from psysal.readers.apart import decode_apart
from psysal.readers.base import Head, Raster, Unsupported, require_for
from psysal.readers.directories import check_directories
from psysal.readers.lzw import check_codes
from psysal.readers.opencv import decode
from psysal.readers.pillow import quiet
from psysal.readers.raw import read_head as read_raw_head

__all__ = ["read_head"]

# of tags that are merely odd; without a handler Python would print it
logging.getLogger("tifffile").addHandler(logging.NullHandler())

MIN_IS_WHITE, MIN_IS_BLACK, RGB, PALETTE, CMYK, YCBCR = 0, 1, 2, 3, 5, 6
RAW = (32803, 34892)  # color filter array, linear raw
LZW, JPEG = 5, 7
ORIENTATION, TRANSFER_FUNCTION, WHITE_POINT, PRIMARIES = 274, 301, 318, 319
SAMPLE_FORMAT = 339
INK_SET, DOT_RANGE, REFERENCE_BLACK_WHITE, NO_DATA, DNG_VERSION = 332, 336, 532, 42113, 50706
COLOR_SAMPLES = {MIN_IS_WHITE: 1, MIN_IS_BLACK: 1, RGB: 3, PALETTE: 1, CMYK: 4, YCBCR: 3}
OTHER_COLORS = {4: "a mask", 8: "CIELab", 9: "ICCLab", 10: "ITULab", 32844: "LogL", 32845: "LogLuv"}
ALPHAS = {1: "premultiplied", 2: "straight"}
_BY_PILLOW = {
    *((photometric, bits, 1) for photometric in (MIN_IS_WHITE, MIN_IS_BLACK) for bits in (1, 8)),
    (MIN_IS_BLACK, 16, 1),
    (RGB, 8, 3),
}  # photometric, bits and number of samples that it decodes right, if in one plane
_IN_LIBTIFF = (1, 2, 3, 4, 5, 7, 8, 32773, 32946)  # compressions that every Pillow has
BY_PILLOW = """
from psysal.readers.pillow import image_raster, open_picture
samples = image_raster(open_picture(file, "TIFF")).samples
"""
MOST_PAGES = 100
"""Images of a file in which a full one is looked for."""

CONVERT = "convert it, as in: magick in.tif -colorspace sRGB -depth 16 out.tif"


def read_head(file: IO[bytes]) -> Head:
    """Head of a TIFF.

    Parameters
    ----------
    file : binary file

    Returns
    -------
    Head
        Of its first full image; of the developed one for a camera's raw file.

    Raises
    ------
    Unsupported
        It has previews only.
    """
    import tifffile

    check_directories(file)
    file.seek(0)
    with quiet():
        tiff: Any = tifffile.TiffFile(file)
        page = tiff.pages.first
    inner = (
        []
        if page.pages is None
        else [page.pages[k] for k in range(min(MOST_PAGES, len(page.pages)))]
    )
    if DNG_VERSION in page.tags or any(each.photometric in RAW for each in [page, *inner]):
        for each in (page, *inner):
            _check_parts(each)
        file.seek(0)
        return read_raw_head(file)
    later = (tiff.pages[index] for index in range(1, min(MOST_PAGES, len(tiff.pages))))
    remarks = []
    if page.is_reduced:
        page = next((each for each in (*inner, *later) if not each.is_reduced), None)
        if page is None:
            raise Unsupported("has a preview and no full image; develop it, or export it as TIFF")
        remarks.append("its first image, which is a preview, was skipped")
    elif any(not each.is_reduced for each in later) or _is_stack(tiff):
        remarks.append("only the first of its frames was read")
    orientation = page.tags.valueof(ORIENTATION, 1)
    return Head(
        (int(page.imagelength), int(page.imagewidth)),
        lambda: _raster(page, file, remarks),
        orientation if orientation in range(1, 9) else 1,
        lambda: _profile(page),
        page.nbytes,
    )


def _is_stack(tiff: Any) -> bool:
    """True for a stack of ImageJ that has one directory for all of its images."""
    return bool(tiff.is_imagej) and (tiff.imagej_metadata or {}).get("images", 1) > 1


def _raster(page: Any, file: IO[bytes], remarks: list[str]) -> Raster:
    photometric = _photometric(page, remarks)
    _refuse_unknown(page, photometric)
    is_for_libtiff = page.compression != JPEG or find_spec("imagecodecs") is None
    if photometric == YCBCR and _is_for_pillow(page) and is_for_libtiff:
        return Raster(_from_pillow(page, file), 255, "rgb", profile=_profile(page), remarks=remarks)
    samples = _samples(page, file)
    if samples.ndim == 4:  # slices of a volume
        samples = samples[0]
        remarks.append("only the first of its slices was read")
    if page.tags.valueof(NO_DATA) is not None and (samples == page.nodata).any():
        remarks.append(f"pixels marked as without data are taken as their value, {page.nodata}")
    colors = COLOR_SAMPLES[photometric]
    kinds = [ALPHAS.get(kind, "") for kind in (*page.extrasamples, *[0] * samples.shape[2])]
    kinds = kinds[: samples.shape[2] - colors]
    alpha = next((kind for kind in kinds if kind), "none")
    left_out = len(kinds) - (alpha != "none")
    if left_out:
        remarks.append(f"{left_out} extra channel(s) not marked as transparency left out")
    full: int | None = None
    if samples.dtype.kind != "f":
        full = 2 ** (page.bitspersample - (samples.dtype.kind == "i")) - 1
    color, veil = samples[:, :, :colors], None
    if alpha != "none":
        veil = samples[:, :, [colors + kinds.index(alpha)]]
    is_negative = samples.dtype.kind == "i" and samples.min() < 0  # and refused as such
    if photometric == MIN_IS_WHITE and not is_negative:
        color = (1 if full is None else color.dtype.type(full)) - color
        if alpha == "premultiplied" and veil is not None and (color > veil).any():
            raise Unsupported(
                "is brighter than its premultiplied transparency allows, where the least code "
                f"is white; {CONVERT}"
            )
    elif photometric == PALETTE:
        color, full, veil = _mapped(page.colormap, color[:, :, 0], full, veil)
    if veil is not None:
        color = np.concatenate([color, veil], axis=2)
    return Raster(
        color[:, :, 0] if color.shape[2] == 1 else color,
        full,
        {RGB: "rgb", PALETTE: "rgb", YCBCR: "rgb", CMYK: "cmyk"}.get(photometric, "grey"),
        alpha,
        profile=_profile(page),
        remarks=remarks,
    )


def _photometric(page: Any, remarks: list[str]) -> int:
    found = page.tags.valueof(262)
    if found is None and page.photometric != YCBCR:  # as libtiff takes them
        remarks.append("without a tag that says if 0 is black; taken as black")
        return MIN_IS_BLACK if page.samplesperpixel < 3 else RGB
    return int(page.photometric)


def _refuse_unknown(page: Any, photometric: int) -> None:
    """Tags that change values in a way that is not read."""
    bits, kind = page.bitspersample, page.sampleformat
    if photometric not in COLOR_SAMPLES:
        what = OTHER_COLORS.get(photometric, f"photometric interpretation {photometric}")
        raise Unsupported(f"is a TIFF with {what}, where grey, RGB and CMYK are read; {CONVERT}")
    if np.unique(page.tags.valueof(SAMPLE_FORMAT, 1)).size > 1:
        raise Unsupported(f"is a TIFF with samples of several formats; {CONVERT}")
    if kind in (5, 6):
        raise Unsupported(
            "is a TIFF of complex numbers, where real ones are read; take their magnitude"
        )
    known = (16, 32, 64) if kind == 3 else (*range(1, 17), 32)  # on the order of 24 none agree
    if bits not in known or page.dtype is None:
        raise Unsupported(
            f"is a TIFF with samples of {bits} bits in format {kind}, where integers of 1 to 16 or "
            f"32 bits, and floats of 16, 32 or 64, are read; {CONVERT}"
        )
    if page.samplesperpixel < COLOR_SAMPLES[photometric]:
        raise Unsupported(
            f"is a TIFF with {page.samplesperpixel} samples a pixel, where its kind of color "
            f"needs {COLOR_SAMPLES[photometric]}; {CONVERT}"
        )
    if photometric == YCBCR and (
        (bits, page.samplesperpixel) != (8, 3)
        or not (_is_for_pillow(page) or page.compression == JPEG)  # tifffile makes it RGB
    ):
        raise Unsupported(f"is a TIFF with YCbCr of other than 3 samples of 8 bits; {CONVERT}")
    if photometric == PALETTE and page.colormap is None:
        raise Unsupported(f"is a TIFF with a palette that is not there; {CONVERT}")
    if photometric == CMYK:
        dots = page.tags.valueof(DOT_RANGE, (0, 2**bits - 1))
        if page.tags.valueof(INK_SET, 1) != 1 or set(dots) != {0, 2**bits - 1}:
            raise Unsupported(f"is a TIFF with inks other than CMYK of full range; {CONVERT}")
    levels = page.tags.valueof(REFERENCE_BLACK_WHITE)
    if photometric == RGB and levels is not None and kind == 1:
        fractions = np.reshape(levels, (-1, 2, 2))  # of black and white
        if (fractions[:, 0, 0] != 0).any() or (
            fractions[:, 1, 0] != fractions[:, 1, 1] * (2.0**bits - 1)
        ).any():
            raise Unsupported(f"is a TIFF with its own levels of black and white; {CONVERT}")
    if page.fillorder != 1 and page.compression == LZW:
        raise Unsupported(f"is a TIFF with LZW of reversed bits; {CONVERT}")
    if page.predictor != 1 and page.compression == 1:  # libtiff ignores it, others do not
        raise Unsupported(f"is a TIFF with a predictor and no compression; {CONVERT}")
    if 0 in page.databytecounts or 0 in page.dataoffsets:
        raise Unsupported(
            "is a TIFF with parts that were not written (sparse); fill them, as in: "
            "gdal_translate in.tif out.tif"
        )
    _check_parts(page)


def _check_parts(page: Any) -> None:
    """Refusal of strips and tiles that are not all there."""
    end = page.parent.filehandle.size
    parts = zip(page.dataoffsets, page.databytecounts, strict=False)
    if any(start + length > end for start, length in parts):
        raise ValueError(f"its strips or tiles go beyond its {end:,} bytes")


def _samples(page: Any, file: IO[bytes]) -> Array:
    """Samples (rows, cols, n), or (slices, rows, cols, n), as stored."""
    kind = None
    if page.sampleformat == 1 and page.planarconfig == 1 and _is_for_pillow(page):
        kind = int(page.photometric), page.bitspersample, page.samplesperpixel
    if page.compression == LZW:
        for start, length in zip(page.dataoffsets, page.databytecounts, strict=False):
            file.seek(start)
            packed = file.read(length)
            check_codes(packed)
    try:
        stored = page.asarray(squeeze=False, maxworkers=1)
    except Exception as error:
        is_missing = "imagecodecs" in str(error) and find_spec("imagecodecs") is None
        if not is_missing and not isinstance(error, ImportError):
            raise
        return _without_imagecodecs(page, file, kind)
    separate, depth, *_, together = stored.shape
    if stored.dtype == bool:
        stored = stored.view(np.uint8)
    samples = np.moveaxis(stored, 0, 3).reshape(*stored.shape[1:4], separate * together)
    return samples if depth > 1 else samples[0]


def _without_imagecodecs(page: Any, file: IO[bytes], kind: tuple[int, int, int] | None) -> Array:
    """Samples of the kinds that Pillow or OpenCV decode right: photometric, bits and number."""
    if kind is not None and kind in _BY_PILLOW and page.compression in _IN_LIBTIFF:
        samples = _from_pillow(page, file)
        if kind[0] == MIN_IS_WHITE:  # Pillow has inverted it
            samples = 255 - samples
        samples = samples // (255 if kind[1] == 1 else 1)
    elif kind == (RGB, 16, 3) and page.compression == LZW:
        samples = decode(_marked_upright(page, file).read())[:, :, ::-1]
    else:
        name = getattr(page.compression, "name", page.compression)
        require_for(
            f"a TIFF with {page.samplesperpixel} samples of {page.bitspersample} bits, "
            f"compression {name}"
        )
        raise Unsupported(f"is a TIFF that tifffile does not decode; {CONVERT}")
    return samples.reshape(*page.shaped[2:4], page.samplesperpixel)


def _is_for_pillow(page: Any) -> bool:
    return page.index == 0 and not page.parent.is_bigtiff


def _from_pillow(page: Any, file: IO[bytes]) -> Array:
    """Samples by Pillow's libtiff, which only prints what it finds damaged, and goes on."""
    return decode_apart(BY_PILLOW, _marked_upright(page, file).read())


def _marked_upright(page: Any, file: IO[bytes]) -> IO[bytes]:
    """A TIFF for Pillow and OpenCV, which turn those that are not marked as upright."""
    file.seek(0)
    tag = page.tags.get(ORIENTATION)
    if tag is None or tag.value == 1:
        return file
    data = bytearray(file.read())
    struct.pack_into(page.parent.byteorder + "H", data, tag.valueoffset, 1)
    return io.BytesIO(data)


def _mapped(
    colormap: Array, codes: Array, full: int | None, veil: Array | None
) -> tuple[Array, int, Array | None]:
    """Colors of a palette: of 8 bits if that is all they have, by either way to widen them."""
    if colormap.max() < 256:  # written without widening; read so by libtiff
        colors, white = colormap, 255
    elif not (colormap % 257).any() or not (colormap % 256).any():
        colors, white = colormap >> 8, 255
    else:
        colors, white = colormap, 65535
    if veil is not None and full is not None:
        veil = np.rint(veil / full * white)
    kind = np.uint8 if white == 255 else np.uint16
    return colors.T.astype(kind)[codes], white, None if veil is None else veil.astype(kind)


def _profile(page: Any) -> bytes | dict[str, Any] | None:
    """ICC profile, or the older tags that say the same."""
    if page.iccprofile:
        return bytes(page.iccprofile)
    said: dict[str, Any] = {}
    table = page.tags.valueof(TRANSFER_FUNCTION)
    if table is not None:
        said["transfer_function"] = table
    white, primaries = page.tags.valueof(WHITE_POINT), page.tags.valueof(PRIMARIES)
    if white is not None and primaries is not None:
        pairs = np.reshape((*white, *primaries), (8, 2))
        if pairs[:, 1].all():
            said["chromaticities"] = tuple((pairs[:, 0] / pairs[:, 1]).tolist())
    return said or None
