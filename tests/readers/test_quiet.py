"""Words that libraries print of damaged pictures: none reaches a user's terminal."""

import contextlib
import io
import logging
import pickle
import subprocess
import sys
import warnings

import cv2
import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image
from support.pngs import chunk, codes, exif, png

from psysal import image
from psysal.readers.apart import decode_apart

READ = """
import io, os, pickle, sys
from psysal import image
answers = {}
for name, data in pickle.load(sys.stdin.buffer).items():
    try:
        image.read(io.BytesIO(data), name=name)
        answers[name] = "read"
    except ValueError as error:
        answers[name] = str(error)
os.write(int(sys.argv[1]), pickle.dumps(answers))
"""


def saved(kind, **options):
    pixels = np.arange(48 * 40 * 3, dtype=np.uint8).reshape(48, 40, 3)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def damaged():
    rng = np.random.default_rng(0)
    deep = png(codes(16, 3), "rgb", 16)
    at = deep.index(b"IDAT") - 4
    yield "checksum.png", deep[:-14] + b"\1" + deep[-13:]
    yield "stream.png", deep[:at] + chunk(b"IDAT", b"x\x9cjunk" * 9) + chunk(b"IEND", b"")
    yield "profile.png", deep[:at] + chunk(b"iCCP", b"a\0\0junk") + deep[at:]
    yield "exif.png", deep[:at] + chunk(b"eXIf", exif(6)[:-9]) + deep[at:]
    yield "cut.jpg", saved("JPEG")[:700]
    yield "exif.jpg", saved("JPEG", exif=exif(6)[:14] + b"\xff" * 12)
    yield "profile.jpg", saved("JPEG", icc_profile=b"junk" * 40)
    yield "cut.jp2", saved("JPEG2000")[:900]
    hdr = imagecodecs.rgbe_encode(rng.random((48, 64, 3), dtype=np.float32))
    yield "cut.hdr", hdr[: len(hdr) // 2]
    for compression in ("lzw", "zlib", "packbits", "jpeg"):
        buffer = io.BytesIO()
        tifffile.imwrite(buffer, rng.integers(0, 9, (48, 40, 3), np.uint8), compression=compression)
        data = bytearray(buffer.getvalue())
        data[-60:-50] = bytes(10)
        yield f"{compression}.tif", bytes(data)
        del data[-9:]
        yield f"{compression}-cut.tif", bytes(data)
    noise = Image.fromarray(rng.integers(0, 9, (48, 40, 3), np.uint8)).convert("YCbCr")
    for compression in ("tiff_lzw", "tiff_adobe_deflate"):  # by libtiff, which says it alone
        buffer = io.BytesIO()
        noise.save(buffer, "TIFF", compression=compression)
        data = bytearray(buffer.getvalue())
        data[60:70] = bytes(10)
        yield f"ycbcr-{compression}.tif", bytes(data)


def test_libraries_print_nothing(tmp_path):
    files = dict(damaged())
    with open(tmp_path / "answers", "w+b") as answers:
        done = subprocess.run(
            [sys.executable, "-c", READ, str(answers.fileno())],
            input=pickle.dumps(files),
            capture_output=True,
            pass_fds=[answers.fileno()],
            check=True,
        )
        answers.seek(0)
        found = pickle.load(answers)
    assert (done.stdout, done.stderr) == (b"", b"")
    for name, answer in found.items():
        assert answer == "read" or answer.startswith(f"{name}: is damaged or cut short"), answer
    assert list(found.values()).count("read") < len(found) / 2


def test_warnings_and_logs_of_the_host_are_as_they_were():
    def state():
        return warnings.filters[:], cv2.utils.logging.getLogLevel(), logging.root.handlers[:]

    before, limit = state(), Image.MAX_IMAGE_PIXELS
    for name, data in damaged():
        with contextlib.suppress(ValueError):
            image.read(io.BytesIO(data), name=name)
    assert state() == before
    assert limit == Image.MAX_IMAGE_PIXELS


def test_a_decoder_apart_that_crashes_is_a_sentence():
    with pytest.raises(ValueError, match="its decoder ended with status -9"):
        decode_apart("import os; os.kill(os.getpid(), 9)", b"")
    with pytest.raises(ValueError, match="MemoryError: all of it"):
        decode_apart("raise MemoryError('all of it')", b"")
