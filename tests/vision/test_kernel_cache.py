"""Compiled loops on disk: a damaged file costs a compilation, and nothing else."""

import importlib.util
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from numba.core.cpu import CPUContext

from psysal.vision import kernel_cache, kernels

SOURCE = "def twice(x):\n    return 2 * x\n"


@pytest.fixture
def compiled(tmp_path):
    """Function that compiles a loop as a new process does, or reads it from disk."""
    path = tmp_path / "loops.py"
    path.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("loops", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def call():
        kernel = kernels._compile(module.twice)
        assert kernel(21.0) == 42.0
        return kernel

    return call


def cached(kernel, suffix):
    (path,) = Path(kernel.stats.cache_path).glob(f"*twice-1.*{suffix}")
    return path


def hits(kernel):
    return sum(kernel.stats.cache_hits.values())


def flipped(data):
    rng, damaged = random.Random(0), bytearray(data)
    for at in rng.sample(range(len(data)), 5):
        damaged[at] ^= 1 << rng.randrange(8)
    return bytes(damaged)


DAMAGE = {
    "emptied": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "cut by a byte": lambda data: data[:-1],
    "flipped": flipped,
    "zeros": lambda data: bytes(len(data)),
    "another program's": lambda data: b"\x89PNG\r\n\x1a\n",
}


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_written_anew(compiled, suffix, damage):
    path = cached(compiled(), suffix)
    assert hits(compiled()) == 1
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    assert hits(compiled()) == 0
    assert hits(compiled()) == 1


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_a_file_that_cannot_be_written_is_done_without(compiled, suffix):
    path = cached(compiled(), suffix)
    path.unlink()
    (path / "taken").mkdir(parents=True)
    assert hits(compiled()) == 0
    shutil.rmtree(path)
    compiled()
    assert hits(compiled()) == 1


def test_a_numba_that_is_not_known_prepares_itself_before_it_loads(compiled, monkeypatch):
    compiled()
    contexts = []
    monkeypatch.setattr(kernel_cache.FunctionCache, "load_overload", contexts.append)
    assert hits(compiled()) == 1
    assert not contexts
    monkeypatch.undo()
    refresh = CPUContext.refresh
    monkeypatch.setattr(CPUContext, "refresh", lambda self: (contexts.append(self), refresh(self)))
    monkeypatch.setattr(kernel_cache, "KNOWN_NUMBA", False)
    assert hits(compiled()) == 1
    assert contexts


def test_a_cache_that_is_not_damaged_is_used(compiled):
    assert hits(compiled()) == 0
    assert hits(compiled()) == 1
    np.testing.assert_equal(compiled().py_func(1.5), 3.0)
