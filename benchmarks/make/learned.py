"""What each part of the learned models brings, and each divergence, on photographs kept aside.

    python benchmarks/make/learned.py OSIE WORKDIR            # prints the tables; takes an hour
    python benchmarks/make/learned.py OSIE WORKDIR --docs     # puts them into docs/learned.md

and draws docs/sensitivity.png, the weights of a linear readout of contrast alone;
docs/reliability.png, how calibrated readouts of one set are on the other;
docs/convolutions.png, what the convolutions of the learned model look at; and
docs/learned.jpg, maps of four photographs that come with scikit-image.  The first two tables
of docs/learned.md are of the shipped files, which tell their scores.

OSIE is the folder of the data set, WORKDIR one for planes and readouts, with which an
interrupted run resumes.  Everything is trained on the other photographs of OSIE and scored on
the grid of 96 places, on the photographs of --folds.
"""

import argparse
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np
from marks import replace_tables
from PIL import Image
from rich.console import Console
from rich.progress import Progress
from threadpoolctl import threadpool_limits

import psysal
from psysal import overlay, plots
from psysal.evaluation.compare import Comparison
from psysal.evaluation.divergences import DIVERGENCES
from psysal.evaluation.references import CenterBias
from psysal.evaluation.summary import summary
from psysal.gaze import dataset
from psysal.image import normalize
from psysal.learning.train import METRICS, READOUTS
from psysal.learning.training_set import CrossValidated, PhotographExamples, Photographs
from psysal.models.front_ends import Both, Network
from psysal.models.trained import Trained
from psysal.plots.base import blank
from psysal.vision.features import Psychophysical

WHOLE = Both(Psychophysical(), Network("deep", ["l3", "l4", "l5"]))
OWN, DEEP = WHOLE.first, WHOLE.second
LEARNED = {
    "learned": (OWN, "convolutional", {}),
    "without contrast": (Psychophysical(windows=()), "convolutional", {}),
    "without energy": (Psychophysical(energy=False), "convolutional", {}),
    "without color": (Psychophysical(color=False), "convolutional", {}),
    "without rarity": (Psychophysical(rarity=False), "convolutional", {}),
    "without symmetry": (Psychophysical(symmetry=False), "convolutional", {}),
    "without convolutions": (OWN, "convolutional", {"convolutions": 0}),
    "without blurs": (OWN, "convolutional", {"blurs": (0,)}),
    "linear": (OWN, "linear", {}),
}
NETWORK = {
    "deep": (DEEP, "small", {}),
    "without l3": (Network("deep", ["l4", "l5"]), "small", {}),
    "without l4": (Network("deep", ["l3", "l5"]), "small", {}),
    "without l5": (Network("deep", ["l3", "l4"]), "small", {}),
    "without the second layer of units": (DEEP, "small", {"units": (24,)}),
    "without blurs": (DEEP, "small", {"blurs": (0,)}),
    "linear, without blurs": (DEEP, "linear", {"blurs": (0,)}),
}
HEAD = (
    "| {} | AUC | shuffled AUC, no center | NSS | gain, no center | information gain | difference |"
)


@dataclass(frozen=True, eq=False)
class Chosen(Photographs):
    """Photographs of which some planes are read, all of which are on disk."""

    def planes(self, name):
        rows = [WHOLE.names.index(plane) for plane in self.front_end.names]
        return np.load(self._path(name))[rows].astype(np.float32)

    def prepare(self, **options):
        Photographs(self.dataset, WHOLE, self.folder).prepare(**options)


def fitted(photographs, folds, workdir, readout, **options):
    """A readout for each fold, fitted without it and kept in a file named after what it is."""
    for fold in folds:
        settings = photographs.front_end.describe(), photographs.sigma, fold, readout, options
        path = workdir / f"{sha256(repr(settings).encode()).hexdigest()[:16]}.json"
        if not path.exists():
            names = [name for name in photographs.names if photographs.fold[name] != fold]
            center = photographs.center(names)
            examples = PhotographExamples([photographs], [names], [center])
            fit = READOUTS[readout](examples, **options)
            trained = Trained(photographs.front_end, fit.readout, center, fit.center)
            path.write_bytes(trained.encode())
        yield Trained.decode(path.name, path.read_bytes())


def ablation(data, variants, folds, workdir, step):
    """Readouts of one set, and the same without some of what they are made of."""
    models = {}
    for name, (front_end, readout, options) in variants.items():
        photographs = Chosen(data, front_end, workdir / "planes")
        models[name] = photographs, [*fitted(photographs, folds, workdir, readout, **options)]
        step(name)
    return models


def losses(data, front_end, folds, workdir, step):
    """Small readouts trained by each divergence, on densities of one degree."""
    photographs = Chosen(data, front_end, workdir / "planes", sigma=1.0)
    models, options = {}, {"epochs": 6}  # half as many as shipped readouts have
    for loss in DIVERGENCES:
        fits = fitted(photographs, folds, workdir, "small", loss=loss, **options)
        models[loss] = photographs, [*fits]
        step(loss)
    return models


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
        shuffled, plain = (
            means.loc[f"{name}, no center", metric]["mean"]
            for metric in ("shuffled_auc", "information_gain")
        )
        apart = f"{gain.difference:+.3f} [{gain.difference_low:+.3f}, {gain.difference_high:+.3f}]"
        cells = [f"{auc['mean']:.4f}", f"{shuffled:.4f}", f"{nss['mean']:.3f}", f"{plain:.3f}"]
        cells += [f"{gain['mean']:.3f} [{gain.low:.3f}, {gain.high:.3f}]"]
        cells += ["" if name == reference else apart]
        lines.append((gain["mean"], f"| {name} | {' | '.join(cells)} |"))
    ranked = [line for _, line in sorted(lines, reverse=True)]
    return [HEAD.format(head), "|---|---:|---:|---:|---:|---:|---:|", *ranked]


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
    parser.add_argument("--folds", type=int, nargs="+", default=[0])
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    data, folds, work = dataset(options.dataset), options.folds, options.workdir
    Chosen(data, WHOLE, work / "planes").prepare(threads=options.threads)
    jobs = {
        "ingredients of learned": (ablation, LEARNED, "learned, and without parts of it"),
        "ingredients of deep": (ablation, NETWORK, "deep, and without parts of it"),
        "losses of learned": (losses, OWN, "loss, over psychophysical planes"),
        "losses of deep": (losses, DEEP, "loss, over the network"),
    }
    threadpool_limits(1, user_api="blas")  # the bits of a sum depend on how many threads share it
    tables = {}
    with Progress(console=Console(stderr=True)) as bars:
        bar = bars.add_task("fits", total=len(LEARNED) + len(NETWORK) + 2 * len(DIVERGENCES))
        for title, (make, what, head) in jobs.items():
            models = make(
                data, what, folds, work, lambda name: bars.update(bar, description=name, advance=1)
            )
            reference = "kl" if make is losses else next(iter(what))
            tables[title] = table(models, folds, reference, head, options.threads)
    contrast = Psychophysical(energy=False, color=False, rarity=False, symmetry=False)
    (linear,) = fitted(Chosen(data, contrast, work / "planes"), [None], work, "linear")
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
