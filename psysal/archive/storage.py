"""Files at paths and at addresses: read, written, listed, and never half of one.

Place: below the other modules of the archive, and the one that tells a path from an address
("s3://bucket/a.jpg").  Names enter as plain strings; bytes leave with the version of the file
that they are.  Addresses are those of fsspec, which is imported when one is used, and its
settings (such as FSSPEC_S3_ANON=true for public buckets) hold here.
"""

import errno
import glob
import os
import re
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from psysal import files
from psysal.optional import install_command, require

__all__ = ["read", "size", "version", "write"]

T = TypeVar("T")
READ_ATTEMPTS = 3
CLOCK_TICK_S = 0.02
"""Time within which a second write may leave the time of a file as it was."""
RETRY_PAUSES_S = (0.5, 2.0)
"""Times before an HTTP server is asked again; S3's client has a patience of its own."""
_BUSY = frozenset({408, 429, 500, 502, 503, 504})  # HTTP status
_VERSION_KEYS = (
    *("ETag", "etag", "Content-MD5", "md5Hash", "generation", "LastModified", "Last-Modified"),
    *("last_modified", "mtime", "updated", "modified", "created", "size"),
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_LOGIN = re.compile(r"(://)[^/?#\s]*@")
_SECRET = re.compile(r"([?&][^=&\s]*(?:sig|token|key|secret|passw|credential)[^=&\s]*=)[^&#\s]*", 2)


# --- names -------------------------------------------------------------------


def local_path(name: str) -> str | None:
    """Path on this computer; None for an address ("scheme://..."), which is fsspec's to find.

    >>> [local_path(name) for name in ("a.jpg", "file:///a.jpg", "s3://bucket/a.jpg")]
    ['a.jpg', '/a.jpg', None]
    """
    scheme = _SCHEME.match(name)
    if scheme is None:
        return name
    return name[scheme.end() :] if scheme[0].lower() in ("file://", "local://") else None


def is_address(name: str) -> bool:
    """True for a name that is no path on this computer."""
    return local_path(name) is None


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


def bare(place: str) -> str:
    """Path in an address: no scheme, no login, of a web page no query.

    >>> bare("s3://bucket/a.jpg"), bare("https://me:secret@host/a.jpg?size=2"), bare("a.jpg")
    ('bucket/a.jpg', 'host/a.jpg', 'a.jpg')
    """
    if local_path(place) is not None:
        return place
    rest = place.partition("://")[2]
    host, slash, path = (re.split("[?#]", rest)[0] if is_web(place) else rest).partition("/")
    return host.rpartition("@")[2] + slash + path


def is_web(place: str) -> bool:
    """True for an address of HTTP, which has neither folders nor globs."""
    return place.lower().startswith(("http://", "https://"))


def resolved(place: str) -> str:
    """A path or address as it is compared with others: links followed, no slash at the end."""
    if (path := local_path(place)) is not None:
        return os.path.realpath(path)
    scheme, _, rest = place.partition("://")
    return f"{scheme.lower()}://{rest.strip('/')}"


def shown(name: str) -> str:
    r"""A name as it is printed: on one line, printable, without logins and tokens.

    >>> print(shown("a.jpg"), shown("a\n.jpg"), shown("https://me:secret@host/a.jpg?token=1"))
    a.jpg 'a\n.jpg' https://***@host/a.jpg?token=***
    """
    if local_path(name) is None:
        name = _without_secrets(name)
    return name if name.isprintable() else repr(name)


def _without_secrets(text: str) -> str:
    return _SECRET.sub(r"\1***", _LOGIN.sub(r"\1***@", text))


# --- files -------------------------------------------------------------------


def version(place: str) -> str:
    """Text that changes when a file does.

    Parameters
    ----------
    place : str
        Path or address.

    Returns
    -------
    str
        Size, time and inode of a path; of an address all that the server says (ETag, times,
        size).

    Raises
    ------
    OSError
        There is no such file, or its server cannot be asked.
    """
    if (path := local_path(place)) is not None:
        return _path_version(os.stat(path))
    fs, path = file_system(place)
    return _address_version(_ask(place, "read", lambda: fs.info(path)))


_path_version = "{0.st_size} {0.st_mtime_ns} {0.st_ino}".format  # of what os.stat returns


def _address_version(info: dict[str, Any]) -> str:
    return " ".join(str(info[key]) for key in _VERSION_KEYS if info.get(key) is not None)


def read(place: str) -> tuple[bytes, str]:
    """Contents of a file, and the version that they are.

    Parameters
    ----------
    place : str
        Path or address.

    Returns
    -------
    contents : bytes
    version : str
        See :func:`version`.

    Raises
    ------
    OSError
        The file cannot be read.
    ValueError
        It changed each time it was read.
    """
    path = local_path(place)
    for _ in range(READ_ATTEMPTS):
        before, data, after, size = _read_address(place) if path is None else _read_path(path)
        if before == after and size in (None, len(data)):
            return data, after
    raise ValueError(f"{shown(place)}: changes while it is read; map it again when it is at rest")


def _read_path(path: str) -> tuple[str, bytes, str, int | None]:
    """Version, contents, version and size; a file that is replaced stays open as it was."""
    with open(path, "rb") as file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):  # a pipe has no size, and is read once
            return _path_version(before), file.read(), _path_version(before), None
        if 0 <= time.time() - before.st_mtime < CLOCK_TICK_S:
            time.sleep(CLOCK_TICK_S)
        data = file.read()
        after = os.fstat(file.fileno())
    return _path_version(before), data, _path_version(after), after.st_size


def _read_address(place: str) -> tuple[str, bytes, str, int | None]:
    fs, path = file_system(place)
    before, data, after = _ask(
        place, "read", lambda: (fs.info(path), fs.cat_file(path), fs.info(path))
    )
    return _address_version(before), data, _address_version(after), after.get("size")


def write(place: str, data: bytes) -> None:
    """Write a file whole or not at all, in the place of an earlier one.

    Parameters
    ----------
    place : str
        Path, whose folders are made, or address: one put, which object stores keep whole and
        which asks no folder of them.
    data : bytes
        Contents of the file.

    Raises
    ------
    OSError
        It cannot be written; ``errno`` says why where that is known.
    """
    if (path := local_path(place)) is None:
        fs, path = file_system(place)
        _ask(place, "written", lambda: fs.pipe_file(path, data))
        return
    files.make_folder(os.path.dirname(path) or ".")
    try:
        with files.draft(path, overwrite=True) as new:
            new.write_bytes(data)
    except OSError as error:
        raise _failure(place, "written", error) from None


def remove_drafts(place: str) -> None:
    """Remove what a killed writer of this file left beside it; an address has no such.

    Lists the folder: for the few files that were being written, not for all.
    """
    if (path := local_path(place)) is not None:
        folder, name = os.path.split(path)
        files.remove_drafts(folder or ".", lambda other: other == name)


def size(place: str) -> int | None:
    """Size of a file.

    Parameters
    ----------
    place : str
        Path or address.

    Returns
    -------
    int or None
        Bytes; None where there is no file, or its server does not say.

    Raises
    ------
    OSError
        A server cannot be asked.
    """
    try:
        if (path := local_path(place)) is not None:
            return os.stat(path).st_size
        fs, path = file_system(place)
        bytes_there: int | None = _ask(place, "read", lambda: fs.info(path)).get("size")
        return bytes_there
    except (FileNotFoundError, NotADirectoryError):
        return None


@contextmanager
def on_disk(place: str) -> Iterator[str]:
    """Path of a file: its own, or that of a copy that stays until the end."""
    if (path := local_path(place)) is not None:
        yield path
        return
    fs, path = file_system(place)
    with tempfile.TemporaryDirectory(prefix="psysal-") as folder:
        copy = os.path.join(folder, "copy")
        _ask(place, "read", lambda: fs.get_file(path, copy))
        yield copy


# --- folders -----------------------------------------------------------------


def is_folder(place: str) -> bool:
    """True for a folder, also behind a link; a web page is none."""
    if (path := local_path(place)) is not None:
        return os.path.isdir(path)
    if is_web(place):
        return False
    fs, path = file_system(place)
    try:
        return bool(_ask(place, "read", lambda: fs.info(path))["type"] == "directory")
    except OSError:  # as of a file that is not there: reading it says so
        return False


def identity(folder: str) -> str:
    """Key that identifies a folder whichever link leads to it."""
    if (path := local_path(folder)) is None:
        return resolved(folder)
    try:
        status = os.stat(path)
    except OSError as error:
        raise _failure(folder, "searched", error) from None
    return f"{status.st_dev} {status.st_ino}"


def entries(folder: str) -> tuple[list[str], list[str]]:
    """Names of the folders and of the files in a folder, each sorted; an OSError without one."""
    folders: list[str] = []
    names: list[str] = []
    if (path := local_path(folder)) is None:
        fs, path = file_system(folder)
        for info in _ask(folder, "searched", lambda: fs.ls(path, detail=True)):
            name = info["name"].rstrip("/")
            if name != path.rstrip("/"):  # S3 lists the placeholder of a folder in it
                (folders if info["type"] == "directory" else names).append(name.split("/")[-1])
        fs.invalidate_cache()
        return sorted(folders), sorted(names)
    try:
        with os.scandir(path) as listing:
            for entry in listing:
                link = entry.is_symlink()  # only links take a question more each
                is_folder = os.path.isdir(entry) if link else entry.is_dir()
                (folders if is_folder else names).append(entry.name)
    except OSError as error:
        raise _failure(folder, "searched", error) from None
    return sorted(folders), sorted(names)


def matches(pattern: str) -> Iterator[str]:
    """Files that a glob matches, sorted; of paths, one folder's at a time."""
    if (path := local_path(pattern)) is None:
        fs, path = file_system(pattern)
        start = pattern.rstrip("/").removesuffix(path.strip("/"))
        listing = _ask(pattern, "searched", lambda: fs.glob(path, detail=True))
        fs.invalidate_cache()
        for name in sorted(listing):
            if listing[name]["type"] != "directory":
                yield start + name.lstrip("/")
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


# --- addresses ---------------------------------------------------------------


def file_system(place: str) -> tuple[Any, str]:
    """File system of an address, which forgets what it remembers, and the path in it."""
    fsspec = require("fsspec")
    scheme, _, rest = place.partition("://")
    scheme = scheme.lower()
    try:
        file_system_class: Any = fsspec.get_filesystem_class(scheme)
    except ImportError as error:
        raise ImportError(
            f"{scheme}:// addresses need a package that is not installed "
            f"({_reason(error)}); run: {install_command('remote')}"
        ) from None
    except ValueError:
        raise ValueError(
            f"{shown(place)}: an address that is known was expected, such as s3:// or https://, "
            f"got {scheme}://; correct it"
        ) from None
    place = f"{scheme}://{rest}"
    try:  # not url_to_fs, which takes "::" in a name for a chain of file systems
        fs = file_system_class(**file_system_class._get_kwargs_from_urls(place))
        fs.invalidate_cache()
    except Exception as error:  # every client has errors of its own
        raise _failure(place, "reached", error) from None
    return fs, file_system_class._strip_protocol(place)


def _ask(place: str, done: str, request: Callable[[], T]) -> T:
    """Answer of a file system; every error as an OSError of one sentence."""
    for pause in (*RETRY_PAUSES_S, None):
        try:
            return request()
        except MemoryError:
            raise
        except Exception as error:  # every client has errors of its own
            cause: BaseException = error
            if is_web(place) and isinstance(error, FileNotFoundError):
                cause = error.__cause__ or error  # fsspec says "not found" of all that fails
            if pause is None or not (is_web(place) and _is_transient(cause)):
                raise _failure(place, done, cause) from None
            time.sleep(pause)
    raise AssertionError("the last try returns or raises")


def _is_transient(error: BaseException) -> bool:
    status = getattr(error, "status", None)
    if status is not None:
        return status in _BUSY
    return not isinstance(error, (FileNotFoundError, ValueError, NotImplementedError))


def _failure(place: str, done: str, error: BaseException) -> OSError:
    """Error of one sentence, with the number of the one that it is about."""
    text = f"{shown(place)}: could not be {done} ({_reason(error)})"
    absent = isinstance(error, FileNotFoundError) or getattr(error, "status", 0) in (404, 410)
    failure = FileNotFoundError(text) if absent else OSError(text)
    failure.errno = errno.ENOENT if absent else getattr(error, "errno", None)
    return failure


def _reason(error: BaseException) -> str:
    status = getattr(error, "status", None)
    if status is not None:
        return f"{status} {getattr(error, 'message', '')}".strip()
    if isinstance(error, FileNotFoundError):
        return os.strerror(errno.ENOENT)
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    text = " ".join(_without_secrets(str(text)).split())
    return text if text.isprintable() else repr(text)
