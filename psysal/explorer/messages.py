"""Messages between a page and its session: JSON in, JSON and arrays out.

Place in the pipeline: browser -> [messages] -> session -> [messages] -> browser.
"""

import json
import math
from typing import Any

import numpy as np

from psysal._typing import Array

__all__ = ["encode_reply", "parse_message"]

MAX_DIGITS = 32  # JavaScript writes numbers of at most 25 characters
ALIGNMENT = 8  # bytes, of the widest number


def parse_message(text: str) -> dict[str, Any]:
    """Message of a page.

    Parameters
    ----------
    text : str
        JSON of an object.

    Returns
    -------
    dict of str to object

    Raises
    ------
    ValueError
        It is no JSON of an object, is nested too deeply, or has a number that JavaScript cannot
        write.

    Examples
    --------
    >>> parse_message('{"set": ["center", 7]}')
    {'set': ['center', 7]}
    """
    try:
        message = json.loads(text, parse_int=_number, parse_float=_number, parse_constant=_number)
    except RecursionError:
        raise ValueError("a message is nested too deeply; reload the page") from None
    except json.JSONDecodeError:
        raise ValueError("a message is not JSON; reload the page") from None
    if not isinstance(message, dict):
        raise ValueError("a message is not a JSON object; reload the page")
    return message


def _number(text: str) -> float:
    if len(text) > MAX_DIGITS or not math.isfinite(float(text)):
        raise ValueError(f"numbers must be finite and of at most {MAX_DIGITS} digits")
    return int(text) if text.lstrip("-").isdigit() else float(text)


def encode_reply(reply: dict[str, Any]) -> bytes:
    """Reply to a page as bytes.

    Parameters
    ----------
    reply : dict of str to object
        Values of JSON, and arrays.

    Returns
    -------
    bytes
        Length of the JSON as a little-endian number of 4 bytes, the JSON, and the arrays, each
        filled up to a multiple of 8 bytes.  In the JSON an array is an object: "dtype", "shape"
        and "offset", the number of bytes between the JSON and the array.

    Examples
    --------
    >>> encode_reply({"status": "done"})
    b'\\x14\\x00\\x00\\x00{"status": "done"}  '
    """
    parts: list[bytes] = []
    size = 0

    def refer(array: Array) -> dict[str, Any]:
        nonlocal size
        start = size
        parts.append(_padded(np.ascontiguousarray(array).tobytes()))
        size += len(parts[-1])
        return {"dtype": array.dtype.name, "shape": array.shape, "offset": start}

    header = json.dumps(reply, default=refer).encode()
    header += b" " * (-(len(header) + 4) % ALIGNMENT)
    return b"".join([len(header).to_bytes(4, "little"), header, *parts])


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % ALIGNMENT)
