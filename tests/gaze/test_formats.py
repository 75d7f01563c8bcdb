"""Fixations in files of every format: written, read back, and refused."""

import json

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat
from scipy.sparse import csc_matrix

from psysal.gaze import (
    Fixations,
    read_hdf5,
    read_maps,
    read_mat,
    read_table,
    write_hdf5,
    write_table,
)

COLUMNS = ("image", "subject", "order", "x", "y", "duration")


def table(fixations):
    """Rows in the order of their keys, for comparing two tables."""
    return sorted(zip(*(getattr(fixations, name).tolist() for name in COLUMNS), strict=True))


def assert_same(one, other):
    for mine, yours in zip(table(one), table(other), strict=True):
        assert mine[:5] == yours[:5]
        np.testing.assert_allclose(mine[5], yours[5], rtol=1e-15)


# --- tables in files ---------------------------------------------------------


def test_a_table_is_read_as_it_was_written(fixations, tmp_path):
    write_table(fixations, tmp_path / "gaze.csv")
    again = read_table(tmp_path / "gaze.csv")
    assert_same(fixations, again)
    assert again.x.tolist() == fixations.x.tolist()


def test_names_with_commas_and_quotes_survive(tmp_path):
    odd = Fixations(['a, "b".png', "ü.png"], ["01", "1"], [0, 0], [1, 2], [3, 4])
    write_table(odd, tmp_path / "odd.csv")
    assert_same(odd, read_table(tmp_path / "odd.csv"))


@pytest.mark.parametrize(("name", "write"), [("t.csv", write_table), ("t.h5", write_hdf5)])
def test_an_existing_file_is_kept_unless_overwrite_is_set(fixations, tmp_path, name, write):
    write(fixations, tmp_path / name)
    before = (tmp_path / name).read_bytes()
    with pytest.raises(FileExistsError, match="was kept"):
        write(fixations.of("a.png"), tmp_path / name)
    assert (tmp_path / name).read_bytes() == before
    write(fixations.of("a.png"), tmp_path / name, overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_columns_of_any_name_separated_by_tabs(tmp_path):
    file = tmp_path / "gaze.tsv"
    file.write_text("\ufeffwho\tfile\tn\tpx\tpy\nann\ta.png\t1\t3\t4\n\nann\ta.png\t2\t5\t6\n")
    names = {"image": "file", "subject": "who", "order": "n", "x": "px", "y": "py"}
    read = read_table(file, columns=names, first=1)
    assert table(read.of("a.png"))[0][:5] == ("a.png", "ann", 0, 3.0, 4.0)
    assert read.order.tolist() == [0, 1]
    assert np.isnan(read.duration).all()


def test_without_subject_and_order_rows_are_taken_as_they_come(tmp_path):
    file = tmp_path / "gaze.csv"
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
    file = tmp_path / "gaze.csv"
    file.write_bytes(text)
    with pytest.raises(ValueError, match=rf"gaze\.csv: {message}"):
        read_table(file)


def test_columns_nobody_knows_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"columns must be among image, .*, got picture"):
        read_table(tmp_path / "gaze.csv", columns={"picture": "x"})


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


@pytest.mark.parametrize("compressed", [False, True])
def test_sound_matlab_files_of_all_classes_have_a_sound_structure(tmp_path, compressed):
    cells = np.empty((1, 2), object)
    cells[0, :] = [np.eye(3), "text"]
    held = {
        "fixations": struct(img=["a.png"], subjects=[people(([1.0], [2.0], [3.0]))]),
        "cells": cells, "sparse": csc_matrix((1000, 1000)), "complex": np.array([1 + 2j]),
        "logical": np.array([True]), "nothing": np.empty((0, 0)), "words": ["a", "bc"],
        "wide": np.zeros((3, 4, 5), np.int16),
    }  # fmt: skip
    savemat(tmp_path / "f.mat", held, do_compression=compressed)
    assert len(read_mat(tmp_path / "f.mat")) == 1


def test_matlab_files_that_would_end_the_process_are_refused(tmp_path):
    file = tmp_path / "fixations.mat"
    one = people(([1.0, 2.0], [3.0, 4.0], [5.0, 6.0]))
    savemat(file, {"fixations": struct(img=["a.png"], subjects=[one])})
    whole = file.read_bytes()
    changes = ((0x90, 1), (0x9C, 0), (0x9C, 4), (0x9C, 80), (0x80, 1), (0x80, 15), (0x84, 9))
    for place, value in changes:
        damaged = bytearray(whole)
        damaged[place] = value  # class, sizes, type and length of the first matrix
        file.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"fixations\.mat: a MATLAB file was expected"):
            read_mat(file)


def test_a_file_of_matlab_7_3_is_told_from_a_damaged_one(tmp_path):
    file = tmp_path / "f.mat"
    file.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + b"\0" * 512)
    with pytest.raises(ValueError, match=r"found version 7\.3; save it with -v7"):
        read_mat(file)


# --- binary maps -------------------------------------------------------------


def test_every_pixel_that_is_not_zero_is_a_fixation(fixation_map, tmp_path):
    (tmp_path / "Action").mkdir()
    Image.fromarray(fixation_map((8, 0), (2, 5), value=1)).save(tmp_path / "Action" / "001.png")
    savemat(tmp_path / "Action" / "002.mat", {"fixLocs": fixation_map((4, 3))})
    Image.fromarray(np.repeat(fixation_map((1, 1))[:, :, None], 3, axis=2)).save(tmp_path / "c.bmp")
    Image.fromarray(fixation_map()).save(tmp_path / "nobody.png")
    (tmp_path / "notes.txt").write_text("not a map")
    read = read_maps(tmp_path)
    assert read.images == ("Action/001", "Action/002", "c")
    assert read.of("Action/001").x.tolist() == [8, 2]
    assert read.of("Action/001").y.tolist() == [0, 5]
    assert read.of("Action/002").x.tolist() == [4]
    assert read.subjects == (0,)
    assert len(read.without_first()) == len(read)  # maps do not tell which was the first


def test_a_cell_array_of_maps_is_read(fixation_map, tmp_path):
    cells = np.empty(2, dtype=object)
    cells[:] = [fixation_map((3, 2)), fixation_map((1, 1), (0, 4), shape=(5, 5))]
    savemat(tmp_path / "origfixdata.mat", {"white": cells})
    read = read_maps(tmp_path / "origfixdata.mat")
    assert (read.images, len(read.of("2"))) == (("1", "2"), 2)


def test_maps_that_cannot_be_right_are_refused(fixation_map, tmp_path):
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
    savemat(tmp_path / "two.mat", {"one": fixation_map(), "two": fixation_map()})
    for path in (tmp_path, tmp_path / "two.mat"):
        with pytest.raises(ValueError, match=r"two\.mat: one (matrix|cell array) .*expected"):
            read_maps(path)
    savemat(tmp_path / "two.mat", {"words": "none"})
    with pytest.raises(ValueError, match=r"two\.mat: words must be a matrix of numbers"):
        read_maps(tmp_path)


# --- pysaliency's HDF5 -------------------------------------------------------


def test_hdf5_is_read_as_it_was_written(fixations, tmp_path, h5py):
    write_hdf5(fixations, tmp_path / "gaze.hdf5")
    assert_same(fixations, read_hdf5(tmp_path / "gaze.hdf5"))
    named = Fixations(["ü.png"], ["ann"], [4], [1], [2])
    write_hdf5(named, tmp_path / "named.hdf5")
    assert_same(named, read_hdf5(tmp_path / "named.hdf5"))
    write_hdf5(named.without("ann"), tmp_path / "empty.hdf5")
    assert len(read_hdf5(tmp_path / "empty.hdf5")) == 0


def test_hdf5_is_laid_out_as_pysaliency_s_fixation_trains(fixations, tmp_path, h5py):
    images = ["c.png", "b.png", "a.png"]
    write_hdf5(fixations, tmp_path / "gaze.hdf5", images=images)
    with h5py.File(tmp_path / "gaze.hdf5") as file:
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
        xs = fixations.of("b.png").without(2).without(4).x
        np.testing.assert_array_equal(file["train_xs"][first[0][0], : len(xs)], xs)
        assert np.isnan(file["train_xs"][first[0][0], len(xs) :]).all()
    with pytest.raises(ValueError, match=r"images must have .* none like 'a\.png'"):
        write_hdf5(fixations, tmp_path / "wrong.hdf5", images=["b.png"])
    assert not (tmp_path / "wrong.hdf5").exists()


def test_single_fixations_of_pysaliency_are_read(tmp_path, h5py):
    file = tmp_path / "fixations.hdf5"
    columns = {"x": [1.0, 2.0, 3.0], "y": [4.0, 5.0, 6.0], "n": [1, 1, 0], "t": [0, 1, 0]}
    for version, who in (("1.0", "subjects"), ("1.2", "subject")):
        with h5py.File(file, "w") as h5:
            h5.attrs["type"], h5.attrs["version"] = "Fixations", version
            for name, values in columns.items():
                h5[name] = values
            h5[who] = [3, 3, 3]
            h5["duration"] = [0.2, 0.3, 0.4]
            h5["x_hist"] = [[np.nan], [1.0], [np.nan]]
            if version != "1.0":
                h5["lengths"] = [0, 1, 0]
        read = read_hdf5(file, images=["a", "b"])
        assert_same(
            read,
            Fixations(["b", "b", "a"], [3, 3, 3], [0, 1, 0], columns["x"], columns["y"],
                      [200, 300, 400]),
        )  # fmt: skip
        with h5py.File(file, "a") as h5:
            h5["x_hist"][...] = np.nan
            if "lengths" in h5:
                h5["lengths"][...] = 0
        assert read_hdf5(file, images=["a", "b"]).order.tolist() == [1, 2, 1]


def test_scanpaths_of_pysaliency_are_read(tmp_path, h5py):
    file = tmp_path / "scanpaths.hdf5"
    with h5py.File(file, "w") as h5:
        h5.attrs["type"] = np.bytes_("ScanpathFixations")
        paths = h5.create_group("scanpaths")
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


def test_hdf5_that_cannot_be_right_is_refused(fixations, tmp_path, h5py):
    file = tmp_path / "gaze.hdf5"
    write_hdf5(fixations, file)
    whole = file.read_bytes()
    for damaged in (b"", b"no hdf5", whole[: len(whole) // 2]):
        file.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"gaze\.hdf5: pysaliency's fixations .* expected"):
            read_hdf5(file)
    file.write_bytes(whole)
    with pytest.raises(ValueError, match=r"gaze\.hdf5: numbers of 1 images .* found 0 to 1; give"):
        read_hdf5(file, images=["a"])
    with h5py.File(file, "a") as h5:
        del h5["images"]
    with pytest.raises(ValueError, match=r"gaze\.hdf5: names of images were expected"):
        read_hdf5(file)
    with h5py.File(file, "a") as h5:
        del h5["train_xs"]
    with pytest.raises(ValueError, match=r"gaze\.hdf5: pysaliency's fixations .* expected"):
        read_hdf5(file)
    with h5py.File(file, "a") as h5:
        h5.attrs["type"] = "Stimuli"
    with pytest.raises(ValueError, match=r"gaze\.hdf5: .*FixationTrains or .* found Stimuli"):
        read_hdf5(file)


def test_without_h5py_the_error_has_the_line_that_installs_it(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(ImportError, match=r'pip install "psysal\[datasets\]"'):
        read_hdf5(tmp_path / "gaze.hdf5")
