"""Models by name: their class, one line, what they need, and the paper.

Place in the pipeline: above the models.  The command line, the explorer, the report and the
documentation list models from this one table.  A model is imported when it is first used.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType
from typing import Any, NamedTuple

from psysal.viewing import Viewing

__all__ = [
    "FILE_MODELS",
    "MODELS",
    "FileModel",
    "ModelInfo",
    "get_model",
    "model_names",
    "published_model",
]


class ModelInfo(NamedTuple):
    """Entry of a model in the table.

    Attributes
    ----------
    name : str
        Name in ``model=`` and ``--model``.
    home : str
        Module and class, "psysal.models.murray2011:Murray2011"; empty for a reference, which
        an evaluation fits to its data set.
    kind : "saliency", "baseline", "percept" or "reference"
        Map of saliency; map that does not depend on the image; image as it looks; or
        prediction from fixations alone.
    summary : str
        Principle, in one line.
    paper : str
        Authors and year.
    doi : str
        DOI of the paper.
    needs : str
        Anything beside psysal itself.
    cost : float, optional
        Time for a photograph of 1024 x 1024 pixels on one thread, relative to murray2011.
    options : mapping of str to object
        Parameters of the class that make it this model.
    """

    name: str
    home: str
    kind: str
    summary: str
    paper: str = ""
    doi: str = ""
    needs: str = ""
    cost: float | None = None
    options: Mapping[str, Any] = MappingProxyType({})


class FileModel(NamedTuple):
    """Kind of model that is in a file, named "KIND:PATH".

    Attributes
    ----------
    home : str
        Module and class.
    parameter : str
        Name of the parameter that takes the path.
    summary : str
        Content of the file, in one line.
    needs : str
        Anything beside psysal itself.
    """

    home: str
    parameter: str
    summary: str
    needs: str = ""


# fmt: off
_MODELS = (
    ModelInfo(
        "murray2011", "psysal.models.murray2011:Murray2011", "saliency",
        "wavelet contrast, weighted by contrast sensitivity",
        "Murray, Vanrell, Otazu & Parraga (2011)", "10.1109/CVPR.2011.5995506", cost=1.0,
    ),
    ModelInfo(
        "murray2013", "psysal.models.murray2013:Murray2013", "saliency",
        "the same with grouping along contours",
        "Murray, Vanrell, Otazu & Parraga (2013)", "10.1109/TPAMI.2013.64", cost=0.6,
    ),
    ModelInfo(
        "itti1998", "psysal.models.itti1998:Itti1998", "saliency",
        "center-surround differences of color, intensity and orientation",
        "Itti, Koch & Niebur (1998)", "10.1109/34.730558", cost=0.8,
    ),
    ModelInfo(
        "hou2007", "psysal.models.hou2007:Hou2007", "saliency",
        "spectral residual",
        "Hou & Zhang (2007)", "10.1109/CVPR.2007.383267", cost=0.1,
    ),
    ModelInfo(
        "hou2012", "psysal.models.hou2012:Hou2012", "saliency",
        "image signature",
        "Hou, Harel & Koch (2012)", "10.1109/TPAMI.2011.146", cost=0.1,
    ),
    ModelInfo(
        "achanta2008", "psysal.models.achanta2008:Achanta2008", "saliency",
        "local contrast of color",
        "Achanta, Estrada, Wils & Suesstrunk (2008)", "10.1007/978-3-540-79547-6_7", cost=2.0,
    ),
    ModelInfo(
        "achanta2009", "psysal.models.achanta2009:Achanta2009", "saliency",
        "distance from the mean color (frequency-tuned), for objects of one color",
        "Achanta, Hemami, Estrada & Suesstrunk (2009)", "10.1109/CVPR.2009.5206596", cost=2.0,
    ),
    ModelInfo(
        "zhang2013", "psysal.models.zhang2013:Zhang2013", "saliency",
        "surrounded regions at many thresholds (BMS)",
        "Zhang & Sclaroff (2016)", "10.1109/TPAMI.2015.2473844", cost=1.3,
    ),
    ModelInfo(
        "harel2006", "psysal.models.harel2006:Harel2006", "saliency",
        "graph-based visual saliency (GBVS)",
        "Harel, Koch & Perona (2006)", cost=1.7,
    ),
    ModelInfo(
        "bruce2009", "psysal.models.bruce2009:Bruce2009", "saliency",
        "attention by information maximization (AIM)",
        "Bruce & Tsotsos (2009)", "10.1167/9.3.5", cost=1.0,
    ),
    ModelInfo(
        "guo2010", "psysal.models.guo2010:Guo2010", "saliency",
        "phase spectrum of colors as quaternions (PQFT)",
        "Guo & Zhang (2010)", "10.1109/TIP.2009.2030969", cost=0.1,
    ),
    ModelInfo(
        "schauerte2012", "psysal.models.schauerte2012:Schauerte2012", "saliency",
        "image signature of colors as quaternions (QDCT)",
        "Schauerte & Stiefelhagen (2012)", "10.1109/WACV.2012.6163035", cost=0.1,
    ),
    ModelInfo(
        "li2013", "psysal.models.li2013:Li2013", "saliency",
        "spectrum of quaternions, smoothed at the best of eight scales (HFT)",
        "Li, Levine, An, Xu & He (2013)", "10.1109/TPAMI.2012.147", cost=0.5,
    ),
    ModelInfo(
        "seo2009", "psysal.models.seo2009:Seo2009", "saliency",
        "self-resemblance of local steering kernels",
        "Seo & Milanfar (2009)", "10.1167/9.12.15", cost=10.0,
    ),
    ModelInfo(
        "torralba2006", "psysal.models.torralba2006:Torralba2006", "saliency",
        "rarity of oriented responses in the image",
        "Torralba, Oliva, Castelhano & Henderson (2006)", "10.1037/0033-295X.113.4.766", cost=10.0,
    ),
    ModelInfo(
        "zhang2008", "psysal.models.zhang2008:Zhang2008", "saliency",
        "rarity of independent components among photographs (SUN)",
        "Zhang, Tong, Marks, Shan & Cottrell (2008)", "10.1167/8.7.32", cost=4.5,
    ),
    ModelInfo(
        "learned", "psysal.models.learned:Learned", "saliency",
        "density of fixations, by convolutions of contrast, trained on them",
        "Jetley, Murray & Vig (2016)", "10.1109/CVPR.2016.620", cost=1.2,
    ),
    ModelInfo(
        "deep", "psysal.models.learned:Learned", "saliency",
        "density of fixations, by a readout of a network for objects, trained on them",
        "Jetley, Murray & Vig (2016)", "10.1109/CVPR.2016.620", cost=2.0,
        options=MappingProxyType({"readout": "deep"}),
    ),
    ModelInfo(
        "uniform", "psysal.models.baselines:Uniform", "baseline",
        "ones everywhere", cost=0.0,
    ),
    ModelInfo(
        "noise", "psysal.models.baselines:Noise", "baseline",
        "white noise, the same for every image of a size", cost=0.1,
    ),
    ModelInfo(
        "center", "psysal.models.baselines:Center", "baseline",
        "Gaussian about the middle of the image",
        "Tatler (2007)", "10.1167/7.14.4", cost=0.0,
    ),
    ModelInfo(
        "otazu2008", "psysal.models.otazu:Otazu2008", "percept",
        "perceived brightness (BIWaM)",
        "Otazu, Vanrell & Parraga (2008)", "10.1016/j.visres.2007.12.008", cost=0.4,
    ),
    ModelInfo(
        "otazu2010", "psysal.models.otazu:Otazu2010", "percept",
        "perceived color (CIWaM)",
        "Otazu, Parraga & Vanrell (2010)", "10.1167/10.12.5", cost=1.0,
    ),
    ModelInfo(
        "center_bias", "", "reference",
        "density of the fixations on other images, cross-validated",
        "Tatler (2007)", "10.1167/7.14.4", "a data set",
    ),
    ModelInfo(
        "leave_one_observer_out", "", "reference",
        "density of the other observers' fixations on the same image",
        "Wilming, Betz, Kietzmann & Koenig (2011)", "10.1371/journal.pone.0024038", "a data set",
    ),
    ModelInfo(
        "infinite_observers", "", "reference",
        "score of the other observers, extrapolated to ever more of them",
        "Wilming, Betz, Kietzmann & Koenig (2011)", "10.1371/journal.pone.0024038",
        "a data set of three observers",
    ),
)
# fmt: on

MODELS = {info.name: info for info in _MODELS}
"""Models that have a name, in the order of tables."""

FILE_MODELS = {
    "learned": FileModel(
        "psysal.models.learned:Learned", "readout", "a readout that psysal train wrote"
    ),
    "onnx": FileModel(
        "psysal.models.onnx:OnnxModel", "path", "a network in ONNX", 'the extra "onnx"'
    ),
    "maps": FileModel(
        "psysal.models.precomputed:PrecomputedMaps",
        "path",
        "maps of another program, in a folder, a Zarr store or an HDF5 file (evaluate only)",
    ),
}
"""Kinds of models in files, by the part before the colon of "KIND:PATH"."""

IMAGE_FILE_MODELS = ("learned", "onnx")  # those that map pixels; "maps" go by the image's name


def model_names(*kinds: str) -> tuple[str, ...]:
    """Names of the models of some kinds, in the order of tables.

    Parameters
    ----------
    *kinds : str
        Values of :attr:`ModelInfo.kind`.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> model_names("percept", "baseline")
    ('uniform', 'noise', 'center', 'otazu2008', 'otazu2010')
    """
    return tuple(name for name, info in MODELS.items() if info.kind in kinds)


def get_model(
    name: str, ppd: float | Viewing | None = None, *, percept: bool = False
) -> Callable[..., Any]:
    """Model of a name, for a viewing distance.

    Parameters
    ----------
    name : str
        A name of :data:`MODELS`, or "learned:FILE" or "onnx:FILE" for a model in a file.
    ppd : float or Viewing, optional
        Pixels per degree of visual angle; None keeps the published tuning.
    percept : bool
        Whether the model is one of perceived brightness and color, or one of saliency.

    Returns
    -------
    callable
        The model; a published one is the same at every call.

    Raises
    ------
    ValueError
        There is no such model, or it has no tuning in degrees.
    ImportError
        A package that it needs is not installed.

    Examples
    --------
    >>> get_model("murray2011", 64).ppd
    64.0
    """
    if ppd is None and ":" not in name:
        return published_model(name, percept)
    return _make(name, ppd, percept)


@lru_cache
def published_model(name: str, percept: bool = False) -> Callable[..., Any]:
    """Model of a name as it was published, the same at every call.

    Parameters
    ----------
    name : str
        A name of :data:`MODELS`.
    percept : bool
        Whether the model is one of perceived brightness and color, or one of saliency.

    Returns
    -------
    callable

    Raises
    ------
    ValueError
        There is no such model.

    Examples
    --------
    >>> published_model("center") is published_model("center")
    True
    """
    return _make(name, None, percept)


def _make(name: str, ppd: float | Viewing | None, percept: bool) -> Callable[..., Any]:
    """A new model."""
    kind, colon, path = name.partition(":")
    options: dict[str, Any] = {}
    if colon and kind in IMAGE_FILE_MODELS and not percept:
        home, options[FILE_MODELS[kind].parameter] = FILE_MODELS[kind].home, path
    else:
        known = model_names(*(("percept",) if percept else ("saliency", "baseline")))
        if name not in known:
            files = [] if percept else [f"{kind}:FILE" for kind in IMAGE_FILE_MODELS]
            raise ValueError(f"model must be one of {', '.join([*known, *files])}, got {name!r}")
        home = MODELS[name].home
        options |= MODELS[name].options
    module, _, class_name = home.partition(":")
    model_class = getattr(import_module(module), class_name)
    if ppd is not None:
        if "ppd" not in {field.name for field in fields(model_class)}:
            raise ValueError(f"{name} has no tuning in degrees, got ppd={ppd!r}; leave ppd out")
        options["ppd"] = ppd
    model: Callable[..., Any] = model_class(**options)
    return model
