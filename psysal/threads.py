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

__all__ = ["SERIAL", "ThreadPool", "in_order", "thread_count", "thread_pool"]


def thread_count(threads: int | None) -> int:
    """Number of threads, or of processors that this process may use.

    Parameters
    ----------
    threads : int or None
        Number of threads, from 1; None for every processor.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        ``threads`` is no positive whole number.
    """
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


class _Done(Future[Any]):
    """Future of a job that is done, without the locks of one that others wait for."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def result(self, timeout: float | None = None) -> Any:
        return self._value


class ThreadPool:
    """Jobs run side by side on an executor's threads, or one by one without an executor.

    Parameters
    ----------
    executor : concurrent.futures.Executor, optional
        Runs the jobs; without one, the calling thread does.
    threads : int
        Number of threads of the executor.
    """

    def __init__(self, executor: Executor | None = None, threads: int = 1) -> None:
        self._executor = executor
        self.threads = threads

    def start(self, function: Callable[..., Any], *job: Any) -> "Future[Any]":
        """Start a job.

        Parameters
        ----------
        function : callable
        *job : object
            Arguments of ``function``.

        Returns
        -------
        concurrent.futures.Future
            Its ``result()`` waits for the job.
        """
        if self._executor is not None:
            return self._executor.submit(function, *job)
        return _Done(function(*job))

    def run(self, function: Callable[..., Any], jobs: Iterable[tuple[Any, ...]]) -> list[Any]:
        """Run jobs and wait for all of them.

        Parameters
        ----------
        function : callable
        jobs : iterable of tuple
            Arguments of ``function``, one tuple a job.

        Returns
        -------
        list
            Results in the order of the jobs.
        """
        jobs = list(jobs)
        if len(jobs) < 2 or self._executor is None:
            return [function(*job) for job in jobs]
        return [future.result() for future in [self.start(function, *job) for job in jobs]]


SERIAL = ThreadPool()
"""Runs jobs on the calling thread alone."""
_idle: dict[int, list[ThreadPool]] = {}
if hasattr(os, "register_at_fork"):  # a child process has no threads but its first
    os.register_at_fork(after_in_child=_idle.clear)


@contextmanager
def thread_pool(threads: int) -> Iterator[ThreadPool]:
    """Pool of threads, which wait for the next image afterwards.

    Parameters
    ----------
    threads : int
        Number of threads, from 1; 1 is :data:`SERIAL`.

    Yields
    ------
    ThreadPool
        An idle one where there is any, so that threads are not started for every image.
    """
    if threads == 1:
        yield SERIAL
        return
    idle = _idle.setdefault(threads, [])
    try:
        pool = idle.pop()
    except IndexError:
        pool = ThreadPool(ThreadPoolExecutor(threads), threads)
    yield pool
    idle[:] = [pool]


def in_order(jobs: Iterable[Callable[[], Any]], count: int) -> Iterator[Any]:
    """Results of jobs that run side by side, few of them ahead of the one that is awaited.

    Parameters
    ----------
    jobs : iterable of callable
        Functions without arguments.
    count : int
        Number of threads.

    Yields
    ------
    object
        Result of every job, in their order.

    Examples
    --------
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
