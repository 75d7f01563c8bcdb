"""TIFFs of every kind, against a writer that packs each bit itself."""

import io
import itertools

import numpy as np
import pytest
from support.tiffs import COMPRESSORS, pages, stored, tiff

from psysal import image

ROWS, COLS = 6, 5
DEPTHS = {8: "u1", 10: "u2", 12: "u2", 16: "u2", "float": "f4"}
ALPHAS = {"none": (), "straight": (2,), "premultiplied": (1,), "unknown": (0,)}
MIN_IS_WHITE, MIN_IS_BLACK, RGB, PALETTE, CMYK = 0, 1, 2, 3, 5


def read(data, said=None):
    return image.read(
        io.BytesIO(data), name="a.tif", on_warning=None if said is None else said.append
    )


def refusal(data):
    with pytest.raises(ValueError, match=r"a\.tif: ") as caught:
        read(data)
    return str(caught.value)


def picture(depth, channels, seed=0):
    """Codes (rows, cols, channels) with the extremes among them, and their full scale."""
    rng = np.random.default_rng(seed)
    if depth == "float":
        codes, full = rng.random((ROWS, COLS, channels)), 1
    else:
        full = 2**depth - 1
        codes = rng.integers(0, full + 1, (ROWS, COLS, channels))
    codes[0, 0], codes[-1, -1] = 0, full
    return codes, full


def in_file(color, veil, full, photometric, alpha):
    """Samples of a file for a color and an alpha."""
    if alpha == "premultiplied":
        color = color * veil / full
        color = color if full == 1 else np.rint(color)
    if photometric == MIN_IS_WHITE:
        color = full - color
    return np.concatenate([color, veil], axis=2) if alpha != "none" else color


def expected(color, veil, full, alpha):
    """Light of each pixel on white, as shares of white."""
    share = color / full
    if alpha == "premultiplied":
        over = color * veil / full
        share = (over if full == 1 else np.rint(over)) / full
        return share + 1 - veil / full
    if alpha == "straight":
        return share * (veil / full) + 1 - veil / full
    return share


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_matrix_of_kinds(depth):
    white = {8: 255, "float": 1}.get(depth, 65535)
    bits, sample_format = (32, 3) if depth == "float" else (depth, 1)
    # codes of 10 and 12 bits are rounded to 16 before they are composited
    tolerance = {8: 0.5, 16: 0.5, "float": 1e-6}.get(depth, 1.0)
    wrong = []
    for photometric, alpha in itertools.product((MIN_IS_WHITE, MIN_IS_BLACK, RGB), ALPHAS):
        channels = 3 if photometric == RGB else 1
        color, full = picture(depth, channels)
        veil, _ = picture(depth, 1, seed=1)
        samples = in_file(color, veil, full, photometric, alpha).astype(DEPTHS[depth])
        right = expected(color, veil, full, alpha) * white
        for orientation in range(1, 9):
            turned = stored(samples, orientation)
            for planar, compression in itertools.product((False, True), COMPRESSORS):
                order = "<" if orientation % 2 else ">"
                data = tiff(
                    turned, bits=bits, photometric=photometric, planar=planar,
                    extra=ALPHAS[alpha], orientation=orientation, compression=compression,
                    sample_format=sample_format, order=order,
                )  # fmt: skip
                case = (photometric, alpha, orientation, planar, compression)
                said = []
                found = read(data, said)
                shape = (ROWS, COLS, 3) if photometric == RGB else (ROWS, COLS)
                if found.shape != shape or (found.max() > 1 if white == 1 else False):
                    wrong.append((case, found.shape))
                elif np.abs(found - right.reshape(shape)).max() > tolerance + 1e-9:
                    wrong.append((case, np.abs(found - right.reshape(shape)).max()))
                remark = {
                    "straight": "transparency composited on white",
                    "premultiplied": "transparency composited on white",
                    "unknown": "1 extra channel(s) not marked as transparency left out",
                }.get(alpha)
                if said != ([f"a.tif: {remark}"] if remark else []):
                    wrong.append((case, said))
    assert wrong == []


def test_every_size_is_that_of_the_pixels(tmp_path):
    path = tmp_path / "a.tif"
    for orientation in range(1, 9):
        upright, _ = picture(8, 3)
        path.write_bytes(
            tiff(stored(upright.astype("u1"), orientation), bits=8, orientation=orientation)
        )
        assert image.size(path) == image.read(path).shape[:2] == (ROWS, COLS)


@pytest.mark.parametrize("bits", [*range(1, 17), 32])
def test_codes_of_every_number_of_bits_are_shares_of_their_full_scale(bits):
    codes, full = picture(bits, 1)
    kind = "u1" if bits <= 8 else "u2" if bits <= 16 else "u4"
    white = 255 if bits <= 8 else 65535 if bits <= 16 else 1
    minima = MIN_IS_WHITE, MIN_IS_BLACK
    for photometric, fill_order, order in itertools.product(minima, (1, 2), "<>"):
        given = (full - codes if photometric == MIN_IS_WHITE else codes).astype(kind)
        data = tiff(given, bits=bits, photometric=photometric, fill_order=fill_order, order=order)
        right = codes[:, :, 0] / full * white
        assert np.abs(read(data) - right).max() <= (0.5 if white > 1 else 1e-9)


@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
def test_floats_in_the_unit_interval_are_taken_as_they_are(kind):
    values = np.random.default_rng(0).random((ROWS, COLS, 3)).astype(kind)
    for order in "<>":
        data = tiff(values, bits=8 * values.itemsize, sample_format=3, order=order)
        found = read(data)
        assert np.array_equal(found, values)
        assert found.dtype == ("f4" if kind == "f2" else kind)


@pytest.mark.parametrize("compression", ["lzw", "deflate", "zstd"])
@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("depth", [8, 16])
def test_predictors_and_large_files(depth, planar, compression):
    codes, _ = picture(depth, 3)
    codes = codes.astype(DEPTHS[depth])
    for order, big, predictor in itertools.product("<>", (False, True), (1, 2)):
        data = tiff(
            codes, bits=depth, planar=planar, compression=compression, order=order, big=big,
            predictor=predictor,
        )  # fmt: skip
        assert np.array_equal(read(data), codes), (order, big, predictor)


def test_tifffile_and_its_tiles_floats_and_predictors_are_read_back():
    import tifffile

    rng = np.random.default_rng(0)
    values = rng.random((40, 50, 3)).astype("f4")
    codes = rng.integers(0, 65536, (40, 50, 3)).astype("u2")
    for pixels, tile, predictor in itertools.product(
        (values, codes), (None, (16, 32)), (None, True)
    ):
        for compression in (None, "zlib", "lzw", "zstd", "lzma", "packbits", "jpegxl", "png"):
            if (pixels is values and compression in ("png", "jpegxl")) or (
                predictor and compression in (None, "jpegxl", "png", "packbits")
            ):
                continue
            buffer = io.BytesIO()
            tifffile.imwrite(
                buffer, pixels, photometric="rgb", tile=tile, compression=compression,
                predictor=predictor,
            )  # fmt: skip
            assert np.array_equal(read(buffer.getvalue()), pixels), (tile, compression, predictor)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("alpha", ["none", "straight"])
def test_palettes_are_widened_or_not_by_whoever_wrote_them(bits, alpha):
    rng = np.random.default_rng(0)
    colors = rng.integers(0, 256, (3, 2**bits))
    colors[0, 0] = 255
    codes = rng.integers(0, 2**bits, (ROWS, COLS, 1)).astype("u1")
    opaque = np.full_like(codes, 2**bits - 1)
    samples = codes if alpha == "none" else np.concatenate([codes, opaque], axis=2)
    right = colors.T[codes[:, :, 0]]
    for widened in (colors, colors * 256, colors * 257):
        tags = [(320, "H", widened.ravel().tolist())]
        data = tiff(samples, bits=bits, photometric=PALETTE, extra=ALPHAS[alpha], tags=tags)
        assert np.array_equal(read(data), right)
    deep = colors * 256 + 17
    tags = [(320, "H", deep.ravel().tolist())]
    data = tiff(samples, bits=bits, photometric=PALETTE, extra=ALPHAS[alpha], tags=tags)
    assert np.array_equal(read(data), deep.T[codes[:, :, 0]])


@pytest.mark.parametrize("depth", [8, 16])
def test_inks_become_light(depth):
    codes, full = picture(depth, 4)
    said = []
    found = read(tiff(codes.astype(DEPTHS[depth]), bits=depth, photometric=CMYK), said)
    right = (full - codes[:, :, :3]) * (full - codes[:, :, 3:]) / full
    assert np.abs(found - right).max() <= 1
    assert said == ["a.tif: CMYK turned into RGB without a color profile"]


def test_alpha_may_follow_other_channels():
    codes, full = picture(8, 5)
    said = []
    found = read(tiff(codes.astype("u1"), bits=8, extra=(0, 2)), said)
    right = expected(codes[:, :, :3], codes[:, :, 4:], full, "straight") * 255
    assert np.abs(found - right).max() <= 0.5
    assert "1 extra channel(s) not marked as transparency left out" in said[0]


def test_extra_channels_without_a_tag_are_no_alpha():
    codes, _ = picture(8, 4)
    said = []
    assert np.array_equal(read(tiff(codes.astype("u1"), bits=8), said), codes[:, :, :3])
    assert said == ["a.tif: 1 extra channel(s) not marked as transparency left out"]


def test_a_preview_is_never_taken_for_the_photograph():
    small = np.zeros((2, 3, 3), "u1")
    full = picture(8, 3)[0].astype("u1")
    reduced = [(254, "L", [1])]
    said = []
    data = pages([{"samples": small, "bits": 8, "tags": reduced}, {"samples": full, "bits": 8}])
    assert np.array_equal(read(data, said), full)
    assert said == ["a.tif: its first image, which is a preview, was skipped"]
    data = pages([{"samples": full, "bits": 8}, {"samples": small, "bits": 8, "tags": reduced}])
    said.clear()
    assert np.array_equal(read(data, said), full)
    assert said == []
    assert "has a preview and no full image" in refusal(tiff(small, bits=8, tags=reduced))


def test_of_a_stack_the_first_image_is_read_and_that_is_said():
    import tifffile

    stack = np.random.default_rng(0).integers(0, 256, (3, ROWS, COLS)).astype("u1")
    for options in ({"imagej": True}, {"photometric": "minisblack"}, {"ome": True}):
        buffer, said = io.BytesIO(), []
        tifffile.imwrite(buffer, stack, **options)
        assert np.array_equal(read(buffer.getvalue(), said), stack[0])
        assert said == ["a.tif: only the first of its frames was read"], options


def test_pixels_without_data_are_remarked_on():
    codes = picture(8, 1)[0].astype("u1")
    said = []
    read(tiff(codes, bits=8, photometric=MIN_IS_BLACK, tags=[(42113, "s", b"0")]), said)
    assert said == ["a.tif: pixels marked as without data are taken as their value, 0"]


def test_integers_with_a_sign():
    codes = np.abs(picture(8, 1)[0] // 2).astype("i1")
    signed = {"bits": 8, "photometric": MIN_IS_BLACK, "sample_format": 2}
    said = []
    assert read(tiff(codes, **signed), said).max() == 255
    assert said == ["a.tif: signed integers taken as they are, with 127 as white"]
    codes[2, 2] = -3
    assert "has signed integers down to -3" in refusal(tiff(codes, **signed))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"photometric": 4}, "with a mask"),
        ({"photometric": 8}, "with CIELab"),
        ({"photometric": 32844}, "with LogL"),
        ({"photometric": 77}, "photometric interpretation 77"),
        ({"bits": 32, "sample_format": 5}, "complex numbers"),
        ({"bits": 64, "sample_format": 6}, "complex numbers"),
        ({"bits": 24}, "samples of 24 bits"),
        ({"sample_format": 9}, "samples of 8 bits in format 9"),
        ({"tags": [(258, "H", [8, 8, 7])]}, r"samples of \(8, 8, 7\) bits"),
        ({"photometric": CMYK}, "3 samples a pixel, where its kind of color needs 4"),
        ({"photometric": 6, "bits": 16}, "YCbCr of other than"),
        ({"photometric": PALETTE}, "a palette that is not there"),
        ({"tags": [(532, "R", [16, 1, 235, 1] * 3)]}, "its own levels of black and white"),
        ({"tags": [(279, "L", [0, 0])]}, r"parts that were not written \(sparse\)"),
    ],
)  # fmt: skip
def test_kinds_that_are_refused(options, says):
    bits = options.get("bits", 8)
    samples = np.ones((ROWS, COLS, 3), {8: "u1", 16: "u2", 64: "u8"}.get(bits, "u4"))
    with pytest.raises(ValueError, match=rf"^a\.tif: is a TIFF .*{says}"):
        read(tiff(samples, **{"bits": 8, **options}))


@pytest.mark.parametrize("formats", [[1, 1, 1, 2], [1, 1, 1, *[65535, 7] * 600]])
def test_samples_of_several_formats_are_refused(formats):
    codes = picture(8, 3)[0].astype("u1")
    found = refusal(tiff(codes, bits=8, tags=[(339, "H", formats)]))
    assert "samples of several formats" in found


def test_inks_of_another_set_or_range_are_refused():
    codes = picture(8, 4)[0].astype("u1")
    for tag in [(332, "H", [2]), (336, "B", [16, 235])]:
        assert "inks other than CMYK" in refusal(tiff(codes, bits=8, photometric=CMYK, tags=[tag]))


def test_levels_that_are_the_usual_ones_change_nothing():
    codes = picture(8, 3)[0].astype("u1")
    tags = [(532, "R", [0, 1, 255, 1] * 3)]
    assert np.array_equal(read(tiff(codes, bits=8, tags=tags)), codes)


@pytest.mark.parametrize("compression", COMPRESSORS)
@pytest.mark.parametrize("planar", [False, True])
def test_a_strip_that_is_cut_short_is_never_filled_up(planar, compression):
    import tifffile

    codes = picture(16, 3)[0].astype("u2")
    given = {"bits": 16, "planar": planar, "compression": compression}
    with tifffile.TiffFile(io.BytesIO(tiff(codes, **given))) as file:
        counts = file.pages[0].databytecounts
    for lost in (1, counts[-1] // 2):
        tags = [(279, "L", [*counts[:-1], counts[-1] - lost])]
        try:
            found = read(tiff(codes, **given, tags=tags))
        except ValueError as error:
            refused = "damaged or cut short" in str(error)
        else:  # the byte lost was of a check sum, or of the end mark of LZW
            refused = False
            assert np.array_equal(found, codes)
        assert refused or lost == 1


def test_a_predictor_without_compression_is_read_differently_by_programs():
    codes = picture(8, 3)[0].astype("u1")
    assert "a predictor and no compression" in refusal(tiff(codes, bits=8, predictor=2))
