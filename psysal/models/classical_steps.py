"""Steps that programs of classical models share, to the digits of their MATLAB toolboxes.

    checked pixels -> [reduced, codes] -> planes -> [filters] -> map of the program

Place in the pipeline: between the pixels and the models that are run as their authors run them.
Enters: pixels as :func:`psysal.image.check_image` gives them.  Everything is computed in float64,
as the programs do, on planes (rows, cols) or (count, rows, cols).

Resizing by MATLAB's rule is :func:`psysal.vision.resize.resize`, conversion to L*a*b* is
:func:`psysal.vision.color.lab`.

References
----------
Harel, Koch & Perona (2006), "Graph-based visual saliency", NIPS 19, whose toolbox has the
Gabor filters and the fading border; Hou, Harel & Koch (2012), "Image signature: highlighting
sparse salient regions", IEEE TPAMI 34(1), doi:10.1109/TPAMI.2011.146, whose program has the table
of cone contrasts (``dkl_table.npz``; any use is allowed that cites it); Derrington, Krauskopf &
Lennie (1984), "Chromatic mechanisms in lateral geniculate nucleus of macaque", Journal of
Physiology 357, doi:10.1113/jphysiol.1984.sp015499.
"""

from functools import lru_cache
from itertools import product
from pathlib import Path

import numpy as np
import scipy.fft
from scipy.ndimage import correlate1d

from psysal._typing import Array
from psysal.image import full_scale
from psysal.threads import SERIAL, ThreadPool
from psysal.vision.resize import resize_rows

__all__ = [
    "GABOR_REACH",
    "blur",
    "codes",
    "color_codes",
    "cone_contrast",
    "fade",
    "gabor",
    "gaussian_filter",
    "orientation",
    "peaks",
    "reduced",
    "spread",
    "width_scale",
]

GABOR_REACH = 13
"""Pixels of a Gabor filter to each side of its middle."""
MOST_ENLARGED = 1 << 21  # pixels of a picture that is larger than its image
TILE = 1024  # rows and columns that are filtered at a time
GABOR_CYCLE = 2.0  # radians of phase a pixel
GABOR_ACROSS, GABOR_ALONG = 2.0, 4.0  # standard deviations in pixels
CONES = np.array(  # R, G, B of the table -> L, M, S
    [
        [18.32535, 44.60077, 7.46216],
        [4.09544, 28.20135, 6.66066],
        [0.02114, 0.10325, 1.05258],
    ]
)
ADAPTED = np.array([34.9185389578, 19.3147966765, 0.5856108185])  # L, M, S of the background
DKL_GAINS = (0.5774, 2.7525, 0.4526)  # luminance, L - M, S - (L + M)


def codes(pixels: Array) -> Array:
    """Pixels in 8 bits, as programs take them.

    Parameters
    ----------
    pixels : ndarray
        uint8, uint16, or float in [0, 1].

    Returns
    -------
    ndarray, uint8, of the same shape
        ``pixels`` itself if it is uint8; otherwise the nearest codes, halves up.

    Examples
    --------
    >>> codes(np.array([[0.0, 0.5, 1.0]])).tolist()
    [[0, 128, 255]]
    """
    if pixels.dtype == np.uint8:
        return pixels
    return np.floor(pixels * (255 / full_scale(pixels)) + 0.5).astype(np.uint8)


def color_codes(pixels: Array) -> Array:
    """Pixels in 8 bits and three channels.

    Parameters
    ----------
    pixels : ndarray, (rows, cols) or (rows, cols, 3)
        As :func:`codes` takes them.

    Returns
    -------
    ndarray, (rows, cols, 3), uint8
        The channels of a grey picture are equal.

    Examples
    --------
    >>> color_codes(np.array([[1.0]])).tolist()
    [[[255, 255, 255]]]
    """
    rounded = codes(pixels)
    return rounded if rounded.ndim == 3 else np.dstack([rounded] * 3)


def reduced(
    pixels: Array,
    shape: tuple[int, int],
    kind: str = "cubic",
    *,
    scale: float | None = None,
    pool: ThreadPool = SERIAL,
) -> Array:
    """Planes of an image at another size, full scale 1, without a copy at the old one.

    Parameters
    ----------
    pixels : ndarray, (rows, cols) or (rows, cols, 3)
        As :func:`psysal.image.check_image` gives them.
    shape : (int, int)
        New rows and columns.
    kind : "cubic" or "linear"
        As of :func:`psysal.vision.resize.resize`.
    scale : float, optional
        New samples to an old one, of both axes; by default those of ``shape``.
    pool : ThreadPool
        Threads, over bands of rows.

    Returns
    -------
    ndarray, (1 or 3, rows, cols), float64

    Examples
    --------
    >>> reduced(np.uint8([[0, 102], [0, 204]]), (1, 1), "linear").tolist()
    [[[0.3]]]
    """
    rows, cols = pixels.shape[:2]
    pixels = np.ascontiguousarray(pixels).reshape(1, rows, -1)  # pixels of a row, R, G and B
    low = resize_rows(pixels, shape[0], kind, scale=scale, pool=pool)
    turned = np.ascontiguousarray(low.reshape(shape[0], cols, -1).transpose(2, 1, 0))
    planes = resize_rows(turned, shape[1], kind, scale=scale, pool=pool) / full_scale(pixels)
    return np.ascontiguousarray(planes.transpose(0, 2, 1))


def width_scale(shape: tuple[int, ...], width: int) -> tuple[tuple[int, int], float]:
    """Size of a picture of a given width, as ``imresize`` makes it of a scale.

    Parameters
    ----------
    shape : (int, int, ...)
        Rows and columns of the image; more are not looked at.
    width : int
        Columns of the picture.

    Returns
    -------
    shape : (int, int)
        Rows and columns of the picture; a part of a row counts as one.
    scale : float
        Its pixels to one of the image.

    Raises
    ------
    ValueError
        The image is so narrow that the picture would have more than two million pixels.

    Examples
    --------
    >>> width_scale((400, 600, 3), 60)
    ((40, 60), 0.1)
    """
    scale = width / shape[1]
    rows = int(np.ceil(scale * shape[0]))
    if rows * width > max(MOST_ENLARGED, shape[0] * shape[1]):
        raise ValueError(
            f"an image whose picture {width} pixels wide has at most {MOST_ENLARGED:,} pixels was "
            f"expected, got {shape[0]} x {shape[1]}, enlarged to {rows} x {width}; crop it"
        )
    return (rows, width), scale


def spread(values: Array) -> Array:
    """Values spread over [0, 1].

    Parameters
    ----------
    values : ndarray

    Returns
    -------
    ndarray, as ``values``
        Equal values are only clipped to [0, 1].

    Examples
    --------
    >>> spread(np.array([[1.0, 2.0, 5.0]])).tolist(), spread(np.array([[3.0]])).tolist()
    ([[0.0, 0.25, 1.0]], [[1.0]])
    """
    low, high = values.min(), values.max()
    if low == high:
        return np.clip(values, 0, 1)
    values = values - low
    values /= high - low
    return values


def gaussian_filter(planes: Array, count: int, sigma: float) -> Array:
    """Planes filtered with a square window of a Gaussian, zeros beyond the border.

    Parameters
    ----------
    planes : ndarray, (..., rows, cols)
    count : int
        Samples of a side of the window. The samples of an even one lie half a pixel beside the
        pixels: those of its window begin at ``1 - count / 2``.
    sigma : float
        Standard deviation in pixels.

    Returns
    -------
    ndarray, as ``planes``

    Examples
    --------
    >>> gaussian_filter(np.array([[0.0, 0.0, 4.0, 0.0]]), 2, 1.0).tolist()
    [[0.0, 1.0, 1.0, 0.0]]
    """
    taps = _gaussian(np.arange(count) - (count - 1) / 2, sigma)
    shift = count % 2 - 1
    for axis in (-2, -1):
        planes = correlate1d(planes, taps, axis, mode="constant", origin=shift)
    return planes


def blur(planes: Array, sigma: float, reach: float) -> Array:
    """Planes blurred with a Gaussian, edge pixels repeated.

    Parameters
    ----------
    planes : ndarray, (..., rows, cols)
    sigma : float
        Standard deviation in pixels.
    reach : float
        Standard deviations to each side, rounded to whole pixels.

    Returns
    -------
    ndarray, as ``planes``

    Examples
    --------
    >>> blur(np.array([[0.0, 0.0, 1.0]]), 1.0, 1).round(3).tolist()
    [[0.0, 0.274, 0.726]]
    """
    half = int(np.floor(sigma * reach + 0.5))
    taps = _gaussian(np.arange(-half, half + 1), sigma)
    for axis in (-2, -1):
        planes = correlate1d(planes, taps, axis, mode="nearest")
    return planes


def fade(planes: Array, width: int) -> Array:
    """Planes that fade towards their border.

    Parameters
    ----------
    planes : ndarray, (..., rows, cols)
    width : int
        Rows and columns that fade in even steps, from ``1 / (width + 1)`` on; half of the
        rows or columns, where that is less.

    Returns
    -------
    ndarray, as ``planes``

    Examples
    --------
    >>> fade(np.ones((3, 4)), 1).tolist()
    [[0.25, 0.5, 0.5, 0.25], [0.5, 1.0, 1.0, 0.5], [0.25, 0.5, 0.5, 0.25]]
    """
    rows, cols = planes.shape[-2:]
    width = min(width, rows // 2, cols // 2)
    down, across = (
        np.minimum(np.minimum(np.arange(1, n + 1), np.arange(n, 0, -1)) / (width + 1), 1)
        for n in (rows, cols)
    )
    return planes * down[:, None] * across


def gabor(angle: float, phase: float) -> Array:
    """Gabor filter of zero mean and unit energy, 27 x 27.

    Parameters
    ----------
    angle : float
        Degrees; a filter of 0 varies down the rows, one of 90 along them.
    phase : float
        Degrees; 0 is even, 90 odd.

    Returns
    -------
    ndarray, (27, 27)
        Period pi pixels; standard deviations 2 across and 4 along the stripes.
    """
    y, x = np.mgrid[-GABOR_REACH : GABOR_REACH + 1, -GABOR_REACH : GABOR_REACH + 1]
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    across, along = y * c - x * s, -y * s - x * c
    envelope = np.exp(-((across / GABOR_ACROSS) ** 2 + (along / GABOR_ALONG) ** 2) / 2)
    wave = np.cos(GABOR_CYCLE * across + np.radians(phase)) * envelope
    wave -= wave.mean()
    return wave / np.linalg.norm(wave)


def orientation(plane: Array, angles: tuple[float, ...]) -> Array:
    """Response to gratings of some orientations, fading at the border.

    Parameters
    ----------
    plane : ndarray, (rows, cols)
    angles : tuple of float
        Orientations in degrees, as of :func:`gabor`.

    Returns
    -------
    ndarray, (angles, rows, cols)
        Sum of the moduli of the even and of the odd response.
    """
    rows, cols = plane.shape
    reach = 2 * GABOR_REACH
    padded = np.pad(plane, GABOR_REACH, mode="edge")
    found = np.empty((len(angles), rows, cols))
    for top, left in product(range(0, rows, TILE), range(0, cols, TILE)):
        part = padded[top : top + TILE + reach, left : left + TILE + reach]
        shape = tuple(scipy.fft.next_fast_len(n) for n in part.shape)
        pairs = scipy.fft.ifft2(scipy.fft.fft2(part, shape) * _gabor_spectra(angles, shape))
        pairs = pairs[:, reach : part.shape[0], reach : part.shape[1]]  # even + i odd
        out = found[:, top : top + TILE, left : left + TILE]
        np.add(abs(pairs.real), abs(pairs.imag), out=out)
    return fade(found, GABOR_REACH)


@lru_cache(maxsize=16)
def _gabor_spectra(angles: tuple[float, ...], shape: tuple[int, int]) -> Array:
    """Spectra of even + i odd filters, (angles, rows, cols)."""
    pairs = np.stack([gabor(angle, 0) + 1j * gabor(angle, 90) for angle in angles])
    spectra: Array = scipy.fft.fft2(pairs, shape)
    spectra.setflags(write=False)
    return spectra


def cone_contrast(planes: Array) -> Array:
    """Contrasts of cones in the axes of Derrington, Krauskopf & Lennie (DKL).

    Parameters
    ----------
    planes : ndarray, (3, rows, cols)
        Encoded R, G and B in [0, 1].

    Returns
    -------
    ndarray, (3, rows, cols), float64
        Luminance, L - M and S - (L + M), in units of the adapting background.

    Notes
    -----
    A value goes to entry ``ceil(255 v)`` of the table of 256, counted from 1, so that 0 and 1/255
    share the first entry and none reaches the last, as in the authors' program.
    """
    at = np.clip(np.ceil(255 * planes), 1, 256).astype(int) - 1
    light = np.stack([column[k] for column, k in zip(_dkl_table().T, at, strict=True)])
    long, middle, short = np.tensordot(CONES, light, 1) - ADAPTED[:, None, None]
    l0, m0, s0 = ADAPTED
    sum_gain, difference_gain, short_gain = (gain / (l0 + m0) for gain in DKL_GAINS)
    both = long + middle
    return np.stack(
        [
            sum_gain * np.sqrt(3) * both,
            difference_gain * np.hypot(l0, m0) * (long / l0 - middle / m0),
            short_gain * ((l0 + m0) / s0 * short - both),
        ]
    )


@lru_cache(maxsize=1)
def _dkl_table() -> Array:
    with np.load(Path(__file__).with_name("dkl_table.npz")) as file:
        return np.asarray(file["table"])


def peaks(plane: Array, least: float) -> Array:
    """Values of local maxima within a plane.

    Parameters
    ----------
    plane : ndarray, (rows, cols)
    least : float
        Smallest value that counts.

    Returns
    -------
    ndarray, (count,)
        Values, none of the outer rows and columns, that no pixel beside, above or below exceeds;
        every pixel of a plateau is one.

    Examples
    --------
    >>> peaks(np.array([[0, 0, 0, 0.0], [0, 2, 2, 0], [0, 0, 1, 0], [0, 0, 0, 0]]), 1).tolist()
    [2.0, 2.0]
    """
    inner = plane[1:-1, 1:-1]
    beside = np.maximum(plane[1:-1, :-2], plane[1:-1, 2:])
    around = np.maximum(beside, np.maximum(plane[:-2, 1:-1], plane[2:, 1:-1]))
    return inner[(inner >= least) & (inner >= around)]


def _gaussian(places: Array, sigma: float) -> Array:
    """Taps of a Gaussian that sum to 1."""
    taps = np.exp(-(places**2) / (2 * sigma**2))
    return taps / taps.sum()
