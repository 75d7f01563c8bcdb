"""Scores of readouts by their features and by their divergence, on photographs not trained on.

    python benchmarks/make/learned.py OSIE WORKDIR            # prints the tables; takes an hour
    python benchmarks/make/learned.py OSIE WORKDIR --docs     # puts them into docs/learned.md

and draws docs/sensitivity.png, the weights of a linear readout of contrast alone, and
docs/learned.jpg, the model's maps of four photographs that come with scikit-image.

OSIE is the folder of the data set, WORKDIR one for features and checkpoints, from which an
interrupted run resumes.  Everything is scored on the grid, 5 folds over photographs, by
readouts fitted without the photograph; shuffled AUC is without the center bias.
"""

import argparse
from pathlib import Path

from marks import replace_tables
from PIL import Image
from rich.console import Console
from rich.progress import Progress

import psysal
from psysal import overlay, plots
from psysal.evaluation.divergences import DIVERGENCES
from psysal.evaluation.summary import summary
from psysal.gaze import dataset
from psysal.image import normalize
from psysal.learning.train import fit_folds, score_folds
from psysal.learning.training_set import Photographs
from psysal.vision.features import Features

FOLDS = range(5)
WINDOWS = ((5, 10), (13, 26), (25, 50))
GROUPS = {
    "color": Features((), energy=False),
    "contrast 13/26": Features(energy=False, color=False),
    "energy": Features((), color=False),
    "contrast 13/26, color": Features(energy=False),
    "energy, color": Features(()),
    "contrast 13/26, energy": Features(color=False),
    "contrast 13/26, energy, color": Features(),
    "contrast 5/10, 13/26, 25/50, color": Features(WINDOWS, energy=False),
    "contrast 5/10, 13/26, 25/50, energy, color": Features(WINDOWS),
}
CONTRAST = "contrast 13/26"
HEAD = "| {} | AUC | shuffled AUC | NSS | information gain | difference |"


def ablation(data, workdir, threads, progress):
    """Scores of small readouts of groups of features."""
    models = {}
    for name, features in GROUPS.items():
        folder = workdir / name.replace("/", "-").replace(", ", "_").replace(" ", "-")
        photographs = Photographs(data, features, folder / "features")
        models[name] = (
            photographs,
            fit_folds(photographs, FOLDS, folder, threads=threads, progress=progress(name)),
        )
    return models, "contrast 13/26, energy, color"


def losses(data, workdir, threads, progress):
    """Scores of small readouts trained by each divergence, on densities of one degree."""
    photographs = Photographs(data, Features(), workdir / "losses" / "features", sigma=1.0)
    models = {
        loss: (
            photographs,
            fit_folds(photographs, FOLDS, workdir / "losses" / loss, loss=loss, threads=threads,
                   progress=progress(loss)),
        )
        for loss in DIVERGENCES
    }  # fmt: skip
    return models, "kl"


def table(models, reference, head):
    """A line for each, better first by information gain; differences are from the reference."""
    import pandas

    parts = [
        score_folds({name: folds}, photographs, photographs.grid)
        for name, (photographs, folds) in models.items()
    ]
    scores = pandas.concat(parts).drop_duplicates(["model", "image", "metric"])
    means = summary(scores, reference).set_index(["model", "metric"])
    lines = []
    for name in models:
        auc, nss, gain = (means.loc[name, metric] for metric in ("auc", "nss", "information_gain"))
        shuffled = means.loc[f"{name}, no center", "shuffled_auc"]
        apart = f"{gain.difference:+.3f} [{gain.difference_low:+.3f}, {gain.difference_high:+.3f}]"
        cells = [f"{auc['mean']:.4f}", f"{shuffled['mean']:.4f}", f"{nss['mean']:.3f}"]
        cells += [f"{gain['mean']:.3f} [{gain.low:.3f}, {gain.high:.3f}]"]
        cells += ["" if name == reference else apart]
        lines.append((gain["mean"], f"| {name} | {' | '.join(cells)} |"))
    ranked = [line for _, line in sorted(lines, reverse=True)]
    return [HEAD.format(head), "|---|---:|---:|---:|---:|---:|", *ranked]


def maps():
    """Photographs; beside them the maps of 2011, and learned with the center bias and without."""
    import cv2
    import numpy as np
    import skimage.data

    models = [psysal.Murray2011(), psysal.Learned(), psysal.Learned(center_bias=False)]
    rows = []
    for name in ("coffee", "astronaut", "chelsea", "rocket"):
        pixels = getattr(skimage.data, name)()
        tiles = [overlay.overlay(pixels, normalize(model(pixels))) for model in models]
        shape = round(200 * pixels.shape[1] / pixels.shape[0]), 200
        tiles = [cv2.resize(t, shape, interpolation=cv2.INTER_AREA) for t in (pixels, *tiles)]
        page = np.full((206, 4 * 306, 3), 255, np.uint8)
        for i, tile in enumerate(tiles):
            left = 306 * i + (300 - min(300, tile.shape[1])) // 2
            page[:200, left : left + 300][:, : tile.shape[1]] = tile[:, :300]
        rows.append(page)
    return np.concatenate(rows)[:-6, :-6]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("workdir", type=Path)
    parser.add_argument("--docs", action="store_true", help="renew docs/learned.md")
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    data = dataset(options.dataset)
    tables = {}
    with Progress(console=Console(stderr=True)) as bars:

        def progress(name):
            bar = bars.add_task(name)
            return lambda step, done, total: bars.update(
                bar, description=f"{name}: {step}", completed=done, total=total
            )

        for title, make, head in (("losses", losses, "loss"), ("features", ablation, "features")):
            models, reference = make(data, options.workdir, options.threads, progress)
            tables[title] = table(models, reference, head)
        photographs = Photographs(data, GROUPS[CONTRAST], options.workdir / "linear" / "features")
        (linear,) = fit_folds(
            photographs,
            [None],
            options.workdir / "linear",
            readout="linear",
            progress=progress("linear"),
        )
    if options.docs:
        docs = Path(__file__).parents[2] / "docs"
        replace_tables(docs / "learned.md", tables)
        (docs / "sensitivity.png").write_bytes(plots.png(plots.sensitivity(linear, data.ppd)))
        Image.fromarray(maps()).save(docs / "learned.jpg", quality=90)
    else:
        print("\n\n".join("\n".join(lines) for lines in tables.values()))


if __name__ == "__main__":
    main()
