"""Photographs to learn from: their features on disk, and their fixations on the grid.

Place in the pipeline: data set -> [training_set] -> fits.
Enters: a data set, and a front end.  Leaves: its planes (features, rows, cols), 1 MB a
photograph, computed once and read one photograph at a time; target densities and center
biases on the same grid.  An interrupted computation resumes with the photographs that have
no features yet.
"""

import hashlib
import io
import json
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from psysal import files
from psysal._typing import Array
from psysal.evaluation.density import gaussians
from psysal.evaluation.references import CenterBias, center_density, check_folds
from psysal.gaze.datasets import Dataset
from psysal.gaze.fixations import Fixations, Sizes
from psysal.models.front_ends import FrontEnd
from psysal.models.learned import softmax
from psysal.models.trained import Trained
from psysal.threads import in_order, thread_count
from psysal.vision.features import SCORE_GRID, grid_shape
from psysal.vision.resize import resize

__all__ = ["CrossValidated", "GridDataset", "Photographs"]

CENTER = (36, 48)
"""Rows and columns of the grid of a center bias."""


@dataclass(frozen=True, eq=False)
class GridDataset(Dataset):
    """Data set whose images have the size of their grids, with fixations moved there.

    Parameters
    ----------
    name, images, fixations, ppd, source, profile, trained_on
        As of a :class:`~psysal.gaze.datasets.Dataset`; fixations in cells of the grids.
    shapes : mapping of str to (rows, cols)
        Grid of every image.
    """

    shapes: Mapping[str, tuple[int, int]] = field(default_factory=dict, repr=False)

    @property
    def sizes(self) -> Mapping[str, tuple[int, int]]:  # type: ignore[override]
        """Rows and columns of the grid of every image."""
        return self.shapes


@dataclass(frozen=True, eq=False)
class Photographs:
    """Photographs of a data set that have fixations.

    Parameters
    ----------
    dataset : Dataset
        Photographs without fixations are left out.
    front_end : FrontEnd
        What is computed of each photograph, and later read.
    folder : Path
        Folder of the planes, one file a photograph; one of another front end is an error.
    folds : int
        Number of folds of the cross-validation, from 2; the same as of a
        :class:`~psysal.evaluation.references.CenterBias`.
    sigma : float
        Standard deviation in degrees, from 0, of the Gaussian about every fixation that
        makes the target; 0 takes the fixations themselves.

    Raises
    ------
    ValueError
        Too few photographs for the folds; no pixels per degree for a Gaussian.
    """

    dataset: Dataset
    front_end: FrontEnd
    folder: Path
    folds: int = 5
    sigma: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", self.folder.resolve())  # workers may run elsewhere
        check_folds(self.folds)
        if not 0 <= self.sigma < np.inf:
            raise ValueError(f"sigma must be a number of degrees from 0 on, got {self.sigma!r}")
        if len(self.names) < 2 * self.folds:
            raise ValueError(
                f"{self.dataset.name}: at least {2 * self.folds} photographs with fixations were "
                f"expected for {self.folds} folds, found {len(self.names)}; lower folds"
            )
        if self.sigma and self.dataset.ppd is None:
            raise ValueError(
                f"{self.dataset.name}: its pixels per degree are unknown, which a target of "
                "Gaussians needs; give ppd, or a sigma of 0"
            )

    @cached_property
    def fixations(self) -> Fixations:
        """Fixations inside their photographs."""
        return self.dataset.fixations.inside(self.dataset.sizes)[0]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the photographs, in the order of the data set."""
        fixated = set(self.fixations.images)
        return tuple(name for name in self.dataset.images if name in fixated)

    @cached_property
    def fold(self) -> Mapping[str, int]:
        """Fold of every photograph, from 0."""
        return CenterBias(self.fixations, self.dataset.sizes, self.folds).fold

    @cached_property
    def cells(self) -> Fixations:
        """Fixations in cells of the grids of the front end."""
        return move_to_grids(self.fixations, self.dataset.sizes, self.shapes)

    @cached_property
    def shapes(self) -> Mapping[str, tuple[int, int]]:
        """Rows and columns of the front end's grid of every photograph."""
        return {name: grid_shape(*self.dataset.sizes[name]) for name in self.names}

    @cached_property
    def grid(self) -> GridDataset:
        """The data set on the grid of scores."""
        data = self.dataset
        shapes = {name: grid_shape(*data.sizes[name], SCORE_GRID) for name in self.names}
        paths = {name: data.images[name] for name in self.names}
        fixations = move_to_grids(self.fixations, data.sizes, shapes)
        return GridDataset(
            data.name, paths, fixations, data.ppd, data.source, data.profile, shapes=shapes
        )

    def prepare(
        self,
        *,
        threads: int | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> None:
        """Compute the planes of every photograph that has none on disk, or damaged ones.

        Parameters
        ----------
        threads : int, optional
            Photographs at a time; default: every processor.
        progress : callable, optional
            Called with "features", the number of photographs done, and of all.

        Raises
        ------
        ValueError
            The folder holds other features, or a photograph cannot be read; a feature is
            not finite.
        """
        description = json.dumps(
            {
                "front end": self.front_end.describe(),
                "names": _digest(self.names),
                "profile": self.dataset.profile,
            }
        )
        files.make_folder(self.folder)
        path = self.folder / "planes.json"
        if path.exists() and path.read_bytes() != description.encode():
            raise ValueError(
                f"{self.folder}: holds planes of another front end or data set; choose another "
                "folder, or take it away"
            )
        files.save(path, description.encode(), overwrite=True)
        missing = [name for name in self.names if not self._is_whole(name)]
        present = len(self.names) - len(missing)
        jobs = (partial(self._compute, name) for name in missing)
        for done, _ in enumerate(in_order(jobs, thread_count(threads)), start=present + 1):
            if progress:
                progress("features", done, len(self.names))

    def _compute(self, name: str) -> None:
        with np.errstate(over="ignore"):
            planes = self.front_end(self.dataset.read(name)).astype(np.float16)
        if not np.isfinite(planes).all():
            raise ValueError(f"{name}: features must be finite, got NaN or infinite values")
        buffer = io.BytesIO()  # of a full disk NumPy says how many numbers it wrote
        np.save(buffer, planes)
        data = buffer.getvalue()
        files.save(self._path(name), data + _checksum(data), overwrite=True)

    def _is_whole(self, name: str) -> bool:
        path = self._path(name)
        data = path.read_bytes() if path.exists() else b""
        return data[-4:] == _checksum(data[:-4])

    def _path(self, name: str) -> Path:
        return self.folder / f"{self.names.index(name):06d}.npy"

    def planes(self, name: str) -> Array:
        """Features of a photograph.

        Parameters
        ----------
        name : str
            Name of the photograph.

        Returns
        -------
        ndarray, (features, rows, cols), float32
        """
        planes: Array = np.load(self._path(name), allow_pickle=False)
        return planes.astype(np.float32)

    def target(self, name: str) -> Array:
        """Density of the fixations on a photograph.

        Parameters
        ----------
        name : str
            Name of the photograph.

        Returns
        -------
        ndarray, (rows, cols) of the grid
            Summing to 1.
        """
        fixations, shape = self.cells.of(name), self.shapes[name]
        positions = np.stack([fixations.x, fixations.y], axis=1)
        if self.sigma:
            assert self.dataset.ppd is not None
            scale = max(shape) / max(self.dataset.sizes[name])
            density = gaussians(positions, shape, self.sigma * self.dataset.ppd * scale)
        else:
            density = np.zeros(shape)
            np.add.at(density, tuple(positions.astype(np.intp).T[::-1]), 1)
        return density / density.sum()

    def center(self, names: Collection[str]) -> Array:
        """Log density of the center bias of some of the photographs.

        Parameters
        ----------
        names : collection of str
            Names of the photographs.

        Returns
        -------
        ndarray, (36, 48)
            In nats, over an image of any size.
        """
        fixations = self.fixations.on(set(names))
        return np.log(center_density(fixations, self.dataset.sizes, CENTER))

    @cached_property
    def fold_centers(self) -> list[Array]:
        """Log density of the center bias without each fold, as :meth:`center` gives it."""
        return [
            self.center([name for name in self.names if self.fold[name] != fold])
            for fold in range(self.folds)
        ]


@dataclass(frozen=True, eq=False)
class PhotographExamples:
    """Photographs of one or more sets as :class:`~psysal.learning.examples.Examples`.

    Parameters
    ----------
    sets : sequence of Photographs
        With their planes on disk.
    names : sequence of sequence of str
        Names of the examples of each set.
    centers : sequence of ndarray, (rows, cols)
        Log density of each set's center bias, of :meth:`Photographs.center`.
    """

    sets: Sequence[Photographs]
    names: Sequence[Sequence[str]]
    centers: Sequence[Array]

    @cached_property
    def _places(self) -> list[tuple[int, str]]:
        """Set and name of every example."""
        return [(number, name) for number, names in enumerate(self.names) for name in names]

    def __len__(self) -> int:
        return len(self._places)

    def name(self, i: int) -> str:
        """Name of an example."""
        return self._places[i][1]

    def features(self, i: int) -> Array:
        """Features of an example, (features, rows, cols)."""
        number, name = self._places[i]
        return self.sets[number].planes(name)

    def target(self, i: int) -> Array:
        """Density of the fixations on an example, (rows, cols)."""
        number, name = self._places[i]
        return self.sets[number].target(name)

    def log_center(self, i: int) -> Array:
        """Log density of the center bias on the grid of an example, (rows, cols)."""
        number, name = self._places[i]
        center = self.centers[number].astype(np.float32)[None]
        return resize(center, self.sets[number].shapes[name], "linear")[0]


@dataclass(frozen=True, eq=False)
class CrossValidated:
    """Model that maps every photograph by the readout fitted without its fold.

    Parameters
    ----------
    photographs : Photographs
        With their features on disk.
    models : sequence of Trained
        A readout for every fold, fitted without it; or one of other sets, again and again.
    center_bias : bool
        Whether the center bias counts.
    """

    gives = "density"

    photographs: Photographs = field(repr=False)
    models: Sequence[Trained] = field(repr=False)
    center_bias: bool = True

    def map_for(self, name: str, shape: tuple[int, int]) -> Array:
        """Density of fixations on a photograph.

        Parameters
        ----------
        name : str
            Name of the photograph.
        shape : (int, int)
            Rows and columns of the map.

        Returns
        -------
        ndarray, (rows, cols)
            Positive, summing to 1.
        """
        logits, center = self.parts(name)
        return softmax(logits + center if self.center_bias else logits, shape)

    def parts(self, name: str) -> tuple[Array, Array]:
        """Logits of a photograph.

        Parameters
        ----------
        name : str
            Name of the photograph.

        Returns
        -------
        readout, center : ndarray, (rows, cols)
            On the grid of the front end: those of the readout, and of the center bias of the
            photographs of its set in other folds.
        """
        fold = self.photographs.fold[name]
        model = replace(self.models[fold], center=self.photographs.fold_centers[fold])
        logits = model.readout.logits(self.photographs.planes(name))
        return logits, model.center_logits(logits.shape)


def move_to_grids(fixations: Fixations, sizes: Sizes, shapes: Sizes) -> Fixations:
    """Fixations in pixels of images of some sizes, moved to cells of grids over the images.

    >>> fixations = Fixations(["cat"], [1], [0], [40.0], [30.0])
    >>> moved = move_to_grids(fixations, {"cat": (60, 80)}, {"cat": (6, 16)})
    >>> moved.x.tolist(), moved.y.tolist()
    ([8.0], [3.0])
    """
    scale = np.array([np.divide(shapes[name], sizes[name]) for name in fixations.image.tolist()])
    x, y = fixations.x * scale[:, 1], fixations.y * scale[:, 0]
    return Fixations(fixations.image, fixations.subject, fixations.order, x, y)


def _checksum(data: bytes) -> bytes:
    """Four bytes behind an array, which NumPy does not read."""
    return zlib.crc32(data).to_bytes(4, "big")


def _digest(names: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
