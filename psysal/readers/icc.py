"""ICC profiles made from what a file says about its colors in another way.

Place in the pipeline: tags of a container -> [icc] -> profile -> color.  A PNG has a gamma,
primaries or code points, an AVIF code points, a camera's JPEG the name of a color space, OpenEXR
and TIFF primaries.  Each becomes a profile of a matrix and curves, so that
:mod:`psysal.readers.color` knows one way to convert colors.

A gamma within 5 % of 1 / 2.2 is taken as sRGB's curve, as by libpng.  So are the transfer
functions of video (BT.601, BT.709, BT.2020), as by browsers: displays show such codes as they are.

References
----------
ICC.1:2022, "Image technology colour management"; ITU-T H.273 (2024), "Coding-independent code
points"; Lindbloom, "Chromatic adaptation" (Bradford).
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.readers.base import Unsupported

__all__ = ["from_tags", "make_profile"]

D50 = np.array([0.9642, 1.0, 0.8249])
"""White of the space that profiles connect to, X, Y, Z."""

BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)

D65 = (0.3127, 0.3290)
SRGB = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
ADOBE_RGB = (0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
ADOBE_GAMMA = 563 / 256

PRIMARIES = {
    1: ("BT.709", SRGB, D65),
    2: ("BT.709", SRGB, D65),  # not specified
    5: ("BT.601 (625 lines)", (0.64, 0.33, 0.29, 0.60, 0.15, 0.06), D65),
    6: ("BT.601 (525 lines)", (0.63, 0.34, 0.31, 0.595, 0.155, 0.07), D65),
    7: ("SMPTE 240M", (0.63, 0.34, 0.31, 0.595, 0.155, 0.07), D65),
    9: ("BT.2020", (0.708, 0.292, 0.170, 0.797, 0.131, 0.046), D65),
    11: ("DCI-P3", (0.68, 0.32, 0.265, 0.69, 0.15, 0.06), (0.314, 0.351)),
    12: ("Display P3", (0.68, 0.32, 0.265, 0.69, 0.15, 0.06), D65),
    22: ("EBU Tech 3213", (0.63, 0.34, 0.295, 0.605, 0.155, 0.077), D65),
}
"""Name, primaries and white of H.273's code points of primaries."""

HDR = {16: "PQ (SMPTE ST 2084)", 18: "HLG (BT.2100)"}
"""Names of H.273's code points of transfer functions that no screen of sRGB shows."""

CURVES: dict[int, str | float] = {
    **dict.fromkeys((1, 2, 6, 11, 13, 14, 15), "srgb"),
    **{4: 2.2, 5: 2.8, 8: 1.0},
}
"""sRGB's curve or a gamma by H.273's code points of transfer functions."""


def make_profile(
    name: str,
    *,
    primaries: Sequence[float] | Array = SRGB,
    white: Sequence[float] | Array = D65,
    curve: str | float | Array = "srgb",
    grey: bool = False,
) -> bytes:
    """ICC profile of a matrix and curves.

    Parameters
    ----------
    name : str
        Name of the color space in remarks.
    primaries : sequence of six floats
        Chromaticities x, y of red, green and blue.
    white : sequence of two floats
        Chromaticity of white.
    curve : "srgb", float or ndarray of uint16
        Codes to light: sRGB's curve, the exponent of a power, or tables of the light of evenly
        spaced codes, (n,) or (3, n).
    grey : bool
        A profile for grey pictures, which have a curve alone.

    Returns
    -------
    bytes
        Of version 4. Where the primaries are no triangle of colors: no profile can be made, and
        the bytes are those of none, which is remarked on as damaged.

    Examples
    --------
    >>> make_profile("linear", curve=1.0)[36:40]
    b'acsp'
    """
    text = name.encode("utf-16-be")
    tags = {
        b"desc": b"mluc" + struct.pack(">4xII2s2sII", 1, 12, b"en", b"US", len(text), 28) + text,
        b"wtpt": _xyz(D50),
    }
    if grey:
        tags[b"kTRC"] = _curve(curve)
    else:
        try:
            colorants = _colorants(primaries, white)
        except (np.linalg.LinAlgError, ZeroDivisionError):
            return b"damaged"
        curves = curve if isinstance(curve, np.ndarray) and curve.ndim == 2 else [curve] * 3
        for letter, column, one in zip((b"r", b"g", b"b"), colorants.T, curves, strict=True):
            tags[letter + b"XYZ"], tags[letter + b"TRC"] = _xyz(column), _curve(one)
    space = b"GRAY" if grey else b"RGB "
    return _assemble(space, {key: data + bytes(-len(data) % 4) for key, data in tags.items()})


def _assemble(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Profile of a display with these tags, each a multiple of 4 bytes long."""
    start = 128 + 4 + 12 * len(tags)
    total = start + sum(map(len, tags.values()))
    head = struct.pack(
        ">I4xI4s4s4s12x4s28x12s48x",
        *(total, 0x04300000, b"mntr", space, b"XYZ ", b"acsp", _xyz(D50)[8:]),
    )
    entries = struct.pack(">I", len(tags))
    for key, data in tags.items():
        entries += struct.pack(">4sII", key, start, len(data))
        start += len(data)
    return head + entries + b"".join(tags.values())


def _fixed(values: Any) -> bytes:
    """Numbers as the s15Fixed16 of ICC."""
    codes = np.rint(np.atleast_1d(values) * 65536.0).clip(-(2**31), 2**31 - 1)
    return codes.astype(">i4").tobytes()


def _xyz(values: Array) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(values)


def _curve(curve: str | float | Array) -> bytes:
    """Curve from codes to light: sRGB's, a power or a table."""
    if isinstance(curve, np.ndarray):
        return b"curv" + bytes(4) + struct.pack(">I", len(curve)) + curve.astype(">u2").tobytes()
    if isinstance(curve, str):
        srgb = _fixed([2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045])
        return b"para" + struct.pack(">4xH2x", 3) + srgb
    return b"para" + bytes(8) + _fixed(curve)


def _colorants(primaries: Sequence[float] | Array, white: Sequence[float] | Array) -> Array:
    """X, Y, Z of red, green and blue in columns, adapted from their white to D50."""
    points = np.reshape([*primaries, *white], (4, 2))
    if not (points[:, 1] > 0).all():
        raise ZeroDivisionError
    x, y = points.T
    xyz = np.stack([x / y, np.ones(4), (1 - x - y) / y])
    colorants = xyz[:, :3] * np.linalg.solve(xyz[:, :3], xyz[:, 3])
    cones = np.diag((BRADFORD @ D50) / (BRADFORD @ xyz[:, 3]))
    return np.linalg.solve(BRADFORD, cones @ BRADFORD @ colorants)


def from_tags(
    tags: Mapping[str, Any], *, grey: bool = False, is_linear: bool = False
) -> bytes | None:
    """Profile of a picture whose file has tags in its place.

    Parameters
    ----------
    tags : mapping
        As :class:`psysal.readers.base.Raster` has it. Code points go before all others.
    grey : bool
        The picture is grey.
    is_linear : bool
        Codes are proportional to light.

    Returns
    -------
    bytes or None
        None where the tags say nothing, or sRGB.

    Raises
    ------
    Unsupported
        Code points of HDR, or unknown ones.

    Examples
    --------
    >>> from_tags({"gamma": 1.0})[36:40], from_tags({"gamma": 0.45455})
    (b'acsp', None)
    """
    if "cicp" in tags:
        return _from_code_points(*tags["cicp"][:2], grey=grey)
    if tags.get("exif") == "R03":
        return make_profile("Adobe RGB", primaries=ADOBE_RGB, curve=ADOBE_GAMMA, grey=grey)
    curve: str | float | Array = 1.0 if is_linear else "srgb"
    said = []
    gamma = tags.get("gamma")
    if "transfer_function" in tags:
        said.append("its transfer function")
        curve = np.asarray(tags["transfer_function"], np.uint16).ravel()
        if curve.size % 3 == 0:  # one table has a power of two entries
            curve = curve.reshape(3, -1)[0 if grey else slice(None)]
    elif gamma and abs(gamma * 2.2 - 1) > 0.05:
        said.append(f"a gamma of {1 / gamma:.3g}")
        curve = 1 / gamma
    points = np.array(tags.get("chromaticities", (*D65, *SRGB)), float)
    if not grey and abs(points - (*D65, *SRGB)).max() > 0.001:
        said.append("its own primaries")
    if not said:
        return None
    return make_profile(
        " and ".join(said), primaries=points[2:], white=points[:2], curve=curve, grey=grey
    )


def _from_code_points(primaries: int, transfer: int, *, grey: bool) -> bytes:
    if transfer in HDR:
        raise Unsupported(
            f"is a picture for HDR displays, encoded by {HDR[transfer]}, which has no values in "
            "sRGB before its tones are mapped; map them: ffmpeg -i IN -vf format=gbrp16,"
            f"zscale=pin={primaries}:tin={transfer}:p=1:t=8:npl=203,format=gbrpf32,tonemap=hable,"
            "zscale=t=13,format=rgb24 out.png"
        )
    if primaries not in PRIMARIES or transfer not in CURVES:
        raise Unsupported(
            f"has colors of the code points {primaries} and {transfer} (H.273), where primaries "
            f"{_listed(PRIMARIES)} and transfer functions {_listed(CURVES)} are read; export it "
            "as sRGB with the program that wrote it"
        )
    name, corners, white = PRIMARIES[primaries]
    return make_profile(name, primaries=corners, white=white, curve=CURVES[transfer], grey=grey)


def _listed(codes: Mapping[int, Any]) -> str:
    return ", ".join(map(str, sorted(codes)))
