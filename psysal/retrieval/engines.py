"""How vectors are compared: with every row, or with those whose short codes are near.

Place in the pipeline: rows of an index, queries -> [engines] -> rows, and how alike they are.
Enters: rows and queries of unit length, float32, and which rows are not to be found.  Leaves:
for each query the numbers of the k rows most alike and their cosines in float64.

    exact    a matrix product by NumPy, block by block, that tells which may be among the best
    flat     the same by FAISS, also block by block
    ivfpq    FAISS's inverted lists of codes by product quantization, after a random rotation;
             the best are compared exactly

References
----------
Jegou, Douze & Schmid (2011), Product quantization for nearest neighbor search,
doi:10.1109/TPAMI.2010.57.
Douze et al. (2024), The Faiss library, doi:10.48550/arXiv.2401.08281.
"""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from psysal import files
from psysal.optional import require

__all__ = [
    "BLOCK",
    "ENGINES",
    "NOTHING",
    "Rows",
    "best_by_faiss",
    "best_of_all",
    "best_of_coded",
    "coded",
    "need_faiss",
    "read_codes",
    "units",
    "write_codes",
]

Array = NDArray[Any]
Found = tuple[Array, Array]
"""Numbers of rows, the most alike first, and how alike they are."""

ENGINES = ("exact", "flat", "ivfpq")
"""How an index can be searched."""

NOTHING: Found = np.empty(0, np.int64), np.empty(0)
"""What is found where there is nothing."""
BLOCK = 2**14
"""Rows that are looked at together."""
TOGETHER = 256  # queries that are

# Measured by benchmarks/search.py and with harder vectors (noise as large as a third).
TRAIN = 2**14  # rows that codes are worth it for; they are trained anew when there are GROWTH times
GROWTH = 4  # as many, so that lists stay short and know what came later
LISTS = 4  # times the root of the rows trained with
PER_LIST = 40  # rows of the sample for each list
PER_CODE = 64  # rows of the sample for each of a byte's 256 codes
ROUNDS = 10  # of every k-means
ELEMENTS = 8  # of a vector that become a byte
BYTES = 128  # of a code at most
PROBES = 64  # lists that a query looks at
CANDIDATES = 40, 400  # exact comparisons: times k, and at least


@dataclass(frozen=True)
class Rows:
    """What an index held at one moment.

    Attributes
    ----------
    generation : int
        Of its files.
    values : ndarray, (N, D), float32
        Of unit length or zeros; those of names that went are among them.
    silent : ndarray
        The numbers of those that are not to be found, in order.
    """

    generation: int
    values: Array
    silent: Array

    @property
    def heard(self) -> int:
        """How many can be found."""
        return len(self.values) - len(self.silent)

    def blocks(self, first: int = 0) -> Iterator[tuple[Array, Array]]:
        """Numbers and values of those that can be found, from one on, few at a time."""
        for at in range(first, len(self.values), BLOCK):
            block = self.values[at : at + BLOCK]
            start, end = np.searchsorted(self.silent, (at, at + len(block)))
            numbers = np.arange(at, at + len(block))
            if start < end:
                heard = np.delete(np.arange(len(block)), self.silent[start:end] - at)
                numbers, block = numbers[heard], block[heard]
            if len(numbers):
                yield numbers, block


def units(x: Array) -> Array:
    """Rows divided by their lengths, C-contiguous float32; zeros stay zeros."""
    x = x.astype(np.float64)
    for norm in (np.inf, 2):  # the first so that squares neither over- nor underflow
        length = np.linalg.norm(x, norm, axis=1, keepdims=True)
        length[length == 0] = 1
        x /= length
    return np.ascontiguousarray(x, np.float32)


def best_of_all(rows: Rows, queries: Array, k: int, first: int = 0) -> list[Found]:
    """By looking at all rows, from one on, with NumPy ("exact").

    A matrix product in float32 tells which may be among the best; those are compared one by
    one, so that equal rows are equally alike wherever they are.
    """
    found = [NOTHING] * len(queries)
    off = 2 * rows.values.shape[1] * 2.0**-23  # a product of units is off by half of that
    for some in range(0, len(queries), TOGETHER):
        for numbers, block in rows.blocks(first):
            scores = queries[some : some + TOGETHER] @ block.T
            for i, score in enumerate(scores, some):
                _, alike = found[i]
                floor = alike[-1] if len(alike) == k else -np.inf
                if floor == -np.inf and k < len(score):
                    floor = np.partition(score, -k)[-k]
                if len(near := np.flatnonzero(score > floor - off)):
                    found[i] = _merged(found[i], numbers[near], block[near], queries[i], k)
    return found


def best_by_faiss(rows: Rows, queries: Array, k: int) -> list[Found]:
    """By looking at all rows with FAISS ("flat"); of rows as alike it may prefer any."""
    faiss = need_faiss()
    found = [NOTHING] * len(queries)
    for numbers, block in rows.blocks():
        _, near = faiss.knn(queries, block, min(k, len(block)), metric=faiss.METRIC_INNER_PRODUCT)
        for i, nearest in enumerate(np.sort(near)):
            found[i] = _merged(found[i], numbers[nearest], block[nearest], queries[i], k)
    return found


def best_of_coded(codes: Any, rows: Rows, queries: Array, k: int) -> list[Found]:
    """Of the rows with the best codes and of those that have none yet ("ivfpq")."""
    faiss = need_faiss()
    heard = np.zeros(codes.ntotal, bool)
    heard[: len(rows.values)] = True  # codes may be of later rows
    heard[rows.silent[rows.silent < codes.ntotal]] = False
    bits = np.packbits(heard, bitorder="little")
    how = faiss.SearchParametersPreTransform(
        index_params=faiss.SearchParametersIVF(
            nprobe=PROBES, sel=None if heard.all() else faiss.IDSelectorBitmap(bits)
        )
    )
    times, least = CANDIDATES
    _, near = codes.search(queries, min(max(times * k, least), codes.ntotal), params=how)
    late = best_of_all(rows, queries, k, codes.ntotal)
    found = []
    for query, coded_ones, (others, _) in zip(queries, near, late, strict=True):
        numbers = np.sort(np.concatenate([coded_ones[coded_ones >= 0], others]))
        if len(numbers) < min(k, rows.heard):  # few in the lists
            found += best_of_all(rows, query[None], k)
        else:
            found.append(_merged(NOTHING, numbers, rows.values[numbers], query, k))
    return found


def _merged(found: Found, numbers: Array, values: Array, query: Array, k: int) -> Found:
    """The k most alike of those found and of more, the first of equals first.

    Each row is compared in float64 by itself, whatever its neighbors.
    """
    numbers = np.concatenate([found[0], numbers])
    new = (values * query.astype(np.float64)).sum(axis=1).clip(-1, 1)
    alike = np.concatenate([found[1], new])
    best = np.argsort(-alike, kind="stable")[:k]
    return numbers[best], alike[best]


# --- FAISS -------------------------------------------------------------------


def need_faiss() -> ModuleType:
    """FAISS, or an ImportError with the line that installs it."""
    return require("faiss")


def coded(rows: Array, codes: Any = None) -> Any:
    """FAISS's index of all rows, from one of the first of them or anew; None if they are few."""
    known = _trained_with(len(rows))
    if not known:
        return None
    if codes is None or _trained_with(codes.ntotal) != known:
        codes = _trained(rows[:known])
    for at in range(codes.ntotal, len(rows), BLOCK):
        codes.add(rows[at : at + BLOCK])
    return codes


def _trained_with(count: int) -> int:
    """The number of rows that codes for so many are trained with; 0 if they are too few."""
    known = TRAIN
    while known * GROWTH <= count:
        known *= GROWTH
    return known if known <= count else 0


def _trained(rows: Array) -> Any:
    """FAISS's index of inverted lists with codes, empty, trained with a sample."""
    faiss = need_faiss()
    dimension = rows.shape[1]
    lists = LISTS * math.isqrt(len(rows))
    code = min(math.ceil(dimension / ELEMENTS), BYTES)
    turned = code * math.ceil(dimension / code)  # a multiple; zeros fill it up
    turn = faiss.RandomRotationMatrix(dimension, turned)  # so that all bytes tell as much
    turn.init(0)
    codes = faiss.IndexIVFPQ(
        faiss.IndexFlatIP(turned), turned, lists, code, 8, faiss.METRIC_INNER_PRODUCT
    )
    codes.cp.niter = codes.pq.cp.niter = ROUNDS
    codes.cp.spherical = True
    codes.pq.cp.max_points_per_centroid = PER_CODE
    codes.cp.min_points_per_centroid = codes.pq.cp.min_points_per_centroid = 1  # no warnings
    whole = faiss.IndexPreTransform(turn, codes)
    chosen = np.random.default_rng(0).choice(
        len(rows), min(PER_LIST * lists, len(rows)), replace=False
    )
    whole.train(rows[np.sort(chosen)])
    return whole


def write_codes(path: Path, codes: Any) -> None:
    """FAISS's file and its SHA-256."""
    faiss = need_faiss()
    digest = hashlib.sha256()
    with files.draft(path, overwrite=True) as new, open(new, "xb") as file:

        def write(data: bytes) -> None:
            digest.update(data)
            file.write(data)

        faiss.write_index(codes, faiss.PyCallbackIOWriter(write))
        file.write(digest.digest())


def read_codes(path: Path) -> Any:
    """FAISS's index, None if the file is damaged: its SHA-256 is asked before it is read."""
    faiss = need_faiss()
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        left = max(path.stat().st_size - digest.digest_size, 0)
        while data := file.read(min(left, 2**20)):
            digest.update(data)
            left -= len(data)
        if file.read() != digest.digest():
            return None
        file.seek(0)
        try:
            return faiss.read_index(faiss.PyCallbackIOReader(file.read))
        except RuntimeError:  # as a later FAISS wrote it
            return None
