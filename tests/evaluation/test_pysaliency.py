"""Beside the real pysaliency: its models take our maps, we take its files, and scores agree.

The environment variable PSYSAL_PYSALIENCY names a Python that has pysaliency and psysal;
without it these tests are skipped. All exchanges are one run of it, on files made here.

What is alike: x and y are truncated to pixels; AUC is against all pixels, ties counting
one half; the standard deviation of NSS is over N. ``nonfixations="shuffled"`` is all
fixations on the other images, scaled to the size of this one, as ``Fixations.others`` has
them; pysaliency rounds the ratio of the sizes first, so that a position that falls on the
border of two pixels may land in the other one.  What is not: pysaliency averages over
fixations unless told ``average="image"``, and a fixation outside of its image is an error
there or, where it is negative, wraps around.
"""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import psysal
from psysal.evaluation import metrics
from psysal.gaze import Dataset, Fixations, read_hdf5, write_hdf5
from psysal.models.precomputed import PrecomputedMaps, write_predictions

ROOT = Path(psysal.__file__).parents[1]
SIZES = {"a/1.png": (60, 85), "a/2.png": (75, 50), "b/1.png": (40, 90), "b/2.png": (60, 85)}

THERE = """
import json, sys, warnings
from pathlib import Path
from types import SimpleNamespace
import numpy as np
import psysal, pysaliency
from pysaliency.precomputed_models import export_model_to_hdf5
from pysaliency.saliency_map_models import LambdaSaliencyMapModel

np.string_ = np.bytes_  # its files are written with a name that NumPy 2 has not
folder, kept = Path(sys.argv[1]), {}
stimuli = pysaliency.FileStimuli(json.loads((folder / "files.json").read_text()))

def maps(name, model):
    kept.update({f"{name} {i}": model.saliency_map(s) for i, s in enumerate(stimuli)})

class Murray2011(pysaliency.SaliencyMapModel):
    def _saliency_map(self, stimulus):
        return psysal.saliency(stimulus, normalize=None)

maps("model", Murray2011())
parent = SimpleNamespace(saliency_map=psysal.Murray2011())
maps("lambda", LambdaSaliencyMapModel([parent], lambda maps: np.sqrt(maps[0])))

gaussian = pysaliency.GaussianSaliencyMapModel(width=0.3)
maps("gaussian", gaussian)
export_model_to_hdf5(gaussian, stimuli, str(folder / "theirs.h5"))
export_model_to_hdf5(pysaliency.UniformModel(), stimuli, str(folder / "logs.h5"))

seen = pysaliency.read_hdf5(str(folder / "seen.h5"))
assert type(seen) is pysaliency.FixationTrains
for name in ("x", "y", "n", "subjects", "lengths", "duration"):
    kept[name] = getattr(seen, name)
seen.to_hdf5(str(folder / "trains.h5"))
seen[np.arange(len(seen.x))].to_hdf5(str(folder / "single.h5"))

warnings.simplefilter("error", UserWarning)  # such as that a map has the wrong shape
for name in ("fine", "coarse"):
    model = pysaliency.HDF5SaliencyMapModel(stimuli, str(folder / f"{name}.h5"))
    maps(name, model)
    fixated = model.NSSs(stimuli, seen)
    kept[f"{name} scores"] = [
        model.AUC_per_image(stimuli, seen),
        model.AUC_per_image(stimuli, seen, nonfixations="shuffled"),
        [fixated[seen.n == n].mean() for n in range(len(stimuli))],
    ]
    kept[f"{name} means"] = [
        [model.AUC(stimuli, seen, average=over) for over in ("image", "fixation")],
        [model.sAUC(stimuli, seen, average=over) for over in ("image", "fixation")],
        [model.NSS(stimuli, seen, average=over) for over in ("image", "fixation")],
    ]
np.savez(folder / "kept.npz", **kept)
"""

MODELS = {
    "fine": psysal.Murray2011(),
    "coarse": lambda path: np.rint(8 * psysal.saliency(path)),  # with many ties
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("exchange")


@pytest.fixture(scope="module")
def seen(folder):
    """Four pictures of different sizes in folders, looked at by three people."""
    rng = np.random.default_rng(2011)
    rows = []
    for name, (height, width) in SIZES.items():
        pixels = rng.integers(0, 256, (height // 5, width // 5, 3), dtype=np.uint8)
        path = folder / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.repeat(5, 0).repeat(5, 1)).save(path)
        for subject in range(3):
            for order in range(int(rng.integers(4, 9))):
                x, y = rng.uniform(0, (width, height))
                rows.append((name, subject, order, x, y, rng.uniform(100, 400)))
    images = {name: folder / "images" / name for name in SIZES}
    return Dataset("exchange", images, Fixations(*zip(*rows, strict=True)))


@pytest.fixture(scope="module")
def there(seen, folder):
    """What pysaliency made of our files."""
    python = os.environ.get("PSYSAL_PYSALIENCY")
    if not python:
        pytest.skip("PSYSAL_PYSALIENCY names no Python that has pysaliency")
    for name, model in MODELS.items():
        write_predictions(model, seen.images, folder / f"{name}.h5")
    write_hdf5(seen.fixations, folder / "seen.h5", images=[*SIZES])
    files = [str(path) for path in seen.images.values()]
    (folder / "files.json").write_text(json.dumps(files))
    own = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [python, "-c", THERE, str(folder)], env=own, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    with np.load(folder / "kept.npz") as file:
        return dict(file)


def their(there, name):
    return [there[f"{name} {i}"] for i in range(len(SIZES))]


def test_a_model_is_a_model_of_pysaliency_in_three_lines(seen, there):
    for found, path in zip(their(there, "model"), seen.images.values(), strict=True):
        np.testing.assert_allclose(found, psysal.Murray2011()(path), rtol=1e-5)


def test_a_model_is_a_parent_of_pysaliency_s_lambda_model(seen, there):
    for found, path in zip(their(there, "lambda"), seen.images.values(), strict=True):
        np.testing.assert_allclose(found, np.sqrt(psysal.Murray2011()(path)), rtol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_pysaliency_reads_our_predictions(seen, there, name):
    for found, path in zip(their(there, name), seen.images.values(), strict=True):
        np.testing.assert_array_equal(found, MODELS[name](path))


def test_we_read_the_predictions_of_pysaliency(seen, there, folder):
    maps = PrecomputedMaps(folder / "theirs.h5")
    assert maps.missing(SIZES) == []
    for wanted, (name, shape) in zip(their(there, "gaussian"), SIZES.items(), strict=True):
        np.testing.assert_array_equal(maps.map_for(name, shape), wanted)
        np.testing.assert_array_equal(maps(seen.images[name], dtype="float64"), wanted)


def test_the_log_densities_of_pysaliency_are_read_as_they_are(there, folder):
    for name, (rows, cols) in SIZES.items():
        log = PrecomputedMaps(folder / "logs.h5").map_for(name, (rows, cols))
        np.testing.assert_allclose(log, -np.log(rows * cols), rtol=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_scores_are_those_of_pysaliency(seen, there, name):
    """AUC, shuffled AUC and NSS of every image, and their means both ways."""
    scores, counts = [], []
    for image, path in seen.images.items():
        map_, own = MODELS[name](path), seen.fixations.of(image)
        at, others = np.stack([own.x, own.y], axis=1), seen.fixations.others(image, SIZES)
        auc, shuffled = metrics.auc(map_, at), metrics.shuffled_auc(map_, at, others)
        scores.append([auc, shuffled, metrics.nss(map_, at)])
        counts.append(len(own))
    np.testing.assert_allclose(there[f"{name} scores"], np.transpose(scores), rtol=0, atol=1e-9)
    means = [np.mean(scores, axis=0), np.average(scores, axis=0, weights=counts)]
    np.testing.assert_allclose(there[f"{name} means"], np.transpose(means), rtol=0, atol=1e-9)


def test_fixations_go_to_pysaliency_and_come_back(seen, there, folder):
    names = [*SIZES]
    x, y, n, subject = (there[name] for name in ("x", "y", "n", "subjects"))
    image, duration = np.array(names)[n], 1000 * there["duration"]
    told = Fixations(image, subject, there["lengths"], x, y, duration)
    for back in (
        told,
        read_hdf5(folder / "trains.h5", images=names),
        read_hdf5(folder / "single.h5", images=names),
    ):
        for name in names:
            mine, theirs = (_sorted(table.of(name)) for table in (seen.fixations, back))
            np.testing.assert_allclose(mine, theirs, rtol=1e-12)


def _sorted(table):
    rows = np.lexsort([table.order, table.subject])
    columns = (table.subject, table.order, table.x, table.y, table.duration)
    return np.array([column[rows] for column in columns])
