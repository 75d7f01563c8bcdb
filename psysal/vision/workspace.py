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

__all__ = ["KEPT", "Workspace", "workspace"]

KEPT = 64 << 20
_LINE = 64  # bytes; planes start at a cache line
_spare: list["Workspace"] = []


class Workspace:
    """Blocks that are handed out in turn; after :meth:`rewind` the same ones again."""

    def __init__(self) -> None:
        self._blocks: list[NDArray[Any]] = []
        self._parts: list[Workspace] = []
        self.mark = 0

    def take(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """An array of unknown content."""
        size = int(np.prod(shape, dtype=int)) * np.dtype(dtype).itemsize
        if self.mark == len(self._blocks):
            self._blocks.append(np.empty(0, np.uint8))
        if len(self._blocks[self.mark]) < size + _LINE:
            self._blocks[self.mark] = np.empty(0, np.uint8)  # freed first
            self._blocks[self.mark] = np.empty(size + _LINE, np.uint8)
        block = self._blocks[self.mark]
        self.mark += 1
        start = -block.ctypes.data % _LINE
        return block[start : start + size].view(dtype).reshape(shape)

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


@contextmanager
def workspace() -> Iterator[Workspace]:
    """The spare workspace, or a new one where another thread has it."""
    try:
        room = _spare.pop()
    except IndexError:
        room = Workspace()
    yield room
    room.rewind(0)
    if room.nbytes <= KEPT:
        _spare[:] = [room]
