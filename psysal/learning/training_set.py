"""Photographs to learn from: their features on disk, and where people looked, on the grid.

Place in the pipeline: sets of photographs -> [photographs] -> fitting.  Features are made
once, 2 MB a photograph, and read one photograph at a time; what an interrupted run has
made is taken as it is.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psysal import files
from psysal import image as pictures
from psysal.evaluation.density import gaussians
from psysal.evaluation.references import CenterBias, center_density, check_folds
from psysal.gaze.datasets import Dataset
from psysal.gaze.fixations import Fixations
from psysal.threads import in_order, thread_count
from psysal.vision.features import Features, grid_shape
from psysal.vision.resize import resize

__all__ = ["Examples", "Gridded", "Photographs"]

Array = NDArray[Any]
Progress = Callable[[str, int, int], None]

CENTER = (36, 48)
"""Rows and columns of the grid on which a center bias is kept."""


@dataclass(frozen=True, eq=False)
class Gridded(Dataset):
    """A set whose images are taken to be as large as their grids, fixations with them."""

    shapes: Mapping[str, tuple[int, int]] = field(default_factory=dict, repr=False)

    @property
    def sizes(self) -> Mapping[str, tuple[int, int]]:  # type: ignore[override]
        """(rows, cols) of the grid of every image."""
        return self.shapes


@dataclass(frozen=True, eq=False)
class Photographs:
    """All photographs of a set that people looked at.

    Parameters
    ----------
    dataset : Dataset
    features : Features
    folder : Path
        For the features: a file a photograph. Those of other features are an error.
    folds : int
        Into which photographs are dealt, as for the center bias.
    sigma : float
        Degrees of the Gaussian about every fixation that makes the target of learning;
        0 takes the fixations themselves.

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
        object.__setattr__(self, "folder", self.folder.resolve())  # processes may stand elsewhere
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
                f"{self.dataset.name} does not tell its pixels per degree, which a target of "
                f"Gaussians needs; give ppd, or a sigma of 0"
            )

    @cached_property
    def fixations(self) -> Fixations:
        """Those inside their photographs."""
        return self.dataset.fixations.inside(self.dataset.sizes)[0]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Photographs with fixations, in the order of the set."""
        seen = set(self.fixations.images)
        return tuple(name for name in self.dataset.images if name in seen)

    @cached_property
    def fold(self) -> Mapping[str, int]:
        """The fold of every photograph."""
        return CenterBias(self.fixations, self.dataset.sizes, self.folds).fold

    @cached_property
    def grid(self) -> Gridded:
        """The set on the grid."""
        data, seen = self.dataset, self.fixations
        shapes = {name: grid_shape(*data.sizes[name]) for name in self.names}
        scale = np.array(
            [np.divide(shapes[name], data.sizes[name]) for name in seen.image.tolist()]
        )
        x, y = seen.x * scale[:, 1], seen.y * scale[:, 0]
        small = Fixations(seen.image, seen.subject, seen.order, x, y)
        images = {name: data.images[name] for name in self.names}
        return Gridded(data.name, images, small, data.ppd, data.source, shapes)

    def prepare(self, *, threads: int | None = None, progress: Progress | None = None) -> None:
        """Make the features of every photograph that has none on disk.

        Raises
        ------
        ValueError
            The folder holds other features, or a photograph cannot be read; a feature is
            not finite.
        """
        about = json.dumps({"features": asdict(self.features), "names": _digest(self.names)})
        self.folder.mkdir(parents=True, exist_ok=True)
        told = self.folder / "features.json"
        if told.exists() and told.read_text(encoding="utf-8") != about:
            raise ValueError(
                f"{self.folder}: holds other features than are asked for; choose another folder, "
                "or take it away"
            )
        files.save(told, about.encode(), overwrite=True)
        left = [name for name in self.names if not self._file(name).exists()]
        there = len(self.names) - len(left)
        jobs = (partial(self._make, name) for name in left)
        for done, _ in enumerate(in_order(jobs, thread_count(threads)), start=there + 1):
            if progress:
                progress("features", done, len(self.names))

    def _make(self, name: str) -> None:
        found = self.features(pictures.read(self.dataset.images[name])).astype(np.float16)
        if not np.isfinite(found).all():
            raise ValueError(f"{name}: features must be finite, got NaN or infinite values")
        with files.draft(self._file(name), overwrite=True) as draft, open(draft, "wb") as file:
            np.save(file, found)

    def _file(self, name: str) -> Path:
        return self.folder / f"{self.names.index(name):06d}.npy"

    def planes(self, name: str) -> Array:
        """The features of a photograph, float32 (features, rows, cols)."""
        found: Array = np.load(self._file(name), allow_pickle=False)
        return found.astype(np.float32)

    def target(self, name: str) -> Array:
        """Where people looked on it, summing to 1, (rows, cols) of the grid."""
        seen, shape = self.grid.fixations.of(name), self.grid.shapes[name]
        positions = np.stack([seen.x, seen.y], axis=1)
        if self.sigma:
            assert self.dataset.ppd is not None
            scale = max(shape) / max(self.dataset.sizes[name])
            found = gaussians(positions, shape, self.sigma * self.dataset.ppd * scale)
        else:
            found = np.zeros(shape)
            np.add.at(found, tuple(positions.astype(np.intp).T[::-1]), 1)
        return found / found.sum()

    def center(self, names: Collection[str]) -> Array:
        """The logarithm of the center bias of some photographs, (rows, cols) of CENTER."""
        seen = self.fixations.on(set(names))
        return np.log(center_density(seen, self.dataset.sizes, CENTER))


@dataclass(frozen=True, eq=False)
class Examples:
    """Some of the photographs, as fitting asks for them."""

    photographs: Photographs
    names: Sequence[str]
    center: Array

    def __len__(self) -> int:
        return len(self.names)

    def name(self, i: int) -> str:
        """What the example is called."""
        return self.names[i]

    def features(self, i: int) -> Array:
        """Planes (features, rows, cols)."""
        return self.photographs.planes(self.names[i])

    def target(self, i: int) -> Array:
        """Where people looked, (rows, cols), summing to 1."""
        return self.photographs.target(self.names[i])

    def log_center(self, i: int) -> Array:
        """The center bias on the grid of the example, (rows, cols)."""
        rows, cols = self.photographs.grid.shapes[self.names[i]]
        return resize(self.center.astype(np.float32)[None], (rows, cols), "linear")[0]


def _digest(names: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
