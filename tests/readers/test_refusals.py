"""Files that are no pictures or of another kind: refused by their true name, none is started."""

import subprocess

import numpy as np
import pytest
from PIL import Image

from psysal import image

FILES = {
    "PDF": (b"%PDF-1.7\n", "pdftoppm"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "magick in out.png"),
    "Photoshop (PSD)": (b"8BPS\0\1", "magick in out.png"),
    "SVG": (b'<?xml version="1.0"?>\n<svg xmlns="x"/>', "rsvg-convert"),
    "icon (ICO)": (b"\0\0\1\0\1\0", "magick in out.png"),
    "JPEG XL": (b"\xff\x0a\0\0", "djxl"),
    "OpenEXR": (b"v/1\x01\2\0\0\0", "oiiotool"),
    "MP4 video": (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "ffmpeg"),
    "DICOM": (bytes(128) + b"DICM", "dcm2img"),
    "HTML page": (b"<!DOCTYPE html><html>", ""),
}


@pytest.mark.parametrize("kind", FILES)
def test_the_kind_that_was_found_is_named(kind, tmp_path):
    data, how = FILES[kind]
    path = tmp_path / "a.png"
    path.write_bytes(data)
    for reader in (image.read, image.size):
        with pytest.raises(
            ValueError, match=r"a\.png: is not an image in a known format"
        ) as caught:
            reader(path)
        says = str(caught.value)
        assert f", but {kind};" in says
        assert how in says
        assert "damaged" not in says


def test_no_decoder_starts_a_program(tmp_path, monkeypatch):
    for name in ("Popen", "run", "check_call"):
        monkeypatch.setattr(subprocess, name, lambda *a, **k: pytest.fail("a program was started"))
    path = tmp_path / "cat.jpg"
    path.write_bytes(FILES["PostScript"][0])
    with pytest.raises(ValueError, match="but PostScript"):
        image.read(path)


def test_a_name_does_not_decide(tmp_path):
    path = tmp_path / "a.tif"
    pixels = np.arange(75, dtype=np.uint8).reshape(5, 5, 3)
    Image.fromarray(pixels).save(path, "PNG")
    assert np.array_equal(image.read(path), pixels)


def test_text_is_no_picture(tmp_path):
    path = tmp_path / "a.png"
    path.write_text("P was here\n")
    with pytest.raises(ValueError, match=r"is not an image in a known format; PNG, JPEG, TIFF"):
        image.read(path)
