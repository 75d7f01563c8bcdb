"""Fixations of subjects on images: a checked table.

Place in the pipeline: files -> [fixations] -> comparison with maps.  One row is one
fixation; x and y are in pixels of the image, origin at the top left, x to the right and
y down, so that pixel (row, col) is ``int(y), int(x)``.  Durations are in milliseconds.
"""

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from psysal._typing import Array
from psysal.wording import shorten_list

__all__ = ["Fixations", "Sizes"]

Sizes = Mapping[str, tuple[int, int]]
"""(rows, cols) of images by name."""


class RowError(ValueError):
    """Values that rows must not have; a reader names the rows as its file does."""

    def __init__(self, text: str, *rows: int) -> None:
        self.text, self.rows = text, rows
        super().__init__(self.message(lambda row: f"row {row}"))

    def message(self, row_name: Callable[[int], str]) -> str:
        """Sentence of the error, with rows named by ``row_name``."""
        return f"{' and '.join(row_name(row) for row in self.rows)}: {self.text}"


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Fixations:
    """Table of fixations, checked at construction and immutable.

    Parameters
    ----------
    image : array-like of str, (fixations,)
        Name of the image.
    subject : array-like of int or str, (fixations,)
        Number or name of the observer.
    order : array-like of int, (fixations,)
        Position in the scanpath; 0 is the first fixation, which experiments often force.
    x, y : array-like of float, (fixations,)
        Pixels from the top left corner of the image; finite, possibly outside the image.
    duration : array-like of float, (fixations,), optional
        Milliseconds; NaN if not known.

    Raises
    ------
    ValueError
        Columns of different lengths, coordinates that are not finite, an order below 0,
        or two rows for one image, subject and order; rows count from 0.

    Examples
    --------
    >>> fixations = Fixations(["cat", "cat", "dog"], [1, 1, 1], [0, 1, 0], [8, 3, 9], [5, 6, 5])
    >>> fixations
    <Fixations: 3 of 1 subjects on 2 images>
    >>> fixations.images, fixations.subjects
    (('cat', 'dog'), (1,))
    >>> fixations.of("cat").x.tolist(), fixations.without_first().y.tolist()
    ([8.0, 3.0], [6.0])
    """

    image: Array
    subject: Array
    order: Array
    x: Array
    y: Array
    duration: Array

    def __init__(
        self,
        image: ArrayLike,
        subject: ArrayLike,
        order: ArrayLike,
        x: ArrayLike,
        y: ArrayLike,
        duration: ArrayLike | None = None,
    ) -> None:
        columns = {
            "image": np.array(image, dtype=str),
            "subject": _names(subject),
            "order": _integers(order),
            "x": _numbers("x", x),
            "y": _numbers("y", y),
        }
        count = columns["image"].shape
        columns["duration"] = (
            np.full(count, np.nan) if duration is None else _numbers("duration", duration)
        )
        shapes = {name: column.shape for name, column in columns.items()}
        if len(count) != 1 or len(set(shapes.values())) != 1:
            raise ValueError(
                "columns must be one-dimensional and equally long, got "
                + ", ".join(f"{name} {shape}" for name, shape in shapes.items())
            )
        self._set(columns)
        self._check()

    def _set(self, columns: dict[str, Array]) -> None:
        for name, column in columns.items():
            column.flags.writeable = False
            object.__setattr__(self, name, column)

    def _check(self) -> None:
        for name in ("x", "y"):
            values = getattr(self, name)
            if (bad := ~np.isfinite(values)).any():
                row = int(bad.argmax())
                raise RowError(f"{name} must be a finite number of pixels, got {values[row]}", row)
        if (bad := self.order < 0).any():
            row = int(bad.argmax())
            raise RowError(f"order must count from 0, got {self.order[row]}", row)
        _, subjects = np.unique(self.subject, return_inverse=True)
        keys = np.stack([self.order, subjects, self._index.codes])
        sorting = np.lexsort(keys)
        same = (np.diff(keys[:, sorting]) == 0).all(axis=0)
        if same.any():
            start = int(same.argmax())
            first, second = (int(row) for row in sorting[start : start + 2])
            raise RowError(
                "one image, subject and order must be one row, got two for "
                f"{self.image[first]}, {self.subject[first]}, {self.order[first]}; "
                "number the fixations of each subject on each image apart",
                first,
                second,
            )

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        return (
            f"<Fixations: {len(self)} of {len(self.subjects)} subjects "
            f"on {len(self.images)} images>"
        )

    @cached_property
    def _index(self) -> "_Index":
        return _Index.of(self.image)

    @property
    def images(self) -> tuple[str, ...]:
        """Names of the images with fixations, sorted."""
        return tuple(self._index.names.tolist())

    @property
    def subjects(self) -> tuple[Any, ...]:
        """Numbers or names of the subjects, sorted."""
        return tuple(np.unique(self.subject).tolist())

    def of(self, image: str) -> "Fixations":
        """Fixations on one image.

        Parameters
        ----------
        image : str
            Name of an image.

        Returns
        -------
        Fixations
            Rows in their order; none for an image without fixations.
        """
        return self._rows(self._index.rows.get(image, np.empty(0, dtype=np.intp)))

    def on(self, images: Collection[str]) -> "Fixations":
        """Fixations on some of the images.

        Parameters
        ----------
        images : collection of str
            Names of images, with or without fixations.

        Returns
        -------
        Fixations
        """
        chosen = np.array([name in images for name in self.images], dtype=bool)
        return self._rows(chosen[self._index.codes])

    def without(self, subject: Any) -> "Fixations":
        """Fixations of all other subjects.

        Parameters
        ----------
        subject : int or str
            One of ``subjects``.

        Returns
        -------
        Fixations

        Raises
        ------
        ValueError
            The subject has no fixations.
        """
        if subject not in self.subjects:
            raise ValueError(
                f"subject must be one of those in .subjects ({shorten_list(self.subjects)}), "
                f"got {subject!r}"
            )
        return self._rows(self.subject != subject)

    def without_first(self) -> "Fixations":
        """Fixations without the first of each scanpath (order 0), which experiments often force.

        Returns
        -------
        Fixations
        """
        return self._rows(self.order > 0)

    def inside(self, sizes: Sizes) -> tuple["Fixations", int]:
        """Fixations inside their image, 0 <= x < cols and 0 <= y < rows.

        Parameters
        ----------
        sizes : mapping of str to (rows, cols)
            Size of every image with fixations, in pixels.

        Returns
        -------
        fixations : Fixations
        dropped : int
            Number of fixations outside.

        Raises
        ------
        ValueError
            An image has no size.

        Examples
        --------
        >>> fixations = Fixations(["cat", "cat"], [1, 1], [0, 1], [8, 3], [5, 6])
        >>> inside, dropped = fixations.inside({"cat": (10, 8)})
        >>> inside.x.tolist(), dropped
        ([3.0], 1)
        """
        rows, cols = self.of_each(sizes)
        inside = (self.x >= 0) & (self.x < cols) & (self.y >= 0) & (self.y < rows)
        return self._rows(inside), int(np.count_nonzero(~inside))

    def others(self, image: str, sizes: Sizes) -> Array:
        """Positions of the fixations on all other images, scaled to the size of this one.

        Parameters
        ----------
        image : str
            Name of the image whose own fixations are left out.
        sizes : mapping of str to (rows, cols)
            Size of this image and of every image with fixations, in pixels.

        Returns
        -------
        ndarray, (fixations, 2)
            x and y in pixels: positions times this image's size over that of their own.

        Raises
        ------
        ValueError
            An image has no size.

        Examples
        --------
        >>> fixations = Fixations(["cat", "dog"], [1, 1], [0, 0], [8, 3], [5, 6])
        >>> fixations.others("cat", {"cat": (20, 40), "dog": (10, 10)}).tolist()
        [[12.0, 12.0]]
        """
        if image not in sizes:
            raise _no_size([image])
        height, width = sizes[image]
        rows, cols = self.of_each(sizes)
        other = np.ones(len(self), dtype=bool)
        other[self._index.rows.get(image, [])] = False
        x, y = self.x[other] * width / cols[other], self.y[other] * height / rows[other]
        return np.stack([x, y], axis=1)

    def of_each(self, sizes: Sizes) -> tuple[Array, Array]:
        """Size of the image of each fixation.

        Parameters
        ----------
        sizes : mapping of str to (rows, cols)
            Size of every image with fixations, in pixels.

        Returns
        -------
        rows, cols : ndarray, (fixations,), float64

        Raises
        ------
        ValueError
            An image has no size.
        """
        if missing := [name for name in self.images if name not in sizes]:
            raise _no_size(missing)
        each = np.array([sizes[name] for name in self.images], dtype=float).reshape(-1, 2)
        rows, cols = each[self._index.codes].T
        return rows, cols

    def replaced(self, **columns: ArrayLike) -> "Fixations":
        """Fixations with some columns replaced.

        Parameters
        ----------
        **columns
            New columns by their names.

        Returns
        -------
        Fixations

        Raises
        ------
        ValueError
            As for new fixations.
        """
        return Fixations(**{name: getattr(self, name) for name in COLUMNS} | columns)

    def _rows(self, chosen: Array) -> "Fixations":
        """Some of the rows, without a second check."""
        part = object.__new__(Fixations)
        part._set({field.name: getattr(self, field.name)[chosen] for field in fields(self)})
        return part


COLUMNS = tuple(field.name for field in fields(Fixations))


def from_columns(
    path: str | os.PathLike[str], columns: dict[str, Any], row_name: Callable[[int], str]
) -> Fixations:
    """Fixations of a file's columns; errors name the file, and the row as the file does."""
    try:
        return Fixations(**columns)
    except RowError as error:
        raise ValueError(f"{path}: {error.message(row_name)}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


@dataclass(frozen=True)
class _Index:
    """Sorted image names, the index of each row's name among them, and the rows of each name."""

    names: Array
    codes: Array
    rows: dict[str, Array]

    @classmethod
    def of(cls, image: Array) -> "_Index":
        names, codes, counts = np.unique(image, return_inverse=True, return_counts=True)
        rows = np.split(np.argsort(codes, kind="stable"), np.cumsum(counts)[:-1])
        return cls(names, codes, dict(zip(names.tolist(), rows, strict=False)))


def _names(subject: ArrayLike) -> Array:
    names = np.array(subject)
    if names.size == 0 or names.dtype.kind in "iu":
        return names.astype(np.int64)
    if names.dtype.kind != "U":
        raise ValueError(f"subject must be integers or strings, got {names.dtype}")
    return names


def _integers(order: ArrayLike) -> Array:
    values = np.array(order)
    if values.size and values.dtype.kind not in "iu":
        raise ValueError(f"order must be integers, got {values.dtype}")
    return values.astype(np.int64)


def _numbers(name: str, values: ArrayLike) -> Array:
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be numbers, got {np.asarray(values).dtype}") from None


def _no_size(missing: list[str]) -> ValueError:
    return ValueError(
        f"sizes must have (rows, cols) of every image, got none for {shorten_list(missing)}; "
        "are the images named alike?"
    )
