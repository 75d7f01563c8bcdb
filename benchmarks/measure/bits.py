"""Bits of the raw maps: digests to compare two versions of psysal, or two machines.

    python benchmarks/measure/bits.py [PHOTOGRAPHS...] -o bits.json
    python benchmarks/measure/bits.py --compare old.json new.json

Every model of psysal that needs no file maps every photograph in float32 and in float64, on one
thread and on two; what is written is the SHA-256 of each raw map.  By default the photographs are
60 of OSIE, spread over the set, below the folder PSYSAL_DATA.  ``--compare`` prints how many maps
of each model differ, and its exit status is 1 when any does.
"""

import argparse
import hashlib
import json
import os
from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table

import psysal

COUNT = 60  # photographs of OSIE
LONGEST_PIXELS = 320  # of a photograph's sides
RENAMED = {"Chance": "Noise"}
VARIANTS = {  # parameters that lead through other loops than the published ones
    "Murray2011": ({"wavelet": "haar"}, {"windows": (4, 7)}),
    "Murray2013": ({"wavelet": "haar"},),
    "Otazu2010": ({"wavelet": "haar"}, {"encoding": "linear"}),
}


def models():
    """Models by name and parameters: those of psysal's namespace that need no file."""
    for name in psysal.__all__:
        model_class = getattr(psysal, name)
        if not isinstance(model_class, type) or "__call__" not in dir(model_class):
            continue
        for options in ({}, *VARIANTS.get(name, ())):
            try:
                model = model_class(**options)
            except TypeError:  # it needs a file
                continue
            label = "".join(f", {key}={value}" for key, value in options.items())
            yield RENAMED.get(name, name) + label, model


def photographs():
    """Paths of photographs spread over OSIE."""
    if "PSYSAL_DATA" not in os.environ:
        raise SystemExit("photographs must be given, or the folder of OSIE in PSYSAL_DATA")
    paths = sorted(Path(os.environ["PSYSAL_DATA"], "osie").rglob("*.jpg"))
    return [paths[i] for i in np.linspace(0, len(paths) - 1, COUNT, dtype=int)]


def read(path):
    """Pixels of a photograph, its longer side at most LONGEST_PIXELS."""
    with Image.open(path) as file:
        picture = file.convert("RGB")
    picture.thumbnail((LONGEST_PIXELS, LONGEST_PIXELS))
    return np.array(picture)


def digests(paths):
    """SHA-256 of every raw map, by model, then by photograph, data type and threads."""
    every = dict(models())
    sums = {name: {} for name in every}
    for path in track(paths, "mapping", console=Console(stderr=True), transient=True):
        pixels = read(path)
        for name, dtype, threads in product(every, ("float32", "float64"), (1, 2)):
            raw = np.ascontiguousarray(every[name](pixels, dtype=dtype, threads=threads))
            content = repr((raw.shape, raw.dtype.str)).encode() + raw.tobytes()
            label = f"{path.name}, {dtype}, threads={threads}"
            sums[name][label] = hashlib.sha256(content).hexdigest()
    return sums


def compare(old, new):
    """Print how many maps of each model differ; returns whether any does."""
    table, differ = Table("model", "equal maps", "different", "in one file only"), False
    for model in dict.fromkeys([*old, *new]):
        a, b = old.get(model, {}), new.get(model, {})
        equal, alone = len(a.items() & b.items()), len(a.keys() ^ b.keys())
        different = len(a.keys() & b.keys()) - equal
        table.add_row(model, *map(str, (equal, different, alone)))
        differ = differ or different + alone > 0
    Console().print(table)
    return differ


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("photographs", nargs="*", type=Path, help="by default 60 of OSIE")
    parser.add_argument("-o", "--output", type=Path, help="write the digests as JSON")
    parser.add_argument("--compare", nargs=2, type=Path, metavar=("OLD", "NEW"))
    options = parser.parse_args()
    if options.compare:
        old, new = (json.loads(path.read_text()) for path in options.compare)
        raise SystemExit(compare(old, new))
    text = json.dumps(digests(options.photographs or photographs()), indent=1) + "\n"
    if options.output:
        options.output.write_text(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
