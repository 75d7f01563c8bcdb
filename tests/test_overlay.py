"""A map in colors on its photograph."""

import numpy as np
import pytest

from psysal import overlay


@pytest.fixture
def rgb(photograph):
    return photograph[:40, :56]


def test_the_overlay_shows_the_photograph_and_the_map(rgb):
    low = np.zeros(rgb.shape[:2], np.float32)
    high = low + 1
    dark, light = overlay.overlay(rgb, low), overlay.overlay(rgb, high)
    assert dark.dtype == np.uint8
    assert dark.shape == rgb.shape
    assert light.mean() > dark.mean() + 50
    assert dark.std() > 5  # the photograph is still there
    for kind in (rgb[:, :, 0], rgb / 255, rgb.astype(np.uint16) * 257):
        assert overlay.overlay(kind, high).shape == rgb.shape


def test_the_overlay_is_a_blend_of_grey_and_heat(rgb, rng):
    saliency = rng.random(rgb.shape[:2])
    share = 0.35 + 0.4 * saliency[:, :, None]
    expected = rgb.mean(axis=2, keepdims=True) * (1 - share) + overlay.heat(saliency) * share
    assert np.abs(overlay.overlay(rgb, saliency) - expected).max() < 2
