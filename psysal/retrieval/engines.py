"""Engines: comparison of a query with all rows, or with those whose short codes are near.

Place in the pipeline: rows of an index, queries -> [engines] -> rows and their similarities.
Enters: rows and queries of unit length, float32, and the numbers of inactive rows.  Leaves: for
each query the numbers of the k most similar rows and their cosines, float64.

    exact    NumPy's matrix product, block by block, selects candidates for exact comparison
    flat     FAISS's exhaustive search, block by block
    ivfpq    FAISS's inverted lists of product-quantized codes, after a random rotation, select
             candidates for exact comparison

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
from typing import Any

import numpy as np

from psysal import files
from psysal._typing import Array
from psysal.optional import require

__all__ = ["ENGINES"]

Neighbors = tuple[Array, Array]
"""Numbers of rows, the most similar first, and their similarities."""

ENGINES = ("exact", "flat", "ivfpq")
"""Engines by name."""

NO_NEIGHBORS: Neighbors = np.empty(0, np.int64), np.empty(0)
BLOCK = 2**14  # rows that are compared at a time
TOGETHER = 256  # queries that are compared at a time

# Chosen by benchmarks/measure/search.py and with harder vectors (noise as large as a third).
TRAIN = 2**14  # fewest rows that are given codes
GROWTH = 4  # factor of growth after which codes are trained anew, so that lists stay short
LISTS = 4  # lists, in units of the root of the number of training rows
PER_LIST = 40  # rows of the sample for each list
PER_CODE = 64  # rows of the sample for each of a byte's 256 codes
ROUNDS = 10  # iterations of every k-means
ELEMENTS = 8  # elements of a vector that a byte encodes
BYTES = 128  # largest code
PROBES = 64  # lists that are searched for a query
CANDIDATES = 40, 400  # exact comparisons for a query: this many times k, but at least so many


@dataclass(frozen=True)
class Rows:
    """Rows of an index at one moment.

    Attributes
    ----------
    generation : int
        Generation of its files.
    values : ndarray, (N, D), float32
        Rows of unit length or zeros, with those of removed names.
    inactive : ndarray, (M,), int64
        Numbers of the rows that no query finds, ascending: those of removed names, and zeros.
    """

    generation: int
    values: Array
    inactive: Array

    @property
    def active_count(self) -> int:
        """Number of rows that a query can find."""
        return len(self.values) - len(self.inactive)

    def blocks(self, first: int = 0) -> Iterator[tuple[Array, Array]]:
        """Numbers and values of active rows, from row ``first`` on, a block at a time."""
        for at in range(first, len(self.values), BLOCK):
            block = self.values[at : at + BLOCK]
            start, end = np.searchsorted(self.inactive, (at, at + len(block)))
            numbers = np.arange(at, at + len(block))
            if start < end:
                active = np.delete(np.arange(len(block)), self.inactive[start:end] - at)
                numbers, block = numbers[active], block[active]
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


def best_of_all(rows: Rows, queries: Array, k: int, first: int = 0) -> list[Neighbors]:
    """Nearest rows, from row ``first`` on, by NumPy ("exact").

    A matrix product in float32 selects candidates, which are then compared one by one, so that
    equal rows have equal similarities wherever they are.
    """
    neighbors = [NO_NEIGHBORS] * len(queries)
    error = 2 * rows.values.shape[1] * 2.0**-23  # twice that of a product of unit vectors
    for some in range(0, len(queries), TOGETHER):
        for numbers, block in rows.blocks(first):
            scores = queries[some : some + TOGETHER] @ block.T
            for i, score in enumerate(scores, some):
                _, similarity = neighbors[i]
                floor = similarity[-1] if len(similarity) == k else -np.inf
                if floor == -np.inf and k < len(score):
                    floor = np.partition(score, -k)[-k]
                if len(near := np.flatnonzero(score > floor - error)):
                    neighbors[i] = _merged(neighbors[i], numbers[near], block[near], queries[i], k)
    return neighbors


def best_by_faiss(rows: Rows, queries: Array, k: int) -> list[Neighbors]:
    """Nearest rows by FAISS ("flat"); equally similar ones may come in any order."""
    faiss = require("faiss")
    neighbors = [NO_NEIGHBORS] * len(queries)
    for numbers, block in rows.blocks():
        _, near = faiss.knn(queries, block, min(k, len(block)), metric=faiss.METRIC_INNER_PRODUCT)
        for i, nearest in enumerate(np.sort(near)):
            neighbors[i] = _merged(neighbors[i], numbers[nearest], block[nearest], queries[i], k)
    return neighbors


def best_of_coded(codes: Any, rows: Rows, queries: Array, k: int) -> list[Neighbors]:
    """Nearest rows among those with the best codes and those without a code ("ivfpq")."""
    faiss = require("faiss")
    active = np.zeros(codes.ntotal, bool)
    active[: len(rows.values)] = True  # another process may have given codes to later rows
    active[rows.inactive[rows.inactive < codes.ntotal]] = False
    bits = np.packbits(active, bitorder="little")
    parameters = faiss.SearchParametersPreTransform(
        index_params=faiss.SearchParametersIVF(
            nprobe=PROBES, sel=None if active.all() else faiss.IDSelectorBitmap(bits)
        )
    )
    times, least = CANDIDATES
    _, near = codes.search(queries, min(max(times * k, least), codes.ntotal), params=parameters)
    uncoded = best_of_all(rows, queries, k, codes.ntotal)
    neighbors = []
    for query, candidates, (others, _) in zip(queries, near, uncoded, strict=True):
        numbers = np.sort(np.concatenate([candidates[candidates >= 0], others]))
        if len(numbers) < min(k, rows.active_count):  # few in the lists
            neighbors += best_of_all(rows, query[None], k)
        else:
            neighbors.append(_merged(NO_NEIGHBORS, numbers, rows.values[numbers], query, k))
    return neighbors


def _merged(neighbors: Neighbors, numbers: Array, values: Array, query: Array, k: int) -> Neighbors:
    """The k most similar of ``neighbors`` and further rows; equals stay in order.

    Each row is compared by itself, in float64, so that its similarity does not depend on others.
    """
    numbers = np.concatenate([neighbors[0], numbers])
    new = (values * query.astype(np.float64)).sum(axis=1).clip(-1, 1)
    similarity = np.concatenate([neighbors[1], new])
    best = np.argsort(-similarity, kind="stable")[:k]
    return numbers[best], similarity[best]


# --- FAISS -------------------------------------------------------------------


def build_codes(rows: Array, codes: Any = None) -> Any:
    """FAISS's index of all rows, by extending that of the first rows if it is still good.

    None if there are too few rows.
    """
    count = _training_count(len(rows))
    if not count:
        return None
    if codes is None or _training_count(codes.ntotal) != count:
        codes = _trained(rows[:count])
    for at in range(codes.ntotal, len(rows), BLOCK):
        codes.add(rows[at : at + BLOCK])
    return codes


def _training_count(count: int) -> int:
    """Number of rows with which the codes of ``count`` rows are trained; 0 if they are too few."""
    training = TRAIN
    while training * GROWTH <= count:
        training *= GROWTH
    return training if training <= count else 0


def _trained(rows: Array) -> Any:
    """FAISS's index of inverted lists with codes, empty, trained with a sample of rows."""
    faiss = require("faiss")
    dimension = rows.shape[1]
    lists = LISTS * math.isqrt(len(rows))
    code = min(math.ceil(dimension / ELEMENTS), BYTES)
    padded = code * math.ceil(dimension / code)  # a multiple of the code's bytes
    rotation = faiss.RandomRotationMatrix(dimension, padded)  # all bytes are then as informative
    rotation.init(0)
    codes = faiss.IndexIVFPQ(
        faiss.IndexFlatIP(padded), padded, lists, code, 8, faiss.METRIC_INNER_PRODUCT
    )
    codes.cp.niter = codes.pq.cp.niter = ROUNDS
    codes.cp.spherical = True
    codes.pq.cp.max_points_per_centroid = PER_CODE
    codes.cp.min_points_per_centroid = codes.pq.cp.min_points_per_centroid = 1  # no warnings
    index = faiss.IndexPreTransform(rotation, codes)
    sample = np.random.default_rng(0).choice(
        len(rows), min(PER_LIST * lists, len(rows)), replace=False
    )
    index.train(rows[np.sort(sample)])
    return index


def write_codes(path: Path, codes: Any) -> None:
    """Write FAISS's file, followed by its SHA-256."""
    faiss = require("faiss")
    digest = hashlib.sha256()
    with files.draft(path, overwrite=True) as new, open(new, "xb") as file:

        def write(data: bytes) -> None:
            digest.update(data)
            file.write(data)

        faiss.write_index(codes, faiss.PyCallbackIOWriter(write))
        file.write(digest.digest())


def read_codes(path: Path) -> Any:
    """FAISS's index of a file; None if the file does not have its SHA-256."""
    faiss = require("faiss")
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
        except RuntimeError:  # the format of a later FAISS
            return None
