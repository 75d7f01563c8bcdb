"""Color profiles, against LittleCMS in float64 by imagecodecs, which the readers use above 8 bits
only; its own profiles, not those that the readers make."""

import io
import struct
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image, ImageCms
from threadpoolctl import threadpool_limits

import psysal
from psysal import image
from psysal.readers import color, icc
from psysal.readers.base import Unsupported

imagecodecs = pytest.importorskip("imagecodecs")
tifffile = pytest.importorskip("tifffile")

CASES = Path(__file__).parents[1] / "cases" / "icc"
D50, D65 = (0.3457, 0.3585), (0.3127, 0.3290)
SRGB = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
P3 = (0.68, 0.32, 0.265, 0.69, 0.15, 0.06)
ADOBE = (0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
PROPHOTO = (0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001)
BT2020 = (0.708, 0.292, 0.170, 0.797, 0.131, 0.046)
EXACT = 0x100


def rgb_profile(white, primaries, gamma):
    return imagecodecs.cms_profile("rgb", whitepoint=white, primaries=primaries, gamma=gamma)


TARGET = imagecodecs.cms_profile("srgb")
COLORS = {
    "P3": rgb_profile(D65, P3, 2.2),
    "Adobe RGB": rgb_profile(D65, ADOBE, 563 / 256),
    "ProPhoto": rgb_profile(D50, PROPHOTO, 1.8),
    "BT.2020": rgb_profile(D65, BT2020, 2.4),
    "linear": rgb_profile(D65, SRGB, 1.0),
}
GREYS = {gamma: imagecodecs.cms_profile("gray", gamma=gamma) for gamma in (1.0, 1.8, 2.2)}


def by_littlecms(codes, profile, kind="rgb"):
    """sRGB in [0, 1], float64, of codes in [0, 1]."""
    names = {"colorspace": kind, "outcolorspace": "rgb", "flags": EXACT}
    return imagecodecs.cms_transform(codes, profile, TARGET, **names).clip(0, 1)


def encoded(pixels, profile):
    """Codes of a profile, in [0, 1], of sRGB in [0, 1]."""
    names = {"colorspace": "rgb", "outcolorspace": "rgb", "flags": EXACT}
    return imagecodecs.cms_transform(pixels, TARGET, profile, **names).clip(0, 1)


def as_type(values, kind):
    """Values in [0, 1] in a data type, and its code of white."""
    full = np.iinfo(kind).max if np.dtype(kind).kind == "u" else 1
    return (np.rint(values * full) if full > 1 else values).astype(kind), full


def write(path, codes, profile):
    """File with a profile, by Pillow or tifffile."""
    if codes.dtype == np.uint8 and path.suffix != ".tif":
        options = {"lossless": True} if path.suffix == ".webp" else {}
        Image.fromarray(codes).save(path, icc_profile=profile, **options)
    else:
        layout = {"photometric": "rgb" if codes.ndim == 3 else "minisblack"}
        tifffile.imwrite(path, codes, iccprofile=profile, **layout)


def png(path, codes, **chunks):
    """PNG of 8 or 16 bits with these chunks before its pixels."""
    kind = {2: 0, 3: 2}[codes.ndim]
    rows = codes.astype(codes.dtype.newbyteorder(">"))
    size = struct.pack(">IIBBBBB", *codes.shape[1::-1], codes.itemsize * 8, kind, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    parts = {"IHDR": size, **chunks, "IDAT": data, "IEND": b""}
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(content))
            + (body := name.encode() + content)
            + struct.pack(">I", zlib.crc32(body))
            for name, content in parts.items()
        )
    )


def read(path, **options):
    """Pixels and remarks without the name of the file."""
    remarks = []
    pixels = image.read(path, on_warning=remarks.append, **options)
    return pixels, [remark.removeprefix(f"{path}: ") for remark in remarks]


@pytest.fixture
def colors(rng):
    """Colors of every kind in [0, 1], dark and saturated ones among them."""
    values = rng.random((40, 50, 3))
    values[:10] /= 40
    values[10:20, :, rng.integers(3)] = 0
    values[20:25] = values[20:25, :, :1]
    return values


@pytest.mark.parametrize("name", COLORS)
def test_colors_of_a_profile_are_those_of_littlecms(name, colors, tmp_path):
    profile = COLORS[name]
    for suffix, kind in product(
        (".png", ".jpg", ".tif", ".webp", ".avif"), ("u1", "u2", "f4", "f8")
    ):
        if suffix != ".tif" and kind != "u1":
            continue
        path = tmp_path / f"{kind}{suffix}"
        codes, full = as_type(colors, kind)
        write(path, codes, profile)
        codes, _ = read(path, profile="ignore")  # of a JPEG and an AVIF not those written
        pixels, remarks = read(path)
        expected = by_littlecms(codes / full, profile) * full
        assert pixels.dtype == codes.dtype, path
        assert abs(pixels - expected).max() < {255: 1, 65535: 1, 1: 1e-6}[full], path
        assert remarks == ["converted from RGB built-in to sRGB"], path
        picture = Image.open(path) if kind == "u1" else None
        if picture:
            np.testing.assert_array_equal(image.check_image(picture), pixels)


def test_16_bits_of_a_png_are_converted_as_16_bits(colors, tmp_path):
    codes, full = as_type(colors, "u2")
    profile = COLORS["P3"]
    png(tmp_path / "a.png", codes, iCCP=b"P3\0\0" + zlib.compress(profile))
    pixels, _ = read(tmp_path / "a.png")
    assert abs(pixels - by_littlecms(codes / full, profile) * full).max() < 2
    png(tmp_path / "g.png", codes[..., 0], iCCP=b"g\0\0" + zlib.compress(GREYS[1.0]))
    pixels, _ = read(tmp_path / "g.png")
    expected = by_littlecms(codes[..., 0] / full, GREYS[1.0], "gray")[..., 1] * full
    assert abs(pixels - expected).max() < 2


@pytest.mark.parametrize("gamma", GREYS)
def test_greys_of_a_profile_are_those_of_littlecms(gamma, colors, tmp_path):
    for suffix, kind in ((".png", "u1"), (".jpg", "u1"), (".tif", "u2"), (".tif", "f4")):
        path = tmp_path / f"{kind}{suffix}"
        codes, full = as_type(colors[..., 0], kind)
        write(path, codes, GREYS[gamma])
        codes, _ = read(path, profile="ignore")
        pixels, remarks = read(path)
        expected = by_littlecms(codes / full, GREYS[gamma], "gray")[..., 1] * full
        assert pixels.shape == codes.shape
        assert pixels.dtype == codes.dtype
        assert abs(pixels - expected).max() < {255: 1, 65535: 1, 1: 1e-6}[full], path
        assert remarks == ["converted from gray built-in to sRGB"], path


def correlation(model, one, other):
    """Of two maps, each of a file or pixels."""
    with threadpool_limits(1, user_api="blas"):  # small products, for which threads wait
        a, b = (psysal.saliency(each, model=model, threads=1).ravel() for each in (one, other))
    return np.corrcoef(a, b)[0, 1]


@pytest.mark.parametrize("model", ["murray2011", "learned"])
def test_maps_of_a_profile_are_those_of_the_converted_photograph(model, tmp_path):
    photograph = np.ascontiguousarray(image.shrink(skimage.data.coffee(), 200)[:128, :128])
    for name, profile in COLORS.items():
        path = tmp_path / f"{name}.tif"
        codes, full = as_type(encoded(photograph / 255, profile), "u1")
        write(path, codes, profile)
        truth, _ = as_type(by_littlecms(codes / full, profile), "u1")
        assert correlation(model, path, truth) > 0.9999, name
        write(path, as_type(encoded(photograph / 255, profile), "u2")[0], profile)
        assert correlation(model, path, photograph) > 0.9999, name
    for gamma, profile in GREYS.items():
        codes, full = as_type(photograph[..., 1] / 255, "u1")
        write(path, codes, profile)
        truth, _ = as_type(by_littlecms(codes / full, profile, "gray")[..., 1], "u1")
        assert correlation(model, path, truth) > 0.9999, gamma


@pytest.mark.parametrize("name", ["p3", "linear", "greylin"])
def test_files_that_went_wrong_map_as_the_photographs_they_were_made_of(name):
    right = image.read(CASES / f"{name}_right.png")
    pixels, remarks = read(CASES / f"{name}.png")
    codes, _ = read(CASES / f"{name}.png", profile="ignore")
    assert len(remarks) == 1
    assert "converted from" in remarks[0]
    assert abs(pixels.astype(int) - right).mean() < min(3, abs(codes.astype(int) - right).mean())
    assert correlation("murray2011", pixels, right) > 0.99  # linear codes of 8 bits are coarse
    picture = Image.open(CASES / f"{name}.png")
    by_itself = ImageCms.profileToProfile(
        picture,
        ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"])),
        ImageCms.createProfile("sRGB"),
        outputMode="RGB",
    )
    if pixels.ndim == 3:  # of grey, LittleCMS would interpolate between 33 codes
        np.testing.assert_array_equal(pixels, by_itself)


def table_profile(entries):
    """sRGB as version 2 profiles of the nineties have it: by tables."""
    codes = np.linspace(0, 1, entries)
    light = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    return icc.make_profile("tables", curve=np.rint(light * 65535).astype(np.uint16))


def test_colors_are_converted_before_they_are_composited_on_white(colors, tmp_path):
    profile, alpha = COLORS["P3"], np.tile(np.linspace(0, 255, 50).astype(np.uint8), (40, 1))
    codes = np.dstack([as_type(colors, "u1")[0], alpha])
    Image.fromarray(codes).save(tmp_path / "a.png", icc_profile=profile)
    pixels, remarks = read(tmp_path / "a.png")
    straight = by_littlecms(codes[..., :3] / 255, profile)
    expected = 255 * (straight * (alpha[..., None] / 255) + 1 - alpha[..., None] / 255)
    assert abs(pixels - expected).max() < 2
    assert "transparency composited on white" in remarks[0]
    assert "converted from" in remarks[0]


def test_threads_share_what_is_known_of_a_profile(colors):
    codes = np.tile(as_type(colors, "u1")[0], (10, 10, 1))
    first, _ = color.to_srgb(codes, COLORS["P3"])
    with ThreadPoolExecutor(8) as pool:
        for pixels, _ in pool.map(lambda _: color.to_srgb(codes, COLORS["P3"]), range(40)):
            np.testing.assert_array_equal(pixels, first)


def test_a_profile_that_does_what_srgb_does_leaves_the_bits_alone(colors, tmp_path):
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (TARGET, own, icc.make_profile("parameters"), table_profile(1024)):
        for kind in ("u1", "u2", "f4"):
            codes, _ = as_type(colors, kind)
            write(tmp_path / "a.tif", codes, profile)
            pixels, remarks = read(tmp_path / "a.tif")
            np.testing.assert_array_equal(pixels, codes)
            assert remarks == []
            assert image.color_profile(tmp_path / "a.tif") is None
        grey, _ = as_type(colors[..., 0], "u1")  # cameras tag these so, and the curve is one
        write(tmp_path / "a.tif", grey, profile)
        pixels, remarks = read(tmp_path / "a.tif")
        np.testing.assert_array_equal(pixels, grey)
        assert remarks == []
    nearly = rgb_profile(D65, SRGB, 2.2)  # up to six codes off in the dark
    assert color.profile_name(nearly) == "RGB built-in"


def lut_profile(kind=b"prtr", space=b"CMYK", name=b"inks"):
    """Profile with a table of two nodes a channel: inks to CIELAB."""
    inks = len(space.strip())
    corners = np.array([*product((0, 1), repeat=inks)])
    lab = np.empty((len(corners), 3))
    absorbed = np.minimum(corners[:, :3] + corners[:, 3:4], 1) if inks == 4 else 1 - corners
    lab[:, 0] = 255 - 75 * absorbed.sum(axis=1)
    lab[:, 1:] = 128 + 60 * (absorbed[:, 1:3] - absorbed[:, :1])
    ramps = np.arange(256, dtype=np.uint8).tobytes()
    table = struct.pack(">4s4xBBBx9i", b"mft1", inks, 3, 2, *(np.eye(3, dtype=int) * 65536).flat)
    table += ramps * inks + np.rint(lab).clip(0, 255).astype(np.uint8).tobytes() + ramps * 3
    text = b"desc" + bytes(4) + struct.pack(">I", len(name) + 1) + name + bytes(79 + 8)
    tags = {b"A2B0": table, b"desc": text, b"wtpt": icc._xyz(icc.D50)}
    padded = {key: value + bytes(-len(value) % 4) for key, value in tags.items()}
    data = icc._assemble(space, padded)
    return data[:8] + b"\2\x40\0\0" + kind + space + b"Lab " + data[24:]


def test_inks_with_a_profile_are_converted_by_it_and_without_one_as_if_ideal(rng, tmp_path):
    inks = rng.integers(0, 256, (20, 30, 4), np.uint8)
    picture = Image.frombytes("CMYK", (30, 20), inks.tobytes())
    picture.save(tmp_path / "a.tif", icc_profile=lut_profile())
    pixels, remarks = read(tmp_path / "a.tif")
    # LittleCMS has inks of floats in percent
    expected = by_littlecms(inks / 255 * 100, lut_profile(), "cmyk") * 255
    assert abs(pixels - expected).max() < 2
    assert remarks == ["converted from inks to sRGB"]
    deep, _ = color.to_srgb(inks.astype(np.uint16) * 257, lut_profile(), color="cmyk")
    np.testing.assert_allclose(deep / 257, expected, atol=0.01)
    ideal, remarks = read(tmp_path / "a.tif", profile="ignore")
    np.testing.assert_array_equal(ideal, np.asarray(picture.convert("RGB")))
    assert remarks == ["color profile ignored: inks; CMYK turned into RGB without a color profile"]
    picture.save(tmp_path / "a.tif")
    ideal, remarks = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(ideal, np.asarray(picture.convert("RGB")))
    assert remarks == ["CMYK turned into RGB without a color profile"]


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        (COLORS["P3"][:200], "it is damaged"),
        (b"no profile", "it is damaged"),
        (COLORS["P3"].replace(b"rTRC", b"xTRC"), "it is damaged"),
        (GREYS[2.2], "gray built-in is for GRAY, and the picture is RGB"),
        (lut_profile(), "inks is for CMYK, and the picture is RGB"),
        *(
            (lut_profile(kind, b"RGB ", b"a"), f"a is {words}, which describes no picture")
            for kind, words in ((b"link", "a device link"), (b"abst", "an abstract profile"))
        ),
        (lut_profile(b"nmcl", b"RGB ", b"a"), "a is named colors, which describes no picture"),
    ],
)
def test_profiles_that_say_nothing_of_the_picture_are_ignored_with_the_reason(
    profile, reason, colors, tmp_path
):
    codes, _ = as_type(colors, "u1")
    write(tmp_path / "a.tif", codes, profile)
    pixels, remarks = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(pixels, codes)
    assert remarks == [f"color profile ignored, since {reason}"]


def test_a_profile_of_colors_is_ignored_on_a_grey_picture(colors, tmp_path):
    codes, _ = as_type(colors[..., 0], "u1")
    write(tmp_path / "a.jpg", codes, COLORS["P3"])
    _, remarks = read(tmp_path / "a.jpg")
    why = "RGB built-in is for RGB, and the picture is GRAY"
    assert remarks == [f"color profile ignored, since {why}"]


def test_without_imagecodecs_deep_colors_are_converted_at_8_bits_and_a_remark_says_so(
    colors, monkeypatch
):
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    for kind in ("u2", "f4"):
        codes, full = as_type(colors, kind)
        pixels, remark = color.to_srgb(codes, COLORS["P3"])
        expected = by_littlecms(np.rint(colors * 255) / 255, COLORS["P3"])
        assert pixels.dtype == codes.dtype
        assert abs(pixels / full - expected).max() < 2 / 255
        assert "at 8 bits; for more, run: " in remark
        assert "psysal[formats]" in remark
        grey, _ = color.to_srgb(codes[..., 0], GREYS[1.0], color="grey")
        assert grey.dtype == codes.dtype
        assert grey.shape == codes.shape[:2]


def chunk(white, primaries):
    return struct.pack(">8I", *(round(n * 100_000) for n in (*white, *primaries)))


def test_a_png_is_read_by_the_chunk_that_rules(colors, tmp_path):
    path = tmp_path / "a.png"
    p3 = COLORS["P3"]
    gamma, icc_chunk = struct.pack(">I", 100_000), b"P3\0\0" + zlib.compress(p3)
    corners, srgb = chunk(D65, P3), b"\0"
    table = {
        (): None,
        ("sRGB", "gAMA", "cHRM"): None,
        ("gAMA",): rgb_profile(D65, SRGB, 1.0),
        ("gAMA", "cHRM"): rgb_profile(D65, P3, 1.0),
        ("cHRM",): icc.make_profile("P3", primaries=P3),
        ("iCCP", "gAMA", "cHRM"): p3,
        ("cICP", "iCCP", "gAMA"): icc.make_profile("BT.2020", primaries=BT2020),
        ("cICP", "sRGB"): icc.make_profile("BT.2020", primaries=BT2020),
    }
    contents = {"gAMA": gamma, "cHRM": corners, "sRGB": srgb, "iCCP": icc_chunk}
    contents["cICP"] = bytes([9, 13, 0, 1])
    for kind, (names, profile) in product(("u1", "u2"), table.items()):
        codes, full = as_type(colors, kind)
        png(path, codes, **{name: contents[name] for name in names})
        pixels, remarks = read(path)
        if profile is None:
            np.testing.assert_array_equal(pixels, codes)
            assert not remarks, names
        else:
            expected = by_littlecms(codes / full, profile) * full
            assert abs(pixels - expected).max() < 2, (kind, names)
            assert "converted from" in remarks[0], names
            assert image.color_profile(path) in remarks[0]
        np.testing.assert_array_equal(read(path, profile="ignore")[0], codes)
    grey, _ = as_type(colors[..., 0], "u1")
    png(path, grey, gAMA=gamma, cHRM=corners)
    expected = by_littlecms(grey / 255, GREYS[1.0], "gray")[..., 1] * 255
    pixels, remarks = read(path)
    assert abs(pixels - expected).max() < 2
    assert remarks == ["converted from a gamma of 1 to sRGB"]


@pytest.mark.parametrize("gamma", [45455, 45000, 46000, 0])
def test_a_gamma_near_that_of_a_screen_is_srgb(gamma, colors, tmp_path):
    codes, _ = as_type(colors, "u1")
    png(tmp_path / "a.png", codes, gAMA=struct.pack(">I", gamma), cHRM=chunk(D65, SRGB))
    pixels, remarks = read(tmp_path / "a.png")
    np.testing.assert_array_equal(pixels, codes)
    assert not remarks


def test_code_points_of_hdr_are_refused_and_ignored_on_demand(colors, tmp_path):
    codes, _ = as_type(colors, "u2")
    for code, name in ((16, "PQ"), (18, "HLG")):
        png(tmp_path / "a.png", codes, cICP=bytes([9, code, 0, 1]))
        with pytest.raises(ValueError, match=rf"a\.png: is a picture for HDR.*{name}.*ffmpeg -i"):
            image.read(tmp_path / "a.png")
        pixels, remarks = read(tmp_path / "a.png", profile="ignore")
        np.testing.assert_array_equal(pixels, codes)
        assert remarks[0].startswith(f"color profile ignored: {name}")
    with pytest.raises(Unsupported, match="code points 10 and 17"):
        icc.from_tags({"cicp": (10, 17, 0, 1)})


def test_an_avif_is_read_by_its_code_points(colors, tmp_path):
    codes, _ = as_type(colors, "u1")
    for primaries, profile in ((1, None), (12, icc.make_profile("", primaries=P3))):
        data = imagecodecs.avif_encode(codes, level=100, primaries=primaries, transfer=13)
        (tmp_path / "a.avif").write_bytes(data)
        source, _ = read(tmp_path / "a.avif", profile="ignore")
        pixels, remarks = read(tmp_path / "a.avif")
        if profile is None:
            np.testing.assert_array_equal(pixels, source)
            assert not remarks
        else:
            assert abs(pixels - by_littlecms(source / 255, profile) * 255).max() < 2
            assert remarks == ["converted from Display P3 to sRGB"]


def test_a_camera_s_adobe_rgb_is_known_by_its_exif(colors, tmp_path):
    codes, _ = as_type(colors, "u1")
    path = tmp_path / "a.jpg"
    for space, index, is_adobe in ((0xFFFF, "R03", True), (1, "R98", False), (2, "R03", True)):
        exif = Image.Exif()
        exif[0x8769] = {0xA001: space, 0xA005: {1: index}}
        Image.fromarray(codes).save(path, exif=exif)
        source, _ = read(path, profile="ignore")
        pixels, remarks = read(path)
        expected = by_littlecms(source / 255, COLORS["Adobe RGB"]) * 255 if is_adobe else source
        assert abs(pixels - expected).max() < (2 if is_adobe else 1e-9), (space, index)
        assert remarks == ["converted from Adobe RGB to sRGB"] * is_adobe


def test_a_tiff_is_read_by_its_older_tags(colors, tmp_path):
    path = tmp_path / "a.tif"
    corners = [(round(n * 10_000), 10_000) for n in (*D65, *P3)]
    flat = [n for pair in corners for n in pair]
    curve = np.rint(np.linspace(0, 1, 256) ** 1.8 * 65535).astype(np.uint16)
    tags = [(301, "H", 768, tuple(np.tile(curve, 3).tolist()), True)]
    tags += [(318, "2I", 2, tuple(flat[:4]), True), (319, "2I", 6, tuple(flat[4:]), True)]
    codes, _ = as_type(colors, "u1")
    tifffile.imwrite(path, codes, photometric="rgb", extratags=tags)
    pixels, remarks = read(path)
    assert abs(pixels - by_littlecms(codes / 255, rgb_profile(D65, P3, 1.8)) * 255).max() < 2
    assert remarks == ["converted from its transfer function and its own primaries to sRGB"]
    tags = [(301, "H", 256, tuple(curve.tolist()), True)]
    tifffile.imwrite(path, codes[..., 0], photometric="minisblack", extratags=tags)
    pixels, remarks = read(path)
    expected = by_littlecms(codes[..., 0] / 255, GREYS[1.8], "gray")[..., 1] * 255
    assert abs(pixels - expected).max() < 2


def test_linear_light_of_other_primaries_is_converted(colors):
    profile = {"chromaticities": (*D65, *P3)}
    pixels, remark = color.to_srgb(colors, profile, is_linear=True)
    np.testing.assert_allclose(pixels, by_littlecms(colors, rgb_profile(D65, P3, 1.0)), atol=1e-4)
    assert remark == "converted from its own primaries to sRGB"
    pixels, remark = color.to_srgb(colors, {"chromaticities": (*D65, *SRGB)}, is_linear=True)
    np.testing.assert_allclose(pixels, psysal.srgb.from_linear(colors))
    assert remark == "linear light encoded to sRGB"


def test_profiles_that_are_made_are_those_that_littlecms_makes(colors):
    for white, primaries, gamma in ((D65, P3, 2.2), (D50, PROPHOTO, 1.8), (D65, SRGB, 1.0)):
        own = icc.make_profile("own", primaries=primaries, white=white, curve=gamma)
        theirs = rgb_profile(white, primaries, gamma)
        expected = by_littlecms(colors, theirs)
        np.testing.assert_allclose(by_littlecms(colors, own), expected, atol=1e-5)
    opened = ImageCms.ImageCmsProfile(io.BytesIO(icc.make_profile("A name")))
    assert opened.profile.profile_description == "A name"
    for corners in ((0.64, 0, 0.3, 0.6, 0.15, 0.06), (0.3, 0.3) * 3, (np.nan,) * 6):
        made = icc.make_profile("no triangle", primaries=corners)
        assert color.to_srgb(np.zeros((2, 2, 3)), made)[1].endswith("since it is damaged")


def test_a_choice_that_there_is_not_is_refused(photograph):
    with pytest.raises(ValueError, match=r"profile must be .*convert.*ignore.*'other'"):
        image.check_image(photograph, profile="other")
