"""Figures of illusions show the display, the percept, and numbers that are those of the model."""

import numpy as np
import pytest

plots = pytest.importorskip("psysal.plots")
pytest.importorskip("matplotlib")
from matplotlib.figure import Figure  # noqa: E402

import psysal  # noqa: E402
from psysal import stimuli  # noqa: E402

MODEL = psysal.Otazu2010(ppd=16)


@pytest.fixture
def ax():
    return Figure().add_subplot()


@pytest.fixture(scope="module")
def display():
    return stimuli.simultaneous_contrast(ppd=16)


def test_induction_is_the_difference_of_the_targets_as_seen(display):
    percept = MODEL(display.image)
    more, less = (percept[mask].mean() for mask in display.target_masks)
    assert plots.induction(display, MODEL) == pytest.approx(more - less, abs=1e-6)
    assert plots.induction(display, MODEL) > 0.1


def test_induction_of_color_is_read_from_its_opponent_channel():
    display = stimuli.chromatic_simultaneous_contrast(ppd=16)
    assert plots.induction(display, MODEL) == pytest.approx(0.319, abs=0.0006)  # docs/displays.md
    with pytest.raises(ValueError, match="about color, which Otazu2008 does not see"):
        plots.induction(display, psysal.Otazu2008())


def test_a_search_display_is_no_illusion():
    with pytest.raises(ValueError, match="two targets was expected, search_color has 1"):
        plots.induction(stimuli.search_color(), MODEL)


def test_a_profile_runs_through_both_targets_as_shown_and_as_seen(display, ax):
    plots.profile(display, MODEL, ax=ax)
    shown, percept = (line.get_ydata() for line in ax.lines)
    middle = display.image.shape[0] // 2
    np.testing.assert_array_equal(shown, display.image[middle])
    np.testing.assert_allclose(percept, MODEL(display.image)[middle], atol=1e-6)
    assert ax.lines[0].get_xdata()[-1] == pytest.approx(display.visual_size[1], abs=1 / 16)


def test_matched_patches_say_the_mean_of_each_target(display, ax):
    plots.matched(display, MODEL, ax=ax)
    numbers = [float(text.get_text()) for text in ax.texts]
    percept = MODEL(display.image)
    means = [float(percept[mask].mean()) for mask in display.target_masks]
    assert numbers[:2] == [0.5, 0.5]
    assert numbers[2:] == pytest.approx(means, abs=0.0006)
    picture = ax.images[0].get_array()
    assert picture[3, 1, 0] == pytest.approx(means[0], abs=1e-5)


def test_an_illusion_is_four_pictures(display):
    figure = plots.illusion(display, MODEL)
    assert [ax.get_title() for ax in figure.axes][:2] == ["shown", "as it looks"]
    assert len(figure.axes) == 4
    np.testing.assert_allclose(figure.axes[0].images[0].get_array()[:, :, 1], display.image)


@pytest.mark.parametrize(
    ("make", "model"),
    [
        (stimuli.white, psysal.Otazu2008(ppd=16)),
        (stimuli.chromatic_simultaneous_contrast, MODEL),
        (stimuli.simultaneous_contrast, psysal.Otazu2008(wavelet="haar")),
    ],
)
def test_levels_add_up_to_the_induction(make, model, ax):
    display = make(ppd=16)
    plots.induction_by_level(display, model, ax=ax)
    whole = plots.induction(display, model)
    assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(whole, abs=1e-5)
    assert ax.get_title() == f"in all {whole:+.3f}"


def test_lightness_of_a_model_of_color_is_no_sum_over_levels(display, ax):
    with pytest.raises(ValueError, match=r"take psysal\.Otazu2008\(\) for lightness"):
        plots.induction_by_level(display, MODEL, ax=ax)
