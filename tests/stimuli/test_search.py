"""Search displays in sentences: set sizes, contrasts, seeds and isoluminance."""

import numpy as np
import pytest
from scipy import ndimage

from psysal import stimuli
from psysal.srgb import to_linear
from psysal.stimuli import DISPLAYS
from psysal.vision.color import opponent

SEARCHES = [name for name in DISPLAYS if name.startswith("search_")]


def luminance(image):
    return to_linear(image) @ [0.2126, 0.7152, 0.0722]


def items(display):
    """Number of separate things on the background."""
    differs = abs(display.image - display.image[0, 0]) > 1e-9
    if differs.ndim == 3:
        differs = differs.any(axis=2)
    return ndimage.label(differs, np.ones((3, 3)))[1]


@pytest.mark.parametrize("name", SEARCHES)
def test_a_seed_is_a_display(name):
    one, again, other = (DISPLAYS[name](seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(one.image, again.image)
    assert np.array_equal(one.target_masks[0], again.target_masks[0])
    assert not np.array_equal(one.image, other.image)


@pytest.mark.parametrize("name", [n for n in SEARCHES if n != "search_density"])
@pytest.mark.parametrize("set_size", [2, 3, 7, 24, 35])
@pytest.mark.parametrize("seed", [0, 1])
def test_there_are_as_many_items_as_asked_for(name, set_size, seed):
    display = DISPLAYS[name](set_size=set_size, seed=seed, ppd=20)
    assert items(display) == set_size
    assert ndimage.label(display.target_masks[0], np.ones((3, 3)))[1] == 1
    frame = np.ones(display.image.shape[:2], bool)
    frame[1:-1, 1:-1] = False
    assert (display.image[frame] == display.image[0, 0]).all()


def test_crowded_items_still_keep_apart():
    display = stimuli.search_color(visual_size=(2, 3), set_size=24, item_size=0.4)
    assert items(display) == 24


@pytest.mark.parametrize("name", SEARCHES)
def test_the_target_is_not_at_the_border_of_the_grid(name):
    for seed in range(5):
        display = DISPLAYS[name](visual_size=(12, 16), ppd=8, set_size=24, seed=seed)
        rows, cols = np.nonzero(display.target_masks[0])
        assert 24 <= rows.mean() < 72
        assert 128 / 6 <= cols.mean() < 5 * 128 / 6


def test_isoluminant_search_has_one_luminance_and_otherwise_one_sum():
    for display in (
        stimuli.search_color(),
        stimuli.search_color(contrast=0.3),
        stimuli.search_conjunction(),
    ):
        assert np.ptp(luminance(display.image)) < 1e-9
    total = to_linear(stimuli.search_color(isoluminant=False).image).sum(axis=2)
    assert np.ptp(total) < 1e-9


def distractors(display):
    """Everything on the background but the target."""
    ground = display.image[0, 0]
    differs = abs(display.image - ground) > 1e-9
    differs = differs.any(axis=2) if differs.ndim == 3 else differs
    return differs & ~ndimage.binary_dilation(display.target_masks[0], iterations=3)


CONTRASTS = (0.1, 0.4, 0.5, 0.7, 1.0)


def test_contrast_orders_color():
    distances = []
    for contrast in CONTRASTS:
        display = stimuli.search_color(contrast=contrast)
        o1 = opponent(display.image, dtype="float64")[0]
        distances.append(
            np.median(o1[display.target_masks[0]]) - np.median(o1[distractors(display)])
        )
    np.testing.assert_allclose(distances, np.array(CONTRASTS) / 2, atol=1e-12)


def test_contrast_orders_tilt():
    for contrast in CONTRASTS:
        mask = stimuli.search_orientation(contrast=contrast, ppd=64).target_masks[0]
        rows, cols = np.nonzero(mask)
        spread = np.cov(cols - cols.mean(), rows.mean() - rows)
        axis = np.linalg.eigh(spread)[1][:, 1]
        tilt = np.degrees(np.arctan2(axis[0], axis[1])) % 180
        assert tilt == pytest.approx(90 * contrast, abs=1)


def test_contrast_orders_size():
    for contrast in CONTRASTS:
        area = stimuli.search_size(contrast=contrast, ppd=64).target_masks[0].sum()
        assert 2 * np.sqrt(area / np.pi) / 64 == pytest.approx(0.75 * (1 + contrast), rel=0.01)


def test_contrast_orders_brightness():
    for contrast in CONTRASTS:
        display = stimuli.search_contrast(contrast=contrast)
        middle = display.image[display.target_masks[0]].max()
        assert middle == pytest.approx(0.5 + 0.5 * contrast)
        assert display.image[distractors(display)].max() == pytest.approx(0.5)


def test_contrast_orders_density_and_clouds_differ_in_nothing_else():
    counts = []
    for contrast in CONTRASTS:
        display = stimuli.search_density(contrast=contrast)
        dots = abs(display.image - display.image[0, 0]) > 1e-9
        target = display.target_masks[0]
        counts.append(ndimage.label(dots & target)[1])
        others = ndimage.label(dots & ~target)[1] / 23
        assert counts[-1] > others
        assert others == int(others)
        light = to_linear(display.image)
        assert light[target].mean() == pytest.approx(light[0, 0], abs=0.01)
    assert counts == sorted(set(counts))


def test_in_a_conjunction_each_feature_is_shared_by_half_of_the_others():
    display = stimuli.search_conjunction(set_size=25)
    o1 = opponent(display.image, dtype="float64")[0]
    red = ndimage.label(o1 > 0.4)
    o2 = opponent(display.image, dtype="float64")[1]
    yellow = ndimage.label((o2 > 0.3) & (o1 < 0.01))
    assert (red[1], yellow[1]) == (13, 12)
    shapes = [
        (place[0].stop - place[0].start) < (place[1].stop - place[1].start)
        for place in ndimage.find_objects(red[0]) + ndimage.find_objects(yellow[0])
    ]
    assert sum(shapes[:13]) == 1  # of the red ones, the target alone lies
    assert all(shapes[13:])
