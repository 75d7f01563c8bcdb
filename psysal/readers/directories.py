"""Directories of TIFF and Exif: what their entries claim, against what is there.

Place in the pipeline: before a decoder parses them, since that holds each entry on its own: many
that name the same bytes are a bomb.

References
----------
Adobe, "TIFF Revision 6.0", 1992; "BigTIFF" of libtiff, 2007.
"""

import struct
from typing import IO

__all__ = ["check_directories"]

BYTES_OF = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of a value, by its type; others have one."""

INNER = (330, 34665, 40965)
"""Tags that hold places of directories: of sub-images, of Exif and of its interoperability."""

MOST_DIRECTORIES = 100
"""Number that is looked at."""


def check_directories(file: IO[bytes], start: int = 0) -> None:
    """Refusal of directories whose entries claim more than there is.

    Parameters
    ----------
    file : binary file
    start : int
        Place of the head of TIFF: after "Exif" and two zeros, if they are there.

    Raises
    ------
    ValueError
        All entries together claim more than twice the bytes of the file.
    """
    length = file.seek(0, 2) - start
    file.seek(start)
    head = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:
        return
    is_big = struct.unpack_from(order + "H", head, 2)[0] == 43
    if is_big and len(head) < 16:
        return
    many, place, entry_size = (order + "Q", order + "Q", 20) if is_big else (
        order + "H", order + "I", 12
    )  # fmt: skip
    entry = order + ("HHQ" if is_big else "HHI")
    file.seek(start + (8 if is_big else 4))
    pending = [_number(place, file)]
    claimed = 0
    for at in pending:  # which grows
        file.seek(start + min(at, length))
        count = _number(many, file)
        table = file.read(min(count, length // entry_size) * entry_size)
        after = _number(place, file)
        for offset in range(0, len(table) - entry_size + 1, entry_size):
            tag, kind, number = struct.unpack_from(entry, table, offset)
            size = number * BYTES_OF.get(kind, 1)
            claimed += size if size <= length else 0  # others are refused where they are read
            if tag in INNER and number == 1:
                inner = struct.unpack_from(place, table, offset + struct.calcsize(entry))[0]
                pending.append(inner)
        pending += [after] * (after > 0)
        if claimed > 2 * length:
            raise ValueError(
                f"its directories claim {claimed:,} bytes, of {length:,} that are there"
            )
        if len(pending) > MOST_DIRECTORIES:
            return


def _number(form: str, file: IO[bytes]) -> int:
    data = file.read(struct.calcsize(form))
    return struct.unpack(form, data)[0] if len(data) == struct.calcsize(form) else 0
