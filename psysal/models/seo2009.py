"""Self-resemblance, Seo & Milanfar (Journal of Vision 2009).

    image -> CIE L*a*b* -> small picture -> local steering kernels -> likeness of their patches

A local steering kernel is how a pixel's surroundings would be weighted if they were smoothed along
the structure that is there.  A place is salient if the kernels of its neighborhood are unlike
those of the rest of the picture.

Enters: an image; it is seen 64 x 64, whatever its shape, and a smaller one is enlarged.  Leaves:
the likelihood of saliency, one over the sum of likenesses, spread over [0, 1] and enlarged
linearly.

This is the authors' program, to rounding:

============= ================================ =================================================
step          paper                            program, and here
============= ================================ =================================================
color         L*a*b*                           gamma of Rec. 709; each plane spread over [0, 1]
gradients     -                                central, one-sided at the border
window        3 x 3, for covariances           weighted by the areas of a disk of radius 1
kernel        exp of a quadratic form          the horizontal gradient meets the vertical offset
features      3 x 3 kernels of 7 x 7 places    of all three colors, of unit length
surround      a neighborhood                   ``surround="global"``: the whole picture, as the
                                               program is run; ``"local"``: the 3 x 3 places
border        -                                mirrored, the edge not repeated; at last anew
small images  -                                enlarged to 64 x 64
grey image    -                                a* and b* are what the matrix leaves, a millionth,
                                               and are spread over [0, 1]: lightness three times
constant      -                                zeros
============= ================================ =================================================

Where this differs from the program: covariances are decomposed in closed form; a grey image in one
channel is taken for one in three.

References
----------
Seo & Milanfar (2009), "Static and space-time visual saliency detection by self-resemblance",
Journal of Vision 9(12):15, doi:10.1167/9.12.15; Takeda, Farsiu & Milanfar (2007), "Kernel
regression for image processing and reconstruction", IEEE Transactions on Image Processing 16(2),
doi:10.1109/TIP.2006.888330, for the steering kernels.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from psysal._typing import Array
from psysal.image import full_scale
from psysal.models import classical_steps, seo_kernels
from psysal.models.base import ClassicalModel, DType
from psysal.threads import SERIAL, ThreadPool
from psysal.vision.resize import resize

__all__ = ["Seo2009", "local_resemblance", "self_resemblance", "small_lab", "steering_kernels"]

SIZE = 64  # rows and columns
XYZ = np.linalg.inv(  # of linear R, G and B by Rec. 709, white at D65
    [
        [3.240479, -1.53715, -0.498535],
        [-0.969256, 1.875992, 0.041556],
        [0.055648, -0.204043, 1.057311],
    ]
)
WHITE = np.array([0.950456, 1, 1.088754])
CORNER = np.pi / 12 - (np.sqrt(3) - 1) / 4  # areas of a disk of radius 1 in squares of 1
SIDE = (np.pi - 1) / 4 - CORNER
DISK = np.array([[CORNER, SIDE, CORNER], [SIDE, 1, SIDE], [CORNER, SIDE, CORNER]])
SHARPNESS = 0.42  # power of the area of a covariance
AREA = 1e-7  # of none
ELONGATION = 1.0
SMOOTHING = 0.2  # of kernels, in pixels
PATCH = 7  # places a side
LIKENESS = 0.07  # width of the likeness of two cosines
BAND_ROWS = 32  # converted at once


@dataclass(frozen=True)
class Seo2009(ClassicalModel):
    """Self-resemblance; a callable from an image to its raw map.

    Parameters
    ----------
    surround : "global" or "local"
        Places that a place is compared with: all, or its eight neighbors and itself.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(0).normal(128, 3, (96, 128, 3)).astype(np.uint8)
    >>> image[40:52, 80:92] = 200, 60, 60
    >>> raw = Seo2009()(image)
    >>> bool(raw[38:54, 78:94].max() == raw.max())
    True
    """

    surround: str = "global"

    values_per_pixel = 10.0

    def __post_init__(self) -> None:
        if self.surround not in ("global", "local"):
            raise ValueError(
                f'surround must be "global" or "local", got {self.surround!r}; '
                '"global" is the default'
            )

    def _varied_map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        features = np.concatenate([steering_kernels(plane) for plane in small_lab(pixels, pool)])
        if self.surround == "local":
            alike = local_resemblance(features)
        else:
            alike = self_resemblance(features, pool)
        found = classical_steps.spread(1 / alike).astype(dtype)
        return resize(found[None], pixels.shape[:2], "linear", pool=pool)[0]


def small_lab(pixels: Array, pool: ThreadPool = SERIAL) -> Array:
    """L*a*b* of an image, small, each plane spread over [0, 1].

    Parameters
    ----------
    pixels : ndarray, (rows, cols) or (rows, cols, 3)
        As :func:`psysal.image.check_image` gives them.
    pool : ThreadPool
        Threads, over bands of rows.

    Returns
    -------
    ndarray, (3, 64, 64)
    """
    planes = np.empty((3, *pixels.shape[:2]))
    pool.run(
        _lab, [(pixels, planes, slice(y, y + BAND_ROWS)) for y in range(0, len(pixels), BAND_ROWS)]
    )
    small = resize(planes, (SIZE, SIZE), "linear", pool=pool)
    return np.stack([classical_steps.spread(plane) for plane in small])


def _lab(pixels: Array, planes: Array, rows: slice) -> None:
    """Rows of L*a*b*, by the gamma of Rec. 709."""
    band = pixels[rows] if pixels.ndim == 3 else np.dstack([pixels[rows]] * 3)
    if band.dtype.kind == "u":
        linear = _linear_codes(int(full_scale(band)))[band]
    else:
        linear = _linear(band.astype(float))
    shares = linear @ (XYZ / WHITE[:, None]).T
    x, y, z = np.moveaxis(
        np.where(shares > 0.008856, np.cbrt(shares), shares * 841 / 108 + 4 / 29), -1, 0
    )
    planes[:, rows] = 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _linear(values: Array) -> Array:
    """Linear light of values encoded by Rec. 709."""
    light: Array = ((values + 0.099) / 1.099) ** (1 / 0.45)
    return np.where(light < 0.018, values / 4.5138, light)


@lru_cache(maxsize=2)
def _linear_codes(white: int) -> Array:
    """Linear light of every code from 0 to ``white``."""
    return _linear(np.arange(white + 1) / white)


def steering_kernels(plane: Array) -> Array:
    """Local steering kernels of a plane, 3 x 3.

    Parameters
    ----------
    plane : ndarray, (rows, cols), in [0, 1]

    Returns
    -------
    ndarray, (9, rows, cols), in [0, 1]
        Weight of each neighbor, down the columns first, at every place.
    """
    down, across = np.gradient(plane)
    seen = (_around(np.stack([across, down])) * DISK).reshape(2, *plane.shape, 9)
    _, sizes, axes = np.linalg.svd(np.moveaxis(seen, 0, -1), full_matrices=False)
    large, small = sizes[..., 0], sizes[..., 1]
    stretch = (large + ELONGATION) / (small + ELONGATION)
    sharpness = ((large * small + AREA) / DISK.sum()) ** SHARPNESS
    weights = np.stack([stretch * sharpness, sharpness / stretch], axis=-1)
    xx, xy, yy = (
        _around((weights * axes[..., i] * axes[..., k]).sum(axis=-1))
        for i, k in ((0, 0), (0, 1), (1, 1))
    )
    y, x = np.mgrid[-1:2, -1:2]
    kernels = np.exp(-(xx * y * y + 2 * xy * x * y + yy * x * x) / (2 * SMOOTHING**2))
    return kernels.transpose(3, 2, 0, 1).reshape(9, *plane.shape)


def self_resemblance(features: Array, pool: ThreadPool = SERIAL) -> Array:
    """Likeness of the neighborhood of each place to those of all, added up.

    Parameters
    ----------
    features : ndarray, (count, rows, cols)
    pool : ThreadPool
        Threads, over distances in rows.

    Returns
    -------
    ndarray, (rows, cols)
        A place adds 1 to its own sum.
    """
    rows, cols = features.shape[1:]
    sums = np.zeros((rows, rows, cols))  # apart, so that they add up in one order
    planes = _mirrored(features, PATCH // 2)
    squares = sliding_window_view((planes**2).sum(axis=0), (PATCH, PATCH))
    scales = 1 / np.sqrt(squares.sum(axis=(2, 3)))
    jobs = [(planes, scales, LIKENESS, down, sums[down]) for down in range(rows)]
    pool.run(seo_kernels.resemblance, jobs)
    return np.asarray(sums.sum(axis=0))


def local_resemblance(features: Array) -> Array:
    """Likeness of the neighborhood of each place to its own and those of its eight neighbors.

    Parameters
    ----------
    features : ndarray, (count, rows, cols)

    Returns
    -------
    ndarray, (rows, cols)
        A place adds 1 to its own sum; neighbors beyond the border are those of a picture that is
        mirrored twice, by half of a neighborhood and by one more.
    """
    rows, cols = features.shape[1:]
    planes = _mirrored(_mirrored(features, PATCH // 2), 1)
    patches = sliding_window_view(planes, (PATCH, PATCH), (1, 2))
    vectors = np.moveaxis(patches, 0, 2).reshape(rows + 2, cols + 2, -1)
    vectors = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    cosines = [
        np.einsum("yxk,yxk->yx", vectors[1:-1, 1:-1], vectors[y : y + rows, x : x + cols])
        for y, x in np.ndindex(3, 3)
    ]
    return np.exp((np.array(cosines) - 1) / LIKENESS**2).sum(axis=0)


def _around(planes: Array) -> Array:
    """The 3 x 3 samples around each place: (..., 3, 3)."""
    return sliding_window_view(_mirrored(planes, 1), (3, 3), (-2, -1))


def _mirrored(planes: Array, reach: int) -> Array:
    """Planes (..., rows, cols) with a border that mirrors them, the edge not repeated."""
    border = [(0, 0)] * (planes.ndim - 2) + [(reach, reach)] * 2
    return np.pad(planes, border, mode="reflect")
