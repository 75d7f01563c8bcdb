"""Faults that users of other readers of fixations reported in public: none of them is here.

Each test names the report; its files are made here, in the layout that it shows.
"""

import numpy as np
import pytest
from PIL import Image

from psysal.gaze import dataset


@pytest.fixture
def folder(tmp_path):
    """Two pictures of 400 x 300 pixels."""
    (tmp_path / "img").mkdir()
    for name in ("cat", "dog"):
        Image.new("RGB", (400, 300)).save(tmp_path / "img" / f"{name}.png")
    return tmp_path


def read(folder, text, name="f.csv", lines="", encoding="utf-8"):
    """Fixations of a data set whose file has this text, and what was said of them."""
    (folder / name).write_text(text, encoding=encoding)
    toml = f'images = "img/*.png"\nfixations = "{name}"\n{lines}\n'
    (folder / "dataset.toml").write_text(toml)
    said = []
    return dataset(folder, on_warning=said.append).fixations, " ".join(said)


ASC = """** CONVERTED FROM a.edf
MSG\t100 DISPLAY_COORDS 0 0 399 299
MSG\t110 TRIALID 1
MSG\t120 !V IMGLOAD CENTER cat.png 200 150
START\t120 \tLEFT\tRIGHT\tSAMPLES\tEVENTS
SFIX L   130
SFIX R   131
130\t 50.0\t 60.0\t 900\t 54.0\t 62.0\t 910\t...\t 0.0\t -239.0\t 288.8\t...CF.B.RTB.R**
EFIX L   130\t330\t200\t  50.0\t  60.0\t  900
EFIX R   131\t331\t200\t  54.0\t  62.0\t  910
SBLINK L 340
SBLINK R 340
344\t   .\t   .\t    0.0\t   .\t   .\t    0.0\t.
EBLINK R 340\t360\t20
EBLINK L 340\t364\t24
SFIX R   370
EFIX R   370\t570\t200\t 100.0\t 120.0\t  905
SFIX L   372
EFIX L   372\t572\t200\t  .\t  .\t  905
END\t600 \tSAMPLES\tEVENTS
"""


def test_two_eyes_blinks_that_overlap_and_unknown_columns(folder):  # eyelinker #4, #10
    fixations, said = read(folder, ASC, "ann.asc", 'format = "eyelink"')
    assert set(fixations.image) == {"cat.png"}
    assert all(np.isfinite(fixations.x))
    assert list(fixations.x) == [50]
    assert "two eyes" in said


def test_a_point_for_a_missing_value(folder):  # fieldtrip #694
    text = (
        "RECORDING_SESSION_LABEL\tCURRENT_FIX_INDEX\tCURRENT_FIX_X\tCURRENT_FIX_Y\timage\n"
        "ann\t1\t50.5\t60\tcat.png\nann\t2\t.\t.\tcat.png\nann\t3\t70\t80\tcat.png\n"
    )
    fixations, said = read(folder, text, "report.txt", 'format = "eyelink"')
    assert sorted(fixations.x) == [50.5, 70]
    assert "without a position" in said


def test_unquoted_decimal_commas_between_commas_are_refused(folder):  # MixedRealityToolkit #5184
    with pytest.raises(ValueError, match="line 2"):
        read(folder, "image,x,y\ncat.png,50,5,60,5\n")


def test_quoted_decimal_commas_between_commas(folder):  # engauge-digitizer #364
    fixations, _ = read(folder, 'image,x,y\ncat.png,"50,5","60,25"\ndog.png,"7,5","8"\n')
    assert list(fixations.x) == [50.5, 7.5]
    assert list(fixations.y) == [60.25, 8]


def test_the_guide_that_calls_a_tab_a_comma(folder):  # GazePlotter #8
    fixations, _ = read(folder, "image\tx\ty\ncat.png\t50,5\t60,25\n", "f.csv")
    assert (fixations.x[0], fixations.y[0]) == (50.5, 60.25)


def test_positions_in_the_scene_of_a_headset_are_no_place_on_an_image(folder):  # pupil #559
    text = "id,start_timestamp,duration,norm_pos_x,norm_pos_y,image\n0,1.0,200,0.4,0.6,cat.png\n"
    with pytest.raises(ValueError, match="camera of a headset"):
        read(folder, text, "fixations.csv", 'format = "pupil"')


def test_an_origin_in_the_middle_is_said_with_the_line_that_mends_it(folder):  # expyfun #317
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 400, 60), rng.integers(0, 300, 60)
    rows = "".join(f"cat.png,{a - 200},{150 - b}\n" for a, b in zip(x, y, strict=True))
    with pytest.raises(ValueError, match='origin = "center"') as error:
        read(folder, "image,x,y\n" + rows)
    lines = [line for line in ('origin = "center"', 'y = "up"') if line in str(error.value)]
    fixations, _ = read(folder, "image,x,y\n" + rows, lines="\n".join(lines))
    assert np.abs(fixations.x - x).max() <= 0.5
