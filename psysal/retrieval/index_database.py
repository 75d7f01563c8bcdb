"""Database of an index: how its vectors are made, and the name of every row.

Place: below the index, beside :mod:`psysal.retrieval.index_files`, whose rows it counts and whose
checksum it keeps.
"""

import os
from pathlib import Path
from typing import Any, NamedTuple

from psysal.checks import parse_json
from psysal.retrieval.engines import ENGINES
from psysal.sqlite import Database

__all__: list[str] = []

VERSION = 2  # of the tables and of the folder; the first had no checksum
APPLICATION_ID = 0x70737978
BUSY_TIMEOUT_S = 10  # for another process that writes
REMEDY = "bring it back, or make the index anew"
TABLES = """
    create table header (
        dimension integer, engine text, about text, generation integer, checksum integer
    );
    create table rows (
        row integer primary key, name blob, stamp text, alive integer, zero integer
    );
    create unique index names on rows (name) where alive;
    create index silent on rows (row) where not alive or zero;
"""
RULES = {
    "header": f"""
        typeof(dimension) = 'integer' and dimension > 0 and engine in {ENGINES}
        and typeof(about) = 'text' and typeof(generation) = 'integer' and generation >= 0
        and typeof(checksum) = 'integer'
    """,
    "rows": """
        row >= 0 and typeof(name) = 'blob' and typeof(stamp) in ('text', 'null')
        and alive in (0, 1) and zero in (0, 1)
    """,
}


class Header(NamedTuple):
    """Description of an index.

    Attributes
    ----------
    dimension : int
        Length of a vector.
    engine : str
        One of :data:`psysal.retrieval.engines.ENGINES`.
    text : str
        All of it as text, for the checksum.
    metadata : dict
        How the vectors are made.
    """

    dimension: int
    engine: str
    text: str
    metadata: dict[str, Any]


def open_database(path: str | os.PathLike[str], *, create: bool = False) -> Database:
    """Database of an index; it may be of an earlier version."""
    return Database(
        path,
        "an index",
        application_id=APPLICATION_ID,
        newest=VERSION,
        tables=TABLES,
        rules=RULES,
        create=create,
        remedy=REMEDY,
        timeout_s=BUSY_TIMEOUT_S,
    )


def read_header(database: Database) -> Header:
    """Description of an index; a ValueError if there is none."""
    rows = database.execute("select dimension, engine, about from header").fetchall()
    try:
        ((dimension, engine, about),) = rows
        metadata = dict(parse_json(about))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{Path(database.path)}: is damaged, its header is none ({error}); {REMEDY}"
        ) from None
    return Header(dimension, engine, f"{dimension} {engine} {about}", metadata)
