"""What became of every photograph of a run: kept on disk, however large the archive.

Place: beside the runs of :mod:`psysal.archive.batch`.  One SQLite file that one run holds at
a time; every change is in it at once and survives the death of the process.  A run that
starts again asks it what is done.  Out of it comes the manifest, for people and programs.

A file is named by its path below the output, as bytes, since names may be no text.
"""

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from psysal import files
from psysal.optional import require

__all__ = ["COLUMNS", "MANIFESTS", "Ledger", "Made", "Row", "Target"]

MANIFESTS = (".jsonl", ".parquet")
"""What a manifest ends with."""

COLUMNS = (
    *("source", "output", "status", "error", "remark", "rows", "cols", "bytes", "sha256"),
    *("seconds", "finished", "model", "version", "parameters"),
)
"""What a manifest tells: ``output`` is the map's path below the output, ``seconds`` the time of
reading, mapping and writing, ``finished`` when, in UTC, and the last three how."""

TABLES = """
    create table recipes (id integer primary key, text unique);
    create table items (
        id integer primary key, source blob, name blob, run integer, status text,
        claimed integer default 0, recipe integer, stamp text, checksum text,
        rows integer, cols integer, seconds real, finished text, remark text, error text,
        packed text, unique (source, name)
    );
    create table files (name blob primary key, item integer, size integer) without rowid;
    create index owners on files (item);
    create index names on items (name);
    create table packing (before text);
"""
TOGETHER = 1000  # changes that wait for others at most
KIND = 0x7073616C  # what SQLite's header calls the application


@dataclass(frozen=True)
class Target:
    """What a photograph is mapped to, below the output: a name, and the files it takes."""

    name: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Made:
    """What is known of a map that was made.

    ``sizes`` are the bytes of its files in their order, ``stamp`` is the photograph's when it
    was read, ``checksum`` the SHA-256 of the first file.
    """

    sizes: tuple[int, ...]
    stamp: str
    checksum: str
    rows: int
    cols: int
    seconds: float
    remark: str = ""


@dataclass(frozen=True)
class Row:
    """What the ledger has of a photograph's files.

    ``recipe``, ``stamp`` and ``sizes`` are of the last time they were written; ``claimed``
    tells that a run was about to write them, or did so in part, and did not come back.
    """

    status: str
    claimed: bool
    recipe: str | None
    stamp: str | None
    sizes: tuple[int | None, ...]
    packed: str | None


class Ledger:
    """The state of an output folder or store.

    Parameters
    ----------
    path : path
        The file; made if it is absent.
    recipe : str
        How maps are made now, as JSON.

    Raises
    ------
    ValueError
        The file is something else.
    OSError
        It cannot be read or written, or another run holds it.
    """

    def __init__(self, path: str | os.PathLike[str], recipe: str) -> None:
        self.path = Path(path)
        with self._told():
            self._db = sqlite3.connect(self.path, timeout=1, isolation_level=None)
            try:
                self._open(recipe)
            except BaseException:
                self._db.close()
                raise

    def _open(self, recipe: str) -> None:
        do = self._db.execute
        do("pragma locking_mode = exclusive")  # the one run, until it ends or dies
        kind = do("pragma application_id").fetchone()[0]
        new = kind == 0 and not do("select 1 from sqlite_master").fetchone()
        if not new and kind != KIND:
            raise sqlite3.DatabaseError("another program's")
        do("pragma journal_mode = wal")
        do("pragma synchronous = normal")
        do("begin immediate")
        if new:
            do(f"pragma application_id = {KIND}")
            for statement in TABLES.split(";"):
                do(statement)
        do("insert or ignore into recipes (text) values (?)", (recipe,))
        self._recipe = do("select id from recipes where text = ?", (recipe,)).fetchone()[0]
        self._waiting = 0
        self._run = do("select coalesce(max(run), 0) + 1 from items").fetchone()[0]
        do("commit")
        self.recipe = recipe

    @contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's errors as sentences."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._sentence(error) from None

    def _sentence(self, error: sqlite3.Error) -> Exception:
        text = str(error)
        if "locked" in text:
            return OSError(
                f"{self.path}: is held by another run that writes here; wait until it ends"
            )
        if "disk is full" in text:
            return OSError(
                f"{self.path}: could not be written (the disk is full); make room, "
                "and the same command goes on"
            )
        if isinstance(error, sqlite3.OperationalError):
            return OSError(f"{self.path}: could not be written ({text})")
        return ValueError(
            f"{self.path}: the state of a run was expected, found something else ({text}); "
            "take it away"
        )

    def row(self, source: str, target: Target) -> Row | None:
        """What is known of a photograph and its files; None if it is new."""
        found = self._do(
            "select status, claimed, text, stamp, packed, files.name, size from items "
            "left join recipes on recipe = recipes.id left join files on item = items.id "
            "where source = ? and items.name = ?",
            *(os.fsencode(source), os.fsencode(target.name)),
        ).fetchall()
        if not found:
            return None
        status, claimed, recipe, stamp, packed = found[0][:5]
        known = {name: size for *_, name, size in found}
        sizes = tuple(known.get(os.fsencode(name)) for name in target.files)
        return Row(status, bool(claimed), recipe, stamp, sizes, packed)

    def met(self, source: str) -> bool:
        """Whether this run has come to the photograph already."""
        statement = "select 1 from items where source = ? and run = ?"
        return self._do(statement, os.fsencode(source), self._run).fetchone() is not None

    def keep(self, source: str, target: Target) -> bool:
        """Note that the run has come to a photograph whose map stays; False if it had before.

        This is not on disk at once, as a run that goes on comes to it anew.
        """
        with self._whole(at_once=False):
            found = self._do(
                "update items set run = ? where source = ? and name = ? and run != ?",
                *(self._run, os.fsencode(source), os.fsencode(target.name), self._run),
            )
        return found.rowcount > 0

    def claim(self, source: str, target: Target, *, take: bool = False) -> str | None:
        """Note that the run maps a photograph: files found there from now on are its own.

        Parameters
        ----------
        source : str
            Its absolute path or address.
        target : Target
            What it is mapped to.
        take : bool
            Files of another photograph change hands, unless the run has met that too.

        Returns
        -------
        str or None
            None if it is noted, else the other photograph that one of the files belongs to.
        """
        with self._whole():
            if owner := self.owner(source, target, take=take):
                return owner
            item = self._item(source, target.name)
            self._do(
                "update items set run = ?, status = 'begun', claimed = 1 where id = ?",
                *(self._run, item),
            )
            for name in target.files:
                self._do(
                    "insert into files (name, item) values (?, ?) "
                    "on conflict (name) do update set item = excluded.item",
                    *(os.fsencode(name), item),
                )
        return None

    def owner(self, source: str, target: Target, *, take: bool = False) -> str | None:
        """The other photograph that one of the files belongs to, as :meth:`claim` tells it."""
        for name in target.files:
            found = self._do(
                "select source, run from files join items on item = id where files.name = ?",
                os.fsencode(name),
            ).fetchone()
            if found and found[0] != os.fsencode(source) and (found[1] == self._run or not take):
                return os.fsdecode(found[0])
        return None

    def above_or_below(self, name: str) -> str | None:
        """Another item whose name is that of a folder of this one, or the other way round."""
        parts = name.split("/")
        above = [os.fsencode("/".join(parts[:i])) for i in range(1, len(parts))]
        below = os.fsencode(name + "/"), os.fsencode(name + "0")  # "0" follows "/"
        found = self._do(
            "select name from items where name > ? and name < ? "
            f"or name in ({', '.join('?' * len(above))}) limit 1",
            *(*below, *above),
        ).fetchone()
        return os.fsdecode(found[0]) if found else None

    def done(self, source: str, target: Target, made: Made) -> None:
        """The files of a claimed photograph are written."""
        with self._whole():
            item = self._item(source, target.name)
            self._do(
                "update items set status = 'done', claimed = 0, recipe = ?, stamp = ?, "
                "checksum = ?, rows = ?, cols = ?, seconds = ?, finished = ?, remark = ?, "
                "error = null, packed = null where id = ?",
                *(self._recipe, made.stamp, made.checksum, made.rows, made.cols, made.seconds),
                *(_now(), made.remark or None, item),
            )
            for name, size in zip(target.files, made.sizes, strict=True):
                self._do("update files set size = ? where name = ?", size, os.fsencode(name))

    def failed(self, source: str, name: str, error: str, *, partly: bool = False) -> None:
        """There is no new map, and ``error`` says why; ``partly``: some files may be new."""
        with self._whole():
            item = self._item(source, name)
            self._do(
                "update items set status = 'failed', claimed = ?, run = ?, finished = ?, "
                "error = ? where id = ?",
                *(partly, self._run, _now(), error, item),
            )

    def unpacked(self) -> Iterator[str]:
        """The names of maps that are done and in no store yet."""
        found = self._do("select name from items where status = 'done' and packed is null")
        return (os.fsdecode(name) for (name,) in found)

    def folders(self) -> Iterator[str]:
        """Those of the files that this run has come to; the same one may come again."""
        found = self._do(
            "select files.name from files join items on item = id where run = ? "
            "order by files.name",
            self._run,
        )
        last = None
        for (name,) in found:
            if last != (last := os.path.dirname(name)):
                yield os.fsdecode(last)

    def has(self, name: str) -> bool:
        """Whether a file is that of a photograph."""
        found = self._do("select 1 from files where name = ?", os.fsencode(name))
        return found.fetchone() is not None

    def refused(self, name: str, error: str) -> None:
        """A map that is done could not be put into the store."""
        with self._whole():
            self._do(
                "update items set status = 'failed', claimed = 1, error = ? "
                "where name = ? and status = 'done'",
                *(error, os.fsencode(name)),
            )

    def packing(self, before: str | None) -> None:
        """They are about to be put into the store, whose stamp is this; None: it is not there."""
        with self._whole():
            self._do("insert into packing values (?)", before or "")

    def packed(self, now: str | None) -> None:
        """If the store changed since :meth:`packing`, what was to be put into it is there."""
        with self._whole():
            for (before,) in self._do("select before from packing").fetchall():
                if now and now != before:
                    self._do(
                        "update items set packed = ? "
                        "where status = 'done' and packed is null or packed = ?",
                        *(now, before),
                    )
            self._do("delete from packing")

    def has_packed(self, stamp: str) -> bool:
        """Whether a store of this stamp is as it was written."""
        return self._do("select 1 from items where packed = ?", stamp).fetchone() is not None

    def write_manifest(self, path: Path) -> None:
        """A line or row for every item, in the order they came; whole or not at all.

        Raises
        ------
        ImportError
            It ends in .parquet, and pyarrow is not installed.
        OSError
            It cannot be written; what was there before is still there.
        """
        write = _write_parquet if path.suffix.lower() == ".parquet" else _write_lines
        try:
            with files.draft(path, overwrite=True) as new:
                write(new, self._records())
        except OSError as error:
            raise OSError(f"{path}: could not be written ({error.strerror or error})") from None

    def _records(self) -> Iterator[dict[str, Any]]:
        found = self._do(
            "select source, name, status, error, remark, rows, cols, "
            "(select sum(size) from files where item = items.id), checksum, seconds, finished, "
            "text from items left join recipes on recipe = recipes.id order by items.id"
        )
        for source, name, *told, recipe in found:
            values = [_text(source), _text(name), *told, *_how(recipe)]
            yield dict(zip(COLUMNS, values, strict=True))

    def close(self) -> None:
        """Let go of the file; what was noted is in it."""
        try:
            if self._db.in_transaction:
                self._do("commit")
        finally:
            self._db.close()

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _item(self, source: str, name: str) -> int:
        key = os.fsencode(source), os.fsencode(name)
        find = "select id from items where source = ? and name = ?"
        if (found := self._do(find, *key).fetchone()) is None:
            self._do("insert into items (source, name) values (?, ?)", *key)
            found = self._do(find, *key).fetchone()
        return int(found[0])

    def _do(self, statement: str, *values: Any) -> sqlite3.Cursor:
        try:  # not the context manager, which takes as long as a short statement
            return self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise self._sentence(error) from None

    @contextmanager
    def _whole(self, *, at_once: bool = True) -> Iterator[None]:
        """Changes that are made together; on disk with the next that are ``at_once``."""
        if not self._db.in_transaction:
            self._do("begin")
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):
                self._db.execute("rollback")
            raise
        self._waiting = 0 if at_once else self._waiting + 1
        if self._waiting % TOGETHER == 0:
            self._do("commit")


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


@lru_cache(8)
def _how(recipe: str | None) -> tuple[Any, ...]:
    made = json.loads(recipe) if recipe else {}
    return tuple(made.get(key) for key in COLUMNS[-3:])


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def _write_lines(path: Path, records: Iterator[dict[str, Any]]) -> None:
    encode = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps makes one for each line
    with path.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(encode(record) + "\n")


def _write_parquet(path: Path, records: Iterator[dict[str, Any]]) -> None:
    arrow = require("pyarrow")
    parquet = require("pyarrow.parquet")
    numbers = {"rows": arrow.int32(), "cols": arrow.int32(), "bytes": arrow.int64()}
    kinds = {name: arrow.string() for name in COLUMNS} | numbers | {"seconds": arrow.float64()}
    schema = arrow.schema(kinds.items())
    with parquet.ParquetWriter(path, schema) as file:
        while some := list(islice(records, 10_000)):
            for record in some:
                record["parameters"] = json.dumps(record["parameters"])
            file.write_table(arrow.Table.from_pylist(some, schema))
