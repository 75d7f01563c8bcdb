"""JPEG, WebP, AVIF, HEIC, JPEG 2000, Netpbm, Radiance, GIF and BMP against other writers."""

import io
import itertools
import struct

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from support.pngs import codes, exif
from support.tiffs import stored

from psysal import image

ON_WHITE = "transparency composited on white"
LEFT_OUT = "1 extra channel(s) not marked as transparency left out"


def read(data, name="a"):
    """Pixels, and remarks without the name."""
    said = []
    found = image.read(io.BytesIO(data), name=name, on_warning=said.append)
    return found, [sentence.removeprefix(f"{name}: ") for sentence in said]


def refusal(data, name="a"):
    with pytest.raises(ValueError, match=f"^{name}: ") as caught:
        read(data, name)
    return str(caught.value)


def smooth(channels=3):
    """Picture that compression changes little."""
    y, x = np.mgrid[:48, :40] / 48
    planes = [0.5 + 0.4 * np.sin(3 * x + k) * np.cos(2 * y) for k in range(channels)]
    return np.rint(np.dstack(planes) * 255).astype("u1")


def saved(pixels, kind, mode=None, **options):
    buffer = io.BytesIO()
    picture = (
        Image.fromarray(pixels)
        if mode is None
        else Image.frombytes(mode, pixels.shape[1::-1], pixels.tobytes())
    )
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def share_on_white(samples, full, *, premultiplied=False):
    light, veil = samples[:, :, :-1] / full, samples[:, :, -1:] / full
    shown = light + 1 - veil if premultiplied else light * veil + 1 - veil
    return shown[:, :, 0] if shown.shape[2] == 1 else shown


# --- JPEG -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "options", [{}, {"subsampling": 0}, {"progressive": True}, {"keep_rgb": True}]
)
def test_jpeg_of_every_orientation(options, tmp_path):
    path = tmp_path / "a.jpg"
    for channels, orientation in itertools.product((1, 3), range(1, 9)):
        pixels = smooth(channels) if channels == 3 else smooth(1)[:, :, 0]
        path.write_bytes(
            saved(
                stored(pixels, orientation),
                "JPEG",
                quality=97,
                exif=b"Exif\0\0" + exif(orientation),
                **options,
            )
        )
        found = image.read(path)
        assert found.shape == pixels.shape == (*image.size(path), 3)[: pixels.ndim]
        assert np.abs(found.astype(int) - pixels).max() <= 6, (channels, orientation)


def test_inks_of_jpeg_are_those_of_adobe():
    inks = smooth(4)
    light = (255 - inks[:, :, :3].astype(int)) * (255 - inks[:, :, 3:].astype(int)) / 255
    found, said = read(saved(inks, "JPEG", mode="CMYK", quality=97))
    assert np.abs(found - light).max() <= 5
    assert said == ["CMYK turned into RGB without a color profile"]
    ycck = imagecodecs.jpeg_encode(255 - inks, level=97, colorspace="CMYK", outcolorspace="YCCK")
    found, _ = read(ycck)
    assert np.abs(found - light).max() <= 8


def test_kinds_of_jpeg_that_are_refused():
    deep = smooth(1)[:, :, 0].astype("u2") * 16
    for data, says in [
        (imagecodecs.jpeg_encode(deep, bitspersample=12), "is a JPEG of 12 bits"),
        (imagecodecs.ljpeg_encode(deep, bitspersample=12), "is a lossless JPEG of 12 bits"),
        (imagecodecs.jpegls_encode(deep), "is a JPEG-LS of 16 bits"),
    ]:
        assert says in refusal(data)


def test_of_a_stereo_photograph_the_first_is_read_and_that_is_said():
    first = smooth()
    buffer = io.BytesIO()
    second = Image.fromarray(255 - first)
    Image.fromarray(first).save(buffer, "MPO", save_all=True, append_images=[second], quality=97)
    data = bytearray(buffer.getvalue())
    found, said = read(bytes(data))
    assert np.abs(found.astype(int) - first).max() <= 6
    assert said == []
    index = data.index(b"MPF\0") + 4
    entries = data.index(b"\x02\xb0", index)  # the tag 0xB002, then its type, count and place
    (place,) = struct.unpack_from("<I", data, entries + 8)
    struct.pack_into("<I", data, index + place + 16, 0x020002)  # the second: of a stereo pair
    assert read(bytes(data))[1] == ["only the first of its frames was read"]


# --- WebP -----------------------------------------------------------------------


def test_webp_of_every_kind(tmp_path):
    path = tmp_path / "a.webp"
    for channels, orientation in itertools.product((3, 4), range(1, 9)):
        pixels = codes(8, channels).astype("u1")
        turned = stored(pixels, orientation)
        path.write_bytes(saved(turned, "WEBP", lossless=True, exact=True, exif=exif(orientation)))
        found, said = read(path.read_bytes())
        right = share_on_white(pixels, 255) if channels == 4 else pixels / 255
        assert np.abs(found - right * 255).max() <= 0.5 + 1e-9, (channels, orientation)
        assert said == ([ON_WHITE] if channels == 4 else [])
        assert image.size(path) == found.shape[:2]
    found, _ = read(saved(smooth(), "WEBP", quality=100))
    assert np.abs(found.astype(int) - smooth()).max() <= 9


# --- AVIF and HEIC --------------------------------------------------------------


@pytest.mark.parametrize("bits", [8, 10, 12])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_avif_keeps_its_bits(bits, channels):
    samples = codes(bits, channels).astype("u1" if bits == 8 else "u2")
    data = imagecodecs.avif_encode(samples.squeeze(), level=100, bitspersample=bits, numthreads=1)
    found, said = read(data)
    full, white = 2**bits - 1, 255 if bits == 8 else 65535
    right = share_on_white(samples, full) if channels == 4 else samples.squeeze() / full
    if found.ndim == 3 and channels == 1:
        found = found[:, :, 0]
    assert found.dtype == ("u1" if bits == 8 else "u2")
    assert np.abs(found - right * white).max() <= (0.5 if bits == 8 else 1)
    assert said == ([ON_WHITE] if channels == 4 else [])


@pytest.mark.parametrize("premultiplied", [False, True])
def test_avif_of_every_orientation_with_alpha(premultiplied, tmp_path):
    path = tmp_path / "a.avif"
    pixels = smooth(4)
    pixels[:, :, 3] = 128 + pixels[:, :, 3] // 2
    right = share_on_white(pixels, 255) * 255
    for orientation in range(1, 9):
        turned = stored(pixels, orientation)
        path.write_bytes(
            saved(
                turned, "AVIF", quality=97, subsampling="4:4:4", exif=exif(orientation),
                alpha_premultiplied=premultiplied,
            )
        )  # fmt: skip
        found, said = read(path.read_bytes())
        assert found.shape[:2] == image.size(path) == pixels.shape[:2]
        assert np.abs(found - right).max() <= 6, orientation
        assert said == [ON_WHITE]


@pytest.mark.parametrize("bits", [8, 10, 12])
@pytest.mark.parametrize("channels", [3, 4])
def test_heic_keeps_its_bits(bits, channels, tmp_path, monkeypatch):
    import pillow_heif

    monkeypatch.setattr(pillow_heif.options, "SAVE_HDR_TO_12_BIT", bits == 12)
    samples = codes(bits, channels).repeat(12, axis=0).repeat(12, axis=1)
    mode = "RGBA"[:channels] + (";16" if bits > 8 else "")
    given = samples.astype("u1") if bits == 8 else (samples << (16 - bits)).astype("u2")
    heif = pillow_heif.from_bytes(mode, given.shape[1::-1], given.tobytes())
    path = tmp_path / "a.heic"
    heif.save(path, quality=-1, chroma=444, matrix_coefficients=0)
    found, said = read(path.read_bytes())
    full, white = 2**bits - 1, 255 if bits == 8 else 65535
    right = share_on_white(samples, full) if channels == 4 else samples / full
    assert found.dtype == ("u1" if bits == 8 else "u2")
    assert np.abs(found - right * white).max() <= (0.5 if bits == 8 else 1) + 1e-9
    assert said == ([ON_WHITE] if channels == 4 else [])
    assert image.size(path) == found.shape[:2]


# --- JPEG 2000 ------------------------------------------------------------------


def with_channels(data, channels, alpha):
    """A JP2 whose header says which channel is alpha (box cdef)."""
    rows = [(k, 0, k + 1) for k in range(channels - 1)] + [(channels - 1, alpha, 0)]
    body = struct.pack(">H", channels) + b"".join(struct.pack(">3H", *row) for row in rows)
    box = struct.pack(">I", len(body) + 8) + b"cdef" + body
    at = data.index(b"jp2h") - 4
    length = int.from_bytes(data[at : at + 4], "big")
    header = struct.pack(">I", length + len(box)) + data[at + 4 : at + length] + box
    return data[:at] + header + data[at + length :]


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_jpeg_2000_keeps_its_bits(bits, channels, tmp_path):
    samples = codes(bits, channels).astype("u1" if bits == 8 else "u2")
    full, white = 2**bits - 1, 255 if bits == 8 else 65535
    path = tmp_path / "a.jp2"
    for container in ("jp2", "j2k"):
        plain = imagecodecs.jpeg2k_encode(
            samples.squeeze(), level=0, reversible=True, bitspersample=bits, codecformat=container
        )
        kinds = [("none", plain)]
        if channels in (2, 4) and container == "jp2":
            kinds += [("straight", with_channels(plain, channels, 1))]
            kinds += [("premultiplied", with_channels(plain, channels, 2))]
        for alpha, data in kinds:
            path.write_bytes(data)
            found, said = read(data)
            if alpha != "none":
                right = share_on_white(samples, full, premultiplied=alpha == "premultiplied")
                right = right.clip(0, 1)  # of color brighter than its alpha
                remark = [ON_WHITE]
            else:
                color = samples[:, :, : 3 if channels > 2 else 1]
                right = (color / full).squeeze()
                remark = [LEFT_OUT] if channels in (2, 4) else []
            assert np.abs(found - right * white).max() <= (0.5 if bits == 8 else 1) + 1e-9, alpha
            assert said == remark
            assert image.size(path) == found.shape[:2]


def test_jpeg_2000_with_inks_is_refused():
    samples = codes(8, 4).astype("u1")
    data = imagecodecs.jpeg2k_encode(samples, level=0, reversible=True)
    at = data.index(b"colr") + 4
    inks = data[: at + 3] + (12).to_bytes(4, "big") + data[at + 7 :]
    assert "is a JPEG 2000 with CMYK of 8 bits" in refusal(inks)


# --- Netpbm ---------------------------------------------------------------------


@pytest.mark.parametrize("full", [1, 15, 255, 1023, 4095, 65535])
def test_netpbm_of_every_maximum(full, tmp_path):
    path = tmp_path / "a.pnm"
    white = 255 if full < 256 else 65535
    kind = "u1" if full < 256 else ">u2"
    for channels in (1, 3):
        samples = np.random.default_rng(0).integers(0, full + 1, (6, 5, channels))
        body, text = samples.astype(kind).tobytes(), " ".join(map(str, samples.ravel()))
        word = {1: "GRAYSCALE", 3: "RGB"}[channels]
        files = [
            f"P{5 if channels == 1 else 6}\n# a comment\n5 6 # another\n{full}\n".encode() + body,
            f"P{2 if channels == 1 else 3}\n5 6\n{full}\n{text}".encode(),
            f"P7\nWIDTH 5\nHEIGHT 6\nDEPTH {channels}\nMAXVAL {full}\n".encode()
            + f"TUPLTYPE {word}\nENDHDR\n".encode()
            + body,
        ]
        for data in files:
            path.write_bytes(data)
            found, said = read(data)
            assert np.abs(found - (samples / full * white).squeeze()).max() <= 0.5
            assert said == []
            assert image.size(path) == (6, 5)
            with pytest.raises(ValueError, match="damaged or cut short"):
                read(data[:-9])  # a whole number less, where they are written out


def test_netpbm_of_bits_alpha_and_floats():
    bits = np.random.default_rng(0).integers(0, 2, (6, 11))
    rows = np.packbits(bits, axis=1).tobytes()
    assert np.array_equal(read(b"P4 11 6\n" + rows)[0], 255 * (1 - bits))
    text = "\n".join("".join(map(str, row)) for row in bits)
    assert np.array_equal(read(f"P1\n11 6\n{text}\n".encode())[0], 255 * (1 - bits))
    samples = codes(8, 4)
    head = b"P7\nWIDTH 5\nHEIGHT 6\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
    found, said = read(head + samples.astype("u1").tobytes())
    assert np.abs(found - share_on_white(samples, 255) * 255).max() <= 0.5
    assert said == [ON_WHITE]
    assert "PAM with 4 channels whose TUPLTYPE" in refusal(head.replace(b"RGB_ALPHA", b"CMYK"))
    values = np.random.default_rng(0).random((6, 5, 3)).astype("f4")
    for order, scale in (("<f4", b"-1.0"), (">f4", b"1.0")):
        data = b"PF\n5 6\n" + scale + b"\n" + values[::-1].astype(order).tobytes()
        found, said = read(data)
        assert np.array_equal(found, values)
        assert said == ["floats taken as sRGB-encoded, as those of arrays are"]


# --- Radiance -------------------------------------------------------------------


def rgbe(pixels, lines=b""):
    """Bytes of a Radiance picture without runs."""
    exponents = np.frexp(pixels.max(axis=2))[1]
    mantissas = np.floor(pixels * 2.0 ** (8 - exponents[:, :, None]))
    body = np.dstack([mantissas, exponents + 128]).astype("u1")
    rows, cols = pixels.shape[:2]
    head = b"#?RADIANCE\n" + lines + b"FORMAT=32-bit_rle_rgbe\n\n"
    shown = mantissas / 2.0 ** (8 - exponents[:, :, None])
    return head + f"-Y {rows} +X {cols}\n".encode() + body.tobytes(), shown


def test_linear_light_is_encoded_or_refused():
    data, light = rgbe(np.random.default_rng(0).uniform(0.01, 0.99, (6, 5, 3)))
    found, said = read(data)
    right = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    assert np.abs(found - right).max() <= 1 / 255
    assert said == ["linear light encoded to sRGB"]
    data, _ = rgbe(np.full((6, 5, 3), 37.0))
    says = refusal(data)
    assert "holds linear light from 37 to 37, where a screen shows [0, 1]; tone map it" in says
    turned = data.replace(b"-Y 6 +X 5", b"+X 5 -Y 6")
    assert "XYZ colors or turned" in refusal(turned)


# --- GIF and BMP ----------------------------------------------------------------


def test_gif_and_bmp():
    pixels = codes(8, 3).astype("u1")
    picture = Image.fromarray(pixels).quantize(64)
    right = np.asarray(picture.convert("RGB"))
    buffer = io.BytesIO()
    picture.save(buffer, "GIF")
    assert np.array_equal(read(buffer.getvalue())[0], right)
    buffer = io.BytesIO()
    picture.save(buffer, "GIF", transparency=int(np.asarray(picture)[2, 2]))
    found, said = read(buffer.getvalue())
    assert (found[2, 2] == 255).all()
    assert said == [ON_WHITE]
    for given in (pixels, pixels[:, :, 0]):
        assert np.array_equal(read(saved(given, "BMP"))[0], given)
    samples = codes(8, 4).astype("u1")  # with a mask for each channel (BITMAPV4HEADER)
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    head = struct.pack("<IiiHHIIiiII", 108, 5, -6, 1, 32, 3, 0, 0, 0, 0, 0) + masks + bytes(52)
    data = b"BM" + struct.pack("<IHHI", 122 + samples.size, 0, 0, 122) + head
    found, said = read(data + samples[:, :, [2, 1, 0, 3]].tobytes())
    assert np.abs(found - share_on_white(samples, 255) * 255).max() <= 0.5
    assert said == [ON_WHITE]
