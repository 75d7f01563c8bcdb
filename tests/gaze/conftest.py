"""Fixtures of the tests of fixations and their files."""

import numpy as np
import pytest

from psysal.gaze import Fixations


@pytest.fixture
def fixations(rng):
    """Scanpaths of three people on two of three images, some fixations outside."""
    rows = [(i, s, n) for i in ("b.png", "a.png") for s in (7, 2, 4) for n in range(s // 3, 6)]
    image, subject, order = zip(*rows, strict=True)
    x, y, duration = rng.uniform(0, 50, (3, len(rows)))
    duration[3] = np.nan
    return Fixations(image, subject, order, x, y, duration)


@pytest.fixture
def fixation_map():
    """Function that draws a binary map with fixations at (x, y)."""

    def draw(*positions, shape=(6, 9), value=255):
        pixels = np.zeros(shape, np.uint8)
        for x, y in positions:
            pixels[y, x] = value
        return pixels

    return draw


@pytest.fixture
def h5py():
    return pytest.importorskip("h5py")
