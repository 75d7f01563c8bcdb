"""Features of a learned readout: the stages of the 2011 model, averaged on a small grid."""

from functools import partial

import numpy as np
import pytest
from support import oracles
from support.plain import plain

from psysal.vision import features as module
from psysal.vision import grid_kernels
from psysal.vision.features import Psychophysical, grid_shape


@pytest.fixture
def tiny(monkeypatch):
    """A smaller working picture and grid, so that the slow twin takes seconds."""
    monkeypatch.setattr(module, "SIZE", 64)
    monkeypatch.setattr(module, "grid_shape", partial(grid_shape, longer_side=12))
    monkeypatch.setattr(module, "LEVELS", 5)


@pytest.mark.parametrize("kernel", [grid_kernels.average, plain(grid_kernels.average)])
def test_places_of_a_grid_are_weighted_averages(kernel, rng):
    planes, out = rng.standard_normal((2, 7, 9)), np.empty((2, 3, 4))
    tops, lefts = np.array([0, 2, 5]), np.array([1, 0, 6, 4])
    down, across = rng.random((3, 2)), rng.random((4, 3))
    kernel(planes.reshape(-1), 9, 63, tops, down, lefts, across, out)
    for k, i, j in np.ndindex(out.shape):
        part = planes[k, tops[i] : tops[i] + 2, lefts[j] : lefts[j] + 3]
        assert out[k, i, j] == pytest.approx(down[i] @ part @ across[j])


@pytest.mark.parametrize("shape", [(64, 48), (45, 64), (64, 64)])
def test_features_are_the_models_own_stages_averaged(tiny, rng, shape):
    image = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    image[10:30, 15:25] = 200, 20, 20
    windows = ((5, 10), (13, 26))
    own = Psychophysical(windows, rarity=False, symmetry=False)
    found = own(image)
    expected = oracles.features(image / 255, windows, grid_shape(*shape, 12))
    assert len(found) == len(own.names)
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5)


def test_groups_are_left_out_one_by_one(photograph):
    whole = Psychophysical(((5, 10), (13, 26)))
    every = whole(photograph)
    for part in (
        Psychophysical(((13, 26),)), Psychophysical((), color=False),
        Psychophysical((), energy=False), Psychophysical(energy=False, color=False),
        Psychophysical(rarity=False), Psychophysical((), False, False, symmetry=False),
    ):  # fmt: skip
        rows = [whole.names.index(name) for name in part.names]
        np.testing.assert_array_equal(part(photograph), every[rows])
    with pytest.raises(ValueError, match="features must be some, got none"):
        Psychophysical((), False, False, False, False)
    with pytest.raises(ValueError, match="windows must be positive whole numbers"):
        Psychophysical(((0, 26),))


def test_a_plain_image_has_neither_contrast_nor_energy():
    names = np.array([name.split(",")[0] for name in Psychophysical().names])
    found = Psychophysical()(np.full((90, 120, 3), (40, 90, 200), np.uint8))
    assert abs(found[names == "contrast 13/26"]).max() < 1e-4
    np.testing.assert_allclose(found[names == "energy"], np.log(1e-3), atol=0.01)
    own, mean, around = found[names == "color"].reshape(3, 3, -1)
    assert np.ptp(own, axis=1).max() < 1e-5
    assert abs(own).max() > 0.1
    assert abs(mean).max() < 1e-5
    assert abs(around).max() < 1e-5


def test_features_do_not_depend_on_the_size_of_the_picture(photograph):
    """A picture of four times the pixels says the same, as the working picture is the same."""
    large = np.repeat(np.repeat(photograph, 10, axis=0), 10, axis=1)
    larger = np.repeat(np.repeat(photograph, 20, axis=0), 20, axis=1)
    one, other = Psychophysical()(large), Psychophysical()(larger)
    assert one.shape == other.shape == (169, 33, 48)
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.9999


def test_grey_pictures_have_no_color(photograph):
    found = Psychophysical()(photograph[:, :, 0])
    for name, plane in zip(Psychophysical().names, found, strict=True):
        if "color" in name and "intensity" not in name and "distance" not in name:
            assert not plane.any()


def test_data_types_and_threads_make_no_difference(photograph):
    from psysal.threads import thread_pool

    once = Psychophysical()(photograph)
    as_float = Psychophysical()(photograph / 255)
    np.testing.assert_allclose(as_float, once, atol=1e-3)
    with thread_pool(3) as pool:
        np.testing.assert_array_equal(Psychophysical()(photograph, pool=pool), once)


@pytest.mark.parametrize("shape", [(8, 8), (8, 300), (1500, 9)])
def test_narrow_pictures_have_every_level(shape, rng):
    found = Psychophysical()(rng.integers(0, 256, (*shape, 3), dtype=np.uint8))
    assert found.shape == (169, *grid_shape(*shape))
    assert np.isfinite(found).all()
