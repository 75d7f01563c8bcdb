"""An index of vectors on disk: which of very many are most alike.

Place in the pipeline: image, map -> descriptors -> pooling -> vectors -> [search] -> names.
Enters: vectors, (M, D), real numbers, a row each, under names, and later queries, (Q, D).
Leaves: names and cosine similarities in [-1, 1], the most alike first.  What the vectors
are of does not matter here.

An index is a folder of its own:

    index.sqlite       names, stamps and rows; what it does not know is not there
    vectors-0.f32      the rows one after the other, of unit length, float32, as the machine has it
    ivfpq-0.faiss      only of engine "ivfpq": what FAISS made of the rows, made again if lost

Rows are appended and on disk before the database tells of them, so that the death of the
process loses at most the change it was at.  A name that goes or is replaced leaves its row
behind; when most rows are such, the others move to new files (``vectors-1.f32``).

How rows are compared is the engine's (:mod:`psysal.retrieval.engines`): "exact" and "flat" look
at every row, "ivfpq" at codes, but searches an index below 16,384 rows, and new rows until they
are one in 64, exactly.  None loads the rows: all look at the file through the system's cache.
The same rows in the same order give the same codes, on the same kind of machine.

More vectors than one machine holds, or makes in time: give each an index of its own, made with
the same ``metadata``, ask them all and merge by similarity, as :func:`search_all` does for
folders that one machine sees.  That is what FAISS's ``IndexShards`` does in one process; its
``OnDiskInvertedLists`` are for codes beyond memory (a gigabyte holds those of some 25 million
vectors of 256).
"""

import heapq
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from psysal import files
from psysal.optional import require
from psysal.retrieval.engines import (
    BLOCK,
    ENGINES,
    NO_NEIGHBORS,
    Neighbors,
    Rows,
    best_by_faiss,
    best_of_all,
    best_of_coded,
    build_codes,
    read_codes,
    units,
    write_codes,
)

__all__ = ["DATABASE", "ENGINES", "Index", "Match", "search_all"]

Array = NDArray[Any]

FORMAT = 1  # of the folder; SQLite's user_version
KIND = 0x70737978  # what SQLite's header calls the application
DATABASE = "index.sqlite"
"""The file by which a folder is known to be an index."""
TABLES = """
    create table header (dimension integer, engine text, about text, generation integer);
    create table rows (
        row integer primary key, name blob, stamp text, alive integer, zero integer
    );
    create unique index names on rows (name) where alive;
    create index silent on rows (row) where not alive or zero;
"""
ALIVE = "from rows where alive order by row"
WAIT = 10  # seconds for another process that writes
LATE = 64  # one row in so many may be without a code


class Match(NamedTuple):
    """A vector that was found: its name, its cosine similarity, the folder of its index."""

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
                "make one by psysal search index, or Index.create"
            )
        with self._told():
            self._db = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=rw",  # not made if it is gone
                uri=True, timeout=WAIT, isolation_level=None,
            )  # fmt: skip
            try:
                self._open()
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
            One of :data:`ENGINES`; see :mod:`psysal.retrieval.engines`.
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
        _check_count("dimension", dimension)
        if engine not in ENGINES:
            raise ValueError(f"engine must be one of {', '.join(ENGINES)}, got {engine!r}")
        try:
            text = json.dumps(metadata or {}, sort_keys=True, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"metadata must be what JSON can hold ({error}); use text, numbers and lists"
            ) from None
        if engine != "exact":
            require("faiss")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OSError(
                f"{folder}: cannot be made a folder ({error.strerror}); choose another"
            ) from None
        if (folder / DATABASE).exists():
            raise ValueError(f"{folder}: holds an index already; open it, or take another folder")
        if any(folder.iterdir()):
            raise ValueError(f"{folder}: holds other things; an index takes an empty folder")
        (folder / "vectors-0.f32").touch()
        with files.draft(folder / DATABASE) as new:
            db = sqlite3.connect(new, isolation_level=None)
            try:
                db.executescript(
                    f"pragma application_id = {KIND}; pragma user_version = {FORMAT}; {TABLES}"
                )
                db.execute("insert into header values (?, ?, ?, 0)", (dimension, engine, text))
            finally:
                db.close()
        return cls(folder)

    def _open(self) -> None:
        if self._one("pragma application_id") != KIND:
            raise ValueError(f"{self.folder}: an index was expected, {DATABASE} is another thing")
        if (version := self._one("pragma user_version")) != FORMAT:
            raise ValueError(
                f"{self.folder}: is an index of version {version}, this psysal reads {FORMAT}; "
                "make it anew, or upgrade psysal"
            )
        header = self._do("select dimension, engine, about from header").fetchone()
        self.dimension, self.engine, metadata = header
        self.metadata: dict[str, Any] = json.loads(metadata)
        self._known: Rows | None = None
        self._version = 0
        self._codes: Any = None
        self._codes_stamp: tuple[int, ...] = ()  # of the file that they are
        self._state()

    @property
    def names(self) -> list[str]:
        """All names, in the order they were added; a replaced one counts as new."""
        return [os.fsdecode(name) for (name,) in self._do(f"select name {ALIVE}")]

    @property
    def stamps(self) -> dict[str, str | None]:
        """What each name was added with, to tell what has changed since."""
        return {os.fsdecode(name): stamp for name, stamp in self._do(f"select name, stamp {ALIVE}")}

    def __len__(self) -> int:
        return int(self._one("select count(*) from rows where alive"))

    def __repr__(self) -> str:
        return f"Index({os.fspath(self.folder)!r})"

    def add(
        self,
        names: Sequence[str],
        vectors: ArrayLike,
        stamps: Sequence[str | None] | None = None,
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
        stamps : sequence of str, (M,), optional
            Whatever tells whether what a vector was made of has changed.

        Raises
        ------
        TypeError
            Names or stamps that are not text, vectors that are not real numbers.
        ValueError
            Another shape, NaN or infinite numbers, a name twice.
        OSError
            The folder cannot be written, or another process writes there.
        """
        keys = _checked_names(names)
        x = self._checked("vectors", vectors)
        if len(x) != len(keys):
            raise ValueError(
                f"names must be one a vector, got {len(keys)} for {len(x)}; give each its own"
            )
        stamps = [None] * len(keys) if stamps is None else list(stamps)
        if len(stamps) != len(keys):
            raise ValueError(
                f"stamps must be one a vector, got {len(stamps)} for {len(keys)}; "
                "None is for those without"
            )
        for stamp in stamps:
            if not (stamp is None or isinstance(stamp, str)):
                raise TypeError(f"stamps must be text or None, got {stamp!r}; write it as text")
        if not keys:
            return
        with self._change() as state:
            first = len(state.values)
            zeros = _write(
                self._path("vectors", state.generation),
                first,
                (units(x[at : at + BLOCK]) for at in range(0, len(x), BLOCK)),
            )
            self._kill(keys)
            self._many(
                "insert into rows values (?, ?, ?, 1, ?)",
                zip(range(first, first + len(keys)), keys, stamps, zeros, strict=True),
            )
        self._tidy()

    def remove(self, names: Sequence[str]) -> None:
        """Forget the vectors of some names, all or none.

        Raises
        ------
        TypeError
            Names that are not text.
        ValueError
            A name twice, or one that is not there.
        OSError
            The folder cannot be written, or another process writes there.
        """
        keys = _checked_names(names)
        with self._change():
            for name, key in zip(names, keys, strict=True):
                if not self._do("select 1 from rows where name = ? and alive", key).fetchone():
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
        x = units(self._checked("queries", queries))
        _check_count("k", k)
        asked = np.any(x, axis=1).tolist()
        while True:
            state = self._state()
            found = iter(self._best(state, x[asked], k))
            answer = [next(found) if is_asked else NO_NEIGHBORS for is_asked in asked]
            with self._reading():
                if self._one("select generation from header") == state.generation:
                    return [
                        [
                            Match(self._name(row), float(alike), self.folder)
                            for row, alike in zip(*both, strict=True)
                        ]
                        for both in answer
                    ]

    def close(self) -> None:
        """Let go of the files; whatever was added is in them."""
        self._known = self._codes = None
        self._db.close()

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # --- files and database ---

    def _path(self, kind: str, generation: int) -> Path:
        return self.folder / f"{kind}-{generation}.{'f32' if kind == 'vectors' else 'faiss'}"

    def _checked(self, name: str, vectors: ArrayLike) -> Array:
        x = np.asarray(vectors)
        if x.dtype.kind not in "fiub":
            raise TypeError(f"{name} must be real numbers, got {x.dtype}; convert them")
        if x.ndim != 2 or x.shape[1] != self.dimension:
            shape = f"({'M' if name == 'vectors' else 'Q'}, {self.dimension})"
            raise ValueError(
                f"{name} must be {shape} as in {self.folder}, got {x.shape}; "
                + ("a single one is (1, D)" if x.ndim == 1 else "make them as those were made")
            )
        for at in range(0, len(x), BLOCK):
            finite = np.isfinite(x[at : at + BLOCK])
            if not finite.all():
                row, column = np.argwhere(~finite)[0]
                raise ValueError(
                    f"{name} must be finite, got {x[at + row, column]} in row {at + row}; "
                    "leave it out"
                )
        return x

    def _state(self) -> Rows:
        """What is there now; asked of the database when that has changed."""
        version = self._one("pragma data_version")
        if self._known is None or version != self._version:
            with self._reading():
                self._known, self._version = self._seen(), version
        return self._known

    def _seen(self) -> Rows:
        generation = self._one("select generation from header")
        count = self._one("select coalesce(max(row) + 1, 0) from rows")
        path = self._path("vectors", generation)
        size = 4 * self.dimension * count
        if not path.is_file() or path.stat().st_size < size:
            raise ValueError(
                f"{self.folder}: is damaged, {path.name} must have {size} bytes; "
                "bring it back, or make the index anew"
            )
        shape = count, self.dimension
        rows = np.memmap(path, np.float32, "r", shape=shape) if count else np.empty(shape, "f4")
        found = self._do("select row from rows where not alive or zero order by row")
        silent = np.fromiter((row for (row,) in found), np.int64)
        return Rows(generation, rows.view(np.ndarray), silent)

    def _kill(self, keys: Iterable[bytes]) -> None:
        self._many("update rows set alive = 0 where name = ? and alive", ((key,) for key in keys))

    def _name(self, row: int) -> str:
        return os.fsdecode(self._one("select name from rows where row = ?", int(row)))

    def _tidy(self) -> None:
        """New files when most rows are of names that went; codes for rows without.

        What goes wrong here is as before, and is tried again after the next change.
        """
        with suppress(OSError):
            dead = self._one(
                "select count(*) from rows where (not alive or zero) and not alive"  # few
            )
            if dead > len(self._state().values) - dead:
                self._compact()
            elif self.engine == "ivfpq":
                state = self._state()
                codes = self._read_codes(state)
                if len(state.values) - (codes.ntotal if codes else 0) > len(state.values) // LATE:
                    self._write_codes(state, codes)

    def _compact(self) -> None:
        with self._change() as old:
            found = self._do("select row from rows where alive order by row")
            kept = np.fromiter((row for (row,) in found), np.int64)
            path, codes = (self._path(kind, old.generation + 1) for kind in ("vectors", "ivfpq"))
            for left in (path, codes):  # by one that was killed
                left.unlink(missing_ok=True)
            _write(
                path, 0, (old.values[kept[at : at + BLOCK]] for at in range(0, len(kept), BLOCK))
            )
            self._do("delete from rows where not alive")
            self._many(  # from the first on, each moves to a number that is free
                "update rows set row = ? where row = ?",
                ((new, row) for new, row in enumerate(kept.tolist()) if new != row),
            )
            self._do("update header set generation = generation + 1")
            if self.engine == "ivfpq":  # before others see that the old codes are of no use
                self._write_codes(self._seen())
        for path in (self._path(kind, old.generation) for kind in ("vectors", "ivfpq")):
            with suppress(OSError):  # where a file that is being read cannot go
                path.unlink(missing_ok=True)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's errors as sentences."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._sentence(error) from None

    def _sentence(self, error: sqlite3.Error) -> Exception:
        if isinstance(error, sqlite3.ProgrammingError):
            return ValueError(
                f"{self.folder}: is closed, or another thread's ({error}); open it again"
            )
        if "locked" in str(error):
            return OSError(f"{self.folder}: another process writes there; wait until it is done")
        if isinstance(error, sqlite3.OperationalError) and "no such" not in str(error):
            return OSError(f"{self.folder}: could not be read or written ({error})")
        return ValueError(
            f"{self.folder}: is damaged, {DATABASE} could not be read ({error}); "
            "bring it back, or make the index anew"
        )

    def _do(self, statement: str, *values: Any) -> sqlite3.Cursor:
        try:  # not the context manager, which takes as long as a short statement
            return self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise self._sentence(error) from None

    def _one(self, statement: str, *values: Any) -> Any:
        return self._do(statement, *values).fetchone()[0]

    def _many(self, statement: str, values: Iterable[Any]) -> None:
        with self._told():
            self._db.executemany(statement, values)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """All that is read here was there at one moment."""
        self._do("begin")
        try:
            yield
        finally:
            self._do("commit")

    @contextmanager
    def _change(self) -> Iterator[Rows]:
        """Changes that are made together or not at all, to what is given."""
        self._do("begin immediate")
        try:
            yield self._seen()
            self._do("commit")
        except BaseException:
            with suppress(sqlite3.Error):
                self._db.execute("rollback")
            raise
        finally:
            self._known = None

    # --- FAISS ---

    def _best(self, state: Rows, queries: Array, k: int) -> list[Neighbors]:
        if self.engine == "flat":
            return best_by_faiss(state, queries, k)
        if self.engine == "ivfpq" and len(queries):
            require("faiss")
            codes = self._read_codes(state)
            if codes is None:
                codes = self._write_codes(state)
            if codes is not None:
                return best_of_coded(codes, state, queries, k)
        return best_of_all(state, queries, k)

    def _read_codes(self, state: Rows) -> Any:
        """FAISS's index of the first rows, as far as it goes; None if there is none of use."""
        if (stamp := self._stamp(state.generation)) != self._codes_stamp:
            self._codes, self._codes_stamp = None, stamp
            with suppress(OSError):
                self._codes = read_codes(self._path("ivfpq", state.generation))
        return self._codes

    def _stamp(self, generation: int) -> tuple[int, ...]:
        """Changes when another process has written the codes."""
        try:
            told = self._path("ivfpq", generation).stat()
        except OSError:
            return (generation,)
        return generation, told.st_ino, told.st_size, told.st_mtime_ns

    def _write_codes(self, state: Rows, codes: Any = None) -> Any:
        """FAISS's index of all rows: from one of fewer, or anew; kept if there is room for it."""
        if (codes := build_codes(state.values, codes)) is None:
            return None
        path = self._path("ivfpq", state.generation)
        with suppress(OSError):
            for old in files.drafts(path):
                old.unlink(missing_ok=True)
            write_codes(path, codes)
        self._codes, self._codes_stamp = codes, self._stamp(state.generation)
        return codes


def search_all(indexes: Iterable[Index], queries: ArrayLike, k: int = 10) -> list[list[Match]]:
    """Search several indexes as if they were one.

    Parameters
    ----------
    indexes : iterable of Index
        Of the same dimension and ``metadata``. A name may be in several of them;
        :attr:`Match.folder` tells which it is.
    queries : array_like, (Q, D)
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


def _check_count(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} must be a whole number from 1 on, got {value!r}")


def _checked_names(names: Sequence[str]) -> list[bytes]:
    if isinstance(names, str | bytes):
        raise TypeError(f"names must be a sequence of text, got {names!r} alone; put it in a list")
    keys: dict[bytes, None] = {}
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"names must be text, got {name!r}; use str() or os.fsdecode()")
        try:
            key = os.fsencode(name)
        except UnicodeEncodeError:
            raise ValueError(
                f"names must be text or paths as os.fsdecode() has them, got {name!r}"
            ) from None
        if key in keys:
            raise ValueError(f"names must differ, got {name!r} twice; give one vector for each")
        keys[key] = None
    return list(keys)


def _write(path: Path, first: int, blocks: Iterable[Array]) -> list[bool]:
    """Rows into a file from a row on, there when this returns; tells which are zeros."""
    zeros: list[bool] = []
    try:
        with open(path, "r+b" if path.exists() else "xb") as file:
            for block in blocks:
                if not zeros:
                    file.seek(first * block[0].nbytes)
                file.write(block.data)
                zeros += [not row.any() for row in block]
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise OSError(
            f"{path}: could not be written ({error.strerror or error}); nothing was changed"
        ) from None
    return zeros
