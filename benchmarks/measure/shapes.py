"""Peak memory of models over the shape of an image: long ones beside a square of as many pixels.

    python benchmarks/measure/shapes.py --models murray2011 murray2013 --pairs 65535x8:724x724

Every image is mapped in a fresh process, which maps a small one before.
"""

import argparse
import subprocess
import sys

import psysal

PAIRS = ("16400x1000:4050x4050", "65535x8:724x724", "1x100000:316x316", "25000x4000:10000x10000")
PROCESS = """
import sys, time, numpy as np
from psysal.models.registry import get_model
name, rows, cols = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
model = get_model(name, percept=name.startswith("otazu"))
random = np.random.default_rng(0)
model(random.integers(0, 256, (64, 64, 3), dtype=np.uint8), threads=1)
image = random.integers(0, 256, (rows, cols, 3), dtype=np.uint8)
start = time.perf_counter()
try:
    model(image, threads=1)
except (ValueError, MemoryError) as error:
    print("refused:", str(error).split(";")[0])
else:
    peak = [int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmHWM")][0]
    print(peak / 1024, time.perf_counter() - start)
"""


def mapped(model, shape):
    """Peak in MB and seconds of one image, or what the model says of it."""
    done = subprocess.run(
        [sys.executable, "-c", PROCESS, model, *shape.split("x")], capture_output=True, text=True
    )
    if done.returncode:
        return f"exit status {done.returncode}"
    if done.stdout.startswith("refused"):
        return done.stdout.strip()
    megabytes, seconds = map(float, done.stdout.split())
    return megabytes, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", nargs="+", default=["murray2011", "murray2013"])
    parser.add_argument("--pairs", nargs="+", default=PAIRS, help="LONG:SQUARE, rows x columns")
    args = parser.parse_args()
    print(f"psysal {psysal.__version__}, one thread\n")
    print("| model | image | MB, s | square | MB, s | ratio |\n|---|---|---|---|---|---:|")
    for model in args.models:
        for pair in args.pairs:
            shapes = pair.split(":")
            found = [mapped(model, shape) for shape in shapes]
            cells = [r if isinstance(r, str) else f"{r[0]:.0f}, {r[1]:.2f}" for r in found]
            both = not any(isinstance(r, str) for r in found)
            ratio = f"{found[0][0] / found[1][0]:.2f}" if both else ""
            row = model, shapes[0], cells[0], shapes[1], cells[1], ratio
            print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
