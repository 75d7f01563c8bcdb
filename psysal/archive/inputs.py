"""Names to sources: files, folders, globs, manifests and addresses, one photograph at a time.

Place: the front of the archive.  The names of a command line enter; sources leave, each a
photograph and where its map goes below the output, while the archive is still being searched:
no more of it is held than the listing of a folder.
"""

import os
import posixpath
import re
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from psysal import files, image
from psysal.archive import folders
from psysal.archive.folders import suffix
from psysal.archive.lists import cells, checked_list, one_line
from psysal.archive.names import inside
from psysal.files import shown

__all__ = ["STDIN", "Source", "find"]

STDIN = "-"
"""Name of standard input."""
_MANIFESTS = frozenset({".csv", ".parquet"})
_GLOB = re.compile(r"[*?[]")
_DOTS = re.compile(r"(^|/)(?:\.?/)+")  # "./" and "//", which change no path


@dataclass
class Source:
    """A photograph, and where its map goes.

    Parameters
    ----------
    name : str
        A path as it was found, an address, or "-" for standard input. An address may hold
        a login: print ``label`` instead.
    stem : str
        A POSIX path below the output, without suffix; it never leads out of there.
    problem : str, optional
        Sentence that says why there is nothing to map.

    Attributes
    ----------
    place : str
        Absolute path, or the address.
    is_address : bool
        The place is an address.
    key : str
        Place without logins, by which the photograph is known later.
    label : str
        Name as it is printed.
    """

    name: str
    stem: str
    problem: str | None = None

    def __post_init__(self) -> None:
        path = files.local_path(self.name)
        self.is_address = path is None
        self.label = shown(self.name)
        if self.is_address:
            self.place, self.key = self.name, self.label
        elif path == STDIN:
            self.place = self.key = STDIN
            self.label = "standard input"
        else:
            self.place = self.key = os.path.abspath(self.name)


def find(
    inputs: Iterable[str],
    *,
    output: str | None = None,
    column: str = "image",
    on_warning: Callable[[str], None] = lambda sentence: None,
) -> Iterator[Source]:
    """Sources, as they are found.

    Parameters
    ----------
    inputs : iterable of str
        Files; folders, searched for images, whose tree is kept below the output; globs;
        manifests (.csv, .parquet), whose rows name images; addresses of all of these;
        "-". A name that matches nothing stays a source, so that it fails by name.
    output : str, optional
        The folder of the maps, which is not searched.
    column : str
        Column with the names of images in a manifest: addresses, or paths from its folder.
    on_warning : callable, optional
        Called with a sentence about what was left out.

    Returns
    -------
    iterator of Source

    Raises
    ------
    ValueError
        A manifest cannot be read or lacks the column, no one knows the scheme of an address,
        or the output is searched itself: raised at once, before the first source.
    ImportError
        A package that addresses or Parquet need is not installed.

    Examples
    --------
    >>> for source in find(["trip/a.jpg", "-"]):
    ...     print(source.name, source.stem)
    trip/a.jpg a
    - stdin
    """
    names: list[str] = []
    for entry in inputs:
        path = files.local_path(entry)
        name = entry if path is None else path.replace(os.sep, "/")
        if not name:
            raise ValueError(
                "a file, folder or address was expected, got an empty name; leave it out"
            )
        names += _manifests_of(name) if suffix(name) in _MANIFESTS and _is_glob(name) else [name]
    for name in (*names, output or STDIN):
        if files.is_address(name):
            try:
                files.ask("file_system", name, done="reached")
            except OSError as error:
                raise ValueError(str(error)) from None
    manifests: dict[str, str] = {}
    with ExitStack() as stack:
        for name in names:
            if suffix(name) in _MANIFESTS and not folders.is_folder(name):
                if name not in manifests:
                    manifests[name] = checked_list(name, column, stack)
            elif output is not None and not os.path.isfile(name):
                _check_output(name, output)
        copies = stack.pop_all()
    sources = _search(names, manifests, copies, output, column, on_warning)
    weakref.finalize(sources, copies.close)  # where no source is ever asked for
    return sources


def _search(
    names: list[str],
    manifests: dict[str, str],
    copies: ExitStack,
    output: str | None,
    column: str,
    on_warning: Callable[[str], None],
) -> Iterator[Source]:
    with copies:
        for name in names:
            stem = _stem(posixpath.basename(files.bare(name).rstrip("/")))
            is_file = os.path.isfile(name)
            if name in manifests:
                yield from map(_no_pipe, _rows(name, stem, manifests[name], column))
            elif name == STDIN:
                yield Source(name, "stdin")
            elif not is_file and _is_glob(name):
                found = _matches(name, stem, _avoiding(name, output, on_warning))
                yield from map(_no_pipe, found)
            elif not is_file and _may_be_folder(name) and folders.is_folder(name):
                top = name.rstrip("/") if files.is_address(name) else str(Path(name))
                others: Counter[str] = Counter()
                avoids = _avoiding(name, output, on_warning)
                yield from map(_no_pipe, _walk(top, "", {}, others, avoids, on_warning))
                if others:
                    endings = ", ".join(
                        f"{count:,} {ending or 'without an ending'}"
                        for ending, count in others.most_common()
                    )
                    on_warning(f"{shown(top)}: not looked at: {endings}")
            else:
                yield Source(name, stem)


def _no_pipe(source: Source) -> Source:
    """A source that was found, not named, with its problem if reading it would wait."""
    source.problem = source.problem or folders.refusal(source.place)
    return source


def _manifests_of(pattern: str) -> list[str]:
    """Manifests that a glob matches; the glob itself, which fails by name, if there are none."""
    try:
        return list(folders.matches(pattern)) or [pattern]
    except OSError as error:
        raise ValueError(str(error)) from None


def _may_be_folder(name: str) -> bool:
    """False for an address that ends as an image, of which no server is asked."""
    return not (suffix(name) in image.SUFFIXES and files.is_address(name))


def _check_output(name: str, output: str) -> None:
    searched = _root(name)
    if files.resolved(searched) == files.resolved(output) and folders.is_folder(searched):
        own = posixpath.basename(searched.rstrip("/")).strip(".")
        other = f"{searched.rstrip('/')}-saliency" if own else "saliency"
        raise ValueError(
            f"{shown(name)}: is searched for images and is where results go too; "
            f"choose another output folder, such as {shown(other)}"
        )


# --- names -------------------------------------------------------------------


def _is_glob(name: str) -> bool:
    if _GLOB.search(name) is None:
        return False
    if files.is_address(name):
        return not files.is_web(name)
    return not os.path.lexists(name)


def _root(name: str) -> str:
    """Folder in which the search for a name begins."""
    if not _is_glob(name):
        return name
    return os.path.dirname(_GLOB.split(name, 1)[0]) or "."


def _stem(path: str) -> str:
    """Path below the output, without suffix, for a relative path or a whole one.

    >>> _stem("trip/a.tar.jpg"), _stem("/data/a.jpg"), _stem("a/../../b.jpg"), _stem("x/..jpg")
    ('trip/a.tar', 'data/a', 'b', 'x/..jpg')
    """
    *above, last = inside(path).split("/")
    return "/".join([*above, posixpath.splitext(last)[0] or "image"])


def _absolute(path: str) -> str:
    """Absolute POSIX path, on Windows too."""
    return os.path.abspath(path).replace(os.sep, "/")


def _not_stdin(path: str) -> str:
    return f"./{path}" if path == STDIN else path


# --- folders and globs -------------------------------------------------------


def _avoiding(
    name: str, output: str | None, on_warning: Callable[[str], None]
) -> Callable[[str], bool]:
    """Test of whether a folder is, or is in, the output; the first such is said.

    Whoever names a folder of the output itself has it searched.
    """
    if output is None:
        return lambda folder: False
    resolved = files.resolved(output)
    if _is_in(files.resolved(_root(name)), resolved):
        return lambda folder: False
    warned = False

    def avoids(folder: str) -> bool:
        nonlocal warned
        inside = _is_in(files.resolved(folder), resolved)
        if inside and not warned:
            warned = True
            on_warning(f"{shown(output)}: is where results go and was not searched")
        return inside

    return avoids


def _is_in(place: str, folder: str) -> bool:
    return f"{place}/".startswith(f"{folder.rstrip('/')}/")


def _matches(pattern: str, stem: str, avoids: Callable[[str], bool]) -> Iterator[Source]:
    """Files that a glob matches; the glob itself, which fails by name, if there are none."""
    folder, avoided, empty = None, False, True
    try:
        for name in folders.matches(pattern):
            empty = False
            if folder != (folder := posixpath.dirname(name)):
                avoided = avoids(folder)
            if not avoided:
                yield Source(_not_stdin(name), _stem(posixpath.basename(name)))
    except OSError as error:
        yield Source(pattern, stem, str(error))
        return
    if empty:
        yield Source(pattern, stem)


def _walk(
    folder: str,
    below: str,
    above: dict[str, str],
    others: Counter[str],
    avoids: Callable[[str], bool],
    on_warning: Callable[[str], None],
) -> Iterator[Source]:
    """Images of a folder, then those of its folders; ``above`` are those it is in.

    ``others`` counts the other files by ending, but for hidden ones. A raw file beside its
    developed picture is one of these.
    """
    try:
        identity = folders.identity(folder)
        if identity in above:
            back = shown(above[identity])
            on_warning(f"{shown(folder)}: leads back to {back} and was not searched again")
            return
        inner_folders, names = folders.entries(folder)
    except OSError as error:
        yield Source(folder, _stem(below or posixpath.basename(folder)), str(error))
        return
    pictures = image.SUFFIXES - image.RAW_SUFFIXES
    developed = {_stem(name) for name in names if suffix(name) in pictures}
    for name in names:
        if suffix(name) in image.RAW_SUFFIXES and _stem(name) in developed:
            others[suffix(name)] += 1
        elif suffix(name) in image.SUFFIXES:
            yield Source(folders.join(folder, name), _stem(f"{below}/{name}"))
        elif not name.startswith("."):
            others[suffix(name)] += 1
    above = {**above, identity: folder}
    for inner in inner_folders:
        place = folders.join(folder, inner)
        if not avoids(place):
            yield from _walk(place, f"{below}/{inner}", above, others, avoids, on_warning)


# --- manifests ---------------------------------------------------------------


def _rows(name: str, stem: str, path: str, column: str) -> Iterator[Source]:
    """A source for each row; a row that names no image is a source too, and the run goes on."""
    folder, number = folders.parent(name), 0
    home = files.bare(folder) if files.is_address(folder) else _absolute(folder)
    try:
        for number, cell in enumerate(cells(name, path, column), 1):
            if cell and cell.strip() and "\0" not in cell:
                yield _row(folder, home, cell)
            else:
                yield _unusable(name, stem, number, f"row {number} names no image")
    except Exception as error:  # readers fed with junk raise anything
        problem = f"is damaged after row {number} ({one_line(error)}); get it anew"
        yield _unusable(name, stem, number + 1, problem)


def _unusable(name: str, stem: str, number: int, problem: str) -> Source:
    return Source(f"{name}: row {number}", f"{stem}/row {number}", f"{shown(name)}: {problem}")


def _row(folder: str, home: str, cell: str) -> Source:
    """Source of a row: below the manifest's folder its tree, from elsewhere the whole path."""
    path = files.local_path(cell)
    if path is None:
        return Source(cell, _stem(files.bare(cell)))
    cell = path
    plain = cell.strip().strip('"').replace("\\", "/")  # as Windows and spreadsheets write it
    if plain != cell and "://" not in folder and not os.path.lexists(os.path.join(home, cell)):
        cell = plain
    if os.path.isabs(cell):
        return Source(cell, _stem(cell))
    if files.is_address(folder):  # no server takes ".." for the folder above
        scheme, _, rest = folder.partition("://")
        source = f"{scheme}://{posixpath.normpath(f'/{rest}/{cell}').lstrip('/')}"
        whole = files.bare(source)
    else:
        cell = _DOTS.sub(r"\1", cell)
        source = _not_stdin(folders.join(folder, cell))
        whole = _absolute(f"{home}/{cell}")
    return Source(source, _stem(whole.removeprefix(f"{home}/")))
