"""The figure of a scanpath: its fixations in order, its saccades, its start."""

from itertools import pairwise

import numpy as np
import pytest

plots = pytest.importorskip("psysal.plots")
pytest.importorskip("matplotlib")
from matplotlib.figure import Figure  # noqa: E402

from psysal.scanpaths import simulate_scanpath  # noqa: E402


@pytest.fixture
def ax():
    return Figure().add_subplot()


@pytest.mark.parametrize("start", ["center", None])
def test_fixations_are_numbered_and_joined_by_arrows(ax, photograph, rng, start):
    path = simulate_scanpath(rng.random((75, 110)), fixations=3, start=start)
    plots.scanpath(photograph, path, title="three", ax=ax)
    (dots,) = ax.collections
    places = (path.positions - 0.5).tolist()  # pixels are centered on integers
    assert dots.get_offsets().tolist() == places
    numbers = [text for text in ax.texts if text.get_text()]
    assert [(text.get_text(), list(text.xy)) for text in numbers] == list(
        zip("123", places, strict=True)
    )
    arrows = [text for text in ax.texts if text.arrow_patch]
    stops = [[54.5, 37.0], *places] if start else places
    assert [[list(a.xyann), list(a.xy)] for a in arrows] == [list(pair) for pair in pairwise(stops)]
    assert [line.get_xydata().tolist() for line in ax.lines] == ([stops[:1]] if start else [])
    assert ax.get_title() == "three"


def test_fixations_of_a_person_are_a_scanpath_without_a_start(ax, photograph):
    plots.scanpath(photograph, [[5, 5], [9, 30], [50, 2]], ax=ax)
    assert [text.get_text() for text in ax.texts if text.get_text()] == ["1", "2", "3"]
    assert ax.collections[0].get_offsets().tolist() == [[4.5, 4.5], [8.5, 29.5], [49.5, 1.5]]
    assert sum(text.arrow_patch is not None for text in ax.texts) == 2
    assert not ax.lines


@pytest.mark.parametrize("path", [[5, 5, 9, 30], [], [[1, 2, 3]]])
def test_what_is_no_list_of_positions_is_refused(ax, photograph, path):
    with pytest.raises(ValueError, match="path must"):
        plots.scanpath(photograph, path, ax=ax)


def test_many_viewers_are_dots(ax, photograph, rng):
    saliency = rng.random((75, 110))
    path = simulate_scanpath(saliency, rule="density", viewers=5, fixations=3)
    plots.scanpath(photograph, path, saliency=saliency, ax=ax)
    (dots,) = ax.collections
    np.testing.assert_array_equal(dots.get_offsets(), path.positions.reshape(-1, 2) - 0.5)
    assert not ax.texts


def test_a_scanpath_of_another_photograph_is_refused(ax, photograph, rng):
    path = simulate_scanpath(rng.random((200, 300)), fixations=2, start=None, ppd=60)
    with pytest.raises(ValueError, match="path must lie on the map of 110 x 75"):
        plots.scanpath(photograph, path, ax=ax)
