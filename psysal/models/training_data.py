"""Data that a trained model was fitted to, as the metadata of its file tell them.

Place: beside the trained models; a comparison refuses to score these on photographs that they
were fitted to (:mod:`psysal.evaluation.training`).  ``psysal train`` writes ``data``, with the
name of the set and the digest of its fixations, and ``photographs``, with lists of their
fingerprints (:mod:`psysal.fingerprint`) by the name of their set, of which there may be several.
"""

from collections.abc import Mapping
from typing import Any

from psysal.fingerprint import is_fingerprint

__all__ = ["training_data"]


def training_data(name: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Data that a model was trained on.

    Parameters
    ----------
    name : str
        Name of the model or its file, for messages.
    metadata : mapping
        Metadata of the file.

    Returns
    -------
    dict
        ``dataset``, the name of the set; ``digest``, that of its fixations; and ``photographs``,
        lists of fingerprints by the name of their set; none of files that were written before.

    Raises
    ------
    ValueError
        The metadata do not say it.

    Examples
    --------
    >>> training_data("mine", {"data": {"dataset": "osie", "digest": "628102abe43cfe92"}})
    {'dataset': 'osie', 'digest': '628102abe43cfe92', 'photographs': {}}
    """
    data, photographs = metadata.get("data"), metadata.get("photographs", {})
    if not isinstance(data, dict) or not all(
        isinstance(data.get(key), str) for key in ("dataset", "digest")
    ):
        raise ValueError(f"{name}: does not say what it was trained on; train it anew")
    lists = list(photographs.values()) if isinstance(photographs, dict) else [None]
    if not all(isinstance(marks, list) and all(map(is_fingerprint, marks)) for marks in lists):
        raise ValueError(
            f"{name}: lists of fingerprints of its photographs were expected, found something "
            "else; train it anew"
        )
    return {"dataset": data["dataset"], "digest": data["digest"], "photographs": photographs}
