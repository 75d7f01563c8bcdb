"""A journal of scores: what was done is on disk as soon as it is done.

Place in the pipeline: beside the comparison of models, which goes on where it stopped.
A file of JSON lines: the first says what is compared, every other is one model on one
image.  Lines of a model that has changed since are left where they are and not taken.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

__all__ = ["ScoreLog"]

Record = dict[str, Any]


class ScoreLog:
    """Records by model and image, in a file or, without one, in memory alone.

    Parameters
    ----------
    path : Path, optional
        A file that may be there already.
    about : mapping
        What is compared and how; what JSON can hold.
    made : mapping of str to str
        How each model is made; another text is another model.

    Raises
    ------
    ValueError
        The file holds something else; it is left as it was.
    OSError
        The file cannot be read or written.
    """

    def __init__(
        self, path: Path | None, about: Mapping[str, Any], made: Mapping[str, str]
    ) -> None:
        self.records: dict[tuple[str, str], Record] = {}
        self._made = made
        self._file: TextIO | None = None
        if path is None:
            return
        header = {"psysal scores": 1, **about}
        data = path.read_bytes() if path.exists() else b""
        *whole, cut = data.split(b"\n")  # a line that was cut short has no end
        if whole:
            self._read(path, whole, json.loads(json.dumps(header)))
        elif not json.dumps(header).encode().startswith(cut):
            raise ValueError(f"{path}: scores were expected, found something else; {_AWAY}")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("r+" if path.exists() else "x", encoding="utf-8", newline="")
        self._file.truncate(len(data) - len(cut))
        self._file.seek(len(data) - len(cut))
        if not whole:
            self._write(header)

    def _read(self, path: Path, lines: list[bytes], header: Record) -> None:
        first, *records = (_parsed(path, *line) for line in enumerate(lines, start=1))
        if differ := [key for key in header if first.get(key) != header[key]]:
            key = differ[0]
            raise ValueError(
                f"{path}: holds scores with {key} {_short(first.get(key))}, "
                f"now it is {_short(header[key])}; {_AWAY}"
            )
        for record in records:
            if self._made.get(record["model"]) == record.pop("made"):
                self.records[record["model"], record["image"]] = record

    def add(self, record: Record) -> None:
        """Keep the record of ``model`` on ``image``, on disk at once."""
        self.records[record["model"], record["image"]] = record
        self._write({**record, "made": self._made[record["model"]]})

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


_AWAY = "choose another folder, or take it away"


def _parsed(path: Path, number: int, line: bytes) -> Record:
    try:
        record = json.loads(line)
        if ("psysal scores" if number == 1 else "made") in record:
            return dict(record)
    except (ValueError, TypeError):
        pass
    raise ValueError(f"{path}: line {number}: a score was expected, found something else; {_AWAY}")


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
