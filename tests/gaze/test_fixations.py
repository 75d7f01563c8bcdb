"""Fixations: a checked table, its parts, and tables that cannot be right."""

import numpy as np
import pytest

from psysal.gaze import Fixations
from psysal.gaze.order import running_number

SIZES = {"a.png": (60, 80), "b.png": (30, 40), "c.png": (60, 40)}


def test_a_table_knows_its_images_and_subjects(fixations):
    assert fixations.images == ("a.png", "b.png")
    assert fixations.subjects == (2, 4, 7)
    assert str(fixations) == f"<Fixations: {len(fixations)} of 3 subjects on 2 images>"
    assert set(fixations.of("a.png").image) == {"a.png"}
    assert len(fixations.of("a.png")) + len(fixations.of("b.png")) == len(fixations)
    assert len(fixations.of("nobody looked at this.png")) == 0


def test_an_image_keeps_the_order_of_its_rows(fixations):
    rows = fixations.image == "b.png"
    np.testing.assert_array_equal(fixations.of("b.png").x, fixations.x[rows])


def test_a_table_cannot_be_changed(fixations):
    with pytest.raises(ValueError, match="read-only"):
        fixations.x[0] = 3
    with pytest.raises(AttributeError):
        fixations.x = fixations.y


def test_a_table_does_not_change_with_the_arrays_given():
    x = np.array([1.0, 2.0])
    fixations = Fixations(["a", "a"], [0, 0], [0, 1], x, x)
    x[0] = 9
    assert fixations.x.tolist() == fixations.y.tolist() == [1, 2]


def test_one_subject_left_out_leaves_the_others(fixations):
    rest = fixations.without(4)
    assert rest.subjects == (2, 7)
    assert len(rest) == np.count_nonzero(fixations.subject != 4)
    with pytest.raises(ValueError, match=r"subject must be one of .* \(2, 4, 7\), got 5"):
        fixations.without(5)


def test_a_table_of_one_subject_is_empty_without_him():
    alone = Fixations(["a"], ["ann"], [0], [1], [2]).without("ann")
    assert (len(alone), alone.images, alone.subjects) == (0, (), ())
    assert alone.others("a", {"a": (3, 4)}).shape == (0, 2)
    assert alone.inside({})[1] == 0


def test_the_forced_first_fixation_can_be_left_out(fixations):
    assert (fixations.order == 0).any()
    assert fixations.without_first().order.min() == 1
    assert len(fixations.without_first()) == np.count_nonzero(fixations.order)


def test_fixations_outside_the_image_are_dropped_and_counted():
    x = [0, 39.99, 40, -0.01, 5, 5]
    y = [0, 29.99, 5, 5, 30, -1]
    inside, dropped = Fixations(["b.png"] * 6, [0] * 6, range(6), x, y).inside(SIZES)
    assert (inside.order.tolist(), dropped) == ([0, 1], 4)


def test_others_are_the_fixations_elsewhere_at_this_image_s_size(fixations):
    there = fixations.of("a.png")
    expected = np.stack([there.x / 80 * 40, there.y], axis=1)
    both = Fixations([*there.image, "c.png"], [*there.subject, 1], [*there.order, 0],
                     [*there.x, 1], [*there.y, 1])  # fmt: skip
    np.testing.assert_allclose(both.others("c.png", SIZES), expected)
    assert len(fixations.others("c.png", SIZES)) == len(fixations)


def test_an_image_without_a_size_is_named(fixations):
    for ask in (lambda: fixations.inside({"a.png": (1, 1)}), lambda: fixations.others("b.png", {})):
        with pytest.raises(ValueError, match=r"got none for b\.png; are the images named alike"):
            ask()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"x": [1, np.nan]}, "row 1: x must be a finite number of pixels, got nan"),
        ({"y": [np.inf, 1]}, "row 0: y must be a finite number of pixels, got inf"),
        ({"y": ["left", 1]}, "y must be numbers"),
        ({"order": [0, -1]}, "row 1: order must count from 0, got -1"),
        ({"order": [0, 0.5]}, "order must be integers, got float64"),
        ({"order": [3, 3]}, "row 0 and row 1: one image, subject and order .* a.png, 1, 3;"),
        ({"subject": [1.5, 2]}, "subject must be integers or strings, got float64"),
        ({"x": [1, 2, 3]}, r"equally long, got image \(2,\).* x \(3,\)"),
        ({"duration": [1]}, r"equally long, .* duration \(1,\)"),
    ],
)
def test_a_table_with_contradictions_is_refused(columns, message):
    good = {"image": ["a.png"] * 2, "subject": [1, 1], "order": [0, 1], "x": [1, 2], "y": [3, 4]}
    assert len(Fixations(**good)) == 2
    with pytest.raises(ValueError, match=message):
        Fixations(**good | columns)


def test_equal_orders_of_two_people_or_two_images_are_no_contradiction():
    assert len(Fixations(["a", "a", "b"], [1, 2, 1], [0, 0, 0], [1, 1, 1], [1, 1, 1])) == 3


def test_running_numbers_are_those_of_a_loop(rng):
    image, subject = rng.integers(0, 4, (2, 200))
    count = {}
    for i, s, number in zip(image, subject, running_number(image, subject), strict=True):
        assert number == count.get((i, s), 0)
        count[i, s] = number + 1
    assert len(running_number([], [])) == 0
