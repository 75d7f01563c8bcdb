"""Scores of scanpaths are those of other programs; tests/golden/README.md says which."""

import json
from math import nan
from pathlib import Path

import numpy as np
import pytest
from support import oracles

from psysal.evaluation import kernels
from psysal.evaluation.scanpaths import (
    multi_match,
    next_fixations,
    scan_match,
    string_edit,
)

GOLDEN = json.loads(Path(__file__).parents[1].joinpath("golden", "scanpaths.json").read_text())
SHAPE = tuple(GOLDEN["shape"])
PATHS = [np.stack([path["x"], path["y"]], axis=1) for path in GOLDEN["paths"]]
TIMES = [path["ms"] for path in GOLDEN["paths"]]
PAIRS = [(i, j) for i in range(len(PATHS)) for j in range(len(PATHS)) if i < j]
LONGER = [max(len(PATHS[i]), len(PATHS[j])) for i, j in PAIRS]


def of_pairs(score, **options):
    return [score(PATHS[i], PATHS[j], SHAPE, **options) for i, j in PAIRS]


def test_multi_match_is_that_of_multimatch_gaze():
    names = ("vector", "direction", "length", "position", "duration")
    for (i, j), expected in zip(PAIRS, GOLDEN["multimatch"], strict=True):
        found = multi_match(PATHS[i], PATHS[j], SHAPE, durations=(TIMES[i], TIMES[j]))
        assert [getattr(found, n) for n in names] == pytest.approx(expected, abs=1e-12)
        alone = multi_match(PATHS[i], PATHS[j], SHAPE)
        assert alone.vector == found.vector
        assert np.isnan(alone.duration)


@pytest.mark.parametrize("case", GOLDEN["scanmatch"])
def test_scan_match_is_that_of_gazeparser(case):
    rows, cols, threshold, interval = (float(word) for word in case.split())
    options = {"bins": (int(rows), int(cols)), "threshold": threshold}
    if case.startswith("8 12 3.5"):
        options = {}  # the defaults
    found = [
        scan_match(
            PATHS[i], PATHS[j], SHAPE, **options,
            durations=(TIMES[i], TIMES[j]) if interval else None,
        )
        for i, j in PAIRS
    ]  # fmt: skip
    assert found == pytest.approx(GOLDEN["scanmatch"][case], abs=1e-12)


def test_gaps_and_edits_are_those_of_biopython():
    sums = np.multiply(of_pairs(scan_match, gap=-0.5), LONGER) * 3.5
    assert sums.tolist() == pytest.approx(
        GOLDEN["needleman_wunsch"]["sums_8_12_3.5_gap_-0.5"], abs=1e-9
    )
    edits = (1 - np.array(of_pairs(string_edit))) * LONGER
    assert edits.tolist() == pytest.approx(GOLDEN["needleman_wunsch"]["edits_5_5"], abs=1e-9)


def test_the_next_fixation_is_scored_as_by_pysaliency():
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]

    def near(before_x, before_y):
        return 1 / (90**2 + (x - before_x[-1]) ** 2 + (y - before_y[-1]) ** 2)

    scores = [next_fixations(near, path) for path in PATHS]
    for name, expected in GOLDEN["next_fixations"].items():
        found = np.concatenate([getattr(each, name) for each in scores])
        np.testing.assert_allclose(found, expected, atol=1e-12)


def both(kernel):
    return [pytest.param(kernel, id="compiled"), pytest.param(kernel.py_func, id="python")]


@pytest.mark.parametrize("kernel", both(kernels.align))
def test_align(kernel, rng):
    for rows, cols, gap in ((1, 1, 0), (4, 5, -0.3), (5, 2, 0), (3, 5, -9)):
        similarity = rng.normal(size=(rows, cols))
        scratch = np.full((rows + 1, cols + 1), np.nan)
        expected = oracles.align(similarity, gap)
        assert kernel(similarity, float(gap), scratch) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("kernel", both(kernels.cheapest_path))
def test_cheapest_path(kernel, rng):
    for rows, cols in ((1, 1), (1, 4), (4, 1), (4, 5), (5, 3)):
        cost = rng.random((rows, cols))
        pairs = np.empty((rows + cols, 2), np.int64)
        count = kernel(cost, np.full((rows, cols), np.nan), pairs)
        assert pairs[:count][::-1].tolist() == [list(p) for p in oracles.cheapest_path(cost)]


def test_equal_scanpaths_are_alike_and_order_of_the_two_does_not_matter():
    for path in PATHS:
        assert scan_match(path, path, SHAPE) == string_edit(path, path, SHAPE) == 1
        same = multi_match(path, path, SHAPE)
        assert same.vector == same.direction == same.length == same.position == 1
    for i, j in PAIRS:
        for score in (scan_match, string_edit):
            forth, back = score(PATHS[i], PATHS[j], SHAPE), score(PATHS[j], PATHS[i], SHAPE)
            assert forth == pytest.approx(back, abs=1e-12)


PATH = [[5, 5], [50, 20], [90, 50]]
SMALL = (60, 100)
OFF = [[5, 5], [50, 20], [100, 50]]


@pytest.mark.parametrize(
    ("score", "first", "options", "message"),
    [
        (scan_match, OFF, {}, "first must lie on the map of 100 x 60 pixels"),
        (string_edit, OFF, {}, "first must lie on the map"),
        (multi_match, OFF, {}, "first must lie on the map"),
        (scan_match, [], {}, "first must hold at least one position"),
        (multi_match, PATH[:2], {}, "first must have three fixations at least, got 2"),
        (scan_match, PATH, {"gap": 0.5}, "gap must be a number up to 0"),
        (scan_match, PATH, {"gap": nan}, "gap must be a number up to 0"),
        (scan_match, PATH, {"threshold": 0}, "threshold must be a positive number"),
        (scan_match, PATH, {"bins": (0, 3)}, "bins must be a whole number from 1 on, got 0"),
        (string_edit, PATH, {"bins": (3, 2.5)}, "bins must be a whole number from 1 on"),
        (scan_match, PATH, {"interval": -1}, "interval must be a positive number"),
        (scan_match, PATH, {"durations": ([1, 2], [1, 2, 3])}, "durations must be one of each"),
        (multi_match, PATH, {"durations": ([1, 2, nan], [1, 2, 3])}, "positive and finite"),
        (multi_match, PATH, {"durations": ([1, 2, 0], [1, 2, 3])}, "positive and finite"),
        (scan_match, PATH, {"durations": ([1, 2, 3], [1, 2, 3])}, "reach an interval of 50 ms"),
    ],
)
def test_bad_scanpaths(score, first, options, message):
    with pytest.raises(ValueError, match=message):
        score(first, PATH, SMALL, **options)


def test_bad_predictions():
    with pytest.raises(ValueError, match="positions must be more than the 1 that are given, got 1"):
        next_fixations(lambda x, y: np.ones((4, 5)), [[0, 0]])
    with pytest.raises(ValueError, match="the prediction must have mass"):
        next_fixations(lambda x, y: np.zeros((4, 5)), [[0, 0], [1, 1]])
    never = np.ones((4, 5))
    never[1, 1] = 0
    scores = next_fixations(lambda x, y: never, [[0, 0], [1, 1]])
    assert scores.log_likelihood.tolist() == [-np.inf]
    first = next_fixations(lambda x, y: np.full((4, 5), 1.0 + len(x)), [[0, 0], [1, 1]], given=0)
    assert len(first.auc) == 2
