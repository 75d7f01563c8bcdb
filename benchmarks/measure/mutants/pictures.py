"""Pictures of every container, small, and their reading as files and as uploads."""

import io
import itertools
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile
from PIL import Image, ImageCms

from psysal import image

CASES = Path(__file__).parents[3] / "tests" / "cases"
NETPBM = {b"P1": 1, b"P2": 9, b"P3": 9, b"P4": 1, b"P5": 255, b"P6": 65535}


def read(path):
    """Size and pixels of a file, which are as they are promised."""
    said = []
    pixels = image.read(path, on_warning=said.append)
    if image.size(path) != pixels.shape[:2]:
        raise AssertionError(f"a size of {image.size(path)}, and pixels of {pixels.shape}")
    image.color_profile(path)
    if pixels.dtype.kind == "f" and not 0 <= pixels.min() <= pixels.max() <= 1:
        raise AssertionError("floats out of range")


def seeds():
    """Bytes of pictures, by name."""
    y, x = np.mgrid[:24, :32]
    rgb = np.dstack([8 * x, 10 * y, 4 * x + 4 * y]).astype(np.uint8)
    rgba = np.dstack([rgb, rgb[:, :, 0]])
    deep = rgb.astype(np.uint16) * 257
    files = {}

    def save(name, pixels, mode=None, **options):
        picture = Image.fromarray(pixels)
        buffer = io.BytesIO()
        (picture.convert(mode) if mode else picture).save(buffer, **options)
        files[name] = buffer.getvalue()

    exif = Image.Exif()
    exif[274], exif[34665] = 6, {40961: 2}
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    frames = {"save_all": True, "append_images": [Image.fromarray(255 - rgb)]}
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA"):
        save(f"{mode}.png", rgba, mode, format="PNG")
    save("text.png", rgb, format="PNG", exif=exif, icc_profile=profile, compress_level=1)
    save("a.apng", rgb, format="PNG", **frames)
    for name, mode, options in (
        ("plain", "RGB", {}),
        ("progressive", "RGB", {"progressive": True, "subsampling": 2}),
        ("said", "RGB", {"exif": exif, "icc_profile": profile, "restart_marker_rows": 1}),
        ("grey", "L", {}),
        ("cmyk", "CMYK", {}),
    ):
        save(f"{name}.jpg", rgb, mode, format="JPEG", **options)
    save("a.mpo", rgb, format="MPO", **frames)
    for name, options in (
        ("lossy", {"exif": exif, "icc_profile": profile}),
        ("lossless", {"lossless": True}),
        ("moving", frames),
    ):
        save(f"{name}.webp", rgba, format="WEBP", **options)
    save("moving.gif", rgb, format="GIF", **frames)
    save("plain.gif", rgb, "L", format="GIF", interlace=1)
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        save(f"{mode}.bmp", rgba, mode, format="BMP")
    save("a.avif", rgba, format="AVIF", exif=exif)
    save("a.jp2", rgb, format="JPEG2000")
    save("tiles.j2k", rgb, format="JPEG2000", tile_size=(16, 16), no_jp2=True)
    files["deep.avif"] = imagecodecs.avif_encode(deep >> 6, bitspersample=10, numthreads=1)
    files["deep.jp2"] = imagecodecs.jpeg2k_encode(deep, level=0, reversible=True)
    for pixels, compression, options in itertools.product(
        (rgb, deep, rgb[:, :, 0], (rgb / 255).astype("f4")),
        (None, "lzw", "zlib", "packbits", "zstd"),
        ({}, {"bigtiff": True, "tile": (16, 16)}),
    ):
        buffer = io.BytesIO()
        tifffile.imwrite(buffer, pixels, compression=compression, **options)
        files[f"{len(files)}.tif"] = buffer.getvalue()
    for compression in ("jpeg", "webp", "jpeg2000"):
        buffer = io.BytesIO()
        tifffile.imwrite(buffer, rgb, compression=compression)
        files[f"{compression}.tif"] = buffer.getvalue()
    for mode in ("1", "P", "CMYK"):
        save(f"{mode}.tif", rgb, mode, format="TIFF")
    for magic, full in NETPBM.items():
        head = magic + b" # by hand\n4 3\n" + (b"" if full == 1 else b"%d\n" % full)
        text = b"1 0 0 1 " * 9 if magic < b"P4" else bytes(range(12)) * 6
        files[f"{magic.decode()}.pnm"] = head + text
    pam = b"P7\nWIDTH 3\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
    files["a.pam"] = pam + bytes(range(24))
    files["a.pfm"] = b"PF\n4 3\n-1.0\n" + np.full(36, 0.5, "<f4").tobytes()
    for path in (*CASES.glob("images/*.*"), CASES / "folder" / "photo.heic"):
        if path.suffix != ".npy" and path.name != "g_i8.tif":
            files[path.name] = path.read_bytes()
    return files
