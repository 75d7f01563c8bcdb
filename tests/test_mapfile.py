"""Maps in files: every format and every reader gives back the same map."""

import io
import json
import sys
import zlib

import cv2
import numpy as np
import pytest
import skimage.data
import skimage.io
from PIL import Image

import psysal
from psysal import files, image, mapfile, overlay


@pytest.fixture(params=["ISA-L", "OpenCV"])
def packer(request, monkeypatch):
    """PNGs are packed by Intel's ISA-L, or by OpenCV where that is not installed."""
    if request.param == "ISA-L":
        pytest.importorskip("isal")
    else:
        monkeypatch.setitem(sys.modules, "isal.isal_zlib", None)
    return request.param


def test_a_map_comes_back_from_every_format(tmp_path, rng, packer):
    saliency = rng.random((20, 30), dtype=np.float32)
    about = {"model": "murray2011", "ppd": None}
    for form, tolerance in (("png", 1e-5), ("png8", 2e-3), ("tiff", 0), ("npy", 0)):
        path = tmp_path / (form + mapfile.FORMATS[form])
        files.save(path, mapfile.encode(saliency, form, metadata=about))
        if form == "npy":
            back = np.load(path)
        else:
            with Image.open(path) as picture:
                back = np.asarray(picture)
                kept = picture.info["psysal"] if "png" in form else picture.tag_v2[270]
            assert json.loads(kept) == about
            back = back / {"png": 65535, "png8": 255, "tiff": 1}[form]
        assert np.abs(back - saliency).max() <= tolerance, form
    assert back.dtype == np.float32
    with pytest.raises(ValueError, match="form must be one of png, png8, tiff, npy, got 'bmp'"):
        mapfile.encode(saliency, "bmp")


KINDS = [("png", "f4"), ("png", "f8"), ("png8", "f4"), ("png8", "f8"), ("png8", "u1")]
SHAPES = [(1, 1), (1, 9), (9, 1), (3, 5), (40, 57), (3, 5, 3), (1, 1, 3), (40, 57, 3)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("form", "dtype"), KINDS)
def test_every_reader_finds_the_same_pixels_in_a_png(rng, shape, form, dtype, packer):
    full = 65535 if form == "png" else 255
    codes = rng.integers(0, full + 1, shape, np.uint16 if form == "png" else np.uint8)
    codes.flat[0], codes.flat[-1] = 0, full
    given = codes if dtype == "u1" else (codes / full).astype(dtype)
    for laid in (given, np.asfortranarray(given), given[::-1, ::-1].copy()[::-1, ::-1]):
        data = mapfile.encode(laid, form)
        opencv = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        found = {
            "psysal": image.read(io.BytesIO(data)),
            "OpenCV": opencv[:, :, ::-1] if opencv.ndim == 3 else opencv,
        }
        if codes.ndim == 2 or form == "png8":  # Pillow, here and in skimage, keeps 8 bits of color
            found["Pillow"] = np.asarray(Image.open(io.BytesIO(data)))
            found["skimage"] = skimage.io.imread(io.BytesIO(data))
        for reader, pixels in found.items():
            assert pixels.dtype == codes.dtype, reader
            assert np.array_equal(pixels.reshape(shape), codes), reader


def test_what_lies_outside_zero_and_one_is_cut_off_in_a_png(packer):
    wide = np.array([[-1.0, 0.0, 0.5, 1.0, 7.0]])
    for form, codes in (("png", [0, 0, 32768, 65535, 65535]), ("png8", [0, 0, 128, 255, 255])):
        assert image.read(io.BytesIO(mapfile.encode(wide, form)))[0].tolist() == codes, form


def test_a_png_says_how_it_was_made_in_any_writing(rng, packer):
    about = {"note": 'Grüße, 目 ☃\n\ta "second" line\0', "ppd": 32.5, "raw": [0, None, True]}
    for saliency, form in ((rng.random((3, 5)), "png"), (rng.random((3, 5, 3)), "png8")):
        data = mapfile.encode(saliency, form, metadata=about)
        with Image.open(io.BytesIO(data)) as picture:
            picture.verify()  # the check sum of every chunk
            assert json.loads(picture.info["psysal"]) == about
        assert mapfile.encode(saliency.copy(), form, metadata=about) == data


def packed(codes):
    """The bytes of a PNG by Pillow, which looks for all that repeats."""
    buffer = io.BytesIO()
    Image.fromarray(codes).save(buffer, "PNG", compress_level=3)
    return len(buffer.getvalue())


def unpacked(data):
    """Bytes of the rows of a PNG, each after the number of its filter."""
    packed, at = b"", 8
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"IDAT":
            packed += data[at + 8 : at + 8 + size]
        at += 12 + size
    return zlib.decompress(packed)


@pytest.mark.parametrize("form", ["png", "png8", "color"])
def test_rows_are_filtered_alike_whatever_packs_them(monkeypatch, rng, form):
    pytest.importorskip("isal")
    cols = 3 * mapfile.BAND_BYTES // 200  # so that rows are filtered in several bands
    picture = cv2.GaussianBlur(rng.random((200, cols // 2, 3)), (0, 0), 3)
    picture[:100] += np.linspace(0, 0.3, 100)[:, None, None] * rng.random((100, cols // 2, 3))
    given = picture if form == "color" else picture[:, :, 0]
    given, form = image.normalize(given), "png" if form == "png" else "png8"
    fast = mapfile.encode(given, form)
    monkeypatch.setitem(sys.modules, "isal.isal_zlib", None)
    usual = mapfile.encode(given, form)
    assert fast != usual
    rows = unpacked(fast)
    assert rows == unpacked(usual)
    assert {*rows[:: len(rows) // 200]} == {1, 2}


def test_maps_that_vary_little_make_small_files(packer):
    ramp = np.linspace(0, 1, 640, dtype=np.float32) ** 2
    across, down = np.tile(ramp, (640, 1)), np.tile(ramp[:, None], (1, 640))
    square = np.zeros((640, 640), np.float32)
    square[200:300, 250:500] = 1
    for name, saliency in (
        ("constant", np.full((640, 640), 0.3)), ("across", across), ("down", down),
        ("square", square),
    ):  # fmt: skip
        for form, dtype in (("png", np.uint16), ("png8", np.uint8)):
            codes = np.rint(saliency * np.iinfo(dtype).max).astype(dtype)
            most = (1.2 if packer == "ISA-L" else 1) * packed(codes)
            assert len(mapfile.encode(saliency, form)) < most, f"{name}, {form}"
    plain = np.full((640, 640, 3), (200, 40, 30), np.uint8)
    assert len(mapfile.encode(plain, "png8")) < packed(plain)


def test_the_file_of_a_photograph_s_map_is_hardly_larger_than_pillow_s(packer):
    photograph = skimage.data.coffee()
    saliency = psysal.saliency(photograph)
    for form, dtype in (("png", np.uint16), ("png8", np.uint8)):
        codes = np.rint(saliency * np.iinfo(dtype).max).astype(dtype)
        assert len(mapfile.encode(saliency, form)) < 1.05 * packed(codes), form
    over = overlay.overlay(photograph, saliency)
    assert len(mapfile.encode(over, "png8")) < 1.06 * packed(over)
