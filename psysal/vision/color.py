"""Color: sRGB -> three opponent channels, and back.

Place in the pipeline: [color] -> wavelet -> contrast -> csf -> map.
Enters: an image as :func:`psysal.image.check_image` gives it, (rows, cols, 3) or grey
(rows, cols), sRGB-encoded.  Leaves: planes (3, rows, cols) on linear values,
O1 = (R - G)/(R + G + B) in [-1, 1], O2 = (R + G - 2B)/(R + G + B) in [-2, 1] and
O3 = R + G + B in [0, 3].  Black pixels have O1 = O2 = 0.

References
----------
Otazu, Parraga & Vanrell (2010), "Toward a unified chromatic induction model",
Journal of Vision 10(12):5, doi:10.1167/10.12.5.
"""

from concurrent.futures import Future
from functools import lru_cache

import numpy as np
from numpy.typing import DTypeLike

from psysal._typing import Array
from psysal.srgb import to_linear
from psysal.threads import SERIAL, ThreadPool
from psysal.vision import kernels

__all__ = [
    *("CHANNELS", "D50", "D65", "LUMA"),
    *("from_opponent", "lab", "lab_codes", "opponent", "start_opponent"),
]

BAND_ROWS = 512  # a job
LAB_ROWS = 32  # converted at once, whose floats stay in the cache
CHANNELS = ("red-green", "yellow-blue", "intensity")
"""Names of O1, O2 and O3."""
LUMA = (0.298936021293775, 0.587043074451121, 0.114020904255103)
"""Shares of encoded R, G and B in a grey picture: Rec. 601, to the digits of ``rgb2gray``."""
XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
"""Linear sRGB -> CIE XYZ of 1931, white at D65 (IEC 61966-2-1)."""
D50 = (0.9642, 1.0, 0.8249)
"""CIE XYZ of the white of profiles (ICC.1)."""
D65 = (0.9504, 1.0, 1.0889)
"""CIE XYZ of the white of daylight, to the digits of MATLAB's ``whitepoint``."""
BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
"""CIE XYZ -> the sharpened cones in which a change of white is a gain (Lam, 1985)."""


@lru_cache(maxsize=8)
def _table(count: int, linear: bool, dtype: str) -> Array:
    """Linear light of each of ``count`` whole-number codes."""
    codes = np.arange(count) / (count - 1)
    return (codes if linear else to_linear(codes)).astype(dtype)


def opponent(
    image: Array,
    *,
    dtype: DTypeLike = "float32",
    linear: bool = False,
    pool: ThreadPool = SERIAL,
) -> Array:
    """Opponent channels of a checked image.

    Parameters
    ----------
    image : ndarray, (rows, cols, 3) or (rows, cols)
        sRGB-encoded: uint8, uint16, or float in [0, 1].
    dtype : "float32" or "float64"
        Data type of the channels.
    linear : bool
        Whether the values are linear light instead.
    pool : ThreadPool
        Threads, over bands of rows.

    Returns
    -------
    ndarray, (3, rows, cols)
        O1, O2, O3, without units.

    Examples
    --------
    >>> import numpy as np
    >>> red = np.uint8([[[255, 0, 0]]])
    >>> opponent(red).ravel().tolist()
    [1.0, 1.0, 1.0]
    """
    planes = np.empty((3, *image.shape[:2]), dtype)
    for job in start_opponent(image, planes, pool, linear=linear):
        job.result()
    return planes


def start_opponent(
    image: Array, planes: Array, pool: ThreadPool, *, linear: bool = False
) -> "list[Future[None]]":
    """Start the jobs of :func:`opponent`.

    Parameters
    ----------
    image : ndarray, (rows, cols, 3) or (rows, cols)
        As :func:`opponent` takes it.
    planes : ndarray, (3, rows, cols), float32 or float64
        Takes O1, O2, O3.
    pool : ThreadPool
        Threads, over bands of rows.
    linear : bool
        Whether the values are linear light instead.

    Returns
    -------
    list of Future
        Running jobs; ``planes`` are filled when all are done.
    """
    dtype, (rows, cols) = planes.dtype, image.shape[:2]
    table = None
    if image.dtype.kind == "u":
        table = _table(np.iinfo(image.dtype).max + 1, linear, dtype.name)
    if image.ndim == 2:
        planes[:2] = 0
        if table is None:
            np.multiply(image if linear else to_linear(image), 3, out=planes[2])
        else:
            np.take(3 * table, image, out=planes[2], mode="clip")
        return []
    codes, flat = np.ascontiguousarray(image).reshape(-1), planes.reshape(-1)
    codes.flags.writeable = False  # one compiled kernel for read-only images and others
    return [
        pool.start(
            kernels.opponent, codes, table, not linear, cols, flat, y, min(y + BAND_ROWS, rows)
        )
        for y in range(0, rows, BAND_ROWS)
    ]


def from_opponent(planes: Array, *, linear: bool = False, pool: ThreadPool = SERIAL) -> Array:
    """RGB of opponent channels: the inverse of :func:`opponent`.

    Nothing is clipped: colors that no screen shows go on along the same curves.

    Parameters
    ----------
    planes : ndarray, (3, rows, cols), float32 or float64
    linear : bool
        Whether linear light is wanted instead of sRGB values.
    pool : ThreadPool
        Threads, over bands of rows.

    Returns
    -------
    ndarray, (rows, cols, 3)

    Examples
    --------
    >>> import numpy as np
    >>> from_opponent(np.ones((3, 1, 1))).round(9).ravel().tolist()
    [1.0, 0.0, 0.0]
    """
    _, rows, cols = planes.shape
    out = np.empty((rows, cols, 3), planes.dtype)
    fixed = (np.ascontiguousarray(planes).reshape(-1), cols, not linear, out.reshape(-1))
    bands = [(y, min(y + BAND_ROWS, rows)) for y in range(0, rows, BAND_ROWS)]
    pool.run(kernels.from_opponent, [(*fixed, *band) for band in bands])
    return out


def lab(image: Array, white: tuple[float, float, float] | None = None) -> Array:
    """CIE L*a*b* of an image.

    Parameters
    ----------
    image : ndarray, (rows, cols, 3), float in [0, 1], or uint8
        sRGB-encoded.
    white : (float, float, float), optional
        XYZ of a white to which colors are adapted by Bradford's transform; by default that of
        sRGB, D65, without one.

    Returns
    -------
    ndarray, (3, rows, cols)
        L* in [0, 100], a* and b*, of the image's data type; float64 of uint8.

    Examples
    --------
    >>> lab(np.array([[[1.0, 0.0, 0.0]]])).ravel().round(1).tolist()
    [53.2, 80.1, 67.2]
    """
    own = XYZ.sum(axis=1)
    to_xyz = XYZ
    if white is not None:
        gains = (BRADFORD @ white) / (BRADFORD @ own)
        to_xyz, own = np.linalg.solve(BRADFORD, gains[:, None] * BRADFORD @ XYZ), np.array(white)
    shares = to_xyz / own[:, None]
    if image.dtype == np.uint8:
        t = _table(256, False, "float64")[image] @ shares.T
    else:
        t = to_linear(image) @ shares.T.astype(image.dtype)
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def lab_codes(image: Array, white: tuple[float, float, float]) -> Array:
    """CIE L*a*b* in 8 bits, as MATLAB gives it for an image in 8 bits.

    Parameters
    ----------
    image : ndarray, (rows, cols, 3), uint8
        sRGB-encoded.
    white : (float, float, float)
        As :func:`lab` takes it.

    Returns
    -------
    ndarray, (3, rows, cols), uint8
        2.55 L*, a* + 128 and b* + 128, rounded.

    Examples
    --------
    >>> lab_codes(np.uint8([[[255, 0, 0]]]), D65).ravel().tolist()
    [136, 208, 195]
    """
    out = np.empty((3, *image.shape[:2]), np.uint8)
    for y in range(0, len(image), LAB_ROWS):
        planes = lab(image[y : y + LAB_ROWS], white)
        planes[0] *= 2.55
        planes[1:] += 128
        out[:, y : y + LAB_ROWS] = np.clip(np.rint(planes), 0, 255)
    return out
