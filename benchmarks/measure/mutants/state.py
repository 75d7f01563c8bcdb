"""State of every kind, small, and its reading, with checksums that fit what was changed too."""

import importlib.util
import json
import sys
import tempfile
import zlib
from contextlib import closing, suppress
from functools import cache
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[3] / "tests"))

import h5py
from support.damage import VALUES, places

from psysal import Learned, PrecomputedMaps, mapfile
from psysal.archive import stores
from psysal.archive.manifest import write_manifest
from psysal.archive.run_database import MapRecord, RunDatabase, Target
from psysal.evaluation.score_log import ScoreLog
from psysal.gaze import Fixations, dataset
from psysal.gaze.formats import read_hdf5, write_hdf5
from psysal.learning.adam import fit_small
from psysal.models import trained as module
from psysal.models.readout import Layer, Readout
from psysal.retrieval.index import Index
from psysal.vision import kernels
from psysal.vision.features import Psychophysical

PICTURE = np.random.default_rng(0).integers(0, 256, (16, 24, 3), dtype=np.uint8)
MAP = np.arange(54, dtype=np.float32).reshape(6, 9) + 1
SETTINGS = '{"model": "m", "version": "1", "parameters": {}}'
SCORES = {"dataset": "spots", "metrics": ["auc"]}
FIXATIONS = Fixations(["a.png", "a.png", "b.png"], [1, 2, 1], [0, 0, 0], [1, 3, 5], [2, 4, 6])
TARGET = Target("a.npy", ("a.npy",))


class Planted:
    """Examples to learn from, as small as can be."""

    def __len__(self):
        return 4

    def features(self, i):
        return np.random.default_rng(i).normal(size=(2, 6, 8)).astype(np.float32)

    def target(self, i):
        return np.random.default_rng(i).dirichlet(np.ones(48)).reshape(6, 8)

    def log_center(self, i):
        return np.zeros((6, 8))


def fit(path):
    return fit_small(Planted(), epochs=3, units=(2,), blurs=(0, 2), rate=0.01, checkpoint=path)


@cache
def home():
    """Folder of one sound example of every kind, which stays until the process ends."""
    temporary = tempfile.TemporaryDirectory()
    home.temporary, folder = temporary, Path(temporary.name)
    rng = np.random.default_rng(0)
    features = Psychophysical((), energy=False, rarity=False, symmetry=False)
    layer = Layer(rng.normal(size=(2, 3, 9)), rng.normal(size=3), rng.normal(size=3))
    readout = Readout((0, 2), np.zeros(9), np.ones(9), rng.normal(size=(2, 9)), (layer,))
    data = {"data": [{"dataset": "spots", "digest": "0", "photographs": []}]}
    trained = module.Trained(features, readout, np.zeros((6, 8)), 0.8, data)
    (folder / "readout.json").write_bytes(trained.encode())
    with ScoreLog(folder / "scores.jsonl", SCORES, {"m": "M()"}) as log:
        for n in range(5):
            record = {"model": "m", "image": str(n), "fixations": n, "values": {"auc": 0.5}}
            log.add({**record, "problem": ""})
    with closing(RunDatabase(folder / "manifest.db", SETTINGS)) as database:
        columns = {"rows": 3, "cols": 4, "sha256": "s", "confidence": 0.5}
        for n in range(9):
            source = f"/{n}.jpg", Target(f"{n}.npy", (f"{n}.npy",))
            database.claim(*source)
            database.done(*source, MapRecord((9,), "v", (columns,), 0.5))
    with Index.create(folder / "index", 4, metadata={"of": "noise"}) as index:
        index.add([f"{n}.jpg" for n in range(9)], rng.normal(size=(9, 4)))
    write_hdf5(FIXATIONS, folder / "gaze.h5")
    with h5py.File(folder / "maps.h5", "w") as file:
        file.create_dataset("day/a", data=MAP, chunks=True, compression="gzip")
        file["b"] = MAP
    for name, content in (stores.zarr_groups("a") | {
        f"a/{name}": content for name, content in stores.zarr_files(MAP, {}).items()
    }).items():  # fmt: skip
        path = folder / "maps.zarr" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "set").mkdir()
    for name in "ab":
        (folder / "set" / f"{name}.png").write_bytes(mapfile.encode(np.zeros((8, 9)), "png8"))
    (folder / "set" / "gaze.csv").write_text("image,subject,order,x,y\na.png,1,0,3,4\n")
    (folder / "set" / "dataset.toml").write_text(
        'images = "*.png"\nfixations = "gaze.csv"\nppd = 40\nscreen = [9, 8]\nsource = "we"\n'
    )
    fit(folder / "fit.npz")
    (folder / "loops.py").write_text("def twice(x):\n    return 2 * x\n")
    return folder


@cache
def twice():
    """Function in a file of its own, beside which numba keeps it."""
    spec = importlib.util.spec_from_file_location("loops", home() / "loops.py")
    loops = sys.modules["loops"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loops)
    return loops.twice


def kernel():
    made = kernels._compile(twice())
    if made(21.0) != 42:
        raise AssertionError("another result")
    (path,) = Path(made.stats.cache_path).glob("*twice*.nbc")
    return path


PLACES = {
    "index.sqlite": "index/index.sqlite",
    "vectors-0.f32": "index/vectors-0.f32",
    "zarr.json": "maps.zarr/zarr.json",
    "a.zarr.json": "maps.zarr/a/zarr.json",
    "chunk": "maps.zarr/a/c/0/0",
    "dataset.toml": "set/dataset.toml",
}


def seeds():
    """Bytes of state, by name."""
    names = ("readout.json", "scores.jsonl", "manifest.db", "gaze.h5", "maps.h5", "fit.npz")
    files = {name: (home() / name).read_bytes() for name in names}
    files |= {name: (home() / place).read_bytes() for name, place in PLACES.items()}
    return files | {"twice.nbc": kernel().read_bytes(), "twice.nbi": kernel().with_name(
        kernel().name.rpartition(".py311")[0] + ".py311.nbi").read_bytes()}  # fmt: skip


def read(path):
    """The state of a file as psysal reads it; elsewhere too, where it belongs to others."""
    before = path.read_bytes()
    try:
        READERS[path.name](path)
    except (ValueError, OSError) as error:
        if path.read_bytes() != before:
            raise AssertionError("was changed and refused") from error
        if str(path.parent) not in str(error) and str(home()) not in str(error):
            raise AssertionError(f"does not name the file: {error}") from error
        raise type(error)(f"{path}: {error}") from None


def in_place(use):
    """Reader that puts a file among those that it belongs to, and takes it away again."""

    def put(path):
        place = home() / PLACES[path.name]
        sound = place.read_bytes()
        place.write_bytes(path.read_bytes())
        try:
            use(home())
        finally:
            place.write_bytes(sound)

    return put


def readout(path):
    """The file as it is, and another with one value changed and a checksum that fits."""
    with suppress(ValueError):
        held = json.loads((home() / "readout.json").read_bytes())
        del held["checksum"]
        rng = np.random.default_rng(zlib.crc32(path.read_bytes()))
        ways = [way for way in places(held) if way]
        way = ways[rng.integers(len(ways))]
        parent = held
        for key in way[:-1]:
            parent = parent[key]
        parent[way[-1]] = VALUES[rng.integers(len(VALUES))]
        other = path.with_name("signed.json")
        other.write_text(json.dumps(held | {"checksum": module._checksum(held)}))
        finite(Learned(other))
    finite(Learned(path))


def finite(model):
    model.learned_from  # noqa: B018
    if not np.isfinite(model(PICTURE)).all():
        raise AssertionError("a map that is not finite")


def scores(path):
    with ScoreLog(path, SCORES, {"m": "M()"}) as log:
        if not all(record["values"]["auc"] == 0.5 for record in log.records.values()):
            raise AssertionError("other scores")


def runs(path):
    for suffix in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    with closing(RunDatabase(path, SETTINGS)) as database:
        for n in range(9):
            database.entry(f"/{n}.jpg", Target(f"{n}.npy", (f"{n}.npy",)))
            database.owner(f"/{n}.jpg", TARGET)
        [*database.unpacked()], [*database.folders()]
        write_manifest(path.with_suffix(".jsonl"), database)


def index(folder):
    with Index(folder / "index") as opened:
        found = opened.search(np.eye(4), 9)
        if {match.name for match in found[0]} != {f"{n}.jpg" for n in range(9)}:
            raise AssertionError("other names")


def maps(path):
    model = PrecomputedMaps(path, resize="linear")
    names = ["a.jpg"] if path.suffix == ".zarr" else ["day/a.jpg", "b.jpg"]
    for name in model.missing(names):
        raise ValueError(f"{path}: has no map of {name}")
    for name in names:
        if not np.isfinite(model.map_for(name, (6, 9))).all():
            raise AssertionError("a map that is not finite")


def gaze(path):
    if not np.isfinite(read_hdf5(path).x).all():
        raise AssertionError("fixations nowhere")


def trained(path):
    if not np.isfinite(fit(path).readout.parameters).all():
        raise AssertionError("a readout that is not finite")


def compiled(path):
    cached = kernel()
    if path.suffix == ".nbi":
        cached = cached.with_name(cached.name.rpartition(".py311")[0] + ".py311.nbi")
    cached.write_bytes(path.read_bytes())
    kernel()


READERS = {
    "readout.json": readout,
    "scores.jsonl": scores,
    "manifest.db": runs,
    "gaze.h5": gaze,
    "maps.h5": maps,
    "fit.npz": trained,
    "index.sqlite": in_place(index),
    "vectors-0.f32": in_place(index),
    "zarr.json": in_place(lambda folder: maps(folder / "maps.zarr")),
    "a.zarr.json": in_place(lambda folder: maps(folder / "maps.zarr")),
    "chunk": in_place(lambda folder: maps(folder / "maps.zarr")),
    "dataset.toml": in_place(lambda folder: dataset(folder / "set", on_warning=len)),
    "twice.nbc": compiled,
    "twice.nbi": compiled,
}
