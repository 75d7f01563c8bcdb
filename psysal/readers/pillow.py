"""Pictures that Pillow decodes: 8 bits a sample, and PIL images of callers.

Place in the pipeline: file or PIL image -> [pillow] -> Head, Raster.
"""

import io
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Any

import numpy as np

from psysal.readers.base import Head, Raster, Unsupported
from psysal.readers.directories import check_directories

__all__ = [
    "frame_remarks",
    "image_orientation",
    "image_raster",
    "open_picture",
    "quiet",
    "read_head",
]

_opening = threading.Lock()


def read_head(file: IO[bytes], container: str) -> Head:
    """Head of a file that Pillow decodes.

    Parameters
    ----------
    file : binary file
    container : str
        Pillow's name of its format.

    Returns
    -------
    Head
    """
    picture = open_picture(file, container)
    width, height = picture.size
    return Head(
        (height, width),
        lambda: image_raster(picture),
        image_orientation(picture),
        lambda: _profile(picture),
    )


def open_picture(file: IO[bytes], container: str) -> Any:
    """A file opened by Pillow without its own limit of pixels, which is process-wide.

    Parameters
    ----------
    file : binary file
    container : str
        Pillow's name of its format.

    Returns
    -------
    PIL image
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with quiet():
            return Image.open(file, formats=(container,))
    except UnidentifiedImageError:
        raise ValueError(f"its head is not that of a {container}") from None


@contextmanager
def quiet() -> Iterator[None]:
    """No limit of pixels and no warnings, which are process-wide: for one thread at a time.

    Yields
    ------
    None
    """
    from PIL import Image

    with _opening, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def image_orientation(picture: Any) -> int:
    """Orientation of a PIL image, 1 to 8.

    Parameters
    ----------
    picture : PIL image

    Returns
    -------
    int
    """
    from PIL import ExifTags

    _check_exif(picture)
    with quiet():
        found = picture.getexif().get(ExifTags.Base.Orientation, 1)
    return found if found in range(1, 9) else 1


def _check_exif(picture: Any) -> None:
    """Refusal of Exif that Pillow would unpack to many times its length."""
    exif = picture.info.get("exif")
    if exif is None and (text := picture.info.get("Raw profile type exif")):
        exif = bytes.fromhex("".join(text.split("\n")[3:]))
    if exif:
        check_directories(io.BytesIO(exif), 6 * exif.startswith(b"Exif\0\0"))


def image_raster(picture: Any) -> Raster:
    """Raster of a PIL image.

    Parameters
    ----------
    picture : PIL image
        Of any mode; only its samples are decoded.

    Returns
    -------
    Raster

    Raises
    ------
    Unsupported
        A mode whose values have no known scale.
    """
    said: dict[str, Any] = {"profile": _profile(picture), "remarks": frame_remarks(picture)}
    mode, clear = picture.mode, picture.info.get("transparency")
    if mode == "F":
        return Raster(np.asarray(picture), None, "grey", **said)
    if mode in ("1", "L", "I") or mode.startswith("I;16"):
        codes = np.asarray(picture.convert("L") if mode in ("1", "L") else picture)
        if codes.min() < 0 or codes.max() > 65535:  # of "I", which has 32 bits where files have 16
            raise Unsupported(
                f"has integers from {codes.min()} to {codes.max()}, where 0 to 65535 are read; "
                "scale them, as in: magick in.tif -auto-level -depth 16 out.tif"
            )
        grey = codes if mode in ("1", "L") else codes.astype(np.uint16)
        white = np.iinfo(grey.dtype).max
        if not isinstance(clear, int):
            return Raster(grey, white, "grey", **said)
        veil = np.where(grey == clear, 0, white).astype(grey.dtype)
        return Raster(np.dstack([grey, veil]), white, "grey", "straight", **said)
    if mode in ("P", "PA") or clear is not None:
        mode = "RGB" if mode == "P" and clear is None else "RGBA"
    elif mode not in ("LA", "La", "RGB", "RGBA", "RGBa", "CMYK"):
        mode = "RGB"
    samples = np.asarray(picture if picture.mode == mode else picture.convert(mode))
    alpha = {"A": "straight", "a": "premultiplied"}.get(mode[-1], "none")
    color = {"L": "grey", "C": "cmyk"}.get(mode[0], "rgb")
    return Raster(samples, 255, color, alpha, **said)


def frame_remarks(picture: Any) -> list[str]:
    """Remark on further frames of a PIL image, if it has any.

    Parameters
    ----------
    picture : PIL image

    Returns
    -------
    list of str
    """
    with suppress(Exception), quiet():  # of a later frame that is damaged
        if picture.format == "MPO":  # previews are no frames
            entries = (picture.mpinfo or {}).get(0xB002, [])[1:]
            is_several = any("Multi-Frame" in entry["Attribute"]["MPType"] for entry in entries)
        else:
            is_several = getattr(picture, "is_animated", False)
        if is_several:
            return ["only the first of its frames was read"]
    return []


def _profile(picture: Any) -> bytes | Mapping[str, Any] | None:
    """ICC profile, or what PNG and Exif say in its place."""
    from PIL import ExifTags

    info = picture.info
    if info.get("icc_profile"):
        return info["icc_profile"]
    said: dict[str, Any] = {}
    if "srgb" not in info:
        said |= {key: info[key] for key in ("gamma",) if key in info}
        if "chromaticity" in info:
            said["chromaticities"] = info["chromaticity"]
    if "exif" in info and picture.format in ("JPEG", "MPO"):
        with suppress(Exception), quiet():  # of Exif that is damaged
            exif = picture.getexif()
            index = exif.get_ifd(ExifTags.IFD.Interop).get(1)
            space = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace)
            if index == "R03" or space == 2:
                said["exif"] = "R03"
    return said or None
