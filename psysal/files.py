"""Files here and at addresses: read, written whole or not at all.

Place: below everything that reads or writes, and the one that tells a path from an address
("s3://bucket/a.jpg"), which it asks :mod:`psysal.remote` for.  Names enter as plain strings; bytes
leave with the version of the file that they are.  A file is written under a temporary name
first, then renamed.
"""

import errno
import hashlib
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = [
    "draft",
    "make_folder",
    "read",
    "remove_drafts",
    "save",
    "size",
    "version",
    "write",
]

READ_ATTEMPTS = 3
MAX_NAME_BYTES = 255
CLOCK_TICK_S = 0.02
"""Time within which a second write may leave the time of a file as it was."""
_DRAFT = re.compile(r"\.(.+)\.[0-9a-f]{8}\.part(|\.[^.]*)", re.DOTALL)  # as draft() names it
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
        return os.path.normcase(os.path.realpath(path)).replace(os.sep, "/")
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


# --- contents ----------------------------------------------------------------


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
    return ask("version", place)


_path_version = "{0.st_size} {0.st_mtime_ns} {0.st_ino}".format  # of what os.stat returns


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
        before, data, after, size = ask("read", place) if path is None else _read_path(path)
        if before == after and size in (None, len(data)):
            return data, after
    raise ValueError(f"{shown(place)}: changes while it is read; map it again when it is at rest")


def refuse_special(path: str, *, pipes: bool = False) -> None:
    """ValueError for a device or socket, and for a pipe, unless pipes are read."""
    kind = _SPECIAL.get(stat.S_IFMT(os.stat(path).st_mode))
    if kind and not (pipes and kind == "pipe"):
        raise ValueError(
            f"{shown(path)}: is a {kind}, where a file was expected; save what it gives as a file"
        )


_SPECIAL = {
    **dict.fromkeys((stat.S_IFCHR, stat.S_IFBLK), "device"),
    stat.S_IFIFO: "pipe",
    stat.S_IFSOCK: "socket",
}


def _read_path(path: str) -> tuple[str, bytes, str, int | None]:
    """Version, contents, version and size; a file that is replaced stays open as it was."""
    refuse_special(path, pipes=True)
    with open(path, "rb") as file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):  # a pipe has no size, and is read once
            return _path_version(before), file.read(), _path_version(before), None
        if 0 <= time.time() - before.st_mtime < CLOCK_TICK_S:
            time.sleep(CLOCK_TICK_S)
        data = file.read()
        after = os.fstat(file.fileno())
    return _path_version(before), data, _path_version(after), after.st_size


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
        return ask("write", place, data, done="written")
    make_folder(os.path.dirname(path) or ".")
    try:
        with draft(path, overwrite=True) as new:
            new.write_bytes(data)
    except OSError as error:
        raise failure(place, "written", error) from None


def remove(place: str) -> None:
    """Remove a file; an OSError if it cannot be."""
    if (path := local_path(place)) is None:
        ask("remove", place, done="removed")
        return
    try:
        os.unlink(path)
    except OSError as error:
        raise failure(place, "removed", error) from None


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
        return ask("size", place)
    except (FileNotFoundError, NotADirectoryError):
        return None


# --- writing whole or not at all ---------------------------------------------


def save(path: str | os.PathLike[str], data: bytes, *, overwrite: bool = False) -> None:
    """Write a file whole or not at all.

    Parameters
    ----------
    path : path
        Name of the file, in a folder that is there.
    data : bytes
        Contents of the file.
    overwrite : bool
        Replace a file that is there.

    Raises
    ------
    FileExistsError
        The file is there and ``overwrite`` is not set.
    OSError
        It cannot be written; an earlier file of this name is still there.
    """
    try:
        with draft(path, overwrite=overwrite) as new:
            new.write_bytes(data)
    except FileExistsError:
        raise
    except OSError as error:
        raise failure(os.fspath(path), "written", error) from None


@contextmanager
def draft(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """Temporary name of a file, which becomes the file when the block ends without an error.

    Parameters
    ----------
    path : path
        Name of the file, in a folder that is there.
    overwrite : bool
        Replace a file that is there.

    Yields
    ------
    Path
        Name to write to, in the same folder and with the same suffix.

    Raises
    ------
    FileExistsError
        The file is there and ``overwrite`` is not set.
    """
    path = Path(path)
    if not overwrite and path.exists():
        raise FileExistsError(f"{path}: is already there and was kept; overwrite=True replaces it")
    stem, suffix = os.path.splitext(_name_in_draft(path.name))
    new = path.with_name(f".{stem}.{secrets.token_hex(4)}.part{suffix}")
    try:
        yield new
        with open(new, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)


def _name_in_draft(name: str) -> str:
    """Name of a file as its draft has it: a digest, if it is too long to be made longer."""
    if len(data := os.fsencode(name)) <= MAX_NAME_BYTES - len("..00000000.part"):
        return name
    suffix = os.path.splitext(name)[1]
    return hashlib.sha256(data).hexdigest() + (suffix if len(suffix) < 8 else "")


def remove_drafts(place: str | os.PathLike[str]) -> None:
    """Remove what a killed writer of this file left beside it; an address has no such.

    Lists the folder: for the few files that were being written, not for all.

    Parameters
    ----------
    place : path
        Name of the file.
    """
    if (path := local_path(os.fspath(place))) is not None:
        folder, name = os.path.split(path)
        remove_drafts_in(folder or ".", lambda other: other == _name_in_draft(name))


def remove_drafts_in(folder: str | os.PathLike[str], is_ours: Callable[[str], bool]) -> None:
    """Remove the drafts of those files of a folder for which ``is_ours(name)``."""
    if os.path.isdir(folder):
        for name in os.listdir(folder):
            draft = _DRAFT.fullmatch(name)
            if draft and is_ours(draft[1] + draft[2]):
                Path(folder, name).unlink(missing_ok=True)


def is_digest(name: str) -> bool:
    """True for the name in a draft of a file whose own name is too long."""
    return re.fullmatch(r"[0-9a-f]{64}(\..*|)", name) is not None


def make_folder(path: str | os.PathLike[str]) -> None:
    """Make a folder, and those above it, unless it is there.

    Parameters
    ----------
    path : path
        Name of the folder.

    Raises
    ------
    OSError
        It cannot be made, as where a file has this name.
    """
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise failure(os.fspath(path), "made a folder", error, "; choose another") from None


# --- errors ------------------------------------------------------------------


def failure(place: str, done: str, error: BaseException, advice: str = "") -> OSError:
    """Error of one sentence, with the number of the one that it is about."""
    if isinstance(error, PermissionError) and error.filename2:  # of the file to be replaced
        advice = advice or "; close the program that has it open, or choose another name"
    text = f"{shown(place)}: could not be {done} ({reason(error)}){advice}"
    absent = isinstance(error, FileNotFoundError) or getattr(error, "status", 0) in (404, 410)
    failure = FileNotFoundError(text) if absent else OSError(text)
    failure.errno = errno.ENOENT if absent else getattr(error, "errno", None)
    return failure


def reason(error: BaseException) -> str:
    """Words of an error for the end of a sentence."""
    status = getattr(error, "status", None)
    if status is not None:
        return f"{status} {getattr(error, 'message', '')}".strip()
    if isinstance(error, FileNotFoundError):
        return os.strerror(errno.ENOENT)
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    text = " ".join(_without_secrets(str(text)).split())
    return text if text.isprintable() else repr(text)


def ask(request: str, place: str, *arguments: Any, done: str = "read") -> Any:
    """Answer of :mod:`psysal.remote`; every error as an OSError of one sentence."""
    from psysal import remote

    try:
        return getattr(remote, request)(place, *arguments)
    except (ImportError, MemoryError):
        raise
    except Exception as error:  # every client has errors of its own
        raise failure(place, done, error) from None
