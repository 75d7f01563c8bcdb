"""Every compiled kernel against its slow twin, compiled and as plain Python."""

import hashlib
import pkgutil
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import pywt
from support import oracles
from support.plain import plain

import psysal
from psysal.srgb import to_linear
from psysal.threads import SERIAL
from psysal.vision import (
    contrast,
    grouping_kernels,
    kernels,
    stationary,
    stationary_kernels,
    wavelet,
)
from psysal.vision.workspace import Workspace

WINDOWS = [(13, 26), (5, 4), (3, 6), (17, 37), (4, 6), (1, 1), (2, 1), (1, 2), (30, 1)]
TOLERANCE = {"float64": 1e-11, "float32": 2e-4}


def both(kernel):
    """The kernel compiled, and the Python it was compiled from."""
    return [pytest.param(kernel, id="compiled"), pytest.param(plain(kernel), id="python")]


def signal(rng, rows, cols):
    """Loud, quiet and silent parts: where sums that subtract would go wrong."""
    plane = rng.normal(size=(rows, cols))
    plane[: rows // 2, : cols // 2] *= 1e-4
    plane[rows // 2 :, cols // 2 :] = 0.25
    return plane


def scratch(layout, cols, dtype):
    """Memory of a planned kernel for a tile."""
    offsets, samples = contrast.scratch_sizes(layout, cols)
    return np.empty(offsets, np.int64), np.empty(samples, dtype)


@pytest.mark.parametrize("kernel", both(kernels.opponent))
def test_opponent(kernel, rng):
    image = rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)
    image[0, 0] = 0
    out = np.empty(3 * 5 * 7)
    table = to_linear(np.arange(256) / 255)
    kernel(image.reshape(-1), table, True, 7, out, 0, 5)
    expected = np.moveaxis(oracles.opponent(image), -1, 0)
    np.testing.assert_allclose(out.reshape(3, 5, 7), expected, atol=1e-14)


@pytest.mark.parametrize("kernel", both(kernels.opponent))
@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 5e-15), ("float32", 1.5e-6)])
@pytest.mark.parametrize("encoded", [True, False])
def test_values_become_linear_light_to_rounding(kernel, dtype, rtol, encoded):
    """Of gray pixels the third channel is three times their light."""
    ends = [0, 1e-6, 0.04045, np.nextafter(0.04045, 1), 1, 1.5]
    values = np.concatenate([ends, np.linspace(0, 1, 70)]).astype(dtype)
    out = np.empty(3 * values.size, dtype)
    kernel(np.repeat(values, 3), None, encoded, values.size, out, 0, 1)
    light = to_linear(values.astype(float)) if encoded else values
    np.testing.assert_allclose(out[-values.size :], 3 * light, rtol=rtol)


@pytest.mark.parametrize("kernel", both(kernels.smooth_down))
@pytest.mark.parametrize("shape", [(16, 16), (11, 16), (9, 5), (3, 16)])
def test_smooth_down(kernel, rng, shape):
    image = signal(rng, *shape)
    rows, cols = (wavelet._axes(n, 16, 1, None) for n in shape)
    half, coarse = np.empty(8 * shape[1]), np.empty(64)
    kernel(
        image.reshape(-1), 16, shape[1], shape[1], rows[0].places, cols[0].alike,
        rows[1].sources, half, coarse, 8, 8, 0, 8,
    )  # fmt: skip
    square = np.pad(image, ((0, 16 - shape[0]), (0, 16 - shape[1])), mode="reflect")
    expected = oracles.smooth(square, 0)[::2]
    np.testing.assert_allclose(half.reshape(8, -1), expected[:, : shape[1]], atol=1e-14)
    np.testing.assert_allclose(
        coarse.reshape(8, 8), oracles.smooth(expected, 1)[:, ::2], atol=1e-14
    )


@pytest.mark.parametrize("shape", [(64, 64), (33, 64), (40, 23), (8, 50), (70, 129)])
def test_forward_transform(rng, shape):
    channel = signal(rng, *shape)
    levels = wavelet.level_count(*shape)
    planes, residuals = wavelet.forward(channel, levels)
    expected, left = oracles.forward(channel, levels)
    for ours, theirs in zip(planes + residuals, expected + left, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-13)


@pytest.mark.parametrize("kernel", both(kernels.details))
def test_details(kernel, rng):
    channel = signal(rng, 13, 10)
    (level,), _ = wavelet.pyramid(channel, 1, workspace=Workspace(), pool=SERIAL)
    planes = np.empty(3 * 16 * 16)
    kernel(*level[:8], planes)
    np.testing.assert_allclose(
        planes.reshape(3, 16, 16), oracles.forward(channel, 1)[0][0], atol=1e-14
    )


@pytest.mark.parametrize("most", [7, 13])
@pytest.mark.parametrize("shape", [(9, 300), (260, 8), (33, 130), (100, 100), (64, 61), (16, 512)])
def test_a_mirror_that_is_not_stored_gives_the_same_bits(rng, shape, most):
    """Every approximation of a long image, spread out, is that of the square stored whole."""
    channel = signal(rng, *shape)
    levels = min(most, max(shape).bit_length() - 2)
    for margin in (0, 3, 40):
        kept, residual = wavelet.pyramid(
            channel, levels, margin=margin, workspace=Workspace(), pool=SERIAL
        )
        whole, coarsest = wavelet.pyramid(channel, levels, workspace=Workspace(), pool=SERIAL)
        for ours, theirs in zip(kept, whole, strict=True):
            rows, cols = (min(n + margin, theirs.size) for n in ours.area)
            places = np.minimum(ours.cols, ours.wide - 1)[4 : 4 + cols]
            image = ours.image.reshape(-1, ours.wide)[np.ix_(ours.rows[4 : 4 + rows], places)]
            full = theirs.image.reshape(-1, theirs.wide)
            full = full[np.ix_(theirs.rows[4 : 4 + rows], theirs.cols[4 : 4 + cols])]
            np.testing.assert_array_equal(image, full)
        np.testing.assert_array_equal(residual, coarsest[: len(residual), : residual.shape[1]])


def test_a_long_image_keeps_each_sample_once(rng):
    """120 of 4,096 rows have 60 that differ, of every second one, and the last of the square."""
    rows = wavelet._axes(120, 4096, 10, 40)
    assert [axis.kept for axis in rows[:4]] == [120, 61, 61, 61]
    assert sum(level.image.size for level in _kept(rng, (120, 4000))) < 1.6 * 120 * 4000


def _kept(rng, shape):
    channel = signal(rng, *shape)
    return wavelet.pyramid(channel, 10, margin=40, workspace=Workspace(), pool=SERIAL)[0]


@pytest.mark.parametrize("kernel", both(kernels.upsample))
def test_upsample(kernel, rng):
    coarse, out = rng.normal(size=(8, 8)), np.empty((16, 16))
    kernel(coarse.reshape(-1), 8, 8, out.reshape(-1), 16)
    np.testing.assert_allclose(out, oracles.zoom(coarse), atol=1e-14)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("sizes", WINDOWS)
@pytest.mark.parametrize("shape", [(96, 96), (8, 8), (41, 150)])
def test_contrast_of_given_planes(rng, dtype, sizes, shape):
    planes = np.stack([signal(rng, *shape) for _ in range(3)]).astype(dtype)
    found = contrast.center_surround(planes, contrast.Windows(*sizes))
    assert found.dtype == dtype
    for o in (1, 2, 3):
        expected = oracles.contrast(planes[o - 1].astype(float), o, *sizes)
        assert np.abs(found[o - 1] - expected).max() < TOLERANCE[dtype], o


STATIONARY = ["haar", "db4", "db20", "coif17", "bior4.4", "rbio3.1", "dmey"]


@pytest.mark.parametrize("name", STATIONARY)
@pytest.mark.parametrize("shape", [(64, 64), (33, 50), (8, 41)])
def test_stationary_transform(rng, name, shape):
    channel, bank = signal(rng, *shape), pywt.Wavelet(name)
    levels = wavelet.level_count(*shape)
    expected, left = oracles.forward_stationary(channel, levels, bank.dec_lo, bank.rec_lo)
    planes, residuals = wavelet.forward(channel, levels, wavelet=name)
    for ours, theirs in zip(planes + residuals, expected + left, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-10)  # digits that PyWavelets has


@pytest.mark.parametrize("kernel", both(stationary_kernels.details))
def test_details_of_a_stationary_transform(kernel, rng):
    image, bank = signal(rng, 13, 10), pywt.Wavelet("db2")
    weights, offsets = stationary._taps("db2", "float64")
    mirrored = (stationary._mirrored(n, 2 * offsets[-1]) for n in image.shape)
    planes, coarse = np.zeros((3, 13, 10)), np.zeros((13, 10))
    fixed = (image.reshape(-1), 10, weights, 2 * offsets, *mirrored)
    kernel(*fixed, planes.reshape(-1), coarse.reshape(-1), 4, 13)
    low, high = (np.kron(taps, [1, 0])[:-1] for taps in (bank.dec_lo, bank.rec_lo))  # 2 apart
    (expected,), (left,) = oracles.forward_stationary(image, 1, low, high)
    np.testing.assert_allclose(planes[:, 4:], expected[:, 4:], atol=1e-10)
    np.testing.assert_allclose(coarse[4:], left[4:], atol=1e-10)
    assert not planes[:, :4].any()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("sizes", WINDOWS)
@pytest.mark.parametrize(
    ("shape", "step"), [((40, 56), 2), ((41, 59), 4), ((9, 33), 8), ((8, 8), 4)]
)
def test_contrast_of_samples_apart(rng, dtype, sizes, shape, step):
    planes = np.stack([signal(rng, *shape) for _ in range(3)]).astype(dtype)
    found = contrast.center_surround(planes, contrast.Windows(*sizes), step=step)
    assert found.dtype == dtype
    for o in (1, 2, 3):
        expected = oracles.contrast_apart(planes[o - 1].astype(float), o, step, *sizes)
        assert np.abs(found[o - 1] - expected).max() < TOLERANCE[dtype], o


def apart(windows, shape, step, dtype=float, percept=False):
    """Arguments of a kernel for phases of as many rows, and of its scratch memory."""
    (count, start, stop), *_ = contrast.alike_phases(shape[0], step, 1)
    layout = contrast.plan(windows, percept, count)
    offsets, samples = contrast.scratch_sizes(layout, shape[1], step)
    tables = layout, contrast.fold(count, 2 * count - 1, windows)
    memory = np.empty(offsets, np.int64), np.full(samples, np.nan, dtype)
    return (*tables, contrast.mirror(shape[1], windows, step)), memory, (count, start, stop)


@pytest.mark.parametrize("kernel", both(stationary_kernels.contrast_rows))
@pytest.mark.parametrize("orientation", [1, 2, 3])
def test_contrast_rows(kernel, rng, orientation):
    windows, plane, out = contrast.Windows(3, 6), signal(rng, 12, 20), np.zeros((12, 20))
    tables, memory, _ = apart(windows, plane.shape, 4)
    kernel(plane.reshape(-1), 20, 4, *tables, orientation, *memory, out.reshape(-1), 1, 3)
    expected = oracles.contrast_apart(plane, orientation, 4, 3, 6)
    for phase in range(4):
        rows = out[phase::4], expected[phase::4]
        np.testing.assert_allclose(rows[0], rows[1] if phase in (1, 2) else 0, atol=1e-12)


@pytest.mark.parametrize("kernel", both(stationary_kernels.add_level))
@pytest.mark.parametrize("percept", [False, True])
@pytest.mark.parametrize("sizes", [(3, 6), (4, 2)])
def test_a_level_of_a_stationary_transform_is_added(kernel, rng, percept, sizes):
    image, windows, bank = signal(rng, 26, 21), contrast.Windows(*sizes), pywt.Wavelet("db2")
    tables, memory, (count, start, stop) = apart(windows, image.shape, 4, percept=percept)
    taps = stationary.filter_taps(image, 2, "db2")
    lines, coarse, out = np.empty(4 * (21 + taps[1][-1])), np.zeros((26, 21)), np.ones((26, 21))
    kernel(
        image.reshape(-1), 21, 4, *taps, *tables, *memory, lines, 0.5,
        0.25 if percept else None, coarse.reshape(-1), out.reshape(-1), start, stop, 2, 5,
    )  # fmt: skip
    low, high = (np.kron(f, [1, 0, 0, 0])[:-3] for f in (bank.dec_lo, bank.rec_lo))  # 4 apart
    (planes,), (left,) = oracles.forward_stationary(image, 1, low, high)
    z = [oracles.contrast_apart(plane, o, 4, *sizes) for o, plane in enumerate(planes, start=1)]
    share = sum((0.25 + 0.5 * z[o]) * planes[o] if percept else 0.5 * z[o] for o in range(3))
    done = np.zeros(26, bool)
    for phase in range(start, stop):
        done[phase::4][2:5] = True
    assert (count, stop) == (7, 2)
    np.testing.assert_allclose(out[done], (1 + share)[done], atol=1e-10)
    np.testing.assert_allclose(coarse[done], left[done], atol=1e-10)
    assert (out[~done] == 1).all()
    assert not coarse[~done].any()


def test_rows_that_stand_for_those_beyond_are_their_mirror(rng):
    """A sum beyond the border is one inside, of the other diagonal where it turned."""
    for edge, mode in ((2 * 9 - 1, "symmetric"), (2 * 9 - 2, "reflect")):
        windows, column = contrast.Windows(4, 3), rng.random(9)
        layout = contrast.plan(windows)
        near = np.pad(column, ((layout.margin, 0),), "symmetric")
        full = near[: layout.margin + 9]
        rows, center, turned, *_ = contrast.fold(9, edge, windows).reshape(5, -1)
        after = np.pad(column, (0, 8), mode)[9:]
        found = column[rows[layout.margin : layout.margin + 17]]
        np.testing.assert_array_equal(found, np.r_[column, after])
        np.testing.assert_array_equal(column[rows[layout.margin - 9 : layout.margin]], full[-18:-9])
        for a in range(-6, 12):
            line = rows[layout.margin + a + np.arange(4)]
            at = layout.margin + a
            own = rows[layout.margin + center[at] + np.arange(4)]
            np.testing.assert_array_equal(line[::-1] if turned[at] else line, own)


def test_compiled_kernels_know_the_fields_of_a_plan_by_their_place():
    assert contrast.Plan._fields == kernels.PLAN, "set PLAN in kernels.py, which compiles anew"


def rebuilt(kernel, channel, coarse, windows, tiles, gain=0.5, pedestal=2.0, percept=False):
    """One level of a channel by the kernel, tile by tile, and its sum."""
    layout = contrast.plan(windows, percept)
    (level,), _ = wavelet.pyramid(
        channel, 1, margin=windows.reach // 2 + 12, workspace=Workspace(), pool=SERIAL
    )
    rows, cols = channel.shape
    wide = min(level.size // 2, (cols - 1) // 2 + 2)
    above = np.ascontiguousarray(coarse[:, :wide]).reshape(-1)
    out, total = np.full(rows * cols, np.nan, channel.dtype), 0.0
    for y0, y1, x0, x1 in tiles:
        offsets, samples = scratch(layout, x1 - x0, channel.dtype)
        samples[:] = np.nan  # whatever was there before
        totals = np.zeros(-(-rows // kernels.BLOCK))
        edges = np.array([x0, x1])
        kernel(
            *level[:8], layout, contrast.mirror(level.size, windows),
            contrast.fold(*level.fold, windows), offsets, samples, above, wide, gain,
            0.25 if percept else None, pedestal, out, cols, totals, y0, y1, edges,
        )  # fmt: skip
        total += totals.sum()
    return out.reshape(rows, cols), total


@pytest.mark.parametrize("kernel", both(kernels.rebuild))
@pytest.mark.parametrize("sizes", [(13, 26), (4, 6), (1, 1), (3, 5), (7, 12)])
def test_a_level_is_rebuilt_from_details_that_are_never_stored(kernel, rng, sizes):
    channel, coarse = signal(rng, 30, 51), rng.random((32, 32))
    found, total = rebuilt(kernel, channel, coarse, contrast.Windows(*sizes), [(0, 30, 0, 51)])
    planes = oracles.forward(channel, 1)[0][0]
    z = sum(oracles.contrast(planes[o - 1], o, *sizes) for o in (1, 2, 3))
    expected = (2 + 0.5 * z + oracles.zoom(coarse))[:30, :51]
    np.testing.assert_allclose(found, expected, atol=1e-10)
    assert total == pytest.approx(expected.sum())


@pytest.mark.parametrize("kernel", both(kernels.rebuild))
@pytest.mark.parametrize("sizes", [(5, 4), (3, 6), (1, 1), (2, 3)])
def test_a_level_of_a_percept_is_rebuilt_from_weighted_details(kernel, rng, sizes):
    channel, coarse = signal(rng, 30, 51), rng.random((32, 32))
    windows = contrast.Windows(*sizes)
    found, _ = rebuilt(kernel, channel, coarse, windows, [(0, 30, 0, 51)], percept=True)
    planes = oracles.forward(channel, 1)[0][0]
    weights = [0.25 + 0.5 * oracles.contrast(planes[o - 1], o, *sizes) for o in (1, 2, 3)]
    expected = (2 + (weights * planes).sum(axis=0) + oracles.zoom(coarse))[:30, :51]
    np.testing.assert_allclose(found, expected, atol=1e-10)


@pytest.mark.parametrize("percept", [False, True])
def test_tiles_meet_without_a_seam(rng, percept):
    channel = signal(rng, 100, 128).astype("float32")
    coarse, windows = rng.random((64, 64), dtype="float32"), contrast.MURRAY2011_WINDOWS
    fixed = (kernels.rebuild, channel, coarse, windows)
    whole, total = rebuilt(*fixed, [(0, 100, 0, 128)], percept=percept)
    tiles = [(0, 64, 0, 128), (64, 100, 0, 38), (64, 100, 38, 128)]
    parts, same = rebuilt(*fixed, tiles, percept=percept)
    assert np.isfinite(whole).all()
    assert np.array_equal(whole, parts)
    assert total == pytest.approx(same, rel=1e-12)


def test_contrast_is_exact_from_silence_to_glare(rng):
    """The largest and the smallest energies a picture can have."""
    for scale in (1e-12, 1e-8, 1e-4, 1.0, 3.0):
        channel = (signal(rng, 64, 64) * scale).astype("float32")
        coarse = np.zeros((32, 32), "float32")
        found, _ = rebuilt(
            kernels.rebuild,
            channel,
            coarse,
            contrast.MURRAY2011_WINDOWS,
            [(0, 64, 0, 64)],
            1.0,
            0.0,
        )
        planes = oracles.forward(channel.astype(float), 1)[0][0]
        expected = sum(oracles.contrast(planes[o - 1], o) for o in (1, 2, 3))
        assert np.abs(found - expected).max() < 2e-4


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


# --- the cache on disk ----------------------------------------------------------


def is_compiled(value):
    return hasattr(value, "py_func")


def inlined_modules(module):
    """Other modules whose compiled functions are called by compiled functions of a module."""
    own = [f for f in vars(module).values() if is_compiled(f) and f.__module__ == module.__name__]
    names = {name for function in own for name in function.py_func.__code__.co_names}
    values = [vars(module)[name] for name in names & vars(module).keys()]
    owners = {import_module(value.__module__) for value in values if is_compiled(value)}
    return (owners | {value for value in values if value is kernels}) - {module}


def test_whoever_inlines_loops_of_kernels_compiles_anew_when_one_changes():
    """Numba's cache notices a change in the file of a function, not in those that it calls."""
    package = pkgutil.walk_packages(psysal.__path__, "psysal.")
    sources = {name: find_spec(name).origin for _, name, _ in package}
    names = [name for name, path in sources.items() if "kernels" in Path(path).read_text("utf-8")]
    inlined = {name: inlined_modules(import_module(name)) for name in names}
    dependents = [import_module(name) for name, modules in inlined.items() if modules]
    assert {stationary_kernels, grouping_kernels} <= set(dependents)
    assert set().union(*inlined.values()) == {kernels}
    text = Path(kernels.__file__).read_text("utf-8")  # its newlines are those of the system
    digest = hashlib.sha256(text.encode()).hexdigest()
    stale = [module.__file__ for module in dependents if digest != module.KERNELS]
    assert not stale, (
        "kernels.py has changed, and its loops are compiled into others; renew them by\n"
        f"sed -i 's/^KERNELS = .*/KERNELS = \"{digest}\"/' {' '.join(stale)}"
    )


def test_python_calls_no_loop_that_has_no_way_in_for_it():
    modules = [kernels, stationary_kernels, grouping_kernels]
    loops = {name: loop for module in modules for name, loop in vars(module).items()}
    inner = {
        name
        for name, loop in loops.items()
        if getattr(loop, "targetoptions", {}).get("no_cpython_wrapper")
    }
    assert "_square" in inner
    assert all(name.startswith("_") for name in inner)


def test_a_numba_without_the_private_option_still_compiles(monkeypatch):
    njit = kernels.njit

    def strict(**options):
        if "_nrt" in options:
            raise KeyError("Unrecognized options: {'_nrt'}")
        return njit(**options)

    monkeypatch.setattr(kernels, "njit", strict)
    plane, out = np.arange(4.0), np.zeros(4)
    kernels._jit(kernels._square.py_func, **kernels.BARE)(plane, 0, out, 0, 4)
    assert out.tolist() == [0, 1, 4, 9]


def test_a_numba_without_the_private_flag_still_compiles(monkeypatch):
    """Arrays are then tested for overlap before every loop: slower, with the same results."""
    monkeypatch.delattr("numba.core.compiler.Flags.noalias")
    assert kernels._apart() == {}
    monkeypatch.delattr("numba.core.compiler.Compiler")
    assert kernels._apart() == {}
