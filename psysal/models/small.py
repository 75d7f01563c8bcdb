"""What models that look at a small picture have in common.

    image -> [small picture] -> model -> [map of the image's size]

Enters: an image as :func:`psysal.image.as_rgb` takes it.  The model sees RGB
(rows, cols, 3), sRGB-encoded, float in [0, 1], its longer side at most ``size`` pixels, by
averages of areas; smaller images stay as they are.  Up to 256 x 256 pixels OpenCV makes no
use of threads of its own.  Leaves: its map, of any size, enlarged
linearly, so that it has no values beyond its own.
"""

import math
from dataclasses import dataclass, fields
from typing import Any

import cv2
import numpy as np
from numpy.typing import DTypeLike, NDArray

from psysal.image import full_scale
from psysal.models.inputs import checked
from psysal.threads import crew
from psysal.vision.resize import resize

__all__ = ["SmallModel", "check_positive"]

Array = NDArray[Any]


def check_positive(model: Any, *, but: str = "") -> None:
    """Every parameter but one is a positive number, whole where its default is, or an error."""
    for field in fields(model):
        if field.name == but:
            continue
        value, whole = getattr(model, field.name), isinstance(field.default, int)
        known = isinstance(value, (int, np.integer) if whole else (int, float, np.number))
        if not (known and 0 < value < math.inf):
            raise ValueError(
                f"{field.name} must be a positive {'whole ' if whole else ''}number, "
                f"got {value!r}; {field.default!r} is the default"
            )


@dataclass(frozen=True)
class SmallModel:
    """A model of a small picture; :meth:`_seen` is what it does."""

    size: int

    def __post_init__(self) -> None:
        check_positive(self)

    def _seen(self, picture: Array) -> Array:
        """RGB (rows, cols, 3), float in [0, 1] -> map (rows, cols) of this or another size."""
        raise NotImplementedError

    def __call__(
        self,
        image: Any,
        *,
        order: str = "rgb",
        dtype: DTypeLike = "float32",
        threads: int | None = None,
    ) -> Array:
        """The raw map, (rows, cols); a constant image gives zeros.

        Parameters
        ----------
        image : array, PIL image or path
            See :func:`psysal.image.as_rgb`; at least 8 x 8 pixels.
        order : "rgb" or "bgr"
            Channel order of an array.
        dtype : "float32" or "float64"
        threads : int, optional
            Default: every processor, to enlarge the map. The bits do not depend on it.
        """
        pixels, kind, threads = checked(image, order, dtype, threads)
        shape = pixels.shape[:2]
        if _plain(pixels):
            return np.zeros(shape, kind)
        found = self._seen(_reduced(pixels, self.size, kind))
        with crew(threads) as team:
            return resize(found.astype(kind, copy=False)[None], shape, "linear", crew=team)[0]


def _plain(pixels: Array) -> bool:
    """Whether all pixels are the same; rounding would make something of them."""
    return bool((pixels[0] == pixels[0, 0]).all() and (pixels == pixels[0]).all())


def _reduced(pixels: Array, size: float, kind: np.dtype[Any]) -> Array:
    rows, cols = pixels.shape[:2]
    scale = min(1, size / max(rows, cols))
    shape = max(1, round(cols * scale)), max(1, round(rows * scale))
    small: Array = cv2.resize(pixels.astype(kind, copy=False), shape, interpolation=cv2.INTER_AREA)
    small = small / full_scale(pixels)
    return small if small.ndim == 3 else np.repeat(small[:, :, None], 3, axis=2)
