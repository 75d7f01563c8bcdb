"""psysal submit: what a benchmark takes, and a sentence on each thing it would not."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy.special import logsumexp
from support import density_case
from typer.testing import CliRunner

import psysal
from psysal.cli.commands import app
from psysal.evaluation.profiles import PROFILES, score
from psysal.evaluation.submission import images_in, write_submission
from psysal.models.precomputed import PrecomputedMaps

h5py = pytest.importorskip("h5py")

ROOT = Path(psysal.__file__).parents[1]

THERE = """
import json, sys
from pathlib import Path
import numpy as np, pysaliency, psysal
folder, names = Path(sys.argv[1]), json.loads(sys.argv[2])
stimuli = pysaliency.FileStimuli([str(folder / "images" / name) for name in names])
table = np.load(folder / "fixations.npz")
seen = pysaliency.Fixations.create_without_history(table["x"], table["y"], table["n"])
model = pysaliency.HDF5Model(stimuli, str(folder / "submission.h5"))
ours = psysal.Learned().to_pysaliency()
maps = psysal.Murray2011().to_pysaliency()
assert isinstance(ours, pysaliency.Model) and isinstance(maps, pysaliency.SaliencyMapModel)
print(json.dumps({
    "file": model.information_gains(stimuli, seen).tolist(),
    "model": ours.information_gains(stimuli, seen).tolist(),
    "map": maps.NSSs(stimuli, seen).tolist(),
}))
"""


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return density_case.dataset(tmp_path)


def run(*arguments):
    return CliRunner().invoke(app, ["submit", "tuebingen", "images", *map(str, arguments)])


def test_a_submission_has_the_log_density_of_every_image(data):
    result = run("--model", "center", "-o", "submission.h5")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == (
        "submission.h5: log densities of 3 images, finite, of their sizes, normalized, by center\n"
    )
    with h5py.File("submission.h5") as file:
        for name, path in data.images.items():
            values = file[name][...]
            assert values.shape == density_case.SIZES[name]
            assert logsumexp(values.astype(float)) == pytest.approx(0, abs=1e-6)
            density = psysal.Center()(path, dtype="float64")
            np.testing.assert_allclose(values, np.log(density / density.sum()), atol=2e-6)
    assert run("--check", "submission.h5").stdout.startswith("submission.h5: log densities of 3")
    again = run("--model", "center", "-o", "submission.h5")
    assert again.exit_code == 1
    assert "is already there and was kept" in again.stderr
    assert run("-o", "submission.h5", "--overwrite", "--model", "uniform").exit_code == 0


def spoil(file, how):
    values = file["a/2.png"][...]
    if how == "nan":
        values[3, 4] = np.nan
    if how == "zero":
        values[3, 4] = -np.inf
    if how == "sum":
        values += 0.01
    if how == "size":
        values = values[:, 1:] - logsumexp(values[:, 1:])
    del file["a/2.png"]
    if how == "other":
        file["a/2.jpg"] = values
    if how != "missing":
        file["a/2.png"] = values


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("nan", "a/2.png: a finite log density was expected, got 1 values that are NaN"),
        ("zero", "a/2.png: a finite log density was expected, got 1 values that are NaN or inf"),
        ("sum", "a/2.png: a log density with a logsumexp of 0 was expected, to 1e-06, got 0.01"),
        ("size", "a/2.png: a log density of the image's size (90, 60) was expected, got (90, 59)"),
        ("missing", "a log density of a/2.png was expected, but there is no dataset a/2.png"),
        ("other", "a dataset for each image was expected, found 1 of no image: a/2.jpg"),
    ],
)
def test_what_the_benchmark_would_refuse_is_one_sentence(data, how, said):
    write_submission(psysal.Center(), images_in("images"), "s.h5")
    with h5py.File("s.h5", "a") as file:
        spoil(file, how)
    result = run("--check", "s.h5")
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert said in line
    assert line.count("; ") == 1


def test_nothing_is_written_that_would_be_refused(data, tmp_path):
    class Zero:
        gives = "density"

        def __call__(self, image, **options):
            density = np.array(psysal.Center()(image))
            density[0, 0] = 0
            return density

    class Large(Zero):
        def __call__(self, image, **options):
            return np.ones((9, 9))

    for model, said in ((Zero(), "a/1.png: a finite"), (Large(), r"a/1.png: .* size \(80, 100\)")):
        with pytest.raises(ValueError, match=said):
            write_submission(model, images_in("images"), "s.h5")
    result = run("--model", "murray2011", "-o", "s.h5")
    assert result.exit_code == 1
    assert "a submission needs a model of densities, got one of maps (Murray2011)" in (
        result.stderr
    )
    np.save("one.npy", [[1.0]])
    assert "an HDF5 file was expected" in run("--check", "one.npy").stderr
    assert "could not be opened" in run("--check", "none.h5").stderr
    assert {path.name for path in tmp_path.iterdir()} == {"images", "one.npy"}
    empty = CliRunner().invoke(app, ["submit", "tuebingen", "nowhere"])
    assert "a folder of photographs was expected, found none" in empty.stderr


def test_densities_in_files_become_a_submission(data):
    for name in data.images:
        path = Path("maps", f"{name}.npy")
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, 7 * density_case.density(name))
    result = run("--model", "maps:maps", "-o", "s.h5")
    assert "got one of maps (PrecomputedMaps); name one such as learned" in result.stderr
    assert "or say what files hold: --values density" in result.stderr
    assert run("--model", "maps:maps", "--values", "density", "-o", "s.h5").exit_code == 0
    maps, metrics = PrecomputedMaps("s.h5"), [*PROFILES["tuebingen"].values()][:6]
    for name, case in density_case.cases(data).items():
        found, wanted = (
            score(metrics, values, kind, case.fixations, case)
            for values, kind in (
                (maps.map_for(name, case.shape), maps.gives),
                (density_case.density(name), "density"),
            )
        )
        np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_maps_are_written_as_log_densities(data):
    command = ["map", "images", "-o", "out", "--values", "log-density"]
    result = CliRunner().invoke(app, [*command, "--model", "center"])
    assert result.exit_code == 0, result.stderr
    maps = PrecomputedMaps("out")
    assert maps.gives == "log-density"
    for name, shape in density_case.SIZES.items():
        density = psysal.Center()(data.images[name])
        density /= density.sum()
        np.testing.assert_allclose(np.exp(maps.map_for(name, shape)), density, rtol=1e-5)
    for arguments, said in (
        (["--model", "murray2011"], "log densities need a model of densities, got murray2011"),
        (["--model", "center", "--format", "png"], "format of floats, got png; pass --format npy"),
    ):
        result = CliRunner().invoke(app, [*command, *arguments])
        assert result.exit_code == 2
        assert said in " ".join(result.stderr.replace("│", "").split())


def test_pysaliency_takes_a_submission_and_our_models(data, tmp_path):
    import json

    python = os.environ.get("PSYSAL_PYSALIENCY")
    if not python:
        pytest.skip("PSYSAL_PYSALIENCY names no Python that has pysaliency")
    write_submission(psysal.Learned(), images_in("images"), "submission.h5")
    density_case.write_for_pysaliency(data, tmp_path)
    names = [*data.images]
    done = subprocess.run(
        [python, "-c", THERE, str(tmp_path), json.dumps(names)],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    metrics = [PROFILES["tuebingen"][n] for n in ("ig_over_uniform", "nss")]
    index = np.load("fixations.npz")["n"]
    for i, (name, case) in enumerate(density_case.cases(data).items()):
        pixels = data.read(name)
        gain, _ = score(metrics, psysal.Learned()(pixels), "density", case.fixations, case)
        nss = score(metrics[1:], psysal.Murray2011()(pixels), "map", case.fixations, case)
        for kind in ("file", "model"):
            assert np.mean(np.array(found[kind])[index == i]) == pytest.approx(gain, abs=1e-6)
        assert np.mean(np.array(found["map"])[index == i]) == pytest.approx(nss[0], abs=1e-6)
