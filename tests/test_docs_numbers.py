"""Numbers of the pages: each is computed here, is that of another page, or says what made it."""

import re
from pathlib import Path

import numpy as np
import pytest
import skimage.data

import psysal
from psysal import Murray2011
from psysal.models.registry import MODELS
from psysal.stimuli import DISPLAYS

REPOSITORY = Path(__file__).parents[1]
DOCS = REPOSITORY / "docs"
PAGES = [
    REPOSITORY / "README.md",
    *sorted(p for p in DOCS.rglob("*.md") if "generated" not in p.parts),
]
FIGURE = re.compile(
    r"(?<![\w/.=-])(?:\d*\.\d+|\d[\d,]*)(?: ?%| (?:ms|s|[MGk]B|bits|seconds|minutes|hours|times)\b)"
    r"|(?<![\w.])0?\.\d{2,3}\b|1e-\d+"
)
MARK = re.compile(
    r"python (benchmarks/[\w/]+(?:\.py)?)|psysal (?:evaluate|train) "
    r"|<!-- (?:checked|measured) by ([\w/.]+)"
)


def read(name):
    return (DOCS / name).read_text("utf-8")


def cells(text):
    """Cells of tables by the name in the first column; the first table with a name wins."""
    rows = {}
    for line in text.splitlines():
        if line.startswith("|"):
            name, *values = (cell.strip(" *`") for cell in line.strip("|").split("|"))
            rows.setdefault(name, values)
    return rows


def sections(page):
    """Sections of a page, each with its title."""
    text = re.sub(r"(?s)```(?:python|py|toml|bibtex)\n.*?```", "", page.read_text("utf-8"))
    for section in re.split(r"(?m)^(?=#{1,3} )", text):
        yield section.partition("\n")[0], section


@pytest.mark.parametrize("page", PAGES, ids=[str(p.relative_to(REPOSITORY)) for p in PAGES])
def test_a_measured_number_stands_beside_what_made_it_or_what_checks_it(page):
    unmarked = []
    for title, section in sections(page):
        marks = MARK.findall(section)
        for place in filter(None, (name for mark in marks for name in mark)):
            assert (REPOSITORY / place).exists(), f"{title}: {place}"
        if FIGURE.search(re.sub(r"(?s)<!--.*?-->", "", section)) and not marks:
            unmarked.append(title)
    assert unmarked == []


def test_the_choice_of_a_model_has_the_scores_of_the_results_and_the_costs_of_the_registry():
    results, shown = (
        cells(read("results.md")),
        cells(read("which-model.md").split("<!-- which -->")[1]),
    )
    renamed = {"other people": "leave_one_observer_out", "center bias": "center_bias"}
    learned = [
        line.split("|") for line in read("learned.md").splitlines() if "full resolution" in line
    ]
    trained = {row[1].strip(): row for row in learned if "osie" in row[2]}
    assert len(shown) > 9
    for name, (auc, shuffled, cost) in shown.items():
        if name in ("model", "---"):
            continue
        if name in trained:
            assert [auc, shuffled] == [cell.strip() for cell in trained[name][3:5]]
        else:
            row = results[renamed.get(name, name)]
            assert [auc, shuffled] == [cell.strip("*").split()[0].strip("*") for cell in row[:2]]
        if cost:
            assert float(cost) == MODELS[name].cost


def test_the_readme_and_the_example_of_a_report_have_the_scores_of_the_results():
    results = {
        name: [re.findall(r"\.\d{3}", cell) for cell in row]
        for name, row in cells(read("results.md")).items()
    }
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    shown = cells(readme.partition("## How well")[2])
    renamed = {"other people": "leave_one_observer_out", "center bias": "center_bias"}
    for name in ("other people", "murray2013", "murray2011", "center bias"):
        row = results[renamed.get(name, name)]
        assert [re.findall(r"\.\d{3}", cell) for cell in shown[name]] == row[:2], name
    quoted = re.search(r"(?s)SIM (.*?)\n\n", read("howto/compare.md"))[1]
    expected = [*results["murray2011"][0], results["center_bias"][0][0]]
    assert re.findall(r"\.\d{3}", quoted) == [*expected, results["leave_one_observer_out"][0][0]]
    assert results["center_bias"][0][0].startswith(".74")  # howto/teach.md


def test_speed_in_the_readme_is_that_of_the_benchmarks():
    rows = cells(read("benchmarks.md"))
    figures = {name: (row[0] or row[1]).split()[0] for name, row in rows.items() if any(row[:2])}
    of = {name: float(cell) for name, cell in figures.items() if re.fullmatch(r"[\d.]+", cell)}
    assert of["peer: OpenCV calls"] > 10 * of["map 1024 x 1024"]
    assert of["peer: NumPy and SciPy"] > 40 * of["map 1024 x 1024"]
    assert 5 < of["first map ever, 640 x 480, compiling"] < 10  # "five to ten seconds"
    assert 9 < of["peak memory at 12 megapixels, 1 thread(s)"] < 11  # planes of 4 bytes: faq.md


def test_another_wavelet_makes_another_map():
    """howto/teach.md: .67 to .89 with the published map, .94 to .99 of two others."""
    published, others = [], []
    for name in ("astronaut", "coffee", "chelsea", "rocket"):
        photograph = getattr(skimage.data, name)()
        maps = [Murray2011(wavelet=w)(photograph).ravel() for w in ("b3", "haar", "db4")]
        similarity = np.corrcoef(maps)
        published.append(similarity[0, 1])
        others.append(similarity[1, 2])
    text = " ".join(read("howto/teach.md").split())
    assert f"correlates {min(published):.2f} to {max(published):.2f}".replace("0.", ".") in text
    assert f"correlate {min(others):.2f} to {max(others):.2f}".replace("0.", ".") in text


def test_numbers_in_the_explanation_of_the_model():
    assert psysal.viewing.peak_frequency(1, ppd=1) == pytest.approx(0.42 / 2, abs=0.003)
    assert psysal.viewing.peak_frequency(4, ppd=32) == pytest.approx(0.84, abs=0.005)
    shares = []
    for name in ("astronaut", "coffee", "chelsea", "rocket"):
        planes = Murray2011().stages(getattr(skimage.data, name)()).planes
        for color in planes[:2]:
            weak = [(plane**2 < 1e-6).ravel() for level in color for plane in level]
            shares.append(100 * np.concatenate(weak).mean())
    assert f"{min(shares):.0f} to {max(shares):.0f} % of the" in read("model.md")


def test_sizes_of_the_learned_models_are_those_of_their_files():
    rows = cells(read("learned.md"))
    folder = REPOSITORY / "psysal" / "models"
    sizes = {p.name: p.stat().st_size for p in folder.iterdir() if p.is_file()}
    assert rows["learned"][-1] == f"{sizes['readout_learned.json'] / 1e3:.0f} kB"
    network, readout = sizes["deep.onnx"] / 1e6, sizes["readout_deep.json"] / 1e3
    assert rows["deep"][-1] == f"{network:.1f} MB, and {readout:.0f} kB"
    assert rows['Learned("linear")'][-1] == f"{sizes['readout_linear.json'] / 1e3:.0f} kB"


def test_things_are_as_many_as_pages_say():
    notebooks = len(list((REPOSITORY / "notebooks").glob("*.ipynb")))
    words = {8: "eight", 18: "eighteen"}
    text = " ".join(p.read_text("utf-8").lower() for p in PAGES)
    assert f"{words[notebooks]} notebooks and {words[len(DISPLAYS)]} displays" in text
    assert not re.search(rf"\b(?!{words[notebooks]}\b)(five|six|seven|nine|ten) notebooks", text)


def test_versions_of_the_citation_are_that_of_the_package():
    bibtex = re.search(r"(?s)```bibtex\n(.*?)```", read("citing.md"))[1]
    assert f"version = {{{psysal.__version__}}}" in bibtex
    assert f"version: {psysal.__version__}" in (REPOSITORY / "CITATION.cff").read_text("utf-8")


def test_every_extra_of_setup_cfg_is_on_the_page_of_the_installation():
    import configparser

    setup = configparser.ConfigParser()
    setup.read(REPOSITORY / "setup.cfg")
    page = read("install.md")
    for extra in setup["options.extras_require"]:
        assert f"| `{extra}` |" in page
