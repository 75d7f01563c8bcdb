"""What every model asks of its image and options, in one place."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from psysal.image import as_rgb
from psysal.threads import thread_count

__all__ = ["SMALLEST", "checked", "float_type"]

SMALLEST = 8
"""Pixels a side of the smallest image."""
FEW = 1 << 16  # pixels below which threads cost more than they save


def checked(
    image: Any, order: str, dtype: DTypeLike, threads: int | None, *, smallest: int = SMALLEST
) -> tuple[NDArray[Any], np.dtype[Any], int]:
    """Pixels, float type and threads, or an error that says what is wrong with them."""
    pixels = as_rgb(image, order=order)
    rows, cols = pixels.shape[:2]
    if min(rows, cols) < smallest:
        raise ValueError(
            f"the model needs at least {smallest} x {smallest} pixels, "
            f"got {rows} x {cols}; enlarge the image or leave it out"
        )
    kind = float_type(dtype)
    count = thread_count(threads)
    return pixels, kind, count if rows * cols >= FEW else 1


def float_type(dtype: DTypeLike) -> np.dtype[Any]:
    """float32 or float64, or an error."""
    kind = np.dtype(dtype)
    if kind not in (np.dtype("float32"), np.dtype("float64")):
        raise ValueError(f'dtype must be "float32" or "float64", got {dtype!r}')
    return kind
