"""LZW of TIFF, checked before imagecodecs unpacks it, which ends the process on a code of nothing.

Place in the pipeline: a strip or tile -> [lzw] -> tifffile.

Codes get longer with the table, so that between two codes that clear it their places are known.

References
----------
Adobe, "TIFF Revision 6.0", 1992, section 13.
"""

import numpy as np

__all__ = ["check_codes"]

CLEAR, END = 256, 257
_FULL = 4096 - END  # codes until the table is full
_WIDTHS = 9 + np.digitize(np.arange(_FULL) + END, (511, 1023, 2047))
_STARTS = np.cumsum(_WIDTHS) - _WIDTHS
_LATEST = np.where(np.arange(_FULL) > 0, np.arange(_FULL) + END, 255)


def check_codes(packed: bytes) -> None:
    """Refusal of LZW with a code that its table does not have yet.

    Parameters
    ----------
    packed : bytes
        A strip or tile, most significant bit first.

    Raises
    ------
    ValueError
        It has such a code, or does not begin with one that clears the table.
    """
    octets = np.frombuffer(packed + bytes(4), np.uint8).astype(np.uint32)
    words = octets[:-3] << 24 | octets[1:-2] << 16 | octets[2:-1] << 8 | octets[3:]
    end, at = 8 * len(packed), 9
    is_sound = words[0] >> 23 == CLEAR
    while is_sound and at + 9 <= end:
        places = at + _STARTS
        count = int(np.searchsorted(places + _WIDTHS, end, "right"))
        places, widths = places[:count], _WIDTHS[:count].astype(np.uint32)
        codes = words[places >> 3] << (places & 7).astype(np.uint32) >> (32 - widths)
        stops = np.flatnonzero((codes == CLEAR) | (codes == END))
        length = int(stops[0]) if stops.size else count
        is_sound = bool((codes[:length] <= _LATEST[:length]).all()) and length < _FULL
        is_last = length == count or codes[length] == END
        at = end if is_last else int(places[length] + widths[length])
    if not is_sound:
        raise ValueError("its LZW has codes of nothing")
