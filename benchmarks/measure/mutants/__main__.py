"""Mutants of files, read by a worker process whose memory, time and words are watched.

    nice python benchmarks/measure/mutants pictures --count 50000 [--seed 0] [--keep DIR]

A kind is a module of this folder with ``seeds()``, files by name, and ``read(path)``, which raises
ValueError or OSError of one sentence for what it does not read.  A mutant follows from kind, seed
and number alone.  What fails is printed and, with --keep, written.
"""

import argparse
import collections
import importlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS, MEGABYTES = 2, 1000  # of processor time, and above the start of the process
LONGEST_WAIT_S = 60  # after which a worker is killed


def memory(key):
    """A line of this process's status, in megabytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1e3 for line in lines if line.startswith(key))


def attempt(read, path):
    """Outcome of reading a file: "read", "refused", or what went wrong."""
    try:
        read(path)
    except (ValueError, OSError) as error:
        text = str(error)
        is_sentence = "\n" not in text and str(path) in text
        return "refused" if is_sentence else f"{type(error).__name__}, no sentence: {text[:300]}"
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:300]}"
    return "read"


def work(kind, seed):
    """Read the mutants whose numbers are asked for; answer with outcome, seconds, megabytes."""
    from mutation import mutant

    module = importlib.import_module(kind)
    seeds = module.seeds()
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as words:
        for standard in (1, 2):
            os.dup2(words.fileno(), standard)
        for name, data in seeds.items():  # what is imported then is not counted
            path = Path(folder, name)
            path.write_bytes(data)
            outcome = attempt(module.read, path)
            if outcome != "read":
                raise SystemExit(f"{name}: {outcome}")
        words.truncate(0)
        start = memory("VmRSS")
        for line in sys.stdin:
            name, data = mutant(seeds, seed, int(line))
            path = Path(folder, name)
            path.write_bytes(data)
            Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
            began = time.process_time()
            outcome = attempt(module.read, path)
            seconds, peak = time.process_time() - began, memory("VmHWM") - start
            if said := os.pread(words.fileno(), 300, 0):
                outcome = f"says {said.decode(errors='replace')!r}"
                words.truncate(0)
                words.seek(0)
            print(json.dumps([name, outcome, seconds, peak]), file=answers)


class Worker:
    """A process that reads mutants."""

    def __init__(self, kind, seed):
        self.process = subprocess.Popen(
            [sys.executable, __file__, kind, "--seed", str(seed), "--work"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip

    def read(self, number):
        """Name, outcome, seconds and megabytes of a mutant; None if the process has ended."""
        print(number, file=self.process.stdin, flush=True)
        ready, _, _ = select.select([self.process.stdout], [], [], LONGEST_WAIT_S)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            self.process.kill()
        return json.loads(line) if line else None

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def run(kind, seed, numbers):
    """Number, name, outcome, seconds and megabytes of each mutant."""
    worker = None
    for number in numbers:
        worker = worker or Worker(kind, seed)
        answer = worker.read(number)
        if answer is None:
            answer = "", f"ended the process: {worker.close()}", LONGEST_WAIT_S, 0
            worker = None
        yield number, *answer
    if worker:
        worker.close()


def fault(outcome, seconds, peak):
    """What is wrong with an answer; "" if nothing is."""
    if outcome not in ("read", "refused"):
        return outcome
    if seconds > SECONDS:
        return f"{seconds:.1f} s"
    return f"{peak:.0f} MB" if peak > MEGABYTES else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kind")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for mutants that fail")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    kind, seed = arguments.kind, arguments.seed
    if arguments.work:
        return work(kind, seed)
    outcomes, faults, most = collections.Counter(), 0, [0, 0]
    numbers = range(arguments.first, arguments.first + arguments.count)
    for number, name, outcome, seconds, peak in run(kind, seed, numbers):
        outcomes[outcome if outcome in ("read", "refused") else "failed"] += 1
        most = [max(most[0], seconds), max(most[1], peak)]
        if wrong := fault(outcome, seconds, peak):
            faults += 1
            print(f"{number} {name}: {wrong}", flush=True)
            if arguments.keep:
                from mutation import mutant

                arguments.keep.mkdir(parents=True, exist_ok=True)
                name, data = mutant(importlib.import_module(kind).seeds(), seed, number)
                (arguments.keep / f"{number}-{name}").write_bytes(data)
    print(
        f"{kind}: {arguments.count:,} mutants, {dict(outcomes)}, {faults} faults; "
        f"at most {most[0]:.2f} s and {most[1]:.0f} MB above the start"
    )
    return faults > 0


if __name__ == "__main__":
    sys.exit(main())
