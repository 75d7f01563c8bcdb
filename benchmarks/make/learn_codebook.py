"""Learn the codebooks of ``FisherVector.learned`` from descriptors of photographs.

    PSYSAL_DATA=... python benchmarks/make/learn_codebook.py

writes psysal/retrieval/codebook.npz, of SIFT, from the 67 photographs of Interiors (Bujia et al.
2022, MIT license), which are grey; and codebook_columns.npz, of a network's columns, which see
color, from the 500 of EyeCrowd (Jiang, Xu & Zhao 2014, MIT license).  No photograph of the
retrieval benchmark is among them.  ``sift`` or ``columns`` after the command writes only that one.
"""

import sys

import numpy as np

from psysal import image
from psysal.gaze import dataset
from psysal.models.front_ends import Network
from psysal.retrieval import DenseSift
from psysal.retrieval.columns import SHIPPED_LAYERS, Columns
from psysal.retrieval.describe import PIXELS, shrink_to_area
from psysal.retrieval.encoding import CODEBOOKS, FisherVector

SAMPLE = 100_000
SOURCES = {
    "sift": ("interiors", DenseSift()),
    "columns": ("crowd", Columns(Network("deep", SHIPPED_LAYERS))),
}


def main():
    for kind in sys.argv[1:] or SOURCES:
        name, describe = SOURCES[kind]
        photographs = dataset(name).images.values()
        x = np.concatenate(
            [describe(shrink_to_area(image.read(path), PIXELS)).values for path in photographs]
        )
        if kind == "columns":  # of one photograph they are much alike
            x = np.random.default_rng(0).choice(x, SAMPLE, replace=False)
        path, parameters = CODEBOOKS[kind]
        learned = FisherVector(**parameters).fit(x)
        arrays = {name: getattr(learned, name).astype(np.float32) for name in learned.LEARNED}
        np.savez_compressed(path, **arrays)
        print(f"{path}: {path.stat().st_size} bytes, of {len(x):,} descriptors")


if __name__ == "__main__":
    main()
