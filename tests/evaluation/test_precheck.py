"""Before the first score: maps that are missing, of other names or sizes, or of other images."""

import cv2
import numpy as np
import pandas
import pytest

import psysal
from psysal import PrecomputedMaps, mapfile
from psysal.api import comparison
from psysal.evaluation.precheck import part_of
from psysal.gaze import Dataset, Fixations

COUNT, ROWS, COLS = 14, 40, 60


@pytest.fixture
def seen(tmp_path, rng):
    """Fourteen photographs of clouds, and three people who look at a place of each."""
    folder = tmp_path / "set"
    folder.mkdir()
    images, rows, spots = {}, [], rng.uniform((8, 8), (52, 32), (COUNT, 2))
    for i, spot in enumerate(spots):
        name = f"{i + 1}.png"
        clouds = cv2.resize(rng.uniform(0, 1, (6, 8)), (COLS, ROWS), interpolation=cv2.INTER_CUBIC)
        images[name] = folder / name
        images[name].write_bytes(mapfile.encode(clouds, "png8"))
        for who in range(3):
            for order, (x, y) in enumerate(rng.normal(spot, 2, (3, 2))):
                rows.append((name, who, order, x, y))
    return Dataset("clouds", images, Fixations(*zip(*rows, strict=True))), spots


@pytest.fixture
def write(tmp_path, seen, rng):
    """Write maps that are brightest where people look, under any names."""

    def write(name, size=(ROWS, COLS), *, order=None, count=COUNT):
        folder = tmp_path / "maps"
        folder.mkdir(exist_ok=True)
        y, x = np.mgrid[: size[0], : size[1]]
        for i in range(count):
            at = seen[1][i if order is None else order[i]] * size[1] / COLS
            found = np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / 50) + rng.uniform(0, 0.1, size)
            np.save(folder / f"{name(i)}.npy", found)
        return folder

    return write


def evaluate(maps, dataset, **options):
    said = []
    table = psysal.evaluate(
        {"mine": PrecomputedMaps(maps, options.pop("resize", None))}, dataset,
        metrics=["nss"], on_warning=said.append, threads=1, **options,
    )  # fmt: skip
    return table.iloc[0], said


# --- names -------------------------------------------------------------------


def test_maps_of_the_images_names_are_not_remarked_on(seen, write):
    row, said = evaluate(write(lambda i: i + 1), seen[0])
    assert said == []
    assert row["mean"] > 1


def test_maps_of_nearly_these_names_are_matched_and_said(seen, write):
    expected, _ = evaluate(write(lambda i: i + 1), seen[0])
    for file in write(lambda i: "x").glob("*.npy"):
        file.unlink()
    row, said = evaluate(write(lambda i: f"Net_{i + 1:03d}_saliency"), seen[0])
    assert row["images"] == COUNT
    assert row["mean"] == pytest.approx(expected["mean"], abs=0.1)
    assert said == [
        'mine: maps are matched to images by the words and numbers of their names, without "net", '
        'without "saliency", whatever zeros, case and signs: Net_001_saliency is taken for 1.png, '
        "and so on (14 of 14 images)"
    ]


def test_missing_maps_are_said_once_before_the_first_score(seen, write):
    maps = write(lambda i: i + 1, count=10)
    row, said = evaluate(maps, seen[0])
    assert row["images"] == 10
    assert said[0] == (
        "mine: 10 of 14 images have a map, there is none of 11.png, 12.png, 13.png and 1 more; to "
        "compare all models on a part of the set, name its images in a file by subset="
    )
    with pytest.warns(UserWarning, match="10 of 14 images have a map"):
        comparison({"mine": PrecomputedMaps(maps)}, seen[0])


def test_maps_of_no_image_are_refused_with_what_to_do(seen, write):
    said = r'mine: maps with the names .* were expected, found frame a, .* pass match="content"'
    with pytest.raises(ValueError, match=said):
        evaluate(write(lambda i: f"frame {chr(97 + i)}"), seen[0])


# --- sizes -------------------------------------------------------------------


def test_maps_of_another_size_are_one_error_before_the_first_score(seen, write, tmp_path):
    maps = write(lambda i: i + 1, (20, 30))
    said = r"found 14 of 14 of another, first 30 x 20 for 1\.png of 60 x 40; .* resize=\"linear\""
    with pytest.raises(ValueError, match=said):
        evaluate(maps, seen[0])
    row, remarks = evaluate(maps, seen[0], resize="linear")
    assert (row["images"], remarks) == (COUNT, [])
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "m.h5", "w") as file:
        for i in range(COUNT):
            file[f"{i + 1}.png"] = np.zeros((ROWS, COLS if i else 7))
    with pytest.raises(ValueError, match=r"found 1 of 14 of another, first 7 x 40 for 1\.png"):
        evaluate(tmp_path / "m.h5", seen[0])


# --- content -----------------------------------------------------------------


@pytest.mark.parametrize("shift", [-2, -1, 1, 2])
def test_maps_that_are_shifted_are_said(seen, write, shift):
    _, said = evaluate(write(lambda i: i + 1, order=np.roll(np.arange(COUNT), -shift)), seen[0])
    place = {-2: "2 places back", -1: "1 place back", 1: "1 place on", 2: "2 places on"}[shift]
    assert len(said) == 1
    assert f"mine: maps fit the fixations on the image {place} in the order of names far" in said[0]


def test_maps_of_other_images_are_said(seen, write):
    _, said = evaluate(write(lambda i: i + 1, order=(np.arange(COUNT) * 5 + 6) % COUNT), seen[0])
    assert len(said) == 1
    assert "on their own images no better than those on others (NSS" in said[0]


def photographs(dataset, folder, name):
    folder.mkdir()
    for i, path in enumerate(dataset.images.values()):
        picture = psysal.image.read(path)
        large = cv2.resize(picture, (2 * COLS, 2 * ROWS)) / 255
        (folder / f"{name(i)}.png").write_bytes(mapfile.encode(large, "png8"))


def test_maps_of_any_name_are_matched_by_the_photographs_beside_them(seen, write, tmp_path):
    order = np.random.default_rng(1).permutation(COUNT)
    place = np.argsort(order)  # of every photograph among the maps
    maps = write(lambda i: f"frame_{i:02d}", order=order)
    with pytest.raises(ValueError, match=r"expected in a folder beside .*, found none; pass their "
                       'folder, match="content:FOLDER"'):  # fmt: skip
        evaluate(maps, seen[0], match="content")
    (tmp_path / "other maps").mkdir()
    for i in range(COUNT):
        picture = mapfile.encode(np.random.default_rng(i).uniform(0, 1, (8, 9)), "png8")
        (tmp_path / "other maps" / f"frame_{i:02d}.png").write_bytes(picture)
    photographs(seen[0], tmp_path / "shown", lambda i: f"frame_{place[i]:02d}")
    row, said = evaluate(maps, seen[0], match="content")
    assert row["images"] == COUNT
    assert row["mean"] > 1
    (remark,) = said
    assert f"{tmp_path / 'shown'} show: frame_{place[0]:02d} is taken for 1.png" in remark
    given, _ = evaluate(maps, seen[0], match=f"content:{tmp_path / 'shown'}")
    assert given["mean"] == row["mean"]
    (tmp_path / "shown").rename(tmp_path / "maps" / "in")
    inside, _ = evaluate(maps, seen[0], match="content")
    assert inside["mean"] == row["mean"]


def test_a_photograph_that_is_there_twice_is_no_guess(seen, write, tmp_path):
    maps = write(lambda i: f"frame_{i:02d}")
    photographs(seen[0], tmp_path / "shown", lambda i: f"frame_{i:02d}")
    (tmp_path / "shown" / "frame_03.png").write_bytes(
        (tmp_path / "shown" / "frame_04.png").read_bytes()
    )
    row, said = evaluate(maps, seen[0], match="content")
    assert row["images"] == COUNT - 2
    assert "12 of 14 images have a map, there is none of 4.png, 5.png" in said[1]


def test_ways_to_match_that_there_are_not_are_refused(seen, write):
    maps = write(lambda i: i + 1)
    for way in ("hash", "names:in", ""):
        with pytest.raises(ValueError, match="match must be names, content or content:FOLDER, got"):
            evaluate(maps, seen[0], match=way)
    with pytest.raises(ValueError, match="nowhere: a folder of photographs was expected"):
        evaluate(maps, seen[0], match="content:nowhere")


# --- parts of a set ----------------------------------------------------------


def test_a_part_of_a_set_is_scored_as_in_the_whole(seen, tmp_path):
    models, metrics = ["center", "center_bias"], ["shuffled_auc", "nss", "information_gain"]
    log = tmp_path / "scores.jsonl"
    (tmp_path / "some.txt").write_text("3.png\n\n12\n7.png\n")
    part = comparison(models, seen[0], metrics=metrics, subset=tmp_path / "some.txt")
    some = part.scores(threads=1, checkpoint=log)
    whole = comparison(models, seen[0], metrics=metrics).scores(threads=1, checkpoint=log)
    assert list(some.image.unique()) == ["3.png", "7.png", "12.png"]
    fresh = comparison(models, seen[0], metrics=metrics).scores(threads=1)
    pandas.testing.assert_frame_equal(whole, fresh)
    among = fresh[fresh.image.isin(["3.png", "7.png", "12.png"])].reset_index(drop=True)
    pandas.testing.assert_frame_equal(some, among)
    about = part.description()
    assert (about["images"], about["fixations"], about["subset"]) == (3, 27, 14)


def test_images_are_drawn_at_random_and_more_of_them_have_the_same_and_more():
    names = [str(i) for i in range(50)]
    few, many = (part_of("s", names, n, None) for n in (5, 20))
    assert set(few) < set(many)
    assert list(many) == sorted(many, key=int)
    assert many != tuple(names[:20])
    assert part_of("s", names, 50, None) == tuple(names)
    assert part_of("s", names, 1, ["7", "7"]) == ("7",)


@pytest.mark.parametrize(
    ("count", "subset", "said"),
    [
        (51, None, "s: images= must be at most the 50 with fixations, got 51"),
        (2, ["7"], "s: images= must be at most the 1 with fixations, got 2"),
        (0, None, "images must be a whole number from 1 on, got 0"),
        (None, ["7", "cat"], "s: subset= must name images with fixations, such as 0 and 49 more, "
                             "got cat; write one name a line"),
        (None, [], "s: subset= must name images, got none"),
    ],
)  # fmt: skip
def test_parts_that_there_are_not_are_refused(count, subset, said):
    with pytest.raises(ValueError, match=said):
        part_of("s", [str(i) for i in range(50)], count, subset)
