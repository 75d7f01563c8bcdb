"""Photographs that models were trained on: known by content, declared by people, never scored."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from skimage import data as photographs

import psysal
from psysal.api import comparison
from psysal.evaluation.training import trained_on, was_trained_on
from psysal.fingerprint import fingerprint
from psysal.gaze import dataset
from psysal.models.learned import SHIPPED, Learned

PICTURES = ("astronaut", "coffee", "chelsea", "rocket", "camera")


def picture(name):
    return getattr(photographs, name)()


def make_set(folder, pictures, more="", size=(160, 120), suffix=".png"):
    """A set of photographs of some size, with two fixations on each."""
    folder.mkdir(parents=True)
    lines = ["image,x,y"]
    for number, name in enumerate(pictures):
        small = Image.fromarray(picture(name)).resize(size)
        small.save(folder / f"{number}{suffix}", quality=80)
        lines += [f"{number}{suffix},{30 + number},40", f"{number}{suffix},{90 - number},70"]
    (folder / "gaze.csv").write_text("\n".join(lines) + "\n")
    (folder / "dataset.toml").write_text(f'images = "*{suffix}"\nfixations = "gaze.csv"\n{more}')
    return dataset(folder)


@pytest.fixture
def readout(tmp_path):
    """The shipped readout as if it had been trained on three photographs."""
    marks = [fingerprint(picture(name)) for name in PICTURES[:3]]
    data = {"dataset": "portraits", "digest": "0" * 16, "photographs": marks}
    trained = replace(Learned("linear").trained, metadata={"data": [data]})
    (tmp_path / "readout.json").write_bytes(trained.encode())
    return Learned(tmp_path / "readout.json")


@pytest.mark.parametrize(
    ("pictures", "seen"),
    [(PICTURES[:3], "3 of the 3"), (PICTURES, "3 of the 5"), (PICTURES[2:], "1 of the 3")],
)
@pytest.mark.parametrize(("size", "suffix"), [((160, 120), ".png"), ((500, 410), ".jpg")])
def test_copies_are_refused_with_how_many_they_are(tmp_path, readout, pictures, seen, size, suffix):
    copies = make_set(tmp_path / "copies", pictures, size=size, suffix=suffix)
    words = rf"m was trained on {seen} photographs of copies \(those of portraits\), where its sco"
    with pytest.raises(ValueError, match=words):
        comparison({"m": readout}, copies)


def test_other_photographs_are_scored(tmp_path, readout):
    others = make_set(tmp_path / "others", PICTURES[3:])
    assert was_trained_on(readout, others) == ""
    table = psysal.evaluate({"m": readout}, others, metrics=["auc"])
    assert table.images.tolist() == [2]


def test_a_photograph_that_cannot_be_read_is_none_that_was_seen(tmp_path, readout):
    others = make_set(tmp_path / "others", PICTURES[3:])
    assert set(others.fingerprints) == {"0.png", "1.png"}
    again = dataset(tmp_path / "others")
    (tmp_path / "others" / "1.png").write_bytes(b"no picture")
    assert set(again.fingerprints) == {"0.png"}


@pytest.mark.parametrize("marks", [None, "0" * 32, ["0f"], [3], {"a": "0" * 32}])
def test_fingerprints_that_are_none_are_refused(tmp_path, readout, marks):
    trained = readout.trained
    trained.metadata["data"][0]["photographs"] = marks
    path = tmp_path / "odd.json"
    path.write_bytes(trained.encode())
    with pytest.raises(ValueError, match="train it anew"):
        _ = Learned(path).learned_from


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_readouts_know_the_photographs_of_both_sets(name):
    training = {one["dataset"]: one["photographs"] for one in Learned(name).learned_from}
    assert {key: len(marks) for key, marks in training.items()} == {"osie": 700, "crowd": 500}
    assert len({mark for marks in training.values() for mark in marks}) > 1190


def test_a_copy_of_osie_in_another_folder_is_refused_for_learned(data, tmp_path):
    """Ten photographs of OSIE, renamed, reduced and compressed anew, and two of EyeCrowd."""
    folder = tmp_path / "mine"
    folder.mkdir()
    sources = [*sorted((data / "osie" / "images").iterdir())[:20:2]]
    sources += sorted((data / "crowd" / "images").iterdir())[:2]
    lines = ["image,x,y"]
    for number, source in enumerate(sources):
        with Image.open(source) as original:
            original.resize((420, 315)).save(folder / f"p{number}.jpg", quality=70)
        lines.append(f"p{number}.jpg,{100 + number},{200 - number}")
    (folder / "gaze.csv").write_text("\n".join(lines))
    (folder / "dataset.toml").write_text('images = "*.jpg"\nfixations = "gaze.csv"')
    words = r"learned was trained on 12 of the 12 photographs of mine \(those of osie, crowd\)"
    with pytest.raises(ValueError, match=words):
        comparison(["murray2011", "learned"], dataset(folder))


# --- declared ----------------------------------------------------------------


@pytest.fixture
def net(tmp_path):
    """Maps of somebody's network for a set of two photographs."""
    folder = tmp_path / "maps" / "net"
    folder.mkdir(parents=True)
    for number in (0, 1):
        np.save(folder / f"{number}.npy", np.arange(120.0 * 160).reshape(120, 160))
    return folder


def test_networks_are_declared_with_the_set_and_beside_their_maps(tmp_path, net):
    more = 'trained_on = {net = ["mit1003"], other = ["salicon"]}'
    own = make_set(tmp_path / "own", PICTURES[3:], more)
    named = comparison([f"maps:{net}", "learned"], own)
    assert trained_on(named.models, own) == {"net": ["mit1003"], "learned": ["osie", "crowd"]}
    net.with_name("net.toml").write_text('trained_on = ["salicon", "mit1003"]')
    about = named.description()
    assert about["trained_on"] == {"net": ["mit1003", "salicon"], "learned": ["osie", "crowd"]}
    json.dumps(about)


def test_scores_go_on_when_a_network_is_declared_later(tmp_path, net):
    own = make_set(tmp_path / "own", PICTURES[3:])
    log = tmp_path / "scores.jsonl"
    before = comparison(f"maps:{net}", own, metrics=["auc"]).scores(checkpoint=log)
    net.with_name("net.toml").write_text('trained_on = ["salicon"]')
    length = log.stat().st_size
    after = comparison(f"maps:{net}", own, metrics=["auc"]).scores(checkpoint=log)
    assert after.equals(before)
    assert log.stat().st_size == length


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('train_on = ["a"]', r"keys must be among trained_on, got train_on; did you mean trained_"),
        ('trained_on = "mit1003"', r"a list of the names of data sets was expected"),
        ("trained_on = [1]", r"a list of the names of data sets was expected"),
        ("trained_on", r"TOML was expected"),
    ],
)
def test_a_declaration_that_is_none_is_refused(tmp_path, net, text, said):
    own = make_set(tmp_path / "own", PICTURES[3:])
    net.with_name("net.toml").write_text(text)
    with pytest.raises(ValueError, match=rf"net\.toml: {said}"):
        comparison(f"maps:{net}", own).description()


def test_a_declaration_in_a_set_is_a_table_of_lists(tmp_path):
    with pytest.raises(ValueError, match=r"dataset\.toml: trained_on must be a table of lists"):
        make_set(tmp_path / "one", PICTURES[3:], 'trained_on = ["mit1003"]')
    with pytest.raises(ValueError, match=r"dataset\.toml: trained_on: a list of the names"):
        make_set(tmp_path / "two", PICTURES[3:], 'trained_on = {net = "mit1003"}')
