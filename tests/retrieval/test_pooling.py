"""Pooling: what one vector says of many descriptors."""

import tracemalloc

import numpy as np
import pytest
from support import oracles

from psysal.retrieval import (
    POOLINGS,
    Average,
    Democratic,
    GeneralizedMax,
    Max,
    PowerSum,
    Sum,
    power_normalized,
)
from psysal.retrieval import ridge as module

SOLVERS = ["primal", "dual", "cg"]
ALL = [kind() for kind in POOLINGS.values()]
by_name = pytest.mark.parametrize("pooling", ALL, ids=list(POOLINGS))


def described(n, d, seed=0, dtype=np.float64):
    """Unit descriptors that are alike, as those of a photograph: a mean, few directions, noise."""
    rng = np.random.default_rng(seed)
    few = rng.standard_normal((n, 5)) @ rng.standard_normal((5, d))
    x = few + rng.standard_normal(d) + 0.5 * rng.standard_normal((n, d))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(dtype)


def apart(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


SHAPES = [(1, 1), (1, 7), (7, 1), (40, 12), (12, 40), (30, 30), (300, 64), (64, 300)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("lam", [0.1, 1, 30])
def test_primal_dual_and_gradients_are_the_least_squares(shape, lam):
    x = described(*shape)
    target = np.random.default_rng(1).random(len(x))
    expected = oracles.generalized_max(x, target, lam)
    primal, dual, cg, chosen = (
        GeneralizedMax(lam, solver)(x, target) for solver in [*SOLVERS, None]
    )
    assert apart(primal, dual) < 1e-12
    for found in (primal, dual, cg, chosen):
        assert apart(found, expected) < 1e-10


@pytest.mark.parametrize("shape", [(900, 700), (700, 900), (300, 1500), (2500, 1000)], ids=str)
@pytest.mark.parametrize("lam", [1, 10, 100])
def test_all_solvers_agree_on_large_ones(shape, lam):
    x = described(*shape)
    ones = [GeneralizedMax(lam, solver)(x) for solver in [*SOLVERS, None]]
    for found in ones[1:]:
        assert apart(found, ones[0]) < 1e-10


@pytest.mark.parametrize("shape", [(300, 64), (64, 300), (1500, 900)], ids=str)
@pytest.mark.parametrize("lam", [0.01, 1, 100])
@pytest.mark.parametrize("solver", [*SOLVERS, None])
def test_float32_is_as_good_as_float32_can_be(shape, lam, solver):
    x = described(*shape, dtype=np.float32)
    found = GeneralizedMax(lam, solver)(x)
    assert found.dtype == np.float32
    assert apart(found, GeneralizedMax(lam)(x.astype(float))) < 2e-7


@pytest.mark.parametrize("solver", SOLVERS)
def test_float32_gives_way_to_float64_where_lam_is_too_small_for_it(solver):
    x = np.repeat(described(20, 5, dtype=np.float32), 10, axis=0)
    found = GeneralizedMax(1e-7, solver)(x)
    assert apart(found, oracles.generalized_max(x.astype(float), np.ones(200), 1e-7)) < 1e-6


@pytest.mark.parametrize("shape", [(50, 20), (20, 50)], ids=str)
def test_it_is_the_ridge_regression_of_ones(shape):
    linear_model = pytest.importorskip("sklearn.linear_model")
    x = described(*shape)
    ridge = linear_model.Ridge(alpha=3.0, fit_intercept=False).fit(x, np.ones(len(x)))
    for solver in SOLVERS:
        assert apart(GeneralizedMax(3.0, solver)(x), ridge.coef_) < 1e-10


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("lam", [0.5, 2, 1000])
def test_one_hot_codes_saturate_with_their_count(solver, lam):
    counts = np.array([1, 2, 5, 100])
    codes = np.repeat(np.eye(4), counts, axis=0)
    np.testing.assert_allclose(GeneralizedMax(lam, solver)(codes), counts / (counts + lam), 1e-13)


@pytest.mark.parametrize("solver", SOLVERS)
def test_copies_of_one_descriptor_saturate(solver):
    x = np.array([0.6, 0.0, -0.8])
    for copies in (1, 10, 2000):
        found = GeneralizedMax(2.0, solver)(np.tile(x, (copies, 1)))
        np.testing.assert_allclose(found, x * copies / (copies + 2.0), rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("solver", SOLVERS)
def test_one_descriptor_has_a_closed_form(solver):
    x = np.array([3.0, -4.0])
    found = GeneralizedMax(7.0, solver)([x], weights=[2.0])
    np.testing.assert_allclose(found, 2 * x / (25 + 7), rtol=1e-12)


@pytest.mark.parametrize("solver", [None, "dual", "cg"])
def test_without_lam_independent_descriptors_are_all_equally_similar(solver):
    x = described(15, 60)
    target = np.linspace(0, 2, 15)
    np.testing.assert_allclose(x @ GeneralizedMax(1e-9, solver)(x), 1, atol=1e-6)
    np.testing.assert_allclose(x @ GeneralizedMax(1e-9, solver)(x, target), target, atol=1e-6)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_large_lam_leaves_the_sum(solver):
    x, weights = described(40, 12), np.linspace(0, 1, 40)
    assert apart(1e9 * GeneralizedMax(1e9, solver)(x, weights), Sum()(x, weights)) < 1e-6


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_rare_descriptor_counts_among_many(solver):
    x = np.repeat(np.eye(2), [99, 1], axis=0)
    assert Sum()(x)[1] / Sum()(x)[0] < 0.02
    vector = GeneralizedMax(0.1, solver)(x)
    assert vector[1] / vector[0] > 0.9


@pytest.mark.parametrize("solver", SOLVERS)
def test_saliency_is_the_similarity_asked_for(solver):
    """Not so a share in the sum: a weight of 0 asks for none and leaves nothing out."""
    x, rng = described(25, 40), np.random.default_rng(3)
    some, other = rng.random((2, 25))
    pooling = GeneralizedMax(0.5, solver)
    assert apart(pooling(x, some) + 2 * pooling(x, other), pooling(x, some + 2 * other)) < 1e-10
    binary = (some > 0.5) * 1.0
    assert apart(pooling(x, binary), pooling(x[some > 0.5])) > 1e-3


def test_gradients_are_chosen_where_they_converge_and_left_where_they_do_not(monkeypatch):
    formed = []
    factorized = module._factorized
    monkeypatch.setattr(module, "_factorized", lambda *a: formed.append(1) or factorized(*a))
    x = described(1100, 1000)
    easy = GeneralizedMax(100)(x)
    assert not formed
    assert apart(easy, GeneralizedMax(100, "primal")(x)) < 1e-10
    u, _, v = np.linalg.svd(x, full_matrices=False)
    spread = np.append(np.geomspace(20, 1, 60), np.full(940, 0.05))  # many eigenvalues about lam
    for slow in ((u * np.sqrt(spread)) @ v, (u * np.sqrt(1e4 * spread)) @ v):
        formed.clear()
        found = GeneralizedMax(1)(slow)
        assert formed
        assert apart(found, GeneralizedMax(1, "primal")(slow)) < 1e-10


def peak(call):
    tracemalloc.start()
    call()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_hold_no_matrix(dtype):
    x = described(20_000, 64, dtype=dtype)
    assert peak(lambda: GeneralizedMax(100.0, "cg")(x)) < 0.01 * 20_000**2
    wide = described(300, 20_000, dtype=dtype)
    assert peak(lambda: GeneralizedMax(100.0, "cg")(wide)) < 0.01 * 20_000**2


def test_a_matrix_that_would_not_fit_is_not_formed(monkeypatch):
    x = described(900, 800)
    expected = GeneralizedMax(0.1, "primal")(x)
    monkeypatch.setattr(module, "LARGEST", 8 * 800**2 - 1)
    monkeypatch.setattr(module, "_factorized", None)
    assert apart(GeneralizedMax(0.1)(x), expected) < 1e-10


@pytest.mark.parametrize("solver", ["primal", "dual"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_lam_that_rounding_drowns_is_said(solver, dtype):
    x = np.tile(described(5, 8, dtype=dtype), (4, 1))
    with pytest.raises(np.linalg.LinAlgError, match="lam must not vanish beside the energy of"):
        GeneralizedMax(1e-25, solver)(x)
    assert issubclass(np.linalg.LinAlgError, ValueError)


def test_democratic_descriptors_add_alike():
    x = described(60, 30)
    vector, added = oracles.democratic(x, np.ones(60))
    assert added.std() < 1e-4  # of 1
    assert np.ptp(added) < 1e-3
    np.testing.assert_allclose(Democratic()(x), vector, rtol=1e-12)
    assert apart(Democratic()(x.astype(np.float32)), vector) < 1e-6


def test_democratic_descriptors_add_in_proportion_to_their_saliency():
    x, rng = described(60, 30), np.random.default_rng(5)
    saliency = rng.random(60)
    vector, added = oracles.democratic(x, saliency)
    np.testing.assert_allclose(added, saliency, rtol=0.02)
    np.testing.assert_allclose(Democratic()(x, saliency), vector, rtol=1e-11)


def test_a_democratic_weight_of_zero_leaves_out():
    x, weights = described(20, 9), np.repeat([0.0, 1.0], 10)
    np.testing.assert_allclose(Democratic()(x, weights), Democratic()(x[10:]), rtol=1e-12)


def test_democratic_sums_know_directions_only():
    x, rng = described(30, 9), np.random.default_rng(0)
    lengths = 10.0 ** rng.integers(-200, 200, 30)
    np.testing.assert_allclose(Democratic()(x * lengths[:, None]), Democratic()(x), rtol=1e-10)


def test_democratic_weighs_duplicates_as_one():
    found = Democratic()(np.repeat(np.eye(2), [100, 1], axis=0))
    np.testing.assert_allclose(found[0] / found[1], 10, rtol=1e-3)  # of norm: sqrt of the count


def test_sums_averages_and_maxima_are_those_of_numpy():
    x, w = described(30, 9), np.random.default_rng(2).random(30)
    np.testing.assert_allclose(Sum()(x), x.sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(Sum()(x, w), (w[:, None] * x).sum(axis=0), rtol=1e-11)
    np.testing.assert_allclose(Average()(x, w), np.average(x, axis=0, weights=w), rtol=1e-11)
    np.testing.assert_array_equal(Max()(x), x.max(axis=0))
    np.testing.assert_array_equal(Max()(x, w), (w[:, None] * x).max(axis=0))
    for alpha in (0.3, 0.5, 1):
        expected = oracles.power_normalized(x.sum(axis=0), alpha)
        np.testing.assert_allclose(PowerSum(alpha)(x), expected, rtol=1e-11)


def test_many_float32_descriptors_are_summed_exactly_enough():
    x = np.full((300_000, 3), 0.1, np.float32)
    np.testing.assert_allclose(Sum()(x), x.astype(float).sum(axis=0), rtol=6e-8)
    np.testing.assert_allclose(Average()(x), 0.1, rtol=6e-8)


@by_name
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_order_of_descriptors_does_not_matter(pooling, dtype):
    x, w = described(200, 16, dtype=dtype), np.random.default_rng(4).random(200)
    mixed = np.random.default_rng(6).permutation(200)
    tolerance = 1e-5 if dtype == np.float32 else 1e-10
    np.testing.assert_allclose(pooling(x[mixed], w[mixed]), pooling(x, w), tolerance, tolerance)


SCALES = {"sum": 3, "average": 3, "max": 3, "power_sum": 1, "democratic": 1}


@pytest.mark.parametrize("name", SCALES)
def test_what_scaled_descriptors_do(name):
    pooling, x = POOLINGS[name](), described(40, 9)
    np.testing.assert_allclose(pooling(3 * x), SCALES[name] * pooling(x), rtol=1e-11)


@pytest.mark.parametrize("solver", SOLVERS)
def test_scaled_descriptors_are_a_scaled_lam(solver):
    x = described(40, 9)
    np.testing.assert_allclose(
        GeneralizedMax(9 * 2.0, solver)(3 * x), GeneralizedMax(2.0, solver)(x) / 3, rtol=1e-8
    )


@pytest.mark.parametrize("solver", [*SOLVERS, None])
@pytest.mark.parametrize("scale", [1e-30, 1e25])
def test_squares_beyond_float32_are_no_harm(solver, scale):
    x = described(40, 9, dtype=np.float32)
    found = scale * GeneralizedMax(2 * scale**2, solver)(np.float32(scale) * x).astype(float)
    assert apart(found, GeneralizedMax(2.0)(x)) < 1e-6


@by_name
def test_weights_of_one_are_no_weights(pooling):
    x = described(40, 9)
    np.testing.assert_array_equal(pooling(x, np.ones(40)), pooling(x))


@by_name
def test_every_layout_and_number_is_the_same_vector(pooling):
    counts = np.random.default_rng(0).integers(0, 255, (30, 8), dtype=np.uint8)
    expected = pooling(counts.astype(float))
    for same in (counts, np.asfortranarray(counts), counts.tolist(), counts.astype(">f8")):
        found = pooling(same)
        assert found.dtype == np.float64
        assert found.shape == (8,)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    for narrow in (np.float16, np.float32):
        assert pooling(counts.astype(narrow)).dtype == np.float32
    before = counts.copy().astype(float)
    pooling(before)
    np.testing.assert_array_equal(before, counts)


@by_name
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_seen_is_a_vector_of_zeros(pooling, dtype):
    for found in (
        pooling(np.empty((0, 5), dtype)),
        pooling(np.zeros((3, 5), dtype)),
        pooling(np.ones((3, 5), dtype), weights=[0, 0, 0]),
        pooling(np.zeros((1, 5), dtype)),
    ):
        np.testing.assert_array_equal(found, np.zeros(5, dtype))
        assert found.dtype == dtype


@by_name
def test_a_descriptor_of_zeros_among_others_is_no_harm(pooling):
    x = np.vstack([described(6, 4), np.zeros((1, 4))])
    assert np.isfinite(pooling(x)).all()


@by_name
@pytest.mark.parametrize(
    ("descriptors", "weights", "message"),
    [
        ([1.0, 2.0], None, r"descriptors must be \(N, D\), a row each, got shape \(2,\); a single"),
        (np.ones((2, 2, 2)), None, r"got shape \(2, 2, 2\)"),
        (np.ones((3, 0)), None, r"got shape \(3, 0\)"),
        ([], None, r"got shape \(0,\)"),
        ([[1, np.nan]], None, r"descriptors must be finite, got NaN or infinity at \[0 1\]"),
        ([[np.inf, -np.inf]], None, r"must be finite, got NaN or infinity at \[0 0\]"),
        ([[1.0], [2.0]], [1], r"weights must be one a descriptor, \(2,\), got shape \(1,\)"),
        ([[1.0], [2.0]], [[1], [1]], r"got shape \(2, 1\)"),
        ([[1.0], [2.0]], [1, -0.5], r"weights must not be negative, got -0.5; clip them at 0"),
        ([[1.0], [2.0]], [1, np.nan], r"weights must be finite, got NaN or infinity at \[1\]"),
    ],
)
def test_what_cannot_be_pooled_is_said(pooling, descriptors, weights, message):
    with pytest.raises(ValueError, match=message):
        pooling(descriptors, weights)


@by_name
@pytest.mark.parametrize("values", [[["a", "b"]], [[1j, 2]], [[None, 1]]])
def test_what_is_no_number_is_said(pooling, values):
    with pytest.raises(TypeError, match="descriptors must be real numbers, got"):
        pooling(values)
    with pytest.raises(TypeError, match="weights must be real numbers, got"):
        pooling([[1.0, 2.0]], weights=np.asarray(values)[0, :1])


@pytest.mark.parametrize("lam", [0, -1, np.nan, np.inf, "1", None, True])
def test_lam_is_positive(lam):
    with pytest.raises(ValueError, match=f"lam must be a positive number, got {lam!r}; for unit"):
        GeneralizedMax(lam)


@pytest.mark.parametrize("alpha", [0, -1, 1.5, np.nan, "1", None, True])
def test_alpha_is_a_share(alpha):
    expected = f"alpha must be above 0 and at most 1, got {alpha!r}; 0.5 is the square root"
    with pytest.raises(ValueError, match=expected):
        PowerSum(alpha)
    with pytest.raises(ValueError, match=expected):
        power_normalized([1.0], alpha)


def test_an_unknown_solver_is_said():
    with pytest.raises(ValueError, match=r"solver must be None, 'primal', .*, got 'qr'; leave"):
        GeneralizedMax(solver="qr")


@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_power_normalization_is_of_length_one_at_any_scale(scale):
    vector = scale * np.array([4.0, -9.0, 0.0])
    np.testing.assert_allclose(power_normalized(vector), np.array([2, -3, 0]) / 13**0.5, rtol=1e-12)
    np.testing.assert_array_equal(power_normalized(np.zeros(3, np.float32)), np.zeros(3))
    assert power_normalized(np.ones(3, np.float32)).dtype == np.float32


def test_power_normalization_takes_a_vector():
    with pytest.raises(ValueError, match=r"vector must be \(D,\), got shape \(1, 2\); normalize"):
        power_normalized([[1.0, 2.0]])
