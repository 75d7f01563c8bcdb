"""A session without a browser: messages in, replies out, work on threads in between."""

import io
import json
import sys
import threading
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from support.explorer import decode_reply, png

import psysal
from psysal import mapfile, stimuli
from psysal.evaluation import metrics
from psysal.explorer import session
from psysal.explorer.pictures import get_example


@pytest.fixture
def visitor(monkeypatch):
    """A session whose page's turn comes when the test says so, with the work it did."""
    work, gate = [], threading.Event()
    gate.set()
    original = session.render

    def render(request):
        work.append(request)
        assert gate.wait(20)
        return original(request)

    turns, replies = [], []  # the latter, messages to the page

    def receive(data):
        assert threading.current_thread() is threading.main_thread()
        replies.append(decode_reply(data))

    monkeypatch.setattr(session, "render", render)
    shown = session.Session(receive, lambda turn, result: turns.append(partial(turn, result)))

    def turn(seconds=20):
        """Wait for what is worked on, and show it."""
        end = time.monotonic() + seconds
        while not turns and time.monotonic() < end:
            time.sleep(0.002)
        turns.pop(0)()

    def send(**message):
        shown.receive(json.dumps(message))

    def upload(name, data, *pieces):
        send(upload=name, size=len(data))
        for piece in pieces or [data]:
            shown.receive(piece)

    send(view="")
    turn()
    del replies[0]  # of what the page adds to its address
    return SimpleNamespace(
        session=shown,
        work=work,
        gate=gate,
        turn=turn,
        turns=turns,
        send=send,
        replies=replies,
        upload=upload,
    )


def test_of_changes_that_arrive_together_the_newest_is_shown_next(visitor):
    visitor.work.clear()
    visitor.gate.clear()
    for center in range(3, 33):
        visitor.send(set=["center", center])
    visitor.gate.set()
    visitor.turn()
    visitor.turn()
    assert [request.settings.model.windows[0] for request in visitor.work] == [3, 32]
    assert visitor.session.result.request.settings.model.windows[0] == 32


def test_fifty_uploads_in_a_row_end_with_the_last(visitor, photograph):
    visitor.work.clear()
    for k in range(50):
        visitor.upload(f"{k}.png", png(photograph[:, : 40 + k]))
    while visitor.session.result.picture.name != "49.png":
        visitor.turn()
    assert visitor.session.result.picture.pixels.shape[1] == 89
    assert len(visitor.work) < 50
    visitor.work.clear()
    assert not session.uploads  # nothing of them is kept


def test_a_closed_tab_is_not_drawn_for(visitor):
    visitor.gate.clear()
    visitor.send(set=["center", 5])
    visitor.session.close()
    visitor.gate.set()
    time.sleep(0.5)
    for turn in visitor.turns:
        turn()
    assert len(visitor.replies) == 1  # the page as it began


def test_a_page_is_sent_what_changed(visitor):
    def sent():
        planes = visitor.replies[-1]["planes"]
        return [name for name in planes if "codes" in planes[name]]

    every = sent()
    assert len(every) == 9
    visitor.send(set=["center", 5])
    visitor.turn()
    assert sent() == ["map", "contrast", "weights", "contribution"]
    visitor.send(fixation=[5, 5])
    visitor.turn()
    assert sent() == []


def test_an_upload_in_pieces_is_the_file(visitor, photograph):
    data = png(photograph)
    visitor.upload("a.png", data, data[:100], data[100:1000], data[1000:])
    visitor.turn()
    np.testing.assert_array_equal(visitor.session.result.picture.pixels, photograph)
    assert visitor.session.result.request.load is None  # which would keep the file


def test_uploads_of_all_visitors_are_bounded(visitor, monkeypatch, photograph):
    others = [session._Upload("b.png", 20_000_000) for _ in range(10)]
    session.uploads.update(others)
    visitor.upload("a.png", png(photograph))
    assert "others are uploading pictures" in visitor.replies[-1]["alert"]
    others.clear()
    visitor.upload("a.png", png(photograph))
    visitor.turn()
    assert visitor.replies[-1]["picture"] == "a.png"


def test_pieces_that_nobody_announced_are_dropped(visitor):
    visitor.session.receive(bytes(1000))
    visitor.send(upload="a.png", size=10)
    visitor.session.receive(bytes(1000))
    assert "did not arrive as it was announced" in visitor.replies[-1]["alert"]
    assert not session.uploads


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"set": ["center", %s]}' % ("9" * 400), "at most 32 digits"),
        ('{"set": ["center", 1e999]}', "must be finite"),
        ('{"set": ["center", NaN]}', "must be finite"),
        ('{"fixation": [-Infinity, 3]}', "must be finite"),
        ("[" * 10_000 + "]" * 10_000, "nested too deeply"),
        ('{"set": ["center", %s]}' % ("[" * 500 + "]" * 500), "center must be a number"),
        ("[]", "not a JSON object"),
        ("{", "not JSON"),
        ("", "not JSON"),
        ('{"set": ["name", "%s"]}' % ("x" * 10**6), "model must be one of"),
    ],
)
def test_text_that_no_page_writes_is_a_sentence(visitor, text, sentence):
    visitor.session.receive(text)
    alert = visitor.replies[-1]["alert"]
    assert sentence in alert
    assert len(alert) <= 400


def test_a_sentence_names_no_place_of_this_machine(visitor, monkeypatch, photograph):
    def missing(*_, **__):
        raise ImportError(f"needs a package: {sys.executable} -m pip install it")

    def gone(*_, **__):
        raise FileNotFoundError(2, "No such file", "/home/anna/secret.toml")

    for fault in (missing, gone):
        monkeypatch.setattr(session, "render", fault)
        visitor.send(set=["center", 9])
        visitor.turn()
        assert "/" not in visitor.replies[-1]["alert"]


def test_fixations_are_bounded(visitor):
    rows = "\n".join(["1,2"] * 10_000)
    visitor.send(csv=f"x,y\n{rows}", name="a.csv")
    visitor.turn()
    visitor.send(fixation=[3, 4])
    assert "10,000 fixations, which is the limit" in visitor.replies[-1]["alert"]


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ({"set": ["center", -1]}, "must be"),
        ({"set": "center"}, "too many values"),
        ({"upload": "a.png", "size": 10**9}, "a.png: has 1000 MB, more than the limit of 20 MB"),
        ({"upload": "a.png", "size": "long"}, "size must be a whole number"),
        ({"upload": "a.png", "size": -1}, "size must be a whole number from 0 on"),
        ({"upload": "a.png"}, "is not complete"),
        ({"upload": "a.png", "size": 0}, "a.png: is empty"),
        ({"set": ["center", 1e9]}, "center must be a number from 1 to 41"),
        ({"set": ["ppd", 1e-300]}, "ppd must be a number from 4 to 160"),
        ({"set": ["intensity.beta", "many"]}, "must be a number from 0 to 10, got 'many'"),
        ({"set": ["other", "learned:/etc/passwd"]}, "other must be one of none, murray2011"),
        ({"set": ["rule", "best"]}, "rule must be one of none, winner, density, saccades"),
        ({"set": ["crop", "1:1000"]}, "crop must be one of none, 1:1, 4:3, 3:4, 16:9, 9:16"),
        ({"set": ["count", 31]}, "count must be a number from 1 to 30, got 31"),
        ({"set": ["count", 2.5]}, "count must be a whole number"),
        ({"set": ["seed", -1]}, "seed must be"),
        ({"set": ["channel", True]}, "channel must be"),
        ({"set": ["name", ["a"]]}, "model must be one of"),
        ({"set": ["x" * 10**6, 3]}, "has no control"),
        ({"picture": "/etc/passwd"}, "picture must be one of"),
        ({"draw": "target"}, "only search displays have a target"),
        ({"draw": "x"}, "density must be one of none, target, uniform, map, got 'x'"),
        ({"fixation": [-5, 4]}, "none of 1 fixations is on the picture"),
        ({"fixation": "here"}, "could not convert"),
        ({"csv": "x,y\n1,oops", "name": "b.csv"}, "b.csv: line 2"),
    ],
)
def test_whatever_a_page_says_wrong_is_answered_and_the_session_goes_on(visitor, message, sentence):
    visitor.send(**message)
    if not visitor.replies[-1].get("alert"):
        visitor.turn()
    assert sentence in visitor.replies[-1]["alert"]
    visitor.send(set=["center", 9])
    visitor.turn()
    assert visitor.replies[-1]["alert"] is None
    assert visitor.session.result.request.settings.model.windows == (9, 26)


def test_an_error_that_nobody_foresaw_is_a_sentence_too(visitor, monkeypatch, caplog):
    monkeypatch.setattr(session, "render", lambda request: 1 / 0)
    visitor.send(set=["center", 9])
    visitor.turn()
    assert visitor.replies[-1]["alert"].startswith("Something went wrong (ZeroDivisionError)")
    assert "the explorer failed" in caplog.text
    assert visitor.session.settings.model.windows == (13, 26)  # as is shown


def test_fixations_off_the_picture_are_left_out_and_counted(visitor):
    visitor.send(csv="x,y\n10,10\n9999,10\n", name="seen.csv")
    visitor.turn()
    assert visitor.replies[-1]["fixations"].tolist() == [[10.5, 10.5]]
    assert visitor.replies[-1]["alert"].startswith("1 of 2 fixations are not on the picture")


def test_what_is_saved_is_what_is_shown(visitor, tmp_path):
    del visitor.replies[:]
    for name in ("map", "figure", "python"):
        visitor.send(export=name)
        visitor.turn()
    files = {reply["file"]: bytes(reply["content"]) for reply in visitor.replies}
    assert list(files) == ["coffee_map.png", "coffee_figure.png", "coffee.py"]
    Path(tmp_path, "map.png").write_bytes(files["coffee_map.png"])
    saved = mapfile.read_map(tmp_path / "map.png")
    shown = visitor.session.result.view.planes["map"].values
    np.testing.assert_array_equal(saved, np.rint(shown * 65535))
    assert Image.open(io.BytesIO(files["coffee_figure.png"])).size[0] > 500
    assert b"psysal.saliency(pixels, model=model)" in files["coffee.py"]


def test_changes_of_the_fixations_are_undone_one_by_one(visitor):
    def after(**message):
        visitor.send(**message)
        visitor.turn()
        return visitor.replies[-1]["fixations"].tolist()

    after(fixation=[5, 5])
    after(fixation=[9, 7])
    assert after(draw="none") == []
    assert after(undo=True) == [[5.5, 5.5], [9.5, 7.5]]
    assert after(undo=True) == [[5.5, 5.5]]
    assert after(undo=True) == []
    assert visitor.replies[-1]["undo"] is False
    count = len(visitor.work)
    visitor.send(undo=True)
    assert len(visitor.work) == count, "there is nothing to undo"
    for k in range(30):
        visitor.send(fixation=[k, 3])
    for _ in range(30):
        visitor.send(undo=True)
    visitor.turn()
    assert len(visitor.session._fixations) == 10  # what is kept is bounded


def test_two_models_stand_side_by_side_at_one_distance(visitor):
    visitor.send(set=["other", "murray2013"])
    visitor.send(set=["ppd", 64])
    visitor.send(fixation=[300, 200])
    for _ in range(3):
        visitor.turn() if visitor.session._rendering else None
    other, reply = visitor.session.result.view.settings.other_model, visitor.replies[-1]
    assert other == psysal.Murray2013(ppd=64)
    pixels = get_example("coffee").pixels
    maps = [psysal.saliency(pixels, model=m) for m in (psysal.Murray2011(ppd=64), other)]
    assert (
        f"correlation {np.corrcoef(*map(np.ravel, maps))[0, 1]:.2f}"
        in (reply["planes"]["other"]["caption"])
    )
    for values, (name, scores) in zip(maps, reply["scores"].items(), strict=True):
        assert float(scores[1]) == pytest.approx(
            metrics.nss(values, np.array([[300, 200]])), abs=6e-4
        ), name
    visitor.send(set=["other", "otazu2010"])
    visitor.turn()
    assert list(visitor.replies[-1]["scores"]) == ["murray2011"], "a percept has no scores"


@pytest.mark.parametrize("rule", ["winner", "density", "saccades"])
def test_the_scanpath_shown_is_that_of_the_library(visitor, rule):
    for control in (["rule", rule], ["count", 4], ["seed", 3]):
        visitor.send(set=control)
        visitor.turn()
    reply, pixels = visitor.replies[-1], get_example("coffee").pixels
    path = psysal.scanpath(pixels, rule=rule, fixations=4, seed=3)
    np.testing.assert_allclose(reply["path"], path.positions)
    assert reply["start"] == [300, 200]


def test_a_map_without_a_winner_is_shown_and_says_so(visitor):
    visitor.send(set=["rule", "winner"])
    visitor.turn()
    visitor.upload("grey.png", png(np.full((64, 64), 99, np.uint8)))
    visitor.turn()
    assert visitor.replies[-1]["picture"] == "grey.png"
    assert visitor.replies[-1]["alert"].startswith("there is no scanpath: saliency must have a max")
    assert visitor.replies[-1]["path"] is None


def test_the_view_of_an_address_is_shown_with_its_fixations(visitor):
    visitor.send(view="model=murray2013&picture=white&center=9&fixations=3,4&overlay=0.5")
    visitor.turn()
    overlay, reply = visitor.replies[-2:]
    assert overlay == {"overlay": 0.5}
    assert reply["alert"] is None
    assert (reply["picture"], reply["controls"]["center"]) == ("white", 9)
    assert reply["fixations"].tolist() == [[3.5, 4.5]]
    assert reply["address"] == "model=murray2013&picture=white&center=9&fixations=3,4"
    visitor.send(set=["center", 17])
    visitor.turn()
    assert visitor.replies[-1]["address"] == "model=murray2013&picture=white&fixations=3,4"
    visitor.send(view="picture=upload")
    visitor.turn()
    assert "which was an upload; drop it again" in visitor.replies[-1]["alert"]


@pytest.mark.parametrize("address", ["center=900", "fixations=999,5", "picture=/etc/passwd"])
def test_a_strangers_address_leaves_the_page_as_it_was(visitor, address):
    visitor.send(set=["center", 9])
    visitor.turn()
    visitor.send(view=address)
    visitor.turn()
    if not visitor.replies[-1].get("alert"):  # it was refused once the picture was there
        visitor.turn()
    reply = visitor.replies[-1]
    assert reply["alert"].startswith("The view of the address is not shown: ")
    assert (reply["address"], reply["controls"]["center"]) == ("center=9", 9)


@pytest.mark.parametrize("address", ["center=900", "fixations=999,5"])
def test_a_page_that_a_stranger_opens_begins_as_any_other(visitor, address):
    replies, turns = [], []
    page = session.Session(replies.append, lambda turn, result: turns.append(partial(turn, result)))
    page.receive(json.dumps({"view": address}))
    end = time.monotonic() + 20
    while not (replies and "planes" in decode_reply(replies[-1])) and time.monotonic() < end:
        time.sleep(0.002)
        if turns:
            turns.pop(0)()
    reply = decode_reply(replies[-1])
    assert reply["alert"].startswith("The view of the address is not shown: ")
    assert reply["address"] == ""
    assert page.settings == session.ViewSettings()


def test_the_model_beside_is_run_again_only_when_its_map_changes(visitor, monkeypatch):
    runs, original = [], psysal.Hou2012.__call__

    def run(model, *arguments, **options):
        runs.append(model)
        return original(model, *arguments, **options)

    monkeypatch.setattr(psysal.Hou2012, "__call__", run)
    for control in (["other", "hou2012"], ["center", 5], ["ppd", 40], ["level", 2]):
        visitor.send(set=control)
        visitor.turn()
        assert "correlation" in visitor.replies[-1]["planes"]["other"]["caption"]
    assert len(runs) == 1
    visitor.send(set=["name", "otazu2008"])
    visitor.turn()
    assert visitor.replies[-1]["planes"]["other"]["caption"] == "hou2012, 0 to 1"
    visitor.send(picture="white")
    visitor.turn()
    assert len(runs) == 2


def test_the_crop_shown_is_that_of_the_library(visitor):
    visitor.send(set=["crop", "9:16"])
    visitor.turn()
    reply = visitor.replies[-1]
    crop = psysal.crop(get_example("coffee").pixels, aspect=(9, 16), model="murray2011")
    assert tuple(reply["crop"]) == crop.box
    caption = f"crop 9:16, confidence {crop.confidence:.2f}"
    assert reply["planes"]["photograph"]["caption"] == caption
    assert reply["address"] == "crop=9:16"
    narrow = np.zeros((1024, 8), np.uint8)
    visitor.upload("narrow.png", png(narrow))
    visitor.turn()
    assert visitor.replies[-1]["picture"] == "narrow.png"
    visitor.send(set=["name", "otazu2008"])
    visitor.turn()
    assert visitor.replies[-1]["crop"] is None, "a percept is no density"


def test_the_two_targets_of_an_illusion_are_compared_as_they_are_perceived(visitor):
    visitor.send(view="picture=white&model=otazu2010")
    visitor.turn()
    more, less = visitor.replies[-1]["targets"]
    display = stimuli.white(ppd=32)
    percept = psysal.perceive(display.image, model="otazu2010").clip(0, 1)
    for target, mask in zip((more, less), display.target_masks, strict=True):
        assert mask[int(target["y"]), int(target["x"])]
        shown, looks = target["colors"]
        assert shown == [128, 128, 128]
        np.testing.assert_allclose(looks, 255 * percept[mask].mean(axis=0), atol=1.1)
    assert more["colors"][1][0] > less["colors"][1][0]
    profile = visitor.replies[-1]["profile"]
    row = int(profile["x"].rpartition(" ")[2])
    np.testing.assert_allclose(profile["shown"], 255 * display.image[row], atol=0.51)
    np.testing.assert_allclose(profile["seen"], 255 * percept[row], atol=0.51)
    crossed = {"A": display.target_masks[0][row].copy(), "B": display.target_masks[1][row].copy()}
    for letter, start, end in profile["zones"]:
        assert crossed[letter][start:end].all()
        crossed[letter][start:end] = False
    assert not any(map(np.any, crossed.values()))
    for message in ({"set": ["name", "murray2011"]}, {"picture": "coffee"}):
        visitor.send(**message)
        visitor.turn()
        assert visitor.replies[-1]["targets"] == []
        assert visitor.replies[-1]["profile"] is None


def test_the_profile_of_an_illusion_of_color_is_in_its_dimension(visitor):
    visitor.send(view="picture=chromatic_simultaneous_contrast&model=otazu2010")
    visitor.turn()
    profile = visitor.replies[-1]["profile"]
    assert profile["y"] == "red-green, of 255"
    (_, *a), (_, *b) = profile["zones"]
    for first, end in (a, b):
        np.testing.assert_allclose(profile["shown"][first:end], 0, atol=1)
    assert profile["seen"][slice(*a)].mean() > 20 > -20 > profile["seen"][slice(*b)].mean()
