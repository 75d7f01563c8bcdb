"""PBM, PGM, PPM, PAM and PFM: plain arrays behind a head of text.

Place in the pipeline: file -> [netpbm] -> Head, Raster.

References
----------
netpbm.sourceforge.net/doc: pbm, pgm, ppm, pam; P. Debevec, "PFM Portable FloatMap".
"""

import re
from typing import IO

import numpy as np

from psysal.readers.base import Head, Raster, Unsupported

__all__ = ["read_head"]

_TUPLES = {
    b"BLACKANDWHITE": (1, "none"),
    b"GRAYSCALE": (1, "none"),
    b"RGB": (3, "none"),
    b"BLACKANDWHITE_ALPHA": (2, "straight"),
    b"GRAYSCALE_ALPHA": (2, "straight"),
    b"RGB_ALPHA": (4, "straight"),
}


MOST_HEAD = 100_000
"""Bytes of a head with its comments."""


def read_head(file: IO[bytes]) -> Head:
    """Head of a file of the Netpbm family.

    Parameters
    ----------
    file : binary file

    Returns
    -------
    Head

    Raises
    ------
    Unsupported
        A PAM of another kind than grey or RGB, with or without alpha.
    """
    kind = file.read(2)
    alpha, is_float = "none", kind in (b"PF", b"Pf")
    if kind == b"P7":
        said = dict(line.split(None, 1) for line in _pam_lines(file))
        width, height, channels, full = (
            int(said[key]) for key in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL")
        )
        expected = _TUPLES.get(said.get(b"TUPLTYPE", b"").strip())
        if expected is None or expected[0] != channels:
            raise Unsupported(
                f"is a PAM with {channels} channels whose TUPLTYPE is none of grey, RGB, and "
                "these with alpha; set it, or keep the channels that are a picture"
            )
        alpha = expected[1]
    else:
        width, height = int(_token(file)), int(_token(file))
        channels = 3 if kind in (b"P3", b"P6", b"PF") else 1
        last = b"1" if kind in (b"P1", b"P4") else _token(file)
        full = 0 if is_float else int(last)
        order = "<" if is_float and float(last) < 0 else ">"
    if not is_float and not 0 < full < 65536:
        raise ValueError(f"its maximum is {full}, not 1 to 65535")

    def load() -> Raster:
        shape = (height, width, channels)
        size = height * width * channels
        remarks = []
        if is_float:
            samples = np.frombuffer(file.read(4 * size), order + "f4").reshape(shape)[::-1]
            samples = samples.astype(np.float32)
            remarks.append("floats taken as sRGB-encoded, as those of arrays are")
        elif kind in (b"P1", b"P2", b"P3"):
            text = re.sub(rb"#[^\n\r]*", b" ", file.read())
            if kind == b"P1":  # digits need no blanks between
                digits = np.frombuffer(text, np.uint8) - ord("0")
                samples = digits[digits < 2][:size].reshape(shape)
            else:
                text = re.split(rb"[^\d\s]", text, maxsplit=1)[0].rstrip()
                samples = np.fromstring(text, np.int64, sep=" ")[:size].reshape(shape)
        elif kind == b"P4":
            rows = np.frombuffer(file.read(height * ((width + 7) // 8)), np.uint8)
            samples = np.unpackbits(rows.reshape(height, -1), axis=1)[:, :width].reshape(shape)
        else:
            width_of = 1 if full < 256 else 2
            samples = np.frombuffer(file.read(size * width_of), f">u{width_of}").reshape(shape)
        if not is_float:
            if samples.max() > full:
                raise ValueError(f"has a code of {samples.max()} above its maximum of {full}")
            samples = samples.astype(np.uint8 if full < 256 else np.uint16)
        if kind in (b"P1", b"P4"):  # ink is 1
            samples = 1 - samples
        color = "grey" if channels < 3 else "rgb"
        if channels == 1:
            samples = samples[:, :, 0]
        return Raster(samples, None if is_float else full, color, alpha, remarks=remarks)

    return Head((height, width), load)


def _token(file: IO[bytes]) -> bytes:
    """Next word of the head, with the one blank that ends it; comments are skipped."""
    word = b""
    while file.tell() < MOST_HEAD and (byte := file.read(1)):
        if byte == b"#":
            while byte not in (b"\n", b"\r", b"") and file.tell() < MOST_HEAD:
                byte = file.read(1)
        if not byte.isspace():
            word += byte
        elif word:
            return word
    raise ValueError("its head does not end")


def _pam_lines(file: IO[bytes]) -> list[bytes]:
    lines = []
    file.readline()
    while (line := file.readline(MOST_HEAD)).strip() != b"ENDHDR":
        if not line or file.tell() > MOST_HEAD:
            raise ValueError("its head does not end")
        if line.strip() and not line.startswith(b"#"):
            lines.append(line)
    return lines
