"""Log of scores: one that was changed is refused, and left as it was."""

import json
import zlib

import pytest
from support.damage import altered, damaged, outcome

from psysal.evaluation.score_log import VERSION, ScoreLog

ABOUT = {"dataset": "spots", "metrics": ["auc", "nss"]}
RECORDS = [
    {"model": "m", "image": f"{i}.png", "fixations": i, "values": {"auc": 0.5 + i / 99, "nss": v},
     "problem": ""}
    for i, v in enumerate([1.25, float("nan"), -1e-300, 3])
]  # fmt: skip


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "scores.jsonl"
    with reopening(path) as log:
        for record in RECORDS:
            log.add(record)
    return path


def reopening(path):
    return ScoreLog(path, ABOUT, {"m": "Model()"})


def reopened(path):
    with reopening(path) as log:
        return log.records


def test_scores_come_back_to_the_last_bit(path):
    assert repr([*reopened(path).values()]) == repr(RECORDS)


def test_whatever_is_changed_is_refused_or_scored_again_and_left_as_it_was(path):
    data = path.read_bytes()
    right = {repr(record) for record in RECORDS}
    refused = 0
    for what, content in damaged(data, flips=300):
        path.write_bytes(content)
        records, refusal = outcome(reopened, path)
        if refusal:
            refused += 1
            assert path.read_bytes() == content, what
            assert refusal.startswith(f"{path}: "), what
            assert refusal.endswith("; choose another folder, or remove it"), what
        else:
            assert {repr(record) for record in records.values()} <= right, what
    assert refused > 290


def test_a_fitting_checksum_does_not_excuse_other_values(path):
    header, first, *_ = path.read_bytes().split(b"\n")
    record = json.loads(first)
    del record["checksum"]
    for what, value in altered(record):
        text = json.dumps(value)[:-1].encode()
        path.write_bytes(header + b"\n" + text + b', "checksum": %d}\n' % zlib.crc32(text))
        records, refusal = outcome(reopened, path)
        if refusal:
            assert "line 2: a score as it was written was expected" in refusal, what
        else:
            for kept in records.values():
                assert kept.keys() == RECORDS[0].keys(), what
                assert isinstance(kept["fixations"], int), what
                assert all(isinstance(v, (int, float)) for v in kept["values"].values()), what


@pytest.mark.parametrize("version", [1, 2, VERSION + 1, "2", None, float("nan")])
def test_another_version_is_named(path, version):
    path.write_text(json.dumps({"psysal scores": version, **ABOUT}) + "\n")
    with pytest.raises(ValueError, match=f"of version .*, this psysal goes on from .* {VERSION};"):
        reopened(path)


def test_a_full_disk_is_said_and_what_was_written_stays(path, monkeypatch):
    with reopening(path) as log, open("/dev/full", "wb", buffering=0) as full:
        monkeypatch.setattr(log, "_file", full)
        with pytest.raises(OSError, match=r"could not be written \(No space left.*make room and"):
            log.add({**RECORDS[0], "image": "new.png"})
        monkeypatch.undo()
    assert len(reopened(path)) == len(RECORDS)
