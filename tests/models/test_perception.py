"""Perceived brightness and color: the authors' numbers, and the illusions people have."""

from dataclasses import replace

import numpy as np
import pytest
import skimage.data
from support import oracles
from support.plain import plain

import psysal
from psysal import Otazu2008, Otazu2010, Viewing, stimuli
from psysal.srgb import from_linear, to_linear
from psysal.vision import color, csf, kernels

GREY = ["sbc", "white", "gi", "chevreul"]
DISPLAYS = [*GREY, "rings_chromatic"]
TOLERANCE = [("float64", 1e-12), ("float32", 2e-6)]
SMALL_WINDOWS = Otazu2008(windows=(3, 6), nu0=3)


def brightness_oracle(channel, windows, g, k):
    """Weighted details inverted from the true residual, stage by stage."""
    rows, cols = channel.shape
    levels = int(np.log2(max(rows - 1, cols - 1) / 4)) + 1
    planes, residuals = oracles.forward(channel, levels)
    weighted = []
    for s, plane in enumerate(planes, start=1):
        z = np.stack([oracles.contrast(plane[o - 1], o, *windows) for o in (1, 2, 3)])
        weighted.append((g(s) * z + k(s)) * plane)
    return oracles.inverse(weighted, residuals[-1])[:rows, :cols]


def intensity_oracle(channel, windows, nu0):
    parameters = dict(beta=1, sig1=1.25, sig2=1.25, sig3=2, s_g=nu0, s_k=nu0 + 2)
    g, k = (lambda s, i=i: oracles.ecsf(s, **parameters)[i] for i in (0, 1))
    return brightness_oracle(channel, windows, g, k)


def color_oracle(channel, windows, nu0):
    parameters = dict(beta=2, sig1=2, sig2=1.25, sig3=2, s_g=nu0 + 1, s_k=nu0 + 2)
    g, k = (lambda s, i=i: oracles.ecsf(s, **parameters)[i] for i in (0, 1))
    return brightness_oracle(channel, windows, g, k)


@pytest.fixture
def induction(golden):
    """The authors' numbers for a display: compare what is found with one of them."""

    def compare(name, key, found):
        numbers = golden(f"induction_{name}")
        if f"{key}_every_3" in numbers:
            found, key = found[::3, ::3], f"{key}_every_3"
        return np.abs(found - numbers[key]).max()

    return compare


@pytest.mark.parametrize("name", GREY)
@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCE)
def test_brightness_is_the_authors(golden, induction, name, dtype, tolerance):
    shown = golden(f"induction_{name}")["image"]
    for model, key in ((Otazu2008(), "ind_biwam"), (SMALL_WINDOWS, "ind_biwam36")):
        found = model(shown, dtype=dtype)
        assert found.dtype == dtype
        assert induction(name, key, found) < tolerance


def test_brightness_of_a_sum_of_colors_is_the_authors(golden, induction):
    """The program adds R, G and B up, beyond full scale, which no image may be."""
    total = golden("induction_rings_chromatic")["image"].sum(axis=2)
    found = intensity_oracle(total, (5, 4), 2.967)
    assert induction("rings_chromatic", "ind_biwam", found) < 1e-12


@pytest.mark.parametrize("name", DISPLAYS)
@pytest.mark.parametrize(("dtype", "tolerance"), TOLERANCE)
def test_color_is_the_authors(golden, induction, name, dtype, tolerance):
    shown = golden(f"induction_{name}")["image"]
    if shown.ndim == 2:
        shown = np.repeat(shown[:, :, None], 3, axis=2)
    linear = Otazu2010(encoding="linear")(shown, dtype=dtype)
    assert induction(name, "ind_ciwam", 255 * linear) < 255 * tolerance
    encoded = Otazu2010()(shown, dtype=dtype)
    assert induction(name, "ind_ciwam_srgb", 255 * encoded) < 255 * tolerance


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-5)])
def test_a_photograph_is_seen_as_the_authors_do(golden, dtype, tolerance):
    numbers, shown = golden("induction_coffee"), skimage.data.coffee()
    grey = np.rint(shown @ np.array(color.LUMA)).astype(np.uint8)
    for model, image, key in (
        (Otazu2010(encoding="linear"), shown, "ciwam_linear_rgb"),
        (Otazu2010(), shown, "ciwam_srgb"),
        (Otazu2008(), grey, "biwam_gray"),
    ):
        scale = 1 if key == "biwam_gray" else 255
        found = scale * model(image, dtype=dtype)[::6, ::6]
        assert np.abs(found - numbers[f"{key}_every_6"]).max() < scale * tolerance, key


def test_every_stage_of_whites_illusion_is_the_authors(golden):
    shown, numbers = golden("induction_white")["image"], golden("induction_white_intermediates")
    stages = Otazu2008().stages(shown, dtype="float64")
    small = SMALL_WINDOWS.stages(shown, dtype="float64")

    def weighted(found):
        return [a * w for a, w in zip(found.weights[0], found.planes[0], strict=True)]

    ours = {
        "w": stages.planes[0],
        "zctr": stages.contrast[0],
        "wp": weighted(stages),
        "wp36": weighted(small),
        "c": stages.residuals[0],
    }
    for key, expected in numbers.items():
        stage, level = key.removesuffix("_every_3").split("_")
        found = ours[stage][int(level[1:]) - 1]
        found = np.moveaxis(found, 0, -1) if found.ndim == 3 else found
        found = found[::3, ::3] if key.endswith("_every_3") else found
        assert np.abs(found - expected).max() < 1e-12, key
    assert len(numbers) == 25


@pytest.mark.parametrize("shape", [(40, 41), (9, 130), (129, 64), (8, 8)])
def test_the_fast_path_is_the_slow_model(rng, shape):
    shown = rng.random(shape)
    for model in (Otazu2008(), SMALL_WINDOWS, Otazu2008(windows=(13, 26))):
        expected = intensity_oracle(shown, model.windows, model.nu0)
        assert np.abs(model(shown, dtype="float64") - expected).max() < 1e-12
        assert np.abs(model.stages(shown, dtype="float64").image - expected).max() < 1e-12


def test_photographs_kept_aside(data):
    from PIL import Image

    for path in sorted((data / "osie").rglob("*.jpg"))[:2]:
        shown = np.asarray(Image.open(path).convert("RGB"))[:301, :402]
        r, g, b = np.moveaxis(to_linear(shown / 255), -1, 0)
        total = np.maximum(r + g + b, 1e-300)
        o1, o2 = (color_oracle(o / total, (3, 6), 3) for o in (r - g, r + g - 2 * b))
        o3 = intensity_oracle(r + g + b, (3, 6), 3)
        blue = o3 * (1 - o2) / 3
        green = (o3 - blue - o3 * o1) / 2
        expected = from_linear(np.stack([o3 * o1 + green, green, blue], axis=-1))
        found = psysal.perceive(shown, dtype="float64")
        assert np.abs(found - expected).max() < 1e-11 * np.abs(expected).max()


def test_what_is_uniform_looks_as_it_is():
    for shown in (np.full((40, 60), 0.25), np.full((40, 60, 3), (0.25, 0.5, 0.75))):
        for model in (Otazu2008(), Otazu2010()):
            percept = model(shown, dtype="float64")
            if percept.ndim == shown.ndim:
                np.testing.assert_allclose(percept, shown, atol=1e-14)


def test_black_stays_black():
    assert not psysal.perceive(np.zeros((16, 16, 3))).any()


def test_grey_looks_the_same_in_one_channel_as_in_three(rng):
    grey = rng.integers(0, 256, (50, 70), dtype=np.uint8)
    rgb = np.repeat(grey[:, :, None], 3, axis=2)
    one, three = psysal.perceive(grey), psysal.perceive(rgb)
    assert one.shape == (50, 70)
    assert one.flags.c_contiguous
    np.testing.assert_allclose(three, np.repeat(one[:, :, None], 3, axis=2), atol=2e-6)


def test_luminance_of_color_is_that_of_the_grey_picture(photograph):
    grey = photograph @ np.array(color.LUMA) / 255
    np.testing.assert_allclose(
        Otazu2008()(photograph, dtype="float64"), Otazu2008()(grey, dtype="float64"), atol=1e-14
    )


def test_the_bits_do_not_depend_on_threads(rng):
    shown = rng.integers(0, 256, (700, 500, 3), dtype=np.uint8)
    one = psysal.perceive(shown, threads=1)
    for threads in (2, 3, 5):
        assert np.array_equal(psysal.perceive(shown, threads=threads), one)


@pytest.mark.parametrize("wavelet", ["b3", "haar", "db4", "dmey"])
def test_stages_and_the_fast_path_agree(photograph, wavelet):
    for model in (Otazu2008(wavelet=wavelet), Otazu2010(wavelet=wavelet)):
        stages = model.stages(photograph, dtype="float64")
        np.testing.assert_allclose(stages.image, model(photograph, dtype="float64"), atol=1e-12)
        assert len(stages.planes) == len(stages.channels) == len(stages.percepts)


@pytest.mark.parametrize("wavelet", ["haar", "bior2.2", "sym4"])
def test_other_wavelets_have_simultaneous_contrast_too(wavelet):
    display = stimuli.simultaneous_contrast(ppd=16)
    lighter, darker = display.target_masks
    for model in (Otazu2008(wavelet=wavelet), Otazu2010(wavelet=wavelet)):
        percept = model(display.image)
        assert percept.shape == display.image.shape
        assert percept[lighter].mean() > percept[darker].mean()


def test_twice_the_pixels_per_degree_shift_the_tuning_by_a_level():
    near, far = Otazu2010(ppd=64).sensitivities, Otazu2010(ppd=32).sensitivities
    assert near == tuple(ecsf.shifted(1) for ecsf in far)
    assert far == Otazu2010().sensitivities
    assert Otazu2008(ppd=31.28) == replace(Otazu2008(), ppd=31.28)
    assert Otazu2008(ppd=31.28).sensitivities == Otazu2008().sensitivities


def test_a_viewing_stands_for_its_pixels_per_degree(photograph):
    viewing = Viewing(distance=60, width=40, pixels=1600)
    for model in (Otazu2010, Otazu2008, psysal.Murray2011, psysal.Murray2013):
        assert model(ppd=viewing) == model(ppd=viewing.ppd)
    found = psysal.saliency(photograph, ppd=viewing)
    assert np.array_equal(found, psysal.saliency(photograph, ppd=viewing.ppd))


def test_colors_come_back_from_their_channels(rng):
    for dtype, tolerance in (("float64", 1e-13), ("float32", 3e-6)):
        shown = rng.random((30, 40, 3)).astype(dtype)
        for linear in (False, True):
            channels = color.opponent(shown, dtype=dtype, linear=linear)
            found = color.from_opponent(channels, linear=linear)
            np.testing.assert_allclose(found, shown, atol=tolerance)


@pytest.mark.parametrize("kernel", [kernels.from_opponent, plain(kernels.from_opponent)])
def test_colors_that_no_screen_shows_go_on_along_the_curve(kernel, rng):
    planes = rng.uniform(-2, 4, (3, 4, 5))
    o1, o2, o3 = planes
    blue = o3 * (1 - o2) / 3
    green = (o3 - blue - o3 * o1) / 2
    linear = np.stack([o3 * o1 + green, green, blue], axis=-1)
    out = np.empty(3 * 4 * 5)
    kernel(planes.reshape(-1), 5, True, out, 0, 4)
    np.testing.assert_allclose(out.reshape(4, 5, 3), from_linear(linear), rtol=1e-13, atol=1e-15)


def test_the_curve_of_srgb_is_exact_from_the_knee_to_glare():
    linear = np.concatenate([np.linspace(0, 0.01, 500), np.geomspace(0.003, 150, 4000)])
    planes = np.zeros((3, 1, linear.size))
    planes[2] = 3 * linear
    found = color.from_opponent(planes)[0, :, 0]
    np.testing.assert_allclose(found, from_linear(linear), rtol=1e-13, atol=1e-15)


def test_sensitivity_to_color_is_a_level_coarser():
    levels = np.arange(1, 8)
    assert csf.otazu_intensity(3).gain(levels).argmax() + 1 == 3
    assert csf.otazu_color(3).gain(levels).argmax() + 1 == 4


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Otazu2010(encoding="gamma"), 'encoding must be "srgb" or "linear", got \'gamma\''),
        (lambda: Otazu2008(windows=(5,)), r"windows must be \(center, surround\), got \(5,\)"),
        (lambda: Otazu2008(windows=(0, 4)), "windows must be positive whole numbers"),
        (lambda: Otazu2010(nu0=np.nan), "s_g must be a finite number, got nan"),
        (lambda: Otazu2010(ppd=0), "ppd must be a positive number of pixels per degree, got 0"),
        (lambda: Otazu2010(wavelet="none"), 'wavelet must be "b3" or a discrete wavelet'),
        (lambda: psysal.perceive(np.zeros((7, 9))), "at least 8 x 8 pixels, got 7 x 9"),
        (lambda: psysal.perceive(np.zeros((9, 9)), model="murray2011"), "otazu2008, otazu2010"),
        (lambda: psysal.perceive(np.zeros((9, 9)), model=Otazu2010(), ppd=3), "Otazu2010.ppd"),
        (lambda: psysal.perceive(np.full((9, 9), 2.0)), r"must lie in \[0, 1\]"),
        (lambda: psysal.perceive(np.zeros((9, 9)), dtype="int32"), "dtype must be"),
    ],
)
def test_bad_input_gets_a_sentence(make, message):
    with pytest.raises(ValueError, match=message):
        make()
