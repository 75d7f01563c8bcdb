"""One call each: a saliency map, the image as it looks, models held against people."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

import psysal
from psysal.viewing import Viewing

if TYPE_CHECKING:
    from pandas import DataFrame

    from psysal.evaluation.compare import Comparison
    from psysal.human import Dataset

__all__ = [
    "FILES",
    "MODELS",
    "PEOPLE",
    "PERCEPTION",
    "comparison",
    "evaluate",
    "model_named",
    "normalized",
    "perceive",
    "saliency",
]

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
    "learned": "Learned",
    "uniform": "Uniform",
    "chance": "Chance",
    "center": "Center",
}
"""Models of saliency: each name's class in ``psysal``, imported when it is asked for."""

PERCEPTION = {"otazu2008": "Otazu2008", "otazu2010": "Otazu2010"}
"""Models of perceived brightness and color, likewise."""


PEOPLE = ("center_bias", "human_ceiling")
"""What people alone predict: fitted to a set, so that only an evaluation has them."""


FILES = {"learned": ("Learned", "readout"), "onnx": ("OnnxModel", "path")}
"""Models in a file, "KIND:FILE": by kind, their class and what it calls the file."""


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
        A name of ``psysal.api.MODELS``; "learned:FILE" for what ``psysal train`` wrote;
        "onnx:FILE" for a network that tells what :class:`psysal.OnnxModel` asks; or a
        model such as ``psysal.Murray2011(windows=(13, 26))``.
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
    """The model of a name among ``models``, for a viewing distance.

    Beside models of saliency, "KIND:FILE" is one in a file, its kind of :data:`FILES`.
    """
    options: dict[str, Any] = {}
    kind, colon, path = name.partition(":")
    if models is MODELS and colon and kind in FILES:
        known, parameter = FILES[kind]
        options[parameter] = path
    elif name in models:
        known = models[name]
    else:
        more = [f"{kind}:FILE" for kind in FILES] if models is MODELS else []
        raise ValueError(f"model must be one of {', '.join([*models, *more])}, got {name!r}")
    made = getattr(psysal, known)
    if ppd is not None:
        options["ppd"] = ppd
    if not options.keys() <= {field.name for field in fields(made)}:
        raise ValueError(f"{name} has no tuning in degrees, got ppd={ppd!r}; leave ppd out")
    model: Callable[..., Array] = made(**options)
    return model


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


def evaluate(
    models: Any,
    dataset: "str | os.PathLike[str] | Dataset",
    *,
    metrics: Sequence[str] | None = None,
    profile: str = "exact",
    reference: str | None = None,
    ppd: float | Viewing | None = None,
    journal: Path | None = None,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> "DataFrame":
    """Compare models on where people looked: one table, with intervals.

    Parameters
    ----------
    models : str, model, sequence of these, or mapping of str to these
        Names of ``psysal.api.MODELS``, of ``psysal.api.PEOPLE``, "maps:FOLDER" or
        "learned:FILE" or "onnx:FILE"; or callables from pixels to a map of their size.
    dataset : str, path or Dataset
        As :func:`psysal.human.dataset` takes it.
    metrics : sequence of str, optional
        By default AUC, shuffled AUC and NSS; names are those of
        ``psysal.evaluation.compare.PROFILES[profile]``.
    profile : "exact" or "mit"
        Exact metrics, or the conventions of the MIT benchmark.
    reference : str, optional
        The model that others are compared with; by default the first.
    ppd : float or Viewing, optional
        Pixels per degree, for a set that does not tell them: densities of fixations need
        them. Models keep their own.
    journal, threads, progress
        As :meth:`psysal.evaluation.compare.Comparison.scores` takes them.

    Returns
    -------
    DataFrame
        As :func:`psysal.evaluation.compare.summary` gives it; scores of single images are
        those of ``psysal.api.comparison(models, dataset).scores()``.

    Raises
    ------
    ValueError
        An unknown model, metric or set, or one that cannot be compared.
    ImportError
        pandas is not installed.
    OSError
        The journal cannot be written.

    Examples
    --------
    >>> import numpy as np, psysal
    >>> from tempfile import TemporaryDirectory
    >>> from psysal import image
    >>> with TemporaryDirectory() as folder:
    ...     picture = image.encode(np.zeros((30, 40)), "png8")
    ...     _ = Path(folder, "cat.png").write_bytes(picture)
    ...     _ = Path(folder, "dog.png").write_bytes(picture)
    ...     _ = Path(folder, "seen.csv").write_text("image,x,y\\ncat.png,20,15\\ndog.png,3,4\\n")
    ...     about = 'images = "*.png"\\nfixations = "seen.csv"'
    ...     _ = Path(folder, "dataset.toml").write_text(about)
    ...     table = psysal.evaluate(["center", "uniform"], folder, metrics=["auc"])
    >>> table[["model", "mean", "images"]].round(2)
         model  mean  images
    0   center  0.56       2
    1  uniform  0.50       2
    """
    from psysal.evaluation.compare import summary

    compared = comparison(models, dataset, metrics=metrics, profile=profile, ppd=ppd)
    scores = compared.scores(journal=journal, threads=threads, progress=progress)
    return summary(scores, reference)


def comparison(
    models: Any,
    dataset: "str | os.PathLike[str] | Dataset",
    *,
    metrics: Sequence[str] | None = None,
    profile: str = "exact",
    ppd: float | Viewing | None = None,
) -> "Comparison":
    """What :func:`evaluate` compares, with models and the set found by their names."""
    from psysal.evaluation.compare import Comparison
    from psysal.human import Dataset
    from psysal.human import dataset as read

    found = dataset if isinstance(dataset, Dataset) else read(dataset)
    if ppd is not None:
        viewing = ppd if isinstance(ppd, Viewing) else Viewing(ppd=ppd)
        found = replace(found, ppd=viewing.ppd)
    bare = Comparison({"": None}, found, metrics, profile)
    return replace(bare, models={name: _compared(m, bare) for name, m in _named(models).items()})


def _named(models: Any) -> dict[str, Any]:
    """Models, or what names them, under the names of a table's rows."""
    if isinstance(models, Mapping):
        return dict(models)
    if isinstance(models, str) or callable(models) or not isinstance(models, Iterable):
        models = [models]
    given = list(models)
    short = [_row(model) for model in given]
    names = [
        model if isinstance(model, str) and short.count(row) > 1 else row
        for model, row in zip(given, short, strict=True)
    ]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(
            f"every model must have a name of its own, got {twice} twice; "
            "pass a dict of names and models"
        )
    return dict(zip(names, given, strict=True))


def _row(model: Any) -> str:
    if isinstance(model, str):
        kind, colon, place = model.partition(":")
        return Path(place).name if colon and kind in ("maps", *FILES) else model
    path = getattr(model, "path", None)
    if path is not None:
        return Path(path).name
    known = getattr(model, "__name__", type(model).__name__)
    return {kind: name for name, kind in MODELS.items()}.get(known, known)


def _compared(model: Any, where: "Comparison") -> Any:
    if not isinstance(model, str):
        if not (callable(model) or hasattr(model, "of")):
            raise TypeError(f"a model must be a name or a callable, got {type(model).__name__}")
        return model
    if model == "center_bias":
        return where.center_bias
    if model == "human_ceiling":
        from psysal.evaluation.people import HumanCeiling

        if where.dataset.ppd is None:
            raise ValueError(
                f"{where.dataset.name} does not tell its pixels per degree, which human_ceiling "
                "needs; give ppd, or leave it out"
            )
        return HumanCeiling(where.fixations, where.dataset.ppd)
    if model.startswith("maps:"):
        return psysal.MapFolder(model.removeprefix("maps:"))
    if model not in MODELS and model.partition(":")[0] not in FILES:
        raise ValueError(
            f"model must be one of {', '.join([*MODELS, *PEOPLE])}, maps:FOLDER, learned:FILE "
            f"or onnx:FILE, got {model!r}"
        )
    return model_named(model)
