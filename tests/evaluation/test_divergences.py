"""Divergences against slow twins, finite differences and the bounds that connect them."""

import numpy as np
import pytest
from support import oracles

from psysal.evaluation import divergences
from psysal.evaluation.divergences import DIVERGENCES, value_and_gradient

EVERY = pytest.mark.parametrize("name", DIVERGENCES)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


@pytest.fixture(params=range(4))
def pair(request):
    """A target, with empty pixels in every second case, and logits; different every time."""
    rng = np.random.default_rng(request.param)
    target = rng.gamma(0.5, size=9)
    if request.param % 2:
        target[rng.permutation(9)[:4]] = 0
    return target / target.sum(), rng.normal(0, 2, 9)


@EVERY
def test_values_are_those_of_the_slow_twin(name, pair):
    target, logits = pair
    expected = oracles.divergence(name, target.tolist(), logits.tolist())
    assert value_and_gradient(name, target, logits)[0] == pytest.approx(expected, rel=1e-7)


@EVERY
def test_gradients_are_the_slopes_of_the_slow_twin(name, pair):
    target, logits = pair
    expected = oracles.slope(lambda x: oracles.divergence(name, target, x), logits.tolist())
    found = value_and_gradient(name, target, logits)[1]
    np.testing.assert_allclose(found, expected, atol=1e-6 * max(1, np.abs(expected).max()))


@EVERY
def test_gradients_sum_to_zero(name, pair):
    gradient = value_and_gradient(name, *pair)[1]
    assert abs(gradient.sum()) < 1e-13 * max(1, abs(gradient).max())


@EVERY
def test_a_constant_added_to_the_logits_changes_nothing(name, pair):
    target, logits = pair
    here, there = (value_and_gradient(name, target, x) for x in (logits, logits + 100))
    for a, b in zip(here, there, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@EVERY
def test_equal_densities_diverge_by_nothing_and_pull_nowhere(name, rng):
    logits = rng.normal(0, 3, (5, 40))
    value, gradient = value_and_gradient(name, softmax(logits), logits)
    np.testing.assert_allclose(value, 0, atol=1e-14)
    if name != "total_variation":  # whose sign is that of rounding
        np.testing.assert_allclose(gradient, 0, atol=1e-14)


def test_total_variation_pulls_nowhere_from_exactly_equal_densities():
    value, gradient = value_and_gradient("total_variation", [0.25] * 4, [0] * 4)
    assert (value, *gradient) == (0, 0, 0, 0, 0)


@EVERY
def test_a_step_down_the_gradient_comes_nearer(name, pair):
    target, logits = pair
    value, gradient = value_and_gradient(name, target, logits)
    step = 1e-3 * gradient / np.linalg.norm(gradient)
    assert value_and_gradient(name, target, logits - step)[0] < value


def test_divergences_bound_one_another(rng):
    logits = rng.normal(0, rng.uniform(0, 4, (500, 1)), (500, 12))
    target = softmax(rng.normal(0, rng.uniform(0, 4, (500, 1)), (500, 12)))
    of = {name: value_and_gradient(name, target, logits)[0] for name in DIVERGENCES}
    slack, shared = 1e-12, 1 - of["hellinger"]
    tv, kl, js = of["total_variation"], of["kl"], of["jensen_shannon"]
    for name, value in of.items():
        assert (value >= 0).all(), f"{name} is not negative"
    assert (of["hellinger"] <= tv + slack).all(), "1 - BC <= TV"
    assert (tv <= np.sqrt(1 - shared**2) + slack).all(), "TV <= sqrt(1 - BC**2)"
    assert (tv <= np.sqrt(kl / 2) + slack).all(), "Pinsker: TV <= sqrt(KL/2)"
    assert (js <= np.log(2) + slack).all(), "JS <= ln 2"
    assert (kl <= np.log1p(of["chi_square"]) + 1e-6).all(), "KL <= ln(1 + chi-square)"
    np.testing.assert_allclose(of["bhattacharyya"], -np.log(shared), rtol=1e-9)
    symmetric = of["symmetric_chi_square"]
    assert (symmetric / 4 <= js + slack).all(), "triangular discrimination / 4 <= JS"
    assert (js <= np.log(2) / 2 * symmetric + slack).all(), "JS <= ln 2 / 2 discrimination"


def test_jensen_shannon_does_not_care_which_is_the_target(pair):
    target, logits = pair[0] + 0.01, pair[1]
    target /= target.sum()
    there = value_and_gradient("jensen_shannon", target, logits)[0]
    back = value_and_gradient("jensen_shannon", softmax(logits), np.log(target))[0]
    assert there == pytest.approx(back, abs=1e-14)


@EVERY
def test_extreme_logits_are_stable(name):
    logits = np.array([1e4, -1e4, 0.0, -1e4])
    target = np.array([0.0, 0.5, 0.5, 0.0])
    for given in (logits, -logits):
        value, gradient = value_and_gradient(name, target, given)
        assert np.isfinite(value)
        assert np.isfinite(gradient).all()
        assert abs(gradient.sum()) <= 1e-9 * max(1, abs(gradient).max())


def test_what_extreme_logits_cost_is_known_by_hand():
    target, logits = [0.5, 0.5], [1e4, -1e4]  # all of p on the first pixel
    expected = {
        "kl": 1e4 - np.log(2),
        "reverse_kl": np.log(2),
        "jensen_shannon": 0.75 * np.log(4 / 3),
        "chi_square": 0.25 / divergences.FLOOR + 0.25,
        "symmetric_chi_square": 2 / 3,
        "total_variation": 0.5,
        "cosine": 1 - np.sqrt(0.5),
        "bhattacharyya": np.log(2) / 2,
        "hellinger": 1 - np.sqrt(0.5),
        "euclidean": 0.5,
    }
    for name, cost in expected.items():
        cost = pytest.approx(cost, rel=1e-9)
        assert value_and_gradient(name, target, logits)[0] == cost, name
    disjoint = value_and_gradient("bhattacharyya", [0, 1], [1e4, -1e4])
    assert disjoint[0] == pytest.approx(1e4), "in log space, no overlap is too small"
    assert disjoint[1].tolist() == [0.5, -0.5]


@EVERY
def test_a_batch_is_its_members_one_by_one(name, rng):
    target, logits = softmax(rng.normal(size=(2, 3, 7))), rng.normal(size=(2, 3, 7))
    values, gradients = value_and_gradient(name, target, logits)
    assert values.shape == (2, 3)
    for i in np.ndindex(2, 3):
        value, gradient = value_and_gradient(name, target[i], logits[i])
        assert values[i] == pytest.approx(value, rel=1e-14), i
        np.testing.assert_allclose(gradients[i], gradient, rtol=1e-12, atol=1e-15)


@EVERY
def test_targets_of_float32_leave_float64(name, rng):
    target = softmax(rng.normal(size=(4, 5000))).astype(np.float32)
    value, gradient = value_and_gradient(name, target, np.zeros((4, 5000), np.float32))
    assert (value.dtype, gradient.dtype) == (np.float64, np.float64)
    assert (abs(gradient.sum(-1)) < 1e-13).all(), "whatever rounding the target's sum has"


@pytest.mark.parametrize(
    ("target", "logits", "message"),
    [
        ([[0.5, 0.5]], [0, 0], r"shape of the logits, \(2,\), got \(1, 2\); resize"),
        ([0.5, 0.6], [0, 0], r"target must sum to 1 along its last axis, got 1\.1; divide"),
        ([[0.5, 0.5], [1, 1]], [[0, 0]] * 2, "got 2; divide it by its sum"),
        ([1.5, -0.5], [0, 0], r"target must not be negative anywhere, got -0\.5"),
        ([0.5, np.nan], [0, 0], "target must be finite, got NaN"),
        ([0.5, 0.5], [0, np.inf], "logits must be finite, got NaN or infinite"),
        ([0.5, 0.5], [0, 1j], "logits must hold real numbers, got complex128"),
        (1.0, 0.0, r"target must be \(\.\.\., n\) with pixels along the last axis, got shape \(\)"),
        ([], [], r"pixels along the last axis, got shape \(0,\)"),
    ],
)
def test_bad_input_is_told_apart(target, logits, message):
    for name in DIVERGENCES:
        with pytest.raises(ValueError, match=message):
            value_and_gradient(name, target, logits)


def test_an_unknown_divergence_is_told_what_there_is():
    with pytest.raises(ValueError, match=r"one of kl, reverse_kl, .*, euclidean, got 'KL'"):
        value_and_gradient("KL", [1], [0])
