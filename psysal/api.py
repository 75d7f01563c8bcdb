"""``psysal.saliency`` and ``psysal.perceive``: one call from an image to what is made of it."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

import psysal
from psysal.viewing import Viewing

__all__ = ["MODELS", "PERCEPTION", "model_named", "normalized", "perceive", "saliency"]

Array = NDArray[Any]

MODELS = {
    "murray2011": "Murray2011",
    "murray2013": "Murray2013",
    "itti1998": "Itti1998",
    "hou2007": "Hou2007",
    "hou2012": "Hou2012",
    "achanta2008": "Achanta2008",
    "harel2006": "Harel2006",
    "bruce2009": "Bruce2009",
    "uniform": "Uniform",
    "center": "Center",
}
"""Models of saliency: each name's class in ``psysal``, imported when it is asked for."""

PERCEPTION = {"otazu2008": "Otazu2008", "otazu2010": "Otazu2010"}
"""Models of perceived brightness and color, likewise."""


def saliency(
    image: Any,
    *,
    model: str | Callable[..., Array] = "murray2011",
    ppd: float | Viewing | None = None,
    order: str = "rgb",
    normalize: str | None = "range",
    dtype: DTypeLike = "float32",
    threads: int | None = None,
) -> Array:
    """Saliency map of an image.

    Parameters
    ----------
    image : array, PIL image, str or path
        sRGB: (rows, cols) grey, (rows, cols, 3), or (rows, cols, 4) composited on
        white; uint8, uint16, or float in [0, 1]; at least 8 x 8 pixels.
    model : str or callable
        A name of ``psysal.api.MODELS``, or a model such as
        ``psysal.Murray2011(windows=(13, 26))``.
    ppd : float or Viewing, optional
        Pixels per degree of visual angle; None keeps the published tuning. Models
        without a tuning in degrees take none.
    order : "rgb" or "bgr"
        Channel order of an array; OpenCV's are "bgr".
    normalize : "range", "sum" or None
        Spread over [0, 1] (a constant image gives zeros), sum to 1 as a density,
        or leave the raw map.
    dtype : "float32" or "float64"
        float64 reproduces the authors' program to 1e-9 of the maximum.
    threads : int, optional
        Default: every processor. The bits do not depend on it.

    Returns
    -------
    ndarray, (rows, cols)

    Raises
    ------
    ValueError, TypeError
        An image or option that has no meaning here; the message says what was
        expected, what was given and what to do.
    OSError
        A file that cannot be opened.

    Notes
    -----
    Murray, Vanrell, Otazu & Parraga (2011), doi:10.1109/CVPR.2011.5995506.

    Examples
    --------
    >>> import numpy as np, psysal
    >>> image = np.full((64, 96, 3), 0.5)
    >>> float(psysal.saliency(image).max())
    0.0
    >>> image[30:34, 70:74] = 1, 0, 0
    >>> psysal.saliency(image)[32, 72] > 0.8
    np.True_
    """
    if normalize not in ("range", "sum", None):
        raise ValueError(f'normalize must be "range", "sum" or None, got {normalize!r}')
    chosen = _chosen(model, ppd, MODELS)
    return normalized(chosen(image, order=order, dtype=dtype, threads=threads), normalize)


def perceive(
    image: Any,
    *,
    model: str | Callable[..., Array] = "otazu2010",
    ppd: float | Viewing | None = None,
    order: str = "rgb",
    dtype: DTypeLike = "float32",
    threads: int | None = None,
) -> Array:
    """The image as it looks: its brightness and color with what the surround induces.

    Parameters
    ----------
    image, order, dtype, threads
        As in :func:`saliency`.
    model : str or callable
        "otazu2010" for color, "otazu2008" for luminance alone, or a model such as
        ``psysal.Otazu2010(windows=(3, 6))``.
    ppd : float or Viewing, optional
        Pixels per degree of visual angle; None keeps the published tuning.

    Returns
    -------
    ndarray, of the image's shape; (rows, cols) from "otazu2008"
        Black is 0 and white 1, sRGB-encoded as the image is; not clipped. What is
        induced is the difference from the image shown, in [0, 1].

    Raises
    ------
    ValueError, TypeError, OSError
        As :func:`saliency`.

    Notes
    -----
    Otazu, Vanrell & Parraga (2008), doi:10.1016/j.visres.2007.12.008;
    Otazu, Parraga & Vanrell (2010), doi:10.1167/10.12.5.

    Examples
    --------
    White's illusion: equal greys look lighter on dark bars than on light ones.

    >>> import psysal
    >>> from psysal import stimuli
    >>> display = stimuli.white()
    >>> lighter, darker = display.target_masks
    >>> seen = psysal.perceive(display.image)
    >>> bool(seen[lighter].mean() > seen[darker].mean())
    True
    """
    return _chosen(model, ppd, PERCEPTION)(image, order=order, dtype=dtype, threads=threads)


def _chosen(
    model: str | Callable[..., Array],
    ppd: float | Viewing | None,
    models: Mapping[str, str],
) -> Callable[..., Array]:
    if isinstance(model, str):
        return model_named(model, ppd, models)
    if ppd is not None:
        raise ValueError(
            f"ppd must be given to the model itself, got ppd={ppd!r} beside {model!r}; "
            f"write {type(model).__name__}(ppd=...)"
        )
    return model


def model_named(
    name: str,
    ppd: float | Viewing | None = None,
    models: Mapping[str, str] = MODELS,
) -> Callable[..., Array]:
    """The model of a name among ``models``, for a viewing distance."""
    if name not in models:
        raise ValueError(f"model must be one of {', '.join(models)}, got {name!r}")
    kind = getattr(psysal, models[name])
    options = {} if ppd is None else {"ppd": ppd}
    if not options.keys() <= {field.name for field in fields(kind)}:
        raise ValueError(f"{name} has no tuning in degrees, got ppd={ppd!r}; leave ppd out")
    made: Callable[..., Array] = kind(**options)
    return made


def normalized(raw: Array, how: str | None = "range") -> Array:
    """A raw map spread over [0, 1] ("range"), summing to 1 ("sum"), or as it is (None).

    Differences below the rounding of the raw map itself are none: zeros.
    """
    if how is None:
        return raw
    if how == "sum":
        return raw / raw.dtype.type(raw.sum(dtype=float))
    low, high = raw.min(), raw.max()
    if high - low <= 8 * np.finfo(raw.dtype).eps * high:
        return np.zeros_like(raw)
    raw = raw - low
    raw /= high - low
    return raw
