"""Photographs as their files have them: color profile, Exif and transparency of crops."""

import io

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms, ImageOps

from psysal.crops.photograph import FORMATS, encode_crop, read_photograph
from psysal.image import read
from psysal.readers.icc import from_tags

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
LARGEST = 10**8


def file_of(picture, form, **options):
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def opened(data):
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def camera_exif(orientation=1):
    exif = Image.Exif()
    exif.update({0x010F: "Maker", 0x0112: orientation, 0x0100: 90, 0x0101: 60})
    exif.get_ifd(0x8769).update({0xA002: 90, 0xA003: 60, 0x9003: "2020:01:02 03:04:05"})
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 1.0, 2.0)})
    return exif


@pytest.fixture
def picture(rng):
    small = rng.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((90, 60), Image.Resampling.BICUBIC)


def crop_of(data, form, box=np.s_[10:50, 20:80]):
    photograph = read_photograph("a", data, max_pixels=LARGEST)
    samples = photograph.samples[box]
    return photograph, samples, *encode_crop(samples, form, photograph)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("container", ["JPEG", "PNG", "WEBP"])
def test_profile_and_exif_are_kept_and_say_the_size(picture, container, form):
    data = file_of(picture, container, exif=camera_exif(), icc_profile=PROFILE)
    _, samples, content, remarks = crop_of(data, form)
    crop = opened(content)
    assert (crop.format, crop.size, remarks) == (FORMATS[form], (60, 40), [])
    assert crop.info["icc_profile"] == PROFILE
    exif = crop.getexif()
    assert {tag: exif[tag] for tag in (0x010F, 0x0112, 0x0100, 0x0101)} == {
        0x010F: "Maker", 0x0112: 1, 0x0100: 60, 0x0101: 40,
    }  # fmt: skip
    inner = dict(exif.get_ifd(0x8769))
    assert inner == {0xA002: 60, 0xA003: 40, 0x9003: "2020:01:02 03:04:05"}
    assert exif.get_ifd(0x8825)[2] == (48.0, 1.0, 2.0)
    if form == "png":
        np.testing.assert_array_equal(np.asarray(crop), samples)
    else:
        assert abs(np.asarray(crop).astype(int) - samples).mean() < 4


def test_samples_of_another_profile_stay_and_the_model_sees_srgb(picture):
    display_p3 = from_tags({"cicp": (12, 13, 0, 1)})
    data = file_of(picture, "PNG", icc_profile=display_p3)
    photograph = read_photograph("a", data, max_pixels=LARGEST)
    np.testing.assert_array_equal(photograph.samples, np.asarray(picture))
    np.testing.assert_array_equal(photograph.pixels, read(io.BytesIO(data)))
    assert abs(photograph.pixels.astype(int) - photograph.samples).max() > 5
    assert (photograph.profile, photograph.remarks) == (display_p3, ())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photograph_is_cut_upright(picture, orientation):
    data = file_of(picture, "PNG", exif=camera_exif(orientation))
    upright = ImageOps.exif_transpose(opened(data))
    _, _, content, _ = crop_of(data, "png", np.s_[5:25, 10:40])
    crop = opened(content)
    np.testing.assert_array_equal(np.asarray(crop), np.asarray(upright)[5:25, 10:40])
    assert crop.getexif()[0x0112] == 1


def test_the_thumbnail_of_the_whole_is_not_kept(picture):
    thumbnail = file_of(picture, "JPEG")
    exif = camera_exif().tobytes()  # "Exif", two zeros, and a TIFF of big-endian numbers
    first = int.from_bytes(exif[10:14], "big")
    link = 6 + first + 2 + 12 * int.from_bytes(exif[6 + first : 8 + first], "big")
    place = len(exif) - 6
    entries = b"".join(
        np.array([tag, 4], ">u2").tobytes() + np.array([1, value], ">u4").tobytes()
        for tag, value in ((0x0201, place + 30), (0x0202, len(thumbnail)))
    )
    directory = b"\0\2" + entries + bytes(4)
    exif = exif[:link] + place.to_bytes(4, "big") + exif[link + 4 :] + directory + thumbnail
    data = file_of(picture, "JPEG", exif=exif)
    assert opened(data).getexif().get_ifd(ExifTags.IFD.IFD1)[0x0202] == len(thumbnail)
    _, _, content, _ = crop_of(data, "jpg")
    assert thumbnail not in content
    assert opened(content).getexif()[0x010F] == "Maker"


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_kept_but_in_jpeg(picture, mode):
    alpha = Image.linear_gradient("L").resize((90, 60))
    picture.putalpha(alpha)
    data = file_of(picture.convert(mode), "PNG")
    for form in ("png", "webp"):
        _, samples, content, remarks = crop_of(data, form)
        np.testing.assert_allclose(np.asarray(opened(content))[..., -1], samples[..., -1], atol=1)
        assert remarks == []
    _, samples, content, remarks = crop_of(data, "jpg")
    assert remarks == ["transparency composited on white, which JPEG has not"]
    assert opened(content).mode == ("L" if mode == "LA" else "RGB")
    on_white = Image.new(mode[:-1], (60, 40), "white")
    on_white.paste(
        Image.fromarray(samples[..., :-1].squeeze()), mask=Image.fromarray(samples[..., -1])
    )
    assert abs(np.asarray(opened(content)).astype(int) - np.asarray(on_white)).mean() < 4


def test_what_8_bits_of_rgb_cannot_say_is_said(picture, rng):
    deep = rng.integers(0, 65536, (60, 90), dtype=np.uint16)
    photograph, _, content, _ = crop_of(file_of(Image.fromarray(deep), "PNG"), "png")
    assert photograph.remarks == ("reduced to 8 bits",)
    np.testing.assert_array_equal(np.asarray(opened(content)), np.rint(deep[10:50, 20:80] / 257))
    inks = file_of(picture.convert("CMYK"), "JPEG")
    photograph, _, content, _ = crop_of(inks, "jpg")
    assert photograph.remarks == ("CMYK turned into RGB without a color profile",)
    assert opened(content).mode == "RGB"
    np.testing.assert_array_equal(photograph.samples, photograph.pixels)
    photograph, *_ = crop_of(file_of(picture, "TIFF"), "png")
    assert photograph.remarks == ("the Exif of TIFF is not kept",)
    frames = file_of(picture, "GIF", save_all=True, append_images=[picture.rotate(90)])
    photograph, *_ = crop_of(frames, "png")
    assert photograph.remarks == ("only the first of its frames was read",)


def test_exif_that_jpeg_has_no_room_for_is_left_out(picture):
    exif = camera_exif()
    exif.get_ifd(0x8769)[0x927C] = bytes(70_000)
    data = file_of(picture, "PNG", exif=exif)
    _, _, content, remarks = crop_of(data, "jpg")
    assert len(remarks) == 1
    assert remarks[0].endswith("bytes of Exif were left out, which JPEG cannot hold")
    assert not opened(content).getexif()
    assert len(opened(crop_of(data, "webp")[2]).getexif().get_ifd(0x8769)[0x927C]) == 70_000


def test_a_crop_that_a_format_cannot_hold_is_refused():
    photograph = read_photograph("a", file_of(Image.new("L", (9, 9)), "PNG"), max_pixels=LARGEST)
    said = "a crop of 16384 x 1 pixels could not be written as WEBP .*; ask for a smaller one"
    with pytest.raises(ValueError, match=said):
        encode_crop(np.zeros((1, 16384), np.uint8), "webp", photograph)


@pytest.mark.parametrize("data", [b"", b"no image", b"\xff\xd8\xff\xe0junk", b"GIF89a"])
def test_what_is_no_photograph_is_refused_by_name(data):
    with pytest.raises(ValueError, match=r"^b\.jpg: "):
        read_photograph("b.jpg", data, max_pixels=LARGEST)


def test_jpeg_and_webp_have_a_quality_of_90(picture):
    photograph = read_photograph("a", file_of(picture, "PNG"), max_pixels=LARGEST)
    for form in ("jpg", "webp"):
        expected = file_of(picture, FORMATS[form], quality=90)
        assert encode_crop(photograph.samples, form, photograph) == (expected, [])
