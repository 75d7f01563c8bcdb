"""HDF5 files of anybody: datasets that lie in the file itself and are as large as they say.

Place: below fixations, precomputed maps and archives in HDF5.  A dataset may lie in other files,
and a link may lead there; a few bytes may claim a terabyte.  Both are refused before anything is
read.
"""

import math
from typing import Any

from psysal._typing import Array
from psysal.optional import require

__all__: list[str] = []

LARGEST = 2**26  # values of a dataset
RATIO = 1100  # of bytes to stored ones; gzip reaches 1032


def find(file: Any, name: str) -> Any:
    """Group or dataset of a name; None if there is none, a ValueError for a link to elsewhere."""
    h5py = require("h5py")
    item = file
    for part in name.split("/"):
        link = item.get(part, getlink=True) if isinstance(item, h5py.Group) else None
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise ValueError(f"{name} is a link, perhaps to another file")
        item = item[part]
    return item


def read(file: Any, name: str, *, text: bool = False) -> Array:
    """Numbers of a dataset, or its texts as objects; a ValueError says what else it is."""
    data = find_values(file, name)
    is_text = require("h5py").check_string_dtype(data.dtype) is not None
    if is_text != text or not (is_text or data.dtype.kind in "iufb"):
        raise ValueError(f"{name} must hold {'text' if text else 'numbers'}, not {data.dtype}")
    values: Array = data[...]
    return values


def find_values(file: Any, name: str) -> Any:
    """Dataset of any type that is in the file and as large as it says; else a ValueError."""
    data = find(file, name)
    if not isinstance(data, require("h5py").Dataset) or data.shape is None:
        raise ValueError(f"there is no dataset {name}")
    if data.external or data.is_virtual:
        raise ValueError(f"the values of {name} are in other files")
    size = math.prod(data.shape)
    if size > LARGEST:
        raise ValueError(f"{name} has {size} values, the most is {LARGEST}")
    if size * data.dtype.itemsize > RATIO * data.id.get_storage_size():
        raise ValueError(f"{name} claims {size} values, of which few are in the file")
    return data
