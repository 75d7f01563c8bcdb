"""Fixations in binary maps: pictures or matrices, other than zero at every fixation.

Place in the pipeline: files -> [fixation_maps] -> fixations.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.gaze.fixations import Fixations, from_columns
from psysal.gaze.formats.matlab import load_mat
from psysal.gaze.order import running_number
from psysal.image import read
from psysal.wording import shorten_list

__all__ = ["read_maps"]

LOSSLESS = frozenset({".bmp", ".gif", ".pbm", ".pgm", ".png", ".tif", ".tiff"})
LOSSY = frozenset({".jpg", ".jpeg"})
FEWEST = 9  # marked pixels by which a map can be judged
MOST_TOUCHING = 0.6  # of fixations, on a neighboring pixel


def read_maps(path: str | os.PathLike[str]) -> Fixations:
    """Fixations of binary maps, in which every pixel other than zero is one.

    Parameters
    ----------
    path : path
        A folder, searched with its subfolders, of lossless pictures (PNG, BMP, TIFF)
        or of MATLAB files with one matrix each, as CAT2000 has them; or one MATLAB file
        with a cell array of matrices, as Toronto has it. Transparent pixels are none.

    Returns
    -------
    Fixations
        Images are named as the maps, without the suffix ("Action/001"), or "1", "2" ...
        in a cell array. Maps hold neither subjects nor orders: all fixations are of one
        subject, 0, and are numbered from 1, so that ``without_first`` keeps them all.

    Raises
    ------
    OSError
        The folder or a file cannot be opened.
    ValueError
        There are no maps, or one cannot be right, as a blurred density or one with spots;
        the message names the file.
    """
    return read_sized_maps(path)[0]


def read_sized_maps(
    path: str | os.PathLike[str],
) -> tuple[Fixations, dict[str, tuple[int, int]]]:
    """Fixations of binary maps, and (rows, cols) of every map by its name."""
    path = Path(path)
    maps = _folder_maps(path) if path.is_dir() else _cell_maps(path)
    pixels = [np.nonzero(fixation_map) for fixation_map in maps.values()]
    names = np.repeat(np.array(list(maps), dtype=str), [len(y) for y, _ in pixels])
    y, x = np.concatenate(pixels, axis=1)
    subject = np.zeros(len(x), dtype=int)
    columns = {"image": names, "subject": subject, "x": x, "y": y}
    columns["order"] = running_number(names, subject) + 1
    shapes = {name: fixation_map.shape for name, fixation_map in maps.items()}
    return from_columns(path, columns, lambda row: str(names[row])), shapes


def _folder_maps(folder: Path) -> dict[str, Array]:
    """Fixation maps of a folder by their path without the suffix."""
    maps = {
        file.relative_to(folder).with_suffix("").as_posix(): _file_map(file)
        for file in sorted(folder.rglob("*"))
        if file.suffix.lower() in LOSSLESS | LOSSY | {".mat"}
    }
    if not maps:
        raise ValueError(
            f"{folder}: fixation maps (PNG, BMP, TIFF or MATLAB files) were expected, found none"
        )
    return maps


def _cell_maps(path: Path) -> dict[str, Array]:
    """Fixation maps of a MATLAB file's cell array, by their number from 1."""
    cells = [np.ravel(variable) for variable in load_mat(path).values()]
    if len(cells) != 1 or cells[0].dtype != object:
        raise ValueError(f"{path}: one cell array of fixation maps was expected, found none")
    return {str(i): _check_matrix(path, f"map {i}", cell) for i, cell in enumerate(cells[0], 1)}


def _file_map(path: Path) -> Array:
    """Fixation map (rows, cols) of a picture, or of a MATLAB file with one matrix."""
    if path.suffix.lower() in LOSSY:
        raise ValueError(
            f"{path}: a lossless fixation map (PNG, BMP, TIFF) was expected, found a JPEG, "
            "whose zeros are not kept"
        )
    if path.suffix.lower() != ".mat":
        return _check_binary(path, "", _picture_map(path))
    variables = load_mat(path)
    if len(variables) != 1:
        names = shorten_list([*variables], 12) or "nothing"
        raise ValueError(f"{path}: one matrix was expected, found {names}")
    ((name, matrix),) = variables.items()
    return _check_matrix(path, name, matrix)


def _check_matrix(path: Path, name: str, values: Any) -> Array:
    """Matrix of numbers, or a ValueError that names the file."""
    matrix = np.asarray(values)
    if matrix.ndim != 2 or matrix.dtype.kind not in "biuf":
        raise ValueError(
            f"{path}: {name} must be a matrix of numbers, got {matrix.dtype} {matrix.shape}"
        )
    return _check_binary(path, f"{name}: ", matrix)


def _picture_map(path: Path) -> Array:
    """Fixation map of a picture; of one with transparency, its opaque pixels that are not black.

    Where all that is opaque is black, as of black dots on nothing, it is the fixations.
    """
    from PIL import Image

    with suppress(Exception), Image.open(path) as picture:  # what is damaged, read refuses
        if "A" in picture.getbands() or "transparency" in picture.info:
            pixels = _deep_color(path)
            pixels = np.asarray(picture.convert("RGBA")) if pixels is None else pixels
            color, opaque = pixels[:, :, :3].max(axis=2), pixels[:, :, 3] > 0
            drawn = opaque & (color > 0)
            return drawn if drawn.any() or opaque.all() else opaque
    pixels = read(path, profile="ignore")
    return pixels if pixels.ndim == 2 else pixels.max(axis=2)


def _deep_color(path: Path) -> Array | None:
    """Color and alpha of 16 bits, of which Pillow would cut off the lower 8."""
    import cv2

    pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    is_deep = pixels is not None and pixels.dtype == np.uint16 and pixels.shape[2:] == (4,)
    return pixels if is_deep else None


def _check_binary(path: Path, name: str, fixation_map: Array) -> Array:
    """Map whose fixations are single pixels, or a ValueError that says what it seems to be."""
    marked = fixation_map != 0
    count, values = int(marked.sum()), len(np.unique(fixation_map[marked]))
    beside = np.zeros_like(marked)
    for axis in (0, 1):
        first, second = np.moveaxis(marked, axis, 0)[:-1], np.moveaxis(marked, axis, 0)[1:]
        np.moveaxis(beside, axis, 0)[:-1] |= second
        np.moveaxis(beside, axis, 0)[1:] |= first
    if count < FEWEST or (marked & beside).sum() <= MOST_TOUCHING * count:
        return fixation_map
    if count > marked.size / 2 and values < 3:
        kind = f"it seems to be inverted; magick {path.name} -negate inverted.png makes it anew"
    elif values > 4:
        kind = "it seems to be a blurred density, which does not tell the fixations"
    else:
        kind = "they seem to be spots, of which each fixation has many pixels"
    raise ValueError(
        f"{path}: {name}one pixel for each fixation was expected, found {count:,} of "
        f"{marked.size:,} pixels that are not zero, of {values:,} values: {kind}; give binary "
        "maps, or a table of the fixations"
    )
