"""Fixations from files and to files.

Place: files -> [formats] -> fixations -> comparison.  MATLAB structs as OSIE has them,
tables (CSV, TSV), binary maps, and pysaliency's HDF5 files, for which h5py is needed
(``pip install "psysal[datasets]"``).  A file that cannot be right is an error that names
it; a file is written whole or not at all, and what is there is kept unless told.
"""

import csv
import io
import json
import os
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psysal import files
from psysal import image as pictures
from psysal.gaze.fixations import Fixations, RowError, running_number
from psysal.optional import require

__all__ = ["read_hdf5", "read_maps", "read_mat", "read_table", "write_hdf5", "write_table"]

Array = NDArray[Any]
Name = str | os.PathLike[str]
COLUMNS = ("image", "subject", "order", "x", "y", "duration")
LOSSLESS = frozenset({".bmp", ".gif", ".pbm", ".pgm", ".png", ".tif", ".tiff"})


def _table(path: Name, columns: dict[str, Any], place: Callable[[int], str]) -> Fixations:
    """Fixations whose errors name the file, and the rows as the file has them."""
    try:
        return Fixations(**columns)
    except RowError as error:
        raise ValueError(f"{path}: {error.at(place)}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


# --- MATLAB ------------------------------------------------------------------


def read_mat(path: Name) -> Fixations:
    """Fixations of a MATLAB file with a struct array as OSIE has it.

    Parameters
    ----------
    path : path
        A file, up to MATLAB's version 7, with ``fixations(i).img`` and
        ``fixations(i).subjects(k)`` of ``fix_x``, ``fix_y`` and ``fix_duration`` (ms).

    Returns
    -------
    Fixations
        Subjects are numbered from 0; coordinates are those stored.

    Raises
    ------
    OSError
        The file cannot be opened.
    ValueError
        It is damaged or holds something else.
    """
    held = _load_mat(path)
    if "fixations" not in held:
        raise ValueError(
            f"{path}: a struct array 'fixations' was expected, found {_found(_shown(held))}"
        )
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for record in np.ravel(held["fixations"]):
        name = str(_part(path, record, "img", "fixations"))
        for subject, seen in enumerate(np.ravel(_part(path, record, "subjects", "fixations"))):
            where = f"subject {subject} on {name}"
            x, y, duration = (
                np.ravel(_part(path, seen, part, where))
                for part in ("fix_x", "fix_y", "fix_duration")
            )
            if not len(x) == len(y) == len(duration):
                raise ValueError(
                    f"{path}: {where}: fix_x, fix_y and fix_duration must be equally long, "
                    f"got {len(x)}, {len(y)} and {len(duration)}"
                )
            columns["image"] += [name] * len(x)
            columns["subject"] += [subject] * len(x)
            columns["order"] += range(len(x))
            columns["x"] += x.tolist()
            columns["y"] += y.tolist()
            columns["duration"] += duration.tolist()
    return _table(
        path,
        columns,
        lambda row: (
            f"subject {columns['subject'][row]} on {columns['image'][row]}, "
            f"fixation {columns['order'][row]}"
        ),
    )


def _load_mat(path: Name) -> dict[str, Any]:
    from scipy.io import loadmat

    data = Path(path).read_bytes()
    try:
        return loadmat(io.BytesIO(data), squeeze_me=True, struct_as_record=False)
    except NotImplementedError:
        raise ValueError(
            f"{path}: a MATLAB file up to version 7 was expected, found version 7.3; "
            "save it with -v7"
        ) from None
    except Exception as error:  # loadmat fed with junk raises anything
        raise ValueError(
            f"{path}: a MATLAB file was expected, found something damaged or else ({error}); "
            "get it anew"
        ) from None


def _shown(held: dict[str, Any]) -> list[str]:
    return [name for name in held if not name.startswith("__")]


def _part(path: Name, record: Any, name: str, where: str) -> Any:
    if not hasattr(record, "_fieldnames") or name not in record._fieldnames:
        found = _found(getattr(record, "_fieldnames", [type(record).__name__]))
        raise ValueError(f"{path}: {where}: a struct with '{name}' was expected, found {found}")
    return getattr(record, name)


def _found(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"


# --- tables ------------------------------------------------------------------


def read_table(
    path: Name, *, columns: Mapping[str, str] | None = None, first: int = 0
) -> Fixations:
    """Fixations of a text file with named columns, separated by commas or tabs.

    Parameters
    ----------
    path : path
        UTF-8; columns are separated by tabs where its first line has one.
    columns : mapping, optional
        What the file calls ``image``, ``subject``, ``order``, ``x``, ``y`` and
        ``duration``; what is left out has its own name there. Without a subject all
        fixations are those of one, without an order they are taken as they come, and
        without a duration it is not known.
    first : int
        The number that the file gives to the first fixation of a scanpath.

    Raises
    ------
    OSError
        The file cannot be opened.
    ValueError
        A column or value is missing or makes no sense; the message names the line.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "seen.csv")
    ...     _ = file.write_text("picture,x,y\\ncat.png,3,4.5\\ncat.png,8,1\\n")
    ...     seen = read_table(file, columns={"image": "picture"})
    >>> seen.images, seen.order.tolist(), seen.y.tolist()
    (('cat.png',), [0, 1], [4.5, 1.0])
    """
    known = {name: name for name in COLUMNS}
    asked = dict(columns or {})
    if wrong := sorted(set(asked) - set(known)):
        raise ValueError(
            f"{path}: columns must be among {', '.join(COLUMNS)}, got {', '.join(wrong)}"
        )
    known |= asked
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: UTF-8 text was expected, found the byte {error.object[error.start]:#x} "
            f"at {error.start}; save it as UTF-8"
        ) from None
    tabs = "\t" in text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if tabs else ",", strict=True)
    lines, rows = [], []
    try:
        for row in reader:
            if row:
                lines.append(reader.line_num)
                rows.append(row)
    except csv.Error as error:
        raise ValueError(
            f"{path}: line {reader.line_num}: a row of a table was expected, found a damaged one "
            f"({error})"
        ) from None
    header = rows.pop(0) if rows else []
    del lines[:1]
    needed = {"image", "x", "y", *asked}
    if missing := [known[name] for name in COLUMNS if name in needed and known[name] not in header]:
        raise ValueError(
            f"{path}: line 1: columns {', '.join(missing)} were expected, found {_found(header)}; "
            'name them with columns={"image": ..., "x": ..., "y": ...}'
        )
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(header):
            raise ValueError(
                f"{path}: line {line}: {len(header)} values were expected, found {len(row)}"
            )
    whole = list(zip(*rows, strict=True)) or [()] * len(header)
    held = {name: whole[header.index(known[name])] for name in COLUMNS if known[name] in header}

    def numbers(name: str, kind: type) -> Array:
        try:
            return np.array([kind(value) for value in held[name]])
        except ValueError:
            bad = next(row for row, value in enumerate(held[name]) if not _is(kind, value))
            what = "an integer" if kind is int else "a number"
            raise ValueError(
                f"{path}: line {lines[bad]}: {known[name]} must be {what}, got {held[name][bad]!r}"
            ) from None

    read: dict[str, Any] = {"image": held["image"]}
    read |= {"x": numbers("x", float), "y": numbers("y", float)}
    subject = held.get("subject", ("0",) * len(rows))
    # "01" and "1" may be two people
    read["subject"] = [int(s) for s in subject] if all(map(_plain, subject)) else subject
    if "order" in held:
        read["order"] = numbers("order", int) - first
    else:
        read["order"] = running_number(read["image"], read["subject"])
    if "duration" in held:
        held["duration"] = tuple(value or "nan" for value in held["duration"])
        read["duration"] = numbers("duration", float)
    return _table(path, read, lambda row: f"line {lines[row]}")


def _is(kind: type, value: str) -> bool:
    try:
        kind(value)
    except ValueError:
        return False
    return True


def _plain(subject: str) -> bool:
    return _is(int, subject) and str(int(subject)) == subject


def write_table(fixations: Fixations, path: Name, *, overwrite: bool = False) -> None:
    """Write a CSV file that :func:`read_table` reads back as it was.

    Raises
    ------
    FileExistsError
        The file is there and ``overwrite`` is not set.
    OSError
        It cannot be written; what was there before is still there.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    held = [getattr(fixations, name).tolist() for name in COLUMNS]
    held[-1] = ["" if np.isnan(value) else value for value in held[-1]]
    writer.writerows(zip(*held, strict=True))
    files.save(path, text.getvalue().encode(), overwrite=overwrite)


# --- binary maps -------------------------------------------------------------


def read_maps(path: Name) -> Fixations:
    """Fixations of binary maps, in which every pixel that is not zero is one.

    Parameters
    ----------
    path : path
        A folder, searched with its subfolders, of lossless pictures (PNG, BMP, TIFF)
        or of MATLAB files with one matrix each, as CAT2000 has them; or one MATLAB file
        with a cell array of matrices, as Toronto has it.

    Returns
    -------
    Fixations
        Images are named as the maps, without the suffix ("Action/001"), or "1", "2" ...
        in a cell array. Maps do not tell who looked, so all is one subject, 0, nor which
        fixation was the first, so that they are numbered from 1 and ``without_first``
        takes none away.

    Raises
    ------
    OSError
        The folder or a file cannot be opened.
    ValueError
        There are no maps, or one cannot be right; the message names the file.
    """
    path = Path(path)
    if path.is_dir():
        maps = {
            file.relative_to(path).with_suffix("").as_posix(): _read_map(file)
            for file in sorted(path.rglob("*"))
            if file.suffix.lower() in LOSSLESS | {".mat", ".jpg", ".jpeg"}
        }
        if not maps:
            raise ValueError(
                f"{path}: fixation maps (PNG, BMP, TIFF or MATLAB files) were expected, found none"
            )
    else:
        cells = [np.ravel(v) for n, v in _load_mat(path).items() if not n.startswith("__")]
        if len(cells) != 1 or cells[0].dtype != object:
            raise ValueError(f"{path}: one cell array of fixation maps was expected, found none")
        maps = {str(i): _flat(path, f"map {i}", cell) for i, cell in enumerate(cells[0], start=1)}
    seen = [np.nonzero(marks) for marks in maps.values()]
    names = np.repeat(np.array(list(maps), dtype=str), [len(y) for y, _ in seen])
    y, x = np.concatenate(seen, axis=1)
    subject = np.zeros(len(x), dtype=int)
    columns = {"image": names, "subject": subject, "x": x, "y": y}
    columns["order"] = running_number(names, subject) + 1
    return _table(path, columns, lambda row: str(names[row]))


def _read_map(file: Path) -> Array:
    if file.suffix.lower() in (".jpg", ".jpeg"):
        raise ValueError(
            f"{file}: a lossless fixation map (PNG, BMP, TIFF) was expected, found a JPEG, "
            "whose zeros are not kept"
        )
    if file.suffix.lower() != ".mat":
        pixels = pictures.read(file)
        return pixels if pixels.ndim == 2 else pixels.max(axis=2)
    held = _load_mat(file)
    names = _shown(held)
    if len(names) != 1:
        raise ValueError(f"{file}: one matrix was expected, found {_found(names)}")
    return _flat(file, names[0], held[names[0]])


def _flat(file: Path, name: str, marks: Any) -> Array:
    marks = np.asarray(marks)
    if marks.ndim != 2 or marks.dtype.kind not in "biuf":
        raise ValueError(
            f"{file}: {name} must be a matrix of numbers, got {marks.dtype} {marks.shape}"
        )
    return marks


# --- pysaliency's HDF5 -------------------------------------------------------


def read_hdf5(path: Name, *, images: Sequence[str] | None = None) -> Fixations:
    """Fixations of a file written by pysaliency or by :func:`write_hdf5`.

    Parameters
    ----------
    path : path
        With the type Fixations, FixationTrains or ScanpathFixations.
    images : sequence of str, optional
        Names of the stimuli, in their order: pysaliency's files know numbers only,
        those of :func:`write_hdf5` know the names.

    Returns
    -------
    Fixations
        Durations, seconds in the file, in milliseconds. Where a file of single fixations
        knows no scanpaths, they are numbered from 1, so that none is taken for the first.

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
            kind = _text(file.attrs.get("type", "nothing"))
            if kind == "Fixations":
                columns = _single(file)
            elif kind == "FixationTrains":
                who, more = file["train_subjects"], file.get("scanpath_fixation_attributes", {})
                columns = _trains(file["train_xs"], file["train_ys"], file["train_ns"], who, more)
            elif kind == "ScanpathFixations":
                paths = file["scanpaths"]
                who, more = paths["scanpath_attributes/subject"], paths["fixation_attributes"]
                columns = _trains(paths["xs"], paths["ys"], paths["n"], who, more)
            else:
                raise _WrongKind(kind)
            if images is None and "images" in file:
                images = [_text(name) for name in file["images"][...]]
            if "subject_names" in file:
                names = file["subject_names"][...]
                if names.dtype.kind not in "iu":
                    names = np.array([_text(name) for name in names], dtype=str)
                columns["subject"] = names[columns["subject"]]
    except _WrongKind as error:
        raise ValueError(
            f"{path}: pysaliency's Fixations, FixationTrains or ScanpathFixations were expected, "
            f"found {error}"
        ) from None
    except (KeyError, OSError, RuntimeError, TypeError, ValueError, IndexError, zlib.error) as err:
        raise ValueError(
            f"{path}: pysaliency's fixations in HDF5 were expected, found something damaged or "
            f"else ({err}); get it anew"
        ) from None
    if images is None:
        raise ValueError(
            f"{path}: names of images were expected, found numbers only; "
            "pass images=, the names of the stimuli in their order"
        )
    numbers = columns["image"]
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < len(images):
        raise ValueError(
            f"{path}: images up to number {numbers.max()} were expected, found {len(images)} names"
        )
    columns["image"] = np.array(images, dtype=str)[numbers]
    return _table(path, columns, lambda row: f"fixation {row}")


class _WrongKind(Exception):
    pass


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _single(file: Any) -> dict[str, Array]:
    """Columns of single fixations, whose order is the length of their history."""
    number, x = file["n"][...].astype(int), file["x"][...]
    subject = file["subject" if "subject" in file else "subjects"][...].astype(int)
    past = file["lengths"][...] if "lengths" in file else np.isfinite(file["x_hist"]).sum(axis=1)
    order = past.astype(int) if past.any() else running_number(number, subject) + 1
    columns = {"image": number, "subject": subject, "order": order, "x": x, "y": file["y"][...]}
    if "duration" in file:
        columns["duration"] = file["duration"][...] * 1000
    return columns


def _trains(xs: Any, ys: Any, number: Any, subject: Any, more: Any) -> dict[str, Array]:
    """Columns of scanpaths, one a row, filled up with NaN."""
    train, place = np.nonzero(~np.isnan(xs[...]))
    columns = {
        "image": number[...][train].astype(int),
        "subject": subject[...][train].astype(int),
        "order": place,
        "x": xs[...][train, place],
        "y": ys[...][train, place],
    }
    if "durations" in more:
        columns["duration"] = more["durations"][...][train, place] * 1000
    if "orders" in more:
        columns["order"] = more["orders"][...][train, place].astype(int)
    return columns


def write_hdf5(
    fixations: Fixations,
    path: Name,
    *,
    images: Sequence[str] | None = None,
    overwrite: bool = False,
) -> None:
    """Write the scanpaths as pysaliency does (FixationTrains, version 1.2).

    Parameters
    ----------
    fixations : Fixations
        pysaliency numbers subjects from 0: names and other numbers are kept beside.
    path : path
        The file.
    images : sequence of str, optional
        Names of the stimuli in the order they have in pysaliency; without it, those
        that have a fixation, sorted. They are kept in the file.
    overwrite : bool
        Replace a file that is there.

    Raises
    ------
    FileExistsError
        The file is there and ``overwrite`` is not set.
    ImportError
        h5py is not installed.
    """
    h5py = require("h5py")
    images = list(fixations.images if images is None else images)
    place = {name: number for number, name in enumerate(images)}
    if missing := [name for name in fixations.images if name not in place]:
        raise ValueError(f"images must have every name in the table, got none like {missing[0]!r}")
    codes = np.array([place[name] for name in fixations.images], dtype=int)
    number = codes[np.unique(fixations.image, return_inverse=True)[1]]
    names, subject = np.unique(fixations.subject, return_inverse=True)
    sorting = np.lexsort([fixations.order, subject, number])
    column = running_number(number[sorting], subject[sorting])
    train = np.cumsum(column == 0) - 1
    shape = (int(train[-1]) + 1, int(column.max()) + 1) if len(fixations) else (0, 0)

    def filled(values: Array) -> Array:
        table = np.full(shape, np.nan)
        table[train, column] = values[sorting]
        return table

    heads = sorting[column == 0]
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["type"] = np.bytes_("FixationTrains")
        file.attrs["version"] = np.bytes_("1.2")
        file.attrs["__attributes__"] = np.bytes_("[]")
        file["train_xs"], file["train_ys"] = filled(fixations.x), filled(fixations.y)
        # pysaliency asks for times; like OSIE there, fixations are told by their place
        file["train_ts"] = filled(fixations.order)
        file["train_ns"], file["train_subjects"] = number[heads], subject[heads]
        file.create_group("scanpath_attributes").attrs["__attributes__"] = np.bytes_("[]")
        more = file.create_group("scanpath_fixation_attributes")
        more["durations"] = filled(fixations.duration) / 1000
        more["orders"] = filled(fixations.order)
        more.attrs["__attributes__"] = np.bytes_(json.dumps(sorted(more)))
        mapping = {"durations": "duration", "orders": "order"}
        file.attrs["scanpath_attribute_mapping"] = np.bytes_(json.dumps(mapping))
        text = h5py.string_dtype()
        file["images"] = np.array(images, dtype=text)
        file["subject_names"] = names if names.dtype.kind == "i" else names.astype(text)
    files.save(path, buffer.getvalue(), overwrite=overwrite)
