"""Scanpaths go where the rules say: held against slow twins, and against their own densities."""

from math import inf, nan

import numpy as np
import pytest
from scipy.stats import chisquare
from support import oracles

import psysal
from psysal.evaluation.density import map_to_density
from psysal.gaze import Fixations
from psysal.models.registry import model_names
from psysal.scanpaths import RULES, next_density, people_saccades, rules, simulate_scanpath

DRAWN = [rule for rule in RULES if rule != "winner"]


@pytest.mark.parametrize("values", ["all different", "with ties"])
def test_a_winner_is_the_highest_place_that_is_left(rng, values):
    saliency = rng.random((18, 25))
    saliency = saliency if values == "all different" else saliency.round(1)
    for start, radius in ((12.5, 9.0), 2.0), ((3.25, 17.0), 1.3):
        path = simulate_scanpath(saliency, fixations=9, start=start, inhibition=radius / 4, ppd=4)
        expected = oracles.winners(saliency, 9, start, radius)
        np.testing.assert_array_equal(path.positions, expected)


def test_without_a_start_the_first_winner_is_the_maximum(rng):
    saliency = rng.random((30, 40))
    path = simulate_scanpath(saliency, fixations=1, start=None)
    row, col = np.unravel_index(saliency.argmax(), saliency.shape)
    assert path.positions.tolist() == [[col + 0.5, row + 0.5]]
    assert path.start is None


@pytest.mark.parametrize(("rule", "radius"), [("winner", 2.0), ("density", 1.0), ("saccades", 0)])
def test_the_default_radius_is_in_degrees_of_32_pixels(rng, rule, radius):
    saliency = rng.random((100, 130))
    found = simulate_scanpath(saliency, rule=rule, fixations=2, seed=3)
    expected = simulate_scanpath(
        saliency, rule=rule, fixations=2, seed=3, inhibition=radius, ppd=32
    )
    np.testing.assert_array_equal(found.positions, expected.positions)
    assert found.ppd == 32
    if rule != "winner":
        known, default = (
            next_density(saliency, [40.0], [50.0], rule=rule, **options)
            for options in ({"inhibition": radius, "ppd": 32}, {})
        )
        np.testing.assert_array_equal(default, known)


@pytest.mark.parametrize("rule", DRAWN)
@pytest.mark.parametrize("radius", [0, 0.7, 3.0])
@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_the_density_of_the_next_fixation(rng, rule, radius, count):
    saliency = rng.gamma(1, size=(9, 13))
    path = rng.uniform(0, [13, 9], (count, 2))
    counts = people_saccades()

    def ratio(amplitude, turn):
        if rule == "density":
            return 1.0
        return oracles.saccade_ratio(counts.people, counts.chance, amplitude, turn)

    expected = oracles.next_density(map_to_density(saliency), path.tolist(), radius, ratio)
    found = next_density(saliency, *path.T, rule=rule, inhibition=radius, ppd=1)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    larger = np.kron(saliency, np.ones((3, 3)))  # the same in degrees
    found = next_density(larger, *(3 * path).T, rule=rule, inhibition=radius, ppd=3)
    np.testing.assert_allclose(found[1::3, 1::3] / found[1::3, 1::3].sum(), expected, rtol=1e-9)


@pytest.mark.parametrize("rounds", [200, 0], ids=["drawn", "computed"])
@pytest.mark.parametrize("rule", DRAWN)
def test_viewers_follow_the_density_of_the_next_fixation(rng, monkeypatch, rule, rounds):
    monkeypatch.setattr(rules, "ROUNDS", rounds)
    saliency = rng.gamma(2, size=(3, 5)) + 0.3
    viewers = 20_000 if rounds else 3000
    how = {"rule": rule, "inhibition": 1.5, "ppd": 0.7}
    path = simulate_scanpath(saliency, fixations=2, viewers=viewers, start=(1.5, 0.5), **how)
    assert path.x.shape == path.y.shape == (viewers, 2)
    assert (path.x % 1).std() == pytest.approx(np.sqrt(1 / 12), rel=0.05)  # anywhere in a pixel
    expected = np.zeros((15, 15))
    first = next_density(saliency, [1.5], [0.5], **how).ravel()
    for place in range(15):
        x, y = [1.5, place % 5 + 0.5], [0.5, place // 5 + 0.5]
        expected[place] = first[place] * next_density(saliency, x, y, **how).ravel()
    places = path.y.astype(int) * 5 + path.x.astype(int)
    found, _, _ = np.histogram2d(*places.T, bins=[np.arange(16)] * 2)
    never = expected == 0
    assert never.sum() == 43  # the start, or the same place twice
    assert found[never].sum() == 0
    rare = ~never & (expected * viewers < 5)
    groups = np.where(rare, 0, np.arange(1, 226).reshape(15, 15))[~never]
    counts, shares = (np.bincount(groups, each[~never]) for each in (found, expected))
    counts, shares = counts[shares > 0], shares[shares > 0]
    assert chisquare(counts, shares / shares.sum() * viewers).pvalue > 1e-3


def test_a_scanpath_depends_on_its_seed_alone(photograph):
    for rule in DRAWN:
        one, same, other = (
            psysal.scanpath(photograph, rule=rule, seed=seed, threads=threads).positions
            for seed, threads in ((5, 1), (5, 3), (6, 3))
        )
        assert one.tobytes() == same.tobytes()
        assert (one != other).any()
    first, again = (psysal.scanpath(photograph, inhibition=0.3, seed=seed).x for seed in (0, 1))
    assert first.tobytes() == again.tobytes()


def test_people_s_saccades_are_shorter_and_straighter_than_places_alone_make_them():
    even = np.ones((300, 400))
    moves = {}
    for rule in DRAWN:
        path = simulate_scanpath(even, rule=rule, inhibition=0, viewers=400, ppd=12, fixations=12)
        moves[rule] = np.diff(path.positions, axis=1)
    amplitude = {rule: np.median(np.hypot(*move.T)) / 12 for rule, move in moves.items()}
    assert amplitude["saccades"] < 0.8 * amplitude["density"]
    onward = {
        rule: (np.einsum("nkd,nkd->nk", move[:, 1:], move[:, :-1]) > 0).mean()
        for rule, move in moves.items()
    }
    assert onward["saccades"] > onward["density"] + 0.1


@pytest.mark.parametrize("model", model_names("saliency", "baseline"))
def test_every_model_has_scanpaths(photograph, model):
    path = psysal.scanpath(photograph, model=model, rule="density", fixations=2, ppd=16)
    assert path.shape == (75, 110)
    assert path.ppd == 16
    saliency = psysal.saliency(
        photograph, model=model, normalize=None, dtype="float64",
        ppd=16 if model.startswith("murray") else None,
    )  # fmt: skip
    expected = simulate_scanpath(saliency, rule="density", fixations=2, ppd=16)
    np.testing.assert_array_equal(path.positions, expected.positions)


def test_a_model_s_own_ppd_is_that_of_the_scanpath(photograph):
    model = psysal.Murray2011(ppd=20)
    assert psysal.scanpath(photograph, model=model, fixations=1).ppd == 20
    assert psysal.scanpath(photograph, model=model, fixations=1, ppd=20).ppd == 20
    with pytest.raises(ValueError, match=r"ppd must be that of the model, 20, got 30"):
        psysal.scanpath(photograph, model=model, fixations=1, ppd=30)


def test_a_table_has_the_start_as_an_experiment_has_it(rng):
    path = simulate_scanpath(rng.random((20, 30)), rule="density", fixations=3, viewers=2)
    table = path.table("cat.png")
    assert isinstance(table, Fixations)
    assert table.order.tolist() == [0, 1, 2, 3] * 2
    assert table.subject.tolist() == [1] * 4 + [2] * 4
    assert table.x[table.order == 0].tolist() == [15, 15]
    np.testing.assert_array_equal(table.without_first().x, path.x.ravel())
    alone = simulate_scanpath(rng.random((20, 30)), rule="density", fixations=3, start=None)
    np.testing.assert_array_equal(alone.table("cat.png").y, alone.y)


MAP = np.linspace(0, 1, 96).reshape(8, 12)
NO_PLACE = r"fixations \(1000\) are more than there are places to look at, which are \d"
NONE_LEFT = (
    r"fixations must have places left to look at, got none after \d+ of them, the start included"
)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rule": "loser"}, r"rule must be one of winner, density, saccades, got 'loser'"),
        ({"fixations": 0}, "fixations must be a whole number from 1 on, got 0"),
        ({"fixations": 2.5}, "fixations must be a whole number from 1 on, got 2.5"),
        ({"seed": -1}, "seed must be a whole number from 0 on"),
        ({"viewers": 3}, "viewers must be left out"),
        ({"viewers": 0, "rule": "density"}, "viewers must be a whole number from 1 on"),
        ({"ppd": 0}, "ppd must be a positive number"),
        ({"inhibition": 0}, "inhibition must be positive with"),
        ({"inhibition": -1, "rule": "density"}, "inhibition must be a radius in degrees from 0 on"),
        ({"inhibition": nan}, "inhibition must be a radius"),
        ({"inhibition": inf}, "inhibition must be a radius"),
        ({"inhibition": "1"}, "inhibition must be a radius"),
        ({"inhibition": True}, "inhibition must be a radius"),
        ({"start": "left"}, "start must be"),
        ({"start": (1, 2, 3)}, "start must be"),
        ({"start": 5}, "start must be"),
        ({"start": (12, 3)}, r"start must lie on the image of 12 x 8 pixels, got \(12, 3\)"),
        ({"start": (nan, 3)}, "start must lie on the image"),
        ({"fixations": 1000, "ppd": 0.5}, NO_PLACE),
        ({"fixations": 2, "inhibition": 9, "rule": "density"}, NONE_LEFT),
        ({"fixations": 2, "inhibition": 9, "rule": "saccades"}, NONE_LEFT),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        simulate_scanpath(MAP, **options)


@pytest.mark.parametrize("value", [0, 1, -3.5])
@pytest.mark.parametrize("start", ["center", None])
def test_a_map_without_a_maximum_has_no_winner_and_is_drawn_from_evenly(value, start):
    even = np.full((6, 8), float(value))
    with pytest.raises(ValueError, match="saliency must have a maximum, got a constant map"):
        simulate_scanpath(even, start=start)
    np.testing.assert_allclose(next_density(even, [], [], rule="density"), 1 / 48)
    simulate_scanpath(even, rule="saccades", start=start)


def test_a_map_ends_where_nothing_stands_out_any_more():
    saliency = np.zeros((40, 40))
    saliency[5, 5], saliency[30, 30] = 1, 2
    assert len(simulate_scanpath(saliency, fixations=2, ppd=2).x) == 2
    with pytest.raises(ValueError, match=r"fixations \(3\) .* which are 2; lower"):
        simulate_scanpath(saliency, fixations=3, ppd=2)


@pytest.mark.parametrize("bad", [[[nan, 1.0]], [[inf, 1.0]], [], [1.0, 2.0], np.ones((2, 3, 3))])
@pytest.mark.parametrize("rule", RULES)
def test_what_is_no_map(bad, rule):
    with pytest.raises(ValueError, match="saliency"):
        simulate_scanpath(bad, rule=rule)


@pytest.mark.parametrize("share", [0.00095, 0.00105])
def test_a_thousandth_of_the_density_is_a_place(share):
    def after_the_first():
        return next_density([[1 - share, share]], [0.5], [0.5], inhibition=0.2, ppd=1)

    if share > 0.001:
        np.testing.assert_allclose(after_the_first(), [[0, 1]])
    else:
        with pytest.raises(ValueError, match=NONE_LEFT):
            after_the_first()


@pytest.mark.parametrize(
    ("x", "y"), [([1.0], []), ([nan], [1.0]), ([1.0], [inf]), (1.0, 2.0), ([[1.0]], [[1.0]])]
)
def test_earlier_fixations_are_finite_and_in_pairs(x, y):
    with pytest.raises(ValueError, match="x and y must be finite and equally long"):
        next_density(MAP, x, y)


def test_the_winner_has_no_density():
    with pytest.raises(ValueError, match="rule must be density or saccades, got 'winner'"):
        next_density(MAP, [], [], rule="winner")


def test_a_constant_image_has_no_winner():
    with pytest.raises(ValueError, match="got a constant map; choose another model"):
        psysal.scanpath(np.full((20, 30, 3), 0.5))
