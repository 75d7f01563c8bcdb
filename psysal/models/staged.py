"""Base of models whose stages are shown: those of the family, which decompose an image.

Place in the pipeline: image -> [models] -> stages of one channel and level, and map.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from numpy.typing import DTypeLike

from psysal._typing import Array
from psysal.checks import whole_number
from psysal.models.base import DType, Model
from psysal.threads import ThreadPool, thread_pool
from psysal.viewing import Viewing, check_ppd
from psysal.vision.contrast import Windows, check_windows
from psysal.vision.csf import ECSF
from psysal.vision.wavelet import B3, check_wavelet

__all__ = ["LevelStages", "StagedModel"]

STATIONARY_VALUES = 16  # a pixel, of planes that are as large as the image, on two threads


class StagedModel(Model):
    """Model of wavelet planes, whose intermediates are had stage by stage.

    Attributes
    ----------
    windows : (int, int)
        Center, and surround on each side, in samples of a level.
    wavelet : str
        "b3", the published one, or any discrete wavelet of PyWavelets.
    ppd : float or Viewing, optional
        Pixels per degree of visual angle; None keeps the published tuning.
    """

    windows: tuple[int, int]
    wavelet: str
    ppd: float | Viewing | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "windows", check_windows(self.windows))
        check_wavelet(self.wavelet)
        object.__setattr__(self, "ppd", check_ppd(self.ppd))

    @property
    def sensitivities(self) -> tuple[ECSF, ...]:
        """Contrast sensitivity of each channel, at the model's viewing distance."""
        raise NotImplementedError

    @cached_property
    def _windows(self) -> Windows:
        return Windows(*self.windows)

    def values(self, rows: int, cols: int) -> float:
        stationary = 0 if self.wavelet == B3 else STATIONARY_VALUES
        return (self.values_per_pixel + stationary) * rows * cols

    def level_count(self, rows: int, cols: int) -> int:
        """Number of wavelet levels of an image.

        Parameters
        ----------
        rows, cols : int
            Size of the image in pixels.

        Returns
        -------
        int
        """
        raise NotImplementedError

    def channels(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        """Channels that the model decomposes.

        Parameters
        ----------
        pixels : ndarray, (rows, cols) or (rows, cols, 3)
            As :func:`psysal.image.check_image` gives them.
        dtype : dtype
            float32 or float64.
        pool : ThreadPool
            Threads.

        Returns
        -------
        ndarray, (channels, rows, cols)
        """
        raise NotImplementedError

    def stages(
        self,
        image: Any,
        *,
        channel_order: str = "rgb",
        dtype: DTypeLike = "float32",
        threads: int | None = None,
    ) -> Any:
        """Every intermediate of an image, by the same steps one at a time.

        Parameters
        ----------
        image, channel_order, dtype, threads
            As calling the model takes them.

        Returns
        -------
        SaliencyStages, GroupingStages or PerceptStages
            Frozen dataclass of all stages, by name.
        """
        pixels, dtype, threads = self.check_input(image, channel_order, dtype, threads)
        with thread_pool(threads) as pool:
            return self._stages(pixels, dtype, pool)

    def _stages(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Any:
        """Every intermediate of checked pixels."""
        raise NotImplementedError

    def level_stages(
        self,
        image: Any,
        channel: int,
        level: int,
        *,
        channel_order: str = "rgb",
        dtype: DTypeLike = "float32",
        threads: int | None = None,
    ) -> "LevelStages":
        """Stages of one level of one channel, and the map, without those of other levels.

        Parameters
        ----------
        image, channel_order, dtype, threads
            As calling the model takes them.
        channel : int
            Channel, from 0; beyond the last, the last.
        level : int
            Wavelet level, from 1, the finest; beyond the last, the last.

        Returns
        -------
        LevelStages

        Raises
        ------
        ValueError, TypeError
            An image, channel, level or option that the model cannot take.
        """
        channel, level = whole_number("channel", channel, 0), whole_number("level", level)
        pixels, dtype, threads = self.check_input(image, channel_order, dtype, threads)
        channel = min(channel, len(self.sensitivities) - 1)
        level = min(level, self.level_count(*pixels.shape[:2]))
        with thread_pool(threads) as pool:
            return self._level_stages(pixels, channel, level, dtype, pool)

    def _level_stages(
        self, pixels: Array, channel: int, level: int, dtype: DType, pool: ThreadPool
    ) -> "LevelStages":
        """Stages of a level that the image has; level 0 where it has none."""
        raise NotImplementedError


@dataclass(frozen=True)
class LevelStages:
    """One level of one channel, the channels, and the map.

    Planes are [horizontal, vertical, diagonal].  They are padded: the image is the first
    ``ceil(shape / step)`` rows and columns of ``planes``, ``contrast`` and ``weights``, which are
    empty where the image has no level.

    Attributes
    ----------
    map : ndarray
        Result of the model, as calling it gives it.
    channels : ndarray, (channels, image_rows, image_cols)
        Channels of the image at its size.
    channel : int
        Channel, from 0.
    level : int
        Level, from 1; 0 where the image has none.
    levels : int
        Number of levels of the image.
    shape : (int, int)
        Rows and columns of the channel as it is decomposed.
    step : int
        Rows and columns of ``shape`` from a sample of a plane to the next.
    enlargement : int
        Rows and columns of the image to one of ``shape``.
    planes : ndarray, (3, rows_s, cols_s)
        Wavelet coefficients w.
    contrast : ndarray, (3, rows_s, cols_s)
        Center-surround contrast z; with grouping, summed over its scales.
    weights : ndarray, (3, rows_s, cols_s)
        Weights alpha by contrast sensitivity.
    contributions : ndarray, (3, rows, cols), of ``shape``
        Share of each orientation in the map of the channel: the shares of all levels, and a
        constant (saliency) or the coarsest residual (percept), add up to it.
    """

    map: Array
    channels: Array
    channel: int
    level: int
    levels: int
    shape: tuple[int, int]
    step: int
    enlargement: int
    planes: Array
    contrast: Array
    weights: Array
    contributions: Array
