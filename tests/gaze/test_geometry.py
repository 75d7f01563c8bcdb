"""Coordinates that are not pixels of the image: found, and mended by the line that is printed."""

import warnings

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from psysal.evaluation.compare import Comparison
from psysal.gaze import Dataset, Fixations, Geometry, dataset, write_hdf5, write_table

SIZES = {"wide.png": (240, 400), "tall.png": (360, 300), "small.png": (200, 260)}
SCREEN = (1280, 1024)


def true_fixations(seed=3):
    rng = np.random.default_rng(seed)
    columns = []
    for image, (rows, cols) in SIZES.items():
        for subject in (1, 2):
            x, y = np.clip(rng.normal(0.5, 0.18, (2, 15)), 0.02, 0.98)
            columns += [(image, subject, n, x[n] * cols, y[n] * rows) for n in range(15)]
    return Fixations(*zip(*columns, strict=True))


TRUTH = true_fixations()


def changed(x=None, y=None, order=None):
    return TRUTH.replaced(
        **{k: v for k, v in {"x": x, "y": y, "order": order}.items() if v is not None}
    )


def wrong(kind):
    """The fixations as a file of another geometry has them."""
    rows, cols = TRUTH.of_each(SIZES)
    x, y = TRUTH.x, TRUTH.y
    return {
        "share": lambda: changed(x / cols, y / rows),
        "percent": lambda: changed(100 * x / cols, 100 * y / rows),
        "center": lambda: changed(x - cols / 2, rows / 2 - y),
        "flipped": lambda: changed(x, -y),
        "screen": lambda: changed(x + (SCREEN[0] - cols) / 2, y + (SCREEN[1] - rows) / 2),
        "swapped": lambda: changed(y, x),
        "norm": lambda: changed(2 * x / cols - 1, 1 - 2 * y / rows),
        "height": lambda: changed((x - cols / 2) / rows, (rows / 2 - y) / rows),
        "from 1": lambda: changed(order=TRUTH.order + 1),
    }[kind]()


def write(fixations, folder, how):
    """File of fixations; gives the lines of dataset.toml that name it."""
    if how == "table":
        write_table(fixations, folder / "f.csv")
        return 'fixations = "f.csv"\n'
    if how == "HDF5":
        write_hdf5(fixations, folder / "f.h5")
        return 'fixations = "f.h5"\n'
    if how == "export":
        lines = ["RECORDING_SESSION_LABEL\timage\tCURRENT_FIX_INDEX\tCURRENT_FIX_X\tCURRENT_FIX_Y"]
        columns = (fixations.subject, fixations.image, fixations.order, fixations.x, fixations.y)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        lines += ["\t".join(map(str, row)) for row in rows]
        (folder / "f.txt").write_text("\n".join(lines))
        return 'fixations = "f.txt"\nformat = "eyelink"\n'
    images = []
    for name in SIZES:
        people = [
            {"fix_x": part.x, "fix_y": part.y, "fix_duration": part.duration}
            for subject in (1, 2)
            for part in [fixations.of(name).without(3 - subject)]
        ]
        images.append({"img": name, "subjects": people})
    savemat(folder / "f.mat", {"fixations": images})
    return 'fixations = "f.mat"\n'


@pytest.fixture
def folder(tmp_path):
    for name, (rows, cols) in SIZES.items():
        Image.new("L", (cols, rows)).save(tmp_path / name)
    return tmp_path


def complaint(folder):
    """Sentence with which a set is refused, or that it is read with; none for a sound one."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            dataset(folder)
        except ValueError as error:
            return str(error)
    assert len(caught) < 2
    return str(caught[0].message) if caught else ""


def by_image(fixations):
    names, order = np.unique(fixations.image, return_inverse=True)
    rows = np.lexsort([fixations.order, fixations.subject.astype(str), order])
    return names.tolist(), np.stack([fixations.x, fixations.y, fixations.order])[:, rows]


KINDS = ("share", "percent", "center", "flipped", "screen", "swapped", "norm", "height", "from 1")


@pytest.mark.parametrize("how", ["table", "MAT", "HDF5", "export"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_geometry_is_mended_by_the_line_that_is_printed(folder, kind, how):
    layout = 'images = "*.png"\n' + write(wrong(kind), folder, how)
    (folder / "dataset.toml").write_text(layout)
    sentence = complaint(folder)
    if kind == "from 1" and how in ("MAT", "export"):  # which do not hold or need an order
        assert sentence == ""
    else:
        before, _, lines = sentence.partition("dataset.toml:\n")
        assert lines, sentence
        assert "f." in before
        (folder / "dataset.toml").write_text(f"{layout}{lines}\n")
    assert complaint(folder) == ""
    names, columns = by_image(dataset(folder).fixations)
    true_names, truth = by_image(TRUTH)
    assert names == true_names
    np.testing.assert_allclose(columns, truth, atol=1e-4)


@pytest.mark.parametrize("how", ["table", "MAT", "HDF5", "export"])
def test_pixels_of_the_image_are_read_without_a_word(folder, how):
    (folder / "dataset.toml").write_text('images = "*.png"\n' + write(TRUTH, folder, how))
    assert complaint(folder) == ""
    np.testing.assert_array_equal(by_image(dataset(folder).fixations)[1], by_image(TRUTH)[1])


@pytest.mark.parametrize("seed", range(8))
def test_the_screen_that_is_guessed_is_the_true_one(folder, seed):
    fixations = true_fixations(seed)
    rows, cols = fixations.of_each(SIZES)
    for screen in ((1024, 768), (1280, 1024), (1920, 1080)):
        moved = fixations.replaced(
            x=fixations.x + (screen[0] - cols) / 2, y=fixations.y + (screen[1] - rows) / 2
        )
        (folder / "f.csv").unlink(missing_ok=True)
        layout = 'images = "*.png"\n' + write(moved, folder, "table")
        (folder / "dataset.toml").write_text(layout)
        assert complaint(folder).endswith(f"dataset.toml:\nscreen = [{screen[0]}, {screen[1]}]")


def test_few_fixations_outside_are_dropped_as_ever_many_are_said_most_are_refused(folder):
    count = len(TRUTH)
    for outside, begin in ((4, ""), (5, "f.csv: fixations inside"), (46, "f.csv: fixations insi")):
        x = TRUTH.x.copy()
        x[:outside] += 5000
        (folder / "f.csv").unlink(missing_ok=True)
        layout = 'images = "*.png"\n' + write(changed(x), folder, "table")
        (folder / "dataset.toml").write_text(layout)
        sentence = complaint(folder)
        assert sentence.removeprefix(f"{folder}/").startswith(begin)
        assert not begin or f"found {outside} of {count} outside" in sentence
        assert not begin or "check that x and y are pixels from the top left" in sentence
    with pytest.raises(ValueError, match="found 46 of 90 outside"):
        dataset(folder)


@pytest.mark.parametrize(
    ("geometry", "x", "y"),
    [
        (Geometry(), 30, 20),
        (Geometry("share", "bottom left"), 0.3, 0.6),
        (Geometry("percent", y="up", axes="yx"), -40, 30),
        (Geometry("norm", "center", "up"), -0.4, 0.2),
        (Geometry("height", "center", "down"), -0.4, -0.1),
        (Geometry("degrees", "center", "up"), -2, 0.5),
        (Geometry(screen=(200, 150)), 80, 70),
        (Geometry(origin="center", screen=(200, 150)), -20, -5),
        (Geometry(screen=(300, 100), shown="fitted"), 110, 40),
        (Geometry(screen=(300, 100), shown="stretched"), 90, 40),
        (Geometry("share", screen=(200, 200), shown="fitted"), 0.3, 0.45),
    ],
)
def test_every_geometry_has_one_place_for_a_fixation(geometry, x, y):
    fixations = Fixations(["a"], [0], [0], [x], [y])
    placed = geometry.to_pixels(fixations, {"a": (50, 100)}, ppd=10)
    np.testing.assert_allclose([placed.x[0], placed.y[0]], [30, 20])


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('units = "shares"', "units must be one of pixels, share, .*, got 'shares'"),
        ('origin = "middle"', "origin must be one of .*, got 'middle'"),
        ('y = "left"', "y must be .*, got 'left'"),
        ('axes = "y"', "axes must be xy or yx, got 'y'"),
        ("screen = [1280]", r"screen must be \[width, height\] in pixels, got \[1280\]"),
        ('shown = "fitted"', r"shown = 'fitted' needs screen = \[width, height\], got none"),
        ('units = "degrees"', "units of degrees need ppd, got none; give ppd"),
        ('format = "tobi"', "format must be one of .*, got 'tobi'"),
    ],
)
def test_keys_that_cannot_be_right_are_refused(folder, lines, message):
    layout = 'images = "*.png"\n' + write(TRUTH, folder, "table")
    (folder / "dataset.toml").write_text(f"{layout}{lines}\n")
    with pytest.raises(ValueError, match=message):
        dataset(folder)


@pytest.mark.parametrize(
    ("scale", "lines"),
    [((0.3, 0.3), ""), ((1920 / 3000, 1080 / 1688), 'screen = [1920, 1080]\nshown = "fitted"')],
)
def test_fixations_in_a_small_part_of_large_pictures_are_said(tmp_path, scale, lines):
    rows, cols = (600, 1000) if not lines else (2400, 4300)
    Image.new("L", (cols, rows)).save(tmp_path / "a.png")
    x, y = np.clip(np.random.default_rng(1).normal(0.5, 0.17, (2, 90)), 0, 0.99)
    if lines:
        x, y = x * 1920 + 0, y * 1080
    else:
        x, y = x * cols * scale[0], y * rows * scale[1]
    fixations = Fixations(["a.png"] * 90, [0] * 90, range(90), x, y)
    layout = 'images = "*.png"\n' + write(fixations, tmp_path, "table")
    (tmp_path / "dataset.toml").write_text(layout)
    sentence = complaint(tmp_path)
    assert "f.csv: fixations all over their images were expected, found all in a sm" in sentence
    assert sentence.partition("dataset.toml:\n")[2] == lines
    if lines:
        (tmp_path / "dataset.toml").write_text(f"{layout}{lines}\n")
        assert complaint(tmp_path) == ""


def test_degrees_are_guessed_where_the_pixels_per_degree_are_known(folder):
    rows, cols = TRUTH.of_each(SIZES)
    degrees = changed((TRUTH.x - cols / 2) / 30, (rows / 2 - TRUTH.y) / 30)
    layout = 'images = "*.png"\nppd = 30\n' + write(degrees, folder, "table")
    (folder / "dataset.toml").write_text(layout)
    lines = complaint(folder).partition("dataset.toml:\n")[2]
    assert lines.startswith('units = "degrees"\norigin = "center"\ny = "up"')
    (folder / "dataset.toml").write_text(f"{layout}{lines}\n")
    np.testing.assert_allclose(by_image(dataset(folder).fixations)[1], by_image(TRUTH)[1])


def test_a_comparison_checks_fixations_that_no_file_was_read_for(folder):
    images = {name: folder / name for name in SIZES}
    for kind, message in (("share", "as if they were shares"), ("center", "from the middle")):
        by_hand = Dataset("by hand", images, wrong(kind))
        with pytest.raises(ValueError, match=f"by hand: .*{message}"):
            Comparison({"model": np.ones_like}, by_hand, ["auc"])
