"""Fixations in the files that published data sets have of their own.

Place in the pipeline: files -> [published_sets] -> fixations.

    judd       MIT1003: a MATLAB file of gaze for every observer and image
    salicon    JSON as of MS COCO, with the mouse fixations of workers
    figrim     a MATLAB struct array, with the fixations of observers in a test of memory
    doves      a MATLAB file for every image, with cells for the observers

References
----------
Judd, Ehinger, Durand & Torralba (2009), doi:10.1109/ICCV.2009.5459462.
Jiang, Huang, Duan & Zhao (2015), doi:10.1109/CVPR.2015.7298710.
Bylinskii, Isola, Bainbridge, Torralba & Oliva (2015), doi:10.1016/j.visres.2015.03.005.
van der Linde, Rajashekar, Bovik & Cormack (2009), doi:10.1163/156856809789476065.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.checks import parse_json
from psysal.gaze.fixations import Fixations, from_columns
from psysal.gaze.formats.gaze_events import judd_fixations
from psysal.gaze.formats.matlab import get_field, load_mat
from psysal.gaze.order import running_number
from psysal.wording import shorten_list, shorten_name

__all__ = ["PUBLISHED"]

Scanpath = tuple[Path, str, Any, Array, Array]
"""File, image, subject, positions (n, 2) and durations (n,) in milliseconds."""


def _read_judd(files: Sequence[Path], on_warning: Callable[[str], None]) -> Fixations:
    """Fixations of files ``DATA/OBSERVER/IMAGE.mat``, found in their gaze as its authors do."""

    def scanpaths() -> Iterator[Scanpath]:
        for path in files:
            name, record = _only(path, "a struct with the field DATA")
            part = np.ravel(get_field(path, record, "DATA", name))
            if not len(part):
                continue
            gaze = _matrix(path, get_field(path, part[0], "eyeData", "DATA"), "eyeData")
            yield path, path.stem, path.parent.name, *judd_fixations(gaze[:, :2])

    return _collect(scanpaths())


def _read_salicon(files: Sequence[Path], on_warning: Callable[[str], None]) -> Fixations:
    """Fixations of JSON with ``images`` and ``annotations``; rows and columns count from 1."""

    def scanpaths() -> Iterator[Scanpath]:
        for path in files:
            try:
                content = parse_json(path.read_bytes())
                names = {image["id"]: str(image["file_name"]) for image in content["images"]}
                annotations = [
                    (names[part["image_id"]], part["worker_id"], part["fixations"])
                    for part in content["annotations"]
                ]
            except (LookupError, TypeError, ValueError) as error:
                raise ValueError(
                    f"{path}: JSON with images (id, file_name) and annotations (image_id, "
                    "worker_id, fixations) was expected, found something else "
                    f"({shorten_name(repr(error), 100, 20)})"
                ) from None
            for name, worker, pairs in annotations:
                places = _matrix(path, pairs or np.empty((0, 2)), f"fixations on {name}")
                yield path, name, str(worker), places[:, 1::-1] - 1, np.full(len(places), np.nan)

    return _collect(scanpaths())


def _read_figrim(files: Sequence[Path], on_warning: Callable[[str], None]) -> Fixations:
    """Fixations of ``allImages(i).userdata(k).fixations``: those of first views, "enc"."""
    repeated = 0

    def scanpaths() -> Iterator[Scanpath]:
        nonlocal repeated
        for path in files:
            variables = load_mat(path)
            if "allImages" not in variables:
                raise _unexpected(path, "a struct array 'allImages'", variables)
            for record in np.ravel(variables["allImages"]):
                name = str(get_field(path, record, "filename", "allImages"))
                for who, user in enumerate(np.ravel(get_field(path, record, "userdata", name))):
                    views = np.ravel(get_field(path, user, "fixations", name))
                    for view in views:
                        places = _matrix(path, get_field(path, view, "enc", name), name)
                        later = (getattr(view, part, ()) for part in ("rec", "rec2"))
                        repeated += sum(np.size(part) // 2 for part in later)
                        yield path, name, who, places[:, :2], np.full(len(places), np.nan)

    fixations = _collect(scanpaths())
    if repeated:
        on_warning(
            f"{repeated:,} fixations of repeated views were left out, as memory guides them; "
            f"{len(fixations):,} of first views are there"
        )
    return fixations


def _read_doves(files: Sequence[Path], on_warning: Callable[[str], None]) -> Fixations:
    """Fixations of ``IMAGE.mat`` with ``subj_names_list`` and ``fix_data``: x, y and durations.

    The files do not tell the unit of durations, which are left out.
    """

    def scanpaths() -> Iterator[Scanpath]:
        for path in files:
            variables = load_mat(path)
            if not {"subj_names_list", "fix_data"} <= set(variables):
                raise _unexpected(path, "the cell arrays subj_names_list and fix_data", variables)
            names = [str(name) for name in np.ravel(variables["subj_names_list"])]
            data = np.asarray(variables["fix_data"])
            cells = list(np.ravel(data)) if data.dtype == object else [data]  # of one observer
            if len(cells) != len(names):
                raise ValueError(
                    f"{path}: fix_data of {len(names)} subjects was expected, found {len(cells)}"
                )
            image = path.stem.partition(".")[0]  # of a name such as img00001.imk
            for name, cell in zip(names, cells, strict=True):
                try:
                    places = np.asarray(cell, float).reshape(3, -1)[:2].T
                except (TypeError, ValueError):
                    raise ValueError(
                        f"{path}: fix_data of {name}: three rows, x, y and durations, were "
                        f"expected, found {np.shape(cell)}"
                    ) from None
                yield path, image, name, places, np.full(len(places), np.nan)

    return _collect(scanpaths())


PUBLISHED: Mapping[str, Callable[[Sequence[Path], Callable[[str], None]], Fixations]] = {
    "doves": _read_doves,
    "figrim": _read_figrim,
    "judd": _read_judd,
    "salicon": _read_salicon,
}
"""Readers of the files of published sets, by the name that ``format`` has for them."""


def _collect(scanpaths: Iterator[Scanpath]) -> Fixations:
    """Table of scanpaths; a subject's second one on an image goes on with the first."""
    parts = list(scanpaths)
    counts = [len(positions) for *_, positions, _ in parts]
    columns: dict[str, Any] = {
        "image": np.repeat(np.array([image for _, image, *_ in parts], str), counts),
        "subject": np.repeat(np.array([who for _, _, who, *_ in parts]), counts),
        "duration": np.concatenate([times for *_, times in parts] or [np.empty(0)]),
    }
    places = np.concatenate([positions for *_, positions, _ in parts] or [np.empty((0, 2))])
    columns |= {"x": places[:, 0], "y": places[:, 1]}
    columns["order"] = running_number(columns["image"], columns["subject"])
    ends = np.cumsum(counts)

    def row_name(row: int) -> str:
        path, image, *_ = parts[int(np.searchsorted(ends, row, side="right"))]
        return f"{path}: {image}"

    return from_columns(parts[0][0].parent if parts else Path(), columns, row_name)


def _only(path: Path, expected: str) -> tuple[str, Any]:
    """Name and value of a MATLAB file's only variable."""
    variables = load_mat(path)
    if len(variables) != 1:
        raise _unexpected(path, expected, variables)
    ((name, value),) = variables.items()
    return name, value


def _unexpected(path: Path, expected: str, variables: Mapping[str, Any]) -> ValueError:
    names = shorten_list([*variables], 12) or "nothing"
    return ValueError(f"{path}: {expected} was expected, found {names}")


def _matrix(path: Path, values: Any, label: str) -> Array:
    """Numbers (n, 2 or more) of a file; a single row too."""
    try:
        matrix = np.asarray(values, float)
    except (OverflowError, TypeError, ValueError):
        matrix = np.empty(())
    if matrix.ndim == 1:
        matrix = matrix[None] if matrix.size else np.empty((0, 2))
    if matrix.ndim != 2 or (len(matrix) and matrix.shape[1] < 2):
        raise ValueError(f"{path}: {label}: rows of x and y were expected, found something else")
    return matrix if len(matrix) else np.empty((0, 2))
