"""Models held against people: nothing scored on what it has seen, nothing lost, nothing hidden."""

import json
import weakref
from dataclasses import replace

import numpy as np
import pandas
import pytest

import psysal
from psysal import image as pictures
from psysal import mapfile
from psysal.api import comparison
from psysal.evaluation import metrics, mit
from psysal.evaluation.compare import Comparison
from psysal.evaluation.density import density, map_to_density
from psysal.evaluation.references import CenterBias, LeaveOneObserverOut
from psysal.evaluation.summary import summary
from psysal.gaze import Dataset, Fixations

ROWS, COLS = 40, 60


@pytest.fixture
def looked(tmp_path, rng):
    """Eight photographs with a spot each; four people look at it, and at the middle."""
    names, images = [f"{i}.png" for i in range(8)], {}
    rows = []
    for i, name in enumerate(names):
        spot = np.array([8 + 6 * i, 10 + 2 * i])
        pixels = rng.integers(90, 110, (ROWS, COLS, 3), dtype=np.uint8)
        x, y = spot
        pixels[y - 3 : y + 4, x - 3 : x + 4] = 220, 40, 40
        images[name] = tmp_path / name
        images[name].write_bytes(mapfile.encode(pixels, "png8"))
        for who in range(4):
            for order in range(5):
                where = spot if order % 2 else (COLS / 2, ROWS / 2)
                x, y = (where + rng.normal(0, 2.5, 2)).clip(0, (COLS - 1, ROWS - 1))
                rows.append((name, who, order, x, y))
    return Dataset("spots", images, Fixations(*zip(*rows, strict=True)), ppd=4.0)


def of(fixations, name):
    part = fixations.of(name)
    return np.stack([part.x, part.y], axis=1)


def value(scores, model, image, metric):
    chosen = (scores.model == model) & (scores.image == image) & (scores.metric == metric)
    (found,) = scores[chosen].value
    return found


def reds(pixels):
    return pixels[:, :, 0] - 0.5 * pixels[:, :, 1]


# --- the numbers -------------------------------------------------------------


def test_every_score_is_that_of_its_metric(looked):
    every = ["auc", "shuffled_auc", "nss", "cc", "similarity", "kl", "emd"]
    scores = comparison({"red": reds}, looked, metrics=every).scores()
    assert list(scores) == ["model", "image", "metric", "value", "fixations", "problem"]
    assert len(scores) == 8 * len(every)
    for name, path in looked.images.items():
        found = reds(pictures.read(path))
        seen = of(looked.fixations, name)
        others = np.concatenate([of(looked.fixations, n) for n in looked.images if n != name])
        target = density(seen, (ROWS, COLS), ppd=4)
        expected = {
            "auc": metrics.auc(found, seen),
            "shuffled_auc": metrics.shuffled_auc(found, seen, others),
            "nss": metrics.nss(found, seen),
            "cc": metrics.cc(found, target),
            "similarity": metrics.similarity(map_to_density(found), target),
            "kl": metrics.kl(target, map_to_density(found)),
            "emd": metrics.emd(map_to_density(found), target),
        }
        for metric, number in expected.items():
            assert value(scores, "red", name, metric) == pytest.approx(number, abs=1e-12)


def test_the_profile_mit_is_that_of_its_metrics(looked):
    scores = comparison({"red": reds}, looked, profile="mit").scores()
    name = "3.png"
    found = reds(pictures.read(looked.images[name]))
    fixation_map = np.zeros((ROWS, COLS))
    for x, y in of(looked.fixations, name).astype(int):
        fixation_map[y, x] = 1
    assert value(scores, "red", name, "auc_judd") == mit.auc_judd(found, fixation_map)
    assert value(scores, "red", name, "nss") == mit.nss(found, fixation_map)
    assert value(scores, "red", name, "cc") == mit.cc(found, mit.blur(fixation_map))
    assert value(scores, "red", name, "kl") == mit.kl(mit.blur(fixation_map), found)
    drawn = scores[scores.metric.isin(["auc_borji", "auc_shuffled"])].value
    assert drawn.between(0.4, 1).all()


def test_what_is_drawn_is_drawn_once_and_for_all(looked):
    """The same random pixels for every model and on every day."""
    models = {"a": reds, "b": lambda pixels: 2.0 * reds(pixels)}
    first, again = (comparison(models, looked, profile="mit").scores() for _ in range(2))
    pandas.testing.assert_frame_equal(first, again)
    a, b = (first[first.model == m].value.to_numpy() for m in "ab")
    np.testing.assert_allclose(a, b, atol=1e-12)


def test_a_model_that_finds_the_spots_beats_chance_and_people_beat_the_center(looked):
    models = {"red": reds, "center": "center_bias", "people": "leave_one_observer_out",
              "even": "uniform", "noise": "noise"}  # fmt: skip
    table = psysal.evaluate(models, looked)
    auc = table[table.metric == "auc"].set_index("model")["mean"]
    assert auc["even"] == 0.5
    assert abs(auc["noise"] - 0.5) < 0.05
    assert auc["people"] > auc["center"] > 0.6
    shuffled = table[table.metric == "shuffled_auc"].set_index("model")["mean"]
    assert shuffled["red"] > 0.6 > shuffled["center"]


def test_the_2011_model_on_osie_is_where_an_independent_program_has_it(data):
    """Full resolution, every fixation, shuffled against all other images."""
    table = psysal.evaluate("murray2011", data / "osie").set_index("metric")
    assert table["mean"]["auc"] == pytest.approx(0.7693, abs=0.001)
    assert table["mean"]["shuffled_auc"] == pytest.approx(0.7230, abs=0.001)
    assert table["mean"]["nss"] == pytest.approx(1.0352, abs=0.005)
    assert (table.images == 700).all()
    assert ((table.low < table["mean"]) & (table["mean"] < table.high)).all()


def test_the_numbers_do_not_depend_on_threads(looked):
    models = {
        "red": reds,
        "leave_one_observer_out": "leave_one_observer_out",
        "murray2011": "murray2011",
    }
    one, three = (comparison(models, looked).scores(threads=n) for n in (1, 3))
    pandas.testing.assert_frame_equal(one, three)


# --- nobody is scored on what they have seen ---------------------------------


def test_the_center_bias_of_an_image_knows_nothing_of_it(looked):
    seen = looked.fixations
    moved = Fixations(
        seen.image, seen.subject, seen.order, np.where(seen.image == "2.png", 1.0, seen.x), seen.y
    )
    before, after = (
        CenterBias(f, looked.sizes).map_for("2.png", (ROWS, COLS)) for f in (seen, moved)
    )
    np.testing.assert_array_equal(before, after)
    others = [n for n in looked.images if n != "2.png"]
    assert any(
        (CenterBias(seen, looked.sizes).map_for(n, (ROWS, COLS))
         != CenterBias(moved, looked.sizes).map_for(n, (ROWS, COLS))).any()
        for n in others
    )  # fmt: skip


def test_the_center_bias_follows_the_size_of_the_image(looked):
    bias = CenterBias(looked.fixations, looked.sizes)
    small, large = bias.map_for("0.png", (ROWS, COLS)), bias.map_for("0.png", (2 * ROWS, 2 * COLS))
    assert small.sum() == pytest.approx(1)
    assert large.sum() == pytest.approx(1)
    halved = large.reshape(ROWS, 2, COLS, 2).sum(axis=(1, 3))
    assert 0.5 * abs(halved - small).sum() < 0.02


def test_each_observer_is_predicted_by_the_others_alone(looked):
    ceiling = LeaveOneObserverOut(looked.fixations, looked.sizes, width=4)
    seen = looked.fixations.of("1.png")
    for who, (found, own) in enumerate(ceiling.held_out("1.png", (ROWS, COLS))):
        rest = of(seen.without(who), "1.png")
        plain = density(rest, (ROWS, COLS), ppd=4)
        mixed = (len(rest) * plain + 1 / (ROWS * COLS)) / (len(rest) + 1)
        np.testing.assert_allclose(found, mixed, rtol=1e-11)
        np.testing.assert_array_equal(own, of(seen, "1.png")[seen.subject == who])


def test_the_ceiling_weighs_observers_by_their_fixations(looked):
    few = looked.fixations
    kept = np.array([not (s == 0 and o > 1) for s, o in zip(few.subject, few.order, strict=True)])
    columns = (few.image, few.subject, few.order, few.x, few.y)
    uneven = Fixations(*(column[kept] for column in columns))
    scores = comparison(
        "leave_one_observer_out", replace(looked, fixations=uneven), metrics=["nss"]
    ).scores()
    ceiling = LeaveOneObserverOut(uneven, looked.sizes)
    total, count = 0.0, 0
    for found, own in ceiling.held_out("5.png", (ROWS, COLS)):
        total, count = total + len(own) * metrics.nss(found, own), count + len(own)
    assert value(scores, "leave_one_observer_out", "5.png", "nss") == pytest.approx(total / count)


def test_the_ceiling_has_no_metric_of_whole_densities(looked):
    table = psysal.evaluate(["uniform", "leave_one_observer_out"], looked, metrics=["auc", "cc"])
    assert list(zip(table.model, table.metric, strict=True)) == [
        ("uniform", "auc"), ("uniform", "cc"), ("leave_one_observer_out", "auc"),
    ]  # fmt: skip


# --- interruptions -----------------------------------------------------------


class Counted:
    """A model that counts its calls."""

    def __init__(self):
        self.calls = 0

    def __call__(self, pixels):
        self.calls += 1
        return reds(pixels)


def test_an_interrupted_evaluation_goes_on_and_gives_the_same_table(looked, tmp_path):
    checkpoint = tmp_path / "report" / "scores.jsonl"
    whole = comparison({"red": Counted()}, looked).scores()

    def interrupt(done):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        comparison({"red": Counted()}, looked).scores(checkpoint=checkpoint, progress=interrupt)
    with checkpoint.open("a") as file:
        file.write('{"model": "red", "im')  # as a machine that goes down leaves it
    counted, steps = Counted(), []
    resumed = comparison({"red": counted}, looked).scores(
        checkpoint=checkpoint, progress=steps.append
    )
    pandas.testing.assert_frame_equal(resumed, whole)
    assert counted.calls == 5
    assert steps == [3, 4, 5, 6, 7, 8]
    again = Counted()
    pandas.testing.assert_frame_equal(
        comparison({"red": again}, looked).scores(checkpoint=checkpoint), whole
    )
    assert again.calls == 0


def test_a_model_added_or_changed_is_scored_and_the_others_are_kept(looked, tmp_path):
    checkpoint = tmp_path / "scores.jsonl"
    counted = Counted()
    comparison({"red": counted, "c": psysal.Center()}, looked).scores(checkpoint=checkpoint)
    models = {"red": counted, "c": psysal.Center(sigma=0.1), "even": psysal.Uniform()}
    found = comparison(models, looked).scores(checkpoint=checkpoint)
    assert counted.calls == 8
    fresh = comparison({"c": psysal.Center(sigma=0.1)}, looked).scores()
    kept = found[found.model == "c"].reset_index(drop=True)
    pandas.testing.assert_frame_equal(kept, fresh)


def test_a_journal_of_something_else_is_refused_and_left_alone(looked, tmp_path):
    checkpoint = tmp_path / "scores.jsonl"
    comparison("uniform", looked).scores(checkpoint=checkpoint)
    before = checkpoint.read_bytes()
    with pytest.raises(ValueError, match="holds scores with metrics auc, shuffled_auc, nss, now "):
        comparison("uniform", looked, metrics=["cc"]).scores(checkpoint=checkpoint)
    fewer = replace(looked, fixations=looked.fixations.without_first())
    with pytest.raises(ValueError, match="holds scores with fixations 160, now it is 128; choose"):
        comparison("uniform", fewer).scores(checkpoint=checkpoint)
    assert checkpoint.read_bytes() == before
    for junk in (b"dear diary", b"dear diary\n", b'["psysal scores"]\n', before + b"what?\n"):
        checkpoint.write_bytes(junk)
        with pytest.raises(ValueError, match="expected, found something else; choose another"):
            comparison("uniform", looked).scores(checkpoint=checkpoint)
        assert checkpoint.read_bytes() == junk


def test_maps_are_forgotten_once_they_are_scored(looked):
    alive, most = weakref.WeakSet(), 0

    class Map(np.ndarray):
        pass

    def model(pixels):
        nonlocal most
        found = reds(pixels).view(Map)
        alive.add(found)
        most = max(most, len(alive))
        return found

    Map.__hash__ = object.__hash__
    comparison({"red": model}, looked).scores(threads=2)
    assert 1 <= most <= 4


# --- what is left out, and said ----------------------------------------------


def test_a_map_that_cannot_be_scored_is_left_out_with_the_reason(looked):
    shown = iter(range(8))

    def model(pixels):
        found, place = reds(pixels), next(shown)
        if place == 0:
            return found[::2]
        if place == 1:
            found[3, 4] = np.nan
        if place == 2:
            raise ValueError("this one I cannot do")
        return found

    scores = comparison({"red": model, "even": "uniform"}, looked).scores(threads=1)
    bad = scores[scores.problem != ""]
    assert bad.value.isna().all()
    assert set(bad.model) == {"red"}
    reasons = bad.drop_duplicates("image").problem.tolist()
    assert reasons[0].startswith("a map of the image's size (40, 60) was expected, got (20, 60)")
    assert reasons[1].startswith("saliency must be finite")
    assert reasons[2] == "this one I cannot do"
    table = summary(scores)
    assert table.left_out.tolist() == [3] * 3 + [0] * 3


def test_a_picture_that_cannot_be_read_is_left_out_for_who_looks_at_it(looked):
    scores = comparison(["uniform", "center_bias"], looked)
    data = looked.images["4.png"].read_bytes()
    looked.images["4.png"].write_bytes(data[:200])
    bad = scores.scores().query("problem != ''")
    assert set(bad.model) == {"uniform"}
    assert set(bad.image) == {"4.png"}
    assert "damaged or cut short" in bad.problem.iloc[0]


def test_fixations_outside_are_dropped_and_counted_and_images_without_are_named(looked):
    seen = looked.fixations
    x = np.where(seen.image == "6.png", 1000.0, seen.x)
    out = replace(looked, fixations=Fixations(seen.image, seen.subject, seen.order, x, seen.y))
    found = comparison("uniform", out)
    about = found.description()
    assert about["dropped"] == 20
    assert about["without_fixations"] == ["6.png"]
    assert "6.png" not in set(found.scores().image)
    assert json.loads(json.dumps(about)) == about
    nobody = replace(looked, fixations=Fixations([], [], [], [], []))
    with pytest.raises(
        ValueError, match="spots: fixations inside images were expected, found none"
    ):
        comparison("uniform", nobody)


def test_one_subject_has_no_ceiling_and_one_image_no_center_bias(looked):
    seen = looked.fixations
    alone = seen
    for who in (1, 2, 3):
        alone = alone.without(who)
    with pytest.raises(ValueError, match="at least two subjects, got 1; leave it out"):
        comparison("leave_one_observer_out", replace(looked, fixations=alone))
    one = replace(looked, fixations=seen.of("0.png"))
    with pytest.raises(ValueError, match="fitted on other images, got 1 with fixations"):
        comparison("center_bias", one)
    scores = comparison("uniform", one).scores()
    assert "fixations on other images were expected" in scores.problem.iloc[0]


def test_what_makes_no_sense_is_refused(looked):
    for models, options, said in [
        ("sim", {}, "model must be one of murray2011, .*, maps:FOLDER, .* or onnx:FILE, got 'sim'"),
        ([], {}, "a comparison needs a model and a metric, got none"),
        ("uniform", {"metrics": []}, "a comparison needs a model and a metric"),
        ("uniform", {"metrics": ["AUC"]}, "metrics of the profile exact are auc, .*, got AUC"),
        ("uniform", {"profile": "loose"}, "profile must be one of exact, mit, tuebingen, got"),
        (["uniform", psysal.Uniform()], {}, "a name of its own, got uniform twice; pass a dict"),
    ]:
        with pytest.raises(ValueError, match=said):
            comparison(models, looked, **options)
    with pytest.raises(TypeError, match="a model must be a name or a callable, got int"):
        comparison({"a": 3}, looked)
    somewhere = replace(looked, ppd=None)
    with pytest.raises(ValueError, match="does not tell its pixels per degree, which cc, emd need"):
        comparison("uniform", somewhere, metrics=["auc", "cc", "emd"])
    assert isinstance(comparison("uniform", somewhere, metrics=["cc"], ppd=4), Comparison)
