"""Coordinates of fixations, from those of a file to pixels of the image.

Place in the pipeline: fixations as a file has them -> [geometry] -> fixations on images.
Files count in pixels or in shares, from a corner or from the middle, of the image or of the
screen on which it was shown.  What does not fit the images is refused or said, with the lines
of ``dataset.toml`` that would mend it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from psysal.checks import one_of
from psysal.gaze.fixations import Fixations, Sizes

__all__ = ["UNITS", "Geometry", "on_images"]

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
SCREENS = (
    *((800, 600), (1024, 768), (1152, 864), (1280, 720), (1280, 800), (1280, 960), (1280, 1024)),
    *((1366, 768), (1440, 900), (1600, 900), (1600, 1200), (1680, 1050), (1920, 1080)),
    *((1920, 1200), (2560, 1440), (2560, 1600), (3840, 2160)),
)
FEW_OUTSIDE = 0.05
MOST_OUTSIDE = 0.5


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


@dataclass(frozen=True)
class _Guess:
    """A geometry that would place the fixations inside, and what speaks for it."""

    geometry: Geometry
    reason: str
    remark: str = ""


def on_images(
    name: str,
    fixations: Fixations,
    sizes: Sizes,
    geometry: Geometry,
    *,
    ppd: float | None = None,
) -> tuple[Fixations, str | None]:
    """Fixations in pixels of their images, and a remark if many of them are outside.

    Parameters
    ----------
    name : str
        Name of the file, for messages.
    fixations : Fixations
        Coordinates as the file has them.
    sizes : mapping of str to (rows, cols)
        Size of every image with fixations.
    geometry : Geometry
        Coordinates that are stated for the file.
    ppd : float, optional
        Pixels per degree, if known.

    Returns
    -------
    fixations : Fixations
    remark : str or None
        Sentence about fixations outside of their images where they are more than 5 %, or
        about coordinates that hardly use the images, with the lines of ``dataset.toml`` that
        would mend it.

    Raises
    ------
    ValueError
        More than half of the fixations are outside, or all are shares taken for pixels.
    """
    placed = geometry.to_pixels(fixations, sizes, ppd=ppd)
    if not len(fixations):
        return placed, None
    outside = _outside(placed, sizes)
    count = round(outside * len(placed))
    if geometry.units == "pixels" and _are_shares(fixations, sizes):
        expected = f"{name}: coordinates in pixels were expected, found "
        shares = next(_share_guesses(fixations, geometry, sizes))
        raise ValueError(f"{expected}{_ends(fixations)}: {_advice(shares, geometry)}")
    if geometry.units == "pixels" and (percent := _percent_guess(fixations, geometry, sizes)):
        return placed, (
            f"{name}: coordinates in pixels were expected, found {_ends(fixations)}, of images "
            f"many times larger: {_advice(percent, geometry)}"
        )
    if outside <= FEW_OUTSIDE:
        return placed, None
    advice = (
        "check that x and y are pixels from the top left corner of each image, or say what they "
        "are by the keys units, origin, y, axes and screen of dataset.toml"
    )
    if guess := _best_guess(fixations, sizes, geometry):
        advice = _advice(guess, geometry)
    sentence = (
        f"{name}: fixations inside of their images were expected, found {count:,} of "
        f"{len(placed):,} outside ({_ends(fixations)}): {advice}"
    )
    if outside > MOST_OUTSIDE:
        raise ValueError(sentence)
    return placed, sentence


def _advice(guess: _Guess, geometry: Geometry) -> str:
    """Reason and the lines to add."""
    lines = guess.geometry.lines(geometry)
    lines[-1] += guess.remark
    return f"{guess.reason}; if so, add to dataset.toml:\n" + "\n".join(lines)


def _ends(fixations: Fixations) -> str:
    x, y = fixations.x, fixations.y
    return f"x from {x.min():.4g} to {x.max():.4g}, y from {y.min():.4g} to {y.max():.4g}"


def _outside(fixations: Fixations, sizes: Sizes) -> float:
    """Share of fixations outside of their images."""
    return fixations.inside(sizes)[1] / len(fixations)


def _are_shares(fixations: Fixations, sizes: Sizes) -> bool:
    """True if nearly all coordinates are fractions within 1.5 of zero, on larger images."""
    values = np.abs(np.stack([fixations.x, fixations.y]))
    fractions = (np.round(values) != values).any() or len(fixations) > 20
    larger = min(min(size) for size in sizes.values()) > 4
    return bool(larger and fractions and (values <= 1.5).mean() >= 0.95)


def _share_guesses(fixations: Fixations, geometry: Geometry, sizes: Sizes) -> Iterator[_Guess]:
    """Units in which coordinates about as small as 1 may be."""
    if not _is_about_zero(fixations):
        yield _Guess(replace(geometry, units="share"), "as if they were shares of the image")
        return
    rows, cols = fixations.of_each(sizes)
    centered = replace(geometry, origin="center", y="up")
    limits = (("height", cols / rows / 2, 0.5), ("norm", 1.0, 1.0))
    for units, most_x, most_y in limits:
        within = (np.abs(fixations.x) <= most_x) & (np.abs(fixations.y) <= most_y)
        if within.mean() >= 0.95 or units == "norm":
            yield _Guess(
                replace(centered, units=units),
                "as if they were counted from the middle, in units of "
                + ("the height" if units == "height" else "half the width and half the height"),
                '  # or "down"; and screen = [width, height] if it is the middle of the screen',
            )


def _percent_guess(fixations: Fixations, geometry: Geometry, sizes: Sizes) -> _Guess | None:
    """Percent, if the coordinates use all of 0 to 100, and of the images little else."""
    x, y = fixations.x, fixations.y
    smallest = min(min(size) for size in sizes.values())
    low, high = min(x.min(), y.min()), max(x.max(), y.max())
    if len(fixations) < 20 or smallest < 200 or low < 0 or high > 100 or min(x.max(), y.max()) < 50:
        return None
    return _Guess(replace(geometry, units="percent"), "as if they were percent of the image")


def _is_about_zero(fixations: Fixations) -> bool:
    """True if coordinates are negative about as often as positive."""
    return all(0.2 < (values < 0).mean() < 0.8 for values in (fixations.x, fixations.y))


def _best_guess(fixations: Fixations, sizes: Sizes, geometry: Geometry) -> _Guess | None:
    """Likely geometry: the first plain one that fits, else the screen that fits best."""
    guesses = [
        _Guess(
            replace(geometry, origin="center", y="up"),
            "as if they were counted from the middle",
            '  # or "down"',
        ),
        _Guess(replace(geometry, y="up"), "as if y were counted upward"),
        _Guess(
            replace(geometry, axes="yx" if geometry.axes == "xy" else "xy"),
            "as if x and y were exchanged",
        ),
    ]
    for guess in guesses:
        if _outside(guess.geometry.to_pixels(fixations, sizes), sizes) <= 0.02:
            return guess
    largest = max(cols for _, cols in sizes.values()), max(rows for rows, _ in sizes.values())
    for shown, manner in (("centered", "in the middle of"), ("fitted", "as large as allows")):
        near: list[tuple[float, _Guess]] = []
        for screen in SCREENS:
            if shown == "centered" and (largest[0] > screen[0] or largest[1] > screen[1]):
                continue
            tried = replace(geometry, screen=screen, shown=shown)
            placed = tried.to_pixels(fixations, sizes)
            distance = _distance_from_center(placed, sizes)
            if distance < 0.25 and _outside(placed, sizes) <= FEW_OUTSIDE:
                reason = (
                    f"as if images were shown {manner} a screen of {screen[0]} x {screen[1]} "
                    "pixels (where yours has another size, give that)"
                )
                near.append((distance, _Guess(tried, reason)))
        if near:
            return min(near, key=lambda pair: pair[0])[1]
    return None


def _distance_from_center(fixations: Fixations, sizes: Sizes) -> float:
    """Distance of the median fixation from the middle, in units of the image's sides."""
    rows, cols = fixations.of_each(sizes)
    x, y = np.median(fixations.x / cols), np.median(fixations.y / rows)
    return float(np.hypot(x - 0.5, y - 0.5))
