"""Files at addresses, such as "s3://bucket/a.jpg", asked for through fsspec.

Place: behind :mod:`psysal.files`, which comes here for an address alone and puts errors into
words.  fsspec is imported when the first is used, and its settings (such as FSSPEC_S3_ANON=true
for public buckets) hold here.
"""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from psysal.optional import install_command, require

__all__: list[str] = []

T = TypeVar("T")
RETRY_PAUSES_S = (0.5, 2.0)
"""Times before an HTTP server is asked again; S3's client has a patience of its own."""
_BUSY = frozenset({408, 429, 500, 502, 503, 504})  # HTTP status
_VERSION_KEYS = (
    *("ETag", "etag", "Content-MD5", "md5Hash", "generation", "LastModified", "Last-Modified"),
    *("last_modified", "mtime", "updated", "modified", "created", "size"),
)


def version(place: str) -> str:
    """All that a server says of a file: ETag, times, size."""
    return _version(_info(place))


def _version(info: dict[str, Any]) -> str:
    return " ".join(str(info[key]) for key in _VERSION_KEYS if info.get(key) is not None)


def _info(place: str) -> dict[str, Any]:
    fs, path = file_system(place)
    info: dict[str, Any] = _ask(fs, lambda: fs.info(path))
    return info


def read(place: str) -> tuple[str, bytes, str, int | None]:
    """Version, contents, version once more, and size."""
    fs, path = file_system(place)
    before, data, after = _ask(fs, lambda: (fs.info(path), fs.cat_file(path), fs.info(path)))
    return _version(before), data, _version(after), after.get("size")


def write(place: str, data: bytes) -> None:
    """Put a file, which object stores keep whole."""
    fs, path = file_system(place)
    _ask(fs, lambda: fs.pipe_file(path, data))


def remove(place: str) -> None:
    """Remove a file."""
    fs, path = file_system(place)
    _ask(fs, lambda: fs.rm_file(path))


def copy(place: str, path: str) -> None:
    """Fetch a file to a path."""
    fs, name = file_system(place)
    _ask(fs, lambda: fs.get_file(name, path))


def size(place: str) -> int | None:
    """Bytes of a file, if its server says."""
    return _info(place).get("size")


def is_folder(place: str) -> bool:
    """True for a folder."""
    return bool(_info(place)["type"] == "directory")


def entries(folder: str) -> list[tuple[str, bool]]:
    """Name of everything in a folder, and whether it is a folder."""
    fs, path = file_system(folder)
    listing = [
        (info["name"].rstrip("/"), info["type"] == "directory")
        for info in _ask(fs, lambda: fs.ls(path, detail=True))
    ]
    fs.invalidate_cache()
    top = path.rstrip("/")  # S3 lists the placeholder of a folder in it
    return [(name.split("/")[-1], is_folder) for name, is_folder in listing if name != top]


def matches(pattern: str) -> list[str]:
    """Files that a glob matches, sorted."""
    fs, path = file_system(pattern)
    start = pattern.rstrip("/").removesuffix(path.strip("/"))
    listing = _ask(fs, lambda: fs.glob(path, detail=True))
    fs.invalidate_cache()
    names = sorted(name for name in listing if listing[name]["type"] != "directory")
    return [start + name.lstrip("/") for name in names]


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
            f"({error}); run: {install_command('remote')}"
        ) from None
    except ValueError:
        raise ValueError(
            f"an address such as s3:// or https:// was expected, got {scheme}://"
        ) from None
    place = f"{scheme}://{rest}"
    # not url_to_fs, which takes "::" in a name for a chain of file systems
    fs = file_system_class(**file_system_class._get_kwargs_from_urls(place))
    fs.invalidate_cache()
    return fs, file_system_class._strip_protocol(place)


def _ask(fs: Any, request: Callable[[], T]) -> T:
    """Answer of a file system; a busy web server is asked again."""
    is_web = "http" in fs.protocol
    for pause in (*RETRY_PAUSES_S, None):
        try:
            return request()
        except Exception as error:  # every client has errors of its own
            cause: BaseException = error
            if is_web and isinstance(error, FileNotFoundError):
                cause = error.__cause__ or error  # fsspec says "not found" of all that fails
            if pause is None or not (is_web and _is_transient(cause)):
                raise cause from None
            time.sleep(pause)
    raise AssertionError("the last try returns or raises")


def _is_transient(error: BaseException) -> bool:
    status = getattr(error, "status", None)
    if status is not None:
        return status in _BUSY
    return not isinstance(error, (FileNotFoundError, MemoryError, ValueError))
