"""Global descriptor: one vector for an image, by all steps of image search.

Place in the pipeline: image -> [describe: descriptors, saliency -> encoding -> pooling] -> index.
Leaves: a vector of unit length; the inner product of two is the similarity of their images.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.image import check_image
from psysal.models.base import identity
from psysal.retrieval.descriptors import DenseSift, LocalDescriptors, saliency_at
from psysal.retrieval.encoding import FisherVector
from psysal.retrieval.pooling import GeneralizedMax, Pooling, power_normalized

__all__ = ["GlobalDescriptor"]

PIXELS = 480 * 360


@dataclass(frozen=True)
class GlobalDescriptor:
    """Image -> vector; a callable, as models are.

    Parameters
    ----------
    local : callable
        Image -> :class:`~psysal.retrieval.LocalDescriptors`.
    encoder : estimator
        A fitted one; its ``transform`` turns (N, d) local descriptors into (N, D) rows.
    pooling : Pooling
        Rows and weights -> a vector.
    model : callable, optional
        Image -> saliency map, which weights the descriptors; equal weights by default. A map
        with values below 0 is shifted so that its minimum is 0.
    pixels : int
        Number of pixels to which a larger image is shrunk first, in proportion.

    Examples
    --------
    >>> import skimage.data
    >>> describe = GlobalDescriptor()
    >>> coffee, chelsea = describe(skimage.data.coffee()), describe(skimage.data.chelsea())
    >>> mirrored = describe(skimage.data.coffee()[:, ::-1])
    >>> bool(coffee @ mirrored > coffee @ chelsea)
    True
    """

    local: Callable[[Any], LocalDescriptors] = field(default_factory=DenseSift)
    encoder: Any = field(default_factory=FisherVector.learned)
    pooling: Pooling = field(default_factory=partial(GeneralizedMax, 3.0))
    model: Callable[..., Any] | None = None
    pixels: int = PIXELS

    def __call__(self, image: Any, *, threads: int | None = None) -> Array:
        """Vector of an image.

        Parameters
        ----------
        image : array, PIL image, str or path
            As :func:`psysal.image.check_image` takes it.
        threads : int, optional
            Threads of the saliency model; every processor by default.

        Returns
        -------
        ndarray, (D,), float32
            Of unit length; zeros if the image has no local descriptors, as a flat one, or
            nothing in it is salient.
        """
        pixels = shrink_to_area(check_image(image), self.pixels)
        local = self.local(pixels)
        weights = None
        if self.model is not None and len(local):
            saliency = np.asarray(self.model(pixels, threads=threads))
            weights = saliency_at(saliency - min(saliency.min(), 0), local)
        return power_normalized(self.pooling(self.encoder.transform(local.values), weights))

    @property
    def fingerprint(self) -> str:
        """Text that changes when the vectors do: all parts, their parameters, learned arrays."""
        parts = (self.local, self.encoder, self.pooling, self.model, self.pixels)
        return ", ".join(identity(part) for part in parts)


def shrink_to_area(pixels: Array, area: int) -> Array:
    """An image of about ``area`` pixels, by averages; the image itself if it has no more.

    >>> shrink_to_area(np.zeros((30, 40), np.uint8), 300).shape
    (15, 20)
    """
    import cv2

    rows, cols = pixels.shape[:2]
    scale = math.sqrt(area / (rows * cols))
    if scale >= 1:
        return pixels
    size = (max(1, round(cols * scale)), max(1, round(rows * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
