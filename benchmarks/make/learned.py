"""What readouts learn from which features and by which divergence, on photographs not seen.

    python benchmarks/learned.py OSIE WORK            # prints the tables; takes an hour
    python benchmarks/learned.py OSIE WORK --docs     # puts them into docs/learned.md

and draws docs/sensitivity.png, what a linear readout of contrast alone has learned, and
docs/learned.jpg, the model's maps of four photographs that come with scikit-image.

OSIE is the folder of the set, WORK one for features and the state of fits, from which an
interrupted run goes on.  Everything is scored on the grid, 5 folds over photographs, by
readouts that have not seen the photograph; shuffled AUC is without the center bias.
"""

import argparse
from pathlib import Path

from marks import renew
from PIL import Image
from rich.console import Console
from rich.progress import Progress

import psysal
from psysal import overlay, plots
from psysal.api import normalized
from psysal.evaluation.summary import summary
from psysal.evaluation.divergences import DIVERGENCES
from psysal.gaze import dataset
from psysal.learning.train import fitted, scored
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


def ablation(data, work, threads, progress):
    """Scores of small readouts of groups of features."""
    models = {}
    for name, features in GROUPS.items():
        folder = work / name.replace("/", "-").replace(", ", "_").replace(" ", "-")
        photographs = Photographs(data, features, folder / "features")
        models[name] = (
            photographs,
            fitted(photographs, FOLDS, folder, threads=threads, progress=progress(name)),
        )
    return models, "contrast 13/26, energy, color"


def losses(data, work, threads, progress):
    """Scores of small readouts trained by each divergence, on densities of one degree."""
    photographs = Photographs(data, Features(), work / "losses" / "features", sigma=1.0)
    models = {
        loss: (
            photographs,
            fitted(photographs, FOLDS, work / "losses" / loss, loss=loss, threads=threads,
                   progress=progress(loss)),
        )
        for loss in DIVERGENCES
    }  # fmt: skip
    return models, "kl"


def table(models, reference, head):
    """A line for each, better first by information gain; differences are from the reference."""
    import pandas

    parts = [scored({name: each}, of, of.grid) for name, (of, each) in models.items()]
    scores = pandas.concat(parts).drop_duplicates(["model", "image", "metric"])
    found = summary(scores, reference).set_index(["model", "metric"])
    lines = []
    for name in models:
        auc, nss, gain = (found.loc[name, metric] for metric in ("auc", "nss", "information_gain"))
        shuffled = found.loc[f"{name}, no center", "shuffled_auc"]
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

    models = [psysal.Murray2011(), psysal.Learned(), psysal.Learned(center=False)]
    rows = []
    for name in ("coffee", "astronaut", "chelsea", "rocket"):
        pixels = getattr(skimage.data, name)()
        tiles = [overlay.overlay(pixels, normalized(model(pixels))) for model in models]
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
    parser.add_argument("set", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--docs", action="store_true", help="renew docs/learned.md")
    parser.add_argument("--threads", type=int)
    wanted = parser.parse_args()
    data = dataset(wanted.set)
    tables = {}
    with Progress(console=Console(stderr=True)) as bars:

        def progress(name):
            bar = bars.add_task(name)
            return lambda step, done, total: bars.update(
                bar, description=f"{name}: {step}", completed=done, total=total
            )

        for title, make, head in (("losses", losses, "loss"), ("features", ablation, "features")):
            models, reference = make(data, wanted.work, wanted.threads, progress)
            tables[title] = table(models, reference, head)
        photographs = Photographs(data, GROUPS[CONTRAST], wanted.work / "linear" / "features")
        (linear,) = fitted(
            photographs,
            [None],
            wanted.work / "linear",
            readout="linear",
            progress=progress("linear"),
        )
    if wanted.docs:
        docs = Path(__file__).parents[1] / "docs"
        renew(docs / "learned.md", tables)
        (docs / "sensitivity.png").write_bytes(plots.png(plots.sensitivity(linear, data.ppd)))
        Image.fromarray(maps()).save(docs / "learned.jpg", quality=90)
    else:
        print("\n\n".join("\n".join(lines) for lines in tables.values()))


if __name__ == "__main__":
    main()
