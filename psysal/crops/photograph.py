"""Photographs to be cut as their files have them, and crops as files.

Place in the pipeline: bytes -> [photograph] -> pixels for the model, samples to cut;
crop of samples -> [photograph] -> bytes of a JPEG, WebP or PNG.

A crop has the samples, the transparency, the color profile and the Exif of its photograph.  What
a file of 8 bits and a profile cannot say becomes sRGB: inks, light, and colors that are known by
other tags.  Exif says the size and orientation of the crop, and keeps no thumbnail of the whole.
"""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np

from psysal import readers
from psysal._typing import Array
from psysal.image import full_scale
from psysal.readers.base import Raster
from psysal.readers.containers import HEAD_BYTES, identify
from psysal.readers.finishing import finish, on_white
from psysal.readers.pillow import image_orientation, open_picture, quiet

__all__ = ["FORMATS", "Photograph", "encode_crop", "read_photograph"]

FORMATS = {"jpg": "JPEG", "webp": "WEBP", "png": "PNG"}
"""Pillow's name of every format of crops, by its suffix."""
QUALITY = 90
"""Quality of JPEG and of WebP."""
WITH_EXIF = ("JPEG", "PNG", "WEBP", "AVIF")
"""Containers whose Exif is read; of the others there is a remark."""
WITHOUT_EXIF = ("BMP", "GIF", "HDR", "PPM")
"""Containers that have none."""
IFD_SIZE = {0x0100: 1, 0x0101: 0}
"""Tags of Exif that are the width and the height of the picture."""
EXIF_SIZE = {0xA002: 1, 0xA003: 0}
"""The same, in the directory of Exif itself."""
ORIENTATION, EXIF_DIRECTORY = 0x0112, 0x8769
MOST_EXIF = 65_533
"""Bytes of Exif that a JPEG has room for."""


@dataclass(frozen=True, eq=False)
class Photograph:
    """Photograph to be cut.

    Attributes
    ----------
    pixels : ndarray, (rows, cols) or (rows, cols, 3)
        sRGB, as :func:`psysal.image.check_image` gives them, for a model.
    samples : ndarray, (rows, cols) or (rows, cols, channels), uint8
        Grey or RGB of the profile, with alpha as one channel more, upright.
    profile : bytes or None
        ICC profile of the samples; None for sRGB.
    exif : bytes
        Exif of the file without its thumbnail; empty if it has none.
    remarks : tuple of str
        Sentences on what was changed.
    """

    pixels: Array
    samples: Array
    profile: bytes | None
    exif: bytes
    remarks: tuple[str, ...]


def read_photograph(name: str, data: bytes, *, max_pixels: int) -> Photograph:
    """Photograph in the bytes of an image file.

    Parameters
    ----------
    name : str
        Name in messages.
    data : bytes
        A file of any kind that :func:`psysal.image.read` takes.
    max_pixels : int
        Largest image in pixels.

    Returns
    -------
    Photograph

    Raises
    ------
    ValueError
        It is empty, damaged, too large or no image; the message names it.
    """
    raster = readers.decode_values(name, data, max_pixels=max_pixels)
    try:
        pixels, remarks = finish(raster)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    pixels = np.ascontiguousarray(pixels)
    samples, profile = pixels, None
    if _is_kept(raster):
        samples, remarks = raster.samples, list(raster.remarks)
        profile = raster.profile if isinstance(raster.profile, bytes) else None
    if samples.dtype != np.uint8:
        remarks.append("reduced to 8 bits")
        scale = samples.dtype.type(255) / full_scale(samples)
        samples = np.rint(samples * scale).astype(np.uint8)
    container = identify(data[:HEAD_BYTES])
    exif = b""
    if container in WITH_EXIF:
        picture = open_picture(io.BytesIO(data), container)
        image_orientation(picture)  # refuses Exif that claims more than there is
        with quiet():
            tags = picture.getexif()
            exif = tags.tobytes() if tags else b""
    elif container not in WITHOUT_EXIF:
        remarks.append(f"the Exif of {container} is not kept")
    return Photograph(pixels, samples, profile, exif, tuple(remarks))


def _is_kept(raster: Raster) -> bool:
    """True if a file of 8 bits with an ICC profile says what the samples mean."""
    return (
        raster.full in (255, 65535)
        and raster.samples.dtype.kind == "u"
        and raster.color != "cmyk"
        and raster.alpha != "premultiplied"
        and not raster.is_linear
        and (raster.profile is None or isinstance(raster.profile, bytes))
    )


def encode_crop(samples: Array, form: str, photograph: Photograph) -> tuple[bytes, list[str]]:
    """Bytes of a file with a crop, and remarks on what it cannot hold.

    Parameters
    ----------
    samples : ndarray, (rows, cols) or (rows, cols, channels), uint8
        Cut from those of the photograph.
    form : "jpg", "webp" or "png"
        Format; JPEG and WebP of a quality of 90.
    photograph : Photograph
        With the color profile and the Exif.

    Returns
    -------
    (bytes, list of str)

    Raises
    ------
    ValueError
        The crop is larger than the format can be.
    """
    from PIL import Image

    remarks = []
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    if channels in (2, 4) and samples[:, :, -1].min() == 255:
        samples, channels = samples[:, :, :-1], channels - 1
    elif channels in (2, 4) and form == "jpg":
        samples, channels = on_white(samples[:, :, :-1], samples[:, :, -1]), channels - 1
        remarks.append("transparency composited on white, which JPEG has not")
    options: dict[str, Any] = {} if form == "png" else {"quality": QUALITY}
    if photograph.profile:
        options["icc_profile"] = photograph.profile
    if photograph.exif:
        exif = _exif(photograph.exif, samples.shape[:2])
        if form == "jpg" and len(exif) > MOST_EXIF:
            remarks.append(f"its {len(exif):,} bytes of Exif were left out, which JPEG cannot hold")
        else:
            options["exif"] = exif
    picture = Image.fromarray(np.ascontiguousarray(samples.squeeze()) if channels == 1 else samples)
    buffer = io.BytesIO()
    try:
        picture.save(buffer, FORMATS[form], **options)
    except (OSError, ValueError) as error:
        rows, cols = samples.shape[:2]
        raise ValueError(
            f"a crop of {cols} x {rows} pixels could not be written as {FORMATS[form]} ({error}); "
            "ask for a smaller one or another format"
        ) from None
    return buffer.getvalue(), remarks


def _exif(exif: bytes, shape: tuple[int, int]) -> bytes:
    """Exif of an upright picture of another size."""
    from PIL import Image

    new = Image.Exif()
    new.load(exif)
    if ORIENTATION in new:
        new[ORIENTATION] = 1
    for tag, axis in IFD_SIZE.items():
        if tag in new:
            new[tag] = shape[axis]
    directory = new.get_ifd(EXIF_DIRECTORY)
    for tag, axis in EXIF_SIZE.items():
        if tag in directory:
            directory[tag] = shape[axis]
    return bytes(new.tobytes())
