"""Who does the jobs: all are done, few at a time, whatever dies meanwhile."""

import os

import pytest
from support import jobs

import psysal
from psysal.archive import workers

pytest_plugins = ["support.servers"]


def test_this_process_does_jobs_in_order_one_at_a_time():
    begun = []

    def numbers():
        for number in range(3):
            begun.append(number)
            yield number

    with workers.pool(None, None) as pool:
        for job, result in workers.work(pool, jobs.double, numbers()):
            assert (result, begun) == (2 * job, list(range(job + 1)))


def test_processes_do_all_jobs_with_few_on_the_way():
    taken, done = [], []

    def numbers():
        for number in range(1000):
            taken.append(number)
            yield number

    with workers.pool(2, None) as pool:
        for job, result in workers.work(pool, jobs.double, numbers()):
            assert result == 2 * job
            done.append(job)
            assert len(taken) - len(done) <= pool.room * workers.MOST
        assert sorted(done) == taken == list(range(1000))
        ((_, found),) = workers.work(pool, jobs.threads, [0])
        assert found == ["1", "1", "1"]


def test_a_job_that_fails_comes_back_with_its_error():
    with workers.pool(1, None) as pool:
        found = dict(workers.work(pool, jobs.fail, [1, 2]))
    assert [str(found[n]) for n in (1, 2)] == ["number 1", "number 2"]


def test_when_a_worker_is_killed_its_jobs_are_done_again(tmp_path):
    mark = tmp_path / "mark"
    with workers.pool(2, None) as pool:
        found = dict(workers.work(pool, jobs.stop_once, [(n, mark) for n in range(20)]))
    assert mark.exists()
    assert {number: result for (number, _), result in found.items()} == {
        number: 2 * number for number in range(20)
    }


def test_a_job_that_kills_every_worker_is_given_up_and_the_others_are_done():
    with workers.pool(2, None) as pool:
        found = dict(workers.work(pool, jobs.stop, range(20)))
    lost = found.pop(5)
    assert isinstance(lost, workers.Lost)
    assert str(lost) == "its worker was killed, twice; does the image fit into memory?"
    assert found == {n: 2 * n for n in range(20) if n != 5}


def test_workers_end_with_the_block_even_if_it_fails():
    pids = []

    def interrupted():
        with workers.pool(2, None) as pool:
            for _ in workers.work(pool, jobs.slow, [0.01] * 20):
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
        workers.Processes(0)


# --- a cluster ---------------------------------------------------------------

pytest.importorskip("distributed")


def test_a_cluster_does_the_jobs_and_goes_on_when_a_worker_is_killed(cluster):
    with cluster(2) as (address, started), workers.pool(None, address) as pool:
        assert pool.room == 2 * workers.AHEAD
        seen = set()
        for number, (_, pid) in enumerate(workers.work(pool, jobs.slow, [0.02] * 60)):
            seen.add(pid)
            if number == 20:
                started[1].kill()
        assert seen == {process.pid for process in started[1:]}
        assert number == 59
        assert dict(workers.work(pool, jobs.fail, [3]))[3].args == ("number 3",)


def test_a_cluster_that_is_lost_ends_the_run_in_a_sentence(cluster):
    with cluster(1) as (address, started), workers.pool(None, address) as pool:
        running = workers.work(pool, jobs.slow, [0.01] * 1000)
        next(running)
        for process in started:
            process.kill()
        with pytest.raises(OSError, match="the cluster was lost; the same command goes on"):
            list(running)


def test_no_cluster_there(monkeypatch):
    monkeypatch.setattr(workers, "PATIENCE", 1)
    for address in ("tcp://127.0.0.1:9", "nonsense"):
        with pytest.raises(OSError, match=f"{address}: a Dask scheduler was expected there, none"):
            workers.Cluster(address)


def test_workers_of_another_version_are_refused(cluster, monkeypatch):
    monkeypatch.setattr(workers, "__version__", "9.9")
    with cluster(1) as (address, _):
        message = f"must have psysal 9.9 as this machine, they have {psysal.__version__}; install"
        with pytest.raises(ValueError, match=message):
            workers.Cluster(address)
