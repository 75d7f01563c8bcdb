"""The page in a browser: every control, upload and download."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from support.browsers import launch_chromium
from support.explorer import SVG, free_port, png, start_explorer

import psysal
from psysal import mapfile
from psysal.explorer.pictures import get_example
from psysal.explorer.view import ViewSettings, view

DESKTOP = {"width": 1400, "height": 1000}


@pytest.fixture(scope="module")
def browser():
    with launch_chromium() as chromium:
        allowed = ["clipboard-read", "clipboard-write"]
        yield chromium.new_context(viewport=DESKTOP, permissions=allowed)


def watched(browser):
    """A page that is not there yet, and a list of what goes wrong with it."""
    page, wrong = browser.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda entry: wrong.append(entry.text) if entry.type == "error" else None)
    return page, wrong


def wait_for(page, expression, arg=None, seconds=20):
    """Wait until an expression is true, which may name ``arg``; the page itself looks at it.

    Playwright's own way needs eval, which the page forbids.
    """
    look = f"""async ([seconds, arg]) => {{
        const end = performance.now() + 1000 * seconds;
        while (!({expression}) && performance.now() < end)
            await new Promise((go) => setTimeout(go, 10));
        return Boolean({expression});
    }}"""
    assert page.evaluate(look, [seconds, arg]), expression


def drawn(page):
    wait_for(page, "document.body?.dataset.elapsedMs")


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


STATE = "document.body.dataset.elapsedMs + document.querySelector('#alert').textContent"


def after(tab, act, *arguments, **options):
    """Act, and wait for what comes of it."""
    before = tab.evaluate(STATE)
    act(*arguments, **options)
    wait_for(tab, f"{STATE} !== arg", arg=before)


def slide(tab, name, value):
    slider = tab.locator(f'input[type=range][data-control="{name}"]')
    slider.evaluate("(e, v) => { e.value = v; e.dispatchEvent(new Event('input')) }", str(value))


def file(name, data):
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def test_every_control_changes_what_is_seen(tab):
    after(tab, tab.get_by_label("or choose an example").select_option, "search_color")
    code = tab.locator("#code")
    for name, value, text in [
        ("ppd", 48, "ppd=48"), ("center", 7, "windows=(7, 26)"),
        ("surround", 11, "windows=(7, 11)"), ("level", 2, "channel, level = 2, 2"),
        *((f"{kind}.{part}", 1.5, f"{part}=1.5") for kind in ("color", "intensity")
          for part in ("beta", "sig1", "sig2", "sig3", "s_g", "s_k")),
    ]:  # fmt: skip
        after(tab, slide, tab, name, value)
        assert text in code.text_content(), name
    circle = "Bokeh.documents[0].get_model_by_name('levels').data.x[0]"
    assert tab.evaluate(circle) == pytest.approx(1 - np.log2(48 / 32))
    after(tab, tab.get_by_label("published tuning").check)
    assert "ppd=48" not in code.text_content()
    assert tab.evaluate(circle) == 1
    after(tab, tab.get_by_role("radio", name="O1").check)
    after(tab, tab.get_by_role("radio", name="vertical").check)
    assert "level = 0, 2" in code.text_content()
    after(tab, tab.get_by_role("button", name="Reset to published parameters").click)
    assert "model = psysal.Murray2011()" in code.text_content()
    after(tab, tab.get_by_role("button", name="20 on the target").click)
    assert tab.locator("#total").text_content() == "20 fixations"
    assert float(tab.locator("#scores tbody td").first.text_content()) > 0.9
    before = (
        tab.locator("#card-map canvas").first.screenshot(),
        tab.locator("#pixel-values").text_content(),
    )
    after(tab, tab.get_by_label("Wavelet", exact=True).select_option, "haar")
    assert "wavelet='haar'" in code.text_content()
    tab.wait_for_timeout(300)  # a frame is drawn
    drawn = tab.locator("#card-map canvas").first.screenshot()
    assert (drawn, tab.locator("#pixel-values").text_content()) != before
    assert drawn != before[0]
    for name in ("murray2013", "otazu2010", "itti1998"):
        after(tab, tab.get_by_label("Model", exact=True).select_option, name)
        assert tab.locator("#card-contrast").is_visible() == (name != "itti1998")
    after(tab, tab.get_by_role("button", name="Clear").click)
    assert not tab.locator("#scores").is_visible()


def test_a_larger_picture_is_seen_whole_after_a_smaller_one(tab):
    after(tab, tab.get_by_label("or choose an example").select_option, "white")
    after(tab, tab.get_by_label("or choose an example").select_option, "coffee")
    assert tab.locator("#status").text_content().startswith("600 x 400 pixels")
    box = tab.locator("#card-map .picture").bounding_box()
    x, y = 590, 390
    tab.mouse.move(
        box["x"] + (x + 0.5) / 600 * box["width"], box["y"] + (y + 0.5) / 400 * box["height"]
    )
    value = "document.querySelector('#card-photograph [data-value]').textContent"
    wait_for(tab, value)
    there = get_example("coffee").pixels[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3)
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
    percept = tab.locator("#card-photograph canvas").first.screenshot()
    assert percept == bare, "an image as perceived is no map, and covers nothing"
    after(tab, tab.get_by_label("Model", exact=True).select_option, "murray2011")
    assert seen(0) == bare


def test_the_pointer_reads_the_same_pixel_of_every_picture(tab):
    pixels = get_example("coffee").pixels
    planes = view(pixels, ViewSettings()).planes
    box = tab.locator("#card-map .picture").bounding_box()
    x, y = 300, 100
    at = box["x"] + (x + 0.5) / 600 * box["width"], box["y"] + (y + 0.5) / 400 * box["height"]
    tab.mouse.move(*at)
    wait_for(tab, "document.querySelector('#card-map [data-value]').textContent")

    def read(name):
        text = tab.locator(f"#card-{name} [data-value]").text_content()
        return float(text.replace("\u2212", "-"))

    assert tab.locator("#card-photograph [data-value]").text_content() == " ".join(
        str(v) for v in pixels[y, x]
    )
    assert read("map") == pytest.approx(planes["map"].values[y, x], rel=1e-3)
    assert read("channel_2") == pytest.approx(planes["channel 2"].values[y, x], rel=1e-3)
    assert read("contrast") == pytest.approx(planes["contrast"].values[y // 8, x // 8], rel=1e-3)
    after(tab, slide, tab, "center", 5)  # the pointer rests
    moved = view(pixels, ViewSettings().with_control("center", 5)).planes["map"].values[y, x]
    assert read("map") == pytest.approx(moved, rel=1e-3) != planes["map"].values[y, x]


def test_clicks_on_the_photograph_are_fixations_and_a_csv_replaces_them(tab):
    box = tab.locator("#card-photograph .picture").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    after(tab, tab.mouse.click, *middle)
    point = json.loads(re.search(r"fixations = (.*)", tab.locator("#code").text_content())[1])
    np.testing.assert_allclose(point, [[300, 200]], atol=2)
    after(tab, tab.locator("#csv").set_input_files, file("s.csv", b"x,y\n1,2\n30,40\n"))
    assert "fixations = [[1, 2], [30, 40]]" in tab.locator("#code").text_content()


def test_uploads_good_and_bad(tab, photograph, huge, tmp_path):
    upload = tab.locator("#file").set_input_files
    alert = tab.locator("#alert")
    after(tab, upload, file("m<b>y.jpg", png(photograph, "JPEG")))
    assert tab.locator("#name").text_content() == "m<b>y.jpg"
    long = tmp_path / "long.png"
    long.write_bytes(bytes(21_000_000))
    for refused, sentence in [
        (file("huge.png", huge), "huge.png: has 20000 x 10000 pixels"),
        (file("text.jpg", b"no picture"), "text.jpg: is not an image"),
        (file("evil.svg", SVG), "evil.svg: is not an image"),
        (long, "long.png: has 21 MB, more than the limit of 20 MB"),
    ]:
        after(tab, upload, refused)
        assert sentence in alert.text_content()
        assert tab.locator("#name").text_content() == "m<b>y.jpg"
    assert tab.title() == "psysal explorer"
    for k in range(12):
        upload(file(f"{k}.png", png(photograph[:, : 40 + k])))
    wait_for(tab, "document.querySelector('#name').textContent === '11.png'")
    assert not alert.is_visible()


def test_the_map_is_downloaded(tab, tmp_path):
    with tab.expect_download() as got:
        tab.get_by_role("button", name="Save map").click()
    assert got.value.suggested_filename == "coffee_map.png"
    got.value.save_as(tmp_path / "map.png")
    expected = np.rint(psysal.saliency(get_example("coffee").pixels) * 65535)
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
    assert tab.evaluate("document.activeElement.ariaLabel") == "About: Surround"
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.dataset.control") == "surround"
    tab.locator("#pixel-x").fill("300")
    assert re.search(r"Map [\d.]+ · O1", tab.locator("#pixel-values").text_content())
    after(tab, tab.get_by_role("button", name="Add a fixation here").click)
    assert "fixations = [[300, 0]]" in tab.locator("#code").text_content()


COLORS = "getComputedStyle(document.body).backgroundColor"


def source(tab, name, column):
    """A column of what is drawn on the pictures."""
    return tab.evaluate(f"Array.from(Bokeh.documents[0].get_model_by_name('{name}').data.{column})")


def test_two_models_a_scanpath_and_an_undo(tab):
    after(tab, tab.get_by_label("Beside it", exact=True).select_option, "harel2006")
    assert "correlation" in tab.locator("#card-other [data-caption]").text_content()
    after(tab, tab.get_by_role("button", name="20 from the map").click)
    rows = tab.locator("#scores tbody tr")
    assert [row.split("\t")[0] for row in rows.all_inner_texts()] == ["murray2011", "harel2006"]
    after(tab, tab.get_by_role("button", name="Undo").click)
    assert (tab.locator("#total").text_content(), tab.locator("#undo").is_disabled()) == ("", True)
    assert tab.get_by_role("button", name="Draw again").is_disabled()
    after(tab, tab.get_by_label("Rule", exact=True).select_option, "density")
    after(tab, slide, tab, "count", 4)
    first = source(tab, "landings", "x")
    assert source(tab, "landings", "text") == ["1", "2", "3", "4"]
    assert len(source(tab, "arrowheads", "angle")) == 4
    after(tab, tab.get_by_role("button", name="Draw again").click)
    assert source(tab, "landings", "x") != first
    after(tab, tab.get_by_label("Crop", exact=True).select_option, "9:16")
    assert source(tab, "crop", "right")[0] - source(tab, "crop", "left")[0] == 225
    assert len(source(tab, "outside", "left")) == 4
    after(tab, tab.get_by_label("Crop", exact=True).select_option, "none")
    assert source(tab, "crop", "left") == []
    after(tab, tab.get_by_label("Rule", exact=True).select_option, "none")
    assert source(tab, "landings", "x") == []
    after(tab, tab.get_by_label("Wavelet", exact=True).select_option, "db4")
    assert "Daubechies 4: orthogonal" in tab.locator("#wavelet-line").text_content()
    after(tab, tab.get_by_label("Model", exact=True).select_option, "hou2012")
    line = tab.locator("#model-line")
    assert line.text_content() == "Hou, Harel & Koch (2012): image signature"
    assert line.locator("a").get_attribute("href") == "https://doi.org/10.1109/TPAMI.2011.146"


def test_a_link_that_is_copied_shows_the_same_view_to_others(tab, browser):
    def copied(name, told):
        tab.get_by_role("button", name=name).click()
        wait_for(tab, "document.querySelector('#copied').textContent === arg", arg=told)
        return tab.evaluate("navigator.clipboard.readText()")

    after(tab, tab.get_by_label("or choose an example").select_option, "white")
    after(tab, slide, tab, "center", 7)
    tab.locator("#pixel-x").fill("30")
    after(tab, tab.get_by_role("button", name="Add a fixation here").click)
    slide_event = "(e) => { e.value = 0.4; e.dispatchEvent(new Event('input')) }"
    tab.locator("#opacity").evaluate(slide_event)
    link = copied("Copy link", "Link copied.")
    assert link.partition("#")[2] == "picture=white&center=7&fixations=30,0&overlay=0.4"
    numbers = dict(
        line.split("\t", 1) for line in copied("Copy numbers", "Numbers copied.").split("\n")
    )
    assert (numbers["picture"], numbers["x"], numbers["Photograph"]) == ("white", "30", "0 0 0")
    assert float(numbers["murray2011"].split("\t")[0]) <= 1
    code = copied("Copy: Python", "Python code copied.")
    assert code == tab.locator("#code").text_content()
    assert tab.get_by_role("button", name="Copy: Command line").is_disabled()
    wait_for(tab, "location.hash.includes('center=7')")
    for page in (tab, browser.new_page()):
        page.goto("about:blank")
        page.goto(link)
        drawn(page)
        assert page.locator("#name").text_content() == "white"
        assert page.locator("#center").input_value() == "7"
        assert page.locator("#total").text_content() == "1 fixation"
        assert page.locator("#opacity").input_value() == "0.4"
    page.close()
    after(tab, tab.get_by_role("button", name="Reset to published parameters").click)
    command = copied("Copy: Command line", "Command line copied.")
    assert command.endswith("psysal map white.png --model murray2011")


@pytest.mark.parametrize("wild", ["center=900", "model=<img src=x onerror=alert(1)>", "%00&%ff"])
def test_an_address_of_a_stranger_is_a_sentence_and_the_page_begins_as_ever(tab, wild):
    images = tab.evaluate("document.images.length")
    after(tab, tab.evaluate, "(wild) => { location.hash = wild }", wild)
    wait_for(tab, "document.querySelector('#alert').textContent.includes('is not shown: ')")
    assert tab.locator("#center").input_value() == "13"
    assert tab.evaluate("document.images.length") == images
    wait_for(tab, "location.hash === ''")


def test_lessons_explanations_and_colors(tab):
    after(tab, tab.get_by_label("Lesson").select_option, "white")
    panel = tab.get_by_role("region", name="Do you see what is there?")
    assert tab.locator("#model").input_value() == "otazu2010"
    assert not panel.get_by_text("White's illusion").is_visible()
    assert tab.locator("#two tbody").inner_text().startswith("A\t128 128 128\t")
    assert source(tab, "targets", "text") == ["A", "B"]
    assert tab.locator("#profile").bounding_box()["width"] > 250
    assert "".join(source(tab, "zones", "text")) == "AAABBB"
    shown, seen = (source(tab, "line", name) for name in ("shown", "seen"))
    for first, end in zip(source(tab, "zones", "left"), source(tab, "zones", "right"), strict=True):
        assert shown[first:end] == pytest.approx([128] * (end - first))
        assert seen[first:end] != shown[first:end]
    panel.get_by_text("What is to be seen").click()
    assert panel.get_by_text("White's illusion").is_visible()
    after(tab, tab.get_by_label("Lesson").select_option, "none")
    assert not panel.is_visible()
    tab.get_by_role("button", name="About: Pixels per degree").click()
    box = tab.get_by_role("dialog", name="Pixels per degree, explained")
    assert box.get_by_role("link", name="Paper").is_visible()
    edges, size = box.bounding_box(), tab.viewport_size
    assert edges["x"] > 0
    assert edges["x"] + edges["width"] < size["width"]
    tab.keyboard.press("Escape")
    assert not box.is_visible()
    ink = "Bokeh.documents[0].get_model_by_name('chart').renderers[0].glyph.line_color.value"
    light = tab.evaluate(COLORS), tab.evaluate(ink)
    tab.get_by_role("button", name="Dark colors").click()
    assert tab.evaluate(COLORS) != light[0]
    assert tab.evaluate(ink) != light[1]
    tab.reload()
    drawn(tab)
    tab.get_by_role("button", name="Light colors").click()
    assert (tab.evaluate(COLORS), tab.evaluate(ink)) == light


def test_nothing_bars_anybody_at_any_width_in_any_light(tab):
    """axe-core's rules, and no sideways scrolling; 720 pixels are 1440 at 200 %."""
    package = pytest.importorskip("axe_playwright_python")
    tab.evaluate(Path(package.__path__[0], "axe.min.js").read_text("utf-8"))
    for address, shown in [
        (
            "#lesson=faces&other=hou2012&rule=winner&crop=1:1&fixations=30,40",
            ((390, "light"), (1024, "dark"), (1440, "light"), (720, "dark")),
        ),
        (
            "#lesson=white&picture=white&model=otazu2010",
            ((390, "dark"), (1024, "light"), (1440, "dark"), (720, "light")),
        ),
    ]:
        after(tab, tab.evaluate, "(address) => { location.hash = address }", address)
        tab.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")
        for width, light in shown:
            tab.emulate_media(color_scheme=light)
            tab.set_viewport_size({"width": width, "height": 900})
            found = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
            assert [rule["help"] for rule in found["violations"]] == [], (address, width, light)
            assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
            pictures_first = """document.querySelector("#first").compareDocumentPosition(
                document.querySelector("#controls")) === Node.DOCUMENT_POSITION_FOLLOWING"""
            assert tab.evaluate(pictures_first) == (width <= 800)
    tab.emulate_media(color_scheme="light")


def test_a_tab_closed_during_a_computation_harms_nobody(tab, browser, server):
    other = browser.new_page()
    other.goto(server)
    drawn(other)
    other.get_by_label("Wavelet", exact=True).select_option("haar")
    other.close()
    after(tab, slide, tab, "center", 5)
    assert "windows=(5, 26)" in tab.locator("#code").text_content()


def test_eight_tabs_at_once_show_what_each_asked_for(server, browser):
    tabs = [watched(browser) for _ in range(8)]
    for page, _ in tabs:
        page.goto(server, wait_until="commit")
    for page, _ in tabs:
        drawn(page)
    for center, (page, _) in enumerate(tabs, start=14):
        slide(page, "center", center)
    for center, (page, wrong) in enumerate(tabs, start=14):
        shown = "document.querySelector('#code').textContent.includes(`(${arg}, 26)`)"
        wait_for(page, shown, arg=center)
        assert wrong == []
    for page, _ in tabs:
        page.close()


def test_a_page_with_a_token_hands_it_to_its_socket(browser):
    port = free_port()
    process, address = start_explorer(port, "--host", "0.0.0.0")
    page, wrong = watched(browser)
    try:
        page.goto(f"http://127.0.0.1:{port}/?{address.partition('?')[2]}")
        drawn(page)
        after(page, slide, page, "center", 5)
    finally:
        page.close()
        process.kill()
        process.communicate()
    assert wrong == []


def test_a_page_whose_server_is_gone_says_so_and_what_to_do(browser):
    process, address = start_explorer(free_port())
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
    alert.get_by_role("button", name="Reload the page").wait_for(timeout=20000)
    assert "stopped or cannot be reached" in alert.text_content()
    assert "run psysal explore again" in alert.text_content()
    assert page.locator("#center").is_disabled()
    assert not page.locator("#busy").is_visible()
    alert.get_by_role("button").click()
    wait_for(page, "document.querySelector('#alert').textContent.includes('no answer')")
    assert all("ERR_CONNECTION_REFUSED" in text for text in wrong), wrong
    page.close()
