"""Addresses of views: what they keep, and what a stranger may write in them."""

import re

import numpy as np
import pytest

from psysal.explorer.address import SharedView, format_view, parse_view
from psysal.explorer.texts import LESSONS
from psysal.explorer.view import MODEL_NAMES, ViewSettings


def settings_of_all_kinds():
    for name in MODEL_NAMES:
        yield ViewSettings(name)
    yield ViewSettings().with_control("ppd", 47.5).with_control("color.sig2", 1e-1)
    yield ViewSettings("otazu2008").with_control("nu0", 2.25).with_control("center", 9)
    yield ViewSettings("murray2013", channel=0, level=2, orientation="diagonal", other="deep")
    yield ViewSettings(rule="saccades", count=3, seed=77, crop="16:9").with_control(
        "wavelet", "bior2.2"
    )


@pytest.mark.parametrize("settings", list(settings_of_all_kinds()))
def test_a_view_comes_back_from_its_address(settings):
    fixations = np.array([[3, 4], [50, 60]])
    sent = SharedView(settings, "white", fixations, 0.35, "faces")
    address, missing = format_view(sent)
    assert not missing
    back = parse_view(f"{address}&overlay=0.35", tuple(LESSONS))
    assert back.settings == settings
    assert (back.picture, back.overlay, back.lesson) == ("white", 0.35, "faces")
    np.testing.assert_array_equal(back.fixations, fixations)


def test_the_view_that_the_page_begins_with_has_no_address():
    assert format_view(SharedView(ViewSettings())) == ("", "")
    assert parse_view("").settings == ViewSettings()


def test_what_an_address_has_no_room_for_is_said():
    many = np.zeros((101, 2), int)
    address, missing = format_view(SharedView(ViewSettings("hou2007"), fixations=many))
    assert (address, missing[:33]) == ("model=hou2007", "it has room for 100 fixations, an")
    address, missing = format_view(SharedView(ViewSettings(), "upload"))
    assert address == "picture=upload"
    assert "your upload" in missing


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("model=x", "model must be one of murray2011"),
        ("model=learned:/etc/passwd", "model must be one of"),
        ("model=<img src=x onerror=alert(1)>", "model must be one of"),
        ("picture=../../etc/passwd", "picture must be one of"),
        ("center=900", "center must be a number from 1 to 41, got 900"),
        ("center=1e999", "center must be a number from 1 to 41, got '1e999'"),
        ("center=nan", "got 'nan'"),
        ("center=7.5", "must be"),
        ("center=", "center must be a number"),
        ("ppd=-3", "ppd must be a number from 4 to 160"),
        ("ppd=None", "ppd must be a number from 4 to 160, got 'None'"),
        ("nu0=2", "murray2011 has no control 'nu0'"),
        ("model=otazu2010&nu0=99", "nu0 must be a number from 0 to 8"),
        ("center=9&name=otazu2010", "each name once, and model="),
        ("model=otazu2010&rule=best", "rule must be one of none, winner"),
        ("other=all", "other must be one of none, murray2011"),
        ("__class__=1", "has no control '__class__'"),
        ("intensity.__class__=1", "unexpected keyword"),
        ("count=10000", "count must be a number from 1 to 30"),
        ("seed=-1", "seed must be"),
        ("crop=1:1000", "crop must be one of none, 1:1"),
        ("level=1000000000", "level must be a whole number"),
        ("orientation=up", "orientation must be one of"),
        ("fixations=1,2;3", "fixations must be at most 100 of x,y"),
        ("fixations=-1,2", "fixations must be at most 100"),
        ("fixations=" + "1,2+" * 101, "fixations must be at most 100"),
        ("overlay=2", "overlay must be a number from 0 to 1, got 2"),
        ("overlay=x", "overlay must be a number from 0 to 1, got 'x'"),
        ("lesson=x", "lesson must be one of none, first-look"),
        ("center=7&center=9", "each name once"),
        ("center", "written as name=value"),
        ("&&", "written as name=value"),
        ("a=1&" * 60, "written as name=value"),
        ("x" * 4001, "at most 4000 characters, got 4001"),
    ],
)
def test_an_address_of_a_stranger_is_refused_in_a_sentence(text, sentence):
    with pytest.raises((ValueError, TypeError), match=re.escape(sentence)):
        parse_view(text, tuple(LESSONS))
