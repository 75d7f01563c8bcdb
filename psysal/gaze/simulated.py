"""Simulated observers: fixations drawn from a density that is known.

Place: maps -> [simulated] -> fixations, in place of an experiment.  What people look at is
never known; what these observers look at is, so that one can see whether a metric, or a
readout that is trained, finds it.  They are for teaching and for tests: no score on them
says anything of people.

Everybody follows one law, :func:`law`, a density over pixels:

    p(row, col) ~ map(row, col) * Gaussian about the middle of the picture

and every fixation is a draw from it, somewhere in the pixel that was drawn.  The first
fixation of a scanpath is forced to the middle, as experiments do.  With ``inhibition``
observers avoid places they have been to, and fixations are no longer independent:

    p_k ~ p * product over earlier ones (1 - exp(-distance**2 / (2 inhibition**2)))

Simpler than people: no saccades of preferred length, no returns, no differences in taste.

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
from numpy.typing import ArrayLike, NDArray

from psysal import files, mapfile
from psysal.gaze.datasets import Dataset, dataset
from psysal.gaze.fixations import Fixations
from psysal.gaze.formats import write_table

__all__ = ["law", "simulate", "simulated_dataset"]

Array = NDArray[Any]

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")  # that scikit-image brings along
QUARTERS = ("top left", "top right", "bottom left", "bottom right")


def law(saliency: ArrayLike, *, center: float | None = 0.25) -> Array:
    """The density that simulated observers follow.

    Parameters
    ----------
    saliency : array_like, (rows, cols)
        Not negative, of any sum.
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
        A map with negative or unknown values, or without mass; a center out of range.

    Examples
    --------
    >>> law([[1, 3]], center=None)
    array([[0.25, 0.75]])
    """
    found = mapfile.check_map("saliency", saliency).astype(np.float64)
    if (low := found.min()) < 0:
        raise ValueError(f"saliency must not be negative, got {low:.6g}; shift the map first")
    if center is not None:
        if not 0 < center < np.inf:
            raise ValueError(f"center must be a positive share or None, got {center!r}")
        for axis, size in enumerate(found.shape):
            away = ((np.arange(size) + 0.5) / size - 0.5) / center
            found *= np.expand_dims(np.exp(-0.5 * away**2), 1 - axis)
    if (total := found.sum()) == 0:
        raise ValueError("saliency must have mass, got zeros only; leave the image out")
    found /= total
    return found


def simulate(
    maps: Mapping[str, ArrayLike],
    *,
    observers: int = 10,
    count: int = 8,
    center: float | None = 0.25,
    inhibition: float = 0.0,
    seed: int = 0,
) -> Fixations:
    """Fixations of observers who follow maps and like the middle; see the module.

    Parameters
    ----------
    maps : mapping of str to array_like (rows, cols)
        The map of every image, not negative.
    observers : int
        How many look; they are called 1, 2, ...
    count : int
        Fixations of each on every image, after the forced first one.
    center : float, optional
        As :func:`law` takes it.
    inhibition : float
        Pixels about an earlier fixation that are avoided; 0 draws independently.
    seed : int
        The same seed gives the same fixations; those of one observer on one image do not
        depend on who else looks, and at what.

    Returns
    -------
    Fixations
        All inside their images; ``order`` 0 is the forced one.

    Raises
    ------
    ValueError
        Maps as for :func:`law`; numbers out of range; more fixations than places.

    Examples
    --------
    >>> left = np.zeros((20, 40))
    >>> left[:, :10] = 1
    >>> seen = simulate({"dark.png": left}, observers=2, count=3)
    >>> seen, bool((seen.without_first().x < 10).all())
    (<Fixations: 8 of 2 subjects on 1 images>, True)
    """
    for name, value, least in (("observers", observers, 1), ("count", count, 0), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"{name} must be a whole number from {least} on, got {value!r}")
    if not 0 <= inhibition < np.inf:
        raise ValueError(f"inhibition must be a number of pixels from 0 on, got {inhibition!r}")
    if not maps:
        raise ValueError("maps must be one at least, got none; give the map of an image")
    rows: list[tuple[str, int, int, float, float]] = []
    for name, saliency in maps.items():
        density = law(saliency, center=center)
        for subject in range(1, observers + 1):
            rng = np.random.default_rng([seed, zlib.crc32(name.encode()), subject])
            path = _scanpath(density, count, inhibition, rng)
            rows += [(name, subject, order, x, y) for order, (x, y) in enumerate(path)]
    return Fixations(*zip(*rows, strict=True))


def _scanpath(
    density: Array, count: int, inhibition: float, rng: np.random.Generator
) -> list[tuple[float, float]]:
    """x, y of the middle, and of so many draws."""
    rows, cols = density.shape
    y, x = np.ogrid[:rows, :cols]
    path = [(cols / 2, rows / 2)]
    for _ in range(count):
        if inhibition:
            at_x, at_y = (int(value) for value in path[-1])
            squared = (x - at_x) ** 2 + (y - at_y) ** 2
            density = density * -np.expm1(-squared / (2 * inhibition**2))
        heaped = np.cumsum(density)
        if heaped[-1] == 0:
            raise ValueError(
                f"count ({count}) is more than there are places to look at; lower it, or inhibition"
            )
        drawn = int(np.searchsorted(heaped, rng.random() * heaped[-1], side="right"))
        row, col = divmod(drawn, cols)
        path.append((col + rng.random(), row + rng.random()))
    return path


def simulated_dataset(
    folder: str | os.PathLike[str],
    model: Callable[[Array], ArrayLike],
    *,
    ppd: float = 16,
    **options: Any,
) -> Dataset:
    """Sixteen small photographs, and simulated fixations on them, in a folder.

    They are the quarters of four photographs that come with scikit-image (astronaut,
    chelsea, coffee, rocket), so that nothing is downloaded and no two of them overlap.

    Parameters
    ----------
    folder : path
        Gets ``images``, ``fixations.csv`` and ``dataset.toml``, which
        :func:`psysal.gaze.dataset` and the command line read.
    model : callable
        Pixels (rows, cols, 3), uint8, to the map that observers follow, not negative.
    ppd : float
        Pixels per degree that the set tells.
    options
        Those of :func:`simulate`.

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        As :func:`simulate`.
    FileExistsError
        There is such a set in the folder already.
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

    pixels = {
        f"{name} {quarter}.png": part
        for name in PHOTOGRAPHS
        for quarter, part in zip(QUARTERS, _quarters(getattr(skimage.data, name)()), strict=True)
    }
    seen = simulate({name: model(part) for name, part in pixels.items()}, **options)
    folder = Path(folder)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    for name, part in pixels.items():
        files.save(folder / "images" / name, mapfile.encode(part, "png8"))
    write_table(seen, folder / "fixations.csv")
    about = (
        'images = "images/*.png"\n'
        'fixations = "fixations.csv"\n'
        f"ppd = {ppd}\n"
        'source = "quarters of photographs of scikit-image; fixations simulated by psysal"\n'
    )
    files.save(folder / "dataset.toml", about.encode())
    return dataset(folder)


def _quarters(pixels: Array) -> list[Array]:
    """Equally large, in the order of QUARTERS."""
    rows, cols = (size // 2 for size in pixels.shape[:2])
    return [pixels[top : top + rows, left : left + cols] for top in (0, rows) for left in (0, cols)]
