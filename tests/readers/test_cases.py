"""Files that went wrong once; each with its right value."""

from pathlib import Path

import numpy as np
import pytest

from psysal import image

CASES = Path(__file__).parents[1] / "cases" / "images"
RGB16 = np.load(CASES / "truth_rgb16.npy").astype(float)
GREEN = RGB16[:, :, 1]
ON_WHITE = "transparency composited on white"


def read(name):
    said = []
    path = CASES / name
    found = image.read(path, on_warning=said.append)
    assert image.size(path) == found.shape[:2]
    return found, [sentence.removeprefix(f"{path}: ") for sentence in said]


@pytest.mark.parametrize(
    ("name", "right", "remarks"),
    [
        ("rgb16_planar.tif", RGB16, []),
        ("planar16_lzw.tif", RGB16, []),
        ("rgb16_zstd_pNone.tif", RGB16, []),
        ("g16_minwhite.tif", GREEN, []),
        ("rgbnir16_unspec.tif", RGB16, ["1 extra channel(s) not marked as transparency left out"]),
        ("rgb16_o6.png", np.rot90(RGB16, -1), []),
        ("sat16.jp2", np.load(CASES / "truth_sat16.npy"), []),
    ],
)
def test_pixels_are_those_that_were_recorded(name, right, remarks):
    found, said = read(name)
    assert found.dtype == np.uint16
    assert np.array_equal(found, right)
    assert said == remarks


def test_premultiplied_alpha_is_multiplied_once():
    import tifffile

    stored = tifffile.imread(CASES / "rgba16_assoc.tif").astype(int)
    found, said = read("rgba16_assoc.tif")
    assert np.array_equal(found, stored[:, :, :3] + 65535 - stored[:, :, 3:])
    assert said == [ON_WHITE]


def test_transparency_is_said_with_sixteen_bits_too():
    assert read("rgba16.png")[1] == [ON_WHITE]
    found, said = read("g16_trns.png")
    assert (found[:, :20] == 65535).all()
    assert said == [ON_WHITE]
    found, said = read("la16.tif")
    assert found.dtype == np.uint16
    assert said == [ON_WHITE]


@pytest.mark.parametrize(("name", "full"), [("g10.tif", 1023), ("g12.tif", 4095)])
def test_white_is_the_greatest_code_of_its_bits(name, full):
    import tifffile

    found, _ = read(name)
    assert np.abs(found - tifffile.imread(CASES / name) / full * 65535).max() <= 0.5
    assert found.max() == 65535


def test_an_orientation_is_followed_and_so_is_the_size():
    import tifffile

    found, _ = read("rgb8_o6.tif")
    assert np.array_equal(found, np.rot90(tifffile.imread(CASES / "rgb8_o6.tif"), -1))


def test_a_palette_of_8_bit_colors_is_no_black_picture():
    import tifffile

    with tifffile.TiffFile(CASES / "palette_unscaled.tif") as file:
        colors, codes = file.pages[0].colormap, file.pages[0].asarray()
    assert np.array_equal(read("palette_unscaled.tif")[0], colors.T[codes])


def test_floats_in_the_unit_interval_are_read():
    import tifffile

    assert np.array_equal(read("rgb_f32.tif")[0], tifffile.imread(CASES / "rgb_f32.tif"))


def test_linear_light_is_encoded():
    found, said = read("hdr.hdr")
    assert 0 <= found.min() <= found.max() <= 1
    assert said == ["linear light encoded to sRGB"]


def test_a_raw_file_is_developed_and_its_preview_is_not_taken():
    found, said = read("raw_preview_first.dng")
    assert found.shape[:2] != (24, 32)
    assert said == ["developed from raw data of a camera"]


def test_integers_below_zero_are_refused():
    with pytest.raises(ValueError, match=r"g_i8\.tif: has signed integers down to -128"):
        read("g_i8.tif")
