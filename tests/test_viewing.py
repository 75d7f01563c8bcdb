"""Pixels, degrees, cycles per degree and levels."""

import numpy as np
import pytest

from psysal.viewing import Viewing, check_ppd, level_at, level_shift, peak_frequency


def test_a_degree_at_57_cm_is_a_centimeter():
    viewing = Viewing(distance=57.29, width=40, pixels=1600)
    assert viewing.ppd == pytest.approx(40, rel=1e-3)
    assert viewing.degrees(80) == pytest.approx(2, rel=1e-3)
    assert viewing.to_pixels(viewing.degrees(123)) == pytest.approx(123)


def test_twice_the_distance_is_twice_the_pixels_per_degree():
    near, far = (Viewing(distance=d, width=30, pixels=1000).ppd for d in (50, 100))
    assert far == pytest.approx(2 * near)


def test_what_agrees_may_be_said_twice():
    screen = Viewing(distance=57.29, width=40, pixels=1600)
    assert Viewing(ppd=40, distance=57.29, width=40, pixels=1600) == screen


def test_levels_and_frequencies_are_each_others_inverse():
    for ppd in (16, 32, 64):
        for level in (1, 2.5, 7):
            assert level_at(peak_frequency(level, ppd), ppd) == pytest.approx(level)
    assert level_at(0.42 * 32 / 16) == pytest.approx(4)


def test_a_level_is_half_the_frequency_of_the_one_before():
    np.testing.assert_allclose(peak_frequency(3, 40), 2 * peak_frequency(4, 40))


def test_twice_the_pixels_per_degree_are_one_level():
    assert level_shift(80) == pytest.approx(level_shift(40) + 1)
    assert level_shift(31.28, reference=31.28) == 0
    assert level_shift(Viewing(ppd=64)) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "needs ppd, or distance, width and pixels together; distance, width, pixels are"),
        ({"distance": 50, "width": 40}, "pixels is missing"),
        ({"ppd": 30, "width": 40}, "distance, pixels are missing"),
        ({"ppd": 0}, "ppd must be a positive number, got 0"),
        ({"ppd": float("nan")}, "ppd must be a positive number, got nan"),
        ({"ppd": "forty"}, "ppd must be a positive number, got 'forty'"),
        ({"distance": -1, "width": 40, "pixels": 9}, "distance must be a positive number, got -1"),
        (
            {"ppd": 30, "distance": 57.29, "width": 40, "pixels": 1600},
            "ppd=30 contradicts distance=57.29, width=40 and pixels=1600, which make 40 pixels",
        ),
    ],
)
def test_what_is_missing_or_contradictory_is_named(given, message):
    with pytest.raises(ValueError, match=message):
        Viewing(**given)


@pytest.mark.parametrize("ppd", [0, -3, float("nan"), float("inf"), "x", [1, 2]])
def test_pixels_per_degree_are_positive(ppd):
    with pytest.raises(ValueError, match="ppd must be a positive number of pixels per degree"):
        check_ppd(ppd)


@pytest.mark.parametrize("frequency", [0, -1, float("nan")])
def test_frequencies_are_positive(frequency):
    with pytest.raises(ValueError, match="frequency must be a positive number of cycles"):
        level_at(frequency)
