"""Classical models of saliency, in sentences: what each sees, and what none may make up."""

import numpy as np
import pytest
import skimage.data
from scipy.ndimage import gaussian_filter
from support import oracles

import psysal
from psysal import stimuli
from psysal.models import bruce2009, bruce_kernels, itti_paper
from psysal.models.registry import get_model, model_names
from psysal.srgb import to_linear
from psysal.vision.color import lab

BLIND = model_names("baseline")
OURS = ["murray2011", "murray2013", "learned", "deep"]
LOOKING = [name for name in model_names("saliency") if name not in OURS]
CLASSICAL = [*LOOKING, *BLIND]

SEES = {  # what each model finds among distractors, wherever they are
    "color": [name for name in LOOKING if name != "torralba2006"],  # which sees grey
    "contrast": LOOKING,
    "orientation": ["itti1998", "achanta2008", "zhang2013"],
    "size": ["hou2007", "hou2012", "harel2006", "zhang2013"],
    "density": ["itti1998", "hou2007", "hou2012", "harel2006", "zhang2013"],
}


BELOW = {  # least value, as a share of the largest
    **dict.fromkeys(("hou2007", "hou2012", "schauerte2012"), -0.1),  # enlarged by cubics
    "torralba2006": -1,  # logarithms of frequencies
}


def off(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize(("odd", "name"), [(odd, n) for odd, names in SEES.items() for n in names])
def test_what_is_odd_is_the_maximum(odd, name):
    for seed in range(3):
        display = stimuli.DISPLAYS[f"search_{odd}"](seed=seed)
        found = get_model(name)(display.image)
        assert display.target_masks[0][np.unravel_index(found.argmax(), found.shape)]


@pytest.mark.parametrize("name", [*LOOKING, "uniform"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_constant_image_has_nothing_to_see(name, dtype):
    model = get_model(name)
    for value in (0, 1, 128, 255, (200, 77, 13)):
        for image in (np.full((50, 71, 3), value, np.uint8), np.full((16, 300, 3), value) / 255):
            assert np.ptp(model(image, dtype=dtype)) == 0
            assert not psysal.saliency(image, model=name, dtype=dtype).any()


@pytest.mark.parametrize("name", CLASSICAL)
@pytest.mark.parametrize("shape", [(8, 8), (8, 200), (301, 9), (65, 129), (480, 640)])
def test_maps_have_the_size_of_the_image(name, shape, rng):
    shape = tuple(max(n, get_model(name).smallest) for n in shape)
    image = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    for dtype in ("float32", "float64"):
        found = get_model(name)(image, dtype=dtype)
        assert found.shape == shape
        assert found.dtype == dtype
        assert np.isfinite(found).all()
        assert found.min() >= BELOW.get(name, 0) * found.max()


@pytest.mark.parametrize("name", LOOKING)
def test_the_same_picture_in_another_data_type_has_the_same_map(name, photograph):
    model = get_model(name)
    expected = model(photograph, dtype="float64")
    assert np.ptp(expected) > 0
    for same in (photograph * np.uint16(257), photograph / 255, photograph[:, :, ::-1]):
        channel_order = "bgr" if np.shares_memory(same, photograph) else "rgb"
        assert off(model(same, channel_order=channel_order, dtype="float64"), expected) < 1e-9
    assert off(model(photograph), expected) < 1e-3
    assert off(model((photograph / 255).astype(np.float32)), expected) < 1e-3


@pytest.mark.parametrize("name", sorted({*CLASSICAL} - {"hou2012", "harel2006"}))
def test_a_grey_image_is_the_same_in_one_channel_and_in_three(name, photograph):
    grey = photograph[:, :, 1]
    one, three = (get_model(name)(i, dtype="float64") for i in (grey, np.dstack([grey] * 3)))
    np.testing.assert_allclose(one, three, rtol=1e-9)


@pytest.mark.parametrize("name", ["hou2012", "harel2006"])
def test_two_programs_see_colors_in_a_grey_image_of_three_channels(name, photograph):
    """The signature of lightness, not of codes; cones that are not of equal gain."""
    grey = photograph[:, :, 1]
    one, three = (get_model(name)(i, dtype="float64") for i in (grey, np.dstack([grey] * 3)))
    assert off(one, three) > 1e-3
    assert np.corrcoef(one.ravel(), three.ravel())[0, 1] > 0.5


@pytest.mark.parametrize("name", [name for name in LOOKING if name != "hou2007"])
def test_a_patch_that_differs_by_two_codes_is_the_maximum(name):
    image = np.full((60, 80), 77, np.uint8)
    image[20:30, 40:50] += 2
    assert psysal.saliency(image, model=name)[18:32, 38:52].max() == 1


@pytest.mark.parametrize("name", LOOKING)
def test_two_colors_are_enough_for_a_map(name):
    """Spectra with holes, chains of two parts and features of two values, in color and in grey."""
    square, stripes = np.zeros((2, 64, 80), np.uint8)
    square[20:40, 30:50] = 255
    stripes[:, ::8] = 255
    for grey in (square, stripes):
        for image in (grey, np.dstack([grey, 128 - grey // 2, grey]), np.dstack([grey] * 3)):
            found = get_model(name)(image)
            assert np.isfinite(found).all()
            assert np.ptp(found) > 0 or (grey is stripes and name == "zhang2013")  # no figure
    clear = np.dstack([square, square, square, 255 - square])  # white where it is transparent
    assert np.array_equal(get_model(name)(clear), get_model(name)(np.dstack([square] * 3)))


@pytest.mark.parametrize("name", LOOKING)
def test_the_bits_do_not_depend_on_threads(name, rng):
    image = rng.integers(0, 256, (530, 700, 3), dtype=np.uint8)
    one = get_model(name)(image, threads=1)
    assert np.array_equal(get_model(name)(image, threads=3), one)


@pytest.mark.parametrize("name", LOOKING)
def test_images_are_not_changed(name, photograph):
    for image in (photograph.copy(), (photograph / 255).astype(np.float32), photograph / 255):
        before = image.copy()
        image.setflags(write=False)
        get_model(name)(image, dtype=image.dtype if image.dtype != np.uint8 else "float32")
        assert np.array_equal(image, before)


# --- slow twins ---------------------------------------------------------------


def test_lab_is_scikit_image_s(rng):
    from skimage.color import rgb2lab

    image = rng.random((20, 30, 3))
    assert np.abs(np.moveaxis(lab(image), 0, -1) - rgb2lab(image)).max() < 0.02
    grey = np.repeat(rng.random((20, 30, 1)), 3, axis=2)
    assert np.abs(lab(grey)[1:]).max() < 1e-10
    white_luminance = 116 * np.cbrt(to_linear(0.5)) - 16
    assert lab(np.full((1, 1, 3), 0.5))[0, 0, 0] == pytest.approx(white_luminance)


def test_itti_s_normalization_is_its_twin(rng):
    for sigma in (0, 1, 3):
        plane = gaussian_filter(rng.random((37, 52)), sigma)
        assert off(itti_paper.map_normalization(plane), oracles.local_maxima_norm(plane)) < 1e-12


def test_one_peak_is_promoted_and_many_are_held_back():
    one, many = np.zeros((2, 40, 40))
    many[4::8, 4::8] = 0.9
    one[20, 20] = many[20, 20] = 1
    assert itti_paper.map_normalization(one).max() == 1
    assert itti_paper.map_normalization(many).max() == pytest.approx(0.01)
    many[4, 4] = 1
    many[many == 0.9] = 1
    assert not itti_paper.map_normalization(many).any()


def test_itti_s_differences_across_scales_are_their_twin(rng):
    scales = itti_paper.features(rng.random((75, 110, 3)))
    found = itti_paper.feature_maps(scales)
    assert len(found) * len(scales[0]) == 42
    for k in range(7):
        for where, expected in oracles.across_scales([planes[k] for planes in scales]).items():
            np.testing.assert_allclose(found[where][k], expected, atol=1e-12)


def test_the_paper_s_map_of_itti_is_its_twin(rng):
    picture = gaussian_filter(rng.random((75, 110, 3)), (2, 2, 0))
    dark = picture * np.linspace(0, 1, 110)[:, None]  # a part of it has no color
    for pair, expected in zip(itti_paper.gabor_filters(), oracles.itti_gratings(), strict=True):
        np.testing.assert_allclose(pair, expected, atol=1e-12)
    found = itti_paper.features(dark)
    for planes, expected in zip(found, oracles.itti_features(dark), strict=True):
        np.testing.assert_allclose(planes, expected, atol=1e-12)
    found = itti_paper.paper_map(picture)
    assert off(found, oracles.itti_map(picture)) < 1e-3  # two equal peaks may part by rounding


def test_equal_hues_have_no_color_and_red_is_opposed_to_green():
    image = np.zeros((16, 16, 3))
    image[:, :8] = 1, 0, 0
    image[:, 8:] = 0, 1, 0
    _, red_green, blue_yellow, *_ = itti_paper.features(image)[0]
    assert (red_green[:, :8] > 0).all()
    np.testing.assert_allclose(red_green[:, 8:], -red_green[:, :8])
    assert not blue_yellow.any()
    assert not itti_paper.features(np.repeat(image[:, :, :1], 3, axis=2))[0][1:3].any()


def test_the_basis_has_nearly_uncorrelated_coefficients_in_photographs():
    coefficients = []
    for name in ("astronaut", "chelsea", "coffee", "rocket"):
        picture = getattr(skimage.data, name)() / 255
        patches = np.lib.stride_tricks.sliding_window_view(picture, (21, 21), (0, 1))[::7, ::7]
        coefficients.append(
            patches.reshape(-1, 3 * 21**2) @ bruce2009.basis().reshape(-1, 3 * 21**2).T
        )
    covariance = np.cov(np.concatenate(coefficients).T)
    assert 0.5 < np.diag(covariance).min() < np.diag(covariance).max() < 2
    assert np.abs(covariance - np.diag(np.diag(covariance))).mean() < 0.1


def test_information_is_the_logarithm_of_how_rare_a_value_is():
    times = [50, 25, 24, 1]
    values = np.repeat([0.0, 1.0, 2.0, 255.0], times)  # the middles of bins
    expected = np.log2(100 / np.array(times)).repeat(times)
    np.testing.assert_allclose(bruce2009.information(values), expected)


@pytest.mark.parametrize(
    "kernel",
    [bruce_kernels.times_probability, bruce_kernels.times_probability.py_func],
    ids=["compiled", "python"],
)
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_probabilities_are_their_twin(kernel, kind, rng):
    values = np.append(rng.normal(size=500), [7, 7, 7]).astype(kind)
    earlier = rng.random(values.size)
    joint, scale = earlier.copy(), 255 / np.ptp(values)
    kernel(values, values.min(), scale, np.zeros(256), joint)
    expected = earlier * oracles.probability(values.astype(float))
    np.testing.assert_allclose(joint, expected, rtol=1e-12 if kind == "float64" else 1e-4)


SHAPES = [(8, 8), (8, 70), (65, 30), (20, 64)]  # the edges of tiles, and less than a filter


@pytest.mark.parametrize(
    "image",
    [
        *(pytest.param(lambda rng, s=s: rng.integers(0, 256, (*s, 3)), id=str(s)) for s in SHAPES),
        pytest.param(lambda rng: rng.integers(0, 256, (31, 23)), id="grey"),
        pytest.param(lambda rng: 128 + (rng.random((40, 33, 3)) < 0.1), id="faint"),
    ],
)
def test_attention_by_information_maximization_is_its_twin(image, rng):
    image = image(rng).astype(np.uint8)
    picture = (image if image.ndim == 3 else np.dstack([image] * 3)) / 255
    expected = oracles.self_information(picture, bruce2009.basis().astype(float))
    assert off(psysal.Bruce2009()(image, dtype="float64"), expected) < 1e-11
    assert off(psysal.Bruce2009()(image), expected) < 1e-4


def test_a_component_that_sees_nothing_says_nothing():
    assert not bruce2009.information(np.full((5, 4), 3.0)).any()


# --- baselines that do not look ------------------------------------------------


def test_the_center_is_a_gaussian_as_wide_as_the_image():
    found = psysal.Center()(np.zeros((101, 201)), dtype="float64")
    assert found[50, 100] == found.max() == 1
    assert found[50, 0] == pytest.approx(np.exp(-8 * (100 / 201) ** 2))
    np.testing.assert_allclose(found, found[::-1, ::-1])
    wide = psysal.Center(sigma=0.5)(np.zeros((101, 201)), dtype="float64")
    np.testing.assert_allclose(wide**4, found)


def test_uniform_is_one_everywhere():
    assert (psysal.Uniform()(np.zeros((9, 12))) == 1).all()


# --- by name, and what has no meaning -------------------------------------------


@pytest.mark.parametrize("name", CLASSICAL)
def test_models_without_degrees_take_no_ppd(name):
    with pytest.raises(ValueError, match=f"{name} has no tuning in degrees, got ppd=40; leave"):
        psysal.saliency(np.zeros((9, 9)), model=name, ppd=40)


@pytest.mark.parametrize("name", CLASSICAL)
@pytest.mark.parametrize(
    ("image", "options", "says"),
    [
        (np.zeros((7, 30)), {}, r"the model needs at least (8 x 8|16 x 16) pixels, got 7 x 30"),
        (np.full((9, 9), 2.0), {}, r"must lie in \[0, 1\]"),
        (np.zeros((16, 16)), {"dtype": "int8"}, 'dtype must be "float32" or "float64"'),
        (np.zeros((16, 16)), {"threads": 0}, "threads must be a whole number from 1 on, got 0"),
        (np.zeros((16, 16)), {"channel_order": "gbr"}, 'channel_order must be "rgb" or "bgr"'),
    ],
)
def test_images_and_options_without_a_meaning(name, image, options, says):
    with pytest.raises(ValueError, match=says):
        get_model(name)(image, **options)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: psysal.Hou2007(size=0), "size must be a whole number from 1 on, got 0; 64 is the"),
        (lambda: psysal.Hou2007(blur=float("nan")), "blur must be a positive number, got nan"),
        (
            lambda: psysal.Hou2012(channels="hsv"),
            'channels must be "lab", "rgb" or "dkl", got \'hsv\'',
        ),
        (lambda: psysal.Hou2007(channels="lab"), 'channels must be "grey" or "rgb", got \'lab\''),
        (lambda: psysal.Achanta2009(rounded=1), "rounded must be True or False, got 1"),
        (lambda: psysal.Harel2006(fast="no"), "fast must be True or False, got 'no'"),
        (lambda: psysal.Zhang2013(size=0.5), "size must be a whole number from 1 on, got 0.5; 400"),
        (lambda: psysal.Hou2012(blur="wide"), "blur must be a positive number, got 'wide'"),
        (
            lambda: psysal.Itti1998(version="1998"),
            'version must be "ittikochmap" or "paper", got \'1998\'',
        ),
        (
            lambda: psysal.Hou2007(average=2.5),
            "average must be a whole number from 1 on, got 2.5; 3 is the",
        ),
        (lambda: psysal.Center(sigma=0), "sigma must be a positive number, got 0; 0.25 is the"),
    ],
)
def test_parameters_without_a_meaning(make, says):
    with pytest.raises(ValueError, match=says):
        make()
