"""The Python code of the explorer gives the same map, bit for bit."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.explorer import png
from typer.testing import CliRunner

from psysal import mapfile
from psysal.cli.commands import app
from psysal.explorer import pictures
from psysal.explorer.export import command_line, python_code
from psysal.explorer.pictures import get_example, read_upload
from psysal.explorer.view import ViewSettings, view


def cases():
    tuned = ViewSettings().with_control("center", 7).with_control("intensity.beta", 2.5)
    yield "uploaded", tuned.with_control("ppd", 40)
    yield "uploaded", ViewSettings("murray2013").with_control("color.s_g", 3.25)
    yield "uploaded", ViewSettings().with_control("wavelet", "haar")
    yield "uploaded", ViewSettings("otazu2010").with_control("nu0", 2.5)
    yield "rocket", ViewSettings("itti1998")
    yield "search_color", ViewSettings("learned")
    yield "white", ViewSettings("otazu2008", other="deep")
    drawn = {"rule": "saccades", "count": 5, "seed": 7, "crop": "3:4"}
    far = ViewSettings("murray2013", other="otazu2010", **drawn).with_control("ppd", 64)
    yield "coffee", far


@pytest.mark.parametrize(("source", "settings"), list(cases()))
def test_the_python_gives_the_same_map_to_the_last_bit(
    tmp_path, monkeypatch, rng, source, settings
):
    monkeypatch.chdir(tmp_path)
    if source == "uploaded":
        name = 'it\'s "mine" \\ .png'
        data = png(rng.integers(0, 256, (60, pictures.MAX_SIDE + 200, 3), dtype=np.uint8))
        picture = read_upload(name, data)
        stored = re.search(r"image\.read\((.*)\)", "\n".join(picture.code))[1]
        Path(tmp_path, eval(stored)).write_bytes(data)
        assert picture.pixels.shape[1] == pictures.MAX_SIDE
    else:
        picture = get_example(source)
    shown = view(picture.pixels, settings)
    variables = {}
    exec(python_code(picture, shown.settings, np.array([[3, 4], [5, 6]])), variables)
    np.testing.assert_array_equal(variables["pixels"], picture.pixels)
    assert variables["model"] == settings.model
    if settings.percept:
        np.testing.assert_array_equal(variables["percept"], settings.model(picture.pixels))
    else:
        np.testing.assert_array_equal(variables["saliency"], shown.planes["map"].values)
    if settings.rule != "none":
        np.testing.assert_array_equal(variables["path"].positions, shown.path.positions)
    if settings.crop != "none":
        crop = variables["crop"]
        assert shown.crop == (crop.box, crop.confidence)
    if settings.other != "none":
        assert variables["other"].shape[:2] == picture.pixels.shape[:2]
        other = shown.planes["other"].values
        if settings.other_percept:
            np.testing.assert_allclose(variables["other"].clip(0, 1), other / 255, atol=2.1e-3)
        else:
            np.testing.assert_array_equal(variables["other"], other)
    if settings.staged:
        assert variables["level"] == shown.settings.level
    if settings.name == "murray2011":
        rows, cols = shown.planes["weights"].values.shape
        mean = variables["weights"].mean(axis=0)[:rows, :cols]
        np.testing.assert_array_equal(mean, shown.planes["weights"].values)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("coffee", ViewSettings("murray2013")),
        ("white", ViewSettings("otazu2008").with_control("ppd", 40)),
        ("search_color", ViewSettings("hou2012")),
    ],
)
def test_the_command_line_makes_the_map_shown(tmp_path, monkeypatch, name, settings):
    monkeypatch.chdir(tmp_path)
    picture = get_example(name)
    shown = view(picture.pixels, settings).planes["map"].values
    for line in command_line(picture, settings).splitlines():
        program, *arguments = shlex.split(line)
        if program == "python":
            exec(arguments[1], {})
        if program != "psysal":
            continue
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.output
    made = Path(result.stdout.strip())
    if settings.percept:
        pixels = np.asarray(Image.open(made).convert("RGB")).astype(int)
        assert np.abs(pixels - shown).max() <= 2
    else:
        np.testing.assert_allclose(mapfile.read_map(made) / 65535, shown, atol=0.02)


def test_the_command_line_has_every_map_and_the_scanpath():
    drawn = {"rule": "saccades", "count": 3, "seed": 4, "crop": "1:1"}
    settings = ViewSettings("murray2013", other="otazu2010", **drawn)
    published = command_line(get_example("coffee"), settings)
    assert published.endswith("psysal crop coffee.png --aspect 1:1 --model murray2013")
    lines = command_line(get_example("coffee"), settings.with_control("ppd", 40)).splitlines()
    assert lines[1:] == [
        "psysal map coffee.png --model murray2013 --ppd 40.0",
        "psysal perceive coffee.png --model otazu2010 --ppd 40.0 -o other",
        "psysal scanpath coffee.png --model murray2013 --ppd 40.0 --rule saccades --fixations 3 "
        "--seed 4",
        "# psysal crop takes the published tuning: the Python code has this one",
    ]


def test_no_command_line_is_given_for_what_it_cannot_do(rng):
    large = read_upload("-a b.png", png(rng.integers(0, 256, (40, 1100, 3), dtype=np.uint8)))
    assert command_line(large, ViewSettings()) == ""  # it was reduced
    small = read_upload("-a b.png", png(np.zeros((40, 60, 3), np.uint8)))
    assert command_line(small, ViewSettings()) == "psysal map './-a b.png' --model murray2011"
    assert command_line(small, ViewSettings().with_control("center", 7)) == ""
