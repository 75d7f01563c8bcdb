"""Densities that models give: checked, normalized, and told from maps by their values.

Place in the pipeline: map of a model -> [densities] -> metrics of densities, submissions.

What a model gives is said by its attribute ``gives``: a "map", of any unit; a "density", which is
proportional to the probability of a fixation in each pixel; or a "log-density", the natural
logarithm of one that sums to 1, as pysaliency's ``Model`` has it.

References
----------
Kümmerer, Wallis & Bethge (2018), "Saliency benchmarking made easy", ECCV,
doi:10.1007/978-3-030-01270-0_47.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from psysal._typing import Array
from psysal.mapfile import check_map

__all__ = [
    "GIVES",
    "TOLERANCE",
    "check_density",
    "check_recognized",
    "density_of",
    "gives_of",
    "log_density_of",
    "log_sum",
    "recognized",
]

GIVES = ("map", "density", "log-density")
"""Kinds of values that a model may give."""

TOLERANCE = 1e-3
"""Largest distance from 0 of the logarithm of a log density's sum, as the benchmark takes it."""


def gives_of(model: Any) -> str:
    """Kind of values that a model gives.

    Parameters
    ----------
    model : callable
        Any model; one that does not say it gives a "map".

    Returns
    -------
    str
        One of :data:`GIVES`.

    Raises
    ------
    ValueError
        Its attribute ``gives`` is something else.

    Examples
    --------
    >>> gives_of(abs)
    'map'
    """
    gives = getattr(model, "gives", "map")
    if gives not in GIVES:
        raise ValueError(f"gives must be one of {', '.join(GIVES)}, got {gives!r}")
    return str(gives)


def check_density(name: str, values: ArrayLike) -> Array:
    """A map without negative values, divided by its sum.

    Parameters
    ----------
    name : str
        Name of the argument.
    values : array_like, (rows, cols)
        Finite and not negative, of any positive sum.

    Returns
    -------
    ndarray, (rows, cols), float64
        Sums to 1.

    Raises
    ------
    ValueError
        It is no map, negative somewhere, or zero everywhere.
    """
    density = check_map(name, values).astype(np.float64)
    if (lowest := density.min()) < 0:
        raise ValueError(
            f"{name} must not be negative anywhere, got {lowest:.6g}; "
            "shift the map or set its negative values to zero"
        )
    if (total := density.sum()) == 0:
        raise ValueError(f"{name} must have mass, got zeros only; leave it out")
    return density / total


def log_sum(values: ArrayLike) -> float:
    """Logarithm of the sum of exponentials: 0 for a log density.

    Parameters
    ----------
    values : array_like, (rows, cols)
        Logarithms.

    Returns
    -------
    float

    Examples
    --------
    >>> round(log_sum(np.log([[0.25, 0.75]])), 12) == 0
    True
    """
    logs = np.asarray(values, np.float64)
    highest = logs.max()
    return float(highest + np.log(np.exp(logs - highest).sum()))


def recognized(values: Array) -> str:
    """Kind of values of a file that does not say it.

    Parameters
    ----------
    values : ndarray, (rows, cols)
        Finite.

    Returns
    -------
    str
        "log-density" for values that are never positive and sum to 1 after exp, to a
        thousandth; else "map".

    Examples
    --------
    >>> recognized(np.log([[0.25, 0.75]])), recognized(np.array([[0.25, 0.75]]))
    ('log-density', 'map')
    """
    logs = values.min() < 0 and values.max() <= 0 and abs(log_sum(values)) <= TOLERANCE
    return "log-density" if logs else "map"


def check_recognized(name: str, values: Array, gives: str) -> None:
    """Refuse values that are of another kind than those of the first file.

    Parameters
    ----------
    name : str
        Name of the file in messages.
    values : ndarray, (rows, cols)
        Finite.
    gives : "map" or "log-density"
        Kind that :func:`recognized` gave for the first.

    Raises
    ------
    ValueError
        They are none such, or never positive and no log density either.
    """
    if gives == "log-density" and recognized(values) != gives:
        raise ValueError(
            f"{name} must be a log density as the first map is, with a logsumexp of 0, to "
            f"{TOLERANCE:g}, got {log_sum(values):.6g}; write it anew, or pass "
            'values="log" to take it off'
        )
    if gives == "map" and values.min() < 0 and values.max() <= 0:
        raise ValueError(
            f"{name} is never positive, and has a logsumexp of {log_sum(values):.6g} where log "
            'densities have 0; pass values="log" or values="map"'
        )


def density_of(values: ArrayLike, gives: str) -> Array:
    """Density that the values of a model are.

    Parameters
    ----------
    values : array_like, (rows, cols)
        A density of any sum, or a log density.
    gives : "density" or "log-density"
        Which of both.

    Returns
    -------
    ndarray, (rows, cols), float64
        Not negative, sums to 1.

    Raises
    ------
    ValueError
        It is negative somewhere or zero everywhere; or the log density does not sum to 1 after
        exp, to a thousandth.

    Examples
    --------
    >>> density_of([[1, 3]], "density"), density_of(np.log([[0.25, 0.75]]), "log-density")
    (array([[0.25, 0.75]]), array([[0.25, 0.75]]))
    """
    if gives == "density":
        return check_density("a density", values)
    return np.exp(_normalized(values))


def log_density_of(values: ArrayLike, gives: str) -> Array:
    """Natural logarithm of the density that the values of a model are.

    Parameters
    ----------
    values, gives
        As :func:`density_of` takes them.

    Returns
    -------
    ndarray, (rows, cols), float64
        Sums to 1 after exp; minus infinity where the density is zero.

    Raises
    ------
    ValueError
        As :func:`density_of` raises it.

    Examples
    --------
    >>> log_density_of([[2, 2]], "density").round(3)
    array([[-0.693, -0.693]])
    """
    if gives == "density":
        with np.errstate(divide="ignore"):
            return np.log(check_density("a density", values))
    return _normalized(values)


def _normalized(values: ArrayLike) -> Array:
    """A log density whose last digits are mended, too."""
    logs = check_map("a log density", values).astype(np.float64)
    total = log_sum(logs)
    if abs(total) > TOLERANCE:
        raise ValueError(
            f"a log density must have a logsumexp of 0, to {TOLERANCE:g}, got {total:.6g}; "
            "subtract it"
        )
    return logs - total
