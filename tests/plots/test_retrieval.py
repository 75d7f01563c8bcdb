"""Figures of image search: drawn values are the computed ones; missing photographs have a tile."""

import contextlib
import io
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

plots = pytest.importorskip("psysal.plots")
pytest.importorskip("matplotlib")
pytest.importorskip("sklearn")
import skimage.data  # noqa: E402
from PIL import Image  # noqa: E402

from psysal.plots import png, retrieval  # noqa: E402
from psysal.retrieval import DenseSift, FisherVector, GeneralizedMax, Max, Sum  # noqa: E402

PAGE = Path(__file__).parents[2] / "docs" / "pooling.md"
LAM = 2.5


@pytest.fixture(scope="module")
def collage():
    image, rare = skimage.data.gravel()[:160, :208].copy(), np.zeros((160, 208), bool)
    rare[50:110, 20:100] = True
    image[rare] = skimage.data.coffee()[100:160, 200:280, 1].ravel()
    image[:, 170:] = 128  # nothing to describe
    return image, rare


@pytest.fixture(scope="module")
def figure(collage):
    return plots.pooling(*collage, lam=LAM)


@pytest.fixture(scope="module")
def patches(collage):
    """Descriptors, their codes, and similarities of mean square 1 by three poolings."""
    local = DenseSift()(collage[0])
    x = FisherVector.learned().transform(local.values)
    similarities = [x @ pool(x) for pool in (Sum(), Max(), GeneralizedMax(LAM))]
    return local, x, [s / np.sqrt(np.mean(s**2)) for s in similarities]


def maps(figure):
    return [image for ax in figure.axes for image in ax.images][1:]  # after the photograph


def test_maps_show_how_similar_patches_are_to_the_vector(figure, patches):
    local, _, similar = patches
    small = local.width == local.width.min()
    assert len(maps(figure)) == 3
    for shown, expected in zip(maps(figure), similar, strict=True):
        cells = shown.get_array()
        left, right, bottom, top = shown.get_extent()
        for x, y, value in zip(local.x[small], local.y[small], expected[small], strict=True):
            col = int((x - left) / (right - left) * cells.shape[1])
            row = int((y - top) / (bottom - top) * cells.shape[0])
            assert cells[row, col] == pytest.approx(value, abs=1e-6)
        assert cells.count() == small.sum()  # nothing is shown where nothing was described
        assert shown.get_clim() == (-2, 2)


def test_headings_are_the_means_of_rare_and_other_patches(figure, patches, collage):
    local, _, similar = patches
    rare = collage[1][local.y.astype(int), local.x.astype(int)]
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    headings = [title.replace("\N{MINUS SIGN}", "-") for title in titles if "others " in title]
    assert headings == [f"rare {s[rare].mean():.2f}, others {s[~rare].mean():.2f}" for s in similar]


def test_words_are_as_alike_as_their_counts_say(figure):
    counts = np.array([900, 90, 9, 1])
    for column, codes in enumerate((counts, counts > 0, counts / (counts + LAM))):
        expected = codes / np.sqrt(np.average(codes**2.0, weights=counts))
        (ax,) = (a for a in figure.axes if plots_head(a) == HEADS[column])
        assert [t.get_text() for t in ax.texts[:4]] == [f"{value:.2f}" for value in expected]
        np.testing.assert_allclose([bar.get_height() for bar in ax.patches], expected, rtol=1e-6)


HEADS = ["Sum, average", "Max", "Generalized max"]


def plots_head(ax):
    return next((t.get_text() for t in ax.texts if t.get_text() in HEADS), None)


def test_the_rare_go_from_nearly_equal_to_the_sum_as_lam_grows(figure, patches, collage):
    local, _, (summed, _, generalized) = patches
    rare = collage[1][local.y.astype(int), local.x.astype(int)]
    (ax,) = (a for a in figure.axes if a.get_xscale() == "log")
    curve = ax.lines[0].get_ydata()
    assert (np.diff(curve) < 0).all()
    whole, chosen = (s[rare].mean() / s[~rare].mean() for s in (summed, generalized))
    assert curve[-1] == pytest.approx(whole, abs=0.02)
    assert [t.get_text() for t in ax.texts] == [
        f"λ = {LAM}: {chosen:.2f}",
        f"sum: {whole:.2f}",
    ]


def test_a_mask_that_is_none_is_refused(collage):
    image, rare = collage
    with pytest.raises(ValueError, match=r"mask of the image, \(160, 208\) of bool, got \(9, 9\)"):
        plots.pooling(image, rare[:9, :9])
    with pytest.raises(ValueError, match=r"got .* of float64"):
        plots.pooling(image, rare * 1.0)
    with pytest.raises(ValueError, match="in and outside of rare, got 0 of"):
        plots.pooling(image, ~rare & False)


def test_the_page_says_the_numbers_that_its_lines_give():
    text = PAGE.read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue().strip() == re.findall(r"# (\d\.\d\d)\n", code)[0]
    (row,) = (line for line in text.splitlines() if line.startswith("| GMP, λ = 1 |"))
    rare, others = (float(cell.split()[0]) for cell in row.split("|")[2:4])
    assert rare / others == pytest.approx(float(printed.getvalue()), abs=0.01)


def test_what_is_no_image_is_an_error_and_not_a_grey_tile():
    with pytest.raises(ValueError, match="got shape"):
        plots.matches([("q", np.ones(3))], [[]])


def shade(rows, cols, value=0.5):
    return np.full((rows, cols), value)


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_a_row_names_the_query_and_its_results_in_order():
    cat = skimage.data.chelsea()
    results = [("cat.png", 1.0, cat), ("dog.png", 0.5126, shade(40, 30)), ("$a_b$.png", -0.2, cat)]
    sheet = plots.matches([("query.png", cat)], [results])
    assert texts(sheet) == [
        *("query", "1", "2", "3"),
        "query.png",
        *("cat.png", "1.000"),
        *("dog.png", "0.513"),
        *("$a_b$.png", "-0.200"),
    ]
    lefts = [image.get_extent()[0] for image in sheet.axes[0].images]
    assert lefts == sorted(lefts)
    assert len(sheet.axes[0].images) == 4
    (frame,) = sheet.axes[0].patches  # about the query alone
    assert frame.get_x() == lefts[0]
    assert Image.open(io.BytesIO(png(sheet))).size[0] > 500


def test_a_photograph_that_is_gone_or_unreadable_is_a_grey_tile_that_says_so(tmp_path):
    (tmp_path / "torn.jpg").write_bytes(b"no photograph")
    results = [("gone", 0.9, tmp_path / "gone.jpg"), ("torn", 0.8, tmp_path / "torn.jpg")]
    sheet = plots.matches([("q", None)], [[*results, ("here", 0.7, shade(9, 9))]])
    assert texts(sheet).count(retrieval.GONE) == 3
    assert "gone" in retrieval.GONE
    assert len(sheet.axes[0].images) == 1
    assert {"gone", "torn", "here", "0.900", "0.800", "0.700"} < set(texts(sheet))


def test_landscape_and_portrait_keep_their_shape_and_stand_on_their_names():
    shapes = [(300, 400), (400, 300), (100, 1000), (5, 5)]
    sheet = plots.matches([("q", shade(30, 40))], [[("n", 1.0, shade(*s)) for s in shapes]])
    extents = [image.get_extent() for image in sheet.axes[0].images]
    for (left, right, bottom, top), (rows, cols) in zip(extents[1:], shapes, strict=True):
        assert (bottom - top) / (right - left) == pytest.approx(rows / cols)
        assert max(bottom - top, right - left) == pytest.approx(retrieval.TILE)
    assert len({round(bottom, 6) for _, _, bottom, _ in extents}) == 1


def test_rows_do_not_overlap_and_may_be_short():
    many = [[("n", 0.5, shade(40, 30))] * count for count in (3, 0, 1)]
    sheet = plots.matches([("q", shade(40, 30))] * 3, many)
    spans = {tuple(image.get_extent()[2:]) for image in sheet.axes[0].images}
    below = sorted((top, bottom) for bottom, top in spans)
    assert len(below) == 3
    assert all(bottom < top for (_, bottom), (top, _) in pairwise(below))
    assert texts(sheet)[:4] == ["query", "1", "2", "3"]


def test_of_large_photographs_thumbnails_remain():
    large = np.zeros((3000, 2000, 3), np.uint8)
    large[:1500] = 255
    sheet = plots.matches([("q", large)], [[("n", 1.0, large[:, :, 0].astype(np.uint16))]])
    for image in sheet.axes[0].images:
        assert max(image.get_array().shape) <= retrieval.PIXELS
    white = sheet.axes[0].images[0].get_array()
    assert white[0].min() == 1
    assert white[-1].max() == 0


def test_one_photograph_is_held_at_a_time():
    alive = 0

    class Held(np.ndarray):
        def __del__(self):
            nonlocal alive
            alive -= 1

    def results():
        nonlocal alive
        for rank in range(5):
            alive += 1
            assert alive <= 2
            yield "n", 1 - rank / 10, np.ones((600, 800)).view(Held)

    plots.matches(iter([("q", shade(3, 4))]), iter([results()]))


def test_long_names_lose_their_middle_and_keep_their_ends():
    name = "holidays/2019/photograph_of_the_sea_00017.jpeg"
    sheet = plots.matches([(name, None)], [[(name, 0.5, None)]])
    shown = [text for text in texts(sheet) if "…" in text]
    assert len(shown) == 2
    assert len(shown[0]) == retrieval.LETTERS
    assert shown[0].startswith("holidays")
    assert shown[0].endswith("00017.jpeg")


def test_every_query_has_its_results():
    with pytest.raises(ValueError, match="queries must be one at least, got none"):
        plots.matches([], [])
    with pytest.raises(ValueError, match="shorter"):
        plots.matches([("a", None), ("b", None)], [[]])
