"""Psychophysical features for a learned readout, on a small grid.

Place in the pipeline: color -> wavelet -> contrast -> [features] -> readout.
Enters: checked pixels.  Leaves: planes (features, rows, cols), float32, on a grid whose
longer side is 48: of every opponent channel, level and orientation of a picture of 512
pixels, the center-surround contrast z and the logarithm of the root mean square of the
wavelet plane; and the opponent colors themselves, with their distance from the image's
mean and from a blurred copy.  Contrast is relative to its surround, energy is not.  Then,
relative to the whole image, how rare a place is and how symmetric
(:mod:`psysal.vision.conspicuity`).

Where a picture is too narrow for the coarsest levels, the coarsest that it has stands in
for them.

References
----------
Murray, Vanrell, Otazu & Parraga (2011), doi:10.1109/CVPR.2011.5995506 (planes, contrast).
"""

import os
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.image import full_scale
from psysal.threads import SERIAL, ThreadPool
from psysal.vision import color, conspicuity, contrast, wavelet
from psysal.vision.faces import LONGER_SIDE, FaceDetector
from psysal.vision.grid_kernels import average
from psysal.wording import shorten_list

__all__ = ["GRID", "SCORE_GRID", "SIZE", "Psychophysical", "grid_shape", "shrunken"]

SIZE = 512
"""Longer side of the picture that is decomposed, in pixels."""
GRID = 48
"""Longer side of the grid, in pixels of the grid."""
SCORE_GRID = 96
"""Longer side of the grid on which readouts are scored."""
LEVELS = 7
MOST_WINDOWS = 16  # pairs, each of which is 63 planes
FLOOR = 1e-3  # of a root mean square; opponent intensity goes up to 3
BLUR_PIXELS = 2.5  # of the grid: standard deviation of the blurred copy
ORIENTATIONS = ("horizontal", "vertical", "diagonal")


@dataclass(frozen=True)
class Psychophysical:
    """Selection of features; a callable from pixels to their planes.

    Parameters
    ----------
    windows : tuple of (int, int)
        Center and surround on each side, in samples of a level; contrast for each pair.
    energy : bool
        Whether the root mean squares of wavelet planes are among them.
    color : bool
        Whether opponent colors are.
    rarity : bool
        Whether the rarity of energy by channel and level is, and distances from the rest of
        the image.
    symmetry : bool
        Whether the mirror symmetry of intensity and energies is.
    faces : path, optional
        File of a detector of faces, which adds a plane of theirs; see
        :class:`psysal.vision.faces.FaceDetector`.
    faces_digest : str, optional
        SHA-256 that this file must have; by default any.

    Raises
    ------
    ValueError
        No planes, windows that are none, or a file that is missing, no detector, or another
        than ``faces_digest`` says.

    Examples
    --------
    >>> front_end = Psychophysical()
    >>> front_end(np.zeros((60, 90, 3), np.uint8)).shape, len(front_end.names)
    ((169, 32, 48), 169)
    >>> front_end.names[0], front_end.names[-1]
    ('contrast 13/26, red-green, level 1, horizontal', 'symmetry, intensity, up and down')
    """

    windows: tuple[tuple[int, int], ...] = ((13, 26),)
    energy: bool = True
    color: bool = True
    rarity: bool = True
    symmetry: bool = True
    faces: str | os.PathLike[str] | None = None
    faces_digest: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "windows", tuple(map(contrast.check_windows, self.windows)))
        if len(self.windows) > MOST_WINDOWS or max(np.ravel(self.windows), default=0) > SIZE:
            raise ValueError(
                f"windows must be at most {MOST_WINDOWS} pairs up to {SIZE}, "
                f"got {shorten_list(self.windows)}"
            )
        groups = {name: getattr(self, name) for name in ("energy", "color", "rarity", "symmetry")}
        for name, value in groups.items():
            if not isinstance(value, bool):
                raise ValueError(f"{name} must be True or False, got {value!r}")
        if self.faces is not None:
            if self.faces_digest not in (None, self._detector.digest):
                raise ValueError(
                    f"{self.faces}: is another detector of faces than the readout was trained "
                    "with: its digest differs; get the file anew, or train anew"
                )
            object.__setattr__(self, "faces", str(Path(self.faces).absolute()))
            object.__setattr__(self, "faces_digest", self._detector.digest)
        if not (self.windows or any(groups.values()) or self.faces):
            raise ValueError(
                f"features must be some, got none; ask for windows, {', '.join(groups)}"
            )

    @cached_property
    def _detector(self) -> FaceDetector:
        assert self.faces is not None
        return FaceDetector(self.faces)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the planes, group first."""
        groups = [f"contrast {center}/{surround}" for center, surround in self.windows]
        if self.energy:
            groups.append("energy")
        names = [
            f"{group}, {channel}, level {level}, {orientation}"
            for group in groups
            for channel in color.CHANNELS
            for level in range(1, LEVELS + 1)
            for orientation in ORIENTATIONS
        ]
        if self.color:
            kinds = ("", ", from the mean", ", from its surround")
            names += [f"color, {name}{kind}" for kind in kinds for name in color.CHANNELS]
        if self.rarity:
            names += [
                f"rarity, {channel}, level {level}"
                for channel in color.CHANNELS
                for level in range(1, LEVELS + 1)
            ]
            names += [f"distance, energy, {name}" for name in (*color.CHANNELS, "all")]
            names.append("distance, color")
        if self.symmetry:
            names += [
                f"symmetry, {plane}, {axis}"
                for axis in ("left and right", "up and down")
                for plane in ("energy, fine", "energy, middle", "energy, coarse", "intensity")
            ]
        if self.faces:
            names.append("faces")
        return tuple(names)

    def __call__(self, pixels: Array, *, pool: ThreadPool = SERIAL) -> Array:
        """Planes of an image.

        Parameters
        ----------
        pixels : ndarray, (rows, cols) or (rows, cols, 3)
            As :func:`psysal.image.check_image` gives them.
        pool : ThreadPool
            Threads, over channels.

        Returns
        -------
        ndarray, (features, grid_rows, grid_cols), float32
        """
        longer = max(pixels.shape[:2])
        rows, cols = (max(8, round(n * SIZE / longer)) for n in pixels.shape[:2])
        opponent = color.opponent(shrunken(pixels, (rows, cols)), pool=pool)
        shape = grid_shape(*pixels.shape[:2])
        contrasts = np.empty((len(self.windows), 3, LEVELS, 3, *shape), np.float32)
        energy = np.empty((3, LEVELS, 3, *shape), np.float32)
        own = np.empty((3, *shape), np.float32)
        pool.run(
            self._channel, [(opponent[c], contrasts[:, c], energy[c], own[c]) for c in range(3)]
        )
        planes = [contrasts.reshape(-1, *shape)]
        if self.energy:
            planes.append(energy.reshape(-1, *shape))
        if self.color:
            means = own.mean((1, 2), keepdims=True)
            planes += [own, abs(own - means), abs(own - _blur(own))]
        by_level = energy.mean(2)
        if self.rarity:
            planes.append(conspicuity.rarity(by_level.reshape(-1, *shape)))
            groups = [*energy.reshape(3, -1, *shape), by_level.reshape(-1, *shape), own]
            planes += [conspicuity.distance(group)[None] for group in groups]
        if self.symmetry:
            bands = [by_level[2, :2], by_level[2, 2:4], by_level[2, 4:]]
            parts = np.stack([*(band.mean(0) for band in bands), own[2]])
            planes.append(conspicuity.symmetry(parts))
        if self.faces:
            scale = min(1, LONGER_SIDE / longer)
            size = tuple(max(1, round(n * scale)) for n in pixels.shape[:2])
            planes.append(self._detector(shrunken(pixels, size), shape)[None])
        return np.concatenate(planes)

    def describe(self) -> dict[str, Any]:
        """Description, by which they are made again.

        Returns
        -------
        dict of str to object
        """
        own = asdict(self)
        if self.faces is None:
            del own["faces"], own["faces_digest"]
        return {"psychophysical": own}

    def _channel(self, channel: Array, contrasts: Array, energy: Array, own: Array) -> None:
        """Fill the planes of a channel, (groups, levels, 3, rows, cols) and (levels, 3, ...)."""

        def on_grid(planes: Array, step: int, out: Array) -> None:
            taps = (
                _taps(n, step, target) for n, target in zip(channel.shape, own.shape, strict=True)
            )
            (tops, down), (lefts, across) = taps
            size, wide = planes[0].size, planes.shape[-1]
            average(planes.reshape(-1), wide, size, tops, down, lefts, across, out)

        on_grid(channel[None], 1, own[None])
        count = wavelet.level_count(*channel.shape)
        levels, _ = wavelet.forward(channel, count)
        for level, planes in enumerate(levels):
            for group, sizes in enumerate(self.windows):
                z = contrast.center_surround(planes, contrast.Windows(*sizes))
                on_grid(z, 2**level, contrasts[group, level])
            on_grid(planes**2, 2**level, energy[level])
        np.log(np.sqrt(energy[:count]) + np.float32(FLOOR), out=energy[:count])
        contrasts[:, count:] = contrasts[:, count - 1 : count]
        energy[count:] = energy[count - 1]


def grid_shape(rows: int, cols: int, longer_side: int = GRID) -> tuple[int, int]:
    """Rows and columns of the grid of an image.

    Parameters
    ----------
    rows, cols : int
        Size of the image in pixels.
    longer_side : int
        Of the grid.

    Returns
    -------
    (int, int)

    Examples
    --------
    >>> grid_shape(600, 800), grid_shape(1000, 3)
    ((36, 48), (48, 1))
    """
    scale = longer_side / max(rows, cols)
    return max(1, round(rows * scale)), max(1, round(cols * scale))


def shrunken(pixels: Array, shape: tuple[int, int]) -> Array:
    """Picture of another size: averaged where it is smaller, else interpolated linearly.

    Parameters
    ----------
    pixels : ndarray, (rows, cols) or (rows, cols, 3)
        As :func:`psysal.image.check_image` gives them.
    shape : (int, int)
        Rows and columns of the picture.

    Returns
    -------
    ndarray, (rows, cols) or (rows, cols, 3), float32
        Of ``shape``, in [0, 1].
    """
    import cv2

    interpolation = cv2.INTER_AREA if max(pixels.shape) > max(shape) else cv2.INTER_LINEAR
    small: Array = cv2.resize(pixels.astype(np.float32), shape[::-1], interpolation=interpolation)
    return (small / np.float32(full_scale(pixels))).clip(0, 1)


@lru_cache(maxsize=256)
def _taps(length: int, step: int, target: int) -> tuple[Array, Array]:
    """First samples (target,) and weights (target, samples) of averages about grid points.

    The side has ``length`` pixels, and samples ``step`` pixels apart; weights are triangles as
    wide as two grid cells or two steps, and sum to 1.
    """
    cell, samples = length / target / step, np.arange(-(-length // step))
    center = (np.arange(target)[:, None] + 0.5) * cell - 0.5 / step
    weights = np.maximum(0, 1 - abs(samples - center) / max(1.0, cell))
    widest = np.count_nonzero(weights, axis=1).max()
    first = np.minimum((weights > 0).argmax(axis=1), len(samples) - widest)
    taken = np.take_along_axis(weights, first[:, None] + np.arange(widest), axis=1)
    return first, (taken / taken.sum(axis=1, keepdims=True)).astype(np.float32)


def _blur(planes: Array) -> Array:
    from scipy.ndimage import gaussian_filter

    return np.stack([gaussian_filter(plane, BLUR_PIXELS) for plane in planes])
