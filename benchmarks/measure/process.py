"""Whole processes: start-up, first compile and peak memory, each in a fresh interpreter."""

import os
import subprocess
import sys
import tempfile
import time

IMPORT = "import time; t = time.perf_counter(); import psysal; print(time.perf_counter() - t)"
COMPILING = "compiles its kernels"
MEMORY = """
import os, resource, threading, numpy as np, psysal
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
psysal.saliency(np.zeros((64, 64, 3), np.uint8) + np.arange(64, dtype=np.uint8)[:, None])
loaded = resident()
open("/proc/self/clear_refs", "w").write("5")  # forget the peak so far
image = np.random.default_rng(0).integers(0, 256, (3000, 4000, 3), dtype=np.uint8)
psysal.saliency(image, threads=THREADS)
peak = [int(l.split()[1]) * 1024 for l in open("/proc/self/status") if l.startswith("VmHWM")][0]
print((peak - loaded) / (4 * 3000 * 4000))
"""


def _python(code, **environment):
    """What a process prints and says, and its seconds."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, env={**os.environ, **environment},
    )  # fmt: skip
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(done.stderr.strip() or f"exit status {done.returncode}")
    return done, seconds


def import_seconds():
    return min(float(_python(IMPORT)[0].stdout) for _ in range(5))


def first_map_seconds(path):
    """Seconds from start to the map on disk: with compiling, and in a later process."""
    with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryDirectory() as out:
        code = (
            "import sys; from psysal.cli.main import main; "
            f"sys.argv[1:] = ['map', {str(path)!r}, '-o', {out!r}, '--overwrite']; main()"
        )
        first, seconds = _python(code, NUMBA_CACHE_DIR=cache)
        assert COMPILING in first.stderr
        later = [_python(code, NUMBA_CACHE_DIR=cache) for _ in range(5)]
        assert not any(COMPILING in done.stderr for done, _ in later)
        return seconds, min(seconds for _, seconds in later)


def memory_planes(threads=1):
    """Peak of mapping 12 megapixels above the loaded package, input included, in float32 planes."""
    return float(_python(MEMORY.replace("THREADS", str(threads)))[0].stdout)
