"""Score scanpaths of models on a data set, beside people and people on other photographs.

    PSYSAL_DATA=FOLDER python benchmarks/make/scanpath_table.py           # prints two tables
    PSYSAL_DATA=FOLDER python benchmarks/make/scanpath_table.py --docs    # and renews the page

The page is docs/howto/scanpaths.md. Likeness: viewer i of a model against person i of a
photograph, as many fixations as the person made; all pairs of people; and person i against person
i + 1 on another photograph. Prediction: the next fixation of every person from the first on, the
center of the photograph given, on maps of a quarter of the size (OSIE: 6 pixels per degree);
saccades are learned on the photographs that are not scored. Intervals are 95 %, over photographs.
"""

import argparse
import time
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import numpy as np
from marks import replace_tables

from psysal.evaluation.density import map_to_density
from psysal.evaluation.references import CenterBias, LeaveOneObserverOut
from psysal.evaluation.scanpaths import multi_match, next_fixations, scan_match, string_edit
from psysal.gaze import dataset
from psysal.models.registry import get_model
from psysal.scanpaths import learn_saccades, next_density, simulate_scanpath

RULES = (("winner", 2), ("density", 0), ("density", 1), ("saccades", 0), ("saccades", 1))
"""Rules and their radius of inhibition in degrees."""
REDUCED = 4
LIKENESS = ("ScanMatch", "string edit", "vector", "direction", "length", "position")
PREDICTION = ("bits", "AUC", "NSS")

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--dataset", default="osie", help="Name or folder of a data set with ppd.")
parser.add_argument("--images", type=int, default=100, help="Photographs of the first table.")
parser.add_argument("--next", type=int, default=50, help="Photographs of the second table.")
parser.add_argument("--models", nargs="+", default=["murray2011", "itti1998", "learned"])
parser.add_argument("--seed", type=int, default=0, help="Seed of the subsets and of all viewers.")
parser.add_argument("--docs", action="store_true", help="Write the tables into the page.")
options = parser.parse_args()

data = dataset(options.dataset)
people, _ = data.fixations.inside(data.sizes)
names = np.random.default_rng(options.seed).permutation(people.images).tolist()
bias, ceiling = CenterBias(people, data.sizes), LeaveOneObserverOut(people, data.sizes)
models = {name: get_model(name) for name in options.models}


def paths_of(name):
    """Positions of every person on a photograph, by subject."""
    own = people.of(name)
    own = {s: (own.subject == s, own) for s in own.subjects}
    return {
        s: np.stack([f.x[rows], f.y[rows]], axis=1)[np.argsort(f.order[rows])]
        for s, (rows, f) in own.items()
    }


def likeness(a, b, shape):
    """Scores of LIKENESS of two scanpaths; those of MultiMatch need three fixations."""
    scores = [scan_match(a, b, shape), string_edit(a, b, shape)]
    if min(len(a), len(b)) < 3:
        return [*scores, *[np.nan] * 4]
    match = multi_match(a, b, shape)
    return [*scores, match.vector, match.direction, match.length, match.position]


def densities(name, shape):
    """Maps of a photograph by model; those of people are one for each person."""
    yield "center bias", bias.map_for(name, shape), None
    for model_name, model in models.items():
        yield model_name, model(data.read(name), dtype="float64"), None
    for (density, _), subject in zip(
        ceiling.held_out(name, shape), people.of(name).subjects, strict=True
    ):
        yield "the others", density, subject


def first_table():
    rows = defaultdict(lambda: defaultdict(list))  # row -> photograph -> scores
    for number, name in enumerate(names[: options.images]):
        shape, seen = data.sizes[name], paths_of(name)
        for a, b in combinations(seen.values(), 2):
            rows["people", ""][name].append(likeness(a, b, shape))
        other = list(paths_of(names[(number + 1) % len(names)]).values())
        scale = np.divide(shape, data.sizes[names[(number + 1) % len(names)]])[::-1]
        for i, path in enumerate(seen.values()):
            shuffled = other[(i + 1) % len(other)] * scale
            rows["people, other photographs", ""][name].append(likeness(path, shuffled, shape))
        for source, saliency, subject in densities(name, shape):
            chosen = seen if subject is None else {subject: seen[subject]}
            count = max(map(len, chosen.values()))
            for rule, inhibition in RULES:
                if rule == "winner" and subject is not None:
                    continue
                how = {} if rule == "winner" else {"viewers": len(chosen)}
                simulated = simulate_scanpath(
                    saliency, rule=rule, fixations=count, inhibition=inhibition, ppd=data.ppd,
                    seed=options.seed + number, **how,
                ).positions  # fmt: skip
                for i, path in enumerate(chosen.values()):
                    viewer = simulated if rule == "winner" else simulated[i]
                    rows[source, f"{rule}, {inhibition}°"][name].append(
                        likeness(path, viewer[: len(path)], shape)
                    )
    return rows


def second_table():
    rows = defaultdict(lambda: defaultdict(list))
    scored = names[: options.next]
    saccades = learn_saccades(people.on(set(names) - set(scored)), data.ppd, seed=options.seed)
    ppd = data.ppd / REDUCED
    for name in scored:
        shape, seen = data.sizes[name], paths_of(name)
        small = tuple(n // REDUCED for n in shape)
        kept = tuple(n * REDUCED for n in small)
        for source, saliency, subject in densities(name, shape):
            density = map_to_density(saliency)[: kept[0], : kept[1]]
            density = density.reshape(small[0], REDUCED, small[1], REDUCED).mean(axis=(1, 3))
            for who in seen if subject is None else [subject]:
                path = seen[who] / REDUCED
                path = path[(path < small[::-1]).all(axis=1)]
                path = np.vstack([np.divide(small[::-1], 2), path])
                for rule, inhibition in RULES[1:]:

                    def predict(x, y, rule=rule, inhibition=inhibition, density=density):
                        return next_density(
                            density, x, y, rule=rule, inhibition=inhibition, ppd=ppd,
                            saccades=saccades,
                        )  # fmt: skip

                    scores = next_fixations(predict, path)
                    bits = (scores.log_likelihood + np.log(density.size)) / np.log(2)
                    rows[source, f"{rule}, {inhibition}°"][name] += np.stack(
                        [bits, scores.auc, scores.nss], axis=1
                    ).tolist()
    return rows


def table_of(rows, columns):
    """Lines of a table of means over photographs."""
    table = ["| " + " | ".join(["map", "rule", *columns]) + " |", "|" + "---|" * (2 + len(columns))]
    for (source, rule), images in rows.items():
        means = np.array([np.nanmean(scores, axis=0) for scores in images.values()])
        mean = means.mean(axis=0)
        half = 1.96 * means.std(axis=0, ddof=1) / np.sqrt(len(means))
        cells = [f"{m:.3f} ± {h:.3f}" for m, h in zip(mean, half, strict=True)]
        table.append("| " + " | ".join([source, rule, *cells]) + " |")
    return table


if __name__ == "__main__":
    tables = {}
    for title, make, columns in (
        ("next fixation", second_table, PREDICTION),
        ("likeness", first_table, LIKENESS),
    ):
        began = time.perf_counter()
        tables[title] = table_of(make(), columns)
        print("\n".join(tables[title]), f"\n{time.perf_counter() - began:.0f} s", flush=True)
    if options.docs:
        replace_tables(Path(__file__).parents[2] / "docs" / "howto" / "scanpaths.md", tables)
