"""Curves of the explorer agree with its controls and with the weights of the maps."""

import numpy as np
import pytest

from psysal.explorer.curves import (
    levels_on_curve,
    peak_of_level,
    published_ppd,
    sensitivity_curves,
)
from psysal.explorer.view import MODEL_NAMES, ViewSettings, view

STAGED = [name for name in MODEL_NAMES if ViewSettings(name).staged]
DISTANCES = (None, 8, 32, 50, 128)


@pytest.mark.parametrize("name", STAGED)
@pytest.mark.parametrize("ppd", DISTANCES)
def test_the_curve_peaks_where_the_slider_stands_at_every_distance(name, ppd):
    settings = ViewSettings(name).with_control("ppd", ppd)
    controls, curves = settings.controls, sensitivity_curves(settings)
    peak = curves["level"][curves["intensity g"].argmax()]
    assert peak == pytest.approx(controls.get("intensity.s_g", controls.get("nu0")), abs=0.026)
    if "intensity.beta" in controls:
        height = curves["intensity g"].max()
        assert height == pytest.approx(controls["intensity.beta"], rel=1e-3)


@pytest.mark.parametrize("name", STAGED)
@pytest.mark.parametrize("ppd", DISTANCES)
@pytest.mark.parametrize("channel", [0, 2])
def test_a_level_of_the_picture_stands_where_the_model_weights_it(name, ppd, channel):
    settings = ViewSettings(name, channel=channel).with_control("ppd", ppd)
    gains = levels_on_curve(settings, 6)[1]
    sensitivity = settings.model.sensitivities[min(channel, len(settings.model.sensitivities) - 1)]
    np.testing.assert_allclose(gains, sensitivity.gain(np.arange(1, 7)), rtol=1e-9)


@pytest.mark.parametrize("name", STAGED)
def test_the_published_tuning_is_the_one_at_its_own_distance(name, photograph):
    published = ViewSettings(name)
    same = published.with_control("ppd", published_ppd(published))
    maps = [view(photograph, settings).planes["map"].values for settings in (published, same)]
    np.testing.assert_allclose(*maps, atol=1e-5)
    assert peak_of_level(same) == pytest.approx(peak_of_level(published), rel=1e-12)


def test_twice_the_distance_moves_the_levels_of_the_picture_by_one():
    near, far = (ViewSettings().with_control("ppd", ppd) for ppd in (32, 64))
    np.testing.assert_allclose(levels_on_curve(far, 5)[0] + 1, levels_on_curve(near, 5)[0])
    assert peak_of_level(far) == pytest.approx(2 * peak_of_level(near))
    assert sensitivity_curves(ViewSettings("itti1998")) == {}
