"""Networks in ONNX files: their sessions, and their parameters from metadata and shapes.

    path -> [session] -> [metadata, shapes] -> parameters of a model

Place: below :class:`psysal.OnnxModel`.  Enters: a file, and the arguments of the model.
Leaves: every parameter, or an error that names the one that is missing or wrong.
"""

import math
import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from scipy import special

from psysal._typing import Array
from psysal.checks import parse_json
from psysal.optional import require

__all__ = [
    "ACTIVATIONS",
    "AXES",
    "PARAMETERS",
    "TYPES",
    "NetworkFile",
    "encoding",
    "open_session",
    "shorten",
]

ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = {
    "sigmoid": special.expit,
    "exp": np.exp,
    "softmax": special.softmax,
}
"""Functions from outputs to maps: of log odds, of log densities, of logits over all pixels."""

AXES = {"nchw": (1, 2, 3), "nhwc": (3, 1, 2)}
"""Axes of channels, rows and columns in a layout."""

TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
}
"""Data types of inputs and outputs, by their names in ONNX Runtime."""


class NetworkFile:
    """File of a network and its sessions, one for every number of threads.

    A process that gets a copy opens its own.

    Parameters
    ----------
    path : Path
    fingerprint : str, optional
        Digest of the file's size and time; by default that of now. A file that changes
        afterwards is refused.
    """

    def __init__(self, path: Path, fingerprint: str | None = None) -> None:
        self.path, self.fingerprint = path, fingerprint or _fingerprint(path)
        self._sessions: dict[tuple[int, int], Any] = {}
        self._opening = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return NetworkFile, (self.path, self.fingerprint)

    def session(self, threads: int) -> Any:
        """Session of a number of threads.

        Parameters
        ----------
        threads : int
            From 1.

        Returns
        -------
        onnxruntime.InferenceSession
            Threads may share it.

        Raises
        ------
        ValueError
            The file has changed, is no network, or cannot be run.
        ImportError
            ONNX Runtime is not installed.
        OSError
            The file cannot be opened.
        """
        with self._opening:
            key = os.getpid(), threads  # threads do not outlive a fork
            if key not in self._sessions:
                if _fingerprint(self.path) != self.fingerprint:
                    raise ValueError(
                        f"{self.path}: has changed since the model was made; make it anew"
                    )
                self._sessions[key] = open_session(self.path, threads)
            return self._sessions[key]

    def parameters(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """All parameters, from the arguments, the file and the defaults.

        Parameters
        ----------
        arguments : mapping of str to object
            Values of all :data:`PARAMETERS`; None where the file decides.

        Returns
        -------
        dict of str to object

        Raises
        ------
        ValueError
            A parameter has no meaning, contradicts the file, or is missing.
        """
        checked = {name: _check(self.path, name, value) for name, value in arguments.items()}
        session = self.session(1)
        metadata = session.get_modelmeta().custom_metadata_map
        parameters = encoding(self.path, session.get_inputs(), metadata, checked)
        return {**parameters, "output": _output(self.path, session, parameters["output"])}


# --- parameters of a network --------------------------------------------------


def _declared(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    """Parameters in the metadata of the file."""
    parameters = {}
    for key, text in metadata.items():
        owner, _, name = key.partition(".")
        if owner != "psysal":
            continue
        if name not in PARAMETERS:
            known = ", ".join(f"psysal.{name}" for name in PARAMETERS)
            raise ValueError(f"{path}: metadata must be of {known}, got {key}; rename it")
        try:
            value = parse_json(text)
        except ValueError:
            raise ValueError(
                f"{path}: {key} must hold JSON, got {text[:40]!r}; write words in double quotes"
            ) from None
        parameters[name] = _check(path, name, value)
    return parameters


def _one_of(*words: str) -> tuple[Callable[[Any], bool], str]:
    return lambda value: isinstance(value, str) and value in words, " or ".join(words)


def _are_numbers(value: Any, low: float = -math.inf) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) > 0
        and all(isinstance(n, (int, float, np.number)) and low < n < math.inf for n in value)
    )


def _are_lengths(value: Any) -> bool:
    whole = _are_numbers(value, 0) and all(isinstance(n, (int, np.integer)) for n in value)
    return whole and len(value) == 2


_CHECKS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "layout": _one_of(*AXES),
    "size": (_are_lengths, "(rows, cols), whole and positive"),
    "channel_order": _one_of("rgb", "bgr"),
    "scale": (lambda value: _are_numbers((value,), 0), "a positive number"),
    "mean": (_are_numbers, "finite numbers, one a channel"),
    "std": (lambda value: _are_numbers(value, 0), "positive numbers, one a channel"),
    "activation": _one_of(*ACTIVATIONS),
    "output": (lambda value: isinstance(value, str), "a name"),
}

PARAMETERS = tuple(_CHECKS)
"""Parameters of :class:`psysal.OnnxModel` that metadata may declare."""


def _check(path: Path, name: str, value: Any) -> Any:
    """A parameter, sequences as tuples, or an error."""
    if isinstance(value, (list, np.ndarray)):
        value = tuple(value)
    is_valid, expected = _CHECKS[name]
    if value is not None and not is_valid(value):
        raise ValueError(f"{path}: {name} must be {expected}, got {value!r}")
    return value


def _merge(path: Path, arguments: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of the caller and of the file, or an error where they differ."""
    for name, value in declared.items():
        if None not in (value, arguments[name]) and arguments[name] != value:
            raise ValueError(
                f"{path}: {name} is {value!r} in the file, got {arguments[name]!r}; "
                "leave it out, or correct the file"
            )
    return {
        name: declared.get(name) if value is None else value for name, value in arguments.items()
    }


def encoding(
    path: Path, inputs: Sequence[Any], metadata: Mapping[str, str], arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """Parameters of a network's input, from arguments, metadata, shapes and the defaults.

    Parameters
    ----------
    path : Path
        Name of the file in messages.
    inputs : sequence
        With name, shape and type, as ONNX Runtime describes them.
    metadata : mapping of str to str
    arguments : mapping of str to object
        Values of all :data:`PARAMETERS`; None where the file decides.

    Returns
    -------
    dict of str to object
        All parameters; an output that nobody named is None.

    Raises
    ------
    ValueError
        A parameter has no meaning, contradicts the file, or is missing.
    """
    parameters = _merge(path, arguments, _declared(path, metadata))
    info = _input(path, inputs)
    layout = _layout(path, info, parameters["layout"])
    size = _size(path, info, layout, parameters["size"])
    channels = info.shape[AXES[layout][0]]
    if channels == 3 and parameters["channel_order"] is None:
        raise ValueError(
            f"{path}: the order of its color channels must be known, found nothing; "
            "write psysal.channel_order into the file, "
            'or pass channel_order="rgb" or "bgr", as it was trained'
        )
    is_codes = info.type == "tensor(uint8)"
    scale = parameters["scale"] or (255 if is_codes else 1)
    mean = parameters["mean"] or (0,) * channels
    std = parameters["std"] or (1,) * channels
    for name, values in (("mean", mean), ("std", std)):
        if len(values) != channels:
            raise ValueError(
                f"{path}: {name} must have a number for each channel, {channels}, got {values!r}"
            )
    if is_codes and (scale != 255 or any(mean) or {*std} != {1}):
        raise ValueError(
            f"{path}: the input {info.name} is uint8 and takes codes, 0 to 255, got "
            f"scale={scale}, mean={mean}, std={std}; leave them out"
        )
    return {
        **parameters,
        "layout": layout,
        "size": size,
        "scale": scale,
        "mean": mean,
        "std": std,
    }


def _input(path: Path, inputs: Sequence[Any]) -> Any:
    """Description of the only input: its name, shape and type."""
    if len(inputs) != 1:
        names = ", ".join(info.name for info in inputs) or "none"
        raise ValueError(
            f"{path}: a network of one input, the image, was expected, got {names}; "
            "export it with the others fixed"
        )
    (info,) = inputs
    _check_type(path, "input", info)
    shape = info.shape
    if len(shape) != 4:
        raise ValueError(
            f"{path}: the input {info.name} must have 4 axes, (batch, channels, rows, cols) or "
            f"(batch, rows, cols, channels), got {shape}; export it so"
        )
    if isinstance(shape[0], int) and shape[0] != 1:
        raise ValueError(
            f"{path}: the input {info.name} must take 1 image or any number, got {shape[0]} "
            f"in {shape}; export it so"
        )
    return info


def _check_type(path: Path, side: str, info: Any) -> None:
    if info.type not in TYPES:
        raise ValueError(
            f"{path}: the {side} {info.name} must be {', '.join(TYPES)}, got {info.type}; "
            "export it so"
        )


def _layout(path: Path, info: Any, layout: str | None) -> str:
    fitting = [name for name, axes in AXES.items() if info.shape[axes[0]] in (1, 3)]
    if layout is None and len(fitting) == 2:
        raise ValueError(
            f"{path}: the input {info.name} {info.shape} could have its channels first or last; "
            'write psysal.layout into the file, or pass layout="nchw" or "nhwc"'
        )
    if not fitting or layout not in (None, *fitting):
        axis = f"axis {AXES[layout][0]} ({layout})" if layout else "axis 1 or 3"
        raise ValueError(
            f"{path}: the input {info.name} must have 1 or 3 channels on {axis}, "
            f"got {info.shape}; {'correct the layout' if fitting else 'export it so'}"
        )
    return layout or fitting[0]


def _size(
    path: Path, info: Any, layout: str, size: tuple[int, int] | None
) -> tuple[int, int] | None:
    """Rows and columns of the input; None where they are dynamic."""
    own = tuple(info.shape[axis] for axis in AXES[layout][1:])
    fixed = [isinstance(length, int) for length in own]
    if size is None and any(fixed) and not all(fixed):
        raise ValueError(
            f"{path}: the rows and columns {own} of the input {info.name} are fixed in part; "
            "write psysal.size into the file, or pass size=(rows, cols)"
        )
    if size is None:
        return own if all(fixed) else None
    if any(is_fixed and a != b for is_fixed, a, b in zip(fixed, own, size, strict=True)):
        raise ValueError(
            f"{path}: the input {info.name} has rows and columns {own}, got size={size}; "
            "leave it out, or correct the file"
        )
    return size


def _output(path: Path, session: Any, name: str | None) -> str:
    """Name of the output that is the map."""
    outputs = {output.name: output for output in session.get_outputs()}
    if name is None and len(outputs) > 1:
        raise ValueError(
            f"{path}: one output was expected, found {', '.join(outputs)}; "
            "pass output= with the name of the map, or write psysal.output into the file"
        )
    chosen = next(iter(outputs)) if name is None else name
    if chosen not in outputs:
        raise ValueError(f"{path}: output must be one of {', '.join(outputs)}, got {chosen!r}")
    _check_type(path, "output", outputs[chosen])
    return chosen


# --- ONNX Runtime ------------------------------------------------------------


def _fingerprint(path: Path) -> str:
    stat = path.stat()
    text = repr((stat.st_size, stat.st_mtime_ns))
    return blake2b(text.encode(), digest_size=8).hexdigest()


def open_session(path: Path, threads: int, data: bytes | None = None) -> Any:
    """Session of ONNX Runtime.

    Parameters
    ----------
    path : Path
        File of the network, and its name in messages.
    threads : int
        From 1.
    data : bytes, optional
        Network to run in place of the file's.

    Returns
    -------
    onnxruntime.InferenceSession

    Raises
    ------
    ValueError
        It is no network, or cannot be run.
    ImportError
        ONNX Runtime is not installed.
    OSError
        The file cannot be opened.
    """
    runtime = require("onnxruntime")
    if data is None:
        with open(path, "rb"):  # a file that cannot be opened is another error than a damaged one
            pass
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # errors are raised, and need not be printed too
    try:
        return runtime.InferenceSession(data or path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has exceptions of its own
        raise ValueError(f"{path}: {_explain(str(error), runtime.__version__)}") from None


def _explain(text: str, version: str) -> str:
    """Error of ONNX Runtime about a file in a sentence of ours."""
    runtime = f"ONNX Runtime {version}"
    if match := re.search(r"Opset (\d+) .* is till opset (\d+)", text):
        return (
            f"opset {match[2]} or less was expected by {runtime}, got {match[1]}; "
            f"update onnxruntime, or export the network with opset {match[2]}"
        )
    if match := re.search(r"IR version: (\d+), max supported IR version: (\d+)", text):
        return (
            f"IR version {match[2]} or less was expected by {runtime}, got {match[1]}; "
            f"update onnxruntime, or save the network with ir_version {match[2]}"
        )
    if match := (
        re.search(r"(\S+?)\(\S*\) is not a registered function", text)
        or re.search(r"No Op registered for (\S+)", text)
        or re.search(r"Could not find an implementation for (\S+?)\(", text)
    ):
        return (
            f"operators of {runtime} were expected, found {match[1]}, which it lacks; "
            "export the network without it"
        )
    if re.search("External (data|initializer)|filesystem error", text):
        return (
            f"its weights are in another file, which cannot be read ({shorten(text)}); put it there"
        )
    return (
        f"a network in ONNX was expected, found something damaged or else ({shorten(text)}); "
        "get it anew"
    )


def shorten(error: object) -> str:
    """Message of ONNX Runtime without the names and lines of its own files.

    Parameters
    ----------
    error : object
        Exception, or its text.

    Returns
    -------
    str
    """
    text = re.sub(r"\[ONNXRuntimeError\] : \d+ : \w+ : ", "", " ".join(str(error).split()))
    return re.sub(r"/\S+:\d+ [^(]*\([^)]*\) ", "", text).rstrip(". ")
