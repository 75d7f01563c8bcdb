"""An index that was changed is refused, and left as it was; one that is whole finds the same."""

import shutil
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from support.damage import damaged, outcome

from psysal.retrieval.index import Index

QUERIES = np.eye(4)[:2] + 0.1


@pytest.fixture
def folder(tmp_path):
    """An index with names that went, vectors of zeros, and versions."""
    folder, rng = tmp_path / "index", np.random.default_rng(0)
    with Index.create(folder, 4, metadata={"of": "noise", "steps": [1, 2]}) as index:
        index.add([f"day 1/{n}.jpg" for n in range(20)], rng.normal(size=(20, 4)), ["1"] * 20)
        index.add(["day 1/3.jpg", "zero"], [[1, 2, 3, 4], [0, 0, 0, 0]])
        index.remove(["day 1/7.jpg"])
    return folder


def answers(folder):
    with Index(folder) as index:
        return index.names, index.metadata, index.engine, index.search(QUERIES, 50)


@pytest.mark.parametrize("name", ["index.sqlite", "vectors-0.f32"])
def test_whatever_is_changed_is_refused_and_left_as_it_was(folder, name):
    right, path = answers(folder), folder / name
    data, refused = path.read_bytes(), 0
    for what, content in damaged(data, flips=150):
        path.write_bytes(content)
        found, refusal = outcome(answers, folder)
        assert refusal or found == right, what
        assert path.read_bytes() == content, what
        refused += refusal is not None
        assert sorted(each.name for each in folder.iterdir()) == ["index.sqlite", "vectors-0.f32"]
    assert refused > (25 if name == "index.sqlite" else 156)


@pytest.mark.parametrize("engine", ["flat", "ivfpq"])
def test_every_engine_looks_at_the_checksum(tmp_path, engine):
    pytest.importorskip("faiss")
    with Index.create(tmp_path / "index", 2, engine=engine) as index:
        index.add(["a", "b"], np.eye(2))
    vectors = tmp_path / "index" / "vectors-0.f32"
    vectors.write_bytes((-np.eye(2, dtype=np.float32)).tobytes())
    with pytest.raises(ValueError, match=r"vectors-0.f32 was changed since it was written; bring"):
        Index(tmp_path / "index")


@pytest.mark.parametrize(
    "change",
    [
        "update header set dimension = 2",
        "update header set dimension = -4",
        "update header set dimension = 'four'",
        "update header set dimension = 1000000000000",
        "update header set engine = 'fast'",
        "update header set about = '{}'",
        "update header set about = '[1]'",
        f"update header set about = '{'[' * 500 + ']' * 500}'",
        "update header set generation = null",
        "update header set generation = 1",
        "update header set checksum = 'x'",
        "delete from header",
        "insert into header select * from header",
        "update rows set name = 'text' where row = 2",
        "update rows set name = null where row = 2",
        "update rows set alive = 2 where row = 2",
        "update rows set row = -1 where row = 2",
        "insert into rows values (1000000000000, x'00', null, 1, 0)",
        "delete from rows where row = 21",
        "drop table rows",
        "drop index names",
        "create table theirs (a)",
        "create trigger t after update on rows begin delete from rows; end",
        "alter table header drop column checksum",
        "pragma user_version = 3",
        "pragma application_id = 3",
    ],
)
def test_whatever_a_database_says_that_cannot_be_is_refused(folder, change):
    path = folder / "index.sqlite"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(change)
    before = path.read_bytes()
    _, refusal = outcome(answers, folder)
    assert refusal
    assert str(folder) in refusal
    assert path.read_bytes() == before


def test_an_index_without_a_checksum_gets_one(folder, tmp_path):
    right = answers(folder)
    with closing(sqlite3.connect(folder / "index.sqlite")) as database, database:
        database.execute("alter table header drop column checksum")
        database.execute("pragma user_version = 1")
    shutil.copytree(folder, tmp_path / "cut")
    (tmp_path / "cut" / "vectors-0.f32").write_bytes(b"")
    with pytest.raises(ValueError, match=r"vectors-0.f32 must have 352 bytes"):
        Index(tmp_path / "cut")
    assert [match.name for match in answers(folder)[3][0]] == [m.name for m in right[3][0]]
    (folder / "vectors-0.f32").write_bytes(bytes(352))
    with pytest.raises(ValueError, match="was changed since it was written"):
        Index(folder)


def test_a_writer_and_a_reader_agree_on_the_checksum(folder):
    with Index(folder) as reader, Index(folder) as writer:
        for n in range(3):
            writer.add([f"more {n}"], [[n, 1, 0, 0]])
            assert len(reader.search(QUERIES, 100)[0]) == 20 + n
            assert f"more {n}" in reader.names
        writer.remove(writer.names[:15])  # moves the rest to new files
        assert len(reader.search(QUERIES, 100)[0]) == 7
    assert len(answers(folder)[0]) == 8
