"""The registry of metrics: complete, consistent, and true of the functions it names."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from psysal.evaluation import metrics, mit, profiles
from psysal.evaluation.case import Case
from psysal.evaluation.profiles import DEFAULTS, LOWER_IS_BETTER, PROFILES
from psysal.gaze import Fixations

METRICS = [metric for by_name in PROFILES.values() for metric in by_name.values()]
EVERY = pytest.mark.parametrize("metric", METRICS, ids=lambda m: f"{m.profile} {m.name}")
SHAPE = (96, 128)


@pytest.fixture
def case(rng):
    """Three images of one size; four people look at a place on each."""
    spots = {"a": (30, 60), "b": (64, 48), "c": (100, 30)}
    rows = [
        (name, who, order, *rng.normal(spot, 8).clip(0, (127, 95)))
        for name, spot in spots.items()
        for who in range(4)
        for order in range(10)
    ]
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    baseline = np.exp(-((x - 64) ** 2 + (y - 48) ** 2) / 2000)
    sizes = dict.fromkeys(spots, SHAPE)
    return Case("b", Fixations(*zip(*rows, strict=True)), sizes, 8.0, lambda *_: baseline)


def score_of(metric, density, case):
    (found,) = profiles.score([metric], density, "density", case.fixations, case)
    return found


def test_every_public_metric_is_in_its_profile():
    assert set(PROFILES["exact"]) == set(metrics.__all__)
    assert set(PROFILES["mit"]) == set(mit.__all__) - {"blur"}
    assert set(PROFILES["tuebingen"]) == {*metrics.__all__, "ig_over_uniform"} - {"emd"}


def test_the_file_and_the_functions_name_the_same_metrics():
    path = Path(profiles.__file__).with_name("metrics.toml")
    entries = tomllib.loads(path.read_text("utf-8"))
    for profile, functions in profiles.FUNCTIONS.items():
        assert list(entries[profile]) == list(functions) == list(PROFILES[profile])


def test_defaults_need_nothing_that_a_set_may_lack():
    for profile, names in DEFAULTS.items():
        assert names
        assert not any("ppd" in PROFILES[profile][name].needs for name in names)


@EVERY
def test_an_entry_can_be_shown(metric):
    assert metric.title
    assert metric.summary[0].islower() or metric.summary.startswith(("Kullback", "Pearson"))
    assert "\n" not in metric.summary + metric.text
    assert metric.text.endswith(".")
    assert not metric.reference.endswith(".")
    assert (metric.better == "lower") == (metric.name in LOWER_IS_BETTER)


@EVERY
def test_the_better_score_is_that_of_the_better_map(metric, case):
    """The density of the fixations themselves against its opposite."""
    good = case.target + 1e-3 * case.target.max()
    scores = [score_of(metric, density, case) for density in (good, 1 - good)]
    assert scores[0] != scores[1]
    assert (scores[0] < scores[1]) == (metric.better == "lower")


@EVERY
def test_a_map_that_carries_no_information_scores_chance(metric, case, rng):
    if metric.chance is None:
        return
    if metric.chance_name == "the baseline":
        scores = [score_of(metric, case.baseline, case)]
    else:
        maps = rng.random((50, *SHAPE))
        scores = [metric.function(saliency, case.fixations, case) for saliency in maps]
    assert np.mean(scores) == pytest.approx(metric.chance, abs=0.03)


@EVERY
def test_a_metric_needs_what_it_says(metric, case):
    alone = Case("b", case.all_fixations.of("b"), case.sizes, None, case.baseline_for)
    saliency = case.target + 1e-3
    if metric.name == "information_gain":  # its baseline is fitted to them
        assert metric.needs == ("other images", "probability")
    elif {"other images", "ppd"} & set(metric.needs):
        with pytest.raises(ValueError, match=r"fixations on other images|ppd must be known"):
            metric.function(saliency, alone.fixations, alone)
    else:
        assert np.isfinite(metric.function(saliency, alone.fixations, alone))
