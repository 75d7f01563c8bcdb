"""Learn the filters of ``Bruce2009`` and ``Zhang2008``: independent components of photographs.

    python benchmarks/make/learn_basis.py bruce2009    # writes psysal/models/bruce2009.npz
    python benchmarks/make/learn_basis.py zhang2008    # ... zhang2008.npz, in a quarter of an hour

The photographs come with scikit-image and are free to use; every patch is as likely to be
mirrored or turned, so that no orientation is favored.  Patches are reduced to principal
components, then rotated by FastICA:

- ``bruce2009``: 21 x 21 pixels, the components that hold 95 % of their variance;
- ``zhang2008``: 11 x 11 pixels without their mean, all 362 components, of photographs of unit
  standard deviation; of each filter's responses also the scale sigma and the shape theta of the
  most likely density in proportion to exp(-(|s| / sigma)^theta).

Hyvarinen (1999), "Fast and robust fixed-point algorithms for independent component
analysis", IEEE Transactions on Neural Networks 10(3), doi:10.1109/72.761722.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
import skimage.data
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

import psysal

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket")
COUNT = 50_000  # patches
SIZES = (1, 0.5)  # of the photographs
FOLDER = Path(psysal.__file__).parent / "models"


def pictures():
    """Photographs of both sizes, values in [0, 1]."""
    return [
        cv2.resize(getattr(skimage.data, name)() / 255, None, fx=size, fy=size, interpolation=3)
        for name in PHOTOGRAPHS
        for size in SIZES
    ]


def patches(pictures, width, rng):
    """(COUNT, width * width * 3)."""
    sample = np.empty((COUNT, width, width, 3))
    for patch in sample:
        picture = pictures[rng.integers(len(pictures))]
        y, x = (rng.integers(n - width + 1) for n in picture.shape[:2])
        cut = np.rot90(picture[y : y + width, x : x + width], rng.integers(4))
        patch[:] = cut[:, :: rng.choice([-1, 1])]
    return sample.reshape(COUNT, -1)


def whitening(data, share=None):
    """Rows that give uncorrelated coefficients of variance 1: a share of the variance, or all."""
    values, vectors = np.linalg.eigh(np.cov(data.T))
    values, vectors = values[::-1], vectors[:, ::-1]
    if share is None:
        count = (values > 1e-9 * values[0]).sum()
    else:
        count = np.searchsorted(values.cumsum(), share * values.sum()) + 1
    return (vectors[:, :count] / np.sqrt(values[:count])).T


def orthogonal(matrix):
    """The nearest orthogonal matrix."""
    left, _, right = np.linalg.svd(matrix)
    return left @ right


def rotation(white, rng, tolerance=1e-6, most=2000):
    """FastICA of whitened data (samples, components), all at once, with tanh."""
    matrix = orthogonal(rng.normal(size=(white.shape[1],) * 2)).astype(white.dtype)
    for _ in range(most):
        components = np.tanh(white @ matrix.T)
        slope = (1 - components**2).mean(axis=0)
        new = orthogonal(components.T @ white / len(white) - slope[:, None] * matrix)
        if (change := abs(abs((new * matrix).sum(axis=1)) - 1).max()) < tolerance:
            return new
        matrix = new
    raise RuntimeError(f"FastICA changed by {change:.1g} after {most} steps; take another seed")


def generalized_gaussian(values):
    """Scale and shape of the most likely density in proportion to exp(-(|s| / scale)^shape)."""
    size = abs(values)

    def scale(shape):
        return (shape * (size**shape).mean()) ** (1 / shape)

    def information(shape):  # a value, in nats, at the best scale of a shape
        return 1 / shape + np.log(2 * scale(shape) / shape) + gammaln(1 / shape)

    shape = minimize_scalar(information, bounds=(0.2, 4), method="bounded").x
    return scale(shape), shape


def bruce2009():
    rng = np.random.default_rng(2009)
    data = patches(pictures(), 21, rng)
    data -= data.mean(axis=0)
    white = whitening(data, 0.95)
    basis = rotation(data @ white.T, rng) @ white
    return {"basis": basis.reshape(-1, 21, 21, 3).astype(np.float32)}


def zhang2008():
    rng = np.random.default_rng(2008)
    data = patches([picture / picture.std(ddof=1) for picture in pictures()], 11, rng)
    data -= data.mean(axis=1, keepdims=True)
    white = whitening(data)
    varied = ((data - data.mean(axis=0)) @ white.T).astype(np.float32)
    filters = rotation(varied, rng, tolerance=2e-3) @ white
    filters = (filters - filters.mean(axis=1, keepdims=True)).astype(np.float16)
    fits = [generalized_gaussian(response) for response in filters.astype(float) @ data.T]
    scales, shapes = np.transpose(fits)
    return {"filters": filters.reshape(-1, 11, 11, 3), "scales": scales, "shapes": shapes}


def main():
    name = sys.argv[1]
    arrays = {"bruce2009": bruce2009, "zhang2008": zhang2008}[name]()
    target = FOLDER / f"{name}.npz"
    np.savez_compressed(target, **arrays)
    print(f"{target}: {next(iter(arrays.values())).shape}, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
