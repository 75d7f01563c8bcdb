"""PNGs of every kind, against a writer of chunks by hand."""

import io
import itertools
import struct
import zlib

import numpy as np
import pytest
from support.pngs import KINDS, codes, exif, png
from support.tiffs import stored

from psysal import image
from psysal.readers import _open

DEPTHS = {
    "grey": (1, 2, 4, 8, 16),
    "rgb": (8, 16),
    "palette": (1, 2, 4, 8),
    "grey+alpha": (8, 16),
    "rgb+alpha": (8, 16),
}
CHANNELS = {"grey": 1, "rgb": 3, "palette": 1, "grey+alpha": 2, "rgb+alpha": 4}
CASES = [(kind, depth) for kind in KINDS for depth in DEPTHS[kind]]


def read(data, said=None):
    on_warning = None if said is None else said.append
    return image.read(io.BytesIO(data), name="a.png", on_warning=on_warning)


def expected(samples, kind, depth, colors, clear):
    """Shares of white on white, from the codes of the file, and True where some are clear."""
    full = 2**depth - 1
    if kind == "palette":
        veil = np.array([clear.get(int(code), 255) for code in samples.ravel()]) / 255
        light = colors[samples[:, :, 0]] / 255
        veil = veil.reshape(*samples.shape[:2], 1)
    elif kind.endswith("alpha"):
        light, veil = samples[:, :, :-1] / full, samples[:, :, -1:] / full
    else:
        light, veil = samples / full, np.ones((*samples.shape[:2], 1))
        if clear is not None:
            veil = 1.0 - (samples == clear).all(axis=2, keepdims=True)
    right = light * veil + 1 - veil
    return (right[:, :, 0] if right.shape[2] == 1 else right), bool((veil < 1).any())


@pytest.mark.parametrize(("kind", "depth"), CASES)
def test_the_matrix_of_kinds(kind, depth):
    colors = np.random.default_rng(2).integers(0, 256, (2**depth if depth < 16 else 0, 3))
    samples = codes(depth, CHANNELS[kind])
    clears = {
        "grey": (None, 0, 1, 2**depth - 1),
        "rgb": (None, samples[2, 2]),
        "palette": ({}, {1: 0, 0: 77}),
    }.get(kind, (None,))
    white = 65535 if depth == 16 else 255
    wrong = []
    for clear, interlace, orientation in itertools.product(clears, (False, True), range(1, 9)):
        before = []
        if kind == "palette":
            before.append((b"PLTE", colors.astype("u1").tobytes()))
            if clear:
                before.append((b"tRNS", bytes([clear[0], clear[1]])))
        elif clear is not None:
            before.append((b"tRNS", np.atleast_1d(clear).astype(">u2").tobytes()))
        turn = [] if orientation == 1 else [(b"eXIf", exif(orientation))]
        right, is_clear = expected(samples, kind, depth, colors, clear)
        remark = ["a.png: transparency composited on white"] if is_clear else []
        for first, last in ((turn, []), ([], turn)):
            data = png(
                stored(samples, orientation), kind, depth, before=before + first, after=last,
                interlace=interlace,
            )  # fmt: skip
            said = []
            found = read(data, said)
            case = (clear, interlace, orientation, bool(last))
            if found.shape != right.shape or found.dtype.itemsize != (2 if depth == 16 else 1):
                wrong.append((case, found.shape))
            elif np.abs(found - right * white).max() > 0.5 + 1e-9:
                wrong.append((case, np.abs(found - right * white).max()))
            if said != remark:
                wrong.append((case, said))
            head = _open("a.png", io.BytesIO(data))
            if (head.shape[::-1] if head.orientation > 4 else head.shape) != found.shape[:2]:
                wrong.append((case, head.shape))
    assert wrong == []


@pytest.mark.parametrize(("kind", "depth"), CASES)
def test_a_file_that_is_cut_short_is_refused(kind, depth):
    before = [(b"PLTE", bytes(3 * 2**depth))] if kind == "palette" else []
    data = png(codes(depth, CHANNELS[kind]), kind, depth, before=before)
    cut = data[: data.index(b"IEND") - 16]
    with pytest.raises(ValueError, match=r"^a\.png: is damaged or cut short"):
        read(cut)


@pytest.mark.parametrize("chunk", [b"IHDR", b"PLTE", b"tEXt", b"IDAT"])
def test_a_chunk_longer_than_its_file_is_refused_before_memory_is_asked_for(chunk):
    data = png(codes(8, 1), "palette", 8, before=[(b"PLTE", bytes(768)), (b"tEXt", b"a\0b")])
    at = data.index(chunk)
    for length in (len(data), 0x7FFFFFFF, 0xFFFFF049):
        with pytest.raises(ValueError, match=rf"damaged or cut short.*{chunk.decode()}.*claims"):
            read(data[: at - 4] + struct.pack(">I", length) + data[at:])


@pytest.mark.parametrize("interlace", [False, True])
@pytest.mark.parametrize(("kind", "depth"), CASES)
def test_rows_that_are_not_there_are_not_made_up(kind, depth, interlace):
    samples = codes(depth, CHANNELS[kind])
    before = [(b"PLTE", bytes(3 * 2**depth))] if kind == "palette" else []
    tall, short = (
        png(part, kind, depth, before=before, interlace=interlace)
        for part in (samples, samples[:5])
    )
    head = tall[: tall.index(b"IDAT") - 4]
    with pytest.raises(ValueError, match=r"damaged or cut short.*its rows have"):
        read(head + short[short.index(b"IDAT") - 4 :])


@pytest.mark.parametrize("depth", [8, 16])
def test_of_an_animation_the_first_frame_is_read(depth):
    samples = codes(depth, 3)
    control = struct.pack(">IIIIIHHBB", 0, 5, 6, 0, 0, 1, 10, 0, 0)
    later = struct.pack(">IIIIIHHBB", 1, 5, 6, 0, 0, 1, 10, 0, 0)
    rows = b"".join(b"\0" + bytes(5 * 3 * depth // 8) for _ in range(6))
    before = [(b"acTL", struct.pack(">II", 2, 0)), (b"fcTL", control)]
    after = [(b"fcTL", later), (b"fdAT", struct.pack(">I", 2) + zlib.compress(rows))]
    said = []
    assert np.array_equal(
        read(png(samples, "rgb", depth, before=before, after=after), said), samples
    )
    assert said == ["a.png: only the first of its frames was read"]


def profile_of(*chunks):
    data = png(codes(8, 3), "rgb", 8, before=chunks)
    return _open("a.png", io.BytesIO(data)).load().profile


def test_what_the_file_says_of_color_is_handed_on_by_rank():
    gamma = (b"gAMA", struct.pack(">I", 100000))
    primaries = (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))
    said = (b"sRGB", b"\0")
    icc = (b"iCCP", b"name\0\0" + zlib.compress(b"a profile"))
    codes_of_color = (b"cICP", bytes([12, 13, 0, 1]))
    assert profile_of() is None
    assert profile_of(gamma) == {"gamma": 1.0}
    assert profile_of(primaries) == {
        "chromaticities": (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
    }
    assert profile_of(gamma, said) is None
    assert profile_of(gamma, icc) == b"a profile"
    assert profile_of(icc, codes_of_color) == {"cicp": (12, 13, 0, 1)}
