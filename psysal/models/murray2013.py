"""Saliency with grouping by Murray, Vanrell, Otazu & Parraga (TPAMI 2013).

    image -> color -> resize -> wavelet -> grouping -> csf -> inverse wavelet -> resize -> map

Each opponent channel is reduced to a quarter of its sides and decomposed.  The coefficients
of every plane are grouped along contours - horizontal planes along y, vertical ones along
x, diagonal ones both ways - and the contrast is that of contours that do not continue.  As in
2011 the weights are inverted from a coarsest residual of ones, the channel is divided by
its sum, and the map, the root of the sum of squares, is enlarged to the image.

The model is linear in the contrast: with E the enlargement of a scale and U the
up-sampler of the inverse transform, a channel is
``1 + sum_s (4 scales k(s) + g(s) U**(s-1) sum_j E z)``, so the fast path makes no weights.
A channel without any signal (a color of a grey image) is constant.

Blocks that match exactly equally well make the map depend on the last bit: in periodic
displays, and where a narrow image repeats in the padding.  Images of 8 x 8 and 9 x 9 pixels
leave no level: their map is constant.

References
----------
Murray, Vanrell, Otazu & Parraga (2013), "Low-level spatiochromatic grouping for
saliency estimation", IEEE TPAMI 35(11), doi:10.1109/TPAMI.2013.64.
"""

from dataclasses import dataclass
from functools import cached_property
from queue import SimpleQueue
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.checks import whole_number
from psysal.models.base import DType
from psysal.models.staged import LevelStages, StagedModel
from psysal.threads import ThreadPool
from psysal.viewing import Viewing, level_shift
from psysal.vision import color, csf, grouping, wavelet
from psysal.vision.resize import resize
from psysal.vision.workspace import Workspace, open_workspace

__all__ = ["GroupingStages", "Murray2013"]

SCRATCH_SHARE = 6  # of groupings side by side, at most, in values per pixel of the image


@dataclass(frozen=True)
class GroupingStages:
    """Every intermediate of one image; lists run over channels, then over levels s.

    Grouped planes run over four groupings of a level [horizontal along y, vertical along
    x, diagonal along x, diagonal along y], then over scales j; they are (size, size / 2**j),
    transposed where the grouping is along y.

    Attributes
    ----------
    opponent : ndarray, (3, rows, cols)
        O1, O2, O3 of the image.
    small : ndarray, (3, small_rows, small_cols)
        The same reduced, at the size that is decomposed.
    planes, weights : list of list of ndarray, (3, size_s, size_s)
        w and alpha, summed over scales, by [horizontal, vertical, diagonal].
    residuals : list of list of ndarray
        Approximation left after each level.
    grouped, details, contrast : list of list of list of list of ndarray
        r_j, d_j and z.
    channel_maps : ndarray, (3, small_rows, small_cols)
        Maps of the channels: weights inverted, each map divided by its sum.
    small_map, map : ndarray
        Root of the sum of squares of the channel maps, and the same enlarged to (rows, cols).
    """

    opponent: Array
    small: Array
    planes: list[list[Array]]
    residuals: list[list[Array]]
    grouped: list[list[list[list[Array]]]]
    details: list[list[list[list[Array]]]]
    contrast: list[list[list[list[Array]]]]
    weights: list[list[Array]]
    channel_maps: Array
    small_map: Array
    map: Array


@dataclass(frozen=True)
class Murray2013(StagedModel):
    """Saliency model of 2013, with grouping; a callable from an image to its raw map.

    Parameters
    ----------
    windows : (int, int)
        Center, and surround on each side, in samples of a level.
    wavelet : str
        "b3", the published one, or any discrete wavelet of PyWavelets.
    ppd : float or Viewing, optional
        Pixels per degree of visual angle. Shifts the contrast sensitivity by
        log2(ppd / 32) levels; None keeps the published tuning.
    reduction : int
        The image is reduced by 2**reduction along each side before it is decomposed.
    color, intensity : ECSF
        Contrast sensitivity of O1 and O2, and of O3, in levels of the image at its size.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(0).normal(128, 3, (128, 128, 3)).astype(np.uint8)
    >>> image[56:72, 40:56] = 255, 0, 0
    >>> raw = Murray2013()(image)
    >>> bool(raw[64, 48] > np.quantile(raw, 0.9))
    True
    """

    values_per_pixel = 6.0

    windows: tuple[int, int] = (17, 37)
    wavelet: str = wavelet.B3
    ppd: float | Viewing | None = None
    reduction: int = 2
    color: csf.ECSF = csf.MURRAY2013_COLOR
    intensity: csf.ECSF = csf.MURRAY2013_INTENSITY

    def __post_init__(self) -> None:
        super().__post_init__()
        whole_number("reduction", self.reduction, 0, hint="2 is the published one")

    @property
    def smallest(self) -> int:  # type: ignore[override]
        """Rows and columns of the smallest image, which is reduced to two samples a side."""
        return max(StagedModel.smallest, 2 << self.reduction)

    def values(self, rows: int, cols: int) -> float:
        scratch = grouping.scratch_size(*self._small(rows, cols), self._windows)
        return super().values(rows, cols) + 2 * scratch

    @cached_property
    def sensitivities(self) -> tuple[csf.ECSF, ...]:
        """Contrast sensitivity of O1, O2 and O3 in levels of the small image."""
        shift = level_shift(self.ppd) - self.reduction
        return tuple(ecsf.shifted(shift) for ecsf in (self.color, self.color, self.intensity))

    def level_count(self, rows: int, cols: int) -> int:
        return max(0, (max(self._small(rows, cols)) - 1).bit_length() - 1)

    def channels(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        return color.opponent(pixels, dtype=dtype, pool=pool)

    def _map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        if self.wavelet != wavelet.B3:
            return self._stages(pixels, dtype, pool).map
        rows, cols = pixels.shape[:2]
        with open_workspace() as workspace:
            opponent = workspace.part(0).take((3, rows, cols), dtype)
            for job in color.start_opponent(pixels, opponent, pool):
                job.result()
            small = resize(opponent, self._small(rows, cols), "linear", pool=pool)
            small_map = _combine(_shares(self._invert(small, rows * cols, pool, workspace)))
            return _enlarge(small_map, (rows, cols), pool)

    def _stages(self, pixels: Array, dtype: DType, pool: ThreadPool) -> GroupingStages:
        shape = pixels.shape[:2]
        opponent = color.opponent(pixels, dtype=dtype, pool=pool)
        small = resize(opponent, self._small(*shape), "linear", pool=pool)
        channels = pool.run(self._channel, zip(small, self.sensitivities, strict=True))
        planes, residuals, grouped, details, z, weights, maps = map(
            list, zip(*channels, strict=True)
        )
        channel_maps = _shares(np.stack(maps))
        small_map = _combine(channel_maps)
        return GroupingStages(
            opponent, small, planes, residuals, grouped, details, z, weights,
            channel_maps, small_map, _enlarge(small_map, shape, pool),
        )  # fmt: skip

    def _invert(self, small: Array, pixels: int, pool: ThreadPool, workspace: Workspace) -> Array:
        """Maps of the small channels before they are divided by their sums.

        As many jobs run side by side as there are parts of the workspace; the first part's memory
        was that of the opponent channels.
        """
        maps = np.ones_like(small)
        levels = wavelet.dense_level_count(*small.shape[1:])
        scratch = grouping.scratch_size(small.shape[1], small.shape[2], self._windows)
        most = SCRATCH_SHARE * pixels
        present = [c for c, channel in enumerate(small) if channel.any()]
        jobs: list[tuple[Any, ...]] = []
        parts: SimpleQueue[Workspace] = SimpleQueue()
        for part in range(min(pool.threads, max(1, most // scratch))):
            parts.put(workspace.part(part))

        def grouped(side: Array, gains: list[float]) -> Array:
            part = parts.get()
            try:
                part.rewind(0)
                return grouping.grouped(side, gains, self._windows, part)
            finally:
                parts.put(part)

        for c in present:
            gains, _ = csf.level_weights(self.sensitivities[c], levels)
            jobs += [(side, gains.tolist()) for side in (small[c], small[c].T)]
        sums = pool.run(grouped, jobs)
        for c, down, across in zip(present, sums[::2], sums[1::2], strict=True):
            _, offsets = csf.level_weights(self.sensitivities[c], levels)
            scales = np.arange(levels, 0, -1) + 1
            pedestal = 1 + 4 * (scales * offsets).sum()
            maps[c] = (down + across.T) + small.dtype.type(pedestal)
        return maps

    def _channel(self, channel: Array, ecsf: csf.ECSF) -> tuple[Any, ...]:
        """Stages of one small channel, from its planes to its map before it is divided."""
        rows, cols = channel.shape
        planes, residuals = wavelet.forward_dense(channel, wavelet=self.wavelet)
        grouped, details, z, weights = [], [], [], []
        for s, (horizontal, vertical, diagonal) in enumerate(planes, start=1):
            groupings = (horizontal.T, vertical, diagonal, diagonal.T)
            r, d = map(list, zip(*map(grouping.forward, groupings), strict=True))
            grouped.append(r)
            details.append(d)
            z.append([[grouping.contrast(x, self._windows) for x in scales] for scales in d])
            without = ecsf.weights(np.zeros(1, channel.dtype), s)  # the last scale's
            h, v, dx, dy = (
                grouping.enlarge([ecsf.weights(x, s) for x in scales], len(diagonal)) + without
                for scales in z[-1]
            )
            weights.append(np.stack([h.T, v, dx + dy.T]))
        square = wavelet.inverse(weights, np.ones((2, 2), channel.dtype))
        return planes, residuals, grouped, details, z, weights, square[:rows, :cols]

    def _small(self, rows: int, cols: int) -> tuple[int, int]:
        """Rows and columns of the small image."""
        rows, cols = (int(n / 2**self.reduction + 0.5) for n in (rows, cols))
        return rows, cols

    def _level_stages(
        self, pixels: Array, channel: int, level: int, dtype: DType, pool: ThreadPool
    ) -> LevelStages:
        stages = self._stages(pixels, dtype, pool)
        saliency = self._map(pixels, dtype, pool) if self.wavelet == wavelet.B3 else stages.map
        _, rows, cols = stages.small.shape
        w = z = alpha = np.empty((3, 0, 0), dtype)
        contributions = np.zeros((3, rows, cols), dtype)
        if level:
            w, alpha = (planes[channel][level - 1] for planes in (stages.planes, stages.weights))
            scales = stages.contrast[channel][level - 1]
            h, v, dx, dy = (grouping.enlarge(planes, len(w[0])) for planes in scales)
            z = np.stack([h.T, v, dx + dy.T])
            square = wavelet.inverse(stages.weights[channel], np.ones((2, 2), dtype))
            total = square[:rows, :cols].sum(dtype=float)
            shares = z * dtype.type(self.sensitivities[channel].gain(level) / total)
            squares = np.stack([wavelet.upsample(share, level - 1) for share in shares])
            contributions = squares[:, :rows, :cols]
        return LevelStages(
            map=saliency, channels=stages.opponent, channel=channel, level=level,
            levels=len(stages.planes[channel]), shape=(rows, cols),
            step=2 ** max(level - 1, 0), enlargement=2**self.reduction, planes=w, contrast=z,
            weights=alpha, contributions=contributions,
        )  # fmt: skip


def _shares(channels: Array) -> Array:
    """Channels divided by their sums."""
    return channels / channels.sum((1, 2), float, keepdims=True).astype(channels.dtype)


def _combine(channel_maps: Array) -> Array:
    """Root of the sum of squares of the channel maps."""
    small_map: Array = np.sqrt((channel_maps**2).sum(axis=0))
    return small_map


def _enlarge(small_map: Array, shape: tuple[int, int], pool: ThreadPool) -> Array:
    """A map at the image's size; a constant one stays exactly so."""
    low = small_map.min()
    (saliency,) = resize((small_map - low)[None], shape, "cubic", pool=pool)
    saliency += low
    return saliency
