"""Several data sets in one table: models by sets, with a mean rank.

Place in the pipeline: tables of single sets -> [sets] -> one table.  A rank is among the models
that every set has, so that it compares like with like: a network is not ranked that was trained
on one of the sets, nor a model that is left out of one.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from psysal.evaluation.profiles import LOWER_IS_BETTER
from psysal.models.registry import model_names
from psysal.optional import require

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["joint_description", "joint_table"]

SHARED = ("version", "profile", "interval", "first")
"""Parts of a description that are those of every set."""


def joint_table(
    tables: Mapping[str, "DataFrame"], trained_on: Mapping[str, Sequence[str]]
) -> "DataFrame":
    """Table of several data sets.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By the name of the set, its table as :func:`psysal.evaluation.summary.summary` gives it.
    trained_on : mapping of str to sequence of str
        Sets that models were trained on, as :func:`psysal.evaluation.training.trained_on` has
        them.

    Returns
    -------
    DataFrame
        Rows of the tables, one below the other: ``dataset``; their columns; and ``mean_rank``,
        the mean over the sets of the rank of the model among those compared by this metric on
        every set, from 1; NaN for others, for baselines and references, and where means of a set
        have no order (``common`` is false).

    Raises
    ------
    ImportError
        pandas is not installed.

    Examples
    --------
    >>> import pandas
    >>> one = pandas.DataFrame({"model": ["a", "b"], "metric": "auc", "mean": [0.6, 0.7]})
    >>> two = one.assign(mean=[0.8, 0.9])
    >>> joint_table({"osie": one, "crowd": two}, {})
      dataset model metric  mean  mean_rank
    0    osie     a    auc   0.6        2.0
    1    osie     b    auc   0.7        1.0
    2   crowd     a    auc   0.8        2.0
    3   crowd     b    auc   0.9        1.0
    """
    pandas = require("pandas")
    parts = [table.assign(dataset=name) for name, table in tables.items()]
    rows = pandas.concat(parts, ignore_index=True)
    rows.insert(0, "dataset", rows.pop("dataset"))
    names = {name.lower() for name in tables}
    seen = {model for model, sets in trained_on.items() if names & {name.lower() for name in sets}}
    unranked = seen | set(model_names("baseline", "reference"))
    ranks: dict[tuple[str, str], float] = {}
    for metric, part in rows.groupby("metric", sort=False):
        is_ordered = "common" not in part or part.common.all()
        if part.dataset.nunique() < len(tables) or not is_ordered:
            continue
        wide = part.pivot(index="model", columns="dataset", values="mean")
        wide = wide[~wide.index.isin(list(unranked)) & np.isfinite(wide).all(axis=1)]
        means = wide.rank(ascending=metric in LOWER_IS_BETTER).mean(axis=1)
        ranks |= {(model, metric): rank for model, rank in means.items()}
    keys = zip(rows.model, rows.metric, strict=True)
    return rows.assign(mean_rank=[ranks.get(key, np.nan) for key in keys])


def joint_description(
    descriptions: Sequence[Mapping[str, Any]], left_out: Sequence[str] = ()
) -> dict[str, Any]:
    """Description of a comparison on several data sets.

    Parameters
    ----------
    descriptions : sequence of mapping
        Those of the sets, as :meth:`psysal.evaluation.compare.Comparison.description` gives them,
        with ``reference``.
    left_out : sequence of str
        Sentences on models and metrics that are left out of some sets.

    Returns
    -------
    dict
        What all sets share; ``metrics``, ``models`` and ``trained_on`` of any of them;
        ``reference`` of the first; ``remarks``, with the sets that they are of; ``left_out``;
        and the ``datasets``, as they were given.
    """
    first = descriptions[0]
    joint: dict[str, Any] = {key: first[key] for key in SHARED if key in first}
    joint["metrics"] = list(dict.fromkeys(name for one in descriptions for name in one["metrics"]))
    joint["models"] = {name: text for one in descriptions for name, text in one["models"].items()}
    trained: dict[str, list[str]] = {}
    for one in descriptions:
        for name, sets in one.get("trained_on", {}).items():
            trained[name] = list(dict.fromkeys([*trained.get(name, ()), *sets]))
    remarks: dict[str, list[str]] = {}
    for one in descriptions:
        for remark in one.get("remarks", ()):
            remarks.setdefault(remark, []).append(one["dataset"])
    joint |= {"trained_on": trained, "reference": first["reference"]}
    joint["remarks"] = [
        remark if len(names) == len(descriptions) else f"{', '.join(names)}: {remark}"
        for remark, names in remarks.items()
    ]
    return joint | {"left_out": list(left_out), "datasets": list(descriptions)}
