"""Names, versions and vectors as an index takes them, checked.

Place: between the caller of an index and its files.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from psysal._typing import Array
from psysal.retrieval.engines import BLOCK

__all__: list[str] = []


def metadata_text(metadata: dict[str, Any] | None) -> str:
    """Metadata as JSON; equal ones give equal text."""
    try:
        return json.dumps(metadata or {}, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"metadata must be what JSON can hold ({error}); use text, numbers and lists"
        ) from None


def checked_names(names: Sequence[str], count: int | None = None) -> list[bytes]:
    """Names as bytes, so many if that is given; each is text, and there once."""
    if isinstance(names, str | bytes):
        raise TypeError(f"names must be a sequence of text, got {names!r} alone; put it in a list")
    keys: dict[bytes, None] = {}
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"names must be text, got {name!r}; use str() or os.fsdecode()")
        try:
            key = os.fsencode(name)
        except UnicodeEncodeError:
            raise ValueError(
                f"names must be text or paths as os.fsdecode() has them, got {name!r}"
            ) from None
        if key in keys:
            raise ValueError(f"names must differ, got {name!r} twice; give one vector for each")
        keys[key] = None
    if count not in (None, len(keys)):
        raise ValueError(
            f"names must be one a vector, got {len(keys)} for {count}; give each its own"
        )
    return list(keys)


def checked_versions(versions: Sequence[str | None] | None, count: int) -> list[str | None]:
    """So many versions; None of each where there are none."""
    versions = [None] * count if versions is None else list(versions)
    if len(versions) != count:
        raise ValueError(
            f"versions must be one a vector, got {len(versions)} for {count}; "
            "None is for those without"
        )
    for version in versions:
        if not (version is None or isinstance(version, str)):
            raise TypeError(f"versions must be text or None, got {version!r}; write it as text")
    return versions


def checked_vectors(name: str, vectors: ArrayLike, dimension: int, folder: Path) -> Array:
    """Finite vectors of an index's dimension, a row each."""
    x = np.asarray(vectors)
    if x.dtype.kind not in "fiub":
        raise TypeError(f"{name} must be real numbers, got {x.dtype}; convert them")
    if x.ndim != 2 or x.shape[1] != dimension:
        shape = f"({'M' if name == 'vectors' else 'Q'}, {dimension})"
        raise ValueError(
            f"{name} must be {shape} as in {folder}, got {x.shape}; "
            + ("a single one is (1, D)" if x.ndim == 1 else "make them as those were made")
        )
    for at in range(0, len(x), BLOCK):
        finite = np.isfinite(x[at : at + BLOCK])
        if not finite.all():
            row, column = np.argwhere(~finite)[0]
            raise ValueError(
                f"{name} must be finite, got {x[at + row, column]} in row {at + row}; leave it out"
            )
    return x
