"""``psysal scanpath``: a table that can be read back, a picture, and sentences."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.terminal import psysal_

import psysal
from psysal.gaze import read_table


@pytest.fixture
def folder(tmp_path, photograph, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(photograph).save("cat.png")
    Image.new("RGB", (64, 48), (90, 90, 90)).save("grey.png")
    Path("notes.png").write_text("not an image")
    return tmp_path


def test_the_table_is_the_scanpath_and_is_read_back(folder, photograph):
    words = ["--model", "hou2012", "--rule", "saccades", "--viewers", "3", "--fixations", "4"]
    options = {"--ppd": 20, "--seed": 7, "--inhibition": 0.5, "--start": "20,30.5"}
    status, out, err = psysal_(
        "scanpath", "cat.png", *words, *(word for pair in options.items() for word in pair)
    )
    assert (status, err) == (0, "")
    Path("seen.csv").write_text(out)
    path = psysal.scanpath(
        photograph, model="hou2012", rule="saccades", viewers=3, fixations=4, ppd=20, seed=7,
        inhibition=0.5, start=(20, 30.5),
    )  # fmt: skip
    table, expected = read_table("seen.csv"), path.table("cat.png")
    for name in ("image", "subject", "order", "x", "y"):
        np.testing.assert_array_equal(getattr(table, name), getattr(expected, name))


def test_json_says_how_it_was_made(folder, photograph):
    status, out, _ = psysal_(
        "scanpath", "cat.png", "--format", "json", "--start", "none", "--ppd", "8"
    )
    about = json.loads(out)
    path = psysal.scanpath(photograph, start=None, ppd=8)
    assert status == 0
    assert [(f["x"], f["y"]) for f in about["fixations"]] == list(zip(path.x, path.y, strict=True))
    assert [f["order"] for f in about["fixations"]] == list(range(10))
    del about["fixations"]
    assert about == {
        "image": "cat.png", "shape": [75, 110], "model": "murray2011", "rule": "winner",
        "ppd": 8.0, "seed": 0, "start": None,
    }  # fmt: skip


def test_a_picture_has_the_form_of_the_image(folder):
    pytest.importorskip("matplotlib")
    words = ["scanpath", "cat.png", "--fixations", "2", "-o", "path.png"]
    assert psysal_(*words)[0] == 0
    with Image.open("path.png") as picture:
        assert picture.size == (480, 327)
    Image.new("RGB", (2000, 40), "white").save("long.png")
    words = ["scanpath", "long.png", "--model", "center", "--fixations", "1", "-o", "path.png"]
    assert psysal_(*words, "--overwrite")[0] == 0
    with Image.open("path.png") as picture:
        assert picture.size == (1600, 32)
    status, _, err = psysal_(*words)
    assert status == 1
    assert "--overwrite" in err
    assert psysal_(*words, "--overwrite")[0] == 0


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["no.png"], 1, "no.png: could not be opened (No such file or directory)"),
        (["notes.png"], 1, "notes.png"),
        (["grey.png"], 1, "saliency must have a maximum, got a constant map"),
        (["grey.png", "--model", "uniform"], 1, "--rule density, which draws from it evenly"),
        (["cat.png", "--fixations", "5000"], 1, "fixations (5000) are more than there are places"),
        (["cat.png", "--start", "200,3"], 1, "start must lie on the image of 110 x 75 pixels"),
        (["cat.png", "--start", "left"], 2, "must be X,Y in pixels, center or none, got left"),
        (["cat.png", "--viewers", "2"], 2, "the winner is the same for all viewers"),
        (["cat.png", "--model", "murray"], 2, "model must be one of murray2011"),
        (["cat.png", "--rule", "loser"], 2, "'loser' is not one of"),
        (["cat.png", "-o", "path.jpg"], 2, "the file must end in .png, got path.jpg"),
        (["cat.png", "--fixations", "0"], 2, "--fixations"),
        (["cat.png", "--ppd", "0"], 1, "ppd must be a positive number"),
        (["cat.png", "--inhibition", "0"], 1, "inhibition must be positive"),
    ],
)
def test_what_is_wrong_is_a_sentence(folder, words, status, message):
    found, out, err = psysal_("scanpath", *words)
    assert (found, out) == (status, "")
    assert message in err
