"""One SQLite file: opened, read and changed, its errors said in sentences that name it.

Place: below the run database of :mod:`psysal.archive` and the index of :mod:`psysal.retrieval`.
"""

import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

__all__: list[str] = []

_DAMAGED = re.compile("no such|decode|malformed")  # errors of operation that are of content
_SCHEMA = """
    select made.type, made.name, tbl_name, columns.name, columns.pk
    from sqlite_master as made left join pragma_table_info(made.name) as columns
    order by made.type, made.name, cid
"""


class Database:
    """Connection to a SQLite file of one application and of a known version of its tables.

    Parameters
    ----------
    path : path
        The file; made if it is absent or empty and ``create`` is set.
    content : str
        Content of the file, for messages: "an index".
    application_id : int
        What SQLite's header calls the application.
    newest : int
        Newest version of the tables that is understood.
    tables : str
        Statements that make the tables of a new file, of version ``newest``.
    create : bool
        Whether a file may be made.
    rules : mapping of str to str
        Condition that every row of a table holds to, in SQL.
    remedy : str
        What to do about a file with other content.
    timeout_s : float
        Time to wait for another process, in seconds.
    exclusive : bool
        Keep all other processes out from the first change on, until it is closed or the process
        dies.

    Attributes
    ----------
    version : int
        Version of the tables.

    Raises
    ------
    ValueError
        The file has other content, is damaged, or has newer tables; it is left as it was.
    OSError
        It cannot be read or written, or another process holds it.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        content: str,
        *,
        application_id: int,
        newest: int,
        tables: str,
        rules: Mapping[str, str],
        create: bool = True,
        remedy: str,
        timeout_s: float,
        exclusive: bool = False,
    ) -> None:
        self.path, self._content, self._remedy = Path(path), content, remedy
        address = f"{self.path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
        try:
            self._connection = sqlite3.connect(address, uri=True, timeout=timeout_s)
        except sqlite3.Error as error:
            raise self._sentence(error) from None
        try:
            self.execute("pragma trusted_schema = off")
            if exclusive:
                self.execute("pragma locking_mode = exclusive")
            application = self.value("pragma application_id")
            if create and application == 0 and not self.value("select 1 from sqlite_master"):
                with self.transaction("immediate"):
                    for statement in tables.split(";"):
                        self.execute(statement)
                    self.execute(f"pragma application_id = {application_id}")
                    self.execute(f"pragma user_version = {newest}")
            elif application != application_id:
                raise self._sentence(sqlite3.DatabaseError("another program's"))
            self.version: int = self.value("pragma user_version")
            self._expected = tables, rules
            if not 0 <= self.version <= newest:
                raise ValueError(
                    f"{self.path}: is {content} of version {self.version}, this psysal reads "
                    f"{newest}; upgrade psysal"
                )
            if self.version == newest:
                self.check()
        except BaseException:
            self.close()
            raise

    def check(self) -> None:
        """Check the file, its tables, and that rows are of the types that the rules demand.

        That is done when a file of the newest version is opened; for one of an earlier version
        it is to be called when its tables have been changed.

        Raises
        ------
        ValueError
            The file is damaged, or something else.
        """
        tables, rules = self._expected
        with closing(sqlite3.connect(":memory:")) as model:
            model.executescript(tables)
            expected = model.execute(_SCHEMA).fetchall()
        if self.execute(_SCHEMA).fetchall() != expected:
            raise self._sentence(sqlite3.DatabaseError("its tables are others"))
        if (reason := self.value("pragma integrity_check(1)")) != "ok":
            raise self._sentence(sqlite3.DatabaseError(reason.splitlines()[-1]))
        for table, rule in rules.items():
            if self.value(f"select 1 from {table} where ({rule}) is not true"):
                raise self._sentence(sqlite3.DatabaseError(f"other values in {table}"))

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """Rows that a statement gives.

        Parameters
        ----------
        statement : str
            SQL with a question mark for each value.
        *values : object
            Values of the question marks.

        Returns
        -------
        sqlite3.Cursor
        """
        try:  # a context manager would take as long as a short statement
            return self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise self._sentence(error) from None

    def value(self, statement: str, *values: Any) -> Any:
        """First column of the first row that a statement gives; None without a row.

        Parameters
        ----------
        statement, *values
            See :meth:`execute`.

        Returns
        -------
        object
        """
        row = self.execute(statement, *values).fetchone()
        return row and row[0]

    def execute_many(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Execute a statement for every tuple of values.

        Parameters
        ----------
        statement : str
            SQL with a question mark for each value.
        rows : iterable of tuple
            Values of the question marks, a tuple for each execution.
        """
        try:
            self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise self._sentence(error) from None

    @contextmanager
    def transaction(self, mode: str | None = None) -> Iterator[None]:
        """Statements that take effect together, or not at all.

        Changes that were made since the last transaction are part of it.

        Parameters
        ----------
        mode : "deferred" or "immediate", optional
            What is read is of one moment; with "immediate" other processes cannot write from
            now on. By default the transaction begins with its first change.
        """
        if mode:
            self.execute(f"begin {mode}")
        try:
            yield
            if self._connection.in_transaction:
                self.execute("commit")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.rollback()
            raise

    def close(self) -> None:
        """Close the file, with all changes in it."""
        try:
            with suppress(sqlite3.ProgrammingError):  # where it is closed already
                if self._connection.in_transaction:
                    self.execute("commit")
        finally:
            self._connection.close()

    def _sentence(self, error: sqlite3.Error) -> Exception:
        reason = " ".join(str(error).split())
        if isinstance(error, sqlite3.ProgrammingError):
            return ValueError(
                f"{self.path}: is closed, or another thread's ({reason}); open it again"
            )
        if "locked" in reason:
            return OSError(f"{self.path}: another process writes there; wait until it is done")
        if "is full" in reason:
            return OSError(
                f"{self.path}: could not be written (the disk is full); make room and try again"
            )
        if isinstance(error, sqlite3.OperationalError) and not _DAMAGED.search(reason):
            return OSError(f"{self.path}: could not be read or written ({reason})")
        return ValueError(
            f"{self.path}: {self._content} was expected, found something else ({reason}); "
            f"{self._remedy}"
        )
