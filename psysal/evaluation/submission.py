"""Submissions to the MIT/Tuebingen benchmark: log densities of its images in one HDF5 file.

    images, model of densities -> [submission] -> file, checked

Place: beside the metrics.  The benchmark takes a dataset (rows, cols) of natural logarithms for
every image, called as its file below the folder of the images and of its size, which sum to 1
after exp: the layout of pysaliency's ``HDF5Model``.

References
----------
https://saliency.tuebingen.ai; Kümmerer, Wallis & Bethge (2018),
doi:10.1007/978-3-030-01270-0_47.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from psysal import files, hdf5
from psysal import image as pictures
from psysal._typing import Array
from psysal.models.densities import gives_of, log_density_of, log_sum
from psysal.optional import require
from psysal.wording import shorten_list

__all__ = ["images_in", "submission_problems", "write_submission"]

Name = str | os.PathLike[str]

PRECISION = 1e-6
"""Largest distance of the logsumexp from 0; the benchmark itself allows a thousandth."""


def images_in(folder: Name) -> dict[str, Path]:
    """Photographs of a folder and its subfolders, by their paths below it.

    Parameters
    ----------
    folder : path

    Returns
    -------
    dict of str to Path
        In the order of their names.

    Raises
    ------
    ValueError
        There is no such folder, or no photograph in it.
    """
    root = Path(folder)
    if not root.is_dir():
        raise ValueError(f"{root}: a folder of photographs was expected, found none; check it")
    paths = [path for path in sorted(root.rglob("*")) if path.suffix.lower() in pictures.SUFFIXES]
    if not paths:
        raise ValueError(f"{root}: photographs were expected, found none; name their folder")
    return {path.relative_to(root).as_posix(): path for path in paths}


def write_submission(
    model: Callable[..., Array],
    images: Mapping[str, Path],
    path: Name,
    *,
    overwrite: bool = False,
    on_result: Callable[[str], None] | None = None,
) -> None:
    """Write a model's log densities of images to one HDF5 file, checked before and after.

    Parameters
    ----------
    model : Model
        Function of the path of a photograph; its attribute ``gives`` must say that its values
        are densities, as of :class:`psysal.Learned`.
    images : mapping of str to path
        Photographs by name, as :func:`images_in` gives them.
    path : path
        File to write. It is written whole or not at all, one image at a time, in float32.
    overwrite : bool
        Whether a file that is there is replaced.
    on_result : callable, optional
        Called with the name of every image that is written, and again when it was read back.

    Raises
    ------
    FileExistsError
        The file is there and ``overwrite`` is not set.
    ValueError
        The model gives maps, or a density that is zero somewhere, not finite, or of another
        size than its image; or the file is not read back as it was written.
    ImportError
        h5py is not installed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from psysal import Center, mapfile
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "cat.png").write_bytes(mapfile.encode(np.zeros((8, 9)), "png"))
    ...     images = images_in(folder)
    ...     write_submission(Center(), images, Path(folder, "center.h5"))
    ...     list(submission_problems(Path(folder, "center.h5"), images))
    []
    """
    h5py: Any = require("h5py")
    if (gives := gives_of(model)) == "map":
        raise ValueError(
            f"a submission needs a model of densities, got one of maps ({type(model).__name__}); "
            'name one such as learned, or say what files hold: values="density"'
        )
    with files.draft(path, overwrite=overwrite) as new:
        with h5py.File(new, "w") as file:
            for name, picture in images.items():
                try:
                    logs = log_density_of(model(picture, dtype="float64"), gives)
                except ValueError as error:
                    text = str(error)
                    raise ValueError(text if name in text else f"{name}: {text}") from None
                file[name] = logs.astype(np.float32)
                if problem := _problem(file[name][...], pictures.size(picture)):
                    raise ValueError(f"{name}: {problem}")
                if on_result:
                    on_result(name)
        for problem in submission_problems(new, images, on_result=on_result):
            raise ValueError(problem)


def submission_problems(
    path: Name,
    images: Mapping[str, Path],
    *,
    on_result: Callable[[str], None] | None = None,
) -> Iterator[str]:
    """Reasons why the benchmark would refuse a file.

    Parameters
    ----------
    path : path
        HDF5 file.
    images : mapping of str to path
        Photographs by name, as :func:`images_in` gives them.
    on_result : callable, optional
        Called with the name of every image that is checked.

    Yields
    ------
    str
        A sentence for every image that is missing, or whose log density has another size, is
        not finite, or does not sum to 1 after exp, to a millionth; and one for datasets of no
        image.

    Raises
    ------
    ValueError
        It is no HDF5 file, or damaged.
    OSError
        It cannot be opened.
    ImportError
        h5py is not installed.
    """
    h5py: Any = require("h5py")
    try:
        with open(path, "rb"):  # one that cannot be opened is another error than a damaged one
            pass
    except OSError as error:
        raise files.failure(str(path), "opened", error) from None
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise ValueError(
            f"{path}: an HDF5 file was expected, found something else ({error}); write it anew"
        ) from None
    with file:
        unknown: list[str] = []
        file.visititems(
            lambda key, item: (
                unknown.append(key)
                if isinstance(item, h5py.Dataset) and key not in images
                else None
            )
        )
        for name, picture in images.items():
            try:
                values = hdf5.read(file, name)
            except (ValueError, OSError, RuntimeError) as error:
                yield f"{path}: a log density of {name} was expected, but {error}; write it anew"
            else:
                if problem := _problem(values, pictures.size(picture)):
                    yield f"{path}: {name}: {problem}"
            if on_result:
                on_result(name)
    if unknown:
        yield (
            f"{path}: a dataset for each image was expected, found {len(unknown)} of no image: "
            f"{shorten_list(unknown)}; write it anew for these images"
        )


def _problem(values: Array, shape: tuple[int, int]) -> str:
    """Sentence on what is wrong with the log density of an image; empty if nothing is."""
    if values.shape != shape:
        return (
            f"a log density of the image's size {shape} was expected, got {values.shape}; "
            "resize it before it is normalized"
        )
    if wrong := values.size - int(np.isfinite(values).sum()):
        return (
            f"a finite log density was expected, got {wrong} values that are NaN or infinite; "
            "mix the density with a uniform one"
        )
    if abs(total := log_sum(values)) > PRECISION:
        return (
            f"a log density with a logsumexp of 0 was expected, to {PRECISION:g}, got "
            f"{total:.6g}; subtract it"
        )
    return ""
