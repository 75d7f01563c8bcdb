"""Responses of the models to the displays of ``psysal.stimuli``, beside those of people.

    python benchmarks/make/displays.py            # prints both tables
    python benchmarks/make/displays.py --docs     # puts them into docs/displays.md

Illusions: how much more of the reported dimension (lightness, red-green, yellow-blue) the
first target has than the second, although both are physically the same; plus is what
people see.  Lightness is in percent of full scale, colors in hundredths of O1 or O2.

Search: the percentile of the target's highest saliency among all pixels of its map, mean
over seeds; "centre" is a Gaussian about the center, whatever the image.
"""

import argparse
from pathlib import Path

import numpy as np
from marks import replace_tables
from rich.console import Console
from rich.progress import track

import psysal
from psysal import stimuli
from psysal.vision.color import CHANNELS

PPD = (16, 32, 64)
CONTRASTS = (0.05, 0.1, 0.2, 0.4, 0.7, 1.0)
SEEDS = range(8)
NONE = 0.2  # percent of full scale: less is no illusion
SEEN = {"BIWaM": psysal.Otazu2008, "CIWaM": psysal.Otazu2010}


SALIENT = {
    "2011": psysal.Murray2011(ppd=32),
    "2013": psysal.Murray2013(ppd=32),
    "centre": psysal.Center(),
}


def effect(display, model):
    """First target minus second along the reported dimension, times 100; None if not measurable."""
    stages = model.stages(display.image)
    if display.dimension == "lightness":
        plane = stages.image if stages.image.ndim == 2 else stages.image.mean(axis=2)
    elif len(stages.percepts) == 3:
        plane = stages.percepts[CHANNELS.index(display.dimension)]
    else:
        return None
    more, less = (plane[mask].mean(dtype=float) for mask in display.target_masks)
    return 100 * (more - less)


def rank(display, model):
    """Percentile of the target's peak in the map of its display."""
    saliency = model(display.image)
    return 100 * (saliency < saliency[display.target_masks[0]].max()).mean()


def verdict(effects):
    """Agreement of a model's effects with those of people, over all distances."""
    signs = {0 if abs(e) < NONE else np.sign(e) for e in effects}
    return {(1,): "yes", (-1,): "reversed", (0,): "nothing"}.get(tuple(signs), "mixed")


def illusions():
    """{display: (report, {model: effects at all ppd, or None})}"""
    names = [name for name in stimuli.DISPLAYS if not name.startswith("search")]
    results = {}
    for name in track(names, "illusions", console=Console(stderr=True)):
        displays = {ppd: stimuli.DISPLAYS[name](ppd=ppd) for ppd in PPD}
        effects = {
            model: [effect(display, make(ppd=ppd)) for ppd, display in displays.items()]
            for model, make in SEEN.items()
        }
        results[name] = displays[32].report, effects
    return results


def search(contrasts=CONTRASTS, seeds=SEEDS):
    """{display: {model: ranks at all contrasts}}"""
    names = [name for name in stimuli.DISPLAYS if name.startswith("search")]
    results = {}
    for name in track(names, "search displays", console=Console(stderr=True)):
        rows = [[stimuli.DISPLAYS[name](contrast=c, seed=s) for s in seeds] for c in contrasts]
        results[name] = {
            label: [np.mean([rank(display, model) for display in row]) for row in rows]
            for label, model in SALIENT.items()
        }
    return results


def illusions_table(results):
    head = [f"{model} {ppd}" for model in SEEN for ppd in (*PPD, "as people?")]
    lines = [f"| display | {' | '.join(head)} |", "|---|" + "---:|" * len(head)]
    for name, (_, effects) in results.items():
        cells = []
        for values in effects.values():
            if values[0] is None:
                cells += ["-"] * len(PPD) + ["no color"]
            else:
                cells += [f"{e:+.1f}" for e in values] + [verdict(values)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def search_table(results):
    lines = [
        f"| display | model | {' | '.join(f'contrast {c:g}' for c in CONTRASTS)} |",
        "|---|---|" + "---:|" * len(CONTRASTS),
    ]
    for name, ranks in results.items():
        for label, values in ranks.items():
            lines.append(f"| {name} | {label} | {' | '.join(f'{v:.2f}' for v in values)} |")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--docs", action="store_true", help="renew docs/displays.md")
    options = parser.parse_args()
    tables = {"illusions": illusions_table(illusions()), "search": search_table(search())}
    if not options.docs:
        print("\n\n".join("\n".join(table) for table in tables.values()))
        return
    replace_tables(Path(__file__).parents[2] / "docs" / "displays.md", tables)


if __name__ == "__main__":
    main()
