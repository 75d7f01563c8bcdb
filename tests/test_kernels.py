"""Every compiled kernel against its slow twin, compiled and as plain Python."""

import numpy as np
import oracles
import pytest

from psysal.threads import workers
from psysal.vision import color, contrast, kernels, wavelet
from psysal.vision.workspace import Workspace

WINDOWS = [(13, 26), (5, 4), (3, 6), (17, 37), (4, 6), (1, 1), (2, 1), (1, 2), (30, 1)]
TOLERANCE = {"float64": 1e-11, "float32": 2e-4}


@pytest.fixture
def run():
    with workers(1) as run:
        yield run


def both(kernel):
    """The kernel compiled, and the Python it was compiled from."""
    return [pytest.param(kernel, id="compiled"), pytest.param(kernel.py_func, id="python")]


def signal(rng, rows, cols):
    """Loud, quiet and silent parts: where sums that subtract would go wrong."""
    plane = rng.normal(size=(rows, cols))
    plane[: rows // 2, : cols // 2] *= 1e-4
    plane[rows // 2 :, cols // 2 :] = 0.25
    return plane


@pytest.mark.parametrize("kernel", both(kernels.opponent))
def test_opponent(kernel, rng):
    image = rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)
    image[0, 0] = 0
    out = np.empty(3 * 5 * 7)
    table = color.to_linear(np.arange(256) / 255)
    kernel(image.reshape(-1), table, 7, out, 0, 5)
    expected = np.moveaxis(oracles.opponent(image), -1, 0)
    np.testing.assert_allclose(out.reshape(3, 5, 7), expected, atol=1e-14)


@pytest.mark.parametrize("kernel", both(kernels.smooth_down))
@pytest.mark.parametrize("shape", [(16, 16), (11, 16), (9, 5), (3, 16)])
def test_smooth_down(kernel, rng, shape):
    image = signal(rng, *shape)
    half, coarse = np.empty(8 * shape[1]), np.empty(64)
    if shape == (9, 5):  # padded to 16
        half = np.empty(8 * 5)
    rows, cols = (wavelet._positions(n, 16) for n in shape)
    kernel(image.reshape(-1), 16, rows, cols, half, coarse, 0, 8)
    square = np.pad(image, ((0, 16 - shape[0]), (0, 16 - shape[1])), mode="reflect")
    expected = oracles.smooth(square, 0)[::2]
    np.testing.assert_allclose(half.reshape(8, -1), expected[:, : shape[1]], atol=1e-14)
    np.testing.assert_allclose(
        coarse.reshape(8, 8), oracles.smooth(expected, 1)[:, ::2], atol=1e-14
    )


@pytest.mark.parametrize("shape", [(64, 64), (33, 64), (40, 23), (8, 50), (70, 129)])
def test_forward_transform(rng, run, shape):
    channel = signal(rng, *shape)
    levels = wavelet.level_count(*shape)
    planes, residuals = wavelet.forward(channel, levels, run=run)
    expected, left = oracles.forward(channel, levels)
    for ours, theirs in zip(planes + residuals, expected + left, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-13)


@pytest.mark.parametrize("kernel", both(kernels.details))
def test_details(kernel, rng, run):
    channel = signal(rng, 13, 10)
    (level,), _ = wavelet.pyramid(channel, 1, room=Workspace(), run=run)
    planes = np.empty(3 * 16 * 16)
    kernel(level.image, level.half, 16, level.rows, level.cols, planes)
    np.testing.assert_allclose(
        planes.reshape(3, 16, 16), oracles.forward(channel, 1)[0][0], atol=1e-14
    )


@pytest.mark.parametrize("kernel", both(kernels.expand))
def test_expand(kernel, rng):
    coarse, fine = rng.normal(size=(8, 8)), rng.normal(size=(16, 16))
    out = np.empty((16, 16))
    total = kernel(coarse.reshape(-1), 8, 8, 0.5, 2.0, fine.reshape(-1), 16, out.reshape(-1), 0, 16)
    expected = 0.5 * fine + 2 + oracles.zoom(coarse)
    np.testing.assert_allclose(out, expected, atol=1e-14)
    assert total == pytest.approx(expected.sum())


@pytest.mark.parametrize("shape", [(11, 16), (15, 9), (1, 2)])
def test_expand_on_a_cut_area(rng, shape):
    coarse = rng.normal(size=(8, 8))
    rows, cols = (min(8, (n - 1) // 2 + 2) for n in shape)
    fine, out = np.zeros(shape), np.empty(shape)
    part = np.ascontiguousarray(coarse[:rows, :cols]).reshape(-1)
    kernels.expand(
        part, 8, cols, 0.0, 0.0, fine.reshape(-1), shape[1], out.reshape(-1), 0, shape[0]
    )
    np.testing.assert_allclose(out, oracles.zoom(coarse)[: shape[0], : shape[1]], atol=1e-14)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("sizes", WINDOWS)
@pytest.mark.parametrize("shape", [(96, 96), (8, 8), (41, 150)])
def test_contrast_of_given_planes(rng, run, dtype, sizes, shape):
    planes = np.stack([signal(rng, *shape) for _ in range(3)]).astype(dtype)
    found = contrast.center_surround(planes, contrast.Windows(*sizes), run=run)
    assert found.dtype == dtype
    for o in (1, 2, 3):
        expected = oracles.contrast(planes[o - 1].astype(float), o, *sizes)
        assert np.abs(found[o - 1] - expected).max() < TOLERANCE[dtype], o


@pytest.mark.parametrize("kernel", both(kernels.contrast_plane))
@pytest.mark.parametrize("orientation", [1, 2, 3])
def test_contrast_plane(kernel, rng, orientation):
    windows = contrast.Windows(3, 6)
    plane, out = signal(rng, 12, 20), np.zeros((12, 20))
    kernel(
        plane.reshape(-1), 12, 20, *contrast._ladder(windows), contrast._mirror(12, windows),
        contrast._mirror(20, windows), orientation,
        *contrast._scratch(windows, 20, float),
        out.reshape(-1),
    )  # fmt: skip
    np.testing.assert_allclose(out, oracles.contrast(plane, orientation, 3, 6), atol=1e-12)


@pytest.mark.parametrize("kernel", both(kernels.contrast_details))
@pytest.mark.parametrize("sizes", [(13, 26), (4, 6)])
def test_contrast_of_details_that_are_never_stored(kernel, rng, run, sizes):
    channel, windows = signal(rng, 30, 50), contrast.Windows(*sizes)
    (level,), _ = wavelet.pyramid(channel, 1, room=Workspace(), run=run)
    out = np.empty((30, 50))
    kernel(
        *level[:5], *contrast._ladder(windows), contrast._mirror(64, windows),
        *contrast._scratch(windows, 50, float), out.reshape(-1), 50, 0, 30, 0, 50,
    )  # fmt: skip
    planes = oracles.forward(channel, 1)[0][0]
    expected = sum(oracles.contrast(planes[o - 1], o, *sizes) for o in (1, 2, 3))
    np.testing.assert_allclose(out, expected[:30, :50], atol=1e-10)


def test_tiles_meet_without_a_seam(rng, run):
    channel, windows = signal(rng, 60, 64).astype("float32"), contrast.MURRAY2011_WINDOWS
    (level,), _ = wavelet.pyramid(channel, 1, room=Workspace(), run=run)
    fixed = (*level[:5], *contrast._ladder(windows), contrast._mirror(64, windows))

    def cut(*tiles):
        out = np.full(60 * 64, np.nan, "float32")
        for y0, y1, x0, x1 in tiles:
            at, scratch = contrast._scratch(windows, x1 - x0, "float32")
            scratch[:] = np.nan
            kernels.contrast_details(*fixed, at, scratch, out, 64, y0, y1, x0, x1)
        return out

    whole = cut((0, 60, 0, 64))
    parts = cut((0, 7, 0, 64), (7, 60, 0, 22), (7, 60, 22, 64))
    assert np.isfinite(whole).all()
    assert np.array_equal(whole, parts)


@pytest.mark.parametrize("kernel", both(kernels.combine))
def test_combine(kernel, rng):
    planes, scale = rng.random((3, 50)), np.array([1.0, 2.0, 3.0])
    out = np.empty(50)
    kernel(*planes, scale, out, 0, 50)
    np.testing.assert_allclose(out, np.sqrt(((planes * scale[:, None]) ** 2).sum(axis=0)))


@pytest.mark.parametrize("shape", [(31, 77), (120, 75), (8, 100), (129, 64)])
def test_the_fast_path_is_the_slow_model(rng, shape):
    from psysal import Murray2011

    image = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    expected = oracles.saliency(image)
    found = Murray2011()(image, dtype="float64")
    assert np.abs(found - expected).max() < 1e-11 * expected.max()
    expected = oracles.saliency(image, center=4, surround=6)
    found = Murray2011(windows=(4, 6))(image, dtype="float64")
    assert np.abs(found - expected).max() < 1e-11 * expected.max()
