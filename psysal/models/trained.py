"""Trained readouts: front end, readout and center bias, and their file.

Place: below :class:`psysal.Learned`.  Enters: a training's result, or the bytes of its file.
Leaves: logits of an image.  The file is JSON for people to read, with a checksum.
"""

import hashlib
import json
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.checks import parse_json, real_array
from psysal.models.convolution import Body
from psysal.models.front_ends import FrontEnd, decode_front_end
from psysal.models.readout import Layer, Readout
from psysal.threads import SERIAL, ThreadPool
from psysal.vision.resize import resize

__all__ = ["Trained"]

FORMAT = 2  # version of the files
ADVICE = "give a file of psysal train"
LARGEST = float(np.finfo(np.float32).max)
DIGITS = 6  # of numbers in files


@dataclass(frozen=True, eq=False)
class Trained:
    """Result of a training, and content of its file.

    Parameters
    ----------
    front_end : FrontEnd
    readout : Readout
        With as many inputs as the front end has planes.
    center : ndarray, (rows, cols)
        Logarithm of the density of the center bias, on a grid over any image.
    gain : float
        Weight of the center bias.
    metadata : mapping
        Data, loss, scores and the like, as JSON can hold it.

    Raises
    ------
    ValueError
        The readout reads another number of planes, ``center`` is no finite plane, or
        ``gain`` is no finite number.
    """

    front_end: FrontEnd
    readout: Readout
    center: Array
    gain: float
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.readout.mean) != len(self.front_end.names):
            raise ValueError(
                f"the readout must read {len(self.front_end.names)} planes of its front end, "
                f"got {len(self.readout.mean)}; train it with this front end"
            )
        with np.errstate(over="ignore"):
            center = real_array("center", np.asarray(self.center, np.float32))
        if center.ndim != 2 or not center.size:
            raise ValueError(f"center must be (rows, cols), got shape {center.shape}")
        gain: Any = self.gain
        if not (isinstance(gain, (int, float)) and abs(gain) <= LARGEST):
            raise ValueError(f"gain must be a finite number, got {reprlib.repr(gain)}")

    def logits(
        self, pixels: Array, center_bias: bool = True, *, pool: ThreadPool = SERIAL
    ) -> Array:
        """Logits of the density of fixations on an image.

        Parameters
        ----------
        pixels : ndarray, (rows, cols) or (rows, cols, 3)
            As :func:`psysal.image.check_image` gives them.
        center_bias : bool
            Whether the center bias is added.
        pool : ThreadPool
            Threads.

        Returns
        -------
        ndarray, (grid_rows, grid_cols)
            In nats, up to a constant.

        Raises
        ------
        ValueError
            They are not finite, as weights are too large.
        """
        with np.errstate(all="ignore"):
            logits = self.readout.logits(self.front_end(pixels, pool=pool))
            if center_bias:
                logits = logits + self.center_logits(logits.shape)
        if not np.isfinite(logits).all():
            raise ValueError(
                "logits must be finite, got NaN or infinite values; train the readout anew"
            )
        return logits

    def scaled(self, factor: float) -> "Trained":
        """The same with other logits of the readout; the center bias stays.

        Parameters
        ----------
        factor : float
            Of the logits.

        Returns
        -------
        Trained
        """
        return replace(self, readout=self.readout.scaled(factor))

    def center_logits(self, shape: tuple[int, ...]) -> Array:
        """Term of the center bias.

        Parameters
        ----------
        shape : (int, int)
            Rows and columns of the grid.

        Returns
        -------
        ndarray, ``shape``, float32
            In nats.
        """
        rows, cols = shape
        grid = np.ascontiguousarray(self.center, np.float32)[None]
        return np.float32(self.gain) * resize(grid, (rows, cols), "linear")[0]

    def encode(self) -> bytes:
        """Content of a file, its numbers to six digits.

        Returns
        -------
        bytes
            As :meth:`decode` reads them.
        """
        readout = self.readout
        content: dict[str, Any] = {
            "psysal": "learned readout",
            "format": FORMAT,
            **self.metadata,
            "front end": self.front_end.describe(),
            "center": {"gain": _short(self.gain), "log_density": _short(self.center)},
            "blurs": list(readout.blurs),
            "inputs": [
                {"plane": name, "mean": mean, "std": std, "weights": weights}
                for name, mean, std, weights in zip(
                    self.front_end.names,
                    _short(readout.mean),
                    _short(readout.std),
                    _short(readout.linear.T),
                    strict=True,
                )
            ],
            "layers": [
                {
                    "bias": _short(layer.bias),
                    "out": _short(layer.out),
                    "weights": _short(layer.weights),
                }
                for layer in readout.layers
            ],
            "convolutions": readout.body
            and {
                "bias": _short(readout.body.bias),
                "out": _short(readout.body.out),
                "kernels": _short(readout.body.kernels),
            },
        }
        content["checksum"] = _checksum(content)
        return (_lines(content) + "\n").encode()

    @classmethod
    def decode(cls, name: str, data: bytes) -> "Trained":
        """Result of a training from the content of its file.

        Parameters
        ----------
        name : str
            Name of the file in messages.
        data : bytes
            As :meth:`encode` gives them.

        Returns
        -------
        Trained

        Raises
        ------
        ValueError
            The file holds something else, or was changed.
        """
        try:
            content = parse_json(data)
            checksum = content.pop("checksum", None) if isinstance(content, dict) else None
            is_whole = checksum == _checksum(content)
        except (ValueError, RecursionError) as error:
            raise ValueError(
                f"{name}: a learned readout in JSON was expected, found something else ({error}); "
                f"{ADVICE}"
            ) from None
        if not isinstance(content, dict) or content.get("psysal") != "learned readout":
            raise ValueError(f"{name}: a learned readout was expected, found other JSON; {ADVICE}")
        if content.get("format") != FORMAT:
            raise ValueError(
                f"{name}: format {FORMAT} was expected, found {reprlib.repr(content.get('format'))}"
                "; it is of another version of psysal"
            )
        if not is_whole:
            raise ValueError(
                f"{name}: was changed since it was trained: its checksum does not fit; "
                "train it anew or get it anew"
            )
        try:
            return cls(**_parts(content, Path(name).parent))
        except ValueError as error:
            reason = str(error)
        except (ArithmeticError, AttributeError, LookupError, TypeError) as error:
            reason = f"a value is missing or of another type ({error})"
        raise ValueError(f"{name}: a learned readout was expected, but {reason}; train it anew")


def _parts(content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Arguments of :class:`Trained`; an error of any kind for values of other types."""
    front_end = decode_front_end(content.pop("front end"), folder)
    inputs, center = content.pop("inputs"), content.pop("center")
    if tuple(row["plane"] for row in inputs) != front_end.names:
        raise ValueError("its inputs are not the planes of its front end")
    body = content.pop("convolutions")
    readout = Readout(
        blurs=tuple(content.pop("blurs")),
        mean=_array([row["mean"] for row in inputs]),
        std=_array([row["std"] for row in inputs]),
        linear=_array([row["weights"] for row in inputs]).T.astype(np.float32),
        layers=tuple(
            Layer(**{key: _array(part) for key, part in layer.items()})
            for layer in content.pop("layers")
        ),
        body=body and Body(**{key: _array(part) for key, part in body.items()}),
    )
    return {
        "front_end": front_end,
        "readout": readout,
        "center": _array(center["log_density"]),
        "gain": center["gain"],
        "metadata": {key: content[key] for key in content if key not in ("psysal", "format")},
    }


def _array(values: Any) -> Array:
    """Weights of a file as float64."""
    weights = np.asarray(values)
    if weights.size and weights.dtype.kind not in "fi":
        raise ValueError("its weights are not numbers")
    return weights.astype(np.float64)


def _short(values: Any) -> Any:
    """Numbers to six digits, in lists as deep as the array."""
    if np.ndim(values):
        return [_short(value) for value in values]
    return float(f"{float(values):.{DIGITS}g}")


def _checksum(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _lines(content: Mapping[str, Any]) -> str:
    """JSON with a line for every entry, and for every item of lists."""
    parts = []
    for key, value in content.items():
        if isinstance(value, list) and value and isinstance(value[0], (dict, list)):
            rows = ",\n  ".join(json.dumps(row) for row in value)
            parts.append(f"{json.dumps(key)}: [\n  {rows}\n ]")
        else:
            parts.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n " + ",\n ".join(parts) + "\n}"
