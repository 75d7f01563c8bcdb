"""Folders here and at addresses: what is in them, and what a pattern finds.

Place: between :mod:`psysal.files` and the search for photographs.
"""

import glob
import os
import posixpath
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from psysal.files import ask, bare, failure, is_web, local_path, refuse_special, resolved

__all__: list[str] = []


def join(root: str, name: str) -> str:
    """Path or address of a relative POSIX path below a folder.

    >>> join("maps", "a/b.png"), join(".", "b.png"), join("s3://bucket/maps/", "a/b.png")
    ('maps/a/b.png', 'b.png', 's3://bucket/maps/a/b.png')
    """
    path = local_path(root)
    if path is None:
        return f"{root.rstrip('/')}/{name}"
    return name if path in ("", ".") else os.path.join(path, name)


def parent(place: str) -> str:
    """Folder of a file; a web page's without its query.

    >>> parent("trip/list.csv"), parent("https://host/trip/list.csv?token=1")
    ('trip', 'https://host/trip')
    """
    if (path := local_path(place)) is not None:
        return os.path.dirname(path)
    return (re.split("[?#]", place)[0] if is_web(place) else place).rpartition("/")[0]


def suffix(name: str) -> str:
    """Ending of a path or address, in lower case; a hidden file has none.

    >>> suffix("trip/A.JPG"), suffix("https://host/a.png?size=2"), suffix(".hidden")
    ('.jpg', '.png', '')
    """
    start, dot, end = posixpath.basename(bare(name)).rpartition(".")
    return f"{dot}{end}".lower() if start else ""


@contextmanager
def on_disk(place: str) -> Iterator[str]:
    """Path of a file: its own, or that of a copy that stays until the end."""
    if (path := local_path(place)) is not None:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="psysal-") as folder:
        copy = os.path.join(folder, "copy")
        ask("copy", place, copy)
        yield copy


def is_folder(place: str) -> bool:
    """True for a folder, also behind a link; a web page is none."""
    if (path := local_path(place)) is not None:
        return os.path.isdir(path)
    try:
        return not is_web(place) and bool(ask("is_folder", place))
    except OSError:  # as of a file that is not there: reading it says so
        return False


def identity(folder: str) -> str:
    """Key that identifies a folder whichever link leads to it."""
    if (path := local_path(folder)) is None:
        return resolved(folder)
    try:
        status = os.stat(path)
    except OSError as error:
        raise failure(folder, "searched", error) from None
    return f"{status.st_dev} {status.st_ino}"


def entries(folder: str) -> tuple[list[str], list[str]]:
    """Names of the folders and of the files in a folder, each sorted; an OSError without one."""
    if (path := local_path(folder)) is None:
        listing = ask("entries", folder, done="searched")
    else:
        try:
            with os.scandir(path) as there:  # only links take a question more each
                listing = [
                    (entry.name, os.path.isdir(entry) if entry.is_symlink() else entry.is_dir())
                    for entry in there
                ]
        except OSError as error:
            raise failure(folder, "searched", error) from None
    folders = sorted(name for name, is_folder in listing if is_folder)
    return folders, sorted(name for name, is_folder in listing if not is_folder)


def matches(pattern: str) -> Iterator[str]:
    """Files that a glob matches, sorted; of paths, one folder's at a time."""
    if (path := local_path(pattern)) is None:
        yield from ask("matches", pattern, done="searched")
        return
    head, tail = os.path.split(path)
    if tail == "**":
        head, tail = os.path.join(head, tail), "*"
    folders = set(glob.glob(os.path.join(head, ""), recursive=True))
    if {*head.split("/")} <= {"", "**"} and head[:1] != "/":
        folders.add("")  # the working folder, of which glob says nothing
    for folder in sorted(folders):
        for name in sorted(glob.glob(tail, root_dir=folder or None)):
            if not os.path.isdir(path := os.path.join(folder, name)):
                yield path


def refusal(place: str) -> str | None:
    """Sentence on a file that is none, such as a pipe, which waits for a writer."""
    try:
        if (path := local_path(place)) is not None:
            refuse_special(path)
    except ValueError as error:
        return str(error)
    except OSError:  # as of one that is not there: reading it says so
        pass
    return None
