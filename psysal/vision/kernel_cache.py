"""Cache of compiled kernels on disk, whose files are checked before they are used.

Place: below the kernels.  numba takes its files as they are: an empty one is an error of every
call, and machine code that was changed is run.  Here each file ends in its SHA-256; what does
not fit is compiled anew and written again, and what cannot be written is compiled in every
process.
"""

import hashlib
import pickle
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.runtime import rtsys

__all__: list[str] = []

KNOWN_NUMBA = re.match(r"0\.6[1-8]\.", numba.__version__) is not None
"""Whether compiled code is known to need no more of this numba than its runtime.  What numba
imports to compile, which it does before it loads any code too, takes half of a first map."""


class _CheckedFiles(IndexDataCacheFile):
    """Index and data of one kernel, with checksums, which pickle does not read."""

    def _dump(self, obj: Any) -> bytes:
        data: bytes = super()._dump(obj)
        return data + hashlib.sha256(data).digest()

    def _load_index(self) -> Any:
        index = _load(self._index_path, pickle.dumps(self._version, protocol=-1))
        stamp, overloads = index or (None, {})
        return overloads if stamp == self._source_stamp else {}

    def _load_data(self, name: str) -> Any:
        return _load(self._data_path(name))


class _CheckedCache(FunctionCache):
    def __init__(self, py_func: Callable[..., Any]) -> None:
        super().__init__(py_func)
        locator, name = self._impl.locator, self._impl.filename_base
        self._cache_file = _CheckedFiles(self._cache_path, name, locator.get_source_stamp())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        with suppress(Exception):  # it names modules that are gone, perhaps
            if not KNOWN_NUMBA:
                return super().load_overload(sig, target_context)
            rtsys.initialize(target_context)
            return self._load_overload(sig, target_context)

    def save_overload(self, sig: Any, data: Any) -> None:
        with suppress(OSError):  # the disk is full, perhaps
            super().save_overload(sig, data)


def keep(kernel: Any) -> None:
    """Keep a compiled function on disk, if there is a folder for it."""
    with suppress(RuntimeError, AttributeError):  # no folder, or plain Python by NUMBA_DISABLE_JIT
        kernel._cache = _CheckedCache(kernel.py_func)


def _load(path: str, start: bytes = b"") -> Any:
    """Object of a file that is the start, the object, and its checksum; None of any other."""
    try:
        content = Path(path).read_bytes().removeprefix(start)
    except OSError:
        return None
    data = content[:-32]
    return pickle.loads(data) if hashlib.sha256(data).digest() == content[-32:] else None
