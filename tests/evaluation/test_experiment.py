"""An experiment in one file: read as it was written, and refused where it says what is not."""

import tomllib

import pytest
from PIL import Image
from support.damage import damaged, outcome

from psysal.evaluation.experiment import Experiment, SetEntry, read_experiment, read_sets

OPTIONS = ("metrics", "profile", "ppd", "drop_first_fixation")


@pytest.fixture
def sets(tmp_path, monkeypatch):
    """A set here, and another in the folder that PSYSAL_DATA names."""
    for place in ("here/osie", "data/crowd"):
        folder = tmp_path / place
        folder.mkdir(parents=True)
        Image.new("L", (30, 20)).save(folder / "a.png")
        (folder / "gaze.csv").write_text("image,x,y\na.png,3,4\n")
        layout = 'images = "*.png"\nfixations = "gaze.csv"\ntrained_on = {net = ["a"]}'
        (folder / "dataset.toml").write_text(layout)
    monkeypatch.setenv("PSYSAL_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_experiment_is_read_as_it_was_written(sets):
    written = Experiment(
        [SetEntry("here/osie"), SetEntry("crowd", 'quo"te \x7f é', 26.5)],
        ["murray2011", "maps:nets/deep"],
        {"my net": ["mit1003", "salicon"]},
        {"metrics": ["auc", "nss"], "profile": "exact", "ppd": 40.0, "drop_first_fixation": True},
    )
    (sets / "papers").mkdir()
    content = written.encode(sets / "papers")
    assert tomllib.loads(content.decode()) == {
        "sets": ["../here/osie", {"path": "crowd", "name": 'quo"te \x7f é', "ppd": 26.5}],
        "models": ["murray2011", "maps:../nets/deep"],
        "metrics": ["auc", "nss"],
        "profile": "exact",
        "ppd": 40.0,
        "drop_first_fixation": True,
        "trained_on": {"my net": ["mit1003", "salicon"]},
    }
    (sets / "papers" / "e.toml").write_bytes(content)
    read = read_experiment("papers/e.toml", OPTIONS)
    assert read.encode(sets / "papers") == content
    assert [SetEntry("papers/../here/osie"), written.sets[1]] == read.sets


def test_sets_have_the_names_degrees_and_declarations_that_it_gives(sets):
    entries = [SetEntry("here/osie", "mine", 40), SetEntry("crowd")]
    mine, crowd = read_sets(entries, {"net": ["b"], "x": ["c"]}, on_warning=print)
    assert (mine.name, mine.ppd, crowd.name, crowd.ppd) == ("mine", 40, "crowd", None)
    assert mine.trained_on == {"net": ["b"], "x": ["c"]}


def test_two_sets_of_one_name_are_refused(sets):
    words = r"name of its own, got osie twice \(here/osie and crowd\); rename .* name = \"osie-2\"}"
    with pytest.raises(ValueError, match=words):
        read_sets([SetEntry("here/osie"), SetEntry("crowd", "osie")], {}, on_warning=print)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('sets = ["a"]\nmetrisc = ["auc"]', "got metrisc; did you mean metrics?"),
        ('sets = ["a"]\nmodel = ["b"]', "got model; did you mean models?"),
        ('set = ["a"]', "got set; did you mean sets?"),
        (
            'sets = [{path = "a", pdp = 3}]',
            "e.toml: sets: keys must be among path, name, ppd, got pdp; did you mean ppd?",
        ),
        ("", "sets was expected"),
        ("sets = []", "sets was expected"),
        ('sets = "osie"', "sets was expected, such as sets = [\"osie\"], got 'osie'"),
        ("sets = [3]", "path of a set must be a string, got 3"),
        ("sets = [{ppd = 3}]", "path of a set was expected"),
        ('sets = [{path = "a", ppd = -3}]', "ppd must be"),
        ('sets = [{path = "a", name = "x/y"}]', "name of a set must be that of a folder"),
        ('sets = ["a"]\nmodels = "b"', "models must be a list of names"),
        ('sets = ["a"]\ntrained_on = ["b"]', "trained_on must be a table of lists"),
        ('sets = ["a"]\ntrained_on = {net = "b"}', "trained_on of net: a list of the names"),
        ("sets = [", "TOML was expected"),
    ],
)
def test_what_it_cannot_say_is_refused(tmp_path, text, said):
    (tmp_path / "e.toml").write_text(text)
    _, refusal = outcome(read_experiment, tmp_path / "e.toml", OPTIONS)
    assert refusal.startswith(f"{tmp_path / 'e.toml'}: ")
    assert said in refusal


def test_a_damaged_file_is_refused_or_read(tmp_path):
    path = tmp_path / "e.toml"
    text = b'sets = ["osie", {path = "crowd", ppd = 30}]\nmodels = ["murray2011"]\nppd = 3\n'
    for what, content in damaged(text, flips=150):
        path.write_bytes(content)
        read, refusal = outcome(read_experiment, path, OPTIONS)
        assert refusal or read.sets, what
