"""Colors of pictures converted to sRGB from the profile that describes them.

Place in the pipeline: straight samples of a file -> [color] -> sRGB of the same depth -> composited
on white.

LittleCMS converts: through Pillow at 8 bits, and through imagecodecs above, without which a deeper
picture is converted at 8 bits and a remark says so.  The intent is the perceptual one, as in
browsers and MATLAB; for the profile of a display it gives the same as the colorimetric ones. The
black point is compensated, as LittleCMS does on the way to an sRGB profile of version 4.  Colors
outside of sRGB are clipped.

A profile is sRGB's by what it does: if it moves no color of a grid by more than one code of 255,
the samples stay as they are.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from psysal import srgb
from psysal._typing import Array
from psysal.optional import install_command, require
from psysal.readers.base import Unsupported
from psysal.readers.icc import HDR, from_tags

__all__ = ["profile_name", "to_srgb"]

SPACES = {"grey": ("L", "GRAY", "gray"), "rgb": ("RGB", "RGB", "rgb"), "cmyk": ("CMYK",) * 3}
"""Names of a kind of color: Pillow's, ICC's and imagecodecs'."""

CLASSES = {"link": "a device link", "abst": "an abstract profile", "nmcl": "named colors"}
"""Classes of profiles that describe no picture."""

EXACT = 0x0100
"""Flag of LittleCMS: every sample through the profile itself, not through a table of 33 codes."""

LEVELS = (0, 4, 16, 48, 80, 128, 176, 224, 255)
"""Codes of each channel on the grid that tells sRGB."""


def to_srgb(
    samples: Array,
    profile: bytes | Mapping[str, Any] | None,
    *,
    color: str = "rgb",
    is_linear: bool = False,
    ignore: bool = False,
) -> tuple[Array, str | None]:
    """Samples in sRGB, and a remark on what was converted.

    Parameters
    ----------
    samples : ndarray, (rows, cols), (rows, cols, 3) or (rows, cols, 4)
        Grey, RGB or CMYK without alpha: uint8, uint16 or float in [0, 1].
    profile : bytes, mapping or None
        As :class:`psysal.readers.base.Raster` has it.
    color : "grey", "rgb" or "cmyk"
        Kind of color.
    is_linear : bool
        True where samples are proportional to light.
    ignore : bool
        Leave the samples as they are, as far as their kind of color and light allow.

    Returns
    -------
    (ndarray, str or None)
        (rows, cols) or (rows, cols, 3) in the data type of ``samples``.

    Raises
    ------
    Unsupported
        Colors for HDR displays, or of code points that are not known.

    Examples
    --------
    >>> codes, remark = to_srgb(np.full((1, 1), 55, np.uint8), {"gamma": 1.0}, color="grey")
    >>> codes.item(), remark
    (128, 'converted from a gamma of 1 to sRGB')
    """
    remarks = []
    if ignore:
        if name := profile_name(profile, is_linear=is_linear):
            remarks.append(f"color profile ignored: {name}")
        profile = None
    elif isinstance(profile, Mapping):
        profile = from_tags(profile, grey=color == "grey", is_linear=is_linear)
    if profile:
        opened = _open(profile, color)
        if opened.transform:
            return _converted(samples, profile, color)
        if not opened.problem:
            return samples, None
        remarks.append(f"color profile ignored, since {opened.problem}")
    if color == "cmyk":
        remarks.append("CMYK turned into RGB without a color profile")
        samples = _without_profile(samples)
    elif is_linear:
        remarks.append("linear light encoded to sRGB")
        samples = srgb.from_linear(samples).astype(samples.dtype)
    return samples, "; ".join(remarks) or None


def profile_name(
    profile: bytes | Mapping[str, Any] | None, *, is_linear: bool = False
) -> str | None:
    """Name of a profile from which :func:`to_srgb` converts pictures of its kind of color.

    Parameters
    ----------
    profile, is_linear
        As :func:`to_srgb` takes them.

    Returns
    -------
    str or None
        None for sRGB's, and for what is no profile.

    Examples
    --------
    >>> profile_name({"cicp": (12, 13, 0, 1)}), profile_name({"cicp": (1, 13, 0, 1)})
    ('Display P3', None)
    """
    if isinstance(profile, Mapping):
        tags = profile
        try:
            profile = from_tags(tags, is_linear=is_linear)
        except Unsupported:
            return HDR.get(tags["cicp"][1], "code points of H.273")
    if not profile:
        return None
    kinds = {space.encode(): color for color, (_, space, _) in SPACES.items()}
    opened = _open(profile, kinds.get(profile[16:20].strip(), "rgb"))
    return opened.name if opened.transform else None


@dataclass(frozen=True)
class _Profile:
    """A profile with Pillow's transform to sRGB; without one, it is sRGB's or has a problem."""

    name: str
    transform: Any = None
    problem: str = ""


@lru_cache(maxsize=8)
def _open(data: bytes, color: str) -> _Profile:
    """Profile of a picture of a kind of color."""
    from PIL import ImageCms

    mode, space, _ = SPACES[color]
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        found = profile.profile.xcolor_space.strip()
        kind = profile.profile.device_class
        name = " ".join((profile.profile.profile_description or "").split())[:80]
        name = name if name.isprintable() and name else "a color profile without a name"
        if kind in CLASSES:
            return _Profile(name, problem=f"{name} is {CLASSES[kind]}, which describes no picture")
        if found != space:
            if (color, found) == ("grey", "RGB") and _open(data, "rgb") == _Profile(name):
                return _Profile(name)  # sRGB's, whose curve holds for grey too
            return _Profile(name, problem=f"{name} is for {found}, and the picture is {space}")
        # a matrix and curves stay exact to a code when LittleCMS makes them quick, tables do not
        is_quick = color == "rgb" and profile.profile.is_matrix_shaper
        transform = ImageCms.buildTransform(
            profile,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.PERCEPTUAL,
            ImageCms.Flags.NONE if is_quick else ImageCms.Flags.NOOPTIMIZE,
        )
        return _Profile(name, None if _is_identity(transform, mode) else transform)
    except ImportError:
        return _Profile("", problem="Pillow was built without LittleCMS")
    except Exception:  # of a profile that is junk
        return _Profile("", problem="it is damaged")


def _is_identity(transform: Any, mode: str) -> bool:
    """Test whether a transform to sRGB moves no color of a grid by more than one code."""
    if mode == "CMYK":
        return False
    levels = np.arange(256) if mode == "L" else np.stack(np.meshgrid(*[LEVELS] * 3), axis=-1)
    codes = levels.reshape(1, -1, *levels.shape[3:]).astype(np.uint8)
    moved = _at_8_bits(codes, transform, mode).T.astype(int) - codes.T
    return bool(abs(moved).max() <= 1)


def _converted(samples: Array, profile: bytes, color: str) -> tuple[Array, str]:
    """Samples converted to sRGB, and a remark that says so."""
    opened, (mode, _, name) = _open(profile, color), SPACES[color]
    remark = f"converted from {opened.name} to sRGB"
    is_float = samples.dtype.kind == "f"
    full = 1 if is_float else np.iinfo(samples.dtype).max
    codes = samples
    if color == "grey" and not is_float:  # every code once
        codes = np.arange(full + 1, dtype=samples.dtype)[None]
    if samples.dtype == np.uint8:
        pixels = _at_8_bits(codes, opened.transform, mode)
    else:
        try:
            transform = require("imagecodecs").cms_transform
        except ImportError:
            remark += f" at 8 bits; for more, run: {install_command('formats')}"
            coarse = np.rint(codes * (255 / full)).astype(np.uint8)
            pixels = _at_8_bits(coarse, opened.transform, mode)
            pixels = (pixels * (full / 255)).astype(samples.dtype)
        else:
            if color == "cmyk" and is_float:
                codes = codes * 100  # LittleCMS has inks in percent
            options = {"colorspace": name, "outcolorspace": "rgb", "flags": EXACT}
            pixels = transform(codes, profile, _srgb_profile(), **options)
            if is_float:
                np.clip(pixels, 0, 1, out=pixels)
    if color != "grey":
        return pixels, remark
    grey = pixels[:, :, 1]  # as red and blue are
    return (grey if is_float else grey[0][samples]), remark


def _at_8_bits(codes: Array, transform: Any, mode: str) -> Array:
    """RGB of codes, (rows, cols, 3) uint8."""
    from PIL import Image, ImageCms

    size = codes.shape[1], codes.shape[0]
    picture = Image.frombuffer(mode, size, np.ascontiguousarray(codes), "raw", mode, 0, 1)
    return np.asarray(ImageCms.applyTransform(picture, transform))


@lru_cache
def _srgb_profile() -> bytes:
    from PIL import ImageCms

    return bytes(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())


def _without_profile(inks: Array) -> Array:
    """RGB of inks as if each absorbed one third of the spectrum."""
    full = np.iinfo(inks.dtype).max if inks.dtype.kind == "u" else 1
    light = full - inks[:, :, 3:]
    absorbed = inks[:, :, :3] / np.float64(full) * light
    rgb = light - (np.rint(absorbed) if full > 1 else absorbed)
    return rgb.astype(inks.dtype)
