"""Names of maps that are nearly those of images: one stated rule, and no guess."""

import pytest

from psysal.models.map_names import match_maps

IMAGES = ["1.jpg", "2.jpg", "10.jpg"]


@pytest.mark.parametrize(
    ("maps", "images", "left_out"),
    [
        (["1_saliency", "2_saliency", "10_saliency"], IMAGES, ("saliency",)),
        (["001", "002", "010"], IMAGES, ()),
        (["001.png", "002.png", "010.png"], IMAGES, ()),
        (["sal-0001", "sal-0002", "sal-0010"], IMAGES, ("sal",)),
        (["Sal001_Map", "Sal002_Map", "Sal010_Map"], IMAGES, ("sal", "map")),
        (["out/v2/1", "out/v2/2", "out/v2/10"], IMAGES, ("out", "v", "2")),
        (["1", "2", "10"], ["img_001.png", "img_002.png", "img_010.png"], ("img",)),
        (["Action_001", "Social_001"], ["Action/001.jpg", "Social/001.jpg"], ()),
        (["CAT", "Dog"], ["cat.jpg", "dog.jpg"], ()),
        (["caf\u0065\u0301", "bar"], ["caf\u00e9.jpg", "bar.jpg"], ()),
        (["cat_saliency"], ["cat.jpg"], ("saliency",)),
    ],
)
def test_maps_are_matched_without_what_all_share(maps, images, left_out):
    found = match_maps(maps, images)
    assert found.maps == dict(zip(images, maps, strict=True))
    assert found.left_out == left_out


def test_some_images_may_have_no_map_and_some_maps_no_image():
    few = match_maps(["sal_2", "sal_10"], IMAGES)
    assert few.maps == {"2.jpg": "sal_2", "10.jpg": "sal_10"}
    many = match_maps(["sal_1", "sal_2", "sal_10", "sal_11"], IMAGES)
    assert many.maps == {"1.jpg": "sal_1", "2.jpg": "sal_2", "10.jpg": "sal_10"}


@pytest.mark.parametrize(
    ("maps", "images"),
    [
        (["0", "1", "2"], ["1.jpg", "2.jpg", "3.jpg"]),  # one counts from 0
        (["cat_1_sal", "cat_2_sal"], ["dog_1.jpg", "dog_2.jpg"]),  # both sides have another word
        (["frame_a", "frame_b"], IMAGES),
        (["1", "01"], ["1.jpg", "2.jpg"]),  # two maps of one image
        (["sal_1", "sal_2"], ["1_1.jpg", "2_2.jpg"]),
        (["1_2", "2_1"], ["1.jpg", "2.jpg"]),  # the first number or the second?
    ],
)
def test_nothing_is_guessed(maps, images):
    assert match_maps(maps, images) is None
