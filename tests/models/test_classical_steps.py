"""Steps that programs of classical models share, against the programs and by hand."""

import numpy as np
import pytest
from scipy.ndimage import convolve
from support import oracles

from psysal import Hou2007, Hou2012
from psysal.models import classical_steps
from psysal.vision.color import D50, D65, lab, lab_codes
from psysal.vision.resize import resize, resize_rows


def off(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


@pytest.fixture(scope="module")
def synthetic(golden):
    return golden("classical_synthetic")


def test_a_picture_is_reduced_as_matlab_does_by_a_scale_and_to_a_size(golden, synthetic):
    image = synthetic["syn96"]
    numbers = golden("classical_signature_syn96"), golden("classical_spectral_syn96")
    found = classical_steps.reduced(image, (48, 64), scale=0.5)
    assert off(np.moveaxis(found, 0, -1), numbers[0]["small_rgb"]) < 1e-14
    found = classical_steps.reduced(image, (64, 64))
    assert off(np.moveaxis(found, 0, -1), numbers[1]["rgb64"]) < 1e-14
    for same in (image * np.uint16(257), image / 255):
        assert off(classical_steps.reduced(same, (64, 64)), found) < 1e-14


@pytest.mark.parametrize("kind", ["linear", "cubic"])
def test_a_scale_puts_the_last_samples_where_matlab_has_them(kind, rng):
    plane = rng.random((1, 11, 7))
    found = resize(plane, (5, 4), kind, scale=0.45)
    down = oracles.resizing(11, 5, kind, 0.45)
    across = oracles.resizing(7, 4, kind, 0.45)
    np.testing.assert_allclose(found[0], down @ plane[0] @ across.T, atol=1e-14)
    np.testing.assert_allclose(resize_rows(plane, 5, kind, scale=0.45)[0], down @ plane[0])


def test_lab_is_the_programs_in_8_bits_and_in_floats(golden, synthetic):
    numbers = golden("classical_achanta2008_syn96")
    found = np.moveaxis(lab_codes(synthetic["syn96"], D65), 0, -1)
    np.testing.assert_array_equal(found, numbers["lab_u8"])
    numbers = golden("classical_signature_syn96")
    found = np.moveaxis(lab(numbers["small_rgb"], D50), 0, -1)
    assert off(found, numbers["small_lab"]) < 1e-14
    codes = synthetic["syn96"]
    assert off(lab(codes, D50), lab(codes / 255, D50)) < 1e-14


def test_codes_are_the_nearest_and_halves_go_up():
    image = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    expected = (2 * 255 * image.astype(int) + 65535) // (2 * 65535)
    np.testing.assert_array_equal(classical_steps.codes(image), expected)
    np.testing.assert_array_equal(classical_steps.codes(image / 65535), expected)


@pytest.mark.parametrize("angle", [0, 45, 90, 135])
@pytest.mark.parametrize("phase", [0, 90])
def test_gabor_filters_are_the_program_s(golden, angle, phase):
    expected = golden("classical_gbvs_syn144")[f"gabor{phase}_{angle}"]
    assert off(classical_steps.gabor(angle, phase), expected) < 1e-14


@pytest.mark.parametrize("shape", [(40, 31), (9, 30), (30, 9), (1, 5)])
def test_orientation_is_a_convolution_with_both_filters(shape, rng, monkeypatch):
    plane = rng.random(shape)
    expected = sum(
        abs(convolve(plane, classical_steps.gabor(30, phase), mode="nearest")) for phase in (0, 90)
    )
    steps = [
        np.array([min(i + 1, n - i, fading + 1) / (fading + 1) for i in range(n)])
        for n, fading in zip(shape, [min(13, shape[0] // 2, shape[1] // 2)] * 2, strict=True)
    ]
    expected *= np.outer(*steps)
    found = classical_steps.orientation(plane, (30, 80))
    monkeypatch.setattr(classical_steps, "TILE", 16)
    by_tiles = classical_steps.orientation(plane, (30, 80))
    np.testing.assert_allclose(by_tiles, found, atol=1e-12)
    np.testing.assert_allclose(found[0], expected, atol=1e-14)


@pytest.mark.parametrize("count", [1, 4, 5, 12])
def test_a_gaussian_window_is_correlated_with_zeros_around(count, rng):
    plane, sigma = rng.random((9, 14)), 1.7
    places = np.arange(count) - (count - 1) / 2
    window = np.exp(-(places[:, None] ** 2 + places**2) / (2 * sigma**2))
    window /= window.sum()
    first = (count - 1) // 2  # samples before a pixel
    padded = np.pad(plane, (first, count))
    expected = [
        [(padded[y : y + count, x : x + count] * window).sum() for x in range(14)] for y in range(9)
    ]
    found = classical_steps.gaussian_filter(plane, count, sigma)
    np.testing.assert_allclose(found, expected, atol=1e-14)


def test_a_blur_reaches_a_rounded_number_of_deviations_and_repeats_the_edge(rng):
    plane = rng.random((8, 5))
    for sigma, reach, half in [(0.64, 2, 1), (1.25, 2, 3), (0.7, 1, 1)]:
        places = np.arange(-half, half + 1)
        window = np.exp(-(places[:, None] ** 2 + places**2) / (2 * sigma**2))
        expected = convolve(plane, window / window.sum(), mode="nearest")
        found = classical_steps.blur(plane, sigma, reach)
        np.testing.assert_allclose(found, expected, atol=1e-14)


def test_peaks_are_found_one_by_one(rng):
    plane = rng.integers(0, 6, (12, 9)) / 2
    expected = [
        plane[y, x]
        for y in range(1, 11)
        for x in range(1, 8)
        if plane[y, x] >= 1
        and plane[y, x] >= max(plane[y - 1, x], plane[y + 1, x], plane[y, x - 1], plane[y, x + 1])
    ]
    assert classical_steps.peaks(plane, 1).tolist() == expected


def test_cone_contrast_looks_codes_up_from_1():
    ramp = np.arange(256) / 255
    grey = np.repeat(ramp[None, None], 3, axis=0)
    luminance, red_green, yellow_blue = classical_steps.cone_contrast(grey)[:, 0]
    assert luminance[0] == luminance[1]
    assert (np.diff(luminance[1:]) > 0).all()
    assert np.abs(red_green).max() < 0.1 < np.ptp(luminance)
    assert np.isfinite(yellow_blue).all()


def test_equal_values_are_clipped_and_others_spread():
    plane = np.full((2, 3), 0.25)
    for value, expected in ((0.25, 0.25), (7, 1), (-7, 0)):
        assert (classical_steps.spread(plane * 4 * value) == expected).all()
    found = classical_steps.spread(np.array([-2.0, 0, 6]))
    np.testing.assert_allclose(found, [0, 0.25, 1])


@pytest.mark.parametrize("model", [Hou2007(), Hou2012()])
def test_a_narrow_image_is_not_enlarged_without_bound(model, rng):
    image = rng.integers(0, 256, (40_000, 8), dtype=np.uint8)
    with pytest.raises(ValueError, match="got 40000 x 8, enlarged to 320000 x 64; crop it"):
        model(image)
    assert model(image[:1000]).shape == (1000, 8)
