"""``psysal.crop``: sizes, aspects, numbers of a crop, and what has no meaning."""

import math

import numpy as np
import pytest
from PIL import Image

import psysal
from psysal.crops.crop import CropSize, cut, fixation_density
from psysal.crops.window import Window

MODELS = ("deep", "learned", "murray2011")


@pytest.fixture
def scene():
    """Grey, with a red square far on the right."""
    image = np.full((80, 160, 3), 128, np.uint8)
    image[30:50, 125:145] = 230, 30, 20
    return image


class Recorder:
    """Model that remembers the shapes it is given."""

    def __init__(self, values, gives="map"):
        self.values, self.gives, self.shapes = values, gives, []

    def __call__(self, image, threads=None):
        self.shapes.append(image.shape[:2])
        return self.values(*image.shape[:2])


@pytest.mark.parametrize("model", MODELS)
def test_the_red_square_is_kept(scene, model):
    crop = psysal.crop(scene, (80, 80), model=model, threads=1)
    left, top, right, bottom = crop.box
    assert (top, bottom, right - left) == (0, 80, 80)
    assert left <= 125
    assert right >= 145
    np.testing.assert_array_equal(crop.image, scene[top:bottom, left:right])


def test_a_size_is_the_largest_window_of_its_shape_reduced(photograph):
    crop = psysal.crop(photograph, (30, 20), threads=1)
    left, top, right, bottom = crop.box
    assert (right - left, bottom - top) == (110, 73)
    assert crop.image.shape == (20, 30, 3)
    mean = photograph[top:bottom, left:right].mean((0, 1))
    np.testing.assert_allclose(crop.image.mean((0, 1)), mean, atol=1)


def test_a_window_of_so_many_pixels_is_not_reduced(photograph):
    crop = psysal.crop(photograph, (30, 20), resize=False, threads=1)
    left, top, right, bottom = crop.box
    assert (right - left, bottom - top) == (30, 20)
    np.testing.assert_array_equal(crop.image, photograph[top:bottom, left:right])


def test_an_aspect_is_not_reduced(photograph):
    crop = psysal.crop(photograph, aspect=(1, 1), threads=1)
    assert crop.image.shape == (75, 75, 3)


def test_a_crop_of_one_pixel_is_the_mean_of_its_window(photograph):
    crop = psysal.crop(photograph, (1, 1), threads=1)
    left, top, right, bottom = crop.box
    assert (right - left, bottom - top) == (75, 75)
    mean = photograph[top:bottom, left:right].mean((0, 1))
    np.testing.assert_allclose(crop.image[0, 0], mean, atol=1)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("grey", [False, True])
def test_a_crop_has_the_data_type_of_its_photograph(photograph, dtype, grey):
    scale = {np.uint8: 1, np.uint16: 257}.get(dtype, 1 / 255)
    image = (photograph[:, :, 1] if grey else photograph).astype(dtype) * dtype(scale)
    for resize in (True, False):
        crop = psysal.crop(image, (25, 30), resize=resize, model="hou2012")
        assert (crop.image.dtype, crop.image.shape) == (dtype, (30, 25) + (3,) * (not grey))


def test_files_pil_images_and_channel_orders_give_the_same_crop(tmp_path, photograph):
    Image.fromarray(photograph).save(tmp_path / "a.png")
    crop = psysal.crop(photograph, (40, 40))
    for other in (tmp_path / "a.png", Image.fromarray(photograph)):
        np.testing.assert_array_equal(psysal.crop(other, (40, 40)).image, crop.image)
    turned = psysal.crop(photograph[:, :, ::-1], (40, 40), channel_order="bgr")
    np.testing.assert_array_equal(turned.image[:, :, ::-1], crop.image)
    assert turned.box == crop.box


def test_confidence_is_the_share_of_the_density(photograph):
    density = psysal.Learned("deep")(photograph, dtype="float64")
    crop = psysal.crop(photograph, (30, 60), resize=False)
    left, top, right, bottom = crop.box
    assert crop.confidence == pytest.approx(density[top:bottom, left:right].sum(), abs=1e-6)
    x, y = crop.focal_point
    highest = np.unravel_index(density.argmax(), density.shape)
    assert (y * 75 - 0.5, x * 110 - 0.5) == pytest.approx(highest)
    assert psysal.crop(photograph, aspect=(110, 75)).confidence == pytest.approx(1)


@pytest.mark.parametrize("model", MODELS)
def test_of_an_even_picture_the_middle_is_kept(model):
    crop = psysal.crop(np.full((100, 200), 90, np.uint8), (100, 100), model=model)
    assert crop.box == (50, 0, 150, 100)
    gaussian = math.erf(1 / 2**0.5) / math.erf(2 / 2**0.5)
    assert crop.confidence == pytest.approx(gaussian, abs=1e-4)


def test_a_map_is_squared_and_multiplied_by_a_gaussian():
    values = np.arange(12 * 16.0).reshape(12, 16) - 7
    density = fixation_density(np.eye(12, 16), Recorder(lambda *shape: values))
    y, x = (np.arange(12) + 0.5) / 12 - 0.5, (np.arange(16) + 0.5) / 16 - 0.5
    gaussian = np.exp(-(y[:, None] ** 2 + x**2) / (2 * 0.25**2))
    expected = (np.arange(192).reshape(12, 16) / 191) ** 2 * gaussian
    np.testing.assert_allclose(density, expected / expected.sum(), atol=1e-12)


@pytest.mark.parametrize(("gives", "values"), [("density", np.ones), ("log-density", np.zeros)])
def test_a_density_is_taken_at_its_word(gives, values):
    shift = math.log(192) if gives == "log-density" else 0
    model = Recorder(lambda *shape: values(shape) - shift, gives)
    density = fixation_density(np.eye(12, 16), model)
    np.testing.assert_allclose(density, 1 / 192)


@pytest.mark.parametrize(
    ("shape", "seen"),
    [((600, 800), (384, 512)), ((300, 400), (300, 400)), ((100, 4000), (32, 1280))],
)
def test_the_model_sees_a_reduced_photograph(rng, shape, seen):
    pixels = rng.integers(0, 255, shape, np.uint8)
    model = Recorder(lambda *shape: np.ones(shape), "density")
    density = fixation_density(pixels, model)
    assert model.shapes == [seen]
    assert max(density.shape) == 192
    whole = Recorder(lambda *shape: np.ones(shape), "density")
    whole.ppd = 40
    fixation_density(pixels, whole)
    assert whole.shapes == [shape]


def test_colors_that_are_not_seen_do_not_show_in_a_reduced_crop():
    samples = np.zeros((4, 4, 4), np.uint8)
    samples[:, :2] = 200, 100, 50, 255
    samples[:, 2:] = 0, 255, 0, 0  # transparent green
    small = cut(samples, Window(0, 0, 4, 4, 1.0), CropSize(1, 1))
    assert small.tolist() == [[[200, 100, 50, 128]]]
    grey = cut(samples[:, :, [0, 3]], Window(0, 0, 4, 4, 1.0), CropSize(1, 1))
    assert grey.tolist() == [[[200, 128]]]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "one of size and aspect must be given, got neither; write size"),
        ({"size": (4, 4), "aspect": (1, 1)}, "one of size and aspect must be given, got both"),
        ({"size": 400}, r"size must be \(width, height\), got 400; write"),
        ({"aspect": "16:9"}, r"aspect must be \(width, height\), got '16:9'"),
        ({"size": (0, 4)}, "the width of a size must be a whole number from 1 on, got 0; 400"),
        ({"size": (4, 2.5)}, "the height of a size must be a whole number from 1 on, got 2.5"),
        ({"aspect": (0, 1)}, "the width of an aspect must be a positive number, got 0; 16:9"),
        ({"aspect": (1, -2)}, "the height of an aspect must be a positive number, got -2"),
        ({"aspect": (1, math.nan)}, "the height of an aspect must be a positive number, got nan"),
        ({"aspect": (1, 1000)}, "the aspect must be one from 1:75 to 110:1 in a photograph of 110"),
        ({"size": (111, 2)}, "a crop must be no larger than the photograph of 110 x 75 pixels, go"),
        ({"size": (2, 76), "resize": False}, "no larger than .* got 2 x 76 pixels; ask for a sm"),
        ({"size": (4, 4), "model": "deeper"}, "model must be one of .*, got 'deeper'"),
    ],
)
def test_what_has_no_meaning_is_refused(photograph, options, said):
    with pytest.raises(ValueError, match=said):
        psysal.crop(photograph, **options)
