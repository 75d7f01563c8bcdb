"""Structure of MATLAB files, checked before SciPy reads them.

Place: inside of [matlab].  SciPy trusts what a file says of its own parts, so that a damaged
one can end the process.  Elements of the format of version 5 are a type, a number of bytes and
these; a matrix is an element of elements, whose types follow from its class.
"""

import struct
import zlib
from math import prod

__all__ = ["check_structure"]

_INT8, _INT32, _UINT32, _MATRIX, _COMPRESSED = 1, 5, 6, 14, 15
_NUMBERS = frozenset({1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 16, 17, 18})
_CELL, _STRUCT, _OBJECT, _CHAR, _SPARSE = 1, 2, 3, 4, 5
_NUMERIC = range(6, 16)
_DEEPEST = 50


def check_structure(data: bytes) -> None:
    """Check that every part of a file is of the type that its place demands.

    Parameters
    ----------
    data : bytes
        File of version 5 to 7; of other versions, nothing is checked.

    Raises
    ------
    ValueError
        A part is of another type, or longer than the file.
    """
    orders = {b"\x00\x01IM": "<", b"\x01\x00MI": ">"}
    if (order := orders.get(data[124:128])) is None:
        return
    walk = _Walk(data, order)
    at = 128
    while at < len(data):
        kind, start, count, after = walk.element(at, len(data))
        if kind == _COMPRESSED:
            inner = zlib.decompress(data[start : start + count])
            after = start + count  # not padded
            _Walk(inner, order).variable(0, len(inner))
        else:
            walk.variable(at, len(data))
        at = after


class _Walk:
    """Elements of some bytes."""

    def __init__(self, data: bytes, order: str) -> None:
        self.data = data
        self.pair = struct.Struct(f"{order}II")

    def element(self, at: int, end: int) -> tuple[int, int, int, int]:
        """Type of the element at a place, the start and number of its bytes, and its end."""
        if at + 8 > end:
            raise ValueError(f"a part at byte {at} is cut short")
        kind, count = self.pair.unpack_from(self.data, at)
        if kind >> 16:  # a small one, of at most four bytes
            kind, count, start, after = kind & 0xFFFF, kind >> 16, at + 4, at + 8
            if count > 4:
                raise ValueError(f"a small part at byte {at} has {count} bytes")
        else:
            start, after = at + 8, at + 8 + count + -count % 8
        if start + count > end:
            raise ValueError(f"a part at byte {at} is longer than what it is in")
        return kind, start, count, after

    def expect(self, kinds: frozenset[int], at: int, end: int) -> tuple[int, int, int]:
        """Start, number of bytes and end of an element of one of some types."""
        kind, start, count, after = self.element(at, end)
        if kind not in kinds:
            raise ValueError(f"a part at byte {at} has the type {kind}")
        return start, count, after

    def variable(self, at: int, end: int, depth: int = 0) -> int:
        """Check the matrix at a place, with all it holds; gives its end."""
        start, count, after = self.expect(frozenset({_MATRIX}), at, end)
        if depth > _DEEPEST:
            raise ValueError(f"parts are nested more than {_DEEPEST} deep")
        if count:
            self._contents(start, start + count, depth)
        return after

    def _contents(self, at: int, end: int, depth: int) -> None:
        flags, count, at = self.expect(frozenset({_UINT32}), at, end)
        if count != 8:
            raise ValueError(f"the flags at byte {flags} have {count} bytes")
        flag = self.pair.unpack_from(self.data, flags)[0]
        kind, is_complex = flag & 0xFF, bool(flag & 0x800)
        if kind not in (_CELL, _STRUCT, _OBJECT, _CHAR, _SPARSE, *_NUMERIC):
            return  # of classes and functions, which nobody asks for
        start, count, at = self.expect(frozenset({_INT32}), at, end)
        sizes = self._integers(start, count)
        size = prod(sizes)
        if len(sizes) < 2 or min(sizes) < 0 or (size > len(self.data) and kind != _SPARSE):
            raise ValueError(f"the sizes at byte {start} are none of a matrix of this file")
        _, _, at = self.expect(frozenset({_INT8}), at, end)
        if kind in (_CELL, _STRUCT, _OBJECT):
            if kind == _OBJECT:
                _, _, at = self.expect(frozenset({_INT8}), at, end)
            if kind != _CELL:
                start, count, at = self.expect(frozenset({_INT32}), at, end)
                (length,) = self._integers(start, count) or (0,)
                _, count, at = self.expect(frozenset({_INT8}), at, end)
                if length <= 0 or count % length:
                    raise ValueError(f"the names of fields at byte {start} have odd lengths")
                size *= count // length
            for _ in range(size):
                at = self.variable(at, end, depth + 1)
            return
        for _ in range((3 if kind == _SPARSE else 1) + is_complex):
            _, _, at = self.expect(_NUMBERS, at, end)

    def _integers(self, start: int, count: int) -> tuple[int, ...]:
        order = self.pair.format[0]
        return struct.unpack_from(f"{order}{count // 4}i", self.data, start)
