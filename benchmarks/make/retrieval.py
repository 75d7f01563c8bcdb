"""Image search tried on the 700 photographs of OSIE: which pooling finds what was altered.

    PSYSAL_DATA=... python benchmarks/make/retrieval.py           # prints the tables
    PSYSAL_DATA=... python benchmarks/make/retrieval.py --docs    # and renews docs/search.md

200 photographs, each altered in seven ways, are searched for among all 700; the one right answer
is the photograph itself, so that the average precision of a query is 1 / its rank.  lam is chosen
on 50 other photographs and is the same for all generalized max poolings.  Every seed is fixed.
On two cores it takes about ten minutes.
"""

import argparse
import io
from pathlib import Path

import cv2
import numpy as np
import skimage.data
from alterations import ALTERATIONS
from joblib import Parallel, cpu_count, delayed
from marks import replace_tables
from PIL import Image
from rich.console import Console
from rich.progress import track
from scipy.stats import bootstrap

import psysal
from psysal import image
from psysal.gaze import dataset
from psysal.plots.base import BLUE, GREY, INK, png
from psysal.retrieval import (
    Democratic,
    DenseSift,
    FisherVector,
    GeneralizedMax,
    KeypointSift,
    Max,
    Sum,
    power_normalized,
    saliency_at,
)
from psysal.retrieval.describe import PIXELS, shrink_to_area

SEED, QUERIES, HELD_OUT = 2014, 200, 50
LAMS = (0.3, 1.0, 3.0, 10.0, 30.0)
MODELS = {
    "center": psysal.Center(),
    "2011": psysal.Murray2011(),
    "2011 squared": lambda pixels, threads: psysal.Murray2011()(pixels, threads=threads) ** 2,
    "learned": psysal.Learned(),
}
UNIT = FisherVector.learned()
CLASSIC = FisherVector.learned().set_params(unit=False)
PAIRS = (
    ("max", "sum"),
    ("democratic", "sum"),
    ("GMP", "sum"),
    ("GMP", "democratic"),
    *((f"GMP, {name}", "GMP") for name in MODELS),
    ("GMP, learned", "GMP, center"),
)
SHOWN = (
    *("sum", "max", "democratic", "GMP"),
    *(f"GMP, {name}" for name in ("center", "2011", "learned", "keypoints")),
)
DOCS = Path(__file__).parents[2] / "docs"


def poolings(lams):
    return {("GMP", lam): (GeneralizedMax(lam), None) for lam in lams}


def methods(lam):
    """Pooling and the model of its weights, by name."""
    pairs = {"sum": (Sum(), None), "max": (Max(), None), "democratic": (Democratic(), None)}
    pairs["GMP"] = (GeneralizedMax(lam), None)
    for pooling in ("sum", "GMP"):
        pairs |= {f"{pooling}, {name}": (pairs[pooling][0], name) for name in MODELS}
    return pairs


def vectors(pixels, methods):
    """The vector of an image by every method."""
    cv2.setNumThreads(1)
    pixels = shrink_to_area(np.ascontiguousarray(pixels), PIXELS)
    local = DenseSift()(pixels)
    x = UNIT.transform(local.values)
    names = {name for _, name in methods.values()} - {None}
    weights = {name: saliency_at(MODELS[name](pixels, threads=1), local) for name in names}
    pooled = {name: pooling(x, weights.get(which)) for name, (pooling, which) in methods.items()}
    if "sum" in methods:
        pooled["sum, not unit"] = Sum()(CLASSIC.transform(local.values))
        oriented = UNIT.transform(KeypointSift()(pixels).values)
        pooled["GMP, keypoints"] = methods["GMP"][0](oriented)
    return {name: power_normalized(vector) for name, vector in pooled.items()}


def altered(path, alteration):
    """A photograph after an alteration, which depends on its name alone."""
    rng = np.random.default_rng([SEED, list(ALTERATIONS).index(alteration), int(path.stem)])
    return ALTERATIONS[alteration](image.read(path), rng)


def work(job, *jobs, doing):
    """Vectors of every job by a function, by method: (jobs, D)."""
    parallel = Parallel(cpu_count(), return_as="generator")
    each = parallel(delayed(job)(*args) for args in jobs)
    results = list(track(each, doing, len(jobs), console=Console(stderr=True)))
    return {name: np.array([vectors[name] for vectors in results]) for name in results[0]}


def ranks(paths, chosen, methods, doing):
    """Ranks of the chosen photographs among all, by method and alteration; of equals the last."""
    database = work(lambda p: vectors(image.read(p), methods), *((p,) for p in paths), doing=doing)
    results = {}
    for alteration in ALTERATIONS:
        queries = work(
            lambda p, alteration: vectors(altered(p, alteration), methods),
            *((paths[n], alteration) for n in chosen),
            doing=alteration,
        )
        for name, stored in database.items():
            similarity = queries[name] @ stored.T
            own = np.take_along_axis(similarity, chosen[:, None], axis=1)
            results[name, alteration] = (similarity >= own).sum(axis=1)
    return results


def interval(values):
    """Mean and 95 % interval over photographs, in per cent."""
    values = 100 * np.asarray(values, float)
    if values.std() == 0:
        return values.mean(), values.mean(), values.mean()
    limits = bootstrap((values,), np.mean, method="percentile", rng=SEED).confidence_interval
    return values.mean(), limits.low, limits.high


def table(rows, values, cell):
    """A line a row and a column an alteration, and the mean of them over each photograph."""
    lines = [f"| | {' | '.join(ALTERATIONS)} | all |", "|---|" + "---:|" * (len(ALTERATIONS) + 1)]
    for row in rows:
        each = [values(row, alteration) for alteration in ALTERATIONS]
        cells = [cell(*interval(column)) for column in [*each, np.mean(each, axis=0)]]
        lines.append(
            f"| {row if isinstance(row, str) else ' - '.join(row)} | {' | '.join(cells)} |"
        )
    return lines


def difference(ranks, method, reference, alteration):
    """Difference of the precision of two methods, of every photograph."""
    return 1 / ranks[method, alteration] - 1 / ranks[reference, alteration]


def share(mean, low, high):
    return f"{mean:.1f} ({low:.0f} to {high:.0f})" if low < high else f"{mean:.1f}"


def change(mean, low, high):
    return f"{mean:+.1f} ({low:+.1f} to {high:+.1f})" if low < high else "0"


def chart(ranks):
    """Precision of the methods of SHOWN, a panel an alteration, with intervals."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 5.4), facecolor="white", layout="constrained")
    axes = figure.subplots(2, 4, sharex=True, sharey=True).ravel()
    panels = [*ALTERATIONS, "all"]
    for ax, panel in zip(axes, panels, strict=True):
        for row, name in enumerate(reversed(SHOWN)):
            each = [1 / ranks[name, a] for a in (ALTERATIONS if panel == "all" else [panel])]
            mean, low, high = interval(np.mean(each, axis=0))
            color = BLUE if name.startswith("GMP") else GREY
            ax.plot([low, high], [row, row], color=color, linewidth=1.5)
            ax.plot(mean, row, "o", color=color, markersize=5)
        ax.set_title(
            panel, fontsize=10, loc="left", color=INK, weight="bold" if panel == "all" else None
        )
        ax.set(xlim=(-3, 103), xticks=[0, 50, 100], yticks=range(len(SHOWN)))
        ax.set_yticklabels(reversed(SHOWN), fontsize=9)
        ax.grid(axis="both", color="0.92", linewidth=0.8)
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0, labelsize=9, colors=INK)
    figure.supxlabel("mean average precision, %, with 95 % intervals", fontsize=9, color=INK)
    return figure


def examples():
    """A photograph that comes with scikit-image, and its alterations, side by side."""
    from matplotlib.figure import Figure

    photo = cv2.resize(skimage.data.coffee(), (800, 600), interpolation=cv2.INTER_AREA)
    rng = np.random.default_rng(SEED)
    figure = Figure(figsize=(10, 4.1), facecolor="white", layout="constrained")
    pictures = {"as it is": photo}
    pictures |= {name: alter(photo.copy(), rng) for name, alter in ALTERATIONS.items()}
    for ax, (title, picture) in zip(figure.subplots(2, 4).ravel(), pictures.items(), strict=True):
        ax.imshow(picture)
        ax.set_title(title, fontsize=10, loc="left", color=INK)
        ax.axis("off")
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--docs", action="store_true", help="renew docs/search.md")
    docs = parser.parse_args().docs
    paths = list(dataset("osie").images.values())
    shuffled = np.random.default_rng(SEED).permutation(len(paths))
    chosen, held_out = shuffled[:QUERIES], shuffled[QUERIES : QUERIES + HELD_OUT]

    by_lam = ranks(paths, held_out, poolings(LAMS), "choosing lam")
    precision = {
        lam: np.mean([1 / by_lam[("GMP", lam), alteration] for alteration in ALTERATIONS])
        for lam in LAMS
    }
    lam = max(precision, key=precision.get)
    results = ranks(paths, chosen, methods(lam), "all photographs")
    rows = list(dict.fromkeys(name for name, _ in results))
    rows.insert(0, rows.pop(rows.index("sum, not unit")))
    tables = {
        "lam": [
            f"| lam | {' | '.join(f'{lam:g}' for lam in LAMS)} |",
            "|---|" + "---:|" * len(LAMS),
            f"| precision, % | {' | '.join(f'{100 * precision[lam]:.1f}' for lam in LAMS)} |",
        ],
        "precision": table(rows, lambda name, alteration: 1 / results[name, alteration], share),
        "recall": table(rows, lambda name, alteration: results[name, alteration] == 1, share),
        "differences": table(
            PAIRS, lambda pair, alteration: difference(results, *pair, alteration), change
        ),
    }
    for name, lines in tables.items():
        print(f"{name}, %\n" if name != "lam" else "lam, on held-out photographs\n")
        print("\n".join(lines), end="\n\n")
    if docs:
        replace_tables(DOCS / "search.md", tables)
        (DOCS / "search.png").write_bytes(png(chart(results)))
        with Image.open(io.BytesIO(png(examples()))) as picture:
            picture.convert("RGB").save(DOCS / "alterations.jpg", quality=85)


if __name__ == "__main__":
    main()
