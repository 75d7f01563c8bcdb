"""Learned saliency: a readout of contrast or of a network, trained on fixations.

    image -> front end -> planes -> readout -> logits -> + center bias -> softmax -> density

The front end (:mod:`psysal.models.front_ends`) is that of the 2011 model and its like, or the
inner layers of a network; the readout (:mod:`psysal.models.readout`) is linear, or has hidden
units and convolutions; the center bias is a term of its own that can be left out.  Leaves: a
density over pixels by construction, positive and summing to 1.  A file of ``psysal train`` is
JSON for people to read; nothing in it is executed, and one that was changed by hand is refused.

References
----------
Murray, Vanrell, Otazu & Parraga (2011), doi:10.1109/CVPR.2011.5995506 (the planes);
Jetley, Murray & Vig (2016), doi:10.1109/CVPR.2016.620 (saliency as a density from a softmax).
"""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.models.base import DType, Model
from psysal.models.trained import Trained
from psysal.models.training_data import training_data
from psysal.threads import SERIAL, ThreadPool, thread_pool
from psysal.vision.resize import resize

__all__ = ["SHIPPED", "Learned", "LogitContributions", "softmax"]

SHIPPED = ("learned", "deep", "linear")
"""Readouts that come with psysal, trained on OSIE and EyeCrowd."""


@dataclass(frozen=True)
class LogitContributions:
    """Contributions to the logits of a linear readout: ``planes.sum(axis=0) + center``.

    Attributes
    ----------
    names : tuple of str
        Feature of each plane.
    planes : ndarray, (features, rows, cols)
        Contribution of every feature on the grid, relative to that of its mean.
    center : ndarray, (rows, cols)
        Contribution of the center bias; zeros without it.
    """

    names: tuple[str, ...]
    planes: Array
    center: Array

    @property
    def logits(self) -> Array:
        """Logits (rows, cols) on the grid, of which the density is the softmax."""
        return self.planes.sum(axis=0) + self.center


@dataclass(frozen=True)
class Learned(Model):
    """Trained readout as a model; a callable from an image to a density.

    Parameters
    ----------
    readout : str or path
        "learned", with convolutions of psychophysical planes; "deep", of a network for
        objects; or "linear", of psychophysical planes: these come with psysal, trained on the
        photographs of OSIE and EyeCrowd; or a file of ``psysal train``.
    center_bias : bool
        Whether the center bias is added. Leave it out for shuffled AUC, and for pictures
        that are cut out of others.

    Raises
    ------
    ValueError
        The file is missing, damaged, or another; the message says which.
    OSError
        The file cannot be opened.

    Examples
    --------
    >>> image = np.full((60, 80, 3), 128, np.uint8)
    >>> image[20:30, 50:60] = 220, 40, 40
    >>> density = Learned()(image)
    >>> round(float(density.sum()), 4), bool(density.min() > 0)
    (1.0, True)
    >>> len(Learned("linear").contributions(image).names)
    169
    """

    gives = "density"

    readout: str | os.PathLike[str] = "learned"
    center_bias: bool = True

    def __post_init__(self) -> None:
        _ = self.trained

    @cached_property
    def trained(self) -> Trained:
        """Content of the file."""
        if self.readout in SHIPPED:
            name = f"readout_{self.readout}.json"
            return Trained.decode(name, files("psysal.models").joinpath(name).read_bytes())
        path = Path(self.readout)
        if not path.is_file():
            found = "a folder" if path.is_dir() else "not there"
            raise ValueError(
                f"readout must be {', '.join(SHIPPED)}, or a file of psysal train, "
                f"got {os.fspath(self.readout)}, which is {found}"
            )
        return Trained.decode(str(path), path.read_bytes())

    @property
    def fingerprint(self) -> str:
        """Digest of the trained readout."""
        return hashlib.sha256(self.trained.encode()).hexdigest()[:16]

    @property
    def learned_from(self) -> list[dict[str, Any]]:
        """Training sets, as :func:`psysal.models.training_data.training_data` gives them."""
        return training_data(os.fspath(self.readout), self.trained.metadata)

    def _map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        logits = self.trained.logits(pixels, self.center_bias, pool=pool).astype(dtype)
        return softmax(logits, pixels.shape[:2], pool=pool)

    def contributions(
        self, image: Any, *, channel_order: str = "rgb", threads: int | None = None
    ) -> LogitContributions:
        """Contribution of every feature to the logits of a linear readout.

        Parameters
        ----------
        image, channel_order, threads
            As calling the model takes them.

        Returns
        -------
        LogitContributions

        Raises
        ------
        ValueError
            The readout has hidden units and does not split, or the image cannot be taken.
        """
        readout = self.trained.readout
        if readout.layers:
            raise ValueError(
                "only a linear readout splits into contributions, got one with hidden units; "
                'take Learned("linear") or train a linear one'
            )
        pixels, _, threads = self.check_input(image, channel_order, "float32", threads)
        with thread_pool(threads) as pool:
            planes = readout.terms(self.trained.front_end(pixels, pool=pool))
        center = self.trained.center_logits(planes.shape[1:])
        return LogitContributions(
            self.trained.front_end.names, planes, center if self.center_bias else 0 * center
        )


def softmax(logits: Array, shape: tuple[int, ...], *, pool: ThreadPool = SERIAL) -> Array:
    """Density of logits on a grid.

    Parameters
    ----------
    logits : ndarray, (grid_rows, grid_cols), float32 or float64
    shape : (int, int)
        Rows and columns of the density; the logits are resized to it.
    pool : ThreadPool
        Threads.

    Returns
    -------
    ndarray, ``shape``
        Positive; sums to 1.

    Examples
    --------
    >>> softmax(np.log(np.array([[1.0, 3.0]])), (1, 2))
    array([[0.25, 0.75]])
    """
    rows, cols = shape
    density = resize(np.ascontiguousarray(logits)[None], (rows, cols), "linear", pool=pool)[0]
    density -= density.max()
    np.exp(density, out=density)
    density /= density.sum(dtype=float).astype(density.dtype)
    return density
