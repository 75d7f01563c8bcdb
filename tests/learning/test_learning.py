"""Readouts against a slow twin and finite differences; fits against what was planted."""

import json
import random
import re
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pytest
from support import oracles
from support.damage import altered, damaged, outcome

from psysal.evaluation.divergences import value_and_gradient
from psysal.learning import adam
from psysal.learning.adam import fit_small
from psysal.learning.examples import feature_statistics, mean_loss
from psysal.learning.linear import fit_linear
from psysal.models.readout import Layer, Readout, forward, gradient

GRIDS = (14, 18), (18, 14), (12, 20)
SMALL = {"blurs": (0, 2), "units": (4,), "dropout": 0.0, "decay": 0.0}


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def drawn(seed=0, inputs=3, units=(), blurs=(0, 1, 2.5), kind=np.float64):
    """A readout at random."""
    rng = np.random.default_rng(seed)
    layers, before = [], inputs
    for n in units:
        weights = rng.normal(0, 1, (len(blurs), n, before))
        layers.append(Layer(weights, rng.normal(0, 1, n), rng.normal(0, 1, n)))
        before = n
    linear = rng.normal(0, 1, (len(blurs), inputs)).astype(kind)
    return Readout(blurs, rng.normal(0, 3, inputs), rng.gamma(2, 1, inputs), linear, tuple(layers))


@dataclass
class Made:
    """Images of noise, and fixations drawn from the density of a rule, all in memory."""

    rule: object  # features -> logits
    count: int = 24
    seed: int = 1
    inputs: int = 3
    fixations: int = 400
    grids: tuple = GRIDS
    seen: list = field(default_factory=list)
    changed: dict = field(default_factory=dict)

    def __post_init__(self):
        self.rng = np.random.default_rng(self.seed)
        self.made = [self._one(self.grids[i % len(self.grids)]) for i in range(self.count)]

    def _one(self, grid):
        scale = np.arange(1, self.inputs + 1)[:, None, None]
        planes = (self.rng.normal(2, 1, (self.inputs, *grid)) * scale).astype(np.float32)
        rows, cols = (np.linspace(-1, 1, n) for n in grid)
        center = -(rows[:, None] ** 2) - cols**2
        center -= np.log(np.exp(center).sum())
        looked = self.rng.multinomial(
            self.fixations, softmax(self.rule(planes) + 0.7 * center).ravel()
        )
        return planes, looked.reshape(grid) / self.fixations, center

    def __len__(self):
        return self.count

    def features(self, i):
        return self.changed.get(i, self.made[i][0])

    def target(self, i):
        return self.made[i][1]

    def log_center(self, i):
        return self.made[i][2]

    def name(self, i):
        return f"image{i}.jpg"


def planted(planes):
    """Logits that are linear in features and features blurred by 2."""
    readout = Readout((0, 2), [2, 4, 6], [1, 2, 3], [[0.5, 0, -0.4], [0, 2, 0]])
    return readout.logits(planes.astype(np.float64))


def bent(planes):
    """Logits that no weighted sum comes near: far from the mean on either side."""
    return 1.2 * abs(planes[0] - 2) - 0.4 * abs(planes[1] - 4)


# --- the readout -------------------------------------------------------------


@pytest.mark.parametrize("units", [(), (4,), (4, 2), (3, 3, 2)])
@pytest.mark.parametrize("grid", [(9, 14), (1, 5), (3, 2)])
def test_logits_are_those_of_features_blurred_first(units, grid, rng):
    readout, planes = drawn(units=units), rng.normal(1, 2, (3, *grid))
    layers = [(layer.weights, layer.bias, layer.out) for layer in readout.layers]
    expected = oracles.readout(
        readout.blurs, readout.mean, readout.std, readout.linear, layers, planes
    )
    np.testing.assert_allclose(readout.logits(planes), expected, atol=1e-11)


def test_single_precision_is_that_of_its_weights(rng):
    planes = rng.normal(1, 2, (3, 20, 30))
    exact = drawn(units=(4, 2))
    single = replace(exact, linear=exact.linear.astype(np.float32))
    assert single.logits(planes).dtype == single.parameters.dtype == np.float32
    np.testing.assert_allclose(single.logits(planes), exact.logits(planes), atol=1e-4)


def test_a_constant_feature_at_its_mean_adds_nothing():
    readout = drawn()
    planes = np.broadcast_to(readout.mean[:, None, None], (3, 7, 8))
    np.testing.assert_allclose(readout.logits(planes), 0, atol=1e-13)


def test_what_is_left_out_is_as_if_it_were_at_its_mean(rng):
    readout, planes = drawn(units=(4,)), rng.normal(size=(3, 7, 8))
    found = forward(readout, planes, gain=[1, 0, 1])[1]
    planes[1] = readout.mean[1]
    np.testing.assert_allclose(found, readout.logits(planes), atol=1e-12)


def test_parameters_go_into_a_vector_and_back():
    readout, other = drawn(units=(4, 2)), drawn(seed=5, units=(4, 2))
    back = readout.with_parameters(other.parameters)
    np.testing.assert_array_equal(back.parameters, other.parameters)
    np.testing.assert_array_equal(back.layers[1].weights, other.layers[1].weights)
    np.testing.assert_array_equal(back.mean, readout.mean)


@pytest.mark.parametrize("units", [(), (3, 2)])
@pytest.mark.parametrize("loss", ["kl", "hellinger"])
def test_gradients_are_finite_differences(units, loss, rng):
    readout, planes = drawn(units=units, inputs=2, blurs=(0, 1.5)), rng.normal(size=(2, 5, 6))
    target, gain = rng.dirichlet(np.ones(30)), np.array([0.5, 1.5])

    def value(parameters):
        _, logits = forward(readout.with_parameters(np.array(parameters)), planes, gain=gain)
        return float(value_and_gradient(loss, target, logits.ravel())[0])

    tape, logits = forward(readout, planes, gain=gain)
    d = value_and_gradient(loss, target, logits.ravel())[1].reshape(5, 6)
    expected = oracles.slope(value, readout.parameters.tolist())
    np.testing.assert_allclose(gradient(readout, tape, d), expected, atol=2e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"blurs": (0, -1, 2)}, "blurs must be standard deviations in pixels from 0 to 1000"),
        ({"blurs": ()}, "blurs must be standard deviations"),
        ({"blurs": (0, 1)}, r"linear must have the shape \(2, 3\).*got \(3, 3\)"),
        ({"mean": [0, 0]}, r"mean must have the shape \(3,\)"),
        ({"std": [1, 0, 1]}, "std must be positive, got 0; leave constant features out"),
        ({"linear": np.full((3, 3), np.nan)}, "linear must be finite, got NaN"),
        ({"linear": [["a"] * 3] * 3}, "linear must hold real numbers"),
        ({"layers": (Layer(np.ones((3, 2, 4)), [0, 0], [0, 0]),)}, r"layers\[0\]\.weights must"),
        ({"layers": (Layer(np.ones((3, 2, 3)), [0, 0], [0]),)}, r"layers\[0\]\.out must"),
        ({"layers": (Layer(np.ones((3, 2, 3)), [0, np.inf], [0, 0]),)}, r"\.bias must be finite"),
    ],
)
def test_a_readout_that_contradicts_itself_is_an_error(change, message):
    with pytest.raises(ValueError, match=message):
        replace(drawn(), **change)


@pytest.mark.parametrize("shape", [(2, 5, 5), (3, 25), (3, 0, 5)])
def test_features_of_another_kind_are_an_error(shape):
    with pytest.raises(ValueError, match=re.escape(f"must be (3, rows, cols), got shape {shape}")):
        drawn().logits(np.zeros(shape))


# --- linear fits -------------------------------------------------------------


def test_features_are_standardized_over_the_pixels_of_all_images():
    examples = Made(planted, count=7)
    every = np.concatenate([planes.reshape(3, -1) for planes, _, _ in examples.made], axis=1)
    mean, std = feature_statistics(examples)
    np.testing.assert_allclose(mean, every.mean(1, dtype=float), rtol=1e-12)
    np.testing.assert_allclose(std, every.std(1, dtype=float), rtol=1e-12)


def test_a_feature_that_never_varies_has_std_one():
    examples = Made(planted, count=2)
    for planes, _, _ in examples.made:
        planes[1] = 0.1
    assert feature_statistics(examples)[1][1] == 1
    assert np.isfinite(fit_linear(examples, blurs=(0, 2)).loss)


def test_three_starts_end_at_one_optimum():
    examples = Made(planted)
    fits = [fit_linear(examples, blurs=(0, 1, 2), seed=seed) for seed in (None, 1, 2)]
    losses = np.array([found.loss for found in fits])
    assert np.ptp(losses) < 1e-6 * losses[0]
    assert fits[1].history[0] > 1.05 * fits[0].loss, "the starts differ"
    for other in fits[1:]:
        np.testing.assert_allclose(other.readout.linear, fits[0].readout.linear, atol=2e-3)


def test_the_optimum_has_no_slope_and_every_step_from_it_is_up(rng):
    examples = Made(planted, count=6)
    found = fit_linear(examples, blurs=(0, 2), penalty=0.01)

    def penalized(linear, center):
        readout = Readout((0, 2), found.readout.mean, found.readout.std, linear.reshape(2, 3))
        total = 0.0
        for planes, target, log_center in examples.made:
            logits = readout.logits(planes) + center * log_center
            total += value_and_gradient("kl", target.ravel(), logits.ravel())[0]
        return total / 6 + 0.005 * (linear**2).sum()

    linear = found.readout.linear.ravel().astype(float)
    least = penalized(linear, found.center)
    assert found.history[-1] == pytest.approx(least, rel=1e-6)
    for _ in range(10):
        step = rng.normal(0, 0.02, 7)
        assert penalized(linear + step[:6], found.center + step[6]) > least


def test_a_planted_linear_readout_is_recovered_from_fixations():
    found = fit_linear(Made(planted, count=60, fixations=2000), blurs=(0, 2), penalty=1e-5)
    np.testing.assert_allclose(found.readout.linear, [[0.5, 0, -0.4], [0, 2, 0]], atol=0.06)
    assert found.center == pytest.approx(0.7, abs=0.05)


@pytest.mark.parametrize("loss", ["hellinger", "total_variation", "reverse_kl"])
def test_another_loss_ends_lower_than_the_optimum_of_kl(loss):
    examples, done = Made(planted, fixations=30), []
    found = fit_linear(examples, blurs=(0, 2), loss=loss, penalty=0, progress=done.append)
    kl = fit_linear(examples, blurs=(0, 2), penalty=0)
    there = mean_loss(examples, loss, kl.readout, kl.center)
    assert found.loss < there
    assert found.history[0] == pytest.approx(there, rel=1e-5), "where it starts"
    assert done == list(range(1, len(done) + 1))


# --- small fits --------------------------------------------------------------


def test_what_is_not_linear_is_learned_by_units_alone():
    train, test = Made(bent, count=40), Made(bent, count=10, seed=9)
    linear = fit_linear(train, blurs=(0, 2))
    small = fit_small(train, epochs=12, rate=0.05, **SMALL)
    truth = np.mean([  # the loss of the very density that fixations were drawn from
        value_and_gradient("kl", t.ravel(), (bent(p) + 0.7 * c).ravel())[0]
        for p, t, c in test.made
    ])  # fmt: skip
    of_linear, of_small = (
        mean_loss(test, "kl", found.readout, found.center) for found in (linear, small)
    )
    assert of_small < truth + 0.2 * (of_linear - truth)
    assert small.history[-1] < small.history[0]


def test_no_units_come_to_the_optimum_of_the_linear_fit():
    examples = Made(planted)
    best = fit_linear(examples, blurs=(0, 2), penalty=0)
    small = fit_small(examples, epochs=30, rate=0.05, **{**SMALL, "units": ()})
    assert best.loss <= small.loss < best.loss + 1e-3


def test_decay_makes_weights_small_and_dropout_makes_training_harder():
    examples = Made(planted)
    plain, decayed, dropped = (
        fit_small(examples, epochs=4, rate=0.03, **{**SMALL, **change})
        for change in ({}, {"decay": 30.0}, {"dropout": 0.4})
    )
    assert abs(decayed.readout.linear).sum() < 0.7 * abs(plain.readout.linear).sum()
    assert dropped.history[-1] > plain.history[-1]
    assert plain.loss < min(decayed.loss, dropped.loss)


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    examples = Made(planted, count=10)
    one, same, other = (fit_small(examples, epochs=2, seed=seed) for seed in (3, 3, 4))
    assert one.readout.parameters.tobytes() == same.readout.parameters.tobytes()
    assert (one.center, one.history, one.loss) == (same.center, same.history, same.loss)
    assert one.readout.parameters.tobytes() != other.readout.parameters.tobytes()


def test_features_in_half_precision_are_learned_from_as_they_are():
    examples = Made(planted, count=10)
    half = {i: made[0].astype(np.float16) for i, made in enumerate(examples.made)}
    single = fit_small(replace(examples, changed={i: x.astype("f4") for i, x in half.items()}))
    assert fit_small(replace(examples, changed=half)).loss == single.loss


def test_the_readout_with_the_lowest_validation_loss_is_kept():
    train = Made(planted, count=8, fixations=5)  # few enough to be learned by heart
    other = Made(planted, count=8, fixations=50, seed=2)
    found = fit_small(train, validation=other, epochs=60, rate=0.05, **SMALL)
    best = int(np.argmin(found.validation))
    assert len(found.validation) == len(found.history) == best + 1 + adam.PATIENCE < 60
    there = mean_loss(other, "kl", found.readout, found.center)
    assert there == pytest.approx(found.validation[best], rel=1e-9)
    assert found.history[-1] < found.history[best], "training went on to get better"


def test_progress_counts_examples_of_all_epochs():
    done = []
    fit_small(Made(planted, count=10), epochs=2, progress=done.append)
    assert done == [8, 10, 18, 20]


# --- what goes wrong ---------------------------------------------------------


@pytest.mark.parametrize("learn", [fit_linear, fit_small])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_features_that_are_no_numbers_are_named_before_a_step_is_taken(learn, bad):
    examples, done = Made(planted, count=10), []
    examples.changed[7] = examples.made[7][0].copy()
    examples.changed[7][1, 3, 3] = bad
    with pytest.raises(ValueError, match=r"^image7\.jpg: features must be finite, got NaN or inf"):
        learn(examples, progress=done.append)
    assert done == []


@pytest.mark.parametrize(
    ("planes", "message"),
    [
        (np.zeros((2, 14, 18)), "image3.jpg: 3 features were expected, as others have, got 2"),
        (np.zeros((14, 18)), r"image3.jpg: features must be \(inputs, rows, cols\)"),
        (np.zeros((3, 14, 17)), r"image3.jpg: features must be on the grid .*\(14, 18\), got"),
    ],
)
def test_features_of_another_shape_are_named(planes, message):
    examples = Made(planted, count=6)
    examples.changed[3] = planes
    with pytest.raises(ValueError, match=message):
        fit_small(examples)


def test_targets_that_are_no_densities_are_named():
    examples = Made(planted, count=4)
    examples.made[2][1][0, 0] += 1
    with pytest.raises(ValueError, match=r"image2\.jpg: target must sum to 1"):
        fit_linear(examples)
    examples.made[2] = (examples.made[2][0], examples.made[2][1][1:], examples.made[2][2])
    with pytest.raises(ValueError, match=r"image2\.jpg: target and log_center must be"):
        fit_small(Made(planted, count=4), validation=examples)


def test_validation_features_that_are_no_numbers_are_named():
    examples = Made(planted, count=4)
    examples.changed[2] = np.full((3, *GRIDS[2]), np.nan)
    with pytest.raises(ValueError, match=r"^image2\.jpg: features must be finite"):
        fit_small(Made(planted, count=4), validation=examples)


def test_examples_without_names_go_by_number():
    class Nameless:
        def __len__(self):
            return 1

        def features(self, i):
            return np.full((1, 2, 2), np.nan)

    with pytest.raises(ValueError, match=r"^example 0: features must be finite"):
        feature_statistics(Nameless())
    with pytest.raises(ValueError, match="examples were expected, got none"):
        feature_statistics(Made(planted, count=0))
    with pytest.raises(ValueError, match="examples were expected, got none"):
        fit_small(Made(planted, count=2), validation=Made(planted, count=0))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "epochs must be a whole number from 1 on, got 0"),
        ({"units": (4, 2.5)}, r"units\[1\] must be a whole number from 1 on, got 2.5"),
        ({"rate": -1}, "rate must be from 0 on, got -1"),
        ({"dropout": 1}, "dropout must be from 0 on and below 1, got 1"),
        ({"decay": np.nan}, "decay must be from 0 on, got nan"),
        ({"loss": "huber"}, "^divergence must be one of kl, .* got 'huber'"),
        ({"blurs": (-1,)}, "blurs must be standard deviations"),
    ],
)
def test_parameters_out_of_range_are_an_error(change, message):
    with pytest.raises(ValueError, match=message):
        fit_small(Made(planted, count=1), **change)


def test_a_penalty_below_zero_is_an_error():
    with pytest.raises(ValueError, match="penalty must be from 0 on, got -1"):
        fit_linear(Made(planted, count=1), penalty=-1)


@pytest.mark.parametrize("rate", [30.0, 1e30])
def test_a_fit_that_diverges_at_once_is_an_error(rate):
    with pytest.raises(ValueError, match=r"the fit diverged in epoch 1: its .*; lower the rate"):
        fit_small(Made(planted, count=30), rate=rate, epochs=5)
    with pytest.raises(ValueError, match="diverged in epoch 1"):  # in the only step
        fit_small(Made(planted, count=4), rate=rate, epochs=5)


@dataclass
class Breaking(Made):
    """One reading of many makes logits that are not finite."""

    breaks: int = 0

    def log_center(self, i):
        self.seen.append(i)
        return super().log_center(i) * (np.inf if len(self.seen) == self.breaks else 1)


@pytest.mark.parametrize("validated", [False, True])
def test_a_fit_that_diverges_later_says_so_and_keeps_what_was_good(validated, tmp_path):
    # All are read before the first step, then in every epoch, and eight of them after it.
    examples = Breaking(planted, count=24, breaks=24 + 2 * (24 if validated else 32) + 13)
    validation = Made(planted, count=8, seed=3) if validated else None
    path = tmp_path / "fit.npz"
    with pytest.warns(RuntimeWarning, match="diverged in epoch 3: its logits are not finite"):
        found = fit_small(examples, epochs=5, validation=validation, checkpoint=path)
    with np.load(path) as file:
        np.testing.assert_array_equal(found.readout.parameters, file["parameters"][:-1])
    assert len(found.history) == 2
    assert np.isfinite(found.loss)


def test_a_linear_fit_that_diverges_says_so():
    late = Breaking(planted, count=9, breaks=9 + 3 + 9 * 4 + 5)  # check, curvature, descend
    with pytest.warns(RuntimeWarning, match="diverged at evaluation 5: its logits are not finite"):
        found = fit_linear(late, blurs=(0, 2), seed=1)
    assert len(found.history) == 4
    with pytest.raises(ValueError, match="diverged at evaluation 1: its logits"):
        fit_linear(Breaking(planted, count=9, breaks=9 + 3 + 5), blurs=(0, 2))


# --- a fit that is killed ----------------------------------------------------

ALL = {"epochs": 5, "rate": 0.02, "units": (4, 2), "blurs": (0, 2)}


class Killed(Exception):
    pass


def killed(path, at=37, **more):
    """A fit whose process ends in its fourth epoch of ten examples."""

    def progress(done):
        if done >= at:
            raise Killed

    with pytest.raises(Killed):
        fit_small(Made(planted, count=10), progress=progress, checkpoint=path, **{**ALL, **more})


@pytest.mark.parametrize("validated", [False, True])
def test_a_killed_fit_goes_on_to_the_same_bits(validated, tmp_path):
    validation = Made(planted, count=3, seed=5) if validated else None
    path, examples, done = tmp_path / "fit.npz", Made(planted, count=10), []
    whole = fit_small(examples, validation=validation, **ALL)
    killed(path, validation=validation)
    for _ in range(2):  # the second finds it finished
        found = fit_small(
            examples, validation=validation, checkpoint=path, progress=done.append, **ALL
        )
        assert found.readout.parameters.tobytes() == whole.readout.parameters.tobytes()
        assert (found.center, found.loss) == (whole.center, whole.loss)
        assert (found.history, found.validation) == (whole.history, whole.validation)
    assert done == [38, 40, 48, 50]
    assert [file.name for file in tmp_path.iterdir()] == ["fit.npz"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate": 0.03}, "holds a fit with rate 0.02, now it is 0.03; choose another checkpoint"),
        ({"units": (4,)}, r"holds a fit with units \[4, 2\], now it is \[4\]"),
        ({"seed": 1}, "holds a fit with seed 0, now it is 1"),
        ({"loss": "hellinger"}, "holds a fit with loss kl, now it is hellinger"),
    ],
)
def test_a_checkpoint_of_other_settings_is_an_error(change, message, tmp_path):
    path = tmp_path / "fit.npz"
    killed(path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=message):
        fit_small(Made(planted, count=10), checkpoint=path, **{**ALL, **change})
    with pytest.raises(ValueError, match=r"fit\.npz: holds a fit to other examples"):
        fit_small(Made(planted, count=10, seed=8), checkpoint=path, **ALL)
    assert path.read_bytes() == before


def rewritten(path, **change):
    with np.load(path) as file:
        np.savez(path, **{**file, **change})


def first_version(path):
    """The same state as it was stored before: metadata and parameters had other names."""
    with np.load(path) as file:
        arrays = dict(file)
    renamed = {"about": arrays.pop("metadata"), "values": arrays.pop("parameters")}
    np.savez(path, **renamed, **arrays)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-300]),
        lambda path: path.write_bytes(b"no fit"),
        lambda path: path.write_bytes(b""),
        lambda path: rewritten(path, metadata=np.array("{}")),
        lambda path: rewritten(path, metadata=np.array("[" * 10_000)),
        lambda path: rewritten(path, slope=np.zeros(3, np.float32)),
        lambda path: rewritten(path, best=np.full(8, None)),
        lambda path: np.savez(path, parameters=np.zeros(3)),
        first_version,
    ],
)
def test_a_damaged_checkpoint_is_named(damage, tmp_path):
    path = tmp_path / "fit.npz"
    killed(path)
    damage(path)
    with pytest.raises(ValueError, match=r"fit\.npz: a fit was expected, it is damaged .*anew"):
        fit_small(Made(planted, count=10), checkpoint=path, **ALL)


def test_whatever_is_changed_in_a_checkpoint_is_refused_and_left_as_it_was(tmp_path):
    path = tmp_path / "fit.npz"
    killed(path)
    with np.load(path) as file:
        held = json.loads(str(file["metadata"]))
    data = path.read_bytes()
    contents = [content for _, content in damaged(data, flips=60)]
    for _, metadata in random.Random(0).sample([*altered(held)], 100):
        path.write_bytes(data)
        rewritten(path, metadata=np.array(json.dumps(metadata)))
        contents.append(path.read_bytes())
    for name in ("parameters", "best", "slope", "square"):
        path.write_bytes(data)
        with np.load(path) as file:
            rewritten(path, **{name: file[name] * np.float32("nan")})
        contents.append(path.read_bytes())
    goes_on = 0
    for content in contents:
        path.write_bytes(content)
        fit, refusal = outcome(partial(fit_small, Made(planted, 10), checkpoint=path, **ALL))
        if refusal:
            assert path.read_bytes() == content
            assert refusal.startswith(f"{path}: ")
        else:
            goes_on += 1
            assert np.isfinite(fit.readout.parameters).all()
    assert goes_on < 40


def test_a_checkpoint_that_cannot_be_written_is_an_error_of_the_system(tmp_path):
    with pytest.raises(OSError, match="no folder"):
        fit_small(Made(planted, count=4), checkpoint=tmp_path / "no folder" / "fit.npz", **ALL)
