"""Exact AUC, shuffled AUC and NSS of one map, in units of copying a plane.

    python benchmarks/metrics.py [--pysaliency PYTHON]

The map is 1024 x 768 float32 with 100 fixations, against 1000 on other images.  The peer
gives the same numbers in plain NumPy: one sort of the map and binary searches.  PYTHON is
one that has pysaliency: it computes them too, from the same arrays and in turns with us, by
its functions and by its models, which hold their map.
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


PYSALIENCY = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np, pysaliency
from pysaliency import metrics
from pysaliency.numba_utils import auc_for_one_positive
from pysaliency.roc import general_roc, general_rocs_per_positive

held = np.load(sys.argv[1])
saliency, at, others = held["saliency"], *(held[n].astype(int).T for n in ("fixations", "others"))
ways = {
    "general_roc": lambda pos, neg: general_roc(pos, neg)[0],
    "general_rocs_per_positive": lambda pos, neg: general_rocs_per_positive(pos, neg).mean(),
    "auc_for_one_positive": lambda pos, neg: np.mean([auc_for_one_positive(p, neg) for p in pos]),
}
calls = {}
for name, way in ways.items():
    calls["AUC", name] = lambda way=way: way(saliency[at[1], at[0]], saliency.reshape(-1))
    calls["shuffled AUC", name] = lambda way=way: way(
        saliency[at[1], at[0]], saliency[others[1], others[0]])
calls["NSS", "metrics.NSS"] = lambda: metrics.NSS(saliency, at[0], at[1]).mean()

class Held(pysaliency.SaliencyMapModel):
    def _saliency_map(self, stimulus):
        return saliency

def table(at):
    return pysaliency.Fixations.create_without_history(at[0], at[1], np.zeros(len(at[0]), int))

stimuli, model = pysaliency.Stimuli([np.zeros(saliency.shape)]), Held()
seen, elsewhere = table(at), table(others)
for score, negatives in {"AUC": "uniform", "shuffled AUC": elsewhere}.items():
    calls[score, "model.AUC"] = lambda n=negatives: model.AUC(stimuli, seen, nonfixations=n)
    calls[score, "model.AUCs"] = lambda n=negatives: model.AUCs(
        stimuli, seen, nonfixations=n).mean()
calls["NSS", "model.NSSs"] = lambda: model.NSSs(stimuli, seen).mean()

print(json.dumps([[*key, float(call())] for key, call in calls.items()]), flush=True)
for line in sys.stdin:
    found = []
    for key, call in calls.items():
        times = [time.perf_counter()]
        while len(times) < 4 or times[-1] - times[0] < 0.05:
            call()
            times.append(time.perf_counter())
        found.append(min(np.diff(times)))
    print(json.dumps(found), flush=True)
"""
ROUNDS = 10
TOTALS = {  # of AUC, shuffled AUC and NSS
    "its fastest functions": ["general_rocs_per_positive"] * 2 + ["metrics.NSS"],
    "its functions of these names": ["general_roc"] * 2 + ["metrics.NSS"],
    "its models, each fixation": ["model.AUCs"] * 2 + ["model.NSSs"],
    "its models, as documented": ["model.AUC"] * 2 + ["model.NSSs"],
}


def against_pysaliency(python, calls, arrays):
    """What pysaliency takes for the same numbers, in turns with us."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "arrays.npz")
        np.savez(path, **arrays)
        with subprocess.Popen(
            [python, "-c", PYSALIENCY, str(path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        ) as peer:  # fmt: skip
            values = json.loads(peer.stdout.readline())
            for score, way, value in values:
                np.testing.assert_allclose(value, calls[score](), rtol=1e-9, err_msg=way)
            theirs, ours = [], []
            for _ in range(ROUNDS):
                print("again", file=peer.stdin, flush=True)
                theirs.append(json.loads(peer.stdout.readline()))
                ours.append([best(call, 0.05, 3) for call in calls.values()])
            peer.stdin.close()
    ways = [(score, way) for score, way, _ in values]
    seconds = dict(zip(ways, np.min(theirs, axis=0), strict=True))
    own = dict(zip(calls, np.min(ours, axis=0), strict=True))
    print(f"\npysaliency{'':32}{'ms':>10}   times ours")
    for (score, way), time in seconds.items():
        print(f"{score:14}{way:28}{1e3 * time:10.3f}{time / own[score]:10.1f}")
    whole = sum(own.values())
    for name, chosen in TOTALS.items():
        time = sum(seconds[pair] for pair in zip(calls, chosen, strict=True))
        print(f"{'all three':14}{name:28}{1e3 * time:10.3f}{time / whole:10.1f}")
    print(f"{'all three':14}{'ours':28}{1e3 * whole:10.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pysaliency", metavar="PYTHON", help="a Python that has pysaliency")
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
    calls["peer: NumPy, sorting"] = lambda: by_sorting(saliency, fixations, others)
    np.testing.assert_allclose(calls["all three"](), calls["peer: NumPy, sorting"](), rtol=1e-9)
    for name, call in calls.items():
        print(f"{name:22} {units(call):6.2f} units")
    if python:
        arrays = {"saliency": saliency, "fixations": fixations, "others": others}
        against_pysaliency(
            python, {name: (lambda n=name: calls[n]()[0]) for name in scores}, arrays
        )


if __name__ == "__main__":
    main()
