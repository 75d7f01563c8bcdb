"""Colors of opponent channels: what they stand for, for all who look at them."""

import numpy as np
import pytest

pytest.importorskip("matplotlib")
from matplotlib.colors import to_rgb
from skimage.color import deltaE_ciede2000, rgb2hsv, rgb2lab

from psysal.plots.scales import OPPONENT, channel_look
from psysal.srgb import from_linear, to_linear

DICHROMATS = {  # Machado, Oliveira & Fernandes (2009), table of severity 1, on linear RGB
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


@pytest.mark.parametrize("eyes", DICHROMATS)
@pytest.mark.parametrize("name", OPPONENT)
def test_signs_and_sizes_are_told_apart_by_all_eyes(name, eyes):
    colors = np.array([to_rgb(color) for color in OPPONENT[name]])
    seen = from_linear((to_linear(colors) @ np.transpose(DICHROMATS[eyes])).clip(0, 1))
    lab = rgb2lab(seen)
    for less, more in ((0, 4), (1, 3)):
        assert deltaE_ciede2000(lab[less], lab[more]) > 30, (less, more)
    for inner, outer in ((2, 1), (1, 0), (2, 3), (3, 4)):
        assert deltaE_ciede2000(lab[inner], lab[outer]) > 9, (inner, outer)


@pytest.mark.parametrize(
    ("name", "negative", "positive"), [("red-green", 180, 0), ("yellow-blue", 220, 50)]
)
def test_a_channel_has_the_hues_that_it_stands_for(name, negative, positive):
    for color, expected in ((OPPONENT[name][0], negative), (OPPONENT[name][-1], positive)):
        hue = 360 * rgb2hsv(np.array([[to_rgb(color)]]))[0, 0, 0]
        assert abs((hue - expected + 180) % 360 - 180) < 15


def test_limits_are_symmetric_and_leave_out_a_few_outliers(rng):
    plane = rng.normal(0, 0.1, (100, 100))
    plane[0, 0] = 0.9
    look = channel_look(plane, "red-green")
    assert look["vmax"] == -look["vmin"] == pytest.approx(0.2576, rel=0.05)  # of a Gauss curve
    target = np.zeros((100, 100))
    target[:5, :5] = -0.8
    assert channel_look(target, "red-green")["vmin"] == pytest.approx(-0.08)  # seen, if small
    assert channel_look(target * 0, "red-green")["vmax"] == 1


def test_a_middle_of_light_is_no_sign():
    assert channel_look(np.array([[0.0, 3.0]]), "intensity")["vmin"] == 0
