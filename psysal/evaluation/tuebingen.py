"""Metrics and maps of the MIT/Tuebingen benchmark, where they are others than the exact ones.

Place in the pipeline: density -> [tuebingen] -> map -> metrics -> score.  This is the profile
``tuebingen``: each metric scores the map that has its highest expected score if people look as the
density says.  That is the density itself for AUC and NSS; the density over the center bias for
shuffled AUC; the blurred density for CC and KL, as the map of the fixations is blurred; and for
similarity :func:`similarity_map`.  Maps of models without densities are scored as they are.
Widths and constants are those of the benchmark's program, in pixels whatever the image: 8 cycles
on the 1024 pixels of its photographs, about a degree there.

References
----------
Kümmerer, Wallis & Bethge (2018), "Saliency benchmarking made easy: Separating models, maps and
metrics", ECCV, doi:10.1007/978-3-030-01270-0_47; https://saliency.tuebingen.ai/evaluation.html.
"""

import numpy as np
from scipy.ndimage import gaussian_filter

from psysal._typing import Array
from psysal.evaluation import metrics
from psysal.evaluation.inputs import check_same_size, pixel_indexes
from psysal.mapfile import check_map
from psysal.vision.resize import resize

__all__ = ["blur", "fixation_density", "kl", "similarity", "similarity_map"]

MAP_WIDTH = 24.0  # pixels, of the Gaussian on densities
FIXATION_WIDTH = 23.99  # pixels, of that on fixations
EPSILON = 2.2204e-16
CELL = 4  # pixels of a cell of the grid on which similarity is optimized, a sixth of the Gaussian
SAMPLES = 200  # maps of fixations that are drawn for it


def fixation_density(fixations: Array, shape: tuple[int, int]) -> Array:
    """Blurred map of fixations, each counted, mirrored at the border.

    Parameters
    ----------
    fixations : ndarray, (n, 2)
        x, y in pixels.
    shape : (int, int)
        Rows and columns of the image.

    Returns
    -------
    ndarray, (rows, cols), float64
        Not negative, of any sum.

    Examples
    --------
    >>> float(fixation_density(np.array([[1, 0], [1, 0]]), (9, 9)).sum().round(6))
    2.0
    """
    counts = np.zeros(shape)
    np.add.at(counts, pixel_indexes("fixations", fixations, shape), 1)
    return gaussian_filter(counts, FIXATION_WIDTH, mode="reflect")


def blur(density: Array) -> Array:
    """Blurred density, zero beyond the border: the map for CC and KL.

    Parameters
    ----------
    density : ndarray, (rows, cols)

    Returns
    -------
    ndarray, (rows, cols), float64

    Examples
    --------
    >>> float(blur(np.eye(9)).sum()) < 9
    True
    """
    return gaussian_filter(density, MAP_WIDTH, mode="constant")


def kl(target: Array, saliency: Array) -> float:
    """Kullback-Leibler divergence of a map from a map of fixations, in nats.

    Parameters
    ----------
    target, saliency : ndarray, (rows, cols)
        Each is shifted to zero if it has negative values, and divided by its sum; a map of zeros
        is uniform.

    Returns
    -------
    float
        About 0 for equal maps; finite, as an epsilon is added in the logarithm and below the line.

    Examples
    --------
    >>> round(kl(np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]])), 6)
    0.693147
    """
    p, q = (_distribution(name, v) for name, v in (("saliency", saliency), ("target", target)))
    check_same_size("saliency", p, "target", q)
    return float((q * np.log(EPSILON + q / (p + EPSILON))).sum())


def similarity(saliency: Array, target: Array) -> float:
    """Mass that a map shares with a map of fixations (SIM in the literature).

    Parameters
    ----------
    saliency, target : ndarray, (rows, cols)
        As :func:`kl` takes them.

    Returns
    -------
    float
        In [0, 1]; 1 for equal maps.

    Examples
    --------
    >>> similarity(np.array([[-1.0, 0.0, 0.0]]), np.array([[1.0, 1.0, 0.0]]))
    0.5
    """
    p, q = (_distribution(name, v) for name, v in (("saliency", saliency), ("target", target)))
    return metrics.similarity(p, q)


def similarity_map(density: Array, count: int, rng: np.random.Generator) -> Array:
    """Map of the highest expected similarity to the blurred map of so many fixations.

    Similarity is concave in the map, and its slope at a pixel is the probability that the map of
    fixations is larger there.  At the maximum over maps of sum 1 this is the same at all pixels:
    the map is a quantile of maps of fixations, pixel by pixel, of the one level that sums to 1.
    Quantiles are taken over 200 maps of fixations drawn from the density, in cells of 4 pixels.

    Parameters
    ----------
    density : ndarray, (rows, cols)
        Not negative, sums to 1.
    count : int
        Fixations on an image.
    rng : numpy.random.Generator
        What draws them.

    Returns
    -------
    ndarray, (rows, cols), float64
        Not negative, of any sum.

    Examples
    --------
    >>> density = np.full((60, 80), 1 / 4800)
    >>> found = similarity_map(density, 1000, np.random.default_rng(0))
    >>> bool(np.ptp(found) < 0.5 * found.mean())
    True
    """
    rows, cols = density.shape
    grid = tuple(-(-n // CELL) for n in density.shape)
    drawn = rng.choice(density.size, (SAMPLES, count), p=density.ravel())
    down, across = (
        index * cells // n
        for index, cells, n in zip(np.divmod(drawn, cols), grid, (rows, cols), strict=True)
    )
    maps = np.zeros((SAMPLES, *grid))
    np.add.at(maps, (np.arange(SAMPLES)[:, None], down, across), 1)
    widths = [FIXATION_WIDTH * cells / n for cells, n in zip(grid, (rows, cols), strict=True)]
    maps = gaussian_filter(maps, (0, *widths), mode="reflect")
    maps /= maps.sum((1, 2), keepdims=True)
    maps.sort(axis=0)
    sums = maps.sum((1, 2))  # of every level, rising
    above = int(np.clip(np.searchsorted(sums, 1), 1, SAMPLES - 1))
    share = np.clip((1 - sums[above - 1]) / max(sums[above] - sums[above - 1], EPSILON), 0, 1)
    optimal = (1 - share) * maps[above - 1] + share * maps[above]
    return resize(optimal[None], (rows, cols), "linear")[0]


def _distribution(name: str, values: Array) -> Array:
    """A map as a density by the benchmark's rule."""
    shifted = check_map(name, values).astype(np.float64)
    shifted -= min(shifted.min(), 0)
    total = shifted.sum()
    return shifted / total if total else np.full(shifted.shape, 1 / shifted.size)
