"""The 2011 model fitted to fixations, beside the published one.

    python benchmarks/make/refit.py            # prints the tables for OSIE
    python benchmarks/make/refit.py --docs     # puts them into docs/refit.md, and docs/refit.png

Sets are looked up in the folder that PSYSAL_DATA names: OSIE, which is fitted, and Interiors,
to which the models are taken as they are.  On one core it takes about forty minutes.
"""

import argparse
from pathlib import Path

import numpy as np
from marks import replace_tables
from rich.console import Console

import psysal
from psysal.api import comparison
from psysal.evaluation.summary import summary
from psysal.gaze import dataset
from psysal.learning.refit import refit

LOSSES = ("kl", "bhattacharyya")
METRICS = {"auc": 3, "shuffled_auc": 3, "nss": 3, "information_gain": 3}  # digits
PARAMETERS = ("beta", "sig1", "sig2", "s_g")
CHANNELS = ("color", "intensity")
LEVELS = 7
COLORS = {"published": "black", "kl": "#0072B2", "bhattacharyya": "#D55E00"}  # Okabe & Ito
DOCS = Path(__file__).parents[2] / "docs"


def scores_table(results):
    head = ["loss", "density", *METRICS]
    lines = [f"| {' | '.join(head)} |", "|---|---|" + "---:|" * len(METRICS)]
    for loss, result in results.items():
        table = result.table.set_index(["model", "metric"])
        for model in dict.fromkeys(result.table["model"]):
            paired = model.startswith(("windows", "refit"))
            cells = [cell(table.loc[model, m], d, paired) for m, d in METRICS.items()]
            lines.append(f"| {loss} | {model} | {' | '.join(cells)} |")
    return lines


def windows_table(results):
    pairs = [fitted.model.windows for fitted in next(iter(results.values())).tuned]
    lines = [
        f"| loss | contrast sensitivity | {' | '.join(f'{a}, {b}' for a, b in pairs)} |",
        "|---|---|" + "---:|" * len(pairs),
    ]
    for loss, result in results.items():
        for label, fits in (("published", result.untuned), ("fitted", result.tuned)):
            lines.append(f"| {loss} | {label} | {' | '.join(f'{f.loss:.4f}' for f in fits)} |")
    return lines


def transfer_table(results, dataset):
    """Maps at full size, of a set on which nothing was fitted."""
    fitted = results["kl"].model
    models = {
        "published": psysal.Murray2011(),
        "windows": psysal.Murray2011(fitted.windows),
        "refit": fitted,
    }
    scores = comparison(models, dataset).scores()
    table = summary(scores).set_index(["model", "metric"])
    metrics = list(dict.fromkeys(scores["metric"]))
    lines = [f"| map | {' | '.join(metrics)} |", "|---|" + "---:|" * len(metrics)]
    for model in models:
        cells = [cell(table.loc[model, m], METRICS[m], model != "published") for m in metrics]
        lines.append(f"| {model} | {' | '.join(cells)} |")
    return lines


def cell(row, digits, paired):
    """A mean, and the interval of its difference from the published model."""
    text = f"{row['mean'] + 0:.{digits}f}"
    if paired:
        low, high = row["difference_low"], row["difference_high"]
        text += f" ({low:+.{digits}f} to {high:+.{digits}f})"
    return text


def parameters_table(results):
    head = ["model", "channel", *PARAMETERS, "g's height over the pedestal", "gamma"]
    lines = [f"| {' | '.join(head)} |", "|---|---|" + "---:|" * (len(head) - 2)]
    published = next(iter(results.values())).published
    for channel in CHANNELS:
        ecsf = getattr(published.model, channel)
        cells = [f"{getattr(ecsf, name):.2f}" for name in PARAMETERS]
        cells += [
            f"{peak(ecsf):.3f}",
            ", ".join(f"{r.published.gamma:.2f}" for r in results.values()),
        ]
        lines.append(f"| published | {channel} | {' | '.join(cells)} |")
    for loss, result in results.items():
        for channel in CHANNELS:
            ecsf = getattr(result.model, channel)
            folds = [getattr(fitted.model, channel) for fitted in result.folds]
            cells = [spread(getattr(ecsf, n), [getattr(f, n) for f in folds]) for n in PARAMETERS]
            cells.append(spread(peak(ecsf), [peak(f) for f in folds]))
            cells.append(spread(result.best.gamma, [fitted.gamma for fitted in result.folds]))
            lines.append(f"| {loss} | {channel} | {' | '.join(cells)} |")
    return lines


def peak(ecsf):
    return ecsf.beta / pedestal(ecsf)


def pedestal(ecsf):
    return 1 + 3 * ecsf.offset(np.arange(1, LEVELS + 1)).sum()


def spread(value, folds):
    return f"{value:.2f} ({min(folds):.2f} to {max(folds):.2f})"


def figure(results, ppd):
    """g over the pedestal, which is all of the sensitivity that a map depends on."""
    from matplotlib.figure import Figure

    page = Figure(figsize=(8, 3.4), layout="constrained")
    fine, levels = np.linspace(1, LEVELS, 400), np.arange(1, LEVELS + 1)
    for axes, channel in zip(page.subplots(1, 2), CHANNELS, strict=True):
        published = getattr(psysal.Murray2011(), channel)
        curves = [("published", published, [])]
        for loss, result in results.items():
            folds = [getattr(fitted.model, channel) for fitted in result.folds]
            curves.append((loss, getattr(result.model, channel), folds))
        for (label, ecsf, folds), style in zip(curves, ("-", "-", "--"), strict=False):
            color = COLORS[label]
            for fold in folds:
                axes.plot(fine, fold.gain(fine) / pedestal(fold), color=color, lw=0.5, alpha=0.5)
            axes.plot(fine, ecsf.gain(fine) / pedestal(ecsf), style, color=color, label=label)
            axes.plot(levels, ecsf.gain(levels) / pedestal(ecsf), "o", color=color, ms=4)
        axes.set(title=channel, xlabel="level", xticks=levels, ylim=(0, None))
        above = axes.secondary_xaxis("top")
        above.set_xticks(levels, [f"{0.42 * ppd / 2**s:.2g}" for s in levels], fontsize=7)
        above.set_xlabel("cycles/degree", fontsize=7)
    page.axes[0].set_ylabel("g(s) over the pedestal")
    page.axes[0].legend(frameon=False)
    page.savefig(DOCS / "refit.png", dpi=150)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--docs", action="store_true", help="renew docs/refit.md and its figure")
    options = parser.parse_args()
    osie, interiors, console = dataset("osie"), dataset("interiors"), Console(stderr=True)
    results = {loss: refit(osie, loss=loss, progress=console.log) for loss in LOSSES}
    tables = {
        "scores": scores_table(results),
        "windows": windows_table(results),
        "parameters": parameters_table(results),
        "transfer": transfer_table(results, interiors),
    }
    if not options.docs:
        print("\n\n".join("\n".join(table) for table in tables.values()))
        return
    figure(results, osie.ppd)
    replace_tables(DOCS / "refit.md", tables)


if __name__ == "__main__":
    main()
