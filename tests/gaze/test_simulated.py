"""Simulated observers follow their density, and the same seed repeats them."""

import numpy as np
import pytest
from scipy import stats

import psysal
from psysal.evaluation.metrics import auc, nss
from psysal.gaze import dataset, observer_density, simulate_fixations, simulated_dataset

SHAPE = 6, 8


def positions(fixations):
    return np.stack([fixations.x, fixations.y], axis=1)


def histogram(fixations, shape):
    counts = np.zeros(shape)
    np.add.at(counts, (fixations.y.astype(int), fixations.x.astype(int)), 1)
    return counts


@pytest.fixture
def saliency(rng):
    return rng.gamma(0.5, size=SHAPE)


def test_fixations_lie_in_their_images(saliency):
    fixations = simulate_fixations(
        {"a.png": saliency, "b.png": np.ones((9, 3))}, observers=5, count=20
    )
    assert fixations.inside({"a.png": SHAPE, "b.png": (9, 3)})[1] == 0
    assert len(fixations) == 2 * 5 * 21


def test_fixations_are_as_frequent_as_the_density_says(saliency):
    fixations = simulate_fixations({"a": saliency}, observers=40, count=100).without_first()
    expected = 4000 * observer_density(saliency)
    likely = expected > 5  # a chi-square test wants some in every cell
    rest = lambda counts: [*counts[likely], counts[~likely].sum()]  # noqa: E731
    assert stats.chisquare(rest(histogram(fixations, SHAPE)), rest(expected)).pvalue > 0.01
    even = np.full(SHAPE, 4000 / 48)  # and the test would notice another density
    assert stats.chisquare(rest(histogram(fixations, SHAPE)), rest(even)).pvalue < 1e-9


def test_within_a_pixel_every_place_is_as_likely(saliency):
    fixations = simulate_fixations({"a": saliency}, observers=20, count=50).without_first()
    for part in (fixations.x % 1, fixations.y % 1):
        assert stats.kstest(part, "uniform").pvalue > 0.01


def test_the_density_is_the_map_times_a_gaussian_about_the_middle(saliency):
    rows, cols = (np.arange(n) + 0.5 for n in SHAPE)
    gaussian = np.exp(-((rows[:, None] - 3) ** 2) / (2 * (0.3 * 6) ** 2))
    gaussian = gaussian * np.exp(-((cols - 4) ** 2) / (2 * (0.3 * 8) ** 2))
    expected = saliency * gaussian
    np.testing.assert_allclose(
        observer_density(saliency, center=0.3), expected / expected.sum(), rtol=1e-12
    )
    np.testing.assert_allclose(
        observer_density(saliency, center=None), saliency / saliency.sum(), rtol=1e-12
    )


def test_the_first_fixation_is_forced_to_the_middle_and_can_be_dropped(saliency):
    fixations = simulate_fixations({"a": saliency}, observers=3, count=4)
    first = fixations.order == 0
    assert positions(fixations)[first].tolist() == [[4.0, 3.0]] * 3
    assert len(fixations.without_first()) == 12


def test_the_same_seed_gives_the_same_fixations_and_another_others(saliency):
    one, same, other = (positions(simulate_fixations({"a": saliency}, seed=s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.isclose(one, other).all()


def test_an_observer_does_not_depend_on_who_else_looks_and_at_what(saliency):
    alone = simulate_fixations({"b": saliency}, observers=1)
    crowd = simulate_fixations({"a": saliency, "b": saliency}, observers=7).of("b")
    np.testing.assert_array_equal(positions(alone), positions(crowd)[crowd.subject == 1])


def test_observers_differ_and_agree_by_chance_only(saliency):
    fixations = simulate_fixations({"a": saliency}, observers=4, count=30)
    paths = [
        positions(fixations)[(fixations.subject == s) & (fixations.order > 0)]
        for s in fixations.subjects
    ]
    for k, path in enumerate(paths):
        assert not any(np.isclose(path, other).any() for other in paths[:k])


def test_the_density_predicts_its_fixations_and_the_middle_alone_less(photograph):
    saliency = psysal.saliency(photograph) ** 2
    fixations = positions(simulate_fixations({"a": saliency}, observers=20).without_first())
    center = psysal.Center()(photograph)
    assert auc(observer_density(saliency), fixations) > auc(center, fixations) > 0.6
    assert nss(observer_density(saliency), fixations) > nss(center, fixations) > 0.3


def test_inhibited_observers_keep_away_from_where_they_were():
    def apart(inhibition):
        fixations = simulate_fixations(
            {"a": np.ones((60, 80))}, observers=30, count=6, inhibition=inhibition
        )
        paths = [positions(fixations)[fixations.subject == s] for s in fixations.subjects]
        gaps = [np.hypot(*(p[:, None] - p[None]).T) + 1e9 * np.eye(7) for p in paths]
        return np.median([gap.min(axis=0) for gap in gaps])

    assert apart(8) > 1.5 * apart(0)


def test_a_photograph_set_is_written_and_read_by_the_usual_door(tmp_path):
    people = simulated_dataset(tmp_path / "people", psysal.Hou2012(), observers=2, count=5, ppd=20)
    again = dataset(tmp_path / "people")
    assert again.name == "people"
    assert again.ppd == 20
    assert again.sizes == people.sizes
    assert len(people.fixations) == 16 * 2 * 6
    assert people.fixations.inside(people.sizes)[1] == 0
    np.testing.assert_array_equal(positions(again.fixations), positions(people.fixations))
    with pytest.raises(FileExistsError):
        simulated_dataset(tmp_path / "people", psysal.Hou2012())


@pytest.mark.parametrize(
    ("maps", "options", "message"),
    [
        ({}, {}, "maps must be one at least, got none"),
        ({"a": -np.ones(SHAPE)}, {}, "saliency must not be negative, got -1"),
        ({"a": np.zeros(SHAPE)}, {}, "saliency must have mass, got zeros only"),
        ({"a": np.ones(SHAPE)}, {"center": 0}, "center must be a positive share or None, got 0"),
        ({"a": np.ones(SHAPE)}, {"observers": 0}, "observers must be a whole number from 1 on"),
        ({"a": np.ones(SHAPE)}, {"count": 1.5}, "count must be a whole number from 0 on, got 1.5"),
        ({"a": np.ones(SHAPE)}, {"inhibition": -1}, "inhibition must be a number of pixels"),
        ({"a": np.eye(1)}, {"inhibition": 1}, "count .8. is more than there are places"),
    ],
)
def test_what_cannot_be_simulated_is_refused(maps, options, message):
    with pytest.raises(ValueError, match=message):
        simulate_fixations(maps, **options)
