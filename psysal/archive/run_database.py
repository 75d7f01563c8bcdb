"""State of a run on disk: what became of every photograph, however large the archive.

Place: below the runs of :mod:`psysal.archive.batch`.  One SQLite file that one run holds at a
time; every change is in it at once and survives the death of the process.  A run that starts
again asks it what is done.  Out of it comes the manifest.

Files are named by their paths below the output, as bytes, since names may be no text.
"""

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from psysal import files
from psysal.sqlite import Database

__all__: list[str] = []

VERSION = 2  # of the tables
APPLICATION_ID = 0x7073616C
KEPT_PER_COMMIT = 1000
UTC = "%Y-%m-%dT%H:%M:%SZ"
TABLES = """
    create table settings (id integer primary key, text unique);
    create table photographs (
        id integer primary key, source blob, output blob, run integer, status text,
        claimed integer default 0, settings integer, version text, checksum text,
        rows integer, cols integer, seconds real, finished text, remark text, error text,
        packed text, crops text, unique (source, output)
    );
    create table files (name blob primary key, photograph integer, size) without rowid;
    create index owners on files (photograph);
    create index names on photographs (output);
    create table packing (before text);
"""
RULES = {
    "settings": "typeof(text) = 'text' and json_valid(text) and json_type(text) = 'object' "
    "and ifnull(json_type(text, '$.parameters'), 'object') = 'object' "
    "and not exists (select 1 from json_tree(text) where length(fullkey) > 500)",  # of deep JSON
    "photographs": """
        typeof(source) = 'blob' and typeof(output) = 'blob' and typeof(run) = 'integer'
        and status in ('begun', 'done', 'failed') and typeof(claimed) = 'integer'
        and typeof(settings) in ('integer', 'null') and typeof(version) in ('text', 'null')
        and typeof(checksum) in ('text', 'null') and typeof(finished) in ('text', 'null')
        and typeof(rows) in ('integer', 'null') and typeof(cols) in ('integer', 'null')
        and typeof(seconds) in ('real', 'integer', 'null') and typeof(remark) in ('text', 'null')
        and typeof(error) in ('text', 'null') and typeof(packed) in ('text', 'null')
        and (crops is null or typeof(crops) = 'text' and json_valid(crops)
            and json_type(crops) = 'array'
            and not exists (select 1 from json_each(crops) where type != 'object'
                or json_type(value, '$.output') is not 'text'))
    """,
    "files": "typeof(name) = 'blob' and typeof(photograph) = 'integer' "
    "and typeof(size) in ('integer', 'null')",
    "packing": "typeof(before) = 'text'",
}
FROM_VERSION_0 = """
    alter table recipes rename to settings;
    alter table items rename to photographs;
    alter table photographs rename column name to output;
    alter table photographs rename column recipe to settings;
    alter table photographs rename column stamp to version;
    alter table files rename column item to photograph;
    update photographs set version = null;
    pragma user_version = 1
"""
"""No version of a photograph is known any more, so that it is mapped anew."""
FROM_VERSION_1 = """
    alter table photographs add column crops text;
    update photographs set version = null where settings in
        (select id from settings where json_type(text, '$.parameters.sizes') = 'array');
    pragma user_version = 2
"""
"""Crops, whose numbers are not known, are made anew."""


class Target(NamedTuple):
    """Name of a map below the output, and the files that it takes."""

    name: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class MapRecord:
    """A map that was made.

    Attributes
    ----------
    sizes : tuple of int
        Bytes of its files, in their order.
    version : str
        Of the photograph when it was read.
    columns : tuple of dict
        Columns of the manifest for the map, or for each of the crops, which are the first files:
        rows, cols, sha256; and of a crop its window and confidence.
    seconds : float
        Time of reading, mapping and writing.
    remark : str
        What was done to the photograph, as transparency that was composited.
    """

    sizes: tuple[int, ...]
    version: str
    columns: tuple[dict[str, Any], ...]
    seconds: float
    remark: str = ""


class Entry(NamedTuple):
    """State of a photograph's files.

    Attributes
    ----------
    status : "new", "begun", "done" or "failed"
    in_run : bool
        This run has come to the photograph already, perhaps for another map.
    claimed : bool
        A run was about to write the files, or wrote some of them, and did not come back.
    settings, version : str or None
        Settings and version of the photograph, when the files were written.
    packed : str or None
        Version of the store that the map is in.
    sizes : list of int or None
        Bytes of the files when they were written.
    """

    status: str
    in_run: bool
    claimed: bool
    settings: str | None
    version: str | None
    packed: str | None
    sizes: list[int | None]


class RunDatabase(Database):
    """State of an output folder or store, held by one run until it is closed.

    Parameters
    ----------
    path : path
        The file; made if it is absent.
    settings : str
        How maps are made now, as JSON.
    on_warning : callable, optional
        Called with a sentence if an earlier version of psysal made the file.

    Raises
    ------
    ValueError
        The file is something else, or a newer psysal made it.
    OSError
        It cannot be read or written, or another run holds it.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        settings: str,
        on_warning: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        super().__init__(
            path,
            "the state of a run",
            application_id=APPLICATION_ID,
            newest=VERSION,
            tables=TABLES,
            rules=RULES,
            remedy="take it away",
            timeout_s=1,
            exclusive=True,
        )
        try:
            anew = 0
            if self.version < VERSION:
                with self.transaction("immediate"):
                    for statements in (FROM_VERSION_0, FROM_VERSION_1)[self.version :]:
                        for statement in statements.split(";"):
                            anew += max(0, self.execute(statement).rowcount)
                    self.check()
            self.execute("pragma journal_mode = wal")
            self.execute("pragma synchronous = normal")
            with self.transaction("immediate"):
                self.execute("insert or ignore into settings (text) values (?)", settings)
            self._settings = self.value("select id from settings where text = ?", settings)
            self._run = self.value("select coalesce(max(run), 0) + 1 from photographs")
        except BaseException:
            self.close()
            raise
        self.settings = settings
        self._kept = 0
        if anew:
            made = "crops are made" if self.version else "photographs are mapped"
            on_warning(f"{path}: was written by an earlier version of psysal; its {made} anew")

    def entry(self, source: str, target: Target) -> Entry:
        """State of a photograph's files."""
        rows = self.execute(
            "select output, run, status, claimed, text, version, packed, files.name, size "
            "from photographs left join settings on settings = settings.id "
            "left join files on photograph = photographs.id where source = ?",
            os.fsencode(source),
        ).fetchall()
        in_run = any(run == self._run for _, run, *_ in rows)
        rows = [row[2:] for row in rows if row[0] == os.fsencode(target.name)]
        status, claimed, settings, version, packed = (
            rows[0][:5] if rows else ("new", 0, None, None, None)
        )
        known = {name: size for *_, name, size in rows}
        sizes = [known.get(os.fsencode(name)) for name in target.files]
        return Entry(status, in_run, bool(claimed), settings, version, packed, sizes)

    def keep(self, source: str, target: Target) -> None:
        """Note that the run has come to a photograph whose map stays.

        This is not on disk at once, as a run that goes on comes to it anew.
        """
        self.execute(
            "update photographs set run = ? where source = ? and output = ?",
            *(self._run, os.fsencode(source), os.fsencode(target.name)),
        )
        self._kept += 1
        if self._kept % KEPT_PER_COMMIT == 0:
            self.execute("commit")

    def owner(self, source: str, target: Target) -> tuple[str, bool] | None:
        """Another photograph that one of the files belongs to, and True if this run has met it.

        None if there is no such; rather one that this run has met.
        """
        row = self.execute(
            "select source, run = ? from files join photographs on photograph = id "
            f"where files.name in ({', '.join('?' * len(target.files))}) and source != ? "
            "order by run = ? desc limit 1",
            *(self._run, *map(os.fsencode, target.files), os.fsencode(source), self._run),
        ).fetchone()
        return (os.fsdecode(row[0]), bool(row[1])) if row else None

    def above_or_below(self, name: str) -> str | None:
        """Another map whose name is that of a folder of this one, or the other way round."""
        parts = name.split("/")
        above = [os.fsencode("/".join(parts[:i])) for i in range(1, len(parts))]
        below = os.fsencode(name + "/"), os.fsencode(name + "0")  # "0" follows "/"
        output = self.value(
            "select output from photographs where output > ? and output < ? "
            f"or output in ({', '.join('?' * len(above))}) limit 1",
            *(*below, *above),
        )
        return None if output is None else os.fsdecode(output)

    def other_files(self, source: str, target: Target) -> list[tuple[str, int, str, str]]:
        """Further files of earlier maps of a photograph: name, bytes, settings and version."""
        rows = self.execute(
            "select files.name, size, text, version from files "
            "join photographs on photograph = photographs.id "
            "left join settings on settings = settings.id "
            "where source = ? and files.name != output "
            f"and files.name not in ({', '.join('?' * len(target.files))})",
            *(os.fsencode(source), *map(os.fsencode, target.files)),
        ).fetchall()
        return [(os.fsdecode(name), *row) for name, *row in rows]

    def forget(self, name: str) -> None:
        """Note that a file is gone, or somebody else's."""
        with self.transaction():
            self.execute("delete from files where name = ?", os.fsencode(name))

    def claim(self, source: str, target: Target) -> None:
        """Note that the run maps a photograph: files there from now on are its own."""
        key = os.fsencode(source), os.fsencode(target.name)
        with self.transaction():
            self.execute(
                "insert into photographs (source, output, run, status, claimed) "
                "values (?, ?, ?, 'begun', 1) on conflict (source, output) do update "
                "set run = excluded.run, status = 'begun', claimed = 1",
                *(*key, self._run),
            )
            for name in target.files:
                self.execute(
                    "insert into files (name, photograph) "
                    "select ?, id from photographs where source = ? and output = ? "
                    "on conflict (name) do update set photograph = excluded.photograph",
                    *(os.fsencode(name), *key),
                )

    def done(self, source: str, target: Target, record: MapRecord) -> None:
        """Note that the files of a claimed photograph are written."""
        first = record.columns[0]
        crops = [
            {"output": name, "bytes": size, **crop}
            for name, size, crop in zip(target.files, record.sizes, record.columns, strict=False)
            if "confidence" in crop
        ]
        with self.transaction():
            self.execute(
                "update photographs set status = 'done', claimed = 0, settings = ?, version = ?, "
                "checksum = ?, rows = ?, cols = ?, seconds = ?, finished = ?, remark = ?, "
                "crops = ?, error = null, packed = null where source = ? and output = ?",
                *(self._settings, record.version, first["sha256"], first["rows"], first["cols"]),
                *(record.seconds, time.strftime(UTC, time.gmtime()), record.remark or None),
                json.dumps(crops) if crops else None,
                *(os.fsencode(source), os.fsencode(target.name)),
            )
            for name, size in zip(target.files, record.sizes, strict=True):
                self.execute("update files set size = ? where name = ?", size, os.fsencode(name))

    def failed(self, source: str, name: str, error: str, *, partly: bool = False) -> None:
        """Note why there is no new map; ``partly``: some of its files may be new."""
        with self.transaction():
            self.execute(
                "insert into photographs (source, output, claimed, run, finished, error, status) "
                "values (?, ?, ?, ?, ?, ?, 'failed') on conflict (source, output) do update "
                "set claimed = excluded.claimed, run = excluded.run, finished = excluded.finished, "
                "error = excluded.error, status = 'failed'",
                *(os.fsencode(source), os.fsencode(name), partly, self._run),
                *(time.strftime(UTC, time.gmtime()), error),
            )

    def unpacked(self) -> Iterator[str]:
        """Names of the maps that are done and in no store yet."""
        rows = self.execute(
            "select output from photographs where status = 'done' and packed is null"
        )
        return (os.fsdecode(name) for (name,) in rows)

    def folders(self) -> Iterator[str]:
        """Folders of the files that this run has come to; the same one may come again."""
        rows = self.execute(
            "select files.name from files join photographs on photograph = id where run = ? "
            "order by files.name",
            self._run,
        )
        last = None
        for (name,) in rows:
            if last != (last := os.path.dirname(name)):
                yield os.fsdecode(last)

    def has_file(self, folder: str, name: str) -> bool:
        """True for a file in a folder, as a draft names it, that is of a photograph's map."""
        if files.is_digest(name):  # the run has the folder for itself
            return True
        path = os.fsencode(os.path.join(folder, name))
        return self.value("select 1 from files where name = ?", path) is not None

    def refused(self, name: str, error: str) -> None:
        """Note that a map that is done could not be put into the store."""
        with self.transaction():
            self.execute(
                "update photographs set status = 'failed', claimed = 1, error = ? "
                "where output = ? and status = 'done'",
                *(error, os.fsencode(name)),
            )

    def packing(self, before: str | None) -> None:
        """Note that maps are about to be put into the store of a version; None: a new one."""
        with self.transaction():
            self.execute("insert into packing values (?)", before or "")

    def packed(self, now: str | None) -> None:
        """Note that the store is of a version: if it has changed, it has the maps."""
        with self.transaction():
            for (before,) in self.execute("select before from packing").fetchall():
                if now and now != before:
                    self.execute(
                        "update photographs set packed = ? "
                        "where status = 'done' and packed is null or packed = ?",
                        *(now, before),
                    )
            self.execute("delete from packing")

    def has_packed(self, version: str) -> bool:
        """True if a store of this version is as it was written."""
        return self.value("select 1 from photographs where packed = ?", version) is not None

    def rows(self) -> sqlite3.Cursor:
        """All that is known of every photograph, in the order they came."""
        return self.execute(
            "select source, output, status, error, remark, rows, cols, "
            "(select sum(size) from files where photograph = photographs.id), checksum, seconds, "
            "finished, text, crops from photographs left join settings on settings = settings.id "
            "order by photographs.id"
        )

    def has_crops(self) -> bool:
        """True if photographs were cropped here."""
        return self.value("select 1 from photographs where crops is not null limit 1") is not None
