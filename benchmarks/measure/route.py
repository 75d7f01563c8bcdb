"""Functions and files that a call passes through, once everything is compiled and cached.

    python benchmarks/measure/route.py [MAP OPTIONS...]

Counts the functions of psysal that run, each once, on the second call of
``psysal.saliency(array, threads=1)`` and of ``psysal map photo.jpg``, with the files they are
defined in: what a reader must know to follow one map.  Methods, properties, generators and
compiled kernels count; comprehensions, lambdas, generated methods of dataclasses and results that
a cache gives do not, nor do functions of other packages.  Options are those of ``psysal map``.
"""

import contextlib
import io
import os
import shutil
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
from PIL import Image

import psysal
from psysal.cli.commands import app

ROOT = str(Path(psysal.__file__).parent)
ROWS, COLS = 512, 768


def route(call):
    """(file, function) of psysal in the order in which a call first enters them."""
    entered = {}

    def profile(frame, event, _):
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(ROOT) and code.co_name[0] != "<":
            entered.setdefault((os.path.relpath(code.co_filename, ROOT), code.co_qualname))

    threading.setprofile(profile)
    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return list(entered)


def report(title, functions):
    files = {file for file, _ in functions}
    print(f"{title}: {len(functions)} functions in {len(files)} files")
    for file, name in functions:
        print(f"    {file:<28} {name}")


def main():
    image = np.random.default_rng(0).integers(0, 256, (ROWS, COLS, 3), np.uint8)

    def saliency():
        psysal.saliency(image, threads=1)

    saliency()
    report("psysal.saliency", route(saliency))
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Image.fromarray(image).save("photo.jpg")

        def psysal_map():
            shutil.rmtree("maps", ignore_errors=True)
            with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
                app(["map", "photo.jpg", "-o", "maps", *sys.argv[1:]])

        psysal_map()
        functions = route(psysal_map)
    report("psysal map", functions)


if __name__ == "__main__":
    main()
