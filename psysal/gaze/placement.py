"""Fixations put on their images, and doubts about whether they belong there.

Place in the pipeline: fixations as a file has them, geometry -> [placement] -> fixations on
images.  What does not fit the images is refused or said, with the likely reason and the lines
of ``dataset.toml`` that would mend it.  Flipped coordinates that stay inside cannot be told.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from psysal.gaze.fixations import Fixations, Sizes
from psysal.gaze.geometry import Geometry

__all__ = ["on_images"]

SCREENS = (
    *((800, 600), (1024, 768), (1152, 864), (1280, 720), (1280, 800), (1280, 960), (1280, 1024)),
    *((1366, 768), (1440, 900), (1600, 900), (1600, 1200), (1680, 1050), (1920, 1080)),
    *((1920, 1200), (2560, 1440), (2560, 1600), (3840, 2160)),
)
MANY_OUTSIDE = 0.05
MOST_OUTSIDE = 0.5
SMALL_PART = 0.5  # of the width and of the height, that all of many fixations use
FAR = 0.25  # of the sides, from the median fixation to the middle
MANY = 20  # fixations, by which such a part can be judged
KEYS = (
    "; check that x and y are pixels from the top left corner of each image, or say what they are "
    "by the keys units, origin, y, axes, screen and shown of dataset.toml"
)


@dataclass(frozen=True)
class _Guess:
    """A geometry that would place the fixations well, what speaks for it, and a comment."""

    geometry: Geometry
    reason: str
    remark: str = ""

    def advice(self, stated: Geometry) -> str:
        """Reason and the lines to add."""
        lines = "\n".join(self.geometry.lines(stated)) + self.remark
        if self.geometry.origin == "center":
            lines = lines.replace('y = "up"', 'y = "up"  # or "down"')
        return f", {self.reason}; if so, add to dataset.toml:\n{lines}"


def on_images(
    name: str,
    fixations: Fixations,
    sizes: Sizes,
    geometry: Geometry,
    *,
    ppd: float | None = None,
) -> tuple[Fixations, str | None]:
    """Fixations in pixels of their images, and a remark if they hardly can be these.

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
        Sentence where more than 5 % of the fixations are outside of their images, or all use
        a small part of them, with the lines of ``dataset.toml`` that would mend it.

    Raises
    ------
    ValueError
        More than half of the fixations are outside, or all are shares taken for pixels.
    """
    placed = geometry.to_pixels(fixations, sizes, ppd=ppd)
    if not len(fixations):
        return placed, None
    found = (
        f"x from {fixations.x.min():.4g} to {fixations.x.max():.4g}, "
        f"y from {fixations.y.min():.4g} to {fixations.y.max():.4g}"
    )
    if geometry.units == "pixels" and _are_shares(fixations, sizes):
        guess = next(_share_guesses(fixations, geometry, sizes))
        raise ValueError(
            f"{name}: coordinates in pixels were expected, found {found}{guess.advice(geometry)}"
        )
    outside = _outside(placed, sizes)
    best = None
    if outside > MANY_OUTSIDE / 5 or _is_cramped(placed, sizes):
        best = next(_guesses(fixations, sizes, geometry, ppd), None)
    advice = best.advice(geometry) if best else KEYS
    sentence = (
        f"{name}: fixations inside of their images were expected, found "
        f"{round(outside * len(placed)):,} of {len(placed):,} outside ({found}){advice}"
    )
    if outside > MOST_OUTSIDE:
        raise ValueError(sentence)
    if outside > MANY_OUTSIDE or (outside and best and len(placed) > 2 * MANY):
        return placed, sentence
    if _is_cramped(placed, sizes):
        return placed, (
            f"{name}: fixations all over their images were expected, found all in a small part "
            f"of them ({found}){advice}"
        )
    return placed, None


def _outside(fixations: Fixations, sizes: Sizes) -> float:
    """Share of fixations outside of their images."""
    return fixations.inside(sizes)[1] / len(fixations)


def _is_cramped(fixations: Fixations, sizes: Sizes) -> bool:
    """True if nearly all of many fixations are within half the width and half the height."""
    if len(fixations) < MANY:
        return False
    rows, cols = fixations.of_each(sizes)
    shares = (fixations.x / cols, fixations.y / rows)
    return all(np.ptp(np.quantile(values, (0.01, 0.99))) < SMALL_PART for values in shares)


def _is_about_zero(fixations: Fixations) -> bool:
    """True if coordinates are negative about as often as positive."""
    return all(0.2 < (values < 0).mean() < 0.8 for values in (fixations.x, fixations.y))


def _are_shares(fixations: Fixations, sizes: Sizes) -> bool:
    """True if nearly all coordinates are fractions within 1.5 of zero, on larger images."""
    values = np.abs(np.stack([fixations.x, fixations.y]))
    fractions = (np.round(values) != values).any() or len(fixations) > MANY
    larger = min(min(size) for size in sizes.values()) > 4
    return bool(larger and fractions and (values <= 1.5).mean() >= 0.95)


def _share_guesses(fixations: Fixations, geometry: Geometry, sizes: Sizes) -> Iterator[_Guess]:
    """Units in which coordinates about as small as 1 may be."""
    if not _is_about_zero(fixations):
        yield _Guess(replace(geometry, units="share"), "as if they were shares of the image")
        return
    rows, cols = fixations.of_each(sizes)
    centered = replace(geometry, origin="center", y="up")
    remark = "\n# and screen = [width, height] in pixels, if it is the middle of the screen"
    within = (np.abs(fixations.x) <= cols / rows / 2) & (np.abs(fixations.y) <= 0.5)
    if within.mean() >= 0.95:
        yield _Guess(
            replace(centered, units="height"),
            "as if they were counted from the middle, in units of the height",
            remark,
        )
    yield _Guess(
        replace(centered, units="norm"),
        "as if they were counted from the middle, in units of half the width and half the height",
        remark,
    )


def _guesses(
    fixations: Fixations, sizes: Sizes, geometry: Geometry, ppd: float | None
) -> Iterator[_Guess]:
    """Geometries that place nearly all fixations inside, and all over the images."""
    centered = replace(geometry, origin="center", y="up")
    plain = [
        _Guess(centered, "as if they were counted from the middle"),
        _Guess(replace(geometry, y="up"), "as if y were counted upward"),
        _Guess(
            replace(geometry, axes="yx" if geometry.axes == "xy" else "xy"),
            "as if x and y were exchanged",
        ),
        _Guess(replace(geometry, units="percent"), "as if they were percent of the image"),
    ]
    if ppd is not None:
        degrees = replace(centered, units="degrees")
        plain.append(_Guess(degrees, "as if they were degrees from the middle"))
    outside = _outside(geometry.to_pixels(fixations, sizes, ppd=ppd), sizes)
    fifth = outside / 5 or 1

    def fits(tried: Geometry, most_outside: float) -> Fixations | None:
        """Fixations on the images, unless too many are outside or all far from the middle."""
        placed = tried.to_pixels(fixations, sizes, ppd=ppd)
        far = len(placed) >= MANY and _distance_from_center(placed, sizes) > FAR
        too_many = _outside(placed, sizes) > min(most_outside, fifth)
        return None if too_many or far or _is_cramped(placed, sizes) else placed

    yield from (guess for guess in plain if fits(guess.geometry, 0.02))
    largest = max(cols for _, cols in sizes.values()), max(rows for rows, _ in sizes.values())
    for shown, manner in (("centered", "in the middle of"), ("fitted", "as large as allows")):
        near: list[tuple[float, _Guess]] = []
        for screen in SCREENS:
            if shown == "centered" and (largest[0] > screen[0] or largest[1] > screen[1]):
                continue
            tried = replace(geometry, screen=screen, shown=shown)
            if placed := fits(tried, MANY_OUTSIDE):
                reason = (
                    f"as if images were shown {manner} a screen of {screen[0]} x {screen[1]} "
                    "pixels (where yours has another size, give that)"
                )
                near.append((_distance_from_center(placed, sizes), _Guess(tried, reason)))
        yield from (guess for _, guess in sorted(near, key=lambda pair: pair[0])[:1])


def _distance_from_center(fixations: Fixations, sizes: Sizes) -> float:
    """Distance of the median fixation from the middle, in units of the image's sides."""
    rows, cols = fixations.of_each(sizes)
    x, y = np.median(fixations.x / cols), np.median(fixations.y / rows)
    return float(np.hypot(x - 0.5, y - 0.5))
