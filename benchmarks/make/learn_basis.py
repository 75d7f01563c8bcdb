"""Learn the basis of ``Bruce2009``: independent components of patches of photographs.

    python benchmarks/make/learn_basis.py         # writes psysal/models/bruce2009.npz

The photographs come with scikit-image and are free to use; every patch is as likely to be
mirrored or turned, so that no orientation is favored.  Patches are reduced to the
principal components that hold 95 % of their variance, then rotated by FastICA.

Hyvarinen (1999), "Fast and robust fixed-point algorithms for independent component
analysis", IEEE Transactions on Neural Networks 10(3), doi:10.1109/72.761722.
"""

from pathlib import Path

import cv2
import numpy as np
import skimage.data

import psysal

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")
WIDTH = 21  # pixels of a patch
COUNT = 50_000  # patches
VARIANCE = 0.95
SIZES = (1, 0.5)  # of the photographs
TARGET = Path(psysal.__file__).parent / "models" / "bruce2009.npz"


def patches(rng):
    """(COUNT, WIDTH * WIDTH * 3), values in [0, 1]."""
    pictures = [
        cv2.resize(getattr(skimage.data, name)() / 255, None, fx=size, fy=size, interpolation=3)
        for name in PHOTOGRAPHS
        for size in SIZES
    ]
    sample = np.empty((COUNT, WIDTH, WIDTH, 3))
    for patch in sample:
        picture = pictures[rng.integers(len(pictures))]
        y, x = (rng.integers(n - WIDTH + 1) for n in picture.shape[:2])
        cut = np.rot90(picture[y : y + WIDTH, x : x + WIDTH], rng.integers(4))
        patch[:] = cut[:, :: rng.choice([-1, 1])]
    return sample.reshape(COUNT, -1)


def whitening(data):
    """Rows that give uncorrelated coefficients of variance 1."""
    values, vectors = np.linalg.eigh(np.cov(data.T))
    values, vectors = values[::-1], vectors[:, ::-1]
    count = np.searchsorted(values.cumsum(), VARIANCE * values.sum()) + 1
    return (vectors[:, :count] / np.sqrt(values[:count])).T


def orthogonal(matrix):
    """The nearest orthogonal matrix."""
    left, _, right = np.linalg.svd(matrix)
    return left @ right


def rotation(white, rng, tolerance=1e-6, most=2000):
    """FastICA of whitened data (samples, components), all at once, with tanh."""
    matrix = orthogonal(rng.normal(size=(white.shape[1],) * 2))
    for _ in range(most):
        components = np.tanh(white @ matrix.T)
        slope = (1 - components**2).mean(axis=0)
        new = orthogonal(components.T @ white / len(white) - slope[:, None] * matrix)
        if abs(abs((new * matrix).sum(axis=1)) - 1).max() < tolerance:
            return new
        matrix = new
    raise RuntimeError(f"FastICA did not settle in {most} steps; take another seed")


def main():
    rng = np.random.default_rng(2009)
    data = patches(rng)
    data -= data.mean(axis=0)
    white = whitening(data)
    basis = rotation(data @ white.T, rng) @ white
    np.savez_compressed(TARGET, basis=basis.reshape(-1, WIDTH, WIDTH, 3).astype(np.float32))
    print(f"{TARGET}: {len(basis)} components, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
