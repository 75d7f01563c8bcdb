"""The learned model: a density by construction, taken apart exactly, from a file that tells all."""

import json
import random
from dataclasses import replace

import numpy as np
import pytest
from support.damage import altered, damaged, outcome

import psysal
from psysal import stimuli
from psysal.models import trained as module
from psysal.models.learned import Learned, softmax
from psysal.models.readout import Layer, Readout
from psysal.models.trained import Trained
from psysal.vision.features import Psychophysical
from psysal.vision.resize import resize

COLOR = Psychophysical((), energy=False, rarity=False, symmetry=False)  # nine planes
NAMES = COLOR.names


@pytest.fixture
def trained(rng):
    """A readout of colors, of random weights, with one layer of three units."""
    layer = Layer(rng.normal(0, 1, (2, 3, 9)), rng.normal(0, 1, 3), rng.normal(0, 1, 3))
    readout = Readout(
        (0, 2), rng.normal(0, 1, 9), rng.random(9) + 0.5, rng.normal(0, 1, (2, 9)), (layer,)
    )
    return Trained(COLOR, readout, np.log(rng.random((36, 48)) + 0.1), 0.8, {"loss": "kl"})


@pytest.fixture
def saved(trained, tmp_path):
    path = tmp_path / "readout.json"
    path.write_bytes(trained.encode())
    return path


# --- the density -------------------------------------------------------------


@pytest.mark.parametrize("readout", ["learned", "deep", "linear"])
@pytest.mark.parametrize("shape", [(75, 110), (8, 8), (300, 20), (600, 800)])
def test_the_map_is_a_density_of_any_picture(readout, shape, rng):
    image = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    for center in (True, False):
        found = Learned(readout, center_bias=center)(image)
        assert found.shape == shape
        assert found.dtype == np.float32
        assert found.sum(dtype=float) == pytest.approx(1, abs=1e-5)
        assert found.min() > 0


def test_it_is_the_softmax_of_the_readout_and_the_center_bias(saved, trained, photograph):
    features = COLOR(photograph)
    center = resize(trained.center[None].astype(np.float32), features.shape[1:], "linear")[0]
    logits = trained.readout.logits(features) + 0.8 * center
    whole = resize(logits[None].astype(np.float64), photograph.shape[:2], "linear")[0]
    expected = np.exp(whole) / np.exp(whole).sum()
    found = Learned(saved)(photograph, dtype="float64")
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    bare = Learned(saved, center_bias=False)(photograph, dtype="float64")
    expected = softmax(trained.readout.logits(features).astype(float), photograph.shape[:2])
    np.testing.assert_allclose(bare, expected, rtol=1e-4)


@pytest.mark.parametrize("name", ["learned", "deep"])
def test_models_by_name_are_the_shipped_readouts(name, photograph):
    found = psysal.saliency(photograph, model=name, normalize=None)
    np.testing.assert_allclose(found, Learned(name)(photograph), rtol=1e-4)


def test_in_a_table_it_has_its_name_and_a_file_of_ones_own_that_of_the_file(saved):
    from psysal.evaluation.named_models import by_name

    assert list(by_name(["learned", f"learned:{saved}"])) == ["learned", "readout.json"]


@pytest.mark.parametrize("name", ["search_color", "search_contrast"])
def test_the_odd_one_is_likelier_than_its_neighbours(name):
    """Trained on photographs, it has not forgotten what pops out."""
    for seed in range(3):
        display = stimuli.DISPLAYS[name](seed=seed)
        found = Learned(center_bias=False)(display.image)
        target = display.target_masks[0]
        assert found[target].mean() > 2 * found.mean()


def test_without_the_center_bias_the_middle_is_not_preferred(photograph):
    plain = np.full((300, 400, 3), 128, np.uint8)
    with_, without = (Learned(center_bias=c)(plain) for c in (True, False))
    assert with_[150, 200] > 3 * with_[5, 5]
    assert without.max() < 1.2 * without.min()


def test_threads_and_channel_order_make_no_difference(photograph):
    one, three = (Learned()(photograph, threads=n) for n in (1, 3))
    np.testing.assert_array_equal(one, three)
    bgr = Learned()(photograph[:, :, ::-1], channel_order="bgr")
    np.testing.assert_array_equal(bgr, one)


# --- taken apart -------------------------------------------------------------


def test_contributions_of_the_linear_readout_add_up_to_its_density(photograph):
    for center in (True, False):
        model = Learned("linear", center_bias=center)
        shares = model.contributions(photograph)
        assert shares.names == model.trained.front_end.names
        assert len(shares.planes) == 169
        found = softmax(shares.logits, photograph.shape[:2])
        np.testing.assert_allclose(found, model(photograph), rtol=2e-3)
        assert shares.center.any() == center


def test_a_share_is_what_goes_when_its_weights_do(trained, photograph):
    linear = replace(trained.readout, layers=())
    without = replace(linear, linear=linear.linear * (np.arange(9) != 4))
    features = COLOR(photograph)
    share = linear.terms(features)[4]
    np.testing.assert_allclose(linear.logits(features) - without.logits(features), share, atol=1e-6)


def test_hidden_units_do_not_split(photograph):
    with pytest.raises(ValueError, match="only a linear readout splits into contributions, got"):
        Learned().contributions(photograph)


# --- the file ----------------------------------------------------------------


def test_a_file_reads_back_as_it_was_written(trained, photograph):
    again = Trained.decode("it", trained.encode())
    assert again.encode() == trained.encode()
    assert again.metadata == {"loss": "kl"}
    np.testing.assert_allclose(
        again.logits(photograph), trained.logits(photograph), rtol=1e-3, atol=1e-3
    )


def test_a_file_can_be_read_with_the_eye(saved):
    held = json.loads(saved.read_text())
    assert [row["plane"] for row in held["inputs"]] == list(NAMES)
    assert held["front end"] == json.loads(json.dumps(COLOR.describe()))
    assert saved.read_text().count("\n") < 200


@pytest.mark.parametrize("readout", ["learned", "deep", "linear"])
def test_what_is_shipped_tells_where_it_comes_from(readout):
    about = Learned(readout).trained.metadata
    assert [data["dataset"] for data in about["data"]] == ["osie", "crowd"]
    assert [data["images"] for data in about["data"]] == [700, 500]
    assert all("MIT licence" in data["source"] for data in about["data"])
    factors = [held["factor"] for held in about["calibration"]["left out"].values()]
    assert np.prod(factors) == pytest.approx(1, abs=0.01)


def changed(text, **entries):
    held = json.loads(text)
    return json.dumps({**held, **entries})


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda t: t.replace('"mean": ', '"mean": 1', 1), "was changed since it was trained"),
        (lambda t: changed(t, loss="none"), "was changed since it was trained: its checksum does"),
        (
            lambda t: changed(t, format=1),
            "format 2 was expected, found 1; it is of another version",
        ),
        (
            lambda t: t[: len(t) // 2],
            "a learned readout in JSON was expected, found something else",
        ),
        (lambda t: "[1, 2]", "a learned readout was expected, found other JSON"),
        (lambda t: "{}", "a learned readout was expected, found other JSON"),
    ],
)
def test_a_file_that_cannot_be_right_is_refused_with_the_reason(saved, spoil, said):
    saved.write_text(spoil(saved.read_text()))
    with pytest.raises(ValueError, match=f"readout.json: .*{said}|readout.json: {said}"):
        Learned(saved)


@pytest.mark.parametrize(
    ("entry", "value", "said"),
    [
        ("front end", {"psychophysical": {"windows": []}}, "not the planes of its front end"),
        ("front end", {"psychophysical": {"sound": True}}, "unexpected keyword argument 'sound'"),
        ("front end", {"network": "deep", "digest": "", "layers": ["l3"], "size": 64}, "was chan"),
        ("center", {"gain": 1.0}, "'log_density'"),
        ("center", {"gain": 1.0, "log_density": [["a"]]}, "its weights are not numbers"),
        ("blurs", [0.0], "linear must have the shape"),
        ("layers", [{"bias": [1.0]}], "missing"),
    ],
)
def test_a_well_formed_file_of_nonsense_is_refused(saved, entry, value, said):
    held = json.loads(saved.read_text())
    held[entry] = value
    del held["checksum"]
    held["checksum"] = module._checksum(held)
    saved.write_text(json.dumps(held))
    with pytest.raises(ValueError, match=f"a learned readout was expected, but .*{said}"):
        Learned(saved)


def test_whatever_is_changed_in_a_file_is_refused(saved):
    data = saved.read_bytes()
    for what, content in damaged(data, flips=100):
        saved.write_bytes(content)
        _, refusal = outcome(Learned, saved)
        if refusal:
            assert refusal.startswith(f"{saved}: "), what
        else:  # white space, or 1 for 1.0, is as good
            assert json.loads(content) == json.loads(data), what


def test_a_fitting_checksum_excuses_no_value(saved, photograph):
    """Every value of another type or size is refused, or its map is one."""
    held = json.loads(saved.read_text())
    del held["checksum"]
    refused, small = 0, photograph[:16, :24]
    for what, content in random.Random(0).sample([*altered(held)], 120):
        content["checksum"] = module._checksum(content)
        saved.write_text(json.dumps(content))
        density, refusal = outcome(lambda: Learned(saved)(small))
        refused += refusal is not None
        assert refusal or density.sum(dtype=float) == pytest.approx(1, abs=1e-5), what
    assert 60 < refused < 120


@pytest.mark.parametrize("blurs", [[0, 1e9], [0, 1001], [0, -1], [0, float("nan")]])
def test_a_blur_that_takes_forever_is_refused(trained, blurs):
    with pytest.raises(ValueError, match="deviations in pixels from 0 to 1000, got 0, "):
        replace(trained.readout, blurs=blurs)


def test_the_work_of_a_file_is_bounded(trained):
    many = 5000
    layer = Layer(np.ones((2, many, 9)), np.ones(many), np.ones(many))
    with pytest.raises(ValueError, match="at most 10000 blurs times units, got 10002; take"):
        replace(trained.readout, layers=(layer,))
    windows = [[13, 26]] * 17
    text = trained.encode().decode().replace('"windows": []', f'"windows": {windows}')
    content = json.loads(text)
    del content["checksum"]
    content["checksum"] = module._checksum(content)
    with pytest.raises(ValueError, match="windows must be at most 16 pairs up to 512, got"):
        Trained.decode("many.json", json.dumps(content).encode())


def test_a_center_bias_or_gain_of_no_numbers_is_refused(trained):
    for gain in (float("nan"), float("inf"), "1", None, 10**400):
        with pytest.raises(ValueError, match="gain must be a finite"):
            replace(trained, gain=gain)
    with pytest.raises(ValueError, match="center must be finite"):
        replace(trained, center=np.full((3, 4), 1e300))


def test_a_name_that_is_no_file_says_what_there_is():
    with pytest.raises(ValueError, match="readout must be learned, deep, linear, or a file of"):
        Learned("large")
