"""What a file in ONNX tells of its network, and the sessions that run it.

    path -> [session] -> [metadata, shapes] -> parameters of a model

Place: below :class:`psysal.OnnxModel`.  Enters: a file, and what its user says of it.
Leaves: every parameter, or one sentence that says what is missing or wrong.
"""

import json
import math
import os
import re
import threading
from collections.abc import Callable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from psysal.optional import require

__all__ = ["ACTIVATIONS", "AXES", "PARAMETERS", "TYPES", "Network", "short"]

Array = NDArray[Any]

ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = {
    "sigmoid": special.expit,
    "exp": np.exp,
    "softmax": special.softmax,
}
"""What turns an output into a map: of chances, of log densities, of logits over all pixels."""

AXES = {"nchw": (1, 2, 3), "nhwc": (3, 1, 2)}
"""Where a layout has channels, rows and columns."""

TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
}
"""Types of inputs and outputs, as ONNX Runtime calls them."""


class Network:
    """A file and its sessions, one a number of threads.

    A process that gets a copy opens its own.

    Parameters
    ----------
    path : Path
    fingerprint : str, optional
        Of the file as it was; sessions of another are refused.
    """

    def __init__(self, path: Path, fingerprint: str | None = None) -> None:
        self.path, self.fingerprint = path, fingerprint or _fingerprint(path)
        self._sessions: dict[tuple[int, int], Any] = {}
        self._opening = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return Network, (self.path, self.fingerprint)

    def session(self, threads: int) -> Any:
        """The ``InferenceSession`` of so many threads; threads may share it."""
        with self._opening:
            key = os.getpid(), threads  # threads do not outlive a fork
            if key not in self._sessions:
                if _fingerprint(self.path) != self.fingerprint:
                    raise ValueError(
                        f"{self.path}: has changed since the model was made; make it anew"
                    )
                self._sessions[key] = _opened(self.path, threads)
            return self._sessions[key]

    def known(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """All of ``PARAMETERS``, by what is given, what the file tells, and the defaults.

        Raises
        ------
        ValueError
            One has no meaning, contradicts the file, or must be given and is not.
        """
        given = {name: _checked(self.path, name, value) for name, value in given.items()}
        session = self.session(1)
        told = _told(self.path, session.get_modelmeta().custom_metadata_map)
        return _completed(self.path, session, _agreed(self.path, given, told))


# --- what is known of a network ----------------------------------------------


def _told(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    """The parameters that the file declares."""
    found = {}
    for key, text in metadata.items():
        owner, _, name = key.partition(".")
        if owner != "psysal":
            continue
        if name not in PARAMETERS:
            known = ", ".join(f"psysal.{name}" for name in PARAMETERS)
            raise ValueError(f"{path}: metadata must be of {known}, got {key}; rename it")
        try:
            found[name] = _checked(path, name, json.loads(text))
        except json.JSONDecodeError:
            raise ValueError(
                f"{path}: {key} must hold JSON, got {text!r}; write words in double quotes"
            ) from None
    return found


def _word(*known: str) -> tuple[Callable[[Any], bool], str]:
    return lambda value: isinstance(value, str) and value in known, " or ".join(known)


def _numbers(value: Any, low: float = -math.inf) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) > 0
        and all(isinstance(n, (int, float, np.number)) and low < n < math.inf for n in value)
    )


def _lengths(value: Any) -> bool:
    return _numbers(value, 0) and [isinstance(n, (int, np.integer)) for n in value] == [True, True]


_CHECKS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "layout": _word(*AXES),
    "size": (_lengths, "(rows, cols), whole and positive"),
    "channel_order": _word("rgb", "bgr"),
    "scale": (lambda v: _numbers((v,), 0), "a positive number"),
    "mean": (_numbers, "finite numbers, one a channel"),
    "std": (lambda v: _numbers(v, 0), "positive numbers, one a channel"),
    "activation": _word(*ACTIVATIONS),
    "output": (lambda v: isinstance(v, str), "a name"),
}

PARAMETERS = tuple(_CHECKS)
"""Those of :class:`psysal.OnnxModel` that a file may tell."""


def _checked(path: Path, name: str, value: Any) -> Any:
    """A parameter that has a meaning, sequences as tuples; or an error."""
    if isinstance(value, (list, np.ndarray)):
        value = tuple(value)
    good, expected = _CHECKS[name]
    if value is not None and not good(value):
        raise ValueError(f"{path}: {name} must be {expected}, got {value!r}")
    return value


def _agreed(path: Path, given: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """What the caller and the file say, or an error where they differ."""
    for name, value in told.items():
        if None not in (value, given[name]) and given[name] != value:
            raise ValueError(
                f"{path}: {name} is {value!r} in the file, got {given[name]!r}; "
                "leave it out, or correct the file"
            )
    return {name: told.get(name) if value is None else value for name, value in given.items()}


def _completed(path: Path, session: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    """What is known, what the network's shapes tell, and the defaults."""
    put = _input(path, session)
    layout = _layout(path, put, known["layout"])
    channels = put.shape[AXES[layout][0]]
    found = dict(known)
    found["layout"] = layout
    found["size"] = _size(path, put, layout, known["size"])
    if channels == 3 and known["channel_order"] is None:
        raise ValueError(
            f"{path}: the order of its color channels must be known, found nothing; "
            'pass channel_order="rgb" or "bgr", as it was trained, or write psysal.channel_order '
            "into the file"
        )
    codes = put.type == "tensor(uint8)"
    found["scale"] = known["scale"] or (255 if codes else 1)
    found["mean"] = known["mean"] or (0,) * channels
    found["std"] = known["std"] or (1,) * channels
    for name in ("mean", "std"):
        if len(found[name]) != channels:
            raise ValueError(
                f"{path}: {name} must have a number for each channel, {channels}, "
                f"got {found[name]!r}"
            )
    if codes and (found["scale"] != 255 or any(found["mean"]) or {*found["std"]} != {1}):
        raise ValueError(
            f"{path}: the input {put.name} is uint8 and takes codes, 0 to 255, got "
            f"scale={found['scale']}, mean={found['mean']}, std={found['std']}; leave them out"
        )
    found["output"] = _output(path, session, known["output"])
    return found


def _input(path: Path, session: Any) -> Any:
    puts = session.get_inputs()
    if len(puts) != 1:
        names = ", ".join(put.name for put in puts) or "none"
        raise ValueError(
            f"{path}: a network of one input, the image, was expected, got {names}; "
            "export it with the others fixed"
        )
    _check_type(path, "input", puts[0])
    shape = puts[0].shape
    if len(shape) != 4:
        raise ValueError(
            f"{path}: the input {puts[0].name} must have 4 axes, (batch, channels, rows, cols) or "
            f"(batch, rows, cols, channels), got {shape}; export it so"
        )
    if isinstance(shape[0], int) and shape[0] != 1:
        raise ValueError(
            f"{path}: the input {puts[0].name} must take 1 image or any number, got {shape[0]} "
            f"in {shape}; export it so"
        )
    return puts[0]


def _check_type(path: Path, what: str, value: Any) -> None:
    if value.type not in TYPES:
        raise ValueError(
            f"{path}: the {what} {value.name} must be {', '.join(TYPES)}, got {value.type}; "
            "export it so"
        )


def _layout(path: Path, put: Any, layout: str | None) -> str:
    fitting = [name for name, axes in AXES.items() if put.shape[axes[0]] in (1, 3)]
    if layout is None and len(fitting) == 2:
        raise ValueError(
            f"{path}: the input {put.name} {put.shape} could have its channels first or last; "
            'pass layout="nchw" or "nhwc", or write psysal.layout into the file'
        )
    if not fitting or layout not in (None, *fitting):
        where = f"axis {AXES[layout][0]} ({layout})" if layout else "axis 1 or 3"
        raise ValueError(
            f"{path}: the input {put.name} must have 1 or 3 channels on {where}, "
            f"got {put.shape}; {'correct the layout' if fitting else 'export it so'}"
        )
    return layout or fitting[0]


def _size(
    path: Path, put: Any, layout: str, size: tuple[int, int] | None
) -> tuple[int, int] | None:
    own = tuple(put.shape[axis] for axis in AXES[layout][1:])
    fixed = [isinstance(length, int) for length in own]
    if size is None and any(fixed) and not all(fixed):
        raise ValueError(
            f"{path}: the rows and columns {own} of the input {put.name} are fixed in part; "
            "pass size=(rows, cols), or write psysal.size into the file"
        )
    if size is None:
        return own if all(fixed) else None
    if any(is_fixed and a != b for is_fixed, a, b in zip(fixed, own, size, strict=True)):
        raise ValueError(
            f"{path}: the input {put.name} has rows and columns {own}, got size={size}; "
            "leave it out, or correct the file"
        )
    return size


def _output(path: Path, session: Any, name: str | None) -> str:
    made = {output.name: output for output in session.get_outputs()}
    if name is None and len(made) > 1:
        raise ValueError(
            f"{path}: one output was expected, found {', '.join(made)}; "
            "pass output= with the name of the map, or write psysal.output into the file"
        )
    chosen = next(iter(made)) if name is None else name
    if chosen not in made:
        raise ValueError(f"{path}: output must be one of {', '.join(made)}, got {chosen!r}")
    _check_type(path, "output", made[chosen])
    return chosen


# --- ONNX Runtime ------------------------------------------------------------


def _fingerprint(path: Path) -> str:
    about = path.stat()
    told = repr((about.st_size, about.st_mtime_ns))
    return blake2b(told.encode(), digest_size=8).hexdigest()


def _opened(path: Path, threads: int) -> Any:
    """A session, or an error that names the file."""
    runtime = require("onnxruntime")
    with open(path, "rb"):  # tells a file that cannot be opened from one that is damaged
        pass
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # errors are raised, and need not be printed too
    try:
        return runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime has kinds of its own
        raise ValueError(f"{path}: {_refused(str(error), runtime.__version__)}") from None


def _refused(text: str, version: str) -> str:
    """Why ONNX Runtime did not open a file, by what it says."""
    runtime = f"ONNX Runtime {version}"
    if found := re.search(r"Opset (\d+) .* is till opset (\d+)", text):
        return (
            f"opset {found[2]} or less was expected by {runtime}, got {found[1]}; "
            f"update onnxruntime, or export the network with opset {found[2]}"
        )
    if found := re.search(r"IR version: (\d+), max supported IR version: (\d+)", text):
        return (
            f"IR version {found[2]} or less was expected by {runtime}, got {found[1]}; "
            f"update onnxruntime, or save the network with ir_version {found[2]}"
        )
    if found := (
        re.search(r"(\S+?)\(\S*\) is not a registered function", text)
        or re.search(r"No Op registered for (\S+)", text)
        or re.search(r"Could not find an implementation for (\S+?)\(", text)
    ):
        return (
            f"operators of {runtime} were expected, found {found[1]}, which it lacks; "
            "export the network without it"
        )
    if re.search("External (data|initializer)|filesystem error", text):
        return (
            f"its weights are in another file, which cannot be read ({short(text)}); put it there"
        )
    return (
        f"a network in ONNX was expected, found something damaged or else ({short(text)}); "
        "get it anew"
    )


def short(error: object) -> str:
    """What ONNX Runtime says, without its own names and places."""
    text = re.sub(r"\[ONNXRuntimeError\] : \d+ : \w+ : ", "", " ".join(str(error).split()))
    return re.sub(r"/\S+:\d+ [^(]*\([^)]*\) ", "", text).rstrip(". ")
