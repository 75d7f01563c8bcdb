"""Features of the GBVS toolbox: a pyramid of colors, and what its two models see in it.

    checked pixels -> float32 pyramid of R, G, B and intensity -> planes of each level

Place in the pipeline: between the pixels and :mod:`psysal.models.harel2006` and
:mod:`psysal.models.itti1998`, which share the toolbox.  Intensity is the largest of R, G and B.
Level k has 2**-k of the image's rows and columns; a picture with a side of ten pixels or less is
not halved any more, and its next level is the same.

The pyramid is in single precision, as the program's: a flat patch would otherwise fall on the
other side of a step in the table of cones.  Sums of equal weight are made in float32, the
rest of a sample in float64, and rows and columns are rounded to float32.

References
----------
Harel, Koch & Perona (2006), "Graph-based visual saliency", NIPS 19; the pyramid is that of
Itti, Koch & Niebur (1998), doi:10.1109/34.730558, in the toolbox of their laboratory.
"""

import numpy as np

from psysal._typing import Array
from psysal.image import full_scale
from psysal.models import classical_kernels, classical_steps
from psysal.models.base import DType
from psysal.threads import ThreadPool
from psysal.vision.resize import resize

__all__ = ["enlarged", "map_shape", "pyramid"]

LAST_HALVED = 10  # pixels of a side that are not halved any more


def pyramid(pixels: Array, levels: int, pool: ThreadPool) -> list[Array]:
    """R, G, B and intensity at each level.

    Parameters
    ----------
    pixels : ndarray, (rows, cols) or (rows, cols, 3)
        As :func:`psysal.image.check_image` gives them.
    levels : int
        Number of levels, of which the first has half the rows and columns.
    pool : ThreadPool
        Threads, over planes.

    Returns
    -------
    list of ndarray, (4, rows_k, cols_k), or (1, rows_k, cols_k) of a grey image, float32
    """
    rows, cols = pixels.shape[:2]
    planes = np.empty((4 if pixels.ndim == 3 else 1, rows, cols), np.float32)
    if pixels.ndim == 2:
        np.divide(pixels, full_scale(pixels), out=planes[0], casting="same_kind")
    else:
        classical_kernels.color_planes(pixels.ravel(), full_scale(pixels), planes.ravel())
    scales = []
    for _ in range(levels):
        rows, cols = planes.shape[1:]
        if min(rows, cols) > LAST_HALVED:
            finer, planes = planes, np.empty((len(planes), rows // 2, cols // 2), np.float32)
            pool.run(
                classical_kernels.halve,
                [
                    (old.ravel(), rows, cols, new.ravel())
                    for old, new in zip(finer, planes, strict=True)
                ],
            )
        scales.append(planes)
    return scales


def map_shape(shape: tuple[int, ...], longer: int) -> tuple[int, int]:
    """Size of a map of an image.

    Parameters
    ----------
    shape : (int, int, ...)
        Rows and columns of the image; more are not looked at.
    longer : int
        Nodes of the map's longer side.

    Returns
    -------
    (int, int)
        The shorter side has at least one.

    Examples
    --------
    >>> map_shape((400, 600), 32), map_shape((8, 600), 32)
    ((21, 32), (1, 32))
    """
    rows, cols = shape[:2]
    scale = longer / max(rows, cols)
    return max(1, int(rows * scale + 0.5)), max(1, int(cols * scale + 0.5))


def enlarged(
    small: Array, sigma: float, shape: tuple[int, int], dtype: DType, pool: ThreadPool
) -> Array:
    """Map of the image, of a map of nodes: blurred, enlarged and spread over [0, 1].

    Parameters
    ----------
    small : ndarray, (rows, cols)
        Map of nodes.
    sigma : float
        Standard deviation of the blur in nodes, which reaches two of them.
    shape : (int, int)
        Rows and columns of the image.
    dtype : "float32" or "float64"
        Data type of the map.
    pool : ThreadPool
        Threads.

    Returns
    -------
    ndarray, (rows, cols)
    """
    small = classical_steps.spread(classical_steps.blur(small, sigma, 2)).astype(dtype)
    return classical_steps.spread(resize(small[None], shape, "cubic", pool=pool)[0])
