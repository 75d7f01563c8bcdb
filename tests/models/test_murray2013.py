"""Saliency with grouping: the authors' numbers, slow twins, and what it says of the world."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pywt
import skimage.data
from support import oracles
from support.plain import plain

import psysal
from psysal import Murray2013
from psysal.threads import SERIAL
from psysal.vision import grouping, grouping_kernels, wavelet
from psysal.vision.contrast import Windows
from psysal.vision.resize import resize, taps
from psysal.vision.workspace import Workspace

WINDOWS = [(17, 37), (5, 4), (4, 6), (1, 1), (2, 3), (30, 1)]


def both(kernel):
    """The kernel compiled, and the Python it was compiled from."""
    return [pytest.param(kernel, id="compiled"), pytest.param(plain(kernel), id="python")]


def off(found, expected):
    """Largest difference, in parts of the maximum."""
    assert found.shape == expected.shape
    return abs(found - expected).max() / abs(expected).max()


# --- the authors' numbers ----------------------------------------------------


@pytest.fixture(scope="module")
def program():
    """The authors' program, stage by stage, on a photograph that is not ours to pass on."""
    data = os.environ.get("PSYSAL_DATA")
    folder = Path(data or "").resolve().parent / "golden" / "grouping"
    if not data or not folder.is_dir():
        pytest.skip("there is no golden/grouping beside PSYSAL_DATA")

    def load(name):
        with np.load(folder / f"{name}.npz") as file:
            return dict(file)

    return load


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-13), ("float32", 2e-6)])
def test_the_raw_map_of_a_photograph_is_the_authors(dtype, tolerance):
    with np.load(Path(__file__).parents[1] / "golden" / "grouping_coffee.npz") as file:
        expected = file["s_map_every_2"]
    found = Murray2013()(skimage.data.coffee(), dtype=dtype)
    assert found.dtype == dtype
    assert off(found[::2, ::2], expected) < tolerance


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-13), ("float32", 2e-6)])
def test_every_stage_is_the_authors(program, dtype, tolerance):
    numbers = program("small_128x96")
    stages = Murray2013().stages(numbers["img"], dtype=dtype)
    for found, name in [
        (stages.opponent, "opp_full"),
        (stages.small, "opp"),
        (stages.channel_maps, "rec"),
    ]:
        assert off(np.moveaxis(found, 0, -1), numbers[name]) < tolerance, name
    assert off(stages.small_map, numbers["s_map_small"]) < tolerance
    assert off(stages.map, numbers["s_map"]) < tolerance
    assert off(Murray2013()(numbers["img"], dtype=dtype), numbers["s_map"]) < tolerance
    for c, channel in enumerate(stages.weights, start=1):
        assert len(channel) == numbers["wlev"]
        for s, weights in enumerate(channel, start=1):
            expected = numbers[f"w_ch{c}_s{s}"]
            assert off(np.moveaxis(weights, 0, -1), expected) < tolerance, (c, s)


def test_the_grouplet_transform_of_a_plane_is_the_authors(program):
    numbers = program("small_128x96_dht")
    stages = Murray2013().stages(program("small_128x96")["img"], dtype="float64")
    assert off(wavelet.square(stages.small[2]), numbers["padded"]) < 1e-13
    for plane, name in zip(stages.planes[2][0], ("HGF", "GHF", "DF"), strict=True):
        assert off(plane, numbers[name]) < 1e-13
    ecsf = Murray2013().sensitivities[2]
    residuals, details, contrast = (
        stage[2][0][1] for stage in (stages.grouped, stages.details, stages.contrast)
    )
    for j, (r, d, z) in enumerate(zip(residuals, details, contrast, strict=True), start=1):
        alpha = ecsf.weights(z, 1)
        assert off(r, numbers[f"r_j{j}"]) < 1e-13
        assert off(d, numbers[f"d_j{j}"]) < 1e-13
        assert off(z, numbers[f"zctr_j{j}"]) < 1e-13
        assert off(alpha, numbers[f"alpha_j{j}"]) < 1e-13
        up = resize(alpha[None], (32, 32), "cubic")[0]
        assert off(up, numbers[f"alphaup_j{j}"]) < 1e-13
    assert len(details) == 4
    assert not numbers["d_j5"].any()  # the scale without planes
    assert off(np.full((32, 32), ecsf.offset(1)), numbers["alphaup_j5"]) < 1e-12
    assert off(stages.weights[2][0][1], numbers["gGHF"]) < 1e-13


# --- slow twins --------------------------------------------------------------


@pytest.mark.parametrize("kind", ["linear", "cubic"])
@pytest.mark.parametrize("sizes", [(30, 7), (7, 30), (9, 9), (33, 8), (2, 125), (125, 2), (1, 4)])
def test_the_table_of_an_axis(kind, sizes):
    index, weights = taps(*sizes, kind)
    assert index.shape[1] % 4 == 0
    matrix = np.zeros(sizes[::-1])
    np.add.at(matrix, (np.arange(len(index))[:, None], index), weights)
    np.testing.assert_allclose(matrix, oracles.resizing(*sizes, kind), atol=1e-14)
    np.testing.assert_allclose(matrix.sum(axis=1), 1)


@pytest.mark.parametrize("kernel", both(grouping_kernels.blend_rows))
def test_blend_rows(kernel, rng):
    plane, out = rng.normal(size=(20, 6)), np.zeros((5, 6))
    kernel(plane.reshape(-1), 6, *taps(20, 5, "linear"), out.reshape(-1), 1, 4)
    expected = oracles.resizing(20, 5, "linear") @ plane
    np.testing.assert_allclose(out[1:4], expected[1:4], atol=1e-14)
    assert not out[[0, 4]].any()


@pytest.mark.parametrize("shape", [(5, 40), (40, 5), (11, 13), (22, 26)])
@pytest.mark.parametrize("kind", ["linear", "cubic"])
def test_planes_of_another_size(rng, shape, kind):
    planes = rng.normal(size=(2, 11, 13))
    for plane, found in zip(planes, resize(planes, shape, kind), strict=True):
        np.testing.assert_allclose(found, oracles.imresize(plane, shape, kind), atol=1e-13)


@pytest.mark.parametrize("kernel", both(grouping_kernels.dense_details))
@pytest.mark.parametrize("shape", [(4, 4), (16, 16), (5, 30), (30, 5)])
@pytest.mark.parametrize("columns", [(0, 1), (0.3, 0.8), (0.9, 1)])
def test_dense_details(kernel, rng, shape, columns):
    """Of squares stored whole, and of those that are mostly a mirror."""
    image = rng.normal(size=shape)
    levels = wavelet.dense_level_count(*shape)
    expected, left = oracles.forward_dense(image)
    for margin in (None, 64):
        kept, _ = wavelet.pyramid(image, levels, margin=margin, workspace=Workspace(), pool=SERIAL)
        for level, planes in zip(kept, expected, strict=False):
            first, last = (int(share * level.size) for share in columns)
            found = np.empty((3, level.size, last - first))
            fixed = level.image, level.wide, level.plain, level.rows, level.cols
            count, each = last - first, found[0].size
            places = (0, each, 2 * each), (count, count, count)
            kernel(*fixed, first, level.size, found.reshape(-1), count, *places)
            np.testing.assert_allclose(found, planes[:, :, first:last], atol=1e-14)
    for ours, theirs in zip(wavelet.forward_dense(image)[1], left, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-14)


@pytest.mark.parametrize("shape", [(256, 700), (700, 256), (90, 1300)])
def test_some_columns_at_a_time_give_the_bits_of_all(rng, shape, monkeypatch):
    image = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    whole = Murray2013()(image, threads=1)
    monkeypatch.setattr(grouping, "BLOCK_SAMPLES", 1)
    monkeypatch.setattr(grouping, "MIN_COLUMNS", 30)
    monkeypatch.setattr(grouping, "BAND_PAIRS", 3)
    np.testing.assert_array_equal(Murray2013()(image, threads=1), whole)


@pytest.mark.parametrize("kernel", both(grouping_kernels.grouplets))
@pytest.mark.parametrize("shape", [(4, 4), (7, 16), (3, 8), (40, 32)])
def test_grouplets(kernel, rng, shape):
    plane = rng.normal(size=shape)
    rows, cols = shape
    expected = oracles.grouplets(plane)[:-1]
    residuals = np.concatenate([step[0] for step in expected], axis=1)
    details = np.concatenate([step[1] for step in expected], axis=1)
    each = np.array([len(step[1][0]) for step in expected])
    tops = np.cumsum([0, cols, *each])[:-1]
    planes, d = np.empty((2 * cols - 2, rows + 4)), np.empty((cols - 1, rows))
    planes[:cols, 2:-2] = plane.T
    for pair in range(cols // 2):
        kernel(planes.reshape(-1), tops, pair, pair + 1, cols, rows, d.reshape(-1), each)
    assert np.array_equal(planes[cols:, 2:-2].T, residuals)
    assert np.array_equal(d[:-1].T, details)
    in_place, kept = np.empty((cols + len(each), rows + 4)), -(-each // 2)
    in_place[len(each) :, 2:-2] = plane.T
    tops = np.arange(len(each), -1, -1)
    kernel(in_place.reshape(-1), tops, 0, cols // 2, cols, rows, d.reshape(-1), kept)
    first = np.concatenate([step[1][:, : -(-len(step[1][0]) // 2)] for step in expected], axis=1)
    assert np.array_equal(d[: kept.sum()].T, first)
    for ours, theirs in zip(zip(*grouping.forward(plane), strict=True), expected, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("kernel", both(grouping_kernels.variance_contrast))
@pytest.mark.parametrize("sizes", WINDOWS)
def test_variance_contrast(kernel, rng, sizes):
    detail = rng.normal(size=(21, 3)) * 10.0 ** -np.arange(0, 9, 3)
    z = np.empty((3, 21))
    mirror = grouping._mirror(21, Windows(*sizes).reach)
    kernel(detail.T.reshape(-1), 3, 21, *sizes, mirror, z.reshape(-1))
    np.testing.assert_allclose(z.T, oracles.variance_contrast(detail, *sizes), atol=1e-11)


@pytest.mark.parametrize("shape", [(256, 4), (4, 2), (33, 16)])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-4)])
def test_contrast_from_silence_to_glare(rng, shape, dtype, tolerance):
    for scale in (0, 1e-8, 1e-5, 1e-3, 1):
        detail = (rng.normal(size=shape) * scale + 0.1).astype(dtype)
        expected = oracles.variance_contrast(detail.astype(float))
        found = grouping.contrast(detail)
        assert found.dtype == dtype
        assert abs(found - expected).max() < tolerance, scale


def test_scales_are_enlarged_and_added_up(rng):
    scales = [rng.normal(size=(8, 4)), rng.normal(size=(8, 2))]
    expected = sum(oracles.imresize(plane, (8, 8), "cubic") for plane in scales)
    np.testing.assert_allclose(grouping.enlarge(scales, 8), expected, atol=1e-14)


@pytest.mark.parametrize("shape", [(48, 37), (41, 150), (8, 120), (99, 64), (10, 10), (250, 9)])
def test_the_fast_path_is_the_slow_model(rng, shape):
    image = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    expected = oracles.grouping_saliency(image)
    assert off(Murray2013()(image, dtype="float64"), expected) < 1e-12
    assert off(Murray2013().stages(image, dtype="float64").map, expected) < 1e-12


@pytest.mark.parametrize("sizes", WINDOWS)
@pytest.mark.parametrize("reduction", [0, 1, 3])
def test_the_slow_model_with_other_parameters(rng, sizes, reduction):
    image = rng.integers(0, 256, (25, 46 if reduction == 3 else 30, 3), dtype=np.uint8)
    center, surround = sizes
    expected = oracles.grouping_saliency(
        image, center=center, surround=surround, reduction=reduction
    )
    found = Murray2013(windows=sizes, reduction=reduction)(image, dtype="float64")
    assert off(found, expected) < 1e-12


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "rocket"])
def test_photographs_nobody_tuned_on(name):
    image = getattr(skimage.data, name)()[60:161, 120:274]
    expected = oracles.grouping_saliency(image)
    assert off(Murray2013()(image, dtype="float64"), expected) < 1e-12
    assert off(Murray2013()(image), expected) < 1e-3  # matches may flip


# --- what it says of the world -----------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_constant_image_has_nothing_to_see(dtype):
    for color in ((0, 0, 0), (128, 128, 128), (200, 77, 10)):
        image = np.full((50, 70, 3), color, np.uint8)
        assert np.ptp(Murray2013()(image, dtype=dtype)) == 0
        assert not psysal.saliency(image, model="murray2013", dtype=dtype).any()


def test_grey_is_the_same_however_it_is_stored(rng):
    grey = rng.integers(0, 256, (70, 91), dtype=np.uint8)
    assert np.array_equal(Murray2013()(grey), Murray2013()(np.dstack([grey] * 3)))
    assert off(Murray2013().stages(grey).map, Murray2013()(grey)) < 1e-6


def test_the_bits_do_not_depend_on_threads(rng):
    image = rng.integers(0, 256, (301, 407, 3), dtype=np.uint8)
    first = Murray2013()(image, threads=1)
    for threads in (2, 3, 5):
        assert np.array_equal(Murray2013()(image, threads=threads), first)


def test_a_transposed_photograph_has_the_transposed_map():
    image = skimage.data.astronaut()[:200, :300]
    turned = np.ascontiguousarray(image.transpose(1, 0, 2))
    found = Murray2013()(turned, dtype="float64")
    assert off(found.T, Murray2013()(image, dtype="float64")) < 1e-9


@pytest.mark.parametrize("slope", [-1, 0, 1])
def test_a_contour_that_goes_on_leaves_no_detail_and_one_that_stops_does(slope):
    y, x = np.mgrid[:64, :64]
    line = np.exp(-((y - 32 - slope * (x - 32)) ** 2) / 4.0)
    (detail, *_) = grouping.forward(line)[1]
    assert abs(detail[8:-8, 4:-4]).max() == 0
    line[:, 33:] = 0
    (detail, *_) = grouping.forward(line)[1]
    assert abs(detail[8:-8, 4:-4]).max() > 0.25


def test_a_red_square_among_noise_is_seen(rng):
    image = rng.normal(128, 3, (256, 256, 3)).astype(np.uint8)
    image[120:152, 60:92] = 255, 0, 0
    found = psysal.saliency(image, model="murray2013")
    y, x = np.unravel_index(found.argmax(), found.shape)
    assert abs(y - 136) < 40
    assert abs(x - 76) < 40


def test_half_the_reduction_is_a_level_coarser():
    assert Murray2013(reduction=1).sensitivities == Murray2013(ppd=64).sensitivities
    assert Murray2013(ppd=32).sensitivities == Murray2013().sensitivities


def test_parameters_are_what_they_say(rng):
    image = rng.integers(0, 256, (96, 128, 3), dtype=np.uint8)
    published = Murray2013()(image)
    for other in (
        Murray2013(ppd=64),
        Murray2013(windows=(5, 9)),
        replace(Murray2013(), color=Murray2013().intensity),
    ):
        assert off(other(image), published) > 1e-4


@pytest.mark.parametrize("name", ["haar", "db2", "bior4.4"])
def test_wavelets_of_pywavelets_run(rng, name):
    assert name in pywt.wavelist(kind="discrete")
    image = rng.integers(0, 256, (60, 90, 3), dtype=np.uint8)
    model = Murray2013(wavelet=name)
    found, stages = model(image), model.stages(image)
    assert np.array_equal(found, stages.map)
    assert np.isfinite(found).all()
    published = Murray2013().stages(image)
    assert [p.shape for p in stages.planes[0]] == [p.shape for p in published.planes[0]]
    assert [r.shape for r in stages.residuals[0]] == [r.shape for r in published.residuals[0]]
    assert off(found, published.map) > 1e-4


@pytest.mark.parametrize("shape", [(8, 8), (8, 500), (500, 8), (9, 17), (8, 9)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_small_and_narrow_images(rng, shape, dtype):
    image = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    found = Murray2013()(image, dtype=dtype)
    assert found.shape == shape
    assert np.isfinite(found).all()
    assert off(Murray2013().stages(image, dtype=dtype).map, found) < 1e-5


def test_what_cannot_be_done_is_said(rng):
    with pytest.raises(ValueError, match="at least 8 x 8 pixels, got 7 x 90"):
        Murray2013()(np.zeros((7, 90)))
    with pytest.raises(ValueError, match="at least 16 x 16 pixels, got 15 x 90"):
        Murray2013(reduction=3)(np.zeros((15, 90)))
    for wrong in (-1, 1.5, "2"):
        with pytest.raises(ValueError, match="reduction must be a whole number from 0 on"):
            Murray2013(reduction=wrong)
    with pytest.raises(ValueError, match="windows must be positive"):
        Murray2013(windows=(0, 5))
    with pytest.raises(ValueError, match="wavelet must be"):
        Murray2013(wavelet="no such")
    for shape in ((16, 12), (2, 8), (8, 2)):
        with pytest.raises(ValueError, match="the plane needs at least 3 rows"):
            grouping.forward(np.zeros(shape))
