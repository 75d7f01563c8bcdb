"""One vector for an image: the whole way from pixels to what is searched.

Place in the pipeline: image -> [describe: descriptors, saliency -> encoding -> pooling] -> search.
Leaves: a vector of unit length; the inner product of two is how alike their images are.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psysal.image import check_image
from psysal.models.base import identity
from psysal.retrieval.descriptors import DenseSift, Local, saliency_at
from psysal.retrieval.encoding import FisherVector
from psysal.retrieval.pooling import GeneralizedMax, Pooling, power_normalized

__all__ = ["GlobalDescriptor", "reduced"]

Array = NDArray[Any]

PIXELS = 480 * 360


@dataclass(frozen=True)
class GlobalDescriptor:
    """Image -> vector; a callable, as models are.

    Parameters
    ----------
    local : callable
        Image -> :class:`~psysal.retrieval.Local`.
    encoder : estimator
        Fitted; its ``transform`` turns local descriptors into rows that are summed.
    pooling : Pooling
        Rows and weights -> a vector.
    model : callable, optional
        Image -> saliency map, by which descriptors are weighed; alike by default. A map that
        goes below 0 is shifted to begin there.
    pixels : int
        To which a larger image is reduced first, in proportion.

    Examples
    --------
    >>> import skimage.data
    >>> describe = GlobalDescriptor()
    >>> coffee, chelsea = describe(skimage.data.coffee()), describe(skimage.data.chelsea())
    >>> mirrored = describe(skimage.data.coffee()[:, ::-1])
    >>> bool(coffee @ mirrored > coffee @ chelsea)
    True
    """

    local: Callable[[Any], Local] = field(default_factory=DenseSift)
    encoder: Any = field(default_factory=FisherVector.learned)
    pooling: Pooling = field(default_factory=partial(GeneralizedMax, 3.0))
    model: Callable[..., Any] | None = None
    pixels: int = PIXELS

    def __call__(self, image: Any, *, threads: int | None = None) -> Array:
        """The vector of an image.

        Parameters
        ----------
        image : array, PIL image or path
            As :func:`psysal.image.check_image` takes it.
        threads : int, optional
            For the saliency model; every processor by default.

        Returns
        -------
        ndarray, (D,), float32
            Of unit length; zeros where nothing can be described, as of a flat image, or
            nothing is salient.
        """
        pixels = reduced(check_image(image), self.pixels)
        local = self.local(pixels)
        weights = None
        if self.model is not None and len(local):
            found = np.asarray(self.model(pixels, threads=threads))
            weights = saliency_at(found - min(found.min(), 0), local)
        return power_normalized(self.pooling(self.encoder.transform(local.values), weights))

    @property
    def fingerprint(self) -> str:
        """Changes when the vectors do: parts with their parameters, and what was learned."""
        parts = (self.local, self.encoder, self.pooling, self.model, self.pixels)
        return ", ".join(identity(part) for part in parts)


def reduced(pixels: Array, most: int) -> Array:
    """An image of ``most`` pixels, or the image itself if it has no more.

    >>> reduced(np.zeros((30, 40), np.uint8), 300).shape
    (15, 20)
    """
    import cv2

    rows, cols = pixels.shape[:2]
    scale = math.sqrt(most / (rows * cols))
    if scale >= 1:
        return pixels
    size = (max(1, round(cols * scale)), max(1, round(rows * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
