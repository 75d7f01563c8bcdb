"""Checks of maps before the first score: their names, their sizes, whose they are.

Place in the pipeline: models, data set -> [precheck] -> comparison.  Every folder of maps has one
remark or one error for each of these, with what to do next.  Nothing is guessed in silence: names
that are not those of the images are matched by the rule of :mod:`psysal.models.map_names`, or by
the photographs that the maps were made from, both of which is said.
"""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from psysal import image as pictures
from psysal.checks import whole_number
from psysal.evaluation.inputs import xy
from psysal.evaluation.metrics import nss
from psysal.files import failure
from psysal.fingerprint import SAME, bit_distances, fingerprint
from psysal.gaze.datasets import Dataset
from psysal.gaze.fixations import Fixations
from psysal.gaze.names import match_names
from psysal.models.map_names import match_maps
from psysal.models.precomputed import PrecomputedMaps
from psysal.wording import shorten_list

__all__ = ["part_of", "precheck"]

Remark = Callable[[str], None]

SEED = 2011
FEW = 10  # pictures by which a folder is known for one of photographs
SAMPLE = 40
"""Most maps that are held against the fixations on other images."""
SHIFTS = (-2, -1, 1, 2)
"""Places by which maps are shifted in order, where they are."""
LEAST_SAMPLE, DOUBTFUL_SAMPLE = 5, 10
UNLIKELY = 1e-4
"""Probability of a chance difference below which maps are another image's."""


def part_of(
    name: str,
    images: Sequence[str],
    count: int | None,
    subset: str | os.PathLike[str] | Iterable[str] | None,
) -> tuple[str, ...]:
    """Part of the images of a set.

    Parameters
    ----------
    name : str
        Name of the set, for messages.
    images : sequence of str
        Images that have fixations, in the order of the set.
    count : int or None
        Number of images to draw at random; a larger number draws these and more.
    subset : iterable of str, path or None
        Names of images, or a file with one a line; forms of names as in files of fixations.

    Returns
    -------
    tuple of str
        In the order of the set.

    Raises
    ------
    ValueError
        A name is that of no image, or there are fewer images than asked for.
    OSError
        The file cannot be read.
    """
    chosen = set(images)
    if subset is not None:
        if isinstance(subset, str | os.PathLike):
            path = Path(subset)
            try:
                subset = path.read_text(encoding="utf-8-sig").splitlines()
            except OSError as error:
                raise failure(str(path), "read", error, "; name a text file") from None
        names = [line.strip() for line in subset if line.strip()]
        means = match_names(names, images)
        if unknown := [text for text in names if text not in means]:
            raise ValueError(
                f"{name}: subset= must name images with fixations, such as "
                f"{shorten_list(images, 1)}, got {shorten_list(unknown)}; write one name a line"
            )
        if not names:
            raise ValueError(f"{name}: subset= must name images, got none; write one name a line")
        chosen = set(means.values())
    if count is not None:
        if whole_number("images", count) > len(chosen):
            raise ValueError(
                f"{name}: images= must be at most the {len(chosen)} with fixations, got {count}"
            )
        order = np.random.default_rng(SEED).permutation(images).tolist()
        chosen = set([image for image in order if image in chosen][:count])
    return tuple(image for image in images if image in chosen)


def precheck(
    models: Mapping[str, Any],
    dataset: Dataset,
    fixations: Fixations,
    images: Sequence[str],
    *,
    match: str = "names",
    on_warning: Remark,
) -> dict[str, Any]:
    """Models, of which folders of maps are matched to the images and checked.

    Parameters
    ----------
    models : mapping of str to model
        Only :class:`~psysal.models.precomputed.PrecomputedMaps` are checked.
    dataset : Dataset
        Photographs.
    fixations : Fixations
        All inside their images.
    images : sequence of str
        Images that are to be scored.
    match : str
        "names"; or "content", by the photographs that the maps were made from, which have the
        names of the maps and are in a folder beside or in that of the maps; or
        "content:FOLDER", where these photographs are.
    on_warning : callable
        Called with a sentence on what is missing, matched by a rule, or doubtful.

    Returns
    -------
    dict of str to model

    Raises
    ------
    ValueError
        A folder has no map of any image, or maps of another size and no ``resize``; or a
        ``match`` that is unknown, or finds no photographs.
    """
    kind, _, folder = match.partition(":")
    if kind not in ("names", "content") or (folder and kind == "names"):
        raise ValueError(f"match must be names, content or content:FOLDER, got {match!r}")
    checked = dict(models)
    for name, model in models.items():
        if isinstance(model, PrecomputedMaps):
            if kind == "content":
                model = _match_content(name, model, dataset, images, folder, on_warning)
            else:
                model = _match_names(name, model, dataset, images, on_warning)
            with_map = _check_missing(name, model, images, on_warning)
            _check_sizes(name, model, dataset, with_map)
            _check_content(name, model, dataset, fixations, with_map, on_warning)
            checked[name] = model
    return checked


# --- names and content -------------------------------------------------------


def _match_names(
    name: str, model: PrecomputedMaps, dataset: Dataset, images: Sequence[str], on_warning: Remark
) -> PrecomputedMaps:
    """Maps by the names of their images, or by the rule if that finds more."""
    missing = set(model.missing(images))
    everyone = [*dataset.images]
    found = match_maps(model.listed, everyone) if missing and model.names is None else None
    known = [image for image in everyone if not found or image not in found.maps]
    exact = len(everyone) - len(model.missing(everyone))
    if found and len(found.maps) > exact and len(model.missing(known)) == len(known):
        image, its_map = next(iter(found.maps.items()))
        texts = "".join(f', without "{part}"' for part in found.left_out)
        on_warning(
            f"{name}: maps are matched to images by the words and numbers of their names{texts}, "
            f"whatever zeros, case and signs: {its_map} is taken for {image}, and so on "
            f"({len(found.maps)} of {len(everyone)} images)"
        )
        return replace(model, names=found.maps)
    if len(missing) == len(images):
        raise ValueError(
            f"{name}: maps with the names of the images ({shorten_list(images)}) were expected, "
            f"found {shorten_list(model.listed)}; rename them, or put the photographs that they "
            "were made from, under the names of the maps, into a folder beside them and pass "
            'match="content"'
        )
    return model


def _match_content(
    name: str,
    model: PrecomputedMaps,
    dataset: Dataset,
    images: Sequence[str],
    folder: str,
    on_warning: Remark,
) -> PrecomputedMaps:
    """Maps by the photographs of their names, which look like those of the set."""
    ours = [fingerprint(dataset.read(image)) for image in images]
    folders = [Path(folder)] if folder else _picture_folders(Path(model.path))
    found: dict[Path, dict[str, str]] = {}
    for place in folders:
        named = match_maps(model.listed, [*_pictures(place)]) if _pictures(place) else None
        few = dict(islice(named.maps.items(), FEW)) if named else {}
        if named and _same(ours, images, place, few):  # else maps of another model, perhaps
            found[place] = _same(ours, images, place, named.maps)
    if len(found) != 1:
        many = f"several ({shorten_list([*found])})" if found else "none"
        where = folder or "a folder beside or in that of the maps"
        raise ValueError(
            f"{name}: photographs of the set under the names of the maps "
            f"({shorten_list(model.listed)}) were expected in {where}, found {many}; "
            'pass their folder, match="content:FOLDER"'
        )
    ((place, names),) = found.items()
    image, its_map = next(iter(names.items()))
    on_warning(
        f"{name}: maps are matched to images by what the photographs in {place} show: {its_map} "
        f"is taken for {image}, and so on ({len(names)} of {len(images)} images)"
    )
    return replace(model, names=names)


def _same(
    ours: list[str], images: Sequence[str], folder: Path, named: Mapping[str, str]
) -> dict[str, str]:
    """Maps by the images that look like the photographs of their names, and like no other."""
    theirs = [fingerprint(pictures.read(folder / picture)) for picture in named]
    same = bit_distances(ours, theirs) <= SAME
    alone = same & (same.sum(axis=0) == 1) & (same.sum(axis=1, keepdims=True) == 1)
    maps = list(named.values())
    return {images[i]: maps[j] for i, j in np.argwhere(alone)}


def _picture_folders(maps: Path) -> list[Path]:
    """Folders beside the maps and in their folder."""
    around = [*maps.resolve().parent.iterdir(), *(maps.iterdir() if maps.is_dir() else ())]
    return sorted(path for path in around if path.is_dir() and path.resolve() != maps.resolve())


def _pictures(folder: Path) -> list[str]:
    """Names of the pictures in a folder."""
    if not folder.is_dir():
        raise ValueError(f"{folder}: a folder of photographs was expected, found none")
    return sorted(p.name for p in folder.iterdir() if p.suffix.lower() in pictures.SUFFIXES)


# --- missing maps, and sizes -------------------------------------------------


def _check_missing(
    name: str, model: PrecomputedMaps, images: Sequence[str], on_warning: Remark
) -> list[str]:
    """Images that have a map; those that have none are said."""
    missing = set(model.missing(images))
    with_map = [image for image in images if image not in missing]
    if missing:
        none = shorten_list([image for image in images if image in missing])
        on_warning(
            f"{name}: {len(with_map)} of {len(images)} images have a map, there is none of {none}; "
            "to compare all models on a part of the set, name its images in a file by subset="
        )
    return with_map


def _check_sizes(
    name: str, model: PrecomputedMaps, dataset: Dataset, images: Sequence[str]
) -> None:
    """Refuse maps of another size, unless they are to be resized."""
    if model.resize is not None:
        return
    other = {image: size for image in images if (size := _size(model, image))}
    other = {image: size for image, size in other.items() if size != dataset.sizes[image]}
    if other:
        image, (rows, cols) = next(iter(other.items()))
        height, width = dataset.sizes[image]
        raise ValueError(
            f"{name}: maps of the size of their images were expected, found {len(other)} of "
            f"{len(images)} of another, first {cols} x {rows} for {image} of {width} x {height}; "
            'resize them, or pass resize="linear"'
        )


def _size(model: PrecomputedMaps, image: str) -> tuple[int, int] | None:
    try:
        return model.size(image)
    except (ValueError, OSError):  # of a damaged map, which is left out with the reason
        return None


# --- whose maps they are -----------------------------------------------------


def _check_content(
    name: str,
    model: PrecomputedMaps,
    dataset: Dataset,
    fixations: Fixations,
    images: Sequence[str],
    on_warning: Remark,
) -> None:
    """Say that maps fit the fixations on other images better than, or as well as, on their own."""
    from scipy.special import stdtr

    sample = sorted({round(i) for i in np.linspace(0, len(images) - 1, SAMPLE)}) if images else []
    scores = []
    for i in sample:
        if (size := _size(model, images[i])) is None:
            continue
        others = [images[(i + shift) % len(images)] for shift in SHIFTS]
        try:
            saliency = model.map_for(images[i], size)
        except (ValueError, OSError):
            continue
        scale = np.array(size[::-1])
        scores.append(
            [
                nss(saliency, xy(fixations.of(image)) * scale / dataset.sizes[image][::-1])
                for image in (images[i], *others)
            ]
        )
    count = len(scores)
    if count < LEAST_SAMPLE or len(images) <= max(SHIFTS) - min(SHIFTS):
        return
    own, *shifted = np.array(scores).T
    gains = np.stack([*shifted, np.mean(shifted, axis=0)]) - own
    *t, of_all = gains.mean(axis=1) / np.maximum(gains.std(axis=1, ddof=1) / count**0.5, 1e-12)
    best = int(np.argmax(t))
    if stdtr(count - 1, -t[best]) < UNLIKELY:
        shift = SHIFTS[best]
        place = f"{abs(shift)} place{'s' if abs(shift) > 1 else ''} {'on' if shift > 0 else 'back'}"
        on_warning(
            f"{name}: maps fit the fixations on the image {place} in the order of names far better "
            f"than on their own (NSS {shifted[best].mean():.2f} and {own.mean():.2f}, of {count}), "
            "as if they were shifted against the images; look at a few maps, and name them by "
            'their images or pass match="content"'
        )
    elif of_all > -1 and gains.any() and count >= DOUBTFUL_SAMPLE:
        on_warning(
            f"{name}: maps fit the fixations on their own images no better than those on others "
            f"(NSS {own.mean():.2f} and {np.mean(shifted):.2f}, of {count}), as if they were "
            "others', or the same for every image; look at a few maps, and name them by their "
            'images or pass match="content"'
        )
