"""Mutants of files: a few changes to the bytes of one, or of one with parts of another."""

import struct
import zlib

import numpy as np

EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFF0, 0xFFFFFFFF)
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def mutant(seeds, seed, number):
    """Name and bytes of the mutant of a number."""
    rng = np.random.default_rng([seed, number])
    names = sorted(seeds)
    name = names[rng.integers(len(names))]
    data = bytearray(seeds[name])
    for _ in range(1 + rng.geometric(0.5)):
        change(data, seeds[names[rng.integers(len(names))]], rng)
    if data.startswith(SIGNATURE) and rng.random() < 0.7:
        return name, with_checksums(bytes(data))
    return name, bytes(data)


def change(data, other, rng):
    """One change: bits, an edge of a number, a cut, a part that is lost, doubled or foreign."""
    if not data:
        return
    near = min(len(data), 600 if rng.random() < 0.7 else len(data))  # heads matter most
    at, length = int(rng.integers(near)), int(rng.geometric(0.05))
    kind = rng.integers(7)
    if kind == 0:
        data[at] ^= 1 << int(rng.integers(8))
    elif kind == 1:
        data[at] = int(rng.integers(256))
    elif kind == 2:
        form = rng.choice(["B", ">H", "<H", ">I", "<I"])
        size = struct.calcsize(form)
        data[at : at + size] = struct.pack(form, int(rng.choice(EDGES)) % 256**size)
    elif kind == 3:
        del data[int(rng.integers(len(data))) :]
    elif kind == 4:
        del data[at : at + length]
    elif kind == 5:
        data[at:at] = data[at : at + length]
    else:
        start = int(rng.integers(len(other)))
        data[at : at + length] = other[start : start + length]


def with_checksums(data):
    """A PNG whose chunks have right checksums, as far as their lengths lead."""
    parts, at = [SIGNATURE], 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        parts += [data[at:end], struct.pack(">I", zlib.crc32(data[at + 4 : end]))]
        at = end + 4
    return b"".join(parts)
