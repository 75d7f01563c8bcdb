"""Fixations from a CSV or at random, and the scores of a map."""

import re

import numpy as np
import pytest

from psysal import stimuli
from psysal.evaluation import metrics
from psysal.explorer.scores import METRICS, draw_fixations, parse_fixations, scores


def test_fixations_come_with_titles_or_without():
    titled = parse_fixations("a.csv", "\ufeffsubject, Y ,x\n1,5,6\n\n2,7.5,8\n")
    assert titled.tolist() == [[6, 5], [8, 7.5]]
    for text in ("6,5\n8,7.5\n", "x;y\n6;5\n8;7,5\n", "y\tx\t\n5\t6\t\n7.5\t8\t\n"):
        assert parse_fixations("a.csv", text).tolist() == titled.tolist()
    with pytest.raises(ValueError, match="one column x was expected, found 2"):
        parse_fixations("a.csv", "x,x,y\n1,2,3\n")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x,y\n1,2\nten,2\n", "a.csv: line 3: x must be a number, got 'ten'"),
        ("x,y\n1,nan\n", "a.csv: line 2: x and y must be finite"),
        ("1\n", "a.csv: has no fixations"),
        ("", "a.csv: has no fixations"),
        ("x,y\n", "a.csv: has no fixations"),
        ("1,2\n" * 10_001, "a.csv: has 10,001 fixations, more than the limit of 10,000"),
        ('"' + "1" * 200_000, "a.csv: line 1: a row of a table was expected"),
    ],
)
def test_a_csv_that_makes_no_sense_is_a_sentence(text, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        parse_fixations("a.csv", text)


def test_a_constant_map_scores_chance(rng):
    fixations = rng.integers(0, 30, (9, 2))
    results = scores(np.zeros((30, 30), np.float32), fixations, 8)
    for name, metric in METRICS.items():
        expected = metric.chance
        assert expected is None or results[name] == pytest.approx(expected, abs=1e-9), name
    values = rng.random((30, 30)).astype(np.float32)
    assert scores(values, fixations)["NSS"] == metrics.nss(values, fixations)


def test_fixations_are_drawn_where_the_density_is(rng):
    target = stimuli.search_color().target_masks[0]
    x, y = draw_fixations(target, 50, rng).T
    assert target[y, x].all()
    x, y = draw_fixations(np.zeros((3, 400)), 500, rng).T  # of nothing: anywhere
    assert np.ptp(x) > 300
    assert set(y.tolist()) == {0, 1, 2}
