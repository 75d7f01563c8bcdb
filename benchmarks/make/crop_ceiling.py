"""The most that crops can keep: windows chosen by fixations themselves.

    PSYSAL_DATA=FOLDER python benchmarks/make/crop_ceiling.py           # prints the table
    PSYSAL_DATA=FOLDER python benchmarks/make/crop_ceiling.py --docs    # and renews the page

The page is docs/howto/crop.md.  Windows and shares are those of crop_table.py; the density is one
of fixations, blurred by 24 pixels.  "Half of the people" chooses by every second viewer and keeps
fixations of the others, and the other way round; "all" chooses by the fixations that are counted,
which no model could.  Intervals are 95 %, over photographs.
"""

import argparse
from pathlib import Path

import numpy as np
from crop_table import SHAPES, TRAINED_ON, difference, window_size
from marks import replace_tables
from scipy.ndimage import gaussian_filter

from psysal.crops import best_window
from psysal.gaze import dataset

STEP, BLUR = 8, 24  # pixels


def kept(x, y, left, top, size):
    """Share of fixations in a window."""
    return ((x >= left) & (x < left + size[1]) & (y >= top) & (y < top + size[0])).mean()


def chosen(x, y, shape, size):
    """Left and top of the best window by a density of fixations."""
    counts = np.zeros([-(-n // STEP) for n in shape])
    np.add.at(counts, (y.astype(int) // STEP, x.astype(int) // STEP), 1.0)
    density = gaussian_filter(counts, BLUR / STEP, mode="constant")
    return best_window(density, shape, size)[:2]


def gains(fixations, shape):
    """What half of the people and all gain over the center, by shape of the window."""
    x, y = fixations.x, fixations.y
    half = np.isin(fixations.subject, fixations.subjects[::2])
    for aspect, area in SHAPES.values():
        size = window_size(shape, aspect, area)
        middle = kept(x, y, (shape[1] - size[1]) // 2, (shape[0] - size[0]) // 2, size)
        others = [
            kept(x[~by], y[~by], *chosen(x[by], y[by], shape, size), size) for by in (half, ~half)
        ]
        yield np.mean(others) - middle, kept(x, y, *chosen(x, y, shape, size), size) - middle


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--docs", action="store_true", help="Write the table into the page.")
    options = parser.parse_args()
    lines = ["| set | window | over the center: half of the people | all |", "|---|---|---:|---:|"]
    for name in TRAINED_ON:
        data = dataset(name)
        people, _ = data.fixations.inside(data.sizes)
        found = np.array([[*gains(people.of(i), data.sizes[i])] for i in people.images])
        for label, (half, everyone) in zip(SHAPES, found.transpose(1, 2, 0), strict=True):
            lines.append(f"| {name} | {label} | {difference(half)} | {difference(everyone)} |")
    print("\n".join(lines))
    if options.docs:
        page = Path(__file__).parents[2] / "docs" / "howto" / "crop.md"
        replace_tables(page, {"ceiling": lines})
