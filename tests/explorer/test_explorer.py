"""The explorer: what it shows is what the models give; bad input ends in a sentence."""

import base64
import http.client
import io
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import psysal
from psysal import mapfile, stimuli
from psysal.evaluation import metrics
from psysal.explorer import pictures
from psysal.explorer.export import lines
from psysal.explorer.pictures import named, uploaded
from psysal.explorer.scores import METRICS, parse_fixations, scores
from psysal.explorer.view import ORIENTATIONS, PICKED, Look, sensitivity, view
from psysal.vision import wavelet

CHROMIUM = Path("/usr/bin/chromium")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>document.title = "mine"</script></svg>'


def png(pixels, kind="PNG", **more):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **more)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def huge():
    """A file of few bytes and 200 million pixels."""
    buffer = io.BytesIO()
    Image.new("1", (20000, 10000)).save(buffer, "PNG")
    return buffer.getvalue()


# --- what is shown ------------------------------------------------------------


@pytest.mark.parametrize("name", PICKED)
def test_the_map_shown_is_the_map_of_the_library(photograph, name):
    shown = view(photograph, Look(name)).planes["map"].values
    if Look(name).percept:
        seen = psysal.perceive(photograph, model=name).clip(0, 1)
        seen = seen if seen.ndim == 3 else np.repeat(seen[:, :, None], 3, axis=2)
        np.testing.assert_allclose(shown / 255, seen, atol=0.5 / 255 + 1e-6)
    else:
        np.testing.assert_array_equal(shown, psysal.saliency(photograph, model=name))


@pytest.mark.parametrize("name", ["b3", "haar"])
def test_the_contribution_shown_is_that_of_the_model(photograph, name):
    model = psysal.Murray2011(wavelet=name)
    every = model.contributions(photograph).planes
    for c, s, o in [(0, 1, 0), (1, 3, 2), (2, 5, 3)]:
        look = Look("murray2011", model, c, s, ORIENTATIONS[o])
        shown = view(photograph, look).planes["contribution"].values
        expected = every[c, s - 1, o] if o < 3 else every[c, s - 1].sum(axis=0)
        np.testing.assert_allclose(shown, expected, rtol=2e-5, atol=1e-6 * expected.max())


def test_contributions_of_all_levels_and_a_pedestal_make_the_channel_of_2013(photograph):
    found = psysal.Murray2013().stages(photograph)
    for c in range(3):
        levels = len(found.planes[c])
        adds = sum(
            view(photograph, Look("murray2013", channel=c, level=s)).planes["contribution"].values
            for s in range(1, levels + 1)
        )
        pedestal = found.channel_maps[c] - adds
        assert np.ptp(pedestal) < 1e-5 * pedestal.max()


@pytest.mark.parametrize("name", ["otazu2008", "otazu2010"])
def test_contributions_of_all_levels_and_what_is_left_make_the_channel_seen(photograph, name):
    found = Look(name).model.stages(photograph)
    _, rows, cols = found.percepts.shape
    levels = len(found.planes[0])
    adds = sum(
        view(photograph, Look(name, channel=0, level=s)).planes["contribution"].values
        for s in range(1, levels + 1)
    )
    left = wavelet.upsample(found.residuals[0][-1], levels)[:rows, :cols]
    np.testing.assert_allclose(adds + left, found.percepts[0], atol=1e-5)


def test_a_sample_of_a_plane_takes_the_pixels_it_stands_for(photograph):
    planes = view(photograph, Look(level=3)).planes
    rows, cols = photograph.shape[:2]
    assert planes["plane"].step == 4
    assert planes["plane"].values.shape == (-(-rows // 4), -(-cols // 4))
    assert planes["contribution"].values.shape == (rows, cols)
    small = view(photograph, Look("murray2013", level=2)).planes
    assert (small["plane"].step, small["contribution"].step) == (8, 4)


def test_signed_planes_have_zero_in_the_middle(photograph):
    low, high = view(photograph, Look(orientation="vertical")).planes["plane"].limits
    assert low == -high < 0
    grey = view(np.full((32, 32), 99, np.uint8), Look()).planes["channel 1"]
    assert grey.look == "signed"
    assert grey.limits == (-1, 1)


def test_levels_beyond_the_last_show_the_last(photograph):
    shown = view(photograph, Look(level=99))
    assert shown.look.level == shown.levels == 6
    grey = view(photograph, Look("otazu2008", channel=2))
    assert grey.look.channel == 0
    assert "channel 2" not in grey.planes


def test_the_smallest_picture_that_models_take_is_shown():
    tiny = np.arange(64, dtype=np.uint8).reshape(8, 8)
    for name in PICKED:
        assert view(tiny, Look(name)).planes["map"].values.shape[:2] == (8, 8)
    with pytest.raises(ValueError, match="at least 8 x 8 pixels, got 4 x 4"):
        view(tiny[:4, :4], Look())


def test_curves_of_sensitivity_move_with_the_viewing_distance():
    near, far = (sensitivity(Look().changed("ppd", ppd)) for ppd in (32, 64))
    peaks = [curves["level"][curves["intensity g"].argmax()] for curves in (near, far)]
    assert peaks == pytest.approx([4, 5])
    assert sensitivity(Look("itti1998")) == {}


# --- controls -----------------------------------------------------------------


def test_every_control_changes_the_model():
    look = Look()
    for name, value in look.controls.items():
        if isinstance(value, float):
            assert look.changed(name, value + 0.25).controls[name] == value + 0.25
    assert look.changed("surround", 9).model.windows == (13, 9)
    assert look.changed("wavelet", "db2").model.wavelet == "db2"
    assert look.changed("ppd", 40).model.ppd == 40


def test_another_model_starts_as_published():
    look = Look().changed("center", 5).changed("name", "murray2013")
    assert look.model == psysal.Murray2013()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("name", "../../etc/passwd", "model must be one of"),
        ("name", "learned:/etc/passwd", "model must be one of"),
        ("center", 0, "must be"),
        ("center", "13", "must be"),
        ("intensity.sig1", -1, "sig1 must be positive, got -1"),
        ("intensity.beta", None, "beta must be a number, got None"),
        ("intensity.beta", 1e999, "beta must be a number, got inf"),
        ("intensity.__class__", 1, "unexpected keyword"),
        ("__class__", 1, "murray2011 has no '__class__'"),
        ("nu0", 1, "murray2011 has no 'nu0'"),
        ("wavelet", "../x", "wavelet must be"),
        ("ppd", "far", "ppd must be a positive number"),
        ("level", 0.5, "level must be a whole number"),
        ("channel", 7, "channel must be 0, 1 or 2"),
        ("orientation", "up", "orientation must be one of"),
    ],
)
def test_a_value_that_no_control_has_is_a_sentence(name, value, sentence):
    with pytest.raises((ValueError, TypeError), match=re.escape(sentence)):
        Look().changed(name, value)


# --- Python that gives the same ------------------------------------------------


def looks():
    tuned = Look().changed("center", 7).changed("intensity.beta", 2.5).changed("ppd", 40)
    yield "uploaded", tuned
    yield "uploaded", Look("murray2013").changed("color.s_g", 3.25)
    yield "uploaded", Look().changed("wavelet", "haar")
    yield "uploaded", Look("otazu2010").changed("nu0", 2.5)
    yield "rocket", Look("itti1998")
    yield "search_color", Look("learned")
    yield "white", Look("otazu2008")


@pytest.mark.parametrize(("source", "look"), list(looks()))
def test_the_python_gives_the_same_map_to_the_last_bit(tmp_path, monkeypatch, rng, source, look):
    monkeypatch.chdir(tmp_path)
    if source == "uploaded":
        name = 'it\'s "mine" \\ .png'
        data = png(rng.integers(0, 256, (60, pictures.SIDE + 200, 3), dtype=np.uint8))
        picture = uploaded(name, data)
        stored = re.search(r"image\.read\((.*)\)", "\n".join(picture.code))[1]
        Path(tmp_path, eval(stored)).write_bytes(data)
        assert picture.pixels.shape[1] == pictures.SIDE
    else:
        picture = named(source)
    shown = view(picture.pixels, look)
    made = {}
    exec(lines(picture, shown.look, np.array([[3, 4], [5, 6]])), made)
    np.testing.assert_array_equal(made["pixels"], picture.pixels)
    assert made["model"] == look.model
    if look.percept:
        np.testing.assert_array_equal(made["seen"], look.model(picture.pixels))
    else:
        np.testing.assert_array_equal(made["saliency"], shown.planes["map"].values)
    if look.staged:
        assert made["level"] == shown.look.level
    if look.name == "murray2011":
        rows, cols = shown.planes["weights"].values.shape
        mean = made["weights"].mean(axis=0)[:rows, :cols]
        np.testing.assert_array_equal(mean, shown.planes["weights"].values)


# --- pictures ------------------------------------------------------------------


def test_a_name_is_said_and_never_a_path(photograph):
    picture = uploaded("../../etc/C:\\secret\\cat.png", png(photograph))
    assert picture.name == "cat.png"
    assert picture.code[-1] == "pixels = image.read('cat.png')"
    with pytest.raises(ValueError, match="picture must be one of"):
        named("/etc/passwd")


def test_of_a_gif_the_first_frame_is_seen(photograph):
    frames = [Image.fromarray(frame) for frame in (photograph, 255 - photograph)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    seen = uploaded("two.gif", buffer.getvalue())
    assert abs(seen.pixels.astype(int) - photograph).mean() < 12  # of a palette
    assert seen.remark == "two.gif: only the first of its frames was read."


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("text.jpg", b"no picture\n" * 9, "text.jpg: is not an image in a known format"),
        ("evil.svg", SVG, "evil.svg: is not an image in a known format"),
        ("page.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image in a"),
        ("empty.png", b"", "empty.png: is empty"),
        ("cut.png", png(np.zeros((50, 50), np.uint8))[:60], "is damaged or cut short"),
        ("long.png", bytes(pictures.MAX_BYTES + 1), "has 20 MB, more than the limit of 20 MB"),
    ],
)
def test_what_is_no_picture_is_refused_in_a_sentence(name, data, sentence):
    with pytest.raises(ValueError, match=sentence):
        uploaded(name, data)


def test_a_picture_of_200_megapixels_is_refused_before_it_is_decoded(huge):
    with pytest.raises(ValueError, match="20000 x 10000 pixels, more than the limit of 25,000,000"):
        uploaded("huge.png", huge)


def test_large_photographs_are_reduced_and_positions_with_them(rng):
    pixels = rng.integers(0, 256, (300, 2048, 3), dtype=np.uint8)
    picture = uploaded("wide.png", png(pixels))
    assert picture.pixels.shape == (150, 1024, 3)
    assert "Reduced from 2048 x 300 to 1024 x 150 pixels" in picture.remark
    assert picture.at(np.array([[2000.0, 100.0]])).tolist() == [[1000, 50]]


def test_search_displays_know_their_target():
    picture = named("search_color")
    np.testing.assert_array_equal(picture.target, stimuli.search_color().target_masks[0])
    assert named("white").target is None


# --- fixations -----------------------------------------------------------------


def test_fixations_come_with_titles_or_without():
    titled = parse_fixations("a.csv", "\ufeffsubject, Y ,x\n1,5,6\n\n2,7.5,8\n")
    assert titled.tolist() == [[6, 5], [8, 7.5]]
    assert parse_fixations("a.csv", "6,5\n8,7.5\n").tolist() == titled.tolist()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x,y\n1,2\nten,2\n", "a.csv, line 3: x and y in pixels were expected, got 'ten,2'"),
        ("x,y\n1,nan\n", "a.csv, line 2"),
        ("1\n", "a.csv, line 1"),
        ("", "a.csv: has no fixations"),
        ("x,y\n", "a.csv: has no fixations"),
        ("1,2\n" * 10_001, "a.csv: has 10,001 fixations, more than the limit of 10,000"),
        ('"' + "1" * 200_000, "a.csv: is no CSV"),
    ],
)
def test_a_csv_that_makes_no_sense_is_a_sentence(text, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        parse_fixations("a.csv", text)


def test_a_constant_map_scores_chance(rng):
    seen = rng.integers(0, 30, (9, 2))
    found = scores(np.zeros((30, 30), np.float32), seen, 8)
    for name, chance in METRICS.items():
        assert chance is None or found[name] == pytest.approx(chance, abs=1e-9), name
    values = rng.random((30, 30)).astype(np.float32)
    assert scores(values, seen)["NSS"] == metrics.nss(values, seen)


# --- a session without a browser -------------------------------------------------


@pytest.fixture
def session(monkeypatch):
    """A session whose page's turn comes when the test says so, with the work it did."""
    pytest.importorskip("bokeh")
    from bokeh.document import Document

    from psysal.explorer import session as module

    work, gate = [], threading.Event()
    gate.set()
    done = module.render

    def render(wish):
        work.append(wish)
        assert gate.wait(20)
        return done(wish)

    turns = []
    document = Document()

    def next_tick(turn):
        assert threading.current_thread() is threading.main_thread()
        turn()

    monkeypatch.setattr(document, "add_next_tick_callback", next_tick)
    monkeypatch.setattr(module, "render", render)
    made = module.Session(document, lambda turn, found: turns.append(partial(turn, found)))

    def turn(seconds=20):
        """Wait for what is worked on, and show it."""
        end = time.monotonic() + seconds
        while not turns and time.monotonic() < end:
            time.sleep(0.002)
        turns.pop(0)()

    def ask(**message):
        made.asked.text = json.dumps(message)

    told = []  # messages to the page
    document.on_change(
        lambda event: told.append(event.msg_data) if event.kind == "MessageSent" else None
    )
    ask(start=True)
    turn()
    return SimpleNamespace(
        session=made, work=work, gate=gate, turn=turn, turns=turns, ask=ask, told=told
    )


def test_of_changes_that_arrive_together_the_newest_is_shown_next(session):
    session.work.clear()
    session.gate.clear()
    for center in range(3, 33):
        session.ask(set=["center", center])
    session.gate.set()
    session.turn()
    session.turn()
    assert [wish.look.model.windows[0] for wish in session.work] == [3, 32]
    assert session.session.shown.wish.look.model.windows[0] == 32


def test_fifty_uploads_in_a_row_end_with_the_last(session, photograph):
    session.work.clear()
    for k in range(50):
        data = base64.b64encode(png(photograph[:, : 40 + k])).decode()
        session.ask(upload=f"{k}.png", data=data)
    while session.session.shown.picture.name != "49.png":
        session.turn()
    assert session.session.shown.picture.pixels.shape[1] == 89
    assert len(session.work) < 50
    assert session.session.asked.text == ""  # nothing of it is kept


def test_threads_leave_the_document_alone(session, monkeypatch):
    used = []

    def note(*_):
        used.append(threading.current_thread())

    for name in ("add_next_tick_callback", "hold", "unhold"):
        monkeypatch.setattr(session.session.document, name, note)
    session.ask(set=["center", 5])
    session.turn()
    assert used == [threading.main_thread()]


def test_a_closed_tab_is_not_drawn_for(session):
    session.gate.clear()
    session.ask(set=["center", 5])
    session.session._close(None)
    session.gate.set()
    time.sleep(0.5)
    for turn in session.turns:
        turn()
    assert len(session.told) == 1


def test_a_page_is_sent_what_changed_and_one_that_starts_all(session):
    def sent():
        planes = session.told[-1]["planes"]
        return [name for name in planes if "codes" in planes[name]]

    every = sent()
    assert len(every) == 9
    session.ask(set=["center", 5])
    session.turn()
    assert sent() == ["map", "contrast", "weights", "contribution"]
    session.ask(click=[5, 5])
    session.turn()
    assert sent() == []
    session.ask(start=True)
    assert sent() == every


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ({"set": ["center", -1]}, "must be"),
        ({"set": "center"}, "too many values"),
        ({"upload": "a.png", "data": "not base64!"}, "a.png: did not arrive whole"),
        ({"upload": "a.svg", "data": base64.b64encode(SVG).decode()}, "a.svg: is not an image"),
        ({"picture": "/etc/passwd"}, "picture must be one of"),
        ({"simulate": "target"}, "only the search displays have a target"),
        ({"simulate": "x"}, "cannot be drawn"),
        ({"click": [-5, 4]}, "none of 1 fixations is on the picture"),
        ({"click": "here"}, "could not convert"),
        ({"csv": "x,y\n1,oops", "name": "b.csv"}, "b.csv, line 2"),
    ],
)
def test_whatever_a_page_says_wrong_is_answered_and_the_session_goes_on(session, message, sentence):
    session.ask(**message)
    if not session.told[-1].get("alert"):
        session.turn()
    assert sentence in session.told[-1]["alert"]
    session.ask(set=["center", 9])
    session.turn()
    assert session.told[-1]["alert"] is None
    assert session.session.shown.wish.look.model.windows == (9, 26)


def test_an_error_that_nobody_foresaw_is_a_sentence_too(session, monkeypatch, caplog):
    from psysal.explorer import session as module

    monkeypatch.setattr(module, "render", lambda wish: 1 / 0)
    session.ask(set=["center", 9])
    session.turn()
    assert "Something went wrong here (ZeroDivisionError" in session.told[-1]["alert"]
    assert "the explorer failed" in caplog.text
    assert session.session.look.model.windows == (13, 26)  # as is shown


def test_fixations_off_the_picture_are_left_out_and_counted(session):
    session.ask(csv="x,y\n10,10\n9999,10\n", name="seen.csv")
    session.turn()
    assert session.told[-1]["fixations"] == 1
    assert session.told[-1]["alert"].startswith("1 of 2 fixations are not on the picture")


def test_what_is_saved_is_what_is_shown(session, tmp_path):
    del session.told[:]
    for what in ("map", "figure", "python"):
        session.ask(save=what)
        session.turn()
    files = {news["file"]: bytes(news["data"]) for news in session.told}
    assert list(files) == ["coffee_map.png", "coffee_figure.png", "coffee.py"]
    Path(tmp_path, "map.png").write_bytes(files["coffee_map.png"])
    saved = mapfile.read_map(tmp_path / "map.png")
    shown = session.session.shown.view.planes["map"].values
    np.testing.assert_array_equal(saved, np.rint(shown * 65535))
    assert Image.open(io.BytesIO(files["coffee_figure.png"])).size[0] > 500
    assert b"psysal.saliency(pixels, model=model)" in files["coffee.py"]


# --- the server ------------------------------------------------------------------


def free_port():
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command(port):
    code = "from psysal.cli.main import main; main()"
    return [sys.executable, "-c", code, "explore", "--port", str(port)]


def explorer(port):
    """The process of an explorer that listens, and its address."""
    process = subprocess.Popen(
        command(port), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    address = process.stdout.readline().strip()
    if address != f"http://127.0.0.1:{port}/":
        process.kill()
        pytest.fail(process.communicate()[1])
    return process, address


@pytest.fixture(scope="module")
def server():
    """The address of an explorer; it must still be there when all is done."""
    pytest.importorskip("panel")
    process, address = explorer(free_port())
    try:
        yield address
        assert process.poll() is None, process.stderr.read()
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 0, said
    assert "Traceback" not in said, said


def test_a_port_in_use_is_a_sentence(server):
    port = int(server.rstrip("/").rpartition(":")[2])
    second = subprocess.run(command(port), capture_output=True, text=True, timeout=60)
    assert second.returncode == 1
    assert f"cannot listen on 127.0.0.1, port {port}" in second.stderr
    assert "--port" in second.stderr
    assert "Traceback" not in second.stderr


def test_it_listens_on_this_machine_alone(server):
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            pytest.skip("this machine has no other address")
        own = probe.getsockname()[0]
    if own.startswith("127."):
        pytest.skip("this machine has no other address")
    with pytest.raises(OSError, match=r"refused|timed out"):
        socket.create_connection((own, int(server.rstrip("/").rpartition(":")[2])), timeout=2)


def test_other_pages_of_the_browser_cannot_use_it(server):
    host = server.split("/")[2]
    headers = {
        "Origin": "http://elsewhere.example", "Connection": "Upgrade", "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }  # fmt: skip
    with closing(http.client.HTTPConnection(host, timeout=9)) as asks:
        asks.request("GET", "/ws", headers=headers)
        assert asks.getresponse().status == 403


def test_a_page_that_a_late_websocket_opens_has_its_styles_from_here(server):
    from bokeh.client import pull_session
    from bokeh.models import ImportedStyleSheet

    session = pull_session(url=server)
    styles = [m.url for m in session.document.models if isinstance(m, ImportedStyleSheet)]
    session.close()
    assert styles
    assert all(url.startswith("static/") for url in styles), styles


# --- in a browser ----------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    sync = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not there")
    with sync.sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield chromium.new_context(viewport={"width": 1400, "height": 1000})
        chromium.close()


def watched(browser):
    """A page that is not there yet, and a list of what goes wrong with it."""
    page, wrong = browser.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    return page, wrong


def drawn(page):
    page.wait_for_function("document.body?.dataset.took", timeout=60000)


@pytest.fixture
def tab(server, browser):
    """A page that has been drawn; it may not fail, nor ask another machine."""
    page, wrong = watched(browser)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server)
    drawn(page)
    yield page
    page.close()
    assert wrong == []
    assert all(url.startswith((server, "blob:", "data:")) for url in asked), asked


STATE = "document.body.dataset.took + document.querySelector('#alert').textContent"


def after(tab, act, *arguments, **options):
    """Act, and wait for what comes of it."""
    before = tab.evaluate(STATE)
    act(*arguments, **options)
    tab.wait_for_function(f"before => {STATE} !== before", arg=before, timeout=60000)


def slide(tab, name, value):
    slider = tab.locator(f'input[type=range][data-set="{name}"]')
    slider.evaluate("(e, v) => { e.value = v; e.dispatchEvent(new Event('input')) }", str(value))


def file(name, data):
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def test_every_control_changes_what_is_seen(tab):
    after(tab, tab.get_by_label("or one that is here").select_option, "search_color")
    code = tab.locator("#code")
    for name, value, said in [
        ("ppd", 48, "ppd=48"), ("center", 7, "windows=(7, 26)"),
        ("surround", 11, "windows=(7, 11)"), ("level", 2, "channel, level = 2, 2"),
        *((f"{kind}.{part}", 1.5, f"{part}=1.5") for kind in ("color", "intensity")
          for part in ("beta", "sig1", "sig2", "sig3", "s_g", "s_k")),
    ]:  # fmt: skip
        after(tab, slide, tab, name, value)
        assert said in code.text_content(), name
    after(tab, tab.get_by_label("published tuning").check)
    assert "ppd=48" not in code.text_content()
    after(tab, tab.get_by_role("radio", name="O1").check)
    after(tab, tab.get_by_role("radio", name="vertical").check)
    assert "level = 0, 2" in code.text_content()
    after(tab, tab.get_by_role("button", name="Published parameters").click)
    assert "model = psysal.Murray2011()" in code.text_content()
    after(tab, tab.get_by_role("button", name="20 on the target").click)
    assert tab.locator("#count").text_content() == "20 fixations"
    assert float(tab.locator("#scores tbody td").first.text_content()) > 0.9
    before = (
        tab.locator("#card-map canvas").first.screenshot(),
        tab.locator("#probe").text_content(),
    )
    after(tab, tab.get_by_label("Wavelet", exact=True).select_option, "haar")
    assert "wavelet='haar'" in code.text_content()
    tab.wait_for_timeout(300)  # a frame is drawn
    drawn = tab.locator("#card-map canvas").first.screenshot()
    assert (drawn, tab.locator("#probe").text_content()) != before
    assert drawn != before[0]
    for name in ("murray2013", "otazu2010", "itti1998"):
        after(tab, tab.get_by_label("Model", exact=True).select_option, name)
        assert tab.locator("#card-contrast").is_visible() == (name != "itti1998")
    after(tab, tab.get_by_role("button", name="Clear").click)
    assert not tab.locator("#scores").is_visible()


def test_a_larger_picture_is_seen_whole_after_a_smaller_one(tab):
    after(tab, tab.get_by_label("or one that is here").select_option, "white")
    after(tab, tab.get_by_label("or one that is here").select_option, "coffee")
    assert tab.locator("#status").text_content().startswith("600 x 400 pixels")
    box = tab.locator("#card-map .picture").bounding_box()
    x, y = 590, 390
    tab.mouse.move(
        box["x"] + (x + 0.5) / 600 * box["width"], box["y"] + (y + 0.5) / 400 * box["height"]
    )
    value = "document.querySelector('#card-photograph [data-value]').textContent"
    tab.wait_for_function(value)
    there = named("coffee").pixels[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3)
    assert tab.evaluate(value) in {" ".join(str(v) for v in pixel) for pixel in there}


def test_the_photograph_is_covered_by_the_map_of_now_as_much_as_is_asked(tab):
    def seen(opacity):
        tab.locator("#opacity").evaluate(
            "(e, v) => { e.value = v; e.dispatchEvent(new Event('input')) }", str(opacity)
        )
        tab.wait_for_timeout(300)  # a frame is drawn
        return tab.locator("#card-photograph canvas").first.screenshot()

    bare, half = seen(0), seen(0.5)
    after(tab, slide, tab, "center", 5)
    assert len({bare, half, seen(0.5), seen(1)}) == 4
    after(tab, tab.get_by_label("Model", exact=True).select_option, "otazu2010")
    tab.wait_for_timeout(300)
    looks = tab.locator("#card-photograph canvas").first.screenshot()
    assert looks == bare, "an image as it looks is no map, and covers nothing"
    after(tab, tab.get_by_label("Model", exact=True).select_option, "murray2011")
    assert seen(0) == bare


def test_the_pointer_reads_the_same_pixel_of_every_picture(tab):
    pixels = named("coffee").pixels
    planes = view(pixels, Look()).planes
    box = tab.locator("#card-map .picture").bounding_box()
    x, y = 300, 100
    at = box["x"] + (x + 0.5) / 600 * box["width"], box["y"] + (y + 0.5) / 400 * box["height"]
    tab.mouse.move(*at)
    tab.wait_for_function("document.querySelector('#card-map [data-value]').textContent")

    def read(name):
        text = tab.locator(f"#card-{name} [data-value]").text_content()
        return float(text.replace("\u2212", "-"))

    assert tab.locator("#card-photograph [data-value]").text_content() == " ".join(
        str(v) for v in pixels[y, x]
    )
    assert read("map") == pytest.approx(planes["map"].values[y, x], rel=1e-3)
    assert read("channel_2") == pytest.approx(planes["channel 2"].values[y, x], rel=1e-3)
    assert read("contrast") == pytest.approx(planes["contrast"].values[y // 8, x // 8], rel=1e-3)


def test_clicks_on_the_photograph_are_fixations_and_a_csv_replaces_them(tab):
    box = tab.locator("#card-photograph .picture").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    after(tab, tab.mouse.click, *middle)
    point = json.loads(re.search(r"fixations = (.*)", tab.locator("#code").text_content())[1])
    np.testing.assert_allclose(point, [[300, 200]], atol=2)
    after(tab, tab.locator("#csv").set_input_files, file("s.csv", b"x,y\n1,2\n30,40\n"))
    assert "fixations = [[1, 2], [30, 40]]" in tab.locator("#code").text_content()


def test_uploads_good_and_bad(tab, photograph, huge):
    upload = tab.locator("#file").set_input_files
    alert = tab.locator("#alert")
    after(tab, upload, file("m<b>y.jpg", png(photograph, "JPEG")))
    assert tab.locator("#name").text_content() == "m<b>y.jpg"
    for name, data, sentence in [
        ("huge.png", huge, "huge.png: has 20000 x 10000 pixels"),
        ("text.jpg", b"no picture", "text.jpg: is not an image"),
        ("evil.svg", SVG, "evil.svg: is not an image"),
        ("long.png", bytes(21_000_000), "long.png: has 21 MB, more than the limit of 20 MB"),
    ]:
        after(tab, upload, file(name, data))
        assert sentence in alert.text_content()
        assert tab.locator("#name").text_content() == "m<b>y.jpg"
    assert tab.title() == "psysal explorer"
    for k in range(12):
        upload(file(f"{k}.png", png(photograph[:, : 40 + k])))
    tab.wait_for_function("document.querySelector('#name').textContent === '11.png'", timeout=30000)
    assert not alert.is_visible()


def test_the_map_is_downloaded(tab, tmp_path):
    with tab.expect_download() as got:
        tab.get_by_role("button", name="Save the map").click()
    assert got.value.suggested_filename == "coffee_map.png"
    got.value.save_as(tmp_path / "map.png")
    expected = np.rint(psysal.saliency(named("coffee").pixels) * 65535)
    np.testing.assert_array_equal(mapfile.read_map(tmp_path / "map.png"), expected)


def test_every_control_has_a_name_and_the_keyboard_reaches_it(tab):
    nameless = tab.evaluate(
        """[...document.querySelectorAll("input, select, button")].filter((e) =>
          !(e.labels?.length || e.getAttribute("aria-label") || e.textContent.trim()))
          .map((e) => e.outerHTML)"""
    )
    assert nameless == []
    assert tab.get_by_role("status").filter(has_text="updated in").count() == 1
    tab.locator("#center").focus()
    after(tab, tab.keyboard.press, "ArrowRight")
    assert "windows=(14, 26)" in tab.locator("#code").text_content()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.dataset.set") == "surround"
    tab.locator("#probe-x").fill("300")
    assert re.search(r"Map [\d.]+ · O1", tab.locator("#probe").text_content())
    after(tab, tab.get_by_role("button", name="Add a fixation here").click)
    assert "fixations = [[300, 0]]" in tab.locator("#code").text_content()


def test_a_tab_closed_during_a_computation_harms_nobody(tab, browser, server):
    other = browser.new_page()
    other.goto(server)
    drawn(other)
    other.get_by_label("Wavelet", exact=True).select_option("haar")
    other.close()
    after(tab, slide, tab, "center", 5)
    assert "windows=(5, 26)" in tab.locator("#code").text_content()


def test_twenty_tabs_at_once_show_what_each_asked_for(server, browser):
    tabs = [watched(browser) for _ in range(20)]
    for page, _ in tabs:
        page.goto(server, wait_until="commit")
    for page, _ in tabs:
        drawn(page)
    for center, (page, _) in enumerate(tabs, start=14):
        slide(page, "center", center)
    for center, (page, wrong) in enumerate(tabs, start=14):
        shown = "center => document.querySelector('#code').textContent.includes(`(${center}, 26)`)"
        page.wait_for_function(shown, arg=center, timeout=60000)
        assert wrong == []
    for page, _ in tabs:
        page.close()


def test_a_page_whose_server_is_gone_says_so_and_what_to_do(browser):
    process, address = explorer(free_port())
    page, wrong = watched(browser)
    try:
        page.goto(address)
        drawn(page)
        assert wrong == []
        page.get_by_label("Wavelet", exact=True).select_option("haar")
    finally:
        process.kill()
        process.communicate()
    alert = page.get_by_role("alert")
    alert.get_by_role("button", name="Load the page again").wait_for(timeout=20000)
    assert "ended or cannot be reached" in alert.text_content()
    assert "start psysal explore again" in alert.text_content()
    assert page.locator("#center").is_disabled()
    assert not page.locator("#busy").is_visible()
    alert.get_by_role("button").click()
    page.wait_for_function("document.querySelector('#alert').textContent.includes('not there yet')")
    assert all("ERR_CONNECTION_REFUSED" in said for said in wrong), wrong
    page.close()
