"""Training sets of models: photographs that a model must not, or should not, be scored on.

Place in the pipeline: models, data set -> [training] -> comparison.  A readout of ``psysal train``
has the fingerprints of the photographs it was trained on, so that a copy of them is known in any
folder and of any size.  Other networks are declared: in a ``dataset.toml`` or an experiment by
``trained_on = {deepgaze = ["mit1003"]}``, or by a file ``deepgaze.toml`` beside the maps
``deepgaze`` or the file of a network, with the line ``trained_on = ["mit1003"]``.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from psysal.checks import known_keys
from psysal.fingerprint import SAME, bit_distances
from psysal.gaze.datasets import Dataset
from psysal.gaze.fixations import Fixations
from psysal.gaze.layout import check_set_names

__all__ = ["check_unseen", "fixations_fingerprint", "trained_on", "was_trained_on"]

Model = Any


def was_trained_on(model: Model, dataset: Dataset) -> str:
    """Part of a data set that a model was trained on, known by name, fixations or content.

    Parameters
    ----------
    model : model
        Any; a trained one has ``learned_from``, as :class:`psysal.Learned` has.
    dataset : Dataset
        The set to be scored on. Its photographs are read if only they can tell.

    Returns
    -------
    str
        Words for it, such as "osie" or "30 of the 67 photographs of copies (those of osie)"; empty
        if there is none.
    """
    training = getattr(model, "learned_from", ())
    if not training:
        return ""
    inside, _ = dataset.fixations.inside(dataset.sizes)
    if dataset.name.lower() in {one["dataset"].lower() for one in training}:
        return dataset.name
    if fixations_fingerprint(inside) in {one["digest"] for one in training}:
        return dataset.name
    ours = dataset.fingerprints
    names, seen = [], np.zeros(len(ours), bool)
    for one in training:
        same = (bit_distances(list(ours.values()), one["photographs"]) <= SAME).any(axis=1)
        if same.any():
            names.append(one["dataset"])
            seen |= same
    count = f"{seen.sum():,} of the {len(dataset.images):,} photographs of {dataset.name}"
    return f"{count} (those of {', '.join(names)})" if names else ""


def check_unseen(models: Mapping[str, Model], dataset: Dataset) -> None:
    """Refuse models that were trained on photographs of a data set.

    Parameters
    ----------
    models : mapping of str to model
        Models by name.
    dataset : Dataset
        The set to be scored on.

    Raises
    ------
    ValueError
        A model was trained on some of them; the sentence says how many.
    """
    for name, model in models.items():
        if part := was_trained_on(model, dataset):
            raise ValueError(
                f"{name} was trained on {part}, where its scores would say "
                "nothing; leave it out: psysal train scores it on held-out photographs"
            )


def trained_on(models: Mapping[str, Model], dataset: Dataset) -> dict[str, list[str]]:
    """Names of the sets that models were trained on, as far as that is known or declared.

    Parameters
    ----------
    models : mapping of str to model
        Models by name.
    dataset : Dataset
        Its ``trained_on`` declares some.

    Returns
    -------
    dict of str to list of str
        Sets by the names of those models that were trained on any.

    Raises
    ------
    ValueError
        A file beside a model declares something else.
    """
    known = {}
    for name, model in models.items():
        sets = [*dataset.trained_on.get(name, ()), *_declared(model)]
        sets += [one["dataset"] for one in getattr(model, "learned_from", ())]
        if sets:
            known[name] = list(dict.fromkeys(sets))
    return known


def _declared(model: Model) -> list[str]:
    """Sets that a file beside a model declares: ``NAME.toml`` beside the maps or network NAME."""
    if (place := getattr(model, "path", None)) is None:
        return []
    place = Path(place).resolve()
    path = place.with_name(f"{place.name}.toml")
    if not path.is_file():
        return []
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{path}: TOML was expected, found something else ({error}); correct it"
        ) from None
    known_keys(path, values, ["trained_on"])
    return list(check_set_names(path, values.get("trained_on", [])))


def fixations_fingerprint(fixations: Fixations) -> str:
    """Fingerprint of a table of fixations: equal tables have equal ones.

    Parameters
    ----------
    fixations : Fixations
        The order of its rows matters, durations do not.

    Returns
    -------
    str
        Sixteen hexadecimal digits.
    """
    sha = hashlib.sha256()
    for column in (fixations.image, fixations.subject, fixations.order, fixations.x, fixations.y):
        sha.update(np.ascontiguousarray(column).tobytes())
    return sha.hexdigest()[:16]
