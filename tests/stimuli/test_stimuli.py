"""What the displays promise, in sentences: physics, degrees, seeds and errors."""

import inspect

import numpy as np
import pytest
from scipy import ndimage

from psysal import stimuli
from psysal.srgb import to_linear
from psysal.stimuli import DISPLAYS, Display
from psysal.stimuli.canvas import color, isoluminant
from psysal.vision.color import opponent

SEARCHES = [name for name in DISPLAYS if name.startswith("search_")]
ILLUSIONS = [name for name in DISPLAYS if name not in SEARCHES]
CHROMATIC = ["chromatic_simultaneous_contrast", "ring_induction"]


def luminance(image):
    return to_linear(image) @ [0.2126, 0.7152, 0.0722]


def under(display, mask):
    """Linear light under a mask, (pixels, channels)."""
    return to_linear(display.image[mask]).reshape(mask.sum(), -1)


# --- every display -----------------------------------------------------------


@pytest.mark.parametrize("name", DISPLAYS)
def test_every_display_has_a_report_and_a_source(name):
    display = DISPLAYS[name]()
    assert display.name == name == DISPLAYS[name].__name__
    assert display.ppd == 32
    assert display.image.dtype == np.float64
    assert max(display.image.shape) <= 512
    assert display.report.endswith(".")
    assert any(character.isdigit() for character in display.source)
    assert display.dimension in stimuli.DIMENSIONS
    assert (display.dimension == "saliency") == (name in SEARCHES)
    assert len(display.target_masks) == (1 if name in SEARCHES else 2)


@pytest.mark.parametrize("name", DISPLAYS)
def test_parameters_have_names_and_are_documented(name):
    function = DISPLAYS[name]
    for parameter in inspect.signature(function).parameters.values():
        assert parameter.kind is parameter.KEYWORD_ONLY
        assert parameter.default is not parameter.empty
        assert parameter.name in function.__doc__


@pytest.mark.parametrize("name", DISPLAYS)
def test_a_display_cannot_be_changed(name):
    display = DISPLAYS[name]()
    for array in (display.image, *display.target_masks):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize("name", DISPLAYS)
def test_half_the_pixels_per_degree_are_the_same_degrees(name):
    near, far = DISPLAYS[name](), DISPLAYS[name](ppd=16)
    assert far.visual_size == near.visual_size
    assert far.image.shape[:2] == tuple(n // 2 for n in near.image.shape[:2])
    for fine, coarse in zip(near.target_masks, far.target_masks, strict=True):
        assert coarse.mean() == pytest.approx(fine.mean(), rel=0.2)


@pytest.mark.parametrize("name", DISPLAYS)
@pytest.mark.parametrize(
    ("visual_size", "ppd"), [((13, 19), 32), ((17, 16), 21), ((9.7, 18.3), 19.3), (20, 11)]
)
def test_sizes_follow_degrees_times_ppd(name, visual_size, ppd):
    display = DISPLAYS[name](visual_size=visual_size, ppd=ppd)
    height, width = np.broadcast_to(visual_size, 2)
    assert display.image.shape[:2] == (round(height * ppd), round(width * ppd))
    assert display.visual_size == pytest.approx((height, width), abs=0.5 / ppd)


SMALL = {
    "simultaneous_contrast": {"target_size": 0.3},
    "chevreul": {"target_width": 0.05},
    "mach_bands": {"ramp_width": 0.3, "target_width": 0.1},
    "cornsweet": {"ramp_width": 0.2},
    "hermann_grid": {"block_size": 0.2, "street_width": 0.1},
    "white": {"bar_width": 0.1, "target_height": 0.3},
    "grating_induction": {"frequency": 2, "target_height": 0.2},
    "todorovic": {"target_size": 0.4, "cover_size": 0.1},
    "dungeon": {"n_discs": 3, "disc_size": 0.1},
    "checker_shadow": {},
    "chromatic_simultaneous_contrast": {"target_size": (0.2, 0.1)},
    "ring_induction": {"ring_width": 0.05},
    "search_color": {"set_size": 4, "item_size": 0.2},
    "search_orientation": {"set_size": 4, "bar_length": 0.25, "bar_width": 0.1},
    "search_size": {"set_size": 4, "item_size": 0.1},
    "search_contrast": {"set_size": 4, "item_size": 0.2},
    "search_density": {"set_size": 4, "item_size": 0.35, "dot_size": 0.04},
    "search_conjunction": {"set_size": 4, "bar_length": 0.25, "bar_width": 0.1},
}


@pytest.mark.parametrize("name", DISPLAYS)
def test_displays_of_a_degree_work_where_the_features_fit(name):
    display = DISPLAYS[name](visual_size=(1, 1.3), ppd=31, **SMALL[name])
    assert display.image.shape[:2] == (31, 40)
    if name in ILLUSIONS:
        equal_physics(display)


# --- illusions ---------------------------------------------------------------


def equal_physics(display):
    more, less = display.target_masks
    assert not (more & less).any()
    lights = [under(display, mask) for mask in (more, less)]
    for light in lights:
        assert np.ptp(light, axis=0).max() == 0
    np.testing.assert_allclose(lights[0].mean(0), lights[1].mean(0), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ILLUSIONS)
def test_the_same_light_is_under_both_masks_of_an_illusion(name):
    equal_physics(DISPLAYS[name]())


@pytest.mark.parametrize("name", ILLUSIONS)
def test_and_with_odd_pixels_too(name):
    equal_physics(DISPLAYS[name](visual_size=(9.7, 18.3), ppd=19.3))


@pytest.mark.parametrize("name", CHROMATIC)
def test_color_induction_has_one_luminance(name):
    assert np.ptp(luminance(DISPLAYS[name]().image)) < 1e-12


def test_colors_differ_along_the_axis_they_are_about():
    squares = opponent(stimuli.chromatic_simultaneous_contrast().image, dtype="float64")
    assert np.abs(squares[1]).max() < 1e-12
    assert np.ptp(squares[0]) == pytest.approx(0.5)
    display = stimuli.ring_induction()
    o1, o2, _ = opponent(display.image, dtype="float64")
    rings = np.abs(o1) > 1e-6
    assert np.ptp(o1[rings]) < 1e-12
    assert np.ptp(o2[rings]) == pytest.approx(1.2)


def test_color_is_the_inverse_of_the_opponent_channels():
    place = (0.2, -0.3, 0.9)
    channels = opponent(color(*place)[None, None], dtype="float64").ravel()
    np.testing.assert_allclose(channels, place, atol=1e-12)
    assert luminance(isoluminant(0.2, -0.3, 0.25)) == pytest.approx(0.25, abs=1e-12)


def surround(mask, view, width=2):
    return view[ndimage.binary_dilation(mask, iterations=width) & ~mask]


def test_contrast_has_the_lighter_looking_square_on_the_dark_side():
    display = stimuli.simultaneous_contrast()
    lighter, darker = (surround(mask, display.image).mean() for mask in display.target_masks)
    assert (lighter, darker) == (0, 1)


@pytest.mark.parametrize("name", ["white", "todorovic"])
def test_the_lighter_looking_targets_touch_more_light_than_dark(name):
    display = DISPLAYS[name]()
    lighter, darker = (surround(mask, display.image, 1).mean() for mask in display.target_masks)
    assert lighter > 0.5 > darker


def test_the_dungeon_targets_look_unlike_the_discs_around_them():
    display = stimuli.dungeon()
    lighter, darker = (surround(mask, display.image).mean() for mask in display.target_masks)
    assert (lighter, darker) == (1, 0)
    for mask in display.target_masks:
        assert ndimage.label(mask)[1] == 5


def test_chevreul_edges_belong_to_one_step_between_its_neighbors():
    display = stimuli.chevreul()
    more, less = (np.flatnonzero(mask[0]) for mask in display.target_masks)
    row = display.image[0]
    assert row[more[0] - 1] < row[more[0]] == row[less[-1]] < row[less[-1] + 1]
    assert len(np.unique(row)) == 7


def test_the_mach_ramp_is_straight_in_light():
    light = to_linear(stimuli.mach_bands().image[0])
    on_ramp = (light > light[0] + 1e-9) & (light < light[-1] - 1e-9)
    assert on_ramp.sum() == 64
    assert np.abs(np.diff(light[on_ramp], 2)).max() < 1e-12


def test_the_cornsweet_halves_meet_in_an_edge_and_are_one_grey_elsewhere():
    display = stimuli.cornsweet()
    row = display.image[0]
    assert row[255] == pytest.approx(0.35, abs=0.01)
    assert row[256] == pytest.approx(0.65, abs=0.01)
    assert (np.diff(row)[:255] <= 0).all()
    assert np.diff(row)[255] > 0
    assert set(row[:192]) == set(row[320:]) == {0.5}
    lighter, _ = display.target_masks
    assert lighter[0, 320:].all()


def test_every_crossing_of_the_hermann_grid_is_a_square_of_streets():
    streets, crossings = stimuli.hermann_grid().target_masks
    labels, count = ndimage.label(crossings)
    assert count == 16
    assert set(np.bincount(labels.ravel())[1:]) == {10 * 10}
    assert ndimage.label(streets)[1] == 2 * 4 * 5


def test_the_test_strip_has_the_mean_light_of_its_grating():
    display = stimuli.grating_induction()
    light = to_linear(display.image)
    assert light[0].mean() == pytest.approx(light[96, 0], abs=1e-3)
    beside_dark, beside_light = (light[0, mask.any(axis=0)] for mask in display.target_masks)
    assert beside_dark.max() < light[96, 0] < beside_light.min()


def test_the_shadow_falls_on_the_check_that_looks_lighter():
    display = stimuli.checker_shadow()
    shadowed, lit = (surround(mask, display.image, 5).mean() for mask in display.target_masks)
    assert shadowed < 0.4 < lit


def test_the_rings_that_touch_are_of_the_color_the_test_ring_takes_on():
    display = stimuli.ring_induction()
    o2 = opponent(display.image, dtype="float64")[1]
    for mask, sign in zip(display.target_masks, (1, -1), strict=True):
        assert surround(mask, o2, 1) == pytest.approx(0.6 * sign)
        away = ndimage.binary_dilation(mask, iterations=7) & ~ndimage.binary_dilation(
            mask, np.ones((3, 3)), iterations=5
        )
        assert np.median(o2[away]) == pytest.approx(-0.6 * sign)


# --- errors ------------------------------------------------------------------


@pytest.mark.parametrize("name", DISPLAYS)
@pytest.mark.parametrize("ppd", [0, -1, float("nan"), float("inf"), None, "near"])
def test_ppd_must_be_positive(name, ppd):
    with pytest.raises(ValueError, match="ppd must be"):
        DISPLAYS[name](ppd=ppd)


@pytest.mark.parametrize("name", DISPLAYS)
@pytest.mark.parametrize("visual_size", [0, -2, (4, float("nan")), (1, 2, 3), "wide", None])
def test_visual_size_must_be_degrees(name, visual_size):
    with pytest.raises(ValueError, match="visual_size must be a positive number of degrees"):
        DISPLAYS[name](visual_size=visual_size)


@pytest.mark.parametrize("name", DISPLAYS)
def test_intensities_outside_the_range_are_named(name):
    parameters = inspect.signature(DISPLAYS[name]).parameters.values()
    for parameter in parameters:
        if parameter.name.startswith("intensit"):
            for bad in (-0.1, 1.1, float("nan"), "dark"):
                value = (bad, 0.9) if isinstance(parameter.default, tuple) else bad
                with pytest.raises(ValueError, match=rf"{parameter.name} must lie in \[0, 1\]"):
                    DISPLAYS[name](**{parameter.name: value})


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("contrast", [0, -0.5, 1.01, float("nan")])
def test_contrast_must_lie_in_its_range(name, contrast):
    with pytest.raises(ValueError, match=r"contrast must lie in \(0, 1\]"):
        DISPLAYS[name](contrast=contrast)


@pytest.mark.parametrize("name", SEARCHES)
def test_too_many_items_are_named_with_their_size(name):
    with pytest.raises(ValueError, match=r"set_size \(400\) items of .* degrees\) do not fit"):
        DISPLAYS[name](set_size=400)
    with pytest.raises(ValueError, match="set_size must be a whole number of at least 2"):
        DISPLAYS[name](set_size=1)


CONFLICTS = [
    (
        "simultaneous_contrast",
        {"target_size": 9},
        r"target_size \(9.0 degrees\) must be smaller than half of visual_size \(8.0 degrees\); "
        "shrink the target or enlarge the display",
    ),
    (
        "simultaneous_contrast",
        {"intensity_target": 1.0},
        r"intensity_target \(1\) must lie between intensity_backgrounds \(0, 1\)",
    ),
    (
        "simultaneous_contrast",
        {"intensity_backgrounds": (1, 0)},
        r"intensity_backgrounds must be \(darker, lighter\)",
    ),
    (
        "simultaneous_contrast",
        {"intensity_backgrounds": 0.3},
        "intensity_backgrounds must be two intensities",
    ),
    ("simultaneous_contrast", {"target_size": 0.001}, "target_size .* is less than a pixel at ppd"),
    ("simultaneous_contrast", {"visual_size": 0.01}, "visual_size .* is less than a pixel at ppd"),
    ("simultaneous_contrast", {"target_size": -1}, "target_size must be a positive number"),
    ("chevreul", {"n_steps": 2}, "n_steps must be a whole number from 3 on"),
    ("chevreul", {"n_steps": 20}, r"twice target_width \(1.0 degrees\) must be .* n_steps \(20\)"),
    ("mach_bands", {"ramp_width": 13}, "ramp_width .* smaller than the width of visual_size"),
    ("mach_bands", {"target_width": 2}, r"three times target_width \(6.0 degrees\).*plateau"),
    ("mach_bands", {"ramp_width": (1, 2)}, "ramp_width must be one number of degrees"),
    ("cornsweet", {"ramp_width": 8}, r"ramp_width \(8.0 degrees\).*half of visual_size \(8.0"),
    ("cornsweet", {"intensity_plateau": 0.2}, "must lie between intensity_edges"),
    ("hermann_grid", {"block_size": 5}, r"block_size \(5 degrees\) .*visual_size \(8.0 degrees"),
    ("white", {"bar_width": 3}, r"bar_width \(3 degrees\) leaves 2 whole bars in visual_size"),
    ("white", {"target_height": 6}, "target_height .* smaller than the height of visual_size"),
    ("grating_induction", {"frequency": 0.01}, r"frequency \(0.01 .*one period"),
    ("grating_induction", {"frequency": 30}, "4 pixels a period"),
    ("grating_induction", {"frequency": 0}, "frequency"),
    ("grating_induction", {"frequency": -1}, "frequency"),
    ("grating_induction", {"target_height": 7}, "target_height .* the height of visual_size"),
    ("todorovic", {"cover_size": 4}, "cover_size .* must be smaller than target_size"),
    ("todorovic", {"target_size": 6}, r"target_size plus cover_size \(8.4.*8.0 degrees\)"),
    ("dungeon", {"n_discs": 4}, "n_discs must be odd"),
    ("dungeon", {"disc_size": 2}, r"disc_size \(2.0 .*the spacing of n_discs \(5\) \(1.59"),
    ("checker_shadow", {"visual_size": 0.3}, "target_mask 0 .* has no pixels"),
    ("chromatic_simultaneous_contrast", {"red_green": 0.6}, "no color of an sRGB screen"),
    ("chromatic_simultaneous_contrast", {"red_green": 0}, "red_green must be a positive"),
    ("chromatic_simultaneous_contrast", {"luminance": 1.5}, "luminance must lie between 0 and 1"),
    ("chromatic_simultaneous_contrast", {"target_size": 8}, "target_size .* half of visual_size"),
    ("ring_induction", {"ring_width": 1}, r"ring_width \(1 degrees\) leaves 3 rings in half"),
    ("ring_induction", {"yellow_blue": -1}, "yellow_blue must be a positive"),
    (
        "search_orientation",
        {"bar_width": 0.8, "set_size": 24},
        r"bar_width \(0.8 .* than bar_length \(0.75",
    ),
    ("search_conjunction", {"bar_width": 0.001}, "bar_width .* is less than a pixel"),
    ("search_contrast", {"intensity_distractors": 0.3}, "must lie between intensity_background"),
    ("search_density", {"dot_size": 0.9}, r"item_size \(2.0 .* dot_size \(0.9 degrees\), too few"),
    ("search_density", {"intensity_background": 0.9}, "above 0 and at most 0.73"),
]


@pytest.mark.parametrize(("name", "parameters", "message"), CONFLICTS)
def test_parameters_that_do_not_fit_are_named_with_their_values(name, parameters, message):
    with pytest.raises(ValueError, match=message):
        DISPLAYS[name](**parameters)


GOOD = {
    "name": "dot",
    "image": np.eye(4),
    "target_masks": (np.eye(4, dtype=bool),),
    "ppd": 4,
    "report": "A line.",
    "dimension": "saliency",
    "source": "Made up (2000)",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ppd": None}, "ppd must be given"),
        ({"ppd": 0}, "ppd must be a positive"),
        ({"dimension": "size"}, "dimension must be one of lightness, red-green"),
        ({"image": np.zeros((4, 4, 4))}, "image must be"),
        ({"image": np.full((4, 4), np.nan)}, "image must be finite"),
        ({"image": np.full((4, 4), 2.0)}, r"lie in \[0, 1\]"),
        ({"target_masks": ()}, "at least one mask"),
        ({"target_masks": (np.eye(4),)}, "target_mask 0 of 'dot' must be bool"),
        ({"target_masks": (np.eye(3, dtype=bool),)}, "target_mask 0 of 'dot' must be bool"),
        ({"target_masks": (np.zeros((4, 4), bool),)}, "target_mask 0 of 'dot' has no pixels"),
    ],
)
def test_a_display_checks_its_parts(change, message):
    assert Display(**GOOD).visual_size == (1, 1)
    with pytest.raises(ValueError, match=message):
        Display(**GOOD | change)


def test_a_display_keeps_its_own_copy():
    image = np.eye(4)
    display = Display(**GOOD | {"image": image})
    image[:] = 0.5
    assert np.array_equal(display.image, np.eye(4))
