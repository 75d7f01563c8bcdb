"""Time of exact AUC, shuffled AUC and NSS of one map, in units of copying a plane.

    python benchmarks/measure/metrics.py [--pysaliency PYTHON]

The map is 1024 x 768 float32 with 100 fixations, against 1000 on other images.  The peer
computes the same numbers in plain NumPy: one sort of the map and binary searches.  PYTHON is an
interpreter that has pysaliency, which computes them too, from the same arrays and in turns with
us, by its functions and by its models, which hold their map.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter
from timing import best, units

from psysal.evaluation import metrics

ROWS, COLS = 768, 1024


def scores_by_sorting(saliency, fixations, others):
    """AUC, shuffled AUC and NSS in NumPy alone."""
    fixated, other = (
        saliency[p[:, 1].astype(int), p[:, 0].astype(int)] for p in (fixations, others)
    )
    areas = []
    for negatives in (saliency.reshape(-1), other):
        ascending = np.sort(negatives)
        below, upto = (np.searchsorted(ascending, fixated, side) for side in ("left", "right"))
        areas.append((below + upto).mean() / (2 * len(ascending)))
    deviation = saliency.std(dtype=float)
    return [*areas, (fixated.mean(dtype=float) - saliency.mean(dtype=float)) / deviation]


PYSALIENCY = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np, pysaliency
from pysaliency import metrics
from pysaliency.numba_utils import auc_for_one_positive
from pysaliency.roc import general_roc, general_rocs_per_positive

arrays = np.load(sys.argv[1])
saliency = arrays["saliency"]
xy, others = (arrays[name].astype(int).T for name in ("fixations", "others"))
functions = {
    "general_roc": lambda pos, neg: general_roc(pos, neg)[0],
    "general_rocs_per_positive": lambda pos, neg: general_rocs_per_positive(pos, neg).mean(),
    "auc_for_one_positive": lambda pos, neg: np.mean([auc_for_one_positive(p, neg) for p in pos]),
}
calls = {}
for name, function in functions.items():
    calls["AUC", name] = lambda f=function: f(saliency[xy[1], xy[0]], saliency.reshape(-1))
    calls["shuffled AUC", name] = lambda f=function: f(
        saliency[xy[1], xy[0]], saliency[others[1], others[0]])
calls["NSS", "metrics.NSS"] = lambda: metrics.NSS(saliency, xy[0], xy[1]).mean()

class OneMap(pysaliency.SaliencyMapModel):
    def _saliency_map(self, stimulus):
        return saliency

def table(xy):
    return pysaliency.Fixations.create_without_history(xy[0], xy[1], np.zeros(len(xy[0]), int))

stimuli, model = pysaliency.Stimuli([np.zeros(saliency.shape)]), OneMap()
fixations, other_fixations = table(xy), table(others)
for score, negatives in {"AUC": "uniform", "shuffled AUC": other_fixations}.items():
    calls[score, "model.AUC"] = lambda n=negatives: model.AUC(stimuli, fixations, nonfixations=n)
    calls[score, "model.AUCs"] = lambda n=negatives: model.AUCs(
        stimuli, fixations, nonfixations=n).mean()
calls["NSS", "model.NSSs"] = lambda: model.NSSs(stimuli, fixations).mean()

print(json.dumps([[*key, float(call())] for key, call in calls.items()]), flush=True)
for line in sys.stdin:
    seconds = []
    for key, call in calls.items():
        times = [time.perf_counter()]
        while len(times) < 4 or times[-1] - times[0] < 0.05:
            call()
            times.append(time.perf_counter())
        seconds.append(min(np.diff(times)))
    print(json.dumps(seconds), flush=True)
"""
ROUNDS = 10
TOTALS = {  # of AUC, shuffled AUC and NSS
    "its fastest functions": ["general_rocs_per_positive"] * 2 + ["metrics.NSS"],
    "its functions of these names": ["general_roc"] * 2 + ["metrics.NSS"],
    "its models, each fixation": ["model.AUCs"] * 2 + ["model.NSSs"],
    "its models, as documented": ["model.AUC"] * 2 + ["model.NSSs"],
}


def compare_with_pysaliency(python, calls, arrays):
    """Print the times of pysaliency for the same numbers, measured in turns with ours."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "arrays.npz")
        np.savez(path, **arrays)
        with subprocess.Popen(
            [python, "-c", PYSALIENCY, str(path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        ) as peer:  # fmt: skip
            values = json.loads(peer.stdout.readline())
            for score, function, value in values:
                np.testing.assert_allclose(value, calls[score](), rtol=1e-9, err_msg=function)
            theirs, ours = [], []
            for _ in range(ROUNDS):
                print("again", file=peer.stdin, flush=True)
                theirs.append(json.loads(peer.stdout.readline()))
                ours.append([best(call, 0.05, 3) for call in calls.values()])
            peer.stdin.close()
    keys = [(score, function) for score, function, _ in values]
    seconds = dict(zip(keys, np.min(theirs, axis=0), strict=True))
    own = dict(zip(calls, np.min(ours, axis=0), strict=True))
    print(f"\npysaliency{'':32}{'ms':>10}   times ours")
    for (score, function), time in seconds.items():
        print(f"{score:14}{function:28}{1e3 * time:10.3f}{time / own[score]:10.1f}")
    whole = sum(own.values())
    for name, chosen in TOTALS.items():
        time = sum(seconds[pair] for pair in zip(calls, chosen, strict=True))
        print(f"{'all three':14}{name:28}{1e3 * time:10.3f}{time / whole:10.1f}")
    print(f"{'all three':14}{'ours':28}{1e3 * whole:10.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--pysaliency", metavar="PYTHON", help="a Python interpreter that has pysaliency"
    )
    python = parser.parse_args().pysaliency
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
    calls["peer: NumPy, sorting"] = lambda: scores_by_sorting(saliency, fixations, others)
    np.testing.assert_allclose(calls["all three"](), calls["peer: NumPy, sorting"](), rtol=1e-9)
    for name, call in calls.items():
        print(f"{name:22} {units(call):6.2f} units")
    if python:
        arrays = {"saliency": saliency, "fixations": fixations, "others": others}
        compare_with_pysaliency(
            python, {name: (lambda n=name: calls[n]()[0]) for name in scores}, arrays
        )


if __name__ == "__main__":
    main()
