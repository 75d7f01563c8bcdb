"""Global descriptor: one vector for an image, by all steps of image search.

Place in the pipeline: image -> [describe: descriptors, saliency -> encoding -> pooling] -> index.
Leaves: a vector of unit length; the inner product of two is the similarity of their images.
"""

import math
from collections.abc import Callable
from dataclasses import InitVar, dataclass
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.image import check_image
from psysal.models.base import identity
from psysal.models.front_ends import Network
from psysal.retrieval.columns import Columns
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
    local : callable, optional
        Image -> :class:`~psysal.retrieval.LocalDescriptors`; by default
        :class:`~psysal.retrieval.DenseSift`, or the columns of ``front_end``.
    encoder : estimator, optional
        A fitted one; its ``transform`` turns (N, d) local descriptors into (N, D) rows. By
        default :meth:`FisherVector.learned <psysal.retrieval.FisherVector.learned>`, which
        knows SIFT, and of networks the layers "l2" and "l3" of "deep".
    pooling : Pooling, optional
        Rows and weights -> a vector; by default generalized max, with lam 3 for SIFT and 1 for
        columns.
    model : callable, optional
        Image -> saliency map, which weights the descriptors; equal weights by default. A map
        with values below 0 is shifted so that its minimum is 0.
    pixels : int
        Number of pixels to which a larger image is shrunk first, in proportion.
    exponent : float
        Power of the saliency that is the weight; 0.5, the square root, for densities whose
        peaks would leave little else.
    front_end : Network, optional
        Network whose :class:`~psysal.retrieval.Columns` are the local descriptors.

    Raises
    ------
    TypeError
        ``front_end`` is no network.
    ValueError
        ``front_end`` and ``local`` are both given; ``front_end`` without an encoder is another
        than that of the codebook; or ``exponent`` is out of range.

    Examples
    --------
    >>> import skimage.data
    >>> describe = GlobalDescriptor()
    >>> coffee, chelsea = describe(skimage.data.coffee()), describe(skimage.data.chelsea())
    >>> mirrored = describe(skimage.data.coffee()[:, ::-1])
    >>> bool(coffee @ mirrored > coffee @ chelsea)
    True
    """

    local: Callable[[Any], LocalDescriptors] | None = None
    encoder: Any = None
    pooling: Pooling | None = None
    model: Callable[..., Any] | None = None
    pixels: int = PIXELS
    exponent: float = 1.0
    front_end: InitVar[Network | None] = None

    def __post_init__(self, front_end: Network | None) -> None:
        if not 0 < self.exponent < math.inf:
            raise ValueError(
                f"exponent must be a positive number, got {self.exponent!r}; "
                "1 takes maps as they are"
            )
        if front_end is not None and self.local is not None:
            raise ValueError("local and front_end must not both be given, got both; leave one out")
        local: Any = self.local or (Columns(front_end) if front_end is not None else DenseSift())
        is_columns = isinstance(local, Columns)
        if self.encoder is None:
            if is_columns and not local.is_shipped:
                raise ValueError(
                    "encoder must be given for columns of another network than deep, or of other "
                    "layers than l2 and l3, got none; fit a FisherVector to such columns"
                )
            encoder = FisherVector.learned("columns" if is_columns else "sift")
            object.__setattr__(self, "encoder", encoder)
        object.__setattr__(self, "local", local)
        pooling = self.pooling or GeneralizedMax(1.0 if is_columns else 3.0)
        object.__setattr__(self, "pooling", pooling)

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
        assert self.local  # __post_init__ fills in all parts
        assert self.pooling
        pixels = shrink_to_area(check_image(image), self.pixels)
        local = self.local(pixels)
        weights = None
        if self.model is not None and len(local):
            saliency = np.asarray(self.model(pixels, threads=threads))
            weights = saliency_at(saliency - min(saliency.min(), 0), local) ** self.exponent
        return power_normalized(self.pooling(self.encoder.transform(local.values), weights))

    @property
    def fingerprint(self) -> str:
        """Text that changes when the vectors do: all parts, their parameters, learned arrays."""
        parts = [self.local, self.encoder, self.pooling, self.model, self.pixels]
        if self.exponent != 1:  # indexes made before there was one have none
            parts.append(self.exponent)
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
