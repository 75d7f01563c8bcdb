"""Graph-based visual saliency (GBVS) by Harel, Koch & Perona (NIPS 2006).

    image -> features at three scales -> activation -> power -> sum of channels -> map

The nodes of a small map are the states of a Markov chain.  Transitions favor nearby nodes
with a different feature value; a walker ends up where the feature is unusual.

Enters: an image, which is seen at its size, from the second level of a pyramid on; the map has 32
nodes along its longer side.  Leaves: the sum of the maps of color, intensity and orientation,
blurred, enlarged and spread over [0, 1].

This is the authors' program, to rounding:

============= ============================== ====================================================
step          paper                          program, and here
============= ============================== ====================================================
smallest      -                              128 pixels a side; here 8, by the same steps
color         RG and BY                      cone contrasts of Derrington, Krauskopf & Lennie
intensity     mean                           the largest of R, G and B
dissimilarity abs(log(a / b))                abs(a - b), and of nothing else: no features scaled
equilibrium   of the chain                   the walk from everywhere, until a step is below 1e-4
concentration a second chain                 activation to the power 1.5
channels      -                              sums: twelve maps of orientation, three of intensity
border        -                              four rows and columns fade
grey image    -                              one channel: no color; three: color of cones
constant      -                              the program never ends; here zeros
============= ============================== ====================================================

``Harel2006(fast=True)`` is the program's ``gbvs_fast``: color and orientation at one scale, two
orientations, 24 nodes, and steps until one is below 3e-3.

Where this differs from the program: a feature of two values, between which the walk goes back and
forth for ever, has the equilibrium of its chain in closed form, as has any walk that takes 500
steps; a feature whose range may be rounding (below 1e-10) adds nothing.

References
----------
Harel, Koch & Perona (2006), "Graph-based visual saliency", NIPS 19, pages 545-552.
"""

from dataclasses import dataclass

import numpy as np

from psysal._typing import Array
from psysal.models import classical_kernels, classical_steps
from psysal.models.base import ClassicalModel, DType
from psysal.models.gbvs_features import enlarged, map_shape, pyramid
from psysal.threads import SERIAL, ThreadPool
from psysal.vision.resize import resize

__all__ = ["FAST", "FULL", "Harel2006", "Program", "activation", "features"]

SIGMA = 0.15  # of nearness, as a share of the map's mean side
POWER = 1.5  # of activation
FADE = 4  # rows and columns
BLUR = 0.02  # standard deviation, as a share of the longer side
FAINT = 1e-10  # range of a feature that may be rounding
MOST_STEPS = 500  # of a walk


@dataclass(frozen=True)
class Program:
    """Differences between the two programs of the toolbox.

    Attributes
    ----------
    channels : str
        Of color (D), intensity (I) and orientation (O).
    levels : tuple of int
        Levels of the pyramid.
    angles : tuple of float
        Orientations in degrees.
    tolerance : float
        Length of a step of the walk, of which the last is not longer.
    nodes : int
        Nodes along the longer side of the map.
    """

    channels: str
    levels: tuple[int, ...]
    angles: tuple[float, ...]
    tolerance: float
    nodes: int


FULL = Program("DIO", (2, 3, 4), (0, 45, 90, 135), 1e-4, 32)
"""``gbvs``."""
FAST = Program("DO", (3,), (0, 90), 3e-3, 24)
"""``gbvs_fast``."""


@dataclass(frozen=True)
class Harel2006(ClassicalModel):
    """GBVS; a callable from an image to its raw map.

    Parameters
    ----------
    fast : bool
        Whether it is the program's ``gbvs_fast``.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(0).normal(128, 3, (96, 128, 3)).astype(np.uint8)
    >>> image[40:52, 80:92] = 200, 60, 60
    >>> raw = Harel2006()(image)
    >>> bool(raw[46, 86] > 0.9 * raw.max())
    True
    """

    fast: bool = False

    values_per_pixel = 10.0

    def __post_init__(self) -> None:
        if not isinstance(self.fast, bool):
            raise ValueError(f"fast must be True or False, got {self.fast!r}")

    def _varied_map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        program = FAST if self.fast else FULL
        shape = map_shape(pixels.shape, program.nodes)
        planes = features(pixels, program, pool)
        planes = [plane for plane in planes if np.ptp(plane) > FAINT]
        total = np.zeros(shape)
        if planes:
            total += (activation(np.stack(planes), program.tolerance, dtype, pool) ** POWER).sum(0)
        faded = classical_steps.spread(classical_steps.fade(total, FADE))
        return enlarged(faded, BLUR * program.nodes, pixels.shape[:2], dtype, pool)


def features(pixels: Array, program: Program, pool: ThreadPool = SERIAL) -> list[Array]:
    """Features at the nodes of the map.

    Parameters
    ----------
    pixels : ndarray, (rows, cols) or (rows, cols, 3)
        As :func:`psysal.image.check_image` gives them; a grey image has no color.
    program : Program
        :data:`FULL` or :data:`FAST`.
    pool : ThreadPool
        Threads.

    Returns
    -------
    list of ndarray, (rows, cols)
        By channel, kind and level.
    """
    shape = map_shape(pixels.shape, program.nodes)
    scales = pyramid(pixels, program.levels[-1], pool)
    found: dict[str, list[Array]] = {channel: [] for channel in program.channels}
    for level in program.levels:
        planes = scales[level - 1].astype(float)
        kinds = {"I": planes[-1:], "O": classical_steps.orientation(planes[-1], program.angles)}
        kinds["D"] = classical_steps.cone_contrast(planes[:3]) if len(planes) > 1 else planes[:0]
        for channel, of_level in found.items():
            of_level.append(resize(kinds[channel], shape, "cubic", pool=pool))
    return [
        plane for levels in found.values() for kind in zip(*levels, strict=True) for plane in kind
    ]


def activation(
    planes: Array, tolerance: float, dtype: DType | str = "float64", pool: ThreadPool = SERIAL
) -> Array:
    """Density, after enough steps, of a walker who prefers nearby nodes with another value.

    Parameters
    ----------
    planes : ndarray, (count, rows, cols)
        Features, each with more than one value.
    tolerance : float
        Length of a step, of which the last is not longer.
    dtype : "float32" or "float64"
        Data type of the transitions.
    pool : ThreadPool
        Threads, over features.

    Returns
    -------
    ndarray, (count, rows, cols), float64
        Each sums to 1.
    """
    count, rows, cols = planes.shape
    near = _nearness(rows, cols, np.dtype(dtype).name)
    middle = planes.mean(axis=(1, 2), keepdims=True)  # whose digits would be lost in float32
    values = (planes - middle).reshape(count, -1).astype(dtype)
    out = np.empty((count, rows * cols))
    pool.run(
        classical_kernels.walk,
        [
            (value, *near, tolerance, MOST_STEPS, place)
            for value, place in zip(values, out, strict=True)
        ],
    )
    return out.reshape(planes.shape)


def _nearness(rows: int, cols: int, dtype: str) -> list[Array]:
    """Gaussians of the distance of every two rows, and of every two columns."""
    sigma = SIGMA * (rows + cols) / 2
    distances = (np.subtract.outer(np.arange(n), np.arange(n)) for n in (rows, cols))
    return [np.exp(-(d**2) / (2 * sigma**2)).astype(dtype) for d in distances]
