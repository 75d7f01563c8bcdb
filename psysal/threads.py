"""Threads over the parts of one image, or over images; the kernels release the GIL.

The parts never depend on one another, and no value depends on how the image was
cut, so any number of threads gives the same bits.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

__all__ = ["ALONE", "Crew", "crew", "in_order", "thread_count"]


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


class Crew:
    """Does jobs: at once on an executor's threads, or in turn where there is none."""

    def __init__(self, executor: Executor | None = None, threads: int = 1) -> None:
        self._executor = executor
        self.threads = threads

    def start(self, function: Callable[..., Any], *job: Any) -> "Future[Any]":
        """Hand over a job; ``result()`` of what is returned waits for it."""
        if self._executor is not None:
            return self._executor.submit(function, *job)
        done: Future[Any] = Future()
        done.set_result(function(*job))
        return done

    def run(self, function: Callable[..., Any], jobs: Iterable[tuple[Any, ...]]) -> list[Any]:
        """``function(*job)`` for every job, in the order of the jobs; waits for all."""
        jobs = list(jobs)
        if len(jobs) < 2 or self._executor is None:
            return [function(*job) for job in jobs]
        return [started.result() for started in [self.start(function, *job) for job in jobs]]


ALONE = Crew()
"""No threads but the one that asks."""
_spare: dict[int, list[Crew]] = {}
if hasattr(os, "register_at_fork"):  # a child process has no threads but its first
    os.register_at_fork(after_in_child=_spare.clear)


@contextmanager
def crew(threads: int) -> Iterator[Crew]:
    """A crew of so many threads; they wait for the next image when it is done."""
    if threads == 1:
        yield ALONE
        return
    spare = _spare.setdefault(threads, [])
    try:
        found = spare.pop()
    except IndexError:
        found = Crew(ThreadPoolExecutor(threads), threads)
    yield found
    spare[:] = [found]


def in_order(jobs: Iterable[Callable[[], Any]], count: int) -> Iterator[Any]:
    """Results of jobs, done ``count`` at a time and few ahead of the one that is awaited.

    >>> list(in_order([lambda: 1, lambda: 2, lambda: 3], 2))
    [1, 2, 3]
    """
    with ThreadPoolExecutor(count) as pool:
        running: deque[Future[Any]] = deque()
        try:
            for job in jobs:
                running.append(pool.submit(job))
                if len(running) > 2 * count:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            for future in running:
                future.cancel()
