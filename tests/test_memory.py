"""Work that needs more memory than is free is refused by a sentence before it begins."""

import json
import platform
import subprocess
import sys

import cv2
import numpy as np
import pytest

import psysal
from psysal import memory
from psysal.archive import batch
from psysal.archive.task import MapSettings
from psysal.models import base
from psysal.models.registry import get_model


@pytest.fixture
def group(tmp_path, monkeypatch):
    """A control group of either version, with what it may hold and holds."""
    monkeypatch.setattr(memory, "_groups", lambda: [tmp_path])
    monkeypatch.setattr(memory, "_machine_memory", lambda: 10**12)

    def write(limit, used, files=0, version=2):
        names = ("memory.max", "memory.current")
        if version == 1:
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
        texts = limit, used, f"inactive_file {files}"
        for name, text in zip((*names, "memory.stat"), texts, strict=True):
            (tmp_path / name).write_text(f"{text}\n")

    return write


@pytest.mark.parametrize("version", [1, 2])
def test_a_container_has_what_its_group_has_left_and_what_it_holds_of_files(group, version):
    group(2_000, 1_500, files=300, version=version)
    assert memory.free_memory() == 800


def test_a_group_without_a_limit_leaves_what_the_machine_has(group):
    group("max", 1_500)
    assert memory.free_memory() == 10**12


def test_where_the_system_does_not_tell_nobody_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: None)
    memory.check_memory(1e15, "a map")


def test_a_small_map_asks_nobody(monkeypatch, rng):
    monkeypatch.setattr(memory, "free_memory", lambda: 0)
    psysal.saliency(rng.random((60, 80)))


def test_a_map_that_needs_more_than_is_free_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: 200 * 10**6)
    image = np.broadcast_to(np.uint8(0), (3000, 3000, 3))
    with pytest.raises(MemoryError, match=r"3000 x 3000 pixels by Murray2011 needs about 0\.4 GB"):
        psysal.saliency(image)


def test_a_run_goes_on_after_an_image_that_memory_does_not_hold(tmp_path, monkeypatch, rng):
    monkeypatch.setattr(base, "ASKED_BYTES", 1)
    monkeypatch.setattr(memory, "free_memory", lambda: 10**6)
    for name, side in (("a", 30), ("b", 300), ("c", 30)):
        pixels = rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
        cv2.imwrite(str(tmp_path / f"{name}.png"), pixels)
    results = []
    settings = MapSettings(get_model("murray2011"), "murray2011")
    output = tmp_path / "maps"
    batch.map_all([str(tmp_path)], settings, str(output), threads=1, on_result=results.append)
    assert [bool(result.error) for result in results] == [False, True, False]
    assert "b.png: a map of 300 x 300 pixels by Murray2011 needs about" in results[1].error
    lines = (output / "manifest.jsonl").read_text().splitlines()
    assert [json.loads(line)["status"] for line in lines] == ["done", "failed", "done"]


PEAK = """
import sys
import numpy as np
from psysal.models.registry import get_model

def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))

name, rows, cols = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
model = get_model(name, percept=name == "otazu2010")
image = np.random.default_rng(0).integers(0, 256, (rows, cols, 3), dtype=np.uint8)
model(image[:64, :64])
before = peak()
model(image, threads=2)
print((peak() - before) / (4 * model.values(rows, cols)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts what Linux counts")
@pytest.mark.parametrize(
    ("name", "rows", "cols"),
    [
        ("murray2011", 2600, 2600),
        ("murray2011", 400, 16400),
        ("otazu2010", 6000, 1000),
        ("murray2013", 300, 8200),
        ("learned", 2600, 2600),
        ("harel2006", 2600, 2600),
    ],
)
def test_the_need_is_what_a_map_takes(name, rows, cols):
    """Long images too: what is estimated is taken, and hardly more."""
    command = [sys.executable, "-c", PEAK, name, str(rows), str(cols)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert 0.4 < float(run.stdout) < 1.1


def test_a_command_says_so_too(tmp_path, monkeypatch, capsys, rng):
    """Where it is no image of many that fails, as in an evaluation."""
    from psysal.cli import commands, main

    def refuse():
        raise MemoryError("a map of 9 x 9 pixels by Murray2011 needs about 9.0 GB of memory")

    monkeypatch.setattr(commands, "app", refuse)
    monkeypatch.setattr(main, "handle_signals", lambda: None)
    monkeypatch.setattr(main.signal, "signal", lambda *arguments: None)
    with pytest.raises(SystemExit) as end:
        main.main()
    assert end.value.code == 1
    assert capsys.readouterr().err == (
        "a map of 9 x 9 pixels by Murray2011 needs about 9.0 GB of memory\n"
    )


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="asks glibc")
def test_planes_of_the_next_image_are_those_that_were_freed():
    program = (
        "import numpy as np, resource; from psysal.memory import keep_freed_memory\n"
        "keep_freed_memory()\n"
        "for size in 3, 9, 3, 9: [np.ones(size << 17) for _ in range(5)]; "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    faults = np.diff(list(map(int, done.stdout.split())))
    assert faults[0] > 1_000 > 100 > faults[1:].max()
