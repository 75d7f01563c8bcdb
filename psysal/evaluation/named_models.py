"""Models of a comparison by name: strings that stand for them, and names for those without.

Place in the pipeline: models, or strings -> [named models] -> models by name -> comparison.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from psysal.evaluation.compare import Comparison
from psysal.evaluation.references import InfiniteObservers, LeaveOneObserverOut
from psysal.models.precomputed import PrecomputedMaps
from psysal.models.registry import FILE_MODELS, MODELS, get_model, model_names

__all__ = ["by_name", "resolve"]


def by_name(models: Any) -> dict[str, Any]:
    """Models, or strings for them, by their names in a table.

    Parameters
    ----------
    models : str, model, iterable of these, or mapping of str to these
        As :func:`psysal.evaluate` takes them.

    Returns
    -------
    dict of str to str or model

    Raises
    ------
    ValueError
        Two have the same name.

    Examples
    --------
    >>> by_name(["murray2011", "maps:results/deepgaze"])
    {'murray2011': 'murray2011', 'deepgaze': 'maps:results/deepgaze'}
    """
    if isinstance(models, Mapping):
        return dict(models)
    if isinstance(models, str) or callable(models) or not isinstance(models, Iterable):
        models = [models]
    models = list(models)
    short = [_short_name(model) for model in models]
    names = [
        model if isinstance(model, str) and short.count(name) > 1 else name
        for model, name in zip(models, short, strict=True)
    ]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(
            f"every model must have a name of its own, got {twice} twice; "
            "pass a dict of names and models"
        )
    return dict(zip(names, models, strict=True))


def _short_name(model: Any) -> str:
    """Name of a model in a table: that of its file, of the registry, or of its class."""
    if isinstance(model, str):
        kind, colon, path = model.partition(":")
        return Path(path).name if colon and kind in FILE_MODELS else model
    file = getattr(model, "path", None)
    if file is not None:
        return Path(file).name
    class_name = getattr(model, "__name__", type(model).__name__)
    names = {info.home.partition(":")[2]: name for name, info in MODELS.items()}
    return names.get(class_name, class_name)


def resolve(model: Any, comparison: Comparison) -> Any:
    """A model, or the one that a string names; references are fitted to the comparison's set.

    Parameters
    ----------
    model : str or model
        As :func:`psysal.evaluate` takes it.
    comparison : Comparison
        Its data set and fixations count.

    Returns
    -------
    model

    Raises
    ------
    ValueError, TypeError
        There is no such model, or something else was given.
    """
    if not isinstance(model, str):
        if not (callable(model) or hasattr(model, "map_for")):
            raise TypeError(f"a model must be a name or a callable, got {type(model).__name__}")
        return model
    if model == "center_bias":
        return comparison.center_bias
    if model in ("leave_one_observer_out", "infinite_observers"):
        infinite = model == "infinite_observers"
        kind = InfiniteObservers if infinite else LeaveOneObserverOut
        return kind(comparison.fixations, comparison.dataset.sizes)
    if model.startswith("maps:"):
        return PrecomputedMaps(model.removeprefix("maps:"))
    known = model_names("saliency", "baseline", "reference")
    if model not in known and model.partition(":")[0] not in FILE_MODELS:
        raise ValueError(
            f"model must be one of {', '.join(known)}, maps:FOLDER, learned:FILE "
            f"or onnx:FILE, got {model!r}"
        )
    return get_model(model)
