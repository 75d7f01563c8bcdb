"""Local descriptors: SIFT on a grid or at keypoints, and the saliency of each patch.

Place in the pipeline: image, map -> [descriptors] -> encoding -> pooling -> index.
Enters: an image, (rows, cols) or (rows, cols, 3).  Leaves: :class:`LocalDescriptors`, a row of
128 numbers for each patch.  SIFT is OpenCV's, of the image as OpenCV converts it to grey.

References
----------
Lowe (2004), Distinctive image features from scale-invariant keypoints,
doi:10.1023/B:VISI.0000029664.99615.94.
Arandjelovic & Zisserman (2012), Three things everyone should know to improve object
retrieval, doi:10.1109/CVPR.2012.6248018 (RootSIFT).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from psysal._typing import Array
from psysal.image import check_image, full_scale
from psysal.mapfile import check_map

__all__ = ["DenseSift", "KeypointSift", "LocalDescriptors", "saliency_at"]

BINS = 6  # OpenCV's SIFT has 4 x 4 bins, each 1.5 times as wide as a keypoint's diameter
LAYERS = 2  # scales in an octave


@dataclass(frozen=True, eq=False)
class LocalDescriptors:
    """Descriptors of the patches of an image, with the places of the patches.

    Attributes
    ----------
    values : ndarray, (N, d), float32
        One descriptor a row. RootSIFT has unit length; SIFT has OpenCV's integers up to 255;
        d = 128 of both.
    x, y : ndarray, (N,)
        Centers of the patches, in pixels of the image, origin at the top left.
    width : ndarray, (N,)
        Sides of the square patches, in pixels.
    shape : (int, int)
        Rows and columns of the image.
    """

    values: Array
    x: Array
    y: Array
    width: Array
    shape: tuple[int, int]

    def __len__(self) -> int:
        return len(self.values)


class _Sift:
    """Base of both: grey values, RootSIFT, and the places of the patches."""

    root: bool

    def __call__(self, image: Any) -> LocalDescriptors:
        """Descriptors of an image.

        Parameters
        ----------
        image : array, PIL image, str or path
            As :func:`psysal.image.check_image` takes it.

        Returns
        -------
        LocalDescriptors
        """
        grey = _grey(image)
        points, values = self._described(grey)
        if values is None:
            values = np.empty((0, 128), np.float32)
        if self.root:
            total = values.sum(axis=1, keepdims=True)
            values = np.sqrt(values / np.where(total > 0, total, 1))
        patches = np.array([(*p.pt, BINS * p.size) for p in points], np.float32).reshape(-1, 3)
        x, y, width = patches.T
        return LocalDescriptors(values, x, y, width, shape=(grey.shape[0], grey.shape[1]))

    def _described(self, grey: Array) -> tuple[Any, Any]:
        """OpenCV's keypoints and their descriptors, which are None without keypoints."""
        raise NotImplementedError


@dataclass(frozen=True)
class DenseSift(_Sift):
    """SIFT on a grid, upright, at scales half an octave apart.

    Patches without contrast are left out: a flat image has no descriptors.

    Parameters
    ----------
    width : float
        Side of the smallest patches, in pixels; at least 8.
    step : float
        Distance between neighboring patches, in widths; at least 0.05.
    scales : int
        Number of scales, each sqrt(2) wider than the one before.
    contrast : float
        Least standard deviation of the grey values in a patch; white is 1.
    root : bool
        RootSIFT: the square roots of descriptors that sum to 1.

    Raises
    ------
    ValueError
        A parameter is out of range.

    Examples
    --------
    >>> checks = np.kron(np.indices((4, 4)).sum(0) % 2, np.ones((16, 16)))
    >>> local = DenseSift(scales=1)(checks)
    >>> local.values.shape, float(local.width[0])
    ((16, 128), 24.0)
    """

    width: float = 24.0
    step: float = 0.5
    scales: int = 4
    contrast: float = 0.02
    root: bool = True

    def __post_init__(self) -> None:
        for name, least in (("width", 8), ("step", 0.05), ("scales", 1), ("contrast", 0)):
            if not least <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be at least {least}, got {getattr(self, name)!r}")

    def _described(self, grey: Array) -> tuple[Any, Any]:
        import cv2

        points: list[Any] = []
        for scale in range(self.scales):
            width = self.width * 2 ** (scale / LAYERS)
            octave, layer = divmod(scale, LAYERS)
            textured = _contrast(grey, width) >= max(self.contrast, 1e-6)
            packed = octave | (layer + 1) << 8  # as OpenCV has them in a keypoint
            points += [
                cv2.KeyPoint(x, y, width / BINS, 0, 1, packed)
                for y in _grid(grey.shape[0], width, self.step)
                for x in _grid(grey.shape[1], width, self.step)
                if textured[int(y), int(x)]
            ]
        # the first scale is then the first layer's: diameters are twice a layer's blur
        blur = self.width / BINS / 2 / 2 ** (1 / LAYERS)
        sift = cv2.SIFT.create(nOctaveLayers=LAYERS, sigma=blur)
        return sift.compute(grey, points) if points else ((), None)


@dataclass(frozen=True)
class KeypointSift(_Sift):
    """SIFT at Lowe's keypoints, each turned to its own orientation.

    Parameters
    ----------
    count : int
        Largest number of keypoints, those of highest contrast; 0 for all.
    contrast : float
        OpenCV's ``contrastThreshold``: the larger, the fewer keypoints.
    root : bool
        RootSIFT: the square roots of descriptors that sum to 1.

    Raises
    ------
    ValueError
        A parameter is out of range.

    Examples
    --------
    >>> dot = np.hypot(*(np.indices((65, 65)) - 32)) < 6
    >>> local = KeypointSift(count=1)(dot.astype(float))
    >>> float(local.x[0].round()), float(local.y[0].round())
    (32.0, 32.0)
    """

    count: int = 0
    contrast: float = 0.04
    root: bool = True

    def __post_init__(self) -> None:
        for name in ("count", "contrast"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)!r}")

    def _described(self, grey: Array) -> tuple[Any, Any]:
        import cv2

        sift = cv2.SIFT.create(nfeatures=self.count, contrastThreshold=self.contrast)
        return sift.detectAndCompute(grey, None)


def saliency_at(saliency: ArrayLike, local: LocalDescriptors) -> Array:
    """Saliency of every patch: the mean of the map over it.

    Parameters
    ----------
    saliency : array_like, (rows, cols)
        A map of the image, at least 0, as models make it.
    local : LocalDescriptors
        Descriptors of the same image.

    Returns
    -------
    ndarray, (N,), float64
        In units of the map; weights for :mod:`psysal.retrieval.pooling`.

    Raises
    ------
    ValueError
        The map has another size than the image, negative values, or values that are not finite.

    Examples
    --------
    >>> patch = {"x": np.array([2.0]), "y": np.array([2.0]), "width": np.array([2.0])}
    >>> local = LocalDescriptors(np.ones((1, 128), np.float32), **patch, shape=(4, 4))
    >>> saliency_at(np.diag([0.0, 1.0, 0.0, 0.0]), local)
    array([0.25])
    """
    import cv2

    values = check_map("saliency", saliency)
    if values.shape != local.shape:
        raise ValueError(
            f"saliency must be a map of the image, {local.shape}, got {values.shape}; "
            "make it of the same pixels as the descriptors"
        )
    if values.min() < 0:
        raise ValueError(f"saliency must not be negative, got {values.min():.6g}; clip it at 0")
    sums = cv2.integral(values, sdepth=cv2.CV_64F)
    rows, cols = local.shape
    half = local.width / 2
    top, bottom = _ends(local.y, half, rows)
    left, right = _ends(local.x, half, cols)
    total = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    means: Array = np.maximum(total, 0) / ((bottom - top) * (right - left))
    return means


def _ends(center: Array, half: Array, size: int) -> tuple[Array, Array]:
    """First pixel of patches and the one after their last, inside the image, one at least."""
    first = np.clip(np.rint(center - half).astype(int), 0, size - 1)
    return first, np.clip(np.rint(center + half).astype(int), first + 1, size)


def _grey(image: Any) -> Array:
    """Grey values of an image, (rows, cols) uint8."""
    import cv2

    pixels = check_image(image)
    if pixels.dtype != np.uint8:
        pixels = np.rint(pixels * (255 / full_scale(pixels))).astype(np.uint8)
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) if pixels.ndim == 3 else pixels


def _grid(size: int, width: float, step: float) -> list[float]:
    """Centers of as many patches as fit in, with the rest of the pixels at both ends."""
    between = width * step
    count = 1 + math.floor((size - width) / between) if size >= width else 0
    start = (size - (count - 1) * between) / 2
    return [start + i * between for i in range(count)]


def _contrast(grey: Array, width: float) -> Array:
    """Standard deviation of the grey values about every pixel; white is 1."""
    import cv2

    box = (round(width), round(width))
    mean = cv2.boxFilter(grey, cv2.CV_64F, box)
    square = cv2.sqrBoxFilter(grey, cv2.CV_64F, box)
    deviation: Array = np.sqrt(np.maximum(square - mean * mean, 0)) / 255
    return deviation
