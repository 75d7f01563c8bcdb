"""Base of every model: an image checked, threads opened, and the model's own map.

    image -> [check_input] -> pixels -> [Model._map] -> raw map

Place in the pipeline: image -> [models] -> map -> evaluation.  A model is a frozen dataclass of
its parameters; calling it gives the raw map of an image.  A new model writes ``_map``, and
``smallest`` if it needs more than 8 x 8 pixels, ``values_per_pixel`` if it needs more memory.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from psysal._typing import Array
from psysal.checks import positive_number, whole_number
from psysal.image import check_image, full_scale, shrink
from psysal.memory import check_memory
from psysal.threads import ThreadPool, thread_count, thread_pool
from psysal.vision.resize import resize

__all__ = ["ClassicalModel", "Model", "SmallModel", "identity"]

DType = np.dtype[Any]
ASKED_BYTES = 256 << 20  # need from which the system is asked


class Model:
    """Model with its parameters; a callable from an image to its raw map.

    Attributes
    ----------
    smallest : int
        Rows and columns of the smallest image that it takes.
    multithreaded_pixels : int
        Pixels of an image from which threads save more than they cost; a smaller one has one.
    values_per_pixel : float
        Values of the computation that memory holds at its peak for each pixel, with those of the
        image and of what calls the model.
    gives : str
        Kind of its values, one of :data:`psysal.models.densities.GIVES`.
    """

    gives = "map"
    smallest = 8
    multithreaded_pixels = 1 << 16
    values_per_pixel = 4.0

    def __call__(
        self,
        image: Any,
        *,
        channel_order: str = "rgb",
        dtype: DTypeLike = "float32",
        threads: int | None = None,
    ) -> Array:
        """Raw map of an image.

        Parameters
        ----------
        image : array, PIL image, str or path
            As :func:`psysal.image.check_image` takes it; at least ``smallest`` pixels a side.
        channel_order : "rgb" or "bgr"
            Channel order of an array; OpenCV's are "bgr".
        dtype : "float32" or "float64"
            Data type of the computation and of the map.
        threads : int, optional
            Default: every processor. The map has the same bits whatever the number, but for
            networks of ONNX Runtime.

        Returns
        -------
        ndarray, (rows, cols)
            See the class for its unit and range.

        Raises
        ------
        ValueError, TypeError
            An image or option that the model cannot take.
        OSError
            The file of the image cannot be opened.
        MemoryError
            The map would take more memory than is free.
        """
        pixels, dtype, threads = self.check_input(image, channel_order, dtype, threads)
        with thread_pool(threads) as pool:
            return self._map(pixels, dtype, pool)

    def _map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        """Raw map of checked pixels, grey or RGB, in ``dtype``."""
        raise NotImplementedError

    def to_pysaliency(self) -> Any:
        """Model of pysaliency that gives what this one gives.

        Returns
        -------
        pysaliency.Model or pysaliency.SaliencyMapModel
            The first, with log densities, for a model of densities.

        Raises
        ------
        ImportError
            pysaliency cannot be imported.
        """
        from psysal.models.interchange import pysaliency_model

        return pysaliency_model(self)

    def check_input(
        self, image: Any, channel_order: str, dtype: DTypeLike, threads: int | None
    ) -> tuple[Array, DType, int]:
        """Arguments of a call, checked.

        Parameters
        ----------
        image, channel_order, dtype, threads
            As calling the model takes them.

        Returns
        -------
        pixels : ndarray, (rows, cols) or (rows, cols, 3)
            As :func:`psysal.image.check_image` gives them.
        dtype : dtype
            float32 or float64.
        threads : int
            Number of threads that are worth it for this image.

        Raises
        ------
        ValueError, TypeError, OSError
            As calling the model raises them.
        """
        pixels = check_image(image, channel_order=channel_order)
        rows, cols = pixels.shape[:2]
        if min(rows, cols) < self.smallest:
            raise ValueError(
                f"the model needs at least {self.smallest} x {self.smallest} pixels, "
                f"got {rows} x {cols}; enlarge the image or leave it out"
            )
        count, dtype = thread_count(threads), float_type(dtype)
        if (need := self.values(rows, cols) * dtype.itemsize) > ASKED_BYTES:
            check_memory(need, f"a map of {cols} x {rows} pixels by {type(self).__name__}")
        return pixels, dtype, count if rows * cols >= self.multithreaded_pixels else 1

    def values(self, rows: int, cols: int) -> float:
        """Values that memory holds at its peak, in the data type of the computation.

        Parameters
        ----------
        rows, cols : int
            Size of the image in pixels.

        Returns
        -------
        float
        """
        return self.values_per_pixel * rows * cols


class ClassicalModel(Model):
    """Model that is computed as its authors' program does; a constant image gives zeros.

    Numbers are float64, as in the program, until the map is enlarged in the data type that
    was asked for.  What is flat in the image is rounding in many programs, which they spread over
    the whole range.
    """

    def __post_init__(self) -> None:
        check_parameters(self)

    def _varied_map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        """Raw map of checked pixels that are not all the same, in ``dtype``."""
        raise NotImplementedError

    def _map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        if _is_constant(pixels):
            return np.zeros(pixels.shape[:2], dtype)
        return self._varied_map(pixels, dtype, pool)


@dataclass(frozen=True)
class SmallModel(Model):
    """Model of a reduced picture, whose map is enlarged to the image.

    The picture is RGB (rows, cols, 3), sRGB-encoded, float in [0, 1], its longer side at most
    ``size`` pixels, by averages of areas; smaller images stay as they are.  (Up to 256 x 256
    pixels OpenCV makes no use of threads of its own.)  Its map, of any size, is enlarged
    linearly, so that it has no values beyond its own.  A constant image gives zeros.

    Parameters
    ----------
    size : int
        Pixels of the longer side that is worked on.
    """

    size: int

    def __post_init__(self) -> None:
        check_parameters(self)

    def _small_map(self, picture: Array) -> Array:
        """Map (rows, cols), of this or another size, of RGB (rows, cols, 3) in [0, 1]."""
        raise NotImplementedError

    def _map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        shape = pixels.shape[:2]
        if _is_constant(pixels):
            return np.zeros(shape, dtype)
        small_map = self._small_map(small_picture(pixels, self.size, dtype))
        return resize(small_map.astype(dtype, copy=False)[None], shape, "linear", pool=pool)[0]


def float_type(dtype: DTypeLike) -> DType:
    """float32 or float64 as a data type, or a ValueError."""
    kind = np.dtype(dtype)
    if kind not in (np.dtype("float32"), np.dtype("float64")):
        raise ValueError(f'dtype must be "float32" or "float64", got {dtype!r}')
    return kind


def check_parameters(model: Any, *, but: str = "") -> None:
    """Refuse parameters, ``but`` one, that are not positive, or not whole as their default is."""
    for field in fields(model):
        if field.name != but:
            check = whole_number if isinstance(field.default, int) else positive_number
            check(field.name, getattr(model, field.name), hint=f"{field.default!r} is the default")


def identity(model: Any) -> str:
    """Text that names a model and its parameters, and changes when they do.

    Parameters
    ----------
    model : callable
        A model, or a function, which is known by its name.

    Returns
    -------
    str
        The fingerprint of the model's file is part of it, if it has one.

    Examples
    --------
    >>> from psysal import Uniform
    >>> identity(Uniform()), identity(max)
    ('Uniform()', 'builtins.max')
    """
    named = model if hasattr(model, "__qualname__") else type(model)
    plain = named is model or named.__repr__ is object.__repr__
    text = f"{named.__module__}.{named.__qualname__}" if plain else repr(model)
    return f"{text} {model.fingerprint}" if hasattr(model, "fingerprint") else text


def _is_constant(pixels: Array) -> bool:
    """True if all pixels are the same: a map of them would be their rounding."""
    return bool((pixels[0] == pixels[0, 0]).all() and (pixels == pixels[0]).all())


def small_picture(pixels: Array, size: int, dtype: DType) -> Array:
    """RGB in [0, 1], reduced so that its longer side has at most ``size`` pixels."""
    picture: Array = shrink(pixels.astype(dtype, copy=False), size) / full_scale(pixels)
    return picture if picture.ndim == 3 else np.repeat(picture[:, :, None], 3, axis=2)
