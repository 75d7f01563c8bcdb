"""The authors' own numbers: maps, and every intermediate on the way to them."""

import numpy as np
import pytest

from psysal import Murray2011

IMAGES = [
    "astronaut",
    "coffee",
    "syn_bars_96x80",
    "syn_const_64x48",
    "syn_noise_128x100",
    "syn_reddot_64x64",
]
INTERMEDIATES = ["syn_bars_96x80", "syn_noise_128x100", "syn_reddot_64x64"]


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-11), ("float32", 2e-6)])
def test_the_raw_map_is_the_authors(golden, name, dtype, tolerance):
    numbers = golden(name)
    found = Murray2011()(numbers["image"], dtype=dtype)
    assert found.dtype == dtype
    expected = numbers.get("s_map")
    if expected is None:
        expected, found = numbers["s_map_every_4"], found[::4, ::4]
    assert np.abs(found - expected).max() < tolerance * expected.max()


@pytest.mark.parametrize("name", INTERMEDIATES)
def test_every_stage_is_the_authors(golden, name):
    image, numbers = golden(name)["image"], golden(name + "_intermediates")
    stages = Murray2011().stages(image, dtype="float64")
    ours = {
        "w": stages.planes,
        "zctr": stages.contrast,
        "alpha": stages.weights,
        "c": stages.residuals,
    }
    compared = 0
    for key, expected in numbers.items():
        if key == "rec":
            assert np.abs(np.moveaxis(stages.channel_maps, 0, -1) - expected).max() < 1e-15
            continue
        stage, channel, level = key.removesuffix("_every_3").split("_")
        found = ours[stage][int(channel[2:]) - 1][int(level[1:]) - 1]
        found = np.moveaxis(found, 0, -1) if found.ndim == 3 else found
        found = found[::3, ::3] if key.endswith("_every_3") else found
        assert np.abs(found - expected).max() < 1e-11, key
        compared += 1
    assert compared >= 24


@pytest.mark.parametrize("name", ["syn_bars_96x80", "syn_noise_128x100", "syn_reddot_64x64"])
def test_opponent_channels_are_the_authors(golden, name):
    numbers = golden(name)
    found = Murray2011().stages(numbers["image"], dtype="float64").opponent
    assert np.abs(np.moveaxis(found, 0, -1) - numbers["opponent"]).max() < 1e-14


def test_the_released_tables_of_the_ecsf():
    from psysal.vision.csf import MURRAY2011_COLOR, MURRAY2011_INTENSITY

    s = np.arange(1, 8)
    intensity = (
        ".0664876420 .7314793156 3.0837468668 4.9816240000 3.1602249510 .8067874901 .0828885264"
    )
    color = (
        ".0852518780 .4865273548 1.6178050107 3.1344452873 3.4017478293 1.0006487212 .0607648538"
    )
    for ecsf, values in ((MURRAY2011_INTENSITY, intensity), (MURRAY2011_COLOR, color)):
        np.testing.assert_allclose(ecsf.gain(s), np.array(values.split(), float), atol=1e-10)
    np.testing.assert_allclose(
        MURRAY2011_INTENSITY.offset(s), [0, 0, 0, 0.0437256744, 1, 1, 1], atol=1e-10
    )
    np.testing.assert_allclose(
        MURRAY2011_COLOR.offset(s), [0, 0, 2.7e-8, 0.0099344061, 0.9856924158, 1, 1], atol=1e-9
    )


@pytest.mark.parametrize(("name", "area"), [("1004", (600, 800)), ("1357", (511, 681))])
def test_photographs_nobody_tuned_on(data, name, area):
    from support import oracles

    from psysal.image import read

    image = read(data / "osie" / "images" / f"{name}.jpg")[: area[0], : area[1]]
    expected = oracles.saliency(image)
    for dtype, tolerance in (("float64", 1e-11), ("float32", 2e-6)):
        found = Murray2011()(image, dtype=dtype)
        assert np.abs(found - expected).max() < tolerance * expected.max()
