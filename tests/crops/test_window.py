"""The window of a crop: most of what is looked at, whole objects, the middle where all is alike."""

import numpy as np
import pytest
from support import oracles

from psysal.crops import best_window, largest_window

WINDOWS = [
    ((24, 32), (24, 24), (6, 8)), ((24, 32), (17, 23), (6, 8)), ((30, 20), (10, 20), (5, 7)),
    ((16, 21), (8, 10), (16, 21)), ((12, 40), (7, 9), (24, 11)), ((15, 15), (1, 1), (5, 5)),
    ((15, 15), (15, 15), (5, 5)), ((9, 31), (9, 1), (9, 4)),
]  # fmt: skip


def blobs(shape, *places):
    """A density of Gaussians at (row, col, sigma, height)."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    density = sum(h * np.exp(-((y - r) ** 2 + (x - c) ** 2) / (2 * s**2)) for r, c, s, h in places)
    return density / density.sum()


@pytest.mark.parametrize(("shape", "size", "grid"), WINDOWS)
def test_the_window_is_that_of_the_slow_twin(shape, size, grid, rng):
    density = rng.random(grid) ** 4
    density /= density.sum()
    left, top, right, bottom, _ = best_window(density, shape, size)
    assert (right - left, bottom - top) == size[::-1]
    assert (left, top) == oracles.best_window(density, shape, size)


SENSITIVE = (8, 13, 71, 75, 165, 183, 301, 414, 813, 991, 1174)
"""Seeds of densities whose window is another if a constant is a tenth larger or smaller."""


@pytest.mark.parametrize("seed", SENSITIVE)
def test_windows_that_every_constant_moves_are_those_of_the_slow_twin(seed):
    density = np.random.default_rng(seed).random((5, 30)) ** 4
    density /= density.sum()
    shape, size = (40, 120), (40, 40)
    assert best_window(density, shape, size)[:2] == oracles.best_window(density, shape, size)


@pytest.mark.parametrize(("shape", "size", "grid"), WINDOWS)
def test_all_that_is_alike_is_cut_about_the_middle(shape, size, grid):
    left, top, right, bottom, kept = best_window(np.full(grid, 1 / np.prod(grid)), shape, size)
    assert abs(left - (shape[1] - right)) <= 1
    assert abs(top - (shape[0] - bottom)) <= 1
    assert kept == pytest.approx(np.prod(size) / np.prod(shape))


def test_the_share_kept_is_that_of_the_pixels_inside(rng):
    density = rng.random((60, 80))
    density /= density.sum()
    left, top, right, bottom, kept = best_window(density, (60, 80), (33, 21))
    assert kept == pytest.approx(density[top:bottom, left:right].sum())


def test_an_object_is_left_out_rather_than_cut():
    density = blobs((60, 120), (30, 30, 6, 1), (30, 84, 3, 0.6))
    left, _, right, _, _ = best_window(density, (60, 120), (60, 60))
    assert right < 84 - 6  # a window of most density alone, with no cost of cuts, goes up to 84
    assert left < 30 - 12


def test_the_highest_place_is_at_no_edge(rng):
    for _ in range(20):
        density = rng.random((12, 16)) ** 8
        density /= density.sum()
        row, col = np.unravel_index(density.argmax(), density.shape)
        x, y = (col + 0.5) * 10, (row + 0.5) * 10
        left, top, right, bottom, _ = best_window(density, (120, 160), (80, 60))
        inside = left - 6 < x < right + 6 and top - 8 < y < bottom + 8
        beside = [
            abs(x - left) < 6 and left > 0, abs(x - right) < 6 and right < 160,
            abs(y - top) < 8 and top > 0, abs(y - bottom) < 8 and bottom < 120,
        ]  # fmt: skip
        assert not (inside and any(beside))


def test_a_place_that_is_hardly_higher_than_all_others_may_be_at_an_edge():
    found = []
    for ratio in (1.99, 2.01):
        density = np.full((1, 100), 1.0)
        density[:, 20] = ratio * 99 / (100 - ratio)
        density /= density.sum()
        found.append(best_window(density, (10, 100), (10, 60))[:2])
        assert found[-1] == oracles.best_window(density, (10, 100), (10, 60))
    assert found[0] != found[1]


def test_a_large_photograph_is_tried_in_128_steps():
    even = np.full((36, 48), 1 / 1728)
    assert best_window(even, (3000, 4000), (3000, 3000))[:2] == (500, 0)
    density = blobs((36, 48), (18, 30, 4, 1))
    assert best_window(density, (3000, 4000), (3000, 500)).left == round(83 / 128 * 3500)


@pytest.mark.parametrize(
    ("shape", "aspect", "size"),
    [
        ((600, 800), (1, 1), (600, 600)), ((600, 800), (4, 3), (600, 800)),
        ((600, 800), (16, 9), (450, 800)), ((600, 800), (9, 16), (600, 338)),
        ((600, 800), (800, 1), (1, 800)), ((600, 800), (1, 600), (600, 1)),
        ((600, 800), (0.5, 0.25), (400, 800)), ((1, 1), (1, 1), (1, 1)),
    ],
)  # fmt: skip
def test_the_largest_window_touches_two_sides(shape, aspect, size):
    assert largest_window(shape, aspect) == size


@pytest.mark.parametrize(
    "aspect", [(1, 1000), (801, 1), (1e-300, 1e300), (1e300, 1e-300), (5e-324, 1)]
)
def test_a_window_narrower_than_a_pixel_is_refused(aspect):
    said = "the aspect must be one from 1:600 to 800:1 in a photograph of 800 x 600 pixels, got "
    with pytest.raises(ValueError, match=said):
        largest_window((600, 800), aspect)
