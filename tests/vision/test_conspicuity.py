"""Rarity, distance and symmetry within one image, of planes whose values are known."""

import numpy as np
import pytest

from psysal.vision.conspicuity import distance, rarity, symmetry


def test_rare_values_are_rarer():
    plane = np.zeros((1, 20, 20))
    plane[0, 4:6, 7:9] = 1.0  # 1 % of the places
    found = rarity(plane)[0]
    assert found[5, 8] == pytest.approx(-np.log(0.5 * 0.01), rel=1e-6)  # its bin has half of it
    assert found[0, 0] == pytest.approx(-np.log(0.5 * 0.99), rel=1e-6)


def test_rarity_does_not_depend_on_unit_and_zero(rng):
    planes = rng.normal(size=(3, 9, 14))
    np.testing.assert_allclose(rarity(7 * planes - 3), rarity(planes), atol=1e-5)


def test_distance_is_that_of_scipy(rng):
    from scipy.spatial.distance import cdist

    planes = rng.normal(size=(4, 12, 15)) * np.array([1, 2, 3, 4])[:, None, None]
    flat = planes.reshape(4, -1).T
    covariance = np.cov(flat.T, bias=True)
    covariance += 0.01 * np.trace(covariance) / 4 * np.eye(4)
    expected = cdist(flat, flat.mean(0)[None], "mahalanobis", VI=np.linalg.inv(covariance))
    np.testing.assert_allclose(distance(planes).ravel(), expected.ravel(), rtol=1e-5)


def test_even_surfaces_are_neither_rare_nor_far_nor_symmetric():
    plain = 3 + np.random.default_rng(0).normal(0, 1e-6, (2, 6, 8))  # but for rounding
    assert not rarity(plain).any()
    assert distance(plain).max() < 0.1
    assert abs(symmetry(plain)).max() < 1e-3


@pytest.mark.parametrize("axis", [0, 1])
def test_symmetry_is_largest_on_the_axis_of_a_pattern(axis, rng):
    half = rng.normal(size=(20, 15))
    plane = np.concatenate([half, half[:, -1:], half[:, ::-1]], axis=1)  # its axis is column 15
    plane = plane if axis == 0 else plane.T
    found = symmetry(plane[None])[axis]
    profile = found.mean(axis=axis)
    assert profile.argmax() == 15
    assert profile[15] > profile[:14].max() + 1


def test_mirrored_planes_have_mirrored_symmetry(rng):
    planes = rng.normal(size=(2, 9, 12))
    np.testing.assert_allclose(
        symmetry(planes[:, :, ::-1]), symmetry(planes)[:, :, ::-1], atol=1e-5
    )
