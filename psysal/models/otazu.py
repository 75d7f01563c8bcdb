"""Perceived brightness and color by Otazu, Vanrell & Parraga (2008, 2010).

    image -> color -> wavelet -> contrast -> csf -> inverse wavelet -> image as it looks

The decomposition is that of the saliency model that grew out of it.  Here the
*weighted details* are inverted, from the true coarsest residual: scales that an
observer is sensitive to are enhanced where they stand out and suppressed where their
surround is as strong, so that a grey patch looks lighter on black than on white.

``Otazu2008`` (BIWaM) models luminance alone, its values taken as they are;
``Otazu2010`` (CIWaM) models opponent colors on linear light.  The parameters are those
of the authors' program, in which both models share their contrast sensitivity; the
papers work in other color spaces.

References
----------
Otazu, Vanrell & Parraga (2008), "Multiresolution wavelet framework models brightness
induction effects", Vision Research 48(5), doi:10.1016/j.visres.2007.12.008;
Otazu, Parraga & Vanrell (2010), "Toward a unified chromatic induction model",
Journal of Vision 10(12):5, doi:10.1167/10.12.5;
Betz, Shapley, Wichmann & Maertens (2015), "Testing the role of luminance edges in
White's illusion with contour adaptation", Journal of Vision 15(11):14,
doi:10.1167/15.11.14 (windows and scale of the luminance model).
"""

from concurrent.futures import Future
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from psysal._typing import Array
from psysal.image import full_scale
from psysal.models.base import DType
from psysal.models.staged import LevelStages, StagedModel
from psysal.threads import ThreadPool
from psysal.viewing import Viewing, level_shift
from psysal.vision import color, csf, wavelet
from psysal.vision.channel import channel_maps, channel_stages
from psysal.vision.contrast import center_surround
from psysal.vision.workspace import open_workspace

__all__ = ["Otazu2008", "Otazu2010", "PerceptStages"]

BETZ_PPD = 31.28  # pixels per degree of the displays that Otazu2008 is tuned to


@dataclass(frozen=True)
class PerceptStages:
    """Every intermediate of one image; lists run over channels, then over levels.

    Attributes
    ----------
    channels : ndarray, (channels, rows, cols)
        O1, O2, O3, or luminance alone.
    planes, contrast, weights : list of list of ndarray, (3, rows_s, cols_s)
        w, z and alpha by channel and level, [horizontal, vertical, diagonal].
    residuals : list of list of ndarray
        Approximation left after each level, by channel.
    percepts : ndarray, (channels, rows, cols)
        Channels as they look: alpha w, inverted.
    image : ndarray
        Image as it looks.
    """

    channels: Array
    planes: list[list[Array]]
    residuals: list[list[Array]]
    contrast: list[list[Array]]
    weights: list[list[Array]]
    percepts: Array
    image: Array


class PerceptionModel(StagedModel):
    """Both models: channels to the channels as they look."""

    values_per_pixel = 12.0
    nu0: float

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self.sensitivities  # refuses nu0 that is not finite

    def level_count(self, rows: int, cols: int) -> int:
        return ((max(rows, cols) - 1) // 4).bit_length()  # floor(log2((longer - 1) / 4)) + 1

    def channels(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        channels = np.empty((len(self.sensitivities), *pixels.shape[:2]), dtype)
        for job in self._start_channels(pixels, channels, pool):
            job.result()
        return channels

    def _start_channels(
        self, pixels: Array, channels: Array, pool: ThreadPool
    ) -> "list[Future[None]]":
        """Running jobs that fill ``channels``, one for every sensitivity."""
        raise NotImplementedError

    def _percept(self, channels: Array, pixels: Array, pool: ThreadPool) -> Array:
        """Image of channels as they look."""
        raise NotImplementedError

    def _map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        ecsfs, (rows, cols) = self.sensitivities, pixels.shape[:2]
        with open_workspace() as workspace:
            channels, percepts = (workspace.take((len(ecsfs), rows, cols), dtype) for _ in range(2))
            channel_maps(
                list(channels),
                ecsfs,
                self._windows,
                self.level_count(rows, cols),
                out=list(percepts),
                workspace=workspace,
                pool=pool,
                wavelet=self.wavelet,
                percept=True,
                after=self._start_channels(pixels, channels, pool),
            )
            return self._percept(percepts, pixels, pool)

    def _stages(self, pixels: Array, dtype: DType, pool: ThreadPool) -> PerceptStages:
        rows, cols = pixels.shape[:2]
        levels, channels = self.level_count(rows, cols), self.channels(pixels, dtype, pool)
        stages = [
            channel_stages(channel, ecsf, self._windows, levels, wavelet=self.wavelet, pool=pool)
            for channel, ecsf in zip(channels, self.sensitivities, strict=True)
        ]
        percepts = np.empty_like(channels)
        for c, (planes, residuals, _, weights) in enumerate(stages):
            weighted = [alpha * w for alpha, w in zip(weights, planes, strict=True)]
            square = wavelet.inverse(weighted, residuals[-1], wavelet=self.wavelet)
            percepts[c] = square[:rows, :cols]
        return PerceptStages(
            channels,
            [stage.planes for stage in stages],
            [stage.residuals for stage in stages],
            [stage.contrast for stage in stages],
            [stage.weights for stage in stages],
            percepts,
            self._percept(percepts, pixels, pool),
        )

    def _level_stages(
        self, pixels: Array, channel: int, level: int, dtype: DType, pool: ThreadPool
    ) -> LevelStages:
        rows, cols = pixels.shape[:2]
        decimated, spacing = self.wavelet == wavelet.B3, 2 ** (level - 1)
        channels = self.channels(pixels, dtype, pool)
        w = wavelet.forward(channels[channel], level, wavelet=self.wavelet, pool=pool)[0][-1]
        z = center_surround(w, self._windows, step=1 if decimated else spacing, pool=pool)
        alpha = self.sensitivities[channel].weights(z, level)
        details = alpha * w
        if decimated:
            details = np.stack([wavelet.upsample(plane, level - 1) for plane in details])
        return LevelStages(
            map=self._map(pixels, dtype, pool), channels=channels, channel=channel, level=level,
            levels=self.level_count(rows, cols), shape=(rows, cols),
            step=spacing if decimated else 1, enlargement=1, planes=w, contrast=z, weights=alpha,
            contributions=details[:, :rows, :cols],
        )  # fmt: skip


@dataclass(frozen=True)
class Otazu2008(PerceptionModel):
    """Perceived brightness (BIWaM): luminance -> luminance as it looks.

    Called with an image, gives (rows, cols), on the scale of its input, which is taken
    as it is: no gamma is undone. Integers are divided by their full scale, and RGB is
    reduced to its grey picture (Rec. 601, not rounded).

    Parameters
    ----------
    windows : (int, int)
        Center, and surround on each side, in samples of a level.
    nu0 : float
        Level of the greatest contrast sensitivity.
    wavelet : str
        "b3", the published one, or any discrete wavelet of PyWavelets.
    ppd : float or Viewing, optional
        Pixels per degree of visual angle. Shifts the contrast sensitivity by
        log2(ppd / 31.28) levels; None keeps the published tuning.

    Notes
    -----
    The defaults are those of Betz et al. (2015), for displays of 31.28 pixels per
    degree; the authors' program has also ``windows=(3, 6), nu0=3``.

    Examples
    --------
    Grey looks lighter on black than on white:

    >>> import numpy as np
    >>> shown = np.zeros((64, 128))
    >>> shown[:, 64:] = 1
    >>> shown[24:40, 24:40] = shown[24:40, 88:104] = 0.5
    >>> percept = Otazu2008()(shown)
    >>> bool(percept[24:40, 24:40].mean() > percept[24:40, 88:104].mean())
    True
    """

    windows: tuple[int, int] = (5, 4)
    nu0: float = 2.967
    wavelet: str = wavelet.B3
    ppd: float | Viewing | None = None

    @cached_property
    def sensitivities(self) -> tuple[csf.ECSF, ...]:
        """Contrast sensitivity of luminance at this viewing distance."""
        return (csf.otazu_intensity(self.nu0).shifted(level_shift(self.ppd, BETZ_PPD)),)

    def _start_channels(
        self, pixels: Array, channels: Array, pool: ThreadPool
    ) -> "list[Future[None]]":
        kind = channels.dtype.type
        full = kind(full_scale(pixels))
        grey = pixels @ np.array(color.LUMA, kind) if pixels.ndim == 3 else pixels
        np.divide(grey, full, out=channels[0], casting="same_kind")
        return []

    def _percept(self, channels: Array, pixels: Array, pool: ThreadPool) -> Array:
        return channels[0].copy()


@dataclass(frozen=True)
class Otazu2010(PerceptionModel):
    """Perceived color (CIWaM): RGB -> RGB as it looks.

    Called with an image, gives one of its shape, (rows, cols, 3) or grey (rows, cols),
    in which black is 0 and white 1. Values outside are colors that no screen shows; they
    are not clipped.

    Parameters
    ----------
    windows : (int, int)
        Center, and surround on each side, in samples of a level.
    nu0 : float
        Level of the greatest contrast sensitivity for intensity; that for color is one
        level coarser.
    encoding : "srgb" or "linear"
        Encoding of the image's values and of the result's.
    wavelet : str
        "b3", the published one, or any discrete wavelet of PyWavelets.
    ppd : float or Viewing, optional
        Pixels per degree of visual angle. Shifts the contrast sensitivity by
        log2(ppd / 32) levels; None keeps the published tuning.

    Examples
    --------
    >>> import numpy as np
    >>> plain = np.full((64, 64, 3), 0.5)
    >>> bool(np.allclose(Otazu2010()(plain), plain, atol=1e-6))
    True
    """

    windows: tuple[int, int] = (3, 6)
    nu0: float = 3.0
    encoding: str = "srgb"
    wavelet: str = wavelet.B3
    ppd: float | Viewing | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.encoding not in ("srgb", "linear"):
            raise ValueError(f'encoding must be "srgb" or "linear", got {self.encoding!r}')

    @cached_property
    def sensitivities(self) -> tuple[csf.ECSF, ...]:
        """Contrast sensitivity of O1, O2 and O3 at this viewing distance."""
        shift = level_shift(self.ppd)
        tint = csf.otazu_color(self.nu0).shifted(shift)
        return tint, tint, csf.otazu_intensity(self.nu0).shifted(shift)

    def _start_channels(
        self, pixels: Array, channels: Array, pool: ThreadPool
    ) -> "list[Future[None]]":
        return color.start_opponent(pixels, channels, pool, linear=self.encoding == "linear")

    def _percept(self, channels: Array, pixels: Array, pool: ThreadPool) -> Array:
        rgb = color.from_opponent(channels, linear=self.encoding == "linear", pool=pool)
        return rgb if pixels.ndim == 3 else rgb[:, :, 0].copy()
