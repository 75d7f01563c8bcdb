"""Pictures without the packages of psysal[formats]: read right, or refused with what to install."""

import itertools
import pickle
import subprocess
import sys
from pathlib import Path

import imagecodecs
import numpy as np
from support.tiffs import COMPRESSORS, stored, tiff

CASES = Path(__file__).parents[1] / "cases"
READ = """
import io, pickle, sys
sys.modules.update(dict.fromkeys(("imagecodecs", "pillow_heif", "rawpy")))
from psysal import image
answers = {}
for name, data in pickle.load(sys.stdin.buffer).items():
    try:
        answers[name] = image.read(io.BytesIO(data), name=name)
    except ValueError as error:
        answers[name] = str(error)
sys.stdout.buffer.write(pickle.dumps(answers))
"""


def answers(files):
    """Pixels or refusal of every file, by a Python that has none of the packages."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", READ],
        input=pickle.dumps(files),
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    return pickle.loads(done.stdout)


def test_right_or_refused_with_the_line_that_installs():
    files, right = {}, {}
    rng = np.random.default_rng(0)
    for bits, channels, planar, minimum in itertools.product(
        (1, 8, 12, 16), (1, 3), (False, True), (0, 1)
    ):
        codes = rng.integers(0, 2**bits, (6, 5, channels)).astype("u1" if bits <= 8 else "u2")
        kind = 2 if channels == 3 else minimum
        white = 255 if bits <= 8 else 65535
        for compression, orientation, predictor in itertools.product(COMPRESSORS, (1, 6), (1, 2)):
            if predictor == 2 and (compression == "none" or bits in (1, 12)):
                continue
            name = f"{bits} {channels} {planar} {kind} {compression} {orientation} {predictor}"
            files[name] = tiff(
                stored(codes, orientation), bits=bits, planar=planar, photometric=kind,
                compression=compression, orientation=orientation, predictor=predictor,
            )  # fmt: skip
            shares = codes.squeeze() / (2**bits - 1)
            right[name] = (1 - shares if kind == 0 else shares) * white
    codes = rng.integers(0, 65536, (6, 5, 3)).astype("u2")
    files["deep.avif"] = imagecodecs.avif_encode(
        codes >> 6, bitspersample=10, level=100, numthreads=1
    )
    files["deep.jp2"] = imagecodecs.jpeg2k_encode(codes, level=0, reversible=True)
    files["a.jp2"] = imagecodecs.jpeg2k_encode((codes >> 8).astype("u1"), level=0, reversible=True)
    right["a.jp2"] = codes >> 8
    files["a.dng"] = (CASES / "images" / "raw_preview_first.dng").read_bytes()
    files["a.heic"] = (CASES / "folder" / "photo.heic").read_bytes()
    found = answers(files)
    wrong, refused = [], set()
    for name, answer in found.items():
        if isinstance(answer, str):
            refused.add(name)
            if "not installed; run: " not in answer or 'psysal[formats]"' not in answer:
                wrong.append(answer)
        elif np.abs(answer - right[name]).max() > 0.5 + 1e-9:
            wrong.append((name, np.abs(answer - right[name]).max()))
    assert wrong == []
    assert {"deep.avif", "deep.jp2", "a.dng", "a.heic"} <= refused
    ordinary = {name for name in found if name.startswith(("8 3 False", "8 1", "16 1 False 1"))}
    assert {
        name for name in ordinary & refused if "zstd" not in name and "True" not in name
    } == set()
