"""Faults that users of other readers of pictures reported in public: none of them is here.

Each test names the report; its files are made here, by other programs than those that read them.
"""

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from psysal import image

tifffile = pytest.importorskip("tifffile")


@pytest.fixture
def rgb(rng):
    """A picture of 6 x 8 colors, 16 bits."""
    return rng.integers(0, 65536, (6, 8, 3), dtype=np.uint16)


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def read(data, **options):
    """Pixels, and what was said of them."""
    said = []
    source = io.BytesIO(data.getvalue() if isinstance(data, io.BytesIO) else data)
    return image.read(source, name="a", on_warning=said.append, **options), " ".join(said)


def png(chunks):
    """File of PNG chunks (name, content)."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def png_parts(pixels, color, depth):
    """IHDR and IDAT chunks of a picture."""
    rows = pixels.reshape(len(pixels), -1)
    codes = rows.astype(">u2" if depth == 16 else np.uint8)
    lines = b"".join(b"\0" + row.tobytes() for row in codes)
    head = struct.pack(">IIBBBBB", pixels.shape[1], len(pixels), depth, color, 0, 0, 0)
    return (b"IHDR", head), (b"IDAT", zlib.compress(lines))


def test_16_bits_of_an_animated_png(rgb):  # opencv #27073
    head, data = png_parts(rgb, 2, 16)
    frame = struct.pack(">IIIIIHHBB", 0, 8, 6, 0, 0, 1, 10, 0, 0)
    second = struct.pack(">IIIIIHHBB", 1, 8, 6, 0, 0, 1, 10, 0, 0)
    _, other = png_parts(65535 - rgb, 2, 16)
    chunks = [
        head, (b"acTL", struct.pack(">II", 2, 0)), (b"fcTL", frame), data, (b"fcTL", second),
        (b"fdAT", struct.pack(">I", 2) + other[1]), (b"IEND", b""),
    ]  # fmt: skip
    pixels, said = read(png(chunks))
    np.testing.assert_array_equal(pixels, rgb)
    assert "only the first of its frames was read" in said


def test_12_significant_bits_in_16_are_of_65535(rng):  # imageio #1049
    codes = rng.integers(0, 420, (5, 7), dtype=np.uint16) * 16
    head, data = png_parts(codes, 0, 16)
    pixels, _ = read(png([head, (b"sBIT", b"\x0c"), data, (b"IEND", b"")]))
    np.testing.assert_array_equal(pixels, codes)


def test_exif_before_and_after_the_pixels_of_a_png(rgb):  # LadybirdBrowser #1821
    exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    for bits, codes in ((16, rgb), (8, (rgb >> 8).astype(np.uint8))):
        head, data = png_parts(codes, 2, bits)
        for chunks in ([head, (b"eXIf", exif), data], [head, data, (b"eXIf", exif)]):
            pixels, _ = read(png([*chunks, (b"IEND", b"")]))
            np.testing.assert_array_equal(pixels, np.rot90(codes, -1))


def test_a_palette_with_transparency(rng):  # opencv #1308
    palette = rng.integers(0, 256, (4, 3), dtype=np.uint8)
    indexes = rng.integers(0, 4, (5, 6), dtype=np.uint8)
    head, data = png_parts(indexes, 3, 8)
    chunks = [head, (b"PLTE", palette.tobytes()), (b"tRNS", b"\xff\x00\x80"), data, (b"IEND", b"")]
    pixels, said = read(png(chunks))
    alpha = np.array([255, 0, 128, 255])[:, None] / 255
    expected = np.rint(palette * alpha + 255 * (1 - alpha))[indexes]
    np.testing.assert_allclose(pixels, expected, atol=1)
    assert "white" in said


def test_grey_with_alpha_of_16_bits(rng):  # metaspace #1248
    codes = rng.integers(0, 65536, (5, 6, 2), dtype=np.uint16)
    head, data = png_parts(codes, 4, 16)
    pixels, said = read(png([head, data, (b"IEND", b"")]))
    grey, alpha = codes[..., 0].astype(float), codes[..., 1] / 65535
    expected = grey * alpha + 65535 * (1 - alpha)
    assert np.abs(pixels.reshape(5, 6, -1)[..., 0] - expected).max() <= 1
    assert "white" in said


def tiff(pixels, **tags):
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tifffile.imwrite(file, pixels, **tags)
    return file


def test_a_bilevel_tiff_whose_white_is_0(rng):  # scikit-image #1940, imageio #355
    mask = rng.random((9, 17)) < 0.5
    for kind in ("miniswhite", "minisblack"):
        pixels, _ = read(tiff(mask, photometric=kind))
        white = ~mask if kind == "miniswhite" else mask
        np.testing.assert_array_equal(pixels, 255 * white)


def test_signed_codes_whose_white_is_0(rng):  # xarray-spatial #2278
    codes = rng.integers(0, 128, (4, 5)).astype(np.int8)
    codes[0, 0] = 0
    pixels, _ = read(tiff(codes, photometric="miniswhite"))
    full = np.iinfo(pixels.dtype).max  # of 0; 127 is black, and less has no meaning for light
    np.testing.assert_allclose(pixels / full, 1 - codes / 127, atol=0.005)
    with pytest.raises(ValueError, match="down to -1"):
        read(tiff((codes - 1).astype(np.int8), photometric="miniswhite"))


def test_a_palette_in_a_tiff_is_no_grey(rng):  # darktable #19089
    palette = rng.integers(0, 65536, (3, 256), dtype=np.uint16)
    indexes = rng.integers(0, 256, (5, 6), dtype=np.uint8)
    pixels, _ = read(tiff(indexes, photometric="palette", colormap=palette))
    expected = palette[:, indexes].transpose(1, 2, 0) / 65535
    full = np.iinfo(pixels.dtype).max
    np.testing.assert_allclose(pixels / full, expected, atol=1.1 / 255)


# imageio-ext #164, ImageMagick #8905
def test_an_unspecified_fourth_sample_is_left_out_and_said(rgb):
    for codes in (rgb, (rgb >> 8).astype(np.uint8)):
        four = np.dstack([codes, codes[..., :1]])
        pixels, said = read(tiff(four, photometric="rgb", extrasamples=[0]))
        np.testing.assert_array_equal(pixels, codes)
        assert said


def test_grey_with_alpha_in_a_tiff(rng):  # image-tiff #183
    for dtype in (np.uint8, np.uint16):
        full = np.iinfo(dtype).max
        two = rng.integers(0, full, (5, 6, 2), dtype=dtype)
        tags = {"photometric": "minisblack", "planarconfig": "contig"}
        pixels, said = read(tiff(two, extrasamples=[2], **tags))
        alpha = two[..., 1] / full
        expected = two[..., 0] * alpha + full * (1 - alpha)
        assert np.abs(pixels.reshape(5, 6, -1)[..., 0] - expected).max() <= 1
        assert said


def test_premultiplied_color_is_multiplied_as_encoded():  # hdrview #211
    codes = np.array([[(32, 0, 0, 32), (64, 64, 64, 64), (128, 64, 0, 128)]], np.uint8).repeat(4, 0)
    pixels, _ = read(tiff(codes, photometric="rgb", extrasamples=[1]))
    expected = codes[..., :3] + (255 - codes[..., 3:].astype(int))
    np.testing.assert_allclose(pixels, expected, atol=1)


def smooth(rows=32, cols=48):
    y, x = np.mgrid[:rows, :cols]
    colors = x * 255 // cols, y * 255 // rows, (x + y) * 255 // (rows + cols)
    return np.stack(colors, -1).astype(np.uint8)


def test_jpeg_in_a_tiff_of_either_color():  # Pillow #2503, #1270
    pytest.importorskip("imagecodecs")
    colors = smooth()
    options = {"compression": "jpeg", "compressionargs": {"level": 98}}
    as_luminance = tiff(colors, photometric="rgb", **options)
    as_rgb = io.BytesIO()
    Image.fromarray(colors).save(as_rgb, "TIFF", compression="jpeg", quality=98)
    for file, photometric in ((as_luminance, 6), (as_rgb, 2)):
        with tifffile.TiffFile(io.BytesIO(file.getvalue())) as opened:
            assert opened.pages[0].photometric == photometric
        pixels, _ = read(file)
        assert np.abs(pixels.astype(int) - colors).mean() < 1


def jpeg(picture, **options):
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=98, subsampling=0, **options)
    return file.getvalue()


def test_a_jpeg_whose_components_are_called_rgb():  # Pillow #6741
    colors = smooth()
    data = jpeg(Image.fromarray(colors, "RGB"), keep_rgb=True)
    pixels, _ = read(data)
    assert np.abs(pixels.astype(int) - colors).mean() < 2


def test_inks_with_and_without_adobes_marker():  # libvips #1283, LadybirdBrowser #6486
    inks = np.zeros((16, 16, 4), np.uint8)
    inks[:, 8:] = 255, 0, 0, 0  # white paper, cyan ink
    data = jpeg(Image.fromarray(inks, "CMYK"))
    marker = data.index(b"\xff\xee")
    length = struct.unpack(">H", data[marker + 2 : marker + 4])[0]
    bare = data[:marker] + data[marker + 2 + length :]
    for file in (data, bare):
        pixels, said = read(file)
        assert np.abs(pixels[:, 2].astype(int) - 255).max() < 6
        assert np.abs(pixels[:, -2].astype(int) - (0, 255, 255)).max() < 6
        assert "CMYK" in said


def icc(kind):
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(kind)).tobytes()


def grey_profile(gamma):
    """ICC profile of grey codes, whose light is their power."""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in (0.9642, 1, 0.8249)))
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"grey\0" + bytes(12 + 67)
    parts, tags, at = [(b"wtpt", white), (b"kTRC", curve), (b"desc", text)], b"", 128 + 4 + 3 * 12
    body = b""
    for name, data in parts:
        data += bytes(-len(data) % 4)
        tags += name + struct.pack(">II", at + len(body), len(data))
        body += data
    head = struct.pack(
        ">I4sI4s4s4s6H4sI4sIIQI3i4s44x", at + len(body), b"none", 0x02200000, b"mntr", b"GRAY",
        b"XYZ ", 2020, 1, 1, 0, 0, 0, b"acsp", 0, b"none", 0, 0, 0, 0, 63190, 65536, 54061, b"none",
    )  # fmt: skip
    return head + struct.pack(">I", 3) + tags + body


def test_a_grey_profile_of_a_grey_jpeg_keeps_its_tones():  # ImageSharp #3197
    ramp = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (16, 1))
    for gamma in (1.0, 1.8, 2.2):
        pixels, _ = read(jpeg(Image.fromarray(ramp, "L"), icc_profile=grey_profile(gamma)))
        light = (ramp / 255) ** gamma
        curve = 1.055 * light ** (1 / 2.4) - 0.055
        expected = 255 * np.where(light <= 0.0031308, 12.92 * light, curve)
        assert np.abs(pixels.reshape(*ramp.shape, -1)[..., 0] - expected).max() < 4, gamma


# Pillow #6666, ImageMagick #3209
def test_a_profile_of_another_kind_of_color_is_ignored_and_said():
    colors = smooth()
    inks = Image.fromarray(colors).convert("CMYK")
    for picture, profile in (
        (Image.fromarray(colors), grey_profile(2.2)),
        (inks, icc("sRGB")),
        (Image.fromarray(colors[..., 0]), icc("LAB")),
    ):
        plain, _ = read(jpeg(picture))
        pixels, said = read(jpeg(picture, icc_profile=profile))
        np.testing.assert_array_equal(pixels, plain)
        assert "profile" in said


def test_a_heic_is_turned_once():  # PicView #207, swayimg #372
    heif = pytest.importorskip("pillow_heif")
    colors = smooth()
    exif = Image.Exif()
    exif[274] = 6
    file = io.BytesIO()
    heif.from_pillow(Image.fromarray(colors)).save(file, quality=95, exif=exif.tobytes())
    shown = heif.open_heif(io.BytesIO(file.getvalue()))
    pixels, _ = read(file)
    assert pixels.shape[:2] == shown.size[::-1]
    assert np.abs(pixels.astype(int) - np.asarray(shown.to_pillow())[..., :3]).mean() < 3


def test_a_transparent_gif_is_white_there():  # GifImageView #50
    file = io.BytesIO()
    indexes = np.zeros((9, 9), np.uint8)
    indexes[3:6] = 1
    picture = Image.fromarray(indexes, "P")
    picture.putpalette([0, 0, 0, 200, 10, 10])
    picture.save(file, "GIF", transparency=0)
    pixels, said = read(file)
    assert (pixels[0] == 255).all()
    assert (pixels[4] == (200, 10, 10)).all()
    assert "white" in said
