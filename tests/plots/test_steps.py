"""Figures of single steps: what is drawn is what was computed, where it was asked for."""

import re
import sys

import numpy as np
import pytest

pytest.importorskip("matplotlib")
plots = pytest.importorskip("psysal.plots")
import skimage.data  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

import psysal  # noqa: E402
from psysal.vision.color import opponent  # noqa: E402
from psysal.vision.contrast import Windows, center_surround  # noqa: E402
from psysal.vision.wavelet import forward  # noqa: E402

PICTURE = skimage.data.coffee()[::4, ::4]


@pytest.fixture
def ax():
    return Figure().add_subplot()


def shown(ax):
    (image,) = ax.images
    return np.asarray(image.get_array())


ONE_PICTURE = {
    "photograph": lambda **where: plots.photograph(PICTURE, **where),
    "saliency_map": lambda **where: plots.saliency_map(np.eye(4), **where),
    "overlay": lambda **where: plots.overlay(PICTURE, np.ones(PICTURE.shape[:2]), **where),
    "plane": lambda **where: plots.plane(np.eye(4) - 0.5, **where),
    "outline": lambda **where: plots.outline(np.eye(4), **where),
    "ecsf": lambda **where: plots.ecsf(psysal.Murray2011(), **where),
    "by_level": lambda **where: plots.by_level({"a": [1, 2]}, label="b", **where),
}


@pytest.mark.parametrize("draw", ONE_PICTURE.values(), ids=ONE_PICTURE)
def test_one_picture_is_drawn_on_the_axes_given_without_pyplot(draw, ax, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    assert draw(ax=ax) is ax
    assert ax.has_data()
    ax.figure.canvas.draw()


@pytest.mark.parametrize("draw", ONE_PICTURE.values(), ids=ONE_PICTURE)
def test_or_on_those_that_pyplot_draws_on(draw):
    import matplotlib.pyplot as plt

    plt.switch_backend("agg")
    figure, (first, second) = plt.subplots(1, 2)
    plt.sca(first)
    assert draw() is first
    assert not second.has_data()
    plt.close(figure)


def test_a_figure_is_shown_by_jupyter_whether_or_not_pyplot_was_imported():
    assert plots.windows((3, 5))._repr_png_().startswith(b"\x89PNG")


def test_channels_are_the_opponent_channels():
    pictures = [ax for ax in plots.channels(PICTURE).axes if ax.images]
    for ax, expected in zip(pictures[1:], opponent(PICTURE), strict=True):
        np.testing.assert_array_equal(shown(ax), expected)
    for ax in pictures[1:3]:
        low, high = ax.images[0].get_clim()
        assert low == -high


def test_planes_are_drawn_without_what_pads_them_to_a_square():
    values, _ = forward(opponent(PICTURE)[2], 3)
    figure = plots.planes(values, area=PICTURE.shape[:2])
    drawn = np.array(figure.axes).reshape(3, 3)
    for s, (rows, cols) in enumerate([(100, 150), (50, 75), (25, 38)]):
        for o in range(3):
            np.testing.assert_array_equal(shown(drawn[o, s]), values[s][o, :rows, :cols])
    contrast = [center_surround(level, Windows(3, 6)) for level in values]
    for ax in plots.planes(contrast, signs=False).axes:
        assert ax.images[0].get_clim() == (0, 1)


def test_windows_have_as_many_samples_as_the_paper_says():
    figure = plots.windows((13, 26))
    counts = [[(shown(ax) == part).sum() for part in (2, 1)] for ax in figure.axes]
    assert counts == [[13, 52], [13, 52], [25, 104]]


def test_the_sensitivity_of_a_level_stands_at_its_frequency(ax):
    plots.ecsf(psysal.Murray2011(ppd=64), ax=ax)
    curve, points = ax.lines[3], ax.lines[4]  # of intensity, after the three of color
    at, gains = points.get_data()
    assert at[4] == pytest.approx(0.42 * 64 / 2**5)
    assert gains[4] == pytest.approx(4.981624)  # level 5 at 64 pixels per degree, as 4 at 32
    np.testing.assert_allclose(np.interp(at, *curve.get_data()), gains, atol=0.01)
    assert curve.get_xdata()[curve.get_ydata().argmax()] == pytest.approx(0.84, rel=0.03)


def test_contributions_add_up_to_the_channel_map_and_their_shares_to_all():
    model = psysal.Murray2011()
    figure = plots.contributions(model, PICTURE)
    rows = np.array(figure.axes).reshape(3, -1)
    parts, maps = model.contributions(PICTURE), model.stages(PICTURE).channel_maps
    for row, pedestal, expected in zip(rows, parts.pedestal, maps, strict=True):
        added = sum(shown(ax) for ax in row[:-1])
        np.testing.assert_allclose(shown(row[-1]), added, atol=1e-10)
        np.testing.assert_allclose(pedestal + added, expected, rtol=1e-4)
        shares = [int(re.search(r"(\d+)%", ax.get_title())[1]) for ax in row[:-1]]
        assert sum(shares) == pytest.approx(100, abs=3)


def test_a_map_of_another_picture_is_refused(ax):
    with pytest.raises(ValueError, match=r"size of the image, \(100, 150\), got \(4, 4\)"):
        plots.overlay(PICTURE, np.eye(4), ax=ax)


def test_more_curves_than_can_be_told_apart_are_refused(ax):
    with pytest.raises(ValueError, match="one to 4 curves, got 5"):
        plots.by_level({str(k): [1] for k in range(5)}, label="", ax=ax)


def test_curves_differ_by_marker_and_not_by_color_alone(ax):
    plots.by_level({str(k): [1, 2] for k in range(4)}, label="", ax=ax)
    assert len({line.get_marker() for line in ax.lines}) == 4
    assert len({line.get_linestyle() for line in ax.lines}) == 4
