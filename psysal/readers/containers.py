"""Containers of pictures, known by the first bytes of a file.

Place in the pipeline: first bytes -> [containers] -> name of a container.
"""

__all__ = ["CONVERSIONS", "HEAD_BYTES", "identify"]

HEAD_BYTES = 512
"""Bytes that :func:`identify` needs at most."""

CONVERSIONS = {
    **dict.fromkeys(("HDF5", "HTML page", "MATLAB", "NumPy array", "ZIP archive"), ""),
    "gzip archive": "gunzip in.gz",
    "DICOM": "dcm2img in.dcm out.png",
    "JPEG XL": "djxl in.jxl out.png",
    "MP4 video": "ffmpeg -i in.mp4 -frames:v 1 out.png",
    "Matroska video": "ffmpeg -i in.mkv -frames:v 1 out.png",
    "OpenEXR": "oiiotool in.exr --colorconvert linear sRGB -d uint16 -o out.png",
    "PDF": "pdftoppm -png in.pdf out",
    "RIFF (video or sound)": "ffmpeg -i in.avi -frames:v 1 out.png",
    "SVG": "rsvg-convert in.svg -o out.png",
}
"""Command that makes a picture of a container, where there is none or it is not ImageMagick's."""

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"II*\0\x10\0\0\0CR", "CR2"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"#?RADIANCE", "HDR"),
    (b"#?RGBE", "HDR"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"v/1\x01", "OpenEXR"),
    (b"FUJIFILMCCD-RAW", "RAF"),
    (b"IIRO", "ORF"),
    (b"IIRS", "ORF"),
    (b"MMOR", "ORF"),
    (b"IIU\0", "RW2"),
    (b"FOVb", "X3F"),
    (b"\0MRM", "MRW"),
    (b"%PDF", "PDF"),
    (b"%!PS", "PostScript"),
    (b"\xc5\xd0\xd3\xc6", "PostScript"),
    (b"8BPS", "Photoshop (PSD)"),
    (b"gimp xcf", "GIMP (XCF)"),
    (b"\0\0\1\0", "icon (ICO)"),
    (b"\0\0\2\0", "cursor (CUR)"),
    (b"icns", "icon (ICNS)"),
    (b"DDS ", "DirectDraw surface (DDS)"),
    (b"qoif", "QOI"),
    (b"II\xbc\x01", "JPEG XR"),
    (b"SIMPLE  =", "FITS"),
    (b"\x89HDF", "HDF5"),
    (b"\x93NUMPY", "NumPy array"),
    (b"MATLAB", "MATLAB"),
    (b"AT&TFORM", "DjVu"),
    (b"\x01\xda", "SGI"),
    (b"\x59\xa6\x6a\x95", "Sun raster"),
    (b"\xd7\xcd\xc6\x9a", "Windows metafile (WMF)"),
    (b"\x1aE\xdf\xa3", "Matroska video"),
    (b"PK\x03\x04", "ZIP archive"),
    (b"\x1f\x8b", "gzip archive"),
)

_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
    **dict.fromkeys(
        (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIF"
    ),
    b"crx ": "CR3",
}


def identify(head: bytes) -> str:
    """Name of a container.

    Parameters
    ----------
    head : bytes
        First :data:`HEAD_BYTES` of a file.

    Returns
    -------
    str
        Pillow's name where it has one; "" for what is unknown.

    Examples
    --------
    >>> identify(b"GIF89a")
    'GIF'
    """
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head[:1] == b"P" and head[1:2] in b"1234567Ff" and head[2:3].isspace():
        return "PPM"
    if head[:4] == b"RIFF":
        return "WEBP" if head[8:12] == b"WEBP" else "RIFF (video or sound)"
    if head[4:8] == b"ftyp":
        length = min(int.from_bytes(head[:4], "big"), len(head))
        brands = [head[8:12], *(head[at : at + 4] for at in range(16, length, 4))]
        known = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
        return "AVIF" if "AVIF" in known else known[0] if known else "MP4 video"
    if head[128:132] == b"DICM":
        return "DICOM"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:256].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "HTML page"
    if b"<svg" in start:
        return "SVG"
    return ""
