"""psysal models and psysal metrics: everything that can be named, on 80 columns and as JSON."""

import json
import os
import subprocess

import pytest
from support.terminal import PSYSAL, psysal_

from psysal.evaluation.profiles import DEFAULTS, PROFILES
from psysal.models.registry import FILE_MODELS, MODELS
from psysal.stimuli import DISPLAYS

METRICS = [metric for by_name in PROFILES.values() for metric in by_name.values()]


def listed(*words, columns=80):
    """Standard output; nothing is said on standard error."""
    status, out, err = psysal_(*words, columns=columns)
    assert (status, err) == (0, "")
    return out


@pytest.mark.parametrize("command", ["models", "metrics", "stimulus --list"])
def test_a_list_fits_a_terminal_of_80_columns_and_breaks_no_name(command):
    own = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "FORCE_COLOR")}
    done = subprocess.run(
        [*PSYSAL, *command.split()],
        env=own, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    text = done.stdout
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    assert "\x1b" not in text  # no colors where there is no terminal
    names = {
        "models": [*MODELS],
        "metrics": [metric.name for metric in METRICS],
        "stimulus --list": [*DISPLAYS],
    }[command]
    first_words = [line.split()[0] for line in text.splitlines() if line.strip()]
    assert [word for word in first_words if word in names] == names


def test_every_model_is_listed_with_its_paper_and_its_cost():
    words = " ".join(listed("models").split())
    for info in MODELS.values():
        for word in (*info.summary.split(), *info.paper.split()):
            assert word in words
    assert "wavelet contrast, weighted by Murray, Vanrell, Otazu & 1 contrast sens" in words
    assert "needs a data set" in words


def test_models_in_files_are_listed_as_they_are_written():
    text = listed("models")
    assert {"learned:FILE", "onnx:FILE", "maps:FOLDER"} <= set(text.split())
    assert 'needs the extra "onnx"' in " ".join(text.split())


def test_models_as_json_are_the_registry():
    records = json.loads(listed("models", "--json"))
    assert [record["name"] for record in records[: len(MODELS)]] == [*MODELS]
    assert {record["name"].partition(":")[0] for record in records[len(MODELS) :]} == {*FILE_MODELS}
    for record, info in zip(records, MODELS.values(), strict=False):
        assert record == {key: getattr(info, key) for key in record}
    assert {"summary", "paper", "doi", "needs", "cost", "kind"} < records[0].keys()


def test_every_metric_is_listed_by_profile_with_which_is_better_and_what_it_needs():
    exact, mit, tuebingen = listed("metrics", columns=160).split("\n\n")[:3]
    assert exact.startswith(f"exact (default: {', '.join(DEFAULTS['exact'])})")
    assert mit.startswith(f"mit (default: {', '.join(DEFAULTS['mit'])})")
    for text, profile in ((exact, "exact"), (mit, "mit"), (tuebingen, "tuebingen")):
        rows = {line.split()[0]: line for line in text.splitlines()}
        for metric in PROFILES[profile].values():
            first = metric.needs[0].split()[0] if metric.needs else ""
            head = f"{metric.name} {metric.better} {first}"
            assert " ".join(rows[metric.name].split()).startswith(head.strip())
            assert all(need in " ".join(text.split()) for need in metric.needs)


def test_metrics_as_json_are_the_registry():
    records = json.loads(listed("metrics", "--json"))
    assert [(record["profile"], record["name"]) for record in records] == [
        (metric.profile, metric.name) for metric in METRICS
    ]
    for record, metric in zip(records, METRICS, strict=True):
        assert record["better"] in ("higher", "lower")
        assert record["needs"] == list(metric.needs)
        assert record["text"] == metric.text
        assert "function" not in record


def test_a_list_keeps_within_a_narrower_terminal():
    for command in ("models", "metrics"):
        assert max(map(len, listed(command, columns=60).splitlines()[:-3])) <= 60
