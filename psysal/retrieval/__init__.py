"""Image search: many local descriptors become one vector, and vectors are compared.

Place in the pipeline: image, saliency map -> [retrieval] -> the images most alike.

    descriptors  image -> SIFT on a grid or at keypoints; how salient each place is
    encoding     every descriptor -> a Fisher vector, or a VLAD, of its own
    pooling      the encoded descriptors of an image, weighed by saliency -> one vector
    ridge        the equations of generalized max pooling, and who solves them
    describe     all of these: image -> vector
    search       vectors in a folder on disk, and which are most alike
    engines      how they are compared: exactly, or by FAISS

Every step takes what others made: pooling any (N, D) descriptors, such as a network's
features, and the index any (N, D) vectors.

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

from psysal.retrieval.descriptors import DenseSift, KeypointSift, Local, saliency_at
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
    "Democratic",
    "DenseSift",
    "FisherVector",
    "GeneralizedMax",
    "GlobalDescriptor",
    "Index",
    "KeypointSift",
    "Local",
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

_homes = {  # of what needs scikit-learn
    "FisherVector": "psysal.retrieval.encoding",
    "GlobalDescriptor": "psysal.retrieval.describe",
    "Vlad": "psysal.retrieval.encoding",
}


def __getattr__(name: str) -> Any:
    if name not in _homes:
        raise AttributeError(f"module 'psysal.retrieval' has no attribute {name!r}")
    return getattr(import_module(_homes[name]), name)
