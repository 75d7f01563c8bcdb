"""The tables of docs/displays.md: what the models see, failures included."""

import sys
from pathlib import Path

import numpy as np
import pytest

from psysal import stimuli

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def displays():
    sys.path.insert(0, str(REPOSITORY / "benchmarks" / "make"))
    import displays

    yield displays
    sys.path.remove(str(REPOSITORY / "benchmarks" / "make"))


@pytest.fixture(scope="module")
def printed():
    """The cells of a table in the docs, by its first columns."""

    def rows(name, labels):
        text = (REPOSITORY / "docs" / "displays.md").read_text()
        _, table, _ = text.split(f"<!-- {name} -->")
        lines = [line.strip("| ").split(" | ") for line in table.strip().split("\n")[2:]]
        return {tuple(line[:labels]): line[labels:] for line in lines}

    return rows


@pytest.fixture(scope="module")
def illusions(displays):
    return displays.illusions()


def test_every_illusion_is_in_the_table_as_the_models_see_it_today(displays, printed, illusions):
    table = printed("illusions", 1)
    assert [name for (name,) in table] == [n for n in stimuli.DISPLAYS if "search" not in n]
    for (name,), cells in table.items():
        for values in illusions[name][1].values():
            *numbers, said = cells[:4]
            cells = cells[4:]
            if values[0] is None:
                assert (numbers, said) == (["-"] * 3, "no color")
            else:
                np.testing.assert_allclose([float(n) for n in numbers], values, atol=0.06)
                assert said == displays.verdict(values)


@pytest.mark.parametrize(
    "name",
    ["simultaneous_contrast", "chevreul", "mach_bands", "grating_induction", "dungeon"],
)
def test_both_models_see_it_as_people_do_at_every_distance(displays, illusions, name):
    assert {displays.verdict(values) for values in illusions[name][1].values()} == {"yes"}


@pytest.mark.parametrize("name", ["white", "chromatic_simultaneous_contrast", "ring_induction"])
def test_the_model_of_color_sees_it_as_people_do(displays, illusions, name):
    assert displays.verdict(illusions[name][1]["CIWaM"]) == "yes"


def test_failures_stand_in_the_table(displays, illusions):
    def verdicts(name):
        return {displays.verdict(values) for values in illusions[name][1].values()}

    assert verdicts("todorovic") == {"reversed"}
    assert verdicts("cornsweet") == {"nothing"}
    assert "reversed" in verdicts("hermann_grid")


def test_search_is_in_the_table_as_the_models_do_it_today(displays, printed):
    table = printed("search", 2)
    names = [n for n in stimuli.DISPLAYS if "search" in n]
    assert list(table) == [(name, model) for name in names for model in displays.SALIENT]
    ranks = displays.search(contrasts=(0.1, 1.0))
    for (name, model), cells in table.items():
        values = [float(cells[displays.CONTRASTS.index(c)]) for c in (0.1, 1.0)]
        # grouping may choose between blocks that match to the last bit
        np.testing.assert_allclose(
            ranks[name][model], values, atol=0.5 if model == "2013" else 0.02
        )


@pytest.mark.parametrize("model", ["2011", "2013"])
@pytest.mark.parametrize("name", ["search_orientation", "search_size", "search_density"])
def test_the_target_rises_with_contrast_where_search_gets_easier(printed, name, model):
    cells = [float(cell) for cell in printed("search", 2)[name, model]]
    assert max(cells[:2]) < min(cells[2:]) + 0.01
    assert cells[-1] > cells[0]


def test_the_centre_does_not_look_at_the_display(printed):
    for (name, model), cells in printed("search", 2).items():
        if model == "centre" and name in ("search_color", "search_contrast"):
            assert len(set(cells)) == 1


def test_no_illusion_without_its_surround(displays):
    """Targets on a plain ground: whatever differed was induced."""
    from dataclasses import replace

    display = stimuli.simultaneous_contrast(ppd=16)
    image = np.full(display.image.shape, 0.2)
    for mask in display.target_masks:
        image[mask] = 0.5
    for model in (make(ppd=16) for make in displays.SEEN.values()):
        plain = displays.effect(replace(display, image=image), model)
        assert abs(plain) < 0.1 * displays.effect(display, model)


def test_the_rank_of_a_target(displays):
    display = stimuli.search_color(ppd=8)
    mask = display.target_masks[0]
    assert displays.rank(display, lambda image: np.where(mask, 2.0, 1.0)) == pytest.approx(
        100 * (1 - mask.mean())
    )
    assert displays.rank(display, lambda image: np.where(mask, 1.0, 2.0)) == 0
