"""The state of a run: what was changed in its file is refused, and left as it was."""

import sqlite3
import time
from contextlib import closing

import pytest
from support.damage import damaged, outcome

from psysal.archive.manifest import write_manifest
from psysal.archive.run_database import MapRecord, RunDatabase, Target
from psysal.archive.task import shares_map

SETTINGS = '{"model": "m", "version": "1", "parameters": {"format": "npy"}}'


def target(n):
    return Target(f"{n}.npy", (f"{n}.npy", f"{n}.json"))


def record(n, database):
    database.claim(f"/photos/{n}.jpg", target(n))
    columns = {"rows": 3, "cols": 4, "sha256": "sum", "confidence": 0.5}
    database.done(f"/photos/{n}.jpg", target(n), MapRecord((9, 5), "v", (columns,), 0.5))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "manifest.db"
    with closing(RunDatabase(path, SETTINGS)) as database:
        for n in range(20):
            record(n, database)
        database.claim("/photos/half.jpg", target("half"))
        database.failed("/photos/bad.jpg", "bad.npy", "is empty")
        database.packing("1")
    return path


def everything(path):
    """All that a run asks of its state."""
    with closing(RunDatabase(path, SETTINGS)) as database:
        entries = [database.entry(f"/photos/{n}.jpg", target(n)) for n in (*range(20), "half")]
        for n in (3, "bad"):
            database.owner(f"/photos/{n}.jpg", target(2))
            database.other_files(f"/photos/{n}.jpg", target(2))
        database.above_or_below("3.npy/x")
        database.packed("2")
        [*database.unpacked()], [*database.folders()]
        write_manifest(path.with_suffix(".jsonl"), database)
        return entries


def test_whatever_is_changed_is_refused_and_left_as_it_was_or_read(path):
    data, refused = path.read_bytes(), 0
    for what, content in damaged(data, flips=150):
        if what == "emptied":
            continue  # is one that begins
        for name in ("manifest.db-wal", "manifest.db-shm"):
            path.with_name(name).unlink(missing_ok=True)
        path.write_bytes(content)
        entries, refusal = outcome(everything, path)
        if refusal:
            refused += 1
            assert str(path) in refusal, what
            assert path.read_bytes() == content, what
        else:
            assert {entry.status for entry in entries} <= {"done", "begun", "failed", "new"}, what
    assert refused > 20


DEEP = '{"a": ' + "[" * 990 + "]" * 990 + "}"  # SQLite takes it for JSON, Python may not


def test_settings_nested_too_deep_are_said():
    with pytest.raises(ValueError, match="it is nested too deep"):
        shares_map("[" * 10_000, "{}")


@pytest.mark.parametrize(
    "change",
    [
        "update photographs set source = 'text' where id = 3",
        "update photographs set output = null where id = 3",
        "update photographs set run = 'one'",
        "update photographs set status = 'dome'",
        "update photographs set settings = 'x'",
        "update photographs set finished = x'00'",
        "update photographs set packed = x'00'",
        "update photographs set crops = x'00'",
        "update photographs set crops = 'no json'",
        "update photographs set crops = '{}'",
        "update photographs set crops = '[1]'",
        "update photographs set crops = '[{\"output\": 1}]'",
        "update files set name = 'text' where name = cast('3.npy' as blob)",
        "update files set size = 'nine'",
        "update settings set text = 'no json'",
        "update settings set text = '[1]'",
        "update settings set text = '{\"parameters\": [1]}'",
        f"update settings set text = '{'[' * 5000}'",
        f"update settings set text = '{DEEP}'",
        "update packing set before = null",
        "drop index names",
        "drop table packing",
        "create view photographs2 as select 1",
        "create trigger t after update on photographs begin delete from photographs; end",
        "alter table photographs drop column remark",
        "pragma application_id = 7",
        "pragma user_version = 3",
        "pragma user_version = -1",
    ],
)
def test_whatever_it_says_that_cannot_be_is_refused(path, change):
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(change)
    before = path.read_bytes()
    _, refusal = outcome(everything, path)
    assert refusal
    assert str(path) in refusal
    assert path.read_bytes() == before


def test_a_full_disk_is_said_and_what_was_written_stays(path):
    """As SQLite says it of a file that may have no more pages."""
    with closing(RunDatabase(path, SETTINGS)) as database:
        pages = database.value("pragma page_count")
        database.execute(f"pragma max_page_count = {pages}")

        def fill():
            for n in range(100, 10_000):
                record(n, database)

        with pytest.raises(OSError, match=r"could not be written \(the disk is full\); make room"):
            fill()
        written = database.value("select count(*) from photographs where status = 'done'")
    with closing(RunDatabase(path, SETTINGS)) as database:
        assert database.value("select count(*) from photographs where status = 'done'") == written
        assert database.entry("/photos/3.jpg", target(3)).status == "done"
        record("new", database)


def test_a_clock_that_jumps_back_an_hour_changes_no_state(path, monkeypatch):
    before = everything(path)
    now = time.gmtime

    monkeypatch.setattr(time, "gmtime", lambda: now(time.time() - 3600))
    with closing(RunDatabase(path, SETTINGS)) as database:
        record("later", database)
        database.keep("/photos/3.jpg", target(3))
        assert database.entry("/photos/later.jpg", target("later")).in_run
        assert database.entry("/photos/3.jpg", target(3)).in_run
        assert not database.entry("/photos/4.jpg", target(4)).in_run
    after = everything(path)
    for key in ("status", "claimed", "version", "sizes"):
        assert [getattr(e, key) for e in after] == [getattr(e, key) for e in before]
