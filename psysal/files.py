"""Files written whole or not at all: under a temporary name first, then renamed.

Place: below everything that writes.
"""

import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["draft", "make_folder", "remove_drafts", "save"]

_DRAFT = re.compile(r"\.(.+)\.[0-9a-f]{8}\.part(|\.[^.]*)", re.DOTALL)  # as draft() names it


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
        text = f"{path}: could not be written ({error.strerror or error})"
        raise _numbered(text, error) from None


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
    new = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part{path.suffix}")
    try:
        yield new
        with open(new, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)


def remove_drafts(folder: str | os.PathLike[str], is_ours: Callable[[str], bool]) -> None:
    """Remove the drafts that killed programs left in a folder.

    Parameters
    ----------
    folder : path
        A folder, which is listed, or nothing.
    is_ours : callable
        Whether the drafts of a file go: name of the file -> bool.
    """
    if os.path.isdir(folder):
        for name in os.listdir(folder):
            draft = _DRAFT.fullmatch(name)
            if draft and is_ours(draft[1] + draft[2]):
                Path(folder, name).unlink(missing_ok=True)


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
        name = os.fspath(path)
        text = f"{name if name.isprintable() else repr(name)}: cannot be made a folder"
        raise _numbered(f"{text} ({error.strerror}); choose another", error) from None


def _numbered(text: str, error: OSError) -> OSError:
    """Error of this text alone (a number beside it would be printed) with another's ``errno``."""
    numbered = OSError(text)
    numbered.errno = error.errno
    return numbered
