"""Many photographs to maps on disk: find them, map each, keep going when one fails.

Place: image -> model -> image, once per file.  What a model makes, a saliency map or
the photograph as it looks, is written whole or not at all, next to what it was made
with; what is already there is kept unless told.
"""

import glob
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psysal import __version__, image
from psysal.api import normalized

__all__ = ["RANGE", "Item", "Outcome", "Settings", "about", "find", "map_all"]

Array = NDArray[Any]
Figure = Callable[[Array, Array, dict[str, Any]], bytes]
STDIN = "-"
RANGE = "raw = raw_range[0] + (raw_range[1] - raw_range[0]) * value / full scale"
"""What the values of a map that fills its file's scale mean."""


@dataclass(frozen=True)
class Item:
    """A photograph, and where its map goes below the output folder, without suffix."""

    source: str
    stem: Path


@dataclass(frozen=True)
class Settings:
    """How maps are made and written; ``folder`` None is standard output.

    ``finish`` turns what the model gives into the values of the file, which ``values``
    says in words; ``figures`` draw further PNGs, by name, of the photograph, these values
    and how they were made.
    """

    model: Callable[..., Any]
    model_name: str
    ppd: float | None
    folder: Path | None
    finish: Callable[[Array], Array] = normalized
    values: str = RANGE
    form: str = "png"
    figures: Mapping[str, Figure] = field(default_factory=dict)
    overwrite: bool = False
    max_pixels: int = image.MAX_PIXELS
    threads: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of an item: the files written, or why there are none."""

    item: Item
    written: tuple[Path, ...] = ()
    error: str | None = None


def find(inputs: Iterable[str]) -> list[Item]:
    """Files, globs, folders and "-" -> items, in order, each file once.

    Folders are searched for images, and their tree is kept below the output folder.
    A name that matches nothing stays an item, so that it fails by name.
    """
    items: dict[str, Item] = {}
    for name in inputs:
        for source, stem in _expand(name):
            items.setdefault(source, Item(source, stem))
    return list(items.values())


def _expand(name: str) -> Iterator[tuple[str, Path]]:
    path = Path(name)
    if name == STDIN:
        yield name, Path("stdin")
    elif path.is_dir():
        for folder, folders, files in os.walk(path):
            folders.sort()
            for file in sorted(files):
                found = Path(folder, file)
                if found.suffix.lower() in image.SUFFIXES:
                    yield str(found), found.relative_to(path).with_suffix("")
    elif not path.exists() and (matches := glob.glob(name, recursive=True)):
        for match in sorted(matches):
            if not os.path.isdir(match):
                yield match, Path(Path(match).stem)
    else:
        yield name, Path(path.stem)


def map_all(
    items: list[Item], settings: Settings, note: Callable[[str], None]
) -> Iterator[Outcome]:
    """Map every item; an item that fails is reported and the next one done."""
    taken: dict[Path, str] = {}
    sources = {Path(item.source).resolve() for item in items if item.source != STDIN}
    for item in items:
        try:
            targets = _targets(item, settings, taken, sources)
            yield Outcome(item, tuple(_map_one(item, settings, targets, note)))
        except (OSError, ValueError, TypeError, MemoryError) as error:
            yield Outcome(item, error=_sentence(item, error))


def _sentence(item: Item, error: Exception) -> str:
    """One sentence that names the file."""
    if isinstance(error, OSError) and error.strerror:
        path = error.filename or item.source
        return f"{path}: could not be opened ({error.strerror}); check the name and permissions"
    if isinstance(error, MemoryError):
        return f"{item.source}: does not fit into memory; shrink the image"
    name = "standard input" if item.source == STDIN else item.source
    text = str(error)
    return text if text.startswith(name) else f"{name}: {text}"


def _targets(
    item: Item, settings: Settings, taken: dict[Path, str], sources: set[Path]
) -> dict[str, Path]:
    """The files an item is written to, by kind; a ValueError where they would do harm."""
    if settings.folder is None:
        return {}
    stem = settings.folder / item.stem
    targets = {"map": stem.with_name(stem.name + image.FORMATS[settings.form])}
    if settings.form == "npy":
        targets["about"] = stem.with_name(stem.name + ".json")
    for name in settings.figures:
        targets[name] = stem.with_name(f"{stem.name}_{name}.png")
    for path in targets.values():
        if path.resolve() in sources:
            raise ValueError(
                f"{item.source}: its map would replace the photograph {path}; "
                "choose another output folder"
            )
        if path in taken:
            raise ValueError(
                f"{item.source}: its map would be {path}, as that of {taken[path]}; "
                "map them into different folders"
            )
        if path.exists() and not settings.overwrite:
            raise ValueError(
                f"{item.source}: {path} is already there and was kept; --overwrite replaces it"
            )
    taken.update(dict.fromkeys(targets.values(), item.source))
    return targets


def _map_one(
    item: Item, settings: Settings, targets: dict[str, Path], note: Callable[[str], None]
) -> Iterator[Path]:
    source: Any = sys.stdin.buffer if item.source == STDIN else item.source
    pixels = image.read(source, max_pixels=settings.max_pixels, note=note)
    raw = settings.model(pixels, threads=settings.threads)
    values = settings.finish(raw)
    made = about(settings.model_name, settings.ppd, raw, settings.values)
    data = image.encode(values, settings.form, about=made)
    if settings.folder is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    files = {"map": data}
    if "about" in targets:
        files["about"] = json.dumps(made, indent=1).encode()
    for name, draw in settings.figures.items():
        files[name] = draw(pixels, values, made)
    folder = targets["map"].parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(
            f"{folder} cannot be made a folder for the map ({error.strerror}); choose another"
        ) from None
    for kind, content in files.items():
        image.save(targets[kind], content, overwrite=settings.overwrite)
        yield targets[kind]


def about(model_name: str, ppd: float | None, raw: Array, values: str) -> dict[str, Any]:
    """How a map was made, as it is stored with it."""
    return {
        "model": model_name,
        "version": __version__,
        "ppd": ppd,
        "raw_range": [float(np.min(raw)), float(np.max(raw))],
        "values": values,
    }
