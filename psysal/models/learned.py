"""Learned saliency: a readout of psychophysical contrast, trained on where people look.

    image -> features -> readout -> logits -> + center bias -> softmax -> density

The features are those of the 2011 model and its like (:mod:`psysal.vision.features`), the
readout (:mod:`psysal.models.readout`) is linear or has a few hidden units, the center bias
is a term of its own that can be left out.  What leaves is a density over pixels by
construction: positive, summing to 1.  A file of ``psysal train`` is JSON that can be read
with the eye; nothing in it is executed, and one that was changed by hand is refused.

References
----------
Murray, Vanrell, Otazu & Parraga (2011), doi:10.1109/CVPR.2011.5995506 (the planes);
Jetley, Murray & Vig (2016), doi:10.1109/CVPR.2016.620 (saliency as a density from a softmax).
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psysal.models.base import DType, Model
from psysal.models.readout import Layer, Readout
from psysal.threads import SERIAL, ThreadPool, thread_pool
from psysal.vision.features import Features
from psysal.vision.resize import resize

__all__ = ["SHIPPED", "Learned", "LogitContributions", "Trained", "softmax"]

Array = NDArray[Any]
SHIPPED = ("small", "linear")
"""Readouts that come along, trained on OSIE."""
FORMAT = 1
DIGITS = 6


@dataclass(frozen=True, eq=False)
class Trained:
    """What training finds, and a file of it holds.

    Parameters
    ----------
    features : Features
    readout : Readout
        Of as many inputs as there are features.
    center : ndarray, (rows, cols)
        Logarithm of the density of the center bias, on a grid over any image.
    gain : float
        What the center bias counts.
    metadata : mapping
        Data, loss, scores and the like, as JSON can hold it.
    """

    features: Features
    readout: Readout
    center: Array
    gain: float
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.readout.mean) != len(self.features.names):
            raise ValueError(
                f"the readout must read {len(self.features.names)} features, "
                f"got {len(self.readout.mean)}; train it with these features"
            )
        if self.center.ndim != 2 or not np.isfinite(self.center).all():
            raise ValueError("center must be finite (rows, cols), got something else")

    def logits(self, pixels: Array, center_bias: bool = True, **options: Any) -> Array:
        """On the grid, (rows, cols); options are those of the features."""
        found = self.readout.logits(self.features(pixels, **options))
        return found + self.center_logits(found.shape) if center_bias else found

    def center_logits(self, shape: tuple[int, ...]) -> Array:
        """The term of the center bias on a grid."""
        rows, cols = shape
        grid = np.ascontiguousarray(self.center, np.float32)[None]
        return np.float32(self.gain) * resize(grid, (rows, cols), "linear")[0]

    def encode(self) -> bytes:
        """The bytes of a file that :meth:`decode` reads back, numbers to six digits."""
        readout = self.readout
        held: dict[str, Any] = {
            "psysal": "learned readout",
            "format": FORMAT,
            **self.metadata,
            "features": asdict(self.features),
            "center": {"gain": _short(self.gain), "log_density": _short(self.center)},
            "blurs": list(readout.blurs),
            "inputs": [
                {"feature": name, "mean": mean, "std": std, "weights": weights}
                for name, mean, std, weights in zip(
                    self.features.names,
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
        }
        held["checksum"] = _checksum(held)
        return (_lines(held) + "\n").encode()

    @classmethod
    def decode(cls, name: str, data: bytes) -> "Trained":
        """What a file holds; a ValueError that names it where it cannot be right."""
        try:
            held = json.loads(data)
        except ValueError as error:
            raise ValueError(
                f"{name}: a learned readout in JSON was expected, found something else ({error})"
            ) from None
        if not isinstance(held, dict) or held.get("psysal") != "learned readout":
            raise ValueError(f"{name}: a learned readout was expected, found other JSON")
        if held.get("format") != FORMAT:
            raise ValueError(
                f"{name}: format {FORMAT} was expected, found {held.get('format')!r}; "
                "it is of another version of psysal"
            )
        if held.pop("checksum", None) != _checksum(held):
            raise ValueError(
                f"{name}: was changed since it was trained: its checksum does not fit; "
                "train it anew or get it anew"
            )
        try:
            spec = held.pop("features")
            features = Features(**spec)
            inputs, center = held.pop("inputs"), held.pop("center")
            if tuple(row["feature"] for row in inputs) != features.names:
                raise ValueError("its inputs are not the features it names")
            readout = Readout(
                blurs=tuple(held.pop("blurs")),
                mean=_array([row["mean"] for row in inputs]),
                std=_array([row["std"] for row in inputs]),
                linear=_array([row["weights"] for row in inputs]).T.astype(np.float32),
                layers=tuple(
                    Layer(**{key: _array(part) for key, part in layer.items()})
                    for layer in held.pop("layers")
                ),
            )
            metadata = {key: held[key] for key in held if key not in ("psysal", "format")}
            return cls(features, readout, _array(center["log_density"]), center["gain"], metadata)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{name}: a learned readout was expected, but {error}") from None


@dataclass(frozen=True)
class LogitContributions:
    """Logits of a linear readout taken apart: ``planes.sum(axis=0) + center``.

    Attributes
    ----------
    names : tuple of str
        What each plane is.
    planes : ndarray, (features, rows, cols)
        What every feature adds on the grid, relative to what it adds on average.
    center : ndarray, (rows, cols)
        What the center bias adds; zeros without it.
    """

    names: tuple[str, ...]
    planes: Array
    center: Array

    @property
    def logits(self) -> Array:
        """Of the density before its softmax, on the grid."""
        return self.planes.sum(axis=0) + self.center


@dataclass(frozen=True)
class Learned(Model):
    """A trained readout as a model; a callable from an image to a density.

    Parameters
    ----------
    readout : str or path
        "small" or "linear", which come along, trained on the 700 photographs of OSIE; or
        a file of ``psysal train``.
    center_bias : bool
        Whether the center bias counts. Leave it out for shuffled AUC, and for pictures
        that are cut out of others.

    Raises
    ------
    ValueError
        A file that is not what was expected; the message says why.
    OSError
        It cannot be opened.

    Examples
    --------
    >>> image = np.full((60, 80, 3), 128, np.uint8)
    >>> image[20:30, 50:60] = 220, 40, 40
    >>> density = Learned()(image)
    >>> round(float(density.sum()), 4), bool(density.min() > 0)
    (1.0, True)
    >>> len(Learned("linear").contributions(image).names)
    135
    """

    readout: str | os.PathLike[str] = "small"
    center_bias: bool = True

    def __post_init__(self) -> None:
        _ = self.trained

    @cached_property
    def trained(self) -> Trained:
        """What the file holds."""
        if self.readout in SHIPPED:
            name = f"learned_{self.readout}.json"
            return Trained.decode(name, files("psysal.models").joinpath(name).read_bytes())
        path = Path(self.readout)
        if not path.exists():
            raise ValueError(
                f"readout must be {' or '.join(SHIPPED)}, or a file of psysal train, "
                f"got {os.fspath(self.readout)}, which is not there"
            )
        return Trained.decode(str(path), path.read_bytes())

    @property
    def fingerprint(self) -> str:
        """Changes with what was trained."""
        return hashlib.sha256(self.trained.encode()).hexdigest()[:16]

    @property
    def learned_from(self) -> Mapping[str, Any]:
        """The set it was trained on: ``dataset``, its name, and ``digest``, of its fixations."""
        found: Mapping[str, Any] = self.trained.metadata["data"]
        return found

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
            planes = readout.terms(self.trained.features(pixels, pool=pool))
        center = self.trained.center_logits(planes.shape[1:])
        return LogitContributions(
            self.trained.features.names, planes, center if self.center_bias else 0 * center
        )


def softmax(logits: Array, shape: tuple[int, ...], *, pool: ThreadPool = SERIAL) -> Array:
    """The density of (rows, cols) that logits on a grid stand for.

    >>> softmax(np.log(np.array([[1.0, 3.0]])), (1, 2))
    array([[0.25, 0.75]])
    """
    rows, cols = shape
    found = resize(np.ascontiguousarray(logits)[None], (rows, cols), "linear", pool=pool)[0]
    found -= found.max()
    np.exp(found, out=found)
    found /= found.sum(dtype=float).astype(found.dtype)
    return found


def _array(values: Any) -> Array:
    found = np.asarray(values)
    if found.size and found.dtype.kind not in "fi":
        raise ValueError("its weights are not numbers")
    return found.astype(np.float64)


def _short(values: Any) -> Any:
    """Numbers to six digits, in lists as deep as the array."""
    if np.ndim(values):
        return [_short(value) for value in values]
    return float(f"{float(values):.{DIGITS}g}")


def _checksum(held: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()


def _lines(held: Mapping[str, Any]) -> str:
    """JSON with a line for every entry, and for every item of lists."""
    parts = []
    for key, value in held.items():
        if isinstance(value, list) and value and isinstance(value[0], (dict, list)):
            rows = ",\n  ".join(json.dumps(row) for row in value)
            parts.append(f"{json.dumps(key)}: [\n  {rows}\n ]")
        else:
            parts.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n " + ",\n ".join(parts) + "\n}"
