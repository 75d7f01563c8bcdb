"""Models as those of pysaliency, for programs that are written for its classes.

    model -> [interchange] -> pysaliency.Model, pysaliency.SaliencyMapModel

Place: beside the models.  pysaliency hands over pixels, and is handed maps, or log densities of
models whose values are densities.
"""

from importlib import import_module
from typing import Any

from psysal._typing import Array
from psysal.models.densities import gives_of, log_density_of

__all__ = ["pysaliency_model"]


def pysaliency_model(model: Any) -> Any:
    """Model of pysaliency that gives what a model gives.

    Parameters
    ----------
    model : Model
        Its attribute ``gives`` says whether its maps are densities.

    Returns
    -------
    pysaliency.Model or pysaliency.SaliencyMapModel
        The first for a density.

    Raises
    ------
    ImportError
        pysaliency cannot be imported.
    """
    try:
        pysaliency: Any = import_module("pysaliency")
    except ImportError as error:
        raise ImportError(
            f"a model of pysaliency needs pysaliency, which cannot be imported here ({error}); "
            "make an environment for it as CONTRIBUTING.md says"
        ) from None
    gives = gives_of(model)

    class SaliencyMaps(pysaliency.SaliencyMapModel):
        def _saliency_map(self, stimulus: Array) -> Array:
            saliency: Array = model(stimulus)
            return saliency

    class LogDensities(pysaliency.Model):
        def _log_density(self, stimulus: Array) -> Array:
            return log_density_of(model(stimulus, dtype="float64"), gives)

    return SaliencyMaps() if gives == "map" else LogDensities()
