"""Classical models against the maps of their authors' programs, and their loops against twins."""

import cv2
import numpy as np
import pytest
from scipy.ndimage import correlate1d, gaussian_filter
from support import oracles
from support.plain import plain

import psysal
from psysal.models import (
    classical_kernels,
    classical_steps,
    harel2006,
    hou2007,
    itti1998,
    zhang2013,
)
from psysal.models.gbvs_features import map_shape, pyramid
from psysal.models.registry import get_model
from psysal.threads import SERIAL
from psysal.vision.resize import resize

MAPS = [  # model, file of the program, array in it
    *((psysal.Harel2006(), f"gbvs_{i}", "master_map_resized") for i in ("syn144", "coffee")),
    *(
        (psysal.Harel2006(fast=True), f"gbvs_{i}", "fast_master_map_resized")
        for i in ("syn144", "coffee")
    ),
    *((psysal.Itti1998(), f"ikn_{i}", "master_map_resized") for i in ("syn144", "coffee")),
    *(
        (psysal.Hou2012(channels=colors), f"signature_{i}", f"map_{colors}")
        for i in ("syn96", "coffee")
        for colors in ("lab", "rgb", "dkl")
    ),
    *((psysal.Hou2007(), f"spectral_{i}", "hou_getsr") for i in ("syn96", "coffee")),
    *((psysal.Achanta2008(), f"achanta2008_{i}", "map") for i in ("syn96", "coffee4", "astro4")),
    *(
        (psysal.Achanta2009(rounded), f"achanta2009_{i}", "map_u8" if rounded else "map_double")
        for i in ("syn96", "coffee", "astronaut")
        for rounded in (True, False)
    ),
    (psysal.Zhang2013(size=128), "bms_syn96", "final_u8"),
    (psysal.Zhang2013(), "bms_coffee", "final_u8"),
]


def off(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


def thinned(numbers, name):
    """Array of a file, and the step between its pixels."""
    found = next(key for key in numbers if key.partition("_every")[0] == name)
    return numbers[found], int(found.partition("_every")[2] or 1)


def both(kernel):
    """The kernel compiled, and the Python it was compiled from."""
    return [pytest.param(kernel, id="compiled"), pytest.param(plain(kernel), id="python")]


@pytest.mark.parametrize(
    ("model", "file", "array"), [pytest.param(*m, id=f"{m[0]}-{m[1]}-{m[2]}") for m in MAPS]
)
def test_the_map_is_the_program_s(model, file, array, golden):
    numbers = golden(f"classical_{file}")
    expected, step = thinned(numbers, array)
    found = model(numbers["image"], dtype="float64")
    assert found.dtype == np.float64
    assert found.shape == numbers["image"].shape[:2]
    assert off(found[::step, ::step], expected) < 1e-12
    found = model(numbers["image"])
    assert found.dtype == np.float32
    assert off(found[::step, ::step], expected) < 2e-6


@pytest.mark.parametrize("file", ["spectral_syn96", "spectral_coffee"])
def test_the_spectral_residual_of_channels_is_that_of_schauerte_s_toolbox(file, golden):
    numbers = golden(f"classical_{file}")
    image, (small, step) = numbers["image"], thinned(numbers, "sr")
    assert step == 1
    expected = resize(small[None], image.shape[:2], "cubic")[0]
    assert off(psysal.Hou2007(channels="rgb")(image, dtype="float64"), expected) < 1e-12


def test_models_of_grey_images_are_the_programs(golden):
    numbers = golden("classical_edge_cases")
    grey = numbers["gray"]
    three = np.dstack([grey] * 3)
    for model, image, name in (
        (psysal.Harel2006(), grey, "gbvs_gray_2d"),
        (psysal.Harel2006(), three, "gbvs_gray_rgb"),
        (psysal.Itti1998(), grey, "ikn_gray_2d"),
    ):
        small = numbers[name][None]
        expected = classical_steps.spread(resize(small, grey.shape, "cubic")[0])
        assert off(model(image, dtype="float64"), expected) < 1e-12, name
    found = psysal.Hou2012()(grey, dtype="float64")[::2, ::2]
    assert off(found, numbers["signature_gray_2d_every2"]) < 1e-12


def test_every_stage_of_gbvs_is_the_program_s(golden):
    numbers = golden("classical_gbvs_syn144")
    image, program = numbers["image"], harel2006.FULL
    scales = pyramid(image, 4, SERIAL)
    for level in program.levels:
        planes = scales[level - 1].astype(float)
        features = {
            "dklcolor": classical_steps.cone_contrast(planes[:3]),
            "intensity": planes[-1:],
            "orientation": classical_steps.orientation(planes[-1], program.angles),
        }
        for name, kinds in features.items():
            for k, plane in enumerate(kinds, 1):
                assert off(plane, numbers[f"feature_{name}_{k}_{level}"]) < 1e-13
    found = np.stack(harel2006.features(image, program))
    assert off(found, np.moveaxis(numbers["feature_resized"], -1, 0)) < 1e-13
    found = harel2006.activation(found, program.tolerance)
    assert off(found, np.moveaxis(numbers["activation"], -1, 0)) < 1e-12
    for name, part in (("D", slice(9)), ("I", slice(9, 12)), ("O", slice(12, 24))):
        channel = {"D": "dklcolor", "I": "intensity", "O": "orientation"}[name]
        summed = classical_steps.spread((found[part] ** 1.5).sum(axis=0))
        assert off(summed, numbers[f"channel_{channel}"]) < 1e-12


# --- what the programs leave open --------------------------------------------------


def test_a_walk_that_never_ends_has_the_equilibrium_of_its_chain():
    halves = np.zeros((8, 6))
    halves[:, 2:] = 1
    expected, steps = oracles.walk(halves, 0.15 * 7, 1e-9, 500)
    assert steps == 500
    assert off(harel2006.activation(halves[None], 1e-9)[0], expected) < 1e-12


def test_a_walk_ends_with_a_step_that_is_short_enough(rng):
    for shape in ((6, 7), (9, 5)):
        feature = rng.random(shape)
        for tolerance, dtype in ((1e-4, "float64"), (3e-3, "float64"), (1e-4, "float32")):
            expected, steps = oracles.walk(feature, 0.15 * sum(shape) / 2, tolerance, 500)
            assert 1 < steps < 100
            found = harel2006.activation(feature[None] + 7, tolerance, dtype)[0]
            assert off(found, expected) < (1e-12 if dtype == "float64" else 1e-5)


def test_a_feature_that_may_be_rounding_adds_nothing(monkeypatch, rng):
    image = rng.integers(0, 256, (64, 80, 3), dtype=np.uint8)
    seen = harel2006.features(image, harel2006.FULL)
    flat = [plane * 0 + 0.3 + 1e-13 * rng.random(plane.shape) for plane in seen]
    expected = psysal.Harel2006()(image)
    monkeypatch.setattr(harel2006, "features", lambda *options: [*seen, *flat])
    assert np.array_equal(psysal.Harel2006()(image), expected)
    monkeypatch.setattr(harel2006, "features", lambda *options: flat)
    assert not psysal.Harel2006()(image).any()


def test_colors_of_itti_and_koch_are_by_intensity_and_none_in_black():
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, 32:] = 200, 100, 50
    channels = itti1998.center_surround(image, SERIAL)
    assert [len(maps) for maps in channels] == [4, 2, 8]
    assert all(np.isfinite(plane).all() for maps in channels for plane in maps)
    assert not any(np.ptp(plane) > 1e-20 for maps in itti1998.center_surround(image * 0, SERIAL)
                   for plane in maps)  # fmt: skip


def test_maps_with_few_peaks_are_promoted():
    plane = np.zeros((12, 12))
    assert not itti1998.promoted(plane).any()
    plane[0, 0] = 2  # at the border: no peak
    np.testing.assert_allclose(itti1998.promoted(plane), 5 * plane)
    plane[4, 5] = 1
    np.testing.assert_allclose(itti1998.promoted(plane), 100 * 5 * plane)
    plane[8, 2] = 0.4
    np.testing.assert_allclose(itti1998.promoted(plane), (10 - 3.5) ** 2 * 5 * plane)
    plane[8, 8] = 0.19  # below a tenth
    np.testing.assert_allclose(itti1998.promoted(plane), (10 - 3.5) ** 2 * 5 * plane)


def test_the_paper_s_version_of_itti_and_koch_is_another_map(rng):
    image = rng.integers(0, 256, (120, 160, 3), dtype=np.uint8)
    ours, papers = (psysal.Itti1998(version=v)(image) for v in ("ittikochmap", "paper"))
    assert abs(np.corrcoef(ours.ravel(), papers.ravel())[0, 1]) < 0.95
    assert papers.shape == image.shape[:2]


@pytest.mark.parametrize("channels", ["grey", "rgb"])
def test_frequencies_that_are_absent_do_not_spoil_a_map(channels):
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255, 0, 0
    found = psysal.Hou2007(channels=channels)(stripes, dtype="float64")
    assert np.isfinite(found).all()


def test_colors_of_a_grey_image_add_nothing_to_its_signature(golden):
    grey = golden("classical_edge_cases")["gray"]
    three = np.dstack([grey] * 3)
    shape, scale = classical_steps.width_scale(grey.shape, 64)
    small = classical_steps.reduced(three, shape, scale=scale)
    light = psysal.vision.color.lab(np.moveaxis(small, 0, -1), psysal.vision.color.D50)[:1]
    signature = psysal.models.hou2012.signature(light, 12, 2.88)
    found = psysal.Hou2012()(three, dtype="float64")
    assert off(found, resize(signature[None], grey.shape, "cubic")[0]) < 1e-12


def test_the_signature_is_its_twin(rng):
    planes = rng.random((3, 20, 24))
    expected = oracles.image_signature(planes)
    found = psysal.models.hou2012.signature(planes, 1, 1)
    np.testing.assert_allclose(found, classical_steps.spread(expected), atol=1e-12)


def test_the_spectral_residual_is_its_twin(rng):
    grey = rng.random((48, 64))
    found = hou2007.spectral_residual(grey[None])[0]
    assert off(found, oracles.spectral_residual(grey)) < 1e-12


@pytest.mark.skipif(not hasattr(cv2, "saliency"), reason="OpenCV without contributed modules")
def test_the_spectral_residual_is_opencv_s_but_for_the_blur(golden):
    """OpenCV blurs before it squares, and less; its local mean mirrors at the border."""
    small = cv2.resize(golden("induction_coffee")["image"][:, :, 1], (64, 64))
    _, theirs = cv2.saliency.StaticSaliencySpectralResidual_create().computeSaliency(small)
    sharp = hou2007.spectral_residual(small[None] / 255)[0]
    ours = cv2.GaussianBlur(np.sqrt(sharp), (5, 5), 8) ** 2
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.99


def test_boolean_maps_are_the_program_s(golden):
    for image, size in (("syn96", (128, 96)), ("coffee", (400, 266))):
        numbers = golden(f"classical_bms_{image}")
        picture = cv2.resize(numbers["image"], size, interpolation=cv2.INTER_AREA)
        planes = zhang2013.whitened(picture)
        expected, step = thinned(numbers, "features_u8")
        assert np.array_equal(np.moveaxis(planes, 0, -1)[::step, ::step], expected)
        summed = sum(zhang2013.attention(plane) for plane in planes)
        expected, step = thinned(numbers, "raw_sum")
        assert off(summed[::step, ::step], expected) < 1e-6


def test_two_colors_differ_in_one_direction():
    picture = np.full((20, 33, 3), (10, 90, 200), np.uint8)
    picture[5:12, 8:15] = 220, 30, 60
    first, *others = zhang2013.whitened(picture)
    assert np.unique(first).tolist() == [0, 255]
    assert not np.any(others)


def test_a_thin_image_keeps_a_row():
    image = np.zeros((8, 4000, 3), np.uint8)
    image[:, 2000:2100] = 255
    assert psysal.Zhang2013()(image).shape == (8, 4000)


def test_maps_have_the_shape_of_the_image():
    assert map_shape((400, 600), 32) == (21, 32)
    assert map_shape((600, 400, 3), 24) == (24, 16)
    assert map_shape((500, 2000), 10) == (3, 10)  # halves go up
    assert map_shape((8, 4000), 32) == (1, 32)


def test_deeper_images_are_rounded_where_the_program_takes_8_bits(golden):
    image = golden("classical_gbvs_syn144")["image"]
    deep = image * np.uint16(257) + np.uint16(100)
    for name in ("achanta2008", "achanta2009", "zhang2013", "hou2007"):
        assert np.array_equal(get_model(name)(deep), get_model(name)(image))


# --- loops against their slow twins -------------------------------------------------


@pytest.mark.parametrize("kernel", both(classical_kernels.grey_codes))
def test_grey_codes(kernel, rng):
    image = rng.integers(0, 256, (7, 9, 3), dtype=np.uint8)
    found = np.empty(63, np.uint8)
    kernel(image.reshape(-1), 0.298936021293776, 0.587043074451121, 0.114020904255103, found)
    assert np.array_equal(found.reshape(7, 9), oracles.grey_codes(image))


@pytest.mark.parametrize("kernel", both(classical_kernels.surround_contrast))
def test_surround_contrast(kernel, rng):
    codes = rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)
    sums, halves = cv2.integral(codes, sdepth=cv2.CV_64F), np.array([5, 3, 1])
    found = np.zeros((9, 12))
    flat = (codes.reshape(-1), sums.reshape(-1), halves, 9, 12, found.reshape(-1))
    kernel(*flat, 2, 9)
    expected = oracles.surround_contrast(codes.astype(float), halves)
    np.testing.assert_allclose(found[2:], expected[2:], rtol=1e-12)
    assert not found[:2].any()


@pytest.mark.parametrize("kernel", both(classical_kernels.color_planes))
def test_color_planes(kernel, rng):
    image = rng.integers(0, 65536, (6, 5, 3), dtype=np.uint16)
    found = np.empty((4, 6, 5), np.float32)
    kernel(image.reshape(-1), 65535, found.reshape(-1))
    expected = (image / 65535).astype(np.float32)
    assert np.array_equal(found[:3], np.moveaxis(expected, -1, 0))
    assert np.array_equal(found[3], expected.max(axis=2))


@pytest.mark.parametrize("kernel", both(classical_kernels.halve))
@pytest.mark.parametrize("shape", [(12, 11), (11, 14), (4, 5), (5, 4)])
def test_halve(kernel, shape, rng):
    plane = rng.random(shape).astype(np.float32)
    found = np.empty((shape[0] // 2, shape[1] // 2), np.float32)
    kernel(plane.reshape(-1), *shape, found.reshape(-1))
    np.testing.assert_allclose(found, oracles.halved(plane.astype(float)), rtol=4e-7)


@pytest.mark.parametrize("kernel", both(classical_kernels.walk))
@pytest.mark.parametrize(("tolerance", "most"), [(1e-3, 100), (1e-9, 4), (0.4, 100)])
def test_walk(kernel, tolerance, most, rng):
    features = rng.random((3, 3, 5))
    near = harel2006._nearness(3, 5, "float64")
    found = np.zeros((3, 15))
    kernel(features[1].reshape(15), *near, tolerance, most, found[1])
    expected, _ = oracles.walk(features[1], 0.15 * 4, tolerance, most)
    np.testing.assert_allclose(found[1].reshape(3, 5), expected, rtol=1e-12)
    assert not found[[0, 2]].any()


@pytest.mark.parametrize(
    ("kernel", "figures"),
    [
        pytest.param(classical_kernels.reach, classical_kernels.figures, id="compiled"),
        pytest.param(
            classical_kernels.reach.py_func, classical_kernels.figures.py_func, id="python"
        ),
    ],
)
def test_surrounded_regions_at_every_threshold(kernel, figures, rng):
    for shape, highest in (((17, 14), 255), ((17, 14), 30), ((1, 9), 255), ((6, 2), 255)):
        plane = gaussian_filter(rng.random(shape), 0.8)
        plane = (classical_steps.spread(plane) * highest).astype(np.uint8)
        framed = np.pad(plane, 1, constant_values=99)
        above, below = np.zeros((2, *framed.shape), np.uint8)
        kernel(framed.reshape(-1), *shape, above.reshape(-1))
        kernel(255 - framed.reshape(-1), *shape, below.reshape(-1))
        inner = (slice(1, -1),) * 2
        inside, outside = np.empty((2, *shape), np.uint8)
        for threshold in (0, 5, 19, *range(20, 256, 40)):
            figures(
                plane.reshape(-1), above[inner].ravel(), 255 - below[inner].ravel(),
                np.uint8(threshold), inside.reshape(-1), outside.reshape(-1),
            )  # fmt: skip
            assert np.array_equal(inside, oracles.surrounded(plane > threshold))
            assert np.array_equal(outside, oracles.surrounded(plane <= threshold))


@pytest.mark.parametrize("kernel", both(classical_kernels.add_scaled))
def test_add_scaled(kernel, rng):
    plane, out = rng.integers(0, 2, 20, dtype=np.uint8), rng.random(20).astype(np.float32)
    expected = out + np.float32(0.3) * plane
    kernel(plane, np.float32(0.3), out)
    np.testing.assert_allclose(out, expected, rtol=1e-7)


@pytest.mark.parametrize("rounded", [True, False])
def test_a_grey_image_in_one_channel_is_one_in_three_of_frequency_tuned_saliency(rounded, rng):
    grey = rng.integers(0, 256, (20, 30), dtype=np.uint8)
    one, three = map(psysal.Achanta2009(rounded=rounded), (grey, np.dstack([grey] * 3)))
    assert np.array_equal(one, three)


def test_the_blur_of_frequency_tuned_saliency_mirrors_the_edge():
    image = np.full((8, 9, 3), 0.5)
    image[0, 0] = 0.9
    window = np.exp(-np.array([1, 0, 1]) / 18)
    blurred = image
    for axis in (0, 1):
        blurred = correlate1d(blurred, window / window.sum(), axis, mode="reflect")
    found = psysal.Achanta2009(rounded=False)(image, dtype="float64")
    lab = psysal.vision.color.lab(blurred, psysal.vision.color.D65)
    expected = ((lab - lab.mean(axis=(1, 2), keepdims=True)) ** 2).sum(axis=0)
    assert off(found, expected) < 1e-12
