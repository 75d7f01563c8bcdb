"""What models stand between: the center bias below, the other observers above."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

import psysal
from psysal.evaluation import metrics
from psysal.evaluation.case import Case
from psysal.evaluation.density import gaussians
from psysal.evaluation.profiles import PROFILES
from psysal.evaluation.references import (
    InfiniteObservers,
    LeaveOneObserverOut,
    center_density,
    cross_validated_width,
)
from psysal.gaze import Fixations

SHAPE = (48, 64)


def crowd(rng, subjects, count=12, images=6, spread=4.0):
    """Fixations about a spot of each image, of observers who look at nothing else."""
    rows = []
    for image in range(images):
        spot = rng.uniform((16, 16), (48, 32))
        for who in range(subjects):
            for order, (x, y) in enumerate(rng.normal(spot, spread, (count, 2))):
                rows.append((f"{image}", who, order, np.clip(x, 0, 63.9), np.clip(y, 0, 47.9)))
    return Fixations(*zip(*rows, strict=True)), {f"{image}": SHAPE for image in range(images)}


# --- the center bias ---------------------------------------------------------


@pytest.mark.parametrize("size", [49, 98, 103, 107, 161, 187, 196, 197, 800])
def test_whole_pixels_stay_where_they_are(size):
    """x / n * n is below x for some x and n; then a fixation is a pixel off."""
    columns = np.arange(size)
    every = Fixations(["a"] * size, [1] * size, columns, columns, np.zeros(size))
    density = center_density(every, {"a": (1, size)}, (1, size))
    expected = gaussians(np.stack([columns, 0 * columns], axis=1), (1, size), 1)
    expected = (expected / expected.sum() * size + 1 / size) / (size + 1)
    np.testing.assert_allclose(density, expected, rtol=1e-12)


# --- the other observers -----------------------------------------------------


def test_the_width_is_that_of_the_largest_likelihood_of_held_out_observers(rng):
    """Against the densities themselves, on a grid of widths."""
    fixations, sizes = crowd(rng, 5)

    def likelihood(width):
        others = LeaveOneObserverOut(fixations, sizes, width)
        logs = [
            np.log(density[at.astype(int)[:, 1], at.astype(int)[:, 0]])
            for name in sizes
            for density, at in others.held_out(name, SHAPE)
        ]
        return np.concatenate(logs).mean()

    found = cross_validated_width(fixations, sizes)
    grid = found * np.array([0.7, 0.9, 0.97, 1, 1.03, 1.1, 1.4])
    assert np.argmax([likelihood(width) for width in grid]) == 3
    assert LeaveOneObserverOut(fixations, sizes).width == found


def test_the_width_is_narrower_the_more_observers_there_are(rng):
    few, many = (cross_validated_width(*crowd(rng, n, count=4)) for n in (2, 30))
    assert many < few


def test_ever_more_observers_reach_the_score_of_the_true_density(rng):
    """The extrapolation is nearer to the score of what they have in common than all of them."""
    spot = np.array([30.0, 22.0])
    rows, cols = np.mgrid[: SHAPE[0], : SHAPE[1]]
    true = multivariate_normal(spot, 16).pdf(np.stack([cols, rows], axis=-1))
    true /= true.sum()
    found = []
    for _ in range(40):
        x, y = rng.normal(spot, 4, (24, 2)).T
        seen = Fixations(["0"] * 24, np.repeat(np.arange(8), 3), list(range(3)) * 8, x, y)
        best = np.log2(true[y.astype(int), x.astype(int)]).mean()
        gains = []
        for kind in (LeaveOneObserverOut, InfiniteObservers):
            total = 0.0
            for density, at, *weight in kind(seen, {"0": SHAPE}, 2.5).held_out("0", SHAPE):
                at_pixels = density[at.astype(int)[:, 1], at.astype(int)[:, 0]]
                total += np.log2(at_pixels).sum() * np.prod(weight)
            gains.append(total / 24)
        found.append((gains[0] - best, gains[1] - best))
    plain, extrapolated = np.mean(found, axis=0)
    assert plain < -0.2
    assert abs(extrapolated) < 0.5 * abs(plain)


def test_weights_of_an_observer_are_one_in_all(rng):
    fixations, sizes = crowd(rng, 6, count=2, images=1)
    parts = list(InfiniteObservers(fixations, sizes, 3).held_out("0", SHAPE))
    assert sum(weight for *_, weight in parts) == pytest.approx(6)
    assert [round(weight, 6) for *_, weight in parts[:3]] == pytest.approx(
        [1 + 24 / 26, -12 / 26, -12 / 26], abs=1e-5
    )  # five others: halves of three and two, 1 / (5 * (1/3 + 1/2) / 2 - 1) = 12/13


@pytest.mark.parametrize("model", ["leave_one_observer_out", "infinite_observers"])
def test_a_reference_is_named_like_a_model(tmp_path, rng, model):
    fixations, sizes = crowd(rng, 4, count=3, images=3)
    images = {}
    for name in sizes:
        images[name] = tmp_path / f"{name}.png"
        images[name].write_bytes(psysal.mapfile.encode(np.zeros(SHAPE), "png8"))
    people = psysal.gaze.Dataset("people", images, fixations)  # which needs no pixels per degree
    table = psysal.evaluate(model, people, metrics=["auc", "nss"], threads=1)
    assert (table.left_out == 0).all()
    assert table["mean"].iloc[0] > 0.8


def test_too_few_observers_are_refused(rng):
    fixations, sizes = crowd(rng, 2, images=2)
    with pytest.raises(ValueError, match="0: 3 observers were expected, got 2; leave it out"):
        next(InfiniteObservers(fixations, sizes, 2).held_out("0", SHAPE))
    apart = Fixations(["0", "1"], [1, 2], [0, 0], [5, 5], [5, 5])
    with pytest.raises(ValueError, match="an image that two observers looked at was expected"):
        LeaveOneObserverOut(apart, sizes)
    with pytest.raises(ValueError, match="width must be a positive number of pixels, got -1"):
        LeaveOneObserverOut(fixations, sizes, -1)


# --- the unit of a map -------------------------------------------------------


@pytest.mark.parametrize("profile", ["exact", "mit"])
def test_no_score_depends_on_the_unit_of_a_map(profile, rng):
    """A power of two changes no digit, down to 1e-170 and up to 1e160."""
    fixations, sizes = crowd(rng, 3, images=2)
    saliency, baseline = rng.gamma(2, 1, (2, *SHAPE)) + 0.01
    case = Case("0", fixations, sizes, 8.0, lambda image, shape: baseline / baseline.sum())
    at = np.stack([fixations.of("0").x, fixations.of("0").y], axis=1)
    for name, metric in PROFILES[profile].items():
        expected = metric.function(saliency, at, case)
        if name == "emd":  # a linear program of seconds, whose input is divided by its sum
            continue
        for power in (-565, -300, 300, 531):
            found = metric.function(np.ldexp(saliency, power), at, case)
            assert found == pytest.approx(expected, rel=1e-12), (name, power)
    assert metrics.nss(1e300 * (saliency - 1), at) == pytest.approx(metrics.nss(saliency, at))
