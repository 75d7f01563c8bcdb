"""Image search tried on the 700 photographs of OSIE: which pooling finds what was altered.

    PSYSAL_DATA=... python benchmarks/retrieval.py           # prints the tables
    PSYSAL_DATA=... python benchmarks/retrieval.py --docs    # and puts them into docs/search.md,
                                                               # and renews its figures

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
from marks import renew
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
DOCS = Path(__file__).parents[1] / "docs"


def poolings(lams):
    return {("GMP", lam): (GeneralizedMax(lam), None) for lam in lams}


def methods(lam):
    """Pooling and the weights it is given, by name."""
    found = {"sum": (Sum(), None), "max": (Max(), None), "democratic": (Democratic(), None)}
    found["GMP"] = (GeneralizedMax(lam), None)
    for pooling in ("sum", "GMP"):
        found |= {f"{pooling}, {name}": (found[pooling][0], name) for name in MODELS}
    return found


def vectors(pixels, methods):
    """The vector of an image by every method."""
    cv2.setNumThreads(1)
    pixels = shrink_to_area(np.ascontiguousarray(pixels), PIXELS)
    local = DenseSift()(pixels)
    x = UNIT.transform(local.values)
    asked = {name for _, name in methods.values()} - {None}
    weights = {name: saliency_at(MODELS[name](pixels, threads=1), local) for name in asked}
    found = {name: pooling(x, weights.get(which)) for name, (pooling, which) in methods.items()}
    if "sum" in methods:
        found["sum, not unit"] = Sum()(CLASSIC.transform(local.values))
        turned = UNIT.transform(KeypointSift()(pixels).values)
        found["GMP, keypoints"] = methods["GMP"][0](turned)
    return {name: power_normalized(vector) for name, vector in found.items()}


def altered(path, how):
    """A photograph after an alteration, which depends on its name alone."""
    rng = np.random.default_rng([SEED, list(ALTERATIONS).index(how), int(path.stem)])
    return ALTERATIONS[how](image.read(path), rng)


def work(job, *jobs, doing):
    """What a function gives of every job, by method: (jobs, D)."""
    parallel = Parallel(cpu_count(), return_as="generator")
    each = parallel(delayed(job)(*args) for args in jobs)
    found = list(track(each, doing, len(jobs), console=Console(stderr=True)))
    return {name: np.array([vectors[name] for vectors in found]) for name in found[0]}


def ranks(paths, chosen, methods, doing):
    """Of every chosen photograph among all, by method and alteration; of equals the last."""
    database = work(lambda p: vectors(image.read(p), methods), *((p,) for p in paths), doing=doing)
    found = {}
    for how in ALTERATIONS:
        queries = work(
            lambda p, how: vectors(altered(p, how), methods),
            *((paths[n], how) for n in chosen),
            doing=how,
        )
        for name, vectors_of in database.items():
            alike = queries[name] @ vectors_of.T
            own = np.take_along_axis(alike, chosen[:, None], axis=1)
            found[name, how] = (alike >= own).sum(axis=1)
    return found


def interval(values):
    """Mean and 95 % interval over photographs, in per cent."""
    values = 100 * np.asarray(values, float)
    if values.std() == 0:
        return values.mean(), values.mean(), values.mean()
    found = bootstrap((values,), np.mean, method="percentile", rng=SEED).confidence_interval
    return values.mean(), found.low, found.high


def table(rows, values, cell):
    """A line a row and a column an alteration, and the mean of them over each photograph."""
    lines = [f"| | {' | '.join(ALTERATIONS)} | all |", "|---|" + "---:|" * (len(ALTERATIONS) + 1)]
    for row in rows:
        each = [values(row, how) for how in ALTERATIONS]
        cells = [cell(*interval(some)) for some in [*each, np.mean(each, axis=0)]]
        lines.append(
            f"| {row if isinstance(row, str) else ' - '.join(row)} | {' | '.join(cells)} |"
        )
    return lines


def share(mean, low, high):
    return f"{mean:.1f} ({low:.0f} to {high:.0f})" if low < high else f"{mean:.1f}"


def change(mean, low, high):
    return f"{mean:+.1f} ({low:+.1f} to {high:+.1f})" if low < high else "0"


def chart(found):
    """Precision of every method that is shown, a panel an alteration, with intervals."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 5.4), facecolor="white", layout="constrained")
    axes = figure.subplots(2, 4, sharex=True, sharey=True).ravel()
    panels = [*ALTERATIONS, "all"]
    for ax, how in zip(axes, panels, strict=True):
        for row, name in enumerate(reversed(SHOWN)):
            each = [1 / found[name, h] for h in (ALTERATIONS if how == "all" else [how])]
            mean, low, high = interval(np.mean(each, axis=0))
            color = BLUE if name.startswith("GMP") else GREY
            ax.plot([low, high], [row, row], color=color, linewidth=1.5)
            ax.plot(mean, row, "o", color=color, markersize=5)
        ax.set_title(
            how, fontsize=10, loc="left", color=INK, weight="bold" * (how == "all") or None
        )
        ax.set(xlim=(-3, 103), xticks=[0, 50, 100], yticks=range(len(SHOWN)))
        ax.set_yticklabels(reversed(SHOWN), fontsize=9)
        ax.grid(axis="both", color="0.92", linewidth=0.8)
        ax.spines[:].set_visible(False)
        ax.tick_params(length=0, labelsize=9, colors=INK)
    figure.supxlabel("mean average precision, %, with 95 % intervals", fontsize=9, color=INK)
    return figure


def examples():
    """A photograph that comes with scikit-image, and what is done to it, side by side."""
    from matplotlib.figure import Figure

    photo = cv2.resize(skimage.data.coffee(), (800, 600), interpolation=cv2.INTER_AREA)
    rng = np.random.default_rng(SEED)
    figure = Figure(figsize=(10, 4.1), facecolor="white", layout="constrained")
    made = {"as it is": photo} | {how: f(photo.copy(), rng) for how, f in ALTERATIONS.items()}
    for ax, (how, picture) in zip(figure.subplots(2, 4).ravel(), made.items(), strict=True):
        ax.imshow(picture)
        ax.set_title(how, fontsize=10, loc="left", color=INK)
        ax.axis("off")
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--docs", action="store_true", help="renew docs/search.md")
    docs = parser.parse_args().docs
    paths = list(dataset("osie").images.values())
    drawn = np.random.default_rng(SEED).permutation(len(paths))
    chosen, held_out = drawn[:QUERIES], drawn[QUERIES : QUERIES + HELD_OUT]

    tried = ranks(paths, held_out, poolings(LAMS), "choosing lam")
    by_lam = {lam: np.mean([1 / tried[("GMP", lam), how] for how in ALTERATIONS]) for lam in LAMS}
    lam = max(by_lam, key=by_lam.get)
    found = ranks(paths, chosen, methods(lam), "all photographs")
    rows = list(dict.fromkeys(name for name, _ in found))
    rows.insert(0, rows.pop(rows.index("sum, not unit")))
    tables = {
        "lam": [
            f"| lam | {' | '.join(f'{lam:g}' for lam in LAMS)} |",
            "|---|" + "---:|" * len(LAMS),
            f"| precision, % | {' | '.join(f'{100 * by_lam[lam]:.1f}' for lam in LAMS)} |",
        ],
        "precision": table(rows, lambda name, how: 1 / found[name, how], share),
        "recall": table(rows, lambda name, how: found[name, how] == 1, share),
        "differences": table(
            PAIRS, lambda pair, how: 1 / found[pair[0], how] - 1 / found[pair[1], how], change
        ),
    }
    for name, lines in tables.items():
        print(f"{name}, %\n" if name != "lam" else "lam, on held-out photographs\n")
        print("\n".join(lines), end="\n\n")
    if docs:
        renew(DOCS / "search.md", tables)
        (DOCS / "search.png").write_bytes(png(chart(found)))
        with Image.open(io.BytesIO(png(examples()))) as picture:
            picture.convert("RGB").save(DOCS / "alterations.jpg", quality=85)


if __name__ == "__main__":
    main()
