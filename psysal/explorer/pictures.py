"""Pictures to explore: an upload, a photograph of scikit-image, or a display of vision science.

Place in the pipeline: upload, example -> [pictures] -> view.
Enters: name and bytes of a file, or a name of :data:`PHOTOGRAPHS` or
:data:`psysal.stimuli.DISPLAYS`.  Leaves: a :class:`Picture` of at most :data:`MAX_SIDE` pixels a
side.  Nothing here opens a path.
"""

import io
from dataclasses import dataclass
from pathlib import PurePath

from psysal import image
from psysal._typing import Array
from psysal.checks import one_of
from psysal.stimuli import DISPLAYS

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "MAX_SIDE",
    "PHOTOGRAPHS",
    "Picture",
    "get_example",
    "read_upload",
    "size_sentence",
]

MAX_SIDE = 1024
"""Longest side of a picture in pixels: that of the photographs of the MIT data sets."""

MAX_PIXELS = 25_000_000
"""Largest upload by default, in pixels: more than most cameras take."""

MAX_BYTES = 20_000_000
"""Largest upload, in bytes."""

FORMATS = ("AVIF", "BMP", "GIF", "HEIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
"""Containers that are read, as :mod:`psysal.readers.containers` names them."""

PHOTOGRAPHS = ("coffee", "astronaut", "chelsea", "rocket")
"""Photographs that come with scikit-image."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture to explore.

    Attributes
    ----------
    name : str
        Name that the page shows.
    pixels : ndarray, (rows, cols) or (rows, cols, 3)
        Checked pixels, as :func:`psysal.image.check_image` gives them.
    code : tuple of str
        Lines of Python that make ``pixels``; imports come first.
    size : (int, int)
        Rows and columns before the picture was reduced.
    remark : str
        Source and changes of the picture, in sentences.
    target : ndarray, (rows, cols), bool, optional
        Target of a search display.
    targets : tuple of ndarray, (rows, cols), bool
        The two targets of an illusion, which are the same in the picture: the one that people see
        as more, and the one that they see as less; empty for other pictures.
    dimension : str
        Dimension in which they differ for people, as :class:`psysal.stimuli.Display` has it.
    key : str
        Name that :func:`get_example` takes; empty for an upload.
    """

    name: str
    pixels: Array
    code: tuple[str, ...]
    size: tuple[int, int]
    remark: str = ""
    target: Array | None = None
    targets: tuple[Array, ...] = ()
    dimension: str = ""
    key: str = ""

    def to_pixels(self, positions: Array) -> Array:
        """Positions on ``pixels`` from positions on the picture before it was reduced.

        Parameters
        ----------
        positions : ndarray, (n, 2)
            x, y in pixels of the picture at its first size.

        Returns
        -------
        ndarray, (n, 2)
        """
        rows, cols = self.pixels.shape[:2]
        return positions * (cols / self.size[1], rows / self.size[0])


def read_upload(name: str, data: bytes, max_pixels: int = MAX_PIXELS) -> Picture:
    """Picture in an uploaded file.

    Parameters
    ----------
    name : str
        Name of the file; it is shown, never opened.
    data : bytes
        Content of the file.
    max_pixels : int
        Largest number of pixels that is read.

    Returns
    -------
    Picture
        Its longer side has at most :data:`MAX_SIDE` pixels.

    Raises
    ------
    ValueError
        The file is empty, damaged, too large or no image.
    """
    name = PurePath(name.replace("\\", "/")).name or "picture"
    if len(data) > MAX_BYTES:
        raise ValueError(size_sentence(name, len(data)))
    remarks: list[str] = []
    original = image.read(
        io.BytesIO(data),
        name=name,
        max_pixels=max_pixels,
        formats=FORMATS,
        on_warning=remarks.append,
    )
    code = ["from psysal import image", f"pixels = image.read({name!r})"]
    pixels = image.shrink(original, MAX_SIDE)
    rows, cols = original.shape[:2]
    small_rows, small_cols = pixels.shape[:2]
    if (small_rows, small_cols) != (rows, cols):
        remarks.append(f"Reduced from {cols} x {rows} to {small_cols} x {small_rows} pixels")
        code.append(f"pixels = image.shrink(pixels, {MAX_SIDE})")
    remark = " ".join(f"{sentence}." for sentence in remarks)
    return Picture(name, pixels, tuple(code), (rows, cols), remark)


def size_sentence(name: str, size: int) -> str:
    """Sentence that refuses an upload of more than :data:`MAX_BYTES`.

    Parameters
    ----------
    name : str
        Name of the file.
    size : int
        Its bytes.

    Returns
    -------
    str
    """
    return (
        f"{name}: has {size / 1e6:.0f} MB, more than the limit of {MAX_BYTES / 1e6:.0f} MB; "
        "shrink it, or save it as a JPEG"
    )


def get_example(name: str, ppd: float = 32) -> Picture:
    """A photograph of :data:`PHOTOGRAPHS`, or a display of :data:`psysal.stimuli.DISPLAYS`.

    Parameters
    ----------
    name : str
        Name of the photograph or display.
    ppd : float
        Pixels per degree of visual angle of a display.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        There is no example of this name.

    Examples
    --------
    >>> get_example("white").code[-1]
    'pixels = stimuli.white(ppd=32).image'
    """
    one_of("picture", name, (*PHOTOGRAPHS, *DISPLAYS))
    if name in PHOTOGRAPHS:
        import skimage.data

        pixels = getattr(skimage.data, name)()
        code = ("import skimage.data", f"pixels = skimage.data.{name}()")
        remark = "A photograph that comes with scikit-image."
        return Picture(name, pixels, code, pixels.shape[:2], remark, key=name)
    display = DISPLAYS[name](ppd=ppd)
    return Picture(
        name.replace("_", " "),
        display.image,
        code=("from psysal import stimuli", f"pixels = stimuli.{name}(ppd={ppd:g}).image"),
        size=display.image.shape[:2],
        remark=f"{display.report} {display.source}",
        target=display.target_masks[0] if display.dimension == "saliency" else None,
        targets=display.target_masks if display.dimension != "saliency" else (),
        dimension=display.dimension,
        key=name,
    )
