"""Files written whole or not at all: under a temporary name first, then renamed.

Place: below everything that writes.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["draft", "drafts", "drafts_in", "save"]


def save(path: str | os.PathLike[str], data: bytes, *, overwrite: bool = False) -> None:
    """Write a file whole or not at all: under a temporary name first, then renamed.

    Raises
    ------
    FileExistsError
        The file is there and ``overwrite`` is not set.
    OSError
        It cannot be written; what was there before is still there.
    """
    try:
        with draft(path, overwrite=overwrite) as new:
            new.write_bytes(data)
    except FileExistsError:
        raise
    except OSError as error:
        told = OSError(f"{path}: could not be written ({error.strerror or error})")
        told.errno = error.errno  # a number and a text would print as "[Errno 28] ..."
        raise told from None


@contextmanager
def draft(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """The name of a file to write, which takes its place when that went well.

    It ends as the file does, for libraries that go by the suffix.

    Raises
    ------
    FileExistsError
        The file is there and ``overwrite`` is not set.
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path}: is already there and was kept; --overwrite replaces it")
    new = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part{path.suffix}")
    try:
        yield new
        with open(new, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)


_DRAFT = re.compile(r"\.(.+)\.[0-9a-f]{8}\.part(|\.[^.]*)", re.DOTALL)  # as draft() names it


def drafts(path: str | os.PathLike[str]) -> list[Path]:
    """The drafts of a file that are in its folder, as of programs that were killed."""
    path = Path(path)
    return [path.with_name(new) for new, name in drafts_in(path.parent) if name == path.name]


def drafts_in(folder: str | os.PathLike[str]) -> list[tuple[str, str]]:
    """The drafts in a folder, each with the name of the file that it was to be."""
    if not os.path.isdir(folder):
        return []
    with os.scandir(folder) as listing:
        found = [(entry.name, _DRAFT.fullmatch(entry.name)) for entry in listing]
    return [(new, is_draft[1] + is_draft[2]) for new, is_draft in found if is_draft]
