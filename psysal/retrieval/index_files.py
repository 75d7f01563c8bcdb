"""Files of an index: the rows of its vectors, and FAISS's codes of them.

    vectors-0.f32      the rows one after the other, of unit length, float32, as the machine has it
    ivfpq-0.faiss      only of engine "ivfpq": FAISS's index of the rows, made again if lost

Place: between the engines, which compare rows, and the index, whose database says how many rows
there are.  The number in a name is the generation of the files.
"""

import os
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from psysal import files
from psysal._typing import Array
from psysal.optional import require
from psysal.retrieval.engines import (
    BLOCK,
    Neighbors,
    Rows,
    best_by_faiss,
    best_of_all,
    best_of_coded,
    build_codes,
    read_codes,
    write_codes,
)
from psysal.retrieval.index_database import REMEDY

__all__: list[str] = []

UNCODED = 64  # one row in so many may be without a code


class IndexFiles:
    """Files of rows and codes in a folder, for vectors of one dimension.

    Their checksum is the CRC-32 of a description of the index and of the rows.

    Attributes
    ----------
    no_rows : int
        Checksum of the description alone.
    """

    def __init__(self, folder: Path, dimension: int, description: str) -> None:
        self._folder, self._dimension = folder, dimension
        self.no_rows = zlib.crc32(description.encode())
        self._summed = -1, 0, 0  # generation, rows that were read and their checksum
        self._codes: Any = None
        self._known_version: tuple[int, ...] = ()  # of the file that they are

    def vectors(self, generation: int) -> Path:
        """File of the rows."""
        return self._folder / f"vectors-{generation}.f32"

    def _codes_path(self, generation: int) -> Path:
        return self._folder / f"ivfpq-{generation}.faiss"

    def read(self, generation: int, count: int, silent: Array, checksum: int) -> Rows:
        """The first ``count`` rows, of which those that are ``silent`` are not to be found.

        The file is mapped into memory; a ValueError if it is shorter, or does not have the
        checksum.
        """
        values = self._values(generation, count)
        known, first, _ = self._summed
        start = self._summed[1:] if known == generation and first <= count else (0, self.no_rows)
        if self._sum(values, *start) != checksum:
            raise ValueError(
                f"{self._folder}: is damaged, {self.vectors(generation).name} was changed since it "
                f"was written; {REMEDY}"
            )
        self._summed = generation, count, checksum
        return Rows(generation, values, silent)

    def checksum(self, generation: int, count: int) -> int:
        """Checksum of the first ``count`` rows."""
        return self._sum(self._values(generation, count), 0, self.no_rows)

    def _values(self, generation: int, count: int) -> Array:
        path = self.vectors(generation)
        size = 4 * self._dimension * count
        if not path.is_file() or path.stat().st_size < size:
            raise ValueError(
                f"{self._folder}: is damaged, {path.name} must have {size} bytes; {REMEDY}"
            )
        shape = count, self._dimension
        rows = np.memmap(path, np.float32, "r", shape=shape) if count else np.empty(shape, "f4")
        return rows.view(np.ndarray)

    def _sum(self, values: Array, first: int, checksum: int) -> int:
        """Checksum that goes on from that of the rows before the first."""
        for at in range(first, len(values), BLOCK):
            checksum = zlib.crc32(values[at : at + BLOCK].data, checksum)
        return checksum

    def write(
        self, generation: int, first: int, blocks: Iterable[Array], checksum: int
    ) -> tuple[list[bool], int]:
        """Write rows from a number on, which are on disk afterwards.

        Takes the checksum of the rows before; gives for each row whether it is of zeros, and
        the checksum of all.
        """
        path, zeros = self.vectors(generation), list[bool]()
        try:
            with open(path, "r+b" if path.exists() else "xb") as file:
                for block in blocks:
                    if not zeros:
                        file.seek(first * block[0].nbytes)
                    file.write(block.data)
                    checksum = zlib.crc32(block.data, checksum)
                    zeros += [not row.any() for row in block]
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise OSError(
                f"{path}: could not be written ({error.strerror or error}); nothing was changed"
            ) from None
        return zeros, checksum

    def remove(self, generation: int) -> None:
        """Remove the files of a generation."""
        for path in (self.vectors(generation), self._codes_path(generation)):
            path.unlink(missing_ok=True)

    def nearest(self, engine: str, rows: Rows, queries: Array, k: int) -> list[Neighbors]:
        """Rows most similar to each query, by an engine."""
        if engine == "flat":
            return best_by_faiss(rows, queries, k)
        if engine == "ivfpq" and len(queries):
            require("faiss")
            codes = self.codes(rows.generation) or self.make_codes(rows)
            if codes is not None:
                return best_of_coded(codes, rows, queries, k)
        return best_of_all(rows, queries, k)

    def codes(self, generation: int) -> Any:
        """FAISS's index of the first rows, as far as it goes; None if there is none of use."""
        if (version := self._codes_version(generation)) != self._known_version:
            self._codes, self._known_version = None, version
            with suppress(OSError):
                codes = read_codes(self._codes_path(generation))
                self._codes = codes if codes and codes.d == self._dimension else None
        return self._codes

    def update_codes(self, rows: Rows) -> None:
        """Make codes of the rows without, if they are many."""
        codes = self.codes(rows.generation)
        uncoded = len(rows.values) - (codes.ntotal if codes else 0)
        if uncoded > len(rows.values) // UNCODED:
            self.make_codes(rows, codes)

    def make_codes(self, rows: Rows, codes: Any = None) -> Any:
        """FAISS's index of all rows, from one of fewer or anew; written if there is room for it."""
        if (codes := build_codes(rows.values, codes)) is None:
            return None
        path = self._codes_path(rows.generation)
        with suppress(OSError):
            files.remove_drafts(path)
            write_codes(path, codes)
        self._codes, self._known_version = codes, self._codes_version(rows.generation)
        return codes

    def forget(self) -> None:
        """Let go of the codes."""
        self._codes, self._known_version = None, ()

    def _codes_version(self, generation: int) -> tuple[int, ...]:
        """Numbers that change when another process has written the codes."""
        try:
            status = self._codes_path(generation).stat()
        except OSError:
            return (generation,)
        return generation, status.st_ino, status.st_size, status.st_mtime_ns
