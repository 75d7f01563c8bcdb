"""Photographs to learn from: their features on disk, and their fixations on the grid.

Place in the pipeline: data set -> [training_set] -> fits.
Enters: a data set, and which features.  Leaves: features (features, rows, cols), 2 MB a
photograph, computed once and read one photograph at a time; target densities and center
biases on the same grid.  An interrupted computation resumes with the photographs that have
no features yet.
"""

import hashlib
import io
import json
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from psysal import files
from psysal._typing import Array
from psysal.evaluation.density import gaussians
from psysal.evaluation.references import CenterBias, center_density, check_folds
from psysal.gaze.datasets import Dataset
from psysal.gaze.fixations import Fixations, Sizes
from psysal.threads import in_order, thread_count
from psysal.vision.features import Features, grid_shape
from psysal.vision.resize import resize

__all__ = ["GridDataset", "Photographs"]

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
    features : Features
        Features to compute.
    folder : Path
        Folder of the features, one file a photograph; one with other features is an error.
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
    features: Features
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
                f"expected for {self.folds} folds, found {len(self.names)}; take fewer folds"
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
    def grid(self) -> GridDataset:
        """The data set on the grid."""
        data = self.dataset
        shapes = {name: grid_shape(*data.sizes[name]) for name in self.names}
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
        """Compute the features of every photograph that has none on disk, or damaged ones.

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
                "features": asdict(self.features),
                "names": _digest(self.names),
                "profile": self.dataset.profile,
            }
        )
        files.make_folder(self.folder)
        path = self.folder / "features.json"
        if path.exists() and path.read_bytes() != description.encode():
            raise ValueError(
                f"{self.folder}: holds other features than are asked for; choose another folder, "
                "or take it away"
            )
        files.save(path, description.encode(), overwrite=True)
        missing = [name for name in self.names if not self._is_whole(name)]
        present = len(self.names) - len(missing)
        jobs = (partial(self._compute, name) for name in missing)
        for done, _ in enumerate(in_order(jobs, thread_count(threads)), start=present + 1):
            if progress:
                progress("features", done, len(self.names))

    def _compute(self, name: str) -> None:
        planes = self.features(self.dataset.read(name)).astype(np.float16)
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
        fixations, shape = self.grid.fixations.of(name), self.grid.shapes[name]
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


@dataclass(frozen=True, eq=False)
class PhotographExamples:
    """Some of the photographs as :class:`~psysal.learning.examples.Examples`.

    Parameters
    ----------
    photographs : Photographs
        With their features on disk.
    names : sequence of str
        Names of the examples.
    center : ndarray, (rows, cols)
        Log density of the center bias, of :meth:`Photographs.center`.
    """

    photographs: Photographs
    names: Sequence[str]
    center: Array

    def __len__(self) -> int:
        return len(self.names)

    def name(self, i: int) -> str:
        """Name of an example."""
        return self.names[i]

    def features(self, i: int) -> Array:
        """Features of an example, (features, rows, cols)."""
        return self.photographs.planes(self.names[i])

    def target(self, i: int) -> Array:
        """Density of the fixations on an example, (rows, cols)."""
        return self.photographs.target(self.names[i])

    def log_center(self, i: int) -> Array:
        """Log density of the center bias on the grid of an example, (rows, cols)."""
        rows, cols = self.photographs.grid.shapes[self.names[i]]
        return resize(self.center.astype(np.float32)[None], (rows, cols), "linear")[0]


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
