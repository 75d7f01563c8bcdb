"""Runs over archives: nothing is lost, doubled or half-written, however they end."""

import errno
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import psysal
from psysal.run import batch, job, ledger, stores
from psysal.run.job import Recipe

pytest_plugins = ["servers"]

RUN = "from psysal.run.cli import main; main()"
MODEL = psysal.Murray2011()
RECIPE = Recipe(MODEL, "murray2011")
COUNT = 30


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """A folder of photographs of many sizes, in two folders."""
    folder = tmp_path_factory.mktemp("archive") / "photos"
    rng = np.random.default_rng(30)
    for number in range(COUNT):
        photograph(folder / f"{number % 2}/{number:02}.png", rng, 30 + number, 40)
    return folder


@pytest.fixture(scope="module")
def clean(archive, tmp_path_factory):
    """What a run makes that nothing happens to: its files by their names."""
    output = tmp_path_factory.mktemp("clean") / "maps"
    run(archive, output)
    return contents(output)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with three photographs a.png, b.png and c.png."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(3)
    for name in "abc":
        photograph(Path(f"photos/{name}.png"), rng)
    return tmp_path


def photograph(path, rng, rows=30, cols=40):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rng.integers(0, 256, (rows, cols, 3), dtype=np.uint8)).save(path)


def run(inputs, output, recipe=RECIPE, **options):
    """A run in this process; returns what became of every photograph, by its file's name."""
    inputs = [inputs] if isinstance(inputs, (str, Path)) else inputs
    found = {}

    def tell(outcome):
        found[outcome.source.rpartition("/")[2]] = (
            "kept" if outcome.kept else outcome.error or "made"
        )

    if not ({"jobs", "cluster"} & set(options)):
        options.setdefault("threads", 1)
    batch.map_all(list(map(str, inputs)), recipe, str(output), **{"tell": tell} | options)
    return found


def contents(output):
    """The bytes of every file below a folder, but for what the run knows of itself."""
    return {
        str(path.relative_to(output)): path.read_bytes()
        for path in Path(output).rglob("*")
        if path.is_file() and path.name not in ("manifest.db", "manifest.jsonl")
    }


def records(manifest):
    return [json.loads(line) for line in Path(manifest).read_text().splitlines()]


def whole(archive, output, clean):
    """Assert that there are the maps of a clean run and no other file, and one record of each."""
    found = contents(output)
    assert sorted(found) == sorted(clean)
    assert found == clean
    told = records(output / "manifest.jsonl")
    keys = ("source", "output", "status", "bytes", "sha256", "error")
    assert sorted(tuple(record[key] for key in keys) for record in told) == sorted(
        (str(archive / name), name, "done", len(data), hashlib.sha256(data).hexdigest(), None)
        for name, data in clean.items()
    )


def started(*words, code=RUN, before="", group=True, env=None, **options):
    """The command in a process of its own; ``before`` is done there first."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", f"{before}\n{code}", *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=group,
        env={**os.environ, "COLUMNS": "500", **(env or {})}, **options,
    )  # fmt: skip


def ended(process):
    """Its status, what it wrote to standard output, and what it said in one line."""
    out, err = process.communicate(timeout=100)
    return process.returncode, out, " ".join(err.split())


def psysal_(*words, **options):
    return ended(started(*words, **options))


def workers_of(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(c) for c in children if b"popen_loky" in Path(f"/proc/{c}/cmdline").read_bytes()]


def gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


# --- whatever dies -----------------------------------------------------------

# Kills the process that is about to put this map in its place, once.
TRAP = """
import os, signal
replace = os.replace
def dying(new, path, *more, **options):
    if str(path).endswith(os.environ.get("TRAP", "/")):
        try:
            os.close(os.open(os.environ["TRAPPED"], os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            pass
        else:
            os.kill(os.getpid(), signal.SIGKILL)
    return replace(new, path, *more, **options)
os.replace = dying
"""


@pytest.fixture
def trap(tmp_path):
    """The environment in which a process dies while it writes the map 1/07.png."""
    (tmp_path / "trap").mkdir()
    (tmp_path / "trap" / "sitecustomize.py").write_text(TRAP)
    path = os.pathsep.join([str(tmp_path / "trap"), *(p for p in sys.path if p)])
    return {"PYTHONPATH": path, "TRAP": "/1/07.png", "TRAPPED": str(tmp_path / "trapped")}


def test_a_worker_that_is_killed_is_replaced_and_nothing_shows_it(archive, clean, tmp_path):
    process = started("map", archive, "-o", tmp_path / "maps", "--jobs", 2)
    process.stdout.readline()
    os.kill(workers_of(process.pid)[0], signal.SIGKILL)
    status, _, err = ended(process)
    assert status == 0, err
    assert "30 done" in err
    whole(archive, tmp_path / "maps", clean)


def test_a_worker_that_is_killed_while_it_writes_leaves_nothing(archive, clean, tmp_path, trap):
    output = tmp_path / "maps"
    status, _, err = psysal_("map", archive, "-o", output, "--jobs", 2, env=trap)
    assert Path(trap["TRAPPED"]).exists()
    assert status == 0, err
    whole(archive, output, clean)


def test_a_run_that_is_killed_while_it_writes_goes_on_where_it_was(archive, clean, tmp_path, trap):
    output = tmp_path / "maps"
    assert psysal_("map", archive, "-o", output, "--threads", 1, env=trap)[0] == -signal.SIGKILL
    assert [p for p in output.rglob("*.part.png")]
    status, _, err = psysal_("map", archive, "-o", output, "--threads", 1, env=trap)
    assert status == 0, err
    done = len([name for name in clean if name.startswith("0/")]) + 3
    assert f"{COUNT - done} done, {done} there already" in err
    whole(archive, output, clean)


def test_however_often_a_run_is_killed_the_last_completes_it(archive, clean, tmp_path):
    output, draw, orphans = tmp_path / "maps", random.Random(4), []
    words = ["map", archive, "-o", output, "--jobs", 2]
    for _ in range(3):
        process = started(*words)
        for _ in range(draw.randint(1, 6)):
            process.stdout.readline()
        orphans += workers_of(process.pid)
        time.sleep(draw.uniform(0, 0.02))
        process.kill()
        process.wait()
    status, _, err = psysal_(*words)
    assert status == 0, err
    assert "there already" in err
    end = time.monotonic() + 15
    while not all(map(gone, orphans)) and time.monotonic() < end:
        time.sleep(0.1)
    assert all(map(gone, orphans))
    whole(archive, output, clean)


def test_a_cluster_writes_what_one_process_does_whoever_is_killed(
    archive, clean, tmp_path, trap, cluster
):
    pytest.importorskip("zarr")
    with pytest.MonkeyPatch.context() as patch:
        for key in ("TRAP", "TRAPPED"):
            patch.setenv(key, trap[key])
        patch.syspath_prepend(str(tmp_path / "trap"))
        with cluster(2) as (address, processes):
            run(archive, tmp_path / "cluster.zarr", cluster=address)
            found = run(archive, tmp_path / "maps", cluster=address)
            assert set(found.values()) == {"made"}
            assert Path(trap["TRAPPED"]).exists()
            assert [process.poll() is None for process in processes].count(False) == 1
    whole(archive, tmp_path / "maps", clean)
    run(archive, tmp_path / "here.zarr")
    run(archive, tmp_path / "jobs.zarr", jobs=2)
    expected = contents(tmp_path / "here.zarr")
    assert sum(name.endswith("zarr.json") for name in expected) == COUNT + 3
    assert contents(tmp_path / "cluster.zarr") == contents(tmp_path / "jobs.zarr") == expected


def test_ctrl_c_stops_in_a_sentence(archive, clean, tmp_path):
    output = tmp_path / "maps"
    process = started("map", archive, "-o", output, "--jobs", 2)
    for _ in range(3):
        process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    status, _, err = ended(process)
    assert status == 1
    said = err.rpartition("/s ")[2]
    number = len([record for record in records(output / "manifest.jsonl") if record["sha256"]])
    assert 3 <= number < COUNT
    assert said == (
        f"{number} done; {output}/manifest.jsonl tells of each "
        "interrupted; the same command goes on where it stopped"
    )
    status, _, err = psysal_("map", archive, "-o", output, "--threads", 1)
    assert (status, f"{COUNT - number} done" in err) == (0, True), err
    whole(archive, output, clean)


def test_nobody_reads_on(archive, clean, tmp_path):
    output = tmp_path / "maps"
    process = started("map", archive, "-o", output, "--threads", 1)
    process.stdout.readline()
    process.stdout.close()
    err = " ".join(process.stderr.read().split())
    process.stderr.close()
    assert process.wait() == 1
    assert err.endswith("nobody reads what is written; the same command goes on where it stopped")
    run(archive, output)
    whole(archive, output, clean)


# --- disks and files ---------------------------------------------------------


@pytest.fixture
def disk(tmp_path):
    """Makes a disk of so many bytes, or gives it other room."""
    place = tmp_path / "disk"
    place.mkdir()

    def room(size):
        options = f"size={size}k" + ",remount" * os.path.ismount(place)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "none", place], capture_output=True
        )
        if done.returncode:
            pytest.skip(f"no disk can be mounted here: {done.stderr.decode().strip()}")
        return place

    yield room
    if os.path.ismount(place):
        subprocess.run(["umount", place], check=True)


def test_a_full_disk_stops_the_run_in_a_sentence_and_room_lets_it_go_on(archive, clean, disk):
    for size, jobs in ((4, 0), (64, 0), (120, 0), (160, 2), (200, 0)):
        output = disk(size) / "maps"
        words = ["--jobs", 2] if jobs else ["--threads", 1]
        status, _, err = psysal_("map", archive, "-o", output, *words)
        print(size, err)
        assert status == 1
        assert "Traceback" not in err
        assert "No space left on device" in err or "disk is full" in err
        for name, data in contents(output).items():
            assert data == clean.get(name) or ".part" in name or "manifest" in name
    output = disk(4096) / "maps"
    status, _, err = psysal_("map", archive, "-o", output, "--threads", 1)
    assert status == 0, err
    whole(archive, output, clean)
