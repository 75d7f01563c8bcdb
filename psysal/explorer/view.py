"""What the explorer shows: a model at work on a picture, as planes.

Place: picture, model -> [view] -> page.  Pure functions; the page only draws what they give.
Enters: a :class:`psysal.explorer.pictures.Picture` and a :class:`Look`: the model with its
parameters, and which channel, level and orientation of its stages is looked at.  Leaves:
:class:`Plane` by name.
"""

import math
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from psysal.image import full_scale
from psysal.mapfile import normalize
from psysal.models.base import StagedModel
from psysal.models.murray2013 import Murray2013
from psysal.models.registry import MODELS, get_model, model_names
from psysal.threads import thread_pool
from psysal.viewing import peak_frequency
from psysal.vision import grouping, wavelet
from psysal.vision.color import CHANNELS
from psysal.vision.contrast import Windows, center_surround
from psysal.vision.csf import ECSF

__all__ = [
    "ORIENTATIONS",
    "PICKED",
    "Look",
    "Plane",
    "View",
    "frequency",
    "sensitivity",
    "view",
]

Array = NDArray[Any]

ORIENTATIONS = ("horizontal", "vertical", "diagonal", "all")
"""Those of the planes of a level."""

PICKED = tuple(
    name for name in model_names("saliency", "baseline", "percept") if name not in ("uniform", "noise")
)
"""Names of the models to choose from."""


@dataclass(frozen=True)
class Look:
    """What is looked at.

    Parameters
    ----------
    name : str
        Of :data:`PICKED`.
    model : model, optional
        With its parameters; by default as published.
    channel, level : int
        From 0, and from 1; those that an image has no more become its last.
    orientation : str
        One of :data:`ORIENTATIONS`; "all" shows means, and the sum of contributions.

    Examples
    --------
    >>> look = Look().changed("center", 7).changed("intensity.beta", 2.5)
    >>> look.model.windows, look.model.intensity.beta
    ((7, 26), 2.5)
    >>> look.changed("name", "otazu2010").model
    Otazu2010(windows=(3, 6), nu0=3.0, encoding='srgb', wavelet='b3', ppd=None)
    """

    name: str = "murray2011"
    model: Any = None
    channel: int = 2
    level: int = 4
    orientation: str = "all"

    def __post_init__(self) -> None:
        if self.name not in PICKED:
            raise ValueError(f"model must be one of {', '.join(PICKED)}, got {self.name!r}")
        if self.model is None:
            object.__setattr__(self, "model", _published(self.name))
        if self.orientation not in ORIENTATIONS:
            raise ValueError(
                f"orientation must be one of {', '.join(ORIENTATIONS)}, got {self.orientation!r}"
            )
        if self.channel not in (0, 1, 2):
            raise ValueError(f"channel must be 0, 1 or 2, got {self.channel!r}")
        if not isinstance(self.level, int) or self.level < 1:
            raise ValueError(f"level must be a whole number from 1 on, got {self.level!r}")

    @property
    def percept(self) -> bool:
        """Whether the model shows an image as it looks, and no saliency."""
        return MODELS[self.name].kind == "percept"

    @property
    def staged(self) -> bool:
        """Whether the model's stages can be seen."""
        return isinstance(self.model, StagedModel)

    def changed(self, name: str, value: Any) -> "Look":
        """The same with one control changed; another model starts as published.

        Raises
        ------
        ValueError, TypeError
            No such control, or a value that it cannot take.
        """
        if name == "name":
            return replace(self, name=value, model=None)
        if name in ("channel", "level", "orientation"):
            return replace(self, **{name: value})
        parameters = {field.name for field in fields(self.model)}
        if name in ("center", "surround") and "windows" in parameters:
            center, surround = self.model.windows
            value = (value, surround) if name == "center" else (center, value)
            return replace(self, model=replace(self.model, windows=value))
        parameter, dot, part = name.partition(".")
        if dot and parameter in ("color", "intensity") and parameter in parameters:
            tuning = replace(getattr(self.model, parameter), **{part: _number(part, value)})
            return replace(self, model=replace(self.model, **{parameter: tuning}))
        if name in ("ppd", "nu0", "wavelet") and name in parameters:
            if name == "nu0":
                value = _number(name, value)
            return replace(self, model=replace(self.model, **{name: value}))
        raise ValueError(f"{self.name} has no {name!r}")

    @property
    def controls(self) -> dict[str, Any]:
        """Value of every control that the model has, by name."""
        found: dict[str, Any] = {"name": self.name}
        for field in fields(self.model):
            value = getattr(self.model, field.name)
            if field.name == "windows":
                found |= {"center": value[0], "surround": value[1]}
            elif isinstance(value, ECSF):
                found |= {f"{field.name}.{part.name}": getattr(value, part.name)
                          for part in fields(value)}  # fmt: skip
            elif field.name in ("ppd", "nu0", "wavelet"):
                found[field.name] = value
        shown = {"channel": self.channel, "level": self.level, "orientation": self.orientation}
        return found | (shown if self.staged else {})


def _published(name: str) -> Any:
    return get_model(name, percept=MODELS[name].kind == "percept")


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{name} must be a number, got {value!r}")
    return value


@dataclass(frozen=True, eq=False)
class Plane:
    """A picture of the page.

    Attributes
    ----------
    values : ndarray, (rows, cols), or (rows, cols, 3) uint8
        What is seen, and what is read under the pointer; three channels are a color.
    look : "inferno", "viridis", "grey", "signed" or "color"
        How it is colored; "signed" is purple above 0 and orange below.
    note : str
        What it is, in a few words.
    step : float
        Pixels of the picture that a sample takes.
    """

    values: Array
    look: str
    note: str
    step: float = 1.0

    @property
    def limits(self) -> tuple[float, float]:
        """The values that the ends of the scale of colors stand for."""
        low, high = float(self.values.min()), float(self.values.max())
        if self.look == "signed":
            high = max(abs(low), abs(high)) or 1.0
            low = -high
        return (low, high) if high > low else (low, low + 1)


@dataclass(frozen=True, eq=False)
class View:
    """All that is to be seen of a model on a picture.

    Attributes
    ----------
    look : Look
        What is looked at; of channels and levels, those that are there.
    planes : dict of str to Plane
        "photograph" and "map", which are there for every model; "channel 1" to "channel 3",
        "plane", "contrast", "weights" and "contribution" for one with stages.
    levels : int
        How many there are; 0 for a model without stages.
    """

    look: Look
    planes: dict[str, Plane]
    levels: int


def view(pixels: Array, look: Look) -> View:
    """A model at work on a picture.

    Parameters
    ----------
    pixels : ndarray, (rows, cols) or (rows, cols, 3)
        As a :class:`~psysal.explorer.pictures.Picture` has them.
    look : Look

    Returns
    -------
    View

    Raises
    ------
    ValueError
        A picture that the model cannot take, such as a very small one.

    Examples
    --------
    >>> found = view(np.zeros((32, 48), np.uint8), Look("murray2011", level=7))
    >>> found.planes["map"].values.shape, found.planes["contrast"].note, found.levels
    ((32, 48), 'intensity, mean', 5)
    """
    photograph = Plane(_codes(pixels), "color", "sRGB")
    if isinstance(look.model, Murray2013):
        seen, stage = _grouped(pixels, look)
    elif look.staged:
        seen, stage = _decomposed(pixels, look)
    else:
        seen, stage = look.model(pixels), None
    if look.percept:
        result = Plane(_codes(seen), "color", "sRGB, as it looks")
    else:
        result = Plane(normalize(seen), "inferno", "0 to 1")
    found = {"photograph": photograph, "map": result}
    if stage is None:
        return View(look, found, 0)
    look = replace(look, channel=stage.channel, level=stage.level)
    return View(look, found | _planes(stage, look), stage.levels)


def _codes(seen: Array) -> Array:
    """An image, maybe brighter than white in places, as a screen shows it."""
    if seen.dtype != np.uint8:
        seen = np.rint((seen / np.float32(full_scale(seen))).clip(0, 1) * 255).astype(np.uint8)
    return seen if seen.ndim == 3 else np.repeat(seen[:, :, None], 3, axis=2)


class _Stage(NamedTuple):
    """The channels, and a level of one of them."""

    channels: Array
    channel: int
    level: int
    levels: int
    shape: tuple[int, int]  # of what is decomposed
    step: int  # samples of that from one of the level to the next
    enlarged: int  # pixels a side that make one of these
    parts: tuple[Array, Array, Array] | None  # w, z and alpha, by orientation
    adds: Array | None  # what each orientation adds


def _decomposed(pixels: Array, look: Look) -> tuple[Array, _Stage]:
    """What a model of 2008, 2010 or 2011 sees, and the level that is looked at."""
    model, (rows, cols) = look.model, pixels.shape[:2]
    pixels, kind, threads = model.check_input(pixels, "rgb", "float32", None)
    b3, name = model.wavelet == wavelet.B3, model.wavelet
    ecsfs, levels = model.sensitivities, model.level_count(rows, cols)
    c, s = min(look.channel, len(ecsfs) - 1), max(1, min(look.level, levels))
    step = 2 ** (s - 1)
    with thread_pool(threads) as pool:
        if look.percept:
            seen = model._map(pixels, kind, pool)
        else:
            seen, totals = model._map_and_totals(pixels, kind, pool)
        channels = model.channels(pixels, kind, pool)
        w = wavelet.forward(channels[c], s, wavelet=name, pool=pool)[0][-1]
        z = center_surround(w, Windows(*model.windows), step=1 if b3 else step, pool=pool)
    alpha = ecsfs[c].weights(z, s)
    adds = alpha * w if look.percept else z * kind.type(ecsfs[c].gain(s) / totals[c])
    if b3:
        adds = np.stack([wavelet.upsample(plane, s - 1) for plane in adds])
    parts = w, z, alpha
    return seen, _Stage(channels, c, s, levels, (rows, cols), step if b3 else 1, 1, parts, adds)


def _grouped(pixels: Array, look: Look) -> tuple[Array, _Stage]:
    """The same of the 2013 model, whose contrast is shown over its scales, by orientation."""
    model, stages = look.model, look.model.stages(pixels)
    seen = model(pixels) if model.wavelet == wavelet.B3 else stages.map
    shape, enlarged = stages.small.shape[1:], 2**model.reduction
    c = look.channel
    levels = len(stages.planes[c])
    s = max(1, min(look.level, levels))
    if not levels:  # as of 8 x 8 pixels
        return seen, _Stage(stages.opponent, c, s, 0, shape, 1, enlarged, None, None)
    w, alpha = stages.planes[c][s - 1], stages.weights[c][s - 1]
    h, v, dx, dy = (grouping.enlarge(scales, len(w[0])) for scales in stages.contrast[c][s - 1])
    z = np.stack([h.T, v, dx + dy.T])
    whole = wavelet.inverse(stages.weights[c], np.ones((2, 2), z.dtype))
    total = whole[: shape[0], : shape[1]].sum(dtype=float)
    adds = [wavelet.upsample(p, s - 1) for p in z * z.dtype.type(model.sensitivities[c].gain(s) / total)]
    parts, step = (w, z, alpha), 2 ** (s - 1)
    return seen, _Stage(stages.opponent, c, s, levels, shape, step, enlarged, parts, np.stack(adds))


def _planes(stage: _Stage, look: Look) -> dict[str, Plane]:
    """Planes of the chosen channel, level and orientation, and all channels."""
    names = CHANNELS if len(stage.channels) == 3 else ("luminance",)
    found = {
        f"channel {c + 1}": Plane(channel, "signed" if name in CHANNELS[:2] else "grey", name)
        for c, (name, channel) in enumerate(zip(names, stage.channels, strict=True))
    }
    if stage.parts is None or stage.adds is None:
        return found
    name, o = names[stage.channel], ORIENTATIONS.index(look.orientation)
    step, (rows, cols) = stage.step, stage.shape
    part = slice(-(-rows // step)), slice(-(-cols // step))

    def shown(values: Array, how: str) -> Plane:
        note = f"{name}, {look.orientation if o < 3 else 'mean'}"
        chosen = values[o] if o < 3 else values.mean(axis=0)
        return Plane(chosen[part], how, note, float(step * stage.enlarged))

    w, z, alpha = stage.parts
    adds = (stage.adds[o] if o < 3 else stage.adds.sum(axis=0))[:rows, :cols]
    note = f"{name}, {look.orientation if o < 3 else 'sum'}"
    return found | {
        "plane": shown(w, "signed") if o < 3 else shown(np.abs(w), "viridis"),
        "contrast": shown(z, "viridis"),
        "weights": shown(alpha, "inferno"),
        "contribution": Plane(
            adds, "signed" if look.percept else "inferno", note, float(stage.enlarged)
        ),
    }


def sensitivity(look: Look) -> dict[str, Array]:
    """Curves of the contrast sensitivity at this viewing distance; empty without one.

    Returns
    -------
    dict of str to ndarray
        "level", and per kind, "intensity" or "color", g and k at these: "intensity g" ...
    """
    if not look.staged:
        return {}
    level = np.linspace(0.5, 8.5, 161)
    if look.percept:
        ecsfs = look.model.sensitivities
        kinds = {"intensity": ecsfs[-1], "color": ecsfs[0]} if len(ecsfs) == 3 else {
            "intensity": ecsfs[0]
        }  # fmt: skip
    else:
        kinds = {"intensity": look.model.sensitivities[2], "color": look.model.sensitivities[0]}
    curves = {"level": level}
    for kind, ecsf in kinds.items():
        curves |= {f"{kind} g": ecsf.gain(level), f"{kind} k": ecsf.offset(level)}
    return curves


def frequency(look: Look) -> float:
    """Cycles per degree that the level looked at answers to best."""
    return peak_frequency(look.level + getattr(look.model, "reduction", 0), look.model.ppd)
