"""Networks in ONNX files as models, run on the CPU.

    image -> RGB in [0, 1] -> [size] -> scale (p - mean) / std -> network -> activation -> map

Place: beside the models.  Enters: an image as :func:`psysal.image.check_image` takes it.
Leaves: the raw map of the image's size, enlarged linearly; its unit is the network's.

The encoding of a network's input is not in its graph.  It is declared here, or in the
file, where a key of its metadata holds a parameter of :class:`OnnxModel` in JSON:

    psysal.layout      "nchw"                psysal.channel_order "bgr"
    psysal.size        [480, 640]            psysal.scale        255
    psysal.mean        [0.41, 0.46, 0.48]    psysal.std          [1, 1, 1]
    psysal.activation  "exp"                 psysal.output       "density"

``onnx.helper.set_model_props`` writes them.

References
----------
ONNX, https://onnx.ai; ONNX Runtime, https://onnxruntime.ai.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from itertools import groupby, islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from psysal._typing import Array
from psysal.checks import whole_number
from psysal.image import full_scale
from psysal.models.base import DType, Model
from psysal.models.network import ACTIVATIONS, AXES, PARAMETERS, TYPES, NetworkFile, shorten
from psysal.threads import ThreadPool, thread_count, thread_pool
from psysal.vision.color import LUMA
from psysal.vision.resize import resize

__all__ = ["IMAGENET", "OnnxModel"]

IMAGENET: Mapping[str, Any] = MappingProxyType(
    {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
)
"""Mean and standard deviation of R, G and B in ImageNet, for torchvision's networks:
``OnnxModel(path, channel_order="rgb", **IMAGENET)``."""


@dataclass(frozen=True)
class OnnxModel(Model):
    """Network from images to maps, in a file; a callable from an image to its raw map.

    Arguments that are left out are taken from the file's metadata, or from its shapes; else they
    have the default below. A contradiction is an error. The attributes of a model are the values
    in use.

    Parameters
    ----------
    path : path
        Network with one input of four axes, 3 channels (color) or 1 (grey, by
        :data:`psysal.vision.color.LUMA` of the encoded values), float or uint8; the first
        axis is 1 or dynamic. The output is (1, 1, rows, cols), (1, rows, cols, 1),
        (1, rows, cols) or (rows, cols), of any size.
    layout : "nchw" or "nhwc"
        Axes of the input: batch, channels, rows, columns, or channels last. Needed where
        the shape of the input fits both.
    size : (int, int)
        Rows and columns that pictures are resized to, linearly and without aliasing,
        whatever their proportions. By default those of the input; where these are dynamic,
        pictures are not resized.
    channel_order : "rgb" or "bgr"
        Order of the channels that the network was trained with, needed for color. The order
        of an image's channels is an argument of the call.
    scale : number
        Value of white in the input, before mean and std: 1 by default, such as 255 for
        networks of codes. A uint8 input takes 255, rounded, and neither mean nor std.
    mean, std : sequence of numbers
        Mean and standard deviation of R, G and B in this order, whatever ``channel_order`` is,
        in units of [0, 1]; one number for grey. 0 and 1 by default: :data:`IMAGENET` has those
        of many networks.
    activation : "sigmoid", "exp" or "softmax"
        Function from the output to the map, before that is resized; by default the output
        itself. Softmax is over all pixels, and the map of the image's size sums to 1; it is a
        density, as is that of "exp", which is for log densities.
    output : str
        Name of the output that is the map, where there are several.

    Raises
    ------
    ValueError
        The file is missing, no network, or one that cannot be run, takes no image or gives no
        map; or a parameter is missing or contradicts the file.
    ImportError
        ONNX Runtime is not installed.
    OSError
        The file cannot be opened.

    Notes
    -----
    ONNX files are data: no Python of theirs is run, and their operators are those of
    ONNX Runtime. They can take any amount of memory and time, and be crafted to crash the
    program that reads them: use those of people you trust. The weights of large networks are
    in files beside them, which are read too; ONNX Runtime refuses names that lead
    out of the folder from 1.24 on, and 1.22 does not.

    The file is read when a model is constructed, and once more for every number of threads.
    Threads may share a model; a process gets a copy, which opens the file anew. Batches and
    numbers of threads may change the last bits, as they do in every such program.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import onnx
    >>> network = onnx.parser.parse_model('''
    ...     <ir_version: 8, opset_import: ["" : 17]>
    ...     mean (float[1, 3, rows, cols] image) => (float[1, 1, rows, cols] map) {
    ...         map = ReduceMean <axes = [1]> (image)
    ...     }''')
    >>> onnx.helper.set_model_props(network, {"psysal.channel_order": '"rgb"'})
    >>> with TemporaryDirectory() as folder:
    ...     onnx.save(network, Path(folder, "mean.onnx"))
    ...     model = OnnxModel(Path(folder, "mean.onnx"))
    ...     model(np.full((8, 9, 3), [0.0, 0.5, 1.0])).max(), model.layout
    (np.float32(0.5), 'nchw')
    """

    multithreaded_pixels = 0  # the network may work on a larger picture

    path: str | os.PathLike[str]
    _: KW_ONLY
    layout: str | None = None
    size: tuple[int, int] | None = None
    channel_order: str | None = None
    scale: float | None = None
    mean: Sequence[float] | None = None
    std: Sequence[float] | None = None
    activation: str | None = None
    output: str | None = None

    def __post_init__(self) -> None:
        path = Path(self.path)
        if not path.is_file():
            other = "a folder" if path.exists() else "nothing"
            raise ValueError(
                f"{path}: a network (.onnx) was expected, found {other}; check the path"
            )
        arguments = {name: getattr(self, name) for name in PARAMETERS}
        for name, value in self._network.parameters(arguments).items():
            object.__setattr__(self, name, value)

    @property
    def fingerprint(self) -> str:
        """Digest of the file's size and time when the model was constructed.

        Weights in files beside it take no part.
        """
        return self._network.fingerprint

    @property
    def gives(self) -> str:  # type: ignore[override]
        """Kind of its values: a "density" by softmax or exp, else a "map"."""
        return "density" if self.activation in ("softmax", "exp") else "map"

    def _map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        session = self._network.session(pool.threads)
        planes = self._prepare(pixels, session.get_inputs()[0], pool)
        (output,) = self._run(session, [planes])
        return self._finish(output, pixels.shape[:2], dtype, pool)

    def maps(
        self,
        images: Iterable[Any],
        *,
        batch_size: int = 8,
        channel_order: str = "rgb",
        dtype: DTypeLike = "float32",
        threads: int | None = None,
    ) -> Iterator[Array]:
        """Maps of many images, several at a time where the network takes them.

        Parameters
        ----------
        images : iterable
            Images as calling the model takes them, read as they are needed. Images that follow
            one another and have one size as input of the network are run together.
        batch_size : int
            Most images that are run together; 1 where the input's first axis is 1.
        channel_order, dtype, threads
            As calling the model takes them.

        Returns
        -------
        iterator of ndarray, (rows, cols)
            Map of every image, in their order.

        Raises
        ------
        ValueError
            ``batch_size`` is not a positive whole number; the others as calling the model
            raises them, once their image is due.
        """
        whole_number("batch_size", batch_size)
        session = self._network.session(thread_count(threads))
        info = session.get_inputs()[0]
        if info.shape[0] == 1:
            batch_size = 1

        def inputs() -> Iterator[_Input]:
            for image in images:
                pixels, kind, count = self.check_input(image, channel_order, dtype, threads)
                with thread_pool(count) as pool:
                    yield self._prepare(pixels, info, pool), pixels.shape[:2], kind, count

        def maps() -> Iterator[Array]:
            for batch in _batches(inputs(), batch_size):
                outputs = self._run(session, [planes for planes, *_ in batch])
                for output, (_, shape, kind, count) in zip(outputs, batch, strict=True):
                    with thread_pool(count) as pool:
                        yield self._finish(output, shape, kind, pool)

        return maps()

    @cached_property
    def _network(self) -> NetworkFile:
        return NetworkFile(Path(self.path))

    def _prepare(self, pixels: Array, info: Any, pool: ThreadPool) -> Array:
        """Checked pixels as the network's input that ``info`` describes."""
        assert self.scale  # __post_init__ fills in all parameters
        assert self.mean
        planes = _planes(pixels, len(self.mean) == 3)
        if self.size and self.size != pixels.shape[:2]:
            planes = resize(planes, self.size, "linear", pool=pool)
        slope = self.scale / np.array(self.std)[:, None, None]
        planes *= (slope / full_scale(pixels)).astype(np.float32)
        planes -= (slope * np.array(self.mean)[:, None, None]).astype(np.float32)
        if self.channel_order == "bgr":
            planes = planes[::-1]
        if info.type == "tensor(uint8)":
            planes = np.rint(planes)
        ordered = planes if self.layout == "nchw" else planes.transpose(1, 2, 0)
        return np.ascontiguousarray(ordered[None], TYPES[info.type])

    def _run(self, session: Any, inputs: list[Array]) -> Array:
        """Outputs (count, rows, cols) of inputs of one size."""
        batch = np.concatenate(inputs) if len(inputs) > 1 else inputs[0]
        try:
            (output,) = session.run([self.output], {session.get_inputs()[0].name: batch})
        except Exception as error:  # ONNX Runtime has exceptions of its own
            raise ValueError(
                f"{self.path}: the network failed on an input {batch.shape} ({shorten(error)}); "
                "write a size that it takes into the file as psysal.size, or pass batch_size=1 if "
                "single images go well, or that size"
            ) from None
        return self._planes_of(output, len(inputs))

    def _planes_of(self, output: Array, count: int) -> Array:
        """An output as (count, rows, cols)."""
        assert self.layout
        channel = AXES[self.layout][0]
        planes = output[None] if output.ndim == 2 else output
        if output.ndim == 4:
            single = [axis for axis in (channel, 4 - channel) if output.shape[axis] == 1]
            planes = output.squeeze(single[0]) if single else output
        if planes.ndim != 3 or len(planes) != count:
            raise ValueError(
                f"{self.path}: the output {self.output} must be ({count}, 1, rows, cols), "
                f"({count}, rows, cols, 1), ({count}, rows, cols) or, of one image, "
                f"(rows, cols), got {output.shape}; name another output, or export a single map"
            )
        return planes

    def _finish(self, raw: Array, shape: tuple[int, ...], kind: DType, pool: ThreadPool) -> Array:
        """An output (rows, cols) as a map of the image's size."""
        with np.errstate(over="ignore", invalid="ignore"):  # infinite values are refused below
            raw = raw.astype(kind, copy=False)
            if self.activation:
                raw = ACTIVATIONS[self.activation](raw)
        if not np.isfinite(raw).all():
            raise ValueError(
                f"{self.path}: the output {self.output} must be finite, got NaN or infinite "
                "values; check scale, mean, std and activation"
            )
        if raw.shape != shape:
            rows, cols = shape
            raw = resize(raw[None], (rows, cols), "linear", pool=pool)[0]
        return raw / kind.type(raw.sum(dtype=float)) if self.activation == "softmax" else raw


_Input = tuple[Array, tuple[int, ...], DType, int]
"""Input of the network, size of its image, data type of its map, and number of threads."""


def _planes(pixels: Array, color: bool) -> Array:
    """Checked pixels as new float32 planes, (3, rows, cols) or, of luminance, (1, rows, cols)."""
    if pixels.ndim == 2:
        return np.repeat(pixels.astype(np.float32)[None], 3 if color else 1, axis=0)
    if not color:
        return (pixels.astype(np.float32) @ np.array(LUMA, np.float32))[None]
    return pixels.transpose(2, 0, 1).astype(np.float32, order="C")


def _batches(inputs: Iterator[_Input], most: int) -> Iterator[list[_Input]]:
    """Batches of inputs of one size that follow one another."""
    for _, same in groupby(inputs, lambda item: item[0].shape):
        while batch := list(islice(same, most)):
            yield batch
