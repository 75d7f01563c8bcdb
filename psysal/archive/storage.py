"""Bytes at paths and at addresses: read, written, listed, and never half of them.

Place: below the batch runs, and the one module that knows a path from an address
("s3://bucket/a.jpg").  Names enter as plain strings; bytes leave with the stamp of the
contents they are.  Addresses are fsspec's, which is imported when one is used, and its
settings (such as FSSPEC_S3_ANON=true for public buckets) hold here.
"""

import errno
import glob
import os
import re
import stat
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from psysal import files
from psysal.optional import require

__all__ = [
    "bare",
    "clear_parts",
    "entries",
    "file_system",
    "identity",
    "in_parts",
    "is_address",
    "is_folder",
    "is_web",
    "join",
    "matches",
    "on_disk",
    "parent",
    "plain",
    "read",
    "resolved",
    "shown",
    "sizes",
    "stamp",
    "write",
]

T = TypeVar("T")
TRIES = 3
TICK = 0.02
"""Seconds within which a second write may leave the time of a file as it was."""
PAUSES = (0.5, 2.0)
"""Seconds before an HTTP server is asked again; S3's client has a patience of its own."""
_BUSY = frozenset({408, 429, 500, 502, 503, 504})
_MARKS = (
    *("ETag", "etag", "Content-MD5", "md5Hash", "generation", "LastModified", "Last-Modified"),
    *("last_modified", "mtime", "updated", "modified", "created", "size"),
)
_ADDRESS = re.compile(r"(?!(?:file|local)://)[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_LOCAL = re.compile("^(?:file|local)://", re.IGNORECASE)
_LOGIN = re.compile(r"(://)[^/?#\s]*@")
_SECRET = re.compile(r"([?&][^=&\s]*(?:sig|token|key|secret|passw|credential)[^=&\s]*=)[^&#\s]*", 2)


# --- names -------------------------------------------------------------------


def is_address(name: str) -> bool:
    """Whether a name is fsspec's to find ("scheme://...") and no path of this computer.

    >>> [is_address(name) for name in ("s3://bucket/a.jpg", "a.jpg", "file:///a.jpg")]
    [True, False, False]
    """
    return _ADDRESS.match(name) is not None


def plain(name: str) -> str:
    """A name without the "file://" that says no more than that it is a path.

    >>> plain("file:///photos/a.jpg")
    '/photos/a.jpg'
    """
    return _LOCAL.sub("", name)


def join(root: str, name: str) -> str:
    """The place of a relative POSIX path below a folder, local or at an address.

    >>> join("maps", "a/b.png"), join("s3://bucket/maps/", "a/b.png")
    ('maps/a/b.png', 's3://bucket/maps/a/b.png')
    """
    if is_address(root):
        return f"{root.rstrip('/')}/{name}"
    root = plain(root)
    return name if root in ("", ".") else os.path.join(root, name)


def parent(place: str) -> str:
    """The folder that a place is in; of a web page, whatever is asked of it is left out.

    >>> parent("trip/list.csv"), parent("https://host/trip/list.csv?token=1")
    ('trip', 'https://host/trip')
    """
    if not is_address(place):
        return os.path.dirname(plain(place))
    return (re.split("[?#]", place)[0] if is_web(place) else place).rpartition("/")[0]


def bare(place: str) -> str:
    """The path that is in an address: no scheme, no login, of a web page no query.

    >>> bare("s3://bucket/a.jpg"), bare("https://me:secret@host/a.jpg?size=2"), bare("a.jpg")
    ('bucket/a.jpg', 'host/a.jpg', 'a.jpg')
    """
    if not is_address(place):
        return place
    rest = place.partition("://")[2]
    host, slash, path = (re.split("[?#]", rest)[0] if is_web(place) else rest).partition("/")
    return host.rpartition("@")[2] + slash + path


def is_web(place: str) -> bool:
    """Whether an address is HTTP's, which has neither folders nor globs."""
    return place.lower().startswith(("http://", "https://"))


def resolved(place: str) -> str:
    """A place as it is compared with others: links followed, without a last slash."""
    if not is_address(place):
        return os.path.realpath(plain(place))
    scheme, _, rest = place.partition("://")
    return f"{scheme.lower()}://{rest.strip('/')}"


def shown(name: str) -> str:
    r"""A name as it is printed: on one line, printable, without logins and tokens.

    >>> print(shown("a.jpg"), shown("a\n.jpg"), shown("https://me:secret@host/a.jpg?token=1"))
    a.jpg 'a\n.jpg' https://***@host/a.jpg?token=***
    """
    if is_address(name):
        name = _hidden(name)
    return name if name.isprintable() else repr(name)


def _hidden(text: str) -> str:
    return _SECRET.sub(r"\1***", _LOGIN.sub(r"\1***@", text))


# --- files -------------------------------------------------------------------


def stamp(place: str) -> str:
    """What changes when the file does: of a path size, time and inode, of an address
    whatever the server tells (ETag, times, size).

    Raises
    ------
    OSError
        There is none, or it cannot be asked.
    """
    if not is_address(place):
        return _stamp(os.stat(plain(place)))
    fs, path = file_system(place)
    return _mark(_ask(place, "read", lambda: fs.info(path)))


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ino}"


def _mark(info: dict[str, Any]) -> str:
    return " ".join(str(info[key]) for key in _MARKS if info.get(key) is not None)


def read(place: str) -> tuple[bytes, str]:
    """The contents of a file, and the stamp (see :func:`stamp`) that they belong to.

    Raises
    ------
    OSError
        It cannot be read.
    ValueError
        Each time it was read it was another file afterwards.
    """
    once = _read_address if is_address(place) else _read_path
    for _ in range(TRIES):
        if (found := once(place)) is not None:
            return found
    raise ValueError(f"{shown(place)}: changes while it is read; map it again when it is at rest")


def _read_path(place: str) -> tuple[bytes, str] | None:
    """Contents and stamp, or None if the file was written meanwhile.

    A file that is replaced stays open as it was.
    """
    with open(plain(place), "rb") as file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):  # a pipe has no size, and is read once
            return file.read(), _stamp(before)
        if 0 <= time.time() - before.st_mtime < TICK:
            time.sleep(TICK)
        data = file.read()
        after = os.fstat(file.fileno())
    same = _stamp(before) == _stamp(after) and len(data) == after.st_size
    return (data, _stamp(after)) if same else None


def _read_address(place: str) -> tuple[bytes, str] | None:
    fs, path = file_system(place)
    before, data, after = _ask(
        place, "read", lambda: (fs.info(path), fs.cat_file(path), fs.info(path))
    )
    same = _mark(before) == _mark(after) and after.get("size") in (None, len(data))
    return (data, _mark(after)) if same else None


def write(place: str, data: bytes) -> None:
    """Write a file whole or not at all, in the place of what was there.

    Folders of a path are made; an address takes one put, which object stores keep whole
    and which asks no folder of them.

    Raises
    ------
    OSError
        It cannot be written, said in a sentence; ``errno`` says why where that is known.
    """
    if is_address(place):
        fs, path = file_system(place)
        _ask(place, "written", lambda: fs.pipe_file(path, data))
        return
    file = Path(plain(place))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _error(
            f"{shown(str(file.parent))} cannot be made a folder for the map "
            f"({error.strerror}); choose another",
            error,
        ) from None
    try:
        with files.draft(file, overwrite=True) as new:
            new.write_bytes(data)
    except OSError as error:
        raise _failed(place, "written", error) from None


def clear_parts(place: str) -> None:
    """Remove what a killed writer of this very file left beside it.

    Lists the folder: for the few files that were being written, not for all.
    """
    if not is_address(place):
        for part in files.drafts(plain(place)):
            part.unlink(missing_ok=True)


def in_parts(folder: str) -> set[str]:
    """The names of the files that killed writers left parts of in a folder."""
    if is_address(folder):
        return set()
    return {name for _, name in files.drafts_in(plain(folder) or ".")}


def sizes(places: Sequence[str]) -> list[int | None]:
    """The size of each file in bytes; None where there is none, or no server tells it."""
    where = [file_system(place) if is_address(place) else None for place in places]
    if not any(where):
        return [_size(place, None) for place in places]
    with ThreadPoolExecutor(16) as pool:  # addresses take a while each
        return list(pool.map(_size, places, where))


def _size(place: str, where: tuple[Any, str] | None) -> int | None:
    try:
        if where is None:
            return os.stat(plain(place)).st_size
        fs, path = where
        size: int | None = _ask(place, "read", lambda: fs.info(path)).get("size")
        return size
    except (FileNotFoundError, NotADirectoryError):
        return None


@contextmanager
def on_disk(place: str) -> Iterator[str]:
    """The path of a file: its own, or that of a copy that stays until the end."""
    if not is_address(place):
        yield plain(place)
        return
    fs, path = file_system(place)
    with tempfile.TemporaryDirectory(prefix="psysal-") as folder:
        copy = os.path.join(folder, "copy")
        _ask(place, "read", lambda: fs.get_file(path, copy))
        yield copy


# --- folders -----------------------------------------------------------------


def is_folder(place: str) -> bool:
    """Whether a place can be searched; links are followed, and a web page is none."""
    if not is_address(place):
        return os.path.isdir(plain(place))
    if is_web(place):
        return False
    fs, path = file_system(place)
    try:
        return bool(_ask(place, "read", lambda: fs.info(path))["type"] == "directory")
    except OSError:  # as of a file that is not there: reading it says so
        return False


def identity(folder: str) -> str:
    """What a folder has alone, by whatever links it is come to."""
    if is_address(folder):
        return resolved(folder)
    try:
        status = os.stat(plain(folder))
    except OSError as error:
        raise _failed(folder, "searched", error) from None
    return f"{status.st_dev} {status.st_ino}"


def entries(folder: str) -> tuple[list[str], list[str]]:
    """The names of the folders and of the files in a folder, each sorted.

    Raises
    ------
    OSError
        It cannot be listed.
    """
    folders: list[str] = []
    files: list[str] = []
    if is_address(folder):
        fs, path = file_system(folder)
        for info in _ask(folder, "searched", lambda: fs.ls(path, detail=True)):
            found = info["name"].rstrip("/")
            if found != path.rstrip("/"):  # S3 lists the placeholder of a folder in it
                (folders if info["type"] == "directory" else files).append(found.split("/")[-1])
        fs.invalidate_cache()
        return sorted(folders), sorted(files)
    try:
        with os.scandir(plain(folder)) as listing:
            for entry in listing:
                link = entry.is_symlink()  # only links take a question more each
                inner = os.path.isdir(entry) if link else entry.is_dir()
                (folders if inner else files).append(entry.name)
    except OSError as error:
        raise _failed(folder, "searched", error) from None
    return sorted(folders), sorted(files)


def matches(pattern: str) -> Iterator[str]:
    """The files that a glob matches, sorted; of paths, one folder's at a time.

    Raises
    ------
    OSError
        An address cannot be searched.
    """
    if is_address(pattern):
        fs, path = file_system(pattern)
        start = pattern.rstrip("/").removesuffix(path.strip("/"))
        found = _ask(pattern, "searched", lambda: fs.glob(path, detail=True))
        fs.invalidate_cache()
        for name in sorted(found):
            if found[name]["type"] != "directory":
                yield start + name.lstrip("/")
        return
    head, tail = os.path.split(plain(pattern))
    if tail == "**":
        head, tail = os.path.join(head, tail), "*"
    folders = set(glob.glob(os.path.join(head, ""), recursive=True))
    if {*head.split("/")} <= {"", "**"} and head[:1] != "/":
        folders.add("")  # the working folder, of which glob says nothing
    for folder in sorted(folders):
        for name in sorted(glob.glob(tail, root_dir=folder or None)):
            if not os.path.isdir(found := os.path.join(folder, name)):
                yield found


# --- addresses ---------------------------------------------------------------


def file_system(place: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it; what it remembers is forgotten.

    Raises
    ------
    ImportError
        A package that it needs is not installed.
    ValueError
        No file system goes by this scheme.
    """
    fsspec = require("fsspec")
    scheme, _, rest = place.partition("://")
    scheme = scheme.lower()
    try:
        kind: Any = fsspec.get_filesystem_class(scheme)
    except ImportError as error:
        raise ImportError(
            f"{scheme}:// addresses need a package that is not installed "
            f'({_reason(error)}); run: pip install "psysal[remote]"'
        ) from None
    except ValueError:
        raise ValueError(
            f"{shown(place)}: an address that is known was expected, such as s3:// or https://, "
            f"got {scheme}://; correct it"
        ) from None
    place = f"{scheme}://{rest}"
    try:  # not url_to_fs, which takes "::" in a name for a chain of file systems
        fs = kind(**kind._get_kwargs_from_urls(place))
        fs.invalidate_cache()
    except Exception as error:  # every client has errors of its own
        raise _failed(place, "reached", error) from None
    return fs, kind._strip_protocol(place)


def _ask(place: str, done: str, task: Callable[[], T]) -> T:
    """What a file system answers; its errors as one kind, of one sentence."""
    for pause in (*PAUSES, None):
        try:
            return task()
        except MemoryError:
            raise
        except Exception as error:  # every client has errors of its own
            cause: BaseException = error
            if is_web(place) and isinstance(error, FileNotFoundError):
                cause = error.__cause__ or error  # fsspec says "not found" of all that fails
            if pause is None or not (is_web(place) and _may_pass(cause)):
                raise _failed(place, done, cause) from None
            time.sleep(pause)
    raise AssertionError("the last try returns or raises")


def _may_pass(error: BaseException) -> bool:
    status = getattr(error, "status", None)
    if status is not None:
        return status in _BUSY
    return not isinstance(error, (FileNotFoundError, ValueError, NotImplementedError))


def _failed(place: str, done: str, error: BaseException) -> OSError:
    text = f"{shown(place)}: could not be {done} ({_reason(error)})"
    return _error(text, error)


def _reason(error: BaseException) -> str:
    status = getattr(error, "status", None)
    if status is not None:
        return f"{status} {getattr(error, 'message', '')}".strip()
    if isinstance(error, FileNotFoundError):
        return os.strerror(errno.ENOENT)
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    text = " ".join(_hidden(str(text)).split())
    return text if text.isprintable() else repr(text)


def _error(text: str, error: BaseException) -> OSError:
    """An error of this text alone, with the number of the one that it tells of."""
    absent = isinstance(error, FileNotFoundError) or getattr(error, "status", 0) in (404, 410)
    told = FileNotFoundError(text) if absent else OSError(text)
    told.errno = errno.ENOENT if absent else getattr(error, "errno", None)
    return told
