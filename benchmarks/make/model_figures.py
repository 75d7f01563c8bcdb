"""The figures of model.md and index.md: every step of the model on one photograph.

    python benchmarks/make/model_figures.py

draws them anew into docs/model, from the model as it is.
"""

from pathlib import Path

import numpy as np
import skimage.data
from matplotlib.figure import Figure

import psysal
from psysal.plots.base import BLUE, GREY, INK, draw
from psysal.plots.scales import channel_look
from psysal.viewing import peak_frequency
from psysal.vision.color import CHANNELS
from psysal.vision.csf import MURRAY2011_COLOR, MURRAY2011_INTENSITY

PHOTOGRAPH = skimage.data.coffee()
MODEL = psysal.Murray2011()
ORIENTATIONS = ("horizontal", "vertical", "diagonal")
LEVEL = 4


def panels(count, *, lines=1, width=1.9):
    figure = Figure(figsize=(width * count, lines * (width * 0.67 + 0.3)), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.05)
    return figure, figure.subplots(lines, count, squeeze=False)


def plane(planes, channel, level, orientation=1):
    """The part of a plane that is the photograph, not what its square is filled with."""
    rows, cols = (-(-n // 2 ** (level - 1)) for n in PHOTOGRAPH.shape[:2])
    return planes[channel][level - 1][orientation, :rows, :cols]


def steps(stages, _):
    figure, (row,) = panels(6, width=1.4)
    w, z, alpha = (plane(p, 0, LEVEL) for p in (stages.planes, stages.contrast, stages.weights))
    draw(row[0], PHOTOGRAPH, "photograph")
    draw(
        row[1], stages.opponent[0], "1  red-green", **channel_look(stages.opponent[0], CHANNELS[0])
    )
    draw(row[2], w, f"2  vertical, level {LEVEL}", **channel_look(w, CHANNELS[0]))
    draw(row[3], z, "3  contrast", cmap="viridis", vmin=0, vmax=1)
    draw(row[4], alpha, "4  weight", cmap="inferno")
    draw(row[5], stages.map, "5  saliency", cmap="inferno")
    return figure


def color(stages, _):
    figure, (row,) = panels(4)
    draw(row[0], PHOTOGRAPH, "photograph")
    for ax, name, channel in zip(row[1:], CHANNELS, stages.opponent, strict=True):
        draw(ax, channel, name, **channel_look(channel, name))
    return figure


def wavelet(stages, _):
    levels = (1, 2, 3, 4, 5)
    figure, axes = panels(len(levels), lines=3, width=1.6)
    for o, row in enumerate(axes):
        for ax, level in zip(row, levels, strict=True):
            w = plane(stages.planes, 2, level, o)
            most = np.quantile(abs(w), 0.99)
            title = f"level {level}, {peak_frequency(level):.2g} c/deg" if o == 0 else ""
            draw(ax, w, title, cmap="PuOr", vmin=-most, vmax=most)
        row[0].set_ylabel(ORIENTATIONS[o], fontsize=8)
    return figure


def contrast(stages, _):
    levels = (2, 3, 4, 5)
    figure, axes = panels(len(levels), lines=2)
    for level, (above, below) in zip(levels, axes.T, strict=True):
        w, z = (plane(p, 2, level) for p in (stages.planes, stages.contrast))
        draw(above, abs(w), f"level {level}", cmap="viridis", vmax=np.quantile(abs(w), 0.99))
        draw(below, z, "", cmap="viridis", vmin=0, vmax=1)
    axes[0, 0].set_ylabel("|w|", fontsize=8)
    axes[1, 0].set_ylabel("z", fontsize=8)
    return figure


def ecsf(_, __):
    figure = Figure(figsize=(7.6, 2.8), layout="constrained")
    axes = figure.subplots(1, 2)
    s, whole = np.linspace(1, 7, 301), np.arange(1, 8)
    for ecsf, name, hue, dash, mark in (
        (MURRAY2011_INTENSITY, "intensity", INK, "-", "o"),
        (MURRAY2011_COLOR, "color", BLUE, "--", "s"),
    ):
        for ax, curve in zip(axes, (ecsf.gain, ecsf.offset), strict=True):
            ax.plot(s, curve(s), dash, color=hue)
            ax.plot(whole, curve(whole), mark, color=hue, markersize=4)
            ax.plot([], [], dash + mark, color=hue, markersize=4, label=name)
    for ax, title in zip(axes, ("g: what contrast counts", "k: what counts without"), strict=True):
        ax.set_title(title, fontsize=10)
        ax.set_xticks(whole, [f"{n}\n{peak_frequency(n):.2g}" for n in whole], fontsize=8)
        ax.tick_params(axis="y", labelsize=8)
        ax.set_xlabel("level s, and cycles per degree at 32 px/deg", fontsize=8)
        ax.grid(color=GREY, alpha=0.25, linewidth=0.5)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].legend(frameon=False, fontsize=9)
    return figure


def apart(stages, parts):
    figure, axes = panels(8, lines=3, width=1.45)
    by_level = parts.planes.sum(axis=2)
    for c, row in enumerate(axes):
        for s, ax in enumerate(row[:7]):
            title = f"level {s + 1}" if c == 0 else ""
            draw(ax, by_level[c, s], title, cmap="inferno", vmin=0, vmax=by_level[c].max())
        draw(row[7], parts.channel_maps[c], "their sum" if c == 0 else "", cmap="inferno")
        row[0].set_ylabel(CHANNELS[c], fontsize=8)
    return figure


FIGURES = {
    "steps.jpg": steps,
    "color.jpg": color,
    "wavelet.jpg": wavelet,
    "contrast.jpg": contrast,
    "ecsf.png": ecsf,
    "apart.jpg": apart,
}


def main():
    folder = Path(__file__).parents[2] / "docs" / "model"
    folder.mkdir(exist_ok=True)
    at_work = MODEL.stages(PHOTOGRAPH), MODEL.contributions(PHOTOGRAPH)
    for name, drawing in FIGURES.items():
        drawing(*at_work).savefig(
            folder / name,
            dpi=180,
            bbox_inches="tight",
            pad_inches=0.03,
            pil_kwargs={"optimize": True},
        )


if __name__ == "__main__":
    main()
