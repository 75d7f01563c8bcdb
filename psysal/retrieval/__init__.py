"""Image search: the local descriptors of an image become one vector, and vectors are compared.

Place in the pipeline: image, saliency map -> [retrieval] -> the most similar images.

    descriptors  image -> SIFT on a grid or at keypoints; saliency of each patch
    columns      image -> columns of a network's layers
    encoding     descriptor -> Fisher vector or VLAD
    pooling      encoded descriptors of an image, weighted by saliency -> one vector
    ridge        solvers of the equations of generalized max pooling
    describe     image -> vector, by all of the above
    index        vectors in a folder on disk -> names of the most similar ones
    engines      comparison of vectors: exact, or by FAISS

Every step also takes the output of other programs: pooling any (N, D) descriptors, such as the
features of a network, and the index any (N, D) vectors.

Examples
--------
>>> from psysal.retrieval import GeneralizedMax, power_normalized
>>> common, rare = [1.0, 0.0], [0.0, 1.0]
>>> vector = GeneralizedMax(lam=1)([common] * 99 + [rare])
>>> vector.round(2)
array([0.99, 0.5 ])
>>> power_normalized(vector).round(2)
array([0.82, 0.58])
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from psysal.retrieval.columns import Columns
from psysal.retrieval.descriptors import DenseSift, KeypointSift, LocalDescriptors, saliency_at
from psysal.retrieval.index import Index, Match, search_all
from psysal.retrieval.pooling import (
    POOLINGS,
    Average,
    Democratic,
    GeneralizedMax,
    Max,
    Pooling,
    PowerSum,
    Sum,
    power_normalized,
)

if TYPE_CHECKING:
    from psysal.retrieval.describe import GlobalDescriptor
    from psysal.retrieval.encoding import FisherVector, Vlad

__all__ = [
    "POOLINGS",
    "Average",
    "Columns",
    "Democratic",
    "DenseSift",
    "FisherVector",
    "GeneralizedMax",
    "GlobalDescriptor",
    "Index",
    "KeypointSift",
    "LocalDescriptors",
    "Match",
    "Max",
    "Pooling",
    "PowerSum",
    "Sum",
    "Vlad",
    "power_normalized",
    "saliency_at",
    "search_all",
]

_LAZY = {  # modules that import scikit-learn
    "FisherVector": "psysal.retrieval.encoding",
    "GlobalDescriptor": "psysal.retrieval.describe",
    "Vlad": "psysal.retrieval.encoding",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'psysal.retrieval' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
