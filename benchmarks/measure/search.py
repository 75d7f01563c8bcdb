"""An index of a million vectors: time to make it, disk, memory, time to ask it, and recall.

    python benchmarks/measure/search.py [--count 1000000] [--dimension 256]
    python benchmarks/measure/search.py --docs    # puts the table into docs/search.md

Vectors as those of photographs: some kinds are frequent and most are rare, and within a kind
they differ in few ways.  2,000 centers in 32 latent dimensions, the i-th taken in proportion to
1 / sqrt(i), a normal spread of half of theirs about each, carried to all dimensions by a random
matrix whose i-th direction is weighed by 1 / sqrt(i), and normal noise of 0.3 of the root mean
square of the whole.  Of noise alone all vectors would be about as far from a query, and which is
nearest would mean nothing.  Queries are drawn as the vectors are, and are none of them.

Every engine has a folder of its own, made in one process and asked in another; vectors come in
batches of 50,000, and the time of drawing them does not count.  Memory is the process's own (not
the system's cache of files), sampled, above what it had before.  Times a query: the median alone,
the fastest batch of 100; the files are in the system's cache.  Recall: the part of the ten nearest
that is found, over all queries.  Linux alone, as /proc tells; threads as OMP_NUM_THREADS and
OPENBLAS_NUM_THREADS say.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import Event, Thread

import faiss
import numpy as np

from psysal.retrieval.engines import ENGINES
from psysal.retrieval.index import Index

sys.path.append(str(Path(__file__).parents[1] / "make"))
from marks import replace_tables

BATCH, MORE, QUERIES, K = 50_000, 1000, 500, 10
LATENT, CENTERS, SPREAD, NOISE = 32, 2000, 0.5, 0.3
SAMPLE = 0.01  # seconds
COLUMNS = {
    "build": "made, s",
    "disk": "disk, MB",
    "build_memory": "memory to make, MB",
    "ask_memory": "memory to ask, MB",
    "one": "a query alone, ms",
    "together": "of a hundred, ms",
    "recall": "recall@10",
    "more": "1,000 more, s",
}


def vectors(count, dimension, seed):
    rng = np.random.default_rng(0)
    loadings = rng.standard_normal((LATENT, dimension))
    loadings /= np.sqrt(np.arange(1, LATENT + 1))[:, None]
    centers = rng.standard_normal((CENTERS, LATENT))
    weights = 1 / np.sqrt(np.arange(1, CENTERS + 1))
    rng = np.random.default_rng(seed)
    kinds = rng.choice(CENTERS, count, p=weights / weights.sum())
    x = (centers[kinds] + SPREAD * rng.standard_normal((count, LATENT))) @ loadings
    x += NOISE * np.sqrt((x**2).mean()) * rng.standard_normal(x.shape)
    return x.astype(np.float32)


class Peak:
    """The most memory that the process had of its own, in MB above what it had before."""

    def __enter__(self):
        self.first = self.most = self._now()
        self.done = Event()
        self.thread = Thread(target=self._watch)
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.done.set()
        self.thread.join()
        self.value = (self.most - self.first) / 1000

    def _watch(self):
        while not self.done.wait(SAMPLE):
            self.most = max(self.most, self._now())

    @staticmethod
    def _now():
        status = Path("/proc/self/status").read_text()
        return int(status.partition("RssAnon:")[2].split()[0]) * 1.024


def seconds(call, *arguments):
    start = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - start


def make(index, count, dimension):
    """Figures of filling an index."""
    time_s = 0.0
    vectors(BATCH, dimension, 0)  # memory of the vectors is not counted
    with Peak() as peak:
        for first in range(0, count, BATCH):
            x = vectors(min(BATCH, count - first), dimension, 1 + first)
            time_s += seconds(index.add, [f"{first + i}" for i in range(len(x))], x)
    return {"build": time_s, "build_memory": peak.value}


def ask(index, dimension):
    """Figures of searching an index and adding more, with the neighbors of every query."""
    queries = vectors(QUERIES, dimension, 10**9)
    with Peak() as peak:
        index.search(queries[:1], K)
        alone = [seconds(index.search, query[None], K) for query in queries]
        batches = np.split(queries, range(100, QUERIES, 100))
        together = [seconds(index.search, batch, K) / len(batch) for batch in batches]
        neighbors = index.search(queries, K)
    more = vectors(MORE, dimension, 10**9 + 1)
    return {
        "ask_memory": peak.value,
        "one": 1e3 * float(np.median(alone)),
        "together": 1e3 * min(together),
        "neighbors": [[int(match.name) for match in matches] for matches in neighbors],
        "more": seconds(index.add, [f"more {i}" for i in range(MORE)], more),
    }


def measured(engine, folder, count, dimension):
    """Figures of one process: the first makes the index, the second searches it."""
    faiss.knn(*np.ones((2, 1, dimension), np.float32), 1)  # memory of its libraries is not counted
    if not folder.exists():
        return make(Index.create(folder, dimension, engine=engine), count, dimension)
    disk = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    return {"disk": disk} | ask(Index(folder), dimension)


def main():
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--count", type=int, default=1_000_000)
    options.add_argument("--dimension", type=int, default=256)
    options.add_argument("--docs", action="store_true", help="renew docs/search.md")
    options.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)
    options.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = options.parse_args()
    if arguments.engine:
        print(
            json.dumps(
                measured(arguments.engine, arguments.folder, arguments.count, arguments.dimension)
            )
        )
        return
    lines = [
        f"| engine | {' | '.join(COLUMNS.values())} |",
        "|---|" + "---:|" * len(COLUMNS),
    ]
    exact = None
    for engine in ENGINES:
        figures = {}
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(2):
                child = [sys.executable, __file__, *sys.argv[1:]]
                child += ["--engine", engine, "--folder", f"{folder}/index"]
                done = subprocess.run(child, check=True, text=True, stdout=subprocess.PIPE)
                figures |= json.loads(done.stdout)
        neighbors = figures.pop("neighbors")
        exact = exact or [set(query) for query in neighbors]
        same = sum(len(best & set(own)) for best, own in zip(exact, neighbors, strict=True))
        figures["recall"] = same / (K * QUERIES)
        cells = [f"{figures[key]:.4g}" for key in COLUMNS]
        lines.append(f"| {engine} | {' | '.join(cells)} |")
    print("\n".join(lines))
    if arguments.docs:
        replace_tables(Path(__file__).parents[2] / "docs" / "search.md", {"million": lines})


if __name__ == "__main__":
    main()
