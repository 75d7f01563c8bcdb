"""Orders of fixations in their scanpaths.

Place in the pipeline: rows of files -> [order] -> fixations.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from psysal._typing import Array

__all__ = ["order_from_zero", "running_number"]


def running_number(image: ArrayLike, subject: ArrayLike) -> Array:
    """Numbers 0, 1, 2 ... of the rows of each image and subject, in their order.

    Parameters
    ----------
    image, subject : array_like, (rows,)
        Names or numbers.

    Returns
    -------
    ndarray, (rows,), int64

    Examples
    --------
    >>> running_number(["a", "a", "b", "a"], [1, 2, 1, 1]).tolist()
    [0, 0, 0, 1]
    """
    _, images = np.unique(np.asarray(image), return_inverse=True)
    _, subjects = np.unique(np.asarray(subject), return_inverse=True)
    sorting = np.lexsort([subjects, images])
    groups = np.stack([images, subjects])[:, sorting]
    starts = np.ones(len(sorting), dtype=bool)
    starts[1:] = (np.diff(groups) != 0).any(axis=0)
    index = np.arange(len(sorting))
    numbers = np.empty(len(sorting), dtype=np.int64)
    numbers[sorting] = index - np.maximum.accumulate(np.where(starts, index, 0))
    return numbers


def order_from_zero(
    path: str | os.PathLike[str],
    columns: Mapping[str, Any],
    first: int | str | None,
    on_warning: Callable[[str], None],
) -> Array:
    """Orders of a file that count from 0 in every scanpath.

    Parameters
    ----------
    path : path
        The file, for messages.
    columns : mapping of str to array_like
        ``image``, ``subject`` and ``order``.
    first : int, "each" or None
        Order there of a first fixation; "each" if it is the smallest one of each scanpath;
        None if it is not known.
    on_warning : callable
        Called with a sentence if it is not known, and not clearly 0.

    Returns
    -------
    ndarray, (rows,), int64

    Examples
    --------
    >>> columns = {"image": ["a", "a", "b"], "subject": [1, 1, 1], "order": np.array([1, 2, 3])}
    >>> order_from_zero("gaze.csv", columns, 1, print).tolist()
    [0, 1, 2]
    >>> order_from_zero("gaze.csv", columns, "each", print).tolist()
    [0, 1, 0]
    """
    order = np.asarray(columns["order"])
    codes = [np.unique(columns[name], return_inverse=True)[1] for name in ("image", "subject")]
    _, scanpath = np.unique(np.stack(codes), axis=1, return_inverse=True)
    smallest = np.full(scanpath.max(initial=-1) + 1, np.iinfo(np.int64).max)
    np.minimum.at(smallest, scanpath, order)
    if first == "each":
        return order - smallest[scanpath]
    if first is None:
        first = int(order.size > 0 and order.min() == 1)
        late = np.count_nonzero(smallest > first)
        if late > len(smallest) / 2:
            on_warning(
                f"{path}: orders that begin at {first} on each image were expected, found later "
                f"ones first in {late:,} of {len(smallest):,} scanpaths; if they run on from image "
                'to image, add to dataset.toml:\nfirst = "each"'
            )
        elif first:
            on_warning(
                f"{path}: orders count from 1, whose fixations are taken for the first ones; to "
                "state it, or that the first ones are not in the file, add to dataset.toml:\n"
                "first = 1  # or 0"
            )
    return order - int(first)
