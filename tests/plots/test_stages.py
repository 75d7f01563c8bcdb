"""The figure of all stages explains itself: rows, scales, units, colors and caption."""

import io

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("matplotlib")
import skimage.data

import psysal
from psysal import plots

PICTURE = skimage.data.coffee()[::8, ::8]
MODELS = {  # with the numbers of channels, and of rows of each
    "murray2011": (psysal.Murray2011(), 3, 3),
    "murray2013": (psysal.Murray2013(ppd=20), 3, 2),
    "otazu2008": (psysal.Otazu2008(), 1, 3),
}


def pictures(figure):
    return [ax for ax in figure.axes if ax.images]


def scales(figure):
    """Unit and words of every scale."""
    bars = [ax for ax in figure.axes if ax.collections]
    return [
        (ax.get_xlabel() or ax.get_ylabel(),
         [t.get_text() for t in (*ax.get_xticklabels(), *ax.get_yticklabels())])
        for ax in bars
    ]  # fmt: skip


@pytest.fixture(scope="module", params=MODELS)
def drawn(request):
    model, channels, rows = MODELS[request.param]
    return plots.stages(model, PICTURE, name="cup $1$.png"), model, channels, rows


def test_every_stage_of_every_level_is_shown_and_every_row_has_a_name_and_a_scale(drawn):
    figure, model, channels, rows = drawn
    levels = len(model.stages(PICTURE).planes[0])
    assert len(pictures(figure)) == 2 + channels + channels * (rows * levels + 1)
    words = [text.get_text() for text in figure.texts]
    names = ["wavelet plane\n|w|", "contrast z,\n0 to 1", "weight \N{GREEK SMALL LETTER ALPHA}"]
    for name in names if rows == 3 else (names[0], names[2]):
        assert words.count(name) == channels
    units = [unit for unit, _ in scales(figure)]
    assert "" not in units
    assert units.count("factor") == channels
    assert units.count("share") == (channels if rows == 3 else 0)


def test_the_caption_names_file_model_and_distance(drawn):
    figure, model, *_ = drawn
    caption = " ".join(text.get_text() for text in figure.texts)
    distance = "20 px/deg" if model.ppd else "its published tuning, as for 32 px/deg"
    assert f"cup $1$.png, by {type(model).__name__} at {distance}" in caption


def test_opponent_channels_are_in_their_colors_and_their_ends_are_named(drawn):
    figure, _, channels, _ = drawn
    ends = {(words[0].split("\n")[-1], words[-1].split("\n")[-1]) for _, words in scales(figure)}
    assert ("dark", "light") in ends
    if channels == 1:
        return
    assert {("green", "red"), ("blue", "yellow")} <= ends
    (artist,) = next(ax for ax in pictures(figure) if ax.get_title() == "red-green, O1").images
    low, high = artist.get_clim()
    assert low == -high
    rows, cols = artist.get_array().shape
    red, green, blue, _ = artist.to_rgba(artist.get_array())[int(0.8 * rows), int(0.35 * cols)]
    assert red > 2 * max(green, blue)  # the saucer


def test_no_two_pictures_overlap_and_no_band_is_empty(drawn):
    figure = drawn[0]
    boxes = [ax.get_position() for ax in pictures(figure)]
    for k, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[:k])
    inked = np.asarray(Image.open(io.BytesIO(plots.png(figure))).convert("L")) < 250
    for along, most in ((1, 0.04), (0, 0.05)):
        filled = np.flatnonzero(inked.any(axis=along))
        size = inked.shape[1 - along]
        assert max(np.diff(filled)) < most * size
        assert filled[0] < 0.03 * size < 0.97 * size < filled[-1]


def test_maps_are_in_multiples_of_their_mean(drawn):
    maps = [ax.images[0].get_array() for ax in pictures(drawn[0]) if "map" in ax.get_title()]
    assert len(maps) == (4 if drawn[2] == 3 else 0)
    for each in maps:
        assert each.mean() == pytest.approx(1, abs=1e-4)


def test_a_file_names_itself(tmp_path):
    path = tmp_path / "cup.png"
    Image.fromarray(PICTURE[:40, :60]).save(path)
    figure = plots.stages(psysal.Otazu2008(), path)
    assert any(text.get_text().startswith("cup.png, by Otazu2008") for text in figure.texts)
