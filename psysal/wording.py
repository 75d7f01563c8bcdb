"""Lists and names in messages and figures, short enough to be read.

Place: below everything that writes sentences.
"""

from collections.abc import Sequence
from typing import Any

__all__ = ["shorten_list", "shorten_name"]


def shorten_list(names: Sequence[Any], most: int = 3) -> str:
    """First few of many names, and the number of the others.

    Parameters
    ----------
    names : sequence
        Names, or anything that prints as one.
    most : int
        Number of names to write out.

    Returns
    -------
    str
        Empty for no names.

    Examples
    --------
    >>> shorten_list(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    start = ", ".join(str(name) for name in names[:most])
    return start + (f" and {len(names) - most} more" if len(names) > most else "")


def shorten_name(name: str, longest: int, end: int) -> str:
    """A name with its middle left out; the end tells files of one folder apart.

    Parameters
    ----------
    name : str
        Name of any length.
    longest : int
        Largest number of characters to return.
    end : int
        Number of characters to keep at the end of a name that is longer.

    Returns
    -------
    str

    Examples
    --------
    >>> shorten_name("photograph_00017.jpeg", 12, 7)
    'phot…17.jpeg'
    """
    return name if len(name) <= longest else f"{name[: longest - end - 1]}…{name[-end:]}"
