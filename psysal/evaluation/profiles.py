"""All metrics by profile and name: what they compute, what they need, and how to read them.

Place in the pipeline: map, fixations, case -> [profiles] -> score.  From this one registry the
comparison, the report, ``psysal evaluate`` and ``psysal metrics`` are made.  Functions are here,
everything else is in ``metrics.toml``.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.evaluation import metrics, mit, tuebingen
from psysal.evaluation.case import Case
from psysal.evaluation.density import map_to_density
from psysal.models.densities import density_of, gives_of

__all__ = ["DEFAULTS", "LOWER_IS_BETTER", "PROFILES", "Metric", "score", "value_remarks"]

Score = Callable[[Array, Array, Case], float]
Optimal = Callable[[Array, Case], Array]


@dataclass(frozen=True)
class Metric:
    """A metric as tables list it.

    Attributes
    ----------
    name : str
        Name in its profile, as ``metrics=`` and ``--metrics`` take it.
    profile : "exact", "mit" or "tuebingen"
        Set of conventions that it belongs to.
    function : callable
        Saliency map or density (rows, cols), fixations (n, 2) as x, y that it is scored on, and
        the :class:`~psysal.evaluation.case.Case` of the image -> score.
    title : str
        Name in the report.
    summary : str
        Definition in one line.
    text : str
        Definition in sentences, with the score of a perfect map or of chance.
    reference : str
        Paper, with its DOI if it has one.
    better : "higher" or "lower"
        Better of two scores.
    chance : float, optional
        Score of a map that carries no information, where there is such a number.
    chance_name : str
        What such a map is called.
    needs : tuple of str
        Needs beside the map and its fixations: "other images", with fixations; "density", of
        all fixations on the image, so that one observer cannot be scored alone; "ppd", the
        pixels per degree of the set; "probability", models whose values are densities.
    default : bool
        Computed where no metrics are named.
    of : str
        What is scored of a model whose values are densities.
    takes : "map" or "density"
        What the function takes; a map becomes a density by
        :func:`psysal.evaluation.density.map_to_density`.
    optimal_map : callable, optional
        Density (rows, cols), summing to 1, and the case -> map that the function takes of it.
    """

    name: str
    profile: str
    function: Score
    title: str
    summary: str
    text: str
    reference: str
    better: str
    chance: float | None = None
    chance_name: str = "chance"
    needs: tuple[str, ...] = ()
    default: bool = False
    of: str = "the density"
    takes: str = "map"
    optimal_map: Optimal | None = None


FUNCTIONS: dict[str, dict[str, Score]] = {
    "exact": {
        "auc": lambda saliency, fixations, case: metrics.auc(saliency, fixations),
        "shuffled_auc": lambda saliency, fixations, case: metrics.shuffled_auc(
            saliency, fixations, case.others
        ),
        "nss": lambda saliency, fixations, case: metrics.nss(saliency, fixations),
        "information_gain": lambda density, fixations, case: metrics.information_gain(
            density, case.baseline, fixations
        ),
        "log_likelihood": lambda density, fixations, case: metrics.log_likelihood(
            density, fixations
        ),
        "cc": lambda saliency, fixations, case: metrics.cc(saliency, case.target),
        "similarity": lambda density, fixations, case: metrics.similarity(density, case.target),
        "kl": lambda density, fixations, case: metrics.kl(case.target, density),
        "emd": lambda density, fixations, case: metrics.emd(density, case.target),
    },
    "mit": {
        "auc_judd": lambda saliency, fixations, case: mit.auc_judd(
            saliency, case.fixation_map(fixations)
        ),
        "auc_borji": lambda saliency, fixations, case: mit.auc_borji(
            saliency, case.fixation_map(fixations), rng=case.rng("pixels")
        ),
        "auc_shuffled": lambda saliency, fixations, case: mit.auc_shuffled(
            saliency,
            case.fixation_map(fixations),
            case.other_fixation_map(),
            rng=case.rng("fixations"),
        ),
        "nss": lambda saliency, fixations, case: mit.nss(saliency, case.fixation_map(fixations)),
        "information_gain": lambda saliency, fixations, case: mit.information_gain(
            saliency, case.baseline, case.fixation_map(fixations)
        ),
        "cc": lambda saliency, fixations, case: mit.cc(saliency, case.mit_target),
        "similarity": lambda saliency, fixations, case: mit.similarity(saliency, case.mit_target),
        "kl": lambda saliency, fixations, case: mit.kl(case.mit_target, saliency),
        "emd": lambda saliency, fixations, case: mit.emd(saliency, case.mit_target),
    },
    "tuebingen": {
        "information_gain": lambda density, fixations, case: metrics.information_gain(
            density, case.baseline, fixations
        ),
        "ig_over_uniform": lambda density, fixations, case: metrics.information_gain(
            density, np.ones(density.shape), fixations
        ),
        "log_likelihood": lambda density, fixations, case: metrics.log_likelihood(
            density, fixations
        ),
        "auc": lambda saliency, fixations, case: metrics.auc(saliency, fixations),
        "shuffled_auc": lambda saliency, fixations, case: metrics.shuffled_auc(
            saliency, fixations, case.others
        ),
        "nss": lambda saliency, fixations, case: metrics.nss(saliency, fixations),
        "cc": lambda saliency, fixations, case: metrics.cc(saliency, case.tuebingen_target),
        "kl": lambda saliency, fixations, case: tuebingen.kl(case.tuebingen_target, saliency),
        "similarity": lambda saliency, fixations, case: tuebingen.similarity(
            saliency, case.tuebingen_target
        ),
    },
}

OPTIMAL_MAPS: dict[str, dict[str, Optimal]] = {
    "tuebingen": {
        "shuffled_auc": lambda density, case: density / case.baseline,
        "cc": lambda density, case: tuebingen.blur(density),
        "kl": lambda density, case: tuebingen.blur(density),
        "similarity": lambda density, case: tuebingen.similarity_map(
            density, case.mean_count, case.rng("similarity")
        ),
    },
}


def _read_profiles() -> dict[str, dict[str, Metric]]:
    """Metrics of ``metrics.toml`` with their functions, by profile and name."""
    entries = tomllib.loads(Path(__file__).with_name("metrics.toml").read_text("utf-8"))
    return {
        profile: {
            name: Metric(
                name=name,
                profile=profile,
                function=FUNCTIONS[profile][name],
                optimal_map=OPTIMAL_MAPS.get(profile, {}).get(name),
                **entry | {"needs": tuple(entry.get("needs", ()))},
            )
            for name, entry in metrics_of_profile.items()
        }
        for profile, metrics_of_profile in entries.items()
    }


PROFILES: Mapping[str, Mapping[str, Metric]] = _read_profiles()
"""Metrics of each profile by name, in the order of tables."""

DEFAULTS: Mapping[str, tuple[str, ...]] = {
    profile: tuple(metric.name for metric in by_name.values() if metric.default)
    for profile, by_name in PROFILES.items()
}
"""Names of the metrics of each profile that are computed where none are named."""

LOWER_IS_BETTER = frozenset(
    metric.name
    for by_name in PROFILES.values()
    for metric in by_name.values()
    if metric.better == "lower"
)
"""Names of the metrics of any profile whose lower scores are better."""


def score(
    metrics: Sequence[Metric], values: Array, gives: str, fixations: Array, case: Case
) -> list[float]:
    """Scores of the values of a model for an image.

    Parameters
    ----------
    metrics : sequence of Metric
        Those that need "probability" are for densities alone.
    values : ndarray, (rows, cols)
        As the model gives them.
    gives : str
        Kind of the values, one of :data:`psysal.models.densities.GIVES`.
    fixations : ndarray, (n, 2)
        x, y in pixels.
    case : Case
        The image.

    Returns
    -------
    list of float
        In the order of the metrics.

    Raises
    ------
    ValueError
        Values that cannot be scored.
    """
    is_map = gives == "map"
    density = values if is_map else density_of(values, gives)
    scores = []
    for metric in metrics:
        given = density
        if is_map and metric.takes == "density":
            given = map_to_density(values)
        elif metric.optimal_map and not is_map:
            given = metric.optimal_map(density, case)
        scores.append(metric.function(given, fixations, case))
    return scores


def value_remarks(models: Mapping[str, Any], metrics: Sequence[Metric]) -> tuple[str, ...]:
    """Sentences on what models give, where a metric depends on it.

    Parameters
    ----------
    models : mapping of str to model
        Models by name.
    metrics : sequence of Metric
        Metrics that are asked for.

    Returns
    -------
    tuple of str
        Models that give maps and have no score in a metric of densities; files of log densities
        that were recognized; maps that were fitted.

    Examples
    --------
    >>> from psysal import Murray2011
    >>> value_remarks({"sim": Murray2011()}, [PROFILES["exact"]["information_gain"]])[0][:55]
    'information_gain: n/a for sim, as they need densities a'
    """
    remarks = []
    needy = [metric.name for metric in metrics if "probability" in metric.needs]
    maps = [name for name, model in models.items() if gives_of(model) == "map"]
    if needy and maps:
        remarks.append(
            f"{', '.join(needy)}: n/a for {', '.join(maps)}, as they need densities and these give "
            'maps; fit="monotone" makes densities of maps, and values="density" says that files '
            "hold some"
        )
    remarks += [
        f"{name}: the values are log densities, as they are never positive and sum to 1 after "
        "exp; they are scored as densities"
        for name, model in models.items()
        if getattr(model, "values", "") is None and gives_of(model) == "log-density"
    ]
    if fitted := [name for name, model in models.items() if getattr(model, "fitted", False)]:
        remarks.append(
            f"{', '.join(fitted)}: densities, made of maps by a monotone function and a center "
            "bias that were fitted to the fixations on other images"
        )
    return tuple(remarks)
