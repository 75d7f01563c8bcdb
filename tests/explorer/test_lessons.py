"""Lessons and explanations of the explorer: their views open, and what they say is so."""

import re
from pathlib import Path

import numpy as np
import pytest

from psysal.evaluation import metrics
from psysal.explorer import texts
from psysal.explorer.address import parse_view
from psysal.explorer.pictures import get_example
from psysal.explorer.scores import METRICS, draw_fixations
from psysal.explorer.texts import LESSONS, TERMS, model_choices, wavelet_choices
from psysal.explorer.view import MODEL_NAMES, view
from psysal.models.registry import MODELS
from psysal.stimuli import DISPLAYS

DOCS = Path(__file__).parents[2] / "docs"


def opened(lesson, **controls):
    """The view of a lesson, with some controls turned."""
    shared = parse_view(LESSONS[lesson]["view"])
    settings = shared.settings
    for name, value in controls.items():
        settings = settings.with_control(name, value)
    return view(get_example(shared.picture).pixels, settings)


def test_there_are_ten_lessons_and_all_are_short():
    assert len(LESSONS) == 10
    for lesson in LESSONS.values():
        assert set(lesson) == {"title", "view", "question", "do", "see"}
        assert lesson["title"].endswith("?")
        assert "?" in lesson["question"]
        assert all(len(text.split()) < 60 for text in lesson.values())
        parse_view(lesson["view"])


def test_first_look_has_one_winner_and_many_draws():
    paths = [
        opened("first-look", rule=rule, seed=seed).path.positions
        for rule in ("winner", "saccades")
        for seed in (0, 1)
    ]
    np.testing.assert_array_equal(paths[0], paths[1])
    assert not np.array_equal(paths[2], paths[3])
    apart = np.hypot(*(paths[0][:, None] - paths[0]).T)
    assert apart[np.triu_indices(5, 1)].min() > 64  # two degrees


def test_pop_out_is_of_two_channels():
    target = get_example("search_color").target
    ranks = []
    for channel in range(3):
        values = opened("pop-out", channel=channel).planes["contribution"].values
        ranks.append((values < values[target].max()).mean())
    assert min(ranks[0], ranks[2]) > 0.99998
    assert ranks[1] < 0.98


def test_a_conjunction_does_not_pop_out():
    def auc(name):
        picture = get_example(name)
        y, x = np.nonzero(picture.target)
        saliency = view(picture.pixels, parse_view("").settings).planes["map"].values
        return metrics.auc(saliency, np.stack([x, y], axis=1))

    assert auc("search_conjunction") < 0.96 < 0.99 < auc("search_color")


@pytest.mark.parametrize(("lesson", "sign"), [("white", 1), ("shadow", -1)])
def test_the_same_grey_is_perceived_as_two(lesson, sign):
    shown = opened(lesson)
    more, less = DISPLAYS[parse_view(LESSONS[lesson]["view"]).picture](ppd=32).target_masks
    photograph, percept = (shown.planes[name].values[..., 0] for name in ("photograph", "map"))
    assert photograph[more].mean() == photograph[less].mean()
    assert 1 < sign * (percept[more].mean() - percept[less].mean()) < (30 if sign > 0 else 4)


def test_the_map_is_smoother_from_afar():
    maps = [opened("distance", ppd=ppd).planes["map"].values for ppd in (16, 32, 64)]
    changes = [np.abs(np.diff(values, axis=0)).mean() for values in maps]
    assert changes[0] > 1.3 * changes[1] > 1.6 * changes[2]


@pytest.mark.parametrize("wavelet", ["haar", "db4", "sym4"])
def test_the_filter_matters(wavelet):
    assert 0.5 < opened("wavelet", wavelet=wavelet).correlation < 0.7


def test_one_model_is_the_middle_and_the_other_is_not():
    assert round(opened("middle").correlation, 1) == 0.9
    assert opened("middle", name="murray2011").correlation < 0.2


def test_only_the_network_begins_at_the_face():
    rows, cols = slice(60, 190), slice(170, 280)  # of the astronaut's face

    def on_face(shown):
        x, y = shown.path.positions.T
        return ((rows.start <= y) & (y < rows.stop) & (cols.start <= x) & (x < cols.stop)).tolist()

    assert on_face(opened("faces")) == [False] * 4
    assert on_face(opened("faces", name="deep", rule="winner", count=4))[0]


def test_chance_is_a_half_in_the_mean_only():
    saliency = opened("chance").planes["map"].values
    random = np.random.default_rng(0)
    by_chance, by_map = (
        [metrics.auc(saliency, draw_fixations(weights, 20, random)) for _ in range(100)]
        for weights in (np.ones_like(saliency), saliency)
    )
    assert abs(np.mean(by_chance) - 0.5) < 0.02
    assert np.mean(np.abs(np.array(by_chance) - 0.5) > 0.05) > 0.3
    assert np.mean(np.array(by_map) > 0.5) > 0.99


def test_the_documentation_lists_the_lessons():
    page = DOCS.joinpath("howto", "explore.md").read_text("utf-8")
    for number, lesson in enumerate(LESSONS.values(), start=1):
        assert f"| {number} | {lesson['title']} | {lesson['question']} |" in page


@pytest.mark.parametrize("name", TERMS)
def test_a_term_has_two_sentences_and_a_page_that_is_there(name):
    term = TERMS[name]
    assert len(re.findall(r"[.!?](?: |$)", term["text"])) == 2, term["text"]
    page, _, anchor = term["page"].partition("#")
    headings = re.findall(r"^#+ (.*)$", DOCS.joinpath(page).read_text("utf-8"), re.MULTILINE)
    assert anchor in ("", *(heading.lower().replace(" ", "-") for heading in headings))
    assert re.fullmatch(r"10\.\d{4,}/\S+", term["doi"])


def test_every_explanation_is_asked_for_on_the_page_and_every_one_is_there():
    page = DOCS.parent.joinpath("psysal/explorer/page.html").read_text("utf-8")
    asked = {*re.findall(r'help\("(\w+)"\)', page)}
    asked |= {name.rpartition(".")[2] for name in re.findall(r'slider\("([\w.]+)"', page)}
    asked |= {*re.findall(r'card\("\w+", "[^"]+", "(\w+)"\)', page)}
    asked |= {name.lower().replace(" ", "_") for name in METRICS}
    asked |= {*re.findall(r'\("(\w+)", "(?:Peak|Width|Level)', page)}  # of both sensitivities
    assert asked == set(TERMS)


def test_models_and_wavelets_have_a_full_name_and_a_line():
    models = model_choices()
    assert tuple(model.name for model in models) == MODEL_NAMES
    for choice in (*models, *wavelet_choices()):
        assert choice.line
        assert choice.title or not MODELS[choice.name].paper
    assert len({choice.title for choice in wavelet_choices()}) == len(wavelet_choices())


def test_terms_link_to_the_documentation_where_the_package_says_where_it_is(monkeypatch):
    from email.message import Message

    about = Message()
    monkeypatch.setattr(texts, "metadata", lambda name: about)
    assert texts.documentation_url() == ""
    about["Project-URL"] = "Source, https://example.org/source"
    about["Project-URL"] = "Documentation, https://example.org/docs/"
    assert texts.documentation_url() == "https://example.org/docs/"
