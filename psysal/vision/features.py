"""Features: what a learned readout is told of an image, on a small grid.

Place in the pipeline: color -> wavelet -> contrast -> [features] -> readout.
Enters: checked pixels.  Leaves: planes (features, rows, cols), float32, on a grid whose
longer side is 96: of every opponent channel, level and orientation of a picture of 512
pixels, the centre-surround contrast z and the logarithm of the root mean square of the
wavelet plane; and the opponent colors themselves, with their distance from the image's
mean and from a blurred copy.  Contrast is relative to its surround, energy is not: a
readout wants both.

Where a picture is too narrow for the coarsest levels, the coarsest that it has stands in
for them.

References
----------
Murray, Vanrell, Otazu & Parraga (2011), doi:10.1109/CVPR.2011.5995506 (planes, contrast).
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psysal.image import full_scale
from psysal.threads import SERIAL, ThreadPool
from psysal.vision import color, contrast, wavelet

__all__ = ["GRID", "SIZE", "Features", "grid_shape"]

Array = NDArray[Any]

SIZE = 512
"""Longer side of the picture that is decomposed, in pixels."""
GRID = 96
"""Longer side of the grid."""
LEVELS = 7
FLOOR = 1e-3  # of a root mean square; opponent intensity goes up to 3
AROUND = 5.0  # standard deviation of the blurred copy, in pixels of the grid
ORIENTATIONS = ("horizontal", "vertical", "diagonal")


@dataclass(frozen=True)
class Features:
    """Which features; a callable from pixels to their planes.

    Parameters
    ----------
    windows : tuple of (int, int)
        Centre and surround on each side, in samples of a level; contrast for each pair.
    energy : bool
        Whether the root mean squares of wavelet planes are among them.
    color : bool
        Whether opponent colors are.

    Examples
    --------
    >>> features = Features()
    >>> features(np.zeros((60, 90, 3), np.uint8)).shape, len(features.names)
    ((135, 64, 96), 135)
    >>> features.names[0], features.names[-1]
    ('contrast 13/26, red-green, level 1, horizontal', 'color, intensity, from its surround')
    """

    windows: tuple[tuple[int, int], ...] = ((13, 26),)
    energy: bool = True
    color: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "windows", tuple(map(contrast.check_windows, self.windows)))
        if not (self.windows or self.energy or self.color):
            raise ValueError("features must be some, got none; ask for windows, energy or color")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What every plane is, group first."""
        groups = [f"contrast {center}/{surround}" for center, surround in self.windows]
        groups += ["energy"] * self.energy
        planes = [
            f"{group}, {channel}, level {level}, {orientation}"
            for group in groups
            for channel in color.CHANNELS
            for level in range(1, LEVELS + 1)
            for orientation in ORIENTATIONS
        ]
        kinds = ("", ", from the mean", ", from its surround") if self.color else ()
        return (*planes, *(f"color, {name}{kind}" for kind in kinds for name in color.CHANNELS))

    def __call__(self, pixels: Array, *, pool: ThreadPool = SERIAL) -> Array:
        """The planes of an image that :func:`psysal.image.check_image` has checked."""
        small = _working(pixels)
        opponent = color.opponent(small, pool=pool)
        shape = grid_shape(*pixels.shape[:2])
        groups = len(self.windows) + self.energy
        planes = np.empty((groups, 3, LEVELS, 3, *shape), np.float32)
        own = np.empty((3, *shape), np.float32)
        pool.run(self._channel, [(opponent[c], planes[:, c], own[c]) for c in range(3)])
        found = [planes.reshape(-1, *shape)]
        if self.color:
            found += [own, abs(own - own.mean((1, 2), keepdims=True)), abs(own - _around(own))]
        return np.concatenate(found)

    def _channel(self, channel: Array, out: Array, own: Array) -> None:
        """Fill the planes of a channel, (groups, levels, 3, rows, cols), and its own."""
        rows, cols = channel.shape

        def on_grid(planes: Array, step: int) -> Array:
            down, across = (
                _taps(length, count, step, target)
                for length, count, target in zip(
                    channel.shape, planes.shape[-2:], own.shape, strict=True
                )
            )
            found: Array = down @ (planes @ across.T)
            return found

        own[:] = on_grid(channel, 1)
        if not len(out):
            return
        count = wavelet.level_count(rows, cols)
        levels, _ = wavelet.forward(channel, count)
        for level, padded in enumerate(levels, start=1):
            step = 2 ** (level - 1)
            part = np.s_[:, : -(-rows // step), : -(-cols // step)]
            for group, sizes in enumerate(self.windows):
                z = contrast.center_surround(padded, contrast.Windows(*sizes))
                out[group, level - 1] = on_grid(z[part], step)
            if self.energy:
                mean_square = on_grid(padded[part] ** 2, step)
                out[-1, level - 1] = np.log(np.sqrt(mean_square) + np.float32(FLOOR))
        out[:, count:] = out[:, count - 1 : count]


def grid_shape(rows: int, cols: int) -> tuple[int, int]:
    """Rows and columns of the grid of an image.

    >>> grid_shape(600, 800), grid_shape(1000, 3)
    ((72, 96), (96, 1))
    """
    longer = max(rows, cols)
    return max(1, round(rows * GRID / longer)), max(1, round(cols * GRID / longer))


def _working(pixels: Array) -> Array:
    """The picture in float32, its longer side SIZE."""
    import cv2

    rows, cols = pixels.shape[:2]
    longer = max(rows, cols)
    size = tuple(max(8, round(n * SIZE / longer)) for n in (cols, rows))
    how = cv2.INTER_AREA if longer > SIZE else cv2.INTER_LINEAR
    small: Array = cv2.resize(pixels.astype(np.float32), size, interpolation=how)
    return (small / np.float32(full_scale(pixels))).clip(0, 1)


@lru_cache(maxsize=256)
def _taps(length: int, count: int, step: int, target: int) -> Array:
    """Averages about ``target`` grid points along a side of ``length`` pixels.

    Of ``count`` samples ``step`` pixels apart, by triangles as wide as two grid cells or two
    steps; (target, count), rows sum to 1.
    """
    cell = length / target / step
    center = (np.arange(target)[:, None] + 0.5) * cell - 0.5 / step
    weights = np.maximum(0, 1 - abs(np.arange(count) - center) / max(1.0, cell))
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _around(planes: Array) -> Array:
    from scipy.ndimage import gaussian_filter

    return np.stack([gaussian_filter(plane, AROUND) for plane in planes])
