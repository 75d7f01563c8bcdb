"""Exact AUC, shuffled AUC and NSS of one map, in units of copying a plane.

    python benchmarks/metrics.py

The map is 1024 x 768 float32 with 100 fixations, against 1000 on other images.  The peer
gives the same numbers in plain NumPy: one sort of the map and binary searches.
"""

import numpy as np
from scipy.ndimage import gaussian_filter
from timing import units

from psysal.evaluation import metrics

ROWS, COLS = 768, 1024


def by_sorting(saliency, fixations, others):
    """The three in NumPy alone."""
    hit, other = (saliency[p[:, 1].astype(int), p[:, 0].astype(int)] for p in (fixations, others))
    areas = []
    for negatives in (saliency.reshape(-1), other):
        ascending = np.sort(negatives)
        below, upto = (np.searchsorted(ascending, hit, side) for side in ("left", "right"))
        areas.append((below + upto).mean() / (2 * len(ascending)))
    deviation = saliency.std(dtype=float)
    return [*areas, (hit.mean(dtype=float) - saliency.mean(dtype=float)) / deviation]


def main():
    rng = np.random.default_rng(2011)
    saliency = gaussian_filter(rng.random((ROWS, COLS), np.float32), 8)
    fixations, others = (rng.random((n, 2)) * (COLS, ROWS) for n in (100, 1000))
    calls = {
        "AUC": lambda: [metrics.auc(saliency, fixations)],
        "shuffled AUC": lambda: [metrics.shuffled_auc(saliency, fixations, others)],
        "NSS": lambda: [metrics.nss(saliency, fixations)],
    }
    scores = list(calls)
    calls["all three"] = lambda: [value for name in scores for value in calls[name]()]
    calls["peer: NumPy, sorting"] = lambda: by_sorting(saliency, fixations, others)
    np.testing.assert_allclose(calls["all three"](), calls["peer: NumPy, sorting"](), rtol=1e-9)
    for name, call in calls.items():
        print(f"{name:22} {units(call):6.2f} units")


if __name__ == "__main__":
    main()
