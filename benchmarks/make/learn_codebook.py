"""Learn the codebook of ``FisherVector.learned`` from SIFT descriptors of photographs.

    PSYSAL_DATA=... python benchmarks/make/learn_codebook.py

writes psysal/retrieval/codebook.npz.  The photographs are the 67 of Interiors (Bujia et al.
2022, MIT license); no photograph of the retrieval benchmark is among them.
"""

import numpy as np

from psysal import image
from psysal.gaze import dataset
from psysal.retrieval.describe import PIXELS, shrink_to_area
from psysal.retrieval.descriptors import DenseSift
from psysal.retrieval.encoding import CODEBOOK, FisherVector


def main():
    photographs = dataset("interiors").images.values()
    sift = [DenseSift()(shrink_to_area(image.read(path), PIXELS)).values for path in photographs]
    learned = FisherVector().fit(np.concatenate(sift))
    arrays = {name: getattr(learned, name).astype(np.float32) for name in learned.LEARNED}
    np.savez_compressed(CODEBOOK, **arrays)
    size = CODEBOOK.stat().st_size
    print(f"{CODEBOOK}: {size} bytes, of {sum(map(len, sift)):,} descriptors")


if __name__ == "__main__":
    main()
