"""Data that a trained model was fitted to, as the metadata of its file tell them.

Place: beside the trained models; a comparison refuses to score these on photographs that they
were fitted to (:mod:`psysal.evaluation.training`).  ``psysal train`` writes ``data``: for every
set its name, the digest of its fixations and the fingerprints of its photographs
(:mod:`psysal.fingerprint`).
"""

from collections.abc import Mapping
from typing import Any

from psysal.fingerprint import is_fingerprint

__all__ = ["training_data"]


def training_data(name: str, metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Data that a model was trained on.

    Parameters
    ----------
    name : str
        Name of the model or its file, for messages.
    metadata : mapping
        Metadata of the file.

    Returns
    -------
    list of dict
        For every set ``dataset``, its name; ``digest``, that of its fixations; and
        ``photographs``, their fingerprints.

    Raises
    ------
    ValueError
        The metadata do not say it.

    Examples
    --------
    >>> made = {"dataset": "osie", "digest": "628102abe43cfe92", "photographs": []}
    >>> training_data("mine", {"data": [made | {"images": 700}]}) == [made]
    True
    """
    data = metadata.get("data")
    if not isinstance(data, list) or not all(map(_is_told, data)):
        raise ValueError(
            f"{name}: sets that it was trained on were expected, with digests and fingerprints, "
            "found something else; train it anew"
        )
    return [{key: one[key] for key in ("dataset", "digest", "photographs")} for one in data]


def _is_told(data: Any) -> bool:
    """True for a dictionary that says all of a set."""
    return (
        isinstance(data, dict)
        and all(isinstance(data.get(key), str) for key in ("dataset", "digest"))
        and isinstance(data.get("photographs"), list)
        and all(map(is_fingerprint, data["photographs"]))
    )
