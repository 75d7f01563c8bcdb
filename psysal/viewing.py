"""Viewing distance: pixels per degree <-> cycles per degree <-> wavelet level.

Place in the pipeline: beside it; models use it to shift their contrast
sensitivity.  ``ppd`` is pixels per degree of visual angle, frequencies are in
cycles per degree, levels count from 1, the finest.

A level of the B3-spline transform answers best to about 0.42 * 2**-s cycles per
pixel (s >= 2).  The published models know no degrees: their tuning is in levels.
It is read here as made for 32 pixels per degree, the display of the Toronto set
(Bruce & Tsotsos 2009, doi:10.1167/9.3.5) on which the 2011 model was reported.
"""

import math

__all__ = ["REFERENCE_PPD", "check_ppd", "level_shift", "peak_frequency"]

REFERENCE_PPD = 32.0
_PEAK = 0.42  # cycles per sample of a level's plane, times two


def check_ppd(ppd: float | None) -> float | None:
    """``ppd`` itself, or a ValueError that says what is wrong with it."""
    if ppd is None:
        return None
    try:
        value = float(ppd)
    except (TypeError, ValueError):
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise ValueError(
            f"ppd must be a positive number of pixels per degree, got {ppd!r}; "
            "leave it out for the published tuning"
        )
    return value


def level_shift(ppd: float | None) -> float:
    """Levels by which a tuning made for 32 pixels per degree moves at ``ppd``.

    >>> level_shift(64)
    1.0
    >>> level_shift(None)
    0.0
    """
    ppd = check_ppd(ppd)
    return 0.0 if ppd is None else math.log2(ppd / REFERENCE_PPD)


def peak_frequency(level: float, ppd: float | None = None) -> float:
    """Cycles per degree that wavelet ``level`` answers to best.

    >>> round(peak_frequency(4, ppd=32), 2)
    0.84
    """
    return _PEAK * 2.0**-level * (check_ppd(ppd) or REFERENCE_PPD)
