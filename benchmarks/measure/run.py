"""Measure psysal: the model, its stages, its peers, its start-up and its memory.

    python benchmarks/measure/run.py [-o figures.json] [--only GROUP] [--quick]
    python benchmarks/measure/run.py --docs    # puts the table into docs/benchmarks.md

Times are in units: copies of a 1024 x 1024 float32 plane, one thread unless said.  With -o,
the file is written anew after every figure.  A benchmark that fails is reported, the others
go on, and the exit status is 1.  ``--contrib`` names a Python that has
opencv-contrib-python, for cv2.saliency.
"""

import argparse
import json
import sys
import tempfile
from functools import cache, partial
from pathlib import Path

import numpy as np
import peers
import process
import skimage.data
from PIL import Image
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from timing import best, unit, units

import psysal
from psysal import files
from psysal.models.registry import get_model, model_names
from psysal.threads import SERIAL
from psysal.vision import color, contrast, kernels, wavelet
from psysal.vision.channel import channel_maps
from psysal.vision.workspace import Workspace

sys.path.append(str(Path(__file__).parents[1] / "make"))
from marks import replace_tables

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
PHOTOGRAPH = np.tile(skimage.data.astronaut(), (2, 2, 1))
MODEL = psysal.Murray2011()
LEVELS = wavelet.level_count(1024, 1024)


def resized(rows, cols):
    return np.array(Image.fromarray(PHOTOGRAPH).resize((cols, rows), Image.Resampling.LANCZOS))


def map_units(model, image, *, seconds=2, **options):
    """Units of mapping an image, one thread unless said."""
    return units(lambda: model(image, **{"threads": 1, **options}), seconds)


def end_to_end(options):
    sizes = [(1024, 1024), (511, 681), (480, 640)] + ([] if options.quick else [(4096, 4096)])
    for rows, cols in sizes:
        image = resized(rows, cols)
        yield f"map {cols} x {rows}", "units", partial(map_units, MODEL, image, seconds=4)
    measure = partial(map_units, MODEL, PHOTOGRAPH)
    yield "map 1024 x 1024, 2 threads", "units", partial(measure, seconds=4, threads=2)
    grey = np.ascontiguousarray(PHOTOGRAPH[:, :, 1])
    yield "map 1024 x 1024, grey", "units", partial(map_units, MODEL, grey)
    yield "map 1024 x 1024, float64", "units", partial(measure, dtype="float64")
    for name, model in (
        ("by Haar wavelets", psysal.Murray2011(wavelet="haar")),
        ("with grouping", psysal.Murray2013()),
        ("perceived color", psysal.Otazu2010()),
        ("perceived brightness", psysal.Otazu2008()),
    ):
        for threads in (1, 2):
            label = f"{name}, 1024 x 1024" + (", 2 threads" if threads == 2 else "")
            yield label, "units", partial(map_units, model, PHOTOGRAPH, seconds=4, threads=threads)


def baselines(_):
    """The classical models and the learned one, one thread."""
    for name in (name for name in model_names("saliency") if "murray" not in name):
        yield f"{name}, 1024 x 1024", "units", lambda n=name: map_units(get_model(n), PHOTOGRAPH)


def stages(_):
    """Stages over all three channels of 1024 x 1024, as the model runs them."""
    workspace, windows = Workspace(), contrast.MURRAY2011_WINDOWS
    planes = np.empty((3, 1024, 1024), np.float32)
    maps = np.empty_like(planes)
    flat, scale = [plane.reshape(-1) for plane in maps], np.ones(3)
    out = np.empty_like(flat[0])

    def opponent():
        color.start_opponent(PHOTOGRAPH, planes, SERIAL)

    def pyramids():
        for plane in planes:
            workspace.rewind(0)
            wavelet.pyramid(plane, LEVELS, workspace=workspace, pool=SERIAL)

    def channels():
        channel_maps(
            planes,
            MODEL.sensitivities,
            windows,
            LEVELS,
            out=maps,
            workspace=workspace,
            pool=SERIAL,
        )

    def combine():
        kernels.combine(*flat, scale, out, 0, out.size)

    approximations = cache(partial(units, pyramids))
    yield "stage: color", "units", partial(units, opponent)
    yield "stage: wavelet approximations", "units", approximations
    yield (
        "stage: details, contrast, inverse",
        "units",
        lambda: units(channels) - approximations(),
    )
    yield "stage: combining channels", "units", partial(units, combine)


def other_programs(options):
    """The same map from NumPy and SciPy, and from OpenCV; and OpenCV's own saliency."""

    def numpy_scipy():
        return best(lambda: peers.numpy_scipy(PHOTOGRAPH), 0, 2) / unit()

    def opencv():
        saliency, expected = peers.opencv(PHOTOGRAPH), MODEL(PHOTOGRAPH)
        assert np.abs(saliency - expected).max() < 1e-2 * expected.max()
        return units(lambda: peers.opencv(PHOTOGRAPH), 0)

    def fine_grained():
        with tempfile.NamedTemporaryFile(suffix=".npy") as file:
            np.save(file.name, PHOTOGRAPH)
            return peers.fine_grained(options.contrib, file.name)

    if not options.quick:
        yield "peer: NumPy and SciPy", "units", numpy_scipy
    yield "peer: OpenCV calls", "units", opencv
    if options.contrib:
        yield "peer: cv2.saliency FineGrained", "units", fine_grained


def whole_processes(options):
    yield "import psysal", "s", process.import_seconds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "photo.png")
        Image.fromarray(resized(480, 640)).save(path)
        seconds = cache(partial(process.first_map_seconds, path))
        yield "first map ever, 640 x 480, compiling", "s", lambda: seconds()[0]
        yield "first map of a later process, 640 x 480", "s", lambda: seconds()[1]
    if not options.quick:
        for threads in (1, 2):
            label = f"peak memory at 12 megapixels, {threads} thread(s)"
            yield label, "planes", partial(process.memory_planes, threads)


GROUPS = {
    "end-to-end": end_to_end,
    "baselines": baselines,
    "stages": stages,
    "peers": other_programs,
    "processes": whole_processes,
}


def result(measure, unit_name):
    """A figure, or the message of what went wrong."""
    try:
        return {"figure": measure(), "in": unit_name}
    except Exception as error:
        return {"failure": f"{type(error).__name__}: {error}", "in": unit_name}


def rounded(entry):
    if "failure" in entry:
        return "failed"
    return f"{entry['figure']:.2g}" if entry["figure"] < 10 else f"{entry['figure']:.0f}"


def markdown(figures):
    lines = ["| benchmark | figure | |", "|---|---:|---|"]
    return lines + [f"| {name} | {rounded(f)} | {f['in']} |" for name, f in figures.items()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-o", "--output", help="write the figures as JSON")
    parser.add_argument(
        "--only", action="append", choices=GROUPS, metavar="GROUP",
        help=f"a group alone, again for more: {', '.join(GROUPS)}",
    )  # fmt: skip
    parser.add_argument("--contrib", metavar="PYTHON", help="a Python with opencv-contrib-python")
    parser.add_argument("--quick", action="store_true", help="leave out what takes long")
    parser.add_argument("--docs", action="store_true", help="renew docs/benchmarks.md")
    options = parser.parse_args()
    if options.docs and (options.only or options.quick):
        parser.error("--docs takes all figures; leave --only and --quick out")
    table = Table("benchmark", "figure", "", title=f"unit: {1e3 * unit():.3f} ms")
    table.columns[1].justify = "right"
    figures, messages = {}, Console(stderr=True)
    with Progress(console=messages, transient=True) as progress:
        task = progress.add_task("measuring", total=None)
        for group in options.only or GROUPS:
            for name, unit_name, measure in GROUPS[group](options):
                progress.update(task, description=name)
                figures[name] = result(measure, unit_name)
                table.add_row(name, rounded(figures[name]), unit_name)
                if options.output:
                    data = json.dumps(figures, indent=1) + "\n"
                    files.save(options.output, data.encode(), overwrite=True)
    Console().print(table)
    failures = {name: f["failure"] for name, f in figures.items() if "failure" in f}
    for name, failure in failures.items():
        messages.print(f"{name}: failed ({failure})", style="red", markup=False)
    if failures:
        return 1
    if options.docs:
        replace_tables(PAGE, {"benchmarks": markdown(figures)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
