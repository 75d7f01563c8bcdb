"""Fixations in MATLAB files with a struct array, as OSIE has them.

Place in the pipeline: file -> [matlab] -> fixations.
"""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np

from psysal.gaze.fixations import COLUMNS, Fixations, from_columns
from psysal.gaze.formats.mat_structure import check_structure
from psysal.wording import shorten_list

__all__ = ["read_mat"]


def read_mat(path: str | os.PathLike[str]) -> Fixations:
    """Fixations of a MATLAB file with a struct array.

    Parameters
    ----------
    path : path
        File of MATLAB's version 7 or earlier, with ``fixations(i).img`` and
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
    variables = load_mat(path)
    if "fixations" not in variables:
        raise ValueError(
            f"{path}: a struct array 'fixations' was expected, "
            f"found {shorten_list([*variables], 12) or 'nothing'}"
        )
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    for record in np.ravel(variables["fixations"]):
        name = str(get_field(path, record, "img", "fixations"))
        for subject, scanpath in enumerate(
            np.ravel(get_field(path, record, "subjects", "fixations"))
        ):
            label = f"subject {subject} on {name}"
            x, y, duration = (
                np.ravel(get_field(path, scanpath, field, label))
                for field in ("fix_x", "fix_y", "fix_duration")
            )
            if not len(x) == len(y) == len(duration):
                raise ValueError(
                    f"{path}: {label}: fix_x, fix_y and fix_duration must be equally long, "
                    f"got {len(x)}, {len(y)} and {len(duration)}"
                )
            columns["image"] += [name] * len(x)
            columns["subject"] += [subject] * len(x)
            columns["order"] += range(len(x))
            columns["x"] += x.tolist()
            columns["y"] += y.tolist()
            columns["duration"] += duration.tolist()
    return from_columns(
        path,
        columns,
        lambda row: (
            f"subject {columns['subject'][row]} on {columns['image'][row]}, "
            f"fixation {columns['order'][row]}"
        ),
    )


def load_mat(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Variables of a MATLAB file by name."""
    from scipy.io import loadmat

    data = Path(path).read_bytes()
    try:
        check_structure(data)
        variables = loadmat(io.BytesIO(data), squeeze_me=True, struct_as_record=False)
    except NotImplementedError:
        raise ValueError(
            f"{path}: a MATLAB file up to version 7 was expected, found version 7.3; "
            "save it with -v7"
        ) from None
    except Exception as error:  # loadmat fed with junk raises anything
        raise ValueError(
            f"{path}: a MATLAB file was expected, found something damaged or else ({error})"
        ) from None
    return {name: value for name, value in variables.items() if not name.startswith("__")}


def get_field(path: str | os.PathLike[str], record: Any, name: str, label: str) -> Any:
    """Value of a struct's field."""
    names = getattr(record, "_fieldnames", [type(record).__name__])
    if not hasattr(record, "_fieldnames") or name not in names:
        raise ValueError(
            f"{path}: {label}: a struct with '{name}' was expected, "
            f"found {shorten_list(names, 12) or 'nothing'}"
        )
    return getattr(record, name)
