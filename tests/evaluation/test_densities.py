"""Densities, log densities and maps are told apart, and scored as what they are."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest
from scipy.ndimage import gaussian_filter
from scipy.special import logsumexp
from support import density_case
from typer.testing import CliRunner

import psysal
from psysal.api import comparison
from psysal.cli.commands import app
from psysal.evaluation import tuebingen
from psysal.evaluation.profiles import PROFILES, score
from psysal.evaluation.summary import summary
from psysal.gaze import write_table
from psysal.models.densities import density_of
from psysal.models.precomputed import PrecomputedMaps

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "pysaliency.json").read_text())


@pytest.fixture
def data(tmp_path):
    return density_case.dataset(tmp_path)


def save(folder, values):
    """Files of maps by name, one for every picture of the case."""
    for name in density_case.SIZES:
        path = folder / f"{name}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, values(name))
    return folder


def logs(name):
    return np.log(density_case.density(name))


# --- the numbers, against the real pysaliency ------------------------------


def own_scores(data):
    found = {}
    for profile, kind, values in (
        ("exact", "density", density_case.density),
        ("tuebingen", "density", density_case.density),
        ("tuebingen", "map", density_case.saliency),
    ):
        key = "map" if kind == "map" else profile
        names = [name for name in GOLDEN[key]]
        metrics = [PROFILES[profile][name] for name in names]
        rows = [
            score(metrics, values(name), kind, case.fixations, case)
            for name, case in density_case.cases(data).items()
        ]
        found[key] = dict(zip(names, np.transpose(rows).tolist(), strict=True))
    return found


def test_scores_are_those_of_pysaliency(data):
    for key, named in own_scores(data).items():
        for name, found in named.items():
            np.testing.assert_allclose(found, GOLDEN[key][name], atol=1e-9, err_msg=f"{key} {name}")


def test_the_golden_scores_are_what_pysaliency_gives(data, tmp_path):
    python = os.environ.get("PSYSAL_PYSALIENCY")
    if not python:
        pytest.skip("PSYSAL_PYSALIENCY names no Python that has pysaliency")
    density_case.write_for_pysaliency(data, tmp_path)
    subprocess.run(
        [python, str(Path(density_case.__file__).with_name("pysaliency_scores.py")), tmp_path],
        check=True,
        timeout=300,
    )
    found = pandas.json_normalize(json.loads((tmp_path / "scores.json").read_text())).iloc[0]
    wanted = pandas.json_normalize(GOLDEN).iloc[0]
    assert list(found.index) == list(wanted.index)
    for name in wanted.index:
        np.testing.assert_allclose(found[name], wanted[name], rtol=0, atol=1e-9, err_msg=name)


def test_means_are_over_images_and_over_fixations(data, tmp_path):
    found = GOLDEN["means over fixations"]["tuebingen"]
    maps = PrecomputedMaps(save(tmp_path / "maps", logs))
    table = summary(comparison(maps, data, profile="tuebingen").scores()).set_index("metric")
    for name in ("auc", "nss", "log_likelihood", "ig_over_uniform"):
        images = np.mean(GOLDEN["tuebingen"][name])
        assert table["mean"][name] == pytest.approx(images, abs=1e-9)
        assert table["mean_by_fixation"][name] == pytest.approx(found[name], abs=1e-9)
        assert abs(images - found[name]) > 5e-5


# --- what a model gives -----------------------------------------------------


def test_a_density_and_its_logarithm_have_the_same_scores(data, tmp_path):
    """Before, NSS was that of the logarithms, and information gain of these shifted to zero."""
    densities = PrecomputedMaps(save(tmp_path / "p", density_case.density), values="density")
    for form in (np.float32, np.float64):
        files = save(tmp_path / f"log {form.__name__}", lambda name, f=form: logs(name).astype(f))
        models = {"p": densities, "log p": PrecomputedMaps(files)}
        for profile in ("exact", "mit", "tuebingen")[: 1 if form == np.float32 else None]:
            metrics = [*PROFILES[profile]]
            table = summary(comparison(models, data, metrics=metrics, profile=profile).scores())
            assert set(table.metric[table.model == "log p"]) == set(metrics)
            wide = table.pivot(index="metric", columns="model", values="mean")
            if form == np.float32:  # ranks of the smallest differences are lost
                wide = wide.loc[["nss", "information_gain"]]
            np.testing.assert_allclose(wide["log p"], wide["p"], rtol=0, atol=1e-6)


def test_logarithms_that_do_not_sum_to_one_are_refused_unless_said(data, tmp_path):
    shifted = save(tmp_path / "shifted", lambda name: logs(name) - 3)
    scores = comparison(PrecomputedMaps(shifted), data).scores()
    assert scores.value.isna().all()
    assert "is never positive, and has a logsumexp of -3" in scores.problem[0]
    assert 'pass values="log" or values="map"' in scores.problem[0]
    exact = comparison(PrecomputedMaps(save(tmp_path / "p", logs)), data, metrics=["nss"]).scores()
    taken = PrecomputedMaps(shifted, values="log")
    found = comparison(taken, data, metrics=["nss"]).scores()
    np.testing.assert_allclose(found.value, exact.value, atol=1e-12)
    as_maps = comparison(PrecomputedMaps(shifted, values="map"), data, metrics=["nss"]).scores()
    assert (abs(as_maps.value - exact.value) > 0.05).all()


def test_each_map_must_be_what_the_first_is(data, tmp_path):
    folder = save(tmp_path / "maps", logs)
    np.save(folder / "b/1.png.npy", logs("b/1.png") + np.log(1.01))
    scores = comparison(PrecomputedMaps(folder), data).scores().set_index("image")
    assert scores.value[["a/1.png", "a/2.png"]].notna().all()
    assert scores.value["b/1.png"].isna().all()
    assert "b/1.png.npy must be a log density" in scores.problem["b/1.png"].iloc[0]
    assert "a logsumexp of 0, to 0.001, got 0.00995033" in scores.problem["b/1.png"].iloc[0]
    np.save(folder / "a/1.png.npy", density_case.saliency("a/1.png"))
    scores = comparison(PrecomputedMaps(folder), data).scores().set_index("image")
    assert "is never positive" in scores.problem["a/2.png"].iloc[0]


def test_log_densities_of_another_size_are_normalized_again(data, tmp_path):
    coarse = save(tmp_path / "coarse", lambda name: logs(name)[::2, ::2])
    for name in density_case.SIZES:
        path = coarse / f"{name}.npy"
        np.save(path, np.load(path) - logsumexp(np.load(path)))
    maps = PrecomputedMaps(coarse, "linear")
    for name, shape in density_case.SIZES.items():
        assert logsumexp(maps.map_for(name, shape)) == pytest.approx(0, abs=1e-9)


def test_maps_have_no_score_in_metrics_of_densities(data):
    models = {"sim": psysal.Murray2011(), "center": psysal.Center()}
    compared = comparison(models, data, metrics=["information_gain", "nss", "log_likelihood"])
    scores = compared.scores()
    assert set(scores.metric[scores.model == "sim"]) == {"nss"}
    assert set(scores.metric[scores.model == "center"]) == set(compared.metrics)
    (remark,) = compared.description()["remarks"]
    assert remark.startswith(
        "information_gain, log_likelihood: n/a for sim, as they need densities"
    )
    with pytest.raises(ValueError, match=r"information_gain need .* and sim give maps; fit them"):
        comparison({"sim": psysal.Murray2011()}, data, metrics=["information_gain"])
    assert comparison("noise", data, profile="tuebingen").metrics[0] == "auc"


def test_every_model_says_what_it_gives(data):
    gives = {
        "learned": "density", "center": "density", "uniform": "density",
        "center_bias": "density", "leave_one_observer_out": "density", "noise": "map",
        "itti1998": "map",
    }  # fmt: skip
    assert comparison([*gives], data).description()["gives"] == gives
    strange = psysal.Murray2011()
    object.__setattr__(strange, "gives", "probability")
    with pytest.raises(ValueError, match="gives must be one of map, density, log-density, got"):
        comparison(strange, data)


def test_a_density_is_never_repaired(data):
    """One that is zero where people look has infinite losses; a map is mixed with a uniform one."""

    class Half:
        gives = "density"

        def __call__(self, pixels):
            density = np.ones(pixels.shape[:2])
            density[:, : pixels.shape[1] // 2] = 0
            return density

    metrics = ["information_gain", "log_likelihood", "kl"]
    scores = comparison(Half(), data, metrics=metrics).scores().groupby("metric").value.mean()
    assert scores.to_dict() == dict(zip(metrics, (-np.inf, -np.inf, np.inf), strict=True))
    negative = Half()
    negative.gives, wrong = "density", Half.__call__
    Half.__call__ = lambda self, pixels: wrong(self, pixels) - 0.5
    problem = comparison(negative, data).scores().problem[0]
    assert problem.startswith("a density must not be negative anywhere, got -0.5")


def test_log_densities_that_do_not_sum_to_one_are_no_densities():
    for wrong in (np.log([[0.5, 0.51]]), np.log([[0.5, 0.49]])):
        with pytest.raises(ValueError, match=r"a log density must have a logsumexp of 0"):
            density_of(wrong, "log-density")


# --- the maps of the Tuebingen profile --------------------------------------


def expected_similarity(saliency, density, count, rng):
    """Mean similarity to blurred maps of fixations drawn from the density."""
    found = []
    for _ in range(60):
        drawn = np.bincount(
            rng.choice(density.size, count, p=density.ravel()), minlength=density.size
        )
        target = gaussian_filter(drawn.reshape(density.shape).astype(float), 23.99, mode="reflect")
        found.append(tuebingen.similarity(saliency, target))
    return np.mean(found)


def test_the_map_for_similarity_beats_the_others():
    density = density_case.density("a/1.png")
    best = tuebingen.similarity_map(density, 8, np.random.default_rng(1))
    others = [density, tuebingen.blur(density), np.sqrt(density), tuebingen.blur(density) ** 2]
    scores = [
        expected_similarity(each, density, 8, np.random.default_rng(2)) for each in (best, *others)
    ]
    assert scores[0] > max(scores[1:]) + 0.005
    at = np.random.default_rng(3)  # no small change of it is better
    for _ in range(5):
        moved = best * np.exp(0.3 * gaussian_filter(at.normal(size=best.shape), 20) * 50)
        moved = expected_similarity(moved, density, 8, np.random.default_rng(2))
        assert moved < scores[0] + 1e-3


def test_shuffled_auc_of_the_center_bias_is_chance(data):
    metric = PROFILES["tuebingen"]["shuffled_auc"]
    for name, case in density_case.cases(data).items():
        bias = density_case.baseline(name, case.shape)
        assert score([metric], bias, "density", case.fixations, case) == [0.5]


# --- fitted maps ------------------------------------------------------------


@pytest.fixture
def looked(tmp_path, rng):
    """Twelve pictures; people look where a power of the map says."""
    from PIL import Image

    from psysal.gaze import Dataset, Fixations

    maps, images, rows = {}, {}, []
    for i in range(12):
        name = f"{i}.png"
        images[name] = tmp_path / name
        values = gaussian_filter(rng.random((60, 80)), 5)
        maps[name] = (values - values.min()) / np.ptp(values)
        Image.fromarray(np.full((60, 80, 3), i, np.uint8)).save(images[name])
        truth = true_density(maps[name])
        for order, at in enumerate(rng.choice(truth.size, 150, p=truth.ravel())):
            rows.append((name, 0, order, at % 80, at // 80))
    data = Dataset("looked", images, Fixations(*zip(*rows, strict=True)))
    return data, lambda pixels: maps[f"{pixels[0, 0, 0]}.png"]


def true_density(saliency):
    down, across = (((np.arange(n) + 0.5) / n - 0.5) ** 2 for n in saliency.shape)
    values = (saliency**3 + 0.02) * np.exp(-6 * (down[:, None] + across))
    return values / values.sum()


def test_a_fit_finds_the_density_that_made_the_fixations(looked):
    data, model = looked

    def truth(pixels):
        return true_density(model(pixels))

    truth.gives = "density"
    models = {
        "map": model, "the same, bent": lambda pixels: np.exp(4 * model(pixels)),
        "truth": truth, "noise": "noise",
    }  # fmt: skip
    compared = comparison(models, data, metrics=["ig_over_uniform"], profile="tuebingen",
                          fit="monotone")  # fmt: skip
    gain = summary(compared.scores()).set_index("model")["mean"]
    assert gain["truth"] - 0.04 < gain["map"] < gain["truth"]
    assert gain["the same, bent"] == pytest.approx(gain["map"], abs=0.01)
    assert 0.1 < gain["noise"] < gain["map"] - 0.3  # the center bias alone
    assert "map, the same, bent, noise: densities, made of maps" in compared.remarks[0]


def test_a_fit_sees_no_fixation_that_it_is_scored_on(looked):
    from dataclasses import replace

    from psysal.gaze import Fixations

    data, model = looked
    seen = data.fixations
    moved = Fixations(
        seen.image, seen.subject, seen.order, np.where(seen.image == "3.png", 1.0, seen.x), seen.y
    )
    shape = 60, 80
    before, after = (
        comparison({"m": model}, replace(data, fixations=f), fit="monotone")
        .models["m"].map_for("3.png", shape)
        for f in (seen, moved)
    )  # fmt: skip
    np.testing.assert_array_equal(before, after)


def test_an_image_without_a_map_is_left_out_of_the_fit(looked):
    data, model = looked

    def partly(pixels):
        if pixels[0, 0, 0] == 5:
            raise ValueError("no light")
        return model(pixels)

    scores = comparison(partly, data, metrics=["information_gain"], fit="monotone").scores()
    assert scores[scores.value.isna()].image.tolist() == ["5.png"]
    assert scores.problem.max() == "no light"

    def never(pixels):
        raise ValueError("no light")

    scores = comparison(never, data, metrics=["information_gain"], fit="monotone").scores()
    assert "maps to be fitted were expected, found none" in scores.problem[0]
    with pytest.raises(ValueError, match="fit must be monotone, got 'spline'"):
        comparison(model, data, fit="spline")


# --- the command line -------------------------------------------------------


def test_the_table_says_what_is_scored_and_what_is_not(data, tmp_path, monkeypatch):
    (tmp_path / "dataset.toml").write_text(
        'images = "images/*/*.png"\nfixations = "f.csv"\nppd = 12\n'
    )
    write_table(data.fixations, tmp_path / "f.csv")
    save(tmp_path / "logs", logs)
    save(tmp_path / "maps", density_case.saliency)
    arguments = [
        "evaluate", str(tmp_path), "--profile", "tuebingen", "-o", str(tmp_path / "out"),
        "--model", f"maps:{tmp_path / 'logs'}", "--model", f"maps:{tmp_path / 'maps'}",
    ]  # fmt: skip
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.stderr
    assert "n/a for maps, as they need densities" in result.stderr
    assert "--fit monotone makes densities" in result.stderr
    assert "logs: the values are log densities" in result.stderr
    text = (tmp_path / "out" / "table.md").read_text("utf-8")
    table, by_fixation = text.split("Means over fixations:")
    (row,) = [line for line in table.splitlines() if line.startswith("| maps")]
    assert row.count("n/a") == 3
    nss = GOLDEN["means over fixations"]["tuebingen"]["nss"]
    assert f"{nss:.3f}" in by_fixation
    assert "shuffled_auc: the density over the center bias" in by_fixation
    result = CliRunner().invoke(app, [*arguments, "--values", "density", "-o", str(tmp_path / "2")])
    assert "must not be negative" in result.stderr


# --- pysaliency's classes ---------------------------------------------------


def test_without_pysaliency_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "pysaliency", None)
    with pytest.raises(ImportError, match=r"a model of pysaliency needs pysaliency, .*environment"):
        psysal.Learned().to_pysaliency()
