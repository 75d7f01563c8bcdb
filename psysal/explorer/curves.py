"""Curves of contrast sensitivity, and where the levels of a picture are on them.

Place in the pipeline: settings of a model -> [curves] -> page.  The curves are over the levels that
the model's parameters are in, those of a picture at the distance that its tuning was made for.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from psysal._typing import Array
from psysal.explorer.view import ViewSettings
from psysal.viewing import REFERENCE_PPD, peak_frequency
from psysal.vision.csf import ECSF

__all__ = ["levels_on_curve", "peak_of_level", "published_ppd", "sensitivity_curves"]


def sensitivity_curves(settings: ViewSettings) -> dict[str, Array]:
    """Curves of a model's contrast sensitivity, over the levels that its parameters are in.

    Another viewing distance moves the levels of the picture along the curves, and not the curves,
    which are the observer's: :func:`levels_on_curve`.

    Parameters
    ----------
    settings : ViewSettings
        The model.

    Returns
    -------
    dict of str to ndarray, (161,)
        "level", from 0.5 to 8.5, and g and k at these levels: "intensity g", "intensity k",
        "color g", "color k".  Empty for a model without stages; without color for one of
        luminance alone.

    Examples
    --------
    >>> sorted(sensitivity_curves(ViewSettings("otazu2008")))
    ['intensity g', 'intensity k', 'level']
    """
    if not settings.staged:
        return {}
    level = np.linspace(0.5, 8.5, 161)
    curves = {"level": level}
    for kind, ecsf in _tuned(settings.model).items():
        curves |= {f"{kind} g": ecsf.gain(level), f"{kind} k": ecsf.offset(level)}
    return curves


def _tuned(model: Any) -> dict[str, ECSF]:
    """Sensitivities as the parameters of a model give them, at no distance."""
    ecsfs = replace(model, ppd=None).sensitivities[::-1]  # of luminance alone, one
    published = zip(("intensity", "color"), ecsfs, strict=False)
    return {kind: getattr(model, kind, ecsf) for kind, ecsf in published}


def levels_on_curve(settings: ViewSettings, levels: int) -> Array:
    """Places of the levels of a picture on the curve g of the channel shown.

    Parameters
    ----------
    settings : ViewSettings
        A model with stages.
    levels : int
        Number of levels.

    Returns
    -------
    ndarray, (2, levels)
        Level of the tuning, and g there.

    Examples
    --------
    >>> levels_on_curve(ViewSettings().with_control("ppd", 64), 3)[0]
    array([0., 1., 2.])
    """
    tuned = _tuned(settings.model)
    moved = settings.model.sensitivities[-1].s_g - tuned["intensity"].s_g
    position = np.arange(1, levels + 1) - moved
    kind = "intensity" if settings.channel == 2 or "color" not in tuned else "color"
    return np.stack([position, tuned[kind].gain(position)])


def published_ppd(settings: ViewSettings) -> float:
    """Pixels per degree that the published tuning of a model is made for.

    Parameters
    ----------
    settings : ViewSettings
        The model.

    Returns
    -------
    float

    Examples
    --------
    >>> published_ppd(ViewSettings()), round(published_ppd(ViewSettings("otazu2008")), 2)
    (32.0, 31.28)
    """
    if not settings.staged:
        return REFERENCE_PPD
    here, published = (replace(settings.model, ppd=ppd) for ppd in (REFERENCE_PPD, None))
    shift = here.sensitivities[-1].s_g - published.sensitivities[-1].s_g
    return REFERENCE_PPD * 2.0**-shift


def peak_of_level(settings: ViewSettings) -> float:
    """Spatial frequency that the level shown responds to most.

    Parameters
    ----------
    settings : ViewSettings
        A model with stages, and a level.

    Returns
    -------
    float
        Cycles per degree of visual angle.

    Examples
    --------
    >>> round(peak_of_level(ViewSettings(level=4)), 2)
    0.84
    """
    level = settings.level + getattr(settings.model, "reduction", 0)
    return peak_frequency(level, settings.model.ppd or published_ppd(settings))
