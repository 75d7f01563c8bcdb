"""Image search: many local descriptors become one vector, and vectors are compared.

Place in the pipeline: image, map -> descriptors -> [retrieval] -> the images most alike.

    pooling      local descriptors of an image, weighed by its saliency -> one vector

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

__all__ = [
    "POOLINGS",
    "Average",
    "Democratic",
    "GeneralizedMax",
    "Max",
    "Pooling",
    "PowerSum",
    "Sum",
    "power_normalized",
]
