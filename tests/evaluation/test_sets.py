"""Several sets in one table: a rank only where like is compared with like."""

import math

import pandas
import pytest

from psysal.evaluation.sets import joint_description, joint_table

MEANS = {
    "osie": {"murray2011": 0.7, "hou2012": 0.8, "net": 0.9, "leave_one_observer_out": 0.95},
    "crowd": {"murray2011": 0.6, "hou2012": 0.5, "net": 0.4, "learned": 0.99},
    "interiors": {"murray2011": 0.6, "hou2012": 0.6, "net": 0.7, "center": 0.8},
}


def tables(metric="auc", **more):
    return {
        name: pandas.DataFrame(
            [{"model": model, "metric": metric, "mean": mean, **more} for model, mean in of.items()]
        )
        for name, of in MEANS.items()
    }


def ranks(table):
    return table.groupby("model").mean_rank.first().dropna().to_dict()


def test_ranks_are_means_over_sets_of_the_models_that_all_have():
    table = joint_table(tables(), {})
    assert table.columns[0] == "dataset"
    assert list(dict.fromkeys(table.dataset)) == ["osie", "crowd", "interiors"]
    # ranks 3 1 2.5, 2 2 2.5, 1 3 1; baselines, references and what a set lacks have none
    assert ranks(table) == pytest.approx({"murray2011": 6.5 / 3, "hou2012": 6.5 / 3, "net": 5 / 3})


def test_lower_is_better_where_it_is():
    expected = {"murray2011": (1 + 3 + 1.5) / 3, "hou2012": (2 + 2 + 1.5) / 3, "net": 7 / 3}
    assert ranks(joint_table(tables("kl"), {})) == pytest.approx(expected)


def test_a_model_that_was_trained_on_one_of_the_sets_has_no_rank():
    table = joint_table(tables(), {"net": ["Crowd"], "hou2012": ["mit1003"]})
    assert ranks(table) == pytest.approx({"murray2011": (2 + 1 + 1.5) / 3, "hou2012": 1.5})


def test_where_means_have_no_order_or_a_set_has_no_metric_there_is_no_rank():
    unordered = tables(common=True)
    unordered["crowd"]["common"] = False
    assert ranks(joint_table(unordered, {})) == {}
    lacking = tables()
    lacking["crowd"]["metric"] = "cc"
    assert ranks(joint_table(lacking, {})) == {}


def test_a_model_without_a_mean_has_no_rank():
    part = tables()
    part["osie"].loc[part["osie"].model == "net", "mean"] = math.nan
    assert ranks(joint_table(part, {})) == {"murray2011": 4.5 / 3, "hou2012": 4.5 / 3}


def test_the_description_has_those_of_the_sets():
    def one(name, **more):
        about = {"version": "1", "dataset": name, "profile": "exact", "metrics": ["auc"]}
        return about | {"models": {"a": "A"}, "reference": "a", "images": 3} | more

    descriptions = [
        one("osie", trained_on={"a": ["x"]}, remarks=["cc: n/a", "two are lacking"]),
        one("crowd", metrics=["nss", "auc"], models={"b": "B"}, trained_on={"a": ["y", "x"]}),
    ]
    descriptions[1]["remarks"] = ["cc: n/a"]
    about = joint_description(descriptions, ["b was left out"])
    assert about == {
        "version": "1",
        "profile": "exact",
        "metrics": ["auc", "nss"],
        "models": {"a": "A", "b": "B"},
        "trained_on": {"a": ["x", "y"]},
        "reference": "a",
        "remarks": ["cc: n/a", "osie: two are lacking"],
        "left_out": ["b was left out"],
        "datasets": descriptions,
    }
