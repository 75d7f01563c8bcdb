"""Time in units: how many copies of a 1024 x 1024 float32 plane a call takes.

The unit (``np.copyto``) is measured again beside every benchmark, since shared machines
drift; of many runs of each the fastest counts.  Threads of numerical libraries are pinned to one.
"""

import os
import platform

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import time
from collections.abc import Callable
from importlib.metadata import version

import numpy as np

PLANE = np.ones((1024, 1024), np.float32)
COPY = np.empty_like(PLANE)


def best(call: Callable[[], object], seconds: float, least: int) -> float:
    """Seconds of the fastest of many calls, after one that is not counted."""
    call()
    fastest, runs, end = float("inf"), 0, time.perf_counter() + seconds
    while runs < least or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        fastest = min(fastest, time.perf_counter() - start)
        runs += 1
    return fastest


def unit() -> float:
    """Seconds of copying a plane."""
    return best(lambda: np.copyto(COPY, PLANE), 0.15, 50)


def timed(call: Callable[[], object], seconds: float = 2.0) -> dict[str, float | str]:
    """A call's time, in units and in milliseconds: the fastest of ten rounds of both."""
    rounds = [(best(call, seconds / 10, 1), unit()) for _ in range(10)]
    fastest, copy = (min(times) for times in zip(*rounds, strict=True))
    return {"figure": fastest / copy, "in": "units", "ms": 1e3 * fastest}


def units(call: Callable[[], object], seconds: float = 2.0) -> float:
    """A call's time in units."""
    return float(timed(call, seconds)["figure"])


def machine() -> str:
    """What a run was measured on, and with."""
    name = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as lines:
            models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
        name = models[0] if models else name
    versions = ", ".join(f"{package} {version(package)}" for package in ("numpy", "numba"))
    python = f"Python {platform.python_version()}"
    return f"{name}, {os.cpu_count()} processors, {platform.system()}, {python}, {versions}"
