"""View of a model at work on a picture, as planes to show.

Place in the pipeline: picture, model -> [view] -> page.  Pure functions; no browser is needed.
Enters: checked pixels and :class:`ViewSettings`, which are a model with its parameters and the
channel, level and orientation to show.  Leaves: a :class:`View`, which is a :class:`Plane` for
each picture of the page.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

import psysal
from psysal._typing import Array
from psysal.checks import one_of, whole_number
from psysal.evaluation.metrics import cc
from psysal.image import full_scale, normalize
from psysal.models.registry import MODELS, get_model, model_names
from psysal.models.staged import LevelStages
from psysal.scanpaths import RULES, Scanpath, simulate_scanpath
from psysal.vision.color import CHANNELS
from psysal.vision.csf import ECSF

__all__ = [
    "CROPS",
    "MODEL_NAMES",
    "ORIENTATIONS",
    "RANGES",
    "SIGNED",
    "Plane",
    "View",
    "ViewSettings",
    "view",
]

ORIENTATIONS = ("horizontal", "vertical", "diagonal", "all")
"""Orientations of the planes of a level, and all of them together."""

RANGES = {
    "ppd": (4, 160),
    "center": (1, 41),
    "surround": (1, 61),
    "nu0": (0, 8),
    "beta": (0, 10),
    "s_g": (-2, 9),
    "sig1": (0.05, 4),
    "sig2": (0.05, 4),
    "s_k": (-2, 9),
    "sig3": (0.05, 4),
    "count": (1, 30),
    "seed": (0, 9999),
}
"""Smallest and largest values of the controls that take numbers; of both sensitivities, alike."""

STAGE_CONTROLS = ("channel", "level", "orientation")
MAP_CONTROLS = ("rule", "count", "seed", "crop")  # of what is drawn over a map

SIGNED = ("signed", *CHANNELS[:2])
"""Palettes with 0 in their middle."""

CROPS = {"1:1": (1, 1), "4:3": (4, 3), "3:4": (3, 4), "16:9": (16, 9), "9:16": (9, 16)}
"""Aspects of crops, width and height, by name."""

MODEL_NAMES = tuple(
    name
    for name in model_names("saliency", "baseline", "percept")
    if name not in ("uniform", "noise")
)
"""Models to choose from, by their names in the registry."""


@dataclass(frozen=True)
class ViewSettings:
    """A model with its parameters, and the stage of it to show.

    Parameters
    ----------
    name : str
        One of :data:`MODEL_NAMES`.
    model : model, optional
        The model of that name; by default with its published parameters.
    channel : int
        Channel of the stages, from 0; beyond the last, the last is shown.
    level : int
        Wavelet level of the stages, from 1; beyond the last, the last is shown.
    orientation : str
        One of :data:`ORIENTATIONS`; "all" shows means over orientations, and the sum of
        contributions.
    other : str
        One of :data:`MODEL_NAMES` to show beside it, with its published parameters at the same
        distance, or "none".
    rule : str
        Rule of the scanpath to show, of :data:`psysal.scanpaths.RULES`, or "none".
    count, seed : int
        Fixations of the scanpath, and random seed of the sampled rules.
    crop : str
        Aspect of the crop to show, of :data:`CROPS`, or "none".

    Raises
    ------
    ValueError
        There is no such model, channel, level, orientation or rule, or a number is out of range.

    Examples
    --------
    >>> settings = ViewSettings().with_control("center", 7).with_control("intensity.beta", 2.5)
    >>> settings.model.windows, settings.model.intensity.beta
    ((7, 26), 2.5)
    >>> settings.with_control("name", "otazu2010").model
    Otazu2010(windows=(3, 6), nu0=3.0, encoding='srgb', wavelet='b3', ppd=None)
    """

    name: str = "murray2011"
    model: Any = None
    channel: int = 2
    level: int = 4
    orientation: str = "all"
    other: str = "none"
    rule: str = "none"
    count: int = 10
    seed: int = 0
    crop: str = "none"

    def __post_init__(self) -> None:
        one_of("model", self.name, MODEL_NAMES)
        if self.model is None:
            object.__setattr__(self, "model", get_model(self.name, percept=self.percept))
        one_of("orientation", self.orientation, ORIENTATIONS)
        if self.channel not in (0, 1, 2):
            raise ValueError(f"channel must be 0, 1 or 2, got {self.channel!r}")
        whole_number("level", self.level)
        one_of("other", self.other, ("none", *MODEL_NAMES))
        one_of("rule", self.rule, ("none", *RULES))
        one_of("crop", self.crop, ("none", *CROPS))
        for name in ("count", "seed"):
            _check_range(name, whole_number(name, getattr(self, name), 0))

    @property
    def percept(self) -> bool:
        """True if the model gives the image as perceived, and not its saliency."""
        return _is_percept(self.name)

    @property
    def other_percept(self) -> bool:
        """True if the model beside it gives the image as perceived."""
        return self.other != "none" and _is_percept(self.other)

    @property
    def other_model(self) -> Any:
        """Model to show beside it, at the same distance."""
        model: Any = get_model(self.other, percept=self.other_percept)
        ppd = getattr(self.model, "ppd", None)
        return replace(model, ppd=ppd) if ppd and hasattr(model, "ppd") else model

    @property
    def staged(self) -> bool:
        """True if the model has stages to show."""
        return hasattr(self.model, "level_stages")

    def with_control(self, name: str, value: Any) -> "ViewSettings":
        """The same settings but for one control.

        Parameters
        ----------
        name : str
            A key of :attr:`controls`.
        value : object
            New value of the control; a new model starts with its published parameters.

        Returns
        -------
        ViewSettings

        Raises
        ------
        ValueError, TypeError
            There is no such control, or it cannot have this value.
        """
        if name == "name":
            return replace(self, name=value, model=None)
        if name in STAGE_CONTROLS + MAP_CONTROLS + ("other",):
            return replace(self, **{name: value})
        if name.rpartition(".")[2] in RANGES and (name, value) != ("ppd", None):
            _check_range(name, value)
        parameters = {field.name for field in fields(self.model)}
        group, _, part = name.partition(".")
        if name in ("center", "surround") and "windows" in parameters:
            center, surround = self.model.windows
            changes: dict[str, Any] = {
                "windows": (value, surround) if name == "center" else (center, value)
            }
        elif part and group in ("color", "intensity") and group in parameters:
            sensitivity = getattr(self.model, group)
            changes = {group: replace(sensitivity, **{part: value})}
        elif name in ("nu0", "ppd", "wavelet") and name in parameters:
            changes = {name: value}
        else:
            raise ValueError(
                f"{self.name} has no control {name!r}; it has {', '.join(self.controls)}"
            )
        return replace(self, model=replace(self.model, **changes))

    @property
    def controls(self) -> dict[str, Any]:
        """Values of the controls that the model has, by name."""
        controls: dict[str, Any] = {"name": self.name}
        for field in fields(self.model):
            value = getattr(self.model, field.name)
            if field.name == "windows":
                controls |= {"center": value[0], "surround": value[1]}
            elif isinstance(value, ECSF):
                for part in fields(value):
                    controls[f"{field.name}.{part.name}"] = getattr(value, part.name)
            elif field.name in ("ppd", "nu0", "wavelet"):
                controls[field.name] = value
        if self.staged:
            controls |= {name: getattr(self, name) for name in STAGE_CONTROLS}
        if not self.percept:
            controls |= {name: getattr(self, name) for name in MAP_CONTROLS}
        return controls | {"other": self.other}


def _is_percept(name: str) -> bool:
    return MODELS[name].kind == "percept"


def _check_range(name: str, value: Any) -> None:
    low, high = RANGES[name.rpartition(".")[2]]
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        raise ValueError(f"{name} must be a number from {low} to {high}, got {value!r}")


@dataclass(frozen=True, eq=False)
class Plane:
    """A picture of the page: values, and how they are colored.

    Attributes
    ----------
    values : ndarray, (rows, cols), or (rows, cols, 3) uint8
        Numbers that the page shows under the pointer; three channels are an sRGB color.
    palette : "inferno", "viridis", "grey", "signed", "red-green", "yellow-blue" or "color"
        Colors of the values; "signed" is purple above 0 and orange below, the next two have the
        colors of an opponent channel, and "color" stands for pixels that are colors already.
    caption : str
        Channel, orientation or unit, in a few words.
    step : float
        Rows and columns of the picture from a value to the next.
    """

    values: Array
    palette: str
    caption: str
    step: float = 1.0

    @property
    def limits(self) -> tuple[float, float]:
        """Lowest and highest value; they always differ."""
        low, high = float(self.values.min()), float(self.values.max())
        return (low, high) if high > low else (low, low + 1)

    @property
    def color_limits(self) -> tuple[float, float]:
        """Values that have the colors at both ends of the palette, as have those beyond them.

        Around 0 for palettes that have two signs, without the largest hundredth of the values,
        unless the rest is less than a tenth of them.
        """
        if self.palette not in SIGNED:
            return self.limits
        size = np.abs(self.values)
        most = max(float(np.quantile(size, 0.99)), float(size.max()) / 10) or 1.0
        return -most, most


@dataclass(frozen=True, eq=False)
class View:
    """All planes of a model at work on a picture, and a scanpath and a crop by its map.

    Attributes
    ----------
    settings : ViewSettings
        Settings shown; channel and level are ones that the image has.
    planes : dict of str to Plane
        "photograph" and "map" for every model, "other" for the one beside it; "channel 1" to
        "channel 3", "plane", "contrast", "weights" and "contribution" for a model with stages.
    levels : int
        Number of levels; 0 for a model without stages.
    path : Scanpath, optional
        Scanpath, if there is a rule for one.
    crop : tuple, optional
        Box of the crop, (left, top, right, bottom) in pixels, and its confidence, if there is an
        aspect for one.
    remark : str
        Reason that there is no scanpath or crop though one was asked for.
    """

    settings: ViewSettings
    planes: dict[str, Plane]
    levels: int
    path: Scanpath | None = None
    crop: tuple[tuple[int, int, int, int], float] | None = None
    remark: str = ""

    @property
    def correlation(self) -> float | None:
        """Correlation of the map with that of the model beside it, where both are maps."""
        maps = [self.planes[name].values for name in ("map", "other") if name in self.planes]
        return cc(*maps) if [values.ndim for values in maps] == [2, 2] else None


def view(pixels: Array, settings: ViewSettings, other: Plane | None = None) -> View:
    """View of a model at work on a picture.

    Parameters
    ----------
    pixels : ndarray, (rows, cols) or (rows, cols, 3)
        Checked pixels, as :func:`psysal.image.check_image` gives them.
    settings : ViewSettings
        Model, and stage of it to show.
    other : Plane, optional
        Plane of the model beside it, where it is known.

    Returns
    -------
    View

    Raises
    ------
    ValueError
        The model cannot take the picture, such as a very small one.

    Examples
    --------
    >>> flat = view(np.zeros((32, 48), np.uint8), ViewSettings("murray2011", level=7))
    >>> flat.planes["map"].values.shape, flat.planes["contrast"].caption, flat.levels
    ((32, 48), 'intensity, mean', 5)
    """
    model, stages = settings.model, None
    if settings.staged:
        stages = model.level_stages(pixels, settings.channel, settings.level)
    result = model(pixels) if stages is None else stages.map
    planes = {"photograph": Plane(_srgb_bytes(pixels), "color", "sRGB")}
    planes["map"] = _result_plane(settings.name, result)
    if settings.other != "none":
        planes["other"] = other or _result_plane(settings.other, settings.other_model(pixels))
    if stages is not None:
        settings = replace(settings, channel=stages.channel, level=max(1, stages.level))
        planes |= _stage_planes(stages, settings)
    shown = View(settings, planes, stages.levels if stages else 0)
    if settings.percept:
        return shown
    remarks = []
    if settings.rule != "none":
        ppd = getattr(model, "ppd", None)
        try:
            path = simulate_scanpath(
                result, rule=settings.rule, fixations=settings.count, ppd=ppd, seed=settings.seed
            )
            shown = replace(shown, path=path)
        except ValueError as error:
            remarks.append(f"there is no scanpath: {error}")
    if settings.crop != "none":
        try:
            crop = psysal.crop(pixels, aspect=CROPS[settings.crop], model=model)
            shown = replace(shown, crop=(crop.box, crop.confidence))
        except ValueError as error:
            remarks.append(f"there is no crop: {error}")
    return replace(shown, remark="; ".join(remarks))


def _result_plane(name: str, result: Array) -> Plane:
    """Percept or map of the model of this name."""
    if _is_percept(name):
        return Plane(_srgb_bytes(result), "color", f"{name}, sRGB")
    return Plane(normalize(result), "inferno", f"{name}, 0 to 1")


def _srgb_bytes(image: Array) -> Array:
    """RGB bytes of an image for a screen; what is brighter than white is shown as white."""
    if image.dtype != np.uint8:
        share = (image / np.float32(full_scale(image))).clip(0, 1)
        image = np.rint(share * 255).astype(np.uint8)
    return image if image.ndim == 3 else np.repeat(image[:, :, None], 3, axis=2)


def _stage_planes(stages: LevelStages, settings: ViewSettings) -> dict[str, Plane]:
    """All channels, and the planes of the chosen channel, level and orientation."""
    names = CHANNELS if len(stages.channels) == 3 else ("luminance",)
    planes = {
        f"channel {c + 1}": Plane(channel, name if name in SIGNED else "grey", name)
        for c, (name, channel) in enumerate(zip(names, stages.channels, strict=True))
    }
    if not stages.levels:
        return planes
    name, orientation = names[stages.channel], ORIENTATIONS.index(settings.orientation)
    together = settings.orientation == "all"
    rows, cols = (-(-side // stages.step) for side in stages.shape)
    step = float(stages.step * stages.enlargement)

    def plane(values: Array, palette: str) -> Plane:
        chosen = values.mean(axis=0) if together else values[orientation]
        caption = f"{name}, {'mean' if together else settings.orientation}"
        return Plane(chosen[:rows, :cols], palette, caption, step)

    w, shares = stages.planes, stages.contributions
    return planes | {
        "plane": plane(np.abs(w), "viridis") if together else plane(w, "signed"),
        "contrast": plane(stages.contrast, "viridis"),
        "weights": plane(stages.weights, "inferno"),
        "contribution": Plane(
            shares.sum(axis=0) if together else shares[orientation],
            "signed" if settings.percept else "inferno",
            f"{name}, {'sum' if together else settings.orientation}",
            float(stages.enlargement),
        ),
    }
