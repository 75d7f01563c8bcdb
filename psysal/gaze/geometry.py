"""Coordinates of fixations, from those of a file to pixels of the image.

Place in the pipeline: fixations as a file has them -> [geometry] -> fixations on images.
Files count in pixels or in shares, from a corner or from the middle, of the image or of the
screen on which it was shown.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from psysal.checks import one_of
from psysal.gaze.fixations import Fixations, Sizes

__all__ = ["UNITS", "Geometry"]

UNITS: Mapping[str, Callable[[Any, Any, float], tuple[Any, Any]]] = {
    "pixels": lambda width, height, ppd: (1, 1),
    "share": lambda width, height, ppd: (width, height),
    "percent": lambda width, height, ppd: (width / 100, height / 100),
    "norm": lambda width, height, ppd: (width / 2, height / 2),
    "height": lambda width, height, ppd: (height, height),
    "degrees": lambda width, height, ppd: (ppd, ppd),
}
"""Pixels in a unit of x and of y, by the size of the image or of the screen."""
ORIGINS = ("top left", "bottom left", "center")
SHOWN = ("centered", "fitted", "stretched")


@dataclass(frozen=True)
class Geometry:
    """Coordinates of a file of fixations.

    Parameters
    ----------
    units : str
        One of :data:`UNITS`: "pixels"; "share" or "percent" of the width and of the height;
        "norm", from -1 to 1; "height", of which the height has one; or "degrees".
    origin : "top left", "bottom left" or "center"
        Place of (0, 0).
    y : "down" or "up", optional
        Direction in which y grows; by default up from the bottom, else down.
    axes : "xy" or "yx"
        "yx" where the file has exchanged the two.
    screen : (int, int), optional
        Width and height in pixels of the screen that the coordinates are those of; by
        default they are those of the image.
    shown : "centered", "fitted" or "stretched"
        Image on the screen: in its middle and of its own size, made as large as the screen
        allows, or made as large as the screen.

    Raises
    ------
    ValueError
        A value that is none of these.
    """

    units: str = "pixels"
    origin: str = "top left"
    y: str | None = None
    axes: str = "xy"
    screen: tuple[int, int] | None = None
    shown: str = "centered"

    def __post_init__(self) -> None:
        one_of("units", self.units, tuple(UNITS))
        one_of("origin", self.origin, ORIGINS)
        one_of("y", self.y, (None, "down", "up"))
        one_of("axes", self.axes, ("xy", "yx"))
        one_of("shown", self.shown, SHOWN)
        if self.screen is not None:
            numbers = isinstance(self.screen, list | tuple) and len(self.screen) == 2
            if not numbers or not all(isinstance(n, int) and n > 0 for n in self.screen):
                raise ValueError(f"screen must be [width, height] in pixels, got {self.screen!r}")
            object.__setattr__(self, "screen", (self.screen[0], self.screen[1]))

    def to_pixels(
        self,
        fixations: Fixations,
        sizes: Sizes,
        *,
        ppd: float | None = None,
        frames: Sizes | None = None,
    ) -> Fixations:
        """Fixations in pixels from the top left corner of their images.

        Parameters
        ----------
        fixations : Fixations
            Coordinates as the file has them.
        sizes : mapping of str to (rows, cols)
            Size of every image with fixations.
        ppd : float, optional
            Pixels per degree, which "degrees" need.
        frames : mapping of str to (rows, cols), optional
            In place of a screen, the size of the map in which an image has its fixations.

        Returns
        -------
        Fixations
            ``fixations`` itself if the coordinates are these already.

        Raises
        ------
        ValueError
            Degrees without ``ppd``.

        Examples
        --------
        >>> shares = Fixations(["cat"], [0], [0], [0.5], [0.25])
        >>> pixels = Geometry("share", "bottom left").to_pixels(shares, {"cat": (100, 200)})
        >>> pixels.x.tolist(), pixels.y.tolist()
        ([100.0], [75.0])
        """
        if frames is None and self == Geometry(shown=self.shown):
            return fixations
        if self.units == "degrees" and ppd is None:
            raise ValueError("units of degrees need ppd, got none; give ppd")
        rows, cols = fixations.of_each(sizes)
        width: Any
        height: Any
        if frames is not None:
            height, width = fixations.of_each(frames)
        elif self.screen is not None:
            width, height = self.screen
        else:
            height, width = rows, cols
        x, y = fixations.x, fixations.y
        if self.axes == "yx":
            x, y = y, x
        unit_x, unit_y = UNITS[self.units](width, height, ppd or 1)
        x, y = x * unit_x, y * unit_y
        if self.y == "up" or (self.y is None and self.origin == "bottom left"):
            y = -y
        if self.origin == "center":
            x, y = x + width / 2, y + height / 2
        elif self.origin == "bottom left":
            y = y + height
        if self.screen is not None or frames is not None:
            scale_x, scale_y = width / cols, height / rows
            if self.shown == "centered":
                scale_x = scale_y = np.ones(len(fixations))
            elif self.shown == "fitted":
                scale_x = scale_y = np.minimum(scale_x, scale_y)
            x, y = x - (width - cols * scale_x) / 2, y - (height - rows * scale_y) / 2
            x, y = x / scale_x, y / scale_y
        return fixations.replaced(x=x, y=y)

    def lines(self, other: "Geometry") -> list[str]:
        """Lines of ``dataset.toml`` that turn another geometry into this one.

        Parameters
        ----------
        other : Geometry
            Geometry that ``dataset.toml`` states.

        Returns
        -------
        list of str

        Examples
        --------
        >>> Geometry("share").lines(Geometry())
        ['units = "share"']
        """
        changed = [f.name for f in fields(self) if getattr(self, f.name) != getattr(other, f.name)]
        return [f"{name} = {_toml(getattr(self, name))}" for name in changed]


def _toml(value: Any) -> str:
    return f"[{value[0]}, {value[1]}]" if isinstance(value, tuple) else f'"{value}"'
