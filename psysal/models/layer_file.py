"""Layers of a network in an ONNX file, computed by ONNX Runtime or by OpenCV.

Place: below the front ends.  Enters: a file, the network's input, names of layers.  Leaves:
their outputs.
"""

import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.models.network import open_session, shorten
from psysal.models.onnx_graph import read_graph, with_outputs
from psysal.optional import install_command, require

__all__ = ["LayerFile"]


class LayerFile:
    """Network in a file and what runs it, opened once for every process and number of threads.

    A process that gets a copy opens its own.

    Parameters
    ----------
    path : Path
        File in ONNX.

    Attributes
    ----------
    digest : str
        SHA-256 of the file.
    graph : Graph
        Its inputs, layers and metadata.

    Raises
    ------
    ValueError
        It is no network, or its weights are in another file.
    OSError
        It cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._data = path, path.read_bytes()
        self.digest = hashlib.sha256(self._data).hexdigest()
        try:
            self.graph = read_graph(self._data)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
        if not self.graph.is_whole:
            raise ValueError(
                f"{path}: a network with its weights was expected, found weights that are in "
                "another file; save it as one file"
            )
        self._opened: dict[tuple[Any, ...], Any] = {}
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return LayerFile, (self.path,)

    def run(self, planes: Array, layers: Sequence[str], threads: int) -> list[Array]:
        """Outputs of layers, by ONNX Runtime or, where that is not installed, by ``cv2.dnn``.

        Parameters
        ----------
        planes : ndarray
            Input of the network.
        layers : sequence of str
            Names of layers.
        threads : int
            Threads of ONNX Runtime, from 1; OpenCV has its own.

        Returns
        -------
        list of ndarray

        Raises
        ------
        ValueError
            The network fails.
        """
        try:
            require("onnxruntime")
        except ImportError:
            return self._run_by_opencv(planes, layers)
        session = self._open((os.getpid(), threads, *layers), self._session, layers, threads)
        try:
            outputs: list[Array] = session.run(layers, {self.graph.inputs[0].name: planes})
        except Exception as error:  # ONNX Runtime has exceptions of its own
            raise self._failure(planes, error) from None
        return outputs

    def _open(self, key: tuple[Any, ...], make: Callable[..., Any], *arguments: Any) -> Any:
        with self._lock:
            if key not in self._opened:
                self._opened[key] = make(*arguments)
            return self._opened[key]

    def _session(self, layers: Sequence[str], threads: int) -> Any:
        return open_session(self.path, threads, self._with_outputs(layers, typed=False))

    def _with_outputs(self, layers: Sequence[str], *, typed: bool) -> bytes:
        return with_outputs(self._data, dict.fromkeys(layers), typed=typed)

    def _run_by_opencv(self, planes: Array, layers: Sequence[str]) -> list[Array]:
        import cv2

        logs = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        try:
            net = self._open((os.getpid(), *layers), self._net, layers)
            with self._lock:  # a net runs one image at a time
                net.setInput(planes.astype(np.float32))
                outputs = [np.array(output) for output in net.forward(list(layers))]
        except cv2.error as error:
            raise self._failure(planes, error) from None
        finally:
            cv2.utils.logging.setLogLevel(logs)
        return outputs

    def _net(self, layers: Sequence[str]) -> Any:
        import cv2

        data = np.frombuffer(self._with_outputs(layers, typed=True), np.uint8)
        return cv2.dnn.readNetFromONNX(data)

    def _failure(self, planes: Array, error: Exception) -> ValueError:
        return ValueError(
            f"{self.path}: the network failed on an input {planes.shape} ({shorten(error)}); "
            f"give a size that it takes, or run: {install_command('onnx')}"
        )
