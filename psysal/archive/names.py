"""Names of maps on other systems: what leads elsewhere, is reserved, or is another's already.

Place: between the names of photographs, which may come from lists that others wrote, and the
files of their maps.
"""

import ntpath
import os
import posixpath
import re
import unicodedata
from pathlib import Path

from psysal.sqlite import Database

__all__: list[str] = []

IS_WINDOWS = os.name == "nt"
_RESERVED = re.compile(
    r'[<>:"\\|?*\x00-\x1f]|[. ]$|^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[1-9¹²³]) *(\.|$)',
    re.IGNORECASE,
)


def inside(path: str, windows: bool = IS_WINDOWS) -> str:
    r"""Relative POSIX path that stays below its folder, whatever a path names.

    >>> inside("/data/a.jpg"), inside("a/../../b.jpg"), inside("..")
    ('data/a.jpg', 'b.jpg', '')
    >>> inside(r"C:\data\..\..\a.jpg", windows=True), inside(r"\\host\share\a.jpg", windows=True)
    ('a.jpg', 'a.jpg')
    """
    if windows:
        path = ntpath.splitdrive(path)[1].replace("\\", "/")
    return posixpath.normpath(f"/{path}").strip("/")


def reserved_by_windows(path: str) -> str | None:
    """First part of a relative POSIX path that cannot be a name on Windows; None without one.

    >>> reserved_by_windows("trip/Aux.png"), reserved_by_windows("trip./a.png")
    ('Aux.png', 'trip.')
    >>> reserved_by_windows("trip/auxiliary.png")
    """
    return next((part for part in path.split("/") if _RESERVED.search(part)), None)


def ignores_case(file: Path) -> bool:
    """True if the disk of a file, which is there, takes A and a for one name."""
    other = file.with_name(file.name.swapcase())
    return other.exists() and other.samefile(file)


def used_by(database: Database, name: str, source: str) -> str | None:
    """Photograph of this run whose map has the same name but for case; None without one.

    The name is then known as that of ``source``, until the database is closed.
    """
    key = os.fsencode(unicodedata.normalize("NFC", name).casefold())
    database.execute("create temp table if not exists used (name blob primary key, source text)")
    owner: str | None = database.value("select source from used where name = ?", key)
    if owner is None:
        database.execute("insert into used values (?, ?)", key, source)
    return owner
