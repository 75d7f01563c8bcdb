"""The program that uses the library stays as it was: what belongs to it is not changed."""

import logging
import random
import signal
import warnings

import cv2
import numpy as np
import pytest
import scipy.special  # noqa: F401 - adds a warnings filter of its own
from PIL import Image
from threadpoolctl import threadpool_info, threadpool_limits

import psysal
from psysal import mapfile
from psysal.archive.batch import map_all
from psysal.archive.task import MapSettings

STATES = {
    "signal handlers": lambda: {n: signal.getsignal(n) for n in signal.valid_signals()},
    "blocked signals": lambda: (
        signal.pthread_sigmask(signal.SIG_BLOCK, ()) if hasattr(signal, "pthread_sigmask") else None
    ),
    "warnings filters": lambda: list(warnings.filters),
    "logging": lambda: (
        list(logging.root.handlers),
        logging.root.level,
        logging.root.manager.disable,
        logging.raiseExceptions,
    ),
    "OpenCV's threads": cv2.getNumThreads,
    "BLAS's threads": lambda: {pool["filepath"]: pool["num_threads"] for pool in threadpool_info()},
    "Python's random state": random.getstate,
    "NumPy's random state": lambda: str(np.random.get_state()),  # noqa: NPY002
    "NumPy's errors": np.geterr,
}


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """Each state before and after the library was used."""
    cv2.setNumThreads(1)
    folder = tmp_path_factory.mktemp("host")
    image = np.random.default_rng(1).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    Image.fromarray(image).save(folder / "a.png")
    (folder / "fixations.csv").write_text("image,subject,x,y\na.png,ann,9,9\na.png,bob,30,20\n")
    (folder / "dataset.toml").write_text(
        'images = "a.png"\nfixations = "fixations.csv"\nppd = 20\nsource = "made"\n'
    )
    psysal.saliency(image)  # loads what has threads
    with threadpool_limits(3):  # tests have one, below which nobody could go
        before = {name: state() for name, state in STATES.items()}
        for name in ("murray2011", "itti1998", "bruce2009", "hou2007", "harel2006"):
            psysal.saliency(image, model=name)
        psysal.perceive(image)
        psysal.evaluate(["center", "murray2011"], folder, metrics=["nss"])
        mapfile.encode(psysal.saliency(str(folder / "a.png")), "png")
        for options in ({"threads": 2}, {"jobs": 1, "overwrite": True}):
            map_all(
                [str(folder)], MapSettings(psysal.Murray2011(), "murray2011"),
                str(folder / "maps"), **options,
            )  # fmt: skip
        return {name: (before[name], state()) for name, state in STATES.items()}


@pytest.mark.parametrize("name", STATES)
def test_it_stays_as_it_was(states, name):
    before, after = states[name]
    if isinstance(before, dict):  # of libraries that were loaded meanwhile
        after = {key: after[key] for key in before}
    assert after == before
