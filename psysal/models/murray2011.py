"""Saliency by Murray, Vanrell, Otazu & Parraga (CVPR 2011).

    image -> color -> wavelet -> contrast -> csf -> inverse wavelet -> map

Each opponent channel is decomposed, its center-surround contrast weighted by the
extended contrast sensitivity, and the *weights* - not the weighted coefficients -
are inverted from a coarsest residual of ones.  The channel is divided by its sum
and the map is the root of the sum of squares over the three channels.

The model is linear in the contrast z: with U the up-sampler of the inverse
transform, a channel is ``1 + 3 sum_s k(s) + sum_s g(s) U**(s-1) (z1 + z2 + z3)``,
so the fast path makes no weights, and every map splits exactly into contributions.

Where this differs from the released program: the square is filled by mirroring
whatever the aspect ratio (the program pads with zeros beyond about 2:1), and small
power-of-two images get as many levels as the mirror allows (the program fails).

References
----------
Murray, Vanrell, Otazu & Parraga (2011), "Saliency estimation using a non-parametric
low-level vision model", CVPR, doi:10.1109/CVPR.2011.5995506.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from psysal._typing import Array
from psysal.models.base import DType
from psysal.models.staged import LevelStages, StagedModel
from psysal.threads import ThreadPool
from psysal.viewing import Viewing, level_shift
from psysal.vision import color, csf, kernels, wavelet
from psysal.vision.channel import channel_maps, channel_stages
from psysal.vision.contrast import center_surround
from psysal.vision.workspace import open_workspace

__all__ = ["Contributions", "Murray2011", "SaliencyStages"]

PART_SAMPLES = 1 << 19  # a job


@dataclass(frozen=True)
class SaliencyStages:
    """Every intermediate of one image; lists run over channels, then over levels.

    Attributes
    ----------
    opponent : ndarray, (3, rows, cols)
        O1, O2, O3.
    planes, contrast, weights : list of list of ndarray, (3, rows_s, cols_s)
        w, z and alpha by channel and level, [horizontal, vertical, diagonal].
    residuals : list of list of ndarray
        Approximation left after each level, by channel.
    channel_maps : ndarray, (3, rows, cols)
        Maps of the channels: weights inverted, each map divided by its sum.
    map : ndarray, (rows, cols)
        The raw map: root of the sum of squares of the channel maps.
    """

    opponent: Array
    planes: list[list[Array]]
    residuals: list[list[Array]]
    contrast: list[list[Array]]
    weights: list[list[Array]]
    channel_maps: Array
    map: Array


@dataclass(frozen=True)
class Contributions:
    """Contributions to a map: ``pedestal[c] + planes[c].sum((0, 1))`` is channel map c.

    Attributes
    ----------
    planes : ndarray, (3, levels, 3, rows, cols)
        Shares of the contrast by channel, level and orientation.
    pedestal : ndarray, (3,)
        Value of each channel map without any contrast.
    """

    planes: Array
    pedestal: Array

    @property
    def channel_maps(self) -> Array:
        """Channel maps (3, rows, cols), each of which sums to 1."""
        return self.planes.sum((1, 2)) + self.pedestal[:, None, None]


@dataclass(frozen=True)
class Murray2011(StagedModel):
    """Saliency model of 2011; a callable from an image to its raw map.

    Parameters
    ----------
    windows : (int, int)
        Center, and surround on each side, in samples of a level.
    wavelet : str
        "b3", the published one, or any discrete wavelet of PyWavelets.
    ppd : float or Viewing, optional
        Pixels per degree of visual angle. Shifts the contrast sensitivity by
        log2(ppd / 32) levels; None keeps the published tuning.
    color, intensity : ECSF
        Contrast sensitivity of O1 and O2, and of O3.

    Examples
    --------
    A red square on grey is among the most salient places:

    >>> import numpy as np
    >>> image = np.full((128, 128, 3), 128, np.uint8)
    >>> image[70:78, 40:48] = 255, 0, 0
    >>> raw = Murray2011()(image)
    >>> bool(raw[74, 44] > np.quantile(raw, 0.95))
    True
    """

    windows: tuple[int, int] = (13, 26)
    wavelet: str = wavelet.B3
    ppd: float | Viewing | None = None
    color: csf.ECSF = csf.MURRAY2011_COLOR
    intensity: csf.ECSF = csf.MURRAY2011_INTENSITY

    values_per_pixel = 10.0

    @cached_property
    def sensitivities(self) -> tuple[csf.ECSF, ...]:
        """Contrast sensitivity of O1, O2 and O3 at this viewing distance."""
        shift = level_shift(self.ppd)
        return tuple(ecsf.shifted(shift) for ecsf in (self.color, self.color, self.intensity))

    def level_count(self, rows: int, cols: int) -> int:
        return wavelet.level_count(rows, cols)

    def channels(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        return color.opponent(pixels, dtype=dtype, pool=pool)

    def _map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        return self._map_and_totals(pixels, dtype, pool)[0]

    def _map_and_totals(
        self, pixels: Array, dtype: DType, pool: ThreadPool
    ) -> tuple[Array, list[float]]:
        """Raw map, and the sums that its channels were divided by."""
        rows, cols = pixels.shape[:2]
        saliency = np.empty((rows, cols), dtype)
        with open_workspace() as workspace:
            channels, maps = (workspace.take((3, rows, cols), dtype) for _ in range(2))
            opponent_jobs = color.start_opponent(pixels, channels, pool)
            totals = channel_maps(
                list(channels),
                self.sensitivities,
                self._windows,
                wavelet.level_count(rows, cols),
                out=list(maps),
                workspace=workspace,
                pool=pool,
                wavelet=self.wavelet,
                after=opponent_jobs,
            )
            flat, out = [channel.reshape(-1) for channel in maps], saliency.reshape(-1)
            parts = [(i, min(i + PART_SAMPLES, out.size)) for i in range(0, out.size, PART_SAMPLES)]
            scale = 1 / np.array(totals)
            pool.run(kernels.combine, [(*flat, scale, out, *part) for part in parts])
        return saliency, totals

    def _stages(self, pixels: Array, dtype: DType, pool: ThreadPool) -> SaliencyStages:
        rows, cols = pixels.shape[:2]
        levels = wavelet.level_count(rows, cols)
        opponent = color.opponent(pixels, dtype=dtype, pool=pool)
        stages = [
            channel_stages(channel, ecsf, self._windows, levels, wavelet=self.wavelet, pool=pool)
            for channel, ecsf in zip(opponent, self.sensitivities, strict=True)
        ]
        maps = []
        for _, residuals, _, weights in stages:
            square = wavelet.inverse(weights, np.ones_like(residuals[-1]), wavelet=self.wavelet)
            channel_map = square[:rows, :cols]
            maps.append(channel_map / channel_map.sum(dtype=float).astype(dtype))
        channel_maps = np.stack(maps)
        combined = np.sqrt((channel_maps**2).sum(axis=0))
        return SaliencyStages(
            opponent,
            [stage.planes for stage in stages],
            [stage.residuals for stage in stages],
            [stage.contrast for stage in stages],
            [stage.weights for stage in stages],
            channel_maps,
            combined,
        )

    def contributions(
        self,
        image: Any,
        *,
        channel_order: str = "rgb",
        dtype: DTypeLike = "float32",
        threads: int | None = None,
    ) -> Contributions:
        """Contributions of each channel, level and orientation to the map.

        Parameters
        ----------
        image, channel_order, dtype, threads
            As calling the model takes them.

        Returns
        -------
        Contributions
        """
        stages = self.stages(image, channel_order=channel_order, dtype=dtype, threads=threads)
        _, rows, cols = stages.opponent.shape
        count = len(stages.planes[0])
        planes = np.empty((3, count, 3, rows, cols), stages.map.dtype)
        pedestal = np.empty(3, stages.map.dtype)
        for c, ecsf in enumerate(self.sensitivities):
            gains, offsets = csf.level_weights(ecsf, count)
            pedestal[c] = 1 + 3 * offsets.sum()
            for s, z in enumerate(stages.contrast[c]):
                gain = z.dtype.type(gains[s])
                for o in range(3):
                    planes[c, s, o] = self._enlarge(gain * z[o], s)[:rows, :cols]
            total = planes[c].sum(dtype=float) + float(pedestal[c]) * rows * cols
            planes[c] /= total
            pedestal[c] /= total
        return Contributions(planes, pedestal)

    def _enlarge(self, plane: Array, times: int) -> Array:
        """Plane of level ``times`` + 1, enlarged as the inverse transform enlarges it."""
        return wavelet.upsample(plane, times) if self.wavelet == wavelet.B3 else plane

    def _level_stages(
        self, pixels: Array, channel: int, level: int, dtype: DType, pool: ThreadPool
    ) -> LevelStages:
        rows, cols = pixels.shape[:2]
        decimated, spacing = self.wavelet == wavelet.B3, 2 ** (level - 1)
        saliency, totals = self._map_and_totals(pixels, dtype, pool)
        channels, ecsf = self.channels(pixels, dtype, pool), self.sensitivities[channel]
        w = wavelet.forward(channels[channel], level, wavelet=self.wavelet, pool=pool)[0][-1]
        z = center_surround(w, self._windows, step=1 if decimated else spacing, pool=pool)
        shares = z * dtype.type(ecsf.gain(level) / totals[channel])
        contributions = np.stack([self._enlarge(share, level - 1) for share in shares])
        return LevelStages(
            map=saliency, channels=channels, channel=channel, level=level,
            levels=self.level_count(rows, cols), shape=(rows, cols),
            step=spacing if decimated else 1, enlargement=1, planes=w, contrast=z,
            weights=ecsf.weights(z, level), contributions=contributions[:, :rows, :cols],
        )  # fmt: skip
