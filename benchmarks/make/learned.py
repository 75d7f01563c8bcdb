"""Scores of readouts by their front end and by their divergence, on photographs not trained on.

    python benchmarks/make/learned.py OSIE WORKDIR            # prints the tables; takes an hour
    python benchmarks/make/learned.py OSIE WORKDIR --docs     # puts them into docs/learned.md

and draws docs/sensitivity.png, the weights of a linear readout of contrast alone;
docs/convolutions.png, what the convolutions of the learned model look at; and
docs/learned.jpg, maps of four photographs that come with scikit-image.

OSIE is the folder of the data set, WORKDIR one for planes and checkpoints, from which an
interrupted run resumes.  Everything is trained on the other photographs of OSIE and scored on
the grid, on the photographs of --folds; shuffled AUC is without the center bias.
"""

import argparse
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from marks import replace_tables
from PIL import Image
from rich.console import Console
from rich.progress import Progress

import psysal
from psysal import overlay, plots
from psysal.evaluation.compare import Comparison
from psysal.evaluation.divergences import DIVERGENCES
from psysal.evaluation.references import CenterBias
from psysal.evaluation.summary import summary
from psysal.gaze import dataset
from psysal.image import normalize
from psysal.learning.train import METRICS, fit_folds
from psysal.learning.training_set import CrossValidated, Photographs
from psysal.models.front_ends import Both, Network
from psysal.plots.base import blank
from psysal.vision.features import Psychophysical

WHOLE = Both(Psychophysical(), Network("deep", ["l3", "l4", "l5"]))
OWN, DEEP = WHOLE.first, WHOLE.second
FRONT_ENDS = {
    "learned: contrast, energy, color, rarity, symmetry; convolutional": (OWN, "convolutional"),
    "without symmetry": (Psychophysical(symmetry=False), "convolutional"),
    "without rarity and symmetry": (Psychophysical(rarity=False, symmetry=False), "convolutional"),
    "without convolutions (small)": (OWN, "small"),
    "linear": (OWN, "linear"),
    "deep: layers l3, l4, l5; small": (DEEP, "small"),
    "deep, l5 alone": (Network("deep", ["l5"]), "small"),
    "deep, l3 alone": (Network("deep", ["l3"]), "small"),
    "deep, linear": (DEEP, "linear"),
    "deep and psychophysical planes": (WHOLE, "small"),
}
HEAD = "| {} | AUC | shuffled AUC | NSS | information gain | difference |"


@dataclass(frozen=True, eq=False)
class Chosen(Photographs):
    """Photographs of which some planes are read, all of which are on disk."""

    def planes(self, name):
        rows = [WHOLE.names.index(plane) for plane in self.front_end.names]
        return np.load(self._path(name))[rows].astype(np.float32)

    def prepare(self, **options):
        Photographs(self.dataset, WHOLE, self.folder).prepare(**options)


def ablation(data, folds, workdir, threads, progress):
    """Readouts of front ends and of parts of them."""
    models = {}
    for number, (name, (front_end, readout)) in enumerate(FRONT_ENDS.items()):
        photographs = Chosen(data, front_end, workdir / "planes")
        models[name] = photographs, fit_folds(
            [photographs], folds, workdir / f"front-end-{number}", readout=readout,
            threads=threads, progress=progress(name),
        )  # fmt: skip
    return models, next(iter(FRONT_ENDS))


def losses(data, front_end, folds, workdir, threads, progress):
    """Small readouts trained by each divergence, on densities of one degree."""
    photographs = Chosen(data, front_end, workdir / "planes", sigma=1.0)
    models = {
        loss: (
            photographs,
            fit_folds([photographs], folds, workdir / f"losses-{len(front_end.names)}-{loss}",
                      loss=loss, threads=threads, progress=progress(loss)),
        )
        for loss in DIVERGENCES
    }  # fmt: skip
    return models, "kl"


class Fold(Comparison):
    """Comparison on the photographs of some folds, with the center bias of all others."""

    folds = ()

    @cached_property
    def images(self):
        """Names of the photographs."""
        fold = CenterBias(self.fixations, self.dataset.sizes).fold
        return tuple(name for name in self.dataset.images if fold.get(name) in self.folds)


def table(models, folds, reference, head, threads):
    """A line for each, better first by information gain; differences are from the reference."""
    Fold.folds, compared = folds, {}
    for name, (photographs, fits) in models.items():
        own = dict(zip(folds, fits, strict=True))
        each = [own.get(fold, fits[0]) for fold in range(5)]
        compared[name] = CrossValidated(photographs, each)
        compared[f"{name}, no center"] = CrossValidated(photographs, each, center_bias=False)
    scores = Fold(compared, photographs.grid, METRICS).scores(threads=threads)
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


def responses():
    """What the learned model looks at: its logits where a plane is raised in the middle.

    By one standard deviation over the mean, 3 x 3 cells; the four planes that matter most.
    """
    trained = psysal.Learned().trained
    readout, names = trained.readout, trained.front_end.names
    plain = np.tile(readout.mean[:, None, None], (1, 36, 48)).astype(np.float32)
    flat, found = readout.logits(plain), {}
    for name, plane, std in zip(names, plain, readout.std, strict=True):
        plane[17:20, 23:26] += std
        found[name] = readout.logits(plain) - flat
        plane[17:20, 23:26] -= std
    chosen = sorted(names, key=lambda name: -np.ptp(found[name]))[:4]
    return plots.maps({name: found[name] for name in chosen})


def reliabilities():
    """Predicted and observed density of fixations on a set, by readouts of the other."""
    figure = blank(figsize=(8, 4), layout="constrained")
    for ax, name in zip(figure.subplots(1, 2), ("learned", "deep"), strict=True):
        about = psysal.Learned(name).trained.metadata["calibration"]
        for held, each in about["left out"].items():
            ax.loglog(each["predicted"], each["observed"], "o-", label=f"{held}, by the other")
        ends = [0.05, 50]
        ax.loglog(ends, ends, "k:", linewidth=1)
        ax.set(title=name, xlabel="predicted density, 1 is uniform", ylabel="observed density")
        ax.legend(frameon=False, fontsize=8)
    return figure


def maps():
    """Photographs; beside them the maps of 2011, of learned, and of deep."""
    import cv2
    import skimage.data

    models = [psysal.Murray2011(), psysal.Learned(), psysal.Learned("deep")]
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
    parser.add_argument("--folds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    data, folds, work = dataset(options.dataset), options.folds, options.workdir
    tables = {}
    with Progress(console=Console(stderr=True)) as bars:

        def progress(name):
            bar = bars.add_task(name)
            return lambda step, done, total: bars.update(
                bar, description=f"{name}: {step}", completed=done, total=total
            )

        common = folds, work, options.threads, progress
        for title, make, head in (
            ("features", partial(ablation, data), "front end and readout"),
            ("losses", partial(losses, data, OWN), "loss, psychophysical planes"),
            ("losses of deep", partial(losses, data, DEEP), "loss, deep"),
        ):
            models, reference = make(*common)
            tables[title] = table(models, folds, reference, head, options.threads)
        contrast = Psychophysical(energy=False, color=False, rarity=False, symmetry=False)
        (linear,) = fit_folds(
            [Chosen(data, contrast, work / "planes")], [None], work / "linear", readout="linear",
            progress=progress("linear"),
        )  # fmt: skip
    if options.docs:
        docs = Path(__file__).parents[2] / "docs"
        replace_tables(docs / "learned.md", tables)
        (docs / "sensitivity.png").write_bytes(plots.png(plots.sensitivity(linear, data.ppd)))
        (docs / "reliability.png").write_bytes(plots.png(reliabilities()))
        (docs / "convolutions.png").write_bytes(plots.png(responses()))
        Image.fromarray(maps()).save(docs / "learned.jpg", quality=90)
    else:
        print("\n\n".join("\n".join(lines) for lines in tables.values()))


if __name__ == "__main__":
    main()
