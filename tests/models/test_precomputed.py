"""Precomputed maps, in sentences: found by name, read as they are, or refused by name."""

import os
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

import psysal
from psysal import PrecomputedMaps, files, mapfile
from psysal.gaze import dataset
from psysal.models.precomputed import write_predictions

SHAPE = (12, 17)


@pytest.fixture
def values(rng):
    """A map as models make them: any range, negative values too."""
    return rng.normal(50, 400, SHAPE)


@pytest.fixture
def h5py():
    return pytest.importorskip("h5py")


def write(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".npy":
        with path.open("wb") as file:
            np.save(file, values)
    elif path.suffix in (".h5", ".hdf5"):
        import h5py

        with h5py.File(path, "w") as file:
            for name, map_ in values.items():
                file[name] = map_
    else:
        Image.fromarray(values).save(path)
    return path


# --- names -------------------------------------------------------------------


@pytest.mark.parametrize(
    "file",
    ["1.npy", "1.jpg.npy", "1.NPY", "1.png", "1.jpg", "1.jpg.tiff", "1.jpeg", "1.tif"],
)
def test_a_map_has_the_path_of_its_image_with_a_suffix_of_its_own(tmp_path, file):
    codes = np.full(SHAPE, 7, np.uint8)
    write(tmp_path / "Action" / file, codes)
    found = PrecomputedMaps(tmp_path).map_for("Action/1.jpg", SHAPE)
    np.testing.assert_array_equal(found, codes)
    assert found.dtype == np.float32


def test_a_map_elsewhere_is_not_guessed_to_be_the_one(tmp_path, values):
    for name in ("1.npy", "Social/1.npy", "Action/10.npy", "Action/1/1.npy"):
        write(tmp_path / name, values)
    (tmp_path / "Action" / "1.txt").write_text("1 2 3")
    with pytest.raises(
        ValueError, match=r"a map of Action/1\.jpg was expected, such as Action/1\.png, found none"
    ):
        PrecomputedMaps(tmp_path).map_for("Action/1.jpg", SHAPE)


def test_only_the_suffix_of_a_picture_is_taken_off_a_name(tmp_path, values):
    write(tmp_path / "2.npy", values)
    assert PrecomputedMaps(tmp_path).missing(["2.5", "2.jpg", "2", "2.tiff"]) == ["2.5"]


def test_two_maps_of_one_image_are_an_error_that_names_both(tmp_path, values):
    write(tmp_path / "1.npy", values)
    write(tmp_path / "1.jpg.tiff", values.astype(np.float32))
    with pytest.raises(ValueError, match=r"one map of 1\.jpg .* found 1\.jpg\.tiff and 1\.npy"):
        PrecomputedMaps(tmp_path).map_for("1.jpg", SHAPE)


def test_images_without_a_map_are_listed(tmp_path, values, h5py):
    write(tmp_path / "maps" / "a.npy", values)
    write(tmp_path / "maps.h5", {"a.png": values})
    for path in (tmp_path / "maps", tmp_path / "maps.h5"):
        assert PrecomputedMaps(path).missing(["b.png", "a.png", "in/a.png"]) == [
            "b.png",
            "in/a.png",
        ]


def test_a_place_without_maps_is_an_error(tmp_path, h5py):
    with pytest.raises(ValueError, match=r"gone: a folder of maps .* found nothing; check"):
        PrecomputedMaps(tmp_path / "gone")
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ValueError, match=r"notes\.txt: a folder of maps .* found another file"):
        PrecomputedMaps(tmp_path / "notes.txt")
    with pytest.raises(ValueError, match=r"maps \(\.png, .*\.npy\) were expected, found none"):
        PrecomputedMaps(tmp_path).missing(["a.png"])
    with pytest.raises(ValueError, match=r"empty\.h5: datasets were expected, found none"):
        PrecomputedMaps(write(tmp_path / "empty.h5", {})).map_for("a.png", SHAPE)


# --- values ------------------------------------------------------------------


def test_values_are_those_of_the_file(tmp_path, values, rng):
    single = values.astype(np.float32)
    codes = rng.integers(0, 65536, SHAPE, dtype=np.uint16)
    codes[0, :2] = 0, 65535
    bytes_ = (codes >> 8).astype(np.uint8)
    write(tmp_path / "16 bits.png", codes)
    write(tmp_path / "8 bits.png", bytes_)
    write(tmp_path / "float.tiff", single)
    write(tmp_path / "deep.tif", codes)
    tifffile.imwrite(tmp_path / "double.tiff", values)
    color = np.repeat(values[:, :, None], 3, axis=2)
    tifffile.imwrite(tmp_path / "color double.tiff", color, photometric="rgb")
    write(tmp_path / "single.npy", single)
    write(tmp_path / "double.png.npy", values)
    write(tmp_path / "half.npy", single.astype(np.float16))
    write(tmp_path / "counts.npy", codes.astype(np.int64))
    write(tmp_path / "column.npy", values[:, :, None])
    write(tmp_path / "turned.npy", np.asfortranarray(values))
    expected = {
        "16 bits": codes.astype(np.float32),
        "8 bits": bytes_.astype(np.float32),
        "float": single,
        "deep": codes.astype(np.float32),
        "double.gif": values,
        "color double": values,
        "single": single,
        "double.png": values,
        "half": single.astype(np.float16).astype(np.float32),
        "counts": codes.astype(np.float64),
        "column": values,
        "turned": values,
    }
    (tmp_path / "double.tiff").rename(tmp_path / "double.gif.tiff")
    model = PrecomputedMaps(tmp_path)
    for name, wanted in expected.items():
        found = model.map_for(name, SHAPE)
        assert found.dtype == wanted.dtype, name
        np.testing.assert_array_equal(found, wanted, err_msg=name)


def test_the_maps_that_psysal_writes_are_read_back(tmp_path, values):
    low, high = values.min(), values.max()
    raw = ((values - low) / (high - low)).astype(np.float32)
    for form, scale in {"png": 65535, "png8": 255, "tiff": None, "npy": None}.items():
        path = tmp_path / form / f"a{mapfile.FORMATS[form]}"
        path.parent.mkdir()
        files.save(path, mapfile.encode(raw, form))
        wanted = raw if scale is None else np.rint(raw * np.float32(scale))
        np.testing.assert_array_equal(PrecomputedMaps(path.parent).map_for("a.jpg", SHAPE), wanted)


def test_grey_in_color_is_a_map_and_colors_are_not(tmp_path, values, rng):
    codes = rng.integers(0, 256, SHAPE, dtype=np.uint8)
    grey = np.repeat(codes[:, :, None], 3, axis=2)
    write(tmp_path / "jpeg.jpg", grey)
    with Image.open(tmp_path / "jpeg.jpg") as file:
        assert file.mode == "RGB"
    write(tmp_path / "rgb.png", grey)
    write(tmp_path / "rgba.png", np.dstack([grey, np.full_like(codes, 255)]))
    write(tmp_path / "palette.gif.png", codes)
    model = PrecomputedMaps(tmp_path)
    for name in ("rgb", "rgba", "palette.gif"):
        np.testing.assert_array_equal(model.map_for(name, SHAPE), codes)
    assert abs(model.map_for("jpeg", SHAPE) - codes).mean() < 10
    write(tmp_path / "rgb.png", rng.integers(0, 256, (*SHAPE, 3), dtype=np.uint8))
    with pytest.raises(ValueError, match=r"rgb\.png: a grey map was expected, found colors"):
        model.map_for("rgb", SHAPE)
    write(tmp_path / "rgba.png", np.dstack([grey, codes]))
    with pytest.raises(ValueError, match=r"rgba\.png: a map was expected, found a transparent"):
        model.map_for("rgba", SHAPE)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_map_that_is_not_finite_is_refused_by_name(tmp_path, values, bad, h5py):
    values[3, 4] = bad
    write(tmp_path / "a.npy", values)
    write(tmp_path / "b.tiff", values.astype(np.float32))
    write(tmp_path / "c.h5", {"c": values})
    for path, name in [(tmp_path, "a"), (tmp_path, "b"), (tmp_path / "c.h5", "c")]:
        with pytest.raises(ValueError, match=rf"{name}(\.npy|\.tiff|) must be finite, got NaN or"):
            PrecomputedMaps(path).map_for(f"{name}.jpg", SHAPE)


def test_a_damaged_file_is_refused_by_name(tmp_path, values, h5py):
    files = [
        write(tmp_path / "a.npy", values),
        write(tmp_path / "b.tiff", values.astype(np.float32)),
        write(tmp_path / "c.png", values.astype(np.uint8)),
        write(tmp_path / "d" / "d.h5", {"d": values}),
    ]
    tifffile.imwrite(tmp_path / "e.tiff", values)
    for file in [*files, tmp_path / "e.tiff"]:
        whole = file.read_bytes()
        for damaged in (b"", b"no map", whole[: len(whole) // 2], whole[:8] + b"\xff" * 90):
            file.write_bytes(damaged)
            path = file if file.suffix == ".h5" else tmp_path
            with pytest.raises(ValueError, match=rf"{file.stem}\{file.suffix}: "):
                PrecomputedMaps(path).map_for(f"{file.stem}.jpg", SHAPE)


def test_a_tiff_beyond_the_limit_is_refused(tmp_path, values, monkeypatch):
    write(tmp_path / "a.tiff", values.astype(np.float32))
    tifffile.imwrite(tmp_path / "b.tiff", values)
    monkeypatch.setattr(mapfile, "MAX_PIXELS", values.size - 1)
    for name in "ab":
        with pytest.raises(ValueError, match=rf"{name}\.tiff: .*more than the limit of 203"):
            PrecomputedMaps(tmp_path).map_for(name, SHAPE)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((2, *SHAPE)), r"a\.npy must be \(rows, cols\) with pixels, got shape"),
        (np.zeros(0), r"a\.npy must be \(rows, cols\) with pixels, got shape \(0,\)"),
        (np.zeros(SHAPE, complex), r"a\.npy must hold real numbers, got complex128"),
        (np.array([[{}]]), r"a\.npy: is damaged or cut short .*allow_pickle"),
    ],
)
def test_an_array_that_is_no_map_is_refused_by_name(tmp_path, wrong, message):
    write(tmp_path / "a.npy", wrong)
    with pytest.raises(ValueError, match=message):
        PrecomputedMaps(tmp_path).map_for("a.jpg", SHAPE)


def test_a_map_of_another_size_is_an_error_unless_a_resize_is_asked_for(tmp_path, rng, h5py):
    ramp = np.add.outer(np.arange(6.0), np.arange(8.0))
    write(tmp_path / "a.npy", ramp)
    write(tmp_path / "a.h5", {"a.jpg": ramp})
    for path in (tmp_path, tmp_path / "a.h5"):
        with pytest.raises(
            ValueError, match=r"the map a.* size of its image, \(12, 16\), got \(6, 8\); .*resize="
        ):
            PrecomputedMaps(path).map_for("a.jpg", (12, 16))
        for kind in ("linear", "cubic"):
            model = PrecomputedMaps(path, resize=kind)
            found = model.map_for("a.jpg", (12, 16))
            wanted = np.add.outer(np.arange(12) / 2 - 0.25, np.arange(16) / 2 - 0.25)
            np.testing.assert_allclose(found[4:-4, 4:-4], wanted[4:-4, 4:-4], atol=1e-12)
            np.testing.assert_array_equal(model.map_for("a.jpg", (6, 8)), ramp)
    with pytest.raises(ValueError, match=r"resize must be None or one of linear, cubic, got 'ne"):
        PrecomputedMaps(tmp_path, resize="nearest")


# --- a model -----------------------------------------------------------------


def test_maps_are_a_model_of_pictures_in_files(tmp_path, photograph):
    picture = write(tmp_path / "images" / "Action" / "1.png", photograph)
    raw = psysal.Murray2011()(photograph)
    write(tmp_path / "maps" / "Action" / "1.npy", raw)
    model = PrecomputedMaps(tmp_path / "maps")
    np.testing.assert_array_equal(model(picture), raw)
    np.testing.assert_array_equal(
        psysal.saliency(str(picture), model=model), psysal.saliency(photograph)
    )
    assert model(picture, dtype="float64").dtype == np.float64
    with pytest.raises(TypeError, match=r"a path was expected, got ndarray; pass the path, or"):
        model(photograph)
    with pytest.raises(ValueError, match=r"dtype must be .* got 'int8'"):
        model(picture, dtype="int8")
    with pytest.raises(ValueError, match="threads must be a whole number"):
        model(picture, threads=0)
    write(tmp_path / "maps" / "1.npy", raw)
    with pytest.raises(ValueError, match=r"one map of 1\.png .* found Action/1\.npy and 1\.npy"):
        PrecomputedMaps(tmp_path / "maps")(picture)


def test_a_picture_on_its_side_has_a_map_as_it_is_seen(tmp_path, values):
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", SHAPE).save(tmp_path / "a.jpg", exif=exif)
    write(tmp_path / "maps" / "a.npy", values)
    assert PrecomputedMaps(tmp_path / "maps")(tmp_path / "a.jpg").shape == SHAPE


def test_the_fingerprint_changes_with_the_maps(tmp_path, values, h5py):
    (tmp_path / "other").mkdir()
    a = write(tmp_path / "maps" / "in" / "a.npy", values)
    file = write(tmp_path / "maps.h5", {"a": values})
    folder, single = PrecomputedMaps(tmp_path / "maps"), PrecomputedMaps(file)
    first, one = folder.fingerprint, single.fingerprint
    assert (
        folder.fingerprint
        == first
        == PrecomputedMaps(tmp_path / "maps", resize="linear").fingerprint
    )
    (tmp_path / "maps").rename(tmp_path / "other" / "maps")
    assert PrecomputedMaps(tmp_path / "other" / "maps").fingerprint == first
    (tmp_path / "other" / "maps").rename(tmp_path / "maps")
    (tmp_path / "maps" / "notes.txt").touch()
    assert folder.fingerprint == first
    os.utime(a, ns=(0, 10**18))
    second = folder.fingerprint
    write(tmp_path / "maps" / "b.npy", values)
    third = folder.fingerprint
    a.rename(a.with_name("c.npy"))
    assert len({first, second, third, folder.fingerprint}) == 4
    os.utime(file, ns=(0, 10**18))
    assert single.fingerprint != one


def test_threads_share_one_folder_and_processes_get_a_copy(tmp_path, rng, h5py):
    maps = {f"{i}.png": rng.random((90, 70)) for i in range(12)}
    for name, map_ in maps.items():
        write(tmp_path / f"{name}.npy", map_)
    write(tmp_path / "all.h5", maps)
    for path in (tmp_path, tmp_path / "all.h5"):
        model = PrecomputedMaps(path)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda n, model=model: model.map_for(n, (90, 70)), [*maps] * 4))
        for map_, wanted in zip(found, [*maps.values()] * 4, strict=True):
            np.testing.assert_array_equal(map_, wanted)
        copy = pickle.loads(pickle.dumps(model))
        assert copy == model
        np.testing.assert_array_equal(copy.map_for("3.png", (90, 70)), maps["3.png"])


def test_no_file_stays_open(tmp_path, values, h5py):
    write(tmp_path / "a.npy", values)
    file = write(tmp_path / "all.h5", {"a.png": values})
    for path in (tmp_path, file):
        PrecomputedMaps(path).map_for("a.png", SHAPE)
    with h5py.File(file, "r+") as changed:  # HDF5 refuses where a reader is left
        changed["b.png"] = values


# --- HDF5 --------------------------------------------------------------------


def test_datasets_are_called_as_images_with_suffix_or_without(tmp_path, values, h5py):
    file = write(tmp_path / "maps.hdf5", {"Action/1.jpg": values, "Action/2": -values, "3": values})
    model = PrecomputedMaps(file)
    np.testing.assert_array_equal(model.map_for("Action/1.jpg", SHAPE), values)
    np.testing.assert_array_equal(model.map_for("Action/2.jpg", SHAPE), -values)
    assert model.missing(["1.jpg", "Action/3.jpg", "3.jpg", "Action", "Action/1.png"]) == [
        "1.jpg", "Action/3.jpg", "Action", "Action/1.png",
    ]  # fmt: skip
    with h5py.File(file, "a") as changed:
        changed["Action/1"] = values
    with pytest.raises(ValueError, match=r"of Action/1\.jpg .* found Action/1\.jpg and Action/1;"):
        PrecomputedMaps(file).map_for("Action/1.jpg", SHAPE)


@pytest.fixture
def pictures(tmp_path, rng):
    """A set of three pictures of different sizes in folders."""
    sizes = {"a/1.png": (20, 30), "a/2.png": (25, 16), "b/1.png": (9, 40)}
    for name, shape in sizes.items():
        write(tmp_path / "set" / "images" / name, rng.integers(0, 256, (*shape, 3), dtype=np.uint8))
    (tmp_path / "set" / "dataset.toml").write_text('images = "images/*/*.png"\nfixations = "f.csv"')
    (tmp_path / "set" / "f.csv").write_text("image,x,y\na/1.png,3,4.5\n")
    return dataset(tmp_path / "set").images


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_predictions_are_read_back_exactly(tmp_path, pictures, dtype, h5py):
    def model(path):
        return psysal.Murray2011()(path, dtype=dtype)

    done = []
    write_predictions(model, pictures, tmp_path / "murray.h5", on_result=done.append)
    assert done == list(pictures)
    maps = PrecomputedMaps(tmp_path / "murray.h5")
    assert maps.missing(pictures) == []
    for path in pictures.values():
        found = maps(path, dtype=dtype)
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, model(path))
    with h5py.File(tmp_path / "murray.h5") as file:
        assert file["a/2.png"].dtype == dtype
        assert file["a/2.png"].shape == (25, 16)


def test_maps_of_a_folder_become_one_file(tmp_path, pictures, values, h5py):
    for name in pictures:
        write(tmp_path / "maps" / f"{name}.npy", values)
    write_predictions(PrecomputedMaps(tmp_path / "maps", "linear"), pictures, tmp_path / "maps.h5")
    assert PrecomputedMaps(tmp_path / "maps.h5").map_for("b/1.png", (9, 40)).shape == (9, 40)


def test_predictions_are_written_whole_or_not_at_all(tmp_path, pictures, h5py):
    path = tmp_path / "maps.h5"

    def tired(picture):
        if Path(picture).parent.name == "b":
            raise OSError("no light")
        return psysal.Center()(picture)

    def blind(picture):
        return np.full((3, 3), np.nan)

    write_predictions(psysal.Center(), pictures, path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match="is already there and was kept"):
        write_predictions(psysal.Uniform(), pictures, path)
    with pytest.raises(OSError, match="no light"):
        write_predictions(tired, pictures, path, overwrite=True)
    with pytest.raises(ValueError, match=r"the map of a/1\.png must be finite"):
        write_predictions(blind, pictures, path, overwrite=True)
    with pytest.raises(ValueError, match="images must name at least one picture"):
        write_predictions(psysal.Uniform(), {}, path, overwrite=True)
    assert path.read_bytes() == before
    assert {p.name for p in tmp_path.iterdir()} == {"maps.h5", "set"}
    write_predictions(psysal.Uniform(), pictures, path, overwrite=True)
    assert PrecomputedMaps(path).map_for("a/1.png", (20, 30)).min() == 1


def test_without_h5py_the_error_has_the_line_that_installs_it(tmp_path, pictures, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    (tmp_path / "maps.h5").touch()
    for call in (
        lambda: PrecomputedMaps(tmp_path / "maps.h5").map_for("a.png", SHAPE),
        lambda: write_predictions(psysal.Uniform(), pictures, tmp_path / "new.h5"),
    ):
        with pytest.raises(
            ImportError, match=r'h5py, .* run: .* -m pip install "psysal\[datasets\]"'
        ):
            call()
    assert not (tmp_path / "new.h5").exists()
