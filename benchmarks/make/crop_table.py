"""Score crops on fixations: the share that each keeps, beside a crop of the middle and smartcrop.

    PSYSAL_DATA=FOLDER python benchmarks/make/crop_table.py WORKDIR           # prints the tables
    PSYSAL_DATA=FOLDER python benchmarks/make/crop_table.py WORKDIR --docs    # and renews the page
    python benchmarks/make/crop_table.py WORKDIR --time PHOTOGRAPH...         # times on one thread

The page is docs/howto/crop.md. smartcrop is the PyPI package of this name; without it its rows are
left out. Each photograph of OSIE and EyeCrowd is cut by readouts that were fitted without it, of
five folds over both sets: WORKDIR holds their planes and checkpoints, "learned" and "deep", from
which an interrupted run resumes; Interiors is cut by the readouts that come along. All windows of
a shape have one size, and smartcrop reduces the photograph by half, as for crops of that size.
Intervals are 95 %, over photographs. The weight of cuts, the distance of the highest place from
edges, and the exponent and Gaussian of maps were chosen on fold 0 of OSIE.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from marks import replace_tables
from PIL import Image

import psysal
from psysal.crops import best_window, largest_window
from psysal.crops.crop import fixation_density
from psysal.gaze import dataset
from psysal.image import read
from psysal.learning.train import fit_folds
from psysal.learning.training_set import Photographs

SETS = ("osie", "crowd", "interiors")
TRAINED_ON = SETS[:2]
SHAPES = {
    "1:1": ((1, 1), 1.0),
    "16:9": ((16, 9), 1.0),
    "9:16": ((9, 16), 1.0),
    "half the area": (None, 0.5),
    "a quarter": (None, 0.25),
}
"""Aspect of the window, that of the photograph if None; and its area, of the largest such."""
READOUTS = {"learned": "convolutional", "deep": "small"}
FOLDS = 5
BINS = 5  # of confidence
METHODS = ("center", "smartcrop", "murray2011", "learned", "deep")

try:
    from smartcrop import SmartCrop
except ImportError:
    SmartCrop = None


def window_size(shape, aspect, area):
    """Rows and columns of a window."""
    rows, cols = largest_window(shape, aspect or shape[::-1])
    return round(rows * area**0.5), round(cols * area**0.5)


def fold_models(kind, workdir):
    """Models of a kind, fitted without each fold of OSIE and EyeCrowd."""
    paths = [workdir / kind / f"fold-{k}.json" for k in range(FOLDS)]
    if not all(path.exists() for path in paths):
        front_end = psysal.Learned(kind).trained.front_end
        sets = [
            Photographs(dataset(name), front_end, workdir / kind / f"planes-{i}", FOLDS)
            for i, name in enumerate(TRAINED_ON)
        ]
        fits = fit_folds(sets, [*range(FOLDS)], workdir / kind, readout=READOUTS[kind])
        factor = psysal.Learned(kind).trained.metadata["calibration"]["factor"]
        for path, fit in zip(paths, fits, strict=True):
            path.write_bytes(fit.scaled(factor).encode())
    return [psysal.Learned(path) for path in paths]


def smart_window(picture, size):
    """Left and top of smartcrop's window of a size in a PIL image."""
    rows, cols = size
    scale = 1 / min(picture.width / cols, picture.height / rows)
    found = SmartCrop().crop(picture, cols // 2, rows // 2, min_scale=scale, max_scale=scale)
    return found["top_crop"]["x"], found["top_crop"]["y"]


def score(name, workdir):
    """Share kept and confidence by image, method and shape; from a file of an earlier run."""
    path = workdir / f"crops-{name}.jsonl"
    known = [json.loads(line) for line in path.open()] if path.exists() else []
    data = dataset(name)
    people, _ = data.fixations.inside(data.sizes)
    models = {"murray2011": [psysal.Murray2011()] * FOLDS}
    for kind in READOUTS:
        trained = name in TRAINED_ON
        models[kind] = fold_models(kind, workdir) if trained else [psysal.Learned(kind)] * FOLDS
    folds = Photographs(data, psysal.Learned().trained.front_end, workdir / "none", FOLDS).fold
    done = {row["image"] for row in known}
    with path.open("a") as file:
        for image in people.images:
            if image not in done:
                row = {"image": image, "fold": folds[image]}
                row |= score_image(data, people.of(image), models, folds[image], image)
                known.append(row)
                file.write(json.dumps(row) + "\n")
                file.flush()
    return known


def score_image(data, fixations, models, fold, image):
    """Share kept and confidence of a photograph by method and shape."""
    pixels = data.read(image)
    shape = pixels.shape[:2]
    densities = {m: fixation_density(pixels, own[fold], threads=1) for m, own in models.items()}
    picture = Image.fromarray(pixels)
    rows = {}
    for label, (aspect, area) in SHAPES.items():
        size = window_size(shape, aspect, area)
        corners = {"center": ((shape[1] - size[1]) // 2, (shape[0] - size[0]) // 2)}
        if SmartCrop:
            corners["smartcrop"] = smart_window(picture, size)
        confidence = {}
        for method, density in densities.items():
            left, top, _, _, confidence[method] = best_window(density, shape, size)
            corners[method] = left, top
        for method, (left, top) in corners.items():
            across = (fixations.x >= left) & (fixations.x < left + size[1])
            down = (fixations.y >= top) & (fixations.y < top + size[0])
            rows[f"{method}, {label}"] = [float((across & down).mean()), confidence.get(method)]
    return rows


def interval(values):
    """Mean with the 95 % interval of it."""
    mean, half = np.mean(values), 1.96 * np.std(values, ddof=1) / len(values) ** 0.5
    return f"{mean:.3f} [{mean - half:.3f}, {mean + half:.3f}]"


def difference(values):
    mean, half = np.mean(values), 1.96 * np.std(values, ddof=1) / len(values) ** 0.5
    return f"{mean:+.3f} [{mean - half:+.3f}, {mean + half:+.3f}]"


def tables(scores):
    """Lines of the table of shares, of differences from the middle, and of confidence."""
    head = ["| set | window | " + " | ".join(METHODS) + " |", "|---|---|" + "---:|" * len(METHODS)]
    kept = [*head]
    gained = [
        "| set | window | over the center: learned | deep | over smartcrop: learned | deep |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for name, rows in scores.items():
        for label in SHAPES:
            share = {
                m: np.array([row[f"{m}, {label}"][0] for row in rows])
                for m in METHODS
                if f"{m}, {label}" in rows[0]
            }
            cells = [interval(share[m]) if m in share else "" for m in METHODS]
            kept.append(f"| {name} | {label} | {' | '.join(cells)} |")
            cells = [
                difference(share[m] - share[other]) if other in share else ""
                for other in ("center", "smartcrop")
                for m in ("learned", "deep")
            ]
            gained.append(f"| {name} | {label} | {' | '.join(cells)} |")
    sure = ["| set | " + " | ".join(f"fifth {i + 1}" for i in range(BINS)) + " |"]
    sure.append("|---|" + "---:|" * BINS)
    for name, rows in scores.items():
        pairs = np.array([row["deep, a quarter"] for row in rows])
        order = np.array_split(pairs[pairs[:, 1].argsort()], BINS)
        cells = [f"{part[:, 1].mean():.2f}, kept {part[:, 0].mean():.2f}" for part in order]
        sure.append(f"| {name} | {' | '.join(cells)} |")
    return {"kept": kept, "gained": gained, "confidence": sure}


def times(paths):
    """Processor time of a crop of 1:1 on one thread, alternating; the least of every photograph."""
    pictures = [read(path) for path in paths]
    runs = {
        method: lambda pixels, m=method: psysal.crop(pixels, (300, 300), model=m, threads=1)
        for method in METHODS[2:]
    }
    if SmartCrop:
        runs["smartcrop"] = lambda pixels: SmartCrop().crop(Image.fromarray(pixels), 300, 300)
    least = {method: [np.inf] * len(pictures) for method in runs}
    for _ in range(6):
        for i, pixels in enumerate(pictures):
            for method, run in runs.items():
                start = time.process_time()
                run(pixels)
                least[method][i] = min(least[method][i], time.process_time() - start)
    for method, each in least.items():
        print(f"{method}: {1000 * np.median(each):.1f} ms, median of {len(each)} photographs")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("workdir", type=Path)
    parser.add_argument("--docs", action="store_true", help="Write the tables into the page.")
    parser.add_argument("--time", type=Path, nargs="+", metavar="PHOTOGRAPH")
    options = parser.parse_args()
    if options.time:
        times(options.time)
    else:
        found = tables({name: score(name, options.workdir) for name in SETS})
        for lines in found.values():
            print("\n".join(lines), end="\n\n")
        if options.docs:
            page = Path(__file__).parents[2] / "docs" / "howto" / "crop.md"
            replace_tables(page, found)
