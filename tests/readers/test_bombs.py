"""Files that claim more than they have, each read by a process whose time and memory are watched.

Sizes are those of the claims: what a decoder would allocate if it believed them.
"""

import io
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.pngs import chunk, codes, png

from psysal.explorer.pictures import read_upload

HOSTILE = Path(__file__).parents[1] / "cases" / "hostile"
SECONDS, MEGABYTES = 1.0, 50
READ = """
import io, json, sys, time
from pathlib import Path
import cv2  # no file's cost
from psysal import image

def memory(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1e3 for line in lines if line.startswith(key))

first, *paths = sys.argv[1:]
image.read(first)
for path in [first, *paths]:  # once for what is imported
    answer, said = "", []
    Path("/proc/self/clear_refs").write_text("5")
    memory_before, start = memory("VmRSS"), time.process_time()
    try:
        image.read(path, on_warning=said.append)
    except ValueError as error:
        answer = str(error)
    seconds = time.process_time() - start
    print(json.dumps([path, answer, seconds, memory("VmHWM") - memory_before]))
"""


def png_of(size, depth, *parts):
    head = struct.pack(">IIBBBBB", *size, depth, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(parts) + chunk(b"IEND", b"")


def with_chunk(name, body):
    return png(codes(8, 3), "rgb", 8, before=[(name, body)])


def saved(kind, size=(16, 16), mode="RGB", **options):
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, kind, **options)
    return bytearray(buffer.getvalue())


def changed(data, at, form, *values):
    struct.pack_into(form, data, at, *values)
    return bytes(data)


def same_bytes_often(count, length):
    """Directory whose entries all claim nearly all bytes of it."""
    entries = b"".join(struct.pack("<HHII", 400 + k, 7, length - 100, 8) for k in range(count))
    return (b"II*\0\x08\0\0\0" + struct.pack("<H", count) + entries).ljust(length, b"\0")


def tiff(tags):
    """TIFF of 16 x 16 codes; a tag is a number, or a type, a count and a place."""
    plain = {256: 16, 257: 16, 258: 8, 259: 1, 262: 1, 273: 200, 277: 1, 278: 16, 279: 256}
    entries = [
        struct.pack("<HHII", tag, *(value if isinstance(value, tuple) else (4, 1, value)))
        for tag, value in sorted((plain | tags).items())
    ]
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + b"".join(entries)
    return head.ljust(200, b"\0") + bytes(256)


def bombs():
    empty = zlib.compress(bytes(30_000_000), 9)
    text = chunk(b"tEXt", b"a\0b")
    exif = b"Exif\0\0" + same_bytes_often(4000, 60_000)
    jpeg, code = bytes(saved("JPEG")), saved("JPEG2000", no_jp2=True)
    progressive = bytes(saved("JPEG", (2000, 2000), progressive=True))
    scan = progressive[progressive.rindex(b"\xff\xc4") : -2]
    moved = saved("BMP")
    moved[28:34] = struct.pack("<HI", 8, 1)  # runs of 8 bits
    files = {
        f"{name.decode()}.png": png_of((8, 8), 16, struct.pack(">I4s", 0x7FFFFFF0, name))
        for name in (b"IDAT", b"tEXt", b"iCCP", b"zTXt", b"eXIf", b"tRNS")
    }
    files |= {
        "plain.png": (HOSTILE / "deep_chunk2.png").read_bytes(),
        "large.png": png_of((30_000, 30_000), 8, text, chunk(b"IDAT", empty)),
        "allowed.png": png_of((9999, 9999), 8, text, chunk(b"IDAT", empty)),
        "rows.png": png_of((4000, 4000), 8, chunk(b"IDAT", zlib.compress(bytes(99)))),
        "profile.png": with_chunk(b"iCCP", b"a\0\0" + empty),
        "note.png": with_chunk(b"zTXt", b"a\0\0" + empty),
        "xmp.png": with_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + empty),
        "exif.png": with_chunk(b"eXIf", exif[6:]),
        "hex.png": with_chunk(
            b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(b"\n\n\n" + exif.hex().encode())
        ),
        "exif.jpg": jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:],
        "frames.jpg": jpeg[:2] + b"\xff\xe2" + struct.pack(">H", len(exif)) + b"MPF\0" + exif[6:]
        + jpeg[2:],
        "segment.jpg": jpeg[:2] + b"\xff\xe1\xff\xff" + jpeg[2:],
        "scans.jpg": progressive[:-2] + scan * 2000,
        "exif.webp": saved("WEBP", exif=exif),
        "exif.avif": saved("AVIF", exif=exif),
        "large.webp": saved("WEBP", (9999, 9999), lossless=True, method=0),
        "large.gif": changed(saved("GIF", mode="L"), 6, "<HH", 65535, 65535),
        "allowed.gif": changed(saved("GIF", mode="L"), 6, "<HH", 9999, 9999),
        "runs.bmp": changed(moved, 18, "<ii", 9999, 9999),
        "tiles.j2k": changed(code, 8, ">8I", 8160, 8160, 0, 0, 32, 32, 0, 0),
        "no_tiles.j2k": changed(code, 8, ">8I", 16, 16, 0, 0, 0, 0, 0, 0),
        "components.j2k": changed(saved("JPEG2000", no_jp2=True), 40, ">H", 16384),
        "samples.tif": tiff({256: 5000, 257: 5000, 277: 65535}),
        "strip.tif": tiff({279: 0x7FFFFFFF}),
        "strips.tif": tiff({273: (4, 0x3FFFFFFF, 8), 279: (4, 0x3FFFFFFF, 8)}),
        "tags.tif": same_bytes_often(4000, 1_000_000),
        "digits.ppm": b"P6 " + b"1" * 3_000_000,
        "comment.ppm": b"P6 #" + b"a" * 3_000_000,
        "negative.ppm": b"P6 -5 -5 255\n" + bytes(75),
        "text.pgm": b"P2 9000 9000 255\n" + b"1 " * 99,
        "negative.hdr": b"#?RADIANCE\n\n-Y -48 +X -64\n" + bytes(99),
        "large.hdr": b"#?RADIANCE\n\n-Y 5000 +X 5000\n" + bytes(99),
    }  # fmt: skip
    return files


@pytest.mark.filterwarnings("ignore:Tag data larger than file")  # by Pillow, which writes some
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux measures memory")
def test_a_claim_is_refused_before_time_and_memory_are_spent(tmp_path):
    sound = tmp_path / "sound.png"
    sound.write_bytes(png(np.zeros((6, 5, 3), int), "rgb", 8))
    paths = [sound]
    for name, data in bombs().items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", READ, *paths], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    wrong = []
    for line in done.stdout.splitlines()[1:]:
        path, answer, seconds, megabytes = json.loads(line)
        if not answer.startswith(path) or "\n" in answer or seconds > SECONDS:
            wrong.append((path, answer, seconds))
        if megabytes > MEGABYTES:
            wrong.append((path, megabytes))
    assert wrong == []
    assert len(done.stdout.splitlines()) == len(paths)


def test_an_upload_takes_the_same_door():
    with pytest.raises(ValueError, match=r"^a\.png: is damaged.*IDAT' claims 2,147,483,632 bytes"):
        read_upload("a.png", (HOSTILE / "deep_chunk2.png").read_bytes())
