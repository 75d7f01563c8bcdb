"""``psysal crop`` and ``psysal report``: files, their numbers, and sentences on what cannot be."""

import hashlib
import io
import json
import pickle
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.terminal import psysal_
from typer.testing import CliRunner

import psysal
from psysal.archive.crop_settings import CropSettings
from psysal.archive.inputs import find
from psysal.archive.task import map_photograph, output_at, plan_task
from psysal.cli.commands import app
from psysal.crops import CropSize


@pytest.fixture
def folder(tmp_path, photograph, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    picture = Image.fromarray(photograph)
    picture.save("photos/a.png")
    picture.save("photos/b.JPG", "JPEG")
    picture.save("photos/c.gif", save_all=True, append_images=[picture.rotate(180)])
    Path("photos/d.jpg").write_bytes(b"\xff\xd8\xff\xe0junk")
    return tmp_path


def opened(path):
    with Image.open(path) as picture:
        picture.load()
        return picture


def manifest():
    return [json.loads(line) for line in Path("crops/manifest.jsonl").read_text().splitlines()]


WORDS = ["crop", "photos", "--model", "hou2012", "--threads", "1"]


def test_every_photograph_has_every_crop_and_their_numbers(folder, photograph):
    words = [*WORDS, "--size", "30x20", "--aspect", "9:16", "--aspect", "1.5:1", "--focal-point"]
    status, out, err = psysal_(*words)
    ends = "_30x20", "_9-16", "_1.5-1"
    expected = [
        *(f"crops/{stem}{end}.{form}" for stem, form in (("a", "png"), ("b", "jpg"), ("c", "png"))
          for end in ends),
        *(f"crops/{stem}_focal-point.json" for stem in "abc"),
    ]  # fmt: skip
    assert status == 1
    assert sorted(out.split()) == sorted(expected)
    assert "3 done, 1 failed; crops/manifest.jsonl tells of each" in err
    assert "photos/c.gif: only the first of its frames was read" in err
    assert "photos/d.jpg: is damaged or cut short" in err
    about = json.loads(Path("crops/a_focal-point.json").read_text())
    options = ({"size": (30, 20)}, {"aspect": (9, 16)}, {"aspect": (1.5, 1)})
    for numbers, end, option in zip(about["crops"], ends, options, strict=True):
        crop = psysal.crop(photograph, model="hou2012", **option)
        assert numbers == {
            "file": f"a{end}.png", "width": crop.image.shape[1], "height": crop.image.shape[0],
            "box": list(crop.box), "confidence": round(crop.confidence, 4),
        }  # fmt: skip
        np.testing.assert_array_equal(np.asarray(opened(f"crops/a{end}.png")), crop.image)
    x, y = crop.focal_point
    assert about["focal_point"] == {"x": round(x, 4), "y": round(y, 4)}
    assert (about["image"], about["width"], about["height"]) == ("photos/a.png", 110, 75)
    assert opened("crops/b_30x20.jpg").format == "JPEG"

    status, out, err = psysal_(*words)
    assert (status, out) == (1, "")
    assert "3 up to date, 1 failed" in err
    rows = manifest()
    assert [row["status"] for row in rows] == ["done"] * 9 + ["failed"]
    for row, numbers in zip(rows, about["crops"], strict=False):
        data = Path("crops", row["output"]).read_bytes()
        assert row["source"].endswith("/photos/a.png")
        assert (row["output"], row["bytes"]) == (numbers["file"], len(data))
        assert row["sha256"] == hashlib.sha256(data).hexdigest()
        assert (row["cols"], row["rows"]) == (numbers["width"], numbers["height"])
        assert [row[edge] for edge in ("left", "top", "right", "bottom")] == numbers["box"]
        assert row["confidence"] == numbers["confidence"]
    assert rows[0]["parameters"]["sizes"][0] == {
        "width": 30, "height": 20, "is_aspect": False, "resize": True,
    }  # fmt: skip
    assert [rows[9][key] for key in ("output", "left", "confidence")] == ["d_30x20.jpg", None, None]


def test_a_manifest_of_crops_as_a_table_sorts_by_confidence(folder):
    frame = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    words = [*WORDS, "--aspect", "1:1", "--aspect", "1:4", "--manifest", "crops.parquet"]
    psysal_(*words)
    table = frame.read_parquet("crops.parquet")
    done = table[table.status == "done"].sort_values("confidence")
    assert len(done) == 6
    assert done.output.str.endswith("_1-4.png").tolist()[0]
    assert ((done.right - done.left == done.cols) & (done.bottom - done.top == done.rows)).all()


def test_a_crop_that_fails_keeps_its_line(folder):
    words = ["crop", "photos/a.png", "--model", "hou2012", "--size", "30x20", "--size", "9x9"]
    assert psysal_(*words)[0] == 0
    Path("photos/a.png").write_bytes(b"junk")
    assert psysal_(*words)[0] == 1
    (row,) = manifest()
    assert (row["status"], row["rows"], row["confidence"]) == ("failed", 20, None)


def test_crops_of_an_earlier_version_are_made_anew_and_maps_stay(folder):
    def as_version_1(database):
        with closing(sqlite3.connect(database)) as old, old:
            old.execute("alter table photographs drop column crops")
            old.execute("pragma user_version = 1")

    words = ["photos/a.png", "photos/b.JPG", "--model", "hou2012"]
    crops = ["crop", *words, "--size", "30x20"]
    maps = ["map", *words, "-o", "maps"]
    psysal_(*crops), psysal_(*maps)
    first = manifest()
    as_version_1("crops/manifest.db"), as_version_1("maps/manifest.db")
    Path("crops/b_30x20.jpg").write_bytes(b"mine")
    status, out, err = psysal_(*crops)
    assert (status, out) == (1, "crops/a_30x20.png\n")
    assert "db: was written by an earlier version of psysal; its crops are made anew" in err
    assert "crops/b_30x20.jpg is already there and was kept" in err
    assert manifest()[0] | {"seconds": 0, "finished": 0} == first[0] | {"seconds": 0, "finished": 0}
    status, out, err = psysal_(*maps)
    assert (status, out) == (0, "")
    assert "earlier version" not in err
    assert "2 up to date" in err


def test_another_setting_makes_them_anew(folder):
    words = ["crop", "photos/a.png", "photos/b.JPG", "--model", "hou2012", "--size", "30x20"]
    assert psysal_(*words)[0] == 0
    first = Path("crops/a_30x20.png").read_bytes()
    assert len(psysal_(*words, "--no-resize")[1].split()) == 2
    assert Path("crops/a_30x20.png").read_bytes() != first


def test_a_worker_makes_what_this_process_makes(folder):
    settings = CropSettings(psysal.Hou2012(), "hou2012", (CropSize(30, 20),), focal_point=True)
    source, *_ = find(["photos/a.png"])
    tasks = [plan_task(source, settings, output_at(where), 1) for where in ("here", "there")]
    tasks[1] = pickle.loads(pickle.dumps(tasks[1]))
    for task in tasks:
        Path(task.places[0]).parent.mkdir()
        assert map_photograph(task).sizes == tuple(Path(p).stat().st_size for p in task.places)
    for here, there in zip(*(task.places for task in tasks), strict=True):
        assert Path(here).read_bytes() == Path(there).read_bytes()


def test_a_format_can_be_chosen_and_a_focal_point_alone(folder):
    words = ["crop", "photos/a.png", "--model", "hou2012"]
    assert psysal_(*words, "--size", "20x20", "--format", "webp")[1] == "crops/a_20x20.webp\n"
    assert opened("crops/a_20x20.webp").format == "WEBP"
    assert psysal_(*words, "--focal-point")[1] == "crops/a_focal-point.json\n"
    assert json.loads(Path("crops/a_focal-point.json").read_text())["crops"] == []


def test_a_crop_never_replaces_a_file_of_others(folder):
    Path("crops").mkdir()
    Path("crops/a_20x20.png").write_text("mine")
    status, _, err = psysal_("crop", "photos/a.png", "--model", "hou2012", "--size", "20x20")
    assert status == 1
    assert "crops/a_20x20.png is already there and was kept; --overwrite replaces it" in err
    assert Path("crops/a_20x20.png").read_text() == "mine"
    Path("other").mkdir()
    opened("photos/a.png").save("other/a.png")
    words = ["crop", "photos/a.png", "other/a.png", "--model", "hou2012", "--size", "9x9"]
    _, _, err = psysal_(*words, "-o", "both")
    assert "its crop would be both/a_9x9.png, as that of" in err
    assert "; crop them into different folders" in err


def test_one_crop_goes_through_a_pipe(folder, photograph):
    data = Path("photos/b.JPG").read_bytes()
    words = ["crop", "-", "--model", "hou2012", "--size", "24x24"]
    done = CliRunner().invoke(app, words, data, catch_exceptions=False)
    picture = Image.open(io.BytesIO(done.stdout_bytes))
    assert (picture.format, picture.size) == ("PNG", (24, 24))
    status, _, err = psysal_("crop", "photos/a.png", "--size", "9x9", "--size", "8x8", "-o", "-")
    assert status == 2
    assert "standard output takes one image and nothing else" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say what to cut: --size 400x300, --aspect 16:9, or --focal-point for its JSON alone"),
        (["--size", "400"], "--size: a size must be WIDTHxHEIGHT, as 400x300, got 400"),
        (["--size", "0x9"], "--size: the width of a size must be a whole number from 1 on, got 0"),
        (["--aspect", "16"], "--aspect: an aspect must be WIDTH:HEIGHT, as 16:9, got 16"),
        (["--aspect", "0:1"], "--aspect: the width of an aspect must be a positive number, got 0"),
        (["--size", "9x9", "--size", "9x9"], "sizes must be different ones, got 9 x 9 pixels, 9 x"),
        (["--size", "9x9", "-o", "a.zarr"], "-o: a folder or an address was expected, got a.zarr"),
        (["--size", "9x9", "--model", "x"], "model must be one of"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(folder, words, said):
    status, out, err = psysal_("crop", "photos", *words)
    assert (status, out) == (2, "")
    assert said in err


def test_a_crop_that_does_not_fit_fails_by_itself(folder):
    words = ["crop", "photos/a.png", "--model", "hou2012"]
    status, out, err = psysal_(*words, "--size", "4000x10")
    assert (status, out) == (1, "")
    assert "photos/a.png: a crop must be no larger than the photograph of 110 x 75 pixels" in err
    assert "the aspect must be one from 1:75 to 110:1" in psysal_(*words, "--aspect", "1:1000")[2]


def test_a_folder_of_broken_files_ends_in_a_few_sentences(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("bad").mkdir()
    for number in range(60):
        Path(f"bad/{number:02}.jpg").write_bytes(b"\xff\xd8\xff\xe0junk")
    status, out, err = psysal_("crop", "bad", "--model", "hou2012", "--size", "9x9")
    assert (status, out) == (1, "")
    assert err.count("is damaged") == 20
    assert "and 40 more; crops/manifest.jsonl has all 60 failed" in err


def test_a_report_is_one_page_of_what_can_be_read(folder):
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    words = ["report", "photos", "--model", "hou2012", "--fixations", "2", "--title", "A trip"]
    status, out, err = psysal_(*words)
    assert (status, out) == (1, "psysal-report.html\n")
    assert "photos/d.jpg: is damaged or cut short" in err
    text = Path("psysal-report.html").read_text()
    assert "<h1>A trip</h1>" in text
    assert all(f'id="photograph-{number}">' in text for number in (1, 2, 3))
    assert "is already there; --overwrite replaces it" in psysal_(*words)[2]
    for more, said in (
        (["-o", "a.png"], "-o: the file must end in .html, got a.png"),
        (["-o", "b.html", "--aspect", "1"], "--aspect: an aspect must be WIDTH:HEIGHT"),
        (["-o", "b.html", "--model", "x"], "model must be one of"),
    ):
        status, _, err = psysal_("report", "photos", *more)
        assert status == 2
        assert said in err
    status, out, err = psysal_("report", "photos/d.jpg", "--model", "hou2012", "-o", "b.html")
    assert (status, out) == (1, "")
    assert "no photograph could be read; nothing was written" in err
    assert not Path("b.html").exists()
