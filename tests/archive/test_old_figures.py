"""A figure beside a map is of that map: those of an earlier model go when a map is made anew."""

import cv2
import numpy as np
import pytest

from psysal.archive import batch
from psysal.archive.task import MapSettings
from psysal.models.registry import get_model


@pytest.fixture
def photograph(tmp_path):
    pixels = np.random.default_rng(3).integers(0, 256, (24, 32, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    return tmp_path / "a.png"


def mapped(photograph, model, figures=("overlay",), form="png"):
    """Files in the output after a run, by content, and what was said."""
    said = []
    settings = MapSettings(get_model(model), model, form=form, figures=figures)
    output = photograph.parent / "maps"
    batch.map_all([str(photograph)], settings, str(output), threads=1, on_warning=said.append)
    return {f.name: f.read_bytes() for f in output.iterdir() if "manifest" not in f.name}, said


def test_no_overlay_of_one_model_stays_beside_a_map_of_another(photograph):
    first, _ = mapped(photograph, "murray2011")
    assert sorted(first) == ["a.png", "a_overlay.png"]
    second, said = mapped(photograph, "hou2007", figures=())
    assert sorted(second) == ["a.png"]
    assert second["a.png"] != first["a.png"]
    assert said == []


def test_nor_where_the_other_map_is_of_another_format(photograph):
    mapped(photograph, "murray2011")
    files, _ = mapped(photograph, "hou2007", figures=(), form="npy")
    assert sorted(files) == ["a.json", "a.npy", "a.png"]


def test_nor_where_the_photograph_is_another(photograph):
    mapped(photograph, "murray2011")
    cv2.imwrite(str(photograph), np.eye(24, dtype=np.uint8) * 255)
    assert sorted(mapped(photograph, "murray2011", figures=())[0]) == ["a.png"]


def test_an_overlay_of_the_same_map_stays(photograph):
    first, _ = mapped(photograph, "murray2011")
    assert mapped(photograph, "murray2011", figures=())[0] == first
    assert sorted(mapped(photograph, "hou2007", figures=())[0]) == ["a.png"]


def test_an_overlay_that_somebody_changed_stays_and_is_told(photograph):
    mapped(photograph, "murray2011")
    (photograph.parent / "maps" / "a_overlay.png").write_bytes(b"mine")
    files, said = mapped(photograph, "hou2007", figures=())
    assert files["a_overlay.png"] == b"mine"
    assert len(said) == 1
    assert "a_overlay.png: was changed since it was drawn" in said[0]


def test_the_map_of_a_photograph_called_overlay_is_no_figure(photograph):
    named = photograph.with_name("a_overlay.png")
    photograph.rename(named)
    first, _ = mapped(named, "murray2011", figures=())
    files, _ = mapped(named, "hou2007", figures=(), form="npy")
    assert files["a_overlay.png"] == first["a_overlay.png"]
