"""One call each: a saliency map, the image as it looks, scanpaths, models compared on fixations."""

import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import DTypeLike

from psysal import image as pictures
from psysal._typing import Array
from psysal.checks import one_of
from psysal.models.registry import get_model, published_model
from psysal.viewing import Viewing, check_ppd

if TYPE_CHECKING:
    from pandas import DataFrame

    from psysal.evaluation.compare import Comparison
    from psysal.gaze import Dataset
    from psysal.scanpaths import Scanpath

__all__ = ["comparison", "evaluate", "perceive", "saliency", "scanpath"]


def saliency(
    image: Any,
    *,
    model: str | Callable[..., Array] = "murray2011",
    ppd: float | Viewing | None = None,
    channel_order: str = "rgb",
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
        A name of ``psysal.models.registry.MODELS``; "learned:FILE" for a readout of
        ``psysal train``; "onnx:FILE" for a network whose file holds all parameters of
        :class:`psysal.OnnxModel`; or a model such as ``psysal.Murray2011(windows=(13, 26))``.
    ppd : float or Viewing, optional
        Pixels per degree of visual angle; None keeps the published tuning. Models
        without a tuning in degrees take none.
    channel_order : "rgb" or "bgr"
        Channel order of an array; OpenCV's are "bgr".
    normalize : "range", "sum" or None
        Map spread over [0, 1] (a constant image gives zeros), summing to 1 as a density,
        or raw.
    dtype : "float32" or "float64"
        float64 reproduces the authors' program to 1e-9 of the maximum.
    threads : int, optional
        Default: every processor. The bits do not depend on it.

    Returns
    -------
    ndarray, (rows, cols), ``dtype``

    Raises
    ------
    ValueError, TypeError
        An image or option that has no meaning here; the message says what was
        expected, what was given and what to do.
    OSError
        The file cannot be opened.

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
    raw = _choose(model, ppd)(image, channel_order=channel_order, dtype=dtype, threads=threads)
    return pictures.normalize(raw, normalize)


def perceive(
    image: Any,
    *,
    model: str | Callable[..., Array] = "otazu2010",
    ppd: float | Viewing | None = None,
    channel_order: str = "rgb",
    dtype: DTypeLike = "float32",
    threads: int | None = None,
) -> Array:
    """Perceived brightness and color of an image, with what the surround induces.

    Parameters
    ----------
    image, channel_order, dtype, threads
        As :func:`saliency` takes them.
    model : str or callable
        "otazu2010" for color, "otazu2008" for luminance alone, or a model such as
        ``psysal.Otazu2010(windows=(3, 6))``.
    ppd : float or Viewing, optional
        Pixels per degree of visual angle; None keeps the published tuning.

    Returns
    -------
    ndarray, of the image's shape; (rows, cols) from "otazu2008"
        Black is 0 and white 1, sRGB-encoded as the image is; not clipped. The induced
        brightness and color are the difference from the image in [0, 1].

    Raises
    ------
    ValueError, TypeError, OSError
        As :func:`saliency` raises them.

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
    >>> percept = psysal.perceive(display.image)
    >>> bool(percept[lighter].mean() > percept[darker].mean())
    True
    """
    perceive_with = _choose(model, ppd, percept=True)
    return perceive_with(image, channel_order=channel_order, dtype=dtype, threads=threads)


def scanpath(
    image: Any,
    *,
    model: str | Callable[..., Array] = "murray2011",
    rule: str = "winner",
    fixations: int = 10,
    viewers: int | None = None,
    start: str | tuple[float, float] | None = "center",
    inhibition: float | None = None,
    ppd: float | Viewing | None = None,
    seed: int = 0,
    channel_order: str = "rgb",
    threads: int | None = None,
) -> "Scanpath":
    """Scanpath on an image: where the eyes go next, by the map of any model.

    Parameters
    ----------
    image, channel_order, threads
        As :func:`saliency` takes them.
    model : str or callable
        As :func:`saliency` takes it.
    rule : "winner", "density" or "saccades"
        The highest place that is left; a draw from the map as a density; or the same with
        amplitudes and turns as people's saccades have them.
    fixations : int
        Number of fixations, without the start.
    viewers : int, optional
        Number of viewers, of the sampled rules; by default one, whose scanpath has one axis.
    start : "center", (float, float) or None
        x, y in pixels where the eyes are at first; None leaves the first fixation to the map.
    inhibition : float, optional
        Radius of inhibition of return, in degrees of visual angle; by default 2 for "winner",
        1 for "density" and 0, which is none, for "saccades".
    ppd : float or Viewing, optional
        Pixels per degree of visual angle, of the radius, of saccades, and of a model that
        has a tuning in degrees; None is the model's own, or 32.
    seed : int
        Random seed of the sampled rules.

    Returns
    -------
    psysal.scanpaths.Scanpath
        x, y in pixels, (fixations,) or (viewers, fixations).

    Raises
    ------
    ValueError, TypeError, OSError
        As :func:`saliency` and :func:`psysal.scanpaths.simulate_scanpath` raise them: a
        constant map has no winner, and there may be fewer places than fixations.

    Notes
    -----
    Itti & Koch (2000), doi:10.1016/S0042-6989(99)00163-7; Le Meur & Liu (2015),
    doi:10.1016/j.visres.2014.12.026. :mod:`psysal.scanpaths.rules` has the equations.

    Examples
    --------
    >>> import numpy as np, psysal
    >>> image = np.full((64, 96, 3), 0.5)
    >>> image[30:34, 70:74] = 1, 0, 0
    >>> path = psysal.scanpath(image, fixations=1, ppd=8)
    >>> bool(68 < path.x[0] < 76), bool(28 < path.y[0] < 36)
    (True, True)
    """
    from psysal.scanpaths import simulate_scanpath

    follow = _choose(model, None)
    own = getattr(follow, "ppd", None)
    if ppd is not None and isinstance(model, str) and hasattr(follow, "ppd"):
        follow = get_model(model, ppd)
    elif ppd is not None and own not in (None, check_ppd(ppd)):
        raise ValueError(
            f"ppd must be that of the model, {own:g}, got {ppd!r}; leave ppd out, or give the "
            "model another"
        )
    values = follow(image, channel_order=channel_order, dtype="float64", threads=threads)
    return simulate_scanpath(
        values,
        rule=rule,
        fixations=fixations,
        viewers=viewers,
        start=start,
        inhibition=inhibition,
        ppd=own if ppd is None else ppd,
        seed=seed,
    )


def _choose(
    model: str | Callable[..., Array], ppd: float | Viewing | None, *, percept: bool = False
) -> Callable[..., Array]:
    """A model itself, or the model of a name."""
    if isinstance(model, str):
        if ppd is None and ":" not in model:
            return published_model(model, percept)
        return get_model(model, ppd, percept=percept)
    if ppd is not None:
        raise ValueError(
            f"ppd must be given to the model itself, got ppd={ppd!r} beside {model!r}; "
            f"write {type(model).__name__}(ppd=...)"
        )
    return model


def evaluate(
    models: Any,
    dataset: "str | os.PathLike[str] | Dataset",
    *,
    metrics: Sequence[str] | None = None,
    profile: str = "exact",
    reference: str | None = None,
    ppd: float | Viewing | None = None,
    images: int | None = None,
    subset: "str | os.PathLike[str] | Iterable[str] | None" = None,
    match: str = "names",
    fit: str | None = None,
    checkpoint: Path | None = None,
    threads: int | None = None,
    progress: bool | Callable[[int], None] = True,
    on_warning: Callable[[str], None] | None = None,
) -> "DataFrame":
    """Comparison of models on the fixations of a data set: one table, with intervals.

    Parameters
    ----------
    models : str, model, sequence of these, or mapping of str to these
        Names of ``psysal.models.registry.MODELS``, "maps:FOLDER", "learned:FILE" or
        "onnx:FILE"; or callables from pixels to a map of their size.
    dataset : str, path or Dataset
        Photographs and fixations, as :func:`psysal.gaze.dataset` takes them.
    metrics : sequence of str, optional
        Names of ``PROFILES[profile]`` of :mod:`psysal.evaluation.profiles`; by default AUC,
        shuffled AUC and NSS.
    profile : "exact", "mit" or "tuebingen"
        Exact metrics, or the conventions of the MIT or the Tuebingen benchmark.
    reference : str, optional
        Name of the model that the others are compared with; by default the first.
    ppd : float or Viewing, optional
        Pixels per degree of visual angle, for a data set that does not state them; densities
        of fixations need them. Models keep their own.
    images : int, optional
        Number of images to score, drawn at random; a larger number has these and more.
    subset : path or iterable of str, optional
        Names of the images to score, or a file with one a line. The scores are those in the
        whole set, whose other fixations remain negatives and of the center bias.
    match : str
        How maps find their images: by "names", or by "content", where the photographs that
        they were made from are beside them under their names, or "content:FOLDER".
    fit : "monotone", optional
        Way to make densities of the maps of models: by a monotone function of the map and a
        center bias, fitted to the fixations on other images. Metrics of densities have no score
        for maps without it.
    checkpoint : path, optional
        A file to which every score is written as soon as it is known; an evaluation that was
        interrupted resumes from it.
    threads : int, optional
        Images at a time; default: every processor. The scores do not depend on it.
    progress : bool or callable
        Whether to show how many images are done, in a terminal or in Jupyter; or a function
        that is called with their number.
    on_warning : callable, optional
        Called with a sentence on maps that are missing, matched by a rule or doubtful, and on
        images that not all models have. By default these are warnings of Python.

    Returns
    -------
    DataFrame
        One row a model and metric, as :func:`psysal.evaluation.summary.summary` gives it; its
        ``attrs["about"]`` describes the comparison. Scores of single images are
        ``psysal.api.comparison(models, dataset).scores()``; :func:`psysal.report` writes either
        as a report.

    Raises
    ------
    ValueError
        An unknown model, metric, reference or data set, or one that cannot be compared.
    ImportError
        pandas is not installed.
    OSError
        The checkpoint cannot be written.

    Examples
    --------
    >>> import numpy as np, psysal
    >>> from tempfile import TemporaryDirectory
    >>> from psysal import mapfile
    >>> with TemporaryDirectory() as folder:
    ...     picture = mapfile.encode(np.zeros((30, 40)), "png8")
    ...     _ = Path(folder, "cat.png").write_bytes(picture)
    ...     _ = Path(folder, "dog.png").write_bytes(picture)
    ...     _ = Path(folder, "seen.csv").write_text("image,x,y\\ncat.png,20,15\\ndog.png,3,4\\n")
    ...     layout = 'images = "*.png"\\nfixations = "seen.csv"'
    ...     _ = Path(folder, "dataset.toml").write_text(layout)
    ...     table = psysal.evaluate(["center", "uniform"], folder, metrics=["auc"])
    >>> table[["model", "mean", "images"]].round(2)
         model  mean  images
    0   center  0.56       2
    1  uniform  0.50       2
    """
    from psysal.evaluation.summary import left_out_remarks, summary
    from psysal.progress import counter

    warn = on_warning or (lambda sentence: warnings.warn(sentence, stacklevel=3))
    compared = comparison(
        models, dataset, metrics=metrics, profile=profile, ppd=ppd, images=images, subset=subset,
        match=match, fit=fit, on_warning=warn,
    )  # fmt: skip
    reference = one_of("reference", reference or compared.first, compared.models)
    with counter("evaluating", len(compared.images), progress) as advance:
        scores = compared.scores(checkpoint=checkpoint, threads=threads, progress=advance)
    remarks = left_out_remarks(scores)
    for remark in remarks:
        warn(remark)
    table = summary(scores, reference)
    table.attrs["about"] = compared.about(reference, remarks)
    return table


def comparison(
    models: Any,
    dataset: "str | os.PathLike[str] | Dataset",
    *,
    metrics: Sequence[str] | None = None,
    profile: str = "exact",
    ppd: float | Viewing | None = None,
    images: int | None = None,
    subset: "str | os.PathLike[str] | Iterable[str] | None" = None,
    match: str = "names",
    fit: str | None = None,
    on_warning: Callable[[str], None] | None = None,
) -> "Comparison":
    """Comparison that :func:`evaluate` makes, for scores of single images.

    Parameters
    ----------
    models, dataset, metrics, profile, ppd, images, subset, match, fit, on_warning
        As :func:`evaluate` takes them.

    Returns
    -------
    psysal.evaluation.compare.Comparison

    Raises
    ------
    ValueError, TypeError
        An unknown model, metric or data set, or one that cannot be compared.
    """
    from psysal.evaluation.calibration import fit_maps
    from psysal.evaluation.compare import Comparison
    from psysal.evaluation.named_models import by_name, resolve
    from psysal.evaluation.precheck import part_of, precheck
    from psysal.gaze import Dataset
    from psysal.gaze import dataset as read_dataset

    if not isinstance(dataset, Dataset):
        dataset = read_dataset(dataset)
    if ppd is not None:
        viewing = ppd if isinstance(ppd, Viewing) else Viewing(ppd=ppd)
        dataset = replace(dataset, ppd=viewing.ppd)
    given = by_name(models)
    named = Comparison(dict.fromkeys(given, ""), dataset, metrics, profile)  # all but models
    warn = on_warning or (lambda sentence: warnings.warn(sentence, stacklevel=3))
    part = named.images
    if images is not None or subset is not None:
        part = part_of(dataset.name, part, images, subset)
        named = replace(named, subset=part)
    resolved = {name: resolve(model, named) for name, model in given.items()}
    checked = precheck(resolved, dataset, named.fixations, part, match=match, on_warning=warn)
    if fit is not None:
        checked = fit_maps(Comparison(checked, dataset, ["auc"]), fit)
    return replace(named, models=checked)
