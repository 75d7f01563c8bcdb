"""All metrics by profile and name: what they compute, what they need, and how to read them.

Place in the pipeline: map, fixations, case -> [profiles] -> score.  From this one registry the
comparison, the report, ``psysal evaluate`` and ``psysal metrics`` are made.  Functions are here,
everything else is in ``metrics.toml``.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from psysal._typing import Array
from psysal.evaluation import metrics, mit
from psysal.evaluation.case import Case
from psysal.evaluation.density import map_to_density

__all__ = ["DEFAULTS", "LOWER_IS_BETTER", "PROFILES", "Metric"]

Score = Callable[[Array, Array, Case], float]


@dataclass(frozen=True)
class Metric:
    """A metric as tables list it.

    Attributes
    ----------
    name : str
        Name in its profile, as ``metrics=`` and ``--metrics`` take it.
    profile : "exact" or "mit"
        Set of conventions that it belongs to.
    function : callable
        Saliency map (rows, cols), fixations (n, 2) as x, y that it is scored on, and the
        :class:`~psysal.evaluation.case.Case` of the image -> score.
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
        pixels per degree of the set.
    default : bool
        Computed where no metrics are named.
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


FUNCTIONS: dict[str, dict[str, Score]] = {
    "exact": {
        "auc": lambda saliency, fixations, case: metrics.auc(saliency, fixations),
        "shuffled_auc": lambda saliency, fixations, case: metrics.shuffled_auc(
            saliency, fixations, case.others
        ),
        "nss": lambda saliency, fixations, case: metrics.nss(saliency, fixations),
        "information_gain": lambda saliency, fixations, case: metrics.information_gain(
            map_to_density(saliency), case.baseline, fixations
        ),
        "cc": lambda saliency, fixations, case: metrics.cc(saliency, case.target),
        "similarity": lambda saliency, fixations, case: metrics.similarity(
            map_to_density(saliency), case.target
        ),
        "kl": lambda saliency, fixations, case: metrics.kl(case.target, map_to_density(saliency)),
        "emd": lambda saliency, fixations, case: metrics.emd(map_to_density(saliency), case.target),
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
"""Names of the metrics of either profile whose lower scores are better."""
