"""Simulated observers: fixations drawn from a known density.

Place in the pipeline: maps -> [simulated] -> fixations, in place of an experiment.  The
density of real fixations is never known; that of these observers is, so that one can test
whether a metric, or a trained readout, recovers it.  They are for teaching and for tests:
no score on them says anything about people.

All observers follow one density over pixels, :func:`observer_density`:

    p(row, col) ~ map(row, col) * Gaussian about the center of the image

and every fixation is drawn from it, uniformly within its pixel.  The first fixation of a
scanpath is forced to the center, as in experiments.  With ``inhibition`` observers avoid
earlier fixations, which are then no longer independent:

    p_k ~ p * product over earlier ones (1 - exp(-distance**2 / (2 inhibition**2)))

Simpler than people: no preferred length of saccades, no returns, no individual differences.

References
----------
Tatler (2007), doi:10.1167/7.14.4 (the center bias, and forced first fixations); Klein
(2000), doi:10.1016/S1364-6613(00)01452-2, and Itti & Koch (2000),
doi:10.1016/S0042-6989(99)00163-7 (inhibition of return, and as a step of a model).
"""

import os
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from psysal import files, mapfile
from psysal._typing import Array
from psysal.checks import whole_number
from psysal.gaze.datasets import Dataset, dataset
from psysal.gaze.fixations import Fixations
from psysal.gaze.formats import write_table

__all__ = ["observer_density", "simulate_fixations", "simulated_dataset"]

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")  # in scikit-image
QUARTERS = ("top left", "top right", "bottom left", "bottom right")


def observer_density(saliency: ArrayLike, *, center: float | None = 0.25) -> Array:
    """Density of the fixations of simulated observers.

    Parameters
    ----------
    saliency : array_like, (rows, cols)
        Map that observers follow, not negative, of any sum.
    center : float, optional
        Standard deviation of the Gaussian that the map is multiplied with, as a share of
        the width and of the height; None leaves it out.

    Returns
    -------
    ndarray, (rows, cols), float64
        Sums to 1.

    Raises
    ------
    ValueError
        A map with negative or infinite values, or without mass; a center out of range.

    Examples
    --------
    >>> observer_density([[1, 3]], center=None)
    array([[0.25, 0.75]])
    """
    density = mapfile.check_map("saliency", saliency).astype(np.float64)
    if (low := density.min()) < 0:
        raise ValueError(f"saliency must not be negative, got {low:.6g}; shift the map first")
    if center is not None:
        if not 0 < center < np.inf:
            raise ValueError(f"center must be a positive share or None, got {center!r}")
        for axis, size in enumerate(density.shape):
            away = ((np.arange(size) + 0.5) / size - 0.5) / center
            density *= np.expand_dims(np.exp(-0.5 * away**2), 1 - axis)
    if (total := density.sum()) == 0:
        raise ValueError("saliency must have mass, got zeros only; leave the image out")
    density /= total
    return density


def simulate_fixations(
    maps: Mapping[str, ArrayLike],
    *,
    observers: int = 10,
    count: int = 8,
    center: float | None = 0.25,
    inhibition: float = 0.0,
    seed: int = 0,
) -> Fixations:
    """Fixations of observers who follow maps and prefer the center; see the module.

    Parameters
    ----------
    maps : mapping of str to array_like (rows, cols)
        Map of every image, not negative.
    observers : int
        Number of subjects, who are called 1, 2, ...
    count : int
        Fixations of each subject on every image, after the forced first one.
    center : float, optional
        Width of the center bias, as in :func:`observer_density`.
    inhibition : float
        Radius in pixels of the region about an earlier fixation that is avoided, as a
        standard deviation; with 0, draws are independent.
    seed : int
        Random seed. The fixations of one observer on one image do not depend on the other
        observers and images.

    Returns
    -------
    Fixations
        All inside their images; ``order`` 0 is the forced one.

    Raises
    ------
    ValueError
        Maps as for :func:`observer_density`; numbers out of range; more fixations than
        pixels that are not inhibited.

    Examples
    --------
    >>> left = np.zeros((20, 40))
    >>> left[:, :10] = 1
    >>> fixations = simulate_fixations({"dark.png": left}, observers=2, count=3)
    >>> fixations, bool((fixations.without_first().x < 10).all())
    (<Fixations: 8 of 2 subjects on 1 images>, True)
    """
    observers, count = whole_number("observers", observers), whole_number("count", count, 0)
    seed = whole_number("seed", seed, 0)
    if not 0 <= inhibition < np.inf:
        raise ValueError(f"inhibition must be a number of pixels from 0 on, got {inhibition!r}")
    if not maps:
        raise ValueError("maps must be one at least, got none; give the map of an image")
    rows: list[tuple[str, int, int, float, float]] = []
    for name, saliency in maps.items():
        density = observer_density(saliency, center=center)
        for subject in range(1, observers + 1):
            rng = np.random.default_rng([seed, zlib.crc32(name.encode()), subject])
            path = _scanpath(density, count, inhibition, rng)
            rows += [(name, subject, order, x, y) for order, (x, y) in enumerate(path)]
    return Fixations(*zip(*rows, strict=True))


def _scanpath(
    density: Array, count: int, inhibition: float, rng: np.random.Generator
) -> list[tuple[float, float]]:
    """Positions (x, y) of a scanpath: the center, then ``count`` draws."""
    rows, cols = density.shape
    y, x = np.ogrid[:rows, :cols]
    path = [(cols / 2, rows / 2)]
    for _ in range(count):
        if inhibition:
            last_x, last_y = (int(value) for value in path[-1])
            squared_distance = (x - last_x) ** 2 + (y - last_y) ** 2
            density = density * -np.expm1(-squared_distance / (2 * inhibition**2))
        cumulated = np.cumsum(density)
        if cumulated[-1] == 0:
            raise ValueError(
                f"count ({count}) is more than there are places to look at; lower it, or inhibition"
            )
        index = int(np.searchsorted(cumulated, rng.random() * cumulated[-1], side="right"))
        row, col = divmod(index, cols)
        path.append((col + rng.random(), row + rng.random()))
    return path


def simulated_dataset(
    folder: str | os.PathLike[str],
    model: Callable[[Array], ArrayLike],
    *,
    ppd: float = 16,
    **options: Any,
) -> Dataset:
    """Sixteen small photographs and simulated fixations on them, written to a folder.

    They are the quarters of four photographs of scikit-image (astronaut, chelsea, coffee,
    rocket), so that nothing is downloaded and no two of them overlap.

    Parameters
    ----------
    folder : path
        Folder to write ``images``, ``fixations.csv`` and ``dataset.toml`` to, which
        :func:`psysal.gaze.dataset` and the command line read.
    model : callable
        Function of pixels (rows, cols, 3), uint8, that gives the map that observers follow,
        not negative.
    ppd : float
        Pixels per degree of visual angle that the data set states.
    **options
        Passed to :func:`simulate_fixations`.

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        As :func:`simulate_fixations`.
    FileExistsError
        The folder has such a data set already.
    OSError
        The folder cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     people = simulated_dataset(folder, lambda pixels: pixels.mean(axis=2), observers=3)
    ...     len(people.images), people.sizes["chelsea top left.png"], people.fixations
    (16, (150, 225), <Fixations: 432 of 3 subjects on 16 images>)
    """
    import skimage.data

    images = {
        f"{name} {quarter}.png": pixels
        for name in PHOTOGRAPHS
        for quarter, pixels in zip(QUARTERS, _quarters(getattr(skimage.data, name)()), strict=True)
    }
    maps = {name: np.asarray(model(pixels)) for name, pixels in images.items()}
    maps = {name: found - min(found.min(), 0) for name, found in maps.items()}
    fixations = simulate_fixations(maps, **options)
    folder = Path(folder)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for name, pixels in images.items():
        files.save(folder / "images" / name, mapfile.encode(pixels, "png8"))
    write_table(fixations, folder / "fixations.csv")
    layout = (
        'images = "images/*.png"\n'
        'fixations = "fixations.csv"\n'
        f"ppd = {ppd}\n"
        'source = "quarters of photographs of scikit-image; fixations simulated by psysal"\n'
    )
    files.save(folder / "dataset.toml", layout.encode())
    return dataset(folder)


def _quarters(pixels: Array) -> list[Array]:
    """Quarters of equal size, in the order of QUARTERS."""
    rows, cols = (size // 2 for size in pixels.shape[:2])
    return [pixels[top : top + rows, left : left + cols] for top in (0, rows) for left in (0, cols)]
