"""Draw docs/crops.jpg: photographs with the windows of three crops, and the crops.

    python benchmarks/make/crop_figure.py

Photographs come with scikit-image.  Solid frames are psysal's windows, dashed ones those in the
middle.
"""

from pathlib import Path

import skimage.data
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from PIL import Image

import psysal
from psysal import plots
from psysal.plots.base import blank

PHOTOGRAPHS = ("coffee", "rocket", "chelsea", "astronaut")
ASPECTS = ((1, 1), (16, 9), (9, 16))
COLORS = ("#ffffff", "#56b4e9", "#e69f00")
HEIGHT = 2.2  # inches of a row

figure = blank(figsize=(11, HEIGHT * len(PHOTOGRAPHS)))
grid = figure.add_gridspec(
    len(PHOTOGRAPHS), 4, width_ratios=(1.5, 1, 16 / 9, 9 / 16), left=0.005, right=0.995,
    top=0.995, bottom=0.035, wspace=0.03, hspace=0.12,
)  # fmt: skip
for row, name in enumerate(PHOTOGRAPHS):
    pixels = getattr(skimage.data, name)()
    axes = [figure.add_subplot(grid[row, column]) for column in range(4)]
    axes[0].imshow(pixels)
    for ax, aspect, color in zip(axes[1:], ASPECTS, COLORS, strict=True):
        crop = psysal.crop(pixels, aspect=aspect)
        left, top, right, bottom = crop.box
        size = right - left, bottom - top
        middle = (pixels.shape[1] - size[0]) / 2, (pixels.shape[0] - size[1]) / 2
        for corner, style in (((left, top), "-"), (middle, ":")):
            outline = [withStroke(linewidth=3.5, foreground="black")]
            look = {"edgecolor": color, "linestyle": style, "linewidth": 1.8}
            axes[0].add_patch(Rectangle(corner, *size, fill=False, path_effects=outline, **look))
        ax.imshow(crop.image)
        words = f"{aspect[0]}:{aspect[1]}, confidence {crop.confidence:.2f}"
        ax.set_xlabel(words, fontsize=8, labelpad=3)
    for ax in axes:
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
path = Path(__file__).parents[2] / "docs" / "crops.jpg"
with open(path.with_suffix(".png"), "wb") as file:
    file.write(plots.png(figure))
Image.open(path.with_suffix(".png")).convert("RGB").save(path, quality=85)
path.with_suffix(".png").unlink()
