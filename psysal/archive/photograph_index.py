"""Photographs put into an index, and searched for in one.

    paths -> bytes -> pixels -> vector -> index -> paths

Place: between the command ``psysal search`` and :mod:`psysal.retrieval`.  The metadata of an
index says how its vectors are made; the name of a photograph in it is its absolute path, or its
address.
"""

import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from psysal import files, image
from psysal._typing import Array
from psysal.archive.inputs import Source, find
from psysal.archive.task import error_sentence, read_photograph
from psysal.checks import one_of
from psysal.models.front_ends import SHIPPED_NETWORK, Network
from psysal.models.learned import Learned
from psysal.models.registry import get_model
from psysal.optional import require
from psysal.retrieval.columns import SHIPPED_LAYERS
from psysal.retrieval.index import DATABASE, Index, Match
from psysal.retrieval.pooling import POOLINGS
from psysal.threads import in_order, thread_count

if TYPE_CHECKING:
    from psysal.retrieval.describe import GlobalDescriptor

__all__ = [
    "DescribedPhotograph",
    "add",
    "contact_sheet",
    "describe",
    "make_descriptor",
    "open_index",
    "open_indexes",
    "profile_of",
]

DEFAULTS = {
    "pooling": "generalized_max",
    "model": "murray2011",
    "ppd": None,
    "front_end": SHIPPED_NETWORK,
}
"""Settings of a new index, as :func:`make_descriptor` takes them."""

SIFT = "sift"
"""Front end of the indexes whose metadata name none, as before there was a choice."""

TOGETHER = 16  # photographs that are written into the index at a time
EMPTY = "has nothing that could be described, and is like no other"


@dataclass(frozen=True)
class DescribedPhotograph:
    """A photograph with its vector, or the reason why it has none.

    Attributes
    ----------
    source : str
        Path or address as given, or as found in a folder.
    name : str
        Name in an index.
    vector : ndarray, (D,), optional
        None if there is an error, or if the index has this version already.
    version : str
        Text that changes with the file.
    error : str, optional
        Why there is no vector.
    remark : str
        Sentence on changes to the picture, as :func:`psysal.image.read` has it.
    """

    source: str
    name: str
    vector: Array | None = field(default=None, repr=False)
    version: str = ""
    error: str | None = None
    remark: str = ""

    @property
    def empty(self) -> str | None:
        """Sentence that says so, if the vector is zeros: nothing could be described."""
        empty = self.vector is not None and not self.vector.any()
        return f"{files.shown(self.source)}: {EMPTY}" if empty else None


def make_descriptor(
    pooling: str, model: str, ppd: float | None = None, front_end: str = SIFT
) -> "GlobalDescriptor":
    """Descriptor of photographs, by names.

    Parameters
    ----------
    pooling : str
        One of :data:`psysal.retrieval.POOLINGS`.
    model : str
        Name of a saliency model, or "none" for equal weights.
    ppd : float, optional
        Pixels per degree of the image as it is shrunk, for the model.
    front_end : "deep" or "sift"
        What describes the parts of a photograph: the network that comes with psysal, or SIFT.

    Returns
    -------
    GlobalDescriptor
        Columns of a network are weighted by the square root of a density.

    Raises
    ------
    ValueError
        There is no such pooling, model or front end, or the model has no tuning in degrees.
    ImportError
        scikit-learn is not installed.
    """
    from psysal.retrieval.describe import GlobalDescriptor

    one_of("pooling", pooling, POOLINGS)
    one_of("front_end", front_end, (SHIPPED_NETWORK, SIFT))
    if model == "none" and ppd is not None:
        raise ValueError(f"ppd needs a model to tune, got ppd={ppd!r}; leave ppd out")
    weigh = None if model == "none" else get_model(model, ppd)
    if front_end == SIFT:
        descriptor = GlobalDescriptor(model=weigh)
    else:
        descriptor = GlobalDescriptor(
            model=weigh,
            front_end=Network(front_end, SHIPPED_LAYERS),
            exponent=0.5 if isinstance(weigh, Learned) else 1.0,
        )
    if pooling == DEFAULTS["pooling"]:
        return descriptor
    return replace(descriptor, pooling=POOLINGS[pooling]())


def open_index(
    folder: str | os.PathLike[str],
    *,
    pooling: str | None = None,
    model: str | None = None,
    ppd: float | None = None,
    profile: str | None = None,
    engine: str | None = None,
    front_end: str | None = None,
) -> tuple[Index, "GlobalDescriptor"]:
    """Index of photographs, created if there is none, and the descriptor of its vectors.

    Parameters
    ----------
    folder : path
        Folder of the index.
    pooling, model, ppd, front_end
        As :func:`make_descriptor` takes them. None is the setting of the index, or of
        :data:`DEFAULTS` for a new one.
    profile : "convert" or "ignore", optional
        Choice for color profiles, as :func:`psysal.image.read` takes it. None is that of the
        index, or "convert" for a new one.
    engine : str, optional
        As :meth:`psysal.retrieval.Index.create` takes it. None is that of the index, or
        "exact" for a new one.

    Returns
    -------
    index : Index
        Open; the caller closes it.
    descriptor : GlobalDescriptor

    Raises
    ------
    ValueError
        The index is not one of photographs, or has other settings.
    ImportError
        A package that the settings need is not installed.
    OSError
        The index cannot be read or written.
    """
    options = {"pooling": pooling, "model": model, "ppd": ppd, "front_end": front_end}
    settings: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    if not Path(folder, DATABASE).exists():
        metadata = DEFAULTS | settings
        descriptor = make_descriptor(**metadata)
        if metadata["front_end"] == SIFT:  # alike to indexes made before there was a choice
            del metadata["front_end"]
        metadata |= {"profile": profile or "convert", "descriptor": descriptor.fingerprint}
        size = descriptor.encoder.n_features_out_
        return Index.create(folder, size, engine=engine or "exact", metadata=metadata), descriptor
    choices = {"profile": profile, "engine": engine}
    settings |= {name: value for name, value in choices.items() if value}
    index = Index(folder)
    try:
        return index, _descriptor_of(index, settings)
    except BaseException:
        index.close()
        raise


def open_indexes(
    folders: Iterable[str | os.PathLike[str]],
) -> "tuple[list[Index], GlobalDescriptor]":
    """Indexes to be searched as one, and the descriptor of their vectors.

    Parameters
    ----------
    folders : iterable of path
        Folders of the indexes, one or more.

    Returns
    -------
    indexes : list of Index
        Open; the caller closes them.
    descriptor : GlobalDescriptor
        That of the first; :func:`psysal.retrieval.search_all` refuses others that differ.

    Raises
    ------
    ValueError
        A folder holds no index, or the first is not one of photographs.
    OSError
        An index cannot be read.
    """
    with ExitStack() as stack:
        indexes = [stack.enter_context(Index(folder)) for folder in folders]
        descriptor = _descriptor_of(indexes[0], {})
        stack.pop_all()
    return indexes, descriptor


def _descriptor_of(index: Index, settings: dict[str, Any]) -> "GlobalDescriptor":
    """Descriptor of an index's vectors; an error if it has other settings than these."""
    if "descriptor" not in index.metadata:
        raise ValueError(f"{index.folder}: is an index of something else than photographs")
    stored = {
        "front_end": SIFT,
        "engine": index.engine,
        **index.metadata,
        "profile": profile_of(index),
    }
    for name, value in settings.items():
        if value != stored[name]:
            raise ValueError(
                f"{index.folder}: was made with {name} {stored[name]}, got {value}; "
                "leave it out, or take another folder"
            )
    descriptor = make_descriptor(**{name: stored[name] for name in DEFAULTS})
    if descriptor.fingerprint != stored["descriptor"]:
        raise ValueError(
            f"{index.folder}: its vectors were made by a psysal or a model other than now; "
            "make the index anew"
        )
    return descriptor


def profile_of(index: Index) -> str:
    """Choice for color profiles of the photographs in an index.

    Parameters
    ----------
    index : Index
        Index of photographs.

    Returns
    -------
    str
        "convert", or "ignore" as it was before there was a choice.
    """
    return str(index.metadata.get("profile", "ignore"))


def add(
    index: Index,
    descriptor: "GlobalDescriptor",
    inputs: Iterable[str],
    *,
    threads: int | None = None,
    max_pixels: int = image.MAX_PIXELS,
    on_result: Callable[[DescribedPhotograph], None],
) -> None:
    """Put photographs into an index, except those whose version is there already.

    Parameters
    ----------
    index : Index
        Index to be added to.
    descriptor : GlobalDescriptor
        Descriptor of its vectors, as :func:`open_index` gives it.
    inputs : iterable of str
        Files, folders, globs, lists or addresses, as :func:`psysal.archive.inputs.find` takes
        them.
    threads : int, optional
        Photographs described at a time; every processor by default.
    max_pixels : int
        Larger images are refused.
    on_result : callable
        Called with the :class:`DescribedPhotograph` of each, once it is in the index.

    Raises
    ------
    ValueError, ImportError
        ``inputs`` cannot be listed.
    OSError
        The index cannot be written.
    """
    names: set[str] = set()
    waiting: list[DescribedPhotograph] = []

    def write() -> None:
        new = [photograph for photograph in waiting if photograph.vector is not None]
        if new:
            vectors = np.array([photograph.vector for photograph in new])
            index.add([each.name for each in new], vectors, [each.version for each in new])
        for photograph in waiting:
            on_result(photograph)
        waiting.clear()

    photographs = describe(
        descriptor,
        inputs,
        threads=threads,
        max_pixels=max_pixels,
        profile=profile_of(index),
        versions=index.versions,
    )
    try:
        for photograph in photographs:
            if photograph.name not in names:
                names.add(photograph.name)
                waiting.append(photograph)
            if len(waiting) == TOGETHER:
                write()
    finally:  # an interruption loses none of those that are described
        write()


def describe(
    descriptor: "GlobalDescriptor",
    inputs: Iterable[str],
    *,
    threads: int | None = None,
    max_pixels: int = image.MAX_PIXELS,
    profile: str = "convert",
    versions: Mapping[str, str | None] | None = None,
) -> Iterator[DescribedPhotograph]:
    """Photographs with their vectors, in the order they are listed.

    Parameters
    ----------
    descriptor : GlobalDescriptor
        Image -> vector.
    inputs, threads, max_pixels
        As :func:`add` takes them.
    profile : "convert" or "ignore"
        Choice for color profiles, as :func:`profile_of` the index tells it.
    versions : mapping of str to str, optional
        Versions by name; photographs that still have the same one are not described.

    Yields
    ------
    DescribedPhotograph

    Raises
    ------
    ValueError, ImportError, OSError
        ``inputs`` cannot be listed.
    """
    limits = require("threadpoolctl").threadpool_limits
    jobs = (
        partial(_described, source, descriptor, max_pixels, profile, versions or {})
        for source in find(inputs)
    )
    with limits(1, user_api="blas"):
        yield from in_order(jobs, thread_count(threads))


def _described(
    source: Source,
    descriptor: "GlobalDescriptor",
    max_pixels: int,
    profile: str,
    versions: Mapping[str, str | None],
) -> DescribedPhotograph:
    """A photograph with its vector, unless its version is among ``versions``."""
    name = source.key
    try:
        if versions.get(name) and files.version(source.place) == versions[name]:
            return DescribedPhotograph(source.name, name)
        data, version = read_photograph(source)
        remarks: list[str] = []
        pixels = image.read(
            io.BytesIO(data),
            name=source.label,
            max_pixels=max_pixels,
            profile=profile,
            on_warning=remarks.append,
        )
        vector = descriptor(pixels, threads=1)
    except Exception as error:  # decoders and models fed with junk raise anything
        return DescribedPhotograph(source.name, name, error=error_sentence(source, error))
    return DescribedPhotograph(source.name, name, vector, version, remark=" ".join(remarks))


def contact_sheet(answers: Sequence[tuple[DescribedPhotograph, Sequence[Match]]]) -> bytes:
    """Contact sheet: a row for each photograph that was searched for, with its matches.

    Parameters
    ----------
    answers : sequence of (DescribedPhotograph, sequence of Match)
        Photographs with their matches, the most similar first.

    Returns
    -------
    bytes
        A PNG.

    Raises
    ------
    ImportError
        matplotlib is not installed.
    """
    from psysal import plots

    queries = ((_file_name(query.source), _pixels(query.source)) for query, _ in answers)
    results = (
        ((_file_name(match.name), match.similarity, _pixels(match.name)) for match in matches)
        for _, matches in answers
    )
    return plots.png(plots.matches(queries, results))


def _file_name(name: str) -> str:
    """Last part of a path or an address."""
    return files.shown(files.bare(name).rpartition("/")[2])


def _pixels(name: str) -> Array | None:
    """Pixels of a photograph; None if it is no longer there, or no longer a photograph."""
    try:
        return image.read(io.BytesIO(read_photograph(Source(name, ""))[0]))
    except (ValueError, OSError):
        return None
