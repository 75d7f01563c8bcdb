"""SQLite: changes together or not at all, and errors that name the file."""

import sqlite3
import threading
from contextlib import closing

import pytest

from psysal.sqlite import Database

TABLES = "create table numbers (n integer); create index sorted on numbers (n)"
RULES = {"numbers": "typeof(n) = 'integer'"}


def opened(path, **options):
    options = {"newest": 3, "timeout_s": 0.1, "tables": TABLES, "rules": RULES, **options}
    return Database(path, "a list", application_id=77, remedy="take it away", **options)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "50% of ?.db"


def numbers(path):
    with closing(opened(path)) as database:
        return [n for (n,) in database.execute("select n from numbers")]


def test_what_is_closed_is_there_and_what_fails_is_not(path):
    with closing(opened(path)) as database:
        assert database.version == 3
        database.execute("insert into numbers values (?)", 1)
        with database.transaction():
            database.execute_many("insert into numbers values (?)", [(2,), (3,)])

        def fails():
            with database.transaction("immediate"):
                database.execute("delete from numbers")
                raise KeyError

        with pytest.raises(KeyError):
            fails()
        database.execute("insert into numbers values (4)")
        assert database.value("select count(*) from numbers") == 4
        assert database.value("select n from numbers where n > 9") is None
    assert numbers(path) == [1, 2, 3, 4]
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_other_files_are_refused_and_left_as_they_were(path):
    with pytest.raises(OSError, match=r"could not be read or written \(unable to open"):
        opened(path, create=False)
    assert not path.exists()
    for content in ("words", "another's", "newer"):
        if content == "words":
            path.write_text("words" * 1000)
            message = r"a list was expected, found something else \(file is not a data.*; take it a"
        elif content == "another's":
            path.unlink()
            with closing(sqlite3.connect(path)) as other:
                other.execute("create table theirs (a)")
            message = r"a list was expected, found something else \(another program's\); take it aw"
        else:
            path.unlink()
            opened(path, newest=4).close()
            message = "is a list of version 4, this psysal reads 3; upgrade psysal"
        before = path.read_bytes()
        with pytest.raises(ValueError, match=message):
            opened(path)
        assert path.read_bytes() == before


def test_only_one_writes_and_who_keeps_all_others_out_does(path):
    message = "another process writes there; wait until it is done"
    with (
        closing(opened(path)) as one,
        closing(opened(path)) as two,
        one.transaction("immediate"),
        pytest.raises(OSError, match=message),
    ):
        two.execute("insert into numbers values (1)")
    with closing(opened(path, exclusive=True)) as one:
        with one.transaction():
            one.execute("insert into numbers values (1)")
        with pytest.raises(OSError, match=message):
            opened(path)
    assert numbers(path) == [1]


def test_who_is_closed_or_in_another_thread_is_told(path):
    database = opened(path)
    errors = []

    def elsewhere():
        try:
            database.value("select 1")
        except ValueError as error:
            errors.append(str(error))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    for _ in range(2):
        database.close()
    for use in (database.value, database.execute):
        with pytest.raises(ValueError, match=r"is closed, or another thread's .*; open it again"):
            use("select 1")
    assert "is closed, or another thread's" in errors[0]
