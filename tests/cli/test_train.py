"""Training on photographs: scored on what was not seen, resumed when killed, told by a file."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.damage import damaged
from support.terminal import PSYSAL, psysal_

import psysal
from psysal import image as pictures
from psysal import mapfile
from psysal.api import comparison
from psysal.evaluation import metrics
from psysal.fingerprint import fingerprint
from psysal.gaze import Dataset, Fixations, write_table
from psysal.learning.calibration import best_factor, reliability
from psysal.learning.train import fit_folds, score_folds, train
from psysal.learning.training_set import CrossValidated, PhotographExamples, Photographs
from psysal.models.learned import Learned, softmax
from psysal.readers.icc import make_profile
from psysal.vision.features import Psychophysical

COLOR = Psychophysical((), energy=False, rarity=False, symmetry=False)
ONLY_COLOR = ("--windows", "none", "--no-energy", "--no-rarity", "--no-symmetry")


@pytest.fixture(scope="module")
def spots(tmp_path_factory):
    """Twelve photographs on which people look at the red spots and not at the blue ones."""
    rng = np.random.default_rng(2016)
    folder = tmp_path_factory.mktemp("sets") / "spots"
    folder.mkdir()
    images, rows = {}, []
    for i in range(12):
        name = f"{i:02d}.png"
        pixels = rng.integers(110, 130, (60, 90, 3), dtype=np.uint8)
        places = rng.permutation([(x, y) for x in (15, 45, 75) for y in (15, 45)])[:4]
        for k, (x, y) in enumerate(places.tolist()):
            pixels[y - 5 : y + 6, x - 5 : x + 6] = (210, 60, 60) if k < 2 else (60, 60, 210)
            if k < 2:
                for who in range(4):
                    rows += [(name, who, 2 * k + n, *rng.normal((x, y), 3)) for n in range(2)]
        images[name] = folder / name
        images[name].write_bytes(mapfile.encode(pixels, "png8"))
    write_table(Fixations(*zip(*rows, strict=True)), folder / "fixations.csv")
    (folder / "dataset.toml").write_text('images = "*.png"\nfixations = "fixations.csv"\nppd = 5')
    return psysal.gaze.dataset(folder)


@pytest.fixture(scope="module")
def learned(spots, tmp_path_factory):
    """A linear readout of color, with its scores."""
    work = tmp_path_factory.mktemp("work")
    return train([spots], work, front_end=COLOR, readout="linear", folds=3, threads=2)


def mean(scores, model, metric):
    chosen = (scores.model == model) & (scores.metric == metric)
    return scores[chosen].value.mean()


# --- what is learned from ----------------------------------------------------


def test_targets_hold_every_fixation_once(spots, tmp_path):
    photographs = Photographs(spots, COLOR, tmp_path, folds=3)
    assert photographs.names == tuple(spots.images)
    name = photographs.names[4]
    target = photographs.target(name)
    assert target.shape == (32, 48)
    seen = spots.fixations.of(name)
    cells = {(int(y * 32 / 60), int(x * 48 / 90)) for x, y in zip(seen.x, seen.y, strict=True)}
    assert set(zip(*map(list, np.nonzero(target)), strict=True)) == cells
    assert target.sum() == pytest.approx(1)
    soft = replace(photographs, sigma=1.0).target(name)  # 5 pixels, 2.67 on the grid
    assert soft.sum() == pytest.approx(1)
    assert soft.max() < 0.3 * target.max() < 1


def test_every_photograph_is_in_one_fold_and_the_center_bias_of_another(spots, tmp_path):
    photographs = Photographs(spots, COLOR, tmp_path, folds=3)
    assert sorted(photographs.fold) == list(photographs.names)
    assert sorted(np.bincount(list(photographs.fold.values()))) == [4, 4, 4]
    some = [name for name in photographs.names if photographs.fold[name] != 0]
    center = photographs.center(some)
    assert center.shape == (36, 48)
    assert np.exp(center).sum() == pytest.approx(1)
    assert PhotographExamples([photographs], [some], [center]).log_center(0).shape == (32, 48)


def test_features_are_made_once_and_kept(spots, tmp_path):
    photographs = Photographs(spots, COLOR, tmp_path, folds=3)
    told = []
    photographs.prepare(threads=1, progress=lambda *step: told.append(step))
    assert told[-1] == ("features", 12, 12)
    first = photographs.planes("03.png")
    np.testing.assert_allclose(
        first, COLOR(pictures.read(spots.images["03.png"])), rtol=1e-3, atol=1e-3
    )
    (tmp_path / "000003.npy").unlink()
    told.clear()
    photographs.prepare(threads=1, progress=lambda *step: told.append(step))
    assert told == [("features", 12, 12)]
    np.testing.assert_array_equal(photographs.planes("03.png"), first)
    with pytest.raises(
        ValueError, match="holds planes of another front end or data set; choose anot"
    ):
        Photographs(spots, Psychophysical((), color=False), tmp_path, folds=3).prepare()


def test_features_that_are_damaged_are_computed_anew(spots, tmp_path):
    photographs = Photographs(spots, COLOR, tmp_path, folds=3)
    photographs.prepare(threads=1)
    path = tmp_path / "000001.npy"
    data = path.read_bytes()
    for what, content in damaged(data, flips=20):
        path.write_bytes(content)
        photographs.prepare(threads=1)
        assert path.read_bytes() == data, what
    for _, content in damaged((tmp_path / "planes.json").read_bytes(), flips=20):
        (tmp_path / "planes.json").write_bytes(content)
        with pytest.raises(
            ValueError, match="holds planes of another front end or data set; choose"
        ):
            photographs.prepare(threads=1)
        assert (tmp_path / "planes.json").read_bytes() == content


# --- what is learned ---------------------------------------------------------


def test_features_are_of_codes_as_they_are_unless_the_set_converts_them(spots, tmp_path):
    with Image.open(spots.images["03.png"]) as picture:
        pixels = np.asarray(picture)
    path = tmp_path / "03.png"
    Image.fromarray(pixels).save(path, icc_profile=make_profile("linear", curve=1.0))
    tagged = replace(spots, images=dict(spots.images) | {"03.png": path})
    assert (spots.color_profiles, tagged.color_profiles) == ("", "ignored, of 1 of 12 photographs")
    planes = {}
    for choice, expected in (("ignore", pixels), ("convert", pictures.read(path))):
        folder = tmp_path / choice
        photographs = Photographs(replace(tagged, profile=choice), COLOR, folder, folds=3)
        photographs.prepare(threads=1)
        planes[choice] = photographs.planes("03.png")
        np.testing.assert_allclose(planes[choice], COLOR(expected), rtol=1e-3, atol=1e-3)
        assert photographs.grid.profile == choice
    assert not np.allclose(planes["ignore"], planes["convert"])
    with pytest.raises(ValueError, match="holds planes of another front end"):
        Photographs(tagged, COLOR, tmp_path / "convert", folds=3).prepare()


def test_red_is_learned_and_predicts_photographs_that_were_not_seen(learned):
    for scores in (learned.grid_scores["spots"], learned.full_scores["spots"]):
        assert scores.problem.eq("").all()
        assert mean(scores, "linear", "auc") > 0.9
        assert mean(scores, "linear", "information_gain") > 1
        assert mean(scores, "linear, no center", "shuffled_auc") > 0.8
        assert mean(scores, "center_bias", "information_gain") == pytest.approx(0, abs=1e-9)
    weight = abs(learned.trained.readout.linear).sum(axis=0)
    assert "intensity" not in COLOR.names[weight.argmax()]  # red and blue are equally light


def test_scores_are_those_of_readouts_that_have_not_seen_the_photograph(learned, spots, tmp_path):
    photographs = Photographs(spots, COLOR, tmp_path, folds=3)
    photographs.prepare()
    name = "07.png"
    trained = learned.models[photographs.fold[name]]
    own = replace(trained, center=photographs.fold_centers[photographs.fold[name]])
    density = softmax(own.logits(pictures.read(spots.images[name])).astype(float), (64, 96))
    seen = photographs.grid.fixations.of(name)
    expected = metrics.auc(density, np.stack([seen.x, seen.y], axis=1))
    found = learned.grid_scores["spots"].query(
        "model == 'linear' and image == @name and metric == 'auc'"
    )
    assert found.value.item() == pytest.approx(expected, abs=0.01)  # features on disk are halves


def test_the_file_is_the_model_fitted_to_everything_with_its_scores(learned, spots, tmp_path):
    path = tmp_path / "readout.json"
    path.write_bytes(learned.trained.encode())
    about = Learned(path).trained.metadata
    marks = [fingerprint(pictures.read(spots.images[name])) for name in spots.images]
    assert about["data"][0] | {"digest": ""} == {
        "dataset": "spots", "source": "", "images": 12, "fixations": 192, "digest": "",
        "photographs": marks,
    }  # fmt: skip
    assert (about["loss"], about["sigma"], about["scores"]["folds"]) == ("kl", 0, 3)
    told = about["scores"]["spots"]["grid"]["linear"]["auc"]
    assert told[0] == pytest.approx(mean(learned.grid_scores["spots"], "linear", "auc"), abs=1e-4)
    with pytest.raises(ValueError, match="m was trained on spots, where its scores would say noth"):
        comparison({"m": Learned(path)}, spots)
    renamed = replace(spots, name="other")
    with pytest.raises(ValueError, match="m was trained on other, where its scores would say no"):
        comparison({"m": Learned(path)}, renamed)  # the same fixations


def test_any_divergence_and_small_readouts_learn(spots, tmp_path):
    photographs = Photographs(spots, COLOR, tmp_path / "features", 2, sigma=1.0)
    options = {"readout": "linear", "loss": "bhattacharyya", "threads": 1}
    models = {"linear": fit_folds([photographs], range(2), tmp_path, **options)}
    options = {"seed": 1, "early_stopping": True, "threads": 1}
    models["small"] = fit_folds([photographs], range(2), tmp_path, **options)
    scores = score_folds(models, photographs, photographs.grid)
    assert mean(scores, "linear", "auc") > 0.85
    assert mean(scores, "small", "auc") > 0.85


# --- several sets ------------------------------------------------------------


@pytest.fixture(scope="module")
def halves(spots):
    """The spots as two sets, one looked at more in the middle."""
    names = list(spots.images)
    first, second = (spots.fixations.on(set(part)) for part in (names[:6], names[6:]))
    return [
        replace(spots, name="one", fixations=first),
        replace(spots, name="two", fixations=second),
    ]


def test_of_several_sets_each_is_predicted_by_the_others(halves, tmp_path):
    found = train(halves, tmp_path, front_end=COLOR, readout="linear", folds=2, threads=1)
    about = found.trained.metadata
    assert [data["dataset"] for data in about["data"]] == ["one", "two"]
    assert sorted(found.left_out) == sorted(found.grid_scores) == ["one", "two"]
    for name, scores in found.grid_scores.items():
        assert mean(scores, "left out", "auc") > 0.9, name
        alone = about["calibration"]["left out"][name]["factor"]
        photographs = Photographs(
            halves[name == "two"], COLOR, tmp_path / f"planes-{int(name == 'two')}", 2
        )
        model = CrossValidated(photographs, [found.left_out[name]] * 2)
        assert best_factor(model) == pytest.approx(alone, rel=0.01)
    left = [held["factor"] for held in about["calibration"]["left out"].values()]
    assert np.prod(left) == pytest.approx(1, abs=0.01)  # each is as far from the mean factor
    path = tmp_path / "both.json"
    path.write_bytes(found.trained.encode())
    for data in halves:
        with pytest.raises(ValueError, match="m was trained on"):
            comparison({"m": Learned(path)}, data)


def test_each_set_has_its_own_center_bias(halves, tmp_path):
    left, right = halves
    x = right.fixations.x
    right = replace(right, fixations=replace(right.fixations, x=np.minimum(x + 30, 89)))
    sets = [Photographs(data, COLOR, tmp_path / data.name, 2) for data in (left, right)]
    (model,) = fit_folds(sets, [None], tmp_path, readout="linear", threads=1)
    centers = [np.exp(each.center(each.names)) for each in sets]
    np.testing.assert_allclose(np.exp(model.center), np.mean(centers, axis=0), rtol=1e-5)
    examples = PhotographExamples(sets, [s.names for s in sets], [s.center(s.names) for s in sets])
    assert len(examples) == 12
    middles = [np.exp(examples.log_center(i))[:, 24:].sum() for i in (0, 6)]
    assert middles[1] > 1.2 * middles[0]


def test_logits_that_are_twice_too_large_are_halved(learned, spots, tmp_path):
    photographs = Photographs(spots, COLOR, tmp_path, folds=3)
    photographs.prepare(threads=1)
    factors = [
        best_factor(CrossValidated(photographs, [m.scaled(f) for m in learned.models]))
        for f in (0.5, 1, 2)
    ]
    np.testing.assert_allclose(np.array(factors) * [0.5, 1, 2], factors[1], rtol=0.01)
    model = CrossValidated(photographs, [m.scaled(factors[1]) for m in learned.models])
    predicted, observed = reliability(model, bins=4)
    assert (np.diff(predicted) > 0).all()
    np.testing.assert_allclose(observed, predicted, rtol=0.5)


def test_two_sets_of_one_name_are_refused(spots, tmp_path):
    for sets, given in (([spots, spots], "spots, spots"), ([], "none")):
        with pytest.raises(ValueError, match=f"data sets of different names were .* got {given}"):
            train(sets, tmp_path, front_end=COLOR, folds=2)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--front-end", "deep"], "--layers and the network of --front-end go together"),
        (["--layers", "l3"], "--layers and the network of --front-end go together"),
        (["--front-end", "deep", "--layers", "l33"], "got 'l33'; the nearest names are l3"),
        (["--front-end", "deep", "--front-end", "deep"], "--front-end must be psychophysical, a n"),
        (["--front-end", "no.onnx", "--layers", "a"], "no.onnx: a network .* found nothing"),
    ],
)
def test_front_ends_that_make_no_sense(spots, tmp_path, monkeypatch, options, said):
    monkeypatch.chdir(tmp_path)
    status, _, err = psysal_("train", spots.images["00.png"].parent, *options)
    assert status == 1
    assert re.search(said, " ".join(err.split()))


# --- what makes no sense -----------------------------------------------------


def test_too_few_photographs_for_the_folds(spots, tmp_path):
    few = replace(spots, fixations=spots.fixations.on({"00.png", "01.png", "02.png"}))
    with pytest.raises(ValueError, match="spots: at least 6 photographs with fixations were exp"):
        train([few], tmp_path, front_end=COLOR, folds=3)
    with pytest.raises(ValueError, match="folds must be a whole number from 2 on, got 1"):
        train([spots], tmp_path, front_end=COLOR, folds=1)


def test_photographs_without_fixations_are_left_out(spots, tmp_path):
    some = replace(spots, fixations=spots.fixations.on(set(list(spots.images)[:8])))
    photographs = Photographs(some, COLOR, tmp_path, folds=3)
    assert len(photographs.names) == 8


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"readout": "deep"}, "readout must be one of small, convolutional, linear, got 'deep'"),
        ({"loss": "l1"}, "loss must be one of kl, .*, got 'l1'"),
        ({"sigma": -1}, "sigma must be a number of degrees from 0 on, got -1"),
    ],
)
def test_options_without_a_meaning(spots, tmp_path, options, said):
    with pytest.raises(ValueError, match=said):
        train([spots], tmp_path, front_end=COLOR, folds=3, threads=1, **options)
    assert not list(tmp_path.iterdir())  # nothing was done in vain


def test_a_density_needs_pixels_per_degree(spots, tmp_path):
    unknown = Dataset("spots", spots.images, spots.fixations)
    with pytest.raises(ValueError, match="its pixels per degree are unknown, which a target of"):
        train([unknown], tmp_path, front_end=COLOR, loss="cosine")


# --- the command -------------------------------------------------------------


def test_psysal_train_writes_a_readout_that_psysal_map_takes(spots, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = spots.images["00.png"].parent
    options = ["--readout", "linear", *ONLY_COLOR, "--folds", "3"]
    status, out, err = psysal_("train", folder, *options, "-o", "mine.json")
    assert status == 0, err
    assert "| linear " in out
    assert out.endswith("mine.json\n")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.json"]
    assert Learned("mine.json").trained.metadata["data"][0]["dataset"] == "spots"
    status, _, err = psysal_("train", folder, *options, "-o", "mine.json")
    assert status == 1
    assert "is already there and was kept" in err
    status, _, err = psysal_("map", folder / "00.png", "--model", "learned:mine.json")
    assert status == 0, err


def test_a_training_that_is_killed_goes_on(spots, tmp_path, monkeypatch):
    """With the same file at its end as if nothing had happened."""
    monkeypatch.chdir(tmp_path)
    command = ["train", str(spots.images["00.png"].parent), "--folds", "2", "--threads", "1",
               *ONLY_COLOR, "--workdir"]  # fmt: skip
    killed = subprocess.Popen(
        [*PSYSAL, *command, "work", "-o", "a.json"], start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    end = time.monotonic() + 60
    while not list((tmp_path / "work").glob("fit-*.npz")):
        assert killed.poll() is None
        assert time.monotonic() < end
        time.sleep(0.01)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not (tmp_path / "a.json").exists()
    for work, name in (("work", "a.json"), ("fresh", "b.json")):
        assert psysal_(*command, work, "-o", name)[0] == 0
    one, other = (json.loads((tmp_path / name).read_text()) for name in ("a.json", "b.json"))
    assert one == other


@pytest.mark.parametrize("windows", ["13", "13-26", "13/26", "5/10,13/26", "13,26,52", "a,b"])
def test_windows_that_make_no_sense(spots, tmp_path, monkeypatch, windows):
    monkeypatch.chdir(tmp_path)
    folder = spots.images["00.png"].parent
    status, _, err = psysal_("train", folder, "--windows", windows)
    assert status == 1
    assert "--windows must be a pair of center and surround, repeated for more" in err
    assert f"such as --windows 5,10 --windows 13,26, or none, got {windows}" in err


@pytest.mark.filterwarnings("ignore:the fit did not converge")  # lightness does not tell the spots
def test_windows_are_repeated(spots, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = [f"0{i}.png" for i in range(4)]
    few = Path("few")
    few.mkdir()
    for name in names:
        shutil.copy(spots.images[name], few)
    write_table(spots.fixations.on(set(names)), few / "fixations.csv")
    shutil.copy(spots.images[names[0]].with_name("dataset.toml"), few)
    options = ["--readout", "linear", "--windows", "2,4", "--windows", "5,10", "--no-energy"]
    options += ["--no-color", "--no-rarity", "--no-symmetry", "--folds", "2", "--threads", "1"]
    status, _, err = psysal_("train", few, *options, "-o", "mine.json")
    assert status == 0, err
    assert Learned("mine.json").trained.front_end == Psychophysical(
        ((2, 4), (5, 10)), False, False, False, False
    )
