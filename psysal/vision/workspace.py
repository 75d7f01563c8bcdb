"""Memory for working planes, taken once and used again.

Touching fresh memory costs about as much as a stage of the model, so the planes of
one channel are laid over those of the last, and up to ``KEPT`` bytes are kept for
the next image.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["KEPT", "Workspace", "open_workspace"]

KEPT = 64 << 20
"""Bytes that are kept for the next image."""
_LINE = 64  # bytes; planes start at a cache line
_idle: list["Workspace"] = []


class Workspace:
    """Blocks that are handed out in turn; after :meth:`rewind` the same ones again."""

    def __init__(self) -> None:
        self._blocks: list[NDArray[np.uint8]] = []
        self._views: list[tuple[object, DTypeLike, NDArray[Any]]] = []
        self._parts: list[Workspace] = []
        self.mark = 0

    def take(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """An array of unknown content."""
        i = self.mark
        self.mark += 1
        if i < len(self._views):
            old_shape, old_dtype, view = self._views[i]
            if old_shape == shape and old_dtype == dtype:
                return view
        size = int(np.prod(shape, dtype=int)) * np.dtype(dtype).itemsize
        if i == len(self._blocks):
            self._blocks.append(_aligned(0))
        if len(self._blocks[i]) < size:
            del self._views[i:]
            self._blocks[i] = _aligned(0)  # the old one is freed first
            self._blocks[i] = _aligned(size)
        view = self._blocks[i][:size].view(dtype).reshape(shape)
        self._views[i : i + 1] = [(shape, dtype, view)]
        return view

    def rewind(self, mark: int) -> None:
        """Everything taken since ``mark`` may be taken again."""
        self.mark = mark

    def part(self, i: int) -> "Workspace":
        """The ``i``-th workspace inside this one, from its start: one for each thread."""
        while len(self._parts) <= i:
            self._parts.append(Workspace())
        self._parts[i].rewind(0)
        return self._parts[i]

    @property
    def nbytes(self) -> int:
        """Bytes held, those of its parts included."""
        return sum(map(len, self._blocks)) + sum(part.nbytes for part in self._parts)


def _aligned(size: int) -> NDArray[np.uint8]:
    """So many bytes, from the start of a cache line on."""
    block = np.empty(size + _LINE, np.uint8)
    start = -block.ctypes.data % _LINE
    return block[start : start + size]


@contextmanager
def open_workspace() -> Iterator[Workspace]:
    """The idle workspace, or a new one where another thread has it; kept for the next image."""
    try:
        workspace = _idle.pop()
    except IndexError:
        workspace = Workspace()
    yield workspace
    workspace.rewind(0)
    if workspace.nbytes <= KEPT:
        _idle[:] = [workspace]
