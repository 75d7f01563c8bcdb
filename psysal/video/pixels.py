"""Decoded frames as upright RGB pixels: color matrix, range, alpha, pixel shape, display matrix.

Place: frame of a decoder -> [pixels] -> (rows, cols, 3) RGB, uint8.

Luma and chroma become RGB by the matrix and range that the frame is tagged with.  Without a tag
they are those of FFmpeg: BT.601 at any size, and the limited range unless the format is one of
JPEG's.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import cv2
import numpy as np

from psysal._typing import Array
from psysal.image import check_image

__all__ = ["RgbConverter", "check_color", "is_right_angled", "rgb_to_yuv"]

LUMA_WEIGHTS = {  # of red and blue, by the number that H.273 gives the matrix
    1: (0.2126, 0.0722),  # BT.709
    4: (0.30, 0.11),  # FCC
    5: (0.299, 0.114),  # BT.601 of 625 lines
    6: (0.299, 0.114),  # and of 525
    7: (0.212, 0.087),  # SMPTE 240M
    9: (0.2627, 0.0593),  # BT.2020
}
BT601, UNTAGGED, FULL_RANGE = 6, (0, 2, 3), 2
HDR = {16: "PQ (HDR10)", 18: "HLG"}
CURVES = {8: "linear", 9: "logarithmic", 10: "logarithmic", 17: "SMPTE 428"}
TONE_MAP = (
    "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable,"
    "zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
)


def check_color(name: str, frame: Any, side_data: Mapping[str, Any]) -> None:
    """Refuse a frame whose codes are not those of a standard screen.

    Parameters
    ----------
    name : str
        Name of the file, for the message.
    frame : av.VideoFrame
    side_data : mapping
        Data beside the frame, by FFmpeg's names.

    Raises
    ------
    ValueError
        High dynamic range, light that is coded linearly, or a matrix that is not known.
    """
    curve, matrix = frame.color_trc, frame.colorspace
    dolby = curve == 2 and any(kind.startswith("DOVI") for kind in side_data)
    if curve in HDR or dolby:
        raise ValueError(
            f"{name}: has a high dynamic range, {HDR.get(curve, 'Dolby Vision')}; standard range "
            f'is supported: ffmpeg -i {name} -vf "{TONE_MAP}" out.mp4'
        )
    if curve in CURVES:
        raise ValueError(
            f"{name}: has {CURVES[curve]} codes of light; those of BT.709 or sRGB are supported: "
            f"ffmpeg -i {name} -vf zscale=t=bt709 out.mp4"
        )
    if not (frame.format.is_rgb or matrix in LUMA_WEIGHTS or matrix in UNTAGGED):
        raise ValueError(
            f"{name}: has colors of matrix {matrix} of H.273; BT.601, BT.709 and BT.2020 are "
            f"supported: ffmpeg -i {name} -vf zscale=m=bt709,format=yuv420p out.mp4"
        )


class RgbConverter:
    """Decoded frames of one file as upright RGB pixels; its buffers serve frame after frame."""

    def __init__(self) -> None:
        self._planes: list[Any] = [None] * 4

    def convert(self, frame: Any, aspect: Fraction, matrix: Any) -> tuple[Array, bool]:
        """Upright pixels of a decoded frame.

        Parameters
        ----------
        frame : av.VideoFrame
        aspect : Fraction
            Width of a pixel in heights; columns are resampled until it is 1.
        matrix : bytes-like or None
            Display matrix: nine int32, as the side data of a frame has it.

        Returns
        -------
        pixels : ndarray, (rows, cols, 3), uint8
        transparent : bool
            True if transparent pixels were composited on white.
        """
        kinds = frame.format
        size = max(1, round(frame.width * aspect)), frame.height
        alpha = any(component.is_alpha for component in kinds.components)
        if kinds.is_rgb or len(kinds.components) < 3 or kinds.name.startswith("xyz"):
            pixels = frame.reformat(format="rgba" if alpha else "rgb24", threads=1).to_ndarray()
            if size[0] != frame.width:
                pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR)
        else:
            pixels = self._from_yuv(frame, alpha, size)
        if alpha:
            alpha = bool((pixels[:, :, 3] < 255).any())
            pixels = check_image(pixels)
        return np.ascontiguousarray(_turned(pixels, matrix)), alpha

    def _from_yuv(self, frame: Any, alpha: bool, size: tuple[int, int]) -> Array:
        """RGB or RGBA of a frame of luma and chroma, at a size of columns and rows."""
        full = frame.color_range == FULL_RANGE or frame.format.name.startswith("yuvj")
        color = LUMA_WEIGHTS.get(frame.colorspace, LUMA_WEIGHTS[BT601])
        components = frame.format.components
        if len(frame.planes) < len(components) or frame.format.is_big_endian:
            frame = frame.reformat(format="yuva444p" if alpha else "yuv444p", threads=1)
            components = frame.format.components
        bits = components[0].bits
        planes = []
        for number, plane in enumerate(frame.planes):
            codes: Array = np.frombuffer(plane, np.uint8)[: plane.height * plane.line_size]
            codes = codes.reshape(plane.height, -1).view(np.uint8 if bits == 8 else "<u2")
            codes = codes[:, : plane.width]
            if codes.shape != size[::-1]:
                codes = self._planes[number] = cv2.resize(
                    codes, size, dst=self._planes[number], interpolation=cv2.INTER_LINEAR
                )
            planes.append(codes)
        back = np.linalg.inv(_yuv_matrix(*color, full))[:3]
        back[:, :3] /= 2 ** (bits - 8)
        pixels = cv2.merge(planes[:3])
        cv2.transform(pixels, back, dst=pixels)
        if alpha:
            opaque = np.rint(planes[3] * (255 / (2**bits - 1)))
            pixels = np.dstack([pixels, opaque.astype(pixels.dtype)])
        return pixels if bits == 8 else np.minimum(pixels, 255).astype(np.uint8)


def _yuv_matrix(red: float, blue: float, full: bool) -> Array:
    """Matrix from R, G, B, 1 to codes of luma and chroma and 1, by the weights of luma."""
    luma = np.array([red, 1 - red - blue, blue])
    rows = np.eye(4)
    rows[0, :3] = luma
    rows[1, :3] = (np.array([0, 0, 1]) - luma) / (2 * (1 - blue))
    rows[2, :3] = (np.array([1, 0, 0]) - luma) / (2 * (1 - red))
    if not full:
        rows[0] *= 219 / 255
        rows[1:3] *= 224 / 255
    rows[:3, 3] = (0 if full else 16), 128, 128
    return rows


def rgb_to_yuv(pixels: Array, *, full: bool) -> Array:
    """Codes of luma and chroma, BT.601.

    Parameters
    ----------
    pixels : ndarray, (rows, cols, 3), uint8
        RGB.
    full : bool
        Whether codes have the full range, as JPEG's do.

    Returns
    -------
    ndarray, (rows, cols, 3), uint8
        Y, U and V.
    """
    return cv2.transform(pixels, _yuv_matrix(*LUMA_WEIGHTS[BT601], full)[:3])


def is_right_angled(matrix: Any) -> bool:
    """True for a display matrix that turns by quarters and mirrors, and does no more.

    Parameters
    ----------
    matrix : bytes-like or None

    Returns
    -------
    bool
    """
    if matrix is None:
        return True
    a, b, _, c, d = np.frombuffer(matrix, np.int32)[:5].tolist()
    return (a == d == 0 != b * c) or (b == c == 0 != a * d)


def _turned(pixels: Array, matrix: Any) -> Array:
    """Pixels where their display matrix puts them, if it is right-angled."""
    if matrix is None or not is_right_angled(matrix):
        return pixels
    a, b, _, c, d = np.frombuffer(matrix, np.int32)[:5].tolist()
    if a == 0:  # columns become rows
        pixels, a, d = pixels.transpose(1, 0, 2), c, b
    return pixels[:: 1 if d > 0 else -1, :: 1 if a > 0 else -1]
