"""Checks of arguments; each error is one sentence: expected, got, do this.

Place: below everything that takes arguments from outside.
"""

import json
import sys
from collections.abc import Collection, Iterable
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "known_keys",
    "one_of",
    "parse_json",
    "positive_number",
    "real_array",
    "whole_number",
]


def one_of(name: str, value: Any, choices: Collection[Any], *, hint: str = "") -> Any:
    """Value that is one of the choices.

    Parameters
    ----------
    name : str
        Name of the argument.
    value : object
        Value of the argument.
    choices : collection
        Values that it may have.
    hint : str
        Advice that follows the error after a semicolon.

    Returns
    -------
    object
        ``value`` itself.

    Raises
    ------
    ValueError
        ``value`` is none of them.

    Examples
    --------
    >>> one_of("profile", "mit", ("exact", "mit"))
    'mit'
    """
    if value not in choices:
        names = list(map(str, choices))
        expected = " or ".join(names) if len(names) < 3 else f"one of {', '.join(names)}"
        raise ValueError(f"{name} must be {expected}, got {value!r}{_more(hint)}")
    return value


def known_keys(name: Any, keys: Iterable[str], known: Collection[str]) -> None:
    """Refuse keys of a file that there are not.

    Parameters
    ----------
    name : object
        File, for the message.
    keys : iterable of str
        Keys that it has.
    known : collection of str
        Keys that it may have.

    Raises
    ------
    ValueError
        A key is none of them; the message has the nearest one.

    Examples
    --------
    >>> known_keys("a.toml", ["metrisc"], ["models", "metrics"])
    Traceback (most recent call last):
    ValueError: a.toml: keys must be among models, metrics, got metrisc; did you mean metrics?
    """
    if unknown := [key for key in keys if key not in known]:
        from difflib import get_close_matches

        near = get_close_matches(unknown[0], known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(
            f"{name}: keys must be among {', '.join(known)}, got {', '.join(unknown)}{hint}"
        )


def parse_json(text: str | bytes) -> Any:
    """Value of JSON that may hold anything.

    Parameters
    ----------
    text : str or bytes
        Text, or its UTF-8.

    Returns
    -------
    object
        Numbers may be NaN or infinite, as JSON of Python's may.

    Raises
    ------
    ValueError
        It is no JSON, or nested too deep.

    Examples
    --------
    >>> parse_json("[" * 10_000)
    Traceback (most recent call last):
    ValueError: it is nested too deep
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def whole_number(name: str, value: Any, minimum: int = 1, *, hint: str = "") -> int:
    """Whole number from ``minimum`` on.

    Parameters
    ----------
    name : str
        Name of the argument.
    value : object
        Value of the argument; booleans are no numbers.
    minimum : int
        Least value that it may have.
    hint : str
        Advice that follows the error after a semicolon.

    Returns
    -------
    int
        ``value`` as Python's own type.

    Raises
    ------
    ValueError
        ``value`` is no whole number, or too small.

    Examples
    --------
    >>> whole_number("folds", 1, 2)
    Traceback (most recent call last):
    ValueError: folds must be a whole number from 2 on, got 1
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < minimum:
        raise ValueError(
            f"{name} must be a whole number from {minimum} on, got {value!r}{_more(hint)}"
        )
    return int(value)


def positive_number(name: str, value: Any, *, unit: str = "", hint: str = "") -> float:
    """Finite number above zero.

    Parameters
    ----------
    name : str
        Name of the argument.
    value : object
        Value of the argument.
    unit : str
        Unit of the number, as "of degrees".
    hint : str
        Advice that follows the error after a semicolon.

    Returns
    -------
    float
        ``value`` itself.

    Raises
    ------
    ValueError
        ``value`` is no number, infinite, NaN, zero or negative.

    Examples
    --------
    >>> positive_number("sigma", 0, unit="of degrees")
    Traceback (most recent call last):
    ValueError: sigma must be a positive number of degrees, got 0
    """
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not (is_number and 0 < value <= sys.float_info.max):  # which an int may be above
        raise ValueError(
            f"{name} must be a positive number{unit and ' ' + unit}, got {value!r}{_more(hint)}"
        )
    return value


def real_array(name: str, values: "ArrayLike", *, hint: str = "repair it") -> "NDArray[Any]":
    """Array of finite real numbers.

    Parameters
    ----------
    name : str
        Name of the argument.
    values : array_like
        Numbers of any shape; booleans count as 0 and 1.
    hint : str
        Advice on NaN and infinite values.

    Returns
    -------
    ndarray
        ``values`` in their own data type.

    Raises
    ------
    ValueError
        ``values`` are no real numbers, or not finite.

    Examples
    --------
    >>> real_array("x", ["a"])
    Traceback (most recent call last):
    ValueError: x must hold real numbers, got <U1; convert it first
    """
    import numpy as np

    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} must hold real numbers, got {array.dtype}; convert it first")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got NaN or infinite values; {hint}")
    return array


def _more(hint: str) -> str:
    return f"; {hint}" if hint else ""
