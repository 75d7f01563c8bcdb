"""A session without a browser: messages in, replies out, work on threads in between."""

import base64
import io
import json
import threading
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from support.explorer import SVG, png

from psysal import mapfile
from psysal.explorer import session


@pytest.fixture
def visitor(monkeypatch):
    """A session whose page's turn comes when the test says so, with the work it did."""
    pytest.importorskip("bokeh")
    from bokeh.document import Document

    work, gate = [], threading.Event()
    gate.set()
    original = session.render

    def render(request):
        work.append(request)
        assert gate.wait(20)
        return original(request)

    turns = []
    document = Document()

    def next_tick(turn):
        assert threading.current_thread() is threading.main_thread()
        turn()

    monkeypatch.setattr(document, "add_next_tick_callback", next_tick)
    monkeypatch.setattr(session, "render", render)
    shown = session.Session(document, lambda turn, result: turns.append(partial(turn, result)))

    def turn(seconds=20):
        """Wait for what is worked on, and show it."""
        end = time.monotonic() + seconds
        while not turns and time.monotonic() < end:
            time.sleep(0.002)
        turns.pop(0)()

    def send(**message):
        shown.inbox.text = json.dumps(message)

    replies = []  # messages to the page
    document.on_change(
        lambda event: replies.append(event.msg_data) if event.kind == "MessageSent" else None
    )
    send(start=True)
    turn()
    return SimpleNamespace(
        session=shown, work=work, gate=gate, turn=turn, turns=turns, send=send, replies=replies
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
        data = base64.b64encode(png(photograph[:, : 40 + k])).decode()
        visitor.send(upload=f"{k}.png", data=data)
    while visitor.session.result.picture.name != "49.png":
        visitor.turn()
    assert visitor.session.result.picture.pixels.shape[1] == 89
    assert len(visitor.work) < 50
    assert visitor.session.inbox.text == ""  # nothing of it is kept


def test_threads_leave_the_document_alone(visitor, monkeypatch):
    used = []

    def record(*_):
        used.append(threading.current_thread())

    for name in ("add_next_tick_callback", "hold", "unhold"):
        monkeypatch.setattr(visitor.session.document, name, record)
    visitor.send(set=["center", 5])
    visitor.turn()
    assert used == [threading.main_thread()]


def test_a_closed_tab_is_not_drawn_for(visitor):
    visitor.gate.clear()
    visitor.send(set=["center", 5])
    visitor.session._close(None)
    visitor.gate.set()
    time.sleep(0.5)
    for turn in visitor.turns:
        turn()
    assert len(visitor.replies) == 1


def test_a_page_is_sent_what_changed_and_one_that_starts_all(visitor):
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
    visitor.send(start=True)
    assert sent() == every


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ({"set": ["center", -1]}, "must be"),
        ({"set": "center"}, "too many values"),
        ({"upload": "a.png", "data": "not base64!"}, "a.png: did not arrive whole"),
        ({"upload": "a.svg", "data": base64.b64encode(SVG).decode()}, "a.svg: is not an image"),
        ({"picture": "/etc/passwd"}, "picture must be one of"),
        ({"draw": "target"}, "only search displays have a target"),
        ({"draw": "x"}, "density must be one of none, target, uniform, map, got 'x'"),
        ({"fixation": [-5, 4]}, "none of 1 fixations is on the picture"),
        ({"fixation": "here"}, "could not convert"),
        ({"csv": "x,y\n1,oops", "name": "b.csv"}, "b.csv, line 2"),
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
    assert "Something went wrong (ZeroDivisionError" in visitor.replies[-1]["alert"]
    assert "the explorer failed" in caplog.text
    assert visitor.session.settings.model.windows == (13, 26)  # as is shown


def test_fixations_off_the_picture_are_left_out_and_counted(visitor):
    visitor.send(csv="x,y\n10,10\n9999,10\n", name="seen.csv")
    visitor.turn()
    assert visitor.replies[-1]["fixations"] == 1
    assert visitor.replies[-1]["alert"].startswith("1 of 2 fixations are not on the picture")


def test_what_is_saved_is_what_is_shown(visitor, tmp_path):
    del visitor.replies[:]
    for name in ("map", "figure", "python"):
        visitor.send(export=name)
        visitor.turn()
    files = {reply["file"]: bytes(reply["data"]) for reply in visitor.replies}
    assert list(files) == ["coffee_map.png", "coffee_figure.png", "coffee.py"]
    Path(tmp_path, "map.png").write_bytes(files["coffee_map.png"])
    saved = mapfile.read_map(tmp_path / "map.png")
    shown = visitor.session.result.view.planes["map"].values
    np.testing.assert_array_equal(saved, np.rint(shown * 65535))
    assert Image.open(io.BytesIO(files["coffee_figure.png"])).size[0] > 500
    assert b"psysal.saliency(pixels, model=model)" in files["coffee.py"]
