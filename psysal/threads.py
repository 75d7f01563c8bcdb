"""Threads over the parts of one image; the kernels release the GIL.

The parts never depend on one another, and no value depends on how the image was
cut, so any number of threads gives the same bits.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

__all__ = ["Runner", "thread_count", "workers"]

Runner = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]]], list[Any]]


def thread_count(threads: int | None) -> int:
    """The number asked for, or the processors this process may use."""
    if threads is None:
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise ValueError(
            f"threads must be a whole number from 1 on, got {threads!r}; "
            "leave it out to use every processor"
        )
    return threads


@contextmanager
def workers(threads: int) -> Iterator[Runner]:
    """A function ``run(function, jobs)`` that calls ``function(*job)`` for every job.

    Results come in the order of the jobs.
    """

    def in_turn(function: Callable[..., Any], jobs: Iterable[tuple[Any, ...]]) -> list[Any]:
        return [function(*job) for job in jobs]

    if threads == 1:
        yield in_turn
        return
    with ThreadPoolExecutor(threads) as pool:

        def at_once(function: Callable[..., Any], jobs: Iterable[tuple[Any, ...]]) -> list[Any]:
            jobs = list(jobs)
            if len(jobs) == 1:
                return in_turn(function, jobs)
            return list(pool.map(lambda job: function(*job), jobs))

        yield at_once
