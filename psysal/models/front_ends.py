"""Front ends of a readout: what it reads of an image, as planes on a grid.

    image -> [front end] -> planes (features, rows, cols) -> readout -> density

Place: between vision, or a network in a file, and the readouts.  A front end is a callable
from checked pixels to planes on a grid of 48 along the longer side: :class:`Psychophysical`,
of contrast, energy and color; :class:`Network`, the inner layers of a network; or
:class:`Both`.  What it is, is told by a description, which a readout's file and the cache of
a training hold.

The columns of a network's layers over a place are its hypercolumn: each layer is enlarged
linearly to the grid.

References
----------
Hariharan, Arbelaez, Girshick & Malik (2015), doi:10.1109/CVPR.2015.7298642 (hypercolumns);
Kümmerer, Theis & Bethge (2015), arXiv:1411.1045, and Jetley, Murray & Vig (2016),
doi:10.1109/CVPR.2016.620 (networks for objects as front ends of saliency).
"""

import difflib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from psysal._typing import Array
from psysal.checks import whole_number
from psysal.models.layer_file import LayerFile
from psysal.models.network import AXES, PARAMETERS, TYPES, encoding
from psysal.models.onnx_graph import Layer
from psysal.threads import SERIAL, ThreadPool
from psysal.vision.color import LUMA
from psysal.vision.features import Psychophysical, grid_shape, shrunken
from psysal.vision.resize import resize

__all__ = ["SHIPPED_NETWORK", "Both", "FrontEnd", "Network", "decode_front_end", "list_layers"]

SHIPPED_NETWORK = "deep"
"""Name of the network that comes with psysal: EfficientNet-Lite0 up to its sixth stage."""
MULTIPLE = 32  # of a picture's sides, which networks halve up to five times
PROBE = 128  # pixels of a side of the picture by which layers are measured
CLOSE = 0.4  # likeness of names that are proposed


class FrontEnd(Protocol):
    """Callable from checked pixels to planes on the grid."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the planes."""

    def __call__(self, pixels: Array, *, pool: ThreadPool = SERIAL) -> Array:
        """Planes of an image.

        Parameters
        ----------
        pixels : ndarray, (rows, cols) or (rows, cols, 3)
            As :func:`psysal.image.check_image` gives them.
        pool : ThreadPool
            Threads.

        Returns
        -------
        ndarray, (features, grid_rows, grid_cols), float32
        """

    def describe(self) -> dict[str, Any]:
        """Description, by which it is made again.

        Returns
        -------
        dict of str to object
            As JSON can hold it.
        """


@dataclass(frozen=True)
class Network:
    """Inner layers of a network in an ONNX file; a callable from pixels to their planes.

    Where ONNX Runtime is installed it runs the network, else ``cv2.dnn`` does, half as fast
    and with the same result to some 1e-5. ONNX Runtime knows more operators, and refuses a
    network that takes no picture of this size, where OpenCV may crash.

    Parameters
    ----------
    path : str or path
        "deep", which comes with psysal, or a file as :class:`psysal.OnnxModel` takes it,
        with the encoding of its input in its metadata.
    layers : sequence of str
        Names of layers, (1, channels, rows, cols) each; ``psysal models --layers FILE``
        lists them.
    size : int
        Longer side of the picture, from 32; both sides are rounded to multiples of 32. A
        network of a fixed size has its own.
    digest : str, optional
        SHA-256 that the file must have; by default any.

    Raises
    ------
    ValueError
        The file is missing, no network, has its weights elsewhere, or is another than
        ``digest`` says; there is no such layer; a layer is of another rank.
    OSError
        The file cannot be opened.

    Examples
    --------
    >>> columns = Network("deep", ["l3", "l5"])
    >>> columns(np.zeros((60, 90, 3), np.uint8)).shape, columns.names[80]
    ((272, 32, 48), 'l5, 1')
    """

    path: str | os.PathLike[str]
    layers: Sequence[str]
    size: int = 448
    digest: str | None = None

    def __post_init__(self) -> None:
        whole_number("size", self.size, MULTIPLE)
        if self.path != SHIPPED_NETWORK:
            object.__setattr__(self, "path", str(Path(self.path).absolute()))
        layers = tuple(self.layers)
        known = [layer.name for layer in self._file.graph.layers]
        if not layers:
            raise ValueError("layers must be some, got none; psysal models --layers lists them")
        for layer in layers:
            if layer not in known:
                near = difflib.get_close_matches(layer, known, 3, CLOSE) or known[-3:]
                raise ValueError(
                    f"{self._file.path}: layers must be of the network, got {layer!r}; "
                    f"the nearest names are {', '.join(near)}"
                )
        if self.digest not in (None, self._file.digest):
            raise ValueError(
                f"{self._file.path}: is another network than the readout was trained with, or was "
                "changed: its digest differs; get the file anew, or train anew"
            )
        object.__setattr__(self, "layers", layers)
        object.__setattr__(self, "digest", self._file.digest)
        _ = self._encoding

    @cached_property
    def _file(self) -> LayerFile:
        return LayerFile(_network_path(self.path))

    @cached_property
    def _encoding(self) -> dict[str, Any]:
        graph, nothing = self._file.graph, dict.fromkeys(PARAMETERS)
        return encoding(self._file.path, graph.inputs, graph.metadata, nothing)

    @property
    def fixed_size(self) -> tuple[int, int] | None:
        """Rows and columns of the network's input, where it takes no others."""
        size: tuple[int, int] | None = self._encoding["size"]
        return size

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the planes: layer and channel, from 1."""
        outputs = self._file.run(self.probe(), self.layers, 1)
        return tuple(
            f"{layer}, {channel}"
            for layer, output in zip(self.layers, outputs, strict=True)
            for channel in range(1, 1 + self._check_rank(layer, output).shape[1])
        )

    def __call__(self, pixels: Array, *, pool: ThreadPool = SERIAL) -> Array:
        """Planes of an image.

        Parameters
        ----------
        pixels : ndarray, (rows, cols) or (rows, cols, 3)
            As :func:`psysal.image.check_image` gives them.
        pool : ThreadPool
            Threads; results may differ in the last bits by their number.

        Returns
        -------
        ndarray, (features, grid_rows, grid_cols), float32

        Raises
        ------
        ValueError
            A layer is of one pixel, or not finite.
        """
        planes = []
        for layer, output in zip(self.layers, self.outputs(pixels, pool=pool), strict=True):
            if output.shape[1:] == (1, 1):
                raise ValueError(
                    f"{self._file.path}: layers must have places, got {layer}, which is of one "
                    "pixel; take a layer before it"
                )
            planes.append(resize(output, grid_shape(*pixels.shape[:2]), "linear", pool=pool))
        return np.concatenate(planes)

    def outputs(self, pixels: Array, *, pool: ThreadPool = SERIAL) -> list[Array]:
        """Layers of an image, each on its own grid.

        Parameters
        ----------
        pixels : ndarray, (rows, cols) or (rows, cols, 3)
            As :func:`psysal.image.check_image` gives them.
        pool : ThreadPool
            Threads.

        Returns
        -------
        list of ndarray, (channels, rows, cols), float32

        Raises
        ------
        ValueError
            The network fails, or a layer is not finite.
        """
        longer = max(pixels.shape[:2])
        rows, cols = self._encoding["size"] or (
            max(1, round(n * self.size / longer / MULTIPLE)) * MULTIPLE for n in pixels.shape[:2]
        )
        planes = self._planes(pixels, (rows, cols))
        outputs = self._file.run(planes, self.layers, pool.threads)
        layers = []
        for layer, output in zip(self.layers, outputs, strict=True):
            output = self._check_rank(layer, output)[0].astype(np.float32, order="C", copy=False)
            if not np.isfinite(output).all():
                raise ValueError(
                    f"{self._file.path}: layers must be finite, got NaN or infinite values in "
                    f"{layer}; check the scale, mean and std in its metadata"
                )
            layers.append(output)
        return layers

    def probe(self) -> Array:
        """Input of the network for a black picture, by which layers are measured.

        Returns
        -------
        ndarray, (1, 3, rows, cols) or as the network takes it
        """
        shape = self._encoding["size"] or (PROBE, PROBE)
        return self._planes(np.zeros((*shape, 3), np.uint8), shape)

    def describe(self) -> dict[str, Any]:
        """Description, by which it is made again.

        Returns
        -------
        dict of str to object
        """
        return {
            "network": self.path,
            "digest": self.digest,
            "layers": list(self.layers),
            "size": self.size,
        }

    def _planes(self, pixels: Array, shape: tuple[int, int]) -> Array:
        """Input of the network for pixels."""
        code = self._encoding
        picture = shrunken(pixels, shape)
        if picture.ndim == 2:
            picture = np.repeat(picture[:, :, None], 3, axis=2)
        if len(code["mean"]) == 1:
            picture = (picture @ np.array(LUMA, np.float32))[:, :, None]
        planes = np.ascontiguousarray(picture.transpose(2, 0, 1))
        slope = (code["scale"] / np.array(code["std"], np.float32))[:, None, None]
        planes *= slope
        planes -= slope * np.array(code["mean"], np.float32)[:, None, None]
        if code["channel_order"] == "bgr":
            planes = planes[::-1]
        kind = TYPES[self._file.graph.inputs[0].type]
        planes = np.rint(planes) if kind == np.uint8 else planes
        if AXES[code["layout"]][0] == 3:
            planes = planes.transpose(1, 2, 0)
        return np.ascontiguousarray(planes[None], kind)

    def _check_rank(self, layer: str, output: Array) -> Array:
        """An output of four axes, or a ValueError."""
        if output.ndim != 4 or len(output) != 1:
            raise ValueError(
                f"{self._file.path}: layers must be (1, channels, rows, cols), got {layer} of "
                f"shape {output.shape}; take a layer before it"
            )
        return output


@dataclass(frozen=True)
class Both:
    """Two front ends, the planes of one after those of the other.

    Parameters
    ----------
    first, second : FrontEnd

    Examples
    --------
    >>> both = Both(Psychophysical(), Network("deep", ["l5"]))
    >>> both(np.zeros((60, 90), np.uint8)).shape == (len(both.names), 32, 48)
    True
    """

    first: FrontEnd
    second: FrontEnd

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the planes."""
        return (*self.first.names, *self.second.names)

    def __call__(self, pixels: Array, *, pool: ThreadPool = SERIAL) -> Array:
        """Planes of an image.

        Parameters
        ----------
        pixels : ndarray, (rows, cols) or (rows, cols, 3)
            As :func:`psysal.image.check_image` gives them.
        pool : ThreadPool
            Threads.

        Returns
        -------
        ndarray, (features, grid_rows, grid_cols), float32
        """
        return np.concatenate([part(pixels, pool=pool) for part in (self.first, self.second)])

    def describe(self) -> dict[str, Any]:
        """Description, by which it is made again.

        Returns
        -------
        dict of str to object
        """
        return {"both": [self.first.describe(), self.second.describe()]}


def decode_front_end(description: Any, folder: Path) -> FrontEnd:
    """Front end of a description.

    Parameters
    ----------
    description : mapping of str to object
        As ``describe`` of a front end gives it.
    folder : Path
        Folder in which the file of a network or detector is looked for too, by its name.

    Returns
    -------
    FrontEnd

    Raises
    ------
    ValueError
        A file is missing or another.
    ArithmeticError, AttributeError, LookupError, TypeError
        It is no description.
    """
    if "both" in description:
        first, second = (decode_front_end(part, folder) for part in description["both"])
        return Both(first, second)

    def found(path: str) -> str | Path:
        return path if Path(path).is_file() else folder / Path(path).name

    if "network" not in description:
        own = dict(description["psychophysical"])
        if "faces" in own:
            own["faces"] = found(own["faces"])
        return Psychophysical(**own)
    path = description["network"]
    path = path if path == SHIPPED_NETWORK else found(path)
    keys = ("layers", "size", "digest")
    return Network(path, **{key: description[key] for key in keys})


def list_layers(path: str | os.PathLike[str]) -> list[tuple[Layer, tuple[int, ...]]]:
    """Layers of a network that a front end can read, with their shapes.

    Parameters
    ----------
    path : str or path
        As :class:`Network` takes it.

    Returns
    -------
    list of (Layer, (channels, rows, cols))
        For a picture of 128 pixels a side, or of the network's size.
    """
    file = LayerFile(_network_path(path))
    layers = file.graph.layers
    network = Network(path, [layers[-1].name])
    outputs = file.run(network.probe(), [layer.name for layer in layers], 1)
    return [
        (layer, output.shape[1:])
        for layer, output in zip(layers, outputs, strict=True)
        if output.ndim == 4
    ]


def _network_path(path: str | os.PathLike[str]) -> Path:
    """Path of a file, or of the network that comes with psysal."""
    if path == SHIPPED_NETWORK:
        return Path(str(files("psysal.models").joinpath("deep.onnx")))
    if not Path(path).is_file():
        other = "a folder" if Path(path).exists() else "nothing"
        raise ValueError(f"{path}: a network (.onnx) was expected, found {other}; check the path")
    return Path(path)
