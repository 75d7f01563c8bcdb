"""Uploads and examples: what is no picture is refused in a sentence."""

import io

import numpy as np
import pytest
from PIL import Image
from support.explorer import SVG, png

from psysal import stimuli
from psysal.explorer import pictures
from psysal.explorer.pictures import get_example, read_upload


def test_a_name_is_said_and_never_a_path(photograph):
    picture = read_upload("../../etc/C:\\secret\\cat.png", png(photograph))
    assert picture.name == "cat.png"
    assert picture.code[-1] == "pixels = image.read('cat.png')"
    with pytest.raises(ValueError, match="picture must be one of"):
        get_example("/etc/passwd")


def test_of_a_gif_the_first_frame_is_seen(photograph):
    frames = [Image.fromarray(frame) for frame in (photograph, 255 - photograph)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    seen = read_upload("two.gif", buffer.getvalue())
    assert abs(seen.pixels.astype(int) - photograph).mean() < 12  # of a palette
    assert seen.remark == "two.gif: only the first of its frames was read."


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("text.jpg", b"no picture\n" * 9, "text.jpg: is not an image in a known format"),
        ("evil.svg", SVG, "evil.svg: is not an image in a known format"),
        ("page.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image in a"),
        ("empty.png", b"", "empty.png: is empty"),
        ("cut.png", png(np.zeros((50, 50), np.uint8))[:60], "is damaged or cut short"),
        ("long.png", bytes(pictures.MAX_BYTES + 1), "has 20 MB, more than the limit of 20 MB"),
    ],
)
def test_what_is_no_picture_is_refused_in_a_sentence(name, data, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_upload(name, data)


def test_a_picture_of_200_megapixels_is_refused_before_it_is_decoded(huge):
    with pytest.raises(ValueError, match="20000 x 10000 pixels, more than the limit of 25,000,000"):
        read_upload("huge.png", huge)


def test_large_photographs_are_reduced_and_positions_with_them(rng):
    pixels = rng.integers(0, 256, (300, 2048, 3), dtype=np.uint8)
    picture = read_upload("wide.png", png(pixels))
    assert picture.pixels.shape == (150, 1024, 3)
    assert "Reduced from 2048 x 300 to 1024 x 150 pixels" in picture.remark
    assert picture.to_pixels(np.array([[2000.0, 100.0]])).tolist() == [[1000, 50]]


def test_search_displays_know_their_target():
    picture = get_example("search_color")
    np.testing.assert_array_equal(picture.target, stimuli.search_color().target_masks[0])
    assert get_example("white").target is None
