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
    letters, numbers = zip(*(text.get_text().split() for text in ax.texts), strict=True)
    percept = MODEL(display.image)
    means = [float(percept[mask].mean()) for mask in display.target_masks]
    assert letters == ("A", "B", "A", "B")
    assert [float(number) for number in numbers] == pytest.approx([0.5, 0.5, *means], abs=0.0006)
    picture = ax.images[0].get_array()
    assert (picture[1, 1:9] == 0.5).all()  # no edge between equal targets
    assert picture[3, [1, 8], 0].tolist() == pytest.approx(means, abs=1e-3)  # but what is clipped


def test_an_illusion_is_four_pictures_and_what_people_and_the_model_say(display):
    figure = plots.illusion(display, MODEL)
    assert [ax.get_title() for ax in figure.axes][:2] == ["shown", "as it looks"]
    assert len(figure.axes) == 4
    np.testing.assert_allclose(figure.axes[0].images[0].get_array()[:, :, 1], display.image)
    induced = plots.induction(display, MODEL)
    assert [text.get_text() for text in figure.texts] == [
        f"People: {display.report}",
        f"Otazu2010: A looks lighter than B by {induced:.3f}, as people report.",
    ]


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("todorovic", "A looks darker than B by 0.021, the reverse of what people report."),
        ("cornsweet", "A and B look alike; the model does not see the illusion."),
    ],
)
def test_an_illusion_says_where_the_model_fails(name, verdict):  # docs/displays.md, at 16 px/deg
    figure = plots.illusion(stimuli.DISPLAYS[name](ppd=16), MODEL)
    assert figure.texts[-1].get_text() == f"Otazu2010: {verdict}"


def test_a_display_for_another_distance_than_the_model_is_remarked(display):
    figure = plots.illusion(display, psysal.Otazu2010())
    last = figure.texts[-1].get_text()
    assert last == "The display is for 16 px/deg, the model for 32 px/deg."


@pytest.mark.parametrize(
    "name", [name for name, draw in stimuli.DISPLAYS.items() if len(draw().target_masks) == 2]
)
def test_the_profile_of_every_illusion_crosses_both_targets(name, ax):
    display = stimuli.DISPLAYS[name](ppd=16)
    plots.profile(display, MODEL, ax=ax)
    assert sorted(text.get_text() for text in ax.texts) == ["A", "B"]
    low, high = ax.get_ylim()
    shown = ax.lines[0].get_ydata()
    assert low < shown.min() <= shown.max() < high  # overshoots are cut, the display is not


def test_the_difference_of_a_color_has_that_color():
    grey, shift = np.full((20, 30, 3), 0.5), np.array([0.2, -0.1, 0])
    panels = [ax for ax in plots.difference(grey, grey + shift).axes if ax.images]
    looks = {ax.get_title(): ax.images[0] for ax in panels}
    assert list(looks) == ["shown", "as it looks", "lightness", "red-green", "yellow-blue"]
    for name, expected in {"lightness": 0.1 / 3, "red-green": 0.3, "yellow-blue": 0.05}.items():
        np.testing.assert_allclose(looks[name].get_array(), expected, atol=1e-12)
    red, _, blue, _ = looks["red-green"].to_rgba(0.3)
    assert red > 2 * blue


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
