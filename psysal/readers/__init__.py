"""Pictures of every container, each by its own reader.

Place in the pipeline: bytes of a file -> [readers] -> pixels, sRGB-encoded and upright, for
:mod:`psysal.image`.  The container is known by its first bytes, not by its name.
"""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import IO, TypeVar

from psysal._typing import Array
from psysal.files import reason, refuse_special
from psysal.readers import heif, jpeg, jpeg2000, netpbm, pillow, png, radiance, raw, tiff
from psysal.readers.base import Head, Raster, Unsupported
from psysal.readers.color import profile_name
from psysal.readers.containers import CONVERSIONS, HEAD_BYTES, identify
from psysal.readers.finishing import finish, upright

__all__ = [
    "ALWAYS_DECODED",
    "MOST_PACKED",
    "READERS",
    "color_profile",
    "decode",
    "decode_values",
    "size",
]

READERS: dict[str, Callable[[IO[bytes]], Head]] = {
    "AVIF": heif.read_avif_head,
    "HDR": radiance.read_head,
    "HEIF": heif.read_heic_head,
    "JPEG": jpeg.read_head,
    "JPEG2000": jpeg2000.read_head,
    "PNG": png.read_head,
    "PPM": netpbm.read_head,
    "TIFF": tiff.read_head,
    **{name: partial(pillow.read_head, container=name) for name in ("BMP", "GIF", "WEBP")},
    **dict.fromkeys(("CR2", "CR3", "MRW", "ORF", "RAF", "RW2", "X3F"), raw.read_head),
}
"""Reader of every container that is read."""

ALWAYS_DECODED = 100_000_000
"""Bytes of samples that any file may claim."""

MOST_PACKED = 2000
"""Bytes of samples that each byte of a file may claim beyond; a decompression bomb has more."""

Result = TypeVar("Result")

_SUPPORTED = (
    "PNG, JPEG, TIFF, WebP, AVIF, HEIC, JPEG 2000, GIF, BMP, PNM, Radiance and cameras' raw files"
)


def decode(
    name: str,
    data: bytes,
    *,
    max_pixels: int,
    formats: tuple[str, ...] | None = None,
    profile: str = "convert",
) -> tuple[Array, list[str]]:
    """Pixels in the bytes of an image file, and remarks on changes to them.

    Parameters
    ----------
    name : str
        Name in messages.
    data : bytes
    max_pixels : int
        Largest image in pixels.
    formats : tuple of str, optional
        Containers to decode, by the names of :mod:`psysal.readers.containers`; by default all.
    profile : "convert" or "ignore"
        Choice for color profiles.

    Returns
    -------
    (ndarray, list of str)
        (rows, cols) grey or (rows, cols, 3) sRGB; uint8, uint16, or float in [0, 1]; upright.

    Raises
    ------
    ValueError
        It is empty, damaged, too large, of a kind that is not read, or no image.
    """

    def finished(head: Head) -> tuple[Array, list[str]]:
        return finish(head.load(), orientation=head.orientation, profile=profile)

    return _decode(name, data, max_pixels, formats, finished)


def decode_values(name: str, data: bytes, *, max_pixels: int) -> Raster:
    """Samples in the bytes of an image file, upright and else as they are.

    Parameters
    ----------
    name : str
        Name in messages.
    data : bytes
    max_pixels : int
        Largest image in pixels.

    Returns
    -------
    Raster

    Raises
    ------
    ValueError
        As :func:`decode` raises it.
    """

    def turned(head: Head) -> Raster:
        raster = head.load()
        return replace(raster, samples=upright(raster.samples, head.orientation))

    return _decode(name, data, max_pixels, None, turned)


def color_profile(path: str | os.PathLike[str]) -> str | None:
    """Name of the color profile of an image, if it is not sRGB's: from its head alone, if it can.

    Parameters
    ----------
    path : path

    Returns
    -------
    str or None

    Raises
    ------
    OSError
        The file cannot be opened.
    ValueError
        It is no image, or damaged; the message names it.
    """
    name = os.fspath(path)
    refuse_special(name)
    with open(path, "rb") as file, _named(name):
        head = _open(name, file)
        profile = head.profile() if head.profile else head.load().profile
    return profile_name(profile)


def size(path: str | os.PathLike[str]) -> tuple[int, int]:
    """Size of an image upright, from the head of its file alone where its container allows it.

    Parameters
    ----------
    path : path

    Returns
    -------
    (int, int)
        Rows and columns.

    Raises
    ------
    OSError
        The file cannot be opened.
    ValueError
        It is no image, or damaged; the message names it.
    """
    refuse_special(os.fspath(path))
    with open(path, "rb") as file:
        rows, cols = (head := _open(os.fspath(path), file)).shape
    return (cols, rows) if head.orientation >= 5 else (rows, cols)


def _decode(
    name: str,
    data: bytes,
    max_pixels: int,
    formats: tuple[str, ...] | None,
    result: Callable[[Head], Result],
) -> Result:
    if not data:
        raise ValueError(f"{name}: is empty (0 bytes); an image file was expected")
    head = _open(name, io.BytesIO(data), formats)
    rows, cols = head.shape
    if rows * cols > max_pixels:
        raise ValueError(
            f"{name}: has {cols} x {rows} pixels, more than the limit of {max_pixels:,}; "
            "raise the limit max_pixels or shrink the image"
        )
    claimed = max(head.nbytes, 4 * rows * cols)
    most = max(ALWAYS_DECODED, MOST_PACKED * len(data))
    if rows < 1 or cols < 1 or claimed > most:
        raise ValueError(
            f"{name}: claims {cols} x {rows} pixels of {claimed:,} bytes in all, where a file of "
            f"{len(data):,} bytes may have 1 to {most:,}; if another program shows it, shrink it: "
            "magick in.png -scale 50% out.png"
        )
    with _named(name):
        return result(head)


def _open(name: str, file: IO[bytes], formats: tuple[str, ...] | None = None) -> Head:
    """Head of a file, by the reader of its container."""
    container = identify(file.read(HEAD_BYTES))
    file.seek(0)
    if container not in READERS or (formats and container not in formats):
        found = f", but {container}" if container else ""
        known = ", ".join(formats) if formats else _SUPPORTED
        how = CONVERSIONS.get(container, "magick in out.png") if container else ""
        raise ValueError(
            f"{name}: is not an image in a known format{found}; {known} are read"
            + (f", and this may be converted: {how}" if how else "")
        )
    with _named(name):
        return READERS[container](file)


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Errors of readers and decoders as ValueErrors that name the file."""
    try:
        yield
    except (Unsupported, ImportError) as error:
        raise ValueError(f"{name}: {error}") from None
    except MemoryError:
        raise ValueError(f"{name}: does not fit into memory; shrink the image") from None
    except Exception as error:  # decoders fed with junk raise anything
        raise ValueError(
            f"{name}: is damaged or cut short, or of a kind that its decoder does not know "
            f"({reason(error)}); if another program shows it, convert it there, or with: "
            "magick in out.png"
        ) from None
