"""What people did: fixations, their files, and the sets they belong to."""

import functools
import hashlib
import http.server
import json
import threading
import zipfile

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from psysal.gaze import (
    Dataset,
    Fixations,
    Layout,
    dataset,
    datasets,
    fetch,
    read_hdf5,
    read_maps,
    read_mat,
    read_table,
    write_hdf5,
    write_table,
)
from psysal.gaze.fixations import running_number

SIZES = {"a.png": (60, 80), "b.png": (30, 40), "c.png": (60, 40)}
COLUMNS = ("image", "subject", "order", "x", "y", "duration")


@pytest.fixture
def seen(rng):
    """Scanpaths of three people on two of three images, some fixations outside."""
    rows = [(i, s, n) for i in ("b.png", "a.png") for s in (7, 2, 4) for n in range(s // 3, 6)]
    image, subject, order = zip(*rows, strict=True)
    x, y, duration = rng.uniform(0, 50, (3, len(rows)))
    duration[3] = np.nan
    return Fixations(image, subject, order, x, y, duration)


def table(fixations):
    """Rows in the order of their keys, for comparing two tables."""
    return sorted(zip(*(getattr(fixations, name).tolist() for name in COLUMNS), strict=True))


def assert_same(one, other):
    for mine, yours in zip(table(one), table(other), strict=True):
        assert mine[:5] == yours[:5]
        np.testing.assert_allclose(mine[5], yours[5], rtol=1e-15)


# --- the table ---------------------------------------------------------------


def test_a_table_knows_its_images_and_subjects(seen):
    assert seen.images == ("a.png", "b.png")
    assert seen.subjects == (2, 4, 7)
    assert str(seen) == f"<Fixations: {len(seen)} of 3 subjects on 2 images>"
    assert set(seen.of("a.png").image) == {"a.png"}
    assert len(seen.of("a.png")) + len(seen.of("b.png")) == len(seen)
    assert len(seen.of("nobody looked at this.png")) == 0


def test_an_image_keeps_the_order_of_its_rows(seen):
    rows = seen.image == "b.png"
    np.testing.assert_array_equal(seen.of("b.png").x, seen.x[rows])


def test_a_table_cannot_be_changed(seen):
    with pytest.raises(ValueError, match="read-only"):
        seen.x[0] = 3
    with pytest.raises(AttributeError):
        seen.x = seen.y


def test_a_table_does_not_change_with_what_it_was_made_of():
    x = np.array([1.0, 2.0])
    made = Fixations(["a", "a"], [0, 0], [0, 1], x, x)
    x[0] = 9
    assert made.x.tolist() == made.y.tolist() == [1, 2]


def test_one_subject_left_out_leaves_the_others(seen):
    rest = seen.without(4)
    assert rest.subjects == (2, 7)
    assert len(rest) == np.count_nonzero(seen.subject != 4)
    with pytest.raises(ValueError, match=r"subject must be one of .* \(2, 4, 7\), got 5"):
        seen.without(5)


def test_a_table_of_one_subject_is_empty_without_him():
    alone = Fixations(["a"], ["ann"], [0], [1], [2]).without("ann")
    assert (len(alone), alone.images, alone.subjects) == (0, (), ())
    assert alone.others("a", {"a": (3, 4)}).shape == (0, 2)
    assert alone.inside({})[1] == 0


def test_the_forced_first_fixation_can_be_left_out(seen):
    assert (seen.order == 0).any()
    assert seen.without_first().order.min() == 1
    assert len(seen.without_first()) == np.count_nonzero(seen.order)


def test_fixations_outside_the_image_are_dropped_and_counted():
    x = [0, 39.99, 40, -0.01, 5, 5]
    y = [0, 29.99, 5, 5, 30, -1]
    kept, dropped = Fixations(["b.png"] * 6, [0] * 6, range(6), x, y).inside(SIZES)
    assert (kept.order.tolist(), dropped) == ([0, 1], 4)


def test_others_are_the_fixations_elsewhere_at_this_image_s_size(seen):
    there = seen.of("a.png")
    expected = np.stack([there.x / 80 * 40, there.y], axis=1)
    both = Fixations([*there.image, "c.png"], [*there.subject, 1], [*there.order, 0],
                     [*there.x, 1], [*there.y, 1])  # fmt: skip
    np.testing.assert_allclose(both.others("c.png", SIZES), expected)
    assert len(seen.others("c.png", SIZES)) == len(seen)


def test_an_image_without_a_size_is_named(seen):
    for ask in (lambda: seen.inside({"a.png": (1, 1)}), lambda: seen.others("b.png", {})):
        with pytest.raises(ValueError, match=r"got none for b\.png; are the images named alike"):
            ask()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"x": [1, np.nan]}, "row 1: x must be a finite number of pixels, got nan"),
        ({"y": [np.inf, 1]}, "row 0: y must be a finite number of pixels, got inf"),
        ({"y": ["left", 1]}, "y must be numbers"),
        ({"order": [0, -1]}, "row 1: order must count from 0, got -1"),
        ({"order": [0, 0.5]}, "order must be integers, got float64"),
        ({"order": [3, 3]}, "row 0 and row 1: one image, subject and order .* a.png, 1, 3;"),
        ({"subject": [1.5, 2]}, "subject must be integers or strings, got float64"),
        ({"x": [1, 2, 3]}, r"equally long, got image \(2,\).* x \(3,\)"),
        ({"duration": [1]}, r"equally long, .* duration \(1,\)"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(columns, message):
    good = {"image": ["a.png"] * 2, "subject": [1, 1], "order": [0, 1], "x": [1, 2], "y": [3, 4]}
    assert len(Fixations(**good)) == 2
    with pytest.raises(ValueError, match=message):
        Fixations(**good | columns)


def test_equal_orders_of_two_people_or_two_images_are_no_contradiction():
    assert len(Fixations(["a", "a", "b"], [1, 2, 1], [0, 0, 0], [1, 1, 1], [1, 1, 1])) == 3


def test_running_numbers_are_those_of_a_loop(rng):
    image, subject = rng.integers(0, 4, (2, 200))
    count = {}
    for i, s, found in zip(image, subject, running_number(image, subject), strict=True):
        assert found == count.get((i, s), 0)
        count[i, s] = found + 1
    assert len(running_number([], [])) == 0


# --- tables in files ---------------------------------------------------------


def test_a_table_is_read_as_it_was_written(seen, tmp_path):
    write_table(seen, tmp_path / "seen.csv")
    again = read_table(tmp_path / "seen.csv")
    assert_same(seen, again)
    assert again.x.tolist() == seen.x.tolist()


def test_names_with_commas_and_quotes_survive(tmp_path):
    odd = Fixations(['a, "b".png', "ü.png"], ["01", "1"], [0, 0], [1, 2], [3, 4])
    write_table(odd, tmp_path / "odd.csv")
    assert_same(odd, read_table(tmp_path / "odd.csv"))


@pytest.mark.parametrize(("name", "write"), [("t.csv", write_table), ("t.h5", write_hdf5)])
def test_what_is_there_is_kept_unless_told(seen, tmp_path, name, write):
    write(seen, tmp_path / name)
    kept = (tmp_path / name).read_bytes()
    with pytest.raises(FileExistsError, match="was kept"):
        write(seen.of("a.png"), tmp_path / name)
    assert (tmp_path / name).read_bytes() == kept
    write(seen.of("a.png"), tmp_path / name, overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_columns_of_any_name_separated_by_tabs(tmp_path):
    file = tmp_path / "seen.tsv"
    file.write_text("\ufeffwho\tfile\tn\tpx\tpy\nann\ta.png\t1\t3\t4\n\nann\ta.png\t2\t5\t6\n")
    names = {"image": "file", "subject": "who", "order": "n", "x": "px", "y": "py"}
    read = read_table(file, columns=names, first=1)
    assert table(read.of("a.png"))[0][:5] == ("a.png", "ann", 0, 3.0, 4.0)
    assert read.order.tolist() == [0, 1]
    assert np.isnan(read.duration).all()


def test_without_subject_and_order_rows_are_taken_as_they_come(tmp_path):
    file = tmp_path / "seen.csv"
    file.write_text("x,y,image\n3,4,a.png\n5,6,b.png\n7,8,a.png\n")
    read = read_table(file)
    assert (read.subjects, read.order.tolist()) == ((0,), [0, 0, 1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "line 1: columns image, x, y were expected, found nothing"),
        (b"image,x\na.png,3\n", "line 1: columns y were expected, found image, x; name them"),
        (b"image,x,y\na.png,3,4\na.png,3\n", "line 3: 3 values were expected, found 2"),
        (b"image,x,y\n\na.png,left,4\n", "line 3: x must be a number, got 'left'"),
        (b"image,x,y\na.png,3,\n", "line 2: y must be a number, got ''"),
        (b"image,x,y\na.png,3,nan\n", "line 2: y must be a finite number of pixels, got nan"),
        (b"image,order,x,y\na,0,3,4\n\na,0,5,6\n", "line 2 and line 4: one image, subject and"),
        (b"image,order,x,y\na,second,3,4\n", "line 2: order must be an integer, got 'second'"),
        (b'image,x,y\n"a.png,3,4\n', "line 2: .* found a damaged one"),
        (b"image,x,y\n\xff\xfe,3,4\n", "UTF-8 text was expected, found the byte 0xff at 10"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "UTF-8 text was expected"),
    ],
)
def test_a_table_that_cannot_be_right_is_refused_by_line(tmp_path, text, message):
    file = tmp_path / "seen.csv"
    file.write_bytes(text)
    with pytest.raises(ValueError, match=rf"seen\.csv: {message}"):
        read_table(file)


def test_columns_nobody_knows_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"columns must be among image, .*, got picture"):
        read_table(tmp_path / "seen.csv", columns={"picture": "x"})


@pytest.mark.parametrize("read", [read_table, read_mat, read_hdf5, read_maps])
def test_a_file_that_is_not_there_is_an_oserror(tmp_path, read):
    with pytest.raises(OSError, match=r"nothing\.mat"):
        read(tmp_path / "nothing.mat")


# --- MATLAB ------------------------------------------------------------------


def struct(**parts):
    """A struct array of MATLAB, one element for each place in the parts."""
    count = len(next(iter(parts.values())))
    array = np.empty(count, dtype=[(name, object) for name in parts])
    for name, values in parts.items():
        for place, value in enumerate(values):
            array[place][name] = value
    return array


def people(*paths):
    x, y, t = zip(*paths, strict=True)
    return struct(fix_x=x, fix_y=y, fix_duration=t)


def test_a_matlab_struct_is_read(tmp_path):
    first = people(([1.5, 2.5], [3.0, 4.0], [200, 210]), ([7.0], [8.0], [90]), ([], [], []))
    second = people(([5.0, 6.0, 7.0], [1.0, 1.0, 1.0], [1, 2, 3]))
    file = tmp_path / "fixations.mat"
    savemat(file, {"fixations": struct(img=["a.jpg", "b.jpg"], subjects=[first, second])})
    assert table(read_mat(file)) == [
        ("a.jpg", 0, 0, 1.5, 3.0, 200.0),
        ("a.jpg", 0, 1, 2.5, 4.0, 210.0),
        ("a.jpg", 1, 0, 7.0, 8.0, 90.0),
        ("b.jpg", 0, 0, 5.0, 1.0, 1.0),
        ("b.jpg", 0, 1, 6.0, 1.0, 2.0),
        ("b.jpg", 0, 2, 7.0, 1.0, 3.0),
    ]


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ({"gaze": [1]}, "a struct array 'fixations' was expected, found gaze"),
        ({"fixations": [1.0, 2.0]}, "a struct with 'img' was expected, found float"),
        ({"fixations": struct(img=["a"])}, "with 'subjects' was expected, found img"),
        (
            {"fixations": struct(img=["a"], subjects=[struct(fix_x=[[1.0]])])},
            "subject 0 on a: a struct with 'fix_y' was expected, found fix_x",
        ),
        (
            {"fixations": struct(img=["a"], subjects=[people(([1.0, 2.0], [1.0], [1]))])},
            "subject 0 on a: fix_x, fix_y and fix_duration must be equally long, got 2, 1 and 1",
        ),
        (
            {"fixations": struct(img=["a"], subjects=[people(([1, np.nan], [1, 2], [1, 1]))])},
            "subject 0 on a, fixation 1: x must be a finite number of pixels, got nan",
        ),
    ],
)
def test_a_matlab_file_of_another_kind_is_refused(tmp_path, held, message):
    file = tmp_path / "fixations.mat"
    savemat(file, held)
    with pytest.raises(ValueError, match=rf"fixations\.mat: .*{message}"):
        read_mat(file)


def test_a_damaged_matlab_file_is_refused(tmp_path):
    file = tmp_path / "fixations.mat"
    one = struct(img=["a"], subjects=[people((np.arange(99.0),) * 3)])
    savemat(file, {"fixations": one}, do_compression=True)
    whole = file.read_bytes()
    for damaged in (b"", b"no matlab", whole[:200], whole[:180] + b"\0" * 50 + whole[230:]):
        file.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"fixations\.mat: a MATLAB file was expected"):
            read_mat(file)


# --- binary maps -------------------------------------------------------------


def marks(*places, shape=(6, 9), value=255):
    drawn = np.zeros(shape, np.uint8)
    for x, y in places:
        drawn[y, x] = value
    return drawn


def test_every_pixel_that_is_not_zero_is_a_fixation(tmp_path):
    (tmp_path / "Action").mkdir()
    Image.fromarray(marks((8, 0), (2, 5), value=1)).save(tmp_path / "Action" / "001.png")
    savemat(tmp_path / "Action" / "002.mat", {"fixLocs": marks((4, 3))})
    Image.fromarray(np.repeat(marks((1, 1))[:, :, None], 3, axis=2)).save(tmp_path / "c.bmp")
    Image.fromarray(marks()).save(tmp_path / "nobody.png")
    (tmp_path / "notes.txt").write_text("not a map")
    read = read_maps(tmp_path)
    assert read.images == ("Action/001", "Action/002", "c")
    assert read.of("Action/001").x.tolist() == [8, 2]
    assert read.of("Action/001").y.tolist() == [0, 5]
    assert read.of("Action/002").x.tolist() == [4]
    assert read.subjects == (0,)
    assert len(read.without_first()) == len(read)  # maps do not tell which was the first


def test_a_cell_array_of_maps_is_read(tmp_path):
    cells = np.empty(2, dtype=object)
    cells[:] = [marks((3, 2)), marks((1, 1), (0, 4), shape=(5, 5))]
    savemat(tmp_path / "origfixdata.mat", {"white": cells})
    read = read_maps(tmp_path / "origfixdata.mat")
    assert (read.images, len(read.of("2"))) == (("1", "2"), 2)


def test_maps_that_cannot_be_right_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"fixation maps .* were expected, found none"):
        read_maps(tmp_path)
    cases = {
        "a.png": (b"no picture", r"a\.png: is not an image"),
        "b.mat": (b"no matlab", r"b\.mat: a MATLAB file was expected"),
        "c.jpg": (b"", r"c\.jpg: a lossless fixation map .* found a JPEG"),
    }
    for name, (data, message) in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ValueError, match=message):
            read_maps(tmp_path)
        (tmp_path / name).unlink()
    savemat(tmp_path / "two.mat", {"one": marks(), "two": marks()})
    for path in (tmp_path, tmp_path / "two.mat"):
        with pytest.raises(ValueError, match=r"two\.mat: one (matrix|cell array) .*expected"):
            read_maps(path)
    savemat(tmp_path / "two.mat", {"words": "none"})
    with pytest.raises(ValueError, match=r"two\.mat: words must be a matrix of numbers"):
        read_maps(tmp_path)


# --- pysaliency's HDF5 -------------------------------------------------------


@pytest.fixture
def h5py():
    return pytest.importorskip("h5py")


def test_hdf5_is_read_as_it_was_written(seen, tmp_path, h5py):
    write_hdf5(seen, tmp_path / "seen.hdf5")
    assert_same(seen, read_hdf5(tmp_path / "seen.hdf5"))
    named = Fixations(["ü.png"], ["ann"], [4], [1], [2])
    write_hdf5(named, tmp_path / "named.hdf5")
    assert_same(named, read_hdf5(tmp_path / "named.hdf5"))
    write_hdf5(named.without("ann"), tmp_path / "empty.hdf5")
    assert len(read_hdf5(tmp_path / "empty.hdf5")) == 0


def test_hdf5_is_laid_out_as_pysaliency_s_fixation_trains(seen, tmp_path, h5py):
    images = ["c.png", "b.png", "a.png"]
    write_hdf5(seen, tmp_path / "seen.hdf5", images=images)
    with h5py.File(tmp_path / "seen.hdf5") as file:
        assert file.attrs["type"] == b"FixationTrains"
        assert file.attrs["version"] == b"1.2"
        assert json.loads(file.attrs["__attributes__"]) == []
        assert json.loads(file["scanpath_attributes"].attrs["__attributes__"]) == []
        more = file["scanpath_fixation_attributes"]
        assert json.loads(more.attrs["__attributes__"]) == ["durations", "orders"]
        assert json.loads(file.attrs["scanpath_attribute_mapping"])["durations"] == "duration"
        shapes = {name: file[name].shape for name in ("train_xs", "train_ys", "train_ts")}
        assert set(shapes.values()) == {(6, 6)}
        assert sorted(file["train_ns"][...]) == [1, 1, 1, 2, 2, 2]
        assert sorted(file["train_subjects"][...]) == [0, 0, 1, 1, 2, 2]
        first = np.nonzero((file["train_ns"][...] == 1) & (file["train_subjects"][...] == 2))
        xs = seen.of("b.png").without(2).without(4).x
        np.testing.assert_array_equal(file["train_xs"][first[0][0], : len(xs)], xs)
        assert np.isnan(file["train_xs"][first[0][0], len(xs) :]).all()
    with pytest.raises(ValueError, match=r"images must have .* none like 'a\.png'"):
        write_hdf5(seen, tmp_path / "wrong.hdf5", images=["b.png"])
    assert not (tmp_path / "wrong.hdf5").exists()


def test_single_fixations_of_pysaliency_are_read(tmp_path, h5py):
    file = tmp_path / "fixations.hdf5"
    columns = {"x": [1.0, 2.0, 3.0], "y": [4.0, 5.0, 6.0], "n": [1, 1, 0], "t": [0, 1, 0]}
    for version, who in (("1.0", "subjects"), ("1.2", "subject")):
        with h5py.File(file, "w") as made:
            made.attrs["type"], made.attrs["version"] = "Fixations", version
            for name, values in columns.items():
                made[name] = values
            made[who] = [3, 3, 3]
            made["duration"] = [0.2, 0.3, 0.4]
            made["x_hist"] = [[np.nan], [1.0], [np.nan]]
            if version != "1.0":
                made["lengths"] = [0, 1, 0]
        read = read_hdf5(file, images=["a", "b"])
        assert_same(
            read,
            Fixations(["b", "b", "a"], [3, 3, 3], [0, 1, 0], columns["x"], columns["y"],
                      [200, 300, 400]),
        )  # fmt: skip
        with h5py.File(file, "a") as made:
            made["x_hist"][...] = np.nan
            if "lengths" in made:
                made["lengths"][...] = 0
        assert read_hdf5(file, images=["a", "b"]).order.tolist() == [1, 2, 1]


def test_scanpaths_of_pysaliency_are_read(tmp_path, h5py):
    file = tmp_path / "scanpaths.hdf5"
    with h5py.File(file, "w") as made:
        made.attrs["type"] = np.bytes_("ScanpathFixations")
        paths = made.create_group("scanpaths")
        paths["xs"] = [[1.0, 2.0], [3.0, np.nan]]
        paths["ys"] = [[4.0, 5.0], [6.0, np.nan]]
        paths["n"] = [0, 1]
        paths["scanpath_attributes/subject"] = [5, 6]
        paths["fixation_attributes/durations"] = [[0.1, 0.2], [0.3, np.nan]]
    read = read_hdf5(file, images=["a", "b"])
    assert_same(
        read,
        Fixations(["a", "a", "b"], [5, 5, 6], [0, 1, 0], [1, 2, 3], [4, 5, 6], [100, 200, 300]),
    )


def test_hdf5_that_cannot_be_right_is_refused(seen, tmp_path, h5py):
    file = tmp_path / "seen.hdf5"
    write_hdf5(seen, file)
    whole = file.read_bytes()
    for damaged in (b"", b"no hdf5", whole[: len(whole) // 2]):
        file.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"seen\.hdf5: pysaliency's fixations .* expected"):
            read_hdf5(file)
    file.write_bytes(whole)
    with pytest.raises(ValueError, match=r"seen\.hdf5: images up to number 1 .* found 1 names"):
        read_hdf5(file, images=["a"])
    with h5py.File(file, "a") as made:
        del made["images"]
    with pytest.raises(ValueError, match=r"seen\.hdf5: names of images were expected"):
        read_hdf5(file)
    with h5py.File(file, "a") as made:
        del made["train_xs"]
    with pytest.raises(ValueError, match=r"seen\.hdf5: pysaliency's fixations .* expected"):
        read_hdf5(file)
    with h5py.File(file, "a") as made:
        made.attrs["type"] = "Stimuli"
    with pytest.raises(ValueError, match=r"seen\.hdf5: .*FixationTrains or .* found Stimuli"):
        read_hdf5(file)


def test_without_h5py_the_error_has_the_line_that_installs_it(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(ImportError, match=r'pip install "psysal\[datasets\]"'):
        read_hdf5(tmp_path / "seen.hdf5")


# --- sets --------------------------------------------------------------------


@pytest.fixture
def own(tmp_path):
    """A set of one's own: pictures in folders, a table, and what is where."""
    folder = tmp_path / "own"
    for name, (rows, cols) in {
        "in/2.png": (6, 9),
        "in/10.png": (5, 5),
        "out/1.png": (7, 3),
    }.items():
        (folder / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (cols, rows)).save(folder / "photos" / name)
    (folder / "seen.csv").write_text("file,x,y\nin/2.png,3,4\nin/2.png,5,1\nout/1.png,1,1\n")
    (folder / "dataset.toml").write_text(
        'images = "photos/*/*.png"\nfixations = "seen.csv"\ncolumns = {image = "file"}\n'
        'ppd = 40\nsource = "made for a test"\n'
    )
    return folder


def test_a_set_of_one_s_own_is_read(own):
    found = dataset(own)
    assert (found.name, found.ppd, found.source) == ("own", 40.0, "made for a test")
    assert list(found.images) == ["in/2.png", "in/10.png", "out/1.png"]
    assert found.sizes == {"in/2.png": (6, 9), "in/10.png": (5, 5), "out/1.png": (7, 3)}
    assert found.fixations.images == ("in/2.png", "out/1.png")
    assert found.images["in/2.png"].exists()


def test_a_bare_name_is_looked_up_among_the_sets(own, monkeypatch):
    monkeypatch.setenv("PSYSAL_DATA", str(own.parent))
    assert dataset("own").name == "own"
    with pytest.raises(ValueError, match=r"cat2000: .* none here, nor in .*; psysal.gaze.fetch"):
        dataset("cat2000")
    monkeypatch.delenv("PSYSAL_DATA")
    with pytest.raises(ValueError, match="PSYSAL_DATA names no folder of sets"):
        dataset("own")
    with pytest.raises(ValueError, match="found none; check the path"):
        dataset(own / "elsewhere")


def test_sizes_are_read_when_asked_for_and_are_those_of_upright_pictures(own):
    found = dataset(own)
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("L", (9, 6)).save(own / "photos" / "in" / "2.png", exif=turned)
    assert found.sizes["in/2.png"] == (9, 6)
    (own / "photos" / "in" / "10.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"10\.png: an image was expected"):
        _ = dataset(own).sizes


def test_fixations_on_images_that_are_not_there_are_an_error(own):
    rows = "".join(f"dog{n}.png,1,1\n" for n in range(5))
    (own / "seen.csv").write_text("file,x,y\nin/2.png,3,4\n" + rows)
    message = r"not there: dog0\.png, dog1\.png, dog2\.png and 2 more; there are in/2\.png, in/10"
    with pytest.raises(ValueError, match=message):
        dataset(own)
    with pytest.raises(ValueError, match="not there: a; there are none"):
        Dataset("mine", {}, Fixations(["a"], [0], [0], [1], [1]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("images = ", r"dataset\.toml: TOML was expected"),
        ("ppd = 3", r"dataset\.toml: images was expected"),
        ('images = "*"\nfixation = "a"', r"keys must be among images, .*, got fixation"),
        ('images = "*"', r"dataset\.toml: either fixations or maps must be given"),
        ('images = "*"\nmaps = "a"\nfixations = "b"', "either fixations or maps"),
        ('images = 3\nmaps = "a"', "images must be a string, got 3"),
        ('images = "*"\nmaps = "a"\nppd = -1', r"dataset\.toml: ppd must be a positive number"),
        ('images = "*"\nmaps = "a"\ncolumns = {x = 1}', "columns must be named by strings"),
        ('images = "/*"\nmaps = "a"', r"a pattern below it was expected, got '/\*'"),
        ('images = "*.jpg"\nmaps = "a"', r"images \*\.jpg were expected, found dataset\.toml"),
        ('images = "photos/*/*"\nmaps = "gaze"', "gaze was expected, found dataset.toml, photos"),
    ],
)
def test_a_description_that_cannot_be_right_is_refused(own, text, message):
    (own / "dataset.toml").write_text(text)
    with pytest.raises(ValueError, match=message):
        dataset(own)


def test_a_folder_of_another_layout_says_what_was_expected(tmp_path):
    (tmp_path / "osie").mkdir()
    with pytest.raises(
        ValueError, match=r"osie: images images/\*\.jpg were expected, found nothin"
    ):
        dataset(tmp_path / "osie")
    (tmp_path / "osie" / "images").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "osie" / "images" / "1001.jpg")
    with pytest.raises(ValueError, match=r"osie: fixations\.mat was expected, found images; put"):
        dataset(tmp_path / "osie")
    with pytest.raises(ValueError, match=r"a dataset\.toml was expected, or a folder called osie,"):
        dataset(tmp_path)


def test_maps_are_matched_to_pictures_by_name_without_suffix(tmp_path):
    folder = tmp_path / "CAT2000"
    for kind in ("Stimuli", "FIXATIONLOCS"):
        (folder / kind / "Action").mkdir(parents=True)
    Image.new("L", (9, 6)).save(folder / "Stimuli" / "Action" / "001.jpg")
    savemat(folder / "FIXATIONLOCS" / "Action" / "001.mat", {"fixLocs": marks((4, 3))})
    found = dataset(folder)
    assert (found.fixations.images, found.ppd) == (("Action/001.jpg",), 38)
    Image.new("L", (9, 6)).save(folder / "Stimuli" / "Action" / "001.png")
    (folder / "dataset.toml").write_text('images = "Stimuli/*/*"\nmaps = "FIXATIONLOCS"')
    with pytest.raises(ValueError, match="not there: Action/001; there are"):  # which of the two?
        dataset(folder)


def test_toronto_is_read_as_it_is_published(tmp_path):
    folder = tmp_path / "toronto"
    (folder / "Original Image Set").mkdir(parents=True)
    for number in (1, 2):
        Image.new("L", (9, 6)).save(folder / "Original Image Set" / f"{number}.jpg")
    cells = np.empty(2, dtype=object)
    cells[:] = [marks((3, 2)), marks((1, 1))]
    savemat(folder / "origfixdata.mat", {"white": cells})
    assert dataset(folder).fixations.images == ("1.jpg", "2.jpg")


def test_hdf5_belongs_to_a_set_too(own, seen, h5py):
    write_hdf5(Fixations(["in/2.png"], [0], [0], [1], [1]), own / "seen.h5")
    (own / "dataset.toml").write_text('images = "photos/*/*"\nfixations = "seen.h5"')
    assert dataset(own).fixations.images == ("in/2.png",)


def test_the_known_sets_have_the_pixels_per_degree_of_their_displays():
    ppd = {name: layout.ppd for name, layout in datasets.LAYOUTS.items()}
    assert ppd == {"osie": 24, "mit1003": 35, "toronto": 32, "cat2000": 38, "kth": 34,
                   "interiors": None}  # fmt: skip
    assert all(isinstance(layout, Layout) for layout in datasets.LAYOUTS.values())


def test_osie_is_read_whole(data):
    found = dataset(data / "osie")
    seen = found.fixations
    assert (len(found.images), len(seen.images), len(seen.subjects)) == (700, 700, 15)
    assert (len(seen), found.ppd) == (98_321, 24)
    assert set(found.sizes.values()) == {(600, 800)}
    assert seen.of("1001.jpg").x[:3].tolist() == [395.5, 390.6, 370.8]
    kept, dropped = seen.inside(found.sizes)
    assert len(kept) + dropped == len(seen)
    assert len(seen.others("1001.jpg", found.sizes)) == len(seen) - len(seen.of("1001.jpg"))
    assert np.isfinite(seen.duration).all()


def test_interiors_are_read_whole(data):
    found = dataset(data / "interiors")
    seen = found.fixations
    assert (len(found.images), len(seen), len(seen.subjects)) == (67, 6959, 57)
    assert set(seen.order.tolist()) == {1, 2}  # the second and the third
    assert len(seen.without_first()) == len(seen)
    assert seen.inside(found.sizes)[1] == 0
    assert found.ppd is None


# --- downloads ---------------------------------------------------------------


@pytest.fixture
def served(own, tmp_path, monkeypatch):
    """A set as a ZIP file on a server of this machine; gives its address and checksum."""
    pytest.importorskip("pooch")
    public = tmp_path / "public"
    public.mkdir()
    with zipfile.ZipFile(public / "own.zip", "w") as archive:
        for file in sorted(own.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(own.parent))

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(public))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "sets").mkdir()
    monkeypatch.setenv("PSYSAL_DATA", str(tmp_path / "sets"))
    checksum = "md5:" + hashlib.md5((public / "own.zip").read_bytes()).hexdigest()
    yield f"http://127.0.0.1:{server.server_port}/own.zip", checksum
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_set_is_downloaded_checked_and_read(served, monkeypatch, tmp_path):
    url, checksum = served
    monkeypatch.setitem(datasets.DOWNLOADS, "cats", datasets.Download(url, checksum, "own"))
    folder = fetch("cats")
    assert folder == tmp_path / "sets" / "cats"
    assert len(dataset("cats").fixations) == 3
    assert [path.name for path in folder.parent.iterdir()] == ["cats"]
    (folder / "mine.txt").write_text("kept")
    assert fetch("cats") == folder
    assert (folder / "mine.txt").read_text() == "kept"


def test_a_download_that_is_not_what_was_expected_leaves_nothing(served, monkeypatch, tmp_path):
    url, checksum = served
    wrong = {
        "could not be downloaded from .*hash": datasets.Download(url, "md5:" + "0" * 32),
        "could not be downloaded from .*404": datasets.Download(url + "x", checksum),
        "a folder elsewhere was expected in": datasets.Download(url, checksum, "elsewhere"),
    }
    for message, source in wrong.items():
        monkeypatch.setitem(datasets.DOWNLOADS, "cats", source)
        with pytest.raises(ValueError, match=message):
            fetch("cats")
        assert list((tmp_path / "sets").iterdir()) == []


def test_a_set_without_a_public_address_says_who_has_it(monkeypatch):
    with pytest.raises(ValueError, match=r"got 'osie'; get it from https://github\.com/NUS-VIP/"):
        fetch("osie")
    with pytest.raises(ValueError, match="got 'kth'; ask its authors"):
        fetch("kth")
    monkeypatch.setitem(datasets.DOWNLOADS, "cats", datasets.Download("http://a", "0"))
    monkeypatch.delenv("PSYSAL_DATA", raising=False)
    with pytest.raises(ValueError, match="PSYSAL_DATA must name a folder"):
        fetch("cats")
