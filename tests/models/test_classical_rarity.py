"""Spectra of quaternions and rarity of responses, against the authors' programs and twins."""

import numpy as np
import pytest
import scipy
from support import oracles

import psysal
from psysal.models import (
    classical_steps,
    guo2010,
    li2013,
    quaternion,
    schauerte2012,
    seo2009,
    seo_kernels,
    torralba2006,
    torralba_kernels,
    zhang2008,
)
from psysal.vision.resize import resize

IMAGES = "syn96", "coffee"
MAPS = [  # model, file of the program, array in it, rounding
    (psysal.Guo2010(), "pqft_guo_syn96", "map_at_64", 1e-12),
    (psysal.Guo2010(), "pqft_guo_coffee", "map_at_64", 1e-12),
    (psysal.Guo2010(size=128), "pqft_guo_syn96", "map_at_width", 1e-12),
    (psysal.Guo2010(size=600), "pqft_guo_coffee", "map_at_width", 1e-12),
    *((psysal.Li2013(), f"hft_{i}", "map", 1e-12) for i in IMAGES),
    *(
        (psysal.Seo2009(surround), f"seo_milanfar_{i}", f"map_{surround}", 1e-11)
        for i in IMAGES
        for surround in ("global", "local")
    ),
    *((psysal.Torralba2006(), f"torralba_{i}", "map", 1e-12) for i in ("syn144", "coffee")),
]


def off(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


def thinned(numbers, name):
    """Array of a file, and the step between its pixels."""
    found = next(key for key in numbers if key.partition("_every")[0] == name)
    return numbers[found], int(found.partition("_every")[2] or 1)


def both(kernel):
    """The kernel compiled, and the Python it was compiled from."""
    return [pytest.param(kernel, id="compiled"), pytest.param(kernel.py_func, id="python")]


@pytest.mark.parametrize(
    ("model", "file", "array", "rounding"),
    [pytest.param(*m, id=f"{m[0]}-{m[1]}-{m[2]}") for m in MAPS],
)
def test_the_map_is_the_program_s(model, file, array, rounding, golden):
    numbers = golden(f"classical_{file}")
    expected, step = thinned(numbers, array)
    found = model(numbers["image"], dtype="float64")
    assert found.dtype == np.float64
    assert found.shape == numbers["image"].shape[:2]
    assert off(found[::step, ::step], expected) < rounding
    found = model(numbers["image"])
    assert found.dtype == np.float32
    assert off(found[::step, ::step], expected) < 2e-6


@pytest.mark.parametrize("transform", ["qdct", "pqft", "pft"])
@pytest.mark.parametrize("image", IMAGES)
def test_spectral_maps_are_those_of_schauerte_s_toolbox(transform, image, golden):
    numbers = golden(f"classical_spectral_{image}")
    pixels, (small, step) = numbers["image"], thinned(numbers, transform)
    assert step == 1
    expected = resize(small[None], pixels.shape[:2], "cubic")[0]
    found = psysal.Schauerte2012(transform)(pixels, dtype="float64")
    assert off(found, expected) < 1e-12


def test_every_stage_of_self_resemblance_is_the_program_s(golden):
    numbers = golden("classical_seo_milanfar_syn96")
    planes = seo2009.small_lab(numbers["image"])
    assert off(np.moveaxis(planes, 0, -1), numbers["lab64"]) < 1e-13
    kernels = seo2009.steering_kernels(planes[0])
    assert off(np.moveaxis(kernels, 0, -1)[::2, ::2], numbers["lark_L"]) < 1e-13


# --- what the programs leave open --------------------------------------------------

SPECTRAL = [
    psysal.Guo2010(),
    *(psysal.Schauerte2012(transform) for transform in ("qdct", "pqft", "pft")),
    psysal.Li2013(),
]


@pytest.mark.parametrize("model", SPECTRAL, ids=str)
def test_frequencies_that_are_absent_do_not_become_a_map(model):
    """Their phases are rounding, which differs between codes and shares of them."""
    stripes = np.zeros((128, 128, 3), np.uint8)
    stripes[:, 32:64] = 255, 120, 0
    found = model(stripes, dtype="float64")
    assert np.ptp(found) > 0
    for same in (stripes / 255, stripes * np.uint16(257)):
        assert off(model(same, dtype="float64"), found) < 1e-9


def test_a_picture_that_varies_along_one_axis_has_such_a_map(rng):
    stripes = np.repeat(rng.random((3, 1, 16)), 16, axis=1)
    for plane in (
        quaternion.phase_map(stripes),
        schauerte2012.cosine_map(stripes),
        schauerte2012.fourier_map(stripes),
        *li2013.scale_maps(np.repeat(rng.random((3, 1, 128)), 128, axis=1))[-1:],
    ):
        assert np.ptp(plane, axis=0).max() < 1e-9 * plane.max() < np.ptp(plane)


def test_phases_are_those_of_quaternions(rng):
    """The lengths of real part, part along grey and part across are kept by an isometry."""
    colors = rng.random((3, 12, 10))
    spectrum = quaternion.quaternion_spectrum(colors)
    assert (abs(spectrum) ** 2).sum() == pytest.approx((colors**2).sum())
    grey = quaternion.quaternion_spectrum(np.ones((3, 2, 2)))
    assert grey.ravel() == pytest.approx([2j * 3**0.5, 0, 0, 0, 0, 0, 0, 0])
    assert quaternion.phase_map(colors).sum() == pytest.approx(1)


def test_a_grey_picture_has_the_phases_of_an_ordinary_transform(rng):
    grey = rng.random((1, 16, 16))
    signature = schauerte2012.cosine_map(np.repeat(grey, 3, axis=0))
    np.testing.assert_allclose(signature, schauerte2012.cosine_map(grey), rtol=1e-9)
    assert not guo2010.broad_colors(grey).any()


def test_hft_without_the_center_bias_is_the_paper_s(golden):
    image = golden("classical_hft_syn96")["image"]
    small = classical_steps.reduced(image, (128, 128), "linear")
    chosen = classical_steps.spread(li2013.scale_maps(small)[2])
    assert np.ptp(chosen[0]) > 0
    blurred = classical_steps.gaussian_filter(chosen, 20, 5.12)
    expected = classical_steps.spread(resize(blurred[None], image.shape[:2], "linear")[0])
    found = psysal.Li2013(center_bias=False)(image, dtype="float64")
    assert off(found, expected) < 1e-12


def test_hft_takes_the_scale_that_facts_name(golden):
    for image, scale in (("syn96", 3), ("coffee", 8)):
        pixels = golden(f"classical_hft_{image}")["image"]
        maps = li2013.scale_maps(classical_steps.reduced(pixels, (128, 128), "linear"))
        assert li2013.costs(maps).argmin() == scale - 1


def test_costs_of_scales_are_their_twin(rng):
    for shape in ((128, 128), (20, 20)):
        plane = rng.random(shape) ** 4
        assert li2013.costs(plane[None])[0] == pytest.approx(oracles.spread_cost(plane), rel=1e-9)


@pytest.mark.parametrize("kernel", both(seo_kernels.resemblance))
def test_resemblance_is_its_twin(kernel, rng, monkeypatch):
    monkeypatch.setattr(seo_kernels, "resemblance", kernel)
    for shape in ((2, 8, 6), (1, 5, 9)):
        features = 1 + 0.2 * rng.random(shape)
        expected = oracles.resemblance(features, 0.07)
        assert expected.min() > 2  # others are alike, too
        assert off(seo2009.self_resemblance(features), expected) < 1e-12


def test_a_grey_image_in_one_channel_is_one_in_three_of_self_resemblance(rng):
    grey = rng.integers(0, 256, (20, 30), dtype=np.uint8)
    one, three = (seo2009.small_lab(image) for image in (grey, np.dstack([grey] * 3)))
    assert np.array_equal(one, three)
    assert off(seo2009.small_lab(grey / 255)[0], one[0]) < 1e-12


@pytest.mark.parametrize("kernel", both(torralba_kernels.correlate))
def test_filters_are_correlated_with_a_mirrored_plane(kernel, rng):
    plane, filters = rng.standard_normal((6, 11)), rng.standard_normal((2, 9, 9))
    padded, found = np.pad(plane, 4, mode="reflect"), np.zeros((2, 6, 11))
    kernel(padded.reshape(-1), 19, filters.reshape(-1), found.reshape(-1), 6, 11)
    expected = [scipy.ndimage.correlate(plane, taps, mode="mirror") for taps in filters]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("kernel", both(torralba_kernels.count))
def test_values_are_counted_in_bins_and_extremes_marked(kernel):
    values, bins, counts = (
        np.array([-2.0, -1.9, -1, 0.2, 1.8, 2]),
        np.empty(6, int),
        np.zeros(4, int),
    )
    kernel(values, -2.0, 1.0, bins, counts)
    assert bins.tolist() == [
        4,
        4,
        1,
        2,
        4,
        4,
    ]  # of 4 bins from -2 to 2, whose middles are -1.5 to 1.5
    assert counts.tolist() == [2, 1, 1, 2]


def test_rarity_is_its_twin(rng):
    for spread in (1, 3):
        response = rng.standard_normal((14, 17)) ** spread
        np.testing.assert_allclose(torralba2006.rarity(response), oracles.rarity(response))
    response = np.linspace(-1, 1, 201)[None]  # no ties, and bins of two and three
    found = torralba2006.rarity(response)
    assert found[0, 0] == found[0, -1] < 1 < found[0, 100]


def test_responses_that_may_be_rounding_are_zero():
    stripes = np.zeros((136, 140))
    stripes[:, 60:] = 255
    found = list(torralba2006.responses(stripes))
    assert [plane.shape for plane in found[::4]] == [(136, 140), (68, 70), (34, 35), (17, 18)]
    flat = [not plane.any() for plane in found]
    assert any(flat)
    assert not all(flat)
    assert np.isfinite(psysal.Torralba2006()(stripes.astype(np.uint8))).all()


def test_filters_of_a_pyramid_find_no_edge_in_a_constant_picture():
    low0, low, bands = torralba2006._filters()
    assert low0.sum() == pytest.approx(1, abs=1e-3)
    assert low.sum() == pytest.approx(2, abs=1e-3)
    assert abs(bands.sum(axis=(1, 2))).max() < 1e-9


# --- SUN, whose program has no numbers that may be kept here -----------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_information_is_sun_s_equation(dtype, rng):
    picture = rng.standard_normal((9, 7, 3))
    picture[3:6, 2:5] += 2
    expected = oracles.natural_information(picture, *zhang2008.bank())
    found = zhang2008.information(picture.astype(dtype))
    assert found.dtype == dtype
    assert off(found, expected) < (1e-12 if dtype == "float64" else 1e-5)


def test_sun_sees_a_picture_of_170_pixels_of_unit_deviation_in_8_bits(rng):
    image = rng.integers(0, 256, (340, 201, 3), dtype=np.uint8)
    down = oracles.resizing(340, 170, "cubic", 0.5)
    across = oracles.resizing(201, 101, "cubic", 0.5)
    half = np.floor(np.einsum("ay,yxc->axc", down, image).clip(0, 255) + 0.5)
    small = np.floor(np.einsum("bx,axc->abc", across, half).clip(0, 255) + 0.5)
    assert np.array_equal(zhang2008.small_codes(image, 170), small)
    expected = zhang2008.information(small / small.std(ddof=1))
    expected = resize(expected[None], (340, 201), "linear")[0]
    assert off(psysal.Zhang2008()(image, dtype="float64"), expected) < 1e-12
    assert off(psysal.Zhang2008()(image), expected) < 1e-4
    assert np.array_equal(zhang2008.small_codes(image[:170, :170], 170), image[:170, :170])


def test_sun_sees_nothing_in_less_than_a_code():
    image = np.full((40, 60, 3), 0.5)
    image[20, 30] += 1e-4
    assert not psysal.Zhang2008()(image).any()


def test_filters_of_sun_are_those_of_photographs(golden):
    """Sums of zero; responses to a photograph are as likely as the densities say."""
    filters, scales, shapes = zhang2008.bank()
    assert filters.shape == (362, 363)
    assert abs(filters.sum(axis=1)).max() < 1e-12
    assert (shapes < 2).mean() > 0.9
    image = golden("classical_hft_coffee")["image"] / 1.0
    patches = np.lib.stride_tricks.sliding_window_view(image / image.std(), (11, 11, 3))
    responses = patches[::15, ::15].reshape(-1, 363) @ filters.T
    surprise = shapes * (abs(responses / scales) ** shapes).mean(axis=0)  # 1 at the fit
    assert 0.5 < np.median(surprise) < 1.5


@pytest.mark.parametrize(
    ("model", "option"),
    [
        (psysal.Schauerte2012, {"transform": "sdct"}),
        (psysal.Seo2009, {"surround": "all"}),
        (psysal.Li2013, {"center_bias": 1}),
        (psysal.Guo2010, {"size": 0}),
        (psysal.Zhang2008, {"size": 1.5}),
    ],
)
def test_options_that_a_model_does_not_know_are_refused(model, option):
    with pytest.raises((ValueError, TypeError), match=f"^{next(iter(option))} must be"):
        model(**option)
