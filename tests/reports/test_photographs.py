"""The page about photographs: its numbers, its pictures, and how it looks in a browser."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image
from support.browsers import launch_chromium

import psysal
from psysal.reports.photographs import MOST_PHOTOGRAPHS, MapNumbers, PhotographPage

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

LONG_NAME = "IMG_20240817_183045_Hochzeit_am_See_final_bearbeitet.jpg"


@pytest.fixture(scope="module")
def photograph():
    y, x = np.mgrid[:75, :110]
    image = np.stack([2 * y, 255 - 2 * x, y + x], axis=-1).clip(0, 255).astype(np.uint8)
    image[20:40, 70:90] = 230, 40, 30
    return image


@pytest.fixture(scope="module")
def page(photograph):
    made = PhotographPage(model="hou2012", fixations=3, threads=1)
    made.add("trip/<b>cat</b> & dog.jpg", photograph)
    made.add("even.png", np.full((60, 80), 90, np.uint8))
    made.add(LONG_NAME, photograph)
    return made


def pictures(html):
    """Pixels of the pictures of a page, by their text."""
    found = re.findall(r'<img src="data:image/jpeg;base64,([^"]+)" alt="([^"]+)"', html)
    return {
        text: np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data, text in found
    }


def test_numbers_of_maps_that_can_be_counted_by_hand():
    one = np.zeros((20, 40))
    one[4, 30] = 1
    numbers = MapNumbers(one)
    assert numbers.peak == (30.5, 4.5)
    assert (numbers.top, numbers.entropy, numbers.middle) == (1, 0, 0)
    assert numbers.spread == pytest.approx(1 / 800)
    half = np.zeros((20, 40))
    half[:, :20] = 1 / 400
    numbers = MapNumbers(half)
    assert (numbers.top, numbers.entropy) == pytest.approx((0.2, np.log2(400)))
    assert (numbers.spread, numbers.middle) == pytest.approx((0.5, 0.25))
    odd = np.full((3, 5), 1 / 15)  # a tenth and the middle quarter are no whole pixels
    assert MapNumbers(odd).top == pytest.approx(0.1)
    assert MapNumbers(odd).middle == pytest.approx(0.25)
    assert MapNumbers(odd).peak is None


def test_the_page_holds_map_overlay_scanpath_crops_and_numbers(page, photograph):
    html = page.html()
    assert "<b>cat</b>" not in html
    assert "trip/&lt;b&gt;cat&lt;/b&gt; &amp; dog.jpg" in html
    name = "trip/&lt;b&gt;cat&lt;/b&gt; &amp; dog.jpg"
    shown = pictures(html)
    assert [text for text in shown if "cat" in text] == [
        name, f"{name} with its map", f"Map of {name}", f"{name} with 3 numbered fixations",
        *(f"Crop of {name}, {aspect}" for aspect in ("1:1", "16:9", "9:16")),
    ]  # fmt: skip
    assert abs(shown[name].astype(int) - photograph).mean() < 12
    saliency = psysal.saliency(photograph, model="hou2012")
    brightness = shown[f"Map of {name}"].sum(axis=2)
    assert np.corrcoef(brightness.ravel(), saliency.ravel())[0, 1] > 0.95
    crop = psysal.crop(photograph, aspect=(1, 1), model="hou2012")
    left, top, right, bottom = crop.box
    caption = f"<b>1:1</b>, {right - left} x {bottom - top} from {left}, {top}"
    assert caption in html
    assert f"confidence {100 * crop.confidence:.0f} %" in html
    path = psysal.scanpath(photograph, model="hou2012", fixations=3, ppd=110 / 30)
    places = "; ".join(f"{x:.0f}, {y:.0f}" for x, y in zip(path.x, path.y, strict=True))
    assert f"<dd>{places}</dd>" in html


def test_an_even_map_has_no_highest_place_and_no_scanpath(page):
    html = page.html()
    assert "none: the map is even" in html
    assert "The map is even, or has too few places." in html


def test_the_page_is_one_file_and_names_its_model(page, tmp_path):
    page.save(tmp_path / "page.html", title="A & B")
    text = (tmp_path / "page.html").read_text()
    assert "<title>A &amp; B</title>" in text
    assert not re.findall(r'(?:src|href)="(?!data:|#|https://doi\.org/)', text)
    assert "hou2012: image signature" in text
    with pytest.raises(FileExistsError):
        page.save(tmp_path / "page.html")


def test_a_density_is_said_to_be_one(photograph):
    page = PhotographPage(model="center", aspects=[], threads=1)
    page.add("a.png", photograph)
    html = page.html()
    assert "<h1>What is looked at in a.png</h1>" in html
    assert "Crops</h3>" not in html
    density = psysal.Center()(photograph, dtype="float64")
    top = np.sort(density, axis=None)[::-1][:825].sum() / density.sum()
    assert f"<dd>{100 * top:.0f} % of the fixations</dd>" in html


def test_what_a_page_cannot_hold_is_refused(photograph):
    page = PhotographPage(model="hou2012", threads=1)
    with pytest.raises(ValueError, match="a page needs a photograph, got none; add one"):
        page.html()
    page.entries = [{}] * MOST_PHOTOGRAPHS
    with pytest.raises(ValueError, match="a page holds at most 100 photographs, got more; name"):
        page.add("a.png", photograph)
    with pytest.raises(ValueError, match="fixations must be a whole number from 1 on, got 0"):
        PhotographPage(fixations=0)


@pytest.fixture(scope="module")
def opened(page, tmp_path_factory):
    """The page in a browser without a network, and the addresses and errors that came up."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    page.save(path)
    with launch_chromium() as chromium:
        browsed = chromium.new_context(offline=True).new_page()
        browsed.asked, browsed.wrong = [], []
        browsed.on("request", lambda request: browsed.asked.append(request.url[:5]))
        browsed.on("console", lambda entry: browsed.wrong.append(entry.text))
        browsed.goto(path.as_uri())
        yield browsed


LINES = """(link) => {
    const lines = {}, range = document.createRange();
    for (const node of [...link.childNodes].filter((node) => node.nodeType == Node.TEXT_NODE))
        [...node.data].forEach((letter, i) => {
            range.setStart(node, i);
            range.setEnd(node, i + 1);
            const top = range.getBoundingClientRect().top;
            lines[top] = (lines[top] ?? "") + letter;
        });
    return Object.values(lines);
}"""
SCHEMES = {"light": "rgb(252, 252, 251)", "dark": "rgb(22, 24, 27)"}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_page_fits_a_phone_and_a_desk_and_asks_for_nothing(opened, scheme):
    opened.emulate_media(color_scheme=scheme)
    paper = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == SCHEMES[scheme]
    for width in (390, 720, 1440):
        opened.set_viewport_size({"width": width, "height": 900})
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
        name = opened.locator("tbody a", has_text="IMG_2024")
        lines = name.evaluate(LINES)
        assert len(lines) > 1
        assert all(line.endswith(("_", "bearbeitet", ".jpg")) for line in lines)
    shown = "[...document.images].every((image) => image.complete && image.naturalWidth)"
    assert opened.evaluate(shown)
    assert set(opened.asked) <= {"file:", "data:"}
    assert opened.wrong == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_page_has_no_violation_of_accessibility(opened, scheme):
    package = pytest.importorskip("axe_playwright_python.sync_playwright")
    opened.emulate_media(color_scheme=scheme)
    for width in (390, 1440):
        opened.set_viewport_size({"width": width, "height": 900})
        assert package.Axe().run(opened).response["violations"] == [], width
