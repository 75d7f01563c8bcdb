"""Networks that somebody else trained: a file in ONNX, run on the CPU, used as a model.

    image -> RGB in [0, 1] -> [size] -> scale (p - mean) / std -> network -> activation -> map

Place: beside the models.  Enters: an image as :func:`psysal.image.check_image` takes it.
Leaves: the raw map of the image's size, enlarged linearly; its unit is the network's.

What a network was trained to see is not in its graph.  It is declared here, or in the
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
from numpy.typing import DTypeLike, NDArray

from psysal.checks import whole_number
from psysal.image import full_scale
from psysal.models.base import DType, Model
from psysal.models.network import ACTIVATIONS, AXES, PARAMETERS, TYPES, Network, short
from psysal.threads import ThreadPool, thread_count, thread_pool
from psysal.vision.color import LUMA
from psysal.vision.resize import resize

__all__ = ["IMAGENET", "OnnxModel"]

Array = NDArray[Any]

IMAGENET: Mapping[str, Any] = MappingProxyType(
    {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
)
"""Mean and standard deviation of R, G and B in ImageNet, as torchvision's networks take them:
``OnnxModel(path, channel_order="rgb", **IMAGENET)``."""


@dataclass(frozen=True)
class OnnxModel(Model):
    """A network from images to maps, in a file.

    What is not given is taken from the file's metadata, or from its shapes; what neither
    tells has the default below. A contradiction is an error. The model made shows all that
    it found.

    Parameters
    ----------
    path : path
        The network: one input with four axes, 3 channels (color) or 1 (grey, by
        :data:`psysal.vision.color.LUMA` of the encoded values), float or uint8; the first
        axis is 1 or dynamic. The output is (1, 1, rows, cols), (1, rows, cols, 1),
        (1, rows, cols) or (rows, cols), of any size.
    layout : "nchw" or "nhwc"
        Axes of the input: batch, channels, rows, columns, or channels last. Needed where
        both or neither could be, by the shape of the input.
    size : (int, int)
        Rows and columns that pictures are resized to, linearly and without aliasing,
        whatever their proportions. By default what the input has; where that is dynamic,
        pictures keep their size.
    channel_order : "rgb" or "bgr"
        Of the channels that the network was trained with; a network of color must tell.
        It is not that of the images that are passed, which the call tells.
    scale : number
        What white is to the network, but for mean and std: 1 by default, such as 255 for
        networks of codes. A uint8 input takes 255, rounded, and neither mean nor std.
    mean, std : sequence of numbers
        Of R, G and B in this order, whatever ``channel_order`` is, in units of [0, 1]; one number
        for grey. 0 and 1 by default: :data:`IMAGENET` has those of many networks.
    activation : "sigmoid", "exp" or "softmax"
        What turns the output into a map, before that is resized; by default the output is
        one. Softmax is over all pixels, and the map of the image's size sums to 1.
    output : str
        Name of the output that is the map, where there are several.

    Raises
    ------
    ValueError
        There is no such file, it is no network, one that cannot be run, or one that does
        not take an image or give a map; or something is not known or contradicts the file.
    ImportError
        ONNX Runtime is not installed.
    OSError
        The file cannot be opened.

    Notes
    -----
    ONNX files are data: no Python of theirs is run, and their operators are those of
    ONNX Runtime. They can ask for any amount of memory and time, and be made to break the
    program that reads them: use those of people you trust. Large networks keep their
    weights in files beside them, which are read too; ONNX Runtime refuses names that lead
    out of the folder from 1.24 on, and 1.22 does not.

    The file is read when the model is made, and once more for every number of threads.
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
            found = "a folder" if path.exists() else "nothing"
            raise ValueError(
                f"{path}: a network (.onnx) was expected, found {found}; check the path"
            )
        for name, value in self._network.known({n: getattr(self, n) for n in PARAMETERS}).items():
            object.__setattr__(self, name, value)

    @property
    def fingerprint(self) -> str:
        """A digest of the file's size and time when the model was made.

        Weights in files beside it take no part.
        """
        return self._network.fingerprint

    def _map(self, pixels: Array, dtype: DType, pool: ThreadPool) -> Array:
        session = self._network.session(pool.threads)
        (raw,) = self._run(session, [self._prepare(pixels, session.get_inputs()[0], pool)])
        return self._finish(raw, pixels.shape[:2], dtype, pool)

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
            As calling the model takes them, read as they are needed. Those that follow one
            another in one size, if only that of the network, are run together.
        batch_size : int
            At most so many together; where the input's first axis is 1, it is one.
        channel_order, dtype, threads
            As calling the model takes them.

        Returns
        -------
        iterator of ndarray, (rows, cols)
            The map of every image, in their order.
        """
        whole_number("batch_size", batch_size)
        session = self._network.session(thread_count(threads))
        put = session.get_inputs()[0]
        if put.shape[0] == 1:
            batch_size = 1

        def prepared() -> Iterator[_Input]:
            for image in images:
                pixels, kind, count = self.check_input(image, channel_order, dtype, threads)
                with thread_pool(count) as pool:
                    yield self._prepare(pixels, put, pool), pixels.shape[:2], kind, count

        def maps() -> Iterator[Array]:
            for batch in _batches(prepared(), batch_size):
                planes = self._run(session, [planes for planes, *_ in batch])
                for raw, (_, shape, kind, count) in zip(planes, batch, strict=True):
                    with thread_pool(count) as pool:
                        yield self._finish(raw, shape, kind, pool)

        return maps()

    @cached_property
    def _network(self) -> Network:
        return Network(Path(self.path))

    def _prepare(self, pixels: Array, put: Any, pool: ThreadPool) -> Array:
        """Checked pixels as the network's input ``put``."""
        assert self.scale  # found when the model was made, as are the others
        assert self.mean
        planes = _planes(pixels, len(self.mean) == 3)
        if self.size and self.size != pixels.shape[:2]:
            planes = resize(planes, self.size, "linear", pool=pool)
        slope = self.scale / np.array(self.std)[:, None, None]
        planes *= (slope / full_scale(pixels)).astype(np.float32)
        planes -= (slope * np.array(self.mean)[:, None, None]).astype(np.float32)
        if self.channel_order == "bgr":
            planes = planes[::-1]
        if put.type == "tensor(uint8)":
            planes = np.rint(planes)
        ordered = planes if self.layout == "nchw" else planes.transpose(1, 2, 0)
        return np.ascontiguousarray(ordered[None], TYPES[put.type])

    def _run(self, session: Any, inputs: list[Array]) -> Array:
        """Outputs (count, rows, cols) of inputs of one size."""
        put = np.concatenate(inputs) if len(inputs) > 1 else inputs[0]
        try:
            (output,) = session.run([self.output], {session.get_inputs()[0].name: put})
        except Exception as error:  # ONNX Runtime has kinds of its own
            raise ValueError(
                f"{self.path}: the network failed on an input {put.shape} ({short(error)}); "
                "pass a size that it takes, or batch_size=1 if single images go well"
            ) from None
        return self._split(output, len(inputs))

    def _split(self, got: Array, count: int) -> Array:
        """An output as (count, rows, cols)."""
        assert self.layout
        channel = AXES[self.layout][0]
        found = got[None] if got.ndim == 2 else got
        if got.ndim == 4:
            lone = [axis for axis in (channel, 4 - channel) if got.shape[axis] == 1]
            found = got.squeeze(lone[0]) if lone else got
        if found.ndim != 3 or len(found) != count:
            raise ValueError(
                f"{self.path}: the output {self.output} must be ({count}, 1, rows, cols), "
                f"({count}, rows, cols, 1), ({count}, rows, cols) or, of one image, "
                f"(rows, cols), got {got.shape}; name another output, or export a single map"
            )
        return found

    def _finish(self, raw: Array, shape: tuple[int, ...], kind: DType, pool: ThreadPool) -> Array:
        """An output as a map of the image's size."""
        with np.errstate(over="ignore", invalid="ignore"):  # which are seen below
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
"""Input of the network, size of its image, type of its map, and threads."""


def _planes(pixels: Array, color: bool) -> Array:
    """Checked pixels as new float32 planes, (3, rows, cols) or, of luminance, (1, rows, cols)."""
    if pixels.ndim == 2:
        return np.repeat(pixels.astype(np.float32)[None], 3 if color else 1, axis=0)
    if not color:
        return (pixels.astype(np.float32) @ np.array(LUMA, np.float32))[None]
    return pixels.transpose(2, 0, 1).astype(np.float32, order="C")


def _batches(inputs: Iterator[_Input], most: int) -> Iterator[list[_Input]]:
    """Inputs in batches of one size, as they come."""
    for _, same in groupby(inputs, lambda item: item[0].shape):
        while batch := list(islice(same, most)):
            yield batch
