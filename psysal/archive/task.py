"""One photograph to its files: read, mapped and written, wherever a worker runs.

    bytes -> pixels -> model -> files below the output

Place: between the list of photographs and the workers.  A job is all that a worker needs to
know, and what comes back is a record.  The files depend on the photograph and the recipe
and on nothing else; each is written whole or not at all.
"""

import errno
import hashlib
import io
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psysal import __version__, image, mapfile, overlay
from psysal.archive import storage, stores
from psysal.archive.inputs import STDIN, Item
from psysal.archive.run_database import Made, Target
from psysal.image import normalize
from psysal.models.base import identity

__all__ = [
    "RANGE",
    "Failure",
    "Job",
    "Output",
    "Recipe",
    "contents",
    "make",
    "map_metadata",
    "sentence",
    "to_stream",
]

Array = NDArray[Any]
RANGE = "raw = raw_range[0] + (raw_range[1] - raw_range[0]) * value / full scale"
"""What the values of a map that fills its file's scale mean."""
SEEN = "the image as it looks, black 0 and white full scale"
FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Recipe:
    """All that the bytes of a map depend on, but the photograph.

    Attributes
    ----------
    model : callable
        Pixels -> map or, as ``percept``, the picture that is seen.
    name : str
        What the model is called.
    ppd : float, optional
        As the model was told.
    percept : bool
        Values stay as they are, and are not spread over the scale of the file.
    form : str
        Of files, as :func:`psysal.mapfile.encode` takes it.
    figures : tuple of str
        Further PNGs of each photograph: "overlay", "stages", "difference".
    max_pixels : int
        Larger images are refused.
    """

    model: Callable[..., Any]
    name: str
    ppd: float | None = None
    percept: bool = False
    form: str = "png"
    figures: tuple[str, ...] = ()
    max_pixels: int = image.MAX_PIXELS

    def text(self, store: str | None = None) -> str:
        """The recipe as JSON, which is another when a map may be another."""
        parameters = {
            "model": identity(self.model),
            "ppd": self.ppd,
            "format": store or self.form,
            "figures": list(self.figures),
        }
        return json.dumps({"model": self.name, "version": __version__, "parameters": parameters})


@dataclass(frozen=True)
class Output:
    """Where maps go: a folder or an address for files, or a store, by its suffix."""

    place: str
    store: str | None = field(init=False)
    root: str = field(init=False)
    """Of the files that workers write, absolute."""

    def __post_init__(self) -> None:
        if not storage.is_address(self.place):
            object.__setattr__(self, "place", str(Path(storage.plain(self.place))))
        object.__setattr__(self, "store", stores.kind(self.place))
        where = self.place if storage.is_address(self.place) else os.path.abspath(self.place)
        object.__setattr__(self, "root", where + ".parts" if self.store == "hdf5" else where)

    @property
    def manifest(self) -> Path:
        """In the folder; of a store beside it; of an address in the working folder."""
        name = self.place.rstrip("/")
        if storage.is_address(name):
            return Path(f"{name.rpartition('/')[2]}-manifest.jsonl")
        return Path(f"{name}-manifest.jsonl") if self.store else Path(name, "manifest.jsonl")

    @property
    def ledger(self) -> Path:
        """What is known of it, beside the manifest that is made of this."""
        return self.manifest.with_suffix(".db")

    def prepare(self) -> None:
        """Make the folder for the ledger; an OSError where that cannot be."""
        folder = self.manifest.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OSError(
                f"{folder}: cannot be made a folder ({error.strerror}); choose another"
            ) from None

    def files(self, stem: str, recipe: Recipe) -> Target:
        """The files of a photograph; the first is the map itself."""
        files = [stem + mapfile.FORMATS[recipe.form]]
        if recipe.form == "npy":
            files.append(f"{stem}.json")
        files += [f"{stem}_{figure}.png" for figure in recipe.figures]
        return Target(files[0], tuple(files))

    def dataset(self, item: Item) -> Target:
        """Its dataset in a store, which has the suffix of the photograph, and its files."""
        suffix = PurePosixPath(storage.bare(item.source)).suffix
        name = item.stem + suffix * (suffix.lower() in image.SUFFIXES)
        if self.store == "zarr":
            return Target(name, (f"{name}/c/0/0", f"{name}/zarr.json"))
        return Target(name, (f"{name}.npy", f"{name}.json"))


@dataclass(frozen=True)
class Job:
    """A photograph for a worker, which needs nothing else to know."""

    item: Item
    recipe: Recipe
    output: Output
    threads: int | None = None

    @cached_property
    def source(self) -> str:
        """The photograph, from wherever one looks."""
        name = self.item.source
        return name if name == STDIN or storage.is_address(name) else os.path.abspath(name)

    @cached_property
    def target(self) -> Target:
        """What it is mapped to."""
        if self.output.store:
            return self.output.dataset(self.item)
        return self.output.files(self.item.stem, self.recipe)

    @property
    def origin(self) -> str:
        """The photograph as it is remembered, without logins."""
        return storage.shown(self.source) if storage.is_address(self.source) else self.source

    @property
    def places(self) -> list[str]:
        """Where its files go."""
        return [storage.join(self.output.root, name) for name in self.target.files]

    def shown(self, name: str) -> str:
        """A file as the user would name it, on one line."""
        return storage.shown(storage.join(self.output.place, name))

    @property
    def written(self) -> tuple[str, ...]:
        """What there is when it is done."""
        names = (self.target.name,) if self.output.store else self.target.files
        return tuple(map(self.shown, names))


@dataclass(frozen=True)
class Failure:
    """Why a worker made no map; ``partly``: it may have written; ``full``: no disk takes more."""

    error: str
    partly: bool = False
    full: bool = False


def make(job: Job) -> Made | Failure:
    """Read, map and write a photograph; whatever is wrong with it is the answer."""
    start, writing = time.perf_counter(), False
    try:
        data, stamp = contents(job.item, job.source)
        remarks: list[str] = []
        files, (rows, cols) = _files(job, data, remarks.append)
        writing = True
        for name, content in files.items():
            storage.write(storage.join(job.output.root, name), content)
    except Exception as error:  # a photograph, or a network of others, may raise anything
        full = isinstance(error, OSError) and error.errno in FULL
        return Failure(sentence(job.item, error), writing, full)
    return Made(
        sizes=tuple(len(files[name]) for name in job.target.files),
        stamp=stamp,
        checksum=hashlib.sha256(files[job.target.files[0]]).hexdigest(),
        rows=rows,
        cols=cols,
        seconds=time.perf_counter() - start,
        remark="; ".join(remarks),
    )


def contents(item: Item, source: str) -> tuple[bytes, str]:
    """The bytes of a photograph and their stamp; whatever is wrong with it, in a sentence.

    ``source`` is where it is, from wherever one looks.
    """
    if item.problem:
        raise ValueError(item.problem)
    if source == STDIN:
        return sys.stdin.buffer.read(), ""
    try:
        return storage.read(source)
    except OSError as error:
        if error.strerror is None:  # an address's, and a sentence
            raise
        raise ValueError(
            f"{_called(item)}: could not be opened ({error.strerror}); "
            "check the name and permissions"
        ) from None


def _files(
    job: Job, data: bytes, note: Callable[[str], None]
) -> tuple[dict[str, bytes], tuple[int, int]]:
    """The contents of a photograph's files by their names, and the size of its map."""
    recipe = _warm(job.recipe)
    name = _called(job.item)
    pixels = image.read(io.BytesIO(data), name=name, max_pixels=recipe.max_pixels, on_warning=note)
    raw = recipe.model(pixels, threads=job.threads)
    values = raw if recipe.percept else normalize(raw)
    made = map_metadata(recipe, raw)
    if job.output.store == "zarr":
        contents = list(stores.zarr_files(values, made).values())
    else:
        form = "npy" if job.output.store else recipe.form
        contents = [mapfile.encode(values, form, metadata=made)]
        if form == "npy":
            contents.append(json.dumps(made, indent=1).encode())
    contents += [_figure(figure, recipe, pixels, values, made) for figure in recipe.figures]
    rows, cols = values.shape[:2]
    return dict(zip(job.target.files, contents, strict=True)), (rows, cols)


@lru_cache(1)
def _warm(recipe: Recipe) -> Recipe:
    """The equal recipe that came first, whose model has loaded what it needs."""
    return recipe


def _figure(name: str, recipe: Recipe, pixels: Array, values: Array, made: dict[str, Any]) -> bytes:
    from psysal import plots

    if name == "overlay":
        return mapfile.encode(overlay.overlay(pixels, values), "png8", metadata=made)
    if name == "stages":
        return plots.png(plots.stages(recipe.model, pixels), metadata=made)
    return plots.png(plots.difference(pixels, values), metadata=made)


def map_metadata(recipe: Recipe, raw: Array) -> dict[str, Any]:
    """How a map was made, as it is stored with it."""
    clipped = recipe.percept and recipe.form == "png8"
    return {
        "model": recipe.name,
        "version": __version__,
        "ppd": recipe.ppd,
        "raw_range": [float(np.min(raw)), float(np.max(raw))],
        "values": SEEN + "; clipped" * clipped if recipe.percept else RANGE,
    }


def _called(item: Item) -> str:
    return "standard input" if item.source == STDIN else storage.shown(item.source)


def sentence(item: Item, error: Exception) -> str:
    """One sentence that names the photograph."""
    name = _called(item)
    if isinstance(error, MemoryError):
        return f"{name}: does not fit into memory; shrink the image"
    text = str(error) or "nothing more is known"
    if not isinstance(error, (OSError, ValueError, TypeError)):
        text = f"{type(error).__name__}: {text}"
    return text if text.startswith(name) else f"{name}: {text}"


def to_stream(
    item: Item, recipe: Recipe, threads: int | None, note: Callable[[str], None]
) -> bytes:
    """The map of one photograph, to no file.

    Raises
    ------
    ValueError
        It cannot be mapped; the message says why.
    """
    job = Job(item, recipe, Output("."), threads)
    try:
        files, _ = _files(job, contents(item, job.source)[0], note)
    except Exception as error:
        raise ValueError(sentence(item, error)) from None
    return files[job.target.files[0]]
