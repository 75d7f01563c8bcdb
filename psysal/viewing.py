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
from typing import Any

from psysal.checks import positive_number

__all__ = ["REFERENCE_PPD", "Viewing", "check_ppd", "level_at", "level_shift", "peak_frequency"]

REFERENCE_PPD = 32.0
"""Pixels per degree of the display that tunings in levels are read as made for."""
_PEAK_CYCLES = 0.42  # per pixel, times 2**level: best frequency of a level
_PPD_TOLERANCE = 0.01  # share by which ppd may differ from that of the screen


@dataclass(frozen=True)
class Viewing:
    """Viewing distance: pixels per degree, or the screen and the distance from it.

    Every ``ppd=`` takes a Viewing in place of a number.

    Parameters
    ----------
    ppd : float, optional
        Pixels per degree of visual angle. Beside a screen, it must agree to 1 %.
    distance : float, optional
        Distance of the eye from the screen, in the unit of ``width``.
    width : float, optional
        Width of the screen, or of the picture on it.
    pixels : int, optional
        Pixels across that width.

    Raises
    ------
    ValueError
        Numbers that are missing, not positive, or contradict one another.

    Notes
    -----
    A degree is taken where the line of sight meets the screen: 2 distance tan(0.5 deg).

    Examples
    --------
    >>> viewing = Viewing(distance=57.3, width=50, pixels=1600)
    >>> round(viewing.ppd, 2)
    32.0
    >>> round(viewing.degrees(800), 2), round(Viewing(ppd=40).to_pixels(2.5))
    (25.0, 100)
    """

    ppd: float = None  # type: ignore[assignment]  # __post_init__ fills it in
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
            if value is not None:
                positive_number(name, value)
        missing = [name for name, value in screen.items() if value is None]
        if len(missing) == 3 and self.ppd is not None:
            return
        if missing:
            raise ValueError(
                "a viewing needs ppd, or distance, width and pixels together; "
                f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"
            )
        distance, width, pixels = screen.values()
        ppd = pixels / width * 2 * distance * math.tan(math.radians(0.5))
        if self.ppd is not None and abs(self.ppd / ppd - 1) > _PPD_TOLERANCE:
            raise ValueError(
                f"ppd={self.ppd:g} contradicts distance={self.distance:g}, width={self.width:g} "
                f"and pixels={self.pixels:g}, which make {ppd:.4g} pixels per degree; "
                "leave one of them out"
            )
        object.__setattr__(self, "ppd", ppd)

    def degrees(self, pixels: float) -> float:
        """Degrees of visual angle of a length.

        Parameters
        ----------
        pixels : float

        Returns
        -------
        float
        """
        return pixels / self.ppd

    def to_pixels(self, degrees: float) -> float:
        """Pixels of a visual angle.

        Parameters
        ----------
        degrees : float

        Returns
        -------
        float
        """
        return degrees * self.ppd


def check_ppd(ppd: "float | Viewing | None") -> float | None:
    """Pixels per degree as a number.

    Parameters
    ----------
    ppd : float, Viewing or None

    Returns
    -------
    float or None

    Raises
    ------
    ValueError
        ``ppd`` is not a positive number.
    """
    if isinstance(ppd, Viewing):
        return ppd.ppd
    if ppd is None:
        return None
    hint = "leave it out for the default"
    return float(positive_number("ppd", ppd, unit="of pixels per degree", hint=hint))


def level_shift(ppd: "float | Viewing | None", reference: float = REFERENCE_PPD) -> float:
    """Levels by which a tuning moves at another viewing distance.

    Parameters
    ----------
    ppd : float, Viewing or None
        Pixels per degree; None is ``reference``.
    reference : float
        Pixels per degree that the tuning was made for.

    Returns
    -------
    float
        log2(ppd / reference).

    Examples
    --------
    >>> level_shift(64)
    1.0
    >>> level_shift(None)
    0.0
    """
    ppd = check_ppd(ppd)
    return 0.0 if ppd is None else math.log2(ppd / reference)


def peak_frequency(level: float, ppd: "float | Viewing | None" = None) -> float:
    """Spatial frequency that a wavelet level answers to best.

    Parameters
    ----------
    level : float
        Level, from 1, the finest.
    ppd : float or Viewing, optional
        Pixels per degree; None is 32.

    Returns
    -------
    float
        Cycles per degree.

    Examples
    --------
    >>> round(peak_frequency(4, ppd=32), 2)
    0.84
    """
    return _PEAK_CYCLES * 2.0**-level * (check_ppd(ppd) or REFERENCE_PPD)


def level_at(frequency: float, ppd: "float | Viewing | None" = None) -> float:
    """Wavelet level that answers best to a spatial frequency, the inverse of peak_frequency.

    Parameters
    ----------
    frequency : float
        Cycles per degree.
    ppd : float or Viewing, optional
        Pixels per degree; None is 32.

    Returns
    -------
    float
        Level, in fractions.

    Raises
    ------
    ValueError
        ``frequency`` is not a positive number.

    Examples
    --------
    >>> level_at(peak_frequency(4, ppd=40), ppd=40)
    4.0
    """
    positive_number("frequency", frequency, unit="of cycles")
    return math.log2(_PEAK_CYCLES * (check_ppd(ppd) or REFERENCE_PPD) / frequency)
