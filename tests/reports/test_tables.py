"""The table as it is read: what is bold, ordered, counted and marked, in every format."""

import json
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from psysal import __version__
from psysal.cli.tables import print_scores
from psysal.evaluation.profiles import PROFILES
from psysal.models.registry import MODELS
from psysal.reports.bibtex import bibtex, citation_key
from psysal.reports.figures import charts
from psysal.reports.files import report_files, write
from psysal.reports.html import html
from psysal.reports.latex import escape, latex
from psysal.reports.tables import DASH, grids, markdown

pd = pytest.importorskip("pandas")
pytest.importorskip("tabulate")

ROOT = Path(__file__).parents[2]
NAN = float("nan")
MEANS = {"sim": (0.7, 1.2), "deep": (0.8, 1.1), "center_bias": (0.9, 0.9)}
METRICS = ("auc", "kl")


def table(means=MEANS, metrics=METRICS, **columns):
    """Rows of a table; the first model is the reference."""
    reference = next(iter(means))
    rows = []
    for model, values in means.items():
        for metric, mean, zero in zip(metrics, values, means[reference], strict=True):
            change = NAN if model == reference else mean - zero
            rows.append(
                {"model": model, "metric": metric, "mean": mean, "low": mean - 0.05}
                | {"high": mean + 0.05, "images": 30, "left_out": 0, "difference": change}
                | {"difference_low": change - 0.02, "difference_high": change + 0.02}
            )
    return pd.DataFrame(rows).assign(**columns)


def about(models=MEANS, metrics=METRICS, **changed):
    return {
        "version": __version__, "dataset": "osie", "source": "OSIE: Xu et al. 2014", "ppd": 24.0,
        "profile": "exact", "metrics": list(metrics), "images": 30, "subjects": 5,
        "fixations": 900, "dropped": 0, "first": True, "without_fixations": [],
        "reference": next(iter(models)), "models": {name: f"{name}()" for name in models},
    } | changed  # fmt: skip


def several(metrics=METRICS, **columns):
    """The table of three data sets; on the last one the order is reversed."""
    reverse = {name: MEANS[other] for name, other in zip(MEANS, reversed(MEANS), strict=True)}
    parts = [
        table({name: values[: len(metrics)] for name, values in means.items()}, metrics).assign(
            dataset=name
        )
        for name, means in (("osie", MEANS), ("crowd", MEANS), ("a & b", reverse))
    ]
    whole = pd.concat(parts, ignore_index=True)
    ranks = {"sim": 2.5, "deep": 1.5, "center_bias": NAN}
    return whole.assign(mean_rank=whole.model.map(ranks), **columns)


def several_about(**changed):
    sets = [about(dataset=name) for name in ("osie", "crowd", "a & b")]
    return about(datasets=sets, dataset="osie, crowd, a & b", **changed)


def bold(text):
    return re.findall(r"\*\*(.*?)(?: \[.*?)?\*\*", text)


def names(text):
    return re.findall(r"^\| (\S+)", text, re.M)[1:]


def test_the_best_of_each_metric_is_bold_and_the_better_come_first():
    text = markdown(table(), about())
    assert names(text) == ["center_bias", "deep", "sim"]
    assert bold(text) == ["0.800", "1.100"]  # KL: lower is better; the baseline is never best


@pytest.mark.parametrize("how", ["column", "counts"])
def test_models_of_different_images_have_their_number_and_no_order(how, capsys, monkeypatch):
    """Maps of a model's ten best images beat nobody."""
    frame = table()
    if how == "column":  # as many images, but others
        frame["common"] = False
    frame.loc[frame.model == "deep", "images"] = 10
    text = markdown(frame, about())
    assert bold(text) == []
    assert names(text) == list(MEANS)
    assert len(re.findall(r", n = 30\b", text)) == 4
    assert len(re.findall(r", n = 10\b", text)) == 2
    tex = latex(frame, about())
    assert r"\textbf" not in tex
    assert (tex.count("$n=30$"), tex.count("$n=10$")) == (4, 2)
    assert "different images" in tex
    assert "10 to 30 images" in tex
    monkeypatch.setenv("COLUMNS", "80")
    print_scores(frame, about())
    out = capsys.readouterr().out
    assert out.count("n = 30") == 4
    assert "different images" in out
    assert "Bold" not in out
    page = html(frame, about(), [])
    body = page[page.index("<table") : page.index("</table>")]
    assert "<b>" not in body
    assert (body.count("30 images"), body.count("10 images")) == (4, 2)
    assert "none of them is called" in page
    assert "scores best" not in page
    assert "come first" not in page
    assert charts(frame[frame.metric == "auc"], about())[0].text.startswith("sim 0.700")


def test_a_metric_that_a_model_has_not_leaves_the_others_comparable():
    frame = table()
    frame.loc[(frame.model == "sim") & (frame.metric == "kl"), ["mean", "low", "high"]] = NAN
    frame.loc[(frame.model == "sim") & (frame.metric == "kl"), "images"] = 0
    assert bold(markdown(frame, about())) == ["0.800", "1.100"]
    assert "| n/a" in markdown(frame[(frame.model != "sim") | (frame.metric != "kl")], about())


def test_a_model_that_saw_the_set_is_marked_and_never_best():
    trained = {"deep": ["OSIE", "salicon"], "sim": []}
    text = markdown(table(), about(trained_on=trained))
    assert "| deep† " in text
    assert "† Trained on fixations: deep (OSIE, salicon)." in text
    assert bold(text) == ["0.700", "1.200"]
    elsewhere = markdown(table(), about(trained_on={"deep": ["salicon"]}))
    assert "| deep† " in elsewhere
    assert bold(elsewhere) == ["0.800", "1.100"]
    assert r"deep\textsuperscript{\dag} &" in latex(table(), about(trained_on=trained))


def test_marks_follow_adjusted_p_where_there_is_one():
    verdicts = {
        row.model: [c.verdict for c in row.cells] for row in grids(table(), about())[0].rows
    }
    assert verdicts == {"sim": [0, 0], "deep": [1, 1], "center_bias": [1, 1]}
    frame = table(p=[NAN, NAN, 0.04, 0.06, 0.2, 0.001])
    verdicts = {row.model: [c.verdict for c in row.cells] for row in grids(frame, about())[0].rows}
    assert verdicts == {"sim": [0, 0], "deep": [1, 0], "center_bias": [0, 1]}
    assert "corrected for the number of models" in html(frame, about(), [])


def test_several_sets_are_a_table_of_models_by_sets_for_each_metric():
    text = markdown(several(), several_about())
    assert text.count("| model") == 2
    assert text.startswith("auc ↑\n\n| model")
    head = text.splitlines()[2]
    assert [c.strip() for c in head.strip("|").split("|")] == [
        "model", "osie", "crowd", "a & b", "mean rank",
    ]  # fmt: skip
    first = text.split("kl ↓")[0]
    assert names(first) == ["deep", "sim", "center_bias"]  # by mean rank
    assert re.findall(r"(\S+) +\|$", first, re.M)[1:] == ["1.5", "2.5", DASH]
    assert sorted(bold(first)) == [
        "0.800",
        "0.800",
        "0.900",
    ]  # of "sim" where the order is reversed
    tex = latex(several(), several_about())
    assert tex.count(r"\begin{table}") == 2
    assert r"osie & crowd & a \& b & Mean rank \\" in tex
    page = html(several(), several_about(), [])
    assert page.count('<th scope="col">a &amp; b</th>') == 2
    assert page.count('<th scope="col">Mean rank</th>') == 2
    assert "models of lower mean rank come first" in page


def test_one_set_of_several_that_cannot_be_compared_has_no_best_and_the_others_have():
    frame = several()
    frame["common"] = frame.dataset != "crowd"
    assert len(bold(markdown(frame, several_about()))) == 4
    assert markdown(frame, several_about()).count(", n = 30") == 6


def test_figures_of_several_sets_are_files_of_their_own():
    files = [chart.file for chart in charts(several(("auc",)), several_about())]
    assert len(set(files)) == len(files) == 3 * 2
    assert "figures/bars-auc-a%20%26%20b.svg" in files


def test_a_terminal_of_80_columns_holds_every_table(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    metrics = tuple(PROFILES["exact"])
    long = {f"{'network_' * 6}{i}": (-0.1 * i,) * len(metrics) for i in range(3)}
    for frame, said in (
        (table(long, metrics), about(long, metrics)),
        (several(), several_about(trained_on={"sim": ["osie"]})),
    ):
        print_scores(frame, said)
        out = capsys.readouterr().out
        assert max(map(len, out.splitlines())) <= 80
        assert "…" not in out.replace("network_network…", "")
        for row in frame.itertuples():
            assert f"[{row.low:.3f}, {row.high:.3f}]".replace("-", "\N{MINUS SIGN}") in out
    assert "▲ better, ▼ worse than sim." in out
    assert "† Trained on fixations: sim (osie)." in out


SPECIAL = {
    "\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "[": "{[}", "]": "{]}",
    "*": "{*}",
} | {char: "\\" + char for char in "{}$&#_%"}  # fmt: skip


@pytest.mark.parametrize("char", [chr(code) for code in range(32, 127)])
def test_every_character_of_a_name_is_printed_by_latex(char):
    assert escape(f"a{char}b") == f"a{SPECIAL.get(char, char)}b"


@pytest.mark.parametrize(
    "name",
    [r"100%_$x^2$ & \input{/etc/passwd} #1 ~{a}", "[0.5] best", "* star", "é | 日本", "a\nb\x00c"],
)
def test_a_name_of_special_characters_breaks_no_table(name):
    means = {name: (0.7, 1.2), "other": (0.6, 1.3)}
    tex = latex(table(means), about(means))
    lines = tex.split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines()
    assert len(lines) == 4
    for line in lines:
        assert line.endswith(r" \\")
        assert not line.startswith(("[", "*"))  # which would belong to the line end before
        bare = re.sub(r"\\[a-z]+|\\[{}$&#_%]|\$[-a-z\\=0-9]*\$", "", line[:-3])
        assert bare.count("&") == 2
        assert not set(bare) & set("$#_%^~\\\0\n")
        assert bare.count("{") == bare.count("}")
    text = markdown(table(means), about(means))
    assert len(text.splitlines()) == 4
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 4 for line in text.splitlines())


def test_the_caption_says_what_was_measured():
    tex = latex(table(), about())
    for words in (
        "Fixations on osie, 30 images; psysal, profile exact.",
        r"95 \% interval (percentiles of 10,000 bootstrap samples of the images)",
        r"\usepackage{booktabs}",
        r"Model & AUC $\uparrow$ & KL $\downarrow$ \\",
        r"deep & \textbf{0.800} & \textbf{1.100} \\",
        r"{\scriptsize [0.750, 0.850]}",
    ):
        assert words in tex, words
    assert "(Student t)" in latex(table(), about(interval="Student t"))


def entries(text):
    """Fields of BibTeX entries, by key."""
    found = {}
    for kind, key, body in re.findall(r"^@(\w+)\{([\w-]+),\n(.*?)^\}", text, re.M | re.S):
        assert key not in found
        fields = dict(re.findall(r"^  (\w+) = \{(.*)\},$", body, re.M))
        assert len(fields) == len(body.splitlines())
        assert body.count("{") == body.count("}")
        found[key] = {"kind": kind} | fields
    return found


SHIPPED = (ROOT / "psysal/reports/references.bib").read_text("utf-8")


def papers():
    """Papers of all models, metrics and known data sets, with the DOI that they are given."""
    for info in MODELS.values():
        if info.paper:
            yield info.paper, info.doi
    sources = [m.reference for by_name in PROFILES.values() for m in by_name.values()]
    sets = tomllib.loads((ROOT / "psysal/gaze/datasets.toml").read_text("utf-8"))
    sources += [entry["layout"]["source"] for entry in sets.values()]
    for source in sources:
        doi = re.search(r"doi:(10\.[\w./:()-]*\w)", source)
        yield source, doi[1] if doi else ""


@pytest.mark.parametrize(("paper", "doi"), sorted(set(papers())))
def test_every_paper_has_an_entry_of_the_same_doi(paper, doi):
    entry = entries(SHIPPED)[citation_key(paper)]
    assert doi in ("", entry.get("doi"))
    assert entry["year"] in paper
    assert entry["author"]
    assert entry["title"]


def test_references_and_the_citation_file_agree():
    known = {re.sub(r"[{}]", "", e["title"]): e for e in entries(SHIPPED).values()}
    cff = (ROOT / "CITATION.cff").read_text("utf-8").split("references:")[1]
    for text in cff.split("  - type:")[1:]:
        entry = known[re.search(r'title: "(.*)"', text)[1]]
        assert f"year: {entry['year']}" in text
        assert re.findall("family-names: (.*?),", text) == [
            name.partition(",")[0] for name in entry["author"].split(" and ")
        ]
        if "doi" in entry:
            assert f"doi: {entry['doi']}" in text


def test_references_are_those_of_the_models_metrics_and_set_of_the_table():
    models = {"SIM": "Murray2011(windows=(13, 26))", "center_bias": "CenterBias(folds=5)",
              "mine": "PrecomputedMaps('x')", "murray2011_but_mine": "f"}  # fmt: skip
    found = entries(bibtex(about(metrics=["auc", "emd"]) | {"models": models}))
    assert set(found) == {
        "murray2011",
        "tatler2007",
        "tatler2005",
        "rubner2000",
        "xu2014",
        "psysal",
    }
    assert found["psysal"]["note"] == f"Version {__version__}"
    own = entries(bibtex(about(source="me & you_2, unpublished", dataset="a_b")))
    assert own["dataset1"]["note"] == r"me \& you\_2, unpublished"
    assert own["dataset1"]["title"] == r"a\_b"


def test_a_table_alone_makes_every_file_but_those_of_single_images(tmp_path):
    contents = report_files(table(), about())
    assert {name for name in contents if "/" not in name} == {
        "report.html", "table.csv", "table.json", "table.md", "table.tex", "references.bib",
    }  # fmt: skip
    told = json.loads(contents["table.json"])
    assert told["about"] == about()
    assert told["table"][0]["difference"] is None
    assert [row["mean"] for row in told["table"]] == [0.7, 1.2, 0.8, 1.1, 0.9, 0.9]
    page = contents["report.html"].decode()
    assert "<script" not in page
    for name in re.findall(r'href="([^#h][^"]*)"', page):
        assert name in contents, name
    write(tmp_path / "new", contents)
    assert (tmp_path / "new/figures/bars-auc.svg").read_text().startswith("<svg")
    assert np.isclose(pd.read_csv(tmp_path / "new/table.csv")["mean"].sum(), 5.6)
