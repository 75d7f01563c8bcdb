"""An index of vectors on disk, to find the most similar of very many.

Place in the pipeline: image, map -> descriptors -> pooling -> vectors -> [index] -> names.
Enters: vectors of anything, (M, D), real numbers, under names, and later queries, (Q, D).
Leaves: names and cosine similarities in [-1, 1], the most similar first.

An index is a folder of its own, with a database ("index.sqlite") and the files of
:mod:`psysal.retrieval.index_files`.  Rows are on disk before the database tells of them, so that
the death of the process loses at most the change it was at.  A name that goes or is replaced
leaves its row behind; when most rows are such, the others move to new files.

How rows are compared is the engine's (:mod:`psysal.retrieval.engines`): "exact" and "flat" look
at every row, "ivfpq" at codes, but searches an index below 16,384 rows, and new rows until they
are one in 64, exactly.  None loads the rows: all look at the file through the system's cache.
The same rows in the same order give the same codes, on the same kind of machine.  Rows are checked
by a checksum when they are first read, a gigabyte in half a second.

More vectors than one machine holds, or makes in time: give each machine an index made with the
same ``metadata``, ask them all and merge by similarity, as :func:`search_all` does for folders.
FAISS's ``IndexShards`` does that in one process; its ``OnDiskInvertedLists`` are for codes beyond
memory, of which a gigabyte holds those of some 25 million vectors of 256.
"""

import heapq
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from psysal import files
from psysal._typing import Array
from psysal.checks import one_of, whole_number
from psysal.optional import require
from psysal.retrieval.engines import BLOCK, ENGINES, NO_NEIGHBORS, Rows, units
from psysal.retrieval.index_database import VERSION, open_database, read_header
from psysal.retrieval.index_files import IndexFiles
from psysal.retrieval.index_inputs import (
    checked_names,
    checked_vectors,
    checked_versions,
    metadata_text,
)

__all__ = ["DATABASE", "Index", "Match", "search_all"]

DATABASE = "index.sqlite"
"""The file by which a folder is known to be an index."""
ALIVE = "from rows where alive order by row"


class Match(NamedTuple):
    """A vector of an index that is similar to a query.

    Attributes
    ----------
    name : str
        Name of the vector.
    similarity : float
        Its cosine similarity, in [-1, 1].
    folder : Path
        Folder of its index.
    """

    name: str
    similarity: float
    folder: Path


class Index:
    """Vectors under names, in a folder on disk, to be searched by cosine similarity.

    Any number of processes may have it open; changes are made one at a time, and a search
    sees those that were whole when it began.  An object is for one thread.

    Parameters
    ----------
    folder : path
        As :meth:`create` made it.

    Raises
    ------
    ValueError
        The folder holds no index, one of another format, or a damaged one.
    OSError
        It cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> with Index.create(folder.name, 2, metadata={"of": "directions"}) as index:
    ...     index.add(["east", "north", "west"], [[1, 0], [0, 1], [-1, 0]])
    >>> with Index(folder.name) as index:
    ...     found, = index.search([[4, 3]], k=2)
    >>> [(match.name, round(match.similarity, 2)) for match in found]
    [('east', 0.8), ('north', 0.6)]
    >>> folder.cleanup()
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        path = self.folder / DATABASE
        if not path.is_file():
            raise ValueError(
                f"{self.folder}: an index was expected, there is no {DATABASE}; "
                "make one by psysal search index, or pass its folder to "
                "psysal.retrieval.Index.create"
            )
        self._db = open_database(path)
        try:
            self.dimension, self.engine, text, self.metadata = read_header(self._db)
            self._files = IndexFiles(self.folder, self.dimension, text)
            self._known: Rows | None = None
            self._version = 0  # of the database when they were known
            if self._db.version < VERSION:
                self._add_checksum()
            self._rows()
        except BaseException:
            self._db.close()
            raise

    @classmethod
    def create(
        cls,
        folder: str | os.PathLike[str],
        dimension: int,
        *,
        engine: str = "exact",
        metadata: dict[str, Any] | None = None,
    ) -> "Index":
        """Make a folder with an index of nothing, and open it.

        Parameters
        ----------
        folder : path
            Not there yet, or empty.
        dimension : int
            D, the length of a vector.
        engine : str
            One of :data:`psysal.retrieval.engines.ENGINES`.
        metadata : dict, optional
            How the vectors are made, as JSON can hold it; kept with them. Indexes with
            different ones are not searched together.

        Raises
        ------
        ValueError
            The folder holds something, an index perhaps; another dimension or engine;
            ``metadata`` is not for JSON.
        ImportError
            ``engine`` is not "exact" and FAISS is not installed.
        OSError
            The folder cannot be written.
        """
        folder = Path(folder)
        dimension = whole_number("dimension", dimension)
        one_of("engine", engine, ENGINES)
        text = metadata_text(metadata)
        if engine != "exact":
            require("faiss")
        files.make_folder(folder)
        if (folder / DATABASE).exists():
            raise ValueError(f"{folder}: holds an index already; open it, or take another folder")
        if any(folder.iterdir()):
            raise ValueError(f"{folder}: holds other things; an index takes an empty folder")
        paths = IndexFiles(folder, dimension, f"{dimension} {engine} {text}")
        paths.vectors(0).touch()
        with files.draft(folder / DATABASE) as new, closing(open_database(new, create=True)) as db:
            db.execute(
                "insert into header values (?, ?, ?, 0, ?)", dimension, engine, text, paths.no_rows
            )
        return cls(folder)

    @property
    def names(self) -> list[str]:
        """All names, in the order they were added; a replaced one counts as new."""
        return [os.fsdecode(name) for (name,) in self._db.execute(f"select name {ALIVE}")]

    @property
    def versions(self) -> dict[str, str | None]:
        """Version that each name was added with, to tell what has changed since."""
        rows = self._db.execute(f"select name, stamp {ALIVE}")
        return {os.fsdecode(name): version for name, version in rows}

    def __len__(self) -> int:
        return int(self._db.value("select count(*) from rows where alive"))

    def __repr__(self) -> str:
        return f"Index({os.fspath(self.folder)!r})"

    def add(
        self,
        names: Sequence[str],
        vectors: ArrayLike,
        versions: Sequence[str | None] | None = None,
    ) -> None:
        """Add vectors, all or none; those already there under these names are replaced.

        Each is divided by its length. A vector of zeros is kept but never found, as it is
        like nothing.

        Parameters
        ----------
        names : sequence of str, (M,)
            Each once, such as paths.
        vectors : array_like, (M, D)
            Finite real numbers.
        versions : sequence of str, (M,), optional
            Text that changes when the thing that a vector describes does.

        Raises
        ------
        TypeError
            Names or versions that are not text, vectors that are not real numbers.
        ValueError
            Another shape, NaN or infinite numbers, a name twice.
        OSError
            The folder cannot be written, or another process writes there.
        """
        x = checked_vectors("vectors", vectors, self.dimension, self.folder)
        keys = checked_names(names, len(x))
        versions = checked_versions(versions, len(x))
        if not keys:
            return
        with self._change() as rows:
            first = len(rows.values)
            blocks = (units(x[at : at + BLOCK]) for at in range(0, len(x), BLOCK))
            checksum = self._db.value("select checksum from header")
            zeros, checksum = self._files.write(rows.generation, first, blocks, checksum)
            self._db.execute("update header set checksum = ?", checksum)
            self._kill(keys)
            self._db.execute_many(
                "insert into rows values (?, ?, ?, 1, ?)",
                zip(range(first, first + len(keys)), keys, versions, zeros, strict=True),
            )
        self._tidy()

    def remove(self, names: Sequence[str]) -> None:
        """Forget the vectors of some names, all or none.

        Parameters
        ----------
        names : sequence of str
            Each once.

        Raises
        ------
        TypeError
            Names that are not text.
        ValueError
            A name twice, or one that is not there.
        OSError
            The folder cannot be written, or another process writes there.
        """
        keys = checked_names(names)
        with self._change():
            for name, key in zip(names, keys, strict=True):
                if not self._db.value("select 1 from rows where name = ? and alive", key):
                    raise ValueError(f"{self.folder}: has no {name!r}; nothing was removed")
            self._kill(keys)
        self._tidy()

    def search(self, queries: ArrayLike, k: int = 10) -> list[list[Match]]:
        """The vectors most alike each query.

        Parameters
        ----------
        queries : array_like, (Q, D)
            Finite real numbers; their lengths do not matter.
        k : int
            How many to find at most.

        Returns
        -------
        list of list of Match, Q of them
            The most alike first, those alike to the last bit in the order they were added
            (of "flat", in any order).
            There are k, or all that there are. A query of zeros is like nothing and finds
            nothing. With "ivfpq" the similarities are exact, but a neighbor may be missed
            (about one in a hundred).

        Raises
        ------
        TypeError
            Queries that are not real numbers.
        ValueError
            Another shape, NaN or infinite numbers, k below 1.
        ImportError
            The engine is not "exact" and FAISS is not installed.
        OSError
            The folder cannot be read.
        """
        x = units(checked_vectors("queries", queries, self.dimension, self.folder))
        whole_number("k", k)
        active = np.any(x, axis=1).tolist()
        while True:
            rows = self._rows()
            found = iter(self._files.nearest(self.engine, rows, x[active], k))
            answer = [next(found) if is_active else NO_NEIGHBORS for is_active in active]
            with self._db.transaction("deferred"):
                if self._db.value("select generation from header") == rows.generation:
                    return [
                        [
                            Match(self._name(row), float(similarity), self.folder)
                            for row, similarity in zip(*both, strict=True)
                        ]
                        for both in answer
                    ]

    def close(self) -> None:
        """Let go of the files; whatever was added is in them."""
        self._known = None
        self._files.forget()
        self._db.close()

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _rows(self) -> Rows:
        """Rows that are there now; asked of the database when that has changed."""
        version = self._db.value("pragma data_version")
        if self._known is None or version != self._version:
            with self._db.transaction("deferred"):
                self._known, self._version = self._read_rows(), version
        return self._known

    def _read_rows(self) -> Rows:
        header = self._db.execute("select generation, checksum from header")
        generation, checksum = header.fetchone()
        count = self._db.value("select coalesce(max(row) + 1, 0) from rows")
        silent = self._numbers("select row from rows where not alive or zero order by row")
        return self._files.read(generation, count, silent, checksum)

    def _add_checksum(self) -> None:
        """Checksum of the vectors in an index of the first version."""
        with self._db.transaction("immediate"):
            if self._db.value("pragma user_version") < VERSION:
                count = self._db.value("select coalesce(max(row) + 1, 0) from rows")
                generation = self._db.value("select generation from header")
                checksum = self._files.checksum(generation, count)
                self._db.execute("alter table header add column checksum integer")
                self._db.execute("update header set checksum = ?", checksum)
                self._db.execute(f"pragma user_version = {VERSION}")
                self._db.check()

    def _numbers(self, statement: str) -> Array:
        return np.fromiter((row for (row,) in self._db.execute(statement)), np.int64)

    def _kill(self, keys: Iterable[bytes]) -> None:
        self._db.execute_many(
            "update rows set alive = 0 where name = ? and alive", ((key,) for key in keys)
        )

    def _name(self, row: int) -> str:
        return os.fsdecode(self._db.value("select name from rows where row = ?", int(row)))

    def _tidy(self) -> None:
        """New files when most rows are of names that went; codes for rows without.

        What goes wrong here is as before, and is tried again after the next change.
        """
        with suppress(OSError):
            rows = self._rows()
            dead = self._db.value(  # few of the few that the index "silent" has
                "select count(*) from rows where (not alive or zero) and not alive"
            )
            if dead > len(rows.values) - dead:
                self._compact()
            elif self.engine == "ivfpq":
                self._files.update_codes(rows)

    def _compact(self) -> None:
        with self._change() as old:
            alive = self._numbers("select row from rows where alive order by row")
            self._files.remove(old.generation + 1)  # by one that was killed
            blocks = (old.values[alive[at : at + BLOCK]] for at in range(0, len(alive), BLOCK))
            _, checksum = self._files.write(old.generation + 1, 0, blocks, self._files.no_rows)
            self._db.execute("delete from rows where not alive")
            self._db.execute_many(  # from the first on, each moves to a number that is free
                "update rows set row = ? where row = ?",
                ((new, row) for new, row in enumerate(alive.tolist()) if new != row),
            )
            self._db.execute(
                "update header set generation = generation + 1, checksum = ?", checksum
            )
            if self.engine == "ivfpq":  # before others see that the old codes are of no use
                self._files.make_codes(self._read_rows())
        with suppress(OSError):  # where a file that is being read cannot go
            self._files.remove(old.generation)

    @contextmanager
    def _change(self) -> Iterator[Rows]:
        """Changes to the rows, made together or not at all."""
        try:
            with self._db.transaction("immediate"):
                yield self._read_rows()
        finally:
            self._known = None


def search_all(indexes: Iterable[Index], queries: ArrayLike, k: int = 10) -> list[list[Match]]:
    """Search several indexes as if they were one.

    Parameters
    ----------
    indexes : iterable of Index
        Of the same dimension and ``metadata``. A name may be in several of them;
        :attr:`Match.folder` tells which it is.
    queries : array_like, (Q, D)
        Finite real numbers; their lengths do not matter.
    k : int
        How many to find at most, of all.

    Returns
    -------
    list of list of Match, Q of them
        As :meth:`Index.search`; of equally alike ones those of the first index first.

    Raises
    ------
    ValueError
        There is no index, or they are not alike; and what :meth:`Index.search` raises.
    """
    indexes = list(indexes)
    if not indexes:
        raise ValueError("indexes must be one or more, got none")
    first, *others = indexes
    for other in others:
        if (other.dimension, other.metadata) != (first.dimension, first.metadata):
            raise ValueError(
                "indexes must have vectors made alike, got "
                f"{first.dimension} numbers {first.metadata} in {first.folder} and "
                f"{other.dimension} numbers {other.metadata} in {other.folder}; search them apart"
            )
    found = [index.search(queries, k) for index in indexes]
    return [
        list(islice(heapq.merge(*of_query, key=lambda match: -match.similarity), k))
        for of_query in zip(*found, strict=True)
    ]
