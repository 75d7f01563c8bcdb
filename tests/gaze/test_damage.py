"""Data sets whose files are damaged, claim too much, or lead out of their folder."""

import os

import numpy as np
import pytest
from support.damage import DEEP, damaged, outcome

from psysal import mapfile
from psysal.gaze import Fixations, dataset
from psysal.gaze.formats import read_hdf5, write_hdf5

FIXATIONS = Fixations(
    ["a.png"] * 3 + ["b.png"] * 2, [1, 1, 2, 1, 1], [0, 1, 0, 0, 1], [1, 2, 3, 4, 5.5], [5] * 5
)


@pytest.fixture
def folder(tmp_path):
    """A set of two photographs, and another beside it."""
    for name in ("set/photos/a.png", "set/photos/b.png", "beside/a.png", "beside/b.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(mapfile.encode(np.zeros((8, 9)), "png8"))
    for name in ("set", "beside"):
        (tmp_path / name / "gaze.csv").write_text(
            "image,subject,order,x,y\na.png,1,0,3,4\nb.png,1,0,5,6\n"
        )
    return tmp_path / "set"


def write(folder, **values):
    lines = {"images": "photos/*.png", "fixations": "gaze.csv"} | values
    text = "".join(f"{key} = '{value}'\n" for key, value in lines.items())
    (folder / "dataset.toml").write_text(text)


LEAVING = [
    *("../beside/{}", "photos/../../beside/{}", "{root}/beside/{}", "/etc/{}", "~/../..//{}"),
    *("..\\beside\\{}", "C:\\data\\{}", "C:{}", "\\\\server\\share\\{}", "\\data\\{}", ".."),
]


@pytest.mark.parametrize("leaving", LEAVING)
@pytest.mark.parametrize("key", ["images", "fixations", "maps"])
def test_a_description_stays_in_its_folder(folder, key, leaving):
    name = {"images": "*.png", "fixations": "gaze.csv", "maps": "maps"}[key]
    path = leaving.replace("{root}", str(folder.parent)).replace("{}", name)
    write(folder, **{key: path})
    if key == "maps":
        text = (folder / "dataset.toml").read_text().replace("fixations = 'gaze.csv'\n", "")
        (folder / "dataset.toml").write_text(text)
    _, refusal = outcome(dataset, folder)
    assert f"dataset.toml: {key} must be below the folder of the set, got" in refusal


def test_a_link_that_the_user_made_is_followed(folder):
    os.symlink(folder.parent / "beside", folder / "elsewhere")
    write(folder, images="elsewhere/*.png", fixations="elsewhere/gaze.csv")
    assert dataset(folder).sizes == {"a.png": (8, 9), "b.png": (8, 9)}
    write(folder, fixations="photos/..gaze..csv")
    (folder / "photos" / "..gaze..csv").write_bytes((folder / "gaze.csv").read_bytes())
    assert len(dataset(folder).fixations) == 2


def test_a_damaged_description_is_refused_or_read(folder):
    write(folder, ppd="40")
    text = (folder / "dataset.toml").read_text().replace("'40'", "40")
    for what, content in damaged(text.encode(), flips=150):
        (folder / "dataset.toml").write_bytes(content)
        found, refusal = outcome(dataset, folder)
        assert refusal or len(found.fixations) == 2, what


@pytest.mark.parametrize(
    "line",
    [
        *(f"{key} = {value}" for key in ("ppd", "screen", "first", "columns", "units", "profile")
          for value in ("nan", "-inf", "1" + 400 * "0", "true", "[]", "{}", "''", "2020-02-02",
                        "[nan, 3]", "[[1]]", "{image = 3}")),
        *(f"source = {'[' * n}1{']' * n}" for n in (100, 400, 10_000)),
        f"columns = {'{a = ' * 1000}1{'}' * 1000}",
    ],
)  # fmt: skip
def test_values_of_other_types_are_refused(folder, line):
    write(folder)
    text = (folder / "dataset.toml").read_text() + line
    (folder / "dataset.toml").write_text(text)
    _, refusal = outcome(dataset, folder)
    assert refusal or line in ("columns = {}", "source = ''")


# --- HDF5 --------------------------------------------------------------------


@pytest.fixture
def hdf5(tmp_path):
    pytest.importorskip("h5py")
    write_hdf5(FIXATIONS, tmp_path / "gaze.h5")
    return tmp_path / "gaze.h5"


def test_damaged_fixations_are_refused_or_read(hdf5):
    data, refused = hdf5.read_bytes(), 0
    for what, content in [*damaged(data, flips=200), ("deep", DEEP.encode())]:
        hdf5.write_bytes(content)
        found, refusal = outcome(read_hdf5, hdf5)
        refused += refusal is not None
        assert refusal is None or refusal.startswith(f"{hdf5}: "), what
        assert refusal or np.isfinite(found.x).all(), what
        assert hdf5.read_bytes() == content, what
    assert refused > 10


def replaced(name, **options):
    def change(file, folder):
        del file[name]
        file.create_dataset(name, **options)

    return change


def linked(file, folder):
    import h5py

    del file["train_xs"]
    file["train_xs"] = h5py.ExternalLink("other.h5", "x")


def outside(file, folder):
    (folder / "raw").write_bytes(bytes(8 * 6))
    replaced("train_xs", shape=(3, 2), dtype="f8", external=[(folder / "raw", 0, 48)])(file, folder)


CHANGES = {
    "a link": linked,
    "other files": outside,
    "absurd": replaced("train_xs", shape=(10**9, 10**9), dtype="f8", chunks=(10, 10)),
    "large": replaced("train_ys", shape=(7000, 8000), dtype="f8", chunks=(10, 10)),
    "another shape": replaced("train_ys", data=np.ones((3, 3))),
    "a row": replaced("train_xs", data=np.ones(3)),
    "more scanpaths": replaced("train_ns", data=[0, 0, 1, 1]),
    "counted below zero": replaced("train_ns", data=[-1, 0, 1]),
    "beyond the names": replaced("train_ns", data=[0, 0, 2]),
    "no whole numbers": replaced("train_ns", data=[0.5, 0, 1]),
    "NaN": replaced("train_subjects", data=[np.nan, 0, 1]),
    "subjects below zero": replaced("train_subjects", data=[-1, 0, 1]),
    "subjects beyond": replaced("train_subjects", data=[0, 7, 1]),
    "infinite": replaced("train_xs", data=np.full((3, 2), np.inf)),
    "text": replaced("train_xs", data=[b"a", b"b", b"c"]),
    "names that are numbers": replaced("images", data=[1, 2]),
    "types": lambda file, folder: file.attrs.__setitem__("type", [[1, 2], [3, 4]]),
    "infinite orders": replaced(
        "scanpath_fixation_attributes/orders", data=np.full((3, 2), np.inf)
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_cannot_be_of_a_file_of_fixations_is_refused(hdf5, change):
    import h5py

    with h5py.File(hdf5, "r+") as file:
        CHANGES[change](file, hdf5.parent)
    before = hdf5.read_bytes()
    _, refusal = outcome(read_hdf5, hdf5)
    assert refusal
    assert refusal.startswith(f"{hdf5}: ")
    assert hdf5.read_bytes() == before
