"""One level of one channel: the same planes as of all stages; what is added makes the map."""

import re

import numpy as np
import pytest

import psysal
from psysal.vision import color, wavelet
from psysal.vision.resize import resize

WAVELETS = ["b3", "haar"]
EVERY = [
    pytest.param(model(wavelet=name), id=f"{model.__name__}-{name}")
    for model in (psysal.Murray2011, psysal.Murray2013, psysal.Otazu2008, psysal.Otazu2010)
    for name in WAVELETS
]


def added(model, image, channel):
    """All that the levels of a channel add to its map."""
    first = model.level_stages(image, channel, 1, dtype="float64")
    others = (
        model.level_stages(image, channel, level, dtype="float64")
        for level in range(2, first.levels + 1)
    )
    return sum((level.contributions.sum(axis=0) for level in others), first.contributions.sum(0))


def channel_map(contributions):
    """A channel map, which sums to 1: what the levels add, on a constant."""
    return contributions + (1 - contributions.sum()) / contributions.size


@pytest.mark.parametrize("name", WAVELETS)
def test_the_contributions_of_2011_make_its_map(photograph, name):
    model = psysal.Murray2011(wavelet=name)
    maps = [channel_map(added(model, photograph, c)) for c in range(3)]
    np.testing.assert_allclose(
        np.sqrt(np.square(maps).sum(axis=0)), model(photograph, dtype="float64"), rtol=1e-10
    )


@pytest.mark.parametrize("name", WAVELETS)
def test_the_contributions_of_2013_make_its_map(photograph, name):
    model = psysal.Murray2013(wavelet=name)
    maps = [channel_map(added(model, photograph, c)) for c in range(3)]
    small = np.sqrt(np.square(maps).sum(axis=0))
    (whole,) = resize((small - small.min())[None], photograph.shape[:2], "cubic")
    np.testing.assert_allclose(whole + small.min(), model(photograph, dtype="float64"), rtol=1e-10)


@pytest.mark.parametrize("name", WAVELETS)
@pytest.mark.parametrize("version", [psysal.Otazu2008, psysal.Otazu2010])
def test_the_contributions_and_the_coarsest_residual_make_the_percept(photograph, version, name):
    model = version(wavelet=name)
    stages = model.stages(photograph, dtype="float64")
    count, rows, cols = stages.channels.shape
    percepts = []
    for c in range(count):
        residual, levels = stages.residuals[c][-1], len(stages.planes[c])
        coarsest = wavelet.upsample(residual, levels) if name == "b3" else residual
        percepts.append(added(model, photograph, c) + coarsest[:rows, :cols])
    image = percepts[0] if count == 1 else color.from_opponent(np.stack(percepts))
    np.testing.assert_allclose(image, model(photograph, dtype="float64"), atol=1e-10)


@pytest.mark.parametrize("model", EVERY)
def test_a_level_is_that_of_all_stages(photograph, model):
    stages, result = model.stages(photograph), model(photograph)
    for channel, planes in enumerate(stages.planes):
        for level in range(1, len(planes) + 1):
            single = model.level_stages(photograph, channel, level)
            place = single.channel, single.level, single.levels
            assert place == (channel, level, len(planes))
            np.testing.assert_array_equal(single.map, result)
            np.testing.assert_array_equal(single.planes, planes[level - 1])
            np.testing.assert_array_equal(single.weights, stages.weights[channel][level - 1])
            assert single.contrast.shape == single.planes.shape
            if not isinstance(model, psysal.Murray2013):  # its contrast has scales
                np.testing.assert_array_equal(single.contrast, stages.contrast[channel][level - 1])


@pytest.mark.parametrize("model", EVERY)
def test_planes_cover_the_image_and_contributions_are_of_its_size(photograph, model):
    rows, cols = photograph.shape[:2]
    single = model.level_stages(photograph, 0, 2)
    assert single.contributions.shape == (3, *single.shape)
    for pixels, samples, padded in zip(
        (rows, cols), single.shape, single.planes.shape[1:], strict=True
    ):
        assert abs(samples * single.enlargement - pixels) < single.enlargement
        assert padded * single.step >= samples
    assert single.channels.shape[1:] == (rows, cols)


@pytest.mark.parametrize("model", EVERY)
def test_any_number_of_threads_gives_the_same_bits(rng, model):
    image = rng.integers(0, 256, (270, 250, 3), dtype=np.uint8)
    one, two = (model.level_stages(image, 0, 2, threads=n) for n in (1, 2))
    for name in ("map", "channels", "planes", "contrast", "weights", "contributions"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


@pytest.mark.parametrize("model", EVERY)
def test_beyond_the_last_channel_and_level_are_the_last(photograph, model):
    last = model.level_stages(photograph, 99, 99)
    assert last.level == last.levels == model.level_count(*photograph.shape[:2])
    assert last.channel == len(model.sensitivities) - 1


def test_an_image_without_levels_has_empty_planes():
    none = psysal.Murray2013().level_stages(np.arange(64, dtype=np.uint8).reshape(8, 8), 2, 1)
    assert (none.level, none.levels, none.planes.size) == (0, 0, 0)
    assert none.contributions.shape == (3, 2, 2)
    assert not none.contributions.any()


@pytest.mark.parametrize(
    ("channel", "level", "sentence"),
    [
        (-1, 1, "channel must be a whole number from 0 on, got -1"),
        (0, 0, "level must be a whole number from 1 on, got 0"),
        (0, 1.5, "level must be a whole number from 1 on, got 1.5"),
    ],
)
def test_no_channel_or_level_at_all_is_a_sentence(photograph, channel, level, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        psysal.Murray2011().level_stages(photograph, channel, level)
