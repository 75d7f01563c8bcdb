"""Workers beside this process: all jobs are done, few at a time, whatever dies meanwhile."""

import gc
import os
from contextlib import contextmanager

import pytest
from support import jobs

import psysal
from psysal.archive import workers

pytest_plugins = ["support.servers"]


@contextmanager
def opened(function, **options):
    """Workers, and the list of (job, result) that grows as jobs get done."""
    done = []
    with workers.open_workers(function, lambda *pair: done.append(pair), **options) as pool:
        yield pool, done


def work(function, numbers, **options):
    """Every job with its result, as they get done."""
    with opened(function, **options) as (pool, done):
        for job in numbers:
            pool.submit(job)
        pool.finish()
    return done


def test_processes_do_all_jobs_with_few_on_the_way(monkeypatch):
    for name in ("OMP", "OPENBLAS", "NUMBA"):
        monkeypatch.delenv(f"{name}_NUM_THREADS", raising=False)
    with opened(jobs.double, jobs=2) as (pool, done):
        for number in range(1000):
            pool.submit(number)
            assert number - len(done) <= pool.capacity * workers.MAX_JOBS_PER_TURN
        pool.finish()
    assert all(result == 2 * job for job, result in done)
    assert sorted(job for job, _ in done) == list(range(1000))
    ((_, found),) = work(jobs.threads, [0], jobs=2)
    assert found == ["1", "1", "1"]


def test_a_job_that_fails_comes_back_with_its_error():
    found = dict(work(jobs.fail, [1, 2], jobs=1))
    assert [str(found[n]) for n in (1, 2)] == ["number 1", "number 2"]


def test_when_a_worker_is_killed_its_jobs_are_done_again(tmp_path):
    mark = tmp_path / "mark"
    found = dict(work(jobs.stop_once, [(n, mark) for n in range(20)], jobs=2))
    assert mark.exists()
    assert {number: result for (number, _), result in found.items()} == {
        number: 2 * number for number in range(20)
    }


def test_a_job_that_kills_every_worker_is_given_up_and_the_others_are_done():
    done = work(jobs.stop, range(20), jobs=2)
    found = dict(done)
    assert len(done) == len(found)
    died = found.pop(5)
    assert isinstance(died, workers.WorkerDied)
    assert str(died) == "its worker was killed, twice; does the image fit into memory?"
    assert found == {n: 2 * n for n in range(20) if n != 5}


def test_workers_end_with_the_block_even_if_it_fails():
    pids = []

    def interrupted():
        with opened(jobs.slow, jobs=2) as (pool, done):
            for _ in range(20):
                pool.submit(0.01)
                if done:
                    pids.extend(pool._executor._processes)
                    raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_no_workers_are_too_few():
    with pytest.raises(ValueError, match="jobs must be a whole number from 1 on, got 0"):
        workers.Processes(jobs.double, print, 0)


# --- a cluster ---------------------------------------------------------------

pytest.importorskip("distributed")


def test_a_cluster_does_the_jobs_and_goes_on_when_a_worker_is_killed(cluster):
    def on_result(_, pid):
        pids.append(pid)
        if len(pids) == 21:
            started[1].kill()

    pids = []
    with cluster(2) as (address, started):
        with workers.open_workers(jobs.slow, on_result, cluster=address) as pool:
            assert pool.capacity == 2 * workers.TURNS_PER_WORKER
            for _ in range(60):
                pool.submit(0.02)
            pool.finish()
        assert set(pids) == {process.pid for process in started[1:]}
        assert len(pids) == 60
        assert dict(work(jobs.fail, [3], cluster=address))[3].args == ("number 3",)


def test_a_cluster_that_is_lost_ends_the_run_in_a_sentence(cluster):
    with cluster(1) as (address, started), opened(jobs.slow, cluster=address) as (pool, done):
        while not done:
            pool.submit(0.01)
        for process in started:
            process.kill()

        def submit_many():
            for _ in range(1000):
                pool.submit(0.01)

        with pytest.raises(OSError, match="the cluster was lost; the same run goes on"):
            submit_many()


def test_no_cluster_there(monkeypatch):
    monkeypatch.setattr(workers, "SCHEDULER_TIMEOUT_S", 1)
    for address in ("tcp://127.0.0.1:9", "nonsense"):
        with pytest.raises(OSError, match=f"{address}: a Dask scheduler was expected there, none"):
            workers.Cluster(jobs.double, print, address)


def test_workers_of_another_version_are_refused(cluster, monkeypatch):
    gc.collect()  # clients of lost clusters, which would end in the start of the next
    monkeypatch.setattr(workers, "__version__", "9.9")
    with cluster(1) as (address, _):
        message = f"must have psysal 9.9 as this machine, they have {psysal.__version__}; install"
        with pytest.raises(ValueError, match=message):
            workers.Cluster(jobs.double, print, address)
