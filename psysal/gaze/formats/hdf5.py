"""Fixations in pysaliency's HDF5 files.

Place in the pipeline: file <-> [hdf5] <-> fixations.  h5py is needed
(``pip install "psysal[datasets]"``).

References
----------
pysaliency, https://github.com/matthias-k/pysaliency.
"""

import io
import json
import os
import reprlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from psysal import files, hdf5
from psysal._typing import Array
from psysal.gaze.fixations import Fixations, from_columns
from psysal.gaze.order import order_from_zero, running_number
from psysal.optional import require

__all__ = ["read_hdf5", "write_hdf5"]


def read_hdf5(
    path: str | os.PathLike[str],
    *,
    images: Sequence[str] | None = None,
    first: int | str | None = 0,
    on_warning: Callable[[str], None] = lambda sentence: None,
) -> Fixations:
    """Fixations of a file written by pysaliency or by :func:`write_hdf5`.

    Parameters
    ----------
    path : path
        File of the type Fixations, FixationTrains or ScanpathFixations.
    images : sequence of str, optional
        Names of the stimuli in their order: pysaliency's files hold numbers only, those of
        :func:`write_hdf5` hold the names.
    first, on_warning
        As for :func:`read_table`, of files that store orders.

    Returns
    -------
    Fixations
        Durations, seconds in the file, are in milliseconds. Single fixations without
        scanpaths are numbered from 1, so that ``without_first`` keeps them all.

    Raises
    ------
    OSError
        The file cannot be opened.
    ValueError
        It is damaged, of another type, or has no names for its images.
    ImportError
        h5py is not installed.
    """
    h5py = require("h5py")
    data = Path(path).read_bytes()
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            columns = _columns(file)
            if images is None and hdf5.find(file, "images") is not None:
                images = [_text(name) for name in hdf5.read(file, "images", text=True)]
            if (names := hdf5.find(file, "subject_names")) is not None:
                names = hdf5.read(file, "subject_names", text=names.dtype.kind not in "iu")
                if names.dtype.kind not in "iu":
                    names = np.array([_text(name) for name in names], dtype=str)
                if columns["subject"].min(initial=0) < 0:
                    raise ValueError("subjects are counted from 0")
                columns["subject"] = names[columns["subject"]]
    except _WrongType as error:
        raise ValueError(
            f"{path}: pysaliency's Fixations, FixationTrains or ScanpathFixations were expected, "
            f"found {error}; write one of these"
        ) from None
    except Exception as error:  # HDF5 fed with junk raises anything
        raise ValueError(
            f"{path}: pysaliency's fixations in HDF5 were expected, found something damaged or "
            f"else ({_line(error)}); write them anew"
        ) from None
    if images is None:
        raise ValueError(
            f"{path}: names of images were expected, found numbers only; "
            "give the names of the stimuli in their order, or pass images="
        )
    if columns.pop("ordered", False):
        columns["order"] = order_from_zero(path, columns, first, on_warning)
    numbers = columns["image"]
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < len(images):
        raise ValueError(
            f"{path}: numbers of {len(images)} images were expected, found {numbers.min()} to "
            f"{numbers.max()}; give the names of all stimuli in their order, or pass images="
        )
    columns["image"] = np.array(images, dtype=str)[numbers]
    return from_columns(path, columns, lambda row: f"fixation {row}")


class _WrongType(Exception):
    pass


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _columns(file: Any) -> dict[str, Any]:
    """Columns of a file of any of the three types; images and subjects are numbers."""
    kind = _text(file.attrs.get("type", "nothing"))
    if kind == "Fixations":
        return _single_columns(file)
    if kind == "FixationTrains":
        return _scanpath_columns(
            file, "train_xs", "train_ys", "train_ns", "train_subjects",
            "scanpath_fixation_attributes",
        )  # fmt: skip
    if kind == "ScanpathFixations":
        return _scanpath_columns(
            file, "scanpaths/xs", "scanpaths/ys", "scanpaths/n",
            "scanpaths/scanpath_attributes/subject", "scanpaths/fixation_attributes",
        )  # fmt: skip
    raise _WrongType(reprlib.repr(kind)[1:-1])


def _single_columns(file: Any) -> dict[str, Array]:
    """Columns of single fixations, whose order is the length of their history."""
    number, x = _whole(file, "n"), hdf5.read(file, "x")
    subject = _whole(file, "subject" if hdf5.find(file, "subject") else "subjects")
    has_lengths = hdf5.find(file, "lengths") is not None
    past = (
        _whole(file, "lengths")
        if has_lengths
        else np.isfinite(hdf5.read(file, "x_hist")).sum(axis=1)
    )
    order = past if past.any() else running_number(number, subject) + 1
    columns = {"image": number, "subject": subject, "order": order, "x": x}
    columns["y"] = hdf5.read(file, "y")
    if hdf5.find(file, "duration") is not None:
        columns["duration"] = hdf5.read(file, "duration") * 1000
    return columns


def _scanpath_columns(
    file: Any, xs: str, ys: str, number: str, subject: str, attributes: str
) -> dict[str, Any]:
    """Columns of scanpaths, one a row, padded with NaN, from datasets of these names."""
    x = hdf5.read(file, xs)
    row, position = np.nonzero(~np.isnan(x))

    def of_row(values: Array) -> Array:
        if values.shape != x.shape[:1]:
            raise ValueError(f"there are {len(x)} scanpaths, and {values.shape} of their values")
        return values[row]

    def of_fixation(name: str) -> Array:
        if (values := hdf5.read(file, name)).shape != x.shape:
            raise ValueError(f"{name} must have the shape {x.shape} of {xs}, not {values.shape}")
        return values[row, position]

    columns: dict[str, Any] = {
        "image": of_row(_whole(file, number)),
        "subject": of_row(_whole(file, subject)),
        "order": position,
        "x": x[row, position],
        "y": of_fixation(ys),
    }
    if hdf5.find(file, f"{attributes}/durations") is not None:
        columns["duration"] = of_fixation(f"{attributes}/durations") * 1000
    if hdf5.find(file, f"{attributes}/orders") is not None:
        columns["order"] = _integers("orders", of_fixation(f"{attributes}/orders"))
        columns["ordered"] = True
    return columns


def _whole(file: Any, name: str) -> Array:
    return _integers(name, hdf5.read(file, name))


def _integers(name: str, values: Array) -> Array:
    """Whole numbers, however they are stored."""
    if not (abs(values) < 2**53).all() or (values % 1).any():
        raise ValueError(f"{name} must be whole numbers")
    return values.astype(int)


def write_hdf5(
    fixations: Fixations,
    path: str | os.PathLike[str],
    *,
    images: Sequence[str] | None = None,
    overwrite: bool = False,
) -> None:
    """Write scanpaths as pysaliency does (FixationTrains, version 1.2).

    Parameters
    ----------
    fixations : Fixations
        Scanpaths to write. pysaliency numbers subjects from 0; names and other numbers
        are stored beside these.
    path : path
        File to write.
    images : sequence of str, optional
        Names of the stimuli in the order they have in pysaliency, which are stored too;
        by default those with fixations, sorted.
    overwrite : bool
        Replace an existing file.

    Raises
    ------
    FileExistsError
        The file exists and ``overwrite`` is not set.
    OSError
        It cannot be written; an earlier one is unchanged.
    ValueError
        An image with fixations is not among ``images``.
    ImportError
        h5py is not installed.
    """
    h5py = require("h5py")
    images = list(fixations.images if images is None else images)
    index = {name: number for number, name in enumerate(images)}
    if missing := [name for name in fixations.images if name not in index]:
        raise ValueError(f"images must have every name in the table, got none like {missing[0]!r}")
    codes = np.array([index[name] for name in fixations.images], dtype=int)
    number = codes[np.unique(fixations.image, return_inverse=True)[1]]
    names, subject = np.unique(fixations.subject, return_inverse=True)
    sorting = np.lexsort([fixations.order, subject, number])
    position = running_number(number[sorting], subject[sorting])
    row = np.cumsum(position == 0) - 1
    shape = (int(row[-1]) + 1, int(position.max()) + 1) if len(fixations) else (0, 0)

    def padded(values: Array) -> Array:
        """Values of all scanpaths, one a row."""
        table = np.full(shape, np.nan)
        table[row, position] = values[sorting]
        return table

    first = sorting[position == 0]
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["type"] = np.bytes_("FixationTrains")
        file.attrs["version"] = np.bytes_("1.2")
        file.attrs["__attributes__"] = np.bytes_("[]")
        file["train_xs"], file["train_ys"] = padded(fixations.x), padded(fixations.y)
        # pysaliency asks for times; like those of OSIE there, they are positions in the scanpath
        file["train_ts"] = padded(fixations.order)
        file["train_ns"], file["train_subjects"] = number[first], subject[first]
        file.create_group("scanpath_attributes").attrs["__attributes__"] = np.bytes_("[]")
        attributes = file.create_group("scanpath_fixation_attributes")
        attributes["durations"] = padded(fixations.duration) / 1000
        attributes["orders"] = padded(fixations.order)
        attributes.attrs["__attributes__"] = np.bytes_(json.dumps(sorted(attributes)))
        mapping = {"durations": "duration", "orders": "order"}
        file.attrs["scanpath_attribute_mapping"] = np.bytes_(json.dumps(mapping))
        text = h5py.string_dtype()
        file["images"] = np.array(images, dtype=text)
        file["subject_names"] = names if names.dtype.kind == "i" else names.astype(text)
    files.save(path, buffer.getvalue(), overwrite=overwrite)
