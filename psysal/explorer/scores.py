"""Fixations on the page, and the scores of a map against them.

Place in the pipeline: CSV or a density -> [scores: fixations]; map, fixations -> [scores] -> page.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from psysal._typing import Array
from psysal.evaluation import metrics
from psysal.evaluation.density import density, map_to_density
from psysal.gaze.formats.text import parse_numbers, split_table
from psysal.viewing import REFERENCE_PPD

__all__ = ["MAX_FIXATIONS", "METRICS", "Metric", "draw_fixations", "parse_fixations", "scores"]

MAX_FIXATIONS = 10_000
"""Largest number of fixations on a picture."""


class Metric(NamedTuple):
    """A metric as the page lists it.

    Attributes
    ----------
    function : callable
        Function of :mod:`psysal.evaluation.metrics`.
    arguments : tuple of str
        Its arguments: "saliency", the map; "prediction", the map as a density; "fixations";
        "density", that of the fixations; "uniform", a uniform density.
    chance : float, optional
        Score of a constant map, where that is one number.
    """

    function: Callable[..., float]
    arguments: tuple[str, ...]
    chance: float | None = None


METRICS = {
    "AUC": Metric(metrics.auc, ("saliency", "fixations"), 0.5),
    "NSS": Metric(metrics.nss, ("saliency", "fixations"), 0.0),
    "CC": Metric(metrics.cc, ("saliency", "density"), 0.0),
    "similarity": Metric(metrics.similarity, ("prediction", "density")),
    "KL": Metric(metrics.kl, ("density", "prediction")),
    "information gain": Metric(
        metrics.information_gain, ("prediction", "uniform", "fixations"), 0.0
    ),
}
"""Metrics of the page, by the names it gives them."""


def parse_fixations(name: str, text: str) -> Array:
    """Fixations in the text of a CSV file.

    Parameters
    ----------
    name : str
        Name of the file, for messages.
    text : str
        Rows with columns x and y, separated as :func:`psysal.gaze.read_table` takes them; without
        headings, the first two columns.

    Returns
    -------
    ndarray, (n, 2)
        x, y in pixels.

    Raises
    ------
    ValueError
        A row is no position, or there are none, or too many.

    Examples
    --------
    >>> parse_fixations("fixations.csv", "subject,x,y\\n1,20,15.5\\n")
    array([[20. , 15.5]])
    """
    if text.count("\n") > 2 * MAX_FIXATIONS:  # before it takes long
        raise ValueError(f"{name}: has more fixations than the limit of {MAX_FIXATIONS:,}")
    table = split_table(name, text.lstrip("\ufeff"), ())
    titles = {title.lower(): title for title in table.header}
    if not {"x", "y"} <= {*titles}:  # the first line is a fixation too
        rows, lines = [table.header, *table.rows], [table.header_line, *table.lines]
        table = replace(table, header=["x", "y", *table.header[2:]], rows=rows, lines=lines)
        titles = {"x": "x", "y": "y"}
    if len(table.rows) > MAX_FIXATIONS:
        raise ValueError(
            f"{name}: has {len(table.rows):,} fixations, more than the limit of {MAX_FIXATIONS:,}"
        )
    if not table.rows or len(table.rows[0]) < 2:
        raise ValueError(f"{name}: has no fixations; columns x and y in pixels were expected")
    positions = np.stack(
        [parse_numbers(table, title, table.column(titles[title]), float) for title in "xy"], axis=1
    )
    if not np.isfinite(positions).all():
        row = int(np.argmin(np.isfinite(positions).all(axis=1)))
        raise ValueError(f"{name}: line {table.lines[row]}: x and y must be finite")
    return positions


def draw_fixations(weights: Array, count: int, random: np.random.Generator) -> Array:
    """Random fixations from a density.

    Parameters
    ----------
    weights : ndarray, (rows, cols)
        Density in any unit, not negative; zero everywhere stands for a uniform one.
    count : int
        Number of fixations.
    random : numpy.random.Generator
        Source of random numbers.

    Returns
    -------
    ndarray, (count, 2), int
        x, y in pixels.

    Examples
    --------
    >>> draw_fixations(np.eye(1, 9, 5), 2, np.random.default_rng(0))
    array([[5, 0],
           [5, 0]])
    """
    weights = weights.astype(float)
    total = weights.sum()
    share = weights.ravel() / total if total else None
    indexes = random.choice(weights.size, count, p=share)
    cols = weights.shape[1]
    return np.stack([indexes % cols, indexes // cols], axis=1)


def scores(saliency: Array, fixations: Array, ppd: float | None = None) -> dict[str, float]:
    """Scores of a map against fixations.

    The density of the fixations is a Gaussian of one degree about each of them; the information
    gain is over a uniform density.

    Parameters
    ----------
    saliency : ndarray, (rows, cols)
        The map.
    fixations : ndarray, (n, 2)
        x, y in pixels.
    ppd : float or Viewing, optional
        Pixels per degree of visual angle; by default 32.

    Returns
    -------
    dict of str to float
        Scores by the names of :data:`METRICS`.
    """
    prediction = map_to_density(saliency)
    values = {
        "saliency": saliency,
        "prediction": prediction,
        "fixations": fixations,
        "density": density(fixations, saliency.shape, ppd=ppd or REFERENCE_PPD),
        "uniform": np.ones_like(prediction),
    }
    return {
        name: metric.function(*(values[argument] for argument in metric.arguments))
        for name, metric in METRICS.items()
    }
