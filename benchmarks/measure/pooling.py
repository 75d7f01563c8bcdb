"""Generalized max pooling of an image, in milliseconds, beside scikit-learn's Ridge.

    python benchmarks/measure/pooling.py           # prints every figure
    python benchmarks/measure/pooling.py --docs    # and renews the table of docs/pooling.md

Descriptors are as similar as Fisher vectors are: few directions and noise about a mean, signed
roots, unit length.  Ridge(alpha=lam, fit_intercept=False) with its default solver finds the
same vector as the regression of ones on them.  One thread; of calls in turns the fastest
counts.  The errors are relative, against primal or dual in float64.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

import numpy as np
from sklearn.linear_model import Ridge
from threadpoolctl import threadpool_limits
from timing import best

from psysal.retrieval import GeneralizedMax

sys.path.append(str(Path(__file__).parents[1] / "make"))
from marks import replace_tables

DIMENSIONS, COUNTS, LAMS = (64, 256, 1024, 4096), (1000, 3000, 10_000), (1, 10, 100)
ROUNDS, SECONDS = 4, 0.05
SHOWN = "float32", 10  # in the page
PAGE = Path(__file__).parents[2] / "docs" / "pooling.md"


def descriptors(n, d, kind):
    rng = np.random.default_rng(2014)
    rank = min(n, d) // 16
    few = rng.standard_normal((n, rank)) / np.sqrt(np.arange(1, rank + 1))
    x = few @ rng.standard_normal((rank, d))
    x += rng.standard_normal(d) + 0.3 * rng.standard_normal((n, d))
    x = np.sign(x) * np.sqrt(abs(x))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(kind)


def in_turns(calls):
    """Seconds of the fastest of each."""
    return np.min([[best(call, SECONDS, 1) for call in calls] for _ in range(ROUNDS)], axis=0)


def ridge(lam, x):
    return Ridge(alpha=lam, fit_intercept=False).fit(x, np.ones(len(x), x.dtype)).coef_


def error(vector, exact):
    return np.linalg.norm(vector - exact) / np.linalg.norm(exact)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--docs", action="store_true", help="renew docs/pooling.md")
    docs = parser.parse_args().docs
    print("   D      N  type     lam   ours ms  Ridge ms   times  our error   Ridge's", flush=True)
    worst = np.inf
    lines = [
        f"| D | {' | '.join(f'N = {n:,}' for n in COUNTS)} |",
        "|---:|" + "---:|" * len(COUNTS),
    ]
    for d in DIMENSIONS:
        cells = []
        for n in COUNTS:
            for kind in ("float32", "float64"):
                x = descriptors(n, d, kind)
                for lam in LAMS:
                    calls = [partial(GeneralizedMax(lam), x), partial(ridge, lam, x)]
                    exact = GeneralizedMax(lam, "primal" if d <= n else "dual")(x.astype(float))
                    errors = [error(call(), exact) for call in calls]
                    ours, theirs = 1e3 * in_turns(calls)
                    worst = min(worst, theirs / ours)
                    if (kind, lam) == SHOWN:
                        cells.append(f"{ours:.3g} ({theirs / ours:.1f}x)")
                    print(
                        f"{d:4} {n:6}  {kind} {lam:4} {ours:9.2f} {theirs:9.2f} "
                        f"{theirs / ours:7.2f} {errors[0]:10.0e} {errors[1]:9.0e}",
                        flush=True,
                    )
        lines.append(f"| {d} | {' | '.join(cells)} |")
    print(f"least advantage: {worst:.2f} times")
    if docs:
        replace_tables(PAGE, {"speed": lines})


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
