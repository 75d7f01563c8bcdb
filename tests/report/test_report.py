"""The report of an evaluation: one page that says what was measured, to anyone, offline."""

import base64
import io
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from psysal import plots
from psysal.evaluation import metrics, mit
from psysal.evaluation.profiles import LOWER_IS_BETTER, PROFILES
from psysal.image import read
from psysal.plots import base
from psysal.report import html as report

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

    def write(models, images, values, *, examples=4, **changed):
        asked = []

        def maps(model, image):
            asked.append((model, image))
            if model == "human_ceiling":
                raise ValueError("people have no map <of their own>")
            return np.arange(photograph[:, :, 0].size, dtype=float).reshape(photograph.shape[:2])

        scores, table = frames(models, images, values)
        text = report.html(
            scores, table, about(models, images, **changed),
            pictures=lambda name: read(tmp_path / "photo.png"), maps=maps,
            positions=lambda image: np.array([[10.0, 20.0], [109.5, 74.5]]), examples=examples,
        )  # fmt: skip
        return text, asked

    return write


MODELS = ["ours", "theirs", "human_ceiling", "uniform"]
LEVELS = {"ours": 0.6, "theirs": 0.8, "human_ceiling": 0.9, "uniform": 0.5}
IMAGES = [f"{i}.png" for i in range(10)]


def simple(model, image, metric):
    """Better models have higher scores, and lower ones where lower is better."""
    spread = 0 if model == "uniform" else 0.01 * IMAGES.index(image)
    if model == "theirs" and image == "3.png":
        return "the map has NaN; repair it"
    return (1 - LEVELS[model] - spread) if metric in ("kl", "emd") else LEVELS[model] + spread


class Reader(HTMLParser):
    """Elements, their attributes and their text; fails on tags that do not close."""

    VOID = frozenset({"meta", "img", "br", "wbr", "link"})

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
        if not {"style", "title"} & set(self.open):
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
    text, _ = page(MODELS, IMAGES, simple)
    reader = Reader(text)
    for name in ("link", "script", "iframe", "object", "style"):
        assert len(reader.all(name)) == (name == "style")
    assert "url(" not in re.sub(r"url\(#", "", text)
    assert "@import" not in text
    ids = {attrs["id"] for _, attrs in reader.elements if "id" in attrs}
    for tag, attrs in reader.elements:
        for key in ("href", "src", "xlink:href", "srcset", "data"):
            target = attrs.get(key, "#")
            if target.startswith("#"):
                assert target == "#" or target[1:] in ids
            elif tag == "a":
                assert target.startswith("https://doi.org/10.")
            else:
                assert target.startswith("data:image/jpeg;base64,")
    assert "https://doi.org/10.1000/cats.1" in text


def test_figures_are_well_formed_and_their_ids_their_own(page):
    text, _ = page(MODELS, IMAGES, simple)
    figures = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    assert len(figures) == 2 * len(EXACT)
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
        "human", "theirs", "ours", "uniform",
    ]  # fmt: skip
    assert head[0] == "Model"
    assert "lower is better" in head[1 + EXACT.index("kl")]
    assert "higher is better" in head[1]
    table = text[text.index("<table") : text.index("</table>")]
    assert re.findall(r"<b>(.*?)</b>", table) == [
        "0.153" if m in ("kl", "emd") else "0.847" for m in EXACT
    ]
    assert rows[1][1] == "0.847 ▲ better than ours [0.747, 0.947] 9 images"
    assert "▼ worse than ours" in rows[3][1]
    assert "▲ better than ours" in rows[1][1 + EXACT.index("kl")]  # lower, and so better
    assert "▲" not in rows[2][1]
    assert "▼" not in rows[2][1]


def test_the_page_says_what_was_compared_and_what_an_interval_is(page):
    words = Reader(page(MODELS, IMAGES, simple)[0]).text
    for sentence in (
        "4 models against the fixations of 5 people on 10 photographs of cats",
        "By AUC, theirs scores best of the models that depend on the image: 0.847 [0.747, 0.947]",
        "95 % of bootstrap samples of the images",
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
    words = Reader(page(MODELS, IMAGES, simple)[0]).text
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
    assert ours == ["9.png", "8.png", "0.png", "1.png"]
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
    assert len(images) == 8 + 8 + 8
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
    assert Reader(text).all("script") == []
    assert "<script" not in text
    assert text.count("&lt;script&gt;") > 10


@pytest.mark.parametrize("value", [NAN, -np.inf, np.inf, 0.5])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_one_model_one_image_any_value(page, value):
    text, _ = page(["ours"], IMAGES[:1], lambda *_: value)
    sign = {NAN: report.DASH, np.inf: "∞", -np.inf: "\N{MINUS SIGN}∞", 0.5: "0.500"}[value]
    assert table_rows(text)[1][1].startswith(sign)
    assert "1 model against" in text
    assert "There is nothing to compare" in text
    assert ("scores" in Reader(text).text.partition("An interval")[0]) == (value == 0.5)


def test_many_models_make_a_page_that_can_be_sent(page):
    models = [f"model_{i}" for i in range(14)]
    text, asked = page(models, IMAGES, lambda m, i, _: int(m[6:]) + IMAGES.index(i))
    assert len(asked) == 14 * 8
    assert len(text) < 10e6
    assert text == page(models, IMAGES, lambda m, i, _: int(m[6:]) + IMAGES.index(i))[0]


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
        names, means, intervals, ["0.75", "0.40", "0.50", report.DASH],
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


def test_markdown_is_one_line_a_model():
    _, table = frames(MODELS, IMAGES, simple)
    head, rule, *rows = report.markdown(table).splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert [cell.strip() for cell in head.strip("|").split("|")][:2] == ["model", "auc ↑"]
    assert "kl ↓" in head
    assert set(rule) == set("|:-")
    assert [row[0] for row in cells] == ["human_ceiling", "theirs", "ours", "uniform"]
    assert cells[0][1] == "0.945 [0.845, 1.045]"
    assert cells[1][1] == "**0.847 [0.747, 0.947]**"
    assert "a\\|b" in report.markdown(table.assign(model=table.model.replace("ours", "a|b")))
