"""Metrics against the MIT benchmark's programs, slow twins, and what a score must never do."""

import json
from pathlib import Path

import numpy as np
import pytest
from support import oracles

from psysal.evaluation import kernels, metrics, mit
from psysal.evaluation.density import density
from psysal.viewing import Viewing

GOLDEN = Path(__file__).parents[1] / "golden"
SCORES = json.loads((GOLDEN / "metrics_values.json").read_text())
INCREASING = [np.exp, lambda m: m**8, np.sqrt, lambda m: 3 * m - 40, np.arctan]


@pytest.fixture(params=SCORES)
def case(request):
    """Arrays that the MIT benchmark's programs scored, and the scores."""
    with np.load(GOLDEN / f"metrics_{request.param}.npz") as file:
        return dict(file), SCORES[request.param]


@pytest.fixture(params=range(5))
def seen(request):
    """A smooth map with ties, fixations on it and fixations of others; different every time."""
    rng = np.random.default_rng(request.param)
    rows, cols = rng.integers(20, 60, 2)
    y, x = np.mgrid[:rows, :cols] / 10
    saliency = np.round(2 + np.sin(x + rng.random()) * np.cos(y) + 0.1 * rng.random(x.shape), 1)
    fixations = rng.random((40, 2)) * (cols, rows)
    others = rng.random((300, 2)) * (cols, rows)
    return saliency, fixations, others


def at(saliency, fixations):
    x, y = np.asarray(fixations).astype(int).T
    return np.asarray(saliency)[y, x]


# --- the MIT profile is the MIT benchmark's ----------------------------------


def test_mit_scores_are_those_of_the_matlab_programs(case):
    a, expected = case
    found = {
        "AUC_Judd": mit.auc_judd(a["smap"], a["fix"]),
        "AUC_Borji": mit.auc_borji(a["smap"], a["fix"], indices=a["borji_idx"]),
        "AUC_shuffled": mit.auc_shuffled(a["smap"], a["fix"], a["other"], indices=a["shuf_idx"]),
        "NSS": mit.nss(a["smap"], a["fix"]),
        "CC": mit.cc(a["smap"], a["dens"]),
        "similarity": mit.similarity(a["smap"], a["dens"]),
        "KLdiv": mit.kl(a["dens"], a["smap"]),
        "InfoGain": mit.information_gain(a["smap"], a["base"], a["fix"]),
        "EMD": mit.emd(a["smap"], a["dens"], downsize=4),
        "EMD_clipped": mit.emd(a["emd_Q"].clip(0), a["emd_P"].clip(0), downsize=1),
    }
    for name, score in found.items():
        assert score == pytest.approx(expected[name], abs=1e-12), name


def test_mit_densities_are_those_of_the_matlab_programs(case):
    a, _ = case
    np.testing.assert_allclose(mit.blur(a["fix"]), a["blur_fc8"], atol=1e-14)


def test_the_blur_of_8_cycles_is_a_gaussian_of_24_pixels_at_1024():
    dot = np.zeros((1024, 1024))
    dot[512, 512] = 1
    spread = mit.blur(dot).sum(axis=0)
    width = np.sqrt((spread * (np.arange(1024) - 512) ** 2).sum() / spread.sum())
    assert width == pytest.approx(23.99, abs=0.005)


@pytest.mark.parametrize("name", ["AUC_Borji", "AUC_shuffled"])
def test_drawn_areas_come_again_with_the_same_generator_only(name):
    with np.load(GOLDEN / "metrics_syn_ties_48x64.npz") as file:
        a = dict(file)
    arrays = a["smap"], a["fix"], a["other"]
    score = (lambda m, f, _, **k: mit.auc_borji(m, f, **k)) if "Borji" in name else mit.auc_shuffled
    drawn = [score(*arrays, rng=np.random.default_rng(seed)) for seed in [*range(20), 0]]
    assert drawn[0] == drawn[-1] != drawn[1]
    assert np.mean(drawn) == pytest.approx(SCORES["syn_ties_48x64"][name], abs=0.01)


def test_shuffled_draws_hold_each_pixel_of_others_once(rng):
    saliency, fixated = rng.random((12, 15)), np.zeros((12, 15))
    fixated[3, :10] = 1
    others = np.zeros((12, 15))
    others[8, 2:6] = 1  # fewer than fixated: every split holds them all
    drawn = mit.auc_shuffled(saliency, fixated, others, rng=rng)
    column_major = np.flatnonzero(others.T)[:, None] + 1
    assert drawn == pytest.approx(
        mit.auc_shuffled(saliency, fixated, others, indices=column_major), abs=1e-14
    )


def test_jitter_breaks_the_ties_of_judd():
    flat = np.zeros((30, 30))
    flat[0, 0] = 1
    fixated = np.zeros((30, 30))
    fixated[10:20, 10:20] = 1
    tied = mit.auc_judd(flat, fixated)
    assert mit.auc_judd(flat, fixated, jitter=np.random.default_rng(0)) != tied
    assert mit.auc_judd(flat, fixated, jitter=np.random.default_rng(0)) == pytest.approx(
        0.5, abs=0.1
    )


# --- the exact profile counts every pair -------------------------------------


def test_auc_is_the_count_of_all_pairs(seen):
    saliency, fixations, others = seen
    hit = at(saliency, fixations)
    expected = oracles.pair_count(hit, saliency.reshape(-1))
    assert metrics.auc(saliency, fixations) == pytest.approx(expected, abs=1e-14)
    expected = oracles.pair_count(hit, at(saliency, others))
    assert metrics.shuffled_auc(saliency, fixations, others) == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("count", [1, 255, 256, 600])
@pytest.mark.parametrize(
    "dtype", [np.uint8, np.uint16, np.float16, np.float32, np.float64, np.int64]
)
def test_auc_is_exact_for_any_number_of_fixations_and_type(rng, count, dtype):
    saliency = (rng.normal(20, 5, (31, 47))).astype(dtype)
    fixations = rng.random((count, 2)) * (47, 31)
    expected = oracles.pair_count(at(saliency, fixations), saliency.reshape(-1))
    assert metrics.auc(saliency, fixations) == pytest.approx(expected, abs=1e-14)


def test_values_one_bit_apart_are_no_tie():
    for dtype in (np.float32, np.float64):
        one, top = dtype(1), np.finfo(dtype).max
        for low, high in [(one, np.nextafter(one, dtype(2))), (np.nextafter(top, one), top)]:
            saliency = np.array([[low, high]])
            assert metrics.auc(saliency, [[1, 0]]) == 0.75
            assert metrics.auc(saliency, [[0, 0]]) == 0.25
    assert metrics.auc(np.array([[-0.0, 0.0]]), [[0, 0]]) == 0.5


def test_large_whole_numbers_are_not_rounded_together():
    assert metrics.auc(np.array([[2**30, 2**30 + 1]]), [[1, 0]]) == 0.75


@pytest.mark.parametrize(
    "kernel", [kernels.ranks, kernels.ranks.py_func], ids=["compiled", "python"]
)
def test_ranks(kernel, rng):
    for size in (0, 1, 100, 511):
        table = np.full(2**kernels.STEPS - 1, np.inf)
        table[:size] = np.sort(rng.integers(0, 50, size))
        values = rng.integers(-5, 55, 200).astype(float)
        assert kernel(values, table) == oracles.ranks(values, table)


@pytest.mark.parametrize(
    "kernel", [kernels.moments, kernels.moments.py_func], ids=["compiled", "python"]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_moments(kernel, rng, dtype):
    plane = (1e4 + rng.normal(size=(13, 21))).astype(dtype)
    mean, variance = kernel(plane, np.empty(21))
    assert mean == pytest.approx(plane.mean(dtype=float), rel=1e-14)
    assert variance == pytest.approx(plane.var(dtype=float), rel=1e-9)
    assert kernel(np.full((13, 21), dtype(0.1)), np.empty(21)) == (dtype(0.1), 0)


def test_nss_is_the_mean_z_score(seen):
    saliency, fixations, _ = seen
    z = (saliency - saliency.mean()) / saliency.std()
    assert metrics.nss(saliency, fixations) == pytest.approx(at(z, fixations).mean(), abs=1e-12)


def test_cc_is_pearsons(seen):
    saliency, fixations, _ = seen
    people = density(fixations, saliency.shape, ppd=5)
    expected = np.corrcoef(saliency.reshape(-1), people.reshape(-1))[0, 1]
    assert metrics.cc(saliency, people) == pytest.approx(expected, abs=1e-12)
    assert metrics.cc(7 * people - 3, people) == pytest.approx(1, abs=1e-12)
    assert metrics.cc(-people, people) == pytest.approx(-1, abs=1e-12)


def test_density_is_a_gaussian_about_every_fixation_cut_at_the_border(rng):
    fixations = np.concatenate([rng.random((12, 2)) * (40, 25), [[0.9, 24.9], [0, 24]]])
    found = density(fixations, (25, 40), ppd=8, sigma=0.5)
    expected = oracles.fixation_density(np.trunc(fixations), (25, 40), 4)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert found.sum() == pytest.approx(1, abs=1e-14)
    assert (density(fixations, (25, 40), ppd=Viewing(ppd=8), sigma=0.5) == found).all()


@pytest.mark.parametrize("shape", [(6, 9), (1, 12), (10, 5)])
def test_emd_is_the_linear_program(rng, shape):
    p, q = rng.random((2, *shape))
    p[rng.random(shape) < 0.3] = 0
    assert metrics.emd(p, q) == pytest.approx(oracles.transport(p, q), rel=1e-9)


def test_emd_is_that_of_the_golden_linear_program(case):
    a, expected = case
    found = metrics.emd(a["emd_P"].clip(0), a["emd_Q"].clip(0))
    assert found == pytest.approx(expected["EMD_exact_LP_clipped"], rel=1e-7)


def test_emd_is_in_pixels_whatever_the_grid():
    left, right = np.zeros((2, 90, 200))
    left[:, :10] = 1
    right[:, -10:] = 1
    assert metrics.emd(left, right) == pytest.approx(190)
    assert metrics.emd(left, left) == 0
    assert metrics.emd(left.T, right.T) == pytest.approx(190)
    assert mit.emd(left, left) == 0


# --- what a score must never do ----------------------------------------------


@pytest.mark.parametrize("transform", INCREASING)
def test_exact_auc_does_not_change_under_an_increasing_transform(seen, transform):
    saliency, fixations, others = seen
    changed = transform(saliency)
    assert metrics.auc(changed, fixations) == metrics.auc(saliency, fixations)
    assert metrics.shuffled_auc(changed, fixations, others) == metrics.shuffled_auc(
        saliency, fixations, others
    )


def test_mits_borji_changes_under_an_increasing_transform_for_its_11_thresholds():
    with np.load(GOLDEN / "metrics_syn_smooth_60x80.npz") as file:
        a = dict(file)
    plain, bent = (
        mit.auc_borji(m, a["fix"], indices=a["borji_idx"]) for m in (a["smap"], a["smap"] ** 32)
    )
    assert plain - bent > 0.02
    fixations = np.argwhere(a["fix"])[:, ::-1]
    assert metrics.auc(a["smap"], fixations) == metrics.auc(a["smap"] ** 32, fixations)


def test_shuffled_auc_of_a_map_that_knows_only_the_middle_is_chance():
    """Everybody looks at the middle of every image; each image is scored against the others."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:48, :64]
    middle = np.exp(-((x - 32) ** 2 + (y - 24) ** 2) / 200)
    images = [rng.normal((32, 24), 5, (50, 2)).clip(0, (63, 47)) for _ in range(60)]
    scores, plain = [], []
    for i, fixations in enumerate(images):
        others = np.concatenate(images[:i] + images[i + 1 :])
        scores.append(metrics.shuffled_auc(middle, fixations, others))
        plain.append(metrics.auc(middle, fixations))
    assert np.mean(plain) > 0.85
    assert np.mean(scores) == pytest.approx(0.5, abs=0.01)


def test_shuffled_auc_is_exactly_one_half_where_others_looked_at_the_same_places(seen):
    saliency, fixations, others = seen
    assert metrics.shuffled_auc(saliency, fixations, fixations) == 0.5
    forth, back = (
        metrics.shuffled_auc(saliency, *pair) for pair in [(fixations, others), (others, fixations)]
    )
    assert forth + back == pytest.approx(1, abs=1e-14)


@pytest.mark.parametrize("value", [0, 0.1, -7e30, 255])
def test_a_constant_map_is_chance(value):
    flat, fixations = np.full((9, 7), value), [[1, 2], [6, 8], [1, 2]]
    assert metrics.auc(flat, fixations) == 0.5
    assert metrics.shuffled_auc(flat, fixations, [[0, 0]]) == 0.5
    assert metrics.nss(flat, fixations) == 0
    assert metrics.cc(flat, np.eye(9)[:, :7]) == 0


def test_equal_densities_share_everything(seen):
    saliency, fixations, _ = seen
    people = density(fixations, saliency.shape, ppd=6)
    assert metrics.kl(people, 3 * people) == pytest.approx(0, abs=1e-14)
    assert metrics.similarity(people, 3 * people) == pytest.approx(1)
    assert metrics.emd(people, people) == 0
    assert metrics.information_gain(people, people, fixations) == 0
    assert metrics.kl(people, saliency) > 0
    assert metrics.information_gain(people, np.ones_like(people), fixations) > 0


def test_information_gain_of_two_bits():
    prediction = np.array([[1, 1], [1, 1]]) * [[4], [0]]
    assert metrics.information_gain([[4, 0], [0, 0]], np.ones((2, 2)), [[0, 0]]) == 2
    assert metrics.information_gain(prediction, np.ones((2, 2)), [[0, 1]]) == -np.inf


def test_a_prediction_that_rules_out_what_happened_is_infinitely_wrong():
    assert metrics.kl([[1, 1]], [[1, 0]]) == np.inf


def test_every_fixation_counts_and_lies_in_the_pixel_it_is_truncated_to():
    saliency = np.arange(6).reshape(2, 3)  # x to the right, y down
    assert metrics.auc(saliency, [[2.99, 1.99]]) == 5.5 / 6
    assert metrics.auc(saliency, [[2, 1]]) == 5.5 / 6
    assert metrics.auc(saliency, [[2, 1], [2, 1], [0, 0]]) == pytest.approx((5.5 * 2 + 0.5) / 18)


MAP, SPOTS = np.arange(12.0).reshape(3, 4), [[1, 1], [2, 2]]


def with_value(value):
    changed = MAP.copy()
    changed[2, 0] = value
    return changed


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nan_never_becomes_a_score(value, dtype):
    bad = with_value(value).astype(dtype)
    calls = [
        lambda: metrics.auc(bad, SPOTS),
        lambda: metrics.shuffled_auc(bad, SPOTS, SPOTS),
        lambda: metrics.nss(bad, SPOTS),
        lambda: metrics.cc(bad, MAP),
        lambda: metrics.similarity(MAP, bad),
        lambda: metrics.kl(MAP, bad),
        lambda: metrics.information_gain(MAP, bad, SPOTS),
        lambda: metrics.emd(bad, MAP),
        lambda: mit.auc_judd(bad, MAP),
        lambda: mit.auc_borji(bad, MAP, rng=np.random.default_rng(0)),
        lambda: mit.nss(bad, MAP),
        lambda: mit.cc(bad, MAP),
        lambda: mit.similarity(bad, MAP),
        lambda: mit.kl(MAP, bad),
        lambda: mit.information_gain(MAP, bad, MAP),
        lambda: mit.emd(bad, MAP),
        lambda: mit.blur(bad),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="must be finite, got NaN or infinite values"):
            call()


OUTSIDE = (
    r"fixations must lie on the map of 4 x 3 pixels, got 1 outside, first \({}\); drop and count"
)
BAD = {
    "no fixations": (lambda: metrics.auc(MAP, np.empty((0, 2))), "at least one position, got none"),
    "an empty list": (lambda: metrics.nss(MAP, []), "at least one position, got none"),
    "right": (lambda: metrics.auc(MAP, [[1, 1], [4, 1]]), OUTSIDE.format("4, 1")),
    "below": (lambda: metrics.nss(MAP, [[1, 1], [0, 3.5]]), OUTSIDE.format("0, 3.5")),
    "left": (lambda: metrics.nss(MAP, [[-0.5, 0]]), OUTSIDE.format("-0.5, 0")),
    "nowhere": (lambda: metrics.nss(MAP, [[np.nan, 0]]), OUTSIDE.format("nan, 0")),
    "others": (lambda: metrics.shuffled_auc(MAP, SPOTS, [[9, 9]]), "others must lie on the map"),
    "a fixation map": (lambda: metrics.auc(MAP, MAP > 2), "fixations must be numbers x, y"),
    "a color map": (lambda: metrics.auc(np.ones((3, 4, 3)), SPOTS), r"must be \(rows, cols\)"),
    "complex": (lambda: metrics.auc(MAP * 1j, SPOTS), "must hold real numbers, got complex128"),
    "negative": (lambda: metrics.kl(MAP, MAP - 1), "prediction must not be negative anywhere"),
    "no mass": (lambda: metrics.similarity(MAP, 0 * MAP), "q must have mass, got zeros only"),
    "cc": (lambda: metrics.cc(MAP, MAP.T), "density must have the size of saliency"),
    "similarity": (lambda: metrics.similarity(MAP, MAP.T), r"size of p, \(3, 4\), got \(4, 3\)"),
    "kl": (lambda: metrics.kl(MAP, MAP.T), "prediction must have the size of target"),
    "emd": (lambda: metrics.emd(MAP, MAP.T), "q must have the size of p"),
    "gain": (lambda: metrics.information_gain(MAP, MAP.T, SPOTS), "must have the size of density"),
    "base": (lambda: metrics.information_gain(MAP, MAP, [[0, 0]]), "baseline must be positive at"),
    "ppd": (lambda: density(SPOTS, (3, 4), ppd=0), "ppd must be a positive number, got 0"),
    "sigma": (lambda: density(SPOTS, (3, 4), ppd=1, sigma=0), "sigma must be a positive number"),
    "constant": (lambda: mit.nss(0 * MAP, MAP), "saliency must not be constant"),
    "nothing fixated": (lambda: mit.nss(MAP, 0 * MAP), "fixated must be positive on some pixel"),
    "neither": (lambda: mit.auc_borji(MAP, MAP), "auc_borji needs either rng or indices"),
    "neither shuffled": (lambda: mit.auc_shuffled(MAP, MAP, MAP), "needs either rng or indices"),
    "others' size": (
        lambda: mit.auc_shuffled(MAP, MAP, MAP.T, indices=[[1]]),
        "others must have the size of fixated",
    ),
    "from 0": (lambda: mit.auc_borji(MAP, MAP, indices=[[0]]), "must count pixels from 1 to 12"),
    "flat": (lambda: mit.auc_borji(MAP, MAP, indices=[1]), "indices must be whole numbers"),
    "cycles": (lambda: mit.blur(MAP, cycles=-1), "cycles must be a positive number"),
    "below zero": (lambda: mit.kl(MAP, -MAP), "prediction must have a positive sum, got 0"),
    "downsize": (lambda: mit.emd(MAP, MAP, downsize=0.5), "downsize must be a whole number from 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_errors_say_what_was_expected_what_came_and_what_to_do(name):
    call, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        call()
