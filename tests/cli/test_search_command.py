"""``psysal search``: photographs that are found, added, and refused."""

import json
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from PIL import Image
from support.terminal import psysal_

from psysal.archive import photograph_index
from psysal.retrieval import Index

NAMES = ("astronaut", "chelsea", "coffee", "rocket")


@pytest.fixture(scope="module")
def photographs():
    return {
        name: cv2.resize(getattr(skimage.data, name)(), (320, 240), interpolation=cv2.INTER_AREA)
        for name in NAMES
    }


@pytest.fixture
def folder(tmp_path, photographs, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("photos/trip").mkdir(parents=True)
    for name, pixels in photographs.items():
        Image.fromarray(pixels).save(f"photos/{'trip/' * (name == 'rocket')}{name}.png")
    return tmp_path


def search(*words):
    return psysal_("search", *words)


def best(output):
    """The file names in lines of matches."""
    return [Path(line.split("\t")[2]).name for line in output.splitlines()]


# --- found -------------------------------------------------------------------


def test_altered_photographs_are_found_first(folder, photographs):
    status, out, err = search("index", "photos")
    assert (status, out) == (0, "")
    assert "4 added; search-index holds 4" in err
    altered = {
        "astronaut": photographs["astronaut"][:, ::-1],
        "chelsea": photographs["chelsea"][20:220, 30:290],
        "coffee": 255 - photographs["coffee"],
        "rocket": cv2.GaussianBlur(photographs["rocket"], (0, 0), 1.5),
    }
    for name, pixels in altered.items():
        Image.fromarray(np.ascontiguousarray(pixels)).save(f"{name}.jpg", quality=80)
        status, out, _ = search("query", f"{name}.jpg", "-k", 2)
        assert status == 0
        assert best(out)[0] == f"{name}.png"
        query, similarity, path = out.splitlines()[0].split("\t")
        assert query == f"{name}.jpg"
        assert -1 <= float(similarity) <= 1
        assert Path(path) == folder / "photos" / ("trip" * (name == "rocket")) / f"{name}.png"


def test_a_photograph_itself_is_alike_by_1_and_json_tells_all(folder):
    search("index", "photos", "-o", "mine")
    status, out, _ = search("query", "photos", "-i", "mine", "--json", "-k", 9)
    answers = json.loads(out)
    assert status == 0
    assert [Path(answer["image"]).stem for answer in answers] == sorted(
        ["astronaut", "chelsea", "coffee", "rocket"], key=lambda n: ("trip" * (n == "rocket"), n)
    )
    for answer in answers:
        first, *others = answer["matches"]
        assert first["image"] == os.path.abspath(answer["image"])
        assert first["similarity"] == pytest.approx(1, abs=1e-6)
        assert first["index"] == "mine"
        assert len(others) == 3
        assert others == sorted(others, key=lambda match: -match["similarity"])


def test_several_indexes_are_searched_as_one(folder):
    search("index", "photos/a*", "photos/c*", "-o", "first")
    search("index", "photos/trip", "-o", "second")
    status, out, _ = search("query", "photos/trip/rocket.png", "-i", "first", "-i", "second")
    assert status == 0
    search("index", "photos", "-o", "whole")
    assert out == search("query", "photos/trip/rocket.png", "-i", "whole")[1]


@pytest.mark.parametrize("engine", ["flat", "ivfpq"])
def test_engines_find_the_same(folder, engine):
    search("index", "photos", "-o", "exact")
    status, _, _ = search("index", "photos", "-o", "other", "--engine", engine)
    assert status == 0
    found = [search("query", "photos/coffee.png", "-i", name)[1] for name in ("exact", "other")]
    assert found[0] == found[1]


def test_a_contact_sheet_shows_query_and_matches(folder):
    search("index", "photos")
    status, _, _ = search("query", "photos/coffee.png", "-o", "sheet.png", "-k", 3)
    assert status == 0
    with Image.open("sheet.png") as sheet:
        assert sheet.width > sheet.height > 100
    before = Path("sheet.png").read_bytes()
    status, _, err = search("query", "photos/coffee.png", "-o", "sheet.png")
    assert status == 1
    assert "sheet.png: is already there and was kept; --overwrite replaces it" in err
    assert Path("sheet.png").read_bytes() == before
    status, _, _ = search("query", "photos/coffee.png", "-o", "sheet.png", "--overwrite")
    assert status == 0
    assert Path("sheet.png").read_bytes() != before


def test_a_match_that_is_gone_is_found_and_has_a_place_on_the_sheet(folder):
    search("index", "photos")
    shutil.copy("photos/coffee.png", "coffee.png")
    os.remove("photos/coffee.png")
    status, out, _ = search("query", "coffee.png", "-o", "sheet.png")
    assert status == 0
    assert best(out)[0] == "coffee.png"
    assert Path("sheet.png").exists()


# --- added -------------------------------------------------------------------


def test_the_same_command_again_adds_what_is_new_or_has_changed(folder, photographs):
    search("index", "photos")
    assert "4 up to date; search-index holds 4" in search("index", "photos")[2]
    Image.fromarray(photographs["coffee"][::-1]).save("photos/new.png")
    Image.fromarray(photographs["coffee"][:, ::-1]).save("photos/chelsea.png")
    assert "2 added, 3 up to date; search-index holds 5" in search("index", "photos")[2]
    found = best(search("query", "photos/coffee.png", "-k", 3)[1])
    assert sorted(found) == ["chelsea.png", "coffee.png", "new.png"]


def test_a_photograph_that_is_named_twice_is_one(folder):
    status, _, err = search("index", "photos", "photos/coffee.png", "photos/../photos/c*.png")
    assert status == 0
    assert "4 added; search-index holds 4" in err


def test_names_that_are_no_text_are_found_again(folder):
    odd = os.fsdecode(b"photos/caf\xe9.png")
    os.rename("photos/coffee.png", odd)
    status, _, _ = search("index", "photos")
    assert status == 0
    with Index("search-index") as index:
        assert os.path.abspath(odd) in index.names


# --- refused -----------------------------------------------------------------


def test_what_is_no_photograph_is_named_and_the_others_are_added(folder):
    Path("photos/text.jpg").write_text("no image")
    Path("photos/empty.png").touch()
    Image.fromarray(np.full((50, 60), 9, np.uint8)).save("photos/flat.png")
    status, _, err = search("index", "photos")
    assert status == 1
    assert "photos/text.jpg: is not an image in a known format" in err
    assert "photos/empty.png: is empty (0 bytes)" in err
    assert "photos/flat.png: has nothing that could be described, and is like no other" in err
    assert "5 added, 2 failed; search-index holds 5" in err
    for query, text in (
        ("photos/text.jpg", "is not an image in a known format"),
        ("photos/flat.png", "has nothing that could be described"),
        ("photos/none.jpg", "could not be opened"),
    ):
        status, out, err = search("query", query)
        assert (status, out) == (1, "")
        assert text in err
    status, out, _ = search("query", "photos/text.jpg", "photos/coffee.png", "-k", 1)
    assert status == 1
    assert best(out) == ["coffee.png"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--model", "learned"], "made with model murray2011, got learned; leave it out, or take"),
        (["--pooling", "sum"], "made with pooling generalized_max, got sum"),
        (["--ppd", 30], "made with ppd None, got 30.0"),
        (["--engine", "flat"], "made with engine exact, got flat"),
        (["--front-end", "sift"], "made with front_end deep, got sift"),
    ],
)
def test_an_index_is_not_added_to_in_another_way(folder, words, text):
    search("index", "photos/trip")
    status, _, err = search("index", "photos", *words)
    assert status == 2
    assert f"search-index: was {text}" in err
    with Index("search-index") as index:
        assert len(index) == 1


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--model", "itti"], "model must be one of murray2011,"),
        (["--pooling", "mean"], "pooling must be one of sum, average,"),
        (["--model", "none", "--ppd", 30], "ppd needs a model to tune"),
        (["--model", "hou2007", "--ppd", 30], "hou2007 has no tuning in degrees"),
    ],
)
def test_another_way_must_be_one_that_there_is(folder, words, text):
    status, _, err = search("index", "photos", *words)
    assert status == 2
    assert text in err
    assert not Path("search-index").exists()


@pytest.mark.parametrize(
    ("model", "pooling"),
    [("none", "democratic"), ("learned", "sum"), ("hou2007", "generalized_max")],
)
def test_an_index_knows_how_it_was_made(folder, model, pooling):
    search("index", "photos", "--model", model, "--pooling", pooling)
    status, out, _ = search("query", "photos/coffee.png", "-k", 1)
    assert status == 0
    assert float(out.split("\t")[1]) == pytest.approx(1, abs=1e-4)


def test_a_folder_that_is_no_index_and_one_made_otherwise_are_told_apart(folder):
    status, _, err = search("query", "photos/coffee.png")
    assert status == 2
    assert "search-index: an index was expected, there is no index.sqlite; make one" in err
    Index.create("words", 3).close()
    status, _, err = search("query", "photos/coffee.png", "-i", "words")
    assert status == 2
    assert "words: is an index of something else than photographs" in err
    search("index", "photos", "-o", "one", "--model", "none")
    search("index", "photos", "-o", "two")
    status, _, err = search("query", "photos/coffee.png", "-i", "one", "-i", "two")
    assert status == 2
    assert "search them apart" in err
    metadata = {**photograph_index.DEFAULTS, "descriptor": "another"}
    Index.create("old", 1024, metadata=metadata).close()
    status, _, err = search("query", "photos/coffee.png", "-i", "old")
    assert status == 2
    assert "old: its vectors were made by a psysal or a model other than now; make the" in err


def test_an_index_goes_into_no_folder_of_other_things(folder):
    status, _, err = search("index", "photos", "-o", "photos")
    assert status == 2
    assert "photos: holds other things; an index takes an empty folder" in err


def test_a_folder_without_photographs_makes_no_index(folder):
    Path("nothing").mkdir()
    status, _, err = search("index", "nothing")
    assert status == 1
    assert "no images were found" in err
    assert not Path("search-index").exists()
