"""The 2011 model fitted to people: what was planted is found, and no test image is looked at."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import approx_fprime

import psysal
from psysal import mapfile
from psysal.evaluation import metrics
from psysal.evaluation.references import CenterBias
from psysal.gaze import Dataset, Fixations
from psysal.learning import refit as module
from psysal.learning.contrast_grid import (
    gains_and_pedestals,
    grid_planes,
    grid_shape,
    log_map,
    relative_channels,
)
from psysal.learning.refit import FittedModel, refit
from psysal.vision.csf import MURRAY2011_COLOR, MURRAY2011_INTENSITY

ROWS, COLS = 40, 60
PLANTED = psysal.Murray2011(
    (4, 8),
    color=replace(MURRAY2011_COLOR, beta=1, s_g=2, sig1=1.5, sig2=1.5),
    intensity=replace(MURRAY2011_INTENSITY, beta=40, s_g=2, sig1=0.8, sig2=0.6),
)
GAMMA = 6


def texture(rng, rows, cols):
    """Color at coarse and at fine scales, with patches of more contrast."""
    image = np.zeros((rows, cols, 3))
    for size in (2, 5, 12):
        cells = rng.normal(0, 18, (rows // size + 1, cols // size + 1, 3))
        strength = np.repeat(np.repeat(cells, size, axis=0), size, axis=1)[:rows, :cols]
        y, x = rng.integers(rows), rng.integers(cols)
        near = np.exp(-((np.arange(rows) - y)[:, None] ** 2 + (np.arange(cols) - x) ** 2) / 300)
        image += strength * (0.3 + 2 * near[..., None])
    return (image + 128).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Twelve textures; people look where the planted model sees something."""
    rng, folder = np.random.default_rng(2011), tmp_path_factory.mktemp("textures")
    images, rows = {}, []
    for i in range(12):
        pixels, name = texture(rng, ROWS, COLS), f"{i:02}.png"
        images[name] = folder / name
        images[name].write_bytes(mapfile.encode(pixels, "png8"))
        p = PLANTED(pixels, dtype="float64").ravel() ** GAMMA
        y, x = np.divmod(rng.choice(p.size, 400, p=p / p.sum()), COLS)
        rows += [(name, 1, n, *at) for n, at in enumerate(zip(x, y, strict=True))]
    return Dataset("textures", images, Fixations(*zip(*rows, strict=True)), ppd=1.0)


@pytest.fixture(scope="module")
def found(planted):
    lines = []
    result = refit(
        planted, windows=[(13, 26), (4, 8)], folds=2, seed=3, threads=2, progress=lines.append
    )
    assert len(lines) == 10  # contrast, all images and two folds of two windows; two of scores
    return result


# --- the grid ----------------------------------------------------------------


def test_on_a_small_image_the_grid_is_the_model_itself(photograph):
    pixels = photograph[:64, :90]
    for model in (psysal.Murray2011(), PLANTED):
        planes = grid_planes(pixels, model.windows, grid_shape((64, 90)))
        assert planes.shape == (3, 6, 64 * 90)
        expected = model(pixels, dtype="float64").ravel() * 64 * 90
        assert np.exp(log_map(planes, model)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("shape", [(90, 310), (200, 150)], ids=["wide", "tall"])
def test_channels_on_the_grid_are_means_of_the_models(rng, shape):
    image = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    rows, cols = grid_shape(shape)
    down, across = (cells(*pair) for pair in zip(shape, (rows, cols), strict=True))
    model = psysal.Murray2011()
    stages = model.stages(image, dtype="float64")
    expected = np.array([down @ c @ across.T for c in stages.channel_maps]) * np.prod(shape)
    planes = grid_planes(image, model.windows, (rows, cols))
    sensitivity = gains_and_pedestals(model.color, model.intensity, planes.shape[1])
    channels, _ = relative_channels(planes, *sensitivity)
    assert channels.reshape(3, rows, cols) == pytest.approx(expected, rel=1e-4)
    whole = down @ stages.map @ across.T * np.prod(shape)
    assert np.exp(log_map(planes, model)).reshape(rows, cols) == pytest.approx(whole, rel=0.01)


def cells(length, count):
    """Means over cells, by a thousand points in each."""
    points = (np.arange(count * 1000) + 0.5) * length / (count * 1000)
    found = np.zeros((count, length))
    np.add.at(found, (np.arange(count * 1000) // 1000, points.astype(int)), 1 / 1000)
    return found


def test_only_the_height_of_g_over_the_pedestal_matters(photograph):
    """Which is why k is not fitted: another pedestal is another height."""
    planes = grid_planes(photograph, (13, 26), grid_shape(photograph.shape[:2]))
    levels = np.arange(1, planes.shape[1] + 1)
    other = replace(MURRAY2011_INTENSITY, s_k=2, sig3=1)
    pedestals = [1 + 3 * ecsf.offset(levels).sum() for ecsf in (MURRAY2011_INTENSITY, other)]
    other = replace(other, beta=other.beta * pedestals[1] / pedestals[0])
    assert pedestals[1] > 1.2 * pedestals[0]
    assert log_map(planes, psysal.Murray2011(intensity=other)) == pytest.approx(
        log_map(planes, psysal.Murray2011()), abs=1e-5
    )


# --- the fit -----------------------------------------------------------------


@pytest.mark.parametrize("loss", ["kl", "bhattacharyya"])
def test_the_gradient_is_that_of_finite_differences(rng, loss):
    shapes = [(3, 6, 200), (3, 4, 150)]  # images of two sizes
    planes = [rng.random(shape) ** 3 for shape in shapes]
    targets = [rng.dirichlet(np.ones(shape[2])) for shape in shapes]
    at = np.array([0.5, 0.2, -0.3, 3.3, 1.2, 0.1, 0.4, 2.7, 0.9])
    value, gradient = module._mean_loss(at, planes, targets, loss)
    numeric = approx_fprime(at, lambda x: module._mean_loss(x, planes, targets, loss)[0], 1e-7)
    assert value > 0
    assert gradient == pytest.approx(numeric, abs=1e-6)
    assert abs(gradient).min() > 1e-6


def test_what_was_planted_is_found(planted, found):
    assert found.model.windows == PLANTED.windows
    assert [fold.model.windows for fold in found.folds] == [PLANTED.windows] * 2
    assert found.best.loss < 0.8 * found.published.loss
    assert found.untuned[0] == found.published
    assert found.best.loss < found.untuned[1].loss < found.published.loss
    levels = np.arange(1, 5)
    own, true = (model.intensity.gain(levels) for model in (found.model, PLANTED))
    assert own / own.max() == pytest.approx(true / true.max(), abs=0.2)
    assert own.max() > 10 * found.model.color.gain(levels).max()
    for name, path in planted.images.items():
        own, true, published = (
            np.log(model(path)).ravel() for model in (found.model, PLANTED, psysal.Murray2011())
        )
        assert np.corrcoef(own, true)[0, 1] > max(0.98, np.corrcoef(published, true)[0, 1]), name


def test_it_predicts_images_that_it_has_not_seen(found):
    table = found.table.set_index(["model", "metric"])
    for model in ("refit", "refit + center"):
        for metric in ("auc", "shuffled_auc", "nss", "information_gain"):
            assert table.loc[(model, metric), "difference_low"] > 0, (model, metric)
    assert table.loc[("center", "information_gain"), "mean"] == pytest.approx(0, abs=1e-12)
    assert (table["images"] == 12).all()


def test_no_model_has_seen_the_images_that_it_is_scored_on(planted, found):
    """Other fixations on the images of a fold change neither its model nor its center."""
    seen = planted.fixations
    names = np.random.default_rng(3).permutation(seen.images)[::2]  # dealt to the first of two
    moved = np.isin(seen.image, names)
    x, y = (np.where(moved, 0.9 * v, v) for v in (seen.x, seen.y))
    other = replace(planted, fixations=Fixations(seen.image, seen.subject, seen.order, x, y))
    again = refit(other, windows=[(4, 8)], folds=2, seed=3, threads=1)
    assert again.folds[0] == found.folds[0]
    assert again.folds[1] != found.folds[1]


def test_scores_are_those_of_the_densities(planted, found):
    name = str(np.random.default_rng(3).permutation(planted.fixations.images)[0])
    fold: FittedModel = found.folds[0]
    looked = np.stack([planted.fixations.of(name).x, planted.fixations.of(name).y], axis=1)
    p = fold.model(planted.images[name], dtype="float64") ** fold.gamma
    bias = CenterBias(planted.fixations, planted.sizes, folds=2, seed=3)
    center = bias.map_for(name, (ROWS, COLS))
    others = planted.fixations.others(name, planted.sizes)
    scores = found.scores[found.scores["image"] == name].set_index(["model", "metric"])["value"]
    expected = {
        "auc": metrics.auc(p, looked),
        "shuffled_auc": metrics.shuffled_auc(p, looked, others),
        "nss": metrics.nss(p, looked),
        "information_gain": metrics.information_gain(p, center, looked),
    }
    for metric, value in expected.items():
        assert scores["refit", metric] == pytest.approx(value, rel=0.01), metric
    assert scores["center", "auc"] == pytest.approx(metrics.auc(center, looked))
    assert len(found.scores) == 7 * 12 * 4


def test_images_that_nobody_looked_at_are_left_out(planted):
    seen = planted.fixations
    some = np.isin(seen.image, seen.images[:4])
    columns = (seen.image, seen.subject, seen.order, seen.x, seen.y)
    few = replace(planted, fixations=Fixations(*(column[some] for column in columns)))
    result = refit(few, windows=[(13, 26)], loss="bhattacharyya", folds=2)
    assert set(result.scores["image"]) == set(seen.images[:4])
    with pytest.raises(ValueError, match="textures: 6 images with fixations were expected, two "
                       "in each of 3 folds, got 4; ask for fewer folds"):  # fmt: skip
        refit(few, folds=3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": "l1"}, "loss must be one of kl, .*, got 'l1'"),
        ({"windows": []}, "windows must be pairs of center and surround, got none; name one"),
        ({"windows": [(0, 26)]}, r"windows must be positive whole numbers, got \(0, 26\)"),
        ({"folds": 1}, "folds must be a whole number from 2 on, got 1"),
        ({"threads": 0}, "threads must be a whole number from 1 on, got 0"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(planted, options, message):
    with pytest.raises(ValueError, match=message):
        refit(planted, **options)


def test_a_set_must_tell_its_pixels_per_degree(planted):
    with pytest.raises(ValueError, match="textures: its pixels per degree are unknown; give ppd"):
        refit(replace(planted, ppd=None))
