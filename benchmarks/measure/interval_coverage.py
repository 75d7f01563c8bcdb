"""Coverage of 95 % intervals over images, by simulation from real scores.

    psysal evaluate osie --model ... -o evaluation-osie
    python benchmarks/measure/interval_coverage.py evaluation-osie/scores.csv

The scores of a set's images are the population, whose mean is known: samples of them are drawn
with replacement, and the share of samples whose interval holds that mean is counted, for every
model and every model's paired difference from the first.  Beside Student's t, corrected for
skewness, which the table has, percentiles of 1,000 bootstrap samples.  Prints the least, median
and largest share of all models by metric and n.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas

from psysal.evaluation.summary import student_interval

SIZES = (5, 10, 20, 50, 700)
SEED = 2011
LEAST_SPREAD = 1e-9  # a gain over itself is its rounding


def populations(scores: pandas.DataFrame) -> dict[str, dict[str, dict[str, np.ndarray]]]:
    """Scores by metric, kind ("mean" or "difference") and model."""
    found: dict[str, dict[str, dict[str, np.ndarray]]] = {}
    for metric, part in scores.groupby("metric", sort=False):
        wide = part.pivot(index="image", columns="model", values="value").dropna(axis=1, how="all")
        first = next(name for name in scores.model if name in wide)
        kinds = {"mean": wide, "difference": wide.drop(columns=first).sub(wide[first], axis=0)}
        found[str(metric)] = {
            kind: {
                name: values
                for name in frame
                if (values := frame[name].dropna().to_numpy()).std() > LEAST_SPREAD
            }
            for kind, frame in kinds.items()
        }
    return found


def student_coverage(population: np.ndarray, n: int, samples: int) -> float:
    """Share of samples whose interval of Student's t holds the mean of the population."""
    rng, mean = np.random.default_rng([SEED, n]), population.mean()
    held = 0
    for _ in range(samples):
        _, low, high = student_interval(population[rng.integers(len(population), size=n)])
        held += low <= mean <= high
    return held / samples


def bootstrap_coverage(population: np.ndarray, n: int, samples: int) -> float:
    """The same of the 2.5 % and 97.5 % points of the means of 1,000 resamples."""
    rng, mean = np.random.default_rng([SEED, n]), population.mean()
    held = 0
    for _ in range(samples):
        sample = population[rng.integers(len(population), size=n)]
        means = sample[rng.integers(n, size=(1000, n))].mean(axis=1)
        low, high = np.percentile(means, [2.5, 97.5])
        held += low <= mean <= high
    return held / samples


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scores", type=Path, help="scores.csv of psysal evaluate")
    parser.add_argument("--samples", type=int, default=4000, help="samples of each size")
    parser.add_argument("--bootstrap", type=int, default=200, help="samples of the bootstrap")
    options = parser.parse_args()
    print("| metric | of | n | Student's t: least, median, most | percentile bootstrap: median |")
    print("|---|---|---|---|---|")
    for metric, kinds in populations(pandas.read_csv(options.scores)).items():
        for kind, by_model in kinds.items():
            for n in SIZES if by_model else ():
                drawn = by_model.values()
                student = [student_coverage(values, n, options.samples) for values in drawn]
                plain = [bootstrap_coverage(values, n, options.bootstrap) for values in drawn]
                shares = f"{min(student):.3f}, {np.median(student):.3f}, {max(student):.3f}"
                print(
                    f"| {metric} | {kind} | {n} | {shares} | {np.median(plain):.2f} |", flush=True
                )


if __name__ == "__main__":
    main()
