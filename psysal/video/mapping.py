"""Saliency maps of the frames of a source, side by side on threads and in order.

Place: time and pixels of each frame -> [mapping] -> pixels, map and time.
"""

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import cv2
import numpy as np

from psysal._typing import Array
from psysal.checks import positive_number, whole_number
from psysal.image import normalize
from psysal.models.registry import get_model
from psysal.threads import in_order, thread_count
from psysal.video.source import VideoSource
from psysal.viewing import REFERENCE_PPD

__all__ = ["maps", "reduction"]

LIVE_PIXELS = 1_000_000  # most of a camera's frame that are mapped, unless the user says otherwise


def maps(
    source: str | os.PathLike[str] | int | VideoSource,
    *,
    model: str | Callable[..., Array] = "murray2011",
    every: int = 1,
    smooth: float | None = None,
    reduce: int | None = None,
    threads: int | None = None,
) -> Iterator[tuple[Array, Array, float]]:
    """Frames of a video or camera with their saliency maps.

    Parameters
    ----------
    source : path, int or VideoSource
        A file, the number of a camera, or either as a :class:`VideoSource`, whose ``remarks``
        tell afterwards what was lost or changed.
    model : str or callable
        As :func:`psysal.saliency` takes it; ``psysal.Murray2011(ppd=40)`` for a viewing
        distance.
    every : int
        Map every Nth frame; the frames between repeat its map.
    smooth : float, optional
        Time constant of an exponential average of the maps, in seconds; None for no average.
    reduce : int, optional
        Map frames at one ``reduce``-th of their size, by averages of areas, with as many fewer
        pixels per degree; the map is enlarged. By default 1 for files, and for cameras the
        least with which a million pixels or fewer are mapped.
    threads : int, optional
        Frames mapped at a time; every processor by default. The bits do not depend on it.

    Yields
    ------
    frame : ndarray, (rows, cols, 3)
        RGB, uint8, upright and with square pixels.
    saliency : ndarray, (rows, cols)
        float32 in [0, 1], normalized to its own range. Do not write into it: following maps
        may be the same array or made from it.
    seconds : float
        Time since the first frame, by the timestamps of the file; ``start`` of the
        :class:`VideoSource` is the timestamp of the first.

    Raises
    ------
    ImportError
        PyAV is not installed, which reads files.
    ValueError
        The source is no video, or an option is out of range.
    OSError
        The file cannot be opened.

    Examples
    --------
    >>> import av, numpy as np, tempfile
    >>> from pathlib import Path
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "video.mp4")
    >>> with av.open(path, "w") as file:
    ...     stream = file.add_stream("mpeg4", rate=25, width=64, height=48)
    ...     for level in (10, 120, 230):
    ...         picture = np.full((48, 64, 3), level, np.uint8)
    ...         file.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
    ...     file.mux(stream.encode())
    >>> for frame, saliency, seconds in maps(path):
    ...     print(frame.shape, saliency.shape, seconds)
    (48, 64, 3) (48, 64) 0.0
    (48, 64, 3) (48, 64) 0.04
    (48, 64, 3) (48, 64) 0.08
    >>> folder.cleanup()
    """
    every = whole_number("every", every, hint="1 maps all frames")
    if smooth is not None:
        positive_number("smooth", smooth, unit="of seconds", hint="leave it out for no average")
    if reduce is not None:
        reduce = whole_number("reduce", reduce, hint="1 maps frames whole")
    count = thread_count(threads)
    saliency_model = get_model(model) if isinstance(model, str) else model
    video = source if isinstance(source, VideoSource) else VideoSource(source)
    return _mapped(video, saliency_model, every, smooth, reduce, count)


def reduction(video: VideoSource) -> int:
    """Reduction of frames that is chosen where the user does not.

    Parameters
    ----------
    video : VideoSource
        After its first frame was read.

    Returns
    -------
    int
        1 for a file.
    """
    rows, cols = video.size
    return max(1, math.ceil(math.sqrt(rows * cols / LIVE_PIXELS))) if video.live else 1


def _mapped(
    video: VideoSource,
    model: Callable[..., Array],
    every: int,
    smooth: float | None,
    reduce: int | None,
    threads: int,
) -> Iterator[tuple[Array, Array, float]]:
    def jobs() -> Iterator[Callable[[], tuple[Array, Array | None, float]]]:
        for number, (seconds, pixels) in enumerate(video):
            factor = reduce or reduction(video)
            yield partial(_map_frame, seconds, pixels, None if number % every else model, factor)

    latest, latest_seconds = np.empty(0), 0.0
    for pixels, saliency, seconds in in_order(jobs(), threads):
        if saliency is not None:
            if smooth and latest.size:
                share = np.float32(-np.expm1((latest_seconds - seconds) / smooth))
                saliency = latest + share * (saliency - latest)
            latest, latest_seconds = saliency, seconds
        yield pixels, latest, seconds


def _map_frame(
    seconds: float, pixels: Array, model: Callable[..., Array] | None, factor: int
) -> tuple[Array, Array | None, float]:
    """Map of a frame, or None without a model."""
    if model is None:
        return pixels, None, seconds
    rows, cols = pixels.shape[:2]
    small = pixels
    if factor > 1:
        size = max(1, round(cols / factor)), max(1, round(rows / factor))
        if min(size) < (smallest := getattr(model, "smallest", 1)):
            raise ValueError(
                f"reduce must leave at least {smallest} rows and columns of {rows} x {cols} "
                f"pixels, got {factor}; pass a smaller one"
            )
        small, model = (
            cv2.resize(pixels, size, interpolation=cv2.INTER_AREA),
            _nearer(model, factor),
        )
    saliency: Array = normalize(model(small, threads=1)).astype(np.float32, copy=False)
    if factor > 1:
        saliency = cv2.resize(saliency, (cols, rows), interpolation=cv2.INTER_LINEAR)
    return pixels, saliency, seconds


@lru_cache(8)
def _nearer(model: Any, factor: int) -> Any:
    """Model for pictures of fewer pixels per degree; the same, if it has no such parameter."""
    if not hasattr(model, "ppd"):
        return model
    return replace(model, ppd=(model.ppd or REFERENCE_PPD) / factor)
