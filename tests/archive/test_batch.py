"""Runs over archives: nothing is lost, doubled or half-written, however they end."""

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
from contextlib import closing
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.terminal import PSYSAL, psysal_

import psysal
from psysal.archive import batch, run_database, task
from psysal.archive import manifest as manifests
from psysal.archive.task import MapSettings

pytest_plugins = ["support.servers"]

MODEL = psysal.Murray2011()
SETTINGS = MapSettings(MODEL, "murray2011")
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


def run(inputs, output, settings=SETTINGS, **options):
    """A run in this process; returns what became of every photograph, by its file's name."""
    inputs = [inputs] if isinstance(inputs, (str, Path)) else inputs
    found = {}

    def on_result(result):
        found[result.source.rpartition("/")[2]] = "kept" if result.kept else result.error or "made"

    if not ({"jobs", "cluster"} & set(options)):
        options.setdefault("threads", 1)
    options = {"on_result": on_result} | options
    batch.map_all(list(map(str, inputs)), settings, str(output), **options)
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
        (
            str((archive / name).with_suffix(".png")),
            name,
            "done",
            len(data),
            hashlib.sha256(data).hexdigest(),
            None,
        )
        for name, data in clean.items()
    )


def started(*words, before="", env=None, strict=True):
    """The command in a process of its own; ``before`` is done there first."""
    python, option, code = PSYSAL
    return subprocess.Popen(
        [python, *["-W", "error"] * strict, option, f"{before}\n{code}", *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "COLUMNS": "500", **(env or {})},
    )  # fmt: skip


def ended(process):
    """Its status, what it wrote to standard output, and what it said in one line."""
    out, err = process.communicate(timeout=100)
    return process.returncode, out, " ".join(err.split())


def workers_of(pid):
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    children = " ".join(file.read_text() for file in threads).split()
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


def test_maps_stay_up_to_date_when_what_packs_them_is_installed_or_removed(folder, monkeypatch):
    pytest.importorskip("isal")
    run("photos", "fast")
    monkeypatch.setitem(sys.modules, "isal.isal_zlib", None)
    run("photos", "usual")
    before = {name: contents(Path(name)) for name in ("fast", "usual")}
    assert before["fast"]["a.png"] != before["usual"]["a.png"]
    assert set(run("photos", "fast").values()) == {"kept"}
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    assert set(run("photos", "usual").values()) == {"kept"}
    for output, found in before.items():
        assert contents(Path(output)) == found


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
    status, _, err = ended(started("map", archive, "-o", output, "--jobs", 2, env=trap))
    assert Path(trap["TRAPPED"]).exists()
    assert status == 0, err
    whole(archive, output, clean)


def test_a_run_that_is_killed_while_it_writes_goes_on_where_it_was(archive, clean, tmp_path, trap):
    output = tmp_path / "maps"
    words = ["map", archive, "-o", output, "--threads", 1]
    assert ended(started(*words, env=trap))[0] == -signal.SIGKILL
    assert [p for p in output.rglob("*.part.png")]
    status, _, err = psysal_(*words)
    assert status == 0, err
    done = len([name for name in clean if name.startswith("0/")]) + 3
    assert f"{COUNT - done} done, {done} up to date" in err
    whole(archive, output, clean)


def test_however_often_a_run_is_killed_the_last_completes_it(archive, clean, tmp_path):
    output, draw, orphans = tmp_path / "maps", random.Random(4), []
    words = ["map", archive, "-o", output]
    for workers in (["--jobs", 2], *[["--threads", 1]] * 3):
        process = started(*words, *workers)
        for _ in range(draw.randint(1, 6)):
            process.stdout.readline()
        orphans += workers_of(process.pid)
        time.sleep(draw.uniform(0, 0.02))
        process.kill()
        process.communicate()
    status, _, err = psysal_(*words, "--jobs", 2)
    assert status == 0, err
    assert "up to date" in err
    end = time.monotonic() + 5
    while not all(map(gone, orphans)) and time.monotonic() < end:
        time.sleep(0.1)
    assert len(orphans) == 2
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


@pytest.mark.parametrize("send", [os.killpg, os.kill], ids=["group", "process"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_in_a_sentence(archive, clean, tmp_path, number, send):
    output = tmp_path / "maps"
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    words = "map", archive, "-o", output, "--jobs", 2
    process = started(*words, before=heard, strict=False)  # as a user would
    for _ in range(3):
        process.stdout.readline()
    send(process.pid, number)
    status, _, err = ended(process)
    assert status == 128 + number
    assert not list(output.rglob(".*.part*"))
    number = len([record for record in records(output / "manifest.jsonl") if record["sha256"]])
    assert 3 <= number < COUNT
    said, _, rest = err.partition(f" done; {output}/manifest.jsonl tells of each ")
    assert rest == "interrupted; the same command goes on where it stopped"
    assert int(said) in (number - 1, number)  # it may be just being said
    status, _, err = psysal_("map", archive, "-o", output, "--threads", 1)
    assert (status, f"{COUNT - number} done" in err) == (0, True), err
    whole(archive, output, clean)


@pytest.mark.parametrize("options", [{"threads": 1}, {"jobs": 2}])
@pytest.mark.parametrize("name", ["maps", "maps.zarr"])
def test_an_output_that_is_deleted_in_the_middle_ends_the_run(archive, tmp_path, name, options):
    def delete(result):
        told.append(result)
        if len(told) == 5:
            shutil.rmtree(output, ignore_errors=True)

    if name.endswith("zarr"):
        pytest.importorskip("zarr")
    output, told = tmp_path / name, []
    with pytest.raises(OSError, match=f"{name}: was deleted while maps were written to it; remov"):
        run(archive, output, on_result=delete, **options)
    assert len(told) < COUNT
    shutil.rmtree(output, ignore_errors=True)
    assert set(run(archive, output).values()) == {"made"}


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="Linux")
def test_a_run_that_is_killed_with_all_its_processes_leaves_nothing_in_shared_memory(
    archive, tmp_path
):
    def semaphores():
        return set(Path("/dev/shm").glob(f"sem.loky-{process.pid}-*"))

    words = "map", archive, "-o", tmp_path / "maps", "--jobs", 2
    process = started(*words)
    process.stdout.readline()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert semaphores()
    status, _, err = ended(started(*words))
    assert (status, semaphores()) == (0, set()), err


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


FULL = "; make room and try again"


def test_a_disk_full_of_maps_stops_the_run_and_room_lets_it_go_on(disk, folder, rng):
    for name in "abcdef":
        photograph(Path(f"photos/{name}.png"), rng, 300, 300)
    settings = MapSettings(psysal.Center(), "center", form="tiff")
    words = ["photos", "--model", "center", "--format", "tiff", "--jobs", 2]
    output = disk(1200) / "maps"
    output.mkdir()
    # the run database has room elsewhere, so that it is a map that finds none, whoever is quicker
    (output / "manifest.db").symlink_to(folder / "elsewhere.db")
    status, _, err = psysal_("map", *words, "-o", output)
    assert status == 1
    assert err.endswith(f".tiff: could not be written (No space left on device){FULL}"), err
    run("photos", "clean", settings)
    clean = contents("clean")
    found = {name: data for name, data in contents(output).items() if ".part" not in name}
    assert 0 < len(found) < 6
    assert found.items() <= clean.items()
    disk(4096)
    assert "kept" in run("photos", output, settings).values()
    whole(folder / "photos", output, clean)


def test_a_disk_full_for_the_database_stops_the_run_and_room_lets_it_go_on(archive, clean, disk):
    for size in (4, 40, 64, 120, 200):
        output = disk(size) / "maps"
        with pytest.raises(OSError, match=rf"/maps/manifest.db: could not be .*is full\){FULL}$"):
            run(archive, output)
        found = {n: data for n, data in contents(output).items() if not n.startswith("manifest")}
        assert found.items() <= clean.items()
    assert found
    output = disk(4096) / "maps"
    assert "kept" in run(archive, output).values()
    whole(archive, output, clean)


def test_files_that_cannot_be_read_are_listed_and_done_when_they_can(folder):
    Path("photos/d.png").symlink_to("nowhere.png")
    Path("photos/e.png").symlink_to("e.png")
    Path("photos/b.png").chmod(0)
    bare = "--bounding-set=-dac_override,-dac_read_search"  # root may read all else
    root = ["setpriv", bare] if os.geteuid() == 0 else []
    command = [*root, *PSYSAL, "map", "photos", "-o", "maps", "--threads", "1"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "maps/a.png\nmaps/c.png\n"), done.stderr
    for name, why in (
        ("b", "Permission denied"), ("d", "No such file or directory"), ("e", "Too many levels"),
    ):  # fmt: skip
        assert f"photos/{name}.png: could not be opened ({why}" in done.stderr
    assert "2 done, 3 failed; maps/manifest.jsonl tells of each" in done.stderr
    assert [record["status"] for record in records("maps/manifest.jsonl")] == [
        "done", "failed", "done", "failed", "failed",
    ]  # fmt: skip
    Path("photos/b.png").chmod(0o644)
    for name in "de":
        Path(f"photos/{name}.png").unlink()
        shutil.copy("photos/c.png", f"photos/{name}.png")
    assert run("photos", "maps") == {
        "a.png": "kept", "b.png": "made", "c.png": "kept", "d.png": "made", "e.png": "made",
    }  # fmt: skip
    assert {record["error"] for record in records("maps/manifest.jsonl")} == {None}


def test_a_photograph_that_changes_is_mapped_again(folder, rng):
    run("photos", "maps")
    photograph(Path("photos/b.png"), rng)
    assert run("photos", "maps") == {"a.png": "kept", "b.png": "made", "c.png": "kept"}
    run("photos", "other")
    assert contents("maps") == contents("other")


def test_a_photograph_replaced_while_it_is_mapped_is_mapped_again(folder, rng, monkeypatch):
    read = task.read_photograph

    def replaced(source):
        found = read(source)
        if source.place.endswith("b.png"):
            photograph(Path("photos/new.png"), rng)
            os.replace("photos/new.png", "photos/b.png")
        return found

    monkeypatch.setattr(task, "read_photograph", replaced)
    run("photos", "maps")
    monkeypatch.undo()
    os.chdir(folder)
    assert run("photos", "maps") == {"a.png": "kept", "b.png": "made", "c.png": "kept"}
    run("photos", "other")
    assert contents("maps") == contents("other")


# --- one HDF5 file -----------------------------------------------------------

DIE = "os.kill(os.getpid(), 9)"
PACKING = f"""
import os
from psysal.archive import batch, stores
pack = stores.pack
def before(*rest): {DIE}
def after(*rest): pack(*rest); {DIE}
def amid(parts, names, path):
    def some():
        for number, name in enumerate(names):
            if number == 7: {DIE}
            yield name
    return pack(parts, some(), path)
"""


def datasets(path):
    h5py = pytest.importorskip("h5py")
    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, data: found.update({name: (data[:].tobytes(), dict(data.attrs.items()))})
            if isinstance(data, h5py.Dataset) else None
        )  # fmt: skip
    return {
        name: (data, {k: str(v) for k, v in about.items()}) for name, (data, about) in found.items()
    }


@pytest.mark.parametrize("moment", ["before", "amid", "after"])
def test_a_run_killed_while_it_packs_completes_without_mapping_anew(archive, tmp_path, moment):
    store = tmp_path / "maps.h5"
    process = started(
        "map", archive, "-o", store, "--threads", 1,
        before=f"{PACKING}\nstores.pack = {moment}",
    )  # fmt: skip
    assert ended(process)[0] == -signal.SIGKILL
    assert store.exists() == (moment == "after")
    found = run(archive, store)
    assert list(found.values()) == ["kept"] * COUNT
    run(archive, tmp_path / "clean.h5")
    expected = datasets(tmp_path / "clean.h5")
    assert len(expected) == COUNT
    assert datasets(store) == expected
    before = store.read_bytes()
    assert list(run(archive, store).values()) == ["kept"] * COUNT
    assert store.read_bytes() == before
    assert sorted(p.name for p in tmp_path.glob("*maps.h5*")) == [
        "maps.h5", "maps.h5-manifest.db", "maps.h5-manifest.jsonl",
    ]  # fmt: skip


def test_an_hdf5_file_that_is_not_of_a_run_is_kept(folder):
    h5py = pytest.importorskip("h5py")
    with h5py.File("maps.h5", "w") as file:
        file["mine"] = [1.0]
    with pytest.raises(OSError, match=r"maps.h5: is there already and not as a run left it; it"):
        run("photos", "maps.h5")
    run("photos", "maps.h5", overwrite=True)
    with h5py.File("maps.h5") as file:
        assert sorted(file) == ["a.png", "b.png", "c.png", "mine"]


# --- going on ----------------------------------------------------------------


def test_this_process_maps_in_order_one_at_a_time(folder):
    def on_result(result):
        told.append(result.source)
        maps = sorted(path.name for path in Path("maps").glob("*.png"))
        assert maps == [Path(source).name for source in told]

    told = []
    batch.map_all(["photos"], SETTINGS, "maps", threads=1, on_result=on_result)
    assert told == ["photos/a.png", "photos/b.png", "photos/c.png"]


def test_only_what_is_missing_or_made_otherwise_is_done_again(folder):
    assert set(run("photos", "maps").values()) == {"made"}
    before = Path("maps/a.png").stat()
    assert set(run("photos", "maps").values()) == {"kept"}
    assert Path("maps/a.png").stat() == before
    Path("maps/b.png").unlink()
    assert run("photos", "maps") == {"a.png": "kept", "b.png": "made", "c.png": "kept"}
    for other in (
        MapSettings(psysal.Murray2011(ppd=40), "murray2011", ppd=40),
        MapSettings(psysal.Center(), "center"),
        MapSettings(psysal.Center(sigma=0.3), "center"),
        MapSettings(psysal.Center(), "center", form="tiff"),
        MapSettings(psysal.Center(), "center", form="npy"),
        MapSettings(psysal.Center(), "center", form="png8"),
        MapSettings(MODEL, "murray2011", figures=("overlay",)),
        MapSettings(MODEL, "murray2011", profile="ignore"),
        SETTINGS,
    ):
        assert set(run("photos", "maps", other).values()) == {"made"}, other
        assert set(run("photos", "maps", other).values()) == {"kept"}, other
    run("photos", "clean")
    assert Path("maps/a.png").read_bytes() == Path("clean/a.png").read_bytes()


def test_the_command_says_what_was_there(folder):
    words = ["map", "photos", "-o", "maps", "--model", "center", "--threads", 1]
    assert psysal_(*words)[2] == "3 done; maps/manifest.jsonl tells of each"
    Path("maps/c.png").unlink()
    status, out, err = psysal_(*words)
    assert (status, out) == (0, "maps/c.png\n")
    assert err == "1 done, 2 up to date; maps/manifest.jsonl tells of each"


def test_a_map_that_was_edited_is_kept_and_said(folder):
    run("photos", "maps")
    Path("maps/b.png").write_bytes(b"mine")
    kept = "photos/b.png: maps/b.png is already there and was kept; overwrite=True replaces it"
    assert run("photos", "maps") == {"a.png": "kept", "b.png": kept, "c.png": "kept"}
    assert Path("maps/b.png").read_bytes() == b"mine"
    assert set(run("photos", "maps", overwrite=True).values()) == {"made"}
    run("photos", "clean")
    assert contents("maps") == contents("clean")


def test_neither_order_nor_interruptions_change_bytes(archive, clean, tmp_path):
    names = [str(path) for path in sorted(archive.rglob("*.png"))]
    random.Random(1).shuffle(names)
    listed = archive.parent / "list.csv"
    listed.write_text(
        "\n".join(["image", *(name.replace(str(archive.parent) + "/", "") for name in names)])
    )

    def interrupt(result):
        seen.append(result)
        if len(seen) == 4:
            raise KeyboardInterrupt

    for _ in range(3):
        seen = []
        with pytest.raises(KeyboardInterrupt):
            run(listed, tmp_path / "maps", on_result=interrupt, overwrite=False)
    run(listed, tmp_path / "maps")
    whole(
        archive.parent, tmp_path / "maps", {f"photos/{name}": data for name, data in clean.items()}
    )


# --- bad input ---------------------------------------------------------------


def test_two_photographs_never_share_a_map(folder, rng):
    Image.open("photos/a.png").save("photos/a.jpg")
    shared = (
        "photos/a.png: its map would be maps/a.png, as that of {}; map them into different folders"
    )
    for options, status in (({}, "made"), ({}, "kept"), ({"overwrite": True}, "made")):
        found = run(["photos/a.jpg", "photos/a.png"], "maps", **options)
        assert found == {"a.jpg": status, "a.png": shared.format(folder / "photos/a.jpg")}


def test_a_map_of_another_run_is_that_of_its_photograph(folder, rng):
    run("photos/a.png", "maps")
    photograph(Path("other/a.png"), rng)
    mine, other = folder / "photos/a.png", "other/a.png"
    before = contents("maps")
    assert run(other, "maps") == {
        "a.png": f"{other}: its map would be maps/a.png, as that of {mine}; "
        "map them into different folders, or overwrite=True replaces it"
    }
    assert contents("maps") == before
    assert run(other, "maps", overwrite=True) == {"a.png": "made"}
    assert "as that of" in run("photos/a.png", "maps")["a.png"]


def test_an_output_inside_the_archive_is_not_searched(folder):
    notes = []
    expected = dict.fromkeys(["a.png", "b.png", "c.png"], "made")
    assert run("photos", "photos/maps") == expected
    assert run("photos", "photos/maps", on_warning=notes.append) == dict.fromkeys(expected, "kept")
    assert notes == ["photos/maps: is where results go and was not searched"]


def test_names_of_any_bytes_come_back(folder):
    names = [
        b"\xff.png",
        b"new\nline.png",
        b" two  words .png",
        "λόγος.png".encode(),
        b"a..b.png",
        b"...png",
    ]
    for name in names:
        shutil.copy("photos/a.png", b"photos/" + name)
    for status in ("made", "kept"):
        found = run("photos", "maps")
        assert (len(found), set(found.values())) == (9, {status})
    assert {os.fsencode(p.name) for p in Path("maps").glob("*.png")} | {
        b"a.png",
        b"b.png",
        b"c.png",
    } >= set(names[:5])
    told = {record["output"] for record in records("maps/manifest.jsonl")}
    assert {"\\xff.png", "new\nline.png", "λόγος.png"} <= told
    status, out, err = psysal_("map", "photos", "-o", "shown", "--model", "center", "--threads", 1)
    assert (status, len(out.splitlines())) == (0, 9), err


def test_a_folder_that_leads_to_itself_is_searched_once(folder):
    Path("photos/loop").symlink_to("../photos")
    notes = []
    assert set(run("photos", "maps", on_warning=notes.append)) == {"a.png", "b.png", "c.png"}
    assert notes == ["photos/loop: leads back to photos and was not searched again"]


def test_lists_name_photographs_once(folder):
    rows = ["photos/a.png", "photos/b.png", "./photos/a.png", "photos/a.png"]
    Path("list.csv").write_text("\n".join(["image", *rows]))
    assert run("list.csv", "maps") == {"a.png": "made", "b.png": "made"}
    assert len(records("maps/manifest.jsonl")) == 2
    assert run(["list.csv", "photos/a.png"], "maps") == {"a.png": "kept", "b.png": "kept"}
    with pytest.raises(ValueError, match=r"has no column 'file'; it has image; call one file"):
        run("list.csv", "maps", column="file")
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(arrow.table({"photo": rows}), "list.parquet")
    assert run("list.parquet", "tables", column="photo") == {"a.png": "made", "b.png": "made"}
    assert contents("tables") == contents("maps")


def test_a_manifest_as_a_table(folder):
    parquet = pytest.importorskip("pyarrow.parquet")
    Path("photos/d.png").write_bytes(b"")
    run("photos", "maps", manifest=Path("all.parquet"))
    table = parquet.read_table("all.parquet").to_pylist()
    assert [tuple(row) for row in table] == [
        tuple(name for name in manifests.COLUMNS if name not in manifests.OF_CROPS)
    ] * 4
    assert [row["status"] for row in table] == ["done"] * 3 + ["failed"]
    assert table[0]["sha256"] == hashlib.sha256(Path("maps/a.png").read_bytes()).hexdigest()
    assert json.loads(table[0]["parameters"])["format"] == "png"
    assert not Path("maps/manifest.jsonl").exists()


def test_what_cannot_be_written_is_said_before_any_work(folder, monkeypatch):
    with pytest.raises(ValueError, match=r"the manifest must end in .jsonl or .parquet, got all.t"):
        run("photos", "maps", manifest=Path("all.txt"))
    for package, output, manifest in (
        ("pyarrow", "maps", Path("all.parquet")), ("h5py", "maps.h5", None),
        ("zarr", "maps.zarr", None),
    ):  # fmt: skip
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(ImportError, match=package):
            run("photos", output, manifest=manifest)
    assert os.listdir() == ["photos"]


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["photos", "--jobs", "2", "--cluster", "tcp://127.0.0.1:9"], 2, "leave out jobs"),
        (["photos", "--jobs", "2", "--threads", "2"], 2, "no standard input; leave out threads"),
        (["-", "-o", "maps", "--jobs", "2"], 2, "no standard input; leave out -"),
        (["photos", "--manifest", "m.txt"], 2, "must end in .jsonl or .parquet, got m.txt"),
        (["photos", "-o", "maps.zarr", "--overlay"], 2, "leave out --format, --overlay and --st"),
        (["list.csv"], 2, "no column 'image'; it has photo; call one image, or pass --column"),
        (["nothing.csv"], 2, "nothing.csv: could not be read (No such file or directory)"),
        (["photos", "--cluster", "tcp://127.0.0.1:9"], 1, "a Dask scheduler was expected there, n"),
    ],
)
def test_what_does_not_go_together(folder, monkeypatch, words, status, says):
    from psysal.archive import workers

    Path("list.csv").write_text("photo\nphotos/a.png\n")
    monkeypatch.setattr(workers, "SCHEDULER_TIMEOUT_S", 0.5)
    found, _, err = psysal_("map", *words)
    assert found == status
    assert says in err


def test_two_runs_do_not_write_into_one_folder(folder):
    def second(result):
        with pytest.raises(OSError, match=r"manifest.db: another process writes there; wait unti"):
            run("photos", "maps")
        told.append(result)

    told = []
    run("photos/a.png", "maps", on_result=second)
    assert len(told) == 1
    assert set(run("photos", "maps").values()) == {"kept", "made"}


def test_a_run_database_that_is_none_is_kept(folder):
    run("photos", "maps")
    database = Path("maps/manifest.db")
    other = sqlite3.connect("other.db")
    other.execute("create table mine (a)")
    other.close()
    damaged = database.read_bytes()[:100] + bytes(5000)
    for content in (b"words" * 1000, damaged, Path("other.db").read_bytes()):
        database.write_bytes(content)
        with pytest.raises(ValueError, match=r"manifest.db: the state of a run was expected, foun"):
            run("photos", "maps")
        assert database.read_bytes() == content
        assert [path.name for path in Path("maps").glob("manifest*")].count("manifest.db-wal") == 0


def test_many_failures_are_counted(folder):
    for number in range(25):
        Path(f"photos/z{number:02}.png").write_bytes(b"")
    status, _, err = psysal_("map", "photos", "-o", "maps", "--model", "center", "--threads", 1)
    assert status == 1
    assert err.count("is empty (0 bytes)") == 20
    assert err.endswith(
        "and 5 more; maps/manifest.jsonl has all "
        "3 done, 25 failed; maps/manifest.jsonl tells of each"
    )


# --- run databases of other versions -----------------------------------------

VERSION_0 = """
    create table recipes (id integer primary key, text unique);
    create table items (
        id integer primary key, source blob, name blob, run integer, status text,
        claimed integer default 0, recipe integer, stamp text, checksum text,
        rows integer, cols integer, seconds real, finished text, remark text, error text,
        packed text, unique (source, name)
    );
    create table files (name blob primary key, item integer, size integer) without rowid;
    create index owners on files (item);
    create index names on items (name);
    create table packing (before text);
    pragma application_id = 0x7073616C;
"""


def as_version_0(database):
    """Write a run database again, as the first version of psysal wrote it."""
    with closing(sqlite3.connect(database)) as new:
        photographs = [row[:16] for row in new.execute("select * from photographs")]
        files_ = new.execute("select * from files").fetchall()
        texts = new.execute("select * from settings").fetchall()
    for path in Path(database).parent.glob(f"{Path(database).name}*"):
        path.unlink()
    with closing(sqlite3.connect(database)) as old, old:
        old.executescript(VERSION_0)
        old.executemany(f"insert into items values ({', '.join('?' * 16)})", photographs)
        old.executemany("insert into files values (?, ?, ?)", files_)
        old.executemany("insert into recipes values (?, ?)", texts)


@pytest.mark.parametrize("output", ["maps", "maps.zarr", "maps.h5"])
def test_a_folder_that_an_earlier_version_mapped_is_mapped_anew(folder, output):
    pytest.importorskip({".zarr": "zarr", ".h5": "h5py"}.get(Path(output).suffix, "psysal"))
    run("photos", output)
    database = Path("maps/manifest.db" if output == "maps" else f"{output}-manifest.db")
    as_version_0(database)
    if output == "maps":
        Path("maps/b.png").write_bytes(b"mine")
        Path("maps/notes.txt").write_bytes(b"mine")
    notes = []
    found = run("photos", output, on_warning=notes.append)
    assert notes == [
        f"{database}: was written by an earlier version of psysal; its photographs are mapped anew"
    ]
    expected = dict.fromkeys(["a.png", "b.png", "c.png"], "made")
    if output == "maps":
        expected["b.png"] = (
            "photos/b.png: maps/b.png is already there and was kept; overwrite=True replaces it"
        )
        assert Path("maps/b.png").read_bytes() == Path("maps/notes.txt").read_bytes() == b"mine"
    assert found == expected
    notes.clear()
    again = run("photos", output, on_warning=notes.append)
    assert again == {n: "kept" if state == "made" else state for n, state in expected.items()}
    assert notes == []
    if output != "maps.h5":
        run("photos", f"clean/{output}")
        kept = {"b.png", "notes.txt"} if output == "maps" else set()
        clean = contents(f"clean/{output}")
        assert {n: data for n, data in contents(output).items() if n not in kept} == {
            n: data for n, data in clean.items() if n not in kept
        }


def test_a_run_of_an_earlier_version_that_died_is_gone_on_with(folder):
    run("photos", "maps")
    with closing(sqlite3.connect("maps/manifest.db")) as database, database:
        database.execute("update photographs set status = 'begun', claimed = 1 where id = 2")
    as_version_0("maps/manifest.db")
    Path("maps/b.png").write_bytes(b"half")
    Path("maps/.b.0badcafe.part.png").write_bytes(b"half")
    status, out, err = psysal_("map", "photos", "-o", "maps", "--threads", 1)
    assert (status, out) == (0, "maps/a.png\nmaps/b.png\nmaps/c.png\n")
    assert err == (
        "maps/manifest.db: was written by an earlier version of psysal; its photographs are "
        "mapped anew 3 done; maps/manifest.jsonl tells of each"
    )
    run("photos", "clean")
    assert contents("maps") == contents("clean")
    assert records("maps/manifest.jsonl")[1]["model"] == "murray2011"


def test_a_run_database_of_a_newer_version_is_refused(folder):
    run("photos", "maps")
    with closing(sqlite3.connect("maps/manifest.db")) as database:
        database.execute("pragma user_version = 3")
    before = Path("maps/manifest.db").read_bytes()
    message = "manifest.db: is the state of a run of version 3, this psysal reads 2; upgrade psysal"
    with pytest.raises(ValueError, match=message):
        run("photos", "maps", overwrite=True)
    assert Path("maps/manifest.db").read_bytes() == before


# --- addresses ---------------------------------------------------------------


def test_a_bucket_to_a_bucket_goes_on(bucket, folder, rng):
    for name in "abc":
        bucket.upload_file(f"photos/{name}.png", "photos", f"in/{name}.png")
    run("photos", "clean")

    def there():
        listing = bucket.list_objects_v2(Bucket="photos", Prefix="out/")["Contents"]
        keys = [entry["Key"] for entry in listing]
        return {k[4:]: bucket.get_object(Bucket="photos", Key=k)["Body"].read() for k in keys}

    assert set(run("s3://photos/in", "s3://photos/out").values()) == {"made"}
    assert there() == contents("clean")
    assert set(run("s3://photos/in", "s3://photos/out").values()) == {"kept"}
    bucket.delete_object(Bucket="photos", Key="out/a.png")
    photograph(Path("photos/b.png"), rng, 33)
    bucket.upload_file("photos/b.png", "photos", "in/b.png")
    run("photos", "clean")
    found = run("s3://photos/in", "s3://photos/out")
    assert found == {"a.png": "made", "b.png": "made", "c.png": "kept"}
    assert there() == contents("clean")
    told = records("out-manifest.jsonl")
    assert [record["source"] for record in told] == [f"s3://photos/in/{n}.png" for n in "abc"]


def test_photographs_on_the_web(web, folder):
    for name in "ab":
        shutil.copy(f"photos/{name}.png", web.folder)
    names = [f"{web.address}/{name}.png" for name in "abx"]
    run("photos", "clean")
    for status in ("made", "kept"):
        found = run(names, "maps")
        assert (found["a.png"], found["b.png"]) == (status, status)
        assert "404" in found["x.png"] or "No such file" in found["x.png"]
    assert contents("maps").items() <= contents("clean").items()


# --- the run database --------------------------------------------------------


def test_a_run_database_closed_after_every_step_knows_what_an_open_one_does(tmp_path, monkeypatch):
    monkeypatch.setattr(time, "strftime", lambda *_: "now")
    draw = random.Random(8)
    targets = [run_database.Target(f"{n}.npy", (f"{n}.npy", f"{n}.json")) for n in "abc"]
    sources = ["/1", "/2", "/3", "/4"]

    def again():
        return closing(run_database.RunDatabase(tmp_path / "shut.db", '{"model": "m"}'))

    with closing(run_database.RunDatabase(tmp_path / "open.db", '{"model": "m"}')) as one:
        for _ in range(100):
            source, target = draw.choice(sources), draw.choice(targets)
            columns = ({"rows": 3, "cols": 4, "sha256": "sum"},)
            made = run_database.MapRecord((draw.randint(1, 9), 5), "stamp", columns, 0.5)
            with again() as other:
                owner = other.owner(source, target)
            assert (one.owner(source, target) or [None])[0] == (owner or [None])[0]
            if owner is None:
                one.claim(source, target)
                with again() as other:
                    other.claim(source, target)
            step, partly = draw.choice(["claim", "done", "failed", "packed"]), draw.random() < 0.5
            with again() as other:
                for now in (one, other):
                    if step == "done" and owner is None:
                        now.done(source, target, made)
                    elif step == "failed":
                        now.failed(source, target.name, "why", partly=partly)
                    elif step == "packed":
                        now.packing("1")
                        now.packed("2")
            with again() as other:
                for key in product(sources, targets):
                    known = [db.entry(*key)._replace(in_run=None) for db in (other, one)]
                    assert known[0] == known[1]
        manifests.write_manifest(tmp_path / "open.jsonl", one)
    with again() as other:
        manifests.write_manifest(tmp_path / "shut.jsonl", other)
    assert records(tmp_path / "shut.jsonl") == records(tmp_path / "open.jsonl")
    assert len(records(tmp_path / "open.jsonl")) > 3
