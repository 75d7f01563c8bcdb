"""Who does the jobs of a run: this process, worker processes, or a Dask cluster.

Place: between the list of photographs and the function that maps one.  A pool starts
jobs and gives back their futures; :func:`work` keeps few on the way at a time, so that
memory does not grow with their number, and goes on when a worker is killed.
"""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from itertools import islice
from queue import SimpleQueue
from threading import Thread, current_thread, main_thread
from typing import Any, Protocol, TypeVar

from psysal import __version__
from psysal.optional import require

__all__ = ["Cluster", "Here", "Lost", "Pool", "Processes", "pool", "work"]

AHEAD = 3  # turns on the way for each worker
TURN = 0.25  # seconds of jobs that are handed over together
MOST = 32  # jobs in a turn
PATIENCE = 10  # seconds in which a scheduler answers
IDLE = 10  # seconds after which a worker without a job ends
WATCH = 0.2  # seconds after which a worker looks whether the run is there
ONE = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")}

Job = TypeVar("Job")
Result = TypeVar("Result")


class Lost(OSError):
    """The worker that did the job was killed, and killed again when it did nothing else."""


class Pool(Protocol):
    """Something that does jobs."""

    @property
    def room(self) -> int:
        """Turns of jobs to be on the way at a time."""

    def start(self, function: Callable[[Job], Result], job: Job) -> "Future[Result]":
        """Hand over a job; a BrokenExecutor, here or in the future, if a worker died."""

    def renew(self) -> None:
        """Replace workers that died."""

    def close(self, *, at_once: bool = False) -> None:
        """End, when all is done or whatever is on the way."""


class Here:
    """This process; a job is done when it has started."""

    room = 1

    def start(self, function: Callable[[Job], Result], job: Job) -> "Future[Result]":
        """Do the job."""
        done: Future[Result] = Future()
        done.set_result(function(job))
        return done

    def renew(self) -> None:
        """Never called: nothing here dies alone."""

    def close(self, *, at_once: bool = False) -> None:
        """Nothing is on the way."""


class Processes:
    """So many worker processes of this machine, with one thread each.

    Raises
    ------
    ValueError
        The count is not positive.
    ImportError
        joblib is not installed.
    """

    def __init__(self, count: int) -> None:
        if count < 1:
            raise ValueError(f"jobs must be a whole number from 1 on, got {count}")
        self.room, self._count = AHEAD * count, count
        require("joblib")
        self._loky = import_module("joblib.externals.loky")
        self._executor = self._new()

    def _new(self) -> Executor:
        made: Executor = self._loky.ProcessPoolExecutor(
            self._count, timeout=IDLE, env=ONE, initializer=_begin, initargs=(os.getpid(),)
        )
        return made

    def start(self, function: Callable[[Job], Result], job: Job) -> "Future[Result]":
        """Hand over a job."""
        with _undisturbed():
            return self._executor.submit(function, job)

    def renew(self) -> None:
        """Start all workers anew: one that dies takes the others with it."""
        self.close(at_once=True)
        self._executor = self._new()

    def close(self, *, at_once: bool = False) -> None:
        """End the workers; ``at_once`` kills them."""
        with _undisturbed():
            self._executor.shutdown(wait=True, kill_workers=at_once)  # type: ignore[call-arg]


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C waits: amid a hand-over it leaves a lock of loky held, for which its end waits."""
    if current_thread() is not main_thread():
        yield
        return
    came: list[tuple[int, Any]] = []
    before = signal.signal(signal.SIGINT, lambda *told: came.append(told))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came and callable(before):
            before(*came[0])


def _begin(parent: int) -> None:
    """Of a worker: Ctrl-C is for the run, which ends it; and it ends with the run."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH)
    os._exit(1)  # loky would wait for an answer, or for good


class Cluster:
    """The workers of a Dask scheduler, however many there are at a time.

    Parameters
    ----------
    address : str
        Of the scheduler, such as "tcp://10.0.0.5:8786".
    note : callable
        Told that there are no workers yet.

    Raises
    ------
    OSError
        Nothing answers there.
    ValueError
        Its workers have no psysal, or another one.
    ImportError
        Dask is not installed.
    """

    def __init__(self, address: str, note: Callable[[str], None] = lambda text: None) -> None:
        distributed = require("distributed")
        try:
            self._client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise OSError(
                f"{address}: a Dask scheduler was expected there, none answers ({error}); "
                "check the address, such as tcp://10.0.0.5:8786"
            ) from None
        try:
            found = self._client.run(_version)
        except Exception as error:  # whatever importing psysal raises there
            self.close()
            raise ValueError(
                f"{address}: its workers must have psysal {__version__}, but cannot import it "
                f"({error}); install it where they run"
            ) from None
        others = {version for version in found.values() if version != __version__}
        if others:
            self.close()
            raise ValueError(
                f"{address}: its workers must have psysal {__version__} as this machine, "
                f"they have {', '.join(sorted(others))}; install the same"
            )
        if not found:
            note(f"{address}: has no workers yet; waiting for them")
        self._executor = self._client.get_executor(pure=False)
        self._room, self._looked = 0, 0.0

    @property
    def room(self) -> int:
        """As many turns as keep the threads busy that there are now."""
        if time.monotonic() > self._looked + 1:
            self._room = AHEAD * max(1, sum(self._client.nthreads().values()))
            self._looked = time.monotonic()
        return self._room

    def start(self, function: Callable[[Job], Result], job: Job) -> "Future[Result]":
        """Hand over a job; Dask gives it to another worker if one dies."""
        future: Future[Result] = self._executor.submit(function, job)
        return future

    def renew(self) -> None:
        """Never called: the scheduler does it."""

    def close(self, *, at_once: bool = False) -> None:
        """Take back what is on the way, and leave the cluster as it was."""
        self._client.close()


def _version() -> str:
    return __version__


@contextmanager
def pool(
    jobs: int | None, cluster: str | None, note: Callable[[str], None] = lambda text: None
) -> Iterator[Pool]:
    """This process, or so many others, or those of a cluster; ended when the block is left."""
    found: Pool = Cluster(cluster, note) if cluster else Processes(jobs) if jobs else Here()
    try:
        yield found
    except BaseException:
        found.close(at_once=True)
        raise
    found.close()


def work(
    pool: Pool, function: Callable[[Job], Result], jobs: Iterable[Job]
) -> Iterator[tuple[Job, Result | Exception]]:
    """Every job with its result, or with what went wrong beside it, as they get done.

    Quick jobs are handed over several at a time.  When a worker is killed, the jobs that were
    on the way are done again one at a time.  One that then kills its worker again is
    :class:`Lost`; the others go on.

    Raises
    ------
    OSError
        The cluster is lost.
    """
    jobs, more, size = iter(jobs), True, 1
    running: dict[Future[Any], list[Job]] = {}
    finished: SimpleQueue[Future[Any]] = SimpleQueue()
    lost: list[Job] = []
    while more or running:
        while more and not lost and len(running) < pool.room:
            some = list(islice(jobs, size))
            more = len(some) == size
            if some:
                try:
                    future = pool.start(partial(_each, function), some)
                except BrokenExecutor:
                    lost += some
                    break
                running[future] = some
                future.add_done_callback(finished.put)
        if running:
            future = finished.get()
            some = running.pop(future)
            try:
                results, seconds = _done(future, some)
            except BrokenExecutor:
                lost += some
            else:
                if pool.room > 1:
                    size = max(1, min(MOST, int(TURN * len(some) / seconds)))
                yield from zip(some, results, strict=True)
        if lost and not running:
            pool.renew()
            for job in lost:
                yield job, _alone(pool, function, job)
            lost = []


def _each(
    function: Callable[[Job], Result], jobs: list[Job]
) -> tuple[list[Result | Exception], float]:
    """In a worker: the jobs' results or errors, and the time they took."""
    start = time.perf_counter()
    return [_tried(function, job) for job in jobs], time.perf_counter() - start


def _tried(function: Callable[[Job], Result], job: Job) -> Result | Exception:
    try:
        return function(job)
    except Exception as error:
        return error


def _done(future: "Future[Any]", jobs: list[Job]) -> tuple[list[Any], float]:
    try:
        results, seconds = future.result()
        return results, seconds
    except CancelledError:
        raise OSError("the cluster was lost; the same command goes on where it stopped") from None
    except BrokenExecutor:
        raise
    except Exception as error:  # of handing over, or of a cluster that gave the jobs up
        return [error] * len(jobs), TURN


def _alone(pool: Pool, function: Callable[[Job], Result], job: Job) -> Any:
    try:
        ((result,), _) = _done(pool.start(partial(_each, function), [job]), [job])
    except BrokenExecutor:
        pool.renew()
        return Lost("its worker was killed, twice; does the image fit into memory?")
    return result
