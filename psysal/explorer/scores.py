"""Where people look, on the page: fixations from a CSV, and how well a map says them.

Place in the pipeline: text -> [people: fixations]; map, fixations -> [people: scores] -> page.
"""

import csv
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psysal.viewing import REFERENCE_PPD

__all__ = ["METRICS", "parse_fixations", "scores"]

Array = NDArray[Any]

METRICS = {
    "AUC": 0.5, "NSS": 0.0, "CC": 0.0, "similarity": None, "KL": None, "information gain": 0.0,
}  # fmt: skip
"""What :func:`scores` gives, with what a constant map scores where that is one number."""

MOST = 10_000  # fixations


def parse_fixations(name: str, text: str) -> Array:
    """Positions in the text of a CSV: columns x and y, or the first two where none is named.

    Parameters
    ----------
    name : str
        What messages call it.
    text : str

    Returns
    -------
    ndarray, (n, 2)
        x, y in pixels.

    Raises
    ------
    ValueError
        A row that is no position, or none at all, or too many.

    Examples
    --------
    >>> parse_fixations("seen.csv", "subject,x,y\\n1,20,15.5\\n")
    array([[20. , 15.5]])
    """
    try:
        rows = [row for row in csv.reader(text.lstrip("\ufeff").splitlines()) if any(row)]
    except csv.Error as error:
        raise ValueError(f"{name}: is no CSV ({error}); columns x and y were expected") from None
    titles = [title.strip().lower() for title in rows[0]] if rows else []
    first, at = 1, (0, 1)
    if "x" in titles and "y" in titles:
        at, rows, first = (titles.index("x"), titles.index("y")), rows[1:], 2
    if len(rows) > MOST:
        raise ValueError(f"{name}: has {len(rows):,} fixations, more than the limit of {MOST:,}")
    found = []
    for number, row in enumerate(rows, start=first):
        try:
            x, y = (float(row[k]) for k in at)
        except (ValueError, IndexError):
            x = y = math.nan
        if not (math.isfinite(x) and math.isfinite(y)):
            raise ValueError(
                f"{name}, line {number}: x and y in pixels were expected, got {','.join(row)!r:.60}"
            )
        found.append((x, y))
    if not found:
        raise ValueError(f"{name}: has no fixations; columns x and y in pixels were expected")
    return np.array(found)


def scores(saliency: Array, fixations: Array, ppd: float | None = None) -> dict[str, float]:
    """Scores of a map against fixations (n, 2), by the names of :data:`METRICS`.

    Density-based ones take a Gaussian of one degree about every fixation; the gain is over
    a uniform density.
    """
    from psysal.evaluation import metrics
    from psysal.evaluation.density import density, map_to_density

    people = density(fixations, saliency.shape, ppd=ppd or REFERENCE_PPD)
    predicted = map_to_density(saliency)
    found = (
        metrics.auc(saliency, fixations),
        metrics.nss(saliency, fixations),
        metrics.cc(saliency, people),
        metrics.similarity(predicted, people),
        metrics.kl(people, predicted),
        metrics.information_gain(predicted, np.ones_like(predicted), fixations),
    )
    return dict(zip(METRICS, found, strict=True))
