"""Log of scores on disk, from which an interrupted comparison resumes.

Place in the pipeline: beside the comparison of models.  A file of JSON lines: the first describes
the comparison, every other is one model on one image.  Lines of a model that has changed since
are ignored and left in the file.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from psysal import files

__all__ = ["ScoreLog"]

Record = dict[str, Any]


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
        self._file: TextIO | None = None
        if path is None:
            return
        header = {"psysal scores": 1, **description}
        data = path.read_bytes() if path.exists() else b""
        *lines, rest = data.split(b"\n")  # a line that was cut short has no end
        if lines:
            self._read(path, lines, json.loads(json.dumps(header)))
        elif not json.dumps(header).encode().startswith(rest):
            raise ValueError(f"{path}: scores were expected, found something else; {_ADVICE}")
        files.make_folder(path.parent)
        self._file = path.open("r+" if path.exists() else "x", encoding="utf-8", newline="")
        self._file.truncate(len(data) - len(rest))
        self._file.seek(len(data) - len(rest))
        if not lines:
            self._write(header)

    def _read(self, path: Path, lines: list[bytes], header: Record) -> None:
        first, *records = (_parse(path, *line) for line in enumerate(lines, start=1))
        if differ := [key for key in header if first.get(key) != header[key]]:
            key = differ[0]
            raise ValueError(
                f"{path}: holds scores with {key} {_short(first.get(key))}, "
                f"now it is {_short(header[key])}; {_ADVICE}"
            )
        for record in records:
            if self._identities.get(record["model"]) == record.pop("made"):
                self.records[record["model"], record["image"]] = record

    def add(self, record: Record) -> None:
        """Write a record to disk at once.

        Parameters
        ----------
        record : dict
            With ``model`` and ``image``; what JSON can hold.
        """
        self.records[record["model"], record["image"]] = record
        self._write({**record, "made": self._identities[record["model"]]})

    def _write(self, record: Record) -> None:
        if self._file is not None:
            self._file.write(json.dumps(record) + "\n")
            self._file.flush()

    def __enter__(self) -> "ScoreLog":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()


_ADVICE = "choose another folder, or remove it"


def _parse(path: Path, number: int, line: bytes) -> Record:
    try:
        record = json.loads(line)
        if ("psysal scores" if number == 1 else "made") in record:
            return dict(record)
    except (ValueError, TypeError):
        pass
    raise ValueError(
        f"{path}: line {number}: a score was expected, found something else; {_ADVICE}"
    )


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
