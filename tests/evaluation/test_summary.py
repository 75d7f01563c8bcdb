"""Tables that a paper can cite: like compared with like, intervals that cover, tests that hold."""

import numpy as np
import pandas
import pytest
import scipy.optimize
import scipy.stats

from psysal.evaluation.summary import holm, left_out_remarks, student_interval, summary

NAN = np.nan


def frame(metric="auc", **models):
    images = [f"{i:03d}" for i in range(len(next(iter(models.values()))))]
    parts = [
        {"model": name, "image": image, "metric": metric, "value": v}
        for name, values in models.items()
        for image, v in zip(images, values, strict=True)
    ]
    return pandas.DataFrame(parts)


# --- intervals ---------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 5, 60, 700])
def test_an_interval_is_that_of_students_test_without_skewness(rng, n):
    values, others = rng.gamma(2, 0.1, (2, n))
    values, others = np.r_[values, 1 - values], np.r_[others, 1 - others]  # of no skewness
    table = summary(frame(a=values, b=others)).set_index("model")
    found = scipy.stats.ttest_1samp(values, 0).confidence_interval()
    assert table["mean"]["a"] == pytest.approx(values.mean(), abs=1e-14)
    assert table.low["a"] == pytest.approx(found.low, abs=1e-12)
    assert table.high["a"] == pytest.approx(found.high, abs=1e-12)
    paired = scipy.stats.ttest_rel(others, values)
    assert table.difference_low["b"] == pytest.approx(paired.confidence_interval().low, abs=1e-12)
    assert table.p["b"] == pytest.approx(paired.pvalue, abs=1e-12)


@pytest.mark.parametrize("n", [3, 5, 60])
def test_skewness_is_corrected_by_halls_transformation(rng, n):
    """Its inverse by search: the ends are means whose transformed t is that of 2.5 and 97.5 %."""
    values = rng.gamma(1, 1, n)
    skew, error = scipy.stats.skew(values), scipy.stats.sem(values)

    def beyond(mean, point):
        t = (values.mean() - mean) / error
        cubic = t + skew * t**2 / (3 * n**0.5) + skew**2 * t**3 / (27 * n) + skew / (6 * n**0.5)
        return cubic - scipy.stats.t.ppf(point, n - 1)

    ends = [scipy.optimize.brentq(beyond, -99, 99, args=(point,)) for point in (0.975, 0.025)]
    assert student_interval(values)[1:] == pytest.approx(ends, rel=1e-9)
    zero = summary(frame(a=0 * values, b=values - ends[0])).set_index("model")
    assert zero.p["b"] == pytest.approx(0.05, abs=1e-9)
    assert zero.difference_low["b"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("n", [5, 20])
def test_intervals_of_few_scores_cover_the_mean(rng, n):
    """Of skewed scores such as NSS; percentiles of a bootstrap hold .82 and .91."""
    samples = rng.gamma(4, 0.225, (4000, n))
    held = sum(low <= 0.9 <= high for _, low, high in map(student_interval, samples))
    assert held / len(samples) == pytest.approx(0.95, abs=0.02)


def test_differences_are_paired(rng):
    """Two models that vary alike from image to image differ by a sure amount."""
    values = rng.normal(0.7, 0.1, 50)
    table = summary(frame(a=values, b=values + 0.01), "a").set_index("model")
    assert table.difference["b"] == pytest.approx(0.01)
    assert table.difference_low["b"] == pytest.approx(0.01)
    assert table.high["a"] - table.low["a"] > 0.02
    assert np.isnan(table.difference["a"])


def test_one_image_and_infinite_scores_have_no_interval():
    one = summary(frame(a=[0.7])).iloc[0]
    assert one["mean"] == 0.7
    assert np.isnan(one.low)
    ruled_out = summary(frame(a=[0.7, 1.0], b=[-np.inf, 0.2])).set_index("model")
    assert ruled_out["mean"]["b"] == -np.inf
    assert np.isnan([ruled_out.low["b"], ruled_out.p["b"]]).all()
    with pytest.raises(ValueError, match="reference must be a, got 'c'"):
        summary(frame(a=[0.7]), "c")


def test_p_of_several_models_is_adjusted_by_metric(rng):
    """R's p.adjust(1:5 / 100, "holm") is .05, .08, .09, .09, .09."""
    np.testing.assert_allclose(
        holm(np.array([3, 1, NAN, 5, 2, 4]) / 100), [0.09, 0.05, NAN, 0.09, 0.08, 0.09]
    )
    assert holm(np.array([0.4, 0.9])).tolist() == [0.8, 0.9]
    assert holm(np.array([0.7, 0.9])).tolist() == [1, 1]
    a, b, c = rng.normal(0, 1, (3, 30))
    b += 0.6
    scores = pandas.concat([frame(a=a, b=b, c=c), frame("nss", a=a, b=b)])
    table = summary(scores).set_index(["metric", "model"])
    plain = {
        name: summary(frame(a=a, it=v)).p[1] for name, v in (("b", b), ("c", c))
    }  # of one model alone
    assert table.p["auc"].min() == pytest.approx(2 * min(plain.values()))
    assert table.p["nss"]["b"] == pytest.approx(plain["b"])
    assert np.isnan(table.p["auc"]["a"])


def test_equal_models_differ_by_nothing_and_a_constant_difference_is_sure():
    table = summary(frame(a=[0.5, 0.6], b=[0.5, 0.6], c=[1.5, 1.6])).set_index("model")
    assert table.p.tolist()[1:] == [1, 0]


# --- like with like ----------------------------------------------------------


def test_means_are_over_the_images_that_all_models_have():
    scores = frame(a=[1, 2, NAN, 4], b=[2, NAN, 9, 6])
    table = summary(scores, "a").set_index("model")
    assert table["mean"].to_dict() == {"a": 2.5, "b": 4}
    assert table.images.to_dict() == {"a": 2, "b": 2}
    assert table.left_out.to_dict() == {"a": 1, "b": 1}
    assert table.common.all()
    assert (table.difference["b"], table.pairs["b"]) == (1.5, 2)
    assert left_out_remarks(scores) == [
        "auc: means and differences are over the 2 of 4 images that every model has: "
        "a has no score of 1 (002); b has no score of 1 (001)"
    ]
    assert left_out_remarks(frame(a=[1, 2], b=[2, 1])) == []


def test_ten_best_images_of_thirty_beat_nobody(rng):
    """The same scores twice, once of the ten best images alone: no order, n beside each mean."""
    values = np.sort(rng.normal(0.7, 0.1, 30))
    some = np.where(np.arange(30) < 20, NAN, values)
    table = summary(frame(all=values, some=some, other=values - 0.01)).set_index("model")
    assert not table.common.any()
    assert table.images.to_dict() == {"all": 30, "some": 10, "other": 30}
    assert table.difference["some"] == 0
    assert table.pairs.to_dict() == {"all": 0, "some": 10, "other": 30}
    (said,) = left_out_remarks(frame(all=values, some=some))
    assert "each model's own images and have no order, as the 10 of 30 images" in said
    assert "some has no score of 20 (000, 001, 002 and 17 more)" in said
    half = np.where(np.arange(30) < 15, NAN, values)
    table = summary(frame(all=values, half=half)).set_index("model")
    assert table.common.all()
    assert table["mean"]["all"] == table["mean"]["half"] == pytest.approx(values[15:].mean())


def test_a_model_without_any_score_has_no_say(rng):
    values = rng.normal(0.7, 0.1, 5)
    table = summary(frame(a=values, none=[NAN] * 5)).set_index("model")
    assert table["mean"]["a"] == pytest.approx(values.mean())
    assert (table.images["none"], table.left_out["none"]) == (0, 5)
    assert table.common.all()
