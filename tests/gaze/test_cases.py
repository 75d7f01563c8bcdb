"""Inputs that once went wrong, each with the right result; tests/cases has them."""

import shutil
import unicodedata
from pathlib import Path

import pytest

from psysal.archive.inputs import find
from psysal.gaze import dataset

CASES = Path(__file__).parents[1] / "cases"


def rows(fixations):
    columns = (fixations.image, fixations.order, fixations.x, fixations.y)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize("name", ["semic", "utf16", "trail"])
def test_tables_of_other_programs_are_read(name):
    read = rows(dataset(CASES / "gaze" / name).fixations)
    assert read == [
        (image, order, x, y)
        for image in ("cat.png", "dog.png", "owl.png")
        for order, (x, y) in enumerate([(150.5, 40.25), (20.5, 100.25)])
    ]


def test_a_name_in_another_unicode_form_is_that_of_the_image():
    read = dataset(CASES / "gaze" / "nfd")
    (name,) = read.fixations.images
    assert name in read.images
    assert unicodedata.normalize("NFC", name) == "café.png"


def test_shares_of_the_image_are_refused_with_the_line_that_mends_them(tmp_path):
    folder = shutil.copytree(CASES / "gaze" / "norm", tmp_path / "norm")
    message = r"f\.csv: coordinates in pixels .* x from 0\.1 to 0\.75.*\nunits = \"share\"$"
    with pytest.raises(ValueError, match=message):
        dataset(folder)
    with (folder / "dataset.toml").open("a") as layout:
        layout.write('units = "share"\n')
    assert rows(dataset(folder).fixations)[0] == pytest.approx(("cat.png", 0, 150.0, 80.0))


def test_orders_from_1_are_said_and_first_fixations_found():
    with pytest.warns(UserWarning, match=r"f\.tsv: orders count from 1.*\nfirst = 1  # or 0$"):
        read = dataset(CASES / "gaze" / "el").fixations
    assert (read.order.min(), len(read), len(read.without_first())) == (0, 9, 6)


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(ValueError, match=r"f\.csv: line 1: one column x was expected, found 2"):
        dataset(CASES / "gaze" / "dup")
    with pytest.raises(ValueError, match=r"dup\.csv: column 'image' .* got 2 columns of this name"):
        list(find([str(CASES / "lists" / "dup.csv")]))


def test_a_list_of_windows_is_read(tmp_path):
    shutil.copy(CASES / "lists" / "win.csv", tmp_path)
    (tmp_path / "sub").mkdir()
    for name in ("sub/a.png", "b.jpg"):
        (tmp_path / name).write_bytes(b"a picture")
    found = list(find([str(tmp_path / "win.csv")]))
    assert [Path(source.place).relative_to(tmp_path).as_posix() for source in found] == [
        "sub/a.png", "b.jpg", "b.jpg",
    ]  # fmt: skip
    assert [source.stem for source in found] == ["sub/a", "b", "b"]


def test_transparent_pixels_are_no_fixations():
    read = dataset(CASES / "fixation_maps" / "rgba").fixations
    assert (read.images, len(read)) == (("cat.png", "dog.png", "owl.png"), 6)


def test_a_blurred_density_is_refused_as_a_fixation_map():
    with pytest.raises(ValueError, match=r"cat\.png: .* found 8,249 of 24,000 pixels .* blurred"):
        dataset(CASES / "fixation_maps" / "blur")


def test_fixations_on_a_turned_picture_are_inside():
    turned = dataset(CASES / "orientation_set")
    assert turned.fixations.inside(turned.sizes)[1] == 0
