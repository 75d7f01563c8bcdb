"""A writer of TIFFs that anyone can check by hand: every tag is given, every bit is packed here."""

import struct
import zlib

import imagecodecs
import numpy as np

COMPRESSORS = {
    "none": (1, bytes),
    "lzw": (5, imagecodecs.lzw_encode),
    "deflate": (8, zlib.compress),
    "zstd": (50000, imagecodecs.zstd_encode),
}
SIDES = {  # of the first row and of the first column, in the upright picture
    1: ("top", "left"), 2: ("top", "right"), 3: ("bottom", "right"), 4: ("bottom", "left"),
    5: ("left", "top"), 6: ("right", "top"), 7: ("right", "bottom"), 8: ("left", "bottom"),
}  # fmt: skip


def stored(upright, orientation):
    """Pixels in the order in which a file with this orientation has them."""
    rows, cols = upright.shape[:2]
    first_row, first_col = SIDES[orientation]
    is_turned = first_row in ("left", "right")
    out = np.empty((cols, rows, *upright.shape[2:]) if is_turned else upright.shape, upright.dtype)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            place = {}
            for side, k in ((first_row, i), (first_col, j)):
                axis, length = ("y", rows) if side in ("top", "bottom") else ("x", cols)
                place[axis] = k if side in ("top", "left") else length - 1 - k
            out[i, j] = upright[place["y"], place["x"]]
    return out


def packed(row, bits, order):
    """Bytes of a row of samples (n,): the first sample in the highest bits."""
    if row.dtype.kind in "fc" or bits in (8, 16, 32, 64):
        return row.astype(row.dtype.newbyteorder(order)).tobytes()
    digits = "".join(format(int(code), f"0{bits}b") for code in row)
    digits += "0" * (-len(digits) % 8)
    return bytes(int(digits[k : k + 8], 2) for k in range(0, len(digits), 8))


def mirrored(data):
    """Bytes with their bits in the reverse order (FillOrder 2)."""
    return bytes(int(format(byte, "08b")[::-1], 2) for byte in data)


def tiff(
    samples, *, bits, photometric=2, planar=False, extra=(), orientation=1, compression="none",
    sample_format=1, order="<", big=False, fill_order=1, rows_a_strip=4, predictor=1, tags=(),
):  # fmt: skip
    """Bytes of a TIFF with one image of samples (rows, cols, n)."""
    return pages([locals()], order=order, big=big)


def pages(images, *, order="<", big=False):
    """Bytes of a TIFF with several images, each given by the arguments of :func:`tiff`."""
    mark = {"<": b"II", ">": b"MM"}[order]
    offset, count_type, entry = ("Q", "Q", "HHQ") if big else ("L", "H", "HHL")
    width = struct.calcsize(order + offset)
    out = bytearray(
        mark + struct.pack(order + ("HHHQ" if big else "HL"), *((43, 8, 0, 0) if big else (42, 0)))
    )
    link = len(out) - width
    for image in images:
        samples, bits = np.asarray(image["samples"]), image["bits"]
        rows, cols, n = samples.shape
        code, compress = COMPRESSORS[image.get("compression", "none")]
        rows_a_strip = image.get("rows_a_strip", 4)
        is_planar = image.get("planar", False)
        if image.get("predictor", 1) == 2:
            first = samples[:, :1]
            samples = np.concatenate([first, np.diff(samples, axis=1)], axis=1).astype(
                samples.dtype
            )
        planes = [samples[:, :, [k]] for k in range(n)] if is_planar else [samples]
        strips = []
        for plane in planes:
            for top in range(0, rows, rows_a_strip):
                data = b"".join(
                    packed(row.ravel(), bits, order) for row in plane[top : top + rows_a_strip]
                )
                data = compress(data)
                strips.append(mirrored(data) if image.get("fill_order", 1) == 2 else data)
        places = []
        for strip in strips:
            out += b"\0" * (len(out) % 2)
            places.append(len(out))
            out += strip
        entries = [
            (256, "L", [cols]), (257, "L", [rows]), (258, "H", [bits] * n), (259, "H", [code]),
            (262, "H", [image.get("photometric", 2)]), (266, "H", [image.get("fill_order", 1)]),
            (273, "L", places), (274, "H", [image.get("orientation", 1)]), (277, "H", [n]),
            (278, "L", [rows_a_strip]), (279, "L", [len(strip) for strip in strips]),
            (284, "H", [2 if is_planar else 1]), (317, "H", [image.get("predictor", 1)]),
            (339, "H", [image.get("sample_format", 1)] * n),
        ]  # fmt: skip
        if len(image.get("extra", ())):
            entries.append((338, "H", list(image["extra"])))
        given = {tag for tag, _, _ in image.get("tags", ())}
        entries = [e for e in entries if e[0] not in given and e[2] != [None]]
        entries = sorted([*entries, *(e for e in image.get("tags", ()) if e[2] is not None)])
        fields = []
        for tag, kind, values in entries:
            number = {"B": 1, "s": 2, "H": 3, "L": 4, "Q": 16, "R": 5}[kind]
            if kind == "s":
                body, amount = values + b"\0", len(values) + 1
            elif kind == "R":
                body, amount = struct.pack(f"{order}{len(values)}L", *values), len(values) // 2
            else:
                body, amount = struct.pack(f"{order}{len(values)}{kind}", *values), len(values)
            if len(body) > width:
                out += b"\0" * (len(out) % 2)
                place = len(out)
                out += body
                body = struct.pack(order + offset, place)
            fields.append(
                struct.pack(order + entry, tag, number, amount) + body.ljust(width, b"\0")
            )
        out += b"\0" * (len(out) % 2)
        struct.pack_into(order + offset, out, link, len(out))
        out += struct.pack(order + count_type, len(fields)) + b"".join(fields)
        link = len(out)
        out += b"\0" * width
    return bytes(out)
