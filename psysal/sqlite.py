"""One SQLite file: opened, read and changed, its errors said in sentences that name it.

Place: below the run database of :mod:`psysal.archive` and the index of :mod:`psysal.retrieval`.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

__all__: list[str] = []


class Database:
    """Connection to a SQLite file of one application and of a known version of its tables.

    Parameters
    ----------
    path : path
        The file; made if it is absent or empty and there are ``tables``.
    content : str
        Content of the file, for messages: "an index".
    application_id : int
        What SQLite's header calls the application.
    newest : int
        Newest version of the tables that is understood.
    tables : str, optional
        Statements that make the tables of a new file, of version ``newest``.
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
        The file has other content, or newer tables; it is left as it was.
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
        tables: str | None = None,
        remedy: str,
        timeout_s: float,
        exclusive: bool = False,
    ) -> None:
        self.path, self._content, self._remedy = Path(path), content, remedy
        address = f"{self.path.absolute().as_uri()}?mode={'rwc' if tables else 'rw'}"
        try:
            self._connection = sqlite3.connect(address, uri=True, timeout=timeout_s)
        except sqlite3.Error as error:
            raise self._sentence(error) from None
        try:
            if exclusive:
                self.execute("pragma locking_mode = exclusive")
            application = self.value("pragma application_id")
            if tables and application == 0 and not self.value("select 1 from sqlite_master"):
                with self.transaction("immediate"):
                    for statement in tables.split(";"):
                        self.execute(statement)
                    self.execute(f"pragma application_id = {application_id}")
                    self.execute(f"pragma user_version = {newest}")
            elif application != application_id:
                raise self._sentence(sqlite3.DatabaseError("another program's"))
            self.version: int = self.value("pragma user_version")
            if self.version > newest:
                raise ValueError(
                    f"{self.path}: is {content} of version {self.version}, this psysal reads "
                    f"{newest}; upgrade psysal"
                )
        except BaseException:
            self.close()
            raise

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
        reason = str(error)
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
        if isinstance(error, sqlite3.OperationalError) and "no such" not in reason:
            return OSError(f"{self.path}: could not be read or written ({reason})")
        return ValueError(
            f"{self.path}: {self._content} was expected, found something else ({reason}); "
            f"{self._remedy}"
        )
