"""Published sets in the layouts that their authors publish, written here by SciPy and json."""

import json

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat
from support.damage import altered, damaged, outcome

from psysal.gaze import dataset
from psysal.gaze.formats import PUBLISHED
from psysal.gaze.formats.gaze_events import judd_fixations


def picture(path, size=(90, 60)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size).save(path)


def rows(fixations):
    columns = (
        getattr(fixations, name).tolist() for name in ("image", "subject", "order", "x", "y")
    )
    return sorted(zip(*columns, strict=True))


def cell(*values):
    """A cell array of MATLAB."""
    array = np.empty(len(values), object)
    array[:] = [np.asarray(value) if not isinstance(value, str) else value for value in values]
    return array


def structs(*records):
    """A struct array of MATLAB."""
    array = np.empty((1, len(records)), [(name, object) for name in records[0]])
    for place, record in enumerate(records):
        for name, value in record.items():
            array[0, place][name] = value
    return array


# --- MIT1003 -----------------------------------------------------------------


def flight(samples, distance=800.0):
    """Gaze at rest, moving at one speed, and at rest."""
    start, end = [100.0, 300.0], [100.0 + distance, 300.0]
    moving = np.linspace(start, end, samples)
    return np.concatenate([np.repeat([start], 40, 0), moving, np.repeat([end], 40, 0)])


def wandering(seed):
    """Eight saccades of many lengths and speeds with pauses between, some too short, and noise."""
    rng = np.random.default_rng(seed)
    place, parts = rng.uniform(200, 800, 2), []
    for _ in range(8):
        parts.append(np.repeat(place[None], rng.integers(6, 60), axis=0))
        goal = place + rng.normal(0, rng.choice([25, 60, 200]), 2)
        share = np.linspace(0, 1, rng.integers(3, 16))[:, None]
        parts.append(place + (goal - place) * share**2 * (3 - 2 * share))
        place = goal
    gaze = np.concatenate(parts)
    return (gaze + rng.normal(0, 0.5, gaze.shape)).round(2)


# Samples and medians of fixations that the authors' checkFixations.m, transcribed line by line,
# finds in these traces. Another value of any of the constants finds others in one of them.
FOUND = {
    15: ([20, 14, 68, 52, 32, 34],
         [(615.81, 689.6), (720.71, 424.37), (602.96, 844.18), (697.54, 888.12), (661.76, 583.15),
          (703.21, 721.39)]),
    40: ([25, 49, 41, 12, 95],
         [(638.02, 616.03), (791.54, 408.67), (1069.13, 224.94), (1051.72, 173.81),
          (1044.7, 268.39)]),
    394: ([32, 38, 42, 19, 18, 61],
          [(676.72, 242.08), (690.36, 333.06), (707.1, 316.95), (713.35, 297.95),
           (576.67, 257.93), (575.65, 327.98)]),
}  # fmt: skip


@pytest.mark.parametrize("seed", FOUND)
def test_fixations_in_gaze_are_those_of_the_authors_program(seed):
    samples, medians = FOUND[seed]
    positions, durations = judd_fixations(wandering(seed))
    assert (durations * 240 / 1000).round().tolist() == samples
    np.testing.assert_allclose(positions, medians, atol=0.0051)


def test_a_move_that_does_not_slow_down_soon_is_no_saccade():
    assert [len(judd_fixations(flight(samples))[0]) for samples in (26, 27)] == [2, 1]


def test_blinks_and_short_traces_are_no_fixations():
    gaze = flight(10)
    gaze[50:] = np.nan
    assert judd_fixations(gaze)[0].tolist() == [[100, 300]]
    assert judd_fixations(np.empty((0, 2)))[0].shape == (0, 2)
    assert judd_fixations(np.array([[3.0, 4.0]]))[0].tolist() == [[3, 4]]


@pytest.fixture
def mit1003(tmp_path):
    """Two images, and the gaze of two observers, one of whom did not see the second."""
    folder = tmp_path / "MIT1003"
    for name in ("i05june05_street", "i1 beach.v2"):
        picture(folder / "ALLSTIMULI" / f"{name}.jpeg", (1024, 768))
        for who, distance in (("hp", 800.0), ("CNG", 500.0)):
            path = folder / "DATA" / who / f"{name}.mat"
            path.parent.mkdir(parents=True, exist_ok=True)
            gaze = flight(10, distance) if (who, name[1]) != ("hp", "1") else np.empty((0, 2))
            data = {"DATA": {"eyeData": gaze}, "imgName": f"{name}.jpeg"}
            savemat(path, {"i_" + name[:4]: data})
    return folder


def test_judds_folders_are_read(mit1003):
    read = dataset(mit1003)
    assert (read.ppd, len(read.images)) == (35, 2)
    assert rows(read.fixations) == [
        ("i05june05_street.jpeg", "CNG", 0, 100, 300),
        ("i05june05_street.jpeg", "CNG", 1, 600, 300),
        ("i05june05_street.jpeg", "hp", 0, 100, 300),
        ("i05june05_street.jpeg", "hp", 1, 900, 300),
        ("i1 beach.v2.jpeg", "CNG", 0, 100, 300),
        ("i1 beach.v2.jpeg", "CNG", 1, 600, 300),
    ]
    assert set(read.fixations.duration.round(1).tolist()) == {150.0, 154.2}  # 36, 37 samples


def test_other_mat_files_in_judds_folders_are_refused(mit1003):
    savemat(mit1003 / "DATA" / "hp" / "i05june05_street.mat", {"a": [1], "b": [2]})
    with pytest.raises(ValueError, match=r"street\.mat: a struct with the field DATA was .* a, b$"):
        dataset(mit1003)
    (mit1003 / "images").mkdir()
    picture(mit1003 / "images" / "a.jpeg")
    for path in (mit1003 / "ALLSTIMULI").iterdir():
        path.unlink()
    with pytest.raises(ValueError, match=r"fixations\.mat was expected"):  # the other layout
        dataset(mit1003)


# --- SALICON -----------------------------------------------------------------

ANNOTATIONS = {
    "info": {"version": "1.0"},
    "images": [
        {"id": 133, "file_name": "COCO_val2014_000000000133.jpg", "height": 60, "width": 90},
        {"id": 42, "file_name": "COCO_val2014_000000000042.jpg", "height": 60, "width": 90},
    ],
    "annotations": [
        {"id": 1, "image_id": 133, "worker_id": 7, "fixations": [[1, 1], [60, 90]]},
        {"id": 2, "image_id": 133, "worker_id": 9, "fixations": [[31, 46]]},
        {"id": 3, "image_id": 42, "worker_id": 7, "fixations": []},
        {"id": 4, "image_id": 133, "worker_id": 7, "fixations": [[5, 9]]},
    ],
}


@pytest.fixture
def salicon(tmp_path):
    folder = tmp_path / "salicon"
    for name in ("133", "042"):
        picture(folder / "images" / "val" / f"COCO_val2014_000000000{name}.jpg")
    (folder / "annotations").mkdir()
    (folder / "annotations" / "fixations_val2014.json").write_text(json.dumps(ANNOTATIONS))
    return folder


def test_salicons_rows_and_columns_count_from_one(salicon):
    read = dataset(salicon)
    name = "COCO_val2014_000000000133.jpg"
    assert rows(read.fixations) == [
        (name, "7", 0, 0, 0), (name, "7", 1, 89, 59), (name, "7", 2, 8, 4), (name, "9", 0, 45, 30),
    ]  # fmt: skip
    assert (read.ppd, len(read.images)) == (None, 2)


def test_other_json_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "fixations_val2014.json"
    for what, content in altered(ANNOTATIONS):
        path.write_text(json.dumps(content))
        found, refusal = outcome(PUBLISHED["salicon"], [path], print)
        assert refusal is None or str(path) in refusal, what
        assert refusal or len(found) <= 4, what


# --- FIGRIM ------------------------------------------------------------------


def view(enc=(), rec=(), rec2=()):
    parts = {"enc": enc, "rec": rec, "rec2": rec2}
    return {name: np.array(part, float).reshape(-1, 2) for name, part in parts.items()}


@pytest.fixture
def figrim(tmp_path):
    folder = tmp_path / "FIGRIM"
    files = {
        ("Targets", "airport", "targetData", "release"): "sun_a.jpg",
        ("Fillers", "beach", "fillerData", "fillers"): "sun_b.jpg",
    }
    for (kind, category, data, end), name in files.items():
        picture(folder / kind / category / name)
        users = structs(
            {"trial": 4, "fixations": view([[3, 4], [50, 20]], [[9, 9]]), "SDT": [1, 4, 4]},
            {"trial": [], "fixations": [], "SDT": []},
            {"trial": 8, "fixations": view([[7, 8]], [], [[1, 2], [3, 4]]), "SDT": [1, 4, 4]},
        )
        images = structs({"filename": name, "category": category, "userdata": users})
        (folder / data).mkdir()
        savemat(folder / data / f"allImages_{end}.mat", {"allImages": images})
    return folder


def test_figrims_first_views_are_read_and_the_others_said(figrim):
    with pytest.warns(
        UserWarning, match=r"^6 fixations of repeated views were left out, .* 6 of f"
    ):
        read = dataset(figrim)
    assert rows(read.fixations) == [
        (name, *row)
        for name in ("Fillers/beach/sun_b.jpg", "Targets/airport/sun_a.jpg")
        for row in ((0, 0, 3, 4), (0, 1, 50, 20), (2, 0, 7, 8))
    ]


# --- DOVES -------------------------------------------------------------------


@pytest.fixture
def doves(tmp_path):
    folder = tmp_path / "doves"
    (folder / "Fixations").mkdir(parents=True)
    for name, cells in {
        "img00001.imk": cell([[512.5, 30, 7], [384, 20, 5], [40, 60, 80]], [[1], [2], [3]]),
        "img00002.imk": cell([[9, 8], [7, 6], [5, 4]]),
    }.items():
        picture(folder / "Images" / name.replace(".imk", ".png"), (1024, 768))
        variables = {"subj_names_list": cell(*["ANB.eye", "UR.eye"][: len(cells)])}
        savemat(folder / "Fixations" / f"{name}.mat", variables | {"fix_data": cells})
    return folder


def test_doves_like_files_are_read(doves):
    read = dataset(doves)
    assert read.ppd == 60
    assert rows(read.fixations) == [
        ("img00001.png", "ANB.eye", 0, 512.5, 384), ("img00001.png", "ANB.eye", 1, 30, 20),
        ("img00001.png", "ANB.eye", 2, 7, 5), ("img00001.png", "UR.eye", 0, 1, 2),
        ("img00002.png", "ANB.eye", 0, 9, 7), ("img00002.png", "ANB.eye", 1, 8, 6),
    ]  # fmt: skip
    assert np.isnan(read.fixations.duration).all()  # their unit is not told


@pytest.mark.parametrize(
    ("kind", "variables", "said"),
    [
        ("doves", {"fix_data": cell([[1], [2], [3]])}, "cell arrays subj_names_list and fix_data"),
        ("doves", {"subj_names_list": cell("a", "b"), "fix_data": cell([[1], [2], [3]])},
         "fix_data of 2 subjects was expected, found 1"),
        ("doves", {"subj_names_list": cell("a"), "fix_data": cell(["x", "y"])},
         "fix_data of a: three rows"),
        ("figrim", {"images": [1]}, "a struct array 'allImages' was expected, found images"),
        ("figrim", {"allImages": structs({"filename": "a.jpg"})}, "'userdata' was expected"),
        ("judd", {"i": {"DATA": {"gaze": [1]}}}, "DATA: a struct with 'eyeData' was expected"),
        ("judd", {"i": {"DATA": {"eyeData": "x"}}}, "eyeData: rows of x and y were expected"),
    ],
)  # fmt: skip
def test_other_matlab_files_are_refused(tmp_path, kind, variables, said):
    savemat(tmp_path / "a.mat", variables)
    _, refusal = outcome(PUBLISHED[kind], [tmp_path / "a.mat"], print)
    assert refusal.startswith(f"{tmp_path / 'a.mat'}: ")
    assert said in refusal


@pytest.mark.parametrize("kind", ["doves", "figrim", "mit1003"])
def test_damaged_matlab_files_are_refused_or_read(request, kind):
    folder = request.getfixturevalue(kind)
    path = sorted(folder.rglob("*.mat"))[0]
    data = path.read_bytes()
    for what, content in damaged(data, flips=25):
        path.write_bytes(content)
        found, refusal = outcome(PUBLISHED[kind.replace("mit1003", "judd")], [path], lambda text: 0)
        assert refusal is None or str(path) in refusal, what
        assert refusal or np.isfinite(found.x).all(), what


def test_a_position_that_is_no_number_is_refused_with_its_file_and_image(doves):
    path = doves / "Fixations" / "img00002.imk.mat"
    cells = cell([[9, np.nan], [7, 6], [5, 4]])
    savemat(path, {"subj_names_list": cell("ANB.eye"), "fix_data": cells})
    with pytest.raises(ValueError, match=r"img00002\.imk\.mat: img00002: x must be a finite numbe"):
        dataset(doves)
