"""The report of an evaluation: one page that says what was measured, to anyone, offline."""

import base64
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import psysal
from psysal import plots
from psysal.api import comparison
from psysal.evaluation import metrics, mit
from psysal.evaluation.profiles import LOWER_IS_BETTER, PROFILES
from psysal.image import read
from psysal.plots import base
from psysal.reports import tables
from psysal.reports.figures import charts
from psysal.reports.html import html
from psysal.reports.pictures import Gallery

pd = pytest.importorskip("pandas")
pytest.importorskip("jinja2")

EXACT = list(PROFILES["exact"])
NAN = float("nan")


def frames(models, images, values):
    """Scores and their table; ``values(model, image, metric)`` is a score or why there is none."""
    rows, lines = [], []
    for model in models:
        for metric in EXACT:
            found = []
            for image in images:
                value = values(model, image, metric)
                problem = value if isinstance(value, str) else ""
                found.append(NAN if problem else value)
                rows.append((model, image, metric, found[-1], 7, problem))
            kept = [v for v in found if not np.isnan(v)]
            mean = float(np.mean(kept)) if kept else NAN
            change = NAN if model == models[0] else mean - lines[len(lines) % len(EXACT)][2]
            lines.append(
                (
                    *(model, metric, mean, mean - 0.1, mean + 0.1),
                    *(len(kept), len(found) - len(kept)),
                    *(change, change - 0.05, change + 0.05),
                )
            )
    columns = ["model", "metric", "mean", "low", "high", "images", "left_out"]
    columns += ["difference", "difference_low", "difference_high"]
    return (
        pd.DataFrame(rows, columns=["model", "image", "metric", "value", "fixations", "problem"]),
        pd.DataFrame(lines, columns=columns),
    )


def about(models, images, **changed):
    return {
        "dataset": "cats", "source": "A. Person 2020, doi:10.1000/cats.1", "images": len(images),
        "fixations": 1234, "subjects": 5, "dropped": 3, "without_fixations": ["bored.png"],
        "profile": "exact", "metrics": EXACT, "reference": models[0],
        "models": {model: f"Model({model!r})" for model in models}, "version": "9.8.7",
        "ppd": 24.0, "first": False,
    } | changed  # fmt: skip


@pytest.fixture
def page(tmp_path, photograph):
    """Write a report of fake scores; gives its HTML and the maps that were asked for."""
    Image.fromarray(photograph).save(tmp_path / "photo.png")

    def write(models, images, values, *, examples=4, draw=False, **changed):
        asked = []

        def maps(model, image):
            asked.append((model, image))
            if model == "leave_one_observer_out":
                raise ValueError("people have no map <of their own>")
            return np.arange(photograph[:, :, 0].size, dtype=float).reshape(photograph.shape[:2])

        scores, table = frames(models, images, values)
        described = about(models, images, **changed)
        gallery = Gallery(
            lambda name: read(tmp_path / "photo.png"), maps,
            lambda image: np.array([[10.0, 20.0], [109.5, 74.5]]), lambda done: None,
        )  # fmt: skip
        table, scores = (f[f.metric.isin(described["metrics"])] for f in (table, scores))
        drawn = charts(table, described, scores) if draw else []
        text = html(
            table, described, drawn, scores=scores, gallery=gallery,
            files=FILES, examples=examples,
        )  # fmt: skip
        return text, asked

    return write


FILES = ["scores.csv", "table.csv"]
MODELS = ["ours", "theirs", "leave_one_observer_out", "uniform"]
LEVELS = {"ours": 0.6, "theirs": 0.8, "leave_one_observer_out": 0.9, "uniform": 0.5}
IMAGES = [f"{i}.png" for i in range(10)]


def simple(model, image, metric):
    """Better models have higher scores, and lower ones where lower is better."""
    spread = 0 if model == "uniform" else 0.01 * IMAGES.index(image)
    return (1 - LEVELS[model] - spread) if metric in ("kl", "emd") else LEVELS[model] + spread


def with_a_gap(model, image, metric):
    """The same, but one model has no score on one image."""
    if model == "theirs" and image == "3.png":
        return "the map has NaN; repair it"
    return simple(model, image, metric)


class Reader(HTMLParser):
    """Elements, their attributes and their text; fails on tags that do not close."""

    VOID = frozenset({"meta", "img", "br", "wbr", "link", "input"})

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.words = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "title", "script"} & set(self.open):
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


def table_rows(text):
    """Cells of the first table, without markup."""
    rows = re.findall(r"<tr.*?</tr>", text[: text.index("</table>")], flags=re.DOTALL)
    cells = [re.findall(r"<t[hd].*?</t[hd]>", row, flags=re.DOTALL) for row in rows]
    return [[" ".join(Reader(cell).text.split()) for cell in row] for row in cells]


def test_every_metric_of_both_profiles_is_explained():
    assert list(PROFILES["exact"]) == sorted(metrics.__all__, key=EXACT.index)
    assert set(PROFILES["mit"]) == set(mit.__all__) - {"blur"}
    assert set(PROFILES["exact"]) | set(PROFILES["mit"]) > LOWER_IS_BETTER


def test_the_page_needs_nothing_else(page):
    text, _ = page(MODELS, IMAGES, simple, draw=True, metrics=["auc", "kl"])
    reader = Reader(text)
    for name in ("link", "iframe", "object", "style"):
        assert len(reader.all(name)) == (name == "style")
    assert reader.all("script") == [{"type": "application/json", "id": "scores"}, {}]
    assert "url(" not in re.sub(r"url\(#", "", text)
    assert "@import" not in text
    ids = {attrs["id"] for _, attrs in reader.elements if "id" in attrs}
    for tag, attrs in reader.elements:
        for key in ("href", "src", "xlink:href", "srcset", "data"):
            target = attrs.get(key, "#")
            if target.startswith("#"):
                assert target == "#" or target[1:] in ids
            elif tag == "a":
                assert target.startswith("https://doi.org/10.") or target in FILES
            else:
                assert target.startswith("data:image/jpeg;base64,")
    assert "https://doi.org/10.1000/cats.1" in text


def test_figures_are_well_formed_and_their_ids_their_own(page):
    text, _ = page(MODELS, IMAGES, simple, draw=True, metrics=["auc", "kl"])
    figures = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    assert len(figures) == 3 * 2
    ids = []
    for figure in figures:
        root = ElementTree.fromstring(figure)
        own = [e.get("id") for e in root.iter() if e.get("id")]
        ids += own
        for target in re.findall(r'(?:href="#|url\(#)([^")]+)', figure):
            assert target in own
    assert len(ids) == len(set(ids))
    assert base.INK not in "".join(figures)  # the page's colors, for light and dark


def test_models_stand_in_order_and_only_what_looks_at_the_image_can_be_best(page):
    text, _ = page(MODELS, IMAGES, simple)
    head, *rows = table_rows(text)
    assert [row[0].split()[0].replace("_", "") for row in rows] == [
        "leave", "theirs", "ours", "uniform",
    ]  # fmt: skip
    assert head[0] == "Model"
    assert "lower is better" in head[1 + EXACT.index("kl")]
    assert "higher is better" in head[1]
    table = text[text.index("<table") : text.index("</table>")]
    assert re.findall(r"<b>(.*?)</b>", table) == [
        "0.155" if m in ("kl", "emd") else "0.845" for m in EXACT
    ]
    assert rows[1][1] == "0.845 ▲ better than ours [0.745, 0.945]"
    assert "▼ worse than ours" in rows[3][1]
    assert "▲ better than ours" in rows[1][1 + EXACT.index("kl")]  # lower, and so better
    assert "▲" not in rows[2][1]
    assert "▼" not in rows[2][1]


def test_the_page_says_what_was_compared_and_what_an_interval_is(page):
    words = Reader(page(MODELS, IMAGES, simple)[0]).text
    for sentence in (
        "4 models against the fixations of 5 people on 10 photographs of cats",
        "By AUC, theirs scores best of the models that depend on the image: 0.845 [0.745, 0.945]",
        "95 % interval of a mean (percentiles of 10,000 bootstrap samples of the images)",
        "Differences from ours are paired: taken image by image",
        "1,234 of 5 people; first fixations are left out",
        "3 fixations dropped",
        "bored.png",
        "psysal 9.8.7",
        "Model('theirs')",
        "Probability that a fixated pixel is more salient",
    ):
        assert sentence in words, sentence


def test_what_was_left_out_is_said_with_its_reason(page):
    words = Reader(page(MODELS, IMAGES, with_a_gap)[0]).text
    assert "theirs 1 of 10 the map has NaN; repair it: 3.png" in words
    many = Reader(page(["ours"], IMAGES, lambda *_: "no map")[0]).text
    assert "ours 10 of 10 no map: 0.png, 1.png, 2.png and 7 more" in many
    kinds = Reader(page(["ours"], IMAGES, lambda m, i, k: f"{i} broke" if k == "kl" else 1.0)[0])
    assert "ours 10 of 10 0.png broke: 0.png (kl)" in kinds.text
    assert "and 7 more reasons" in kinds.text
    none = Reader(page(["ours"], IMAGES, simple)[0]).text
    assert "every model has a value of every metric on every image" in none


def test_best_and_worst_are_by_the_first_metric_and_each_map_is_made_once(page):
    text, asked = page(MODELS, IMAGES, simple, examples=2)
    ours = [image for model, image in asked if model == "ours"]
    assert ours[:4] == ["9.png", "8.png", "0.png", "1.png"]
    assert len(asked) == len(set(asked))
    assert "uniform" not in dict(asked)  # the same everywhere
    _, asked = page(["ours"], IMAGES, simple, metrics=["kl"])
    assert [image for _, image in asked][:2] == ["9.png", "8.png"]
    _, asked = page(["ours"], IMAGES[:3], simple)
    assert [image for _, image in asked] == ["2.png", "1.png", "0.png"]
    assert "No image scores better or worse than another" in text


def test_pictures_are_small_and_described(page, photograph):
    text, _ = page(MODELS, IMAGES, simple)
    images = Reader(text).all("img")
    assert len(images) == 8 + 8 + 8 + 3 * 3
    for attrs in images:
        data = base64.b64decode(attrs["src"].partition(",")[2])
        picture = Image.open(io.BytesIO(data))
        assert picture.size == (320, round(320 * 75 / 110))
        assert len(data) < 60_000
        assert re.match(r"\d\.png with (the map of \w+ and )?its fixations", attrs["alt"])
    assert "no map: people have no map &lt;of their own&gt;" in text
    pixels = np.asarray(picture.convert("L")).astype(int)
    at_row, at_col = (round(v * 320 / 110) for v in (20, 10))
    assert pixels[at_row, at_col] > 230  # a fixation: light with a dark rim
    assert pixels[at_row - 4 : at_row + 5, at_col - 4 : at_col + 5].min() < 60


def test_names_are_text_never_markup(page):
    evil = "<script>alert('$x$')</script>"
    text, _ = page([evil, "b" * 200], IMAGES, lambda m, *_: 0.5 + len(m) / 1000, dataset=evil)
    assert len(Reader(text).all("script")) == text.count("<script") == 2
    assert text.count("&lt;script&gt;") > 10


@pytest.mark.parametrize("value", [NAN, -np.inf, np.inf, 0.5])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_one_model_one_image_any_value(page, value):
    text, _ = page(["ours"], IMAGES[:1], lambda *_: value, draw=True, metrics=["auc"])
    sign = {NAN: tables.DASH, np.inf: "∞", -np.inf: "\N{MINUS SIGN}∞", 0.5: "0.500"}[value]
    assert table_rows(text)[1][1].startswith(sign)
    assert "1 model against" in text
    assert "There is nothing to compare" in text
    assert ("scores" in Reader(text).text.partition("An interval")[0]) == (value == 0.5)


def test_many_models_make_a_page_that_can_be_sent(page):
    models = [f"model_{i}" for i in range(14)]
    text, asked = page(models, IMAGES, lambda m, i, _: int(m[6:]) + IMAGES.index(i))
    assert 14 * 8 <= len(asked) <= 14 * 8 + 3 * 2
    assert len(text) < 10e6


def test_what_is_not_known_is_an_error(page):
    with pytest.raises(ValueError, match="profile must be one of exact, mit, tuebingen, got"):
        page(MODELS, IMAGES, simple, profile="loose")
    with pytest.raises(ValueError, match=r"must be among auc_judd, .*, got auc"):
        page(MODELS, IMAGES, simple, profile="mit", metrics=["auc", "nss"])
    with pytest.raises(ValueError, match="got none"):
        page(MODELS, IMAGES, simple, metrics=[])
    with pytest.raises(ValueError, match=r"reference must be one of .*, got 'mine'"):
        page(MODELS, IMAGES, simple, reference="mine")


def test_bars_begin_at_chance_and_end_at_the_mean():
    names, means = ["a", "b_$x$", "uniform", "none"], [0.75, 0.4, 0.5, NAN]
    intervals = [[0.7, 0.8], [0.35, 0.45], [0.5, 0.5], [NAN, NAN]]
    figure = plots.bars(
        names, means, intervals, ["0.75", "0.40", "0.50", tables.DASH],
        start=0.5, hatched={"uniform"}, bold="a",
    )  # fmt: skip
    (ax,) = figure.axes
    np.testing.assert_allclose([bar.get_width() for bar in ax.patches], [0.25, -0.1, 0])
    assert [bar.get_x() for bar in ax.patches] == [0.5, 0.5, 0.5]
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [False, False, True]
    whiskers = [line.get_xdata() for line in ax.lines[:3]]
    assert np.array_equal(whiskers, intervals[:3])
    assert list(ax.lines[3].get_xdata()) == [0.5, 0.5]  # chance
    assert [label.get_text() for label in ax.get_yticklabels()] == names
    assert ax.get_ylim() == (3.5, -0.5)  # the first on top
    assert ">b_$x$</text>" in plots.svg(figure)
    long = plots.bars(["x" * 300], [1], [[1, 1]], [""]).axes[0].get_yticklabels()
    assert long[0].get_text() == "x" * 11 + "…" + "x" * 6


def test_a_dot_is_full_where_its_interval_excludes_zero():
    figure = plots.dots(["a", "b"], [0.2, 0.1], [[0.1, 0.3], [-0.1, 0.3]], ["+0.2", "+0.1"])
    faces = [
        line.get_markerfacecolor() for line in figure.axes[0].lines if line.get_marker() == "o"
    ]
    assert faces == [base.BLUE, base.PAPER]


@pytest.mark.parametrize("count", [1, 50, 51, 700])
def test_a_distribution_shows_few_values_as_dots_and_many_as_a_shape(count, rng):
    values = rng.normal(0, 1, count)
    figure = plots.distributions(
        ["a", "uniform", "none"], [[*values, np.inf, NAN], [0.5] * count, []], ["", "", ""],
        hatched={"uniform"}, bold="a",
    )  # fmt: skip
    (ax,) = figure.axes
    dots, bar, ring = ax.lines[:3] if count <= 50 else (None, *ax.lines[:2])
    ordered = np.sort(values)
    assert ring.get_xdata()[0] == pytest.approx(ordered[round((count - 1) / 2)])
    quartiles = [ordered[round((count - 1) * share)] for share in (0.25, 0.75)]
    np.testing.assert_allclose(bar.get_xdata(), quartiles)
    assert len(ax.collections) == (0 if count <= 50 else 2)
    if count <= 50:
        np.testing.assert_array_equal(dots.get_xdata(), values)
    else:
        shape, hatched = ax.collections
        heights = [path.get_extents().height for path in shape.get_paths()]
        assert max(heights) == pytest.approx(0.88)
        assert hatched.get_hatch()
        assert not shape.get_hatch()


def test_markdown_is_one_line_a_model():
    _, table = frames(MODELS, IMAGES, simple)
    head, rule, *rows = tables.markdown(table).splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert [cell.strip() for cell in head.strip("|").split("|")][:2] == ["model", "auc ↑"]
    assert "kl ↓" in head
    assert set(rule) == set("|:-")
    assert [row[0] for row in cells] == ["leave_one_observer_out", "theirs", "ours", "uniform"]
    assert cells[0][1] == "0.945 [0.845, 1.045]"
    assert cells[1][1] == "**0.845 [0.745, 0.945]**"
    assert "a\\|b" in tables.markdown(table.assign(model=table.model.replace("ours", "a|b")))


@pytest.fixture
def cats(tmp_path):
    """A set of three photographs."""
    (tmp_path / "cats").mkdir()
    for i in range(3):
        pixels = np.full((40, 50), 60, np.uint8)
        pixels[10 * i : 10 * i + 5, 20:25] = 200
        Image.fromarray(pixels).save(tmp_path / f"cats/{i}.png")
    lines = [
        f"{i}.png,{who},{22 + j},{10 * i + 2}" for i in range(3) for who in "ab" for j in (0, 1)
    ]
    (tmp_path / "cats/seen.csv").write_text("\n".join(["image,subject,x,y", *lines]))
    layout = 'images = "*.png"\nfixations = "seen.csv"\nppd = 5\nsource = "me"\n'
    (tmp_path / "cats/dataset.toml").write_text(layout)
    return tmp_path / "cats"


def test_a_table_of_evaluate_is_written_as_a_report(cats, tmp_path):
    table = psysal.evaluate(["center", "hou2007"], cats, reference="hou2007", metrics=["auc"])
    for _ in range(2):  # its own files are replaced
        page = psysal.report(table, tmp_path / "out")
    assert page == tmp_path / "out/report.html"
    text = page.read_text()
    assert "2 models against the fixations of 2 people on 3 photographs of cats" in text
    assert "Image by image" not in text
    told = json.loads((tmp_path / "out/table.json").read_text())
    assert told["about"]["reference"] == "hou2007"
    assert [row["mean"] for row in told["table"]] == pytest.approx([*table["mean"]], rel=1e-14)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/table.tex").write_text("my thesis")
    with pytest.raises(ValueError, match=r"mine has table\.tex but no scores\.jsonl"):
        psysal.report(table, tmp_path / "mine")


def test_a_part_of_a_table_is_a_report_of_that_part(cats, tmp_path):
    table = psysal.evaluate(["center", "hou2007"], cats, metrics=["auc", "nss"], progress=False)
    text = psysal.report(table[table.metric == "nss"], tmp_path / "out").read_text()
    nss = table[(table.metric == "nss") & (table.model == "hou2007")]["mean"].iloc[0]
    assert f"By NSS, <b>hou2007</b> scores\n{tables.number(nss)} [" in text
    assert "AUC" not in text
    with pytest.raises(ValueError, match="reference must be hou2007, got 'center'"):
        psysal.report(table[table.model == "hou2007"], tmp_path / "out")


def test_an_unknown_reference_is_refused_before_anything_is_scored(cats, tmp_path):
    def broken(pixels):
        raise AssertionError

    with pytest.raises(ValueError, match="reference must be a or b, got 'c'"):
        psysal.evaluate({"a": broken, "b": broken}, cats, reference="c", metrics=["auc"])
    with pytest.raises(ValueError, match="reference must be a or b, got 'c'"):
        psysal.report(comparison({"a": broken, "b": broken}, cats), tmp_path / "o", reference="c")


def test_a_comparison_is_written_with_single_images_and_resumes(cats, tmp_path, monkeypatch):
    compared = comparison(["hou2007", "center"], cats, metrics=["auc"])
    page = psysal.report(compared, tmp_path / "out", reference="center")
    text = page.read_text()
    assert "Image by image" in text
    assert "Where center and hou2007 differ most" in text
    assert len(pd.read_csv(tmp_path / "out/scores.csv")) == 6
    log = (tmp_path / "out/scores.jsonl").read_bytes()
    assert psysal.report(compared, tmp_path / "out").read_text() != text  # another reference
    assert (tmp_path / "out/scores.jsonl").read_bytes() == log


@pytest.mark.parametrize(
    ("source", "reference", "kind", "said"),
    [
        ("table.csv", None, TypeError, "a table or a comparison, got str; pass what psysal.eval"),
        (pd.DataFrame({"model": []}), None, ValueError, "got another; pass psysal.api.compari"),
        (pd.DataFrame({"model": ["a"]}), None, ValueError, "got another; pass psysal.api.compari"),
        (pd.DataFrame({"model": ["a"]}), "a", ValueError, "got a reference beside it; pass"),
    ],
)
def test_what_is_no_evaluation_is_refused(source, reference, kind, said, tmp_path):
    with pytest.raises(kind, match=said):
        psysal.report(source, tmp_path / "out", reference=reference)
    assert not (tmp_path / "out").exists()


def test_progress_is_shown_in_a_terminal_unless_it_is_not_wanted(cats, monkeypatch, capsys):
    psysal.evaluate("center", cats, metrics=["auc"])
    assert capsys.readouterr().err == ""  # no terminal
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    psysal.evaluate("center", cats, metrics=["auc"])
    shown = capsys.readouterr()
    assert "evaluating" in shown.err
    assert "3/3" in shown.err
    assert shown.out == ""
    psysal.evaluate("center", cats, metrics=["auc"], progress=False)
    assert capsys.readouterr().err == ""
    done = []
    psysal.evaluate("center", cats, metrics=["auc"], progress=done.append)
    assert done[-1] == 3
    assert capsys.readouterr().err == ""


def test_progress_is_a_line_in_jupyter(cats, monkeypatch):
    ipython = pytest.importorskip("IPython.display")
    shown = []
    handle = SimpleNamespace(update=lambda line: shown.append(line.data))
    monkeypatch.setattr(
        ipython, "display", lambda line, display_id: shown.append(line.data) or handle
    )
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    psysal.evaluate("center", cats, metrics=["auc"])
    assert shown[0] == "evaluating"
    assert shown[-1] == "evaluating: 3 of 3"
