"""Similarity of patches to the vector of their photograph, by sum, max and generalized max pooling.

    python benchmarks/make/pooling_figure.py            # prints the table of collages
    python benchmarks/make/pooling_figure.py --docs     # renews docs/pooling.md and .png

Collages of what comes with scikit-image: a small photograph that lies on a large texture.
The first is in the figure.
"""

import argparse
from pathlib import Path

import numpy as np
import skimage.data
from marks import replace_tables
from skimage.transform import downscale_local_mean

from psysal import plots
from psysal.retrieval import DenseSift, FisherVector, GeneralizedMax, Max, PowerSum, Sum

TEXTURES, OBJECTS = ("gravel", "grass", "brick"), ("coffee", "chelsea", "astronaut", "rocket")
POOLINGS = {
    "sum": Sum(),
    "signed root of the sum": PowerSum(),
    "max": Max(),
    "GMP, λ = 100": GeneralizedMax(100),
    "GMP, λ = 10": GeneralizedMax(10),
    "GMP, λ = 1": GeneralizedMax(1),
    "GMP, λ = 0.1": GeneralizedMax(0.1),
}
PAGE = Path(__file__).parents[2] / "docs" / "pooling.md"


def collage(texture=TEXTURES[0], small=OBJECTS[0]):
    """A texture with a photograph at a quarter of its size, and the mask of that."""
    image = np.dstack([getattr(skimage.data, texture)()] * 3)
    photograph = downscale_local_mean(getattr(skimage.data, small)(), (4, 4, 1))
    rows, cols = photograph.shape[:2]
    place = np.s_[340 : 340 + rows, 60 : 60 + cols]
    rare = np.zeros(image.shape[:2], bool)
    image[place], rare[place] = photograph, True
    return image, rare


def similarities(texture, small):
    """For all poolings: mean similarity of rare patches, of the others, and the spread of all."""
    image, rare = collage(texture, small)
    local = DenseSift()(image)
    inside = rare[local.y.astype(int), local.x.astype(int)]
    x = FisherVector.learned().transform(local.values)
    for pooling in POOLINGS.values():
        similarity = x @ pooling(x)
        similarity /= np.sqrt((similarity**2).mean())
        yield similarity[inside].mean(), similarity[~inside].mean(), similarity.std()


def table():
    every = [list(similarities(t, o)) for t in TEXTURES for o in OBJECTS]
    lines = ["| pooling | rare | others | spread |", "|---|---:|---:|---:|"]
    for name, collages in zip(POOLINGS, np.moveaxis(every, 1, 0), strict=True):
        cells = [f"{c[0]:.2f} ({c.min():.2f} to {c.max():.2f})" for c in collages.T]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--docs", action="store_true", help="renew docs/pooling.md and its figure")
    options = parser.parse_args()
    lines = table()
    if not options.docs:
        print("\n".join(lines))
        return
    replace_tables(PAGE, {"collages": lines})
    PAGE.with_suffix(".png").write_bytes(plots.png(plots.pooling(*collage())))


if __name__ == "__main__":
    main()
