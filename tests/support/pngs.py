"""A writer of PNGs that anyone can check by hand: chunks, rows without filter, Adam7."""

import struct
import zlib

import numpy as np

KINDS = {"grey": 0, "rgb": 2, "palette": 3, "grey+alpha": 4, "rgb+alpha": 6}
ADAM7 = (
    (0, 0, 8, 8),
    (0, 4, 8, 8),
    (4, 0, 8, 4),
    (0, 2, 4, 4),
    (2, 0, 4, 2),
    (0, 1, 2, 2),
    (1, 0, 2, 1),
)


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def packed(row, depth):
    """Bytes of a row of samples (cols, n)."""
    if depth >= 8:
        return row.astype(f">u{depth // 8}").tobytes()
    digits = "".join(format(int(code), f"0{depth}b") for code in row.ravel())
    digits += "0" * (-len(digits) % 8)
    return bytes(int(digits[k : k + 8], 2) for k in range(0, len(digits), 8))


def png(samples, kind, depth, *, before=(), after=(), interlace=False):
    """Bytes of a PNG of samples (rows, cols, n); before and after are (name, body) of chunks."""
    rows, cols = samples.shape[:2]
    passes = [samples]
    if interlace:
        passes = [samples[top::down, left::right] for top, left, down, right in ADAM7]
    data = b"".join(b"\0" + packed(row, depth) for part in passes for row in part if row.size)
    head = struct.pack(">IIBBBBB", cols, rows, depth, KINDS[kind], 0, 0, interlace)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", head),
            *(chunk(*each) for each in before),
            chunk(b"IDAT", zlib.compress(data)),
            *(chunk(*each) for each in after),
            chunk(b"IEND", b""),
        ]
    )


def exif(orientation):
    """Exif with an orientation alone."""
    entry = struct.pack("<HHII", 274, 3, 1, orientation)
    return b"II*\0\x08\0\0\0\x01\0" + entry + b"\0\0\0\0"


def codes(depth, channels, seed=0):
    """Samples (6, 5, channels) with the extremes among them."""
    samples = np.random.default_rng(seed).integers(0, 2**depth, (6, 5, channels))
    samples[0, 0], samples[-1, -1] = 0, 2**depth - 1
    return samples
