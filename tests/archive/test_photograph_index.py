"""Photographs in an index: described once, kept after an interruption, and made in one way."""

import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from PIL import Image

from psysal.archive import photograph_index
from psysal.readers.icc import make_profile
from psysal.retrieval import Index, search_all

CASES = Path(__file__).parents[1] / "cases"
COUNT = 4


@pytest.fixture(autouse=True)
def folder(tmp_path, photograph, monkeypatch):
    """A working folder with a photograph, turned in four ways."""
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    for turns in range(COUNT):
        Image.fromarray(np.rot90(photograph, turns)).save(f"photos/{turns}.png")


def add(index, descriptor, **options):
    """What becomes of each photograph that is put into an index."""
    results = []
    photograph_index.add(index, descriptor, ["photos"], on_result=results.append, **options)
    return results


def test_a_photograph_is_described_once_and_again_when_it_has_changed(photograph):
    index, descriptor = photograph_index.open_index("index")
    with index:
        first = add(index, descriptor)
        assert [each.source for each in first] == [f"photos/{n}.png" for n in range(COUNT)]
        assert [each.name for each in first] == [os.path.abspath(each.source) for each in first]
        assert index.names == [each.name for each in first]
        assert all(each.vector.any() and each.version and not each.error for each in first)
        assert {each.vector is None for each in add(index, descriptor)} == {True}
        Image.fromarray(255 - photograph).save("photos/1.png")
        again = add(index, descriptor)
        assert [each.vector is None for each in again] == [True, False, True, True]
        assert len(index) == COUNT


def test_an_interrupted_run_keeps_what_it_described(monkeypatch):
    index, descriptor = photograph_index.open_index("index")

    real = photograph_index.describe

    def some(*arguments, **options):
        for number, photograph in enumerate(real(*arguments, **options)):
            if number == 2:
                raise KeyboardInterrupt
            yield photograph

    monkeypatch.setattr(photograph_index, "describe", some)
    with index, pytest.raises(KeyboardInterrupt):
        add(index, descriptor, threads=1)
    with Index("index") as again:
        assert len(again) == 2


def test_an_index_opens_with_its_own_settings():
    index, first = photograph_index.open_index("index", pooling="sum", model="none", engine="flat")
    index.close()
    index, again = photograph_index.open_index("index")
    with index:
        assert index.engine == "flat"
        assert again.fingerprint == first.fingerprint
    for setting in (
        {"pooling": "max"},
        {"model": "hou2007"},
        {"ppd": 30.0},
        {"engine": "exact"},
        {"front_end": "sift"},
    ):
        ((name, value),) = setting.items()
        with pytest.raises(ValueError, match=rf"index: was made with {name} .*, got {value}; le"):
            photograph_index.open_index("index", **setting)


def test_an_index_of_sift_that_names_no_front_end_still_answers():
    """Made by psysal before it had networks; it takes new photographs, and SIFT beside it."""
    shutil.copytree(CASES / "sift_index", "old")
    coffee = cv2.resize(skimage.data.coffee(), (320, 240), interpolation=cv2.INTER_AREA)
    Image.fromarray(coffee).save("photos/coffee.png")
    new, descriptor = photograph_index.open_index("new", front_end="sift")
    with new:
        add(new, descriptor)
    indexes, descriptor = photograph_index.open_indexes(["old", "new"])
    matches = search_all(indexes, [descriptor(coffee)], k=3)[0]
    assert [Path(match.name).name for match in matches[:2]] == ["coffee.png"] * 2
    assert [match.folder.name for match in matches[:2]] == ["old", "new"]
    assert matches[0].similarity == pytest.approx(1, abs=1e-5)
    assert matches[2].similarity < 0.5
    for index in indexes:
        index.close()
    index, descriptor = photograph_index.open_index("old")
    with index:
        assert {each.error for each in add(index, descriptor)} == {None}
        assert len(index) == 2 + COUNT + 1
    with pytest.raises(ValueError, match="old: was made with front_end sift, got deep; leave"):
        photograph_index.open_index("old", front_end="deep")


def test_front_ends_are_not_searched_together():
    for name in ("deep", "sift"):
        photograph_index.open_index(name, front_end=name)[0].close()
    indexes, _ = photograph_index.open_indexes(["deep", "sift"])
    assert [index.dimension for index in indexes] == [3072, 1024]
    with pytest.raises(ValueError, match="search them apart"):
        search_all(indexes, np.ones((1, 3072)))
    for index in indexes:
        index.close()


@pytest.mark.parametrize(
    ("model", "front_end", "exponent"),
    [("deep", "deep", 0.5), ("murray2011", "deep", 1), ("learned", "sift", 1), ("none", "deep", 1)],
)
def test_columns_are_weighted_by_the_root_of_a_density(model, front_end, exponent):
    descriptor = photograph_index.make_descriptor("sum", model, front_end=front_end)
    assert descriptor.exponent == exponent


def test_a_photograph_without_a_vector_says_why():
    Path("photos/text.jpg").write_text("no image")
    Image.fromarray(np.full((50, 60), 9, np.uint8)).save("photos/flat.png")
    descriptor = photograph_index.make_descriptor("sum", "none")
    results = {each.source: each for each in photograph_index.describe(descriptor, ["photos"])}
    assert "photos/text.jpg: is not an image in a known" in results["photos/text.jpg"].error
    assert results["photos/text.jpg"].vector is None
    assert results["photos/flat.png"].empty.startswith("photos/flat.png: has nothing that could")
    assert results["photos/0.png"].empty is None


def test_color_profiles_are_converted_or_ignored_as_the_index_says(photograph):
    profile = make_profile("linear", curve=1.0)
    Image.fromarray(photograph).save("photos/0.png", icc_profile=profile)
    vectors = {}
    for choice in (None, "ignore"):
        index, descriptor = photograph_index.open_index(f"index-{choice}", profile=choice)
        with index:
            results = add(index, descriptor)
        vectors[choice] = [each.vector for each in results]
        word = "converted from linear" if choice is None else "color profile ignored: linear"
        assert [word in each.remark for each in results] == [True, False, False, False]
    np.testing.assert_array_equal(vectors[None][1:], vectors["ignore"][1:])
    assert not np.array_equal(vectors[None][0], vectors["ignore"][0])
    with pytest.raises(ValueError, match="was made with profile ignore, got convert"):
        photograph_index.open_index("index-ignore", profile="convert")
    index, descriptor = photograph_index.open_index("old", profile="convert")
    with index:
        del index.metadata["profile"]  # as of before there was a choice
        assert photograph_index.profile_of(index) == "ignore"
        assert "ignored" in add(index, descriptor)[0].remark
