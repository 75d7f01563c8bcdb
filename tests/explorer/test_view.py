"""Planes that the explorer shows are those of the models; its controls are their parameters."""

import re

import numpy as np
import pytest

import psysal
from psysal.explorer.view import MODEL_NAMES, ORIENTATIONS, Plane, ViewSettings, view
from psysal.vision import wavelet


def shown(image, name, channel, level):
    """The view of a level of a channel."""
    return view(image, ViewSettings(name, channel=channel, level=level))


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_the_map_shown_is_the_map_of_the_library(photograph, name):
    shown = view(photograph, ViewSettings(name)).planes["map"].values
    if ViewSettings(name).percept:
        percept = psysal.perceive(photograph, model=name).clip(0, 1)
        percept = percept if percept.ndim == 3 else np.repeat(percept[:, :, None], 3, axis=2)
        np.testing.assert_allclose(shown / 255, percept, atol=0.5 / 255 + 1e-6)
    else:
        np.testing.assert_array_equal(shown, psysal.saliency(photograph, model=name))


@pytest.mark.parametrize("name", ["b3", "haar"])
def test_the_contribution_shown_is_that_of_the_model(photograph, name):
    model = psysal.Murray2011(wavelet=name)
    every = model.contributions(photograph).planes
    for c, s, o in [(0, 1, 0), (1, 3, 2), (2, 5, 3)]:
        settings = ViewSettings("murray2011", model, c, s, ORIENTATIONS[o])
        shown = view(photograph, settings).planes["contribution"].values
        expected = every[c, s - 1, o] if o < 3 else every[c, s - 1].sum(axis=0)
        np.testing.assert_allclose(shown, expected, rtol=2e-5, atol=1e-6 * expected.max())


def test_contributions_of_all_levels_and_a_pedestal_make_the_channel_of_2013(photograph):
    stages = psysal.Murray2013().stages(photograph)
    for c in range(3):
        levels = len(stages.planes[c])
        contributions = sum(
            shown(photograph, "murray2013", c, s).planes["contribution"].values
            for s in range(1, levels + 1)
        )
        pedestal = stages.channel_maps[c] - contributions
        assert np.ptp(pedestal) < 1e-5 * pedestal.max()


@pytest.mark.parametrize("name", ["otazu2008", "otazu2010"])
def test_contributions_of_all_levels_and_the_residual_make_the_channel_perceived(photograph, name):
    stages = ViewSettings(name).model.stages(photograph)
    _, rows, cols = stages.percepts.shape
    levels = len(stages.planes[0])
    contributions = sum(
        shown(photograph, name, 0, s).planes["contribution"].values for s in range(1, levels + 1)
    )
    coarsest = wavelet.upsample(stages.residuals[0][-1], levels)[:rows, :cols]
    np.testing.assert_allclose(contributions + coarsest, stages.percepts[0], atol=1e-5)


def test_a_sample_of_a_plane_takes_the_pixels_it_stands_for(photograph):
    planes = view(photograph, ViewSettings(level=3)).planes
    rows, cols = photograph.shape[:2]
    assert planes["plane"].step == 4
    assert planes["plane"].values.shape == (-(-rows // 4), -(-cols // 4))
    assert planes["contribution"].values.shape == (rows, cols)
    small = view(photograph, ViewSettings("murray2013", level=2)).planes
    assert (small["plane"].step, small["contribution"].step) == (8, 4)


def test_planes_of_two_signs_have_zero_in_the_middle_of_their_colors(photograph):
    planes = view(photograph, ViewSettings(orientation="vertical")).planes
    names = {"plane": "signed", "channel 1": "red-green", "channel 2": "yellow-blue"}
    for name, palette in names.items():
        assert planes[name].palette == palette
        low, high = planes[name].color_limits
        assert low == -high < 0
        assert 0.98 < (np.abs(planes[name].values) <= high).mean() < 1
    assert planes["map"].color_limits == planes["map"].limits
    grey = view(np.full((32, 32), 99, np.uint8), ViewSettings()).planes["channel 1"]
    assert (grey.color_limits, grey.limits) == ((-1, 1), (0, 1))


def test_one_bright_pixel_leaves_the_others_their_color():
    values = np.zeros((50, 50))
    values[3, 3] = -7
    assert Plane(values, "signed", "").color_limits == (-0.7, 0.7)


def test_levels_beyond_the_last_show_the_last(photograph):
    shown = view(photograph, ViewSettings(level=99))
    assert shown.settings.level == shown.levels == 6
    grey = view(photograph, ViewSettings("otazu2008", channel=2))
    assert grey.settings.channel == 0
    assert "channel 2" not in grey.planes


def test_the_smallest_picture_that_models_take_is_shown():
    tiny = np.arange(64, dtype=np.uint8).reshape(8, 8)
    for name in MODEL_NAMES:
        picture = tiny if name != "itti1998" else np.tile(tiny, (2, 2))
        assert view(picture, ViewSettings(name)).planes["map"].values.shape[:2] == picture.shape
    with pytest.raises(ValueError, match="at least 8 x 8 pixels, got 4 x 4"):
        view(tiny[:4, :4], ViewSettings())


def test_every_control_changes_the_model():
    settings = ViewSettings()
    for name, value in settings.controls.items():
        if isinstance(value, float):
            assert settings.with_control(name, value + 0.25).controls[name] == value + 0.25
    assert settings.with_control("surround", 9).model.windows == (13, 9)
    assert settings.with_control("wavelet", "db2").model.wavelet == "db2"
    assert settings.with_control("ppd", 40).model.ppd == 40


def test_another_model_starts_as_published():
    settings = ViewSettings().with_control("center", 5).with_control("name", "murray2013")
    assert settings.model == psysal.Murray2013()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("name", "../../etc/passwd", "model must be one of"),
        ("name", "learned:/etc/passwd", "model must be one of"),
        ("center", 0, "must be"),
        ("center", "13", "must be"),
        ("intensity.sig1", -1, "sig1 must be a number from 0.05 to 4, got -1"),
        ("intensity.beta", None, "beta must be a number from 0 to 10, got None"),
        ("intensity.beta", 1e999, "beta must be a number from 0 to 10, got inf"),
        ("intensity.__class__", 1, "unexpected keyword"),
        ("__class__", 1, "murray2011 has no control '__class__'; it has name, center, "),
        ("nu0", 1, "murray2011 has no control 'nu0'"),
        ("wavelet", "../x", "wavelet must be"),
        ("ppd", "far", "ppd must be a number from 4 to 160, got 'far'"),
        ("level", 0.5, "level must be a whole number"),
        ("channel", 7, "channel must be 0, 1 or 2"),
        ("orientation", "up", "orientation must be one of"),
    ],
)
def test_a_value_that_no_control_has_is_a_sentence(name, value, sentence):
    with pytest.raises((ValueError, TypeError), match=re.escape(sentence)):
        ViewSettings().with_control(name, value)
