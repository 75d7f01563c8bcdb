"""Hypercolumns as local descriptors: what the inner layers of a network hold over a place.

Place in the pipeline: image -> [columns] -> encoding -> pooling -> index.
Enters: an image.  Leaves: :class:`~psysal.retrieval.LocalDescriptors`, a row for every place of
the coarsest layer's grid, at several sizes of the image.

References
----------
Hariharan, Arbelaez, Girshick & Malik (2015), doi:10.1109/CVPR.2015.7298642 (hypercolumns).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.checks import whole_number
from psysal.image import check_image
from psysal.models.front_ends import MULTIPLE, SHIPPED_NETWORK, Network
from psysal.retrieval.descriptors import LocalDescriptors
from psysal.vision.resize import resize

__all__ = ["SHIPPED_LAYERS", "Columns"]

SHIPPED_LAYERS = ("l2", "l3")
"""Layers of the network "deep" that the codebook for columns was learned from."""


@dataclass(frozen=True)
class Columns:
    """Columns of a network's layers, each layer's part of unit length; a callable.

    Finer layers are read on the grid of the coarsest. A flat image has no columns.

    Parameters
    ----------
    front_end : Network
        Network and layers.
    sizes : sequence of int
        Longer sides of the picture that the network is given, in pixels, in place of its
        ``size``; a network of a fixed size is given that.

    Raises
    ------
    TypeError
        ``front_end`` is no network.
    ValueError
        There are no sizes, or one is below 32.

    Examples
    --------
    >>> columns = Columns(Network("deep", ["l2", "l3"]), sizes=[256])
    >>> local = columns(np.indices((60, 80)).sum(0) % 2.0)
    >>> local.values.shape, float(local.width[0])
    ((192, 120), 5.0)
    """

    front_end: Network
    sizes: Sequence[int] = (352, 256)

    def __post_init__(self) -> None:
        if not isinstance(self.front_end, Network):
            raise TypeError(
                f"front_end must be a Network, got {type(self.front_end).__name__}; "
                'Network("deep", ["l2", "l3"]) comes with psysal'
            )
        if not self.sizes:
            raise ValueError("sizes must be some, got none; 352 and 256 are usual")
        for size in self.sizes:
            whole_number("sizes", size, MULTIPLE)
        object.__setattr__(self, "sizes", tuple(self.sizes))

    @cached_property
    def _networks(self) -> list[Network]:
        if self.front_end.fixed_size:
            return [self.front_end]
        return [replace(self.front_end, size=size) for size in self.sizes]

    @property
    def is_shipped(self) -> bool:
        """True if psysal has a codebook for them."""
        return (self.front_end.path, self.front_end.layers) == (SHIPPED_NETWORK, SHIPPED_LAYERS)

    def __call__(self, image: Any) -> LocalDescriptors:
        """Columns of an image.

        Parameters
        ----------
        image : array, PIL image, str or path
            As :func:`psysal.image.check_image` takes it.

        Returns
        -------
        LocalDescriptors
            Patches are as wide as the distance between columns, in pixels of the image.

        Raises
        ------
        ValueError
            The network fails, or a layer is not finite.
        """
        pixels = check_image(image)
        shape = rows, cols = (pixels.shape[0], pixels.shape[1])
        if (pixels == pixels[0, 0]).all():
            channels = len(self.front_end.names)
            nowhere = np.empty(0, np.float32)
            return LocalDescriptors(
                np.empty((0, channels), np.float32), nowhere, nowhere, nowhere, shape
            )
        values, patches = [], []
        for network in self._networks:
            layers = network.outputs(pixels)
            grid = min((layer.shape[1:] for layer in layers), key=math.prod)
            values.append(np.concatenate([_units(resize(e, grid, "linear")) for e in layers]).T)
            step_y, step_x = rows / grid[0], cols / grid[1]
            y, x = (np.indices(grid).reshape(2, -1) + 0.5) * [[step_y], [step_x]]
            patches.append([x, y, np.full(len(x), math.sqrt(step_x * step_y))])
        x, y, width = np.concatenate(patches, axis=1)
        return LocalDescriptors(np.concatenate(values), x, y, width, shape)


def _units(layer: Array) -> Array:
    """A layer's (channels, places), each place of unit length."""
    flat = layer.reshape(len(layer), -1)
    norm = np.linalg.norm(flat, axis=0)
    return flat / np.where(norm > 0, norm, 1)
