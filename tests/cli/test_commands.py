"""The command line as it is used: status, streams, files, and sentences for what is wrong."""

import io
import json
import os
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
from PIL import Image
from support.terminal import PSYSAL, on_terminal, psysal_

import psysal
from psysal import files
from psysal.archive import batch
from psysal.archive.task import MapSettings
from psysal.readers.icc import make_profile


@pytest.fixture
def folder(tmp_path, photograph, monkeypatch):
    """A working folder with two photographs, one in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    Path("trip/day 1").mkdir(parents=True)
    Image.fromarray(photograph).save("trip/a.jpg", quality=95)
    Image.fromarray(photograph[:, ::-1]).save("trip/day 1/b.png")
    Path("trip/notes.txt").write_text("not an image")
    return tmp_path


def opened(path):
    with Image.open(path) as picture:
        return np.asarray(picture), json.loads(picture.info["psysal"])


def test_a_color_profile_is_converted_or_ignored_and_either_is_said(folder, photograph):
    profile = make_profile("Display P3", primaries=(0.68, 0.32, 0.265, 0.69, 0.15, 0.06))
    Image.fromarray(photograph).save("p3.png", icc_profile=profile)
    words = ["map", "p3.png", "-o", "maps", "--model", "achanta2008"]
    status, out, err = psysal_(*words)
    assert (status, out) == (0, "maps/p3.png\n")
    assert err == "p3.png: converted from Display P3 to sRGB"
    converted, about = opened("maps/p3.png")
    assert "profile" not in about
    status, out, err = psysal_(*words, "--profile", "ignore")
    assert (status, out) == (0, "maps/p3.png\n")
    assert err == "p3.png: color profile ignored: Display P3"
    ignored, about = opened("maps/p3.png")
    assert about["profile"] == "ignore"
    expected = psysal.saliency(photograph, model="achanta2008")
    assert np.abs(ignored / 65535 - expected).max() < 1e-4
    assert np.abs(converted / 65535 - expected).max() > 0.01


def test_one_image_one_map(folder, photograph):
    expected = psysal.saliency(photograph[:, ::-1])  # which compiles, and says so, at first
    done = subprocess.run([*PSYSAL, "map", "trip/day 1/b.png", "-o", "maps"], capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"maps/b.png\n", b"")
    found, about = opened("maps/b.png")
    assert found.dtype == np.uint16
    assert np.abs(found / 65535 - expected).max() < 1e-5
    assert about["model"] == "murray2011"
    assert about["version"] == psysal.__version__
    assert about["ppd"] is None
    low, high = about["raw_range"]
    raw = psysal.saliency(photograph[:, ::-1], normalize=None)
    np.testing.assert_allclose(low + (high - low) * found / 65535, raw, rtol=1e-4)


def test_a_folder_keeps_its_tree_and_shows_progress(folder):
    words = ["map", "trip", "-o", "maps", "--ppd", "64", "--overlay"]
    status, out, err = on_terminal([*PSYSAL, *words])
    assert status == 0
    assert out.split("\n")[:-1] == [
        "maps/a.png", "maps/a_overlay.png", "maps/day 1/b.png", "maps/day 1/b_overlay.png",
    ]  # fmt: skip
    assert "2/2" in err
    assert opened("maps/a.png")[1]["ppd"] == 64


def test_globs_are_searched_and_each_file_is_mapped_once(folder):
    status, out, _ = psysal_("map", "trip/**/*.png", "trip/day 1/b.png", "trip", "-o", "maps")
    assert (status, out) == (0, "maps/b.png\nmaps/a.png\n")


def test_streams(folder):
    data = Path("trip/a.jpg").read_bytes()
    done = subprocess.run(
        [*PSYSAL, "map", "-", "--format", "tiff"], input=data, capture_output=True, check=True
    )
    Path("m.tiff").write_bytes(done.stdout)
    with Image.open("m.tiff") as picture:
        assert picture.mode == "F"
    status, out, _ = psysal_("map", "-", "-o", "maps", stdin=data)
    assert (status, out) == (0, "maps/stdin.png\n")
    words = ["map", "trip/a.jpg", "-o", "-", "--format", "png8"]
    done = subprocess.run([*PSYSAL, *words], capture_output=True, check=True)
    assert done.stdout.startswith(b"\x89PNG")


def test_numpy_maps_have_a_file_beside_them(folder):
    status, out, _ = psysal_("map", "trip/a.jpg", "--format", "npy")
    assert (status, out) == (0, "saliency/a.npy\nsaliency/a.json\n")
    assert np.load("saliency/a.npy").max() == 1
    assert json.loads(Path("saliency/a.json").read_text())["model"] == "murray2011"


def test_stages_are_drawn(folder):
    status, _, err = psysal_("map", "trip/a.jpg", "-o", "maps", "--stages")
    assert status == 0, err
    picture = np.asarray(Image.open("maps/a_stages.png"))
    assert min(picture.shape[:2]) > 600
    assert picture[:, :, :3].std() > 30


def test_without_matplotlib_figures_say_what_to_install(photograph, monkeypatch):
    from psysal import plots

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    install = r'matplotlib, .* run: .* -m pip install "psysal\[plots\]"'
    with pytest.raises(ImportError, match=install):
        plots.stages(psysal.Murray2011(), photograph)


def test_a_bad_file_does_not_stop_the_others(folder):
    Path("trip/a0.png").write_bytes(b"")
    Path("trip/a1.png").write_text("words")
    status, out, err = psysal_("map", "trip", "missing.png", "-o", "maps")
    assert status == 1
    assert out == "maps/a.png\nmaps/day 1/b.png\n"
    assert "trip/a0.png: is empty (0 bytes); an image file was expected" in err
    assert "trip/a1.png: is not an image in a known format" in err
    assert "missing.png: could not be opened (No such file or directory)" in err
    assert "2 done, 3 failed; maps/manifest.jsonl tells of each" in err


def test_what_is_there_is_kept(folder):
    Path("maps").mkdir()
    Path("maps/a.png").write_bytes(b"mine")
    status, out, err = psysal_("map", "trip/a.jpg", "-o", "maps")
    assert (status, out) == (1, "")
    assert "trip/a.jpg: maps/a.png is already there and was kept; --overwrite replaces it" in err
    assert Path("maps/a.png").read_bytes() == b"mine"
    assert psysal_("map", "trip/a.jpg", "-o", "maps", "--overwrite")[0] == 0
    assert Path("maps/a.png").read_bytes() != b"mine"


def test_a_photograph_is_never_replaced_by_its_map(folder):
    before = Path("trip/day 1/b.png").read_bytes()
    status, _, err = psysal_("map", "trip/day 1/b.png", "-o", "trip/day 1", "--overwrite")
    assert status == 1
    assert "its map would replace the photograph trip/day 1/b.png" in err
    assert Path("trip/day 1/b.png").read_bytes() == before


def test_two_inputs_never_share_an_output(folder):
    os.rename("trip/day 1/b.png", "trip/day 1/a.png")
    status, out, err = psysal_("map", "trip/a.jpg", "trip/day 1/a.png", "-o", "maps")
    assert status == 1
    assert out == "maps/a.png\n"
    other = f"as that of {folder / 'trip/a.jpg'}; map them into different folders"
    assert f"trip/day 1/a.png: its map would be maps/a.png, {other}" in err


def test_an_output_that_cannot_be_written(folder):
    Path("maps").write_text("a file, not a folder")
    status, _, err = psysal_("map", "trip/a.jpg", "-o", "maps")
    assert status == 1
    assert "maps: could not be made a folder (File exists); choose another" in err
    assert Path("maps").read_text() == "a file, not a folder"


@pytest.mark.parametrize(
    ("room", "says"),
    [
        (200_000, "/maps/a.tiff: could not be written (File too large)"),
        (4096, "maps/manifest.db: could not be read or written (disk I/O error)"),
    ],
)
def test_a_full_disk_leaves_no_half_file(folder, rng, room, says):
    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    Image.fromarray(rng.integers(0, 256, (300, 400), np.uint8)).save("trip/a.png")
    words = ["map", "trip/a.png", "-o", "maps", "--format", "tiff"]
    done = subprocess.run([*PSYSAL, *words], capture_output=True, text=True, preexec_fn=small)
    assert (done.returncode, done.stdout) == (1, "")
    assert says in done.stderr
    assert {path.name.partition("-")[0] for path in Path("maps").iterdir()} <= {
        "manifest.db", "manifest.jsonl",
    }  # fmt: skip


def test_an_unreadable_file(folder, monkeypatch):
    def refused(_):
        raise PermissionError(13, "Permission denied", "trip/a.jpg")

    monkeypatch.setattr(files, "read", refused)
    told = []
    settings = MapSettings(psysal.Murray2011(), "murray2011")
    batch.map_all(["trip/a.jpg"], settings, "maps", on_result=told.append)
    assert [result.error for result in told] == [
        "trip/a.jpg: could not be opened (Permission denied); check the name and permissions"
    ]


def test_too_small_and_too_large(folder, photograph):
    Image.fromarray(photograph[:3]).save("small.png")
    status, _, err = psysal_("map", "small.png", "trip/a.jpg", "--max-pixels", "1000")
    assert status == 1
    assert "small.png: the model needs at least 8 x 8 pixels, got 3 x 110" in err
    assert "trip/a.jpg: has 110 x 75 pixels, more than the limit of 1,000; raise the limit" in err


def test_transparency_is_said(folder, photograph):
    Image.fromarray(np.dstack([photograph, photograph[:, :, 0]])).save("clear.png")
    status, _, err = psysal_("map", "clear.png")
    assert status == 0
    assert "clear.png: transparency composited on white" in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["map"], "Missing argument 'IMAGE...'"),
        (["map", "trip/a.jpg", "--ppd", "0"], "ppd must be a positive number"),
        (
            ["map", "trip/a.jpg", "--model", "itti"],
            "model must be one of murray2011, murray2013, ",
        ),
        (
            ["map", "trip/a.jpg", "--model", "hou2007", "--ppd", "40"],
            "hou2007 has no tuning in degrees, got --ppd 40.0; leave --ppd out",
        ),
        (
            ["map", "trip/a.jpg", "--model", "hou2007", "--stages"],
            "hou2007 has no stages to draw; leave --stages out",
        ),
        (["map", "trip/a.jpg", "--format", "gif"], "'gif' is not one of"),
        (["map", "trip", "-o", "-"], "standard output takes one image and nothing else"),
        (
            ["map", "trip/a.jpg", "-o", "map.png"],
            "a folder was expected, got map.png, which has the",
        ),
        (["perceive", "trip/a.jpg", "-o", "seen.JPG"], "write one picture by -o - > seen.JPG"),
        (["map", "trip/day 1", "trip/empty"], "no images in trip/empty"),
        (["mop"], "No such command 'mop'"),
    ],
)
def test_commands_without_a_meaning(folder, words, says):
    Path("trip/empty").mkdir()
    if words[-1] == "trip/empty":
        words = ["map", "trip/empty"]
    status, out, err = psysal_(*words)
    assert (status, out) == (2, "")
    assert says in err


def test_the_demo_says_where_its_map_is(folder):
    status, _, err = psysal_("demo", "--photograph", "rocket", columns=80)
    assert status == 0
    assert "psysal-demo/rocket.png" in err
    found, about = opened("psysal-demo/rocket.png")
    assert found.shape == (427, 640)
    assert about["model"] == "murray2011"
    assert psysal_("demo", "--photograph", "rocket")[0] == 0  # and may be run again


RENAMED = [
    ("video", "--map", "--map-only"),
    ("train", "--work", "--workdir"),
    ("explore", "--show", "--open"),
    ("evaluate", "--without-first", "--drop-first-fixation"),
]


@pytest.mark.parametrize(("command", "old", "new"), RENAMED)
def test_an_old_option_is_refused_with_the_new_one(command, old, new):
    """Commands with the new options alone, of the class that the real ones are of."""
    import typer
    from typer.testing import CliRunner

    from psysal.cli.commands import app as real

    classes = {info.name: info.cls for info in real.registered_commands}
    app = typer.Typer()

    @app.command(cls=classes[command])
    def changed(option: Annotated[bool, typer.Option(new)] = False):
        pass

    @app.command(cls=classes[command])
    def other():
        pass

    def refused(*words):
        done = CliRunner().invoke(app, words, env={"COLUMNS": "200"})
        assert done.exit_code == 2
        return " ".join(done.output.replace("│", " ").split())

    assert f"No such option: {old}; it is {new} now" in refused("changed", old)
    assert "No such option: --nonsense" in refused("changed", "--nonsense")
    assert "now" not in refused("changed", "--nonsense") + refused("other", old)
    assert CliRunner().invoke(app, ["changed", new]).exit_code == 0


def test_version():
    assert psysal_("--version")[:2] == (0, f"psysal {psysal.__version__}\n")


def test_an_osie_photograph_is_mapped(data, tmp_path):
    source = data / "osie" / "images" / "1001.jpg"
    status, out, _ = psysal_("map", source, "-o", tmp_path)
    assert status == 0
    assert opened(out.strip())[0].shape == (600, 800)


# --- what is seen, and displays ----------------------------------------------


@pytest.mark.parametrize("model", ["otazu2010", "otazu2008"])
def test_a_photograph_as_it_looks(folder, photograph, model):
    status, out, err = psysal_(
        "perceive", "trip/day 1/b.png", "--model", model, "--difference", "--stages", "--ppd", "40"
    )
    assert status == 0, err
    assert out.split("\n")[:-1] == [
        "perceived/b.png", "perceived/b_stages.png", "perceived/b_difference.png",
    ]  # fmt: skip
    found, about = opened("perceived/b.png")
    expected = psysal.perceive(photograph[:, ::-1], model=model, ppd=40)
    assert found.shape == expected.shape
    assert np.abs(found / 255 - expected.clip(0, 1)).max() < 0.51 / 255
    assert (about["model"], about["ppd"]) == (model, 40)
    assert about["raw_range"] == pytest.approx([expected.min(), expected.max()])
    for name in ("stages", "difference"):
        picture, about = opened(f"perceived/b_{name}.png")
        assert about["model"] == model
        assert picture[:, :, :3].std() > 20


def test_the_difference_of_a_display_is_between_its_targets(folder):
    from psysal import plots, stimuli

    assert psysal_("stimulus", "white", "--ppd", "16")[0] == 0
    status, _, err = psysal_("perceive", "white.png", "--difference", "--ppd", "16")
    assert status == 0, err
    display = stimuli.white(ppd=16)
    display = replace(display, image=np.rint(255 * display.image) / 255)
    expected = plots.png(plots.illusion(display, psysal.Otazu2010(ppd=16)))
    np.testing.assert_array_equal(
        opened("perceived/white_difference.png")[0], np.asarray(Image.open(io.BytesIO(expected)))
    )


def test_an_illusion_of_color_is_a_difference_to_a_model_of_luminance(folder):
    assert psysal_("stimulus", "ring_induction", "--ppd", "16")[0] == 0
    words = ["perceive", "ring_induction.png", "--difference", "--model", "otazu2008"]
    status, out, err = psysal_(*words)
    assert status == 0, err
    rows, cols = opened(out.split()[-1])[0].shape[:2]
    assert cols > 2 * rows  # three pictures side by side


@pytest.mark.parametrize("change", ["pixels", "ppd", "name"])
def test_a_file_that_says_it_is_a_display_must_be_one(folder, change):
    from psysal import mapfile, stimuli

    image = stimuli.white(ppd=16).image.copy()
    if change == "pixels":
        image[:4] = 0.3
    about = {"stimulus": "black" if change == "name" else "white"}
    about["ppd"] = 1e9 if change == "ppd" else 16
    Path("made.png").write_bytes(mapfile.encode(image, "png8", metadata=about))
    status, _, err = psysal_("perceive", "made.png", "--difference")
    assert status == 0, err
    rows, cols = opened("perceived/made_difference.png")[0].shape[:2]
    assert cols > 2 * rows  # three pictures side by side


def test_what_is_seen_is_not_clipped_in_numpy_files(folder, photograph):
    status, _, _ = psysal_("perceive", "trip/day 1/b.png", "--format", "npy", "-o", "seen")
    assert status == 0
    expected = psysal.perceive(photograph[:, ::-1])
    assert np.array_equal(np.load("seen/b.npy"), expected)
    assert not 0 <= expected.min() <= expected.max() <= 1


def test_grouping_is_a_model_like_the_other(folder, photograph):
    status, out, _ = psysal_("map", "trip/a.jpg", "--model", "murray2013", "--stages")
    assert (status, out) == (0, "saliency/a.png\nsaliency/a_stages.png\n")
    assert opened("saliency/a.png")[1]["model"] == "murray2013"


def test_a_display_is_written_with_its_report(folder):
    from psysal import stimuli

    assert psysal_("stimulus", "white")[:2] == (0, "white.png\n")
    found, about = opened("white.png")
    display = stimuli.white()
    assert np.abs(found / 255 - display.image).max() < 0.51 / 255
    assert about == {"stimulus": "white", "ppd": 32.0, "report": display.report}
    words = ["search_color", "--contrast", "0.5", "--seed", "3", "--ppd", "20", "-o", "c.npy"]
    assert psysal_("stimulus", *words)[:2] == (0, "c.npy\n")
    expected = stimuli.search_color(contrast=0.5, seed=3, ppd=20).image
    np.testing.assert_allclose(np.load("c.npy"), expected, atol=1e-7)


def test_all_displays_are_listed_in_words_and_on_a_sheet(folder):
    from psysal.stimuli import DISPLAYS

    status, out, _ = psysal_("stimulus", "--list")
    assert status == 0
    assert all(name in out for name in DISPLAYS)
    assert psysal_("stimulus", "--list", "-o", "sheet.png")[:2] == (0, "sheet.png\n")
    picture = np.asarray(Image.open("sheet.png"))
    assert min(picture.shape[:2]) > 1000
    assert picture[:, :, :3].std() > 40


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["stimulus"], 2, "give the name of one display, or --list"),
        (["stimulus", "white", "--list"], 2, "give the name of one display, or --list"),
        (["stimulus", "whyte"], 2, "there is no display 'whyte'; there are simultaneous_contrast"),
        (["stimulus", "white", "-o", "w.jpg"], 2, "must end in .png or .npy, got w.jpg"),
        (["stimulus", "white", "--ppd", "0"], 2, "ppd must be a positive number"),
        (["stimulus", "white", "--ppd", "nan"], 2, "ppd must be a positive number"),
        (["stimulus", "white", "--seed", "1"], 2, "white has no seed; displays named"),
        (["stimulus", "search_size", "--contrast", "2"], 2, "contrast must lie in (0, 1]"),
        (["stimulus", "search_size", "--set-size", "9999"], 2, "--set-size (9999) items of"),
        (["stimulus", "white", "-o", "no/w.png"], 1, "no/w.png: could not be written"),
        (["perceive", "trip/a.jpg", "--model", "murray2011"], 2, "otazu2008, otazu2010, got"),
        (["perceive", "trip/a.jpg", "--ppd", "-3"], 2, "ppd must be a positive number"),
        (["perceive", "trip/notes.txt"], 1, "trip/notes.txt: is not an image in a known format"),
    ],
)
def test_displays_and_percepts_that_make_no_sense(folder, words, status, sentence):
    found, _, err = psysal_(*words)
    assert (found, sentence in err) == (status, True), err


def test_a_display_never_replaces_a_file_unless_told(folder):
    Path("white.png").write_text("mine")
    status, _, err = psysal_("stimulus", "white")
    assert (status, Path("white.png").read_text()) == (1, "mine")
    assert "--overwrite replaces it" in err
    assert psysal_("stimulus", "white", "--overwrite")[0] == 0
