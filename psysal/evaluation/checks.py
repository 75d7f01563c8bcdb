"""What enters the metrics: maps, densities and fixations, checked and never repaired.

Place in the pipeline: below the other modules of :mod:`psysal.evaluation`.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from psysal.mapfile import check_map

__all__ = ["check_density", "check_map", "pixels", "same_size"]

Array = NDArray[Any]


def check_density(name: str, values: ArrayLike) -> Array:
    """A map without negative values, as float64 that sums to 1."""
    found = check_map(name, values).astype(np.float64)
    if (low := found.min()) < 0:
        raise ValueError(
            f"{name} must not be negative anywhere, got {low:.6g}; "
            "shift the map or set its negative values to zero"
        )
    if (total := found.sum()) == 0:
        raise ValueError(f"{name} must have mass, got zeros only; leave it out")
    return found / total


def same_size(name: str, found: Array, other: str, expected: Array) -> None:
    """Refuse two maps that cannot be laid over one another."""
    if found.shape != expected.shape:
        raise ValueError(
            f"{name} must have the size of {other}, {expected.shape}, got {found.shape}; "
            "resize one of them"
        )


def pixels(name: str, positions: ArrayLike, shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Rows and columns of (n, 2) positions x, y, truncated to pixels."""
    found = np.asarray(positions)
    if not found.size:
        raise ValueError(f"{name} must hold at least one position, got none; leave the image out")
    if found.ndim != 2 or found.shape[1] != 2 or found.dtype.kind not in "fiu":
        raise ValueError(
            f"{name} must be numbers x, y of shape (n, 2), got {found.dtype} {found.shape}; "
            "pass one row a fixation"
        )
    x, y = found[:, 0], found[:, 1]
    rows, cols = shape
    inside = (x >= 0) & (x < cols) & (y >= 0) & (y < rows)
    if not inside.all():
        first = found[~inside][0]
        raise ValueError(
            f"{name} must lie on the map of {cols} x {rows} pixels, "
            f"got {np.sum(~inside)} outside, first ({first[0]:g}, {first[1]:g}); "
            "drop and count them before"
        )
    return y.astype(np.intp), x.astype(np.intp)
