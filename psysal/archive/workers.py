"""Workers beside this process: worker processes of this machine, or those of a Dask cluster.

Place: between the run that decides which photographs are mapped and the function that maps one.
Few jobs are on the way at a time, so that memory does not grow with their number, and the run
goes on when a worker is killed.
"""

import gc
import os
import signal
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
)
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from psysal import __version__
from psysal.checks import whole_number
from psysal.memory import keep_freed_memory
from psysal.optional import require

__all__: list[str] = []

TURNS_PER_WORKER = 3  # on the way
TURN_S = 0.25  # of jobs that are handed over together
MAX_JOBS_PER_TURN = 32
SCHEDULER_TIMEOUT_S = 10
IDLE_TIMEOUT_S = 10  # after which a worker without a job ends
WATCH_INTERVAL_S = 0.2  # in which a worker looks whether the run is there
IMPORTED_S = time.time()
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")}

Function = Callable[[Any], Any]
"""Job -> result; both are pickled."""
OnResult = Callable[[Any, Any], None]
"""Called with every job that is done and its result, or the exception that came instead."""


class WorkerDied(OSError):
    """The worker that did a job was killed, and killed again when it did nothing else."""


class Workers(ABC):
    """Workers that do jobs, quick ones several in a turn.

    When a worker is killed, the jobs that were on the way are done again one at a time.  One
    that then kills its worker again has the result :class:`WorkerDied`; the others go on.
    """

    def __init__(self, function: Function, on_result: OnResult) -> None:
        self._function, self._on_result = function, on_result
        self._turn: list[Any] = []  # jobs to be handed over
        self._turn_size = 1
        self._running: dict[Future[Any], list[Any]] = {}
        self._finished: SimpleQueue[Future[Any]] = SimpleQueue()
        self._lost: list[Any] = []  # jobs of workers that died

    @property
    @abstractmethod
    def capacity(self) -> int:
        """Number of turns to be on the way at a time."""

    @abstractmethod
    def _start(self, jobs: list[Any]) -> "Future[Any]":
        """Hand over a turn; a BrokenExecutor, here or in the future, if a worker died."""

    @abstractmethod
    def _restart(self) -> None:
        """Replace workers that died."""

    @abstractmethod
    def close(self, *, at_once: bool = False) -> None:
        """End the workers when all is done, or ``at_once``."""

    def submit(self, job: Any) -> None:
        """Hand over a job, and take the results there are; wait while many are on the way.

        An OSError if the cluster is lost.
        """
        self._turn.append(job)
        if len(self._turn) >= self._turn_size:
            self._hand_over()
            while self._lost or len(self._running) >= self.capacity or not self._finished.empty():
                self._take_results()

    def finish(self) -> None:
        """Wait for all results."""
        if self._turn:
            self._hand_over()
        while self._lost or self._running:
            self._take_results()

    def _hand_over(self) -> None:
        turn, self._turn = self._turn, []
        try:
            future = self._start(turn)
        except BrokenExecutor:
            self._lost += turn
            if not self._running:
                self._restart()
        else:
            self._running[future] = turn
            future.add_done_callback(self._finished.put)

    def _take_results(self) -> None:
        """Results of a turn, or of a lost job where no turn is on the way."""
        if not self._running:
            job = self._lost.pop(0)
            self._on_result(job, self._do_alone(job))
            return
        future = self._finished.get()
        turn = self._running.pop(future)
        try:
            results, seconds = _results(future, turn)
        except BrokenExecutor:
            self._lost += turn
            turn, results = [], []
        else:
            self._turn_size = max(1, min(MAX_JOBS_PER_TURN, int(TURN_S * len(turn) / seconds)))
        if self._lost and not self._running:
            self._restart()
        for job, result in zip(turn, results, strict=True):
            self._on_result(job, result)

    def _do_alone(self, job: Any) -> Any:
        try:
            (result,), _ = _results(self._start([job]), [job])
        except BrokenExecutor:
            self._restart()
            return WorkerDied("its worker was killed, twice; does the image fit into memory?")
        return result


def _results(future: "Future[Any]", jobs: list[Any]) -> tuple[list[Any], float]:
    """Results of a turn, and the seconds that it took."""
    try:
        results, seconds = future.result()
        return results, seconds
    except CancelledError:
        raise OSError("the cluster was lost; the same run goes on where it stopped") from None
    except BrokenExecutor:
        raise
    except Exception as error:  # of handing over, or of a cluster that gave the jobs up
        return [error] * len(jobs), TURN_S


def _do(function: Function, jobs: list[Any]) -> tuple[list[Any], float]:
    """In a worker: results of a turn, or errors, and the seconds that it took."""
    start = time.perf_counter()
    return [_try(function, job) for job in jobs], time.perf_counter() - start


def _try(function: Function, job: Any) -> Any:
    try:
        return function(job)
    except Exception as error:
        return error


class Processes(Workers):
    """Worker processes of this machine, with one thread each.

    A ValueError if their ``count`` is not positive, an ImportError without joblib.
    """

    def __init__(self, function: Function, on_result: OnResult, count: int) -> None:
        super().__init__(function, on_result)
        self._count = whole_number("jobs", count)
        self._loky: Any = require("joblib.externals.loky")
        self._caller = ThreadPoolExecutor(1, initializer=_block_signals)
        self._executor = self._new_executor()
        _remove_dead_semaphores()

    @property
    def capacity(self) -> int:
        """Number of turns to be on the way at a time."""
        return TURNS_PER_WORKER * self._count

    def _new_executor(self) -> Executor:
        # of what clears up after a worker that is killed: it has nothing to tell
        warnings = [*filter(None, [os.environ.get("PYTHONWARNINGS")]), "ignore:resource_tracker"]
        executor: Executor = self._loky.ProcessPoolExecutor(
            self._count,
            timeout=IDLE_TIMEOUT_S,
            env=ONE_THREAD | {"PYTHONWARNINGS": ",".join(warnings)},
            initializer=_begin,
            initargs=(os.getpid(),),
        )
        return executor

    def _start(self, jobs: list[Any]) -> "Future[Any]":
        return self._caller.submit(self._executor.submit, _do, self._function, jobs).result()

    def _restart(self) -> None:
        """Start all workers anew: one that dies takes the others with it."""
        self._shut_down(at_once=True)
        self._executor = self._new_executor()

    def close(self, *, at_once: bool = False) -> None:
        """End the workers; ``at_once`` kills them."""
        self._shut_down(at_once)
        self._caller.shutdown()

    def _shut_down(self, at_once: bool) -> None:
        def shut_down() -> None:
            executor: Any = self._executor
            with suppress(Empty):
                while at_once:  # loky fails over those that wait when it kills the workers
                    executor._work_ids.get_nowait()
            executor.shutdown(wait=True, kill_workers=at_once)

        self._caller.submit(shut_down).result()


def _block_signals() -> None:
    """In the thread that calls loky: signals are not for it, nor for the workers it starts.

    Ctrl-C, which comes to the main thread, thus never leaves a lock of loky held.
    """
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))


def _remove_dead_semaphores(folder: str = "/dev/shm") -> None:
    """Remove semaphores of an earlier run that was killed together with what clears up after it."""
    for path in Path(folder).glob("sem.loky-*-*"):
        pid = path.name.split("-")[1]
        with suppress(OSError):  # another user's, or another run removes it too
            is_old = path.stat().st_mtime < IMPORTED_S
            if is_old and pid.isdecimal() and not Path("/proc", pid).exists():
                path.unlink()


def _begin(parent: int) -> None:
    """In a worker: Ctrl-C is for the run, which ends it; and it ends with the run."""
    keep_freed_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH_INTERVAL_S)
    os._exit(1)  # loky would wait for an answer, or for good


class Cluster(Workers):
    """The workers of a Dask scheduler, however many there are at a time.

    ``address`` is the scheduler's, such as "tcp://10.0.0.5:8786"; ``on_warning`` is called with
    a sentence if it has no workers yet.  An OSError if nothing answers there, a ValueError if
    its workers have no psysal or another one, an ImportError without Dask.
    """

    def __init__(
        self,
        function: Function,
        on_result: OnResult,
        address: str,
        on_warning: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        super().__init__(function, on_result)
        distributed = require("distributed")
        try:
            self._client = distributed.Client(
                address, timeout=SCHEDULER_TIMEOUT_S, set_as_default=False
            )
        except (OSError, ValueError, TypeError) as error:
            # the client that was half made would end in the start of the next, which waits for it
            traceback.clear_frames(error.__traceback__)
            gc.collect()
            raise OSError(
                f"{address}: a Dask scheduler was expected there, none answers ({error}); "
                "check the address, such as tcp://10.0.0.5:8786"
            ) from None
        try:
            versions = self._client.run(_version)
        except Exception as error:  # whatever importing psysal raises there
            self.close()
            raise ValueError(
                f"{address}: its workers must have psysal {__version__}, but cannot import it "
                f"({error}); install it where they run"
            ) from None
        others = {version for version in versions.values() if version != __version__}
        if others:
            self.close()
            raise ValueError(
                f"{address}: its workers must have psysal {__version__} as this machine, "
                f"they have {', '.join(sorted(others))}; install the same"
            )
        if not versions:
            on_warning(f"{address}: has no workers yet; waiting for them")
        self._executor = self._client.get_executor(pure=False)
        self._capacity, self._counted_at_s = 0, 0.0

    @property
    def capacity(self) -> int:
        """As many turns as keep the threads busy that there are now."""
        if time.monotonic() > self._counted_at_s + 1:
            self._capacity = TURNS_PER_WORKER * max(1, sum(self._client.nthreads().values()))
            self._counted_at_s = time.monotonic()
        return self._capacity

    def _start(self, jobs: list[Any]) -> "Future[Any]":
        future: Future[Any] = self._executor.submit(_do, self._function, jobs)
        return future

    def _restart(self) -> None:
        """Nothing: the scheduler gives the jobs of a worker that dies to another."""

    def close(self, *, at_once: bool = False) -> None:
        """Take back what is on the way, and leave the cluster as it was."""
        self._client.close()


def _version() -> str:
    return __version__


@contextmanager
def open_workers(
    function: Function,
    on_result: OnResult,
    *,
    jobs: int | None = None,
    cluster: str | None = None,
    on_warning: Callable[[str], None] = lambda sentence: None,
) -> Iterator[Workers]:
    """So many worker processes, or the workers of a cluster; ended when the block is left."""
    workers: Workers
    if cluster:
        workers = Cluster(function, on_result, cluster, on_warning)
    else:
        workers = Processes(function, on_result, jobs or 0)
    try:
        yield workers
    except BaseException:
        workers.close(at_once=True)
        raise
    workers.close()
