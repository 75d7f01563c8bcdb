"""Photographs to an index, and photographs to those most alike.

    names -> bytes -> pixels -> vector -> index -> names

Place: between the command ``psysal search`` and :mod:`psysal.retrieval`.  An index knows how its
vectors were made; a photograph is known in it by its whole path, or its address.
"""

import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from psysal import image
from psysal.api import get_model
from psysal.archive import storage
from psysal.archive.inputs import Source, find
from psysal.archive.task import error_sentence, read_photograph
from psysal.optional import require
from psysal.retrieval.index import DATABASE, Index, Match
from psysal.retrieval.pooling import POOLINGS
from psysal.threads import in_order, thread_count

if TYPE_CHECKING:
    from psysal.retrieval.describe import GlobalDescriptor

__all__ = ["Described", "add", "describer", "opened", "reopened", "sheet", "vectors"]

Array = NDArray[Any]

DEFAULTS = {"pooling": "generalized_max", "model": "murray2011", "ppd": None}
"""How the vectors of an index are made."""

TOGETHER = 16  # photographs that go into the index at once
EMPTY = "has nothing that could be described, and is like no other"


@dataclass(frozen=True)
class Described:
    """What became of a photograph.

    Attributes
    ----------
    source : str
        As it was found.
    name : str
        As an index knows it.
    vector : ndarray, optional
        None if there is an error, or if it is in the index as it is.
    stamp : str
        Changes when the photograph does.
    error : str, optional
        Why there is no vector.
    """

    source: str
    name: str
    vector: Array | None = field(default=None, repr=False)
    stamp: str = ""
    error: str | None = None

    @property
    def empty(self) -> str | None:
        """A sentence, if the photograph has nothing that could be described."""
        empty = self.vector is not None and not self.vector.any()
        return f"{storage.shown(self.source)}: {EMPTY}" if empty else None


def describer(pooling: str, model: str, ppd: float | None = None) -> "GlobalDescriptor":
    """What makes vectors, by names.

    Parameters
    ----------
    pooling : str
        One of :data:`psysal.retrieval.POOLINGS`.
    model : str
        Of saliency, or "none" to weigh all descriptors alike.
    ppd : float, optional
        Pixels per degree of the image as it is reduced, for the model.

    Raises
    ------
    ValueError
        Another name.
    ImportError
        scikit-learn is not installed.
    """
    from psysal.retrieval.describe import GlobalDescriptor

    if pooling not in POOLINGS:
        raise ValueError(f"pooling must be one of {', '.join(POOLINGS)}, got {pooling!r}")
    if model == "none" and ppd is not None:
        raise ValueError(f"without a model there is no tuning in degrees, got ppd={ppd!r}")
    describe = GlobalDescriptor(model=None if model == "none" else get_model(model, ppd))
    if pooling == DEFAULTS["pooling"]:
        return describe
    return replace(describe, pooling=POOLINGS[pooling]())


def opened(
    folder: str | os.PathLike[str], *, engine: str | None = None, **how: Any
) -> tuple[Index, "GlobalDescriptor"]:
    """An index of photographs, made if there is none, and what makes its vectors.

    Parameters
    ----------
    folder : path
    engine, **how
        As :meth:`psysal.retrieval.Index.create` and :func:`describer` take them. None is: as
        the index has it; for a new one "exact" and :data:`DEFAULTS`.

    Raises
    ------
    ValueError
        The index is of something else, or was made otherwise.
    OSError
        It cannot be read or written.
    """
    asked = {name: value for name, value in how.items() if value is not None}
    if not Path(folder, DATABASE).exists():
        how = DEFAULTS | asked
        describe = describer(**how)
        size = describe.encoder.n_features_out_
        metadata = {**how, "descriptor": describe.fingerprint}
        return Index.create(folder, size, engine=engine or "exact", metadata=metadata), describe
    index = Index(folder)
    try:
        return index, _as_known(index, asked | ({"engine": engine} if engine else {}))
    except BaseException:
        index.close()
        raise


def reopened(folders: Iterable[str | os.PathLike[str]]) -> "tuple[list[Index], GlobalDescriptor]":
    """Indexes to be searched as one, and what makes their vectors.

    Raises
    ------
    ValueError
        There is no index, or it is of something else, or they were made in different ways.
    OSError
        One cannot be read.
    """
    with ExitStack() as stack:
        indexes = [stack.enter_context(Index(folder)) for folder in folders]
        describe = _as_known(indexes[0], {})  # that all are alike, search_all sees to
        stack.pop_all()
    return indexes, describe


def sheet(answers: Sequence[tuple[Described, Sequence[Match]]]) -> bytes:
    """A contact sheet as a PNG: a line for each photograph, and what is most like it."""
    from psysal import plots

    queries = ((_file(found.source), _picture(found.source)) for found, _ in answers)
    results = (
        ((_file(match.name), match.similarity, _picture(match.name)) for match in matches)
        for _, matches in answers
    )
    return plots.png(plots.matches(queries, results))


def _file(name: str) -> str:
    return storage.shown(storage.bare(name).rpartition("/")[2])


def _picture(name: str) -> Array | None:
    """None if it is no longer there as a photograph."""
    try:
        return image.read(io.BytesIO(read_photograph(Source(name, ""))[0]))
    except (ValueError, OSError):
        return None


def _as_known(index: Index, asked: dict[str, Any]) -> "GlobalDescriptor":
    if "descriptor" not in index.metadata:
        raise ValueError(f"{index.folder}: is an index of something else than photographs")
    known = {"engine": index.engine, **index.metadata}
    for name, value in asked.items():
        if value != known[name]:
            raise ValueError(
                f"{index.folder}: was made with {name} {known[name]}, got {value}; "
                "leave it out, or take another folder"
            )
    describe = describer(**{name: known[name] for name in DEFAULTS})
    if describe.fingerprint != known["descriptor"]:
        raise ValueError(
            f"{index.folder}: its vectors were made by a psysal or a model other than now; "
            "make the index anew"
        )
    return describe


def add(
    index: Index,
    describe: "GlobalDescriptor",
    inputs: Iterable[str],
    *,
    threads: int | None = None,
    max_pixels: int = image.MAX_PIXELS,
    tell: Callable[[Described], None],
) -> None:
    """Put photographs into an index, but those that are in it as they are.

    Parameters
    ----------
    index, describe
        As :func:`opened` gives them.
    inputs : iterable of str
        What :func:`psysal.archive.inputs.find` takes.
    threads : int, optional
        As many photographs are described at once.
    max_pixels : int
        Larger images are refused.
    tell : callable
        Told what became of every photograph, when it is in the index.

    Raises
    ------
    ValueError, ImportError
        As ``find`` does.
    OSError
        The index cannot be written.
    """
    known = index.versions
    seen: set[str] = set()
    waiting: list[Described] = []

    def write() -> None:
        new = [found for found in waiting if found.vector is not None]
        if new:
            x = np.array([found.vector for found in new])
            index.add([found.name for found in new], x, [found.stamp for found in new])
        for found in waiting:
            tell(found)
        waiting.clear()

    try:
        for found in vectors(describe, inputs, threads=threads, max_pixels=max_pixels, known=known):
            if found.name not in seen:
                seen.add(found.name)
                waiting.append(found)
            if len(waiting) == TOGETHER:
                write()
    finally:  # of those that were done before it was interrupted, none is lost
        write()


def vectors(
    describe: "GlobalDescriptor",
    inputs: Iterable[str],
    *,
    threads: int | None = None,
    max_pixels: int = image.MAX_PIXELS,
    known: dict[str, str | None] | None = None,
) -> Iterator[Described]:
    """Photographs described, in the order they are found.

    ``known`` are stamps by name: what has still the same is not described.
    """
    limits = require("threadpoolctl").threadpool_limits
    jobs = (
        partial(_described, source, describe, max_pixels, known or {}) for source in find(inputs)
    )
    with limits(1, user_api="blas"):
        yield from in_order(jobs, thread_count(threads))


def _described(
    source: Source,
    describe: "GlobalDescriptor",
    max_pixels: int,
    known: dict[str, str | None],
) -> Described:
    name = source.key
    try:
        if known.get(name) and storage.version(source.place) == known[name]:
            return Described(source.name, name)
        data, stamp = read_photograph(source)
        pixels = image.read(io.BytesIO(data), name=source.label, max_pixels=max_pixels)
        vector = describe(pixels, threads=1)
    except Exception as error:  # decoders and models fed with junk raise anything
        return Described(source.name, name, error=error_sentence(source, error))
    return Described(source.name, name, vector, stamp)
