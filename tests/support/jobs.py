"""Jobs that worker processes import."""

import os
import signal
import time


def double(number):
    return 2 * number


def stop(number):
    """Stops the process that does it, as the system does where memory ends."""
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number


def stop_once(job):
    """Stops the first process that does it."""
    number, mark = job
    if number == 5 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number


def threads(_):
    return [os.environ.get(f"{name}_NUM_THREADS") for name in ("OMP", "OPENBLAS", "NUMBA")]


def fail(number):
    raise RuntimeError(f"number {number}")


def slow(seconds):
    time.sleep(seconds)
    return os.getpid()
