"""Counts of saccades are those of a plain loop, and those that come with psysal are of OSIE."""

import math

import numpy as np
import pytest

from psysal.gaze import Fixations, dataset
from psysal.scanpaths import Saccades, learn_saccades, people_saccades


def counted(fixations, ppd):
    counts = np.zeros((41, 12), int)
    for image in fixations.images:
        for subject in fixations.subjects:
            own = fixations.of(image)
            rows = [k for k in np.argsort(own.order) if own.subject[k] == subject]
            path = [(own.x[k] / ppd, own.y[k] / ppd) for k in rows]
            for a, b, c in zip(path, path[1:], path[2:], strict=False):
                u, v = (math.atan2(q[1] - p[1], q[0] - p[0]) for p, q in ((a, b), (b, c)))
                turn = abs(math.degrees(v - u))
                row = min(int(math.dist(b, c) * 2), 40)
                counts[row, min(int(min(turn, 360 - turn) / 15), 11)] += 1
    return counts


@pytest.fixture
def fixations(rng):
    image, subject = rng.choice(["cat", "dog", "owl"], 400), rng.integers(1, 5, 400)
    return Fixations(image, subject, rng.permutation(400), *rng.uniform(0, 700, (2, 400)))


def test_saccades_are_counted_by_amplitude_and_turn(fixations):
    learned = learn_saccades(fixations, ppd=24)
    np.testing.assert_array_equal(learned.people, counted(fixations, 24))
    assert learned.people[40].sum() > 0  # some are longer than the last bin begins


def test_chance_deals_out_the_fixations_of_an_image_anew(fixations):
    one, same, other = (learn_saccades(fixations, ppd=24, seed=seed).chance for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
    assert one.sum() == learn_saccades(fixations, ppd=24).people.sum()
    apart = np.where(fixations.image == "dog", 5000.0, 0.0)  # images never mix
    far = fixations.replaced(x=fixations.x / 100 + apart, y=fixations.y / 100)
    assert learn_saccades(far, ppd=24).chance[20:].sum() == 0


def test_without_three_fixations_nothing_is_learned():
    with pytest.raises(ValueError, match="a scanpath of three at least, got none"):
        learn_saccades(Fixations(["cat"] * 2, [1, 1], [0, 1], [1, 2], [1, 2]), ppd=24)


@pytest.mark.parametrize("ppd", [None, 0, -3, float("nan")])
def test_saccades_are_in_degrees(fixations, ppd):
    with pytest.raises(ValueError, match="ppd"):
        learn_saccades(fixations, ppd)


def test_bins_without_saccades_have_a_ratio():
    none = Saccades(np.zeros((41, 12), int), np.zeros((41, 12), int))
    assert none.ratio(np.array([0.0, 99.0]), np.array([0.0, 180.0])).tolist() == [1, 1]
    assert none.ratio(np.array([3.0])).tolist() == [1]
    assert people_saccades().largest == people_saccades().ratio(
        *np.array(np.meshgrid(np.arange(41) / 2, np.arange(12) * 15.0)).reshape(2, -1)
    ).max()  # fmt: skip


def test_the_counts_that_come_with_psysal_are_those_of_osie(data):
    people = dataset(data / "osie")
    learned = learn_saccades(people.fixations, people.ppd)
    np.testing.assert_array_equal(learned.people, people_saccades().people)
    np.testing.assert_array_equal(learned.chance, people_saccades().chance)
