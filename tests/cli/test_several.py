"""psysal evaluate: several data sets in one table, and experiments in a file."""

import json
import tomllib

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from psysal.cli.commands import app
from psysal.cli.evaluate import _models
from psysal.cli.several import fit
from psysal.gaze import dataset


@pytest.fixture
def sets(tmp_path, monkeypatch, rng):
    """Two sets of three pictures, one of which does not tell its pixels per degree."""
    for name, ppd in (("spots", "ppd = 5"), ("dots", "")):
        folder = tmp_path / "sets" / name
        folder.mkdir(parents=True)
        lines = ["image,subject,order,x,y"]
        for number in range(3):
            pixels = rng.integers(90, 110, (40, 60, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.png")
            lines += [
                f"{number}.png,{who},{order},{x:.2f},{y:.2f}"
                for who in ("ann", "bob")
                for order, (x, y) in enumerate(rng.uniform(5, 35, (3, 2)))
            ]
        (folder / "gaze.csv").write_text("\n".join(lines))
        layout = f'images = "*.png"\nfixations = "gaze.csv"\n{ppd}'
        (folder / "dataset.toml").write_text(layout)
    monkeypatch.setenv("PSYSAL_DATA", str(tmp_path / "sets"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


def said(result):
    return " ".join(result.stderr.replace("│", " ").split())


def test_several_sets_make_one_table(sets):
    models = "uniform,leave_one_observer_out,hou2012"
    result = run("spots", "dots", "--model", models, "--metrics", "auc,cc", "--json")
    assert result.exit_code == 0, result.output
    text = said(result)
    sentence = "dots does not tell its pixels per degree, which cc need; give --ppd, or leave"
    assert text.index(sentence) < text.index("spots:")  # before anything is computed
    assert text.count("(left out of dots; the others go on)") == 1
    told = json.loads(result.stdout)
    keys = [(row["dataset"], row["model"], row["metric"]) for row in told["table"]]
    everywhere = ("uniform", "hou2012")
    assert set(keys) == {
        *(("spots", model, metric) for model in everywhere for metric in ("auc", "cc")),
        *((name, "leave_one_observer_out", "auc") for name in ("spots", "dots")),
        *(("dots", model, "auc") for model in everywhere),
    }  # fmt: skip
    assert {row["model"]: row["mean_rank"] for row in told["table"] if row["metric"] == "auc"} == {
        "uniform": None, "leave_one_observer_out": None, "hou2012": 1,
    }  # fmt: skip
    about = told["about"]
    assert [part["dataset"] for part in about["datasets"]] == ["spots", "dots"]
    assert (about["metrics"], about["reference"]) == (["auc", "cc"], "uniform")
    assert len(about["left_out"]) == 1
    folder = sets / "evaluation-spots-dots"
    assert json.loads((folder / "table.json").read_text()) == told
    for name in ("spots", "dots"):  # each as it would be alone, to resume from
        alone = json.loads((folder / name / "table.json").read_text())
        assert alone["about"]["dataset"] == name
        part = [row for row in told["table"] if row["dataset"] == name]
        for row, own in zip(part, alone["table"], strict=True):
            assert own.items() <= row.items()


def test_all_models_of_one_set_are_those_that_it_can_have(sets, capsys):
    options = {"profile": "exact", "ppd": None, "metrics": ["auc", "cc"], "model": ["all"]}
    options |= {"resize": None, "values": None, "fit": None, "match": "names"}
    fits = fit(dataset("dots"), _models, options)
    assert {"murray2011", "learned", "center_bias", "leave_one_observer_out"} <= set(fits.models)
    assert fits.metrics == ["auc"]
    (remark,) = fits.remarks
    assert "cc need; give --ppd" in remark
    assert remark in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["spots", "sets/spots"], 1, "of its own, got spots twice (spots and sets/spots)"),
        (["spots", "nowhere"], 1, "nowhere: the folder of a set was expected"),
        (["spots", "dots", "--model", "hou2021"], 2, "model must be one of murray2011"),
        (["dots", "spots", "--metrics", "AUC"], 2, "metrics of the profile exact are auc"),
        (["dots", "--metrics", "cc"], 2, "cc need; give --ppd"),
        (["e.toml", "spots"], 2, "an experiment file names all sets, got e.toml beside others"),
        (["nowhere.toml"], 1, "nowhere.toml"),
        (["spots", "--model", "hou2021", "--save-experiment", "new.toml"], 2, "model must be one"),
        (["spots", "--save-experiment", "e.toml"], 1, "e.toml: is already there and was kept"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(sets, arguments, status, words):
    (sets / "e.toml").write_text('sets = ["spots"]')
    result = run(*arguments)
    assert result.exit_code == status
    assert words in said(result)
    assert {path.name for path in sets.iterdir()} == {"sets", "e.toml"}


def test_a_table_of_another_origin_is_kept(sets):
    (sets / "mine").mkdir()
    (sets / "mine" / "table.md").write_text("my thesis")
    result = run("spots", "dots", "--model", "uniform", "-o", "mine")
    assert result.exit_code == 2
    assert "mine has table.md but no scores of these sets" in said(result)
    assert [path.name for path in (sets / "mine").iterdir()] == ["table.md"]


# --- experiments -------------------------------------------------------------


def test_a_saved_experiment_is_the_same_command(sets):
    (sets / "papers").mkdir()
    command = ["sets/spots", "dots", "--model", "uniform,center", "--metrics", "nss", "--metrics",
               "auc", "--drop-first-fixation", "--ppd", "7"]  # fmt: skip
    first = run(*command, "--save-experiment", "papers/e.toml", "--json", "-o", "one")
    assert first.exit_code == 0, first.output
    parts = json.loads(first.stdout)["about"]["datasets"]  # those that they state count
    assert {part["dataset"]: part["ppd"] for part in parts} == {"spots": 5, "dots": 7}
    assert tomllib.loads((sets / "papers" / "e.toml").read_text()) == {
        "sets": ["../sets/spots", "dots"],
        "models": ["uniform", "center"],
        "metrics": ["nss", "auc"],
        "drop_first_fixation": True,
        "ppd": 7.0,
    }
    log = sets / "one" / "dots" / "scores.jsonl"
    before = log.read_bytes()
    again = run("papers/e.toml", "--json", "-o", "one")
    assert again.exit_code == 0, again.output
    assert again.stdout == first.stdout
    assert log.read_bytes() == before  # it went on from there
    kept = (sets / "papers" / "e.toml").read_bytes()
    third = run("spots", "--model", "uniform", "--save-experiment", "papers/e.toml")
    assert third.exit_code == 1
    assert "was kept" in said(third)
    assert (sets / "papers" / "e.toml").read_bytes() == kept


def test_options_of_the_command_count_more_than_those_of_the_file(sets):
    (sets / "e.toml").write_text(
        'sets = [{path = "dots", name = "points", ppd = 6}]\nmodels = ["uniform", "center"]\n'
        'metrics = "auc"\nprofile = "mit"\ntrained_on = {center = ["points"]}'
    )
    result = run("e.toml", "--profile", "exact", "--metrics", "cc", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert {(row["model"], row["metric"]) for row in told["table"]} == {
        ("uniform", "cc"), ("center", "cc"),
    }  # fmt: skip
    about = told["about"]
    assert (about["dataset"], about["ppd"], about["profile"]) == ("points", 6, "exact")
    assert about["trained_on"] == {"center": ["points"]}
    assert (sets / "evaluation-points" / "report.html").exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("profil = 'mit'", "got profil; did you mean profile?"),
        ("threads = 2", "keys must be among sets, models, trained_on, metrics, profile"),
        ("profile = 'MIT'", "'exact', 'mit'"),
        ("ppd = 'near'", "unable to parse string as a number"),
        ("metrics = 3", "metrics of the profile exact are auc"),
    ],
)
def test_an_experiment_that_says_what_is_not_is_refused(sets, line, words):
    (sets / "e.toml").write_text(f"sets = ['spots']\n{line}\n")
    result = run("e.toml")
    assert result.exit_code == 2
    assert words in said(result)
    assert {path.name for path in sets.iterdir()} == {"sets", "e.toml"}
