"""Image search tried on the 700 photographs of OSIE: which pooling finds what was altered.

    PSYSAL_DATA=... python benchmarks/make/retrieval.py           # prints the tables
    PSYSAL_DATA=... python benchmarks/make/retrieval.py --docs    # and renews docs/search.md

200 photographs, each altered in seven ways, are searched for among all 700; the one right answer
is the photograph itself, so that the average precision of a query is 1 / its rank.  lam is chosen
on 50 other photographs, the largest of those that are best to a tenth of a per cent, and is the
same for all generalized max poolings.  Every seed is fixed.
On two cores it takes about fifteen minutes: ``SIFT`` or ``columns`` after the command tries only
one of them, and ``--cache FOLDER`` keeps descriptors and weights for another run.
"""

import argparse
import functools
import io
import re
import time
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
from threadpoolctl import threadpool_limits

import psysal
from psysal import files, image
from psysal.gaze import dataset
from psysal.models.front_ends import Network
from psysal.plots.base import BLUE, GREY, INK, png
from psysal.retrieval import (
    Columns,
    Democratic,
    DenseSift,
    FisherVector,
    GeneralizedMax,
    GlobalDescriptor,
    KeypointSift,
    LocalDescriptors,
    Max,
    Sum,
    power_normalized,
    saliency_at,
)
from psysal.retrieval.columns import SHIPPED_LAYERS
from psysal.retrieval.describe import PIXELS, shrink_to_area

SEED, QUERIES, HELD_OUT = 2014, 200, 50
LAMS = (0.3, 1.0, 3.0, 10.0, 30.0)
LEAST = 0.001  # difference of precision that counts as one
FRONT_END = Network("deep", SHIPPED_LAYERS)
DESCRIBE = {"SIFT": DenseSift(), "columns": Columns(FRONT_END)}
UNIT = {"SIFT": FisherVector.learned(), "columns": FisherVector.learned("columns")}
CLASSIC = FisherVector.learned().set_params(unit=False)
MODELS = {
    "center": psysal.Center(),
    "2011": psysal.Murray2011(),
    "learned": psysal.Learned(),
    "deep": psysal.Learned("deep"),
}
WEIGHTS = {
    "SIFT": {"center": ("center", 1), "2011": ("2011", 1), "2011 squared": ("2011", 2)},
    "columns": {
        "center": ("center", 1),
        "2011": ("2011", 1),
        "root of learned": ("learned", 0.5),
        "root of deep": ("deep", 0.5),
    },
}
"""Model and exponent of the weights of descriptors, by their names in the tables."""
TIMED = {
    "SIFT": GlobalDescriptor(),
    "SIFT, 2011": GlobalDescriptor(model=MODELS["2011"]),
    "columns": GlobalDescriptor(front_end=FRONT_END),
    "columns, 2011": GlobalDescriptor(front_end=FRONT_END, model=MODELS["2011"]),
    "columns, root of deep": GlobalDescriptor(
        front_end=FRONT_END, model=MODELS["deep"], exponent=0.5
    ),
}
TIMES = 20  # photographs that are timed
SHOWN = (
    *("SIFT: sum", "SIFT: GMP", "SIFT: GMP, 2011"),
    *("columns: sum", "columns: max", "columns: democratic", "columns: GMP"),
    *(f"columns: GMP, {name}" for name in ("center", "2011", "root of learned", "root of deep")),
)
DOCS = Path(__file__).parents[2] / "docs"


def poolings(lams):
    return {("GMP", lam): (GeneralizedMax(lam), None) for lam in lams}


def methods(encoding, lam):
    """Pooling and the name of its weights, by name."""
    pairs = {"sum": (Sum(), None), "max": (Max(), None), "democratic": (Democratic(), None)}
    pairs["GMP"] = (GeneralizedMax(lam), None)
    for pooling in ("sum", "GMP"):
        for name in WEIGHTS[encoding]:
            pairs[f"{pooling}, {name}"] = (pairs[pooling][0], name)
    return pairs


def compared(encoding):
    """Pairs of methods whose difference is shown."""
    return (
        ("max", "sum"),
        ("democratic", "sum"),
        ("GMP", "sum"),
        ("GMP", "democratic"),
        *((f"GMP, {name}", "GMP") for name in WEIGHTS[encoding]),
    )


def kept(cache, name, make):
    """Arrays that a function makes, kept in a file of a folder if there is one."""
    if cache is None:
        return make()
    path = cache / f"{name}.npz"
    if not path.exists():
        with files.draft(path, overwrite=True) as new, open(new, "wb") as file:
            np.savez(file, **make())
    with np.load(path) as arrays:
        return dict(arrays)


def vectors(path, alteration, encoding, methods, cache):
    """The vector of a photograph, altered or as it is, by every method."""
    cv2.setNumThreads(1)
    name = f"{encoding}, {path.stem}, {alteration}"

    @functools.cache
    def pixels():
        picture = altered(path, alteration) if alteration else image.read(path)
        return shrink_to_area(np.ascontiguousarray(picture), PIXELS)

    def saliency(model):
        return {"weights": saliency_at(MODELS[model](pixels(), threads=1), local)}

    arrays = kept(cache, name, lambda: vars(DESCRIBE[encoding](pixels())))
    local = LocalDescriptors(**{**arrays, "shape": tuple(arrays["shape"])})
    x = UNIT[encoding].transform(local.values)
    weights = {None: None}
    for which in {which for _, which in methods.values()} - {None}:
        model, exponent = WEIGHTS[encoding][which]
        saved = kept(cache, f"{name}, {model}", functools.partial(saliency, model))
        weights[which] = saved["weights"] ** exponent
    pooled = {name: pooling(x, weights[which]) for name, (pooling, which) in methods.items()}
    if encoding == "SIFT" and "sum" in methods:
        pooled["sum, not unit"] = Sum()(CLASSIC.transform(local.values))
        oriented = UNIT[encoding].transform(KeypointSift()(pixels()).values)
        pooled["GMP, keypoints"] = methods["GMP"][0](oriented)
    return {name: power_normalized(vector) for name, vector in pooled.items()}


def altered(path, alteration):
    """A photograph after an alteration, which depends on its name alone."""
    rng = np.random.default_rng([SEED, list(ALTERATIONS).index(alteration), int(path.stem)])
    return ALTERATIONS[alteration](image.read(path), rng)


def work(pictures, doing, *how):
    """Vectors of every photograph and alteration, by method: (pictures, D)."""
    parallel = Parallel(cpu_count(), return_as="generator")
    each = parallel(delayed(vectors)(*picture, *how) for picture in pictures)
    results = list(track(each, doing, len(pictures), console=Console(stderr=True)))
    return {name: np.array([vectors[name] for vectors in results]) for name in results[0]}


def ranks(paths, chosen, doing, *how):
    """Ranks of the chosen photographs among all, by method and alteration; of equals the last."""
    database = work([(path, None) for path in paths], doing, *how)
    results = {}
    for alteration in ALTERATIONS:
        queries = work([(paths[n], alteration) for n in chosen], alteration, *how)
        for name, stored in database.items():
            similarity = queries[name] @ stored.T
            own = np.take_along_axis(similarity, chosen[:, None], axis=1)
            results[name, alteration] = (similarity >= own).sum(axis=1)
    return results


def milliseconds(paths):
    """Time of a thread for a photograph by every descriptor, in turn; medians."""
    cv2.setNumThreads(1)
    times = {name: [] for name in TIMED}
    with threadpool_limits(1):
        for path in paths:
            pixels = image.read(path)
            for name, describe in TIMED.items():
                start = time.process_time()
                describe(pixels, threads=1)
                times[name].append(1000 * (time.process_time() - start))
    return {name: np.median(each[1:]) for name, each in times.items()}  # the first opens files


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


def shown_precision(lines):
    """Mean and interval of every cell of a table of precision, by row."""
    rows = (line.strip("| ").split(" | ") for line in lines if line.startswith("| "))
    numbers = {
        name: [tuple(map(float, re.findall(r"[\d.]+", cell))) for cell in cells]
        for name, *cells in rows
    }
    return {
        name: [(each * 3 if len(each) == 1 else each) for each in cells]
        for name, cells in numbers.items()
        if all(cells)
    }


def chart(document):
    """Precision of the methods of SHOWN, a panel an alteration, from a document's tables."""
    from matplotlib.figure import Figure

    cells = {}
    for encoding in DESCRIBE:
        lines = document.split(f"<!-- {encoding} precision -->")[1].splitlines()
        for name, values in shown_precision(lines).items():
            cells[f"{encoding}: {name}"] = values
    figure = Figure(figsize=(11, 6.4), facecolor="white", layout="constrained")
    axes = figure.subplots(2, 4, sharex=True, sharey=True).ravel()
    panels = [*ALTERATIONS, "all"]
    for column, (ax, panel) in enumerate(zip(axes, panels, strict=True)):
        for row, name in enumerate(reversed(SHOWN)):
            mean, low, high = cells[name][column]
            color = BLUE if name.startswith("columns: GMP") else GREY
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


def tried(encoding, paths, cache):
    """Tables of an encoding, by name."""
    shuffled = np.random.default_rng(SEED).permutation(len(paths))
    chosen, held_out = shuffled[:QUERIES], shuffled[QUERIES : QUERIES + HELD_OUT]
    by_lam = ranks(paths, held_out, f"{encoding}: lam", encoding, poolings(LAMS), cache)
    precision = {
        lam: np.mean([1 / by_lam[("GMP", lam), alteration] for alteration in ALTERATIONS])
        for lam in LAMS
    }
    best = max(precision.values())
    lam = max(lam for lam in LAMS if precision[lam] > best - LEAST)  # noise is fitted least
    results = ranks(paths, chosen, encoding, encoding, methods(encoding, lam), cache)
    rows = list(dict.fromkeys(name for name, _ in results))
    if "sum, not unit" in rows:
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
            compared(encoding),
            lambda pair, alteration: difference(results, *pair, alteration),
            change,
        ),
    }
    return {f"{encoding} {name}": lines for name, lines in tables.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("encodings", nargs="*", choices=DESCRIBE, help="default: both")
    parser.add_argument("--docs", action="store_true", help="renew docs/search.md")
    parser.add_argument("--cache", type=Path, help="folder of descriptors and weights")
    options = parser.parse_args()
    if options.cache:
        options.cache.mkdir(parents=True, exist_ok=True)
    paths = list(dataset("osie").images.values())
    tables = {}
    for encoding in options.encodings or DESCRIBE:
        tables |= tried(encoding, paths, options.cache)
    times = milliseconds(paths[: TIMES + 1])
    tables["milliseconds"] = [
        f"| {' | '.join(times)} |",
        "|" + "---:|" * len(times),
        f"| {' | '.join(f'{each:.0f}' for each in times.values())} |",
    ]
    for name, lines in tables.items():
        print(f"{name}\n")
        print("\n".join(lines), end="\n\n")
    if options.docs:
        replace_tables(DOCS / "search.md", tables)
        (DOCS / "search.png").write_bytes(png(chart((DOCS / "search.md").read_text())))
        with Image.open(io.BytesIO(png(examples()))) as picture:
            picture.convert("RGB").save(DOCS / "alterations.jpg", quality=85)


if __name__ == "__main__":
    main()
