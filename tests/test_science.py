"""The model in sentences: what it says about the world."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import pywt
from support import oracles

import psysal
from psysal.vision import contrast, wavelet
from psysal.vision.csf import MURRAY2011_INTENSITY


def encoded(linear):
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def cells(saliency, cell):
    rows, cols = np.array(saliency.shape) // cell
    return saliency.reshape(rows, cell, cols, cell).max((1, 3))


@pytest.mark.parametrize("value", [0, 1, 128, 255])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_constant_image_has_nothing_to_see(value, dtype):
    for shape in ((50, 70), (50, 70, 3)):
        image = np.full(shape, value, np.uint8)
        assert not psysal.saliency(image, dtype=dtype).any()
    colored = np.full((40, 64, 3), (value, 77, 200), np.uint8)
    assert not psysal.saliency(colored, dtype=dtype).any()


@pytest.mark.parametrize("surround", ["black", "green"])
@pytest.mark.parametrize("radius", [4, 8])
def test_a_red_target_among_green_at_equal_luminance_is_the_maximum(surround, radius):
    cell, target = 48, (2, 3)
    red, green = encoded(np.array([[1, 0, 0], [0, 0.2126 / 0.7152, 0]]))
    image = np.empty((5 * cell, 5 * cell, 3))
    image[:] = 0 if surround == "black" else green
    y, x = np.mgrid[:cell, :cell] - cell / 2 + 0.5
    disc = np.tile(x**2 + y**2 <= radius**2, (5, 5))
    image[disc] = green
    only = np.zeros_like(disc)
    only[target[0] * cell :][:cell, target[1] * cell :][:, :cell] = True
    image[disc & only] = red
    found = cells(psysal.saliency(image), cell)
    assert np.unravel_index(found.argmax(), found.shape) == target


@pytest.mark.parametrize(("ground", "bar"), [(0.5, 1.0), (0.5, 0.0), (0.0, 1.0)])
@pytest.mark.parametrize("turned", [False, True])
def test_an_odd_orientation_among_bars_pops_out(ground, bar, turned):
    cell, target = 32, (2, 3)
    image = np.full((6, cell, 6, cell), ground)
    image[:, 4:28, :, 14:17] = bar
    image[2, :, 3] = ground
    image[2, 14:17, 3, 4:28] = bar
    image = image.reshape(6 * cell, 6 * cell)
    if turned:
        image, target = np.ascontiguousarray(image.T), target[::-1]
    found = cells(psysal.saliency(image), cell)
    assert np.unravel_index(found.argmax(), found.shape) == target


def test_twice_the_pixels_per_degree_shifts_the_tuning_by_one_level():
    assert np.allclose(
        psysal.Murray2011(ppd=64).sensitivities[2].gain(np.arange(2, 8)),
        psysal.Murray2011(ppd=32).sensitivities[2].gain(np.arange(1, 7)),
    )
    assert psysal.Murray2011(ppd=32).sensitivities == psysal.Murray2011().sensitivities


def test_ppd_moves_the_map_as_a_shifted_ecsf_does(photograph):
    shifted = psysal.Murray2011(
        color=psysal.Murray2011().color.shifted(1), intensity=MURRAY2011_INTENSITY.shifted(1)
    )
    near = psysal.Murray2011(ppd=64)(photograph)
    assert np.array_equal(near, shifted(photograph))
    assert not np.allclose(near, psysal.Murray2011()(photograph), rtol=1e-3)


@pytest.mark.parametrize("name", ["b3", "haar", "db4", "bior4.4"])
def test_contributions_and_pedestal_are_the_channel_maps(photograph, name):
    model = psysal.Murray2011(wavelet=name)
    stages = model.stages(photograph, dtype="float64")
    parts = model.contributions(photograph, dtype="float64")
    rows, cols = photograph.shape[:2]
    assert parts.planes.shape == (3, 6, 3, rows, cols)
    assert (parts.planes >= 0).all()
    scale = stages.channel_maps.max()
    assert np.abs(parts.channel_maps - stages.channel_maps).max() < 1e-13 * scale
    combined = np.sqrt((parts.channel_maps**2).sum(axis=0))
    assert np.abs(combined - model(photograph, dtype="float64")).max() < 1e-13 * combined.max()


@pytest.mark.parametrize("name", ["b3", "haar", "db4", "rbio3.1", "dmey"])
def test_the_stages_end_in_the_map_of_the_fast_path(photograph, name):
    model = psysal.Murray2011(wavelet=name)
    for dtype, tolerance in (("float64", 1e-13), ("float32", 2e-6)):
        fast, slow = model(photograph, dtype=dtype), model.stages(photograph, dtype=dtype).map
        assert np.abs(fast - slow).max() < tolerance * slow.max()


def test_doubling_beta_changes_what_contrast_does_and_not_the_pedestal(photograph):
    model = psysal.Murray2011()
    double = replace(
        model,
        intensity=replace(model.intensity, beta=2 * model.intensity.beta),
    )
    one, two = (m.contributions(photograph, dtype="float64") for m in (model, double))
    ratio = (two.planes[2] / two.pedestal[2]) / (one.planes[2] / one.pedestal[2])
    np.testing.assert_allclose(ratio[one.planes[2] > 1e-12], 2, rtol=1e-9)


@pytest.mark.parametrize("name", ["haar", "db2", "sym5", "coif1", "bior2.2", "rbio3.1", "dmey"])
def test_planes_of_any_wavelet_add_up_to_the_channel(photograph, name):
    channel = photograph[:, :, 1] / 255
    planes, residuals = wavelet.forward(channel, 6, wavelet=name)
    back = wavelet.inverse(planes, residuals[-1], wavelet=name)
    np.testing.assert_allclose(back, channel, atol=1e-12)


@pytest.mark.parametrize("name", ["haar", "db3", "bior2.2"])
def test_planes_of_a_wavelet_are_those_of_pywavelets_taken_alone(rng, name):
    levels, size = 2, 64
    channel = np.zeros((size, size))
    channel[24:40, 24:40] = rng.normal(size=(16, 16))  # far from borders, which differ
    planes, residuals = wavelet.forward(channel, levels, wavelet=name)
    approximation, *details = pywt.swt2(channel, name, levels, trim_approx=True)

    def alone(level, orientation):
        none = np.zeros_like(channel)
        single = [
            tuple(
                plane if (s, o) == (level, orientation) else none
                for o, plane in enumerate(details[levels - 1 - s])
            )
            for s in reversed(range(levels))
        ]
        rest = approximation if level is None else none
        return pywt.iswt2([rest, *single], name)

    inner = np.s_[8:-8, 8:-8]
    for s in range(levels):
        for o in range(3):
            np.testing.assert_allclose(planes[s][o][inner], alone(s, o)[inner], atol=1e-12)
    np.testing.assert_allclose(residuals[-1][inner], alone(None, None)[inner], atol=1e-12)


def test_undecimated_windows_count_samples_of_the_level(rng):
    plane = rng.normal(size=(24, 24))
    found = contrast.center_surround(np.stack([plane] * 3), contrast.Windows(3, 6), step=2)
    for o in (1, 2, 3):
        expected = oracles.contrast(plane[1::2, ::2], o, 3, 6)
        np.testing.assert_allclose(found[o - 1, 1::2, ::2], expected, atol=1e-12)


@pytest.mark.parametrize("name", ["b3", "db2"])
def test_the_bits_do_not_depend_on_threads(rng, name):
    image = rng.integers(0, 256, (530, 700, 3), dtype=np.uint8)
    model = psysal.Murray2011(wavelet=name)
    one = psysal.saliency(image, model=model, threads=1)
    for threads in (2, 3, 7):
        assert np.array_equal(psysal.saliency(image, model=model, threads=threads), one)


FORKED = """
import os, numpy, psysal
image = numpy.random.default_rng(0).integers(0, 256, (300, 300, 3), numpy.uint8)
expected = psysal.saliency(image, threads=2)
if child := os.fork():
    raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
os._exit(0 if numpy.array_equal(psysal.saliency(image, threads=2), expected) else 1)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_has_threads_of_its_own():
    assert subprocess.run([sys.executable, "-c", FORKED], timeout=120).returncode == 0


def test_several_python_threads_at_once(rng):
    images = [rng.integers(0, 256, (90 + 10 * i, 130, 3), dtype=np.uint8) for i in range(6)]
    alone = [psysal.saliency(image, threads=1) for image in images]
    with ThreadPoolExecutor(6) as pool:
        for _ in range(5):
            together = list(pool.map(lambda image: psysal.saliency(image, threads=2), images))
            assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def test_a_map_is_not_overwritten_by_the_next_one(rng):
    images = rng.integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    first = psysal.saliency(images[0], normalize=None)
    copy = first.copy()
    psysal.saliency(images[1], normalize=None)
    assert np.array_equal(first, copy)


def test_a_grey_image_is_the_same_in_one_channel_and_in_three(photograph):
    grey = photograph[:, :, 0]
    one = psysal.saliency(grey, dtype="float64", normalize=None)
    three = psysal.saliency(np.stack([grey] * 3, axis=-1), dtype="float64", normalize=None)
    np.testing.assert_allclose(one, three, rtol=1e-12)


def test_normalize_spreads_sums_or_leaves(photograph):
    raw = psysal.saliency(photograph, normalize=None)
    spread = psysal.saliency(photograph)
    assert spread.min() == 0
    assert spread.max() == 1
    np.testing.assert_allclose(spread, (raw - raw.min()) / np.ptp(raw), atol=1e-5)
    density = psysal.saliency(photograph, normalize="sum")
    assert density.sum(dtype=float) == pytest.approx(1)
    np.testing.assert_allclose(density / density.max(), raw / raw.max(), rtol=1e-5)


@pytest.mark.parametrize("shape", [(8, 8), (8, 200), (301, 9)])
def test_the_smallest_and_narrowest_images_work(rng, shape):
    image = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    found = psysal.saliency(image)
    assert found.shape == shape
    assert found.max() == 1
