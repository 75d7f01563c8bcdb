"""The documentation: it builds, leads nowhere wrong, and what it shows works."""

import importlib
import os
import pkgutil
import re
import shlex
import subprocess
import sys
import zlib
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from support.browsers import launch_chromium

import psysal

REPOSITORY = Path(__file__).parents[1]
DOCS = REPOSITORY / "docs"
PAGES = [
    REPOSITORY / "README.md",
    *sorted(p for p in DOCS.rglob("*.md") if p.parent.name != "generated"),
]
PUBLIC = [
    (name, public)
    for name in ["psysal", *(m.name for m in pkgutil.walk_packages(psysal.__path__, "psysal."))]
    if not name.startswith("psysal.cli.")  # these have a page of their own, as a shell has them
    for public in getattr(importlib.import_module(name), "__all__", [])
]


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), flags=re.DOTALL)


def ids(pages):
    return [str(page.relative_to(REPOSITORY)) for page in pages]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built pages; a warning is an error."""
    for needed in ("sphinx", "myst_nb", "numpydoc", "furo", "sphinx_copybutton"):
        pytest.importorskip(needed)
    out = tmp_path_factory.mktemp("docs")
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html",
         "-D", "nb_execution_mode=off",  # lessons are run by tests of their own
         "-d", out / "doctrees", DOCS, out / "html"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert (built.returncode, built.stderr) == (0, "")
    return out / "html"


TAG = re.compile(r'<(\w+)([^<>"]*(?:"[^"]*"[^<>"]*)*)>')


class Page:
    """What a page refers to, what it fetches, and the places in it."""

    def __init__(self, path):
        self.links, self.fetched, self.places = set(), set(), {""}
        for tag, attributes in TAG.findall(path.read_text()):
            pairs = re.findall(r'\s(id|href|src)="([^"]*)"', attributes)
            found = {name: unescape(value) for name, value in pairs}
            self.places.add(found.get("id"))
            if tag == "a" and "href" in found:
                self.links.add(found["href"])
            elif tag != "a":
                self.fetched |= {found[key] for key in ("href", "src") if found.get(key)}


def test_links_lead_somewhere_and_nothing_is_fetched_from_elsewhere(site):
    pages = {path: Page(path) for path in site.rglob("*.html")}
    assert len(pages) > 80
    wrong = []
    for path, page in pages.items():
        for link in page.links | page.fetched:
            if link.startswith(("http:", "https:", "//", "mailto:", "data:")):
                wrong += [(path.name, link)] * (link in page.fetched and link[:5] != "data:")
                continue
            to = urlsplit(link)
            target = Path(os.path.normpath(path.parent / unquote(to.path))) if to.path else path
            known = target in pages and unquote(to.fragment) in pages[target].places
            if not (known or (target not in pages and target.is_file())):
                wrong.append((path.name, link))
    assert wrong == []
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//", sheet.read_text()), sheet.name


def test_every_public_name_has_an_entry(site):
    lines = zlib.decompress((site / "objects.inv").read_bytes().split(b"\n", 4)[4]).decode()
    entries = {line.split()[0] for line in lines.splitlines()}
    linked = Page(site / "generated" / "psysal.html").links
    assert any(link.endswith("#psysal.models.murray2011.Murray2011") for link in linked)
    passed_on = {  # a package's names may have their entries in its modules
        id(getattr(importlib.import_module(name), public)): f"{name}.{public}"
        for name, public in PUBLIC
        if f"{name}.{public}" in entries
    }
    without = [
        f"{name}.{public}"
        for name, public in PUBLIC
        if f"{name}.{public}" not in entries
        and id(getattr(importlib.import_module(name), public)) not in passed_on
    ]
    assert without == []


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder as the pages take for granted: photographs, maps of them, a set with fixations."""
    import skimage.data
    from PIL import Image
    from typer.testing import CliRunner

    from psysal.cli.commands import app

    folder = tmp_path_factory.mktemp("desk")
    (folder / "photos").mkdir()
    (folder / "mine").mkdir()
    rows = ["image,subject,x,y"]
    rng = np.random.default_rng(0)
    for name in ("coffee", "chelsea", "astronaut", "rocket"):
        small = Image.fromarray(getattr(skimage.data, name)()[::4, ::4])
        small.save(folder / "photos" / f"{name}.png")
        small.save(folder / "mine" / f"{name}.png")
        for subject in ("ann", "bob", "cem"):
            for x, y in rng.uniform(0, (small.width, small.height), (5, 2)):
                rows.append(f"{name}.png,{subject},{x:.1f},{y:.1f}")
    Image.fromarray(skimage.data.coffee()[::4, ::4]).save(folder / "photo.jpg")
    (folder / "mine" / "fixations.csv").write_text("\n".join(rows) + "\n")
    toml = blocks(DOCS / "howto" / "compare.md", "toml")[0]
    (folder / "mine" / "dataset.toml").write_text(toml)
    done = CliRunner().invoke(app, ["map", str(folder / "photos"), "-o", str(folder / "maps")])
    assert done.exit_code == 0, done.output
    return folder


def test_the_experiment_of_a_page_is_one(tmp_path):
    from psysal.evaluation.experiment import read_experiment

    path = tmp_path / "paper.toml"
    path.write_text(blocks(DOCS / "howto" / "compare.md", "toml")[2])
    experiment = read_experiment(path, ["metrics", "reference"])
    assert [one.path for one in experiment.sets] == ["osie", "mine", "small/osie"]


WITH_PYTHON = [page for page in PAGES[1:] if blocks(page, "python")]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=ids(WITH_PYTHON))
def test_the_python_of_a_page_runs_from_top_to_bottom(page, desk, monkeypatch):
    for needed in ("pandas", "sklearn"):
        pytest.importorskip(needed)
    monkeypatch.chdir(desk)
    names = {}
    for block in blocks(page, "python"):
        exec(compile(block, str(page), "exec"), names)
        if "matplotlib.pyplot" in sys.modules:  # a figure of one block is not drawn on by the next
            sys.modules["matplotlib.pyplot"].close("all")


def test_pages_show_commands_and_options_that_exist():
    from typer.main import get_command

    from psysal.cli.commands import app

    shown = 0
    for page in PAGES:
        for line in re.sub(r"\\\n\s*", "", "\n".join(blocks(page, "sh"))).splitlines():
            words = shlex.split(line, comments=True)
            where = next((i for i, w in enumerate(words) if Path(w).name == "psysal"), None)
            if where is None:
                continue
            command, words = get_command(app), words[where + 1 :]
            while hasattr(command, "commands"):
                assert words[0] in command.commands, f"{page.name}: {line}"
                command, words = command.commands[words[0]], words[1:]
            options = {o for p in command.params for o in (*p.opts, *p.secondary_opts)}
            given = {w.split("=")[0] for w in words if re.match(r"--?[a-z]", w)}
            assert given <= options | {"--help"}, f"{page.name}: {line}"
            shown += 1
    assert shown > 10


def test_the_figures_of_the_model_are_drawn_from_it():
    pytest.importorskip("matplotlib")
    text = (DOCS / "model.md").read_text()
    names = {}
    script = REPOSITORY / "benchmarks" / "make" / "model_figures.py"
    exec(compile(script.read_text(), str(script), "exec"), names)
    shown = set(re.findall(r"\(model/(.*?)\)", text))
    assert shown == set(names["FIGURES"]) == {p.name for p in (DOCS / "model").iterdir()}
    small = names["PHOTOGRAPH"] = names["PHOTOGRAPH"][::2, ::2]
    at_work = names["MODEL"].stages(small), names["MODEL"].contributions(small)
    for name, drawing in names["FIGURES"].items():
        figure = drawing(*at_work)
        assert all(ax.has_data() for ax in figure.axes), name


def test_published_orders_are_judged_by_the_table_of_three_sets():
    text = DOCS.joinpath("results.md").read_text("utf-8").replace("\N{MINUS SIGN}", "-")
    for metric, name in (("AUC", "auc"), ("shuffled AUC", "shuffled_auc")):
        table = text.split(f"\n{name} ↑\n")[1].strip().split("\n\n")[0]
        means = {
            cells[0]: [float(cell.strip("*").split()[0]) for cell in cells[1:4]]
            for cells in (re.split(r" *\| *", line)[1:] for line in table.splitlines()[2:])
            if "n/a" not in cells
        }
        rows = re.findall(rf"`(\w+)` over `(\w+)` \| {metric} \| (.+) \|", text)
        assert len(rows) > 2
        for better, worse, cells in rows:
            expected = np.subtract(means[better], means[worse])
            np.testing.assert_allclose([float(c) for c in cells.split(" | ")], expected, atol=1e-9)


@pytest.fixture(scope="module")
def phone(site):
    """A page of a browser as wide as a phone."""
    with launch_chromium() as chromium:
        context = chromium.new_context(viewport={"width": 390, "height": 844}, offline=True)
        yield context.new_page()
        context.close()


@pytest.mark.parametrize(
    ("word", "guide"),
    [("video", "Map a video"), ("opencv", "Questions and trouble"), ("train", "Train a ")],
)
def test_a_search_finds_the_guide_first(site, phone, word, guide):
    phone.goto(f"{(site / 'search.html').as_uri()}?q={word}")
    phone.wait_for_selector(".search-summary:has-text('found')")
    found = phone.eval_on_selector_all("ul.search li > a", "links => links.map(a => a.href)")
    assert phone.inner_text("ul.search li > a").startswith(guide)
    reference = [i for i, link in enumerate(found) if "/generated/psysal" in link]
    guides = [i for i, link in enumerate(found) if "/howto/" in link]
    assert max(guides, default=0) < min(reference, default=len(found))


@pytest.mark.parametrize(
    "name",
    ["index", "which-model", "results", "citing", "generated/lessons/01_seeing_in_opponents"],
)
def test_a_page_fits_a_phone_and_what_is_wider_scrolls_by_keyboard_too(site, phone, name):
    phone.goto((site / f"{name}.html").as_uri())
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    wide = """() => [...document.querySelectorAll("pre, article table, .table-wrapper")]
        .filter(box => getComputedStyle(box).overflowX == "auto")
        .filter(box => box.scrollWidth > box.clientWidth + 1)
        .map(box => box.tabIndex)"""
    assert set(phone.evaluate(wide)) <= {0}
    assert phone.locator(".sidebar-drawer").get_attribute("aria-label") == "All pages"


@pytest.mark.parametrize("name", ["index", "archives", "model", "search", "howto/crop"])
def test_nothing_bars_anybody_from_a_page_at_any_width(site, phone, name):
    """axe-core's rules, and no sideways scrolling; 512 pixels are 1024 at 200 %."""
    package = pytest.importorskip("axe_playwright_python")
    axe = Path(package.__path__[0], "axe.min.js").read_text("utf-8")
    for width, light in ((390, "dark"), (512, "light"), (1024, "dark"), (1024, "light")):
        phone.emulate_media(color_scheme=light)
        phone.set_viewport_size({"width": width, "height": 844})
        phone.goto((site / f"{name}.html").as_uri())
        phone.evaluate(axe)
        found = phone.evaluate("axe.run(document, {resultTypes: ['violations']})")
        assert [rule["help"] for rule in found["violations"]] == [], (width, light)
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    phone.emulate_media(color_scheme="light")
    phone.set_viewport_size({"width": 390, "height": 844})


def test_code_has_buttons_that_copy_and_lessons_lead_to_their_files(site, phone):
    phone.goto((site / "citing.html").as_uri())
    assert phone.locator("button.copybtn").count() == 2
    assert "@inproceedings{murray2011," in phone.inner_text("pre >> nth=0")
    phone.goto((site / "generated/lessons/01_seeing_in_opponents.html").as_uri())
    links = phone.eval_on_selector_all("article p a", "links => links.map(a => a.href)")
    files = [link for link in links if link.endswith("/01_seeing_in_opponents.ipynb")]
    assert len(files) == 2
    assert len({Path(urlsplit(link).path).read_text() for link in files}) == 2
    assert any(link.startswith("https://colab.research.google.com/") for link in links)
    assert psysal.__version__ in phone.inner_text(".mobile-header")
