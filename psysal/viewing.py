"""Viewing distance: pixels <-> degrees <-> cycles per degree <-> wavelet level.

Place in the pipeline: beside it; models use it to shift their contrast
sensitivity.  ``ppd`` is pixels per degree of visual angle, frequencies are in
cycles per degree, levels count from 1, the finest.

A level of the B3-spline transform answers best to about 0.42 * 2**-s cycles per
pixel (s >= 2).  The published models know no degrees: their tuning is in levels.
It is read here as made for 32 pixels per degree, the display of the Toronto set
(Bruce & Tsotsos 2009, doi:10.1167/9.3.5) on which the 2011 model was reported,
unless a model says otherwise.
"""

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any

__all__ = ["REFERENCE_PPD", "Viewing", "check_ppd", "level_at", "level_shift", "peak_frequency"]

REFERENCE_PPD = 32.0
"""Pixels per degree that tunings in levels are read as made for."""
_PEAK = 0.42  # cycles per sample of a level's plane, times two
_AGREE = 0.01  # share by which a given ppd may differ from that of the screen


@dataclass(frozen=True)
class Viewing:
    """How an image is seen: pixels per degree, or the screen and the distance from it.

    Every ``ppd=`` takes a Viewing in place of a number.

    Parameters
    ----------
    ppd : float, optional
        Pixels per degree of visual angle. Beside a screen, it must agree to 1 %.
    distance : float, optional
        From the eye to the screen, in the unit of ``width``.
    width : float, optional
        Of the screen, or of the picture on it.
    pixels : int, optional
        Across that width.

    Raises
    ------
    ValueError
        Numbers that are missing, not positive, or contradict one another.

    Notes
    -----
    A degree is taken where the line of sight meets the screen: 2 distance tan(0.5 deg).

    Examples
    --------
    >>> seen = Viewing(distance=57.3, width=50, pixels=1600)
    >>> round(seen.ppd, 2)
    32.0
    >>> round(seen.degrees(800), 2), round(Viewing(ppd=40).to_pixels(2.5))
    (25.0, 100)
    """

    ppd: float = None  # type: ignore[assignment]  # always there once it is made
    distance: float | None = None
    width: float | None = None
    pixels: float | None = None

    def __post_init__(self) -> None:
        screen: dict[str, Any] = {
            "distance": self.distance,
            "width": self.width,
            "pixels": self.pixels,
        }
        for name, value in {"ppd": self.ppd, **screen}.items():
            if value is not None and not _positive(value):
                raise ValueError(f"{name} must be a positive number, got {value!r}")
        missing = [name for name, value in screen.items() if value is None]
        if len(missing) == 3 and self.ppd is not None:
            return
        if missing:
            raise ValueError(
                "a viewing needs ppd, or distance, width and pixels together; "
                f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
            )
        distance, width, pixels = screen.values()
        found = pixels / width * 2 * distance * math.tan(math.radians(0.5))
        if self.ppd is not None and abs(self.ppd / found - 1) > _AGREE:
            raise ValueError(
                f"ppd={self.ppd:g} contradicts distance={self.distance:g}, width={self.width:g} "
                f"and pixels={self.pixels:g}, which make {found:.4g} pixels per degree; "
                "leave one of them out"
            )
        object.__setattr__(self, "ppd", found)

    def degrees(self, pixels: float) -> float:
        """Degrees of visual angle that so many pixels take."""
        return pixels / self.ppd

    def to_pixels(self, degrees: float) -> float:
        """Pixels that so many degrees of visual angle take."""
        return degrees * self.ppd


def check_ppd(ppd: "float | Viewing | None") -> float | None:
    """The pixels per degree given, or a ValueError that says what is wrong with them."""
    if isinstance(ppd, Viewing):
        return ppd.ppd
    if ppd is None:
        return None
    if not _positive(ppd):
        raise ValueError(
            f"ppd must be a positive number of pixels per degree, got {ppd!r}; "
            "leave it out for the default"
        )
    return float(ppd)


def _positive(value: Any) -> bool:
    """Whether this is a number above zero, and finite."""
    return isinstance(value, Real) and 0 < float(value) < math.inf


def level_shift(ppd: "float | Viewing | None", reference: float = REFERENCE_PPD) -> float:
    """Levels by which a tuning made for ``reference`` pixels per degree moves at ``ppd``.

    >>> level_shift(64)
    1.0
    >>> level_shift(None)
    0.0
    """
    ppd = check_ppd(ppd)
    return 0.0 if ppd is None else math.log2(ppd / reference)


def peak_frequency(level: float, ppd: "float | Viewing | None" = None) -> float:
    """Cycles per degree that wavelet ``level`` answers to best.

    >>> round(peak_frequency(4, ppd=32), 2)
    0.84
    """
    return _PEAK * 2.0**-level * (check_ppd(ppd) or REFERENCE_PPD)


def level_at(frequency: float, ppd: "float | Viewing | None" = None) -> float:
    """The wavelet level, in fractions, that answers best to so many cycles per degree.

    >>> level_at(peak_frequency(4, ppd=40), ppd=40)
    4.0
    """
    if not _positive(frequency):
        raise ValueError(f"frequency must be a positive number of cycles, got {frequency!r}")
    return math.log2(_PEAK * (check_ppd(ppd) or REFERENCE_PPD) / frequency)
