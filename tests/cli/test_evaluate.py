"""psysal evaluate: from a folder of photographs and fixations to a table and a report."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas
import pytest
from PIL import Image
from typer.testing import CliRunner

from psysal import mapfile
from psysal.cli.commands import app
from psysal.gaze import Fixations, write_table
from psysal.readers.icc import make_profile

FILES = {"report.html", "table.csv", "table.json", "table.md", "table.tex", "references.bib"}
FILES |= {"scores.csv", "scores.jsonl", "figures"}


@pytest.fixture
def spots(tmp_path, rng, monkeypatch):
    """A set of six photographs, called so, in the folder that PSYSAL_DATA names."""
    folder = tmp_path / "sets" / "spots"
    (folder / "images").mkdir(parents=True)
    rows = []
    for i in range(6):
        x, y = 10 + 6 * i, 30 - 4 * i
        pixels = rng.integers(90, 110, (40, 60, 3), dtype=np.uint8)
        pixels[y - 3 : y + 4, x - 3 : x + 4] = 220, 40, 40
        (folder / "images" / f"{i}.png").write_bytes(mapfile.encode(pixels, "png8"))
        for who in ("ann", "bob", "eve"):
            for order in range(4):
                rows.append((f"{i}.png", who, order, *(rng.normal((x, y), 2).clip(0, 39))))
    write_table(Fixations(*zip(*rows, strict=True)), folder / "fixations.csv")
    (folder / "dataset.toml").write_text(
        'images = "images/*.png"\nfixations = "fixations.csv"\nppd = 5\nsource = "nobody"\n'
    )
    monkeypatch.setenv("PSYSAL_DATA", str(folder.parent))
    monkeypatch.chdir(tmp_path)
    return folder


def run(*arguments):
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


def others(folder, path, size=(40, 60)):
    """Somebody else's maps: 16-bit PNGs, brightest where people looked."""
    path.mkdir()
    for i in range(6):
        found = np.zeros(size)
        found[(30 - 4 * i) * size[0] // 40, (10 + 6 * i) * size[1] // 60] = 1
        (path / f"{i}.png").write_bytes(mapfile.encode(found, "png"))
    return path


def test_one_command_makes_the_table_and_the_report(spots, tmp_path):
    mine = others(spots, tmp_path / "mine")
    result = run("spots", "--model", "murray2011", "--model", f"maps:{mine}", "--model",
                 "center_bias", "--model", "leave_one_observer_out", "-o", "report")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert {path.name for path in (tmp_path / "report").iterdir()} == FILES
    table = pandas.read_csv(tmp_path / "report" / "table.csv")
    assert list(table.model.unique()) == [
        "murray2011", "mine", "center_bias", "leave_one_observer_out",
    ]  # fmt: skip
    assert list(table.metric.unique()) == ["auc", "shuffled_auc", "nss"]
    assert (table.images == 6).all()
    assert (table.left_out == 0).all()
    auc = table[table.metric == "auc"].set_index("model")["mean"]
    assert auc["leave_one_observer_out"] > 0.9 > auc["center_bias"]
    markdown = (tmp_path / "report" / "table.md").read_text()
    assert result.stdout == markdown
    assert "| murray2011 " in markdown
    told = json.loads((tmp_path / "report" / "table.json").read_text())
    assert (told["about"]["fixations"], told["about"]["reference"]) == (72, "murray2011")
    assert told["table"][0]["difference"] is None
    assert [row["mean"] for row in told["table"]] == pytest.approx(table["mean"].tolist())
    scores = pandas.read_csv(tmp_path / "report" / "scores.csv")
    assert len(scores) == 4 * 6 * 3
    page = (tmp_path / "report" / "report.html").read_text()
    assert page.count("data:image/jpeg") >= 4 * 6
    beside = set(re.findall(r'href="([^#"h][^"]*)"', page))
    folder = tmp_path / "report"
    assert beside == {
        str(path.relative_to(folder)) for path in folder.rglob("*.*")
    } - {"report.html", "scores.jsonl"}  # fmt: skip
    assert {"figures/distribution-nss.svg", "scores.csv", "table.tex"} < beside
    assert "Where murray2011 and mine differ most" in page
    assert "@inproceedings{murray2011," in (folder / "references.bib").read_text()
    assert "murray2011" in page
    assert "the report is report/report.html" in result.stderr


def test_json_goes_where_a_program_reads_it(spots):
    result = run("spots", "--model", "uniform", "--metrics", "auc, cc", "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert [(row["metric"], row["mean"]) for row in told["table"]] == [("auc", 0.5), ("cc", 0)]


def test_a_terminal_gets_a_table_that_fits_and_a_pipe_gets_markdown(spots, monkeypatch):
    command = ["spots", "--model", "uniform,center", "--metrics", "auc,nss,cc,similarity"]
    piped = run(*command)
    monkeypatch.setattr("psysal.cli.evaluate.sys", SimpleNamespace(stdout=Terminal))
    monkeypatch.setenv("COLUMNS", "80")
    shown = run(*command)
    assert piped.stdout.startswith("| model")
    assert "|" not in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80
    assert re.findall(r"[\w.]+ [↑↓]", shown.stdout) == re.findall(r"[\w.]+ [↑↓]", piped.stdout)
    means = r"(?<!\[)\b\d\.\d{3}\b(?![\],])"
    assert sorted(re.findall(means, shown.stdout)) == sorted(re.findall(means, piped.stdout))


class Terminal:
    isatty = staticmethod(lambda: True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--model", "uniform", "--model", "center", "--metrics", "nss", "--metrics", "auc"],
        ["--model", "uniform, center", "--metrics", "nss,auc"],
    ],
    ids=["repeated", "commas"],
)
def test_names_are_given_one_by_one_or_with_commas_between(spots, arguments):
    result = run("spots", *arguments, "--json")
    assert result.exit_code == 0
    rows = json.loads(result.stdout)["table"]
    assert [(row["model"], row["metric"]) for row in rows] == [
        ("uniform", "nss"), ("uniform", "auc"), ("center", "nss"), ("center", "auc"),
    ]  # fmt: skip


def test_a_comma_may_be_in_the_name_of_a_folder(spots, tmp_path):
    folder = others(spots, tmp_path / "mine, smoothed")
    result = run("spots", "--model", f"maps:{folder}", "--json")
    assert result.exit_code == 0
    assert {row["model"] for row in json.loads(result.stdout)["table"]} == {"mine, smoothed"}


def test_without_a_model_it_is_the_first_one_and_the_folder_is_named_after_the_set(spots, tmp_path):
    assert run(spots).exit_code == 0
    assert {path.name for path in (tmp_path / "evaluation-spots").iterdir()} == FILES
    again = run(spots, "--reference", "murray2011")
    assert again.exit_code == 0  # from what is there
    assert "| murray2011" in again.stdout


def test_the_profile_and_first_fixations_are_as_asked(spots):
    result = run(
        "spots", "--model", "center", "--profile", "mit", "--drop-first-fixation", "--json"
    )
    told = json.loads(result.stdout)
    assert told["about"]["profile"] == "mit"
    assert (told["about"]["fixations"], told["about"]["first"]) == (54, False)
    assert "auc_judd" in {row["metric"] for row in told["table"]}


def told(result):
    """What a command said on standard error, without its frame."""
    return " ".join(result.stderr.replace("│", " ").split())


def test_maps_of_another_size_are_refused_unless_a_resize_is_asked_for(spots, tmp_path):
    small = others(spots, tmp_path / "small", (20, 30))
    result = run("spots", "--model", f"maps:{small}", "-o", "a")
    assert result.exit_code == 2
    assert "small: maps of the size of their images were expected, found 6 of 6" in told(result)
    assert "30 x 20 for 0.png of 60 x 40; resize them, or pass --resize linear" in told(result)
    assert not (tmp_path / "a").exists()
    resized = run("spots", "--model", f"maps:{small}", "--resize", "linear", "-o", "b", "--json")
    assert resized.exit_code == 0
    assert json.loads(resized.stdout)["table"][0]["mean"] > 0.6


def test_missing_maps_are_listed_and_the_rest_is_scored(spots, tmp_path):
    mine = others(spots, tmp_path / "mine")
    (mine / "2.png").unlink()
    (mine / "4.png").write_bytes(b"junk")
    result = run("spots", "--model", "uniform", "--model", f"maps:{mine}", "-o", "r")
    assert result.exit_code == 1
    assert "mine: 5 of 6 images have a map, there is none of 2.png; " in result.stderr
    assert "name its images in a file by --subset" in result.stderr
    assert "mine: 2 of 6 images were left out; the first: " in result.stderr
    assert "means and differences are over the 4 of 6 images that every model has" in result.stderr
    scores = pandas.read_csv(tmp_path / "r" / "scores.csv", keep_default_na=False)
    problems = scores[scores.problem != ""].groupby("image").problem.first()
    assert list(problems.index) == ["2.png", "4.png"]
    assert "a map of 2.png was expected, such as 2.png, found none" in problems["2.png"]
    table = pandas.read_csv(tmp_path / "r" / "table.csv")
    assert (table.images == 4).all()
    assert table.common.all()


def test_the_messages_alone_lead_from_maps_of_other_names_to_a_table(spots, tmp_path):
    """One line of each says what to type next."""
    mine = others(spots, tmp_path / "mine", (20, 30))
    for i, place in enumerate("gdakmb"):
        (mine / f"{i}.png").rename(mine / f"frame {place}.png")
    command = ["spots", "--model", f"maps:{mine}"]
    first = run(*command)
    assert first.exit_code == 2
    assert "mine: maps with the names of the images (0.png, 1.png, 2.png and 3" in told(first)
    assert "into a folder beside them and pass --match content" in told(first)
    (tmp_path / "shown").mkdir()
    for i, place in enumerate("gdakmb"):
        picture = (spots / "images" / f"{i}.png").read_bytes()
        (tmp_path / "shown" / f"frame {place}.png").write_bytes(picture)
    second = run(*command, "--match", "content")
    assert second.exit_code == 2
    assert "or pass --resize linear" in told(second)
    third = run(*command, "--match", "content", "--resize", "linear", "--json")
    assert third.exit_code == 0
    assert "frame g is taken for 0.png" in told(third)
    assert json.loads(third.stdout)["table"][0]["mean"] > 0.6


def test_a_part_of_the_set_is_scored_and_later_all_of_it(spots, tmp_path):
    (tmp_path / "some.txt").write_text("4\n1.png\n")
    part = run("spots", "--model", "center", "--subset", "some.txt", "-o", "r", "--json")
    found = json.loads(part.stdout)
    assert (found["about"]["images"], found["about"]["subset"]) == (2, 6)
    assert set(pandas.read_csv(tmp_path / "r" / "scores.csv").image) == {"1.png", "4.png"}
    drawn = run("spots", "--model", "center", "--images", "3", "-o", "r", "--json")
    assert json.loads(drawn.stdout)["about"]["images"] == 3
    whole = json.loads(run("spots", "--model", "center", "-o", "r", "--json").stdout)
    fresh = json.loads(run("spots", "--model", "center", "-o", "s", "--json").stdout)
    assert whole == fresh
    refused = run("spots", "--model", "center", "--images", "7")
    assert refused.exit_code == 2
    assert "--images must be at most the 6 with fixations, got 7" in told(refused)


def test_a_command_that_is_killed_goes_on_where_it_stopped(spots, tmp_path):
    """The table is the same as if nothing had happened."""
    code = "from psysal.cli.main import main; main()"
    models = ["--model", "bruce2009", "--model", "leave_one_observer_out", "--threads", "1"]
    command = [sys.executable, "-c", code, "evaluate", "spots", *models, "-o"]
    for i in range(6, 60):  # enough to be killed in the midst of
        (spots / "images" / f"{i}.png").write_bytes((spots / "images" / "0.png").read_bytes())
        with (spots / "fixations.csv").open("a") as file:
            file.writelines(
                f"{i}.png,{who},0,{10 + i / 3},{20 + k},\n" for k, who in enumerate("ab")
            )
    killed = subprocess.Popen([*command, "r"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    checkpoint = tmp_path / "r" / "scores.jsonl"
    end = time.monotonic() + 60
    while not (checkpoint.exists() and checkpoint.read_bytes().count(b"\n") > 5):
        assert killed.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    done = checkpoint.read_bytes().count(b"\n") - 1
    assert 5 <= done < 120
    assert not (tmp_path / "r" / "table.csv").exists()
    for where in ("r", "whole"):
        subprocess.run([*command, where], check=True, capture_output=True, timeout=120)
    assert checkpoint.read_bytes().count(b"\n") == 121
    for name in ("table.csv", "scores.csv", "report.html"):
        assert (tmp_path / "r" / name).read_text() == (tmp_path / "whole" / name).read_text()


def test_an_interrupt_says_how_to_go_on(spots, tmp_path, monkeypatch):
    from psysal.evaluation.compare import Comparison

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(Comparison, "scores", interrupted)
    result = run("spots", "--model", "uniform", "-o", "r")
    assert result.exit_code == 130
    assert "interrupted; the same command goes on from r/scores.jsonl" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["spots", "--model", "sim"], "model must be one of murray2011"),
        (["spots", "--model", "maps:nowhere"], "a folder of maps or a file .h5 or .hdf5 was"),
        (["spots", "--metrics", "auc,AUC"], "metrics of the profile exact are auc"),
        (["spots", "--reference", "itti1998"], "reference must be murray2011, got 'itti1"),
        (["spots", "--model", "uniform", "--model", "uniform"], "got uniform twice"),
        (["spots", "--ppd", "-3"], "ppd must be"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused(spots, tmp_path, arguments, said):
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", " ").split())
    assert {path.name for path in tmp_path.iterdir()} == {"sets"}


def test_nothing_that_is_there_is_replaced(spots, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "report.html").write_text("my thesis")
    result = run("spots", "--model", "uniform", "-o", "mine")
    assert result.exit_code == 2
    said = " ".join(result.stderr.replace("│", " ").split())
    assert "mine has report.html but no scores.jsonl" in said
    assert (tmp_path / "mine" / "report.html").read_text() == "my thesis"
    (tmp_path / "file").write_text("")
    assert run("spots", "--model", "uniform", "-o", os.path.join("file", "r")).exit_code == 1


def test_what_was_left_out_of_the_set_is_said(spots):
    with (spots / "fixations.csv").open("a") as file:
        file.write("1.png,dan,0,500,3,\n")
    pixels = np.zeros((40, 60), np.uint8)
    (spots / "images" / "dull.png").write_bytes(mapfile.encode(pixels, "png8"))
    result = run("spots", "--model", "uniform")
    assert result.exit_code == 0
    assert "1 fixations outside of their image were dropped" in result.stderr
    assert "1 images without fixations were left out: dull.png" in result.stderr


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda s: s + "1.png,ann,0,3,4,\n", "fixations.csv: line 14 and line 74: one image, subj"),
        (lambda s: s + "1.png,dan,0,nan,4,\n", "fixations.csv: line 74: x must be a finite number"),
        (lambda s: s + "7.png,dan,0,3,4,\n", "fixations are on images that are not there: 7.png"),
        (lambda s: s.replace("image,", "picture,", 1), "line 1: columns image were expected"),
    ],
)
def test_fixations_that_cannot_be_right_are_refused_by_line(spots, spoil, said):
    table = spots / "fixations.csv"
    table.write_text(spoil(table.read_text()))
    result = run("spots")
    assert result.exit_code == 1
    assert re.search(said, result.stderr)


def test_a_set_that_is_not_there_is_looked_for_by_name(spots):
    result = run("nowhere")
    assert result.exit_code == 1
    assert result.stderr.startswith("nowhere: the folder of a set was expected, found none here")


def test_color_profiles_are_ignored_as_experiments_do_unless_the_set_says_otherwise(spots):
    plain = run("spots", "--model", "achanta2008", "-o", "plain")
    assert "rofile" not in plain.stdout
    profile = make_profile("linear", curve=1.0)
    for name in ("0.png", "3.png"):
        with Image.open(spots / "images" / name) as picture:
            pixels = np.asarray(picture)
        Image.fromarray(pixels).save(spots / "images" / name, icc_profile=profile)
    ignored = run("spots", "--model", "achanta2008", "-o", "ignored")
    sentence = "ignored, of 2 of 6 photographs"
    assert ignored.stdout == f"{plain.stdout}\nColor profiles: {sentence}.\n"
    assert f"<dt>Color profiles</dt><dd>{sentence}</dd>" in Path("ignored/report.html").read_text()
    with (spots / "dataset.toml").open("a") as file:
        file.write('profile = "convert"\n')
    refused = run("spots", "--model", "achanta2008", "-o", "ignored")
    assert refused.exit_code == 2
    text = re.sub(r"[│\s]+", " ", refused.output)
    assert f"holds scores with color_profiles {sentence}, now it is converted to sRGB" in text
    converted = run("spots", "--model", "achanta2008", "-o", "converted", "--json")
    told = json.loads(converted.stdout)
    assert told["about"]["color_profiles"] == "converted to sRGB, of 2 of 6 photographs"
    before = pandas.read_csv("plain/scores.csv")
    same = [before.value.equals(pandas.read_csv(f"{name}/scores.csv").value)
            for name in ("ignored", "converted")]  # fmt: skip
    assert same == [True, False]


def test_a_choice_for_color_profiles_that_there_is_not_is_refused(spots):
    with (spots / "dataset.toml").open("a") as file:
        file.write('profile = "srgb"\n')
    result = run("spots")
    assert result.exit_code == 1
    assert "profile must be convert or ignore" in " ".join(result.output.split())
