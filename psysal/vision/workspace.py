"""Memory for working planes, allocated once and used again.

Touching fresh memory costs about as much as a stage of the model, so the planes of
one channel are laid over those of the last, and up to ``IDLE_BYTES`` stay allocated for
the next images, of whatever size.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from psysal._typing import Array

__all__ = ["IDLE_BYTES", "Workspace", "open_workspace"]

IDLE_BYTES = 256 << 20
"""Memory that stays allocated for the next images, in bytes."""
_CACHE_LINE_BYTES = 64  # planes start at a cache line
_idle: list["Workspace"] = []


class Workspace:
    """Blocks of memory that are handed out in turn; after :meth:`rewind` the same ones again.

    Attributes
    ----------
    mark : int
        Number of blocks that are handed out.
    """

    def __init__(self) -> None:
        self._blocks: list[NDArray[np.uint8]] = []
        self._views: list[tuple[object, DTypeLike, Array]] = []
        self._parts: list[Workspace] = []
        self.mark = 0

    def take(self, shape: int | tuple[int, ...], dtype: DTypeLike) -> Array:
        """Hand out an array.

        Parameters
        ----------
        shape : int or tuple of int
        dtype : dtype

        Returns
        -------
        ndarray, ``shape``, C-contiguous
            Of unknown content.
        """
        i = self.mark
        self.mark += 1
        if i < len(self._views):
            old_shape, old_dtype, view = self._views[i]
            if old_shape == shape and old_dtype == dtype:
                return view
        size = prod(shape if isinstance(shape, tuple) else (shape,)) * np.dtype(dtype).itemsize
        if i == len(self._blocks):
            self._blocks.append(_new(0))
        if len(self._blocks[i]) < size:
            del self._views[i:]
            self._blocks[i] = _new(0)  # the old one is freed first
            self._blocks[i] = _new(size)
        view = self._blocks[i][:size].view(dtype).reshape(shape)
        self._views[i : i + 1] = [(shape, dtype, view)]
        return view

    def rewind(self, mark: int) -> None:
        """Take back everything handed out since ``mark``.

        Parameters
        ----------
        mark : int
            Earlier value of :attr:`mark`; 0 for everything.
        """
        self.mark = mark

    def part(self, i: int) -> "Workspace":
        """Workspace inside this one, rewound, such as that of a thread.

        Parameters
        ----------
        i : int
            Its number, from 0.

        Returns
        -------
        Workspace
        """
        while len(self._parts) <= i:
            self._parts.append(Workspace())
        self._parts[i].rewind(0)
        return self._parts[i]

    def shrink(self, largest: int) -> None:
        """Free the ends of blocks; nothing that was handed out may be in use.

        Parameters
        ----------
        largest : int
            Bytes that each block, here and in parts, has at most afterwards.
        """
        self._views.clear()
        for i, view in enumerate(self._blocks):
            if len(view) > largest:
                block: Any = view.base
                block.resize(largest + _CACHE_LINE_BYTES, refcheck=False)
                self._blocks[i] = _aligned(block)
        for part in self._parts:
            part.shrink(largest)

    @property
    def nbytes(self) -> int:
        """Bytes allocated, those of its parts included."""
        return sum(map(len, self._blocks)) + sum(part.nbytes for part in self._parts)


def _new(size: int) -> NDArray[np.uint8]:
    return _aligned(np.empty(size + _CACHE_LINE_BYTES, np.uint8))


def _aligned(block: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """All of a block but a cache line, from the start of one on."""
    start = -block.ctypes.data % _CACHE_LINE_BYTES
    return block[start : start + len(block) - _CACHE_LINE_BYTES]


@contextmanager
def open_workspace() -> Iterator[Workspace]:
    """Workspace that stays allocated for the next image, but for what is beyond ``IDLE_BYTES``.

    Yields
    ------
    Workspace
        An idle one, or a new one where other threads have them.
    """
    try:
        workspace = _idle.pop()
    except IndexError:
        workspace = Workspace()
    yield workspace
    workspace.rewind(0)
    largest = IDLE_BYTES
    while workspace.nbytes > IDLE_BYTES:
        largest //= 2
        workspace.shrink(largest)
    _idle.append(workspace)
    with suppress(IndexError):  # where other threads took them meanwhile
        while sum(idle.nbytes for idle in _idle) > IDLE_BYTES:
            _idle.pop(0)
