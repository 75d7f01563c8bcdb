"""The page of a report in a browser: sort, search, page through and compare single images."""

import numpy as np
import pytest
from support.browsers import launch_chromium

from psysal.reports.figures import charts
from psysal.reports.html import html

pd = pytest.importorskip("pandas")
pytest.importorskip("jinja2")

IMAGES = [f"img{i}.png" for i in range(1, 51)]  # img10 comes after img9, as people count
MODELS = ["sim", "deep", "uniform"]
NAN, MINUS = float("nan"), "\N{MINUS SIGN}"


@pytest.fixture(scope="module")
def scores():
    rng = np.random.default_rng(3)
    rows = [
        {"model": model, "image": image, "metric": metric, "value": rng.random(), "problem": ""}
        | {"fixations": 5 + i}
        for model in MODELS
        for i, image in enumerate(IMAGES)
        for metric in ("auc", "kl")
    ]
    frame = pd.DataFrame(rows)
    broken = (frame.model == "deep") & (frame.image == "img7.png")
    frame.loc[broken, ["value", "problem"]] = NAN, "the map has </script> & NaN"
    frame.loc[(frame.model == "sim") & (frame.image == "img9.png"), "value"] = np.inf
    return frame


@pytest.fixture(scope="module")
def address(scores, tmp_path_factory):
    finite = scores[np.isfinite(scores.value)].groupby(["model", "metric"], sort=False).value
    rows = finite.agg(mean="mean", images="count").reset_index()
    table = rows.assign(low=rows["mean"] - 0.1, high=rows["mean"] + 0.1, left_out=0)
    table[["difference", "difference_low", "difference_high"]] = NAN
    about = {
        "version": "1", "dataset": "cats", "source": "", "ppd": 24.0, "profile": "exact",
        "metrics": ["auc", "kl"], "images": 50, "subjects": 5, "fixations": 900, "dropped": 0,
        "first": True, "without_fixations": [], "reference": "sim", "models": {},
    }  # fmt: skip
    drawn = charts(table[table.metric == "auc"], about, scores)
    page = html(table, about, drawn, scores=scores, files=["scores.csv", "table.csv"])
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page, "utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def chromium():
    with launch_chromium() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def shared(chromium, address):
    context = chromium.new_context(viewport={"width": 1200, "height": 900}, offline=True)
    page, wrong, asked = context.new_page(), [], []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda entry: wrong.append(entry.text) if entry.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    yield page
    assert wrong == []
    assert set(asked) == {address}


@pytest.fixture
def page(shared):
    shared.reload()
    return shared


def rows(page):
    return page.evaluate(
        "[...document.querySelectorAll('#single tbody tr')]"
        ".map((row) => [...row.cells].map((cell) => cell.textContent))"
    )


def expected(scores, model, metric="auc"):
    part = scores[(scores.model == model) & (scores.metric == metric)]
    return part.set_index("image").value


def test_images_are_in_the_order_of_their_names_and_paged(page, scores):
    assert [row[0] for row in rows(page)] == IMAGES[:20]
    sim, deep = expected(scores, "sim"), expected(scores, "deep")
    heads = page.locator("#single thead th").all_inner_texts()
    assert heads[:2] == ["Image", "Fixations"]
    at = {name: heads.index(name) for name in MODELS}
    for i, row in enumerate(rows(page)):
        name = IMAGES[i]
        assert row[1] == str(5 + i)
        infinite, missing = name == "img9.png", name == "img7.png"
        assert row[at["sim"]] == ("∞" if infinite else f"{sim[name]:.3f}")
        assert row[at["deep"]] == ("\N{EN DASH}" if missing else f"{deep[name]:.3f}")
    assert page.locator("#where").inner_text() == "1 to 20 of 50 images"
    assert page.locator("#back").is_disabled()
    page.click("#next")
    page.click("#next")
    assert [row[0] for row in rows(page)] == IMAGES[40:]
    assert page.locator("#next").is_disabled()
    title = "#single td[title]"
    page.click("#back")
    page.click("#back")
    assert page.locator(title).get_attribute("title") == "the map has </script> & NaN"


def test_a_head_sorts_by_keyboard_and_says_how(page, scores):
    deep = expected(scores, "deep")
    button = page.locator("#single thead button", has_text="deep").first
    sort = "document.querySelector('[aria-sort]').textContent + ' ' + "
    sort += "document.querySelector('[aria-sort]').getAttribute('aria-sort')"
    assert page.evaluate(sort) == "Image ascending"
    button.focus()
    page.keyboard.press("Enter")
    assert page.evaluate(sort) == "deep descending"
    assert [row[0] for row in rows(page)] == [*deep.sort_values(ascending=False).index[:20]]
    page.keyboard.press("Enter")  # the focus is still on it
    assert page.evaluate(sort) == "deep ascending"
    assert [row[0] for row in rows(page)] == [*deep.sort_values().index[:20]]
    page.click("#next")
    page.click("#next")
    assert rows(page)[-1][0] == "img7.png"  # without a score: last either way
    lead = (deep - expected(scores, "sim"))[lambda d: np.isfinite(d)].sort_values(ascending=False)
    page.locator("#single thead button", has_text=f"deep {MINUS} sim").click()
    assert [row[0] for row in rows(page)] == [*lead.index[:20]]


def test_a_search_finds_names_that_contain_the_words(page):
    page.fill("#search", "G1")
    assert [row[0] for row in rows(page)] == [n for n in IMAGES if "g1" in n]
    page.fill("#search", "dog")
    assert rows(page) == []
    assert page.locator("#where").inner_text() == "no image has such a name"


def test_every_image_with_two_finite_scores_is_a_point_at_its_scores(page, scores):
    for metric, number in (("auc", "0"), ("kl", "1")):
        page.select_option("#metric", number)
        both = pd.DataFrame({m: expected(scores, m, metric) for m in ("sim", "deep")})
        both = both[np.isfinite(both).all(axis=1)]
        found = page.evaluate(
            "[...document.querySelectorAll('#scatter circle')]"
            ".map((dot) => [dot.textContent.split(':')[0], +dot.getAttribute('cx'), "
            "+dot.getAttribute('cy')])"
        )
        assert len(found) == len(both) == 48
        points = pd.DataFrame(found, columns=["image", "x", "y"]).set_index("image").loc[both.index]
        scale = np.polyfit(both.sim, points.x, 1)
        assert scale[0] > 0
        np.testing.assert_allclose(np.polyval(scale, both.sim), points.x, atol=0.05)
        line = page.locator("#scatter .diagonal")
        x1, y1, x2, y2 = (float(line.get_attribute(key)) for key in ("x1", "y1", "x2", "y2"))
        equal = np.interp(points.x, [x1, x2], [y1, y2])  # y where both scores are the same
        above = points.y < equal
        assert (above == (both.deep > both.sim)).all()
        better = (both.deep > both.sim if metric == "auc" else both.deep < both.sim).sum()
        said = page.locator("#said").inner_text()
        assert f"deep is better on {better} of 48 images" in said
        assert "2 images have no finite score by both" in said


def test_a_point_is_named_by_keyboard_and_by_pointer(page, scores):
    both = pd.DataFrame({m: expected(scores, m) for m in ("sim", "deep")})
    lead = (both.deep - both.sim)[lambda d: np.isfinite(d)].sort_values()
    page.locator("#image").focus()
    page.keyboard.press("Home")
    assert f"Ringed: {lead.index[0]}: sim {both.sim[lead.index[0]]:.3f}" in page.inner_text("#said")
    page.keyboard.press("ArrowRight")
    assert f"Ringed: {lead.index[1]}: " in page.inner_text("#said")
    assert page.locator("#image").get_attribute("aria-valuetext").startswith(lead.index[1])
    assert page.locator("circle.chosen").count() == 1
    page.locator("#scatter circle", has_text=f"{lead.index[20]}:").hover(force=True)
    assert f"Ringed: {lead.index[20]}: " in page.inner_text("#said")


def test_any_two_models_are_compared(page):
    page.select_option("#across", label="uniform")
    page.select_option("#up", label="sim")
    assert page.locator("#scatter text.name").all_text_contents() == ["uniform", "sim"]
    assert page.locator("#single thead th").last.inner_text() == f"sim {MINUS} uniform"
    page.select_option("#up", label="uniform")
    assert page.locator("#single thead th").count() == 5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_screen_scrolls_tables_not_the_page_and_texts_are_legible(
    chromium, address, scheme
):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    contrasts = page.evaluate(CONTRASTS)
    context.close()
    assert len(contrasts) > 100
    assert min(contrasts) >= 4.5  # WCAG AA


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_has_no_violation_of_accessibility(chromium, address, scheme):
    package = pytest.importorskip("axe_playwright_python.sync_playwright")
    context = chromium.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert package.Axe().run(page).response["violations"] == [], width
    context.close()


CONTRASTS = """(() => {
  const light = (text) => {
    const [r, g, b] = text.match(/[0-9.]+/g).slice(0, 3).map((v) => v / 255)
      .map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const paper = light(getComputedStyle(document.body).backgroundColor) + .05;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const parent = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !parent.checkVisibility()) continue;
    if (parent.closest("button:disabled, option, script, noscript")) continue;
    const style = getComputedStyle(parent);
    const ink = light(parent.closest("svg") ? style.fill : style.color) + .05;
    found.push(Math.max(ink, paper) / Math.min(ink, paper));
  }
  return found;
})()"""


def test_without_scripts_the_links_to_the_scores_remain(chromium, address):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.get_by_text("need JavaScript").is_visible()
    assert page.get_by_role("link", name="scores.csv").first.is_visible()
    assert not page.locator("#explore").is_visible()
    context.close()
