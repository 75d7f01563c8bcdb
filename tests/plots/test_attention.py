"""Figures of attention show what the metrics compute, and where people looked."""

import numpy as np
import pytest

plots = pytest.importorskip("psysal.plots")
pytest.importorskip("matplotlib")
from matplotlib.figure import Figure  # noqa: E402

from psysal.evaluation import metrics  # noqa: E402
from psysal.evaluation.density import map_to_density  # noqa: E402
from psysal.evaluation.divergences import DIVERGENCES  # noqa: E402

SHAPE = 30, 40


@pytest.fixture
def ax():
    return Figure().add_subplot()


@pytest.fixture
def saliency(rng):
    return rng.gamma(1, size=SHAPE).round(1)  # with ties


@pytest.fixture
def seen(rng):
    return rng.uniform(0, [40, 30], (25, 2))


@pytest.mark.parametrize("shuffled", [False, True])
def test_the_area_under_the_curve_is_the_auc(ax, saliency, seen, rng, shuffled):
    others = rng.uniform(0, [40, 30], (60, 2)) if shuffled else None
    plots.roc({"noise": saliency}, seen, others=others, ax=ax)
    expected = (
        metrics.shuffled_auc(saliency, seen, others) if shuffled else metrics.auc(saliency, seen)
    )
    curve = ax.lines[1]
    assert np.trapezoid(curve.get_ydata(), curve.get_xdata()) == pytest.approx(expected, abs=1e-12)
    assert curve.get_label() == f"noise: {expected:.3f}"
    assert curve.get_xydata()[[0, -1]].tolist() == [[0, 0], [1, 1]]


def test_curves_of_several_maps_are_told_apart_without_color(ax, saliency, seen):
    plots.roc({"a": saliency, "b": -saliency, "c": saliency**2}, seen, ax=ax)
    assert len({line.get_linestyle() for line in ax.lines[1:]}) == 3
    with pytest.raises(ValueError, match="one to 4 maps, got 5"):
        plots.roc(dict.fromkeys("abcde", saliency), seen, ax=ax)


def test_a_fixation_is_drawn_in_its_pixel(ax, photograph):
    plots.fixations(photograph, [[0.5, 0.5], [109.5, 74.5]], ax=ax)
    (dots,) = ax.collections
    assert dots.get_offsets().tolist() == [[0, 0], [109, 74]]  # pixels are centered on integers
    assert ax.images[0].get_array().shape == photograph.shape


def test_a_photograph_without_fixations_is_shown_as_it_is(ax, photograph):
    assert plots.fixations(photograph, np.empty((0, 2)), ax=ax) is ax
    np.testing.assert_allclose(ax.images[0].get_array(), photograph / 255, atol=1e-6)
    assert not ax.collections


def test_positions_and_maps_that_do_not_fit_are_refused(ax, photograph):
    with pytest.raises(ValueError, match="positions must lie on the map of 110 x 75"):
        plots.fixations(photograph, [[200, 1]], ax=ax)
    with pytest.raises(ValueError, match="saliency must have the size of the image"):
        plots.fixations(photograph, [[1, 1]], saliency=np.ones((3, 3)), ax=ax)


def test_panels_say_the_scores_of_their_metrics(saliency, seen, rng):
    others, density = rng.uniform(0, [40, 30], (60, 2)), rng.gamma(1, size=SHAPE)
    figure = plots.metric_panels(saliency, seen, density, others=others, baseline=np.ones(SHAPE))
    said = dict(ax.get_title().split("\n")[0].rsplit(" ", 1) for ax in figure.axes[:7])
    expected = {
        "AUC": metrics.auc(saliency, seen),
        "shuffled AUC": metrics.shuffled_auc(saliency, seen, others),
        "NSS": metrics.nss(saliency, seen),
        "CC": metrics.cc(saliency, density),
        "similarity": metrics.similarity(map_to_density(saliency), density),
        "KL": metrics.kl(density, map_to_density(saliency)),
        "information gain": metrics.information_gain(
            map_to_density(saliency), np.ones(SHAPE), seen
        ),
    }
    assert {name: float(score) for name, score in said.items()} == {
        name: round(score, 2) for name, score in expected.items()
    }


def test_panels_add_up_to_the_scores(saliency, seen):
    density = map_to_density(saliency[::-1])
    panels = plots.metric_panels(saliency, seen, density, others=seen, baseline=np.ones(SHAPE)).axes
    shown = {
        ax.get_title().split("\n")[0].rsplit(" ", 1)[0]: ax.images[0].get_array() for ax in panels
    }
    x, y = seen.astype(int).T
    assert shown["NSS"][y, x].mean() == pytest.approx(metrics.nss(saliency, seen))
    assert shown["CC"].mean() == pytest.approx(metrics.cc(saliency, density))
    assert shown["similarity"].sum() == pytest.approx(
        metrics.similarity(map_to_density(saliency), density)
    )
    assert -shown["KL"].sum() == pytest.approx(metrics.kl(density, map_to_density(saliency)))


def test_the_nearest_density_is_framed_by_every_divergence(rng):
    target = rng.gamma(2, size=SHAPE)
    near, far = target + 0.05, np.ones(SHAPE)
    figure = plots.divergences(target, {"far": far, "near": near})
    table = figure.axes[-1]
    assert [frame.get_x() for frame in table.patches] == [1 - 0.47] * len(DIVERGENCES)
    first = float(table.texts[0].get_text())
    assert first == pytest.approx(metrics.kl(target, far), rel=0.005)
    with pytest.raises(ValueError, match="far must be positive everywhere, got zeros"):
        plots.divergences(target, {"far": far * 0 + np.eye(*SHAPE)})


def test_every_map_has_its_name_and_the_fixations(saliency, seen):
    figure = plots.maps({"one": saliency, "half": saliency / 2}, seen)
    assert [ax.get_title() for ax in figure.axes] == ["one", "half"]
    assert all(len(ax.collections[0].get_offsets()) == 25 for ax in figure.axes)


def test_a_learning_curve_marks_where_to_stop(ax):
    plots.learning_curve([3, 2, 1.5, 1], [3.2, 2.5, 2.1, 2.4], lines={"the law": 0.9}, ax=ax)
    assert [text.get_text() for text in ax.texts] == ["stop here (3)"]
    labels = [line.get_label() for line in ax.lines]
    assert labels[:3] == ["the law", "training", "held out"]
