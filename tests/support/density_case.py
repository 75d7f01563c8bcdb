"""Three small pictures, fixations, and a density and a map of each, made by formula.

Both psysal and the real pysaliency score them; ``tests/golden/pysaliency.json`` holds the scores
that ``pysaliency_scores.py`` gave.
"""

import json

import numpy as np
from PIL import Image

from psysal.evaluation.case import Case
from psysal.gaze import Dataset, Fixations
from psysal.models.precomputed import write_predictions

SIZES = {"a/1.png": (80, 100), "a/2.png": (90, 60), "b/1.png": (60, 110)}
SPOTS = {"a/1.png": (30, 60), "a/2.png": (44, 20), "b/1.png": (71, 33)}  # x, y


def density(name):
    """A spot on a slope, positive everywhere; sums to 1."""
    (x, y), (rows, cols) = SPOTS[name], SIZES[name]
    down, across = np.mgrid[:rows, :cols]
    values = np.exp(-((across - x) ** 2 + (down - y) ** 2) / 300) + 0.05 + 0.001 * across
    return values / values.sum()


def saliency(name):
    """A map of two waves, negative in places, with ties."""
    rows, cols = SIZES[name]
    down, across = np.mgrid[:rows, :cols]
    return np.round(8 * np.sin(across / 9) * np.cos(down / 7))


def target(data, name):
    """Gaussians of a degree about the fixated pixels; sums to 1."""
    down, across = np.mgrid[: SIZES[name][0], : SIZES[name][1]]
    seen = data.fixations.of(name)
    values = sum(
        np.exp(-((across - int(x)) ** 2 + (down - int(y)) ** 2) / (2 * data.ppd**2))
        for x, y in zip(seen.x, seen.y, strict=True)
    )
    return values / values.sum()


def baseline(name, shape):
    """A center bias; sums to 1."""
    down, across = (((np.arange(n) + 0.5) / n - 0.5) ** 2 for n in shape)
    values = np.exp(-8 * (down[:, None] + across)) + 0.1
    return values / values.sum()


def dataset(folder):
    """Pictures with fixations of three people; on each picture another number."""
    rng = np.random.default_rng(2011)
    images, rows = {}, []
    for count, (name, (height, width)) in enumerate(SIZES.items(), start=4):
        path = folder / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
        images[name] = path
        for subject in range(3):
            for order in range(count * (1 + subject)):
                spot = SPOTS[name] if order % 2 else rng.uniform(0, (width, height))
                x, y = np.clip(rng.normal(spot, 6), 0, (width - 0.01, height - 0.01))
                rows.append((name, subject, order, x, y))
    return Dataset("three", images, Fixations(*zip(*rows, strict=True)), ppd=12.0)


def cases(data):
    """A case of every picture, over the baseline of formula."""
    return {
        name: Case(name, data.fixations, data.sizes, data.ppd, baseline) for name in data.images
    }


def write_for_pysaliency(data, folder):
    """Write what ``pysaliency_scores.py`` reads."""
    names = {path: name for name, path in data.images.items()}
    for kind, values in {
        "model": lambda name: np.log(density(name)),
        "baseline": lambda name: np.log(baseline(name, SIZES[name])),
        "target": lambda name: np.log(target(data, name)),
        "map": saliency,
    }.items():
        write_predictions(lambda path, v=values: v(names[path]), data.images, folder / f"{kind}.h5")
    (folder / "files.json").write_text(json.dumps([str(path) for path in data.images.values()]))
    order = [*data.images]
    numbers = [order.index(name) for name in data.fixations.image.tolist()]
    np.savez(folder / "fixations.npz", x=data.fixations.x, y=data.fixations.y, n=numbers)
