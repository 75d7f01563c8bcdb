"""Shared fixtures: reference numbers, photographs and the folder of real data."""

import os
import sys
from pathlib import Path

# the processes of the tests share the processors, and threads of BLAS that wait for one are busy
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest

GOLDEN = Path(__file__).parent / "golden"
LONG = ("test_docs", "test_notebooks", "test_batch", "test_page", "test_package", "test_compare")
PHOTOGRAPHS = {  # of scikit-image, and the step from pixel to pixel
    **{"astronaut": ("astronaut", 1), "astro4": ("astronaut", 4)},
    **{"coffee": ("coffee", 1), "coffee4": ("coffee", 4)},
}


def pytest_collection_modifyitems(items):
    """The files that take longest come first, so that no process waits for the last of them.

    Notebooks, first of the second process, compile the kernels in processes that nobody traces.
    """
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


@pytest.fixture(scope="session", autouse=True)
def untraced_compiler():
    """Coverage does not follow Numba's compiler, which takes half as long again when it does."""
    from numba.core.event import Listener, register, unregister

    tracers = []

    class Untraced(Listener):
        def on_start(self, event):
            tracers.append(sys.gettrace())
            sys.settrace(None)

        def on_end(self, event):
            sys.settrace(tracers.pop())

    untraced = Untraced()
    register("numba:compile", untraced)
    yield
    unregister("numba:compile", untraced)


@pytest.fixture(scope="session")
def golden():
    """Load a file of reference numbers, with the image they were made from."""

    def load(name):
        with np.load(GOLDEN / f"{name}.npz") as file:
            numbers = dict(file)
        image = name.split("_")[-1]
        if image in ("syn96", "syn144"):
            with np.load(GOLDEN / "classical_synthetic.npz") as file:
                numbers["image"] = file[image]
        elif image in PHOTOGRAPHS and "image" not in numbers:
            import skimage.data

            photograph, step = PHOTOGRAPHS[image]
            numbers["image"] = getattr(skimage.data, photograph)()[::step, ::step]
        return numbers

    return load


@pytest.fixture(scope="session")
def data():
    """The folder of eye-tracking sets; tests that need it skip without it."""
    folder = os.environ.get("PSYSAL_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("PSYSAL_DATA does not name a folder")
    return Path(folder).resolve()


@pytest.fixture
def rng():
    return np.random.default_rng(2011)


@pytest.fixture
def photograph(rng):
    """A small picture with edges, gradients and color: no two stages of it are alike."""
    y, x = np.mgrid[:75, :110] / 110
    image = np.stack([y, x, (y + x) / 2], axis=-1) * 180
    image[20:50, 30:60] = 200, 40, 30
    image += rng.normal(0, 12, image.shape)
    return image.clip(0, 255).astype(np.uint8)
