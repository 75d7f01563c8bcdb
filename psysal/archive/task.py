"""One photograph to its files: read, mapped and written, wherever a worker runs.

    bytes -> pixels -> model -> files below the output

Place: between the list of photographs and the workers.  A task is all that a worker needs to
know, and what comes back is a record.  The files depend on the photograph and the settings and
on nothing else; each is written whole or not at all.
"""

import errno
import hashlib
import io
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np

from psysal import __version__, files, image, mapfile
from psysal._typing import Array
from psysal.archive import stores
from psysal.archive.figures import draw
from psysal.archive.inputs import STDIN, Source
from psysal.archive.run_database import MapRecord, Target
from psysal.checks import parse_json
from psysal.models.base import identity
from psysal.models.densities import gives_of, log_density_of

__all__ = ["MapSettings", "map_metadata"]

RANGE = "raw = raw_range[0] + (raw_range[1] - raw_range[0]) * value / full scale"
PERCEPT = "the image as it looks, black 0 and white full scale"
LOG_DENSITY = "natural logarithm of the probability of a fixation in a pixel"
FIGURE_ENDS = ("_overlay.png", "_stages.png", "_difference.png")
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


class Settings(Protocol):
    """All that the bytes of files depend on, but the photograph."""

    noun: ClassVar[str]
    """Word for a thing that is made of a photograph, such as "map"."""

    def __hash__(self) -> int:
        """Equal settings have equal ones."""

    @property
    def is_single(self) -> bool:
        """True if standard output holds all that is made of a photograph."""

    def text(self, store: str | None = None) -> str:
        """Settings as JSON; equal settings give equal text."""

    def ends(self, name: str) -> list[str]:
        """Ends of the names of the files that are made of a photograph of a name."""

    def contents(
        self, task: "MapTask", data: bytes, on_warning: Callable[[str], None]
    ) -> tuple[list[bytes], list[dict[str, Any]]]:
        """Contents of the files of a photograph, in their order, and columns of the manifest."""


@dataclass(frozen=True)
class MapSettings:
    """All that the bytes of a map depend on, but the photograph.

    Parameters
    ----------
    model : callable
        Pixels -> map or, as ``percept``, the image as it looks.
    name : str
        Name of the model.
    ppd : float, optional
        Pixels per degree that the model was made for.
    percept : bool
        Values stay as they are, and are not spread over the scale of the file.
    form : str
        Format of the files, as :func:`psysal.mapfile.encode` takes it.
    figures : tuple of str
        Further PNGs of each photograph: "overlay", "stages", "difference".
    max_pixels : int
        Larger images are refused.
    profile : "convert" or "ignore"
        Choice for color profiles, as :func:`psysal.image.read` takes it.
    values : "range" or "log-density"
        Maps spread over the scale of the file, or natural logarithms of densities as they are.

    Raises
    ------
    ValueError
        Log densities in a format of whole numbers, or of a model that gives maps.
    """

    noun: ClassVar[str] = "map"

    model: Callable[..., Any]
    name: str
    ppd: float | None = None
    percept: bool = False
    form: str = "png"
    figures: tuple[str, ...] = ()
    max_pixels: int = image.MAX_PIXELS
    profile: str = "convert"
    values: str = "range"

    def __post_init__(self) -> None:
        if self.values != "log-density":
            return
        if gives_of(self.model) == "map":
            raise ValueError(
                f"log densities need a model of densities, got {self.name}, which gives maps; "
                "name one such as learned"
            )
        if self.form in ("png", "png8"):
            raise ValueError(
                f'log densities need a format of floats, got {self.form}; pass form="npy" or '
                'form="tiff", or name a store'
            )

    @property
    def is_single(self) -> bool:
        """True if standard output holds all that is made of a photograph."""
        return not self.figures

    def text(self, store: str | None = None) -> str:
        """Settings as JSON; equal settings give equal text.

        Parameters
        ----------
        store : str, optional
            Kind of the store that maps go to, instead of files.

        Returns
        -------
        str
        """
        parameters = {
            "model": identity(self.model),
            "ppd": self.ppd,
            "format": store or self.form,
            "figures": list(self.figures),
            "profile": self.profile,
        }
        if self.values != "range":
            parameters["values"] = self.values
        return json.dumps({"model": self.name, "version": __version__, "parameters": parameters})

    def ends(self, name: str) -> list[str]:
        """Ends of the names of the files of a photograph.

        Parameters
        ----------
        name : str
            Name of the photograph, on which they do not depend.

        Returns
        -------
        list of str
        """
        own = [".npy", ".json"] if self.form == "npy" else [mapfile.FORMATS[self.form]]
        return own + [f"_{figure}.png" for figure in self.figures]

    def contents(
        self, task: "MapTask", data: bytes, on_warning: Callable[[str], None]
    ) -> tuple[list[bytes], list[dict[str, Any]]]:
        """Contents of the files of a photograph, in their order, and the size of its map.

        Parameters
        ----------
        task : MapTask
            The photograph, the threads, and the kind of the store.
        data : bytes
            File of the photograph.
        on_warning : callable
            Called with a sentence on changes to the photograph.

        Returns
        -------
        (list of bytes, list of dict)
            Rows and columns of the map, as the manifest has them.
        """
        pixels = image.read(
            io.BytesIO(data),
            name=task.source.label,
            max_pixels=self.max_pixels,
            profile=self.profile,
            on_warning=on_warning,
        )
        raw = self.model(pixels, threads=task.threads)
        values = shown = raw if self.percept else image.normalize(raw)
        if self.values == "log-density":
            values = log_density_of(raw, gives_of(self.model)).astype(np.float32)
        metadata = map_metadata(self, raw)
        if task.store == "zarr":
            contents = list(stores.zarr_files(values, metadata).values())
        else:
            form = "npy" if task.store else self.form
            contents = [mapfile.encode(values, form, metadata=metadata)]
            if form == "npy":
                contents.append(json.dumps(metadata, indent=1).encode())
        contents += [
            draw(name, self.model, task.source, data, pixels, shown, metadata)
            for name in self.figures
        ]
        return contents, [{"rows": values.shape[0], "cols": values.shape[1]}]


def shares_map(settings: str | None, others: str) -> bool:
    """True for settings as JSON of one and the same map, whatever its format and figures."""
    ours, theirs = (parse_json(text or "{}") for text in (settings, others))
    for each in (ours, theirs):
        for key in ("format", "figures"):
            each.get("parameters", {}).pop(key, None)
    return bool(ours == theirs)


class Output(NamedTuple):
    """Place of maps: a folder or an address for files, or a store.

    Attributes
    ----------
    place : str
        Path or address.
    is_address : bool
        The place is an address.
    store : "zarr" or "hdf5", optional
        Kind of the store.
    root : str
        Absolute path or address, with a slash at the end, of the folder that workers write to.
    label : str
        The place as it is printed before the name of a map.
    manifest : Path
        By default: in the folder; of a store beside it; of an address in the working folder.
        The run database is beside it.
    """

    place: str
    is_address: bool
    store: str | None
    root: str
    label: str
    manifest: Path


def output_at(name: str) -> Output:
    """Output at a path or an address: a store, if it has the suffix of one.

    >>> [output_at(name).store for name in ("s3://bucket/maps.zarr/", "Maps.H5", "maps")]
    ['zarr', 'hdf5', None]
    """
    path = files.local_path(name)
    place = name if path is None else str(Path(path))
    root = (place if path is None else os.path.abspath(path)).rstrip("/")
    label = "" if place == "." else place.rstrip("/") + "/"
    store = stores.STORES.get(PurePosixPath(place).suffix.lower())
    manifest = Path(place, "manifest.jsonl")
    if path is None or store:
        beside = place if path else place.rstrip("/").rpartition("/")[2]
        manifest = Path(f"{beside}-manifest.jsonl")
    root += ".parts/" if store == "hdf5" else "/"
    return Output(place, path is None, store, root, label, manifest)


@dataclass(frozen=True)
class MapTask:
    """A photograph for a worker, which needs nothing else to know.

    Attributes
    ----------
    source : Source
        The photograph.
    settings : Settings
        How it is mapped.
    threads : int, optional
        Threads of the model.
    store : str, optional
        Kind of the store, if the files are of one.
    target : Target
        Name and files of the map below the output; the first file is the map itself.
    places : tuple of str
        Absolute paths, or addresses, of the files.
    labels : tuple of str
        The files as they are printed.
    """

    source: Source
    settings: Settings
    threads: int | None
    store: str | None
    target: Target
    places: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Failure:
    """Reason why a worker made no map.

    Attributes
    ----------
    error : str
        A sentence.
    partly : bool
        It may have written some of the files.
    disk_full : bool
        No disk takes more.
    """

    error: str
    partly: bool = False
    disk_full: bool = False


def plan_task(source: Source, settings: Settings, output: Output, threads: int | None) -> MapTask:
    """Task to map a photograph, with the files that it takes."""
    if output.store:  # by the photograph's whole name, and some files inside
        suffix = PurePosixPath(files.bare(source.name)).suffix
        name = source.stem + (suffix if suffix.lower() in image.SUFFIXES else "")
        inside = ("/c/0/0", "/zarr.json") if output.store == "zarr" else (".npy", ".json")
        target = Target(name, tuple(name + end for end in inside))
        printed = [name]
    else:
        printed = [source.stem + end for end in settings.ends(source.name)]
        target = Target(printed[0], tuple(printed))
    return MapTask(
        source,
        settings,
        threads,
        output.store,
        target,
        places=tuple(output.root + name for name in target.files),
        labels=tuple(files.shown(output.label + name) for name in printed),
    )


def map_photograph(task: MapTask) -> MapRecord | Failure:
    """Read, map and write a photograph; an error of whatever kind becomes a failure."""
    start, writing = time.perf_counter(), False
    try:
        data, version = read_photograph(task.source)
        remarks: list[str] = []
        contents, columns = _loaded(task.settings).contents(task, data, remarks.append)
        root = task.places[0].removesuffix(task.target.files[0])
        if not (files.is_address(root) or os.path.isdir(root)):
            raise OSError(f"{root}: is not there any more")
        writing = True
        for place, content in zip(task.places, contents, strict=True):
            files.write(place, content)
    except Exception as error:  # a photograph, or a network of others, may raise anything
        disk_full = isinstance(error, OSError) and error.errno in DISK_FULL
        return Failure(error_sentence(task.source, error), writing, disk_full)
    for content, each in zip(contents, columns, strict=False):
        each["sha256"] = hashlib.sha256(content).hexdigest()
    return MapRecord(
        sizes=tuple(map(len, contents)),
        version=version,
        columns=tuple(columns),
        seconds=time.perf_counter() - start,
        remark="; ".join(remarks),
    )


def read_photograph(source: Source) -> tuple[bytes, str]:
    """Bytes of a photograph and their version, or an error that says why not."""
    if source.problem:
        raise ValueError(source.problem)
    if source.name == STDIN:
        if sys.stdin is None:
            raise ValueError("standard input is closed; pipe an image into it, or name a file")
        return sys.stdin.buffer.read(), ""
    try:
        return files.read(source.place)
    except OSError as error:
        if error.strerror is None:  # an address's, and a sentence
            raise
        raise ValueError(
            f"{source.label}: could not be opened ({error.strerror}); "
            "check the name and permissions"
        ) from None


@lru_cache(1)
def _loaded(settings: Any) -> Any:
    """The equal settings that came first, whose model has loaded what it needs."""
    return settings


def map_metadata(settings: MapSettings, raw: Array) -> dict[str, Any]:
    """Metadata that says how a map was made.

    Parameters
    ----------
    settings : MapSettings
        Model and format.
    raw : ndarray, (rows, cols) or (rows, cols, 3)
        Values of the model.

    Returns
    -------
    dict
        Model, version, pixels per degree, range of the raw values and the meaning of those in
        the file; and "ignore", if color profiles were ignored.
    """
    values = PERCEPT if settings.percept else RANGE
    if settings.values == "log-density":
        values = LOG_DENSITY
    if settings.percept and settings.form == "png8":
        values += "; clipped"
    return {
        "model": settings.name,
        "version": __version__,
        "ppd": settings.ppd,
        "raw_range": [float(np.min(raw)), float(np.max(raw))],
        "values": values,
    } | ({} if settings.profile == "convert" else {"profile": settings.profile})


def error_sentence(source: Source, error: Exception) -> str:
    """One sentence that names the photograph."""
    if isinstance(error, MemoryError) and (type(error) is not MemoryError or not str(error)):
        return f"{source.label}: does not fit into memory; shrink the image"
    text = str(error) or "nothing more is known"
    if not isinstance(error, (MemoryError, OSError, ValueError, TypeError)):
        text = f"{type(error).__name__}: {text}"
    return text if text.startswith(source.label) else f"{source.label}: {text}"


def map_to_bytes(
    source: Source, settings: Settings, threads: int | None, on_warning: Callable[[str], None]
) -> bytes:
    """Map of one photograph as the bytes of a file; a ValueError where it cannot be mapped."""
    task = plan_task(source, settings, output_at("."), threads)
    try:
        contents, _ = settings.contents(task, read_photograph(source)[0], on_warning)
    except Exception as error:
        raise ValueError(error_sentence(source, error)) from None
    return contents[0]
