"""Log of scores on disk, from which an interrupted comparison resumes.

Place in the pipeline: beside the comparison of models.  A file of JSON lines: the first describes
the comparison, every other is one model on one image, with a checksum of its own.  Lines of a model
that has changed since are ignored and left in the file.
"""

import json
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from psysal import files
from psysal.checks import parse_json

__all__ = ["ScoreLog"]

Record = dict[str, Any]

VERSION = 3  # of the file; the first had no checksums, the second another center bias


class ScoreLog:
    """Records by model and image, in a file or, without a path, in memory alone.

    Parameters
    ----------
    path : Path or None
        A file, which may exist.
    description : mapping
        Data set, metrics and profile of the comparison, as JSON can hold them.
    identities : mapping of str to str
        Text that identifies each model and its parameters, by the name of the model.

    Raises
    ------
    ValueError
        The file holds another comparison, or is no log; it is left as it was.
    OSError
        The file cannot be read or written.
    """

    def __init__(
        self, path: Path | None, description: Mapping[str, Any], identities: Mapping[str, str]
    ) -> None:
        self.records: dict[tuple[str, str], Record] = {}
        self._identities = identities
        self._file: BinaryIO | None = None
        if path is None:
            return
        header = json.dumps({"psysal scores": VERSION, **description}).encode()
        data = path.read_bytes() if path.exists() else b""
        *lines, rest = data.split(b"\n")  # a line that was cut short has no end
        if lines:
            self._read(path, lines, json.loads(header))
        elif not header.startswith(rest):
            raise ValueError(f"{path}: scores were expected, found something else; {_ADVICE}")
        files.make_folder(path.parent)
        self._file = path.open("r+b" if path.exists() else "xb")
        self._file.truncate(len(data) - len(rest))
        self._file.seek(len(data) - len(rest))
        if not lines:
            self._write(header)

    def _read(self, path: Path, lines: list[bytes], header: Record) -> None:
        try:
            first = dict(parse_json(lines[0]))
            version = first["psysal scores"]
        except (LookupError, TypeError, ValueError):
            raise _unknown(path, 1) from None
        if version != VERSION:
            raise ValueError(
                f"{path}: holds scores of version {_short(version)}, this psysal goes on from "
                f"version {VERSION}; {_ADVICE}"
            )
        for key in header:
            if first.get(key) != header[key]:
                raise ValueError(
                    f"{path}: holds scores with {key} {_short(first.get(key))}, "
                    f"now it is {_short(header[key])}; {_ADVICE}"
                )
        for number, line in enumerate(lines[1:], start=2):
            text, _, checksum = line.rpartition(_CHECKSUM)
            if checksum != b"%d}" % zlib.crc32(text) or not _is_score(record := _parse(text)):
                raise _unknown(path, number)
            if self._identities.get(record["model"]) == record.pop("made"):
                self.records[record["model"], record["image"]] = record

    def add(self, record: Record) -> None:
        """Write a record to disk at once.

        Parameters
        ----------
        record : dict
            ``model``, ``image``, ``fixations``, ``values`` of metrics by name, ``problem``.

        Raises
        ------
        OSError
            The disk is full, or the file cannot be written; what was in it stays.
        """
        self.records[record["model"], record["image"]] = record
        text = json.dumps({**record, "made": self._identities[record["model"]]})[:-1].encode()
        self._write(text + _CHECKSUM + b"%d}" % zlib.crc32(text))

    def _write(self, line: bytes) -> None:
        if self._file is not None:
            try:
                self._file.write(line + b"\n")
                self._file.flush()
            except OSError as error:
                raise OSError(
                    f"{self._file.name}: could not be written ({error.strerror or error}); make "
                    "room and run it again, which goes on from there"
                ) from None

    def __enter__(self) -> "ScoreLog":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            with suppress(OSError):  # of a line that could not be written, which is said already
                self._file.close()


_ADVICE = "choose another folder, or remove it"
_CHECKSUM = b', "checksum": '
_TYPES = {"model": str, "image": str, "fixations": int, "values": dict, "problem": str, "made": str}


def _parse(text: bytes) -> Any:
    """Record of a line, or None."""
    try:
        return parse_json(text + b"}")
    except ValueError:
        return None


def _is_score(record: Any) -> bool:
    """True for a dictionary as :meth:`ScoreLog.add` writes them."""
    return (
        isinstance(record, dict)
        and record.keys() == _TYPES.keys()
        and all(isinstance(record[key], kind) for key, kind in _TYPES.items())
        and all(type(value) in (int, float) for value in record["values"].values())
    )


def _unknown(path: Path, number: int) -> ValueError:
    return ValueError(
        f"{path}: line {number}: a score as it was written was expected, found something else; "
        f"{_ADVICE}"
    )


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
