"""Names to items: files, folders, globs, manifests and addresses, one image at a time.

Place: the front of the batch runs.  What was named on the command line enters; items
leave, each an image and where its map goes below the output, while the archive is still
being searched: no more of it is held than the listing of a folder.
"""

import csv
import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from textwrap import shorten
from typing import IO, Any

from psysal import image
from psysal.archive import storage
from psysal.archive.storage import shown
from psysal.optional import require

__all__ = ["STDIN", "Item", "find"]

STDIN = "-"
"""What standard input is called."""
_MANIFESTS = frozenset({".csv", ".parquet"})
_GLOB = re.compile(r"[*?[]")
_DOTS = re.compile(r"(^|/)(?:\.?/)+")  # "./" and "//", which change no path


@dataclass(frozen=True)
class Item:
    """An image, and where its map goes.

    Parameters
    ----------
    source : str
        A path as it was found, an address, or "-" for standard input. An address may hold
        a login: print it with :func:`psysal.archive.storage.shown`.
    stem : str
        A POSIX path below the output, without suffix; it never leads out of there.
    problem : str, optional
        Why there is nothing to map, in a sentence.
    """

    source: str
    stem: str
    problem: str | None = None


def find(
    inputs: Iterable[str],
    *,
    output: str | None = None,
    column: str = "image",
    note: Callable[[str], None] | None = None,
) -> Iterator[Item]:
    """Items, as they are found.

    Parameters
    ----------
    inputs : iterable of str
        Files; folders, searched for images, whose tree is kept below the output; globs;
        manifests (.csv, .parquet), whose rows name images; addresses of all of these;
        "-". A name that matches nothing stays an item, so that it fails by name.
    output : str, optional
        The folder of the maps, which is not searched.
    column : str
        The column of a manifest that names images: addresses, or paths from its folder.
    note : callable, optional
        Told in a sentence what was left out.

    Raises
    ------
    ValueError
        A manifest cannot be read or lacks the column, no one knows the scheme of an address,
        or the output is searched itself: raised at once, before the first item.
    ImportError
        A package that addresses or Parquet need is not installed.

    Examples
    --------
    >>> for item in find(["trip/a.jpg", "-"]):
    ...     print(item.source, item.stem)
    trip/a.jpg a
    - stdin
    """
    items = _find(list(inputs), output, column, note or (lambda _: None))
    next(items)  # runs to where all that can be refused is checked
    return items


def _find(
    inputs: list[str], output: str | None, column: str, note: Callable[[str], None]
) -> Iterator[Item]:
    with ExitStack() as copies:
        names = [name for given in inputs for name in _names(storage.plain(given))]
        for name in [*names, output or STDIN]:
            if storage.is_address(name):
                storage.file_system(name)
        manifests: dict[str, str] = {}
        for name in names:
            if _is_manifest(name):
                if name not in manifests:
                    manifests[name] = _checked(name, column, copies)
            elif output is not None:
                _check_output(name, output)
        yield Item(STDIN, "stdin")  # find() takes this one
        for name in names:
            if name in manifests:
                yield from _rows(name, manifests[name], column)
            else:
                yield from _expand(name, output, note)


def _names(given: str) -> list[str]:
    """A name; of a glob for manifests, the manifests."""
    if not given:
        raise ValueError("a file, folder or address was expected, got an empty name; leave it out")
    if _suffix(given) in _MANIFESTS and _is_glob(given):
        try:
            return list(storage.matches(given)) or [given]
        except OSError as error:
            raise ValueError(str(error)) from None
    return [given]


def _check_output(name: str, output: str) -> None:
    searched = _root(name)
    if storage.resolved(searched) == storage.resolved(output) and storage.is_folder(searched):
        own = posixpath.basename(searched.rstrip("/")).strip(".")
        other = f"{searched.rstrip('/')}-saliency" if own else "saliency"
        raise ValueError(
            f"{shown(name)}: is searched for images and is where maps go too; "
            f"choose another output folder, such as {shown(other)}"
        )


# --- what a name is ----------------------------------------------------------


def _is_glob(name: str) -> bool:
    if storage.is_address(name):
        return not storage.is_web(name) and _GLOB.search(name) is not None
    return _GLOB.search(name) is not None and not os.path.lexists(name)


def _root(name: str) -> str:
    """The folder in which the search for a name begins."""
    found = _GLOB.search(name) if _is_glob(name) else None
    return name if found is None else os.path.dirname(name[: found.start()]) or "."


def _suffix(name: str) -> str:
    start, dot, end = posixpath.basename(storage.bare(name)).rpartition(".")
    return f"{dot}{end}".lower() if start else ""


def _is_manifest(name: str) -> bool:
    return _suffix(name) in _MANIFESTS and not storage.is_folder(name)


def _stem(name: str) -> str:
    """A place below the output, without suffix, for a relative path or a whole one.

    >>> _stem("trip/a.tar.jpg"), _stem("/data/a.jpg"), _stem("a/../../b.jpg"), _stem("x/..jpg")
    ('trip/a.tar', 'data/a', 'b', 'x/..jpg')
    """
    *folders, last = posixpath.normpath(f"/{name}").strip("/").split("/")
    return "/".join([*folders, posixpath.splitext(last)[0] or "image"])


def _own(path: str) -> str:
    """A path that is not taken for standard input."""
    return f"./{path}" if path == STDIN else path


# --- files, folders and globs ------------------------------------------------


def _expand(name: str, output: str | None, note: Callable[[str], None]) -> Iterator[Item]:
    if name == STDIN:
        yield Item(name, "stdin")
        return
    avoids, stem = (
        _avoiding(name, output, note),
        _stem(posixpath.basename(storage.bare(name).rstrip("/"))),
    )
    if _is_glob(name):
        folder, avoided, found = None, False, False
        try:
            for match in storage.matches(name):
                found = True
                if folder != (folder := posixpath.dirname(match)):
                    avoided = avoids(folder)
                if not avoided:
                    yield Item(_own(match), _stem(posixpath.basename(match)))
        except OSError as error:
            yield Item(name, stem, str(error))
            return
        if not found:
            yield Item(name, stem)
    elif _may_be_folder(name) and storage.is_folder(name):
        top = name.rstrip("/") if storage.is_address(name) else str(Path(name))
        yield from _walk(top, "", {}, avoids, note)
    else:
        yield Item(name, stem)


def _may_be_folder(name: str) -> bool:
    """Of an address that ends as an image does no server is asked."""
    return not (storage.is_address(name) and _suffix(name) in image.SUFFIXES)


def _avoiding(name: str, output: str | None, note: Callable[[str], None]) -> Callable[[str], bool]:
    """Whether a folder is, or is in, the output, which is said once.

    Who names a folder of the output itself has it searched.
    """
    if output is None or _is_in(storage.resolved(_root(name)), storage.resolved(output)):
        return lambda _: False
    where, said = storage.resolved(output), False

    def avoids(folder: str) -> bool:
        nonlocal said
        inside = _is_in(storage.resolved(folder), where)
        if inside and not said:
            said = True
            note(f"{shown(output)}: is where maps go and was not searched")
        return inside

    return avoids


def _is_in(place: str, folder: str) -> bool:
    return f"{place}/".startswith(f"{folder.rstrip('/')}/")


def _walk(
    folder: str,
    below: str,
    above: dict[str, str],
    avoids: Callable[[str], bool],
    note: Callable[[str], None],
) -> Iterator[Item]:
    """The images of a folder, then those of its folders; ``above`` are those it is in."""
    try:
        identity = storage.identity(folder)
        if identity in above:
            back = shown(above[identity])
            note(f"{shown(folder)}: leads back to {back} and was not searched again")
            return
        folders, files = storage.entries(folder)
    except OSError as error:
        yield Item(folder, _stem(below or posixpath.basename(folder)), str(error))
        return
    for file in files:
        if _suffix(file) in image.SUFFIXES:
            yield Item(storage.join(folder, file), _stem(f"{below}/{file}"))
    above = {**above, identity: folder}
    for inner in folders:
        place = storage.join(folder, inner)
        if not avoids(place):
            yield from _walk(place, f"{below}/{inner}", above, avoids, note)


# --- manifests ---------------------------------------------------------------


def _checked(name: str, column: str, copies: ExitStack) -> str:
    """The path of a manifest, or of its copy, that has the column."""
    try:
        path = copies.enter_context(storage.on_disk(name))
        empty = os.path.getsize(path) == 0
        columns = {} if empty else _columns(name, path)
    except ImportError:
        raise
    except OSError as error:
        why = f"{shown(name)}: could not be read ({error.strerror}); check the name and permissions"
        raise ValueError(why if error.strerror else str(error)) from None
    except Exception as error:  # readers fed with junk raise anything
        raise ValueError(f"{shown(name)}: is damaged ({_line(error)}); get it anew") from None
    if empty:
        raise ValueError(
            f"{shown(name)}: is empty (0 bytes); a column {column!r} that names images was expected"
        )
    if column not in columns:
        has = shorten(", ".join(map(shown, columns)), 300) or "none"
        raise ValueError(
            f"{shown(name)}: has no column {column!r}; it has {has}; name one with --column"
        )
    if columns[column]:
        raise ValueError(
            f"{shown(name)}: column {column!r} must hold names of images, got "
            f"{shorten(columns[column], 100)}; name another with --column"
        )
    return path


def _columns(name: str, path: str) -> dict[str, str]:
    """What the columns are called, and what they hold where that is no text."""
    if _suffix(name) == ".csv":
        with _text(path) as file:
            return dict.fromkeys(next(csv.reader(file), []), "")
    with open(path, "rb") as data, _parquet(data) as table:
        return {
            field.name: "" if "string" in str(field.type) and not field.type.num_fields
            else str(field.type)
            for field in table.schema_arrow
        }  # fmt: skip


def _cells(name: str, path: str, column: str) -> Iterator[str | None]:
    if _suffix(name) == ".csv":
        with _text(path) as file:
            for row in csv.DictReader(file):
                yield row[column]
        return
    with open(path, "rb") as data, _parquet(data) as table:
        for batch in table.iter_batches(columns=[column]):
            yield from batch.column(0).to_pylist()


def _text(path: str) -> IO[str]:
    """Names need not be Unicode: their bytes come and go as they are."""
    return open(path, encoding="utf-8-sig", errors="surrogateescape", newline="")


def _parquet(data: IO[bytes]) -> Any:
    require("pyarrow")
    return import_module("pyarrow.parquet").ParquetFile(data)


def _rows(name: str, path: str, column: str) -> Iterator[Item]:
    """An item for each row; what is wrong with one is an item too, and the run goes on."""
    folder, number = storage.parent(name), 0
    home = storage.bare(folder) if storage.is_address(folder) else os.path.abspath(folder)
    try:
        for number, cell in enumerate(_cells(name, path, column), 1):
            if cell and cell.strip() and "\0" not in cell:
                yield _row(folder, home, cell)
            else:
                yield _unusable(name, number, f"row {number} names no image")
    except Exception as error:  # readers fed with junk raise anything
        what = f"is damaged after row {number} ({_line(error)}); get it anew"
        yield _unusable(name, number + 1, what)


def _unusable(name: str, number: int, what: str) -> Item:
    stem = _stem(posixpath.basename(storage.bare(name)))
    return Item(f"{name}: row {number}", f"{stem}/row {number}", f"{shown(name)}: {what}")


def _line(error: Exception) -> str:
    return shorten(str(error) or type(error).__name__, 200)


def _row(folder: str, home: str, cell: str) -> Item:
    """Below the manifest's folder the tree is kept; from elsewhere, the whole path."""
    cell = storage.plain(cell)
    if storage.is_address(cell):
        return Item(cell, _stem(storage.bare(cell)))
    if cell.startswith("/"):
        return Item(cell, _stem(cell))
    if storage.is_address(folder):  # no server takes ".." for the folder above
        scheme, _, rest = folder.partition("://")
        source = f"{scheme}://{posixpath.normpath(f'/{rest}/{cell}').lstrip('/')}"
        whole = storage.bare(source)
    else:
        cell = _DOTS.sub(r"\1", cell)
        source = _own(storage.join(folder, cell))
        whole = os.path.normpath(f"{home}/{cell}")
    return Item(source, _stem(whole.removeprefix(f"{home}/")))
