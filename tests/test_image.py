"""Pictures: what comes in, and what is refused and how."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image
from support.pngs import exif

import psysal
from psysal import image, mapfile
from psysal.image import check_image


@pytest.fixture
def rgb(photograph):
    return photograph[:40, :56]


def written(path, picture, **options):
    picture.save(path, **options)
    return path


# --- what is understood ---------------------------------------------------------


def test_arrays_of_every_accepted_kind_give_the_same_map(rgb):
    expected = psysal.saliency(rgb, dtype="float64")
    deep = rgb.astype(np.uint16) * 257
    opaque = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
    frozen = rgb.copy()
    frozen.flags.writeable = False
    strided = np.repeat(np.repeat(rgb, 2, axis=0), 3, axis=1)[::2, ::3]
    for same in (deep, rgb / 255, opaque, frozen, strided, np.asfortranarray(rgb)):
        np.testing.assert_allclose(psysal.saliency(same, dtype="float64"), expected, atol=1e-9)
    bgr = psysal.saliency(rgb[:, :, ::-1], channel_order="bgr", dtype="float64")
    assert np.array_equal(bgr, expected)
    assert np.array_equal(psysal.saliency(Image.fromarray(rgb), dtype="float64"), expected)
    near = psysal.saliency((rgb / 255).astype(np.float32), dtype="float64")
    np.testing.assert_allclose(near, expected, atol=1e-5)


def test_one_channel_is_grey(rgb):
    grey = rgb[:, :, 0]
    assert np.array_equal(check_image(grey[:, :, None]), grey)


def test_the_image_given_is_never_changed(rgb):
    before = rgb.copy()
    psysal.saliency(rgb)
    check_image(np.dstack([rgb, rgb[:, :, 0]]))
    assert np.array_equal(rgb, before)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_transparent_pixels_are_composited_on_white(dtype):
    full = 1 if dtype is np.float32 else np.iinfo(dtype).max
    pixels = np.zeros((8, 8, 4), dtype)
    pixels[:, 4:, 3] = full
    shown = check_image(pixels)
    assert (shown[:, :4] == full).all()
    assert (shown[:, 4:] == 0).all()


def test_files_of_every_kind_are_read(tmp_path, rgb):
    picture = Image.fromarray(rgb)
    for name in ("a.png", "a.tiff", "a.bmp", "a.ppm", "a.webp"):
        options = {"lossless": True} if name.endswith("webp") else {}
        assert np.array_equal(image.read(written(tmp_path / name, picture, **options)), rgb), name
    palette = written(tmp_path / "p.png", picture.quantize(256))
    np.testing.assert_array_equal(
        image.read(palette), np.asarray(picture.quantize(256).convert("RGB"))
    )
    grey = written(tmp_path / "g.png", picture.convert("L"))
    assert image.read(grey).ndim == 2
    bits = written(tmp_path / "b.png", picture.convert("1"))
    assert set(np.unique(image.read(bits))) <= {0, 255}


def test_sixteen_bits_are_kept(tmp_path, rng):
    deep = rng.integers(0, 65536, (20, 30, 3), dtype=np.uint16)
    for name in ("c.png", "c.tiff"):
        cv2.imwrite(str(tmp_path / name), deep[:, :, ::-1])
        assert np.array_equal(image.read(tmp_path / name), deep), name
    alpha = np.dstack([deep, np.full((20, 30), 65535, np.uint16)])
    cv2.imwrite(str(tmp_path / "a.png"), alpha[:, :, [2, 1, 0, 3]])
    assert np.array_equal(image.read(tmp_path / "a.png"), deep)
    grey = written(tmp_path / "g.png", Image.fromarray(deep[:, :, 0]))
    assert np.array_equal(image.read(grey), deep[:, :, 0])
    light = (deep[:, :, 0] / 65535).astype(np.float32)
    tiff = written(tmp_path / "f.tiff", Image.fromarray(light))
    assert np.array_equal(image.read(tiff), light)


def test_a_rotated_jpeg_is_turned_upright(tmp_path, rgb):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = written(tmp_path / "r.jpg", Image.fromarray(rgb), exif=exif, quality=95)
    assert image.read(path).shape == (56, 40, 3)
    with Image.open(path) as picture:
        turned = check_image(picture)
        assert picture.size == (56, 40), "a caller's own picture stays as it is"
    assert np.array_equal(image.read(path), turned)


def test_cmyk_and_transparency_are_remarked_on(tmp_path, rgb):
    said = []
    cmyk = written(tmp_path / "c.jpg", Image.fromarray(rgb).convert("CMYK"), quality=95)
    assert image.read(cmyk, on_warning=said.append).shape == rgb.shape
    clear = np.dstack([rgb, np.full(rgb.shape[:2], 9, np.uint8)])
    image.read(written(tmp_path / "t.png", Image.fromarray(clear)), on_warning=said.append)
    image.read(written(tmp_path / "o.png", Image.fromarray(rgb)), on_warning=said.append)
    assert said == [
        f"{cmyk}: CMYK turned into RGB without a color profile",
        f"{tmp_path / 't.png'}: transparency composited on white",
    ]


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "PNG", "WEBP"])
def test_that_only_the_first_of_several_frames_is_read_is_said(tmp_path, rgb, kind):
    path = tmp_path / "frames"
    first, second = Image.fromarray(rgb), Image.fromarray(255 - rgb)
    first.save(path, kind, save_all=True, append_images=[second])
    said = []
    image.read(path, on_warning=said.append)
    assert said == [f"{path}: only the first of its frames was read"]


def test_previews_that_a_camera_adds_to_a_photograph_are_no_frames(tmp_path, rgb):
    path, said = tmp_path / "camera.jpg", []
    photo = Image.fromarray(rgb)
    photo.save(path, "MPO", save_all=True, append_images=[photo.resize((32, 32))])
    with Image.open(path) as file:
        assert file.n_frames == 2
    image.read(path, on_warning=said.append)
    assert said == []


@pytest.mark.parametrize(
    "mode",
    [
        "1",
        "L",
        "P",
        "LA",
        "La",
        "PA",
        "RGBA",
        "RGBa",
        "RGBX",
        "CMYK",
        "HSV",
        "YCbCr",
        "I;16",
        "I",
        "F",
    ],
)
def test_a_pil_image_of_every_mode_is_what_pillow_shows(mode, rgb):
    picture = Image.fromarray(rgb)
    if mode in ("I;16", "I", "F"):
        values = np.arange(40 * 56).reshape(40, 56)
        given = {
            "I;16": values.astype("u2"),
            "I": values.astype("i4"),
            "F": values.astype("f4") / 9999,
        }
        found = check_image(Image.fromarray(given[mode]))
        assert np.array_equal(found, given[mode])
        return
    if mode in ("LA", "PA", "La"):
        picture = picture.convert("L").convert("LA")
    picture = picture.convert("RGBA").convert(mode) if mode == "RGBa" else picture.convert(mode)
    shown = np.asarray(picture.convert("LA") if mode == "La" else picture.convert("RGB"), int)
    found = check_image(picture)
    right = (
        shown[:, :, 0] if mode == "La" else shown[:, :, :3] if found.ndim == 3 else shown[:, :, 0]
    )
    assert np.array_equal(found, right)


def test_transparency_of_a_pil_image_is_followed(rgb):
    grey = Image.fromarray(rgb[:, :, 0])
    grey.info["transparency"] = int(rgb[2, 2, 0])
    assert check_image(grey)[2, 2] == 255
    color = Image.fromarray(rgb)
    color.info["transparency"] = tuple(rgb[2, 2].tolist())
    assert (check_image(color)[2, 2] == 255).all()
    assert np.array_equal(np.asarray(color), rgb)


def test_a_pil_image_is_turned_once_whatever_pillow_does(tmp_path, rgb):
    for name in ("a.tif", "a.jpg", "a.png"):
        path = written(tmp_path / name, Image.fromarray(rgb), exif=b"Exif\0\0" + exif(6))
        with Image.open(path) as picture:
            found = check_image(picture)
        assert np.array_equal(found, image.read(path))
        assert found.shape == (56, 40, 3)


def test_a_pil_image_without_a_scale_is_refused():
    for values, says in [
        (np.full((9, 9), 70_000, "i4"), "image: has integers from 70000 to 70000"),
        (np.full((9, 9), 7, "f4"), r"image: a float image must lie in \[0, 1\]"),
    ]:
        with pytest.raises(ValueError, match=says):
            check_image(Image.fromarray(values))


def test_a_channel_order_is_of_arrays_only(tmp_path, rgb):
    path = written(tmp_path / "a.png", Image.fromarray(rgb))
    for given, kind in (
        (Image.fromarray(rgb), "a PIL image"),
        (path, "a file"),
        (str(path), "a file"),
    ):
        with pytest.raises(ValueError, match=f'channel_order="bgr" is for arrays, got {kind}'):
            check_image(given, channel_order="bgr")


def test_masked_pixels_are_refused_and_an_empty_mask_is_not(rgb):
    assert np.array_equal(check_image(np.ma.array(rgb)), rgb)
    with pytest.raises(ValueError, match="image must have no masked pixels; fill them, or crop"):
        check_image(np.ma.masked_greater(rgb, 200))


def test_a_stream_is_read(rgb):
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "PNG")
    buffer.seek(0)
    assert np.array_equal(image.read(buffer), rgb)


# --- what is refused, and how ---------------------------------------------------

FLOAT = np.full((9, 9), 0.5)


@pytest.mark.parametrize(
    ("bad", "error", "says"),
    [
        (np.zeros((9, 9, 2)), ValueError, r"must be \(rows, cols\).*got shape \(9, 9, 2\)"),
        (np.zeros((9, 9, 5)), ValueError, r"got shape \(9, 9, 5\)"),
        (np.zeros((2, 9, 9, 3)), ValueError, r"pass one image"),
        (np.zeros(9), ValueError, r"got shape \(9,\)"),
        (np.zeros((0, 9)), ValueError, r"must have pixels"),
        (FLOAT * np.nan, ValueError, "got NaN or infinite"),
        (np.where(FLOAT > 0, np.inf, 0), ValueError, "got NaN or infinite"),
        (FLOAT * 3, ValueError, r"must lie in \[0, 1\], got values from 1.5 to 1.5"),
        (FLOAT - 1, ValueError, "got values from -0.5 to -0.5"),
        (np.zeros((9, 9), bool), TypeError, "got bool"),
        (np.zeros((9, 9), int), TypeError, "got int64"),
        (np.zeros((9, 9), np.int8), TypeError, "got int8"),
        (np.zeros((9, 9), object), TypeError, "got object"),
        (np.full((9, 9), "a"), TypeError, "got <U1"),
        (np.zeros((9, 9), complex), TypeError, "got complex128"),
        (None, TypeError, "image is None; cv2.imread returns None"),
    ],
)
def test_arrays_without_a_meaning(bad, error, says):
    with pytest.raises(error, match=says):
        psysal.saliency(bad)


@pytest.mark.parametrize("shape", [(1, 1), (3, 1000), (1000, 7)])
def test_images_too_small_for_the_model(shape):
    with pytest.raises(ValueError, match=rf"at least 8 x 8 pixels, got {shape[0]} x {shape[1]}"):
        psysal.saliency(np.zeros(shape, np.uint8))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"normalize": "max"}, 'normalize must be "range", "sum" or None'),
        ({"dtype": "int8"}, 'dtype must be "float32" or "float64"'),
        ({"threads": 0}, "threads must be a whole number from 1 on, got 0"),
        ({"threads": 1.5}, "got 1.5"),
        ({"channel_order": "gbr"}, 'channel_order must be "rgb" or "bgr"'),
        ({"model": "itti"}, "model must be one of murray2011, murray2013, "),
        ({"ppd": 0}, "ppd must be a positive number of pixels per degree, got 0"),
        ({"ppd": float("nan")}, "got nan"),
        ({"ppd": "near"}, "got 'near'"),
        ({"model": lambda image: image, "ppd": 3.0}, "ppd must be given to the model itself"),
    ],
)
def test_options_without_a_meaning(options, says):
    with pytest.raises(ValueError, match=says):
        psysal.saliency(np.zeros((9, 9), np.uint8), **options)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"windows": (0, 26)}, r"windows must be positive whole numbers, got \(0, 26\)"),
        ({"windows": (13, 2.5)}, "windows must be positive whole numbers"),
        ({"windows": 13}, r"windows must be \(center, surround\), got 13"),
        ({"wavelet": "hair"}, 'wavelet must be "b3" or a discrete wavelet of PyWavelets'),
        ({"wavelet": "morl"}, "got 'morl'"),
    ],
)
def test_models_without_a_meaning(options, says):
    with pytest.raises(ValueError, match=says):
        psysal.Murray2011(**options)


def test_an_ecsf_without_a_meaning():
    with pytest.raises(ValueError, match="sig1 must be positive, got -1"):
        psysal.ECSF(1, -1, 1, 1, 4, 4)
    with pytest.raises(ValueError, match="beta must be a finite number, got nan"):
        psysal.ECSF(float("nan"), 1, 1, 1, 4, 4)
    with pytest.raises(TypeError, match="betta"):
        psysal.ECSF(betta=1)


def png_header(width, height):
    def chunk(name, body):
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def test_files_that_are_no_images(tmp_path, rgb):
    empty, text, cut, huge, odd = (
        tmp_path / n for n in ("e.png", "t.png", "c.png", "h.png", "f.tiff")
    )
    empty.write_bytes(b"")
    text.write_text("A thousand words.\n" * 9)
    whole = mapfile.encode(rgb, "png8")
    cut.write_bytes(whole[: len(whole) // 2])
    huge.write_bytes(png_header(100_000, 100_000))
    Image.fromarray(np.full((9, 9), 7, np.float32)).save(odd)
    whole_numbers = tmp_path / "i.tiff"
    Image.fromarray(np.full((9, 9), -7, np.int32)).save(whole_numbers)
    for path, says in [
        (whole_numbers, "i.tiff: has signed integers down to -7"),
        (empty, r"e.png: is empty \(0 bytes\)"),
        (text, "t.png: is not an image in a known format"),
        (cut, "c.png: is damaged or cut short"),
        (huge, r"h.png: has 100000 x 100000 pixels, more than the limit of 100,000,000; raise"),
        (odd, r"f.tiff: a float image must lie in \[0, 1\], got values from 7 to 7"),
    ]:
        with pytest.raises(ValueError, match=says):
            image.read(path)
    with pytest.raises(FileNotFoundError):
        image.read(tmp_path / "missing.png")
    for name in ("j.jpg", "j.tiff", "j.gif"):
        path = written(tmp_path / name, Image.fromarray(rgb))
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
        with pytest.raises(ValueError, match=f"{name}: is (damaged or cut short|not an image)"):
            image.read(path)


def test_the_pixel_limit_is_the_callers(tmp_path, rgb):
    path = written(tmp_path / "a.png", Image.fromarray(rgb))
    assert image.read(path, max_pixels=40 * 56).shape == rgb.shape
    with pytest.raises(ValueError, match="more than the limit of 2,239"):
        image.read(path, max_pixels=40 * 56 - 1)
